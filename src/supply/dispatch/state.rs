//! What a dispatcher keeps for each pool: buffers that are allocated once.

use super::clear::Clear;
use super::days::Days;
use super::paths::Paths;
use super::ranked::Ranked;
use super::split::Split;
use crate::supply::Supply;
use crate::supply::commitment::overlap;
use crate::supply::offer::MAX_AXES;
use crate::supply::outage::Outages;
use crate::supply::pool::{Node, PoolGroup};
use crate::supply::price_cut::Prices;
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
    /// Whether hours of the month at hand can be served together.
    pub(super) tiled: bool,
    /// node × 2 + axis: weighted tokens per hour of one unit in this replication.
    pub(super) per_unit: Vec<f64>,
    /// case × slots + node × 2 + axis: weighted tokens per hour in the month at hand.
    pub(super) capacities: Vec<f64>,
    /// The same as it is in most hours; empty where no hour differs.
    always: Vec<f64>,
    /// Whether any units exist in some hours of the month at hand only.
    scheduled: bool,
    /// Nodes that are down at times, with their outages; and the hour of the month whose outages are in the capacities.
    outages: Vec<(usize, usize)>,
    before: Option<usize>,
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
    /// node × 2 + axis: what requests hold in the hour beside what they use; 0 where nothing is held.
    pub(super) held: Vec<f64>,
    /// By node: what serving all of the hour would cost.
    pub(super) cost: Vec<f64>,
    /// Walks of its hours, where they have a state.
    pub(super) paths: Option<Box<Paths>>,
    /// Work that waits.
    pub(super) queues: Option<Queues>,
    /// What is left of quotas of a day, where there are any.
    pub(super) days: Option<Box<Days>>,
    /// By node: what price cuts leave of its prices in the hour at hand.
    pub(super) price_factor: Vec<f64>,
    /// Who gets what, in a pool of several workloads; and by class, where they have different priorities.
    pub(super) split: Option<Split>,
    pub(super) ranked: Option<Ranked>,
    /// Where the month at hand stands in the totals of the workloads.
    pub(super) members: Range<usize>,
    pub(super) members_used: Range<usize>,
    pub(super) member_months: Range<usize>,
    pub(super) members_idle: Range<usize>,
}

impl GroupState {
    pub(super) fn new(index: usize, supply: &Supply, outages: &Outages, seed: u64) -> Self {
        let group = &supply.groups[index];
        let slots = group.nodes.len() * MAX_AXES;
        let down = |(number, node): (usize, &Node)| outages.of(node.offer).map(|source| (number, source));
        Self {
            index,
            services: 0..0,
            used_slots: 0..0,
            tiled: false,
            per_unit: vec![0.0; slots],
            capacities: vec![0.0; slots * group.cases.len()],
            always: Vec::new(),
            scheduled: false,
            outages: group.nodes.iter().enumerate().filter_map(down).collect(),
            before: None,
            slots,
            clear: vec![Clear::default(); group.cases.len()],
            served: vec![0.0; group.nodes.len()],
            used: vec![0.0; slots],
            inverse: vec![0.0; slots],
            usage: vec![0.0; slots],
            held: vec![0.0; slots],
            cost: vec![0.0; group.nodes.len()],
            paths: group.path.as_ref().map(|model| Box::new(Paths::new(group, model, seed))),
            queues: Queues::new(group, supply, seed),
            days: (!group.days.is_empty()).then(|| Box::new(Days::new(group))),
            price_factor: vec![1.0; group.nodes.len()],
            split: (supply.members(index) > 0).then(|| Split::new(group)),
            ranked: Ranked::new(group),
            members: 0..0,
            members_used: 0..0,
            member_months: 0..0,
            members_idle: 0..0,
        }
    }

    /// Goes to the start of a replication.
    pub(super) fn begin_replication(&mut self, replication: u64) {
        if let Some(days) = &mut self.days {
            days.begin();
        }
        if let Some(paths) = &mut self.paths {
            paths.begin(replication);
        }
    }

    /// Whether its workloads must be told apart in each hour.
    pub(super) fn is_parted(&self) -> bool {
        self.split.is_some() || self.ranked.is_some()
    }

