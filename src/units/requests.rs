//! Requests per time, as quotas of requests are written.

use super::rate::{Short, hours_of};
use super::{Decimal, Quantity, UnitError};
use std::fmt;

/// Most requests per hour of any rate: as with tokens, far from where products overflow.
const LARGEST: f64 = 1e21;

/// Requests per time: `"600 requests/min"`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct RequestRate {
    /// Requests per hour, >= 0.
    pub per_hour: f64,
}

impl Quantity for RequestRate {
    const FORM: &'static str = "requests per time, such as \"600 requests/min\" or \"10 requests/s\"";

    fn parse(text: &str) -> Result<Self, UnitError> {
        let (number, rest) = Decimal::split(text)?;
        let Some((noun, unit)) = rest.split_once('/') else {
            return Err(UnitError("has no denominator".to_owned()));
        };
        if !matches!(noun.trim(), "request" | "requests") {
            return Err(UnitError(format!("counts `{}` instead of requests", noun.trim())));
        }
        let unit = unit.trim();
        let hours = hours_of(unit).ok_or_else(|| UnitError(format!("is per `{unit}`, which is no time")))?;
        let value = number.value(0);
        if !(value >= 0.0) {
            return Err(UnitError("is negative".to_owned()));
        }
        // As with tokens: multiply by whole numbers of minutes or seconds rather than divide by their rounded fractions.
        let per_hour = if hours < 1.0 { value * (1.0 / hours).round() } else { value / hours };
        if per_hour <= LARGEST { Ok(Self { per_hour }) } else { Err(UnitError("is out of range".to_owned())) }
    }
}

impl fmt::Display for RequestRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requests/h", Short(self.per_hour))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_requests() {
        for (text, per_hour) in
            [("600 requests/min", 36_000.0_f64), ("10 requests/s", 36_000.0), ("1 request/h", 1.0), ("24k requests/day", 1e3)]
        {
            assert_eq!(RequestRate::parse(text).unwrap().per_hour.to_bits(), per_hour.to_bits(), "{text}");
        }
        for text in ["600", "600 requests", "600 tokens/min", "600 requests/fortnight", "-1 requests/s", "1e400 requests/h"] {
            assert!(RequestRate::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(RequestRate::parse("600 requests/min").unwrap().to_string(), "36000 requests/h");
    }
}
