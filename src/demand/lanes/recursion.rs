//! Autoregressions of the logarithm in every lane: in single precision, or in double where that would put the tokens wrong.
//!
//! Of x ← ρ x + step, the coefficient is off by δ in single precision, at most 2⁻²⁵. Over the hours that the path remembers, m = 1 / (1 − ρ)
//! or all of them, that makes an error of δ Σ ρᵏ x of standard deviation δ m sd / √2, alike in all hours close by, which therefore does
//! not cancel; and hours with many tokens, which weigh most, have δ m sd² / 2 of it in the mean. The roundings of each step, of .4 × 2⁻²⁴ of
//! x each, add up like chance: √m of them. Three standard deviations of both are reckoned with. Where a path loses so few of its last places
//! in an hour that the rounding is the same for many hours, roundings add up all the same: m of 2⁻²⁵ of x.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use crate::demand::noise::Part;
use crate::random::lanes::{GROUP, LANES, Lanes};
use std::f64::consts::LOG2_E;

/// What a path may put wrong in an hour's tokens: a fifth of what they may be off.
const MOST: f64 = 2e-6;

/// Lanes whose paths are followed at a time: two registers of the widest kind, as each step of one waits for the one before.
const ABREAST: usize = 2 * GROUP;

/// A path that loses less than this of itself in an hour, a hundred of its last places, may be rounded alike for many hours.
const ALIKE: f64 = 1.0 / 65_536.0;

/// An autoregression of the logarithm to base 2: its coefficient, the standard deviation that it starts with, and that of its steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recursion {
    rho: f32,
    sd: f32,
    step: f32,
    /// The same three where single precision will not do.
    double: Option<[f64; 3]>,
}

/// Where the paths of all lanes are.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    now: Lanes<f32>,
    /// The same where the recursion is in double precision.
    double: Lanes<f64>,
}

impl Paths {
    pub(super) fn new() -> Self {
        Self { now: Lanes::of(0.0), double: Lanes::of(0.0) }
    }
}

/// Sums over the hours of the paths of all lanes, in the precision of their recursion.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    single: Lanes<f32>,
    double: Lanes<f64>,
}

impl Sums {
    pub(super) fn new(start: &Lanes<f32>) -> Self {
        Self { single: *start, double: Lanes(start.map(f64::from)) }
    }
}

impl Recursion {
    /// A part of the noise over so many hours.
    pub(super) fn new(part: Part, hours: usize) -> Self {
        let [rho, sd, step] = [part.rho, part.sd * LOG2_E, part.innovation() * LOG2_E];
        let is_off = error(part, hours) > MOST;
        Self { rho: rho as f32, sd: sd as f32, step: step as f32, double: is_off.then_some([rho, sd, step]) }
    }

    /// The next hours of the paths, in the place of their normals. The first hour of all is drawn from the stationary law.
    #[inline(always)]
    pub(super) fn follow(&self, is_first: bool, paths: &mut Paths, hours: &mut [Lanes<f32>]) {
        let rest = match hours.split_first_mut() {
            Some((first, rest)) if is_first => {
                self.begin(paths, first);
                rest
            }
            _ => hours,
        };
        if let Some([rho, _, step]) = self.double {
            let double = &mut paths.double;
            for hour in rest {
                for i in 0..LANES {
                    double[i] = rho * double[i] + step * f64::from(hour[i]);
                    hour[i] = double[i] as f32;
                }
            }
            return;
        }
        let (rho, step) = (self.rho, self.step);
        // Few lanes at a time, so that where they are stays in registers from hour to hour.
        for group in 0..LANES / ABREAST {
            let kept = &mut paths.now.as_chunks_mut::<ABREAST>().0[group];
            let mut now = *kept;
            for hour in &mut *rest {
                let hour = &mut hour.as_chunks_mut::<ABREAST>().0[group];
                for i in 0..ABREAST {
                    now[i] = rho * now[i] + step * hour[i];
                }
                *hour = now;
            }
            *kept = now;
        }
    }

