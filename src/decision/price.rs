//! Flip points of prices, from the samples of the run itself: a price changes no token's way, so every plan's spend is a straight line in
//! it and the limits stay as they are.

use super::flip::{Cause, FlipPoint};
use super::judgement::{Judgement, Leader, objective_samples};
use super::lever::Lever;
use crate::scenario::Scenario;
use crate::statistics::Method;
use crate::tally::{Metric, Outcome, Row, Span};

/// The nearest change of a price, between none and `tried`, at which another plan of the leader's group is cheaper.
pub(super) fn price_flip(
    scenario: &Scenario,
    outcome: &Outcome,
    judgement: &Judgement,
    leader: &Leader,
    lever: Lever,
    tried: f64,
) -> Option<FlipPoint> {
    let own = line(scenario, outcome, leader.plan, lever);
    let rivals = judgement.rivals(scenario, leader);
    let method = outcome.method(Span::Horizon);
    rivals
        .into_iter()
        .filter_map(|plan| {
            let rival = line(scenario, outcome, plan, lever);
            let (at, error) = own.meets(&rival, method)?;
            let inside = if tried > 0.0 { at >= 0.0 && at <= tried } else { at <= 0.0 && at >= tried };
            let between = (at - 1.96 * error, at + 1.96 * error);
            inside.then_some(FlipPoint { at, between, plan: Some(plan), because: Cause::Cheaper })
        })
        .min_by(|a, b| a.at.abs().total_cmp(&b.at.abs()))
}

/// A plan's objective as a line in the relative change of a price, sample by sample.
struct Line {
    objective: Vec<f64>,
    slope: Vec<f64>,
}

impl Line {
    /// The change at which the other becomes as cheap, and its standard error: the root of mean(D₀) + x mean(D₁), whose error is that of
    /// the mean of D₀ + x D₁ over |mean(D₁)| (the delta method for a ratio of means).
    fn meets(&self, other: &Self, method: Method<'_>) -> Option<(f64, f64)> {
        let difference = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| b - a).collect() };
        let start = difference(&self.objective, &other.objective);
        let slope = difference(&self.slope, &other.slope);
        let mean_slope = method.mean(&slope).point;
        let at = -method.mean(&start).point / mean_slope;
        let residuals: Vec<f64> = start.iter().zip(&slope).map(|(start, slope)| start + at * slope).collect();
        let error = method.mean(&residuals).standard_error? / mean_slope.abs();
        at.is_finite().then_some((at, error))
    }
}

fn line(scenario: &Scenario, outcome: &Outcome, plan: usize, lever: Lever) -> Line {
    let metric = if lever == Lever::OnDemandPrice { Metric::CostOnDemand } else { Metric::CostProvisioned };
    let months = scenario.horizon.months() as f64;
    let mut slope = outcome.column(scenario, plan, Row::All, Span::Horizon, metric).unwrap_or_default();
    slope.iter_mut().for_each(|cost| *cost /= months);
    Line { objective: objective_samples(scenario, outcome, plan), slope }
}
