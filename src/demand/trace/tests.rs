//! Replay onto short horizons.

use super::*;
use crate::demand::DemandPath;
use crate::spec::Origin;
use std::fmt::Write as _;

fn read(text: &str, hours: u32, options: &TraceOptions<'_>) -> Result<Trace, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.csv");
    std::fs::write(&path, text).unwrap();
    let mut reader = Reader::new("a.toml", "replay = \"trace.csv\"", Path::new("."));
    let at = At { path: "workload.chat.replay".to_owned(), span: 9..20, origin: Origin::File };
    let trace = read_trace(&path, &at, options, &Horizon::flat(1, hours).unwrap(), &mut reader);
    match reader.finish() {
        Ok(_) => Ok(trace.unwrap()),
        Err(error) => Err(error.to_string().replace(&path.display().to_string(), "trace.csv")),
    }
}

fn filled(trace: &Trace, hours: u32) -> Vec<f64> {
    let mut path = DemandPath::new(1, hours as usize);
    trace.fill(&Horizon::flat(1, hours).unwrap(), &mut path.workloads[0]);
    path.workloads[0].tokens.iter().map(crate::units::ByClass::total).collect()
}

/// Half-hourly rows that begin at half past nine.
fn halves(hours: i64) -> String {
    let start = 9 * HOUR + HOUR / 2;
    (0..2 * hours).fold("timestamp,input_tokens,output_tokens\n".to_owned(), |mut text, half| {
        writeln!(text, "{},{},0.5", start + half * HOUR / 2, half / 2).unwrap();
        text
    })
}

#[test]
fn the_first_row_falls_into_the_first_hour() {
    let trace = read(&halves(12), 12, &TraceOptions::default()).unwrap();
    assert_eq!(filled(&trace, 12), (0..12).map(|hour| 2.0 * f64::from(hour) + 1.0).collect::<Vec<_>>());
    assert_eq!((trace.tokens_known(), trace.requests_known(), trace.hours().len()), (true, false, 12));
    assert_eq!(filled(&trace, 3), [1.0, 3.0, 5.0]);
}

#[test]
fn a_short_trace_is_refused_or_repeats() {
    let told = "a.toml:1:10: workload.chat.replay: is 4 hours shorter than the horizon; given: 8 hours in trace.csv; \
                allowed: at least 12 hours, or a trace that repeats";
    assert_eq!(read(&halves(8), 12, &TraceOptions::default()), Err(told.to_owned()));
    let trace = read(&halves(2), 5, &TraceOptions { repeat: true, ..TraceOptions::default() }).unwrap();
    assert_eq!(filled(&trace, 5), [1.0, 3.0, 1.0, 3.0, 1.0]);
}

#[test]
fn hours_without_a_row_are_zero_or_an_error() {
    let text = "timestamp,requests\n0,5\n3600,6\n10800,\n14400,7\n";
    let trace = read(text, 5, &TraceOptions::default()).unwrap();
    assert_eq!(trace.hours().iter().map(|hour| hour.requests).collect::<Vec<_>>(), [5.0, 6.0, 0.0, 0.0, 7.0]);
    assert!(!trace.tokens_known() && trace.requests_known());
    let gap = TraceOptions { missing: Some(Missing::Gap), ..TraceOptions::default() };
    let told = "a.toml:1:10: workload.chat.replay: is a trace with hours that nobody knows; given: 2 of 5 hours without a complete row in \
                trace.csv; allowed: a row for every hour, or missing = \"zero\"";
    assert_eq!(read(text, 5, &gap), Err(told.to_owned()));
    assert!(read("timestamp,requests\n0,1\n", 1, &TraceOptions::default()).is_ok());
}
