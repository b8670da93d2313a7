//! The figures that a vendor's form for a higher quota asks for.
//!
//! AWS asks for Bedrock (community.aws/content/2sriOc6gRp9WJFGFYL9f9GweZOq, "managing service quotas and throughput", of 2025-04-01, and what
//! its support answered in github.com/RooCodeInc/Roo-Code/issues/3000): steady (p50) and peak (p90) tokens and requests per minute, mean
//! input and output tokens a request, the share of requests with more than 25 000 input tokens, and projected growth. Here
//!
//! - **steady** is what half of a month's minutes stay below;
//! - **peak** is what all but a share of a month's minutes stay below, one in a thousand unless `[report] peak_percentile` says otherwise: at
//!   AWS's p90 a quota would be exceeded in seventy hours of a month;
//! - both are of a month of a future, and the **percentile** asked for is over futures, month by month.
//!
//! Minutes are those of the law of the minute, hour by hour (see `supply/gauge.rs`), of what reaches the quota before it is applied. They
//! are told as the quota counts (weights, and what requests hold for their `max_tokens`), as tokens of all classes, and as requests.

mod gather;
mod waits;

use super::budget::Percentile;
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::{Engine, Run, RunSpec};
use crate::statistics::{ClusterProportion, Estimate, Sampling, Stream, section_error};
use crate::supply::PoolGroup;
use crate::units::ByClass;
use gather::{Gathered, Month, WAYS, WEEK, gather, quota_of};
use std::collections::BTreeSet;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct QuotaWish {
    /// The share of the futures that a month's figures should hold in, in (0, 1).
    pub percentile: f64,
    /// How much more traffic there is than the scenario says, as a share, > −1.
    pub growth: f64,
    /// Input tokens that few requests should exceed.
    pub long_prompt: f64,
    /// Whether hours of the week are told.
    pub by_hour: bool,
}

/// A rate per minute, over futures.
#[derive(Clone, Copy, Debug)]
pub struct RateFigure {
    /// Its mean.
    pub mean: Estimate,
    /// Its 50th, 95th and 99th percentile, and the one asked for.
    pub percentiles: [Percentile; 4],
    /// The largest of all futures.
    pub largest: f64,
}

impl RateFigure {
    /// The percentile asked for; `None` where the futures are too few for it, which then know no more than the largest of them.
    #[must_use]
    pub fn held(&self) -> Option<Percentile> {
        Some(self.percentiles[3]).filter(|held| held.interval.is_some())
    }

    /// The percentile asked for, or what is known instead.
    #[must_use]
    pub fn known(&self) -> f64 {
        self.held().map_or(self.largest, |held| held.point)
    }
}

/// A month at one quota.
#[derive(Clone, Debug)]
pub struct QuotaMonth {
    /// As the files call it.
    pub label: String,
    /// What half of its minutes stay below: as the quota counts, as tokens of all classes, as requests.
    pub steady: [RateFigure; WAYS],
    /// What all but the peak's share of them do.
    pub peak: [RateFigure; WAYS],
    /// At what steady rate beside all of that, as the quota counts, the work that waits for it would be done in time; `None` where none waits, or
    /// where it is not this quota's alone. That of a stretch of hours over a month's end is of the month in which it ends.
    pub waiting: Option<RateFigure>,
    /// Share of its minutes above the quota of tokens and above that of requests, where there is one.
    pub over: [Option<Estimate>; 2],
}

/// What is seen in one hour of the week.
#[derive(Clone, Copy, Debug)]
pub struct QuotaHour {
    /// Hour of the week, from Monday's first.
    pub hour_of_week: usize,
    /// Mean rate per minute over the hours of all futures, as the quota counts and as requests, with its error.
    pub mean: [Estimate; 2],
    /// 50th, 95th and 99th percentile of those hours' mean rates, with their errors.
    pub percentiles: [[Estimate; 3]; 2],
}

/// A quota of tokens or of requests as it is now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuotaNow {
    /// Per minute, whoever takes it.
    pub rate: f64,
    /// What traffic that is not in the scenario takes of it.
    pub others: f64,
}

