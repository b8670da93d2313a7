//! Units needed over time, in words, tables and a file.

use super::document::{of_run, percentile};
use super::lines::Lines;
use super::table::STYLE;
use super::words;
use crate::decision::{Enough, NEEDED_AT, Need, Percentile, PeriodNeed};
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::Run;
use crate::supply::short;
use crate::units::Share;
use comfy_table::{CellAlignment, Table};
use serde_json::json;
use std::fmt::Write as _;

/// The answer, and a table for each offer of each pool.
#[must_use]
pub fn forecast_answer(found: &[Need], enough: Enough, scenario: &Scenario, replications: u64) -> String {
    let limits = &scenario.limits;
    if found.is_empty() {
        return "No plan can buy units from the start whose number is open, so there is none to forecast.".to_owned();
    }
    let rule = match enough {
        Enough::Throttled(share) => {
            let mut rule =
                format!("at most {} of a month's requests of the pool are throttled, what the units spill included", Share(share));
            if let Some(late) = limits.missed_deadlines_share {
                let _ = write!(rule, ", and at most {} of its jobs are late", Share(late));
            }
            if let Some(hours) = limits.throttled_hours {
                let _ = write!(rule, ", and it has at most {} hours with throttling", short(hours));
            }
            rule
        }
        Enough::Covered(share) => format!("the units themselves serve {} of a month's tokens", Share(share)),
    };
    let sentences: Vec<String> = found.iter().filter_map(sentence).collect();
    let tables: Vec<String> = found.iter().map(table).collect();
    let some_at_most = tables.iter().any(|table| table.contains('≤'));
    let at_most = if some_at_most { " ≤: no fewer were looked at." } else { "" };
    let fewest = |p: &f64| scenario.sampling.fewest_for_quantile(*p).filter(|needed| *needed > replications).map(|needed| (*p, needed));
    let too_few = NEEDED_AT.iter().find_map(fewest).map_or_else(String::new, |(p, needed)| {
        format!(" {}; without brackets, what is told of it is what was seen.", words::too_few(replications, Some(needed), p))
    });
    format!(
        "{}\n\n{}\n\nUnits are enough where {rule}, in that month with these and with all more that were looked at; a quarter needs what its \
         neediest month does. In brackets the 95% interval; units are told in the steps that were looked at (--units OFFER=LIST).{at_most}{too_few}",
        sentences.join("\n"),
        tables.join("\n\n")
    )
}

fn sentence(need: &Need) -> Option<String> {
    let quarters = need.periods.iter().filter(|period| period.kind == "quarter");
    let months = need.periods.iter().filter(|period| period.kind == "month");
    // A horizon of less than a quarter has months alone.
    let periods: Vec<_> = quarters.collect();
    let periods = if periods.is_empty() { months.collect() } else { periods };
    let (first, last) = (periods.first()?, periods.last()?);
    // What is too few is not enough, and is told as a need.
    let enough = [first, last].iter().all(|period| [0, 2].iter().all(|&index| period.needed[index].point.is_finite()));
    let [verb, of_half] = if enough { ["enough", "in half"] } else { ["needed", "for half"] };
    let of_most = if enough { "in 90%" } else { "for 90%" };
    let at = |index: usize| {
        let label = |period: &&PeriodNeed| format!("{} {}", period.kind, period.label);
        let units = |period: &&PeriodNeed| number(need, period.needed[index].point);
        if periods.len() > 1 {
            format!("{} in {}, {} in {}", units(first), label(first), units(last), label(last))
        } else {
            format!("{} in {}", units(first), label(first))
        }
    };
    Some(format!(
        "{} of `{}` for {} ({}{}): {} are {verb} {of_half} of the futures; {of_most} of them {}.",
        need.axis.map_or_else(|| "Units".to_owned(), |axis| format!("Units of {axis}")),
        need.offer,
        need.pool,
        need.plan,
        without(need),
        at(0),
        at(2)
    ))
}

/// `, with none of `a` and `b``: other units that serve the same pool, or another that shares a quota with it.
fn without(need: &Need) -> String {
    let names: Vec<String> = need.none_of.iter().map(|offer| format!("`{offer}`")).collect();
    if names.is_empty() { String::new() } else { format!(", with none of {}", words::listed(&names)) }
}

fn number(need: &Need, units: f64) -> String {
    match need.units.last() {
        Some(most) if !units.is_finite() => format!("more than the {} looked at", short(*most)),
        _ if is_fewest(need, units) => format!("at most {}", short(units)),
        _ => short(units),
    }
}

/// Whether no fewer units were looked at, so that fewer might be enough.
fn is_fewest(need: &Need, units: f64) -> bool {
    need.fewest().is_some_and(|fewest| fewest.to_bits() == units.to_bits())
}

