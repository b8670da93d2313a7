//! Mean and variance of a stream, kept so that parts merge to the whole: no raw sums of squares, which lose every digit far from zero.

use super::estimate::Estimate;

/// Running number, mean and sum of squared deviations of samples.
///
/// Single samples are added by Welford's rule, whole parts by Chan's[^chan]. A non-finite sample makes the mean non-finite: leave such
/// samples out before adding.
///
/// [^chan]: T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", The American Statistician 37 (1983),
///     242-247, doi:10.1080/00031305.1983.10483115.
///
/// # Example
///
/// ```
/// use tokentide::statistics::Moments;
///
/// let mut moments = Moments::default();
/// for sample in [1.0, 2.0, 6.0] {
///     moments.add(sample);
/// }
/// assert_eq!(moments.mean(), 3.0);
/// assert_eq!(moments.variance(), Some(7.0));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    n: u64,
    mean: f64,
    m2: f64,
}

impl Moments {
    /// Moments of a whole slice, in two passes: faster and slightly more exact than adding one by one. The sums run in eight fixed
    /// lanes, so the result depends on the order of the slice in its last bits.
    pub fn from_slice(samples: &[f64]) -> Self {
        Self::with_third(samples).0
    }

    /// The same, and the sum of cubed deviations.
    pub(super) fn with_third(samples: &[f64]) -> (Self, f64) {
        if samples.is_empty() {
            return (Self::default(), 0.0);
        }
        let mean = mean_of(samples);
        // Lanes as those of [`lane_sum`], for both sums in one pass.
        let (mut squares, mut cubes) = ([0.0; 8], [0.0; 8]);
        let powers = |((square, cube), x): ((&mut f64, &mut f64), &f64)| {
            let away = x - mean;
            *square += away * away;
            *cube += away * away * away;
        };
        let (blocks, rest) = samples.as_chunks::<8>();
        for block in blocks {
            squares.iter_mut().zip(&mut cubes).zip(block).for_each(powers);
        }
        squares.iter_mut().zip(&mut cubes).zip(rest).for_each(powers);
        (Self { n: samples.len() as u64, mean, m2: squares.iter().sum() }, cubes.iter().sum())
    }

    /// Moments of `n` samples that are all this value.
    pub fn constant(value: f64, n: u64) -> Self {
        if n == 0 { Self::default() } else { Self { n, mean: value, m2: 0.0 } }
    }

    /// Adds one sample.
    pub fn add(&mut self, sample: f64) {
        self.n += 1;
        let before = sample - self.mean;
        self.mean += before / self.n as f64;
        self.m2 += before * (sample - self.mean);
    }

    /// Adds all samples of `other`, as if they had been added one by one.
    pub fn merge(&mut self, other: &Self) {
        if other.n == 0 {
            return;
        }
        if self.n == 0 {
            *self = *other;
            return;
        }
        let (mine, theirs) = (self.n as f64, other.n as f64);
        let (delta, share) = (other.mean - self.mean, theirs / (mine + theirs));
        self.n += other.n;
        self.mean += delta * share;
        self.m2 += other.m2 + delta * delta * mine * share;
    }

    /// Number of samples.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Sum of squared deviations.
    pub(super) fn m2(&self) -> f64 {
        self.m2
    }

    /// Arithmetic mean; NaN when there are no samples.
    pub fn mean(&self) -> f64 {
        if self.n == 0 { f64::NAN } else { self.mean }
    }

    /// Unbiased variance (divisor n − 1); `None` below two samples or when it is not finite.
    pub fn variance(&self) -> Option<f64> {
        if self.n < 2 {
            return None;
        }
        let variance = self.m2 / (self.n - 1) as f64;
        variance.is_finite().then_some(variance)
    }

    /// Standard deviation, the root of [`Self::variance`].
    pub fn sd(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }

    /// Standard error of the mean of independent samples, sd / √n; `None` below two samples.
    pub fn standard_error(&self) -> Option<f64> {
        self.variance().map(|variance| (variance / self.n as f64).sqrt())
    }

