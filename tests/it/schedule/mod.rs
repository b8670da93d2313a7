//! Schedules of purchases: against plans that `run` serves, against answers worked out by hand, and without looking ahead.

mod command;
mod plans;
mod waiting;

use std::path::Path;
use tokentide::decision::{Schedule, ScheduleWish, Simulated, Stage, schedule};
use tokentide::scenario::{Scenario, parse_open};
use tokentide::simulation::RunSpec;
use tokentide::supply::Candidates;

/// Charges what is owed, and makes nothing up beside a file's policies.
const WISH: ScheduleWish = ScheduleWish { charge_owed: true, made_up: false };

fn open(text: &str) -> Scenario {
    parse_open("schedule.toml", text, Path::new(""), &[], &Candidates::default()).unwrap_or_else(|error| panic!("{error}\n{text}")).scenario
}

fn scheduled(text: &str, wish: ScheduleWish, replications: u64, seed: u64) -> Schedule {
    let spec = RunSpec { replications: Some(replications), seed: Some(seed), ..RunSpec::default() };
    schedule(&open(text), wish, &spec).unwrap().summary
}

fn policy<'s>(stage: &'s Stage, name: &str) -> &'s Simulated {
    let names = || stage.policies.iter().map(|policy| policy.policy.name.as_str());
    let place = names().position(|known| known == name).unwrap_or_else(|| panic!("no {name} among {:?}", names().collect::<Vec<_>>()));
    &stage.policies[place]
}

/// In how many of the futures a policy's only purchase by rule is made, by month.
fn bought(policy: &Simulated) -> Vec<f64> {
    policy.bought.last().unwrap().iter().map(tokentide::statistics::Proportion::share).collect()
}
