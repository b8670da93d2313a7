//! `--json` of the decisions: one document on standard output, made of the figures that the files have.

use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Two months on a calendar: a pool that units and on-demand serve.
const FILE: &str = r#"
name = "one"
replications = 64
horizon = { start = 2027-01-01, months = 2, time_zone = "UTC" }
limits = { throttled_requests_share = "1%" }
[[offer]]
name = "on-demand"
kind = "on-demand"
price = { input = "3 USD/1M tokens", output = "3 USD/1M tokens" }
quota = { rate = "40k tokens/min" }
[[offer]]
name = "units"
kind = "provisioned"
capacity = "500k tokens/h"
terms = { "none" = "1 USD/unit-hour", "1 month" = "0.9 USD/unit-hour" }
[[workload]]
name = "w"
class = "interactive"
level = { mean = "1M tokens/h", sigma = 0.2 }
tokens = { mean = 1000, output_share = "20%" }
[[plan]]
name = "c"
route = { w = ["units", "on-demand"] }
sweep = { units = { units = "0..=3" }, term = { units = ["none", "1 month"] } }
"#;

/// Runs the command with `--json` and a folder: the document, and the lines of a file there by their columns.
fn both(arguments: &[&str], file: &str) -> (Value, Vec<HashMap<String, String>>) {
    let folder = tempfile::tempdir().unwrap();
    let document = document(folder.path(), &[arguments, &["--out", "out"]].concat());
    let mut reader = csv::Reader::from_path(folder.path().join("out").join(file)).unwrap();
    (document, reader.deserialize().map(Result::unwrap).collect())
}

fn document(folder: &Path, arguments: &[&str]) -> Value {
    fs::write(folder.join("a.toml"), FILE).unwrap();
    fs::write(folder.join("b.toml"), FILE.replace("0.9 USD", "0.8 USD")).unwrap();
    // Notes go to standard error, whether asked for or not.
    let ended = Command::new(env!("CARGO_BIN_EXE_tokentide")).args(arguments).arg("--json").current_dir(folder).output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
    let document: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(document.as_object().unwrap().keys().next().unwrap(), "schema");
    document
}

/// A field of a line beside a value of the document: the same but for the last bit, which reading JSON may change, both unknown, or a share
/// that was never seen.
fn same(line: &HashMap<String, String>, column: &str, value: &Value) {
    let field = &line[column];
    match value.as_f64() {
        Some(number) => assert!((field.parse::<f64>().unwrap() - number).abs() <= 1e-15 * number.abs(), "{column}: {field} and {number}"),
        None => assert!(value.is_null() && (field.is_empty() || field == "0"), "{column}: {field} and {value}"),
    }
}

#[test]
fn budget_as_a_document() {
    let (told, lines) = both(&["budget", "a.toml", "--month", "1500", "--whole", "3000", "--plan", "c/units=1/term=none"], "budget.csv");
    assert_eq!((&told["schema"], &told["plan"]), (&"tokentide/budget-1".into(), &"c/units=1/term=none".into()));
    let periods = told["periods"].as_array().unwrap();
    assert_eq!((periods.len(), lines.len()), (2 + 1 + 1, 4));
    for (period, line) in periods.iter().zip(&lines) {
        assert_eq!((&line["kind"][..], &line["period"][..]), (period["kind"].as_str().unwrap(), period["period"].as_str().unwrap()));
        same(line, "spend_mean", &period["spend_mean"]);
        same(line, "spend_held", &period["spend_held"]["point"]);
        same(line, "spend_held_lo", &period["spend_held"]["interval"][0]);
        same(line, "budget", &period["budget"]);
        same(line, "probability_exceeds", &period["exceeds"]["share"]);
    }
    let whole = &periods[3]["spend_held"]["point"];
    assert_eq!(told["reserve"]["point"].as_f64().unwrap(), whole.as_f64().unwrap() - 3000.0);
    let middle = &told["used_up"]["by"][1];
    let day = middle["day"]["point"].as_f64().unwrap();
    let date: jiff::civil::Date = middle["date"].as_str().unwrap().parse().unwrap();
    assert_eq!(date, jiff::civil::date(2027, 1, 1).checked_add(jiff::Span::new().days(day as i64 - 1)).unwrap());
}

#[test]
fn levers_as_a_document() {
    let (told, lines) = both(&["levers", "a.toml", "--lever", "less:workload.w.level=-20%"], "levers.csv");
    let levers = told["levers"].as_array().unwrap();
    assert!(levers.len() == lines.len() && lines.len() > 2, "{told}");
    for (lever, line) in levers.iter().zip(&lines) {
        assert_eq!(
            (&line["lever"][..], &line["best_plan"][..]),
            (lever["lever"].as_str().unwrap(), lever["best"]["plan"].as_str().unwrap())
        );
        same(line, "spend_change_mean", &lever["spend_change"]["point"]);
        same(line, "spend_change_mean_se", &lever["spend_change"]["se"]);
        same(line, "spend_change_p95", &lever["spend_change_p95"]);
        same(line, "probability_cheaper", &lever["probability_cheaper"]["share"]);
        same(line, "requests_throttled_share_change", &lever["requests_throttled_share_change"]["point"]);
        same(line, "best_plan_lead", &lever["best"]["lead"]["point"]);
    }
    assert!(told["left_out"].as_array().unwrap().iter().all(|out| out["reason"].is_string()));
}

