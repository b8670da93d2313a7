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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demand::testing::demand_of;
    use crate::demand::{DemandPath, DemandScratch};
    use crate::horizon::Horizon;

    /// All that multiplies an hour's tokens.
    const PRODUCT: &str = r#"
[[factor]]
name = "market"
sd = 0.15
half_life = "24h"

[[workload]]
name = "w"
level = { mean = "1.5M tokens/h", sigma = 0.2, walk = { scale = 0.1 } }
growth = { drift = "3%/month", volatility = "5%/month" }
noise = { fast = { sd = 0.2, half_life = "2h" }, slow = { sd = 0.2, half_life = "48h" }, white = { sd = 0.05 } }
on_off = { on = "300h", off = "3h", sd = 0.1 }
spikes = { rate = "3/week", duration = "3h", size = { law = "lognormal", median = 0.8, sigma = 0.6 } }
events = [{ at_hour = 200, factor = 2, probability = "50%", slip = { mean = "2 days" } }]
requests = { law = "none" }
tokens = { input = { mean = 1000, cv = 1 }, output = { mean = 300, cv = 1 }, drift = "off" }
factors = { market = 0.8 }
"#;

    const FACTORS: [Varies; 10] = [
        Varies::Level,
        Varies::Walk,
        Varies::Growth,
        Varies::NoiseFast,
        Varies::NoiseSlow,
        Varies::NoiseWhite,
        Varies::OnOff,
        Varies::Spikes,
        Varies::Events,
        Varies::Factors,
    ];

    fn path(demand: &Demand, replication: u64) -> Vec<f64> {
        let mut path = DemandPath::default();
        demand.generator(3).generate(replication, &mut path, &mut DemandScratch::default());
        path.workloads[0].tokens.iter().map(crate::units::ByClass::total).collect()
    }

    /// An hour is its mean times one factor of each source, so what all make is the product of what each makes alone, hour by hour: no source
    /// touches the draws of another, and each is held at the same mean whatever the others are.
    #[test]
    fn each_source_is_a_factor_of_its_own() {
        let demand = demand_of(PRODUCT, Horizon::flat(2, 400).unwrap());
        assert_eq!(Varies::ALL.into_iter().filter(|what| demand.varies(*what)).collect::<Vec<_>>(), {
            let mut all = FACTORS.to_vec();
            all.sort_unstable();
            all
        });
        let none = demand.still(&FACTORS);
        assert!(!Varies::ALL.into_iter().any(|what| none.varies(what)));
        for replication in 0..20 {
            let (all, mean) = (path(&demand, replication), path(&none, replication));
            assert_eq!(mean, path(&none, replication + 1), "nothing is left to chance");
            let mut product = mean.clone();
            for what in FACTORS {
                let others: Vec<Varies> = FACTORS.into_iter().filter(|other| *other != what).collect();
                let alone = path(&demand.still(&others), replication);
                product.iter_mut().zip(alone).zip(&mean).for_each(|((product, alone), mean)| *product *= alone / mean);
            }
            for (hour, (all, product)) in all.into_iter().zip(product).enumerate() {
                assert!((all - product).abs() <= 1e-9 * all, "hour {hour} of {replication}: {all} {product}");
            }
        }
        let expected: f64 = (0..2).map(|month| demand.expected_tokens(0, month).total()).sum();
        assert!((path(&none, 0).into_iter().sum::<f64>() / expected - 1.0).abs() < 1e-12);
    }

    /// What is no factor: hours of a law, requests with their lengths, drifting sizes, and a share that may move. Held, all hours have their
    /// mean; and sums over many futures of what is not held agree with it, within 4.5 standard errors.
    #[test]
    fn what_is_no_factor_is_held_at_its_mean_too() {
        let of = |more: &str| {
            format!(
                "[[workload]]\nname = \"w\"\n{more}\n[[workload]]\nname = \"v\"\ndemand = {{ law = \"constant\", value = \"1 tokens/h\" }}\n"
            )
        };
        let sizes = "level = { mean = \"50k tokens/h\", walk = \"off\" }\n\
                     tokens = { input = { mean = 1000, cv = 1 }, output = { mean = 300, cv = 1 }, max_tokens = 500, ";
        for (text, what) in [
            (of("demand = { law = \"normal\", mean = \"10k tokens/h\", sd = \"9k tokens/h\", autocorrelation = 0.5 }"), Varies::Hours),
            (of("demand = { law = \"gamma\", mean = \"10k tokens/h\", cv = 0.8 }"), Varies::Hours),
            (of(&format!("{sizes} drift = \"off\" }}")), Varies::Requests),
            (
                of(&format!(
                    "{sizes} drift = {{ input_sd = 0.3, output_sd = 0.4, half_life = \"2h\" }} }}\nrequests = {{ law = \"none\" }}"
                )),
                Varies::Sizes,
            ),
            (
                of("demand = { law = \"constant\", value = \"1k tokens/h\" }\n\
                    events = [{ at_hour = 20, move = \"50%\", to = \"v\", tokens_factor = 1.5, probability = \"30%\", slip = { mean = \"1 day\" } }]"),
                Varies::Events,
            ),
        ] {
            let demand = demand_of(&text, Horizon::flat(1, 120).unwrap());
            assert_eq!(Varies::ALL.into_iter().filter(|what| demand.varies(*what)).collect::<Vec<_>>(), [what], "{text}");
            let still = demand.still(&[what]);
            assert!(!still.varies(what));
            let held = path(&still, 0);
            assert_eq!(held, path(&still, 1), "{what:?}");
            let sums: Vec<f64> = (0..1500).map(|replication| path(&demand, replication).iter().sum()).collect();
            let mean = sums.iter().sum::<f64>() / 1500.0;
            let error = (sums.iter().map(|sum| (sum - mean) * (sum - mean)).sum::<f64>() / 1499.0 / 1500.0).sqrt();
            let held: f64 = held.iter().sum();
            assert!(error > 0.0 && (mean - held).abs() < 4.5 * error, "{what:?}: {mean}±{error} held at {held}");
        }
    }
}
