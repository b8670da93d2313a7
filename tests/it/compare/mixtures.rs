//! What counts as a change, which changes go together, and where the problems of a mixture stand.

use super::{BASE, assert_adds_up, assert_parts, compared, difference, edit, pair};
use std::fs;
use tokentide::decision::{Measure, compare};
use tokentide::scenario::Pair;
use tokentide::simulation::RunSpec;

const CHEAP: &str = "[[offer]]\nname = \"cheap\"\nkind = \"on-demand\"\nprice = { input = \"1 USD/1M tokens\" }\n";
const OTHER: &str = "[[plan]]\nname = \"other\"\nroute = { bot = [\"cheap\"] }\n";

#[test]
fn another_notation_is_no_change() {
    let text = edit(
        BASE,
        &[
            ("3 USD/1M tokens", "0.0030 USD/1K tokens"),
            ("\"1M tokens/h\"", "\"1_000k tokens/h\""),
            ("[horizon]", "currency = \"USD\"\n[horizon]"),
        ],
    );
    let found = compared(BASE, &text);
    assert!(found.changes.is_empty() && found.further.is_empty(), "{:?} {:?}", found.changes, found.further);
    assert_eq!(difference(&found, Measure::Spend), Some(0.0));
}

#[test]
fn settings_are_told_and_blamed_for_nothing() {
    let text = edit(
        BASE,
        &[("replications = 64", "replications = 32\nseed = 9"), ("\"Base\"", "\"Next\""), ("price = {", "date = 2026-11-01\nprice = {")],
    );
    let found = compared(BASE, &text);
    let words: Vec<&str> = found.changes.iter().map(|change| change.words.as_str()).collect();
    assert_eq!(words, ["title", "replications", "source of the prices of `on-demand`", "seed"], "what came stands last");
    assert_eq!((found.apart.len(), found.attributions.len(), found.replications, found.seed), (4, 0, 32, 1));
}

/// The plan's new route needs the new offer, and the new offer without it does nothing, so the two are one change beside the level's.
#[test]
fn a_plan_takes_its_offer_along() {
    let offer = format!("{CHEAP}[[workload]]");
    let after =
        edit(BASE, &[("[[workload]]", &offer), ("bot = [\"on-demand\"]", "bot = [\"cheap\"]"), ("\"1M tokens/h\"", "\"2M tokens/h\"")]);
    for (before, after, sign) in [(BASE, after.as_str(), 1.0), (after.as_str(), BASE, -1.0)] {
        let found = compared(before, after);
        let became = if sign > 0.0 { "new" } else { "gone" };
        let together = format!("offer `cheap` is {became} + plan `all on-demand`");
        // 300 to 200: the route alone makes it 100, the level alone 600.
        let expected = if sign > 0.0 {
            [(together.as_str(), -300.0), ("level of `bot`", 200.0)]
        } else {
            [("level of `bot`", -200.0), (together.as_str(), 300.0)]
        };
        let mut expected = expected.to_vec();
        let mut parts = super::parts(&found, Measure::Spend);
        expected.sort_by(|a, b| a.0.cmp(b.0));
        parts.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(parts.iter().map(|(name, part)| (name.as_str(), *part)).collect::<Vec<_>>(), expected);
        assert_adds_up(&found);
    }
}

#[test]
fn a_workload_comes_with_the_routes_to_it() {
    let second = "[[workload]]\nname = \"second\"\ndemand = { law = \"constant\", value = \"3M tokens/h\" }\n[[plan]]";
    let after = edit(BASE, &[("[[plan]]", second), ("{ bot = [\"on-demand\"] }", "{ bot = [\"on-demand\"], second = [\"on-demand\"] }")]);
    let found = compared(BASE, &edit(&after, &[("3 USD", "4 USD")]));
    // 300 to 1600: the price alone makes it 400, the workload alone 1200.
    let expected = [("prices of `on-demand`", 250.0), ("workload `second` is new + plan `all on-demand`", 1050.0)];
    assert_parts(&found, Measure::Spend, &expected);
    assert_eq!(found.unpaired, ["only the second has `second`"]);
}

/// Another plan and its offer have no part in the plan that is followed; saving and recommendation are told all the same.
#[test]
fn other_plans_are_told_and_have_no_part() {
    let before = edit(BASE, &[("[[workload]]", &format!("{CHEAP}[[workload]]"))]) + OTHER;
    let after = edit(
        &before,
        &[("1 USD", "2 USD"), ("3 USD", "4 USD"), ("route = { bot = [\"cheap\"] }", "route = { bot = [\"cheap\", \"on-demand\"] }")],
    );
    let follow = |plan| compare(&pair(&before, &after, &[]), plan, &RunSpec::default()).unwrap();
    let found = follow(Some("all on-demand"));
    assert_parts(&found, Measure::Spend, &[("prices of `on-demand`", 100.0)]);
    let apart: Vec<&str> = found.apart.iter().map(|&index| found.changes[index].words.as_str()).collect();
    assert_eq!(apart, ["prices of `cheap`", "plan `other`"]);
    // Unless said, what the first recommends is followed: 100 to 200, beside a baseline of 300 and then 400.
    let found = follow(None);
    assert_eq!(found.followed, ["other", "other"]);
    assert_parts(&found, Measure::Spend, &[("prices of `on-demand`", 0.0), ("prices of `cheap`", 100.0), ("plan `other`", 0.0)]);
    assert_parts(&found, Measure::Saving, &[("prices of `on-demand`", 100.0), ("prices of `cheap`", -100.0), ("plan `other`", 0.0)]);
}

