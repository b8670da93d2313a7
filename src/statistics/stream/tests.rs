//! Streams against columns that are kept.

use super::*;
use crate::statistics::Summariser;
use crate::statistics::testing::Draws;

/// A stream given parts of `part` samples.
fn streamed(samples: &[f64], part: usize) -> Stream {
    let mut stream = Stream::default();
    samples.chunks(part).for_each(|part| stream.add(part));
    stream
}

fn within(given: f64, truth: f64, what: &str) {
    let allowed = STREAM_ERROR * truth.abs() + STREAM_ZERO;
    assert!((given - truth).abs() <= allowed, "{what}: {given} is not {truth} within {allowed}");
}

fn both_within(given: Option<(f64, f64)>, truth: Option<(f64, f64)>, what: &str) {
    assert_eq!(given.is_some(), truth.is_some(), "{what}");
    if let (Some(given), Some(truth)) = (given, truth) {
        within(given.0, truth.0, what);
        within(given.1, truth.1, what);
    }
}

fn columns() -> Vec<(&'static str, Vec<f64>)> {
    let mut draws = Draws::new(13);
    let mut column = |law: &dyn Fn(&mut Draws) -> f64| (0..30_000).map(|_| law(&mut draws)).collect::<Vec<f64>>();
    vec![
        ("a bill", column(&|draws| 730.0 * libm::exp(0.3 * draws.normal()))),
        ("all sizes", column(&|draws| libm::exp(8.0 * draws.normal()))),
        ("both signs", column(&|draws| 1e5 * draws.normal())),
        ("mostly zero", column(&|draws| (draws.normal() - 1.0).max(0.0))),
        ("rare", column(&|draws| (draws.normal() - 3.0).max(0.0))),
        ("shares of nothing", column(&|draws| if draws.uniform() < 0.3 { f64::NAN } else { draws.uniform() })),
        ("losses", column(&|draws| -libm::exp(draws.normal()))),
        ("constant", vec![0.1; 3_000]),
        ("few", vec![3.0, 1.0, 2.0]),
        ("one", vec![7.0]),
    ]
}

#[test]
fn a_stream_tells_what_the_kept_column_tells_within_the_error_it_states() {
    for (what, samples) in columns() {
        let truth = Distribution::from_samples(&mut samples.clone()).unwrap();
        let given = streamed(&samples, 4_096).distribution().unwrap();
        assert_eq!((given.n, given.min, given.max), (truth.n, truth.min, truth.max), "{what}");
        let spread = truth.sd.unwrap_or(0.0) + truth.mean.abs();
        assert!((given.mean - truth.mean).abs() <= 1e-12 * spread, "{what}");
        for (given, truth) in [(given.sd, truth.sd), (given.mean_se, truth.mean_se)] {
            assert_eq!(given.is_some(), truth.is_some(), "{what}");
            assert!((given.unwrap_or(0.0) - truth.unwrap_or(0.0)).abs() <= 1e-11 * spread, "{what}");
        }
        assert_eq!(given.mean_interval.is_some(), truth.mean_interval.is_some(), "{what}");
        if let (Some(given), Some(truth)) = (given.mean_interval, truth.mean_interval) {
            assert!((given.0 - truth.0).abs() + (given.1 - truth.1).abs() <= 1e-9 * spread, "{what}");
        }
        let quantiles = |d: &Distribution| [d.p01, d.p05, d.p10, d.p25, d.p50, d.p75, d.p90, d.p95, d.p99];
        for (given, truth) in quantiles(&given).into_iter().zip(quantiles(&truth)) {
            within(given, truth, what);
        }
        both_within(given.p50_interval, truth.p50_interval, what);
        both_within(given.p95_interval, truth.p95_interval, what);
        within(given.cvar95, truth.cvar95, what);
        assert_eq!(
            (given.cvar95_se.is_some(), given.cvar95_interval.is_some()),
            (truth.cvar95_se.is_some(), truth.cvar95_interval.is_some())
        );
        if let (Some(given), Some(truth)) = (given.cvar95_se, truth.cvar95_se) {
            assert!((given / truth - 1.0).abs() < 0.02, "{what}: {given} {truth}");
        }
    }
}

