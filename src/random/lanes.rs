//! Sixty-four streams side by side, in single precision: the same words as [`Stream`](super::stream::Stream) draws, mapped by the same
//! formulas to the same variates within a few parts in ten million.
//!
//! Plain loops over arrays of [`LANES`], which the compiler turns into vector instructions of whatever width the caller is compiled for. All
//! is inlined for that reason. No sum crosses lanes and nothing is fused, so the results are the same bits for every width.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use super::stream::StreamKey;
use std::ops::{Deref, DerefMut};

/// Streams side by side. Fewer do not fill the widest registers after unrolling, and were up to twice as slow.
pub const LANES: usize = 64;

/// Lanes that fill a register of the widest kind, for loops over hours that keep what they carry from hour to hour there.
pub const GROUP: usize = 16;

/// One number of each lane. Aligned, as a vector that lies across two cache lines takes twice as long to read.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Lanes<T>(pub [T; LANES]);

impl<T: Copy> Lanes<T> {
    /// The same number in every lane.
    #[inline(always)]
    pub const fn of(number: T) -> Self {
        Self([number; LANES])
    }
}

impl<T> Deref for Lanes<T> {
    type Target = [T; LANES];

    #[inline(always)]
    fn deref(&self) -> &[T; LANES] {
        &self.0
    }
}

impl<T> DerefMut for Lanes<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T; LANES] {
        &mut self.0
    }
}

/// The streams of [`LANES`] consecutive replications under one key.
#[derive(Clone, Debug)]
pub struct StreamLanes {
    state: [Lanes<u32>; 4],
}

impl StreamLanes {
    /// Streams at no replication in particular: [`begin`](Self::begin) comes first.
    #[must_use]
    pub fn new() -> Self {
        Self { state: [Lanes::of(1); 4] }
    }

    /// Goes to the start of the streams of the replications `first`, `first` + 1, ….
    pub fn begin(&mut self, key: &StreamKey, first: u64) {
        for lane in 0..LANES {
            for (words, word) in self.state.iter_mut().zip(key.state(first + lane as u64, None)) {
                words[lane] = word;
            }
        }
    }

    /// The next pairs of standard normals of every lane, as many as both slices have room for: see
    /// [`box_muller`](super::normal::box_muller).
    #[inline(always)]
    pub fn normals(&mut self, first: &mut [Lanes<f32>], second: &mut [Lanes<f32>]) {
        let (mut a, mut b) = ([Lanes::of(0); AT_ONCE], [Lanes::of(0); AT_ONCE]);
        for (first, second) in first.chunks_mut(AT_ONCE).zip(second.chunks_mut(AT_ONCE)) {
            let pairs = first.len().min(second.len());
            for (a, b) in a.iter_mut().zip(&mut b).take(pairs) {
                self.words(a, b);
            }
            for (square, a) in first.iter_mut().zip(&a) {
                minus_log(a, square);
            }
            for ((square, b), second) in first.iter_mut().zip(&b).zip(second) {
                turn(b, square, second);
            }
        }
    }
}

impl StreamLanes {
    /// The next uniform of every lane on the open interval (0, 1), as [`Stream::uniform`](super::stream::Stream::uniform) draws it.
    #[inline(always)]
    pub fn uniforms(&mut self, out: &mut Lanes<f64>) {
        let (mut low, mut high) = (Lanes::of(0), Lanes::of(0));
        self.words(&mut low, &mut high);
        for i in 0..LANES {
            let word = (u64::from(high[i]) << 32) | u64::from(low[i]);
            // The upper 52 bits behind those of 1: k / 2⁵² + 1 without a conversion, which vectors of 64-bit integers do not have everywhere.
            let k = f64::from_bits((word >> 12) | 1.0_f64.to_bits()) - 1.0;
            out[i] = k + 0.5 / 4_503_599_627_370_496.0;
        }
    }

    /// Goes where the others are, in the lanes of which this is true.
    #[inline(always)]
    pub fn advance_to(&mut self, others: &Self, of: impl Fn(usize) -> bool) {
        for (words, others) in self.state.iter_mut().zip(&others.state) {
            for i in 0..LANES {
                words[i] = if of(i) { others[i] } else { words[i] };
            }
        }
    }
}

/// Pairs of a lane that go through each step together: enough for the steps' loops to overlap, few enough for the first cache.
const AT_ONCE: usize = 8;

