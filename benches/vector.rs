//! Whether the fast path is compiled to vectors: its time for each instruction set and that of the reference, in one process and turn by turn.
//!
//! ```text
//! cargo bench --bench vector              # nanoseconds per workload-hour
//! cargo bench --bench vector -- --check   # fails where a set is not as much faster than the baseline as it should be
//! ```
//!
//! Ratios of medians within one process hold on a busy machine, where times do not. The limits are far below what was measured (2.1 for
//! AVX-512, 1.6 for AVX2, 80 for the reference) and far above what is left when a loop is no longer turned into vectors (1.0).
#![allow(missing_docs, clippy::expect_used)]

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;
use tokentide::scenario::{self, Scenario};
use tokentide::simulation::{Isa, Kernel, KernelWorker, Replicator, Scope};

/// Rounds of which the median is taken.
const ROUNDS: usize = 9;
/// Replications that the fast path serves in a round, and those of the reference.
const REPLICATIONS: (u64, u64) = (3_200, 16);

/// How many times as fast as the baseline a set must be.
fn limit(isa: Isa) -> f64 {
    match isa {
        Isa::Baseline => 0.0,
        Isa::Avx2 => 1.2,
        Isa::Avx512 => 1.4,
    }
}
/// How many times as fast as the reference the baseline must be.
const OF_REFERENCE: f64 = 10.0;

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Nanoseconds for each of so many workload-hours.
fn timed(hours: u64, work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e9 / hours as f64
}

fn main() -> ExitCode {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/assistant-fleet.toml");
    let scenario: Scenario = scenario::load(&path, &[]).expect("a shipped workload is valid").scenario;
    let hours = (scenario.demand.workloads.len() * scenario.horizon.hours()) as u64;
    let sets = Isa::available();
    let kernel = |isa: &Isa| Kernel::new(&scenario, 1, Scope::Spend).expect("the fast path serves the fleet").with_isa(*isa);
    let kernels: Vec<Kernel<'_>> = sets.iter().map(kernel).collect();
    let mut workers: Vec<KernelWorker<'_, '_>> = kernels.iter().map(KernelWorker::new).collect();
    let mut reference = Replicator::new(&scenario, 1);
    let mut times = vec![Vec::new(); sets.len() + 1];
    // The first round makes the tables and is not counted.
    for round in 0..=ROUNDS as u64 {
        let first = round * REPLICATIONS.0;
        for (worker, times) in workers.iter_mut().zip(&mut times) {
            let time = timed(hours * REPLICATIONS.0, || {
                for block in (first..first + REPLICATIONS.0).step_by(64) {
                    worker.block(block, 64, |replication| {
                        std::hint::black_box(replication.service);
                    });
                }
            });
            times.extend((round > 0).then_some(time));
        }
        let time = timed(hours * REPLICATIONS.1, || {
            for index in 0..REPLICATIONS.1 {
                std::hint::black_box(reference.replicate(index, None).service);
            }
        });
        times[sets.len()].extend((round > 0).then_some(time));
    }
    let medians: Vec<f64> = times.into_iter().map(median).collect();
    let (baseline, reference) = (medians[0], medians[sets.len()]);
    let mut good = reference / baseline >= OF_REFERENCE;
    println!(
        "{:>10}  {reference:7.1} ns per workload-hour, {:.1} times the baseline's (at least {OF_REFERENCE})",
        "reference",
        reference / baseline
    );
    for (isa, time) in sets.iter().zip(&medians) {
        let (ratio, limit) = (baseline / time, limit(*isa));
        good &= ratio >= limit;
        println!("{isa:>10}  {time:7.2} ns per workload-hour, {ratio:.2} times as fast as the baseline (at least {limit})");
    }
    if std::env::args().any(|arg| arg == "--check") && !good {
        println!("the fast path is not as fast beside the others as vectors make it");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
