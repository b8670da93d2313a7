//! The work of `workloads/assistant-fleet.toml` as a good practitioner would write it in Rust, and by the product, to compare their speed.
//!
//! ```text
//! cargo bench --bench peers -- --way plain --form full --replications 10000
//! ```
//!
//! Prints one line of JSON. `benches/README.md` says what is computed; `run.py` runs this and the Python programs and compares them.
#![allow(missing_docs, unreachable_pub, clippy::expect_used, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "the standard library's functions are what a practitioner uses")]

mod demand;
mod fleet;
mod overflow;
mod product;
mod summary;

use clap::{Parser, ValueEnum};
use demand::{Form, Months};
use fleet::{Fleet, PLANS, TERM, Workload};
use overflow::{Histogram, Overflow, by_look_up};
use product::Product;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::time::Instant;
use summary::Summary;

/// Replications that a thread takes at a time.
const CHUNK: usize = 64;

/// How the work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Way {
    /// A table look-up for every number of units and hour.
    Plain,
    /// A histogram of the hours, and one product with a table a month.
    PlainHistogram,
    /// The product.
    Tokentide,
}

#[derive(Debug, Parser)]
struct Args {
    #[arg(long, value_enum, default_value = "tokentide")]
    way: Way,
    /// The product has one form, the collapsed one.
    #[arg(long, value_enum, default_value = "collapsed")]
    form: Form,
    #[arg(long, default_value_t = 1000)]
    replications: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Another scenario, of which all plans are summarised; for the product alone.
    #[arg(long)]
    scenario: Option<PathBuf>,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A replication's costs, then its throttled tokens, by plan.
type Sample = [f64; 2 * PLANS];

/// A workload and what is made of it before the first draw.
struct Served<'a> {
    workload: &'a Workload,
    months: Months<'a>,
    table: Overflow,
    /// For the way of the histogram.
    histogram: Option<Histogram>,
}

impl<'a> Served<'a> {
    fn new(workload: &'a Workload, args: &Args) -> Self {
        let table = Overflow::new(workload);
        let histogram = (args.way == Way::PlainHistogram).then(|| Histogram::new(workload, &table));
        Self { workload, months: Months::new(workload, args.form), table, histogram }
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

fn simulate(fleet: &Fleet, served: &[Served<'_>], args: &Args) -> Vec<Sample> {
    let mut first = [0.0; 2 * PLANS];
    first[..PLANS].copy_from_slice(&fleet.units_cost());
    let mut samples = vec![first; args.replications as usize];
    samples.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, samples)| {
        let mut rng = SmallRng::seed_from_u64(args.seed.wrapping_mul(1 << 32).wrapping_add(chunk as u64));
        let (mut tokens, mut weights) = (vec![0.0; fleet.hours], Vec::new());
        for sample in samples {
            for workload in served {
                workload.add(&mut rng, sample, &mut tokens, &mut weights);
            }
        }
    });
    samples
}

fn summarise(samples: &[Sample]) -> (Vec<Summary>, Vec<Summary>) {
    let mut column = Vec::with_capacity(samples.len());
    let mut of = |index: usize| {
        column.clear();
        column.extend(samples.iter().map(|sample| sample[index]));
        Summary::new(&mut column)
    };
    ((0..PLANS).map(&mut of).collect(), (PLANS..2 * PLANS).map(of).collect())
}

fn main() {
    let args = Args::parse();
    let fleet_file = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/assistant-fleet.toml");
    if args.way == Way::Tokentide {
        assert!(args.form == Form::Collapsed, "the product has the collapsed form");
        let (file, term) = args.scenario.as_ref().map_or((&fleet_file, Some(TERM)), |file| (file, None));
        let product = Product::load(file, term);
        let start = Instant::now();
        let (costs, throttled) = product.run(args.replications, args.seed, args.threads);
        summary::print("tokentide", "collapsed", args.replications, product.workload_hours(), start.elapsed(), &costs, &throttled);
        return;
    }
    assert!(args.scenario.is_none(), "a scenario of your own is for the product alone");
    let fleet = Fleet::load(&fleet_file);
    let served: Vec<Served<'_>> = fleet.workloads.iter().map(|workload| Served::new(workload, &args)).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads).build().expect("threads start");
    let start = Instant::now();
    let (costs, throttled) = summarise(&pool.install(|| simulate(&fleet, &served, &args)));
    let took = start.elapsed();
    let program = if args.way == Way::Plain { "Rust plain" } else { "Rust histogram" };
    let form = if args.form == Form::Full { "full" } else { "collapsed" };
    let workload_hours = (fleet.workloads.len() * fleet.hours) as u64;
    summary::print(program, form, args.replications, workload_hours, took, &costs, &throttled);
}
