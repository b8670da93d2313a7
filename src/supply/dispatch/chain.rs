//! The fast way: every member enters at the first offer and every overflow goes to the next one.
//!
//! The mix of classes is then the same everywhere, so an hour is one number per offer: the share of it that the offer passes on. With
//! capacities C₁, C₂, … in multiples of the hour's weighted mean, the share beyond offer k is G(C₁ + … + C_k).

use super::queued::{Queued, left};
use super::split::Split;
use super::state::GroupState;
use super::work::Hour;
use super::{HourSink, Outcome};
use crate::supply::minute::MinuteRow;
use crate::supply::offer::{MAX_AXES, OverflowRule};
use crate::supply::pool::PoolGroup;
use crate::supply::totals::SupplyTotals;
use crate::units::ByClass;

/// A share of the hour that changes no sum: 1 less this is 1 in double precision, and it is less than a token of any hour there is.
pub(super) const DRY: f64 = 1e-18;

impl GroupState {
    /// `SPLIT` says that the pool has several workloads, which then are told what passes each offer.
    #[inline(never)]
    pub(super) fn serve_chain<const SPLIT: bool>(
        &mut self,
        group: &PoolGroup,
        facts: &Hour,
        row: &MinuteRow<'_>,
        totals: &mut SupplyTotals,
        sink: &mut Option<&mut dyn HourSink>,
    ) {
        let total = facts.entering.total();
        if !(total > 0.0) && !(facts.unrouted > 0.0) && sink.is_none() && self.queues.is_none() {
            return;
        }
        let (passes, now) = if SPLIT { self.split.as_mut().map_or((&mut [][..], 0), Split::passes) } else { (&mut [][..], 0) };
        // Smallest multiple of the mean that is known to let nothing through: cases with more units need not ask again.
        let mut dry = f64::INFINITY;
        let nodes = group.nodes.len();
        let value = group.last_on_demand.map_or(0.0, |node| self.cost[node]);
        let services = &mut totals.services[self.services.clone()];
        let used = &mut totals.used[self.used_slots.clone()];
        // Two axes at a time, so that the inner loop has no bounds to check between them.
        let (all_capacities, all_used) = (self.capacities.as_chunks::<MAX_AXES>().0, used.as_chunks_mut::<MAX_AXES>().0);
        let (inverse, usage) = (self.inverse.as_chunks::<MAX_AXES>().0, self.usage.as_chunks::<MAX_AXES>().0);
        let walked = self.paths.as_deref().map_or(&[][..], |paths| &paths.refined);
        for (case, (service, clear)) in services.iter_mut().zip(&mut self.clear).enumerate() {
            if walked.get(case) == Some(&true) {
                continue;
            }
            let capacities = &all_capacities[case * nodes..][..nodes];
            let used = &mut all_used[case * nodes..][..nodes];
            let (mut limit, mut passed) = (0.0, if total > 0.0 { 1.0 } else { 0.0 });
            let (mut on_demand, mut provisioned, mut cost) = (0.0, 0.0, 0.0);
            if self.queues.is_some() {
                self.served.fill(0.0);
            }
            // Of a minute and of the hour, where the last offer's limit told them along with its overflow.
            let mut over = None;
            for (number, (((node, capacity), used), (inverse, usage))) in
                group.nodes.iter().zip(capacities).zip(used).zip(inverse.iter().zip(usage)).enumerate()
            {
                if passed == 0.0 && sink.is_none() {
                    break;
                }
                let mut free = capacity[0] * inverse[0];
                if node.axes > 1 {
                    free = free.min(capacity[1] * inverse[1]);
                }
                let before = passed;
                let mut shift = 0.0;
                // The first comparison holds for a class mix that the offer does not count, where free is infinity or 0 × infinity.
                if !(free < f64::INFINITY) || passed == 0.0 {
                    passed = 0.0;
                } else if free > 0.0 {
                    limit += free;
                    let (mut beyond, minute_over);
                    let is_last = number + 1 == nodes;
                    (beyond, minute_over, over) =
                        if limit < dry { exceeding(row, limit, node.overflow, is_last) } else { (0.0, 0.0, None) };
                    if beyond < DRY {
                        beyond = 0.0;
                        dry = dry.min(limit);
                    } else if node.overflow == OverflowRule::Request {
                        beyond += facts.spilled * minute_over;
                        shift = facts.spilled;
                    }
                    passed = beyond.min(before);
                }
                if SPLIT && let Some(at) = passes.get_mut(case * nodes + number) {
                    at[now] = passed;
                }
                let served = before - passed;
                self.served[number] = served * total;
                if node.provisioned {
                    provisioned += served;
                    used[0] += served * usage[0];
                    used[1] += served * usage[1];
                } else {
                    on_demand += served;
                    cost += served * self.cost[number];
                }
                // A spilled request reaches the next offer on top of the minute's excess, which brings its limit nearer.
                if shift > 0.0 {
                    limit = (limit - shift).max(0.0);
                }
            }
            let (minute_over, hour_over) = over_limit(facts, passed, over, row, limit);
            let outcome = Outcome {
                throttled: passed * total + facts.unrouted,
                minute_over,
                hour_over,
                tokens_on_demand: on_demand * total,
                tokens_provisioned: provisioned * total,
                value_provisioned: provisioned * value,
                cost_on_demand: cost,
            };
            let requests = facts.requests_of(outcome.throttled);
            outcome.add_to(service, clear, requests);
            let served = &self.served;
            let rest = |number: usize, axis: usize| left(capacities[number][axis], served[number], total, inverse[number][axis]);
            let mut queued = Queued::serve(self.queues.as_mut(), case, group, &self.per_unit, &self.price_factor, rest);
            if let Some(sink) = sink {
                for (slot, (used, usage)) in self.used.iter_mut().zip(&self.usage).enumerate() {
                    *used = if total > 0.0 { self.served[slot / MAX_AXES] / total * usage } else { 0.0 };
                }
                queued.show(self.queues.as_ref(), case, &mut self.served, &mut self.used);
                sink.hour(facts.hour, self.index, case, &outcome.shown(facts, requests, &self.served, &self.used, &queued));
            }
        }
    }

