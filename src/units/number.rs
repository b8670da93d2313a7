//! Decimal literals with the suffixes k, M, B, kept as text until the power of ten is known.

use super::UnitError;

/// A decimal literal: digits and a power of ten, not yet rounded to binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    digits: String,
    exponent: i32,
}

impl Decimal {
    /// Splits a leading number off `text`: sign, digits with `_` between them, point, exponent, then one of k, K, M, B, G, T as a
    /// factor of 10³, 10⁶, 10⁹ or 10¹². Returns the number and the trimmed rest.
    ///
    /// # Errors
    /// When the text does not begin with a number.
    pub fn split(text: &str) -> Result<(Self, &str), UnitError> {
        let text = text.trim();
        let bytes = text.as_bytes();
        let mut end = usize::from(bytes.first().is_some_and(|b| matches!(b, b'+' | b'-')));
        let mut digits = 0;
        while let Some(&byte) = bytes.get(end) {
            match byte {
                b'0'..=b'9' => digits += 1,
                b'.' => {}
                b'_' if digits > 0 && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) => {}
                _ => break,
            }
            end += 1;
        }
        if digits == 0 {
            return Err(UnitError("does not begin with a number".to_owned()));
        }
        let mut exponent = 0;
        if let Some(after) = exponent_end(bytes, end) {
            exponent = text[end + 1..after].parse().map_err(|_| UnitError(format!("`{}` has an exponent out of range", &text[..after])))?;
            if !(-300..=300).contains(&exponent) {
                return Err(UnitError(format!("`{}` has an exponent out of range", &text[..after])));
            }
            let number = Self::new(&text[..end], exponent)?;
            return Ok((number, text[after..].trim_start()));
        }
        let rest = &text[end..];
        if rest.starts_with([',', '\'', '\u{2019}']) && rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit()) {
            return Err(UnitError("has a mark inside its number: write 200_000 or 200k, and decimals with a point".to_owned()));
        }
        let (factor, rest) = suffix(rest);
        exponent += factor;
        Ok((Self::new(&text[..end], exponent)?, rest.trim_start()))
    }

    fn new(literal: &str, exponent: i32) -> Result<Self, UnitError> {
        let digits: String = literal.chars().filter(|&c| c != '_').collect();
        if digits.matches('.').count() > 1 || digits.parse::<f64>().is_err() {
            return Err(UnitError(format!("`{literal}` is no number")));
        }
        Ok(Self { digits, exponent })
    }

    /// The nearest double to the number × 10^`shift`, rounded once.
    #[must_use]
    pub fn value(&self, shift: i32) -> f64 {
        // `new` has parsed the digits already, so this cannot fail; NaN would be refused by every range check after it.
        format!("{}e{}", self.digits, self.exponent + shift).parse().unwrap_or(f64::NAN)
    }
}

/// Where an exponent that begins at `start` ends, if one does.
fn exponent_end(bytes: &[u8], start: usize) -> Option<usize> {
    if !matches!(bytes.get(start), Some(b'e' | b'E')) {
        return None;
    }
    let mut end = start + 1;
    if matches!(bytes.get(end), Some(b'+' | b'-')) {
        end += 1;
    }
    let first = end;
    while bytes.get(end).is_some_and(u8::is_ascii_digit) {
        end += 1;
    }
    (end > first).then_some(end)
}

/// The power of ten of a magnitude suffix that stands alone (`2M tokens`, not `2Months`), and what follows it.
fn suffix(rest: &str) -> (i32, &str) {
    let mut chars = rest.chars();
    let factor = match chars.next() {
        Some('k' | 'K') => 3,
        Some('M') => 6,
        Some('B' | 'G') => 9,
        Some('T') => 12,
        _ => return (0, rest),
    };
    let after = chars.as_str();
    if after.starts_with(|c: char| c.is_ascii_alphanumeric()) { (0, rest) } else { (factor, after) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_once() {
        let (number, rest) = Decimal::split("0.00025 USD").unwrap();
        assert_eq!(rest, "USD");
        assert_eq!(number.value(-3).to_bits(), 0.000_000_25_f64.to_bits());
        assert_eq!(Decimal::split("1.94M tokens").unwrap().0.value(0).to_bits(), 1_940_000.0_f64.to_bits());
        assert_eq!(Decimal::split("2_000_000").unwrap().0.value(0).to_bits(), 2e6_f64.to_bits());
        assert_eq!(Decimal::split("2e6 tokens").unwrap().0.value(0).to_bits(), 2e6_f64.to_bits());
        assert_eq!(Decimal::split("6 months").unwrap(), (Decimal { digits: "6".to_owned(), exponent: 0 }, "months"));
    }

    #[test]
    fn marks_between_thousands_are_told() {
        for text in ["200,000 tokens/min", "1'000'000 tokens/h", "1,5M tokens/h"] {
            let told = Decimal::split(text).unwrap_err().0;
            assert!(told.contains("200_000") && told.contains("point"), "{told}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "tokens", "-", ".", "1.2.3 x", "1e999 x", "nan", "inf tokens/h"] {
            assert!(Decimal::split(text).is_err(), "{text:?}");
        }
    }
}
