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
mod months;
mod overflow;
mod product;
mod summary;

use clap::{Parser, ValueEnum};
use demand::Form;
use fleet::{Fleet, TERM};
use months::{Served, simulate, summarise};
use product::Product;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tokentide::statistics::Sampling;

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
    /// Futures spread evenly instead of drawn independently; for the product alone, the others cannot.
    #[arg(long)]
    sobol: bool,
    /// Distributions of every metric that a run reports, and not of costs and throttled tokens alone; for the product alone.
    #[arg(long)]
    every_metric: bool,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let args = Args::parse();
    let fleet_file = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/assistant-fleet.toml");
    if args.way == Way::Tokentide {
        assert!(args.form == Form::Collapsed, "the product has the collapsed form");
        let (file, term) = args.scenario.as_ref().map_or((&fleet_file, Some(TERM)), |file| (file, None));
        let sampling = if args.sobol { Sampling::Sobol } else { Sampling::Plain };
        let product = Product::load(file, term, sampling, args.every_metric);
        let start = Instant::now();
        let (costs, throttled) = product.run(args.replications, args.seed, args.threads);
        let program = match (args.sobol, args.every_metric) {
            (false, false) => "tokentide",
            (true, false) => "tokentide, Sobol",
            (false, true) => "tokentide, every metric",
            (true, true) => "tokentide, Sobol, every metric",
        };
        summary::print(program, "collapsed", args.replications, product.workload_hours(), start.elapsed(), &costs, &throttled);
        return;
    }
    assert!(args.scenario.is_none(), "a scenario of your own is for the product alone");
    let fleet = Fleet::load(&fleet_file);
    let served: Vec<Served<'_>> =
        fleet.workloads.iter().map(|workload| Served::new(workload, args.form, args.way == Way::PlainHistogram)).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads).build().expect("threads start");
    let start = Instant::now();
    let (costs, throttled) = summarise(&pool.install(|| simulate(&fleet, &served, args.replications, args.seed)));
    let took = start.elapsed();
    let program = if args.way == Way::Plain { "Rust plain" } else { "Rust histogram" };
    let form = if args.form == Form::Full { "full" } else { "collapsed" };
    let workload_hours = (fleet.workloads.len() * fleet.hours) as u64;
    summary::print(program, form, args.replications, workload_hours, took, &costs, &throttled);
}
