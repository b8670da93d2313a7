//! What could be done about the demand, in words, a table and a file.

use super::document::{estimate, frequency, of_run};
use super::lines::Lines;
use super::table::STYLE;
use super::words;
use crate::decision::{BestPlan, LeverEffect, Levers};
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::Run;
use crate::statistics::Estimate;
use comfy_table::{CellAlignment, Table};
use serde_json::json;

/// The answer, a table of the levers, and what is left out.
#[must_use]
pub fn levers_answer(found: &Levers, currency: &str) -> String {
    let mut parts = vec![sentence(found, currency)];
    if !found.effects.is_empty() {
        parts.push(table(found, currency));
    }
    let changes: Vec<String> = found.effects.iter().map(|effect| format!("`{}`: {}", effect.name, effect.changes.join(", "))).collect();
    if !changes.is_empty() {
        parts.push(format!(
            "Where a lever changes what a request takes, their number stays and the level of tokens follows. Trimming, fewer passages retrieved (top-K) and a cut \
             history all make prompts shorter.\n{}",
            changes.join("\n")
        ));
    }
    let left_out = found.left_out.iter().map(|out| {
        let of = out.workload.as_ref().map_or_else(String::new, |workload| format!(" of `{workload}`"));
        format!("{}{of}: {}.", out.lever, out.reason)
    });
    let left_out: Vec<String> = left_out.collect();
    if !left_out.is_empty() {
        parts.push(format!("Left out:\n{}", left_out.join("\n")));
    }
    parts.join("\n\n")
}

fn sentence(found: &Levers, currency: &str) -> String {
    let plan = format!(
        "`{}` costs {} {currency} a month{}",
        found.plan,
        words::amount(&found.spend),
        found.throttled.map_or_else(String::new, |throttled| format!(" and throttles {} of its requests", words::percent(&throttled)))
    );
    let cheapest = found.effects.iter().filter(|effect| is_settled(&effect.spend) && effect.spend.point < 0.0);
    let cheapest = cheapest.min_by(|a, b| a.spend.point.total_cmp(&b.spend.point));
    let spend = match cheapest {
        Some(effect) => {
            let less = Estimate { point: -effect.spend.point, ..effect.spend };
            format!("most is saved by `{}`: {} {currency} a month", effect.name, words::amount(&less))
        }
        None if found.effects.is_empty() => return format!("{plan}. No lever applies."),
        None => "no lever makes it cheaper by more than the error".to_owned(),
    };
    let change = |effect: &LeverEffect| effect.throttled.filter(|change| is_settled(change) && change.point < 0.0);
    let calmest = found.effects.iter().filter_map(|effect| Some((effect, change(effect)?)));
    let calmest = calmest.min_by(|a, b| a.1.point.total_cmp(&b.1.point));
    let throttled = calmest.map_or_else(String::new, |(effect, change)| {
        let less = Estimate { point: -change.point, ..change };
        format!("; `{}` takes most off what is throttled: {} of the requests", effect.name, words::percent(&less))
    });
    let others: Vec<String> = found
        .effects
        .iter()
        .filter(|effect| effect.best.name != found.best.name && effect.best.lead.is_none_or(|lead| is_settled(&lead)))
        .map(|effect| format!("`{}`", effect.name))
        .collect();
    let rest = if others.is_empty() {
        format!("`{}` stays the best plan with each of them, as far as can be told", found.best.name)
    } else {
        format!("another plan than `{}` is the best with {}", found.best.name, others.join(", "))
    };
    format!("{plan}; {spend}{throttled}. Judged over all plans, {rest}.")
}

/// Whether 0 lies outside the 95 % interval.
fn is_settled(estimate: &Estimate) -> bool {
    estimate.interval(0.95).is_some_and(|(low, high)| low > 0.0 || high < 0.0)
}

