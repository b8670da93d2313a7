//! The functions of an hour of prompts and answers, as polynomials of second degree over each cell, made when an hour first falls into it.
//!
//! A polynomial is the projection by Gauss's rule with three nodes in each direction: what it is off is orthogonal to all of second degree,
//! so that it cancels over a cell whose hours lie evenly. With one column the nodes of the mix are those of a normal of the hour's own
//! deviation (Hermite), else of an even law (Legendre). The values are those of the one dispatch that serves all hours.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use super::axis::Axis;
use super::cells::{Cells, SUMS};
use super::prepare::WorkFacts;
use super::sweep::Sweep;
use super::table::{Prober, Table};
use crate::random::lanes::{LANES, Lanes};

/// Cells that are added in single precision before they enter the sum in double precision: few enough to keep seven digits.
const FLUSH: usize = 16;

/// A polynomial over a cell: of 1, x, y, x², xy, y².
pub(super) type Curve = [f32; SUMS];

/// One cell's polynomials.
#[derive(Debug)]
pub(super) struct CellCurves {
    /// By function.
    curves: Box<[Curve]>,
    /// From here on all are 0.
    live: usize,
}

/// Three nodes around a middle, at −`at`, 0 and `at`, of which the outer ones have this weight.
#[derive(Clone, Copy, Debug)]
struct Nodes {
    middle: f64,
    at: f64,
    weight: f64,
}

impl Nodes {
    /// Those of an even law on −½ to ½.
    const LEGENDRE: Self = Self { middle: 0.0, at: 0.387_298_334_620_741_7, weight: 5.0 / 18.0 };

    /// Those of a normal.
    fn hermite(middle: f64, sd: f64) -> Self {
        Self { middle, at: 3.0_f64.sqrt() * sd, weight: 1.0 / 6.0 }
    }

    fn variance(&self) -> f64 {
        2.0 * self.weight * self.at * self.at
    }

    /// The mean square of t² less its mean.
    fn fourth(&self) -> f64 {
        let v = self.variance();
        let outer = self.at * self.at - v;
        2.0 * self.weight * outer * outer + (1.0 - 2.0 * self.weight) * v * v
    }

    fn all(&self) -> [(f64, f64); 3] {
        [(-self.at, self.weight), (0.0, 1.0 - 2.0 * self.weight), (self.at, self.weight)]
    }
}

/// The polynomial through values at the nodes of x and, within each, of y.
fn project(x: &Nodes, y: &Nodes, values: &[[f64; 3]; 3]) -> Curve {
    let (vx, vy) = (x.variance(), y.variance());
    let mut c = [0.0; SUMS];
    for ((s, ws), values) in x.all().into_iter().zip(values) {
        for ((t, wt), value) in y.all().into_iter().zip(values) {
            let part = ws * wt * value;
            c[0] += part;
            c[1] += part * s / vx;
            c[2] += part * t / vy;
            c[3] += part * (s * s - vx) / x.fourth();
            c[4] += part * s * t / (vx * vy);
            c[5] += part * (t * t - vy) / y.fourth();
        }
    }
    c[0] -= c[3] * vx + c[5] * vy;
    // From the nodes' middles to the cell's.
    let (a, b) = (-x.middle, -y.middle);
    let [c0, c1, c2, c3, c4, c5] = c;
    let moved =
        [c0 + c1 * a + c2 * b + c3 * a * a + c4 * a * b + c5 * b * b, c1 + 2.0 * c3 * a + c4 * b, c2 + c4 * a + 2.0 * c5 * b, c3, c4, c5];
    moved.map(|c| c as f32)
}

impl Table {
    /// The polynomials of a cell.
    #[inline]
    fn curves(&self, axis: &Axis, cell: (usize, usize), facts: &[WorkFacts], prober: &mut Prober<'_>) -> Option<&CellCurves> {
        let place = (cell.0 - axis.first_row) * axis.columns + cell.1;
        self.cells.get(place).map(|known| known.get_or_init(|| self.draw_cell(axis, cell, facts, prober)))
    }

