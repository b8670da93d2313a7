//! Pools with a state: which hours are walked window by window, and what the walks add up to.

use super::queued::{Queued, left};
use super::state::GroupState;
use super::work::{Hour, Work};
use super::{HourSink, Outcome};
use crate::demand::{DemandPath, Margin};
use crate::random::law::fill_gamma;
use crate::random::stream::{Purpose, StreamKey};
use crate::supply::Supply;
use crate::supply::minute::{MinuteRow, clamp};
use crate::supply::offer::{MAX_AXES, OverflowRule};
use crate::supply::path::{Asked, Flow, Limit, NEGLIGIBLE, PathModel, Walk};
use crate::supply::pool::PoolGroup;
use crate::supply::totals::SupplyTotals;
use std::ops::Range;

/// What the walks of one pool need besides its other buffers.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    key: StreamKey,
    replication: u64,
    walks: Vec<Walk>,
    /// By case: whether the hour at hand is walked.
    pub(super) refined: Vec<bool>,
    /// By case: what the month's walks add up to so far.
    sums: Vec<Sums>,
    factors: Vec<f64>,
    shares: Vec<f64>,
    limits: Vec<Limit>,
    flow: Flow,
}

/// What walks of one month add up to before it is settled.
#[derive(Clone, Debug, Default)]
struct Sums {
    /// Tokens asked for in the hours walked, and of those who waited when the month began.
    asked: f64,
    served: f64,
    failed: f64,
    failed_requests: f64,
    on_demand: f64,
    provisioned: f64,
    /// What the units' tokens would have cost on demand.
    value: f64,
    cost: f64,
    used: Vec<f64>,
    /// Requests asked for in the month.
    requests: f64,
}

impl Paths {
    pub(super) fn new(group: &PoolGroup, model: &PathModel, seed: u64) -> Self {
        let offers = group.nodes.len();
        Self {
            key: StreamKey::new(seed, Purpose::Minutes, &group.name),
            replication: 0,
            walks: vec![Walk::new(model, offers); group.cases.len()],
            refined: vec![false; group.cases.len()],
            sums: vec![Sums { used: vec![0.0; offers * MAX_AXES], ..Sums::default() }; group.cases.len()],
            factors: Vec::with_capacity(model.windows()),
            shares: vec![0.0; model.policies.len()],
            limits: Vec::with_capacity(offers),
            flow: Flow::default(),
        }
    }

    /// Goes to the start of a replication.
    pub(super) fn begin(&mut self, replication: u64) {
        self.replication = replication;
        self.walks.iter_mut().for_each(Walk::begin);
    }

    /// Draws the hour's windows: the burstiness that they share, then each.
    fn draw(&mut self, group: &PoolGroup, model: &PathModel, hour: usize, variance: f64) {
        self.factors.clear();
        self.factors.resize(model.windows(), 1.0);
        if !(variance > 0.0) || group.law.is_still() {
            return;
        }
        let mut stream = self.key.hour(self.replication, hour as u32);
        let (margin, sd) = group.law.shape();
        let burstiness = if sd > 0.0 { libm::exp(sd * (stream.normals().0 - 0.5 * sd)) } else { 1.0 };
        let variance = clamp(variance * burstiness);
        match margin {
            Margin::Gamma => fill_gamma(1.0 / variance, variance, &mut stream, &mut self.factors),
            Margin::LogNormal => {
                let square = libm::log1p(variance);
                let sigma = square.sqrt();
                for pair in self.factors.chunks_mut(2) {
                    let (a, b) = stream.normals();
                    for (factor, z) in pair.iter_mut().zip([a, b]) {
                        *factor = libm::exp(sigma * z - 0.5 * square);
                    }
                }
            }
        }
    }
}

impl GroupState {
    /// Settles which cases are walked in the hour at hand: those in which a limit that has a state may be met.
    pub(super) fn refine(&mut self, group: &PoolGroup, model: &PathModel, row: &MinuteRow<'_>) {
        let Some(mut paths) = self.paths.take() else { return };
        for (case, (refined, walk)) in paths.refined.iter_mut().zip(&paths.walks).enumerate() {
            let mut limit = 0.0;
            *refined = !walk.is_at_rest();
            for (number, node) in group.nodes.iter().enumerate() {
                limit += self.free(group, case, number);
                let last = number + 1 == group.nodes.len();
                let has_state = node.is_limited() && (last || !model.plain);
                *refined |= has_state && limit < f64::INFINITY && row.hour_exceedance(limit) > NEGLIGIBLE;
            }
        }
        self.paths = Some(paths);
    }

