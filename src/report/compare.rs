//! What changed between two scenarios and what that did, in words and tables.

use super::table::STYLE;
use super::words;
use crate::decision::{Comparison, Favourite, Measure, MeasureChange, Way};
use crate::scenario::{InputChange, Part, ValueChange};
use crate::statistics::{CONFIDENCE, Estimate};
use crate::supply::short;
use comfy_table::{CellAlignment, Table};

/// Values of one change that are shown; all of them are in the JSON document.
const VALUES: usize = 6;

/// Changes that the first sentence names, and the share of the largest that is worth a name.
const NAMED: usize = 3;
const WORTH_NAMING: f64 = 0.05;

/// The comparison: one paragraph of answer, what changed, every headline in both, and whose doing the differences are. `files` are the names of
/// the two scenario files, `currency` is theirs.
#[must_use]
pub fn comparison(files: [&str; 2], found: &Comparison, currency: &str) -> String {
    let mut parts = vec![headline(files, found, currency), recommended(files, found), what_changed(files, found)];
    parts.push(measures(files, &found.measures, currency, [found.replications; 2]).trim_fmt());
    if !found.attributions.is_empty() {
        parts.push(attribution(found, currency).trim_fmt());
    }
    parts.extend(notes(found));
    parts.join("\n\n")
}

/// How the mean spend moved and by which changes most.
fn headline(files: [&str; 2], found: &Comparison, currency: &str) -> String {
    let [before, after] = &found.followed;
    let plan = match (found.fell_back, before == after) {
        (true, true) => format!("The baseline, `{after}`,"),
        (true, false) => format!("The baseline (`{before}`, now `{after}`)"),
        (false, _) => format!("`{after}`"),
    };
    let spend = found.measures.iter().find(|change| change.measure == Measure::Spend);
    let Some((cost, difference)) = spend.and_then(|spend| Some((spend.after?, spend.difference?))) else { return String::new() };
    let cost = words::amount(&cost);
    let moved = if difference.point == 0.0 {
        format!("as much as in {}", files[0])
    } else {
        let word = if difference.point > 0.0 { "more" } else { "less" };
        format!("{} {word} than in {}", words::amount(&Estimate { point: difference.point.abs(), ..difference }), files[0])
    };
    format!("{plan} costs {cost} {currency} a month in {}, {moved}.{}", files[1], most_of_it(found))
}

fn most_of_it(found: &Comparison) -> String {
    let mut parts: Vec<(String, Estimate)> =
        found.attributions.iter().filter_map(|of| Some((shortly(&found.changes, &of.changes), (*of.parts.first()?)?))).collect();
    parts.sort_by(|a, b| b.1.point.abs().total_cmp(&a.1.point.abs()));
    let largest = parts.first().map_or(0.0, |(_, part)| part.point.abs());
    let worth = parts.iter().filter(|(_, part)| part.point != 0.0 && part.point.abs() >= WORTH_NAMING * largest);
    let named: Vec<String> = worth.take(NAMED).map(|(words, part)| format!("{words} ({})", signed(part, words::amount))).collect();
    if named.is_empty() { String::new() } else { format!(" By change: {}.", named.join(", ")) }
}

/// The same, of many the first two.
fn shortly(changes: &[InputChange], indices: &[usize]) -> String {
    match indices {
        [first, second, _, _, ..] => format!("{} + {} more", together(changes, &[*first, *second]), indices.len() - 2),
        _ => together(changes, indices),
    }
}

/// The names of changes that were taken together.
pub(super) fn together(changes: &[InputChange], indices: &[usize]) -> String {
    let names: Vec<&str> = indices.iter().filter_map(|&index| changes.get(index)).map(|change| change.words.as_str()).collect();
    names.join(" + ")
}

