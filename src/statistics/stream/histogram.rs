//! Counts of numbers by bins of equal relative width, in memory that grows with the sizes met and not with how many there are.

use super::STREAM_ZERO;

/// Bits of the mantissa that tell bins apart.
pub(super) const PRECISION: u32 = 9;

const DROPPED: u32 = f64::MANTISSA_DIGITS - 1 - PRECISION;

/// Bins that are made together.
const BLOCK: usize = 64;

/// The bin of 0: negative numbers are below it, positive ones above, as many bins away.
const CENTRE: usize = 1 << 20;

/// Counts by bin; blocks of bins are made as they are met.
#[derive(Debug, Clone, Default)]
pub(super) struct Histogram {
    /// The block that `places` begins with.
    first: usize,
    /// By block: one more than its index in `blocks`; 0 where it is not made.
    places: Vec<u32>,
    blocks: Vec<[u32; BLOCK]>,
}

/// A bin that holds something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bin {
    pub(super) low: f64,
    pub(super) high: f64,
    /// Samples in the bins before.
    pub(super) before: u64,
    pub(super) count: u64,
}

impl Bin {
    /// The sample of a rank within the bin, from 0, as if they were spread evenly.
    pub(super) fn value(&self, rank: u64) -> f64 {
        self.low + (self.high - self.low) * ((rank as f64 + 0.5) / self.count as f64)
    }
}

impl Histogram {
    /// Counts a finite number so many times.
    #[inline]
    pub(super) fn count(&mut self, x: f64, times: u32) {
        let bin = index(x);
        let known = self.places.get((bin / BLOCK).wrapping_sub(self.first)).map_or(0, |&block| block as usize);
        // Hardly ever one that is not made.
        let block = if known > 0 { &mut self.blocks[known - 1] } else { self.block(bin / BLOCK) };
        block[bin % BLOCK] += times;
    }

    /// Adds all counts of another.
    pub(super) fn merge(&mut self, other: &Self) {
        for (place, &block) in other.places.iter().enumerate().filter(|(_, block)| **block > 0) {
            let mine = self.block(other.first + place);
            mine.iter_mut().zip(&other.blocks[block as usize - 1]).for_each(|(mine, theirs)| *mine += theirs);
        }
    }

    /// The bins that hold something, ascending.
    pub(super) fn bins(&self) -> Vec<Bin> {
        let mut before = 0;
        let mut bins = Vec::new();
        for (place, &block) in self.places.iter().enumerate().filter(|(_, block)| **block > 0) {
            let start = (self.first + place) * BLOCK;
            for (offset, &count) in self.blocks[block as usize - 1].iter().enumerate().filter(|(_, count)| **count > 0) {
                let (low, high) = ends(start + offset);
                bins.push(Bin { low, high, before, count: u64::from(count) });
                before += u64::from(count);
            }
        }
        bins
    }

    /// Bytes that the counts take.
    pub(super) fn bytes(&self) -> usize {
        self.places.capacity() * size_of::<u32>() + self.blocks.capacity() * size_of::<[u32; BLOCK]>()
    }

    /// The block, made if need be.
    fn block(&mut self, block: usize) -> &mut [u32; BLOCK] {
        if self.places.is_empty() {
            self.first = block;
        }
        if block < self.first {
            self.places.splice(0..0, std::iter::repeat_n(0, self.first - block));
            self.first = block;
        }
        let place = block - self.first;
        if place >= self.places.len() {
            self.places.resize(place + 1, 0);
        }
        if self.places[place] == 0 {
            if self.blocks.len() == self.blocks.capacity() {
                // By a quarter, not by as much again: thousands of histograms are held at a time.
                self.blocks.reserve_exact(1 + self.blocks.len() / 4);
            }
            self.blocks.push([0; BLOCK]);
            self.places[place] = self.blocks.len() as u32;
        }
        &mut self.blocks[self.places[place] as usize - 1]
    }
}

/// The bin of a finite number.
fn index(x: f64) -> usize {
    let size = x.abs();
    if size < STREAM_ZERO {
        return CENTRE;
    }
    let away = ((size.to_bits() >> DROPPED) - (STREAM_ZERO.to_bits() >> DROPPED)) as usize + 1;
    if x < 0.0 { CENTRE - away } else { CENTRE + away }
}

/// The numbers between which a bin lies.
fn ends(bin: usize) -> (f64, f64) {
    let away = bin.abs_diff(CENTRE) as u64;
    if away == 0 {
        return (0.0, 0.0);
    }
    let edge = |away: u64| f64::from_bits((away - 1 + (STREAM_ZERO.to_bits() >> DROPPED)) << DROPPED);
    let (near, far) = (edge(away), edge(away + 1).min(f64::MAX));
    if bin < CENTRE { (-far, -near) } else { (near, far) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::STREAM_ERROR;

    #[test]
    fn every_number_lies_in_its_bin() {
        for size in [STREAM_ZERO, 1e-11, 0.1, 1.0, 1.0 + STREAM_ERROR, 2.0, 123_456.789, 1e300, f64::MAX] {
            for x in [size, -size] {
                let (low, high) = ends(index(x));
                assert!(low <= x && x <= high && (high - low) <= STREAM_ERROR * size * 1.000_1, "{x}: {low} to {high}");
            }
        }
        let bins = [0.0, -1e-13, STREAM_ZERO, -STREAM_ZERO].map(index);
        assert_eq!(bins, [CENTRE, CENTRE, CENTRE + 1, CENTRE - 1]);
    }

    #[test]
    fn counts_are_found_where_they_were_put_in_any_order() {
        let numbers = [5.0, -3.0, 1e200, 0.0, -1e-200, 5.0, 1e-9, -4e300];
        let (mut forth, mut back) = (Histogram::default(), Histogram::default());
        numbers.iter().for_each(|&x| forth.count(x, 1));
        numbers.iter().rev().for_each(|&x| back.count(x, 1));
        let told = |histogram: &Histogram| histogram.bins().iter().map(|bin| (bin.low, bin.before, bin.count)).collect::<Vec<_>>();
        assert_eq!(told(&forth), told(&back));
        assert_eq!(forth.bins().iter().map(|bin| bin.count).collect::<Vec<_>>(), [1, 1, 2, 1, 2, 1]);
        back.merge(&forth);
        assert_eq!(back.bins().iter().map(|bin| bin.count).sum::<u64>(), 16);
    }
}
