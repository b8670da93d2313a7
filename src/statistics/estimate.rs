//! A number with its error: what every result of a simulation is, printed to the digits the error deserves.

use std::fmt;

use super::normal::student_t_quantile;

/// A point, its standard error and the number of independent samples behind it.
///
/// # Display
///
/// The error is rounded to one significant digit and the point to the same place:
///
/// | point, error | text |
/// |---|---|
/// | 513.1, 26 | `510±30` |
/// | 0.01234, 0.00056 | `0.0123±0.0006` |
/// | 5.13e20, 2.6e19 | `(5.1±0.3)e20` |
/// | 730.25, 0 (the samples do not vary) | `730.25±0` |
/// | 730.25, below what the point can show | `730.25±2e-16` |
/// | 513.1234, unknown | `513.1` |
/// | not a number, any | `n/a` |
///
/// Without an error at least four significant digits are shown, and all digits before the decimal point: rounding those away would
/// claim to know the error.
///
/// # Example
///
/// ```
/// use tokentide::statistics::Estimate;
///
/// let cost = Estimate { point: 513.1, standard_error: Some(26.0), n: 1_000 };
/// assert_eq!(cost.to_string(), "510±30");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimated value; NaN when there is nothing to estimate from.
    pub point: f64,
    /// One standard error of `point`, ≥ 0, in its unit; `None` when unknown.
    pub standard_error: Option<f64>,
    /// Number of independent values that the error comes from: samples, or scrambles of them (see [`Sampling`](super::Sampling)).
    pub n: u64,
}

impl Estimate {
    /// The two-sided interval of the given `confidence` in (0, 1) by Student's t with n − 1 degrees of freedom; `None` when the error is
    /// unknown, or the error or confidence makes no sense.
    pub fn interval(&self, confidence: f64) -> Option<(f64, f64)> {
        let error = self.known_error()?;
        if !(confidence > 0.0 && confidence < 1.0) || self.n < 2 || !self.point.is_finite() {
            return None;
        }
        let reach = error * student_t_quantile(0.5 * (1.0 + confidence), self.n - 1);
        Some((self.point - reach, self.point + reach))
    }

    /// The error divided by the size of the point, a share; `None` when unknown or the point is 0.
    pub fn relative_error(&self) -> Option<f64> {
        let ratio = self.known_error()? / self.point.abs();
        ratio.is_finite().then_some(ratio)
    }

    fn known_error(&self) -> Option<f64> {
        self.standard_error.filter(|error| error.is_finite() && *error >= 0.0)
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.known_error() {
            _ if !self.point.is_finite() => "n/a".to_owned(),
            None => plain(self.point, 4),
            Some(0.0) => format!("{}±0", plain(self.point, EXACT_DIGITS)),
            Some(error) => with_error(self.point, error),
        };
        f.pad(&text)
    }
}

/// Significant decimal digits that every f64 carries.
const EXACT_DIGITS: i32 = 15;
/// Decimal exponents of a number written without an exponent of its own.
const WRITTEN_OUT: std::ops::RangeInclusive<i32> = -6..=14;

fn with_error(point: f64, error: f64) -> String {
    let (digit, place) = leading_digit(error, 0);
    let digits_shown = (exponent(point) - place).clamp(0, EXACT_DIGITS);
    let size = if point == 0.0 { place } else { leading_digit(point, digits_shown as usize).1.max(place) };
    if size - place >= EXACT_DIGITS {
        return format!("{}±{error:.0e}", plain(point, EXACT_DIGITS));
    }
    if WRITTEN_OUT.contains(&size) && place >= -14 {
        return format!("{}±{}", rounded(point, place), rounded(error, place));
    }
    let scaled = scale(point, -size);
    let decimals = (size - place) as usize;
    let scaled_error = f64::from(digit) * scale(1.0, place - size);
    format!("({}±{scaled_error:.decimals$})e{size}", unsigned_zero(format!("{scaled:.decimals$}")))
}

/// `value` to `significant` digits or all before the decimal point, without trailing zeros after it.
fn plain(value: f64, significant: i32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let size = exponent(value);
    let trimmed = |text: &str| {
        let end = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
        end.to_owned()
    };
    if WRITTEN_OUT.contains(&size) {
        let decimals = (significant - 1 - size).max(0) as usize;
        return trimmed(&format!("{value:.decimals$}"));
    }
    let text = format!("{value:.*e}", (significant - 1) as usize);
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{}e{exponent}", trimmed(mantissa)),
        None => text,
    }
}

/// `value` rounded to a multiple of 10^`place`.
fn rounded(value: f64, place: i32) -> String {
    if place < 0 {
        return unsigned_zero(format!("{value:.*}", place.unsigned_abs() as usize));
    }
    let unit = scale(1.0, place);
    unsigned_zero(format!("{:.0}", (value / unit).round() * unit))
}

/// The first digit of |`value`| and its decimal exponent after rounding to `decimals` digits behind the first: 9.6 gives 1 and 1 with
/// none. Read off the formatted number, because a logarithm can be one off at powers of ten. `value` is finite and not 0.
fn leading_digit(value: f64, decimals: usize) -> (u8, i32) {
    let text = format!("{:.decimals$e}", value.abs());
    let digit = text.bytes().next().map_or(0, |byte| byte.saturating_sub(b'0'));
    (digit, text.split_once('e').map_or(0, |(_, exponent)| exponent.parse().unwrap_or(0)))
}

/// The decimal exponent of `value` before any rounding; 0 for 0.
fn exponent(value: f64) -> i32 {
    format!("{value:e}").split_once('e').map_or(0, |(_, exponent)| exponent.parse().unwrap_or(0))
}

