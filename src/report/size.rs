//! What to buy, in words and tables: the plan, whether the run can tell it from others, unit by unit, and what less throttling costs.

use super::answer::{Question, verdict, would_tell, would_tell_of_budget};
use super::headline::cheaper;
use super::table::STYLE;
use super::{Report, words};
use crate::decision::{ByHours, Goal, Leader, Missed, PoolSteps, Requirement, Sizing, UnitStep, Verdict, Wish, objective_samples};
use crate::statistics::{Estimate, Paired};
use crate::supply::short;
use crate::tally::Span;
use crate::units::Share;
use comfy_table::{CellAlignment, Table};

/// The answer: a paragraph for each leader, and what was looked at.
#[must_use]
pub fn sizing_answer(report: &Report<'_>, sizing: &Sizing, wish: Wish<'_>) -> String {
    let judgement = &sizing.judgement;
    let mut parts = Vec::new();
    if judgement.within_terms {
        parts.push("The horizon is shorter than the longest term, so plans are ranked within a term only.".to_owned());
    }
    let cheapest = report.cheapest();
    for ((leader, found), steps) in judgement.leaders.iter().zip(&sizing.verdicts).zip(&sizing.steps) {
        let mut text = match &leader.term {
            Some(term) if judgement.within_terms => format!("Term {term}: "),
            _ => String::new(),
        };
        let over_budget = wish.criterion.budget.filter(|_| !found.affordable).map(|(budget, share)| over_budget(report, budget, share));
        text += &verdict(report, leader, cheapest, Question::Size(over_budget));
        let ends = at_the_end(steps).filter(|_| leader.qualified);
        sentences(report, wish, leader, found).into_iter().chain(ends).for_each(|sentence| text.extend([" ", &sentence]));
        parts.push(text);
    }
    if wish.criterion.goal == Goal::P95 {
        parts.push(
            "Plans are ranked and compared by a P95 that is smoothed over neighbouring ranks; percentiles of the table are not.".to_owned(),
        );
    }
    parts.push(looked_at(sizing));
    parts.extend(sizing.by_hours.iter().map(by_hours));
    if !sizing.via_batch.is_empty() {
        parts.push(format!("Beside the routes of the file, work that may wait was sent to batch: {}.", sizing.via_batch.join(", ")));
    }
    if !sizing.not_via_batch.is_empty() {
        parts.push(format!("Not looked at: {}.", sizing.not_via_batch.join("; ")));
    }
    parts.join("\n")
}

/// That no plan stays within the budget.
fn over_budget(report: &Report<'_>, budget: f64, share: f64) -> String {
    let keeps = if report.scenario.limits.any() { " that keeps the limits" } else { "" };
    let currency = report.scenario.currency.code();
    format!("No plan{keeps} stays within the budget of {} {currency} a month in {} of the futures", short(budget), Share(share))
}

