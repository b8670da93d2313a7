//! What to buy, as files: every unit's step, the price of less throttling, and the verdicts.

use super::document::{document, frequency};
use super::lines::Lines;
use super::{Report, flip_lines, json as summary};
use crate::decision::{ByHours, Requirement, Sizing, objective_samples};
use crate::error::Result;
use crate::statistics::Estimate;
use crate::supply::Commitment;
use serde_json::{Value, json};

/// The files that `size` writes beside those of a run: name and text.
///
/// # Errors
/// When a document cannot be written, which no input makes happen.
pub fn sizing_files(report: &Report<'_>, sizing: &Sizing) -> Result<Vec<(&'static str, String)>> {
    Ok(vec![("units.csv", units(sizing)?), ("nines.csv", nines(sizing)?), ("size.json", verdicts(report, sizing)?)])
}

/// The names of those files.
pub const SIZING_FILES: [&str; 3] = ["units.csv", "nines.csv", "size.json"];

fn units(sizing: &Sizing) -> Result<String> {
    let mut lines = Lines::new();
    lines.texts([
        "pool",
        "offer",
        "axis",
        "term",
        "bought",
        "units_from",
        "units_to",
        "saving_mean",
        "saving_mean_se",
        "probability_saves",
    ]);
    lines.texts(["requests_throttled_share_from", "requests_throttled_share_to", "utilisation_of_added", "hours"]).end()?;
    for line in sizing.steps.iter().flatten() {
        for step in &line.steps {
            lines.texts([line.pool.as_str(), &line.offer, line.axis.unwrap_or(""), &line.term.to_string()]);
            lines.numbers([Some(line.bought), Some(step.units.0), Some(step.units.1)]);
            lines.numbers([Some(step.saving.point), step.saving.standard_error, Some(step.pays.share())]);
            lines.numbers([Some(step.throttled.0), Some(step.throttled.1), step.utilisation]);
            lines.text(&line.hours.map_or_else(String::new, |hours| hours.to_string())).end()?;
        }
    }
    lines.finish()
}

fn nines(sizing: &Sizing) -> Result<String> {
    let mut lines = Lines::new();
    lines.texts(["term", "throttled_share_at_most", "plan", "cost_mean", "cost_mean_se", "more_mean", "more_mean_se"]);
    lines.texts(["requests_throttled_share_mean", "requests_throttled_share_mean_se"]).end()?;
    for (leader, nines) in sizing.judgement.leaders.iter().zip(&sizing.nines) {
        for nine in nines {
            let both = |estimate: &Option<Estimate>| [estimate.map(|e| e.point), estimate.and_then(|e| e.standard_error)];
            lines.text(leader.term.as_deref().unwrap_or(""));
            lines.number(nine.share);
            lines.text(nine.plan.as_deref().unwrap_or(""));
            lines.numbers(both(&nine.cost)).numbers(both(&nine.more)).numbers(both(&nine.throttled)).end()?;
        }
    }
    lines.finish()
}

fn by_hours(told: &ByHours) -> Value {
    match told {
        ByHours::LookedAt { offer, pool, windows, note } => json!({ "offer": offer, "pool": pool, "looked_at": windows, "note": note }),
        ByHours::NotLookedAt { offer, pool, window, saving } => json!({
            "offer": offer, "pool": pool, "not_looked_at": window.to_string(), "saving_in_the_mean_week": saving
        }),
    }
}

/// What a plan buys.
fn purchases(sizing: &Sizing, plan: usize) -> Vec<Value> {
    let supply = &sizing.scenario.supply;
    let bought = supply.plans.get(plan).into_iter().flat_map(|plan| &plan.commitments);
    let bought = bought.filter(|commitment| commitment.units.iter().any(|&units| units > 0.0));
    let told = |commitment: &Commitment| {
        json!({
            "offer": supply.offers[commitment.offer].name,
            "units": commitment.units[..supply.axes_of(commitment.offer)],
            "term": commitment.term.to_string(),
            "start_month": commitment.start_month + 1,
            "hours": commitment.schedule.map(|schedule| schedule.to_string()),
        })
    };
    bought.map(told).collect()
}

fn verdicts(report: &Report<'_>, sizing: &Sizing) -> Result<String> {
    let name = |plan: usize| sizing.scenario.supply.plans.get(plan).map(|plan| plan.name.as_str());
    let estimate = |estimate: &Option<Estimate>| -> Value {
        estimate.map_or(Value::Null, |e| json!({ "point": e.point, "standard_error": e.standard_error, "n": e.n }))
    };
    let scenario = &sizing.scenario;
    let within = |plan| sizing.criterion.within(&objective_samples(scenario, &sizing.outcome, plan), scenario.sampling);
    let leaders = sizing.judgement.leaders.iter().zip(&sizing.verdicts).map(|(leader, verdict)| {
        let missed = verdict.missed.map(|missed| {
            let share = |of: Requirement| (missed.of == of).then_some(missed.share);
            let (of_months, of_futures) = (share(Requirement::Limits), share(Requirement::Budget));
            json!({ "plan": name(missed.plan), "months_keeping_limits": of_months, "futures_within_budget": of_futures })
        });
        json!({
            "term": leader.term,
            "plan": name(leader.plan),
            "purchases": purchases(sizing, leader.plan),
            "keeps_limits": leader.qualified,
            "keeps_budget": sizing.criterion.budget.map(|_| verdict.affordable),
            "futures_within_budget": within(leader.plan).map(|within| frequency(&within)),
            "runner_up": leader.runner_up.and_then(name),
            "lead": estimate(&verdict.lead),
            "settled": verdict.settled && verdict.unsure.is_none(),
            "limits_unsure": verdict.unsure == Some(Requirement::Limits),
            "budget_unsure": verdict.unsure == Some(Requirement::Budget),
            "replications_needed": verdict.needed.map(f64::ceil),
            "indifference": verdict.indifference,
            "missed_within_error": missed,
        })
    });
    document(&json!({
        "schema": "tokentide/size-1",
        "scenario": sizing.scenario.name,
        "currency": sizing.scenario.currency.code(),
        "by": sizing.criterion.goal.name(),
        "budget": sizing.criterion.budget.map(|(budget, share)| json!({ "a_month": budget, "in_share_of_futures": share })),
        "leaders": leaders.collect::<Vec<_>>(),
        "choices": sizing.choices,
        "plans": sizing.combinations,
        "looked_at": sizing.looked_at,
        "complete": !sizing.stopped,
        "via_batch": sizing.via_batch.iter().map(|name| name.trim_matches('`')).collect::<Vec<_>>(),
        "not_via_batch": sizing.not_via_batch,
        "by_hours": sizing.by_hours.iter().map(by_hours).collect::<Vec<_>>(),
        "flips": summary::changes(report),
        "flips_text": flip_lines(report),
    }))
}
