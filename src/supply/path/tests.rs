//! Walks against conditional expectations where there is no state, and against closed forms where there is one.

use super::PathModel;
use crate::demand::{Jitter, MinuteModel, Retry};
use crate::horizon::Horizon;
use crate::random::stream::{Purpose, StreamKey};
use crate::supply::fixture::{steady, supply, workload};
use crate::supply::{Margin, ServiceTotals, Supply, SupplyTotals, WorkloadFacts};

const HOURS: usize = 100;
const COUNT: u64 = 100;

/// Units that spill to a quota: `units` and `quota` tokens an hour.
fn text(units: f64, quota: f64, metering: &str) -> String {
    format!(
        "[[offer]]\nname = 'u'\nkind = 'provisioned'\ncapacity = '1 tokens/h'\nincrement = 'any'\nterms = {{ none = '1 USD/unit-hour' }}\n\
         [[offer]]\nname = 'od'\nkind = 'on-demand'\nprice = {{ input = '2 USD/token', output = '2 USD/token' }}\n\
         quota = {{ rate = '{quota} tokens/h', {metering} }}\n\
         [[plan]]\nname = 'p'\nroute = {{ w = ['u', 'od'] }}\nunits = {{ u = {units} }}\n"
    )
}

fn hours(hours: usize) -> Horizon {
    Horizon::flat(1, hours as u32).unwrap()
}

fn service(supply: &Supply, totals: &SupplyTotals) -> ServiceTotals {
    totals.services[supply.service_index(0, 0, 0)]
}

/// Totals of many replications of the same demand.
fn replications(supply: &Supply, tokens: f64, count: u64) -> Vec<ServiceTotals> {
    let path = steady(supply.horizon().hours(), &[tokens]);
    let mut dispatcher = supply.dispatcher(7);
    let mut totals = supply.totals();
    let one = |r: u64| {
        dispatcher.dispatch(r, &path, &mut totals, None);
        service(supply, &totals)
    };
    (0..count).map(one).collect()
}

fn mean_and_se(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
    (mean, (square / n).sqrt())
}

