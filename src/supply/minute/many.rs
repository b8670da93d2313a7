//! The functions of the capacity in many hours at once: what [`MinuteRow::all`](super::MinuteRow::all) tells, with the arithmetic side by side.
//!
//! One read takes some forty operations that wait for one another and for the row; side by side they overlap, or share a vector.

#![allow(clippy::inline_always, reason = "compiled for the instruction set of whoever reads")]
#![allow(clippy::needless_range_loop, reason = "lists of one length, entry by entry, are told apart best by the number of the hour")]

use super::grid::Grid;
use super::row::{self, COARSE, Node, Position, Scales, all_near_zero, join_inside, place};
use super::{At, LARGEST, MinuteLaw, MinuteRow, Rows, SMALLEST, START, parabola};
use crate::random::normal::ln_unit;

/// Hours, and reads, at a time.
pub(crate) const MANY: usize = 64;
/// Numbers that are worked on together, whatever is left of a list: a vector of any width takes them without a remainder.
const STEP: usize = 8;

/// The law at the variances of many hours.
#[derive(Clone, Debug)]
pub(crate) struct ManyRows<'a> {
    /// By hour: the first of three rows of the law's grid, their nodes above and below the mean, and their weights.
    grid: Option<&'a Grid>,
    first: [usize; MANY],
    nodes: [[[&'a [Node<f32>]; 3]; 2]; MANY],
    weights: [[f32; 3]; MANY],
    /// What a distance from the mean is multiplied by, above and below it.
    scales: [[f64; MANY]; 2],
    /// The capacities from which on nothing is exceeded.
    ends: [f64; MANY],
}

impl Default for ManyRows<'_> {
    fn default() -> Self {
        Self {
            grid: None,
            first: [0; MANY],
            nodes: [[[&[]; 3]; 2]; MANY],
            weights: [[0.0; 3]; MANY],
            scales: [[0.0; MANY]; 2],
            ends: [0.0; MANY],
        }
    }
}

impl<'a> ManyRows<'a> {
    /// Finds the rows of so many hours, at most [`MANY`], in which the law [is tabulated](MinuteLaw::is_tabulated).
    #[inline(always)]
    pub(crate) fn find(&mut self, law: &'a MinuteLaw, variances: &[f64; MANY], hours: usize) {
        let Rows::Grid(grid) = &law.rows else { return };
        let mut positions = [0.0; MANY];
        let steps = hours.div_ceil(STEP);
        let [above, below] = self.scales.each_mut().map(steps_of_mut);
        let lists = steps_of(variances).iter().zip(above).zip(below).zip(steps_of_mut(&mut positions));
        for (((variances, above), below), positions) in lists.take(steps) {
            for hour in 0..STEP {
                let v = variances[hour].clamp(SMALLEST, LARGEST);
                let scales = Scales::new(v, COARSE);
                (above[hour], below[hour]) = (scales.of(false), scales.of(true));
                positions[hour] = ((ln_unit(v) - START) / grid.step).max(0.0);
            }
        }
        self.grid = Some(grid);
        for hour in 0..hours.min(MANY) {
            let (first, rows) = grid.around(positions[hour]);
            self.first[hour] = first;
            self.nodes[hour] = [rows.map(|row| row.side(false)), rows.map(|row| row.side(true))];
            self.weights[hour] = parabola(positions[hour] - first as f64).map(|weight| weight as f32);
            self.ends[hour] = row::last(&rows);
        }
        for (ends, above) in steps_of_mut(&mut self.ends).iter_mut().zip(steps_of(&self.scales[0])).take(steps) {
            for (end, above) in ends.iter_mut().zip(above) {
                *end = row::end(*end, *above);
            }
        }
    }

    /// The row of one of the hours, as [`at`](MinuteLaw::at) finds it.
    #[inline]
    pub(crate) fn row(&self, hour: usize) -> Option<MinuteRow<'a>> {
        let [above, below] = &self.scales;
        let at = At::Between(self.grid?.from(self.first[hour]), self.weights[hour]);
        Some(MinuteRow { at, scales: Scales::known(above[hour], below[hour], COARSE) })
    }

    /// By hour, the capacity from which on nothing exceeds it.
    #[inline]
    pub(crate) fn ends(&self) -> &[f64; MANY] {
        &self.ends
    }
}

impl MinuteLaw {
    /// Whether the functions at variance `v` are found on the grid, where [`ManyRows`] finds them.
    #[inline]
    pub(crate) fn is_tabulated(&self, v: f64) -> bool {
        v > 0.0 && matches!(self.rows, Rows::Grid(_))
    }
}

/// A list in pieces of [`STEP`].
#[inline(always)]
fn steps_of<T>(list: &[T; MANY]) -> &[[T; STEP]] {
    list.as_chunks().0
}

#[inline(always)]
fn steps_of_mut<T>(list: &mut [T; MANY]) -> &mut [[T; STEP]] {
    list.as_chunks_mut().0
}

