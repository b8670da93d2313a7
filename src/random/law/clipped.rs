//! Expectations of a clipped Student's t, which keep the mean of the level's walk where it was stated.

use crate::random::special::{student_density, student_sf};

/// E\[exp(`factor` × clip(`scale` × T, −`clip`, `clip`))\] with Student's T of `df` degrees of freedom, to 1e-10 of its value while
/// |factor| × clip is at most 20. At least 1, because the law is symmetric; 1 for a scale of 0.
///
/// The level's walk divides by it, so that every week keeps the stated mean.
pub fn clipped_exp_mean(df: f64, scale: f64, clip: f64, factor: f64) -> f64 {
    1.0 + clipped_mean(df, scale, clip, |x| cosh_minus_one(factor * x))
}

/// cosh x − 1 without cancellation.
fn cosh_minus_one(x: f64) -> f64 {
    let half = libm::sinh(0.5 * x);
    2.0 * half * half
}

/// E\[g(clip(scale × T))\] for an even g with g(0) = 0.
///
/// Gauss–Legendre on panels of at most a quarter in y, where x = scale × sinh y: even in log-scale in the tail, linear in the middle.
pub(super) fn clipped_mean(df: f64, scale: f64, clip: f64, g: impl Fn(f64) -> f64) -> f64 {
    if scale == 0.0 || clip == 0.0 {
        return 0.0;
    }
    let end = libm::asinh(clip / scale);
    let panels = (4.0 * end).ceil().max(1.0);
    let half = 0.5 * end / panels;
    let inside = |y: f64| {
        let t = libm::sinh(y);
        g(scale * t) * student_density(df, t) * libm::cosh(y)
    };
    let mut sum = 0.0;
    let mut panel = 0.0;
    while panel < panels {
        let middle = (2.0 * panel + 1.0) * half;
        for (node, weight) in GAUSS_LEGENDRE {
            sum += weight * (inside(middle - half * node) + inside(middle + half * node));
        }
        panel += 1.0;
    }
    2.0 * (half * sum + g(clip) * student_sf(df, clip / scale))
}

/// Positive nodes and weights of ten points (Abramowitz and Stegun, table 25.4).
const GAUSS_LEGENDRE: [(f64, f64); 5] = [
    (0.148_874_338_981_631_2, 0.295_524_224_714_752_9),
    (0.433_395_394_129_247_2, 0.269_266_719_309_996_3),
    (0.679_409_568_299_024_4, 0.219_086_362_515_982_04),
    (0.865_063_366_688_984_5, 0.149_451_349_150_580_6),
    (0.973_906_528_517_171_7, 0.066_671_344_308_688_14),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{FRAC_PI_4, LN_10};

    /// With one degree of freedom E[min(T², 1)] = 2 (∫₀¹ t² / (π (1 + t²)) dt + P(T > 1)) = 2 (1 − π/4) / π + ½.
    #[test]
    fn cauchy_in_closed_form() {
        let want = 2.0 * (1.0 - FRAC_PI_4) / std::f64::consts::PI + 0.5;
        let got = clipped_mean(1.0, 1.0, 1.0, |x| x * x);
        assert!((got - want).abs() < 1e-13, "{got} {want}");
    }

    /// Very many degrees of freedom and a far clip give the normal law: exp(½ (k s)²).
    #[test]
    fn normal_limit() {
        for (scale, factor) in [(0.2, 1.0), (0.5, 0.5), (0.01, -2.0)] {
            let got = clipped_exp_mean(1e9, scale, 12.0 * scale, factor);
            let want = libm::exp(0.5 * (factor * scale) * (factor * scale));
            assert!((got - want).abs() < 1e-9, "{got} {want}");
        }
    }

    /// Against Simpson's rule on a fine grid of x itself.
    #[test]
    fn agrees_with_another_rule() {
        for (df, scale, factor) in [(4.0, 0.2, 1.0), (4.0, 0.2, 0.9), (2.0, 1.0, 1.0), (1.2, 0.05, 0.3), (30.0, 0.4, 2.0)] {
            let n = 400_000;
            let h = LN_10 / f64::from(n);
            let f = |i: i32| {
                let x = h * f64::from(i);
                libm::cosh(factor * x) * student_density(df, x / scale) / scale
            };
            let inner: f64 = (1..n).map(|i| if i % 2 == 1 { 4.0 } else { 2.0 } * f(i)).sum();
            let want = 2.0 * (h / 3.0 * (f(0) + inner + f(n)) + libm::cosh(factor * LN_10) * student_sf(df, LN_10 / scale));
            let got = clipped_exp_mean(df, scale, LN_10, factor);
            assert!((got / want - 1.0).abs() < 1e-10, "df {df}: {got} {want}");
        }
    }

    #[test]
    fn no_scale_changes_nothing() {
        assert!((clipped_exp_mean(4.0, 0.0, LN_10, 1.0) - 1.0).abs() < f64::EPSILON);
        assert!(clipped_exp_mean(4.0, 1e-12, LN_10, 1.0) - 1.0 < 1e-20);
    }
}
