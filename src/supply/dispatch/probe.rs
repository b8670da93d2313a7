//! What one hour of so many tokens comes to, whatever came before it: for those who serve thousands of hours from a table.
//!
//! Where nothing is carried from hour to hour and a workload is alone in its pool with one mix of token classes, its tokens alone decide
//! what an hour comes to. A probe serves one such hour by the code that serves all others.

use super::{Dispatcher, HourSink, quota_minute, serve};
use crate::demand::DemandPath;
use crate::supply::offer::MAX_AXES;
use crate::supply::pool::Node;
use crate::supply::totals::SupplyTotals;
use crate::units::ByClass;

/// Facts of a probed hour that do not depend on what serves it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProbedHour {
    /// All that was asked for, by class.
    pub(crate) asked: ByClass,
    /// Requests, and those of them that are neither queued nor in batch.
    pub(crate) requests: f64,
    pub(crate) requests_at_once: f64,
    /// Tokens that meet a limit.
    pub(crate) entering: f64,
    /// Squared coefficient of variation of a window of them.
    pub(crate) variance: f64,
    /// Tokens that batch takes, and what it asks for them `[currency]`.
    pub(crate) batch: (f64, f64),
    /// Requests for each token that batch does not take.
    pub(crate) requests_per_token: f64,
    /// Mean weighted tokens of a minute on the last on-demand offer and their squared coefficient of variation; `None` without such an offer.
    pub(crate) peak: Option<(f64, f64)>,
}

/// What an hour that is served by one offer alone comes to there, for each of its tokens.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HourRates {
    /// Paid on demand `[currency]`; 0 of units.
    pub(crate) cost: f64,
    /// Unit-hours used, by axis.
    pub(crate) used: [f64; MAX_AXES],
}

/// A part of a workload that goes to batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchShare {
    /// Its share of the workload.
    pub(crate) share: f64,
    /// The offer.
    pub(crate) offer: usize,
    /// Hours of a window.
    pub(crate) window: usize,
}

impl Dispatcher<'_> {
    /// The groups of each work: those that share their members and the law of their minutes.
    pub(crate) fn works(&self) -> impl Iterator<Item = &[usize]> {
        self.works.iter().map(|work| work.groups.as_slice())
    }

    /// The workload of a work whose hours are closed, each told by its own tokens; otherwise why they are not.
    pub(crate) fn closed(&self, work: usize) -> Result<usize, &'static str> {
        let work = &self.works[work];
        let first = work.first(self.supply);
        let [workload] = first.workloads[..] else { return Err("several workloads share a pool") };
        for &index in &work.groups {
            let (group, state) = (&self.supply.groups[index], &self.groups[index]);
            let why = [
                (!group.chain, "work goes different ways"),
                (group.path.is_some(), "retries, buckets or windows of different lengths have a state from hour to hour"),
                (state.queues.is_some(), "work waits"),
                (!group.days.is_empty(), "there is a quota of a day"),
                // Their loss bends too sharply in the tokens for straight lines over the bins.
                (group.holds(), "requests hold some of a limit while they run"),
                (state.is_parted(), "a pool is split among its members"),
                (state.varies() || group.cases.iter().any(|case| !case.scheduled.is_empty()), "units come and go within a month"),
                (group.nodes.iter().any(|node| self.throughput.iter().any(|(offer, _)| *offer == node.offer)), "a throughput is unknown"),
                (self.prices.any(), "prices may be cut"),
                (group.members.iter().any(|member| member.route.is_empty() && member.batch.is_none()), "some work has no route"),
                (group.law.is_still(), "minutes are their hour's mean"),
            ];
            if let Some((_, why)) = why.into_iter().find(|(is, _)| *is) {
                return Err(why);
            }
        }
        Ok(workload)
    }

    /// The parts of a work that try batch first.
    pub(crate) fn batch_shares(&self, work: usize) -> Vec<BatchShare> {
        let work = &self.works[work];
        work.windows.members().map(|(member, offer, window)| BatchShare { share: work.share(member), offer, window }).collect()
    }

    /// Makes a month's units those that probes meet.
    pub(crate) fn probe_month(&mut self, work: usize, month: usize) {
        for index in self.works[work].groups.clone() {
            self.units(index, 0);
            self.groups[index].begin(self.supply, month);
        }
    }

    /// Serves the first hour of `hour` under every case of every group of a closed work, in the month set last, with all that tries batch
    /// taken there. `totals` is scratch memory from [`Supply::totals`](crate::supply::Supply::totals).
    pub(crate) fn probe(&mut self, work: usize, hour: &DemandPath, totals: &mut SupplyTotals, sink: &mut dyn HourSink) -> ProbedHour {
        let supply = self.supply;
        let work = &mut self.works[work];
        work.windows.take_all();
        let facts = work.hour(supply, hour, 0);
        let first = work.first(supply);
        let row = first.chain.then(|| first.law.at(facts.variance));
        serve(supply, work, (&mut self.groups[..], &mut self.routed[..]), (&work.parts, hour, &facts, row), totals, &mut Some(sink), false);
        ProbedHour {
            asked: facts.asked,
            requests: facts.requests,
            requests_at_once: facts.requests_at_once,
            entering: facts.entering.total(),
            variance: facts.variance,
            batch: (facts.batch_tokens, facts.batch_cost),
            requests_per_token: facts.requests_per_token,
            peak: quota_minute(supply, work, &mut self.groups, hour, 0),
        }
    }

    /// What serving an hour costs and uses, for each of its tokens, at each node of a group: of the hour probed last, which had so many
    /// tokens entering.
    pub(crate) fn rates(&self, group: usize, entering: f64) -> Vec<HourRates> {
        let state = &self.groups[group];
        let nodes = self.supply.groups[group].nodes.iter().zip(&state.cost).zip(state.usage.as_chunks::<MAX_AXES>().0);
        let rate = |((node, cost), usage): ((&Node, &f64), &[f64; MAX_AXES])| HourRates {
            cost: if node.provisioned { 0.0 } else { cost / entering },
            used: usage.map(|used| used / entering),
        };
        nodes.map(rate).collect()
    }
}
