//! Laws a scenario can name: one closed enum with draws, mean, variance, distribution function and, where closed, quantiles.
//!
//! The constructors check every parameter, so a law in hand is valid and has a finite mean and variance.

mod clipped;
mod construct;
mod draw;

pub use clipped::clipped_exp_mean;
pub use construct::{LawError, P95_OVER_MEAN_LIMIT, sigma_of_p10_p90};
pub use draw::{draw_gamma, draw_negative_binomial, draw_poisson, fill_gamma};

use super::special::{gamma_p, gamma_q, incomplete_beta, normal_cdf, normal_quantile, student_sf};
use super::stream::Stream;

/// A law of one number. Made by the checked constructors, which say what each parameter allows.
#[derive(Debug, Clone, PartialEq)]
pub enum Law {
    /// Always the same value.
    #[non_exhaustive]
    Constant {
        /// The value.
        value: f64,
    },
    /// Uniform between two numbers.
    #[non_exhaustive]
    Uniform {
        /// The smallest value.
        low: f64,
        /// The largest value.
        high: f64,
    },
    /// Normal; it can be negative.
    #[non_exhaustive]
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        sd: f64,
    },
    /// exp(mu + sigma Z) with Z standard normal.
    #[non_exhaustive]
    LogNormal {
        /// Mean of the logarithm, which is the logarithm of the median.
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Gamma; mean shape × scale, coefficient of variation 1 / √shape.
    #[non_exhaustive]
    Gamma {
        /// The shape.
        shape: f64,
        /// The scale, in the unit of the values.
        scale: f64,
    },
    /// Exponential.
    #[non_exhaustive]
    Exponential {
        /// The mean.
        mean: f64,
    },
    /// Poisson counts.
    #[non_exhaustive]
    Poisson {
        /// The mean.
        mean: f64,
    },
    /// Pareto above `scale`, with values above `cap` set to `cap`.
    #[non_exhaustive]
    Pareto {
        /// The smallest value.
        scale: f64,
        /// The tail's exponent: P(X > x) = (scale / x)^alpha below the cap.
        alpha: f64,
        /// The largest value; infinite for none.
        cap: f64,
    },
    /// scale × T with Student's T, set to ±`clip` beyond it.
    #[non_exhaustive]
    StudentT {
        /// Degrees of freedom.
        df: f64,
        /// The factor on T.
        scale: f64,
        /// The largest absolute value.
        clip: f64,
    },
    /// Poisson counts whose mean is gamma with the given shape; variance mean + mean² / shape.
    #[non_exhaustive]
    NegativeBinomial {
        /// The mean.
        mean: f64,
        /// The shape of the gamma law.
        shape: f64,
    },
    /// Number of trials up to the first success: 1, 2, 3, …
    #[non_exhaustive]
    Geometric {
        /// The mean, 1 / P(success).
        mean: f64,
    },
    /// Given by its quantiles, linear between them.
    #[non_exhaustive]
    Quantiles {
        /// (probability, value) rows from probability 0 to 1, both increasing.
        table: Vec<(f64, f64)>,
    },
}

