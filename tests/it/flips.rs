//! Flip points of demand without randomness, where each is known by hand.

use std::path::Path;
use tokentide::decision::{Cause, Flip, Lever, flips, judge};
use tokentide::scenario;
use tokentide::simulation::{RunSpec, run};
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
