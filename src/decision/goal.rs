//! What the best plan is the best at: the mean, the 95th percentile or the tail of a future's spend a month.

use crate::statistics::{
    cvar_by_selection, cvar_influences, quantile_by_selection, smooth_quantile, smooth_quantile_by_selection, smooth_quantile_influences,
};

/// What is to be smallest, over the futures, of what plans are ranked by a month: spend, with failed requests at their stated cost
/// and what late starts owe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Its mean.
    Mean,
    /// Its 95th percentile, [smoothed](smooth_quantile) so that small differences between plans can be told.
    P95,
    /// The mean of its worst twentieth.
    Cvar95,
}

const P95: f64 = 0.95;

impl Goal {
    /// Its value over the futures; the samples come back in another order.
    pub(super) fn of(self, samples: &mut [f64]) -> f64 {
        match self {
            Self::Mean => samples.iter().sum::<f64>() / samples.len() as f64,
            Self::P95 => smooth_quantile_by_selection(samples, P95),
            Self::Cvar95 => cvar_by_selection(samples, P95, 0.95).map_or(f64::NAN, |cvar| cvar.estimate.point),
        }
    }

    /// One number for each future, whose mean is the value over the futures and whose spread tells its error.
    pub(super) fn influences(self, samples: Vec<f64>) -> Vec<f64> {
        match self {
            Self::Mean => samples,
            Self::P95 => smooth_quantile_influences(&samples, P95),
            Self::Cvar95 => cvar_influences(&samples, P95),
        }
    }

    /// What smoothing adds to its value over the futures, the error of chance of both aside. It does not get smaller with even draws, as the rest of
    /// the error does. The samples come back in another order.
    pub(super) fn smoothing(self, samples: &mut [f64]) -> f64 {
        self.percentile().map_or(0.0, |percentile| smoothing(samples, percentile))
    }

    /// A number for each of several columns whose sum is never above the value of the columns' sum; the samples are used up.
    ///
    /// For the mean it is the mean, which is no more than the tail's mean either. For the percentile, a weighted mean of order statistics: the
    /// k-th smallest is no less than the mean of the k smallest, and the k smallest sums of two columns are no less together than the k
    /// smallest of either column by themselves. So it is the same weighted mean of those means.
    pub(super) fn bound(self, samples: &mut [f64]) -> f64 {
        if self != Self::P95 {
            return Self::Mean.of(samples);
        }
        samples.sort_unstable_by(f64::total_cmp);
        let mut sum = 0.0;
        for (rank, sample) in samples.iter_mut().enumerate() {
            sum += *sample;
            *sample = sum / (rank + 1) as f64;
        }
        smooth_quantile(samples, P95)
    }

    /// The percentile it is, of those that are one.
    pub(super) fn percentile(self) -> Option<f64> {
        (self == Self::P95).then_some(P95)
    }

    /// In words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::P95 => "P95",
            Self::Cvar95 => "mean of the worst twentieth",
        }
    }
}

/// What smoothing adds to a percentile of samples, which come back in another order; 0 of none.
pub(super) fn smoothing(samples: &mut [f64], percentile: f64) -> f64 {
    if samples.is_empty() { 0.0 } else { smooth_quantile_by_selection(samples, percentile) - quantile_by_selection(samples, percentile) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream::{Purpose, StreamKey};
    use crate::statistics::normal_quantile;

    /// Of samples that lie as their law's quantiles do there is no chance: what smoothing adds is half the second derivative of the quantile Q at p
    /// times the variance p (1 − p) / n of the ranks that count; for a lognormal law Q σ/φ (σ/φ + z/φ) with z and φ at p.
    /// The other percentile lies (p − ½) / n of a rank's share lower, as the first of n samples is its 0th percentile and the last its 100th.
    #[test]
    fn smoothing_adds_what_the_bend_of_the_quantiles_does() {
        let (n, sigma, z) = (4000.0, 0.4, normal_quantile(P95));
        let phi = libm::exp(-0.5 * z * z) / (2.0 * std::f64::consts::PI).sqrt();
        let mut samples: Vec<f64> = (0..4000).map(|rank| libm::exp(sigma * normal_quantile((f64::from(rank) + 0.5) / n))).collect();
        let slope = libm::exp(sigma * z) * sigma / phi;
        let bend = slope * (sigma + z) / phi;
        let expected = 0.5 * bend * P95 * (1.0 - P95) / n + slope * (P95 - 0.5) / n;
        let told = Goal::P95.smoothing(&mut samples);
        // The fourth derivative adds a few per cent.
        assert!((told / expected - 1.0).abs() < 0.1, "{told} against {expected}");
        assert_eq!((Goal::Mean.smoothing(&mut samples), Goal::Cvar95.smoothing(&mut samples)), (0.0, 0.0));
    }

    /// Columns that go together, against each other, and apart: the bounds of two never add up to more than the value of their sum.
    #[test]
    fn bounds_of_parts_never_exceed_the_value_of_their_sum() {
        let mut stream = StreamKey::new(8, Purpose::Level, "goal").replication(0);
        let mut normal = || stream.normals().0;
        for _ in 0..200 {
            let common: Vec<f64> = (0..160).map(|_| normal()).collect();
            let turn = normal();
            let a: Vec<f64> = common.iter().map(|x| x + normal()).collect();
            let b: Vec<f64> = common.iter().map(|x| turn * x * x + 0.5 * normal()).collect();
            let sum: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
            for goal in [Goal::Mean, Goal::P95, Goal::Cvar95] {
                let bounds = goal.bound(&mut a.clone()) + goal.bound(&mut b.clone());
                let value = goal.of(&mut sum.clone());
                assert!(bounds <= value + 1e-12, "{goal:?}: {bounds} above {value}");
            }
        }
        // A column that does not vary loses nothing.
        assert_eq!(Goal::P95.bound(&mut [3.0; 160]), 3.0);
    }
}
