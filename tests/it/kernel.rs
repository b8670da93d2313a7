//! The fast path against the reference: replication by replication, plan by plan and quantity by quantity, over random scenarios; and the
//! same bytes whatever the instructions and the threads.

use crate::validation::support;
use std::path::Path;
use tokentide::scenario::{self, Scenario};
use tokentide::simulation::{EngineChoice, Isa, Kernel, KernelWorker, Replicator, RunSpec, Scope, run};
use tokentide::supply::{MAX_AXES, PoolGroup};
use tokentide::tally::{Columns, Metric, Replication, Row, Span};

pub(crate) fn resolve(text: &str) -> Scenario {
    support::resolve(text, Path::new("."))
}

/// Numbers that make scenarios: a linear congruential generator (Knuth's MMIX constants), whose upper bits are used.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.next()
    }

    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.next() < p
    }

    pub(crate) fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[(self.next() * all.len() as f64) as usize]
    }
}

/// A scenario that the fast path can serve: all that DESIGN section 5 lets it draw and serve, at random. Of odd seeds it is steered.
pub(crate) fn random(seed: u64) -> String {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let months = 1 + (dice.next() * 3.0) as usize;
    let sampling = if seed % 2 == 1 { "sobol" } else { "plain" };
    let mut text = format!(
        "name = \"random\"\nsampling = \"{sampling}\"\n[horizon]\nflat = {{ months = {months}, hours_per_month = {} }}\n[limits]\nthrottled_requests_share = \"1%\"\n",
        200 + (dice.next() * 544.0) as usize
    );
    text += "[[offer]]\nname = \"batch\"\nkind = \"batch\"\nprice = { input = \"1.5 USD/1M tokens\", output = \"7.5 USD/1M tokens\" }\n";
    text += "window = \"24h\"\nminimum_records = 10\n";
    let (mut routes, mut units) = (String::new(), Vec::new());
    let workloads = 1 + (dice.next() * 3.0) as usize;
    for w in 0..workloads {
        let (mean, output, weight) = (dice.between(2.0, 9.0), dice.between(0.05, 0.5), dice.between(1.0, 5.0));
        text += &offers(w, mean * (1.0 - output + output * weight), weight, &mut dice);
        let deferrable = dice.chance(0.4);
        text += &workload(w, mean, output, deferrable, &mut dice);
        routes += &format!("w{w} = [\"units-{w}\", \"on-demand-{w}\"]\n");
        if deferrable {
            routes += &format!("\"w{w}.deferrable\" = [\"batch\"]\n");
        }
        let most = if w == 0 { 1 + (dice.next() * 8.0) as usize } else { 1 };
        units.push(format!("units-{w} = \"0..={most}\""));
    }
    text + &format!("[[plan]]\nname = \"p\"\n[plan.route]\n{routes}[plan.sweep]\nunits = {{ {} }}\n", units.join(", "))
}

/// Units and on-demand of a workload with so many million weighted tokens an hour on average, in the quota's weight of output.
fn offers(w: usize, weighted: f64, weight: f64, dice: &mut Dice) -> String {
    let unit = weighted * dice.between(0.1, 0.6);
    let overflow = dice.pick(&["minute", "minute", "request"]);
    let rate = weighted * dice.between(0.7, 3.0) / 60.0;
    let limited = format!("quota = {{ rate = \"{rate:.4}M tokens/min\", weights = {{ input = 1, output = {weight:.3} }} }}");
    let quota = if dice.chance(0.8) { limited } else { String::new() };
    let other = dice.between(1.0, 6.0);
    format!(
        r#"
[[offer]]
name = "units-{w}"
kind = "provisioned"
capacity = "{unit:.4}M tokens/h"
weights = {{ input = 1, output = {other:.3} }}
overflow = "{overflow}"
terms = {{ "none" = "4 USD/unit-hour" }}
[[offer]]
name = "on-demand-{w}"
kind = "on-demand"
price = {{ input = "3 USD/1M tokens", output = "15 USD/1M tokens" }}
{quota}
"#
    )
}

