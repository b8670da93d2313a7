//! Units that are down at times, and incidents on demand: against cases with known answers and the binomial law.

use super::support::{Ran, SEEDS, agrees, flat, flat_months, mean, on_demand, plain, plan, resolve, simulate, simulate_in, sweep, swept};
use std::fmt::Write;
use std::path::Path;
use tokentide::simulation::{RunSpec, run};
use tokentide::statistics::Moments;
use tokentide::tally::{Columns, Metric};

/// Units of a capacity, whole, at 0.6 a unit-hour, with a line of their own for what else there is.
fn failing(capacity: &str, availability: &str) -> String {
    format!(
        "[[offer]]\nname = \"units\"\nkind = \"provisioned\"\ncapacity = \"{capacity}\"\nterms = {{ \"none\" = \"0.6 USD/unit-hour\" }}\n\
         availability = {availability}\n"
    )
}

/// V2, PRAS test system A: three units of 10, each up with probability .9 in every hour, and a firm 5, 6, 7, 8 that is taken off the
/// demand of 25, 28, 27, 24. Each of the four hours is a month here, drawn many times over, for the error to be of use.
#[test]
fn v2_three_units_and_a_firm_supply() {
    const HOURS: usize = 300;
    let folder = tempfile::tempdir().unwrap();
    let mut csv = "timestamp,input_tokens\n".to_owned();
    for (hour, demand) in [25 - 5, 28 - 6, 27 - 7, 24 - 8].into_iter().flat_map(|demand| [demand; HOURS]).enumerate() {
        let (day, hour) = (hour / 24, hour % 24);
        let _ = writeln!(csv, "2026-{:02}-{:02}T{hour:02}:00:00Z,{demand}", 7 + day / 31, 1 + day % 31);
    }
    std::fs::write(folder.path().join("demand.csv"), csv).unwrap();
    let text = [
        flat_months(4, 300),
        failing("10 tokens/h", "{ share = \"90%\" }"),
        "[[workload]]\nname = \"w\"\nclass = \"interactive\"\nreplay = \"demand.csv\"\nminute = \"off\"\n".to_owned(),
        sweep("alone", &["units"], &[3.0]),
    ]
    .concat();
    for seed in SEEDS {
        let ran = simulate_in(&text, folder.path(), 1500, seed);
        let plan = swept("alone", 3.0);
        let an_hour = |column: Vec<f64>| column.into_iter().map(|x| x / HOURS as f64).collect::<Vec<f64>>();
        for (month, (short, unserved)) in [(0.028, 0.29), (0.271, 0.832), (0.028, 0.29), (0.028, 0.178)].into_iter().enumerate() {
            mean(&format!("short, hour {month}"), &an_hour(ran.month(&plan, month, Metric::ThrottledHours)), short);
            mean(&format!("unserved, hour {month}"), &an_hour(ran.month(&plan, month, Metric::TokensThrottled)), unserved);
        }
        mean("hours short", &an_hour(ran.column(&plan, Metric::ThrottledHours)), 0.355);
        mean("unserved", &an_hour(ran.column(&plan, Metric::TokensThrottled)), 1.59);
    }
}

/// P(short) and expected units short when `needed` of `units` must be up, each with probability .99: sums over the binomial law.
fn binomial(units: u32, needed: u32) -> (f64, f64) {
    let up: f64 = 0.99;
    let (mut short, mut unserved) = (0.0, 0.0);
    let mut choose = 1.0;
    for k in 0..needed.min(units + 1) {
        let p = choose * up.powi(i32::try_from(k).unwrap()) * (1.0 - up).powi(i32::try_from(units - k).unwrap());
        short += p;
        unserved += p * f64::from(needed - k);
        choose = choose * f64::from(units - k) / f64::from(k + 1);
    }
    (short, unserved)
}

const HOURS: f64 = 1000.0;

fn hourly(ran: &Ran, plan: &str, metric: Metric) -> Vec<f64> {
    ran.column(plan, metric).iter().map(|x| x / HOURS).collect()
}

