//! What a dispatcher keeps for each pool: buffers, and the facts of the hour that all cases share.

use super::member_tokens;
use crate::demand::DemandPath;
use crate::supply::Supply;
use crate::supply::batch::{Windows, shares};
use crate::supply::network::Network;
use crate::supply::offer::{MAX_AXES, OfferKind};
use crate::supply::pool::{Entry, PoolGroup};
use crate::units::ByClass;

/// Buffers of one group.
#[derive(Clone, Debug)]
pub(super) struct GroupState {
    /// Share of each member in its workload.
    shares: Vec<f64>,
    /// The same in the hour at hand, 0 where batch takes it.
    present: Vec<f64>,
    windows: Windows,
    /// node × 2 + axis: weighted tokens per hour of one unit in this replication.
    pub(super) per_unit: Vec<f64>,
    /// case × slots + node × 2 + axis: weighted tokens per hour in the month at hand.
    pub(super) capacities: Vec<f64>,
    /// nodes × 2.
    pub(super) slots: usize,
    /// What the hour's sink is shown.
    pub(super) served: Vec<f64>,
    pub(super) used: Vec<f64>,
    /// node × 2 + axis: one over the hour's weighted tokens, infinite where there are none; and unit-hours that serving all of it would use.
    pub(super) inverse: Vec<f64>,
    pub(super) usage: Vec<f64>,
    /// By node: what serving all of the hour would cost.
    pub(super) cost: Vec<f64>,
}

/// Facts of one hour that all cases share. Tokens are of the hour.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_field_names, reason = "the hour of an hour is its index")]
pub(super) struct Hour {
    pub(super) hour: usize,
    /// All that was asked for.
    pub(super) asked: ByClass,
    pub(super) requests: f64,
    /// What enters the network.
    pub(super) entering: ByClass,
    /// Squared coefficient of variation of a minute of what enters, in the first offer's weights.
    pub(super) variance: f64,
    /// Tokens that no offer takes at all: batch refused them and the route ends.
    pub(super) unrouted: f64,
    pub(super) batch_tokens: f64,
    pub(super) batch_cost: f64,
    /// Requests per token of what batch does not take.
    pub(super) requests_per_token: f64,
    /// What a whole request that spills takes with it, as a share of the hour for each minute in which one does: see `network::spill`.
    pub(super) spilled: f64,
}

impl GroupState {
    pub(super) fn new(group: &PoolGroup, supply: &Supply) -> Self {
        let slots = group.nodes.len() * MAX_AXES;
        let shares = shares(group, &supply.workloads);
        Self {
            present: shares.clone(),
            shares,
            windows: Windows::new(group, supply),
            per_unit: vec![0.0; slots],
            capacities: vec![0.0; slots * group.cases.len()],
            slots,
            served: vec![0.0; group.nodes.len()],
            used: vec![0.0; slots],
            inverse: vec![0.0; slots],
            usage: vec![0.0; slots],
            cost: vec![0.0; group.nodes.len()],
        }
    }

    /// Looks through a whole path before its first hour.
    pub(super) fn begin(&mut self, group: &PoolGroup, supply: &Supply, path: &DemandPath) {
        self.windows.decide(group, supply, path);
        self.present.copy_from_slice(&self.shares);
    }

    /// Sets the capacities of all cases for a month.
    pub(super) fn capacities(&mut self, group: &PoolGroup, month: usize) {
        for (case, capacities) in group.cases.iter().zip(self.capacities.chunks_exact_mut(self.slots.max(1))) {
            let units = &case.units[month * self.slots..][..self.slots];
            for ((capacity, &units), &per_unit) in capacities.iter_mut().zip(units).zip(&self.per_unit) {
                *capacity = if units > 0.0 { units * per_unit } else { 0.0 };
            }
        }
    }

