//! `breakeven --pays-in`: at which price units pay in a share of the futures.

use super::args::{BreakevenArgs, ScenarioArgs};
use super::files::OutputFolder;
use super::size::known_offers;
use super::{Exit, console, interrupt, prices, progress, render, scenario};
use tokentide::decision::{self, Criterion, Wish};
use tokentide::error::Result;
use tokentide::report::{
    SURFACE_FILES, shown, surface_answer, surface_files, surface_json, surface_notes, surface_table, unit_prices_table,
};
use tokentide::simulation::RunSpec;
use tokentide::supply::{Candidates, OfferCandidates};

/// Prints the answer.
pub(crate) fn surface(place: &ScenarioArgs, args: &BreakevenArgs, share: f64) -> Result<Exit> {
    let of_offer =
        |(offer, units): &(String, _)| (offer.clone(), OfferCandidates { units: Some(Clone::clone(units)), ..OfferCandidates::default() });
    let candidates = Candidates { by_offer: args.surface.buy.iter().map(of_offer).collect(), ..Candidates::default() };
    let loaded = scenario::load_open(place, &scenario::changes(&args.draws, None), &candidates)?;
    let scenario = &loaded.scenario;
    known_offers(&scenario.supply, &candidates)?;
    let replications = scenario.replications;
    scenario::with_samples("breakeven", replications)?;
    let folder = args.surface.out.as_deref().map(|path| OutputFolder::prepare(path, &[], &SURFACE_FILES)).transpose()?;
    if !args.draws.quiet {
        loaded.warnings.iter().for_each(|warning| render::warning(warning));
        prices::tell_ages(&scenario.supply.offers);
    }
    let stop = interrupt::listen();
    let bar = progress::bar(replications, args.draws.quiet);
    let tell = |done| bar.set_position(done);
    let threads = args.draws.threads.map(usize::from);
    let spec = RunSpec { threads, progress: Some(&tell), stop: Some(&stop), ..RunSpec::default() };
    let found = decision::surface(scenario, Wish { candidates: &candidates, criterion: Criterion::MEAN }, share, &spec);
    bar.finish_and_clear();
    let ran = found?;
    let surface = &ran.summary;
    if let Some(mut folder) = folder {
        for (name, text) in surface_files(surface)? {
            folder.append(name, &text)?;
        }
        folder.commit()?;
    }
    let exit = if ran.replications < ran.asked { Exit::Interrupted } else { Exit::Done };
    if args.json {
        console::print_document(&surface_json(scenario, &ran)?)?;
        return Ok(exit);
    }
    let currency = scenario.currency.code();
    console::print(|out| {
        writeln!(out, "{}\n", surface_answer(surface, currency))?;
        let mut planes: Vec<String> = Vec::new();
        for line in shown(surface).into_iter().filter(|line| !line.is_of_both()) {
            writeln!(out, "{}\n", unit_prices_table(line, surface.share))?;
            // Plans that route the same units in several ways have one plane.
            if let Some(table) = surface_table(line, currency).filter(|table| !planes.contains(table)) {
                writeln!(out, "{table}\n")?;
                planes.push(table);
            }
        }
        for note in surface_notes(surface, scenario.limits.cost_per_failed_request.is_some()) {
            writeln!(out, "{note}")?;
        }
        writeln!(out, "\n{} replications, seed {}, {} engine.", ran.replications, ran.seed, ran.engine)
    })?;
    Ok(exit)
}
