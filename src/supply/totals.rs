//! What a dispatch adds up: per pool, case and month, and per pool and month.

use super::Supply;
use super::members::{MemberMonth, MemberTotals};
use super::offer::MAX_AXES;
use crate::units::ByClass;
use std::ops::AddAssign;

/// Sums over the hours of one month of one case of one pool. Tokens are billed tokens of all classes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ServiceTotals {
    /// Paid for tokens served on demand `[currency]`.
    pub cost_on_demand: f64,
    /// Paid for tokens served by batch `[currency]`.
    pub cost_batch: f64,
    /// Tokens served on demand.
    pub tokens_on_demand: f64,
    /// Tokens served by units.
    pub tokens_provisioned: f64,
    /// What the tokens served by units would have cost on the pool's last on-demand offer at the price then in force `[currency]`; 0 where
    /// it has none.
    pub value_provisioned: f64,
    /// Tokens served by batch.
    pub tokens_batch: f64,
    /// Tokens throttled for good.
    pub tokens_throttled: f64,
    /// Tokens that were late, of the month in which they arrived; 0 where nothing waits. They count nowhere else, though offers that
    /// served them were paid.
    pub tokens_late: f64,
    /// Requests throttled: the hour's throttled tokens over its mean tokens per request.
    pub requests_throttled: f64,
    /// Expected minutes in which something is throttled.
    pub throttled_minutes: f64,
    /// Expected hours in which some minute is.
    pub throttled_hours: f64,
    /// Requests refused, once for each attempt: the number of 429 answers. Without retries as many as are throttled.
    pub requests_refused: f64,
    /// Seconds that requests waited before they were served, summed over requests: what coming back adds to their latency.
    pub seconds_waited: f64,
    /// Such a wait that one served request in twenty exceeds `[s]`.
    pub wait_p95: f64,
    /// Hours that were simulated window by window; 0 where conditional expectations say it all.
    pub refined_hours: f64,
    /// Log of the probability that nothing is throttled all month: the sum of ln(1 − H) over its hours; −∞ when one is sure to be.
    pub log_clear: f64,
}

/// What became of work that waits, besides its tokens and money in [`ServiceTotals`]: of the month in which it arrived, per case of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QueueTotals {
    /// Requests that were late.
    pub requests_late: f64,
    /// Tokens that would have been late with a deadline one hour longer, everything else alike.
    pub tokens_late_one_hour_more: f64,
    /// Tokens that neither were served by the end of the horizon nor had missed their deadline by then.
    pub tokens_waiting: f64,
    /// Windows of the workloads in which something arrived.
    pub windows: f64,
    /// Those of which something was late, or thrown away because no job and no other offer takes it.
    pub windows_missed: f64,
}

impl AddAssign for QueueTotals {
    fn add_assign(&mut self, other: Self) {
        self.requests_late += other.requests_late;
        self.tokens_late_one_hour_more += other.tokens_late_one_hour_more;
        self.tokens_waiting += other.tokens_waiting;
        self.windows += other.windows;
        self.windows_missed += other.windows_missed;
    }
}

/// Demand of one pool in one month, whatever serves it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DemandTotals {
    /// Tokens asked for, by class.
    pub tokens: ByClass,
    /// Requests asked for.
    pub requests: f64,
    /// Those of them that are served or refused at once: neither queued nor in batch.
    pub requests_at_once: f64,
    /// Tokens of the largest hour.
    pub peak_hour_tokens: f64,
    /// The weighted tokens per minute that all but a share of the month's minutes stay below, in the weights of the pool's last on-demand
    /// offer and without what goes to batch or waits; not a number when the pool has no such offer.
    pub peak_quota_tokens_per_minute: f64,
    /// Windows of a batch offer with too few records for a job, by the month of their first hour.
    pub windows_below_minimum: f64,
    /// Their requests.
    pub requests_below_minimum: f64,
}

/// What one replication adds up to. Allocated once per worker and overwritten by each dispatch.
#[derive(Clone, Debug, Default)]
pub struct SupplyTotals {
    /// At [`Supply::service_index`].
    pub services: Vec<ServiceTotals>,
    /// At [`Supply::service_index`]; empty where nothing waits.
    pub queues: Vec<QueueTotals>,
    /// Unit-hours used, at [`Supply::used_index`] + node × 2 + axis: weighted tokens served over what one unit serves in an hour.
    pub used: Vec<f64>,
    /// At [`Supply::demand_index`].
    pub demand: Vec<DemandTotals>,
    /// At [`Supply::member_index`] + the workload's place in its pool; only of pools of several workloads, like what follows.
    pub members: Vec<MemberTotals>,
    /// Unit-hours used, at [`Supply::member_used_index`] + place × nodes × 2 + node × 2 + axis.
    pub members_used: Vec<f64>,
    /// At [`Supply::member_month_index`] + place.
    pub member_months: Vec<MemberMonth>,
    /// Shares in the units' idle part, at [`Supply::member_idle_index`] + place × nodes × 2 + node × 2 + axis.
    pub members_idle: Vec<f64>,
}

impl Supply {
    /// Totals of the right size for this supply, all zero.
    #[must_use]
    pub fn totals(&self) -> SupplyTotals {
        let months = self.horizon.months();
        let services = self.groups.iter().map(|group| group.cases.len()).sum::<usize>() * months;
        let used = self.groups.iter().map(|group| group.cases.len() * group.nodes.len()).sum::<usize>() * months * MAX_AXES;
        let demand = self.groups.len() * months;
        let mut totals = SupplyTotals {
            services: vec![ServiceTotals::default(); services],
            queues: vec![QueueTotals::default(); if self.waits() { services } else { 0 }],
            used: vec![0.0; used],
            demand: vec![DemandTotals::default(); demand],
            ..SupplyTotals::default()
        };
        self.clear_members(&mut totals);
        totals
    }

    /// Whether any work of any plan waits.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.groups.iter().any(super::PoolGroup::waits)
    }

    /// Where the totals of a group, case and month stand: group by group, month by month, case by case.
    #[must_use]
    pub fn service_index(&self, group: usize, case: usize, month: usize) -> usize {
        let before: usize = self.groups[..group].iter().map(|group| group.cases.len()).sum();
        before * self.horizon.months() + month * self.groups[group].cases.len() + case
    }

    /// Where the unit-hours of a group, case and month begin; 2 for each node of the group follow.
    #[must_use]
    pub fn used_index(&self, group: usize, case: usize, month: usize) -> usize {
        let before: usize = self.groups[..group].iter().map(|group| group.cases.len() * group.nodes.len()).sum();
        let group = &self.groups[group];
        (before * self.horizon.months() + (month * group.cases.len() + case) * group.nodes.len()) * MAX_AXES
    }

    /// Where the demand of a group and month stands.
    #[must_use]
    pub fn demand_index(&self, group: usize, month: usize) -> usize {
        group * self.horizon.months() + month
    }
}
