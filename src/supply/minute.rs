//! The law of a minute's demand given its hour: how much of it exceeds a capacity, how often, and whether it does in the hour.
//!
//! A minute's demand is m times the hour's mean per minute, with m ≥ 0 of mean 1. Given the hour's burstiness f (lognormal, mean 1, sd
//! of the logarithm `sigma_f`) the hour's sixty minutes are independent, and m has variance f V. With R the capacity in
//! multiples of the hour's mean:
//!
//! - G(R, V) = E\[(m − R)+\], the share of the hour's demand that overflows
//! - P(R, V) = P(m > R), the expected share of minutes over
//! - H(R, V) = E\[1 − (1 − P(m > R | f))⁶⁰\], the probability that some minute of the hour is over
//!
//! They come from rows, built when first needed, each for one V. A stated V has a row of its own; otherwise rows stand on a grid in ln V
//! and three of them are joined by the parabola through them, each read at the same distance from 1 in units of √V. Scenarios that are
//! looked at together have the same grids: a row takes milliseconds to build.

mod exact;
mod grid;
mod inverse;
mod many;
mod row;

pub use crate::demand::Margin;
use crate::random::normal::ln_unit;
use std::sync::{Arc, OnceLock};

pub use exact::{exact_exceedance, exact_overflow};
use grid::{Grid, START};
pub(crate) use many::{MANY, ManyRows, Reads};
use row::{COARSE, Digits, FINE, Position, Row, Scales, join, join_all};

/// Smallest variance above 0. A minute then stays within 0.06 % of its mean all month long: no capacity could tell it from 0.
const SMALLEST: f64 = 1e-8;
/// Largest variance. A gamma minute then exceeds its mean once in 160 times only: hours are empty or far beyond any capacity, and
/// more variance changes neither.
const LARGEST: f64 = 1e3;
/// Minutes of an hour.
const MINUTES: u32 = 60;

/// The law of a minute, for every variance or for one that is stated. Shared between threads; what it returns does not depend on
/// what was asked before.
#[derive(Debug)]
pub struct MinuteLaw {
    margin: Margin,
    sigma_f: f64,
    /// Windows of an hour: 60 where they are minutes.
    windows: u32,
    rows: Rows,
}

#[derive(Debug)]
enum Rows {
    Grid(Arc<Grid>),
    One { variance: f64, row: OnceLock<Row<f64>> },
}

impl MinuteLaw {
    /// The law for variances that change from hour to hour. `sigma_f` is from 0 (no burstiness) to about 1.5.
    ///
    /// For R ≥ 0.01: G, P and H are within 1e-4 of their value where G > 1e-6, within 1e-3 where P > 1e-7, and within 1e-8 beyond.
    pub fn new(margin: Margin, sigma_f: f64) -> Self {
        Self { margin, sigma_f, windows: MINUTES, rows: Rows::Grid(Grid::of(margin, sigma_f, MINUTES)) }
    }

    /// The law for one stated variance, which [`at`](Self::at) then uses whatever it is asked for. For R ≥ 0.01, G, P and H
    /// are within 1e-8.
    pub fn constant(margin: Margin, sigma_f: f64, variance: f64) -> Self {
        Self { margin, sigma_f, windows: MINUTES, rows: Rows::One { variance: clamp(variance), row: OnceLock::new() } }
    }

    /// The same for an hour of so many independent windows instead of its sixty minutes; variances are then of a window.
    #[must_use]
    pub fn with_windows(self, windows: u32) -> Self {
        let rows = match self.rows {
            Rows::Grid(_) => Rows::Grid(Grid::of(self.margin, self.sigma_f, windows)),
            Rows::One { variance, .. } => Rows::One { variance, row: OnceLock::new() },
        };
        Self { windows, rows, ..self }
    }

