//! Demand straight from a law: tokens an hour, independent or as an autoregression, for tests and simple users.

use super::check::{exclusive, law, number};
use super::size::Size;
use crate::random::law::Law;
use crate::random::special::{normal_cdf, normal_density, normal_quantile};
use crate::random::stream::Stream;
use crate::spec::{Field, Reader};
use crate::units::TokenRate;
use crate::{spec_choice, spec_table};

/// Declares the specs of laws, each with the autocorrelation.
macro_rules! law_spec {
    ($(#[doc = $about:literal])+ $name:ident { $( $(#[doc = $doc:literal])+ $need:ident $field:ident : $kind:ty ),* $(,)? }) => {
        spec_table! {
            $(#[doc = $about])+
            pub struct $name {
                $( $(#[doc = $doc])+ $need $field: $kind, )*
                /// Autocorrelation of the normal ranks from one hour to the next, above -1 and below 1.
                optional autocorrelation: f64,
            }
        }
    };
}

law_spec! {
    /// The same in every hour.
    ConstantSpec {
        /// Tokens an hour.
        required value: TokenRate,
    }
}

law_spec! {
    /// Uniform between two rates.
    UniformSpec {
        /// The lowest.
        required low: TokenRate,
        /// The highest.
        required high: TokenRate,
    }
}

law_spec! {
    /// Normal; an hour below zero has no tokens.
    NormalSpec {
        /// The mean.
        required mean: TokenRate,
        /// The standard deviation.
        required sd: TokenRate,
    }
}

law_spec! {
    /// Lognormal.
    LogNormalSpec {
        /// The mean; either this or the median.
        optional mean: TokenRate,
        /// The median; either this or the mean.
        optional median: TokenRate,
        /// Coefficient of variation; either this or sigma.
        optional cv: f64,
        /// Standard deviation of the logarithm; either this or cv.
        optional sigma: f64,
    }
}

law_spec! {
    /// Gamma.
    GammaSpec {
        /// The mean.
        required mean: TokenRate,
        /// Coefficient of variation; either this or the shape.
        optional cv: f64,
        /// Shape, 1 / cv²; either this or cv.
        optional shape: f64,
    }
}

law_spec! {
    /// A law by its mean alone.
    MeanSpec {
        /// The mean.
        required mean: TokenRate,
    }
}

spec_choice! {
    /// Tokens an hour straight from a law.
    pub enum PlainSpec by "law" {
        /// Constant.
        "constant" => Constant(ConstantSpec),
        /// Uniform.
        "uniform" => Uniform(UniformSpec),
        /// Normal.
        "normal" => Normal(NormalSpec),
        /// Lognormal.
        "lognormal" => LogNormal(LogNormalSpec),
        /// Gamma.
        "gamma" => Gamma(GammaSpec),
        /// Exponential.
        "exponential" => Exponential(MeanSpec),
        /// Poisson.
        "poisson" => Poisson(MeanSpec),
    }
}

/// How ranks become tokens where hours are correlated.
#[derive(Clone, Debug)]
enum Ranks {
    /// The law has a quantile function.
    Law,
    /// A table of a gamma law's quantiles.
    Table(Box<Size>),
    /// The normal scores at which a Poisson count rises by one, and the count below the first.
    Steps(Vec<f64>, f64),
}

/// Tokens an hour from a law.
#[derive(Clone, Debug)]
pub(super) struct Plain {
    law: Law,
    /// Autocorrelation of the ranks and how ranks become tokens; `None` for independent hours.
    chain: Option<(f64, Ranks)>,
}

impl Plain {
    /// Checks the spec.
    pub(super) fn resolve(spec: &Field<PlainSpec>, reader: &mut Reader) -> Option<Self> {
        let at = &spec.at;
        let (made, autocorrelation) = match &spec.value {
            PlainSpec::Constant(s) => (Law::constant(s.value.per_hour), &s.autocorrelation),
            PlainSpec::Uniform(s) => (Law::uniform(s.low.per_hour, s.high.per_hour), &s.autocorrelation),
            PlainSpec::Normal(s) => (Law::normal(s.mean.per_hour, s.sd.per_hour), &s.autocorrelation),
            PlainSpec::LogNormal(s) => (Self::lognormal(s, spec, reader)?, &s.autocorrelation),
            PlainSpec::Gamma(s) => (Self::gamma(s, spec, reader)?, &s.autocorrelation),
            PlainSpec::Exponential(s) => (Law::exponential(s.mean.per_hour), &s.autocorrelation),
            PlainSpec::Poisson(s) => (Law::poisson(s.mean.per_hour), &s.autocorrelation),
        };
        let rho = match autocorrelation {
            Some(rho) => number(rho, reader, "above -1 and below 1", |x| x > -1.0 && x < 1.0),
            None => Some(super::check::assumed(at, "autocorrelation", 0.0, "hours are independent", reader)),
        };
        let law = law(made, at, reader)?;
        if !(law.mean() <= 1e15) {
            reader.refuse(at, "is out of range", "a mean of at most 1e15 tokens/h");
            return None;
        }
        if let (Law::Poisson { mean }, Some(field)) = (&law, autocorrelation)
            && *mean > 1e6
        {
            reader.refuse(
                &field.at,
                "needs a table of counts",
                "a Poisson mean of at most 1e6 tokens/h; above it, the normal law is the same",
            );
            return None;
        }
        Some(Self::new(law, rho?))
    }

    fn lognormal(s: &LogNormalSpec, spec: &Field<PlainSpec>, reader: &mut Reader) -> Option<Result<Law, crate::random::law::LawError>> {
        let alone = exclusive(s.mean.as_ref(), s.median.as_ref(), "either the mean or the median", reader)
            & exclusive(s.cv.as_ref(), s.sigma.as_ref(), "either cv or sigma", reader);
        let sigma = match (&s.sigma, &s.cv) {
            (Some(sigma), _) => number(sigma, reader, super::check::LOG_SD, super::check::is_log_sd),
            (None, Some(cv)) => number(cv, reader, "0 to 20", |x| (0.0..=20.0).contains(&x)).map(|cv| libm::log1p(cv * cv).sqrt()),
            (None, None) => {
                reader.missing(&spec.at, "cv", "`cv` or `sigma`, a number of at least 0");
                None
            }
        };
        match (&s.mean, &s.median) {
            (Some(mean), _) if alone => Some(Law::lognormal_by_mean(mean.per_hour, sigma?)),
            (None, Some(median)) if alone => Some(Law::lognormal_by_median(median.per_hour, sigma?)),
            (None, None) => {
                reader.missing(&spec.at, "mean", "`mean` or `median`, tokens per time");
                None
            }
            _ => None,
        }
    }

    fn gamma(s: &GammaSpec, spec: &Field<PlainSpec>, reader: &mut Reader) -> Option<Result<Law, crate::random::law::LawError>> {
        let alone = exclusive(s.cv.as_ref(), s.shape.as_ref(), "either cv or shape", reader);
        match (&s.cv, &s.shape) {
            (Some(cv), _) if alone => Some(Law::gamma_by_mean_cv(s.mean.per_hour, cv.value)),
            (None, Some(shape)) => Some(Law::gamma(shape.value, s.mean.per_hour / shape.value)),
            (None, None) => {
                reader.missing(&spec.at, "cv", "`cv` or `shape`, a number above 0");
                None
            }
            _ => None,
        }
    }

    /// Independent hours with `rho` 0, else an autoregression of the normal ranks: exact for the normal law, a copula for the others.
    pub(super) fn new(law: Law, rho: f64) -> Self {
        if rho == 0.0 {
            return Self { law, chain: None };
        }
        let ranks = match law {
            Law::Gamma { .. } => Ranks::Table(Box::new(Size::new(law.clone(), f64::INFINITY, 0.0))),
            Law::Poisson { mean } => {
                // Counts beyond eight standard deviations have chances below 1e-15, and normals end at 6.7.
                let reach = 9.0 * mean.sqrt() + 40.0;
                let first = (mean - reach).max(0.0).floor();
                let counts = (0..=(2.0 * reach) as u32).map(|i| first + f64::from(i));
                Ranks::Steps(counts.map(|count| normal_quantile(law.cdf(count))).collect(), first)
            }
            _ => Ranks::Law,
        };
        Self { law, chain: Some((rho, ranks)) }
    }

    /// Whether hours differ by chance.
    pub(super) fn varies(&self) -> bool {
        self.law.variance() > 0.0
    }

    /// Makes every hour the mean one.
    pub(super) fn hold(&mut self) {
        if let Ok(law) = Law::constant(self.mean()) {
            *self = Self::new(law, 0.0);
        }
    }

    /// The mean of an hour; the normal law's without what lies below zero.
    pub(super) fn mean(&self) -> f64 {
        match self.law {
            Law::Normal { mean, sd } if sd > 0.0 => mean * normal_cdf(mean / sd) + sd * normal_density(mean / sd),
            ref law => law.mean(),
        }
    }

    /// Multiplies `out` by one path. Independent hours draw by the law, correlated ones take a pair of normals an hour and use the first.
    pub(super) fn apply(&self, stream: &mut Stream, out: &mut [f64]) {
        let Some((rho, ranks)) = &self.chain else {
            for out in &mut *out {
                *out *= self.law.sample(stream).max(0.0);
            }
            return;
        };
        let innovation = (1.0 - rho * rho).sqrt();
        let mut z = stream.normals().0;
        for (hour, out) in out.iter_mut().enumerate() {
            if hour > 0 {
                z = rho * z + innovation * stream.normals().0;
            }
            let tokens = match ranks {
                Ranks::Law => self.law.at_normal(z).unwrap_or_else(|| self.law.mean()),
                Ranks::Table(size) => size.at_normal(z, 1.0),
                Ranks::Steps(steps, first) => first + steps.partition_point(|step| *step < z) as f64,
            };
            *out *= tokens.max(0.0);
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests {
    use super::*;
    use crate::random::stream::{Purpose, StreamKey};

    fn months(plain: &Plain, n: u64, hours: usize) -> Vec<f64> {
        let key = StreamKey::new(11, Purpose::Plain, "a");
        let mut out = vec![0.0; hours];
        (0..n)
            .map(|r| {
                out.fill(1.0);
                plain.apply(&mut key.replication(r), &mut out);
                out.iter().sum()
            })
            .collect()
    }

    fn mean_sd(values: &[f64]) -> (f64, f64) {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (mean, (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (values.len() - 1) as f64).sqrt())
    }

    /// VALIDATION C3: 730 hours of Gamma(4, 25) sum to Gamma(2920, 25): mean 73 000, sd 1 350.925609.
    #[test]
    fn the_exact_bill() {
        let n = 4000;
        let (mean, sd) = mean_sd(&months(&Plain::new(Law::gamma(4.0, 25.0).unwrap(), 0.0), n, 730));
        assert!((mean - 73_000.0).abs() < 4.0 * 1_350.925_609 / (n as f64).sqrt(), "{mean}");
        assert!((sd / 1_350.925_609 - 1.0).abs() < 4.0 / (2.0 * n as f64).sqrt(), "{sd}");
    }

    /// VALIDATION C4: 100 + AR(1) with sd 20: the month's sd is 2 340.085469 at ρ .9.
    #[test]
    fn autocorrelation() {
        let n = 4000;
        let (mean, sd) = mean_sd(&months(&Plain::new(Law::normal(100.0, 20.0).unwrap(), 0.9), n, 730));
        assert!((mean - 73_000.0).abs() < 4.0 * 2_340.085_469 / (n as f64).sqrt(), "{mean}");
        assert!((sd / 2_340.085_469 - 1.0).abs() < 4.0 / (2.0 * n as f64).sqrt(), "{sd}");
    }

    /// Correlated hours keep the law: mean and variance of the last of 20 hours.
    #[test]
    fn copulas_keep_the_law() {
        let laws = [
            Law::gamma(0.5, 30.0).unwrap(),
            Law::poisson(7.5).unwrap(),
            Law::poisson(4000.0).unwrap(),
            Law::uniform(2.0, 8.0).unwrap(),
            Law::exponential(3.0).unwrap(),
        ];
        for law in laws {
            let plain = Plain::new(law.clone(), 0.8);
            let key = StreamKey::new(1, Purpose::Plain, "b");
            let n = 20_000;
            let last: Vec<f64> = (0..n)
                .map(|r| {
                    let mut out = [1.0; 20];
                    plain.apply(&mut key.replication(r), &mut out);
                    out[19]
                })
                .collect();
            let (mean, sd) = mean_sd(&last);
            assert!((mean - law.mean()).abs() < 4.0 * sd / (n as f64).sqrt(), "{law:?}: {mean}");
            let fourth = last.iter().map(|x| libm::pow(x - mean, 4.0)).sum::<f64>() / n as f64;
            let se = ((fourth - libm::pow(sd, 4.0)) / n as f64).sqrt();
            assert!((sd * sd - law.variance()).abs() < 4.0 * se, "{law:?}: {}", sd * sd);
        }
    }

    #[test]
    fn a_normal_below_zero_counts_as_zero() {
        let plain = Plain::new(Law::normal(10.0, 20.0).unwrap(), 0.0);
        let n = 40_000;
        let (mean, sd) = mean_sd(&months(&plain, n, 1));
        assert!((mean - plain.mean()).abs() < 4.0 * sd / (n as f64).sqrt(), "{mean} {}", plain.mean());
    }
}
