//! Pools: the network of offers that workloads share, and the unit counts it is evaluated for.

mod laws;
mod limits;

use super::commitment::{Commitment, overlap};
use super::facts::WorkloadFacts;
use super::minute::MinuteLaw;
use super::offer::{MAX_AXES, Metering, Offer, OfferKind, OverflowRule};
use super::path::{MOST_OFFERS, PathModel};
use super::priority;
use super::route::{Member, Part};
use super::schedule::Schedule;
use crate::horizon::Horizon;
use crate::units::ByClass;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

pub(crate) use laws::Laws;
pub(crate) use limits::{DayQuota, Windows, windows};
use limits::{days, shared};

/// The members and routes of one pool. Plans with the same routes share it, and differ in their case at most.
#[derive(Clone, Debug)]
pub struct PoolGroup {
    /// The row's name: its workload, or all of them joined by `+`.
    pub name: String,
    /// Indices of its workloads, in order.
    pub workloads: Vec<usize>,
    /// Workloads and their parts, in order.
    pub members: Vec<Member>,
    /// Offers with a capacity; each comes before the one it overflows to.
    pub nodes: Vec<Node>,
    /// The distinct unit counts over all plans. Terms shift only cost, so plans that differ in nothing else share one.
    pub cases: Vec<Case>,
    /// The law of its minutes.
    pub law: Arc<MinuteLaw>,
    /// Whether all members that do not wait enter at the first offer and every overflow goes to the next one: the fast way.
    pub(crate) chain: bool,
    /// Where work enters: one entry per node and workload.
    pub(crate) entries: Vec<Entry>,
    /// Who comes when, first to last, by entry; all 0 where all have the same priority.
    pub(crate) classes: Vec<usize>,
    /// The last on-demand offer, as a node.
    pub(crate) last_on_demand: Option<usize>,
    /// The span of time `[s]` whose demand the law is of.
    pub(crate) window: f64,
    /// How its hours are walked where they have a state.
    pub(crate) path: Option<PathModel>,
    /// Whether an offer has a limit of requests.
    pub(crate) counts_requests: bool,
    /// Nodes that draw on the quota of nodes before them, with those.
    pub(crate) shared: Vec<(usize, Vec<usize>)>,
    /// Quotas of a day.
    pub(crate) days: Vec<DayQuota>,
}

/// An offer with a capacity, as the pool sees it.
#[derive(Clone, Debug)]
pub struct Node {
    /// Index of the offer.
    pub offer: usize,
    /// The node that its overflow goes to; `None` where it is throttled.
    pub next: Option<usize>,
    /// Whether units of it are bought.
    pub provisioned: bool,
    /// Number of axes, 1 or 2.
    pub axes: usize,
    /// How much a token of each class counts, by axis.
    pub weights: [ByClass; MAX_AXES],
    /// Weighted tokens per hour of one unit, lowest and highest, by axis. An on-demand offer is one unit of its quota, or of infinity.
    pub per_unit: [(f64, f64); MAX_AXES],
    /// Currency per token; 0 for a provisioned offer.
    pub price: ByClass,
    /// What spills: the minute's excess or the whole request.
    pub overflow: OverflowRule,
    /// How its limit is counted.
    pub metering: Metering,
    /// The span of time `[s]` over which a limit of requests holds, which is then the second axis; no token counts on that.
    pub request_window: Option<u32>,
    /// The offer whose quota it draws on, itself mostly; `None` without a quota.
    pub quota: Option<usize>,
    /// Weighted tokens that a local day may take of that quota.
    pub per_day: Option<f64>,
    /// Whether incidents can take all of it, limited or not.
    pub fails: bool,
}

impl Node {
    /// Whether there is a limit at all, units bought or not.
    pub(crate) fn is_limited(&self) -> bool {
        self.per_unit[..self.axes].iter().any(|(low, _)| low.is_finite())
    }

    /// The spans of time `[s]` over which its limits hold: of tokens, and of requests if there is one.
    pub(crate) fn windows(&self) -> impl Iterator<Item = u32> + use<> {
        std::iter::once(self.metering.window).chain(self.request_window)
    }

    /// Sum of the axes' weights: what the burstiness of several workloads is weighed with.
    pub(crate) fn mix(&self) -> ByClass {
        self.weights[..self.axes].iter().fold(ByClass::ZERO, |sum, &weights| sum + weights)
    }
}

