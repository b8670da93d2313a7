//! Flip points of prices, from the samples of the run itself: a price changes no token's way, so every plan's spend is a straight line in
//! it and the limits stay as they are. Means meet where these lines do; what else plans may be chosen by is [walked](super::walk) along them.

use super::flip::{AsGood, Cause, End, FlipPoint};
use super::judgement::{Judgement, Leader, objective_samples};
use super::lever::Lever;
use super::point::ROUNDING;
use super::requirement::Requirement;
use crate::scenario::Scenario;
use crate::statistics::{CONFIDENCE, Method};
use crate::tally::{Metric, Outcome, Row, Span};

/// The changes of a price at which other plans of a leader's group become as cheap.
pub(super) struct Crossings<'a> {
    scenario: &'a Scenario,
    outcome: &'a Outcome,
    lever: Lever,
    own: Line,
    /// Plans, changes and whether it cannot be told if the plan keeps the limits; the nearest first.
    found: Vec<(usize, f64, bool)>,
}

impl<'a> Crossings<'a> {
    pub(super) fn new(scenario: &'a Scenario, outcome: &'a Outcome, judgement: &Judgement, leader: &Leader, lever: Lever) -> Self {
        let own = line(scenario, outcome, leader.plan, lever);
        let method = outcome.method(Span::Horizon);
        let crossing = |(plan, unsure)| own.meets(&line(scenario, outcome, plan, lever), method).map(|at| (plan, at, unsure));
        let mut found: Vec<_> = judgement.would_win(scenario, leader).into_iter().filter_map(crossing).collect();
        found.sort_by(|(_, a, _), (_, b, _)| a.abs().total_cmp(&b.abs()));
        Self { scenario, outcome, lever, own, found }
    }

    /// The nearest change between none and `tried`; where there is none, the nearest plan beyond if it may be as cheap at `tried`.
    pub(super) fn end(&self, tried: f64) -> End {
        let ahead = |at: f64| if tried > 0.0 { at >= 0.0 } else { at <= 0.0 };
        let first = |doubtful: bool| self.found.iter().find(|(_, at, is_unsure)| ahead(*at) && *is_unsure == doubtful).copied();
        let reach = |plan: usize, at: f64| {
            self.own.reach(&line(self.scenario, self.outcome, plan, self.lever), at, self.outcome.method(Span::Horizon))
        };
        let is_tried = |(_, at, _): &(usize, f64, bool)| at.abs() <= tried.abs();
        let certain = first(false).filter(is_tried);
        let end = certain.map_or(f64::INFINITY, |(_, at, _)| at.abs());
        let doubtful = first(true).filter(is_tried).filter(|(_, at, _)| at.abs() < end);
        let told = |(plan, at, is_unsure): (usize, f64, bool)| {
            let reach = reach(plan, at);
            let unsure = is_unsure.then_some(Requirement::Limits);
            FlipPoint { at, between: (at - reach, at + reach), plan: Some(plan), because: Cause::Cheaper, unsure }
        };
        let points: Vec<FlipPoint> = doubtful.into_iter().chain(certain).map(told).collect();
        // Unless the stated price is as near.
        let is_near = |&(plan, at, _): &(usize, f64, bool)| {
            let reach = reach(plan, at);
            at.abs() - reach <= tried.abs() && at.abs() > reach
        };
        let beyond = self.found.iter().find(|(_, at, _)| ahead(*at)).filter(|_| points.is_empty()).filter(|found| is_near(found));
        End { points, as_good: beyond.map(|&(plan, ..)| AsGood { plan, at: tried }) }
    }
}

/// A plan's objective as a line in the relative change of a price, sample by sample.
pub(super) struct Line {
    objective: Vec<f64>,
    slope: Vec<f64>,
}

impl Line {
    /// The first so many futures with the price changed.
    pub(super) fn at(&self, change: f64, futures: u64) -> Vec<f64> {
        let futures = usize::try_from(futures).unwrap_or(usize::MAX);
        self.objective.iter().zip(&self.slope).take(futures).map(|(stated, slope)| stated + change * slope).collect()
    }

    /// How the difference to another lies at the stated price, and how it grows.
    fn difference(&self, other: &Self) -> (Vec<f64>, Vec<f64>) {
        let difference = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| b - a).collect() };
        (difference(&self.objective, &other.objective), difference(&self.slope, &other.slope))
    }

    /// The change at which the other becomes as cheap: the root of mean(D₀) + x mean(D₁).
    fn meets(&self, other: &Self, method: Method<'_>) -> Option<f64> {
        let (start, slope) = self.difference(other);
        let none =
            |differences: &[f64], of: &[f64]| differences.iter().zip(of).all(|(difference, of)| difference.abs() <= ROUNDING * of.abs());
        if none(&start, &self.objective) && none(&slope, &self.objective) {
            return None;
        }
        Some(-method.mean(&start).point / method.mean(&slope).point).filter(|at| at.is_finite())
    }

    /// Half the 95 % interval of that: the interval of the mean of D₀ + x D₁ over |mean(D₁)| (the delta method for a ratio of means). Not a
    /// number where the error is unknown.
    fn reach(&self, other: &Self, at: f64, method: Method<'_>) -> f64 {
        let (start, slope) = self.difference(other);
        let residuals: Vec<f64> = start.iter().zip(&slope).map(|(start, slope)| start + at * slope).collect();
        let interval = method.mean(&residuals).interval(CONFIDENCE);
        interval.map_or(f64::NAN, |(low, high)| 0.5 * (high - low) / method.mean(&slope).point.abs())
    }
}

/// One for each plan.
pub(super) fn lines(scenario: &Scenario, outcome: &Outcome, lever: Lever) -> Vec<Line> {
    (0..scenario.supply.plans.len()).map(|plan| line(scenario, outcome, plan, lever)).collect()
}

fn line(scenario: &Scenario, outcome: &Outcome, plan: usize, lever: Lever) -> Line {
    let metric = if lever == Lever::OnDemandPrice { Metric::CostOnDemand } else { Metric::CostProvisioned };
    let months = scenario.horizon.months() as f64;
    let mut slope = outcome.column(scenario, plan, Row::All, Span::Horizon, metric).unwrap_or_default();
    let late = if lever == Lever::UnitPrice { outcome.owed_late(scenario, plan) } else { 0.0 };
    slope.iter_mut().for_each(|cost| *cost = (*cost + late) / months);
    Line { objective: objective_samples(scenario, outcome, plan), slope }
}
