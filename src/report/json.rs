//! `summary.json`: everything with its intervals, in one document. Unknown is null.

use super::document::{frequency, interval, sampled};
use super::figures::{Figure, Figures, PlanFigures};
use super::headline::{Headline, cheaper};
use super::{Report, answer, flip_lines, flips, notes};
use crate::decision::{Flip, Leader, Likelihood, Precise, PreciseOf, Requirement};
use crate::error::{Error, Result};
use crate::statistics::{CONFIDENCE, ClusterProportion, Distribution, Estimate, Paired, Regret};
use crate::tally::Metric;
use serde_json::{Number, Value, json};
use std::fmt::Write;

/// How precise a run is, where that was asked for.
fn precision(precise: Precise) -> Value {
    let of = match precise.asked.of {
        PreciseOf::P95 => "p95",
        PreciseOf::Difference => "difference",
    };
    json!({
        "of": of,
        "asked": precise.asked.share,
        "reached": precise.share,
        "met": precise.met,
        "replications_needed": precise.needed.map(f64::ceil),
    })
}

/// Everything before the first plan; the plans follow as they are summarised.
pub(super) fn head(report: &Report<'_>) -> Result<String> {
    let scenario = report.scenario;
    let name = |plan: usize| scenario.supply.plans.get(plan).map(|plan| plan.name.as_str());
    let provenance = report.provenance;
    let prices = provenance
        .prices
        .iter()
        .map(|price| json!({ "offer": price.offer, "source": price.source, "date": price.date.map(|date| date.to_string()) }));
    let months: Vec<String> = (0..scenario.horizon.months()).map(|month| scenario.horizon.month_label(month)).collect();
    let quarters: Vec<String> = (0..scenario.horizon.quarters().len()).map(|quarter| scenario.horizon.quarter_label(quarter)).collect();
    let leaders = report.judgement.leaders.iter().map(|leader| {
        json!({
            "term": leader.term,
            "plan": name(leader.plan),
            "runner_up": leader.runner_up.and_then(name),
            "keeps_limits": leader.qualified,
        })
    });
    let head = json!({
        "schema": "tokentide/summary-1",
        "scenario": scenario.name,
        "currency": scenario.currency.code(),
        "months": months,
        "quarters": quarters,
        "confidence": CONFIDENCE,
        "provenance": {
            "version": provenance.version,
            "stream_version": provenance.stream_version,
            "seed": provenance.seed,
            "replications": provenance.replications,
            "replications_asked": provenance.replications_asked,
            "complete": provenance.is_complete(),
            "precision": provenance.precision.map(precision),
            "scenario_sha256": provenance.scenario_digest,
            "sampling": provenance.sampling.to_string(),
            "engine": provenance.engine,
            "prices": prices.collect::<Vec<_>>(),
        },
        "limits": {
            "throttled_requests_share": scenario.limits.throttled_requests_share,
            "missed_deadlines_share": scenario.limits.missed_deadlines_share,
            "throttled_hours": scenario.limits.throttled_hours,
            "in_share_of_months": scenario.limits.in_share_of_months,
            "cost_per_failed_request": scenario.limits.cost_per_failed_request,
        },
        "baseline": name(scenario.baseline),
        "cheapest": name(report.cheapest()),
        "answer": {
            "text": answer(report),
            "notes": notes(report),
            "ranked_within_terms": report.judgement.within_terms,
            "leaders": leaders.collect::<Vec<_>>(),
        },
    });
    let text = pretty(&head)?;
    let open = text.trim_end().trim_end_matches('}').trim_end();
    Ok(format!("{open},\n  \"plans\": ["))
}

