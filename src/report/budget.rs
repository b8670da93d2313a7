//! Spend in the language of budgets, in words and a table.

use super::document::{frequency, of_run, percentile};
use super::lines::Lines;
use super::table::STYLE;
use super::words;
use crate::decision::{BudgetAnswer, BudgetWish, MONTHS_OF_QUARTER, Percentile, PeriodSpend, UsedUp};
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::Run;
use crate::supply::short;
use crate::units::Share;
use comfy_table::{CellAlignment, Table};
use serde_json::{Value, json};

/// The whole, the day the budget is used up, the reserve, and a table of the periods.
#[must_use]
pub fn budget_answer(scenario: &Scenario, plan: usize, wish: BudgetWish, found: &BudgetAnswer) -> String {
    let name = scenario.supply.plans.get(plan).map_or("", |plan| plan.name.as_str());
    let currency = scenario.currency.code();
    let baseline = if plan == scenario.baseline { ", the baseline," } else { "" };
    let mut parts = Vec::new();
    let whole = found.periods.last();
    if let Some((budget, exceeds)) = whole.and_then(|whole| whole.exceeds.as_ref()) {
        parts.push(format!(
            "`{name}`{baseline} exceeds {} {currency} over the {} of the horizon in {} of the futures.",
            short(*budget),
            months(scenario.horizon.months()),
            words::frequency(exceeds)
        ));
    }
    parts.extend(found.used_up.as_ref().map(|used_up| when(scenario, used_up)));
    // The plan is named once.
    let (under, a, before) = match parts.as_slice() {
        [] => (format!("Under `{name}`{baseline} "), "a", "in"),
        _ => (String::new(), "A", "In"),
    };
    let beside = if wish.whole.is_some() { "the budget" } else { "the mean" };
    parts.push(match found.reserve.point {
        reserve if reserve > 0.0 => {
            format!(
                "{under}{a} reserve of {} {currency} beside {beside} holds in {} of the futures.",
                amount(&found.reserve),
                Share(wish.reserve)
            )
        }
        spare => format!(
            "{under}{before} {} of the futures {} {currency} of {beside} are left.",
            Share(wish.reserve),
            amount(&Percentile { point: -spare, interval: found.reserve.interval.map(|(low, high)| (-high, -low)) })
        ),
    });
    if found.reserve.interval.is_none() {
        let too_few = words::too_few(found.replications, found.replications_needed, wish.reserve);
        parts.push(format!("{too_few}: these figures are of the futures seen."));
    }
    let mut text = format!("{}\n\n{}", parts.join(" "), table(found, wish, currency));
    if wish.quarter.is_some() && found.periods.iter().any(PeriodSpend::is_part) {
        text += "\n\nOf some quarters the horizon holds a part only: they are not held against the budget of a whole quarter.";
    }
    text
}

/// The name of a period, which says what part of a quarter the horizon holds.
fn named(period: &PeriodSpend) -> String {
    let part = if period.is_part() { format!(" ({} of {MONTHS_OF_QUARTER} months)", period.months) } else { String::new() };
    format!("{} {}{part}", period.kind, period.label).trim().to_owned()
}

fn when(scenario: &Scenario, used_up: &UsedUp) -> String {
    let date = |day: f64| date(scenario, day);
    let [(_, early), (_, middle), (_, late)] = used_up.days;
    if early.is_none() {
        return format!("It lasts: it is used up before the horizon ends in {} of the futures.", words::frequency(&used_up.share));
    }
    let most = early.map_or_else(String::new, |early| format!("by {} in the twentieth that spend most", date(early.point)));
    let Some(middle) = middle else { return format!("It is used up {most}, and lasts in the middle future.") };
    let between = middle.interval.map_or_else(String::new, |(low, high)| {
        let high = if high.is_finite() { date(high) } else { "after the horizon".to_owned() };
        format!(" (95% interval: {} to {high})", date(low))
    });
    let least = late.map_or_else(String::new, |late| format!(", and by {} in all but a twentieth", date(late.point)));
    format!("It is used up on {} in the middle future{between}, {most}{least}.", date(middle.point))
}

/// A day of the horizon: a date on a calendar, else its number.
fn date(scenario: &Scenario, day: f64) -> String {
    on_calendar(scenario, day).unwrap_or_else(|| format!("day {}", short(day + 1.0)))
}

