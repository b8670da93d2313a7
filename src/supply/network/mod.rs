//! One hour of one pool: streams of work that meet at offers, are served up to a capacity, and pass the rest on.
//!
//! A *stream* is what arrives at an offer as a function of one minute factor m of mean 1: a sum of terms slope × (m − kink)+. A workload
//! arrives as one term of kink 0. At an offer whose capacity C is met at m\*, all terms that began below m\* become one of kink m\*, and
//! later ones stay. E\[(m − k)+\] is the law's G(k, V).
//!
//! Where streams meet, they share one factor whose V is that of the sum of their workloads (independent minutes: sum of variances over the
//! square of the summed means, in the offer's weights). Given the sum, a stream moves by its part of the variance: by β = V μ / (V μ of
//! the sum) for each 1 of the factor, the regression of one on the other. A kink moves to where the stream so scaled would have it, or
//! to where it has the stream's own expectation beyond it, whichever is lower. That is exact when nothing overflowed before and keeps the
//! means after, but it says too little when what is left over is burstier than the sum. Jensen's inequality gives bounds from below: the
//! overflow is at least what one stream's own law makes of it when the others stand at their means, and at least what the means alone
//! make of it. Each of these *flows* goes its own way through the offers that follow, and the largest is taken at each. Every flow falls
//! when capacity grows, so the weighted overflow does too. Against minutes drawn one by one it is within a tenth of what is throttled.
//! Two parts of one workload that meet after different ways move together; where other workloads entered with one of them, that is lost.
//!
//! Plans differ mostly in one offer's units, so each node is served once for every set of capacities that differs at it or before it: its
//! *variants*, of which only the node where all streams meet has as many as there are cases.

mod meeting;
mod overflow;
mod rows;
mod stream;
mod variants;

use super::minute::MinuteLaw;
use super::pool::Node;
use crate::units::ByClass;
use meeting::{Meeting, sources};
use overflow::Overflow;
use rows::Rows;
pub(crate) use stream::Stream;
pub(crate) use variants::Variant;

/// Buffers for one network; nothing is allocated once they have grown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    /// Streams that enter at each node.
    pub(crate) entering: Vec<Stream>,
    places: Vec<Place>,
    /// The capacities of all cases that the variants are of.
    grouped: Vec<f64>,
    pooled: Stream,
}

/// A node.
#[derive(Clone, Debug, Default)]
struct Place {
    /// The nodes whose overflow comes to it.
    upstream: Vec<usize>,
    meeting: Meeting,
    /// By case.
    of_case: Vec<usize>,
    variants: Vec<Variant>,
}

impl Network {
    pub(crate) fn new(nodes: &[Node]) -> Self {
        let upstream = |index: usize| (0..index).filter(|&from| nodes[from].next == Some(index)).collect();
        Self {
            entering: vec![Stream::default(); nodes.len()],
            places: (0..nodes.len()).map(|index| Place { upstream: upstream(index), ..Place::default() }).collect(),
            ..Self::default()
        }
    }

    /// Empties what enters, before an hour's entries are set.
    pub(crate) fn reset(&mut self) {
        self.entering.iter_mut().for_each(Stream::clear);
    }

    /// A node in the hour served last, under each set of capacities that differs at it or before it.
    pub(crate) fn variants(&self, node: usize) -> &[Variant] {
        &self.places[node].variants
    }

    /// Which of the variants of a node a case has.
    pub(crate) fn variant(&self, node: usize, case: usize) -> usize {
        self.places[node].of_case[case]
    }

    /// Which of the variants of a node before it the variant of another has.
    pub(crate) fn variant_before(&self, variant: &Variant, node: usize) -> usize {
        self.variant(node, variant.case)
    }

    /// What comes to a node in the first case, in the hour served last.
    pub(crate) fn arrives(&mut self, node: usize, law: &MinuteLaw) -> &Stream {
        let (before, rest) = self.places.split_at_mut(node);
        let (place, entering) = (&rest[0], &mut self.entering[node]);
        entering.wanted = true;
        place.upstream.iter().for_each(|&from| before[from].variants.iter_mut().for_each(|variant| variant.out.wanted = true));
        place.move_wanted(entering, before, &mut Rows::new(law));
        place.meeting.pool(&mut self.pooled, &sources(entering, before, &place.upstream, 0).collect::<Vec<_>>());
        &self.pooled
    }

    /// Serves what has entered. `capacities` are weighted tokens per hour of all cases, at (case × nodes + node) × 2 + axis.
    pub(crate) fn serve(&mut self, nodes: &[Node], capacities: &[f64], law: &MinuteLaw) {
        self.group(nodes, capacities);
        let mut rows = Rows::new(law);
        for (index, node) in nodes.iter().enumerate() {
            let (before, rest) = self.places.split_at_mut(index);
            let Some(place) = rest.first_mut() else { continue };
            let entering = &mut self.entering[index];
            place.meet(entering, before, node, capacities, &mut rows);
            let mut streams: Vec<&Stream> = Vec::new();
            for variant in &mut place.variants {
                streams.clear();
                streams.extend(sources(entering, before, &place.upstream, variant.case));
                variant.over = [0.0; 2];
                variant.out.clear();
                if streams.is_empty() || variant.calm {
                    variant.served = streams.iter().fold(ByClass::ZERO, |sum, source| sum + source.arrived);
                    continue;
                }
                place.meeting.pool(&mut self.pooled, &streams);
                let capacity = &capacities[variant.capacities.clone()];
                variant.over = Overflow::of(&mut variant.out, &self.pooled, &streams, node, capacity, &mut rows);
                variant.served = self.pooled.arrived - variant.out.arrived;
            }
        }
    }
}

#[cfg(test)]
mod tests;
