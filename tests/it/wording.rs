//! What answers say of plans that tie, of plans that are one under several names, and of limits that may be kept in just the share asked.

use std::path::Path;
use std::process::Command;

/// A million tokens an hour; units whose price is put in, in `od` and in sweeps of `c`.
const ONE: &str = r#"
name = "one"
replications = 200
horizon = { flat = { months = 2, hours_per_month = 100 } }
[[offer]]
name = "on-demand"
kind = "on-demand"
price = { input = "3 USD/1M tokens" }
[[offer]]
name = "units"
kind = "provisioned"
capacity = "500k tokens/h"
terms = { "none" = "PRICE USD/unit-hour", "1 month" = "PRICE USD/unit-hour" }
[[offer]]
name = "others"
kind = "provisioned"
capacity = "500k tokens/h"
terms = { "none" = "PRICE USD/unit-hour", "1 month" = "PRICE USD/unit-hour" }
[[workload]]
name = "w"
demand = { law = "lognormal", mean = "1M tokens/h", cv = 0.2 }
minute = "off"
"#;

const OD: &str = "[[plan]]\nname = \"od\"\nroute = { w = [\"on-demand\"] }\n";
const FROM_NONE: &str = "[[plan]]\nname = \"c\"\nroute = { w = [\"units\", \"on-demand\"] }\n\
                         sweep = { units = { units = \"0..=2\" }, term = { units = [\"none\", \"1 month\"] } }\n";

fn told(folder: &Path, arguments: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokentide"));
    let ended = command.args(arguments.split_whitespace()).arg("--quiet").current_dir(folder).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{arguments}");
    String::from_utf8(ended.stdout).unwrap()
}

fn with(files: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
    folder
}

/// Units that are too dear: no units are bought, under whatever name, and no such plan is a rival of another.
#[test]
fn plans_that_buy_nothing_are_one() {
    let dear = ONE.replace("PRICE", "9");
    let folder = with(&[
        ("first.toml", [&dear, OD, FROM_NONE].concat()),
        ("last.toml", [&format!("baseline = \"od\"\n{dear}"), FROM_NONE, OD].concat()),
        ("alone.toml", [&dear, FROM_NONE].concat()),
    ]);
    for file in ["first.toml", "last.toml"] {
        for command in ["run", "size"] {
            let told = told(folder.path(), &format!("{command} {file}"));
            let first = told.lines().next().unwrap();
            assert!(first.starts_with("Stay with `od`: ") && !first.contains("units=0"), "{command} {file}: {told}");
            assert!(first.matches("he next best, ").count() == 1 && first.contains("`c/units=1/term="), "{command} {file}: {told}");
        }
    }
    for command in ["run", "size"] {
        let told = told(folder.path(), &format!("{command} alone.toml"));
        let first = told.lines().next().unwrap();
        assert!(
            first.starts_with("Stay with `c/units=0/term=none` (no units): ") && first.matches("units=0").count() == 1,
            "{command}: {told}"
        );
    }
    let told = told(folder.path(), "alternatives first.toml --with last.toml");
    assert!(told.starts_with("`od` of last.toml costs the same as `od` of first.toml."), "{told}");
}

/// Two offers at one price: neither is the truly best.
#[test]
fn of_plans_that_tie_none_is_better() {
    let twin = |name: &str, offer: &str| {
        format!(
            "[[plan]]\nname = \"{name}\"\nroute = {{ w = [\"{offer}\", \"on-demand\"] }}\nsweep = {{ units = {{ {offer} = \"1..=2\" }}, term = {{ {offer} = [\"1 month\"] }} }}\n"
        )
    };
    let folder = with(&[("twins.toml", [&ONE.replace("PRICE", "1"), OD, &twin("a", "units"), &twin("b", "others")].concat())]);
    let told = told(folder.path(), "size twins.toml");
    let first = told.lines().next().unwrap();
    assert!(
        first.contains("costs the same, as far as can be told: neither of the two is better. With 95% confidence none of those"),
        "{told}"
    );
    assert!(!first.contains("truly best"), "{told}");
}

