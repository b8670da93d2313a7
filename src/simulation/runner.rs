//! Thousands of replications over threads: fixed batches, ordered merge. The only file that knows of rayon.

use super::engine::{Engine, EngineChoice};
use super::fold::Fold;
use super::kernel::{Kernel, KernelWorker, Scope};
use super::memory;
use super::reference::Replicator;
use crate::error::{Error, ErrorKind, Result};
use crate::random::lanes::LANES;
use crate::scenario::Scenario;
use crate::supply::{HourService, HourSink};
use crate::tally::{Hour, Needs, Tally};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Replications in a batch. Partials are kept per batch, so this number is part of the results' bits.
pub const BATCH: u64 = 256;

/// Batches after which tallies digest what they hold: as part of the order of their sums, part of the results' bits.
const DIGESTED: u64 = 16;

/// How to run a scenario.
#[derive(Clone, Copy, Default)]
pub struct RunSpec<'a> {
    /// Number of futures; the scenario's own number unless given.
    pub replications: Option<u64>,
    /// Seed of all draws; the scenario's own unless given.
    pub seed: Option<u64>,
    /// Threads; as many as the machine has unless given.
    pub threads: Option<usize>,
    /// The way through the simulation.
    pub engine: EngineChoice,
    /// The fast path made ready before, for those who run one scenario again and again: used where it is of this scenario and seed, with
    /// what it looks at.
    pub kernel: Option<&'a Kernel<'a>>,
    /// What is looked at; the fast path leaves the rest out, and its figures are 0.
    pub scope: Scope,
    /// Told the number of complete replications from time to time, from any thread.
    pub progress: Option<&'a (dyn Fn(u64) + Sync)>,
    /// Once true, batches at work are finished and no further one is begun.
    pub stop: Option<&'a AtomicBool>,
}

impl std::fmt::Debug for RunSpec<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunSpec")
            .field("replications", &self.replications)
            .field("seed", &self.seed)
            .field("threads", &self.threads)
            .field("engine", &self.engine)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// What a run gives.
#[derive(Debug)]
#[must_use]
pub struct Run<S> {
    /// The tallies' summaries, in their order.
    pub summary: S,
    /// Replications they are made of.
    pub replications: u64,
    /// Replications that were asked for; more than were made when the run was stopped.
    pub asked: u64,
    /// The seed.
    pub seed: u64,
    /// The way that all its plans took.
    pub engine: Engine,
}

/// Runs a scenario and returns the summaries of the tallies.
///
/// Replication r is the same whatever the number of replications and threads. A run that is stopped keeps the batches before the
/// first one that was not begun, so it equals a shorter run.
///
/// # Errors
/// [`ErrorKind::Memory`] before the first draw when the samples would not fit; [`ErrorKind::Interrupted`] when stopped before the
/// first batch was complete; [`ErrorKind::Usage`] for zero replications or threads that cannot be started.
///
/// # Example
/// See `examples/own_tally.rs`.
pub fn run<T: Tally>(scenario: &Scenario, spec: &RunSpec<'_>, tallies: &T) -> Result<Run<T::Summary>> {
    let replications = spec.replications.unwrap_or(scenario.replications);
    let seed = spec.seed.unwrap_or(scenario.seed);
    if replications == 0 {
        return Err(Error::usage("the number of replications must be at least 1; given: 0"));
    }
    let threads = Threads::new(spec.threads)?;
    memory::check(scenario, tallies, replications, threads.count())?;
    let hours = tallies.needs() == Needs::Hours;
    let ready =
        spec.kernel.filter(|kernel| kernel.is_of(scenario) && kernel.seed() == seed && !hours && spec.engine != EngineChoice::Reference);
    let made = if ready.is_none() { Some(spec.engine.prepare(scenario, seed, spec.scope, hours)?) } else { None };
    let (kernel, engine) = match (&made, ready) {
        (Some(Err(why)), _) => (None, Engine::Reference(why.clone())),
        (Some(Ok(kernel)), _) => (Some(kernel), Engine::Kernel),
        (None, ready) => (ready, Engine::Kernel),
    };
    let batches = Batches { scenario, spec, tallies, replications, seed, kernel };
    let (complete, whole) = batches.run(&threads);
    if complete == 0 {
        return Err(ErrorKind::Interrupted.into());
    }
    let summary = tallies.summarise(scenario, whole);
    Ok(Run { summary, replications: complete, asked: replications, seed, engine })
}

