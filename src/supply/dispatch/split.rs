//! Who in a pool gets what: sums by workload, month by month and case by case.
//!
//! In a chain, what an offer serves of a workload is the difference of what passes the offer before it and what passes it. So a case
//! needs no more than, for each offer, the sum over hours of the share that passes it × what the workload asked for; hours that pass
//! nothing cost nothing. They are summed thirty-two at a time, before the first offer in the same way, so that an offer that serves nothing
//! leaves exactly nothing.

use super::parts::Parts;
use super::state::GroupState;
use super::work::{Hour, Work};
use crate::demand::DemandPath;
use crate::supply::Supply;
use crate::supply::need::Need;
use crate::supply::offer::MAX_AXES;
use crate::supply::pool::PoolGroup;
use crate::supply::totals::SupplyTotals;
use crate::units::ByClass;

/// Hours that are summed at a time: few enough for the fastest cache, enough to make little of the rest.
const BLOCK: usize = 32;

/// One value for each hour of a block.
type Block = [f64; BLOCK];

/// What is summed of an entry, per unit of the share that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feature {
    Tokens,
    Requests,
    /// What serving all of it at this node would cost.
    Cost(usize),
    /// Unit-hours that serving all of it at this node and axis would use.
    Units(usize, usize),
}

/// Buffers of one pool of several workloads.
#[derive(Clone, Debug)]
pub(super) struct Split {
    entries: usize,
    nodes: usize,
    /// The workload's place in the pool, by entry.
    places: Vec<usize>,
    features: Vec<Feature>,
    /// What a feature counts of a token of each class; set for each month.
    counts: Vec<ByClass>,
    /// Which features are summed at each boundary, before the first node and after each, and where the first of their sums stands.
    boundaries: Vec<(Vec<usize>, usize)>,
    /// Sums of a case over all boundaries.
    width: usize,
    /// Hours of the block so far.
    filled: usize,
    /// By feature and entry.
    values: Vec<Block>,
    /// By case and node: the share that passes.
    passed: Vec<Block>,
    /// Sums of the month by case; those before the first node are the same for all and stand in front.
    sums: Vec<f64>,
    need: Need,
}

impl Split {
    /// Buffers for a pool.
    pub(super) fn new(group: &PoolGroup) -> Self {
        let (entries, nodes, cases) = (group.entries.len(), group.nodes.len(), group.cases.len());
        let place = |workload| group.workloads.iter().position(|&w| w == workload).unwrap_or(0);
        let mut features = vec![Feature::Tokens, Feature::Requests];
        for (number, node) in group.nodes.iter().enumerate() {
            if node.provisioned {
                features.extend((0..node.axes).map(|axis| Feature::Units(number, axis)));
            } else {
                features.push(Feature::Cost(number));
            }
        }
        // Boundary b stands between node b − 1 and node b, and is needed for what these two serve.
        let needed = |boundary: usize, feature: Feature| match feature {
            Feature::Tokens => true,
            Feature::Requests => boundary == nodes,
            Feature::Cost(node) | Feature::Units(node, _) => node == boundary || node + 1 == boundary,
        };
        let mut next = 0;
        let boundary = |boundary: usize| {
            let here: Vec<usize> = (0..features.len()).filter(|&index| needed(boundary, features[index])).collect();
            next += here.len() * entries;
            (next - here.len() * entries, here)
        };
        let boundaries: Vec<(Vec<usize>, usize)> = (0..=nodes).map(boundary).map(|(start, here)| (here, start)).collect();
        Self {
            entries,
            nodes,
            places: group.entries.iter().map(|entry| place(entry.workload)).collect(),
            values: vec![[0.0; BLOCK]; features.len() * entries],
            passed: vec![[0.0; BLOCK]; cases * nodes],
            sums: vec![0.0; next * cases],
            width: next,
            filled: 0,
            counts: vec![ByClass::ZERO; features.len()],
            features,
            boundaries,
            need: Need::new(group),
        }
    }

