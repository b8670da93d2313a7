//! What holds for every queue in every replication: conservation, and more capacity never being later.

use super::tests::{flat, offers, path, units, waiting};
use crate::demand::DemandPath;
use crate::supply::fixture::{dispatched, supply, workload};
use crate::supply::{HourService, HourSink, MAX_AXES, Margin, QueueTotals, ServiceTotals, Supply, WorkloadFacts};
use proptest::prelude::*;

/// Adds up what a sink is shown.
#[derive(Default)]
struct Watch {
    served: f64,
    late: f64,
    throttled: f64,
    cost: f64,
    used: f64,
    waiting: f64,
}

impl HourSink for Watch {
    fn hour(&mut self, _: usize, _: usize, case: usize, service: &HourService<'_>) {
        if case == 0 {
            self.served += service.served.iter().sum::<f64>() + service.batch;
            self.late += service.late;
            self.throttled += service.throttled;
            self.cost += service.cost_on_demand + service.cost_batch;
            self.used += service.used.iter().sum::<f64>();
            self.waiting = service.waiting;
        }
    }
}

/// A random pool: interactive work, two workloads that wait, units and two quotas, with routes that meet or not.
#[derive(Clone, Debug)]
struct Random {
    chat: bool,
    cv: f64,
    routes: [usize; 3],
    quota: f64,
    units: f64,
    deadlines: [f64; 2],
    tokens: Vec<[f64; 3]>,
    night: bool,
    /// What batch's jobs are like where the second workload that waits goes there first.
    jobs: Option<&'static str>,
}

/// Routes that go on alike after every offer they share.
const ROUTES: [&str; 4] = ["['u', 'od']", "['od']", "['u', 'od']", "['second']"];

/// Jobs of all kinds, by windows of five hours.
const JOBS: [&str; 5] = [
    "",
    "minimum_records = 40",
    "minimum_records = 5\nmaximum_records = 20\ncompletion = { mean = '2h', p95 = '6h' }",
    "maximum_records = 10\njobs_in_flight = 2\ncompletion = { mean = '1h', p95 = '3h' }",
    "expiry = '3h'\njobs_in_flight = 1\ncompletion = { mean = '3h', p95 = '9h' }",
];

fn random() -> impl Strategy<Value = Random> {
    let tokens = prop_oneof![Just(0.0), 0.0..300.0_f64];
    let hour = (prop_oneof![Just(0.0), 10.0..150.0_f64], tokens.clone(), tokens).prop_map(|(a, b, c)| [a, b, c]);
    (
        any::<bool>(),
        0.0..1.5_f64,
        [0..4_usize, 0..4, 0..4],
        1.0..200.0_f64,
        0.0..100.0_f64,
        [0.5..6.0_f64, 0.5..12.0],
        proptest::collection::vec(hour, 24),
        (any::<bool>(), proptest::option::of(proptest::sample::select(&JOBS[..]))),
    )
        .prop_map(|(chat, cv, routes, quota, units, deadlines, tokens, (night, jobs))| Random {
            chat,
            cv,
            routes,
            quota,
            units,
            deadlines,
            tokens,
            night,
            jobs,
        })
}

impl Random {
    fn supply(&self, quota: f64) -> Supply {
        let [chat, a, b] = self.routes.map(|route| ROUTES[route]);
        let chat = if self.chat { chat } else { "['free']" };
        let b = match self.jobs {
            None => b.to_owned(),
            Some(_) if self.routes[2] == 2 => "['batch']".to_owned(),
            Some(_) => b.replace('[', "['batch', "),
        };
        let batch = self.jobs.map_or(String::new(), |lines| {
            format!("[[offer]]\nname = 'batch'\nkind = 'batch'\nwindow = '5h'\nprice = {{ input = '0.5 USD/token', output = '1 USD/token' }}\n{lines}\n")
        });
        let used = |name: &str| a.contains(name) || b.contains(name);
        let hours = if self.night && used("'od'") { "hours = { od = { from = 20, until = 3 } }\n" } else { "" };
        let bought = if used("'u'") || chat.contains("'u'") { format!("units = {{ u = {} }}\n", self.units) } else { String::new() };
        let text = format!(
            "{}{}{batch}[[plan]]\nname = 'p'\nroute = {{ chat = {chat}, a = {a}, b = {b} }}\n{bought}{hours}",
            units("1 tokens/h"),
            offers(&[("od", quota), ("second", 0.5 * quota), ("free", 1e6)])
        );
        // Windows of a month each: whether one is missed is then what the month's late tokens say.
        let waits = |name, deadline| WorkloadFacts { window: 12.0, ..waiting(name, deadline) };
        let facts = [workload("chat", Margin::Gamma, self.cv), waits("a", self.deadlines[0]), waits("b", self.deadlines[1])];
        supply(&text, &facts, flat(2, 12))
    }