/// `value` × 10^`exponent`, in two steps where one factor would overflow.
fn scale(value: f64, exponent: i32) -> f64 {
    let half = exponent / 2;
    value * libm::pow(10.0, f64::from(half)) * libm::pow(10.0, f64::from(exponent - half))
}

fn unsigned_zero(text: String) -> String {
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|c| c == '0' || c == '.') => digits.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Moments;
    use crate::statistics::testing::{Draws, four_standard_errors};

    fn text(point: f64, error: impl Into<Option<f64>>) -> String {
        Estimate { point, standard_error: error.into(), n: 100 }.to_string()
    }

    #[test]
    fn prints_the_digits_the_error_deserves() {
        assert_eq!(text(513.1, 26.0), "510±30");
        assert_eq!(text(-513.1, 26.0), "-510±30");
        assert_eq!(text(513.1, 9.6), "510±10");
        assert_eq!(text(513.1, 9.4), "513±9");
        assert_eq!(text(513.1, 0.96), "513±1");
        assert_eq!(text(513.1, 0.095), "513.1±0.1");
        assert_eq!(text(0.01234, 0.00056), "0.0123±0.0006");
        assert_eq!(text(1_234_567.8, 1_234.0), "1235000±1000");
        assert_eq!(text(0.0, 0.03), "0.00±0.03");
        assert_eq!(text(99.99, 1.0), "100±1");
        assert_eq!(text(5.0, 1e-13), "5.0000000000000±0.0000000000001");
    }

    #[test]
    fn an_error_larger_than_the_point_leaves_what_is_known() {
        assert_eq!(text(26.0, 30.0), "30±30");
        assert_eq!(text(4.0, 30.0), "0±30");
        assert_eq!(text(-4.0, 30.0), "0±30");
        assert_eq!(text(-0.001, 0.03), "0.00±0.03");
    }

    #[test]
    fn unknown_zero_and_invisible_errors_differ() {
        assert_eq!(text(513.1234, None), "513.1");
        assert_eq!(text(1_234_567.8, None), "1234568");
        assert_eq!(text(9.638, None), "9.638");
        assert_eq!(text(2.0, None), "2");
        assert_eq!(text(100.0, None), "100");
        assert_eq!(text(513.1, f64::NAN), "513.1");
        assert_eq!(text(513.1, f64::INFINITY), "513.1");
        assert_eq!(text(513.1, -1.0), "513.1");
        assert_eq!(text(730.25, 0.0), "730.25±0");
        assert_eq!(text(0.1 + 0.2, 0.0), "0.3±0");
        assert_eq!(text(0.0, 0.0), "0±0");
        assert_eq!(text(730.25, 2.4e-16), "730.25±2e-16");
    }

    #[test]
    fn huge_and_tiny_numbers_share_one_exponent() {
        assert_eq!(text(5.13e20, 2.6e19), "(5.1±0.3)e20");
        assert_eq!(text(5.13e-12, 2.6e-13), "(5.1±0.3)e-12");
        assert_eq!(text(-9.99e20, 1e19), "(-1.00±0.01)e21");
        assert_eq!(text(9.6e20, 1e19), "(9.6±0.1)e20");
        assert_eq!(text(4e19, 3e20), "(0±3)e20");
        assert_eq!(text(1.5e300, 2e298), "(1.50±0.02)e300");
        assert_eq!(text(3e-310, 1e-311), "(3.0±0.1)e-310");
        assert_eq!(text(1.5e300, None), "1.5e300");
        assert_eq!(text(1.234_56e-9, None), "1.235e-9");
    }

    #[test]
    fn nothing_to_estimate_is_said_so() {
        assert_eq!(text(f64::NAN, 1.0), "n/a");
        assert_eq!(text(f64::INFINITY, None), "n/a");
        assert_eq!(format!("{:>8}|", Estimate { point: 513.1, standard_error: Some(26.0), n: 5 }), "  510±30|");
    }

    #[test]
    fn intervals_need_a_known_error() {
        let estimate = Estimate { point: 10.0, standard_error: Some(2.0), n: 3 };
        let (low, high) = estimate.interval(0.95).unwrap();
        assert!((high - 10.0 - 2.0 * 4.302_652_729_7).abs() < 1e-8 && (low + high - 20.0).abs() < 1e-12);
        assert_eq!(estimate.relative_error(), Some(0.2));
        for odd in [0.0, 1.0, f64::NAN] {
            assert_eq!(estimate.interval(odd), None);
        }
        assert_eq!(Estimate { standard_error: None, ..estimate }.interval(0.95), None);
        assert_eq!(Estimate { n: 1, ..estimate }.interval(0.95), None);
        assert_eq!(Estimate { point: f64::NAN, ..estimate }.interval(0.95), None);
        assert_eq!(Estimate { point: 0.0, ..estimate }.relative_error(), None);
    }

    #[test]
    fn the_interval_of_a_mean_covers_95_percent() {
        const REPEATS: u32 = 10_000;
        let mut draws = Draws::new(4);
        // Normal samples, for which Student's interval is exact at any size.
        for n in [3, 20, 250] {
            let covers = |_| {
                let samples: Vec<f64> = (0..n).map(|_| draws.normal()).collect();
                let (low, high) = Moments::from_slice(&samples).estimate().interval(0.95).unwrap();
                low <= 0.0 && 0.0 <= high
            };
            let seen = (0..REPEATS).map(covers).filter(|&covered| covered).count() as f64 / f64::from(REPEATS);
            assert!((seen - 0.95).abs() < four_standard_errors(0.95, REPEATS), "n = {n}: {seen}");
        }
    }
}
