//! Purchases over time, in words and tables: which schedule to follow, its calendar, what waiting is worth, and when to buy more.

use super::schedule_headline::headline;
use super::table::STYLE;
use super::words;
use crate::decision::{PolicyKind, Schedule, ScheduleWish, Simulated, Stage, StepUp};
use crate::scenario::Scenario;
use crate::statistics::Estimate;
use crate::supply::{MAX_AXES, OfferKind, Purchase, short};
use crate::units::Share;
use comfy_table::{CellAlignment, Table};

/// Policies of a family that are shown; all of them are in the files.
const SHOWN: usize = 12;

/// Calendars of a file's policies that are shown beside that of the best.
const CALENDARS: usize = 3;

/// The answer: a paragraph and tables for each stage.
#[must_use]
pub fn schedule_answer(scenario: &Scenario, found: &Schedule, wish: ScheduleWish) -> String {
    let of = |stage: &Stage| {
        let mut parts = vec![headline(scenario, stage, wish), policies(scenario, stage, wish)];
        let of_file = stage.policies.iter().skip(1).filter(|policy| policy.kind == PolicyKind::File).take(CALENDARS);
        parts.extend(std::iter::once(&stage.policies[0]).chain(of_file).map(|policy| calendar(scenario, policy)));
        parts.extend(waiting(scenario, stage));
        parts.extend(stage.step_up.iter().map(|step_up| steps(scenario, stage, step_up)));
        parts.push(left_out(stage, wish));
        parts.join("\n\n")
    };
    found.stages.iter().filter(|stage| !stage.policies.is_empty()).map(of).collect::<Vec<_>>().join("\n\n")
}

/// A difference as `12±3 less`, or the other word where it is negative.
pub(super) fn signed(difference: &Estimate, less: &str, more: &str) -> String {
    let word = if difference.point < 0.0 { more } else { less };
    format!("{} {word}", words::amount(&Estimate { point: difference.point.abs(), ..*difference }))
}

/// Those that a reader would ask for: all of a file, and of a family the best of each kind.
fn shown(stage: &Stage) -> Vec<usize> {
    let mut kinds: Vec<String> = Vec::new();
    let mut places: Vec<usize> = Vec::new();
    for (place, policy) in stage.policies.iter().enumerate() {
        let kind = match policy.kind {
            PolicyKind::File => format!("file {place}"),
            PolicyKind::Plan { term } => format!("plan {term:?}"),
            PolicyKind::Wait { months, by_use } => format!("wait {months} {by_use}"),
            PolicyKind::Ladder => format!("ladder {place}"),
            PolicyKind::StepUp { term, .. } => format!("step {term}"),
            PolicyKind::Monthly => "monthly".to_owned(),
        };
        let listed = stage.waiting.iter().any(|waiting| waiting.places.1 == place || waiting.places.0 == place);
        if place == stage.plan || listed || (policy.same_as.is_none() && !kinds.contains(&kind)) {
            kinds.push(kind);
            places.push(place);
        }
    }
    let all_of_file = stage.policies.iter().filter(|policy| policy.kind == PolicyKind::File).count();
    places.truncate(SHOWN.max(all_of_file + 2));
    if !places.contains(&stage.plan) {
        places.push(stage.plan);
    }
    places
}

fn policies(scenario: &Scenario, stage: &Stage, wish: ScheduleWish) -> String {
    let currency = scenario.currency.code();
    let mut table = Table::new();
    table.load_style(STYLE);
    let cost = format!("{currency} a month");
    let owed = if wish.charge_owed { format!("of it owed after,\n{currency} a month") } else { format!("owed after,\n{currency} in all") };
    table.set_header(vec!["", "policy", &cost, "P5–P95", "more than\nbest plan", "P(cheaper)", &owed, "P(limits\nkept)", "regret"]);
    let shown = shown(stage);
    for &place in &shown {
        let policy = &stage.policies[place];
        let mark = match (place == 0, place == stage.plan) {
            (true, true) => "best, best plan",
            (true, false) => "best",
            (false, true) => "best plan",
            _ => "",
        };
        let against = policy.against.as_ref();
        let owed = if wish.charge_owed { policy.owed / scenario.horizon.months() as f64 } else { policy.owed };
        let spread = policy.range.1 - policy.range.0;
        table.add_row(vec![
            mark.to_owned(),
            policy.policy.name.clone(),
            words::amount(&policy.ranked),
            format!("{}–{}", words::rounded(policy.range.0, spread), words::rounded(policy.range.1, spread)),
            against.map_or_else(words::dash, |against| words::amount(&against.mean_difference)),
            against.map_or_else(words::dash, |against| words::frequency(&against.probability_strictly_less)),
            words::exact(owed.round()),
            if scenario.limits.any() { words::frequency_of_months(&policy.months_kept) } else { words::dash() },
            policy.regret.map_or_else(words::dash, |regret| words::amount(&regret.expected)),
        ]);
    }
    right(&mut table, 2);
    let more = stage.policies.len() - shown.len();
    let rest = match more {
        0 => String::new(),
        1 => "\n1 more policy is in the files.".to_owned(),
        _ => format!("\n{more} more policies are in the files."),
    };
    format!("{}{rest}", table.trim_fmt())
}