impl StreamLanes {
    /// The next two words of every lane.
    #[inline(always)]
    fn words(&mut self, a: &mut Lanes<u32>, b: &mut Lanes<u32>) {
        let [s0, s1, s2, s3] = &mut self.state;
        for i in 0..LANES {
            let (first, state) = step([s0[i], s1[i], s2[i], s3[i]]);
            let (second, state) = step(state);
            [s0[i], s1[i], s2[i], s3[i]] = state;
            (a[i], b[i]) = (first, second);
        }
    }
}

impl Default for StreamLanes {
    fn default() -> Self {
        Self::new()
    }
}

/// One step of xoshiro128++ (Blackman and Vigna 2021), as the `rand` crate takes it.
#[inline(always)]
fn step([s0, s1, s2, s3]: [u32; 4]) -> (u32, [u32; 4]) {
    let word = s0.wrapping_add(s3).rotate_left(7).wrapping_add(s0);
    let t = s1 << 9;
    let s2 = s2 ^ s0;
    let s3 = s3 ^ s1;
    let s1 = s1 ^ s2;
    let s0 = s0 ^ s3;
    (word, [s0, s1, s2 ^ t, s3.rotate_left(11)])
}

/// The square of the radius of [`box_muller`](super::normal::box_muller). Words become numbers as signed integers, the one conversion that
/// vectors of every width have.
#[inline(always)]
fn minus_log(a: &Lanes<u32>, square: &mut Lanes<f32>) {
    for i in 0..LANES {
        let u = (a[i] >> 1).cast_signed() as f32 + 0.5;
        // A word of almost 2³² rounds to 2³¹ or a hair above: a radius of 0.
        square[i] = larger(minus_ln(u, 31), 0.0);
    }
}

/// The two normals of a radius and an angle; the first takes the radius's place.
#[inline(always)]
fn turn(b: &Lanes<u32>, first: &mut Lanes<f32>, second: &mut Lanes<f32>) {
    for i in 0..LANES {
        let radius = first[i].sqrt();
        // The half that belongs to the word is lost in the rounding of all but the smallest.
        let angle = (b[i].cast_signed() >> 2) as f32 * (std::f32::consts::PI / 2_147_483_648.0);
        let (sin, cos) = sin_cos(angle);
        let sign = |x: f32, bit: u32| f32::from_bits(x.to_bits() ^ (bit << 31));
        first[i] = sign(radius * (cos + sin), b[i]);
        second[i] = sign(radius * (cos - sin), (b[i] >> 1) & 1);
    }
}

/// −ln(x / 2ⁿ) for a normal number x > 0, within 4.4e-7 of the larger of 1 and the result: x = 2ᵏ m with m in \[√½, √2), and
/// ln m = f + f² p(f) of f = m − 1 with p of sixth degree, fitted to the least largest error (3.7e-8).
#[inline(always)]
pub fn minus_ln(x: f32, n: i32) -> f32 {
    const ROOT_HALF: u32 = 0x3f35_04f3;
    let exponent = x.to_bits().wrapping_sub(ROOT_HALF).cast_signed() >> 23;
    let f = f32::from_bits(x.to_bits().wrapping_sub((exponent << 23).cast_unsigned())) - 1.0;
    let q = f * f;
    let low = (-0.500_005_84 + 0.333_352_62 * f) + (-0.249_614_65 + 0.198_882_77 * f) * q;
    let high = (-0.173_259_94 + 0.163_356_42 * f) - 0.100_346_15 * q;
    let ln = f + q * (low + high * (q * q));
    (n - exponent) as f32 * std::f32::consts::LN_2 - ln
}

/// Sine and cosine on [−π/4, π/4], within 1e-7: the polynomials of the Cephes library (Moshier, `sinf`, `cosf`).
#[inline(always)]
fn sin_cos(x: f32) -> (f32, f32) {
    let q = x * x;
    let sin = x + x * q * (-1.666_665_5e-1 + q * (8.332_161e-3 - 1.951_529_6e-4 * q));
    let cos = 1.0 - 0.5 * q + q * q * (4.166_664_6e-2 + q * (-1.388_731_6e-3 + 2.443_315_7e-5 * q));
    (sin, cos)
}

/// The larger of two, neither of which is not a number: one instruction, where `max` takes three.
#[inline(always)]
pub fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The smaller of two, neither of which is not a number.
#[inline(always)]
pub fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The larger of two numbers none of which is negative, as whole numbers: what is kept in memory is then written in any case, and not only where
/// it changes, on whose outcome the next read would wait.
#[inline(always)]
pub fn greatest(a: f32, b: f32) -> f32 {
    f32::from_bits(a.to_bits().max(b.to_bits()))
}

