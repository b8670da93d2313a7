//! What a rule sees of one future: the weighted tokens of the hours before a month.

use crate::demand::{DemandGenerator, DemandPath, DemandScratch};
use crate::scenario::Scenario;
use crate::simulation::draw;
use crate::supply::{Commitment, MAX_AXES, Measure, OfferLoad, Policy};
use std::collections::HashMap;
use std::ops::Range;

/// The future at hand.
#[derive(Clone, Debug)]
pub(super) struct Seen<'s> {
    /// `None` where no policy looks at anything.
    generator: Option<DemandGenerator<'s>>,
    path: DemandPath,
    scratch: DemandScratch,
    /// By offer that a condition is about.
    offers: Vec<OfferSeen>,
    /// What was found before in this future: many policies ask the same.
    known: HashMap<Question, f64>,
}

/// Offer, axis, first and last hour, and the capacity below and above which nothing counts.
type Question = (usize, usize, usize, usize, u64, u64);

#[derive(Clone, Debug)]
struct OfferSeen {
    offer: usize,
    load: OfferLoad,
    /// By axis and hour.
    tokens: [Vec<f64>; MAX_AXES],
    per_unit: [f64; MAX_AXES],
}

impl<'s> Seen<'s> {
    pub(super) fn new(scenario: &'s Scenario, base: usize, policies: &[Policy], seed: u64) -> Self {
        let looks = |policy: &&Policy| policy.looks();
        let asked = policies.iter().filter(looks).flat_map(|policy| policy.rules.iter().filter(|rule| rule.when.is_some()));
        let mut offers: Vec<usize> = asked.map(|rule| rule.purchase.commitment.offer).collect();
        offers.sort_unstable();
        offers.dedup();
        let pools = &scenario.supply.plans[base].pools;
        let of = |offer: usize| {
            let load = scenario.supply.load(pools, offer, seed)?;
            Some(OfferSeen { offer, load, tokens: Default::default(), per_unit: [0.0; MAX_AXES] })
        };
        let offers: Vec<OfferSeen> = offers.into_iter().filter_map(of).collect();
        Self {
            generator: (!offers.is_empty()).then(|| scenario.demand.sampled(seed, scenario.sampling)),
            path: DemandPath::default(),
            scratch: DemandScratch::default(),
            offers,
            known: HashMap::new(),
        }
    }

    /// Goes to a future.
    pub(super) fn look(&mut self, replication: u64) {
        let Some(generator) = &self.generator else { return };
        draw(generator, replication, &mut self.path, &mut self.scratch);
        self.known.clear();
        for seen in &mut self.offers {
            seen.load.fill(&self.path, &mut seen.tokens);
            seen.per_unit = seen.load.per_unit(replication);
        }
    }

    /// What is measured over some hours by whoever holds these units and may buy others; not a number where there is nothing to measure by.
    pub(super) fn measure(&mut self, measure: Measure, bought: &Commitment, held: [f64; MAX_AXES], hours: Range<usize>) -> f64 {
        let Some(place) = self.offers.iter().position(|seen| seen.offer == bought.offer) else { return f64::NAN };
        if measure == Measure::Demand {
            // All of it is the part from nothing to no end.
            return self.between(place, 0, &hours, (0.0, f64::INFINITY)) / hours.len() as f64;
        }
        let per_unit = self.offers[place].per_unit;
        let of = |axis: usize| match measure {
            Measure::NextUsed => (held[axis], bought.units[axis]),
            _ => (0.0, held[axis]),
        };
        let axes = self.offers[place].load.axes();
        let priced = (0..axes).any(|axis| of(axis).1 * bought.price[axis] > 0.0);
        let (mut used, mut whole) = (0.0, 0.0);
        for (axis, serves) in per_unit.into_iter().enumerate().take(axes) {
            let (below, units) = of(axis);
            let weight = units * if priced { bought.price[axis] } else { 1.0 };
            if weight > 0.0 {
                let (from, room) = (below * serves, units * serves);
                used += weight * self.between(place, axis, &hours, (from, room)) / (room * hours.len() as f64);
                whole += weight;
            }
        }
        if whole > 0.0 { used / whole } else { f64::NAN }
    }

    /// Σ over hours of what their tokens are above `from`, `room` at most.
    fn between(&mut self, place: usize, axis: usize, hours: &Range<usize>, (from, room): (f64, f64)) -> f64 {
        let Self { offers, known, .. } = self;
        *known
            .entry((place, axis, hours.start, hours.end, from.to_bits(), room.to_bits()))
            .or_insert_with(|| offers[place].tokens[axis][hours.clone()].iter().map(|tokens| (tokens - from).clamp(0.0, room)).sum())
    }
}
