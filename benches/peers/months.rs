//! Replications of the whole fleet, by either way, and their summaries.

use super::demand::{Form, Months};
use super::fleet::{Fleet, PLANS, Workload};
use super::overflow::{Histogram, Overflow, by_look_up};
use super::summary::Summary;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rayon::prelude::*;

/// Replications that a thread takes at a time.
const CHUNK: usize = 64;

/// A replication's costs, then its throttled tokens, by plan.
pub type Sample = [f64; 2 * PLANS];

/// A workload and what is made of it before the first draw.
#[derive(Debug)]
pub struct Served<'a> {
    workload: &'a Workload,
    months: Months<'a>,
    table: Overflow,
    /// For the way of the histogram.
    histogram: Option<Histogram>,
}

impl<'a> Served<'a> {
    /// With a histogram, that is how months are added up, else by look-ups.
    pub fn new(workload: &'a Workload, form: Form, histogram: bool) -> Self {
        let table = Overflow::new(workload);
        let histogram = histogram.then(|| Histogram::new(workload, &table));
        Self { workload, months: Months::new(workload, form), table, histogram }
    }

    /// Adds one month to a sample.
    fn add(&self, rng: &mut SmallRng, sample: &mut Sample, tokens: &mut [f64], weights: &mut Vec<f64>) {
        let w = self.workload;
        self.months.draw(rng, tokens);
        let batch = w.deferrable * w.batch_price * tokens.iter().sum::<f64>();
        tokens.iter_mut().for_each(|tokens| *tokens *= 1.0 - w.deferrable);
        let sums = match &self.histogram {
            Some(histogram) => histogram.add_up(w, &self.table, tokens, weights),
            None => by_look_up(w, &self.table, tokens),
        };
        for plan in 0..PLANS {
            sample[plan] += batch + w.price * (sums.passed[plan] - sums.refused[plan]);
            sample[PLANS + plan] += sums.refused[plan];
        }
    }
}

/// One sample per replication, on the threads of the pool that this is called in.
pub fn simulate(fleet: &Fleet, served: &[Served<'_>], replications: u64, seed: u64) -> Vec<Sample> {
    let mut first = [0.0; 2 * PLANS];
    first[..PLANS].copy_from_slice(&fleet.units_cost());
    let mut samples = vec![first; replications as usize];
    samples.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, samples)| {
        let mut rng = SmallRng::seed_from_u64(seed.wrapping_mul(1 << 32).wrapping_add(chunk as u64));
        let (mut tokens, mut weights) = (vec![0.0; fleet.hours], Vec::new());
        for sample in samples {
            for workload in served {
                workload.add(&mut rng, sample, &mut tokens, &mut weights);
            }
        }
    });
    samples
}

/// Costs and throttled tokens, by plan.
pub fn summarise(samples: &[Sample]) -> (Vec<Summary>, Vec<Summary>) {
    let mut column = Vec::with_capacity(samples.len());
    let mut of = |index: usize| {
        column.clear();
        column.extend(samples.iter().map(|sample| sample[index]));
        Summary::new(&mut column)
    };
    ((0..PLANS).map(&mut of).collect(), (PLANS..2 * PLANS).map(of).collect())
}
