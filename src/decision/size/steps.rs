//! Unit by unit: what each further unit of an offer saves, what throttling it avoids, how often it pays for itself and how much it is used.

use super::parts::{Part, bought, throttled_share};
use super::search::{Combination, Search};
use crate::statistics::{Estimate, Paired, Proportion};
use crate::supply::{Commitment, MAX_AXES};
use crate::tally::{Metric, Row, Span};
use crate::units::Term;

/// The units of one offer in one pool, all else as in the plan to buy.
#[derive(Clone, Debug)]
pub struct PoolSteps {
    /// The pool's workloads.
    pub pool: String,
    /// The offer.
    pub offer: String,
    /// On which axis, where there are two.
    pub axis: Option<&'static str>,
    /// The term on which they are bought.
    pub term: Term,
    /// Units of it in the plan to buy.
    pub bought: f64,
    /// From few units to many.
    pub steps: Vec<UnitStep>,
}

/// From one number of units to the next.
#[derive(Clone, Debug)]
pub struct UnitStep {
    /// Units before and after.
    pub units: (f64, f64),
    /// What they save, failed requests at their stated cost. `[currency a month]`
    pub saving: Estimate,
    /// Share of the futures in which they save something.
    pub pays: Proportion,
    /// Mean share of the pool's requests that is throttled, before and after.
    pub throttled: (f64, f64),
    /// Used share of the units added; `None` where the pool buys something else besides.
    pub utilisation: Option<f64>,
}

/// The steps around a combination, for each of its pools and each axis of what can be bought there.
pub(super) fn steps(search: &Search<'_>, best: &Combination) -> Vec<PoolSteps> {
    let scenario = search.scenario;
    let mut all = Vec::new();
    for (parts, &own) in search.families[best.family].pools.iter().zip(&best.parts) {
        let of = |part: &Part| -> Vec<Commitment> { bought(scenario, &scenario.supply.plans[part.plan], part.pool).cloned().collect() };
        let chosen = of(&parts[own]);
        let plan = &scenario.supply.plans[parts[own].plan];
        let group = &scenario.supply.groups[plan.pools[parts[own].pool].group];
        for node in group.nodes.iter().filter(|node| node.provisioned) {
            let mine: Vec<&Commitment> = chosen.iter().filter(|commitment| commitment.offer == node.offer).collect();
            // Of what the plan does not buy, the terms that others buy it for: the first.
            let sample = parts.iter().flat_map(&of).find(|commitment| commitment.offer == node.offer);
            let Some(like) = mine.first().map(|commitment| (*commitment).clone()).or(sample).filter(|_| mine.len() < 2) else { continue };
            let none = Commitment { units: [0.0; MAX_AXES], ..like.clone() };
            let now = mine.first().map_or(none.units, |commitment| commitment.units);
            for axis in 0..node.axes {
                let units_of = |part: &Part| -> Option<f64> {
                    let other = of(part);
                    let rest = |list: &[Commitment]| list.iter().filter(|c| c.offer != node.offer).cloned().collect::<Vec<_>>();
                    let theirs: Vec<&Commitment> = other.iter().filter(|commitment| commitment.offer == node.offer).collect();
                    let theirs = match theirs.as_slice() {
                        [] => none.clone(),
                        [one] => (*one).clone(),
                        _ => return None,
                    };
                    let otherwise = |commitment: &Commitment| {
                        let mut units = commitment.units;
                        units[axis] = 0.0;
                        Commitment { units, ..commitment.clone() }
                    };
                    let same = otherwise(&theirs) == otherwise(&Commitment { units: now, ..like.clone() });
                    (same && rest(&other) == rest(&chosen)).then_some(theirs.units[axis])
                };
                let mut line: Vec<(f64, &Part)> = parts.iter().filter_map(|part| Some((units_of(part)?, part))).collect();
                line.sort_by(|a, b| a.0.total_cmp(&b.0));
                line.dedup_by_key(|(units, _)| units.to_bits());
                let alone = chosen.iter().all(|commitment| commitment.offer == node.offer) && node.axes == 1;
                let steps: Vec<UnitStep> = line.windows(2).filter_map(|pair| step(search, &pair[0], &pair[1], alone)).collect();
                if !steps.is_empty() {
                    all.push(PoolSteps {
                        pool: group.name.clone(),
                        offer: scenario.supply.offers[node.offer].name.clone(),
                        axis: (node.axes > 1).then_some(["input", "output"][axis]),
                        term: like.term,
                        bought: now[axis],
                        steps,
                    });
                }
            }
        }
    }
    all
}

fn step(search: &Search<'_>, (few, before): &(f64, &Part), (many, after): &(f64, &Part), alone: bool) -> Option<UnitStep> {
    let (scenario, outcome) = (search.scenario, search.outcome);
    let paired = Paired::by(&outcome.make(&after.objective), &outcome.make(&before.objective), outcome.method(Span::Horizon))?;
    let share = |part: &Part| throttled_share(scenario, outcome, part).map_or(0.0, |recipe| outcome.mean(&recipe).point);
    // Unit-hours bought and used.
    let hours = |part: &Part| -> (f64, f64) {
        let plan = &scenario.supply.plans[part.plan];
        let bought: f64 = bought(scenario, plan, part.pool)
            .map(|commitment| (0..scenario.horizon.months()).map(|month| commitment.unit_hours(month, &scenario.horizon)[0]).sum::<f64>())
            .sum();
        let used = outcome.recipe(scenario, part.plan, Row::Pool(part.pool), Span::Horizon, Metric::Utilisation);
        (bought, used.map_or(0.0, |recipe| outcome.mean(&recipe).point * bought))
    };
    let utilisation = alone.then(|| {
        let ((few, used_before), (many, used_after)) = (hours(before), hours(after));
        (used_after - used_before) / (many - few)
    });
    let saving = Estimate { point: -paired.mean_difference.point, ..paired.mean_difference };
    Some(UnitStep {
        units: (*few, *many),
        saving,
        pays: paired.probability_strictly_less,
        throttled: (share(before), share(after)),
        utilisation: utilisation.filter(|share| share.is_finite()),
    })
}
