//! The summary of a column that is too long to keep: moments that merge, and a histogram whose bins grow with what they hold.
//!
//! A bin holds the numbers that agree in sign, exponent and the first nine bits of the mantissa, so it is 2⁻⁹ (0.2 %) wide, of its lower end;
//! what is nearer to 0 than 2⁻⁴⁰ (1e-12) is counted as 0. Counts are integers: they do not depend on the order of the samples. Moments are
//! summed part by part, in the order in which the parts are added.

mod histogram;
mod scrambled;

use super::distribution::{CONFIDENCE, Distribution};
use super::estimate::Estimate;
use super::moments::Moments;
use super::replicated::ScrambleSums;
use super::sampling::Sampling;
use super::skewness::SkewedMean;
use super::summariser::QuantileRanks;
use super::tail::EVENTS_FOR_INTERVAL;
use histogram::{Bin, Histogram, PRECISION};
use scrambled::Scrambled;

/// What a percentile from a [`Stream`] may be wrong by, of itself: the width of a bin.
pub const STREAM_ERROR: f64 = 1.0 / (1_u64 << PRECISION) as f64;

/// The smallest number that is not counted as 0: 2⁻⁴⁰.
pub const STREAM_ZERO: f64 = 1.0 / (1_u64 << 40) as f64;

/// A running summary of samples, which merges.
///
/// Number, mean, spread and extremes are exact. Percentiles, their intervals, which reach to the ends of their bins, and the CVaR come from the
/// histogram: an order statistic lies in the bin it is looked for in, so it is off by less than [`STREAM_ERROR`] of itself (and by less than [`STREAM_ZERO`] near
/// 0), mostly by far less, as samples are taken to be spread evenly over their bin; a percentile between two of different signs, and a CVaR of
/// samples of both signs, by less than that share of the sizes it is made of. Samples that are not finite are left out.
///
/// Where replications hang together ([`Self::sampled`]), errors and intervals come from the spread between scrambles, as those of a column that
/// is kept do, but without controls; the share below a percentile is counted at that of the first part added, which is known from there on.
/// Where streams are merged whose first parts differ, the intervals of percentiles and the error of the CVaR are unknown.
///
/// # Example
///
/// ```
/// use tokentide::statistics::{STREAM_ERROR, Stream};
///
/// let mut stream = Stream::default();
/// for part in [[1.0, 2.0], [6.0, 5.0]] {
///     stream.add(&part);
/// }
/// let summary = stream.distribution().unwrap();
/// assert_eq!((summary.n, summary.mean, summary.max), (4, 3.5, 6.0));
/// assert!((summary.p50 / 3.5 - 1.0).abs() < STREAM_ERROR);
/// ```
#[derive(Debug, Clone)]
pub struct Stream {
    shape: Shape,
    min: f64,
    max: f64,
    /// Samples that are the smallest.
    smallest: u64,
    histogram: Histogram,
    /// Of replications that hang together.
    scrambled: Option<Box<Scrambled>>,
}

impl Default for Stream {
    /// Of independent samples.
    fn default() -> Self {
        Self::sampled(Sampling::Plain)
    }
}

impl Stream {
    /// Of replications 0, 1, 2, …, sampled in this way.
    pub fn sampled(sampling: Sampling) -> Self {
        Self {
            shape: Shape::default(),
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            smallest: 0,
            histogram: Histogram::default(),
            scrambled: (sampling == Sampling::Sobol).then(Box::default),
        }
    }

    /// Adds a part of the samples. Parts of the same lengths in the same order give the same bits.
    pub fn add(&mut self, samples: &[f64]) {
        if let Some(scrambled) = &mut self.scrambled {
            scrambled.add(samples);
        }
        if samples.iter().all(|x| x.is_finite()) {
            self.add_finite(samples);
        } else {
            self.add_finite(&samples.iter().copied().filter(|x| x.is_finite()).collect::<Vec<_>>());
        }
    }

    /// Adds all samples of `other`, a later part, sampled in the same way.
    pub fn merge(&mut self, other: &Self) {
        self.shape.merge(&other.shape);
        self.extremes(other.min, other.max, other.smallest);
        self.histogram.merge(&other.histogram);
        if let (Some(mine), Some(theirs)) = (&mut self.scrambled, &other.scrambled) {
            mine.merge(theirs);
        }
    }

    /// Number, mean and spread.
    pub fn moments(&self) -> &Moments {
        &self.shape.moments
    }

