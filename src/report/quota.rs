//! The figures of a request for a higher quota, in words and a table.

use super::table::STYLE;
use super::words;
use crate::decision::{Percentile, QuotaAnswer, QuotaFigures, QuotaMonth, QuotaWish, RateFigure};
use crate::scenario::Scenario;
use crate::statistics::Estimate;
use crate::supply::short;
use crate::units::Share;
use comfy_table::{CellAlignment, Table};
use std::fmt::Write;

/// What to ask for, the figures of the form quota by quota, how they are meant, and what is left out.
#[must_use]
pub fn quota_answer(scenario: &Scenario, plan: usize, wish: QuotaWish, found: &QuotaAnswer) -> String {
    let name = scenario.supply.plans.get(plan).map_or("", |plan| plan.name.as_str());
    if found.quotas.is_empty() {
        return format!("`{name}` sends nothing to an on-demand offer, so there is no quota to ask for.");
    }
    let mut parts: Vec<String> = found.quotas.iter().filter_map(|quota| first(quota, found, wish)).collect();
    parts.extend(
        found.quotas.iter().map(|quota| format!("{}\n{}\n{}", title(quota, name), table(quota, found, wish), requests(quota, wish))),
    );
    parts.push(meaning(wish, found));
    parts.join("\n\n")
}

/// The answer for one quota in a sentence or three.
fn first(quota: &QuotaFigures, found: &QuotaAnswer, wish: QuotaWish) -> Option<String> {
    let offer = quota.offer.as_ref()?;
    let ask = quota.ask(false);
    let Some((tokens, largest)) = ask.or(quota.most_seen(false)).zip(quota.largest(|month| month.peak[0])) else {
        return Some(match quota.waiting.as_slice() {
            [] => format!("Nothing comes to `{offer}`, so no quota is needed there."),
            _ => format!("Nothing comes to `{offer}` minute by minute. {}", of_waiting(offer, quota, wish)),
        });
    };
    // Tokens and requests are told by the same futures.
    let requests = if ask.is_some() { quota.ask(true) } else { quota.most_seen(true) };
    let wanted = match requests {
        Some(requests) => format!("{} tokens and {} requests a minute", short(tokens), short(requests)),
        None => format!("{} tokens a minute", short(tokens)),
    };
    let more = match wish.growth {
        0.0 => String::new(),
        growth => format!(", with {} {} traffic than the scenario says", Share(growth.abs()), if growth > 0.0 { "more" } else { "less" }),
    };
    let held = Share(wish.percentile);
    let of_what = if quota.waiting.is_empty() { "" } else { " for what does not wait" };
    let has = |way: usize, needed: Option<f64>| quota.now[way].zip(needed).map(|(now, needed)| now.rate >= needed);
    let minutes = format!("all but {} of the minutes of {}, the largest month,", Share(found.peak_share), named(&largest.label));
    let stay = format!("stay below {} tokens{more}", percentile(&largest.peak[0]));
    let too_few = words::too_few(found.replications, found.replications_needed, wish.percentile);
    let with = if quota.now[0].is_some_and(|now| now.others > 0.0) { " with what others take" } else { "" };
    let mut text = match (ask, quota.now[0], has(0, ask), has(1, requests)) {
        (None, ..) => {
            format!("{too_few}. In the largest of them {minutes} {stay}, which comes to {wanted} on `{offer}`{with}.")
        }
        (_, Some(now), Some(true), None | Some(true)) => {
            let now = words::exact(now.rate);
            format!(
                "`{offer}` has enough{of_what}: {now} tokens a minute, where {wanted} would do: in {held} of the futures {minutes} {stay}."
            )
        }
        _ => format!("Ask for {wanted} on `{offer}`{of_what}: in {held} of the futures {minutes} {stay}."),
    };
    if !quota.waiting.is_empty() {
        text.extend([" ", &of_waiting(offer, quota, wish)]);
    }
    for (way, what) in ["tokens", "requests"].into_iter().enumerate() {
        let (Some(now), Some(exceeded)) = (quota.now[way], &quota.exceeded[way]) else { continue };
        let last = quota.months.last().and_then(|month| month.over[way]);
        let _ = write!(
            text,
            " The {} {what} a minute that it has now are exceeded in {} of the minutes of the last month, and in {} of all months by more than \
             {} of the minutes.",
            words::exact(now.rate),
            last.map_or_else(words::dash, |share| words::percent(&share)),
            words::frequency_of_months(exceeded),
            Share(found.peak_share),
        );
    }
    Some(text)
}

/// What is said of work that waits, which takes as much as it is given.
fn of_waiting(offer: &str, quota: &QuotaFigures, wish: QuotaWish) -> String {
    let in_time = quota.beside().map_or_else(
        || "No figure here counts it".to_owned(),
        |(month, rate)| {
            let held = month.waiting.and_then(|waiting| waiting.held());
            let futures = held.map_or_else(|| "in all futures seen".to_owned(), |_| format!("in {} of the futures", Share(wish.percentile)));
            format!(
                "A steady {} tokens a minute beside all else would have it done in time {futures} ({} takes most); the table does not count it",
                short(rate),
                named(&month.label)
            )
        },
    );
    format!(
        "The work of {} waits for what is left of `{offer}`: what it takes is what the quota gives, and a larger one makes less of it late. \
         {in_time}; `run` and `size` tell what is late under a quota, such as with `--set offer.{offer}.quota.rate=+50%`.",
        quota.waiting.join(", ")
    )
}

