//! Usage files and replays: what is wrong with the file is told in the file's own lines.

use super::case::{BASE, edited, fits};
use std::fmt::Write;
use std::path::Path;
use tokentide::error::Diagnostic;
use tokentide::scenario::parse;

const HEADER: &str = "timestamp,requests,input_tokens,output_tokens\n";
const SOURCE: &str =
    "demand = { law = \"gamma\", mean = \"1M tokens/h\", cv = 0.3 }\nshape = { kind = \"nightly-batch\", start = 1, hours = 4 }\n";

/// So many hours from 2026-10-01T00:00:00Z, in New York the evening before.
fn hours(count: usize) -> String {
    let start = jiff::Timestamp::from_second(1_790_812_800).unwrap();
    let mut text = HEADER.to_owned();
    for hour in 0..count {
        let at = start + jiff::SignedDuration::from_hours(i64::try_from(hour).unwrap());
        writeln!(text, "{at},{},{},{}", 100 + hour % 24, 90_000 + 500 * (hour % 24), 20_000).unwrap();
    }
    text
}

/// The complaints about a scenario whose second workload takes its hours from a file of these bytes.
fn told_with(key: &str, bytes: Option<&[u8]>, more: &str) -> Vec<Diagnostic> {
    let folder = tempfile::tempdir().unwrap();
    if let Some(bytes) = bytes {
        std::fs::write(folder.path().join("hours.csv"), bytes).unwrap();
    }
    let text = edited(BASE, SOURCE, &format!("{key} = \"hours.csv\"\n{more}"));
    told_in(&text, folder.path())
}

fn told_in(text: &str, folder: &Path) -> Vec<Diagnostic> {
    parse("plan.toml", text, folder, &[]).err().map_or(Vec::new(), |error| error.diagnostics().to_vec())
}

/// Every line that is told must fit its own pattern; the folder's name stands for any text.
fn check(name: &str, told: &[Diagnostic], wanted: &[&str]) {
    let shown: Vec<String> = told.iter().map(ToString::to_string).collect();
    let same = shown.len() == wanted.len() && shown.iter().zip(wanted).all(|(shown, wanted)| fits(shown, wanted));
    assert!(same, "{name}:\n  wanted {wanted:#?}\n  told {shown:#?}");
}

