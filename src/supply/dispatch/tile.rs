//! The fast way for many hours at once: what [`serve_chain`](GroupState::serve_chain) does, case by case and then hour by hour.
//!
//! Where nothing is carried from hour to hour and nobody looks on, hours of a month can be served together. The minute law is then read for
//! all of them at a time, and only where something gets that far: see [`Reads`].

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use super::state::GroupState;
use super::work::Hour;
use super::{DRY, Outcome};
use crate::supply::Supply;
use crate::supply::minute::{MANY, MinuteRow, Reads};
use crate::supply::offer::{MAX_AXES, OverflowRule};
use crate::supply::pool::PoolGroup;
use crate::supply::totals::SupplyTotals;
use crate::units::{ByClass, CLASSES};

/// Hours of one work, at most [`MANY`].
#[derive(Clone, Debug, Default)]
pub(super) struct Tile<'s> {
    hours: Vec<Hour>,
    rows: Vec<MinuteRow<'s>>,
    /// The multiple of each hour's mean from which on nothing gets through.
    ends: Vec<f64>,
    /// What enters in each hour: by class, and in all.
    entering: [Vec<f64>; CLASSES.len()],
    totals: Vec<f64>,
    scaled: Scaled,
    course: Course,
    reads: Reads,
}

/// What the hours' tokens mean for each offer of a group; each list goes by hour, and those of one offer or slot follow one another.
#[derive(Clone, Debug, Default)]
struct Scaled {
    /// See [`GroupState::inverse`], [`GroupState::usage`] and [`GroupState::cost`].
    inverse: Vec<f64>,
    usage: Vec<f64>,
    cost: Vec<f64>,
}

/// How far the hours of one case have come; each list goes by hour.
#[derive(Clone, Debug, Default)]
struct Course {
    /// What the offers so far take, in multiples of the hour's mean.
    limit: Vec<f64>,
    /// What they passed on, and what the one before passed on.
    passed: Vec<f64>,
    before: Vec<f64>,
    /// What a request that spills brings the next limit nearer by.
    shift: Vec<f64>,
    /// Shares served, and what they cost.
    on_demand: Vec<f64>,
    provisioned: Vec<f64>,
    cost: Vec<f64>,
    /// Chances of a minute and of the hour to be over the limits.
    over: Vec<(f64, f64)>,
}

impl Course {
    /// Begins anew with so many hours of which all is still to be served.
    fn begin(&mut self, hours: usize) {
        let Self { limit, passed, before, shift, on_demand, provisioned, cost, over } = self;
        for (list, value) in [(limit, 0.0), (passed, 1.0), (before, 1.0), (shift, 0.0), (on_demand, 0.0), (provisioned, 0.0), (cost, 0.0)] {
            list.clear();
            list.resize(hours, value);
        }
        over.clear();
        over.resize(hours, (0.0, 0.0));
    }
}

impl<'s> Tile<'s> {
    /// Takes an hour in; `false` where it is not one that a tile serves.
    pub(super) fn take(&mut self, facts: &Hour, row: &MinuteRow<'s>) -> bool {
        let total = facts.entering.total();
        let Some(end) = row.end().filter(|_| total > 0.0 && !(facts.unrouted > 0.0)) else { return false };
        self.hours.push(*facts);
        self.rows.push(*row);
        self.ends.push(end);
        self.entering.iter_mut().zip(facts.entering.to_array()).for_each(|(list, tokens)| list.push(tokens));
        self.totals.push(total);
        true
    }

    pub(super) fn is_full(&self) -> bool {
        self.hours.len() == MANY
    }

    fn clear(&mut self) {
        self.hours.clear();
        self.rows.clear();
        self.ends.clear();
        self.entering.iter_mut().for_each(Vec::clear);
        self.totals.clear();
    }

    /// Serves the hours under every case of those of the groups that have tiles, and is empty then.
    #[inline(always)]
    pub(super) fn serve_all(&mut self, supply: &Supply, groups: &[usize], states: &mut [GroupState], totals: &mut SupplyTotals) {
        if !self.hours.is_empty() {
            for &index in groups {
                if states[index].tiled {
                    self.serve(&supply.groups[index], &mut states[index], totals);
                }
            }
        }
        self.clear();
    }

    /// Serves the hours under every case of a group.
    #[inline(always)]
    fn serve(&mut self, group: &PoolGroup, state: &mut GroupState, totals: &mut SupplyTotals) {
        self.scale(group, state);
        let nodes = group.nodes.len();
        let value = group.last_on_demand.map(|node| node * self.hours.len());
        let services = &mut totals.services[state.services.clone()];
        let used = totals.used[state.used_slots.clone()].chunks_exact_mut(state.slots.max(1));
        let capacities = state.capacities.chunks_exact(state.slots.max(1));
        for (((service, clear), used), capacities) in services.iter_mut().zip(&mut state.clear).zip(used).zip(capacities) {
            self.course.begin(self.hours.len());
            for number in 0..nodes {
                self.pass(group, number, &capacities[number * MAX_AXES..], &mut used[number * MAX_AXES..]);
            }
            self.look_over(group);
            let Course { passed, on_demand, provisioned, cost, over, .. } = &self.course;
            for (hour, (facts, total)) in self.hours.iter().zip(&self.totals).enumerate() {
                let outcome = Outcome {
                    throttled: passed[hour] * total,
                    minute_over: over[hour].0,
                    hour_over: over[hour].1,
                    tokens_on_demand: on_demand[hour] * total,
                    tokens_provisioned: provisioned[hour] * total,
                    value_provisioned: provisioned[hour] * value.map_or(0.0, |first| self.scaled.cost[first + hour]),
                    cost_on_demand: cost[hour],
                };
                outcome.add_to(service, clear, facts.requests_of(outcome.throttled));
            }
        }
    }

