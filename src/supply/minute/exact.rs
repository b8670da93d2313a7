//! Closed forms of a minute's law at one variance: the nodes of the rows, and what the rows are tested against.

use super::Margin;
use crate::random::special::{gamma_prefactor, incomplete_gamma, normal_cdf, normal_density};

/// One margin of mean 1 at a point R, seen from above or from below it, so that neither tail loses its digits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    /// E\[(m − R)+\] above, E\[(R − m)+\] below.
    pub(super) excess: f64,
    /// P(m > R) above, P(m ≤ R) below.
    pub(super) tail: f64,
    /// The density at R.
    pub(super) density: f64,
}

/// E\[(m − r)+\] for m of mean 1 and variance `v` ≥ 0; the overflow above a capacity of `r` means.
///
/// Gamma, with a = 1/v: (1 − r) Q(a, a r) + (a r)ᵃ e^(−a r) / Γ(a + 1). Lognormal: Φ(d₁) − r Φ(d₂), the formula of Black and Scholes,
/// with σ² = ln(1 + v) and d = (−ln r ± ½ σ²) / σ.
pub fn exact_overflow(margin: Margin, v: f64, r: f64) -> f64 {
    if v == 0.0 || r <= 0.0 {
        return (1.0 - r).max(0.0);
    }
    let excess = point(margin, v, r, r < 1.0).excess;
    if r < 1.0 { (1.0 - r) + excess } else { excess }
}

/// P(m > r) for m of mean 1 and variance `v` ≥ 0.
pub fn exact_exceedance(margin: Margin, v: f64, r: f64) -> f64 {
    if v == 0.0 || r <= 0.0 {
        return f64::from(u8::from(r < 1.0));
    }
    let tail = point(margin, v, r, r < 1.0).tail;
    if r < 1.0 { 1.0 - tail } else { tail }
}

/// The margin at r > 0 for v > 0. `below` says which tail; ask for the smaller one.
pub(super) fn point(margin: Margin, v: f64, r: f64, below: bool) -> Point {
    match margin {
        Margin::Gamma => {
            let shape = 1.0 / v;
            let prefactor = gamma_prefactor(shape, shape * r);
            let density = prefactor * shape / r;
            // Either tail is below prefactor / |r − 1|, so below 1e-24: too small to matter, and slow to compute.
            if prefactor < 1e-24 * (r - 1.0).abs() {
                return Point { excess: 0.0, tail: 0.0, density };
            }
            let (lower, upper) = incomplete_gamma(shape, shape * r);
            let tail = if below { lower } else { upper };
            Point { excess: (prefactor - (r - 1.0).abs() * tail).max(0.0), tail, density }
        }
        Margin::LogNormal => {
            let square = libm::log1p(v);
            let sigma = square.sqrt();
            let d1 = (0.5 * square - libm::log(r)) / sigma;
            let d2 = d1 - sigma;
            let density = normal_density(d2) / (r * sigma);
            let side = if below { -1.0 } else { 1.0 };
            let tail = normal_cdf(side * d2);
            Point { excess: (side * (normal_cdf(side * d1) - r * tail)).max(0.0), tail, density }
        }
    }
}
