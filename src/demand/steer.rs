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

use super::noise::Part;
use super::source::Source;
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

/// By workload, one number for each of its steered normals: level, mean of the fast noise, mean of the slow noise.
///
/// Added to the normals it makes what is rare frequent. A replication then stands for exp(−θz − θ²/2) of one, summed over the normals: the
/// density of a standard normal at z + θ over that of one around θ (importance sampling by exponential tilting; P. Glasserman, "Monte Carlo
/// Methods in Financial Engineering", Springer 2003, section 4.6).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tilt(pub Vec<[f64; DIMENSIONS]>);

/// What is steered of every workload, in their order.
#[derive(Clone, Debug)]
pub(crate) struct Steering {
    workloads: Vec<Steered>,
}

/// What is steered of one workload.
#[derive(Clone, Debug)]
pub(crate) struct Steered {
    points: SobolPoints,
    /// Whether level, fast and slow noise depend on their normals.
    used: [bool; DIMENSIONS],
    tilt: [f64; DIMENSIONS],
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
    /// Whether no chance but that of single hours is left beside the steered normals: no spikes, and nothing that lasts.
    #[must_use]
    pub fn is_led_throughout(&self) -> bool {
        self.workloads.iter().all(|workload| workload.follows() && workload.spikes.is_none())
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
        Self { workloads: (0..demand.workloads.len()).map(|index| Steered::new(demand, index, seed)).collect() }
    }

    /// All normals of a replication, 0 where one is not used, and the logarithm of its weight.
    pub(super) fn leads(&self, replication: u64) -> (Tilt, f64) {
        let mut log_weight = 0.0;
        let of_workload = |steered: &Steered| {
            let mut leads = steered.points.normals(replication);
            for ((z, tilt), used) in leads.iter_mut().zip(steered.tilt).zip(steered.used) {
                if used {
                    log_weight -= tilt * *z + 0.5 * tilt * tilt;
                    *z += tilt;
                } else {
                    *z = 0.0;
                }
            }
            leads
        };
        let leads = self.workloads.iter().map(of_workload).collect();
        (Tilt(leads), log_weight)
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
        let tilt = demand.tilt.0.get(index).copied().unwrap_or_default();
        let noise = &workload.noise;
        let lift = |part| if workload.has_means() { Lift::new(part, &workload.base) } else { None };
        let (fast, slow) = (lift(noise.fast), lift(noise.slow));
        let used = [workload.level_sd > 0.0, fast.is_some(), slow.is_some()];
        Self { points: SobolPoints::new(seed, &workload.name), used, tilt, fast, slow }
    }

    /// The normals of a replication.
    pub(crate) fn normals(&self, replication: u64) -> Normals {
        let [level, fast, slow] = self.points.normals(replication);
        Normals { level: level + self.tilt[0], fast: fast + self.tilt[1], slow: slow + self.tilt[2] }
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
