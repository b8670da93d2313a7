//! Intervals of evenly sampled futures: over repeats with other seeds, they cover known truths as they claim, with and without controls.

use super::support::{Ran, flat, on_demand, plan, resolve};
use std::path::Path;
use tokentide::cost::DemandLaw;
use tokentide::scenario::Scenario;
use tokentide::simulation::{RunSpec, ordered_map, run};
use tokentide::statistics::{Distribution, Method, Moments, Paired, Sampling, Summariser, normal_cdf, normal_quantile};
use tokentide::tally::{Columns, Metric, Row, Span};

/// How often intervals covered their truths.
struct Coverage {
    what: &'static str,
    covered: f64,
    of: f64,
}

impl Coverage {
    fn of(what: &'static str, truth: f64, intervals: impl Iterator<Item = Option<(f64, f64)>>) -> Self {
        let (mut covered, mut of) = (0.0, 0.0);
        for (low, high) in intervals.map(Option::unwrap) {
            covered += f64::from(u8::from(low <= truth && truth <= high));
            of += 1.0;
        }
        Self { what, covered, of }
    }

    /// Four standard errors of the share at 95 %.
    fn margin(&self) -> f64 {
        4.0 * (0.95 * 0.05 / self.of).sqrt()
    }

    /// CVaR's tail is skewed: its interval may cover a little less.
    fn is_at_least(&self, least: f64) {
        let share = self.covered / self.of;
        assert!(share >= least - self.margin(), "{}: {share} of {}", self.what, self.of);
    }

    fn is_nominal(&self) {
        let share = self.covered / self.of;
        assert!((share - 0.95).abs() <= self.margin(), "{}: {share} of {}", self.what, self.of);
    }

    fn is_at_least_nominal(&self) {
        self.is_at_least(0.95);
    }
}

fn sobol(text: &[&str]) -> Scenario {
    let text = format!("sampling = \"sobol\"\n{}", text.concat());
    let scenario = resolve(&text, Path::new(""));
    assert_eq!(scenario.sampling, Sampling::Sobol);
    scenario
}

/// One run per seed, each summed up.
fn repeats<T: Send>(scenario: &Scenario, seeds: u64, replications: u64, of: impl Fn(&Ran) -> T + Sync + Send) -> Vec<T> {
    let seeds: Vec<u64> = (0..seeds).collect();
    let one = |&seed: &u64| {
        let spec = RunSpec { replications: Some(replications), seed: Some(7000 + seed), threads: Some(1), ..RunSpec::default() };
        let outcome = run(scenario, &spec, &Columns).unwrap().summary;
        of(&Ran { scenario: scenario.clone(), outcome })
    };
    // A few hundred at a time: a thread that waits for a run's own thread begins another run on top of it.
    seeds.chunks(500).flat_map(|seeds| ordered_map(None, seeds, one).unwrap()).collect()
}

const WHITE: &str = "noise = { white = { sd = 0.2 } }\n";

/// An hour of a lognormal level and, if any, white noise, which is not steered.
fn lone_workload(white: &str) -> String {
    format!(
        "[[workload]]\nname = \"w\"\nclass = \"interactive\"\nlevel = {{ mean = \"100 tokens/h\", sigma = 0.3, walk = \"off\" }}\n{white}\
         requests = \"none\"\ntokens = {{ mean = 10, output_share = 0 }}\nminute = \"off\"\n"
    )
}

/// What it costs is lognormal too.
fn bills(white: &str, replications: u64, seeds: u64) -> Vec<Distribution> {
    let scenario = sobol(&[&flat(1), &on_demand("1 USD/token"), &lone_workload(white), &plan("all on-demand", &["on-demand"])]);
    let summary = |ran: &Ran| Summariser::sampled(Sampling::Sobol).summarise(&ran.column("all on-demand", Metric::CostTotal)).unwrap();
    repeats(&scenario, seeds, replications, summary)
}

