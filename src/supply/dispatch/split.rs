//! Who in a pool gets what: sums by workload, month by month and case by case.
//!
//! In a chain, what an offer serves of a workload is the difference of what passes the offer before it and what passes it. So a case
//! needs no more than, for each offer, the sum over hours of the share that passes it × what the workload asked for; hours that pass
//! nothing cost nothing. The sums before the first offer are the same for all cases.

use super::parts::{Entering, Parts};
use super::state::GroupState;
use super::work::{Hour, Work};
use crate::demand::DemandPath;
use crate::supply::Supply;
use crate::supply::need::Need;
use crate::supply::offer::MAX_AXES;
use crate::supply::pool::PoolGroup;
use crate::supply::totals::SupplyTotals;
use crate::units::ByClass;
use std::ops::Range;

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
    /// The workload's place in the pool, by entry.
    places: Vec<usize>,
    /// What is summed at each boundary: before the first node, and after each. Each feature stands for all entries.
    features: Vec<Vec<Feature>>,
    /// Where the boundaries after the nodes stand among the sums of a case.
    ranges: Vec<Range<usize>>,
    /// The hour's features in the order of the sums, and those before the first node.
    hour: Vec<f64>,
    first: Vec<f64>,
    /// Sums of the month: before the first node, and by case after each.
    all: Vec<f64>,
    sums: Vec<f64>,
    need: Need,
}

impl Split {
    /// Buffers for a pool; `None` where there is nothing to split.
    pub(super) fn new(group: &PoolGroup) -> Option<Self> {
        if group.workloads.len() < 2 {
            return None;
        }
        let entries = group.entries.len();
        let place = |workload| group.workloads.iter().position(|&w| w == workload).unwrap_or(0);
        // Boundary b stands between node b − 1 and node b.
        let features: Vec<Vec<Feature>> = (0..=group.nodes.len())
            .map(|boundary| {
                let mut features = vec![Feature::Tokens];
                for (number, node) in group.nodes.iter().enumerate().filter(|(number, _)| *number == boundary || number + 1 == boundary) {
                    if node.provisioned {
                        features.extend((0..node.axes).map(|axis| Feature::Units(number, axis)));
                    } else {
                        features.push(Feature::Cost(number));
                    }
                }
                if boundary == group.nodes.len() {
                    features.push(Feature::Requests);
                }
                features
            })
            .collect();
        let mut next = 0;
        let ranges: Vec<Range<usize>> = features[1..]
            .iter()
            .map(|features| {
                next += features.len() * entries;
                next - features.len() * entries..next
            })
            .collect();
        Some(Self {
            entries,
            places: group.entries.iter().map(|entry| place(entry.workload)).collect(),
            first: vec![0.0; features[0].len() * entries],
            all: vec![0.0; features[0].len() * entries],
            hour: vec![0.0; next],
            sums: vec![0.0; next * group.cases.len()],
            features,
            ranges,
            need: Need::new(group),
        })
    }

    /// Goes to the first hour of a month.
    pub(super) fn begin(&mut self) {
        self.all.fill(0.0);
        self.sums.fill(0.0);
        self.need.begin();
    }

    /// Sets an hour of a chain; `per_unit` are weighted tokens per hour of one unit, at node × 2 + axis.
    pub(super) fn hour(&mut self, group: &PoolGroup, parts: &Parts, per_unit: &[f64]) {
        let value = |feature: Feature, part: &Entering| match feature {
            Feature::Tokens => part.tokens.total(),
            Feature::Requests => part.requests,
            Feature::Cost(node) => part.tokens.dot(&group.nodes[node].price),
            Feature::Units(node, axis) => part.tokens.dot(&group.nodes[node].weights[axis]) / per_unit[node * MAX_AXES + axis],
        };
        let fill = |values: &mut [f64], features: &[Feature]| {
            for (values, &feature) in values.chunks_exact_mut(parts.entering.len().max(1)).zip(features) {
                values.iter_mut().zip(&parts.entering).for_each(|(to, part)| *to = value(feature, part));
            }
        };
        fill(&mut self.first, &self.features[0]);
        for (range, features) in self.ranges.iter().zip(&self.features[1..]) {
            fill(&mut self.hour[range.clone()], features);
        }
        self.all.iter_mut().zip(&self.first).for_each(|(sum, value)| *sum += value);
    }

    /// Counts what passes a node in a case, as a share of the hour that is the same for all.
    #[inline]
    pub(super) fn pass(&mut self, case: usize, node: usize, passed: f64) {
        if passed > 0.0 {
            let (range, width) = (self.ranges[node].clone(), self.hour.len());
            let sums = &mut self.sums[case * width..][..width][range.clone()];
            sums.iter_mut().zip(&self.hour[range]).for_each(|(sum, value)| *sum += passed * value);
        }
    }

