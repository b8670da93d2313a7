//! The ledger: the cost lines of one month of one plan, which sum to its total.

use crate::horizon::Horizon;
use crate::supply::{MAX_AXES, Plan, Supply, SupplyTotals};
use std::ops::AddAssign;

/// Cost lines `[currency]`. Over months they add.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ledger {
    /// Tokens served on demand.
    pub on_demand: f64,
    /// Tokens served by batch.
    pub batch: f64,
    /// Unit-hours that served something.
    pub provisioned_used: f64,
    /// Unit-hours that served nothing, and reserved ones that were not deployed.
    pub provisioned_idle: f64,
}

impl Ledger {
    /// Unit-hours bought, used or not.
    #[must_use]
    pub fn provisioned(&self) -> f64 {
        self.provisioned_used + self.provisioned_idle
    }

    /// Everything.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.on_demand + self.batch + self.provisioned()
    }

    /// The lines of one plan in one month. `totals` are those of the replication.
    ///
    /// A unit-hour costs the same used or idle; with two axes each is weighted by its own cost.
    ///
    /// # Panics
    ///
    /// When the totals are not those of this supply or it has no such month.
    #[must_use]
    pub fn of_plan(plan: &Plan, supply: &Supply, totals: &SupplyTotals, month: usize) -> Self {
        let mut ledger = Self::default();
        for pool in &plan.pools {
            ledger += Self::of_pool(plan, pool.group, pool.case, supply, totals, month);
        }
        ledger
    }

    /// The lines of one pool of a plan: what its own offers cost. Every unit belongs to exactly one pool of a plan.
    ///
    /// # Panics
    ///
    /// As [`Ledger::of_plan`].
    #[must_use]
    pub fn of_pool(plan: &Plan, group: usize, case: usize, supply: &Supply, totals: &SupplyTotals, month: usize) -> Self {
        let service = &totals.services[supply.service_index(group, case, month)];
        let mut ledger = Self { on_demand: service.cost_on_demand, batch: service.cost_batch, ..Self::default() };
        let horizon: &Horizon = supply.horizon();
        let first = supply.used_index(group, case, month);
        for (number, node) in supply.groups[group].nodes.iter().enumerate() {
            let bill = plan.bill(node.offer, month, horizon);
            for axis in 0..MAX_AXES {
                let (cost, bought) = (bill.cost[axis] - bill.lost[axis], bill.unit_hours[axis]);
                // Rounding may put what was used a hair above what was bought.
                let share = if bought > 0.0 { (totals.used[first + number * MAX_AXES + axis] / bought).min(1.0) } else { 0.0 };
                ledger.provisioned_used += cost * share;
                ledger.provisioned_idle += cost * (1.0 - share) + bill.lost[axis];
            }
        }
        ledger
    }
}

impl AddAssign for Ledger {
    fn add_assign(&mut self, other: Self) {
        self.on_demand += other.on_demand;
        self.batch += other.batch;
        self.provisioned_used += other.provisioned_used;
        self.provisioned_idle += other.provisioned_idle;
    }
}
