//! Draws futures and gathers what reaches each quota: by month what its minutes come to, and, where it is asked for, by hour of the week.

use super::waits::Waiting;
use crate::demand::{DemandPath, DemandScratch};
use crate::error::{ErrorKind, Result};
use crate::scenario::Scenario;
use crate::simulation::{RunSpec, draw, ordered_map};
use crate::statistics::{SCRAMBLES, Stream};
use crate::supply::{Flow, Gauge, Metered, MinuteLaw, OfferKind, Quota, Reach, Supply};
use crate::units::ByClass;
use std::sync::atomic::{AtomicU64, Ordering};

/// Hours of a week.
pub(super) const WEEK: usize = 168;

/// Ways of counting: as the quota does, as tokens of all classes, as requests.
pub(super) const WAYS: usize = 3;

/// What a month of a future comes to at one quota.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Month {
    /// By way of counting: what half of the minutes stay below, and what all but the peak's share of them do.
    pub(super) steady: [f64; WAYS],
    pub(super) peak: [f64; WAYS],
    /// Shares of the minutes above the quota of tokens and above that of requests; not a number without one.
    pub(super) over: [f64; 2],
    /// The rate per minute, as the quota counts, at which the work that waits for it would be done in time; not a number where that is not known.
    pub(super) waiting: f64,
    /// What came.
    pub(super) tokens: ByClass,
    pub(super) requests: f64,
}

impl Month {
    /// As if the minutes of both fell together.
    pub(super) fn beside(&mut self, other: &Self) {
        let sum = |a: &mut [f64; WAYS], b: &[f64; WAYS]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        sum(&mut self.steady, &other.steady);
        sum(&mut self.peak, &other.peak);
        self.over = [f64::NAN; 2];
        self.waiting = f64::NAN;
        self.tokens += other.tokens;
        self.requests += other.requests;
    }
}

/// Futures of one section.
struct Section {
    /// Future by future, quota by quota, month by month.
    months: Vec<Month>,
    hours: Vec<Stream>,
}

/// All futures.
pub(super) struct Gathered {
    pub(super) metered: Vec<Metered>,
    pub(super) replications: usize,
    months: usize,
    /// Future by future, quota by quota, month by month.
    all: Vec<Month>,
    /// By section, quota, hour of the week and way of counting (as the quota does, or requests): rates per minute of those hours of all
    /// futures of the section; empty where it was not asked for.
    hours: Vec<Vec<Stream>>,
}

impl Gathered {
    /// The months of one number, of one quota, future by future.
    pub(super) fn months(&self, quota: usize, month: usize) -> impl Iterator<Item = &Month> {
        let futures = self.all.chunks_exact((self.metered.len() * self.months).max(1));
        futures.map(move |future| &future[quota * self.months + month])
    }

    /// Rates in the hours of one number of the week: of all futures, and of each section.
    pub(super) fn hours(&self, quota: usize, hour_of_week: usize, requests: bool) -> Option<(Stream, Vec<&Stream>)> {
        let at = (quota * WEEK + hour_of_week) * 2 + usize::from(requests);
        let sections = self.hours.iter().map(|section| section.get(at)).collect::<Option<Vec<_>>>()?;
        let (first, rest) = sections.split_first()?;
        let mut all = (*first).clone();
        rest.iter().for_each(|section| all.merge(section));
        Some((all, sections))
    }
}

/// The quota of an on-demand offer.
pub(super) fn quota_of(supply: &Supply, offer: usize) -> Option<&Quota> {
    match &supply.offers[offer].kind {
        OfferKind::OnDemand(offer) => offer.quota.as_ref(),
        _ => None,
    }
}

/// Draws the futures of a scenario with one plan.
pub(super) fn gather(scenario: &Scenario, peak_share: f64, by_hour: bool, spec: &RunSpec<'_>) -> Result<Gathered> {
    let replications = spec.replications.unwrap_or(scenario.replications);
    let sections: Vec<u64> = (0..SCRAMBLES as u64).collect();
    let done = AtomicU64::new(0);
    let metered = scenario.supply.metered();
    let work = Work { scenario, metered: &metered, peak_share, by_hour, seed: spec.seed.unwrap_or(scenario.seed) };
    let parts = ordered_map(spec.threads, &sections, |&first| {
        work.section((first..replications).step_by(SCRAMBLES), || {
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if let Some(progress) = spec.progress {
                progress(done);
            }
            !spec.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
        })
    })?;
    let parts = parts.into_iter().collect::<Option<Vec<_>>>().ok_or(ErrorKind::Interrupted)?;
    let width = metered.len() * scenario.horizon.months();
    let mut all = vec![Month::default(); replications as usize * width];
    let mut hours = Vec::new();
    for (first, part) in parts.into_iter().enumerate() {
        for (number, future) in part.months.chunks_exact(width.max(1)).enumerate() {
            all[(first + number * SCRAMBLES) * width..][..width].copy_from_slice(future);
        }
        hours.push(part.hours);
    }
    Ok(Gathered { metered, replications: replications as usize, months: scenario.horizon.months(), all, hours })
}

struct Work<'a> {
    scenario: &'a Scenario,
    metered: &'a [Metered],
    peak_share: f64,
    by_hour: bool,
    seed: u64,
}

