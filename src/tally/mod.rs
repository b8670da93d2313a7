//! What to measure: a description, its mergeable partial, its summary — three types.
//!
//! A tally is a fixed description. Each batch of replications fills a partial of its own; the runner folds the partials in the order
//! of the batches, so the same numbers come out whatever the number of threads; the tally then turns the whole into its summary.
//! Tallies compose as tuples and give their summaries as a tuple in the same order.

mod alike;
mod bills;
mod bounded;
mod columns;
mod members;
mod metric;
mod outcome;
mod recipe;
mod shown;

pub use bounded::{Bounded, BoundedColumns, KEPT_BYTES, KEPT_REPLICATIONS, PAIRED_REPLICATIONS};
pub use columns::{ColumnStore, Columns};
pub use metric::Metric;
pub use outcome::{Outcome, Row, Span, limited};
pub use recipe::Recipe;

use crate::demand::WorkloadTotals;
use crate::scenario::Scenario;
use crate::supply::{HourService, SupplyTotals};

/// What a tally must be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// The totals of each replication by month.
    Totals,
    /// Every hour of every replication: slower, as nothing can be skipped.
    Hours,
}

/// One replication, complete: its totals by month.
#[derive(Clone, Copy, Debug)]
pub struct Replication<'a> {
    /// Which one, from 0.
    pub index: u64,
    /// The scenario it is a future of.
    pub scenario: &'a Scenario,
    /// What was asked, by workload and month.
    pub demand: &'a WorkloadTotals,
    /// What was served and what it cost, by pool, case and month.
    pub service: &'a SupplyTotals,
}

/// One hour of one pool under one of its cases.
#[derive(Clone, Copy, Debug)]
pub struct Hour<'a> {
    /// The hour of the horizon, from 0.
    pub hour: usize,
    /// Index into the supply's pools ([`Supply::groups`](crate::supply::Supply)).
    pub group: usize,
    /// Index into the pool's cases.
    pub case: usize,
    /// How the hour was served.
    pub service: &'a HourService<'a>,
}

/// Calls a task with 0, 1, … up to a number of tasks, on as many threads as there are.
pub type SideBySide<'a> = dyn Fn(usize, &(dyn Fn(usize) + Sync)) + 'a;

/// A measurement that a run makes.
pub trait Tally: Sync {
    /// What one batch gathers.
    type Partial: Send;
    /// What the caller gets.
    type Summary: Send;

    /// Whether hours are wanted, or totals suffice.
    fn needs(&self) -> Needs {
        Needs::Totals
    }

    /// An empty partial for at most `replications`: a batch, or the whole run, into which the batches are merged.
    fn partial(&self, scenario: &Scenario, replications: usize) -> Self::Partial;

    /// Sees one hour of one pool under one case, in order; asked only when [`needs`](Self::needs) says so.
    fn hour(&self, _scenario: &Scenario, _partial: &mut Self::Partial, _hour: &Hour<'_>) {}

    /// Takes one complete replication. Replications of a batch come in order.
    fn record(&self, partial: &mut Self::Partial, replication: &Replication<'_>);

    /// Appends a later batch to an earlier one.
    fn merge(&self, earlier: &mut Self::Partial, later: Self::Partial);

    /// Whether [`digest`](Self::digest) is wanted of a run of so many replications.
    fn digests(&self, _scenario: &Scenario, _replications: u64) -> bool {
        false
    }

    /// Works off what has been merged, so that it need not be held: called by the runner after every so many batches, always the same
    /// number of them. `side_by_side` does a number of tasks that do not depend on each other.
    fn digest(&self, _whole: &mut Self::Partial, _side_by_side: &SideBySide<'_>) {}

    /// Turns everything gathered into the summary.
    fn summarise(&self, scenario: &Scenario, whole: Self::Partial) -> Self::Summary;

    /// Bytes that `replications` take, for the check before the run.
    fn bytes(&self, _scenario: &Scenario, _replications: u64) -> u64 {
        0
    }
}

macro_rules! tuple_tally {
    ($($name:ident $index:tt),+) => {
        impl<$($name: Tally),+> Tally for ($($name,)+) {
            type Partial = ($($name::Partial,)+);
            type Summary = ($($name::Summary,)+);

            fn needs(&self) -> Needs {
                [$(self.$index.needs()),+].into_iter().max().unwrap_or(Needs::Totals)
            }

            fn partial(&self, scenario: &Scenario, replications: usize) -> Self::Partial {
                ($(self.$index.partial(scenario, replications),)+)
            }

            fn hour(&self, scenario: &Scenario, partial: &mut Self::Partial, hour: &Hour<'_>) {
                $(if self.$index.needs() == Needs::Hours {
                    self.$index.hour(scenario, &mut partial.$index, hour);
                })+
            }

            fn record(&self, partial: &mut Self::Partial, replication: &Replication<'_>) {
                $(self.$index.record(&mut partial.$index, replication);)+
            }

            fn merge(&self, earlier: &mut Self::Partial, later: Self::Partial) {
                $(self.$index.merge(&mut earlier.$index, later.$index);)+
            }

            fn digests(&self, scenario: &Scenario, replications: u64) -> bool {
                [$(self.$index.digests(scenario, replications)),+].contains(&true)
            }

            fn digest(&self, whole: &mut Self::Partial, side_by_side: &SideBySide<'_>) {
                $(self.$index.digest(&mut whole.$index, side_by_side);)+
            }

            fn summarise(&self, scenario: &Scenario, whole: Self::Partial) -> Self::Summary {
                ($(self.$index.summarise(scenario, whole.$index),)+)
            }

            fn bytes(&self, scenario: &Scenario, replications: u64) -> u64 {
                0 $(+ self.$index.bytes(scenario, replications))+
            }
        }
    };
}

tuple_tally!(A 0);
tuple_tally!(A 0, B 1);
tuple_tally!(A 0, B 1, C 2);
tuple_tally!(A 0, B 1, C 2, D 3);