/// `--json` of `size` has the flip points that `run` has, by the same names.
#[test]
fn flips_are_in_both_documents() {
    let folder = with(&[("a.toml", [&ONE.replace("PRICE", "1.2"), OD, FROM_NONE].concat())]);
    let document =
        |command: &str| -> serde_json::Value { serde_json::from_str(&told(folder.path(), &format!("{command} a.toml --json"))).unwrap() };
    let (run, size) = (document("run"), document("size"));
    let keys = |document: &serde_json::Value| {
        let changes = document["flips"][0]["changes"].as_array().unwrap();
        let flipped = changes.iter().find(|change| !change["flips"].is_null()).unwrap();
        let names = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        (names(flipped), names(&flipped["flips"]))
    };
    assert_eq!(keys(&run), keys(&size));
    assert!(size["flips_text"].as_array().is_some_and(|lines| !lines.is_empty()), "{size}");
}

/// A launch that breaks the last of three months in 30 % of the futures keeps the limits in just the 90 % that are asked.
#[test]
fn a_share_at_what_is_asked_is_not_told_by_more_replications() {
    let launch = "name = \"launch\"\nreplications = 1000\nSAMPLING\nhorizon = { start = 2027-01-01, months = 3, time_zone = \"UTC\" }\n\
                  limits = { throttled_requests_share = \"0.5%\", in_share_of_months = \"ASKED\" }\n\
                  [[offer]]\nname = \"on-demand\"\nkind = \"on-demand\"\nprice = { input = \"3 USD/1M tokens\" }\n\
                  quota = { rate = \"4M tokens/h\", weights = { input = 1 } }\n\
                  [[workload]]\nname = \"w\"\nlevel = { mean = \"2M tokens/h\", walk = \"off\" }\nshape = \"flat\"\nrequests = \"none\"\n\
                  tokens = { mean = 1, output_share = \"0%\" }\nminute = \"off\"\n\
                  events = [{ name = \"launch\", at = 2027-03-01, factor = 4, probability = \"30%\" }]\n";
    let text = |asked: &str| [&launch.replace("ASKED", asked).replace("SAMPLING", "sampling = \"plain\""), OD].concat();
    let at_the_share = |share: f64| {
        let folder = with(&[("a.toml", text(&format!("{share}%")))]);
        told(folder.path(), "run a.toml")
    };
    let folder = with(&[("a.toml", text("90%"))]);
    let document: serde_json::Value = serde_json::from_str(&told(folder.path(), "run a.toml --json")).unwrap();
    let kept = document["plans"][0]["months_keeping_limits"]["share"].as_f64().unwrap();
    let near = at_the_share(100.0 * kept);
    assert!(
        near.contains("it keeps them in so nearly the share of months asked for that even a million replications may not tell."),
        "{near}"
    );
    let off = at_the_share(100.0 * kept - 0.5);
    assert!(off.contains("at the present distance about ") && off.contains(" replications would tell."), "{off}");
}

