//! What limits of a pool's offers have in common: quotas that several draw on, quotas of a day, and windows that units tell.

use super::{Commitment, Member, Node, overlap};
use crate::horizon::Horizon;
use crate::supply::offer::{Offer, OfferKind, window_of};
use std::collections::{BTreeMap, BTreeSet};

/// The most that a day may take, and the nodes that take it.
#[derive(Clone, Debug)]
pub(crate) struct DayQuota {
    /// Weighted tokens of a local day.
    pub(crate) per_day: f64,
    pub(crate) nodes: Vec<usize>,
}

/// Nodes that draw on the quota of nodes before them.
pub(super) fn shared(nodes: &[Node]) -> Vec<(usize, Vec<usize>)> {
    let alike = |number: usize, other: usize| nodes[number].quota.is_some() && nodes[other].quota == nodes[number].quota;
    let before = |number: usize| (0..number).filter(|&other| alike(number, other)).collect::<Vec<_>>();
    (0..nodes.len()).map(|number| (number, before(number))).filter(|(_, before)| !before.is_empty()).collect()
}

/// Quotas of a day, with all who draw on each.
pub(super) fn days(nodes: &[Node]) -> Vec<DayQuota> {
    let mut days: BTreeMap<usize, DayQuota> = BTreeMap::new();
    for (number, node) in nodes.iter().enumerate() {
        if let (Some(quota), Some(per_day)) = (node.quota, node.per_day) {
            days.entry(quota).or_insert_with(|| DayQuota { per_day, nodes: Vec::new() }).nodes.push(number);
        }
    }
    days.into_values().collect()
}

/// Offers of a pool whose window depends on their units, with it `[s]`.
pub(crate) type Windows = Vec<(usize, u32)>;

/// The windows that commitments tell: by the most units of an offer in any month.
pub(crate) fn windows(members: &[Member], offers: &[Offer], commitments: &[Commitment], horizon: &Horizon) -> Windows {
    let routed: BTreeSet<usize> = members.iter().flat_map(|member| member.route.iter().copied()).collect();
    let window = |offer: usize| {
        let OfferKind::Provisioned(provisioned) = &offers[offer].kind else { return None };
        if provisioned.windows.is_empty() {
            return None;
        }
        let in_month = |month| {
            let there = |c: &&Commitment| c.offer == offer && !overlap(&c.hours(horizon), &horizon.month_range(month)).is_empty();
            commitments.iter().filter(there).map(|commitment| commitment.units[0]).sum::<f64>()
        };
        let most = (0..horizon.months()).map(in_month).fold(0.0, f64::max);
        window_of(&provisioned.windows, most).map(|window| (offer, window))
    };
    routed.into_iter().filter_map(window).collect()
}
