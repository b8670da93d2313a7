//! Days that keep the mean, the kind of day and the length of blocks.

use super::*;
use crate::demand::usage::DayRecord;
use crate::demand::{DemandPath, Missing};
use crate::random::stream::{Purpose, StreamKey};
use crate::spec::Reader;
use crate::units::ByClass;
use jiff::civil::{Date, date};
use rand::Rng;

/// Days from `first` on whose hours hold value(day) × (1 + hour) input tokens, and a tenth as many requests.
fn history(first: Date, days: usize, value: impl Fn(usize) -> f64) -> Usage {
    let records = (0..days)
        .map(|day| DayRecord {
            date: first.saturating_add(jiff::Span::new().days(i64::try_from(day).unwrap())),
            hours: std::array::from_fn(|hour| {
                let input = value(day) * (1.0 + hour as f64);
                Some(UsageHour { requests: input / 10.0, tokens: ByClass { input, ..ByClass::ZERO } })
            }),
        })
        .collect();
    Usage::from_days(records, true, true).unwrap()
}

const MONDAY: Date = date(2026, 11, 2);
/// Input tokens of a day's hours when `value` is 1.
const DAY_SUM: f64 = 300.0;

fn generated(blocks: &DayBlocks, horizon: &Horizon, replication: u64) -> Vec<(ByClass, f64)> {
    let mut path = DemandPath::new(1, horizon.hours());
    let out = &mut path.workloads[0];
    blocks.generate(&mut StreamKey::new(1, Purpose::Days, "chat").replication(replication), horizon, out);
    out.tokens.iter().copied().zip(out.requests.iter().copied()).collect()
}

/// The `value` of the history's day behind each whole day of a replication.
fn values(blocks: &DayBlocks, horizon: &Horizon, replication: u64) -> Vec<f64> {
    generated(blocks, horizon, replication).chunks(24).map(|day| day.iter().map(|(t, _)| t.total()).sum::<f64>() / DAY_SUM).collect()
}

#[test]
fn hours_are_those_of_whole_days_of_the_history() {
    let horizon = Horizon::flat(1, 240).unwrap();
    let blocks = DayBlocks::new(&history(MONDAY, 5, |day| 1.0 + day as f64), None).unwrap();
    assert_eq!(blocks.matching(), DayMatch::Any);
    for day in generated(&blocks, &horizon, 0).chunks(24) {
        let value = day[0].0.input;
        assert!((1.0..=5.0).contains(&value) && value.fract() == 0.0);
        for (hour, (tokens, requests)) in day.iter().enumerate() {
            assert_eq!(tokens.input.to_bits(), (value * (1.0 + hour as f64)).to_bits());
            assert!((requests * 10.0 - tokens.input).abs() < 1e-9);
        }
    }
}

#[test]
fn every_day_is_equally_likely_and_blocks_have_their_length() {
    let horizon = Horizon::flat(1, 1008).unwrap();
    let blocks = DayBlocks::new(&history(MONDAY, 10, |day| day as f64 + 1.0), None).unwrap();
    let (mut sum, mut square, mut goes_on, mut pairs) = (0.0, 0.0, 0, 0);
    let replications = 4000;
    for replication in 0..replications {
        let days = values(&blocks, &horizon, replication).iter().map(|v| v.round()).collect::<Vec<_>>();
        let mean = days.iter().sum::<f64>() / days.len() as f64;
        (sum, square) = (sum + mean, square + mean * mean);
        goes_on += days.windows(2).filter(|pair| (pair[1] - pair[0] % 10.0 - 1.0).abs() < 0.5).count();
        pairs += days.len() - 1;
    }
    let n = replications as f64;
    let se = ((square / n - (sum / n).powi(2)) / n).sqrt();
    assert!((sum / n - 5.5).abs() < 5.0 * se, "mean {} ± {se}", sum / n);
    // A block goes on with chance 0.6; one in ten jumps lands on the next day too.
    let (share, expected) = (goes_on as f64 / pairs as f64, 0.6 + 0.04);
    assert!((share - expected).abs() < 5.0 * (expected * (1.0 - expected) / pairs as f64).sqrt(), "{share}");
}

