//! What the report shows in memory that does not grow without end: all samples while they are few, beyond that running summaries.
//!
//! ```text
//! batches ─► pending rows ─(every so many batches)─► each distinct column of the report ─► its Stream
//!        └─► the first rows, for what needs the samples of several columns side by side
//! ```

use super::columns::{ColumnStore, Columns};
use super::recipe::Recipe;
use super::shown::shown;
use super::{Metric, Outcome, Replication, Row, SideBySide, Span, Tally};
use crate::scenario::Scenario;
use crate::statistics::{Distribution, Sampling, Stream, Summariser};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Replications up to which all samples are kept, however many columns they have, and every figure is exact.
pub const KEPT_REPLICATIONS: u64 = 1 << 15;

/// Bytes up to which the samples of more replications are kept too: half a GiB. To keep them takes a quarter of the time of running summaries of
/// every column that may be shown, most of which few readers ask for.
pub const KEPT_BYTES: u64 = 1 << 29;

/// Replications whose samples are kept in a longer run: the first ones. Comparisons of plan with plan rest on them and tell their number.
pub const PAIRED_REPLICATIONS: u64 = 1 << 13;

/// Bytes that the stream of a column may take: eighty octaves of counts, and their places.
const STREAM_BYTES: u64 = 1 << 17;

/// The tally of everything that the report shows, as [`Columns`] up to [`KEPT_REPLICATIONS`] or [`KEPT_BYTES`], whichever is more; a longer run
/// keeps a running summary of every column that is shown (see [`Stream`] for its error) and the samples of its first [`PAIRED_REPLICATIONS`].
///
/// Which of the two depends on the scenario and the number of replications alone, not on the machine.
#[derive(Clone, Debug)]
pub struct BoundedColumns {
    kept: u64,
    bytes: u64,
    exact: Vec<usize>,
}

impl Default for BoundedColumns {
    fn default() -> Self {
        Self { kept: KEPT_REPLICATIONS, bytes: KEPT_BYTES, exact: Vec::new() }
    }
}

impl BoundedColumns {
    /// With all samples kept up to another number of replications, at least those of a batch, whatever they take.
    #[must_use]
    pub fn keeping(replications: u64) -> Self {
        Self { kept: replications.max(256), bytes: 0, exact: Vec::new() }
    }

    /// The same with exact percentiles of these plans' spend over the horizon, however long the run: their samples are kept, eight bytes each.
    #[must_use]
    pub fn with_exact_spend(self, plans: Vec<usize>) -> Self {
        Self { exact: plans, ..self }
    }

    /// Whether a run of so many replications keeps all samples.
    fn keeps(&self, scenario: &Scenario, replications: u64) -> bool {
        replications <= self.kept || Columns.bytes(scenario, replications) <= self.bytes
    }
}

/// What a run has gathered.
#[derive(Debug)]
pub enum Bounded {
    /// All samples.
    Kept(ColumnStore),
    /// Running summaries.
    Streamed(Box<Streamed>),
}

/// Running summaries of every column that is shown.
#[derive(Debug)]
pub struct Streamed {
    first: ColumnStore,
    pending: ColumnStore,
    streams: Streams,
}

/// The columns that are summarised, and their summaries.
#[derive(Debug)]
pub(super) struct Streams {
    recipes: Vec<Recipe>,
    /// Lists of indices of the recipes that have a root in common, and where in these each recipe stands.
    groups: Vec<Vec<usize>>,
    places: HashMap<Recipe, (usize, usize)>,
    /// By group and place in it.
    summaries: Vec<Mutex<Vec<Summary>>>,
    /// Those of which all samples are kept.
    exact: Vec<Recipe>,
    sampling: Sampling,
    /// Replications added.
    replications: usize,
}

/// Of one column.
#[derive(Debug)]
struct Summary {
    stream: Stream,
    /// All of them, where percentiles are to be exact.
    samples: Option<Vec<f64>>,
}

impl Summary {
    fn merge(&mut self, later: &Self) {
        self.stream.merge(&later.stream);
        if let (Some(mine), Some(theirs)) = (&mut self.samples, &later.samples) {
            mine.extend_from_slice(theirs);
        }
    }

