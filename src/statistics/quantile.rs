//! Sample quantiles by one named rule, and intervals for them that hold whatever the law of the samples.

use super::binomial::Binomial;
use super::control::finite_range;

/// Samples from which counting is quicker than selection, and the places that are counted.
const FEW: usize = 1024;
const PLACES: usize = 2048;

/// The `p` quantile of ascending `sorted` samples by Hyndman and Fan's type 7[^hf]: linear between order statistics, with the smallest at
/// `p` = 0 and the largest at `p` = 1. NaN for an empty slice or `p` outside `[0, 1]`.
///
/// [^hf]: R. J. Hyndman, Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50 (1996), 361-365,
///     doi:10.1080/00031305.1996.10473566.
///
/// # Example
///
/// ```
/// use tokentide::statistics::quantile_sorted;
///
/// assert_eq!(quantile_sorted(&[1.0, 2.0, 4.0, 8.0], 0.5), 3.0);
/// ```
pub fn quantile_sorted(sorted: &[f64], p: f64) -> f64 {
    let Some((index, fraction)) = position(sorted.len(), p) else {
        return f64::NAN;
    };
    let low = sorted.get(index).copied().unwrap_or(f64::NAN);
    match sorted.get(index + 1) {
        Some(&high) => between(low, high, fraction),
        None => low,
    }
}

/// [`quantile_sorted`] of samples in any order, by selection: cheaper than a sort where one or two quantiles are wanted. Reorders the
/// samples. They must hold no NaN.
pub fn quantile_by_selection(samples: &mut [f64], p: f64) -> f64 {
    let Some((index, fraction)) = position(samples.len(), p) else {
        return f64::NAN;
    };
    let (_, &mut low, above) = samples.select_nth_unstable_by(index, f64::total_cmp);
    match above.iter().copied().min_by(f64::total_cmp) {
        Some(high) => between(low, high, fraction),
        None => low,
    }
}

/// Several quantiles of finite samples in any order, as [`quantile_sorted`] has of them in their own: what stands in the places of their ranks on
/// a straight scale is found by counting, and sorted alone.
pub(super) fn quantiles_by_counting<const N: usize>(samples: &mut [f64], ps: [f64; N]) -> [f64; N] {
    let Some((low, high)) = finite_range(samples).filter(|_| samples.len() >= FEW) else {
        return ps.map(|p| quantile_by_selection(samples, p));
    };
    let scale = PLACES as f64 / (high - low);
    if !(scale > 0.0 && scale.is_finite()) {
        return ps.map(|p| quantile_by_selection(samples, p));
    }
    // Rounding keeps the order, so each place has what stands between those of the places beside it.
    let place = |x: f64| (((x - low) * scale) as usize).min(PLACES - 1);
    let mut counts = [0_usize; PLACES];
    samples.iter().for_each(|&x| counts[place(x)] += 1);
    let positions = ps.map(|p| position(samples.len(), p));
    let mut wanted = [false; PLACES];
    // How many samples stand below a place, of all and of those that are sorted; of the wanted places, the former and its difference to the latter.
    let (mut below, mut sorted_below) = (0, 0);
    let mut shifts = Vec::new();
    for (wanted, &count) in wanted.iter_mut().zip(&counts) {
        let holds = |rank: usize| below <= rank && rank < below + count;
        if positions.iter().flatten().any(|&(index, _)| holds(index) || holds(index + 1)) {
            *wanted = true;
            shifts.push((below, below - sorted_below));
            sorted_below += count;
        }
        below += count;
    }
    let mut sorted: Vec<f64> = samples.iter().copied().filter(|&x| wanted[place(x)]).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let ranked = |rank: usize| {
        let shift = shifts.iter().rev().find(|(below, _)| *below <= rank)?.1;
        sorted.get(rank - shift).copied()
    };
    positions.map(|position| {
        let Some((index, fraction)) = position else { return f64::NAN };
        let low = ranked(index).unwrap_or(f64::NAN);
        match ranked(index + 1).filter(|_| index + 1 < samples.len()) {
            Some(high) => between(low, high, fraction),
            None => low,
        }
    })
}

