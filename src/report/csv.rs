//! The files for spreadsheets: plans, months, percentiles and the horizon.

use super::figures::{Figure, Figures, PlanFigures, figure_of};
use super::headline::{Headline, cheaper};
use super::lines::Lines;
use super::number::push;
use super::{Report, ReportFile};
use crate::error::Result;
use crate::scenario::Scenario;
use crate::statistics::{Distribution, Regret};
use crate::tally::Metric;

const PLAN: [&str; 3] = ["plan", "units", "term"];

const STATISTICS: [&str; 17] = [
    "mean", "mean_se", "sd", "p01", "p05", "p10", "p25", "p50", "p75", "p90", "p95", "p99", "cvar95", "p50_lo", "p50_hi", "p95_lo",
    "p95_hi",
];

/// The first line of a file.
pub(super) fn header(file: ReportFile, scenario: &Scenario) -> Result<String> {
    let currency = scenario.currency.code();
    let mut lines = Lines::new();
    lines.texts(PLAN);
    let per_million = format!("{}_mean", Metric::CostPerMillionTokens.name(currency));
    match file {
        ReportFile::Plans => {
            lines.texts(["engine", "keeps_limits", "months_keeping_limits"]);
            lines.texts(["cost_total_mean", "cost_total_mean_se", "cost_total_p05", "cost_total_p50", "cost_total_p95"]);
            lines.texts(["cost_on_demand_mean", "cost_provisioned_mean", "cost_provisioned_idle_mean", "cost_batch_mean"]);
            lines.texts(["saving_vs_baseline_mean", "saving_vs_baseline_p05", "saving_vs_baseline_p95", "probability_saves"]);
            lines.texts(["requests_throttled_share_mean", "throttled_share_mean", "utilisation_mean", "coverage_mean"]);
            lines.texts([per_million.as_str(), "committed_after_horizon_mean", "stranded_mean", "stranded_p95"]);
            lines.texts(["regret_mean", "regret_mean_se", "regret_p95"]);
            if scenario.supply.waits() {
                lines.texts(["tokens_late_mean", "deadline_missed_mean"]);
            }
        }
        ReportFile::Monthly | ReportFile::Quarterly => {
            lines.texts(["workload", if file == ReportFile::Monthly { "month" } else { "quarter" }]);
            for metric in Metric::MONTHLY {
                for statistic in ["mean", "p05", "p50", "p95"] {
                    lines.text(&format!("{}_{statistic}", metric.name(currency)));
                }
            }
        }
        _ => {
            lines.texts(["workload"]);
            if file == ReportFile::Percentiles {
                lines.text("month");
            }
            lines.texts(["metric", "unit"]).texts(STATISTICS);
        }
    }
    lines.end()?;
    lines.finish()
}

/// The plan's line in `plans.csv`.
pub(super) fn plan(report: &Report<'_>, headline: &Headline, regret: Option<&Regret>) -> Result<String> {
    let mut lines = Lines::new();
    let standing = &headline.standing;
    let mean = |distribution: &Option<Distribution>| distribution.as_ref().map(|d| d.mean);
    let quantiles = |distribution: &Option<Distribution>| distribution.as_ref().map_or([None; 3], |d| [d.p05, d.p50, d.p95].map(Some));
    let [cost_p05, cost_p50, cost_p95] = quantiles(&headline.cost_total);
    let [saving_p05, _, saving_p95] = quantiles(&headline.saving);
    begin(report, headline.plan, &mut lines);
    lines.text(&report.provenance.engine).text(if standing.keeps_limits { "true" } else { "false" });
    let limited = report.scenario.limits.any();
    let kept = &standing.months_kept;
    lines.numbers([seen(kept.estimate().point, kept.clusters()).filter(|_| limited)]);
    lines.numbers([mean(&headline.cost_total), headline.cost_total.as_ref().and_then(|d| d.mean_se), cost_p05, cost_p50, cost_p95]);
    lines.numbers([mean(&headline.cost_on_demand), mean(&headline.cost_provisioned)]);
    lines.numbers([mean(&headline.cost_provisioned_idle), mean(&headline.cost_batch)]);
    lines.numbers([mean(&headline.saving), saving_p05, saving_p95]);
    let saves = headline.against_baseline.as_ref().map(cheaper);
    lines.numbers([saves.and_then(|saves| seen(saves.share(), saves.n))]);
    lines.numbers([mean(&headline.requests_throttled_share), mean(&headline.throttled_share)]);
    lines.numbers([mean(&headline.utilisation), mean(&headline.coverage)]);
    lines.numbers([mean(&headline.cost_per_million_tokens), mean(&headline.committed_after_horizon)]);
    lines.numbers([mean(&headline.stranded), headline.stranded.as_ref().map(|d| d.p95)]);
    lines.numbers([regret.map(|r| r.expected.point), regret.and_then(|r| r.expected.standard_error), regret.map(|r| r.p95)]);
    if report.scenario.supply.waits() {
        lines.numbers([mean(&headline.tokens_late), headline.deadline_missed.as_ref().and_then(|d| seen(d.mean, d.n))]);
    }
    lines.end()?;
    lines.finish()
}

