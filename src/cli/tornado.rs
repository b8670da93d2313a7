//! `tornado`: where the spread comes from.

use super::args::{MetricArg, TornadoArgs};
use super::files::OutputFolder;
use super::scenario::plan_of;
use super::{Exit, console, interrupt, prices, progress, render, scenario};
use tokentide::decision;
use tokentide::error::Result;
use tokentide::report::{TORNADO_FILE, tornado_answer, tornado_file, tornado_json};
use tokentide::simulation::RunSpec;
use tokentide::tally::Metric;

/// Prints the answer, plan by plan.
pub(crate) fn tornado(args: &TornadoArgs) -> Result<Exit> {
    let loaded = scenario::load(&args.scenario, &[])?;
    let scenario = &loaded.scenario;
    let mut plans = args.plan.iter().map(|name| plan_of(scenario, name)).collect::<Result<Vec<_>>>()?;
    if plans.is_empty() {
        plans.push(scenario.baseline);
    }
    scenario::with_samples("tornado", args.replications.unwrap_or(0))?;
    let folder = args.out.as_deref().map(|path| OutputFolder::prepare(path, &[], &[TORNADO_FILE])).transpose()?;
    if !args.quiet {
        loaded.warnings.iter().for_each(|warning| render::warning(warning));
        prices::tell_ages(&scenario.supply.offers);
    }
    let metric = match args.metric {
        MetricArg::Spend => Metric::CostTotal,
        MetricArg::Throttled => Metric::RequestsThrottledShare,
    };
    let stop = interrupt::listen();
    let threads = args.threads.map(usize::from);
    let spec = RunSpec { replications: args.replications, seed: args.seed, threads, stop: Some(&stop), ..RunSpec::default() };
    let spinner = progress::spinner("where the spread comes from", args.quiet);
    let found: Result<Vec<_>> = plans.into_iter().map(|plan| decision::tornado(scenario, plan, metric, &spec)).collect();
    spinner.finish_and_clear();
    let found = found?;
    if let Some(mut folder) = folder {
        folder.append(TORNADO_FILE, &tornado_file(scenario, &found)?)?;
        folder.commit()?;
    }
    if args.json {
        let document = tornado_json(scenario, &found)?;
        console::print_document(&document)?;
        return Ok(Exit::Done);
    }
    console::print(|out| {
        for tornado in &found {
            writeln!(out, "{}\n", tornado_answer(scenario, tornado))?;
        }
        let replications = found.first().map_or(0, |tornado| tornado.replications);
        writeln!(out, "{replications} replications of each run, seed {}.", args.seed.unwrap_or(scenario.seed))
    })?;
    Ok(Exit::Done)
}