#[test]
fn percentiles_are_better_than_a_bin_where_samples_are_many() {
    let (_, samples) = columns().swap_remove(0);
    let truth = Distribution::from_samples(&mut samples.clone()).unwrap();
    let given = streamed(&samples, 1_000).distribution().unwrap();
    for (given, truth) in [(given.p05, truth.p05), (given.p50, truth.p50), (given.p95, truth.p95), (given.cvar95, truth.cvar95)] {
        assert!((given / truth - 1.0).abs() < STREAM_ERROR / 4.0, "{given} {truth}");
    }
}

#[test]
fn parts_merge_to_the_whole_and_order_does_not_move_a_percentile() {
    for (what, samples) in columns() {
        let whole = streamed(&samples, samples.len()).distribution().unwrap();
        let (left, right) = samples.split_at(samples.len() / 3);
        let (mut merged, later) = (streamed(left, 500), streamed(right, 700));
        merged.merge(&later);
        let mut backwards = later;
        backwards.merge(&streamed(left, 100));
        for other in [merged.distribution().unwrap(), backwards.distribution().unwrap()] {
            assert_eq!(
                (other.n, other.p05, other.p50, other.p99, other.p95_interval),
                (whole.n, whole.p05, whole.p50, whole.p99, whole.p95_interval)
            );
            assert_eq!((other.min, other.max, other.cvar95), (whole.min, whole.max, whole.cvar95), "{what}");
            let spread = whole.sd.unwrap_or(0.0) + whole.mean.abs();
            assert!((other.mean - whole.mean).abs() <= 1e-12 * spread, "{what}");
            let width = |d: &Distribution| d.mean_interval.map_or(0.0, |(low, high)| high - low);
            assert!((width(&other) - width(&whole)).abs() <= 1e-9 * spread, "{what}");
        }
    }
}

#[test]
fn nothing_is_nothing() {
    let mut stream = Stream::default();
    assert_eq!(stream.distribution(), None);
    stream.add(&[]);
    stream.add(&[f64::NAN, f64::INFINITY]);
    assert_eq!(stream.distribution(), None);
    stream.merge(&streamed(&[2.0], 1));
    assert_eq!(stream.distribution(), Distribution::from_samples(&mut [2.0]));
}

#[test]
fn memory_does_not_grow_with_the_samples() {
    let mut draws = Draws::new(14);
    let mut stream = Stream::default();
    let mut bytes = Vec::new();
    for _ in 0..8 {
        let samples: Vec<f64> = (0..20_000).map(|_| 1.0 + draws.uniform()).collect();
        stream.add(&samples);
        bytes.push(stream.bytes());
    }
    assert!(bytes[0] == bytes[7] && bytes[0] < 3_100, "{bytes:?}");
}

/// Samples that a stream is given in parts, where replications hang together: scrambles of different means.
fn scrambled(parts: &[usize]) -> (Vec<f64>, Stream) {
    let mut draws = Draws::new(15);
    let shifts: Vec<f64> = (0..16).map(|_| 0.02 * draws.normal()).collect();
    let all = parts.iter().sum::<usize>();
    let value = |r: usize, x: f64| if r % 97 == 3 { f64::NAN } else { libm::exp(0.3 * x + shifts[r % 16]) };
    let samples: Vec<f64> = (0..all).map(|r| value(r, draws.normal())).collect();
    let mut stream = Stream::sampled(Sampling::Sobol);
    let mut rest = samples.as_slice();
    for &part in parts {
        let (now, later) = rest.split_at(part);
        stream.add(now);
        rest = later;
    }
    (samples, stream)
}

