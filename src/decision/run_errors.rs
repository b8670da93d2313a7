//! How well a run knows what its plans differ by, pair by pair, for those who start from there.

use super::judgement::objective_samples;
use crate::scenario::Scenario;
use crate::statistics::{CONFIDENCE, Estimate};
use crate::tally::{Outcome, Span};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Half the 95 % interval of a mean; endless where its error is unknown.
pub(super) fn half(mean: &Estimate) -> f64 {
    mean.interval(CONFIDENCE).map_or(f64::INFINITY, |(low, high)| 0.5 * (high - low))
}

/// How well the run knows what plans differ by at the stated value.
pub(super) struct RunErrors<'a> {
    scenario: &'a Scenario,
    outcome: &'a Outcome,
    /// Of pairs that were asked for.
    known: Mutex<BTreeMap<(usize, usize), f64>>,
}

impl<'a> RunErrors<'a> {
    pub(super) fn new(scenario: &'a Scenario, outcome: &'a Outcome) -> Self {
        Self { scenario, outcome, known: Mutex::default() }
    }

    /// Half the 95 % interval of what two plans differ by.
    pub(super) fn reach(&self, plan: usize, other: usize) -> f64 {
        let pair = (plan.min(other), plan.max(other));
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&reach) = known().get(&pair) {
            return reach;
        }
        let samples = |plan| objective_samples(self.scenario, self.outcome, plan);
        let difference: Vec<f64> = samples(plan).iter().zip(samples(other)).map(|(a, b)| a - b).collect();
        let reach = half(&self.outcome.method(Span::Horizon).mean(&difference));
        known().insert(pair, reach);
        reach
    }
}