#[test]
fn cells_that_are_wrong_are_told_at_their_line_and_column() {
    let good = hours(24 * 9);
    let second = "2026-10-01T01:00:00Z,101,90500,20000";
    for (name, row, wanted) in [
        (
            "a negative count",
            "2026-10-01T01:00:00Z,-101,90500,20000",
            "…hours.csv:3:22: requests: is negative; given: -101; allowed: a number from 0 to 1e15",
        ),
        (
            "no number",
            "2026-10-01T01:00:00Z,101,NaN,20000",
            "…hours.csv:3:26: input_tokens: is not finite; given: NaN; allowed: a number from 0 to 1e15",
        ),
        ("an endless number", "2026-10-01T01:00:00Z,101,inf,20000", "…hours.csv:3:26: input_tokens: is not finite; given: inf; allowed: …"),
        (
            "a number beyond counting",
            "2026-10-01T01:00:00Z,101,1e16,20000",
            "…hours.csv:3:26: input_tokens: is out of range; given: 1e16; allowed: …",
        ),
        ("words", "2026-10-01T01:00:00Z,101,many,20000", "…hours.csv:3:26: input_tokens: is no number; given: many; allowed: …"),
        (
            "a number with commas",
            "2026-10-01T01:00:00Z,101,\"90,500\",20000",
            "…hours.csv:3:26: input_tokens: is no number; given: 90,500; allowed: …; numbers are written without marks between thousands: 90500",
        ),
        ("a formula", "2026-10-01T01:00:00Z,101,=1+1,20000", "…hours.csv:3:26: input_tokens: is no number; given: =1+1; allowed: …"),
        (
            "a ragged row",
            "2026-10-01T01:00:00Z,101,90500",
            "…hours.csv:3:1: has not as many cells as the header; given: 3 cells; allowed: 4 cells",
        ),
        (
            "a row too long",
            "2026-10-01T01:00:00Z,101,90500,20000,7",
            "…hours.csv:3:1: has not as many cells as the header; given: 5 cells; allowed: 4 cells; numbers are written without marks …",
        ),
        ("no time", ",101,90500,20000", "…hours.csv:3:1: timestamp: is no timestamp; given: nothing; allowed: …"),
        (
            "a time of another order",
            "01/10/2026 01:00,101,90500,20000",
            "…hours.csv:3:1: timestamp: is no timestamp; given: 01/10/2026 01:00; allowed: \"2026-11-01T14:00:00Z\", …",
        ),
        (
            "the 13th month",
            "2026-13-01T01:00:00Z,101,90500,20000",
            "…hours.csv:3:1: timestamp: is no timestamp; given: 2026-13-01T01:00:00Z; allowed: …",
        ),
        (
            "milliseconds for seconds",
            "1790816400000,101,90500,20000",
            "…hours.csv:3:1: timestamp: is no timestamp; given: 1790816400000; allowed: …; these are milliseconds since 1970: give seconds",
        ),
        (
            "an hour twice",
            "2026-10-01T00:00:00Z,101,90500,20000",
            "…hours.csv:3:1: timestamp: stands in line 2 already; given: 2026-10-01T00:00:00Z; allowed: one row for each timestamp and model",
        ),
    ] {
        let text = edited(&good, second, row);
        for key in ["usage", "replay"] {
            check(name, &told_with(key, Some(text.as_bytes()), ""), &[wanted]);
        }
    }
}

#[test]
fn files_that_are_wrong_as_a_whole() {
    let columns =
        "timestamp, model, requests, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, throttled_requests, batch_tokens";
    let good = hours(24 * 9);
    let renamed = |from: &str, to: &str| good.replacen(from, to, 1).into_bytes();
    let mut not_text = good.clone().into_bytes();
    not_text.splice(good.len() - 5..good.len() - 4, [0xe9]);
    for (name, bytes, wanted) in [
        (
            "empty",
            Vec::new(),
            "…hours.csv:1:1: is empty; given: nothing; allowed: a header and rows; columns: timestamp,model,requests,…".to_owned(),
        ),
        (
            "a header alone",
            HEADER.as_bytes().to_vec(),
            "…hours.csv:2:1: holds no rows; given: a header alone; allowed: at least one row under the header".to_owned(),
        ),
        (
            "a misspelt column",
            renamed("input_tokens", "input_token"),
            format!(
                "…hours.csv:1:20: input_token: is no column of a usage file; given: input_token; allowed: {columns}; did you mean `input_tokens`?"
            ),
        ),
        (
            "tokens in one column",
            renamed("input_tokens", "total_tokens"),
            format!(
                "…hours.csv:1:20: total_tokens: is no column of a usage file; given: total_tokens; allowed: {columns}; classes of tokens differ in price, so give `input_tokens` and `output_tokens` apart"
            ),
        ),
        (
            "a column twice",
            renamed("input_tokens", "requests"),
            "…hours.csv:1:20: requests: is there twice; given: requests; allowed: each column once".to_owned(),
        ),
        (
            "no times",
            renamed("timestamp", "model"),
            "…hours.csv:1:1: timestamp: is missing; given: no such column; allowed: a column of timestamps".to_owned(),
        ),
        ("semicolons", good.replace(',', ";").into_bytes(), "…cells are separated by commas".to_owned()),
        (
            "another encoding",
            not_text,
            format!("…hours.csv:{}:…: is not UTF-8 text; allowed: text in UTF-8, as a plain CSV export", 1 + 24 * 9),
        ),
    ] {
        let told = told_with("usage", Some(&bytes), "");
        assert!(!told.is_empty() && fits(&told[0].to_string(), &wanted), "{name}: wanted {wanted}\n{told:#?}");
    }
}

