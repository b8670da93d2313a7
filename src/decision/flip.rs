//! What would flip the answer: by how much traffic, growth, unit throughput or a price must change until another plan wins.
//!
//! Prices change no token's way, so their flip points come from the samples of the run itself. The other levers are simulated again, with
//! the same seed and so the same draws, on fewer replications; the run at the changed value is compared with one of the same size at the
//! stated value, never with the main run.

use super::judgement::{Judgement, Leader, judge, objective_samples};
use super::price::price_flip;
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::{RunSpec, ordered_map, run};
use crate::statistics::Moments;
use crate::tally::{Columns, Outcome};

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lever {
    /// Every workload's level.
    Traffic,
    /// Every on-demand price.
    OnDemandPrice,
    /// Every price of a unit-hour.
    UnitPrice,
    /// What a unit serves.
    UnitThroughput,
    /// The log-drift of demand a month, added to the stated growth.
    Growth,
}

impl Lever {
    /// All levers, in the order they are reported.
    pub const ALL: [Self; 5] = [Self::Traffic, Self::OnDemandPrice, Self::UnitPrice, Self::UnitThroughput, Self::Growth];

    /// The changes that are tried, from small to large in either direction: relative ones, for growth additions a month.
    fn steps(self) -> [&'static [f64]; 2] {
        match self {
            Self::Growth => [&[-0.02, -0.05, -0.1], &[0.02, 0.05, 0.1]],
            _ => [&[-0.1, -0.2, -0.35, -0.5, -0.7], &[0.1, 0.25, 0.5, 1.0]],
        }
    }

    /// The scenario with the lever moved.
    fn apply(self, scenario: &Scenario, change: f64) -> Scenario {
        match self {
            Self::Traffic => scenario.with_demand(scenario.demand.scaled(1.0 + change)),
            Self::Growth => scenario.with_demand(scenario.demand.with_growth(change)),
            Self::UnitThroughput => scenario.with_supply(scenario.supply.with_capacity_factor(1.0 + change)),
            Self::OnDemandPrice | Self::UnitPrice => scenario.clone(),
        }
    }
}

/// Why another plan wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The other plan becomes cheaper.
    Cheaper,
    /// The old winner no longer keeps the limits.
    BreaksLimits,
    /// The new winner now keeps the limits.
    KeepsLimits,
}

/// One lever, one direction: where another plan wins, or that none does within what was tried.
#[derive(Clone, Debug)]
pub struct Flip {
    /// What is changed.
    pub lever: Lever,
    /// Upwards or downwards.
    pub upwards: bool,
    /// The largest change that was tried: relative, for growth an addition a month.
    pub tried: f64,
    /// Where another plan wins; `None` when none does up to `tried`.
    pub point: Option<FlipPoint>,
}

/// Where another plan wins.
#[derive(Clone, Debug)]
pub struct FlipPoint {
    /// The change at which it happens.
    pub at: f64,
    /// Where it lies: the 95 % interval where plans trade places on price, else the two simulated changes around it.
    pub between: (f64, f64),
    /// The plan that wins then.
    pub plan: usize,
    /// Why.
    pub because: Cause,
}

/// Replications of each simulated change: paired differences need few, and all changes together should cost about as much as the run.
const REPLICATIONS: u64 = 128;

/// A lever moved: who leads, and what everyone costs.
struct Point {
    change: f64,
    scenario: Scenario,
    outcome: Outcome,
    judgement: Judgement,
}

/// Flip points of each leader: the outer list is by leader, the inner by lever, downwards before upwards.
///
/// # Errors
/// As [`run`]: too little memory, or interrupted.
pub fn flips(scenario: &Scenario, outcome: &Outcome, judgement: &Judgement, spec: &RunSpec<'_>) -> Result<Vec<Vec<Flip>>> {
    let start = simulate(scenario, Lever::Traffic, 0.0, spec)?;
    let levers = Lever::ALL.into_iter().filter(|&lever| lever != Lever::Growth || scenario.horizon.months() > 1);
    let walks: Vec<(Lever, bool)> = levers.flat_map(|lever| [(lever, false), (lever, true)]).collect();
    let flips_of = |&(lever, upwards): &(Lever, bool)| -> Result<Vec<Flip>> {
        let steps = lever.steps()[usize::from(upwards)];
        let tried = steps.last().copied().unwrap_or(0.0);
        let points = match lever {
            Lever::OnDemandPrice | Lever::UnitPrice => {
                let find = |leader| price_flip(scenario, outcome, judgement, leader, lever, tried);
                judgement.leaders.iter().map(find).collect()
            }
            _ => walk(scenario, lever, steps, &start, spec)?,
        };
        Ok(points.into_iter().map(|point| Flip { lever, upwards, tried, point }).collect())
    };
    let mut found: Vec<Vec<Flip>> = vec![Vec::new(); judgement.leaders.len()];
    for flips in ordered_map(spec.threads, &walks, flips_of)? {
        found.iter_mut().zip(flips?).for_each(|(found, flip)| found.push(flip));
    }
    Ok(found)
}

