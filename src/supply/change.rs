//! A supply with something changed, for the question why it throttles and what would help.

use super::minute::MinuteLaw;
use super::offer::{OfferKind, OnDemand};
use super::pool::PoolGroup;
use super::{Margin, Supply, WorkloadFacts};
use crate::demand::Retry;
use std::sync::Arc;

/// One thing that is changed, in all pools alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Requests hold nothing beside what they use.
    NoHolds,
    /// What is asked for in an hour comes evenly.
    NoBursts,
    /// Who is refused does not come back.
    NoRetries,
    /// Units are never down.
    NoOutages,
    /// On-demand offers have no incidents.
    NoIncidents,
    /// Requests that name a larger output, or none, name this one and so hold it; their outputs stay.
    MaxTokens(f64),
    /// Nothing else uses the account's quotas.
    NoOthers,
    /// Every quota is so many times as large; what others use of it stays.
    Quota(f64),
    /// Every unit serves so many times as much, as so many times the units would.
    Units(f64),
    /// All clients come back like this.
    Retries(Retry),
}

impl Supply {
    /// The same supply with one plan alone.
    ///
    /// # Panics
    /// When there is no such plan.
    #[must_use]
    pub fn only(&self, plan: usize) -> Self {
        self.keep(&[plan])
    }

    /// The step in which units of an offer are bought, on its first axis; 1 where any number can be.
    #[must_use]
    pub fn step_of(&self, offer: usize) -> f64 {
        match &self.offers[offer].kind {
            OfferKind::Provisioned(offer) => offer.axes.first().and_then(|axis| axis.increment).unwrap_or(1.0),
            _ => 1.0,
        }
    }

    /// Whether a change would change anything.
    #[must_use]
    pub fn has(&self, change: Change) -> bool {
        let nodes = || self.groups.iter().flat_map(|group| &group.nodes);
        let used = || nodes().map(|node| &self.offers[node.offer].kind);
        let burst =
            |group: &PoolGroup| !group.law.is_still() && group.entries.iter().any(|entry| !self.workloads[entry.workload].minute.is_off());
        match change {
            Change::NoHolds | Change::MaxTokens(_) => nodes().any(|node| node.metering.hold.is_some()),
            Change::NoBursts => self.groups.iter().any(burst),
            Change::NoRetries => self.groups.iter().any(|group| group.path.as_ref().is_some_and(|path| !path.policies.is_empty())),
            Change::NoOutages => used().any(|kind| matches!(kind, OfferKind::Provisioned(offer) if offer.availability.is_some())),
            Change::NoIncidents => used().any(|kind| matches!(kind, OfferKind::OnDemand(offer) if offer.incidents.is_some())),
            Change::NoOthers => used().any(|kind| others(kind) > 0.0),
            Change::Quota(_) => nodes().any(|node| !node.provisioned && node.is_limited()),
            Change::Units(_) => self.groups.iter().any(PoolGroup::buys),
            Change::Retries(_) => self.groups.iter().all(PoolGroup::can_be_walked),
        }
    }

    /// The same supply with these changes.
    #[must_use]
    pub fn changed(&self, changes: &[Change]) -> Self {
        let mut supply = self.clone();
        for &change in changes {
            supply.change(change);
        }
        supply
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::NoHolds => self.nodes(|node| node.metering.hold = None),
            Change::NoBursts => {
                for group in &mut self.groups {
                    group.law = Arc::new(MinuteLaw::constant(Margin::Gamma, 0.0, 0.0).with_windows(group.law.windows()));
                }
            }
            Change::NoRetries => self.retry(None),
            Change::Retries(retry) => self.retry(Some(retry)),
            Change::NoOutages => self.kinds(|kind| {
                if let OfferKind::Provisioned(offer) = kind {
                    offer.availability = None;
                }
            }),
            Change::NoIncidents => self.kinds(|kind| {
                if let OfferKind::OnDemand(offer) = kind {
                    offer.incidents = None;
                }
            }),
            Change::MaxTokens(most) => {
                let named = |workload: &mut WorkloadFacts| {
                    workload.max_tokens = Some(workload.max_tokens.map_or(most, |named| named.min(most)));
                };
                self.workloads.iter_mut().for_each(named);
            }
            Change::NoOthers => self.quotas(false, |quota, others| quota + others),
            Change::Quota(factor) => self.quotas(true, |quota, others| factor * (quota + others) - others),
            Change::Units(factor) => self.capacity_factor *= factor,
        }
    }

    fn nodes(&mut self, change: impl Fn(&mut super::Node)) {
        self.groups.iter_mut().flat_map(|group| &mut group.nodes).for_each(change);
    }

    /// Changes what quotas leave, given that and what others use: of tokens, of requests (which others do not use) and of tokens a day.
    /// `keeps_others` says that others go on using theirs.
    fn quotas(&mut self, keeps_others: bool, change: impl Fn(f64, f64) -> f64) {
        let used: Vec<f64> = self.offers.iter().map(|offer| others(&offer.kind)).collect();
        for group in &mut self.groups {
            for node in group.nodes.iter_mut().filter(|node| !node.provisioned) {
                for (axis, (low, high)) in node.per_unit.iter_mut().enumerate() {
                    let used = if axis == 0 || node.request_window.is_none() { used[node.offer] } else { 0.0 };
                    (*low, *high) = (change(*low, used), change(*high, used));
                }
            }
            let PoolGroup { days, nodes, .. } = group;
            for day in days {
                let used = day.nodes.first().map_or(0.0, |&node| used[nodes[node].offer]);
                day.per_day = change(day.per_day, 24.0 * used);
            }
        }
        // What an incident takes is a share of the whole quota.
        self.kinds(|kind| {
            if let OfferKind::OnDemand(OnDemand { quota: Some(quota), .. }) = kind {
                quota.per_hour = change(quota.per_hour, quota.others);
                quota.others = if keeps_others { quota.others } else { 0.0 };
            }
        });
    }

    fn kinds(&mut self, change: impl Fn(&mut OfferKind)) {
        self.offers.iter_mut().for_each(|offer| change(&mut offer.kind));
    }

    fn retry(&mut self, retry: Option<Retry>) {
        self.workloads.iter_mut().for_each(|workload| workload.retry = retry);
        for group in &mut self.groups {
            group.repath(&self.workloads);
        }
    }
}

/// Weighted tokens per hour of an offer's quota that others use.
fn others(kind: &OfferKind) -> f64 {
    if let OfferKind::OnDemand(OnDemand { quota: Some(quota), .. }) = kind { quota.others } else { 0.0 }
}
