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

mod stream;

use super::minute::MinuteLaw;
use super::offer::{MAX_AXES, OverflowRule};
use super::pool::Node;
use crate::units::ByClass;
pub(crate) use stream::Stream;
use stream::{Flow, Term, moved};

/// What a load may be above a capacity by rounding alone, as a share of it.
const ROUNDING: f64 = 1e-9;

/// Buffers for one network; nothing is allocated once they have grown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    /// Streams that enter at each node.
    pub(crate) entering: Vec<Stream>,
    passed: Vec<Stream>,
    pooled: Stream,
    /// Tokens served by each node, by class.
    pub(crate) served: Vec<ByClass>,
    /// Minutes of the hour over the limit of the last offers, as a probability: the largest among them.
    pub(crate) exceedance: f64,
    /// The same for the hour.
    pub(crate) hour_exceedance: f64,
    /// Tokens throttled, by class.
    pub(crate) throttled: ByClass,
}

/// What a node does with its overflow.
struct Overflow {
    limit: f64,
    variance: f64,
    tokens: ByClass,
}

impl Network {
    pub(crate) fn new(nodes: usize) -> Self {
        Self {
            entering: vec![Stream::default(); nodes],
            passed: vec![Stream::default(); nodes],
            served: vec![ByClass::ZERO; nodes],
            ..Self::default()
        }
    }

    /// Empties what enters, before an hour's entries are set.
    pub(crate) fn reset(&mut self) {
        self.entering.iter_mut().for_each(Stream::clear);
    }

    /// Tokens that came to a node and tokens that passed it, by class, in the hour served last.
    pub(crate) fn flow(&self, node: usize) -> (ByClass, ByClass) {
        let passed = self.passed[node].arrived;
        (self.served[node] + passed, passed)
    }

    /// What comes to a node, in the hour served last.
    pub(crate) fn arrives(&mut self, nodes: &[Node], node: usize, law: &MinuteLaw) -> &Stream {
        let into = |from: &usize| nodes[*from].next == Some(node);
        let upstream = (0..node).filter(into).map(|from| &self.passed[from]);
        let sources = std::iter::once(&self.entering[node]).chain(upstream).filter(|stream| !stream.is_empty());
        pool(&mut self.pooled, sources, &nodes[node].mix(), law);
        &self.pooled
    }

    /// Serves what has entered. `capacities` are weighted tokens per hour at node × 2 + axis.
    pub(crate) fn serve(&mut self, nodes: &[Node], capacities: &[f64], law: &MinuteLaw) {
        self.exceedance = 0.0;
        self.hour_exceedance = 0.0;
        self.throttled = ByClass::ZERO;
        for index in 0..nodes.len() {
            let node = &nodes[index];
            let capacity = &capacities[index * MAX_AXES..][..node.axes];
            let (before, rest) = self.passed.split_at_mut(index);
            let Some(out) = rest.first_mut() else { continue };
            let into = |from: usize| nodes[from].next == Some(index);
            let sources = || {
                let upstream = before.iter().enumerate().filter(|(from, _)| into(*from)).map(|(_, stream)| stream);
                std::iter::once(&self.entering[index]).chain(upstream).filter(|stream| !stream.is_empty())
            };
            out.clear();
            let count = sources().count();
            if count == 0 {
                self.served[index] = ByClass::ZERO;
                continue;
            }
            pool(&mut self.pooled, sources(), &node.mix(), law);
            let arrived = self.pooled.arrived;
            let mut overflow = best(out, &self.pooled, sources(), node, capacity, law);
            means(&mut overflow, arrived, node, capacity);
            spill(out, &mut overflow, node, law);
            out.arrived = lesser(overflow.tokens, arrived);
            for (weights, &capacity) in node.weights.iter().zip(capacity) {
                fit(&mut out.arrived, arrived, weights, capacity);
            }
            self.served[index] = arrived - out.arrived;
            if node.next.is_none() && !out.is_empty() {
                self.throttled += out.arrived;
                let row = law.at(overflow.variance);
                let limit = overflow.limit.max(0.0);
                self.exceedance = self.exceedance.max(row.exceedance(limit));
                self.hour_exceedance = self.hour_exceedance.max(row.hour_exceedance(limit));
            }
        }
    }
}

/// The sum of streams: one alone with all its flows, several under one factor.
fn pool<'s>(into: &mut Stream, sources: impl Iterator<Item = &'s Stream> + Clone, mix: &ByClass, law: &MinuteLaw) {
    into.clear();
    let (mut sized, mut count) = (0.0, 0);
    for source in sources.clone() {
        sized += source.requests * source.size_factor;
        into.arrived += source.arrived;
        into.base += source.base;
        into.requests += source.requests;
        into.workload = if count == 0 || into.workload == source.workload { source.workload } else { None };
        count += 1;
    }
    into.size_factor = if into.requests > 0.0 { sized / into.requests } else { 1.0 };
    if count == 1 {
        for source in sources {
            into.terms.extend_from_slice(&source.terms);
            into.flows.extend_from_slice(&source.flows);
        }
        return;
    }
    let deviation = |stream: &Stream| stream.base.dot(mix) * stream.variance().sqrt();
    // Covariance of one stream with the sum: its own variance, and what parts of the same workload share.
    let covariance = |stream: &Stream| {
        let alike = sources
            .clone()
            .filter(|other| std::ptr::eq(*other, stream) || (stream.workload.is_some() && other.workload == stream.workload));
        deviation(stream) * alike.map(deviation).sum::<f64>()
    };
    let mean = into.base.dot(mix);
    let total: f64 = sources.clone().map(covariance).sum();
    let variance = if mean > 0.0 { total / (mean * mean) } else { 0.0 };
    for source in sources.clone() {
        let part = covariance(source) * mean / (total * source.base.dot(mix));
        // A stream without variance stands still, but its terms need some slope to be there at all.
        let factor = if part >= 0.0 && part.is_finite() { part.max(1e-6) } else { 1.0 };
        for term in source.flow(0).terms {
            if let Some(kink) = moved(term.kink, factor, source.variance(), variance, law) {
                into.terms.push(Term { slope: term.slope, factor: term.factor * factor, kink });
            }
        }
    }
    into.terms.sort_unstable_by(|a, b| a.kink.total_cmp(&b.kink));
    into.flows.push((into.terms.len(), variance));
}

