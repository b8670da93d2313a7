//! Units by the hour of the week as choices of `size`: against every plan written out, and what is told of them.

use std::path::Path;
use std::process::{Command, Output};
use tokentide::decision::{Criterion, Wish, objective_samples, size};
use tokentide::scenario::{parse, parse_open};
use tokentide::simulation::{RunSpec, run};
use tokentide::supply::{Candidates, OfferCandidates, UnitsListSpec, UnitsSweepSpec};
use tokentide::tally::Columns;
use tokentide::units::Term;

/// Busy on weekdays: some units pay all week long on a term, some in working hours alone.
pub(crate) const OFFICE: &str = r#"
name = "office"
sampling = "plain"
seed = 5
replications = 60
[horizon]
flat = { months = 2, hours_per_month = 336 }
[limits]
throttled_requests_share = "4%"
in_share_of_months = "80%"
[[offer]]
name = "od"
kind = "on-demand"
price = { input = "9 USD/1M tokens" }
quota = { rate = "900k tokens/h", weights = { input = 1 } }
[[offer]]
name = "u"
kind = "provisioned"
capacity = "150k tokens/h"
terms = { none = "0.9 USD/unit-hour", "1 month" = "0.7 USD/unit-hour" }
[[workload]]
name = "w"
level = { mean = "400k tokens/h", sigma = 0.2, walk = "off" }
shape = { kind = "steady-daytime", peak = 14, width = 4.0, night = 0.3, weekend = 0.3 }
noise = { fast = { sd = 0.3, half_life = "2h" } }
requests = "none"
tokens = { mean = 1, output_share = "0%" }
minute = { cv = 0.3, margin = "gamma" }
[[plan]]
name = "on demand"
route = { w = ["od"] }
[[plan]]
name = "units"
route = { w = ["u", "od"] }
"#;

fn listed(units: &str, windows: &[&str]) -> Candidates {
    let list: UnitsListSpec = units.parse().unwrap();
    let hours = Some(windows.iter().map(|window| window.parse().unwrap()).collect());
    let said = OfferCandidates { units: Some(UnitsSweepSpec::One(list)), hours, ..OfferCandidates::default() };
    Candidates { by_offer: [("u".to_owned(), said)].into(), ..Candidates::default() }
}

/// Every plan there is, written into a file: units all week long on each term, and more in each window on top.
fn written_out(most: u32, windows: &[(&str, &str)]) -> String {
    let mut text = OFFICE.replace("[[plan]]\nname = \"units\"\nroute = { w = [\"u\", \"od\"] }\n", "");
    for always in 0..=most {
        for term in ["none", "1 month"] {
            let mut plan = |name: String, purchase: String| {
                text += &format!(
                    "[[plan]]\nname = \"{name}\"\nroute = {{ w = [\"u\", \"od\"] }}\nunits = {{ u = {always} }}\nterm = {{ u = \"{term}\" }}\n{purchase}"
                );
            };
            plan(format!("{always} {term}"), String::new());
            for more in 1..=most - always {
                for (name, schedule) in windows {
                    let purchase = format!("[[plan.purchase]]\noffer = \"u\"\nunits = {more}\nterm = \"none\"\nschedule = {schedule}\n");
                    plan(format!("{always} {term} and {more} {name}"), purchase);
                }
            }
        }
    }
    text
}