fn right(table: &mut Table, from: usize) {
    for column in table.column_iter_mut().skip(from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// What a policy buys when, on what condition, and in how many of the futures; and the units it then holds.
fn calendar(scenario: &Scenario, simulated: &Simulated) -> String {
    let policy = &simulated.policy;
    let mut spans: Vec<Months> = Vec::new();
    let conditions: Vec<String> = policy.start.iter().map(|_| words::dash()).chain(policy.rules.iter().map(condition)).collect();
    for month in 0..scenario.horizon.months() {
        let mut rows: Vec<[String; 3]> = Vec::new();
        for ((purchase, when), odds) in policy.purchases().zip(&conditions).zip(&simulated.bought) {
            if let Some(odds) = odds.get(month).filter(|odds| odds.share() > 0.0) {
                let sure = odds.share() >= 1.0 && when == "–";
                let often = if sure { "all".to_owned() } else { words::frequency(odds) };
                rows.push([what(scenario, purchase), when.clone(), often]);
            }
        }
        if rows.is_empty() {
            rows.push(["nothing".to_owned(), words::dash(), words::dash()]);
        }
        let held: Vec<_> = simulated.units.iter().filter(|units| units.month == month).collect();
        let means = held.iter().map(|units| three_digits(units.mean)).collect::<Vec<_>>().join("+");
        let ranges = held.iter().map(|units| {
            let [low, _, high] = units.percentiles;
            if low.to_bits() == high.to_bits() { short(low) } else { format!("{}–{}", short(low), short(high)) }
        });
        let ranges = ranges.collect::<Vec<_>>().join(" + ");
        let label = scenario.horizon.month_label(month);
        match spans.last_mut() {
            Some(span) if span.rows == rows && span.held == means && span.range == ranges => span.last = Some(label),
            _ => spans.push(Months { first: label, last: None, rows, held: means, range: ranges }),
        }
    }
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_header(vec!["month", "buy", "if", "in", "units held", "P5–P95"]);
    for span in spans {
        let label = span.last.map_or(span.first.clone(), |last| format!("{} to {last}", span.first));
        for (number, [buy, when, often]) in span.rows.into_iter().enumerate() {
            let first = |text: &str| if number == 0 { text.to_owned() } else { String::new() };
            table.add_row(vec![first(&label), buy, when, often, first(&span.held), first(&span.range)]);
        }
    }
    right(&mut table, 3);
    format!("Calendar of `{}`:\n{}", policy.name, table.trim_fmt())
}

/// Months in a row in which a policy does the same.
struct Months {
    first: String,
    last: Option<String>,
    rows: Vec<[String; 3]>,
    held: String,
    range: String,
}

fn what(scenario: &Scenario, purchase: &Purchase) -> String {
    let commitment = &purchase.commitment;
    let offer = &scenario.supply.offers[commitment.offer];
    let axes = if let OfferKind::Provisioned(provisioned) = &offer.kind { provisioned.axes.len().min(MAX_AXES) } else { 1 };
    let units = commitment.units[..axes].iter().map(|&units| short(units)).collect::<Vec<_>>().join("+");
    let term = if commitment.term == crate::units::Term::NONE { "by the hour".to_owned() } else { format!("for {}", commitment.term) };
    let kept = match purchase.for_months {
        Some(1) => ", kept for 1 month".to_owned(),
        Some(months) => format!(", kept for {months} months"),
        None => String::new(),
    };
    format!("{units} {} {term}{kept}", offer.name)
}

fn condition(rule: &crate::supply::Rule) -> String {
    let Some(when) = &rule.when else { return words::dash() };
    let weeks = if rule.weeks == 1 { "the last week".to_owned() } else { format!("the last {} weeks", rule.weeks) };
    let again = if rule.times_a_month > 1 { ", as often as that holds" } else { "" };
    format!("{when} in {weeks}{again}")
}

fn three_digits(value: f64) -> String {
    format!("{value:.2e}").parse::<f64>().map_or_else(|_| value.to_string(), short)
}

fn waiting(scenario: &Scenario, stage: &Stage) -> Option<String> {
    let first = stage.waiting.first()?;
    let mut table = Table::new();
    table.load_style(STYLE);
    let currency = scenario.currency.code();
    let value = format!("waiting saves\n{currency} a month");
    let owed = format!("of it owed after,\n{currency} a month");
    table.set_header(vec!["wait", "how", &value, &owed, "P5–P95", "pays in", "to buy then what\nis best now", ""]);
    for waiting in &stage.waiting {
        let spread = waiting.range.1 - waiting.range.0;
        let note = match waiting.keep_limits {
            (false, true) => "misses the limits, committing now does not",
            (true, false) => "keeps the limits, committing now does not",
            _ => "",
        };
        table.add_row(vec![
            if waiting.months == 1 { "1 month".to_owned() } else { format!("{} months", waiting.months) },
            stage.policies[waiting.places.1].policy.name.clone(),
            words::amount(&waiting.value),
            words::amount(&waiting.owed),
            format!("{}–{}", words::rounded(waiting.range.0, spread), words::rounded(waiting.range.1, spread)),
            words::frequency(&waiting.pays),
            waiting.blindly.as_ref().map_or_else(words::dash, words::amount),
            note.to_owned(),
        ]);
    }
    for column in table.column_iter_mut().skip(2).take(5) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let now = &stage.policies[first.places.0].policy.name;
    Some(format!("What it is worth to wait instead of `{now}` now, told by futures that nothing was chosen by:\n{}", table.trim_fmt()))
}

fn steps(scenario: &Scenario, stage: &Stage, step_up: &StepUp) -> String {
    let currency = scenario.currency.code();
    let term = step_up.term;
    let keeps = step_up.best.is_some_and(|best| step_up.thresholds[best].keeps_limits);
    let alike = step_up.thresholds.iter().filter(|threshold| threshold.alike && (threshold.keeps_limits || !keeps));
    let alike: Vec<f64> = alike.map(|threshold| threshold.above).collect();
    let never = &stage.policies[step_up.never];
    let from = &never.policy.name;
    if step_up.thresholds.iter().all(|threshold| threshold.saves.point == 0.0 && threshold.saves.standard_error.unwrap_or(0.0) == 0.0) {
        return format!(
            "From `{from}`, buying more for {term} later: the next units were hardly ever used, and no share of the grid was exceeded."
        );
    }
    let misses = if never.keeps_limits { "" } else { ", which misses the limits" };
    let range = match (alike.first(), alike.last()) {
        (Some(low), Some(high)) if low < high => format!("; {} to {} cannot be told from it", Share(*low), Share(*high)),
        _ => String::new(),
    };
    let answer = match step_up.best {
        None => format!("From `{from}`, buying more for {term} later does not pay at any use: never is the best of the grid."),
        Some(best) => {
            let best = &step_up.thresholds[best];
            let saves = signed(&best.saves, "less", "more");
            let odds = &stage.policies[best.place].bought;
            let ever = odds.last().map_or(0.0, |months| months.iter().map(crate::statistics::Proportion::share).sum::<f64>());
            format!(
                "From `{from}`, buy more for {term} when the last {} weeks would have used the next units above {}: {saves} {currency} a month \
                 than never doing so{misses}{range}. It buys in {} months of a future on average.",
                step_up.weeks,
                Share(best.above),
                three_digits(ever),
            )
        }
    };
    let mut table = Table::new();
    table.load_style(STYLE);
    let saves = format!("saves\n{currency} a month");
    table.set_header(vec!["next used above", &saves, ""]);
    for (place, threshold) in step_up.thresholds.iter().enumerate() {
        let limits = if threshold.keeps_limits { "" } else { "misses the limits" };
        let note = match (step_up.best == Some(place), threshold.alike) {
            (true, _) => "best",
            (false, true) if threshold.keeps_limits || !keeps => "cannot be told from the best",
            _ => "",
        };
        let note = [note, limits].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        table.add_row(vec![Share(threshold.above).to_string(), words::amount(&threshold.saves), note]);
    }
    table.column_iter_mut().take(2).for_each(|column| {
        column.set_cell_alignment(CellAlignment::Right);
    });
    format!("{answer}\n{}", table.trim_fmt())
}

fn left_out(stage: &Stage, wish: ScheduleWish) -> String {
    let mut text = format!(
        "The best plan known from the start is one of {} with the routes of `{}` that were looked at; `size` looks finer, at all pools together and at other \
         routes. Rules see the demand \
         of each past hour spread evenly within it, and no outage.",
        stage.plans, stage.base
    );
    if stage.pool.is_some() {
        text += " Each pool is judged by itself.";
    }
    if !wish.charge_owed {
        text += " What terms bind to after the horizon is left out: long terms that start late look cheaper than they are.";
    }
    for what in &stage.left_out {
        text += &format!(" Left out: {what}.");
    }
    text
}
