//! Lanes against the generator, replication by replication and hour by hour.

use super::*;
use crate::demand::{DemandPath, DemandScratch};
use crate::scenario::parse;
use std::path::Path;

fn fleet(edit: impl Fn(&str) -> String) -> crate::scenario::Scenario {
    let text = include_str!("../../../workloads/assistant-fleet.toml");
    parse("fleet.toml", &edit(text), Path::new("."), &[]).unwrap().scenario
}

/// Every hour of every lane against the generator: within a few rounding errors of single precision, on average over the hours.
fn agree(scenario: &crate::scenario::Scenario) {
    for sampling in [Sampling::Plain, Sampling::Sobol] {
        agree_when(scenario, sampling);
    }
}

fn agree_when(scenario: &crate::scenario::Scenario, sampling: Sampling) {
    let hours = scenario.horizon.hours();
    let generator = scenario.demand.sampled(5, sampling);
    let mut path = DemandPath::new(scenario.demand.workloads.len(), hours);
    let mut scratch = DemandScratch::default();
    for index in 0..scenario.demand.workloads.len() {
        let lanes = LaneWorkload::new(&scenario.demand, index, 5, sampling).unwrap();
        let (mut state, mut tile) = (LaneState::default(), [Lanes::of(0.0); TILE]);
        // Twice, so that what the first round leaves behind would show.
        for first in [0, 640] {
            lanes.begin(first, &mut state);
            let mut drawn = Vec::new();
            for number in 0..hours.div_ceil(TILE) {
                let hours = lanes.tile(number, &mut state, &mut tile);
                drawn.extend_from_slice(&tile[..hours]);
            }
            assert_eq!(drawn.len(), hours);
            for lane in [0, 1, 31, 63] {
                generator.generate(first + lane as u64, &mut path, &mut scratch);
                let mix = scenario.demand.workloads[index].steady_mix().unwrap();
                let (mut off, mut all) = (0.0, 0.0);
                for (drawn, (tokens, requests)) in
                    drawn.iter().zip(path.workloads[index].tokens.iter().zip(&path.workloads[index].requests))
                {
                    off += (f64::from(drawn[lane]) - tokens.total()).abs();
                    all += tokens.total();
                    assert!((requests - tokens.total() * mix.requests).abs() <= 1e-12 * requests);
                    assert!((*tokens - mix.classes * tokens.total()).total().abs() <= 1e-9 * tokens.total());
                }
                assert!(off <= 2e-6 * all, "workload {index}, lane {lane}: {}", off / all);
            }
        }
    }
}

#[test]
fn lanes_draw_the_demand_of_their_replications() {
    agree(&fleet(str::to_owned));
}

#[test]
fn so_do_walks_growth_slow_noise_and_events() {
    let all = "\ngrowth = { drift = \"3%/month\", volatility = \"10%/month\" }\nrequests";
    agree(&fleet(|text| {
        text.replace("months = 1", "months = 3")
            .replace("walk = \"off\"", "walk = { scale = 0.1, df = 4, kappa = 0.9 }")
            .replace(
                "autocorrelation = 0.95 } }",
                "autocorrelation = 0.95 }, slow = { sd = 0.3, half_life = \"48h\" }, white = { sd = 0.1 } }",
            )
            .replace("\nrequests", all)
            .replacen("law = \"negative-binomial\", shape = 80", "law = \"none\"", 1)
    }));
}

#[test]
fn what_lanes_cannot_draw_is_told() {
    let one = |from: &str, to: &str| {
        let scenario = fleet(|text| text.replacen(from, to, 1));
        LaneWorkload::new(&scenario.demand, 0, 1, Sampling::Plain).is_some()
    };
    assert!(one("", ""));
    assert!(!one("mean = \"6.0M tokens/h\"", "mean = \"600 tokens/h\""), "few requests");
    assert!(!one("output_share = 0.25 }", "output_share = 0.25, drift = { input_sd = 0.1, half_life = \"48h\" } }"), "drift");
}
