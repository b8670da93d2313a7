//! Plans among which flip points are looked for: those told of, the next best, those that buy a little more or less than the best, the best of each
//! route, and the best where more or less is asked. What wins somewhere is told of as well.

use super::lines::lines;
use super::parts::{Family, Part};
use super::search::{Asked, Combination, Search};
use super::{Sizing, Verdict, Wish, carriers};
use crate::decision::flip::{Flip, flips};
use crate::decision::judgement::{Judgement, Leader, judge};
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::RunSpec;
use crate::supply::{Candidates, Plan};
use crate::tally::Outcome;

/// The next best plans that take part.
const NEXT: usize = 16;
/// How many numbers of units more and fewer take part, of each offer on its own.
const STEPS: usize = 2;
/// With no more plans than this, all take part.
const ALL: usize = 24;
/// Parts of the way from what is asked of the limits to nothing, and to all months, at which the cheapest plan takes part: a change that relieves
/// or burdens all plans lets others keep what is asked.
const LESS: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 1.0];
const MORE: [f64; 2] = [0.5, 1.0];
/// The most combinations looked at for each of these.
const LOOKED_AT: usize = 500;

/// A scenario with some plans, and their samples.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) scenario: Scenario,
    pub(super) outcome: Outcome,
}

/// The plans near a combination: `found` are the best of a search, of which it is the first.
pub(super) fn near(search: &mut Search<'_>, best: &Combination, found: &[Combination], usable: &dyn Fn(&Part) -> bool) -> Vec<Plan> {
    let asked_otherwise = asked_otherwise(search, usable);
    let search = &*search;
    let own = carriers(search.families, best);
    let next = found.iter().skip(1).take(NEXT).chain(&asked_otherwise).map(|rival| carriers(search.families, rival));
    let beside = lines(search, best, usable).into_iter().flat_map(|line| {
        let place = line.parts.partition_point(|(units, _)| *units < line.bought);
        let parts = line.parts.into_iter().skip(place.saturating_sub(STEPS)).take(2 * STEPS + 1);
        let own = &own;
        parts.map(move |(_, part)| {
            let mut parts = own.clone();
            parts[part.pool] = (part.plan, part.pool);
            parts
        })
    });
    next.chain(beside).map(|parts| search.scenario.supply.compose(&parts)).collect()
}

/// The best whatever they come to; those of each family, with units and without; and where more or less is asked of the limits. Every combination
/// where there are few.
fn asked_otherwise(search: &mut Search<'_>, usable: &dyn Fn(&Part) -> bool) -> Vec<Combination> {
    let asked = search.asked;
    let within = Asked { budget: None, ..asked };
    let mut found = Vec::new();
    if search.families.iter().map(Family::combinations).sum::<f64>() <= ALL as f64 {
        search.asked = Asked { kept: 0.0, ..within };
        found = search.best(ALL, usable).best;
    } else {
        if asked.budget.is_some() {
            search.asked = within;
            found = search.within(NEXT, LOOKED_AT, usable).best;
        }
        for family in 0..search.families.len() {
            search.asked = Asked { family: Some(family), ..within };
            found.extend(search.within(1, LOOKED_AT, usable).best);
            found.extend(search.within(1, LOOKED_AT, &|part| usable(part) && part.terms.is_empty()).best);
        }
        let less = LESS.map(|part| asked.kept * (1.0 - part)).into_iter();
        let shares = less.chain(MORE.map(|part| asked.kept + (1.0 - asked.kept) * part)).filter(|_| asked.kept > 0.0);
        for kept in shares {
            search.asked = Asked { kept, ..within };
            found.extend(search.within(1, LOOKED_AT, usable).best);
        }
    }
    search.asked = asked;
    found
}

impl Field {
    /// These plans, which are made of the pools and cases of a scenario that was run. The first becomes the baseline.
    pub(super) fn of_plans(scenario: &Scenario, outcome: &Outcome, plans: Vec<Plan>) -> Self {
        let (supply, kept) = scenario.supply.of_plans(plans);
        let scenario = Scenario { baseline: 0, ..scenario.with_supply(supply) };
        let outcome = outcome.narrowed(&scenario, &kept);
        Self { scenario, outcome }
    }

    /// Some of its plans, by their places.
    fn only(&self, plans: &[usize]) -> Self {
        Self::of_plans(&self.scenario, &self.outcome, plans.iter().map(|&plan| self.scenario.supply.plans[plan].clone()).collect())
    }

    /// Plans that may be bought.
    fn candidates(&self, candidates: &Candidates) -> Vec<usize> {
        let supply = &self.scenario.supply;
        let may_be_bought = |plan: &Plan| {
            let mut bought = plan.commitments.iter().filter(|commitment| commitment.units.iter().any(|&units| units > 0.0));
            bought.all(|commitment| candidates.allow(&supply.offers[commitment.offer].name, commitment))
        };
        (0..supply.plans.len()).filter(|&plan| may_be_bought(&supply.plans[plan])).collect()
    }
}

impl Sizing {
    /// What would flip the answer, among the plans told of that may be bought and those near the best; for [`Sizing::with_flips`].
    ///
    /// # Errors
    /// As [`flips`].
    pub fn flips(&self, wish: Wish<'_>, spec: &RunSpec<'_>) -> Result<Vec<Vec<Flip>>> {
        let part = self.near.candidates(wish.candidates);
        let field = self.near.only(&part);
        let place = |plan: usize| part.iter().position(|&other| other == plan);
        let leader = |(leader, verdict): (&Leader, &Verdict)| {
            let qualified = leader.qualified && verdict.affordable;
            Some(Leader { plan: place(leader.plan)?, runner_up: leader.runner_up.and_then(place), qualified, ..leader.clone() })
        };
        let leaders: Vec<Leader> = self.judgement.leaders.iter().zip(&self.verdicts).filter_map(leader).collect();
        let standings = judge(&field.scenario, &field.outcome).standings;
        let judgement = Judgement { standings, best_per_term: leaders.clone(), leaders, within_terms: self.judgement.within_terms };
        let mut found = flips(&field.scenario, &field.outcome, &judgement, wish.criterion, spec)?;
        found.iter_mut().flatten().flat_map(winners).for_each(|plan| *plan = part[*plan]);
        Ok(found)
    }

    /// With these flip points, and the plans that win then among those told of.
    #[must_use]
    pub fn with_flips(mut self, flips: Vec<Vec<Flip>>) -> Self {
        self.flips = flips;
        let mut told: Vec<usize> = (0..self.scenario.supply.plans.len()).collect();
        for plan in self.flips.iter_mut().flatten().flat_map(winners) {
            let place = told.iter().position(|other| other == plan).unwrap_or(told.len());
            if place == told.len() {
                told.push(*plan);
            }
            *plan = place;
        }
        let field = self.near.only(&told);
        self.judgement.standings = judge(&field.scenario, &field.outcome).standings;
        (self.scenario, self.outcome) = (field.scenario, field.outcome);
        self
    }
}

/// Who wins where the answer changes, and who is as good before.
fn winners(flip: &mut Flip) -> impl Iterator<Item = &mut usize> {
    let of_point = flip.point.as_mut().and_then(|point| point.plan.as_mut());
    of_point.into_iter().chain(flip.as_good.as_mut().map(|as_good| &mut as_good.plan))
}
