//! The chain where workloads of different priority meet: class by class, after the rule of `supply/priority.rs`.
//!
//! Classes 1..k are served as a pool of their own, with the law of their own sum. What of them passes an offer is then ρ_k times what
//! comes to it, ρ_k = G_k(R') / G_k(R) with R the capacity before the offer and R' with it, in multiples of what these classes ask for;
//! class k's part is the difference of two neighbours. The law takes every sum for a gamma (or lognormal) of its mean and variance, which
//! two sums of very different burst need not both be: a part is therefore kept between nothing and all that comes of the class, from the
//! last class to the first, so that the parts always add up to what the pool passes.
//!
//! Amounts are compared in the weights of the offer (of its scarcer axis). What the pool passes in them, and how often it is over its
//! limit, is what it is without priorities. Where the classes ask for different mixes of tokens, the tokens and requests behind that are
//! those of whoever is refused, so bills and counts of tokens follow them; and what comes to the next offer weighs there what it weighs.

use super::chain::over_limit;
use super::parts::Parts;
use super::queued::Queued;
use super::state::GroupState;
use super::work::{Hour, Work};
use super::{HourSink, Outcome};
use crate::demand::DemandPath;
use crate::supply::Supply;
use crate::supply::minute::MinuteRow;
use crate::supply::offer::MAX_AXES;
use crate::supply::pool::{Node, PoolGroup};
use crate::supply::priority::MAX_CLASSES;
use crate::supply::totals::SupplyTotals;
use crate::units::ByClass;

/// A share of the hour that changes no sum, as in the chain without priorities.
const DRY: f64 = 1e-18;

/// Relative difference below which two numbers differ by rounding alone.
const ROUNDING: f64 = 1e-9;

/// One value per class.
type Classes = [f64; MAX_CLASSES];

/// The facts of an hour by class of priority; nothing is allocated once it has grown.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranked {
    ranks: usize,
    /// Tokens and requests of each class.
    tokens: [ByClass; MAX_CLASSES],
    requests: Classes,
    /// At class × slots + node × 2 + axis: weighted tokens of the class.
    own: Vec<f64>,
    /// At node × 2 + axis: weighted tokens that the offer serves in the case at hand.
    taken: Vec<f64>,
    /// Squared coefficient of variation of a minute of the first classes together.
    variance: Classes,
    /// Whether all classes ask for the same mix of tokens, and for requests of the same size.
    alike: bool,
    same_size: bool,
}

/// What is known of the classes at one place of the chain.
#[derive(Clone, Copy)]
struct Place {
    /// By class: the share of its tokens that has come here.
    share: Classes,
    /// By first classes together: the share that their law lets through so far, and the capacity so far in multiples of their mean.
    passed: Classes,
    limit: Classes,
}

impl Ranked {
    /// Buffers for a pool; `None` where all have the same priority.
    pub(super) fn new(group: &PoolGroup) -> Option<Self> {
        let ranks = group.ranks();
        // Elsewhere than in a chain, priorities are refused unless they make no difference.
        let ranked = ranks > 1 && group.chain;
        let slots = group.nodes.len() * MAX_AXES;
        ranked.then(|| Self { ranks, own: vec![0.0; ranks * slots], taken: vec![0.0; slots], ..Self::default() })
    }

    /// Sets an hour.
    pub(super) fn hour(&mut self, group: &PoolGroup, work: &Work, parts: &Parts, supply: &Supply, path: &DemandPath, facts: &Hour) {
        self.tokens = [ByClass::ZERO; MAX_CLASSES];
        self.requests = [0.0; MAX_CLASSES];
        for (part, &class) in parts.entering.iter().zip(&group.classes) {
            self.tokens[class] += part.tokens;
            self.requests[class] += part.requests;
        }
        let slots = group.nodes.len() * MAX_AXES;
        for (own, tokens) in self.own.chunks_exact_mut(slots.max(1)).zip(&self.tokens) {
            for (own, node) in own.as_chunks_mut::<MAX_AXES>().0.iter_mut().zip(&group.nodes) {
                *own = node.weights.map(|weights| tokens.dot(&weights));
            }
        }
        let mix = group.nodes.first().map_or(ByClass::ONE, Node::mix);
        for rank in 0..self.ranks {
            let first = group.entries.iter().zip(&group.classes).filter(|(_, class)| **class <= rank).map(|(entry, _)| entry);
            self.variance[rank] = work.weighted(first, supply, path, (facts.hour, group.window), &mix, |entry| entry.size_cv2).1;
        }
        let (total, requests) = (facts.entering.total(), self.requests[..self.ranks].iter().sum::<f64>());
        let whole = facts.entering.to_array();
        let is_alike = |tokens: &ByClass| {
            let share = tokens.total() / total;
            tokens.to_array().iter().zip(whole).all(|(tokens, whole)| (tokens - share * whole).abs() <= ROUNDING * share * total)
        };
        // An hour without demand has no mix.
        self.alike = !(total > 0.0) || self.tokens[..self.ranks].iter().all(is_alike);
        let same =
            |(tokens, count): (&ByClass, &f64)| (count * total - requests * tokens.total()).abs() <= ROUNDING * requests * tokens.total();
        self.same_size = self.tokens[..self.ranks].iter().zip(&self.requests).all(same);
    }