/// Ranks (l, u), counted from 1, such that the l-th and u-th smallest of `n` independent samples enclose the `p` quantile with at least
/// the given `confidence`, whatever the law of the samples.
///
/// l is the α/2 quantile and u one more than the 1 − α/2 quantile of the binomial law of (`n`, `p`)[^dn]. `None` where such a rank would
/// fall outside 1..=n (too few samples), or an argument is outside (0, 1).
///
/// [^dn]: H. A. David, H. N. Nagaraja, "Order Statistics", 3rd edition, Wiley 2003, section 7.1, doi:10.1002/0471722162.
///
/// # Example
///
/// ```
/// use tokentide::statistics::order_statistic_interval;
///
/// assert_eq!(order_statistic_interval(1_000, 0.95, 0.95), Some((936, 964)));
/// assert_eq!(order_statistic_interval(20, 0.95, 0.95), None);
/// ```
pub fn order_statistic_interval(n: usize, p: f64, confidence: f64) -> Option<(usize, usize)> {
    if !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let law = Binomial::new(n, p)?;
    let tail = 0.5 * (1.0 - confidence);
    let (low, high) = (law.lower_quantile(tail), law.upper_quantile(tail) + 1);
    (low >= 1 && high <= n).then_some((low, high))
}

/// The exact probability that the `l`-th and `u`-th smallest of `n` samples of a continuous law enclose its `p` quantile:
/// P(l ≤ X ≤ u − 1) with X binomial (`n`, `p`). For a law with atoms it is a lower bound. NaN unless 1 ≤ l < u ≤ n and 0 < p < 1.
pub fn order_statistic_coverage(n: usize, p: f64, l: usize, u: usize) -> f64 {
    if !(1 <= l && l < u && u <= n) {
        return f64::NAN;
    }
    Binomial::new(n, p).map_or(f64::NAN, |law| law.between(l, u - 1))
}

/// Index of the order statistic at or below the quantile, counted from 0, and the way to go to the next one.
fn position(n: usize, p: f64) -> Option<(usize, f64)> {
    if n == 0 || !(0.0..=1.0).contains(&p) {
        return None;
    }
    let place = (n - 1) as f64 * p;
    let index = place.floor();
    Some((index as usize, place - index))
}

