//! Dispatch: a demand path served under every case of every pool, hour by hour.

mod chain;
mod clear;
mod state;

use super::Supply;
use super::network::Network;
use super::offer::{MAX_AXES, OfferKind};
use super::peak::Peak;
use super::pool::PoolGroup;
use super::route::Member;
use super::totals::{DemandTotals, ServiceTotals, SupplyTotals};
use crate::demand::DemandPath;
use crate::random::stream::{Purpose, StreamKey};
use crate::units::ByClass;
use clear::Clear;
use state::{GroupState, Hour};
use std::sync::Arc;

/// Receives every hour of every case, for those who want to look into one replication.
pub trait HourSink {
    /// One hour of one case of one group; hours of a group come in order, the cases of an hour together.
    fn hour(&mut self, hour: usize, group: usize, case: usize, service: &HourService<'_>);
}

/// How one hour was served.
#[derive(Clone, Copy, Debug)]
pub struct HourService<'a> {
    /// Tokens served by each node of the group.
    pub served: &'a [f64],
    /// Unit-hours used, at node × 2 + axis.
    pub used: &'a [f64],
    /// Tokens served by batch.
    pub batch: f64,
    /// Tokens throttled.
    pub throttled: f64,
    /// Requests throttled.
    pub requests_throttled: f64,
    /// Probability that a minute of the hour is over the limit.
    pub minute_over: f64,
    /// Probability that some minute of the hour is.
    pub hour_over: f64,
    /// Paid on demand `[currency]`.
    pub cost_on_demand: f64,
    /// Paid for batch `[currency]`.
    pub cost_batch: f64,
}

/// Serves demand paths; holds the buffers of one worker.
#[derive(Debug)]
pub struct Dispatcher<'a> {
    supply: &'a Supply,
    groups: Vec<GroupState>,
    network: Vec<Network>,
    peak: Peak<'a>,
    /// For each group the first one whose minutes have the same peak.
    same_peak: Vec<usize>,
    /// The stream of each offer whose throughput is unknown.
    throughput: Vec<(usize, StreamKey)>,
}

impl<'a> Dispatcher<'a> {
    pub(super) fn new(supply: &'a Supply, seed: u64) -> Self {
        let unknown = |index: usize| match &supply.offers[index].kind {
            OfferKind::Provisioned(offer) => offer.axes.iter().any(|axis| axis.capacity.0 < axis.capacity.1),
            _ => false,
        };
        let throughput = (0..supply.offers.len())
            .filter(|&index| unknown(index))
            .map(|index| (index, StreamKey::new(seed, Purpose::Capacity, &supply.offers[index].name)));
        Self {
            supply,
            groups: supply.groups.iter().map(|group| GroupState::new(group, supply)).collect(),
            network: supply.groups.iter().map(|group| Network::new(group.nodes.len())).collect(),
            peak: Peak::default(),
            same_peak: (0..supply.groups.len()).map(|index| first_with_peak_of(&supply.groups, index)).collect(),
            throughput: throughput.collect(),
        }
    }

    /// Serves one path and overwrites `totals`, which must come from [`Supply::totals`] (a wrong size is put right).
    ///
    /// `path` has every workload of the supply and every hour of its horizon; `replication` names the draws of unknown throughputs.
    pub fn dispatch(&mut self, replication: u64, path: &DemandPath, totals: &mut SupplyTotals, mut sink: Option<&mut dyn HourSink>) {
        self.clear(totals);
        for index in 0..self.supply.groups.len() {
            let group = &self.supply.groups[index];
            self.groups[index].begin(group, self.supply, path);
            self.units(index, replication);
            for month in 0..self.supply.horizon.months() {
                self.month(index, month, path, totals, &mut sink);
            }
        }
    }