/// The date of a day of the horizon, where that has dates.
fn on_calendar(scenario: &Scenario, day: f64) -> Option<String> {
    let hour = (0..scenario.horizon.hours()).find(|&hour| f64::from(scenario.horizon.day_of(hour)) >= day)?;
    Some(scenario.horizon.start_of(hour)?.date().to_string())
}

/// To the digits that the interval deserves.
fn amount(percentile: &Percentile) -> String {
    words::to_digits_of(percentile.interval.map(|(low, high)| (high - low) / 4.0), percentile.point)
}

fn months(number: usize) -> String {
    if number == 1 { "1 month".to_owned() } else { format!("{number} months") }
}

fn table(found: &BudgetAnswer, wish: BudgetWish, currency: &str) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    let holds = format!("{} stay\nwithin", Share(wish.reserve));
    let mean = format!("mean\n{currency}");
    table.set_header(vec!["period", &mean, &holds, "budget", "exceeded in"]);
    for period in &found.periods {
        let (budget, exceeds) = match &period.exceeds {
            Some((budget, exceeds)) => (short(*budget), words::frequency(exceeds)),
            None => (words::dash(), words::dash()),
        };
        let mean = amount(&Percentile { point: period.mean, ..period.holds });
        table.add_row(vec![named(period), mean, amount(&period.holds), budget, exceeds]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// The periods as CSV.
///
/// # Errors
/// When a line cannot be written, which no input makes happen.
pub fn budget_file(found: &BudgetAnswer) -> Result<String> {
    let mut lines = Lines::new();
    lines.texts(["kind", "period", "spend_mean", "spend_held", "spend_held_lo", "spend_held_hi", "budget", "probability_exceeds"]);
    lines.texts(["months"]).end()?;
    for PeriodSpend { kind, label, months, mean, holds, exceeds } in &found.periods {
        let (low, high) = holds.interval.unzip();
        lines.texts([kind, label.as_str()]).numbers([Some(*mean), Some(holds.point), low, high]);
        lines.numbers([exceeds.map(|(budget, _)| budget), exceeds.map(|(_, exceeds)| exceeds.share())]);
        lines.number(*months as f64).end()?;
    }
    lines.finish()
}

/// The document of `--json`.
///
/// # Errors
/// When it cannot be written, which no input makes happen.
pub fn budget_json(scenario: &Scenario, plan: usize, wish: BudgetWish, ran: &Run<BudgetAnswer>) -> Result<String> {
    let found = &ran.summary;
    let period = |PeriodSpend { kind, label, months, mean, holds, exceeds }: &PeriodSpend| {
        json!({
            "kind": kind,
            "period": label,
            "months": months,
            "spend_mean": mean,
            "spend_held": percentile(holds),
            "budget": exceeds.map(|(budget, _)| budget),
            "exceeds": exceeds.as_ref().map(|(_, exceeds)| frequency(exceeds)),
        })
    };
    let used_up = found.used_up.as_ref().map(|used_up| {
        let by = |(share, day): &(f64, Option<Percentile>)| {
            // Days are counted from 1, as the text does.
            let counted =
                |day: &Percentile| Percentile { point: day.point + 1.0, interval: day.interval.map(|(low, high)| (low + 1.0, high + 1.0)) };
            json!({
                "in_share_of_futures": share,
                "day": day.as_ref().map(|day| percentile(&counted(day))),
                "date": day.as_ref().and_then(|day| on_calendar(scenario, day.point)),
            })
        };
        json!({ "before_the_end": frequency(&used_up.share), "by": used_up.days.iter().map(by).collect::<Vec<Value>>() })
    });
    let told = json!({
        "plan": scenario.supply.plans.get(plan).map(|plan| plan.name.as_str()),
        "is_baseline": plan == scenario.baseline,
        "replications_needed": found.replications_needed,
        "held_in": wish.reserve,
        "reserve": percentile(&found.reserve),
        "reserve_beside": wish.whole.map_or("mean", |_| "budget"),
        "used_up": used_up,
        "periods": found.periods.iter().map(period).collect::<Vec<_>>(),
    });
    of_run("tokentide/budget-1", scenario, ran, told)
}
