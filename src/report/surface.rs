//! At which price units pay, in words and tables: the discount to ask for, unit by unit, and the break-even of utilisation and price.

use super::table::STYLE;
use super::words;
use crate::decision::{DISCOUNTS, Percentile, Surface, TermSurface, UnitPrices};
use crate::supply::short;
use crate::units::{Share, Term};
use comfy_table::{CellAlignment, Table};
use std::collections::BTreeSet;

/// Rows of utilisation that are shown; the file has more.
const SHOWN: [f64; 5] = [0.2, 0.4, 0.6, 0.8, 1.0];
/// Steps of a table that are shown; the file has all.
const STEPS: usize = 8;

/// The discount to ask for: a sentence for each pool's purchase, then a table of all terms.
#[must_use]
pub fn surface_answer(surface: &Surface, currency: &str) -> String {
    if surface.lines.is_empty() {
        return "No plan can buy units whose number is open at a price, so there is no price to ask for.".to_owned();
    }
    let told = |line: &&TermSurface| !is_half(surface, line);
    let sentences = shown(surface).into_iter().filter(told).filter_map(|line| sentence(line, surface.share));
    let mut sentences: Vec<String> = sentences.collect();
    if !surface.any_keeps_limits {
        sentences.push(
            "No plan that was looked at keeps the limits: of those that keep them most often the cheapest is taken as the best.".to_owned(),
        );
    }
    let mut table = Table::new();
    table.load_style(STYLE);
    let (price, pays) = (format!("{currency} a\nunit-hour"), pays_up_to(surface.share));
    table.set_header(vec!["plan", "offer", "pool", "term", "units", &price, "pays in", "up to", &pays]);
    for line in surface.lines.iter().filter(told) {
        let Some((_, whole)) = counted(line) else { continue };
        let axis = line.axis.map_or_else(String::new, |axis| format!(" {axis}"));
        table.add_row(vec![
            line.plan.clone(),
            format!("{}{axis}", line.offer),
            line.pool.clone(),
            of_term(line.term),
            short(whole.units.1),
            short(round(line.price)),
            whole.pays.first().map_or_else(words::dash, words::frequency),
            amount(&whole.price),
            change(&whole.discount),
        ]);
    }
    for column in table.column_iter_mut().skip(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{}\n\n{}", sentences.join("\n"), table.trim_fmt())
}

/// Of each pool, offer and axis the line that is told of in full: the best plan's term, else the one with the lowest price.
#[must_use]
pub fn shown(surface: &Surface) -> Vec<&TermSurface> {
    let same = |a: &TermSurface, b: &TermSurface| (&a.plan, &a.pool, &a.offer, a.axis) == (&b.plan, &b.pool, &b.offer, b.axis);
    let better = |a: &TermSurface, b: &TermSurface| if a.best == b.best { a.price < b.price } else { a.best };
    let mut told: Vec<&TermSurface> = Vec::new();
    for line in &surface.lines {
        match told.iter_mut().find(|other| same(other, line)) {
            None => told.push(line),
            Some(other) if better(line, other) => *other = line,
            Some(_) => {}
        }
    }
    told
}

/// Whether this is one of two axes of which both together are told.
fn is_half(surface: &Surface, line: &TermSurface) -> bool {
    let place = |line: &TermSurface| (line.plan.clone(), line.pool.clone(), line.offer.clone(), line.term);
    let whole = |other: &TermSurface| place(other) == place(line) && other.is_of_both();
    line.axis.is_some() && !line.is_of_both() && surface.lines.iter().any(whole)
}

/// All units of the best plan of the term, or the fewest where it buys none; and whether it buys them.
fn counted(line: &TermSurface) -> Option<(bool, &UnitPrices)> {
    let bought = line.whole.iter().find(|whole| line.bought > 0.0 && whole.units.1 >= line.bought);
    bought.map(|whole| (true, whole)).or_else(|| Some((false, line.whole.first()?)))
}

fn sentence(line: &TermSurface, share: f64) -> Option<String> {
    let (bought, whole) = counted(line)?;
    let units = short(whole.units.1);
    let noun = if whole.units.1.to_bits() == 1.0_f64.to_bits() { "unit" } else { "units" };
    let pay = if noun == "unit" { "pays" } else { "pay" };
    let (axis, share) = (line.axis.map_or_else(String::new, |axis| format!(" {axis}")), Share(share));
    let what = if bought && line.best {
        format!("The {units}{axis} {noun} of `{}` for {} ({})", line.offer, line.pool, of_term(line.term))
    } else if bought {
        let plan = &line.plan;
        format!(
            "{units}{axis} {noun} of `{}` for {} ({}, `{plan}`), which the best plan does not buy,",
            line.offer,
            line.pool,
            of_term(line.term)
        )
    } else {
        format!("The best plan buys no{axis} units of `{}` for {} ({}); the first {units}", line.offer, line.pool, of_term(line.term))
    };
    let discount = &whole.discount;
    let (low, high) = discount.interval.unwrap_or((discount.point, discount.point));
    Some(match discount.point {
        _ if low >= 0.995 => format!("{what} would hardly pay in {share} of the futures at any price."),
        _ if low < 0.0 && high > 0.0 => format!(
            "{what} need{} about the price of the file to pay in {share} of the futures: whether less is too close to call ({} less to {} more).",
            if noun == "unit" { "s" } else { "" },
            words::whole_percent(high),
            words::whole_percent(-low)
        ),
        needed if needed > 0.0 => format!("{what} {pay} in {share} of the futures from a discount of {} on.", less(discount)),
        _ => {
            let more = Percentile { point: -discount.point, interval: discount.interval.map(|(low, high)| (-high, -low)) };
            format!("{what} already {pay} in {share} of the futures, and would up to a price {} higher.", less(&more))
        }
    })
}

/// Steps of one line, with the share of the futures in which they pay at each discount.
#[must_use]
pub fn unit_prices_table(line: &TermSurface, share: f64) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    let mut header: Vec<String> = ["", "units", "used\nP5–P95", "used\nP50"].map(str::to_owned).to_vec();
    header.extend(
        DISCOUNTS.iter().map(|discount| if *discount > 0.0 { format!("−{}", Share(*discount)) } else { "pays at\nthe price".to_owned() }),
    );
    header.push(pays_up_to(share));
    table.set_header(header);
    let last = line.steps.iter().filter(|step| step.units.1 <= line.bought).count();
    let first = (last + 3).saturating_sub(STEPS).min(line.steps.len().saturating_sub(STEPS));
    for step in line.steps.iter().skip(first).take(STEPS) {
        // Another term or route may be best; this is what would be bought so.
        let bought = if line.best { "bought" } else { "if bought" };
        let mark = if step.units.1.to_bits() == line.bought.to_bits() { bought } else { "" };
        let used = step.used.as_ref();
        let percent = |percentile: &Percentile| words::whole_percent(percentile.point);
        let mut row = vec![
            mark.to_owned(),
            format!("{} → {}", short(step.units.0), short(step.units.1)),
            used.map_or_else(words::dash, |[low, _, high]| format!("{}–{}", percent(low).trim_end_matches('%'), percent(high))),
            used.map_or_else(words::dash, |[_, middle, _]| percent(middle)),
        ];
        row.extend(step.pays.iter().map(words::frequency));
        row.push(change(&step.discount));
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let axis = line.axis.map_or_else(String::new, |axis| format!(", {axis} with the other axis as it is,"));
    format!(
        "Unit by unit, `{}`{axis} for {} ({}, `{}`), in what share of the futures it pays:\n{}",
        line.offer,
        line.pool,
        of_term(line.term),
        line.plan,
        table.trim_fmt()
    )
}

/// What a unit saves a month by the share of it that is used and the discount; nothing where no price says what it serves.
#[must_use]
pub fn surface_table(line: &TermSurface, currency: &str) -> Option<String> {
    line.full?;
    let mut table = Table::new();
    table.load_style(STYLE);
    let price = |discount: &f64| {
        let less = if *discount > 0.0 { format!("−{}", Share(*discount)) } else { "the price".to_owned() };
        format!("{less}\n{}", short(round(line.price * (1.0 - discount))))
    };
    table.set_header([String::new()].into_iter().chain(DISCOUNTS.iter().map(price)));
    for used in SHOWN {
        let saving = |discount: &f64| line.saving(used, *discount).map_or_else(words::dash, whole);
        table.add_row([format!("{} used", Share(used))].into_iter().chain(DISCOUNTS.iter().map(saving)));
    }
    let even = |discount: &f64| match line.break_even(*discount) {
        Some(share) if share <= 1.0 => words::whole_percent(share),
        Some(_) => "never".to_owned(),
        None => words::dash(),
    };
    table.add_row(["breaks even at".to_owned()].into_iter().chain(DISCOUNTS.iter().map(even)));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    Some(format!(
        "What a unit of `{}` for {} ({}) saves, {currency} a month, by use and price (break-even: where it turns from − to +):\n{}",
        line.offer,
        line.pool,
        of_term(line.term),
        table.trim_fmt()
    ))
}

/// What is not in the figures.
#[must_use]
pub fn surface_notes(surface: &Surface, failed_requests_cost: bool) -> Vec<String> {
    let mut notes = Vec::new();
    notes.push(if failed_requests_cost {
        "A unit pays where it costs less than what it spares: spend on demand, and failed requests at their stated cost.".to_owned()
    } else {
        "A unit pays where it costs less than the spend on demand that it spares. Throttling that it avoids has no price here \
         (limits.cost_per_failed_request states one)."
            .to_owned()
    });
    if surface.lines.iter().any(|line| line.full.is_none()) {
        notes.push(
            "There is no table of use and price where an offer has two axes, one of which serves nothing without the other, or where nothing \
             is sold on demand."
                .to_owned(),
        );
    }
    // Without a plan that sends the work the same way and buys nothing, what the fewest units save is not known.
    let from_some = surface.lines.iter().filter(|line| line.axis.is_none() && line.steps.first().is_some_and(|step| step.units.0 > 0.0));
    let from_some: BTreeSet<&str> = from_some.map(|line| line.offer.as_str()).collect();
    notes.extend(from_some.into_iter().map(|offer| {
        format!(
            "What the first units of `{offer}` save is not told, as no plan that was looked at sends the work the same way without any: \
             `--buy {offer}=0..=…` does."
        )
    }));
    if !surface.left_out.is_empty() {
        let names: Vec<String> = surface.left_out.iter().map(|name| format!("`{name}`")).collect();
        notes.push(format!(
            "Left out: {}, whose units no plan leaves open at a price (ladders and reservations stand as written).",
            names.join(", ")
        ));
    }
    notes
}

/// `12% (10–14%)`
fn less(percentile: &Percentile) -> String {
    let percent = words::whole_percent;
    let between = percentile.interval.map_or_else(String::new, |(low, high)| {
        if percent(low) == percent(high) { String::new() } else { format!(" ({} to {})", percent(low), percent(high)) }
    });
    format!("{}{between}", percent(percentile.point))
}

fn pays_up_to(share: f64) -> String {
    format!("pays in {}\nup to the price", Share(share))
}

/// A discount as a change of the price: `−12% (−14 to −10%)`.
fn change(discount: &Percentile) -> String {
    let signed = |change: f64| {
        let text = words::whole_percent(change.abs());
        let sign = if change > 0.0 { "+" } else { "−" };
        if text.trim_end_matches('%').parse::<f64>().is_ok_and(|share| share == 0.0) { "0%".to_owned() } else { format!("{sign}{text}") }
    };
    let between = discount.interval.filter(|(low, high)| signed(*low) != signed(*high));
    let between = between.map_or_else(String::new, |(low, high)| format!(" ({} to {})", signed(-high).trim_end_matches('%'), signed(-low)));
    format!("{}{between}", signed(-discount.point))
}

/// To the digits that the interval deserves.
fn amount(percentile: &Percentile) -> String {
    match percentile.interval.map(|(low, high)| (high - low) / 4.0).filter(|error| *error > 0.0) {
        Some(error) => words::to_digits_of(Some(error), percentile.point),
        None => short(round(percentile.point)),
    }
}

fn of_term(term: Term) -> String {
    if term == Term::NONE { "by the hour".to_owned() } else { term.to_string() }
}

fn round(price: f64) -> f64 {
    // What comes to nothing but for rounding.
    if price.abs() < 1e-12 {
        return 0.0;
    }
    format!("{price:.4e}").parse().unwrap_or(price)
}

fn whole(amount: f64) -> String {
    let text = format!("{amount:+.0}");
    if text == "-0" || text == "+0" { "0".to_owned() } else { text.replace('-', "−") }
}
