//! Token demand: what the workloads ask for, hour by hour, in one possible future.
//!
//! Specs stand beside the models that they become. [`Demand::resolve`] checks them and builds the models, [`Demand::generator`] hashes the
//! streams of a seed, and [`DemandGenerator::generate`] writes one replication's [`DemandPath`].

#![allow(clippy::neg_cmp_op_on_partial_ord, reason = "preconditions are written so that NaN fails them")]
#![allow(clippy::option_option, reason = "the outer one is whether a problem was told, the inner one what the file says")]

mod blocks;
mod cache;
mod chance;
mod check;
mod events;
mod factor;
mod generate;
mod growth;
mod kind;
mod known;
mod lanes;
mod level;
mod long;
mod marginal;
mod minute;
mod monthly;
mod noise;
mod on_off;
mod path;
mod plain;
mod requests;
mod resolve;
mod retry;
mod shape;
mod size;
mod slip;
mod source;
mod sourced;
mod spikes;
mod spread;
mod steer;
mod still;
#[cfg(test)]
mod testing;
#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests;
mod tilt;
mod tokens;
mod totals;
mod trace;
mod trend;
mod usage;
mod walk;
mod workload;

pub use blocks::{DayBlocks, DayMatch, MEAN_BLOCK_DAYS, NoSuchDay, WalkDefaults};
pub use events::EventSpec;
pub use factor::FactorSpec;
pub use generate::{DemandGenerator, DemandScratch};
pub use growth::GrowthSpec;
pub use kind::Kind;
pub use lanes::{LaneState, LaneWorkload, SplitMix, SteadyMix, TILE, Tile};
pub use level::LevelSpec;
pub use marginal::{MarginalSpec, TableMarginalSpec};
pub use minute::{Margin, MinuteModel, MinuteSpec};
pub use monthly::{MonthTotals, WorkloadTotals};
pub use noise::{NoiseSpec, PartSpec, WhiteSpec};
pub use on_off::OnOffSpec;
pub use path::{DemandPath, WorkloadPath};
pub use plain::PlainSpec;
pub use requests::RequestsSpec;
pub use retry::{Jitter, Retry, RetrySpec};
pub use shape::ShapeSpec;
pub use size::{RequestSizeSpec, SizeLaw};
pub use slip::SlipSpec;
pub use spikes::{SizeSpec, SpikeMean, SpikePath, SpikeTilt, SpikesSpec};
pub use spread::SizeSpread;
pub use still::Varies;
pub use tilt::{Density, Leads, Tilt, Way, WorkloadTilt};
pub use tokens::{DriftSpec, TokensSpec};
pub use trace::{Trace, TraceOptions, read_trace};
pub use trend::Trend;
pub use usage::{COLUMNS, DayRecord, HistoryDay, MIN_DAYS, Missing, Usage, UsageHour, UsageOptions, read_usage};
pub use walk::{Walk, WalkSpec};
pub use workload::{Class, Workload, WorkloadSpec};

use crate::horizon::{HOURS_PER_WEEK, Horizon};
use crate::spec::{Field, Reader, check_name};
use crate::statistics::Sampling;
use crate::units::ByClass;
use events::{Move, Span};
use factor::Factor;
use source::Source;
use std::sync::Arc;

/// The demand of a scenario: every workload's model, and what ties them together. Immutable.
#[derive(Clone, Debug)]
pub struct Demand {
    /// The workloads, in the order of the scenario.
    pub workloads: Vec<Workload>,
    factors: Vec<Factor>,
    moves: Vec<Move>,
    horizon: Arc<Horizon>,
    /// How steered draws of it are moved.
    tilt: Tilt,
}

impl Demand {
    /// Checks the specs and builds the models. Every problem is told to `reader`; `None` only after at least one was.
    pub fn resolve(
        workloads: &[Field<WorkloadSpec>],
        factors: &[Field<FactorSpec>],
        horizon: &Arc<Horizon>,
        reader: &mut Reader,
    ) -> Option<Self> {
        let mut named = resolve::unique(workloads.iter().map(|workload| &workload.name), "workload", reader);
        for workload in workloads {
            named &= check_name(&workload.name, "workload", reader);
        }
        let names: Vec<&str> = workloads.iter().map(|workload| workload.name.value.as_str()).collect();
        let resolved_factors = resolve::factors(factors, reader);
        if factors.is_empty() && workloads.len() > 1 {
            reader.assumed("factor", "none: workloads are independent", "no shared factor was said");
        }
        let context = resolve::Context { names: &names, factors, horizon };
        let resolved: Vec<_> = workloads.iter().enumerate().map(|(index, spec)| Workload::resolve(spec, index, &context, reader)).collect();
        for factor in factors.iter().filter(|factor| {
            !workloads.iter().any(|workload| workload.factors.as_ref().is_some_and(|map| map.get(&factor.name.value).is_some()))
        }) {
            reader.warn(format!("no workload loads on the factor `{}`", factor.name.value));
        }
        let specs = workloads;
        let (workloads, moves): (Vec<_>, Vec<_>) = resolved.into_iter().collect::<Option<Vec<_>>>()?.into_iter().unzip();
        let factors = resolved_factors?;
        if !named {
            return None;
        }
        let mut demand =
            Self { workloads, factors, moves: moves.into_iter().flatten().collect(), horizon: Arc::clone(horizon), tilt: Tilt::default() };
        demand.update_means();
        let mut good = true;
        for (workload, spec) in demand.workloads.iter().zip(specs) {
            if !workload.mean.iter().all(|&mean| mean <= level::LARGEST) {
                let at = spec.growth.as_ref().map_or(&spec.at, |growth| &growth.at);
                reader.refuse(at, "brings an hour's mean above 1e15 tokens", "growth, season and events that stay below it");
                good = false;
            }
        }
        good.then_some(demand)
    }

