//! Policies that buy what a plan does come to what the plan comes to.

use super::{WISH, bought, policy, scheduled};
use std::path::Path;
use tokentide::decision::{ScheduleWish, judge, objective_samples};
use tokentide::scenario::parse;
use tokentide::simulation::{RunSpec, run};
use tokentide::statistics::quantile_by_selection;
use tokentide::tally::{Columns, Metric, Row, Span};

/// Units that fail, whose capacity is not known and that come on three terms; a quota, incidents, a price cut, spikes and a cost of what fails.
const GROUND: &str = r#"
name = "ground"
[horizon]
start = 2027-01-01
months = 5
time_zone = "America/New_York"
[limits]
throttled_requests_share = "20%"
in_share_of_months = "50%"
cost_per_failed_request = "0.02 USD/request"
[[offer]]
name = "on-demand"
kind = "on-demand"
price = { input = "3 USD/1M tokens", output = "15 USD/1M tokens" }
quota = { rate = "30k tokens/min", weights = { input = 1, output = 5 } }
price_cuts = [{ month = 3, cut = "20%", probability = "50%" }]
[[offer]]
name = "units"
kind = "provisioned"
capacity = { low = "20k tokens/min", high = "30k tokens/min" }
weights = { input = 1, output = 5 }
availability = { up = "90h", down = "4h" }
[offer.terms]
"none" = "4 USD/unit-hour"
"1 month" = "3 USD/unit-hour"
"3 months" = "2 USD/unit-hour"
[[workload]]
name = "w"
class = "interactive"
level = { mean = "2M tokens/h", p10 = "1.4M tokens/h", p90 = "2.8M tokens/h" }
growth = { drift = "5%/month", volatility = "5%/month" }
shape = { kind = "steady-daytime", peak = 14, width = 4.0, night = 0.25, weekend = 0.6 }
tokens = { input = { mean = 1500, p95 = 4000 }, output = { mean = 400, p95 = 900 } }
noise = { fast = { sd = 0.2, half_life = "2h" }, white = { sd = 0.05 } }
minute = { floor = 3, c = 0.05, burstiness_sd = 0.5 }
[[plan]]
name = "none"
route = { w = ["on-demand"] }
[[plan]]
name = "committed"
route = { w = ["units", "on-demand"] }
"#;

/// The purchases of a plan, the same as a policy, and whether what they come to is what `run` tells.
fn equal(plan: &str, policy_text: &str) {
    let with_plan = format!("{GROUND}{plan}");
    let replications = 100;
    let spec = RunSpec { replications: Some(replications), seed: Some(7), ..RunSpec::default() };
    let scenario = parse("plan.toml", &with_plan, Path::new(""), &[]).unwrap_or_else(|error| panic!("{error}")).scenario;
    let ran = run(&scenario, &spec, &Columns).unwrap();
    let place = scenario.plan("committed").unwrap();
    let mut samples = objective_samples(&scenario, &ran.summary, place);
    let judgement = judge(&scenario, &ran.summary);
    let owed = ran.summary.column(&scenario, place, Row::All, Span::Horizon, Metric::CommittedAfterHorizon).unwrap()[0];
    let text = format!("{GROUND}units = {{ units = 0 }}\nterm = {{ units = \"none\" }}\n[[policy]]\nname = \"p\"\n{policy_text}");
    let found = scheduled(&text, ScheduleWish { charge_owed: false, ..WISH }, replications, 7);
    let simulated = policy(&found.stages[0], "p");
    let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-12 * b.abs(), "{policy_text}: {a} is not {b}");
    let mean = ran.summary.method(Span::Horizon).mean(&samples);
    close(simulated.spend.point, mean.point);
    close(simulated.ranked.standard_error.unwrap(), mean.standard_error.unwrap());
    close(simulated.range.0, quantile_by_selection(&mut samples, 0.05));
    close(simulated.range.1, quantile_by_selection(&mut samples, 0.95));
    close(simulated.owed, owed);
    assert_eq!(simulated.months_kept, judgement.standings[place].months_kept);
    assert!(mean.standard_error.unwrap() > 0.0 && simulated.months_kept.estimate().point > 0.0);
}

