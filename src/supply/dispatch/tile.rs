//! The fast way for many hours at once: what [`serve_chain`](GroupState::serve_chain) does, case by case and then hour by hour.
//!
//! Where nothing is carried from hour to hour and nobody looks on, hours of a month can be served together. The minute law is then read for
//! all of them at a time, and only where something gets that far: see [`Reads`]. What cases do alike at their first offer is done once.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
#![allow(clippy::needless_bitwise_bool, reason = "a branch would keep hours from being looked at side by side")]
#![allow(clippy::needless_range_loop, reason = "lists of one length, entry by entry, are told apart best by the number of the hour")]

use super::state::GroupState;
use super::stems::Stems;
use super::work::Hour;
use super::{DRY, throttle};
use crate::supply::Supply;
use crate::supply::minute::{MANY, ManyRows, MinuteLaw, Reads};
use crate::supply::offer::{MAX_AXES, OverflowRule};
use crate::supply::pool::{Node, PoolGroup};
use crate::supply::totals::{ServiceTotals, SupplyTotals};
use crate::units::{ByClass, CLASSES};

/// A number for each hour of a tile.
pub(super) type List = [f64; MANY];

/// Hours of one work, at most [`MANY`].
#[derive(Clone, Debug, Default)]
pub(super) struct Tile<'s> {
    pub(super) hours: Hours,
    pub(super) stems: Stems,
    rows: ManyRows<'s>,
    scaled: Scaled,
    course: Course,
    reads: Reads,
}

/// What comes in the hours. Beyond the last of them, lists hold whatever they held: such numbers are worked on for nothing.
#[derive(Clone, Debug)]
pub(super) struct Hours {
    pub(super) number: usize,
    /// See [`Hour`]: by class, and in all.
    pub(super) entering: [List; CLASSES.len()],
    pub(super) totals: List,
    pub(super) variances: List,
    pub(super) spilled: List,
    pub(super) requests_per_token: List,
}

impl Default for Hours {
    fn default() -> Self {
        let none = [0.0; MANY];
        Self { number: 0, entering: [none; 4], totals: none, variances: none, spilled: none, requests_per_token: none }
    }
}

impl Hours {
    fn push(&mut self, facts: &Hour) {
        let hour = self.number;
        self.entering.iter_mut().zip(facts.entering.to_array()).for_each(|(list, tokens)| list[hour] = tokens);
        self.totals[hour] = facts.entering.total();
        (self.variances[hour], self.spilled[hour]) = (facts.variance, facts.spilled);
        self.requests_per_token[hour] = facts.requests_per_token;
        self.number += 1;
    }
}

/// What the hours' tokens mean for each offer of a group: see [`GroupState::inverse`], [`GroupState::usage`] and [`GroupState::cost`].
#[derive(Clone, Debug, Default)]
struct Scaled {
    inverse: Vec<[List; MAX_AXES]>,
    usage: Vec<[List; MAX_AXES]>,
    cost: Vec<List>,
}

/// How far the hours of one case have come.
#[derive(Clone, Debug)]
pub(super) struct Course {
    /// What the offers so far take, in multiples of the hour's mean.
    pub(super) limit: List,
    /// What they passed on, and what the one before passed on.
    pub(super) passed: List,
    before: List,
    /// What a request that spills brings the next limit nearer by.
    pub(super) shift: List,
    /// Shares served, and what they cost.
    on_demand: List,
    provisioned: List,
    cost: List,
    /// Chances of a minute and of the hour to be over the limits.
    minute_over: List,
    hour_over: List,
}

impl Default for Course {
    fn default() -> Self {
        let none = [0.0; MANY];
        Self {
            limit: none,
            passed: none,
            before: none,
            shift: none,
            on_demand: none,
            provisioned: none,
            cost: none,
            minute_over: none,
            hour_over: none,
        }
    }
}

impl Course {
    /// Begins anew with so many hours of which all is still to be served.
    #[inline(always)]
    fn begin(&mut self, hours: usize) {
        let Self { limit, passed, before: _, shift, on_demand, provisioned, cost, minute_over, hour_over } = self;
        for list in [limit, shift, on_demand, provisioned, cost, minute_over, hour_over] {
            list.fill(0.0);
        }
        for (hour, passed) in passed.iter_mut().enumerate() {
            *passed = if hour < hours { 1.0 } else { 0.0 };
        }
    }
}

impl<'s> Tile<'s> {
    /// Takes an hour in; `false` where it is not one that a tile serves.
    pub(super) fn take(&mut self, facts: &Hour, law: &MinuteLaw) -> bool {
        let takes = facts.entering.total() > 0.0 && !(facts.unrouted > 0.0) && law.is_tabulated(facts.variance);
        if takes {
            self.hours.push(facts);
        }
        takes
    }