impl Law {
    /// One draw.
    ///
    /// Normal and lognormal take one pair of normals and use the first; gamma, Poisson, negative binomial and Student's t are drawn by
    /// `rand_distr` and take a varying number of steps, so they need a stream of their own; a constant takes none; the others
    /// take one uniform and return their quantile.
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        match *self {
            Self::Constant { value } => value,
            Self::Normal { mean, sd } => mean + sd * stream.normals().0,
            Self::LogNormal { mu, sigma } => libm::exp(mu + sigma * stream.normals().0),
            Self::Gamma { shape, scale } => draw_gamma(shape, scale, stream),
            Self::Poisson { mean } => draw_poisson(mean, stream),
            Self::NegativeBinomial { mean, shape } => draw_negative_binomial(mean, shape, stream),
            Self::StudentT { df, scale, clip } => (scale * draw::draw_student(df, stream)).clamp(-clip, clip),
            Self::Uniform { low, high } => uniform_quantile(low, high, stream.uniform()),
            Self::Exponential { mean } => exponential_quantile(mean, stream.uniform()),
            Self::Pareto { scale, alpha, cap } => pareto_quantile(scale, alpha, cap, stream.uniform()),
            Self::Geometric { mean } => geometric_quantile(mean, stream.uniform()),
            Self::Quantiles { ref table } => table_quantile(table, stream.uniform()),
        }
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        match *self {
            Self::Constant { value } => value,
            Self::Uniform { low, high } => low + 0.5 * (high - low),
            Self::Normal { mean, .. }
            | Self::Exponential { mean }
            | Self::Poisson { mean }
            | Self::NegativeBinomial { mean, .. }
            | Self::Geometric { mean } => mean,
            Self::LogNormal { mu, sigma } => libm::exp(mu + 0.5 * sigma * sigma),
            Self::Gamma { shape, scale } => shape * scale,
            Self::Pareto { scale, alpha, cap } => scale * (1.0 + tail_integral(alpha - 1.0, cap / scale)),
            Self::StudentT { .. } => 0.0,
            Self::Quantiles { ref table } => pieces(table).map(|(dp, a, b)| dp * (a + 0.5 * (b - a))).sum(),
        }
    }

    /// The variance, always finite.
    pub fn variance(&self) -> f64 {
        match *self {
            Self::Constant { .. } => 0.0,
            Self::Uniform { low, high } => (high - low) * (high - low) / 12.0,
            Self::Normal { sd, .. } => sd * sd,
            Self::LogNormal { mu, sigma } => libm::exp(2.0 * mu + sigma * sigma) * libm::expm1(sigma * sigma),
            Self::Gamma { shape, scale } => shape * scale * scale,
            Self::Exponential { mean } => mean * mean,
            Self::Poisson { mean } => mean,
            Self::Pareto { scale, alpha, cap } => {
                // E[(X/scale)²] = 1 + 2 ∫ y P(X/scale > y) dy, y from 1 to the cap.
                let mean = 1.0 + tail_integral(alpha - 1.0, cap / scale);
                scale * scale * (1.0 + 2.0 * tail_integral(alpha - 2.0, cap / scale) - mean * mean)
            }
            Self::StudentT { df, scale, clip } => clipped::clipped_mean(df, scale, clip, |x| x * x),
            Self::NegativeBinomial { mean, shape } => mean + mean * mean / shape,
            Self::Geometric { mean } => mean * (mean - 1.0),
            Self::Quantiles { ref table } => {
                let mean = self.mean();
                let second = |(dp, a, b): (f64, f64, f64)| {
                    let (a, b) = (a - mean, b - mean);
                    dp * (a * a + a * b + b * b) / 3.0
                };
                pieces(table).map(second).sum()
            }
        }
    }

    /// P(X ≤ x).
    pub fn cdf(&self, x: f64) -> f64 {
        match *self {
            Self::Constant { value } => f64::from(u8::from(x >= value)),
            Self::Uniform { low, high } => ((x - low) / (high - low)).clamp(0.0, 1.0),
            Self::Normal { mean, sd } if sd > 0.0 => normal_cdf((x - mean) / sd),
            Self::Normal { mean, .. } => f64::from(u8::from(x >= mean)),
            Self::LogNormal { mu, sigma } if sigma > 0.0 => {
                if x > 0.0 {
                    normal_cdf((libm::log(x) - mu) / sigma)
                } else {
                    0.0
                }
            }
            Self::LogNormal { mu, .. } => f64::from(u8::from(x >= libm::exp(mu))),
            Self::Gamma { shape, scale } => gamma_p(shape, (x / scale).max(0.0)),
            Self::Exponential { mean } => -libm::expm1(-(x / mean).max(0.0)),
            Self::Poisson { mean } => {
                if x < 0.0 {
                    0.0
                } else {
                    gamma_q(x.floor() + 1.0, mean)
                }
            }
            Self::Pareto { scale, alpha, cap } => {
                if x >= cap {
                    1.0
                } else if x > scale {
                    -libm::expm1(-alpha * libm::log(x / scale))
                } else {
                    0.0
                }
            }
            Self::StudentT { df, scale, clip } => {
                if x >= clip {
                    1.0
                } else if x < -clip {
                    0.0
                } else {
                    student_sf(df, -x / scale)
                }
            }
            Self::NegativeBinomial { mean, shape } => {
                let total = shape + mean;
                if x < 0.0 { 0.0 } else { incomplete_beta(shape, x.floor() + 1.0, shape / total, mean / total) }
            }
            Self::Geometric { mean } => {
                if x < 1.0 {
                    0.0
                } else {
                    -libm::expm1(x.floor() * libm::log1p(-1.0 / mean))
                }
            }
            Self::Quantiles { ref table } => table_cdf(table, x),
        }
    }

    /// The smallest x with P(X ≤ x) ≥ p, for p in \[0, 1\]; nothing for laws without a closed form (gamma, Poisson, Student's t,
    /// negative binomial).
    pub fn quantile(&self, p: f64) -> Option<f64> {
        Some(match *self {
            Self::Constant { value } => value,
            Self::Uniform { low, high } => uniform_quantile(low, high, p),
            Self::Normal { .. } | Self::LogNormal { .. } => {
                return self.at_normal(normal_quantile(p));
            }
            Self::Exponential { mean } => exponential_quantile(mean, p),
            Self::Pareto { scale, alpha, cap } => pareto_quantile(scale, alpha, cap, p),
            Self::Geometric { mean } => geometric_quantile(mean, p),
            Self::Quantiles { ref table } => table_quantile(table, p),
            Self::Gamma { .. } | Self::Poisson { .. } | Self::StudentT { .. } | Self::NegativeBinomial { .. } => return None,
        })
    }

    /// The value whose probability is that of the standard normal `z`, so that correlated normals can drive any law with a quantile.
    pub fn at_normal(&self, z: f64) -> Option<f64> {
        match *self {
            Self::Normal { mean, sd } => Some(if sd > 0.0 { mean + sd * z } else { mean }),
            Self::LogNormal { mu, sigma } => Some(libm::exp(if sigma > 0.0 { mu + sigma * z } else { mu })),
            _ => self.quantile(normal_cdf(z)),
        }
    }
}

