//! Local time on the real calendar; the only file that does arithmetic with dates.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Span, Timestamp, Zoned};

use super::HorizonError;

/// The years a calendar may start in. Before 1970 few zones keep whole offsets, and a year such as 0202 or 20270 is a slip.
pub(super) const FIRST_YEAR: i16 = 1970;
pub(super) const LAST_YEAR: i16 = 2200;

/// The Gregorian calendar, weekdays included, repeats after 400 years.
const MONTHS_PER_CYCLE: usize = 4800;

/// The time zone of an IANA name such as `Europe/Berlin`, from the database inside the program.
///
/// A machine's own database is not asked: it may be missing, and its age would change how many hours a month has and so the results.
///
/// # Errors
///
/// When the database has no such name. Case does not matter.
pub fn time_zone(name: &str) -> Result<TimeZone, HorizonError> {
    TimeZoneDatabase::bundled().get(name).map_err(|_| HorizonError::TimeZone { given: name.to_owned() })
}

/// A first local day and a clock.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Calendar {
    start: Date,
    time_zone: TimeZone,
    origin: Timestamp,
}

impl Calendar {
    pub(super) fn new(start: Date, time_zone: TimeZone) -> Result<Calendar, HorizonError> {
        if !(FIRST_YEAR..=LAST_YEAR).contains(&start.year()) {
            return Err(HorizonError::Start { given: start });
        }
        let origin = first_moment(start, &time_zone).ok_or(HorizonError::Start { given: start })?;
        Ok(Calendar { start, time_zone, origin })
    }

    pub(super) fn start(&self) -> Date {
        self.start
    }

    pub(super) fn time_zone(&self) -> &TimeZone {
        &self.time_zone
    }

    /// The first hour that starts in month `month` or later.
    pub(super) fn month_start(&self, month: u32) -> Result<usize, HorizonError> {
        let out_of_range = HorizonError::Start { given: self.start };
        let first_day = self.first_day(month as usize).ok_or(out_of_range.clone())?;
        let moment = first_moment(first_day, &self.time_zone).ok_or(out_of_range)?;
        let elapsed = moment.duration_since(self.origin).as_secs();
        Ok(usize::try_from(elapsed).unwrap_or(0).div_ceil(3600))
    }

    /// Hours of month `month`, which may lie any number of months ahead.
    pub(super) fn hours_in_month(&self, month: usize) -> u32 {
        let month = (month % MONTHS_PER_CYCLE) as u32;
        match (self.month_start(month), self.month_start(month + 1)) {
            (Ok(start), Ok(end)) => (end - start) as u32,
            _ => unreachable!("starts end in the year {LAST_YEAR}, and 400 years later every date still exists"),
        }
    }

    /// Hour of the week (0 is Monday 00:00) and day since the start of an hour.
    pub(super) fn place(&self, hour: usize) -> (u8, u16) {
        let local = self.local(hour).datetime();
        let weekday = local.weekday().since(Weekday::Monday) as u8;
        let days = local.date().duration_since(self.start).as_hours() / 24;
        (weekday * 24 + local.hour() as u8, days as u16)
    }

    /// The local time at which an hour starts.
    pub(super) fn local(&self, hour: usize) -> Zoned {
        let elapsed = SignedDuration::from_hours(i64::try_from(hour).unwrap_or(i64::MAX / 3600));
        let moment = self.origin.saturating_add(elapsed).unwrap_or(Timestamp::MAX);
        moment.to_zoned(self.time_zone.clone())
    }

    /// The hour since the start that holds a local time, `None` before the start.
    pub(super) fn hour_at(&self, at: DateTime) -> Option<usize> {
        let elapsed = at.to_zoned(self.time_zone.clone()).ok()?.timestamp().duration_since(self.origin);
        if elapsed.is_negative() { None } else { usize::try_from(elapsed.as_secs() / 3600).ok() }
    }

    pub(super) fn month_label(&self, month: usize) -> String {
        match self.first_day(month) {
            Some(day) if day.day() == 1 => day.strftime("%Y-%m").to_string(),
            Some(day) => day.to_string(),
            None => String::new(),
        }
    }

    /// Year and month of the year, 1 to 12, of a month's first day.
    pub(super) fn year_and_month(&self, month: usize) -> Option<(i16, usize)> {
        self.first_day(month).map(|day| (day.year(), day.month().unsigned_abs().into()))
    }

    /// Month of the year, 0 to 11, in which an hour starts.
    pub(super) fn month_of_year(&self, hour: usize) -> u8 {
        self.local(hour).month() as u8 - 1
    }

    /// Counted from the start each time: adding months one by one would turn 31 January into 28 March.
    fn first_day(&self, month: usize) -> Option<Date> {
        let months = Span::new().try_months(i64::try_from(month).ok()?).ok()?;
        self.start.checked_add(months).ok()
    }
}

/// The first moment of a local day, which is not midnight where the clocks skip that.
fn first_moment(day: Date, time_zone: &TimeZone) -> Option<Timestamp> {
    Some(day.to_zoned(time_zone.clone()).ok()?.timestamp())
}
