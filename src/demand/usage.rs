//! The user's own usage: hours read from a CSV file, put on the local clock and cut into whole days.

mod doubts;
mod history;
mod problems;
mod records;
mod timestamp;

pub use history::{DayRecord, HistoryDay, Usage, UsageHour};
pub use records::{COLUMNS, Missing};
pub(in crate::demand) use records::{Records, Row, read as read_records};

use crate::spec::{At, Field, Reader};
use crate::units::ByClass;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};
use std::path::Path;

/// Seconds of an hour.
pub(in crate::demand) const HOUR: i64 = 3600;
/// Seconds of a day.
const DAY: i64 = 24 * HOUR;
/// Whole days that a history must have.
pub const MIN_DAYS: usize = 3;

/// What the scenario says about a usage file.
#[derive(Debug, Clone)]
pub struct UsageOptions<'a> {
    /// The model whose rows are meant (`usage_model`); needed where the file holds several.
    pub model: Option<&'a Field<String>>,
    /// What hours without a row mean (`missing`); unsaid, they are zero, unless no two rows are an hour or less apart.
    pub missing: Option<Missing>,
    /// The horizon's clock; UTC on a flat horizon.
    pub time_zone: TimeZone,
}

impl Default for UsageOptions<'_> {
    fn default() -> Self {
        Self { model: None, missing: None, time_zone: TimeZone::UTC }
    }
}

/// Reads a usage file; `path` is where it is, `at` the field that names it.
///
/// Rows are hours or parts of hours: what falls into the same local hour is added up. A day at either end that the file does not cover
/// whole is dropped with a warning. What was read is noted as measured, so that it can be compared with a bill. `None` only after at
/// least one problem was told.
pub fn read_usage(path: &Path, at: &At, options: &UsageOptions<'_>, reader: &mut Reader) -> Option<Usage> {
    let records = read_records(path, at, options.model, reader)?;
    let missing = settle_missing(&records, options.missing, at, reader)?;
    doubts::warn(&records, path, at, options, reader);
    let local = LocalHours::new(&records, &options.time_zone);
    let whole = local.whole_days();
    let gaps_and_days: Vec<(usize, DayRecord)> = whole.clone().map(|day| local.day(day, missing, &options.time_zone)).collect();
    // A few hours may be quiet, and a client who is away on many days is; a few days without a row are more often an export that failed.
    let silent = gaps_and_days.iter().filter(|(gaps, _)| *gaps >= 23).count();
    if silent > 0 && options.missing.is_none() && missing == Missing::Zero && 4 * silent < gaps_and_days.len() {
        reader.warn(format!(
            "{}: whole days without a row ({silent}) count as zero; `missing = \"gap\"` leaves them out: {}",
            at.path,
            path.display()
        ));
    }
    let gaps: usize = gaps_and_days.iter().map(|(gaps, _)| gaps).sum();
    let days: Vec<DayRecord> = gaps_and_days.into_iter().map(|(_, day)| day).collect();
    let (count, first, last) = (days.len(), days.first().map(|d| d.date), days.last().map(|d| d.date));
    let Some(usage) = Usage::from_days(days, records.has_tokens, records.has_requests) else {
        let diagnostic = reader.error(at, "is too short or empty to be a history");
        diagnostic.given = Some(format!("{count} whole days of local time in {}", path.display()));
        diagnostic.allowed = Some(format!("at least {MIN_DAYS} whole days with half of their hours known, and demand in some of them"));
        return None;
    };
    let cut = [(local.first_day() != whole.start, "first"), (local.last_day() + 1 != whole.end, "last")];
    for (_, which) in cut.into_iter().filter(|(cut, _)| *cut) {
        reader.warn(format!("{}: the {which} day is covered in part and was left out: {}", at.path, path.display()));
    }
    reconcile(&records, &usage, at, reader);
    reader.measured(at.key("hours"), count * 24, "hours of the whole local days");
    reader.measured(
        at.key("gaps"),
        gaps,
        format!("hours without a row, taken as {}", if missing == Missing::Zero { "zero" } else { "unknown" }),
    );
    if let (Some(first), Some(last)) = (first, last) {
        reader.measured(at.key("first_day"), first, "first whole local day");
        reader.measured(at.key("last_day"), last, "last whole local day");
    }
    Some(usage)
}

