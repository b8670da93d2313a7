//! Rare trouble: how likely it is that a month breaks the limits where the run saw that hardly ever or never.
//!
//! Importance sampling: the steered normals of the demand (levels and means of the noise) are moved towards trouble by a tilt, and every
//! replication is weighted by the likelihood ratio, so the estimate is unbiased whatever the tilt. Weights are those ratios themselves and not
//! made to sum to one, which would bias it. The tilt comes from cross-entropy pilots: each takes the tenth of its replications that come nearest
//! to breaking the limits, or break them, and moves the tilt to their weighted mean (Rubinstein and Kroese, "The Cross-Entropy Method", Springer
//! 2004, section 4.3 on rare events). What the steered normals do not lead (spikes, walks, outages) stays as it is: where those alone make the
//! trouble, the tilt gains little, and the number of effective samples says so.

use crate::demand::Tilt;
use crate::error::{ErrorKind, Result};
use crate::scenario::Scenario;
use crate::simulation::{RunSpec, run};
use crate::statistics::{CONFIDENCE, EVENTS_FOR_INTERVAL, Estimate, Sampling};
use crate::tally::{Columns, Metric, Outcome, Row, Span, limited};
use std::cmp::Ordering;

/// Below this share of months that break the limits, a run of usual length has seen too few of them to tell the share.
pub const RARE: f64 = 1e-3;

/// How much work may go into it.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Replications of a pilot.
    pilot: u64,
    /// Pilots at most: with each the trouble becomes about ten times as frequent.
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
    /// For those who did not: shares down to 1e-5 or so, for about as much work as a run of 10 000 replications of one plan, and a quarter of that
    /// where it gives up.
    pub const LITTLE: Self = Self { pilot: 512, pilots: 4, replications: (2048, 8192), aim: 400.0, gives_up: true };
}

/// Share of a pilot that the next tilt is made of.
const ELITE: f64 = 0.1;

/// Largest tilt of a normal: farther than this no level is known.
const FARTHEST: f64 = 6.0;

/// Effective samples below which no interval is given: its coverage would be a matter of luck.
const ENOUGH: f64 = EVENTS_FOR_INTERVAL as f64;

