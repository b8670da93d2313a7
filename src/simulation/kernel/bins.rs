//! Hours of a month in bins of their tokens, one histogram for every lane.
//!
//! A bin and the place in it are the upper bits of the tokens as a number in single precision: every octave has 2ᵏ equal bins, so that a bin
//! is as narrow beside its tokens at night as at noon. A cell counts its hours and adds up their places, in one word: 10 bits of count and
//! 22 bits of the sum of 12-bit places, enough for 1 023 hours. Sums of whole numbers are the same in any order.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use crate::random::lanes::{GROUP, LANES, Lanes, greatest, least};

/// Rows of a histogram.
pub(super) const ROWS: usize = 2048;
/// Rows that are kept, a power of two: the first beyond the histogram takes what does not belong into it.
const KEPT: usize = 2 * ROWS;
/// Hours whose cells are worked out before any is added to: few, so that what is worked out stays close.
const AT_ONCE: usize = 4;
/// Bits of the place in a bin.
const PLACE: u32 = 12;
/// Bits of a cell's sum of places.
const SUM: u32 = 22;
/// The most hours that a month may have.
pub(super) const MOST_HOURS: usize = (1 << (32 - SUM)) - 1;

/// How tokens become bins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bins {
    /// Bits of a number below its bin and place; half of the last place; and the number of the first bin.
    shift: u32,
    half: u32,
    base: u32,
}

impl Bins {
    /// Bins of at most `width` of their tokens, for hours of up to `largest` tokens on average: some octaves above that and more below.
    /// `None` where bins so narrow would not reach.
    pub(super) fn new(width: f64, largest: f64) -> Option<Self> {
        let per_octave = (libm::log2(1.0 / width).ceil().max(5.0)) as u32;
        if !(width > 0.0) || per_octave > 8 || !(largest > 1e-20 && largest < 1e30) {
            return None;
        }
        let octaves = i64::try_from(ROWS >> per_octave).ok()?;
        let above = (3 * octaves / 8).min(8);
        let exponent = i64::from((largest as f32).to_bits() >> 23) + 1 + above;
        let base = u32::try_from((exponent - octaves) << per_octave).ok()?;
        let shift = 23 - per_octave - PLACE;
        Some(Self { shift, half: (1 << shift) >> 1, base })
    }

    /// Bins of an octave, as a power of two.
    pub(super) fn per_octave(&self) -> u32 {
        23 - PLACE - self.shift
    }

    /// The width of an octave's bins beside the tokens at which it begins.
    pub(super) fn width(&self) -> f64 {
        libm::ldexp(1.0, -self.per_octave().cast_signed())
    }

    /// The number of the first bin: the upper bits of the tokens at which it begins.
    pub(super) fn base(&self) -> u32 {
        self.base
    }

    /// The fewest tokens that belong into a bin: those that round to where the first begins.
    fn first(&self) -> f32 {
        f32::from_bits((self.base << (PLACE + self.shift)) - self.half)
    }

    /// The tokens at which a bin begins.
    pub(super) fn edge(&self, row: usize) -> f64 {
        f64::from(f32::from_bits((self.base + row as u32) << (PLACE + self.shift)))
    }

    /// The bin of so many tokens; `ROWS` or more where they do not belong into any.
    pub(super) fn row(&self, tokens: f32) -> usize {
        ((tokens.to_bits().wrapping_add(self.half) >> (self.shift + PLACE)).wrapping_sub(self.base) as usize).min(ROWS)
    }
}

/// The places of one bin, as a share of it.
pub(super) const PLACES: f64 = (1 << PLACE) as f64;

/// The histograms of a month, and what is known of its hours besides.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    /// By group of lanes, so that what hours of one are added to fits into the first cache; then by bin and lane.
    cells: Vec<u32>,
    /// Tokens of the smallest hour in a bin.
    smallest: Lanes<f32>,
    /// Tokens of the largest hour.
    pub(super) largest: Lanes<f32>,
    /// Tokens of hours below the first bin.
    pub(super) below: Lanes<f32>,
}