#[test]
fn a_policy_that_buys_once_is_a_plan() {
    let start = |term: &str| format!("start = [{{ offer = \"units\", units = 2, term = \"{term}\" }}]\n");
    for term in ["none", "1 month", "3 months"] {
        equal(&format!("units = {{ units = 2 }}\nterm = {{ units = \"{term}\" }}\n"), &start(term));
    }
}

/// Several purchases with starts, renewals and ends of their own.
#[test]
fn a_policy_that_buys_in_parts_is_a_ladder() {
    let rungs = [
        "units = 1, term = \"3 months\"",
        "units = 1, term = \"1 month\", renewal = \"end\"",
        "units = 2, term = \"3 months\", renewal = \"hourly\"",
        "units = 1, term = \"none\"",
    ];
    let months = [1, 2, 2, 4];
    let plan: String = rungs
        .iter()
        .zip(months)
        .map(|(rung, month)| format!("[[plan.purchase]]\noffer = \"units\"\n{}\nstart_month = {month}\n", rung.replace(", ", "\n")))
        .collect();
    let mut policy = format!("start = [{{ offer = \"units\", {} }}]\n", rungs[0]);
    for (rung, month) in rungs.iter().zip(months).skip(1) {
        policy += &format!("[[policy.rule]]\noffer = \"units\"\n{}\nfrom_month = {month}\n", rung.replace(", ", "\n"));
    }
    equal(&plan, &policy);
}

/// Months of 730 h of one token an hour on demand for 1 USD and two units: what is paid is known to the cent.
const KNOWN: &str = r#"
name = "known"
horizon.flat = { months = 6, hours_per_month = 730 }
[[offer]]
name = "on-demand"
kind = "on-demand"
price = { input = "1 USD/token" }
[[offer]]
name = "units"
kind = "provisioned"
capacity = "1 tokens/h"
[offer.terms]
"none" = "4 USD/unit-hour"
"3 months" = "2 USD/unit-hour"
[[workload]]
name = "w"
class = "interactive"
demand = { law = "constant", value = "1 tokens/h" }
minute = "off"
[[plan]]
name = "p"
route = { w = ["units", "on-demand"] }
"#;

fn known(policy_text: &str, wish: ScheduleWish) -> (f64, f64, Vec<f64>) {
    let found = scheduled(&format!("{KNOWN}[[policy]]\nname = \"q\"\n{policy_text}"), wish, 3, 1);
    let simulated = policy(&found.stages[0], "q");
    let hours = 6.0 / 730.0;
    (simulated.ranked.point * hours, simulated.owed / 730.0, simulated.units.iter().map(|units| units.mean).collect())
}

#[test]
fn units_by_the_hour_are_given_up() {
    // Three by the hour; two of them are committed to in month 3, which leaves one: 3 × 4 + 3 × 4, then (4 + 2 × 2) × 4; two months are owed.
    let start = "start = [{ offer = \"units\", units = 3, term = \"none\" }]\n";
    let rule = "rule = [{ offer = \"units\", units = 2, term = \"3 months\", from_month = 3, replaces_hourly = true }]\n";
    let (cost, owed, units) = known(&format!("{start}{rule}"), WISH);
    assert_eq!(units, [3.0; 6]);
    assert!((owed - 2.0 * 2.0 * 2.0).abs() < 1e-9 && (cost - (24.0 + 32.0 + owed)).abs() < 1e-9, "{cost}, {owed}");
    // For two months only, and nothing instead: then the token of each hour is paid.
    let start = "start = [{ offer = \"units\", units = 3, term = \"none\", for_months = 2 }]\n";
    let (cost, owed, units) = known(start, WISH);
    assert_eq!((units, owed), (vec![3.0, 3.0, 0.0, 0.0, 0.0, 0.0], 0.0));
    assert!((cost - (24.0 + 4.0)).abs() < 1e-9, "{cost}");
}

