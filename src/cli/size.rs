//! `size`: what to buy.

use super::args::{DrawArgs, GoalArg, SizeArgs};
use super::files::OutputFolder;
use super::{Exit, console, interrupt, prices, progress, render, run, scenario};
use std::collections::BTreeMap;
use tokentide::decision::{self, Criterion, Goal, Sizing, Wish, refined};
use tokentide::error::{Error, Result};
use tokentide::report::{
    FLIPS_FILE, Headlines, Provenance, Report, ReportFile, SIZING_FILES, flip_lines, flips_file, nines_table, notes, sizing_answer,
    sizing_files, steps_table, table,
};
use tokentide::scenario::Loaded;
use tokentide::simulation::RunSpec;
use tokentide::spec::nearest;
use tokentide::supply::{Candidates, Offer, OfferCandidates, OfferKind, Provisioned, Supply, Window};
use tokentide::units::Term;

/// How often lists of units that were made up are made finer around the best: each makes them twelve times as fine.
const REFINEMENTS: usize = 3;

/// Of which plans flips tell.
const FLIPS_AMONG: &str = "What would flip the answer, among the best plans of this search (of each route, and with more or less asked), those that buy a step or two more or less of one offer, and the baseline:";

/// Looks for the plan to buy and prints it.
pub(crate) fn size(args: &SizeArgs) -> Result<Exit> {
    let mut candidates = candidates(args);
    let mut loaded = scenario::load_open(&args.scenario, &changes(args), &candidates)?;
    known_offers(&loaded.scenario.supply, &candidates)?;
    sold_by_the_hour(&loaded.scenario.supply, &args.hours)?;
    scenario::with_limits("size", args.confidence, &loaded.scenario)?;
    let replications = loaded.scenario.replications;
    scenario::with_samples("size", replications)?;
    let files = ReportFile::of_run(false);
    let more = [&SIZING_FILES[..], &[FLIPS_FILE]].concat();
    let folder = args.out.as_deref().map(|path| OutputFolder::prepare(path, &files, &more)).transpose()?;
    if !args.draws.quiet {
        loaded.warnings.iter().for_each(|warning| render::warning(warning));
        prices::tell_ages(&loaded.scenario.supply.offers);
    }
    let goal = match args.by {
        GoalArg::Mean => Goal::Mean,
        GoalArg::P95 => Goal::P95,
        GoalArg::Cvar => Goal::Cvar95,
    };
    let criterion = Criterion { goal, budget: args.budget.map(|budget| (budget, args.budget_confidence.0)) };
    let stop = interrupt::listen();
    let bar = progress::bar(replications, args.draws.quiet);
    let tell = |done| bar.set_position(done);
    let threads = args.draws.threads.map(usize::from);
    let spec = RunSpec { threads, progress: Some(&tell), stop: Some(&stop), ..RunSpec::default() };
    let look = |loaded: &Loaded, candidates: &Candidates| {
        decision::size(&loaded.scenario, Wish { candidates, criterion }, &spec).inspect_err(|_| bar.finish_and_clear())
    };
    let (mut about, mut sizing) = look(&loaded, &candidates)?;
    for _ in 0..REFINEMENTS {
        let Some(finer) = refined(&loaded, &sizing, &candidates) else { break };
        candidates = finer;
        loaded = scenario::load_open(&args.scenario, &changes(args), &candidates)?;
        (about, sizing) = look(&loaded, &candidates)?;
    }
    if !args.hours.is_empty() {
        // Units in a window take the reference engine, so they are looked at once, when the lists are fine.
        for (offer, windows) in &args.hours {
            candidates.by_offer.entry(offer.clone()).or_default().hours = Some(windows.clone());
        }
        loaded = scenario::load_open(&args.scenario, &changes(args), &candidates)?;
        (about, sizing) = look(&loaded, &candidates)?;
    }
    bar.finish_and_clear();
    let sizing = sizing.with_notes(&loaded, &candidates);
    let wish = Wish { candidates: &candidates, criterion };
    let spinner = progress::spinner("what would flip the answer", args.draws.quiet);
    let flips = sizing.flips(wish, &RunSpec { progress: None, ..spec });
    spinner.finish_and_clear();
    let sizing = sizing.with_flips(run::unless_stopped(flips, &stop)?);
    let provenance = Provenance::new(&sizing.scenario, &about);
    let report = Report {
        scenario: &sizing.scenario,
        outcome: &sizing.outcome,
        judgement: &sizing.judgement,
        flips: &sizing.flips,
        held: &[],
        rare: None,
        provenance: &provenance,
        threads,
        headlines: &Headlines::default(),
    };
    if let Some(mut folder) = folder {
        report.write(&files, &mut |file, text| folder.append(file.name(), text))?;
        for (name, text) in sizing_files(&report, &sizing)? {
            folder.append(name, &text)?;
        }
        folder.append(FLIPS_FILE, &flips_file(&report)?)?;
        folder.commit()?;
    }
    if args.json {
        let document = sizing_files(&report, &sizing)?.pop().map_or_else(String::new, |(_, text)| text);
        console::print_document(&document)?;
    } else {
        print(args, &report, &sizing, wish)?;
    }
    let limited = args.max_throttled_share.is_some() || args.max_throttled_hours.is_some() || args.max_late_share.is_some();
    let asks = limited || args.confidence.is_some();
    let kept = sizing.judgement.leaders.iter().zip(&sizing.verdicts).all(|(leader, found)| leader.qualified && found.affordable);
    let missed = (asks || args.budget.is_some()) && !kept;
    Ok(match (provenance.is_complete(), missed) {
        (false, _) => Exit::Interrupted,
        (true, true) => Exit::Gate,
        (true, false) => Exit::Done,
    })
}

