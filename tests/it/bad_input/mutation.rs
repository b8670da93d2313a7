//! The shipped workloads with random damage: whatever stands in a file, reading it ends with a scenario or with complaints about it.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::path::{Path, PathBuf};
use tokentide::scenario::{Loaded, parse};
use tokentide::simulation::{RunSpec, run};
use tokentide::tally::{Columns, Metric, Row, Span};

/// What a damaged value becomes.
const NASTY: [&str; 44] = [
    "-1",
    "0",
    "1",
    "3",
    "0.5",
    "-0.0",
    "nan",
    "-nan",
    "inf",
    "-inf",
    "1e300",
    "-1e300",
    "1e-300",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999",
    "0x7fffffffffffffff",
    "true",
    "\"\"",
    "\" \"",
    "\"x\"",
    "\"0\"",
    "\"-1\"",
    "\"1e300\"",
    "\"1e300 tokens/h\"",
    "\"1e14 tokens/h\"",
    "\"1e-9 tokens/h\"",
    "\"1e15 USD/1M tokens\"",
    "\"1e15 USD/unit-hour\"",
    "\"0 tokens/h\"",
    "\"0 USD/unit-hour\"",
    "\"100%\"",
    "\"0h\"",
    "\"1e9 days\"",
    "\"=1+1\"",
    "\"\\u0000\"",
    "\"all\"",
    "\"0..=1e9\"",
    "[]",
    "[[]]",
    "{}",
    "{ kind = 1 }",
    "1979-05-27",
    "1979-05-27T07:32:00Z",
];

/// One piece of damage; places are fractions of the file, so that they fit every file.
#[derive(Clone, Debug)]
enum Damage {
    DeleteLine(f64),
    DuplicateLine(f64),
    SwapLines(f64, f64),
    Value(f64, usize),
    Word(f64, usize),
    Character(f64, char),
    Cut(f64),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = 0.0..1.0_f64;
    prop_oneof![
        2 => place.clone().prop_map(Damage::DeleteLine),
        1 => place.clone().prop_map(Damage::DuplicateLine),
        1 => (place.clone(), place.clone()).prop_map(|(a, b)| Damage::SwapLines(a, b)),
        4 => (place.clone(), 0..NASTY.len()).prop_map(|(at, value)| Damage::Value(at, value)),
        4 => (place.clone(), 0..NASTY.len()).prop_map(|(at, value)| Damage::Word(at, value)),
        1 => (place.clone(), any::<char>()).prop_map(|(at, c)| Damage::Character(at, c)),
        1 => place.prop_map(Damage::Cut),
    ]
}

/// The item at a fraction of a list.
fn pick(length: usize, place: f64) -> usize {
    ((length as f64 * place) as usize).min(length.saturating_sub(1))
}

/// The start of a character at a fraction of the text.
fn boundary(text: &str, place: f64) -> usize {
    (0..=pick(text.len(), place)).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Lines that are not comments, as ranges of the text.
fn live_lines(text: &str) -> Vec<(usize, usize)> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() && !line.starts_with('#') {
            lines.push((start, start + line.len()));
        }
        start += line.len();
    }
    lines
}

impl Damage {
    fn apply(&self, text: &str) -> String {
        let lines = live_lines(text);
        let line = |place: f64| lines.get(pick(lines.len(), place)).copied().unwrap_or((0, text.len()));
        let replaced = |start: usize, end: usize, new: &str| format!("{}{new}{}", &text[..start], &text[end..]);
        match *self {
            Self::DeleteLine(at) => replaced(line(at).0, line(at).1, ""),
            Self::DuplicateLine(at) => replaced(line(at).0, line(at).0, &text[line(at).0..line(at).1]),
            Self::SwapLines(a, b) => {
                let (first, second) = (line(a).min(line(b)), line(a).max(line(b)));
                let swapped = replaced(second.0, second.1, &text[first.0..first.1]);
                if first == second {
                    swapped
                } else {
                    format!("{}{}{}", &swapped[..first.0], &text[second.0..second.1], &swapped[first.1..])
                }
            }
            // Everything after a line's equals sign.
            Self::Value(at, value) => {
                let (start, end) = line(at);
                match text[start..end].find('=') {
                    Some(equals) => replaced(start + equals + 1, end, &format!(" {}\n", NASTY[value])),
                    None => text.to_owned(),
                }
            }
            // One number or quoted text anywhere.
            Self::Word(at, value) => {
                let mut words = Vec::new();
                for (start, end) in lines {
                    let mut from = start;
                    for piece in text[start..end].split([' ', ',', '[', ']', '{', '}', '\n']) {
                        if piece.starts_with(|c: char| c.is_ascii_digit() || c == '"') {
                            words.push((from, from + piece.len()));
                        }
                        from += piece.len() + 1;
                    }
                }
                let Some(&(start, end)) = words.get(pick(words.len(), at)) else { return text.to_owned() };
                replaced(start, end, NASTY[value])
            }
            Self::Character(at, c) => {
                let at = boundary(text, at);
                replaced(at, at, &c.to_string())
            }
            Self::Cut(at) => text[..boundary(text, at)].to_owned(),
        }
    }
}

