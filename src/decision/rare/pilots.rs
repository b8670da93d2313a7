//! Pilots: from where trouble may be to where it is, by cross-entropy.

use super::Effort;
use super::trouble::{Future, Nearness, draw, effective};
use crate::demand::{Demand, Density, Leads, Tilt};
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::RunSpec;

/// Share of a pilot that the next tilt is made of while too few of it break the limits, and the share from which on these alone make it.
const ELITE: f64 = 0.1;
const THERE: f64 = 1.0 / 32.0;

/// Pilots that break the limits often enough before the worth of the tilt is known.
const LOOKS: usize = 3;

/// Steps of expectation and maximisation.
const STEPS: usize = 3;

/// A tilt, and how many effective samples of trouble a replication under it is worth; `None` where pilots ended before that was known.
pub(super) struct Found {
    pub(super) tilt: Tilt,
    pub(super) worth: Option<f64>,
}

/// Looks for a good tilt; `None` where no pilot comes any nearer to trouble.
pub(super) fn look(scenario: &Scenario, effort: &Effort, seed: u64, spec: &RunSpec<'_>) -> Result<Option<Found>> {
    let Scenario { demand, supply, .. } = scenario;
    let sets: Vec<Vec<usize>> = supply.plans[0].pools.iter().map(|choice| supply.groups[choice.group].workloads.clone()).collect();
    let mut tilt = demand.exploring(&sets);
    let mut level = Nearness { excess: f64::NEG_INFINITY, load: f64::NEG_INFINITY };
    let mut seen = Seen::default();
    for number in 0..effort.pilots {
        // Pilots draw other futures than the estimate, so that the tilt does not depend on what it is used for.
        let drawn = draw(scenario, &tilt, seed.wrapping_add(1 + number), effort.pilot, spec)?;
        let broken = drawn.iter().filter(|future| future.broken > 0.0).count();
        if broken as f64 >= THERE * drawn.len() as f64 {
            let worth = effective(&drawn) / drawn.len() as f64;
            seen.add(demand.density(&tilt), drawn);
            tilt = seen.fitted(demand, &tilt);
            if seen.densities.len() == LOOKS {
                return Ok(Some(Found { tilt, worth: Some(worth) }));
            }
            continue;
        }
        let mut reached: Vec<Nearness> = drawn.iter().map(|future| future.nearness).collect();
        reached.sort_unstable_by(Nearness::compare);
        let tenth = reached[((1.0 - ELITE) * reached.len() as f64) as usize];
        if tenth.compare(&reached[0]).is_le() {
            return Ok(None);
        }
        // Where a few heavy weights hold the tilt back, the nearest count alike: that always leads on, if not as well.
        let stuck = tenth.compare(&level).is_le();
        let near = drawn.iter().filter(|future| future.nearness.compare(&tenth).is_ge());
        tilt = demand.fitted(&tilt, &truncated(near.map(|future| (if stuck { 1.0 } else { future.leads.weight }, &future.leads))));
        level = tenth;
    }
    Ok(Some(Found { tilt, worth: None }))
}

/// The trouble that pilots came to.
#[derive(Default)]
struct Seen {
    /// How likely it was in each.
    densities: Vec<Density>,
    /// What broke the limits, and in what share of its months.
    broken: Vec<(Leads, f64)>,
}

impl Seen {
    fn add(&mut self, density: Density, drawn: Vec<Future>) {
        self.densities.push(density);
        self.broken.extend(drawn.into_iter().filter(|future| future.broken > 0.0).map(|future| (future.leads, future.broken)));
    }

    /// The tilt that makes it likely. Weights are those of a mixture of all pilots (J.-M. Cornuet, J.-M. Marin, A. Mira and C. P. Robert, "Adaptive
    /// multiple importance sampling", Scandinavian Journal of Statistics 39 (2012), 798-812).
    fn fitted(&self, demand: &Demand, tilt: &Tilt) -> Tilt {
        let density = |leads: &Leads| self.densities.iter().map(|density| density.of(leads)).sum::<f64>();
        let seen = truncated(self.broken.iter().map(|(leads, broken)| (broken / density(leads), leads)));
        (0..STEPS).fold(tilt.clone(), |tilt, _| demand.fitted(&tilt, &seen))
    }
}

/// Few heavy weights would tell of themselves alone, so none counts for more than the mean times the root of their number (E. L. Ionides,
/// "Truncated importance sampling", Journal of Computational and Graphical Statistics 17 (2008), 295-311).
fn truncated<'f>(seen: impl Iterator<Item = (f64, &'f Leads)>) -> Vec<(f64, &'f Leads)> {
    let mut seen: Vec<(f64, &Leads)> = seen.collect();
    let most = seen.iter().map(|(weight, _)| weight).sum::<f64>() / (seen.len() as f64).sqrt();
    seen.iter_mut().for_each(|(weight, _)| *weight = weight.min(most));
    seen
}