/// Capacities, and what is found there.
#[derive(Clone, Debug)]
pub(crate) struct Reads {
    number: usize,
    /// The hours that they are read in.
    hour: [usize; MANY],
    capacity: [f64; MANY],
    /// G, P and H, and nothing.
    found: [[f64; 4]; MANY],
    /// Of the hour's rows, on the capacity's side of the mean.
    scale: [f64; MANY],
    piece: [u64; MANY],
    weights: [[f32; MANY]; 4],
}

impl Default for Reads {
    fn default() -> Self {
        Self {
            number: 0,
            hour: [0; MANY],
            capacity: [0.0; MANY],
            found: [[0.0; 4]; MANY],
            scale: [0.0; MANY],
            piece: [0; MANY],
            weights: [[0.0; MANY]; 4],
        }
    }
}

impl Reads {
    /// Asks for a capacity in each of the first so many hours that `wanted` picks.
    #[inline(always)]
    pub(crate) fn ask(&mut self, rows: &ManyRows<'_>, capacities: &[f64; MANY], wanted: &[bool; MANY], hours: usize) {
        self.number = 0;
        let [above, below] = &rows.scales;
        for hour in 0..hours.min(MANY) {
            let capacity = capacities[hour];
            // What is not wanted is written over by the next: a branch would often be foreseen wrongly.
            let place = self.number % MANY;
            self.hour[place] = hour;
            self.capacity[place] = capacity;
            self.scale[place] = if capacity < 1.0 { below[hour] } else { above[hour] };
            self.number += usize::from(wanted[hour]);
        }
    }

    /// The hours asked for, with G, P and H of each.
    #[inline]
    pub(crate) fn found(&self) -> impl Iterator<Item = (usize, [f64; 3])> {
        self.hour.iter().zip(&self.found).take(self.number).map(|(&hour, &[excess, minute, whole, _])| (hour, [excess, minute, whole]))
    }

    /// Reads all that was asked for.
    #[inline(always)]
    pub(crate) fn read(&mut self, rows: &ManyRows<'_>) {
        let number = self.number;
        let [w0, w1, w2, w3] = self.weights.each_mut().map(steps_of_mut);
        let lists = steps_of(&self.capacity).iter().zip(steps_of(&self.scale)).zip(steps_of_mut(&mut self.piece));
        for ((((((capacities, scales), pieces), w0), w1), w2), w3) in lists.zip(w0).zip(w1).zip(w2).zip(w3).take(number.div_ceil(STEP)) {
            for i in 0..STEP {
                let (piece, [a, b, c, d]) = place(capacities[i], scales[i], COARSE);
                pieces[i] = piece;
                (w0[i], w1[i], w2[i], w3[i]) = (a as f32, b as f32, c as f32, d as f32);
            }
        }
        let [w0, w1, w2, w3] = &self.weights;
        for i in 0..number.min(MANY) {
            let (r, hour) = (self.capacity[i], self.hour[i]);
            let at = Position::found(r, self.piece[i], [w0[i], w1[i], w2[i], w3[i]]);
            let (nodes, weights) = (&rows.nodes[hour][usize::from(r < 1.0)], rows.weights[hour]);
            // Two ways that meet before the numbers are kept would keep the compiler from reading four at a time.
            if r < 1.0
                && nodes.iter().any(|nodes| at.is_beyond(nodes))
                && let Some(grid) = rows.grid
            {
                self.found[i] = all_near_zero(grid.from(rows.first[hour]), weights, &at).map(f64::from);
                continue;
            }
            let joined = join_inside(*nodes, weights, &at);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supply::Margin;

    #[test]
    fn they_are_the_single_reads() {
        let law = MinuteLaw::new(Margin::Gamma, 0.5);
        let variances: [f64; MANY] = std::array::from_fn(|hour| [1e-9, 1e-4, 0.003, 0.07, 0.4, 3.0, 1e4][hour % 7]);
        let rows: Vec<MinuteRow<'_>> = variances.iter().map(|&variance| law.at(variance)).collect();
        let mut many = ManyRows::default();
        many.find(&law, &variances, MANY);
        for (row, &end) in rows.iter().zip(many.ends()) {
            assert_eq!(row.all(end), [0.0; 3]);
            assert_ne!(row.all(1.0 + 0.9 * (end - 1.0))[2], 0.0);
        }
        let mut reads = Reads::default();
        for capacity in [0.0, 1e-9, 0.3, 0.99, 1.0, 1.01, 1.7, 4.0, 1e3] {
            for picked in [1, 3, 64] {
                let wanted = std::array::from_fn(|hour| hour % picked == 0);
                reads.ask(&many, &[capacity; MANY], &wanted, MANY);
                reads.read(&many);
                let want = (0..MANY).step_by(picked).map(|hour| (hour, rows[hour].all(capacity).map(f64::to_bits)));
                assert!(reads.found().map(|(hour, found)| (hour, found.map(f64::to_bits))).eq(want), "{capacity}");
                let one = |hour: usize| many.row(hour).unwrap().all(capacity).map(f64::to_bits);
                assert!((0..MANY).all(|hour| one(hour) == rows[hour].all(capacity).map(f64::to_bits)));
            }
        }
        assert!(law.is_tabulated(0.1) && !law.is_tabulated(0.0));
        assert!(!MinuteLaw::constant(Margin::Gamma, 0.5, 0.1).is_tabulated(0.1));
    }
}
