//! Loading a scenario with the command line's changes to it.

use super::args::{DrawArgs, ScenarioArgs};
use tokentide::error::Result;
use tokentide::scenario::{self, Loaded};
use tokentide::spec::Override;

/// Loads the scenario; `changes` of other flags follow those of `--set`, so that a flag wins over the file and over `--set`.
pub(crate) fn load(args: &ScenarioArgs, changes: &[String]) -> Result<Loaded> {
    let overrides = args.set.iter().chain(changes).map(|text| Override::new(text)).collect::<Result<Vec<_>>>()?;
    scenario::load(&args.scenario, &overrides)
}

/// The changes that flags stand for. They go the way of `--set`, so that the resolved scenario is the one that was used.
pub(crate) fn changes(draws: &DrawArgs, baseline: Option<&str>) -> Vec<String> {
    let number = |path: &str, value: Option<u64>| value.map(|value| format!("{path}={value}"));
    let baseline = baseline.map(|name| format!("baseline={}", serde_json::Value::from(name)));
    [number("replications", draws.replications), number("seed", draws.seed), baseline].into_iter().flatten().collect()
}
