//! Scenarios that ask for more than a machine has are refused with the figure, before any work and soon.

use super::case::{BASE, edited, fits, judged, read};
use std::fmt::Write;
use tokentide::simulation::{RunSpec, run};
use tokentide::tally::Columns;

const RESERVED: &str = "units = { reserved = { input = 100, output = 10 } }";

/// 90 011 plans × 2 months × 1e8 replications are no samples that any machine keeps.
#[test]
fn memory_is_refused_with_the_figure() {
    let swept = "sweep = { units = { reserved = { input = \"100..=399\", output = \"10..=309\" } } }";
    let text = edited(&edited(BASE, RESERVED, swept), "replications = 40", "replications = 100_000_000");
    let scenario = read(&text, &[]).unwrap_or_else(|error| panic!("{error}")).scenario;
    assert_eq!(scenario.supply.plans.len(), 90_011);
    let error = run(&scenario, &RunSpec::default(), &Columns).expect_err("no machine has so much");
    let wanted = "this run needs about … MiB of memory and … MiB are available: … MiB of samples (100000000 replications of 90011 plans over 2 months) \
                  and … MiB of demand paths; fewer replications, plans or months need less";
    assert!(fits(&error.to_string(), wanted), "{error}");
    assert!(error.is_input());
}

/// Two axes of 400 numbers each are 160 000 plans; the bound is told, and nothing is built.
#[test]
fn too_many_plans() {
    let swept = "sweep = «{ units = { reserved = { input = \"100..=499\", output = \"10..=409\" } } }»";
    let wanted = "plan.reserved.sweep: makes too many plans; given: …; allowed: at most 100000 plans in all";
    judged(&edited(BASE, RESERVED, swept), &[wanted]).unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn too_many_workloads() {
    let mut text = "name = \"Many\"\n[[offer]]\nname = \"o\"\nkind = \"on-demand\"\nprice = { input = \"1 USD/1M tokens\" }\n[[plan]]\nname = \"p\"\nroute = {}\n".to_owned();
    for number in 0..10_000 {
        let mark = if number == 1000 { ("«", "»") } else { ("", "") };
        write!(text, "{}[[workload]]{}\nname = \"w{number}\"\ndemand = {{ law = \"constant\", value = \"1 tokens/h\" }}\n", mark.0, mark.1)
            .unwrap();
    }
    judged(&text, &["workload.w1000: is one workload too many; given: [[workload]]; allowed: at most 1000 workloads"])
        .unwrap_or_else(|difference| panic!("{difference}"));
}