/// The best and the next best of the search are those of all plans written out, and so are what they cost.
#[test]
fn the_search_finds_what_every_plan_written_out_comes_to() {
    let windows = [
        ("a", "{ days = \"weekdays\", from = 8, until = 20 }"),
        ("b", "{ from = 22, until = 6 }"),
        ("c", "{ days = \"weekdays\", from = 10, until = 18 }"),
    ];
    let all = parse("all.toml", &written_out(4, &windows), Path::new(""), &[]).unwrap().scenario;
    let spec = RunSpec::default();
    let outcome = run(&all, &spec, &Columns).unwrap().summary;
    let keeps = |plan: &usize| outcome.months_kept(&outcome.excess(&all, *plan)).0.estimate().point >= 0.8;
    let mean = |plan: usize| objective_samples(&all, &outcome, plan).iter().sum::<f64>() / 60.0;
    let mut values: Vec<(f64, String)> =
        (0..all.supply.plans.len()).filter(keeps).map(|plan| (mean(plan), all.supply.plans[plan].name.clone())).collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    values.dedup_by(|a, b| (a.0 - b.0).abs() < 1e-9 * b.0);
    assert!(values.len() > 10 && values.len() < 80, "{}", values.len());
    let candidates = listed("0..=4", &["weekdays 8-20", "every day 22-6", "weekdays 10-18"]);
    let open = parse_open("office.toml", OFFICE, Path::new(""), &[], &candidates).unwrap_or_else(|error| panic!("{error}"));
    let sizing = size(&open.scenario, Wish { candidates: &candidates, criterion: Criterion::MEAN }, &spec).unwrap().1;
    let leader = &sizing.judgement.leaders[0];
    let plan = &sizing.scenario.supply.plans[leader.plan];
    let found = objective_samples(&sizing.scenario, &sizing.outcome, leader.plan).iter().sum::<f64>() / 60.0;
    assert!((found / values[0].0 - 1.0).abs() < 1e-12, "{} at {found}, not {:?}", plan.name, values[0]);
    let lead = sizing.verdicts[0].lead.unwrap().point;
    assert!((lead - (values[1].0 - values[0].0)).abs() < 1e-9 * found, "{lead}: {:?}", &values[..2]);
    // Here units in working hours on top of some on a term are the best, and both are told unit by unit.
    assert!(values[0].1.contains("1 month and"), "{:?}", values[0]);
    assert_eq!(plan.term.as_deref(), Some("1 month"));
    let scheduled = plan.commitments.iter().find(|commitment| commitment.schedule.is_some()).unwrap();
    let name = format!("+{} u {}", scheduled.units[0], scheduled.schedule.unwrap());
    assert!(plan.name.ends_with(&name), "{} {name}", plan.name);
    let hours: Vec<Option<String>> = sizing.steps[0].iter().map(|line| line.hours.map(|hours| hours.to_string())).collect();
    assert_eq!(hours, [None, scheduled.schedule.map(|hours| hours.to_string())]);
    // What a step to the best says it saves is what the plans differ by.
    let line = &sizing.steps[0][1];
    let step = line.steps.iter().find(|step| step.units.1.to_bits() == line.bought.to_bits()).unwrap();
    let fewer = values_of(&values, &format!("{} 1 month", plan.commitments[0].units[0]), scheduled.units[0] - 1.0, &values[0].1);
    if let Some(fewer) = fewer {
        assert!((step.saving.point - (fewer - found)).abs() < 1e-9 * found, "{step:?} {fewer}");
    }
}

/// The mean of the plan with fewer units in the best one's window; `None` where it breaks the limits.
fn values_of(values: &[(f64, String)], base: &str, more: f64, best: &str) -> Option<f64> {
    let window = best.rsplit(' ').next()?;
    let name = if more > 0.0 { format!("{base} and {more} {window}") } else { base.to_owned() };
    values.iter().find(|value| value.1 == name).map(|value| value.0)
}

/// Of many ways, those that cost the least are told by the terms that may be bought, and not by one that the offer sells besides.
#[test]
fn a_term_that_is_not_looked_at_has_no_part() {
    let found = |text: &str, windows: &[&str]| {
        let mut candidates = listed("0..=12", windows);
        candidates.by_offer.get_mut("u").unwrap().terms = Some(vec![Term::of_months(1)]);
        let open = parse_open("office.toml", text, Path::new(""), &[], &candidates).unwrap_or_else(|error| panic!("{error}"));
        let told = open.resolved.iter().find(|value| value.path.contains(".by_hours.")).unwrap();
        let plans: Vec<String> = open.scenario.supply.plans.iter().map(|plan| plan.name.clone()).collect();
        (told.value.clone(), told.note.clone(), plans)
    };
    let besides = OFFICE.replace("terms = { none", "terms = { \"6 months\" = \"0.2 USD/unit-hour\", none");
    for windows in [&["weekdays 8-20"][..], &[]] {
        let alone = found(OFFICE, windows);
        assert!(alone.2.len() > 30, "{alone:?}");
        assert_eq!(found(&besides, windows), alone);
    }
}

/// Where throttling is limited, a window may have to hold hours in which units do not pay: such windows are looked at too, and the answer here.
#[test]
fn limits_ask_for_wider_windows() {
    let tight = OFFICE.replace("900k tokens/h", "500k tokens/h").replace("\"4%\"", "\"2%\"");
    let found = |text: &str, windows: &[&str]| {
        let candidates = listed("0..=8", windows);
        let open = parse_open("office.toml", text, Path::new(""), &[], &candidates).unwrap_or_else(|error| panic!("{error}"));
        let told = open.resolved.iter().find(|value| value.path.contains(".by_hours.")).unwrap();
        let wish = Wish { candidates: &candidates, criterion: Criterion::MEAN };
        let sizing = size(&open.scenario, wish, &RunSpec::default()).unwrap().1;
        let leader = &sizing.judgement.leaders[0];
        assert!(leader.qualified);
        let mean = objective_samples(&sizing.scenario, &sizing.outcome, leader.plan).iter().sum::<f64>() / 60.0;
        let hours = sizing.scenario.supply.plans[leader.plan].commitments.iter().find_map(|commitment| commitment.schedule);
        (told.value.clone(), told.note.clone(), hours.map(|hours| hours.to_string()), mean)
    };
    let (paying, note, hours, mean) = found(&tight, &[]);
    let (_, also) = note.split_once("; as throttling is limited, also ").unwrap_or_else(|| panic!("{note}"));
    let hours = hours.unwrap();
    assert!(also.contains(&hours) && !paying.contains(&hours), "{hours}: {paying} ({note})");
    // The windows that pay cost a quarter more, or rather units all week long do, which then keep the limit alone.
    let (_, note, _, otherwise) = found(&tight, &paying.split(", ").collect::<Vec<_>>());
    assert!(!note.contains("also") && otherwise > 1.25 * mean, "{otherwise} {mean} {note}");
    // Without a limit on throttling nothing wider is looked at.
    let free = tight.replace("throttled_requests_share = \"2%\"\n", "");
    assert!(!found(&free, &[]).1.contains("also"));
}

