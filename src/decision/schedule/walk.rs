//! Walking a policy through futures: at the start of each month it sees the hours before it and what it holds, and buys.
//!
//! Demand is the same whatever is bought, so a future's path is drawn once for all policies, before anything is served.

use super::seen::Seen;
use crate::error::{Error, ErrorKind, Result};
use crate::horizon::Horizon;
use crate::scenario::Scenario;
use crate::simulation::{RunSpec, ordered_map};
use crate::supply::{Commitment, Held, MAX_AXES, Policy, Purchase, Rule};
use crate::units::Term;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::Ordering;

/// Futures that a thread walks at a time.
const CHUNK: u64 = 64;

/// What a policy did in every future.
#[derive(Clone, Debug, Default)]
pub(super) struct Walk {
    /// By future and month: which of the holdings.
    pub(super) held: Vec<u32>,
    /// By future: paid for units within the horizon `[currency]`.
    pub(super) paid: Vec<f64>,
    /// By future: what terms still bind to after it `[currency]`.
    pub(super) owed: Vec<f64>,
    /// By purchase (at the start, then by rule) and month: futures in which it was made.
    pub(super) bought: Vec<u32>,
    /// By offer that any policy buys and month: futures in which some purchase of it is made.
    pub(super) any: Vec<u32>,
}

/// What all policies did.
#[derive(Clone, Debug)]
pub(super) struct Walks {
    /// Units of each offer that any of them held in some month.
    pub(super) holdings: Vec<Vec<Held>>,
    /// By policy.
    pub(super) of: Vec<Walk>,
}

/// Walks all policies, on the routes of one plan.
pub(super) fn walk(scenario: &Scenario, base: usize, policies: &[Policy], spec: &RunSpec<'_>) -> Result<Walks> {
    let replications = spec.replications.unwrap_or(scenario.replications);
    let (seed, horizon) = (spec.seed.unwrap_or(scenario.seed), &scenario.horizon);
    let mut offers: Vec<usize> = policies.iter().flat_map(Policy::purchases).map(|purchase| purchase.commitment.offer).collect();
    offers.sort_unstable();
    offers.dedup();
    let walkers: Vec<Walker<'_>> = policies.iter().map(|policy| Walker::new(policy, horizon)).collect();
    let seen = Seen::new(scenario, base, policies, seed);
    let chunks: Vec<Range<u64>> = (0..replications).step_by(CHUNK as usize).map(|first| first..(first + CHUNK).min(replications)).collect();
    let walked = ordered_map(spec.threads, &chunks, |chunk| {
        let mut holdings = Holdings { offers: &offers, known: HashMap::new(), all: Vec::new() };
        let mut walks: Vec<Walk> = walkers.iter().map(|walker| walker.empty(offers.len())).collect();
        let mut seen = seen.clone();
        for replication in chunk.clone() {
            if spec.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                return Err(Error::from(ErrorKind::Interrupted));
            }
            seen.look(replication);
            walkers.iter().zip(&mut walks).for_each(|(walker, walk)| walker.walk(&mut seen, &mut holdings, walk));
        }
        Ok::<_, Error>((holdings.all, walks))
    })?;
    let mut holdings = Holdings { offers: &offers, known: HashMap::new(), all: Vec::new() };
    let mut of: Vec<Walk> = walkers.iter().map(|walker| walker.empty(offers.len())).collect();
    for chunk in walked {
        let (known, walks) = chunk?;
        let places: Vec<u32> = known.into_iter().map(|units| holdings.place(units)).collect();
        for (whole, walk) in of.iter_mut().zip(walks) {
            whole.held.extend(walk.held.iter().map(|&place| places[place as usize]));
            whole.paid.extend(walk.paid);
            whole.owed.extend(walk.owed);
            whole.bought.iter_mut().zip(walk.bought).for_each(|(sum, bought)| *sum += bought);
            whole.any.iter_mut().zip(walk.any).for_each(|(sum, any)| *sum += any);
        }
    }
    Ok(Walks { holdings: holdings.all, of })
}

/// The distinct holdings met.
struct Holdings<'a> {
    offers: &'a [usize],
    known: HashMap<Vec<u64>, u32>,
    all: Vec<Vec<Held>>,
}

impl Holdings<'_> {
    fn place(&mut self, units: Vec<Held>) -> u32 {
        let key = units.iter().flat_map(|(_, units)| units.map(f64::to_bits)).collect();
        *self.known.entry(key).or_insert_with(|| {
            self.all.push(units);
            self.all.len() as u32 - 1
        })
    }

    fn of(&mut self, lots: &[Lot], policy: &Walker<'_>, month: usize) -> u32 {
        let held = |&offer: &usize| (offer, policy.held(lots, offer, month));
        let units = self.offers.iter().map(held).collect();
        self.place(units)
    }
}

/// Units bought at once, as far as they are still held alike.
#[derive(Clone, Copy, Debug)]
struct Lot {
    purchase: usize,
    start: usize,
    /// The month in which they are gone.
    end: usize,
    units: [f64; MAX_AXES],
}

/// A policy with what its purchases come to.
struct Walker<'a> {
    policy: &'a Policy,
    horizon: &'a Horizon,
    /// At the start, then by rule.
    purchases: Vec<&'a Purchase>,
    /// By purchase and month of the purchase: cost of each month, and what is owed after the horizon.
    bills: Vec<Vec<(Vec<f64>, f64)>>,
}

