//! The figures of a plan that the table, the answer and `plans.csv` show: costs a month, as a mean over the horizon.

use super::Report;
use crate::decision::PlanStanding;
use crate::statistics::{Distribution, Method, Paired, Summariser};
use crate::tally::{Metric, Row, Span};

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

impl Headline {
    /// The figures of one plan; `cheapest` is [`Report::cheapest`].
    ///
    /// # Panics
    ///
    /// When the scenario has no such plan.
    #[must_use]
    pub fn new(report: &Report<'_>, plan: usize, cheapest: usize) -> Self {
        let months = report.scenario.horizon.months() as f64;
        let column = |plan, metric| report.outcome.column(report.scenario, plan, Row::All, Span::Horizon, metric);
        let controls = report.outcome.controls(report.scenario, Span::Horizon);
        let method = Method { sampling: report.scenario.sampling, controls: controls.as_ref() };
        let summary = |samples: Vec<f64>| Summariser::sampled(method.sampling).summarise_by(&samples, method.controls);
        let whole = |metric| column(plan, metric).and_then(summary);
        let monthly = |plan, metric| -> Option<Vec<f64>> { Some(column(plan, metric)?.into_iter().map(|x| x / months).collect()) };
        let a_month = |metric| monthly(plan, metric).and_then(summary);
        let own = monthly(plan, Metric::CostTotal);
        let against = |other: usize| Paired::by(own.as_ref()?, &monthly(other, Metric::CostTotal)?, method).filter(|_| other != plan);
        Self {
            plan,
            cost_total: a_month(Metric::CostTotal),
            cost_on_demand: a_month(Metric::CostOnDemand),
            cost_provisioned: a_month(Metric::CostProvisioned),
            cost_provisioned_idle: a_month(Metric::CostProvisionedIdle),
            cost_batch: a_month(Metric::CostBatch),
            saving: a_month(Metric::SavingVsBaseline),
            requests_throttled_share: whole(Metric::RequestsThrottledShare),
            tokens_late: a_month(Metric::TokensLate),
            deadline_missed: whole(Metric::DeadlineMissed),
            throttled_share: whole(Metric::ThrottledShare),
            utilisation: whole(Metric::Utilisation),
            coverage: whole(Metric::Coverage),
            cost_per_million_tokens: whole(Metric::CostPerMillionTokens),
            committed_after_horizon: whole(Metric::CommittedAfterHorizon),
            stranded: whole(Metric::Stranded),
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
