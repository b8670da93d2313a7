//! `budget`: how likely spend exceeds a budget, when it is used up, and the reserve that holds.

use super::args::BudgetArgs;
use super::files::OutputFolder;
use super::scenario::plan_of;
use super::{Exit, console, interrupt, prices, progress, render, scenario};
use tokentide::decision::{self, BudgetWish};
use tokentide::error::Result;
use tokentide::report::{budget_answer, budget_file, budget_json};
use tokentide::simulation::RunSpec;

/// The file that is written.
const FILE: &str = "budget.csv";

/// Prints the answer.
pub(crate) fn budget(args: &BudgetArgs) -> Result<Exit> {
    let loaded = scenario::load(&args.scenario, &scenario::changes(&args.draws, None))?;
    let scenario = &loaded.scenario;
    let plan = args.plan.as_deref().map_or(Ok(scenario.baseline), |name| plan_of(scenario, name))?;
    let folder = args.out.as_deref().map(|path| OutputFolder::prepare(path, &[], &[FILE])).transpose()?;
    if !args.draws.quiet {
        loaded.warnings.iter().for_each(|warning| render::warning(warning));
        prices::tell_ages(&scenario.supply.offers);
    }
    let wish = BudgetWish { month: args.month, quarter: args.quarter, whole: args.whole, reserve: args.reserve.0 };
    let stop = interrupt::listen();
    let bar = progress::bar(scenario.replications, args.draws.quiet);
    let tell = |done| bar.set_position(done);
    let threads = args.draws.threads.map(usize::from);
    let spec = RunSpec { threads, progress: Some(&tell), stop: Some(&stop), ..RunSpec::default() };
    let found = decision::budget(scenario, plan, wish, &spec);
    bar.finish_and_clear();
    let ran = found?;
    if let Some(mut folder) = folder {
        folder.append(FILE, &budget_file(&ran.summary)?)?;
        folder.commit()?;
    }
    let exit = if ran.replications == ran.asked { Exit::Done } else { Exit::Interrupted };
    if args.json {
        console::print_document(&budget_json(scenario, plan, wish, &ran)?)?;
        return Ok(exit);
    }
    let (replications, seed) = (ran.replications, ran.seed);
    console::print(|out| {
        writeln!(out, "{}\n\n{replications} replications, seed {seed}.", budget_answer(scenario, plan, wish, &ran.summary))
    })?;
    Ok(exit)
}
