//! `levers`: what could be done about the demand, and what each of it would do to a plan.

use super::args::LeversArgs;
use super::files::OutputFolder;
use super::scenario::plan_of;
use super::{Exit, console, interrupt, prices, progress, render, scenario};
use tokentide::decision::{self, LeverWish, Levers};
use tokentide::error::Result;
use tokentide::report::{levers_answer, levers_file, levers_json};
use tokentide::scenario::Lever;
use tokentide::simulation::{Engine, RunSpec};

/// The file that is written.
const FILE: &str = "levers.csv";

/// Prints the answer.
pub(crate) fn levers(args: &LeversArgs) -> Result<Exit> {
    let own = scenario::changes(&args.draws, None);
    let read = |changes: &[String]| scenario::load(&args.scenario, &own.iter().chain(changes).cloned().collect::<Vec<_>>());
    let loaded = read(&[])?;
    if let Some(plan) = &args.plan {
        plan_of(&loaded.scenario, plan)?;
    }
    let folder = args.out.as_deref().map(|path| OutputFolder::prepare(path, &[], &[FILE])).transpose()?;
    if !args.draws.quiet {
        loaded.warnings.iter().for_each(|warning| render::warning(warning));
        prices::tell_ages(&loaded.scenario.supply.offers);
    }
    let further: Vec<Lever> = args.lever.iter().chain(&args.moves).cloned().collect();
    let wish = LeverWish { plan: args.plan.as_deref(), further: &further, defaults: !args.own };
    let stop = interrupt::listen();
    let threads = args.draws.threads.map(usize::from);
    let spec = RunSpec { replications: args.draws.replications, threads, stop: Some(&stop), ..RunSpec::default() };
    let spinner = progress::spinner("what each lever does", args.draws.quiet);
    let found = decision::levers(&read, wish, &spec);
    spinner.finish_and_clear();
    let ran = found?;
    if let Some(mut folder) = folder {
        folder.append(FILE, &levers_file(&ran.summary)?)?;
        folder.commit()?;
    }
    if args.json {
        console::print_document(&levers_json(&loaded.scenario, &ran)?)?;
        return Ok(Exit::Done);
    }
    let currency = loaded.scenario.currency.code();
    console::print(|out| {
        let (replications, seed, engine) = (ran.replications, ran.seed, &ran.engine);
        let others = other_engines(&ran.summary, engine);
        writeln!(out, "{}\n\n{replications} replications, seed {seed}, {engine} engine{others}.", levers_answer(&ran.summary, currency))
    })?;
    Ok(Exit::Done)
}

/// The levers whose plans did not go the way of those without any, both sides of them, and the way that they went.
fn other_engines(found: &Levers, engine: &Engine) -> String {
    let is_kernel = |engine: &Engine| *engine == Engine::Kernel;
    let others = || found.effects.iter().filter(|effect| is_kernel(&effect.engine) != is_kernel(engine));
    let names: Vec<String> = others().map(|effect| format!("`{}`", effect.name)).collect();
    others()
        .next()
        .map_or_else(String::new, |first| format!("; {}, and what it is compared with: {} engine", names.join(", "), first.engine))
}