impl Histogram {
    pub(super) fn new() -> Self {
        Self { cells: vec![0; KEPT * LANES], smallest: Lanes::of(f32::INFINITY), largest: Lanes::of(0.0), below: Lanes::of(0.0) }
    }

    /// Adds hours of one month.
    #[inline(always)]
    pub(super) fn add(&mut self, bins: &Bins, hours: &[Lanes<f32>]) {
        let (mut cells, mut words) = ([Lanes::of(0); AT_ONCE], [Lanes::of(0); AT_ONCE]);
        let (mut smallest, mut largest) = (self.smallest, self.largest);
        for some in hours.chunks(AT_ONCE) {
            for (tokens, (cells, words)) in some.iter().zip(cells.iter_mut().zip(&mut words)) {
                for i in 0..LANES {
                    // Counted from the first bin's on, so that what lies below that is beyond all others.
                    let place = (tokens[i].to_bits().wrapping_add(bins.half) >> bins.shift).wrapping_sub(bins.base << PLACE);
                    let row_of_group = (place >> (PLACE - GROUP.ilog2())).min((ROWS * GROUP) as u32);
                    cells[i] = (row_of_group & !(GROUP as u32 - 1)) | (i % GROUP) as u32;
                    words[i] = (1 << SUM) | (place & ((1 << PLACE) - 1));
                    smallest[i] = least(tokens[i], smallest[i]);
                    largest[i] = greatest(tokens[i], largest[i]);
                }
            }
            for (group, kept) in self.cells.as_chunks_mut::<{ KEPT * GROUP }>().0.iter_mut().enumerate() {
                for (cells, words) in cells[..some.len()].iter().zip(&words) {
                    let (cells, words) = (&cells.as_chunks::<GROUP>().0[group], &words.as_chunks::<GROUP>().0[group]);
                    for (cell, word) in cells.iter().zip(words) {
                        // A power of two of cells needs no check of its bounds.
                        let cell = &mut kept[*cell as usize & (KEPT * GROUP - 1)];
                        *cell = cell.wrapping_add(*word);
                    }
                }
            }
        }
        self.largest = largest;
        let first = bins.first();
        if smallest.iter().any(|&tokens| tokens < first) {
            self.add_below(first, hours);
        } else {
            self.smallest = smallest;
        }
    }

    /// Adds hours some of which are too small for any bin.
    #[inline(never)]
    fn add_below(&mut self, first: f32, hours: &[Lanes<f32>]) {
        for tokens in hours {
            for i in 0..LANES {
                let (below, within) = if tokens[i] < first { (tokens[i], f32::INFINITY) } else { (0.0, tokens[i]) };
                self.below[i] += below;
                self.smallest[i] = least(within, self.smallest[i]);
            }
        }
    }

    /// The bins that have hours.
    pub(super) fn rows(&self, bins: &Bins) -> std::ops::Range<usize> {
        let lowest = bins.row(self.smallest.iter().copied().fold(f32::INFINITY, f32::min));
        let largest = self.largest.iter().copied().fold(0.0, f32::max);
        // Tokens beyond the last bin are lanes that are served elsewhere.
        lowest..(bins.row(largest) + 1).min(ROWS).max(lowest)
    }

    /// Whether an hour of a lane was beyond the last bin.
    pub(super) fn is_beyond(&self, bins: &Bins, lane: usize) -> bool {
        !(self.largest[lane] < bins.edge(ROWS) as f32) || bins.row(self.largest[lane]) >= ROWS && self.largest[lane] > bins.edge(0) as f32
    }

    /// Hours of a bin and the sum of their places.
    #[cfg(test)]
    pub(super) fn cell(&self, row: usize, lane: usize) -> (u32, u32) {
        let word = self.cells[lane / GROUP * KEPT * GROUP + row * GROUP + lane % GROUP];
        (word >> SUM, word & ((1 << SUM) - 1))
    }