    fn clear(&self, totals: &mut SupplyTotals) {
        let months = self.supply.horizon.months();
        let cases: usize = self.supply.groups.iter().map(|group| group.cases.len()).sum();
        let slots: usize = self.supply.groups.iter().map(|group| group.cases.len() * group.nodes.len() * MAX_AXES).sum();
        totals.services.clear();
        totals.services.resize(cases * months, ServiceTotals::default());
        totals.used.clear();
        totals.used.resize(slots * months, 0.0);
        totals.demand.clear();
        totals.demand.resize(self.supply.groups.len() * months, DemandTotals::default());
    }

    /// What one unit of each node serves in this replication.
    fn units(&mut self, index: usize, replication: u64) {
        let state = &mut self.groups[index];
        for (node, per_unit) in self.supply.groups[index].nodes.iter().zip(state.per_unit.chunks_exact_mut(MAX_AXES)) {
            let known = self.throughput.iter().find(|(offer, _)| *offer == node.offer);
            // One draw for both axes: what is unknown is the unit's speed.
            let draw = known.map_or(0.0, |(_, key)| key.replication(replication).uniform());
            let factor = if node.provisioned { self.supply.capacity_factor } else { 1.0 };
            for (unit, (low, high)) in per_unit.iter_mut().zip(node.per_unit) {
                *unit = factor * if low < high { low + draw * (high - low) } else { low };
            }
        }
    }

    fn month(&mut self, index: usize, month: usize, path: &DemandPath, totals: &mut SupplyTotals, sink: &mut Option<&mut dyn HourSink>) {
        let supply = self.supply;
        let group = &supply.groups[index];
        let state = &mut self.groups[index];
        let network = &mut self.network[index];
        state.capacities(group, month);
        let first = supply.service_index(index, 0, month);
        let services = &mut totals.services[first..][..group.cases.len()];
        let first = supply.used_index(index, 0, month);
        let used = &mut totals.used[first..][..group.cases.len() * state.slots];
        let demand = &mut totals.demand[supply.demand_index(index, month)];
        self.peak.clear();
        let hours = supply.horizon.month_range(month);
        let length = hours.len() as f64;
        let mut batch = (0.0, 0.0);
        let peak_of = self.same_peak[index];
        for hour in hours {
            let facts = state.hour(group, supply, path, hour);
            demand.tokens += facts.asked;
            demand.requests += facts.requests;
            demand.peak_hour_tokens = demand.peak_hour_tokens.max(facts.asked.total());
            batch.0 += facts.batch_tokens;
            batch.1 += facts.batch_cost;
            if let Some(node) = group.last_on_demand
                && peak_of == index
                && supply.peak_share.is_some()
            {
                let (mean, variance) = state.weighted(group, path, hour, &group.nodes[node].weights[0]);
                self.peak.add(mean / 60.0, variance);
            }
            if group.chain {
                state.serve_chain(group, &facts, services, used, index, sink);
            } else {
                state.serve_network(group, supply, path, &facts, network, services, used, index, sink);
            }
        }
        for (service, clear) in services.iter_mut().zip(&mut state.clear) {
            (service.tokens_batch, service.cost_batch) = batch;
            service.log_clear = clear.take();
        }
        let peak = match (group.last_on_demand, supply.peak_share) {
            (Some(_), Some(share)) if peak_of == index => self.peak.solve(share * length, &group.law),
            (Some(_), Some(_)) => totals.demand[supply.demand_index(peak_of, month)].peak_quota_tokens_per_minute,
            _ => f64::NAN,
        };
        totals.demand[supply.demand_index(index, month)].peak_quota_tokens_per_minute = peak;
    }
}

/// What one hour of one case adds to the month, and to whoever looks on.
struct Outcome {
    throttled: f64,
    minute_over: f64,
    hour_over: f64,
    tokens_on_demand: f64,
    tokens_provisioned: f64,
    cost_on_demand: f64,
}

impl Outcome {
    #[inline]
    fn add_to(&self, service: &mut ServiceTotals, clear: &mut Clear, requests: f64) {
        service.cost_on_demand += self.cost_on_demand;
        service.tokens_on_demand += self.tokens_on_demand;
        service.tokens_provisioned += self.tokens_provisioned;
        if self.throttled > 0.0 {
            service.tokens_throttled += self.throttled;
            service.requests_throttled += requests;
            service.throttled_minutes += 60.0 * self.minute_over;
            service.throttled_hours += self.hour_over;
            clear.add(self.hour_over);
        }
    }
}