impl<'a> Walker<'a> {
    fn new(policy: &'a Policy, horizon: &'a Horizon) -> Self {
        let purchases: Vec<&Purchase> = policy.purchases().collect();
        let bill = |purchase: &&Purchase, start_month: usize| {
            let commitment = Commitment { start_month, ..purchase.commitment.clone() };
            let costs = (0..horizon.months()).map(|month| commitment.cost(month, horizon)).collect();
            (costs, commitment.committed_after_horizon(horizon))
        };
        let bills = purchases.iter().map(|purchase| (0..horizon.months()).map(|month| bill(purchase, month)).collect()).collect();
        Self { policy, horizon, purchases, bills }
    }

    fn empty(&self, offers: usize) -> Walk {
        let months = self.horizon.months();
        Walk { bought: vec![0; self.purchases.len() * months], any: vec![0; offers * months], ..Walk::default() }
    }

    /// Units of an offer in a month, by axis.
    fn held(&self, lots: &[Lot], offer: usize, month: usize) -> [f64; MAX_AXES] {
        let mine =
            lots.iter().filter(|lot| (lot.start..lot.end).contains(&month) && self.purchases[lot.purchase].commitment.offer == offer);
        mine.fold([0.0; MAX_AXES], |sum, lot| std::array::from_fn(|axis| sum[axis] + lot.units[axis]))
    }

    fn walk(&self, seen: &mut Seen<'_>, holdings: &mut Holdings<'_>, walk: &mut Walk) {
        let months = self.horizon.months();
        let mut lots: Vec<Lot> = Vec::with_capacity(self.purchases.len());
        let mut times = vec![0; self.policy.rules.len()];
        for month in 0..months {
            if month == 0 {
                (0..self.policy.start.len()).for_each(|purchase| lots.push(self.lot(purchase, month, walk)));
            }
            for ((rule, times), purchase) in self.policy.rules.iter().zip(&mut times).zip(self.policy.start.len()..) {
                let mut now = 0;
                while rule.months.contains(&month)
                    && now < rule.times_a_month
                    && *times < rule.times
                    && self.holds(rule, &lots, month, seen)
                {
                    if rule.replaces_hourly {
                        self.give_up(&mut lots, purchase, month);
                    }
                    lots.push(self.lot(purchase, month, walk));
                    // Counted once a future, however often it bought.
                    walk.bought[purchase * months + month] -= u32::from(now > 0);
                    now += 1;
                    *times += 1;
                }
            }
            for (offer, any) in holdings.offers.iter().zip(walk.any.iter_mut().skip(month).step_by(months)) {
                let new = |lot: &Lot| lot.start == month && self.purchases[lot.purchase].commitment.offer == *offer;
                *any += u32::from(lots.iter().any(new));
            }
            // What neither came nor went is as it was.
            let same = month > 0 && !lots.iter().any(|lot| lot.start == month || lot.end == month);
            let place = walk.held.last().copied().filter(|_| same).unwrap_or_else(|| holdings.of(&lots, self, month));
            walk.held.push(place);
        }
        walk.paid.push((0..months).map(|month| lots.iter().map(|lot| self.cost(lot, month)).sum::<f64>()).sum());
        walk.owed.push(lots.iter().map(|lot| self.bills[lot.purchase][lot.start].1).sum());
    }

    fn lot(&self, purchase: usize, month: usize, walk: &mut Walk) -> Lot {
        let months = self.horizon.months();
        walk.bought[purchase * months + month] += 1;
        let bought = self.purchases[purchase];
        let end = bought.held_for().map_or(months, |kept| (month + kept).min(months));
        Lot { purchase, start: month, end, units: bought.commitment.units }
    }

    /// Cost of a lot in a month; nothing once it was given up.
    fn cost(&self, lot: &Lot, month: usize) -> f64 {
        if !(lot.start..lot.end).contains(&month) {
            return 0.0;
        }
        let commitment = &self.purchases[lot.purchase].commitment;
        if lot.units.iter().zip(commitment.units).all(|(mine, all)| mine.to_bits() == all.to_bits()) {
            return self.bills[lot.purchase][lot.start].0[month];
        }
        Commitment { units: lot.units, start_month: lot.start, ..commitment.clone() }.cost(month, self.horizon)
    }

    /// Gives up as many units of the term "none" as a purchase buys, the oldest first.
    fn give_up(&self, lots: &mut Vec<Lot>, purchase: usize, month: usize) {
        let bought = &self.purchases[purchase].commitment;
        let mut left = bought.units;
        for place in 0..lots.len() {
            let own = &self.purchases[lots[place].purchase].commitment;
            if own.offer != bought.offer || own.term != Term::NONE || lots[place].end <= month {
                continue;
            }
            let lot = lots[place];
            let gone: [f64; MAX_AXES] = std::array::from_fn(|axis| left[axis].min(lot.units[axis]));
            if gone.iter().all(|&units| units == 0.0) {
                continue;
            }
            let kept: [f64; MAX_AXES] = std::array::from_fn(|axis| lot.units[axis] - gone[axis]);
            left.iter_mut().zip(gone).for_each(|(left, gone)| *left -= gone);
            lots[place] = Lot { units: gone, end: month, ..lot };
            if kept.iter().any(|&units| units > 0.0) {
                lots.push(Lot { units: kept, ..lot });
            }
        }
    }

    /// Whether a rule's condition holds at the start of a month. What is not known yet holds nothing.
    fn holds(&self, rule: &Rule, lots: &[Lot], month: usize, seen: &mut Seen<'_>) -> bool {
        let Some(condition) = &rule.when else { return true };
        let before = self.horizon.month_range(month).start;
        let Some(first) = before.checked_sub(168 * rule.weeks) else { return false };
        let held = self.held(lots, rule.purchase.commitment.offer, month);
        condition.holds(seen.measure(condition.measure, &rule.purchase.commitment, held, first..before))
    }
}
