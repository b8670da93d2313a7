//! What holds for the members of every pool: their sums are the pool's, and whoever comes first is throttled least.

use super::members_tests::{add_up, members, near};
use super::tests::{ON_DEMAND, hour, units};
use crate::demand::DemandPath;
use crate::supply::fixture::{dispatched, steady, supply, workload};
use crate::supply::{Margin, Supply, WorkloadFacts};
use proptest::prelude::*;

/// Up to four workloads in a chain or a network, of random size, burst, mix and priority.
#[derive(Clone, Debug)]
struct Pool {
    means: Vec<f64>,
    scale: f64,
    alike: bool,
    spread: Vec<f64>,
    outputs: Vec<f64>,
    priorities: Vec<u8>,
    own: Vec<bool>,
    quota: f64,
}

fn pool() -> impl Strategy<Value = Pool> {
    (2_usize..5).prop_flat_map(|n| {
        let list = |range: std::ops::Range<f64>| proptest::collection::vec(range, n);
        let (own, priorities) = (proptest::collection::vec(any::<bool>(), n), proptest::collection::vec(1_u8..4, n));
        (list(0.0..2.5), -1.0..2.0, any::<bool>(), list(-3.0..0.7), list(0.0..1.0), priorities, own, 0.0..3.0).prop_map(
            |(means, scale, alike, spread, outputs, priorities, own, quota): (Vec<f64>, f64, _, Vec<f64>, _, _, _, f64)| Pool {
                means: means.into_iter().map(libm::exp10).collect(),
                scale: libm::exp10(scale),
                alike,
                spread: spread.into_iter().map(libm::exp10).collect(),
                outputs,
                priorities,
                own,
                quota: libm::exp10(quota),
            },
        )
    })
}

impl Pool {
    /// As a chain with priorities, or as a network without.
    fn supply(&self, network: bool) -> (Supply, DemandPath) {
        let n = self.means.len();
        let mut text = format!("{ON_DEMAND}quota = {{ rate = '{} tokens/h', weights = {{ input = 1, output = 2 }} }}\n", self.quota);
        text += &format!("{}weights = {{ input = 1, output = 5 }}\n", units("u", "1 tokens/h"));
        text += &format!("{}weights = {{ input = 1, output = 5 }}\n", units("v", "1 tokens/h"));
        let route = |i: usize| if network && self.own[i] { format!("w{i} = ['v', 'od']") } else { format!("w{i} = ['u', 'od']") };
        let bought = if network && self.own.contains(&true) { "u = [0, 3, 30, 300], v = [10]" } else { "u = [0, 3, 30, 300]" };
        let routes: Vec<String> = (0..n).map(route).collect();
        let bought = if network && !self.own.contains(&false) { "v = [0, 10, 100]" } else { bought };
        text += &format!("[[plan]]\nname = 'p'\nroute = {{ {} }}\nsweep = {{ units = {{ {bought} }} }}\n", routes.join(", "));
        let mut path = steady(1, &self.means);
        let of = |i: usize| {
            let variance = if self.alike { self.scale / self.means[i] } else { self.spread[i] };
            let priority = if network { None } else { Some(self.priorities[i]) };
            WorkloadFacts { priority, ..workload(&format!("w{i}"), Margin::Gamma, variance.min(100.0).sqrt()) }
        };
        if !self.alike {
            for (workload, (mean, output)) in path.workloads.iter_mut().zip(self.means.iter().zip(&self.outputs)) {
                workload.tokens[0].output = mean * output;
                workload.requests[0] *= 1.0 + output;
            }
        }
        (supply(&text, &(0..n).map(of).collect::<Vec<_>>(), hour()), path)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_121), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn members_sum_to_their_pool_and_the_first_are_throttled_least(pool in pool()) {
        for network in [false, true] {
            let (supply, path) = pool.supply(network);
            let totals = dispatched(&supply, &path);
            add_up(&supply, &totals, !network);
            for service in &totals.services {
                let asked: f64 = path.workloads.iter().map(|workload| workload.tokens[0].total()).sum();
                near(service.tokens_on_demand + service.tokens_provisioned + service.tokens_throttled, asked, 1e-9 * asked);
            }
            if network || !pool.alike {
                continue;
            }
            for case in 0..supply.groups[0].cases.len() {
                let got = members(&supply, &totals, case);
                let share = |i: usize| got[i].tokens_throttled / pool.means[i];
                for (i, j) in (0..got.len()).flat_map(|i| (0..got.len()).map(move |j| (i, j))) {
                    if pool.priorities[i] < pool.priorities[j] {
                        let small = 1e-4 * pool.means.iter().sum::<f64>() / pool.means[i].min(pool.means[j]);
                        prop_assert!(share(i) <= share(j) + small, "{} {}: {got:?}", share(i), share(j));
                    }
                }
            }
        }
    }
}
