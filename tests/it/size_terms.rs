//! What to buy for two pools on several terms: against every plan written out and judged, term by term and mixed, also those that may keep the limits.

use std::path::Path;
use tokentide::decision::{Criterion, Judgement, Requirement, Sizing, Wish, judge, size};
use tokentide::scenario::{Scenario, parse, parse_open};
use tokentide::simulation::{RunSpec, run};
use tokentide::supply::Candidates;
use tokentide::tally::Columns;

/// Two workloads that nothing joins; some plans keep the limits in about the share of months that is asked for. The longest term outlives the horizon.
const TWO_POOLS: &str = r#"
name = "two pools"
seed = 3
replications = 96
[horizon]
flat = { months = 3, hours_per_month = 168 }
[limits]
throttled_requests_share = "0.5%"
in_share_of_months = "90%"
[[offer]]
name = "od-a"
kind = "on-demand"
price = { input = "4 USD/1M tokens" }
quota = { rate = "5.3M tokens/h" }
[[offer]]
name = "od-b"
kind = "on-demand"
price = { input = "5 USD/1M tokens" }
quota = { rate = "3.3M tokens/h" }
[[offer]]
name = "units-a"
kind = "provisioned"
capacity = "1M tokens/h"
terms = { none = "4 USD/unit-hour", "1 month" = "3 USD/unit-hour", "6 months" = "2.2 USD/unit-hour" }
[[offer]]
name = "units-b"
kind = "provisioned"
capacity = "1M tokens/h"
terms = { none = "2.6 USD/unit-hour", "1 month" = "2.4 USD/unit-hour", "6 months" = "2.3 USD/unit-hour" }
[[workload]]
name = "a"
level = { mean = "2.4M tokens/h", sigma = 0.15, walk = "off" }
shape = { kind = "steady-daytime", peak = 14, width = 4.0, night = 0.3, weekend = 0.5 }
noise = { fast = { sd = 0.1, half_life = "2h" } }
requests = "none"
tokens = { mean = 1, output_share = "0%" }
minute = { cv = 0.2, margin = "gamma" }
[[workload]]
name = "b"
level = { mean = "1.5M tokens/h", sigma = 0.15, walk = "off" }
shape = { kind = "steady-daytime", peak = 10, width = 3.0, night = 0.3, weekend = 0.8 }
noise = { fast = { sd = 0.1, half_life = "2h" } }
requests = "none"
tokens = { mean = 1, output_share = "0%" }
minute = { cv = 0.2, margin = "gamma" }
[[plan]]
name = "on demand"
route = { a = ["od-a"], b = ["od-b"] }
[[plan]]
name = "units"
route = { a = ["units-a", "od-a"], b = ["units-b", "od-b"] }
[plan.sweep]
units = { units-a = "0..=4", units-b = "0..=3" }
term = { units-a = ["none", "1 month", "6 months"], units-b = ["none", "1 month", "6 months"] }
"#;

fn judged(seed: u64) -> (Scenario, Judgement) {
    let scenario = parse("terms.toml", TWO_POOLS, Path::new(""), &[]).unwrap_or_else(|error| panic!("{error}")).scenario;
    let outcome = run(&scenario, &RunSpec { seed: Some(seed), ..RunSpec::default() }, &Columns).unwrap().summary;
    let judgement = judge(&scenario, &outcome);
    (scenario, judgement)
}

fn sized(seed: u64) -> Sizing {
    let candidates = Candidates::default();
    let open = parse_open("terms.toml", TWO_POOLS, Path::new(""), &[], &candidates).unwrap_or_else(|error| panic!("{error}")).scenario;
    let wish = Wish { candidates: &candidates, criterion: Criterion::MEAN };
    size(&open, wish, &RunSpec { seed: Some(seed), ..RunSpec::default() }).unwrap().1
}

/// What a plan comes to, as it stands among others.
fn comes_to(judgement: &Judgement, plan: usize) -> f64 {
    judgement.standings[plan].objective.point
}

/// Each term has the best that is judged so, and so have mixes of terms; a purchase of none has no term.
#[test]
fn terms_and_mixes_of_them_are_ranked_as_plans_written_out() {
    for seed in [3, 4, 5] {
        let ((scenario, judgement), sizing) = (judged(seed), sized(seed));
        let found: Vec<_> = sizing.judgement.leaders.iter().map(|leader| leader.term.as_deref().unwrap()).collect();
        assert_eq!(found, ["none", "1 month", "6 months", "mixed terms"]);
        for leader in &sizing.judgement.leaders {
            let written = judgement.leaders.iter().find(|written| written.term == leader.term).unwrap();
            let (own, other) = (comes_to(&sizing.judgement, leader.plan), comes_to(&judgement, written.plan));
            let name = &scenario.supply.plans[written.plan].name;
            assert!((own - other).abs() < 1e-9 * other, "{:?}: {own}, not {other} of {name}", leader.term);
            assert_eq!(leader.qualified, written.qualified);
        }
    }
}

/// The cheapest of those that miss the limits by what may be the error is told, and the indifference reaches to it.
#[test]
fn what_may_keep_the_limits_after_all_is_told() {
    let mut told = 0;
    for seed in 1..=12 {
        let ((scenario, judgement), sizing) = (judged(seed), sized(seed));
        for (leader, verdict) in sizing.judgement.leaders.iter().zip(&sizing.verdicts) {
            let own = comes_to(&sizing.judgement, leader.plan);
            let of_term = |&plan: &usize| {
                let plan = &scenario.supply.plans[plan];
                plan.buys_nothing() || plan.term.as_deref().unwrap_or("mixed terms") == leader.term.as_deref().unwrap()
            };
            let may = |&plan: &usize| {
                let standing = &judgement.standings[plan];
                standing.within_error && !standing.keeps_limits && standing.objective.point < own
            };
            let all = (0..scenario.supply.plans.len()).filter(of_term).filter(may).map(|plan| comes_to(&judgement, plan));
            let cheapest = all.min_by(f64::total_cmp).filter(|_| leader.qualified);
            let missed = verdict.missed.map(|missed| comes_to(&sizing.judgement, missed.plan));
            let same = missed.zip(cheapest).map_or(missed == cheapest, |(missed, cheapest)| (missed - cheapest).abs() < 1e-9 * cheapest);
            assert!(same, "seed {seed}, {:?}: {missed:?}, not {cheapest:?}", leader.term);
            if let Some(missed) = missed {
                told += 1;
                assert!(verdict.unsure == Some(Requirement::Limits) && verdict.indifference.unwrap() >= own - missed, "{verdict:?}");
            }
        }
    }
    assert!(told > 5, "{told}");
}

/// A plan that buys nothing for one of the pools is of the other's term also where its changes are looked at: no plan wins where nothing changes.
#[test]
fn no_plan_wins_where_nothing_changes() {
    for seed in [3, 4] {
        let sizing = sized(seed);
        let flips = sizing
            .flips(
                Wish { candidates: &Candidates::default(), criterion: Criterion::MEAN },
                &RunSpec { seed: Some(seed), ..RunSpec::default() },
            )
            .unwrap();
        let leads: Vec<f64> = sizing.verdicts.iter().map(|verdict| verdict.lead.map_or(0.0, |lead| lead.point)).collect();
        assert!(leads.iter().all(|lead| *lead > 1.0), "{leads:?}");
        let points: Vec<_> = flips.iter().flatten().filter_map(|flip| flip.point.as_ref()).collect();
        assert!(points.len() > 8, "{}", points.len());
        assert!(points.iter().all(|point| point.at.abs() > 1e-6), "{points:?}");
    }
}
