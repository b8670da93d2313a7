//! What a reader of the answer must know beside it: throttling that `max_tokens` causes, trouble too rare to be seen, windows of work that were
//! too small for a batch job.

use super::{Report, explain, words};
use crate::decision::{Precise, PreciseOf, Rare};
use crate::demand::Workload;
use crate::statistics::{Distribution, STREAM_ERROR};
use crate::tally::{Metric, Row, Span};

/// One sentence for each thing worth knowing; most runs have none.
#[must_use]
pub fn notes(report: &Report<'_>) -> Vec<String> {
    let mut told = by_max_tokens(report);
    told.extend(of_the_first(report));
    told.extend(report.provenance.precision.map(|precise| as_precise(&precise, report.provenance.replications)));
    told.extend(stranded(report));
    told.extend(owed_late(report));
    told.extend(policies(report));
    told.extend(report.rare.map(|rare| rarely(report, rare)));
    let plans = &report.scenario.supply.plans;
    for (index, plan) in plans.iter().enumerate() {
        // Units change nothing about it, so a sweep is told once.
        if plans[..index].iter().any(|before| before.base == plan.base) {
            continue;
        }
        for pool in 0..plan.pools.len() {
            told.extend(too_small(report, index, pool));
        }
    }
    told
}

/// What plans to buy, and the next best, owe for longer because they start later.
fn owed_late(report: &Report<'_>) -> Vec<String> {
    let mut plans: Vec<usize> =
        report.judgement.leaders.iter().flat_map(|leader| [Some(leader.plan), leader.runner_up]).flatten().collect();
    plans.sort_unstable();
    plans.dedup();
    let told = |plan: usize| {
        let owed = report.outcome.owed_late(report.scenario, plan);
        (owed > 0.0).then(|| {
            format!(
                "`{}` starts after the first month and owes {} {} after the horizon, which is no part of its spend: it is ranked, and held against a \
                 budget, with that, spread over the months.",
                report.scenario.supply.plans[plan].name,
                words::exact(owed),
                report.scenario.currency.code()
            )
        })
    };
    plans.into_iter().filter_map(told).collect()
}

/// That schedules of purchases are no plans.
fn policies(report: &Report<'_>) -> Option<String> {
    let names: Vec<String> = report.scenario.policies.iter().map(|policy| format!("`{}`", policy.name)).collect();
    let [noun, verb, them] = if names.len() == 1 { ["policy", "is", "it"] } else { ["policies", "are", "them"] };
    (!names.is_empty())
        .then(|| format!("The {noun} {} {verb} no part of this run: `tokentide schedule` simulates {them}.", names.join(", ")))
}

/// How precise a run is that was to be so precise.
fn as_precise(precise: &Precise, replications: u64) -> String {
    let figure = match precise.asked.of {
        PreciseOf::P95 => "P95 of the best plan's spend",
        PreciseOf::Difference => "The mean difference between the best plan and the next",
    };
    let asked = precise.asked.share * 100.0;
    let Some(share) = precise.share else {
        return format!(
            "{figure} has no interval at {replications} replications, so that it is not known how many ±{asked:.2}% would take."
        );
    };
    let known = format!("{figure} is known to ±{:.2}% at {replications} replications", share * 100.0);
    match precise.needed {
        Some(needed) => format!("{known}; ±{asked:.2}% would take about {}.", about(needed)),
        None => format!("{known}, as asked."),
    }
}

/// A number of replications in two digits, rounded up.
pub(super) fn about(replications: f64) -> String {
    let step = libm::pow(10.0, (libm::log10(replications.max(10.0))).floor() - 1.0);
    format!("{:.0}", (replications / step).ceil() * step)
}

/// What a run rests on that is too long to keep its samples.
fn of_the_first(report: &Report<'_>) -> Option<String> {
    let (kept, all) = (report.outcome.replications(), report.provenance.replications);
    (!report.outcome.keeps_all()).then(|| {
        format!(
            "Of {all} replications the samples of the first {kept} are kept: plans are compared with each other on these. Percentiles and the \
             mean of the tail are of all, each to within {:.1}% of itself.",
            STREAM_ERROR * 100.0
        )
    })
}

/// How many of the hours whose order of things may matter were walked in steps of seconds, over all plans; `None` where there are none.
#[must_use]
pub fn hours_walked(report: &Report<'_>) -> Option<String> {
    let scenario = report.scenario;
    let (mut walked, mut all) = (0.0, 0.0);
    for (index, plan) in scenario.supply.plans.iter().enumerate() {
        let Some(column) = report.outcome.column(scenario, index, Row::All, Span::Horizon, Metric::RefinedHours) else { continue };
        let pools = plan.pools.iter().filter(|pool| scenario.supply.groups[pool.group].is_walked()).count();
        walked += column.iter().sum::<f64>();
        all += (pools * scenario.horizon.hours() * column.len()) as f64;
    }
    (all > 0.0).then(|| format!("{} of the hours walked in seconds", words::whole_percent(walked / all)))
}

/// Below this share of what is throttled, `max_tokens` is not what to look at.
const WORTH_TELLING: f64 = 0.05;

