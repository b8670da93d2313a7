//! Streams against columns that are kept.

use super::*;
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
    assert!(bytes[0] == bytes[7] && bytes[0] < 3_000, "{bytes:?}");
}