/// One quota, or all together.
#[derive(Clone, Debug)]
pub struct QuotaFigures {
    /// The offer whose quota it is; nothing for all together.
    pub offer: Option<String>,
    /// The pool that draws on it.
    pub pool: String,
    /// Workloads whose work waits for what is left of it, which is not among its minutes.
    pub waiting: Vec<String>,
    /// Tokens and requests, where they are limited now.
    pub now: [Option<QuotaNow>; 2],
    /// Whether it counts something else than tokens of all classes.
    pub weighted: bool,
    /// Whether its requests are known; otherwise each token counts as one, and figures of requests say nothing.
    pub has_requests: bool,
    /// Month by month.
    pub months: Vec<QuotaMonth>,
    /// Input (cached tokens included), cached input and output, per request over the horizon.
    pub per_request: [Estimate; 3],
    /// Share of the requests with more input than asked about; `None` where sizes are not known.
    pub long: Option<f64>,
    /// Share of all months in which the minutes above the quota of tokens, or of requests, are more than the peak leaves.
    pub exceeded: [Option<ClusterProportion>; 2],
    /// By hour of the week, where it was asked for.
    pub hours: Vec<QuotaHour>,
}

impl QuotaFigures {
    /// The month in which a figure, at the percentile asked for, is the largest; the first of equals.
    pub fn largest(&self, figure: impl Fn(&QuotaMonth) -> RateFigure) -> Option<&QuotaMonth> {
        self.months.iter().rev().max_by(|a, b| figure(a).known().total_cmp(&figure(b).known()))
    }

    /// What to ask for, per minute: the largest month's peak at the percentile asked for, and what others take, rounded up to two digits;
    /// `None` where nothing comes or the futures are too few, and for requests where they are not known.
    #[must_use]
    pub fn ask(&self, requests: bool) -> Option<f64> {
        self.peak(requests)?.held().and_then(|held| self.rounded(held.point, requests))
    }

