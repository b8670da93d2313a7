//! Everything a run found, by plan, row, span and metric: columns made on demand from the samples kept.

mod controls;
mod narrow;
mod paths;
mod queues;
mod ranking;
mod summaries;
mod sums;

use super::Metric;
use super::alike::Alike;
use super::bills::{PoolBill, bills};
use super::bounded::Streams;
use super::columns::{ColumnStore, DemandColumn, Layout, PoolColumn, QueueColumn, ServiceColumn};
use super::members::{MemberColumn, MemberView};
use super::recipe::Recipe;
use crate::scenario::Scenario;
use crate::supply::{Plan, PoolGroup};
use controls::Known;
pub use ranking::limited;

/// What a row of the output files is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// The whole plan.
    All,
    /// One pool: an index into the plan's pools.
    Pool(usize),
    /// One workload inside a pool of several, with its part of what the pool serves, throttles and pays.
    Member(usize),
}

/// The time a figure covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// One month, from 0.
    Month(usize),
    /// One quarter of the horizon, from 0; see [`Horizon::quarters`](crate::horizon::Horizon::quarters).
    Quarter(usize),
    /// The whole horizon: sums of what adds, ratios of sums for shares, the largest for peaks.
    Horizon,
}

/// The samples of a run and the metrics made of them.
#[derive(Debug)]
pub struct Outcome {
    layout: Layout,
    store: ColumnStore,
    alike: Alike,
    months: usize,
    quarters: Vec<std::ops::Range<usize>>,
    replications: usize,
    /// By plan and pool.
    provisioned: Vec<Vec<PoolBill>>,
    /// The summaries of all replications, where more were made than have their samples kept.
    streams: Option<Streams>,
    known: Known,
}

impl Outcome {
    /// The outcome of the samples in `store`.
    pub(super) fn new(scenario: &Scenario, store: ColumnStore) -> Self {
        let unknown = Self::unknown(scenario);
        Self { alike: Alike::of(&store, &unknown.layout), replications: store.rows(), store, ..unknown }
    }

    /// An outcome without samples: it tells how columns are made.
    pub(super) fn unknown(scenario: &Scenario) -> Self {
        let months = scenario.horizon.months();
        let layout = Layout::new(&scenario.supply, scenario.demand.workloads.len(), months);
        let provisioned = scenario.supply.plans.iter().map(|plan| bills(scenario, plan, months)).collect();
        Self {
            alike: Alike::unknown(&layout),
            store: ColumnStore::new(layout.columns(), 0),
            layout,
            months,
            quarters: scenario.horizon.quarters(),
            replications: 0,
            provisioned,
            streams: None,
            known: Known::new(scenario),
        }
    }

    /// The outcome of many replications, with the samples of the first.
    pub(super) fn streamed(scenario: &Scenario, first: ColumnStore, streams: Streams) -> Self {
        Self { replications: first.rows(), store: first, streams: Some(streams), ..Self::unknown(scenario) }
    }

    /// Number of replications whose samples are kept, the length of every column: the first ones of a long run by
    /// [`BoundedColumns`](super::BoundedColumns), else all.
    #[must_use]
    pub fn replications(&self) -> usize {
        self.replications
    }

    /// Whether the samples of all replications are kept, so that every figure is exact.
    #[must_use]
    pub fn keeps_all(&self) -> bool {
        self.streams.is_none()
    }

    /// The rows of a plan: its pools, the members of pools of several, then the whole.
    #[must_use]
    pub fn rows(&self, scenario: &Scenario, plan: usize) -> Vec<(Row, String)> {
        let mut rows = Vec::new();
        for (index, pool) in scenario.supply.plans[plan].pools.iter().enumerate() {
            let group = &scenario.supply.groups[pool.group];
            rows.push((Row::Pool(index), group.name.clone()));
            if group.workloads.len() > 1 {
                rows.extend(group.workloads.iter().map(|&w| (Row::Member(w), scenario.demand.workloads[w].name.clone())));
            }
        }
        rows.push((Row::All, "all".to_owned()));
        rows
    }

    /// One value per replication, or `None` where the metric says nothing about such a row or span. NaN is a share of nothing.
    #[must_use]
    pub fn column(&self, scenario: &Scenario, plan: usize, row: Row, span: Span, metric: Metric) -> Option<Vec<f64>> {
        self.recipe(scenario, plan, row, span, metric).map(|recipe| self.make(&recipe))
    }