/// What missing hours mean, or an error where the file's rows are too far apart to guess or to be hours at all.
pub(in crate::demand) fn settle_missing(records: &Records, stated: Option<Missing>, at: &At, reader: &mut Reader) -> Option<Missing> {
    // A day is 23 hours long when the clocks go forward.
    const DAILY: i64 = 20 * HOUR;
    let hours = |seconds: i64| format!("{:.1} h", seconds as f64 / HOUR as f64);
    match (stated, records.nearest) {
        (_, Some(nearest)) if nearest >= DAILY => {
            let diagnostic = reader.error(at, "has no two rows within a day, and a row is the demand of one hour, not of a day");
            diagnostic.given = Some(format!("rows at least {} apart", hours(nearest)));
            diagnostic.allowed = Some("hourly rows or finer".to_owned());
            let level = records.mean_tokens_per_hour();
            let level = level.map_or(String::new(), |mean| {
                format!(", or state a `shape` and their mean, level = {{ mean = \"{mean:.0} tokens/h\" }}, instead")
            });
            diagnostic.help =
                Some(format!("export hours{level}; where these hours alone had demand, one row of zeros in another hour tells so"));
            None
        }
        (None, Some(nearest)) if nearest > HOUR => {
            let diagnostic = reader.error(at, "has no two rows an hour or less apart");
            diagnostic.given = Some(format!("rows at least {} apart", hours(nearest)));
            diagnostic.allowed = Some("hourly rows or finer".to_owned());
            diagnostic.help =
                Some("where a row is the demand of its own hour and hours without a row had none, say missing = \"zero\"".to_owned());
            None
        }
        (Some(Missing::Zero), Some(nearest)) if nearest > HOUR => {
            reader.warn(format!("{}: rows are at least {} apart, and each counts as the demand of one hour", at.path, hours(nearest)));
            Some(Missing::Zero)
        }
        (stated, _) => Some(stated.unwrap_or(Missing::Zero)),
    }
}

/// Notes what was read, in the words of a bill.
fn reconcile(records: &Records, usage: &Usage, at: &At, reader: &mut Reader) {
    let rows = &records.rows;
    reader.measured(at.key("rows"), rows.len(), "rows of the model");
    if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
        reader.measured(at.key("first"), timestamp::print(first.second), "first row");
        reader.measured(at.key("last"), timestamp::print(last.second), "last row");
    }
    let sum = |of: fn(&Row) -> f64| rows.iter().map(of).sum::<f64>();
    let sums = [
        ("requests", sum(|r| r.requests)),
        ("input_tokens", sum(|r| r.tokens.input)),
        ("cache_read_tokens", sum(|r| r.tokens.cache_read)),
        ("cache_write_tokens", sum(|r| r.tokens.cache_write)),
        ("output_tokens", sum(|r| r.tokens.output)),
        ("throttled_requests", sum(|r| r.throttled)),
        ("batch_tokens", sum(|r| r.batch_tokens)),
    ];
    for (name, total) in sums {
        reader.measured(at.key(name), total, "sum of all rows, days covered in part included");
    }
    reader.measured(at.key("mean"), format!("{:.0} tokens/h", usage.mean().tokens.total()), "mean of the whole days");
}

/// Sums of the rows by local hour. Index 0 is the first row's local hour.
struct LocalHours {
    first_hour: i64,
    cells: Vec<Cell>,
    /// Local seconds of the first row and of the last one.
    covered: (i64, i64),
    /// Seconds from row to row, a divisor of the hour.
    step: i64,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    sum: UsageHour,
    rows: u32,
    incomplete: bool,
    /// The clocks went back: rows came under two offsets.
    twice: bool,
    offset: i64,
}

