//! Flip points of demand without randomness, where each is known by hand.

use std::path::Path;
use tokentide::decision::{Cause, Flip, Judgement, Lever, flips, judge};
use tokentide::scenario::{self, Scenario};
use tokentide::simulation::{EngineChoice, RunSpec, run};
use tokentide::tally::Columns;

/// A million tokens in every hour, for 1 USD on demand or by units of 100 000 tokens an hour at 0.08 USD.
fn flips_of(quota: &str, units: u32) -> (Vec<Flip>, Vec<String>) {
    let text = format!(
        r#"
name = "flips"
currency = "USD"
horizon = {{ flat = {{ months = 1, hours_per_month = 100 }} }}
limits = {{ throttled_requests_share = "0.1%", in_share_of_months = "90%" }}
[[offer]]
name = "od"
kind = "on-demand"
price = {{ input = "1 USD/1M tokens" }}
{quota}
[[offer]]
name = "u"
kind = "provisioned"
capacity = "100k tokens/h"
increment = "any"
terms = {{ none = "0.08 USD/unit-hour" }}
[[workload]]
name = "w"
demand = {{ law = "constant", value = "1M tokens/h" }}
[[plan]]
name = "on demand"
route = {{ w = ["od"] }}
[[plan]]
name = "units"
route = {{ w = ["u"] }}
units = {{ u = {units} }}
"#
    );
    let scenario = scenario::parse("flips.toml", &text, Path::new(""), &[]).unwrap_or_else(|error| panic!("{error}")).scenario;
    let spec = RunSpec { replications: Some(200), ..RunSpec::default() };
    let outcome = run(&scenario, &spec, &Columns).unwrap().summary;
    let found = flips(&scenario, &outcome, &judge(&scenario, &outcome), &spec).unwrap();
    let names = scenario.supply.plans.iter().map(|plan| plan.name.clone()).collect();
    (found.into_iter().next().unwrap(), names)
}

/// The flip of a lever: exact where costs decide, within an eighth of a step where the limits do.
fn check(flips: &[Flip], lever: Lever, upwards: bool, want: Option<(f64, Cause)>) {
    let flip = flips.iter().find(|flip| flip.lever == lever && flip.upwards == upwards).unwrap();
    match (&flip.point, want) {
        (None, None) => {}
        (Some(point), Some((at, because))) => {
            assert_eq!(point.because, because, "{flip:?}");
            let (low, high) = (point.between.0.min(point.between.1), point.between.0.max(point.between.1));
            assert!((low - 1e-9..=high + 1e-9).contains(&at), "{at} {flip:?}");
            if because == Cause::Cheaper {
                assert!((point.at - at).abs() < 1e-9, "{at} {flip:?}");
            } else {
                assert!(high - low <= 0.25 / 8.0 + 1e-9 && (low..=high).contains(&point.at), "{at} {flip:?}");
            }
        }
        (got, want) => panic!("{lever:?} {upwards}: {got:?}, not {want:?}"),
    }
}

#[test]
fn costs_trade_places_where_they_are_equal() {
    let (flips, names) = flips_of("", 11);
    // Units cost 0.88 USD an hour.
    check(&flips, Lever::OnDemandPrice, false, Some((-0.12, Cause::Cheaper)));
    check(&flips, Lever::OnDemandPrice, true, None);
    check(&flips, Lever::UnitPrice, true, Some((1.0 / 0.88 - 1.0, Cause::Cheaper)));
    check(&flips, Lever::UnitPrice, false, None);
    check(&flips, Lever::Traffic, false, Some((-0.12, Cause::Cheaper)));
    assert_eq!(names[flips.iter().find_map(|flip| flip.point.as_ref()?.plan).unwrap()], "on demand");
}

#[test]
fn a_plan_loses_where_it_breaks_the_limits() {
    let (flips, _) = flips_of("", 11);
    // 1 − 1.1 / (1 + x) = 0.001, and 1 − 1.1 (1 + x) = 0.001.
    check(&flips, Lever::Traffic, true, Some((1.1 / 0.999 - 1.0, Cause::BreaksLimits)));
    check(&flips, Lever::UnitThroughput, false, Some((0.999 / 1.1 - 1.0, Cause::BreaksLimits)));
    check(&flips, Lever::UnitThroughput, true, None);
}

#[test]
fn a_plan_wins_where_it_begins_to_keep_the_limits() {
    let (flips, _) = flips_of("quota = { rate = \"900k tokens/h\" }", 14);
    // Units cost 1.12 USD an hour, and the quota throttles a tenth.
    check(&flips, Lever::Traffic, false, Some((0.9 / 0.999 - 1.0, Cause::KeepsLimits)));
    // No unit price is low enough to be worth a flip, and none high enough: on demand is no choice at all.
    check(&flips, Lever::UnitPrice, true, None);
}

/// Fewer plans leave nobody to win: that the recommended one breaks the limits is a flip all the same.
#[test]
fn the_last_plan_that_keeps_the_limits_is_told_where_it_breaks_them() {
    // On demand throttles a tenth, and so few units throttle beyond 1.1 million tokens an hour.
    let (flips, _) = flips_of("quota = { rate = \"900k tokens/h\" }", 11);
    check(&flips, Lever::Traffic, true, Some((1.1 / 0.999 - 1.0, Cause::BreaksLimits)));
    let rise = flips.iter().find(|flip| flip.lever == Lever::Traffic && flip.upwards).unwrap();
    assert_eq!(rise.point.as_ref().unwrap().plan, None, "no plan keeps the limits then");
    // On demand keeps them from 0.9 million on, and is the cheaper below 0.88.
    check(&flips, Lever::Traffic, false, Some((-0.12, Cause::Cheaper)));
}

