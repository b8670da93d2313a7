//! Tokens by class, and the weights that quotas and capacities give the classes.

use std::ops::{Add, AddAssign, Mul, Sub};

/// One number per token class: tokens, a price, a weight. Cache reads and cache writes are counted apart from `input`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ByClass {
    /// Fresh prompt tokens.
    pub input: f64,
    /// Prompt tokens read from the cache.
    pub cache_read: f64,
    /// Prompt tokens written to the cache.
    pub cache_write: f64,
    /// Generated tokens.
    pub output: f64,
}

/// Names of the classes, in the order of the fields.
pub const CLASSES: [&str; 4] = ["input", "cache_read", "cache_write", "output"];

impl ByClass {
    /// Nothing of any class.
    pub const ZERO: Self = Self { input: 0.0, cache_read: 0.0, cache_write: 0.0, output: 0.0 };
    /// One for each class: every token counts once.
    pub const ONE: Self = Self { input: 1.0, cache_read: 1.0, cache_write: 1.0, output: 1.0 };

    /// The sum over the classes.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.input + self.cache_read + self.cache_write + self.output
    }

    /// Sum of products by class: tokens × weights, or tokens × prices.
    #[must_use]
    pub fn dot(&self, other: &Self) -> f64 {
        self.input * other.input + self.cache_read * other.cache_read + self.cache_write * other.cache_write + self.output * other.output
    }

    /// The numbers in the order of [`CLASSES`].
    #[must_use]
    pub fn to_array(&self) -> [f64; 4] {
        [self.input, self.cache_read, self.cache_write, self.output]
    }

    /// From numbers in the order of [`CLASSES`].
    #[must_use]
    pub fn from_array([input, cache_read, cache_write, output]: [f64; 4]) -> Self {
        Self { input, cache_read, cache_write, output }
    }
}

impl Add for ByClass {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            input: self.input + other.input,
            cache_read: self.cache_read + other.cache_read,
            cache_write: self.cache_write + other.cache_write,
            output: self.output + other.output,
        }
    }
}

impl Sub for ByClass {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + other * -1.0
    }
}

impl AddAssign for ByClass {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Mul<f64> for ByClass {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self {
            input: self.input * factor,
            cache_read: self.cache_read * factor,
            cache_write: self.cache_write * factor,
            output: self.output * factor,
        }
    }
}
