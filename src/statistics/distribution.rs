//! The summary of one column of samples: what a report shows of a cost or a throttled share over the replications.

use super::estimate::Estimate;
use super::moments::Moments;
use super::quantile::quantile_sorted;
use super::skewness::SkewedMean;
use super::summariser::{QuantileRanks, Summariser};
use super::tail::{Cvar, EVENTS_FOR_INTERVAL, cvar_sorted};

/// Confidence of every interval in a [`Distribution`].
pub const CONFIDENCE: f64 = 0.95;

/// Mean, spread, percentiles and tail of a column of samples, all in the unit of the samples.
///
/// A sample that is not finite is a share of nothing (something of nothing) and is left out; [`Self::n`] counts the others.
/// Percentiles are Hyndman and Fan's type 7, CVaR is Acerbi and Tasche's, and every interval is at [`CONFIDENCE`]. What cannot be told
/// is `None`, never 0. The result depends on the samples alone, not on their order.
///
/// # Notes
///
/// An `mean_se` of 0 means that all samples are equal. Whether that is certainty (a fixed price) or an event too rare to have been
/// seen only the caller knows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distribution {
    /// Number of finite samples, ≥ 1.
    pub n: u64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard error of the mean; `None` for a single sample.
    pub mean_se: Option<f64>,
    /// 95 % interval of the mean: Student's below 200 samples, else Hall's for skewed samples. `None` for a single sample, and where
    /// more than half of the samples are the smallest value (an event that mostly does not happen) and fewer than 200 are above it.
    pub mean_interval: Option<(f64, f64)>,
    /// Standard deviation of one sample; `None` for a single sample.
    pub sd: Option<f64>,
    /// Smallest sample.
    pub min: f64,
    /// 1st percentile.
    pub p01: f64,
    /// 5th percentile.
    pub p05: f64,
    /// 10th percentile.
    pub p10: f64,
    /// 25th percentile.
    pub p25: f64,
    /// Median.
    pub p50: f64,
    /// 75th percentile.
    pub p75: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Largest sample.
    pub max: f64,
    /// 95 % interval of the median, distribution-free; `None` below six samples.
    pub p50_interval: Option<(f64, f64)>,
    /// 95 % interval of the 95th percentile, distribution-free; `None` where the samples are too few (below 72).
    pub p95_interval: Option<(f64, f64)>,
    /// Mean of the largest 5 % of the samples.
    pub cvar95: f64,
    /// Standard error of `cvar95`; `None` when no sample exceeds the quantile.
    pub cvar95_se: Option<f64>,
    /// 95 % interval of `cvar95`; `None` where fewer than 200 samples exceed the 95 % quantile.
    pub cvar95_interval: Option<(f64, f64)>,
}

impl Distribution {
    /// Summarises `samples`, reordering them; `None` when none of them is finite. For many columns a [`Summariser`] is quicker.
    pub fn from_samples(samples: &mut [f64]) -> Option<Self> {
        Summariser::default().summarise_in_place(samples)
    }

    /// The summary of samples that are all this value, as many as `ranks` is for; `None` where it is not finite or there are none.
    pub(super) fn constant(value: f64, ranks: &QuantileRanks) -> Option<Self> {
        let n = ranks.n() as u64;
        if n == 0 || !value.is_finite() {
            return None;
        }
        // As in a sorted column, zero has no sign.
        let value = value + 0.0;
        let spread = (n > 1).then_some(0.0);
        let [p01, p05, p10, p25, p50, p75, p90, p95, p99] = [value; 9];
        Some(Self {
            n,
            mean: value,
            mean_se: spread,
            mean_interval: None,
            sd: spread,
            min: value,
            p01,
            p05,
            p10,
            p25,
            p50,
            p75,
            p90,
            p95,
            p99,
            max: value,
            p50_interval: ranks.p50.map(|_| (value, value)),
            p95_interval: ranks.p95.map(|_| (value, value)),
            cvar95: value,
            cvar95_se: None,
            cvar95_interval: None,
        })
    }

    /// The mean with its standard error.
    pub fn mean_estimate(&self) -> Estimate {
        Estimate { point: self.mean, standard_error: self.mean_se, n: self.n }
    }

    /// The CVaR at 95 % with its standard error.
    pub fn cvar95_estimate(&self) -> Estimate {
        Estimate { point: self.cvar95, standard_error: self.cvar95_se, n: self.n }
    }

