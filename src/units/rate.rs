//! Rates, durations and shares.

use super::{Decimal, Quantity, UnitError};
use std::fmt;

/// Shows a number in at most ten significant digits without trailing zeros, so that 15.000000000000002 reads 15.
pub(crate) struct Short(pub(crate) f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded: f64 = format!("{:.9e}", self.0).parse().unwrap_or(self.0);
        write!(f, "{rounded}")
    }
}

/// Hours in a span of time, by its unit's name.
pub(super) fn hours_of(unit: &str) -> Option<f64> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "s" | "sec" | "second" | "seconds" => 1.0 / 3600.0,
        "min" | "minute" | "minutes" => 1.0 / 60.0,
        "h" | "hour" | "hours" => 1.0,
        "d" | "day" | "days" => 24.0,
        "w" | "week" | "weeks" => 168.0,
        _ => return None,
    })
}

/// Most tokens per hour of any rate: a million times what levels may be, and far from where products overflow.
const LARGEST_RATE: f64 = 1e21;

/// Tokens per time, whatever the weights.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct TokenRate {
    /// Tokens per hour, >= 0.
    pub per_hour: f64,
}

impl TokenRate {
    /// Tokens per minute.
    #[must_use]
    pub fn per_minute(self) -> f64 {
        self.per_hour / 60.0
    }
}

impl Quantity for TokenRate {
    const FORM: &'static str = "tokens per time, such as \"1.94M tokens/h\" or \"20k tokens/min\"";

    fn parse(text: &str) -> Result<Self, UnitError> {
        let (number, rest) = Decimal::split(text)?;
        let Some((noun, unit)) = rest.split_once('/') else {
            return Err(UnitError("has no denominator".to_owned()));
        };
        if !matches!(noun.trim(), "token" | "tokens") {
            return Err(UnitError(format!("counts `{}` instead of tokens", noun.trim())));
        }
        let hours = match unit.trim() {
            // The vendors' own month, as in their prices: a bill's tokens are a month's.
            "month" => 730.0,
            unit => hours_of(unit).ok_or_else(|| UnitError(format!("is per `{unit}`, which is no time")))?,
        };
        let value = number.value(0);
        if !(value >= 0.0) {
            return Err(UnitError("is negative".to_owned()));
        }
        // Multiply by whole numbers of minutes or seconds rather than divide by their rounded fractions.
        let per_hour = if hours < 1.0 { value * (1.0 / hours).round() } else { value / hours };
        if per_hour <= LARGEST_RATE { Ok(Self { per_hour }) } else { Err(UnitError("is out of range".to_owned())) }
    }
}

impl fmt::Display for TokenRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tokens/h", Short(self.per_hour))
    }
}

/// A span of time in hours, > 0.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Hours(pub f64);

impl Quantity for Hours {
    const FORM: &'static str = "a span of time, such as \"2h\", \"30 min\" or \"14 days\"";

    fn parse(text: &str) -> Result<Self, UnitError> {
        let (number, unit) = Decimal::split(text)?;
        let hours = hours_of(unit).ok_or_else(|| {
            UnitError(if unit.is_empty() { "has no unit of time".to_owned() } else { format!("has the unit `{unit}`, which is no time") })
        })?;
        let value = if hours < 1.0 { number.value(0) / (1.0 / hours).round() } else { number.value(0) * hours };
        if value > 0.0 && value.is_finite() { Ok(Self(value)) } else { Err(UnitError("is not above zero".to_owned())) }
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} h", Short(self.0))
    }
}

/// A share of a whole, 0 to 1; written as `"15%"` or `0.15`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Share(pub f64);

impl Quantity for Share {
    const FORM: &'static str = "a share from 0 to 1, written \"15%\" or 0.15";

    fn parse(text: &str) -> Result<Self, UnitError> {
        let (number, rest) = Decimal::split(text)?;
        let value = match rest {
            "%" => number.value(-2),
            "" => number.value(0),
            _ => return Err(UnitError(format!("has the unit `{rest}`, where only % can stand"))),
        };
        Self::from_number(value).ok_or_else(|| UnitError("is no share of a whole".to_owned()))
    }

