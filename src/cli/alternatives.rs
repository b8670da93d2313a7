//! `alternatives`: the same demand on other files' offers and plans, side by side.

use super::args::AlternativesArgs;
use super::files::OutputFolder;
use super::{Exit, console, interrupt, prices, progress, render, scenario};
use tokentide::decision;
use tokentide::error::Result;
use tokentide::report::{alternatives_answer, alternatives_file, alternatives_json};
use tokentide::scenario::Pair;
use tokentide::simulation::RunSpec;
use tokentide::spec::Override;

/// The file that is written.
const FILE: &str = "alternatives.csv";

/// Prints the answer.
pub(crate) fn alternatives(args: &AlternativesArgs) -> Result<Exit> {
    let changes = scenario::changes(&args.draws, None);
    let overrides: Vec<Override> = args.scenario.set.iter().chain(&changes).map(|text| Override::new(text)).collect::<Result<_>>()?;
    let pairs: Vec<Pair> =
        args.with.iter().map(|other| Pair::load_beside([&args.scenario.scenario, other], &overrides)).collect::<Result<_>>()?;
    let folder = args.out.as_deref().map(|path| OutputFolder::prepare(path, &[], &[FILE])).transpose()?;
    if !args.draws.quiet {
        if let Some(first) = pairs.first() {
            first.loaded[0].warnings.iter().for_each(|warning| render::warning(warning));
            prices::tell_ages(&first.loaded[0].scenario.supply.offers);
        }
        for pair in &pairs {
            prices::tell_ages(&pair.loaded[1].scenario.supply.offers);
        }
    }
    let stop = interrupt::listen();
    let threads = args.draws.threads.map(usize::from);
    let spec = RunSpec { replications: args.draws.replications, threads, stop: Some(&stop), ..RunSpec::default() };
    let spinner = progress::spinner("what other offers come to", args.draws.quiet);
    let found = decision::alternatives(&pairs, &args.map.iter().cloned().collect(), &spec);
    spinner.finish_and_clear();
    let ran = found?;
    if let Some(mut folder) = folder {
        folder.append(FILE, &alternatives_file(&ran.summary)?)?;
        folder.commit()?;
    }
    let Some(scenario) = pairs.first().map(|pair| &pair.loaded[0].scenario) else { return Ok(Exit::Done) };
    if args.json {
        console::print_document(&alternatives_json(scenario, &ran)?)?;
        return Ok(Exit::Done);
    }
    let currency = scenario.currency.code();
    console::print(|out| {
        let (replications, seed, engine) = (ran.replications, ran.seed, &ran.engine);
        writeln!(out, "{}\n\n{replications} replications, seed {seed}, {engine} engine.", alternatives_answer(&ran.summary, currency))
    })?;
    Ok(Exit::Done)
}
