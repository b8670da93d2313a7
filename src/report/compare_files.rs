//! A comparison as files: one row per headline and change, and a document with everything.

use super::compare::together;
use super::document::{document, estimate};
use super::lines::Lines;
use crate::decision::{Comparison, Favourite, Measure, MeasureChange, Way};
use crate::error::Result;
use crate::scenario::ValueChange;
use crate::statistics::{CONFIDENCE, Estimate};
use serde_json::{Map, Value, json};

/// The name of the file that `compare` writes.
pub const COMPARISON_FILE: &str = "compare.csv";

/// What stands in the column of changes where a row is about all of them.
const ALL: &str = "all";

/// `compare.csv`: every headline in both scenarios, then the part of each change in it. Unknown is empty.
///
/// # Errors
/// When a line cannot be written, which no input makes happen.
pub fn comparison_csv(found: &Comparison, currency: &str) -> Result<String> {
    let mut lines = begun()?;
    let plan = &found.followed[1];
    rows(&mut lines, plan, &found.measures, currency)?;
    for of in &found.attributions {
        let change = together(&found.changes, &of.changes);
        for (measure, part) in Measure::ALL.iter().zip(&of.parts) {
            lines.texts([plan.as_str(), &change, measure.name(), unit(*measure, currency)]).numbers([None; 4]);
            difference(&mut lines, part.as_ref())?;
        }
    }
    lines.finish()
}

/// The header.
pub(super) fn begun() -> Result<Lines> {
    let mut lines = Lines::new();
    lines.texts(["plan", "change", "headline", "unit", "from", "from_se", "to", "to_se"]);
    lines.texts(["difference", "difference_se", "difference_lo", "difference_hi"]).end()?;
    Ok(lines)
}

/// The headlines of one plan in both.
pub(super) fn rows(lines: &mut Lines, plan: &str, measures: &[MeasureChange], currency: &str) -> Result<()> {
    for change in measures {
        lines.texts([plan, ALL, change.measure.name(), unit(change.measure, currency)]);
        for estimate in [change.before, change.after] {
            lines.numbers([estimate.map(|e| e.point), estimate.and_then(|e| e.standard_error)]);
        }
        difference(lines, change.difference.as_ref())?;
    }
    Ok(())
}

fn difference(lines: &mut Lines, estimate: Option<&Estimate>) -> Result<()> {
    let interval = estimate.and_then(|e| e.interval(CONFIDENCE));
    lines.numbers([estimate.map(|e| e.point), estimate.and_then(|e| e.standard_error)]);
    lines.numbers([interval.map(|(low, _)| low), interval.map(|(_, high)| high)]).end()
}

fn unit(measure: Measure, currency: &str) -> &str {
    if measure.is_money() { currency } else { "share" }
}

/// The document of `--json`. `files` are the names of the scenario files.
///
/// # Errors
/// When it cannot be written, which no input makes happen.
pub fn comparison_json(files: [&str; 2], found: &Comparison, currency: &str) -> Result<String> {
    let favourite = |f: &Favourite| json!({ "term": f.term, "plan": f.plan, "keeps_limits": f.keeps_limits });
    let favourites = found.favourites.each_ref().map(|all| all.iter().map(favourite).collect::<Vec<_>>());
    let value = |v: &ValueChange| json!({ "path": v.path, "from": v.from, "to": v.to });
    let values = |all: &[ValueChange]| all.iter().map(value).collect::<Vec<_>>();
    let changes = found.changes.iter().enumerate().map(|(index, change)| {
        json!({ "change": change.words, "touches_plan": !found.apart.contains(&index), "values": values(&change.values) })
    });
    let attributions = found.attributions.iter().map(|of| {
        let names: Vec<&str> = of.changes.iter().filter_map(|&i| found.changes.get(i)).map(|change| change.words.as_str()).collect();
        let parts = Measure::ALL.iter().zip(&of.parts).map(|(measure, part)| (measure.name().to_owned(), estimate(part.as_ref())));
        json!({ "changes": names, "parts": parts.collect::<Map<_, _>>() })
    });
    let way = match found.way {
        Way::AllOrders => "all orders",
        Way::BothOrders => "both orders",
    };
    document(&json!({
        "schema": SCHEMA,
        "files": files,
        "currency": currency,
        "confidence": CONFIDENCE,
        "plan": found.followed,
        "is_baseline": found.fell_back,
        "replications": found.replications,
        "seed": found.seed,
        "recommended": favourites,
        "not_paired": found.unpaired,
        "changes": changes.collect::<Vec<_>>(),
        "further_values": values(&found.further),
        "headlines": headlines(&found.measures),
        "attribution": { "way": way, "scenarios": found.scenarios, "parts": attributions.collect::<Vec<_>>() },
    }))
}

/// The schema of what is printed by `--json`.
pub(super) const SCHEMA: &str = "tokentide/compare-1";

/// Headlines in both, by name.
pub(super) fn headlines(measures: &[MeasureChange]) -> Value {
    let one = |change: &MeasureChange| {
        let both = [&change.before, &change.after, &change.difference].map(|e| estimate(e.as_ref()));
        let [from, to, difference] = both;
        (change.measure.name().to_owned(), json!({ "from": from, "to": to, "difference": difference }))
    };
    measures.iter().map(one).collect::<Map<_, _>>().into()
}