#[test]
fn files_that_cannot_be_read_are_told_where_the_scenario_names_them() {
    check(
        "no file",
        &told_with("usage", None, ""),
        &[
            "plan.toml:75:9: workload.nightly.usage: cannot be read: …; given: …hours.csv; allowed: a CSV file that can be read, its path relative to the scenario's folder",
        ],
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("hours.csv")).unwrap();
    let told = told_in(&edited(BASE, SOURCE, "replay = \"hours.csv\"\n"), folder.path());
    check(
        "a folder",
        &told,
        &["plan.toml:75:10: workload.nightly.replay: is a folder; given: …hours.csv; allowed: a CSV file that can be read, …"],
    );
    let told = told_in(&edited(BASE, SOURCE, "usage = \"\"\n"), folder.path());
    check("no name", &told, &["plan.toml:75:9: workload.nightly.usage: is a folder; given: …; allowed: a CSV file that can be read, …"]);
    #[cfg(unix)]
    check(
        "a device without end",
        &told_in(&edited(BASE, SOURCE, "usage = \"/dev/zero\"\n"), folder.path()),
        &["plan.toml:75:9: workload.nightly.usage: is no regular file; given: /dev/zero; allowed: …"],
    );
}

#[test]
fn histories_that_do_not_fit_the_scenario() {
    let two = hours(24 * 9).lines().enumerate().fold(String::new(), |text, (i, line)| {
        let model = if i == 0 { "model" } else { ["chat", "code"][i % 2] };
        text + model + "," + line + "\n"
    });
    let week = hours(24 * 9);
    for (name, key, file, more, wanted) in [
        (
            "too short",
            "usage",
            hours(40),
            "",
            "plan.toml:75:9: workload.nightly.usage: is too short or empty to be a history; given: 1 whole days of local time in …hours.csv; allowed: at least 3 whole days …",
        ),
        (
            "no demand",
            "usage",
            hours(24 * 9)
                .replace(",100,", ",0,")
                .lines()
                .map(|line| if line.starts_with('t') { format!("{line}\n") } else { format!("{},0,0,0\n", &line[..20]) })
                .collect(),
            "",
            "plan.toml:75:9: workload.nightly.usage: is too short or empty to be a history; …",
        ),
        (
            "a replay that ends first",
            "replay",
            week.clone(),
            "",
            "plan.toml:75:10: workload.nightly.replay: is 1200 hours shorter than the horizon; given: 216 hours in …hours.csv; allowed: at least 1416 hours, or a trace that repeats",
        ),
        (
            "several models",
            "usage",
            two.clone(),
            "",
            "plan.toml:75:9: workload.nightly.usage: holds several models and the workload does not say which; given: \"code\", \"chat\"; allowed: usage_model = one of them",
        ),
        (
            "a misspelt model",
            "usage",
            two,
            "usage_model = \"chatt\"\n",
            "plan.toml:76:15: workload.nightly.usage_model: is no model of the usage file; given: \"chatt\"; allowed: \"code\", \"chat\"; did you mean \"chat\"?",
        ),
        (
            "a model of a file without",
            "usage",
            week.clone(),
            "usage_model = \"chat\"\n",
            "plan.toml:76:15: workload.nightly.usage_model: is no model of the usage file; given: \"chat\"; allowed: no usage_model: the usage file has no column `model`",
        ),
        (
            "a gap of another name",
            "usage",
            week.clone(),
            "missing = \"gaps\"\n",
            "plan.toml:76:11: workload.nightly.missing: is unknown; given: \"gaps\"; allowed: \"zero\", \"gap\"; did you mean \"gap\"?",
        ),
        (
            "days that are not there",
            "usage",
            hours(24 * 5),
            "match_days = \"weekday\"\n",
            "plan.toml:76:14: workload.nightly.match_days: …; given: \"weekday\"; allowed: a longer history, or match_days = \"any\"",
        ),
        (
            "a shape beside usage",
            "usage",
            week,
            "shape = \"flat\"\n",
            "plan.toml:76:9: workload.nightly.shape: cannot stand beside `usage`; given: \"flat\"; allowed: nothing: recorded hours bring it with them",
        ),
    ] {
        check(name, &told_with(key, Some(file.as_bytes()), more), &[wanted]);
    }
}

