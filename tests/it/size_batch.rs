//! Ways through batch as choices of `size`: against every plan written out, and what is left out.

use std::path::Path;
use std::process::Command;
use tokentide::decision::{Criterion, Wish, objective_samples, size};
use tokentide::scenario::{parse, parse_open};
use tokentide::simulation::{RunSpec, run};
use tokentide::supply::{Candidates, OfferCandidates, UnitsListSpec, UnitsSweepSpec};
use tokentide::tally::Columns;

const OFFERS: &str = r#"
name = "papers"
sampling = "plain"
seed = 5
replications = 60
[horizon]
flat = { months = 1, hours_per_month = 240 }
[limits]
throttled_requests_share = "4%"
in_share_of_months = "80%"
[[offer]]
name = "od-papers"
kind = "on-demand"
price = { input = "3 USD/1M tokens" }
quota = { rate = "900k tokens/h", weights = { input = 1 } }
[[offer]]
name = "od-chat"
kind = "on-demand"
price = { input = "9 USD/1M tokens" }
quota = { rate = "900k tokens/h", weights = { input = 1 } }
[[offer]]
name = "u"
kind = "provisioned"
capacity = "150k tokens/h"
terms = { "none" = "0.9 USD/unit-hour" }
[[offer]]
name = "v"
kind = "provisioned"
capacity = "150k tokens/h"
terms = { "none" = "0.35 USD/unit-hour" }
[[offer]]
name = "jobs"
kind = "batch"
price = { input = "1.2 USD/1M tokens" }
window = "24h"
minimum_records = 10
[[workload]]
name = "papers"
class = "deferrable"
deadline = "24h"
level = { mean = "300k tokens/h", sigma = 0.2, walk = "off" }
shape = "flat"
noise = { fast = { sd = 0.3, half_life = "2h" } }
requests = "none"
tokens = { mean = 1000, cv = 0, output_share = "0%" }
minute = { cv = 0.3, margin = "gamma" }
[[workload]]
name = "chat"
class = "interactive"
deferrable_share = "30%"
level = { mean = "400k tokens/h", sigma = 0.2, walk = "off" }
shape = "flat"
noise = { fast = { sd = 0.3, half_life = "2h" } }
requests = "none"
tokens = { mean = 1000, cv = 0, output_share = "0%" }
minute = { cv = 0.3, margin = "gamma" }
"#;

const PLANS: &str = r#"
[[plan]]
name = "on demand"
route = { papers = ["od-papers"], chat = ["od-chat"] }
[[plan]]
name = "units for chat"
route = { papers = ["od-papers"], chat = ["u", "od-chat"] }
[[plan]]
name = "units for papers"
route = { papers = ["v", "od-papers"], chat = ["od-chat"] }
"#;

/// The file's plans and those through batch, units written out.
const WRITTEN_OUT: [(&str, &str, &str, &str); 10] = [
    ("on demand", "'od-papers'", "'od-chat'", "'od-chat'"),
    ("units for chat", "'od-papers'", "'u', 'od-chat'", "'u', 'od-chat'"),
    ("units for papers", "'v', 'od-papers'", "'od-chat'", "'od-chat'"),
    ("on demand with papers via jobs", "'jobs', 'od-papers'", "'od-chat'", "'od-chat'"),
    ("on demand with chat.deferrable via jobs", "'od-papers'", "'od-chat'", "'jobs', 'od-chat'"),
    ("on demand with papers and chat.deferrable via jobs", "'jobs', 'od-papers'", "'od-chat'", "'jobs', 'od-chat'"),
    ("units for chat with papers via jobs", "'jobs', 'od-papers'", "'u', 'od-chat'", "'u', 'od-chat'"),
    ("units for chat with chat.deferrable via jobs", "'od-papers'", "'u', 'od-chat'", "'jobs', 'u', 'od-chat'"),
    ("units for chat with papers and chat.deferrable via jobs", "'jobs', 'od-papers'", "'u', 'od-chat'", "'jobs', 'u', 'od-chat'"),
    ("units for papers with chat.deferrable via jobs", "'v', 'od-papers'", "'od-chat'", "'jobs', 'od-chat'"),
];

fn listed() -> Candidates {
    let of = |list: &str| {
        let list: UnitsListSpec = list.parse().unwrap();
        OfferCandidates { units: Some(UnitsSweepSpec::One(list)), ..OfferCandidates::default() }
    };
    Candidates { by_offer: [("u".to_owned(), of("0..=4")), ("v".to_owned(), of("0..=3"))].into(), via_batch: true }
}

