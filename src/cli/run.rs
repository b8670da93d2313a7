//! `run`: draws the futures, judges the plans, writes the files, prints the answer.

use super::args::{Engine, Figure, RunArgs};
use super::files::OutputFolder;
use super::{Exit, console, gates, interrupt, prices, progress, render, scenario};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use tokentide::decision::{
    Criterion, Effort, Flip, Held, Judgement, Precise, PreciseOf, Precision, RARE, Rare, draw_until, flips, held, judge_on, rare,
};
use tokentide::error::{ErrorKind, Result};
use tokentide::report::{
    FLIPS_FILE, Headlines, Provenance, Report, ReportFile, answer, flip_lines, flips_file, hours_walked, notes, table,
};
use tokentide::scenario::{Loaded, Scenario};
use tokentide::simulation::{Engine as Taken, EngineChoice, Run, RunSpec, beside, run as simulate};
use tokentide::spec::Provenance as Source;
use tokentide::statistics::Sampling;
use tokentide::tally::{BoundedColumns, KEPT_REPLICATIONS, Outcome};
use tokentide::units::Share;

/// The most replications that a precision takes unless the user says how many: 2²⁰.
const MOST_FOR_PRECISION: u64 = 1 << 20;

/// Runs a scenario.
pub(crate) fn run(args: &RunArgs) -> Result<Exit> {
    let loaded = scenario::load(&args.scenario, &scenario::changes(&args.draws, args.baseline.as_deref()))?;
    if args.engine == Engine::Kernel {
        choice(args.engine).check(&loaded.scenario)?;
    }
    let replications = loaded.scenario.replications;
    if args.samples && args.precision.is_none() {
        scenario::with_samples("--samples", replications)?;
    }
    let files = ReportFile::of_run(args.samples);
    let folder = args.out.as_deref().map(|path| OutputFolder::prepare(path, &files, &[FLIPS_FILE])).transpose()?;
    if !args.draws.quiet {
        loaded.warnings.iter().for_each(|warning| render::warning(warning));
        prices::tell_ages(&loaded.scenario.supply.offers);
    }
    let stop = interrupt::listen();
    let Found { run, judgement, flips, held, precise, rare } = work(args, &loaded, &stop)?;
    let provenance = Provenance::new(&loaded.scenario, &run).with_precision(precise);
    let report = Report {
        scenario: &loaded.scenario,
        outcome: &run.summary,
        judgement: &judgement,
        flips: &flips,
        held: &held,
        rare: rare.as_ref(),
        provenance: &provenance,
        threads: args.draws.threads.map(usize::from),
        headlines: &Headlines::default(),
    };
    let mut shown = String::new();
    let mut show = || {
        if !args.json {
            shown = told(&report);
        }
    };
    let written = match folder {
        Some(folder) => {
            write(&report, folder, &files, show)?;
            args.out.clone()
        }
        None => {
            show();
            None
        }
    };
    if args.json {
        json(&report)?;
    } else {
        print(&shown, written.as_ref())?;
    }
    let missed = gates::missed(&report, &args.gates);
    missed.iter().for_each(|text| render::gate(text));
    Ok(match (provenance.is_complete(), missed.is_empty()) {
        (false, _) => Exit::Interrupted,
        (true, false) => Exit::Gate,
        (true, true) if precise.is_some_and(|precise| !precise.met) => Exit::Incomplete,
        (true, true) => Exit::Done,
    })
}

fn choice(engine: Engine) -> EngineChoice {
    match engine {
        Engine::Auto => EngineChoice::Auto,
        Engine::Kernel => EngineChoice::Kernel,
        Engine::Reference => EngineChoice::Reference,
    }
}

/// All that a run finds.
struct Found {
    run: Run<Outcome>,
    judgement: Judgement,
    flips: Vec<Vec<Flip>>,
    held: Vec<Held>,
    precise: Option<Precise>,
    rare: Option<Rare>,
}

/// The run and its judgement, and how precise it is where that was asked.
fn draw(args: &RunArgs, scenario: &Scenario, spec: &RunSpec<'_>) -> Result<(Run<Outcome>, Judgement, Option<Precise>)> {
    let Some(Share(share)) = args.precision else {
        let run = simulate(scenario, spec, &BoundedColumns::default())?;
        let judgement = judge_on(spec.threads, scenario, &run.summary)?;
        return Ok((run, judgement, None));
    };
    let of = match args.precision_of {
        Figure::P95 => PreciseOf::P95,
        Figure::Difference => PreciseOf::Difference,
    };
    let (run, judgement, precise) = draw_until(scenario, spec, Precision { share, of }, most(args))?;
    Ok((run, judgement, Some(precise)))
}

/// The most replications that a precision may take.
fn most(args: &RunArgs) -> u64 {
    let most = args.draws.replications.unwrap_or(MOST_FOR_PRECISION);
    if args.samples { most.min(KEPT_REPLICATIONS) } else { most }
}

