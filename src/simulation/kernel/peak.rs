//! The rate that all but a few of a month's minutes stay below, for all lanes at once.
//!
//! The expected number of hours (counted in minutes) above a rate is a sum over bins like any other, so it is summed at the rates of a
//! fixed grid, from the highest down, until every lane has passed the number sought; between rates its logarithm is a parabola in the
//! logarithm of the rate.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use super::axis::Axis;
use super::bins::{Bins, Histogram, PLACES, ROWS};
use super::cells::{Cells, SUMS};
use super::prepare::{Blind, WorkFacts};
use super::table::{Line, Prober};
use crate::random::lanes::{LANES, Lanes};
use crate::supply::Supply;
use std::sync::OnceLock;

/// A wide bin has so many bins, as a power of two: up to half the standard deviation of a minute, beside which the tail's logarithm is smooth.
const WIDE: u32 = 2;
/// But there are at least so many wide bins to an octave, as a power of two.
const LEAST: u32 = 4;
/// A tail below this is none; and what a tail may lack to be all.
const NOTHING: f64 = 1e-9;
/// The most rates of the grid for one bin: 64 octaves.
const MOST: i32 = 512;

/// Tails of the minutes of one work.
#[derive(Debug)]
pub(super) struct PeakTable {
    /// The number of the axis in whose weights the offer counts, where the mix varies.
    pub(super) axis: usize,
    /// The share of minutes that may be above.
    share: f64,
    /// Bins to a wide one.
    bins: usize,
    /// Rates of an octave of the grid: half as many as wide bins.
    rates: f64,
    rows: Vec<OnceLock<Tail>>,
}

/// The share of minutes above each rate of the grid, as lines over a wide bin.
#[derive(Debug)]
struct Tail {
    /// Numbers of the first rate and of the one after the last.
    first: i32,
    end: i32,
    lines: Vec<Line>,
    /// What one column more in the mix adds, where it varies.
    slopes: Vec<f32>,
}

/// Memory that is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct PeakScratch {
    /// By wide bin: its number, hours and places.
    wide: Vec<(usize, Lanes<f32>, Lanes<f32>)>,
    /// The same: columns from the mean mix, where it varies.
    mixes: Vec<Lanes<f32>>,
}

impl PeakTable {
    /// A table where somebody asks for the peak and the pool has an offer that counts.
    pub(super) fn new(supply: &Supply, group: usize, bins: &Bins) -> Option<Self> {
        supply.groups[group].last_on_demand?;
        let wide = bins.per_octave().saturating_sub(WIDE).max(LEAST);
        let together = 1 << (bins.per_octave() - wide);
        let rows = (0..ROWS / together).map(|_| OnceLock::new()).collect();
        Some(Self { axis: 0, share: supply.peak_share()?, bins: together, rates: f64::from(1 << (wide - 1)), rows })
    }

