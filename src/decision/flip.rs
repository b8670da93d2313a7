//! What would flip the answer: by how much traffic, growth, unit throughput or a price must change until another plan wins.
//!
//! Prices change no token's way, so their flip points come from the samples of the run itself. The other levers are simulated again, with
//! the same seed and so the same draws, on fewer replications, which start from where plans stand in the run: see [`point`](super::point). A
//! first look at each step spares steps and plans that cannot change the answer: see [`walk`](super::walk).

use super::judgement::{Judgement, Leader};
use super::lever::Lever;
use super::likelihood::{Futures, Likelihood};
use super::point::{Ground, REPLICATIONS, WITH_LIMITS};
use super::price::Crossings;
use super::run_errors::RunErrors;
use super::walk::walk;
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::{Engine, RunSpec, ordered_map};
use crate::tally::Outcome;

/// Why the answer changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The other plan becomes cheaper.
    Cheaper,
    /// The old winner no longer keeps the limits.
    BreaksLimits,
    /// The new winner now keeps the limits.
    KeepsLimits,
    /// No plan keeps the limits, and the new winner misses them by less.
    LessBad,
}

/// One lever, one direction: where another plan wins or the winner breaks the limits, or that neither happens within what was tried.
#[derive(Clone, Debug)]
pub struct Flip {
    /// What is changed.
    pub lever: Lever,
    /// Upwards or downwards.
    pub upwards: bool,
    /// The largest change that was tried: relative, for growth an addition a month, for the cached share one in points.
    pub tried: f64,
    /// Where the answer changes; `None` when it does not up to `tried`.
    pub point: Option<FlipPoint>,
    /// Where it does not: a plan that costs no more than the leader's at `tried`, as far as can be told.
    pub as_good: Option<usize>,
    /// How likely it is that far or farther; `None` where the answer does not change.
    pub likelihood: Option<Likelihood>,
}

/// Where the answer changes.
#[derive(Clone, Debug)]
pub struct FlipPoint {
    /// The change at which it happens.
    pub at: f64,
    /// Where it lies: the 95 % interval where plans trade places on price; where the limits decide, the nearest simulated changes around
    /// it at which keeping them is settled with 95 %, or the ends of the step.
    pub between: (f64, f64),
    /// The plan that wins then; `None` where no plan keeps the limits any more.
    pub plan: Option<usize>,
    /// Why.
    pub because: Cause,
    /// Whether it cannot be told if the plan that is the cheaper then keeps the limits.
    pub limits_unsure: bool,
}

/// What moving a lever one way comes to.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// The answer changes.
    Flips(FlipPoint),
    /// It does not, up to the last change that is tried.
    Stands {
        /// A plan that costs no more there, as far as can be told.
        as_good: Option<usize>,
    },
}

/// Flip points of each leader: the outer list is by leader, the inner by lever, downwards before upwards.
///
/// # Errors
/// As [`run`](crate::simulation::run): too little memory, or interrupted.
pub fn flips(scenario: &Scenario, outcome: &Outcome, judgement: &Judgement, spec: &RunSpec<'_>) -> Result<Vec<Vec<Flip>>> {
    let errors = &RunErrors::new(scenario, outcome);
    let stated = |most: u64| {
        let ground = Ground { scenario, lever: Lever::Traffic, judgement, errors, spec, start: None, most };
        ground.point(0.0, &ground.all()).map(|point| (point, most))
    };
    let (mut start, mut most) = stated(REPLICATIONS)?;
    if start.engine == Engine::Kernel && scenario.limits.any() {
        (start, most) = stated(WITH_LIMITS)?;
    }
    let ground = |lever: Lever| Ground { scenario, lever, judgement, errors, spec, start: None, most };
    let levers = Lever::ALL.into_iter().filter(|lever| lever.plays(scenario));
    let ways = |lever: Lever| [false, true].map(|upwards| (lever, upwards, lever.steps(scenario, upwards)));
    let ways = |lever: Lever| ways(lever).into_iter().filter(|(.., steps)| !steps.is_empty()).collect::<Vec<Way>>();
    // Both ways of a price are told by the same crossings.
    let walks: Vec<Vec<Way>> = levers
        .flat_map(|lever| if lever.is_price() { vec![ways(lever)] } else { ways(lever).into_iter().map(|way| vec![way]).collect() })
        .collect();
    let futures = Futures { scenario, outcome, seed: spec.seed.unwrap_or(scenario.seed) };
    let flips_of = |ways: &Vec<Way>| -> Result<Vec<Vec<Flip>>> {
        let crossings = |leader: &Leader, lever| Crossings::new(scenario, outcome, judgement, leader, lever);
        let crossings: Vec<Crossings<'_>> = match ways.first() {
            Some((lever, ..)) if lever.is_price() => judgement.leaders.iter().map(|leader| crossings(leader, *lever)).collect(),
            _ => Vec::new(),
        };
        let of_way = |(lever, upwards, steps): &Way| {
            let (lever, upwards, tried) = (*lever, *upwards, steps.last().copied().unwrap_or(0.0));
            let ends = if lever.is_price() {
                crossings.iter().map(|crossings| crossings.end(tried)).collect()
            } else {
                walk(ground(lever), steps, &start)?
            };
            let told = judgement.leaders.iter().zip(ends).map(|(leader, end)| {
                // Nothing falls by more than itself, and no prompt has more than all of it in the cache; an end that is not known stays so.
                let possible = |change: f64| {
                    let beyond = if upwards { change < 0.0 } else { change > 0.0 };
                    let change = if beyond { 0.0 } else { change };
                    match lever {
                        _ if change.is_nan() => change,
                        Lever::Growth => change,
                        Lever::CacheShare if upwards => change.min(tried),
                        Lever::CacheShare => change.max(tried),
                        _ => change.max(-1.0),
                    }
                };
                let (point, as_good) = match end {
                    End::Flips(point) => {
                        let between = (possible(point.between.0), possible(point.between.1));
                        (Some(FlipPoint { between, ..point }), None)
                    }
                    End::Stands { as_good } => (None, as_good),
                };
                let likelihood = point.as_ref().map(|point| futures.likelihood(lever, upwards, point, leader.plan));
                Flip { lever, upwards, tried, point, as_good, likelihood }
            });
            Ok(told.collect())
        };
        ways.iter().map(of_way).collect()
    };
    let mut found: Vec<Vec<Flip>> = vec![Vec::new(); judgement.leaders.len()];
    for ways in ordered_map(spec.threads, &walks, flips_of)? {
        for flips in ways? {
            found.iter_mut().zip(flips).for_each(|(found, flip)| found.push(flip));
        }
    }
    Ok(found)
}

/// A lever, whether it moves upwards, and how far at each step.
type Way = (Lever, bool, Vec<f64>);
