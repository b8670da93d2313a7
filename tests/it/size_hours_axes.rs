//! Pairs of units of input and output by the hour of the week as choices of `size`: against every plan written out, and what is told of them.

use crate::size_hours::OFFICE;
use std::path::Path;
use std::process::{Command, Output};
use tokentide::decision::{Criterion, Wish, objective_samples, size};
use tokentide::scenario::{parse, parse_open};
use tokentide::simulation::{RunSpec, run};
use tokentide::supply::{Candidates, OfferCandidates, UnitsSweepSpec};
use tokentide::tally::Columns;

/// The office of one axis with a fifth of its tokens in answers, whose units of input and of output are sold apart: 2 and 3 of them serve what
/// comes in an hour on average.
fn office() -> String {
    let one = "capacity = \"150k tokens/h\"\nterms = { none = \"0.9 USD/unit-hour\", \"1 month\" = \"0.7 USD/unit-hour\" }\n";
    let two = "axes.input = { capacity = \"160k tokens/h\", weights = { input = 1 } }\n\
         axes.output = { capacity = \"26k tokens/h\", weights = { output = 1 } }\n\
         [offer.terms]\nnone = { input = \"0.96 USD/unit-hour\", output = \"0.63 USD/unit-hour\" }\n\
         \"1 month\" = { input = \"0.74 USD/unit-hour\", output = \"0.5 USD/unit-hour\" }\n";
    let mut text = OFFICE.to_owned();
    for (from, to) in [
        (one, two),
        ("price = { input = \"9 USD/1M tokens\" }", "price = { input = \"9 USD/1M tokens\", output = \"36 USD/1M tokens\" }"),
        ("weights = { input = 1 } }\n[[offer]]", "weights = { input = 1, output = 1 } }\n[[offer]]"),
        ("output_share = \"0%\"", "output_share = \"20%\""),
    ] {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

fn listed(input: &str, output: &str, windows: &[&str]) -> Candidates {
    let units = UnitsSweepSpec::two(input.parse().unwrap(), output.parse().unwrap());
    let hours = Some(windows.iter().map(|window| window.parse().unwrap()).collect());
    let said = OfferCandidates { units: Some(units), hours, ..OfferCandidates::default() };
    Candidates { by_offer: [("u".to_owned(), said)].into(), ..Candidates::default() }
}

/// Every pair of units up to the most of each axis.
fn pairs(most: (u32, u32)) -> impl Iterator<Item = (u32, u32)> {
    (0..=most.0).flat_map(move |input| (0..=most.1).map(move |output| (input, output)))
}

/// Every plan there is, written into a file: pairs all week long on each term, and further ones in each window on top.
fn written_out(most: (u32, u32), windows: &[(&str, &str)]) -> String {
    let mut text = office().replace("[[plan]]\nname = \"units\"\nroute = { w = [\"u\", \"od\"] }\n", "");
    for (always, term) in pairs(most).flat_map(|pair| ["none", "1 month"].map(|term| (pair, term))) {
        let (input, output) = always;
        let mut plan = |name: String, purchase: String| {
            text += &format!(
                "[[plan]]\nname = \"{name}\"\nroute = {{ w = [\"u\", \"od\"] }}\nunits = {{ u = {{ input = {input}, output = {output} }} }}\n\
                 term = {{ u = \"{term}\" }}\n{purchase}"
            );
        };
        plan(format!("{input}+{output} {term}"), String::new());
        for (more_in, more_out) in pairs((most.0 - input, most.1 - output)).filter(|more| *more != (0, 0)) {
            for (name, schedule) in windows {
                let purchase = format!(
                    "[[plan.purchase]]\noffer = \"u\"\nunits = {{ input = {more_in}, output = {more_out} }}\nterm = \"none\"\nschedule = {schedule}\n"
                );
                plan(format!("{input}+{output} {term} and {more_in}+{more_out} {name}"), purchase);
            }
        }
    }
    text
}

/// The best and the next best of the search are those of all plans written out, and so are what they cost.
#[test]
fn the_search_finds_what_every_pair_written_out_comes_to() {
    let windows = [
        ("a", "{ days = \"weekdays\", from = 8, until = 20 }"),
        ("b", "{ from = 22, until = 6 }"),
        ("c", "{ days = \"weekdays\", from = 10, until = 18 }"),
    ];
    let all = parse("all.toml", &written_out((2, 3), &windows), Path::new(""), &[]).unwrap_or_else(|error| panic!("{error}")).scenario;
    assert_eq!(all.supply.plans.len(), 1 + 2 * (12 + 3 * 48));
    let spec = RunSpec::default();
    let outcome = run(&all, &spec, &Columns).unwrap().summary;
    let keeps = |plan: &usize| outcome.months_kept(&outcome.excess(&all, *plan)).0.estimate().point >= 0.8;
    let mean = |plan: usize| objective_samples(&all, &outcome, plan).iter().sum::<f64>() / 60.0;
    let mut values: Vec<(f64, String)> =
        (0..all.supply.plans.len()).filter(keeps).map(|plan| (mean(plan), all.supply.plans[plan].name.clone())).collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    values.dedup_by(|a, b| (a.0 - b.0).abs() < 1e-9 * b.0);
    assert!(values.len() > 30, "{}", values.len());
    let candidates = listed("0..=2", "0..=3", &["weekdays 8-20", "every day 22-6", "weekdays 10-18"]);
    let open = parse_open("office.toml", &office(), Path::new(""), &[], &candidates).unwrap_or_else(|error| panic!("{error}"));
    let told = open.resolved.iter().find(|value| value.path.contains(".by_hours.")).unwrap();
    assert_eq!((told.value.as_str(), told.note.as_str()), ("weekdays 8-20, every day 22-6, weekdays 10-18", "all 144 ways"));
    let sizing = size(&open.scenario, Wish { candidates: &candidates, criterion: Criterion::MEAN }, &spec).unwrap().1;
    let leader = &sizing.judgement.leaders[0];
    let plan = &sizing.scenario.supply.plans[leader.plan];
    let found = objective_samples(&sizing.scenario, &sizing.outcome, leader.plan).iter().sum::<f64>() / 60.0;
    assert!((found / values[0].0 - 1.0).abs() < 1e-12, "{} at {found}, not {:?}", plan.name, values[0]);
    let lead = sizing.verdicts[0].lead.unwrap().point;
    assert!((lead - (values[1].0 - values[0].0)).abs() < 1e-9 * found, "{lead}: {:?}", &values[..2]);
    // Here a pair in working hours on top of one on a term is the best, and both are told unit by unit, axis by axis.
    assert!(values[0].1.contains("1 month and"), "{:?}", &values[..3]);
    assert_eq!(plan.term.as_deref(), Some("1 month"));
    let scheduled = plan.commitments.iter().find(|commitment| commitment.schedule.is_some()).unwrap();
    let (hours, always) = (scheduled.schedule.unwrap(), &plan.commitments[0]);
    let name = format!("/+{}+{} u {hours}", scheduled.units[0], scheduled.units[1]);
    assert!(plan.name.ends_with(&name) && scheduled.units.iter().all(|&units| units > 0.0), "{} {name}", plan.name);
    let lines: Vec<_> = sizing.steps[0].iter().map(|line| (line.axis, line.hours)).collect();
    let (input, output) = (Some("input"), Some("output"));
    assert_eq!(lines, [(input, None), (output, None), (input, Some(hours)), (output, Some(hours))]);
    // What a step to the best says it saves is what the plans differ by: one of output fewer in the window.
    let step = sizing.steps[0][3].steps.iter().find(|step| step.units.1 == scheduled.units[1]).unwrap();
    let window = values[0].1.rsplit(' ').next().unwrap();
    let [i, o] = always.units;
    let fewer = format!("{i}+{o} 1 month and {}+{} {window}", scheduled.units[0], scheduled.units[1] - 1.0);
    let fewer = all.supply.plans.iter().position(|plan| plan.name == fewer).map(mean).unwrap();
    assert!((step.saving.point - (fewer - found)).abs() < 1e-9 * found, "{step:?} {fewer}");
}

fn command(folder: &Path, flags: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokentide"));
    command.args(flags).current_dir(folder).output().expect("the command starts")
}

fn printed(folder: &Path, flags: &[&str]) -> String {
    let ended = command(folder, flags);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).unwrap()
}

fn json(folder: &Path, flags: &[&str]) -> serde_json::Value {
    serde_json::from_str(&printed(folder, &[&["size", "office.toml", "--quiet", "--json"], flags].concat())).unwrap()
}

#[test]
fn pairs_by_the_hour_are_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("office.toml"), office()).unwrap();
    // Nobody asked: the mean week says that it may be worth asking.
    let told = json(folder.path(), &["--units=u=0..=2+0..=3"]);
    assert!(told["by_hours"][0]["not_looked_at"].as_str().unwrap().starts_with("weekdays"), "{told}");
    // Without a list the windows are those of the mean week.
    let told = json(folder.path(), &["--units=u=0..=2+0..=3", "--hours=u"]);
    assert!(told["by_hours"][0]["looked_at"].as_str().unwrap().starts_with("weekdays"), "{told}");
    assert!(told["by_hours"][0]["note"].as_str().unwrap().starts_with("all "), "{told}");
    let bought = told["leaders"][0]["purchases"].as_array().unwrap();
    let in_window = |purchase: &&serde_json::Value| purchase["hours"].as_str().is_some_and(|hours| hours.starts_with("weekdays"));
    assert_eq!(bought.iter().find(in_window).unwrap()["units"].as_array().unwrap().len(), 2, "{told}");
    // Of many ways some are left out, and of long lists some numbers.
    let told = json(folder.path(), &["--units=u=0..=4+0..=6", "--hours=u=weekdays 8-20"]);
    let note = told["by_hours"][0]["note"].as_str().unwrap();
    let rule =
        "for each pair of units at once, of which neither could be fewer for the same work, the 2 that cost the least in the mean week";
    assert!(note.contains(" of 385 ways: ") && note.ends_with(rule), "{note}");
    let told = json(folder.path(), &["--units=u=0..=40+0..=60", "--hours=u=weekdays 8-20", "--replications=2"]);
    let note = told["by_hours"][0]["note"].as_str().unwrap();
    let (kept, rest) = note.split_once(" of ").unwrap();
    assert!(kept.parse::<usize>().unwrap() <= 200 && rest.contains(" of 41 and ") && rest.contains(" of 61 numbers of units: "), "{note}");
    // The units of the window are told with it.
    let text = printed(folder.path(), &["size", "office.toml", "--quiet", "--units=u=0..=2+0..=3", "--hours=u=weekdays 8-20", "--out=out"]);
    assert!(text.contains("Unit by unit, `u`, output with the other axis as it is, for w (weekdays 8-20)"), "{text}");
    let steps = std::fs::read_to_string(folder.path().join("out/units.csv")).unwrap();
    assert!(steps.lines().any(|line| line.starts_with("w,u,input,none,") && line.ends_with(",weekdays 8-20")), "{steps}");
}

