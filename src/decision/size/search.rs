//! The best combinations of parts, in order, without laying out the product of all lists.
//!
//! Combinations are visited by the sum of their parts' bounds, which is never above what they come to. So once as many have been found as are
//! wanted, and the next bound is above the last of these, no other can be better: what was not looked at is left out safely.

use super::parts::{Family, Part, share_kept};
use crate::decision::criterion::{Criterion, is_within};
use crate::decision::goal::Goal;
use crate::decision::judgement::is_enough;
use crate::scenario::Scenario;
use crate::statistics::normal_quantile;
use crate::tally::Outcome;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::rc::Rc;

/// The most combinations whose months are looked at.
pub(super) const MOST: usize = 50_000;

/// One part for each pool of a family.
#[derive(Clone, Debug)]
pub(super) struct Combination {
    pub(super) family: usize,
    /// By pool, its place in the family's list.
    pub(super) parts: Vec<usize>,
    /// What the goal comes to.
    pub(super) value: f64,
    /// Share of the months of all replications that keep the limits in every pool.
    pub(super) kept: f64,
    /// Share of the futures within the budget; all without one.
    pub(super) within: f64,
    /// Whether the limits and the budget are kept.
    pub(super) qualified: bool,
}

/// What a combination must keep.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// Share of the months that keep the limits; 0 without limits.
    pub(super) kept: f64,
    /// Spend a month, and the share of the futures that must stay within it.
    pub(super) budget: Option<(f64, f64)>,
    /// The family it must be of, where that matters.
    pub(super) family: Option<usize>,
}

/// What a search found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The best that qualify, best first.
    pub(super) best: Vec<Combination>,
    /// Those that are better than these and miss what is asked by no more than what may be the error of the run, best first.
    pub(super) near: Vec<Combination>,
    /// How many were looked at.
    pub(super) looked_at: usize,
    /// Whether there may be better ones that were not looked at.
    pub(super) stopped: bool,
}

impl Asked {
    /// What a scenario's limits ask, and a budget.
    pub(super) fn of(scenario: &Scenario, criterion: Criterion) -> Self {
        let limits = &scenario.limits;
        Self { kept: if limits.any() { limits.in_share_of_months } else { 0.0 }, budget: criterion.budget, family: None }
    }
}

/// What a search works with.
pub(super) struct Search<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) outcome: &'a Outcome,
    pub(super) families: &'a [Family],
    pub(super) goal: Goal,
    pub(super) asked: Asked,
    /// Whether only combinations count that buy on more than one term.
    pub(super) mixed: bool,
    /// Samples of the parts, as far as they were asked for.
    pub(super) samples: HashMap<(usize, usize, usize), Rc<[f64]>>,
}

/// A candidate of the queue, ordered by its bound.
#[derive(PartialEq)]
struct Waiting {
    bound: f64,
    family: usize,
    /// By pool, the place in the list of the parts that may be used.
    places: Vec<usize>,
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let bounds = self.bound.total_cmp(&other.bound);
        bounds.then(self.family.cmp(&other.family)).then_with(|| self.places.cmp(&other.places))
    }
}

