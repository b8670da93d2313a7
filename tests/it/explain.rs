//! `explain`: reasons that add up, by hand where they can be, and changes that do what the sums say.

use std::path::Path;
use tokentide::decision::{Explanation, Reason, explain};
use tokentide::scenario::{self, Scenario};
use tokentide::simulation::RunSpec;
use tokentide::supply::Change;

fn scenario(text: &str) -> Scenario {
    scenario::parse("explain.toml", text, Path::new("."), &[]).unwrap_or_else(|error| panic!("{error}")).scenario
}

fn explained(scenario: &Scenario, plan: &str, replications: u64, threads: usize) -> Explanation {
    let spec = RunSpec { replications: Some(replications), threads: Some(threads), ..RunSpec::default() };
    explain(scenario, scenario.plan(plan).unwrap(), &spec).unwrap()
}

fn part(found: &Explanation, reason: Reason) -> Option<f64> {
    found.reasons.iter().find(|(known, _)| *known == reason).map(|(_, part)| part.point)
}

/// One request a second of 1 000 tokens in and 200 out, in flight for 1 + 200 / 50 = 5 s, output counting five times: 120 000 of quota a
/// minute settled, and (1 000 + `max_tokens`) × 5 held beside: 25 480 at 4 096, 15 240 at 2 048, 10 120 at 1 024.
///
/// A quota Q is met when 2 000 a second and what is held fill it. In the rest T of the minute, a request that ends lets in 1 − 2 000 / h of
/// another: (1 − 2 000 / h) (1 − exp(−k T)) / k in all, with k = 2 000 / (5 h).
pub(crate) const HELD: &str = r#"
name = "Held"
[horizon]
flat = { months = 2, hours_per_month = 100 }
[[offer]]
name = "on-demand"
kind = "on-demand"
price = { input = "3 USD/1M tokens", output = "15 USD/1M tokens" }
quota = { rate = "132k tokens/min", weights = { output = 5 }, hold = { first_token = "1s", speed = "50 tokens/s" } }
[[workload]]
name = "bot"
class = "interactive"
level = { mean = "4.32M tokens/h", walk = "off" }
shape = { kind = "flat" }
tokens = { input = { mean = 1000, cv = 0 }, output = { mean = 200, cv = 0 }, max_tokens = 4096, drift = "off" }
requests = "none"
minute = "off"
[[plan]]
name = "on-demand"
route = { bot = ["on-demand"] }
"#;

/// The share of what is asked that is refused where so much is held.
pub(crate) fn refused(quota: f64, held: f64) -> f64 {
    let left = (60.0 - (quota - 5.0 * held) / 2000.0).max(0.0);
    let k = 2000.0 / (5.0 * held);
    (left - (1.0 - 2000.0 / held) * (1.0 - (-k * left).exp()) / k) / 60.0
}

/// Use is at nine tenths of the quota; all that is throttled is thrown out by `max_tokens`, and 1 024 of it would throttle nothing.
#[test]
fn max_tokens_alone_can_throttle() {
    let found = explained(&scenario(HELD), "on-demand", 4, 1);
    let throttled = 432e6 * refused(132_000.0, 5096.0);
    assert!((found.throttled.point / throttled - 1.0).abs() < 1e-9, "{:?}", found.throttled);
    assert_eq!(found.hours.point, 100.0);
    assert!((part(&found, Reason::Holds).unwrap() / throttled - 1.0).abs() < 1e-9);
    assert_eq!(part(&found, Reason::Quota), Some(0.0));
    assert_eq!((part(&found, Reason::Bursts), part(&found, Reason::Retries)), (None, None));
    let lower = found.remedies.iter().find(|remedy| matches!(remedy.change, Change::MaxTokens(_))).unwrap();
    let left = refused(132_000.0, 3048.0) / refused(132_000.0, 5096.0);
    assert!((0.1..0.4).contains(&left), "2 048 leave {left}, so it is not enough");
    assert_eq!((lower.change, lower.removed.point), (Change::MaxTokens(1024.0), 1.0));
    let quota = found.remedies.iter().find(|remedy| matches!(remedy.change, Change::Quota(_))).unwrap();
    assert_eq!((quota.change, quota.removed.point), (Change::Quota(1.25), 1.0));
    assert!(!found.remedies.iter().any(|remedy| matches!(remedy.change, Change::Units(_))));
}

/// With the quota at 110 000, 10 000 a minute are refused whatever is held, and what is held adds the rest. Others on the quota, when there
/// are any, share the guilt: with both gone nothing is refused, with one gone something is, and the parts are means over both orders.
#[test]
fn reasons_are_shapley_values() {
    let found = explained(&scenario(&HELD.replace("132k", "110k")), "on-demand", 2, 1);
    let share = |quota: f64| 432e6 * refused(quota, 5096.0);
    // Without a hold, what does not fit is refused.
    let no_holds = 432e6 * (1.0 - 110.0 / 120.0);
    let close = |given: Option<f64>, wanted: f64| assert!((given.unwrap() / wanted - 1.0).abs() < 1e-9, "{given:?}, not {wanted}");
    close(part(&found, Reason::Quota), no_holds);
    close(part(&found, Reason::Holds), share(110e3) - no_holds);
    let others = HELD.replace("rate = \"132k tokens/min\"", "rate = \"150k tokens/min\", others = \"40k tokens/min\"");
    let found = explained(&scenario(&others), "on-demand", 2, 1);
    assert_eq!(share(150e3), 0.0);
    close(part(&found, Reason::Others), 0.5 * no_holds + 0.5 * share(110e3));
    close(part(&found, Reason::Holds), 0.5 * (share(110e3) - no_holds));
    assert_eq!(part(&found, Reason::Quota), Some(0.0));
}