/// Units of every offer of a pool in every month.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Units at `(month × nodes + node) × 2 + axis`; 1 for an on-demand offer, 0 in months without the commitment. Without the scheduled.
    pub units: Vec<f64>,
    /// Units that exist in some hours of a month only.
    pub scheduled: Vec<Scheduled>,
}

/// Units of one node in some hours: by a schedule, or of a term that begins or ends within a month.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheduled {
    /// The node.
    pub node: usize,
    /// Units on each axis.
    pub units: [f64; MAX_AXES],
    /// The hours of the horizon.
    pub hours: Range<usize>,
    /// Of those, the hours of the week; all of them without.
    pub schedule: Option<Schedule>,
}

impl Scheduled {
    /// What tells it from others.
    pub(crate) fn key(&self) -> impl Iterator<Item = u64> {
        let [a, b, c] = self.schedule.map_or([u64::MAX; 3], |schedule| schedule.bits());
        let (start, end) = (self.hours.start as u64, self.hours.end as u64);
        [self.node as u64, self.units[0].to_bits(), self.units[1].to_bits(), start, end, a, b, c].into_iter()
    }

    /// Whether the units exist in an hour of the horizon.
    #[inline]
    pub(crate) fn holds(&self, hour: usize, hour_of_week: u8) -> bool {
        self.hours.contains(&hour) && self.schedule.is_none_or(|schedule| schedule.holds(hour_of_week))
    }
}

/// Work of one workload that enters at one node.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub node: usize,
    pub workload: usize,
    /// Indices of the members.
    pub members: Vec<usize>,
    /// Squared coefficient of variation of a request's tokens in the weights of the node, and in those of the pool's last on-demand offer.
    pub size_cv2: f64,
    pub quota_size_cv2: f64,
}

impl PoolGroup {
    /// A pool without cases. `laws` is told when its workloads' minutes differ.
    pub(crate) fn new(members: Vec<Member>, offers: &[Offer], workloads: &[WorkloadFacts], windows: &Windows, laws: &mut Laws) -> Self {
        let indices: Vec<usize> = members.iter().map(|member| member.workload).collect::<BTreeSet<_>>().into_iter().collect();
        let name = indices.iter().map(|&index| workloads[index].name.as_str()).collect::<Vec<_>>().join("+");
        let mut nodes = nodes(&members, offers);
        for node in &mut nodes {
            node.metering.window =
                windows.iter().find(|(offer, _)| *offer == node.offer).map_or(node.metering.window, |(_, window)| *window);
        }
        let node_of = |offer: usize| nodes.iter().position(|node| node.offer == offer);
        let mut by_place: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        // What waits does not enter: it takes what the others leave.
        for (index, member) in members.iter().enumerate().filter(|(_, member)| member.waits.is_none()) {
            if let Some(node) = member.route.first().and_then(|&offer| node_of(offer)) {
                by_place.entry((node, member.workload)).or_default().push(index);
            }
        }
        let last_on_demand = nodes.iter().rposition(|node| !node.provisioned);
        let entry = |((node, workload), members)| Entry { node, workload, members, size_cv2: 0.0, quota_size_cv2: 0.0 };
        let mut entries: Vec<Entry> = by_place.into_iter().map(entry).collect();
        spread(&mut entries, &nodes, last_on_demand, workloads);
        let chain = entries.iter().all(|entry| entry.node == 0)
            && nodes.iter().enumerate().all(|(index, node)| node.next == (index + 1 < nodes.len()).then_some(index + 1));
        let classes = priority::classes(entries.iter().map(|entry| &workloads[entry.workload]));
        // What waits fills the rest of the minutes that others make: its own law is not asked.
        let makes_minutes = |index: &&usize| members.iter().any(|member| member.workload == **index && member.waits.is_none());
        let mut facts: Vec<&WorkloadFacts> = indices.iter().filter(makes_minutes).map(|&index| &workloads[index]).collect();
        if facts.is_empty() {
            facts.extend(indices.iter().map(|&index| &workloads[index]));
        }
        let path = PathModel::new(&members, &nodes, workloads);
        let window = window(&nodes, path.as_ref());
        let law = laws.of(&name, &facts, window);
        let counts_requests = nodes.iter().any(|node| node.request_window.is_some());
        let (shared, days) = (shared(&nodes), days(&nodes));
        Self {
            name,
            workloads: indices,
            members,
            nodes,
            cases: Vec::new(),
            law,
            chain,
            entries,
            classes,
            last_on_demand,
            window,
            path,
            counts_requests,
            shared,
            days,
        }
    }

