//! What a unit serves where that is known within a range: drawn once in each replication, evenly from the range.

use super::offer::{Offer, OfferKind};
use super::{Plan, Supply};
use crate::random::stream::{Purpose, StreamKey};

/// The draws of an offer's throughput under a seed.
#[derive(Clone, Debug)]
pub(super) struct Throughput {
    key: StreamKey,
}

impl Throughput {
    /// `None` of an offer whose throughput is certain, or that sells no units.
    pub(super) fn new(offer: &Offer, seed: u64) -> Option<Self> {
        let OfferKind::Provisioned(provisioned) = &offer.kind else { return None };
        let uncertain = provisioned.axes.iter().any(|axis| axis.capacity.0 < axis.capacity.1);
        uncertain.then(|| Self { key: StreamKey::new(seed, Purpose::Capacity, &offer.name) })
    }

    /// Where in the range it lies in a replication, 0 to 1. One draw for both axes: what is unknown is the unit's speed.
    pub(super) fn draw(&self, replication: u64) -> f64 {
        self.key.replication(replication).uniform()
    }
}

/// So far into a range; its lower end where it is none.
pub(super) fn within((low, high): (f64, f64), draw: f64) -> f64 {
    if low < high { low + draw * (high - low) } else { low }
}

impl Supply {
    /// What a unit serves in each of so many replications under a seed, over the middle of its range: the mean over the units that a plan buys,
    /// and over their axes. `None` where that is certain, or nothing is bought.
    #[must_use]
    pub fn throughput_levels(&self, seed: u64, replications: u64, plan: &Plan) -> Option<Vec<f64>> {
        let mut uncertain = false;
        let mut ranges: Vec<(Option<Throughput>, f64, (f64, f64))> = Vec::new();
        for commitment in &plan.commitments {
            let offer = &self.offers[commitment.offer];
            let OfferKind::Provisioned(provisioned) = &offer.kind else { continue };
            let throughput = Throughput::new(offer, seed);
            for (axis, units) in provisioned.axes.iter().zip(commitment.units).filter(|(_, units)| *units > 0.0) {
                uncertain |= axis.capacity.0 < axis.capacity.1;
                ranges.push((throughput.clone(), units, axis.capacity));
            }
        }
        let all: f64 = ranges.iter().map(|range| range.1).sum();
        let level = |replication| {
            let of_range = |(throughput, units, range): &(Option<Throughput>, f64, (f64, f64))| {
                let drawn = throughput.as_ref().map_or(range.0, |throughput| within(*range, throughput.draw(replication)));
                units * drawn / f64::midpoint(range.0, range.1)
            };
            ranges.iter().map(of_range).sum::<f64>() / all
        };
        uncertain.then(|| (0..replications).map(level).collect())
    }
}
