//! Shared factors: what moves several workloads together, such as a product's popularity.

use super::check::{LOG_SD, exclusive, is_log_sd, number};
use super::noise::Part;
use crate::random::stream::Stream;
use crate::spec::{Field, Reader, check_name};
use crate::spec_table;
use crate::units::Hours;

spec_table! {
    /// A factor that several workloads share; each says its loading b and is multiplied by exp(b x − ½ b² sd²).
    pub struct FactorSpec {
        /// Its name, used in the workloads' `factors`.
        required name: String,
        /// Standard deviation of the logarithm.
        required sd: f64,
        /// Time in which its autocorrelation halves.
        optional half_life: Hours,
        /// True for one draw that holds for the whole horizon.
        optional constant: bool,
    }
}

/// A shared factor in the logarithm: an Ornstein–Uhlenbeck path or one normal draw.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Factor {
    /// Its name, which keys its stream.
    pub(super) name: String,
    part: Part,
    constant: bool,
}

impl Factor {
    /// Checks the spec.
    pub(super) fn resolve(spec: &Field<FactorSpec>, reader: &mut Reader) -> Option<Self> {
        let named = check_name(&spec.name, "factor", reader);
        let sd = number(&spec.sd, reader, LOG_SD, is_log_sd);
        let constant = spec.constant.as_ref().filter(|constant| constant.value);
        let alone = exclusive(constant, spec.half_life.as_ref(), "either a half-life or `constant = true`", reader);
        let rho = match (&spec.half_life, constant) {
            (Some(half_life), _) => Part::by_half_life(0.0, half_life.0).rho,
            (None, Some(_)) => 1.0,
            (None, None) => {
                reader.missing(&spec.at, "half_life", "`half_life`, such as \"48h\", or `constant = true`");
                return None;
            }
        };
        let part = Part { sd: sd?, rho };
        (named && alone).then(|| Self { name: spec.name.value.clone(), part, constant: constant.is_some() })
    }

    /// Whether it moves anything.
    pub(super) fn varies(&self) -> bool {
        self.part.sd > 0.0
    }

    /// Writes one path of the logarithm, hour by hour. One pair of normals an hour, of which the first counts; a constant takes one pair.
    pub(super) fn fill(&self, stream: &mut Stream, out: &mut [f64]) {
        let Part { sd, rho } = self.part;
        let mut x = sd * stream.normals().0;
        if self.constant {
            out.fill(x);
            return;
        }
        let innovation = sd * (1.0 - rho * rho).sqrt();
        for (hour, out) in out.iter_mut().enumerate() {
            if hour > 0 {
                x = rho * x + innovation * stream.normals().0;
            }
            *out = x;
        }
    }

    /// Multiplies `out` by exp(loading × x − ½ loading² sd²), of mean 1.
    pub(super) fn apply(&self, path: &[f64], loading: f64, out: &mut [f64]) {
        let offset = -0.5 * loading * loading * self.part.sd * self.part.sd;
        if self.constant {
            let factor = libm::exp(loading * path.first().copied().unwrap_or(0.0) + offset);
            for out in &mut *out {
                *out *= factor;
            }
            return;
        }
        for (out, x) in out.iter_mut().zip(path) {
            *out *= libm::exp(loading * x + offset);
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests {
    use super::*;
    use crate::random::stream::{Purpose, StreamKey};

    /// Mean 1, and the covariance of two loadings: exp(b₁ b₂ sd²) − 1.
    #[test]
    fn loadings_correlate_and_keep_the_mean() {
        for constant in [false, true] {
            let factor = Factor { name: "market".to_owned(), part: Part { sd: 0.4, rho: 0.9 }, constant };
            let key = StreamKey::new(1, Purpose::Factor, &factor.name);
            let n = 60_000_u64;
            let mut samples = Vec::new();
            for r in 0..n {
                let mut path = [0.0; 8];
                factor.fill(&mut key.replication(r), &mut path);
                let (mut a, mut b) = ([1.0; 8], [1.0; 8]);
                factor.apply(&path, 1.0, &mut a);
                factor.apply(&path, -0.5, &mut b);
                assert_eq!(constant, a[0] == a[7]);
                samples.push((a[7], b[7], (a[7] - 1.0) * (b[7] - 1.0)));
            }
            let check = |values: Vec<f64>, want: f64| {
                let mean = values.iter().sum::<f64>() / n as f64;
                let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1) as f64;
                assert!((mean - want).abs() < 4.0 * (variance / n as f64).sqrt(), "{mean} against {want}");
            };
            check(samples.iter().map(|s| s.0).collect(), 1.0);
            check(samples.iter().map(|s| s.1).collect(), 1.0);
            check(samples.iter().map(|s| s.2).collect(), libm::expm1(-0.5 * 0.16));
        }
    }
}