/// C6, and what the tenth unit is worth: nine are needed, a token on demand costs 20. The tenth takes 95 % of what outages throttle away
/// and costs less than what it replaces on demand; the eleventh costs more.
#[test]
fn c6_one_more_unit_than_needed_is_priced() {
    let (short, unserved) = binomial(10, 9);
    // The published second number is one off in its last digit.
    assert!((short - 0.004_266_200_2).abs() < 1e-10 && (unserved - 0.004_382_075_1).abs() < 1e-10, "{short} {unserved}");
    let text = |availability: &str| {
        [
            flat(1000),
            on_demand("20 USD/token"),
            failing("1 tokens/h", availability),
            plain("law = \"constant\", value = \"9 tokens/h\"", "\"off\""),
            sweep("throttle", &["units"], &[9.0, 10.0]),
            sweep("spill", &["units", "on-demand"], &[9.0, 10.0, 11.0]),
        ]
        .concat()
    };
    let (independent, runs) = (text("{ share = \"99%\" }"), text("{ up = \"99h\", down = \"1h\" }"));
    for (text, seed) in SEEDS.map(|seed| (&independent, seed)).into_iter().chain([(&runs, SEEDS[0])]) {
        let ran = simulate(text, 2600, seed);
        for units in [9, 10] {
            let (short, unserved) = binomial(units, 9);
            let plan = swept("throttle", f64::from(units));
            mean(&format!("hours short with {units}"), &hourly(&ran, &plan, Metric::ThrottledHours), short);
            mean(&format!("unserved with {units}"), &hourly(&ran, &plan, Metric::TokensThrottled), unserved);
            // Bought unit-hours stay the denominator: what is down is bought and unused.
            let used = ran.column(&plan, Metric::Utilisation);
            mean(&format!("utilisation of {units}"), &used, (9.0 - unserved) / f64::from(units));
        }
        let spill = |units: u32| swept("spill", f64::from(units));
        for units in [9, 10, 11] {
            let cost = hourly(&ran, &spill(units), Metric::CostTotal);
            mean(&format!("cost with {units}"), &cost, 0.6 * f64::from(units) + 20.0 * binomial(units, 9).1);
        }
        // The same outages under both plans: what one more unit saves is a paired difference.
        let saved = |fewer: u32| -> Vec<f64> {
            let costs = [fewer, fewer + 1].map(|units| hourly(&ran, &spill(units), Metric::CostTotal));
            costs[0].iter().zip(&costs[1]).map(|(a, b)| a - b).collect()
        };
        let worth = |fewer: u32| 20.0 * (binomial(fewer, 9).1 - binomial(fewer + 1, 9).1) - 0.6;
        assert!(worth(9) > 1.0 && worth(10) < -0.5);
        mean("what the tenth unit saves", &saved(9), worth(9));
        mean("what the eleventh unit saves", &saved(10), worth(10));
    }
}

/// What fails together has the same mean and more spread: all ten at once are short in 1 % of the hours, of everything.
#[test]
fn units_that_fail_together() {
    let text = |together: &str| {
        [
            flat(1000),
            failing("1 tokens/h", &format!("{{ share = \"99%\", together = {together} }}")),
            plain("law = \"constant\", value = \"10 tokens/h\"", "\"off\""),
            sweep("p", &["units"], &[10.0]),
        ]
        .concat()
    };
    let plan = swept("p", 10.0);
    for (together, parts) in [("1", 10), ("5", 2), ("\"all\"", 1)] {
        for seed in SEEDS {
            let ran = simulate(&text(together), 1200, seed);
            let what = format!("together = {together}");
            mean(&format!("unserved, {what}"), &hourly(&ran, &plan, Metric::TokensThrottled), 0.1);
            mean(&format!("hours short, {what}"), &hourly(&ran, &plan, Metric::ThrottledHours), 1.0 - 0.99_f64.powi(parts));
        }
    }
}