#[test]
fn pairs_by_the_hour_that_cannot_be_looked_at_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bound = office().replace("none = { input = \"0.96 USD/unit-hour\", output = \"0.63 USD/unit-hour\" }\n", "");
    std::fs::write(folder.path().join("bound.toml"), bound).unwrap();
    std::fs::write(folder.path().join("office.toml"), office()).unwrap();
    for (file, flags, part) in [
        (
            "bound.toml",
            ["--hours=u", "--units=u=0..=2+0..=3"],
            "`u` sells no units without a term; allowed: offers with the term \"none\": none",
        ),
        ("office.toml", ["--hours=u=weekdays 8-25", "--units=u=0..=2+0..=3"], "is no window of the week"),
        ("office.toml", ["--hours=u=weekdays 8-20", "--units=u=0..=4"], "is one number for an offer with two axes"),
    ] {
        let ended = command(folder.path(), &[&["size", file, "--quiet"][..], &flags].concat());
        let told = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{flags:?}: {told}");
        assert!(told.contains(part), "{flags:?}: {told}");
    }
}

/// A plan that buys pairs in a window stands in a file, and every command takes it.
#[test]
fn pairs_in_a_window_can_be_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let purchase = |units: &str| {
        format!(
            "units = {{ u = {{ input = 1, output = 1 }} }}\nterm = {{ u = \"1 month\" }}\n[[plan.purchase]]\noffer = \"u\"\nunits = {units}\nterm = \"none\"\nschedule = {{ days = \"weekdays\", from = 8, until = 20 }}\n"
        )
    };
    std::fs::write(folder.path().join("plan.toml"), office() + &purchase("{ input = 1, output = 2 }")).unwrap();
    let written = printed(folder.path(), &["run", "plan.toml", "--quiet"]);
    assert!(written.contains("1+1, 1+2"), "{written}");
    for command in [&["check", "plan.toml"][..], &["breakeven", "plan.toml"], &["explain", "plan.toml", "--plan=units", "--quiet"]] {
        printed(folder.path(), command);
    }
    std::fs::write(folder.path().join("one.toml"), office() + &purchase("2")).unwrap();
    let told = String::from_utf8(command(folder.path(), &["check", "one.toml"]).stderr).unwrap();
    assert!(told.contains("plan.units.purchase.1.units") && told.contains("is one number for an offer with two axes"), "{told}");
}
