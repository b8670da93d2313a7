//! Hours of a month in cells of their weighted tokens and their mix, with the sums that a polynomial of second degree needs.
//!
//! Of each cell and lane: how many hours, and the sums of their places x and y in it, from −½ to ½, of x², xy and y². Sums are taken hour
//! by hour in every lane, so that they are the same bits for every instruction set.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use super::axis::Axis;
use super::bins::ROWS;
use crate::random::lanes::{LANES, Lanes, larger};

/// Sums of a cell.
pub(super) const SUMS: usize = 6;

/// The sums of a cell in one lane: hours, x, y, x², xy, y².
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
struct Sums([f32; 8]);

/// All cells of a month.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    /// By row, column and lane; the last row takes what does not belong into any. All zero between months.
    sums: Vec<Sums>,
    /// The lowest row with an hour, and the highest.
    lowest: Lanes<u32>,
    highest: Lanes<u32>,
    /// Weighted tokens and answers of the hours below the first row.
    below: [Lanes<f32>; 2],
}

impl Cells {
    pub(super) fn new() -> Self {
        let (lowest, highest) = (Lanes::of(ROWS as u32), Lanes::of(0));
        Self { sums: Vec::new(), lowest, highest, below: [Lanes::of(0.0); 2] }
    }

    /// Makes room for an axis.
    pub(super) fn begin(&mut self, axis: &Axis) {
        let cells = (ROWS + 1 - axis.first_row) * axis.columns * LANES;
        if self.sums.len() < cells {
            self.sums.resize(cells, Sums([0.0; 8]));
        }
    }

    /// Adds one hour.
    #[inline(always)]
    pub(super) fn add(&mut self, axis: &Axis, prompts: &Lanes<f32>, answers: &Lanes<f32>) {
        // Adding 2²³ leaves the nearest whole number in the last bits.
        const SHIFT: f32 = 8_388_608.0;
        let below_bin = 23 - axis.bins.per_octave();
        let mask = (1_u32 << below_bin) - 1;
        let (base, first_row) = (axis.bins.base(), axis.first_row as u32);
        let first = axis.bins.edge(axis.first_row) as f32;
        let [prompt, answer] = axis.weights.map(|weight| weight as f32);
        let ((start, per_share), last) = (axis.columns_at(), (axis.columns - 1) as f32);
        let place = 1.0 / (mask + 1).cast_signed() as f32;
        let (mut cells, mut xs, mut ys) = (Lanes::of(0_u32), Lanes::of(0.0_f32), Lanes::of(0.0_f32));
        for i in 0..LANES {
            let tokens = prompt * prompts[i] + answer * answers[i];
            let bits = tokens.to_bits();
            let row = (bits >> below_bin).wrapping_sub(base).min(ROWS as u32);
            let is_below = tokens < first;
            self.below[0][i] += if is_below { tokens } else { 0.0 };
            self.below[1][i] += if is_below { answers[i] } else { 0.0 };
            let row = if is_below { ROWS as u32 } else { row };
            self.lowest[i] = self.lowest[i].min(row);
            let reached = if is_below { 0 } else { row };
            self.highest[i] = self.highest[i].max(reached);
            xs[i] = (bits & mask).cast_signed() as f32 * place - 0.5;
            let y = (answers[i] / larger(tokens, 1e-30) - start) * per_share - 0.5;
            let shifted = -larger(-larger(y, 0.0), -last) + SHIFT;
            ys[i] = y - (shifted - SHIFT);
            let column = shifted.to_bits() & 0xff;
            cells[i] = ((row - first_row) * axis.columns as u32 + column) * LANES as u32 + i as u32;
        }
        for i in 0..LANES {
            if let Some(Sums(sums)) = self.sums.get_mut(cells[i] as usize) {
                let (x, y) = (xs[i], ys[i]);
                let more = [1.0, x, y, x * x, x * y, y * y, 0.0, 0.0];
                for k in 0..8 {
                    sums[k] += more[k];
                }
            }
        }
    }

    /// The rows that have hours.
    pub(super) fn rows(&self) -> std::ops::Range<usize> {
        let lowest = self.lowest.iter().copied().min().unwrap_or(0) as usize;
        let highest = self.highest.iter().copied().max().unwrap_or(0) as usize;
        lowest..(highest + 1).min(ROWS).max(lowest)
    }

    /// Whether an hour of a lane was beyond the last row.
    pub(super) fn is_beyond(&self, lane: usize) -> bool {
        self.highest[lane] as usize >= ROWS
    }

    /// Weighted tokens and answers of a lane's hours below the first row.
    pub(super) fn below(&self) -> &[Lanes<f32>; 2] {
        &self.below
    }

    /// The sums of a cell in every lane; whether it has any hours.
    #[inline(always)]
    pub(super) fn read(&self, axis: &Axis, row: usize, column: usize, out: &mut [Lanes<f32>; SUMS]) -> bool {
        let start = ((row - axis.first_row) * axis.columns + column) * LANES;
        let Some(sums) = self.sums.get(start..start + LANES) else { return false };
        let mut any = 0;
        for (i, Sums(sums)) in sums.iter().enumerate() {
            any |= sums[0].to_bits();
            for k in 0..SUMS {
                out[k][i] = sums[k];
            }
        }
        any != 0
    }

    /// Empties the cells of a month.
    pub(super) fn clear(&mut self, axis: &Axis) {
        let row = LANES * axis.columns;
        let rows = self.rows();
        for range in [rows, ROWS..ROWS + 1] {
            let (start, end) = (range.start.saturating_sub(axis.first_row) * row, range.end.saturating_sub(axis.first_row) * row);
            if let Some(sums) = self.sums.get_mut(start..end) {
                sums.fill(Sums([0.0; 8]));
            }
        }
        (self.lowest, self.highest, self.below) = (Lanes::of(ROWS as u32), Lanes::of(0), [Lanes::of(0.0); 2]);
    }
}
