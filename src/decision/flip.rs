//! What would flip the answer: by how much traffic, growth, unit throughput or a price must change until another plan wins.
//!
//! Prices change no token's way, so their flip points come from the samples of the run itself: see [`price`](super::price). The other levers are
//! simulated again, with the same seed and so the same draws, on fewer replications, which start from where plans stand in the run: see [`point`](super::point). A
//! first look at each step spares steps and plans that cannot change the answer: see [`walk`](super::walk).

use super::criterion::Criterion;
use super::judgement::Judgement;
use super::lever::Lever;
use super::likelihood::{Futures, Likelihood};
use super::point::{Ground, Point};
use super::price::{Crossings, Line, lines};
use super::requirement::Requirement;
use super::stated::Stated;
use super::walk::walk;
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::{Engine, RunSpec, ordered_map};
use crate::tally::Outcome;

/// Replications of each change that is told: paired differences need few, and all changes together should cost less than the run.
const REPLICATIONS: u64 = 128;

/// At least this part of the run's: whoever runs more wants to know better.
const PART: u64 = 20;

/// The same where limits or a budget may decide or a tail does, and the kernel serves: how many months keep limits is told by whole futures, and
/// takes more of these.
const ON_KERNEL: u64 = 512;

/// Months that may break the limits of all these, so that a part of them is still seen where a change leaves fewer: where nine of ten months must keep
/// them the replications above are enough, where 99 of 100 must they are not.
const BREAKING: f64 = 16.0;

/// Hours of all plans and replications that the reference may serve at a change for that.
const PLAN_HOURS: f64 = 5e6;

/// The most for that; and for prices, which take no simulation, where it is not the mean that decides.
const MANY: u64 = 4096;

/// Why the answer changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The other plan becomes cheaper.
    Cheaper,
    /// The old winner no longer keeps this.
    Breaks(Requirement),
    /// The new winner now keeps this.
    Keeps(Requirement),
    /// No plan keeps the limits, and the new winner misses them by less.
    LessBad,
}

/// One lever, one direction: where another plan wins or the winner breaks the limits, or that neither happens within what was tried. There are two
/// of a direction where another plan would win at, or before, the change that is told if it kept what is asked, which cannot be told.
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
    /// A plan that costs no more than the leader's before that, or at `tried` where the answer does not change, as far as can be told.
    pub as_good: Option<AsGood>,
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
    /// The plan that wins then; `None` where no plan keeps what is asked any more.
    pub plan: Option<usize>,
    /// Why.
    pub because: Cause,
    /// What it cannot be told of whether the plan that is the cheaper then keeps it.
    pub unsure: Option<Requirement>,
}

/// A plan that cannot be told from the leader at a change, though it can at the stated value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AsGood {
    /// The plan.
    pub plan: usize,
    /// The change.
    pub at: f64,
}

/// What moving a lever one way comes to.
#[derive(Clone, Debug)]
pub(super) struct End {
    /// Where the answer changes up to the last change that is tried: where it may, within the error, and where it does.
    pub(super) points: Vec<FlipPoint>,
    /// A plan that costs no more before, or at that last change.
    pub(super) as_good: Option<AsGood>,
}

