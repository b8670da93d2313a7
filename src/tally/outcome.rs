//! Everything a run found, by plan, row, span and metric: columns made on demand from the samples kept.

use super::Metric;
use super::columns::{ColumnStore, DemandColumn, Layout, PoolColumn, QueueColumn, ServiceColumn, bought_axes};
use crate::scenario::Scenario;
use crate::supply::{Plan, PoolGroup};

/// What a row of the output files is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// The whole plan.
    All,
    /// One pool: an index into the plan's pools.
    Pool(usize),
    /// One workload inside a pool of several: only what it asks for is known.
    Member(usize),
}

/// The time a figure covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// One month, from 0.
    Month(usize),
    /// The whole horizon: sums of what adds, ratios of sums for shares, the largest for peaks.
    Horizon,
}

/// The samples of a run and the metrics made of them.
#[derive(Debug)]
pub struct Outcome {
    layout: Layout,
    store: ColumnStore,
    months: usize,
    replications: usize,
    /// Per plan, pool and month: what the pool's units cost, and per bought axis (price, bought unit-hours).
    provisioned: Vec<Vec<PoolBill>>,
}

/// What a pool's commitments cost, by month. The same in every replication.
#[derive(Clone, Debug)]
struct PoolBill {
    cost: Vec<f64>,
    /// Axis × month: price per unit-hour and unit-hours bought.
    axes: Vec<Vec<(f64, f64)>>,
    owed: f64,
}

impl Outcome {
    /// The outcome of the samples in `store`.
    pub(super) fn new(scenario: &Scenario, store: ColumnStore) -> Self {
        let months = scenario.horizon.months();
        let layout = Layout::new(&scenario.supply, scenario.demand.workloads.len(), months);
        let replications = store.column(0).len();
        let provisioned = scenario.supply.plans.iter().map(|plan| bills(scenario, plan, months)).collect();
        Self { layout, store, months, replications, provisioned }
    }

    /// Number of replications.
    #[must_use]
    pub fn replications(&self) -> usize {
        self.replications
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
        if (metric.is_horizon_only() && span != Span::Horizon) || (matches!(row, Row::Member(_)) && !metric.is_demand()) {
            return None;
        }
        let view = View { outcome: self, scenario, plan, row, months: self.months_of(span) };
        let served = |demand: &[f64], lost: &[f64]| zip(demand, lost, |d, l| d - l);
        Some(match metric {
            Metric::CostTotal => view.cost_total(),
            Metric::CostOnDemand => view.service(ServiceColumn::CostOnDemand),
            Metric::CostProvisioned => vec![view.provisioned(); self.replications],
            Metric::CostProvisionedIdle => view.idle(),
            Metric::CostBatch => view.service(ServiceColumn::CostBatch),
            Metric::SavingVsBaseline => {
                let baseline = view.of_baseline()?;
                zip(&baseline.cost_total(), &view.cost_total(), |b, own| b - own)
            }
            Metric::CostPerMillionTokens => {
                let lost = zip(&view.service(ServiceColumn::TokensThrottled), &view.service(ServiceColumn::TokensLate), |a, b| a + b);
                let lost = match view.queue(QueueColumn::Waiting) {
                    Some(waiting) => zip(&lost, &waiting, |a, b| a + b),
                    None => lost,
                };
                zip(&view.cost_total(), &served(&view.demand(DemandColumn::Tokens), &lost), |cost, tokens| ratio(cost * 1e6, tokens))
            }
            Metric::TokensDemand => view.demand(DemandColumn::Tokens),
            Metric::TokensThrottled => view.service(ServiceColumn::TokensThrottled),
            Metric::TokensLate => view.service(ServiceColumn::TokensLate),
            Metric::RequestsLate => view.queue(QueueColumn::RequestsLate)?,
            Metric::DeadlineMissed => zip(&view.queue(QueueColumn::WindowsMissed)?, &view.queue(QueueColumn::Windows)?, ratio),
            Metric::TokensLateOneHourMore => view.queue(QueueColumn::LateOneHourMore)?,
            Metric::TokensWaiting => view.queue(QueueColumn::Waiting)?,
            Metric::WindowsBelowMinimum => view.below_minimum(PoolColumn::WindowsBelowMinimum)?,
            Metric::RequestsBelowMinimum => view.below_minimum(PoolColumn::RequestsBelowMinimum)?,
            Metric::RequestsThrottledShare => {
                zip(&view.service(ServiceColumn::RequestsThrottled), &view.demand(DemandColumn::Requests), ratio)
            }
            Metric::ThrottledShare => zip(&view.service(ServiceColumn::TokensThrottled), &view.demand(DemandColumn::Tokens), ratio),
            Metric::ThrottledMinutes => view.service(ServiceColumn::ThrottledMinutes),
            Metric::ThrottledHours => view.service(ServiceColumn::ThrottledHours),
            Metric::ThrottlingProbability => {
                view.service(ServiceColumn::LogClear).into_iter().map(|log_clear| -libm::expm1(log_clear)).collect()
            }
            Metric::Utilisation => view.utilisation()?,
            Metric::Coverage => zip(&view.service(ServiceColumn::TokensProvisioned), &view.demand(DemandColumn::Tokens), ratio),
            Metric::PeakTokensPerMinute => view.peak(),
            Metric::PeakQuotaTokensPerMinute => view.peak_quota()?,
            Metric::CommittedAfterHorizon => vec![view.owed(); self.replications],
        })
    }

