//! Rare trouble: how likely it is that a month breaks the limits where the run saw that hardly ever or never.
//!
//! Importance sampling: what of the demand lasts (levels, means of the noise, one spike of each workload) is moved towards trouble by a
//! [`Tilt`](crate::demand::Tilt), and every replication is weighted by the likelihood ratio, so the estimate is unbiased whatever the tilt. Weights
//! are those ratios themselves and not made to sum to one, which would bias it. The tilt comes from cross-entropy pilots: each takes those of its
//! replications that break the limits, or the tenth that comes nearest to it, and moves the tilt to where they are (Rubinstein and Kroese, "The
//! Cross-Entropy Method", Springer 2004, section 4.3 on rare events). What else lasts (walks, events, outages) stays as it is; where it has a part
//! in the trouble, the few samples that weigh the most are seldom seen, so no interval is given.

mod pilots;
mod trouble;

use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::RunSpec;
use crate::statistics::{CONFIDENCE, EVENTS_FOR_INTERVAL, Estimate, Sampling};
use crate::supply::Doubt;
use pilots::{Found, look};
use trouble::{Future, draw, effective};

/// Below this share of months that break the limits, a run of usual length has seen too few of them to tell the share.
pub const RARE: f64 = 1e-3;

/// How much work may go into it.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Replications of a pilot.
    pilot: u64,
    /// Pilots at most: with each the trouble becomes about ten times as frequent, and three are made where it is frequent.
    pilots: u64,
    /// Fewest and most replications of the estimate; how many tells the last pilot.
    replications: (u64, u64),
    /// Effective samples that are aimed at.
    aim: f64,
    /// Whether it ends where the last pilot promises too few of them for an interval.
    gives_up: bool,
}

impl Effort {
    /// For those who ask: shares down to 1e-10 are in reach.
    pub const FULL: Self = Self { pilot: 2048, pilots: 10, replications: (4096, 32_768), aim: 1000.0, gives_up: false };
    /// For those who did not: shares down to 1e-5 or so, for about as much work as a run of 10 000 replications of one plan, or a third of that
    /// where it gives up. Nothing where there are spikes.
    pub const LITTLE: Self = Self { pilot: 1024, pilots: 5, replications: (2048, 8192), aim: 400.0, gives_up: true };
}

/// Effective samples below which no interval is given: its coverage would be a matter of luck.
const ENOUGH: f64 = EVENTS_FOR_INTERVAL as f64;

/// As many times as many must be promised where little work is to be enough.
const LIKELY: f64 = 0.75;

/// What of supply lasts for hours or longer.
const NOT_LED: [Doubt; 3] = [Doubt::Capacity, Doubt::Outages, Doubt::Incidents];

/// How often a month breaks the limits under a plan.
#[derive(Clone, Debug)]
pub struct Rare {
    /// The plan.
    pub plan: usize,
    /// Share of the months in which a pool breaks the limits.
    pub share: Estimate,
    /// 95 % interval of the share; `None` where too few effective samples are behind it, or what is not led has a part in it.
    pub interval: Option<(f64, f64)>,
    /// Whether nothing that lasts makes trouble but what is led there.
    pub led: bool,
    /// Replications of the estimate.
    pub replications: u64,
    /// As many samples of trouble of equal weight would tell as much: (Σ w)² / Σ w² over those that break the limits.
    pub effective: f64,
}

/// Estimates it for one plan. `None` where nothing is limited, where no pilot comes any nearer to trouble, where no trouble was seen even then, or
/// where little effort promises too little for an interval.
///
/// # Errors
/// As [`run`](crate::simulation::run): too little memory, or interrupted.
///
/// # Panics
/// When the scenario has no such plan.
pub fn rare(scenario: &Scenario, plan: usize, effort: Effort, spec: &RunSpec<'_>) -> Result<Option<Rare>> {
    let mut alone = scenario.only(plan);
    alone.supply = alone.supply.without_peak().without_members();
    alone.sampling = Sampling::Sobol;
    let seed = spec.seed.unwrap_or(alone.seed);
    let led = alone.demand.is_led_throughout() && !NOT_LED.iter().any(|&doubt| alone.supply.doubts(doubt));
    // Measured, tilts of spikes that little work finds miss heavy weights, and intervals lie too low.
    if !alone.limits.any() || (effort.gives_up && (!led || alone.demand.has_spikes())) {
        return Ok(None);
    }
    let Some(Found { tilt, worth }) = look(&alone, &effort, seed, spec)? else { return Ok(None) };
    let (fewest, most) = effort.replications;
    // The last step makes it better still.
    if effort.gives_up && !worth.is_some_and(|worth| worth * most as f64 >= LIKELY * ENOUGH) {
        return Ok(None);
    }
    let replications = worth.map_or(most, |worth| (effort.aim / worth).min(most as f64) as u64).next_power_of_two().clamp(fewest, most);
    let drawn = draw(&alone, &tilt, seed, replications, spec)?;
    let effective = effective(&drawn);
    if !(effective > 0.0) {
        return Ok(None);
    }
    let weighted: Vec<f64> = drawn.iter().map(Future::weighted).collect();
    let share = Sampling::Sobol.mean(&weighted);
    let interval = share.interval(CONFIDENCE).filter(|_| led && effective >= ENOUGH).map(|(low, high)| (low.max(0.0), high.min(1.0)));
    Ok(Some(Rare { plan, share, interval, led, replications, effective }))
}