/// The text tells of the difference to the baseline, to the next best, and of regret what the files have.
#[test]
fn differences_and_regret_are_those_of_the_files() {
    let folder = with(&[("a.toml", [&ONE.replace("PRICE", "1.2"), OD, FROM_NONE].concat())]);
    let summary: serde_json::Value = serde_json::from_str(&told(folder.path(), "run a.toml --json")).unwrap();
    let plans = summary["plans"].as_array().unwrap();
    let of = |name: &str| plans.iter().find(|plan| plan["plan"] == name).unwrap();
    let best = summary["answer"]["leaders"][0]["plan"].as_str().unwrap();
    let difference = |key: &str| of(best)["against_baseline"][key].as_f64().unwrap();
    // In brackets: `690 to 2090 less`, or with a word of its own for each end.
    let ends = |text: &str| -> [f64; 2] {
        let inside = text.split("(P5–P95: ").nth(1).unwrap().split([')', ';']).next().unwrap();
        let words: Vec<&str> = inside.split_whitespace().collect();
        let signed = |number: &str, word: &str| number.parse::<f64>().unwrap() * if word == "less" { -1.0 } else { 1.0 };
        match words.as_slice() {
            [low, "to", high, word] => [signed(low, word), signed(high, word)],
            [low, below, "to", high, above] => [signed(low, below), signed(high, above)],
            other => panic!("{other:?}"),
        }
    };
    let text = told(folder.path(), "run a.toml");
    let (low, high) = (difference("difference_p05"), difference("difference_p95"));
    let mut found = ends(text.lines().next().unwrap());
    found.sort_by(f64::total_cmp);
    assert!((found[0] - low).abs() < 0.02 * (high - low) && (found[1] - high).abs() < 0.02 * (high - low), "{text}\n{low} {high}");
    // The baseline is what buys nothing; the last of the columns of money before throttling is regret.
    let row = text.lines().find(|line| line.trim_start().starts_with("baseline")).unwrap();
    let regret = &of("od")["regret"];
    let (mean, p95) = (regret["expected"]["mean"].as_f64().unwrap(), regret["p95"].as_f64().unwrap());
    let cell = row.split("  ").map(str::trim).find(|cell| cell.ends_with(')')).unwrap();
    let (told_mean, told_p95) = cell.split_once(" (").unwrap();
    let told_mean: f64 = told_mean.split('±').next().unwrap().parse().unwrap();
    let told_p95: f64 = told_p95.trim_end_matches(')').parse().unwrap();
    assert!((told_mean - mean).abs() < 0.02 * mean && (told_p95 - p95).abs() < 0.02 * p95, "{row}: {mean} {p95}");

    let text = told(folder.path(), "size a.toml --units=units=0..=4 --terms=units=none");
    let next = text.lines().next().unwrap().split("he next best, ").nth(1).or_else(|| text.split("Too close").nth(1)).unwrap();
    let [less, more] = ends(next);
    assert!(less < more && next.contains("; more in ") && next.contains("of the futures)"), "{text}");
}

/// Where nothing comes there are no shares of it, and no number stands in their place; a plan of a sweep that buys nothing says so.
#[test]
fn nothing_asked_for_is_no_number() {
    let nothing = ONE.replace("PRICE", "1.2").replace(
        "demand = { law = \"lognormal\", mean = \"1M tokens/h\", cv = 0.2 }",
        "demand = { law = \"constant\", value = \"0 tokens/h\" }",
    );
    let folder = with(&[("a.toml", [&nothing, FROM_NONE].concat())]);
    for command in
        ["run a.toml", "size a.toml", "levers a.toml", "quota a.toml", "compare a.toml a.toml", "alternatives a.toml --with a.toml"]
    {
        let told = told(folder.path(), command);
        assert!(!told.contains("n/a") && !told.contains("NaN") && !told.contains("inf"), "{command}: {told}");
        if ["run a.toml", "size a.toml"].contains(&command) {
            assert!(
                told.starts_with("Stay with `c/units=0/term=none` (no units): 0 USD a month") && told.contains("; no requests come"),
                "{told}"
            );
        }
        if command.starts_with("alternatives") {
            assert!(told.contains("`c/units=0/term=none` of a.toml (no units) costs the same"), "{told}");
        }
    }
}

/// Percentiles that are smoothed stand beside others with a word.
#[test]
fn smoothed_percentiles_are_told() {
    let folder = with(&[("a.toml", [&ONE.replace("PRICE", "1.2"), OD, FROM_NONE].concat())]);
    for command in ["size a.toml --by p95", "compare a.toml a.toml"] {
        assert!(told(folder.path(), command).contains("smoothed over neighbouring ranks"), "{command}");
    }
    assert!(!told(folder.path(), "size a.toml").contains("smoothed"));
}
