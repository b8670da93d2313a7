//! What reaches the quotas of on-demand offers, hour by hour: what a quota would have to take for nothing to be refused.
//!
//! In a minute whose factor is m, slope × (m − kink)+ summed over terms reaches an offer: see `network`. Along one route there is one term,
//! whose kink is what the offers before it take, in multiples of the hour's mean. Where nothing comes before the quota, its own weights tell
//! how far a minute spreads, as for [`peak_quota_tokens_per_minute`](super::DemandTotals), and requests spread without their sizes; behind
//! other offers all spread alike, as what spills there does.
//!
//! Work that waits and jobs of batch reach no quota here: they take what is left of it. Clients that come back are counted once.

use super::state::GroupState;
use super::work::{Hour, Work};
use super::{Dispatcher, MAX_AXES};
use crate::demand::{DemandPath, SizeSpread};
use crate::supply::Supply;
use crate::supply::network::Network;
use crate::supply::offer::OverflowRule;
use crate::supply::pool::PoolGroup;
use crate::units::ByClass;

/// A quota, or an on-demand offer without one, of the one plan of a supply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metered {
    /// The pool that draws on it, as an index.
    pub group: usize,
    /// The offer whose quota it is, as an index; the offer itself without a quota.
    pub offer: usize,
    /// The first of the pool's offers that draws on it.
    pub(crate) node: usize,
}

/// What reaches a quota in the minutes of an hour, counted in one way.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// Squared coefficient of variation of a minute's factor.
    pub variance: f64,
    /// Slope, per minute, and kink of each term, kinks rising; none where nothing comes.
    pub terms: Vec<(f64, f64)>,
}

impl Flow {
    fn one(&mut self, slope: f64, kink: f64, variance: f64) {
        self.terms.clear();
        self.variance = variance;
        if slope > 0.0 && kink < f64::INFINITY {
            self.terms.push((slope, kink));
        }
    }
}

/// What reaches a quota in an hour.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// As the quota counts, with what requests hold; as tokens of all classes; as requests.
    pub flows: [Flow; 3],
    /// Expected tokens of the hour.
    pub tokens: ByClass,
    /// Expected requests of the hour.
    pub requests: f64,
}

impl Supply {
    /// The quotas of its first plan, and its on-demand offers without one, pool by pool.
    #[must_use]
    pub fn metered(&self) -> Vec<Metered> {
        let mut all: Vec<Metered> = Vec::new();
        let groups = self.plans.first().map_or(&[][..], |plan| &plan.pools);
        for group in groups.iter().map(|choice| choice.group) {
            for (node, on_demand) in self.groups[group].nodes.iter().enumerate().filter(|(_, node)| !node.provisioned) {
                let offer = on_demand.quota.unwrap_or(on_demand.offer);
                if !all.iter().any(|metered| (metered.group, metered.offer) == (group, offer)) {
                    all.push(Metered { group, offer, node });
                }
            }
        }
        all
    }
}

impl Dispatcher<'_> {
    /// Goes through a path of demand and tells what reaches each of the [`metered`](Supply::metered) quotas in each hour, in order, by its
    /// number among them. The supply has one plan.
    pub fn reach(&mut self, replication: u64, path: &DemandPath, mut tell: impl FnMut(usize, usize, &Reach)) {
        let supply = self.supply;
        let metered = supply.metered();
        let mut reach = Reach::default();
        self.outages.draw(replication);
        for index in 0..supply.groups.len() {
            self.units(index, replication);
        }
        for work in &mut self.works {
            work.begin(supply, path);
            for month in 0..supply.horizon.months() {
                work.groups.iter().for_each(|&index| self.groups[index].begin(supply, month));
                for hour in supply.horizon.month_range(month) {
                    let facts = work.hour(supply, path, hour);
                    for &index in &work.groups {
                        let (group, state) = (&supply.groups[index], &mut self.groups[index]);
                        if state.varies() {
                            state.hour(supply, &self.outages, month, hour);
                        }
                        if group.chain {
                            state.weigh(group, supply, work, path, &facts);
                        } else {
                            let network = &mut self.routed[index].network;
                            work.enter(group, path, hour, network, supply);
                            network.serve(&group.nodes, &state.capacities[..state.slots], &group.law);
                        }
                        for (number, quota) in metered.iter().enumerate().filter(|(_, quota)| quota.group == index) {
                            if group.chain {
                                let here = Place { supply, work, group, path, facts: &facts };
                                here.chain(state, quota.node, &mut reach);
                            } else {
                                network(&mut self.routed[index].network, group, quota.node, &mut reach);
                            }
                            tell(number, hour, &reach);
                        }
                    }
                }
            }
        }
    }
}

impl GroupState {
    /// What an hour's tokens mean for each offer of a chain.
    fn weigh(&mut self, group: &PoolGroup, supply: &Supply, work: &Work, path: &DemandPath, facts: &Hour) {
        if group.holds() {
            work.held(group, supply, path, facts.hour, &mut self.held);
        }
        if group.counts_requests {
            work.count_requests(group, path, facts.hour, &mut self.held);
        }
        self.scale(group, &facts.entering);
        if group.holds() || group.counts_requests {
            let row = group.law.at(facts.variance);
            if group.holds() {
                self.scale_holds(group, supply, work, path, facts, &row);
            }
            if group.counts_requests {
                self.scale_requests(group, supply, work, path, facts, &row);
            }
        }
    }

