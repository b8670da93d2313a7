//! The two shipped workloads that stand for the documents this project started from: monthly spends within 3 %, savings within 10 %.

use std::path::Path;
use tokentide::scenario;
use tokentide::simulation::{RunSpec, run};
use tokentide::spec::Override;
use tokentide::statistics::Moments;
use tokentide::tally::{Columns, Metric};

use super::support::{Ran, SEEDS};

/// A shipped workload; its sweeps are cut to the two units on six months that the documents speak of.
fn shipped(name: &str, replications: u64, seed: u64) -> Ran {
    let two = ["units=2", "term=[\"6 months\"]"].map(|axis| {
        let (axis, value) = axis.split_once('=').unwrap();
        Override::new(&format!("plan.committed.sweep.{axis}.units={value}")).unwrap()
    });
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads").join(name);
    let scenario = scenario::load(&path, &two).unwrap_or_else(|error| panic!("{error}")).scenario;
    let spec = RunSpec { replications: Some(replications), seed: Some(seed), ..RunSpec::default() };
    let outcome = run(&scenario, &spec, &Columns).unwrap().summary;
    Ran { scenario, outcome }
}

impl Ran {
    /// The mean a month lies within a share of what is wanted; the share is at least four standard errors wide.
    fn a_month(&self, plan: &str, metric: Metric, wanted: f64, share: f64) {
        let months = self.scenario.horizon.months() as f64;
        let column: Vec<f64> = self.column(plan, metric).iter().map(|x| x / months).collect();
        let moments = Moments::from_slice(&column);
        assert!(4.0 * moments.standard_error().unwrap() <= share * wanted.abs(), "{plan}: {metric:?}");
        within(&format!("{plan}: {metric:?}"), moments.mean(), wanted, share);
    }

    fn mean(&self, plan: &str, metric: Metric) -> f64 {
        Moments::from_slice(&self.column(plan, metric)).mean()
    }
}

fn within(what: &str, given: f64, wanted: f64, share: f64) {
    assert!((given / wanted - 1.0).abs() <= share, "{what}: {given} is not within {share} of {wanted}");
}

/// V7: about 5 800 on demand with throttling at the peaks; two units on six months 4 400 flat; saves about 1 400.
#[test]
fn v7_support_copilot() {
    for seed in SEEDS {
        let ran = shipped("support-copilot.toml", 250, seed);
        let (all, two) = ("all on-demand", "committed/units=2/term=6 months");
        ran.a_month(all, Metric::CostTotal, 5_800.0, 0.03);
        ran.a_month(two, Metric::CostProvisioned, 4_400.0, 0.03);
        ran.a_month(two, Metric::CostTotal, 4_400.0, 0.03);
        ran.a_month(two, Metric::SavingVsBaseline, 1_400.0, 0.1);
        // Throttling at the peaks: in nearly every month some, of few tokens; a tenth of it at most with two units in front.
        let throttled = ran.mean(all, Metric::ThrottledShare);
        assert!((0.001..0.05).contains(&throttled), "{throttled}");
        assert!(ran.mean(two, Metric::ThrottledShare) < 0.1 * throttled, "{}", ran.mean(two, Metric::ThrottledShare));
        for month in 0..ran.scenario.horizon.months() {
            let chance = Moments::from_slice(&ran.month(all, month, Metric::ThrottlingProbability)).mean();
            assert!(chance > 0.5, "month {month}: {chance}");
        }
        // Not a point but a distribution around it.
        assert!(Moments::from_slice(&ran.column(all, Metric::CostTotal)).sd().unwrap() > 0.0);
    }
}

/// V8, without its lateness: two units 4 400 at about 17 % utilisation, on demand about 900, batch half of that.
#[test]
fn v8_nightly_enrichment() {
    for seed in SEEDS {
        let ran = shipped("nightly-enrichment.toml", 300, seed);
        let (all, batch, two) = ("all on-demand", "all batch", "committed/units=2/term=6 months");
        ran.a_month(all, Metric::CostTotal, 900.0, 0.03);
        ran.a_month(batch, Metric::CostTotal, 450.0, 0.03);
        within("batch of on-demand", ran.mean(batch, Metric::CostTotal) / ran.mean(all, Metric::CostTotal), 0.5, 1e-9);
        ran.a_month(two, Metric::CostProvisioned, 4_400.0, 0.03);
        ran.a_month(two, Metric::SavingVsBaseline, 900.0 - 4_400.0, 0.1);
        // Four hours of 24; a little less is used, because what a night has too much for its four hours runs on demand.
        let capacity = 2.0 * 180_000.0 * 60.0 * 730.0 * 6.0;
        within("demand over capacity", ran.mean(two, Metric::TokensDemand) / capacity, 4.0 / 24.0, 0.03);
        let utilisation = ran.mean(two, Metric::Utilisation);
        assert!((0.16..0.17).contains(&utilisation), "{utilisation}");
    }
}

/// Every shipped workload is read without an error.
#[test]
fn every_shipped_workload_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads");
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    names.sort();
    assert!(names.len() >= 6);
    let failures: Vec<String> = names.iter().filter_map(|path| scenario::load(path, &[]).err().map(|error| error.to_string())).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
