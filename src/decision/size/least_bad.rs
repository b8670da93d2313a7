//! What is left where nothing qualifies: the combination whose worst pool exceeds the limits least, the cheapest of those that tie, as plans are
//! judged one by one.
//!
//! By how much the worst pool exceeds them is the largest of the pools' excesses in each month of each future, so it does not follow from
//! the pools' means. Combinations are begun pool by pool. With the least that every further pool exceeds the limits by, month by month,
//! and the least that it costs, a beginning that leads to nothing better is left.

use super::parts::{Family, Part, Throttling};
use super::search::{Combination, Search};
use crate::tally::Row;
use std::collections::HashMap;
use std::rc::Rc;

/// The most months looked at in one family, beginning by beginning: about a second's work. The best until then is told.
const MOST: usize = 1 << 30;

/// By how much the limits are exceeded, by month, then replication.
type Excesses = Rc<[f64]>;

/// Those of the parts that were asked for. Parts of several terms throttle alike.
type Known = HashMap<*const Throttling, Excesses>;

impl Search<'_> {
    /// The combination of usable parts that exceeds the limits least, the cheapest where that ties.
    pub(super) fn least_bad(&mut self, usable: &dyn Fn(&Part) -> bool) -> Option<Combination> {
        let families = self.families;
        let mut known = Known::new();
        let mut found: Option<(f64, Combination)> = None;
        for (family, of_pools) in families.iter().enumerate() {
            let Some((excess, parts)) = self.of_family(of_pools, usable, &mut known) else { continue };
            let combination = self.look_at(family, parts);
            let order = |(a, one): &(f64, Combination)| a.total_cmp(&excess).then(one.value.total_cmp(&combination.value));
            if found.as_ref().is_none_or(|best| order(best).is_gt()) {
                found = Some((excess, combination));
            }
        }
        found.map(|(_, combination)| combination)
    }

    /// By how much the worst pool of a combination exceeds the limits, the mean over all months.
    pub(super) fn excess(&self, combination: &Combination) -> f64 {
        let pools = self.families[combination.family].pools.iter().zip(&combination.parts);
        let parts: Vec<&Part> = pools.map(|(list, &part)| &list[part]).collect();
        match parts.as_slice() {
            [one] => one.throttling.excess,
            several => {
                let mut known = Known::new();
                let of_part = |part: &&Part| self.excesses(part, &mut known);
                mean(&several.iter().map(of_part).reduce(|a, b| larger(&a, &b)).unwrap_or_default())
            }
        }
    }

    /// The same of a family: by how much it exceeds them, and its parts.
    fn of_family(&self, family: &Family, usable: &dyn Fn(&Part) -> bool, known: &mut Known) -> Option<(f64, Vec<usize>)> {
        let listed = |parts: &Vec<Part>| {
            let mut list: Vec<usize> = (0..parts.len()).filter(|&part| usable(&parts[part])).collect();
            list.sort_by(|&a, &b| parts[a].mean.total_cmp(&parts[b].mean));
            list
        };
        let lists: Vec<Vec<usize>> = family.pools.iter().map(listed).collect();
        // Of the parts that exceed them least the cheapest, as the lists are sorted.
        let least = |(parts, list): (&Vec<Part>, &Vec<usize>)| {
            list.iter().copied().min_by(|&a, &b| parts[a].throttling.excess.total_cmp(&parts[b].throttling.excess))
        };
        let least: Vec<usize> = family.pools.iter().zip(&lists).map(least).collect::<Option<_>>()?;
        if let ([parts], [part]) = (family.pools.as_slice(), least.as_slice()) {
            return Some((parts[*part].throttling.excess, least));
        }
        let pools = family.pools.iter().zip(lists).map(|(parts, list)| {
            let of_part = |part: usize| Choice { part, cost: parts[part].mean, excesses: self.excesses(&parts[part], known) };
            list.into_iter().map(of_part).collect()
        });
        let pools: Vec<Vec<Choice>> = pools.collect();
        let months = pools.iter().flatten().map(|choice| choice.excesses.len()).next().unwrap_or(0);
        let mut look = Look { further: further(&pools, months), pools: &pools, left: MOST / months.max(1), best: None };
        // The bound is good where a pool has a choice that is the least of all in every month.
        let first = pools.iter().zip(&least).filter_map(|(pool, part)| pool.iter().find(|choice| choice.part == *part));
        let first: Vec<&Choice> = first.collect();
        let together = first.iter().map(|choice| Rc::clone(&choice.excesses)).reduce(|a, b| larger(&a, &b))?;
        look.best = Some(Begun { excess: mean(&together), cost: first.iter().map(|choice| choice.cost).sum(), parts: least });
        look.go_on(&mut Vec::new(), 0.0, None);
        look.best.map(|best| (best.excess, best.parts))
    }

    fn excesses(&self, part: &Part, known: &mut Known) -> Excesses {
        let make = || {
            let by_month = self.outcome.excess_of(self.scenario, part.plan, &[Row::Pool(part.pool)]);
            by_month.iter().flat_map(|of_month| self.outcome.make(of_month)).collect()
        };
        Rc::clone(known.entry(Rc::as_ptr(&part.throttling)).or_insert_with(make))
    }
}