/// Everything that can throttle, in one plan.
const ALL: &str = r#"
name = "All"
[horizon]
flat = { months = 1, hours_per_month = 336 }
[[offer]]
name = "units"
kind = "provisioned"
capacity = "20k tokens/min"
increment = 1
minimum = 0
availability = { up = "48h", down = "2h" }
terms = { "1 month" = "3 USD/unit-hour" }
[[offer]]
name = "on-demand"
kind = "on-demand"
price = { input = "3 USD/1M tokens", output = "15 USD/1M tokens" }
quota = { rate = "30k tokens/min", others = "2k tokens/min", weights = { output = 5 }, hold = { first_token = "0.5s", speed = "60 tokens/s" } }
incidents = { every = "5d", lasting = "3h", takes = "60%" }
[[workload]]
name = "bot"
class = "interactive"
level = { mean = "1.2M tokens/h", walk = "off" }
shape = { kind = "steady-daytime", peak = 14, width = 4.0, night = 0.4, weekend = 0.7 }
tokens = { input = { mean = 900, cv = 1 }, output = { mean = 150, cv = 1 }, max_tokens = 4096, drift = "off" }
minute = { floor = 3, c = 0.1, burstiness_sd = 0.3 }
retry = { attempts = 4, first = "2s" }
[[plan]]
name = "both"
route = { bot = ["units", "on-demand"] }
units = { units = 1 }
[[plan]]
name = "on-demand"
route = { bot = ["on-demand"] }
"#;

/// The parts add up to what is throttled, whoever works on it and however many causes there are; what takes the causes away serves more.
#[test]
fn reasons_add_up() {
    let scenario = scenario(ALL);
    let found = explained(&scenario, "both", 8, 1);
    let told: Vec<Reason> = found.reasons.iter().map(|(reason, _)| *reason).collect();
    for reason in [Reason::Holds, Reason::Bursts, Reason::Others, Reason::Outages, Reason::Incidents, Reason::Retries, Reason::Quota] {
        assert!(told.contains(&reason), "{reason:?}");
    }
    let sum: f64 = found.reasons.iter().map(|(_, part)| part.point).sum();
    assert!((sum / found.throttled.point - 1.0).abs() < 1e-9, "{sum} and {:?}", found.throttled);
    assert!(part(&found, Reason::Outages).unwrap() > 0.0 && part(&found, Reason::Incidents).unwrap() > 0.0);
    assert!(part(&found, Reason::Retries).unwrap() < 0.0);
    assert!(found.attempts.unwrap().point > 1.0);
    let own: Vec<f64> = found
        .remedies
        .iter()
        .filter(|remedy| remedy.change != Change::NoBursts && remedy.change != Change::NoOthers)
        .map(|remedy| remedy.removed.point)
        .collect();
    assert!(own.windows(2).all(|pair| pair[0] >= pair[1]) && own[0] == found.remedies[0].removed.point);
    assert!(found.remedies.iter().any(|remedy| matches!(remedy.change, Change::Units(factor) if factor == factor.round() && factor > 1.0)));
    // The same whoever works on it.
    let again = explained(&scenario, "both", 8, 2);
    assert_eq!(again.throttled.point.to_bits(), found.throttled.point.to_bits());
    assert!(again.reasons.iter().zip(&found.reasons).all(|(a, b)| a.0 == b.0 && a.1.point.to_bits() == b.1.point.to_bits()));
    // Units that are not bought are down for nobody.
    assert_eq!(part(&explained(&scenario, "on-demand", 4, 1), Reason::Outages), None);
}

/// What a remedy is said to do is what a run of the changed scenario does.
#[test]
fn a_remedy_is_what_the_changed_scenario_would_do() {
    let before = explained(&scenario(ALL), "on-demand", 16, 1);
    let lower = before.remedies.iter().find(|remedy| matches!(remedy.change, Change::MaxTokens(_))).unwrap();
    let Change::MaxTokens(most) = lower.change else { unreachable!() };
    // No output of this workload reaches either limit in a way that would matter: cut outputs would change its demand.
    let after = explained(&scenario(&ALL.replace("max_tokens = 4096", &format!("max_tokens = {most}"))), "on-demand", 16, 1);
    let (said, done) = (lower.throttled_share.unwrap().point, after.throttled_share.unwrap().point);
    assert!((said - done).abs() < 0.02 * before.throttled_share.unwrap().point, "{said} against {done}");
}

/// Clients that come back are tried where they could be served, and not where a quota of a day is kept by the hour.
#[test]
fn what_cannot_be_served_is_not_tried() {
    let quota = HELD.find("quota = ").unwrap();
    let end = quota + HELD[quota..].find('\n').unwrap();
    for (line, tried) in [("", true), (", per_day = \"50M tokens/day\"", false)] {
        let text = format!("{}quota = {{ rate = \"60k tokens/min\"{line} }}{}", &HELD[..quota], &HELD[end..]);
        let found = explained(&scenario(&text), "on-demand", 2, 1);
        assert!(found.throttled.point > 0.0);
        assert_eq!(found.remedies.iter().any(|remedy| matches!(remedy.change, Change::Retries(_))), tried, "{:?}", found.remedies);
    }
}