    /// Requests throttled, one value per replication: what a cost per failed request is charged on.
    #[must_use]
    pub fn requests_throttled(&self, scenario: &Scenario, plan: usize, row: Row, span: Span) -> Vec<f64> {
        View { outcome: self, scenario, plan, row, months: self.months_of(span) }.service(ServiceColumn::RequestsThrottled)
    }

    fn months_of(&self, span: Span) -> std::ops::Range<usize> {
        match span {
            Span::Month(month) => month..month + 1,
            Span::Horizon => 0..self.months,
        }
    }
}

/// Element by element.
fn zip(a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect()
}

/// A share; of nothing, it is not a number.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { f64::NAN }
}

fn bills(scenario: &Scenario, plan: &Plan, months: usize) -> Vec<PoolBill> {
    let horizon = &scenario.horizon;
    plan.pools
        .iter()
        .map(|pool| {
            let group = &scenario.supply.groups[pool.group];
            let of_pool = || plan.commitments.iter().filter(|c| group.nodes.iter().any(|node| node.offer == c.offer));
            PoolBill {
                cost: (0..months).map(|m| of_pool().map(|c| c.cost(m, horizon)).sum()).collect(),
                axes: bought_axes(group).map(|(node, axis)| bought(plan, group.nodes[node].offer, axis, months, scenario)).collect(),
                owed: of_pool().map(|c| c.committed_after_horizon(horizon)).sum(),
            }
        })
        .collect()
}

