//! The facts of many hours at once, of work that one workload brings and all of which enters at the first offer: what
//! [`hour`](Work::hour) tells of each, as lists.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
#![allow(clippy::needless_bitwise_bool, reason = "a branch would keep hours from being looked at side by side")]
#![allow(clippy::needless_range_loop, reason = "lists of one length, entry by entry, are told apart best by the number of the hour")]

use super::tile::{Hours, List};
use super::work::Work;
use crate::demand::DemandPath;
use crate::supply::Supply;
use crate::supply::minute::MANY;
use crate::supply::peak::Peak;
use crate::supply::pool::{Entry, PoolGroup};
use crate::supply::totals::DemandTotals;
use crate::units::ByClass;
use std::ops::Range;

/// Tokens by class and requests that the workload brings, by hour.
struct Brought {
    tokens: [List; 4],
    requests: List,
}

impl Work {
    /// Whether it is of one workload whose requests all enter at the first offer, and nothing but its tokens counts there.
    pub(super) fn is_plain(&self, supply: &Supply) -> bool {
        let group = self.first(supply);
        let enters = |index: usize| group.members[index].waits.is_none() && !group.members[index].route.is_empty();
        let alone = group.members.len() == 1 && group.entries.len() == 1;
        let is_tiled = group.chain && !group.nodes.is_empty() && !group.holds() && group.law.is_tabulated(1.0);
        is_tiled && alone && enters(0) && !self.windows.any()
    }

    /// Gathers the facts of some hours of plain work into a tile that is empty; `false` where one of them is not an hour that tiles serve.
    #[inline(always)]
    pub(super) fn fill(
        &self,
        supply: &Supply,
        path: &DemandPath,
        range: Range<usize>,
        hours: &mut Hours,
        (demand, peak): (&mut DemandTotals, &mut Peak<'_>),
    ) -> bool {
        let (group, number) = (self.first(supply), range.len());
        let (Some(entry), Some(first)) = (group.entries.first(), group.nodes.first()) else { return false };
        let brought = Brought::of(path, entry.workload, range);
        let share = self.share(0);
        for (list, tokens) in hours.entering.iter_mut().zip(&brought.tokens) {
            list.iter_mut().zip(tokens).for_each(|(entering, tokens)| *entering = tokens * share);
        }
        let requests = brought.requests.map(|requests| requests * share);
        self.weigh(&first.mix(), (supply, entry), &brought, group.window, entry.size_cv2, (&mut [0.0; MANY], &mut hours.variances));
        let (mut takes, square) = (true, self.size_squares[0]);
        for hour in 0..MANY {
            let [input, cache_read, cache_write, output] = hours.entering.each_ref().map(|list| list[hour]);
            let (total, requests) = (ByClass { input, cache_read, cache_write, output }.total(), requests[hour]);
            hours.totals[hour] = total;
            hours.requests_per_token[hour] = if total > 0.0 { requests / total } else { 0.0 };
            hours.spilled[hour] = if requests > 0.0 { Self::spilled(group, requests, requests * square) } else { 0.0 };
            takes &= (hour >= number) | ((total > 0.0) & (hours.variances[hour] > 0.0));
        }
        if !takes {
            return false;
        }
        hours.number = number;
        for hour in 0..number.min(MANY) {
            let [input, cache_read, cache_write, output] = hours.entering.each_ref().map(|list| list[hour]);
            demand.tokens += ByClass { input, cache_read, cache_write, output };
            demand.requests += requests[hour];
            demand.requests_at_once += requests[hour];
            demand.peak_hour_tokens = demand.peak_hour_tokens.max(hours.totals[hour]);
        }
        self.add_quota_minutes(supply, (group, entry), &brought, number, peak);
        true
    }

    /// See [`quota_minute`](super::quota::quota_minute).
    #[inline(always)]
    fn add_quota_minutes(
        &self,
        supply: &Supply,
        (group, entry): (&PoolGroup, &Entry),
        brought: &Brought,
        number: usize,
        peak: &mut Peak<'_>,
    ) {
        let (Some(node), Some(_)) = (group.last_on_demand, supply.peak_share) else { return };
        let (mut means, mut variances) = ([0.0; MANY], [0.0; MANY]);
        let weights = &group.nodes[node].weights[0];
        self.weigh(weights, (supply, entry), brought, 60.0, entry.quota_size_cv2, (&mut means, &mut variances));
        for hour in 0..number.min(MANY) {
            peak.add(1.0, means[hour] / 60.0, variances[hour]);
        }
    }

    /// See [`weighted`](Self::weighted).
    #[inline(always)]
    fn weigh(
        &self,
        weights: &ByClass,
        (supply, entry): (&Supply, &Entry),
        brought: &Brought,
        window: f64,
        size_cv2: f64,
        (means, variances): (&mut List, &mut List),
    ) {
        let (share, minute) = (self.present_share(entry), &supply.workloads[entry.workload].minute);
        for (hour, (mean, variance)) in means.iter_mut().zip(variances).enumerate() {
            let [input, cache_read, cache_write, output] = brought.tokens.each_ref().map(|list| list[hour]);
            let tokens = ByClass { input, cache_read, cache_write, output }.dot(weights) * share;
            let spread = tokens * tokens * minute.variance(window, brought.requests[hour] * share, size_cv2);
            *mean = tokens;
            *variance = if tokens > 0.0 { spread / (tokens * tokens) } else { 0.0 };
        }
    }
}

impl Brought {
    #[inline(always)]
    fn of(path: &DemandPath, workload: usize, range: Range<usize>) -> Self {
        let none = [0.0; MANY];
        let mut brought = Self { tokens: [none; 4], requests: none };
        let path = &path.workloads[workload];
        for (hour, (tokens, requests)) in path.tokens[range.clone()].iter().zip(&path.requests[range]).take(MANY).enumerate() {
            brought.tokens.iter_mut().zip(tokens.to_array()).for_each(|(list, tokens)| list[hour] = tokens);
            brought.requests[hour] = *requests;
        }
        brought
    }
}