fn recommended(files: [&str; 2], found: &Comparison) -> String {
    let told = |all: &[Favourite]| {
        let one = |favourite: &Favourite| {
            let limits = if favourite.keeps_limits { "" } else { " (no plan keeps the limits)" };
            format!("`{}`{limits}", favourite.plan)
        };
        all.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let [before, after] = &found.favourites;
    if before == after {
        format!("Recommended in both: {}.", told(before))
    } else {
        format!("Recommended: {} in {}, {} in {}.", told(before), files[0], told(after), files[1])
    }
}

fn what_changed(files: [&str; 2], found: &Comparison) -> String {
    if found.changes.is_empty() && found.further.is_empty() {
        return "Nothing was changed: both files say the same.".to_owned();
    }
    let mut lines = vec!["What changed".to_owned()];
    for (index, change) in found.changes.iter().enumerate() {
        let aside = match (found.apart.contains(&index), change.part) {
            (false, _) => String::new(),
            (true, Part::Setting) => format!(" (no input; both are drawn as {} says)", files[0]),
            (true, Part::Report | Part::Policy) => " (no input)".to_owned(),
            (true, _) => " (does not touch the plan)".to_owned(),
        };
        lines.push(format!("  {}{aside}", change.words));
        lines.extend(values(&change.values));
    }
    if !found.further.is_empty() {
        lines.push("  and, from several of these together".to_owned());
        lines.extend(values(&found.further));
    }
    lines.join("\n")
}

fn values(changes: &[ValueChange]) -> impl Iterator<Item = String> {
    let told = |value: &Option<String>| value.as_deref().map_or_else(|| "nothing".to_owned(), readable);
    let line = move |change: &ValueChange| format!("    {}: {} → {}", change.path, told(&change.from), told(&change.to));
    let more = (changes.len() > VALUES).then(|| format!("    and {} more", changes.len() - VALUES));
    changes.iter().take(VALUES).map(line).chain(more)
}

/// A value on one line, rates of tokens as people write them: `1460000 tokens/h` reads `1.46M tokens/h`.
fn readable(value: &str) -> String {
    let plain: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let rate = plain.split_once(' ').filter(|(_, unit)| unit.starts_with("tokens/") && !unit.contains(','));
    let number = rate.and_then(|(number, unit)| Some((number.parse::<f64>().ok()?, unit)));
    match number {
        Some((number, unit)) if number >= 1e6 => format!("{}M {unit}", short(number / 1e6)),
        Some((number, unit)) if number >= 1e4 => format!("{}k {unit}", short(number / 1e3)),
        _ => plain,
    }
}

/// Every headline in both, of so many replications each, with the difference and its interval.
pub(super) fn measures(files: [&str; 2], measures: &[MeasureChange], currency: &str, replications: [u64; 2]) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE);
    let interval = format!("{:.0}% interval", CONFIDENCE * 100.0);
    table.set_header(["", files[0], files[1], "difference", &interval]);
    for MeasureChange { measure, before, after, difference } in measures {
        let level = |estimate: &Option<Estimate>, n| estimate.as_ref().map_or_else(words::dash, |estimate| level(*measure, estimate, n));
        let moved = difference.as_ref().map_or_else(words::dash, |difference| moved(*measure, difference));
        table.add_row([
            label(*measure, currency),
            level(before, replications[0]),
            level(after, replications[1]),
            moved,
            ends(*measure, difference.as_ref()),
        ]);
    }
    align(&mut table);
    table
}

fn attribution(found: &Comparison, currency: &str) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE);
    // What nothing moved needs no column.
    let is_moved = |column: usize| {
        let parts = found.attributions.iter().filter_map(|of| of.parts.get(column).copied().flatten());
        parts.into_iter().any(|part| part.point != 0.0)
    };
    let columns: Vec<usize> = (0..found.measures.len()).filter(|&column| column == 0 || is_moved(column)).collect();
    let header = columns.iter().map(|&column| label(found.measures[column].measure, currency).replacen(", ", ",\n", 1));
    table.set_header(std::iter::once("whose doing".to_owned()).chain(header));
    let cell = |column: usize, part: Option<Estimate>| part.map_or_else(words::dash, |part| moved(found.measures[column].measure, &part));
    for of in &found.attributions {
        let cells = columns.iter().map(|&column| cell(column, of.parts.get(column).copied().flatten()));
        table.add_row(std::iter::once(shortly(&found.changes, &of.changes)).chain(cells));
    }
    let whole = columns.iter().map(|&column| cell(column, found.measures[column].difference));
    table.add_row(std::iter::once("all".to_owned()).chain(whole));
    align(&mut table);
    table
}

