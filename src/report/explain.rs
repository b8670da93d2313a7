//! Why a plan throttles and what would help, in words.

use super::table::STYLE;
use super::words;
use crate::decision::{Explanation, Reason, Remedy};
use crate::scenario::Scenario;
use crate::statistics::Estimate;
use crate::supply::{Change, short};
use comfy_table::{CellAlignment, Table};

/// What explains most, in words; a table of the reasons; a table of what would help. `plan` is the plan's index.
#[must_use]
pub fn explanation(scenario: &Scenario, plan: usize, found: &Explanation) -> String {
    let name = scenario.supply.plans.get(plan).map_or("", |plan| plan.name.as_str());
    let futures = found.replications;
    let late = found.late.as_ref().filter(|late| late.point > 0.0);
    let late = late.map(|late| format!("{} of its jobs are late, which is not explained here.", words::percent(late)));
    if !(found.throttled.point > 0.0) {
        let nothing = format!("`{name}` throttles nothing: {futures} futures have no throttled token.");
        return std::iter::once(nothing).chain(late).collect::<Vec<_>>().join(" ");
    }
    let share = found.throttled_share.as_ref().map_or_else(words::dash, words::percent);
    let mut parts = vec![format!(
        "`{name}`: {share} of the requests are throttled, {} million tokens a month in {} hours of it ({futures} futures). {}",
        words::amount(&millions(&found.throttled)),
        words::amount(&found.hours),
        headline(scenario, plan, found)
    )];
    if let Some(attempts) = &found.attempts {
        parts.push(format!("A request is tried {} times on average.", words::amount(attempts)));
    }
    parts.extend(late);
    parts.push(reasons(found).trim_fmt());
    if found.remedies.is_empty() {
        parts.push("Nothing that could be tried makes it less.".to_owned());
    } else {
        parts.push(remedies(scenario, plan, found).trim_fmt());
    }
    parts.join("\n\n")
}

/// The reason without which most would be served, and what in the user's hands helps most.
fn headline(scenario: &Scenario, plan: usize, found: &Explanation) -> String {
    // Bursts are part of nearly every throttling and in nobody's hands, so they are named where nothing else is to blame.
    let nameable = found.alone.iter().filter(|(reason, gone)| *reason != Reason::Bursts && gone.point >= WORTH_NAMING);
    let because = match nameable.max_by(|a, b| a.1.point.total_cmp(&b.1.point)) {
        Some((reason, gone)) => format!("{} of that would be served without {}.", words::whole_percent(gone.point), without(*reason)),
        None => found.reasons.first().map_or_else(String::new, |(reason, part)| {
            format!("{} of that {}.", words::whole_percent(part.point / found.throttled.point), comes_from(*reason))
        }),
    };
    match found.remedies.first() {
        Some(best) if best.removed.point > 0.0 => {
            let share = words::whole_percent(best.removed.point);
            format!("{because} Most would help: {}, which takes away {share}.", remedy(scenario, plan, best))
        }
        _ => because,
    }
}

/// A reason without which so much would be served is named first.
const WORTH_NAMING: f64 = 0.5;

fn without(reason: Reason) -> &'static str {
    match reason {
        Reason::Holds => "`max_tokens`, which requests hold from their start",
        Reason::Bursts => "bursts within the hour",
        Reason::Others => "other traffic on the quota",
        Reason::Outages => "units that are down",
        Reason::Incidents => "incidents of the provider",
        Reason::Retries => "clients that come back",
        Reason::Quota | Reason::Units => "a limit",
    }
}

fn comes_from(reason: Reason) -> &'static str {
    match reason {
        Reason::Holds => "comes from `max_tokens`, which requests hold from their start",
        Reason::Bursts => "comes from requests that do not come evenly within the hour",
        Reason::Others => "comes from other traffic on the quota",
        Reason::Outages => "comes from units that are down",
        Reason::Incidents => "comes from incidents of the provider",
        Reason::Retries => "comes from clients that come back",
        Reason::Quota => "comes from hours whose very mean is above the quota",
        Reason::Units => "comes from hours whose very mean is above what the units serve",
    }
}

fn reasons(found: &Explanation) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_header(["why", "million tokens a month", "of it", "gone without it"]);
    for (reason, part) in &found.reasons {
        let share = words::whole_percent(part.point / found.throttled.point);
        let gone = found.alone.iter().find(|(alone, _)| alone == reason);
        let gone = gone.map_or_else(words::dash, |(_, gone)| words::whole_percent(gone.point));
        table.add_row([label(*reason).to_owned(), words::amount(&millions(part)), share, gone]);
    }
    table.add_row(["all".to_owned(), words::amount(&millions(&found.throttled)), words::whole_percent(1.0), words::dash()]);
    align(&mut table);
    table
}

fn label(reason: Reason) -> &'static str {
    match reason {
        Reason::Holds => "hold: max_tokens from the start",
        Reason::Bursts => "burst: uneven within the hour",
        Reason::Others => "others on the quota",
        Reason::Outages => "outages of units",
        Reason::Incidents => "incidents of the provider",
        Reason::Retries => "retries",
        Reason::Quota => "quota: the hour's mean is above it",
        Reason::Units => "units: the hour's mean is above them",
    }
}

fn remedies(scenario: &Scenario, plan: usize, found: &Explanation) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_header(["what would help, each alone", "takes away", "requests then throttled"]);
    for each in &found.remedies {
        let left = each.throttled_share.as_ref().map_or_else(words::dash, words::percent);
        table.add_row([remedy(scenario, plan, each), words::percent(&each.removed), left]);
    }
    align(&mut table);
    table
}

/// A change, in words.
pub(super) fn remedy(scenario: &Scenario, plan: usize, remedy: &Remedy) -> String {
    match remedy.change {
        Change::MaxTokens(most) => {
            let mut named: Vec<f64> =
                scenario.supply.workloads.iter().filter_map(|workload| workload.max_tokens).filter(|&n| n > most).collect();
            named.sort_by(f64::total_cmp);
            named.dedup();
            let instead = match named.as_slice() {
                [] => String::new(),
                [only] => format!(" instead of {}", short(*only)),
                [first, .., last] => format!(" instead of {} to {}", short(*first), short(*last)),
            };
            format!("`max_tokens` of {}{instead}", short(most.floor()))
        }
        Change::Quota(factor) => format!("{} times the quota", short(factor)),
        Change::Units(factor) => {
            let commitments = scenario.supply.plans.get(plan).map_or(&[][..], |plan| plan.commitments.as_slice());
            let bought: f64 = commitments.iter().map(|commitment| commitment.units[0]).sum();
            let then = bought * factor;
            let noun = if then.to_bits() == 1.0_f64.to_bits() { "unit" } else { "units" };
            format!("{} {noun} instead of {}", short(then), short(bought))
        }
        Change::Retries(retry) => {
            format!("clients that try up to {} times, first after {} s", retry.attempts, short(retry.first))
        }
        Change::NoHolds => "no `max_tokens` held".to_owned(),
        Change::NoBursts => "requests spread evenly within the hour".to_owned(),
        Change::NoOthers => "a quota of its own".to_owned(),
        Change::NoRetries => "clients that do not come back".to_owned(),
        Change::NoOutages => "units that are never down".to_owned(),
        Change::NoIncidents => "no incidents".to_owned(),
    }
}

fn align(table: &mut Table) {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

fn millions(tokens: &Estimate) -> Estimate {
    Estimate { point: tokens.point / 1e6, standard_error: tokens.standard_error.map(|error| error / 1e6), ..*tokens }
}
