//! The rate that all but a given share of a month's minutes stay below.

use super::minute::MinuteLaw;

/// Bins per factor e of the mean: 1 % each, a fiftieth of what a reader of such a peak would notice.
const BINS_PER_E: f64 = 100.0;
/// Bins on either side of 1 token a minute: from e⁻²⁰ to e⁴⁰.
const BELOW: f64 = 20.0;
const BINS: usize = 6000;
/// Relative accuracy of the answer.
const ACCURACY: f64 = 1e-6;

/// Hours of one month in bins of their mean, so that solving for the peak does not ask the law for every hour again and again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peak {
    bins: Vec<Bin>,
    /// First bin in use and the one after the last.
    low: usize,
    high: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    hours: f64,
    mean: f64,
    variance: f64,
}

impl Peak {
    pub(crate) fn clear(&mut self) {
        if self.bins.is_empty() {
            self.bins.resize(BINS, Bin::default());
        } else if self.low < self.high {
            self.bins[self.low..self.high].fill(Bin::default());
        }
        (self.low, self.high) = (BINS, 0);
    }

    /// Adds an hour with a mean per minute and the squared coefficient of variation of its minutes.
    pub(crate) fn add(&mut self, mean: f64, variance: f64) {
        if !(mean > 0.0) {
            return;
        }
        // Out of range means a mean of less than 2e-9 or more than 2e17 tokens a minute.
        let bin = ((libm::log(mean) + BELOW) * BINS_PER_E).clamp(0.0, (BINS - 1) as f64) as usize;
        self.low = self.low.min(bin);
        self.high = self.high.max(bin + 1);
        let bin = &mut self.bins[bin];
        bin.hours += 1.0;
        bin.mean += mean;
        bin.variance += variance;
    }

    /// The x with an expected number of `hours`, counted in minutes, above it; 0 where not even that many hours have demand.
    pub(crate) fn solve(&self, hours: f64, law: &MinuteLaw) -> f64 {
        if self.low >= self.high || !(hours > 0.0) {
            return if hours > 0.0 { 0.0 } else { f64::NAN };
        }
        let bins = &self.bins[self.low..self.high];
        let counted: f64 = bins.iter().map(|bin| bin.hours).sum();
        if counted <= hours {
            return 0.0;
        }
        let (mut below, mut above) = (0.0, bins[bins.len() - 1].mean / bins[bins.len() - 1].hours);
        while over(bins, above, hours, law) > hours {
            below = above;
            above *= 2.0;
        }
        while above - below > ACCURACY * above {
            let middle = 0.5 * (above + below);
            if over(bins, middle, hours, law) > hours { below = middle } else { above = middle }
        }
        above
    }
}

/// Expected hours, counted in minutes, above x; stops where what is left cannot matter.
fn over(bins: &[Bin], x: f64, enough: f64, law: &MinuteLaw) -> f64 {
    let mut sum = 0.0;
    for bin in bins.iter().rev().filter(|bin| bin.hours > 0.0) {
        sum += bin.hours * law.at(bin.variance / bin.hours).exceedance(x * bin.hours / bin.mean);
        if sum > enough {
            break;
        }
    }
    sum
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
            peak.add(2000.0, 0.25);
        }
        let x = peak.solve(0.73, &law);
        let share = exact_exceedance(Margin::Gamma, 0.25, x / 2000.0);
        assert!((share - 0.001).abs() < 1e-7, "{x} {share}");
        // Twice the hours elsewhere and empty hours change nothing but the share.
        peak.clear();
        for _ in 0..73 {
            peak.add(2000.0, 0.25);
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
            peak.add(f64::from(hour), 0.0);
        }
        let x = peak.solve(2.5, &law);
        assert!((x - 98.0).abs() < 1e-3, "{x}");
    }
}
