//! Streams of work, the flows that they are seen as, and what of them lies beyond a limit.

use super::overflow::ROUNDING;
use super::rows::Rows;
use crate::supply::minute::MinuteRow;
use crate::supply::offer::MAX_AXES;
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

/// How much of an offer's capacity a stream can ask for, by axis `[weighted tokens per hour]`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bound {
    /// In the minutes from which on the law of all streams exceeds nothing.
    pub(super) together: [f64; MAX_AXES],
    /// In those from which on its own law exceeds nothing.
    pub(super) alone: [f64; MAX_AXES],
    /// In the mean.
    pub(super) mean: [f64; MAX_AXES],
}

/// Work on its way to an offer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    pub(super) terms: Vec<Term>,
    /// The terms of its first flow, as the factor of what it meets where it goes moves them: once they are `known`, where they are `wanted`.
    pub(super) moved: Vec<Term>,
    pub(super) wanted: bool,
    pub(super) known: bool,
    /// What bounds its part in what overflows where it meets others for the last time.
    pub(super) bound: Bound,
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
        self.moved.clear();
        (self.wanted, self.known) = (false, false);
        self.flows.clear();
        self.arrived = ByClass::ZERO;
        self.base = ByClass::ZERO;
        self.workload = None;
        self.requests = 0.0;
        self.size_factor = 1.0;
    }

    /// Empties it, as something of what is behind another.
    pub(super) fn follow(&mut self, other: &Self) {
        self.clear();
        (self.base, self.workload, self.requests, self.size_factor) = (other.base, other.workload, other.requests, other.size_factor);
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

    /// Adds what of a flow passes a limit where this has begun, made of `direction` instead of its own classes where that is said, in the
    /// same load in these weights.
    pub(super) fn pass(&mut self, flow: &Flow<'_>, limit: f64, mut begun: Term, direction: Option<(ByClass, &ByClass)>) {
        if limit.is_finite() {
            if let Some((direction, mix)) = direction {
                begun.factor *= begun.slope.dot(mix) / direction.dot(mix);
                begun.slope = direction;
            }
            self.terms.push(begun);
            self.terms.extend(flow.terms.iter().filter(|term| term.kink > limit));
        }
        self.flows.push((self.terms.len(), flow.variance));
    }

    /// Whether nothing of it is expected over the limit of an offer where others arrive without any variance.
    pub(super) fn is_calm_beside(&self, others: ByClass, node: &Node, capacity: &[f64]) -> bool {
        let mut axes = capacity.iter().zip(&node.weights).zip(&self.bound.alone);
        axes.all(|((capacity, weights), alone)| alone + others.dot(weights) <= capacity * (1.0 - ROUNDING))
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

    /// Expected tokens beyond `limit`, by class: `begun` is what has begun there, and `share` of it lies beyond.
    pub(super) fn beyond(&self, limit: f64, begun: &Term, share: f64, row: &MinuteRow<'_>) -> ByClass {
        let later = self.terms.iter().filter(|term| term.kink > limit);
        later.fold(begun.slope * (begun.factor * share), |sum, term| sum + term.slope * (term.factor * overflow(row, term.kink)))
    }
}

impl Term {
    /// Tokens of these weights that come of it in minutes of a factor `at`.
    pub(super) fn load(&self, at: f64, weights: &ByClass) -> f64 {
        if self.kink < at { self.factor * self.slope.dot(weights) * (at - self.kink) } else { 0.0 }
    }
}

/// G for any kink: below 0 nothing of m is cut off.
pub(super) fn overflow(row: &MinuteRow<'_>, kink: f64) -> f64 {
    if kink > 0.0 { row.overflow(kink) } else { 1.0 - kink }
}

/// A kink that is to be moved to a factor of another variance, which moves the stream so many times as much.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    /// Where the stream so scaled would have it.
    scaled: f64,
    /// Where it would be as many deviations from the mean as before.
    alike: f64,
    /// What is expected beyond it.
    wanted: f64,
    /// The variance.
    to: f64,
}

impl Move {
    /// Of a kink of a flow of the variance `from`; `None` where nothing is expected beyond it.
    pub(super) fn of(kink: f64, factor: f64, from: f64, to: f64, rows: &mut Rows<'_>) -> Option<Self> {
        let wanted = overflow(rows.at(from), kink) / factor;
        let alike = 1.0 + (kink - 1.0) * (to / from).sqrt();
        (wanted > 1e-280).then_some(Self { scaled: 1.0 - (1.0 - kink) / factor, alike, wanted, to })
    }

    /// Where it lies.
    pub(super) fn kink(self, rows: &mut Rows<'_>) -> f64 {
        let Self { scaled, alike, wanted, to } = self;
        if wanted >= 1.0 || !(to > 0.0) {
            return scaled.min(1.0 - wanted);
        }
        // Spread less, it overflows as much a little nearer: Newton's first step goes the right way.
        let guess = scaled.min(alike);
        let start = if guess > 0.0 { guess.min(1.0 + 8.0 * to.sqrt()) } else { 0.5 };
        rows.at(to).capacity_with_overflow(wanted, start).min(scaled)
    }

    /// What it is not below, where `steps` are capacities that rise from 1, with what is expected beyond each.
    pub(super) fn at_least(self, steps: &[(f64, f64)]) -> f64 {
        let known = steps.iter().rev().find(|(_, beyond)| *beyond >= self.wanted);
        // Jensen: at least 1 − R is expected beyond any R.
        known.map_or(1.0 - self.wanted, |(at, _)| *at).min(self.scaled)
    }
}
