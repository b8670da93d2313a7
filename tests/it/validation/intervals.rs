//! Honest intervals: over thousands of repeats of a small run, an interval covers the truth as often as its method says.

use super::support::{Ran, flat, on_demand, plain, simulate, sweep, swept, units};
use tokentide::cost::DemandLaw;
use tokentide::statistics::{Distribution, Summariser, normal_cdf, normal_quantile, order_statistic_coverage, order_statistic_interval};
use tokentide::tally::Metric;

const MEAN: f64 = 100.0;
const CV: f64 = 0.5;
/// Units of the plan that throttles the rest: about a quarter of the hours are over.
const UNITS: f64 = 125.0;
const RUNS: u64 = 15;
const REPLICATIONS: u64 = 200_000;

/// Demand of one lognormal hour. Replications are independent, so every thousand of them are a run of a thousand.
fn runs() -> impl Iterator<Item = Ran> {
    let text = [
        flat(1),
        on_demand("1 USD/token"),
        units("1 tokens/h", "0.6 USD/unit-hour"),
        plain(&format!("law = \"lognormal\", mean = \"{MEAN} tokens/h\", cv = {CV}"), "\"off\""),
        super::support::plan("all on-demand", &["on-demand"]),
        sweep("throttle", &["units"], &[UNITS]),
    ]
    .concat();
    (0..RUNS).map(move |seed| simulate(&text, REPLICATIONS, 1000 + seed))
}

/// How often an interval was given and covered the truth.
#[derive(Default)]
struct Coverage {
    given: u32,
    covered: u32,
}

impl Coverage {
    fn add(&mut self, interval: Option<(f64, f64)>, truth: f64) {
        if let Some((low, high)) = interval {
            self.given += 1;
            self.covered += u32::from(low <= truth && truth <= high);
        }
    }

    /// Share covered, and four standard errors of it at the `exact` share.
    fn share(&self, exact: f64) -> (f64, f64) {
        let n = f64::from(self.given);
        (f64::from(self.covered) / n, 4.0 * (exact * (1.0 - exact) / n).sqrt())
    }

    fn is(&self, what: &str, exact: f64) {
        let (share, margin) = self.share(exact);
        assert!((share - exact).abs() <= margin, "{what}: {share} of {} against {exact}", self.given);
    }

    fn is_at_least(&self, what: &str, least: f64) {
        let (share, margin) = self.share(least);
        assert!(share >= least - margin, "{what}: {share} of {}", self.given);
    }
}

/// E[D | D > q] − q needs E[(D − q)+] = P(D > q) E[D − q | D > q]; so CVaR = q + overflow(q) / .05 at the 95 % quantile.
fn cvar(law: DemandLaw) -> f64 {
    let q = law.quantity(0.95);
    q + law.overflow(q) / 0.05
}

#[test]
fn c8_intervals_cover_as_they_claim() {
    assert_eq!(order_statistic_interval(1000, 0.95, 0.95), Some((936, 964)));
    assert_eq!(order_statistic_interval(1000, 0.5, 0.95), Some((469, 532)));
    let p95 = order_statistic_coverage(1000, 0.95, 936, 964);
    let p50 = order_statistic_coverage(1000, 0.5, 469, 532);
    super::support::printed(100.0 * p95, "95.81");
    // The binomial of 1000 halves, by its normal approximation with half a step on either side.
    assert!((p50 - (1.0 - 2.0 * normal_cdf(-31.5 / 250_f64.sqrt()))).abs() < 1e-4, "{p50}");

    let law = DemandLaw::LogNormal { mean: MEAN, cv: CV };
    let sigma = libm::log1p(CV * CV).sqrt();
    let median = MEAN * libm::exp(-0.5 * sigma * sigma);
    assert!((law.quantity(0.95) / (median * libm::exp(sigma * normal_quantile(0.95))) - 1.0).abs() < 1e-9);
    let throttled = law.overflow(UNITS);
    let [mut mean, mut half, mut high, mut rare, mut tail] = [const { Coverage { given: 0, covered: 0 } }; 5];
    let mut summariser = Summariser::default();
    let mut of = |samples: &[f64]| -> Distribution { summariser.summarise(samples).unwrap() };
    for ran in runs() {
        let bill = ran.column("all on-demand", Metric::CostTotal);
        let lost = ran.column(&swept("throttle", UNITS), Metric::TokensThrottled);
        for thousand in bill.chunks_exact(1000) {
            let summary = of(thousand);
            mean.add(summary.mean_interval, MEAN);
            half.add(summary.p50_interval, median);
            high.add(summary.p95_interval, law.quantity(0.95));
            assert_eq!(summary.cvar95_interval, None, "50 tail events are too few");
        }
        for thousand in lost.chunks_exact(1000) {
            let events = thousand.iter().filter(|&&x| x > 0.0).count();
            let interval = of(thousand).mean_interval;
            assert!(events >= 200 || interval.is_none(), "{events} events");
            rare.add(interval, throttled);
        }
        for many in bill.chunks_exact(4000) {
            let summary = of(many);
            tail.add(summary.cvar95_interval, cvar(law));
        }
    }
    let repeats = u32::try_from(RUNS * REPLICATIONS / 1000).unwrap();
    assert_eq!((mean.given, half.given, high.given), (repeats, repeats, repeats));
    assert!(rare.given > repeats / 2 && tail.given > repeats / 8, "{} and {}", rare.given, tail.given);
    mean.is("mean", 0.95);
    half.is("P50", p50);
    high.is("P95", p95);
    rare.is_at_least("throttled tokens", 0.93);
    tail.is_at_least("CVaR95", 0.93);
}