fn title(quota: &QuotaFigures, plan: &str) -> String {
    match &quota.offer {
        Some(offer) => format!("`{offer}`, for {} under `{plan}`, per minute:", quota.pool),
        None => "All of them, as if their minutes fell together, which is the most they can come to, per minute:".to_owned(),
    }
}

fn table(quota: &QuotaFigures, found: &QuotaAnswer, wish: QuotaWish) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    let is_held = quota.months.iter().any(|month| month.steady.iter().chain(&month.peak).any(|figure| figure.held().is_some()));
    let within = if is_held { format!("{} stay within", Share(wish.percentile)) } else { format!("largest of {}", found.replications) };
    let (first, last) = (quota.months.first(), quota.months.last());
    let several = quota.months.len() > 1;
    let mut header = vec![String::new()];
    if several {
        header.push(format!("mean\n{}", label(first)));
    }
    header.push(format!("mean\n{}", label(last)));
    header.push(format!("{within}\n{}", label(last)));
    if several {
        header.push(format!("{within}\nlargest month"));
    }
    header.extend(["now".to_owned(), "ask for".to_owned()]);
    table.set_header(header);
    let counted = if quota.weighted { "tokens as counted" } else { "tokens" };
    let ways = [(0, counted), (1, "tokens of all classes"), (2, "requests")];
    let is_told = |way: usize| match way {
        0 => quota.offer.is_some(),
        1 => quota.offer.is_none() || quota.weighted,
        _ => quota.has_requests,
    };
    for (way, what) in ways.into_iter().filter(|(way, _)| is_told(*way)) {
        for peak in [false, true] {
            let figure = |month: &QuotaMonth| if peak { month.peak[way] } else { month.steady[way] };
            let mean = |month: Option<&QuotaMonth>| month.map_or_else(words::dash, |month| words::amount(&figure(month).mean));
            let within = |month: Option<&QuotaMonth>| month.map_or_else(words::dash, |month| percentile(&figure(month)));
            let mut row = vec![format!("{} {what}", if peak { "peak" } else { "steady" })];
            if several {
                row.push(mean(first));
            }
            row.extend([mean(last), within(last)]);
            if several {
                row.push(within(quota.largest(figure)));
            }
            let limit = [Some(0), None, Some(1)][way].filter(|_| peak && quota.offer.is_some());
            row.push(limit.and_then(|limit| quota.now[limit]).map_or_else(words::dash, |now| words::exact(now.rate)));
            row.push(limit.and_then(|limit| quota.ask(limit == 1)).map_or_else(words::dash, short));
            table.add_row(row);
        }
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

fn label(month: Option<&QuotaMonth>) -> String {
    month.map_or_else(String::new, |month| named(&month.label))
}

/// Months without a calendar have a number alone.
fn named(label: &str) -> String {
    if label.bytes().all(|c| c.is_ascii_digit()) { format!("month {label}") } else { label.to_owned() }
}

fn requests(quota: &QuotaFigures, wish: QuotaWish) -> String {
    let [input, cached, output] = &quota.per_request;
    if !quota.has_requests {
        return "How many requests these tokens are is not known.".to_owned();
    }
    if !(input.point.is_finite() && output.point.is_finite()) {
        return "No requests come to it.".to_owned();
    }
    let read = if cached.point > 0.0 { format!(" ({} of them read from the cache)", words::amount(cached)) } else { String::new() };
    let long = match quota.long {
        Some(share) => format!("{}% have more than {} of input", words::significant(100.0 * share), short(wish.long_prompt)),
        None => format!("how many have more than {} of input is not known", short(wish.long_prompt)),
    };
    format!("A request has {} input tokens{read} and {} output tokens; {long}.", words::amount(input), words::amount(output))
}

/// What the figures mean, and what they leave out.
fn meaning(wish: QuotaWish, found: &QuotaAnswer) -> String {
    let mut text = format!(
        "Steady is what half of a month's minutes stay below, peak what all but {} of them do ([report] peak_percentile); minutes, not hours. \
         A month's figures differ from future to future: the mean of them, and what {} of the futures stay within. They are of what reaches \
         the quota before it refuses anything, after the units of the plan; the scenario's own growth is in them. \"Ask for\" is the peak of \
         the largest month and what others take, rounded up to two digits.",
        Share(found.peak_share),
        Share(wish.percentile),
    );
    if found.quotas.iter().any(|quota| quota.months.iter().any(|month| month.peak[2].held().is_none())) {
        let too_few = words::too_few(found.replications, found.replications_needed, wish.percentile);
        let _ = write!(text, " Figures after ~ are the largest of the futures seen: {too_few}.");
    }
    let [waits, retries, batch] = found.aside;
    let left_out = [
        (waits, "work that waits for what is left of the quota"),
        (retries, "second attempts of clients that come back"),
        (batch, "what goes to batch"),
    ];
    let left_out: Vec<&str> = left_out.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect();
    if !left_out.is_empty() {
        let _ = write!(text, " Not in them: {}.", left_out.join(", "));
    }
    text
}

/// With the error that its interval tells, a quarter of its width; or the largest of futures that are too few.
fn percentile(figure: &RateFigure) -> String {
    let Percentile { point, interval } = figure.percentiles[3];
    match interval.map(|(low, high)| (high - low) / 4.0) {
        Some(error) => words::amount(&Estimate { point, standard_error: Some(error), n: 2 }),
        None => {
            let rounded = format!("{:.1e}", figure.largest).parse::<f64>();
            rounded.map_or_else(|_| words::dash(), |rounded| format!("~{rounded}"))
        }
    }
}
