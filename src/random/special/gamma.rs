//! Incomplete gamma functions: both tails to about 1e-13, for shapes from 1e-3 to 1e8.
//!
//! Each tail is computed directly where one minus the other would cancel.

use std::f64::consts::PI;

use super::{EPSILON, TINY, nonzero};

/// From this shape on, and near the mean, Temme's expansion replaces series and fraction: they need some 8 √a terms there.
const TEMME_FROM: f64 = 200.0;
/// Temme's expansion is used while |x / a − 1| is below this, where 20 Taylor terms leave less than 1e-19.
const TEMME_WIDTH: f64 = 0.3;

/// Lower and upper regularised incomplete gamma functions (P(a, x), Q(a, x)) for a > 0 and x ≥ 0; P + Q = 1.
///
/// Relative error about 1e-13 for both, for a from 1e-3 to 1e8, growing with the exponent in the far tails (1e-12 near 1e-300).
/// Series and Legendre's continued fraction (DLMF 8.11.4, 8.9.2), Temme's uniform expansion for large a near the mean (DLMF 8.12).
/// Not a number outside the domain.
pub fn incomplete_gamma(a: f64, x: f64) -> (f64, f64) {
    if !(a > 0.0 && x >= 0.0 && a < f64::INFINITY) {
        return (f64::NAN, f64::NAN);
    }
    if x == 0.0 {
        return (0.0, 1.0);
    }
    if x == f64::INFINITY {
        return (1.0, 0.0);
    }
    let offset = (x - a) / a;
    if a >= TEMME_FROM && offset.abs() < TEMME_WIDTH {
        temme(a, offset)
    } else if a < 1.0 && x < 1.5 {
        small_shape(a, x)
    } else if x < a + 1.0 {
        let lower = gamma_series(a, x) * gamma_prefactor(a, x);
        (lower, 1.0 - lower)
    } else {
        let upper = gamma_fraction(a, x) * a * gamma_prefactor(a, x);
        (1.0 - upper, upper)
    }
}

/// P(a, x), the distribution function of a gamma law of shape a and scale 1.
pub fn gamma_p(a: f64, x: f64) -> f64 {
    incomplete_gamma(a, x).0
}

/// Q(a, x) = 1 − P(a, x).
pub fn gamma_q(a: f64, x: f64) -> f64 {
    incomplete_gamma(a, x).1
}

/// xᵃ e⁻ˣ / Γ(a + 1) for a > 0 and x ≥ 0, which is x / a times the density of a gamma law of shape a and scale 1.
///
/// From a = 10 on as exp(−a φ) / (√(2πa) Γ*(a)) with φ = x/a − 1 − ln(x/a), so that large terms never cancel (Loader 2000).
pub fn gamma_prefactor(a: f64, x: f64) -> f64 {
    if x == 0.0 {
        0.0
    } else if a < 10.0 {
        libm::exp(a * libm::log(x) - x) / libm::tgamma(a + 1.0)
    } else {
        libm::exp(a * log1p_minus((x - a) / a) - stirling_error(a)) / (2.0 * PI * a).sqrt()
    }
}

fn gamma_series(a: f64, x: f64) -> f64 {
    let (mut sum, mut term, mut n) = (1.0, 1.0, a);
    while term > EPSILON * sum {
        n += 1.0;
        term *= x / n;
        sum += term;
    }
    sum
}

/// Legendre's fraction for Γ(a, x) / (xᵃ e⁻ˣ), by Lentz's method.
fn gamma_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut value = d;
    let mut n = 0.0;
    loop {
        n += 1.0;
        let numerator = n * (a - n);
        b += 2.0;
        d = 1.0 / nonzero(numerator * d + b);
        c = nonzero(b + numerator / c);
        let factor = c * d;
        value *= factor;
        // At most some hundred steps for x >= a + 1 below Temme's range; the bound is for safety alone.
        if (factor - 1.0).abs() < 2.0 * EPSILON || n > 100_000.0 {
            return value;
        }
    }
}

/// Both functions for a < 1 and x < 1.5, where Q = 1 − P would cancel for small a: 1 − xᵃ / Γ(1 + a) is taken by `expm1`.
fn small_shape(a: f64, x: f64) -> (f64, f64) {
    let exponent = a * libm::log(x) - libm::lgamma(1.0 + a);
    let power = libm::exp(exponent);
    // P = power × (1 + a Σ (−x)ⁿ / (n! (a + n))), n from 1.
    let (mut sum, mut term, mut n) = (0.0, 1.0, 0.0);
    while f64::abs(term) > EPSILON {
        n += 1.0;
        term *= -x / n;
        sum += term / (a + n);
    }
    let correction = power * a * sum;
    (power + correction, -libm::expm1(exponent) - correction)
}

