//! Percentiles whose differences between paired columns can be told, and their errors.
//!
//! A percentile that is one order statistic, or two, moves by what happens to a replication or two. Of two columns that hardly differ, the
//! difference of such percentiles is then as uncertain as the difference within one replication, however many there are, and the errors of
//! parts of the replications (which go with the root of their size) say too little of it. A mean over the order statistics around the
//! percentile, weighted as its rank is uncertain, averages that out and estimates the percentile no worse (F. E. Harrell, C. E. Davis, "A new
//! distribution-free quantile estimator", Biometrika 69 (1982), 635-640, doi:10.1093/biomet/69.3.635: the mean of the percentile over
//! bootstrap samples; its beta law is taken here by the normal law of the same spread). As it is smooth, deleting one section after the other
//! tells its error (J. Shao, C. F. J. Wu, "A general theory for jackknife variance estimation", Annals of Statistics 17 (1989), 1176-1197,
//! doi:10.1214/aos/1176347263).

use super::estimate::Estimate;
use super::sampling::SCRAMBLES;
use super::sections::PER_SECTION;

/// Standard deviations of the rank beyond which nothing counts.
const REACH: f64 = 6.0;

/// The smoothed percentile `p` in (0, 1) of samples in rising order; not a number of none.
pub fn smooth_quantile(sorted: &[f64], p: f64) -> f64 {
    let n = sorted.len() as f64;
    let (first, last, spread) = reach(sorted.len(), p);
    let Some(&start) = sorted.get(first) else { return f64::NAN };
    let (mut sum, mut weights) = (0.0, 0.0);
    for (rank, x) in sorted.iter().enumerate().take(last).skip(first) {
        let weight = weight(((rank as f64 + 0.5) / n - p) / spread);
        weights += weight;
        // Distances from one sample, so that equal samples give exactly that.
        sum += weight * (x - start);
    }
    start + sum / weights
}

/// The same of samples in any order, which come back in another: only the ranks that count are put in order.
pub fn smooth_quantile_by_selection(samples: &mut [f64], p: f64) -> f64 {
    let (first, last, _) = reach(samples.len(), p);
    if first < last {
        let from = samples.select_nth_unstable_by(first, f64::total_cmp).2;
        if let Some(rest) = (last - first).checked_sub(2).filter(|rest| *rest < from.len()) {
            from.select_nth_unstable_by(rest, f64::total_cmp);
        }
        samples[first..last].sort_unstable_by(f64::total_cmp);
    }
    smooth_quantile(samples, p)
}

/// What counts of a rank whose share lies so many standard deviations from the percentile.
fn weight(away: f64) -> f64 {
    libm::exp(-0.5 * away * away)
}

/// One number for each sample, in their order: their mean is the smoothed percentile `p`, and the error of that mean is the percentile's.
///
/// It is the percentile plus the sample's influence on it, by which it moves if there is a little more of that sample: of a mean of order
/// statistics with the weights J, ∫ J(F(y)) (F(y) − 1{x ≤ y}) dy (P. J. Huber, "Robust Statistics", Wiley 1981, section 3.3). Such numbers of columns
/// of the same replications can be taken from each other, adjusted by controls and added up by scramble as samples of a mean can.
#[must_use]
pub fn smooth_quantile_influences(samples: &[f64], p: f64) -> Vec<f64> {
    let n = samples.len() as f64;
    let mut order: Vec<(f64, usize)> = samples.iter().enumerate().map(|(place, &x)| (x, place)).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let sorted: Vec<f64> = order.iter().map(|(x, _)| *x).collect();
    let (first, last, spread) = reach(sorted.len(), p);
    let away = |share: f64| weight((share - p) / spread);
    let weights: f64 = (first..last).map(|rank| away((rank as f64 + 0.5) / n)).sum();
    let mut influences = vec![0.0; samples.len()];
    // From the largest down: what lies above a sample counts against it, gap by gap.
    let (mut above, mut mean) = (0.0, 0.0);
    for (rank, &(x, place)) in order.iter().enumerate().rev() {
        if let Some(next) = sorted.get(rank + 1).filter(|_| (first..last).contains(&rank)) {
            let share = (rank + 1) as f64 / n;
            let gap = (next - x) * away(share) * n / weights;
            above += gap;
            mean += gap * share;
        }
        influences[place] = -above;
    }
    let start = smooth_quantile(&sorted, p) + mean;
    influences.iter_mut().for_each(|influence| *influence += start);
    influences
}

