//! Errors of columns whose replications hang together within a scramble: from the spread between the scrambles, which are independent.
//!
//! Entry r of a column belongs to scramble r mod 16. Every point is that of all samples pooled; each error is that of a mean of numbers that
//! each scramble has one of, with Student's t of one degree of freedom less than there are scrambles, which for 16 covers as it claims also
//! where the numbers are not normal (L'Ecuyer, Nakayama, Owen and Tuffin, "Confidence intervals for randomized quasi-Monte Carlo estimators",
//! WSC 2023, compare it with other intervals and recommend it):
//!
//! - a mean: the scramble's own mean. Scrambles of different size (samples that are no number are left out) count by their size, by the
//!   ratio estimator of survey sampling with clusters (W. G. Cochran, "Sampling Techniques", 3rd edition, Wiley 1977, section 6.3).
//! - a quantile: the scramble's share of samples up to the pooled quantile; the interval reaches from the pooled sample whose share is t
//!   errors below the level to that whose share is as far above (R. S. Woodruff, "Confidence intervals for medians and other position
//!   measures", JASA 47 (1952), 635-646, doi:10.1080/01621459.1952.10483443). The ranks are rounded outward, so that it still holds the
//!   quantile where all scrambles agree on the share.
//! - CVaR: the scramble's mean of max(x − q, 0) with the pooled quantile q, as [`cvar_sorted`](super::cvar_sorted) has of all samples.

use super::control::{Controls, finite_range};
use super::distribution::{CONFIDENCE, Distribution};
use super::estimate::Estimate;
use super::moments::{Moments, mean_of};
use super::normal::student_t_quantile;
use super::quantile::order_statistic_interval;
use super::sampling::{SCRAMBLES, Sampling};

/// Sums of one number by scramble.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct ScrambleSums {
    n: [f64; SCRAMBLES],
    sum: [f64; SCRAMBLES],
}

impl ScrambleSums {
    /// Sums of `term` over the finite samples.
    pub(super) fn of(samples: &[f64], term: impl Fn(f64) -> f64) -> Self {
        if finite_range(samples).is_some() {
            return Self::of_finite(samples, term);
        }
        let mut sums = Self::default();
        for row in samples.chunks(SCRAMBLES) {
            for (scramble, &x) in row.iter().enumerate().filter(|(_, x)| x.is_finite()) {
                sums.n[scramble] += 1.0;
                sums.sum[scramble] += term(x);
            }
        }
        sums
    }

    /// The same of samples that are known to be finite.
    pub(super) fn of_finite(samples: &[f64], term: impl Fn(f64) -> f64) -> Self {
        // Rows of one sample for each scramble, which compile to vectors.
        let mut sums = Self::zeros(samples.len() as u64);
        let (rows, last) = samples.as_chunks::<SCRAMBLES>();
        for row in rows {
            sums.sum.iter_mut().zip(row).for_each(|(sum, &x)| *sum += term(x));
        }
        sums.sum.iter_mut().zip(last).for_each(|(sum, &x)| *sum += term(x));
        sums
    }

    /// Adds the value of replication `replication`.
    pub(super) fn add(&mut self, replication: u64, value: f64) {
        let scramble = (replication % SCRAMBLES as u64) as usize;
        self.n[scramble] += 1.0;
        self.sum[scramble] += value;
    }

    /// Adds sums whose replication 0 is `first` of these.
    pub(super) fn merge(&mut self, other: &Self, first: u64) {
        for scramble in 0..SCRAMBLES {
            let to = (scramble + (first % SCRAMBLES as u64) as usize) % SCRAMBLES;
            self.n[to] += other.n[scramble];
            self.sum[to] += other.sum[scramble];
        }
    }

    /// Sums of so many zeros.
    pub(super) fn zeros(replications: u64) -> Self {
        let (all, more) = (replications / SCRAMBLES as u64, (replications % SCRAMBLES as u64) as usize);
        Self { n: std::array::from_fn(|scramble| (all + u64::from(scramble < more)) as f64), sum: [0.0; SCRAMBLES] }
    }

    /// Number and sum over all scrambles.
    pub(super) fn totals(&self) -> (f64, f64) {
        (self.n.iter().sum(), self.sum.iter().sum())
    }

