//! Where streams meet: what of it is the same whatever has been bought.
//!
//! How much of a stream has passed an offer depends on the units there; whose work it is, how far its minutes spread and so how it moves
//! with the sum do not. So all of this is found once an hour, and a stream's kinks are moved once for whatever it meets.

use super::Place;
use super::overflow::ROUNDING;
use super::rows::Rows;
use super::stream::{Bound, Move, Stream, Term};
use crate::supply::pool::Node;
use crate::units::ByClass;

/// Capacities that tell roughly where a kink is moved to.
const STEPS: usize = 9;

/// What streams that meet at a node are together, but for what still arrives of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Meeting {
    /// How much 1 of the factor of the sum moves each of the sources, in their order; none where one stream comes alone.
    factors: Vec<f64>,
    /// The squared coefficient of variation of the sum.
    variance: f64,
    base: ByClass,
    workload: Option<usize>,
    requests: f64,
    size_factor: f64,
    /// Capacities from 1 to where nothing is exceeded, with what is expected beyond each under the factor of the sum.
    steps: [(f64, f64); STEPS],
}

impl Meeting {
    /// Sets what some sources are together; no amount that arrives of them is looked at.
    fn set(&mut self, sources: &[&Stream], mix: &ByClass) {
        self.factors.clear();
        (self.base, self.workload, self.requests) = (ByClass::ZERO, None, 0.0);
        let mut sized = 0.0;
        for (number, source) in sources.iter().enumerate() {
            sized += source.requests * source.size_factor;
            self.base += source.base;
            self.requests += source.requests;
            self.workload = if number == 0 || self.workload == source.workload { source.workload } else { None };
        }
        self.size_factor = if self.requests > 0.0 { sized / self.requests } else { 1.0 };
        if sources.len() < 2 {
            return;
        }
        let deviation = |stream: &Stream| stream.base.dot(mix) * stream.variance().sqrt();
        // Covariance of one stream with the sum: its own variance, and what parts of the same workload share.
        let covariance = |stream: &Stream| {
            let is_own =
                |other: &&&Stream| std::ptr::eq(**other, stream) || (stream.workload.is_some() && other.workload == stream.workload);
            deviation(stream) * sources.iter().filter(is_own).map(|other| deviation(other)).sum::<f64>()
        };
        let mean = self.base.dot(mix);
        let total: f64 = sources.iter().map(|source| covariance(source)).sum();
        self.variance = if mean > 0.0 { total / (mean * mean) } else { 0.0 };
        self.factors.extend(sources.iter().map(|source| {
            let part = covariance(source) * mean / (total * source.base.dot(mix));
            // A stream without variance stands still, but its terms need some slope to be there at all.
            if part >= 0.0 && part.is_finite() { part.max(1e-6) } else { 1.0 }
        }));
    }

    /// Whether several streams meet.
    pub(super) fn is_of_several(&self) -> bool {
        !self.factors.is_empty()
    }

    /// Moves the kinks of a source to where the factor of the sum has them; `place` is its place among the sources.
    pub(super) fn move_kinks(&self, place: usize, source: &mut Stream, rows: &mut Rows<'_>) {
        source.known = true;
        let (Some(&factor), variance) = (self.factors.get(place), source.variance()) else { return };
        source.moved.clear();
        for term in source.flows.first().map_or(&[][..], |(end, _)| &source.terms[..*end]) {
            if let Some(to) = Move::of(term.kink, factor, variance, self.variance, rows) {
                source.moved.push(Term { slope: term.slope, factor: term.factor * factor, kink: to.kink(rows) });
            }
        }
    }

    /// Settles steps that kinks can be told by without moving them.
    fn set_steps(&mut self, rows: &mut Rows<'_>) {
        let row = rows.at(self.variance);
        let end = row.end();
        for (number, step) in self.steps.iter_mut().enumerate() {
            let at = 1.0 + (end - 1.0) * number as f64 / (STEPS as f64 - 1.0);
            *step = (at, row.overflow(at));
        }
    }

    /// Bounds the load of a source in the mean and alone.
    fn bound_alone(source: &mut Stream, node: &Node, rows: &mut Rows<'_>) {
        let end = rows.at(source.variance()).end();
        source.bound = Bound::default();
        for (axis, weights) in node.weights[..node.axes].iter().enumerate() {
            let terms = source.flows.first().map_or(&[][..], |(end, _)| &source.terms[..*end]);
            source.bound.alone[axis] = terms.iter().fold(0.0, |sum, term| sum + term.load(end, weights));
            source.bound.mean[axis] = source.arrived.dot(weights);
        }
    }

    /// Bounds the load of a source together with others, after [`set_steps`](Self::set_steps).
    fn bound_together(&self, place: usize, source: &mut Stream, node: &Node, rows: &mut Rows<'_>) {
        let (Some(&factor), variance) = (self.factors.get(place), source.variance()) else { return };
        for term in source.flows.first().map_or(&[][..], |(end, _)| &source.terms[..*end]) {
            let Some(moved) = Move::of(term.kink, factor, variance, self.variance, rows) else { continue };
            let term = Term { slope: term.slope, factor: term.factor * factor, kink: moved.at_least(&self.steps) };
            for (axis, weights) in node.weights[..node.axes].iter().enumerate() {
                source.bound.together[axis] += term.load(self.steps[STEPS - 1].0, weights);
            }
        }
    }