impl Search<'_> {
    /// The best `wanted` combinations of parts that `usable` lets through.
    pub(super) fn best(&mut self, wanted: usize, usable: &dyn Fn(&Part) -> bool) -> Found {
        self.within(wanted, MOST, usable)
    }

    /// The same of no more than `most` that are looked at.
    pub(super) fn within(&mut self, wanted: usize, most: usize, usable: &dyn Fn(&Part) -> bool) -> Found {
        let families = self.families;
        let lists: Vec<Vec<Vec<usize>>> = families
            .iter()
            .map(|family| {
                let of_pool = |parts: &Vec<Part>| (0..parts.len()).filter(|&part| usable(&parts[part])).collect();
                family.pools.iter().map(of_pool).collect()
            })
            .collect();
        let bound = |family: usize, places: &[usize]| -> f64 {
            let parts = families[family].pools.iter().zip(&lists[family]).zip(places);
            parts.map(|((parts, list), &place)| parts[list[place]].bound).sum()
        };
        let mut queue = BinaryHeap::new();
        let mut seen: HashSet<(usize, Vec<usize>)> = HashSet::new();
        for (family, lists) in lists.iter().enumerate() {
            if self.asked.family.is_none_or(|only| only == family) && lists.iter().all(|list| !list.is_empty()) {
                let places = vec![0; lists.len()];
                queue.push(Reverse(Waiting { bound: bound(family, &places), family, places }));
            }
        }
        let mut found = Found::default();
        while let Some(Reverse(Waiting { bound: least, family, places })) = queue.pop() {
            if found.best.len() >= wanted && found.best.last().is_some_and(|worst| worst.value <= least) {
                break;
            }
            if found.looked_at >= most {
                found.stopped = true;
                break;
            }
            for pool in 0..places.len() {
                let mut next = places.clone();
                next[pool] += 1;
                if next[pool] < lists[family][pool].len() && seen.insert((family, next.clone())) {
                    queue.push(Reverse(Waiting { bound: bound(family, &next), family, places: next }));
                }
            }
            let parts: Vec<usize> = lists[family].iter().zip(&places).map(|(list, &place)| list[place]).collect();
            found.looked_at += 1;
            if self.mixed && !self.is_mixed(family, &parts) {
                continue;
            }
            let combination = self.look_at(family, parts);
            if combination.qualified {
                let place = found.best.partition_point(|other| other.value <= combination.value);
                found.best.insert(place, combination);
                found.best.truncate(wanted);
            } else if self.nearly_keeps(&combination) {
                found.near.push(combination);
            }
        }
        let best = found.best.first().map_or(f64::INFINITY, |best| best.value);
        found.near.retain(|near| near.value < best);
        found.near.sort_by(|a, b| a.value.total_cmp(&b.value));
        found
    }

    /// Whether a combination buys on more than one term.
    fn is_mixed(&self, family: usize, parts: &[usize]) -> bool {
        let mut terms = self.families[family].pools.iter().zip(parts).flat_map(|(list, &part)| &list[part].terms);
        terms.next().is_some_and(|first| terms.any(|other| other != first))
    }

    /// Whether a combination that misses the limits or the budget does so by less than the error of the run.
    fn nearly_keeps(&self, missed: &Combination) -> bool {
        // Months of a replication hang together: counted as one, they err the most.
        let error = |share: f64| (share * (1.0 - share) / self.outcome.replications() as f64).sqrt();
        let nearly = |share: f64, asked: f64| is_enough(share, asked) || asked - share < normal_quantile(0.975) * error(share);
        let of_budget = self.asked.budget.map_or(0.0, |(_, share)| share);
        nearly(missed.kept, self.asked.kept) && nearly(missed.within, of_budget)
    }

    /// What a combination comes to.
    pub(super) fn look_at(&mut self, family: usize, parts: Vec<usize>) -> Combination {
        let kept = self.kept(family, &parts);
        let needs_samples = self.goal != Goal::Mean || self.asked.budget.is_some();
        let (value, within) = if needs_samples {
            let mut samples = self.samples(family, &parts);
            let within = |(budget, _)| samples.iter().filter(|&&spend| is_within(spend, budget)).count() as f64 / samples.len() as f64;
            let within = self.asked.budget.map_or(1.0, within);
            (self.goal.of(&mut samples), within)
        } else {
            let pools = &self.families[family].pools;
            (pools.iter().zip(&parts).map(|(list, &part)| list[part].mean).sum(), 1.0)
        };
        let affordable = self.asked.budget.is_none_or(|(_, share)| is_enough(within, share));
        Combination { family, parts, value, kept, within, qualified: is_enough(kept, self.asked.kept) && affordable }
    }

    /// Share of the months that keep the limits in every pool.
    fn kept(&self, family: usize, parts: &[usize]) -> f64 {
        let of_pool = |(list, &part): (&'_ Vec<Part>, &usize)| list[part].throttling.clone();
        let all: Vec<_> = self.families[family].pools.iter().zip(parts).map(of_pool).collect();
        match all.as_slice() {
            [] => 1.0,
            [one] => one.kept,
            several => {
                let words = several[0].broken.len();
                let broken = |word: usize| several.iter().fold(0, |bits, part| bits | part.broken[word]).count_ones();
                let months = self.scenario.horizon.months() * self.outcome.replications();
                share_kept((0..words).map(broken).sum::<u32>(), months)
            }
        }
    }

    /// Spend a month of a combination, by replication.
    pub(super) fn samples(&mut self, family: usize, parts: &[usize]) -> Vec<f64> {
        let mut sum = vec![0.0; self.outcome.replications()];
        for (pool, &part) in parts.iter().enumerate() {
            sum.iter_mut().zip(self.part(family, pool, part).iter()).for_each(|(sum, spend)| *sum += spend);
        }
        sum
    }

    /// Spend a month of one part, by replication.
    pub(super) fn part(&mut self, family: usize, pool: usize, part: usize) -> Rc<[f64]> {
        let recipe = &self.families[family].pools[pool][part].objective;
        Rc::clone(self.samples.entry((family, pool, part)).or_insert_with(|| self.outcome.make(recipe).into()))
    }
}