fn uniform_quantile(low: f64, high: f64, p: f64) -> f64 {
    low + p * (high - low)
}

fn exponential_quantile(mean: f64, p: f64) -> f64 {
    -mean * libm::log1p(-p)
}

fn pareto_quantile(scale: f64, alpha: f64, cap: f64, p: f64) -> f64 {
    (scale * libm::exp(-libm::log1p(-p) / alpha)).min(cap)
}

fn geometric_quantile(mean: f64, p: f64) -> f64 {
    (libm::log1p(-p) / libm::log1p(-1.0 / mean)).ceil().max(1.0)
}

/// ∫ y^(−k−1) dy from 1 to `cap`: (1 − cap^(−k)) / k, which tends to ln cap as k tends to 0.
fn tail_integral(k: f64, cap: f64) -> f64 {
    let ln = libm::log(cap);
    if (k * ln).abs() < 1e-12 { ln } else { -libm::expm1(-k * ln) / k }
}

/// The linear pieces of a quantile table: probability, first and last value.
fn pieces(table: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64, f64)> {
    table.windows(2).filter_map(|pair| match *pair {
        [(p0, a), (p1, b)] => Some((p1 - p0, a, b)),
        _ => None,
    })
}

fn table_quantile(table: &[(f64, f64)], p: f64) -> f64 {
    let after = table.partition_point(|row| row.0 < p).max(1);
    match (table.get(after - 1), table.get(after)) {
        (Some(&(p0, a)), Some(&(p1, b))) => a + (p - p0) / (p1 - p0) * (b - a),
        _ => f64::NAN,
    }
}

fn table_cdf(table: &[(f64, f64)], x: f64) -> f64 {
    let after = table.partition_point(|row| row.1 <= x);
    match (after.checked_sub(1).and_then(|i| table.get(i)), table.get(after)) {
        (None, _) => 0.0,
        (Some(_), None) => 1.0,
        (Some(&(p0, a)), Some(&(p1, b))) => p0 + (x - a) / (b - a) * (p1 - p0),
    }
}
