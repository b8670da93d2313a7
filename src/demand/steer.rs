//! Steering: the few normals of a workload that matter most, from randomised Sobol points in place of independent draws.
//!
//! Steered are the level's normal, and of the fast and of the slow noise one number each: the mean of its path x over the horizon, every hour
//! weighted by its expected tokens a. In law nothing changes. With C the covariance of x, sd² = a'Ca and z a standard normal of its own,
//!
//! ```text
//! x + (C a / sd) (z − a'x / sd)
//! ```
//!
//! is a path of the same law whose weighted mean is sd × z: the part of a normal vector that a'x does not determine is independent of a'x, so
//! it is kept, and the part that a'x determines, (C a / sd²) a'x, is exchanged (Hoffman and Ribak 1991, doi:10.1086/186160, for Gaussian
//! fields; the same algebra as kriging). C is an autoregression's, sd² ρ^|i − j|, so C a takes two recursions.
//!
//! Noise by a table, of recorded hours, straight from a law or with on- and off-periods is left alone: there, its mean says little.

use super::noise::{Noise, Part};
use super::source::Source;
use super::spikes::{SpikePath, Tilted};
use super::tilt::{Density, SPIKING, Turns};
use super::walk::Walk;
use super::{Demand, Workload};
use crate::random::sobol::{DIMENSIONS, SobolPoints};

/// The steered normals of one workload in one replication. Where nothing uses one of them, it is drawn all the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Normals {
    /// The level's.
    pub(crate) level: f64,
    /// That of the fast noise's weighted mean.
    pub(crate) fast: f64,
    /// That of the slow noise's weighted mean.
    pub(crate) slow: f64,
}

/// What is steered of every workload, in their order.
#[derive(Clone, Debug)]
pub(crate) struct Steering {
    workloads: Vec<Steered>,
    density: Density,
}

/// What is steered of one workload.
#[derive(Clone, Debug)]
pub(crate) struct Steered {
    points: SobolPoints,
    /// Whether level, fast and slow noise depend on their normals.
    used: [bool; DIMENSIONS],
    /// Which way a replication goes under the tilt, and what is added to the normals along each.
    turns: Turns,
    tilts: Vec<[f64; DIMENSIONS]>,
    /// Its spikes along each way; empty where it has none.
    spikes: Vec<Tilted>,
    /// How to give the fast noise its mean; `None` where it is left alone.
    pub(crate) fast: Option<Lift>,
    /// The same of the slow noise.
    pub(crate) slow: Option<Lift>,
}

/// How the weighted mean of an autoregression's path is exchanged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lift {
    /// a / sd by hour: its product with the path is the path's own standard normal.
    pub(crate) weight: Vec<f64>,
    /// C a / sd by hour: what one unit of the normal adds to the path.
    pub(crate) pull: Vec<f64>,
}

impl Demand {
    /// Whether steering is worth its wider intervals (Student's t of 15 degrees of freedom): whether workloads of which it leads what varies
    /// most ask for half of the tokens or more. Measured, such demand has its mean spend from 30 to 2 000 times less uncertain, and P95 about
    /// twice; where levels walk from week to week, nothing is gained.
    #[must_use]
    pub fn is_steerable(&self) -> bool {
        let tokens = |workload: &Workload| workload.mean.iter().sum::<f64>();
        let (led, all) = self.workloads.iter().fold((0.0, 0.0), |(led, all), workload| {
            let tokens = tokens(workload);
            (if workload.is_led() { led + tokens } else { led }, all + tokens)
        });
        led > 0.0 && led >= 0.5 * all
    }
}

impl Demand {
    /// Whether any workload has spikes.
    #[must_use]
    pub fn has_spikes(&self) -> bool {
        self.workloads.iter().any(|workload| workload.spikes.is_some())
    }

    /// Whether no chance but that of single hours is left beside what a [`Tilt`](super::Tilt) moves.
    #[must_use]
    pub fn is_led_throughout(&self) -> bool {
        let spiking = self.workloads.iter().filter(|workload| workload.spikes.is_some()).count();
        spiking <= SPIKING && self.workloads.iter().all(Workload::follows)
    }
}

impl Workload {
    /// Whether the noise is of a kind whose means are steered.
    fn has_means(&self) -> bool {
        self.noise.marginal.is_none() && self.on_off.is_none() && matches!(self.source, Source::Modelled)
    }