/// The smaller of two numbers none of which is negative, likewise.
#[inline(always)]
pub fn least(a: f32, b: f32) -> f32 {
    f32::from_bits(a.to_bits().min(b.to_bits()))
}

/// 1 / √x for a normal number x > 0, within 5e-7 of the result; of 0 a large number. From the bits, one step with Kadlec's constants (2010,
/// a relative error e of 6.5e-4) and one of Newton's, whose own error of −1.5 e² is centred. An eighth of the time of a square root on some
/// processors, and the same on all, as their own approximations are not.
#[inline(always)]
pub fn inverse_root(x: f32) -> f32 {
    let guess = f32::from_bits(0x5f1f_fff9_u32.wrapping_sub(x.to_bits() >> 1));
    let y = guess * (0.703_952_25 * (2.389_244_6 - x * guess * guess));
    y * (1.500_000_4 - 0.5 * (x * y * y))
}

/// 2ˣ for x in [−126, 126] (brought there), within 2.5e-7 of the result: x = n + f with |f| ≤ ½, and a polynomial of fifth degree of f, 1 at
/// 0, fitted to the least largest error (1.1e-7).
#[inline(always)]
pub fn exp2(x: f32) -> f32 {
    // Adding 1.5 × 2²³ leaves the nearest whole number in the last bits.
    const SHIFT: f32 = 12_582_912.0;
    let x = smaller(larger(x, -126.0), 126.0);
    let shifted = x + SHIFT;
    let f = x - (shifted - SHIFT);
    let q = f * f;
    let low = (1.0 + std::f32::consts::LN_2 * f) + (0.240_222_83 + 0.055_505_585 * f) * q;
    let high = 0.009_669_691 + 0.001_330_060_5 * f;
    let power = f32::from_bits((shifted.to_bits().wrapping_shl(23)).wrapping_add(1.0_f32.to_bits()));
    power * (low + high * (q * q))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream::Purpose;

    /// Every lane against the scalar stream of its replication.
    #[test]
    fn lanes_draw_what_streams_draw() {
        let key = StreamKey::new(7, Purpose::Noise, "chat");
        let mut lanes = StreamLanes::new();
        lanes.begin(&key, 1_000);
        let mut streams: Vec<_> = (0..LANES as u64).map(|lane| key.replication(1_000 + lane)).collect();
        // Not a multiple of those that are drawn at once.
        let (mut first, mut second) = (vec![Lanes::of(0.0); 20], vec![Lanes::of(0.0); 20]);
        let (mut squares, mut worst) = (0.0, 0.0_f64);
        for _ in 0..100 {
            lanes.normals(&mut first, &mut second);
            for (first, second) in first.iter().zip(&second) {
                for (lane, stream) in streams.iter_mut().enumerate() {
                    let (a, b) = stream.normals();
                    for (lane, scalar) in [(first[lane], a), (second[lane], b)] {
                        let difference = (f64::from(lane) - scalar).abs();
                        squares += difference * difference;
                        worst = worst.max(difference);
                    }
                }
            }
        }
        // Where u is next to 1 its own rounding moves a radius near 0: rare, and never by more than √2⁻²⁵.
        assert!(worst < 3e-4, "{worst}");
        let rms = (squares / (2_000.0 * 2.0 * LANES as f64)).sqrt();
        assert!(rms < 1e-6, "{rms}");
    }

    #[test]
    fn logarithms_and_powers_are_as_close_as_stated() {
        for i in 1..200_000_u32 {
            let u = i as f32 / 200_000.0;
            let want = -libm::log(f64::from(u) / 4.0);
            assert!((f64::from(minus_ln(u, 2)) - want).abs() <= 4.4e-7 * want.abs().max(1.0), "{u}");
            let x = (i as f32 - 100_000.0) / 1_000.0;
            let want = libm::exp2(f64::from(x));
            assert!((f64::from(exp2(x)) / want - 1.0).abs() <= 2.5e-7, "{x}");
        }
        assert!(exp2(1e9).is_finite() && exp2(-1e9) > 0.0);
        for i in 0..400_000_u32 {
            let x = f32::from_bits(f32::MIN_POSITIVE.to_bits() + i * 5_000);
            let want = f64::from(x).sqrt().recip();
            assert!((f64::from(inverse_root(x)) / want - 1.0).abs() <= 5e-7, "{x}");
        }
    }
}