/// Temme's expansion: Q = ½ erfc(η √(a/2)) + R, with ½ η² = λ − 1 − ln λ, λ = x / a, and R a double series in η and 1/a.
fn temme(a: f64, offset: f64) -> (f64, f64) {
    let half_square = -log1p_minus(offset);
    let eta = f64::copysign((2.0 * half_square).sqrt(), offset);
    let series = TEMME.iter().rev().fold(0.0, |sum, row| sum / a + row.iter().rev().fold(0.0, |s, c| s * eta + c));
    let rest = libm::exp(-a * half_square) / (2.0 * PI * a).sqrt() * series;
    let scaled = eta * (0.5 * a).sqrt();
    (0.5 * libm::erfc(-scaled) - rest, 0.5 * libm::erfc(scaled) + rest)
}

const TEMME_ROWS: usize = 8;
const TEMME_COLUMNS: usize = 20;
const TEMME: [[f64; TEMME_COLUMNS]; TEMME_ROWS] = temme_coefficients();

/// The coefficients of DLMF 8.12.12 by its recurrences: α from ½ η² = λ − 1 − ln λ, then d of row k from row k − 1.
const fn temme_coefficients() -> [[f64; TEMME_COLUMNS]; TEMME_ROWS] {
    const WIDE: usize = TEMME_COLUMNS + 2 * TEMME_ROWS;
    // Of Γ*(a) ~ Σ g_k a⁻ᵏ, DLMF 5.11.4.
    let stirling = [
        1.0,
        1.0 / 12.0,
        1.0 / 288.0,
        -139.0 / 51_840.0,
        -571.0 / 2_488_320.0,
        163_879.0 / 209_018_880.0,
        5_246_819.0 / 75_246_796_800.0,
        -534_703_531.0 / 902_961_561_600.0,
    ];
    let mut alpha = [0.0; WIDE + 3];
    alpha[1] = 1.0;
    let mut n = 2;
    while n < WIDE + 3 {
        let mut sum = alpha[n - 1];
        let mut k = 2;
        while k < n {
            sum -= k as f64 * alpha[k] * alpha[n + 1 - k];
            k += 1;
        }
        alpha[n] = sum / (n + 1) as f64;
        n += 1;
    }
    let mut first = [0.0; WIDE];
    first[0] = -1.0 / 3.0;
    let mut n = 1;
    while n < WIDE {
        first[n] = (n + 2) as f64 * alpha[n + 2];
        n += 1;
    }
    let mut row = first;
    let mut out = [[0.0; TEMME_COLUMNS]; TEMME_ROWS];
    let mut k = 0;
    while k < TEMME_ROWS {
        if k > 0 {
            let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
            let mut next = [0.0; WIDE];
            let mut n = 0;
            while n + 2 < WIDE {
                next[n] = sign * stirling[k] * first[n] + (n + 2) as f64 * row[n + 2];
                n += 1;
            }
            row = next;
        }
        let mut n = 0;
        while n < TEMME_COLUMNS {
            out[k][n] = row[n];
            n += 1;
        }
        k += 1;
    }
    out
}

/// ln(1 + x) − x for x > −1 without cancellation: with z = x / (2 + x) it is 2 (z³/3 + z⁵/5 + …) − x z.
fn log1p_minus(x: f64) -> f64 {
    if x.abs() > 0.4 {
        return libm::log1p(x) - x;
    }
    let z = x / (2.0 + x);
    let q = z * z;
    let mut sum = 0.0;
    // z is at most 1/4, so twelve terms leave 1e-17 of the first.
    let mut n = 27.0;
    while n > 2.0 {
        sum = sum * q + 1.0 / n;
        n -= 2.0;
    }
    2.0 * z * q * sum - x * z
}

