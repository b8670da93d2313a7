//! `compare`: what changed between two scenarios, and what that did to every headline.

use super::args::CompareArgs;
use super::files::OutputFolder;
use super::scenario::plan_in;
use super::{Exit, console, interrupt, prices, progress, render};
use std::path::Path;
use tokentide::decision;
use tokentide::error::{Error, Result};
use tokentide::report::{COMPARISON_FILE, PastComparison, PastRun, comparison, comparison_csv, comparison_json};
use tokentide::scenario::Pair;
use tokentide::simulation::RunSpec;
use tokentide::spec::Override;

/// Compares two scenario files, or two result folders.
pub(crate) fn compare(args: &CompareArgs) -> Result<Exit> {
    match (args.before.is_dir(), args.after.is_dir()) {
        (false, false) => scenarios(args),
        (true, true) => folders(args),
        (true, false) => Err(mismatched(&args.before, &args.after)),
        (false, true) => Err(mismatched(&args.after, &args.before)),
    }
}

fn mismatched(folder: &Path, file: &Path) -> Error {
    let (folder, file) = (folder.display(), file.display());
    Error::usage(format!("compare: {folder} is a folder and {file} is none; allowed: two scenario files, or two result folders"))
}

fn scenarios(args: &CompareArgs) -> Result<Exit> {
    let overrides: Vec<Override> = args.set.iter().map(|text| Override::new(text)).collect::<Result<_>>()?;
    let pair = Pair::load([&args.before, &args.after], &overrides)?;
    let names = pair.names();
    if let Some(plan) = &args.plan {
        for (loaded, file) in pair.loaded.iter().zip(names) {
            plan_in(&loaded.scenario, plan, file)?;
        }
    }
    let folder = folder(args)?;
    if !args.quiet {
        for (loaded, file) in pair.loaded.iter().zip(names) {
            loaded.warnings.iter().for_each(|warning| render::warning(&format!("{file}: {warning}")));
        }
        prices::tell_ages(&pair.loaded[1].scenario.supply.offers);
    }
    let stop = interrupt::listen();
    let spec = RunSpec {
        replications: args.replications,
        seed: args.seed,
        threads: args.threads.map(usize::from),
        stop: Some(&stop),
        ..RunSpec::default()
    };
    let spinner = progress::spinner("what each change did", args.quiet);
    let found = decision::compare(&pair, args.plan.as_deref(), &spec);
    spinner.finish_and_clear();
    let found = found?;
    let currency = pair.loaded[0].scenario.currency.code();
    write(folder, &comparison_csv(&found, currency)?)?;
    let text = if args.json { comparison_json(names, &found, currency)? } else { comparison(names, &found, currency) + "\n" };
    console::print_document(&text)?;
    Ok(Exit::Done)
}

fn folders(args: &CompareArgs) -> Result<Exit> {
    let flags = [
        ("--set", !args.set.is_empty()),
        ("--replications", args.replications.is_some()),
        ("--seed", args.seed.is_some()),
        ("--threads", args.threads.is_some()),
    ];
    if let Some((flag, _)) = flags.iter().find(|(_, given)| *given) {
        let text =
            format!("{flag}: result folders are compared as they are; allowed: --plan, --out, --json and --quiet, or two scenario files");
        return Err(Error::usage(text));
    }
    let runs = [PastRun::read(&args.before)?, PastRun::read(&args.after)?];
    let found = PastComparison::new(runs, args.plan.as_deref())?;
    write(folder(args)?, &found.csv()?)?;
    let text = if args.json { found.json()? } else { found.text() + "\n" };
    console::print_document(&text)?;
    Ok(Exit::Done)
}

/// The output folder, seen to be writable before the work.
fn folder(args: &CompareArgs) -> Result<Option<OutputFolder>> {
    args.out.as_deref().map(|path| OutputFolder::prepare(path, &[], &[COMPARISON_FILE])).transpose()
}

fn write(folder: Option<OutputFolder>, csv: &str) -> Result<()> {
    let Some(mut folder) = folder else { return Ok(()) };
    folder.append(COMPARISON_FILE, csv)?;
    folder.commit()
}
