//! The simulated calendar: which month, week, local day and hour of the week each simulated hour is.
//!
//! Everything a demand process asks per hour is computed once, when the horizon is built, and read from arrays afterwards.

mod calendar;
mod error;
mod quarters;

use std::ops::Range;

use jiff::Zoned;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use calendar::Calendar;
pub use calendar::time_zone;
pub use error::HorizonError;

/// Hours of a week `[h]`, the period of every weekly shape.
pub const HOURS_PER_WEEK: usize = 168;

/// Months a horizon may have, as in "1 to 36 months".
pub const MAX_MONTHS: u32 = 36;

/// Hours a month may have. The bound is the kernel's: ten bits count the hours of a month in one bin of its histogram.
pub const MAX_HOURS_PER_MONTH: u32 = 1023;

/// The hours of one replication, cut into months, weeks and local days.
///
/// An hour is an index `t` in `0..hours()` and stands for the 60 minutes from `t` hours after the start. It belongs to the month, the day
/// and the hour of the week in which it starts, on the local clock. Immutable once built.
///
/// # Example
///
/// ```
/// use tokentide::horizon::{Horizon, time_zone};
///
/// let horizon = Horizon::calendar(jiff::civil::date(2027, 3, 1), 1, time_zone("America/New_York")?)?;
/// assert_eq!(horizon.hours(), 31 * 24 - 1); // clocks go forward on 14 March
/// assert_eq!(horizon.month_label(0), "2027-03");
/// # Ok::<(), tokentide::horizon::HorizonError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Horizon {
    kind: Kind,
    /// Index of the first hour of each month, and the number of hours at the end: `months + 1` entries, increasing.
    month_starts: Vec<usize>,
    month_of: Vec<u8>,
    hour_of_week: Vec<u8>,
    day_of: Vec<u16>,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Flat { hours_per_month: u32 },
    Calendar(Calendar),
}

impl Horizon {
    /// A horizon of equal months that starts on a Monday at 00:00; the hour of the week runs on across months.
    ///
    /// `months` is 1 to [`MAX_MONTHS`], `hours_per_month` 1 to [`MAX_HOURS_PER_MONTH`] `[h]`; vendors convert with 730.
    ///
    /// # Errors
    ///
    /// When either is outside its range.
    pub fn flat(months: u32, hours_per_month: u32) -> Result<Horizon, HorizonError> {
        check_months(months)?;
        if !(1..=MAX_HOURS_PER_MONTH).contains(&hours_per_month) {
            return Err(HorizonError::HoursPerMonth { given: hours_per_month });
        }
        let length = hours_per_month as usize;
        let month_starts: Vec<usize> = (0..=months as usize).map(|month| month * length).collect();
        let hours = 0..months as usize * length;
        Ok(Horizon {
            kind: Kind::Flat { hours_per_month },
            month_of: months_of_hours(&month_starts),
            month_starts,
            hour_of_week: hours.clone().map(|hour| (hour % HOURS_PER_WEEK) as u8).collect(),
            day_of: hours.map(|hour| (hour / 24) as u16).collect(),
        })
    }

    /// A horizon on the real calendar, from the first moment of `start` in `time_zone`.
    ///
    /// Month `k` (from 0) begins `k` calendar months after `start`, at the first moment of that local day; where that month has no such
    /// day, on its last one (31 January, 28 February, 31 March). A start on the 1st therefore gives calendar months. Hours are real: the
    /// day the clocks go forward has 23, the day they go back 25. Where the clocks move by half an hour, an hour can straddle the end of a
    /// month and counts to the month in which it starts.
    ///
    /// # Errors
    ///
    /// When `months` is not 1 to [`MAX_MONTHS`] or `start` lies outside the years 1970 to 2200.
    pub fn calendar(start: Date, months: u32, time_zone: TimeZone) -> Result<Horizon, HorizonError> {
        check_months(months)?;
        let calendar = Calendar::new(start, time_zone)?;
        let month_starts = (0..=months).map(|month| calendar.month_start(month)).collect::<Result<Vec<_>, _>>()?;
        let hours = month_starts.last().copied().unwrap_or(0);
        let (hour_of_week, day_of) = (0..hours).map(|hour| calendar.place(hour)).unzip();
        Ok(Horizon { kind: Kind::Calendar(calendar), month_of: months_of_hours(&month_starts), month_starts, hour_of_week, day_of })
    }

    /// Hours of the whole horizon, at least 1.
    pub fn hours(&self) -> usize {
        self.hour_of_week.len()
    }

    /// Months of the horizon, 1 to [`MAX_MONTHS`].
    pub fn months(&self) -> usize {
        self.month_starts.len() - 1
    }

    /// 168-hour weeks of the horizon, the last of which may be cut short.
    pub fn weeks(&self) -> usize {
        self.hours().div_ceil(HOURS_PER_WEEK)
    }

    /// Local days of the horizon, the last of which may be cut short.
    pub fn days(&self) -> usize {
        self.day_of.last().map_or(0, |&day| usize::from(day) + 1)
    }

    /// The hours of a month (from 0); never empty.
    ///
    /// # Panics
    ///
    /// When `month >= months()`.
    pub fn month_range(&self, month: usize) -> Range<usize> {
        self.month_starts[month]..self.month_starts[month + 1]
    }

