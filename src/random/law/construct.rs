//! The checked constructors of laws, in the words people state them.

use std::fmt;

use super::Law;
use crate::random::special::normal_quantile;

/// Largest ratio of the 95th percentile to the mean that any lognormal law reaches: exp(z² / 2) with z its normal quantile.
pub const P95_OVER_MEAN_LIMIT: f64 = 3.868_132;

/// Counts stay exact in f64 below this mean, with room for the spread.
const LARGEST_COUNT: f64 = 1e15;

/// Why a law cannot be: which parameter, what was given, what is allowed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LawError {
    /// A parameter, or a ratio of two, is out of its range.
    Parameter {
        /// Its name.
        parameter: &'static str,
        /// Its value.
        given: f64,
        /// What it may be.
        allowed: &'static str,
    },
    /// A row of a quantile table is out of order, out of range, or there are too few.
    Row {
        /// The row, from 1.
        row: usize,
        /// What it may be.
        allowed: &'static str,
    },
}

impl fmt::Display for LawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter { parameter, given, allowed } => write!(f, "{parameter} is {given}, allowed is {allowed}"),
            Self::Row { row, allowed } => write!(f, "row {row} of the quantile table: {allowed}"),
        }
    }
}

impl std::error::Error for LawError {}

impl Law {
    /// Always `value`, which is finite.
    pub fn constant(value: f64) -> Result<Self, LawError> {
        Ok(Self::Constant { value: finite("value", value)? })
    }

    /// Uniform from `low` to `high`, which is above it.
    pub fn uniform(low: f64, high: f64) -> Result<Self, LawError> {
        let (low, high) = (finite("low", low)?, finite("high", high)?);
        check("high - low", high - low, "a finite number above 0", |x| x > 0.0)?;
        Ok(Self::Uniform { low, high })
    }

    /// Normal by its mean and standard deviation of 0 or more.
    pub fn normal(mean: f64, sd: f64) -> Result<Self, LawError> {
        Ok(Self::Normal { mean: finite("mean", mean)?, sd: not_negative("sd", sd)? })
    }

    /// Lognormal by mean and standard deviation of the logarithm.
    pub fn lognormal(mu: f64, sigma: f64) -> Result<Self, LawError> {
        let law = Self::LogNormal { mu: finite("mu", mu)?, sigma: not_negative("sigma", sigma)? };
        check("the standard deviation of exp(mu + sigma Z)", law.variance().sqrt(), "finite", |_| true)?;
        Ok(law)
    }

    /// Lognormal by its mean above 0 and the standard deviation of the logarithm.
    pub fn lognormal_by_mean(mean: f64, sigma: f64) -> Result<Self, LawError> {
        let sigma = not_negative("sigma", sigma)?;
        Self::lognormal(libm::log(positive("mean", mean)?) - 0.5 * sigma * sigma, sigma)
    }

    /// Lognormal by its median above 0 and the standard deviation of the logarithm.
    pub fn lognormal_by_median(median: f64, sigma: f64) -> Result<Self, LawError> {
        Self::lognormal(libm::log(positive("median", median)?), sigma)
    }

    /// Lognormal by its mean and 95th percentile: the smaller of the two sigmas that fit, the root of ½ σ² − z σ + ln(p95 / mean) = 0.
    ///
    /// p95 / mean is from 1 to [`P95_OVER_MEAN_LIMIT`]: below 1 only the larger root is left, above it there is none.
    pub fn lognormal_by_mean_p95(mean: f64, p95: f64) -> Result<Self, LawError> {
        let ratio = positive("p95", p95)? / positive("mean", mean)?;
        let log = libm::log(ratio);
        let z = normal_quantile(0.95);
        let discriminant = z * z - 2.0 * log;
        check("p95 / mean", ratio, "from 1 to 3.868", |_| log >= 0.0 && discriminant >= 0.0)?;
        Self::lognormal_by_mean(mean, 2.0 * log / (z + discriminant.sqrt()))
    }