    /// Goes to the first hour of a month; `per_unit` are weighted tokens per hour of one unit, at node × 2 + axis.
    pub(super) fn begin(&mut self, group: &PoolGroup, per_unit: &[f64]) {
        self.sums.fill(0.0);
        self.need.begin();
        for (counts, &feature) in self.counts.iter_mut().zip(&self.features) {
            *counts = match feature {
                Feature::Tokens => ByClass::ONE,
                // Not of tokens.
                Feature::Requests => ByClass::ZERO,
                Feature::Cost(node) => group.nodes[node].price,
                Feature::Units(node, axis) => group.nodes[node].weights[axis] * (1.0 / per_unit[node * MAX_AXES + axis]),
            };
        }
    }

    /// The workload's place in the pool, by entry.
    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }

    /// Sets an hour of a chain.
    fn hour(&mut self, parts: &Parts, price_factor: &[f64]) {
        if self.filled == BLOCK {
            self.flush();
        }
        let now = self.filled;
        self.filled += 1;
        for ((values, counts), &feature) in self.values.chunks_exact_mut(self.entries.max(1)).zip(&self.counts).zip(&self.features) {
            let each = values.iter_mut().zip(&parts.entering);
            match feature {
                Feature::Requests => each.for_each(|(values, part)| values[now] = part.requests),
                Feature::Cost(node) => each.for_each(|(values, part)| values[now] = part.tokens.dot(counts) * price_factor[node]),
                _ => each.for_each(|(values, part)| values[now] = part.tokens.dot(counts)),
            }
        }
    }

    /// What passes each node in each case in the hour at hand, to be set where it is anything: at case × nodes + node.
    #[inline]
    pub(super) fn passes(&mut self) -> (&mut [Block], usize) {
        (&mut self.passed, self.filled.saturating_sub(1))
    }

    /// Adds the hours of the block.
    fn flush(&mut self) {
        let whole: Block = std::array::from_fn(|hour| f64::from(u8::from(hour < self.filled)));
        let cases = self.sums.chunks_exact_mut(self.width.max(1)).zip(self.passed.chunks_exact_mut(self.nodes.max(1)));
        for (case, (sums, passed)) in cases.enumerate() {
            if case == 0 {
                add(sums, &self.boundaries[0], &self.values, self.entries, &whole);
            }
            for (passed, boundary) in passed.iter_mut().zip(&self.boundaries[1..]) {
                if passed.iter().any(|&share| share > 0.0) {
                    add(sums, boundary, &self.values, self.entries, passed);
                    *passed = [0.0; BLOCK];
                }
            }
        }
        self.filled = 0;
    }

    /// Counts what passes a node in a case in the hour at hand, where every class of priority has a share of its own.
    pub(super) fn pass_classes(&mut self, case: usize, node: usize, classes: &[usize], passed: &[f64]) {
        let Some(hour) = self.filled.checked_sub(1) else { return };
        let (features, start) = &self.boundaries[node + 1];
        let sums = &mut self.sums[case * self.width..][..self.width][*start..];
        for (sums, &feature) in sums.chunks_exact_mut(self.entries).zip(features) {
            let values = &self.values[feature * self.entries..][..self.entries];
            sums.iter_mut().zip(values).zip(classes).for_each(|((sum, value), &class)| *sum += passed[class] * value[hour]);
        }
    }

    /// A feature's sums over the month at a boundary, by entry.
    fn sums(&self, case: usize, boundary: usize, feature: Feature) -> &[f64] {
        let (features, start) = &self.boundaries[boundary];
        let Some(at) = features.iter().position(|&index| self.features[index] == feature) else { return &[] };
        // Before the first node, all cases have the sums of the first.
        let case = if boundary == 0 { 0 } else { case };
        &self.sums[case * self.width..][..self.width][start + at * self.entries..][..self.entries]
    }

    /// What a node serves of each workload: what comes to it less what passes it, by place in the pool.
    fn served(&self, case: usize, node: usize, feature: Feature) -> impl Iterator<Item = (usize, f64)> {
        let (before, after) = (self.sums(case, node, feature), self.sums(case, node + 1, feature));
        // Of two sums of some hundred numbers, less than this is rounding.
        let rest = |before: f64, after: f64| if before - after > 1e-13 * before { before - after } else { 0.0 };
        self.places.iter().zip(before.iter().zip(after)).map(move |(&place, (before, after))| (place, rest(*before, *after)))
    }
}

