//! Spikes under a tilt, which plants one that makes trouble among those that come as ever; and how likely a path is under it.
//!
//! With s(h) the chance that the planted spike starts in hour h, r(h) that one does so as ever, and g the density of the planted one's length, height
//! and noise over that of any, a path is
//!
//! ```text
//! Σ g s / r over its spikes
//! ```
//!
//! times as likely as without. For spikes with gaps are a stationary renewal process: given that one starts in an hour, the gaps and lengths before
//! it, counted backwards, have the law of those after it (its Palm law: F. Baccelli and P. Brémaud, "Elements of Queueing Theory", 2nd edition,
//! Springer 2003, section 1.3), and what covers the first hour has the law of any length, as lengths are geometric.
//!
//! What a spike makes of a month depends on the noise that it meets. So each comes with the noise of its middle hour, a normal for the fast and one
//! for the slow part, for which the path's own is exchanged as [`steer`](crate::demand::steer) exchanges means: the path's law stays, and what the
//! planted one meets can be moved.

use super::Spikes;
use super::places::{LENGTHS, PLACES, Places};
use crate::demand::noise::Part;
use crate::random::law::Law;
use crate::random::normal::ln_unit;
use crate::random::stream::Stream;
use std::ops::Range;

/// What the planted spike is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpikeTilt {
    /// The chance that it starts in an hour of a class, those with the most demand first; sums to 1.
    pub places: [f64; PLACES],
    /// The chance that it is of a class of lengths, the shortest first; sums to 1.
    pub lengths: [f64; LENGTHS],
    /// By class of lengths, what is added to the normal behind a lognormal height, or to 1 as a factor on the exponential behind a Pareto height; ≥ 0.
    pub sizes: [f64; LENGTHS],
    /// Standard deviation of that normal, > 0.
    pub spread: f64,
    /// What is added to the normals of its middle hour's fast and slow noise.
    pub noise: [f64; 2],
}

/// One spike as it was drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::demand) struct DrawnSpike {
    /// Its first hour and the hour after its last, within the horizon.
    first: usize,
    end: usize,
    /// Hours, with those after the horizon.
    length: f64,
    factor: f64,
    /// Behind its height: a standard normal, or an exponential up to the cap's.
    pub(super) size: f64,
    /// The normals of its middle hour's fast and slow noise.
    pub(super) noise: [f64; 2],
}

/// The spikes of one path, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpikePath {
    spikes: Vec<DrawnSpike>,
}

/// Spikes of which one may be planted, with what draws and densities need.
#[derive(Clone, Debug)]
pub(in crate::demand) struct Tilted {
    spikes: Spikes,
    places: Places,
    planted: Option<SpikeTilt>,
    /// What is behind a height at the cap.
    highest: f64,
}

impl DrawnSpike {
    /// Its hours.
    pub(in crate::demand) fn span(&self) -> Range<usize> {
        self.first..self.end
    }

    /// What it multiplies by.
    pub(in crate::demand) fn factor(&self) -> f64 {
        self.factor
    }

    /// The hour in its middle, and the normals of its noise.
    pub(in crate::demand) fn middle(&self) -> (usize, [f64; 2]) {
        (self.first + (self.end - self.first - 1) / 2, self.noise)
    }
}

impl SpikePath {
    /// Its spikes.
    pub(in crate::demand) fn spikes(&self) -> &[DrawnSpike] {
        &self.spikes
    }

    /// Multiplies `out` by it.
    pub(in crate::demand) fn apply(&self, of: &Spikes, out: &mut [f64]) {
        of.apply_base(out);
        self.spikes.iter().for_each(|spike| out[spike.span()].iter_mut().for_each(|x| *x *= spike.factor));
    }

    /// Gives the path of a part of the noise (0 fast, 1 slow) what the spikes have of it in their middle hours, one after the other.
    pub(in crate::demand) fn exchange(&self, which: usize, part: Part, path: &mut [f64]) {
        for spike in &self.spikes {
            let (hour, noise) = spike.middle();
            let change = part.sd * noise[which] - path[hour];
            let mut at = change;
            for x in &mut path[hour..] {
                *x += at;
                at *= part.rho;
            }
            at = change * part.rho;
            for x in path[..hour].iter_mut().rev() {
                *x += at;
                at *= part.rho;
            }
        }
    }
}

impl Tilted {
    /// Spikes with a chance of a start above 0, on a horizon of at least an hour.
    pub(in crate::demand) fn new(spikes: &Spikes, planted: Option<SpikeTilt>, places: &Places) -> Self {
        Self { highest: spikes.highest(), spikes: spikes.clone(), planted, places: places.clone() }
    }

    /// Draws one path.
    pub(in crate::demand) fn path(&self, stream: &mut Stream) -> SpikePath {
        let hours = self.places.hours();
        let mut spikes = Vec::new();
        let mut at = match &self.planted {
            Some(planted) => {
                let place = class(&planted.places, stream.uniform());
                let start = self.places.hour(place, stream.uniform());
                self.before(start, stream, &mut spikes);
                spikes.reverse();
                let length = class(&planted.lengths, stream.uniform());
                let hours = self.places.length(&self.spikes, length, stream.uniform());
                self.add(start, hours, Some((planted, length)), stream, &mut spikes) + self.gap(stream)
            }
            None if stream.uniform() < self.spikes.share => 0,
            None => 1 + self.gap(stream),
        };
        while at < hours {
            at = self.add(at, self.length(stream), None, stream, &mut spikes) + self.gap(stream);
        }
        SpikePath { spikes }
    }

