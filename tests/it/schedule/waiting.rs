//! The value of waiting where demand has two states: worked out by hand.

use super::{WISH, policy, scheduled};
use tokentide::decision::{PolicyKind, ScheduleWish};
use tokentide::report::schedule_answer;

/// 100 tokens an hour, or 300 in every second future; 1 cent a token on demand, and a unit serves 100 tokens an hour. Months of 700 h.
fn two_states(long: &str, more: &str) -> String {
    format!(
        r#"
name = "two states"
horizon.flat = {{ months = 6, hours_per_month = 700 }}
[[offer]]
name = "on-demand"
kind = "on-demand"
price = {{ input = "0.01 USD/token" }}
[[offer]]
name = "units"
kind = "provisioned"
capacity = "100 tokens/h"
[offer.terms]
"none" = "0.90 USD/unit-hour"
"6 months" = "{long}"
[[workload]]
name = "w"
class = "interactive"
demand = {{ law = "constant", value = "100 tokens/h" }}
events = [{{ at_hour = 0, factor = 3.0, probability = "50%" }}]
minute = "off"
[[plan]]
name = "p"
route = {{ w = ["units", "on-demand"] }}
{more}"#
    )
}

/// At 40 cents an hour two more units that are used in half of the futures are worth it: now, 3 × 0.40 an hour. Whoever waits a month on
/// demand sees the state, and then holds 1 or 3 for the five months left and the one afterwards: (1 + 5 × 0.40 + 0.40) or three times
/// that, against 6 × 1.20. By the hour it is (0.90 + 2.40) or (2.90 + 7.20), as only the first unit pays at 90 cents.
#[test]
fn a_month_is_worth_what_the_state_is_worth() {
    let found = scheduled(&two_states("0.40 USD/unit-hour", ""), WISH, 640, 11);
    let stage = &found.stages[0];
    let [first, ..] = stage.waiting.as_slice() else { panic!("no waiting: {:?}", stage.waiting) };
    let now = &stage.policies[first.places.0].policy;
    assert_eq!((now.start.len(), now.start[0].commitment.units[0]), (1, 3.0), "{now:?}");
    let waits = &stage.policies[first.places.1];
    assert!(
        matches!(waits.kind, PolicyKind::Wait { months: 1, by_use: true }) && waits.policy.name.starts_with("1 by the hour"),
        "{}",
        waits.policy.name
    );
    let (low, high) = (0.90 + 6.0 * 0.40, 2.90 + 6.0 * 1.20);
    let truth = 700.0 / 6.0 * (6.0 * 1.20 - 0.5 * (low + high));
    assert!((first.value.point - truth).abs() < 4.5 * first.value.standard_error.unwrap(), "{} is not {truth}", first.value);
    // 320 futures tell it, so the share of high ones among them is a number of 320ths.
    let share = (6.0 * 1.20 - 6.0 / 700.0 * first.value.point - low) / (high - low) * 320.0;
    assert!((share - share.round()).abs() < 1e-6 && (first.pays.share() - (1.0 - share / 320.0)).abs() < 1e-9, "{share}");
    // Five months are left of three units now; whoever waited owes them for one more, or one of them.
    let owed = 700.0 / 6.0 * -0.40 * (1.0 + 2.0 * share / 320.0);
    assert!((first.owed.point - owed).abs() < 1e-6, "{} is not {owed}", first.owed);
    // To buy three without looking costs a month of another price, in either state.
    let blindly = first.blindly.unwrap();
    let worth = |low: f64, high: f64, share: f64| 700.0 / 6.0 * (6.0 * 1.20 - ((1.0 - share) * low + share * high) - 6.0 * 1.20);
    assert!((blindly.point - worth(0.90, 2.90, share / 320.0)).abs() < 1e-6, "{blindly}");
}

/// A tenth of the demand throttled is more than any may be: the answer says that none keeps the limits, not which is cheaper.
#[test]
fn where_none_keeps_the_limits_that_is_said() {
    let text = two_states("0.40 USD/unit-hour", "").replace("route = { w = [\"units\", \"on-demand\"] }", "route = { w = [\"units\"] }");
    let text = text.replace("probability = \"50%\"", "probability = \"100%\"").replace("300 tokens/h", "100 tokens/h");
    let text = text.replace("[[plan]]", "[limits]\nthrottled_requests_share = \"0.1%\"\nin_share_of_months = \"95%\"\n[[plan]]");
    let text = format!("{text}sweep = {{ units = {{ units = \"0..=1\" }} }}\n");
    let found = scheduled(&text, WISH, 64, 3);
    let told = schedule_answer(&super::open(&text), &found, WISH);
    assert!(
        told.contains("None of the ") && told.contains("which 95% of the months must.") && told.contains(" exceeds them least: "),
        "{told}"
    );
    assert!(!told.contains("too close to call") && !told.contains("replications would tell"), "{told}");
}

/// At 60 cents they are not worth it, as long as nothing is known: one is bought now, and two more in the futures in which month 1 used them.
#[test]
fn stepping_up_is_worth_what_was_seen() {
    let policies = r#"
[[policy]]
name = "step up"
start = [{ offer = "units", units = 1, term = "6 months" }]
rule = [{ offer = "units", units = 1, term = "6 months", when = "next used above 50%", times = 2, times_a_month = 2 }]
"#;
    let found = scheduled(&two_states("0.60 USD/unit-hour", policies), WISH, 640, 5);
    let stage = &found.stages[0];
    let plan = &stage.policies[stage.plan];
    assert_eq!(plan.policy.start.iter().map(|purchase| purchase.commitment.units[0]).sum::<f64>(), 1.0);
    let simulated = policy(stage, "step up");
    let high = super::bought(simulated);
    assert_eq!(high, [0.0, high[1], 0.0, 0.0, 0.0, 0.0]);
    let of = |low: f64, up: f64| 700.0 / 6.0 * ((1.0 - high[1]) * low + high[1] * up);
    // Month 1 at 2.60, five at 1.80, and 1.20 for the month that two units are owed after the horizon.
    assert!((simulated.ranked.point - of(3.6, 2.6 + 9.0 + 1.2)).abs() < 1e-9, "{}", simulated.ranked);
    assert!((plan.ranked.point - of(3.6, 15.6)).abs() < 1e-9 && stage.policies[0].policy.name == "step up");
    let against = simulated.against.unwrap();
    assert!((against.probability_strictly_less.share() - high[1]).abs() < 1e-12 && (0.4..0.6).contains(&high[1]));
    let units: Vec<f64> = simulated.units.iter().map(|units| units.mean).collect();
    assert!(
        (units[1] - (1.0 + 2.0 * high[1])).abs() < 1e-12
            && simulated.units[1].percentiles[0] == 1.0
            && simulated.units[1].percentiles[2] == 3.0
    );
}

/// From one unit, at any share of use two more are right in the futures that use them whole, and never wrong: the grid cannot be told apart.
#[test]
fn thresholds_that_do_alike_are_told_as_such() {
    let found = scheduled(&two_states("0.60 USD/unit-hour", ""), ScheduleWish { made_up: true, ..WISH }, 320, 5);
    let step_up = &found.stages[0].step_up[0];
    assert!(step_up.best.is_some() && step_up.thresholds.iter().all(|threshold| threshold.alike && threshold.saves.point > 0.0));
    // Only the second of the two units steps up in the month after the first.
    assert_eq!(step_up.thresholds.len(), 12);
}
