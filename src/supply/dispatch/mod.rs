//! Dispatch: a demand path served under every case of every pool, hour by hour.

mod ahead;
mod chain;
mod clear;
mod days;
mod holds;
mod parts;
mod paths;
mod plain;
mod probe;
mod queued;
mod quota;
mod ranked;
mod reach;
mod requests;
mod routed;
mod settle;
mod shared;
mod split;
mod state;
mod stems;
mod tile;
mod work;

use super::Supply;
use super::minute::{MANY, MinuteRow};
use super::offer::MAX_AXES;
use super::outage::Outages;
use super::peak::Peak;
use super::price_cut::Prices;
use super::throughput::{Throughput, within};
use super::totals::{DemandTotals, QueueTotals, ServiceTotals, SupplyTotals};
use crate::demand::DemandPath;
use ahead::Ahead;
use chain::DRY;
use clear::Clear;
use parts::Parts;
use paths::FirstRows;
pub(crate) use probe::{BatchShare, HourRates, ProbedHour};
use queued::Queued;
use quota::{quota_minute, quota_peak};
pub use reach::{Flow, Metered, Reach};
use routed::Routed;
use state::GroupState;
use tile::Tile;
use work::{Hour, Work};

/// Receives every hour of every case, for those who want to look into one replication.
pub trait HourSink {
    /// One hour of one case of one group; hours of a group come in order, the cases of an hour together.
    fn hour(&mut self, hour: usize, group: usize, case: usize, service: &HourService<'_>);
}

/// How one hour was served.
#[derive(Clone, Copy, Debug)]
pub struct HourService<'a> {
    /// Tokens served by each node of the group, late ones too.
    pub served: &'a [f64],
    /// Unit-hours used, at node × 2 + axis.
    pub used: &'a [f64],
    /// Tokens served by batch: those of the jobs handed in in this hour.
    pub batch: f64,
    /// Tokens served on demand or by units after their deadline.
    pub late: f64,
    /// Tokens that wait when the hour ends, without those in batch jobs.
    pub waiting: f64,
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
    works: Vec<Work>,
    groups: Vec<GroupState>,
    routed: Vec<Routed>,
    peak: Peak<'a>,
    /// Of each offer whose throughput is unknown.
    throughput: Vec<(usize, Throughput)>,
    outages: Outages,
    prices: Prices,
    tile: Tile<'a>,
    ahead: Ahead<'a>,
}

impl<'a> Dispatcher<'a> {
    pub(super) fn new(supply: &'a Supply, seed: u64) -> Self {
        let throughput = (0..supply.offers.len()).filter_map(|index| Some((index, Throughput::new(&supply.offers[index], seed)?)));
        let outages = Outages::new(supply, seed);
        Self {
            supply,
            works: Work::all(supply),
            groups: (0..supply.groups.len()).map(|index| GroupState::new(index, supply, &outages, seed)).collect(),
            routed: supply.groups.iter().map(Routed::new).collect(),
            peak: Peak::default(),
            throughput: throughput.collect(),
            outages,
            prices: Prices::new(&supply.price_cuts, supply.offers.iter().map(|offer| offer.name.as_str()), seed),
            tile: Tile::default(),
            ahead: Ahead::default(),
        }
    }

    /// Serves one path and overwrites `totals`, which must come from [`Supply::totals`] (a wrong size is put right).
    ///
    /// `path` has every workload of the supply and every hour of its horizon; `replication` names the draws of unknown throughputs and outages.
    #[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
    #[inline(always)]
    pub fn dispatch(&mut self, replication: u64, path: &DemandPath, totals: &mut SupplyTotals, mut sink: Option<&mut dyn HourSink>) {
        self.clear(totals);
        self.outages.draw(replication);
        for index in 0..self.supply.groups.len() {
            self.units(index, replication);
            self.groups[index].begin_replication(replication);
        }
        self.prices.draw(replication);
        for work in 0..self.works.len() {
            self.works[work].begin(self.supply, path);
            for &index in &self.works[work].groups {
                if let Some(queues) = &mut self.groups[index].queues {
                    queues.begin(self.supply, path, replication);
                }
            }
            for month in 0..self.supply.horizon.months() {
                self.month(work, month, path, totals, &mut sink);
            }
            for &index in &self.works[work].groups {
                if let Some(queues) = &mut self.groups[index].queues {
                    queues.finish(index, self.supply, path, totals);
                }
            }
        }
    }

