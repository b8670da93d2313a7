//! Moving a lever outwards, simulating each change, until another plan wins.

use super::flip::{Cause, FlipPoint, Lever};
use super::judgement::{Judgement, Leader, judge, objective_samples};
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::{RunSpec, Scope, run};
use crate::tally::{Columns, Outcome};

/// Replications of each simulated change: paired differences need few, and all changes together should cost about as much as the run.
const REPLICATIONS: u64 = 128;

/// Halvings of a step in which a plan begins or ceases to keep the limits. The share of months that keep them does not change along a
/// straight line, as costs nearly do; an eighth of a step is about what the replications can tell apart.
const HALVINGS: usize = 3;

/// A lever moved: who leads, and what everyone costs.
pub(super) struct Point {
    change: f64,
    scenario: Scenario,
    outcome: Outcome,
    judgement: Judgement,
}

/// One changed run, on one thread: the walks go side by side.
pub(super) fn simulate(scenario: &Scenario, lever: Lever, change: f64, spec: &RunSpec<'_>) -> Result<Point> {
    let changed = lever.apply(scenario, change);
    let changed = changed.with_supply(changed.supply.clone().without_peak().without_members());
    let replications = spec.replications.unwrap_or(scenario.replications).min(REPLICATIONS);
    let spec = RunSpec { replications: Some(replications), threads: Some(1), scope: Scope::Spend, progress: None, ..*spec };
    let outcome = run(&changed, &spec, &Columns)?.summary;
    let judgement = judge(&changed, &outcome);
    Ok(Point { change, scenario: changed, outcome, judgement })
}

/// Moves a lever outwards until the answer about each of the run's leaders has changed, or to the last step.
pub(super) fn walk(
    scenario: &Scenario,
    lever: Lever,
    steps: &[f64],
    (start, leaders): (&Point, &[Leader]),
    spec: &RunSpec<'_>,
) -> Result<Vec<Option<FlipPoint>>> {
    let mut found: Vec<Option<FlipPoint>> = vec![None; leaders.len()];
    let mut before: Option<Point> = None;
    for &change in steps {
        let after = simulate(scenario, lever, change, spec)?;
        let last = before.as_ref().unwrap_or(start);
        for (index, slot) in found.iter_mut().enumerate() {
            if slot.is_none() {
                let leader = (index, &leaders[index]);
                *slot = trade(last, &after, leader);
                if let Some(point) = slot.as_mut().filter(|point| point.because != Cause::Cheaper) {
                    narrow(point, last, &after, leader, &|change| simulate(scenario, lever, change, spec))?;
                }
            }
        }
        before = Some(after);
        if found.iter().all(Option::is_some) {
            break;
        }
    }
    Ok(found)
}

/// Halves the step in which keeping the limits made a plan win or lose.
fn narrow(
    found: &mut FlipPoint,
    before: &Point,
    after: &Point,
    leader: (usize, &Leader),
    simulate: &dyn Fn(f64) -> Result<Point>,
) -> Result<()> {
    let mut inner: [Option<Point>; 2] = [None, None];
    let mut settled = found.between;
    for _ in 0..HALVINGS {
        let (low, high) = (inner[0].as_ref().unwrap_or(before), inner[1].as_ref().unwrap_or(after));
        let middle = simulate(0.5 * (low.change + high.change))?;
        let plan = found.plan.filter(|_| found.because != Cause::BreaksLimits).unwrap_or(leader.1.plan);
        let is_settled = found.because == Cause::LessBad || !middle.judgement.standings[plan].within_error;
        let earlier = trade(low, &middle, leader);
        let end = if earlier.is_some() { &mut settled.1 } else { &mut settled.0 };
        if is_settled {
            *end = middle.change;
        }
        let side = usize::from(earlier.is_some());
        let Some(point) = earlier.or_else(|| trade(&middle, high, leader)) else { break };
        *found = point;
        if found.because == Cause::Cheaper {
            return Ok(());
        }
        inner[side] = Some(middle);
    }
    found.between = settled;
    Ok(())
}

/// Where between two points the answer about the leader of a group changes, if it does: another plan leads, the leader breaks the limits, or
/// it begins to keep them where the run found that no plan does.
fn trade(before: &Point, after: &Point, (index, leader): (usize, &Leader)) -> Option<FlipPoint> {
    let old = leader.plan;
    let new = after.judgement.leaders.get(index)?.plan;
    let (low, high) = (before.change, after.change);
    let keeps = |point: &Point, plan: usize| point.judgement.standings[plan].keeps_limits;
    if new == old && keeps(after, old) == leader.qualified {
        return None;
    }
    let kept = |point: &Point, plan: usize| point.judgement.standings[plan].months_kept.estimate().point;
    let excess = |point: &Point, plan: usize| point.judgement.standings[plan].excess;
    let span = high - low;
    let because = match (leader.qualified, keeps(after, old), keeps(after, new)) {
        (true, false, _) => Cause::BreaksLimits,
        (true, true, _) if keeps(before, new) => Cause::Cheaper,
        (false, _, false) => Cause::LessBad,
        _ => Cause::KeepsLimits,
    };
    let plan = Some(new).filter(|_| because == Cause::LessBad || keeps(after, new));
    if before.judgement.leaders.get(index)?.plan != old || keeps(before, old) != leader.qualified {
        // So few replications as these see the answer changed even without this change.
        return Some(FlipPoint { at: low, between: (low, high), plan, because });
    }
    let asked = after.scenario.limits.in_share_of_months;
    let at = match because {
        Cause::BreaksLimits => crossing(kept(before, old) - asked, kept(after, old) - asked),
        Cause::KeepsLimits => crossing(kept(before, new) - asked, kept(after, new) - asked),
        Cause::LessBad => crossing(excess(before, old) - excess(before, new), excess(after, old) - excess(after, new)),
        Cause::Cheaper => {
            let (mean_before, se_before) = difference(before, new, old);
            let (mean_after, se_after) = difference(after, new, old);
            let at = |z: f64| low + span * crossing(mean_before + z * se_before, mean_after + z * se_after);
            return Some(FlipPoint { at: at(0.0), between: (at(-1.96), at(1.96)), plan, because });
        }
    };
    Some(FlipPoint { at: low + span * at, between: (low, high), plan, because })
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
    let mean = point.scenario.sampling.mean(&differences);
    (mean.point, mean.standard_error.unwrap_or(0.0))
}
