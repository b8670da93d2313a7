//! Tilts: what is drawn is moved towards where trouble is, along several ways, and every replication is weighted for it.
//!
//! A way moves the steered normals and the spikes of each workload. With f the density of what they are drawn from, q_k that along way k and a_k the
//! share of the replications that go it, a replication stands for
//!
//! ```text
//! 1 / Σ a_k q_k / f
//! ```
//!
//! of one, whichever way it went (the balance heuristic: E. Veach and L. Guibas, "Optimally combining sampling techniques for Monte Carlo rendering",
//! SIGGRAPH 95, 419-428). A way that moves nothing, of share a, keeps every weight at or below 1 / a (T. Hesterberg, "Weighted average importance
//! sampling and defensive mixture distributions", Technometrics 37 (1995), 185-194). For a normal moved by θ, ln q/f is θz − θ²/2 (P. Glasserman, "Monte
//! Carlo Methods in Financial Engineering", Springer 2003, section 4.6); for spikes see [`Tilted`].
//!
//! Ways take rows of [`SCRAMBLES`] replications in turn, so that every scramble has the same of each and its mean is unbiased.

mod search;

use super::generate::DemandGenerator;
use super::spikes::{Places, SpikePath, SpikeTilt, Tilted};
use super::{Demand, Workload};
use crate::random::sobol::DIMENSIONS;
use crate::statistics::SCRAMBLES;
pub(super) use search::{SPIKING, shrunk};

/// How a demand is moved. The default moves nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tilt {
    /// The ways that replications go, in the order of their rows.
    pub ways: Vec<Way>,
}

/// One way.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// Rows of 16 replications that go it, before the next way has its turn.
    pub rows: u64,
    /// Whether it stays as it is, whatever is seen.
    pub stays: bool,
    /// By workload.
    pub workloads: Vec<WorkloadTilt>,
}

/// How a workload is moved.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WorkloadTilt {
    /// What is added to its steered normals: level, mean of the fast noise, mean of the slow noise.
    pub normals: Normals,
    /// The spike that is planted among its own, if any.
    pub spike: Option<SpikeTilt>,
}

/// The steered normals of a workload: level, mean of the fast noise, mean of the slow noise.
type Normals = [f64; DIMENSIONS];

/// Which way a replication goes.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns {
    /// The row after the last of each way.
    ends: Vec<u64>,
}

/// What was moved of one replication, as it was drawn.
#[derive(Clone, Debug)]
pub struct Leads {
    /// By workload, its normals (0 where one is not used) and its spikes.
    workloads: Vec<(Normals, SpikePath)>,
    /// Of how many untilted replications it takes the place.
    pub weight: f64,
}

/// How likely replications are under a tilt.
#[derive(Clone, Debug, Default)]
pub struct Density {
    tilt: Tilt,
    /// Spikes by workload and way; none of a workload without.
    spikes: Vec<Vec<Tilted>>,
}

impl Turns {
    /// `None` where nothing is moved.
    #[inline]
    pub(super) fn way(&self, replication: u64) -> Option<usize> {
        let row = (replication / SCRAMBLES as u64) % self.ends.last()?;
        self.ends.iter().position(|&end| row < end)
    }
}

impl Tilt {
    pub(super) fn turns(&self) -> Turns {
        let mut row = 0;
        let end = |way: &Way| {
            row += way.rows;
            row
        };
        Turns { ends: self.ways.iter().map(end).collect() }
    }

    /// A workload's spikes by way; empty where none are moved.
    pub(super) fn spikes(&self, index: usize, workload: &Workload) -> Vec<Tilted> {
        let Some(spikes) = workload.spikes.as_ref().filter(|spikes| spikes.start > 0.0 && !self.ways.is_empty()) else { return Vec::new() };
        let places = Places::new(spikes, &workload.base);
        self.ways.iter().map(|way| Tilted::new(spikes, way.workloads[index].spike, &places)).collect()
    }
}

impl Demand {
    /// The same demand under a tilt. What is drawn of it must be weighted by [`DemandGenerator::leads`].
    #[must_use]
    pub fn tilted(&self, tilt: Tilt) -> Self {
        Self { tilt, ..self.clone() }
    }
}

impl Demand {
    /// How likely replications are under a tilt.
    #[must_use]
    pub fn density(&self, tilt: &Tilt) -> Density {
        let spikes = self.workloads.iter().enumerate().map(|(index, workload)| tilt.spikes(index, workload)).collect();
        Density { tilt: tilt.clone(), spikes }
    }
}

impl Density {
    /// The likelihood under the tilt over that without; 1 where nothing is moved.
    #[must_use]
    pub fn of(&self, leads: &Leads) -> f64 {
        self.of_drawn(&leads.workloads)
    }

    fn of_drawn(&self, drawn: &[(Normals, SpikePath)]) -> f64 {
        if self.tilt.ways.is_empty() { 1.0 } else { (0..self.tilt.ways.len()).map(|way| self.part(way, drawn)).sum() }
    }

    /// The part that a way has in it.
    fn part(&self, way: usize, drawn: &[(Normals, SpikePath)]) -> f64 {
        let Way { rows, workloads, .. } = &self.tilt.ways[way];
        let all: u64 = self.tilt.ways.iter().map(|way| way.rows).sum();
        let (mut log, mut spikes) = (0.0, 1.0);
        for ((moved, tilted), (normals, path)) in workloads.iter().zip(&self.spikes).zip(drawn) {
            log += normals.iter().zip(moved.normals).map(|(z, tilt)| tilt * (z - 0.5 * tilt)).sum::<f64>();
            spikes *= tilted.get(way).map_or(1.0, |tilted| tilted.ratio(path));
        }
        *rows as f64 / all as f64 * libm::exp(log) * spikes
    }
}

impl DemandGenerator<'_> {
    /// What is moved of a replication. `None` where draws are plain.
    #[must_use]
    pub fn leads(&self, replication: u64) -> Option<Leads> {
        let steering = self.steering()?;
        let of_workload = |workload: usize| {
            let steered = steering.of(workload);
            let path = steered.tilted(replication).map(|tilted| tilted.path(&mut self.spike_stream(workload, replication)));
            (steered.leads(replication), path.unwrap_or_default())
        };
        let workloads: Vec<_> = (0..steering.workloads()).map(of_workload).collect();
        let weight = steering.density().of_drawn(&workloads).recip();
        Some(Leads { workloads, weight })
    }
}
