//! The functions of the capacity at many places at once: what [`MinuteRow::all`] tells, with the arithmetic side by side.
//!
//! One read takes some forty operations that wait for one another and for the row; side by side they overlap, or share a vector.

#![allow(clippy::inline_always, reason = "compiled for the instruction set of whoever reads")]

use super::row::{COARSE, Position, all_near_zero, is_near_zero, join_inside, place};
use super::{At, MinuteRow};

/// Reads at a time.
pub(crate) const MANY: usize = 64;

/// Capacities, and what is found there.
#[derive(Clone, Debug)]
pub(crate) struct Reads {
    number: usize,
    /// The rows that they are read in, by number.
    row: [usize; MANY],
    capacity: [f64; MANY],
    /// G, P and H, and nothing.
    found: [[f64; 4]; MANY],
    /// Of the row, on the capacity's side of the mean.
    scale: [f64; MANY],
    piece: [u64; MANY],
    weights: [[f32; MANY]; 4],
}

impl Default for Reads {
    fn default() -> Self {
        Self {
            number: 0,
            row: [0; MANY],
            capacity: [0.0; MANY],
            found: [[0.0; 4]; MANY],
            scale: [0.0; MANY],
            piece: [0; MANY],
            weights: [[0.0; MANY]; 4],
        }
    }
}

impl Reads {
    /// Forgets what was asked.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.number = 0;
    }

    /// Asks for a capacity in one of the rows. At most [`MANY`] may be asked for together.
    #[inline]
    pub(crate) fn ask(&mut self, row: usize, capacity: f64) {
        self.row[self.number] = row;
        self.capacity[self.number] = capacity;
        self.number += 1;
    }

    /// The number of each row asked for, and its G, P and H.
    #[inline]
    pub(crate) fn found(&self) -> impl Iterator<Item = (usize, [f64; 3])> {
        self.row.iter().zip(&self.found).take(self.number).map(|(&row, &[excess, minute, hour, _])| (row, [excess, minute, hour]))
    }

    /// Reads all, in rows of the grid.
    #[inline(always)]
    pub(crate) fn read(&mut self, rows: &[MinuteRow<'_>]) {
        let number = self.number;
        for ((scale, &r), &row) in self.scale.iter_mut().zip(&self.capacity).zip(&self.row).take(number) {
            *scale = rows[row].scales.of(r < 1.0);
        }
        let [w0, w1, w2, w3] = &mut self.weights;
        for i in 0..number {
            let (piece, [a, b, c, d]) = place(self.capacity[i], self.scale[i], COARSE);
            self.piece[i] = piece;
            (w0[i], w1[i], w2[i], w3[i]) = (a as f32, b as f32, c as f32, d as f32);
        }
        for i in 0..number {
            let r = self.capacity[i];
            let At::Between(three, joined) = &rows[self.row[i]].at else { continue };
            let at = Position::found(r, self.piece[i], [w0[i], w1[i], w2[i], w3[i]]);
            // Two ways that meet before the numbers are kept would keep the compiler from reading four at a time.
            if is_near_zero(*three, &at) {
                self.found[i] = all_near_zero(*three, *joined, &at).map(f64::from);
                continue;
            }
            let joined = join_inside(*three, *joined, &at);
            for (found, joined) in self.found[i].iter_mut().zip(joined) {
                *found = f64::from(joined);
            }
        }
        for (found, &r) in self.found.iter_mut().zip(&self.capacity).take(number) {
            // Below the mean, the distances from what there would be without any variance.
            let (base, sign) = if r < 1.0 { ([1.0 - r, 1.0, 1.0, 0.0], [1.0, -1.0, -1.0, 1.0]) } else { ([0.0; 4], [1.0; 4]) };
            for (i, (found, most)) in found.iter_mut().zip([f64::INFINITY, 1.0, 1.0, 1.0]).enumerate() {
                *found = base[i] + sign[i] * found.max(0.0).min(most);
            }
        }
    }
}

impl MinuteRow<'_> {
    /// The capacity from which on nothing exceeds it; `None` for a row that is not of the grid, which [`Reads`] cannot read.
    #[inline]
    pub(crate) fn end(&self) -> Option<f64> {
        let At::Between(rows, _) = &self.at else { return None };
        let last = rows.iter().fold(1.0, |last, row| if row.upper_end > last { row.upper_end } else { last });
        // A hair more, as the way back from y is not exact.
        Some((1.0 + (last - 1.0) / self.scales.of(false)) * (1.0 + 1e-12))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supply::{Margin, MinuteLaw};

    #[test]
    fn they_are_the_single_reads() {
        let law = MinuteLaw::new(Margin::Gamma, 0.5);
        let rows: Vec<MinuteRow<'_>> = [1e-4, 0.003, 0.07, 0.4, 3.0].iter().map(|&variance| law.at(variance)).collect();
        let capacities: Vec<f64> = [0.0, 1e-9, 0.3, 0.99, 1.0, 1.01, 1.7, 4.0, 1e3].into();
        let mut reads = Reads::default();
        let mut want = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            let end = row.end().unwrap();
            assert_eq!(row.all(end), [0.0; 3]);
            assert_ne!(row.all(1.0 + 0.9 * (end - 1.0))[2], 0.0);
            for &capacity in &capacities {
                reads.ask(number, capacity);
                want.push((number, row.all(capacity).map(f64::to_bits)));
            }
        }
        reads.read(&rows);
        let got: Vec<(usize, [u64; 3])> = reads.found().map(|(row, found)| (row, found.map(f64::to_bits))).collect();
        assert_eq!(got, want);
        assert_eq!(MinuteLaw::constant(Margin::Gamma, 0.5, 0.1).at(0.1).end(), None);
    }
}
