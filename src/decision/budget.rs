//! Spend in the language of budgets: how likely a month, a quarter or the whole exceeds one, on which day it is used up, and the reserve that
//! holds.

use super::criterion::is_within;
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::{Run, RunSpec, run};
use crate::statistics::{Proportion, Sampling, quantile_sorted};
use crate::tally::{Hour, Needs, Replication, Tally};
use std::ops::Range;

const QUARTER: &str = "quarter";

/// Months of a whole quarter.
pub const MONTHS_OF_QUARTER: usize = 3;

/// What is asked: amounts in the scenario's currency.
#[derive(Clone, Copy, Debug, Default)]
pub struct BudgetWish {
    /// For each month.
    pub month: Option<f64>,
    /// For each quarter.
    pub quarter: Option<f64>,
    /// For the whole horizon.
    pub whole: Option<f64>,
    /// The share of the futures in which a reserve should hold, in (0, 1).
    pub reserve: f64,
}

/// A percentile with its interval; the interval is unknown where too few futures were seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percentile {
    /// The percentile.
    pub point: f64,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
}

impl PeriodSpend {
    /// Whether the horizon holds a part of a quarter alone, which is not to be held against what a whole one may cost.
    #[must_use]
    pub fn is_part(&self) -> bool {
        self.kind == QUARTER && self.months < MONTHS_OF_QUARTER
    }
}

impl Percentile {
    /// Of the replications' samples in their order.
    pub(super) fn of(samples: &[f64], p: f64, sampling: Sampling) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let point = quantile_sorted(&sorted, p);
        let interval = sampling.quantile_interval(samples, &sorted, p);
        Self { point, interval }
    }

    /// The same of samples that may be infinite, and are told as they were seen rather than between two: days and numbers of units.
    pub(super) fn of_seen(samples: &[f64], p: f64, sampling: Sampling) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let rank = ((sorted.len() as f64 * p).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
        let point = sorted.get(rank).copied().unwrap_or(f64::NAN);
        Self { point, interval: sampling.quantile_interval(samples, &sorted, p) }
    }
}

/// Spend of one period.
#[derive(Clone, Debug)]
pub struct PeriodSpend {
    /// `month`, `quarter`, or `whole`.
    pub kind: &'static str,
    /// As the files call it: `2027-01`, `2027-Q1`; nothing for the whole.
    pub label: String,
    /// Months of it in the horizon, at least 1.
    pub months: usize,
    /// Mean. `[currency]`
    pub mean: f64,
    /// The spend that the share asked for of the futures stays within. `[currency]`
    pub holds: Percentile,
    /// The budget, and how often it is exceeded, where one was given and the horizon holds all of the period.
    pub exceeds: Option<(f64, Proportion)>,
}

/// When a budget is used up.
#[derive(Clone, Debug)]
pub struct UsedUp {
    /// Share of the futures in which it is, before the horizon ends.
    pub share: Proportion,
    /// The day of the horizon, from 0, by which it is used up in so many of all futures; `None` where it lasts in more than the rest.
    pub days: [(f64, Option<Percentile>); 3],
}

/// What was found.
#[derive(Clone, Debug)]
pub struct BudgetAnswer {
    /// Every month, then every quarter, then the whole.
    pub periods: Vec<PeriodSpend>,
    /// The day on which the budget of the whole is used up.
    pub used_up: Option<UsedUp>,
    /// What must be kept beside the budget of the whole (beside the mean where there is none), to hold in the share asked for. `[currency]`
    pub reserve: Percentile,
    /// Futures seen.
    pub replications: u64,
    /// So many the share asked for takes at the least, where more are needed than were seen.
    pub replications_needed: Option<u64>,
}

/// Looks at one plan of a scenario.
///
/// # Errors
/// As [`run`]: too little memory, or interrupted.
///
/// # Panics
/// When there is no such plan.
pub fn budget(scenario: &Scenario, plan: usize, wish: BudgetWish, spec: &RunSpec<'_>) -> Result<Run<BudgetAnswer>> {
    let alone = scenario.only(plan).lean();
    let slices = Slices::new(&alone);
    let ran = run(&alone, spec, &DailySpend(&slices))?;
    let answer = answer(&alone, &slices, &ran.summary, wish);
    Ok(Run { summary: answer, replications: ran.replications, asked: ran.asked, seed: ran.seed, engine: ran.engine })
}