fn table(found: &Levers, currency: &str) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    let spend = format!("spend, {currency}\na month");
    table.set_header(vec!["lever", &spend, "P5–P95", "cheaper in", "requests throttled,\nshare", "best plan then"]);
    for effect in &found.effects {
        let (low, high) = effect.range;
        let digits = |point: f64| match effect.spend.standard_error.map(|error| 3.0 * error).filter(|error| *error > 0.0) {
            Some(error) => words::to_digits_of(Some(error), point),
            None => words::exact(point),
        };
        let unsettled =
            if effect.spend.standard_error.is_some_and(|error| error > 0.0) && !is_settled(&effect.spend) { " (too close)" } else { "" };
        let nothing = effect.spend.point.abs() < 0.005 && effect.spend.standard_error.is_some_and(|error| error < 0.005);
        table.add_row(vec![
            effect.name.clone(),
            if nothing { "0".to_owned() } else { signed(&words::amount(&effect.spend), effect.spend.point) + unsettled },
            if nothing { "0".to_owned() } else { format!("{} to {}", signed(&digits(low), low), signed(&digits(high), high)) },
            if nothing { words::dash() } else { words::frequency(&effect.cheaper) },
            effect.throttled.map_or_else(words::dash, |throttled| share(&throttled)),
            best(&effect.best, &found.best, currency),
        ]);
    }
    for column in table.column_iter_mut().skip(1).take(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// A change of a share; one that is nothing but for rounding is none.
fn share(change: &Estimate) -> String {
    const NONE: f64 = 1e-8;
    if change.point.abs() < NONE && change.standard_error.is_some_and(|error| error < NONE) {
        return "0".to_owned();
    }
    signed(&words::percent(change), change.point)
}

fn signed(text: &str, value: f64) -> String {
    if value > 0.0 { format!("+{text}") } else { text.replace('-', "−") }
}

fn best(then: &BestPlan, before: &BestPlan, currency: &str) -> String {
    let kept = if then.keeps_limits { "" } else { " (breaks the limits)" };
    if then.name == before.name {
        return format!("the same{kept}");
    }
    let lead = then.lead.map_or_else(String::new, |lead| {
        if is_settled(&lead) { format!(", by {} {currency}", words::amount(&lead)) } else { " (too close to call)".to_owned() }
    });
    format!("{}{lead}{kept}", then.name)
}

/// The effects as CSV.
///
/// # Errors
/// When a line cannot be written, which no input makes happen.
pub fn levers_file(found: &Levers) -> Result<String> {
    let mut lines = Lines::new();
    lines.texts(["lever", "plan", "changes", "spend_change_mean", "spend_change_mean_se", "spend_change_p05", "spend_change_p95"]);
    lines.texts([
        "probability_cheaper",
        "requests_throttled_share_change",
        "requests_throttled_share_change_se",
        "best_plan",
        "best_keeps_limits",
    ]);
    lines.texts(["best_plan_lead", "best_plan_lead_se"]).end()?;
    for effect in &found.effects {
        let both = |estimate: &Option<Estimate>| [estimate.map(|e| e.point), estimate.and_then(|e| e.standard_error)];
        lines.texts([effect.name.as_str(), &found.plan, &effect.changes.join("; ")]);
        lines.numbers(both(&Some(effect.spend))).numbers([effect.range.0, effect.range.1, effect.cheaper.share()].map(Some));
        lines.numbers(both(&effect.throttled));
        lines
            .texts([effect.best.name.as_str(), if effect.best.keeps_limits { "yes" } else { "no" }])
            .numbers(both(&effect.best.lead))
            .end()?;
    }
    lines.finish()
}

/// The document of `--json`.
///
/// # Errors
/// When it cannot be written, which no input makes happen.
pub fn levers_json(scenario: &Scenario, ran: &Run<Levers>) -> Result<String> {
    let found = &ran.summary;
    let best = |best: &BestPlan| json!({ "plan": best.name, "keeps_limits": best.keeps_limits, "lead": estimate(best.lead.as_ref()) });
    let effect = |effect: &LeverEffect| {
        json!({
            "lever": effect.name,
            "changes": effect.changes,
            "spend_change": estimate(Some(&effect.spend)),
            "spend_change_p05": effect.range.0,
            "spend_change_p95": effect.range.1,
            "probability_cheaper": frequency(&effect.cheaper),
            "requests_throttled_share_change": estimate(effect.throttled.as_ref()),
            "best": best(&effect.best),
        })
    };
    let left_out = found.left_out.iter().map(|out| json!({ "lever": out.lever, "workload": out.workload, "reason": out.reason }));
    let told = json!({
        "plan": found.plan,
        "spend": estimate(Some(&found.spend)),
        "requests_throttled_share": estimate(found.throttled.as_ref()),
        "best": best(&found.best),
        "levers": found.effects.iter().map(effect).collect::<Vec<_>>(),
        "left_out": left_out.collect::<Vec<_>>(),
    });
    of_run("tokentide/levers-1", scenario, ran, told)
}