    #[cold]
    #[inline(never)]
    fn draw_cell(&self, axis: &Axis, cell: (usize, usize), facts: &[WorkFacts], prober: &mut Prober<'_>) -> CellCurves {
        let x = Nodes::LEGENDRE;
        let y = if axis.columns > 1 {
            Nodes::LEGENDRE
        } else {
            Nodes::hermite(axis.mean_from(cell.1), axis.deviation(axis.bins.edge(cell.0)).min(axis.widest()))
        };
        let probed = x.all().map(|(s, _)| y.all().map(|(t, _)| self.values_at(axis.at(cell, (x.middle + s, y.middle + t)), facts, prober)));
        let curve = |function: usize| -> Curve {
            let values = probed.each_ref().map(|row| row.each_ref().map(|values| values[function]));
            if values.iter().flatten().all(|&value| value == 0.0) { [0.0; SUMS] } else { project(&x, &y, &values) }
        };
        let curves: Box<[Curve]> = (0..self.functions).map(curve).collect();
        let live = curves.iter().rposition(|curve| curve.iter().any(|&c| c != 0.0)).map_or(0, |last| last + 1);
        CellCurves { curves, live }
    }
}

impl Sweep {
    /// Sums a table's functions over the hours in cells.
    #[inline(always)]
    pub(super) fn add_up_cells(&mut self, cells: &Cells, axis: &Axis, table: &Table, facts: &[WorkFacts], prober: &mut Prober<'_>) {
        self.begin(table.functions);
        let mut sums = [Lanes::of(0.0); SUMS];
        let mut added = 0;
        for row in cells.rows() {
            for column in 0..axis.columns {
                if !cells.read(axis, row, column, &mut sums) {
                    continue;
                }
                let Some(curves) = table.curves(axis, (row, column), facts, prober) else { continue };
                let [hours, x, y, xx, xy, yy] = &sums;
                for (partial, c) in self.partial.iter_mut().zip(&curves.curves[..curves.live]) {
                    for i in 0..LANES {
                        let low = (c[0] * hours[i] + c[1] * x[i]) + c[2] * y[i];
                        let high = (c[3] * xx[i] + c[4] * xy[i]) + c[5] * yy[i];
                        partial[i] += low + high;
                    }
                }
                added += 1;
                if added == FLUSH {
                    added = 0;
                    self.flush();
                }
            }
        }
        self.flush();
        self.below_cells(cells, axis, table, facts, prober);
    }

    /// Hours below the first row: prompts and answers as they are, and all else in proportion to what it is of the mean mix where the row begins.
    fn below_cells(&mut self, cells: &Cells, axis: &Axis, table: &Table, facts: &[WorkFacts], prober: &mut Prober<'_>) {
        let [tokens, answers] = cells.below();
        if tokens.iter().all(|&tokens| tokens == 0.0) {
            return;
        }
        let edge = axis.bins.edge(axis.first_row);
        let values = table.values_at(axis.at_deviation(edge, 0.0), facts, prober);
        for (sum, value) in self.sums.iter_mut().zip(values).skip(2) {
            sum.iter_mut().zip(**tokens).for_each(|(sum, tokens)| *sum += value / edge * f64::from(tokens));
        }
        for i in 0..LANES {
            let answers = f64::from(answers[i]);
            self.sums[0][i] += ((f64::from(tokens[i]) - axis.weights[1] * answers) / axis.weights[0]).max(0.0);
            self.sums[1][i] += answers;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A polynomial of second degree comes back, whatever the nodes; of one of third degree, what is left out has no mean.
    #[test]
    fn polynomials_are_projected() {
        for y in [Nodes::LEGENDRE, Nodes::hermite(0.25, 0.2)] {
            let x = Nodes::LEGENDRE;
            let values = |f: &dyn Fn(f64, f64) -> f64| x.all().map(|(s, _)| y.all().map(|(t, _)| f(x.middle + s, y.middle + t)));
            let curve = project(&x, &y, &values(&|s, t| 3.0 + s - 2.0 * t + 0.5 * s * s + 4.0 * s * t - t * t));
            for (got, want) in curve.into_iter().zip([3.0, 1.0, -2.0, 0.5, 4.0, -1.0]) {
                assert!((f64::from(got) - want).abs() < 1e-5, "{curve:?}");
            }
            let cubic = |s: f64, t: f64| s * s * t + t * t * t;
            let c = project(&x, &y, &values(&cubic)).map(f64::from);
            let mut off = 0.0;
            for (s, ws) in x.all() {
                for (t, wt) in y.all() {
                    let (s, t) = (x.middle + s, y.middle + t);
                    let fitted = c[0] + c[1] * s + c[2] * t + c[3] * s * s + c[4] * s * t + c[5] * t * t;
                    off += ws * wt * (fitted - cubic(s, t));
                }
            }
            assert!(off.abs() < 1e-6, "{off}");
        }
    }
}
