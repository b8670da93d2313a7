//! Work: what groups share whose members ask for the same, hour by hour, whatever serves them.

use super::parts::Parts;
use crate::demand::DemandPath;
use crate::supply::Supply;
use crate::supply::batch::{Windows, shares};
use crate::supply::network::Network;
use crate::supply::offer::{MAX_AXES, OfferKind};
use crate::supply::path::PathModel;
use crate::supply::pool::{Entry, Node, PoolGroup};
use crate::supply::route::{Member, Part};
use crate::units::ByClass;
use std::sync::Arc;

/// The work of one group, or of several that differ only in what serves it.
#[derive(Clone, Debug)]
pub(super) struct Work {
    /// The groups that serve it, in order; all that follows is told by the first.
    pub(super) groups: Vec<usize>,
    /// Share of each member in its workload.
    shares: Vec<f64>,
    /// The same in the hour at hand, 0 where batch takes it and for what waits.
    present: Vec<f64>,
    pub(super) windows: Windows,
    /// By member: mean square of a request's weighted tokens over their squared mean.
    pub(super) size_squares: Vec<f64>,
    /// What each workload brings, where there are several.
    pub(super) parts: Parts,
}

/// Facts of one hour that all cases share. Tokens are of the hour.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_field_names, reason = "the hour of an hour is its index")]
pub(super) struct Hour {
    pub(super) hour: usize,
    /// All that was asked for.
    pub(super) asked: ByClass,
    pub(super) requests: f64,
    /// Requests that are served or refused at once: neither queued nor in batch.
    pub(super) requests_at_once: f64,
    /// What enters the network.
    pub(super) entering: ByClass,
    /// Squared coefficient of variation of a minute of what enters, in the first offer's weights.
    pub(super) variance: f64,
    /// Tokens that no offer takes at all: batch refused them and the route ends.
    pub(super) unrouted: f64,
    pub(super) unrouted_requests: f64,
    pub(super) batch_tokens: f64,
    pub(super) batch_cost: f64,
    /// Requests per token of what batch does not take.
    pub(super) requests_per_token: f64,
    /// What a whole request that spills takes with it, as a share of the hour for each minute in which one does: see `network::spill`.
    pub(super) spilled: f64,
}