/// Without a recommended plan in both, the baseline of each is followed, whatever it is called.
#[test]
fn a_plan_that_is_gone_gives_way_to_the_baseline() {
    let before = edit(BASE, &[("[[workload]]", &format!("{CHEAP}[[workload]]"))]) + OTHER;
    let found = compared(&before, &edit(BASE, &[("all on-demand", "list price")]));
    assert!(found.fell_back);
    assert_eq!(found.followed, ["all on-demand", "list price"]);
    assert_eq!(difference(&found, Measure::Spend), Some(0.0));
    assert_eq!((found.favourites[0][0].plan.as_str(), found.favourites[1][0].plan.as_str()), ("other", "list price"));
}

#[test]
fn overrides_hold_for_both() {
    let after = edit(BASE, &[("3 USD", "4 USD")]);
    let found =
        compare(&pair(BASE, &after, &["workload.bot.demand.value=+100%", "horizon.flat.hours_per_month=50"]), None, &RunSpec::default());
    assert_parts(&found.unwrap(), Measure::Spend, &[("prices of `on-demand`", 100.0)]);
}

/// A file of the same name in the other folder is another file, and the mixture reads each from its own folder.
#[test]
fn files_are_read_from_the_folder_of_their_scenario() {
    let place = tempfile::tempdir().unwrap();
    let text = edit(
        BASE,
        &[(
            "demand = { law = \"constant\", value = \"1M tokens/h\" }",
            "class = \"interactive\"\nreplay = \"trace.csv\"\nrepeat = true\nminute = \"off\"",
        )],
    );
    let text = edit(&text, &[("hours_per_month = 100", "hours_per_month = 24")]);
    for (folder, price, tokens) in [("a", "3 USD", 1_000_000), ("b", "4 USD", 2_000_000)] {
        fs::create_dir(place.path().join(folder)).unwrap();
        let rows: String = (0..48).map(|hour| format!("2026-06-{:02}T{:02}:00:00Z,{tokens}\n", 1 + hour / 24, hour % 24)).collect();
        fs::write(place.path().join(folder).join("trace.csv"), format!("timestamp,input_tokens\n{rows}")).unwrap();
        fs::write(place.path().join(folder).join("s.toml"), edit(&text, &[("3 USD", price)])).unwrap();
    }
    let [a, b] = ["a/s.toml", "b/s.toml"].map(|name| place.path().join(name));
    let found = compare(&Pair::load([&a, &b], &[]).unwrap(), None, &RunSpec::default()).unwrap();
    // 72 to 192: the price alone makes it 96, the trace alone 144.
    assert_parts(&found, Measure::Spend, &[("prices of `on-demand`", 36.0), ("level of `bot`", 84.0)]);
    assert_eq!(found.changes[1].values[0].path, "workload.bot.replay");
}

/// What a mixture complains of stands in the file that the part came from.
#[test]
fn problems_of_a_mixture_point_into_their_own_file() {
    let offer = format!("{CHEAP}[[workload]]");
    let after = edit(BASE, &[("[[workload]]", &offer), ("bot = [\"on-demand\"]", "bot = [\"cheap\"]")]);
    let pair = pair(BASE, &after, &[]);
    let changes = pair.changes();
    let plan = changes.iter().find(|change| change.words.starts_with("plan")).unwrap();
    let error = pair.mixed(&plan.places).unwrap_err();
    let diagnostic = &error.diagnostics()[0];
    let line = 1 + after[..after.find("bot = [\"cheap\"]").unwrap()].matches('\n').count();
    assert_eq!((diagnostic.file.as_str(), diagnostic.line, diagnostic.given.as_deref()), ("b.toml", line, Some("\"cheap\"")), "{error}");
}

#[test]
fn currencies_must_agree() {
    let after = edit(BASE, &[("replications", "currency = \"EUR\"\nreplications"), ("USD", "EUR")]);
    let error = Pair::parse([("a.toml", BASE), ("b.toml", &after)], std::path::Path::new("."), &[]).unwrap_err();
    assert!(error.is_input() && error.to_string().contains("a.toml is in USD and b.toml in EUR"), "{error}");
    let error = compare(&pair(BASE, BASE, &[]), Some("none"), &RunSpec::default()).unwrap_err();
    assert!(error.is_input() && error.to_string().contains("a.toml has no plan `none`"), "{error}");
}