fn table(need: &Need) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    let mut header = vec!["period".to_owned()];
    header.extend(NEEDED_AT.iter().map(|p| format!("enough in\n{}", Share(*p))));
    header.push(format!("more than {}\nneeded in", need.units.last().copied().map_or_else(String::new, short)));
    table.set_header(header);
    for period in &need.periods {
        let mut row = vec![format!("{} {}", period.kind, period.label)];
        row.extend(period.needed.iter().map(|percentile| cell(need, percentile)));
        row.push(if period.beyond > 0.0 { words::whole_percent(period.beyond) } else { words::dash() });
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let axis = need.axis.map_or_else(String::new, |axis| format!(", {axis} (the other axis as large as was looked at)"));
    format!("Units of `{}`{axis} for {} ({}{}):\n{}", need.offer, need.pool, need.plan, without(need), table.trim_fmt())
}

/// `6 [6–7]`, `≤100 [≤100–150]`, `>4`
fn cell(need: &Need, percentile: &Percentile) -> String {
    let at_most = |units: f64| if is_fewest(need, units) { "≤" } else { "" };
    let bound = |units: f64| if units.is_finite() { format!("{}{}", at_most(units), short(units)) } else { "more".to_owned() };
    let between = percentile
        .interval
        .filter(|(low, high)| low.to_bits() != high.to_bits())
        .map_or_else(String::new, |(low, high)| format!(" [{}–{}]", bound(low), bound(high)));
    let more = || format!(">{}", need.units.last().copied().map_or_else(String::new, short));
    let point = if percentile.point.is_finite() { bound(percentile.point) } else { more() };
    format!("{point}{between}")
}

/// The units as CSV; empty where the most that was looked at is too few, and as a lower bound where the fewest are enough.
///
/// # Errors
/// When a line cannot be written, which no input makes happen.
pub fn forecast_file(found: &[Need], enough: Enough) -> Result<String> {
    let mut lines = Lines::new();
    lines.texts([
        "plan",
        "pool",
        "offer",
        "axis",
        "enough_when",
        "share",
        "kind",
        "period",
        "units_looked_at_from",
        "units_looked_at_up_to",
    ]);
    for p in NEEDED_AT {
        let name = format!("units_p{:.0}", 100.0 * p);
        lines.texts([name.as_str(), &format!("{name}_lo"), &format!("{name}_hi")]);
    }
    lines.texts(["share_beyond"]).end()?;
    let (rule, share) = named(enough);
    for need in found {
        for period in &need.periods {
            lines.texts([need.plan.as_str(), &need.pool, &need.offer, need.axis.unwrap_or(""), rule]);
            lines
                .number(share)
                .texts([period.kind, period.label.as_str()])
                .numbers([need.units.first().copied(), need.units.last().copied()]);
            for percentile in &period.needed {
                let (low, high) = percentile.interval.unzip();
                lines.numbers([Some(percentile.point), known_from(need, low), high].map(|units| units.filter(|units| units.is_finite())));
            }
            lines.number(period.beyond).end()?;
        }
    }
    lines.finish()
}

/// A rule as the files call it, and its share.
fn named(enough: Enough) -> (&'static str, f64) {
    match enough {
        Enough::Throttled(share) => ("throttled_at_most", share),
        Enough::Covered(share) => ("units_serve_at_least", share),
    }
}

/// The lower end of an interval; unknown where the fewest units that were looked at are enough.
fn known_from(need: &Need, low: Option<f64>) -> Option<f64> {
    low.filter(|units| !is_fewest(need, *units))
}

/// The document of `--json`.
///
/// # Errors
/// When it cannot be written, which no input makes happen.
pub fn forecast_json(scenario: &Scenario, enough: Enough, ran: &Run<Vec<Need>>) -> Result<String> {
    let units = |need: &Need, (share, needed): (&f64, &Percentile)| {
        let ends = needed.interval.map(|(low, high)| (known_from(need, Some(low)).unwrap_or(f64::NAN), high));
        json!({ "enough_in": share, "units": percentile(&Percentile { interval: ends, ..*needed }) })
    };
    let period = |need: &Need, period: &PeriodNeed| {
        json!({
            "kind": period.kind,
            "period": period.label,
            "units_needed": NEEDED_AT.iter().zip(&period.needed).map(|at| units(need, at)).collect::<Vec<_>>(),
            "share_beyond": period.beyond,
        })
    };
    let need = |need: &Need| {
        json!({
            "plan": need.plan,
            "pool": need.pool,
            "offer": need.offer,
            "axis": need.axis,
            "none_of": need.none_of,
            "units_looked_at": need.units,
            "periods": need.periods.iter().map(|of| period(need, of)).collect::<Vec<_>>(),
        })
    };
    let (rule, share) = named(enough);
    let told = json!({
        "enough_when": rule,
        "share": share,
        "forecasts": ran.summary.iter().map(need).collect::<Vec<_>>(),
    });
    of_run("tokentide/forecast-1", scenario, ran, told)
}
