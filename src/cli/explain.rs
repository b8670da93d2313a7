//! `explain`: why a plan throttles, and what would help.

use super::args::{DrawArgs, ExplainArgs};
use super::scenario::plan_of;
use super::{Exit, console, interrupt, render, scenario};
use tokentide::decision;
use tokentide::error::Result;
use tokentide::report::explanation;
use tokentide::simulation::RunSpec;

/// Prints the explanation.
pub(crate) fn explain(args: &ExplainArgs) -> Result<Exit> {
    // The replications stay out of the changes: fewer than the scenario's suffice.
    let draws = DrawArgs { replications: None, ..args.draws.clone() };
    let loaded = scenario::load(&args.scenario, &scenario::changes(&draws, None))?;
    let scenario = &loaded.scenario;
    let plan = plan_of(scenario, &args.plan)?;
    if !args.draws.quiet {
        loaded.warnings.iter().for_each(|warning| render::warning(warning));
    }
    let stop = interrupt::listen();
    let spec = RunSpec {
        replications: args.draws.replications,
        threads: args.draws.threads.map(usize::from),
        stop: Some(&stop),
        ..RunSpec::default()
    };
    let found = decision::explain(scenario, plan, &spec)?;
    console::print(|out| writeln!(out, "{}", explanation(scenario, plan, &found)))?;
    Ok(Exit::Done)
}
