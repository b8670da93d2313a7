//! `inspect`: one future under one plan, hour by hour, as CSV.

use super::args::{InspectArgs, SamplingArg};
use super::scenario::plan_of;
use super::{Exit, console, scenario};
use tokentide::error::Result;
use tokentide::report::write_hours;

/// Prints the hours.
pub(crate) fn inspect(args: &InspectArgs) -> Result<Exit> {
    let seed = args.seed.map(|seed| format!("seed={seed}"));
    let changes: Vec<String> = seed.into_iter().chain(args.sampling.map(SamplingArg::change)).collect();
    let loaded = scenario::load(&args.scenario, &changes)?;
    let scenario = &loaded.scenario;
    let plan = plan_of(scenario, &args.plan)?;
    console::print_pieces(|put| write_hours(scenario, scenario.seed, args.replication, plan, put))?;
    Ok(Exit::Done)
}
