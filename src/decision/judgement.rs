//! Ranking the plans: among those that keep the limits, by mean spend plus the stated cost of failed requests.

use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::{Scope, ordered_map};
use crate::statistics::{CONFIDENCE, ClusterProportion, Estimate};
use crate::tally::{Outcome, Recipe};
use std::collections::{HashMap, HashSet};

/// How one plan stands.
#[derive(Clone, Debug)]
pub struct PlanStanding {
    /// Mean of what plans are ranked by, a month: see [`Outcome::objective`].
    pub objective: Estimate,
    /// Share of the plan-months of all replications in which every pool keeps the limits; its error is by replication.
    pub months_kept: ClusterProportion,
    /// By how much the worst pool is above the limits, as a share of requests or of jobs: the mean over all months, 0 in those that keep them.
    pub excess: f64,
    /// Whether that share reaches what the scenario asks for. True when nothing is limited.
    pub keeps_limits: bool,
    /// The share that the scenario asks for.
    pub asked: f64,
    /// Whether the share asked for lies inside the 95 % interval of the share: more replications could tell otherwise.
    pub within_error: bool,
    /// Whether the budget is kept in as many futures as are asked for; true where there is none.
    pub affordable: bool,
}

/// How well a plan keeps what is asked of it, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    KeepsAll,
    /// The limits are kept, and the budget is not.
    OverBudget,
    BreaksLimits,
}

impl PlanStanding {
    /// How well it keeps what is asked.
    pub(super) fn level(&self) -> Level {
        match (self.keeps_limits, self.affordable) {
            (true, true) => Level::KeepsAll,
            (true, false) => Level::OverBudget,
            (false, _) => Level::BreaksLimits,
        }
    }

    /// Share of the months that keep the limits.
    pub(super) fn share(&self) -> f64 {
        self.months_kept.estimate().point
    }

    /// Whether a share of the months that may be asked for lies inside the 95 % interval of the share that is kept.
    pub(super) fn is_unsure_of(&self, asked: f64) -> bool {
        self.months_kept.interval(CONFIDENCE).is_some_and(|(low, high)| low < asked && asked <= high && low < high)
    }
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

    /// The other plans of a leader's group that would win if they were the cheaper: those that keep the limits, or may within the error, of which
    /// is told whether that is so; where no plan keeps them, those that exceed them by as much.
    pub(super) fn would_win(&self, scenario: &Scenario, leader: &Leader) -> Vec<(usize, bool)> {
        let own = &self.standings[leader.plan];
        let would = |plan: &usize| {
            let other = &self.standings[*plan];
            if leader.qualified {
                other.keeps_limits || other.within_error && other.objective.point >= own.objective.point
            } else {
                !other.keeps_limits && other.excess.total_cmp(&own.excess).is_eq()
            }
        };
        let plans = (0..self.standings.len()).filter(|&plan| plan != leader.plan);
        let group = plans.filter(|&plan| leader.term.as_ref().is_none_or(|term| belongs(scenario, plan, Some(term))));
        group.filter(would).map(|plan| (plan, leader.qualified && self.standings[plan].within_error)).collect()
    }
}

/// What a run must look at for its plans to be judged: hours with throttling only where these are limited.
pub(super) fn scope(scenario: &Scenario) -> Scope {
    if scenario.limits.throttled_hours.is_some() { Scope::All } else { Scope::Spend }
}

/// Judges every plan of an outcome.
#[must_use]
pub fn judge(scenario: &Scenario, outcome: &Outcome) -> Judgement {
    let mut before = KeptBefore::new();
    let standings = (0..scenario.supply.plans.len()).map(|plan| standing(scenario, outcome, plan, &mut before));
    judged(scenario, standings.collect())
}

/// The same on as many threads as given or the machine has.
///
/// # Errors
/// As [`ordered_map`].
pub fn judge_on(threads: Option<usize>, scenario: &Scenario, outcome: &Outcome) -> Result<Judgement> {
    let plans: Vec<usize> = (0..scenario.supply.plans.len()).collect();
    let objectives = ordered_map(threads, &plans, |&plan| outcome.mean(&outcome.objective(scenario, plan)))?;
    let excesses: Vec<Vec<Recipe>> = plans.iter().map(|&plan| outcome.excess(scenario, plan)).collect();
    let different: Vec<&Vec<Recipe>> = excesses.iter().collect::<HashSet<_>>().into_iter().collect();
    let kept = ordered_map(threads, &different, |excess| outcome.months_kept(excess))?;
    let kept: HashMap<&Vec<Recipe>, (ClusterProportion, f64)> = different.into_iter().zip(kept).collect();
    let standings = objectives.into_iter().zip(&excesses).map(|(objective, excess)| stands(scenario, objective, kept[excess]));
    Ok(judged(scenario, standings.collect()))
}

