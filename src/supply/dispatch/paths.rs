//! Pools with a state: which hours are walked window by window, and what the walks add up to.

use super::queued::{Queued, left};
use super::settle::Sums;
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
use crate::units::ByClass;
use std::ops::Range;

/// What the walks of one pool need besides its other buffers.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    key: StreamKey,
    replication: u64,
    pub(super) walks: Vec<Walk>,
    /// By case: whether the hour at hand is walked.
    pub(super) refined: Vec<bool>,
    /// By case: what the month's walks add up to so far.
    pub(super) sums: Vec<Sums>,
    /// What the last hour with demand asked for, by class, and its requests per token: those who come back later are like that.
    mix: ByClass,
    pub(super) requests_per_token: f64,
    factors: Vec<f64>,
    shares: Vec<f64>,
    limits: Vec<Limit>,
    flow: Flow,
    /// By offer: tokens of the hour that its bucket gave beyond what came in, below 0 where it filled.
    given: Vec<f64>,
}

impl Paths {
    pub(super) fn new(group: &PoolGroup, model: &PathModel, seed: u64) -> Self {
        let offers = group.nodes.len();
        Self {
            key: StreamKey::new(seed, Purpose::Minutes, &group.name),
            replication: 0,
            walks: vec![Walk::new(model, offers); group.cases.len()],
            refined: vec![false; group.cases.len()],
            sums: vec![Sums::new(offers); group.cases.len()],
            mix: ByClass::ZERO,
            requests_per_token: 0.0,
            factors: Vec::with_capacity(model.windows()),
            shares: vec![0.0; model.policies.len()],
            limits: Vec::with_capacity(offers),
            flow: Flow::default(),
            given: vec![0.0; offers],
        }
    }

    /// Goes to the start of a replication.
    pub(super) fn begin(&mut self, replication: u64) {
        self.replication = replication;
        (self.mix, self.requests_per_token) = (ByClass::ZERO, 0.0);
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

/// The laws that tell whether an hour meets the first offer's limits, where offers look at windows of different lengths and begin anew with
/// each: of its own window, and of its requests' if that is another. What it does not refuse never comes to the others.
pub(super) struct FirstRows<'g> {
    pub(super) tokens: MinuteRow<'g>,
    requests: Option<MinuteRow<'g>>,
}

impl<'g> FirstRows<'g> {
    /// `None` where one law tells of all windows, and where buckets do not know when a window begins.
    pub(super) fn new(group: &'g PoolGroup, work: &Work, supply: &Supply, path: &DemandPath, hour: usize) -> Option<Self> {
        let first = group.nodes.first()?;
        let longer = f64::from(first.metering.window) > group.window;
        if !longer || group.path.as_ref().is_none_or(|model| model.plain) || group.nodes.iter().any(|node| node.metering.steady) {
            return None;
        }
        let row = |window: u32| group.law.at(work.variance(group, supply, path, hour, f64::from(window)));
        let requests = first.request_window.filter(|&window| window != first.metering.window).map(row);
        Some(Self { tokens: row(first.metering.window), requests })
    }