/// How often a month breaks the limits under a plan.
#[derive(Clone, Debug)]
pub struct Rare {
    /// The plan.
    pub plan: usize,
    /// Share of the months in which a pool breaks the limits.
    pub share: Estimate,
    /// 95 % interval of the share; `None` where too few effective samples are behind it, or spikes and the like have a part in it.
    pub interval: Option<(f64, f64)>,
    /// Whether nothing but what is led there makes trouble: no spikes, and nothing that lasts.
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
/// As [`run`]: too little memory, or interrupted.
///
/// # Panics
/// When the scenario has no such plan.
pub fn rare(scenario: &Scenario, plan: usize, effort: Effort, spec: &RunSpec<'_>) -> Result<Option<Rare>> {
    let Effort { pilot, pilots, replications: (fewest, most), aim, gives_up } = effort;
    let mut alone = scenario.only(plan);
    alone.supply = alone.supply.without_peak().without_members();
    alone.sampling = Sampling::Sobol;
    let seed = spec.seed.unwrap_or(alone.seed);
    // Where spikes or the like have a part in the trouble, the few samples that weigh the most are seldom seen, and an interval of the others
    // would lie too low.
    let led = alone.demand.is_led_throughout();
    if !alone.limits.any() || (gives_up && !led) {
        return Ok(None);
    }
    let mut tilt = Tilt(vec![Default::default(); alone.demand.workloads.len()]);
    let mut level = Nearness { excess: f64::NEG_INFINITY, load: f64::NEG_INFINITY };
    let mut there = false;
    for number in 0..pilots {
        // Pilots draw other futures than the estimate, so that the tilt does not depend on what it is used for.
        let drawn = draw(&alone, &tilt, seed.wrapping_add(1 + number), pilot, spec)?;
        let mut reached: Vec<Nearness> = drawn.iter().map(|future| future.nearness).collect();
        reached.sort_unstable_by(Nearness::compare);
        let tenth = reached[((1.0 - ELITE) * reached.len() as f64) as usize];
        there = tenth.excess > 0.0;
        if there {
            tilt = centre(&drawn, |future| if future.nearness.excess > 0.0 { future.weight } else { 0.0 }, tilt);
            break;
        }
        if tenth.compare(&reached[0]).is_le() {
            return Ok(None);
        }
        // Where a few heavy weights hold the tilt back, the nearest count alike: that always leads on, if not as well.
        let stuck = tenth.compare(&level).is_le();
        let near = |future: &Future| future.nearness.compare(&tenth).is_ge();
        tilt = centre(&drawn, |future| if near(future) { if stuck { 1.0 } else { future.weight } } else { 0.0 }, tilt);
        level = tenth;
    }
    if gives_up && !there {
        return Ok(None);
    }
    // One more pilot tells how much a replication under the tilt is worth.
    let worth = effective(&draw(&alone, &tilt, seed.wrapping_add(1 + pilots), pilot, spec)?) / pilot as f64;
    if gives_up && worth * (most as f64) < ENOUGH {
        return Ok(None);
    }
    let replications = ((aim / worth).min(most as f64) as u64).next_power_of_two().clamp(fewest, most);
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

/// How near a replication comes to trouble.
#[derive(Clone, Copy, Debug)]
struct Nearness {
    /// The most by which a pool is above a limit in any month; not above 0 where all keep them.
    excess: f64,
    /// The most that a pool is asked for in any month, over its mean: what tells futures apart of which none throttles anything.
    load: f64,
}

impl Nearness {
    fn compare(&self, other: &Self) -> Ordering {
        self.excess.total_cmp(&other.excess).then(self.load.total_cmp(&other.load))
    }

    fn raise(&mut self, other: Self) {
        *self = Self { excess: self.excess.max(other.excess), load: self.load.max(other.load) };
    }
}

/// One replication under a tilt.
struct Future {
    leads: Tilt,
    weight: f64,
    nearness: Nearness,
    /// Share of its months in which a pool breaks a limit.
    broken: f64,
}

impl Future {
    /// Its part of the mean share of broken months.
    fn weighted(&self) -> f64 {
        self.weight * self.broken
    }
}

/// (Σ w)² / Σ w² over what breaks the limits; 0 where nothing does.
fn effective(drawn: &[Future]) -> f64 {
    let (sum, squares) = drawn.iter().map(Future::weighted).fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

fn draw(scenario: &Scenario, tilt: &Tilt, seed: u64, replications: u64, spec: &RunSpec<'_>) -> Result<Vec<Future>> {
    let tilted = scenario.with_demand(scenario.demand.tilted(tilt.clone()));
    let spec = RunSpec { replications: Some(replications), seed: Some(seed), progress: None, ..*spec };
    let run = run(&tilted, &spec, &Columns)?;
    if run.replications < run.asked {
        return Err(ErrorKind::Interrupted.into());
    }
    let generator = tilted.demand.sampled(seed, tilted.sampling);
    let trouble = trouble(&tilted, &run.summary);
    let future = |(replication, (nearness, broken)): (u64, (Nearness, f64))| {
        let (leads, log_weight) = generator.leads(replication).unwrap_or_default();
        Future { leads, weight: libm::exp(log_weight), nearness, broken }
    };
    Ok((0..).zip(trouble).map(future).collect())
}

/// By replication, how near it comes to trouble and its share of months with a pool above a limit.
fn trouble(scenario: &Scenario, outcome: &Outcome) -> Vec<(Nearness, f64)> {
    let limits = limited(&scenario.limits);
    let months = scenario.horizon.months();
    let nothing = Nearness { excess: f64::NEG_INFINITY, load: f64::NEG_INFINITY };
    let mut trouble = vec![(nothing, 0.0); outcome.replications()];
    for month in 0..months {
        let mut of_month = vec![nothing; trouble.len()];
        for (pool, choice) in scenario.supply.plans[0].pools.iter().enumerate() {
            let column = |metric| outcome.column(scenario, 0, Row::Pool(pool), Span::Month(month), metric).unwrap_or_default();
            let workloads = &scenario.supply.groups[choice.group].workloads;
            let mean: f64 = workloads.iter().map(|&workload| scenario.demand.expected_tokens(workload, month).total()).sum();
            let loads = column(Metric::TokensDemand).into_iter().map(|tokens| Nearness { load: tokens / mean, ..nothing });
            of_month.iter_mut().zip(loads).for_each(|(nearness, load)| nearness.raise(load));
            for (metric, limit) in &limits {
                // A share of nothing is not a number and no excess.
                let excesses = column(*metric).into_iter().map(|share| Nearness { excess: share - *limit, ..nothing });
                of_month.iter_mut().zip(excesses).for_each(|(nearness, excess)| nearness.raise(excess));
            }
        }
        for (trouble, nearness) in trouble.iter_mut().zip(of_month) {
            trouble.0.raise(nearness);
            trouble.1 += if nearness.excess > 0.0 { 1.0 / months as f64 } else { 0.0 };
        }
    }
    trouble
}

/// The weighted mean of the leads.
fn centre(drawn: &[Future], weight: impl Fn(&Future) -> f64, before: Tilt) -> Tilt {
    let mut sums = Tilt(vec![Default::default(); before.0.len()]);
    let mut all = 0.0;
    for future in drawn {
        let weight = weight(future);
        all += weight;
        for (sum, z) in sums.0.iter_mut().flatten().zip(future.leads.0.iter().flatten()) {
            *sum += weight * z;
        }
    }
    if !(all > 0.0) {
        return before;
    }
    sums.0.iter_mut().flatten().for_each(|sum| *sum = (*sum / all).clamp(-FARTHEST, FARTHEST));
    sums
}