    /// Draws what is before an hour in which a spike starts, the latest first.
    fn before(&self, start: usize, stream: &mut Stream, spikes: &mut Vec<DrawnSpike>) {
        let mut first = start;
        while first > 0 {
            let gap = self.gap(stream);
            if gap >= first {
                return;
            }
            let end = first - gap;
            // What is before the first hour is not seen.
            let length = self.length(stream).min(end as f64);
            first = end - length as usize;
            self.add(first, length, None, stream, spikes);
        }
    }

    fn gap(&self, stream: &mut Stream) -> usize {
        (self.spikes.gap(stream) as usize).min(self.places.hours())
    }

    fn length(&self, stream: &mut Stream) -> f64 {
        (ln_unit(1.0 - stream.uniform()) * self.spikes.per_length).ceil().max(1.0)
    }

    /// Adds a spike, planted of a class of lengths or as ever, and tells its end.
    fn add(&self, first: usize, length: f64, planted: Option<(&SpikeTilt, usize)>, stream: &mut Stream, to: &mut Vec<DrawnSpike>) -> usize {
        let (tilt, spread, moved) = planted.map_or((0.0, 1.0, [0.0; 2]), |(tilt, class)| (tilt.sizes[class], tilt.spread, tilt.noise));
        let (size, height) = match self.spikes.size {
            Law::LogNormal { mu, sigma } => {
                let normal = tilt + spread * stream.normals().0;
                (normal, libm::exp(mu + sigma * normal))
            }
            Law::Pareto { scale, alpha, cap } => {
                let exponential = -libm::log1p(-stream.uniform()) * (1.0 + tilt);
                (exponential.min(self.highest), (scale * libm::exp(exponential / alpha)).min(cap))
            }
            ref law => (0.0, law.sample(stream)),
        };
        let (fast, slow) = stream.normals();
        let end = first + (length as usize).min(self.places.hours() - first);
        to.push(DrawnSpike { first, end, length, factor: 1.0 + height, size, noise: [fast + moved[0], slow + moved[1]] });
        end
    }

    /// How likely a path is under the tilt, over how likely it is without.
    pub(in crate::demand) fn ratio(&self, path: &SpikePath) -> f64 {
        match &self.planted {
            Some(planted) => path.spikes.iter().map(|spike| self.planted_for_one(planted, spike)).sum(),
            None => 1.0,
        }
    }

    /// Its spikes with the chance of each that it was planted, and their classes of hours and lengths.
    pub(super) fn planted<'p>(&'p self, path: &'p SpikePath) -> impl Iterator<Item = (f64, &'p DrawnSpike, usize, usize)> {
        let all = self.ratio(path);
        self.planted.iter().flat_map(move |planted| {
            path.spikes.iter().map(move |spike| {
                let share = self.planted_for_one(planted, spike) / all;
                (share, spike, self.places.of_hour(spike.first), self.places.of_length(spike.length))
            })
        })
    }

    /// How many planted ones would be such a spike for one as ever.
    fn planted_for_one(&self, planted: &SpikeTilt, spike: &DrawnSpike) -> f64 {
        let (place, length) = (self.places.of_hour(spike.first), self.places.of_length(spike.length));
        let tilt = planted.sizes[length];
        let height = match self.spikes.size {
            Law::LogNormal { .. } => {
                let z = (spike.size - tilt) / planted.spread;
                0.5 * (spike.size * spike.size - z * z) - libm::log(planted.spread)
            }
            Law::Pareto { .. } => {
                let rate = (1.0 + tilt).recip();
                (1.0 - rate) * spike.size + if spike.size < self.highest { libm::log(rate) } else { 0.0 }
            }
            _ => 0.0,
        };
        let noise: f64 = spike.noise.iter().zip(planted.noise).map(|(z, tilt)| tilt * (z - 0.5 * tilt)).sum();
        let starts = if spike.first == 0 { self.spikes.share } else { self.spikes.share / self.spikes.length };
        let starts = planted.places[place] / self.places.size(place) / starts;
        starts * planted.lengths[length] / self.places.chance(length) * libm::exp(height + noise)
    }

    /// What is behind a height at the cap.
    pub(super) fn highest(&self) -> f64 {
        self.highest
    }
}

/// The class of a uniform among classes of such chances.
fn class(chances: &[f64], uniform: f64) -> usize {
    let mut sum = 0.0;
    let last = chances.iter().rposition(|&chance| chance > 0.0).unwrap_or(0);
    let found = chances.iter().position(|chance| {
        sum += chance;
        uniform < sum
    });
    found.unwrap_or(last)
}

impl Spikes {
    /// The exponential behind a Pareto height at its cap; infinite without.
    fn highest(&self) -> f64 {
        match self.size {
            Law::Pareto { scale, alpha, cap } => alpha * libm::log(cap / scale),
            _ => f64::INFINITY,
        }
    }
}

#[cfg(test)]
mod tests;
