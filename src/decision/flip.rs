//! What would flip the answer: by how much traffic, growth, unit throughput or a price must change until another plan wins.
//!
//! Prices change no token's way, so their flip points come from the samples of the run itself. The other levers are simulated again, with
//! the same seed and so the same draws, on fewer replications; the run at the changed value is compared with one of the same size at the
//! stated value, never with the main run. A first look at each step spares steps and plans that cannot change the answer: see
//! [`walk`](super::walk).

use super::judgement::{Judgement, Leader};
use super::point::Ground;
use super::price::price_flip;
use super::walk::walk;
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::{RunSpec, ordered_map};
use crate::tally::Outcome;

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

    /// Whether moving it could change an answer: units that are bought, more than one plan or limits that one can break.
    fn plays(self, scenario: &Scenario) -> bool {
        let plans = &scenario.supply.plans;
        let (several, bought) = (plans.len() > 1, plans.iter().any(|plan| !plan.buys_nothing()));
        match self {
            Self::OnDemandPrice => several,
            Self::UnitPrice => several && bought,
            Self::UnitThroughput => bought && (several || scenario.limits.any()),
            Self::Traffic => several || scenario.limits.any(),
            Self::Growth => scenario.horizon.months() > 1 && (several || scenario.limits.any()),
        }
    }

    /// The changes that are tried, from small to large in either direction: relative ones, for growth additions a month.
    fn steps(self) -> [&'static [f64]; 2] {
        match self {
            Self::Growth => [&[-0.02, -0.05, -0.1], &[0.02, 0.05, 0.1]],
            _ => [&[-0.1, -0.2, -0.35, -0.5, -0.7], &[0.1, 0.25, 0.5, 1.0]],
        }
    }

    /// The scenario with the lever moved.
    pub(super) fn apply(self, scenario: &Scenario, change: f64) -> Scenario {
        match self {
            Self::Traffic => scenario.with_demand(scenario.demand.scaled(1.0 + change)),
            Self::Growth => scenario.with_demand(scenario.demand.with_growth(change)),
            Self::UnitThroughput => scenario.with_supply(scenario.supply.with_capacity_factor(1.0 + change)),
            Self::OnDemandPrice | Self::UnitPrice => scenario.clone(),
        }
    }
}

/// Why the answer changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The other plan becomes cheaper.
    Cheaper,
    /// The old winner no longer keeps the limits.
    BreaksLimits,
    /// The new winner now keeps the limits.
    KeepsLimits,
    /// No plan keeps the limits, and the new winner keeps them in more months.
    LessBad,
}

/// One lever, one direction: where another plan wins or the winner breaks the limits, or that neither happens within what was tried.
#[derive(Clone, Debug)]
pub struct Flip {
    /// What is changed.
    pub lever: Lever,
    /// Upwards or downwards.
    pub upwards: bool,
    /// The largest change that was tried: relative, for growth an addition a month.
    pub tried: f64,
    /// Where the answer changes; `None` when it does not up to `tried`.
    pub point: Option<FlipPoint>,
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
}

/// Flip points of each leader: the outer list is by leader, the inner by lever, downwards before upwards.
///
/// # Errors
/// As [`run`](crate::simulation::run): too little memory, or interrupted.
pub fn flips(scenario: &Scenario, outcome: &Outcome, judgement: &Judgement, spec: &RunSpec<'_>) -> Result<Vec<Vec<Flip>>> {
    let ground = |lever: Lever| Ground { scenario, lever, leaders: &judgement.leaders, spec, start: None };
    let start = ground(Lever::Traffic);
    let start = start.point(0.0, &start.all())?;
    let levers = Lever::ALL.into_iter().filter(|lever| lever.plays(scenario));
    let walks: Vec<(Lever, bool)> = levers.flat_map(|lever| [(lever, false), (lever, true)]).collect();
    let flips_of = |&(lever, upwards): &(Lever, bool)| -> Result<Vec<Flip>> {
        let steps = lever.steps()[usize::from(upwards)];
        let tried = steps.last().copied().unwrap_or(0.0);
        let points = match lever {
            Lever::OnDemandPrice | Lever::UnitPrice => {
                // Where no plan keeps the limits, the months in which they are kept decide, whatever the price.
                let find = |leader: &Leader| {
                    if leader.qualified { price_flip(scenario, outcome, judgement, leader, lever, tried) } else { None }
                };
                judgement.leaders.iter().map(find).collect()
            }
            _ => walk(ground(lever), steps, &start)?,
        };
        Ok(points.into_iter().map(|point| Flip { lever, upwards, tried, point }).collect())
    };
    let mut found: Vec<Vec<Flip>> = vec![Vec::new(); judgement.leaders.len()];
    for flips in ordered_map(spec.threads, &walks, flips_of)? {
        found.iter_mut().zip(flips?).for_each(|(found, flip)| found.push(flip));
    }
    Ok(found)
}
