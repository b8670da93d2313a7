//! `schedule`: purchases over time.

use super::args::ScheduleArgs;
use super::files::OutputFolder;
use super::scenario::too_many;
use super::{Exit, console, interrupt, prices, progress, render, scenario};
use tokentide::decision::{self, Schedule, ScheduleWish};
use tokentide::error::{Error, Result};
use tokentide::report::{SCHEDULE_FILES, schedule_answer, schedule_files};
use tokentide::simulation::RunSpec;
use tokentide::supply::Candidates;

/// What hundreds of policies come to in so many futures is kept at most: about a gigabyte.
const MOST: u64 = 50_000;

/// Simulates policies and prints which to follow.
pub(crate) fn schedule(args: &ScheduleArgs) -> Result<Exit> {
    let loaded = scenario::load_open(&args.scenario, &changes(args), &Candidates::default())?;
    let scenario = &loaded.scenario;
    scenario::with_limits("schedule", args.confidence, scenario)?;
    let replications = scenario.replications;
    if replications > MOST {
        return Err(Error::usage(too_many("schedule", "what policies come to in", replications, MOST)));
    }
    let folder = args.out.as_deref().map(|path| OutputFolder::prepare(path, &[], &SCHEDULE_FILES)).transpose()?;
    if !args.draws.quiet {
        loaded.warnings.iter().for_each(|warning| render::warning(warning));
        prices::tell_ages(&scenario.supply.offers);
    }
    let stop = interrupt::listen();
    let spinner = progress::spinner("what schedules come to", args.draws.quiet);
    let spec = RunSpec { threads: args.draws.threads.map(usize::from), stop: Some(&stop), ..RunSpec::default() };
    let wish = ScheduleWish { charge_owed: !args.leave_out_owed, made_up: args.made_up };
    let found = decision::schedule(scenario, wish, &spec);
    spinner.finish_and_clear();
    let ran = found?;
    let mut files = schedule_files(scenario, &ran.summary)?;
    if let Some(mut folder) = folder {
        for (name, text) in &files {
            folder.append(name, text)?;
        }
        folder.commit()?;
    }
    let asks = args.max_throttled_share.is_some() || args.max_throttled_hours.is_some() || args.confidence.is_some();
    let kept = ran.summary.stages.iter().filter_map(|stage| stage.policies.first()).all(|first| first.keeps_limits);
    let exit = if asks && !kept { Exit::Gate } else { Exit::Done };
    if args.json {
        let document = files.pop().map_or_else(String::new, |(_, text)| text);
        console::print_document(&document)?;
        return Ok(exit);
    }
    let (replications, seed) = (ran.replications, ran.seed);
    console::print(|out| {
        let engines = engines(&ran.summary);
        write!(out, "{}\n\n{replications} replications, seed {seed}, {engines}.", schedule_answer(scenario, &ran.summary, wish))?;
        match &args.out {
            Some(folder) => writeln!(out, " All figures are in {}.", folder.display()),
            None => writeln!(out, " All figures: --out DIR."),
        }
    })?;
    Ok(exit)
}

/// `kernel engine`, or both where pools went different ways.
fn engines(found: &Schedule) -> String {
    let mut names: Vec<String> = found.stages.iter().map(|stage| stage.engine.to_string()).collect();
    names.sort_unstable();
    names.dedup();
    format!("{} engine{}", names.join(" and "), if names.len() > 1 { "s" } else { "" })
}

/// The changes of the scenario that the flags stand for.
fn changes(args: &ScheduleArgs) -> Vec<String> {
    let mut changes = scenario::changes(&args.draws, None);
    changes.extend(args.max_throttled_share.map(|share| format!("limits.throttled_requests_share=\"{share}\"")));
    changes.extend(args.max_throttled_hours.map(|hours| format!("limits.throttled_hours={hours:?}")));
    changes.extend(args.confidence.map(|share| format!("limits.in_share_of_months=\"{share}\"")));
    changes
}