    pub(super) fn is_full(&self) -> bool {
        self.hours.number == MANY
    }

    /// Serves the hours under every case of those of the groups that have tiles, and is empty then.
    #[inline(always)]
    pub(super) fn serve_all(&mut self, supply: &'s Supply, groups: &[usize], states: &mut [GroupState], totals: &mut SupplyTotals) {
        if self.hours.number > 0 {
            self.stems.forget();
            self.rows.find(&supply.groups[groups[0]].law, &self.hours.variances, self.hours.number);
            for &index in groups {
                if states[index].tiled {
                    self.serve(&supply.groups[index], &mut states[index], totals);
                }
            }
        }
        self.hours.number = 0;
    }

    /// Serves the hours under every case of a group.
    #[inline(always)]
    fn serve(&mut self, group: &PoolGroup, state: &mut GroupState, totals: &mut SupplyTotals) {
        self.scale(group, state);
        let services = &mut totals.services[state.services.clone()];
        let used = totals.used[state.used_slots.clone()].chunks_exact_mut(state.slots.max(1));
        let capacities = state.capacities.chunks_exact(state.slots.max(1));
        for (case, (((service, clear), used), capacities)) in
            services.iter_mut().zip(&mut state.clear).zip(used).zip(capacities).enumerate()
        {
            self.course.begin(self.hours.number);
            let (capacities, used) = (capacities.as_chunks::<MAX_AXES>().0, used.as_chunks_mut::<MAX_AXES>().0);
            for (number, ((node, capacity), used)) in group.nodes.iter().zip(capacities).zip(used).enumerate() {
                self.course.before = self.course.passed;
                let is_last = number + 1 == group.nodes.len();
                let stem = if number == 0 { self.stems.of(state.index, case) } else { None };
                if !stem.is_some_and(|stem| self.stems.take(stem, &mut self.course)) {
                    self.pass(node, number, is_last, capacity);
                    if let Some(stem) = stem {
                        self.stems.keep(stem, &self.course);
                    }
                }
                self.serve_by(node, number, used);
            }
            self.look_over(group);
            self.add_served(group, service);
            for hour in 0..self.hours.number {
                let throttled = self.course.passed[hour] * self.hours.totals[hour];
                if throttled > 0.0 {
                    let chances = (self.course.minute_over[hour], self.course.hour_over[hour]);
                    throttle(service, clear, (throttled, throttled * self.hours.requests_per_token[hour]), chances);
                }
            }
        }
    }

    /// See [`GroupState::scale`].
    #[inline(always)]
    fn scale(&mut self, group: &PoolGroup, state: &GroupState) {
        let Scaled { inverse, usage, cost } = &mut self.scaled;
        let (nodes, none) = (group.nodes.len(), [0.0; MANY]);
        inverse.resize(nodes, [none; MAX_AXES]);
        usage.resize(nodes, [none; MAX_AXES]);
        cost.resize(nodes, none);
        let [input, cache_read, cache_write, output] = &self.hours.entering;
        let dot = |weights: &ByClass, hour: usize| {
            input[hour] * weights.input
                + cache_read[hour] * weights.cache_read
                + cache_write[hour] * weights.cache_write
                + output[hour] * weights.output
        };
        for (number, node) in group.nodes.iter().enumerate() {
            if !node.provisioned {
                let factor = state.price_factor[number];
                for (hour, cost) in cost[number].iter_mut().enumerate() {
                    *cost = dot(&node.price, hour) * factor;
                }
            }
            for axis in 0..node.axes {
                let per_unit = state.per_unit[number * MAX_AXES + axis];
                let (inverse, usage) = (&mut inverse[number][axis], &mut usage[number][axis]);
                for (hour, (inverse, usage)) in inverse.iter_mut().zip(usage).enumerate() {
                    let load = dot(&node.weights[axis], hour);
                    *inverse = if load > 0.0 { 1.0 / load } else { f64::INFINITY };
                    *usage = load / per_unit;
                }
            }
        }
    }