    fn begin(&self, paths: &mut Paths, first: &mut Lanes<f32>) {
        for i in 0..LANES {
            if let Some([_, sd, _]) = self.double {
                paths.double[i] = sd * f64::from(first[i]);
                first[i] = paths.double[i] as f32;
            } else {
                first[i] *= self.sd;
                paths.now[i] = first[i];
            }
        }
    }
}

impl Recursion {
    /// Takes this multiple of the paths from sums.
    #[inline(always)]
    pub(super) fn take(&self, weight: f32, path: &Lanes<f32>, sums: &mut Sums) {
        if self.double.is_some() {
            for i in 0..LANES {
                sums.double[i] -= f64::from(weight) * f64::from(path[i]);
            }
            return;
        }
        for i in 0..LANES {
            sums.single[i] -= weight * path[i];
        }
    }

    /// What sums come to.
    #[inline(always)]
    pub(super) fn sum(&self, sums: &Sums) -> Lanes<f32> {
        let mut sum = sums.single;
        if self.double.is_some() {
            for i in 0..LANES {
                sum[i] = sums.double[i] as f32;
            }
        }
        sum
    }
}

/// What single precision puts wrong in the tokens of a replication of so many hours, as a share of them.
fn error(part: Part, hours: usize) -> f64 {
    let memory = (1.0 - part.rho).recip().min(hours as f64);
    let coefficient = (f64::from(part.rho as f32) - part.rho).abs() * memory * (2.1 + 0.5 * part.sd);
    let alike = 1.0 - part.rho < ALIKE;
    let roundings = if alike { libm::ldexp(memory, -25) } else { 1.2 * libm::ldexp(memory.sqrt(), -24) };
    part.sd * (coefficient + roundings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::lanes::StreamLanes;
    use crate::random::stream::{Purpose, StreamKey};

    /// Paths of three years by the same normals: what is off, weighted by the tokens, is what is reckoned with, and the usual noise of a
    /// month or a year stays in single precision.
    #[test]
    fn paths_are_as_close_as_is_reckoned_with() {
        let mut normals = StreamLanes::new();
        normals.begin(&StreamKey::new(3, Purpose::Noise, "a"), 0);
        for (sd, rho, hours, is_single) in [
            (0.2, 0.7, 8760, true),
            (0.3, 0.95, 8760, true),
            (0.2, Part::by_half_life(0.0, 48.0).rho, 8760, true),
            (1.0, 0.9, 730, true),
            (1.8, 0.999, 4380, false),
            (0.3, 0.999_99, 26_280, false),
            (2.5, 0.999_9, 26_280, false),
        ] {
            let part = Part { sd, rho };
            let recursion = Recursion::new(part, hours);
            assert_eq!(recursion.double.is_none(), is_single, "{part:?}");
            let (mut paths, mut exact) = (Paths::new(), [0.0; LANES]);
            let (mut first, mut second) = ([Lanes::of(0.0)], [Lanes::of(0.0)]);
            let (mut off, mut all) = ([0.0; LANES], [0.0; LANES]);
            for hour in 0..hours {
                normals.normals(&mut first, &mut second);
                let drawn = first[0];
                recursion.follow(hour == 0, &mut paths, &mut first);
                for lane in 0..LANES {
                    let step = if hour == 0 { part.sd } else { part.innovation() };
                    exact[lane] = part.rho * exact[lane] + step * f64::from(drawn[lane]);
                    let tokens = libm::exp(exact[lane]);
                    off[lane] += tokens * (f64::from(first[0][lane]) / LOG2_E - exact[lane]);
                    all[lane] += tokens;
                }
            }
            let worst = off.iter().zip(all).map(|(off, all)| (off / all).abs()).fold(0.0, f64::max);
            assert!(worst < 1.5 * error(part, hours).min(MOST), "{part:?}: {worst} {}", error(part, hours));
        }
    }
}
