//! The command: what it prints and writes, of scenarios and of result folders.

use super::{BASE, edit};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Standard output of a command that ends well.
fn tokentide(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokentide"));
    let ended = command.current_dir(folder).stdin(Stdio::null()).env_remove("CLICOLOR_FORCE").args(args).output().unwrap();
    let (out, err) = (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap());
    assert_eq!(ended.status.code(), Some(0), "{args:?}\n{out}\n{err}");
    out
}

fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let drawn =
        edit(BASE, &[("{ law = \"constant\", value = \"1M tokens/h\" }", "{ law = \"lognormal\", mean = \"1M tokens/h\", cv = 0.5 }")]);
    fs::write(place.path().join("a.toml"), &drawn).unwrap();
    let after =
        edit(&drawn, &[("3 USD", "4 USD"), ("\"1M tokens/h\"", "\"1.6M tokens/h\""), ("price = {", "date = 2026-11-01\nprice = {")]);
    fs::write(place.path().join("b.toml"), after).unwrap();
    place
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn scenarios_are_told_in_words_and_files() {
    let place = place();
    let out = tokentide(place.path(), &["compare", "a.toml", "b.toml", "--quiet", "--out", "out", "--threads", "1"]);
    has(
        &out,
        &[
            "`all on-demand` costs ",
            " more than in a.toml. By change: level of `bot` (+",
            "Recommended in both: `all on-demand`.",
            "    workload.bot.demand.mean: 1M tokens/h → 1.6M tokens/h\n",
            "    offer.on-demand.price.input: 3 USD/1M tokens → 4 USD/1M tokens\n",
            "4 scenarios of 64 replications each, seed 1",
        ],
    );
    let csv = fs::read_to_string(place.path().join("out/compare.csv")).unwrap();
    let mut lines = csv.lines();
    let header = "plan,change,headline,unit,from,from_se,to,to_se,difference,difference_se,difference_lo,difference_hi";
    assert_eq!(lines.next(), Some(header));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 3 * 8, "a row for each headline, of all changes and of each");
    let spend = |change: &str| -> f64 {
        let row = rows.iter().find(|row| row[1] == change && row[2] == "cost_total_mean").unwrap();
        row[8].parse().unwrap()
    };
    assert!((spend("prices of `on-demand`") + spend("level of `bot`") - spend("all")).abs() < 1e-9);
    let p95 = rows.iter().find(|row| row[1] == "all" && row[2] == "cost_total_p95").unwrap();
    assert!(p95[9].is_empty() && p95[10].is_empty(), "64 futures tell no error of a percentile: {p95:?}");
    let json: Value = serde_json::from_str(&tokentide(place.path(), &["compare", "a.toml", "b.toml", "--quiet", "--json"])).unwrap();
    assert_eq!((json["schema"].as_str(), json["replications"].as_u64()), (Some("tokentide/compare-1"), Some(64)));
    assert_eq!(json["headlines"]["cost_total_mean"]["difference"]["point"].as_f64(), Some(spend("all")));
    let same = tokentide(place.path(), &["compare", "a.toml", "a.toml", "--quiet"]);
    has(&same, &["as much as in a.toml", "Nothing was changed: both files say the same."]);
}

#[test]
fn result_folders_are_told_without_blame() {
    let place = place();
    for (file, folder) in [("a.toml", "ra"), ("b.toml", "rb")] {
        tokentide(place.path(), &["run", file, "--quiet", "--out", folder]);
    }
    let out = tokentide(place.path(), &["compare", "ra", "rb", "--out", "out"]);
    has(
        &out,
        &[
            "scenario (SHA-256): ",
            "prices of `on-demand`: not said, not said → 2026-11-01, not said\n",
            "A result folder does not hold its inputs",
            "these two share their seed",
        ],
    );
    assert!(!out.contains("version: "), "{out}");
    // The means are those of the runs, and their errors those of independent ones.
    let summary = |folder: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(place.path().join(folder).join("summary.json")).unwrap()).unwrap()
    };
    let of = |folder: &str, field: &str| summary(folder)["plans"][0]["a_month"]["cost_total"][field].as_f64().unwrap();
    let csv = fs::read_to_string(place.path().join("out/compare.csv")).unwrap();
    let row: Vec<f64> = csv.lines().nth(1).unwrap().split(',').skip(4).map(|field| field.parse().unwrap()).collect();
    assert_eq!(row[..4], [of("ra", "mean"), of("ra", "mean_se"), of("rb", "mean"), of("rb", "mean_se")]);
    assert_eq!(row[4], of("rb", "mean") - of("ra", "mean"));
    assert!((row[5] - of("ra", "mean_se").hypot(of("rb", "mean_se"))).abs() < 1e-9 * row[5]);
    let json: Value = serde_json::from_str(&tokentide(place.path(), &["compare", "ra", "rb", "--json"])).unwrap();
    assert!(json["attribution"].is_null() && json["plans"][0]["plan"] == "all on-demand");
    let same = tokentide(place.path(), &["compare", "ra", "ra"]);
    has(&same, &["the same scenario, program, seed and replications"]);
}
