//! The general way: workloads that enter at different offers, or leave them for different ones.
//!
//! What an offer does is told once for each set of capacities that differs at it or before it; a case adds up what its offers do.

use super::parts::{Entering, Parts};
use super::queued::Queued;
use super::state::GroupState;
use super::work::Hour;
use super::{HourSink, Outcome};
use crate::supply::network::{Network, Variant};
use crate::supply::offer::MAX_AXES;
use crate::supply::pool::{Node, PoolGroup};
use crate::supply::totals::SupplyTotals;
use crate::units::ByClass;

/// A network, and what its offers do in an hour.
#[derive(Clone, Debug)]
pub(super) struct Routed {
    pub(super) network: Network,
    /// By node and variant.
    told: Vec<Vec<Told>>,
    /// By node, then variant and entry: only of entries that come to the node, and where the pool has several workloads that are told apart.
    pieces: Vec<Vec<Piece>>,
}

/// What one offer does in an hour.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    tokens: f64,
    /// Paid on demand, or what its tokens would have cost on demand where it is bought.
    money: f64,
    /// Unit-hours, by axis.
    used: [f64; MAX_AXES],
}

/// What one offer does with what comes of one entry.
#[derive(Clone, Copy, Debug, Default)]
struct Piece {
    /// Tokens served where it is bought, else what they cost.
    amount: f64,
    /// Unit-hours, by axis.
    used: [f64; MAX_AXES],
    /// What passes it, by class.
    on: ByClass,
    /// Tokens and requests of what passes it.
    passed: [f64; 2],
}

impl Routed {
    pub(super) fn new(group: &PoolGroup) -> Self {
        let nodes = group.nodes.len();
        Self { network: Network::new(&group.nodes), told: vec![Vec::new(); nodes], pieces: vec![Vec::new(); nodes] }
    }

    /// Settles what the offers do, after the network has served the hour.
    fn tell(&mut self, group: &PoolGroup, state: &GroupState) {
        for (number, (node, told)) in group.nodes.iter().zip(&mut self.told).enumerate() {
            let price = if node.provisioned { group.last_on_demand } else { Some(number) };
            let price = price.map(|of| (&group.nodes[of].price, state.price_factor[of]));
            told.clear();
            told.extend(self.network.variants(number).iter().map(|Variant { served, .. }| Told {
                tokens: served.total(),
                money: price.map_or(0.0, |(price, factor)| served.dot(price) * factor),
                used: used(node, number, *served, &state.per_unit),
            }));
        }
    }

    /// Settles what the offers do with each entry, in proportion: every workload's tokens of a class pass an offer alike.
    fn part(&mut self, group: &PoolGroup, entering: &[Entering], state: &GroupState) {
        for (number, node) in group.nodes.iter().enumerate() {
            let (before, rest) = self.pieces.split_at_mut(number);
            let Some(pieces) = rest.first_mut() else { continue };
            let variants = self.network.variants(number);
            pieces.clear();
            pieces.resize(variants.len() * entering.len(), Piece::default());
            for (entry, (of, part)) in group.entries.iter().zip(entering).enumerate() {
                let Some((from, _)) = way(group, of.node).find(|(_, at)| *at == number) else { continue };
                let asked = part.tokens.total();
                if !(asked > 0.0) {
                    continue;
                }
                for (variant, pieces) in variants.iter().zip(pieces.chunks_exact_mut(entering.len())) {
                    let tokens = match from {
                        Some(from) => before[from][self.network.variant_before(variant, from) * entering.len() + entry].on,
                        None => part.tokens,
                    };
                    let passed = variant.passed();
                    let on = proportion(tokens, variant.served + passed, passed);
                    let served = tokens - on;
                    let throttled = on.total();
                    let amount = if node.provisioned { served.total() } else { served.dot(&node.price) * state.price_factor[number] };
                    let used = used(node, number, served, &state.per_unit);
                    pieces[entry] = Piece { amount, used, on, passed: [throttled, part.requests * (throttled / asked)] };
                }
            }
        }
    }

    /// Adds what a case's offers do with each workload.
    fn add_parts(&self, group: &PoolGroup, case: usize, entering: &[Entering], state: &GroupState, totals: &mut SupplyTotals) {
        let Some(split) = &state.split else { return };
        let members = &mut totals.members[state.members.clone()][case * group.workloads.len()..][..group.workloads.len()];
        let width = group.workloads.len() * state.slots;
        let used = &mut totals.members_used[state.members_used.clone()][case * width..][..width];
        for (index, ((entry, part), &place)) in group.entries.iter().zip(entering).zip(split.places()).enumerate() {
            if !(part.tokens.total() > 0.0) {
                continue;
            }
            let mut passed = [0.0; 2];
            for (_, number) in way(group, entry.node) {
                let node = &group.nodes[number];
                let piece = &self.pieces[number][self.network.variant(number, case) * entering.len() + index];
                if node.provisioned {
                    members[place].tokens_provisioned += piece.amount;
                    for axis in 0..node.axes {
                        used[place * state.slots + number * MAX_AXES + axis] += piece.used[axis];
                    }
                } else {
                    members[place].cost_on_demand += piece.amount;
                }
                passed = piece.passed;
            }
            members[place].tokens_throttled += passed[0];
            members[place].requests_throttled += passed[1];
        }
    }
}