    /// See [`GroupState::scale`].
    #[inline(always)]
    fn scale(&mut self, group: &PoolGroup, state: &GroupState) {
        let Scaled { inverse, usage, cost } = &mut self.scaled;
        [&mut *inverse, &mut *usage, &mut *cost].into_iter().for_each(Vec::clear);
        let [input, cache_read, cache_write, output] = &self.entering;
        let entering = || input.iter().zip(cache_read).zip(cache_write.iter().zip(output));
        for (number, node) in group.nodes.iter().enumerate() {
            let dot = |weights: ByClass| {
                entering().map(move |((input, read), (write, output))| {
                    input * weights.input + read * weights.cache_read + write * weights.cache_write + output * weights.output
                })
            };
            let factor = state.price_factor[number];
            cost.extend(dot(node.price).map(|cost| cost * factor));
            for axis in 0..MAX_AXES {
                let (per_unit, is_there) = (state.per_unit[number * MAX_AXES + axis], axis < node.axes);
                inverse.extend(dot(node.weights[axis]).map(|load| if load > 0.0 { 1.0 / load } else { f64::INFINITY }));
                usage.extend(dot(node.weights[axis]).map(|load| if node.provisioned && is_there { load / per_unit } else { 0.0 }));
            }
        }
    }

    /// What comes to an offer, and what it passes on.
    #[inline(always)]
    fn pass(&mut self, group: &PoolGroup, number: usize, capacity: &[f64], used: &mut [f64]) {
        let Self { hours, rows, ends, scaled, course, reads, .. } = self;
        let (node, count) = (&group.nodes[number], hours.len());
        let slots = [0, 1].map(|axis| (number * MAX_AXES + axis) * count);
        let (inverse, usage) = (slots.map(|slot| &scaled.inverse[slot..][..count]), slots.map(|slot| &scaled.usage[slot..][..count]));
        let is_last = number + 1 == group.nodes.len();
        reads.clear();
        course.before.copy_from_slice(&course.passed);
        for hour in 0..count {
            if course.passed[hour] == 0.0 {
                continue;
            }
            let mut free = capacity[0] * inverse[0][hour];
            if node.axes > 1 {
                free = free.min(capacity[1] * inverse[1][hour]);
            }
            // The comparison holds for a class mix that the offer does not count, where free is infinity or 0 × infinity.
            if !(free < f64::INFINITY) {
                course.passed[hour] = 0.0;
            } else if free > 0.0 {
                let limit = (course.limit[hour] - course.shift[hour]).max(0.0) + free;
                (course.limit[hour], course.shift[hour]) = (limit, 0.0);
                if limit < ends[hour] {
                    reads.ask(hour, limit);
                } else {
                    course.passed[hour] = 0.0;
                }
            }
        }
        reads.read(rows);
        for (hour, [excess, minute_over, hour_over]) in reads.found() {
            let mut beyond = if excess < DRY { 0.0 } else { excess };
            if node.overflow == OverflowRule::Request && beyond > 0.0 {
                beyond += hours[hour].spilled * minute_over;
                course.shift[hour] = hours[hour].spilled;
            } else if is_last {
                course.over[hour] = (minute_over, hour_over);
            }
            course.passed[hour] = beyond.min(course.before[hour]);
        }
        let served = || course.before.iter().zip(&course.passed).map(|(before, passed)| before - passed).enumerate();
        if node.provisioned {
            for (hour, served) in served() {
                course.provisioned[hour] += served;
                used[0] += served * usage[0][hour];
                used[1] += served * usage[1][hour];
            }
        } else {
            let cost = &scaled.cost[number * count..][..count];
            for (hour, served) in served() {
                course.on_demand[hour] += served;
                course.cost[hour] += served * cost[hour];
            }
        }
    }

    /// The chances to be over the limits, where the last offer has not told them along with its overflow.
    #[inline(always)]
    fn look_over(&mut self, group: &PoolGroup) {
        let Self { rows, course, reads, .. } = self;
        reads.clear();
        let told = group.nodes.last().is_some_and(|node| node.overflow == OverflowRule::Minute);
        for hour in 0..rows.len() {
            // An offer without room has told nothing.
            if course.passed[hour] > 0.0 && !(told && course.over[hour].0 > 0.0) {
                reads.ask(hour, (course.limit[hour] - course.shift[hour]).max(0.0));
            }
        }
        reads.read(rows);
        for (hour, [_, minute, whole]) in reads.found() {
            course.over[hour] = (minute, whole);
        }
    }
}