impl LocalHours {
    fn new(records: &Records, zone: &TimeZone) -> Self {
        let local = |row: &Row| {
            let offset = Timestamp::from_second(row.second).map_or(0, |timestamp| i64::from(zone.to_offset(timestamp).seconds()));
            (row.second + offset, offset)
        };
        let placed: Vec<(i64, i64, &Row)> = records.rows.iter().map(|row| (local(row).0, local(row).1, row)).collect();
        let hours = placed.iter().map(|(second, ..)| second.div_euclid(HOUR));
        let (first_hour, last_hour) = (hours.clone().min().unwrap_or(0), hours.max().unwrap_or(0));
        let mut cells = vec![Cell::default(); (last_hour - first_hour + 1) as usize];
        for (second, offset, row) in &placed {
            let index = (second.div_euclid(HOUR) - first_hour) as usize;
            if let Some(cell) = cells.get_mut(index) {
                cell.twice |= cell.rows > 0 && cell.offset != *offset;
                cell.offset = *offset;
                cell.rows += 1;
                cell.incomplete |= !row.complete;
                cell.sum = cell.sum + UsageHour { requests: row.requests, tokens: row.tokens };
            }
        }
        let step = records.step.filter(|step| HOUR % step == 0).unwrap_or(HOUR);
        let start = placed.first().map_or(0, |(second, ..)| *second);
        let last = placed.last().map_or(0, |(second, ..)| *second);
        Self { first_hour, cells, covered: (start, last), step }
    }

    /// Days since 1970-01-01 of the first row.
    fn first_day(&self) -> i64 {
        self.covered.0.div_euclid(DAY)
    }

    /// Days since 1970-01-01 of the last row.
    fn last_day(&self) -> i64 {
        self.covered.1.div_euclid(DAY)
    }

    /// The days that the rows cover from the first hour to the last. A row may stand anywhere within its own step.
    fn whole_days(&self) -> std::ops::Range<i64> {
        let first = (self.covered.0 - self.step + DAY).div_euclid(DAY);
        let last = (self.covered.1 + self.step).div_euclid(DAY);
        first..last.max(first)
    }

    /// One local day, and how many of its hours had no row. The hour that the clocks skip repeats the one before it, so that a day always
    /// has 24; the one they repeat is the mean of both.
    fn day(&self, day: i64, missing: Missing, zone: &TimeZone) -> (usize, DayRecord) {
        let date = Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().days(day));
        let mut hours = [None; 24];
        let mut gaps = 0;
        for hour in 0..24_i8 {
            let cell = usize::try_from(day * 24 + i64::from(hour) - self.first_hour).ok().and_then(|index| self.cells.get(index));
            let cell = cell.copied().unwrap_or_default();
            let offsets = zone.to_ambiguous_timestamp(date.at(hour, 0, 0, 0)).offset();
            let before = usize::try_from(hour - 1).ok().and_then(|index| hours.get(index).copied().flatten());
            let value = match offsets {
                AmbiguousOffset::Gap { .. } if cell.rows == 0 => before.or(Some(UsageHour::ZERO)),
                AmbiguousOffset::Fold { .. } => self.known(&cell, missing, if missing == Missing::Zero || cell.twice { 2 } else { 1 }),
                _ => self.known(&cell, missing, 1),
            };
            gaps += usize::from(cell.rows == 0 && !matches!(offsets, AmbiguousOffset::Gap { .. }));
            if let Some(slot) = hours.get_mut(hour as usize) {
                *slot = value;
            }
        }
        (gaps, DayRecord { date, hours })
    }

    fn known(&self, cell: &Cell, missing: Missing, times: u32) -> Option<UsageHour> {
        match missing {
            Missing::Gap if cell.incomplete || i64::from(cell.rows) < i64::from(times) * HOUR / self.step => None,
            _ => Some(cell.sum * f64::from(times).recip()),
        }
    }
}

impl UsageHour {
    /// An hour without demand.
    pub const ZERO: Self = Self { requests: 0.0, tokens: ByClass::ZERO };
}

#[cfg(test)]
mod tests;
