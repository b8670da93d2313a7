//! How a broken scenario is written down: a base that is valid, an edit with a mark where the complaint must point, and the complaint.

use std::path::Path;
use tokentide::error::{Diagnostic, Error};
use tokentide::scenario::{Loaded, parse};
use tokentide::spec::Override;

/// A valid scenario with a bit of everything.
pub(super) const BASE: &str = include_str!("base.toml");

/// The name under which it is read.
const FILE: &str = "plan.toml";

/// What is wrong in words, the text of [`BASE`] that is replaced, what replaces it, and what the user is told.
///
/// The replacement marks the text that the complaint must point at: `seed = «-1»`. `«»` is a place, as of a table that lacks a field.
/// What is told follows the place, `field: message; given: …; allowed: …; help`, and `…` in it stands for any text.
pub(super) type Case = (&'static str, &'static str, &'static str, &'static str);

/// A text without its marks, and the byte ranges that they enclosed.
pub(super) fn unmarked(marked: &str) -> (String, Vec<std::ops::Range<usize>>) {
    let mut text = String::new();
    let mut ranges = Vec::new();
    for (i, piece) in marked.split(['«', '»']).enumerate() {
        let start = text.len();
        text.push_str(piece);
        if i % 2 == 1 {
            ranges.push(start..text.len());
        }
    }
    (text, ranges)
}

/// The base with one edit, which must fit exactly once.
pub(super) fn edited(base: &str, from: &str, to: &str) -> String {
    assert_eq!(base.matches(from).count(), 1, "`{from}` must stand in the base once");
    base.replacen(from, to, 1)
}

/// Reads a scenario from text; relative paths start in the folder of the tests.
pub(super) fn read(text: &str, set: &[&str]) -> Result<Loaded, Error> {
    let overrides: Vec<Override> = set.iter().map(|text| Override::new(text).unwrap()).collect();
    parse(FILE, text, Path::new(env!("CARGO_MANIFEST_DIR")), &overrides)
}

/// Everything the user is told about a text, one problem a line; empty for a good one.
pub(super) fn told(text: &str, set: &[&str]) -> Vec<Diagnostic> {
    read(text, set).err().map_or(Vec::new(), |error| error.diagnostics().to_vec())
}

/// Whether a text fits a pattern in which `…` stands for any text.
pub(super) fn fits(text: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('…');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

/// What the complaints about a marked text must be: its own lines, each after the place of the mark of the same number.
pub(super) fn judged(marked: &str, expected: &[&str]) -> Result<(), String> {
    let (text, ranges) = unmarked(marked);
    let found = told(&text, &[]);
    let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
    let wanted: Vec<String> = ranges.iter().zip(expected).map(|(range, told)| format!("{}: {told}", place(&text, range.start))).collect();
    let same = found.len() == expected.len()
        && ranges.len() == expected.len()
        && shown.iter().zip(&wanted).all(|(shown, wanted)| fits(shown, wanted))
        && found.iter().zip(&ranges).all(|(found, range)| found.span == *range);
    let spans: Vec<_> = found.iter().map(|found| text.get(found.span.clone()).unwrap_or("(no text)")).collect();
    if same { Ok(()) } else { Err(format!("  wanted {wanted:#?}\n  told {shown:#?}\n  marking {spans:?}")) }
}

/// `file:line:column` of a byte.
fn place(text: &str, byte: usize) -> String {
    let before = &text[..byte];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
    format!("{FILE}:{line}:{column}")
}

/// Every case must be told as it says; all that are not are shown together.
pub(super) fn check(cases: &[Case]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(name, from, to, expected)| {
            let text = edited(BASE, from, to);
            judged(&text, &[expected]).err().map(|difference| format!("{name}: `{to}`\n{difference}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn the_base_is_good_and_patterns_fit() {
    assert_eq!(told(BASE, &[]), []);
    assert_eq!(unmarked("a = «1»\n«»b"), ("a = 1\nb".to_owned(), vec![4..5, 6..6]));
    assert!(fits("abc", "abc") && fits("abc", "a…c") && fits("abc", "…b…") && !fits("abc", "ab") && !fits("abc", "a…b"));
    assert!(judged(&edited(BASE, "seed = 1", "seed = «-1»"), &["seed: is positive"]).is_err());
    assert!(judged(&edited(BASE, "seed = 1", "«seed» = -1"), &["seed: is negative…"]).is_err());
}
