//! Terms: how long a purchase binds.

use super::{Decimal, Quantity, UnitError};
use std::cmp::Ordering;
use std::fmt;

/// Hours of a week `[h]`.
const WEEK: u32 = 168;

/// Hours of the vendors' month `[h]`, for comparing terms and for lengths that are not counted on a calendar.
const MONTH: u32 = 730;

/// How long a purchase binds: `"none"`, a number of months of the horizon, or a number of weeks of 168 hours.
///
/// Not both: one of the two numbers is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// Months, 0 to 36.
    pub months: u32,
    /// Weeks, 0 to 156. Google sells its throughput by the week as well, at 1 200 USD for 168 hours of 7.14.
    pub weeks: u32,
}

impl Term {
    /// No commitment: bought by the hour.
    pub const NONE: Self = Self { months: 0, weeks: 0 };

    /// A term of so many months; of none, no commitment.
    #[must_use]
    pub const fn of_months(months: u32) -> Self {
        Self { months, weeks: 0 }
    }

    /// A term of so many weeks; of none, no commitment.
    #[must_use]
    pub const fn of_weeks(weeks: u32) -> Self {
        Self { months: 0, weeks }
    }

    /// Hours of its weeks `[h]`; 0 for a term of months, which has the hours of the months it falls on.
    #[must_use]
    pub fn hours_of_weeks(self) -> usize {
        (WEEK * self.weeks) as usize
    }

    /// The months of a horizon that is sure to hold it, 0 without a commitment.
    #[must_use]
    pub fn months_to_hold(self) -> u32 {
        // The shortest month has 28 days, so that four weeks fit into any.
        if self.weeks <= 4 { self.months.max(u32::from(self.weeks > 0)) } else { (WEEK * self.weeks).div_ceil(MONTH) }
    }

    /// Hours by the vendors' month.
    fn nominal_hours(self) -> u32 {
        MONTH * self.months + WEEK * self.weeks
    }
}

impl PartialOrd for Term {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Term {
    /// By length. 84 months are the fewest that are whole weeks by the vendors' month, so that no two terms tie.
    fn cmp(&self, other: &Self) -> Ordering {
        self.nominal_hours().cmp(&other.nominal_hours())
    }
}

impl Quantity for Term {
    const FORM: &'static str =
        "\"none\", or weeks, months or years up to 3 years, such as \"1 week\", \"1 month\", \"6 months\" or \"1 year\"";

    fn parse(text: &str) -> Result<Self, UnitError> {
        if matches!(text.trim(), "none" | "hourly" | "no commitment") {
            return Ok(Self::NONE);
        }
        let (number, unit) = Decimal::split(text)?;
        let whole = |number: f64, most: f64| (1.0..=most).contains(&number) && number.fract() == 0.0;
        match unit {
            "month" | "months" | "year" | "years" => {
                let months = if unit.starts_with("year") { 12.0 * number.value(0) } else { number.value(0) };
                let problem = || UnitError("is no whole number of months from 1 to 36".to_owned());
                if whole(months, 36.0) { Ok(Self::of_months(months as u32)) } else { Err(problem()) }
            }
            "week" | "weeks" => {
                let problem = || UnitError("is no whole number of weeks from 1 to 156".to_owned());
                if whole(number.value(0), 156.0) { Ok(Self::of_weeks(number.value(0) as u32)) } else { Err(problem()) }
            }
            "day" | "days" => Err(UnitError("is a term of days, and terms are whole weeks, months or years".to_owned())),
            _ => Err(UnitError(format!("has the unit `{unit}`, which is no term"))),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.months, self.weeks) {
            (0, 0) => f.write_str("none"),
            (0, 1) => f.write_str("1 week"),
            (0, weeks) => write!(f, "{weeks} weeks"),
            (1, _) => f.write_str("1 month"),
            (12, _) => f.write_str("1 year"),
            (24, _) => f.write_str("2 years"),
            (36, _) => f.write_str("3 years"),
            (months, _) => write!(f, "{months} months"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_read_and_shown() {
        for (text, term, shown) in [
            ("none", Term::NONE, "none"),
            ("hourly", Term::NONE, "none"),
            ("1 week", Term::of_weeks(1), "1 week"),
            ("6 weeks", Term::of_weeks(6), "6 weeks"),
            ("1 month", Term::of_months(1), "1 month"),
            ("12 months", Term::of_months(12), "1 year"),
            ("2 years", Term::of_months(24), "2 years"),
            ("0.5 years", Term::of_months(6), "6 months"),
        ] {
            assert_eq!(Term::parse(text).unwrap(), term, "{text}");
            assert_eq!(term.to_string(), shown);
        }
        for text in ["1.5 months", "0 months", "37 months", "0 weeks", "1.5 weeks", "157 weeks", "7 days", "1 fortnight", "1"] {
            assert!(Term::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn terms_have_lengths() {
        let ordered =
            ["none", "1 week", "4 weeks", "1 month", "5 weeks", "3 months", "1 year", "53 weeks"].map(|t| Term::parse(t).unwrap());
        assert!(ordered.is_sorted() && ordered.windows(2).all(|pair| pair[0] != pair[1]));
        assert_eq!(ordered.map(Term::months_to_hold), [0, 1, 1, 1, 2, 3, 12, 13]);
        assert_eq!(ordered[2].hours_of_weeks(), 672);
    }
}
