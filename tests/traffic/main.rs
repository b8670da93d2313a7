//! Tests on real traffic, which the project does not contain: a directory with it is named by the environment variable `TOKENTIDE_DATA`.
// Clippy's leave for tests covers functions with `#[test]` alone, not their helpers.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod backtest;
mod data;
mod scores;

use backtest::Centre;
use scores::Table;
use std::path::PathBuf;

/// Paths simulated for every series and origin.
const PATHS: u64 = 2000;

/// The directory of the data, or a line that says why the test does nothing.
fn data_or_skip(test: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("TOKENTIDE_DATA").map(PathBuf::from) else {
        eprintln!("{test}: skipped, the environment variable TOKENTIDE_DATA is not set");
        return None;
    };
    let traffic = folder.join("traffic");
    if traffic.is_dir() {
        return Some(traffic);
    }
    eprintln!("{test}: skipped, {} is no directory", traffic.display());
    None
}

/// Day blocks under the level walk, forecasting the next week of clients whose last weeks are known: the protocol of TRAFFIC.md.
#[test]
fn the_next_week_lies_within_the_simulated_weeks() {
    let Some(folder) = data_or_skip("the_next_week_lies_within_the_simulated_weeks") else { return };
    let (clients, services) = (data::servegen(&folder), data::burstgpt(&folder));
    let scores = |centre| {
        let origins = clients.iter().chain(&services).flat_map(|series| (1..series.weeks()).map(move |weeks| (series, weeks)));
        origins.filter_map(|(series, weeks)| backtest::score(series, weeks, PATHS, centre)).collect::<Vec<_>>()
    };
    let scored = scores(Centre::Median);
    let steady = Table::of("steady", &scored, |score| !score.intermittent);
    let intermittent = Table::of("intermittent", &scored, |score| score.intermittent);
    println!("{steady}\n\n{intermittent}\n\nwith the mean of the history as the mean of the walk");
    let scored = scores(Centre::Mean);
    println!("{}", Table::of("steady", &scored, |score| !score.intermittent));
    println!("\n{}", Table::of("intermittent", &scored, |score| score.intermittent));

    // What careful prototypes reached: the parametric form for steady clients, day blocks for intermittent ones with a week of history.
    reaches(&steady, [0.61, 0.90, 0.96]);
    reaches(&intermittent, [0.45, 0.76, 0.82]);
}

/// The coverage of the totals, all series alike, is what is wanted less two binomial standard errors and five points.
fn reaches(table: &Table, wanted: [f64; 3]) {
    let n = table.series as f64;
    for (reached, wanted) in table.total.coverage.iter().zip(wanted) {
        let least = wanted - 2.0 * f64::sqrt(wanted * (1.0 - wanted) / n) - 0.05;
        assert!(*reached >= least, "coverage of totals {reached:.3} < {least:.3}\n{table}");
    }
}
