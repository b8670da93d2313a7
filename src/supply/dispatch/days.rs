//! Quotas of a day: what is left of each, hour by hour, and hours in which one runs out.
//!
//! A day's quota is state: in each hour it has what the hours since the local midnight left. An hour takes from it what is expected to
//! be served in that hour, which neglects how minutes of the day happen to fall: over a day that averages out. Within an hour demand is
//! even, so where the rest is r of the s that the hour would take, the offer serves for r / s of the hour and is gone for the remainder: the
//! hour is cut there, and each part is served as a whole hour would be. Until then minutes and windows hold as ever.

use super::queued::Queued;
use super::state::GroupState;
use super::work::Hour;
use super::{HourSink, Outcome};
use crate::supply::minute::MinuteRow;
use crate::supply::offer::{MAX_AXES, OverflowRule};
use crate::supply::pool::PoolGroup;
use crate::supply::totals::SupplyTotals;

/// What is left of the quotas of a day.
#[derive(Clone, Debug)]
pub(super) struct Days {
    day: Option<u32>,
    /// By case and quota: weighted tokens.
    left: Vec<f64>,
    /// By node: the share of the hour that it serves, in the part at hand and in all.
    part: Vec<f64>,
    served: Vec<f64>,
    /// By node: whether its quota of the day has run out.
    gone: Vec<bool>,
}

/// What a part of an hour comes to, as if it were the whole.
#[derive(Clone, Copy, Debug, Default)]
struct Rest {
    /// Share that nobody serves.
    passed: f64,
    minute_over: f64,
    /// Log of the probability that no window is over.
    log_clear: f64,
}

impl Days {
    pub(super) fn new(group: &PoolGroup) -> Self {
        let nodes = group.nodes.len();
        let left = vec![0.0; group.days.len() * group.cases.len()];
        Self { day: None, left, part: vec![0.0; nodes], served: vec![0.0; nodes], gone: vec![false; nodes] }
    }

    /// Goes to the start of a replication.
    pub(super) fn begin(&mut self) {
        self.day = None;
    }

    /// Goes to a day, whose quotas are whole when it begins.
    fn enter(&mut self, day: u32, group: &PoolGroup) {
        if self.day.replace(day) != Some(day) {
            for left in self.left.chunks_exact_mut(group.days.len()) {
                left.iter_mut().zip(&group.days).for_each(|(left, quota)| *left = quota.per_day);
            }
        }
    }
}

impl GroupState {
    /// Serves an hour as [`serve_chain`](Self::serve_chain) does, under the quotas of its day.
    pub(super) fn serve_days(
        &mut self,
        group: &PoolGroup,
        facts: &Hour,
        day: u32,
        row: &MinuteRow<'_>,
        totals: &mut SupplyTotals,
        sink: &mut Option<&mut dyn HourSink>,
    ) {
        let Some(mut days) = self.days.take() else { return };
        days.enter(day, group);
        for case in 0..group.cases.len() {
            let rest = self.serve_parts(group, facts, case, row, &mut days);
            let total = facts.entering.total();
            let mut outcome = Outcome {
                throttled: rest.passed * total + facts.unrouted,
                minute_over: rest.minute_over,
                hour_over: -libm::expm1(rest.log_clear),
                tokens_on_demand: 0.0,
                tokens_provisioned: 0.0,
                value_provisioned: 0.0,
                cost_on_demand: 0.0,
            };
            if facts.unrouted > 0.0 {
                (outcome.minute_over, outcome.hour_over) = (1.0, 1.0);
            }
            let value = group.last_on_demand.map_or(0.0, |node| self.cost[node]);
            let used = &mut totals.used[self.used_slots.clone()][case * self.slots..][..self.slots];
            for (number, (node, &share)) in group.nodes.iter().zip(&days.served).enumerate() {
                self.served[number] = share * total;
                if node.provisioned {
                    outcome.tokens_provisioned += share * total;
                    outcome.value_provisioned += share * value;
                } else {
                    outcome.tokens_on_demand += share * total;
                    outcome.cost_on_demand += share * self.cost[number];
                }
                for (slot, used) in used.iter_mut().enumerate().skip(number * MAX_AXES).take(MAX_AXES) {
                    self.used[slot] = share * self.usage[slot];
                    *used += self.used[slot];
                }
            }
            let requests = facts.requests_of(outcome.throttled);
            outcome.add_to(&mut totals.services[self.services.clone()][case], &mut self.clear[case], requests);
            if let Some(sink) = sink {
                sink.hour(facts.hour, self.index, case, &outcome.shown(facts, requests, &self.served, &self.used, &Queued::default()));
            }
        }
        self.days = Some(days);
    }