impl GroupState {
    /// Serves an hour under every case.
    pub(super) fn serve_network(
        &mut self,
        group: &PoolGroup,
        facts: &Hour,
        parts: &Parts,
        routed: &mut Routed,
        totals: &mut SupplyTotals,
        sink: &mut Option<&mut dyn HourSink>,
    ) {
        routed.network.serve(&group.nodes, &self.capacities, &group.law);
        routed.tell(group, self);
        if self.split.is_some() {
            routed.part(group, &parts.entering, self);
        }
        for case in 0..self.clear.len() {
            routed.add_parts(group, case, &parts.entering, self, totals);
            let service = &mut totals.services[self.services.clone()][case];
            let used = &mut totals.used[self.used_slots.clone()][case * self.slots..][..self.slots];
            let (mut throttled, mut over) = (ByClass::ZERO, [0.0_f64; 2]);
            let mut outcome = Outcome::default();
            for (number, node) in group.nodes.iter().enumerate() {
                let variant = routed.network.variant(number, case);
                let told = &routed.told[number][variant];
                self.served[number] = told.tokens;
                if node.provisioned {
                    outcome.tokens_provisioned += told.tokens;
                    outcome.value_provisioned += told.money;
                } else {
                    outcome.tokens_on_demand += told.tokens;
                    outcome.cost_on_demand += told.money;
                }
                for axis in 0..MAX_AXES {
                    self.used[number * MAX_AXES + axis] = told.used[axis];
                    used[number * MAX_AXES + axis] += told.used[axis];
                }
                if node.next.is_none() {
                    let last = &routed.network.variants(number)[variant];
                    throttled += last.passed();
                    over = [0, 1].map(|of| over[of].max(last.over[of]));
                }
            }
            outcome.throttled = throttled.total() + facts.unrouted;
            (outcome.minute_over, outcome.hour_over) = match () {
                () if facts.unrouted > 0.0 => (1.0, 1.0),
                () if outcome.throttled > 0.0 => (over[0], over[1]),
                // An offer that is down is over its limit even where nothing comes to it.
                () => (0.0, 0.0),
            };
            let requests = facts.requests_of(outcome.throttled);
            outcome.add_to(service, &mut self.clear[case], requests);
            let capacities = &self.capacities[case * self.slots..][..self.slots];
            let mut queued = Queued::serve(self.queues.as_mut(), case, group, &self.per_unit, &self.price_factor, |number, axis| {
                let served = routed.network.variants(number)[routed.network.variant(number, case)].served;
                capacities[number * MAX_AXES + axis] - served.dot(&group.nodes[number].weights[axis])
            });
            if let Some(sink) = sink {
                queued.show(self.queues.as_ref(), case, &mut self.served, &mut self.used);
                sink.hour(facts.hour, self.index, case, &outcome.shown(facts, requests, &self.served, &self.used, &queued));
            }
        }
    }
}

/// Unit-hours that serving some tokens uses at a node, by axis.
fn used(node: &Node, number: usize, served: ByClass, per_unit: &[f64]) -> [f64; MAX_AXES] {
    std::array::from_fn(|axis| {
        if node.provisioned && axis < node.axes { served.dot(&node.weights[axis]) / per_unit[number * MAX_AXES + axis] } else { 0.0 }
    })
}

/// The nodes on the way of what enters at one of them, each with the one before.
fn way(group: &PoolGroup, enters: usize) -> impl Iterator<Item = (Option<usize>, usize)> {
    std::iter::successors(Some((None, enters)), |&(_, at)| Some((Some(at), group.nodes[at].next?)))
}

/// What of `tokens` passes where `passed` of all that `arrived` does, class by class.
fn proportion(tokens: ByClass, arrived: ByClass, passed: ByClass) -> ByClass {
    if passed == ByClass::ZERO {
        return passed;
    }
    let (tokens, arrived, passed) = (tokens.to_array(), arrived.to_array(), passed.to_array());
    let share = |class: usize| if arrived[class] > 0.0 { (passed[class] / arrived[class]).min(1.0) } else { 0.0 };
    ByClass::from_array(std::array::from_fn(|class| tokens[class] * share(class)))
}
