//! What plans are chosen by, beside the scenario's limits: a goal over the futures, within a budget where there is one.

use super::goal::Goal;
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
        // All futures are as many as the largest of so many tells.
        let percentile = asked.min(1.0 - 0.5 / samples.len().max(1) as f64);
        let mut excess = smooth_quantile_influences(samples, percentile);
        excess.iter_mut().for_each(|spend| *spend -= budget);
        excess
    }
}
