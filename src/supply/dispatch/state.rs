//! What a dispatcher keeps for each pool: buffers that are allocated once.

use super::clear::Clear;
use crate::supply::Supply;
use crate::supply::offer::MAX_AXES;
use crate::supply::queue::Queues;
use crate::supply::totals::SupplyTotals;
use std::ops::Range;

/// Buffers of one group.
#[derive(Clone, Debug)]
pub(super) struct GroupState {
    /// The group's index.
    pub(super) index: usize,
    /// Where the month at hand stands in the totals: a service for each case, and slots for each case.
    pub(super) services: Range<usize>,
    pub(super) used_slots: Range<usize>,
    /// node × 2 + axis: weighted tokens per hour of one unit in this replication.
    pub(super) per_unit: Vec<f64>,
    /// case × slots + node × 2 + axis: weighted tokens per hour in the month at hand.
    pub(super) capacities: Vec<f64>,
    /// The same without units that exist in some hours only; empty where there are none.
    always: Vec<f64>,
    /// nodes × 2.
    pub(super) slots: usize,
    /// By case: that nothing was throttled in the month so far.
    pub(super) clear: Vec<Clear>,
    /// What the hour's sink is shown.
    pub(super) served: Vec<f64>,
    pub(super) used: Vec<f64>,
    /// node × 2 + axis: one over the hour's weighted tokens, infinite where there are none; and unit-hours that serving all of it would use.
    pub(super) inverse: Vec<f64>,
    pub(super) usage: Vec<f64>,
    /// By node: what serving all of the hour would cost.
    pub(super) cost: Vec<f64>,
    /// Work that waits.
    pub(super) queues: Option<Queues>,
}

impl GroupState {
    pub(super) fn new(index: usize, supply: &Supply, seed: u64) -> Self {
        let group = &supply.groups[index];
        let slots = group.nodes.len() * MAX_AXES;
        Self {
            index,
            services: 0..0,
            used_slots: 0..0,
            per_unit: vec![0.0; slots],
            capacities: vec![0.0; slots * group.cases.len()],
            always: Vec::new(),
            slots,
            clear: vec![Clear::default(); group.cases.len()],
            served: vec![0.0; group.nodes.len()],
            used: vec![0.0; slots],
            inverse: vec![0.0; slots],
            usage: vec![0.0; slots],
            cost: vec![0.0; group.nodes.len()],
            queues: Queues::new(group, supply, seed),
        }
    }

    /// Goes to the first hour of a month.
    pub(super) fn begin(&mut self, supply: &Supply, month: usize) {
        let cases = &supply.groups[self.index].cases;
        let (service, slot) = (supply.service_index(self.index, 0, month), supply.used_index(self.index, 0, month));
        self.services = service..service + cases.len();
        self.used_slots = slot..slot + cases.len() * self.slots;
        for (case, capacities) in cases.iter().zip(self.capacities.chunks_exact_mut(self.slots.max(1))) {
            let units = &case.units[month * self.slots..][..self.slots];
            for ((capacity, &units), &per_unit) in capacities.iter_mut().zip(units).zip(&self.per_unit) {
                *capacity = if units > 0.0 { units * per_unit } else { 0.0 };
            }
        }
        if cases.iter().any(|case| !case.scheduled.is_empty()) {
            self.always.clone_from(&self.capacities);
        }
    }

    /// Sets the capacities for an hour, where some units exist in some hours only; after [`begin`](Self::begin).
    pub(super) fn hour(&mut self, supply: &Supply, month: usize, hour: usize) {
        let hour_of_week = supply.horizon().hour_of_week(hour);
        self.capacities.copy_from_slice(&self.always);
        for (case, capacities) in supply.groups[self.index].cases.iter().zip(self.capacities.chunks_exact_mut(self.slots.max(1))) {
            for part in case.scheduled.iter().filter(|part| month >= part.start_month && part.schedule.holds(hour_of_week)) {
                for (axis, units) in part.units.into_iter().enumerate() {
                    let slot = part.node * MAX_AXES + axis;
                    // An offer without a limit on this axis has units of infinite size, of which none are none.
                    capacities[slot] += if units > 0.0 { units * self.per_unit[slot] } else { 0.0 };
                }
            }
        }
    }

    /// Whether any of the group's units exist in some hours only.
    pub(super) fn is_scheduled(&self) -> bool {
        !self.always.is_empty()
    }

    /// Adds what only the whole month tells: tokens and cost of what batch took, and the probability that nothing was throttled.
    pub(super) fn end(&mut self, batch: (f64, f64), totals: &mut SupplyTotals) {
        for (service, clear) in totals.services[self.services.clone()].iter_mut().zip(&mut self.clear) {
            service.tokens_batch += batch.0;
            service.cost_batch += batch.1;
            service.log_clear = clear.take();
        }
    }
}
