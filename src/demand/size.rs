//! The law of one request's tokens of one kind, before and after a cap, with a mean that drifts.

use super::check::{law, number};
use super::kind::Kind;
use crate::random::exponential::exp;
use crate::random::law::{Law, P95_OVER_MEAN_LIMIT};
use crate::random::special::{gamma_p, gamma_q, normal_cdf, normal_sf};
use crate::spec::{At, Reader};
use crate::{spec_table, spec_words};
use std::sync::OnceLock;

spec_words! {
    /// The law of a request's tokens.
    pub enum SizeLaw {
        /// Lognormal.
        "lognormal" => LogNormal,
        /// Gamma.
        "gamma" => Gamma,
        /// A table of quantiles.
        "quantiles" => Quantiles,
    }
}

spec_table! {
    /// Tokens of a request, before any cap.
    pub struct RequestSizeSpec {
        /// Mean tokens a request; not with a table.
        optional mean: f64,
        /// 95th percentile, for the lognormal law.
        optional p95: f64,
        /// Coefficient of variation.
        optional cv: f64,
        /// Standard deviation of the logarithm, for the lognormal law.
        optional sigma: f64,
        /// The law: "lognormal", "gamma" or "quantiles".
        optional law: SizeLaw,
        /// Probabilities of the table, rising from 0 to 1.
        list probabilities: f64,
        /// Tokens at those probabilities.
        list values: f64,
    }
}

/// Nodes of the tables over a standard normal: −8 to 8 in steps of 1/16. Box–Muller reaches 6.7.
const NODES: usize = 257;

fn node(index: usize) -> f64 {
    index as f64 / 16.0 - 8.0
}

/// Linear interpolation in a table over the nodes.
fn lookup(table: &[f64], z: f64) -> f64 {
    let place = ((z + 8.0) * 16.0).clamp(0.0, (NODES - 2) as f64);
    let low = place as usize;
    let (a, b) = (table.get(low).copied().unwrap_or(0.0), table.get(low + 1).copied().unwrap_or(0.0));
    a + (b - a) * ((z + 8.0) * 16.0 - low as f64)
}

/// Tokens of a request: min(drift × X, cap) with X from a law.
#[derive(Clone, Debug)]
pub(super) struct Size {
    law: Law,
    cap: f64,
    /// Cube roots of a gamma law's quantiles over the nodes: nearly linear (Wilson and Hilferty 1931). Made when first asked for, as they take
    /// longer than all else that a scenario is made of, and few scenarios ask.
    cubes: OnceLock<Vec<f64>>,
    /// Standard deviation of the drift's logarithm.
    drift: f64,
    /// Mean and squared coefficient of variation over the nodes of the drift; empty without a cap or without a drift.
    capped: Vec<(f64, f64)>,
    /// Mean tokens a request, after the cap and over the drift.
    pub(super) mean: f64,
    /// Squared coefficient of variation of one request's tokens after the cap, at the drift's own mean.
    pub(super) cv2: f64,
}