fn between(low: f64, high: f64, fraction: f64) -> f64 {
    // Rounding must not carry a quantile above the next order statistic.
    (low + fraction * (high - low)).min(high)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results compared are exact")]
mod tests {
    use super::*;
    use crate::statistics::testing::{Draws, four_standard_errors};

    #[test]
    fn type_seven_by_hand() {
        let sorted = [10.0, 20.0, 30.0, 40.0, 50.0];
        for (p, expected) in [(0.0, 10.0), (0.05, 12.0), (0.25, 20.0), (0.4, 26.0), (0.95, 48.0), (1.0, 50.0)] {
            assert!((quantile_sorted(&sorted, p) - expected).abs() < 1e-12, "p = {p}");
        }
        assert_eq!(quantile_sorted(&[7.0], 0.3), 7.0);
        assert!(quantile_sorted(&[], 0.5).is_nan());
        for p in [-0.01, 1.01, f64::NAN] {
            assert!(quantile_sorted(&sorted, p).is_nan());
        }
    }

    #[test]
    fn selection_gives_the_same_bits_as_sorting() {
        let mut draws = Draws::new(2);
        for n in [1, 2, 3, 10, 257] {
            let samples: Vec<f64> = (0..n).map(|_| draws.normal()).collect();
            let mut sorted = samples.clone();
            sorted.sort_by(f64::total_cmp);
            for p in [0.0, 0.01, 0.3, 0.5, 0.95, 1.0] {
                assert_eq!(quantile_by_selection(&mut samples.clone(), p), quantile_sorted(&sorted, p), "n = {n}, p = {p}");
            }
        }
        assert!(quantile_by_selection(&mut [], 0.5).is_nan());
    }

    #[test]
    fn counting_gives_the_same_bits_as_sorting() {
        let mut draws = Draws::new(3);
        let ps = [0.0, 0.01, 0.05, 0.5, 0.95, 0.999_9, 1.0];
        for n in [0, 1, 1_000, FEW, 5_000] {
            let mut check = |law: &dyn Fn(&mut Draws) -> f64, what: &str| {
                let mut samples: Vec<f64> = (0..n).map(|_| law(&mut draws)).collect();
                let mut sorted = samples.clone();
                sorted.sort_by(f64::total_cmp);
                let found = quantiles_by_counting(&mut samples, ps).map(f64::to_bits);
                assert_eq!(found, ps.map(|p| quantile_sorted(&sorted, p).to_bits()), "{what}, {n}");
            };
            check(&Draws::normal, "both signs");
            check(&|draws| (draws.normal() - 1.0).max(0.0), "mostly zero");
            check(&|draws| libm::exp(50.0 * draws.normal()), "all sizes");
            check(&|_| 0.1, "equal");
            check(&|draws| if draws.uniform() < 0.5 { f64::MAX } else { -f64::MAX }, "the ends");
            check(&|draws| 5e-324 * (100.0 * draws.uniform()).floor(), "the smallest numbers");
        }
    }

    #[test]
    fn ranks_and_coverage_at_a_thousand() {
        assert_eq!(order_statistic_interval(1_000, 0.95, 0.95), Some((936, 964)));
        assert_eq!(order_statistic_interval(1_000, 0.5, 0.95), Some((469, 532)));
        assert!((order_statistic_coverage(1_000, 0.95, 936, 964) - 0.9581).abs() < 5e-5);
    }

    #[test]
    fn coverage_is_at_least_the_confidence_and_nearly_tight() {
        for n in [10, 100, 150, 999, 10_000, 1_000_000] {
            for p in [0.05, 0.5, 0.95] {
                for confidence in [0.8, 0.95, 0.99] {
                    let Some((l, u)) = order_statistic_interval(n, p, confidence) else {
                        continue;
                    };
                    assert!(order_statistic_coverage(n, p, l, u) >= confidence, "n {n} p {p}");
                    // Either end one rank further in must leave more than α/2 outside, else the interval is too wide.
                    let tail = 0.5 * (1.0 - confidence);
                    let law = Binomial::new(n, p).unwrap();
                    assert!(law.between(0, l) >= tail && law.between(u - 1, n) > tail, "n {n} p {p}");
                }
            }
        }
    }

    #[test]
    fn too_few_samples_give_no_interval() {
        // The largest of n samples is below the P95 with probability .95^n: 2.5 % only from n = 72 on.
        assert_eq!(order_statistic_interval(71, 0.95, 0.95), None);
        assert!(order_statistic_interval(72, 0.95, 0.95).is_some());
        assert_eq!(order_statistic_interval(5, 0.5, 0.95), None);
        // Six coins: 2 / 64 outside, the smallest n whose extremes enclose the median with 95 %.
        assert_eq!(order_statistic_interval(6, 0.5, 0.95), Some((1, 6)));
        assert_eq!(order_statistic_interval(0, 0.5, 0.95), None);
        for odd in [0.0, 1.0, f64::NAN] {
            assert_eq!(order_statistic_interval(100, 0.5, odd), None);
            assert_eq!(order_statistic_interval(100, odd, 0.95), None);
        }
        assert!(order_statistic_coverage(10, 0.5, 0, 5).is_nan() && order_statistic_coverage(10, 0.5, 5, 5).is_nan());
    }

    #[test]
    fn intervals_cover_as_often_as_they_say() {
        const REPEATS: u32 = 4_000;
        let mut draws = Draws::new(3);
        for p in [0.5, 0.95] {
            let (l, u) = order_statistic_interval(1_000, p, 0.95).unwrap();
            let mut covered = 0;
            for _ in 0..REPEATS {
                // The ranks do not see the law, so uniform samples stand for all: the p quantile is p.
                let mut samples: Vec<f64> = (0..1_000).map(|_| draws.uniform()).collect();
                samples.sort_unstable_by(f64::total_cmp);
                covered += u32::from(samples[l - 1] <= p && p <= samples[u - 1]);
            }
            let exact = order_statistic_coverage(1_000, p, l, u);
            let seen = f64::from(covered) / f64::from(REPEATS);
            assert!((seen - exact).abs() < four_standard_errors(exact, REPEATS), "p = {p}: {seen} against {exact}");
        }
    }
}
