//! The mean of the worst cases (CVaR), with an interval only where enough of them were seen.

use super::estimate::Estimate;
use super::moments::lane_sum;
use super::skewness::SkewedMean;

/// Rare events that must have been seen before an interval for what they do is given; below, its coverage is a matter of luck.
pub const EVENTS_FOR_INTERVAL: u64 = 200;

/// The conditional value at risk of a column of samples, in the unit of the samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cvar {
    /// The mean of the worst share of samples; `n` counts all samples. The error is `None` when no sample exceeds the quantile.
    pub estimate: Estimate,
    /// The interval of the confidence asked for; `None` below [`EVENTS_FOR_INTERVAL`] events.
    pub interval: Option<(f64, f64)>,
    /// Number of samples strictly above the quantile: ties at it, such as the zeros of an event that mostly does not happen, tell
    /// nothing of the tail.
    pub events: u64,
}

/// CVaR of ascending finite `sorted` samples at `level` in (0, 1): the mean of the largest `1 - level` share of them, where the sample
/// on the boundary counts with the fraction that belongs to the share[^at].
///
/// With q the smallest sample that at least `level` of all samples do not exceed, it is q + Σ max(x − q, 0) / (n (1 − level)). The
/// standard error is that of the mean of max(x − q, 0) / (1 − level), the influence function; that q is estimated does not
/// matter to first order. The interval is Hall's for skewed means. `None` for no samples or an argument outside (0, 1).
///
/// [^at]: C. Acerbi, D. Tasche, "On the coherence of expected shortfall", Journal of Banking & Finance 26 (2002), 1487-1503,
///     doi:10.1016/S0378-4266(02)00283-2, definition 4.1.
///
/// # Example
///
/// ```
/// use tokentide::statistics::cvar_sorted;
///
/// // The worst 30 % of five samples: the largest one, and half of the next.
/// let cvar = cvar_sorted(&[1.0, 2.0, 3.0, 4.0, 10.0], 0.7, 0.95).unwrap();
/// assert!((cvar.estimate.point - (10.0 + 0.5 * 4.0) / 1.5).abs() < 1e-12);
/// ```
pub fn cvar_sorted(sorted: &[f64], level: f64, confidence: f64) -> Option<Cvar> {
    if !(level > 0.0 && level < 1.0 && confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let n = sorted.len() as f64;
    let below = n * level;
    let rank = quantile_rank(sorted.len(), level);
    let &q = sorted.get(rank - 1)?;
    let first_above = rank + sorted[rank..].partition_point(|&x| x <= q);
    let above = &sorted[first_above..];

    // The excess is 0 for all samples but those above q, so its moments need no pass over the rest.
    let rest = first_above as f64;
    let mean = lane_sum(above, |x| x - q) / n;
    let m2 = lane_sum(above, |x| (x - q - mean) * (x - q - mean)) + rest * mean * mean;
    let m3 = lane_sum(above, |x| (x - q - mean) * (x - q - mean) * (x - q - mean)) - rest * mean * mean * mean;
    let sd = (m2 / (n - 1.0)).sqrt();

    let weight = n / (n - below);
    let error = Some(weight * sd / n.sqrt()).filter(|error| error.is_finite() && *error > 0.0);
    let events = above.len() as u64;
    let interval = if error.is_some() && events >= EVENTS_FOR_INTERVAL {
        let spread = m2 / n;
        let excess = SkewedMean { mean, sd, skewness: m3 / n / (spread * spread.sqrt()), n };
        excess.interval(confidence).map(|(low, high)| (q + weight * low, q + weight * high))
    } else {
        None
    };
    let estimate = Estimate { point: if above.is_empty() { q } else { q + weight * mean }, standard_error: error, n: sorted.len() as u64 };
    Some(Cvar { estimate, interval, events })
}

/// The same of samples in any order, which come back in another: only the tail is put in order.
pub fn cvar_by_selection(samples: &mut [f64], level: f64, confidence: f64) -> Option<Cvar> {
    let rank = quantile_rank(samples.len(), level);
    if (1..=samples.len()).contains(&rank) {
        samples.select_nth_unstable_by(rank - 1, f64::total_cmp).2.sort_unstable_by(f64::total_cmp);
    }
    // What lies below the tail is not looked at.
    cvar_sorted(samples, level, confidence)
}

/// One number for each sample, in their order: q + max(x − q, 0) / (1 − level), whose mean is the CVaR of [`cvar_sorted`] and the error of that
/// mean its error. Such numbers of columns of the same replications can be taken from each other as samples of a mean can. `level` in (0, 1).
#[must_use]
pub fn cvar_influences(samples: &[f64], level: f64) -> Vec<f64> {
    let mut copy = samples.to_vec();
    let rank = quantile_rank(samples.len(), level);
    if samples.is_empty() {
        return copy;
    }
    let q = *copy.select_nth_unstable_by(rank - 1, f64::total_cmp).1;
    samples.iter().map(|x| q + (x - q).max(0.0) / (1.0 - level)).collect()
}

/// Rank, from 1, of the smallest of `n` sorted samples that at least `level` of all do not exceed.
pub(super) fn quantile_rank(n: usize, level: f64) -> usize {
    // n × level that is whole but for rounding must not move the boundary up by a sample.
    ((n as f64 * level * (1.0 - 4.0 * f64::EPSILON)).ceil() as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::testing::Draws;
    use crate::statistics::{normal_cdf, normal_quantile};

    fn point(sorted: &[f64], level: f64) -> f64 {
        cvar_sorted(sorted, level, 0.95).unwrap().estimate.point
    }

    #[test]
    fn the_boundary_sample_counts_with_its_fraction() {
        let sorted: Vec<f64> = (1..=10).map(f64::from).collect();
        assert!((point(&sorted, 0.8) - 9.5).abs() < 1e-12);
        assert!((point(&sorted, 0.95) - 10.0).abs() < 1e-12);
        // 1.5 samples: all of 10, half of 9.
        assert!((point(&sorted, 0.85) - (10.0 + 4.5) / 1.5).abs() < 1e-12);
        assert!((point(&sorted, 1e-12) - 5.5).abs() < 1e-9);
    }

    #[test]
    fn a_whole_boundary_is_not_moved_by_rounding() {
        // .95 × 20 k is whole, but not in binary; a twentieth of the samples is then above the boundary.
        for twentieth in [1_usize, 7, 50, 200, 333, 5_000] {
            let sorted: Vec<f64> = (0..20 * twentieth).map(|i| i as f64).collect();
            assert_eq!(cvar_sorted(&sorted, 0.95, 0.95).unwrap().events, twentieth as u64);
        }
    }

    #[test]
    fn ties_and_single_samples() {
        let mut mostly_zero = vec![0.0; 97];
        mostly_zero.extend([1.0, 2.0, 3.0]);
        let cvar = cvar_sorted(&mostly_zero, 0.95, 0.95).unwrap();
        assert!((cvar.estimate.point - 6.0 / 5.0).abs() < 1e-12);
        assert_eq!((cvar.events, cvar.interval), (3, None));
        for sorted in [vec![4.0], vec![4.0; 5_000]] {
            let cvar = cvar_sorted(&sorted, 0.95, 0.95).unwrap();
            assert_eq!((cvar.estimate.point, cvar.estimate.standard_error, cvar.interval), (4.0, None, None));
        }
        assert!(cvar_sorted(&[], 0.95, 0.95).is_none());
        for odd in [0.0, 1.0, f64::NAN] {
            assert!(cvar_sorted(&[1.0], odd, 0.95).is_none() && cvar_sorted(&[1.0], 0.95, odd).is_none());
        }
    }

    #[test]
    fn the_interval_is_that_of_the_mean_excess_of_all_samples() {
        let sorted: Vec<f64> = (0..1_000).map(|i| f64::from(i * i)).collect();
        let q = sorted[499];
        let excess: Vec<f64> = sorted.iter().map(|x| (x - q).max(0.0)).collect();
        let moment = |centre: f64, power| excess.iter().map(|x| (x - centre).powi(power)).sum::<f64>() / 1e3;
        let mean = moment(0.0, 1);
        let variance = moment(mean, 2);
        let skewness = moment(mean, 3) / (variance * variance.sqrt());
        let sd = (variance * 1_000.0 / 999.0).sqrt();
        let (low, high) = SkewedMean { mean, sd, skewness, n: 1_000.0 }.interval(0.9).unwrap();
        let cvar = cvar_sorted(&sorted, 0.5, 0.9).unwrap();
        let (ours_low, ours_high) = cvar.interval.unwrap();
        assert!((ours_low / (q + 2.0 * low) - 1.0).abs() < 1e-12 && (ours_high / (q + 2.0 * high) - 1.0).abs() < 1e-12);
        assert!((cvar.estimate.standard_error.unwrap() / (2.0 * sd / 1_000.0_f64.sqrt()) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn selecting_gives_what_sorting_gives() {
        let mut draws = Draws::new(6);
        for n in [1, 2, 19, 20, 21, 400, 5_000] {
            let samples: Vec<f64> = (0..n).map(|_| (4.0 * draws.normal()).round()).collect();
            let mut sorted = samples.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            for level in [0.5, 0.95, 0.999] {
                assert_eq!(cvar_by_selection(&mut samples.clone(), level, 0.95), cvar_sorted(&sorted, level, 0.95), "{n}, {level}");
            }
        }
        assert_eq!(cvar_by_selection(&mut [], 0.95, 0.95), None);
        assert_eq!(cvar_by_selection(&mut [1.0], f64::NAN, 0.95), None);
    }

    #[test]
    fn the_mean_of_the_influences_is_the_cvar() {
        let samples: Vec<f64> = (0..333).map(|i| f64::from(i * 7919 % 333)).collect();
        let mut sorted = samples.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let influences = cvar_influences(&samples, 0.95);
        let mean = influences.iter().sum::<f64>() / 333.0;
        assert!((mean - point(&sorted, 0.95)).abs() < 1e-10, "{mean}");
        let largest = |column: &[f64]| (0..column.len()).max_by(|&a, &b| column[a].total_cmp(&column[b]));
        assert_eq!(largest(&influences), largest(&samples));
        assert!(cvar_influences(&[], 0.95).is_empty() && cvar_influences(&[4.0], 0.95) == [4.0]);
    }

    #[test]
    fn a_level_next_to_one_is_the_largest_sample() {
        let cvar = cvar_sorted(&[1.0, 2.0, 3.0], 1.0 - f64::EPSILON / 2.0, 0.95).unwrap();
        assert!((cvar.estimate.point - 3.0).abs() < 1e-12 && cvar.estimate.standard_error.is_none());
    }

    #[test]
    fn the_interval_waits_for_two_hundred_events() {
        let sorted = |n: usize| (0..n).map(|i| i as f64).collect::<Vec<_>>();
        assert!(cvar_sorted(&sorted(3_980), 0.95, 0.95).unwrap().interval.is_none());
        let cvar = cvar_sorted(&sorted(4_000), 0.95, 0.95).unwrap();
        let (low, high) = cvar.interval.unwrap();
        assert!(low < cvar.estimate.point && cvar.estimate.point < high);
    }

    /// `quantile_above(p)` is exceeded with probability p.
    struct Law {
        quantile_above: fn(f64) -> f64,
        cvar95: f64,
    }

    fn laws() -> [Law; 3] {
        let z = normal_quantile(0.95);
        let lognormal = |sigma: f64| libm::exp(sigma * sigma / 2.0) * normal_cdf(sigma - z) / 0.05;
        [
            Law { quantile_above: |p| libm::exp(-0.3 * normal_quantile(p)), cvar95: lognormal(0.3) },
            Law { quantile_above: |p| libm::exp(-normal_quantile(p)), cvar95: lognormal(1.0) },
            Law { quantile_above: |p| -libm::log(p), cvar95: 1.0 - libm::log(0.05) },
        ]
    }

    #[test]
    fn the_interval_covers_93_percent_and_the_error_is_the_spread() {
        const REPEATS: u32 = 4_000;
        let mut draws = Draws::new(5);
        for (number, law) in laws().into_iter().enumerate() {
            for n in [4_000, 10_000] {
                // Samples below the 95 % boundary do not enter, so they need not be drawn.
                let drawn = n / 20 + 1;
                let mut sorted = vec![0.0; n];
                let (mut covered, mut squared_errors, mut stated) = (0, 0.0, 0.0);
                for _ in 0..REPEATS {
                    for (slot, p) in sorted.iter_mut().rev().zip(draws.largest(drawn, n)) {
                        *slot = (law.quantile_above)(p);
                    }
                    let cvar = cvar_sorted(&sorted, 0.95, 0.95).unwrap();
                    let (low, high) = cvar.interval.unwrap();
                    covered += u32::from(low <= law.cvar95 && law.cvar95 <= high);
                    squared_errors += (cvar.estimate.point - law.cvar95).powi(2);
                    stated += cvar.estimate.standard_error.unwrap().powi(2);
                }
                let seen = f64::from(covered) / f64::from(REPEATS);
                assert!(seen >= 0.93, "law {number}, n = {n}: {seen}");
                // Both are variances from REPEATS values; 4 standard errors of their ratio, √(2/REPEATS) for a nearly normal error.
                assert!((squared_errors / stated - 1.0).abs() < 4.0 * (2.0 / f64::from(REPEATS)).sqrt(), "law {number}, n = {n}");
            }
        }
    }
}