    /// The name of a month in reports: `2027-01` on a calendar, `1`, `2`, … on a flat horizon.
    ///
    /// A month that does not begin on the 1st is named by its first day, `2027-01-15`, so that it cannot be taken for a calendar month.
    ///
    /// # Panics
    ///
    /// When `month >= months()`.
    pub fn month_label(&self, month: usize) -> String {
        assert!(month < self.months(), "month {month} of a horizon of {} months", self.months());
        match &self.kind {
            Kind::Flat { .. } => (month + 1).to_string(),
            Kind::Calendar(calendar) => calendar.month_label(month),
        }
    }

    /// The calendar month whose season a simulated month has, 0 (January) to 11.
    ///
    /// A month that does not begin on the 1st takes the season of the calendar month its middle hour lies in; the months of a flat horizon
    /// count from January.
    ///
    /// # Panics
    ///
    /// When `month >= months()`.
    pub fn month_of_year(&self, month: usize) -> u8 {
        let Range { start, end } = self.month_range(month);
        match &self.kind {
            Kind::Flat { .. } => (month % 12) as u8,
            Kind::Calendar(calendar) => calendar.month_of_year(usize::midpoint(start, end)),
        }
    }

    /// The month an hour belongs to, from 0.
    ///
    /// # Panics
    ///
    /// This and the other lookups by hour panic when `hour >= hours()`.
    #[inline]
    pub fn month_of(&self, hour: usize) -> usize {
        usize::from(self.month_of[hour])
    }

    /// The 168-hour week since the start that an hour belongs to, from 0. Weeks of the calendar play no part in it.
    #[inline]
    pub fn week_of(&self, hour: usize) -> usize {
        hour / HOURS_PER_WEEK
    }

    /// The local hour of the week, 0 (Monday 00:00) to 167. It skips an hour where the clocks go forward and repeats one where they go back.
    #[inline]
    pub fn hour_of_week(&self, hour: usize) -> u8 {
        self.hour_of_week[hour]
    }

    /// [`Horizon::hour_of_week`] of every hour, in order: `hours()` entries.
    #[inline]
    pub fn hours_of_week(&self) -> &[u8] {
        &self.hour_of_week
    }

    /// The local hour of the day, 0 to 23.
    #[inline]
    pub fn hour_of_day(&self, hour: usize) -> u8 {
        self.hour_of_week[hour] % 24
    }

    /// The local day of the week, 0 (Monday) to 6; 5 and 6 are the weekend.
    #[inline]
    pub fn weekday(&self, hour: usize) -> u8 {
        self.hour_of_week[hour] / 24
    }

    /// The local day since the start that an hour belongs to, from 0.
    #[inline]
    pub fn day_of(&self, hour: usize) -> u32 {
        u32::from(self.day_of[hour])
    }

    /// The hour that holds a local date and time (a date alone is its midnight), or `None` outside the horizon and on a flat one.
    ///
    /// A time the clocks skip is moved on by the gap; of a time they repeat, the first is meant.
    pub fn hour_at(&self, at: impl Into<DateTime>) -> Option<usize> {
        match &self.kind {
            Kind::Flat { .. } => None,
            Kind::Calendar(calendar) => calendar.hour_at(at.into()).filter(|&hour| hour < self.hours()),
        }
    }

    /// The local time at which an hour starts, `None` on a flat horizon or past its end.
    pub fn start_of(&self, hour: usize) -> Option<Zoned> {
        match &self.kind {
            Kind::Calendar(calendar) if hour < self.hours() => Some(calendar.local(hour)),
            _ => None,
        }
    }

    /// Hours `[h]` of the `k`-th month (from 0) after the horizon ends, for what is still owed on a commitment then: real ones on a
    /// calendar, the stated number on a flat horizon.
    pub fn hours_in_month_after_end(&self, k: usize) -> u32 {
        match &self.kind {
            Kind::Flat { hours_per_month } => *hours_per_month,
            Kind::Calendar(calendar) => calendar.hours_in_month(self.months().saturating_add(k)),
        }
    }

    /// The first local day, `None` on a flat horizon.
    pub fn start_date(&self) -> Option<Date> {
        self.as_calendar().map(Calendar::start)
    }

    /// The time zone of the local clock, `None` on a flat horizon.
    pub fn time_zone(&self) -> Option<&TimeZone> {
        self.as_calendar().map(Calendar::time_zone)
    }

    /// The IANA name of the time zone; `None` on a flat horizon and for a zone without a name, such as a fixed offset.
    pub fn time_zone_name(&self) -> Option<&str> {
        self.time_zone().and_then(TimeZone::iana_name)
    }

    fn as_calendar(&self) -> Option<&Calendar> {
        match &self.kind {
            Kind::Flat { .. } => None,
            Kind::Calendar(calendar) => Some(calendar),
        }
    }
}

fn check_months(months: u32) -> Result<(), HorizonError> {
    if (1..=MAX_MONTHS).contains(&months) { Ok(()) } else { Err(HorizonError::Months { given: months }) }
}

/// The month of every hour, from where the months start.
fn months_of_hours(month_starts: &[usize]) -> Vec<u8> {
    let lengths = month_starts.windows(2).map(|bounds| bounds[1] - bounds[0]);
    (0u8..).zip(lengths).flat_map(|(month, length)| std::iter::repeat_n(month, length)).collect()
}

#[cfg(test)]
mod tests;