/// One plan, on one line.
pub(super) fn plan(report: &Report<'_>, headline: &Headline, figures: &PlanFigures<'_>, regret: Option<&Regret>) -> Result<String> {
    let scenario = report.scenario;
    let currency = scenario.currency.code();
    let plan = &scenario.supply.plans[headline.plan];
    let standing = &headline.standing;
    let a_month = [
        ("cost_total", &headline.cost_total),
        ("cost_on_demand", &headline.cost_on_demand),
        ("cost_provisioned", &headline.cost_provisioned),
        ("cost_provisioned_idle", &headline.cost_provisioned_idle),
        ("cost_batch", &headline.cost_batch),
        ("saving_vs_baseline", &headline.saving),
    ];
    let a_month = a_month.map(|(name, d)| (name, d.as_ref().map_or_else(|| "null".to_owned(), |d| distribution_text(d, true))));
    let head = json!({
        "plan": plan.name,
        "units": plan.units,
        "term": plan.term,
        "engine": report.provenance.engine,
        "keeps_limits": standing.keeps_limits,
        "keeps_limits_within_error": standing.within_error,
        "months_keeping_limits": share_of_months(&standing.months_kept),
        "ranked_by": estimate(&standing.objective, report.provenance.replications),
    });
    let against = json!({
        "against_baseline": headline.against_baseline.as_ref().map(paired),
        "against_cheapest": headline.against_cheapest.as_ref().map(paired),
        "regret": regret.map(|r| json!({ "expected": estimate(&r.expected, report.provenance.replications), "p95": r.p95 })),
    });
    let names = Metric::ALL.map(|metric| (quoted(&metric.name(currency)), metric.has_tail()));
    // The figures are most of the document, and their texts are there: they are put between what is written as values.
    let mut text = if headline.plan == 0 { "\n    {" } else { ",\n    {" }.to_owned();
    text.push_str(fields(&line(&head)?));
    text.push_str(",\"a_month\":");
    object(&mut text, a_month.iter().map(|(name, d)| (quoted(name), d.as_str())));
    text.push(',');
    text.push_str(fields(&line(&against)?));
    text.push_str(",\"rows\":[");
    for (index, row) in figures.rows.iter().enumerate() {
        text.push_str(if index == 0 { "{\"workload\":" } else { ",{\"workload\":" });
        text.push_str(&quoted(&row.label));
        for (name, spans) in [("months", &row.months), ("quarters", &row.quarters)] {
            text.extend([",\"", name, "\":["]);
            for (index, figures) in spans.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { "," });
                metrics(&mut text, figures, &names);
            }
            text.push(']');
        }
        text.push_str(",\"horizon\":");
        metrics(&mut text, &row.horizon, &names);
        text.push('}');
    }
    text.push_str("]}");
    Ok(text)
}

/// Everything after the last plan.
pub(super) fn tail(report: &Report<'_>) -> Result<String> {
    let rare = report.rare.map(|rare| {
        let plan = report.scenario.supply.plans.get(rare.plan).map(|plan| plan.name.as_str());
        json!({
            "plan": plan,
            "months_breaking_limits": { "share": rare.share.point, "share_se": rare.share.standard_error, "interval": interval(rare.interval) },
            "replications": rare.replications,
            "effective": rare.effective,
        })
    });
    let tail = json!({ "rare": rare, "flips": changes(report), "flips_text": flip_lines(report) });
    let text = pretty(&tail)?;
    Ok(format!("\n  ],{}\n", text.trim_start_matches('{')))
}

fn pretty(value: &Value) -> Result<String> {
    serde_json::to_string_pretty(value).map_err(failed)
}

fn failed(error: serde_json::Error) -> Error {
    Error::io("summary.json", "write", error.into())
}

fn line(value: &Value) -> Result<String> {
    serde_json::to_string(value).map_err(failed)
}

/// What stands between the braces of an object.
fn fields(object: &str) -> &str {
    object.strip_prefix('{').and_then(|object| object.strip_suffix('}')).unwrap_or(object)
}

/// A text as JSON writes it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Appends an object of names and values that are written already.
fn object<'t>(text: &mut String, fields: impl Iterator<Item = (impl AsRef<str>, &'t str)>) {
    text.push('{');
    for (index, (name, value)) in fields.enumerate() {
        text.push_str(if index == 0 { "" } else { "," });
        text.extend([name.as_ref(), ":", value]);
    }
    text.push('}');
}

/// Appends the metrics of a row and span; `names` are theirs, and whether each has a tail.
fn metrics(text: &mut String, figures: &Figures<'_>, names: &[(String, bool)]) {
    let known = names.iter().zip(figures).filter_map(|((name, has_tail), figure)| match figure {
        Figure::None => None,
        Figure::Empty => Some((name, "null")),
        Figure::Known(known) => Some((name, known.json(*has_tail))),
    });
    object(text, known);
}