#[test]
fn alternatives_as_a_document() {
    let (told, lines) = both(&["alternatives", "a.toml", "--with", "b.toml"], "alternatives.csv");
    let found = told["alternatives"].as_array().unwrap();
    assert_eq!((found.len(), lines.len()), (2, 2));
    for (alternative, line) in found.iter().zip(&lines) {
        assert_eq!(line["best_plan"], alternative["best_plan"].as_str().unwrap());
        same(line, "cost_mean", &alternative["cost"]["point"]);
        same(line, "cost_p95", &alternative["cost_p95"]);
        same(line, "difference_mean", &alternative["difference"]["point"]);
        same(line, "difference_p05", &alternative["difference_p05"]);
        same(line, "probability_less", &alternative["probability_less"]["share"]);
        same(line, "committed_after_horizon", &alternative["committed_after_horizon"]);
    }
    assert!(found[1]["difference"]["point"].as_f64().unwrap() <= 0.0 && found[0]["plans"] == 8);
}

#[test]
fn forecast_as_a_document() {
    let (told, lines) = both(&["forecast", "a.toml", "--units", "units=1..=3", "--units-serve", "60%"], "forecast.csv");
    assert_eq!((&told["enough_when"], &told["share"]), (&"units_serve_at_least".into(), &0.6.into()));
    let forecasts = told["forecasts"].as_array().unwrap();
    let periods = forecasts.iter().flat_map(|forecast| forecast["periods"].as_array().unwrap());
    let mut number = 0;
    for (period, line) in periods.zip(&lines) {
        assert_eq!(line["period"], period["period"].as_str().unwrap());
        same(line, "share_beyond", &period["share_beyond"]);
        for (column, at) in ["units_p50", "units_p80", "units_p90", "units_p95"].iter().zip(period["units_needed"].as_array().unwrap()) {
            same(line, column, &at["units"]["point"]);
            same(line, &format!("{column}_lo"), &at["units"]["interval"][0]);
            same(line, &format!("{column}_hi"), &at["units"]["interval"][1]);
        }
        number += 1;
    }
    assert_eq!((number, lines.len()), (3, 3));
    assert_eq!(forecasts[0]["units_looked_at"].as_array().unwrap().len(), 4);
}

#[test]
fn breakeven_as_documents() {
    let folder = tempfile::tempdir().unwrap();
    let told = document(folder.path(), &["breakeven", "a.toml"]);
    assert_eq!(told["schema"], "tokentide/breakeven-1");
    let first = &told["break_evens"][0];
    // 1 USD an hour, of 500k tokens at 3 USD a million.
    let tokens = first["tokens_per_hour"].as_f64().unwrap();
    assert!(first["plan"] == "c/units=1/term=none" && (tokens - 1e6 / 3.0).abs() < 1e-6, "{told}");
    assert!((first["break_even_utilisation"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-12 && first["months_above"]["n"] == 64);

    let unit =
        ["--throughput=500k tokens/h", "--input=800", "--output=200", "--input-price=3 USD/1M tokens", "--output-price=3 USD/1M tokens"];
    let prices = ["breakeven", "--price=1 USD/unit-hour", "--price=1 month=0.9 USD/unit-hour"];
    let told = document(folder.path(), &[&prices[..], &unit].concat());
    let terms: Vec<&Value> = told["break_evens"].as_array().unwrap().iter().map(|point| &point["term"]).collect();
    assert_eq!((&told["schema"], terms), (&"tokentide/unit-breakeven-1".into(), vec![&"none".into(), &"1 month".into()]));
    assert!((told["break_evens"][1]["break_even_utilisation"].as_f64().unwrap() - 0.6).abs() < 1e-12, "{told}");

    let (told, lines) = both(&["breakeven", "a.toml", "--pays-in", "80%"], "surface_units.csv");
    assert_eq!((&told["schema"], &told["pays_in"]), (&"tokentide/surface-1".into(), &0.8.into()));
    let steps = told["lines"].as_array().unwrap().iter();
    let rows: Vec<&Value> = steps.flat_map(|line| ["steps", "all"].map(|list| line[list].as_array().unwrap())).flatten().collect();
    assert!(rows.len() == lines.len() && rows.len() >= 12, "{} and {}", rows.len(), lines.len());
    for (row, line) in rows.iter().zip(&lines) {
        same(line, "saving_mean", &row["saving"]["point"]);
        same(line, "used_p95", &row["used"]["p95"]["point"]);
        same(line, "pays_at_20_percent_less", &row["pays_at"][2]["pays"]["share"]);
        same(line, "discount", &row["discount"]["point"]);
        same(line, "price_hi", &row["price"]["interval"][1]);
    }
}

/// A document and nothing else, however many threads made it.
#[test]
fn documents_are_the_same_bytes_on_any_threads() {
    let folder = tempfile::tempdir().unwrap();
    for command in [&["budget", "a.toml"][..], &["forecast", "a.toml"], &["levers", "a.toml"], &["breakeven", "a.toml", "--pays-in=50%"]] {
        let [one, two] = ["--threads=1", "--threads=2"].map(|threads| document(folder.path(), &[command, &[threads]].concat()).to_string());
        assert_eq!(one, two, "{command:?}");
    }
}