    fn clear(&self, totals: &mut SupplyTotals) {
        let months = self.supply.horizon.months();
        let cases: usize = self.supply.groups.iter().map(|group| group.cases.len()).sum();
        let slots: usize = self.supply.groups.iter().map(|group| group.cases.len() * group.nodes.len() * MAX_AXES).sum();
        totals.services.clear();
        totals.services.resize(cases * months, ServiceTotals::default());
        totals.queues.clear();
        totals
            .queues
            .resize(if self.groups.iter().any(|group| group.queues.is_some()) { cases * months } else { 0 }, QueueTotals::default());
        totals.used.clear();
        totals.used.resize(slots * months, 0.0);
        self.supply.clear_members(totals);
        totals.demand.clear();
        totals.demand.resize(self.supply.groups.len() * months, DemandTotals::default());
    }

    /// What one unit of each node serves in this replication.
    fn units(&mut self, index: usize, replication: u64) {
        let state = &mut self.groups[index];
        for (node, per_unit) in self.supply.groups[index].nodes.iter().zip(state.per_unit.chunks_exact_mut(MAX_AXES)) {
            let known = self.throughput.iter().find(|(offer, _)| *offer == node.offer);
            let draw = known.map_or(0.0, |(_, throughput)| throughput.draw(replication));
            let factor = if node.provisioned { self.supply.capacity_factor } else { 1.0 };
            for (unit, range) in per_unit.iter_mut().zip(node.per_unit) {
                *unit = factor * within(range, draw);
            }
        }
    }

    #[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
    #[inline(always)]
    fn month(&mut self, work: usize, month: usize, path: &DemandPath, totals: &mut SupplyTotals, sink: &mut Option<&mut dyn HourSink>) {
        let supply = self.supply;
        let work = &mut self.works[work];
        for &index in &work.groups {
            let state = &mut self.groups[index];
            state.begin(supply, month);
            state.tiled = sink.is_none() && !self.prices.any() && state.can_be_tiled(&supply.groups[index]);
        }
        let tiled = work.groups.iter().filter(|&&index| self.groups[index].tiled).count();
        self.peak.clear();
        let mut demand = DemandTotals::default();
        [demand.windows_below_minimum, demand.requests_below_minimum] = work.windows.refused(month);
        let mut batch = (0.0, 0.0);
        let several = work.groups.iter().any(|&index| self.groups[index].is_parted());
        let mut parts = std::mem::take(&mut work.parts);
        parts.begin();
        let hours = supply.horizon.month_range(month);
        let together = tiled == work.groups.len() && work.is_plain(supply);
        self.tile.stems.begin(supply, &work.groups, &self.groups);
        let mut from = hours.start;
        while from < hours.end {
            let block = from..(from + MANY).min(hours.end);
            from = block.end;
            if together && work.fill(supply, path, block.clone(), &mut self.tile.hours, (&mut demand, &mut self.peak)) {
                self.tile.serve_all(supply, &work.groups, &mut self.groups, totals);
                continue;
            }
            self.ahead.look(work, supply, path, block.clone(), tiled < work.groups.len());
            for hour in block {
                let facts = self.ahead.facts(work, supply, path, hour);
                demand.tokens += facts.asked;
                demand.requests += facts.requests;
                demand.requests_at_once += facts.requests_at_once;
                demand.peak_hour_tokens = demand.peak_hour_tokens.max(facts.asked.total());
                batch.0 += facts.batch_tokens;
                batch.1 += facts.batch_cost;
                if let Some((mean, variance)) = quota_minute(supply, work, &mut self.groups, path, hour) {
                    self.peak.add(1.0, mean, variance);
                }
                for &index in &work.groups {
                    if self.groups[index].varies() {
                        self.groups[index].hour(supply, &self.outages, month, hour);
                    }
                    if let Some(queues) = &mut self.groups[index].queues {
                        queues.hour(supply, path, hour);
                    }
                }
                if self.prices.any() {
                    work.groups.iter().for_each(|&index| self.groups[index].price(&supply.groups[index], &self.prices, hour));
                }
                if several {
                    work.part(&mut parts, supply, path, hour);
                    for &index in &work.groups {
                        self.groups[index].part(&supply.groups[index], work, &parts, supply, path, &facts);
                    }
                }
                let taken = tiled > 0 && self.tile.take(&facts, &work.first(supply).law);
                if self.tile.is_full() {
                    self.tile.serve_all(supply, &work.groups, &mut self.groups, totals);
                }
                if !(taken && tiled == work.groups.len()) {
                    let states = (&mut self.groups[..], &mut self.routed[..]);
                    let first = work.first(supply);
                    let row = first.chain.then(|| self.ahead.row(&first.law, &facts));
                    serve(supply, work, states, (&parts, path, &facts, row), totals, sink, taken);
                }
            }
            if together {
                self.tile.serve_all(supply, &work.groups, &mut self.groups, totals);
            }
        }
        self.tile.serve_all(supply, &work.groups, &mut self.groups, totals);
        demand.peak_quota_tokens_per_minute = quota_peak(supply, work.first(supply), &mut self.peak, hours.len());
        for &index in &work.groups {
            totals.demand[supply.demand_index(index, month)] = demand;
            self.groups[index].settle(&supply.groups[index], month + 1 == supply.horizon.months(), totals);
            self.groups[index].end(batch, totals);
            self.groups[index].end_split(&supply.groups[index], &parts, totals);
        }
        work.parts = parts;
    }
}

