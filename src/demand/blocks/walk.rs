//! What a history says about the weekly walk of its level.

use super::MEAN_BLOCK_DAYS;
use crate::demand::usage::Usage;
use std::f64::consts::LN_10;

/// Scale that the observed steps of steady clients are shrunk to: TRAFFIC.md, "Level".
const STEADY: f64 = 0.25;
/// The same of intermittent clients.
const INTERMITTENT: f64 = 1.0;
/// How many observed steps the prior scale is worth.
const PRIOR_WEIGHT: f64 = 2.0;

/// Parameters of the level's walk where the scenario does not state them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WalkDefaults {
    /// Scale of the Student-distributed weekly step of the log level.
    pub scale: f64,
    /// Its degrees of freedom: weeks + 1.
    pub df: f64,
    /// Standard deviation of the log of the level itself: how well the mean of so short a history is known.
    pub level_sd: f64,
    /// Whole weeks of the history, at least 1.
    pub weeks: usize,
}

impl WalkDefaults {
    /// From a history and the kind of each of its days.
    ///
    /// Weekly steps are normal with an unknown variance, whose prior is scaled inverse χ² with weight 2 around the kind of client's own;
    /// the posterior predictive of n = weeks − 1 observed steps is then Student with 2 + n degrees of freedom and
    /// scale² = (2 s₀² + Σ step²) / (2 + n) (Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.6).
    pub(super) fn of(usage: &Usage, kinds: &[u8]) -> Self {
        let volumes: Vec<f64> = usage.days().iter().map(|day| usage.volume(&day.total())).collect();
        let prior = if usage.is_intermittent() { INTERMITTENT } else { STEADY };
        let steps = weekly_steps(&volumes);
        let weight = PRIOR_WEIGHT + steps.len() as f64;
        let squares: f64 = steps.iter().map(|step| step * step).sum();
        let scale = ((PRIOR_WEIGHT * prior * prior + squares) / weight).sqrt();
        Self { scale, df: weight, level_sd: level_sd(&volumes, kinds), weeks: steps.len() + 1 }
    }
}

/// Log-ratios of the totals of consecutive whole weeks, counted back from the end and clipped at ± ln 10 as the walk's own steps are: a
/// week without any demand says no more than that.
fn weekly_steps(volumes: &[f64]) -> Vec<f64> {
    let weeks: Vec<f64> = volumes.rchunks_exact(7).map(|week| week.iter().sum()).collect();
    // 0/0, two weeks without demand, is NaN and no step at all; log 0 and log ∞ are clipped.
    let step = |pair: &[f64]| libm::log(pair[0] / pair[1]).clamp(-LN_10, LN_10);
    weeks.windows(2).map(step).map(|step| if step.is_nan() { 0.0 } else { step }).collect()
}

/// Standard deviation of the log of the mean, from the variance that the block resampling gives the mean of n days.
///
/// Politis and Romano (1994), equation 4: V = (1/n) Σ b(k) R(k) over all lags, R(k) the autocovariance (divided by n) and
/// b(k) = (1 − k/n) qᵏ + (k/n) qⁿ⁻ᵏ, q = 1 − 1/block. Deviations are from the mean of the day's kind. Since R is taken about the sample
/// mean, it falls short by the very variance that is sought: E\[R(0)\] = σ² − V, so V is divided by 1 − V/R(0) (which is n/(n − 1) when
/// days are independent). The lognormal with the same coefficient of variation has σ² = ln(1 + V/mean²).
fn level_sd(volumes: &[f64], kinds: &[u8]) -> f64 {
    let n = volumes.len() as f64;
    let mean = volumes.iter().sum::<f64>() / n;
    let deviations: Vec<f64> = volumes
        .iter()
        .zip(kinds)
        .map(|(volume, kind)| {
            let same = || volumes.iter().zip(kinds).filter(|(_, other)| *other == kind).map(|(volume, _)| *volume);
            volume - same().sum::<f64>() / same().count() as f64
        })
        .collect();
    let autocovariance = |lag: usize| deviations.iter().zip(deviations.iter().skip(lag)).map(|(a, b)| a * b).sum::<f64>() / n;
    let q = 1.0 - MEAN_BLOCK_DAYS.recip();
    let weight = |lag: f64| (1.0 - lag / n) * libm::pow(q, lag) + lag / n * libm::pow(q, n - lag);
    let spread = autocovariance(0);
    let variance = (spread + 2.0 * (1..volumes.len()).map(|lag| weight(lag as f64) * autocovariance(lag)).sum::<f64>()) / n;
    if !(spread > 0.0 && variance > 0.0) {
        return 0.0;
    }
    // Three days of one block tell nothing about their own spread; half is as much as a history can be held short by.
    let corrected = variance / (1.0 - (variance / spread).min(0.5));
    libm::sqrt(libm::log1p(corrected / (mean * mean)))
}
