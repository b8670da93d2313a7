//! The choices of each pool: what may be bought for it, what that costs, and in which months it keeps the limits.
//!
//! A plan's spend is the sum of its pools', so plans with the same routes are made of one part for each pool, and any part goes with any.

use super::Wish;
use crate::decision::goal::Goal;
use crate::scenario::Scenario;
use crate::supply::{Commitment, Plan, PoolChoice, Renewal};
use crate::tally::{Metric, Outcome, Recipe, Row, Span};
use crate::units::Term;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// What is bought for one pool.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// A plan that has it, and where.
    pub(super) plan: usize,
    pub(super) pool: usize,
    /// What plans are ranked by, a month, of this pool.
    pub(super) objective: Recipe,
    pub(super) mean: f64,
    /// What it adds to the bound of a combination; see [`Goal::bound`].
    pub(super) bound: f64,
    pub(super) throttling: Rc<Throttling>,
    /// The terms of what it buys. Beside others, units by the hour of the week do not count: they bind to nothing.
    pub(super) terms: BTreeSet<Term>,
}

/// How a part throttles: the same for all terms.
#[derive(Debug)]
pub(super) struct Throttling {
    /// By month, then replication: a bit that is set where the limits are broken.
    pub(super) broken: Vec<u64>,
    /// Share of the months of all replications that keep the limits.
    pub(super) kept: f64,
    /// By how much the limits are exceeded, the mean over all months.
    pub(super) excess: f64,
}

/// Plans with the same routes.
#[derive(Debug)]
pub(super) struct Family {
    /// By pool, cheapest bound first.
    pub(super) pools: Vec<Vec<Part>>,
}

impl Family {
    /// Number of combinations, as far as it can be counted.
    pub(super) fn combinations(&self) -> f64 {
        self.pools.iter().map(|parts| parts.len() as f64).product()
    }
}

/// All families of a scenario's plans, in the order of the file.
pub(super) fn families(scenario: &Scenario, outcome: &Outcome, wish: Wish<'_>) -> Vec<Family> {
    let mut bases: Vec<&str> = Vec::new();
    for plan in &scenario.supply.plans {
        if !bases.contains(&plan.base.as_str()) {
            bases.push(&plan.base);
        }
    }
    let mut known = Known { scenario, outcome, wish, throttling: HashMap::new() };
    bases.into_iter().map(|base| known.family(base)).collect()
}

struct Known<'a> {
    scenario: &'a Scenario,
    outcome: &'a Outcome,
    wish: Wish<'a>,
    throttling: HashMap<Vec<Recipe>, Rc<Throttling>>,
}

impl Known<'_> {
    fn family(&mut self, base: &str) -> Family {
        let plans = self.scenario.supply.plans.iter().enumerate().filter(|(_, plan)| plan.base == base);
        let mut pools: Vec<BTreeMap<Vec<u64>, Part>> = Vec::new();
        for (index, plan) in plans {
            pools.resize_with(pools.len().max(plan.pools.len()), BTreeMap::new);
            for (pool, parts) in pools.iter_mut().enumerate() {
                if !bought(self.scenario, plan, pool).all(|commitment| self.may_be_bought(commitment)) {
                    continue;
                }
                parts.entry(key(self.scenario, plan, pool)).or_insert_with(|| self.part(index, pool));
            }
        }
        let sorted = |parts: BTreeMap<Vec<u64>, Part>| {
            let mut parts: Vec<Part> = parts.into_values().collect();
            parts.sort_by(|a, b| a.bound.total_cmp(&b.bound).then(a.mean.total_cmp(&b.mean)).then(a.plan.cmp(&b.plan)));
            parts
        };
        Family { pools: pools.into_iter().map(sorted).collect() }
    }

    fn may_be_bought(&self, commitment: &Commitment) -> bool {
        self.wish.candidates.allow(&self.scenario.supply.offers[commitment.offer].name, commitment)
    }

    fn part(&mut self, plan: usize, pool: usize) -> Part {
        let objective = self.outcome.objective_of(self.scenario, plan, Row::Pool(pool));
        let mut samples = self.outcome.make(&objective);
        let (mean, bound) = (Goal::Mean.of(&mut samples), self.wish.criterion.goal.bound(&mut samples));
        let excess = self.outcome.excess_of(self.scenario, plan, &[Row::Pool(pool)]);
        let throttling = match self.throttling.get(&excess) {
            Some(known) => Rc::clone(known),
            None => {
                let made = Rc::new(throttling(self.outcome, &excess));
                self.throttling.insert(excess, Rc::clone(&made));
                made
            }
        };
        let terms = terms(bought(self.scenario, &self.scenario.supply.plans[plan], pool));
        Part { plan, pool, objective, mean, bound, throttling, terms }
    }
}