    /// What the offers before a node of a chain take, in multiples of the hour's mean; infinite where they take all.
    fn taken(&self, group: &PoolGroup, node: usize, facts: &Hour) -> f64 {
        let (capacities, inverse) = (self.capacities.as_chunks::<MAX_AXES>().0, self.inverse.as_chunks::<MAX_AXES>().0);
        let mut kink = 0.0;
        for (number, before) in group.nodes[..node].iter().enumerate() {
            let free = (0..before.axes).map(|axis| capacities[number][axis] * inverse[number][axis]).fold(f64::INFINITY, f64::min);
            if !(free < f64::INFINITY) {
                return f64::INFINITY;
            }
            if free > 0.0 {
                kink += free;
                if before.overflow == OverflowRule::Request {
                    kink = (kink - facts.spilled).max(0.0);
                }
            }
        }
        kink
    }
}

/// An hour of a chain.
#[derive(Clone, Copy)]
struct Place<'a> {
    supply: &'a Supply,
    work: &'a Work,
    group: &'a PoolGroup,
    path: &'a DemandPath,
    facts: &'a Hour,
}

impl Place<'_> {
    fn chain(self, state: &GroupState, node: usize, reach: &mut Reach) {
        let Self { group, facts, .. } = self;
        let requests = (facts.requests_at_once - facts.unrouted_requests).max(0.0);
        let weights = &group.nodes[node].weights[0];
        let kink = state.taken(group, node, facts);
        let counted = facts.entering.dot(weights) + state.held[node * MAX_AXES];
        let slopes = [counted, facts.entering.total(), requests];
        let variances = if kink > 0.0 {
            [self.behind(); 3]
        } else {
            let tokens = |weights: &ByClass| self.variance(weights);
            let of_quota = tokens(weights);
            [of_quota, if *weights == ByClass::ONE { of_quota } else { tokens(&ByClass::ONE) }, self.variance_of_requests()]
        };
        for ((flow, slope), variance) in reach.flows.iter_mut().zip(slopes).zip(variances) {
            flow.one(slope / 60.0, kink, variance);
        }
        let share = match kink {
            kink if kink <= 0.0 => 1.0,
            kink if kink < f64::INFINITY => group.law.at(variances[0]).overflow(kink),
            _ => 0.0,
        };
        (reach.tokens, reach.requests) = (facts.entering * share, requests * share);
    }

    /// Squared coefficient of variation of a minute of what enters, in the first offer's weights.
    fn behind(self) -> f64 {
        let Self { supply, work, group, path, facts } = self;
        if group.window.to_bits() == 60.0_f64.to_bits() { facts.variance } else { work.variance(group, supply, path, facts.hour, 60.0) }
    }

    /// The same in these weights.
    fn variance(self, weights: &ByClass) -> f64 {
        let amount = |tokens: ByClass, _: f64| tokens.dot(weights);
        self.spread(amount, |spread| spread.cv2(weights))
    }

    /// The same of requests.
    fn variance_of_requests(self) -> f64 {
        self.spread(|_, requests| requests, |_| 0.0)
    }

    fn spread(self, amount: impl Fn(ByClass, f64) -> f64, cv2: impl Fn(&SizeSpread) -> f64) -> f64 {
        let Self { supply, work, group, path, facts } = self;
        let (mut mean, mut variance) = (0.0, 0.0);
        for entry in &group.entries {
            let (asked, share, own) = (&path.workloads[entry.workload], work.present_share(entry), &supply.workloads[entry.workload]);
            let requests = asked.requests[facts.hour] * share;
            let amount = amount(asked.tokens[facts.hour] * share, requests);
            mean += amount;
            variance += amount * amount * own.minute.variance(60.0, requests, cv2(&own.size_spread));
        }
        if mean > 0.0 { variance / (mean * mean) } else { 0.0 }
    }
}

/// What reaches a node of a network in the hour served last.
fn network(network: &mut Network, group: &PoolGroup, node: usize, reach: &mut Reach) {
    let weights = &group.nodes[node].weights[0];
    let arrives = network.arrives(node, &group.law);
    let tokens = arrives.base().total();
    let per_token = if tokens > 0.0 { arrives.requests / tokens } else { 0.0 };
    (reach.tokens, reach.requests) = (arrives.arrived, arrives.arrived.total() * per_token);
    let (terms, variance) = arrives.seen();
    for (number, flow) in reach.flows.iter_mut().enumerate() {
        flow.variance = variance;
        flow.terms.clear();
        let amount = |tokens: &ByClass| match number {
            0 => tokens.dot(weights),
            1 => tokens.total(),
            _ => tokens.total() * per_token,
        };
        flow.terms.extend(terms.clone().map(|(slope, kink)| (amount(&slope) / 60.0, kink)).filter(|(slope, _)| *slope > 0.0));
    }
}
