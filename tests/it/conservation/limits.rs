//! Quotas of a window, a day and of requests: nothing serves more than they let through, offers that share one together.

use super::checks::{ACCURACY, Problems, is_walked};
use super::watch::Seen;
use std::collections::BTreeMap;
use tokentide::scenario::Scenario;
use tokentide::supply::{Node, PoolGroup};
use tokentide::units::ByClass;

/// Whether every offer of a pool serves the mix of the hour: what does not hold where batch or a queue takes some of it, or priorities sort it.
fn is_mixed(scenario: &Scenario, group: &PoolGroup) -> bool {
    let first = group.members.first().map(|member| &member.route);
    let plain = group.members.iter().all(|member| member.batch.is_none() && member.waits.is_none() && Some(&member.route) == first);
    plain && group.workloads.iter().all(|&workload| scenario.supply.workloads[workload].priority.is_none())
}

/// What serving one token of the hour's mix counts against a node's quota, or `None` where that is not known.
fn counts(scenario: &Scenario, seen: &Seen, group: &PoolGroup, node: &Node, hour: usize) -> Option<f64> {
    let hold = node.metering.hold.filter(|hold| !hold.settles);
    let weights = node.weights[0].to_array();
    if hold.is_none() && weights.iter().all(|weight| weight.to_bits() == weights[0].to_bits()) {
        return Some(weights[0]);
    }
    if !is_mixed(scenario, group) {
        return None;
    }
    let (mut all, mut counted) = (0.0, 0.0);
    for &workload in &group.workloads {
        let (path, facts) = (&seen.path.workloads[workload], &scenario.supply.workloads[workload]);
        let tokens = path.tokens[hour];
        all += tokens.total();
        counted += match hold {
            // Prompt and `max_tokens`, whatever came out.
            Some(hold) => {
                let most = hold.max_tokens_weight * facts.max_tokens.or(hold.unset_max_tokens)?;
                let most = if node.weights[0].output > 0.0 { most } else { 0.0 };
                ByClass { output: 0.0, ..tokens }.dot(&node.weights[0]) + path.requests[hour] * most
            }
            None => tokens.dot(&node.weights[0]),
        };
    }
    (all > 0.0).then_some(counted / all)
}

/// No quota lets through more than it has, in an hour, a day or by number.
pub(super) fn quotas(scenario: &Scenario, seen: &Seen, (index, case): (usize, usize), problems: &mut Problems) {
    let group = &scenario.supply.groups[index];
    let mut of_quota: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, node) in group.nodes.iter().enumerate() {
        if let Some(quota) = node.quota {
            of_quota.entry(quota).or_default().push(number);
        }
    }
    let walked = is_walked(scenario, group);
    for (quota, nodes) in of_quota {
        let first = &group.nodes[nodes[0]];
        let (most, of_day) = (first.per_unit[0].0, first.per_day);
        let most_requests = first.request_window.map(|_| first.per_unit[1].0);
        // A bucket that is full gives a window's worth beside what comes in.
        let bucket = |window: u32| if first.metering.steady { nodes.len() as f64 * f64::from(window) / 3600.0 } else { 0.0 };
        let mut day = (0, 0.0);
        for (hour, served) in seen.served[index][case].iter().enumerate() {
            let (asked, requests) = group.workloads.iter().fold((0.0, 0.0), |(tokens, requests), &workload| {
                let path = &seen.path.workloads[workload];
                (tokens + path.tokens[hour].total(), requests + path.requests[hour])
            });
            let Some(each) = counts(scenario, seen, group, first, hour) else { continue };
            let taken = nodes.iter().map(|&node| served[node]).sum::<f64>();
            let mut tell = |what: &str, taken: f64, most: f64| {
                problems.push(format!("{} case {case} hour {hour}: {taken} {what} of {most} of quota {quota}", group.name));
            };
            let (counted, slack) = (each * taken, ACCURACY * each * asked + 1e-6);
            if !(counted <= most * (1.0 + 1e-9 + bucket(first.metering.window)) + slack) {
                tell("tokens of an hour", counted, most);
            }
            if day.0 != scenario.horizon.day_of(hour) {
                day = (scenario.horizon.day_of(hour), 0.0);
            }
            day.1 += counted;
            if let Some(most) = of_day.filter(|most| day.1 > most * (1.0 + 1e-9)) {
                tell("tokens of a day", day.1, most);
            }
            if let Some(most) = most_requests.filter(|_| asked > 0.0 && is_mixed(scenario, group)) {
                let count = taken * requests / asked;
                // Who comes back fills windows that the law of tokens leaves wider than the limit (`dispatch/requests.rs`).
                let slack = if walked { 0.2 * most } else { 0.0 };
                if count > most * (1.0 + 1e-3 + bucket(first.request_window.unwrap_or(60))) + slack + ACCURACY * requests {
                    tell("requests", count, most);
                }
            }
        }
    }
}