    /// Goes to the first hour of a month.
    pub(super) fn begin(&mut self, supply: &Supply, month: usize) {
        let cases = &supply.groups[self.index].cases;
        let (service, slot) = (supply.service_index(self.index, 0, month), supply.used_index(self.index, 0, month));
        self.services = service..service + cases.len();
        self.used_slots = slot..slot + cases.len() * self.slots;
        if let Some(split) = &mut self.split {
            split.begin(&supply.groups[self.index], &self.per_unit);
            let range = |start: usize, length: usize| start..start + length;
            let (members, slots) = (supply.members(self.index), supply.member_slots(self.index));
            self.members = range(supply.member_index(self.index, 0, month), cases.len() * members);
            self.members_used = range(supply.member_used_index(self.index, 0, month), cases.len() * slots);
            self.member_months = range(supply.member_month_index(self.index, month), members);
            self.members_idle = range(supply.member_idle_index(self.index, month), slots);
        }
        for (case, capacities) in cases.iter().zip(self.capacities.chunks_exact_mut(self.slots.max(1))) {
            let units = &case.units[month * self.slots..][..self.slots];
            for ((capacity, &units), &per_unit) in capacities.iter_mut().zip(units).zip(&self.per_unit) {
                *capacity = if units > 0.0 { units * per_unit } else { 0.0 };
            }
        }
        let hours = supply.horizon().month_range(month);
        self.scheduled = cases.iter().flat_map(|case| &case.scheduled).any(|part| !overlap(&part.hours, &hours).is_empty());
        if self.varies() {
            self.always.clone_from(&self.capacities);
            self.before = None;
        }
        self.share_quotas(&supply.groups[self.index]);
    }

    /// Sets the capacities for an hour, where they change from hour to hour; after [`begin`](Self::begin), hour by hour.
    pub(super) fn hour(&mut self, supply: &Supply, outages: &Outages, month: usize, hour: usize) {
        let before = self.before.replace(hour);
        let as_before = |&(_, source): &(usize, usize)| outages.down(source, hour) == before.map_or(&[][..], |h| outages.down(source, h));
        if !self.scheduled && self.outages.iter().all(as_before) {
            return;
        }
        let hour_of_week = supply.horizon().hour_of_week(hour);
        self.capacities.copy_from_slice(&self.always);
        let group = &supply.groups[self.index];
        for (case, capacities) in group.cases.iter().zip(self.capacities.chunks_exact_mut(self.slots.max(1))) {
            let present = || case.scheduled.iter().filter(|part| part.holds(hour, hour_of_week));
            for part in present() {
                for (axis, units) in part.units.into_iter().enumerate() {
                    let slot = part.node * MAX_AXES + axis;
                    // An offer without a limit on this axis has units of infinite size, of which none are none.
                    capacities[slot] += if units > 0.0 { units * self.per_unit[slot] } else { 0.0 };
                }
            }
            for &(node, source) in &self.outages {
                if outages.down(source, hour).is_empty() {
                    continue;
                }
                for axis in 0..group.nodes[node].axes {
                    let slot = node * MAX_AXES + axis;
                    let by_schedule = present().filter(|part| part.node == node).map(|part| part.units[axis]).sum::<f64>();
                    let units = case.units[month * self.slots + slot] + by_schedule;
                    let up = units - outages.lost(source, units, hour);
                    capacities[slot] = if up > 0.0 { up * self.per_unit[slot] } else { 0.0 };
                }
            }
        }
        self.share_quotas(group);
    }

    /// Sets what price cuts leave of the prices in an hour.
    pub(super) fn price(&mut self, group: &PoolGroup, prices: &Prices, hour: usize) {
        for (factor, node) in self.price_factor.iter_mut().zip(&group.nodes) {
            *factor = prices.factor(node.offer, hour);
        }
    }

    /// Whether any of the group's capacities change from hour to hour in the month at hand.
    pub(super) fn varies(&self) -> bool {
        self.scheduled || !self.outages.is_empty()
    }

    /// Whether hours of the month at hand can be served together where nobody looks at them and prices stay.
    pub(super) fn can_be_tiled(&self, group: &PoolGroup) -> bool {
        let alone = self.paths.is_none() && self.queues.is_none() && self.days.is_none() && !self.is_parted() && !self.varies();
        group.chain && alone && !group.holds() && !group.counts_requests
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