fn answer(scenario: &Scenario, slices: &Slices, spend: &Spend, wish: BudgetWish) -> BudgetAnswer {
    let horizon = &scenario.horizon;
    let period = |kind: &'static str, label: String, months: Range<usize>, budget: Option<f64>| {
        let mine = slices.of_months(&months);
        let samples: Vec<f64> = spend.futures(slices).map(|future| future[mine.clone()].iter().sum()).collect();
        let mean = samples.iter().sum::<f64>() / samples.len() as f64;
        let holds = Percentile::of(&samples, wish.reserve, scenario.sampling);
        let spend = PeriodSpend { kind, label, months: months.len(), mean, holds, exceeds: None };
        let exceeds =
            |budget: f64| (budget, Proportion::sampled(&samples, scenario.sampling, |spend| f64::from(!is_within(spend, budget))));
        PeriodSpend { exceeds: budget.filter(|_| !spend.is_part()).map(exceeds), ..spend }
    };
    let months = (0..horizon.months()).map(|month| period("month", horizon.month_label(month), month..month + 1, wish.month));
    let quarters = horizon.quarters().into_iter().enumerate();
    let quarters = quarters.map(|(quarter, months)| period(QUARTER, horizon.quarter_label(quarter), months, wish.quarter));
    let whole = period("whole", String::new(), 0..horizon.months(), wish.whole);
    let held = whole.holds;
    let beside = wish.whole.unwrap_or(whole.mean);
    let reserve = Percentile { point: held.point - beside, interval: held.interval.map(|(low, high)| (low - beside, high - beside)) };
    let replications = spend.futures(slices).count() as u64;
    BudgetAnswer {
        used_up: wish.whole.map(|budget| used_up(scenario, slices, spend, budget)),
        periods: months.chain(quarters).chain([whole]).collect(),
        reserve,
        replications,
        replications_needed: scenario.sampling.fewest_for_quantile(wish.reserve).filter(|needed| *needed > replications),
    }
}

fn used_up(scenario: &Scenario, slices: &Slices, spend: &Spend, budget: f64) -> UsedUp {
    let day = |future: &[f64]| {
        let mut sum = 0.0;
        let crossing = future.iter().position(|spend| {
            sum += spend;
            !is_within(sum, budget)
        });
        crossing.map_or(f64::INFINITY, |slice| f64::from(slices.days[slice]))
    };
    let samples: Vec<f64> = spend.futures(slices).map(day).collect();
    // What is not finite is no sample to a proportion.
    let events: Vec<f64> = samples.iter().map(|day| f64::from(day.is_finite())).collect();
    let share = Proportion::sampled(&events, scenario.sampling, |event| event);
    let of = |p: f64| {
        let percentile = Percentile::of_seen(&samples, p, scenario.sampling);
        (p, Some(percentile).filter(|percentile| percentile.point.is_finite()))
    };
    UsedUp { share, days: [0.05, 0.5, 0.95].map(of) }
}

/// Days, cut where a month ends within one: flat months do.
#[derive(Debug)]
struct Slices {
    /// By hour.
    slice_of: Vec<u32>,
    /// By slice: its day.
    days: Vec<u32>,
    /// By month, and at the end: its first slice.
    months: Vec<usize>,
    /// By slice: what is paid by the hour, whatever the future. `[currency]`
    bought: Vec<f64>,
}

impl Slices {
    fn new(scenario: &Scenario) -> Self {
        let (horizon, plan) = (&scenario.horizon, &scenario.supply.plans[0]);
        let mut slices = Self { slice_of: Vec::new(), days: Vec::new(), months: Vec::new(), bought: Vec::new() };
        for month in 0..horizon.months() {
            slices.months.push(slices.days.len());
            for hour in horizon.month_range(month) {
                let day = horizon.day_of(hour);
                if slices.months.last() == Some(&slices.days.len()) || slices.days.last() != Some(&day) {
                    slices.days.push(day);
                    slices.bought.push(0.0);
                }
                slices.slice_of.push(slices.days.len() as u32 - 1);
                if let Some(bought) = slices.bought.last_mut() {
                    *bought += plan.cost_of_hour(hour, horizon);
                }
            }
        }
        slices.months.push(slices.days.len());
        slices
    }

    fn of_months(&self, months: &Range<usize>) -> Range<usize> {
        self.months[months.start]..self.months[months.end]
    }
}

/// A tally of what the one plan of a scenario costs by slice: hours tell what is paid by use.
struct DailySpend<'a>(&'a Slices);

/// Slices of all futures, one future after the other.
#[derive(Debug)]
struct Spend {
    spend: Vec<f64>,
    current: Vec<f64>,
}

impl Spend {
    fn futures(&self, slices: &Slices) -> impl Iterator<Item = &[f64]> {
        self.spend.chunks_exact(slices.days.len().max(1))
    }
}

impl Tally for DailySpend<'_> {
    type Partial = Spend;
    type Summary = Spend;

    fn needs(&self) -> Needs {
        Needs::Hours
    }

    fn partial(&self, _: &Scenario, replications: usize) -> Spend {
        Spend { spend: Vec::with_capacity(self.0.days.len() * replications), current: self.0.bought.clone() }
    }

    fn hour(&self, _: &Scenario, partial: &mut Spend, hour: &Hour<'_>) {
        partial.current[self.0.slice_of[hour.hour] as usize] += hour.service.cost_on_demand + hour.service.cost_batch;
    }

    fn record(&self, partial: &mut Spend, _: &Replication<'_>) {
        partial.spend.extend_from_slice(&partial.current);
        partial.current.copy_from_slice(&self.0.bought);
    }

    fn merge(&self, earlier: &mut Spend, later: Spend) {
        earlier.spend.extend(later.spend);
    }

    fn summarise(&self, _: &Scenario, whole: Spend) -> Spend {
        whole
    }

    fn bytes(&self, _: &Scenario, replications: u64) -> u64 {
        replications.saturating_mul(8 * self.0.days.len() as u64)
    }
}
