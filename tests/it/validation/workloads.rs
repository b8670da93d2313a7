//! The two shipped workloads that stand for the documents this project started from: monthly spends within 3 %, savings within 10 %.

use std::path::Path;
use tokentide::scenario;
use tokentide::simulation::{RunSpec, run};
use tokentide::statistics::Moments;
use tokentide::tally::{Columns, Metric};

use super::support::{Ran, SEEDS};

fn shipped(name: &str, replications: u64, seed: u64) -> Ran {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads").join(name);
    let scenario = scenario::load(&path, &[]).unwrap_or_else(|error| panic!("{error}")).scenario;
    let spec = RunSpec { replications: Some(replications), seed: Some(seed), ..RunSpec::default() };
    let outcome = run(&scenario, &spec, &Columns).unwrap().summary;
    Ran { scenario, outcome }
}

impl Ran {
    /// Mean a month; its standard error is at most 1 %.
    fn a_month(&self, plan: &str, metric: Metric) -> f64 {
        let months = self.scenario.horizon.months() as f64;
        let moments = Moments::from_slice(&self.column(plan, metric));
        assert!(moments.standard_error().unwrap() <= 0.01 * moments.mean().abs(), "{plan}: {metric:?}");
        moments.mean() / months
    }
}

fn within(what: &str, given: f64, wanted: f64, share: f64) {
    assert!((given / wanted - 1.0).abs() <= share, "{what}: {given} is not within {share} of {wanted}");
}

/// V7: about 5 800 on demand with throttling at the peaks; two units on six months 4 400 flat; saves about 1 400.
#[test]
fn v7_support_copilot() {
    for seed in SEEDS {
        let ran = shipped("support-copilot.toml", 400, seed);
        let (all, two) = ("all on-demand", "committed/units=2/term=6 months");
        within("on demand", ran.a_month(all, Metric::CostTotal), 5_800.0, 0.03);
        within("two units", ran.a_month(two, Metric::CostProvisioned), 4_400.0, 0.03);
        within("committed", ran.a_month(two, Metric::CostTotal), 4_400.0, 0.03);
        within("the saving", ran.a_month(two, Metric::SavingVsBaseline), 1_400.0, 0.1);
        // Throttling at the peaks: in nearly every month some, of few tokens; none worth naming with two units in front.
        let throttled = |plan| Moments::from_slice(&ran.column(plan, Metric::ThrottledShare)).mean();
        assert!((0.001..0.05).contains(&throttled(all)), "{}", throttled(all));
        assert!(throttled(two) < 0.1 * throttled(all), "{}", throttled(two));
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
        let ran = shipped("nightly-enrichment.toml", 400, seed);
        let two = "committed/units=2/term=6 months";
        within("on demand", ran.a_month("all on-demand", Metric::CostTotal), 900.0, 0.03);
        within("batch", ran.a_month("all batch", Metric::CostTotal), 450.0, 0.03);
        within("half", ran.a_month("all batch", Metric::CostTotal) / ran.a_month("all on-demand", Metric::CostTotal), 0.5, 1e-9);
        within("two units", ran.a_month(two, Metric::CostProvisioned), 4_400.0, 0.03);
        let utilisation = Moments::from_slice(&ran.column(two, Metric::Utilisation)).mean();
        within("utilisation", utilisation, 0.17, 0.05);
        within("what the units save", -ran.a_month(two, Metric::SavingVsBaseline), 4_400.0 - 900.0, 0.1);
    }
}
