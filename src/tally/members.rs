//! Columns of the workloads of a pool of several, and the metrics made of them: what each gets of the pool, and what it bears of it.
//!
//! The units' used part is charged to whoever used them, their idle part by the share in the pool's busiest hours (see
//! `supply/need.rs`). So lines of the members sum to the pool's.

use super::bills::AxisBill;
use super::columns::{CaseColumns, Columns, bought_axes};
use super::recipe::{Borne, Recipe};
use super::{Outcome, Replication};
use crate::supply::{MAX_AXES, PoolGroup, Supply};

/// Base quantities of a member of a case in a month. Used unit-hours of each bought axis follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemberColumn {
    CostOnDemand,
    TokensProvisioned,
    TokensThrottled,
    RequestsThrottled,
}

const MEMBER_COLUMNS: usize = 4;

/// Where the columns of one pool's members stand: nowhere, where it has only one.
#[derive(Clone, Copy, Debug)]
pub(super) struct MemberLayout {
    months: usize,
    members: usize,
    axes: usize,
    /// First column whatever the case: by month and member, the cost of batch and the share in each bought axis' idle part.
    first: usize,
    /// First column of the first case: by case, month and member.
    first_case: usize,
    end: usize,
}

impl MemberLayout {
    pub(super) fn new(supply: &Supply, group: usize, months: usize, first: usize) -> Self {
        let pool = &supply.groups[group];
        let (members, axes) = (supply.members(group), bought_axes(pool).count());
        let first_case = first + months * members * (1 + axes);
        let end = first_case + pool.cases.len() * months * members * (MEMBER_COLUMNS + axes);
        Self { months, members, axes, first, first_case, end }
    }

    pub(super) fn has_members(&self) -> bool {
        self.members > 0
    }

    /// Where the columns of its cases stand.
    pub(super) fn cases(&self, number: usize) -> CaseColumns {
        CaseColumns { first: self.first_case, width: (self.end - self.first_case) / number.max(1), number }
    }

    /// The column after the last.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// What batch costs a member in a month.
    pub(super) fn cost_batch(&self, month: usize, member: usize) -> usize {
        self.first + (month * self.members + member) * (1 + self.axes)
    }

    /// A member's share in the idle part of the `axis`-th bought axis.
    pub(super) fn idle_share(&self, month: usize, member: usize, axis: usize) -> usize {
        self.cost_batch(month, member) + 1 + axis
    }

    pub(super) fn service(&self, case: usize, month: usize, member: usize, column: MemberColumn) -> usize {
        self.of_case(case, month, member) + column as usize
    }

    /// Used unit-hours of the `axis`-th bought axis.
    pub(super) fn used(&self, case: usize, month: usize, member: usize, axis: usize) -> usize {
        self.of_case(case, month, member) + MEMBER_COLUMNS + axis
    }

    fn of_case(&self, case: usize, month: usize, member: usize) -> usize {
        self.first_case + ((case * self.months + month) * self.members + member) * (MEMBER_COLUMNS + self.axes)
    }
}

impl Columns {
    /// The values of a pool's members in the order of their columns.
    pub(super) fn of_members<'a>(replication: &Replication<'a>, g: usize, group: &'a PoolGroup) -> impl Iterator<Item = f64> + use<'a> {
        let (supply, totals) = (&replication.scenario.supply, replication.service);
        let (months, members) = (replication.scenario.horizon.months(), supply.members(g));
        let slots = group.nodes.len() * MAX_AXES;
        let axes = move || bought_axes(group).map(|(node, axis)| node * MAX_AXES + axis);
        let whatever =
            (0..months).flat_map(move |month| (0..members).map(move |member| (month, member))).flat_map(move |(month, member)| {
                let of_month = &totals.member_months[supply.member_month_index(g, month) + member];
                let idle = supply.member_idle_index(g, month) + member * slots;
                std::iter::once(of_month.cost_batch).chain(axes().map(move |slot| totals.members_idle[idle + slot]))
            });
        let cases = if members > 0 { group.cases.len() } else { 0 };
        let by_case = (0..cases).flat_map(move |case| (0..months).map(move |month| (case, month))).flat_map(move |(case, month)| {
            (0..members).flat_map(move |member| {
                let totals_of = &totals.members[supply.member_index(g, case, month) + member];
                let used = supply.member_used_index(g, case, month) + member * slots;
                let base: [f64; MEMBER_COLUMNS] =
                    [totals_of.cost_on_demand, totals_of.tokens_provisioned, totals_of.tokens_throttled, totals_of.requests_throttled];
                base.into_iter().chain(axes().map(move |slot| totals.members_used[used + slot]))
            })
        });
        whatever.chain(by_case)
    }
}

/// A workload of a pool of several, under one plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct MemberView<'a> {
    pub(super) outcome: &'a Outcome,
    pub(super) layout: MemberLayout,
    /// The pool's place among the plan's, its group and its case.
    pub(super) pool: usize,
    pub(super) group: usize,
    pub(super) case: usize,
    /// The workload's place in the pool.
    pub(super) member: usize,
}

impl MemberView<'_> {
    /// Columns of its services over these months.
    pub(super) fn service(&self, months: std::ops::Range<usize>, column: MemberColumn) -> impl Iterator<Item = usize> {
        let (layout, case, member) = (self.layout, self.case, self.member);
        months.map(move |month| layout.service(case, month, member, column))
    }

    /// Columns of what batch costs it.
    pub(super) fn cost_batch(&self, months: std::ops::Range<usize>) -> impl Iterator<Item = usize> {
        let (layout, member) = (self.layout, self.member);
        months.map(move |month| layout.cost_batch(month, member))
    }

    /// The cost of units that it used, and of those that stood idle (or reserved and not deployed) on its account. `axes` are the pool's, by
    /// bought axis and month.
    pub(super) fn provisioned(&self, months: std::ops::Range<usize>, axes: &[Vec<AxisBill>]) -> (Recipe, Recipe) {
        let (mut used, mut idle) = (Vec::new(), Vec::new());
        for (axis, bought) in axes.iter().enumerate() {
            for month in months.clone() {
                let AxisBill { price, hours, lost } = bought[month];
                used.push((self.layout.used(self.case, month, self.member, axis), price.into()));
                idle.push(Borne {
                    used: self.outcome.pool_used(self.group, self.case, month, axis),
                    share: self.layout.idle_share(month, self.member, axis),
                    price: price.into(),
                    hours: hours.into(),
                    lost: lost.into(),
                });
            }
        }
        (self.outcome.priced(used), self.outcome.borne(idle))
    }
}