fn sentences(report: &Report<'_>, wish: Wish<'_>, leader: &Leader, found: &Verdict) -> Vec<String> {
    let scenario = report.scenario;
    let name = |plan: usize| scenario.supply.plans.get(plan).map_or("", |plan| plan.name.as_str());
    let currency = scenario.currency.code();
    let mut all = Vec::new();
    let within = |plan| wish.criterion.within(&objective_samples(scenario, report.outcome, plan), scenario.sampling);
    let asked = wish.criterion.budget.map_or(0.0, |(_, asked)| asked);
    if let (Some((budget, _)), Some(within)) = (wish.criterion.budget, within(leader.plan)) {
        let often = words::frequency(&within);
        let mut text = format!("It stays within {} {currency} a month in {often} of the futures ({} asked)", short(budget), Share(asked));
        if found.unsure == Some(Requirement::Budget) && found.missed.is_none() {
            text += &format!("; whether in as many as asked is within the error of this run: {}", would_tell_of_budget(&within, asked));
        } else {
            text += ".";
        }
        all.push(text);
    }
    if !leader.qualified {
        return all;
    }
    let goal = match wish.criterion.goal {
        Goal::Mean => String::new(),
        goal => format!(" in its {}", goal.name()),
    };
    let spend = report.judgement.standings.get(leader.plan).map_or(0.0, |standing| standing.objective.point.abs());
    let ties = |lead: &Estimate| lead.standard_error.is_some() && lead.point.abs() <= words::ROUNDING * spend.max(1.0);
    let kept = match (found.affordable, scenario.limits.any()) {
        (true, _) => "that kept what was asked in this run",
        (false, true) => "that kept the limits in this run",
        (false, false) => "that were looked at",
    };
    if let (Some(other), Some(lead)) = (leader.runner_up, &found.lead) {
        let spread = against(report, leader.plan, other);
        let (other, by) = (name(other), words::amount(lead));
        all.push(match (found.settled && !ties(lead), found.needed) {
            _ if lead.standard_error.is_none() && report.outcome.replications() == 1 => {
                format!("The next best, `{other}`, costs {by} {currency} a month more{goal}, in the one future seen.")
            }
            _ if lead.standard_error.is_none() => {
                format!("The next best, `{other}`, costs {by} {currency} a month more{goal}; so few futures do not tell the error of that.")
            }
            (true, _) => format!("The next best, `{other}`, costs {by} {currency} a month more{goal}{spread}."),
            (false, Some(needed)) => format!(
                "Too close to call against `{other}`: {by} {currency} a month lie between them{goal}{spread}; about {} replications would tell.",
                rounded_up(needed)
            ),
            (false, None) => format!("`{other}` costs the same{goal}, as far as can be told: neither of the two is better."),
        });
    }
    if found.lead.is_none() {
        all.push("No other plan that was looked at keeps what was asked.".to_owned());
    }
    if let Some(Missed { plan, of, share }) = found.missed {
        let (keeps, tell) = match of {
            Requirement::Limits => {
                let tell = report.judgement.standings.get(plan).map_or_else(String::new, |standing| format!("; {}", would_tell(standing)));
                (format!("keeps the limits in {:.1}% of the months", 100.0 * share), tell)
            }
            Requirement::Budget => {
                let tell = within(plan).map_or_else(String::new, |within| format!("; {}", would_tell_of_budget(&within, asked)));
                (format!("stays within the budget in {:.1}% of the futures", 100.0 * share), tell)
            }
        };
        all.push(format!(
            "`{}` is cheaper{goal} and {keeps}: less than asked by no more than the error of this run, so it may be the one to buy{tell}",
            name(plan),
        ));
    }
    if let Some(most) = found.indifference {
        all.push(if most > 0.0 {
            let most = words::to_digits_of(Some(0.05 * most), most);
            format!(
                "With 95% confidence it costs at most {most} {currency} a month more{goal} than the truly best that keeps {}.",
                if found.affordable { "what was asked" } else { "the limits" }
            )
        } else if found.lead.as_ref().is_some_and(ties) {
            format!("With 95% confidence none of those {kept} is better{goal}.")
        } else {
            format!("With 95% confidence it is the truly best{goal} of those {kept}.")
        });
    }
    all
}

/// What another plan costs more future by future, and how often.
fn against(report: &Report<'_>, plan: usize, other: usize) -> String {
    let samples = |plan| objective_samples(report.scenario, report.outcome, plan);
    let paired = Paired::by(&samples(plan), &samples(other), report.outcome.method(Span::Horizon));
    paired.map_or_else(String::new, |paired| {
        let often = words::frequency(&cheaper(&paired));
        let spread = words::spread([-paired.p95, -paired.p05], ["more", "less"]);
        spread.strip_suffix(')').map_or_else(String::new, |spread| format!("{spread}; more in {often} of the futures)"))
    })
}

/// Offers of which the plan buys as many units as were looked at.
fn at_the_end(steps: &[PoolSteps]) -> Option<String> {
    let is_last = |line: &&PoolSteps| line.bought > 0.0 && line.steps.last().is_some_and(|step| step.units.1 <= line.bought);
    let in_windows = |offer: &str| steps.iter().any(|line| line.offer == offer && line.hours.is_some());
    let name = |line: &PoolSteps| match line.hours {
        Some(window) => format!("`{}` on {window}", line.offer),
        None if in_windows(&line.offer) => format!("`{}` all week long", line.offer),
        None => format!("`{}`", line.offer),
    };
    let mut names: Vec<String> = steps.iter().filter(is_last).map(name).collect();
    names.dedup();
    (!names.is_empty()).then(|| format!("More units of {} were not looked at, and may be cheaper.", names.join(" and ")))
}

/// Two digits, up.
fn rounded_up(number: f64) -> String {
    let place = libm::pow(10.0, (libm::log10(number).floor() - 1.0).max(0.0));
    short((number / place).ceil() * place)
}

fn looked_at(sizing: &Sizing) -> String {
    // Each term looks at what buys nothing, and mixes of terms at what they leave out.
    let (all, looked) = (sizing.combinations, (sizing.looked_at as f64).min(sizing.combinations));
    let plans = if all < 1e6 { format!("{all:.0}") } else { format!("{all:.2e}") };
    let rest = if sizing.stopped {
        "the search stopped there, so a better one may have been left out".to_owned()
    } else {
        "no other can be better, as pools' spends add and each was taken in the order of the least it can come to".to_owned()
    };
    format!("{} choices of the pools make {plans} plans; {looked} were looked at, and {rest}.", sizing.choices)
}

