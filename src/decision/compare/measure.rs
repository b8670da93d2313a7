//! The headlines of a plan in one scenario, and what sums over several scenarios of them come to, each with its error.
//!
//! Replication r of every scenario is paired with replication r of the others, so the error of a mean is that of the sum taken replication by
//! replication. Percentiles are no means: they are [smoothed](smooth_quantile), so that small differences of them, and
//! their errors, can be told; they may differ from those of a run within the error.

use crate::scenario::Scenario;
use crate::statistics::{Estimate, Sampling, by_sorted, smooth_quantile};
use crate::tally::{Metric, Outcome, Row, Span};

/// A headline of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Mean spend a month. `[currency]`
    Spend,
    /// P50 over the futures of the spend a month, as the mean over the horizon. `[currency]`
    SpendP50,
    /// P95 of the same. `[currency]`
    SpendP95,
    /// What the baseline costs more, a month. `[currency]`
    Saving,
    /// Share of the requests that is throttled.
    Throttled,
    /// Share of the months that keep the limits.
    MonthsKept,
    /// Used share of the bought capacity.
    Utilisation,
    /// Spend on units that are not used, a month. `[currency]`
    Idle,
}

impl Measure {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 8] =
        [Self::Spend, Self::SpendP50, Self::SpendP95, Self::Saving, Self::Throttled, Self::MonthsKept, Self::Utilisation, Self::Idle];

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Spend => "cost_total_mean",
            Self::SpendP50 => "cost_total_p50",
            Self::SpendP95 => "cost_total_p95",
            Self::Saving => "saving_vs_baseline_mean",
            Self::Throttled => "requests_throttled_share_mean",
            Self::MonthsKept => "months_keeping_limits",
            Self::Utilisation => "utilisation_mean",
            Self::Idle => "cost_provisioned_idle_mean",
        }
    }

    /// Whether it is money a month, rather than a share.
    #[must_use]
    pub fn is_money(self) -> bool {
        matches!(self, Self::Spend | Self::SpendP50 | Self::SpendP95 | Self::Saving | Self::Idle)
    }

    /// The percentile that it is, if it is one.
    fn level(self) -> Option<f64> {
        match self {
            Self::SpendP50 => Some(0.50),
            Self::SpendP95 => Some(0.95),
            _ => None,
        }
    }
}

/// What one run tells of one plan, by replication.
#[derive(Debug)]
pub(super) struct Served {
    spend: Vec<f64>,
    saving: Vec<f64>,
    throttled: Vec<f64>,
    kept: Vec<f64>,
    utilisation: Option<Vec<f64>>,
    idle: Vec<f64>,
}

impl Served {
    pub(super) fn of(scenario: &Scenario, outcome: &Outcome, plan: usize) -> Self {
        let months = scenario.horizon.months() as f64;
        let column = |metric: Metric| outcome.column(scenario, plan, Row::All, Span::Horizon, metric);
        let a_month = |metric: Metric| column(metric).unwrap_or_default().into_iter().map(|value| value / months).collect();
        let mut kept = vec![0.0; outcome.replications()];
        for excess in outcome.excess(scenario, plan) {
            let above = outcome.make(&excess);
            kept.iter_mut().zip(above).filter(|(_, above)| *above == 0.0).for_each(|(kept, _)| *kept += 1.0);
        }
        kept.iter_mut().for_each(|kept| *kept /= months);
        Self {
            spend: a_month(Metric::CostTotal),
            saving: a_month(Metric::SavingVsBaseline),
            throttled: column(Metric::RequestsThrottledShare).unwrap_or_default(),
            kept,
            utilisation: column(Metric::Utilisation),
            idle: a_month(Metric::CostProvisionedIdle),
        }
    }

    fn column(&self, measure: Measure) -> Option<&[f64]> {
        match measure {
            Measure::Spend | Measure::SpendP50 | Measure::SpendP95 => Some(&self.spend),
            Measure::Saving => Some(&self.saving),
            Measure::Throttled => Some(&self.throttled),
            Measure::MonthsKept => Some(&self.kept),
            Measure::Utilisation => self.utilisation.as_deref(),
            Measure::Idle => Some(&self.idle),
        }
    }
}