    fn from_number(number: f64) -> Option<Self> {
        (0.0..=1.0).contains(&number).then_some(Self(number))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", Short(self.0 * 100.0))
    }
}

/// A relative rate per month, such as growth: `"3%/month"`, also `"40%/year"`; may be negative.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct MonthlyRate(pub f64);

impl Quantity for MonthlyRate {
    const FORM: &'static str = "a rate per month, such as \"3%/month\" or \"0.03/month\"";

    fn parse(text: &str) -> Result<Self, UnitError> {
        let (number, rest) = Decimal::split(text)?;
        let (percent, unit) = match rest.split_once('/') {
            Some((percent, unit)) => (percent.trim(), unit.trim()),
            None => return Err(UnitError("has no denominator".to_owned())),
        };
        let value = match percent {
            "%" => number.value(-2),
            "" => number.value(0),
            _ => return Err(UnitError(format!("has `{percent}` before the slash, where only % can stand"))),
        };
        let months = match unit {
            "month" => 1.0,
            "quarter" => 3.0,
            "year" => 12.0,
            _ => return Err(UnitError(format!("is per `{unit}`, which is no month"))),
        };
        let rate = value / months;
        if rate.abs() <= 2.0 { Ok(Self(rate)) } else { Err(UnitError("is more than 200% a month".to_owned())) }
    }
}

impl fmt::Display for MonthlyRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%/month", Short(self.0 * 100.0))
    }
}

/// How often something starts: `"3/week"`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct EventRate {
    /// Starts per hour, >= 0.
    pub per_hour: f64,
}

impl Quantity for EventRate {
    const FORM: &'static str = "a number per time, such as \"3/week\"";

    fn parse(text: &str) -> Result<Self, UnitError> {
        let (number, rest) = Decimal::split(text)?;
        let Some(unit) = rest.strip_prefix('/') else {
            return Err(UnitError("has no denominator".to_owned()));
        };
        let hours = match unit.trim() {
            "month" => 730.0,
            unit => hours_of(unit).ok_or_else(|| UnitError(format!("is per `{unit}`, which is no time")))?,
        };
        let per_hour = number.value(0) / hours;
        if per_hour >= 0.0 && per_hour.is_finite() { Ok(Self { per_hour }) } else { Err(UnitError("is negative".to_owned())) }
    }
}

impl fmt::Display for EventRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/week", Short(self.per_hour * 168.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_keep_their_denominator() {
        assert_eq!(TokenRate::parse("20k tokens/min").unwrap().per_hour.to_bits(), 1.2e6_f64.to_bits());
        assert_eq!(TokenRate::parse("1.94M tokens/h").unwrap().per_hour.to_bits(), 1.94e6_f64.to_bits());
        assert_eq!(TokenRate::parse("675 tokens/s").unwrap().per_hour.to_bits(), 2.43e6_f64.to_bits());
        assert_eq!(TokenRate::parse("730M tokens/month").unwrap().per_hour.to_bits(), 1e6_f64.to_bits());
        assert_eq!(TokenRate::parse("24 tokens/day").unwrap().per_hour.to_bits(), 1.0_f64.to_bits());
        for text in ["20k", "20k tokens", "20k/min", "20k tokens/fortnight", "-1 tokens/h", "1e400 tokens/h", "1e299 tokens/s"] {
            assert!(TokenRate::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn shares_and_spans() {
        assert_eq!(Share::parse("0.1%").unwrap().0.to_bits(), 0.001_f64.to_bits());
        assert!(Share::parse("101%").is_err() && Share::from_number(f64::NAN).is_none());
        assert_eq!(Hours::parse("30 min").unwrap(), Hours(0.5));
        assert_eq!(Hours::parse("14 days").unwrap(), Hours(336.0));
        assert!(Hours::parse("2").is_err() && Hours::parse("0h").is_err());
        assert_eq!(MonthlyRate::parse("3%/month").unwrap(), MonthlyRate(0.03));
        assert!((EventRate::parse("3/week").unwrap().per_hour - 3.0 / 168.0).abs() < 1e-15);
    }
}