/// The long part: the run, the judgement, what would flip it and what `max_tokens` does.
fn work(args: &RunArgs, loaded: &Loaded, stop: &AtomicBool) -> Result<Found> {
    let scenario = &loaded.scenario;
    let bar = progress::bar(if args.precision.is_some() { most(args) } else { scenario.replications }, args.draws.quiet);
    let tell = |done| bar.set_position(done);
    let engine = choice(args.engine);
    let threads = args.draws.threads.map(usize::from);
    let spec = RunSpec { threads, engine, progress: Some(&tell), stop: Some(stop), ..RunSpec::default() };
    let drawn = draw(args, scenario, &spec);
    bar.finish_and_clear();
    let (run, judgement, precise) = drawn?;
    let spinner = progress::spinner("what would flip the answer", args.draws.quiet);
    // Changed scenarios may need the reference where this one does not.
    let engine = if engine == EngineChoice::Reference { engine } else { EngineChoice::Auto };
    let further = RunSpec { progress: None, engine, ..spec };
    let flips = unless_stopped(flips(scenario, &run.summary, &judgement, Criterion::MEAN, &further), stop);
    let looked_at: BTreeSet<usize> = judgement.leaders.iter().map(|leader| leader.plan).chain([scenario.baseline]).collect();
    let held = unless_stopped(held(scenario, &Vec::from_iter(looked_at), &further), stop);
    let asked = loaded.resolved.iter().any(|value| value.path == "sampling" && value.provenance == Source::Given);
    let effort = match (asked, &run.engine) {
        _ if args.no_rare => None,
        (true, _) => Some(Effort::FULL),
        (false, Taken::Kernel) if run.replications as f64 >= 1.0 / RARE => Some(Effort::LITTLE),
        // On the reference it takes longer than the run.
        _ => None,
    };
    let rare = effort.map_or(Ok(None), |effort| rarely(scenario, &judgement, effort, &further));
    // What tells nothing surer is for those who asked.
    let rare = rare.map(|rare| Vec::from_iter(rare.filter(|rare| asked || rare.interval.is_some())));
    let rare = unless_stopped(rare, stop);
    spinner.finish_and_clear();
    // Flips compare with the leaders as they were found; what is told names what is the same once.
    let judgement = judgement.without_doubles(scenario);
    Ok(Found { run, judgement, flips: flips?, held: held?, precise, rare: rare?.pop() })
}

/// How likely the recommended plan breaks the limits, where the run saw that too seldom to tell. Plain sampling stays plain.
fn rarely(scenario: &Scenario, judgement: &Judgement, effort: Effort, spec: &RunSpec<'_>) -> Result<Option<Rare>> {
    match judgement.recommended() {
        Some(leader) if leader.qualified && scenario.limits.any() && scenario.sampling == Sampling::Sobol => {
            let broken = 1.0 - judgement.standings[leader.plan].months_kept.estimate().point;
            if broken < RARE { rare(scenario, leader.plan, effort, spec) } else { Ok(None) }
        }
        _ => Ok(None),
    }
}

/// What comes after the run; nothing where it was not wanted any more. The run itself is complete.
pub(super) fn unless_stopped<T>(found: Result<Vec<T>>, stop: &AtomicBool) -> Result<Vec<T>> {
    match found {
        _ if stop.load(Ordering::Relaxed) => Ok(Vec::new()),
        Err(error) if matches!(error.kind(), ErrorKind::Interrupted) => Ok(Vec::new()),
        found => found,
    }
}

/// Writes all files into the folder; `meanwhile` is done while they are seen down to the disk.
fn write(report: &Report<'_>, mut folder: OutputFolder, files: &[ReportFile], meanwhile: impl FnOnce()) -> Result<()> {
    // First, as the summary's presence says that the others are complete.
    folder.append(FLIPS_FILE, &flips_file(report)?)?;
    report.write(files, &mut |file, text| folder.append(file.name(), text))?;
    let mut committed = Ok(());
    beside(report.threads, || committed = folder.commit(), meanwhile)?;
    committed
}

fn json(report: &Report<'_>) -> Result<()> {
    // Gathered first, so that an error leaves no half document.
    let mut text = String::new();
    report.write(&[ReportFile::Summary], &mut |_, piece| {
        text.push_str(piece);
        Ok(())
    })?;
    console::print_document(&text)
}

/// What is printed, but for where the files are.
fn told(report: &Report<'_>) -> String {
    let plans = report.scenario.supply.plans.len();
    let provenance = report.provenance;
    let mut text = format!("{}\n\n{}\n\n", answer(report), table(report));
    for line in notes(report) {
        text.extend([line.as_str(), "\n\n"]);
    }
    for line in flip_lines(report) {
        text.extend([line.as_str(), "\n"]);
    }
    let plural = if plans == 1 { "" } else { "s" };
    let walked = hours_walked(report).map_or_else(String::new, |walked| format!(", {walked}"));
    let Provenance { replications, seed, engine, .. } = provenance;
    text + &format!("\n{plans} plan{plural}, {replications} replications, seed {seed}, {engine} engine{walked}.")
}

fn print(told: &str, written: Option<&PathBuf>) -> Result<()> {
    console::print(|out| {
        out.write_all(told.as_bytes())?;
        match written {
            Some(folder) => writeln!(out, " All plans are in {}.", folder.display()),
            None => writeln!(out, " All plans: --out DIR."),
        }
    })
}
