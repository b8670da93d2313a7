//! Rare trouble: an hour whose lognormal demand breaks a limit with a known small chance, found by importance sampling.

use super::support::{flat, plan, resolve};
use std::path::Path;
use tokentide::decision::{Effort, Rare, rare};
use tokentide::scenario::Scenario;
use tokentide::simulation::{RunSpec, ordered_map};
use tokentide::statistics::{Moments, normal_cdf};

/// An hour of a level and, if any, of white noise, which is not led, under a quota; nothing may be throttled.
fn scenario(quota: f64, noise: &str, limit: &str) -> Scenario {
    let text = [
        flat(1),
        format!(
            "[limits]\nthrottled_requests_share = \"{limit}\"\n[[offer]]\nname = \"on-demand\"\nkind = \"on-demand\"\n\
             price = {{ input = \"1 USD/token\" }}\nquota = {{ rate = \"{quota} tokens/h\", weights = {{ input = 1 }} }}\n\
             [[workload]]\nname = \"w\"\nclass = \"interactive\"\nlevel = {{ mean = \"100 tokens/h\", sigma = 0.3, walk = \"off\" }}\n{noise}\
             requests = \"none\"\ntokens = {{ mean = 10, output_share = 0 }}\nminute = \"off\"\n"
        ),
        plan("all on-demand", &["on-demand"]),
    ]
    .concat();
    resolve(&text, Path::new(""))
}

/// The chance that a lognormal of mean 100 and this variance of the logarithm exceeds x.
fn above(x: f64, variance: f64) -> f64 {
    normal_cdf(-(libm::log(x / 100.0) + 0.5 * variance) / variance.sqrt())
}

fn estimate(scenario: &Scenario, seed: u64) -> Option<Rare> {
    with(Effort::FULL, scenario, seed)
}

fn with(effort: Effort, scenario: &Scenario, seed: u64) -> Option<Rare> {
    rare(scenario, 0, effort, &RunSpec { seed: Some(seed), threads: Some(1), ..RunSpec::default() }).unwrap()
}

#[test]
fn shares_down_to_a_billionth_are_found() {
    let noise = "noise = { white = { sd = 0.2 } }\n";
    for (quota, noise, variance, limit) in [
        (300.0, "", 0.09, "0%"),
        (300.0, noise, 0.13, "0%"),
        (270.0, noise, 0.13, "10%"),
        (560.0, "", 0.09, "0%"),
        (500.0, noise, 0.13, "0%"),
    ] {
        let scenario = scenario(quota, noise, limit);
        let truth = above(if limit == "0%" { quota } else { quota / 0.9 }, variance);
        assert!(truth < 1e-3 && truth > 1e-10, "{truth}");
        let found = estimate(&scenario, 5).unwrap();
        let error = found.share.standard_error.unwrap();
        // Student's t of 15 degrees exceeds 5.2 in one case of ten thousand.
        assert!((found.share.point - truth).abs() < 5.2 * error, "{found:?} against {truth}");
        // White noise is not led. Where it has a large part in what is this rare, few samples count, and no interval is given.
        let surely = noise.is_empty() || limit != "0%" || quota < 400.0;
        assert_eq!((surely, found.interval.is_some()), (surely, surely), "{found:?}");
        assert!(!surely || error < 0.15 * truth, "{found:?} against {truth}");
    }
}

#[test]
fn intervals_cover_as_they_claim() {
    [Effort::FULL, Effort::LITTLE].into_iter().for_each(covers_as_it_claims);
}

fn covers_as_it_claims(effort: Effort) {
    let scenario = scenario(300.0, "noise = { white = { sd = 0.05 } }\n", "0%");
    let truth = above(300.0, 0.0925);
    let seeds: Vec<u64> = (0..200).collect();
    let found = ordered_map(None, &seeds, |&seed| with(effort, &scenario, 100 + 20 * seed).unwrap()).unwrap();
    let points = Moments::from_slice(&found.iter().map(|found| found.share.point).collect::<Vec<_>>());
    assert!((points.mean() - truth).abs() < 4.0 * points.standard_error().unwrap(), "{} against {truth}", points.mean());
    let covers = |found: &&Rare| found.interval.is_some_and(|(low, high)| low <= truth && truth <= high);
    let share = found.iter().filter(covers).count() as f64 / found.len() as f64;
    assert!((share - 0.95).abs() < 4.0 * (0.95 * 0.05 / found.len() as f64).sqrt(), "{share}");
}

/// Little work finds what the levels lead to, and says nothing where chance that is not led makes the trouble.
#[test]
fn little_work_tells_what_is_sure_or_nothing() {
    let found = with(Effort::LITTLE, &scenario(360.0, "", "0%"), 5).unwrap();
    let truth = above(360.0, 0.09);
    assert!(truth < 2e-5 && found.interval.is_some() && found.replications <= 8192, "{found:?} against {truth}");
    assert!((found.share.point - truth).abs() < 5.2 * found.share.standard_error.unwrap(), "{found:?} against {truth}");
    let noise = "noise = { white = { sd = 0.6 } }\n";
    assert!(with(Effort::LITTLE, &scenario(4000.0, noise, "0%"), 5).is_none());
}

#[test]
fn trouble_that_cannot_be_is_not_made_up() {
    // Demand that never varies, far below the quota: no pilot comes any nearer.
    let mut steady = scenario(300.0, "", "0%");
    steady.limits.throttled_requests_share = Some(0.5);
    let never = resolve(
        &[
            flat(1),
            "[limits]\nthrottled_requests_share = \"1%\"\n[[offer]]\nname = \"on-demand\"\nkind = \"on-demand\"\n\
             price = { input = \"1 USD/token\" }\nquota = { rate = \"300 tokens/h\", weights = { input = 1 } }\n"
                .to_owned(),
            super::support::plain("law = \"constant\", value = \"100 tokens/h\"", "\"off\""),
            plan("all on-demand", &["on-demand"]),
        ]
        .concat(),
        Path::new(""),
    );
    assert!(estimate(&never, 1).is_none());
    let mut free = steady;
    free.limits.throttled_requests_share = None;
    assert!(estimate(&free, 1).is_none(), "nothing is limited");
}
