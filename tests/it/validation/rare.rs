//! Rare trouble whose chance is known, found by importance sampling: an hour whose lognormal demand breaks a limit, and a month in which a spike does.

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

/// Hours of a month in which any spike as high as `limit` throttles something, and nothing else does.
fn spiking(size: &str, limit: f64, more: &str) -> Scenario {
    let text = [
        format!("name = \"spikes\"\n[horizon]\nflat = {{ months = 1, hours_per_month = {HOURS} }}\n"),
        format!(
            "[limits]\nthrottled_requests_share = \"0%\"\n[[offer]]\nname = \"on-demand\"\nkind = \"on-demand\"\n\
             price = {{ input = \"1 USD/token\" }}\nquota = {{ rate = \"{} tokens/h\", weights = {{ input = 1 }} }}\n\
             [[workload]]\nname = \"w\"\nclass = \"interactive\"\nlevel = {{ mean = \"100 tokens/h\", sigma = 0, walk = \"off\" }}\n\
             shape = \"flat\"\nspikes = {{ probability = {START}, duration = \"{LENGTH}h\", size = {size} }}\n{more}\
             requests = \"none\"\ntokens = {{ mean = 10, output_share = 0 }}\nminute = \"off\"\n",
            100.0 * (1.0 + limit)
        ),
        plan("all on-demand", &["on-demand"]),
    ]
    .concat();
    resolve(&text, Path::new(""))
}

const HOURS: usize = 730;
const START: f64 = 0.006;
const LENGTH: f64 = 6.0;

/// The chance that a month has a spike of a kind that one in 1 / `share` is of: hour by hour, where the next start may be.
fn any_of(share: f64) -> f64 {
    let mut next = vec![0.0; HOURS + 1];
    let begin = |next: &mut Vec<f64>, hour: usize, chance: f64| {
        let mut left = chance * (1.0 - share);
        for (end, next) in next.iter_mut().enumerate().skip(hour + 1) {
            *next += if end < HOURS { left / LENGTH } else { left };
            left *= 1.0 - 1.0 / LENGTH;
        }
    };
    let on = LENGTH / (LENGTH + (1.0 - START) / START);
    begin(&mut next, 0, on);
    next[1] += 1.0 - on;
    for hour in 1..HOURS {
        let chance = next[hour];
        begin(&mut next, hour, chance * START);
        next[hour + 1] += chance * (1.0 - START);
    }
    1.0 - next[HOURS]
}

/// Trouble by one spike, of lognormal and of Pareto heights: within its error and with an interval, where that is asked for.
#[test]
fn rare_spikes_are_found() {
    let lognormal = "{ law = \"lognormal\", median = 0.8, sigma = 0.6 }";
    let pareto = "{ law = \"pareto\", scale = 0.5, alpha = 2.5, cap = 100 }";
    let of_lognormal = |limit: f64| normal_cdf(-libm::log(limit / 0.8) / 0.6);
    let of_pareto = |limit: f64| libm::pow(0.5 / limit, 2.5);
    for (size, limit, share) in [
        (lognormal, 5.0, of_lognormal(5.0)),
        (lognormal, 8.5, of_lognormal(8.5)),
        (pareto, 20.0, of_pareto(20.0)),
        (pareto, 90.0, of_pareto(90.0)),
    ] {
        let (scenario, truth) = (spiking(size, limit, ""), any_of(share));
        assert!(truth < 1e-2 && truth > 1e-6, "{truth}");
        let found = estimate(&scenario, 5).unwrap();
        let error = found.share.standard_error.unwrap();
        assert!(found.led && found.interval.is_some() && error < 0.15 * truth, "{found:?} against {truth}");
        assert!((found.share.point - truth).abs() < 5.2 * error, "{found:?} against {truth}");
        assert!(with(Effort::LITTLE, &scenario, 5).is_none(), "little work does not tell");
    }
}

/// What lasts and is not moved may have a part in it: nothing is told unasked, and no interval.
#[test]
fn what_is_not_led_has_no_interval() {
    let size = "{ law = \"lognormal\", median = 0.8, sigma = 0.6 }";
    let events = "events = [{ at_hour = 300, factor = 1.5, probability = \"10%\" }]\n";
    let scenario = spiking(size, 5.0, events);
    let found = estimate(&scenario, 5).unwrap();
    assert!(!found.led && found.interval.is_none() && found.share.point > 0.0, "{found:?}");
    assert!(with(Effort::LITTLE, &scenario, 5).is_none());
}