impl GroupState {
    /// Sets an hour of a pool of several workloads.
    #[inline(never)]
    pub(super) fn part(&mut self, group: &PoolGroup, work: &Work, parts: &Parts, supply: &Supply, path: &DemandPath, facts: &Hour) {
        if let Some(split) = &mut self.split {
            if group.chain {
                split.hour(parts, &self.price_factor);
            }
            split.need.add(|slot, entry| parts.entering[entry].tokens.dot(&group.nodes[slot / MAX_AXES].weights[slot % MAX_AXES]));
        }
        if let Some(ranked) = &mut self.ranked {
            ranked.hour(group, work, parts, supply, path, facts);
        }
    }

    /// Writes the month's totals of the workloads, after the last hour.
    pub(super) fn end_split(&mut self, group: &PoolGroup, parts: &Parts, totals: &mut SupplyTotals) {
        let Some(split) = &mut self.split else { return };
        split.flush();
        split.need.end(self.slots, &mut totals.members_idle[self.members_idle.clone()]);
        for (month, aside) in totals.member_months[self.member_months.clone()].iter_mut().zip(&parts.aside) {
            (month.tokens_batch, month.cost_batch) = (aside.batch_tokens, aside.batch_cost);
        }
        let members = totals.members[self.members.clone()].chunks_exact_mut(group.workloads.len());
        let used = totals.members_used[self.members_used.clone()].chunks_exact_mut(group.workloads.len() * self.slots.max(1));
        for (case, (members, used)) in members.zip(used).enumerate() {
            for (member, aside) in members.iter_mut().zip(&parts.aside) {
                member.tokens_throttled += aside.unrouted_tokens;
                member.requests_throttled += aside.unrouted_requests;
            }
            if !group.chain {
                continue;
            }
            for (number, node) in group.nodes.iter().enumerate() {
                if !node.provisioned {
                    split.served(case, number, Feature::Cost(number)).for_each(|(place, cost)| members[place].cost_on_demand += cost);
                    continue;
                }
                split.served(case, number, Feature::Tokens).for_each(|(place, tokens)| members[place].tokens_provisioned += tokens);
                for axis in 0..node.axes {
                    let slot = number * MAX_AXES + axis;
                    let of_axis = split.served(case, number, Feature::Units(number, axis));
                    of_axis.for_each(|(place, hours)| used[place * self.slots + slot] += hours);
                }
            }
            let last = group.nodes.len();
            let throttled = split.sums(case, last, Feature::Tokens).iter().zip(split.sums(case, last, Feature::Requests));
            for (&place, (tokens, requests)) in split.places.iter().zip(throttled) {
                members[place].tokens_throttled += tokens;
                members[place].requests_throttled += requests;
            }
        }
    }
}

/// Adds to a boundary's sums: the shares of a block of hours × what each entry asked for.
fn add(sums: &mut [f64], (features, start): &(Vec<usize>, usize), values: &[Block], entries: usize, shares: &Block) {
    for (sums, &feature) in sums[*start..].chunks_exact_mut(entries.max(1)).zip(features) {
        for (sum, values) in sums.iter_mut().zip(&values[feature * entries..]) {
            // Four at a time, in an order that is the same everywhere.
            let mut lanes = [0.0; 4];
            for (shares, values) in shares.as_chunks::<4>().0.iter().zip(values.as_chunks::<4>().0) {
                for (lane, (share, value)) in lanes.iter_mut().zip(shares.iter().zip(values)) {
                    *lane += share * value;
                }
            }
            *sum += (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
        }
    }
}