    /// Gathers an hour's facts and settles who enters the network.
    pub(super) fn hour(&mut self, group: &PoolGroup, supply: &Supply, path: &DemandPath, hour: usize) -> Hour {
        let mut facts = Hour {
            hour,
            asked: ByClass::ZERO,
            requests: 0.0,
            entering: ByClass::ZERO,
            variance: 0.0,
            unrouted: 0.0,
            batch_tokens: 0.0,
            batch_cost: 0.0,
            requests_per_token: 0.0,
            spilled: 0.0,
        };
        let mut requests = 0.0;
        let mut sized = 0.0;
        for (index, member) in group.members.iter().enumerate() {
            let tokens = member_tokens(path, member.workload, hour, self.shares[index]);
            let count = path.workloads[member.workload].requests[hour] * self.shares[index];
            facts.asked += tokens;
            facts.requests += count;
            self.present[index] = self.shares[index];
            if self.windows.any()
                && let Some(offer) = self.windows.taken_by(index, hour)
            {
                self.present[index] = 0.0;
                if let OfferKind::Batch(batch) = &supply.offers[offer].kind {
                    facts.batch_tokens += tokens.total();
                    facts.batch_cost += tokens.dot(&batch.price.per_token);
                }
                continue;
            }
            requests += count;
            sized += count * (1.0 + supply.workloads[member.workload].size_cv * supply.workloads[member.workload].size_cv);
            if member.route.is_empty() {
                facts.unrouted += tokens.total();
            } else {
                facts.entering += tokens;
            }
        }
        let tokens = facts.entering.total() + facts.unrouted;
        if tokens > 0.0 {
            facts.requests_per_token = requests / tokens;
        }
        if requests > 0.0 {
            facts.spilled = 60.0 * 0.5 * (sized / requests) / requests;
        }
        if group.chain
            && let Some(first) = group.nodes.first()
        {
            facts.variance = self.weighted(group, path, hour, &first.mix()).1;
        }
        facts
    }

    /// Hour's tokens in these weights and the squared coefficient of variation of a minute of them, over all that enters the network.
    pub(super) fn weighted(&self, group: &PoolGroup, path: &DemandPath, hour: usize, weights: &ByClass) -> (f64, f64) {
        if let [entry] = &group.entries[..] {
            let work = &path.workloads[entry.workload];
            return (work.tokens[hour].dot(weights) * self.present_share(entry), work.minute_variance[hour]);
        }
        self.pooled(group.entries.iter(), path, hour, weights)
    }

    fn pooled<'e>(&self, entries: impl Iterator<Item = &'e Entry>, path: &DemandPath, hour: usize, weights: &ByClass) -> (f64, f64) {
        let (mut mean, mut variance) = (0.0, 0.0);
        for entry in entries {
            let work = &path.workloads[entry.workload];
            let tokens = work.tokens[hour].dot(weights) * self.present_share(entry);
            mean += tokens;
            variance += tokens * tokens * work.minute_variance[hour];
        }
        (mean, if mean > 0.0 { variance / (mean * mean) } else { 0.0 })
    }

    #[inline]
    fn present_share(&self, entry: &Entry) -> f64 {
        entry.members.iter().map(|&member| self.present[member]).sum()
    }

    /// Sets what enters each node of a network.
    pub(super) fn enter(&self, group: &PoolGroup, path: &DemandPath, hour: usize, network: &mut Network, supply: &Supply) {
        network.reset();
        for (number, node) in group.nodes.iter().enumerate() {
            let here = || group.entries.iter().filter(|entry| entry.node == number);
            let (mut tokens, mut requests, mut sized) = (ByClass::ZERO, 0.0, 0.0);
            for entry in here() {
                let share = self.present_share(entry);
                let cv = supply.workloads[entry.workload].size_cv;
                let count = path.workloads[entry.workload].requests[hour] * share;
                tokens += path.workloads[entry.workload].tokens[hour] * share;
                requests += count;
                sized += count * (1.0 + cv * cv);
            }
            if tokens.total() > 0.0 {
                let (_, variance) = self.pooled(here(), path, hour, &node.mix());
                let mut workloads = here().map(|entry| entry.workload);
                let only = workloads.next().filter(|_| workloads.next().is_none());
                let size_factor = if requests > 0.0 { sized / requests } else { 1.0 };
                network.entering[number].enter(tokens, variance, requests, size_factor, only);
            }
        }
    }
}