    /// The pooled mean; NaN of no samples.
    pub(super) fn mean(&self) -> f64 {
        let (n, sum) = self.totals();
        sum / n
    }

    /// Takes this multiple of other sums of the same replications from these.
    pub(super) fn take(&mut self, multiple: f64, other: &Self) {
        self.sum.iter_mut().zip(&other.sum).for_each(|(sum, other)| *sum -= multiple * other);
    }

    /// The same of numbers that are greater by this.
    pub(super) fn shifted(&self, by: f64) -> Self {
        Self { n: self.n, sum: std::array::from_fn(|scramble| self.sum[scramble] + self.n[scramble] * by) }
    }

    /// Number of scrambles with a sample.
    pub(super) fn scrambles(&self) -> u64 {
        self.n.iter().filter(|n| **n > 0.0).count() as u64
    }

    /// Standard error of the pooled mean; `None` with fewer than two scrambles, or when it is not finite.
    pub(super) fn standard_error(&self) -> Option<f64> {
        let (all, scrambles) = (self.n.iter().sum::<f64>(), self.scrambles() as f64);
        if !(scrambles > 1.0) {
            return None;
        }
        let mean = self.mean();
        let squares: f64 = self.n.iter().zip(&self.sum).map(|(n, sum)| (sum - n * mean) * (sum - n * mean)).sum();
        Some((scrambles / (scrambles - 1.0) * squares).sqrt() / all).filter(|error| error.is_finite())
    }

    /// Student's multiplier of a two-sided interval.
    pub(super) fn multiplier(&self, confidence: f64) -> f64 {
        student_t_quantile(0.5 * (1.0 + confidence), self.scrambles().saturating_sub(1))
    }

    /// Ranks, from 0, of the ends of the interval of the quantile at `level` of `n` samples; these are the shares of samples that are not above
    /// it. `None` where an end is beyond all samples.
    pub(super) fn ranks_around(&self, level: f64, n: u64) -> Option<(usize, usize)> {
        let n = n as f64;
        let reach = n * self.standard_error()? * self.multiplier(CONFIDENCE);
        let (low, high) = ((n * level - reach).floor(), (n * level + reach).ceil() + 1.0);
        // Ranks are counted from 1 here.
        (low >= 1.0 && high <= n).then_some((low as usize - 1, high as usize - 1))
    }
}

impl Sampling {
    /// The mean of the finite samples of a column with its standard error. `n` is what the error's degrees of freedom come from: the number
    /// of samples, or of scrambles.
    pub fn mean(self, samples: &[f64]) -> Estimate {
        let is_whole = finite_range(samples).is_some();
        let rest: Vec<f64> = if is_whole { Vec::new() } else { samples.iter().copied().filter(|x| x.is_finite()).collect() };
        let finite = if is_whole { samples } else { &rest };
        match self {
            Self::Plain => Moments::from_slice(finite).estimate(),
            Self::Sobol => {
                // Distances from one sample, so that equal samples have no error at all.
                let start = finite.first().copied().unwrap_or(0.0);
                let term = |x| x - start;
                let sums = if is_whole { ScrambleSums::of_finite(samples, term) } else { ScrambleSums::of(samples, term) };
                Estimate { point: mean_of(finite), standard_error: sums.standard_error(), n: sums.scrambles() }
            }
        }
    }
}

impl Sampling {
    /// The 95 % interval of the quantile at `p` in (0, 1), from sample to sample: between order statistics, or under steered sampling by the shares
    /// that each scramble has up to the quantile. `samples` are in the order of their replications and may be infinite, `sorted` the same in
    /// their own. `None` where there are too few.
    #[must_use]
    pub fn quantile_interval(self, samples: &[f64], sorted: &[f64], p: f64) -> Option<(f64, f64)> {
        let (low, high) = match self {
            Self::Plain => order_statistic_interval(sorted.len(), p, CONFIDENCE).map(|(low, high)| (low - 1, high - 1))?,
            Self::Sobol => {
                let rank = ((sorted.len() as f64 * p).ceil() as usize).max(1) - 1;
                let q = *sorted.get(rank)?;
                let share = |counts: &dyn Fn(f64) -> bool| -> ScrambleSums {
                    let counted: Vec<f64> = samples.iter().map(|&x| f64::from(u8::from(counts(x)))).collect();
                    ScrambleSums::of(&counted, |one| one)
                };
                // Where many samples are equal, the shares up to them and below them differ, and either may be the one next to `p`.
                let (up_to, below) = (share(&|x| x <= q), share(&|x| x < q));
                let wider = if below.standard_error() > up_to.standard_error() { below } else { up_to };
                wider.ranks_around(p, sorted.len() as u64)?
            }
        };
        Some((*sorted.get(low)?, *sorted.get(high)?))
    }