/// One line for all plans of which the same is true: those that share the pool.
fn by_max_tokens(report: &Report<'_>) -> Vec<String> {
    let mut told: Vec<(Vec<String>, String)> = Vec::new();
    for held in report.held.iter().filter(|held| held.removed.point >= WORTH_TELLING) {
        let Some(plan) = report.scenario.supply.plans.get(held.plan) else { continue };
        let lower = held.remedy.as_ref().map_or_else(String::new, |remedy| {
            let change = explain::remedy(report.scenario, held.plan, remedy);
            format!("; {change} would do so for {}", words::percent(&remedy.removed))
        });
        let share = words::percent(&held.removed);
        let text = format!(
            "{share} of the tokens throttled would be served if requests did not hold `max_tokens` from their start{lower}. \
             `tokentide explain` tells more."
        );
        let name = format!("`{}`", plan.name);
        match told.iter_mut().find(|(_, known)| *known == text) {
            Some((names, _)) => names.push(name),
            None => told.push((vec![name], text)),
        }
    }
    told.into_iter().map(|(names, text)| format!("{}: {text}", names.join(", "))).collect()
}

/// Trouble that the run hardly saw, as importance sampling finds it.
fn rarely(report: &Report<'_>, rare: &Rare) -> String {
    let name = report.scenario.supply.plans.get(rare.plan).map_or("", |plan| plan.name.as_str());
    format!(
        "`{name}` breaks the limits in about {} of the months ({}): {} replications that were led to where it does.",
        percent(rare.share.point),
        how_surely(rare),
        rare.replications
    )
}

/// The interval, or why there is none.
fn how_surely(rare: &Rare) -> String {
    match rare.interval {
        Some((low, high)) => format!("95% interval {} to {}", percent(low), percent(high)),
        None if rare.led => format!("of which {:.0} effective samples tell nothing surer", rare.effective.floor()),
        None => "without an interval, as what could not be led there (walks, events, outages) may have a part in it".to_owned(),
    }
}

fn percent(share: f64) -> String {
    format!("{}%", words::significant(100.0 * share))
}

/// The cheapest plans that bind themselves are enough; the others are in the files.
const STRANDED_PLANS: usize = 2;

/// What may be paid for nothing, where something may come that strands it: a price cut, or an event that may not come or come late.
fn stranded(report: &Report<'_>) -> Vec<String> {
    let scenario = report.scenario;
    let cuts = scenario.supply.price_cuts.iter().any(|cuts| !cuts.is_empty());
    if !cuts && !scenario.demand.workloads.iter().any(Workload::is_uncertain) {
        return Vec::new();
    }
    let of_plan = |&plan: &usize| {
        let recipe = report.outcome.recipe(scenario, plan, Row::All, Span::Horizon, Metric::Stranded)?;
        let stranded = report.outcome.distribution(&recipe).filter(|stranded| stranded.mean > 0.0)?;
        let name = scenario.supply.plans.get(plan).map_or("", |plan| plan.name.as_str());
        Some(format!(
            "`{name}`: {} {} of what it binds itself to over the horizon is worth nothing (P5–P95 {}): units that stand idle, or serve what costs \
             less on demand by then.",
            words::mean(Some(&stranded)),
            scenario.currency,
            words::range(Some(&stranded))
        ))
    };
    let mut plans: Vec<usize> = (0..scenario.supply.plans.len()).collect();
    let cost = |plan: &usize| report.judgement.standings[*plan].objective.point;
    plans.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
    plans.iter().filter_map(of_plan).take(STRANDED_PLANS).collect()
}

fn too_small(report: &Report<'_>, plan: usize, pool: usize) -> Option<String> {
    let scenario = report.scenario;
    let months = scenario.horizon.months() as f64;
    let a_month = |metric| -> Option<Distribution> {
        let recipe = report.outcome.recipe(scenario, plan, Row::Pool(pool), Span::Horizon, metric)?;
        report.outcome.distribution(&recipe.over(months)).filter(|distribution| distribution.mean > 0.0)
    };
    let windows = a_month(Metric::WindowsBelowMinimum)?;
    let requests = a_month(Metric::RequestsBelowMinimum);
    let choice = &scenario.supply.plans[plan];
    let members = &scenario.supply.groups[choice.pools[pool].group].members;
    let ends = |empty: bool| members.iter().any(|member| member.batch.is_some() && member.route.is_empty() == empty);
    let fate = match (ends(false), ends(true)) {
        (true, false) => "went to the next offer of the route",
        (false, _) => "were throttled",
        (true, true) => "went to the next offer of the route, and were throttled where there is none",
    };
    Some(format!(
        "`{}`: {} windows a month had too few records for a batch job; their {} requests {fate}.",
        choice.base,
        words::mean(Some(&windows)),
        words::mean(requests.as_ref())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Estimate;

    #[test]
    fn why_rare_trouble_has_no_interval() {
        let share = Estimate { point: 1e-5, standard_error: Some(1e-6), n: 16 };
        let rare = |interval, led| Rare { plan: 0, share, interval, led, replications: 4096, effective: 812.7 };
        assert_eq!(how_surely(&rare(Some((0.0, 2e-5)), true)), "95% interval 0% to 0.002%");
        assert_eq!(how_surely(&rare(None, true)), "of which 812 effective samples tell nothing surer");
        assert!(how_surely(&rare(None, false)).starts_with("without an interval, as what could not be led"));
    }
}