/// Of 80 an hour within a quota of 100, 30 are throttled while an incident takes half: 3 hours of 51 in the long run. Without a quota an
/// incident takes all.
#[test]
fn incidents_take_a_share_of_the_quota() {
    let text = |quota: &str, takes: &str| {
        [
            flat(1000),
            on_demand("1 USD/token"),
            format!("{quota}incidents = {{ every = \"48h\", lasting = \"3h\", takes = \"{takes}\" }}\n"),
            plain("law = \"constant\", value = \"80 tokens/h\"", "\"off\""),
            plan("p", &["on-demand"]),
        ]
        .concat()
    };
    let on = 3.0 / 51.0;
    for (quota, takes, lost) in [("quota = { rate = \"100 tokens/h\" }\n", "50%", 30.0), ("", "100%", 80.0)] {
        for seed in SEEDS {
            let ran = simulate(&text(quota, takes), 2500, seed);
            mean(&format!("throttled share, {takes}"), &ran.column("p", Metric::ThrottledShare), on * lost / 80.0);
            mean(&format!("hours, {takes}"), &hourly(&ran, "p", Metric::ThrottledHours), on);
            mean(&format!("cost, {takes}"), &hourly(&ran, "p", Metric::CostOnDemand), 80.0 - on * lost);
        }
    }
}

/// Long outages cluster: the number of hours down in a month has the variance of a chain, p (1 − p) n times about (1 + ρ) / (1 − ρ).
#[test]
fn outages_cluster_within_a_month() {
    let (up, down, n): (f64, f64, i32) = (46.0, 4.0, 150);
    let text = [
        flat(150),
        failing("1 tokens/h", "{ up = \"46h\", down = \"4h\" }"),
        plain("law = \"constant\", value = \"1 tokens/h\"", "\"off\""),
        sweep("p", &["units"], &[1.0]),
    ]
    .concat();
    let (share, rho) = (up / (up + down), 1.0 - 1.0 / up - 1.0 / down);
    // Var Σ = p q (n + 2 Σ (n − k) ρᵏ).
    let sum: f64 = (1..n).map(|k| f64::from(n - k) * rho.powi(k)).sum();
    let variance = share * (1.0 - share) * (f64::from(n) + 2.0 * sum);
    for seed in SEEDS {
        let hours = simulate(&text, 40_000, seed).column(&swept("p", 1.0), Metric::ThrottledHours);
        let moments = Moments::from_slice(&hours);
        let fourth = hours.iter().map(|x| (x - moments.mean()).powi(4)).sum::<f64>() / hours.len() as f64;
        let given = moments.sd().unwrap().powi(2);
        agrees("variance of the hours down", given, ((fourth - given * given) / hours.len() as f64).sqrt(), variance);
    }
}

#[test]
fn outages_do_not_depend_on_threads() {
    let text = [
        flat(100),
        on_demand("1 USD/token"),
        "quota = { rate = \"5 tokens/h\" }\nincidents = { every = \"9h\", lasting = \"3h\", takes = \"50%\" }\n".to_owned(),
        failing("1 tokens/h", "{ up = \"20h\", down = \"2h\" }"),
        plain("law = \"exponential\", mean = \"9 tokens/h\"", "{ cv = 0.3 }"),
        sweep("p", &["units", "on-demand"], &[3.0, 8.0]),
    ]
    .concat();
    let scenario = resolve(&text, Path::new(""));
    let outcomes = [1, 2, 3].map(|threads| {
        let spec = RunSpec { replications: Some(700), threads: Some(threads), ..RunSpec::default() };
        let ran = Ran { scenario: resolve(&text, Path::new("")), outcome: run(&scenario, &spec, &Columns).unwrap().summary };
        ran.column(&swept("p", 3.0), Metric::TokensThrottled).into_iter().map(f64::to_bits).collect::<Vec<u64>>()
    });
    assert!(outcomes[0] == outcomes[1] && outcomes[0] == outcomes[2]);
}