/// ln Γ*(a) = ln Γ(a + 1) − ½ ln(2πa) − a ln a + a for a ≥ 10 (DLMF 5.11.1); the first term left out is below 1e-16.
fn stirling_error(a: f64) -> f64 {
    const TERMS: [f64; 7] = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0, 1.0 / 156.0];
    let q = 1.0 / (a * a);
    TERMS.iter().rev().fold(0.0, |sum, term| sum * q + term) / a
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::function::gamma::{gamma_lr, gamma_ur};

    fn near(got: f64, want: f64, tolerance: f64, what: &str) {
        assert!((got - want).abs() <= tolerance * want.abs(), "{what}: {got:e} is not {want:e}");
    }

    /// Shape 1 is exp(−x), shape ½ is erfc(√x), shape n is a Poisson sum.
    #[test]
    fn matches_closed_forms() {
        for x in [1e-8, 1e-3, 0.4, 1.0, 1.49, 1.51, 3.0, 30.0, 300.0, 700.0] {
            near(gamma_q(1.0, x), libm::exp(-x), 2e-13, "Q(1, x)");
            near(gamma_p(1.0, x), -libm::expm1(-x), 2e-13, "P(1, x)");
            near(gamma_q(0.5, x), libm::erfc(x.sqrt()), 2e-13, "Q(1/2, x)");
            near(gamma_p(0.5, x), libm::erf(x.sqrt()), 2e-13, "P(1/2, x)");
            let poisson = libm::exp(-x) * (1.0 + x * (1.0 + x / 2.0 * (1.0 + x / 3.0)));
            near(gamma_q(4.0, x), poisson, 2e-13, "Q(4, x)");
        }
    }

    /// The oracle's own error grows with the shape (1e-9 at 1e6), so it is asked up to 100, and for tiny shapes.
    #[test]
    fn matches_an_independent_library() {
        for a in [1e-3, 0.01, 0.3, 0.99, 2.5, 9.9, 10.1, 40.0, 100.0] {
            for ratio in [0.01, 0.3, 0.8, 0.99, 1.0, 1.2, 2.0, 5.0] {
                let x = a * ratio;
                let (p, q) = incomplete_gamma(a, x);
                let (want_p, want_q) = (gamma_lr(a, x), gamma_ur(a, x));
                assert!((p - want_p).abs() < 1e-12 && (q - want_q).abs() < 1e-12, "({a}, {x}): {p} {want_p} {q} {want_q}");
            }
        }
    }

    /// Series, fraction and Temme's expansion share nothing but the prefactor, and Temme not even that.
    #[test]
    fn methods_agree_where_they_overlap() {
        for a in [200.0, 1e3, 1e4, 1e6] {
            for sd in [-6.0, -3.0, -1.0, -0.1, 0.0, 0.1, 1.0, 3.0, 6.0] {
                let x: f64 = a + sd * f64::sqrt(a);
                let (p, q) = temme(a, (x - a) / a);
                let series = gamma_series(a, x) * gamma_prefactor(a, x);
                near(p, series, 1e-13, "P");
                near(q, 1.0 - series, if sd > 1.5 { 1e-6 } else { 1e-13 }, "Q");
                if sd >= 0.0 {
                    near(q, gamma_fraction(a, x) * a * gamma_prefactor(a, x), 1e-13, "Q by fraction");
                }
            }
        }
        for x in [0.7, 1.0, 1.4] {
            let q = small_shape(0.9, x).1;
            near(q, gamma_fraction(0.9, x) * 0.9 * gamma_prefactor(0.9, x), 1e-13, "small shape");
        }
    }

    #[test]
    fn tails_keep_their_digits() {
        // d/dx of the tail is minus the density: Simpson's rule gives the difference of two tails, here to 1e-6.
        for (a, x) in [(3.0, 200.0), (250.0, 500.0), (1e4, 1.08e4), (0.1, 60.0)] {
            let density = |x: f64| gamma_prefactor(a, x) * a / x;
            let h = 2e-4 * x;
            let simpson = h / 6.0 * (density(x) + 4.0 * density(x + 0.5 * h) + density(x + h));
            near(gamma_q(a, x) - gamma_q(a, x + h), simpson, 1e-6, "tail difference");
        }
        assert!(gamma_q(1e8, 1.003e8) > 0.0 && gamma_p(1e8, 0.997e8) > 0.0);
    }

    #[test]
    fn domain() {
        assert_eq!(incomplete_gamma(2.0, 0.0), (0.0, 1.0));
        assert_eq!(incomplete_gamma(2.0, f64::INFINITY), (1.0, 0.0));
        for (a, x) in [(0.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (f64::NAN, 1.0), (1.0, f64::NAN), (f64::INFINITY, 1.0)] {
            assert!(gamma_p(a, x).is_nan() && gamma_q(a, x).is_nan());
        }
    }
}
