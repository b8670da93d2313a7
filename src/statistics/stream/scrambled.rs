//! Sums by scramble of what is streamed: what errors are told from where replications hang together.

use super::super::replicated::ScrambleSums;
use super::super::tail::quantile_rank;

/// The levels whose percentiles have intervals. From the last CVaR starts.
const LEVELS: [f64; 2] = [0.50, 0.95];

/// Sums by scramble of samples of replications 0, 1, 2, …
#[derive(Debug, Clone, Default)]
pub(super) struct Scrambled {
    /// Samples met, finite or not: the number of the next replication.
    added: u64,
    /// The first finite sample; sums are of distances from it, so that equal samples have no error at all.
    start: Option<f64>,
    sums: ScrambleSums,
    /// `None` also of parts that were merged and marked differently.
    marks: Option<Marks>,
}

/// Sums about percentiles, as the first part has them: those of all samples are known only at the end. How much a share below a mark varies
/// between scrambles changes little from there to the percentile, which is as far off as the first part's own error.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Marks {
    at: [f64; LEVELS.len()],
    /// How many samples are not above each mark.
    below: [ScrambleSums; LEVELS.len()],
    /// How far samples are above the last mark, 0 where they are not.
    excess: ScrambleSums,
}

impl Scrambled {
    /// Adds a part of the samples, those that are not finite too: they keep the others in their scrambles.
    pub(super) fn add(&mut self, samples: &[f64]) {
        let mut part = Self { added: samples.len() as u64, ..Self::default() };
        let first = samples.iter().copied().find(|x| x.is_finite());
        if let Some(start) = self.start.or(first) {
            let at = self.marks.map_or_else(|| marks(samples), |marks| marks.at);
            let below = at.map(|mark| ScrambleSums::of(samples, |x| f64::from(u8::from(x <= mark))));
            let last = at[LEVELS.len() - 1];
            let excess = ScrambleSums::of(samples, |x| (x - last).max(0.0));
            // A whole that was merged of parts with other marks stays without.
            let marks = (self.marks.is_some() || self.start.is_none()).then_some(Marks { at, below, excess });
            part = Self { start: Some(start), sums: ScrambleSums::of(samples, |x| x - start), marks, ..part };
        }
        self.merge(&part);
    }

    /// Adds all samples of `other`, a later part.
    pub(super) fn merge(&mut self, other: &Self) {
        match (self.start, other.start) {
            (_, None) => {}
            (None, Some(start)) => {
                self.start = Some(start);
                self.sums.merge(&other.sums, self.added);
                self.marks = other.marks.map(|marks| marks.moved(self.added));
            }
            (Some(mine), Some(theirs)) => {
                self.sums.merge(&other.sums.shifted(theirs - mine), self.added);
                let both = self.marks.zip(other.marks).filter(|(mine, theirs)| mine.at.map(f64::to_bits) == theirs.at.map(f64::to_bits));
                self.marks = both.map(|(mine, theirs)| mine.merged(&theirs, self.added));
            }
        }
        self.added += other.added;
    }

    /// Of the samples' distances from one number.
    pub(super) fn sums(&self) -> &ScrambleSums {
        &self.sums
    }

    /// Ranks, from 0, of the ends of the interval of a level, of the first or the second.
    pub(super) fn ranks(&self, level: usize, n: u64) -> Option<(usize, usize)> {
        let below = self.marks.as_ref()?.below.get(level)?;
        below.ranks_around(*LEVELS.get(level)?, n)
    }

    /// Sums of what samples are above the mark that CVaR starts from.
    pub(super) fn excess(&self) -> Option<&ScrambleSums> {
        self.marks.as_ref().map(|marks| &marks.excess)
    }
}

impl Marks {
    /// The same of replications that come so many later.
    fn moved(&self, first: u64) -> Self {
        let empty = Self { at: self.at, below: Default::default(), excess: ScrambleSums::default() };
        empty.merged(self, first)
    }

    fn merged(mut self, later: &Self, first: u64) -> Self {
        self.below.iter_mut().zip(&later.below).for_each(|(mine, theirs)| mine.merge(theirs, first));
        self.excess.merge(&later.excess, first);
        self
    }
}

/// The percentiles of a part with a finite sample.
fn marks(samples: &[f64]) -> [f64; LEVELS.len()] {
    let mut finite: Vec<f64> = samples.iter().copied().filter(|x| x.is_finite()).collect();
    finite.sort_unstable_by(f64::total_cmp);
    LEVELS.map(|level| finite.get(quantile_rank(finite.len(), level) - 1).copied().unwrap_or(f64::NAN))
}
