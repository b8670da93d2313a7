//! Variants: a node under each set of capacities that differs at it or before it.

use super::{Network, Stream};
use crate::supply::offer::MAX_AXES;
use crate::supply::pool::Node;
use crate::units::ByClass;
use std::collections::BTreeMap;
use std::ops::Range;

/// A node under the capacities of some cases, at it and before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variant {
    /// The first of these cases.
    pub(super) case: usize,
    /// Where its capacities stand among those of all cases.
    pub(super) capacities: Range<usize>,
    /// Whether it is known that nothing overflows in the hour.
    pub(super) calm: bool,
    pub(super) out: Stream,
    /// Tokens that it served, by class.
    pub(crate) served: ByClass,
    /// Where its overflow is throttled: the probability that a minute, and that the hour, is over its limit.
    pub(crate) over: [f64; 2],
}

impl Variant {
    /// Tokens that passed it, by class.
    pub(crate) fn passed(&self) -> ByClass {
        self.out.arrived
    }
}

impl Network {
    /// Settles which cases are one at which nodes, where capacities are not those of the hour before.
    pub(super) fn group(&mut self, nodes: &[Node], capacities: &[f64]) {
        if self.grouped == capacities {
            return;
        }
        self.grouped.clear();
        self.grouped.extend_from_slice(capacities);
        let cases = capacities.len() / (nodes.len() * MAX_AXES).max(1);
        for index in 0..nodes.len() {
            let (before, rest) = self.places.split_at_mut(index);
            let Some(place) = rest.first_mut() else { continue };
            let mut known: BTreeMap<Vec<u64>, usize> = BTreeMap::new();
            place.of_case.clear();
            for case in 0..cases {
                let start = (case * nodes.len() + index) * MAX_AXES;
                let own = &capacities[start..][..MAX_AXES];
                let upstream = place.upstream.iter().map(|&from| before[from].of_case[case] as u64);
                let key = own.iter().map(|capacity| capacity.to_bits()).chain(upstream).collect();
                let next = known.len();
                let variant = *known.entry(key).or_insert(next);
                if variant == next {
                    if place.variants.len() == next {
                        place.variants.push(Variant::default());
                    }
                    place.variants[next].case = case;
                    place.variants[next].capacities = start..start + nodes[index].axes;
                    place.variants[next].calm = false;
                }
                place.of_case.push(variant);
            }
            place.variants.truncate(known.len());
        }
    }
}