/// A term that begins in the last month binds for two more, and is charged for them unless that is left out.
#[test]
fn what_is_owed_afterwards_is_charged() {
    let rule = "rule = [{ offer = \"units\", units = 1, term = \"3 months\", from_month = 6 }]\n";
    let (charged, owed, _) = known(rule, WISH);
    let (without, _, units) = known(rule, ScheduleWish { charge_owed: false, ..WISH });
    assert_eq!(units, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    assert!((owed - 4.0).abs() < 1e-9 && (without - 7.0).abs() < 1e-9 && (charged - 11.0).abs() < 1e-9, "{charged}, {without}");
}

/// Conditions are asked month by month, each time after what was bought before; the whole is used, so every purchase is known.
#[test]
fn rules_buy_as_often_as_they_say() {
    let rule = |more: &str| {
        let rule = format!("rule = [{{ offer = \"units\", units = 1, term = \"none\", {more} }}]\n");
        known(&rule, WISH).2
    };
    // The first unit would be used whole and the second not at all.
    assert_eq!(rule("when = \"next used above 50%\", times = 9"), [0.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(rule("when = \"next used above 50%\", times = 9, weeks = 5"), [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(rule("when = \"next used below 50%\", times = 9"), [0.0; 6]);
    assert_eq!(rule("when = \"demand above 0.9 tokens/h\", times = 3"), [0.0, 1.0, 2.0, 3.0, 3.0, 3.0]);
    assert_eq!(rule("when = \"demand above 0.9 tokens/h\", times = 3, times_a_month = 2"), [0.0, 2.0, 3.0, 3.0, 3.0, 3.0]);
    assert_eq!(rule("when = \"demand above 1.1 tokens/h\", times = 3"), [0.0; 6]);
    assert_eq!(rule("when = \"demand below 1.1 tokens/h\", from_month = 4, until_month = 5, times = 9"), [0.0, 0.0, 0.0, 1.0, 2.0, 2.0]);
    assert_eq!(rule("from_month = 2, times = 2, for_months = 1"), [0.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
    // Two units of one token: half of them is used, so no more are bought.
    let start = "start = [{ offer = \"units\", units = 1, term = \"none\" }]\n";
    let used = format!("{start}rule = [{{ offer = \"units\", units = 1, term = \"none\", when = \"used above 60%\", times = 9 }}]\n");
    assert_eq!(known(&used, WISH).2, [1.0, 2.0, 2.0, 2.0, 2.0, 2.0]);
}

/// What happens in month 5 changes no purchase before month 6.
#[test]
fn rules_do_not_look_ahead() {
    let text = |events: &str| {
        let ground = GROUND.replace("minute =", &format!("{events}minute ="));
        format!(
            "{ground}units = {{ units = 0 }}\nterm = {{ units = \"none\" }}\n[[policy]]\nname = \"p\"\n[[policy.rule]]\noffer = \"units\"\nunits = 1\n\
             term = \"none\"\nwhen = \"next used above 40%\"\nweeks = 2\ntimes = 20\n"
        )
    };
    let odds = |text: &str| bought(policy(&scheduled(text, WISH, 80, 3).stages[0], "p"));
    let (plain, early, late) = (
        odds(&text("")),
        odds(&text("events = [{ at_month = 3, factor = 3.0 }]\n")),
        odds(&text("events = [{ at_month = 4, factor = 3.0 }]\n")),
    );
    assert!(plain[3] > 0.0 && plain[3] < 1.0, "{plain:?}");
    assert_eq!((&plain[..4], &plain[..3]), (&late[..4], &early[..3]));
    assert!(late[4] > plain[4] && early[3] > plain[3], "{plain:?} {early:?} {late:?}");
}