fn command(folder: &Path, flags: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokentide"));
    command.arg("size").args(flags).current_dir(folder).output().expect("the command starts")
}

fn json(folder: &Path, flags: &[&str]) -> serde_json::Value {
    let ended = command(folder, &[&["office.toml", "--quiet", "--json"], flags].concat());
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    serde_json::from_slice(&ended.stdout).unwrap()
}

#[test]
fn what_is_looked_at_and_left_out_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("office.toml"), OFFICE).unwrap();
    // Nobody asked: the mean week says that it may be worth asking, and the fast engine serves.
    let told = json(folder.path(), &["--units=u=0..=4"]);
    let hint = &told["by_hours"][0];
    assert!(hint["not_looked_at"].as_str().unwrap().starts_with("weekdays"), "{told}");
    assert!(hint["saving_in_the_mean_week"].as_f64().unwrap() > 0.0);
    let plain = String::from_utf8(command(folder.path(), &["office.toml", "--quiet", "--units=u=0..=4"]).stdout).unwrap();
    assert!(plain.contains("`--hours u` looks at them") && plain.contains("kernel engine"), "{plain}");
    // Without a list the windows are those of the mean week.
    let told = json(folder.path(), &["--units=u=0..=4", "--hours=u"]);
    assert!(told["by_hours"][0]["looked_at"].as_str().unwrap().starts_with("weekdays"), "{told}");
    assert!(told["by_hours"][0]["note"].as_str().unwrap().starts_with("all "), "{told}");
    let bought = told["leaders"][0]["purchases"].as_array().unwrap();
    assert!(bought.iter().any(|purchase| purchase["hours"].as_str().is_some_and(|hours| hours.starts_with("weekdays"))), "{told}");
    assert_eq!(bought.iter().filter(|purchase| purchase["term"] == "1 month").count(), 1, "{told}");
    // Of many ways some are left out.
    let told = json(folder.path(), &["--units=u=0..=12", "--hours=u=weekdays 8-20"]);
    assert_eq!(told["by_hours"][0]["note"], "23 of 78 ways: for each number of units at once the 2 that cost the least in the mean week");
    // The units of the window are told with it.
    let ended = command(folder.path(), &["office.toml", "--quiet", "--units=u=0..=4", "--hours=u=weekdays 8-20", "--out=out"]);
    let text = String::from_utf8(ended.stdout).unwrap();
    assert!(text.contains("Unit by unit, `u` for w (weekdays 8-20)") && text.contains("Unit by unit, `u` for w (1 month)"), "{text}");
    let steps = std::fs::read_to_string(folder.path().join("out/units.csv")).unwrap();
    assert!(steps.lines().any(|line| line.ends_with(",weekdays 8-20")), "{steps}");
}

#[test]
fn what_cannot_be_looked_at_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("office.toml"), OFFICE).unwrap();
    let more =
        "[[offer]]\nname = \"bound\"\nkind = \"provisioned\"\ncapacity = \"1k tokens/h\"\nterms = { \"1 month\" = \"1 USD/unit-hour\" }\n";
    std::fs::write(folder.path().join("bound.toml"), format!("{OFFICE}{more}")).unwrap();
    let written = format!("{OFFICE}[[plan.purchase]]\noffer = \"u\"\nunits = 2\nterm = \"1 month\"\n");
    std::fs::write(folder.path().join("written.toml"), written).unwrap();
    for (file, flag, part) in [
        ("office.toml", "--hours=v", "`v` is no offer that sells units; allowed"),
        ("office.toml", "--hours=od", "`od` is no offer that sells units"),
        ("bound.toml", "--hours=bound", "`bound` sells no units without a term; allowed: offers with the term \"none\": u"),
        ("written.toml", "--hours=u", "hours.u: is bought as the plans write it"),
        ("written.toml", "--units=u=1", "--> command line:1:9"),
        ("office.toml", "--units=u=1.5", "units.u: holds 1.5, which cannot be bought\n --> command line:1:9"),
        ("office.toml", "--terms=u=2 months", "terms.u: is a term that the offer does not have"),
        ("office.toml", "--starts=u=7", "a month from 1 to 2"),
        ("office.toml", "--budget=-1", "is no budget; allowed"),
        ("office.toml", "--hours=u=mondays 8-20", "is no window of the week; allowed: days and hours such as"),
        ("office.toml", "--hours=u=8-30", "is no window of the week"),
    ] {
        let ended = command(folder.path(), &[file, "--quiet", flag]);
        let told = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{flag}: {told}");
        assert!(told.contains(part), "{flag}: {told}");
    }
}
