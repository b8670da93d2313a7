//! What a month's walks add up to: what was drawn is brought to what was asked for.
//!
//! A walk's windows do not add up to its hours. What is drawn too little or too much in a month, a few tokens in a hundred, is given to or
//! taken from what was served, offer by offer in proportion: one token more asked for is one more served. But an offer that is full serves
//! no more, and would have been as full with less asked for, so what comes to it beyond what it has room for goes to those that have room,
//! and fails where none has. Both signs are treated alike, so that the mean stays; and no offer serves more than it holds.
//!
//! Who still waits when a month ends is served or fails in the next. Their tokens and failed requests count in the month in which they
//! asked, as those of queues do; money, unit-hours, refusals and waits stay in the month in which they happen.

use super::paths::Paths;
use super::state::GroupState;
use crate::supply::offer::MAX_AXES;
use crate::supply::pool::PoolGroup;
use crate::supply::totals::{ServiceTotals, SupplyTotals};

/// What one offer did in the hours walked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OfNode {
    pub(super) served: f64,
    /// Tokens that it could have served besides, of the hours' mixes; below 0 where a bucket gave more than an hour's worth.
    pub(super) room: f64,
    pub(super) cost: f64,
    /// What its tokens would have cost on demand, where it is bought.
    pub(super) value: f64,
    /// What is given to it, or taken from it.
    more: f64,
}

/// What walks of one month add up to before it is settled.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    /// Tokens asked for in the hours walked.
    pub(super) asked: f64,
    /// Tokens asked for in the month before that waited when this one began, and their requests per token.
    carried: f64,
    carried_requests: f64,
    /// Of those as they were drawn: what failed and what was served.
    pub(super) failed_before: f64,
    pub(super) served_before: f64,
    pub(super) failed: f64,
    pub(super) failed_requests: f64,
    pub(super) nodes: Vec<OfNode>,
    /// At node × 2 + axis: unit-hours used, and those that could have been besides.
    pub(super) used: Vec<f64>,
    pub(super) unused: Vec<f64>,
    /// Requests that came at once in the month.
    pub(super) requests: f64,
}

impl Sums {
    pub(super) fn new(offers: usize) -> Self {
        Self {
            nodes: vec![OfNode::default(); offers],
            used: vec![0.0; offers * MAX_AXES],
            unused: vec![0.0; offers * MAX_AXES],
            ..Self::default()
        }
    }

    /// Goes to the first hour of a month, with so many tokens of those who wait and their requests per token.
    fn begin(&mut self, (waiting, requests): (f64, f64)) {
        self.nodes.fill(OfNode::default());
        self.used.fill(0.0);
        self.unused.fill(0.0);
        (self.asked, self.failed, self.failed_requests, self.requests) = (0.0, 0.0, 0.0, 0.0);
        (self.carried, self.carried_requests) = (waiting, requests);
        (self.failed_before, self.served_before) = (0.0, 0.0);
    }

    /// How many of the tokens carried fail, of `failed` in all; so many of the month's own were served or failed.
    fn carried_failed(&self, failed: f64, own: f64) -> f64 {
        let (ended, whole) = (self.failed_before + self.served_before, own + self.carried);
        let share = match () {
            () if ended > 0.0 => self.failed_before / ended,
            () if whole > 0.0 => failed / whole,
            () => 0.0,
        };
        // As drawn, but for what settling the month has changed; neither part has more than it asked for.
        (share * self.carried).max(failed - own).min(failed).min(self.carried)
    }

    /// Keeps the room of units to what they have room for in the weights of what they served, which has not the mix of every hour.
    fn bound_room(&mut self) {
        let slots = self.used.chunks_exact(MAX_AXES).zip(self.unused.chunks_exact(MAX_AXES));
        for (node, (used, unused)) in self.nodes.iter_mut().zip(slots) {
            let axes = used.iter().zip(unused).filter(|(used, _)| **used > 0.0);
            node.room = axes.map(|(used, unused)| node.served * (unused / used)).fold(node.room, f64::min);
        }
    }

    /// Settles who is given what of `missing` tokens (or has it taken, below 0); returns what fails of them.
    fn share_out(&mut self, missing: f64) -> f64 {
        let amount = missing.abs();
        let mut rest = amount;
        self.nodes.iter_mut().for_each(|node| node.more = 0.0);
        // Each round fills an offer, or is the last.
        for _ in 0..self.nodes.len() {
            let open = |node: &OfNode| node.more < node.room.max(0.0);
            let served: f64 = self.nodes.iter().filter(|node| open(node)).map(|node| node.served).sum();
            if !(served > 0.0 && rest > 0.0) {
                break;
            }
            let each = rest / served;
            for node in self.nodes.iter_mut().filter(|node| open(node)) {
                let more = (each * node.served).min(node.room - node.more);
                node.more += more;
                rest -= more;
            }
            // What is left of it by rounding.
            if rest <= 1e-15 * amount {
                rest = 0.0;
            }
        }
        self.nodes.iter_mut().for_each(|node| node.more = (node.more * missing.signum()).max(-node.served));
        rest.max(0.0) * missing.signum()
    }
}

