//! What holds in every scenario: conservation, committed money, and how costs and throttling move with prices, units and scale.

mod random;

use crate::validation::support::{Ran, resolve};
use proptest::prelude::*;
use random::{Setting, settings};
use std::path::Path;
use tokentide::scenario::Scenario;
use tokentide::simulation::{EngineChoice, RunSpec, run};
use tokentide::tally::{Columns, Metric, Replication, Row, Span, Tally};

const REPLICATIONS: u64 = 6;

fn serve(text: &str, seed: u64) -> Ran {
    let scenario = resolve(text, Path::new(""));
    // Properties of the model, to the last digits; the fast path agrees with the reference within 1e-5.
    let engine = EngineChoice::Reference;
    let spec = RunSpec { replications: Some(REPLICATIONS), seed: Some(seed), threads: Some(1), engine, ..RunSpec::default() };
    let outcome = run(&scenario, &spec, &Columns).unwrap().summary;
    Ran { scenario, outcome }
}

fn costs(ran: &Ran, plan: usize) -> Vec<f64> {
    ran.outcome.column(&ran.scenario, plan, Row::All, Span::Horizon, Metric::CostTotal).unwrap()
}

/// For every pool, case and month of every replication: tokens asked for, and the sum of where they ended.
#[derive(Debug)]
struct Balance;

impl Tally for Balance {
    type Partial = Vec<(f64, f64)>;
    type Summary = Vec<(f64, f64)>;

    fn partial(&self, _scenario: &Scenario, _replications: usize) -> Self::Partial {
        Vec::new()
    }

    fn record(&self, partial: &mut Self::Partial, replication: &Replication<'_>) {
        let scenario = replication.scenario;
        for (index, group) in scenario.supply.groups.iter().enumerate() {
            for month in 0..scenario.horizon.months() {
                let asked: f64 = group.workloads.iter().map(|&w| replication.demand.month(w, month).tokens.total()).sum();
                for case in 0..group.cases.len() {
                    let service = &replication.service.services[scenario.supply.service_index(index, case, month)];
                    let served = service.tokens_on_demand + service.tokens_provisioned + service.tokens_batch;
                    let waiting = replication.service.queues.get(scenario.supply.service_index(index, case, month));
                    let waiting = waiting.map_or(0.0, |queue| queue.tokens_waiting);
                    partial.push((asked, served + service.tokens_throttled + service.tokens_late + waiting));
                }
            }
        }
    }

    fn merge(&self, earlier: &mut Self::Partial, later: Self::Partial) {
        earlier.extend(later);
    }

