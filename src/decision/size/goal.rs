//! What the best plan is the best at: the mean, the 95th percentile or the tail of a future's spend a month.

use crate::statistics::{cvar_sorted, quantile_by_selection};

/// What is to be smallest, over the futures, of the spend a month (with failed requests at their stated cost).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Its mean.
    Mean,
    /// Its 95th percentile.
    P95,
    /// The mean of its worst twentieth.
    Cvar95,
}

/// The share of the futures in the tail.
const TAIL: f64 = 0.05;

impl Goal {
    /// Its value over the futures; the samples come back in another order.
    pub(super) fn of(self, samples: &mut [f64]) -> f64 {
        match self {
            Self::Mean => samples.iter().sum::<f64>() / samples.len() as f64,
            Self::P95 => quantile_by_selection(samples, 1.0 - TAIL),
            Self::Cvar95 => {
                samples.sort_unstable_by(f64::total_cmp);
                cvar_sorted(samples, 1.0 - TAIL, 0.95).map_or(f64::NAN, |cvar| cvar.estimate.point)
            }
        }
    }

    /// A number for each of several columns whose sum is never above the value of the columns' sum.
    ///
    /// For the mean it is the mean, which is no more than the tail's mean either. For the percentile q: E X ≤ 0.95 q + 0.05 CVaR, since what
    /// is not in the tail is at most q, and the CVaR of a sum is at most the sum of the CVaRs (Acerbi and Tasche, "On the coherence of
    /// expected shortfall", J. Banking & Finance 26, 2002).
    pub(super) fn bound(self, samples: &mut [f64]) -> f64 {
        let mean = Self::Mean.of(samples);
        match self {
            Self::Mean | Self::Cvar95 => mean,
            Self::P95 => (mean - TAIL * Self::Cvar95.of(samples)) / (1.0 - TAIL),
        }
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