fn workloads() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads")
}

fn shipped() -> Vec<String> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(workloads()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let shipped = paths.iter().map(|path| std::fs::read_to_string(path).unwrap());
    shipped.chain([super::case::BASE.to_owned()]).collect()
}

/// So many texts with at most so many pieces of damage, from a generator of fixed seed.
fn damaged(cases: u32, most: usize, check: impl Fn(&str) -> Result<(), TestCaseError>) {
    let shipped = shipped();
    assert!(shipped.len() >= 5);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = (0..shipped.len(), prop::collection::vec(damage(), 1..=most));
    let result = runner.run(&strategy, |(which, damages)| {
        let text = damages.iter().fold(shipped[which].clone(), |text, damage| damage.apply(&text));
        check(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn damaged_workloads_are_read_or_refused_and_never_panic() {
    for text in shipped() {
        let told = parse("a.toml", &text, &workloads(), &[]).map_err(|error| error.to_string());
        assert!(told.is_ok(), "a shipped workload: {told:?}");
    }
    damaged(400, 3, |text| judge(text).map(|_| ()));
}

/// What was taken also runs, and its figures are numbers: no damage that reads makes an amount infinite or nothing.
#[test]
fn damaged_workloads_that_are_taken_also_run() {
    let ran = std::cell::Cell::new(0);
    damaged(80, 1, |text| {
        let Some(scenario) = judge(text)?.map(|loaded| loaded.scenario) else { return Ok(()) };
        if scenario.horizon.hours() * scenario.demand.workloads.len() * scenario.supply.plans.len() > 80_000 {
            return Ok(());
        }
        ran.set(ran.get() + 1);
        let spec = RunSpec { replications: Some(1), threads: Some(1), ..RunSpec::default() };
        let run = run(&scenario, &spec, &Columns).map_err(|error| TestCaseError::fail(error.to_string()))?;
        for plan in 0..scenario.supply.plans.len().min(3) {
            for metric in [Metric::CostTotal, Metric::TokensDemand, Metric::TokensThrottled, Metric::TokensLate, Metric::ThrottledMinutes] {
                let column = run.summary.column(&scenario, plan, Row::All, Span::Horizon, metric).unwrap_or_default();
                prop_assert!(column.iter().all(|&x| x.is_finite() && x >= 0.0), "{metric:?} of plan {plan}: {column:?}");
            }
        }
        Ok(())
    });
    assert!(ran.get() >= 5, "only {} of the damaged scenarios could be run", ran.get());
}

/// A scenario, or `None` after complaints whose places lie inside the file.
fn judge(text: &str) -> Result<Option<Loaded>, TestCaseError> {
    let error = match parse("a.toml", text, &workloads(), &[]) {
        Ok(loaded) => return Ok(Some(loaded)),
        Err(error) => error,
    };
    prop_assert!(!error.diagnostics().is_empty(), "an error without a complaint: {error}");
    let lines = text.matches('\n').count() + 1;
    for told in error.diagnostics() {
        prop_assert!(!told.message.is_empty() && told.column >= 1);
        if told.file == "a.toml" {
            prop_assert!((1..=lines).contains(&told.line), "{told} in a file of {lines} lines");
            prop_assert!(text.get(told.span.clone()).is_some(), "{told} marks {:?}", told.span);
        }
    }
    Ok(None)
}
