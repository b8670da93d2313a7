//! Quotas of requests: the same minutes counted twice, as requests and as tokens.
//!
//! A pool's minute is one factor m of mean 1, whose variance V is that of its tokens: dispersion of arrivals and sizes. Requests spread less,
//! for they have no sizes: V₁ = floor / (requests a window) + c². A limit of R₁ times the hour's requests is therefore put into the tokens'
//! law where it refuses as much, at the R for which G(R, V) = G(R₁, V₁). The offer then has two limits in m, and the smaller holds. A limit
//! with a window of its own (Azure: 1 s or 10 s, beside tokens by the minute) needs the order of things in the minute: such a pool is walked.
//!
//! Where the refusals of both are of one size, some minutes are over one limit alone: what is refused in common is in `both.rs`, and the
//! limit is put where the offer refuses what both do.
//!
//! Against requests drawn one by one (`requests/tests.rs`), 60 or 600 a minute with sizes of CV 1 and 2: at the first offer with a limit, what
//! is refused is right within a tenth (the gamma law's own, for Poisson counts), by one limit or by both. Minutes and hours over are
//! those of tokens that are refused as much: a fifth too few with a CV of 1, half with 2, where requests alone bind. Behind units
//! up to twice too much is refused, as if what spills were as bursty in requests as in tokens. Windows of their own are right within a
//! twentieth, or a fifth where as few as fifteen requests fill one.
//!
//! Clients that come back fill windows to the limit that stands in the tokens' law, which is wider than that of requests: in hours that
//! they keep full, up to a tenth more requests than the limit are served, and more where fewer than fifteen fill a window.

mod both;

use super::state::GroupState;
use super::work::{Hour, Work};
use crate::demand::DemandPath;
use crate::supply::Supply;
use crate::supply::minute::{MinuteRow, clamp};
use crate::supply::offer::MAX_AXES;
use crate::supply::pool::{Entry, PoolGroup};

/// An overflow below it is none: a row of the law's table ends there.
const NOTHING: f64 = 1e-10;
/// A smaller overflow of one limit says nothing beside that of the other.
const SLIGHT: f64 = 1e-7;

impl GroupState {
    /// Puts the limits of requests into the law of the tokens, after [`scale`](Self::scale). `row` is that law's in the hour at hand.
    pub(super) fn scale_requests(
        &mut self,
        group: &PoolGroup,
        supply: &Supply,
        work: &Work,
        path: &DemandPath,
        facts: &Hour,
        row: &MinuteRow<'_>,
    ) {
        // Without bursts, a limit is the number that it is.
        if group.law.is_still() {
            return;
        }
        for (number, node) in group.nodes.iter().enumerate() {
            let Some(request_window) = node.request_window else { continue };
            let slot = number * MAX_AXES + 1;
            // Quotas are the same in all cases: nothing of them is bought.
            let (capacity, requests) = (self.capacities[slot], self.held[slot]);
            if !(capacity > 0.0 && requests > 0.0) {
                continue;
            }
            let window = f64::from(request_window);
            let variance = work.variance_of_requests(group, supply, path, facts.hour, window);
            let limit = capacity / requests;
            let same = window.to_bits() == group.window.to_bits();
            let of_tokens = if same { facts.variance } else { work.variance(group, supply, path, facts.hour, window) };
            if clamp(variance).to_bits() == clamp(of_tokens).to_bits() {
                continue;
            }
            let wanted = group.law.at(variance).overflow(limit);
            let row = if same { *row } else { group.law.at(of_tokens) };
            self.inverse[slot] = equivalent(wanted, limit, of_tokens, &row) / capacity;
            let of_quota = self.capacities[slot - 1] * self.inverse[slot - 1];
            if node.metering.window == request_window && of_quota < f64::INFINITY {
                let refused = row.overflow(of_quota);
                let smaller = refused.min(wanted);
                if smaller > SLIGHT {
                    let common = both::share_in_common((of_quota, of_tokens), (limit, variance));
                    let wanted = refused + wanted - common * smaller;
                    self.inverse[slot] = equivalent(wanted, limit.min(of_quota), of_tokens, &row) / capacity;
                }
            }
        }
    }
}

/// The limit in the tokens' law with so much overflow. `limit` is that of requests: a first guess.
pub(super) fn equivalent(wanted: f64, limit: f64, variance: f64, row: &MinuteRow<'_>) -> f64 {
    match wanted {
        _ if wanted < NOTHING => f64::INFINITY,
        _ if wanted >= 1.0 => 0.0,
        _ if !(variance > 0.0) => 1.0 - wanted,
        _ => row.capacity_with_overflow(wanted, limit.min(1.0 + 8.0 * variance.sqrt())),
    }
}

impl Work {
    /// Squared coefficient of variation of the requests that enter a chain in a window of so many seconds.
    fn variance_of_requests(&self, group: &PoolGroup, supply: &Supply, path: &DemandPath, hour: usize, window: f64) -> f64 {
        let (mut mean, mut variance) = (0.0, 0.0);
        for entry in &group.entries {
            let requests = path.workloads[entry.workload].requests[hour] * self.present_share(entry);
            mean += requests;
            variance += requests * requests * supply.workloads[entry.workload].minute.variance(window, requests, 0.0);
        }
        if mean > 0.0 { variance / (mean * mean) } else { 0.0 }
    }

    /// Adds an hour's requests to what counts against limits of requests, at node × 2 + 1.
    pub(super) fn count_requests(&self, group: &PoolGroup, path: &DemandPath, hour: usize, held: &mut [f64]) {
        let of_entry = |entry: &Entry| path.workloads[entry.workload].requests[hour] * self.present_share(entry);
        let requests: f64 = group.entries.iter().map(of_entry).sum();
        for (number, _) in group.nodes.iter().enumerate().filter(|(_, node)| node.request_window.is_some()) {
            held[number * MAX_AXES + 1] = requests;
        }
    }
}

#[cfg(test)]
mod tests;
