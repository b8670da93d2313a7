//! Work that waits: the lateness of V8's job, and of the shipped pipeline of 50 000 documents.

use std::path::Path;
use tokentide::random::law::Law;
use tokentide::scenario::{self, Scenario};
use tokentide::simulation::{RunSpec, run};
use tokentide::statistics::Moments;
use tokentide::tally::{Columns, Metric, Replication, Tally};

use super::support::{Ran, SEEDS, simulate};

/// VALIDATION V8: 3.6 million tokens/h over the day in four flat hours, 3 000 in and 300 out, units of 180 000 tokens/min. Thirty nights.
fn v8(deadline: &str) -> String {
    format!(
        r#"
name = "V8"
[horizon]
flat = {{ months = 1, hours_per_month = 720 }}
[limits]
missed_deadlines_share = 0
[[offer]]
name = "units"
kind = "provisioned"
capacity = "180k tokens/min"
increment = "any"
minimum = 0
terms = {{ "6 months" = "3.0137 USD/unit-hour" }}
[[workload]]
name = "enrichment"
class = "deferrable"
queue = true
deadline = "{deadline}"
level = {{ mean = "3.6M tokens/h", walk = "off" }}
shape = {{ kind = "nightly-batch", start = 1, hours = 4 }}
tokens = {{ input = {{ mean = 3000, cv = 0 }}, output = {{ mean = 300, cv = 0 }}, drift = "off" }}
requests = "none"
minute = "off"
[[plan]]
name = "units"
route = {{ enrichment = ["units"] }}
sweep = {{ units = {{ units = [1, 1.5, 2] }} }}
"#
    )
}

/// Two units serve 21.6 million an hour, just what arrives: nothing is late. One is done with hour k of the four after hours 2k and 2k + 1
/// and so makes 10.8 million of a night late at four hours, 32.4 at three. One and a half serve 16.2 million an hour: of the 21.6 million of
/// hour k, 5.4 (k + 1) are left when their own hour ends, which is late at a deadline of one hour: 54 million; an hour later
/// 5.4 (k − 2) are, that is 5.4 of the last hour.
#[test]
fn v8_lateness() {
    for (deadline, units, late, more) in [
        ("4h", "1", 10.8e6, 0.0),
        ("3h", "1", 32.4e6, 10.8e6),
        ("4h", "2", 0.0, 0.0),
        ("1h", "2", 0.0, 0.0),
        ("1h", "1.5", 54e6, 5.4e6),
        ("2h", "1.5", 5.4e6, 0.0),
    ] {
        let ran = simulate(&v8(deadline), 1, 1);
        let plan = format!("units/units={units}");
        let of = |metric| ran.column(&plan, metric)[0];
        let near = |metric, wanted: f64| {
            let given = of(metric);
            assert!((given - wanted).abs() <= 1e-9 * 30.0 * 86.4e6, "{deadline}, {units} units: {metric:?} is {given}, not {wanted}");
        };
        near(Metric::TokensLate, 30.0 * late);
        near(Metric::TokensLateOneHourMore, 30.0 * more);
        near(Metric::TokensThrottled, 0.0);
        near(Metric::TokensWaiting, 0.0);
        assert!((of(Metric::RequestsLate) - 30.0 * late / 3300.0).abs() < 1e-6);
        assert_eq!(of(Metric::DeadlineMissed).to_bits(), f64::from(u8::from(late > 0.0)).to_bits());
        // Late or not, the units did the work: 86.4 million a night at 10.8 million a unit-hour, of 720 unit-hours each.
        let bought: f64 = units.parse().unwrap();
        assert!((of(Metric::Utilisation) - 30.0 * 8.0 / (720.0 * bought)).abs() < 1e-12);
        assert!((of(Metric::Coverage) - (1.0 - late / 86.4e6)).abs() < 1e-12);
    }
}

fn documents() -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/nightly-documents.toml");
    scenario::load(&path, &[]).unwrap_or_else(|error| panic!("{error}")).scenario
}

fn simulated(scenario: &Scenario, replications: u64, seed: u64, threads: usize) -> Ran {
    let spec = RunSpec { replications: Some(replications), seed: Some(seed), threads: Some(threads), ..RunSpec::default() };
    Ran { scenario: scenario.clone(), outcome: run(scenario, &spec, &Columns).unwrap().summary }
}

