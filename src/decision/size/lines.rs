//! Parts of one pool that differ in the units of one purchase alone, those of an offer that are there all week long or those in a window of it:
//! what unit-by-unit figures are told along.

use super::parts::{Part, bought};
use super::search::{Combination, Search};
use crate::supply::{Commitment, MAX_AXES, Schedule};

/// Parts of a pool in the order of the units that they buy of one offer on one axis, all else alike.
pub(super) struct Line<'p> {
    /// Index of the pool's group.
    pub(super) group: usize,
    /// Index of the offer's node in the group.
    pub(super) node: usize,
    pub(super) axis: usize,
    /// A purchase on this line; its units are those of some part.
    pub(super) like: Commitment,
    /// Units of the combination that the line runs through.
    pub(super) bought: f64,
    /// From few units to many.
    pub(super) parts: Vec<(f64, &'p Part)>,
    /// Whether the pool buys nothing else, on no other axis either.
    pub(super) alone: bool,
}

/// The lines through a combination, for each of its pools and each axis of what can be bought there. What the combination does not buy is
/// taken on the terms of the first of the usable parts that buys it.
pub(super) fn lines<'p>(search: &Search<'p>, best: &Combination, usable: &dyn Fn(&Part) -> bool) -> Vec<Line<'p>> {
    let scenario = search.scenario;
    let mut all = Vec::new();
    for (parts, &own) in search.families[best.family].pools.iter().zip(&best.parts) {
        let of = |part: &Part| -> Vec<Commitment> { bought(scenario, &scenario.supply.plans[part.plan], part.pool).cloned().collect() };
        let chosen = of(&parts[own]);
        let place = scenario.supply.plans[parts[own].plan].pools[parts[own].pool].group;
        for (index, node) in scenario.supply.groups[place].nodes.iter().enumerate().filter(|(_, node)| node.provisioned) {
            let of_offer = |commitment: &&Commitment| commitment.offer == node.offer;
            let known = || parts.iter().filter(|part| usable(part)).flat_map(&of).filter(|commitment| of_offer(&commitment));
            let mut schedules: Vec<Option<Schedule>> = chosen.iter().filter(of_offer).map(|commitment| commitment.schedule).collect();
            let buys = !schedules.is_empty();
            // What the plan does not buy all week long may be bought so.
            schedules.extend(known().map(|commitment| commitment.schedule).find(|schedule| schedule.is_none() || !buys));
            schedules.sort_unstable();
            schedules.dedup();
            for schedule in schedules {
                let is_mine = |commitment: &&Commitment| commitment.offer == node.offer && commitment.schedule == schedule;
                let mine: Vec<&Commitment> = chosen.iter().filter(is_mine).collect();
                let sample = known().find(|commitment| commitment.schedule == schedule);
                let Some(like) = mine.first().map(|commitment| (*commitment).clone()).or(sample).filter(|_| mine.len() < 2) else {
                    continue;
                };
                let none = Commitment { units: [0.0; MAX_AXES], ..like.clone() };
                let now = mine.first().map_or(none.units, |commitment| commitment.units);
                for axis in 0..node.axes {
                    let units_of = |part: &Part| -> Option<f64> {
                        let other = of(part);
                        let rest = |list: &[Commitment]| list.iter().filter(|c| !is_mine(c)).cloned().collect::<Vec<_>>();
                        let theirs: Vec<&Commitment> = other.iter().filter(is_mine).collect();
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
                    let alone = chosen.iter().all(|commitment| is_mine(&commitment)) && node.axes == 1;
                    all.push(Line { group: place, node: index, axis, like: like.clone(), bought: now[axis], parts: line, alone });
                }
            }
        }
    }
    all
}

/// Unit-hours that a part buys.
pub(super) fn unit_hours(search: &Search<'_>, part: &Part) -> f64 {
    let scenario = search.scenario;
    bought(scenario, &scenario.supply.plans[part.plan], part.pool)
        .map(|commitment| (0..scenario.horizon.months()).map(|month| commitment.unit_hours(month, &scenario.horizon)[0]).sum::<f64>())
        .sum()
}