#[test]
fn c8_intervals_from_scrambles_cover_as_they_claim() {
    let sigma = 0.13_f64.sqrt();
    let quantile = |p: f64| 100.0 * libm::exp(sigma * normal_quantile(p) - 0.5 * sigma * sigma);
    for replications in [1024, 1000] {
        let runs = bills(WHITE, replications, 900);
        Coverage::of("mean", 100.0, runs.iter().map(|d| d.mean_interval)).is_nominal();
        Coverage::of("P50", quantile(0.5), runs.iter().map(|d| d.p50_interval)).is_nominal();
        Coverage::of("P95", quantile(0.95), runs.iter().map(|d| d.p95_interval)).is_nominal();
        // The errors are those that the estimates have over the seeds, and below those of independent samples.
        let seen = Moments::from_slice(&runs.iter().map(|d| d.mean).collect::<Vec<_>>()).variance().unwrap();
        let stated = runs.iter().map(|d| d.mean_se.unwrap().powi(2)).sum::<f64>() / runs.len() as f64;
        assert!((seen / stated - 1.0).abs() < 4.0 * (2.0 / runs.len() as f64).sqrt(), "{seen} {stated}");
        let independent = 1e4 * libm::expm1(0.13) / replications as f64;
        assert!(seen < 0.5 * independent, "{seen} {independent}");
    }
}

/// With the level alone, every scramble is a stratified sample: the shares hardly differ and outward ranks make up for it.
#[test]
fn c8_intervals_of_a_lone_level_are_narrow_and_hold() {
    let truth = 100.0 * libm::exp(0.3 * normal_quantile(0.95) - 0.045);
    for replications in [1024, 1600] {
        let runs = bills("", replications, 400);
        Coverage::of("mean", 100.0, runs.iter().map(|d| d.mean_interval)).is_nominal();
        Coverage::of("P95", truth, runs.iter().map(|d| d.p95_interval)).is_at_least_nominal();
        // Independent samples have √(p q / n) / density on either side; here a share differs by one sample of a scramble at most.
        let density = libm::exp(-0.5 * normal_quantile(0.95).powi(2)) / (2.0 * std::f64::consts::PI).sqrt() / (0.3 * truth);
        let usual = 2.0 * 1.96 * (0.0475 / replications as f64).sqrt() / density;
        let width = runs.iter().map(|d| d.p95_interval.map(|(low, high)| high - low).unwrap()).sum::<f64>() / runs.len() as f64;
        assert!(width < 0.45 * usual, "{width} against {usual}");
    }
}

/// Two workloads whose mix drifts, so that tokens tell much of the spend and not all: its mean is that of the price list.
#[test]
fn c8_intervals_of_adjusted_means_cover_as_they_claim() {
    let workload = |name: &str, level: &str, sd: f64| {
        format!(
            "[[workload]]\nname = \"{name}\"\nclass = \"interactive\"\nlevel = {{ mean = \"{level} tokens/h\", sigma = 0.2, walk = \"off\" }}\n\
             shape = {{ kind = \"steady-daytime\", peak = 14, width = 4, night = 0.25, weekend = 0.6 }}\n\
             noise = {{ fast = {{ sd = {sd}, half_life = \"3h\" }}, slow = {{ sd = 0.2, half_life = \"24h\" }} }}\n\
             requests = {{ law = \"negative-binomial\", shape = 40 }}\nminute = \"off\"\n\
             tokens = {{ input = {{ mean = 900, cv = 1 }}, output = {{ mean = 300, cv = 1 }}, drift = {{ input_sd = 0.2, output_sd = 0.3, half_life = \"24h\" }} }}\n"
        )
    };
    let offer =
        "[[offer]]\nname = \"on-demand\"\nkind = \"on-demand\"\nprice = { input = \"3 USD/1M tokens\", output = \"15 USD/1M tokens\" }\n";
    let route = "[[plan]]\nname = \"all on-demand\"\nroute = { a = [\"on-demand\"], b = [\"on-demand\"] }\n";
    let scenario = sobol(&[&flat(24), offer, &workload("a", "3M", 0.3), &workload("b", "2M", 0.5), route]);
    let expected = |workload| scenario.demand.expected_tokens(workload, 0);
    let truth: f64 = [expected(0), expected(1)].iter().map(|tokens| 3e-6 * tokens.input + 15e-6 * tokens.output).sum();
    let estimates = repeats(&scenario, 500, 512, |ran| {
        let column = ran.column("all on-demand", Metric::CostTotal);
        let controls = ran.outcome.controls(Span::Horizon);
        let without = Sampling::Sobol.mean(&column);
        (without, Method { sampling: Sampling::Sobol, controls }.mean(&column), Sampling::Plain.mean(&column))
    });
    Coverage::of("without controls", truth, estimates.iter().map(|e| e.0.interval(0.95))).is_nominal();
    Coverage::of("with controls", truth, estimates.iter().map(|e| e.1.interval(0.95))).is_nominal();
    let variance = |of: fn(&(_, _, _)) -> tokentide::statistics::Estimate| {
        estimates.iter().map(|e| of(e).standard_error.unwrap().powi(2)).sum::<f64>()
    };
    let (without, with, plain) = (variance(|e| e.0), variance(|e| e.1), variance(|e| e.2));
    assert!(with < 0.5 * without && without < 0.5 * plain, "{with} {without} {plain}");
    // What is paid for each workload adds up to what is paid for both.
    let ran = repeats(&scenario, 1, 512, |ran| {
        let controls = ran.outcome.controls(Span::Horizon);
        let mean = |row| {
            let column = ran.outcome.column(&ran.scenario, 0, row, Span::Horizon, Metric::CostTotal).unwrap();
            Method { sampling: Sampling::Sobol, controls }.mean(&column).point
        };
        let pools = ran.scenario.supply.plans[0].pools.len();
        ((0..pools).map(|pool| mean(Row::Pool(pool))).sum::<f64>(), mean(Row::All))
    });
    assert!((ran[0].0 / ran[0].1 - 1.0).abs() < 1e-12, "{ran:?}");
}

