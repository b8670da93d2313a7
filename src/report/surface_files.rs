//! At which price units pay, as files: the plane of utilisation and price, and every unit's own prices.

use super::document::{estimate, frequency, of_run, percentile};
use super::lines::Lines;
use crate::decision::{DISCOUNTS, Percentile, Surface, TermSurface, UnitPrices};
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::Run;
use crate::statistics::CONFIDENCE;
use serde_json::{Value, json};

/// The names of the files of a break-even surface.
pub const SURFACE_FILES: [&str; 2] = ["surface.csv", "surface_units.csv"];

/// Steps of utilisation in the file.
const STEPS: u32 = 20;

/// Those files: name and text.
///
/// # Errors
/// When a line cannot be written, which no input makes happen.
pub fn surface_files(surface: &Surface) -> Result<[(&'static str, String); 2]> {
    Ok([(SURFACE_FILES[0], plane(surface)?), (SURFACE_FILES[1], units(surface)?)])
}

const PLACE: [&str; 5] = ["plan", "pool", "offer", "axis", "term"];

fn place(lines: &mut Lines, line: &TermSurface) {
    lines.texts([line.plan.as_str(), &line.pool, &line.offer, line.axis.unwrap_or(""), &line.term.to_string()]);
}

fn plane(surface: &Surface) -> Result<String> {
    let mut lines = Lines::new();
    lines.texts(PLACE).texts(["discount", "price_per_unit_hour", "break_even_utilisation", "utilisation"]);
    lines.texts(["saving_per_unit_month", "pays"]).end()?;
    for line in surface.lines.iter().filter(|line| line.full.is_some()) {
        for discount in DISCOUNTS {
            for step in 0..=STEPS {
                let used = f64::from(step) / f64::from(STEPS);
                let saving = line.saving(used, discount);
                place(&mut lines, line);
                lines.numbers([Some(discount), Some(line.price * (1.0 - discount)), line.break_even(discount), Some(used), saving]);
                lines.text(if saving.is_some_and(|saving| saving > 0.0) { "yes" } else { "no" }).end()?;
            }
        }
    }
    lines.finish()
}

fn units(surface: &Surface) -> Result<String> {
    let mut lines = Lines::new();
    lines.texts(PLACE).texts(["what", "units_from", "units_to", "bought", "price_per_unit_hour", "saving_mean", "saving_mean_se"]);
    for name in ["used_p05", "used_p50", "used_p95"] {
        lines.texts([name, &format!("{name}_lo"), &format!("{name}_hi")]);
    }
    for discount in DISCOUNTS {
        let name = format!("pays_at_{:.0}_percent_less", 100.0 * discount);
        lines.texts([name.as_str(), &format!("{name}_lo"), &format!("{name}_hi")]);
    }
    lines.texts(["pays_in", "price", "price_lo", "price_hi", "discount", "discount_lo", "discount_hi"]).end()?;
    for line in &surface.lines {
        for (what, list) in [("step", &line.steps), ("all", &line.whole)] {
            for found in list {
                place(&mut lines, line);
                lines.text(what);
                row(&mut lines, line, found, surface.share)?;
            }
        }
    }
    lines.finish()
}

fn row(lines: &mut Lines, line: &TermSurface, found: &UnitPrices, share: f64) -> Result<()> {
    let three = |percentile: &Percentile| {
        let (low, high) = percentile.interval.unzip();
        [Some(percentile.point), low, high]
    };
    lines.numbers([Some(found.units.0), Some(found.units.1), Some(line.bought), Some(line.price)]);
    lines.numbers([Some(found.saving.point), found.saving.standard_error]);
    for index in 0..3 {
        lines.numbers(found.used.as_ref().map_or([None; 3], |used| three(&used[index])));
    }
    for pays in &found.pays {
        let (low, high) = pays.interval(CONFIDENCE).unzip();
        lines.numbers([Some(pays.share()), low, high]);
    }
    lines.number(share).numbers(three(&found.price)).numbers(three(&found.discount)).end()
}

/// The document of `--json`.
///
/// # Errors
/// When it cannot be written, which no input makes happen.
pub fn surface_json(scenario: &Scenario, ran: &Run<Surface>) -> Result<String> {
    let surface = &ran.summary;
    let prices = |found: &UnitPrices| {
        let pays = DISCOUNTS.iter().zip(&found.pays).map(|(discount, pays)| json!({ "discount": discount, "pays": frequency(pays) }));
        json!({
            "units_from": found.units.0,
            "units_to": found.units.1,
            "saving": estimate(Some(&found.saving)),
            "used": found.used.as_ref().map(|[low, middle, high]| {
                json!({ "p05": percentile(low), "p50": percentile(middle), "p95": percentile(high) })
            }),
            "pays_at": pays.collect::<Vec<Value>>(),
            "price": percentile(&found.price),
            "discount": percentile(&found.discount),
        })
    };
    let line = |line: &TermSurface| {
        let even = DISCOUNTS.iter().map(|discount| json!({ "discount": discount, "utilisation": line.break_even(*discount) }));
        json!({
            "plan": line.plan,
            "pool": line.pool,
            "offer": line.offer,
            "axis": line.axis,
            "term": line.term.to_string(),
            "price_per_unit_hour": line.price,
            "hours_per_month": line.hours,
            "on_demand_price_of_full_unit_hour": line.full,
            "bought": line.bought,
            "is_best": line.best,
            "break_even": even.collect::<Vec<Value>>(),
            "steps": line.steps.iter().map(prices).collect::<Vec<_>>(),
            "all": line.whole.iter().map(prices).collect::<Vec<_>>(),
        })
    };
    let told = json!({
        "pays_in": surface.share,
        "any_keeps_limits": surface.any_keeps_limits,
        "lines": surface.lines.iter().map(line).collect::<Vec<_>>(),
        "left_out": surface.left_out,
    });
    of_run("tokentide/surface-1", scenario, ran, told)
}