impl Size {
    /// Checks the spec.
    pub(super) fn resolve(spec: &RequestSizeSpec, at: &At, kind: Option<Kind>, reader: &mut Reader) -> Option<Law> {
        if spec.law.as_ref().is_some_and(|law| law.value == SizeLaw::Quantiles) || !spec.values.is_empty() {
            if let Some(field) = [&spec.mean, &spec.p95, &spec.cv, &spec.sigma].into_iter().flatten().next() {
                reader.refuse(&field.at, "cannot stand beside a table", "`probabilities` and `values` alone");
                return None;
            }
            if spec.values.len() != spec.probabilities.len() || spec.values.iter().any(|value| !(value.value >= 0.0)) {
                reader.refuse(at, "has no table of sizes", "as many `probabilities` as `values`, values of at least 0");
                return None;
            }
            let table = spec.probabilities.iter().map(|p| p.value).zip(spec.values.iter().map(|v| v.value)).collect();
            let made = law(Law::quantiles(table), at, reader)?;
            if !(made.mean() > 0.0 && made.mean() <= 1e9) {
                reader.refuse(at, "has no mean above 0", "values of tokens, some above 0, at most 1e9");
                return None;
            }
            return Some(made);
        }
        let Some(mean) = &spec.mean else {
            reader.missing(at, "mean", "mean tokens a request, a number above 0");
            return None;
        };
        let mean_tokens = number(mean, reader, "tokens a request, above 0, at most 1e9", |x| x > 0.0 && x <= 1e9);
        let family = spec.law.as_ref().map(|law| law.value);
        let spread = [&spec.p95, &spec.cv, &spec.sigma];
        let mut said = spread.into_iter().flatten();
        if let (Some(_), Some(second)) = (said.next(), said.next()) {
            reader.refuse(&second.at, "says the spread a second time", "one of p95, cv, sigma");
            return None;
        }
        let mean_tokens = mean_tokens?;
        if let Some(field) = spec.p95.as_ref().or(spec.sigma.as_ref()).filter(|_| family == Some(SizeLaw::Gamma)) {
            reader.refuse(&field.at, "belongs to the lognormal law", "`cv` for the gamma law");
            return None;
        }
        if let Some(p95) = &spec.p95 {
            let ratio = p95.value / mean_tokens;
            if !(1.0..=P95_OVER_MEAN_LIMIT).contains(&ratio) {
                let message = format!("is {ratio:.3} times the mean, which no lognormal law has");
                reader.refuse(&p95.at, message, "from 1 to 3.868 times the mean");
                return None;
            }
            return law(Law::lognormal_by_mean_p95(mean_tokens, p95.value), &p95.at, reader);
        }
        if let Some(sigma) = &spec.sigma {
            let sigma_value = number(sigma, reader, super::check::LOG_SD, super::check::is_log_sd)?;
            return law(Law::lognormal_by_mean(mean_tokens, sigma_value), &sigma.at, reader);
        }
        let cv = if let Some(cv) = &spec.cv {
            number(cv, reader, "a coefficient of variation from 0 to 20", |x| (0.0..=20.0).contains(&x))?
        } else {
            let (cv, reason) = super::kind::size_cv(kind);
            super::check::assumed(at, "cv", cv, reason, reader)
        };
        if cv == 0.0 {
            return law(Law::constant(mean_tokens), &mean.at, reader);
        }
        match family.unwrap_or_else(|| super::check::assumed(at, "law", SizeLaw::Gamma, "sums need the mean and the cv alone", reader)) {
            SizeLaw::Gamma => law(Law::gamma_by_mean_cv(mean_tokens, cv), &mean.at, reader),
            _ => law(Law::lognormal_by_mean(mean_tokens, libm::log1p(cv * cv).sqrt()), &mean.at, reader),
        }
    }

    /// The law with its cap (infinite for none) and the standard deviation of its drift's logarithm.
    pub(super) fn new(law: Law, cap: f64, drift: f64) -> Self {
        let mut size = Self { law, cap, cubes: OnceLock::new(), drift, capped: Vec::new(), mean: 0.0, cv2: 0.0 };
        let (mean, second) = size.moments(1.0);
        size.cv2 = (second / (mean * mean) - 1.0).max(0.0);
        size.mean = mean;
        if drift > 0.0 && cap.is_finite() {
            size.capped = (0..NODES)
                .map(|i| {
                    let (mean, second) = size.moments(libm::exp(drift * node(i) - 0.5 * drift * drift));
                    (mean, (second / (mean * mean) - 1.0).max(0.0))
                })
                .collect();
            // The trapezoidal rule is exact to rounding for a smooth function under the normal density.
            let weight = |i: usize| libm::exp(-0.5 * node(i) * node(i));
            let total: f64 = (0..NODES).map(weight).sum();
            size.mean = size.capped.iter().enumerate().map(|(i, (mean, _))| weight(i) * mean).sum::<f64>() / total;
        }
        size
    }

    /// Takes the drift away and leaves its mean.
    pub(super) fn hold(&mut self) {
        self.drift = 0.0;
        self.capped.clear();
    }

    /// A size that few requests exceed, one in seven hundred (three standard deviations of a normal), at the drift's own mean.
    pub(super) fn long(&self) -> f64 {
        self.at_normal(3.0, 1.0)
    }

    /// The share of the requests with more than so many tokens, after the cap and over the drift.
    pub(super) fn above(&self, tokens: f64) -> f64 {
        if tokens >= self.cap {
            return 0.0;
        }
        if self.drift == 0.0 {
            return 1.0 - self.law.cdf(tokens);
        }
        let weight = |i: usize| libm::exp(-0.5 * node(i) * node(i));
        let total: f64 = (0..NODES).map(weight).sum();
        let beyond = |i: usize| 1.0 - self.law.cdf(tokens / self.drift_factor(node(i)));
        (0..NODES).map(|i| weight(i) * beyond(i)).sum::<f64>() / total
    }