/// One figure of a month, and its name.
type Figure = (&'static str, fn(&ServiceTotals) -> f64);

/// Without state a walk is a sample of what the conditional expectation is the mean of: within four standard errors over a grid of
/// load × burst, for what is thrown back, what spills, and how many minutes and hours are over.
#[test]
fn without_state_walks_agree_with_conditional_expectations() {
    for margin in [Margin::Gamma, Margin::LogNormal] {
        for (cv2, sd) in [(0.02, 0.0), (0.2, 0.5), (1.0, 0.0), (1.0, 0.5)] {
            for load in [0.5, 0.8, 1.0, 1.3] {
                let minute = MinuteModel { margin, burstiness_sd: sd, constant: Some(cv2), ..MinuteModel::OFF };
                let facts = WorkloadFacts { minute, ..workload("w", margin, 1.0) };
                let mut supply = supply(&text(300.0, 700.0, ""), &[facts], hours(HOURS));
                let want = replications(&supply, 1000.0 * load, 1)[0];
                assert!(supply.groups[0].path.is_none() && want.refined_hours == 0.0);
                let plain = PathModel { tick: 60, window: 60, policies: Vec::new(), of_member: vec![None], steady: false, plain: true };
                supply.groups[0].path = Some(plain);
                let drawn = replications(&supply, 1000.0 * load, COUNT);
                let figures: [Figure; 5] = [
                    ("throttled", |s| s.tokens_throttled),
                    ("on demand", |s| s.tokens_on_demand),
                    ("provisioned", |s| s.tokens_provisioned),
                    ("minutes", |s| s.throttled_minutes),
                    ("hours", |s| s.throttled_hours),
                ];
                // A sample tells its own error once it holds a hundred minutes of the kind.
                let rare = want.throttled_minutes * (COUNT as f64) < 100.0;
                for (what, figure) in figures.into_iter().filter(|(what, _)| !rare || matches!(*what, "on demand" | "provisioned")) {
                    let (mean, se) = mean_and_se(drawn.iter().map(figure));
                    let want = figure(&want);
                    // Hours are counted, so theirs is known; and what the tables round away.
                    let counted = (want * (1.0 - want / HOURS as f64).max(0.0) / COUNT as f64).sqrt();
                    let se = if what == "hours" { se.max(counted) } else { se };
                    let gap = (mean - want).abs();
                    assert!(gap <= 4.0 * se + 1e-4 * want, "{margin} {cv2} {sd} {load} {what}: {mean} ± {se}, not {want}");
                }
                for service in &drawn {
                    let all = service.tokens_on_demand + service.tokens_provisioned + service.tokens_throttled;
                    assert!((all - 1000.0 * load * HOURS as f64).abs() < 1e-6 * all, "{all}");
                }
            }
        }
    }
}

/// A bucket at a steady overload: with C of D served and k attempts alike likely to fail, the refused share q of the attempts L solves
/// C = L (1 − q) and L = D (1 + q + … + q^(k−1)), so q = (1 − C/D)^(1/k), q L attempts are refused and D q^k fail for good.
#[test]
fn a_steady_overload_is_its_closed_form() {
    for (attempts, share) in [(2, 0.8), (3, 0.5), (5, 0.9)] {
        let retry = Retry { attempts, first: 4.0, factor: 2.0, longest: 20.0, jitter: Jitter::Full };
        let facts = WorkloadFacts { retry: Some(retry), minute: MinuteModel::OFF, ..workload("w", Margin::Gamma, 0.0) };
        let demand = 36_000.0;
        let (quota, span) = (share * demand, 400.0);
        let supply = supply(&text(0.0, quota, "refill = 'steadily', window = '1s'"), &[facts], hours(span as usize));
        let got = replications(&supply, demand, 1)[0];
        let q = libm::pow(1.0 - share, 1.0 / attempts as f64);
        let attempted = demand * (0..attempts).map(|i| libm::pow(q, i as f64)).sum::<f64>();
        // The first minute is on its way there: two thousandths of the span at most.
        let near = |got: f64, want: f64, what: &str| assert!((got / want - 1.0).abs() < 3e-3, "{attempts} {what}: {got} {want}");
        near(got.tokens_throttled, span * demand * libm::pow(q, attempts as f64), "failed");
        near(got.requests_refused, span * attempted * q / 10.0, "refused");
        near(got.tokens_on_demand, span * quota, "served");
        // Served at attempt i + 1 with (1 − q) qⁱ after delays of means 2, 4, 8, 10.
        let waits = [0.0, 2.0, 6.0, 14.0, 24.0];
        let waited: f64 = (0..attempts).map(|i| (1.0 - q) * libm::pow(q, i as f64) * waits[i]).sum();
        near(got.seconds_waited, span * demand / 10.0 * waited, "waited");
        assert!((got.refined_hours - span).abs() < 0.5);
    }
}

/// Requests sent one by one, each with delays of its own: what failed, what was refused, and the waits of those who were served.
fn one_by_one(requests_an_hour: &[usize], quota: usize, window: f64, retry: &Retry, seed: u64) -> (f64, f64, Vec<f64>) {
    let mut stream = StreamKey::new(seed, Purpose::Minutes, "requests").replication(0);
    // (arrival, refusals so far, waited), soonest last.
    let mut sent: Vec<(f64, usize, f64)> = Vec::new();
    for (hour, &count) in requests_an_hour.iter().enumerate() {
        sent.extend((0..count).map(|i| (3600.0 * (hour as f64 + (i as f64 + 0.5) / count as f64), 0, 0.0)));
    }
    sent.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut failed, mut refused, mut waits) = (0.0, 0.0, Vec::new());
    let (mut at, mut left) = (-1.0, 0);
    while let Some((time, refusals, waited)) = sent.pop() {
        if (time / window).floor() > at {
            at = (time / window).floor();
            left = quota;
        }
        if left > 0 {
            left -= 1;
            waits.push(waited);
            continue;
        }
        refused += 1.0;
        if refusals + 1 == retry.attempts {
            failed += 1.0;
            continue;
        }
        let (low, high) = retry.delay(refusals + 1);
        let delay = low + (high - low) * stream.uniform();
        let again = (time + delay, refusals + 1, waited + delay);
        let place = sent.partition_point(|other| other.0 > again.0);
        sent.insert(place, again);
    }
    waits.sort_by(f64::total_cmp);
    (failed, refused, waits)
}

