//! `summary.json`: everything with its intervals, in one document. Unknown is null.

use super::figures::{Figure, Figures, PlanFigures};
use super::headline::{Headline, cheaper};
use super::{Report, answer, flip_lines, notes};
use crate::decision::{Cause, Flip, Lever};
use crate::error::{Error, Result};
use crate::statistics::{CONFIDENCE, ClusterProportion, Distribution, Estimate, Paired};
use crate::tally::Metric;
use serde_json::{Map, Value, json};

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
            "scenario_sha256": provenance.scenario_digest,
            "sampling": provenance.sampling.to_string(),
            "engine": provenance.engine,
            "prices": prices.collect::<Vec<_>>(),
        },
        "limits": {
            "throttled_requests_share": scenario.limits.throttled_requests_share,
            "missed_deadlines_share": scenario.limits.missed_deadlines_share,
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
pub(super) fn plan(report: &Report<'_>, headline: &Headline, figures: &PlanFigures) -> Result<String> {
    let scenario = report.scenario;
    let currency = scenario.currency.code();
    let plan = &scenario.supply.plans[headline.plan];
    let standing = &headline.standing;
    let rows = figures.rows.iter().map(|row| {
        json!({
            "workload": row.label,
            "months": row.months.iter().map(|month| metrics(month, currency)).collect::<Vec<_>>(),
            "quarters": row.quarters.iter().map(|quarter| metrics(quarter, currency)).collect::<Vec<_>>(),
            "horizon": metrics(&row.horizon, currency),
        })
    });
    let a_month = [
        ("cost_total", &headline.cost_total),
        ("cost_on_demand", &headline.cost_on_demand),
        ("cost_provisioned", &headline.cost_provisioned),
        ("cost_provisioned_idle", &headline.cost_provisioned_idle),
        ("cost_batch", &headline.cost_batch),
        ("saving_vs_baseline", &headline.saving),
    ];
    let a_month: Map<String, Value> =
        a_month.into_iter().map(|(name, d)| (name.to_owned(), d.as_ref().map_or(Value::Null, |d| distribution(d, true)))).collect();
    let value = json!({
        "plan": plan.name,
        "units": plan.units,
        "term": plan.term,
        "engine": report.provenance.engine,
        "keeps_limits": standing.keeps_limits,
        "keeps_limits_within_error": standing.within_error,
        "months_keeping_limits": share_of_months(&standing.months_kept),
        "ranked_by": estimate(&standing.objective, report.provenance.replications),
        "a_month": a_month,
        "against_baseline": headline.against_baseline.as_ref().map(paired),
        "against_cheapest": headline.against_cheapest.as_ref().map(paired),
        "rows": rows.collect::<Vec<_>>(),
    });
    let comma = if headline.plan == 0 { "" } else { "," };
    Ok(format!("{comma}\n    {}", serde_json::to_string(&value).map_err(failed)?))
}

/// Everything after the last plan.
pub(super) fn tail(report: &Report<'_>) -> Result<String> {
    let flips = report.judgement.leaders.iter().zip(report.flips).map(
        |(leader, flips)| json!({ "term": leader.term, "changes": flips.iter().map(|flip| change(report, flip)).collect::<Vec<_>>() }),
    );
    let rare = report.rare.map(|rare| {
        let plan = report.scenario.supply.plans.get(rare.plan).map(|plan| plan.name.as_str());
        json!({
            "plan": plan,
            "months_breaking_limits": { "share": rare.share.point, "share_se": rare.share.standard_error, "interval": interval(rare.interval) },
            "replications": rare.replications,
            "effective": rare.effective,
        })
    });
    let tail = json!({ "rare": rare, "flips": flips.collect::<Vec<_>>(), "flips_text": flip_lines(report) });
    let text = pretty(&tail)?;
    Ok(format!("\n  ],{}\n", text.trim_start_matches('{')))
}

fn pretty(value: &Value) -> Result<String> {
    serde_json::to_string_pretty(value).map_err(failed)
}

fn failed(error: serde_json::Error) -> Error {
    Error::io("summary.json", "write", error.into())
}

fn metrics(figures: &Figures, currency: &str) -> Value {
    let known = Metric::ALL.into_iter().zip(figures).filter_map(|(metric, figure)| match figure {
        Figure::None => None,
        Figure::Empty => Some((metric.name(currency), Value::Null)),
        Figure::Known(d) => Some((metric.name(currency), distribution(d, metric.has_tail()))),
    });
    Value::Object(known.collect())
}

fn distribution(d: &Distribution, has_tail: bool) -> Value {
    let mut value = json!({
        "n": d.n,
        "mean": d.mean, "mean_se": d.mean_se, "mean_interval": interval(d.mean_interval), "sd": d.sd,
        "min": d.min, "p01": d.p01, "p05": d.p05, "p10": d.p10, "p25": d.p25, "p50": d.p50,
        "p75": d.p75, "p90": d.p90, "p95": d.p95, "p99": d.p99, "max": d.max,
        "p50_interval": interval(d.p50_interval), "p95_interval": interval(d.p95_interval),
    });
    if has_tail && let Some(object) = value.as_object_mut() {
        object.insert("cvar95".to_owned(), json!(d.cvar95));
        object.insert("cvar95_se".to_owned(), json!(d.cvar95_se));
        object.insert("cvar95_interval".to_owned(), interval(d.cvar95_interval));
    }
    value
}

fn interval(interval: Option<(f64, f64)>) -> Value {
    interval.map_or(Value::Null, |(low, high)| json!([low, high]))
}

/// `n` is the number of samples behind it, whatever its error comes from.
fn estimate(e: &Estimate, n: u64) -> Value {
    json!({ "mean": e.point, "mean_se": e.standard_error, "mean_interval": interval(e.interval(CONFIDENCE)), "n": n })
}

/// A share that was only sampled: below its interval's end where it was never seen, so the point is null then, never 0.
fn sampled(share: f64, n: u64, bounds: Option<(f64, f64)>) -> Value {
    json!({ "share": (share > 0.0).then_some(share), "interval": interval(bounds), "n": n })
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
        "probability_cheaper": sampled(cheaper.share(), cheaper.n, cheaper.interval(CONFIDENCE)),
        "ties": paired.ties,
    })
}

fn change(report: &Report<'_>, flip: &Flip) -> Value {
    let lever = match flip.lever {
        Lever::Traffic => "traffic",
        Lever::OnDemandPrice => "on_demand_price",
        Lever::UnitPrice => "unit_price",
        Lever::UnitThroughput => "unit_throughput",
        Lever::Growth => "growth_per_month",
    };
    let point = flip.point.as_ref().map(|point| {
        let because = match point.because {
            Cause::Cheaper => "cheaper",
            Cause::BreaksLimits => "breaks limits",
            Cause::KeepsLimits => "keeps limits",
            Cause::LessBad => "keeps the limits in more months",
        };
        let plan = point.plan.and_then(|plan| report.scenario.supply.plans.get(plan)).map(|plan| plan.name.as_str());
        json!({ "at": point.at, "between": [point.between.0, point.between.1], "plan": plan, "because": because })
    });
    json!({ "lever": lever, "tried": flip.tried, "flips": point })
}
