//! `inspect`: one future under one plan, hour by hour, as CSV.

use super::args::InspectArgs;
use super::{Exit, console, scenario};
use tokentide::error::{Error, Result};
use tokentide::report::write_hours;
use tokentide::scenario::Scenario;
use tokentide::spec::nearest;

/// Prints the hours.
pub(crate) fn inspect(args: &InspectArgs) -> Result<Exit> {
    let seed = args.seed.map(|seed| format!("seed={seed}"));
    let loaded = scenario::load(&args.scenario, seed.as_slice())?;
    let scenario = &loaded.scenario;
    let plan = plan_of(scenario, &args.plan)?;
    console::print_pieces(|put| write_hours(scenario, scenario.seed, args.replication, plan, put))?;
    Ok(Exit::Done)
}

/// The plan of a name, or an error with the nearest one.
fn plan_of(scenario: &Scenario, name: &str) -> Result<usize> {
    let names = || scenario.supply.plans.iter().map(|plan| plan.name.as_str());
    names().position(|known| known == name).ok_or_else(|| {
        let help = nearest(name, names()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let known = names().take(8).map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
        let more = if names().count() > 8 { ", …" } else { "" };
        Error::usage(format!("--plan: `{}` is no plan of the scenario; allowed: {known}{more}{help}", name.escape_debug()))
    })
}