/// Several bad rows are told at once, and so is what is wrong in the scenario itself.
#[test]
fn all_rows_are_told_in_one_go() {
    let good = hours(24 * 9);
    let text = good.replacen(",101,", ",x,", 1).replacen(",102,", ",-1,", 1).replacen(",103,", ",1e99,", 1);
    let told = told_with("usage", Some(text.as_bytes()), "deferrable_share = 0.5\n");
    check(
        "three rows and a share",
        &told,
        &[
            "plan.toml:76:20: workload.nightly.deferrable_share: belongs to an interactive workload…",
            "…hours.csv:3:22: requests: is no number; given: x; …",
            "…hours.csv:4:22: requests: is negative; given: -1; …",
            "…hours.csv:5:22: requests: is out of range; given: 1e99; …",
        ],
    );
    let all_bad = good.replace("Z,1", "Z,x");
    let told = told_with("usage", Some(all_bad.as_bytes()), "");
    assert_eq!(told.len(), 21, "twenty rows are enough to see what is wrong");
    assert!(told[20].message == "196 more problems are not shown", "{:?}", told[20]);
}

#[test]
fn files_that_are_only_unusual_are_taken() {
    let good = hours(24 * 60);
    let (first, rest) = good.split_once('\n').unwrap();
    let backwards: String = rest.lines().rev().map(|line| format!("{line}\n")).collect();
    for bytes in [
        good.clone(),
        good.trim_end().to_owned(),
        format!("\u{feff}{good}"),
        good.replace('\n', "\r\n"),
        good.replace('\n', "\n\n"),
        format!("{first}\n{backwards}"),
        good.replace("Z,", "+00:00,"),
    ] {
        for key in ["usage", "replay"] {
            assert_eq!(told_with(key, Some(bytes.as_bytes()), ""), []);
        }
    }
}

/// Everything reading a scenario with this usage file warns of.
fn warned(file: &str, more: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hours.csv"), file).unwrap();
    let text = edited(BASE, SOURCE, "usage = \"hours.csv\"\n");
    let text = edited(&text, "tokens = { mean = 3000, cv = 0.8, law = \"gamma\", output_share = 0.1 }\n", more);
    parse("plan.toml", &text, folder.path(), &[]).unwrap().warnings
}

/// Tokens alone say nothing of how many requests they are; the mean request does.
#[test]
fn usage_without_requests_is_warned_of_unless_the_request_is_said() {
    let alone: String = hours(24 * 9)
        .lines()
        .map(|line| {
            line.split(',').enumerate().filter(|(column, _)| *column != 1).map(|(_, cell)| cell).collect::<Vec<_>>().join(",") + "\n"
        })
        .collect();
    let about = |warnings: Vec<String>| warnings.into_iter().filter(|warning| warning.contains("no `requests`")).count();
    assert_eq!(about(warned(&alone, "")), 1);
    assert_eq!(about(warned(&alone, "tokens = { input = { mean = 900 }, output = { mean = 200 } }\n")), 0);
    assert_eq!(about(warned(&hours(24 * 9), "")), 0);
}

#[test]
fn a_history_that_lasts_into_the_horizon_is_warned_of() {
    let about = |file: &str| warned(file, "").into_iter().filter(|warning| warning.contains("the horizon starts on")).count();
    assert_eq!(about(&hours(24 * 9)), 0);
    assert_eq!(about(&hours(24 * 9).replace("2026-10", "2028-10")), 1);
}
