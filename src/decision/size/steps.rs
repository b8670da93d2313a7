//! Unit by unit: what each further unit of an offer saves, what throttling it avoids, how often it pays for itself and how much it is used.

use super::lines::{Line, lines, unit_hours};
use super::parts::{Part, throttled_share};
use super::search::{Combination, Search};
use crate::statistics::{Estimate, Paired, Proportion};
use crate::supply::Schedule;
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
    /// The hours of the week in which they are there, where that is not all of them.
    pub hours: Option<Schedule>,
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
    let supply = &search.scenario.supply;
    let of_line = |line: Line<'_>| {
        let steps: Vec<UnitStep> = line.parts.windows(2).filter_map(|pair| step(search, &pair[0], &pair[1], line.alone)).collect();
        let group = &supply.groups[line.group];
        let node = &group.nodes[line.node];
        (!steps.is_empty()).then(|| PoolSteps {
            pool: group.name.clone(),
            offer: supply.offers[node.offer].name.clone(),
            axis: (node.axes > 1).then_some(["input", "output"][line.axis]),
            term: line.like.term,
            hours: line.like.schedule,
            bought: line.bought,
            steps,
        })
    };
    // Of what the plan does not buy, the terms that others buy it for: the first.
    lines(search, best, &|_| true).into_iter().filter_map(of_line).collect()
}

fn step(search: &Search<'_>, (few, before): &(f64, &Part), (many, after): &(f64, &Part), alone: bool) -> Option<UnitStep> {
    let (scenario, outcome) = (search.scenario, search.outcome);
    let paired = Paired::by(&outcome.make(&after.objective), &outcome.make(&before.objective), outcome.method(Span::Horizon))?;
    let share = |part: &Part| throttled_share(scenario, outcome, part).map_or(0.0, |recipe| outcome.mean(&recipe).point);
    // Unit-hours bought and used.
    let hours = |part: &Part| -> (f64, f64) {
        let bought = unit_hours(search, part);
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