    /// The same where every class of priority has a share of its own.
    pub(super) fn pass_classes(&mut self, case: usize, node: usize, classes: &[usize], passed: &[f64]) {
        let (range, width) = (self.ranges[node].clone(), self.hour.len());
        let sums = &mut self.sums[case * width..][..width][range.clone()];
        for (sums, values) in sums.chunks_exact_mut(self.entries).zip(self.hour[range].chunks_exact(self.entries)) {
            sums.iter_mut().zip(values).zip(classes).for_each(|((sum, value), &class)| *sum += passed[class] * value);
        }
    }

    /// A feature's sums over the month at a boundary, by entry.
    fn sums(&self, case: usize, boundary: usize, feature: Feature) -> &[f64] {
        let Some(at) = self.features[boundary].iter().position(|&f| f == feature) else { return &[] };
        let sums = match boundary.checked_sub(1) {
            None => &self.all[..],
            Some(node) => &self.sums[case * self.hour.len()..][..self.hour.len()][self.ranges[node].clone()],
        };
        &sums[at * self.entries..][..self.entries]
    }

    /// What a node serves of each workload: what comes to it less what passes it, by place in the pool.
    fn served(&self, case: usize, node: usize, feature: Feature) -> impl Iterator<Item = (usize, f64)> {
        let (before, after) = (self.sums(case, node, feature), self.sums(case, node + 1, feature));
        // Sums of nearly the same numbers: rounding may leave a hair below 0.
        self.places.iter().zip(before.iter().zip(after)).map(|(&place, (before, after))| (place, (before - after).max(0.0)))
    }
}

impl GroupState {
    /// Sets an hour of a pool of several workloads.
    pub(super) fn part(&mut self, group: &PoolGroup, work: &Work, parts: &Parts, supply: &Supply, path: &DemandPath, facts: &Hour) {
        if let Some(split) = &mut self.split {
            split.need.add(&group.nodes, &parts.entering.iter().map(|part| part.tokens));
            if group.chain {
                split.hour(group, parts, &self.per_unit);
            }
        }
        if let Some(ranked) = &mut self.ranked {
            ranked.hour(group, work, parts, supply, path, facts);
        }
    }

    /// Writes the month's totals of the workloads, after the last hour.
    pub(super) fn end_split(&mut self, group: &PoolGroup, parts: &Parts, totals: &mut SupplyTotals) {
        let Some(split) = &mut self.split else { return };
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

    /// Counts one hour of a network, offer by offer: every workload's tokens of a class pass an offer in the same proportion.
    ///
    /// `arrived` and `passed` are the tokens of all workloads by node.
    pub(super) fn split_network(
        &self,
        group: &PoolGroup,
        case: usize,
        parts: &Parts,
        flows: impl Fn(usize) -> (ByClass, ByClass),
        totals: &mut SupplyTotals,
    ) {
        let Some(split) = &self.split else { return };
        let members = &mut totals.members[self.members.clone()][case * group.workloads.len()..][..group.workloads.len()];
        let width = group.workloads.len() * self.slots;
        let used = &mut totals.members_used[self.members_used.clone()][case * width..][..width];
        for ((entry, part), &place) in group.entries.iter().zip(&parts.entering).zip(&split.places) {
            let asked = part.tokens.total();
            if !(asked > 0.0) {
                continue;
            }
            let (mut tokens, mut at) = (part.tokens, Some(entry.node));
            while let Some(number) = at {
                let node = &group.nodes[number];
                let (arrived, passed) = flows(number);
                let on = proportion(tokens, arrived, passed);
                let served = tokens - on;
                if node.provisioned {
                    members[place].tokens_provisioned += served.total();
                    for axis in 0..node.axes {
                        let slot = number * MAX_AXES + axis;
                        used[place * self.slots + slot] += served.dot(&node.weights[axis]) / self.per_unit[slot];
                    }
                } else {
                    members[place].cost_on_demand += served.dot(&node.price);
                }
                (tokens, at) = (on, node.next);
            }
            let throttled = tokens.total();
            members[place].tokens_throttled += throttled;
            members[place].requests_throttled += part.requests * (throttled / asked);
        }
    }
}

/// What of `tokens` passes where `passed` of all that `arrived` does, class by class.
fn proportion(tokens: ByClass, arrived: ByClass, passed: ByClass) -> ByClass {
    let (tokens, arrived, passed) = (tokens.to_array(), arrived.to_array(), passed.to_array());
    let share = |class: usize| if arrived[class] > 0.0 { (passed[class] / arrived[class]).min(1.0) } else { 0.0 };
    ByClass::from_array(std::array::from_fn(|class| tokens[class] * share(class)))
}