    /// Whether nothing at all overflows an offer where several meet: no way to see them reaches its capacity where its law still exceeds
    /// anything, and then all that would be read is 0.
    fn is_calm(sources: &[&Stream], capacity: &[f64]) -> bool {
        capacity.iter().enumerate().all(|(axis, capacity)| {
            let (mut together, mut mean, mut more) = (0.0, 0.0, 0.0_f64);
            for Bound { together: all, alone, mean: own } in sources.iter().map(|source| &source.bound) {
                together += all[axis];
                mean += own[axis];
                more = more.max(alone[axis] - own[axis]);
            }
            let least = capacity * (1.0 - ROUNDING);
            least > 0.0 && together <= least && mean + more <= least
        })
    }

    /// The sum of what arrives: one stream alone with all its flows, several under one factor.
    pub(super) fn pool(&self, into: &mut Stream, sources: &[&Stream]) {
        into.clear();
        (into.base, into.workload, into.requests, into.size_factor) = (self.base, self.workload, self.requests, self.size_factor);
        for source in sources {
            into.arrived += source.arrived;
            if self.is_of_several() {
                into.terms.extend_from_slice(&source.moved);
            } else {
                into.terms.extend_from_slice(&source.terms);
                into.flows.extend_from_slice(&source.flows);
            }
        }
        if self.is_of_several() {
            into.terms.sort_unstable_by(|a, b| a.kink.total_cmp(&b.kink));
            into.flows.push((into.terms.len(), self.variance));
        }
    }
}

impl Place {
    /// Settles what its streams are together, and moves the kinks that are asked for in any case.
    pub(super) fn meet(&mut self, entering: &mut Stream, before: &mut [Self], node: &Node, capacities: &[f64], rows: &mut Rows<'_>) {
        self.meeting.set(&sources(entering, before, &self.upstream, 0).collect::<Vec<_>>(), &node.mix());
        if !self.meeting.is_of_several() {
            return;
        }
        let is_last = node.next.is_none();
        if is_last {
            self.each_source(entering, before, |_, _, source| Meeting::bound_alone(source, node, rows));
            // Bounds of all streams together take longer, and most busy hours are told by the others.
            if self.find_calm(entering, before, capacities) {
                self.meeting.set_steps(rows);
                self.each_source(entering, before, |meeting, place, source| meeting.bound_together(place, source, node, rows));
                self.find_calm(entering, before, capacities);
            }
        }
        for variant in self.variants.iter().filter(|variant| !variant.calm) {
            entering.wanted = true;
            for &from in &self.upstream {
                let place = &mut before[from];
                place.variants[place.of_case[variant.case]].out.wanted = true;
            }
        }
        self.move_wanted(entering, before, rows);
    }

    /// Settles in which variants the bounds of the sources let nothing overflow; returns whether there are any.
    fn find_calm(&mut self, entering: &Stream, before: &[Self], capacities: &[f64]) -> bool {
        let (mut streams, mut any): (Vec<&Stream>, bool) = (Vec::new(), false);
        for variant in &mut self.variants {
            streams.clear();
            streams.extend(sources(entering, before, &self.upstream, variant.case));
            variant.calm = Meeting::is_calm(&streams, &capacities[variant.capacities.clone()]);
            any |= variant.calm;
        }
        any
    }

    /// Moves the kinks that are wanted and not known.
    pub(super) fn move_wanted(&self, entering: &mut Stream, before: &mut [Self], rows: &mut Rows<'_>) {
        self.each_source(entering, before, |meeting, place, source| {
            if source.wanted && !source.known {
                meeting.move_kinks(place, source, rows);
            }
        });
    }

    /// Shows every stream that comes in any case, with its place among those of its case.
    fn each_source(&self, entering: &mut Stream, before: &mut [Self], mut show: impl FnMut(&Meeting, usize, &mut Stream)) {
        let mut number = 0;
        if !entering.is_empty() {
            show(&self.meeting, number, entering);
            number += 1;
        }
        for &from in &self.upstream {
            let come = before[from].variants.iter_mut().map(|variant| &mut variant.out).filter(|stream| !stream.is_empty());
            let mut any = false;
            for source in come {
                show(&self.meeting, number, source);
                any = true;
            }
            number += usize::from(any);
        }
    }
}

/// The streams that come to a node in a case, in order. Whether one of them is empty, no case changes.
pub(super) fn sources<'s>(
    entering: &'s Stream,
    before: &'s [Place],
    upstream: &'s [usize],
    case: usize,
) -> impl Iterator<Item = &'s Stream> + Clone {
    let upstream = upstream.iter().map(move |&from| &before[from].variants[before[from].of_case[case]].out);
    std::iter::once(entering).chain(upstream).filter(|stream| !stream.is_empty())
}
