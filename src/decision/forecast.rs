//! Units needed by offer, month and quarter: how many must be there so that what a pool asks for is served, over the futures.
//!
//! One run serves every number of units. In each future and month the fewest units are looked for with which no more than a stated share of
//! the pool's requests is throttled, or with which the units themselves serve a stated share of its tokens. A quarter needs what its
//! neediest month does. Numbers between those that were looked at are not told apart: what is needed is rounded up to the next of them.

use super::budget::Percentile;
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::{Run, RunSpec, run};
use crate::supply::{Candidates, Commitment, MAX_AXES};
use crate::tally::{Columns, Metric, Outcome, Row, Span, limited};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The percentiles that are told.
pub const NEEDED_AT: [f64; 4] = [0.5, 0.8, 0.9, 0.95];

/// When units are enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Enough {
    /// When at most this share of a month's requests is throttled, whatever serves the others, and the scenario's other limits are kept.
    Throttled(f64),
    /// When the units serve at least this share of a month's tokens themselves.
    Covered(f64),
}

/// Units needed of one offer for one pool.
#[derive(Clone, Debug)]
pub struct Need {
    /// The plan of the file, without what it buys.
    pub plan: String,
    /// The pool's workloads.
    pub pool: String,
    /// The offer.
    pub offer: String,
    /// On which axis, where there are two; the other then has as many as were looked at.
    pub axis: Option<&'static str>,
    /// Other offers that sell units to the pool, of which there are none then.
    pub none_of: Vec<String>,
    /// Numbers of units that were looked at, rising.
    pub units: Vec<f64>,
    /// Every month, then every quarter.
    pub periods: Vec<PeriodNeed>,
}

impl Need {
    /// The fewest units that were looked at, where there are any: if these are enough, fewer might be.
    #[must_use]
    pub fn fewest(&self) -> Option<f64> {
        self.units.first().copied().filter(|units| *units > 0.0)
    }
}

/// Units needed in a month or a quarter.
#[derive(Clone, Debug)]
pub struct PeriodNeed {
    /// `month` or `quarter`.
    pub kind: &'static str,
    /// As the files call it: `2027-01`, `2027-Q1`.
    pub label: String,
    /// At [`NEEDED_AT`]; infinite where the most that was looked at is too few. The fewest that were looked at may be more than are needed.
    pub needed: [Percentile; NEEDED_AT.len()],
    /// Share of the futures in which the most that was looked at is too few.
    pub beyond: f64,
}

/// Tells how many units are needed. `scenario` has its choices [open](crate::scenario::load_open) to these `candidates`, units from the start
/// of the horizon. Plans that the file writes out stay among them; what the candidates do not allow is not looked at.
///
/// # Errors
/// As [`run`]: too little memory, or interrupted.
pub fn forecast(scenario: &Scenario, candidates: &Candidates, enough: Enough, spec: &RunSpec<'_>) -> Result<Run<Vec<Need>>> {
    let lean = scenario.lean();
    let ran = run(&lean, spec, &Columns)?;
    let found = lines(&lean, candidates).into_iter().map(|line| need(&lean, &ran.summary, line, enough)).collect();
    Ok(Run { summary: found, replications: ran.replications, asked: ran.asked, seed: ran.seed, engine: ran.engine })
}

/// Plans that differ in the units of one offer on one axis, for one pool.
struct Line {
    base: String,
    group: usize,
    node: usize,
    axis: usize,
    /// Units, the plan that buys them, and the place of the pool in it.
    parts: Vec<(f64, usize, usize)>,
}

/// Units on both axes by their bits, with the first plan that buys them from the start and the place of the pool in it.
type Units = BTreeMap<[u64; MAX_AXES], (usize, usize)>;

fn lines(scenario: &Scenario, candidates: &Candidates) -> Vec<Line> {
    let supply = &scenario.supply;
    // By base, pool and offer.
    let mut all: BTreeMap<(String, usize, usize), Units> = BTreeMap::new();
    for (plan, bought) in supply.plans.iter().enumerate() {
        for (pool, choice) in bought.pools.iter().enumerate() {
            let group = &supply.groups[choice.group];
            let held = |commitment: &&Commitment| commitment.units.iter().any(|&units| units > 0.0);
            let mine = |commitment: &&Commitment| group.nodes.iter().any(|node| node.offer == commitment.offer);
            let held: Vec<&Commitment> = bought.commitments.iter().filter(mine).filter(held).collect();
            if !held.iter().all(|commitment| candidates.allow(&supply.offers[commitment.offer].name, commitment)) {
                continue;
            }
            for (place, node) in group.nodes.iter().enumerate().filter(|(_, node)| node.provisioned) {
                let units = match held.as_slice() {
                    [] => [0.0; MAX_AXES],
                    [one] if one.offer == node.offer && one.start_month == 0 => one.units,
                    _ => continue,
                };
                // Units that are not negative sort as their bits do.
                all.entry((bought.base.clone(), choice.group, place)).or_default().entry(units.map(f64::to_bits)).or_insert((plan, pool));
            }
        }
    }
    let mut lines = Vec::new();
    for ((base, group, node), units) in all {
        for axis in 0..supply.groups[group].nodes[node].axes {
            let other = |bits: &[u64; MAX_AXES]| bits.iter().enumerate().filter(|(index, _)| *index != axis).map(|(_, bits)| *bits).max();
            let most = units.keys().filter_map(other).max();
            let along = units.iter().filter(|(bits, _)| other(bits) == most);
            let mut parts: Vec<(f64, usize, usize)> = along.map(|(bits, &(plan, pool))| (f64::from_bits(bits[axis]), plan, pool)).collect();
            parts.sort_by(|a, b| a.0.total_cmp(&b.0));
            // Lists may leave out that nothing is bought, which another plan with the same offers on demand may say.
            if supply.groups[group].nodes[node].axes == 1 && parts.first().is_some_and(|(units, _, _)| *units > 0.0) {
                parts.splice(0..0, nothing(scenario, group).map(|(plan, pool)| (0.0, plan, pool)));
            }
            if parts.len() > 1 {
                lines.push(Line { base: base.clone(), group, node, axis, parts });
            }
        }
    }
    lines
}

