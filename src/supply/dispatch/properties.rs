//! What holds for every network: tokens are conserved, and more units never throttle more.

use super::tests::{ON_DEMAND, hour, units};
use crate::demand::DemandPath;
use crate::supply::fixture::{dispatched, steady, supply, workload};
use crate::supply::{MAX_AXES, Margin, Supply, WorkloadFacts};
use proptest::prelude::*;

/// A network of up to three workloads: private units, one shared quota, a second shared offer at the end, parts that can wait.
#[derive(Clone, Debug)]
struct Random {
    own: Vec<bool>,
    direct: Vec<bool>,
    last: bool,
    shares: Vec<f64>,
    means: Vec<f64>,
    variances: Vec<f64>,
    quota: f64,
    whole: bool,
}

fn random() -> impl Strategy<Value = Random> {
    (1_usize..4).prop_flat_map(|n| {
        let list = |range: std::ops::Range<f64>| proptest::collection::vec(range, n);
        let flags = || proptest::collection::vec(any::<bool>(), n);
        (flags(), flags(), any::<bool>(), list(0.0..0.9), list(-1.0..3.0), list(-3.0..1.0), -1.0..3.0, any::<bool>()).prop_map(
            |(own, direct, last, shares, means, variances, quota, whole)| Random {
                own,
                direct,
                last,
                shares,
                means: means.into_iter().map(libm::exp10).collect(),
                variances: variances.into_iter().map(libm::exp10).collect(),
                quota: libm::exp10(quota),
                whole,
            },
        )
    })
}

impl Random {
    fn supply(&self) -> (Supply, DemandPath) {
        let n = self.own.len();
        let rule = if self.whole { "request" } else { "minute" };
        let mut text = format!("{ON_DEMAND}quota = {{ rate = '{} tokens/h', weights = {{ input = 1, output = 4 }} }}\n", self.quota);
        text += &format!("{}weights = {{ input = 2, output = 3 }}\n", units("last", "5 tokens/h"));
        let (mut routes, mut bought) = (Vec::new(), Vec::new());
        let tail = if self.last { "'od', 'last'" } else { "'od'" };
        for i in 0..n {
            if self.own[i] {
                text += &format!("{}overflow = '{rule}'\nweights = {{ input = 1, output = 2 }}\n", units(&format!("u{i}"), "10 tokens/h"));
                bought.push(format!("u{i} = [0, 1, 4, 20]"));
            }
            let own = if self.own[i] { format!("'u{i}', ") } else { String::new() };
            routes.push(format!("w{i} = [{own}{tail}]"));
            if self.direct[i] {
                routes.push(format!("'w{i}.deferrable' = [{tail}]"));
            }
        }
        text += &format!("[[plan]]\nname = 'p'\nroute = {{ {} }}\n", routes.join(", "));
        if self.last {
            text += "units = { last = 3 }\n";
        }
        if !bought.is_empty() {
            text += &format!("sweep = {{ units = {{ {} }} }}\n", bought.join(", "));
        }
        let facts: Vec<WorkloadFacts> = (0..n)
            .map(|i| WorkloadFacts {
                deferrable_share: if self.direct[i] { self.shares[i].max(0.01) } else { 0.0 },
                ..workload(&format!("w{i}"), Margin::Gamma, self.variances[i].sqrt())
            })
            .collect();
        let mut path = steady(1, &self.means);
        for (i, workload) in path.workloads.iter_mut().enumerate() {
            // One mix for all, since a minute's excess is the same in weighted tokens alone.
            workload.tokens[0].output = self.means[i] * self.shares[0].max(0.0);
        }
        (supply(&text, &facts, hour()), path)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_120), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_token_ends_in_one_bucket_and_units_never_throttle(network in random()) {
        let (supply, path) = network.supply();
        let totals = dispatched(&supply, &path);
        let asked: f64 = path.workloads.iter().map(|workload| workload.tokens[0].total()).sum();
        for (index, service) in totals.services.iter().enumerate() {
            for tokens in [service.tokens_on_demand, service.tokens_provisioned, service.tokens_throttled, service.tokens_batch] {
                prop_assert!(tokens >= -1e-12 * asked, "{service:?}");
            }
            let sum = service.tokens_on_demand + service.tokens_provisioned + service.tokens_throttled + service.tokens_batch;
            prop_assert!((sum - asked).abs() <= 1e-9 * asked, "{sum} of {asked}");
            let nodes = supply.groups[0].nodes.len();
            // No unit is used for more hours than it is bought.
            for (node, slot) in supply.groups[0].nodes.iter().zip(0..nodes) {
                let used = totals.used[supply.used_index(0, index, 0) + slot * MAX_AXES];
                let bought = supply.groups[0].cases[index].units[slot * MAX_AXES];
                prop_assert!(!node.provisioned || used <= bought * (1.0 + 1e-6) + 1e-9, "{used} of {bought}");
            }
        }
        // A minute's excess falls when any offer gets more units. (A whole request's extra depends on how often a limit is met, and may not.)
        let cases = &supply.groups[0].cases;
        for (i, a) in cases.iter().enumerate() {
            for (j, b) in cases.iter().enumerate() {
                if !network.whole && a.units.iter().zip(&b.units).all(|(a, b)| a <= b) {
                    let (fewer, more) = (totals.services[i].tokens_throttled, totals.services[j].tokens_throttled);
                    prop_assert!(more <= fewer + 2e-6 * asked, "{fewer} becomes {more}");
                }
            }
        }
    }

    /// What cases have alike is served once for all of them: each comes to what it comes to alone, to the last bit.
    #[test]
    fn a_case_does_not_know_of_others(network in random()) {
        let (supply, path) = network.supply();
        let all = dispatched(&supply, &path);
        let (members, slots) = (supply.members(0), supply.member_slots(0));
        for (case, own) in supply.groups[0].cases.iter().enumerate() {
            let mut alone = supply.clone();
            alone.groups[0].cases = vec![own.clone()];
            let one = dispatched(&alone, &path);
            prop_assert_eq!(all.services[case], one.services[0]);
            prop_assert_eq!(&all.used[supply.used_index(0, case, 0)..][..one.used.len()], &one.used[..]);
            prop_assert_eq!(&all.members[case * members..][..members], &one.members[..]);
            prop_assert_eq!(&all.members_used[case * slots..][..slots], &one.members_used[..]);
        }
    }
}