/// The best and the next best of the search are those of all plans written out; the plans through batch are those, and no more.
#[test]
fn the_search_finds_what_every_route_written_out_comes_to() {
    let mut text = OFFERS.to_owned();
    for (number, (_, papers, chat, deferrable)) in WRITTEN_OUT.iter().enumerate() {
        let swept = if chat.contains("'u'") { "u = '0..=4'" } else { "v = '0..=3'" };
        let sweep =
            if chat.contains("'u'") || papers.contains("'v'") { format!("sweep = {{ units = {{ {swept} }} }}") } else { String::new() };
        text += &format!(
            "[[plan]]\nname = \"{number}\"\nroute = {{ papers = [{papers}], chat = [{chat}], \"chat.deferrable\" = [{deferrable}] }}\n{sweep}\n"
        );
    }
    let all = parse("all.toml", &text, Path::new(""), &[]).unwrap_or_else(|error| panic!("{error}")).scenario;
    let spec = RunSpec::default();
    let outcome = run(&all, &spec, &Columns).unwrap().summary;
    let keeps = |plan: &usize| outcome.months_kept(&outcome.excess(&all, *plan)).0.estimate().point >= 0.8;
    let mean = |plan: usize| objective_samples(&all, &outcome, plan).iter().sum::<f64>() / 60.0;
    let mut values: Vec<(f64, usize)> =
        (0..all.supply.plans.len()).filter(keeps).map(|plan| (mean(plan), all.supply.plans[plan].base.parse().unwrap())).collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    values.dedup_by(|a, b| (a.0 - b.0).abs() < 1e-9 * b.0);
    assert!(values.len() > 10, "{}", values.len());
    let candidates = listed();
    let open =
        parse_open("papers.toml", &format!("{OFFERS}{PLANS}"), Path::new(""), &[], &candidates).unwrap_or_else(|error| panic!("{error}"));
    let sizing = size(&open.scenario, Wish { candidates: &candidates, criterion: Criterion::MEAN }, &spec).unwrap().1;
    let sizing = sizing.with_notes(&open, &candidates);
    let mut looked_at: Vec<&str> = sizing.via_batch.iter().map(|name| name.trim_matches('`')).collect();
    looked_at.sort_unstable();
    let mut want: Vec<&str> = WRITTEN_OUT[3..].iter().map(|way| way.0).collect();
    want.sort_unstable();
    assert_eq!(looked_at, want);
    assert!(sizing.not_via_batch.is_empty(), "{:?}", sizing.not_via_batch);
    let leader = &sizing.judgement.leaders[0];
    let plan = &sizing.scenario.supply.plans[leader.plan];
    let found = objective_samples(&sizing.scenario, &sizing.outcome, leader.plan).iter().sum::<f64>() / 60.0;
    assert!((found / values[0].0 - 1.0).abs() < 1e-6, "{} at {found}, not {:?}", plan.name, values[0]);
    assert_eq!(plan.base, WRITTEN_OUT[values[0].1].0);
    assert!(values[0].1 > 2, "batch is the cheapest here: {:?}", values[0]);
    let lead = sizing.verdicts[0].lead.unwrap().point;
    assert!((lead - (values[1].0 - values[0].0)).abs() < 1e-5 * found, "{lead}: {:?}", &values[..2]);
}

fn told(text: &str) -> serde_json::Value {
    told_with(text, &["--units=u=0..=2", "--units=v=0..=1"])
}

fn told_with(text: &str, units: &[&str]) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("papers.toml"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokentide"));
    let flags = ["size", "papers.toml", "--quiet", "--json"];
    let ended = command.args(flags).args(units).current_dir(folder.path()).output().expect("the command starts");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    serde_json::from_slice(&ended.stdout).unwrap()
}

/// Deadlines are kept: where jobs count as done in time, by what the offer states; where they take their time, by a limit.
#[test]
fn work_that_would_be_late_stays_where_it_is() {
    let text = format!("{OFFERS}{PLANS}");
    let all = told(&text);
    assert_eq!(all["via_batch"].as_array().unwrap().len(), 7, "{all}");
    let hasty = told(&text.replace("deadline = \"24h\"\n", "deadline = \"12h\"\n"));
    assert_eq!(
        hasty["not_via_batch"][0], "`papers` through `jobs`, whose jobs are done within 24 h, and it must be within 12 h",
        "{hasty}"
    );
    assert_eq!(hasty["via_batch"].as_array().unwrap().len(), 3, "{hasty}");
    let slow =
        text.replace("minimum_records = 10\n", "minimum_records = 10\ncompletion = { mean = \"20h\", p95 = \"40h\" }\nexpiry = \"48h\"\n");
    let unlimited = told(&slow);
    let why = unlimited["not_via_batch"][0].as_str().unwrap();
    assert!(why.contains("no `missed_deadlines_share`") && unlimited["via_batch"].as_array().unwrap().is_empty(), "{unlimited}");
}

/// A route that the file has through batch already is not made again.
#[test]
fn what_goes_to_batch_already_is_left_alone() {
    let text = format!("{OFFERS}{PLANS}").replace("papers = [\"od-papers\"]", "papers = [\"jobs\", \"od-papers\"]");
    let told = told(&text.replace("deferrable_share = \"30%\"\n", ""));
    assert!(told["via_batch"].as_array().unwrap().is_empty(), "{told}");
}

/// Two plans that buy nothing are two where their work goes different ways.
#[test]
fn a_rival_may_buy_nothing_too() {
    let alone = &PLANS[..PLANS.match_indices("[[plan]]").nth(1).unwrap().0];
    let leader = &told_with(&format!("{OFFERS}{alone}"), &[])["leaders"][0];
    assert_eq!(leader["plan"], "on demand with papers and chat.deferrable via jobs", "{leader}");
    // Chat costs the more of the two on demand, by 0.3 × 400k × 7.8 against 300k × 1.8.
    assert_eq!(leader["runner_up"], "on demand with chat.deferrable via jobs", "{leader}");
    assert!((leader["lead"]["point"].as_f64().unwrap() / (240.0 * 0.3 * 1.8) - 1.0).abs() < 0.1, "{leader}");
}

/// Units of any size behind batch, which takes all there is: in no hour of the week is there anything for them.
#[test]
fn units_that_nothing_comes_to_have_no_hours() {
    let plan = "[[plan]]\nname = \"behind\"\nroute = { papers = [\"jobs\", \"v\", \"od-papers\"], chat = [\"od-chat\"] }\n\
                sweep = { units = { v = \"0..=2\" } }\n";
    let capacity = "capacity = \"150k tokens/h\"\n";
    let text = OFFERS.replace(capacity, &format!("{capacity}increment = \"any\"\n")) + plan;
    let told = told_with(&text, &[]);
    assert!(told["by_hours"].as_array().unwrap().is_empty(), "{told}");
}