    fn bytes(&self) -> usize {
        self.stream.bytes() + self.samples.as_ref().map_or(0, |samples| size_of_val(samples.as_slice()))
    }
}

impl Streams {
    fn new(recipes: Vec<Recipe>, exact: Vec<Recipe>, sampling: Sampling) -> Self {
        let groups = Outcome::by_root(&recipes);
        let summary = |&index: &usize| {
            let samples = recipes.get(index).is_some_and(|recipe| exact.contains(recipe)).then(Vec::new);
            Summary { stream: Stream::sampled(sampling), samples }
        };
        let summaries = groups.iter().map(|group| Mutex::new(group.iter().map(summary).collect())).collect();
        let members = groups.iter().enumerate().flat_map(|(g, group)| group.iter().enumerate().map(move |(m, &index)| (index, (g, m))));
        let places = members.filter_map(|(index, place)| Some((recipes.get(index)?.clone(), place))).collect();
        Self { recipes, groups, places, summaries, exact, sampling, replications: 0 }
    }

    /// Adds the rows to every summary.
    fn add(&mut self, rows: &ColumnStore, side_by_side: &SideBySide<'_>) {
        self.replications += rows.rows();
        side_by_side(self.groups.len(), &|g| {
            let mut summaries = self.summaries[g].lock().unwrap_or_else(PoisonError::into_inner);
            let wanted = self.groups[g].iter().filter_map(|&index| self.recipes.get(index));
            let mut root: Option<Vec<f64>> = None;
            let mut values = Vec::new();
            for (recipe, summary) in wanted.zip(summaries.iter_mut()) {
                let root = root.get_or_insert_with(|| {
                    let mut root = vec![0.0; rows.rows()];
                    recipe.root().make(rows, 0, &mut root);
                    root
                });
                recipe.step_from_root(root, &mut values);
                summary.stream.add(&values);
                if let Some(samples) = &mut summary.samples {
                    samples.extend_from_slice(&values);
                }
            }
        });
    }

    /// Asks the summary of a column; `None` where it is not among those that are kept.
    pub(super) fn of<T>(&self, recipe: &Recipe, f: impl FnOnce(&Stream) -> T) -> Option<T> {
        self.summary(recipe, |summary| f(&summary.stream))
    }

    /// The distribution of a column, if it has any; `None` where the column is not among those that are kept.
    #[allow(clippy::option_option, reason = "a column that is not kept, and one without a finite value")]
    pub(super) fn distribution(&self, recipe: &Recipe) -> Option<Option<Distribution>> {
        self.summary(recipe, |summary| match &summary.samples {
            Some(samples) => Summariser::sampled(self.sampling).summarise(samples),
            None => summary.stream.distribution(),
        })
    }

    fn summary<T>(&self, recipe: &Recipe, f: impl FnOnce(&Summary) -> T) -> Option<T> {
        let &(group, place) = self.places.get(recipe)?;
        let summaries = self.summaries.get(group)?.lock().unwrap_or_else(PoisonError::into_inner);
        summaries.get(place).map(f)
    }

    /// Number of replications added.
    pub(super) fn replications(&self) -> usize {
        self.replications
    }

    fn bytes(&self) -> usize {
        let of_group = |group: &Mutex<Vec<Summary>>| -> usize {
            group.lock().unwrap_or_else(PoisonError::into_inner).iter().map(Summary::bytes).sum()
        };
        self.summaries.iter().map(of_group).sum()
    }

    fn merge(&mut self, later: &Self) {
        self.replications += later.replications;
        for (mine, theirs) in self.summaries.iter_mut().zip(&later.summaries) {
            let mine = mine.get_mut().unwrap_or_else(PoisonError::into_inner);
            let theirs = theirs.lock().unwrap_or_else(PoisonError::into_inner);
            mine.iter_mut().zip(theirs.iter()).for_each(|(mine, theirs)| mine.merge(theirs));
        }
    }
}

impl Streamed {
    fn new(scenario: &Scenario, exact: &[usize]) -> Self {
        let empty = || Columns.partial(scenario, 0);
        let outcome = Outcome::unknown(scenario);
        let spend = |&plan: &usize| outcome.recipe(scenario, plan, Row::All, Span::Horizon, Metric::CostTotal);
        let streams = Streams::new(shown(scenario, &outcome), exact.iter().filter_map(spend).collect(), scenario.sampling);
        Self { first: empty(), pending: empty(), streams }
    }