    /// The mean with its standard error.
    pub fn estimate(&self) -> Estimate {
        Estimate { point: self.mean(), standard_error: self.standard_error(), n: self.n }
    }
}

/// The mean that [`Moments::from_slice`] has; not a number of no samples.
pub(super) fn mean_of(samples: &[f64]) -> f64 {
    // Summing distances from the first sample keeps the digits of a column far from zero, and equal samples exact.
    samples.first().map_or(f64::NAN, |&first| first + lane_sum(samples, |x| x - first) / samples.len() as f64)
}

/// Sum of `term` over the slice in eight interleaved lanes, which the compiler turns into vector additions.
pub(super) fn lane_sum(samples: &[f64], term: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; 8];
    let (blocks, rest) = samples.as_chunks::<8>();
    for block in blocks {
        for (lane, &x) in lanes.iter_mut().zip(block) {
            *lane += term(x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane += term(x);
    }
    lanes.iter().sum()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results compared are exact")]
mod tests {
    use super::*;
    use crate::statistics::testing::Draws;

    fn streamed(samples: &[f64]) -> Moments {
        samples.iter().fold(Moments::default(), |mut moments, &x| {
            moments.add(x);
            moments
        })
    }

    fn assert_same(left: &Moments, right: &Moments, samples: &[f64]) {
        // A rounding error per step: n ulps of the largest sample for the mean, and the same against one sd for the spread.
        let n = samples.len() as f64;
        let largest = samples.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let sd = right.sd().unwrap();
        assert_eq!(left.n(), right.n());
        assert!((left.mean() - right.mean()).abs() <= n * f64::EPSILON * largest);
        assert!((left.sd().unwrap() / sd - 1.0).abs() <= n * f64::EPSILON * (1.0 + largest / sd));
    }

    #[test]
    fn parts_merge_to_the_whole_at_every_split() {
        for shift in [0.0, 1e9] {
            let mut draws = Draws::new(1);
            let samples: Vec<f64> = (0..97).map(|_| shift + draws.normal()).collect();
            let whole = streamed(&samples);
            for split in 0..=samples.len() {
                let (left, right) = samples.split_at(split);
                let mut merged = streamed(left);
                merged.merge(&streamed(right));
                assert_same(&merged, &whole, &samples);
            }
            assert_same(&Moments::from_slice(&samples), &whole, &samples);
        }
    }

    #[test]
    fn the_empty_part_changes_nothing() {
        let some = streamed(&[1.0, 4.0]);
        let mut left = some;
        left.merge(&Moments::default());
        let mut right = Moments::default();
        right.merge(&some);
        assert_eq!((left, right), (some, some));
        assert_eq!(Moments::from_slice(&[]), Moments::default());
    }

    #[test]
    fn a_shift_far_from_zero_keeps_the_spread() {
        // 4, 7, 13, 16 have mean 10 and variance 30, and so they have a billion further on.
        let samples = [4.0, 7.0, 13.0, 16.0].map(|x| x + 1e9);
        for moments in [streamed(&samples), Moments::from_slice(&samples)] {
            assert_eq!(moments.mean(), 1e9 + 10.0);
            assert_eq!(moments.variance(), Some(30.0));
            assert_eq!(moments.standard_error(), Some(7.5_f64.sqrt()));
        }
    }

    #[test]
    fn equal_samples_have_no_spread() {
        for n in 2..40 {
            assert_eq!(Moments::from_slice(&vec![0.1; n]).sd(), Some(0.0));
            assert_eq!(streamed(&vec![0.1; n]).sd(), Some(0.0));
        }
    }

    #[test]
    fn what_is_unknown_is_none() {
        assert!(Moments::default().mean().is_nan());
        let one = streamed(&[5.0]);
        assert_eq!((one.mean(), one.variance(), one.sd(), one.standard_error()), (5.0, None, None, None));
        assert_eq!(streamed(&[1.0, f64::INFINITY]).variance(), None);
    }
}