    /// Mean and mean square of min(`factor` × X, cap).
    fn moments(&self, factor: f64) -> (f64, f64) {
        let c = self.cap / factor;
        let (first, second) = match self.law {
            Law::LogNormal { mu, sigma } if sigma > 0.0 => {
                let part = |k: f64| {
                    let z = (libm::log(c) - mu) / sigma;
                    let below = libm::exp(k * mu + 0.5 * k * k * sigma * sigma) * normal_cdf(z - k * sigma);
                    let above = normal_sf(z);
                    below + if above > 0.0 { libm::pow(c, k) * above } else { 0.0 }
                };
                (part(1.0), part(2.0))
            }
            Law::Gamma { shape, scale } if c.is_finite() => {
                let x = c / scale;
                let above = gamma_q(shape, x);
                (
                    shape * scale * gamma_p(shape + 1.0, x) + c * above,
                    shape * (shape + 1.0) * scale * scale * gamma_p(shape + 2.0, x) + c * c * above,
                )
            }
            Law::Quantiles { ref table } => table.windows(2).fold((0.0, 0.0), |sum, pair| {
                let ((p, a), (q, b)) = (pair[0], pair[1]);
                let below = if b <= c || b <= a { f64::from(a <= c) } else { ((c - a) / (b - a)).max(0.0) };
                let top = if b <= c { b } else { a + (b - a) * below };
                let (inside, above) = ((q - p) * below, (q - p) * (1.0 - below));
                let flat = if above > 0.0 { (c * above, c * c * above) } else { (0.0, 0.0) };
                (sum.0 + inside * 0.5 * (a + top) + flat.0, sum.1 + inside * (a * a + a * top + top * top) / 3.0 + flat.1)
            }),
            ref law => {
                let mean = law.mean().min(c);
                (mean, mean * mean + law.variance())
            }
        };
        (factor * first, factor * factor * second)
    }

    /// Whether its mean under a drift is read from a table, which is nearly exact.
    pub(super) fn is_tabulated(&self) -> bool {
        !self.capped.is_empty()
    }

    /// Mean and squared coefficient of variation of a request's tokens where the drift's normal stands at `z`.
    #[inline]
    pub(super) fn at_drift(&self, z: f64) -> (f64, f64) {
        if self.drift == 0.0 {
            return (self.mean, self.cv2);
        }
        if self.capped.is_empty() {
            return (self.mean * self.drift_factor(z), self.cv2);
        }
        let place = ((z + 8.0) * 16.0).clamp(0.0, (NODES - 2) as f64);
        let low = place as usize;
        let share = place - low as f64;
        match (self.capped.get(low), self.capped.get(low + 1)) {
            (Some(a), Some(b)) => (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share),
            _ => (self.mean, self.cv2),
        }
    }

    /// The same for many hours.
    #[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
    #[inline(always)]
    pub(super) fn at_drifts(&self, normals: &[f64], found: &mut Vec<(f64, f64)>) {
        found.clear();
        if self.drift > 0.0 && self.capped.is_empty() {
            let offset = -0.5 * self.drift * self.drift;
            found.extend(normals.iter().map(|z| (self.mean * exp(self.drift * z + offset), self.cv2)));
        } else {
            found.extend(normals.iter().map(|&z| self.at_drift(z)));
        }
    }

    /// The drift's factor on sizes before the cap, of mean 1.
    #[inline]
    pub(super) fn drift_factor(&self, z: f64) -> f64 {
        if self.drift == 0.0 { 1.0 } else { exp(self.drift * z - 0.5 * self.drift * self.drift) }
    }

    /// Tokens of the request whose rank is that of the standard normal `z`, with the drift's factor, after the cap.
    pub(super) fn at_normal(&self, z: f64, factor: f64) -> f64 {
        let tokens = if let Law::Gamma { shape, scale } = self.law {
            let cube = |index| libm::cbrt(gamma_quantile(shape, node(index)) * scale);
            let root = lookup(self.cubes.get_or_init(|| (0..NODES).map(cube).collect()), z);
            root * root * root
        } else {
            self.law.at_normal(z).unwrap_or_else(|| self.law.mean())
        };
        (tokens * factor).min(self.cap)
    }

    /// Shape and scale of the sum of so many requests, where sums stay in the family: gamma without a cap.
    pub(super) fn gamma_sum(&self, requests: f64, factor: f64) -> Option<(f64, f64)> {
        match self.law {
            Law::Gamma { shape, scale } if self.cap.is_infinite() => Some((shape * requests, scale * factor)),
            _ => None,
        }
    }

    /// E\[XY\] / (E X E Y) for two sizes whose normal ranks have this correlation, after the caps and without drift.
    pub(super) fn joint(&self, other: &Self, correlation: f64) -> f64 {
        if correlation == 0.0 || self.cv2 == 0.0 || other.cv2 == 0.0 {
            return 1.0;
        }
        let rest = (1.0 - correlation * correlation).sqrt();
        let (mut sum, mut first, mut second, mut total) = (0.0, 0.0, 0.0, 0.0);
        for i in (0..NODES).step_by(2) {
            for j in (0..NODES).step_by(2) {
                let (a, b) = (node(i), node(j));
                let weight = libm::exp(-0.5 * (a * a + b * b));
                let (x, y) = (self.at_normal(a, 1.0), other.at_normal(correlation * a + rest * b, 1.0));
                sum += weight * x * y;
                first += weight * x;
                second += weight * y;
                total += weight;
            }
        }
        sum * total / (first * second)
    }
}

