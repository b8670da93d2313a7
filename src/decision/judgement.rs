//! Ranking the plans: among those that keep the limits, by mean spend plus the stated cost of failed requests.

use crate::scenario::Scenario;
use crate::statistics::{ClusterProportion, Estimate, Method};
use crate::tally::{Metric, Outcome, Row, Span};

/// How one plan stands.
#[derive(Clone, Debug)]
pub struct PlanStanding {
    /// Mean of what plans are ranked by, a month: spend, plus failed requests at their stated cost.
    pub objective: Estimate,
    /// Share of the plan-months of all replications in which every pool keeps the limits; its error is by replication.
    pub months_kept: ClusterProportion,
    /// By how much the worst pool is above the limits, as a share of requests or of jobs: the mean over all months, 0 in those that keep them.
    pub excess: f64,
    /// Whether that share reaches what the scenario asks for. True when nothing is limited.
    pub keeps_limits: bool,
    /// Whether the share asked for lies inside the 95 % interval of the share: more replications could tell otherwise.
    pub within_error: bool,
}

/// The best plan of a group that may be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leader {
    /// The term its plans are bought on; `None` when all plans are ranked together.
    pub term: Option<String>,
    /// The cheapest plan that keeps the limits, or the least bad when `qualified` is false.
    pub plan: usize,
    /// The next best of the group, under the same rule.
    pub runner_up: Option<usize>,
    /// Whether the plan keeps the limits.
    pub qualified: bool,
}

/// What the run speaks for.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// One per plan.
    pub standings: Vec<PlanStanding>,
    /// One leader when all plans may be ranked together; one per term on a horizon shorter than the longest term, because a commitment
    /// that outlives the horizon is not comparable with one that does not.
    pub leaders: Vec<Leader>,
    /// Whether plans were ranked within their terms only.
    pub within_terms: bool,
    /// The best plan of each term, in the order of the plans: what the table shows whatever the ranking.
    pub best_per_term: Vec<Leader>,
}

impl Judgement {
    /// The one plan to buy, where there is one.
    #[must_use]
    pub fn recommended(&self) -> Option<&Leader> {
        match self.leaders.as_slice() {
            [leader] => Some(leader),
            _ => None,
        }
    }

    /// The other plans of a leader's group that stand as it does: that keep the limits, or that fail them where it does too.
    #[must_use]
    pub fn rivals(&self, scenario: &Scenario, leader: &Leader) -> Vec<usize> {
        let comparable = |&plan: &usize| {
            plan != leader.plan
                && self.standings[plan].keeps_limits == leader.qualified
                && leader.term.as_ref().is_none_or(|term| belongs(scenario, plan, Some(term)))
        };
        (0..self.standings.len()).filter(comparable).collect()
    }
}

/// Judges every plan of an outcome.
#[must_use]
pub fn judge(scenario: &Scenario, outcome: &Outcome) -> Judgement {
    let plans = scenario.supply.plans.len();
    let controls = outcome.controls(scenario, Span::Horizon);
    let method = Method { sampling: scenario.sampling, controls: controls.as_ref() };
    let standings: Vec<PlanStanding> = (0..plans).map(|plan| standing(scenario, outcome, plan, method)).collect();
    let mut terms: Vec<Option<String>> = Vec::new();
    for plan in 0..plans {
        let term = term_of(scenario, plan);
        if term.is_some() && !terms.contains(&term) {
            terms.push(term);
        }
    }
    if terms.is_empty() {
        terms.push(None);
    }
    let all: Vec<usize> = (0..plans).collect();
    let best_per_term: Vec<Leader> = terms
        .iter()
        .filter_map(|term| {
            let members: Vec<usize> = all.iter().copied().filter(|&p| belongs(scenario, p, term.as_ref())).collect();
            leader(&standings, &members, term.clone())
        })
        .collect();
    let within_terms = (scenario.longest_term as usize) > scenario.horizon.months() && terms.len() > 1;
    let leaders = if within_terms { best_per_term.clone() } else { leader(&standings, &all, None).into_iter().collect() };
    Judgement { standings, leaders, within_terms, best_per_term }
}

/// The term a plan is bought on; plans that buy nothing have none and belong to every group.
fn term_of(scenario: &Scenario, plan: usize) -> Option<String> {
    let plan = &scenario.supply.plans[plan];
    if plan.buys_nothing() { None } else { Some(plan.term.clone().unwrap_or_else(|| "mixed terms".to_owned())) }
}