    /// The horizon.
    #[must_use]
    pub fn horizon(&self) -> &Arc<Horizon> {
        &self.horizon
    }

    /// What draws this demand's paths under a seed. The streams' keys are hashed here, once.
    #[must_use]
    pub fn generator(&self, seed: u64) -> DemandGenerator<'_> {
        self.sampled(seed, Sampling::Plain)
    }

    /// The same, sampled in this way.
    #[must_use]
    pub fn sampled(&self, seed: u64, sampling: Sampling) -> DemandGenerator<'_> {
        DemandGenerator::new(self, seed, sampling)
    }

    /// Mean tokens of a month by class over all replications: level, growth, season, shape, events, the mean of spikes; of recorded days
    /// their mean at the hour and kind of day. All other factors have mean 1.
    ///
    /// # Panics
    /// When there is no such workload or month.
    #[must_use]
    pub fn expected_tokens(&self, workload: usize, month: usize) -> ByClass {
        let workload = &self.workloads[workload];
        let mix = workload.sizes.mix();
        self.horizon.month_range(month).fold(ByClass::ZERO, |sum, hour| {
            let mean = workload.mean[hour];
            let mix = match &workload.source {
                Source::Recorded(recorded) => recorded.mean_mix(hour),
                _ => mix,
            };
            sum + mix * mean
        })
    }

    /// Mean tokens by workload and hour of the week, from Monday 00:00: the mean over the horizon's hours of that kind, 0 of those it lacks.
    #[must_use]
    pub fn mean_week(&self) -> Vec<Vec<ByClass>> {
        let horizon = &self.horizon;
        let mut counts = vec![0.0; HOURS_PER_WEEK];
        horizon.hours_of_week().iter().for_each(|&hour| counts[usize::from(hour)] += 1.0);
        let of_workload = |workload: usize| {
            let mut week = vec![ByClass::ZERO; HOURS_PER_WEEK];
            let mean = &self.workloads[workload].mean;
            for month in 0..horizon.months() {
                let tokens = self.expected_tokens(workload, month);
                let mix = if tokens.total() > 0.0 { tokens * (1.0 / tokens.total()) } else { ByClass::ZERO };
                for hour in horizon.month_range(month) {
                    let place = usize::from(horizon.hour_of_week(hour));
                    week[place] += mix * (mean[hour] / counts[place]);
                }
            }
            week
        };
        (0..self.workloads.len()).map(of_workload).collect()
    }

    /// The same demand with every level multiplied by `factor` (above 0), on the same draws.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        self.with_factors(|_| factor)
    }

    /// The same demand with this much more drift of the logarithm a month, on the same draws; may be negative.
    #[must_use]
    pub fn with_growth(&self, extra_drift: f64) -> Self {
        self.with_factors(|month| libm::exp(extra_drift * (month as f64 + 1.0)))
    }

    fn with_factors(&self, factor: impl Fn(usize) -> f64) -> Self {
        let factors: Vec<f64> = (0..self.horizon.months()).map(factor).collect();
        let mut demand = self.clone();
        for workload in &mut demand.workloads {
            for (hour, base) in workload.base.iter_mut().enumerate() {
                *base *= factors[self.horizon.month_of(hour)];
            }
        }
        demand.update_means();
        demand
    }

    /// Mean tokens of every hour, moves included: moves are linear, so they act on the means as on the draws, and where it is uncertain
    /// whether or when one comes, by its mean, since no two events share a draw.
    fn update_means(&mut self) {
        let hours = self.horizon.hours();
        let mut means: Vec<Vec<f64>> =
            self.workloads.iter().map(|workload| (0..hours).map(|hour| workload.mean_before_moves(hour)).collect()).collect();
        apply_moves(&self.moves, &mut means, |moved| {
            moved.chance.as_ref().map_or(Acts::In(moved.span.clone()), |c| Acts::OnAverage(c.mean()))
        });
        for (workload, mean) in self.workloads.iter_mut().zip(means) {
            workload.mean = mean;
        }
    }
}

/// How far a move has come, hour by hour.
enum Acts<'a> {
    /// In some hours, as its ramp says.
    In(Span),
    /// In every hour by its mean.
    OnAverage(&'a [f64]),
    /// Not at all.
    Never,
}

/// Moves shares of tokens between workloads, one event after the other in the order of the scenario; `acts` says when each does.
fn apply_moves<'m>(moves: &'m [Move], tokens: &mut [Vec<f64>], acts: impl Fn(&'m Move) -> Acts<'m>) {
    for moved in moves {
        let mut shift = |hour: usize, weight: f64| {
            let amount = tokens[moved.from][hour] * moved.share * weight;
            tokens[moved.from][hour] -= amount;
            tokens[moved.to][hour] += amount * moved.tokens_factor;
        };
        match acts(moved) {
            Acts::In(span) => span.hours.clone().for_each(|hour| shift(hour, span.weight(hour))),
            Acts::OnAverage(mean) => mean.iter().enumerate().for_each(|(hour, &weight)| shift(hour, weight)),
            Acts::Never => {}
        }
    }
}