/// The x with the standard normal's probability under a gamma law of scale 1, by bisection on the smaller tail.
fn gamma_quantile(shape: f64, z: f64) -> f64 {
    if shape > 1e6 {
        // The approximation of Wilson and Hilferty has a relative error of about 1e-9 here, and the incomplete gamma function is slow.
        let v = 1.0 / (9.0 * shape);
        let root = 1.0 - v + v.sqrt() * z;
        return shape * root * root * root;
    }
    let (below, above) = (normal_cdf(z), normal_sf(z));
    let beyond = |x: f64| if z < 0.0 { gamma_p(shape, x) > below } else { gamma_q(shape, x) < above };
    let mut high = shape + 1.0;
    while !beyond(high) && high < 1e12 {
        high *= 2.0;
    }
    let mut low = 0.0;
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if beyond(middle) { high = middle } else { low = middle }
    }
    high
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests {
    use super::*;

    /// Means and spreads after a cap against sums over the ranks (midpoint rule over 4e5 ranks).
    #[test]
    fn capped_moments() {
        let laws = [
            Law::lognormal_by_mean_p95(400.0, 900.0).unwrap(),
            Law::gamma_by_mean_cv(400.0, 1.5).unwrap(),
            Law::quantiles(vec![(0.0, 10.0), (0.3, 200.0), (0.8, 700.0), (1.0, 4000.0)]).unwrap(),
        ];
        for law in laws {
            let size = Size::new(law, 512.0, 0.0);
            let n = 400_000;
            let ranks = (0..n).map(|i| crate::random::special::normal_quantile((f64::from(i) + 0.5) / f64::from(n)));
            let (sum, squares) = ranks.fold((0.0, 0.0), |(sum, squares), z| {
                let x = size.at_normal(z, 1.0);
                (sum + x, squares + x * x)
            });
            let (mean, second) = (sum / f64::from(n), squares / f64::from(n));
            assert!((size.mean / mean - 1.0).abs() < 2e-4, "{} {mean}", size.mean);
            assert!((size.cv2 - (second / (mean * mean) - 1.0)).abs() < 5e-4, "{}", size.cv2);
        }
    }

    /// Without a cap the lognormal law's joint moment is exp(ρ σ²) and the gamma law keeps its cv.
    #[test]
    fn joint_moments_and_quantiles() {
        let size = Size::new(Law::lognormal_by_mean(100.0, 0.8).unwrap(), f64::INFINITY, 0.0);
        assert!((size.joint(&size, -0.4) - libm::exp(-0.4 * 0.64)).abs() < 1e-9);
        let gamma = Size::new(Law::gamma_by_mean_cv(100.0, 2.0).unwrap(), f64::INFINITY, 0.0);
        assert!((gamma.cv2 - 4.0).abs() < 1e-12);
        assert!((gamma.joint(&gamma, 0.999_999) / 5.0 - 1.0).abs() < 5e-3, "{}", gamma.joint(&gamma, 0.999_999));
        assert!((gamma_quantile(1.0, 0.0) - std::f64::consts::LN_2).abs() < 1e-12);
    }

    /// Drift with a cap: the mean over the drift's law is the stated one, and lower than without drift.
    #[test]
    fn a_drifting_capped_mean() {
        let law = Law::lognormal_by_mean(400.0, 0.7).unwrap();
        let (still, drifting) = (Size::new(law.clone(), 600.0, 0.0), Size::new(law.clone(), 600.0, 0.5));
        // min(d X, c) with d lognormal is one lognormal law of sigma² = .49 + .25.
        let both = Size::new(Law::lognormal_by_mean(400.0, 0.74_f64.sqrt()).unwrap(), 600.0, 0.0);
        assert!((drifting.mean / both.mean - 1.0).abs() < 1e-9, "{} {}", drifting.mean, both.mean);
        assert!(drifting.mean < still.mean);
        assert!((drifting.at_drift(0.25).0 / drifting.at_drift(0.25 + 1e-9).0 - 1.0).abs() < 1e-6);
        let open = Size::new(law, f64::INFINITY, 0.5);
        assert!((open.at_drift(1.0).0 - 400.0 * libm::exp(0.375)).abs() < 1e-9);
    }
}
