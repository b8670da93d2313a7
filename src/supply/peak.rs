//! The rate that all but a given share of a month's minutes stay below.

use super::minute::{MinuteLaw, MinuteRow};

/// Bins per octave of the mean, as a power of two: about 1 % each, a fiftieth of what a reader of such a peak would notice. They are
/// found from the bits of the mean without a logarithm.
const BINS_LOG2: u32 = 6;
/// Octaves below 1 token a minute, and all of them: from 1e-9 to 7e16 tokens a minute.
const BELOW: u64 = 30;
const BINS: usize = 86 << BINS_LOG2;
/// Relative accuracy of the answer.
const ACCURACY: f64 = 1e-6;

/// Hours of one month in bins of their mean, so that solving for the peak does not ask the law for every hour again and again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peak<'a> {
    bins: Vec<Bin>,
    /// First bin in use and the one after the last.
    low: usize,
    high: usize,
    /// The bins in use as the solver reads them.
    levels: Vec<Level<'a>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    hours: f64,
    mean: f64,
    variance: f64,
}

/// Hours of about the same mean.
#[derive(Clone, Copy, Debug)]
struct Level<'a> {
    hours: f64,
    /// One over their mean per minute.
    inverse: f64,
    row: MinuteRow<'a>,
}

impl<'a> Peak<'a> {
    pub(crate) fn clear(&mut self) {
        if self.bins.is_empty() {
            self.bins.resize(BINS, Bin::default());
        } else if self.low < self.high {
            self.bins[self.low..self.high].fill(Bin::default());
        }
        (self.low, self.high) = (BINS, 0);
    }

    /// Adds so many hours with this mean per minute and this squared coefficient of variation of their minutes.
    pub(crate) fn add(&mut self, hours: f64, mean: f64, variance: f64) {
        if !(mean > 0.0) {
            return;
        }
        let bin = (mean.to_bits() >> (52 - BINS_LOG2)).saturating_sub((1023 - BELOW) << BINS_LOG2);
        let bin = (bin as usize).min(BINS - 1);
        self.low = self.low.min(bin);
        self.high = self.high.max(bin + 1);
        let bin = &mut self.bins[bin];
        bin.hours += hours;
        bin.mean += hours * mean;
        bin.variance += hours * variance;
    }

    /// The x with an expected number of `hours`, counted in minutes, above it; 0 where not even that many hours have demand.
    pub(crate) fn solve(&mut self, hours: f64, law: &'a MinuteLaw) -> f64 {
        if self.low >= self.high || !(hours > 0.0) {
            return if hours > 0.0 { 0.0 } else { f64::NAN };
        }
        self.levels.clear();
        let used = self.bins[self.low..self.high].iter().filter(|bin| bin.hours > 0.0);
        self.levels.extend(used.map(|bin| Level {
            hours: bin.hours,
            inverse: bin.hours / bin.mean,
            row: law.at(bin.variance / bin.hours),
        }));
        let counted: f64 = self.levels.iter().map(|level| level.hours).sum();
        let Some(largest) = self.levels.last().filter(|_| counted > hours) else { return 0.0 };
        let over = |x: f64| self.levels.iter().map(|level| level.hours * level.row.exceedance(x * level.inverse)).sum();
        crossing(hours, counted, 1.0 / largest.inverse, over)
    }
}

/// The x that so many `hours` are above, where `over` tells how many are above an x, never more than `counted`, which is above `hours`; `first`
/// (> 0) is where the search begins.
pub(super) fn crossing(hours: f64, counted: f64, first: f64, over: impl Fn(f64) -> f64) -> f64 {
    // A tail of nothing is cut off, which keeps the secant's slope.
    let end = |x: f64| End { x, excess: libm::log((over(x) / hours).max(1e-6)) };
    let (mut low, mut high) = (End { x: 0.0, excess: libm::log(counted / hours) }, end(first));
    while high.excess > 0.0 {
        low = high;
        high = end(2.0 * high.x);
    }
    // The secant through both ends, as the logarithm of a tail is nearly straight; an end that stays counts half (the Illinois rule).
    let (mut halve, mut previous) = (false, None);
    while high.x - low.x > ACCURACY * high.x {
        let width = high.x - low.x;
        let nearest = 0.5 * ACCURACY * high.x;
        let share = if halve { 0.5 } else { low.excess / (low.excess - high.excess) };
        let end = end((low.x + share * width).clamp(low.x + nearest, high.x - nearest));
        let is_low = end.excess > 0.0;
        let (moved, other) = if is_low { (&mut low, &mut high) } else { (&mut high, &mut low) };
        *moved = end;
        if previous == Some(is_low) {
            other.excess *= 0.5;
        }
        previous = Some(is_low);
        // Where the tail falls in steps, the secant is of no use.
        halve = high.x - low.x > 0.5 * width;
    }
    high.x
}

/// A rate, and the logarithm of how many times the hours sought are above it.
#[derive(Clone, Copy)]
struct End {
    x: f64,
    excess: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supply::{Margin, exact_exceedance};

    #[test]
    fn equal_hours_have_the_quantile_of_one_minute() {
        let law = MinuteLaw::constant(Margin::Gamma, 0.0, 0.25);
        let mut peak = Peak::default();
        peak.clear();
        for _ in 0..730 {
            peak.add(1.0, 2000.0, 0.25);
        }
        let x = peak.solve(0.73, &law);
        let share = exact_exceedance(Margin::Gamma, 0.25, x / 2000.0);
        assert!((share - 0.001).abs() < 1e-7, "{x} {share}");
        // Twice the hours elsewhere and empty hours change nothing but the share.
        peak.clear();
        for _ in 0..73 {
            peak.add(1.0, 2000.0, 0.25);
        }
        let x = peak.solve(0.73, &law);
        assert!((exact_exceedance(Margin::Gamma, 0.25, x / 2000.0) - 0.01).abs() < 1e-6, "{x}");
        assert_eq!(peak.solve(80.0, &law), 0.0);
    }

    #[test]
    fn without_variance_it_is_the_hours_own_percentile() {
        let law = MinuteLaw::constant(Margin::Gamma, 0.0, 0.0);
        let mut peak = Peak::default();
        peak.clear();
        for hour in 1..=100 {
            peak.add(1.0, f64::from(hour), 0.0);
        }
        let x = peak.solve(2.5, &law);
        assert!((x - 98.0).abs() < 1e-3, "{x}");
    }
}