    /// The mean with its error.
    pub fn mean(&self) -> Estimate {
        let estimate = self.moments().estimate();
        match self.scrambles() {
            None => estimate,
            Some(sums) => Estimate { standard_error: sums.standard_error(), n: sums.scrambles(), ..estimate },
        }
    }

    /// Sums by scramble of the samples' distances from one number, where replications hang together.
    pub(super) fn scrambles(&self) -> Option<&ScrambleSums> {
        self.scrambled.as_ref().map(|scrambled| scrambled.sums())
    }

    /// Bytes that it holds.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.histogram.bytes() + self.scrambled.as_ref().map_or(0, |_| size_of::<Scrambled>())
    }

    /// The summary; `None` when no sample was finite.
    pub fn distribution(&self) -> Option<Distribution> {
        let moments = self.moments();
        let n = moments.n();
        if n == 0 {
            return None;
        }
        let size = usize::try_from(n).ok()?;
        let ranks = QuantileRanks::new(size);
        let bins = self.histogram.bins();
        let statistic = |rank: usize| self.order_statistic(&bins, rank);
        let quantile = |p: f64| {
            let place = (size - 1) as f64 * p;
            let (low, fraction) = (place.floor(), place - place.floor());
            let (low, high) = (statistic(low as usize), statistic((low as usize + 1).min(size - 1)));
            (low + fraction * (high - low)).min(high)
        };
        // The ends reach to those of their bins: where all lie in one, nothing more is known.
        let ends = |low: usize, high: usize| (self.ends_of(&bins, low).0, self.ends_of(&bins, high).1);
        let at = |ranks: Option<(usize, usize)>| ranks.map(|(l, u)| ends(l - 1, u - 1));
        let (cvar95, cvar95_se, cvar95_interval) = self.cvar(&bins, 0.95);
        let mut distribution = Distribution {
            n,
            mean: moments.mean(),
            mean_se: moments.standard_error(),
            mean_interval: self.mean_interval(),
            sd: moments.sd(),
            min: self.min,
            p01: quantile(0.01),
            p05: quantile(0.05),
            p10: quantile(0.10),
            p25: quantile(0.25),
            p50: quantile(0.50),
            p75: quantile(0.75),
            p90: quantile(0.90),
            p95: quantile(0.95),
            p99: quantile(0.99),
            max: self.max,
            p50_interval: at(ranks.p50),
            p95_interval: at(ranks.p95),
            cvar95,
            cvar95_se,
            cvar95_interval,
        };
        if let Some(scrambled) = &self.scrambled {
            self.replicate(&mut distribution, scrambled, ends);
        }
        Some(distribution)
    }

    /// Replaces errors and intervals of independent samples by those that the scrambles tell. What was not given because too little was seen
    /// is still not given.
    fn replicate(&self, distribution: &mut Distribution, scrambled: &Scrambled, ends: impl Fn(usize, usize) -> (f64, f64)) {
        let mean = self.mean();
        distribution.mean_se = mean.standard_error;
        distribution.mean_interval = distribution.mean_interval.and_then(|_| mean.interval(CONFIDENCE));
        let around = |level| scrambled.ranks(level, distribution.n).map(|(low, high)| ends(low, high));
        (distribution.p50_interval, distribution.p95_interval) = (around(0), around(1));
        distribution.set_cvar_error(scrambled.excess());
    }

    fn add_finite(&mut self, samples: &[f64]) {
        if samples.is_empty() {
            return;
        }
        let min = samples.iter().fold(f64::INFINITY, |min, &x| if x < min { x } else { min });
        let max = samples.iter().fold(f64::NEG_INFINITY, |max, &x| if x > max { x } else { max });
        let smallest = samples.iter().filter(|&&x| x <= min).count() as u64;
        self.extremes(min + 0.0, max + 0.0, smallest);
        self.shape.merge(&Shape::of(samples));
        // The smallest at once: most columns that repeat a number repeat that one, and one count is waited for by the next.
        self.histogram.count(min, smallest as u32);
        samples.iter().filter(|&&x| x > min).for_each(|&x| self.histogram.count(x, 1));
    }

    fn extremes(&mut self, min: f64, max: f64, smallest: u64) {
        if min < self.min {
            (self.min, self.smallest) = (min, smallest);
        } else if min <= self.min {
            self.smallest += smallest;
        }
        self.max = self.max.max(max);
    }

    /// The sample of a rank, from 0.
    fn order_statistic(&self, bins: &[Bin], rank: usize) -> f64 {
        let rank = rank as u64;
        let place = bins.partition_point(|bin| bin.before + bin.count <= rank);
        let Some(bin) = bins.get(place) else { return self.max };
        bin.value(rank - bin.before).clamp(self.min, self.max)
    }

    /// Between what the sample of a rank lies.
    fn ends_of(&self, bins: &[Bin], rank: usize) -> (f64, f64) {
        let place = bins.partition_point(|bin| bin.before + bin.count <= rank as u64);
        bins.get(place).map_or((self.max, self.max), |bin| (bin.low.max(self.min), bin.high.min(self.max)))
    }

    /// As [`cvar_sorted`](super::cvar_sorted): the point, its standard error and interval.
    fn cvar(&self, bins: &[Bin], level: f64) -> (f64, Option<f64>, Option<(f64, f64)>) {
        let size = self.moments().n();
        let n = size as f64;
        let below = n * level;
        let rank = ((below * (1.0 - 4.0 * f64::EPSILON)).ceil() as usize).max(1);
        let q = self.order_statistic(bins, rank - 1);
        // Excess over q: of the bin of q what stands above it, of later bins all, each bin by its middle.
        let place = bins.partition_point(|bin| bin.before + bin.count < rank as u64);
        let mut excess: Vec<(f64, f64)> = Vec::new();
        for (index, bin) in bins.iter().enumerate().skip(place) {
            let first = if index == place { rank as u64 - bin.before } else { 0 };
            if first < bin.count {
                let middle = 0.5 * (bin.value(first) + bin.value(bin.count - 1));
                excess.push(((bin.count - first) as f64, middle.clamp(self.min, self.max) - q));
            }
        }
        excess.retain(|(_, x)| *x > 0.0);
        let events: f64 = excess.iter().map(|(count, _)| count).sum();
        let rest = n - events;
        let mean = excess.iter().map(|(count, x)| count * x).sum::<f64>() / n;
        let m2 = excess.iter().map(|(count, x)| count * (x - mean) * (x - mean)).sum::<f64>() + rest * mean * mean;
        let m3 = excess.iter().map(|(count, x)| count * (x - mean) * (x - mean) * (x - mean)).sum::<f64>() - rest * mean * mean * mean;
        let sd = (m2 / (n - 1.0)).sqrt();
        let weight = n / (n - below);
        let error = Some(weight * sd / n.sqrt()).filter(|error| error.is_finite() && *error > 0.0);
        let interval = error.filter(|_| events >= EVENTS_FOR_INTERVAL as f64).and_then(|_| {
            let spread = m2 / n;
            let law = SkewedMean { mean, sd, skewness: m3 / n / (spread * spread.sqrt()), n };
            law.interval(CONFIDENCE).map(|(low, high)| (q + weight * low, q + weight * high))
        });
        (if excess.is_empty() { q } else { q + weight * mean }, error, interval)
    }

    /// By the same rule as of a column that is kept.
    fn mean_interval(&self) -> Option<(f64, f64)> {
        let moments = self.moments();
        let n = moments.n();
        if n - self.smallest < EVENTS_FOR_INTERVAL {
            let sparse = 2 * self.smallest > n && n > 1;
            return if sparse { None } else { moments.estimate().interval(CONFIDENCE) };
        }
        let sd = moments.sd()?;
        let skewness = self.shape.m3 / n as f64 / (sd * sd * sd);
        SkewedMean { mean: moments.mean(), sd, skewness, n: n as f64 }.interval(CONFIDENCE)
    }
}

/// Moments up to the third.
#[derive(Debug, Clone, Copy, Default)]
struct Shape {
    moments: Moments,
    /// Sum of cubed deviations.
    m3: f64,
}

impl Shape {
    fn of(samples: &[f64]) -> Self {
        let (moments, m3) = Moments::with_third(samples);
        Self { moments, m3 }
    }

    /// Adds a part, by the rule of Pébay[^pebay] for the third moment.
    ///
    /// [^pebay]: P. Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical moments",
    ///     Sandia report SAND2008-6212 (2008), equation 1.6, doi:10.2172/1028931.
    fn merge(&mut self, other: &Self) {
        let (a, b) = (&self.moments, &other.moments);
        if a.n() > 0 && b.n() > 0 {
            let (mine, theirs) = (a.n() as f64, b.n() as f64);
            let all = mine + theirs;
            let delta = b.mean() - a.mean();
            let cubed = delta * delta * delta * (mine / all) * (theirs / all) * (mine - theirs);
            self.m3 += other.m3 + cubed + 3.0 * delta * (mine * b.m2() - theirs * a.m2()) / all;
        } else {
            self.m3 += other.m3;
        }
        self.moments.merge(&other.moments);
    }
}

#[cfg(test)]
mod tests;
