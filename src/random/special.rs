//! Special functions on portable maths: the normal law, Student's law, and the incomplete gamma and beta functions.

mod gamma;

use std::f64::consts::{PI, SQRT_2};

pub use crate::statistics::{normal_cdf, normal_quantile};
pub use gamma::{gamma_p, gamma_prefactor, gamma_q, incomplete_gamma};

/// Relative size below which a term of a series or continued fraction no longer counts.
const EPSILON: f64 = 1e-16;
/// Below the smallest normal number: stands for zero in Lentz's method.
const TINY: f64 = 1e-300;

/// Regularised incomplete beta function `I_x(a, b)` for a, b > 0 and x in \[0, 1\], by the continued fraction of DLMF 8.17.22.
/// `y` is 1 − x, passed so that neither end loses digits. Relative error about 1e-12, absolute 1e-12 for parameters above 1e4.
pub fn incomplete_beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if !(a > 0.0 && b > 0.0 && x >= 0.0 && y >= 0.0) {
        return f64::NAN;
    }
    if x == 0.0 || y == 0.0 {
        return if x == 0.0 { 0.0 } else { 1.0 };
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta_below(b, a, y, x);
    }
    incomplete_beta_below(a, b, x, y)
}

/// 1 − Φ(x).
pub fn normal_sf(x: f64) -> f64 {
    0.5 * libm::erfc(x / SQRT_2)
}

/// φ(x), the standard normal density.
pub fn normal_density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x) / (2.0 * PI).sqrt()
}

/// Density of Student's t with `df` > 0 degrees of freedom at `t`.
pub fn student_density(df: f64, t: f64) -> f64 {
    let shape = 0.5 * (df + 1.0);
    half_gamma_ratio(0.5 * df) * libm::exp(-shape * libm::log1p(t * t / df)) / (df * PI).sqrt()
}

/// P(T > t) for Student's t with `df` > 0 degrees of freedom (DLMF 8.17).
pub fn student_sf(df: f64, t: f64) -> f64 {
    let square = t * t;
    if square == f64::INFINITY {
        return if t > 0.0 { 0.0 } else { 1.0 };
    }
    let tail = 0.5 * incomplete_beta(0.5 * df, 0.5, df / (df + square), square / (df + square));
    if t > 0.0 { tail } else { 1.0 - tail }
}

/// Γ(x + ½) / Γ(x): directly, or by its asymptotic series (DLMF 5.11.13), whose first term left out is below 2e-13 from 100 on.
fn half_gamma_ratio(x: f64) -> f64 {
    if x < 100.0 {
        return libm::tgamma(x + 0.5) / libm::tgamma(x);
    }
    let y = 1.0 / x;
    x.sqrt() * (1.0 + y * (-1.0 / 8.0 + y * (1.0 / 128.0 + y * (5.0 / 1024.0 + y * (-21.0 / 32_768.0)))))
}

fn incomplete_beta_below(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let ln_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let front = libm::exp(a * libm::log(x) + b * libm::log(y) - ln_beta) / a;
    let mut c = 1.0;
    let mut d = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    let mut m = 1.0;
    loop {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / nonzero(1.0 + even * d);
        c = nonzero(1.0 + even / c);
        value *= c * d;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / nonzero(1.0 + odd * d);
        c = nonzero(1.0 + odd / c);
        value *= c * d;
        if (c * d - 1.0).abs() < 2.0 * EPSILON || m > 100_000.0 {
            return front * value;
        }
        m += 1.0;
    }
}

fn nonzero(x: f64) -> f64 {
    if x.abs() < TINY { TINY } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{Continuous, ContinuousCDF, StudentsT};
    use statrs::function::beta::beta_reg;

    fn near(got: f64, want: f64, tolerance: f64, what: &str) {
        assert!((got - want).abs() <= tolerance * want.abs(), "{what}: {got:e} is not {want:e}");
    }

    /// Printed values of the normal law: Φ(1.96), and upper tails at 5 and 10 (Abramowitz and Stegun, tables 26.1 and 26.2).
    #[test]
    fn normal_values() {
        near(normal_cdf(1.96), 0.975_002_104_851_779_5, 1e-15, "1.96");
        near(normal_sf(5.0), 2.866_515_718_791_939e-7, 1e-14, "5");
        near(normal_sf(10.0), 7.619_853_024_160_526e-24, 1e-13, "10");
        near(normal_quantile(0.95), 1.644_853_626_951_472_7, 1e-14, "95 %");
        near(normal_quantile(0.9), 1.281_551_565_544_600_4, 1e-14, "90 %");
        near(normal_quantile(0.995), 2.575_829_303_548_900_4, 1e-14, "99.5 %");
    }

    #[test]
    fn normal_quantile_inverts() {
        for p in [1e-300, 1e-100, 1e-16, 1e-6, 0.01, 0.199_999, 0.2, 0.3, 0.499_999, 0.5, 0.7, 0.81, 0.99, 1.0 - 1e-12] {
            let x = normal_quantile(p);
            near(normal_cdf(x), p, 1e-12, "p");
        }
        assert!(normal_quantile(0.0) < f64::MIN && normal_quantile(1.0) > f64::MAX);
        assert!(normal_quantile(-0.1).is_nan() && normal_quantile(1.1).is_nan() && normal_quantile(f64::NAN).is_nan());
    }

    #[test]
    fn beta_matches_closed_forms_and_a_library() {
        for x in [1e-6, 0.1, 0.5, 0.9, 0.999] {
            near(incomplete_beta(1.0, 3.0, x, 1.0 - x), 1.0 - (1.0 - x) * (1.0 - x) * (1.0 - x), 1e-9, "b = 3");
            for (a, b) in [(0.5, 0.5), (2.0, 0.5), (3.5, 20.0), (100.0, 50.0)] {
                assert!((incomplete_beta(a, b, x, 1.0 - x) - beta_reg(a, b, x)).abs() < 1e-12, "({a}, {b}, {x})");
            }
        }
    }

    /// Two degrees of freedom have a closed form; others are compared with the library, large ones with the normal law.
    #[test]
    fn student() {
        for t in [-3.0, -0.5, 0.0, 0.2, 1.0, 4.0, 50.0] {
            near(student_sf(2.0, t), 0.5 - 0.5 * t / (2.0 + t * t).sqrt(), 1e-10, "df 2");
            for df in [1.0, 2.5, 4.0, 30.0] {
                let oracle = StudentsT::new(0.0, 1.0, df).unwrap();
                near(student_density(df, t), oracle.pdf(t), 1e-11, "density");
                assert!((student_sf(df, t) - oracle.sf(t)).abs() < 1e-12);
            }
            assert!((student_sf(1e6, t) - normal_sf(t)).abs() < 1e-6);
            assert!((student_density(1e6, t) - normal_density(t)).abs() < 1e-6);
        }
        near(half_gamma_ratio(100.0), libm::tgamma(100.5) / libm::tgamma(100.0), 1e-12, "series");
    }
}