    /// `sorted`: finite, ascending, as many as `ranks` is for.
    pub(super) fn from_sorted(sorted: &[f64], ranks: &QuantileRanks) -> Option<Self> {
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let (moments, m3) = Moments::with_third(sorted);
        let Cvar { estimate: cvar95, interval: cvar95_interval, .. } = cvar_sorted(sorted, 0.95, CONFIDENCE)?;
        let quantile = |p| quantile_sorted(sorted, p);
        let at = |ranks: Option<(usize, usize)>| {
            let (l, u) = ranks?;
            Some((*sorted.get(l - 1)?, *sorted.get(u - 1)?))
        };
        Some(Self {
            n: moments.n(),
            mean: moments.mean(),
            mean_se: moments.standard_error(),
            mean_interval: mean_interval(sorted, &moments, m3),
            sd: moments.sd(),
            min,
            p01: quantile(0.01),
            p05: quantile(0.05),
            p10: quantile(0.10),
            p25: quantile(0.25),
            p50: quantile(0.50),
            p75: quantile(0.75),
            p90: quantile(0.90),
            p95: quantile(0.95),
            p99: quantile(0.99),
            max,
            p50_interval: at(ranks.p50),
            p95_interval: at(ranks.p95),
            cvar95: cvar95.point,
            cvar95_se: cvar95.standard_error,
            cvar95_interval,
        })
    }
}

