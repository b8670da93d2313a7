//! Batch jobs that take their time: when they are handed in, when they end, and what they leave to others.
//!
//! A job holds an equal part of the records of one window of its offer; too many records for one job are several jobs. It is handed in when
//! its records are known: as the hour begins in which all of them arrive (a nightly delivery), else after the window's last hour with
//! records. Where so many jobs may be in progress, the next one waits for one to end; jobs line up in the order in which they are ready. The
//! expiry counts from the hand-in. A job's duration is one draw, keyed by member, replication and window, so that all plans and offers see
//! the same luck. All of a job's records are done at its end, none before; of a job that expires, the share expiry ÷ duration is done (its
//! records are worked through evenly, which no vendor documents) and billed, and the rest goes on to the next offer of the route.
//!
//! A job is followed to its end even beyond the horizon's, and paid in the month in which it was handed in.

use super::fate::{By, Fate, Sums};
use super::lane::{Lane, Marks};
use crate::demand::DemandPath;
use crate::random::stream::{Purpose, StreamKey};
use crate::supply::Supply;
use crate::supply::offer::{Batch, Completion, OfferKind};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

/// Work that batch does not do, or not to its end: it goes on to the next offer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Release {
    /// From this hour on; beyond the horizon's end for work that comes too late for it.
    pub(super) hour: usize,
    pub(super) lane: usize,
    pub(super) arrival: usize,
    /// Share of the hour of arrival.
    pub(super) share: f64,
}

#[derive(Clone, Copy, Debug)]
struct Job {
    /// The hour as which begins it can be handed in.
    ready: usize,
    lane: usize,
    window: usize,
    number: u64,
    /// How many jobs share the window.
    of: u64,
    /// Hours until all of it would be done.
    duration: f64,
}

/// The batch jobs of a pool in one replication; the same whatever units are bought.
#[derive(Clone, Debug)]
pub(super) struct Jobs {
    /// The batch offers of the lanes.
    offers: Vec<usize>,
    /// By lane: what names its draws.
    keys: Vec<StreamKey>,
    ready: Vec<Job>,
    /// The bits of when each place for a job becomes free: in the order of numbers, as none is negative.
    places: BinaryHeap<Reverse<u64>>,
    /// In the order of hours.
    pub(super) releases: Vec<Release>,
    pub(super) sums: Vec<Sums>,
    /// By lane.
    pub(super) missed: Vec<Marks>,
    /// By hour: tokens and cost of the jobs handed in.
    pub(super) by_hour: Vec<[f64; 2]>,
}

impl Jobs {
    pub(super) fn new(lanes: &[Lane], supply: &Supply, seed: u64) -> Self {
        let mut offers: Vec<usize> = lanes.iter().filter_map(|lane| lane.batch).collect();
        offers.sort_unstable();
        offers.dedup();
        let hours = if offers.is_empty() { 0 } else { supply.horizon().hours() };
        Self {
            offers,
            keys: lanes.iter().map(|lane| StreamKey::new(seed, Purpose::Batch, &lane.name)).collect(),
            ready: Vec::new(),
            places: BinaryHeap::new(),
            releases: Vec::new(),
            sums: vec![Sums::default(); supply.horizon().months()],
            missed: lanes.iter().map(Lane::marks).collect(),
            by_hour: vec![[0.0; 2]; hours],
        }
    }

    /// Follows every job of one replication.
    pub(super) fn run(&mut self, lanes: &[Lane], supply: &Supply, path: &DemandPath, replication: u64) {
        self.releases.clear();
        self.sums.fill(Sums::default());
        self.missed.iter_mut().for_each(Marks::clear);
        self.by_hour.fill([0.0; 2]);
        for index in 0..self.offers.len() {
            let offer = self.offers[index];
            let OfferKind::Batch(batch) = &supply.offers[offer].kind else { continue };
            self.ready.clear();
            for (number, lane) in lanes.iter().enumerate().filter(|(_, lane)| lane.batch == Some(offer)) {
                self.gather((number, lane), batch, supply, path, replication);
            }
            if let Some(completion) = &batch.completion {
                self.hand_in(lanes, (batch, completion), supply, path);
            }
        }
        self.releases.sort_by_key(|release| (release.hour, release.lane, release.arrival));
    }

