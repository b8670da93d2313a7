//! The sentence of answer: what to buy, what that costs, and how sure it is.

use super::breakeven::expected_utilisation;
use super::headline::cheaper;
use super::notes::about;
use super::{Headline, Report, words};
use crate::decision::{Leader, PlanStanding};
use crate::scenario::Scenario;
use crate::statistics::{CONFIDENCE, Proportion};
use crate::supply::Plan;
use crate::units::Share;

/// One sentence, or one for each group of plans that may be compared with each other.
#[must_use]
pub fn answer(report: &Report<'_>) -> String {
    let judgement = report.judgement;
    let cheapest = report.cheapest();
    let mut parts = Vec::new();
    if !report.provenance.is_complete() {
        let provenance = report.provenance;
        parts.push(format!(
            "Interrupted: these are the figures of the first {} of {} replications.",
            provenance.replications, provenance.replications_asked
        ));
    }
    if judgement.within_terms {
        parts.push(format!(
            "The horizon of {} is shorter than the longest term, so plans are ranked within a term only.",
            months(report.scenario.horizon.months())
        ));
    }
    for leader in &judgement.leaders {
        let sentence = sentence(report, leader, cheapest);
        parts.push(match (&leader.term, judgement.within_terms) {
            (Some(term), true) => format!("Term {term}: {sentence}"),
            _ => sentence,
        });
    }
    parts.join("\n")
}

/// What to buy and how sure that is, with what the plans of the file leave open.
fn sentence(report: &Report<'_>, leader: &Leader, cheapest: usize) -> String {
    let mut text = verdict(report, leader, cheapest, Question::Run);
    if buys_the_most(&report.scenario.supply.plans, leader.plan) {
        let more = if leader.qualified { "more may be cheaper" } else { "more may keep the limits" };
        text.extend([" No plan of its sweep buys more units; ", more, "."]);
    }
    if let Some(utilisation) = expected_utilisation(report.scenario, leader.plan).filter(|utilisation| *utilisation > 1.0) {
        let percent = utilisation * 100.0;
        text += &format!(" Its units never pay by themselves: even full they cost {percent:.0}% of the same tokens on demand.");
    }
    text
}

/// What was asked: what the plans of a file come to, or which to buy.
pub(super) enum Question {
    Run,
    /// With what no plan keeps beside the limits. The next best is told of apart.
    Size(Option<String>),
}

/// What to buy, what it costs, and how sure that is.
pub(super) fn verdict(report: &Report<'_>, leader: &Leader, cheapest: usize, question: Question) -> String {
    let scenario = report.scenario;
    let limits = stated(scenario);
    let name = |plan: usize| scenario.supply.plans.get(plan).map_or("", |plan| plan.name.as_str());
    let best = Headline::new(report, leader.plan, cheapest);
    let cost = format!("{} {} a month", words::mean(best.cost_total.as_ref()), scenario.currency);
    let kept = words::frequency_of_months(&best.standing.months_kept);
    // Names of a sweep say how many units there are, and that it is none is easily overread.
    let idle = scenario.supply.plans.get(leader.plan).is_some_and(Plan::is_idle_of_a_sweep);
    let named = format!("`{}`{}", name(leader.plan), if idle { " (no units)" } else { "" });
    let names_next = matches!(question, Question::Run);
    let mut text = if let (true, Question::Size(Some(kept_by_none))) = (leader.qualified, question) {
        format!("{kept_by_none}; the best without that is {named}: {cost}")
    } else if leader.qualified {
        let buys = scenario.supply.plans.get(leader.plan).is_some_and(|plan| !plan.buys_nothing());
        let verb = match (leader.plan == scenario.baseline, buys) {
            (true, _) => "Stay with",
            (false, true) => "Buy",
            (false, false) => "Use",
        };
        format!("{verb} {named}: {cost}")
    } else {
        format!("No plan keeps the limits{limits}; the least bad is {named}, which keeps them in {kept} of the months: {cost}")
    };
    if let Some(paired) = &best.against_baseline {
        let difference = -paired.mean_difference.point;
        let (size, word) = if difference < 0.0 { (-difference, "more") } else { (difference, "less") };
        let size = crate::statistics::Estimate { point: size, ..paired.mean_difference };
        let (size, often) = (words::amount(&size), words::frequency(&cheaper(paired)));
        let spread = words::spread([-paired.p95, -paired.p05], ["less", "more"]);
        text.extend([
            ", ",
            &size,
            " ",
            word,
            " than `",
            name(scenario.baseline),
            "`",
            &spread,
            " and cheaper in ",
            &often,
            " of the futures",
        ]);
    } else if let Some(runner_up) = leader.runner_up.filter(|_| leader.qualified && names_next) {
        let second = Headline::new(report, runner_up, leader.plan);
        if let Some(paired) = &second.against_cheapest {
            let (more, spread) = (words::amount(&paired.mean_difference), words::spread([paired.p05, paired.p95], ["more", "less"]));
            text.extend(["; the next best, `", name(runner_up), "`, costs ", &more, " more", &spread]);
        }
    }
    match &best.requests_throttled_share {
        Some(share) => text.extend(["; ", &words::mean_share(Some(share)), " of its requests are throttled"]),
        None => text += "; no requests come",
    }
    if let Some(missed) = &best.deadline_missed {
        text.extend([", ", &words::mean_frequency(Some(missed)), " of its jobs are late"]);
    }
    if leader.qualified && scenario.limits.any() {
        text.extend([" and ", &kept, " of its months keep the limits", &limits]);
    }
    text.push('.');
    if best.standing.within_error {
        text += " Whether it keeps the limits is within the error of this run; ";
        text += &would_tell(&best.standing);
    }
    text
}

