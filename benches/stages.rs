//! One benchmark per stage of the pipeline, and the whole; throughput in workload-hours, so that stages can be compared.
//!
//! ```text
//! cargo bench --bench stages
//! ```
#![allow(missing_docs, clippy::expect_used)]

use criterion::{BenchmarkId, Criterion, Throughput};
use std::hint::black_box;
use std::path::Path;
use tokentide::demand::{DemandPath, DemandScratch};
use tokentide::scenario::{self, Scenario};
use tokentide::simulation::{RunSpec, run};
use tokentide::spec::Override;
use tokentide::statistics::Summariser;
use tokentide::tally::{Columns, Metric, Outcome, Row, Span};

/// The shipped workloads that the stages are measured on: one simple, one with many plans.
const WORKLOADS: [&str; 2] = ["support-copilot", "assistant-fleet"];

/// Replications of the benchmarks that need a whole run.
const REPLICATIONS: u64 = 256;

fn load(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads").join(format!("{name}.toml"));
    scenario::load(&path, &[]).expect("a shipped workload is valid").scenario
}

fn workload_hours(scenario: &Scenario) -> u64 {
    (scenario.demand.workloads.len() * scenario.horizon.hours()) as u64
}

fn outcome(scenario: &Scenario) -> Outcome {
    let spec = RunSpec { replications: Some(REPLICATIONS), threads: Some(1), ..RunSpec::default() };
    run(scenario, &spec, &Columns).expect("a small run fits").summary
}

/// Drawing the demand path of one replication.
fn demand(c: &mut Criterion) {
    let mut group = c.benchmark_group("demand");
    for name in WORKLOADS {
        let scenario = load(name);
        let generator = scenario.demand.generator(scenario.seed);
        let mut path = DemandPath::new(scenario.demand.workloads.len(), scenario.horizon.hours());
        let mut scratch = DemandScratch::default();
        let mut replication = 0;
        group.throughput(Throughput::Elements(workload_hours(&scenario)));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                replication += 1;
                generator.generate(replication, &mut path, &mut scratch);
                black_box(&path);
            });
        });
    }
    group.finish();
}

/// Serving one demand path under every case of every pool.
fn dispatch(c: &mut Criterion) {
    let mut group = c.benchmark_group("dispatch");
    for name in WORKLOADS {
        let scenario = load(name);
        let mut path = DemandPath::new(scenario.demand.workloads.len(), scenario.horizon.hours());
        scenario.demand.generator(scenario.seed).generate(0, &mut path, &mut DemandScratch::default());
        let mut dispatcher = scenario.supply.dispatcher(scenario.seed);
        let mut totals = scenario.supply.totals();
        group.throughput(Throughput::Elements(workload_hours(&scenario)));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                dispatcher.dispatch(0, &path, &mut totals, None);
                black_box(&totals);
            });
        });
    }
    group.finish();
}

/// A month of three workloads on demand whose clients come back, drawn and served: where quotas bind now and then, and where they bind
/// most days.
fn month_with_retries(c: &mut Criterion) {
    let mut group = c.benchmark_group("month with retries");
    for (name, quotas) in [("now and then", ["30M", "30M", "40M"]), ("most days", ["14M", "14M", "18M"])] {
        let offers = ["chat", "agent", "rag"];
        let retries = offers.map(|name| format!("workload.{name}.retry.attempts=3"));
        let quotas = offers.iter().zip(quotas).map(|(name, rate)| format!("offer.on-demand-{name}.quota.rate={rate} tokens/h"));
        let overrides: Vec<Override> =
            retries.into_iter().chain(quotas).map(|text| Override::new(&text).expect("a path and a value")).collect();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/assistant-fleet.toml");
        let scenario = scenario::load(&path, &overrides).expect("a shipped workload is valid").scenario.only(0);
        let generator = scenario.demand.generator(scenario.seed);
        let mut dispatcher = scenario.supply.dispatcher(scenario.seed);
        let mut path = DemandPath::new(scenario.demand.workloads.len(), scenario.horizon.hours());
        let (mut scratch, mut totals) = (DemandScratch::default(), scenario.supply.totals());
        let mut replication = 0;
        group.throughput(Throughput::Elements(workload_hours(&scenario)));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                replication += 1;
                generator.generate(replication, &mut path, &mut scratch);
                dispatcher.dispatch(replication, &path, &mut totals, None);
                black_box(&totals);
            });
        });
    }
    group.finish();
}

/// Making every plan's total cost from the samples.
fn cost(c: &mut Criterion) {
    let mut group = c.benchmark_group("cost");
    for name in WORKLOADS {
        let scenario = load(name);
        let outcome = outcome(&scenario);
        group.throughput(Throughput::Elements(workload_hours(&scenario) * REPLICATIONS));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                for plan in 0..scenario.supply.plans.len() {
                    black_box(outcome.column(&scenario, plan, Row::All, Span::Horizon, Metric::CostTotal));
                }
            });
        });
    }
    group.finish();
}

/// Summarising a column of ten thousand samples.
fn statistics(c: &mut Criterion) {
    let samples: Vec<f64> = (0..10_000_u32).map(|i| f64::from(i.wrapping_mul(2_654_435_761) >> 8)).collect();
    let mut summariser = Summariser::default();
    let mut group = c.benchmark_group("statistics");
    group.throughput(Throughput::Elements(samples.len() as u64));
    group.bench_function("summary", |b| b.iter(|| black_box(summariser.summarise(&samples))));
    group.finish();
}

/// A whole run on one thread, from the draws to the samples of every plan.
fn whole(c: &mut Criterion) {
    let mut group = c.benchmark_group("whole");
    group.sample_size(10);
    for name in WORKLOADS {
        let scenario = load(name);
        group.throughput(Throughput::Elements(workload_hours(&scenario) * REPLICATIONS));
        group.bench_function(BenchmarkId::from_parameter(name), |b| b.iter(|| black_box(outcome(&scenario))));
    }
    group.finish();
}

fn main() {
    // Spelled out rather than by criterion's macros, so that the order of the stages reads as the order of the pipeline.
    let mut criterion = Criterion::default().configure_from_args();
    demand(&mut criterion);
    dispatch(&mut criterion);
    month_with_retries(&mut criterion);
    cost(&mut criterion);
    statistics(&mut criterion);
    whole(&mut criterion);
    criterion.final_summary();
}
