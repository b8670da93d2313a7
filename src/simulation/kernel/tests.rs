//! The fast path against the reference, replication by replication.

use super::*;
use crate::scenario::{Scenario, parse};
use crate::simulation::Replicator;
use crate::tally::Replication;
use std::path::Path;

fn fleet(edit: impl Fn(&str) -> String) -> Scenario {
    let text = include_str!("../../../workloads/assistant-fleet.toml");
    parse("fleet.toml", &edit(text), Path::new("."), &[]).unwrap().scenario
}

/// The largest differences, in units of the tolerances: tokens, money, minutes.
fn differences(scenario: &Scenario, a: &Replication<'_>, b: &Replication<'_>) -> [f64; 5] {
    let mut worst = [0.0_f64; 5];
    let minutes = 60.0 * scenario.horizon.hours() as f64;
    let tokens: f64 = b.service.demand.iter().map(|d| d.tokens.total()).sum();
    for (x, y) in a.service.demand.iter().zip(&b.service.demand) {
        worst[0] = worst[0].max((x.tokens - y.tokens).total().abs() / tokens);
        worst[0] = worst[0].max((x.peak_hour_tokens - y.peak_hour_tokens).abs() / y.peak_hour_tokens.max(1.0));
        let quota = (x.peak_quota_tokens_per_minute / y.peak_quota_tokens_per_minute - 1.0).abs();
        worst[3] = worst[3].max(if quota.is_nan() { 0.0 } else { 0.01 * quota });
    }
    for (x, y) in a.service.services.iter().zip(&b.service.services) {
        for (x, y) in [
            (x.tokens_on_demand, y.tokens_on_demand),
            (x.tokens_provisioned, y.tokens_provisioned),
            (x.tokens_batch, y.tokens_batch),
            (x.tokens_throttled, y.tokens_throttled),
        ] {
            worst[0] = worst[0].max((x - y).abs() / tokens);
        }
        let cost = y.cost_on_demand + y.cost_batch + y.value_provisioned;
        for (x, y) in [(x.cost_on_demand, y.cost_on_demand), (x.cost_batch, y.cost_batch), (x.value_provisioned, y.value_provisioned)] {
            worst[1] = worst[1].max((x - y).abs() / cost);
        }
        for (x, y) in [(x.throttled_minutes, y.throttled_minutes), (x.throttled_hours, y.throttled_hours)] {
            worst[2] = worst[2].max((x - y).abs() / minutes);
        }
        let never = |log: f64| libm::exp(log);
        worst[4] = worst[4].max(1e-2 * (never(x.log_clear) - never(y.log_clear)).abs());
    }
    worst
}

#[test]
fn fleet_agrees() {
    let scenario = fleet(str::to_owned);
    let kernel = Kernel::new(&scenario, 3, Scope::All).unwrap();
    let mut worker = KernelWorker::new(&kernel);
    let mut reference = Replicator::new(&scenario, 3);
    let mut worst = [0.0_f64; 5];
    for first in [0, 64] {
        worker.block(first, 64, |fast| {
            let slow = reference.replicate(fast.index, None);
            for (worst, new) in worst.iter_mut().zip(differences(&scenario, fast, &slow)) {
                *worst = worst.max(new);
            }
        });
    }
    eprintln!("{worst:?}");
    assert!(worst.iter().all(|&worst| worst <= 1e-5), "{worst:?}");
}
