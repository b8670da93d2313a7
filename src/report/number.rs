//! Single fields of the files: numbers that read back to the same bits, text that no spreadsheet takes for a formula.

use std::borrow::Cow;
use std::fmt::Write;

/// A number at full precision, the shortest text that reads back to it; empty for what is not a number.
pub(super) fn number(value: f64) -> String {
    let mut text = String::new();
    push(&mut text, value);
    text
}

/// Appends a number, as [`number`] writes it.
pub(super) fn push(text: &mut String, value: f64) {
    // Written out between these, as every spreadsheet reads it; with an exponent outside.
    const WRITTEN_OUT: std::ops::Range<f64> = 1e-7..1e17;
    // A text takes whatever is written.
    _ = if !value.is_finite() {
        Ok(())
    } else if value == 0.0 {
        text.write_str("0")
    } else if WRITTEN_OUT.contains(&value.abs()) {
        write!(text, "{value}")
    } else {
        write!(text, "{value:e}")
    };
}

/// The same of what may be unknown; unknown is empty, never 0.
pub(super) fn optional(value: Option<f64>) -> String {
    value.map_or_else(String::new, number)
}

/// A text field that cannot start a formula. Such names are refused when the scenario is read; a caller of the library may have built
/// one another way. Control characters are taken out, for a line break would begin a field anew.
pub(super) fn text(field: &str) -> Cow<'_, str> {
    let starts_formula = field.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    let controls = field.contains(char::is_control);
    if !starts_formula && !controls {
        return Cow::Borrowed(field);
    }
    let plain: String = field.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Cow::Owned(format!("'{plain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back_to_the_same_bits() {
        for value in [0.1 + 0.2, 1.0, -3.5, 1e-300, 1.5e300, 1e16, 123_456_789.123_456_78, 5e-324, 1e-7] {
            assert_eq!(number(value).parse::<f64>().unwrap().to_bits(), value.to_bits(), "{}", number(value));
        }
        assert_eq!((number(4400.0), number(-0.0), number(1e-9)), ("4400".to_owned(), "0".to_owned(), "1e-9".to_owned()));
        for unknown in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(number(unknown), "");
        }
        assert_eq!(optional(None), "");
    }

    #[test]
    fn text_cannot_start_a_formula() {
        for field in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\u{ff1d}1", "a\n=1", "\r", "\u{0}x"] {
            let guarded = text(field);
            assert!(guarded.starts_with('\'') && !guarded.contains(char::is_control), "{field:?} gives {guarded:?}");
        }
        for field in ["committed/units=4/term=6 months", "", "größe", "a-b", "1"] {
            assert_eq!(text(field), field);
        }
    }
}
