//! The weekly walk of the level: heavy-tailed steps of the logarithm that return slowly and leave every week's mean as stated.
//!
//! x₁ = 0 and x_w = κ x_{w−1} + step, steps scale × Student's t clipped at ± ln 10; the level of week w is multiplied by exp(x_w) divided by
//! Π E[exp(κʲ step)] over j = 0 … w − 2, so its mean is 1 in every week. After a history, week 1 is one step away from it already.

use super::check::{number, number_or};
use crate::random::law::{Law, clipped_exp_mean};
use crate::random::stream::Stream;
use crate::spec::{Field, Reader};
use crate::spec_table;
use std::f64::consts::LN_10;

spec_table! {
    /// The weekly walk of the level: steps of its logarithm.
    pub struct WalkSpec {
        /// Scale of a week's step of the logarithm, such as 0.2.
        optional scale: f64,
        /// Degrees of freedom of the steps: fewer means heavier tails.
        optional df: f64,
        /// Share of last week's distance that is kept, 0 to 1.
        optional kappa: f64,
    }
}

/// What a walk takes where the file says nothing, and why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Defaults {
    /// Scale of the steps.
    pub(super) scale: f64,
    /// Degrees of freedom.
    pub(super) df: f64,
    /// The reason, for the note.
    pub(super) reason: &'static str,
}

/// Without history: a Student law with few degrees of freedom and scale .2, as steady clients' weekly totals show.
pub(super) const WITHOUT_HISTORY: Defaults = Defaults {
    scale: 0.2,
    df: 4.0,
    reason: "measured on public traces: steady clients' levels move by 15 to 20 % in a usual week, at times by far more; a smaller scale, or \
             walk = \"off\", where more is known",
};

/// A weekly walk.
#[derive(Clone, Debug)]
pub struct Walk {
    step: Option<Law>,
    kappa: f64,
    /// Reciprocal mean of exp(x) by week.
    norm: Vec<f64>,
    after_history: bool,
    /// E[exp(step)].
    step_mean: f64,
}

impl Walk {
    /// Checks the spec; what it leaves out is taken from `defaults`.
    pub(super) fn resolve(
        spec: &Field<WalkSpec>,
        defaults: Defaults,
        weeks: usize,
        after_history: bool,
        reader: &mut Reader,
    ) -> Option<Self> {
        let scale = number_or(spec.scale.as_ref(), (&spec.at, "scale"), (defaults.scale, defaults.reason), reader, "0 to 2", |x| {
            (0.0..=2.0).contains(&x)
        });
        let df =
            number_or(spec.df.as_ref(), (&spec.at, "df"), (defaults.df, defaults.reason), reader, "1 to 1e6", |x| (1.0..=1e6).contains(&x));
        let kappa = match &spec.kappa {
            Some(kappa) => number(kappa, reader, "0 to 1", |x| (0.0..=1.0).contains(&x)),
            None => Some(super::check::assumed(&spec.at, "kappa", 0.9, "a level that strays returns within weeks", reader)),
        };
        Some(Self::new(scale?, df?, kappa?, weeks, after_history))
    }

    /// A walk of so many weeks: `scale` of a step of the logarithm (0 stands still), `df` > 0 degrees of freedom of its Student law, `kappa`
    /// the share of last week's distance that is kept. With `after_history` week 1 has taken a step already.
    pub fn new(scale: f64, df: f64, kappa: f64, weeks: usize, after_history: bool) -> Self {
        let step = Law::student_t(df, scale, LN_10).ok();
        let mut norm = Vec::with_capacity(weeks);
        let (mut product, mut factor) = (1.0, 1.0);
        for week in 0..weeks {
            if step.is_some() && (week > 0 || after_history) {
                // Far back, a step no longer counts; the quadrature would only cost time.
                if factor > 1e-9 {
                    product *= clipped_exp_mean(df, scale, LN_10, factor);
                }
                factor *= kappa;
            }
            norm.push(1.0 / product);
        }
        let step_mean = if step.is_some() { clipped_exp_mean(df, scale, LN_10, 1.0) } else { 1.0 };
        Self { step, kappa, norm, after_history, step_mean }
    }

    /// Whether its steps have no length.
    pub(super) fn stands_still(&self) -> bool {
        self.step.is_none()
    }

    /// Mean of exp(step), at least 1: by how much the mean of a level lies above its middle after one step.
    ///
    /// The walk keeps the mean that it is given. Steps of the log are as often up as down, so what a history tells is the middle of the
    /// next week, and its mean lies above it. With the history's mean itself as the mean, the middle falls to less than half of it for an
    /// intermittent client, and most real weeks of such clients lie above the simulated 75th percentile (tests/traffic measures both).
    pub fn mean_of_step(&self) -> f64 {
        self.step_mean
    }

    /// Whether it takes steps.
    pub(super) fn moves(&self) -> bool {
        self.step.is_some()
    }

    /// Multiplies the weeks' levels by one walk, of mean 1 in every week.
    pub fn apply(&self, stream: &mut Stream, weeks: &mut [f64]) {
        let Some(step) = &self.step else { return };
        let mut x = 0.0;
        for (week, (level, norm)) in weeks.iter_mut().zip(&self.norm).enumerate() {
            if week > 0 || self.after_history {
                x = self.kappa * x + step.sample(stream);
            }
            *level *= libm::exp(x) * norm;
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests {
    use super::*;
    use crate::random::stream::{Purpose, StreamKey};

    /// Mean of every week within 4 standard errors of 1, with and without history; week 1 moves only after a history.
    #[test]
    fn every_week_keeps_the_stated_mean() {
        for after_history in [false, true] {
            let walk = Walk::new(0.2, 4.0, 0.9, 12, after_history);
            let key = StreamKey::new(7, Purpose::Walk, "a");
            let n = 100_000;
            let mut sums = [(0.0, 0.0); 12];
            for r in 0..n {
                let mut weeks = [1.0; 12];
                walk.apply(&mut key.replication(r), &mut weeks);
                for (sum, x) in sums.iter_mut().zip(weeks) {
                    sum.0 += x - 1.0;
                    sum.1 += (x - 1.0) * (x - 1.0);
                }
            }
            for (week, (sum, squares)) in sums.into_iter().enumerate() {
                let mean = sum / n as f64;
                let se = (squares / n as f64).sqrt() / (n as f64).sqrt();
                assert!(mean.abs() <= 4.0 * se, "week {}: {mean} ± {se}", week + 1);
                assert_eq!(squares == 0.0, week == 0 && !after_history);
            }
        }
    }

    /// κ = 0 keeps only the last step: every week after the first has the same divisor, E[exp(step)].
    #[test]
    fn the_divisor_follows_kappa() {
        let one = clipped_exp_mean(4.0, 0.3, LN_10, 1.0);
        let half = clipped_exp_mean(4.0, 0.3, LN_10, 0.5);
        let norm = Walk::new(0.3, 4.0, 0.0, 4, false).norm;
        assert!(norm[1..].iter().all(|n| (n * one - 1.0).abs() < 1e-12) && norm[0] == 1.0);
        let norm = Walk::new(0.3, 4.0, 0.5, 3, false).norm;
        assert!((norm[2] * one * half - 1.0).abs() < 1e-12);
    }
}
