//! A small seeded source of draws for the tests of this folder.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

use super::normal::normal_quantile;

pub(super) struct Draws(Xoshiro256PlusPlus);

impl Draws {
    pub(super) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// Uniform in (0, 1), never an end.
    pub(super) fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64)
    }

    pub(super) fn normal(&mut self) -> f64 {
        normal_quantile(self.uniform())
    }

    /// Mean 1.
    pub(super) fn exponential(&mut self) -> f64 {
        -libm::log(self.uniform())
    }

    /// The upper-tail probabilities of the `count` largest of `n` independent samples, largest sample first: Rényi's
    /// representation, which spares the tests of a tail the samples below it.
    pub(super) fn largest(&mut self, count: usize, n: usize) -> Vec<f64> {
        let mut sum = 0.0;
        let next = |i: usize| {
            sum += self.exponential() / (n - i) as f64;
            -libm::expm1(-sum)
        };
        (0..count).map(next).collect()
    }
}

/// Four standard errors of a share `p` seen in `repeats` repeats.
pub(super) fn four_standard_errors(p: f64, repeats: u32) -> f64 {
    4.0 * (p * (1.0 - p) / f64::from(repeats)).sqrt()
}