    /// Whether the first offer of a case may refuse somebody.
    fn may_refuse(&self, state: &GroupState, group: &PoolGroup, case: usize) -> bool {
        let met = |row: &MinuteRow<'_>, limit: f64| limit < f64::INFINITY && row.hour_exceedance(limit) > NEGLIGIBLE;
        match &self.requests {
            None => met(&self.tokens, state.free(group, case, 0)),
            Some(requests) => met(&self.tokens, state.free_on(case, 0, 0..1)) || met(requests, state.free_on(case, 0, 1..2)),
        }
    }
}

impl GroupState {
    /// Settles which cases are walked in the hour at hand: those in which a limit that has a state may be met.
    pub(super) fn refine(&mut self, group: &PoolGroup, model: &PathModel, row: &MinuteRow<'_>, first: Option<&FirstRows<'_>>) {
        let Some(mut paths) = self.paths.take() else { return };
        for (case, (refined, walk)) in paths.refined.iter_mut().zip(&paths.walks).enumerate() {
            let mut limit = 0.0;
            *refined = !walk.is_at_rest();
            if let Some(first) = first {
                *refined = *refined || first.may_refuse(self, group, case);
                continue;
            }
            for (number, node) in group.nodes.iter().enumerate() {
                limit += self.free(group, case, number);
                let last = number + 1 == group.nodes.len();
                let has_state = (node.is_limited() || node.fails) && (last || !model.plain);
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
            sums.requests += facts.requests_at_once;
        }
        let mut facts = *facts;
        if facts.entering.total() > 0.0 {
            (paths.mix, paths.requests_per_token) = (facts.entering, facts.requests_per_token);
        } else if paths.refined.contains(&true) {
            // Nobody comes for the first time. Those who come back take room and are paid like any.
            self.scale(group, &paths.mix);
            if !(facts.unrouted > 0.0) {
                facts.requests_per_token = paths.requests_per_token;
            }
        }
        if paths.refined.contains(&true) {
            let variance = work.variance(group, supply, path, facts.hour, f64::from(model.window));
            paths.draw(group, model, facts.hour, variance);
            work.policies(supply, path, facts.hour, model, &mut paths.shares);
            for case in 0..group.cases.len() {
                if paths.refined[case] {
                    self.walk_case(group, model, case, &facts, &mut paths, totals, sink);
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
        let asked = facts.entering.total();
        // Of whose mix prices and weights are.
        let total = paths.mix.total();
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
        let by_windows =
            Asked { tokens: asked, requests_per_token: facts.requests_per_token, shares: &paths.shares, factors: &paths.factors };
        let flow = &mut paths.flow;
        paths.given.copy_from_slice(paths.walks[case].left());
        paths.walks[case].hour(model, &by_windows, &paths.limits, flow);
        for ((given, left), limit) in paths.given.iter_mut().zip(paths.walks[case].left()).zip(&paths.limits) {
            *given = if limit.quota < f64::INFINITY { (*given - left) * limit.quota } else { 0.0 };
        }
        let sums = &mut paths.sums[case];
        sums.asked += asked;
        sums.failed += flow.failed;
        sums.failed_before += flow.failed_before;
        sums.served_before += flow.served_before;
        sums.failed_requests += facts.requests_of(flow.failed);
        let (mut on_demand, mut provisioned, mut cost) = (0.0, 0.0, 0.0);
        let each = group.last_on_demand.filter(|_| total > 0.0).map_or(0.0, |node| self.cost[node] / total);
        for (number, (node, &served)) in group.nodes.iter().zip(&flow.served).enumerate() {
            let share = if total > 0.0 { served / total } else { 0.0 };
            self.served[number] = served;
            for axis in 0..MAX_AXES {
                let slot = number * MAX_AXES + axis;
                self.used[slot] = if node.provisioned { share * self.usage[slot] } else { 0.0 };
                sums.used[slot] += self.used[slot];
            }
            let of_node = &mut sums.nodes[number];
            of_node.served += served;
            if node.provisioned {
                provisioned += served;
                of_node.value += served * each;
            } else {
                on_demand += served;
                cost += share * self.cost[number];
                of_node.cost += share * self.cost[number];
            }
        }
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
        let (served, inverse, given) = (&self.served, &self.inverse, &paths.given);
        // Work that waits takes what a full bucket would lose, and leaves the bucket to those who come at once.
        let rest = |number: usize, axis: usize| {
            let slot = number * MAX_AXES + axis;
            left(capacities[slot], served[number] - given[number], total, inverse[slot])
        };
        let mut queued = Queued::serve(self.queues.as_mut(), case, group, &self.per_unit, &self.price_factor, rest);
        let sums = &mut paths.sums[case];
        for (number, node) in group.nodes.iter().enumerate() {
            let mut room = f64::INFINITY;
            for axis in 0..node.axes {
                let slot = number * MAX_AXES + axis;
                let left = self.queues.as_ref().map_or_else(|| rest(number, axis), |queues| queues.free[slot]);
                // An axis that does not count the mix has room for all of it.
                if inverse[slot] < f64::INFINITY {
                    room = room.min(left * inverse[slot] * total);
                }
                if node.provisioned {
                    sums.unused[slot] += left / self.per_unit[slot];
                }
            }
            sums.nodes[number].room += room;
        }
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
}
