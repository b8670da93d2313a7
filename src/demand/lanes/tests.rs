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

/// Prompts and answers of every lane against the generator's.
#[test]
fn lanes_draw_prompts_and_answers_apart() {
    for tokens in [
        "input = { mean = 1500, p95 = 4000 }, output = { mean = 400, cv = 1, law = \"gamma\" }, correlation = 0.6, max_tokens = 1024",
        "input = { mean = 900, cv = 0.2 }, output = { mean = 900, cv = 0.2 }, correlation = -0.9",
        "input = { mean = 900, cv = 0 }, output = { mean = 900, cv = 0 }",
    ] {
        let split = format!("tokens = {{ {tokens} }}");
        let apart = |line: &str| if line.starts_with("tokens =") { split.clone() } else { line.to_owned() };
        let edit = |text: &str| text.lines().map(|line| apart(line) + "\n").collect::<String>();
        let scenario = fleet(|text| edit(text).replace("months = 1", "months = 2"));
        for (index, sampling) in [(0, Sampling::Plain), (1, Sampling::Sobol), (2, Sampling::Plain)] {
            agree_apart(&scenario, index, sampling);
        }
    }
}

fn agree_apart(scenario: &crate::scenario::Scenario, index: usize, sampling: Sampling) {
    let hours = scenario.horizon.hours();
    let generator = scenario.demand.sampled(5, sampling);
    let mut path = DemandPath::new(scenario.demand.workloads.len(), hours);
    let mut scratch = DemandScratch::default();
    let lanes = LaneWorkload::new(&scenario.demand, index, 5, sampling).unwrap();
    let mix = scenario.demand.workloads[index].split_mix().unwrap();
    let (mut state, mut tiles) = (LaneState::default(), [[Lanes::of(0.0); TILE]; 2]);
    for first in [0, 640] {
        lanes.begin(first, &mut state);
        let mut drawn = Vec::new();
        for number in 0..hours.div_ceil(TILE) {
            let [prompts, answers] = &mut tiles;
            let hours = lanes.tiles(number, &mut state, prompts, answers);
            drawn.extend(prompts[..hours].iter().copied().zip(answers[..hours].iter().copied()));
        }
        assert_eq!(drawn.len(), hours);
        for lane in [0, 31, 63] {
            generator.generate(first + lane as u64, &mut path, &mut scratch);
            let path = &path.workloads[index];
            let (mut off, mut all) = ([0.0; 2], [0.0; 2]);
            for ((prompt, answer), (tokens, requests)) in drawn.iter().zip(path.tokens.iter().zip(&path.requests)) {
                let answers = tokens.output;
                let prompts = tokens.total() - answers;
                for (kind, (drawn, want)) in [(prompt, prompts), (answer, answers)].into_iter().enumerate() {
                    off[kind] += (f64::from(drawn[lane]) - want).abs();
                    all[kind] += want;
                }
                assert!((requests - (prompts + answers) * mix.mean().requests).abs() <= 1e-12 * requests);
                assert!((*tokens - (mix.classes[0] * prompts + mix.classes[1] * answers)).total().abs() <= 1e-9 * tokens.total());
            }
            assert!(off[0] <= 2e-6 * all[0] && off[1] <= 2e-6 * all[1], "workload {index}, lane {lane}: {off:?} of {all:?}");
        }
    }
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