/// The sum of a measure over scenarios, each times its weight; `None` where one of them has no such measure.
pub(super) fn sum(measure: Measure, terms: &[(&Served, f64)], sampling: Sampling) -> Option<Estimate> {
    let columns: Option<Vec<(&[f64], f64)>> = terms.iter().map(|(served, weight)| Some((served.column(measure)?, *weight))).collect();
    let columns = columns?;
    match measure.level() {
        Some(level) => percentile(level, &columns),
        None => mean(&columns, sampling),
    }
}

fn mean(columns: &[(&[f64], f64)], sampling: Sampling) -> Option<Estimate> {
    // What is a share of nothing is no number, in some scenarios and not in others.
    let points: Vec<f64> = columns.iter().map(|(column, weight)| weight * sampling.mean(column).point).collect();
    let point: f64 = points.iter().sum();
    let rows = columns.iter().map(|(column, _)| column.len()).min()?;
    let by_replication: Vec<f64> = (0..rows).map(|row| columns.iter().map(|(column, weight)| weight * column[row]).sum()).collect();
    let error = sampling.mean(&by_replication);
    point.is_finite().then_some(Estimate { point, ..error })
}

fn percentile(level: f64, columns: &[(&[f64], f64)]) -> Option<Estimate> {
    let (columns, weights): (Vec<&[f64]>, Vec<f64>) = columns.iter().copied().unzip();
    let sum = |sorted: &[Vec<f64>]| sorted.iter().zip(&weights).map(|(column, weight)| weight * smooth_quantile(column, level)).sum();
    Some(by_sorted(&columns, sum)).filter(|found| found.point.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream::{Purpose, StreamKey};

    fn served(spend: Vec<f64>) -> Served {
        let none = vec![0.0; spend.len()];
        Served { saving: none.clone(), throttled: vec![f64::NAN; spend.len()], kept: none.clone(), utilisation: None, idle: none, spend }
    }

    #[test]
    fn paired_sums_cancel_what_both_have() {
        let noise = |r: i32| libm::sin(f64::from(r) * 12.9898) * 1000.0;
        let a = served((0..1600).map(noise).collect());
        let b = served((0..1600).map(|r| noise(r) + 10.0 + f64::from(r % 2)).collect());
        for measure in [Measure::Spend, Measure::SpendP50, Measure::SpendP95] {
            let difference = sum(measure, &[(&b, 1.0), (&a, -1.0)], Sampling::Plain).unwrap();
            assert!((difference.point - 10.5).abs() < 3.0, "{measure:?} {difference:?}");
            let alone = sum(measure, &[(&b, 1.0)], Sampling::Plain).unwrap();
            assert!(difference.standard_error.unwrap() < 0.3 * alone.standard_error.unwrap(), "{measure:?} {difference:?} {alone:?}");
        }
        assert_eq!(sum(Measure::Utilisation, &[(&b, 1.0), (&a, -1.0)], Sampling::Plain), None);
        assert_eq!(sum(Measure::Throttled, &[(&b, 1.0)], Sampling::Plain), None, "a share of nothing");
    }

    /// The variance of a percentile of n uniform numbers is p (1 - p) / n. Forty estimates of it with 15 degrees of freedom each have a mean
    /// with an error of 5.8 %; five of them are allowed.
    #[test]
    fn a_percentiles_error_is_what_theory_has() {
        let mut squares = 0.0;
        for repetition in 0..40 {
            let mut stream = StreamKey::new(7, Purpose::Noise, "sections").replication(repetition);
            let uniform = served((0..1600).map(|_| stream.uniform()).collect());
            let p95 = sum(Measure::SpendP95, &[(&uniform, 1.0)], Sampling::Plain).unwrap();
            squares += p95.standard_error.unwrap() * p95.standard_error.unwrap() / 40.0;
        }
        let theory = 0.95 * 0.05 / 1600.0;
        assert!((squares / theory - 1.0).abs() < 0.29, "{}", squares / theory);
    }

    #[test]
    fn too_few_samples_tell_no_error_of_a_percentile() {
        let few = served((0..319).map(f64::from).collect());
        let p95 = sum(Measure::SpendP95, &[(&few, 1.0)], Sampling::Plain).unwrap();
        assert_eq!((p95.standard_error, p95.interval(0.95)), (None, None));
    }
}
