//! Where to look for trouble first, and the tilt that makes what was found likely.

use super::{Leads, Tilt, Way, WorkloadTilt};
use crate::demand::Demand;
use crate::demand::spikes::{Evidence, Places, SpikeTilt};
use crate::demand::steer::Steered;
use crate::random::sobol::DIMENSIONS;

/// Share of the replications that is not moved, which bounds all weights; and of those that go where was looked first, as what was not seen there
/// would weigh too much along ways that lead elsewhere.
const UNMOVED: f64 = 1.0 / 8.0;
const FIRST_WAYS: f64 = 1.0 / 8.0;
/// Least share of every other way.
const LEAST: f64 = 1.0 / 64.0;
/// Parts that shares are told in.
const PARTS: f64 = 1024.0;
/// Most sets of workloads that have ways of their own; others share them.
const SETS: usize = 3;
/// Most workloads among whose spikes one is planted: every way takes a row of a pilot.
pub(in crate::demand) const SPIKING: usize = 8;
/// How far the normals are moved at first where levels lead to trouble, and where spikes do, in all.
const FIRST: [f64; 2] = [2.0, 0.7];
/// Largest tilt of a normal: farther than this no level is known.
const FARTHEST: f64 = 6.0;
/// As many paths of equal weight must speak for a way, or it stays as it is.
const FEWEST: f64 = 8.0;

impl Demand {
    /// Where to look first: a way that moves nothing; for each set of workloads that meet the same limits one of high levels; and for each workload
    /// with spikes one of a large spike among them.
    #[must_use]
    pub fn exploring(&self, sets: &[Vec<usize>]) -> Tilt {
        let still = || vec![WorkloadTilt::default(); self.workloads.len()];
        let mut ways = Vec::new();
        let mut add = |members: &[usize], length: f64, spiking: Option<usize>| {
            let mut workloads = still();
            for (&member, normals) in members.iter().zip(self.upwards(members)) {
                workloads[member].normals = normals.map(|normal| length * normal);
            }
            if let Some(member) = spiking {
                workloads[member].spike = self.places(member).map(|places| SpikeTilt::first(&places));
            }
            if workloads.iter().any(|workload| *workload != WorkloadTilt::default()) {
                ways.push(workloads);
            }
        };
        for set in 0..sets.len().min(SETS) {
            let members: Vec<usize> = sets.iter().skip(set).step_by(SETS).flatten().copied().collect();
            add(&members, FIRST[0], None);
        }
        let spiking = sets.iter().flat_map(|members| members.iter().map(move |&member| (members, member)));
        for (members, member) in spiking.filter(|&(_, member)| self.places(member).is_some()).take(SPIKING) {
            add(members, FIRST[1], Some(member));
        }
        let unmoved = [Way { rows: 0, stays: true, workloads: still() }];
        let first = |stays: bool| ways.iter().map(move |workloads| Way { rows: 0, stays, workloads: workloads.clone() });
        let shares = vec![1.0; 1 + 2 * ways.len()];
        Tilt { ways: unmoved.into_iter().chain(first(true)).chain(first(false)).collect() }.shared(&shares)
    }

    /// The places of a workload's spikes, if it has any.
    fn places(&self, workload: usize) -> Option<Places> {
        let workload = &self.workloads[workload];
        let spikes = workload.spikes.as_ref().filter(|spikes| spikes.start > 0.0);
        spikes.map(|spikes| Places::new(spikes, &workload.base))
    }

    /// By workload, the normals along which tokens of all together rise the most, of length 1 in all.
    fn upwards(&self, members: &[usize]) -> Vec<[f64; DIMENSIONS]> {
        let of_workload = |&member: &usize| {
            let tokens: f64 = self.workloads[member].mean.iter().sum();
            Steered::new(self, member, 0).spreads(&self.workloads[member]).map(|sd| sd * tokens)
        };
        let mut normals: Vec<[f64; DIMENSIONS]> = members.iter().map(of_workload).collect();
        let length = normals.iter().flatten().map(|normal| normal * normal).sum::<f64>().sqrt();
        normals.iter_mut().flatten().for_each(|normal| *normal = if length > 0.0 { *normal / length } else { 0.0 });
        normals
    }