#[test]
fn a_stream_of_scrambles_tells_the_errors_that_the_kept_column_tells() {
    for (parts, marked_well) in [(vec![20_000], true), (vec![4_096, 4_096, 4_096, 7_712], true), (vec![101, 4_096, 13, 15_790], false)] {
        let (samples, stream) = scrambled(&parts);
        let truth = Summariser::sampled(Sampling::Sobol).summarise(&samples).unwrap();
        let plain = Summariser::default().summarise(&samples).unwrap();
        let given = stream.distribution().unwrap();
        let near = |a: Option<f64>, b: Option<f64>, within: f64| (a.unwrap() / b.unwrap() - 1.0).abs() < within;
        assert!(near(given.mean_se, truth.mean_se, 1e-9) && !near(plain.mean_se, truth.mean_se, 0.5));
        assert!(near(given.mean_interval.map(|ends| ends.1), truth.mean_interval.map(|ends| ends.1), 1e-9));
        assert_eq!((stream.mean().n, stream.mean().standard_error), (16, given.mean_se));
        // The shares are counted at the percentiles of the first part: one of 4 096 gives the errors to a few percent.
        let within = if parts.len() == 1 { 0.01 } else { 0.15 };
        if marked_well {
            // Each end goes on to that of its bin.
            let holds = |given: Option<(f64, f64)>, truth: Option<(f64, f64)>| {
                let ((low, high), (from, to)) = (given.unwrap(), truth.unwrap());
                let (width, least, bins) = (high - low, (1.0 - within) * (to - from), 2.0 * STREAM_ERROR * high);
                least < width && width < (1.0 + within) * (to - from) + bins
            };
            assert!(holds(given.p50_interval, truth.p50_interval), "{given:?} {truth:?}");
            assert!(holds(given.p95_interval, truth.p95_interval), "{given:?} {truth:?}");
            assert!(near(given.cvar95_se, truth.cvar95_se, within), "{given:?} {truth:?}");
        }
        assert!(given.p95_interval.is_some_and(|(low, high)| low < given.p95 && given.p95 < high));
    }
}

#[test]
fn streams_of_scrambles_that_are_marked_alike_merge_and_others_do_not_know() {
    let (samples, whole) = scrambled(&[5_000, 5_000]);
    let part = |from: usize, to: usize| {
        let mut stream = Stream::sampled(Sampling::Sobol);
        stream.add(&samples[from..to]);
        stream
    };
    let mut merged = Stream::sampled(Sampling::Sobol);
    merged.merge(&part(0, 5_000));
    merged.add(&samples[5_000..]);
    assert_eq!(merged.distribution(), whole.distribution());
    let mut apart = part(0, 5_000);
    apart.merge(&part(5_000, 10_000));
    let (given, truth) = (apart.distribution().unwrap(), whole.distribution().unwrap());
    assert!((given.mean_se.unwrap() / truth.mean_se.unwrap() - 1.0).abs() < 1e-9);
    assert_eq!((given.p50_interval, given.p95_interval, given.cvar95_se, given.cvar95_interval), (None, None, None, None));
    apart.add(&samples);
    assert_eq!(apart.distribution().unwrap().p95_interval, None);
}

/// Independent samples are scrambles of no evenness: what is told of a stream covers as it claims.
#[test]
fn intervals_of_streams_cover() {
    const REPEATS: u32 = 600;
    let mut draws = Draws::new(16);
    let truths = [libm::exp(0.045), 1.0, libm::exp(0.3 * crate::statistics::normal_quantile(0.95))];
    let mut covered = [0_u32; 3];
    for _ in 0..REPEATS {
        let samples: Vec<f64> = (0..8_192).map(|_| libm::exp(0.3 * draws.normal())).collect();
        let mut stream = Stream::sampled(Sampling::Sobol);
        samples.chunks(2_048).for_each(|part| stream.add(part));
        let d = stream.distribution().unwrap();
        for ((count, interval), truth) in covered.iter_mut().zip([d.mean_interval, d.p50_interval, d.p95_interval]).zip(truths) {
            let (low, high) = interval.unwrap();
            *count += u32::from(low <= truth && truth <= high);
        }
    }
    for (count, what) in covered.into_iter().zip(["mean", "P50", "P95"]) {
        let share = f64::from(count) / f64::from(REPEATS);
        assert!((share - 0.95).abs() < crate::statistics::testing::four_standard_errors(0.95, REPEATS), "{what}: {share}");
    }
}

#[test]
fn equal_samples_have_no_error() {
    let mut stream = Stream::sampled(Sampling::Sobol);
    [300, 1_000].iter().for_each(|&n| stream.add(&vec![0.1; n]));
    assert_eq!((stream.mean().standard_error, stream.mean().point), (Some(0.0), 0.1));
    assert_eq!(stream.distribution(), Summariser::sampled(Sampling::Sobol).summarise(&[0.1; 1_300]));
}