impl Outcome {
    /// The hour as a sink sees it.
    fn shown<'s>(&self, facts: &Hour, requests: f64, served: &'s [f64], used: &'s [f64]) -> HourService<'s> {
        HourService {
            served,
            used,
            batch: facts.batch_tokens,
            throttled: self.throttled,
            requests_throttled: requests,
            minute_over: self.minute_over,
            hour_over: self.hour_over,
            cost_on_demand: self.cost_on_demand,
            cost_batch: facts.batch_cost,
        }
    }
}

impl Hour {
    /// Requests that so many throttled tokens stand for.
    #[inline]
    fn requests_of(&self, tokens: f64) -> f64 {
        if tokens > 0.0 { tokens * self.requests_per_token } else { 0.0 }
    }
}

impl GroupState {
    #[allow(clippy::too_many_arguments)]
    fn serve_network(
        &mut self,
        group: &PoolGroup,
        supply: &Supply,
        path: &DemandPath,
        facts: &Hour,
        network: &mut Network,
        services: &mut [ServiceTotals],
        used: &mut [f64],
        index: usize,
        sink: &mut Option<&mut dyn HourSink>,
    ) {
        self.enter(group, path, facts.hour, network, supply);
        for (case, (service, used)) in services.iter_mut().zip(used.chunks_exact_mut(self.slots.max(1))).enumerate() {
            network.serve(&group.nodes, &self.capacities[case * self.slots..][..self.slots], &group.law);
            let mut outcome = Outcome {
                throttled: network.throttled.total() + facts.unrouted,
                minute_over: network.exceedance,
                hour_over: network.hour_exceedance,
                tokens_on_demand: 0.0,
                tokens_provisioned: 0.0,
                cost_on_demand: 0.0,
            };
            if facts.unrouted > 0.0 {
                (outcome.minute_over, outcome.hour_over) = (1.0, 1.0);
            }
            for (number, (node, served)) in group.nodes.iter().zip(&network.served).enumerate() {
                self.served[number] = served.total();
                if node.provisioned {
                    outcome.tokens_provisioned += served.total();
                } else {
                    outcome.tokens_on_demand += served.total();
                    outcome.cost_on_demand += served.dot(&node.price);
                }
                for axis in 0..MAX_AXES {
                    let slot = number * MAX_AXES + axis;
                    let used_here =
                        if node.provisioned && axis < node.axes { served.dot(&node.weights[axis]) / self.per_unit[slot] } else { 0.0 };
                    self.used[slot] = used_here;
                    used[slot] += used_here;
                }
            }
            let requests = facts.requests_of(outcome.throttled);
            outcome.add_to(service, &mut self.clear[case], requests);
            if let Some(sink) = sink {
                sink.hour(facts.hour, index, case, &outcome.shown(facts, requests, &self.served, &self.used));
            }
        }
    }
}

/// The first group whose peak is that of group `index`: the same work, which batch takes alike, in the same weights.
fn first_with_peak_of(groups: &[PoolGroup], index: usize) -> usize {
    let group = &groups[index];
    let weights = |group: &PoolGroup| group.last_on_demand.map(|node| group.nodes[node].weights[0]);
    let work = |member: &Member| (member.workload, member.part, member.batch, member.route.is_empty());
    let same = |other: &PoolGroup| {
        weights(other) == weights(group)
            && Arc::ptr_eq(&other.law, &group.law)
            && other.members.iter().map(work).eq(group.members.iter().map(work))
    };
    groups[..index].iter().position(same).unwrap_or(index)
}

/// Tokens of a member in an hour.
fn member_tokens(path: &DemandPath, workload: usize, hour: usize, share: f64) -> ByClass {
    path.workloads[workload].tokens[hour] * share
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
