//! Loading a scenario with the command line's changes to it, and finding a plan in it.

use super::args::{DrawArgs, SamplingArg, ScenarioArgs};
use tokentide::error::{Error, Result};
use tokentide::scenario::{self, Loaded, Scenario};
use tokentide::spec::{Override, nearest};
use tokentide::supply::Candidates;
use tokentide::tally::KEPT_REPLICATIONS;
use tokentide::units::Share;

/// Loads the scenario; `changes` of other flags follow those of `--set`, so that a flag wins over the file and over `--set`.
pub(crate) fn load(args: &ScenarioArgs, changes: &[String]) -> Result<Loaded> {
    scenario::load(&args.scenario, &overrides(args, changes)?)
}

/// The same with what its plans buy left open.
pub(crate) fn load_open(args: &ScenarioArgs, changes: &[String], candidates: &Candidates) -> Result<Loaded> {
    scenario::load_open(&args.scenario, &overrides(args, changes)?, candidates)
}

fn overrides(args: &ScenarioArgs, changes: &[String]) -> Result<Vec<Override>> {
    args.set.iter().chain(changes).map(|text| Override::new(text)).collect()
}

/// The changes that flags stand for. They go the way of `--set`, so that the resolved scenario is the one that was used.
pub(crate) fn changes(draws: &DrawArgs, baseline: Option<&str>) -> Vec<String> {
    let number = |path: &str, value: Option<u64>| value.map(|value| format!("{path}={value}"));
    let baseline = baseline.map(|name| format!("baseline={}", serde_json::Value::from(name)));
    let sampling = draws.sampling.map(SamplingArg::change);
    [number("replications", draws.replications), number("seed", draws.seed), sampling, baseline].into_iter().flatten().collect()
}

/// The plan of a name, or an error with the nearest one.
pub(crate) fn plan_of(scenario: &Scenario, name: &str) -> Result<usize> {
    plan_in(scenario, name, "the scenario")
}

/// The same of one of several scenarios, which messages call `what`.
pub(crate) fn plan_in(scenario: &Scenario, name: &str, what: &str) -> Result<usize> {
    let names = || scenario.supply.plans.iter().map(|plan| plan.name.as_str());
    names().position(|known| known == name).ok_or_else(|| {
        let help = nearest(name, names()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let known = names().take(8).map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
        let more = if names().count() > 8 { ", …" } else { "" };
        Error::usage(format!("--plan: `{}` is no plan of {what}; allowed: {known}{more}{help}", name.escape_debug()))
    })
}

/// Refuses more replications than have their samples kept.
pub(crate) fn with_samples(what: &str, replications: u64) -> Result<()> {
    if replications > KEPT_REPLICATIONS {
        return Err(Error::usage(too_many(what, "the samples of", replications, KEPT_REPLICATIONS)));
    }
    Ok(())
}

/// What is said of more replications than a command can take, wherever they were asked for.
pub(crate) fn too_many(what: &str, samples: &str, replications: u64, most: u64) -> String {
    format!("{what}: {samples} {replications} replications are not kept; allowed: up to {most}, as with `--replications {most}`")
}

/// Refuses a confidence of nothing, or in limits that are not there.
pub(crate) fn with_limits(what: &str, confidence: Option<Share>, scenario: &Scenario) -> Result<()> {
    match confidence {
        Some(share) if share.0 <= 0.0 => Err(Error::usage(format!("{what}: --confidence 0% asks for nothing; allowed: more than 0%"))),
        Some(_) if !scenario.limits.any() => Err(Error::usage(format!(
            "{what}: the scenario has no [limits] that --confidence could be about; allowed: with --max-throttled-share SHARE or \
             --max-throttled-hours HOURS"
        ))),
        _ => Ok(()),
    }
}