/// A distribution as an object, with the tail's mean where it is given.
pub(super) fn distribution_text(d: &Distribution, has_tail: bool) -> String {
    let mut text = String::with_capacity(1024);
    text.extend(["{\"n\":", &d.n.to_string()]);
    let numbers = [("mean", Some(d.mean)), ("mean_se", d.mean_se)];
    numbers.into_iter().for_each(|(name, x)| field(&mut text, name, [x]));
    field(&mut text, "mean_interval", ends(d.mean_interval));
    let [min, p01, p05, p10, p25, p50] = [d.min, d.p01, d.p05, d.p10, d.p25, d.p50].map(Some);
    let [p75, p90, p95, p99, max] = [d.p75, d.p90, d.p95, d.p99, d.max].map(Some);
    let below = [("sd", d.sd), ("min", min), ("p01", p01), ("p05", p05), ("p10", p10), ("p25", p25), ("p50", p50)];
    let above = [("p75", p75), ("p90", p90), ("p95", p95), ("p99", p99), ("max", max)];
    below.into_iter().chain(above).for_each(|(name, x)| field(&mut text, name, [x]));
    field(&mut text, "p50_interval", ends(d.p50_interval));
    field(&mut text, "p95_interval", ends(d.p95_interval));
    if has_tail {
        field(&mut text, "cvar95", [Some(d.cvar95)]);
        field(&mut text, "cvar95_se", [d.cvar95_se]);
        field(&mut text, "cvar95_interval", ends(d.cvar95_interval));
    }
    text.push('}');
    text
}

/// Appends a field: a number, or a list of several. What is unknown is null, and so is a list of what is unknown.
fn field<const N: usize>(text: &mut String, name: &str, values: [Option<f64>; N]) {
    text.extend([",\"", name, "\":"]);
    if values.iter().all(Option::is_none) {
        return text.push_str("null");
    }
    text.push_str(if N == 1 { "" } else { "[" });
    for (index, value) in values.into_iter().enumerate() {
        text.push_str(if index == 0 { "" } else { "," });
        match value.and_then(Number::from_f64) {
            // A text takes whatever is written.
            Some(number) => _ = write!(text, "{number}"),
            None => text.push_str("null"),
        }
    }
    text.push_str(if N == 1 { "" } else { "]" });
}

/// The ends of an interval, as a list.
fn ends(interval: Option<(f64, f64)>) -> [Option<f64>; 2] {
    interval.map_or([None; 2], |(low, high)| [Some(low), Some(high)])
}

/// `n` is the number of samples behind it, whatever its error comes from.
fn estimate(e: &Estimate, n: u64) -> Value {
    json!({ "mean": e.point, "mean_se": e.standard_error, "mean_interval": interval(e.interval(CONFIDENCE)), "n": n })
}

fn share_of_months(months: &ClusterProportion) -> Value {
    sampled(months.estimate().point, months.clusters(), months.interval(CONFIDENCE))
}

fn paired(paired: &Paired) -> Value {
    let cheaper = cheaper(paired);
    json!({
        "difference": estimate(&paired.mean_difference, paired.n),
        "difference_p05": paired.p05,
        "difference_p95": paired.p95,
        "probability_cheaper": frequency(&cheaper),
        "ties": paired.ties,
    })
}

/// What would flip the answer, by leader.
pub(super) fn changes(report: &Report<'_>) -> Vec<Value> {
    let leaders = report.judgement.leaders.iter().zip(report.flips);
    let of_leader = |(leader, flips): (&Leader, &Vec<Flip>)| json!({ "term": leader.term, "changes": flips.iter().map(|flip| change(report, flip)).collect::<Vec<_>>() });
    leaders.map(of_leader).collect()
}

fn change(report: &Report<'_>, flip: &Flip) -> Value {
    let point = flip.point.as_ref().map(|point| {
        let plan = point.plan.and_then(|plan| report.scenario.supply.plans.get(plan)).map(|plan| plan.name.as_str());
        let likelihood = match &flip.likelihood {
            Some(Likelihood::Futures { share, between }) => sampled(share.share(), share.n, Some(*between)),
            _ => Value::Null,
        };
        json!({
            "at": point.at,
            "between": [point.between.0.min(point.between.1), point.between.0.max(point.between.1)],
            "plan": plan,
            "because": flips::cause(point.because),
            "futures": likelihood,
            "held_certain": flip.likelihood == Some(Likelihood::Certain),
            "limits_unsure": point.unsure == Some(Requirement::Limits),
            "budget_unsure": point.unsure == Some(Requirement::Budget),
        })
    });
    let as_good = flip.as_good.and_then(|as_good| {
        let plan = report.scenario.supply.plans.get(as_good.plan)?;
        Some(json!({ "plan": plan.name, "at": as_good.at }))
    });
    json!({ "lever": flips::label(flip.lever), "tried": flip.tried, "flips": point, "as_good": as_good })
}