fn align(table: &mut Table) {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

fn label(measure: Measure, currency: &str) -> String {
    match measure {
        Measure::Spend => format!("{currency} a month, mean"),
        Measure::SpendP50 => format!("{currency} a month, P50"),
        Measure::SpendP95 => format!("{currency} a month, P95"),
        Measure::Saving => "saving, against the baseline".to_owned(),
        Measure::Throttled => "requests, throttled".to_owned(),
        Measure::MonthsKept => "months, limits kept".to_owned(),
        Measure::Utilisation => "units, used".to_owned(),
        Measure::Idle => "units, idle spend".to_owned(),
    }
}

fn level(measure: Measure, estimate: &Estimate, replications: u64) -> String {
    match measure {
        // What was never seen, or always, was only sampled.
        Measure::MonthsKept => words::sampled(estimate, replications),
        measure if measure.is_money() => words::amount(estimate),
        _ => words::percent(estimate),
    }
}

/// A difference with its sign; of shares in percentage points.
fn moved(measure: Measure, difference: &Estimate) -> String {
    if measure.is_money() { signed(difference, words::amount) } else { format!("{} pp", signed(&times(difference, 100.0), words::amount)) }
}

fn times(estimate: &Estimate, factor: f64) -> Estimate {
    Estimate { point: estimate.point * factor, standard_error: estimate.standard_error.map(|error| error * factor), ..*estimate }
}

fn signed(estimate: &Estimate, text: impl Fn(&Estimate) -> String) -> String {
    let text = text(estimate);
    if estimate.point > 0.0 && text.chars().any(|c| ('1'..='9').contains(&c)) { format!("+{text}") } else { text }
}

/// The interval of a difference, to the digits that its error deserves.
fn ends(measure: Measure, difference: Option<&Estimate>) -> String {
    let scaled = difference.map(|difference| if measure.is_money() { *difference } else { times(difference, 100.0) });
    let Some((difference, (low, high))) = scaled.and_then(|scaled| Some((scaled, scaled.interval(CONFIDENCE)?))) else {
        return words::dash();
    };
    if low.to_bits() == high.to_bits() {
        return words::exact(low);
    }
    let bare = |point| words::to_digits_of(difference.standard_error, point);
    format!("{} to {}", bare(low), bare(high))
}

fn notes(found: &Comparison) -> Vec<String> {
    let mut notes = Vec::new();
    if found.attributions.iter().any(|of| of.changes.len() > 1) {
        notes.push("What `+` joins was taken together: one is no scenario without the other.".to_owned());
    }
    let (changes, scenarios, replications) = (found.attributions.len(), found.scenarios, found.replications);
    let split = match (changes, found.way) {
        (0 | 1, _) => String::new(),
        (_, Way::AllOrders) => {
            " Each change has its Shapley value: what it adds on average over all orders of making the changes.".to_owned()
        }
        (_, Way::BothOrders) => format!(
            " There are {changes} changes, so each has the mean of what it adds when they are made in the order of the files and in reverse."
        ),
    };
    notes.push(
        "P50 and P95 are smoothed over neighbouring ranks, so that their differences can be told: those of `run` are not.".to_owned(),
    );
    let seed = found.seed;
    notes.push(format!("{scenarios} scenarios of {replications} replications each, seed {seed}, on the same futures.{split}"));
    if !found.unpaired.is_empty() {
        let why = found.unpaired.join("; ");
        notes.push(format!("Not all futures are the same ones ({why}), so differences are less certain than they could be."));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_people_write_them() {
        for (value, text) in [
            ("1460000 tokens/h", "1.46M tokens/h"),
            ("120000 tokens/h", "120k tokens/h"),
            ("900 tokens/h", "900 tokens/h"),
            ("0.000003 USD/token", "0.000003 USD/token"),
            ("a\u{1b}[31m", "a [31m"),
        ] {
            assert_eq!(readable(value), text);
        }
    }

    #[test]
    fn differences_have_signs_and_points() {
        let estimate = |point, error| Estimate { point, standard_error: Some(error), n: 1000 };
        assert_eq!(moved(Measure::Spend, &estimate(390.4, 5.2)), "+390±5");
        assert_eq!(moved(Measure::Spend, &estimate(-390.4, 0.0)), "-390.40");
        assert_eq!(moved(Measure::Throttled, &estimate(0.00123, 0.00004)), "+0.12±0.004 pp".replace("0.12±", "0.123±"));
        assert_eq!(moved(Measure::Spend, &estimate(0.0, 0.0)), "0");
        assert_eq!(ends(Measure::Spend, Some(&estimate(100.0, 10.0))), "80 to 120");
        assert_eq!(ends(Measure::Spend, None), "–");
    }
}