/// Flip points of each leader, of plans that are chosen by this: the outer list is by leader, the inner by lever, downwards before upwards.
///
/// # Errors
/// As [`run`](crate::simulation::run): too little memory, or interrupted.
pub fn flips(
    scenario: &Scenario,
    outcome: &Outcome,
    judgement: &Judgement,
    criterion: Criterion,
    spec: &RunSpec<'_>,
) -> Result<Vec<Vec<Flip>>> {
    let stated = &Stated::new(scenario, outcome, judgement, criterion);
    let ground = |lever: Lever, most: u64| Ground { scenario, lever, judgement, stated, spec, start: None, most, lines: None };
    let at_stated = |ground: &Ground<'_>| ground.point(0.0, &ground.all());
    let mut most = REPLICATIONS.max(outcome.replications() as u64 / PART);
    let mut start = at_stated(&ground(Lever::Traffic, most))?;
    let wanted = wanted(scenario, criterion, &start.engine);
    if wanted > most {
        most = wanted;
        start = at_stated(&ground(Lever::Traffic, most))?;
    }
    let levers = Lever::ALL.into_iter().filter(|lever| lever.plays(scenario, criterion));
    let ways = |lever: Lever| [false, true].map(|upwards| (lever, upwards, lever.steps(scenario, upwards)));
    let ways = |lever: Lever| ways(lever).into_iter().filter(|(.., steps)| !steps.is_empty()).collect::<Vec<Way>>();
    // Both ways of a price are told by the same crossings.
    let walks: Vec<Vec<Way>> = levers
        .flat_map(|lever| if lever.is_price() { vec![ways(lever)] } else { ways(lever).into_iter().map(|way| vec![way]).collect() })
        .collect();
    let futures = Futures { scenario, outcome, seed: spec.seed.unwrap_or(scenario.seed) };
    let flips_of = |ways: &Vec<Way>| -> Result<Vec<Vec<Vec<Flip>>>> {
        let price = ways.first().map(|(lever, ..)| *lever).filter(|lever| lever.is_price());
        let priced = price.map(|lever| Priced::new((scenario, outcome), judgement, criterion, &ground(lever, MANY))).transpose()?;
        let of_way = |(lever, upwards, steps): &Way| {
            let (lever, upwards, tried) = (*lever, *upwards, steps.last().copied().unwrap_or(0.0));
            let ends = match &priced {
                Some(Priced::Means(crossings)) => crossings.iter().map(|crossings| crossings.end(tried)).collect(),
                Some(Priced::Walked(lines, start)) => walk(Ground { lines: Some(lines), ..ground(lever, MANY) }, steps, start)?,
                None => walk(ground(lever, most), steps, &start)?,
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
                let End { points, as_good } = end;
                let bounded = |point: FlipPoint| FlipPoint { between: (possible(point.between.0), possible(point.between.1)), ..point };
                let mut points: Vec<Option<FlipPoint>> = points.into_iter().map(bounded).map(Some).collect();
                if points.is_empty() {
                    points.push(None);
                }
                let of_point = |(number, point): (usize, Option<FlipPoint>)| {
                    let likelihood = point.as_ref().map(|point| futures.likelihood(lever, upwards, point, leader.plan));
                    Flip { lever, upwards, tried, point, as_good: as_good.filter(|_| number == 0), likelihood }
                };
                points.into_iter().enumerate().map(of_point).collect::<Vec<Flip>>()
            });
            Ok(told.collect())
        };
        ways.iter().map(of_way).collect()
    };
    let mut found: Vec<Vec<Flip>> = vec![Vec::new(); judgement.leaders.len()];
    for ways in ordered_map(spec.threads, &walks, flips_of)? {
        for flips in ways? {
            found.iter_mut().zip(flips).for_each(|(found, flips)| found.extend(flips));
        }
    }
    Ok(found)
}

/// Replications of each change that how plans are chosen takes at the least, where this engine serves it.
fn wanted(scenario: &Scenario, criterion: Criterion, engine: &Engine) -> u64 {
    match engine {
        Engine::Reference(_) => enough_break(scenario).min(affordable(scenario)),
        Engine::Kernel if scenario.limits.any() || criterion != Criterion::MEAN => ON_KERNEL.max(enough_break(scenario)),
        Engine::Kernel => 0,
    }
}

/// Replications in which as many months as should may break the limits; 0 where nothing is limited.
fn enough_break(scenario: &Scenario) -> u64 {
    let (limits, months) = (&scenario.limits, scenario.horizon.months() as f64);
    let enough = BREAKING / (months * (1.0 - limits.in_share_of_months));
    // All months must keep them where that is endless.
    if limits.any() { (enough.ceil() as u64).min(MANY) } else { 0 }
}

/// Replications of all plans that the reference serves at a change in less than a tenth of a second.
fn affordable(scenario: &Scenario) -> u64 {
    (PLAN_HOURS / (scenario.supply.plans.len() * scenario.horizon.hours()) as f64) as u64
}

/// A lever, whether it moves upwards, and how far at each step.
type Way = (Lever, bool, Vec<f64>);

/// How it is told where a price flips the answer.
enum Priced<'a> {
    /// Where the lines of means meet, by leader.
    Means(Vec<Crossings<'a>>),
    /// By walking along each plan's lines, from all plans at the stated price.
    Walked(Vec<Line>, Point),
}

impl<'a> Priced<'a> {
    fn new(
        (scenario, outcome): (&'a Scenario, &'a Outcome),
        judgement: &Judgement,
        criterion: Criterion,
        ground: &Ground<'_>,
    ) -> Result<Self> {
        let lever = ground.lever;
        if criterion == Criterion::MEAN {
            let crossings = judgement.leaders.iter().map(|leader| Crossings::new(scenario, outcome, judgement, leader, lever));
            return Ok(Self::Means(crossings.collect()));
        }
        let lines = lines(scenario, outcome, lever);
        let ground = Ground { lines: Some(&lines), ..*ground };
        let start = ground.point(0.0, &ground.all())?;
        Ok(Self::Walked(lines, start))
    }
}
