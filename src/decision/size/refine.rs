//! Finer lists of units around the best plan, where the lists were made up and had gaps.

use super::{PoolSteps, Sizing};
use crate::scenario::Loaded;
use crate::spec::Provenance;
use crate::supply::{Axis, Candidates, OfferKind, UnitsListSpec, UnitsSweepSpec};

/// Numbers of units looked at within a gap.
const WITHIN: f64 = 12.0;
/// Units that can be bought in any number are told apart up to this share of them.
const FINE: f64 = 0.005;

/// What to look at next: as before, with every number of units (or finer ones) between those beside the best. `None` where nothing was left
/// out there, or the lists are somebody's own.
///
/// The spend of a pool falls to its best number of units and rises after it, as long as what it overflows to takes everything; so what lies
/// beyond the neighbours cannot be better. With a finite quota that need not hold, which is why the first lists span the whole range.
#[must_use]
pub fn refined(loaded: &Loaded, sizing: &Sizing, candidates: &Candidates) -> Option<Candidates> {
    let mut next = candidates.clone();
    let mut finer = false;
    let offers = &loaded.scenario.supply.offers;
    for offer in offers {
        let OfferKind::Provisioned(provisioned) = &offer.kind else { continue };
        let path = format!(".sweep.units.{}", offer.name);
        let made_up = loaded.resolved.iter().any(|value| matches!(value.provenance, Provenance::Assumed) && value.path.ends_with(&path));
        // Once refined, the list is among the candidates.
        let refined_before = candidates.by_offer.get(&offer.name).is_some_and(|said| said.refined);
        let lines: Vec<&PoolSteps> = sizing.steps.iter().flatten().filter(|line| line.offer == offer.name).collect();
        if !(made_up || refined_before) || lines.is_empty() {
            continue;
        }
        let mut of_axis = |axis: usize| -> Vec<f64> {
            let mine = lines.iter().filter(|line| line.axis.is_none_or(|name| name == ["input", "output"][axis]));
            let mut list: Vec<f64> = vec![0.0];
            for line in mine {
                list.extend(line.steps.iter().flat_map(|step| [step.units.0, step.units.1]));
                let between = gap(line, &provisioned.axes[axis]);
                finer |= !between.is_empty();
                list.extend(between);
            }
            list.sort_by(f64::total_cmp);
            list.dedup();
            list
        };
        let units = if provisioned.axes.len() > 1 {
            UnitsSweepSpec::two(UnitsListSpec(of_axis(0)), UnitsListSpec(of_axis(1)))
        } else {
            UnitsSweepSpec::One(UnitsListSpec(of_axis(0)))
        };
        let said = next.by_offer.entry(offer.name.clone()).or_default();
        (said.units, said.refined) = (Some(units), true);
    }
    finer.then_some(next)
}

/// Numbers of units that can be bought between those looked at beside the best.
fn gap(line: &PoolSteps, axis: &Axis) -> Vec<f64> {
    let below = line.steps.iter().map(|step| step.units.0).filter(|&units| units < line.bought).fold(f64::NAN, f64::max);
    let above = line.steps.iter().map(|step| step.units.1).filter(|&units| units > line.bought).fold(f64::NAN, f64::min);
    let mut between = Vec::new();
    for (from, to) in [(below, line.bought), (line.bought, above)] {
        let step = match axis.increment {
            Some(step) => step * ((to - from) / step / WITHIN).ceil().max(1.0),
            None => ((to - from) / WITHIN).max(FINE * to),
        };
        let start = from.max(axis.minimum);
        let mut units = if start > from { start } else { from + step };
        while units < to - 1e-9 * to {
            let rounded = format!("{units:.9e}").parse().unwrap_or(units);
            if axis.allows(rounded) {
                between.push(rounded);
            }
            units += step;
        }
    }
    between
}