    fn summarise(&self, _scenario: &Scenario, whole: Self::Partial) -> Self::Summary {
        whole
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every token is served, throttled, late or still waiting, in every replication, pool, case and month.
    #[test]
    fn tokens_are_conserved(setting in settings()) {
        let scenario = resolve(&setting.text(), Path::new(""));
        let spec = RunSpec { replications: Some(REPLICATIONS), threads: Some(1), ..RunSpec::default() };
        let balance = run(&scenario, &spec, &Balance).unwrap().summary;
        prop_assert!(!balance.is_empty());
        for (asked, ended) in balance {
            prop_assert!((asked - ended).abs() <= 1e-9 * asked, "{asked} asked for, {ended} ended somewhere");
        }
    }

    /// Committed money is units × price × hours, and its used and idle parts sum to it; the used part is what the served tokens take.
    #[test]
    fn committed_money_is_used_or_idle(setting in settings()) {
        let ran = serve(&setting.text(), 1);
        for (index, plan) in ran.scenario.supply.plans.iter().enumerate() {
            let of = |metric| ran.outcome.column(&ran.scenario, index, Row::All, Span::Horizon, metric);
            let units: f64 = plan.commitments.iter().map(|c| c.units[0]).sum();
            let bill = units * setting.prices.unit * setting.hours();
            let (committed, idle) = (of(Metric::CostProvisioned).unwrap(), of(Metric::CostProvisionedIdle).unwrap());
            let (coverage, demand) = (of(Metric::Coverage).unwrap(), of(Metric::TokensDemand).unwrap());
            for r in 0..committed.len() {
                prop_assert!((committed[r] - bill).abs() <= 1e-9 * bill);
                prop_assert!((-1e-9 * bill..=bill * (1.0 + 1e-9)).contains(&idle[r]), "{} idle of {bill}", idle[r]);
                let used = committed[r] - idle[r];
                if let Some(share) = of(Metric::Utilisation) {
                    prop_assert!((share[r] * bill - used).abs() <= 1e-9 * bill);
                }
                if demand[r] > 0.0 && (setting.output_weight - 1.0).abs() < 1e-15 {
                    let taken = coverage[r] * demand[r] / setting.capacity * setting.prices.unit;
                    prop_assert!((taken - used).abs() <= 1e-9 * bill.max(used), "{taken} taken, {used} used");
                }
            }
        }
    }

    /// No price can rise and any replication of any plan become cheaper.
    #[test]
    fn a_higher_price_is_never_cheaper(setting in settings(), which in 0..4_usize, rise in 0.001..2.0_f64) {
        let mut dearer = setting.clone();
        dearer.prices.raise(which, 1.0 + rise);
        let (before, after) = (serve(&setting.text(), 1), serve(&dearer.text(), 1));
        for plan in 0..before.scenario.supply.plans.len() {
            for (before, after) in costs(&before, plan).iter().zip(costs(&after, plan)) {
                prop_assert!(after >= before * (1.0 - 1e-12), "{before} became {after}");
            }
        }
    }

    /// On the same draws more units never throttle more tokens, in any replication and month.
    #[test]
    fn more_units_never_throttle_more(setting in settings()) {
        let ran = serve(&setting.text(), 1);
        for route in ["spill", "throttle"] {
            let plans: Vec<usize> = (0..ran.scenario.supply.plans.len())
                .filter(|&plan| ran.scenario.supply.plans[plan].base == route)
                .collect();
            prop_assert!(plans.len() > 5);
            for month in 0..ran.scenario.horizon.months() {
                let of = |plan, metric| ran.outcome.column(&ran.scenario, plan, Row::All, Span::Month(month), metric).unwrap();
                for pair in plans.windows(2) {
                    let demand = of(pair[0], Metric::TokensDemand);
                    for (metric, whole) in [(Metric::TokensThrottled, None), (Metric::ThrottledMinutes, Some(60.0 * setting.hours()))] {
                        for ((fewer, more), demand) in of(pair[0], metric).iter().zip(of(pair[1], metric)).zip(&demand) {
                            let slack = 2.0 * setting.accuracy() * whole.unwrap_or(*demand);
                            prop_assert!(more <= fewer + slack, "{metric:?} of {fewer} rose to {more}");
                        }
                    }
                }
            }
        }
    }

    /// With spill that nothing limits, cost is convex in fractional units; with a quota it need not be.
    #[test]
    fn cost_is_convex_in_units(mut setting in settings()) {
        setting.quota = None;
        let ran = serve(&setting.text(), 1);
        let plans: Vec<usize> =
            (0..ran.scenario.supply.plans.len()).filter(|&plan| ran.scenario.supply.plans[plan].base == "spill").collect();
        for three in plans.windows(3) {
            let [a, b, c] = [costs(&ran, three[0]), costs(&ran, three[1]), costs(&ran, three[2])];
            let demand = ran.outcome.column(&ran.scenario, three[0], Row::All, Span::Horizon, Metric::TokensDemand).unwrap();
            for r in 0..a.len() {
                // Each of the four terms is off by at most the accuracy of the minutes, and all by rounding.
                let slack = 4.0 * setting.accuracy() * demand[r] * setting.prices.dearest() + 1e-12 * b[r];
                prop_assert!(a[r] + c[r] - 2.0 * b[r] >= -slack, "{} {} {}", a[r], b[r], c[r]);
            }
        }
    }

    /// Demand, capacity and the unit's price times k cost k times as much.
    #[test]
    fn scale_is_all_there_is_to_size(setting in settings(), k in 0.01..100.0_f64) {
        let larger = setting.scaled(k);
        let (one, other) = (serve(&setting.text(), 1), serve(&larger.text(), 1));
        for plan in 0..one.scenario.supply.plans.len() {
            for (one, other) in costs(&one, plan).iter().zip(costs(&other, plan)) {
                prop_assert!((other - k * one).abs() <= 1e-8 * k * one, "{one} × {k} became {other}");
            }
        }
    }
}

/// A finite quota breaks convexity: what is throttled costs nothing, so a first unit saves less than a second.
#[test]
fn a_quota_makes_cost_concave_somewhere() {
    let setting = Setting::plain_constant();
    let ran = serve(&setting.text(), 1);
    let cost = |units: &str| {
        let name = format!("spill/units={units}");
        ran.column(&name, Metric::CostTotal)[0]
    };
    let [zero, half, one] = ["0", "0.5", "1"].map(cost);
    assert!(zero + one < 2.0 * half - 1e-6, "{zero} {half} {one}");
}