    /// Weighted tokens of a class.
    #[inline]
    fn own(&self, slots: usize, class: usize, slot: usize) -> f64 {
        self.own[class * slots + slot]
    }

    /// Sum over classes of share × value.
    fn sum(&self, share: &Classes, value: impl Fn(usize) -> f64) -> f64 {
        (0..self.ranks).map(|class| share[class] * value(class)).sum()
    }
}

/// What an offer lets through.
struct Passage {
    place: Place,
    /// Whether what came weighed here what the pool without priorities would have brought.
    as_alike: bool,
    /// Of a minute and of the hour, where this is the last offer.
    over: Option<(f64, f64)>,
}

impl GroupState {
    #[inline(never)]
    pub(super) fn serve_ranked(
        &mut self,
        group: &PoolGroup,
        facts: &Hour,
        row: &MinuteRow<'_>,
        totals: &mut SupplyTotals,
        sink: &mut Option<&mut dyn HourSink>,
    ) {
        let total = facts.entering.total();
        if !(total > 0.0) && !(facts.unrouted > 0.0) && sink.is_none() && self.queues.is_none() {
            return;
        }
        let Some(mut buffers) = self.ranked.take() else { return };
        let mut taken = std::mem::take(&mut buffers.taken);
        let (price_factor, ranked) = (&self.price_factor, &buffers);
        let mut split = self.split.take();
        let rows: [MinuteRow<'_>; MAX_CLASSES] =
            std::array::from_fn(|class| if class + 1 < ranked.ranks { group.law.at(ranked.variance[class]) } else { *row });
        let last = ranked.ranks - 1;
        let (slots, nodes) = (self.slots, group.nodes.len());
        let paid = |served: &Classes, node: usize| {
            ranked.sum(served, |class| ranked.tokens[class].dot(&group.nodes[node].price)) * price_factor[node]
        };
        for case in 0..self.clear.len() {
            let start = if total > 0.0 { 1.0 } else { 0.0 };
            let mut place = Place { share: [start; MAX_CLASSES], passed: [start; MAX_CLASSES], limit: [0.0; MAX_CLASSES] };
            let (mut on_demand, mut provisioned, mut value, mut cost, mut over) = (0.0, 0.0, 0.0, 0.0, None);
            self.served.fill(0.0);
            self.used.fill(0.0);
            taken.fill(0.0);
            for (number, node) in group.nodes.iter().enumerate() {
                let passage = self.passage(group, case, number, ranked, &rows, &place);
                let served: Classes = std::array::from_fn(|class| place.share[class] - passage.place.share[class]);
                let pool = place.passed[last] - passage.place.passed[last];
                let tokens = if ranked.alike { pool * total } else { ranked.sum(&served, |class| ranked.tokens[class].total()) };
                self.served[number] = tokens;
                for (slot, taken) in taken.iter_mut().enumerate().skip(number * MAX_AXES).take(node.axes) {
                    *taken = ranked.sum(&served, |class| ranked.own(slots, class, slot));
                }
                if node.provisioned {
                    provisioned += if ranked.alike { pool } else { tokens / total };
                    value +=
                        group.last_on_demand.map_or(0.0, |last| if ranked.alike { pool * self.cost[last] } else { paid(&served, last) });
                    for axis in 0..node.axes {
                        let slot = number * MAX_AXES + axis;
                        let by_class = || ranked.sum(&served, |class| ranked.own(slots, class, slot)) / self.per_unit[slot];
                        let used = if ranked.alike || (passage.as_alike && node.axes == 1) { pool * self.usage[slot] } else { by_class() };
                        self.used[slot] = used;
                        totals.used[self.used_slots.clone()][case * slots + slot] += used;
                    }
                } else {
                    on_demand += if ranked.alike { pool } else { tokens / total };
                    cost += if ranked.alike { pool * self.cost[number] } else { paid(&served, number) };
                }
                if let Some(split) = &mut split {
                    split.pass_classes(case, number, &group.classes, &passage.place.share);
                }
                (place, over) = (passage.place, passage.over);
                if place.passed[last] == 0.0 && number + 1 < nodes && sink.is_none() {
                    break;
                }
            }
            let refused = if ranked.alike { place.passed[last] * total } else { ranked.sum(&place.share, |c| ranked.tokens[c].total()) };
            let (minute_over, hour_over) = over_limit(facts, place.passed[last], over, row, place.limit[last]);
            let outcome = Outcome {
                throttled: refused + facts.unrouted,
                minute_over,
                hour_over,
                tokens_on_demand: on_demand * total,
                tokens_provisioned: provisioned * total,
                value_provisioned: value,
                cost_on_demand: cost,
            };
            let requests = if ranked.alike && ranked.same_size || !(facts.entering.total() > 0.0) {
                facts.requests_of(outcome.throttled)
            } else {
                ranked.sum(&place.share, |class| ranked.requests[class]) + facts.unrouted_requests
            };
            outcome.add_to(&mut totals.services[self.services.clone()][case], &mut self.clear[case], requests);
            let capacities = &self.capacities[case * slots..][..slots];
            let taken = &taken;
            let mut queued = Queued::serve(self.queues.as_mut(), case, group, &self.per_unit, &self.price_factor, |number, axis| {
                let slot = number * MAX_AXES + axis;
                capacities[slot] - taken[slot]
            });
            if let Some(sink) = sink {
                queued.show(self.queues.as_ref(), case, &mut self.served, &mut self.used);
                sink.hour(facts.hour, self.index, case, &outcome.shown(facts, requests, &self.served, &self.used, &queued));
            }
        }
        buffers.taken = taken;
        (self.split, self.ranked) = (split, Some(buffers));
    }

    /// What of each class passes an offer.
    fn passage(
        &self,
        group: &PoolGroup,
        case: usize,
        number: usize,
        ranked: &Ranked,
        rows: &[MinuteRow<'_>; MAX_CLASSES],
        before: &Place,
    ) -> Passage {
        let (node, slots, last) = (&group.nodes[number], self.slots, ranked.ranks - 1);
        let is_last = number + 1 == group.nodes.len();
        let mut passage = Passage { place: *before, as_alike: true, over: None };
        // First classes together: what comes, and what they would have brought if their shares had stayed alike.
        let mut come = [[0.0; MAX_CLASSES]; MAX_AXES];
        let mut asked = [[0.0; MAX_CLASSES]; MAX_AXES];
        for axis in 0..node.axes {
            let slot = number * MAX_AXES + axis;
            let (mut sum, mut whole) = (0.0, 0.0);
            for class in 0..=last {
                sum += before.share[class] * ranked.own(slots, class, slot);
                whole += ranked.own(slots, class, slot);
                (come[axis][class], asked[axis][class]) = (sum, whole);
            }
        }
        let mut scarce = 0;
        let mut wanted = [0.0; MAX_CLASSES];
        for class in 0..=last {
            let passed = before.passed[class];
            let mut free = f64::INFINITY;
            for axis in 0..node.axes {
                let slot = number * MAX_AXES + axis;
                let capacity = self.capacities[case * slots + slot];
                let inverse = if class == last { self.inverse[slot] } else { 1.0 / asked[axis][class] };
                let expected = asked[axis][class] * passed;
                let as_alike = (come[axis][class] - expected).abs() <= ROUNDING * expected;
                // The weight of what comes, where it is not that of what was asked for.
                let here = capacity * inverse * if as_alike { 1.0 } else { expected / come[axis][class] };
                passage.as_alike &= class < last || as_alike;
                // Not a number: infinite capacity of an axis that counts nothing.
                if here < free {
                    free = here;
                    if class == last {
                        scarce = axis;
                    }
                }
            }
            passage.place.passed[class] = if !(free < f64::INFINITY) || passed == 0.0 {
                0.0
            } else if free > 0.0 {
                passage.place.limit[class] = before.limit[class] + free;
                let limit = passage.place.limit[class];
                let beyond = if class == last && is_last {
                    let [excess, minute, hour] = rows[class].all(limit);
                    passage.over = Some((minute, hour));
                    excess
                } else {
                    rows[class].overflow(limit)
                };
                if beyond < DRY { 0.0 } else { beyond.min(passed) }
            } else {
                passed
            };
            wanted[class] = if passed > 0.0 { passage.place.passed[class] / passed } else { 0.0 };
        }
        let come = &come[scarce];
        let mut above = wanted[last] * come[last];
        for class in (0..=last).rev() {
            let below_comes = if class == 0 { 0.0 } else { come[class - 1] };
            let own = come[class] - below_comes;
            let below = if class == 0 { 0.0 } else { wanted[class - 1] * below_comes };
            let below = below.min(above).min(below_comes).max(above - own).max(0.0);
            // Where nothing passes or the axis does not count the class, it is served.
            let share = if own > 0.0 { ((above - below) / own).clamp(0.0, 1.0) } else { 0.0 };
            passage.place.share[class] = if passage.place.passed[last] > 0.0 { before.share[class] * share } else { 0.0 };
            above = below;
        }
        passage
    }
}
