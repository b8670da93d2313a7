//! `compare`: effects that are known by hand, parts that add up, whatever the order of the files and the number of threads.

mod command;
mod known;
mod mixtures;

use std::path::Path;
use tokentide::decision::{Comparison, Measure, Way, compare};
use tokentide::scenario::Pair;
use tokentide::simulation::RunSpec;
use tokentide::spec::Override;

/// A million tokens in each of 100 hours a month at 3 USD a million: 300 USD a month.
const BASE: &str = r#"
name = "Base"
replications = 64
[horizon]
flat = { months = 2, hours_per_month = 100 }
[[offer]]
name = "on-demand"
kind = "on-demand"
price = { input = "3 USD/1M tokens" }
[[workload]]
name = "bot"
demand = { law = "constant", value = "1M tokens/h" }
[[plan]]
name = "all on-demand"
route = { bot = ["on-demand"] }
"#;

fn edit(text: &str, edits: &[(&str, &str)]) -> String {
    edits.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "`{from}` is not in the scenario");
        text.replacen(from, to, 1)
    })
}

fn pair(before: &str, after: &str, set: &[&str]) -> Pair {
    let overrides: Vec<Override> = set.iter().map(|text| Override::new(text).unwrap()).collect();
    Pair::parse([("a.toml", before), ("b.toml", after)], Path::new("."), &overrides).unwrap_or_else(|error| panic!("{error}"))
}

fn compared(before: &str, after: &str) -> Comparison {
    compare(&pair(before, after, &[]), None, &RunSpec::default()).unwrap()
}

