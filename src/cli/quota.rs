//! `quota`: the figures that a vendor's form for a higher quota asks for.

use super::args::QuotaArgs;
use super::files::OutputFolder;
use super::scenario::plan_of;
use super::{Exit, console, interrupt, prices, progress, render, scenario};
use tokentide::decision::{self, QuotaWish};
use tokentide::error::Result;
use tokentide::report::{QUOTA_FILES, quota_answer, quota_files, quota_json};
use tokentide::simulation::RunSpec;

/// Prints the answer.
pub(crate) fn quota(args: &QuotaArgs) -> Result<Exit> {
    let loaded = scenario::load(&args.scenario, &scenario::changes(&args.draws, None))?;
    let scenario = &loaded.scenario;
    let plan = args.plan.as_deref().map_or(Ok(scenario.baseline), |name| plan_of(scenario, name))?;
    scenario::with_samples("quota", scenario.replications)?;
    let folder = args.out.as_deref().map(|path| OutputFolder::prepare(path, &[], &QUOTA_FILES)).transpose()?;
    if !args.draws.quiet {
        loaded.warnings.iter().for_each(|warning| render::warning(warning));
        prices::tell_ages(&scenario.supply.offers);
    }
    let wish = QuotaWish { percentile: args.percentile.0, growth: args.growth, long_prompt: args.long_input, by_hour: folder.is_some() };
    let stop = interrupt::listen();
    let bar = progress::bar(scenario.replications, args.draws.quiet);
    let tell = |done| bar.set_position(done);
    let threads = args.draws.threads.map(usize::from);
    let spec = RunSpec { threads, progress: Some(&tell), stop: Some(&stop), ..RunSpec::default() };
    let found = decision::quota(scenario, plan, wish, &spec);
    bar.finish_and_clear();
    let ran = found?;
    if let Some(mut folder) = folder {
        for (name, text) in QUOTA_FILES.into_iter().zip(quota_files(wish, &ran.summary)?) {
            folder.append(name, &text)?;
        }
        folder.commit()?;
    }
    if args.json {
        let document = quota_json(wish, &ran.summary)?;
        console::print_document(&document)?;
        return Ok(Exit::Done);
    }
    let (replications, seed) = (ran.replications, ran.seed);
    console::print(|out| {
        write!(out, "{}\n\n{replications} replications, seed {seed}.", quota_answer(scenario, plan, wish, &ran.summary))?;
        match &args.out {
            Some(folder) => writeln!(out, " Month by month and hour by hour: {}.", folder.display()),
            None => writeln!(out, " Month by month and hour by hour: --out DIR."),
        }
    })?;
    Ok(Exit::Done)
}
