//! Where the spread comes from, in words, a table with bars, and CSV.

use super::lines::Lines;
use super::table::STYLE;
use super::words;
use crate::decision::{Source, Tornado};
use crate::error::Result;
use crate::scenario::Scenario;
use crate::statistics::{CONFIDENCE, Estimate};
use crate::tally::Metric;
use comfy_table::{CellAlignment, Table};

/// The file that is written.
pub const TORNADO_FILE: &str = "tornado.csv";

/// Characters of a bar of the whole spread.
const BAR: f64 = 30.0;

/// Standard errors below which a part is not told from none.
const TOLD: f64 = 2.0;

/// A sentence, the sources with their parts, what is certain, and swings of that.
#[must_use]
pub fn tornado_answer(scenario: &Scenario, found: &Tornado) -> String {
    let mut parts = vec![first(scenario, found)];
    if !found.sources.is_empty() {
        parts.push(sources(scenario, found));
        parts.push(format!(
            "Parts need not add up: {} of the spread is left over or counted twice (sources act on one another, and percentiles do not add).",
            value(found.metric, &found.remainder)
        ));
    }
    if !found.absent.is_empty() {
        let names: Vec<&str> = found.absent.iter().map(|source| source.name()).collect();
        parts.push(format!("None of it, as certain or not there in this scenario: {}.", names.join(", ")));
    }
    if found.sources.iter().any(|effect| !effect.source.can_be_held()) {
        parts.push("Minutes that are walked are drawn and have no mean to be held at: what they make is in every figure.".to_owned());
    }
    if !found.swings.is_empty() {
        let cache = if found.unpriced_cache { "\nMore read from the cache is not tried: an offer has no price for it." } else { "" };
        parts.push(format!("Certain here, and no part of the spread; one at a time:\n{}{cache}", swings(scenario, found)));
    }
    parts.join("\n\n")
}

fn first(scenario: &Scenario, found: &Tornado) -> String {
    let name = scenario.supply.plans.get(found.plan).map_or("", |plan| plan.name.as_str());
    let what = what(scenario, found.metric);
    let (middle, high) = (value(found.metric, &found.middle), value(found.metric, &found.high));
    let months = scenario.horizon.months();
    let months = if months == 1 { "1 month".to_owned() } else { format!("{months} months") };
    let head = format!("`{name}`: {what} over the {months} is {middle} in the middle future and {high} in the P95");
    if found.spread.point <= 0.0 {
        return format!("{head}: nothing between them.");
    }
    let head = format!("{head}, {} more", value(found.metric, &found.spread));
    let largest = found.sources.first().and_then(|effect| Some((effect.source, effect.removed?)));
    match largest {
        Some((source, removed)) if is_told(&removed) => {
            let share = words::whole_percent(removed.point / found.spread.point);
            format!("{head}. Most of that is {}: were it known, {share} of the spread would go.", source.name())
        }
        _ => format!("{head}. No source alone takes away more than the error."),
    }
}

/// Whether a part is more than its error.
fn is_told(part: &Estimate) -> bool {
    part.standard_error.is_some_and(|error| part.point > TOLD * error)
}

fn what(scenario: &Scenario, metric: Metric) -> String {
    if metric == Metric::CostTotal { format!("spend [{}]", scenario.currency.code()) } else { "the share of requests throttled".to_owned() }
}

fn value(metric: Metric, estimate: &Estimate) -> String {
    if metric == Metric::CostTotal { words::amount(estimate) } else { words::percent(estimate) }
}

fn sources(scenario: &Scenario, found: &Tornado) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    let unit = if found.metric == Metric::CostTotal { scenario.currency.code() } else { "" };
    table.set_header(vec![
        "held at its mean".to_owned(),
        format!("takes away\n{unit}"),
        "of the\nspread".to_owned(),
        format!("alone\n{unit}"),
        String::new(),
    ]);
    let whole = found.spread.point;
    for effect in &found.sources {
        let (takes, share, bar) = match &effect.removed {
            Some(removed) => {
                let share = if whole > 0.0 { removed.point / whole } else { 0.0 };
                let length = (BAR * share.clamp(0.0, 1.0)).round() as usize;
                (
                    value(found.metric, removed),
                    words::whole_percent(share),
                    if is_told(removed) { "#".repeat(length) } else { "?".to_owned() },
                )
            }
            None => (words::dash(), words::dash(), String::new()),
        };
        table.add_row(vec![effect.source.name().to_owned(), takes, share, value(found.metric, &effect.alone), bar]);
    }
    for column in table.column_iter_mut().skip(1).take(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let key = if found.sources.iter().any(|effect| effect.removed.is_some_and(|removed| !is_told(&removed))) {
        "\n? too close to none to call."
    } else {
        ""
    };
    format!("{}{key}", table.trim_fmt())
}

fn swings(scenario: &Scenario, found: &Tornado) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    let unit = if found.metric == Metric::CostTotal { scenario.currency.code() } else { "" };
    table.set_header(vec!["swing".to_owned(), format!("P50\n{unit}"), format!("P95 less P50\n{unit}")]);
    let signed = |estimate: &Estimate| {
        let text = value(found.metric, estimate);
        if estimate.point > 0.0 && !text.starts_with('<') { format!("+{text}") } else { text }
    };
    for effect in &found.swings {
        table.add_row(vec![effect.swing.name().to_owned(), signed(&effect.middle), signed(&effect.spread)]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// All figures as CSV.
///
/// # Errors
/// When a line cannot be written, which no input makes happen.
pub fn tornado_file(scenario: &Scenario, found: &[Tornado]) -> Result<String> {
    let mut lines = Lines::new();
    lines.texts(["plan", "metric", "kind", "source", "figure", "unit", "value", "lo", "hi"]).end()?;
    for tornado in found {
        let plan = scenario.supply.plans.get(tornado.plan).map_or("", |plan| plan.name.as_str());
        let currency = scenario.currency.code();
        let (metric, unit) = (tornado.metric.name(currency), tornado.metric.unit(currency));
        let mut put = |kind: &str, source: &str, figure: &str, estimate: Option<&Estimate>| {
            let interval = estimate.and_then(|estimate| estimate.interval(CONFIDENCE));
            lines.texts([plan, &metric, kind, source, figure, &unit]).numbers([estimate.map(|estimate| estimate.point)]);
            lines.numbers([interval.map(|(low, _)| low), interval.map(|(_, high)| high)]).end()
        };
        put("whole", "", "p50", Some(&tornado.middle))?;
        put("whole", "", "p95", Some(&tornado.high))?;
        put("whole", "", "spread", Some(&tornado.spread))?;
        put("whole", "", "remainder", Some(&tornado.remainder))?;
        for effect in &tornado.sources {
            let name = effect.source.name();
            put("source", name, "takes_away", effect.removed.as_ref())?;
            put("source", name, "spread_without", effect.without.as_ref())?;
            put("source", name, "spread_alone", Some(&effect.alone))?;
            put("source", name, "mean_shift", effect.mean_shift.as_ref())?;
        }
        for source in tornado.absent.iter().copied().map(Source::name) {
            put("none", source, "takes_away", Some(&Estimate { point: 0.0, standard_error: Some(0.0), n: 2 }))?;
        }
        for effect in &tornado.swings {
            put("swing", effect.swing.name(), "p50_change", Some(&effect.middle))?;
            put("swing", effect.swing.name(), "spread_change", Some(&effect.spread))?;
        }
    }
    lines.finish()
}