    /// Whether steered normals lead it: its level or a mean of its noise varies, and nothing else of a month or longer does.
    fn is_led(&self) -> bool {
        let noise = &self.noise;
        self.follows() && (self.level_sd > 0.0 || noise.fast.sd > 0.0 || noise.slow.sd > 0.0)
    }

    /// Whether nothing else of a month or longer varies than what can be steered.
    fn follows(&self) -> bool {
        let stays = self.walk.as_ref().is_none_or(Walk::stands_still) && !(self.growth.volatility > 0.0);
        stays && self.loadings.is_empty() && self.uncertain.is_empty() && self.has_means()
    }
}

impl Steering {
    /// The points and weights of a demand under a seed.
    pub(crate) fn new(demand: &Demand, seed: u64) -> Self {
        let workloads = (0..demand.workloads.len()).map(|index| Steered::new(demand, index, seed)).collect();
        Self { workloads, density: demand.density(&demand.tilt) }
    }

    /// Workloads.
    pub(super) fn workloads(&self) -> usize {
        self.workloads.len()
    }

    /// How likely replications are as they are drawn.
    pub(super) fn density(&self) -> &Density {
        &self.density
    }

    /// What is steered of a workload.
    pub(crate) fn of(&self, workload: usize) -> &Steered {
        &self.workloads[workload]
    }
}

impl Steered {
    /// The points and weights of one workload under a seed.
    pub(super) fn new(demand: &Demand, index: usize, seed: u64) -> Self {
        let workload = &demand.workloads[index];
        let tilt = &demand.tilt;
        let tilts = tilt.ways.iter().map(|way| way.workloads[index].normals).collect();
        let noise = &workload.noise;
        let lift = |part| if workload.has_means() { Lift::new(part, &workload.base) } else { None };
        let (fast, slow) = (lift(noise.fast), lift(noise.slow));
        let used = [workload.level_sd > 0.0, fast.is_some(), slow.is_some()];
        let points = SobolPoints::new(seed, &workload.name);
        Self { points, used, turns: tilt.turns(), tilts, spikes: tilt.spikes(index, workload), fast, slow }
    }

    /// The normals of a replication.
    pub(crate) fn normals(&self, replication: u64) -> Normals {
        let [level, fast, slow] = self.points.normals(replication);
        let [a, b, c] = self.turns.way(replication).map_or([0.0; DIMENSIONS], |way| self.tilts[way]);
        Normals { level: level + a, fast: fast + b, slow: slow + c }
    }

    /// The same as numbers, 0 where one is not used.
    pub(super) fn leads(&self, replication: u64) -> [f64; DIMENSIONS] {
        let Normals { level, fast, slow } = self.normals(replication);
        let mut leads = [level, fast, slow];
        leads.iter_mut().zip(self.used).for_each(|(z, used)| *z = if used { *z } else { 0.0 });
        leads
    }

    /// Whether a tilt moves its spikes.
    pub(super) fn moves_spikes(&self) -> bool {
        !self.spikes.is_empty()
    }

    /// Its spikes as a replication draws them; `None` where they are not moved.
    pub(super) fn tilted(&self, replication: u64) -> Option<&Tilted> {
        if self.spikes.is_empty() { None } else { self.spikes.get(self.turns.way(replication)?) }
    }

    /// By normal, the standard deviation of the logarithm of all tokens that it makes.
    pub(super) fn spreads(&self, workload: &Workload) -> [f64; DIMENSIONS] {
        let of_mean = |lift: &Option<Lift>| lift.as_ref().map_or(0.0, |lift| lift.weight.iter().sum::<f64>().recip());
        [workload.level_sd, of_mean(&self.fast), of_mean(&self.slow)]
    }

    /// Whether noise is steered.
    pub(crate) fn has_lift(&self) -> bool {
        self.fast.is_some() || self.slow.is_some()
    }
}

impl Lift {
    /// Weights of a part's path; `None` where the weighted mean does not vary.
    fn new(part: Part, weights: &[f64]) -> Option<Self> {
        if !(part.sd > 0.0) {
            return None;
        }
        // Summed from both ends: before_i = Σ_{j ≤ i} ρ^(i−j) a_j and after_i = Σ_{j > i} ρ^(j−i) a_j.
        let variance = part.sd * part.sd;
        let mut pull: Vec<f64> = weights
            .iter()
            .scan(0.0, |before, &weight| {
                *before = weight + part.rho * *before;
                Some(variance * *before)
            })
            .collect();
        let mut after = 0.0;
        for (pull, &weight) in pull.iter_mut().zip(weights).rev() {
            *pull += variance * after;
            after = part.rho * (weight + after);
        }
        let sd = weights.iter().zip(&pull).map(|(weight, pull)| weight * pull).sum::<f64>().sqrt();
        if !(sd > 0.0 && sd.is_finite()) {
            return None;
        }
        pull.iter_mut().for_each(|pull| *pull /= sd);
        Some(Self { weight: weights.iter().map(|weight| weight / sd).collect(), pull })
    }

