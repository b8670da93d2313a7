//! The figures of a plan that the table, the answer and `plans.csv` show: costs a month, as a mean over the horizon.

use super::Report;
use crate::decision::PlanStanding;
use crate::statistics::{Best, Distribution, Paired, Summariser};
use crate::tally::{Metric, Recipe, Row, Span};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// How one plan does over the whole horizon.
#[derive(Clone, Debug)]
pub struct Headline {
    /// Index of the plan.
    pub plan: usize,
    /// Spend a month, the mean over the horizon's months in each replication. `[currency]`
    pub cost_total: Option<Distribution>,
    /// The part spent on demand. `[currency a month]`
    pub cost_on_demand: Option<Distribution>,
    /// The part spent on units. `[currency a month]`
    pub cost_provisioned: Option<Distribution>,
    /// The part spent on units and not used. `[currency a month]`
    pub cost_provisioned_idle: Option<Distribution>,
    /// The part spent on batch. `[currency a month]`
    pub cost_batch: Option<Distribution>,
    /// The baseline's spend minus this plan's. `[currency a month]`
    pub saving: Option<Distribution>,
    /// Share of requests throttled.
    pub requests_throttled_share: Option<Distribution>,
    /// Tokens late a month.
    pub tokens_late: Option<Distribution>,
    /// Share of the jobs of which something was late; `None` where nothing waits.
    pub deadline_missed: Option<Distribution>,
    /// Share of tokens throttled.
    pub throttled_share: Option<Distribution>,
    /// Used share of the bought capacity.
    pub utilisation: Option<Distribution>,
    /// Share of the demand that bought capacity served.
    pub coverage: Option<Distribution>,
    /// Spend per million tokens served. `[currency]`
    pub cost_per_million_tokens: Option<Distribution>,
    /// Owed when the horizon ends. `[currency]`
    pub committed_after_horizon: Option<Distribution>,
    /// Bound to, and worth less than that, over the horizon; `None` where no price tells its worth. `[currency]`
    pub stranded: Option<Distribution>,
    /// This plan's spend against the baseline's, on the same futures; `None` for the baseline. `[currency a month]`
    pub against_baseline: Option<Paired>,
    /// This plan's spend against the cheapest plan's; `None` for that plan. `[currency a month]`
    pub against_cheapest: Option<Paired>,
    /// Whether and how often the limits are kept.
    pub standing: PlanStanding,
}

/// The headlines that a report has made, and what regret is measured from: the files, the answer and the table tell of the same plans.
#[derive(Debug, Default)]
pub struct Headlines {
    made: Mutex<HashMap<(usize, usize), Headline>>,
    best: OnceLock<Option<Best>>,
}

impl Headlines {
    fn made(&self) -> MutexGuard<'_, HashMap<(usize, usize), Headline>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The least of each future, made by the first who asks.
    pub(super) fn best(&self, make: impl FnOnce() -> Option<Best>) -> Option<&Best> {
        self.best.get_or_init(make).as_ref()
    }
}

/// The distributions of a headline in the order of its fields, and whether each is a mean over the months rather than of the whole horizon.
pub(super) const HEADLINE: [(Metric, bool); 15] = [
    (Metric::CostTotal, true),
    (Metric::CostOnDemand, true),
    (Metric::CostProvisioned, true),
    (Metric::CostProvisionedIdle, true),
    (Metric::CostBatch, true),
    (Metric::SavingVsBaseline, true),
    (Metric::RequestsThrottledShare, false),
    (Metric::TokensLate, true),
    (Metric::DeadlineMissed, false),
    (Metric::ThrottledShare, false),
    (Metric::Utilisation, false),
    (Metric::Coverage, false),
    (Metric::CostPerMillionTokens, false),
    (Metric::CommittedAfterHorizon, false),
    (Metric::Stranded, false),
];

/// How the columns of [`HEADLINE`] are made.
pub(super) fn recipes(report: &Report<'_>, plan: usize) -> [Option<Recipe>; HEADLINE.len()] {
    HEADLINE.map(|(metric, a_month)| {
        let recipe = report.outcome.recipe(report.scenario, plan, Row::All, Span::Horizon, metric)?;
        Some(if a_month { recipe.over(report.scenario.horizon.months() as f64) } else { recipe })
    })
}

impl Headline {
    /// The figures of one plan; `cheapest` is [`Report::cheapest`].
    ///
    /// # Panics
    ///
    /// When the scenario has no such plan.
    #[must_use]
    pub fn new(report: &Report<'_>, plan: usize, cheapest: usize) -> Self {
        if let Some(made) = report.headlines.made().get(&(plan, cheapest)) {
            return made.clone();
        }
        let mut summariser = Summariser::default();
        let mut of = |recipe: Recipe| report.outcome.distributions(&[&recipe], &mut summariser).into_iter().next().flatten();
        Self::of(report, plan, cheapest, &recipes(report, plan).map(|recipe| recipe.and_then(&mut of)))
    }

    /// The headline made of these distributions, in the order of [`HEADLINE`].
    pub(super) fn of(report: &Report<'_>, plan: usize, cheapest: usize, distributions: &[Option<Distribution>; HEADLINE.len()]) -> Self {
        let made = Self::make(report, plan, cheapest, distributions);
        report.headlines.made().insert((plan, cheapest), made.clone());
        made
    }

    fn make(report: &Report<'_>, plan: usize, cheapest: usize, distributions: &[Option<Distribution>; HEADLINE.len()]) -> Self {
        let months = report.scenario.horizon.months() as f64;
        let monthly = |plan: usize| {
            let recipe = report.outcome.recipe(report.scenario, plan, Row::All, Span::Horizon, Metric::CostTotal)?;
            Some(report.outcome.make(&recipe.over(months)))
        };
        let own = monthly(plan);
        let method = report.outcome.method(Span::Horizon);
        let against = |other: usize| if other == plan { None } else { Paired::by(own.as_ref()?, &monthly(other)?, method) };
        let [
            cost_total,
            cost_on_demand,
            cost_provisioned,
            cost_provisioned_idle,
            cost_batch,
            saving,
            requests_throttled_share,
            tokens_late,
            deadline_missed,
            throttled_share,
            utilisation,
            coverage,
            cost_per_million_tokens,
            committed_after_horizon,
            stranded,
        ] = *distributions;
        Self {
            plan,
            cost_total,
            cost_on_demand,
            cost_provisioned,
            cost_provisioned_idle,
            cost_batch,
            saving,
            requests_throttled_share,
            tokens_late,
            deadline_missed,
            throttled_share,
            utilisation,
            coverage,
            cost_per_million_tokens,
            committed_after_horizon,
            stranded,
            against_baseline: against(report.scenario.baseline),
            against_cheapest: against(cheapest),
            standing: report.judgement.standings[plan].clone(),
        }
    }
}

/// Share of the futures in which the first of two plans is strictly cheaper: a tie saves nothing.
pub(super) fn cheaper(paired: &Paired) -> crate::statistics::Proportion {
    paired.probability_strictly_less
}