/// Cost and lateness side by side: the quota that is there is late in more than a fifth of the nights, a higher one in hardly any, and batch
/// saves half of the documents' price and is late as often as its law says: a night of one job is when that takes longer than six hours, a
/// night of more than 50 000 documents when one of two does.
#[test]
fn nightly_documents() {
    let scenario = documents();
    let one_job = 1.0 - Law::lognormal_by_mean_p95(3.0, 8.0).unwrap().cdf(6.0);
    let two_jobs = 1.0 - (1.0 - one_job) * (1.0 - one_job);
    for seed in SEEDS {
        let ran = simulated(&scenario, 150, seed, 2);
        let mean = |plan, metric| Moments::from_slice(&ran.column(plan, metric)).mean();
        let missed = |plan| mean(plan, Metric::DeadlineMissed);
        assert!((0.2..0.4).contains(&missed("one quota")), "{}", missed("one quota"));
        assert!(missed("more quota") < 0.005, "{}", missed("more quota"));
        assert!((one_job..two_jobs).contains(&missed("batch")), "{} is not within {one_job} and {two_jobs}", missed("batch"));
        // An average night's documents cost 168 USD on demand, half of that in batch; 92 nights begin in 2 190 hours.
        let batch = mean("batch", Metric::CostBatch) / 92.0;
        assert!((batch / 84.0 - 1.0).abs() < 0.02, "{batch}");
        let saved = mean("one quota", Metric::CostTotal) - mean("batch", Metric::CostTotal);
        assert!((saved / (92.0 * 84.0) - 1.0).abs() < 0.02, "{saved}");
        // Every extra hour helps, on every path.
        for plan in ["one quota", "more quota", "batch"] {
            let (late, more) = (ran.column(plan, Metric::TokensLate), ran.column(plan, Metric::TokensLateOneHourMore));
            assert!(late.iter().zip(&more).all(|(late, more)| more <= late));
            assert!(ran.column(plan, Metric::TokensWaiting).iter().all(|&waiting| waiting == 0.0));
        }
    }
    assert_eq!((one_job * 1000.0).round(), 101.0);
}

/// For every pool, case and month of every replication: tokens asked for, and the sum of where they ended.
struct Balance;

impl Tally for Balance {
    type Partial = Vec<(f64, f64)>;
    type Summary = Vec<(f64, f64)>;

    fn partial(&self, _: &Scenario, _: usize) -> Self::Partial {
        Vec::new()
    }

    fn record(&self, partial: &mut Self::Partial, replication: &Replication<'_>) {
        let supply = &replication.scenario.supply;
        for (index, group) in supply.groups.iter().enumerate() {
            for (case, month) in (0..group.cases.len()).flat_map(|case| (0..supply.horizon().months()).map(move |month| (case, month))) {
                let place = supply.service_index(index, case, month);
                let (service, queue) = (&replication.service.services[place], &replication.service.queues[place]);
                let served = service.tokens_on_demand + service.tokens_provisioned + service.tokens_batch;
                let asked = replication.service.demand[supply.demand_index(index, month)].tokens.total();
                partial.push((asked, served + service.tokens_throttled + service.tokens_late + queue.tokens_waiting));
            }
        }
    }

    fn merge(&self, earlier: &mut Self::Partial, later: Self::Partial) {
        earlier.extend(later);
    }

    fn summarise(&self, _: &Scenario, whole: Self::Partial) -> Self::Summary {
        whole
    }
}

/// Served, throttled, late and waiting sum to demand in every month of every replication, and threads change no bit.
#[test]
fn documents_are_conserved_whatever_the_threads() {
    let scenario = documents();
    let spec = RunSpec { replications: Some(8), ..RunSpec::default() };
    let balance = run(&scenario, &spec, &Balance).unwrap().summary;
    assert_eq!(balance.len(), 8 * 3 * 3);
    for (asked, ended) in balance {
        assert!((asked - ended).abs() <= 1e-9 * asked, "{asked} asked for, {ended} ended somewhere");
    }
    let [one, three] = [1, 3].map(|threads| simulated(&scenario, 300, 1, threads));
    for plan in ["one quota", "more quota", "batch"] {
        for metric in [Metric::CostTotal, Metric::TokensLate, Metric::RequestsLate, Metric::DeadlineMissed, Metric::TokensLateOneHourMore] {
            let bits = |ran: &Ran| ran.column(plan, metric).iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&one), bits(&three), "{plan}: {metric:?}");
        }
    }
}
