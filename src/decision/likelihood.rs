//! How likely a change is that would flip the answer: the share of the run's futures in which its quantity lies as far from what is stated.
//!
//! Only what the scenario draws has a law; what it states is held certain, and nothing is told of it. By lever:
//!
//! - traffic: tokens over the horizon, over their mean over the futures;
//! - growth: the slope of the drawn level's path above the stated mean's ([`Trend`](crate::demand::Trend));
//! - what a unit serves: its draw over the middle of its range, the mean over the units of the plan, or of the one that wins if it buys none;
//! - on-demand prices: their mean over the horizon in a future, with the cuts that come in it, over the mean of that over the futures. Hours and
//!   offers weigh as much as the mean tokens of the workloads that either plan sends there cost at stated prices;
//! - prices of units and the cached share: certain in every scenario, as cuts leave what is committed to alone, and requests are made of stated
//!   shares.

use super::flip::FlipPoint;
use super::lever::Lever;
use crate::scenario::Scenario;
use crate::statistics::{CONFIDENCE, Moments, Proportion};
use crate::supply::OfferKind;
use crate::tally::{Metric, Outcome, Row, Span};

/// How likely a change is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Likelihood {
    /// How many of the futures have a quantity that lies as far, or farther.
    Futures {
        /// Their share, at the change that is told.
        share: Proportion,
        /// The 95 % intervals of the shares at the ends between which the change lies, from the lowest to the highest; of the share itself where these
        /// are not known.
        between: (f64, f64),
    },
    /// The scenario holds the quantity certain, and so tells nothing of how likely another one is.
    Certain,
}

/// The futures of a run.
#[derive(Clone, Copy)]
pub(super) struct Futures<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) outcome: &'a Outcome,
    pub(super) seed: u64,
}

impl Futures<'_> {
    /// How likely a lever lies at a flip point or beyond; `plan` is the one that is ahead without the change.
    pub(super) fn likelihood(&self, lever: Lever, upwards: bool, point: &FlipPoint, plan: usize) -> Likelihood {
        let changes = match lever {
            Lever::Traffic => self.traffic(),
            Lever::Growth => self.growth(),
            Lever::UnitThroughput => self.throughput(plan).or_else(|| self.throughput(point.plan?)),
            Lever::OnDemandPrice => self.on_demand_prices(plan, point.plan),
            Lever::UnitPrice | Lever::CacheShare => None,
        };
        let Some(changes) = changes else { return Likelihood::Certain };
        let beyond = |at: f64| {
            let lies_there = |change: f64| f64::from(u8::from(if upwards { change >= at } else { change <= at }));
            Proportion::sampled(&changes, self.scenario.sampling, lies_there)
        };
        let share = beyond(point.at);
        let (near, far) = point.between;
        let ends = [point.at, near, far].into_iter().filter(|at| at.is_finite()).filter_map(|at| beyond(at).interval(CONFIDENCE));
        let between = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((0.0, 1.0));
        Likelihood::Futures { share, between }
    }

    fn count(&self) -> u64 {
        self.outcome.replications() as u64
    }

    fn traffic(&self) -> Option<Vec<f64>> {
        let scenario = self.scenario;
        let tokens = self.outcome.column(scenario, scenario.baseline, Row::All, Span::Horizon, Metric::TokensDemand)?;
        // One future does not tell whether others differ from it.
        let varies = tokens.len() == 1 || tokens.windows(2).any(|two| two[0].total_cmp(&two[1]).is_ne());
        varies.then(|| over_mean(tokens))
    }

    fn growth(&self) -> Option<Vec<f64>> {
        let demand = &self.scenario.demand;
        let mut trend = demand.trend()?;
        let generator = demand.sampled(self.seed, self.scenario.sampling);
        Some((0..self.count()).map(|replication| generator.growth_above_stated(&mut trend, replication)).collect())
    }

    fn throughput(&self, plan: usize) -> Option<Vec<f64>> {
        let supply = &self.scenario.supply;
        let mut levels = supply.throughput_levels(self.seed, self.count(), &supply.plans[plan])?;
        levels.iter_mut().for_each(|level| *level -= 1.0);
        Some(levels)
    }

    fn on_demand_prices(&self, plan: usize, other: Option<usize>) -> Option<Vec<f64>> {
        let supply = &self.scenario.supply;
        let mut weights: Vec<(usize, Vec<f64>)> = Vec::new();
        for (index, offer) in supply.offers.iter().enumerate() {
            let OfferKind::OnDemand(on_demand) = &offer.kind else { continue };
            let sends = |plan: usize, workload: usize| {
                let groups = supply.plans[plan].pools.iter().map(|choice| &supply.groups[choice.group]);
                groups.flat_map(|group| &group.members).any(|member| member.workload == workload && member.route.contains(&index))
            };
            let mut weight = vec![0.0; self.scenario.horizon.hours()];
            for workload in 0..self.scenario.demand.workloads.len() {
                if sends(plan, workload) || other.is_some_and(|other| sends(other, workload)) {
                    self.add_cost(workload, &on_demand.price.per_token, &mut weight);
                }
            }
            weights.push((index, weight));
        }
        Some(over_mean(supply.price_levels(self.seed, self.count(), &weights)?))
    }

    /// Adds what a workload's mean tokens cost at these prices, by hour.
    fn add_cost(&self, workload: usize, price: &crate::units::ByClass, costs: &mut [f64]) {
        let (demand, horizon) = (&self.scenario.demand, &self.scenario.horizon);
        let mean = demand.workloads[workload].mean_tokens();
        for month in 0..horizon.months() {
            let tokens = demand.expected_tokens(workload, month);
            let a_token = if tokens.total() > 0.0 { tokens.dot(price) / tokens.total() } else { 0.0 };
            horizon.month_range(month).for_each(|hour| costs[hour] += a_token * mean[hour]);
        }
    }
}

/// By how much each lies above the mean of all, as a share of it.
fn over_mean(mut samples: Vec<f64>) -> Vec<f64> {
    let mean = Moments::from_slice(&samples).mean();
    samples.iter_mut().for_each(|x| *x = *x / mean - 1.0);
    samples
}