/// Against requests one by one, in windows that begin anew, at and after an overload, for short and long delays.
#[test]
fn windows_that_begin_anew_are_those_of_single_requests() {
    for (attempts, first, jitter) in [(3, 1.0, Jitter::Full), (4, 10.0, Jitter::Full), (3, 20.0, Jitter::Half)] {
        let retry = Retry { attempts, first, factor: 2.0, longest: 60.0, jitter };
        let hours_of: Vec<usize> = [4800, 6600, 5400, 7200, 3000, 6000].repeat(2);
        let facts = WorkloadFacts { retry: Some(retry), minute: MinuteModel::OFF, ..workload("w", Margin::Gamma, 0.0) };
        // 100 requests a minute of ten tokens each.
        let supply = supply(&text(0.0, 60_000.0, ""), &[facts], hours(hours_of.len()));
        let mut path = steady(hours_of.len(), &[0.0]);
        for (hour, &count) in hours_of.iter().enumerate() {
            path.workloads[0].tokens[hour].input = 10.0 * count as f64;
            path.workloads[0].requests[hour] = count as f64;
        }
        let mut totals = supply.totals();
        supply.dispatcher(7).dispatch(0, &path, &mut totals, None);
        let got = service(&supply, &totals);
        let runs: Vec<_> = (0..4).map(|seed| one_by_one(&hours_of, 100, 60.0, &retry, seed)).collect();
        let waited = |waits: &[f64]| waits.iter().sum::<f64>();
        let p95 = |waits: &[f64]| waits[(0.95 * waits.len() as f64) as usize];
        let check = |what: &str, got: f64, wanted: Vec<f64>, slack: f64| {
            let (want, se) = mean_and_se(wanted.into_iter());
            // Beside the four runs' own error, the tick: delays are resolved to a second.
            assert!((got - want).abs() <= 4.0 * se + slack * want, "{attempts} {first} {jitter} {what}: {got}, not {want} ± {se}");
        };
        check("failed", got.requests_throttled, runs.iter().map(|run| run.0).collect(), 0.02);
        check("refused", got.requests_refused, runs.iter().map(|run| run.1).collect(), 0.02);
        check("waited", got.seconds_waited, runs.iter().map(|run| waited(&run.2)).collect(), 0.04);
        check("P95", got.wait_p95, runs.iter().map(|run| p95(&run.2)).collect(), 0.1);
    }
}

/// What requests hold counts against the limit and is neither used nor billed: without bursts, throttling begins where settled and held
/// tokens together fill the quota, with use far below it.
#[test]
fn holds_throttle_what_use_alone_would_not() {
    let metering = |unset: f64| {
        format!("weights = {{ input = 1, output = 5 }}, hold = {{ speed = '40 tokens/s', first_token = '2s', unset_max_tokens = {unset} }}")
    };
    let facts = || WorkloadFacts { minute: MinuteModel::OFF, ..workload("w", Margin::Gamma, 0.0) };
    // 600 requests an hour of 1 000 in and 400 out settle to 1.8M tokens an hour of a quota of 2.4M, and run for 12 s: a fifth of a minute.
    let mut path = steady(3, &[0.0]);
    path.workloads[0].tokens.fill(crate::units::ByClass { input: 600_000.0, output: 240_000.0, ..crate::units::ByClass::ZERO });
    path.workloads[0].requests.fill(600.0);
    let totals = |unset: f64| {
        let supply = supply(&text(0.0, 2.4e6, &metering(unset)), &[facts()], hours(3));
        let mut totals = supply.totals();
        supply.dispatcher(1).dispatch(0, &path, &mut totals, None);
        service(&supply, &totals)
    };
    // 600 × (1 000 + 4 000) × 12 / 60 fill the quota to the brim. With 64 000 never more than 40 000 / 65 000 of a request run: of ten a minute
    // 40 000 / 3 000 × (1 − exp(−3 000 × 60 / (65 000 × 12))) are let in.
    assert!(totals(4000.0).tokens_throttled < 1e-6 && totals(4100.0).tokens_throttled > 1.0);
    let all = 3.0 * 840_000.0;
    let got = totals(64_000.0);
    let let_in = 40.0 / 3.0 * (1.0 - libm::exp(-180.0 / 780.0)) / 10.0;
    assert!((got.tokens_throttled / (all * (1.0 - let_in)) - 1.0).abs() < 1e-9, "{}", got.tokens_throttled);
    assert!((got.cost_on_demand - 2.0 * (all - got.tokens_throttled)).abs() < 1e-6 * got.cost_on_demand);
}