    /// Samples below which [`quantile_interval`](Self::quantile_interval) at `p` in (0, 1) gives none of samples that differ: with fewer, all of
    /// them are on one side of the quantile too often. `None` beyond all numbers.
    #[must_use]
    pub fn fewest_for_quantile(self, p: f64) -> Option<u64> {
        let beyond = p.min(1.0 - p);
        // All n are within with probability (1 - beyond)^n.
        let plain = libm::log(0.5 * (1.0 - CONFIDENCE)) / libm::log1p(-beyond);
        let scrambles = SCRAMBLES as f64;
        let t = student_t_quantile(0.5 * (1.0 + CONFIDENCE), SCRAMBLES as u64 - 1);
        // The fewest that must be expected beyond, so that the error of those seen leaves a rank, were they one each of as many scrambles.
        let leaves = |seen: usize| {
            let seen = seen as f64;
            let expected = 1.0 + t * (seen * (scrambles - seen) / (scrambles - 1.0)).sqrt();
            (expected <= seen).then_some(expected.max(seen - 1.0))
        };
        let steered = (1..=SCRAMBLES).find_map(leaves).unwrap_or(scrambles) / beyond;
        // One sample a scramble is as good as an independent one.
        let fewest = if self == Self::Plain || steered < 2.0 * scrambles { plain } else { steered };
        // A hair less, so that what is whole but for rounding stays.
        (fewest < 1e15).then(|| (fewest * (1.0 - 1e-12)).ceil() as u64)
    }
}

/// Replaces the errors and intervals of `distribution`, which knows nothing of scrambles, by those of `column`, the samples it summarises in
/// the order of their replications; with `controls` the mean is the adjusted one. `ranked` gives the finite sample of a rank, 0 the smallest;
/// `tail` is the quantile that CVaR starts from.
///
/// Intervals that were not given because too little was seen are still not given.
pub(super) fn replicate(
    distribution: &mut Distribution,
    column: &[f64],
    controls: Option<&Controls>,
    tail: f64,
    mut ranked: impl FnMut(usize) -> Option<f64>,
) {
    // Where too few events were seen to tell the error of their mean, neither can controls tell it.
    let controls = controls.filter(|_| distribution.mean_interval.is_some());
    let n = distribution.n;
    let is_finite = n == column.len() as u64;
    let range = (distribution.min, distribution.max);
    let adjusted = controls.filter(|_| is_finite).and_then(|controls| controls.mean_within(column, range, Sampling::Sobol));
    let mean = adjusted.unwrap_or_else(|| Sampling::Sobol.mean(column));
    distribution.mean = mean.point;
    distribution.mean_se = mean.standard_error;
    distribution.mean_interval = distribution.mean_interval.and_then(|_| mean.interval(CONFIDENCE));
    let mut around = |level: f64, q: f64| {
        let up_to = |x| if x <= q { 1.0 } else { 0.0 };
        let shares = if is_finite { ScrambleSums::of_finite(column, up_to) } else { ScrambleSums::of(column, up_to) };
        let (low, high) = shares.ranks_around(level, n)?;
        Some((ranked(low)?, ranked(high)?))
    };
    distribution.p50_interval = around(0.50, distribution.p50);
    distribution.p95_interval = around(0.95, distribution.p95);
    let excess = |x: f64| (x - tail).max(0.0);
    let excess = if is_finite { ScrambleSums::of_finite(column, excess) } else { ScrambleSums::of(column, excess) };
    distribution.set_cvar_error(Some(&excess));
}

