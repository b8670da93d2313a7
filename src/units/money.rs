//! Prices: per token, per unit-hour, per request, each with its currency.

use super::{Decimal, Quantity, UnitError};
use std::fmt;

/// A currency's three-letter code, such as `USD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// United States dollars, the default.
    pub const USD: Self = Self(*b"USD");

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        // Only ASCII letters are stored.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Quantity for Currency {
    const FORM: &'static str = "a currency's code of three capital letters, such as \"USD\"";

    fn parse(text: &str) -> Result<Self, UnitError> {
        match <[u8; 3]>::try_from(text.trim().as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(UnitError("is no currency code".to_owned())),
        }
    }
}

/// Largest amount of a price: beyond it sums of money lose whole units, or overflow.
const LARGEST: f64 = 1e15;

/// Splits `3.00 USD/1M tokens` into number, currency and what follows the slash.
fn split_price(text: &str) -> Result<(Decimal, Currency, &str), UnitError> {
    let (number, rest) = Decimal::split(text)?;
    if number.value(0) < 0.0 {
        return Err(UnitError("is negative".to_owned()));
    }
    if !(number.value(0) <= LARGEST) {
        return Err(UnitError("is out of range".to_owned()));
    }
    let Some((currency, denominator)) = rest.split_once('/') else {
        return Err(UnitError("has no denominator".to_owned()));
    };
    let currency = Currency::parse(currency)
        .map_err(|_| UnitError(format!("has no currency code between the number and the slash (`{}`)", currency.trim())))?;
    Ok((number, currency, denominator.trim()))
}

/// Price of tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenPrice {
    /// Currency per token, >= 0.
    pub per_token: f64,
    /// The currency.
    pub currency: Currency,
}

impl Quantity for TokenPrice {
    const FORM: &'static str = "a price per tokens, such as \"3.00 USD/1M tokens\" or \"0.00025 USD/1K tokens\"";

    fn parse(text: &str) -> Result<Self, UnitError> {
        let (number, currency, denominator) = split_price(text)?;
        let shift = match denominator.to_ascii_lowercase().replace(' ', "").as_str() {
            "token" | "1token" => 0,
            "1ktokens" | "ktokens" | "1000tokens" | "1_000tokens" => -3,
            "1mtokens" | "mtokens" | "1000000tokens" | "1_000_000tokens" | "milliontokens" | "1milliontokens" | "mtok" => -6,
            "1btokens" | "btokens" | "billiontokens" | "1billiontokens" => -9,
            _ => return Err(UnitError(format!("is per `{denominator}`, which is no number of tokens"))),
        };
        Ok(Self { per_token: number.value(shift), currency })
    }
}

impl fmt::Display for TokenPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/1M tokens", crate::units::rate::Short(self.per_token * 1e6), self.currency)
    }
}

/// Price of one unit for one hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitPrice {
    /// Currency per unit and hour, >= 0.
    pub per_hour: f64,
    /// The currency.
    pub currency: Currency,
}

impl Quantity for UnitPrice {
    const FORM: &'static str =
        "a price per unit-hour, such as \"3.0137 USD/unit-hour\" (also per unit-day, unit-week, or unit-month of 730 h)";

    fn parse(text: &str) -> Result<Self, UnitError> {
        let (number, currency, denominator) = split_price(text)?;
        // 730 h a month is the vendors' own conversion (Vertex GSU list prices are exactly 2700/730, 2400/730 and 2000/730).
        let hours = match denominator.to_ascii_lowercase().replace(' ', "").as_str() {
            "unit-hour" | "unit-h" => 1.0,
            "unit-day" => 24.0,
            "unit-week" => 168.0,
            "unit-month" => 730.0,
            "unit-year" => 8760.0,
            "unit-second" | "unit-s" => 1.0 / 3600.0,
            "unit-minute" | "unit-min" => 1.0 / 60.0,
            _ => return Err(UnitError(format!("is per `{denominator}`, which is no unit-hour"))),
        };
        Ok(Self { per_hour: number.value(0) / hours, currency })
    }
}

impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/unit-hour", crate::units::rate::Short(self.per_hour), self.currency)
    }
}

/// Price of one request, such as the cost of one that failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestPrice {
    /// Currency per request, >= 0.
    pub per_request: f64,
    /// The currency.
    pub currency: Currency,
}

impl Quantity for RequestPrice {
    const FORM: &'static str = "a price per request, such as \"0.05 USD/request\" or \"50 USD/1K requests\"";

    fn parse(text: &str) -> Result<Self, UnitError> {
        let (number, currency, denominator) = split_price(text)?;
        let shift = match denominator.to_ascii_lowercase().replace(' ', "").as_str() {
            "request" | "1request" => 0,
            "1krequests" | "1000requests" => -3,
            "1mrequests" | "1000000requests" => -6,
            _ => return Err(UnitError(format!("is per `{denominator}`, which is no number of requests"))),
        };
        Ok(Self { per_request: number.value(shift), currency })
    }
}

impl fmt::Display for RequestPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/request", crate::units::rate::Short(self.per_request), self.currency)
    }
}

/// A cost that falls due every month, whatever happens in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MonthlyPrice {
    /// Currency per month, >= 0.
    pub per_month: f64,
    /// The currency.
    pub currency: Currency,
}

impl Quantity for MonthlyPrice {
    const FORM: &'static str = "an amount a month, such as \"200 USD/month\"";

    fn parse(text: &str) -> Result<Self, UnitError> {
        let (number, currency, denominator) = split_price(text)?;
        match denominator.to_ascii_lowercase().as_str() {
            "month" => Ok(Self { per_month: number.value(0), currency }),
            _ => Err(UnitError(format!("is per `{denominator}`, which is no month"))),
        }
    }
}

impl fmt::Display for MonthlyPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/month", crate::units::rate::Short(self.per_month), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact_decimals() {
        let price = TokenPrice::parse("0.00025 USD/1K tokens").unwrap();
        assert_eq!(price.per_token.to_bits(), 2.5e-7_f64.to_bits());
        assert_eq!(TokenPrice::parse("3.00 USD/1M tokens").unwrap().per_token.to_bits(), 3e-6_f64.to_bits());
        assert_eq!(UnitPrice::parse("3.0137 USD/unit-hour").unwrap().per_hour.to_bits(), 3.0137_f64.to_bits());
        assert_eq!(UnitPrice::parse("1200 USD/unit-week").unwrap().per_hour.to_bits(), (1200.0_f64 / 168.0).to_bits());
        assert!((UnitPrice::parse("2700 USD/unit-month").unwrap().per_hour - 3.698_630_137).abs() < 1e-9);
        assert_eq!(TokenPrice::parse("3.00 EUR/1M tokens").unwrap().currency.code(), "EUR");
        assert_eq!(TokenPrice::parse("15.00 USD/1M tokens").unwrap().to_string(), "15 USD/1M tokens");
    }

    #[test]
    fn a_price_needs_number_currency_and_denominator() {
        for text in [
            "3.00",
            "3.00 USD",
            "USD/1M tokens",
            "3.00/1M tokens",
            "-3 USD/1M tokens",
            "3 USD/1M",
            "3 usd/1M tokens",
            "3 USD/hour",
            "1e16 USD/token",
        ] {
            assert!(TokenPrice::parse(text).is_err(), "{text:?}");
        }
        assert!(UnitPrice::parse("3 USD/h").is_err());
    }
}
