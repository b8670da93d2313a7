//! At which price units pay: against prices known by hand and in closed form, and against a run at the price that was found.

use crate::validation::support::{flat, on_demand, plain, plan, units};
use std::path::Path;
use std::process::Command;
use tokentide::decision::{Criterion, DISCOUNTS, Surface, TermSurface, Wish, surface};
use tokentide::report::{surface_answer, unit_prices_table};
use tokentide::scenario::{Scenario, parse_open};
use tokentide::simulation::RunSpec;
use tokentide::spec::Override;
use tokentide::supply::{Candidates, OfferCandidates, UnitsListSpec, UnitsSweepSpec};

fn listed(list: &str) -> Candidates {
    let mut candidates = Candidates::default();
    let units = Some(UnitsSweepSpec::One(list.parse::<UnitsListSpec>().unwrap()));
    candidates.by_offer.insert("units".to_owned(), OfferCandidates { units, ..OfferCandidates::default() });
    candidates
}

fn open(text: &str, changes: &[&str], candidates: &Candidates) -> Scenario {
    let changes: Vec<Override> = changes.iter().map(|change| Override::new(change).unwrap()).collect();
    parse_open("surface.toml", text, Path::new(""), &changes, candidates).unwrap_or_else(|error| panic!("{error}\n{text}")).scenario
}

fn found(scenario: &Scenario, candidates: &Candidates, share: f64, replications: u64, seed: u64) -> Surface {
    let spec = RunSpec { replications: Some(replications), seed: Some(seed), ..RunSpec::default() };
    surface(scenario, Wish { candidates, criterion: Criterion::MEAN }, share, &spec).unwrap().summary
}

