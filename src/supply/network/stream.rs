//! Streams of work, the flows that they are seen as, and what of them lies beyond a limit.

use crate::supply::minute::{MinuteLaw, MinuteRow};
use crate::supply::pool::Node;
use crate::units::ByClass;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Term {
    /// Tokens per hour by class, as they would be if m moved all workloads alike: what overflows is made of these.
    pub(super) slope: ByClass,
    /// How much more than alike m moves them.
    pub(super) factor: f64,
    /// May lie below 0, where a stream moves less than m does.
    pub(super) kink: f64,
}

/// One way to see what arrives: terms under a factor of this squared coefficient of variation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow<'t> {
    pub(super) terms: &'t [Term],
    pub(super) variance: f64,
}

/// Work on its way to an offer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    pub(super) terms: Vec<Term>,
    /// Where each flow's terms end, and its variance. The first sees all that arrives, the others are bounds from below.
    pub(super) flows: Vec<(usize, f64)>,
    /// Expected tokens of the hour by class.
    pub(crate) arrived: ByClass,
    /// Mean tokens of the workloads behind it, whether they still arrive or not: the weight of its variance among others.
    pub(super) base: ByClass,
    /// The workload behind it, if there is only one.
    pub(super) workload: Option<usize>,
    /// Requests an hour of the workloads behind it.
    pub(crate) requests: f64,
    /// Mean of size² over mean of size, as a multiple of the mean size: 1 + cv².
    pub(super) size_factor: f64,
}

impl Stream {
    pub(super) fn clear(&mut self) {
        self.terms.clear();
        self.flows.clear();
        self.arrived = ByClass::ZERO;
        self.base = ByClass::ZERO;
        self.workload = None;
        self.requests = 0.0;
        self.size_factor = 1.0;
    }

    /// Makes it the whole of some workloads' work; `workload` is said when there is one alone.
    pub(crate) fn enter(&mut self, tokens: ByClass, variance: f64, requests: f64, size_factor: f64, workload: Option<usize>) {
        self.clear();
        self.terms.push(Term { slope: tokens, factor: 1.0, kink: 0.0 });
        self.flows.push((1, variance));
        self.arrived = tokens;
        self.base = tokens;
        self.workload = workload;
        self.requests = requests;
        self.size_factor = size_factor;
    }

    /// Whether no work is behind it. Work of which nothing is left still counts: leaving it out would change the law of the others.
    pub(super) fn is_empty(&self) -> bool {
        !(self.base.total() > 0.0)
    }

    /// Mean tokens of the workloads behind it.
    pub(crate) fn base(&self) -> ByClass {
        self.base
    }

    /// All that arrives: tokens per hour by class that come for each 1 of the factor beyond each kink, and the factor's variance.
    pub(crate) fn seen(&self) -> (impl Iterator<Item = (ByClass, f64)> + Clone + '_, f64) {
        let terms = self.flows.first().map_or(&[][..], |(end, _)| &self.terms[..*end]);
        (terms.iter().map(|term| (term.slope * term.factor, term.kink)), self.variance())
    }

    pub(super) fn flow(&self, index: usize) -> Flow<'_> {
        let start = if index == 0 { 0 } else { self.flows[index - 1].0 };
        let (end, variance) = self.flows[index];
        Flow { terms: &self.terms[start..end], variance }
    }

    pub(super) fn variance(&self) -> f64 {
        self.flows.first().map_or(0.0, |flow| flow.1)
    }

    /// Adds what of a flow passes a limit, made of `direction` instead of its own classes where that is said.
    pub(super) fn pass(&mut self, flow: &Flow<'_>, limit: f64, mix: &ByClass, direction: Option<ByClass>) {
        if limit.is_finite() {
            let mut begun = flow.begun(limit, mix);
            if let Some(direction) = direction {
                begun.factor *= begun.slope.dot(mix) / direction.dot(mix);
                begun.slope = direction;
            }
            self.terms.push(begun);
            self.terms.extend(flow.terms.iter().filter(|term| term.kink > limit));
        }
        self.flows.push((self.terms.len(), flow.variance));
    }
}

impl Flow<'_> {
    /// The m at which the load, in tokens of these weights, meets `capacity`: kinks are in order. Infinite when it never does.
    pub(super) fn crossing(&self, weights: &ByClass, capacity: f64) -> f64 {
        let (mut slope, mut load, mut at) = (0.0, 0.0, self.terms.first().map_or(0.0, |term| term.kink));
        for term in self.terms {
            let here = load + slope * (term.kink - at);
            if here > capacity {
                break;
            }
            (load, at) = (here, term.kink);
            slope += term.factor * term.slope.dot(weights);
        }
        if slope > 0.0 { at + (capacity - load) / slope } else { f64::INFINITY }
    }

    /// The terms that have begun at `limit`, as one that begins there. Their sum keeps its load in the weights of `mix`.
    pub(super) fn begun(&self, limit: f64, mix: &ByClass) -> Term {
        let mut slope = ByClass::ZERO;
        let mut load = 0.0;
        for term in self.terms.iter().filter(|term| term.kink <= limit) {
            slope += term.slope;
            load += term.factor * term.slope.dot(mix);
        }
        let alike = slope.dot(mix);
        Term { slope, factor: if alike > 0.0 { load / alike } else { 1.0 }, kink: limit }
    }

    /// Where it meets the node's limit when `others` (tokens by class) arrive without any variance.
    pub(super) fn limit(&self, node: &Node, capacity: &[f64], others: ByClass) -> f64 {
        capacity.iter().enumerate().fold(f64::INFINITY, |limit, (axis, &capacity)| {
            let free = capacity - others.dot(&node.weights[axis]);
            limit.min(if free > 0.0 { self.crossing(&node.weights[axis], free) } else { 0.0 })
        })
    }

    /// Expected tokens beyond `limit`, by class.
    pub(super) fn beyond(&self, limit: f64, mix: &ByClass, law: &MinuteLaw) -> ByClass {
        if !limit.is_finite() {
            return ByClass::ZERO;
        }
        let row = law.at(self.variance);
        let begun = self.begun(limit, mix);
        let later = self.terms.iter().filter(|term| term.kink > limit);
        later.fold(begun.slope * (begun.factor * overflow(&row, limit)), |sum, term| {
            sum + term.slope * (term.factor * overflow(&row, term.kink))
        })
    }
}

/// G for any kink: below 0 nothing of m is cut off.
pub(super) fn overflow(row: &MinuteRow<'_>, kink: f64) -> f64 {
    if kink > 0.0 { row.overflow(kink) } else { 1.0 - kink }
}

/// Where the kink of a factor of variance `from` lies for one of variance `to` that moves the stream `factor` times as much; `None` where
/// nothing is expected beyond it.
pub(super) fn moved(kink: f64, factor: f64, from: f64, to: f64, law: &MinuteLaw) -> Option<f64> {
    let scaled = 1.0 - (1.0 - kink) / factor;
    let wanted = overflow(&law.at(from), kink) / factor;
    if !(wanted > 1e-280) {
        return None;
    }
    if wanted >= 1.0 || !(to > 0.0) {
        return Some(scaled.min(1.0 - wanted));
    }
    let start = if scaled > 0.0 { scaled.min(1.0 + 8.0 * to.sqrt()) } else { 0.5 };
    let at = law.at(to).capacity_with_overflow(wanted, start);
    Some(at.min(scaled))
}