    /// Gives `path` the weighted mean of the normal `z`.
    pub(crate) fn apply(&self, z: f64, path: &mut [f64]) {
        let own: f64 = self.weight.iter().zip(&*path).map(|(weight, x)| weight * x).sum();
        for (x, pull) in path.iter_mut().zip(&self.pull) {
            *x += pull * (z - own);
        }
    }
}

/// Gives paths of [`Noise::draw`](super::noise::Noise::draw) the means of `normals`.
pub(super) fn lift(steered: &Steered, normals: Normals, [fast, slow, _]: &mut [Vec<f64>; 3]) {
    for (lift, z, path) in [(&steered.fast, normals.fast, fast), (&steered.slow, normals.slow, slow)] {
        if let Some(lift) = lift {
            lift.apply(z, path);
        }
    }
}

/// Gives the same paths what tilted spikes have of them in their middle hours.
pub(super) fn exchange(steered: &Steered, noise: &Noise, spikes: &SpikePath, [fast, slow, _]: &mut [Vec<f64>; 3]) {
    for (which, (lift, part, path)) in [(&steered.fast, noise.fast, fast), (&steered.slow, noise.slow, slow)].into_iter().enumerate() {
        if lift.is_some() {
            spikes.exchange(which, part, path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream::{Purpose, StreamKey};

    fn draw(part: Part, hours: usize, replication: u64) -> Vec<f64> {
        let mut stream = StreamKey::new(4, Purpose::Noise, "a").replication(replication);
        let (mut x, mut step) = (0.0, part.sd);
        let mut next = || {
            x = part.rho * x + step * stream.normals().0;
            step = part.innovation();
            x
        };
        (0..hours).map(|_| next()).collect()
    }

    const WEIGHTS: [f64; 6] = [1.0, 3.0, 0.0, 2.0, 5.0, 0.5];

    #[test]
    fn the_lift_is_that_of_the_covariance_matrix() {
        let part = Part { sd: 0.4, rho: 0.8 };
        let lift = Lift::new(part, &WEIGHTS).unwrap();
        let row =
            |i: usize| -> f64 { WEIGHTS.iter().enumerate().map(|(j, a)| 0.16 * libm::pow(0.8, (i as f64 - j as f64).abs()) * a).sum() };
        let sd = (0..6).map(|i| WEIGHTS[i] * row(i)).sum::<f64>().sqrt();
        for (i, weight) in WEIGHTS.iter().enumerate() {
            assert!((lift.pull[i] - row(i) / sd).abs() < 1e-14 && (lift.weight[i] - weight / sd).abs() < 1e-14, "{i}");
        }
        let mut path = draw(part, 6, 0);
        lift.apply(-1.25, &mut path);
        let mean: f64 = path.iter().zip(WEIGHTS).map(|(x, a)| a * x).sum();
        assert!((mean + 1.25 * sd).abs() < 1e-13);
        assert_eq!(Lift::new(part, &[0.0; 6]), None);
        assert_eq!(Lift::new(Part::default(), &WEIGHTS), None);
    }

    /// With z normal, the path's covariances are the autoregression's: each within four and a half standard errors.
    #[test]
    fn the_law_of_the_path_stays() {
        let part = Part { sd: 1.0, rho: 0.7 };
        let lift = Lift::new(part, &WEIGHTS).unwrap();
        let normals = StreamKey::new(4, Purpose::Level, "a");
        let n = 40_000_u64;
        let mut products = [[0.0; 6]; 6];
        for replication in 0..n {
            let mut path = draw(part, 6, replication);
            lift.apply(normals.replication(replication).normals().0, &mut path);
            for i in 0..6 {
                for j in 0..6 {
                    products[i][j] += path[i] * path[j];
                }
            }
        }
        for (i, row) in products.iter().enumerate() {
            for (j, product) in row.iter().enumerate() {
                let want = libm::pow(0.7, (i as f64 - j as f64).abs());
                // Var(xy) = 1 + ρ² of standard normals.
                let error = ((1.0 + want * want) / n as f64).sqrt();
                assert!((product / n as f64 - want).abs() < 4.5 * error, "({i}, {j})");
            }
        }
    }
}
