//! The exponential function of many numbers: without a branch, so that vectors of whatever width take it.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

/// eˣ within 3e-16 of the result, for x brought into \[−708, 709\]: x = n ln 2 + r with |r| ≤ ½ ln 2, and the series of eʳ; the first term left
/// out is 5e-18.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    // Adding 1.5 × 2⁵² leaves the nearest whole number in the last bits.
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    // ln 2 in two parts: the first has 32 bits, so that n times it is exact.
    const HIGH: f64 = 0.693_147_180_369_123_8;
    const LOW: f64 = 1.908_214_929_270_587_7e-10;
    let x = if x > -708.0 { x } else { -708.0 };
    let x = if x < 709.0 { x } else { 709.0 };
    let shifted = x * std::f64::consts::LOG2_E + SHIFT;
    let n = shifted - SHIFT;
    let r = (x - n * HIGH) - n * LOW;
    let q = r * r;
    let q2 = q * q;
    let low = (SERIES[2] + SERIES[3] * r) + (SERIES[4] + SERIES[5] * r) * q;
    let high = (SERIES[6] + SERIES[7] * r) + (SERIES[8] + SERIES[9] * r) * q;
    let top = (SERIES[10] + SERIES[11] * r) + (SERIES[12] + SERIES[13] * r) * q;
    let rest = low + (high + top * q2) * q2;
    let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0_f64.to_bits()));
    power * (1.0 + (r + q * rest))
}

/// 1 / n!
const SERIES: [f64; 14] = {
    let mut out = [1.0; 14];
    let mut n = 1;
    while n < 14 {
        out[n] = out[n - 1] / n as f64;
        n += 1;
    }
    out
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_as_close_as_stated() {
        let mut numbers: Vec<f64> = (-708_000..=709_000).step_by(7).map(|i| f64::from(i) * 1e-3).collect();
        numbers.extend((-100_000..100_000).map(|i| f64::from(i) * 1.234_567e-5));
        let mut got = numbers.clone();
        got.iter_mut().for_each(|x| *x = exp(*x));
        for (x, got) in numbers.into_iter().zip(got) {
            let want = libm::exp(x);
            assert!((got - want).abs() <= 3e-16 * want, "{x}: {got} {want}");
        }
        for x in [0.0, -0.0] {
            assert_eq!(exp(x).to_bits(), 1.0_f64.to_bits());
        }
        assert!(exp(f64::INFINITY).is_finite() && exp(f64::NEG_INFINITY) > 0.0);
    }
}
