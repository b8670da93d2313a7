//! Where the spread comes from, in words, a table with bars, and CSV.

use super::document::{document, estimate};
use super::lines::Lines;
use super::table::STYLE;
use super::words;
use crate::decision::{Source, Tornado};
use crate::error::Result;
use crate::scenario::Scenario;
use crate::statistics::{CONFIDENCE, Estimate};
use crate::tally::Metric;
use comfy_table::{CellAlignment, Table};
use serde_json::json;

/// The file that is written.
pub const TORNADO_FILE: &str = "tornado.csv";

/// Characters of a bar of the whole spread.
const BAR: f64 = 30.0;

/// The confidence with which a part is told from none: many parts are looked at side by side.
const TOLD: f64 = 0.99;

/// What sums of doubles may be off by, as a share of the largest.
const ROUNDING: f64 = 1e-12;

/// A sentence, the sources with their parts, what is certain, and swings of that.
#[must_use]
pub fn tornado_answer(scenario: &Scenario, found: &Tornado) -> String {
    let mut parts = vec![first(scenario, found)];
    if !found.sources.is_empty() {
        parts.push(sources(scenario, found));
        parts.push(format!(
            "Parts need not add up: {} of the spread is left over or counted twice (sources act on one another, and percentiles do not add).",
            value(found, &found.remainder)
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
    let (middle, high) = (value(found, &found.middle), value(found, &found.high));
    let months = scenario.horizon.months();
    let months = if months == 1 { "month".to_owned() } else { format!("{months} months") };
    let head = format!("`{name}`: {what} over the {months} is {middle} in the middle future and {high} in the P95");
    if found.spread.point <= 0.0 {
        return format!("{head}: nothing between them.");
    }
    let head = format!("{head}, {} more", value(found, &found.spread));
    let largest = found.sources.first().and_then(|effect| Some((effect.source, effect.removed?)));
    match largest {
        Some((source, removed)) if removed.point > 0.0 && is_told(&removed) != Some(false) => {
            let share = words::whole_percent(removed.point / found.spread.point);
            format!("{head}. Most of that is {}: were it known, {share} of the spread would go.", source.name())
        }
        Some(_) => format!("{head}. No source alone takes away more than the error."),
        None => format!("{head}."),
    }
}

/// Whether a part is more, or less, than none by more than its error; `None` where that is not known.
fn is_told(part: &Estimate) -> Option<bool> {
    part.interval(TOLD).map(|(low, high)| low > 0.0 || high < 0.0)
}

/// Nothing, where a figure is rounding alone beside the largest one.
fn tidy(found: &Tornado, estimate: &Estimate) -> Estimate {
    let nothing = |x: f64| x.abs() < ROUNDING * found.high.point.abs();
    let point = if nothing(estimate.point) { 0.0 } else { estimate.point };
    Estimate { point, standard_error: estimate.standard_error.map(|error| if nothing(error) { 0.0 } else { error }), ..*estimate }
}

fn what(scenario: &Scenario, metric: Metric) -> String {
    if metric == Metric::CostTotal { format!("spend [{}]", scenario.currency.code()) } else { "the share of requests throttled".to_owned() }
}

fn value(found: &Tornado, estimate: &Estimate) -> String {
    let estimate = tidy(found, estimate);
    if found.metric == Metric::CostTotal { words::amount(&estimate) } else { words::percent(&estimate) }
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
                let bar = match is_told(removed) {
                    Some(false) => "?".to_owned(),
                    _ if share < 0.0 => "-".repeat((BAR * (-share).min(1.0)).ceil() as usize),
                    _ => "#".repeat((BAR * share.min(1.0)).ceil() as usize),
                };
                let share = if share.abs() < 5e-4 { "0%".to_owned() } else { words::whole_percent(share) };
                (value(found, removed), share, bar)
            }
            None => (words::dash(), words::dash(), String::new()),
        };
        table.add_row(vec![effect.source.name().to_owned(), takes, share, value(found, &effect.alone), bar]);
    }
    for column in table.column_iter_mut().skip(1).take(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let any = |is: &dyn Fn(&Estimate) -> bool| found.sources.iter().filter_map(|effect| effect.removed.as_ref()).any(is);
    let keys = [
        (any(&|removed| is_told(removed) == Some(false)), "\n? too close to none to call."),
        (any(&|removed| is_told(removed) == Some(true) && removed.point < 0.0), "\n- holding it widens the spread."),
        (any(&|removed| is_told(removed).is_none()), "\nThe futures are too few to tell the errors; 320 would."),
    ];
    let keys: String = keys.into_iter().filter(|(is, _)| *is).map(|(_, key)| key).collect();
    format!("{}{keys}", table.trim_fmt())
}

fn swings(scenario: &Scenario, found: &Tornado) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    let unit = if found.metric == Metric::CostTotal { scenario.currency.code() } else { "" };
    table.set_header(vec!["swing".to_owned(), format!("P50\n{unit}"), format!("P95 less P50\n{unit}")]);
    let signed = |estimate: &Estimate| {
        let text = value(found, estimate);
        if tidy(found, estimate).point > 0.0 && !text.starts_with('<') { format!("+{text}") } else { text }
    };
    for effect in &found.swings {
        table.add_row(vec![effect.swing.name().to_owned(), signed(&effect.middle), signed(&effect.spread)]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// The document of `--json`.
///
/// # Errors
/// When it cannot be written, which no input makes happen.
pub fn tornado_json(scenario: &Scenario, found: &[Tornado]) -> Result<String> {
    let currency = scenario.currency.code();
    let plan = |tornado: &Tornado| {
        let sources = tornado.sources.iter().map(|effect| {
            json!({
                "source": effect.source.name(),
                "takes_away": estimate(effect.removed.as_ref()),
                "spread_without": estimate(effect.without.as_ref()),
                "spread_alone": estimate(Some(&effect.alone)),
                "mean_shift": estimate(effect.mean_shift.as_ref()),
            })
        });
        let swings = tornado.swings.iter().map(|effect| {
            json!({ "swing": effect.swing.name(), "p50": estimate(Some(&effect.middle)), "spread": estimate(Some(&effect.spread)) })
        });
        json!({
            "plan": scenario.supply.plans.get(tornado.plan).map(|plan| plan.name.as_str()),
            "metric": tornado.metric.name(currency),
            "unit": tornado.metric.unit(currency),
            "replications": tornado.replications,
            "p50": estimate(Some(&tornado.middle)),
            "p95": estimate(Some(&tornado.high)),
            "spread": estimate(Some(&tornado.spread)),
            "remainder": estimate(Some(&tornado.remainder)),
            "sources": sources.collect::<Vec<_>>(),
            "certain": tornado.absent.iter().map(|source| source.name()).collect::<Vec<_>>(),
            "swings": swings.collect::<Vec<_>>(),
        })
    };
    document(&json!({ "schema": "tokentide/tornado-1", "confidence": CONFIDENCE, "plans": found.iter().map(plan).collect::<Vec<_>>() }))
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