/// A plan that buys nothing for the workloads of a pool and has the same offers on demand, and its pool.
fn nothing(scenario: &Scenario, group: usize) -> Option<(usize, usize)> {
    let groups = &scenario.supply.groups;
    let spills = |group: usize| groups[group].nodes.iter().filter(|node| !node.provisioned).map(|node| node.offer);
    let alike = |other: usize| groups[other].workloads == groups[group].workloads && spills(other).eq(spills(group));
    let plans = scenario.supply.plans.iter().enumerate().filter(|(_, plan)| plan.buys_nothing());
    plans
        .flat_map(|(index, plan)| plan.pools.iter().enumerate().map(move |(pool, choice)| (index, pool, choice.group)))
        .find(|(_, _, other)| alike(*other))
        .map(|(plan, pool, _)| (plan, pool))
}

fn need(scenario: &Scenario, outcome: &Outcome, line: Line, enough: Enough) -> Need {
    let months = scenario.horizon.months();
    let by_month: Vec<Vec<f64>> = (0..months).map(|month| needed(scenario, outcome, &line, month, enough)).collect();
    let period = |kind: &'static str, label: String, months: std::ops::Range<usize>| {
        let futures = 0..outcome.replications();
        let samples: Vec<f64> =
            futures.map(|future| by_month[months.clone()].iter().map(|month| month[future]).fold(0.0, f64::max)).collect();
        let beyond = samples.iter().filter(|needed| needed.is_infinite()).count() as f64 / samples.len() as f64;
        PeriodNeed { kind, label, needed: NEEDED_AT.map(|p| Percentile::of_seen(&samples, p, scenario.sampling)), beyond }
    };
    let of_months = (0..months).map(|month| period("month", scenario.horizon.month_label(month), month..month + 1));
    let quarters = scenario.horizon.quarters().into_iter().enumerate();
    let quarters = quarters.map(|(quarter, months)| period("quarter", scenario.horizon.quarter_label(quarter), months));
    let group = &scenario.supply.groups[line.group];
    let node = &group.nodes[line.node];
    let name = |offer: usize| scenario.supply.offers[offer].name.clone();
    let others = group.nodes.iter().filter(|other| other.provisioned && other.offer != node.offer);
    Need {
        plan: line.base,
        pool: group.name.clone(),
        offer: name(node.offer),
        axis: (node.axes > 1).then_some(["input", "output"][line.axis]),
        none_of: others.map(|other| name(other.offer)).collect(),
        units: line.parts.iter().map(|(units, _, _)| *units).collect(),
        periods: of_months.chain(quarters).collect(),
    }
}

/// The fewest units that are enough in a month, by replication: with these and with all more that were looked at.
fn needed(scenario: &Scenario, outcome: &Outcome, line: &Line, month: usize, enough: Enough) -> Vec<f64> {
    let asked: Vec<(Metric, RangeInclusive<f64>)> = match enough {
        Enough::Throttled(most) => {
            let others = limited(&scenario.limits).into_iter().filter(|(metric, _)| *metric != Metric::RequestsThrottledShare);
            others.chain([(Metric::RequestsThrottledShare, most)]).map(|(metric, most)| (metric, f64::NEG_INFINITY..=most)).collect()
        }
        Enough::Covered(least) => vec![(Metric::Coverage, least..=f64::INFINITY)],
    };
    let mut fewest = vec![f64::INFINITY; outcome.replications()];
    let mut open = vec![true; fewest.len()];
    for &(units, plan, pool) in line.parts.iter().rev() {
        for (metric, allowed) in &asked {
            let shares = outcome.column(scenario, plan, Row::Pool(pool), Span::Month(month), *metric).unwrap_or_default();
            // A month without requests needs none.
            open.iter_mut().zip(shares).for_each(|(open, share)| *open &= share.is_nan() || allowed.contains(&share));
        }
        fewest.iter_mut().zip(&open).filter(|(_, open)| **open).for_each(|(fewest, _)| *fewest = units);
    }
    fewest
}
