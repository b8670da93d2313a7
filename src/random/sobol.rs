//! Randomised Sobol points: normals that fill the few dimensions that matter most more evenly than independent ones do.
//!
//! Own code, because the crates there are end at 2¹⁶ points of single precision, or do not scramble.
//!
//! Every name (a workload) has its own points, so another name in the scenario changes none of them. Replication r takes point ⌊r / 16⌋ of
//! scramble r mod 16. Scrambles are independent, so the spread between them tells the error of their mean (Owen 1997). A scramble is:
//!
//! - **Points**: Sobol's, by the direction numbers of Joe and Kuo (2008), file new-joe-kuo-6.21201. Of the first 2ᵐ points, every interval
//!   of length 2⁻ᵐ holds one in each dimension, and in the first two dimensions every box of that area.
//! - **Digits**: multiplied by a random lower triangular matrix of bits and shifted by random bits (Matoušek 1998). Each point alone is then
//!   uniform on 52 bits, all intervals and boxes keep their one point, and the variance of a mean is that of Owen's nested scramble.
//! - **Order**: the digits of the index are permuted, each depending on those above it (Owen's nested scramble, on the index; Burley 2020),
//!   so every aligned run of 2ᵐ points keeps its evenness and is met in another order under another name. That takes two names' points
//!   apart, which stem from the same sequence: among them pairs are as even as random ones, and no more ("padding").
//!
//! References: S. Joe, F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci. Comput. 30 (2008),
//! 2635-2654, doi:10.1137/070709359. J. Matoušek, "On the L2-discrepancy for anchored boxes", J. Complexity 14 (1998), 527-556,
//! doi:10.1006/jcom.1998.0489. A. B. Owen, "Scrambled net variance for integrals of smooth functions", Ann. Statist. 25 (1997), 1541-1562,
//! doi:10.1214/aos/1031594731. B. Burley, "Practical hash-based Owen scrambling", J. Comput. Graph. Tech. 9 (2020), 1-20.

use super::special::normal_quantile;
use super::stream::{Purpose, Stream, StreamKey, mix};
use crate::statistics::SCRAMBLES;
use rand::Rng;

/// Dimensions of a name's points.
pub const DIMENSIONS: usize = 3;

/// Digits of a coordinate: those of the sequence, and as many more as an open interval of doubles takes.
const DIGITS: u32 = 52;
/// Digits of the sequence, and so of the index.
const INDEX_DIGITS: usize = 32;
/// Low digits of the index that are permuted: enough for 2²⁴ points of each scramble. Those above stay, so later points do not change.
const PERMUTED: u32 = 24;
/// Digits that one hash permutes: a tree of 63 nodes takes 63 bits.
const AT_ONCE: u32 = 6;

/// Joe and Kuo's numbers of the dimensions after the first: degree, inner coefficients of the polynomial, first direction integers.
const JOE_KUO: [(usize, u32, &[u32]); DIMENSIONS - 1] = [(1, 0, &[1]), (2, 1, &[1, 3])];

/// The points of one name under one seed.
#[derive(Clone, Debug)]
pub struct SobolPoints {
    scrambles: Vec<Scramble>,
}

/// One randomisation.
#[derive(Clone, Debug)]
struct Scramble {
    order: u64,
    shift: [u64; DIMENSIONS],
    /// What each digit of the index adds to a coordinate, lowest digit first.
    columns: [[u64; INDEX_DIGITS]; DIMENSIONS],
}

impl SobolPoints {
    /// Draws the scrambles of a name.
    #[must_use]
    pub fn new(seed: u64, name: &str) -> Self {
        let key = StreamKey::new(seed, Purpose::Scramble, name);
        Self { scrambles: (0..SCRAMBLES as u64).map(|scramble| Scramble::new(&mut key.replication(scramble))).collect() }
    }

    /// The coordinates of replication `replication`, each uniform on (0, 1).
    #[must_use]
    pub fn uniforms(&self, replication: u64) -> [f64; DIMENSIONS] {
        let scramble = &self.scrambles[(replication % SCRAMBLES as u64) as usize];
        scramble.point((replication / SCRAMBLES as u64) as u32).map(|k| (k as f64 + 0.5) * (1.0 / (1_u64 << DIGITS) as f64))
    }