/// Applies `f` to every item, on as many threads as given or the machine has, and returns the results in the order of the items. They are
/// begun in that order too, so that short ones at the end keep all threads at work.
///
/// # Errors
/// [`ErrorKind::Usage`] for zero threads, or for threads that cannot be started.
pub fn ordered_map<I: Sync, O: Send>(threads: Option<usize>, items: &[I], f: impl Fn(&I) -> O + Sync + Send) -> Result<Vec<O>> {
    let threads = Threads::new(threads)?;
    let found: Vec<Mutex<Option<O>>> = items.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    // Items may be long and few, so whoever has nothing to do takes the first that nobody has begun.
    threads.each(|_| {
        while let Some((item, place)) = items.iter().zip(&found).nth(next.fetch_add(1, Ordering::Relaxed)) {
            let done = f(item);
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
        }
    });
    Ok(found.into_iter().filter_map(|place| place.into_inner().unwrap_or_else(PoisonError::into_inner)).collect())
}

/// Does work on another thread while the caller's own does something else; on one thread, one after the other, the work first.
///
/// # Errors
/// [`ErrorKind::Usage`] for zero threads, or for a thread that cannot be started.
pub fn beside<T>(threads: Option<usize>, work: impl FnOnce() + Send, own: impl FnOnce() -> T) -> Result<T> {
    Ok(match Threads::new(if threads == Some(1) { threads } else { Some(2) })? {
        Threads::One => {
            work();
            own()
        }
        Threads::Many(pool) => pool.in_place_scope(|scope| {
            scope.spawn(move |_| work());
            own()
        }),
    })
}

/// The threads of one piece of work.
enum Threads {
    /// The caller's own. A thread that waits for another pool takes up further work of its own pool meanwhile, and then has to finish that
    /// first; who runs many things side by side on one thread each must not have them wait.
    One,
    Many(rayon::ThreadPool),
}

impl Threads {
    fn new(threads: Option<usize>) -> Result<Self> {
        match threads {
            Some(0) => Err(Error::usage("the number of threads must be at least 1; given: 0")),
            Some(1) => Ok(Self::One),
            threads => rayon::ThreadPoolBuilder::new()
                .num_threads(threads.unwrap_or(0))
                .build()
                .map(Self::Many)
                .map_err(|error| Error::usage(format!("cannot start the threads: {error}"))),
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::One => 1,
            Self::Many(pool) => pool.current_num_threads(),
        }
    }

    /// Does a task once on each thread, given its number.
    fn each(&self, task: impl Fn(usize) + Sync) {
        match self {
            Self::One => task(0),
            Self::Many(pool) => {
                pool.broadcast(|thread| task(thread.index()));
            }
        }
    }

    /// Does so many tasks, given the number of each.
    fn side_by_side(&self, number: usize, task: &(dyn Fn(usize) + Sync)) {
        match self {
            Self::One => (0..number).for_each(task),
            Self::Many(pool) => pool.install(|| (0..number).into_par_iter().for_each(task)),
        }
    }
}

/// The batches of one run.
struct Batches<'a, T: Tally> {
    scenario: &'a Scenario,
    spec: &'a RunSpec<'a>,
    tallies: &'a T,
    replications: u64,
    seed: u64,
    kernel: Option<&'a Kernel<'a>>,
}

/// What one thread works with.
#[allow(clippy::large_enum_variant, reason = "one for each thread")]
enum Worker<'a> {
    Kernel(KernelWorker<'a, 'a>),
    Reference(Replicator<'a>),
}

