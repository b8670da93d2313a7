//! How near each replication comes to breaking the limits.

use crate::demand::{Leads, Tilt};
use crate::error::{ErrorKind, Result};
use crate::scenario::Scenario;
use crate::simulation::{RunSpec, ordered_map, run};
use crate::statistics::SCRAMBLES;
use crate::tally::{Columns, Metric, Outcome, Row, Span, limited};
use std::cmp::Ordering;

/// Replications whose leads are found at a time.
const TOGETHER: usize = 256;

/// How near a replication comes to trouble.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nearness {
    /// The most by which a pool is above a limit in any month; not above 0 where all keep them.
    pub(super) excess: f64,
    /// The most that a pool is asked for in any month, over its mean: what tells futures apart of which none throttles anything.
    pub(super) load: f64,
}

impl Nearness {
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        self.excess.total_cmp(&other.excess).then(self.load.total_cmp(&other.load))
    }

    fn raise(&mut self, other: Self) {
        *self = Self { excess: self.excess.max(other.excess), load: self.load.max(other.load) };
    }
}

/// One replication under a tilt.
pub(super) struct Future {
    pub(super) leads: Leads,
    pub(super) nearness: Nearness,
    /// Share of its months in which a pool breaks a limit.
    pub(super) broken: f64,
}

impl Future {
    /// Its part of the mean share of broken months.
    pub(super) fn weighted(&self) -> f64 {
        self.leads.weight * self.broken
    }
}

/// (Σ w)² / Σ w² over what breaks the limits; 0 where nothing does.
pub(super) fn effective(drawn: &[Future]) -> f64 {
    let (sum, squares) = drawn.iter().map(Future::weighted).fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

/// Draws so many replications under a tilt.
pub(super) fn draw(scenario: &Scenario, tilt: &Tilt, seed: u64, replications: u64, spec: &RunSpec<'_>) -> Result<Vec<Future>> {
    let tilted = scenario.with_demand(scenario.demand.tilted(tilt.clone().over(replications / SCRAMBLES as u64)));
    let spec = RunSpec { replications: Some(replications), seed: Some(seed), progress: None, ..*spec };
    let run = run(&tilted, &spec, &Columns)?;
    if run.replications < run.asked {
        return Err(ErrorKind::Interrupted.into());
    }
    let generator = tilted.demand.sampled(seed, tilted.sampling);
    let trouble = trouble(&tilted, &run.summary);
    let firsts: Vec<u64> = (0..replications).step_by(TOGETHER).collect();
    let of_some =
        |first: &u64| (*first..replications).take(TOGETHER).filter_map(|replication| generator.leads(replication)).collect::<Vec<_>>();
    let leads = ordered_map(spec.threads, &firsts, of_some)?;
    let future = |(leads, (nearness, broken))| Future { leads, nearness, broken };
    Ok(leads.into_iter().flatten().zip(trouble).map(future).collect())
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
