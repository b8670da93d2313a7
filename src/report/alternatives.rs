//! The same demand on other files' offers, in words, a table and a file.

use super::document::{estimate, frequency, of_run};
use super::lines::Lines;
use super::table::STYLE;
use super::words;
use crate::decision::Alternative;
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::Run;
use crate::statistics::{Distribution, Estimate};
use comfy_table::{CellAlignment, Table};
use serde_json::json;

/// The answer and the table.
#[must_use]
pub fn alternatives_answer(found: &[Alternative], currency: &str) -> String {
    format!(
        "{}\n\n{}\n\nOne demand and the same futures everywhere. What answers are worth is not priced: models differ in it, and in the tokens \
         they need.",
        sentence(found, currency),
        table(found, currency)
    )
}

fn sentence(found: &[Alternative], currency: &str) -> String {
    let Some(own) = found.first() else { return String::new() };
    let mean = |alternative: &Alternative| alternative.spend.as_ref().map_or(f64::INFINITY, |spend| spend.mean_estimate().point);
    let order = |a: &&Alternative, b: &&Alternative| b.keeps_limits.cmp(&a.keeps_limits).then(mean(a).total_cmp(&mean(b)));
    let others = || found.iter().skip(1);
    let Some(cheapest) = others().min_by(order) else { return String::new() };
    let Some((difference, less)) = &cheapest.difference else { return String::new() };
    let plan = |alternative: &Alternative| format!("`{}` of {}", alternative.plan, alternative.file);
    let limits = |alternative: &Alternative| match (alternative.idle, alternative.keeps_limits) {
        (false, true) => "",
        (true, true) => " (no units)",
        (false, false) => " (breaks the limits)",
        (true, false) => " (no units; breaks the limits)",
    };
    let settled = difference.interval(0.95).filter(|(low, high)| *low > 0.0 || *high < 0.0);
    let by = Estimate { point: difference.point.abs(), ..*difference };
    match settled {
        None if difference.standard_error == Some(0.0) => {
            format!("{}{} costs the same as {}{}.", plan(cheapest), limits(cheapest), plan(own), limits(own))
        }
        None if difference.standard_error.is_none() => format!(
            "In the one future seen {}{} costs {} {currency} a month {} than {}{}.",
            plan(cheapest),
            limits(cheapest),
            words::amount(&by),
            if difference.point < 0.0 { "less" } else { "more" },
            plan(own),
            limits(own)
        ),
        None => format!(
            "Too close to call: {}{} and {}{} lie {} {currency} a month apart.",
            plan(cheapest),
            limits(cheapest),
            plan(own),
            limits(own),
            words::amount(&by)
        ),
        Some(_) => format!(
            "The alternative is {}{}: {} {currency} a month {} than {}{}, and cheaper in {} of the futures.",
            plan(cheapest),
            limits(cheapest),
            words::amount(&by),
            if difference.point < 0.0 { "less" } else { "more" },
            plan(own),
            limits(own),
            words::frequency(less)
        ),
    }
}

fn table(found: &[Alternative], currency: &str) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    let (spend, owed) = (format!("{currency}\na month"), format!("still owed\n{currency}"));
    table.set_header(vec![
        "file",
        "best plan",
        &spend,
        "P5–P95",
        "against\nthe first",
        "P(less)",
        "requests\nthrottled",
        "keeps\nlimits",
        &owed,
    ]);
    for alternative in found {
        let against = alternative.difference.as_ref();
        table.add_row(vec![
            alternative.file.clone(),
            format!("{}{}", alternative.plan, if alternative.idle { " (no units)" } else { "" }),
            words::mean(alternative.spend.as_ref()),
            words::range(alternative.spend.as_ref()),
            against.map_or_else(words::dash, |(difference, _)| {
                let text = words::amount(difference);
                if difference.point > 0.0 { format!("+{text}") } else { text.replace('-', "−") }
            }),
            against.map_or_else(words::dash, |(_, less)| words::frequency(less)),
            words::mean_share(alternative.throttled.as_ref()),
            if alternative.keeps_limits { "yes" } else { "no" }.to_owned(),
            words::exact(alternative.owed.round()),
        ]);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// The alternatives as CSV.
///
/// # Errors
/// When a line cannot be written, which no input makes happen.
pub fn alternatives_file(found: &[Alternative]) -> Result<String> {
    let mut lines = Lines::new();
    lines.texts(["file", "best_plan", "keeps_limits", "cost_mean", "cost_mean_se", "cost_p05", "cost_p95", "difference_mean"]);
    lines.texts(["difference_mean_se", "difference_p05", "difference_p95", "probability_less", "requests_throttled_share_mean"]);
    lines.texts(["requests_throttled_share_mean_se", "committed_after_horizon"]).end()?;
    for alternative in found {
        let spend = alternative.spend.as_ref();
        let mean = spend.map(Distribution::mean_estimate);
        let throttled = alternative.throttled.as_ref().map(Distribution::mean_estimate);
        let both = |estimate: Option<Estimate>| [estimate.map(|e| e.point), estimate.and_then(|e| e.standard_error)];
        let (low, high) = alternative.range.unzip();
        lines.texts([alternative.file.as_str(), &alternative.plan, if alternative.keeps_limits { "yes" } else { "no" }]);
        lines.numbers(both(mean)).numbers([spend.map(|d| d.p05), spend.map(|d| d.p95)]);
        lines.numbers(both(alternative.difference.map(|(difference, _)| difference))).numbers([low, high]);
        lines.numbers([alternative.difference.map(|(_, less)| less.share())]).numbers(both(throttled));
        lines.number(alternative.owed).end()?;
    }
    lines.finish()
}

/// The document of `--json`; `scenario` is that of the first file.
///
/// # Errors
/// When it cannot be written, which no input makes happen.
pub fn alternatives_json(scenario: &Scenario, ran: &Run<Vec<Alternative>>) -> Result<String> {
    let told = |alternative: &Alternative| {
        let spend = alternative.spend.as_ref();
        let mean = |distribution: Option<&Distribution>| estimate(distribution.map(Distribution::mean_estimate).as_ref());
        json!({
            "file": alternative.file,
            "best_plan": alternative.plan,
            "plans": alternative.plans,
            "keeps_limits": alternative.keeps_limits,
            "cost": mean(spend),
            "cost_p05": spend.map(|spend| spend.p05),
            "cost_p95": spend.map(|spend| spend.p95),
            "difference": estimate(alternative.difference.as_ref().map(|(difference, _)| difference)),
            "difference_p05": alternative.range.map(|(low, _)| low),
            "difference_p95": alternative.range.map(|(_, high)| high),
            "probability_less": alternative.difference.as_ref().map(|(_, less)| frequency(less)),
            "requests_throttled_share": mean(alternative.throttled.as_ref()),
            // Without a sign, where it is nothing.
            "committed_after_horizon": alternative.owed + 0.0,
        })
    };
    let whole = json!({
        "alternatives": ran.summary.iter().map(told).collect::<Vec<_>>(),
    });
    of_run("tokentide/alternatives-1", scenario, ran, whole)
}
