//! Demand with some of what is random about it held at its mean, for the question what the spread of a bill comes from.
//!
//! Every random factor of an hour's expected tokens has mean 1, or a mean that is known (spikes, events), and no two share a draw, so the mean
//! of the expected tokens stays where it was. So do the draws of everything else: each has a stream of its own.
//!
//! What is taken as its mean: the level, its walk and its growth 1; each part of a lognormal noise 1, and noise by a table 1 as a whole;
//! hours of a law their mean, and recorded days the mean of such hours; on- and off-periods an hour that is always on at the mean; spikes and
//! uncertain events their mean effect in each hour; requests exactly as many as are expected, of mean length; drifting mean sizes the mean
//! over the drift.

use super::requests::Counts;
use super::source::Source;
use super::tokens::Form;
use super::{Demand, Workload};

/// Something random about demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Varies {
    /// The level at the start.
    Level,
    /// Its weekly walk.
    Walk,
    /// Growth by month, around its drift.
    Growth,
    /// Noise that is forgotten within hours; all noise where that is by a table.
    NoiseFast,
    /// Noise that lasts for days.
    NoiseSlow,
    /// Noise without memory.
    NoiseWhite,
    /// Hours straight from a law, or days that are resampled.
    Hours,
    /// On- and off-periods.
    OnOff,
    /// Spikes.
    Spikes,
    /// Events that may not come, or come late.
    Events,
    /// Factors that workloads share.
    Factors,
    /// How many requests an hour has, and how long they are.
    Requests,
    /// The drift of the mean sizes.
    Sizes,
}

impl Varies {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Level,
        Self::Walk,
        Self::Growth,
        Self::NoiseFast,
        Self::NoiseSlow,
        Self::NoiseWhite,
        Self::Hours,
        Self::OnOff,
        Self::Spikes,
        Self::Events,
        Self::Factors,
        Self::Requests,
        Self::Sizes,
    ];
}

impl Demand {
    /// Whether it has this randomness at all.
    #[must_use]
    pub fn varies(&self, what: Varies) -> bool {
        let Self { workloads, factors, moves, horizon: _, tilt: _ } = self;
        let of_move = what == Varies::Events && moves.iter().any(|moved| moved.chance.as_ref().is_some_and(|chance| !chance.is_still()));
        let moves_anything = |loading: &(usize, f64)| loading.1 != 0.0 && factors[loading.0].varies();
        let of_factor = what == Varies::Factors && workloads.iter().any(|workload| workload.loadings.iter().any(moves_anything));
        of_move || of_factor || workloads.iter().any(|workload| workload.varies(what))
    }

    /// The same demand with these held at their means; all other draws stay.
    #[must_use]
    pub fn still(&self, what: &[Varies]) -> Self {
        let mut demand = self.clone();
        for &what in what {
            demand.workloads.iter_mut().for_each(|workload| workload.hold(what));
            if what == Varies::Events {
                demand.moves.iter_mut().filter_map(|moved| moved.chance.as_mut()).for_each(super::chance::Chance::hold);
            }
        }
        demand
    }

    /// The same demand with so much more of each prompt read from the cache, as a share of the prompt that now is fresh at most; `None` where no
    /// workload says how its requests' tokens are made.
    #[must_use]
    pub fn with_more_cached(&self, share: f64) -> Option<Self> {
        let mut demand = self.clone();
        let modelled = |workload: &&mut Workload| !matches!(workload.source, Source::Recorded(_)) && workload.has_requests();
        let changed = demand.workloads.iter_mut().filter(modelled).map(|workload| workload.sizes.cache_more(share)).count();
        (changed > 0).then_some(demand)
    }
}

impl Workload {
    /// Whether this is random here; shared factors and what moves between workloads are the demand's.
    fn varies(&self, what: Varies) -> bool {
        // Every field is named, so that a new one is thought of here.
        let Self {
            name: _,
            class: _,
            window: _,
            deadline: _,
            queue: _,
            deferrable_share: _,
            priority: _,
            minute: _,
            max_tokens: _,
            retry: _,
            source,
            level_sd,
            walk,
            growth,
            noise,
            on_off,
            spikes,
            loadings: _,
            counts,
            sizes,
            size_spread: _,
            uncertain,
            base: _,
            mean: _,
        } = self;
        let lognormal = noise.marginal.is_none();
        let modelled = !matches!(source, Source::Recorded(_));
        match what {
            Varies::Level => *level_sd > 0.0,
            Varies::Walk => walk.as_ref().is_some_and(super::Walk::moves),
            Varies::Growth => growth.volatility > 0.0,
            Varies::NoiseFast => noise.fast.sd > 0.0 || (!lognormal && noise.variance() > 0.0),
            Varies::NoiseSlow => lognormal && noise.slow.sd > 0.0,
            Varies::NoiseWhite => lognormal && noise.white > 0.0,
            Varies::Hours => match source {
                Source::Modelled => false,
                Source::Plain(plain) => plain.varies(),
                Source::Recorded(recorded) => recorded.is_random(),
            },
            Varies::OnOff => on_off.is_some(),
            Varies::Spikes => spikes.as_ref().is_some_and(|spikes| spikes.mean() > spikes.base()),
            Varies::Events => !uncertain.is_empty(),
            Varies::Factors => false,
            Varies::Requests => modelled && *counts != Counts::None,
            Varies::Sizes => modelled && sizes.drift.is_some(),
        }
    }

    fn hold(&mut self, what: Varies) {
        match what {
            Varies::Level => self.level_sd = 0.0,
            Varies::Walk => self.walk = None,
            Varies::Growth => self.growth.volatility = 0.0,
            Varies::NoiseFast if self.noise.marginal.is_some() => self.noise = super::noise::Noise::default(),
            Varies::NoiseFast => self.noise.fast.sd = 0.0,
            Varies::NoiseSlow | Varies::NoiseWhite if self.noise.marginal.is_some() => {}
            Varies::NoiseSlow => self.noise.slow.sd = 0.0,
            Varies::NoiseWhite => self.noise.white = 0.0,
            Varies::Hours => match &mut self.source {
                Source::Modelled => {}
                Source::Plain(plain) => plain.hold(),
                Source::Recorded(recorded) => *recorded = std::sync::Arc::new(recorded.still()),
            },
            Varies::OnOff => self.on_off = None,
            Varies::Spikes => {
                if let Some(spikes) = self.spikes.take() {
                    self.base.iter_mut().for_each(|base| *base *= spikes.mean());
                }
            }
            Varies::Events => {
                for (chance, factor) in std::mem::take(&mut self.uncertain) {
                    for (base, mean) in self.base.iter_mut().zip(chance.mean()) {
                        *base *= 1.0 + (factor - 1.0) * mean;
                    }
                }
            }
            Varies::Factors => self.loadings.clear(),
            Varies::Requests => self.counts = Counts::None,
            Varies::Sizes => {
                self.sizes.drift = None;
                match &mut self.sizes.form {
                    Form::Total { size, .. } => size.hold(),
                    Form::Split { input, output, .. } => {
                        input.hold();
                        output.hold();
                    }
                }
            }
        }
    }
}