    /// The same as standard normals, by their quantiles.
    #[must_use]
    pub fn normals(&self, replication: u64) -> [f64; DIMENSIONS] {
        self.uniforms(replication).map(normal_quantile)
    }
}

impl Scramble {
    fn new(stream: &mut Stream) -> Self {
        let order = stream.next_u64();
        let directions = directions();
        let mut bits = || stream.next_u64() >> (64 - DIGITS);
        let shift = [(); DIMENSIONS].map(|()| bits());
        let columns = directions.map(|directions| {
            // Digit j of a coordinate is kept and added to random ones of the digits below it.
            let matrix: [u64; INDEX_DIGITS] = std::array::from_fn(|j| {
                let own = 1_u64 << (DIGITS as usize - 1 - j);
                own | (bits() & (own - 1))
            });
            directions.map(|direction| {
                let set = |&(j, _): &(usize, &u64)| direction >> (INDEX_DIGITS - 1 - j) & 1 == 1;
                matrix.iter().enumerate().filter(set).fold(0, |sum, (_, column)| sum ^ column)
            })
        });
        Self { order, shift, columns }
    }

    fn point(&self, index: u32) -> [u64; DIMENSIONS] {
        let mut coordinates = self.shift;
        let mut rest = permuted(index, self.order);
        while rest != 0 {
            let digit = rest.trailing_zeros() as usize;
            for (coordinate, columns) in coordinates.iter_mut().zip(&self.columns) {
                *coordinate ^= columns[digit];
            }
            rest &= rest - 1;
        }
        coordinates
    }
}

/// Flips each of the lowest [`PERMUTED`] digits or not, by a bit that the digits above it choose: a bijection of every aligned run of 2ᵐ.
fn permuted(index: u32, order: u64) -> u32 {
    let mut result = index;
    let mut top = PERMUTED;
    while top > 0 {
        let above = u64::from(index >> top);
        // The digits above and where they end, apart from each other for every index.
        let flips = mix(order ^ mix(above << 5 | u64::from(top)));
        let group = index >> (top - AT_ONCE) & ((1 << AT_ONCE) - 1);
        for depth in 0..AT_ONCE {
            let node = 1 << depth | group >> (AT_ONCE - depth);
            let flip = (flips >> node) as u32 & 1;
            result ^= flip << (top - 1 - depth);
        }
        top -= AT_ONCE;
    }
    result
}

