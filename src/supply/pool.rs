//! Pools: the network of offers that workloads share, and the unit counts it is evaluated for.

use super::commitment::Commitment;
use super::facts::WorkloadFacts;
use super::minute::{Margin, MinuteLaw};
use super::offer::{MAX_AXES, Offer, OfferKind, OverflowRule};
use super::route::{Member, Part};
use super::schedule::Schedule;
use crate::units::ByClass;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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
    /// The last on-demand offer, as a node.
    pub(crate) last_on_demand: Option<usize>,
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
}

impl Node {
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
    /// Units that exist in some hours of the week only.
    pub scheduled: Vec<Scheduled>,
}

/// Units of one node in some hours of the week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scheduled {
    /// The node.
    pub node: usize,
    /// Units on each axis.
    pub units: [f64; MAX_AXES],
    /// The first month of the horizon, from 0.
    pub start_month: usize,
    /// The hours.
    pub schedule: Schedule,
}

impl Scheduled {
    /// What tells it from others.
    pub(crate) fn key(&self) -> impl Iterator<Item = u64> {
        let [a, b, c] = self.schedule.bits();
        [self.node as u64, self.units[0].to_bits(), self.units[1].to_bits(), self.start_month as u64, a, b, c].into_iter()
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
    pub(crate) fn new(members: Vec<Member>, offers: &[Offer], workloads: &[WorkloadFacts], laws: &mut Laws) -> Self {
        let indices: Vec<usize> = members.iter().map(|member| member.workload).collect::<BTreeSet<_>>().into_iter().collect();
        let name = indices.iter().map(|&index| workloads[index].name.as_str()).collect::<Vec<_>>().join("+");
        let nodes = nodes(&members, offers);
        let node_of = |offer: usize| nodes.iter().position(|node| node.offer == offer);
        let mut by_place: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        // What waits does not enter: it takes what the others leave.
        for (index, member) in members.iter().enumerate().filter(|(_, member)| member.waits.is_none()) {
            if let Some(node) = member.route.first().and_then(|&offer| node_of(offer)) {
                by_place.entry((node, member.workload)).or_default().push(index);
            }
        }
        let last_on_demand = nodes.iter().rposition(|node| !node.provisioned);
        let entry = |((node, workload), members): ((usize, usize), _)| {
            let spread = &workloads[workload].size_spread;
            let quota_size_cv2 = last_on_demand.map_or(0.0, |node: usize| spread.cv2(&nodes[node].weights[0]));
            Entry { node, workload, members, size_cv2: spread.cv2(&nodes[node].mix()), quota_size_cv2 }
        };
        let entries: Vec<Entry> = by_place.into_iter().map(entry).collect();
        let chain = entries.iter().all(|entry| entry.node == 0)
            && nodes.iter().enumerate().all(|(index, node)| node.next == (index + 1 < nodes.len()).then_some(index + 1));
        // What waits fills the rest of the minutes that others make: its own law is not asked.
        let makes_minutes = |index: &&usize| members.iter().any(|member| member.workload == **index && member.waits.is_none());
        let mut facts: Vec<&WorkloadFacts> = indices.iter().filter(makes_minutes).map(|&index| &workloads[index]).collect();
        if facts.is_empty() {
            facts.extend(indices.iter().map(|&index| &workloads[index]));
        }
        let law = laws.of(&name, &facts);
        Self { name, workloads: indices, members, nodes, cases: Vec::new(), law, chain, entries, last_on_demand }
    }

    /// The units of every node in every month under these commitments.
    pub(crate) fn case(&self, commitments: &[Commitment], months: usize) -> Case {
        let mut units = Vec::with_capacity(months * self.nodes.len() * MAX_AXES);
        for month in 0..months {
            for node in &self.nodes {
                let always = |commitment: &&Commitment| commitment.schedule.is_none() && commitment.active(month);
                let bought = commitments.iter().filter(|commitment| commitment.offer == node.offer).filter(always);
                let sum = || bought.fold([0.0; MAX_AXES], |sum, commitment| std::array::from_fn(|axis| sum[axis] + commitment.units[axis]));
                units.extend_from_slice(&if node.provisioned { sum() } else { [1.0; MAX_AXES] });
            }
        }
        let scheduled = commitments.iter().filter_map(|commitment| {
            let node = self.nodes.iter().position(|node| node.offer == commitment.offer)?;
            Some(Scheduled { node, units: commitment.units, start_month: commitment.start_month, schedule: commitment.schedule? })
        });
        Case { units, scheduled: scheduled.collect() }
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
    };
    match &offers[index].kind {
        OfferKind::OnDemand(offer) => {
            node.price = offer.price.per_token;
            if let Some(quota) = offer.quota {
                node.weights = [quota.weights; MAX_AXES];
                node.per_unit = [(quota.per_hour, quota.per_hour); MAX_AXES];
            }
        }
        OfferKind::Provisioned(offer) => {
            node.provisioned = true;
            node.axes = offer.axes.len();
            node.overflow = offer.overflow;
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

/// The laws of minutes, one for all pools that have the same.
#[derive(Default)]
pub(crate) struct Laws {
    known: Vec<(Margin, f64, Option<f64>, Arc<MinuteLaw>)>,
    /// What had to be settled between workloads that differ.
    pub warnings: BTreeSet<String>,
}

impl Laws {
    fn of(&mut self, name: &str, facts: &[&WorkloadFacts]) -> Arc<MinuteLaw> {
        let margin = if facts.iter().any(|f| f.minute.margin == Margin::LogNormal) { Margin::LogNormal } else { Margin::Gamma };
        let sd = facts.iter().map(|f| f.minute.burstiness_sd).fold(0.0, f64::max);
        if facts.iter().any(|f| f.minute.margin != margin || f.minute.burstiness_sd < sd) {
            self.warnings.insert(format!(
                "pool {name}: its workloads state different laws of the minute; all are taken to have the heaviest (margin and burstiness)"
            ));
        }
        // A stated variance has a row of its own, but several workloads add up to a variance that changes with their mix.
        let constant = match facts {
            [only] => only.minute.constant,
            _ => None,
        };
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits();
        let known =
            self.known.iter().find(|(m, s, c, _)| *m == margin && same(*s, sd) && c.map(f64::to_bits) == constant.map(f64::to_bits));
        if let Some((.., law)) = known {
            return Arc::clone(law);
        }
        let law = Arc::new(constant.map_or_else(|| MinuteLaw::new(margin, sd), |variance| MinuteLaw::constant(margin, sd, variance)));
        self.known.push((margin, sd, constant, Arc::clone(&law)));
        law
    }
}
