//! The forms in which exports write the time of a row.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// What is accepted, for messages.
pub(super) const FORM: &str =
    "\"2026-11-01T14:00:00Z\", \"…+02:00\", \"2026-11-01 14:00:00\" (UTC) or seconds since 1970, within the years 1970 to 2200";

/// Seconds since 1970-01-01 UTC, and whether the text itself says so; a time without an offset is UTC, parts of a second are dropped.
pub(super) fn parse(text: &str) -> Option<(i64, bool)> {
    let mut zoned = true;
    let second = if let Ok(seconds) = text.parse::<f64>() {
        // NaN, infinity and a bare year such as 2026 saturate or fall out of the years below; 2026 s is no export's time, but legal.
        seconds.is_finite().then(|| seconds.floor() as i64)?
    } else if let Ok(timestamp) = text.parse::<Timestamp>() {
        timestamp.as_second()
    } else {
        zoned = false;
        text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second()
    };
    (0..LAST).contains(&second).then_some((second, zoned))
}

/// Whether the text is a number that is a time in milliseconds: 1973 to 2200.
pub(super) fn is_milliseconds(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|number| number >= 1e11 && number < LAST as f64 * 1e3)
}

/// The time as it is printed back: `2026-11-01T14:00:00Z`.
pub(super) fn print(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(|_| second.to_string(), |timestamp| timestamp.to_string())
}

/// 2201-01-01T00:00:00Z.
const LAST: i64 = 7_289_654_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_hour_is_the_same_hour() {
        let forms = [
            "2026-11-01T14:00:00Z",
            "2026-11-01T16:00:00+02:00",
            "2026-11-01 14:00:00+00:00",
            "2026-11-01 14:00:00",
            "2026-11-01 14:00",
            "2026-11-01T14:00:00",
            "1793541600",
            "1793541600.0",
        ];
        for form in forms {
            let zoned = !matches!(form, "2026-11-01 14:00:00" | "2026-11-01 14:00" | "2026-11-01T14:00:00");
            assert_eq!(parse(form), Some((1_793_541_600, zoned)), "{form}");
        }
        assert_eq!(parse("1970-01-01 00:00:00"), Some((0, false)));
        assert!(is_milliseconds("1793541600000") && !is_milliseconds("1793541600") && !is_milliseconds("1e300"));
        assert_eq!(print(1_793_541_600), "2026-11-01T14:00:00Z");
        assert_eq!(print(LAST), "2201-01-01T00:00:00Z");
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in ["", "yesterday", "2026-13-01 00:00", "NaN", "inf", "-1", "1793541600000", "2300-01-01 00:00:00", "01/11/2026 14:00"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
