//! `breakeven`: where units begin to pay, in closed form; with a scenario, how much of its demand lies above that.

use super::args::{BreakevenArgs, ScenarioArgs, UnitArgs};
use super::{Exit, console, interrupt, progress, render, scenario, surface};
use tokentide::cost::break_even;
use tokentide::error::{Error, Result};
use tokentide::report::{Requests, break_even_json, break_even_table, break_evens, unit_break_even_json};
use tokentide::simulation::{RunSpec, run};
use tokentide::tally::Columns;
use tokentide::units::ByClass;

/// Hours of the vendors' own month.
const HOURS_PER_MONTH: f64 = 730.0;

/// Prints the break-even points.
pub(crate) fn breakeven(args: &BreakevenArgs) -> Result<Exit> {
    match &args.scenario {
        Some(path) => {
            let place = ScenarioArgs { scenario: path.clone(), set: args.set.clone() };
            args.surface.pays_in.map_or_else(|| of_scenario(&place, args), |share| surface::surface(&place, args, share.0))
        }
        None => of_flags(&args.unit, args.json),
    }
}

fn of_flags(unit: &UnitArgs, json: bool) -> Result<Exit> {
    let missing =
        || Error::usage("breakeven without a scenario needs --price, --throughput, --input, --output, --input-price and --output-price");
    let throughput = unit.throughput.ok_or_else(missing)?;
    let request = ByClass { input: unit.input.ok_or_else(missing)?, output: unit.output.ok_or_else(missing)?, ..ByClass::ZERO };
    let (input, output) = (unit.input_price.ok_or_else(missing)?, unit.output_price.ok_or_else(missing)?);
    let currencies = unit.price.iter().map(|price| price.price.currency).chain([output.currency]);
    if let Some(other) = currencies.into_iter().find(|currency| *currency != input.currency) {
        return Err(Error::usage(format!("the prices are in {} and {other}; all must be in one currency", input.currency)));
    }
    let prices = ByClass { input: input.per_token, output: output.per_token, ..ByClass::ZERO };
    let weights = ByClass { input: 1.0, output: unit.output_weight, ..ByClass::ZERO };
    let mut points = Vec::new();
    for bought in &unit.price {
        let point = break_even(unit.units * bought.price.per_hour, unit.units * throughput.per_hour, &request, &prices, &weights);
        let Some(point) = point else {
            return Err(Error::usage("there is no break-even: a request needs tokens and a price, and a unit must serve something"));
        };
        points.push((bought.term, point));
    }
    if json {
        console::print_document(&unit_break_even_json(input.currency, &points, HOURS_PER_MONTH)?)?;
        return Ok(Exit::Done);
    }
    console::print(|out| {
        points.iter().try_for_each(|(term, point)| {
            let never = if point.utilisation > 1.0 { ", which is never" } else { "" };
            writeln!(
                out,
                "term {term}: break-even at {:.2}% utilisation{never}: {:.0} tokens/h, {:.0} requests a month of 730 h",
                point.utilisation * 100.0,
                point.tokens_per_hour,
                point.requests_per_hour * HOURS_PER_MONTH
            )
        })
    })?;
    Ok(Exit::Done)
}

fn of_scenario(place: &ScenarioArgs, args: &BreakevenArgs) -> Result<Exit> {
    let loaded = scenario::load(place, &scenario::changes(&args.draws, None))?;
    let scenario = &loaded.scenario;
    if !args.draws.quiet {
        loaded.warnings.iter().for_each(|warning| render::warning(warning));
    }
    let stop = interrupt::listen();
    let bar = progress::bar(scenario.replications, args.draws.quiet);
    let tell = |done| bar.set_position(done);
    let spec = RunSpec { threads: args.draws.threads.map(usize::from), progress: Some(&tell), stop: Some(&stop), ..RunSpec::default() };
    let run = run(scenario, &spec, &(Columns, Requests));
    bar.finish_and_clear();
    let run = run?;
    let (outcome, requests) = &run.summary;
    let points = break_evens(scenario, outcome, requests);
    let exit = if run.replications < run.asked { Exit::Interrupted } else { Exit::Done };
    if args.json {
        console::print_document(&break_even_json(scenario, &points, &run)?)?;
        return Ok(exit);
    }
    let hours = scenario.horizon.hours() as f64 / scenario.horizon.months() as f64;
    console::print(|out| {
        if points.is_empty() {
            return writeln!(out, "No plan buys units of a single offer for a pool that on-demand could serve, so there is no break-even.");
        }
        writeln!(out, "{}\n", break_even_table(scenario, &points))?;
        writeln!(
            out,
            "Break-even: the units' price over what the tokens they can serve would cost on demand, at the mean mix of tokens of the drawn\n\
             requests; a month is the horizon's mean one, of {hours:.0} h. The last columns put the rules of thumb (units pay above 50 to 70%\n\
             utilisation) beside it. {} replications, seed {}.",
            run.replications, run.seed
        )
    })?;
    Ok(exit)
}
