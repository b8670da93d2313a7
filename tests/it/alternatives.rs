//! The same demand on other files' offers: differences known by hand, in every future the same share.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tokentide::decision::{Alternative, alternatives};
use tokentide::scenario::Pair;
use tokentide::simulation::RunSpec;

/// A million tokens in each of 100 hours a month at 3 USD a million.
const OWN: &str = r#"
name = "Own"
replications = 64
[horizon]
flat = { months = 2, hours_per_month = 100 }
[[offer]]
name = "on-demand"
kind = "on-demand"
price = { input = "3 USD/1M tokens" }
[[workload]]
name = "bot"
demand = { law = "lognormal", mean = "1M tokens/h", cv = 0.5 }
minute = "off"
[[plan]]
name = "all on-demand"
route = { bot = ["on-demand"] }
"#;

/// Two workloads of other names, drawn otherwise, at 2 USD a million; units that are too dear.
const OTHER: &str = r#"
name = "Other"
seed = 77
[horizon]
flat = { months = 1, hours_per_month = 50 }
[[offer]]
name = "tokens"
kind = "on-demand"
price = { input = "2 USD/1M tokens" }
[[offer]]
name = "units"
kind = "provisioned"
capacity = "1M tokens/h"
terms = { "none" = "5 USD/unit-hour" }
[[workload]]
name = "chat"
demand = { law = "constant", value = "9M tokens/h" }
[[workload]]
name = "agent"
demand = { law = "constant", value = "7M tokens/h" }
[[plan]]
name = "tokens alone"
route = { chat = ["tokens"], agent = ["tokens"] }
[[plan]]
name = "units too"
route = { chat = ["tokens"], agent = ["units", "tokens"] }
sweep = { units = { units = [1, 2] } }
"#;

fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("own.toml"), OWN).unwrap();
    fs::write(place.path().join("other.toml"), OTHER).unwrap();
    place
}

fn found(place: &Path, map: &[(&str, &str)], threads: usize) -> Vec<Alternative> {
    let pair = Pair::load_beside([&place.join("own.toml"), &place.join("other.toml")], &[]).unwrap();
    let map: BTreeMap<String, String> = map.iter().map(|(here, there)| ((*here).to_owned(), (*there).to_owned())).collect();
    alternatives(&[pair], &map, &RunSpec { threads: Some(threads), ..RunSpec::default() }).unwrap().summary
}

#[test]
fn two_thirds_of_the_price_are_two_thirds_of_the_spend_in_every_future() {
    let place = place();
    for there in ["chat", "agent"] {
        let [own, other] = &found(place.path(), &[("bot", there)], 2)[..] else { panic!() };
        assert_eq!((own.plan.as_str(), other.plan.as_str()), ("all on-demand", "tokens alone"));
        // With units for agents alone, a chat's plan of units is a plan of tokens.
        assert!(own.difference.is_none() && own.plans == 1, "{own:?}");
        let (difference, less) = other.difference.unwrap();
        let spend = own.spend.as_ref().unwrap().mean_estimate();
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b.abs();
        assert!(close(difference.point, -spend.point / 3.0), "{difference:?} {spend:?}");
        assert!(close(difference.standard_error.unwrap(), spend.standard_error.unwrap() / 3.0), "{difference:?} {spend:?}");
        assert_eq!((less.share(), other.keeps_limits, other.owed), (1.0, true, 0.0));
    }
    let bits = |threads| found(place.path(), &[("bot", "chat")], threads)[1].difference.unwrap().0.point.to_bits();
    assert_eq!(bits(1), bits(2), "results depend on the threads");
}

#[test]
fn by_the_command() {
    let place = place();
    let text = OWN.replace("USD", "EUR").replace("name = \"Own\"", "name = \"Own\"\ncurrency = \"EUR\"");
    fs::write(place.path().join("euro.toml"), text).unwrap();
    fs::write(place.path().join("cheap.toml"), OWN.replace("3 USD", "1 USD").replace("bot", "robot")).unwrap();
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokentide"));
        let ended = command.current_dir(place.path()).stdin(Stdio::null()).arg("alternatives").args(args).output().unwrap();
        (ended.status.code(), String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap())
    };
    let asked = [
        "own.toml",
        "--with",
        "other.toml",
        "--with",
        "cheap.toml",
        "--map",
        "bot=chat",
        "--quiet",
        "--out",
        "found",
        "--set",
        "workload.bot.demand=+20%",
    ];
    let (code, told, complained) = run(&asked);
    assert_eq!(code, Some(0), "{complained}");
    assert!(
        told.starts_with("The alternative is `all on-demand` of cheap.toml: ") && told.contains("cheaper in >95.3% of the futures"),
        "{told}"
    );
    let file = fs::read_to_string(place.path().join("found/alternatives.csv")).unwrap();
    assert_eq!(file.lines().count(), 4, "{file}");
    let (_, told, _) = run(&["own.toml", "--with", "cheap.toml", "--quiet", "--replications=1"]);
    assert!(told.starts_with("In the one future seen `all on-demand` of cheap.toml costs ") && told.contains(" less than "), "{told}");
    for (args, part) in [
        (&["own.toml"][..], "--with"),
        (&["own.toml", "--with", "other.toml"], "--map bot=WORKLOAD with one of chat, agent"),
        (&["own.toml", "--with", "other.toml", "--map", "bto=chat"], "`bto` is no workload of own.toml; allowed: bot"),
        (&["own.toml", "--with", "other.toml", "--map", "bot=chad"], "`chad` is a workload of no other file"),
        (&["own.toml", "--with", "other.toml", "--map", "bot"], "two workloads with an equals sign"),
        (&["own.toml", "--with", "euro.toml"], "two scenarios in one currency"),
        (&["own.toml", "--with", "none.toml"], "cannot read none.toml"),
    ] {
        let (code, _, complained) = run(args);
        assert!(code == Some(2) && complained.contains(part), "{complained}");
    }
}