#[test]
fn weekdays_and_weekends_are_apart_from_two_weeks_on() {
    let horizon = Horizon::calendar(date(2027, 3, 1), 1, crate::horizon::time_zone("America/New_York").unwrap()).unwrap();
    let weekend = |day: usize| day % 7 >= 5;
    let usage = history(MONDAY, 14, |day| if weekend(day) { 1.0 } else { 100.0 + day as f64 });
    let blocks = DayBlocks::new(&usage, None).unwrap();
    assert_eq!(blocks.matching(), DayMatch::DayKind);
    for replication in 0..20 {
        for (hour, (tokens, _)) in generated(&blocks, &horizon, replication).iter().enumerate() {
            let scale = tokens.input / (1.0 + f64::from(horizon.hour_of_day(hour)));
            assert_eq!(scale < 50.0, horizon.weekday(hour) >= 5, "hour {hour}: {scale}");
        }
    }
    let short = history(MONDAY, 13, |_| 1.0);
    assert_eq!(DayBlocks::new(&short, None).unwrap().matching(), DayMatch::Any);
}

/// With whole weeks of history every weekday's own mean and so the week's is kept, whatever the matching and the day it starts.
#[test]
fn matching_keeps_the_mean_of_whole_weeks() {
    let horizon = Horizon::flat(1, 504).unwrap();
    for (matching, start) in [(DayMatch::DayKind, 0), (DayMatch::DayKind, 3), (DayMatch::Weekday, 0), (DayMatch::Weekday, 6)] {
        let first = MONDAY.saturating_add(jiff::Span::new().days(start));
        let usage = history(first, 21, |day| 1.0 + ((day * 7919) % 23) as f64);
        let blocks = DayBlocks::new(&usage, Some(matching)).unwrap();
        let replications = 4000;
        let means: Vec<f64> = (0..replications).map(|r| values(&blocks, &horizon, r).iter().sum::<f64>() / 21.0).collect();
        let n = means.len() as f64;
        let mean = means.iter().sum::<f64>() / n;
        let se = (means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / n / n).sqrt();
        let expected = usage.mean().tokens.total() * 24.0 / DAY_SUM;
        assert!((mean - expected).abs() < 5.0 * se, "{matching} from {first}: {mean} ± {se}, expected {expected}");
    }
}

#[test]
fn a_matched_weekday_stands_for_itself() {
    let horizon = Horizon::flat(1, 336).unwrap();
    let usage = history(MONDAY, 16, |day| (day % 7) as f64 + 1.0);
    let blocks = DayBlocks::new(&usage, Some(DayMatch::Weekday)).unwrap();
    for replication in 0..20 {
        for (day, value) in values(&blocks, &horizon, replication).iter().enumerate() {
            assert!((value - (day % 7) as f64 - 1.0).abs() < 1e-9, "day {day}: {value}");
        }
    }
    let error = DayBlocks::new(&history(MONDAY, 6, |_| 1.0), Some(DayMatch::Weekday)).unwrap_err();
    assert_eq!(error.to_string(), "the history has no day that may stand for a Sunday");
    assert!(DayBlocks::new(&history(MONDAY, 5, |_| 1.0), Some(DayMatch::DayKind)).is_err());
}

#[test]
fn consumption_is_two_uniforms_a_day() {
    let horizon = Horizon::flat(1, 730).unwrap();
    let mut path = DemandPath::new(1, horizon.hours());
    for matching in [DayMatch::Any, DayMatch::DayKind, DayMatch::Weekday] {
        let blocks = DayBlocks::new(&history(MONDAY, 14, |day| day as f64), Some(matching)).unwrap();
        let mut stream = StreamKey::new(1, Purpose::Days, "chat").replication(3);
        let mut expected = stream.clone();
        blocks.generate(&mut stream, &horizon, &mut path.workloads[0]);
        (0..2 * horizon.days()).for_each(|_| _ = expected.uniform());
        assert_eq!(stream.next_u64(), expected.next_u64());
    }
}

