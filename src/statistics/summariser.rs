//! Summaries of many columns: the scratch memory and the ranks are made once, not per column.

use super::control::{Method, finite_range};
use super::distribution::{CONFIDENCE, Distribution};
use super::quantile::order_statistic_interval;
use super::replicated::replicate;
use super::sampling::Sampling;
use super::sort::{SortScratch, sort, sort_into};
use super::tail::quantile_rank;

/// The ranks that enclose the median and the 95th percentile of `n` samples: the same for every column of one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuantileRanks {
    n: usize,
    pub(super) p50: Option<(usize, usize)>,
    pub(super) p95: Option<(usize, usize)>,
}

impl QuantileRanks {
    /// Ranks for columns of `n` samples, at [`CONFIDENCE`].
    pub fn new(n: usize) -> Self {
        let ranks = |p| order_statistic_interval(n, p, CONFIDENCE);
        Self { n, p50: ranks(0.50), p95: ranks(0.95) }
    }

    /// Number of samples that they are for.
    pub(super) fn n(&self) -> usize {
        self.n
    }
}

/// Makes many [`Distribution`]s, keeping the scratch memory and the ranks of the last column length.
#[derive(Debug, Clone)]
pub struct Summariser {
    sampling: Sampling,
    scratch: Vec<f64>,
    sorting: SortScratch,
    ranks: Option<QuantileRanks>,
}

impl Default for Summariser {
    /// Of independent samples.
    fn default() -> Self {
        Self::sampled(Sampling::Plain)
    }
}

impl Summariser {
    /// Of columns whose entries are replications 0, 1, 2, …, sampled in this way.
    pub fn sampled(sampling: Sampling) -> Self {
        Self { sampling, scratch: Vec::new(), sorting: SortScratch::default(), ranks: None }
    }

    /// Summarises a column without changing it; `None` when it has no finite sample.
    pub fn summarise(&mut self, samples: &[f64]) -> Option<Distribution> {
        self.summarise_by(samples, self.sampling.into())
    }

    /// The same by another method: of replications sampled in its way, with the mean that its controls give, if it has any. Of plain samples
    /// controls are left alone.
    pub fn summarise_by(&mut self, samples: &[f64], method: Method<'_>) -> Option<Distribution> {
        let mut scratch = std::mem::take(&mut self.scratch);
        self.sort_into(samples, &mut scratch);
        let distribution = self.summarise_sorted_by(&scratch, samples, method);
        self.scratch = scratch;
        distribution
    }

    /// The same of a column whose finite samples are at hand in ascending order too. Of plain samples the column itself is not looked at.
    pub fn summarise_sorted_by(&mut self, sorted: &[f64], samples: &[f64], method: Method<'_>) -> Option<Distribution> {
        let mut distribution = self.summarise_sorted(sorted)?;
        if method.sampling == Sampling::Sobol {
            let tail = sorted.get(quantile_rank(sorted.len(), 0.95) - 1).copied().unwrap_or(f64::NAN);
            replicate(&mut distribution, samples, method.controls, tail, |rank| sorted.get(rank).copied());
        }
        Some(distribution)
    }

    /// Summarises a column whose order is not needed any more. Of independent samples it is left with the finite ones first, ascending.
    pub fn summarise_in_place(&mut self, samples: &mut [f64]) -> Option<Distribution> {
        match self.sampling {
            Sampling::Plain => self.sort_and_summarise(samples),
            // Sorted, the samples no longer tell their replications.
            Sampling::Sobol => self.summarise(samples),
        }
    }

    fn sort_and_summarise(&mut self, samples: &mut [f64]) -> Option<Distribution> {
        let finite = self.sort(samples);
        self.summarise_sorted(samples.get(..finite)?)
    }

    /// Moves the finite samples to the front and sorts them; returns how many they are. The others follow in some order.
    pub fn sort(&mut self, samples: &mut [f64]) -> usize {
        let finite = finite_first(samples);
        sort(finite, &mut self.sorting);
        finite.len()
    }

    /// Makes `sorted` the finite ones of these samples, ascending.
    pub fn sort_into(&mut self, samples: &[f64], sorted: &mut Vec<f64>) {
        if let Some(range) = finite_range(samples) {
            sorted.resize(samples.len(), 0.0);
            sort_into(samples, range, sorted, &mut self.sorting);
        } else {
            sorted.clear();
            sorted.extend_from_slice(samples);
            let finite = self.sort(sorted);
            sorted.truncate(finite);
        }
    }

    /// Summarises finite samples in ascending order, as independent ones: their order tells no replication. `None` when there are none.
    pub fn summarise_sorted(&mut self, finite: &[f64]) -> Option<Distribution> {
        Distribution::from_sorted(finite, self.ranks(finite.len()))
    }

    /// Summarises `n` samples that are all this value, as if they had been given; `None` where it is not finite or `n` is 0.
    pub fn summarise_constant(&mut self, value: f64, n: usize) -> Option<Distribution> {
        Distribution::constant(value, self.ranks(n))
    }

    fn ranks(&mut self, n: usize) -> &QuantileRanks {
        let ranks = self.ranks.filter(|ranks| ranks.n == n).unwrap_or_else(|| QuantileRanks::new(n));
        self.ranks.insert(ranks)
    }
}

/// Moves the finite samples to the front and returns them. A negative zero becomes a plain one, so that their order is that of their bits.
fn finite_first(samples: &mut [f64]) -> &mut [f64] {
    let mut n = 0;
    for i in 0..samples.len() {
        if samples[i].is_finite() {
            samples.swap(n, i);
            samples[n] += 0.0;
            n += 1;
        }
    }
    &mut samples[..n]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::testing::Draws;

    #[test]
    fn a_summariser_gives_the_same_for_any_order_and_history() {
        let mut draws = Draws::new(9);
        let mut summariser = Summariser::default();
        for n in [1, 80, 1_000, 80, 5_000] {
            let mut samples: Vec<f64> = (0..n).map(|_| draws.exponential()).collect();
            let expected = Distribution::from_samples(&mut samples.clone());
            assert_eq!(summariser.summarise(&samples), expected);
            samples.reverse();
            assert_eq!(summariser.summarise(&samples), expected);
            assert_eq!(summariser.summarise_in_place(&mut samples), expected);
            assert!(samples.is_sorted());
        }
    }

    #[test]
    fn signed_zeros_do_not_make_the_order_matter() {
        for mut samples in [[0.0, -0.0, 1.0, f64::NAN], [f64::NAN, -0.0, 1.0, 0.0]] {
            let finite = finite_first(&mut samples);
            sort(finite, &mut SortScratch::default());
            assert_eq!(finite.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), [0, 0, 1.0_f64.to_bits()]);
        }
    }
}