    /// How that column is made: the same for places whose columns are equal because they are made alike.
    #[must_use]
    pub fn recipe(&self, scenario: &Scenario, plan: usize, row: Row, span: Span, metric: Metric) -> Option<Recipe> {
        if (metric.is_horizon_only() && span != Span::Horizon) || (matches!(row, Row::Member(_)) && !metric.is_of_members()) {
            return None;
        }
        let view = View { outcome: self, scenario, plan, row, months: self.months_of(span) };
        if matches!(row, Row::Member(_)) && !metric.is_demand() && view.member().is_none() {
            return None;
        }
        let recipe = match metric {
            Metric::CostTotal => view.cost_total(),
            Metric::CostOnDemand => view.service(ServiceColumn::CostOnDemand),
            Metric::CostProvisioned => view.provisioned_by_replication(),
            Metric::CostProvisionedIdle => view.idle(),
            Metric::CostBatch => view.service(ServiceColumn::CostBatch),
            Metric::SavingVsBaseline => {
                let baseline = view.of_baseline()?.iter().map(View::cost_total).reduce(Recipe::plus)?;
                baseline.minus(view.cost_total())
            }
            Metric::CostPerMillionTokens => {
                let lost = view.service(ServiceColumn::TokensThrottled).plus(view.service(ServiceColumn::TokensLate));
                let lost = match view.queue(QueueColumn::Waiting) {
                    Some(waiting) => lost.plus(waiting),
                    None => lost,
                };
                view.cost_total().times(1e6).ratio(view.demand(DemandColumn::Tokens).minus(lost))
            }
            Metric::TokensDemand => view.demand(DemandColumn::Tokens),
            Metric::TokensThrottled => view.service(ServiceColumn::TokensThrottled),
            Metric::TokensLate => view.service(ServiceColumn::TokensLate),
            Metric::RequestsLate => view.queue(QueueColumn::RequestsLate)?,
            Metric::DeadlineMissed => view.queue(QueueColumn::WindowsMissed)?.ratio(view.queue(QueueColumn::Windows)?),
            Metric::TokensLateOneHourMore => view.queue(QueueColumn::LateOneHourMore)?,
            Metric::TokensWaiting => view.queue(QueueColumn::Waiting)?,
            Metric::WindowsBelowMinimum => view.below_minimum(PoolColumn::WindowsBelowMinimum)?,
            Metric::RequestsBelowMinimum => view.below_minimum(PoolColumn::RequestsBelowMinimum)?,
            Metric::RequestsThrottledShare => view.service(ServiceColumn::RequestsThrottled).ratio(view.demand(DemandColumn::Requests)),
            Metric::ThrottledShare => view.service(ServiceColumn::TokensThrottled).ratio(view.demand(DemandColumn::Tokens)),
            Metric::ThrottledMinutes => view.service(ServiceColumn::ThrottledMinutes),
            Metric::ThrottledHours => view.service(ServiceColumn::ThrottledHours),
            Metric::ThrottlingProbability => view.service(ServiceColumn::LogClear).chance(),
            Metric::RequestsRefused => view.refused()?,
            Metric::AttemptsPerRequest => view.attempts()?,
            Metric::AddedWaitMean => view.wait_mean()?,
            Metric::AddedWaitP95 => view.wait_p95()?,
            Metric::RefinedHours => view.refined_hours()?,
            Metric::Utilisation => view.utilisation()?,
            Metric::Coverage => view.service(ServiceColumn::TokensProvisioned).ratio(view.demand(DemandColumn::Tokens)),
            Metric::PeakTokensPerMinute => view.peak(),
            Metric::PeakQuotaTokensPerMinute => view.peak_quota()?,
            Metric::CommittedAfterHorizon => Recipe::constant(view.owed()),
            Metric::Stranded => view.stranded()?,
        };
        Some(self.known.spanning(recipe, &view.months))
    }

    /// Makes a column, one value per replication.
    #[must_use]
    pub fn make(&self, recipe: &Recipe) -> Vec<f64> {
        let mut values = vec![0.0; self.replications];
        recipe.make(&self.store, 0, &mut values);
        values
    }

    /// Used unit-hours of a pool's bought axis.
    pub(super) fn pool_used(&self, group: usize, case: usize, month: usize, axis: usize) -> usize {
        self.layout.used(group, case, month, axis)
    }

    fn months_of(&self, span: Span) -> std::ops::Range<usize> {
        match span {
            Span::Month(month) => month..month + 1,
            Span::Quarter(quarter) => self.quarters[quarter].clone(),
            Span::Horizon => 0..self.months,
        }
    }
}

/// One plan, row and span of an outcome.
#[derive(Clone)]
struct View<'a> {
    outcome: &'a Outcome,
    scenario: &'a Scenario,
    plan: usize,
    row: Row,
    months: std::ops::Range<usize>,
}