    /// What an offer passes on of what comes to it.
    #[inline(always)]
    fn pass(&mut self, node: &Node, number: usize, is_last: bool, capacity: &[f64; MAX_AXES]) {
        let Self { hours, rows, scaled, course, reads, .. } = self;
        let inverse = &scaled.inverse[number];
        let mut free = inverse[0].map(|inverse| capacity[0] * inverse);
        if node.axes > 1 {
            free.iter_mut().zip(&inverse[1]).for_each(|(free, inverse)| *free = free.min(capacity[1] * inverse));
        }
        let mut wanted = [false; MANY];
        for (hour, &end) in rows.ends().iter().enumerate() {
            let (free, passed) = (free[hour], course.passed[hour]);
            // The comparison holds for a class mix that the offer does not count, where free is infinity or 0 × infinity.
            let takes_all = !(free < f64::INFINITY);
            let has_room = (passed != 0.0) & !takes_all & (free > 0.0);
            let limit = (course.limit[hour] - course.shift[hour]).max(0.0) + free;
            wanted[hour] = has_room & (limit < end);
            course.passed[hour] = if takes_all | (has_room & !(limit < end)) { 0.0 } else { passed };
            course.limit[hour] = if has_room { limit } else { course.limit[hour] };
            course.shift[hour] = if has_room { 0.0 } else { course.shift[hour] };
        }
        reads.ask(rows, &course.limit, &wanted, hours.number);
        reads.read(rows);
        for (hour, [excess, minute_over, hour_over]) in reads.found() {
            let mut beyond = if excess < DRY { 0.0 } else { excess };
            if node.overflow == OverflowRule::Request {
                let some = beyond > 0.0;
                beyond += if some { hours.spilled[hour] * minute_over } else { 0.0 };
                course.shift[hour] = if some { hours.spilled[hour] } else { 0.0 };
            } else if is_last {
                (course.minute_over[hour], course.hour_over[hour]) = (minute_over, hour_over);
            }
            course.passed[hour] = beyond.min(course.before[hour]);
        }
    }

    /// Counts what an offer has not passed on.
    #[inline(always)]
    fn serve_by(&mut self, node: &Node, number: usize, used: &mut [f64; MAX_AXES]) {
        let Course { before, passed, on_demand, provisioned, cost, .. } = &mut self.course;
        let mut served = *before;
        served.iter_mut().zip(&*passed).for_each(|(served, passed)| *served -= passed);
        if node.provisioned {
            provisioned.iter_mut().zip(&served).for_each(|(provisioned, served)| *provisioned += served);
            for (used, usage) in used.iter_mut().zip(&self.scaled.usage[number]).take(node.axes) {
                // One after the other, as hours served one by one.
                *used = served.iter().zip(usage).take(self.hours.number).fold(*used, |used, (served, usage)| used + served * usage);
            }
        } else {
            on_demand.iter_mut().zip(&served).for_each(|(on_demand, served)| *on_demand += served);
            cost.iter_mut().zip(&self.scaled.cost[number]).zip(&served).for_each(|((cost, all), served)| *cost += served * all);
        }
    }

    /// The chances to be over the limits, where the last offer has not told them along with its overflow.
    #[inline(always)]
    fn look_over(&mut self, group: &PoolGroup) {
        let Self { hours, rows, course, reads, .. } = self;
        let told = group.nodes.last().is_some_and(|node| node.overflow == OverflowRule::Minute);
        let (mut wanted, mut limits, mut any) = ([false; MANY], [0.0; MANY], false);
        for hour in 0..MANY {
            // An offer without room has told nothing.
            wanted[hour] = (course.passed[hour] > 0.0) & !(told & (course.minute_over[hour] > 0.0));
            limits[hour] = (course.limit[hour] - course.shift[hour]).max(0.0);
            any |= wanted[hour];
        }
        if any {
            reads.ask(rows, &limits, &wanted, hours.number);
            reads.read(rows);
            for (hour, [_, minute, whole]) in reads.found() {
                (course.minute_over[hour], course.hour_over[hour]) = (minute, whole);
            }
        }
    }

    /// Adds what the offers have served, hour by hour.
    #[inline(always)]
    fn add_served(&self, group: &PoolGroup, service: &mut ServiceTotals) {
        let (Course { on_demand, provisioned, cost, .. }, totals) = (&self.course, &self.hours.totals);
        let value = group.last_on_demand.map_or(&[0.0; MANY], |node| &self.scaled.cost[node]);
        let (mut paid, mut by_token, mut by_units, mut worth) =
            (service.cost_on_demand, service.tokens_on_demand, service.tokens_provisioned, service.value_provisioned);
        for hour in 0..self.hours.number.min(MANY) {
            paid += cost[hour];
            by_token += on_demand[hour] * totals[hour];
            by_units += provisioned[hour] * totals[hour];
            worth += provisioned[hour] * value[hour];
        }
        (service.cost_on_demand, service.tokens_on_demand) = (paid, by_token);
        (service.tokens_provisioned, service.value_provisioned) = (by_units, worth);
    }
}