/// A workload with so many million tokens an hour on average and this share of output.
fn workload(w: usize, mean: f64, output: f64, deferrable: bool, dice: &mut Dice) -> String {
    let walk = format!("{{ scale = {:.3}, df = 4, kappa = 0.9 }}", dice.between(0.02, 0.15));
    let walk = if dice.chance(0.5) { walk } else { "\"off\"".to_owned() };
    let fast = format!("fast = {{ sd = {:.3}, autocorrelation = {:.3} }}", dice.between(0.05, 0.45), dice.between(0.3, 0.97));
    let slow = format!("slow = {{ sd = {:.3}, half_life = \"48h\" }}, white = {{ sd = 0.05 }}", dice.between(0.05, 0.3));
    let noise = match (dice.chance(0.8), dice.chance(0.5)) {
        (true, true) => format!("noise = {{ {fast}, {slow} }}"),
        (true, false) => format!("noise = {{ {fast} }}"),
        (false, true) => format!("noise = {{ {slow} }}"),
        (false, false) => String::new(),
    };
    let kept = dice.pick(&["added", "kept"]);
    let size = "{ law = \"lognormal\", median = 0.8, sigma = 0.6 }";
    let spikes = format!("spikes = {{ rate = \"2/week\", duration = \"4h\", size = {size}, mean = \"{kept}\" }}");
    let spikes = if dice.chance(0.6) { spikes } else { String::new() };
    let growth = if dice.chance(0.5) { "growth = { drift = \"4%/month\", volatility = \"6%/month\" }" } else { "" };
    let requests = match dice.pick(&["negative-binomial", "poisson", "none"]) {
        "negative-binomial" => format!("{{ law = \"negative-binomial\", shape = {:.1} }}", dice.between(10.0, 90.0)),
        law => format!("{{ law = \"{law}\" }}"),
    };
    let spread = format!("cv = {:.3}", dice.between(0.08, 0.9));
    let (floor, c, sd) = (dice.between(1.0, 20.0), dice.between(0.05, 0.4), dice.between(0.0, 0.7));
    let parts = format!("floor = {floor:.2}, c = {c:.3}, burstiness_sd = {sd:.2}");
    let (minute, margin) = (if dice.chance(0.5) { spread } else { parts }, dice.pick(&["gamma", "lognormal"]));
    let share = if deferrable { "deferrable_share = \"20%\"" } else { "" };
    let (sigma, night) = (dice.between(0.05, 0.4), dice.between(0.1, 0.6));
    let (per_request, cv) = (dice.between(500.0, 4000.0), dice.between(0.3, 2.0));
    format!(
        r#"
[[workload]]
name = "w{w}"
class = "interactive"
level = {{ mean = "{mean:.3}M tokens/h", sigma = {sigma:.3}, walk = {walk} }}
shape = {{ kind = "steady-daytime", peak = 14, width = 4.0, night = {night:.3}, weekend = 0.6 }}
{noise}
{spikes}
{growth}
requests = {requests}
tokens = {{ mean = {per_request:.1}, cv = {cv:.2}, law = "gamma", output_share = {output:.3} }}
minute = {{ {minute}, margin = "{margin}" }}
{share}
"#
    )
}

