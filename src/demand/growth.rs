//! Growth by month, as the user states it, and the season of the year.

use crate::random::stream::Stream;
use crate::spec::{At, Field, Reader};
use crate::spec_table;
use crate::units::MonthlyRate;

spec_table! {
    /// Growth of the level from month to month: in month m it is multiplied by exp(drift × m) on average, m = 1 in the first.
    pub struct GrowthSpec {
        /// The logarithm's drift a month; may be negative.
        optional drift: MonthlyRate,
        /// Standard deviation of the logarithm's change in a month.
        optional volatility: MonthlyRate,
    }
}

/// Geometric Brownian growth, constant within a month: exp(drift m − ½ volatility² m + volatility W_m).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Growth {
    /// Drift of the logarithm a month.
    pub(super) drift: f64,
    /// Volatility of the logarithm, per square root of a month.
    pub(super) volatility: f64,
}

impl Growth {
    /// Checks the spec; what it leaves out is 0.
    pub(super) fn resolve(spec: &Field<GrowthSpec>, reader: &mut Reader) -> Option<Self> {
        let drift = spec.drift.as_ref().map_or(0.0, |drift| drift.0);
        let volatility = spec.volatility.as_ref().map_or(0.0, |volatility| volatility.0);
        if let Some(field) = spec.volatility.as_ref().filter(|_| !(0.0..=1.0).contains(&volatility)) {
            reader.refuse(&field.at, "is out of range", "0%/month to 100%/month");
            return None;
        }
        Some(Self { drift, volatility })
    }

    /// The mean of month `m` (from 0): exp(drift × (m + 1)).
    pub(super) fn mean(&self, month: usize) -> f64 {
        libm::exp(self.drift * (month as f64 + 1.0))
    }

    /// The random part by month, of mean 1. One pair of normals a month, of which the first counts.
    pub(super) fn fill(&self, stream: &mut Stream, months: &mut [f64]) {
        let mut log = 0.0;
        for factor in months {
            log += self.volatility * stream.normals().0 - 0.5 * self.volatility * self.volatility;
            *factor = libm::exp(log);
        }
    }
}

/// Twelve factors, January to December, used as given.
pub(super) fn season(values: &[Field<f64>], at: &At, name: &str, reader: &mut Reader) -> Option<[f64; 12]> {
    if values.is_empty() {
        return Some([1.0; 12]);
    }
    let mut good = true;
    for value in values {
        good &= super::check::number(value, reader, "a factor from 0 to 1000", |x| (0.0..=1000.0).contains(&x)).is_some();
    }
    let numbers: Vec<f64> = values.iter().map(|value| value.value).collect();
    let Ok(season) = <[f64; 12]>::try_from(numbers) else {
        let place = values.first().map_or(at, |first| &first.at);
        reader.refuse(place, format!("begins a season of {} factors", values.len()), "twelve factors, January to December");
        return None;
    };
    let mean = season.iter().sum::<f64>() / 12.0;
    if good && (mean - 1.0).abs() > 0.05 {
        reader.warn(format!("the season of workload `{name}` has mean {mean:.3}: used as given, it changes the mean of the year"));
    }
    good.then_some(season)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests {
    use super::*;
    use crate::random::stream::{Purpose, StreamKey};

    /// E = 1 and E[x²] = exp(σ² m): mean within 4 standard errors in month 6.
    #[test]
    fn growth_keeps_its_mean() {
        let growth = Growth { drift: 0.03, volatility: 0.1 };
        let key = StreamKey::new(1, Purpose::Growth, "a");
        let n = 50_000;
        let mut sum = 0.0;
        for r in 0..n {
            let mut months = [0.0; 6];
            growth.fill(&mut key.replication(r), &mut months);
            sum += months[5];
        }
        let se = (libm::expm1(0.06) / n as f64).sqrt();
        assert!((sum / n as f64 - 1.0).abs() < 4.0 * se);
        assert!((growth.mean(5) - libm::exp(0.18)).abs() < 1e-15);
    }
}