    /// Whether units of any of its offers are bought in any month.
    pub(crate) fn buys(&self) -> bool {
        let bought = |case: &Case| {
            let units = self.nodes.iter().cycle().zip(case.units.chunks_exact(MAX_AXES));
            units.into_iter().any(|(node, units)| node.provisioned && units.iter().any(|&units| units > 0.0)) || !case.scheduled.is_empty()
        };
        self.cases.iter().any(bought)
    }

    /// Sets anew how far requests spread.
    pub(crate) fn respread(&mut self, workloads: &[WorkloadFacts]) {
        spread(&mut self.entries, &self.nodes, self.last_on_demand, workloads);
    }

    /// Sets anew how its hours are walked.
    pub(crate) fn repath(&mut self, workloads: &[WorkloadFacts]) {
        self.path = PathModel::new(&self.members, &self.nodes, workloads);
    }

    /// Whether requests hold some of an offer's limit while they run.
    pub(crate) fn holds(&self) -> bool {
        self.nodes.iter().any(|node| node.metering.hold.is_some())
    }

    /// What of it cannot be served, and the way that can.
    pub(crate) fn unserved(&self) -> Option<(String, String)> {
        let has = [
            (self.path.is_some(), "retries, buckets and windows of different lengths"),
            (self.holds(), "holds"),
            (self.counts_requests, "quotas of requests"),
            (!self.days.is_empty(), "quotas of a day"),
            (!self.shared.is_empty(), "offers that share a quota"),
        ];
        let of_one_route = has.iter().find(|(has, _)| *has).map(|(_, what)| *what);
        if let Some(what) = of_one_route.filter(|_| !self.chain || self.nodes.len() > MOST_OFFERS) {
            let message = format!("lets the workloads of pool `{}` go different ways, and {what} are served along one route", self.name);
            return Some((message, format!("one route of at most {MOST_OFFERS} offers for all workloads of the pool")));
        }
        // Its path is served what an hour leaves of the tokens alone.
        let (_, what) = has[1..].iter().find(|(has, _)| *has && self.waits())?;
        let message = format!("has work in pool `{}` that waits, and what {what} leave to it is not known", self.name);
        Some((message, format!("offers without {what}, or no `queue` for the workload")))
    }

    /// Whether it could be served if its clients came back.
    pub(crate) fn can_be_walked(&self) -> bool {
        self.chain && self.nodes.len() <= MOST_OFFERS && self.days.is_empty() && self.ranks() == 1
    }

    /// The units of every node in every month under these commitments.
    pub(crate) fn case(&self, commitments: &[Commitment], horizon: &Horizon) -> Case {
        let months = || (0..horizon.months()).map(|month| horizon.month_range(month));
        let whole = |commitment: &Commitment, month: &Range<usize>| {
            commitment.schedule.is_none() && overlap(&commitment.hours(horizon), month) == *month
        };
        let mut units = Vec::with_capacity(horizon.months() * self.nodes.len() * MAX_AXES);
        for month in months() {
            for node in &self.nodes {
                let bought = commitments.iter().filter(|c| c.offer == node.offer && whole(c, &month));
                let sum = || bought.fold([0.0; MAX_AXES], |sum, commitment| std::array::from_fn(|axis| sum[axis] + commitment.units[axis]));
                units.extend_from_slice(&if node.provisioned { sum() } else { [1.0; MAX_AXES] });
            }
        }
        let mut scheduled = Vec::new();
        for commitment in commitments {
            let Some(node) = self.nodes.iter().position(|node| node.offer == commitment.offer) else { continue };
            let part = |hours| Scheduled { node, units: commitment.units, hours, schedule: commitment.schedule };
            let hours = commitment.hours(horizon);
            if commitment.schedule.is_some() {
                scheduled.push(part(hours));
                continue;
            }
            let cut = months().filter(|month| !whole(commitment, month)).map(|month| overlap(&hours, &month));
            scheduled.extend(cut.filter(|hours| !hours.is_empty()).map(part));
        }
        Case { units, scheduled }
    }

