//! The level: the mean of a workload's tokens an hour and how well it is known.

use super::check::{LOG_SD, exclusive, is_log_sd, number};
use super::walk::WalkSpec;
use crate::random::law::sigma_of_p10_p90;
use crate::spec::{Field, OffOr, Reader};
use crate::spec_table;
use crate::units::TokenRate;

/// Largest level in tokens an hour: a thousand times all of today's traffic, and far from where sums lose whole tokens.
pub(super) const LARGEST: f64 = 1e15;

spec_table! {
    /// The level: tokens of all classes an hour, on average over the week, and its uncertainty.
    pub struct LevelSpec {
        /// The mean over all futures; either this or the median.
        optional mean: TokenRate,
        /// The median over all futures; either this or the mean.
        optional median: TokenRate,
        /// One chance in ten that the level is lower; needs p90.
        optional p10: TokenRate,
        /// One chance in ten that the level is higher; needs p10.
        optional p90: TokenRate,
        /// Standard deviation of the level's logarithm, instead of p10 and p90.
        optional sigma: f64,
        /// A factor on the level and its range; 1 when left out.
        optional scale: f64,
        /// The weekly walk of the level, or "off" for a level that stays.
        optional walk: OffOr<WalkSpec>,
    }
}

/// A level in tokens an hour: lognormal over replications, one draw each.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Level {
    /// The mean, `None` where the usage gives it.
    pub(super) mean: Option<f64>,
    /// Standard deviation of the logarithm, >= 0; `None` where nobody said it.
    pub(super) sigma: Option<f64>,
    /// The factor on it.
    pub(super) scale: f64,
}

impl Level {
    /// Checks the spec. With `measured`, the mean may be left to the usage.
    pub(super) fn resolve(spec: &Field<LevelSpec>, measured: bool, reader: &mut Reader) -> Option<Self> {
        let alone = exclusive(spec.mean.as_ref(), spec.median.as_ref(), "either the mean or the median", reader);
        if spec.mean.is_none() && spec.median.is_none() && !measured {
            reader.missing(&spec.at, "mean", "`mean` or `median`, tokens per time, such as \"1.94M tokens/h\"");
            return None;
        }
        let sigma = Self::sigma(spec, reader);
        let scale = match &spec.scale {
            Some(scale) => number(scale, reader, "a factor above 0, at most 1e6", |x| x > 0.0 && x <= 1e6),
            None => Some(1.0),
        };
        let stated = spec.mean.as_ref().or(spec.median.as_ref());
        let (sigma, scale) = (sigma?, scale?);
        let mut mean = None;
        if let Some(stated) = stated {
            let s = sigma.unwrap_or(0.0);
            let value = stated.per_hour * if spec.mean.is_some() { 1.0 } else { libm::exp(0.5 * s * s) };
            if !(value * scale <= LARGEST) {
                reader.refuse(&stated.at, "is out of range", "at most 1e15 tokens/h");
                return None;
            }
            Self::consistent(spec, value * libm::exp(-0.5 * s * s), reader)?;
            mean = Some(value);
        }
        alone.then_some(Self { mean, sigma, scale })
    }

    fn sigma(spec: &LevelSpec, reader: &mut Reader) -> Option<Option<f64>> {
        match (&spec.p10, &spec.p90, &spec.sigma) {
            (None, None, None) => Some(None),
            (None, None, Some(sigma)) => number(sigma, reader, LOG_SD, is_log_sd).map(Some),
            (Some(p10), Some(p90), None) => match sigma_of_p10_p90(p10.per_hour, p90.per_hour) {
                Ok(sigma) if is_log_sd(sigma) => Some(Some(sigma)),
                _ => {
                    reader.refuse(&p90.at, "makes no range with p10", "p90 from p10 to 2000 times p10, both above 0");
                    None
                }
            },
            (Some(field), None, None) | (None, Some(field), None) => {
                reader.refuse(&field.at, "is half of a range", "p10 and p90 together");
                None
            }
            (_, _, Some(sigma)) => {
                reader.refuse(&sigma.at, "cannot stand beside p10 and p90", "either sigma, or p10 and p90");
                None
            }
        }
    }

    /// The range must agree with the mean: the middle of a lognormal range, √(p10 × p90), is its median.
    fn consistent(spec: &LevelSpec, median: f64, reader: &mut Reader) -> Option<()> {
        let (Some(p10), Some(p90)) = (&spec.p10, &spec.p90) else { return Some(()) };
        let middle = (p10.per_hour * p90.per_hour).sqrt();
        if (middle / median - 1.0).abs() <= 0.05 {
            return Some(());
        }
        let message = format!(
            "contradicts the level: the middle of p10 and p90 is {} and the median of the stated level {}",
            TokenRate { per_hour: middle },
            TokenRate { per_hour: median }
        );
        reader.refuse(&p90.at, message, "a range whose middle is within 5% of the median");
        None
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests {
    use super::*;
    use crate::demand::testing::read;

    #[test]
    fn a_range_gives_sigma_and_the_mean_stands() {
        let (spec, mut reader) = read::<LevelSpec>("mean = \"1.94M tokens/h\"\np10 = \"1.6M tokens/h\"\np90 = \"2.3M tokens/h\"");
        let level = Level::resolve(&spec, false, &mut reader).unwrap();
        assert_eq!(level.mean, Some(1.94e6));
        assert!((level.sigma.unwrap() - libm::log(2.3 / 1.6) / 2.563_103_131_089_201).abs() < 1e-12);
        let (spec, mut reader) = read::<LevelSpec>("median = \"1 tokens/h\"\nsigma = 0.3");
        let level = Level::resolve(&spec, false, &mut reader).unwrap();
        assert!((level.mean.unwrap() - libm::exp(0.045)).abs() < 1e-12);
    }

    #[test]
    fn contradictions_are_told_with_both_numbers() {
        let errors = |text: &str| {
            let (spec, mut reader) = read::<LevelSpec>(text);
            assert!(Level::resolve(&spec, false, &mut reader).is_none(), "{text}");
            reader.finish().unwrap_err().to_string()
        };
        let text = errors("mean = \"2M tokens/h\"\np10 = \"1M tokens/h\"\np90 = \"2M tokens/h\"");
        assert!(text.contains("1414213.562 tokens/h") && text.contains("1928") && text.contains("5%"), "{text}");
        assert!(errors("p10 = \"1 tokens/h\"\np90 = \"2 tokens/h\"").contains("level.mean: is missing"));
        assert!(errors("mean = \"1 tokens/h\"\nmedian = \"1 tokens/h\"").contains("cannot stand beside `mean`"));
        assert!(errors("mean = \"1 tokens/h\"\np10 = \"1 tokens/h\"").contains("half of a range"));
        assert!(errors("mean = \"1 tokens/h\"\nsigma = -1").contains("from 0 to 3"));
        assert!(errors("mean = \"1 tokens/h\"\nscale = 0").contains("above 0"));
        assert!(errors("mean = \"1e16 tokens/h\"").contains("1e15"));
    }
}