/// What was looked at of units by the hour of the week, or what was not.
fn by_hours(told: &ByHours) -> String {
    match told {
        ByHours::LookedAt { offer, pool, windows, note } => {
            format!(
                "Units of `{offer}` for {pool} by the hour of the week, from the first month on and on top of those that are there all week \
                 long: {windows} ({note})."
            )
        }
        ByHours::NotLookedAt { offer, pool, window, .. } => format!(
            "Units of `{offer}` for {pool} by the hour of the week were not looked at. In the mean week, which knows neither limits nor other \
             weeks, some on {window} would pay better than on any term: `--hours {offer}` looks at them."
        ),
    }
}

/// Unit by unit, for one offer of one pool; the row that ends at what the plan buys is marked.
#[must_use]
pub fn steps_table(line: &PoolSteps, currency: &str) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    let saves = format!("saves\n{currency} a month");
    table.set_header(vec!["", "units", &saves, "pays in", "requests\nthrottled", "used"]);
    for step in around(line) {
        let (from, to) = step.units;
        let mark = if to.to_bits() == line.bought.to_bits() { "bought" } else { "" };
        let share = |share: f64| words::percent(&Estimate { point: share, standard_error: None, n: 1 });
        table.add_row(vec![
            mark.to_owned(),
            format!("{} → {}", short(from), short(to)),
            words::amount(&step.saving),
            words::frequency(&step.pays),
            format!("{} → {}", three_digits(&share, step.throttled.0), three_digits(&share, step.throttled.1)),
            step.utilisation.map_or_else(words::dash, words::whole_percent),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let axis = line.axis.map_or_else(String::new, |axis| format!(", {axis} with the other axis as it is,"));
    let term = match &line.hours {
        Some(hours) => hours.to_string(),
        None if line.term == crate::units::Term::NONE => "by the hour".to_owned(),
        None => line.term.to_string(),
    };
    format!("Unit by unit, `{}`{axis} for {} ({term}):\n{}", line.offer, line.pool, table.trim_fmt())
}

/// The steps around what the plan buys.
fn around(line: &PoolSteps) -> &[UnitStep] {
    const BEFORE: usize = 4;
    const SHOWN: usize = 7;
    let bought = line.steps.iter().filter(|step| step.units.1 <= line.bought).count();
    let first = bought.saturating_sub(BEFORE).min(line.steps.len().saturating_sub(SHOWN));
    &line.steps[first..(first + SHOWN).min(line.steps.len())]
}

fn three_digits(percent: &dyn Fn(f64) -> String, share: f64) -> String {
    let rounded: f64 = format!("{share:.2e}").parse().unwrap_or(share);
    percent(rounded)
}

/// What each further nine of throttling costs under a leader's group of plans.
#[must_use]
pub fn nines_table(sizing: &Sizing, leader: usize) -> Option<String> {
    // What mixes terms has no curve of its own.
    let nines = sizing.nines.get(leader).filter(|nines| !nines.is_empty())?;
    let currency = sizing.scenario.currency.code();
    let mut table = Table::new();
    table.load_style(STYLE);
    let cost = format!("{currency} a month");
    table.set_header(vec!["throttled\nat most", "cheapest plan", &cost, "more than\nthe row above", "throttled"]);
    for nine in nines {
        let error = |estimate: &Estimate| estimate.standard_error.is_some_and(|error| estimate.point + 1.96 * error > nine.share);
        let within = nine.throttled.as_ref().filter(|throttled| error(throttled)).map_or("", |_| " (within error)");
        table.add_row(vec![
            Share(nine.share).to_string(),
            nine.plan.clone().unwrap_or_else(|| "none of those looked at".to_owned()),
            nine.cost.as_ref().map_or_else(words::dash, words::amount),
            nine.more.as_ref().map_or_else(words::dash, words::amount),
            nine.throttled.as_ref().map_or_else(words::dash, |throttled| words::percent(throttled) + within),
        ]);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let term = sizing.judgement.leaders.get(leader).and_then(|leader| leader.term.as_ref()).filter(|_| sizing.judgement.within_terms);
    let term = term.map_or_else(String::new, |term| format!(" (term {term})"));
    Some(format!(
        "What less throttling costs{term}, by the mean share of the requests of the worst pool, other limits aside:\n{}",
        table.trim_fmt()
    ))
}