    /// Hours of a bin and the sums of their places in every lane; whether there are any.
    #[inline(always)]
    pub(super) fn read(&self, row: usize, count: &mut Lanes<f32>, places: &mut Lanes<f32>) -> bool {
        let mut words = Lanes::of(0);
        for (part, kept) in words.as_chunks_mut::<GROUP>().0.iter_mut().zip(self.cells.as_chunks::<{ KEPT * GROUP }>().0) {
            *part = kept.as_chunks::<GROUP>().0[row & (KEPT - 1)];
        }
        let mut any = 0;
        for i in 0..LANES {
            any |= words[i];
            count[i] = (words[i] >> SUM).cast_signed() as f32;
            places[i] = (words[i] & ((1 << SUM) - 1)).cast_signed() as f32;
        }
        any != 0
    }

    /// Empties the bins of a month.
    pub(super) fn clear(&mut self, rows: std::ops::Range<usize>) {
        for kept in self.cells.as_chunks_mut::<{ KEPT * GROUP }>().0 {
            kept[rows.start * GROUP..rows.end * GROUP].fill(0);
            kept[ROWS * GROUP..(ROWS + 1) * GROUP].fill(0);
        }
        (self.smallest, self.largest, self.below) = (Lanes::of(f32::INFINITY), Lanes::of(0.0), Lanes::of(0.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_from_their_bins() {
        let bins = Bins::new(1.0 / 64.0, 5.0e6).unwrap();
        let mut histogram = Histogram::new();
        let values = [1.0e5_f32, 4.999e6, 5.0e6, 7.7e7, 3.3e3];
        let mut sums = Lanes::of(0.0);
        for hour in 0..MOST_HOURS {
            let tokens: Lanes<f32> = Lanes(std::array::from_fn(|i| values[(hour + i) % values.len()]));
            histogram.add(&bins, &[tokens]);
            sums.iter_mut().zip(*tokens).for_each(|(sum, tokens)| *sum += f64::from(tokens));
        }
        let rows = histogram.rows(&bins);
        for (lane, sum) in sums.iter().enumerate() {
            assert!(!histogram.is_beyond(&bins, lane));
            let (mut count, mut got) = (0, 0.0);
            for row in rows.clone() {
                let (hours, places) = histogram.cell(row, lane);
                count += hours;
                got += f64::from(hours) * bins.edge(row) + f64::from(places) / PLACES * (bins.edge(row + 1) - bins.edge(row));
            }
            assert_eq!(count as usize, MOST_HOURS);
            // To the nearest of 2¹² places of 2⁶ bins an octave.
            assert!((got / sum - 1.0).abs() < 1.0 / f64::from(1 << 19), "{got} {sum}");
        }
        histogram.clear(rows.clone());
        assert!(rows.into_iter().all(|row| (0..LANES).all(|lane| histogram.cell(row, lane) == (0, 0))));
    }

    #[test]
    fn what_does_not_belong_is_told() {
        let bins = Bins::new(1.0 / 128.0, 1.0e6).unwrap();
        let mut histogram = Histogram::new();
        let mut tokens = Lanes::of(1.0e6_f32);
        (tokens[0], tokens[1], tokens[2], tokens[3]) = (0.0, 1.0e-3, 1.0e12, f32::INFINITY);
        histogram.add(&bins, &[tokens]);
        assert_eq!([0, 1, 2, 3, 4].map(|lane| histogram.is_beyond(&bins, lane)), [false, false, true, true, false]);
        assert_eq!((histogram.below[0], histogram.below[1], histogram.below[4]), (0.0, 1.0e-3, 0.0));
        let rows = histogram.rows(&bins);
        assert!([0, 1].iter().all(|&lane| rows.clone().all(|row| histogram.cell(row, lane).0 == 0)));
        assert!(Bins::new(1.0 / 1024.0, 1.0e6).is_none() && Bins::new(0.1, 0.0).is_none());
    }
}