fn terms<'p>(bought: impl Iterator<Item = &'p Commitment>) -> BTreeSet<Term> {
    let (all_week, by_hours): (Vec<_>, Vec<_>) = bought.partition(|commitment| commitment.schedule.is_none());
    let counted = if all_week.is_empty() { by_hours } else { all_week };
    counted.into_iter().map(|commitment| commitment.term).collect()
}

fn throttling(outcome: &Outcome, excess: &[Recipe]) -> Throttling {
    let replications = outcome.replications();
    let words = replications.div_ceil(64);
    let mut broken = vec![0_u64; words * excess.len()];
    let mut sum = 0.0;
    for (of_month, bits) in excess.iter().zip(broken.chunks_mut(words.max(1))) {
        for (replication, above) in outcome.make(of_month).into_iter().enumerate() {
            bits[replication / 64] |= u64::from(above > 0.0) << (replication % 64);
            sum += above;
        }
    }
    let all = replications * excess.len();
    let kept = share_kept(broken.iter().map(|word| word.count_ones()).sum::<u32>(), all);
    Throttling { broken, kept, excess: sum / all.max(1) as f64 }
}

/// The share of months that keep the limits: a quotient of two counts, which is 0.95 where 95 of 100 do.
pub(super) fn share_kept(broken: u32, all: usize) -> f64 {
    (all as f64 - f64::from(broken)) / all.max(1) as f64
}

/// What a plan buys for one of its pools.
pub(super) fn bought<'p>(scenario: &'p Scenario, plan: &'p Plan, pool: usize) -> impl Iterator<Item = &'p Commitment> {
    let group = &scenario.supply.groups[plan.pools[pool].group];
    let of_pool = |commitment: &&Commitment| group.nodes.iter().any(|node| node.offer == commitment.offer);
    plan.commitments.iter().filter(of_pool).filter(|commitment| commitment.units.iter().any(|&units| units > 0.0))
}

/// What tells two parts apart: how they serve and what they pay.
fn key(scenario: &Scenario, plan: &Plan, pool: usize) -> Vec<u64> {
    let PoolChoice { group, case } = plan.pools[pool];
    let of = |commitment: &Commitment| {
        let term = u64::from(commitment.term.months) << 32 | u64::from(commitment.term.weeks);
        let renewal = match commitment.renewal {
            Renewal::Renew => 0,
            Renewal::End => 1,
            Renewal::Hourly => 2,
        };
        let [a, b] = commitment.units.map(f64::to_bits);
        [commitment.offer as u64, a, b, term, commitment.start_month as u64, renewal]
    };
    let nodes = &scenario.supply.groups[group].nodes;
    let reserved = plan.reservations.iter().filter(|reservation| nodes.iter().any(|node| node.offer == reservation.offer));
    // A mark between what is bought and what is reserved.
    let all = bought(scenario, plan, pool).flat_map(of).chain([u64::MAX]).chain(reserved.flat_map(of));
    [group as u64, case as u64].into_iter().chain(all).collect()
}

/// Mean share of a part's requests that are throttled.
pub(super) fn throttled_share(scenario: &Scenario, outcome: &Outcome, part: &Part) -> Option<Recipe> {
    outcome.recipe(scenario, part.plan, Row::Pool(part.pool), Span::Horizon, Metric::RequestsThrottledShare)
}
