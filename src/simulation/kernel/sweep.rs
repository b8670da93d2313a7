//! All functions of a month at once: each bin's hours and places times its lines, summed over bins.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use super::bins::{Bins, Histogram, ROWS};
use super::prepare::WorkFacts;
use super::table::{Line, Prober, Table};
use crate::random::lanes::{LANES, Lanes};

/// Bins that are joined in single precision in one go.
const TOGETHER: usize = 4;
/// Such joined sums that are added in single precision before they enter the sum in double precision: few enough to keep seven digits.
const FLUSH: usize = 8;

/// Sums of functions over a month, in every lane; memory that is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Sweep {
    pub(super) partial: Vec<Lanes<f32>>,
    none: Vec<Line>,
    /// By function.
    pub(super) sums: Vec<Lanes<f64>>,
}

impl Sweep {
    /// Sums a table's functions over the hours of a histogram.
    #[inline(always)]
    pub(super) fn add_up(&mut self, hours: &Histogram, bins: &Bins, table: &Table, facts: &[WorkFacts], prober: &mut Prober<'_>) {
        let functions = table.functions;
        self.begin(functions);
        self.none.clear();
        self.none.resize(functions, [0.0; 2]);
        let rows = hours.rows(bins);
        let mut joined = 0;
        let (mut count, mut places) = ([Lanes::of(0.0); TOGETHER], [Lanes::of(0.0); TOGETHER]);
        let mut start = rows.start;
        while start < rows.end {
            let mut lines: [&[Line]; TOGETHER] = [&self.none; TOGETHER];
            let mut live = 0;
            for (offset, lines) in lines.iter_mut().enumerate() {
                let row = start + offset;
                if hours.read(row, &mut count[offset], &mut places[offset]) && row < ROWS {
                    let bin = table.lines(row, bins, facts, prober);
                    *lines = &bin.lines;
                    live = live.max(bin.live);
                }
            }
            start += TOGETHER;
            if live == 0 {
                continue;
            }
            let [c0, c1, c2, c3] = &count;
            let [p0, p1, p2, p3] = &places;
            let [l0, l1, l2, l3] = lines.map(|lines| &lines[..live]);
            let joined_at = |function: usize, i: usize| -> f32 {
                let [l0, l1, l2, l3] = [l0[function], l1[function], l2[function], l3[function]];
                let low = (l0[0] * c0[i] + l0[1] * p0[i]) + (l1[0] * c1[i] + l1[1] * p1[i]);
                let high = (l2[0] * c2[i] + l2[1] * p2[i]) + (l3[0] * c3[i] + l3[1] * p3[i]);
                low + high
            };
            // Two functions at a time, so that hours and places are read half as often.
            let (pairs, last) = self.partial[..live].as_chunks_mut::<2>();
            for (pair, [first, second]) in pairs.iter_mut().enumerate() {
                for i in 0..LANES {
                    first[i] += joined_at(2 * pair, i);
                    second[i] += joined_at(2 * pair + 1, i);
                }
            }
            for last in last {
                for i in 0..LANES {
                    last[i] += joined_at(live - 1, i);
                }
            }
            joined += 1;
            if joined == FLUSH {
                joined = 0;
                self.flush();
            }
        }
        self.flush();
        self.below(hours, bins, table, facts, prober);
    }

    /// Begins sums of so many functions.
    pub(super) fn begin(&mut self, functions: usize) {
        self.partial.clear();
        self.partial.resize(functions, Lanes::of(0.0));
        self.sums.clear();
        self.sums.resize(functions, Lanes::of(0.0));
    }

    /// Adds what was summed in single precision to what was in double precision.
    #[inline(always)]
    pub(super) fn flush(&mut self) {
        for (sum, partial) in self.sums.iter_mut().zip(&mut self.partial) {
            for i in 0..LANES {
                sum[i] += f64::from(partial[i]);
                partial[i] = 0.0;
            }
        }
    }

    /// Hours below the first bin, on straight lines from nothing to its edge.
    fn below(&mut self, hours: &Histogram, bins: &Bins, table: &Table, facts: &[WorkFacts], prober: &mut Prober<'_>) {
        if hours.below.iter().all(|&tokens| tokens == 0.0) {
            return;
        }
        let lines = &table.lines(0, bins, facts, prober).lines;
        for (sum, line) in self.sums.iter_mut().zip(lines) {
            let each = f64::from(line[0]) / bins.edge(0);
            sum.iter_mut().zip(*hours.below).for_each(|(sum, tokens)| *sum += each * f64::from(tokens));
        }
    }
}