fn belongs(scenario: &Scenario, plan: usize, term: Option<&String>) -> bool {
    let own = term_of(scenario, plan);
    own.is_none() || own.as_ref() == term
}

/// The cheapest that keeps the limits; where none does, the one that misses them by the least, the cheaper where that ties. What it costs says
/// little there: a plan is cheap that turns requests away.
fn leader(standings: &[PlanStanding], members: &[usize], term: Option<String>) -> Option<Leader> {
    let objective = |&plan: &usize| standings[plan].objective.point;
    let mut order = members.to_vec();
    order.sort_by(|a, b| {
        let rank = |plan: &usize| if standings[*plan].keeps_limits { (0, 0.0) } else { (1, standings[*plan].excess) };
        let (a_group, a_excess) = rank(a);
        let (b_group, b_excess) = rank(b);
        a_group.cmp(&b_group).then(a_excess.total_cmp(&b_excess)).then(objective(a).total_cmp(&objective(b)))
    });
    let &plan = order.first()?;
    Some(Leader { term, plan, runner_up: order.get(1).copied(), qualified: standings[plan].keeps_limits })
}

fn standing(scenario: &Scenario, outcome: &Outcome, plan: usize, method: Method<'_>) -> PlanStanding {
    let months = scenario.horizon.months();
    let limits = &scenario.limits;
    let objective = objective_samples(scenario, outcome, plan);
    let (kept_months, excess) = kept_months(scenario, outcome, plan);
    let mut months_kept = ClusterProportion::sampled(scenario.sampling);
    for &kept in &kept_months {
        months_kept.add(u64::from(kept), months as u64);
    }
    let asked = limits.in_share_of_months;
    let limited = limits.any();
    let share = months_kept.estimate().point;
    let within_error = limited && months_kept.interval(0.95).is_some_and(|(low, high)| low < asked && asked <= high && low < high);
    PlanStanding { objective: method.mean(&objective), months_kept, excess, keeps_limits: !limited || share >= asked, within_error }
}

/// What plans are ranked by, a month, one value per replication: spend plus failed requests at their stated cost.
#[must_use]
pub fn objective_samples(scenario: &Scenario, outcome: &Outcome, plan: usize) -> Vec<f64> {
    let months = scenario.horizon.months() as f64;
    let mut samples = outcome.column(scenario, plan, Row::All, Span::Horizon, Metric::CostTotal).unwrap_or_default();
    if let Some(price) = scenario.limits.cost_per_failed_request {
        let failed = outcome.requests_throttled(scenario, plan, Row::All, Span::Horizon);
        samples.iter_mut().zip(&failed).for_each(|(cost, failed)| *cost += price * failed);
    }
    samples.iter_mut().for_each(|cost| *cost /= months);
    samples
}

/// In how many months of each replication all pools keep the limits; and how far the worst pool is above them, on average over all months.
fn kept_months(scenario: &Scenario, outcome: &Outcome, plan: usize) -> (Vec<u32>, f64) {
    let months = scenario.horizon.months();
    let limits = [
        (Metric::RequestsThrottledShare, scenario.limits.throttled_requests_share),
        (Metric::DeadlineMissed, scenario.limits.missed_deadlines_share),
    ];
    let limits: Vec<(Metric, f64)> = limits.into_iter().filter_map(|(metric, limit)| Some((metric, limit?))).collect();
    if limits.is_empty() {
        return (vec![months as u32; outcome.replications()], 0.0);
    }
    let mut kept = vec![0_u32; outcome.replications()];
    let mut sum = 0.0;
    let rows: Vec<Row> = (0..scenario.supply.plans[plan].pools.len()).map(Row::Pool).collect();
    for month in 0..months {
        let mut excess = vec![0.0_f64; kept.len()];
        for (&row, &(metric, limit)) in rows.iter().flat_map(|row| limits.iter().map(move |limit| (row, limit))) {
            let shares = outcome.column(scenario, plan, row, Span::Month(month), metric).unwrap_or_default();
            // A month without requests throttles none, and one without jobs is never late: NaN is no violation.
            excess.iter_mut().zip(&shares).for_each(|(excess, &share)| *excess = excess.max(share - limit));
        }
        kept.iter_mut().zip(&excess).for_each(|(kept, &excess)| *kept += u32::from(excess == 0.0));
        sum += excess.iter().sum::<f64>();
    }
    let all = (months * kept.len()) as f64;
    (kept, if all > 0.0 { sum / all } else { 0.0 })
}
