//! How plans stand in the run, at the stated values: where all looks at changes start from, and how well the run knows what its plans differ by.

use super::criterion::Criterion;
use super::goal::Goal;
use super::judgement::{Judgement, Leader, Level, PlanStanding, is_enough, objective_samples};
use super::requirement::Kept;
use crate::scenario::Scenario;
use crate::statistics::{CONFIDENCE, Estimate, Sampling};
use crate::tally::{Outcome, Span};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Half the 95 % interval of a mean; endless where its error is unknown.
pub(super) fn half(mean: &Estimate) -> f64 {
    mean.interval(CONFIDENCE).map_or(f64::INFINITY, |(low, high)| 0.5 * (high - low))
}

/// Futures below which the worst twentieth is less than one of them, and what a tail is told by does not tell its error.
const FEWEST: usize = 20;

/// How a plan stands in the run.
pub(super) struct RunStand {
    /// Of the limits, and of the budget where there is one.
    pub(super) standing: PlanStanding,
    /// What the goal comes to, and what smoothing may have added.
    pub(super) value: f64,
    smoothing: f64,
    /// Of the budget, where there is one.
    pub(super) over: Option<Over>,
}

/// How a plan keeps the budget in the run.
pub(super) struct Over {
    /// By how much it exceeds the budget, in the mean of numbers by future, and half the 95 % interval of that `[currency a month]`.
    pub(super) mean: f64,
    pub(super) reach: f64,
    kept: Kept,
}

/// How plans stand in the run.
pub(super) struct Stated<'a> {
    scenario: &'a Scenario,
    outcome: &'a Outcome,
    pub(super) criterion: Criterion,
    pub(super) plans: Vec<RunStand>,
    /// How well it is known what pairs differ by that were asked for.
    known: Mutex<BTreeMap<(usize, usize), f64>>,
}

impl<'a> Stated<'a> {
    pub(super) fn new(scenario: &'a Scenario, outcome: &'a Outcome, judgement: &Judgement, criterion: Criterion) -> Self {
        let stand = |(plan, standing): (usize, &PlanStanding)| {
            if criterion == Criterion::MEAN {
                return RunStand { value: standing.objective.point, smoothing: 0.0, standing: standing.clone(), over: None };
            }
            let mut samples = objective_samples(scenario, outcome, plan);
            let over = over(&criterion, &mut samples, scenario.sampling);
            let affordable = over.as_ref().is_none_or(|over| over.kept.holds);
            let value = if criterion.goal == Goal::Mean { standing.objective.point } else { criterion.goal.of(&mut samples) };
            let smoothing = criterion.goal.smoothing(&mut samples);
            RunStand { standing: PlanStanding { affordable, ..standing.clone() }, value, smoothing, over }
        };
        let plans = judgement.standings.iter().enumerate().map(stand).collect();
        Self { scenario, outcome, criterion, plans, known: Mutex::default() }
    }

    /// How well a leader of the run keeps what is asked.
    pub(super) fn level(&self, leader: &Leader) -> Level {
        self.plans[leader.plan].standing.level()
    }

    /// How a plan keeps all that is asked of it.
    pub(super) fn kept(&self, plan: usize) -> Vec<Kept> {
        let RunStand { standing, over, .. } = &self.plans[plan];
        let limits = self.scenario.limits.any().then(|| Kept::limits(standing));
        limits.into_iter().chain(over.as_ref().map(|over| over.kept)).collect()
    }

    /// Half the 95 % interval of what two plans differ by.
    pub(super) fn reach(&self, plan: usize, other: usize) -> f64 {
        let pair = (plan.min(other), plan.max(other));
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&reach) = known().get(&pair) {
            return reach;
        }
        let goal = self.criterion.goal;
        let samples = |plan| goal.influences(objective_samples(self.scenario, self.outcome, plan));
        let difference: Vec<f64> = samples(plan).iter().zip(samples(other)).map(|(a, b)| a - b).collect();
        // What the goal comes to is no mean that controls could have adjusted.
        let adjusted = goal == Goal::Mean;
        let mean = if adjusted { self.outcome.method(Span::Horizon).mean(&difference) } else { self.scenario.sampling.mean(&difference) };
        let told = half(&mean) + (self.plans[plan].smoothing - self.plans[other].smoothing).abs();
        let reach = if goal == Goal::Mean || difference.len() >= FEWEST { told } else { f64::INFINITY };
        known().insert(pair, reach);
        reach
    }
}

/// How these futures keep the budget, where there is one: it is kept where as many as asked do, which is told by counting them.
fn over(criterion: &Criterion, samples: &mut [f64], sampling: Sampling) -> Option<Over> {
    let (within, (_, asked)) = (criterion.within(samples, sampling)?, criterion.budget?);
    let mean = sampling.mean(&criterion.excess(samples));
    let is_unsure = within.interval(CONFIDENCE).is_some_and(|(low, high)| low < asked && asked <= high && low < high);
    let told = half(&mean) + criterion.smoothing_of_excess(samples).abs();
    let (point, reach) = (mean.point, if samples.len() >= FEWEST { told } else { f64::INFINITY });
    let kept = Kept { holds: is_enough(within.share(), asked), is_unsure, ..Kept::budget(point, reach, f64::INFINITY) };
    Some(Over { mean: point, reach, kept })
}
