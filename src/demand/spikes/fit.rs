//! The planted spike that makes given paths likely: where to look first, and one step of expectation and maximisation, as which spike was planted is
//! not known of any.

use super::Spikes;
use super::places::{LENGTHS, PLACES, Places};
use super::tilted::{SpikePath, SpikeTilt, Tilted};
use crate::demand::tilt::shrunk;
use crate::random::law::Law;

/// How much likelier it starts in an hour of each class, and is of each class of lengths, at first; and its height by the latter.
const PLACES_FIRST: [f64; PLACES] = [4.0, 4.0, 3.0, 2.0, 1.0, 0.5];
const LENGTHS_FIRST: [f64; LENGTHS] = [0.5, 1.0, 2.0, 3.0, 4.0];
const SIZES_FIRST: [f64; LENGTHS] = [2.5, 2.2, 2.0, 1.8, 1.5];
const NOISE_FIRST: f64 = 0.7;
/// Farthest tilt of a normal, and the spread of a height's.
const FARTHEST: f64 = 6.0;
const SPREAD: (f64, f64) = (0.75, 1.0);
/// As many paths as what was before counts.
const BEFORE: f64 = 4.0;
/// Share of the planted spikes that is spread over all classes, whatever was seen.
const KEPT: f64 = 0.2;

/// Weighted sums over planted spikes.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::demand) struct Evidence {
    places: [f64; PLACES],
    lengths: [f64; LENGTHS],
    /// By class of lengths, what is behind heights, its square, and those below the cap.
    sizes: [f64; LENGTHS],
    squares: [f64; LENGTHS],
    below: [f64; LENGTHS],
    noise: [f64; 2],
}

impl SpikeTilt {
    /// What to plant where nothing is known yet.
    pub(in crate::demand) fn first(places: &Places) -> Self {
        let by_place = std::array::from_fn(|place| PLACES_FIRST[place] * places.size(place));
        let by_length = std::array::from_fn(|length| LENGTHS_FIRST[length] * places.chance(length));
        Self { places: to_one(by_place), lengths: to_one(by_length), sizes: SIZES_FIRST, spread: 1.0, noise: [NOISE_FIRST; 2] }
    }
}

impl Evidence {
    /// Adds a path that counts so much.
    pub(in crate::demand) fn add(&mut self, weight: f64, tilted: &Tilted, path: &SpikePath) {
        for (share, spike, place, length) in tilted.planted(path) {
            let weight = weight * share;
            self.places[place] += weight;
            self.lengths[length] += weight;
            self.sizes[length] += weight * spike.size;
            self.squares[length] += weight * spike.size * spike.size;
            self.below[length] += if spike.size < tilted.highest() { weight } else { 0.0 };
            self.noise.iter_mut().zip(spike.noise).for_each(|(sum, z)| *sum += weight * z);
        }
    }

    /// The likeliest tilt; `number` is how many paths of equal weight would tell as much as those added, whose weights sum to `all`.
    pub(in crate::demand) fn tilt(&self, spikes: &Spikes, before: SpikeTilt, number: f64, all: f64) -> SpikeTilt {
        let seen = number / all;
        let (changes, counts) = (0..LENGTHS).fold((0.0, 0.0), |(sum, count), length| {
            (sum + self.sizes[length] - before.sizes[length] * self.lengths[length], count + self.lengths[length])
        });
        // Classes of which little was seen move with the others.
        let moved = |length: usize| before.sizes[length] + if counts > 0.0 { changes / counts } else { 0.0 };
        let size = |length: usize| {
            let (sum, count) = (seen * self.sizes[length], seen * self.lengths[length]);
            let found = match spikes.size {
                Law::LogNormal { .. } => (sum + BEFORE * moved(length)) / (count + BEFORE),
                Law::Pareto { .. } => (sum + BEFORE * (1.0 + before.sizes[length])) / (seen * self.below[length] + BEFORE) - 1.0,
                _ => 0.0,
            };
            found.clamp(0.0, FARTHEST)
        };
        let sizes: [f64; LENGTHS] = std::array::from_fn(size);
        // Around what each class has from now on.
        let square = |length: usize| {
            let size = sizes[length];
            self.squares[length] - 2.0 * size * self.sizes[length] + size * size * self.lengths[length]
        };
        let variance = (seen * (0..LENGTHS).map(square).sum::<f64>() + BEFORE) / (number + BEFORE);
        SpikeTilt {
            places: chances(seen, number, self.places, before.places),
            lengths: chances(seen, number, self.lengths, before.lengths),
            sizes,
            spread: variance.sqrt().clamp(SPREAD.0, SPREAD.1),
            noise: self.noise.map(|sum| shrunk(sum / all, number).clamp(-FARTHEST, FARTHEST)),
        }
    }
}

/// The chances of classes as seen, beside what they were before; those that there are keep a part each.
fn chances<const N: usize>(seen: f64, number: f64, sums: [f64; N], before: [f64; N]) -> [f64; N] {
    let classes = before.iter().filter(|&&chance| chance > 0.0).count() as f64;
    let found = |class: usize| (seen * sums[class] + BEFORE * before[class]) / (number + BEFORE);
    to_one(std::array::from_fn(|class| if before[class] > 0.0 { (1.0 - KEPT) * found(class) + KEPT / classes } else { 0.0 }))
}

/// Chances in these proportions.
fn to_one<const N: usize>(parts: [f64; N]) -> [f64; N] {
    let sum: f64 = parts.iter().sum();
    parts.map(|part| part / sum)
}