impl GroupState {
    /// Settles the month's walks: what was served is brought to what was asked for less what failed or still waits, and `last` says that
    /// nobody can come back any more.
    pub(super) fn settle(&mut self, group: &PoolGroup, last: bool, totals: &mut SupplyTotals) {
        let (Some(_), Some(mut paths)) = (&group.path, self.paths.take()) else { return };
        let Paths { sums, walks, requests_per_token, .. } = &mut *paths;
        let (earlier, services) = totals.services.split_at_mut(self.services.start);
        // In the first month nothing is carried.
        let before = earlier.len().saturating_sub(sums.len());
        let mut nobody = ServiceTotals::default();
        let used = totals.used[self.used_slots.clone()].chunks_exact_mut(self.slots.max(1));
        for (case, ((sums, walk), (service, used))) in sums.iter_mut().zip(walks).zip(services.iter_mut().zip(used)).enumerate() {
            let before = earlier.get_mut(before + case).filter(|_| sums.carried > 0.0).unwrap_or(&mut nobody);
            let per_token = if sums.failed > 0.0 { sums.failed_requests / sums.failed } else { *requests_per_token };
            if last {
                let (pending, of_before) = walk.give_up();
                sums.failed += pending;
                sums.failed_before += of_before;
            }
            // Windows that are drawn high may leave more to wait than was asked for.
            let waiting = walk.pending().min(sums.asked);
            let own = sums.asked - waiting;
            let whole = own + sums.carried;
            let served: f64 = sums.nodes.iter().map(|node| node.served).sum();
            sums.bound_room();
            let failing = sums.share_out(whole - sums.failed - served);
            // Windows that are drawn high may fail more than the month asked for where hardly anything is served.
            let failed = (sums.failed + failing).clamp(0.0, whole);
            let failed_before = sums.carried_failed(failed, own);
            before.tokens_throttled += failed_before;
            before.requests_throttled += failed_before * sums.carried_requests;
            service.tokens_throttled += failed - failed_before;
            service.requests_throttled += (failed - failed_before) * per_token;
            // Who fails besides was refused, and who does not after all was not.
            service.requests_refused += (failed - sums.failed) * per_token;
            add_nodes(group, sums, (whole - failed, sums.carried - failed_before), (service, before), used);
            service.wait_p95 = walk.take_p95(sums.requests - service.requests_throttled);
            sums.begin((waiting, *requests_per_token));
            walk.begin_month();
        }
        self.paths = Some(paths);
    }
}

/// Adds what the offers served, which is so much in all, some of it asked for in the month before.
fn add_nodes(
    group: &PoolGroup,
    sums: &Sums,
    (whole, carried): (f64, f64),
    (service, before): (&mut ServiceTotals, &mut ServiceTotals),
    used: &mut [f64],
) {
    let of_before = if whole > 0.0 { (carried / whole).min(1.0) } else { 0.0 };
    let settled: f64 = sums.nodes.iter().map(|node| node.served + node.more).sum();
    // 1 but for rounding, and where what fails was clamped.
    let scale = if settled > 0.0 { whole / settled } else { 0.0 };
    let slots = used.chunks_exact_mut(MAX_AXES).zip(sums.used.chunks_exact(MAX_AXES));
    for ((offer, node), (used, walked)) in group.nodes.iter().zip(&sums.nodes).zip(slots) {
        if !(node.served > 0.0) {
            continue;
        }
        let factor = scale * (node.served + node.more) / node.served;
        if offer.provisioned {
            service.tokens_provisioned += (1.0 - of_before) * factor * node.served;
            before.tokens_provisioned += of_before * factor * node.served;
            service.value_provisioned += factor * node.value;
        } else {
            service.tokens_on_demand += (1.0 - of_before) * factor * node.served;
            before.tokens_on_demand += of_before * factor * node.served;
            service.cost_on_demand += factor * node.cost;
        }
        used.iter_mut().zip(walked).for_each(|(used, walked)| *used += factor * walked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(nodes: &[(f64, f64)]) -> Sums {
        let node = |&(served, room): &(f64, f64)| OfNode { served, room, ..OfNode::default() };
        Sums { nodes: nodes.iter().map(node).collect(), ..Sums::default() }
    }

    fn shared(nodes: &[(f64, f64)], missing: f64) -> (Vec<f64>, f64) {
        let mut sums = sums(nodes);
        let failing = sums.share_out(missing);
        (sums.nodes.iter().map(|node| node.more).collect(), failing)
    }

    #[test]
    fn what_is_missing_goes_where_there_is_room() {
        let free = f64::INFINITY;
        assert_eq!(shared(&[(30.0, free), (10.0, free)], 4.0), (vec![3.0, 1.0], 0.0));
        assert_eq!(shared(&[(30.0, 1.0), (10.0, free)], 4.0), (vec![1.0, 3.0], 0.0));
        assert_eq!(shared(&[(30.0, 1.0), (10.0, 2.0)], 4.0), (vec![1.0, 2.0], 1.0));
        assert_eq!(shared(&[(30.0, 0.0), (10.0, -1.0)], 4.0), (vec![0.0, 0.0], 4.0));
        assert_eq!(shared(&[(0.0, 0.0)], 4.0), (vec![0.0], 4.0));
        // What was drawn too much is taken from the same.
        for nodes in [&[(30.0, free), (10.0, free)][..], &[(30.0, 1.0), (10.0, free)], &[(30.0, 1.0), (10.0, 2.0)], &[(30.0, 0.0)]] {
            let ((more, failing), (less, fewer)) = (shared(nodes, 4.0), shared(nodes, -4.0));
            assert!(more.iter().zip(&less).all(|(a, b)| a + b == 0.0) && failing + fewer == 0.0, "{more:?} {less:?}");
        }
        // Nobody serves less than nothing.
        assert_eq!(shared(&[(1.0, free), (30.0, 0.0)], -4.0).0, [-1.0, 0.0]);
    }
}
