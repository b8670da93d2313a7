//! What each workload of a pool of several brings to an hour: the hour's facts, workload by workload.

use super::work::Work;
use crate::demand::DemandPath;
use crate::supply::Supply;
use crate::supply::offer::OfferKind;
use crate::units::ByClass;

/// Work that enters the network at one place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entering {
    pub(super) tokens: ByClass,
    pub(super) requests: f64,
}

/// Work of one workload that never enters, over the month so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Aside {
    pub(super) batch_tokens: f64,
    pub(super) batch_cost: f64,
    pub(super) unrouted_tokens: f64,
    pub(super) unrouted_requests: f64,
}

/// The parts of an hour and of the month so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    /// By entry of the pool.
    pub(super) entering: Vec<Entering>,
    /// By workload of the pool.
    pub(super) aside: Vec<Aside>,
}

impl Parts {
    /// Buffers for so many entries and workloads.
    pub(super) fn new(entries: usize, workloads: usize) -> Self {
        Self { entering: vec![Entering::default(); entries], aside: vec![Aside::default(); workloads] }
    }

    /// Goes to the first hour of a month.
    pub(super) fn begin(&mut self) {
        self.aside.fill(Aside::default());
    }
}

impl Work {
    /// Takes an hour apart, after [`Work::hour`]; only where the pool has several workloads.
    #[inline(never)]
    pub(super) fn part(&self, parts: &mut Parts, supply: &Supply, path: &DemandPath, hour: usize) {
        let group = self.first(supply);
        for (entry, entering) in group.entries.iter().zip(&mut parts.entering) {
            let (work, share) = (&path.workloads[entry.workload], self.present_share(entry));
            *entering = Entering { tokens: work.tokens[hour] * share, requests: work.requests[hour] * share };
        }
        if !self.has_asides(group) {
            return;
        }
        for (index, member) in group.members.iter().enumerate() {
            let taken = self.taken_by(index, hour);
            if taken.is_none() && !member.route.is_empty() {
                continue;
            }
            let Some(place) = group.workloads.iter().position(|&workload| workload == member.workload) else { continue };
            let aside = &mut parts.aside[place];
            let work = &path.workloads[member.workload];
            let (tokens, requests) = (work.tokens[hour] * self.share(index), work.requests[hour] * self.share(index));
            if let Some(offer) = taken {
                aside.batch_tokens += tokens.total();
                if let OfferKind::Batch(batch) = &supply.offers[offer].kind {
                    aside.batch_cost += tokens.dot(&batch.price.per_token);
                }
            } else {
                aside.unrouted_tokens += tokens.total();
                aside.unrouted_requests += requests;
            }
        }
    }
}