    /// What an hour's tokens mean for each offer.
    pub(super) fn scale(&mut self, group: &PoolGroup, entering: &ByClass) {
        for (number, node) in group.nodes.iter().enumerate() {
            self.cost[number] = entering.dot(&node.price) * self.price_factor[number];
            for axis in 0..node.axes {
                let slot = number * MAX_AXES + axis;
                let weighted = entering.dot(&node.weights[axis]);
                // What is held counts against the limit alone: it is neither used nor billed.
                let load = weighted + self.held[slot];
                self.inverse[slot] = if load > 0.0 { 1.0 / load } else { f64::INFINITY };
                self.usage[slot] = if node.provisioned { weighted / self.per_unit[slot] } else { 0.0 };
            }
        }
    }
}

/// What exceeds a limit, how often a minute does where whole requests then go on, and, where the last offer's limit tells them along with its
/// overflow, the chances of a minute and of the hour.
#[inline]
fn exceeding(row: &MinuteRow<'_>, limit: f64, rule: OverflowRule, is_last: bool) -> (f64, f64, Option<(f64, f64)>) {
    if rule == OverflowRule::Minute && !is_last {
        return (row.overflow(limit), 0.0, None);
    }
    let [excess, minute, hour] = row.all(limit);
    (excess, minute, (rule == OverflowRule::Minute).then_some((minute, hour)))
}

/// The chance that a minute, and that the hour, is over the limits, where the share `passed` goes beyond the last of them; `known` where that
/// offer told it along with its overflow.
pub(super) fn over_limit(facts: &Hour, passed: f64, known: Option<(f64, f64)>, row: &MinuteRow<'_>, limit: f64) -> (f64, f64) {
    if facts.unrouted > 0.0 {
        return (1.0, 1.0);
    }
    if !(passed > 0.0) {
        return (0.0, 0.0);
    }
    known.unwrap_or_else(|| {
        let [_, minute, hour] = row.all(limit);
        (minute, hour)
    })
}