    /// What an offer can take of the hour, as a multiple of the hour's mean; infinite without a limit or without work.
    pub(super) fn free(&self, group: &PoolGroup, case: usize, number: usize) -> f64 {
        self.free_on(case, number, 0..group.nodes[number].axes)
    }

    /// The same of some axes.
    fn free_on(&self, case: usize, number: usize, axes: Range<usize>) -> f64 {
        let at = |axis| self.capacities[case * self.slots + number * MAX_AXES + axis] * self.inverse[number * MAX_AXES + axis];
        let free = axes.map(at).fold(f64::INFINITY, f64::min);
        if free.is_nan() { f64::INFINITY } else { free }
    }

    /// Walks the hour in every case that was settled to be.
    #[allow(clippy::too_many_arguments, reason = "everything that an hour has")]
    pub(super) fn walk(
        &mut self,
        supply: &Supply,
        work: &Work,
        path: &DemandPath,
        facts: &Hour,
        totals: &mut SupplyTotals,
        sink: &mut Option<&mut dyn HourSink>,
    ) {
        let group = &supply.groups[self.index];
        let (Some(model), Some(mut paths)) = (&group.path, self.paths.take()) else { return };
        for sums in &mut paths.sums {
            sums.requests += facts.requests;
        }
        if paths.refined.contains(&true) {
            let variance = work.variance(group, supply, path, facts.hour, f64::from(model.window));
            paths.draw(group, model, facts.hour, variance);
            work.policies(supply, path, facts.hour, model, &mut paths.shares);
            for case in 0..group.cases.len() {
                if paths.refined[case] {
                    self.walk_case(group, model, case, facts, &mut paths, totals, sink);
                }
            }
        }
        self.paths = Some(paths);
    }