/// The largest differences of two replications over every pool, case and month, each over its tolerance; DESIGN section 5 gives the first
/// three. `scale`: tokens of the replication, money under the dearest of its cases, minutes of the horizon.
pub(crate) fn differences(scenario: &Scenario, fast: &Replication<'_>, slow: &Replication<'_>) -> Vec<(&'static str, f64)> {
    let tokens: f64 = slow.service.demand.iter().map(|d| d.tokens.total()).sum();
    let requests: f64 = slow.service.demand.iter().map(|d| d.requests).sum();
    let minutes = 60.0 * scenario.horizon.hours() as f64;
    let mut found = Vec::new();
    let mut tell = |what, a: f64, b: f64, tolerance: f64| {
        assert_eq!(a.is_nan(), b.is_nan(), "{what}");
        found.push((what, if a.is_nan() { 0.0 } else { (a - b).abs() / tolerance }));
    };
    for (a, b) in fast.service.demand.iter().zip(&slow.service.demand) {
        tell("demand", a.tokens.total(), b.tokens.total(), 1e-5 * tokens);
        tell("output", a.tokens.output, b.tokens.output, 1e-5 * tokens);
        tell("requests", a.requests, b.requests, 1e-5 * requests);
        tell("requests at once", a.requests_at_once, b.requests_at_once, 1e-5 * requests);
        tell("largest hour", a.peak_hour_tokens, b.peak_hour_tokens, 1e-5 * b.peak_hour_tokens);
        // The reference too puts hours into bins for it, of 1 %; both are within a thousandth.
        tell("peak quota", a.peak_quota_tokens_per_minute, b.peak_quota_tokens_per_minute, 2e-3 * b.peak_quota_tokens_per_minute);
    }
    for (month, (a, b)) in fast.demand.peak_hour.iter().zip(&slow.demand.peak_hour).enumerate() {
        tell("largest hour of all", *a, *b, 1e-5 * b);
        for w in 0..scenario.demand.workloads.len() {
            let (a, b) = (fast.demand.month(w, month), slow.demand.month(w, month));
            tell("demand of a workload", a.tokens.total(), b.tokens.total(), 1e-5 * b.tokens.total());
            tell("largest hour of a workload", a.peak_hour, b.peak_hour, 1e-5 * b.peak_hour);
        }
    }
    let supply = &scenario.supply;
    let money = |group: usize, case: usize| -> f64 {
        let months = (0..scenario.horizon.months()).map(|month| &slow.service.services[supply.service_index(group, case, month)]);
        months.map(|s| s.cost_on_demand + s.cost_batch + s.value_provisioned).sum()
    };
    let dearest = |(group, pool): (usize, &PoolGroup)| (0..pool.cases.len()).map(|case| money(group, case)).fold(0.0, f64::max);
    let dearest: f64 = supply.groups.iter().enumerate().map(dearest).sum();
    for (a, b) in fast.service.services.iter().zip(&slow.service.services) {
        tell("on demand", a.tokens_on_demand, b.tokens_on_demand, 1e-5 * tokens);
        tell("units", a.tokens_provisioned, b.tokens_provisioned, 1e-5 * tokens);
        tell("batch", a.tokens_batch, b.tokens_batch, 1e-5 * tokens);
        tell("throttled", a.tokens_throttled, b.tokens_throttled, 1e-5 * tokens);
        tell("requests throttled", a.requests_throttled, b.requests_throttled, 1e-5 * requests);
        tell("requests refused", a.requests_refused, b.requests_refused, 1e-5 * requests);
        tell("cost on demand", a.cost_on_demand, b.cost_on_demand, 1e-5 * dearest);
        tell("cost of batch", a.cost_batch, b.cost_batch, 1e-5 * dearest);
        tell("value", a.value_provisioned, b.value_provisioned, 1e-5 * dearest);
        tell("minutes", a.throttled_minutes, b.throttled_minutes, 1e-5 * minutes);
        tell("hours", a.throttled_hours, b.throttled_hours, 1e-5 * minutes);
        // A share of months, not of minutes: half a percent of one.
        tell("chance of none", a.log_clear.exp(), b.log_clear.exp(), 5e-3);
    }
    // Used unit-hours are tokens that units served over what a unit serves, so the tolerance of tokens holds for them at that rate.
    for (group, pool) in supply.groups.iter().enumerate() {
        for (case, month) in (0..pool.cases.len()).flat_map(|case| (0..scenario.horizon.months()).map(move |month| (case, month))) {
            let service = supply.service_index(group, case, month);
            let first = supply.used_index(group, case, month);
            for place in first..first + MAX_AXES * pool.nodes.len() {
                let (a, b) = (fast.service.used[place], slow.service.used[place]);
                let rate = [(a, fast), (b, slow)].map(|(used, of)| used / of.service.services[service].tokens_provisioned);
                let rate = rate.into_iter().filter(|rate| rate.is_finite()).fold(0.0, f64::max);
                tell("unit-hours", a, b, (1e-5 * rate * tokens).max(f64::MIN_POSITIVE));
            }
        }
    }
    found
}