/// What plans that stand so speak for.
fn judged(scenario: &Scenario, standings: Vec<PlanStanding>) -> Judgement {
    let plans = standings.len();
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
            leader(|plan| &standings[plan], &members, term.clone())
        })
        .collect();
    let within_terms = (scenario.longest_term as usize) > scenario.horizon.months() && terms.len() > 1;
    let leaders = if within_terms { best_per_term.clone() } else { leader(|plan| &standings[plan], &all, None).into_iter().collect() };
    Judgement { standings, leaders, within_terms, best_per_term }
}

/// What plans are bought on that buy on more than one term.
pub(super) const MIXED_TERMS: &str = "mixed terms";

/// The term a plan is bought on; plans that buy nothing have none and belong to every group.
fn term_of(scenario: &Scenario, plan: usize) -> Option<String> {
    let plan = &scenario.supply.plans[plan];
    if plan.buys_nothing() { None } else { Some(plan.term.clone().unwrap_or_else(|| MIXED_TERMS.to_owned())) }
}

pub(super) fn belongs(scenario: &Scenario, plan: usize, term: Option<&String>) -> bool {
    let own = term_of(scenario, plan);
    own.is_none() || own.as_ref() == term
}

/// The cheapest that keeps what is asked; where none does, the cheapest that keeps the limits; where none does that, the one that misses them by the
/// least, the cheaper where that ties. What it costs says little there: a plan is cheap that turns requests away.
pub(super) fn leader<'a>(standing: impl Fn(usize) -> &'a PlanStanding, members: &[usize], term: Option<String>) -> Option<Leader> {
    let objective = |&plan: &usize| standing(plan).objective.point;
    let mut order = members.to_vec();
    order.sort_by(|a, b| {
        let rank = |plan: &usize| {
            let level = standing(*plan).level();
            (level, if level == Level::BreaksLimits { standing(*plan).excess } else { 0.0 })
        };
        let (a_level, a_excess) = rank(a);
        let (b_level, b_excess) = rank(b);
        a_level.cmp(&b_level).then(a_excess.total_cmp(&b_excess)).then(objective(a).total_cmp(&objective(b)))
    });
    let &plan = order.first()?;
    Some(Leader { term, plan, runner_up: order.get(1).copied(), qualified: standing(plan).level() == Level::KeepsAll })
}

/// How often plans keep the limits, by what it depends on: plans that differ in their prices alone keep them alike.
pub(super) type KeptBefore = HashMap<Vec<Recipe>, (ClusterProportion, f64)>;

/// How a plan stands in an outcome. `before` is empty at first, and serves all plans of the outcome.
pub(super) fn standing(scenario: &Scenario, outcome: &Outcome, plan: usize, before: &mut KeptBefore) -> PlanStanding {
    let objective = outcome.mean(&outcome.objective(scenario, plan));
    let kept = *before.entry(outcome.excess(scenario, plan)).or_insert_with_key(|excess| outcome.months_kept(excess));
    stands(scenario, objective, kept)
}

/// Whether a share of the months reaches what is asked. A mean of many shares is rounded: 297 of 300 months are 99 %.
pub(super) fn is_enough(share: f64, asked: f64) -> bool {
    share >= asked - 1e-12
}

fn stands(scenario: &Scenario, objective: Estimate, (months_kept, excess): (ClusterProportion, f64)) -> PlanStanding {
    let limits = &scenario.limits;
    let asked = limits.in_share_of_months;
    let limited = limits.any();
    let standing = PlanStanding { objective, months_kept, excess, keeps_limits: true, asked, within_error: false, affordable: true };
    PlanStanding {
        keeps_limits: !limited || is_enough(standing.share(), asked),
        within_error: limited && standing.is_unsure_of(asked),
        ..standing
    }
}

/// What plans are ranked by, a month, one value per replication: see [`Outcome::objective`].
#[must_use]
pub fn objective_samples(scenario: &Scenario, outcome: &Outcome, plan: usize) -> Vec<f64> {
    outcome.make(&outcome.objective(scenario, plan))
}