    /// Whether the order of things within its hours may matter, so that they are walked where a limit may be met.
    #[must_use]
    pub fn is_walked(&self) -> bool {
        self.path.is_some()
    }

    /// Whether any of its work waits.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.members.iter().any(|member| member.waits.is_some())
    }

    /// Whether any of its work tries batch.
    #[must_use]
    pub fn tries_batch(&self) -> bool {
        self.members.iter().any(|member| member.batch.is_some())
    }

    /// The share of a member's workload that the member is.
    pub(crate) fn share(member: &Member, workloads: &[WorkloadFacts]) -> f64 {
        let deferrable = workloads[member.workload].deferrable_share;
        match member.part {
            Part::Whole => 1.0,
            Part::Interactive => 1.0 - deferrable,
            Part::Deferrable => deferrable,
        }
    }
}

/// Tells entries how far the tokens of their requests spread, in the weights of where they enter and of the last quota.
fn spread(entries: &mut [Entry], nodes: &[Node], last_on_demand: Option<usize>, workloads: &[WorkloadFacts]) {
    for entry in entries {
        let spread = &workloads[entry.workload].size_spread;
        entry.size_cv2 = spread.cv2(&nodes[entry.node].mix());
        entry.quota_size_cv2 = last_on_demand.map_or(0.0, |node| spread.cv2(&nodes[node].weights[0]));
    }
}

/// The offers of a pool, upstream first. Every offer has one way on, so that the number of steps to the end orders them.
fn nodes(members: &[Member], offers: &[Offer]) -> Vec<Node> {
    let mut next: BTreeMap<usize, (usize, Option<usize>)> = BTreeMap::new();
    for member in members {
        for (place, &offer) in member.route.iter().enumerate() {
            next.insert(offer, (member.route.len() - place, member.route.get(place + 1).copied()));
        }
    }
    let mut order: Vec<usize> = next.keys().copied().collect();
    order.sort_by_key(|offer| (std::cmp::Reverse(next[offer].0), *offer));
    order.iter().filter_map(|&offer| node(offer, next[&offer].1.and_then(|after| order.iter().position(|&o| o == after)), offers)).collect()
}

fn node(index: usize, next: Option<usize>, offers: &[Offer]) -> Option<Node> {
    let mut node = Node {
        offer: index,
        next,
        provisioned: false,
        axes: 1,
        weights: [ByClass::ONE; MAX_AXES],
        per_unit: [(f64::INFINITY, f64::INFINITY); MAX_AXES],
        price: ByClass::ZERO,
        overflow: OverflowRule::Minute,
        metering: Metering::MINUTE,
        request_window: None,
        quota: None,
        per_day: None,
        fails: false,
    };
    match &offers[index].kind {
        OfferKind::OnDemand(offer) => {
            node.price = offer.price.per_token;
            node.fails = offer.incident_takes() >= 1.0;
            if let Some(quota) = offer.quota {
                node.weights = [quota.weights; MAX_AXES];
                node.per_unit = [(quota.per_hour, quota.per_hour); MAX_AXES];
                node.metering = quota.metering;
                (node.quota, node.per_day) = (Some(offer.shares.unwrap_or(index)), quota.per_day);
                if let Some(limit) = quota.requests {
                    (node.axes, node.weights[1]) = (2, ByClass::ZERO);
                    node.per_unit[1] = (limit.per_hour, limit.per_hour);
                    node.request_window = Some(limit.window);
                }
            }
        }
        OfferKind::Provisioned(offer) => {
            node.provisioned = true;
            node.axes = offer.axes.len();
            node.overflow = offer.overflow;
            node.metering = offer.metering;
            for (slot, axis) in offer.axes.iter().enumerate() {
                node.weights[slot] = axis.weights;
                node.per_unit[slot] = axis.capacity;
            }
        }
        // Batch has no capacity and is no part of the network.
        OfferKind::Batch(_) => return None,
    }
    Some(node)
}

/// The span of time `[s]` that conditional expectations look at: the window of all limits, or the shortest that divides them all.
fn window(nodes: &[Node], path: Option<&PathModel>) -> f64 {
    let mut windows = nodes.iter().filter(|node| node.is_limited()).flat_map(Node::windows);
    let first = windows.next().unwrap_or(60);
    f64::from(if windows.all(|window| window == first) { first } else { path.map_or(first, |path| path.window) })
}