/// The ranks that count for the percentile `p` of `n` samples, the second not included, and the standard deviation of the rank's share.
fn reach(n: usize, p: f64) -> (usize, usize, f64) {
    let size = n as f64;
    let spread = (p * (1.0 - p) / size).sqrt();
    let place = |share: f64| ((share * size).max(0.0) as usize).min(n);
    (place(p - REACH * spread), place(p + REACH * spread + 1.0 / size), spread)
}

/// What smooth `value`s of columns of the same replications, given in rising order, come to, with the error that leaving out one section after
/// the other tells.
pub fn by_sorted(columns: &[&[f64]], value: impl Fn(&[Vec<f64>]) -> f64) -> Estimate {
    // Sorted once: what is left without a section is in order too.
    let ranked: Vec<Vec<(f64, usize)>> = columns
        .iter()
        .map(|column| {
            let mut ranked: Vec<(f64, usize)> = column.iter().enumerate().map(|(row, &x)| (x, row % SCRAMBLES)).collect();
            ranked.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            ranked
        })
        .collect();
    let of = |left_out: usize| {
        let kept = |ranked: &Vec<(f64, usize)>| ranked.iter().filter(|(_, section)| *section != left_out).map(|(x, _)| *x).collect();
        value(&ranked.iter().map(kept).collect::<Vec<_>>())
    };
    let rows = columns.first().map_or(0, |column| column.len());
    // No section has this number.
    Estimate { point: of(SCRAMBLES), standard_error: jackknife_error(rows, of), n: SCRAMBLES as u64 }
}

/// A column without the replications of one section: see [`section`](super::section).
#[cfg(test)]
fn without_section(column: &[f64], section: usize) -> Vec<f64> {
    column.iter().enumerate().filter(|(row, _)| row % SCRAMBLES != section).map(|(_, x)| *x).collect()
}