/// One changed run, on one thread: the walks go side by side.
fn simulate(scenario: &Scenario, lever: Lever, change: f64, spec: &RunSpec<'_>) -> Result<Point> {
    let changed = lever.apply(scenario, change);
    let changed = changed.with_supply(changed.supply.clone().without_peak());
    let replications = spec.replications.unwrap_or(scenario.replications).min(REPLICATIONS);
    let spec = RunSpec { replications: Some(replications), threads: Some(1), progress: None, ..*spec };
    let outcome = run(&changed, &spec, &Columns)?.summary;
    let judgement = judge(&changed, &outcome);
    Ok(Point { change, scenario: changed, outcome, judgement })
}

/// Moves a lever outwards until every leader has lost its place, or to the last step.
fn walk(scenario: &Scenario, lever: Lever, steps: &[f64], start: &Point, spec: &RunSpec<'_>) -> Result<Vec<Option<FlipPoint>>> {
    let leaders = start.judgement.leaders.len();
    let mut found: Vec<Option<FlipPoint>> = vec![None; leaders];
    let mut before: Option<Point> = None;
    for &change in steps {
        let after = simulate(scenario, lever, change, spec)?;
        let last = before.as_ref().unwrap_or(start);
        for (index, slot) in found.iter_mut().enumerate() {
            if slot.is_none() {
                *slot = trade(last, &after, &start.judgement.leaders[index], index);
            }
        }
        before = Some(after);
        if found.iter().all(Option::is_some) {
            break;
        }
    }
    Ok(found)
}

/// Where between two points the leader of a group changes, if it does.
fn trade(before: &Point, after: &Point, leader: &Leader, index: usize) -> Option<FlipPoint> {
    let old = leader.plan;
    let new = after.judgement.leaders.get(index)?.plan;
    if new == old {
        return None;
    }
    let (low, high) = (before.change, after.change);
    let keeps = |point: &Point, plan: usize| point.judgement.standings[plan].keeps_limits;
    let span = high - low;
    if keeps(before, old) && !keeps(after, old) || !keeps(before, new) && keeps(after, new) {
        let (plan, because) = if keeps(after, old) { (new, Cause::KeepsLimits) } else { (old, Cause::BreaksLimits) };
        let asked = after.scenario.limits.in_share_of_months;
        let kept = |point: &Point| point.judgement.standings[plan].months_kept.estimate().point - asked;
        let at = low + span * crossing(kept(before), kept(after));
        return Some(FlipPoint { at, between: (low, high), plan: new, because });
    }
    let (mean_before, se_before) = difference(before, new, old);
    let (mean_after, se_after) = difference(after, new, old);
    let at = |z: f64| low + span * crossing(mean_before + z * se_before, mean_after + z * se_after);
    Some(FlipPoint { at: at(0.0), between: (at(-1.96), at(1.96)), plan: new, because: Cause::Cheaper })
}

/// Share of the way from `before` to `after` at which a straight line between them is zero, within 0 to 1.
fn crossing(before: f64, after: f64) -> f64 {
    let share = before / (before - after);
    // Equal values have no crossing between them; the middle is as good a guess as any.
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 }
}

/// Mean and standard error of what `a` costs more than `b` on the same futures.
fn difference(point: &Point, a: usize, b: usize) -> (f64, f64) {
    let (a, b) = (objective_samples(&point.scenario, &point.outcome, a), objective_samples(&point.scenario, &point.outcome, b));
    let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
    let moments = Moments::from_slice(&differences);
    (moments.mean(), moments.standard_error().unwrap_or(0.0))
}