/// Price per unit-hour (the mean over what is bought) and unit-hours bought of one axis of an offer, by month.
fn bought(plan: &Plan, offer: usize, axis: usize, months: usize, scenario: &Scenario) -> Vec<(f64, f64)> {
    let horizon = &scenario.horizon;
    let of_month = |month| {
        let hours: f64 = plan.commitments_of(offer).map(|c| c.unit_hours(month, horizon)[axis]).sum();
        let cost: f64 = plan.commitments_of(offer).map(|c| c.cost_by_axis(month, horizon)[axis]).sum();
        let listed = plan.commitments_of(offer).next().map_or(0.0, |c| c.price_in(month)[axis]);
        (if hours > 0.0 { cost / hours } else { listed }, hours)
    };
    (0..months).map(of_month).collect()
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

    /// Sum of columns over the months of the span.
    fn sum(&self, columns: impl Iterator<Item = usize>) -> Vec<f64> {
        let mut sum = vec![0.0; self.outcome.replications];
        for column in columns {
            for (total, value) in sum.iter_mut().zip(self.outcome.store.column(column)) {
                *total += value;
            }
        }
        sum
    }

    fn service(&self, column: ServiceColumn) -> Vec<f64> {
        let layout = &self.outcome.layout;
        let months = self.months.clone();
        self.sum(self.pools().flat_map(|(_, group, case)| months.clone().map(move |month| layout.service(group, case, month, column))))
    }

    /// Of the row's pools whose work waits; `None` where none does.
    fn queue(&self, column: QueueColumn) -> Option<Vec<f64>> {
        let layout = &self.outcome.layout;
        let months = self.months.clone();
        let columns: Vec<usize> = self
            .pools()
            .flat_map(|(_, group, case)| months.clone().filter_map(move |month| layout.queue(group, case, month, column)))
            .collect();
        (!columns.is_empty()).then(|| self.sum(columns.into_iter()))
    }

    /// Of the row's pools that try batch; `None` where none does.
    fn below_minimum(&self, column: PoolColumn) -> Option<Vec<f64>> {
        let layout = &self.outcome.layout;
        let months = self.months.clone();
        let pools = self.pools().filter(|(_, group, _)| self.group(*group).tries_batch());
        let columns: Vec<usize> =
            pools.flat_map(|(_, group, _)| months.clone().map(move |month| layout.pool(group, month, column))).collect();
        (!columns.is_empty()).then(|| self.sum(columns.into_iter()))
    }

    fn demand(&self, column: DemandColumn) -> Vec<f64> {
        let layout = &self.outcome.layout;
        let months = self.months.clone();
        let workloads: Vec<usize> = match self.row {
            Row::All => (0..self.scenario.demand.workloads.len()).collect(),
            Row::Pool(_) => self.pools().flat_map(|(_, group, _)| self.group(group).workloads.iter().copied()).collect(),
            Row::Member(workload) => vec![workload],
        };
        self.sum(workloads.iter().flat_map(|&w| months.clone().map(move |month| layout.demand(w, month, column))))
    }

    fn provisioned(&self) -> f64 {
        self.pools().map(|(pool, _, _)| self.outcome.provisioned[self.plan][pool].cost[self.months.clone()].iter().sum::<f64>()).sum()
    }

    fn owed(&self) -> f64 {
        self.pools().map(|(pool, _, _)| self.outcome.provisioned[self.plan][pool].owed).sum()
    }

    fn cost_total(&self) -> Vec<f64> {
        let provisioned = self.provisioned();
        zip(&self.service(ServiceColumn::CostOnDemand), &self.service(ServiceColumn::CostBatch), |a, b| a + b + provisioned)
    }

    /// Cost of the used part of every bought axis: unit-hours used × price.
    fn used(&self, price: impl Fn(f64) -> f64) -> Vec<f64> {
        let mut used = vec![0.0; self.outcome.replications];
        for (pool, group, case) in self.pools() {
            for (axis, bought) in self.outcome.provisioned[self.plan][pool].axes.iter().enumerate() {
                for month in self.months.clone() {
                    let price = price(bought[month].0);
                    let hours = self.outcome.store.column(self.outcome.layout.used(group, case, month, axis));
                    used.iter_mut().zip(hours).for_each(|(sum, hours)| *sum += hours * price);
                }
            }
        }
        used
    }

    fn idle(&self) -> Vec<f64> {
        let provisioned = self.provisioned();
        self.used(|price| price).into_iter().map(|used| provisioned - used).collect()
    }

    /// Used ÷ bought, the axes weighted by their cost; by unit-hours where units cost nothing.
    fn utilisation(&self) -> Option<Vec<f64>> {
        let bought = |price: &dyn Fn(f64) -> f64| -> f64 {
            self.pools()
                .flat_map(|(pool, _, _)| &self.outcome.provisioned[self.plan][pool].axes)
                .flat_map(|axis| &axis[self.months.clone()])
                .map(|&(p, hours)| price(p) * hours)
                .sum()
        };
        let cost = bought(&|price| price);
        let (whole, used) = if cost > 0.0 { (cost, self.used(|price| price)) } else { (bought(&|_| 1.0), self.used(|_| 1.0)) };
        (whole > 0.0).then(|| used.into_iter().map(|used| used / whole).collect())
    }

    /// Largest hour ÷ 60, over the months of the span.
    fn peak(&self) -> Vec<f64> {
        let layout = &self.outcome.layout;
        let column = |month: usize| match self.row {
            Row::All => Some(layout.peak_of_all(month)),
            Row::Pool(_) => self.pools().map(|(_, group, _)| layout.pool(group, month, PoolColumn::PeakHour)).next(),
            Row::Member(workload) => Some(layout.demand(workload, month, DemandColumn::PeakHour)),
        };
        self.largest(column).into_iter().map(|hour| hour / 60.0).collect()
    }

    /// Only of a pool: minutes of different pools count against different quotas.
    fn peak_quota(&self) -> Option<Vec<f64>> {
        let Row::Pool(_) = self.row else { return None };
        let (_, group, _) = self.pools().next()?;
        let layout = &self.outcome.layout;
        let largest = self.largest(|month| Some(layout.pool(group, month, PoolColumn::PeakQuota)));
        (!largest.iter().all(|x| x.is_nan())).then_some(largest)
    }

    fn largest(&self, column: impl Fn(usize) -> Option<usize>) -> Vec<f64> {
        let mut largest = vec![f64::NAN; self.outcome.replications];
        for column in self.months.clone().filter_map(column) {
            // `max` keeps the number where one side is not a number.
            largest.iter_mut().zip(self.outcome.store.column(column)).for_each(|(l, &x)| *l = l.max(x));
        }
        largest
    }

    /// The same row under the baseline: the whole, or the pools that serve the same workloads there.
    fn of_baseline(&self) -> Option<View<'a>> {
        let baseline = self.scenario.baseline;
        let row = match self.row {
            Row::Pool(_) => {
                let (_, group, _) = self.pools().next()?;
                let same = |p: &crate::supply::PoolChoice| self.group(p.group).workloads == self.group(group).workloads;
                Row::Pool(self.scenario.supply.plans[baseline].pools.iter().position(same)?)
            }
            row => row,
        };
        Some(View { plan: baseline, row, ..self.clone() })
    }
}
