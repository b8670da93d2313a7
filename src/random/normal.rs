//! Normal variates from pairs of 32-bit words, by a mapping that the fast path can follow in single precision.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

/// Two 32-bit words to two standard normals (Box and Muller 1958), by a mapping that single precision and wide lanes can follow:
///
/// - u = (⌊a / 2⌋ + ½) / 2³¹. 31 bits, because lanes convert signed integers alone in one instruction; they reach 6.66 sd.
/// - θ = (k + ½) π / 2³¹ with k the upper 30 bits of b, signed: uniform on (−π/4, π/4), so sine and cosine need no reduction.
/// - √(−ln u) (cos θ + sin θ) and √(−ln u) (cos θ − sin θ) are then both positive: √2 cos(θ ∓ π/4) covers the first quadrant.
/// - bits 0 and 1 of b are the signs of the first and the second.
#[inline(always)]
pub fn box_muller(a: u32, b: u32) -> (f64, f64) {
    // Signed integers have an instruction for it in every vector width.
    let u = (f64::from((a >> 1).cast_signed()) + 0.5) * (1.0 / 2_147_483_648.0);
    let angle = (f64::from(b.cast_signed() >> 2) + 0.5) * (std::f64::consts::PI / 2_147_483_648.0);
    let (sin, cos) = sin_cos(angle);
    let radius = (-ln_unit(u)).sqrt();
    let first = radius * (cos + sin);
    let second = radius * (cos - sin);
    let sign = |x: f64, bit: u32| f64::from_bits(x.to_bits() ^ (u64::from(bit & 1) << 63));
    (sign(first, b), sign(second, b >> 1))
}

/// ln u for a normal number u > 0: u = 2ᵏ m with m in \[√½, √2), and ln m = 2 artanh z with z = (m − 1) / (m + 1), |z| ≤ 0.172.
///
/// The first term left out is 2e-18 of the value. A third faster than a general logarithm: no special cases.
#[inline(always)]
pub fn ln_unit(u: f64) -> f64 {
    const ROOT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    // The exponent and 2048, so that it is never below 0: vectors have neither a signed shift nor a conversion of 64 bits everywhere. As the
    // last bits of 2⁵² + 2048 it is a number by a subtraction.
    let exponent = (u.to_bits().wrapping_sub(ROOT_HALF).wrapping_add(2048 << 52)) >> 52;
    let m = f64::from_bits(u.to_bits().wrapping_sub(exponent.wrapping_sub(2048) << 52));
    let exponent = f64::from_bits(exponent | 4_503_599_627_370_496.0_f64.to_bits()) - (4_503_599_627_370_496.0 + 2048.0);
    let z = (m - 1.0) / (m + 1.0);
    let q = z * z;
    let q2 = q * q;
    let q4 = q2 * q2;
    let low = (2.0 / 3.0 + 2.0 / 5.0 * q) + (2.0 / 7.0 + 2.0 / 9.0 * q) * q2;
    let middle = (2.0 / 11.0 + 2.0 / 13.0 * q) + (2.0 / 15.0 + 2.0 / 17.0 * q) * q2;
    let high = (2.0 / 19.0 + 2.0 / 21.0 * q) + 2.0 / 23.0 * q2;
    let tail = z * q * (low + (middle + high * q4) * q4);
    exponent * std::f64::consts::LN_2 + (2.0 * z + tail)
}

/// Sine and cosine on [−π/4, π/4] by their Taylor series; the first terms left out are below 5e-19 and 3e-18.
#[inline(always)]
fn sin_cos(x: f64) -> (f64, f64) {
    let q = x * x;
    (x * polynomial(&SIN, q), polynomial(&COS, q))
}

/// Estrin's order of evaluation: a third of the depth of Horner's.
#[inline(always)]
fn polynomial(c: &[f64; 9], q: f64) -> f64 {
    let q2 = q * q;
    let q4 = q2 * q2;
    let low = (c[0] + c[1] * q) + (c[2] + c[3] * q) * q2;
    let high = (c[4] + c[5] * q) + (c[6] + c[7] * q) * q2;
    low + (high + c[8] * q4) * q4
}

/// (−1)ⁿ / (2n + 1)!
const SIN: [f64; 9] = inverse_factorials(1);
/// (−1)ⁿ / (2n)!
const COS: [f64; 9] = inverse_factorials(0);

const fn inverse_factorials(first: u32) -> [f64; 9] {
    let mut out = [0.0; 9];
    let mut factorial = 1.0;
    let mut m = first as f64;
    let mut n = 0;
    while n < 9 {
        out[n] = if n % 2 == 0 { 1.0 } else { -1.0 } / factorial;
        factorial *= (m + 1.0) * (m + 2.0);
        m += 2.0;
        n += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream::{Purpose, StreamKey};

    /// Moments of the normals: mean 0, variance 1, kurtosis 3, the pair uncorrelated also in its squares; bounds at five standard errors.
    #[test]
    fn normals_are_normal() {
        let mut stream = StreamKey::new(1, Purpose::Noise, "moments").replication(0);
        let n = 1_000_000_u32;
        let mut sums = [0.0; 6];
        for _ in 0..n {
            let (x, y) = stream.normals();
            let terms = [x, y, x * x - 1.0, x * x * x * x - 3.0, x * y, (x * x - 1.0) * (y * y - 1.0)];
            sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
        }
        // Variances of the terms: 1, 1, 2, 105 - 9, 1, 4.
        for (sum, variance) in sums.iter().zip([1.0, 1.0, 2.0, 96.0, 1.0, 4.0_f64]) {
            assert!(sum.abs() < 5.0 * (f64::from(n) * variance).sqrt(), "{sums:?}");
        }
    }

    #[test]
    fn logarithm_matches_the_general_one() {
        let mut stream = StreamKey::new(1, Purpose::Noise, "ln").replication(0);
        let ends = [2.0_f64.powi(-32), 0.5, 0.5_f64.sqrt(), 0.5_f64.sqrt().next_down(), 1.0 - 2.0_f64.powi(-32)];
        for u in ends.into_iter().chain((0..100_000).map(|_| stream.uniform())) {
            let want = libm::log(u);
            assert!((ln_unit(u) - want).abs() <= 4e-16 * want.abs(), "{u}: {} {want}", ln_unit(u));
        }
    }

    #[test]
    fn box_muller_stays_finite_at_the_ends() {
        let (largest, _) = box_muller(0, 0);
        assert!((largest * largest - 32.0 * std::f64::consts::LN_2).abs() < 1e-6, "{largest}");
        for a in [0, 1, u32::MAX] {
            for b in [0, 1, 2, 3, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
                let (x, y) = box_muller(a, b);
                assert!(x.is_finite() && y.is_finite() && x.is_sign_negative() == (b & 1 == 1) && y.is_sign_negative() == (b & 2 == 2));
            }
        }
    }
}
