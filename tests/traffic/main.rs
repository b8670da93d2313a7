//! Tests on real traffic, which the project does not contain: a directory with it is named by the environment variable `TOKENTIDE_DATA`.
#![allow(missing_docs)]

mod backtest;
mod data;
mod scores;

use scores::Table;
use std::path::PathBuf;

/// Paths simulated for every series and origin.
const PATHS: u64 = 4000;

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
    let mut scores = Vec::new();
    for series in data::servegen(&folder).iter().chain(&data::burstgpt(&folder)) {
        for weeks in 1..series.weeks() {
            scores.extend(backtest::score(series, weeks, PATHS));
        }
    }
    let steady = Table::of("steady", &scores, |score| !score.intermittent);
    let intermittent = Table::of("intermittent", &scores, |score| score.intermittent);
    println!("{steady}\n{intermittent}");

    // A careful prototype's coverage of intermittent clients' totals with one week of history. Each of n series is one draw.
    let n = intermittent.series as f64;
    for (reached, wanted) in intermittent.total.coverage.iter().zip([0.45, 0.76, 0.82]) {
        let least = wanted - 2.0 * f64::sqrt(wanted * (1.0 - wanted) / n) - 0.05;
        assert!(*reached >= least, "intermittent totals: coverage {reached:.3} < {least:.3}\n{intermittent}");
    }
}
