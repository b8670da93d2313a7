//! `forecast`: units needed by offer, month and quarter.

use super::args::ForecastArgs;
use super::files::OutputFolder;
use super::size::known_offers;
use super::{Exit, console, interrupt, prices, progress, render, scenario};
use tokentide::decision::{self, Enough};
use tokentide::error::{Error, Result};
use tokentide::report::{forecast_answer, forecast_file, forecast_json};
use tokentide::simulation::RunSpec;
use tokentide::supply::{Candidates, OfferCandidates};

/// The file that is written.
const FILE: &str = "forecast.csv";

/// Prints the answer.
pub(crate) fn forecast(args: &ForecastArgs) -> Result<Exit> {
    // Units that are there all the time tell what each month needs.
    let of_offer = |(offer, units): &(String, _)| {
        (offer.clone(), OfferCandidates { units: Some(Clone::clone(units)), starts: Some(vec![1]), ..OfferCandidates::default() })
    };
    let candidates = Candidates { by_offer: args.units.iter().map(of_offer).collect(), ..Candidates::default() };
    let loaded = scenario::load_open(&args.scenario, &scenario::changes(&args.draws, None), &candidates)?;
    let scenario = &loaded.scenario;
    known_offers(&scenario.supply, &candidates)?;
    let enough = match (args.units_serve, args.max_throttled_share.map(|share| share.0).or(scenario.limits.throttled_requests_share)) {
        (Some(share), _) => Enough::Covered(share.0),
        (None, Some(share)) => Enough::Throttled(share),
        (None, None) => {
            let text =
                "forecast: the scenario does not limit what is throttled; allowed: --max-throttled-share SHARE or --units-serve SHARE";
            return Err(Error::usage(text));
        }
    };
    let replications = scenario.replications;
    scenario::with_samples("forecast", replications)?;
    let folder = args.out.as_deref().map(|path| OutputFolder::prepare(path, &[], &[FILE])).transpose()?;
    if !args.draws.quiet {
        loaded.warnings.iter().for_each(|warning| render::warning(warning));
        prices::tell_ages(&scenario.supply.offers);
    }
    let stop = interrupt::listen();
    let bar = progress::bar(replications, args.draws.quiet);
    let tell = |done| bar.set_position(done);
    let threads = args.draws.threads.map(usize::from);
    let spec = RunSpec { threads, progress: Some(&tell), stop: Some(&stop), ..RunSpec::default() };
    let found = decision::forecast(scenario, &candidates, enough, &spec);
    bar.finish_and_clear();
    let ran = found?;
    if let Some(mut folder) = folder {
        folder.append(FILE, &forecast_file(&ran.summary, enough)?)?;
        folder.commit()?;
    }
    let exit = if ran.replications < ran.asked { Exit::Interrupted } else { Exit::Done };
    if args.json {
        console::print_document(&forecast_json(scenario, enough, &ran)?)?;
        return Ok(exit);
    }
    console::print(|out| {
        let (replications, seed, engine) = (ran.replications, ran.seed, &ran.engine);
        writeln!(
            out,
            "{}\n\n{replications} replications, seed {seed}, {engine} engine.",
            forecast_answer(&ran.summary, enough, scenario, replications)
        )
    })?;
    Ok(exit)
}