/// Direction numbers by dimension and digit of the index, highest digit of the coordinate in the highest bit.
fn directions() -> [[u32; INDEX_DIGITS]; DIMENSIONS] {
    // The first dimension is van der Corput's: the index with its digits reversed.
    let mut all = [std::array::from_fn(|digit| 1_u32 << (INDEX_DIGITS - 1 - digit)); DIMENSIONS];
    for (directions, &(degree, inner, first)) in all.iter_mut().skip(1).zip(&JOE_KUO) {
        for k in 0..INDEX_DIGITS {
            directions[k] = match first.get(k) {
                Some(m) => m << (INDEX_DIGITS - 1 - k),
                None => {
                    let back = |steps: usize| directions[k - steps];
                    let own = back(degree) ^ back(degree) >> degree;
                    (1..degree).filter(|i| inner >> (degree - 1 - i) & 1 == 1).fold(own, |sum, i| sum ^ back(i))
                }
            };
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::special::normal_cdf;
    use std::collections::BTreeSet;

    fn points(name: &str, scramble: u64, n: u64) -> Vec<[f64; DIMENSIONS]> {
        let points = SobolPoints::new(7, name);
        (0..n).map(|index| points.uniforms(index * SCRAMBLES as u64 + scramble)).collect()
    }

    /// The first points of the unscrambled sequence in eighths, by index, from the recurrence worked by hand: the 1 of x + 1 turns
    /// into 1, 3, 5, 15, 17, and 1, 3 of x² + x + 1 into 1, 3, 3, 9, 29.
    #[test]
    fn directions_are_those_of_joe_and_kuo() {
        let all = directions();
        let integers = |dimension: usize| (0..5).map(|k| all[dimension][k] >> (31 - k)).collect::<Vec<_>>();
        assert_eq!((integers(0), integers(1), integers(2)), (vec![1; 5], vec![1, 3, 5, 15, 17], vec![1, 3, 3, 9, 29]));
        let eighths = |dimension: usize, index: u32| {
            let bits = (0..3).filter(|digit| index >> digit & 1 == 1).fold(0, |sum, digit| sum ^ all[dimension][digit]);
            bits >> 29
        };
        assert_eq!((0..8).map(|i| eighths(0, i)).collect::<Vec<_>>(), [0, 4, 2, 6, 1, 5, 3, 7]);
        assert_eq!((0..8).map(|i| eighths(1, i)).collect::<Vec<_>>(), [0, 4, 6, 2, 5, 1, 3, 7]);
    }

    /// Every aligned run of 2ᵐ points has one in each interval of length 2⁻ᵐ; in the first two dimensions, in each box of that area.
    #[test]
    fn runs_of_points_are_even() {
        for (name, scramble, m, run) in [("chat", 0, 10, 0), ("chat", 5, 7, 3), ("agent", 15, 8, 1), ("a", 1, 1, 6)] {
            let n = 1_u64 << m;
            let all = points(name, scramble, (run + 1) * n);
            let run = &all[(run * n) as usize..];
            for dimension in 0..DIMENSIONS {
                let cells: BTreeSet<u64> = run.iter().map(|point| (point[dimension] * n as f64) as u64).collect();
                assert_eq!(cells.len() as u64, n, "{name}: dimension {dimension}");
            }
            for split in 0..=m {
                let cell = |point: &[f64; DIMENSIONS]| {
                    ((point[0] * f64::from(1 << split)) as u64, (point[1] * f64::from(1 << (m - split))) as u64)
                };
                assert_eq!(run.iter().map(cell).collect::<BTreeSet<_>>().len() as u64, n, "{name}: split {split}");
            }
        }
    }

    /// Over names, one point is uniform and its coordinates are independent, low digits and tails included.
    #[test]
    fn a_point_alone_is_like_any_random_one() {
        let n = 4000;
        let (mut sums, mut tails, mut low) = ([0.0; DIMENSIONS], 0, 0);
        let mut products = [0.0; 4];
        for name in 0..n {
            let points = SobolPoints::new(3, &name.to_string());
            let [a, b] = [points.normals(16 * 37 + 4), points.normals(16 * 38 + 4)];
            let other = points.normals(16 * 37 + 5);
            sums.iter_mut().zip(a).for_each(|(sum, z)| *sum += z);
            tails += usize::from(a[0] > 1.96);
            low += usize::from(normal_cdf(a[1]) * 1024.0 % 1.0 < 0.5);
            products.iter_mut().zip([a[0] * a[1], a[1] * a[2], a[2] * b[1], a[0] * other[0]]).for_each(|(sum, z)| *sum += z);
        }
        let count = f64::from(n);
        for sum in sums.iter().chain(&products) {
            assert!((sum / count).abs() < 4.5 / count.sqrt(), "{sums:?} {products:?}");
        }
        assert!((tails as f64 / count - 0.025).abs() < 4.0 * (0.025 / count).sqrt(), "{tails}");
        assert!((low as f64 / count - 0.5).abs() < 2.0 / count.sqrt(), "{low}");
    }

    /// Two names' points are as even as random pairs: their products have the mean of independent ones, and about its error.
    #[test]
    fn names_do_not_move_together() {
        let mut squares = 0.0;
        let n = 256;
        for name in 0..300 {
            let (a, b) = (points(&format!("a{name}"), 2, n), points(&format!("b{name}"), 2, n));
            let mean = a.iter().zip(&b).map(|(a, b)| 12.0 * (a[0] - 0.5) * (b[0] - 0.5)).sum::<f64>() / n as f64;
            squares += mean * mean * n as f64;
        }
        // Independent pairs give 1; digits that meet in pairs of runs give 9/7 (see the module), each within four errors of 300 squares.
        let ratio: f64 = squares / 300.0;
        assert!((0.7..1.8).contains(&ratio), "{ratio}");
    }

    #[test]
    fn the_order_is_a_bijection_of_every_run() {
        for order in [1, 99] {
            for m in [0, 1, 6, 11] {
                let run: BTreeSet<u32> = (0..1 << m).map(|index| permuted(index + (5 << m), order) >> m).collect();
                let all: BTreeSet<u32> = (0..1 << m).map(|index| permuted(index + (5 << m), order)).collect();
                assert_eq!((run.len(), all.len()), (1, 1 << m));
            }
        }
        assert_eq!(permuted(3 << PERMUTED, 5) >> PERMUTED, 3);
    }
}