    fn path(&self) -> DemandPath {
        let lane = |k: usize| self.tokens.iter().enumerate().map(|(hour, tokens)| (hour, tokens[k])).collect::<Vec<_>>();
        path(24, &[&lane(0), &lane(1), &lane(2)])
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_121), failure_persistence: None, ..ProptestConfig::default() })]

    /// Every token of every month ends in one bucket, whatever serves it, and hour by hour what is served, throttled or waits is what came.
    #[test]
    fn every_token_ends_in_one_bucket(network in random()) {
        let (supply, path) = (network.supply(network.quota), network.path());
        let mut totals = supply.totals();
        let mut watch = Watch::default();
        supply.dispatcher(1).dispatch(3, &path, &mut totals, Some(&mut watch));
        let (mut late, mut waits) = (0.0, 0.0);
        for month in 0..2 {
            let mut ended = 0.0;
            let pools: Vec<usize> = supply.plans[0].pools.iter().map(|pool| supply.service_index(pool.group, pool.case, month)).collect();
            for index in pools {
                let (service, queue) = (totals.services[index], totals.queues[index]);
                for tokens in [service.tokens_late, queue.tokens_late_one_hour_more, queue.tokens_waiting] {
                    prop_assert!(tokens >= 0.0);
                }
                prop_assert!(queue.tokens_late_one_hour_more <= service.tokens_late * (1.0 + 1e-12));
                prop_assert!(queue.windows_missed <= queue.windows);
                // What batch refuses and nobody else takes is throttled, and misses its deadline too.
                let refused = network.jobs.is_some() && network.routes[2] == 2 && service.tokens_throttled > 0.0;
                prop_assert!(queue.windows_missed > 0.0 || !(service.tokens_late > 0.0));
                prop_assert!(service.tokens_late > 0.0 || refused || queue.windows_missed == 0.0);
                ended += service.tokens_on_demand + service.tokens_provisioned + service.tokens_batch + service.tokens_throttled;
                ended += service.tokens_late + queue.tokens_waiting;
                (late, waits) = (late + service.tokens_late, waits + queue.tokens_waiting);
            }
            let asked: f64 = network.tokens[12 * month..12 * month + 12].iter().flatten().sum();
            prop_assert!((ended - asked).abs() <= 1e-9 * asked, "{ended} of {asked}");
        }
        // A job's tokens are shown as it is handed in, so the hours tell all only where there are none.
        if supply.groups.len() == 1 && network.jobs.is_none() {
            let asked: f64 = network.tokens.iter().flatten().sum();
            prop_assert!((watch.served + watch.throttled + watch.waiting - asked).abs() <= 1e-9 * asked, "{} of {asked}", watch.served);
            let cost: f64 = totals.services.iter().map(|service| service.cost_on_demand).sum();
            prop_assert!((watch.cost - cost).abs() <= 1e-9 * cost.max(1.0));
            let used: f64 = totals.used.iter().sum();
            prop_assert!((watch.used - used).abs() <= 1e-9 * used.max(1.0));
            // Late when served, or still there at the end.
            prop_assert!(watch.late <= late * (1.0 + 1e-9) && late + waits <= watch.late + watch.waiting + 1e-9 * asked);
        }
        for (index, group) in supply.groups.iter().enumerate() {
            for (node, bought) in group.nodes.iter().enumerate().filter(|(_, node)| node.provisioned) {
                prop_assert!(bought.axes == 1);
                for month in 0..2 {
                    let used = totals.used[supply.used_index(index, 0, month) + node * MAX_AXES];
                    prop_assert!(used <= 12.0 * network.units * (1.0 + 1e-6) + 1e-9, "{used} of {}", network.units);
                }
            }
        }
    }

    /// On the same draws, more quota never makes more tokens late, nor more with a deadline one hour longer.
    #[test]
    fn more_quota_is_never_later(network in random(), factor in 1.0..3.0_f64) {
        // Whole routes of their own: where lanes take turns at several offers, one may gain at the other's cost.
        let network = Random { jobs: None, routes: [network.routes[0], network.routes[1], network.routes[1]], deadlines: [network.deadlines[0]; 2], ..network };
        let path = network.path();
        let late = |quota| {
            let supply = network.supply(quota);
            let totals = dispatched(&supply, &path);
            let sum = |of: fn(&ServiceTotals, &QueueTotals) -> f64| totals.services.iter().zip(&totals.queues).map(|(s, q)| of(s, q)).sum::<f64>();
            [sum(|s, _| s.tokens_late), sum(|_, q| q.tokens_late_one_hour_more), sum(|_, q| q.windows_missed)]
        };
        let (fewer, more) = (late(network.quota), late(factor * network.quota));
        let asked: f64 = network.tokens.iter().flatten().sum();
        for (fewer, more) in fewer.iter().zip(more) {
            prop_assert!(more <= fewer + 1e-6 * asked, "{fewer} became {more}");
        }
    }
}
