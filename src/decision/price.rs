//! Flip points of prices, from the samples of the run itself: a price changes no token's way, so every plan's spend is a straight line in
//! it and the limits stay as they are.

use super::flip::{Cause, FlipPoint};
use super::judgement::{Judgement, Leader, objective_samples};
use super::lever::Lever;
use crate::scenario::Scenario;
use crate::statistics::Method;
use crate::tally::{Metric, Outcome, Row, Span};

/// The changes of a price at which other plans of a leader's group become as cheap.
pub(super) struct Crossings<'a> {
    scenario: &'a Scenario,
    outcome: &'a Outcome,
    lever: Lever,
    own: Line,
    /// Plans and changes, the nearest first.
    found: Vec<(usize, f64)>,
}

impl<'a> Crossings<'a> {
    pub(super) fn new(scenario: &'a Scenario, outcome: &'a Outcome, judgement: &Judgement, leader: &Leader, lever: Lever) -> Self {
        let own = line(scenario, outcome, leader.plan, lever);
        let method = outcome.method(Span::Horizon);
        let crossing = |plan| own.meets(&line(scenario, outcome, plan, lever), method).map(|at| (plan, at));
        let mut found: Vec<(usize, f64)> = judgement.rivals(scenario, leader).into_iter().filter_map(crossing).collect();
        found.sort_by(|(_, a), (_, b)| a.abs().total_cmp(&b.abs()));
        Self { scenario, outcome, lever, own, found }
    }

    /// The nearest change between none and `tried`.
    pub(super) fn flip(&self, tried: f64) -> Option<FlipPoint> {
        let inside = |at: f64| if tried > 0.0 { at >= 0.0 && at <= tried } else { at <= 0.0 && at >= tried };
        let point = |&(plan, at): &(usize, f64)| {
            let rival = line(self.scenario, self.outcome, plan, self.lever);
            let error = self.own.error(&rival, at, self.outcome.method(Span::Horizon))?;
            let between = (at - 1.96 * error, at + 1.96 * error);
            Some(FlipPoint { at, between, plan: Some(plan), because: Cause::Cheaper })
        };
        self.found.iter().filter(|(_, at)| inside(*at)).find_map(point)
    }
}

/// A plan's objective as a line in the relative change of a price, sample by sample.
struct Line {
    objective: Vec<f64>,
    slope: Vec<f64>,
}

impl Line {
    /// How the difference to another lies at the stated price, and how it grows.
    fn difference(&self, other: &Self) -> (Vec<f64>, Vec<f64>) {
        let difference = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| b - a).collect() };
        (difference(&self.objective, &other.objective), difference(&self.slope, &other.slope))
    }

    /// The change at which the other becomes as cheap: the root of mean(D₀) + x mean(D₁).
    fn meets(&self, other: &Self, method: Method<'_>) -> Option<f64> {
        let (start, slope) = self.difference(other);
        Some(-method.mean(&start).point / method.mean(&slope).point).filter(|at| at.is_finite())
    }

    /// The standard error of that: the error of the mean of D₀ + x D₁ over |mean(D₁)| (the delta method for a ratio of means).
    fn error(&self, other: &Self, at: f64, method: Method<'_>) -> Option<f64> {
        let (start, slope) = self.difference(other);
        let residuals: Vec<f64> = start.iter().zip(&slope).map(|(start, slope)| start + at * slope).collect();
        Some(method.mean(&residuals).standard_error? / method.mean(&slope).point.abs())
    }
}

fn line(scenario: &Scenario, outcome: &Outcome, plan: usize, lever: Lever) -> Line {
    let metric = if lever == Lever::OnDemandPrice { Metric::CostOnDemand } else { Metric::CostProvisioned };
    let months = scenario.horizon.months() as f64;
    let mut slope = outcome.column(scenario, plan, Row::All, Span::Horizon, metric).unwrap_or_default();
    slope.iter_mut().for_each(|cost| *cost /= months);
    Line { objective: objective_samples(scenario, outcome, plan), slope }
}