/// The standard error of what columns of so many rows come to, where `value` tells what they come to without the section of a number; `None`
/// where sections have fewer than twenty rows. It has one degree of freedom less than there are [`SCRAMBLES`].
fn jackknife_error(rows: usize, value: impl FnMut(usize) -> f64) -> Option<f64> {
    if rows < PER_SECTION * SCRAMBLES {
        return None;
    }
    let values: Vec<f64> = (0..SCRAMBLES).map(value).collect();
    let groups = SCRAMBLES as f64;
    let mean = values.iter().sum::<f64>() / groups;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    Some((squares * (groups - 1.0) / groups).sqrt()).filter(|error| error.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::testing::Draws;
    use crate::statistics::{Moments, quantile_by_selection, section, section_error};

    fn sorted(mut column: Vec<f64>) -> Vec<f64> {
        column.sort_unstable_by(f64::total_cmp);
        column
    }

    #[test]
    fn selecting_gives_what_sorting_gives() {
        let mut draws = Draws::new(5);
        for n in [1, 2, 3, 16, 17, 400, 5_000] {
            let samples: Vec<f64> = (0..n).map(|_| draws.normal()).collect();
            let mut sorted = samples.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            for p in [0.01, 0.5, 0.95, 0.999] {
                assert_eq!(smooth_quantile_by_selection(&mut samples.clone(), p), smooth_quantile(&sorted, p), "{n}, {p}");
            }
        }
        assert!(smooth_quantile_by_selection(&mut [], 0.5).is_nan());
    }

    /// Their mean is the percentile; and over 200 repeats of 800 rows the errors of paired differences are those of the repeats, which have an
    /// error of 5 % themselves.
    #[test]
    fn influences_tell_the_error_of_differences() {
        let mut draws = Draws::new(78);
        for part in [0.02, 0.3, 1.0] {
            let (mut told, mut found) = (0.0, Vec::new());
            for _ in 0..200 {
                let with: Vec<f64> = (0..800).map(|_| draws.normal()).collect();
                let without: Vec<f64> = with.iter().map(|x| x + part * draws.normal()).collect();
                let of = |column: &Vec<f64>| smooth_quantile_influences(column, 0.95);
                let mean = |column: &Vec<f64>| Moments::from_slice(&of(column)).mean();
                assert!((mean(&with) - smooth_quantile(&sorted(with.clone()), 0.95)).abs() < 1e-12);
                let differences: Vec<f64> = of(&with).iter().zip(of(&without)).map(|(a, b)| a - b).collect();
                let estimate = Moments::from_slice(&differences).estimate();
                told += estimate.standard_error.unwrap().powi(2) / 200.0;
                found.push(estimate.point);
            }
            let sd = Moments::from_slice(&found).sd().unwrap();
            let ratio = told.sqrt() / sd;
            assert!((0.8..1.3).contains(&ratio), "part {part}: told {} of {sd}", told.sqrt());
        }
        assert_eq!(smooth_quantile_influences(&[3.0; 40], 0.95), vec![3.0; 40]);
        assert!(smooth_quantile_influences(&[], 0.5).is_empty() && smooth_quantile_influences(&[2.0], 0.95) == [2.0]);
    }

    #[test]
    fn equal_samples_and_none() {
        assert!(smooth_quantile(&[0.1; 999], 0.95).to_bits() == 0.1_f64.to_bits() && smooth_quantile(&[], 0.5).is_nan());
        assert!(smooth_quantile(&[3.0], 0.95) == 3.0);
        let ramp: Vec<f64> = (0..10_000).map(|i| (f64::from(i) + 0.5) / 10_000.0).collect();
        assert!((smooth_quantile(&ramp, 0.5) - 0.5).abs() < 1e-8 && (smooth_quantile(&ramp, 0.95) - 0.95).abs() < 1e-8);
        assert_eq!(without_section(&(0..40).map(f64::from).collect::<Vec<_>>(), 3).len(), 37);
        assert_eq!(jackknife_error(319, |_| 1.0), None);
        assert_eq!(jackknife_error(320, |_| 1.0), Some(0.0));
    }

    /// What a small and a large part of a normal column take away from P95 − P50: over 200 repeats of 800 rows, the root of the mean square of
    /// the errors against the spread of the differences themselves, which has an error of 5 %; and their mean against the closed form. Where
    /// the part is small, sections tell too little of a difference of plain percentiles, which is why these are smoothed.
    #[test]
    fn errors_of_paired_differences_are_those_of_repeats() {
        let mut draws = Draws::new(77);
        for part in [0.02, 0.3, 1.0] {
            let (mut told, mut found) = (0.0, Vec::new());
            let (mut told_plainly, mut plain) = (0.0, Moments::default());
            for _ in 0..200 {
                let whole: Vec<(f64, f64)> = (0..800).map(|_| (draws.normal(), part * draws.normal())).collect();
                let (with, without): (Vec<f64>, Vec<f64>) = whole.iter().map(|(x, y)| (x + y, *x)).unzip();
                let spread = |column: Vec<f64>| {
                    let column = sorted(column);
                    smooth_quantile(&column, 0.95) - smooth_quantile(&column, 0.5)
                };
                let error = jackknife_error(800, |s| spread(without_section(&with, s)) - spread(without_section(&without, s))).unwrap();
                let bare = |mut column: Vec<f64>| quantile_by_selection(&mut column, 0.95) - quantile_by_selection(&mut column, 0.5);
                let of_sections = section_error(800, |s| bare(section(&with, s)) - bare(section(&without, s))).unwrap();
                told_plainly += of_sections * of_sections / 200.0;
                plain.add(bare(with.clone()) - bare(without.clone()));
                told += error * error / 200.0;
                found.push(spread(with) - spread(without));
            }
            let mean = found.iter().sum::<f64>() / 200.0;
            let sd = (found.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 199.0).sqrt();
            let ratio = told.sqrt() / sd;
            assert!((0.75..1.5).contains(&ratio), "part {part}: told {} of {sd}", told.sqrt());
            assert!(part > 0.02 || plain.sd().unwrap() > 1.5 * told_plainly.sqrt(), "{} told of {:?}", told_plainly.sqrt(), plain.sd());
            let want = 1.644_853_626_951_472_2 * ((1.0 + part * part).sqrt() - 1.0);
            // The smoothing itself takes away a little: up to a hundredth of a standard deviation at so few rows.
            assert!((mean - want).abs() < 4.0 * sd / 200.0_f64.sqrt() + 0.01 * part, "part {part}: {mean} for {want}");
        }
    }
}