impl Distribution {
    /// The error and interval of CVaR95 that the sums of what samples are above its quantile tell; none of no sums. An interval that was not
    /// given because too little was seen is still not given.
    pub(super) fn set_cvar_error(&mut self, excess: Option<&ScrambleSums>) {
        let error = excess.and_then(ScrambleSums::standard_error).map(|error| error / 0.05).filter(|error| *error > 0.0);
        self.cvar95_se = error;
        let reach = error.zip(excess).map(|(error, excess)| error * excess.multiplier(CONFIDENCE));
        self.cvar95_interval = self.cvar95_interval.and(reach).map(|reach| (self.cvar95 - reach, self.cvar95 + reach));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::testing::{Draws, four_standard_errors};
    use crate::statistics::{Summariser, normal_quantile};

    /// Whole numbers, with .9545 of them up to 5 and what is above infinite: their 95 % intervals hold the quantile in 95 of 100 repeats, less
    /// four errors of that share, next to a step of the law too.
    #[test]
    fn intervals_of_steps_cover() {
        let mut draws = Draws::new(9);
        let repeats: Vec<Vec<f64>> = (0..200)
            .map(|_| {
                let step = |normal: f64| (3.0 * normal.abs()).floor();
                (0..960).map(|_| step(draws.normal())).map(|x| if x > 5.0 { f64::INFINITY } else { x }).collect()
            })
            .collect();
        for sampling in [Sampling::Plain, Sampling::Sobol] {
            for (p, truth) in [(0.5, 2.0), (0.8, 3.0), (0.95, 5.0), (0.97, f64::INFINITY)] {
                let holds = |samples: &&Vec<f64>| {
                    let mut sorted = (*samples).clone();
                    sorted.sort_unstable_by(f64::total_cmp);
                    sampling.quantile_interval(samples, &sorted, p).is_some_and(|(low, high)| low <= truth && truth <= high)
                };
                let covered = repeats.iter().filter(holds).count();
                assert!(covered >= 178, "{sampling:?} {p}: {covered} of 200");
            }
        }
    }

    #[test]
    fn an_interval_takes_so_many_samples() {
        let mut draws = Draws::new(10);
        for p in [0.05, 0.5, 0.95, 0.99] {
            for sampling in [Sampling::Plain, Sampling::Sobol] {
                let fewest = sampling.fewest_for_quantile(p).unwrap();
                let has = |draws: &mut Draws, n: u64| {
                    let samples: Vec<f64> = (0..n).map(|_| draws.normal()).collect();
                    let mut sorted = samples.clone();
                    sorted.sort_unstable_by(f64::total_cmp);
                    sampling.quantile_interval(&samples, &sorted, p).is_some()
                };
                let (fewer, enough) = if sampling == Sampling::Plain { (fewest - 1, fewest) } else { (fewest * 9 / 10, fewest * 4) };
                assert!((0..50).all(|_| !has(&mut draws, fewer)), "{sampling:?} {p}: {fewest}");
                assert!((0..50).all(|_| has(&mut draws, enough)), "{sampling:?} {p}: {fewest}");
            }
        }
        assert_eq!(Sampling::Plain.fewest_for_quantile(0.95), Some(72));
        assert_eq!((Sampling::Plain.fewest_for_quantile(0.999), Sampling::Sobol.fewest_for_quantile(0.99)), (Some(3688), Some(527)));
    }

    #[test]
    fn the_error_of_a_mean_is_that_of_the_scrambles_means() {
        // Two rows: scramble g has g and g + 2, so means g + 1 with variance 68 / 3 (of 0 to 15, divisor 15).
        let samples: Vec<f64> = (0..32).map(|r| f64::from(r % 16 + r / 16 * 2)).collect();
        let mean = Sampling::Sobol.mean(&samples);
        assert_eq!((mean.point, mean.n), (8.5, 16));
        assert!((mean.standard_error.unwrap() - (68.0_f64 / 3.0 / 16.0).sqrt()).abs() < 1e-14);
        assert_eq!(Sampling::Sobol.mean(&[0.1; 40]).standard_error, Some(0.0));
        assert_eq!(Sampling::Sobol.mean(&[0.1; 1]).standard_error, None);
        assert_eq!(Sampling::Plain.mean(&samples), Moments::from_slice(&samples).estimate());
    }

    #[test]
    fn samples_that_are_no_number_keep_the_others_in_their_scramble() {
        let mut samples: Vec<f64> = (0..160).map(|r| f64::from(r % 16)).collect();
        samples[3] = f64::NAN;
        let mean = Sampling::Sobol.mean(&samples);
        let sums = ScrambleSums::of(&samples, |x| x);
        assert_eq!((sums.n[3], sums.sum[3], sums.n[4]), (9.0, 27.0, 10.0));
        assert!((mean.point - (1200.0 - 3.0) / 159.0).abs() < 1e-12);
        let mut parts = ScrambleSums::default();
        samples[..20].iter().enumerate().filter(|(_, x)| x.is_finite()).for_each(|(r, &x)| parts.add(r as u64, x));
        parts.merge(&ScrambleSums::of(&samples[20..], |x| x), 20);
        assert_eq!(parts, sums);
    }

    /// With fewer samples than scrambles, or one in each, they are independent samples.
    #[test]
    fn few_samples_are_as_good_as_independent_ones() {
        let mut draws = Draws::new(3);
        for n in [2_usize, 5, 16] {
            let samples: Vec<f64> = (0..n).map(|_| draws.normal()).collect();
            let (a, b) = (Sampling::Sobol.mean(&samples), Sampling::Plain.mean(&samples));
            assert!((a.standard_error.unwrap() / b.standard_error.unwrap() - 1.0).abs() < 1e-12);
            assert_eq!((a.n, b.n), (n as u64, n as u64));
        }
    }

    /// Independent samples are scrambles of no evenness: intervals of mean, P50, P95 and CVaR95 cover as they claim.
    #[test]
    fn intervals_of_independent_samples_cover() {
        const REPEATS: u32 = 1500;
        let mut draws = Draws::new(11);
        let mut summariser = Summariser::sampled(Sampling::Sobol);
        let (z, sigma) = (normal_quantile(0.95), 0.5);
        let tail = libm::exp(0.125) * crate::statistics::normal_cdf(sigma - z) / 0.05;
        let truths = [libm::exp(0.125), 1.0, libm::exp(sigma * z), tail];
        let mut covered = [0_u32; 4];
        for _ in 0..REPEATS {
            let samples: Vec<f64> = (0..4096).map(|_| libm::exp(sigma * draws.normal())).collect();
            let d = summariser.summarise(&samples).unwrap();
            let intervals = [d.mean_interval, d.p50_interval, d.p95_interval, d.cvar95_interval];
            for ((count, interval), truth) in covered.iter_mut().zip(intervals).zip(truths) {
                let (low, high) = interval.unwrap();
                *count += u32::from(low <= truth && truth <= high);
            }
        }
        for (count, what) in covered.into_iter().zip(["mean", "P50", "P95", "CVaR95"]) {
            let share = f64::from(count) / f64::from(REPEATS);
            assert!((share - 0.95).abs() < four_standard_errors(0.95, REPEATS), "{what}: {share}");
        }
    }

    /// Stratified uniforms: the scrambles agree on every share to one sample, and the interval holds the quantile all the same, in a
    /// small part of the width that independent samples give.
    #[test]
    fn even_samples_have_narrow_intervals_that_hold() {
        const REPEATS: u32 = 600;
        for rows in [60_usize, 64, 100] {
            let mut draws = Draws::new(12);
            let (mut even, mut plain) = (Summariser::sampled(Sampling::Sobol), Summariser::default());
            let mut covered = [0_u32; 2];
            for _ in 0..REPEATS {
                let samples: Vec<f64> = (0..16 * rows).map(|r| ((r / 16) as f64 + draws.uniform()) / rows as f64).collect();
                let (d, other) = (even.summarise(&samples).unwrap(), plain.summarise(&samples).unwrap());
                for (count, (interval, truth)) in covered.iter_mut().zip([(d.p50_interval, 0.5), (d.p95_interval, 0.95)]) {
                    let (low, high) = interval.unwrap();
                    *count += u32::from(low <= truth && truth <= high);
                }
                let width = |d: &Distribution| d.p50_interval.map(|(low, high)| high - low).unwrap();
                assert!(width(&d) < 0.3 * width(&other));
            }
            for count in covered {
                let share = f64::from(count) / f64::from(REPEATS);
                assert!(share > 0.95 - four_standard_errors(0.95, REPEATS), "{rows}: {share}");
            }
        }
    }
}