    /// The functions of the capacity at variance `v` of a minute of mean 1 (the mean over f). Above 0, `v` is brought into
    /// \[1e-8, 1e3\]; 0, or anything below, stands for minutes equal to their hour's mean.
    #[inline]
    pub fn at(&self, v: f64) -> MinuteRow<'_> {
        match &self.rows {
            Rows::One { variance, row } => {
                let at = if *variance > 0.0 { At::One(row.get_or_init(|| self.build(*variance))) } else { At::None };
                MinuteRow { at, scales: Scales::new(*variance, FINE) }
            }
            Rows::Grid(grid) => {
                let v = clamp(v);
                let scales = Scales::new(v, COARSE);
                if v == 0.0 {
                    return MinuteRow { at: At::None, scales };
                }
                let position = ((ln_unit(v) - START) / grid.step).max(0.0);
                let (first, rows) = grid.around(position);
                let [a, b, c] = parabola(position - first as f64);
                MinuteRow { at: At::Between(rows, [a as f32, b as f32, c as f32]), scales }
            }
        }
    }

    /// The margin, and the standard deviation of the logarithm of the burstiness.
    #[must_use]
    pub fn shape(&self) -> (Margin, f64) {
        (self.margin, self.sigma_f)
    }

    /// Whether every minute is its hour's mean.
    #[must_use]
    pub fn is_still(&self) -> bool {
        matches!(self.rows, Rows::One { variance: 0.0, .. })
    }

    /// Windows of an hour.
    #[must_use]
    pub fn windows(&self) -> u32 {
        self.windows
    }

    fn build<T: Digits>(&self, variance: f64) -> Row<T> {
        Row::new(self.margin, self.sigma_f, self.windows, variance, FINE)
    }
}

/// The functions of the capacity at one variance. Cheap to make and to copy.
#[derive(Debug, Clone, Copy)]
pub struct MinuteRow<'a> {
    at: At<'a>,
    scales: Scales,
}

/// Where a variance lies.
#[derive(Debug, Clone, Copy)]
enum At<'a> {
    /// At no variance: the minute is the mean.
    None,
    /// At a row's own.
    One(&'a Row<f64>),
    /// Nearest to the second of three rows, with their weights.
    Between([&'a Row<f32>; 3], [f32; 3]),
}

impl MinuteRow<'_> {
    /// G: the expected excess over capacity `r`, as a share of the hour's mean demand. `r` ≥ 0 in multiples of that mean.
    #[inline]
    pub fn overflow(&self, r: f64) -> f64 {
        let rest = self.value::<0>(r);
        if r < 1.0 { (1.0 - r) + rest } else { rest }
    }

    /// G, P and H at once, for less than three calls.
    #[inline]
    pub fn all(&self, r: f64) -> [f64; 3] {
        let [excess, minute, hour, _] = match &self.at {
            At::None => [0.0; 4],
            At::One(row) => join_all([*row], [1.0], &Position::new(self.scales, r)),
            At::Between(rows, weights) => join_all(*rows, *weights, &Position::new(self.scales, r)).map(f64::from),
        }
        .map(|value| value.max(0.0));
        let (minute, hour) = (minute.min(1.0), hour.min(1.0));
        if r < 1.0 { [(1.0 - r) + excess, 1.0 - minute, 1.0 - hour] } else { [excess, minute, hour] }
    }

    /// P: the probability that a minute is over capacity `r`.
    #[inline]
    pub fn exceedance(&self, r: f64) -> f64 {
        let rest = self.value::<1>(r).min(1.0);
        if r < 1.0 { 1.0 - rest } else { rest }
    }

    /// H: the probability that at least one of the hour's sixty minutes is over capacity `r`.
    #[inline]
    pub fn hour_exceedance(&self, r: f64) -> f64 {
        let rest = self.value::<2>(r).min(1.0);
        if r < 1.0 { 1.0 - rest } else { rest }
    }

    /// The capacity from which on nothing is exceeded: there and beyond, all that is read is 0, to the last bit.
    #[inline]
    pub(crate) fn end(&self) -> f64 {
        let last = match &self.at {
            At::None => return 1.0,
            At::One(row) => row.upper_end,
            At::Between(rows, _) => row::last(rows),
        };
        row::end(last, self.scales.of(false))
    }

    /// From 1 on the function itself, below 1 its distance from the value it would have without any variance: small in both tails.
    #[inline]
    fn value<const WHICH: usize>(&self, r: f64) -> f64 {
        let value = match &self.at {
            At::None => 0.0,
            At::One(row) => join::<_, 1, WHICH>([*row], [1.0], &Position::new(self.scales, r)),
            At::Between(rows, weights) => f64::from(join::<_, 3, WHICH>(*rows, *weights, &Position::new(self.scales, r))),
        };
        // The parabola's negative weights leave some -1e-16 where rows end.
        value.max(0.0)
    }
}

/// A variance as the laws take it.
pub(crate) fn clamp(v: f64) -> f64 {
    if v > 0.0 { v.clamp(SMALLEST, LARGEST) } else { 0.0 }
}

/// Weights of the points −1, 0, 1 at t in \[−½, ½\], of the parabola through them.
#[inline]
fn parabola(t: f64) -> [f64; 3] {
    [0.5 * t * (t - 1.0), 1.0 - t * t, 0.5 * t * (t + 1.0)]
}

#[cfg(test)]
mod tests;