    /// Moves the ways to what was seen under a tilt, each path with the weight that it is to count by. One step of expectation and
    /// maximisation (O. Cappé, R. Douc, A. Guillin, J.-M. Marin and C. P. Robert, "Adaptive importance sampling in general mixture classes",
    /// Statistics and Computing 18 (2008), 447-459).
    #[must_use]
    pub fn fitted(&self, tilt: &Tilt, seen: &[(f64, &Leads)]) -> Tilt {
        let density = self.density(tilt);
        let chances = |(_, leads): &(f64, &Leads)| {
            let parts: Vec<f64> = (0..tilt.ways.len()).map(|way| density.part(way, &leads.workloads)).collect();
            let all: f64 = parts.iter().sum();
            parts.into_iter().map(|part| part / all).collect::<Vec<_>>()
        };
        let chances: Vec<Vec<f64>> = seen.iter().map(chances).collect();
        let mut fitted = tilt.clone();
        let mut shares = vec![0.0; tilt.ways.len()];
        for (way, (moved, share)) in fitted.ways.iter_mut().zip(&mut shares).enumerate().skip(1) {
            let weights = || seen.iter().zip(&chances).map(|((weight, _), chances)| weight * chances[way]);
            let (all, squares) = weights().fold((0.0, 0.0), |(all, squares), weight| (all + weight, squares + weight * weight));
            *share = all;
            let number = all * all / squares;
            if moved.stays || !(number >= FEWEST) {
                continue;
            }
            for (index, (workload, tilt)) in self.workloads.iter().zip(&mut moved.workloads).enumerate() {
                let mut sums = [0.0; DIMENSIONS];
                let mut evidence = Evidence::default();
                for (weight, (_, leads)) in weights().zip(seen) {
                    let (normals, path) = &leads.workloads[index];
                    sums.iter_mut().zip(normals).for_each(|(sum, z)| *sum += weight * z);
                    if let Some(tilted) = density.spikes[index].get(way) {
                        evidence.add(weight, tilted, path);
                    }
                }
                tilt.normals = sums.map(|sum| shrunk(sum / all, number).clamp(-FARTHEST, FARTHEST));
                if let (Some(spikes), Some(before)) = (&workload.spikes, tilt.spike) {
                    tilt.spike = Some(evidence.tilt(spikes, before, number, all));
                }
            }
        }
        fitted.shared(&shares)
    }
}

impl Tilt {
    /// Gives the ways that stay their shares, every other its least, and the rest by these weights.
    fn shared(mut self, weights: &[f64]) -> Self {
        let moved = self.ways.iter().filter(|way| !way.stays).count() as f64;
        let staying = self.ways.len() as f64 - moved - 1.0;
        let all: f64 = self.ways.iter().zip(weights).filter(|(way, _)| !way.stays).map(|(_, weight)| weight).sum();
        let rest = 1.0 - UNMOVED - FIRST_WAYS - LEAST * moved;
        for (place, (way, weight)) in self.ways.iter_mut().zip(weights).enumerate() {
            let share = match way.stays {
                true if place == 0 => UNMOVED,
                true => FIRST_WAYS / staying,
                false => LEAST + rest * if all > 0.0 { weight / all } else { moved.recip() },
            };
            // In parts, of which `over` makes rows.
            way.rows = (PARTS * share).round() as u64;
        }
        self
    }

    /// The same over so many rows of 16 replications: every way has at least one, and the others are theirs in proportion.
    #[must_use]
    pub fn over(mut self, rows: u64) -> Self {
        let all: u64 = self.ways.iter().map(|way| way.rows).sum();
        let free = rows.saturating_sub(self.ways.len() as u64) as f64;
        let (mut parts, mut given) = (0, 0);
        for way in &mut self.ways {
            parts += way.rows;
            let end = (free * parts as f64 / all as f64).round() as u64;
            way.rows = 1 + end - given;
            given = end;
        }
        self
    }
}

/// A mean of so many normals, moved towards 0 by as much as it may be there by chance.
pub(in crate::demand) fn shrunk(mean: f64, number: f64) -> f64 {
    mean * (1.0 - (number * mean * mean).recip()).max(0.0)
}
