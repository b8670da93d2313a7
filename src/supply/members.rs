//! What each workload of a pool of several gets of it, and where that stands in the totals.
//!
//! Sums over the workloads of a pool are the pool's own: of tokens, of money and of unit-hours. Requests throttled are each workload's
//! throttled tokens over its own mean tokens per request; they sum to the pool's in a chain, where the pool counts them so too.

use super::offer::MAX_AXES;
use super::{Supply, SupplyTotals};

/// Sums over the hours of one month of one case, for one workload of a pool of several. Tokens are billed tokens of all classes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MemberTotals {
    /// Paid for its tokens served on demand `[currency]`.
    pub cost_on_demand: f64,
    /// Tokens served by units.
    pub tokens_provisioned: f64,
    /// Tokens throttled for good.
    pub tokens_throttled: f64,
    /// Requests throttled: its throttled tokens over its own mean tokens per request.
    pub requests_throttled: f64,
}

/// What one workload of a pool of several has in a month whatever is bought.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MemberMonth {
    /// Tokens served by batch.
    pub tokens_batch: f64,
    /// Paid for batch `[currency]`.
    pub cost_batch: f64,
}

impl Supply {
    /// Workloads of a group that have totals of their own: none where there is only one, where work is served in
    /// another hour than it came in (clients come back, work waits) or by what is left of a day, and nobody counts whose it is, or in a supply [without members](Self::without_members).
    #[must_use]
    pub fn members(&self, group: usize) -> usize {
        let group = &self.groups[group];
        let workloads = group.workloads.len();
        if workloads > 1 && self.split && group.path.is_none() && !group.waits() && group.days.is_empty() { workloads } else { 0 }
    }

    /// Where the members of a group, case and month begin: group by group, month by month, case by case.
    #[must_use]
    pub fn member_index(&self, group: usize, case: usize, month: usize) -> usize {
        let before: usize = (0..group).map(|g| self.groups[g].cases.len() * self.members(g)).sum();
        before * self.horizon.months() + (month * self.groups[group].cases.len() + case) * self.members(group)
    }

    /// Where the unit-hours of the members of a group, case and month begin; nodes × 2 for each member follow.
    #[must_use]
    pub fn member_used_index(&self, group: usize, case: usize, month: usize) -> usize {
        let before: usize = (0..group).map(|g| self.groups[g].cases.len() * self.member_slots(g)).sum();
        before * self.horizon.months() + (month * self.groups[group].cases.len() + case) * self.member_slots(group)
    }

    /// Where the members of a group and month begin.
    #[must_use]
    pub fn member_month_index(&self, group: usize, month: usize) -> usize {
        let before: usize = (0..group).map(|g| self.members(g)).sum();
        before * self.horizon.months() + month * self.members(group)
    }

    /// Where the shares in idle units of the members of a group and month begin; nodes × 2 for each member follow.
    #[must_use]
    pub fn member_idle_index(&self, group: usize, month: usize) -> usize {
        let before: usize = (0..group).map(|g| self.member_slots(g)).sum();
        before * self.horizon.months() + month * self.member_slots(group)
    }

    /// Axes of all nodes, for every member.
    pub(super) fn member_slots(&self, group: usize) -> usize {
        self.members(group) * self.groups[group].nodes.len() * MAX_AXES
    }

    /// Gives the members' totals their size and sets them to zero.
    pub(super) fn clear_members(&self, totals: &mut SupplyTotals) {
        let groups = self.groups.len();
        fill(&mut totals.members, self.member_index_end(), MemberTotals::default());
        let used: usize = (0..groups).map(|g| self.groups[g].cases.len() * self.member_slots(g)).sum();
        fill(&mut totals.members_used, used * self.horizon.months(), 0.0);
        let members: usize = (0..groups).map(|g| self.members(g)).sum();
        fill(&mut totals.member_months, members * self.horizon.months(), MemberMonth::default());
        let idle: usize = (0..groups).map(|g| self.member_slots(g)).sum();
        fill(&mut totals.members_idle, idle * self.horizon.months(), 0.0);
    }

    fn member_index_end(&self) -> usize {
        let all: usize = (0..self.groups.len()).map(|g| self.groups[g].cases.len() * self.members(g)).sum();
        all * self.horizon.months()
    }
}

fn fill<T: Clone>(column: &mut Vec<T>, length: usize, value: T) {
    column.clear();
    column.resize(length, value);
}