/// The largest overflow over all ways to see what arrives; what passes on of each goes to `out`.
fn best<'s>(
    out: &mut Stream,
    pooled: &Stream,
    sources: impl Iterator<Item = &'s Stream> + Clone,
    node: &Node,
    capacity: &[f64],
    law: &MinuteLaw,
) -> Overflow {
    let mix = node.mix();
    out.base = pooled.base;
    out.workload = pooled.workload;
    out.requests = pooled.requests;
    out.size_factor = pooled.size_factor;
    let first = pooled.flow(0);
    let limit = first.limit(node, capacity, ByClass::ZERO);
    out.pass(&first, limit, &mix, None);
    // Whatever the amount, it is made of the classes that arrive in the minutes over the limit.
    let begun = first.begun(limit, &mix).slope;
    let direction = if begun.dot(&mix) > 0.0 { begun } else { pooled.arrived };
    let mut overflow = Overflow { limit, variance: first.variance, tokens: first.beyond(limit, &mix, law) };
    let per_token = direction.dot(&mix);
    if !(per_token > 0.0) {
        return overflow;
    }
    let mut largest = overflow.tokens.dot(&mix);
    let mut consider = |flow: Flow<'_>, others: ByClass| {
        let limit = flow.limit(node, capacity, others);
        out.pass(&flow, limit, &mix, Some(direction));
        let amount = flow.beyond(limit, &mix, law).dot(&mix);
        if amount > largest * (1.0 + 1e-12) {
            largest = amount;
            overflow = Overflow { limit, variance: flow.variance, tokens: direction * (amount / per_token) };
        }
    };
    for index in 1..pooled.flows.len() {
        consider(pooled.flow(index), ByClass::ZERO);
    }
    if sources.clone().count() > 1 {
        for source in sources {
            consider(source.flow(0), pooled.arrived - source.arrived);
        }
    }
    overflow
}

/// At least what the means alone make of it: an offer never serves more than its capacity.
fn means(overflow: &mut Overflow, arrived: ByClass, node: &Node, capacity: &[f64]) {
    for (axis, &capacity) in capacity.iter().enumerate() {
        let load = arrived.dot(&node.weights[axis]);
        let share = if load > 0.0 { 1.0 - capacity / load } else { 0.0 };
        if share > 0.0 && share * load > overflow.tokens.dot(&node.weights[axis]) {
            overflow.tokens = arrived * share;
        }
    }
}

/// Adds what a whole request takes with it when the rule is that it spills as a whole: the part of it that the minute had already served,
/// in expectation half of a request that is met by its size, (1 + cv²) / 2 of the mean, once in every minute over the limit.
fn spill(out: &mut Stream, overflow: &mut Overflow, node: &Node, law: &MinuteLaw) {
    if node.overflow != OverflowRule::Request || !overflow.limit.is_finite() || !(out.requests > 0.0) {
        return;
    }
    // Tokens per hour in the windows over the limit, of which an hour has so many.
    let rate = out.base * (f64::from(law.windows()) * 0.5 * out.size_factor / out.requests);
    overflow.tokens += rate * law.at(overflow.variance).exceedance(overflow.limit.max(0.0));
    let mix = node.mix();
    let mut start = 0;
    for &(end, _) in &out.flows {
        if let Some(first) = out.terms[start..end].first_mut() {
            let slope = first.factor * first.slope.dot(&mix);
            if slope > 0.0 {
                // The next offer meets its limit that much earlier.
                first.kink -= rate.dot(&mix) / slope;
            }
        }
        start = end;
    }
}

/// Where less of a class came than the overflow has of it, the rest of the overflow is of the classes that are left.
fn fit(passed: &mut ByClass, arrived: ByClass, weights: &ByClass, capacity: f64) {
    let served = arrived - *passed;
    let load = served.dot(weights);
    if load > capacity * (1.0 + ROUNDING) {
        *passed += served * (1.0 - capacity / load);
    }
}

fn lesser(a: ByClass, b: ByClass) -> ByClass {
    let (a, b) = (a.to_array(), b.to_array());
    ByClass::from_array(std::array::from_fn(|class| a[class].min(b[class])))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 640 and 8 000 tokens come to an offer for 470, and the overflow is thought of as of the second class alone, of which too few came.
    #[test]
    fn what_a_class_lacks_the_others_overflow() {
        let arrived = ByClass { input: 640.0, output: 8000.0, ..ByClass::ZERO };
        let mut passed = lesser(ByClass { output: 8170.0, ..ByClass::ZERO }, arrived);
        fit(&mut passed, arrived, &ByClass::ONE, 470.0);
        let served = arrived - passed;
        assert!((served.total() - 470.0).abs() < 1e-9 && served.output == 0.0, "{served:?}");
        let before = passed.to_array();
        fit(&mut passed, arrived, &ByClass::ONE, 500.0);
        assert!(passed.to_array() == before);
    }
}
