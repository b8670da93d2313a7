//! What plans are chosen by, beside the scenario's limits: a goal over the futures, within a budget where there is one.

use super::goal::{Goal, smoothing};
use crate::statistics::{Proportion, Sampling, smooth_quantile_influences};

/// Whether spend stays within a budget, but for what is rounded where it is added up.
pub(super) fn is_within(spend: f64, budget: f64) -> bool {
    spend <= budget * (1.0 + 1e-12)
}

/// What plans are ranked by, and what they may cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Criterion {
    /// What is to be smallest.
    pub goal: Goal,
    /// Spend a month (the mean over the horizon) `[currency]`, and the share of the futures, in (0, 1], that must stay within it.
    pub budget: Option<(f64, f64)>,
}

impl Criterion {
    /// The least mean spend, whatever it comes to.
    pub const MEAN: Self = Self { goal: Goal::Mean, budget: None };

    /// How many futures stay within the budget, given each one's spend a month `[currency]`; `None` without a budget.
    #[must_use]
    pub fn within(&self, samples: &[f64], sampling: Sampling) -> Option<Proportion> {
        let (budget, _) = self.budget?;
        Some(Proportion::sampled(samples, sampling, |spend| f64::from(u8::from(is_within(spend, budget)))))
    }

    /// One number for each future whose mean is by how much the spend that as many futures as asked stay within exceeds the budget, and whose
    /// spread tells the error of that. Empty without a budget.
    pub(super) fn excess(&self, samples: &[f64]) -> Vec<f64> {
        let Some((budget, asked)) = self.budget else { return Vec::new() };
        let mut excess = smooth_quantile_influences(samples, told_by(samples, asked));
        excess.iter_mut().for_each(|spend| *spend -= budget);
        excess
    }

    /// What smoothing adds to the mean of these; 0 without a budget. The samples come back in another order.
    pub(super) fn smoothing_of_excess(&self, samples: &mut [f64]) -> f64 {
        self.budget.map_or(0.0, |(_, asked)| smoothing(samples, told_by(samples, asked)))
    }
}

/// The percentile of so many futures below which a share of all lies: for all of them, the largest that so many tell.
fn told_by(samples: &[f64], share: f64) -> f64 {
    share.min(1.0 - 0.5 / samples.len().max(1) as f64)
}