    /// Serves the parts of an hour, each until a quota runs out: shares by node to `days.served`.
    fn serve_parts(&self, group: &PoolGroup, facts: &Hour, case: usize, row: &MinuteRow<'_>, days: &mut Days) -> Rest {
        days.served.fill(0.0);
        let mut whole = Rest::default();
        if !(facts.entering.total() > 0.0) {
            return whole;
        }
        let left = &mut days.left[case * group.days.len()..][..group.days.len()];
        let mut until_end = 1.0;
        while until_end > 0.0 {
            days.gone.fill(false);
            for (quota, _) in group.days.iter().zip(&*left).filter(|(_, left)| **left <= 0.0) {
                quota.nodes.iter().for_each(|&node| days.gone[node] = true);
            }
            let rest = self.serve_part(group, facts, case, row, &days.gone, &mut days.part);
            let mut length: f64 = until_end;
            let taken = |nodes: &[usize]| nodes.iter().map(|&node| days.part[node] * self.counted(group, facts, node)).sum::<f64>();
            for (quota, &left) in group.days.iter().zip(&*left).filter(|(_, left)| **left > 0.0) {
                let taken = taken(&quota.nodes);
                if length * taken > left {
                    length = left / taken;
                }
            }
            for (quota, left) in group.days.iter().zip(&mut *left) {
                let after = *left - length * taken(&quota.nodes);
                // What rounding leaves of a quota that has just run out is nothing.
                *left = if after > 1e-12 * quota.per_day { after } else { 0.0 };
            }
            for (served, part) in days.served.iter_mut().zip(&days.part) {
                *served += length * part;
            }
            whole.passed += length * rest.passed;
            whole.minute_over += length * rest.minute_over;
            whole.log_clear += length * rest.log_clear;
            until_end = if length < until_end { until_end - length } else { 0.0 };
        }
        whole
    }

    /// Serves a part of an hour without the offers that are gone: shares of the hour by node, as if it were the whole.
    fn serve_part(&self, group: &PoolGroup, facts: &Hour, case: usize, row: &MinuteRow<'_>, gone: &[bool], shares: &mut [f64]) -> Rest {
        let (mut limit, mut passed) = (0.0, 1.0);
        for (number, (node, share)) in group.nodes.iter().zip(shares).enumerate() {
            let free = self.free(group, case, number);
            let before = passed;
            let mut shift = 0.0;
            if gone[number] || passed == 0.0 {
            } else if free < f64::INFINITY {
                limit += free;
                passed = if free > 0.0 { row.overflow(limit) } else { before };
                if passed > 0.0 && free > 0.0 && node.overflow == OverflowRule::Request {
                    passed += facts.spilled * row.exceedance(limit);
                    shift = facts.spilled;
                }
                passed = passed.min(before);
            } else {
                passed = 0.0;
            }
            *share = before - passed;
            limit = (limit - shift).max(0.0);
        }
        if !(passed > 0.0) {
            return Rest::default();
        }
        let [_, minute_over, hour_over] = row.all(limit);
        Rest { passed, minute_over, log_clear: libm::log1p(-hour_over) }
    }

    /// What serving all of the hour takes of an offer's quota of the day: what requests settle to, or what they held where nothing does.
    fn counted(&self, group: &PoolGroup, facts: &Hour, number: usize) -> f64 {
        let node = &group.nodes[number];
        let held = if node.metering.hold.is_some_and(|hold| !hold.settles) { self.held[number * MAX_AXES] } else { 0.0 };
        facts.entering.dot(&node.weights[0]) + held
    }
}

#[cfg(test)]
mod tests;