/// Units of one token an hour at .6 USD beside tokens at 1 USD.
fn reservation(hours: u32, law: &str) -> String {
    [
        flat(hours),
        on_demand("1 USD/token"),
        units("1 tokens/h", "0.6 USD/unit-hour"),
        plain(law, "\"off\""),
        plan("all on-demand", &["on-demand"]),
        plan("reserve", &["units", "on-demand"]),
    ]
    .concat()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

/// 1.5 tokens an hour: the first unit is full, the second half so, the third idle. They come out even at 1, .5 and 0 USD an hour.
#[test]
fn prices_are_known_where_nothing_is_random() {
    let candidates = listed("0..=3");
    let scenario = open(&reservation(730, "law = \"constant\", value = \"1.5 tokens/h\""), &[], &candidates);
    let found = found(&scenario, &candidates, 0.8, 2, 1);
    let [line] = &found.lines[..] else { panic!("{found:?}") };
    assert!((line.price, line.hours, line.bought, line.best) == (0.6, 730.0, 1.0, true) && close(line.full.unwrap(), 1.0), "{line:?}");
    for (step, (price, used)) in line.steps.iter().zip([(1.0, 1.0), (0.5, 0.5), (0.0, 0.0)]) {
        assert!(close(step.price.point, price) && close(step.discount.point, 1.0 - price / 0.6), "{step:?}");
        assert!(close(step.saving.point, 730.0 * (price - 0.6)), "{step:?}");
        assert!(step.used.as_ref().unwrap().iter().all(|percentile| close(percentile.point, used)), "{step:?}");
        let pays: Vec<f64> = step.pays.iter().map(tokentide::statistics::Proportion::share).collect();
        let wanted: Vec<f64> = DISCOUNTS.iter().map(|discount| f64::from(u8::from(0.6 * (1.0 - discount) < price))).collect();
        assert_eq!(pays, wanted, "{step:?}");
    }
    // All of them: 1 of 1, 1.5 of 2, 1.5 of 3.
    for (whole, price) in line.whole.iter().zip([1.0, 0.75, 0.5]) {
        assert!(close(whole.price.point, price) && whole.units.0 == 0.0, "{whole:?}");
    }
    assert!(close(line.break_even(0.0).unwrap(), 0.6) && close(line.break_even(0.5).unwrap(), 0.3));
    assert!(close(line.saving(0.6, 0.0).unwrap(), 0.0) && close(line.saving(0.8, 0.5).unwrap(), 730.0 * 0.5));
}

/// Where no plan keeps the limits, one is the best still; where it routes otherwise, these units are not bought.
#[test]
fn sentence_and_table_agree_on_what_is_bought() {
    let law = "law = \"constant\", value = \"100 tokens/h\"";
    let alone = reservation(730, law).replace("route = { w = [\"on-demand\"] }", "route = { w = [\"units\"] }");
    let alone = alone.replace("route = { w = [\"units\", \"on-demand\"] }", "route = { w = [\"units\"] }");
    let candidates = listed("1..=4");
    let limited = format!("limits.throttled_requests_share = \"1%\"\n{alone}");
    let none_keeps = found(&open(&limited, &[], &candidates), &candidates, 0.8, 20, 1);
    let line = &none_keeps.lines[0];
    assert!(!none_keeps.any_keeps_limits && line.best && line.bought == 4.0, "{none_keeps:?}");
    let told = [surface_answer(&none_keeps, "USD"), unit_prices_table(line, 0.8)].concat();
    assert!(!told.contains("does not buy") && told.contains("bought  3 → 4") && told.contains("keeps the limits: of those"), "{told}");
    // Units that cost more than they spare are not bought.
    let dear = reservation(730, law).replace("0.6 USD", "1.6 USD");
    let others = found(&open(&dear, &[], &candidates), &candidates, 0.8, 20, 1);
    let told = [surface_answer(&others, "USD"), unit_prices_table(&others.lines[0], 0.8)].concat();
    assert!(others.any_keeps_limits && told.contains("which the best plan does not buy") && told.contains("if bought  0 → 1"), "{told}");
}

/// Lists that leave out nothing begin at another plan's nothing.
#[test]
fn the_first_units_are_told_of_too() {
    let candidates = listed("2, 3");
    let scenario = open(&reservation(730, "law = \"constant\", value = \"1.5 tokens/h\""), &[], &candidates);
    let found = found(&scenario, &candidates, 0.8, 2, 1);
    assert_eq!(found.lines[0].steps.iter().map(|step| step.units).collect::<Vec<_>>(), [(0.0, 2.0), (2.0, 3.0)]);
    assert!(close(found.lines[0].steps[0].price.point, 0.75));
}

/// What batch saves is nothing that units do: beside a plan that sends the night's work elsewhere, the first units have nothing to be told by.
#[test]
fn what_another_route_saves_is_not_theirs() {
    let law = "law = \"constant\", value = \"1.5 tokens/h\"";
    let night =
        plain(law, "\"off\"").replacen("\"w\"\nclass = \"interactive\"", "\"night\"\nclass = \"deferrable\"\ndeadline = \"24h\"", 1);
    let batch = "[[offer]]\nname = \"batch\"\nkind = \"batch\"\nprice = { input = \"0.1 USD/token\" }\nwindow = \"24h\"\n";
    let plans = |without: &str| {
        format!(
            "[[plan]]\nname = \"without\"\nroute = {{ w = [\"on-demand\"], night = [{without}] }}\n\
             [[plan]]\nname = \"with\"\nroute = {{ w = [\"units\", \"on-demand\"], night = [\"batch\", \"on-demand\"] }}\n"
        )
    };
    let candidates = listed("1, 2");
    let steps = |without: &str| {
        let parts = [flat(730), on_demand("1 USD/token"), units("1 tokens/h", "0.6 USD/unit-hour"), plain(law, "\"off\"")];
        let text = [&parts.concat(), batch, &night, &plans(without)].concat();
        let found = found(&open(&text, &[], &candidates), &candidates, 0.8, 2, 1);
        found.lines[0].steps.iter().map(|step| (step.units, step.price.point)).collect::<Vec<_>>()
    };
    let [(first, one), (second, half)] = steps("\"batch\", \"on-demand\"")[..] else { panic!("two steps") };
    assert!((first, second) == ((0.0, 1.0), (1.0, 2.0)) && close(one, 1.0) && close(half, 0.5), "{one} {half}");
    let [(only, half)] = steps("\"on-demand\"")[..] else { panic!("one step") };
    assert!(only == (1.0, 2.0) && close(half, 0.5), "{half}");
}

/// The price that was found is that at which a run says that the unit pays in the share asked.
#[test]
fn a_run_at_the_price_found_pays_in_the_share_asked() {
    let candidates = listed("0, 40, 80, 120");
    let text = reservation(24, "law = \"lognormal\", mean = \"100 tokens/h\", cv = 0.5");
    let before = found(&open(&text, &[], &candidates), &candidates, 0.8, 500, 7);
    for (index, step) in before.lines[0].steps.iter().enumerate() {
        let change = format!("offer.units.terms.none=\"{} USD/unit-hour\"", step.price.point);
        let after = found(&open(&text, &[&change], &candidates), &candidates, 0.8, 500, 7);
        let again = &after.lines[0].steps[index];
        assert!((again.pays[0].share() - 0.8).abs() <= 1.0 / 500.0 && again.discount.point.abs() < 1e-9, "{again:?}");
    }
    let decreasing = |values: Vec<f64>| values.windows(2).all(|pair| pair[0] >= pair[1]);
    let line: &TermSurface = &before.lines[0];
    assert!(decreasing(line.steps.iter().map(|step| step.price.point).collect()), "{line:?}");
    assert!(decreasing(line.steps.iter().map(|step| step.pays[0].share()).collect()), "{line:?}");
    assert!(line.steps.iter().all(|step| decreasing(step.pays.iter().rev().map(tokentide::statistics::Proportion::share).collect())));
}

/// One hour of an exponential demand of mean 100 and 50 units: they come out even at min(D, 50) / 50, whose 20th percentile is −2 ln .8.
#[test]
fn the_interval_covers_the_price_known_in_closed_form() {
    let truth = -2.0 * libm::log(0.8);
    let candidates = listed("0, 50");
    let scenario = open(&reservation(1, "law = \"exponential\", mean = \"100 tokens/h\""), &[], &candidates);
    let covered = (0..200).filter(|&seed| {
        let (low, high) = found(&scenario, &candidates, 0.8, 400, seed).lines[0].steps[0].price.interval.unwrap();
        low <= truth && truth <= high
    });
    let covered = covered.count();
    // 95 % of 200 less five standard errors of 3.1.
    assert!(covered >= 175, "{covered} of 200");
    let one = &found(&scenario, &candidates, 0.8, 20_000, 1).lines[0].steps[0];
    let density = 0.8 * 0.5;
    assert!((one.price.point - truth).abs() < 4.0 * (0.16_f64 / 20_000.0).sqrt() / density, "{one:?}");
}

#[test]
fn by_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let run = |file: &str, arguments: &[&str]| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads").join(file);
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokentide"));
        let ended = command.arg("breakeven").arg(file).args(arguments).current_dir(folder.path()).output().unwrap();
        (ended.status.code(), String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap())
    };
    let asked = ["--replications=64", "--quiet", "--pays-in=80%", "--out=found"];
    let (code, told, _) = run("support-copilot.toml", &asked);
    assert!(code == Some(0) && told.starts_with("The 2 units of `units` for copilot (6 months) already pay in 80%"), "{told}");
    assert!(told.contains("bought  0 → 2") && told.contains("breaks even at") && told.contains("has no price here"), "{told}");
    let (_, alone, _) = run("support-copilot.toml", &[&asked[..], &["--threads=1"]].concat());
    assert_eq!(told, alone, "results depend on the threads");
    let plane = std::fs::read_to_string(folder.path().join("found/surface.csv")).unwrap();
    assert_eq!(plane.lines().count(), 1 + 3 * 6 * 21, "{plane}");
    let units = std::fs::read_to_string(folder.path().join("found/surface_units.csv")).unwrap();
    assert!(units.starts_with("plan,pool,offer,axis,term,what,units_from,units_to,") && units.lines().count() == 1 + 3 * 2 * 4, "{units}");
    let (code, told, _) = run("sonnet-reserved.toml", &["--replications=16", "--quiet", "--pays-in=50%"]);
    assert!(code == Some(0) && told.contains("input and output units of `reserved`") && told.contains("has two axes"), "{told}");
    // The best plan buys nothing, and two ways to route buy units: each is told of, on one plane.
    let (code, told, _) = run("product-launch.toml", &["--replications=32", "--quiet", "--pays-in=50%"]);
    assert!(code == Some(0) && told.matches(", which the best plan does not buy, pay in 50%").count() == 2, "{told}");
    assert_eq!((told.matches("Unit by unit").count(), told.matches("breaks even at").count()), (2, 1), "{told}");
    for (arguments, part) in [
        (&["--pays-in=100%"][..], "less than 100%"),
        (&["--out=x"], "--pays-in"),
        (&["--pays-in=80%", "--buy=unit=0..=3"], "did you mean `units`?"),
    ] {
        let (code, _, told) = run("support-copilot.toml", arguments);
        assert!(code == Some(2) && told.contains(part), "{told}");
    }
}