/// `m3`: the sum of cubed deviations.
fn mean_interval(sorted: &[f64], moments: &Moments, m3: f64) -> Option<(f64, f64)> {
    let smallest = *sorted.first()?;
    let ties = sorted.partition_point(|&x| x <= smallest);
    let events = (sorted.len() - ties) as u64;
    if events < EVENTS_FOR_INTERVAL {
        let sparse = 2 * ties > sorted.len() && sorted.len() > 1;
        return if sparse { None } else { moments.estimate().interval(CONFIDENCE) };
    }
    let (n, mean) = (sorted.len() as f64, moments.mean());
    let sd = moments.sd()?;
    SkewedMean { mean, sd, skewness: m3 / n / (sd * sd * sd), n }.interval(CONFIDENCE)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results compared are exact")]
mod tests {
    use super::*;
    use crate::statistics::normal_cdf;
    use crate::statistics::testing::{Draws, four_standard_errors};

    fn of(samples: &[f64]) -> Distribution {
        Distribution::from_samples(&mut samples.to_vec()).unwrap()
    }

    #[test]
    fn a_short_column_by_hand() {
        let summary = of(&[3.0, 1.0, 2.0, 5.0, 4.0]);
        assert_eq!((summary.n, summary.mean, summary.min, summary.p50, summary.max), (5, 3.0, 1.0, 3.0, 5.0));
        assert_eq!((summary.p25, summary.p75), (2.0, 4.0));
        assert!((summary.p05 - 1.2).abs() < 1e-12 && (summary.p99 - 4.96).abs() < 1e-12);
        assert_eq!((summary.sd, summary.mean_se), (Some(2.5_f64.sqrt()), Some(0.5_f64.sqrt())));
        assert_eq!(summary.cvar95, 5.0);
        assert_eq!((summary.p50_interval, summary.p95_interval, summary.cvar95_interval), (None, None, None));
        assert_eq!(summary.mean_interval, summary.mean_estimate().interval(0.95));
    }

    #[test]
    fn shares_of_nothing_are_left_out() {
        let with_gaps = of(&[f64::NAN, 2.0, f64::INFINITY, 1.0, f64::NAN, 3.0, f64::NEG_INFINITY]);
        assert_eq!(with_gaps, of(&[1.0, 2.0, 3.0]));
        assert_eq!(Distribution::from_samples(&mut [f64::NAN, f64::NAN]), None);
        assert_eq!(Distribution::from_samples(&mut []), None);
        let single = of(&[7.0]);
        assert_eq!((single.n, single.mean, single.p95, single.cvar95), (1, 7.0, 7.0, 7.0));
        assert_eq!((single.mean_se, single.sd, single.mean_interval, single.cvar95_se), (None, None, None, None));
    }

    #[test]
    fn equal_samples_and_rare_events_claim_no_more_than_they_know() {
        let constant = of(&vec![0.1; 10_000]);
        assert_eq!((constant.mean, constant.sd, constant.mean_se, constant.cvar95), (0.1, Some(0.0), Some(0.0), 0.1));
        assert_eq!((constant.p95_interval, constant.cvar95_interval, constant.mean_interval), (Some((0.1, 0.1)), None, None));
        for n in [1, 2, 5, 6, 71, 72, 1_000] {
            for value in [0.1, -3.0, 0.0, -0.0] {
                assert_eq!(Distribution::constant(value, &QuantileRanks::new(n)), Distribution::from_samples(&mut vec![value; n]));
            }
        }
        assert_eq!(Distribution::constant(1.0, &QuantileRanks::new(0)), None);
        assert_eq!(Distribution::constant(f64::NAN, &QuantileRanks::new(9)), None);
        for (events, known) in [(199, false), (200, true)] {
            let mut samples = vec![0.0; 10_000];
            samples[..events].fill(5.0);
            let rare = of(&samples);
            assert_eq!((rare.mean_interval.is_some(), rare.cvar95_interval.is_some()), (known, known));
        }
    }

    #[test]
    fn a_lognormal_column_has_its_closed_forms() {
        // 730 USD x lognormal with median 1 and sigma 0.3.
        let mut draws = Draws::new(10);
        let mut samples: Vec<f64> = (0..100_000).map(|_| 730.0 * libm::exp(0.3 * draws.normal())).collect();
        let summary = Distribution::from_samples(&mut samples).unwrap();
        assert!((summary.mean - 763.600_337_7).abs() < 4.0 * summary.mean_se.unwrap());
        assert!((summary.cvar95 - 1_364.343_876).abs() < 4.0 * summary.cvar95_se.unwrap());
        // Twice the half-width of a 95 % interval is 3.9 standard errors.
        let (low, high) = summary.p95_interval.unwrap();
        assert!((summary.p95 - 1_195.716_208).abs() < high - low);
        // The error of a standard deviation is sd √((kurtosis − 1) / 4n); the kurtosis of this law is 4.64.
        assert!((summary.sd.unwrap() / 234.332_364_4 - 1.0).abs() < 4.0 * (3.64_f64 / 4e5).sqrt());
    }

    #[test]
    fn the_intervals_of_a_lognormal_column_cover() {
        const REPEATS: u32 = 4_000;
        const N: usize = 1_000;
        let mut draws = Draws::new(11);
        let mut summariser = Summariser::default();
        let truths = [libm::exp(0.045), 1.0, libm::exp(0.3 * 1.644_853_626_951_472_2)];
        let mut covered = [0_u32; 3];
        for _ in 0..REPEATS {
            let mut samples: Vec<f64> = (0..N).map(|_| libm::exp(0.3 * draws.normal())).collect();
            let summary = summariser.summarise_in_place(&mut samples).unwrap();
            let intervals = [summary.mean_interval, summary.p50_interval, summary.p95_interval];
            for ((covered, interval), truth) in covered.iter_mut().zip(intervals).zip(truths) {
                let (low, high) = interval.unwrap();
                *covered += u32::from(low <= truth && truth <= high);
            }
        }
        // Ranks [469, 532] and [936, 964].
        let median = 1.0 - 2.0 * normal_cdf(-31.5 / 250.0_f64.sqrt());
        for (covered, (exact, margin)) in covered.into_iter().zip([(0.95, 0.0), (median, 2e-5), (0.9581, 5e-5)]) {
            let seen = f64::from(covered) / f64::from(REPEATS);
            assert!((seen - exact).abs() < four_standard_errors(exact, REPEATS) + margin, "{seen} against {exact}");
        }
    }

    #[test]
    fn the_interval_of_a_rare_mean_covers_93_percent() {
        const REPEATS: u32 = 2_000;
        let mut draws = Draws::new(12);
        let mut column = vec![0.0; 10_000];
        let (mut given, mut covered) = (0, 0);
        for _ in 0..REPEATS {
            // Throttled in 2.5 % of the replications, by a lognormal amount of sigma 1 when it is.
            let mut events = 0;
            column.fill(0.0);
            for _ in 0..10_000 {
                if draws.uniform() < 0.025 {
                    column[events] = libm::exp(draws.normal());
                    events += 1;
                }
            }
            let Some((low, high)) = of(&column).mean_interval else {
                continue;
            };
            given += 1;
            let truth = 0.025 * libm::exp(0.5);
            covered += u32::from(low <= truth && truth <= high);
        }
        // 250 events are expected, 200 are 3.2 standard deviations below.
        assert!(given > 1_950 && f64::from(covered) >= 0.93 * f64::from(given), "{covered} of {given}");
    }
}