impl Work<'_> {
    /// Some futures; `None` once `goes_on` says so.
    fn section(&self, futures: impl Iterator<Item = u64>, goes_on: impl Fn() -> bool) -> Option<Section> {
        let Scenario { demand, supply, horizon, sampling, .. } = self.scenario;
        let generator = demand.sampled(self.seed, *sampling);
        let mut dispatcher = supply.dispatcher(self.seed);
        let (mut path, mut scratch) = (DemandPath::new(demand.workloads.len(), horizon.hours()), DemandScratch::default());
        let mut quotas: Vec<OneQuota<'_>> = self.metered.iter().map(|metered| OneQuota::new(self, metered)).collect();
        let mut section = Section { months: Vec::new(), hours: Vec::new() };
        let streams = if self.by_hour { self.metered.len() * WEEK * 2 } else { 0 };
        section.hours.resize_with(streams, Stream::default);
        // What the future at hand has in each hour of the week.
        let mut of_week: Vec<Vec<f64>> = vec![Vec::new(); streams];
        for future in futures {
            draw(&generator, future, &mut path, &mut scratch);
            dispatcher.reach(future, &path, |quota, hour, reach| {
                quotas[quota].hour(reach, horizon.month_range(horizon.month_of(hour)).len());
                if self.by_hour {
                    let at = (quota * WEEK + usize::from(horizon.hour_of_week(hour))) * 2;
                    of_week[at].push(quotas[quota].mean(&reach.flows[0]));
                    of_week[at + 1].push(reach.requests / 60.0);
                }
            });
            for (stream, rates) in section.hours.iter_mut().zip(&mut of_week) {
                stream.add(rates);
                rates.clear();
            }
            for quota in &mut quotas {
                quota.wait(self.scenario, &path);
                section.months.append(&mut quota.months);
            }
            if !goes_on() {
                return None;
            }
        }
        Some(section)
    }
}

/// One quota, month after month of one future.
struct OneQuota<'a> {
    law: &'a MinuteLaw,
    gauges: [Gauge<'a>; WAYS],
    /// Whether the quota counts tokens of all classes alike and nothing else.
    plain: bool,
    /// What the quota leaves, per minute: tokens and requests.
    limits: [Option<f64>; 2],
    peak_share: f64,
    waiting: Option<Waiting>,
    /// Hours of the month seen, and what came in them.
    seen: usize,
    month: Month,
    months: Vec<Month>,
}

impl<'a> OneQuota<'a> {
    fn new(work: &Work<'a>, metered: &Metered) -> Self {
        let supply = &work.scenario.supply;
        let law: &MinuteLaw = &supply.groups[metered.group].law;
        let quota = quota_of(supply, metered.offer);
        let plain = quota.is_none_or(|quota| quota.weights == ByClass::ONE && quota.metering.hold.is_none());
        let limits = [quota.map(|quota| quota.per_hour / 60.0), quota.and_then(|quota| quota.requests).map(|limit| limit.per_hour / 60.0)];
        let gauges = [(); WAYS].map(|()| Gauge::new(law));
        let waiting = Waiting::of(work.scenario, metered, quota);
        Self { law, gauges, plain, limits, peak_share: work.peak_share, waiting, seen: 0, month: Month::default(), months: Vec::new() }
    }

    /// Takes an hour of a month of so many.
    fn hour(&mut self, reach: &Reach, hours: usize) {
        self.gauges.iter_mut().zip(&reach.flows).for_each(|(gauge, flow)| gauge.add(flow));
        self.month.tokens += reach.tokens;
        self.month.requests += reach.requests;
        self.seen += 1;
        if self.seen == hours {
            self.close(hours as f64);
        }
    }

    fn close(&mut self, hours: f64) {
        let month = &mut self.month;
        for (way, gauge) in self.gauges.iter_mut().enumerate() {
            if way == 1 && self.plain {
                (month.steady[1], month.peak[1]) = (month.steady[0], month.peak[0]);
            } else {
                gauge.close();
                (month.steady[way], month.peak[way]) = (gauge.rate(0.5 * hours), gauge.rate(self.peak_share * hours));
            }
        }
        let over = |way: usize, limit: Option<f64>| limit.map_or(f64::NAN, |limit| self.gauges[way].over(limit) / hours);
        month.over = [over(0, self.limits[0]), over(2, self.limits[1])];
        month.waiting = f64::NAN;
        self.gauges.iter_mut().for_each(Gauge::clear);
        self.seen = 0;
        self.months.push(std::mem::take(&mut self.month));
    }

    /// What the work takes that waits, once all months of a future are there.
    fn wait(&mut self, scenario: &Scenario, path: &DemandPath) {
        let Some(waiting) = &self.waiting else { return };
        let rates = waiting.rates(scenario, &path.workloads);
        self.months.iter_mut().zip(rates).for_each(|(month, rate)| month.waiting = rate);
    }

    /// The mean rate per minute of an hour.
    fn mean(&self, flow: &Flow) -> f64 {
        let row = self.law.at(flow.variance);
        let beyond = |kink: f64| if kink > 0.0 { row.overflow(kink) } else { 1.0 - kink };
        flow.terms.iter().map(|&(slope, kink)| slope * beyond(kink)).sum()
    }
}