impl<'a> View<'a> {
    fn the_plan(&self) -> &'a Plan {
        &self.scenario.supply.plans[self.plan]
    }

    /// The pools of the row: index in the plan, group, case.
    fn pools(&self) -> impl Iterator<Item = (usize, usize, usize)> + 'a {
        let row = self.row;
        let wanted = move |index: &usize| match row {
            Row::All => true,
            Row::Pool(pool) => *index == pool,
            Row::Member(_) => false,
        };
        self.the_plan().pools.iter().enumerate().map(|(i, p)| (i, p.group, p.case)).filter(move |(index, _, _)| wanted(index))
    }

    fn group(&self, group: usize) -> &'a PoolGroup {
        &self.scenario.supply.groups[group]
    }

    /// The member of the row, in the pool that serves it; `None` where the pool's members have no samples of their own.
    fn member(&self) -> Option<MemberView<'a>> {
        let Row::Member(workload) = self.row else { return None };
        let found = self.the_plan().pools.iter().enumerate().find_map(|(pool, choice)| {
            let member = self.group(choice.group).workloads.iter().position(|&w| w == workload)?;
            let layout = self.outcome.layout.members(choice.group);
            Some(MemberView { outcome: self.outcome, layout, pool, group: choice.group, case: choice.case, member })
        });
        found.filter(|member| member.layout.has_members())
    }

    /// Costs of the member's used and idle units.
    fn of_member(&self, member: &MemberView<'_>) -> (Recipe, Recipe) {
        member.provisioned(self.months.clone(), &self.outcome.provisioned[self.plan][member.pool].axes)
    }

    fn service(&self, column: ServiceColumn) -> Recipe {
        if let Some(member) = self.member() {
            let own = |column| self.outcome.sum(member.service(self.months.clone(), column));
            return match column {
                ServiceColumn::CostOnDemand => own(MemberColumn::CostOnDemand),
                ServiceColumn::CostBatch => self.outcome.sum(member.cost_batch(self.months.clone())),
                ServiceColumn::TokensProvisioned => own(MemberColumn::TokensProvisioned),
                ServiceColumn::TokensThrottled => own(MemberColumn::TokensThrottled),
                ServiceColumn::RequestsThrottled => own(MemberColumn::RequestsThrottled),
                // Nothing is late as long as nothing waits; minutes are the pool's.
                ServiceColumn::TokensLate
                | ServiceColumn::ValueProvisioned
                | ServiceColumn::ThrottledMinutes
                | ServiceColumn::ThrottledHours
                | ServiceColumn::LogClear => Recipe::constant(0.0),
            };
        }
        let layout = &self.outcome.layout;
        let months = self.months.clone();
        self.outcome
            .sum(self.pools().flat_map(|(_, group, case)| months.clone().map(move |month| layout.service(group, case, month, column))))
    }

    fn demand(&self, column: DemandColumn) -> Recipe {
        let layout = &self.outcome.layout;
        let months = self.months.clone();
        let workloads: Vec<usize> = match self.row {
            Row::All => (0..self.scenario.demand.workloads.len()).collect(),
            Row::Pool(_) => self.pools().flat_map(|(_, group, _)| self.group(group).workloads.iter().copied()).collect(),
            Row::Member(workload) => vec![workload],
        };
        self.outcome.sum(workloads.iter().flat_map(|&w| months.clone().map(move |month| layout.demand(w, month, column))))
    }

    fn provisioned(&self) -> f64 {
        self.pools().map(|(pool, _, _)| self.outcome.provisioned[self.plan][pool].cost[self.months.clone()].iter().sum::<f64>()).sum()
    }

    fn provisioned_by_replication(&self) -> Recipe {
        match self.member() {
            Some(member) => {
                let (used, idle) = self.of_member(&member);
                used.plus(idle)
            }
            None => Recipe::constant(self.provisioned()),
        }
    }

    fn owed(&self) -> f64 {
        self.pools().map(|(pool, _, _)| self.outcome.provisioned[self.plan][pool].owed).sum()
    }

    /// By pool and month, what is bound less what the tokens that units served were worth, where that is above 0. Units that nothing binds
    /// serve beside those that are bound, and are counted for them first. `None` where units are bound and no price tells their worth.
    fn stranded(&self) -> Option<Recipe> {
        let mut terms = Vec::new();
        for (pool, group, case) in self.pools() {
            let bound = &self.outcome.provisioned[self.plan][pool].bound;
            for month in self.months.clone().filter(|&month| bound[month] > 0.0) {
                self.group(group).last_on_demand?;
                let worth = self.outcome.layout.service(group, case, month, ServiceColumn::ValueProvisioned);
                terms.push((self.outcome.alike.first(worth), bound[month].into()));
            }
        }
        Some(Recipe::short(terms))
    }

    fn cost_total(&self) -> Recipe {
        let by_use = self.service(ServiceColumn::CostOnDemand).plus(self.service(ServiceColumn::CostBatch));
        by_use.plus(self.provisioned_by_replication())
    }

    /// Cost of the used part of every bought axis: unit-hours used × price.
    fn used(&self, price: impl Fn(f64) -> f64) -> Recipe {
        let mut used = Vec::new();
        for (pool, group, case) in self.pools() {
            for (axis, bought) in self.outcome.provisioned[self.plan][pool].axes.iter().enumerate() {
                let of_month = |month: usize| (self.outcome.pool_used(group, case, month, axis), price(bought[month].price).into());
                used.extend(self.months.clone().map(of_month));
            }
        }
        self.outcome.priced(used)
    }

    fn idle(&self) -> Recipe {
        match self.member() {
            Some(member) => self.of_member(&member).1,
            None => Recipe::constant(self.provisioned()).minus(self.used(|price| price)),
        }
    }

    /// Used ÷ bought, the axes weighted by their cost; by unit-hours where units cost nothing.
    fn utilisation(&self) -> Option<Recipe> {
        let bought = |price: &dyn Fn(f64) -> f64| -> f64 {
            self.pools()
                .flat_map(|(pool, _, _)| &self.outcome.provisioned[self.plan][pool].axes)
                .flat_map(|axis| &axis[self.months.clone()])
                .map(|bill| price(bill.price) * bill.hours)
                .sum()
        };
        let cost = bought(&|price| price);
        let (whole, used) = if cost > 0.0 { (cost, self.used(|price| price)) } else { (bought(&|_| 1.0), self.used(|_| 1.0)) };
        (whole > 0.0).then(|| used.over(whole))
    }

    /// Largest hour ÷ 60, over the months of the span.
    fn peak(&self) -> Recipe {
        let layout = &self.outcome.layout;
        let column = |month: usize| match self.row {
            Row::All => Some(layout.peak_of_all(month)),
            Row::Pool(_) => self.pools().map(|(_, group, _)| layout.pool(group, month, PoolColumn::PeakHour)).next(),
            Row::Member(workload) => Some(layout.demand(workload, month, DemandColumn::PeakHour)),
        };
        Recipe::largest(f64::NAN, self.months.clone().filter_map(column).collect()).over(60.0)
    }

    /// Only of a pool: minutes of different pools count against different quotas.
    fn peak_quota(&self) -> Option<Recipe> {
        let Row::Pool(_) = self.row else { return None };
        let (_, group, _) = self.pools().next()?;
        let layout = &self.outcome.layout;
        let columns: Vec<usize> = self.months.clone().map(|month| layout.pool(group, month, PoolColumn::PeakQuota)).collect();
        let unknown = |&column: &usize| self.outcome.alike.constant(column).is_some_and(f64::is_nan);
        (!columns.iter().all(unknown)).then(|| Recipe::largest(f64::NAN, columns))
    }

    /// The same row under the baseline: the whole, or the pools that serve the same workloads there and no others.
    fn of_baseline(&self) -> Option<Vec<View<'a>>> {
        let baseline = self.scenario.baseline;
        let pools = || self.scenario.supply.plans[baseline].pools.iter().map(|p| self.group(p.group).workloads.as_slice()).enumerate();
        let rows = match self.row {
            Row::Pool(_) => {
                let (_, group, _) = self.pools().next()?;
                let own = &self.group(group).workloads;
                let within = pools().filter(|(_, workloads)| workloads.iter().all(|w| own.contains(w)));
                let (rows, counts): (Vec<Row>, Vec<usize>) = within.map(|(pool, workloads)| (Row::Pool(pool), workloads.len())).unzip();
                (counts.iter().sum::<usize>() == own.len()).then_some(rows)?
            }
            Row::Member(workload) => {
                let (pool, workloads) = pools().find(|(_, workloads)| workloads.contains(&workload))?;
                vec![if workloads.len() > 1 { self.row } else { Row::Pool(pool) }]
            }
            Row::All => vec![self.row],
        };
        let views = rows.into_iter().map(|row| View { plan: baseline, row, ..self.clone() });
        views.map(|view| (!matches!(view.row, Row::Member(_)) || view.member().is_some()).then_some(view)).collect()
    }
}