/// A part of a pool.
struct Choice {
    part: usize,
    cost: f64,
    excesses: Excesses,
}

/// A combination, or the beginning of one.
struct Begun {
    excess: f64,
    cost: f64,
    parts: Vec<usize>,
}

/// Combinations of one family, being looked at.
struct Look<'p> {
    /// By pool, cheapest first.
    pools: &'p [Vec<Choice>],
    /// By pool: the least that those after it exceed the limits by and cost.
    further: Vec<(Excesses, f64)>,
    left: usize,
    best: Option<Begun>,
}

impl Look<'_> {
    fn go_on(&mut self, parts: &mut Vec<usize>, cost: f64, so_far: Option<&Excesses>) {
        let pools = self.pools;
        let Some(pool) = pools.get(parts.len()) else { return };
        let (further, costs_further) = self.further[parts.len()].clone();
        for choice in pool {
            if self.left == 0 {
                return;
            }
            self.left -= 1;
            let together = so_far.map_or_else(|| Rc::clone(&choice.excesses), |so_far| larger(so_far, &choice.excesses));
            let least = Begun { excess: mean_of_larger(&together, &further), cost: cost + choice.cost + costs_further, parts: Vec::new() };
            let order = |best: &Begun| least.excess.total_cmp(&best.excess).then(least.cost.total_cmp(&best.cost));
            if self.best.as_ref().is_some_and(|best| order(best).is_ge()) {
                continue;
            }
            parts.push(choice.part);
            if parts.len() == pools.len() {
                self.best = Some(Begun { parts: parts.clone(), ..least });
            } else {
                self.go_on(parts, cost + choice.cost, Some(&together));
            }
            parts.pop();
        }
    }
}

/// By pool, the least that all after it exceed the limits by in each month, and cost.
fn further(pools: &[Vec<Choice>], months: usize) -> Vec<(Excesses, f64)> {
    let mut all: Vec<(Excesses, f64)> = vec![(vec![0.0; months].into(), 0.0)];
    for pool in pools.iter().skip(1).rev() {
        let least = pool.iter().map(|choice| Rc::clone(&choice.excesses)).reduce(|a, b| smaller(&a, &b)).unwrap_or_default();
        let cost = pool.iter().map(|choice| choice.cost).fold(f64::INFINITY, f64::min);
        if let Some((excesses, costs)) = all.last() {
            all.push((larger(&least, excesses), cost + costs));
        }
    }
    all.reverse();
    all
}

fn larger(a: &Excesses, b: &Excesses) -> Excesses {
    a.iter().zip(b.iter()).map(|(a, b)| a.max(*b)).collect()
}

fn smaller(a: &Excesses, b: &Excesses) -> Excesses {
    a.iter().zip(b.iter()).map(|(a, b)| a.min(*b)).collect()
}

/// The mean of [`larger`], to the bit.
fn mean_of_larger(a: &Excesses, b: &Excesses) -> f64 {
    a.iter().zip(b.iter()).map(|(a, b)| a.max(*b)).sum::<f64>() / a.len().max(1) as f64
}

/// Summed as the excess of a single part is.
fn mean(excesses: &Excesses) -> f64 {
    excesses.iter().sum::<f64>() / excesses.len().max(1) as f64
}