impl<'a, T: Tally> Batches<'a, T> {
    /// Runs them all, or until stopped: replications of the complete ones before the first gap, and their partials folded in order.
    ///
    /// Where tallies want to digest what is folded they do so after every [`DIGESTED`] batches, while no thread simulates.
    fn run(&self, threads: &Threads) -> (u64, T::Partial) {
        let count = self.replications.div_ceil(self.size());
        let mut fold = Mutex::new(Fold::new(self.tallies.partial(self.scenario, self.replications as usize)));
        let round = if self.tallies.digests(self.scenario, self.replications) { DIGESTED } else { count };
        let done = AtomicU64::new(0);
        let workers: Vec<Mutex<Option<Worker<'a>>>> = (0..threads.count()).map(|_| Mutex::new(None)).collect();
        for first in (0..count).step_by(round as usize) {
            self.round(first..(first + round).min(count), threads, &fold, &workers, &done);
            if round < count {
                let whole = fold.get_mut().unwrap_or_else(PoisonError::into_inner).whole();
                self.tallies.digest(whole, &|number, task| threads.side_by_side(number, task));
            }
        }
        fold.into_inner().unwrap_or_else(PoisonError::into_inner).finish()
    }

    /// Runs some of the batches, or until stopped.
    ///
    /// Threads take the next batch that nobody has begun, so that what is complete when the run is stopped has few gaps.
    fn round(
        &self,
        batches: Range<u64>,
        threads: &Threads,
        fold: &Mutex<Fold<T::Partial>>,
        workers: &[Mutex<Option<Worker<'a>>>],
        done: &AtomicU64,
    ) {
        let next = AtomicU64::new(batches.start);
        threads.each(|thread| {
            // Each thread has a worker of its own, which stays from round to round.
            let Some(Ok(mut kept)) = workers.get(thread).map(Mutex::lock) else { return };
            let worker = kept.get_or_insert_with(|| match self.kernel {
                Some(kernel) => Worker::Kernel(KernelWorker::new(kernel)),
                None => Worker::Reference(Replicator::new(self.scenario, self.seed)),
            });
            while !self.spec.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                let batch = next.fetch_add(1, Ordering::Relaxed);
                if batch >= batches.end {
                    break;
                }
                let (size, partial) = self.batch(batch, worker);
                if let Ok(mut fold) = fold.lock() {
                    fold.take(batch, size, partial, |earlier, later| self.tallies.merge(earlier, later));
                }
                let done = done.fetch_add(size, Ordering::Relaxed) + size;
                if let Some(progress) = self.spec.progress {
                    progress(done);
                }
            }
        });
    }

    /// Replications in a batch: fewer where one would be the whole run, so that its threads have something to do.
    fn size(&self) -> u64 {
        if self.replications > BATCH { BATCH } else { LANES as u64 }
    }

    fn batch(&self, batch: u64, worker: &mut Worker<'_>) -> (u64, T::Partial) {
        let first = batch * self.size();
        let last = (first + self.size()).min(self.replications);
        let mut partial = self.tallies.partial(self.scenario, (last - first) as usize);
        match worker {
            Worker::Kernel(worker) => {
                for block in (first..last).step_by(LANES) {
                    let count = (last - block).min(LANES as u64) as usize;
                    worker.block(block, count, |replication| self.tallies.record(&mut partial, replication));
                }
            }
            Worker::Reference(replicator) => {
                for index in first..last {
                    match self.tallies.needs() {
                        Needs::Totals => self.tallies.record(&mut partial, &replicator.replicate(index, None)),
                        Needs::Hours => {
                            let mut sink = TallySink { scenario: self.scenario, tallies: self.tallies, partial: &mut partial };
                            let replication = replicator.replicate(index, Some(&mut sink));
                            self.tallies.record(&mut partial, &replication);
                        }
                    }
                }
            }
        }
        (last - first, partial)
    }
}

/// Hands the hours of a dispatch on to a tally.
struct TallySink<'a, T: Tally> {
    scenario: &'a Scenario,
    tallies: &'a T,
    partial: &'a mut T::Partial,
}

impl<T: Tally> HourSink for TallySink<'_, T> {
    fn hour(&mut self, hour: usize, group: usize, case: usize, service: &HourService<'_>) {
        self.tallies.hour(self.scenario, self.partial, &Hour { hour, group, case, service });
    }
}