/// Where no plan keeps the limits, the least bad may be the one that begins to.
#[test]
fn the_least_bad_plan_is_told_where_it_keeps_the_limits() {
    let (flips, names) = flips_of("quota = { rate = \"500k tokens/h\" }", 9);
    check(&flips, Lever::Traffic, false, Some((0.9 / 0.999 - 1.0, Cause::KeepsLimits)));
    check(&flips, Lever::UnitThroughput, true, Some((0.999 / 0.9 - 1.0, Cause::KeepsLimits)));
    let fall = flips.iter().find(|flip| flip.lever == Lever::Traffic && !flip.upwards).unwrap();
    assert_eq!(names[fall.point.as_ref().unwrap().plan.unwrap()], "units");
}

/// Units of which any number could be best, and noise enough that a few replications may think so too.
fn noisy() -> Scenario {
    let text = r#"
name = "noisy"
currency = "USD"
replications = 200
horizon = { flat = { months = 2, hours_per_month = 60 } }
limits = { throttled_requests_share = "2%", in_share_of_months = "90%" }
[[offer]]
name = "od"
kind = "on-demand"
price = { input = "1 USD/1M tokens" }
quota = { rate = "1.4M tokens/h" }
[[offer]]
name = "u"
kind = "provisioned"
capacity = "100k tokens/h"
increment = 1
terms = { none = "0.06 USD/unit-hour" }
[[workload]]
name = "w"
demand = { law = "lognormal", mean = "1M tokens/h", cv = 0.4 }
[[plan]]
name = "on demand"
route = { w = ["od"] }
[[plan]]
name = "units"
route = { w = ["u", "od"] }
[plan.sweep]
units = { u = "1..=14" }
"#;
    scenario::parse("noisy.toml", text, Path::new(""), &[]).unwrap_or_else(|error| panic!("{error}")).scenario
}

/// First looks and plans left out save time only: the answer changes in the step in which it does when every step is made with all plans.
#[test]
fn a_flip_is_found_where_all_plans_at_all_steps_show_it() {
    let scenario = noisy();
    let spec = RunSpec { engine: EngineChoice::Reference, ..RunSpec::default() };
    let outcome = run(&scenario, &spec, &Columns).unwrap().summary;
    let judgement = judge(&scenario, &outcome);
    let old = &judgement.leaders[0];
    let found = flips(&scenario, &outcome, &judgement, &spec).unwrap();
    let mut seen = 0;
    for (lever, upwards, steps) in [
        (Lever::Traffic, false, &[-0.1, -0.2, -0.35, -0.5, -0.7][..]),
        (Lever::Traffic, true, &[0.1, 0.25, 0.5, 1.0]),
        (Lever::UnitThroughput, false, &[-0.1, -0.2, -0.35, -0.5, -0.7]),
        (Lever::UnitThroughput, true, &[0.1, 0.25, 0.5, 1.0]),
    ] {
        let changes = |change: f64| {
            let changed = match lever {
                Lever::Traffic => scenario.with_demand(scenario.demand.scaled(1.0 + change)),
                _ => scenario.with_supply(scenario.supply.with_capacity_factor(1.0 + change)),
            };
            let spec = RunSpec { replications: Some(128), ..spec };
            let judgement = judge(&changed, &run(&changed, &spec, &Columns).unwrap().summary);
            judgement.leaders[0].plan != old.plan || judgement.standings[old.plan].keeps_limits != old.qualified
        };
        let flip = found[0].iter().find(|flip| flip.lever == lever && flip.upwards == upwards).unwrap();
        let place = steps.iter().position(|&change| changes(change));
        let Some(place) = place else {
            assert!(flip.point.is_none(), "{flip:?}");
            continue;
        };
        seen += 1;
        let before = if place == 0 { 0.0 } else { steps[place - 1] };
        let (low, high) = if upwards { (before, steps[place]) } else { (steps[place], before) };
        let at = flip.point.as_ref().unwrap_or_else(|| panic!("{lever:?} {upwards}: none, not by {high}")).at;
        assert!((low..=high).contains(&at), "{lever:?} {at} is not in {low}..={high}");
    }
    assert!(seen >= 3, "{seen} flips of four");
}

/// Leaders of several terms share what is simulated within a step; what is told of each is what would be told of it alone, by either engine.
#[test]
fn a_leader_flips_where_it_would_flip_alone() {
    let fleet = concat!(env!("CARGO_MANIFEST_DIR"), "/workloads/assistant-fleet.toml");
    let scenario = scenario::load(Path::new(fleet), &[]).unwrap_or_else(|error| panic!("{error}")).scenario;
    for engine in [EngineChoice::Kernel, EngineChoice::Reference] {
        let replications = if engine == EngineChoice::Kernel { 256 } else { 24 };
        let spec = RunSpec { replications: Some(replications), engine, ..RunSpec::default() };
        let outcome = run(&scenario, &spec, &Columns).unwrap().summary;
        let judgement = judge(&scenario, &outcome);
        assert_eq!(judgement.leaders.len(), 3);
        let together = flips(&scenario, &outcome, &judgement, &spec).unwrap();
        for (leader, together) in judgement.leaders.iter().zip(&together) {
            let own = Judgement { leaders: vec![leader.clone()], ..judgement.clone() };
            let alone = flips(&scenario, &outcome, &own, &spec).unwrap();
            assert_eq!(format!("{together:?}"), format!("{:?}", alone[0]));
            assert!(together.iter().any(|flip| flip.point.as_ref().is_some_and(|point| point.because != Cause::Cheaper)));
        }
    }
}