#[test]
fn the_walk_is_shrunk_to_its_prior() {
    // One week: the prior alone, Student with 2 degrees of freedom.
    let one = DayBlocks::new(&history(MONDAY, 7, |_| 1.0), None).unwrap().walk_defaults();
    assert_eq!(one, WalkDefaults { scale: 0.25, df: 2.0, level_sd: 0.0, weeks: 1 });
    // Three weeks at 1, e, 1: scale² = (2 / 16 + 1 + 1) / 4.
    let level = |day: usize| if (7..14).contains(&day) { std::f64::consts::E } else { 1.0 };
    let three = DayBlocks::new(&history(MONDAY, 21, level), None).unwrap().walk_defaults();
    assert!((three.scale - 2.125_f64.sqrt() / 2.0).abs() < 1e-12 && (three.df - 4.0).abs() < 1e-12 && three.weeks == 3, "{three:?}");
    // Idle on four days of seven: intermittent.
    let idle = history(MONDAY, 7, |day| if day < 3 { 1.0 } else { 0.0 });
    let walk = DayBlocks::new(&idle, None).unwrap().walk_defaults();
    assert!(idle.is_intermittent() && (walk.scale - 1.0).abs() < 1e-12);
}

/// The closed form of the level's error against the spread of resampled means of the same length, before its small-sample factor.
#[test]
fn the_levels_error_is_that_of_resampled_means() {
    let n = 12;
    let value = |day: usize| 10.0 + ((day * 7919) % 11) as f64 + if day >= 6 { 6.0 } else { 0.0 };
    let horizon = Horizon::flat(1, 24 * n as u32).unwrap();
    let blocks = DayBlocks::new(&history(MONDAY, n, value), None).unwrap();
    let mean = (0..n).map(value).sum::<f64>() / n as f64;
    let spread = (0..n).map(|day| (value(day) - mean).powi(2)).sum::<f64>() / n as f64;
    let replications = 20_000;
    let means: Vec<f64> = (0..replications).map(|r| values(&blocks, &horizon, r).iter().sum::<f64>() / n as f64).collect();
    let squares: Vec<f64> = means.iter().map(|m| (m - mean).powi(2)).collect();
    let variance = squares.iter().sum::<f64>() / squares.len() as f64;
    let se = (squares.iter().map(|s| (s - variance).powi(2)).sum::<f64>()).sqrt() / squares.len() as f64;
    // Undo the lognormal and the factor: c = V / (1 − V / R), so V = c / (1 + c / R).
    let corrected = libm::expm1(blocks.walk_defaults().level_sd.powi(2)) * mean * mean;
    let closed = corrected / (1.0 + corrected / spread);
    assert!((closed - variance).abs() < 5.0 * se, "closed {closed}, resampled {variance} ± {se}");
}

#[test]
fn words_of_the_scenario_are_read() {
    let mut reader = Reader::new("a.toml", "match = \"day-kind\"\nmissing = \"gapp\"\n", std::path::Path::new("."));
    let (node, at) = reader.parse(&[]).unwrap();
    let table = reader.table(&node, &at).unwrap().clone();
    let matching = crate::spec::read_optional::<DayMatch>(&table, &at, &mut reader, "match").unwrap().unwrap();
    assert_eq!(matching.value, DayMatch::DayKind);
    assert!(crate::spec::read_optional::<Missing>(&table, &at, &mut reader, "missing").is_none());
    let errors = reader.finish().unwrap_err().to_string();
    assert_eq!(errors, "a.toml:2:11: missing: is unknown; given: \"gapp\"; allowed: \"zero\", \"gap\"; did you mean \"gap\"?");
}