    /// Lognormal by its 10th and 90th percentiles, 0 < p10 ≤ p90.
    pub fn lognormal_by_p10_p90(p10: f64, p90: f64) -> Result<Self, LawError> {
        let sigma = sigma_of_p10_p90(p10, p90)?;
        Self::lognormal(0.5 * (libm::log(p10) + libm::log(p90)), sigma)
    }

    /// Gamma by shape and scale, both above 0.
    pub fn gamma(shape: f64, scale: f64) -> Result<Self, LawError> {
        Ok(Self::Gamma { shape: positive("shape", shape)?, scale: positive("scale", scale)? })
    }

    /// Gamma by its mean and coefficient of variation, both above 0.
    pub fn gamma_by_mean_cv(mean: f64, cv: f64) -> Result<Self, LawError> {
        let square = positive("cv", cv)? * cv;
        Self::gamma(1.0 / square, positive("mean", mean)? * square)
    }

    /// Exponential by its mean above 0.
    pub fn exponential(mean: f64) -> Result<Self, LawError> {
        Ok(Self::Exponential { mean: positive("mean", mean)? })
    }

    /// Poisson by its mean, from 0 to 1e15.
    pub fn poisson(mean: f64) -> Result<Self, LawError> {
        Ok(Self::Poisson { mean: count("mean", mean)? })
    }

    /// Pareto from `scale` above 0 with exponent `alpha`, values above `cap` set to it. Without a cap, alpha is above 2.
    pub fn pareto(scale: f64, alpha: f64, cap: Option<f64>) -> Result<Self, LawError> {
        let (scale, alpha) = (positive("scale", scale)?, positive("alpha", alpha)?);
        let cap = match cap {
            Some(cap) => check("cap", cap, "a finite number above the scale", |x| x > scale)?,
            None => f64::INFINITY,
        };
        if cap == f64::INFINITY {
            check("alpha", alpha, "above 2 unless there is a cap", |x| x > 2.0)?;
        }
        Ok(Self::Pareto { scale, alpha, cap })
    }

    /// `scale` × Student's t with `df` degrees of freedom, set to ±`clip` beyond; all three above 0.
    pub fn student_t(df: f64, scale: f64, clip: f64) -> Result<Self, LawError> {
        Ok(Self::StudentT { df: positive("df", df)?, scale: positive("scale", scale)?, clip: positive("clip", clip)? })
    }

    /// Negative binomial by its mean, from 0 to 1e15, and the shape of its gamma mixing law, above 0.
    pub fn negative_binomial(mean: f64, shape: f64) -> Result<Self, LawError> {
        Ok(Self::NegativeBinomial { mean: count("mean", mean)?, shape: positive("shape", shape)? })
    }

    /// Geometric on 1, 2, 3, … by its mean of 1 or more.
    pub fn geometric(mean: f64) -> Result<Self, LawError> {
        Ok(Self::Geometric { mean: check("mean", mean, "a finite number of at least 1", |x| x >= 1.0)? })
    }

    /// By (probability, value) rows: probabilities from 0 to 1 and rising, values finite and never falling.
    pub fn quantiles(table: Vec<(f64, f64)>) -> Result<Self, LawError> {
        let row = |row: usize, allowed| Err(LawError::Row { row, allowed });
        let (Some(first), Some(last)) = (table.first(), table.last()) else {
            return row(1, "a table has at least two rows");
        };
        if first.0 != 0.0 {
            return row(1, "the first probability is 0");
        }
        if !(1.0..=1.0).contains(&last.0) {
            return row(table.len(), "the last probability is 1");
        }
        for (i, pair) in table.iter().enumerate() {
            if !pair.1.is_finite() {
                return row(i + 1, "a value is a finite number");
            }
            let before = i.checked_sub(1).and_then(|i| table.get(i));
            let in_order = before.is_none_or(|before| pair.0 > before.0 && pair.1 >= before.1);
            if !in_order {
                return row(i + 1, "probabilities rise and values do not fall");
            }
        }
        Ok(Self::Quantiles { table })
    }
}