    /// The month in which the work that waits takes most, and at what steady rate beside all else it would be done in time then: what is held or
    /// the largest seen, rounded up to two digits. `None` where no rate is told.
    #[must_use]
    pub fn beside(&self) -> Option<(&QuotaMonth, f64)> {
        let rates = self.months.iter().rev().filter_map(|month| Some((month, month.waiting?.known())));
        let (month, rate) = rates.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, rate)| *rate > 0.0)?;
        Some((month, two_digits_up(rate)))
    }

    /// What [`Self::ask`] would be of the largest of all futures, however few they are.
    #[must_use]
    pub fn most_seen(&self, requests: bool) -> Option<f64> {
        self.rounded(self.peak(requests)?.largest, requests)
    }

    /// The largest month's peak.
    fn peak(&self, requests: bool) -> Option<RateFigure> {
        let way = if requests { 2 } else { 0 };
        let month = self.largest(|month| month.peak[way]).filter(|_| !requests || self.has_requests)?;
        Some(month.peak[way])
    }

    /// Nothing where nothing comes.
    fn rounded(&self, needed: f64, requests: bool) -> Option<f64> {
        let others = self.now[usize::from(requests)].map_or(0.0, |now| now.others);
        (needed > 0.0).then(|| two_digits_up(needed + others))
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub struct QuotaAnswer {
    /// Each quota, and all together where there are several.
    pub quotas: Vec<QuotaFigures>,
    /// The share of a month's minutes above its peak.
    pub peak_share: f64,
    /// Futures seen.
    pub replications: u64,
    /// So many the percentile asked for takes at the least, where more are needed than were seen.
    pub replications_needed: Option<u64>,
    /// Whether some work waits for what is left of a quota, comes back after it was refused, or goes to batch: which then is not in here.
    pub aside: [bool; 3],
}

/// Looks at what reaches the quotas of one plan.
///
/// # Errors
/// [`ErrorKind::Interrupted`](crate::error::ErrorKind::Interrupted) when stopped; as [`run`](crate::simulation::run).
///
/// # Panics
/// When there is no such plan.
pub fn quota(scenario: &Scenario, plan: usize, wish: QuotaWish, spec: &RunSpec<'_>) -> Result<Run<QuotaAnswer>> {
    let alone = scenario.only(plan);
    let alone = if wish.growth == 0.0 { alone } else { alone.with_demand(alone.demand.scaled(1.0 + wish.growth)) };
    let peak_share = alone.supply.peak_share().unwrap_or(0.001);
    let gathered = gather(&alone, peak_share, wish.by_hour, spec)?;
    let mut quotas: Vec<QuotaFigures> =
        (0..gathered.metered.len()).map(|quota| of_quota(&alone, &gathered, quota, peak_share, wish)).collect();
    if quotas.len() > 1 {
        quotas.push(of_all(&alone, &gathered, wish));
    }
    let retries = alone.supply.groups.iter().any(|group| group.members.iter().any(|m| alone.supply.workloads[m.workload].retry.is_some()));
    let batch = alone.supply.groups.iter().any(PoolGroup::tries_batch);
    let replications = gathered.replications as u64;
    let replications_needed = alone.sampling.fewest_for_quantile(wish.percentile).filter(|needed| *needed > replications);
    let answer = QuotaAnswer { quotas, peak_share, replications, replications_needed, aside: [alone.supply.waits(), retries, batch] };
    let engine = Engine::Reference(None);
    Ok(Run { summary: answer, replications, asked: replications, seed: spec.seed.unwrap_or(scenario.seed), engine })
}

fn of_quota(scenario: &Scenario, gathered: &Gathered, quota: usize, peak_share: f64, wish: QuotaWish) -> QuotaFigures {
    let (supply, horizon, metered) = (&scenario.supply, &scenario.horizon, gathered.metered[quota]);
    let limit = quota_of(supply, metered.offer);
    let group = &supply.groups[metered.group];
    let columns: Vec<Vec<Month>> = (0..horizon.months()).map(|month| gathered.months(quota, month).copied().collect()).collect();
    let of_tokens = limit.map(|quota| QuotaNow { rate: (quota.per_hour + quota.others) / 60.0, others: quota.others / 60.0 });
    let of_requests = limit.and_then(|quota| quota.requests).map(|limit| QuotaNow { rate: limit.per_hour / 60.0, others: 0.0 });
    let now = [of_tokens, of_requests];
    let exceeded = [0, 1].map(|way| {
        now[way].map(|_| {
            let mut shares = ClusterProportion::sampled(scenario.sampling);
            for future in 0..gathered.replications {
                let over = columns.iter().filter(|month| month[future].over[way] > peak_share);
                shares.add(over.count() as u64, columns.len() as u64);
            }
            shares
        })
    });
    QuotaFigures {
        offer: Some(supply.offers[metered.offer].name.clone()),
        pool: group.name.clone(),
        waiting: waiting(scenario, group, metered.offer),
        now,
        has_requests: entering(group).into_iter().all(|workload| supply.workloads[workload].has_requests),
        weighted: limit.is_some_and(|quota| quota.weights != ByClass::ONE || quota.metering.hold.is_some()),
        months: months(scenario, &columns, wish),
        per_request: per_request(scenario.sampling, &columns),
        long: scenario.demand.prompts_longer(&entering(group), wish.long_prompt),
        exceeded,
        hours: (0..WEEK).filter_map(|hour| of_hour(gathered, quota, hour)).collect(),
    }
}

/// All quotas together, as if their minutes fell together.
fn of_all(scenario: &Scenario, gathered: &Gathered, wish: QuotaWish) -> QuotaFigures {
    let columns: Vec<Vec<Month>> = (0..scenario.horizon.months())
        .map(|month| {
            let mut all = vec![Month::default(); gathered.replications];
            for quota in 0..gathered.metered.len() {
                all.iter_mut().zip(gathered.months(quota, month)).for_each(|(sum, month)| sum.beside(month));
            }
            all
        })
        .collect();
    let workloads: BTreeSet<usize> = gathered.metered.iter().flat_map(|metered| entering(&scenario.supply.groups[metered.group])).collect();
    QuotaFigures {
        offer: None,
        pool: String::new(),
        waiting: Vec::new(),
        now: [None; 2],
        has_requests: workloads.iter().all(|&workload| scenario.supply.workloads[workload].has_requests),
        weighted: false,
        months: months(scenario, &columns, wish),
        per_request: per_request(scenario.sampling, &columns),
        long: scenario.demand.prompts_longer(&workloads.into_iter().collect::<Vec<_>>(), wish.long_prompt),
        exceeded: [None; 2],
        hours: Vec::new(),
    }
}

/// The workloads of a pool whose work waits for an offer.
fn waiting(scenario: &Scenario, group: &PoolGroup, offer: usize) -> Vec<String> {
    let waits = group.members.iter().filter(|member| member.waits.is_some() && member.route.contains(&offer));
    waits.map(|member| scenario.demand.workloads[member.workload].name.clone()).collect()
}

/// The workloads of a pool some of whose work neither waits nor is in batch alone.
fn entering(group: &PoolGroup) -> Vec<usize> {
    group.entries.iter().map(|entry| entry.workload).collect::<BTreeSet<_>>().into_iter().collect()
}

fn months(scenario: &Scenario, columns: &[Vec<Month>], wish: QuotaWish) -> Vec<QuotaMonth> {
    let mean = |samples: &[f64]| scenario.sampling.mean(samples);
    let of_month = |(month, column): (usize, &Vec<Month>)| {
        let rate = |pick: &dyn Fn(&Month) -> f64| {
            let samples: Vec<f64> = column.iter().map(pick).collect();
            let percentiles = [0.5, 0.95, 0.99, wish.percentile].map(|p| Percentile::of(&samples, p, scenario.sampling));
            RateFigure { mean: mean(&samples), percentiles, largest: samples.iter().copied().fold(f64::NAN, f64::max) }
        };
        let steady = [0, 1, 2].map(|way| rate(&|month| month.steady[way]));
        let peak = [0, 1, 2].map(|way| rate(&|month| month.peak[way]));
        let over = [0, 1].map(|way| Some(mean(&column.iter().map(|month| month.over[way]).collect::<Vec<_>>())).filter(|over| over.n > 0));
        let waiting = column.first().filter(|month| month.waiting.is_finite()).map(|_| rate(&|month| month.waiting));
        QuotaMonth { label: scenario.horizon.month_label(month), steady, peak, waiting, over }
    };
    columns.iter().enumerate().map(of_month).collect()
}

/// Means over all requests of the futures: ratios of sums, with the error of their residuals (the delta method).
fn per_request(sampling: Sampling, columns: &[Vec<Month>]) -> [Estimate; 3] {
    let futures = columns.first().map_or(0, Vec::len);
    let sum = |future: usize, pick: fn(&Month) -> f64| columns.iter().map(|month| pick(&month[future])).sum::<f64>();
    let requests: Vec<f64> = (0..futures).map(|future| sum(future, |month| month.requests)).collect();
    let total: f64 = requests.iter().sum();
    let picks: [fn(&Month) -> f64; 3] =
        [|month| month.tokens.total() - month.tokens.output, |month| month.tokens.cache_read, |month| month.tokens.output];
    picks.map(|pick| {
        let tokens: Vec<f64> = (0..futures).map(|future| sum(future, pick)).collect();
        let point = tokens.iter().sum::<f64>() / total;
        let residuals: Vec<f64> = tokens.iter().zip(&requests).map(|(tokens, requests)| tokens - point * requests).collect();
        let mean = sampling.mean(&residuals);
        // Where all requests are alike, what is left is rounding.
        let error =
            mean.standard_error.map(|error| error * futures as f64 / total).map(|error| if error < 1e-12 * point { 0.0 } else { error });
        Estimate { point, standard_error: error, n: mean.n }
    })
}

/// Of futures by sections: hours of one future hang together.
fn of_hour(gathered: &Gathered, quota: usize, hour_of_week: usize) -> Option<QuotaHour> {
    let way = |requests: bool| {
        let (all, sections) = gathered.hours(quota, hour_of_week, requests)?;
        let figures = |stream: &Stream| stream.distribution().map(|d| [d.mean, d.p50, d.p95, d.p99]);
        let whole = figures(&all)?;
        let by_section: Vec<[f64; 4]> = sections.into_iter().filter_map(figures).collect();
        let error = |figure: usize| section_error(gathered.replications, |number| by_section.get(number).map_or(f64::NAN, |of| of[figure]));
        let estimate = |figure: usize| Estimate { point: whole[figure], standard_error: error(figure), n: by_section.len() as u64 };
        Some((estimate(0), [1, 2, 3].map(estimate)))
    };
    let (tokens, requests) = (way(false)?, way(true)?);
    Some(QuotaHour { hour_of_week, mean: [tokens.0, requests.0], percentiles: [tokens.1, requests.1] })
}

/// Rounded up to two significant digits.
fn two_digits_up(value: f64) -> f64 {
    let place = libm::pow(10.0, libm::log10(value).floor() - 1.0);
    // A hair less, so that what is round already stays.
    let digits = (value / place - 1e-6).ceil();
    format!("{:.1e}", digits * place).parse().unwrap_or(value)
}