    /// Looks through the windows of a lane: jobs to be handed in, or work that goes on to the next offer.
    fn gather(&mut self, (number, lane): (usize, &Lane), batch: &Batch, supply: &Supply, path: &DemandPath, replication: u64) {
        let hours = supply.horizon().hours();
        for window in 0..hours.div_ceil(batch.window) {
            let range = window * batch.window..((window + 1) * batch.window).min(hours);
            let mut arrivals = range.clone().filter(|&hour| lane.arriving(path, hour).0.total() > 0.0);
            let Some(first) = arrivals.next() else { continue };
            let ready = arrivals.next_back().map_or(first, |last| last + 1);
            let records = lane.share * path.workloads[lane.workload].requests[range.clone()].iter().sum::<f64>();
            match (&batch.completion, batch.takes(records)) {
                (None, true) => self.take_at_once(lane, batch, range, supply, path),
                (Some(completion), true) => {
                    let mut stream = self.keys[number].hour(replication, window as u32);
                    let of = batch.jobs(records);
                    let job = |job| Job { ready, lane: number, window, number: job, of, duration: completion.draw(&mut stream) };
                    self.ready.extend((0..of).map(job));
                }
                (completion, false) if !lane.steps.is_empty() => {
                    let late = completion.is_some();
                    let release = |arrival| Release { hour: if late { ready } else { arrival }, lane: number, arrival, share: 1.0 };
                    let arrivals = range.filter(|&hour| lane.arriving(path, hour).0.total() > 0.0);
                    self.releases.extend(arrivals.map(release));
                }
                // Without a route beyond, it was throttled as it arrived, and what nobody does is done by no deadline.
                (_, false) => {
                    let arrivals = range.filter(|&hour| lane.arriving(path, hour).0.total() > 0.0);
                    arrivals.for_each(|hour| lane.miss(hour, &mut self.missed[number]));
                }
            }
        }
    }

    /// A window of an offer that says nothing of how long its jobs take: done in time and paid as it arrives.
    fn take_at_once(&mut self, lane: &Lane, batch: &Batch, range: Range<usize>, supply: &Supply, path: &DemandPath) {
        for hour in range {
            let tokens = lane.arriving(path, hour).0;
            let (count, cost) = (tokens.total(), tokens.dot(&batch.price.per_token));
            let sums = &mut self.sums[supply.horizon().month_of(hour)];
            sums.served(Fate::InTime, By::Batch, count);
            sums.cost_batch += cost;
            self.by_hour[hour][0] += count;
            self.by_hour[hour][1] += cost;
        }
    }

    /// Hands in the jobs of one offer in the order in which they are ready.
    fn hand_in(&mut self, lanes: &[Lane], (batch, completion): (&Batch, &Completion), supply: &Supply, path: &DemandPath) {
        self.ready.sort_unstable_by_key(|job| (job.ready, job.lane, job.window, job.number));
        self.places.clear();
        let limit = completion.in_flight.and_then(|limit| usize::try_from(limit).ok());
        for index in 0..self.ready.len() {
            let job = self.ready[index];
            let mut start = job.ready as f64;
            if let Some(limit) = limit {
                if self.places.len() >= limit
                    && let Some(Reverse(free)) = self.places.pop()
                {
                    start = start.max(f64::from_bits(free));
                }
                self.places.push(Reverse((start + job.duration.min(completion.expiry)).to_bits()));
            }
            self.follow(&job, start, lanes, (batch, completion), supply, path);
        }
    }

    /// One job from its hand-in to its end.
    fn follow(
        &mut self,
        job: &Job,
        start: f64,
        lanes: &[Lane],
        (batch, completion): (&Batch, &Completion),
        supply: &Supply,
        path: &DemandPath,
    ) {
        let horizon = supply.horizon();
        let lane = &lanes[job.lane];
        let done = if job.duration > completion.expiry { completion.expiry / job.duration } else { 1.0 };
        let end = start + job.duration.min(completion.expiry);
        let part = 1.0 / job.of as f64;
        let shown = (start as usize).min(horizon.hours() - 1);
        let hours = job.window * batch.window..((job.window + 1) * batch.window).min(horizon.hours());
        for arrival in hours {
            let (tokens, requests) = lane.arriving(path, arrival);
            if !(tokens.total() > 0.0) {
                continue;
            }
            let (count, cost) = (done * part * tokens.total(), done * part * tokens.dot(&batch.price.per_token));
            let fate = lane.fate(arrival, end);
            let sums = &mut self.sums[horizon.month_of(arrival)];
            sums.served(fate, By::Batch, count);
            sums.missed(fate, count, done * part * requests);
            let rest = (1.0 - done) * part;
            if rest > 0.0 && lane.steps.is_empty() {
                sums.missed(Fate::Late, rest * tokens.total(), rest * requests);
            } else if rest > 0.0 {
                self.releases.push(Release { hour: end.ceil() as usize, lane: job.lane, arrival, share: rest });
            }
            if fate != Fate::InTime || (rest > 0.0 && lane.steps.is_empty()) {
                lane.miss(arrival, &mut self.missed[job.lane]);
            }
            self.sums[horizon.month_of(shown)].cost_batch += cost;
            self.by_hour[shown][0] += count;
            self.by_hour[shown][1] += cost;
        }
    }
}

#[cfg(test)]
mod tests;