/// Standard deviation of the logarithm of a lognormal law with these 10th and 90th percentiles: ln(p90 / p10) / 2.563.
pub fn sigma_of_p10_p90(p10: f64, p90: f64) -> Result<f64, LawError> {
    let ratio = positive("p90", p90)? / positive("p10", p10)?;
    check("p90 / p10", ratio, "a finite number of at least 1", |x| x >= 1.0)?;
    Ok(libm::log(ratio) / (2.0 * normal_quantile(0.9)))
}

fn check(parameter: &'static str, given: f64, allowed: &'static str, holds: impl Fn(f64) -> bool) -> Result<f64, LawError> {
    if given.is_finite() && holds(given) { Ok(given) } else { Err(LawError::Parameter { parameter, given, allowed }) }
}

fn finite(parameter: &'static str, given: f64) -> Result<f64, LawError> {
    check(parameter, given, "a finite number", |_| true)
}

fn positive(parameter: &'static str, given: f64) -> Result<f64, LawError> {
    check(parameter, given, "a finite number above 0", |x| x > 0.0)
}

fn not_negative(parameter: &'static str, given: f64) -> Result<f64, LawError> {
    check(parameter, given, "a finite number of at least 0", |x| x >= 0.0)
}

fn count(parameter: &'static str, given: f64) -> Result<f64, LawError> {
    check(parameter, given, "from 0 to 1e15", |x| (0.0..=LARGEST_COUNT).contains(&x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stated_values_come_back() {
        let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-12, "{a} {b}");
        let law = Law::lognormal_by_mean_p95(1500.0, 4000.0).unwrap();
        close(law.mean(), 1500.0);
        close(law.quantile(0.95).unwrap(), 4000.0);
        assert!(matches!(law, Law::LogNormal { sigma, .. } if sigma < 1.644_853_6), "the smaller root");
        let law = Law::lognormal_by_p10_p90(1.6, 2.3).unwrap();
        close(law.quantile(0.1).unwrap(), 1.6);
        close(law.quantile(0.9).unwrap(), 2.3);
        close(Law::lognormal_by_mean(3.0, 0.7).unwrap().mean(), 3.0);
        close(Law::lognormal_by_median(3.0, 0.7).unwrap().quantile(0.5).unwrap(), 3.0);
        let law = Law::gamma_by_mean_cv(10.0, 0.5).unwrap();
        close(law.mean(), 10.0);
        close(law.variance(), 25.0);
        close(sigma_of_p10_p90(1.0, libm::exp(2.563_103_131_089_201)).unwrap(), 1.0);
    }

    #[test]
    fn the_p95_limit() {
        let z = normal_quantile(0.95);
        assert!((libm::exp(0.5 * z * z) - P95_OVER_MEAN_LIMIT).abs() < 1e-6);
        assert!(Law::lognormal_by_mean_p95(1.0, 3.868).is_ok());
        assert!(Law::lognormal_by_mean_p95(1.0, 3.869).is_err());
        assert!(Law::lognormal_by_mean_p95(1.0, 0.99).is_err());
        assert!(Law::lognormal_by_mean_p95(1.0, 1.0).is_ok());
    }

    #[test]
    fn an_error_names_what_was_given_and_what_is_allowed() {
        assert_eq!(Law::gamma(-1.0, 1.0).unwrap_err().to_string(), "shape is -1, allowed is a finite number above 0");
        assert_eq!(
            Law::quantiles(vec![(0.0, 1.0), (0.5, 0.5), (1.0, 2.0)]).unwrap_err().to_string(),
            "row 2 of the quantile table: probabilities rise and values do not fall"
        );
    }
}