/// More replications than this are beyond reason.
const MOST: f64 = 1_048_576.0;

/// What it takes to tell whether a plan keeps the limits.
pub(super) fn would_tell(standing: &PlanStanding) -> String {
    let kept = &standing.months_kept;
    let needed = needed((kept.estimate().point, standing.asked), kept.interval(CONFIDENCE), kept.clusters());
    needed.unwrap_or_else(|| {
        "it keeps them in so nearly the share of months asked for that even a million replications may not tell.".to_owned()
    })
}

/// What it takes to tell whether so many of the futures stay within the budget as asked.
pub(super) fn would_tell_of_budget(within: &Proportion, asked: f64) -> String {
    let needed = needed((within.share(), asked), within.interval(CONFIDENCE), within.n);
    needed
        .unwrap_or_else(|| "it does in so nearly the share of futures asked for that even a million replications may not tell.".to_owned())
}

/// How many replications would tell a share from the share asked for, were both where they are now: the interval shrinks with the root of their
/// number. `None` beyond reason.
fn needed((share, asked): (f64, f64), interval: Option<(f64, f64)>, replications: u64) -> Option<String> {
    let (low, high) = interval?;
    let distance = share - asked;
    let reach = if distance > 0.0 { share - low } else { high - share };
    let needed = replications as f64 * (reach / distance) * (reach / distance);
    (needed <= MOST).then(|| format!("at the present distance about {} replications would tell.", about(needed)))
}

/// The limits, in brackets; nothing where there are none.
fn stated(scenario: &Scenario) -> String {
    let limits = &scenario.limits;
    let throttled = limits.throttled_requests_share.map(|share| format!("{} throttled", Share(share)));
    let missed = limits.missed_deadlines_share.map(|share| format!("{} of a month's jobs late", Share(share)));
    let hours = limits.throttled_hours.map(|hours| format!("{} hours of a month with throttling", crate::supply::short(hours)));
    let all: Vec<String> = throttled.into_iter().chain(missed).chain(hours).collect();
    if all.is_empty() {
        return String::new();
    }
    format!(" (at most {} in {} of the months)", all.join(" and "), Share(limits.in_share_of_months))
}

/// Whether a plan of a sweep over units stands at its upper end, with one offer's units at least.
fn buys_the_most(plans: &[Plan], plan: usize) -> bool {
    let Some(own) = plans.get(plan) else { return false };
    let units = |plan: &Plan| plan.commitments.iter().flat_map(|commitment| commitment.units).collect::<Vec<f64>>();
    let swept: Vec<Vec<f64>> = plans.iter().filter(|other| other.base == own.base).map(units).collect();
    units(own).iter().enumerate().any(|(place, &most)| {
        let others = || swept.iter().filter_map(|units| units.get(place));
        others().all(|&other| other <= most) && others().any(|&other| other < most)
    })
}

/// `1 month`, `6 months`.
fn months(number: usize) -> String {
    if number == 1 { "1 month".to_owned() } else { format!("{number} months") }
}