/// What each change adds to a measure, by its name; those taken together joined by a plus.
fn parts(found: &Comparison, measure: Measure) -> Vec<(String, f64)> {
    let index = Measure::ALL.iter().position(|other| *other == measure).unwrap();
    let name = |changes: &[usize]| changes.iter().map(|&i| found.changes[i].words.as_str()).collect::<Vec<_>>().join(" + ");
    found.attributions.iter().map(|of| (name(&of.changes), of.parts[index].unwrap().point)).collect()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn assert_parts(found: &Comparison, measure: Measure, expected: &[(&str, f64)]) {
    let parts = parts(found, measure);
    let fits = parts.len() == expected.len() && parts.iter().zip(expected).all(|(a, b)| a.0 == b.0 && close(a.1, b.1));
    assert!(fits, "{measure:?}\n{parts:?}\n{expected:?}");
}

fn difference(found: &Comparison, measure: Measure) -> Option<f64> {
    found.measures.iter().find(|change| change.measure == measure).unwrap().difference.map(|difference| difference.point)
}

/// All parts of all measures add up to the differences.
fn assert_adds_up(found: &Comparison) {
    for measure in Measure::ALL {
        let index = Measure::ALL.iter().position(|other| *other == measure).unwrap();
        let parts: Option<Vec<f64>> = found.attributions.iter().map(|of| of.parts[index].map(|part| part.point)).collect();
        let sum = parts.map(|parts| parts.iter().sum::<f64>());
        let Some((sum, whole)) = sum.zip(difference(found, measure)) else { continue };
        let size = found.measures[index].before.unwrap().point.abs().max(1.0);
        assert!((sum - whole).abs() <= 1e-12 * size * found.scenarios as f64, "{measure:?}: {sum} {whole}");
    }
}

#[test]
fn a_price_does_what_it_does() {
    let found = compared(BASE, &edit(BASE, &[("3 USD", "4 USD")]));
    assert_parts(&found, Measure::Spend, &[("prices of `on-demand`", 100.0)]);
    let spend = &found.measures[0];
    assert_eq!((spend.before.unwrap().point, spend.after.unwrap().point), (300.0, 400.0));
    assert_eq!(spend.difference.unwrap().interval(0.95), Some((100.0, 100.0)));
    let value = &found.changes[0].values;
    assert_eq!(value.len(), 1);
    assert_eq!((value[0].path.as_str(), value[0].from.as_deref()), ("offer.on-demand.price.input", Some("3 USD/1M tokens")));
    assert_eq!(difference(&found, Measure::Saving), Some(0.0), "it is the baseline itself");
    assert_eq!(difference(&found, Measure::Utilisation), None, "nothing is bought");
}

/// 300 to 800: the price alone makes it 400, the level alone 600. Each order gives the one that comes first 100 or 300 and the other 200 or 400.
#[test]
fn two_changes_share_what_they_do_together() {
    let after = edit(BASE, &[("3 USD", "4 USD"), ("\"1M tokens/h\"", "\"2M tokens/h\"")]);
    let found = compared(BASE, &after);
    assert_eq!(found.way, Way::AllOrders);
    let expected = [("prices of `on-demand`", 150.0), ("level of `bot`", 350.0)];
    assert_parts(&found, Measure::Spend, &expected);
    assert_parts(&found, Measure::SpendP95, &expected);
    assert_eq!(found.scenarios, 4);
    assert_adds_up(&found);
    let back = compared(&after, BASE);
    assert_parts(&back, Measure::Spend, &expected.map(|(name, part)| (name, -part)));
}

/// Spend is price times the sum of levels. Whatever the number of changes, a level's part is its step at the mean of both prices, and the
/// price's part is its step at the mean of both sums: 5 and 5 + 1 + 2 + 3 + 4 + 5 = 20 million, 100 hours.
#[test]
fn many_changes_share_pair_by_pair() {
    let scenario = |price: &str, level: &dyn Fn(u32) -> u32| {
        let workloads = (1..=5)
            .map(|i| format!("[[workload]]\nname = \"w{i}\"\ndemand = {{ law = \"constant\", value = \"{}M tokens/h\" }}\n", level(i)));
        let routes = (1..=5).map(|i| format!("w{i} = [\"on-demand\"]")).collect::<Vec<_>>().join(", ");
        let text = edit(BASE, &[("3 USD", price), ("bot = [\"on-demand\"]", &routes)]);
        let own = "[[workload]]\nname = \"bot\"\ndemand = { law = \"constant\", value = \"1M tokens/h\" }\n";
        edit(&text, &[(own, &workloads.collect::<String>())])
    };
    let found = compared(&scenario("1 USD", &|_| 1), &scenario("2 USD", &|i| i + 1));
    assert_eq!((found.way, found.scenarios), (Way::BothOrders, 12));
    let mut expected = vec![("prices of `on-demand`".to_owned(), 1250.0)];
    expected.extend((1..=5).map(|i| (format!("level of `w{i}`"), 150.0 * f64::from(i))));
    let expected: Vec<(&str, f64)> = expected.iter().map(|(name, part)| (name.as_str(), *part)).collect();
    assert_parts(&found, Measure::Spend, &expected);
    assert_adds_up(&found);
}

/// A level known to a lognormal factor: the price's part is 1.5 times the first spend over 3 in every future, so its error is half of that of the
/// first spend.
#[test]
fn parts_have_the_errors_of_paired_futures() {
    let law = "demand = { law = \"constant\", value = \"1M tokens/h\" }";
    let drawn = "class = \"interactive\"\nlevel = { mean = \"1M tokens/h\", sigma = 0.3, walk = \"off\" }\nshape = \"flat\"\nrequests = \"none\"\nminute = \"off\"\n\
                 tokens = { input = { mean = 1000, cv = 0 }, output = { mean = 500, cv = 0 }, drift = \"off\" }";
    let both = "{ input = \"3 USD/1M tokens\", output = \"3 USD/1M tokens\" }";
    let price = "{ input = \"3 USD/1M tokens\" }";
    let before = edit(BASE, &[(law, drawn), (price, both), ("replications = 64", "replications = 2048")]);
    let found = compared(&before, &edit(&before, &[("3 USD", "4 USD"), ("3 USD", "4 USD"), ("mean = \"1M", "mean = \"2M")]));
    assert_eq!(found.replications, 1024, "a thousand suffice");
    let price = found.attributions.iter().find(|of| found.changes[of.changes[0]].words.starts_with("prices")).unwrap();
    let (part, spend) = (price.parts[0].unwrap(), found.measures[0].before.unwrap());
    let (part_error, spend_error) = (part.standard_error.unwrap(), spend.standard_error.unwrap());
    assert!(spend_error > 0.0 && (part.point / spend.point - 0.5).abs() < 1e-5, "{part:?} {spend:?}");
    assert!((part_error / spend_error - 0.5).abs() < 1e-4, "{part:?} {spend:?}");
    assert_adds_up(&found);
}

#[test]
fn the_order_of_a_file_does_not_matter() {
    let after =
        edit(BASE, &[("3 USD", "4 USD"), ("\"1M tokens/h\"", "\"2M tokens/h\""), ("hours_per_month = 100", "hours_per_month = 90")]);
    let (head, rest) = after.split_once("[[offer]]").unwrap();
    let (offer, rest) = rest.split_once("[[workload]]").unwrap();
    let turned = format!("{head}[[workload]]{rest}[[offer]]{offer}");
    let (found, other) = (compared(BASE, &after), compared(BASE, &turned));
    assert_eq!(found.changes.len(), 3);
    for measure in [Measure::Spend, Measure::SpendP50] {
        for (name, part) in parts(&found, measure) {
            let same = parts(&other, measure).into_iter().find(|(other, _)| *other == name).unwrap();
            assert!(close(part, same.1), "{name}: {part} {}", same.1);
        }
    }
    assert_eq!(found.unpaired, ["the horizons differ"]);
}

#[test]
fn threads_change_nothing() {
    let before =
        edit(BASE, &[("{ law = \"constant\", value = \"1M tokens/h\" }", "{ law = \"lognormal\", mean = \"1M tokens/h\", cv = 0.5 }")]);
    let pair = pair(&before, &edit(&before, &[("3 USD", "4 USD"), ("cv = 0.5", "cv = 0.7")]), &[]);
    let told = |threads: usize| {
        let spec = RunSpec { threads: Some(threads), replications: Some(600), ..RunSpec::default() };
        let found = compare(&pair, None, &spec).unwrap();
        tokentide::report::comparison_json(["a", "b"], &found, "USD").unwrap()
    };
    assert_eq!(told(1), told(3));
    assert!(told(2).contains("\"replications\": 600"));
}