    /// The peaks of a month of so many hours, those gathered last.
    #[inline(always)]
    pub(super) fn solve(
        &self,
        (bins, axis, length): (&Bins, Option<&Axis>, usize),
        facts: &WorkFacts,
        (supply, prober): (&Supply, &mut Prober<'_>),
        scratch: &mut PeakScratch,
        peaks: &mut Lanes<f64>,
    ) {
        let sought = self.share * length as f64;
        let mut counted = Lanes::of(0.0_f32);
        for (row, count, _) in &scratch.wide {
            let _ = self.tail(*row, (bins, axis), facts, supply, prober);
            for i in 0..LANES {
                counted[i] += count[i];
            }
        }
        *peaks = Lanes::of(0.0);
        let known = |row: usize| self.rows[row].get();
        let tails = || scratch.wide.iter().filter_map(|(row, ..)| known(*row));
        let (Some(highest), Some(lowest)) = (tails().map(|tail| tail.end).max(), tails().map(|tail| tail.first).min()) else {
            return;
        };
        // The number above the rate at hand and above the two before it, which are higher.
        let mut sums = [Lanes::of(0.0_f32); 3];
        let mut open: [bool; LANES] = std::array::from_fn(|i| f64::from(counted[i]) > sought);
        let mut rate = highest;
        while rate >= lowest && open.contains(&true) {
            sums = [Lanes::of(0.0), sums[0], sums[1]];
            let [sum, ..] = &mut sums;
            for (row, count, places) in &scratch.wide {
                let Some(tail) = known(*row) else { continue };
                let Some(line) = tail.line(rate) else { continue };
                for i in 0..LANES {
                    sum[i] += line[0] * count[i] + line[1] * places[i];
                }
            }
            for ((row, ..), mixes) in scratch.wide.iter().zip(&scratch.mixes) {
                let Some(slope) = known(*row).and_then(|tail| tail.slope(rate)) else { continue };
                for i in 0..LANES {
                    sum[i] += slope * mixes[i];
                }
            }
            for (i, open) in open.iter_mut().enumerate() {
                if *open && f64::from(sums[0][i]) >= sought {
                    *open = false;
                    let place = between(sums.each_ref().map(|sum| f64::from(sum[i])), sought);
                    peaks[i] = libm::exp2((f64::from(rate) + place) / self.rates);
                }
            }
            rate -= 1;
        }
    }

    /// Joins bins to wide ones.
    #[inline(always)]
    pub(super) fn gather(&self, hours: &Histogram, bins: &Bins, scratch: &mut PeakScratch) {
        scratch.wide.clear();
        scratch.mixes.clear();
        let rows = hours.rows(bins);
        let (mut count, mut places) = (Lanes::of(0.0), Lanes::of(0.0));
        for wide in rows.start / self.bins..rows.end.div_ceil(self.bins) {
            let (mut counts, mut sums, mut any) = (Lanes::of(0.0), Lanes::of(0.0), false);
            for offset in 0..self.bins {
                if hours.read(wide * self.bins + offset, &mut count, &mut places) {
                    any = true;
                    let before = offset as f32 * PLACES as f32;
                    for i in 0..LANES {
                        counts[i] += count[i];
                        sums[i] += places[i] + before * count[i];
                    }
                }
            }
            if any {
                scratch.wide.push((wide, counts, sums));
            }
        }
    }

    /// Joins cells to wide bins.
    #[inline(always)]
    pub(super) fn gather_cells(&self, cells: &Cells, axis: &Axis, scratch: &mut PeakScratch) {
        scratch.wide.clear();
        scratch.mixes.clear();
        let rows = cells.rows();
        let mut sums = [Lanes::of(0.0); SUMS];
        for wide in rows.start / self.bins..rows.end.div_ceil(self.bins) {
            let (mut counts, mut places, mut mixes, mut any) = (Lanes::of(0.0), Lanes::of(0.0), Lanes::of(0.0), false);
            for row in (wide * self.bins).max(rows.start)..((wide + 1) * self.bins).min(rows.end) {
                for column in 0..axis.columns {
                    if !cells.read(axis, row, column, &mut sums) {
                        continue;
                    }
                    any = true;
                    let [hours, x, y, ..] = &sums;
                    let (middle, mean) = ((row - wide * self.bins) as f32 + 0.5, axis.mean_from(column) as f32);
                    for i in 0..LANES {
                        counts[i] += hours[i];
                        places[i] += (x[i] + middle * hours[i]) * PLACES as f32;
                        mixes[i] += y[i] - mean * hours[i];
                    }
                }
            }
            if any {
                scratch.wide.push((wide, counts, places));
                scratch.mixes.push(mixes);
            }
        }
    }

    fn tail(&self, wide: usize, at: (&Bins, Option<&Axis>), facts: &WorkFacts, supply: &Supply, prober: &mut Prober<'_>) -> &Tail {
        self.rows[wide].get_or_init(|| self.draw(wide, at, facts, supply, prober))
    }

    #[cold]
    #[inline(never)]
    fn draw(&self, wide: usize, (bins, axis): (&Bins, Option<&Axis>), facts: &WorkFacts, supply: &Supply, prober: &mut Prober<'_>) -> Tail {
        let (low, high) = (bins.edge(wide * self.bins), bins.edge((wide + 1) * self.bins));
        let law = &supply.groups[facts.groups[0]].law;
        let mut minute = |tokens: f64, deviations: f64| {
            let hour = match axis {
                Some(axis) => facts.of_prompts_and_answers(axis.at_deviation(tokens, deviations)),
                None => facts.of_mean_mix(tokens),
            };
            let (mean, variance) = facts.probe(0, hour, prober, &mut Blind).peak.unwrap_or((tokens / 60.0, 0.0));
            (mean, law.at(variance))
        };
        let middle = 0.5 * (low + high);
        let minutes = [low, middle, high].map(|tokens| minute(tokens, 0.0));
        let mixes = axis.map(|axis| ([-1.0, 1.0].map(|deviations| minute(middle, deviations)), 0.5 / axis.deviation(middle)));
        let above = |rate: i32| {
            let rate = libm::exp2(f64::from(rate) / self.rates);
            minutes.each_ref().map(|(mean, row)| row.exceedance(rate / mean))
        };
        let slope = |rate: i32| {
            let rate = libm::exp2(f64::from(rate) / self.rates);
            mixes.as_ref().map(|(minutes, each)| {
                let [less, more] = minutes.each_ref().map(|(mean, row)| row.exceedance(rate / mean));
                ((more - less) * each) as f32
            })
        };
        let middle = (self.rates * libm::log2(minutes[1].0)).floor() as i32;
        // Down to where all minutes are above, and up to where none is.
        let mut first = middle;
        while above(first)[0] < 1.0 - NOTHING && middle - first < MOST / 2 {
            first -= 1;
        }
        let (mut lines, mut slopes, mut last) = (Vec::new(), Vec::new(), first);
        for rate in first..=middle + MOST {
            last = rate;
            let [a, m, b] = above(rate);
            let (mean, rise) = ((a + 4.0 * m + b) / 6.0, b - a);
            let (start, rise) = if mean < 0.5 * rise { (0.0, 2.0 * mean) } else { (mean - 0.5 * rise, rise) };
            lines.push([start as f32, (rise / (PLACES * self.bins as f64)) as f32]);
            slopes.extend(slope(rate));
            if b < NOTHING {
                break;
            }
        }
        Tail { first, end: last + 1, lines, slopes }
    }
}

impl Tail {
    #[inline(always)]
    fn line(&self, rate: i32) -> Option<&Line> {
        self.lines.get((rate - self.first).max(0) as usize)
    }

    #[inline(always)]
    fn slope(&self, rate: i32) -> Option<f32> {
        self.slopes.get((rate - self.first).max(0) as usize).copied()
    }
}

/// Where the logarithm of a number that falls with the rate is that of `sought`, between the rates 0 (whose number is at least that) and
/// 1: on the parabola through the numbers at 0, 1 and 2.
fn between([at, one, two]: [f64; 3], sought: f64) -> f64 {
    // A number of nothing is cut off, as its logarithm has no end.
    let height = |number: f64| libm::log((number / sought).max(1e-6));
    let (a, b, c) = (height(at), height(one), height(two));
    if !(a > b) {
        return 0.0;
    }
    // a + first t + second t (t − 1) = 0; the second is small beside the first, so that the fixed point is found in a few steps.
    let (first, second) = (b - a, 0.5 * (c - 2.0 * b + a));
    let mut t = (a / -first).clamp(0.0, 1.0);
    if c > -13.0 {
        for _ in 0..6 {
            t = ((a + second * t * (t - 1.0)) / -first).clamp(0.0, 1.0);
        }
    }
    t
}