fn print(args: &SizeArgs, report: &Report<'_>, sizing: &Sizing, wish: Wish<'_>) -> Result<()> {
    let provenance = report.provenance;
    console::print(|out| {
        writeln!(out, "{}\n\n{}\n", sizing_answer(report, sizing, wish), table(report))?;
        for line in notes(report) {
            writeln!(out, "{line}\n")?;
        }
        // Of several leaders the first is shown unit by unit; the files hold all.
        for line in sizing.steps.first().into_iter().flatten() {
            writeln!(out, "{}\n", steps_table(line, report.scenario.currency.code()))?;
        }
        for leader in 0..sizing.judgement.leaders.len() {
            if let Some(table) = nines_table(sizing, leader) {
                writeln!(out, "{table}\n")?;
            }
        }
        let flips = flip_lines(report);
        if !flips.is_empty() {
            writeln!(out, "{FLIPS_AMONG}")?;
        }
        for line in flips {
            writeln!(out, "{line}")?;
        }
        let (replications, seed) = (provenance.replications, provenance.seed);
        write!(out, "\n{replications} replications, seed {seed}, {} engine.", provenance.engine)?;
        match &args.out {
            Some(folder) => writeln!(out, " All figures are in {}.", folder.display()),
            None => writeln!(out, " All figures: --out DIR."),
        }
    })
}

/// The changes of the scenario that the flags stand for.
fn changes(args: &SizeArgs) -> Vec<String> {
    let draws: &DrawArgs = &args.draws;
    let mut changes = scenario::changes(draws, args.baseline.as_deref());
    let share = |path: &str, share: Option<tokentide::units::Share>| share.map(|share| format!("limits.{path}=\"{share}\""));
    changes.extend(share("throttled_requests_share", args.max_throttled_share));
    changes.extend(share("missed_deadlines_share", args.max_late_share));
    changes.extend(args.max_throttled_hours.map(|hours| format!("limits.throttled_hours={hours:?}")));
    changes.extend(share("in_share_of_months", args.confidence));
    changes
}

/// Offers whose units are to be looked at by the hour of the week must sell them so.
fn sold_by_the_hour(supply: &Supply, hours: &[(String, Vec<Window>)]) -> Result<()> {
    for (name, _) in hours {
        let sold = supply.offers.iter().filter_map(|offer| match &offer.kind {
            OfferKind::Provisioned(provisioned) => Some((offer, provisioned)),
            _ => None,
        });
        let can = |(_, offer): &(&Offer, &Provisioned)| offer.terms.iter().any(|(term, _)| *term == Term::NONE);
        let (can, cannot): (Vec<_>, Vec<_>) = sold.partition(can);
        if can.iter().all(|(offer, _)| offer.name != *name) {
            let names = || can.iter().map(|(offer, _)| offer.name.as_str());
            let allowed = if can.is_empty() { "none of this scenario".to_owned() } else { names().collect::<Vec<_>>().join(", ") };
            let is_sold = cannot.iter().any(|(offer, _)| offer.name == *name);
            let problem = if is_sold { "sells no units without a term" } else { "is no offer that sells units" };
            let near = nearest(name, names()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(Error::usage(format!("--hours: `{name}` {problem}; allowed: offers with the term \"none\": {allowed}{near}")));
        }
    }
    Ok(())
}

fn candidates(args: &SizeArgs) -> Candidates {
    let mut by_offer: BTreeMap<String, OfferCandidates> = BTreeMap::new();
    for (offer, units) in &args.units {
        by_offer.entry(offer.clone()).or_default().units = Some(units.clone());
    }
    for (offer, terms) in &args.terms {
        by_offer.entry(offer.clone()).or_default().terms = Some(terms.clone());
    }
    for (offer, starts) in &args.starts {
        by_offer.entry(offer.clone()).or_default().starts = Some(starts.clone());
    }
    Candidates { by_offer, via_batch: true }
}

/// Offers named by flags must be there and sell units.
pub(crate) fn known_offers(supply: &Supply, candidates: &Candidates) -> Result<()> {
    let sold = || supply.offers.iter().filter(|offer| matches!(offer.kind, OfferKind::Provisioned(_))).map(|offer| offer.name.as_str());
    for name in candidates.by_offer.keys() {
        if !sold().any(|offer| offer == name) {
            let near = nearest(name, sold()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let all = sold().collect::<Vec<_>>().join(", ");
            return Err(Error::usage(format!("`{name}` is no offer that sells units; allowed: {all}{near}")));
        }
    }
    Ok(())
}
