//! Rows on a grid in ln V, shared by all laws of a margin, a burstiness and a number of windows.
//!
//! A decision reads its scenario many times, each with a change that seldom touches minutes. What a row holds depends on what it is of
//! alone, so the laws of all these scenarios look at the same rows, for as long as one of them is there.

use super::row::{COARSE, Row};
use super::{LARGEST, Margin, SMALLEST};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

/// ln `SMALLEST`.
pub(super) const START: f64 = -18.420_680_743_952_367;
/// ln(`LARGEST` / `SMALLEST`).
const SPAN: f64 = 25.328_436_022_934_504;
const _: () = assert!(SMALLEST == 1e-8 && LARGEST == 1e3);

/// The grids in use, found by what they are of.
static IN_USE: Mutex<Vec<Weak<Grid>>> = Mutex::new(Vec::new());

/// Rows on a grid. Row i stands at ln V = `START` + (i − 1) `step`.
#[derive(Debug)]
pub(super) struct Grid {
    margin: Margin,
    sigma_f: f64,
    windows: u32,
    pub(super) step: f64,
    cells: Vec<OnceLock<Row<f32>>>,
}

impl Grid {
    /// The grid of these, whoever uses it already.
    pub(super) fn of(margin: Margin, sigma_f: f64, windows: u32) -> Arc<Self> {
        let key = (margin, sigma_f.to_bits(), windows);
        let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        in_use.retain(|grid| grid.strong_count() > 0);
        let known = in_use.iter().filter_map(Weak::upgrade).find(|grid| (grid.margin, grid.sigma_f.to_bits(), grid.windows) == key);
        known.unwrap_or_else(|| {
            // Burstiness smooths the functions in ln V, so the rows, which then cost more, can stand wider apart.
            let step = 0.024 + 0.04 * sigma_f.clamp(0.0, 1.0);
            // The parabola needs one row below the first and one above the last.
            let rows = (SPAN / step) as usize + 3;
            let grid = Arc::new(Self { margin, sigma_f, windows, step, cells: (0..rows).map(|_| OnceLock::new()).collect() });
            in_use.push(Arc::downgrade(&grid));
            grid
        })
    }

    /// The three rows around a position on the grid, counted in steps from its start, and which is the first.
    #[inline]
    pub(super) fn around(&self, position: f64) -> (usize, [&Row<f32>; 3]) {
        let first = ((position + 0.5) as usize).min(self.cells.len() - 3);
        (first, self.from(first))
    }

    /// Three rows, given the first.
    #[inline]
    pub(super) fn from(&self, first: usize) -> [&Row<f32>; 3] {
        [self.row(first), self.row(first + 1), self.row(first + 2)]
    }

    #[inline]
    fn row(&self, index: usize) -> &Row<f32> {
        let variance = || libm::exp(START + (index as f64 - 1.0) * self.step);
        self.cells[index].get_or_init(|| Row::new(self.margin, self.sigma_f, self.windows, variance(), COARSE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_of_the_same_are_the_same() {
        let grid = Grid::of(Margin::Gamma, 0.371, 60);
        assert!(Arc::ptr_eq(&grid, &Grid::of(Margin::Gamma, 0.371, 60)));
        for other in [Grid::of(Margin::LogNormal, 0.371, 60), Grid::of(Margin::Gamma, 0.372, 60), Grid::of(Margin::Gamma, 0.371, 360)] {
            assert!(!Arc::ptr_eq(&grid, &other));
        }
    }
}
