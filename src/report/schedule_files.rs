//! Purchases over time as files: a line for each policy, and one for each month of each.

use super::document::document;
use super::lines::Lines;
use crate::decision::{PolicyKind, Schedule, Simulated, Stage};
use crate::error::Result;
use crate::scenario::Scenario;
use crate::statistics::Estimate;
use serde_json::{Value, json};

/// The names of the files.
pub const SCHEDULE_FILES: [&str; 3] = ["policies.csv", "schedule.csv", "schedule.json"];

/// The files that `schedule` writes: name and text.
///
/// # Errors
/// When a document cannot be written, which no input makes happen.
pub fn schedule_files(scenario: &Scenario, found: &Schedule) -> Result<Vec<(&'static str, String)>> {
    let [policies_csv, schedule_csv, document_json] = SCHEDULE_FILES;
    Ok(vec![(policies_csv, policies(found)?), (schedule_csv, months(scenario, found)?), (document_json, answers(scenario, found)?)])
}

fn each(found: &Schedule) -> impl Iterator<Item = (&Stage, usize, &Simulated)> {
    found.stages.iter().flat_map(|stage| stage.policies.iter().enumerate().map(move |(rank, policy)| (stage, rank, policy)))
}

fn kind(kind: &PolicyKind) -> &'static str {
    match kind {
        PolicyKind::File => "file",
        PolicyKind::Plan { .. } => "plan",
        PolicyKind::Wait { .. } => "wait",
        PolicyKind::Ladder => "ladder",
        PolicyKind::StepUp { .. } => "step up",
        PolicyKind::Monthly => "month by month",
    }
}

fn policies(found: &Schedule) -> Result<String> {
    let mut lines = Lines::new();
    lines.texts([
        "plan",
        "pool",
        "rank",
        "policy",
        "kind",
        "cost_mean",
        "cost_mean_se",
        "cost_p05",
        "cost_p95",
        "spend_mean",
        "spend_mean_se",
    ]);
    lines.texts(["owed_after_horizon", "months_keeping_limits", "keeps_limits", "more_than_plan_mean", "more_than_plan_mean_se"]);
    lines.texts(["more_than_plan_p05", "more_than_plan_p95", "probability_cheaper_than_plan", "regret_mean", "regret_p95"]).end()?;
    for (stage, rank, policy) in each(found) {
        lines.texts([stage.base.as_str(), stage.pool.as_deref().unwrap_or("")]).number(rank as f64 + 1.0);
        lines.texts([policy.policy.name.as_str(), kind(&policy.kind)]);
        lines.numbers(both(&policy.ranked)).numbers([Some(policy.range.0), Some(policy.range.1)]).numbers(both(&policy.spend));
        lines.numbers([Some(policy.owed), Some(policy.months_kept.estimate().point)]);
        lines.text(if policy.keeps_limits { "true" } else { "false" });
        let against = policy.against.as_ref();
        lines.numbers(against.map_or([None, None], |against| both(&against.mean_difference)));
        lines.numbers([against.map(|against| against.p05), against.map(|against| against.p95)]);
        lines.numbers([against.map(|against| against.probability_strictly_less.share())]);
        lines.numbers([policy.regret.map(|regret| regret.expected.point), policy.regret.map(|regret| regret.p95)]).end()?;
    }
    lines.finish()
}

fn both(estimate: &Estimate) -> [Option<f64>; 2] {
    [Some(estimate.point), estimate.standard_error]
}

fn months(scenario: &Scenario, found: &Schedule) -> Result<String> {
    let mut lines = Lines::new();
    lines.texts([
        "plan",
        "pool",
        "policy",
        "month",
        "offer",
        "axis",
        "units_mean",
        "units_p05",
        "units_p50",
        "units_p95",
        "probability_buys",
    ]);
    lines.end()?;
    for (stage, _, policy) in each(found) {
        for units in &policy.units {
            let offer = &scenario.supply.offers[units.offer];
            lines.texts([stage.base.as_str(), stage.pool.as_deref().unwrap_or(""), &policy.policy.name]);
            lines.texts([scenario.horizon.month_label(units.month).as_str(), &offer.name]).number(units.axis as f64 + 1.0);
            lines.number(units.mean).numbers(units.percentiles.map(Some)).number(units.buys.share()).end()?;
        }
    }
    lines.finish()
}

fn answers(scenario: &Scenario, found: &Schedule) -> Result<String> {
    let estimate = |estimate: &Estimate| json!({ "point": estimate.point, "standard_error": estimate.standard_error, "n": estimate.n });
    let stages = found.stages.iter().map(|stage| {
        let name = |place: usize| stage.policies.get(place).map(|policy| policy.policy.name.as_str());
        let waiting = stage.waiting.iter().map(|waiting| {
            json!({
                "months": waiting.months,
                "now": name(waiting.places.0),
                "policy": name(waiting.places.1),
                "saves": estimate(&waiting.value),
                "of_it_after_horizon": estimate(&waiting.owed),
                "p05": waiting.range.0,
                "p95": waiting.range.1,
                "probability_saves": waiting.pays.share(),
                "buying_the_same_later_saves": waiting.blindly.as_ref().map(estimate),
            })
        });
        let step_up = stage.step_up.iter().map(|step_up| {
            let thresholds = step_up.thresholds.iter().map(|threshold| {
                json!({
                    "above": threshold.above,
                    "policy": name(threshold.place),
                    "saves": estimate(&threshold.saves),
                    "as_good_as_best": threshold.alike,
                    "keeps_limits": threshold.keeps_limits,
                })
            });
            json!({
                "term": step_up.term.to_string(),
                "weeks": step_up.weeks,
                "never": name(step_up.never),
                "best": step_up.best.map(|best| step_up.thresholds[best].above),
                "thresholds": thresholds.collect::<Vec<Value>>(),
            })
        });
        json!({
            "plan": stage.base,
            "pool": stage.pool,
            "best": name(0),
            "keeps_limits": stage.policies.first().map(|policy| policy.keeps_limits),
            "best_plan": name(stage.plan),
            "next": stage.lead.as_ref().map(|(place, lead)| json!({ "policy": name(*place), "costs_more": estimate(lead) })),
            "chosen_by_one_half": stage.unseen.as_ref().map(|(place, cost, less)| {
                json!({ "policy": name(*place), "cost_on_the_other": estimate(cost), "less_than_plan_chosen_so": estimate(less) })
            }),
            "waiting": waiting.collect::<Vec<Value>>(),
            "step_up": step_up.collect::<Vec<Value>>(),
            "plans_looked_at": stage.plans,
            "engine": stage.engine.to_string(),
            "left_out": stage.left_out,
        })
    });
    document(&json!({
        "schema": "tokentide/schedule-1",
        "scenario": scenario.name,
        "currency": scenario.currency.code(),
        "stages": stages.collect::<Vec<Value>>(),
    }))
}