/// A share that was only sampled. What was never seen is not 0 but below 3/n, so that bound stands for it: a number, which sorts and filters
/// where it belongs. Empty where n is too small for a bound.
fn seen(share: f64, n: u64) -> Option<f64> {
    let bound = 3.0 / n as f64;
    if share > 0.0 { Some(share) } else { Some(bound).filter(|bound| *bound < 1.0) }
}

/// The plan's lines in `monthly.csv`, or in `quarterly.csv`.
pub(super) fn periods(report: &Report<'_>, plan: &PlanFigures<'_>, file: ReportFile) -> Result<String> {
    let mut lines = Lines::new();
    let horizon = &report.scenario.horizon;
    let by_quarter = file == ReportFile::Quarterly;
    for row in &plan.rows {
        for (period, figures) in if by_quarter { &row.quarters } else { &row.months }.iter().enumerate() {
            begin(report, plan.plan, &mut lines);
            let label = if by_quarter { horizon.quarter_label(period) } else { horizon.month_label(period) };
            lines.text(&row.label).text(&label);
            for metric in Metric::MONTHLY {
                let known = figure_of(figures, metric).known();
                lines.numbers(known.map_or([None; 4], |d| [d.mean, d.p05, d.p50, d.p95].map(Some)));
            }
            lines.end()?;
        }
    }
    lines.finish()
}

/// The plan's lines in `percentiles.csv`.
pub(super) fn percentiles(report: &Report<'_>, plan: &PlanFigures<'_>) -> Result<String> {
    let mut text = String::new();
    for row in &plan.rows {
        for (month, figures) in row.months.iter().enumerate() {
            let label = report.scenario.horizon.month_label(month);
            long_form(report, plan.plan, &[&row.label, &label], figures, &mut text)?;
        }
    }
    Ok(text)
}

/// The plan's lines in `horizon.csv`.
pub(super) fn horizon(report: &Report<'_>, plan: &PlanFigures<'_>) -> Result<String> {
    let mut text = String::new();
    for row in &plan.rows {
        long_form(report, plan.plan, &[&row.label], &row.horizon, &mut text)?;
    }
    Ok(text)
}

/// One line per metric.
fn long_form(report: &Report<'_>, plan: usize, place: &[&str], figures: &Figures<'_>, text: &mut String) -> Result<()> {
    let currency = report.scenario.currency.code();
    let mut start = Lines::new();
    begin(report, plan, &mut start);
    start.texts(place.iter().copied());
    let start = start.fields()?;
    let unknown = statistics_text(None, false);
    for (metric, figure) in Metric::ALL.into_iter().zip(figures) {
        let numbers = match figure {
            Figure::None => continue,
            Figure::Empty => &unknown,
            Figure::Known(known) => known.csv(metric.has_tail()),
        };
        // Names and units of metrics need no quotes.
        text.extend([&start, ",", &metric.name(currency), ",", &metric.unit(currency), ",", numbers, "\n"]);
    }
    Ok(())
}

/// The fields of [`STATISTICS`], with the tail's mean where it is given.
pub(super) fn statistics_text(d: Option<&Distribution>, has_tail: bool) -> String {
    let numbers = d.map_or([None; STATISTICS.len()], |d| statistics(d, has_tail));
    let mut text = String::with_capacity(20 * STATISTICS.len());
    for (index, known) in numbers.into_iter().enumerate() {
        text.push_str(if index == 0 { "" } else { "," });
        push(&mut text, known.unwrap_or(f64::NAN));
    }
    text
}

/// Numbers in the order of [`STATISTICS`].
fn statistics(d: &Distribution, has_tail: bool) -> [Option<f64>; STATISTICS.len()] {
    let (low, high) = (|interval: Option<(f64, f64)>| interval.map(|i| i.0), |interval: Option<(f64, f64)>| interval.map(|i| i.1));
    let [p01, p05, p10, p25, p50, p75, p90, p95, p99] = [d.p01, d.p05, d.p10, d.p25, d.p50, d.p75, d.p90, d.p95, d.p99].map(Some);
    let cvar95 = has_tail.then_some(d.cvar95);
    let intervals = [low(d.p50_interval), high(d.p50_interval), low(d.p95_interval), high(d.p95_interval)];
    let [p50_lo, p50_hi, p95_lo, p95_hi] = intervals;
    [Some(d.mean), d.mean_se, d.sd, p01, p05, p10, p25, p50, p75, p90, p95, p99, cvar95, p50_lo, p50_hi, p95_lo, p95_hi]
}

/// Begins a line with plan, units and term.
fn begin(report: &Report<'_>, plan: usize, lines: &mut Lines) {
    let plan = &report.scenario.supply.plans[plan];
    lines.texts([plan.name.as_str(), plan.units.as_deref().unwrap_or(""), plan.term.as_deref().unwrap_or("")]);
}

#[cfg(test)]
mod tests {
    use super::seen;

    #[test]
    fn what_was_never_seen_is_its_bound() {
        assert_eq!((seen(0.25, 8), seen(1.0, 8)), (Some(0.25), Some(1.0)));
        assert_eq!((seen(0.0, 1000), seen(0.0, 3), seen(0.0, 0)), (Some(0.003), None, None));
    }
}