/// Serves what has come in an hour, under every case of every group of the work but those whose tile has `taken` it; `row` is the hour's row of
/// the minute law where the work goes along a chain.
fn serve(
    supply: &Supply,
    work: &Work,
    (groups, routed): (&mut [GroupState], &mut [Routed]),
    (parts, path, facts, row): (&Parts, &DemandPath, &Hour, Option<MinuteRow<'_>>),
    totals: &mut SupplyTotals,
    sink: &mut Option<&mut dyn HourSink>,
    taken: bool,
) {
    if let Some(row) = row {
        for &index in &work.groups {
            let (state, group) = (&mut groups[index], &supply.groups[index]);
            if taken && state.tiled {
                continue;
            }
            if group.holds() {
                work.held(group, supply, path, facts.hour, &mut state.held);
            }
            if group.counts_requests {
                work.count_requests(group, path, facts.hour, &mut state.held);
            }
            state.scale(group, &facts.entering);
            if group.holds() {
                state.scale_holds(group, supply, work, path, facts, &row);
            }
            if group.counts_requests {
                state.scale_requests(group, supply, work, path, facts, &row);
            }
            let first = FirstRows::new(group, work, supply, path, facts.hour);
            if let Some(model) = &group.path {
                state.refine(group, model, &row, first.as_ref());
            }
            // Hours that are not walked.
            let row = first.map_or(row, |first| first.tokens);
            if !group.days.is_empty() {
                state.serve_days(group, facts, supply.horizon.day_of(facts.hour), &row, totals, sink);
            } else if state.ranked.is_some() {
                state.serve_ranked(group, facts, &row, totals, sink);
            } else if state.split.is_some() {
                state.serve_chain::<true>(group, facts, &row, totals, sink);
            } else {
                state.serve_chain::<false>(group, facts, &row, totals, sink);
            }
            state.walk(supply, work, path, facts, totals, sink);
        }
    } else {
        for &index in &work.groups {
            let routed = &mut routed[index];
            work.enter(&supply.groups[index], path, facts.hour, &mut routed.network, supply);
            groups[index].serve_network(&supply.groups[index], facts, parts, routed, totals, sink);
        }
    }
}

/// What one hour of one case adds to the month, and to whoever looks on.
#[derive(Default)]
struct Outcome {
    throttled: f64,
    minute_over: f64,
    hour_over: f64,
    tokens_on_demand: f64,
    tokens_provisioned: f64,
    value_provisioned: f64,
    cost_on_demand: f64,
}

impl Outcome {
    #[inline]
    fn add_to(&self, service: &mut ServiceTotals, clear: &mut Clear, requests: f64) {
        service.cost_on_demand += self.cost_on_demand;
        service.tokens_on_demand += self.tokens_on_demand;
        service.tokens_provisioned += self.tokens_provisioned;
        service.value_provisioned += self.value_provisioned;
        if self.throttled > 0.0 {
            throttle(service, clear, (self.throttled, requests), (self.minute_over, self.hour_over));
        }
    }
}

/// Counts tokens and requests that are throttled in an hour, and the chances of a minute and of the hour that something is.
#[inline]
fn throttle(service: &mut ServiceTotals, clear: &mut Clear, (tokens, requests): (f64, f64), (minute_over, hour_over): (f64, f64)) {
    service.tokens_throttled += tokens;
    service.requests_throttled += requests;
    service.requests_refused += requests;
    service.throttled_minutes += 60.0 * minute_over;
    service.throttled_hours += hour_over;
    clear.add(hour_over);
}

impl Outcome {
    /// The hour as a sink sees it.
    fn shown<'s>(&self, facts: &Hour, requests: f64, served: &'s [f64], used: &'s [f64], queued: &Queued) -> HourService<'s> {
        HourService {
            served,
            used,
            batch: facts.batch_tokens + queued.batch[0],
            late: queued.hour.late,
            waiting: queued.waiting,
            throttled: self.throttled,
            requests_throttled: requests,
            minute_over: self.minute_over,
            hour_over: self.hour_over,
            cost_on_demand: self.cost_on_demand + queued.hour.cost_on_demand,
            cost_batch: facts.batch_cost + queued.batch[1],
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

#[cfg(test)]
mod members_properties;
#[cfg(test)]
mod members_tests;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod together_tests;