    fn append(&mut self, later: &ColumnStore) {
        let missing = (PAIRED_REPLICATIONS as usize).saturating_sub(self.first.rows());
        self.first.append_first(later, missing.min(later.rows()));
        self.pending.append(later);
    }

    fn digest(&mut self, side_by_side: &SideBySide<'_>) {
        if self.pending.rows() > 0 {
            self.streams.add(&self.pending, side_by_side);
            self.pending.clear();
        }
    }

    fn merge(&mut self, mut later: Self) {
        self.digest(&one_by_one);
        later.digest(&one_by_one);
        let missing = (PAIRED_REPLICATIONS as usize).saturating_sub(self.first.rows());
        self.first.append_first(&later.first, missing.min(later.first.rows()));
        self.streams.merge(&later.streams);
    }

    /// Bytes that the summaries take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.streams.bytes()
    }
}

fn one_by_one(number: usize, task: &(dyn Fn(usize) + Sync)) {
    (0..number).for_each(task);
}

impl Tally for BoundedColumns {
    type Partial = Bounded;
    type Summary = Outcome;

    fn partial(&self, scenario: &Scenario, replications: usize) -> Bounded {
        if self.keeps(scenario, replications as u64) {
            Bounded::Kept(Columns.partial(scenario, replications))
        } else {
            Bounded::Streamed(Box::new(Streamed::new(scenario, &self.exact)))
        }
    }

    fn record(&self, partial: &mut Bounded, replication: &Replication<'_>) {
        match partial {
            Bounded::Kept(store) => Columns.record(store, replication),
            Bounded::Streamed(streamed) => {
                let mut row = Columns.partial(replication.scenario, 1);
                Columns.record(&mut row, replication);
                streamed.append(&row);
            }
        }
    }

    fn merge(&self, earlier: &mut Bounded, later: Bounded) {
        match (&mut *earlier, later) {
            (Bounded::Kept(earlier), Bounded::Kept(later)) => Columns.merge(earlier, later),
            (Bounded::Streamed(earlier), Bounded::Kept(later)) => earlier.append(&later),
            (Bounded::Streamed(earlier), Bounded::Streamed(later)) => earlier.merge(*later),
            (Bounded::Kept(first), Bounded::Streamed(mut later)) => {
                let before = std::mem::take(first);
                let streams = Streams::new(later.streams.recipes.clone(), later.streams.exact.clone(), later.streams.sampling);
                let mut whole = Streamed { first: before.clone(), pending: before, streams };
                later.digest(&one_by_one);
                whole.merge(*later);
                *earlier = Bounded::Streamed(Box::new(whole));
            }
        }
    }

    fn digests(&self, scenario: &Scenario, replications: u64) -> bool {
        !self.keeps(scenario, replications)
    }

    fn digest(&self, whole: &mut Bounded, side_by_side: &SideBySide<'_>) {
        if let Bounded::Streamed(streamed) = whole {
            streamed.digest(side_by_side);
        }
    }

    fn summarise(&self, scenario: &Scenario, whole: Bounded) -> Outcome {
        match whole {
            Bounded::Kept(store) => Columns.summarise(scenario, store),
            Bounded::Streamed(mut streamed) => {
                streamed.digest(&one_by_one);
                Outcome::streamed(scenario, streamed.first, streamed.streams)
            }
        }
    }

    fn bytes(&self, scenario: &Scenario, replications: u64) -> u64 {
        if self.keeps(scenario, replications) {
            return Columns.bytes(scenario, replications);
        }
        let streams = shown(scenario, &Outcome::unknown(scenario)).len() as u64;
        // The first rows, and pending ones: as many at most.
        let exact = replications.saturating_mul(self.exact.len() as u64).saturating_mul(size_of::<f64>() as u64);
        Columns.bytes(scenario, 2 * PAIRED_REPLICATIONS).saturating_add(streams.saturating_mul(STREAM_BYTES)).saturating_add(exact)
    }
}