/// Repeats of [`c8_intervals_of_every_kind_cover`]; ten thousand take a minute or two: `TOKENTIDE_REPEATS=10000 cargo test … -- --nocapture`.
fn wanted(usual: u64) -> u64 {
    std::env::var("TOKENTIDE_REPEATS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Spend, its tail, the share of months that keep a limit, and the difference of two plans, of which one turns away what is above its quota.
/// The truths are those of a lognormal law.
#[test]
fn c8_intervals_of_every_kind_cover() {
    const QUOTA: f64 = 150.0;
    let offers = "[limits]\nthrottled_requests_share = \"0%\"\n\
         [[offer]]\nname = \"open\"\nkind = \"on-demand\"\nprice = { input = \"1 USD/token\" }\n\
         [[offer]]\nname = \"capped\"\nkind = \"on-demand\"\nprice = { input = \"0.9 USD/token\" }\n\
         quota = { rate = \"150 tokens/h\", weights = { input = 1 } }\n";
    let scenario = sobol(&[&flat(1), offers, &lone_workload(WHITE), &plan("open", &["open"]), &plan("capped", &["capped"])]);
    let law = DemandLaw::LogNormal { mean: 100.0, cv: libm::expm1(0.13).sqrt() };
    let (median, p95) = (law.quantity(0.5), law.quantity(0.95));
    let cvar = p95 + law.overflow(p95) / 0.05;
    let kept = normal_cdf((libm::log(QUOTA / 100.0) + 0.065) / 0.13_f64.sqrt());
    let difference = 100.0 - 0.9 * (100.0 - law.overflow(QUOTA));
    let found = repeats(&scenario, wanted(400), 4096, |ran| {
        let cost = Summariser::sampled(Sampling::Sobol).summarise(&ran.column("open", Metric::CostTotal)).unwrap();
        let kept = ran.outcome.months_kept(&ran.outcome.excess(&ran.scenario, ran.plan("capped"))).0;
        let [open, capped] = ["open", "capped"].map(|plan| ran.column(plan, Metric::CostTotal));
        let difference = |method| Paired::by(&open, &capped, method).unwrap().mean_difference.interval(0.95);
        (cost, kept.interval(0.95), difference(Sampling::Sobol.into()), difference(ran.outcome.method(Span::Horizon)))
    });
    let mean = Coverage::of("mean", 100.0, found.iter().map(|f| f.0.mean_interval));
    let p50 = Coverage::of("P50", median, found.iter().map(|f| f.0.p50_interval));
    let p95 = Coverage::of("P95", p95, found.iter().map(|f| f.0.p95_interval));
    let cvar = Coverage::of("CVaR95", cvar, found.iter().map(|f| f.0.cvar95_interval));
    let kept = Coverage::of("months kept", kept, found.iter().map(|f| f.1));
    let apart = Coverage::of("difference", difference, found.iter().map(|f| f.2));
    let adjusted = Coverage::of("adjusted difference", difference, found.iter().map(|f| f.3));
    for coverage in [&mean, &p50, &p95, &cvar, &kept, &apart, &adjusted] {
        println!("{}: {:.4} of {}", coverage.what, coverage.covered / coverage.of, coverage.of);
    }
    [mean, p50, p95, kept, apart, adjusted].iter().for_each(Coverage::is_nominal);
    cvar.is_at_least(0.93);
}