/// The largest difference of each kind over many scenarios, with the seed of its scenario.
#[derive(Debug, Default)]
pub(crate) struct Worst(Vec<(&'static str, f64, u64)>);

impl Worst {
    pub(crate) fn take(&mut self, differences: Vec<(&'static str, f64)>, seed: u64) {
        for (what, difference) in differences {
            match self.0.iter_mut().find(|(known, ..)| *known == what) {
                Some((_, largest, of)) if difference > *largest => (*largest, *of) = (difference, seed),
                Some(_) => {}
                None => self.0.push((what, difference, seed)),
            }
        }
    }

    pub(crate) fn assert_within(&self) {
        let beyond: Vec<_> = self.0.iter().filter(|(_, difference, _)| *difference > 1.0).collect();
        assert!(beyond.is_empty(), "over their tolerance: {beyond:?}\nall: {:?}", self.0);
    }
}

/// Compares a block of replications; returns the largest difference of each kind.
pub(crate) fn compare(text: &str, first: u64, count: usize) -> Vec<(&'static str, f64)> {
    compare_scenario(&resolve(text), first, count)
}

fn compare_scenario(scenario: &Scenario, first: u64, count: usize) -> Vec<(&'static str, f64)> {
    let kernel = Kernel::new(scenario, 11, Scope::All).unwrap_or_else(|why| panic!("{}: {why}", scenario.name));
    let mut reference = Replicator::new(scenario, 11);
    let mut worst: Vec<(&'static str, f64)> = Vec::new();
    KernelWorker::new(&kernel).block(first, count, |fast| {
        let slow = reference.replicate(fast.index, None);
        for (what, difference) in differences(scenario, fast, &slow) {
            match worst.iter_mut().find(|(known, _)| *known == what) {
                Some((_, largest)) => *largest = largest.max(difference),
                None => worst.push((what, difference)),
            }
        }
    });
    worst
}

#[test]
fn every_replication_is_that_of_the_reference() {
    let mut worst = Worst::default();
    for seed in 0..24 {
        worst.take(compare(&random(seed), 64 * seed, 4), seed);
    }
    worst.assert_within();
}

/// Under a tilt both draw other futures, and the same ones: along every way, and with noise and spikes of every kind.
#[test]
fn tilted_replications_are_those_of_the_reference() {
    let mut worst = Worst::default();
    for seed in (1..24).step_by(2) {
        let scenario = resolve(&random(seed));
        let sets: Vec<Vec<usize>> = (0..scenario.demand.workloads.len()).map(|workload| vec![workload]).collect();
        let tilt = scenario.demand.exploring(&sets).over(0);
        let rows: u64 = tilt.ways.iter().map(|way| way.rows).sum();
        assert!(rows > 2 && rows == tilt.ways.len() as u64);
        let tilted = scenario.with_demand(scenario.demand.tilted(tilt));
        worst.take(compare_scenario(&tilted, 64 * seed, 16 * rows as usize), seed);
        let peak = |scenario: &Scenario| Replicator::new(scenario, 11).replicate(40, None).demand.peak_hour[0];
        assert!((peak(&scenario) - peak(&tilted)).abs() > 1.0, "{seed}");
    }
    worst.assert_within();
}

fn fleet() -> Scenario {
    scenario::load(Path::new("workloads/assistant-fleet.toml"), &[]).unwrap().scenario
}

/// Every number of a block, by bits.
pub(crate) fn bits(kernel: &Kernel<'_>) -> Vec<u64> {
    let mut bits = Vec::new();
    KernelWorker::new(kernel).block(128, 64, |r| {
        let services = r.service.services.iter().flat_map(|s| {
            [s.cost_on_demand, s.tokens_provisioned, s.tokens_throttled, s.throttled_minutes, s.throttled_hours, s.log_clear]
        });
        let demand = r.service.demand.iter().flat_map(|d| [d.tokens.total(), d.peak_hour_tokens, d.peak_quota_tokens_per_minute]);
        let peaks = r.demand.peak_hour.iter().copied();
        bits.extend(services.chain(demand).chain(peaks).chain(r.service.used.iter().copied()).map(f64::to_bits));
    });
    bits
}

#[test]
fn instructions_change_no_bit() {
    for scenario in [fleet(), resolve(&random(3)), resolve(&random(5))] {
        let of = |isa| bits(&Kernel::new(&scenario, 2, Scope::All).unwrap().with_isa(isa));
        let baseline = of(Isa::Baseline);
        assert!(baseline.len() > 1000);
        for isa in Isa::available() {
            assert!(of(isa) == baseline, "{isa} differs from the baseline");
        }
    }
}

#[test]
fn threads_change_no_bit() {
    let scenario = fleet();
    let columns = |threads| {
        let spec = RunSpec { threads: Some(threads), replications: Some(600), engine: EngineChoice::Kernel, ..RunSpec::default() };
        let outcome = run(&scenario, &spec, &Columns).unwrap().summary;
        let metrics = [Metric::CostTotal, Metric::ThrottledMinutes, Metric::PeakQuotaTokensPerMinute, Metric::Utilisation];
        let rows = [Row::All, Row::Pool(1)];
        let all = rows.iter().flat_map(|&row| metrics.iter().map(move |&metric| (row, metric)));
        all.filter_map(|(row, metric)| outcome.column(&scenario, 20, row, Span::Horizon, metric))
            .flat_map(|column| column.into_iter().map(f64::to_bits))
            .collect::<Vec<_>>()
    };
    let one = columns(1);
    assert!(one.len() >= 6 * 600);
    assert!(one == columns(2) && one == columns(7));
}

/// Spikes of a Pareto law with a small alpha reach beyond the histogram at times; those replications are the reference's, to the bit.
#[test]
fn what_leaves_the_histogram_is_served_all_the_same() {
    let text = include_str!("../../workloads/assistant-fleet.toml");
    let text = text.replace(
        "size = { law = \"lognormal\", median = 0.8, sigma = 0.6 }",
        "size = { law = \"pareto\", scale = 30, alpha = 1.1, cap = 1e6 }",
    );
    let scenario = resolve(&text);
    let kernel = Kernel::new(&scenario, 1, Scope::All).unwrap();
    let mut reference = Replicator::new(&scenario, 1);
    let mut same = 0;
    KernelWorker::new(&kernel).block(0, 64, |fast| {
        let slow = reference.replicate(fast.index, None);
        same += u32::from(fast.service.services == slow.service.services);
        let worst = differences(&scenario, fast, &slow).into_iter().fold(0.0, |worst: f64, (_, d)| worst.max(d));
        assert!(worst <= 1.0, "replication {}: {worst}", fast.index);
    });
    assert!(same > 0 && same < 64, "{same} of 64 by the reference");
}

/// Limits of requests are served because the dispatch is asked, not because the fast path knows of them.
#[test]
fn limits_of_requests_are_asked_for_too() {
    let text = include_str!("../../workloads/assistant-fleet.toml");
    let quota = "rate = \"30M tokens/h\", weights = { input = 1, output = 1 }";
    let scenario = resolve(&text.replace(quota, &format!("{}, requests = \"90 requests/min\"", quota.replace("30M", "8M"))));
    let kernel = Kernel::new(&scenario, 1, Scope::All).unwrap();
    let mut reference = Replicator::new(&scenario, 1);
    KernelWorker::new(&kernel).block(0, 4, |fast| {
        let slow = reference.replicate(fast.index, None);
        assert!(slow.service.services.iter().any(|s| s.tokens_throttled > 0.0));
        for (what, difference) in differences(&scenario, fast, &slow) {
            assert!(difference <= 1.0, "replication {}: {what} {difference}", fast.index);
        }
    });
    let held =
        text.replace(quota, &format!("{quota}, hold = {{ first_token = \"2s\", speed = \"50 tokens/s\", unset_max_tokens = 8000 }}"));
    assert!(Kernel::new(&resolve(&held), 1, Scope::All).unwrap_err().contains("hold some of a limit"));
}

/// What the fast path cannot do, and what it says.
#[test]
fn conditions_are_told() {
    let text = random(1);
    for (from, to, said) in [
        ("[limits]", "[[factor]]\nname = \"m\"\nsd = 0.2\nhalf_life = \"24h\"\n[limits]", ""),
        ("class = \"interactive\"\n", "class = \"interactive\"\nretry = { attempts = 3 }\n", "retries"),
        (
            "law = \"gamma\", output_share",
            "law = \"gamma\", drift = { input_sd = 0.1, half_life = \"48h\" }, output_share",
            "mix of token classes",
        ),
        ("M tokens/h\", sigma", " tokens/h\", sigma", "few requests"),
    ] {
        let scenario = resolve(&text.replacen(from, to, 1));
        let asked = RunSpec { replications: Some(8), engine: EngineChoice::Kernel, ..RunSpec::default() };
        let auto = RunSpec { engine: EngineChoice::Auto, ..asked };
        let engine = run(&scenario, &auto, &Columns).unwrap().engine.to_string();
        match run(&scenario, &asked, &Columns) {
            Ok(_) => assert_eq!((said, engine.as_str()), ("", "kernel")),
            Err(error) => {
                assert!(!said.is_empty() && error.to_string().contains(said), "{error}");
                assert!(error.is_input());
                assert_eq!(engine, "reference");
            }
        }
    }
}