impl Work {
    /// All work of a supply, each with its groups.
    pub(super) fn all(supply: &Supply) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for (index, group) in supply.groups.iter().enumerate() {
            match all.iter_mut().find(|work| work.is_of(group, supply)) {
                Some(work) => work.groups.push(index),
                None => {
                    let shares = shares(group, &supply.workloads);
                    let windows = Windows::new(group, supply);
                    let size_squares = (0..group.members.len()).map(|member| 1.0 + size_cv2(group, member)).collect();
                    let parts = Parts::new(group.entries.len(), group.workloads.len());
                    all.push(Self { groups: vec![index], present: shares.clone(), shares, windows, size_squares, parts });
                }
            }
        }
        all
    }

    /// Whether a group's hours are those of this work: the same members, which batch takes alike, the same law of their minutes, and the
    /// same weights where they matter to it.
    fn is_of(&self, group: &PoolGroup, supply: &Supply) -> bool {
        let own = self.first(supply);
        let members = |group: &PoolGroup| group.members.iter().map(work_of).collect::<Vec<_>>();
        let on_demand = |group: &PoolGroup| group.last_on_demand.map(|node| (group.nodes[node].weights[0], group.nodes[node].metering));
        let mix = |group: &PoolGroup| group.nodes.first().filter(|_| group.workloads.len() > 1).map(Node::mix);
        let sizes = |group: &PoolGroup| group.entries.iter().map(|entry| (entry.size_cv2, entry.quota_size_cv2)).collect::<Vec<_>>();
        own.chain
            && group.chain
            && Arc::ptr_eq(&own.law, &group.law)
            && members(own) == members(group)
            && on_demand(own) == on_demand(group)
            && mix(own) == mix(group)
            && own.window.to_bits() == group.window.to_bits()
            && sizes(own) == sizes(group)
    }

    /// The first of its groups.
    pub(super) fn first<'s>(&self, supply: &'s Supply) -> &'s PoolGroup {
        &supply.groups[self.groups[0]]
    }

    /// Looks through a whole path before its first hour.
    pub(super) fn begin(&mut self, supply: &Supply, path: &DemandPath) {
        self.windows.decide(self.first(supply), supply, path);
        self.present.copy_from_slice(&self.shares);
    }

    /// Gathers an hour's facts and settles who enters the network.
    #[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
    #[inline(always)]
    pub(super) fn hour(&mut self, supply: &Supply, path: &DemandPath, hour: usize) -> Hour {
        let group = self.first(supply);
        let mut facts = Hour {
            hour,
            asked: ByClass::ZERO,
            requests: 0.0,
            requests_at_once: 0.0,
            entering: ByClass::ZERO,
            variance: 0.0,
            unrouted: 0.0,
            unrouted_requests: 0.0,
            batch_tokens: 0.0,
            batch_cost: 0.0,
            requests_per_token: 0.0,
            spilled: 0.0,
        };
        let mut requests = 0.0;
        let mut sized = 0.0;
        for (index, member) in group.members.iter().enumerate() {
            let tokens = path.workloads[member.workload].tokens[hour] * self.shares[index];
            let count = path.workloads[member.workload].requests[hour] * self.shares[index];
            facts.asked += tokens;
            facts.requests += count;
            self.present[index] = self.shares[index];
            if member.waits.is_some() {
                self.present[index] = 0.0;
                // It waits for an offer of its route or for its job; where it has neither, nobody will ever take it.
                if !member.route.is_empty() || self.windows.taken_by(index, hour).is_some() {
                    continue;
                }
            } else if self.windows.any()
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
            sized += count * self.size_squares[index];
            if member.route.is_empty() {
                facts.unrouted += tokens.total();
                facts.unrouted_requests += count;
            } else {
                facts.entering += tokens;
            }
        }
        facts.requests_at_once = requests;
        let tokens = facts.entering.total() + facts.unrouted;
        if tokens > 0.0 {
            facts.requests_per_token = requests / tokens;
        }
        if requests > 0.0 {
            facts.spilled = Self::spilled(group, requests, sized);
        }
        if group.chain
            && let Some(first) = group.nodes.first()
        {
            facts.variance = self.weighted(&group.entries, supply, path, (hour, group.window), &first.mix(), |entry| entry.size_cv2).1;
        }
        facts
    }

    /// See [`Hour::spilled`]; `sized` is what the requests are counted as with their mean squares.
    #[inline]
    pub(super) fn spilled(group: &PoolGroup, requests: f64, sized: f64) -> f64 {
        (3600.0 / group.window) * 0.5 * (sized / requests) / requests
    }

    /// Tokens of an hour in these weights and the squared coefficient of variation of a minute of them, over some entries; `cv2` picks that
    /// of a request's tokens in the same weights.
    pub(super) fn weighted<'e>(
        &self,
        entries: impl IntoIterator<Item = &'e Entry>,
        supply: &Supply,
        path: &DemandPath,
        (hour, window): (usize, f64),
        weights: &ByClass,
        cv2: fn(&Entry) -> f64,
    ) -> (f64, f64) {
        let (mut mean, mut variance) = (0.0, 0.0);
        for entry in entries {
            let work = &path.workloads[entry.workload];
            let share = self.present_share(entry);
            let tokens = work.tokens[hour].dot(weights) * share;
            mean += tokens;
            // Fewer requests than the workload's spread more: the rest of them went elsewhere.
            variance += tokens * tokens * supply.workloads[entry.workload].minute.variance(window, work.requests[hour] * share, cv2(entry));
        }
        (mean, if mean > 0.0 { variance / (mean * mean) } else { 0.0 })
    }

    /// Squared coefficient of variation of what enters a chain in a window of so many seconds, in the first offer's weights.
    pub(super) fn variance(&self, group: &PoolGroup, supply: &Supply, path: &DemandPath, hour: usize, window: f64) -> f64 {
        let mix = group.nodes.first().map_or(ByClass::ONE, Node::mix);
        self.weighted(&group.entries, supply, path, (hour, window), &mix, |entry| entry.size_cv2).1
    }

    /// What requests hold in an hour beside the tokens that they use, at node × 2 + axis `[weighted tokens]`.
    pub(super) fn held(&self, group: &PoolGroup, supply: &Supply, path: &DemandPath, hour: usize, held: &mut [f64]) {
        held.fill(0.0);
        for entry in &group.entries {
            let (facts, share) = (&supply.workloads[entry.workload], self.present_share(entry));
            let tokens = path.workloads[entry.workload].tokens[hour] * share;
            let requests = path.workloads[entry.workload].requests[hour] * share;
            for (number, node) in group.nodes.iter().enumerate() {
                let Some(hold) = &node.metering.hold else { continue };
                // Resolved plans have no hold without it.
                let Some(most) = hold.max_tokens(facts.max_tokens) else { continue };
                let window = f64::from(node.metering.window);
                for (axis, weights) in node.weights[..node.axes].iter().enumerate() {
                    held[number * MAX_AXES + axis] += hold.extra(requests, &tokens, weights, most, facts.size_spread.covariance, window);
                }
            }
        }
    }

    /// The share of each retry policy in the tokens that enter in an hour.
    pub(super) fn policies(&self, supply: &Supply, path: &DemandPath, hour: usize, model: &PathModel, shares: &mut [f64]) {
        shares.fill(0.0);
        let mut total = 0.0;
        for (index, member) in self.first(supply).members.iter().enumerate().filter(|(_, member)| !member.route.is_empty()) {
            let tokens = path.workloads[member.workload].tokens[hour].total() * self.present[index];
            total += tokens;
            if let Some(policy) = model.of_member[index] {
                shares[policy] += tokens;
            }
        }
        shares.iter_mut().for_each(|share| *share = if total > 0.0 { *share / total } else { 0.0 });
    }

    /// Whether any of a group's work may never enter the network.
    pub(super) fn has_asides(&self, group: &PoolGroup) -> bool {
        self.windows.any() || group.members.iter().any(|member| member.route.is_empty())
    }

    /// The share of a member in its workload.
    pub(super) fn share(&self, member: usize) -> f64 {
        self.shares[member]
    }

    /// The batch offer that takes a member's work in an hour, if one does.
    pub(super) fn taken_by(&self, member: usize, hour: usize) -> Option<usize> {
        self.windows.taken_by(member, hour)
    }

    #[inline]
    pub(super) fn present_share(&self, entry: &Entry) -> f64 {
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
                let count = path.workloads[entry.workload].requests[hour] * share;
                tokens += path.workloads[entry.workload].tokens[hour] * share;
                requests += count;
                sized += count * (1.0 + entry.size_cv2);
            }
            if tokens.total() > 0.0 {
                let (_, variance) = self.weighted(here(), supply, path, (hour, group.window), &node.mix(), |entry| entry.size_cv2);
                let mut workloads = here().map(|entry| entry.workload);
                let only = workloads.next().filter(|_| workloads.next().is_none());
                let size_factor = if requests > 0.0 { sized / requests } else { 1.0 };
                network.entering[number].enter(tokens, variance, requests, size_factor, only);
            }
        }
    }
}

/// Squared coefficient of variation of a member's requests, in the weights of the offer that it enters at.
fn size_cv2(group: &PoolGroup, member: usize) -> f64 {
    group.entries.iter().find(|entry| entry.members.contains(&member)).map_or(0.0, |entry| entry.size_cv2)
}

/// What a member asks for, whatever serves it.
fn work_of(member: &Member) -> (usize, Part, Option<usize>, bool, bool) {
    (member.workload, member.part, member.batch, member.route.is_empty(), member.waits.is_some())
}