    #[allow(clippy::too_many_arguments, reason = "everything that an hour of a case has")]
    fn walk_case(
        &mut self,
        group: &PoolGroup,
        model: &PathModel,
        case: usize,
        facts: &Hour,
        paths: &mut Paths,
        totals: &mut SupplyTotals,
        sink: &mut Option<&mut dyn HourSink>,
    ) {
        let total = facts.entering.total();
        paths.limits.clear();
        for (number, node) in group.nodes.iter().enumerate() {
            let window = node.metering.window;
            let own_window = node.request_window.filter(|&own| own != window);
            // Nothing that is not asked for is served, so an hour without demand may have any limit.
            let of = |free: f64, window: u32| if total > 0.0 { free * total * f64::from(window) / 3600.0 } else { f64::INFINITY };
            let free = if own_window.is_some() { self.free_on(case, number, 0..1) } else { self.free(group, case, number) };
            let quota = of(free, window);
            let requests = own_window.map_or(f64::INFINITY, |own| of(self.free_on(case, number, 1..2), own));
            let along = if node.overflow == OverflowRule::Request { facts.spilled * total * f64::from(model.window) / 3600.0 } else { 0.0 };
            let request_window = own_window.unwrap_or(window);
            paths.limits.push(Limit { quota, window, steady: node.metering.steady, requests, request_window, along });
        }
        let asked = Asked { tokens: total, requests_per_token: facts.requests_per_token, shares: &paths.shares, factors: &paths.factors };
        let flow = &mut paths.flow;
        paths.walks[case].hour(model, &asked, &paths.limits, flow);
        let sums = &mut paths.sums[case];
        sums.asked += total;
        sums.failed += flow.failed;
        sums.failed_requests += facts.requests_of(flow.failed);
        let (mut on_demand, mut provisioned, mut cost) = (0.0, 0.0, 0.0);
        for (number, (node, &served)) in group.nodes.iter().zip(&flow.served).enumerate() {
            let share = if total > 0.0 { served / total } else { 0.0 };
            self.served[number] = served;
            for axis in 0..MAX_AXES {
                let slot = number * MAX_AXES + axis;
                self.used[slot] = if node.provisioned { share * self.usage[slot] } else { 0.0 };
                sums.used[slot] += self.used[slot];
            }
            if node.provisioned {
                provisioned += served;
            } else {
                on_demand += served;
                cost += share * self.cost[number];
            }
        }
        sums.on_demand += on_demand;
        sums.provisioned += provisioned;
        sums.cost += cost;
        let each = group.last_on_demand.filter(|_| total > 0.0).map_or(0.0, |node| self.cost[node] / total);
        sums.value += provisioned * each;
        sums.served += on_demand + provisioned;
        let service = &mut totals.services[self.services.clone()][case];
        let over = flow.refused > 0.0 || facts.unrouted > 0.0;
        service.tokens_throttled += facts.unrouted;
        service.requests_throttled += facts.requests_of(facts.unrouted);
        service.requests_refused += facts.requests_of(flow.refused + facts.unrouted);
        service.seconds_waited += facts.requests_of(flow.waited);
        service.refined_hours += 1.0;
        let minutes = if facts.unrouted > 0.0 { 60.0 } else { flow.minutes_over };
        service.throttled_minutes += minutes;
        if over {
            service.throttled_hours += 1.0;
            self.clear[case].add(1.0);
        }
        let capacities = &self.capacities[case * self.slots..][..self.slots];
        let (served, inverse) = (&self.served, &self.inverse);
        let rest = |number: usize, axis: usize| {
            let slot = number * MAX_AXES + axis;
            left(capacities[slot], served[number], total, inverse[slot])
        };
        let mut queued = Queued::serve(self.queues.as_mut(), case, group, &self.per_unit, &self.price_factor, rest);
        if let Some(sink) = sink {
            let outcome = Outcome {
                throttled: flow.failed + facts.unrouted,
                minute_over: minutes / 60.0,
                hour_over: f64::from(u8::from(over)),
                tokens_on_demand: on_demand,
                tokens_provisioned: provisioned,
                value_provisioned: provisioned * each,
                cost_on_demand: cost,
            };
            let requests = facts.requests_of(outcome.throttled);
            queued.show(self.queues.as_ref(), case, &mut self.served, &mut self.used);
            sink.hour(facts.hour, self.index, case, &outcome.shown(facts, requests, &self.served, &self.used, &queued));
        }
    }

    /// Settles the month's walks: what was served is brought to what was asked for less what failed or still waits, and `last` says that
    /// nobody can come back any more.
    pub(super) fn settle(&mut self, group: &PoolGroup, last: bool, totals: &mut SupplyTotals) {
        let (Some(model), Some(mut paths)) = (&group.path, self.paths.take()) else { return };
        let services = &mut totals.services[self.services.clone()];
        let used = totals.used[self.used_slots.clone()].chunks_exact_mut(self.slots.max(1));
        for ((sums, walk), (service, used)) in paths.sums.iter_mut().zip(&mut paths.walks).zip(services.iter_mut().zip(used)) {
            let per_token = if sums.failed > 0.0 { sums.failed_requests / sums.failed } else { 0.0 };
            if last {
                sums.failed += walk.give_up();
            }
            let waiting = walk.pending();
            let whole = (sums.asked - waiting).max(0.0);
            // Windows that are drawn high may fail more than the month asked for where hardly anything is served.
            let failed = sums.failed.min(whole);
            let scale = if sums.served > 0.0 { (whole - failed) / sums.served } else { 0.0 };
            service.tokens_throttled += failed;
            service.requests_throttled += failed * per_token;
            service.tokens_on_demand += scale * sums.on_demand;
            service.tokens_provisioned += scale * sums.provisioned;
            service.value_provisioned += scale * sums.value;
            service.cost_on_demand += scale * sums.cost;
            for (used, walked) in used.iter_mut().zip(&mut sums.used) {
                *used += scale * std::mem::take(walked);
            }
            service.wait_p95 = walk.take_p95(sums.requests - service.requests_throttled, model.tick);
            let kept = std::mem::take(&mut sums.used);
            *sums = Sums { used: kept, asked: waiting, ..Sums::default() };
        }
        self.paths = Some(paths);
    }
}
