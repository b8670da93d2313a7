//! Hours of the week in which units exist: created and deleted by schedule.

use crate::horizon::{HOURS_PER_WEEK, Horizon};
use crate::spec::Reader;
use crate::{spec_table, spec_words};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

spec_words! {
    /// Days of the week.
    pub enum ScheduleDays {
        /// All seven.
        "every day" => EveryDay,
        /// Monday to Friday.
        "weekdays" => Weekdays,
        /// Saturday and Sunday.
        "weekends" => Weekends,
    }
}

spec_table! {
    /// The local hours in which units exist and are paid.
    pub struct ScheduleSpec {
        /// The days on which they are created; every day unless given.
        optional days: ScheduleDays,
        /// The hour of the day, 0 to 23, in which they begin.
        required from: u64,
        /// The hour of the day, 1 to 24, before which they end; at or before `from` it is on the next day.
        required until: u64,
    }
}

/// A set of hours of the week, from Monday 00:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Schedule {
    bits: [u64; 3],
}

impl Schedule {
    /// Tells what is wrong with a spec. True when all is well.
    pub(super) fn check(spec: &ScheduleSpec, reader: &mut Reader) -> bool {
        let (begins, ends) = (spec.from.value <= 23, (1..=24).contains(&spec.until.value));
        if !begins {
            reader.refuse(&spec.from.at, "is no hour in which a schedule can begin", "an hour from 0 to 23");
        }
        if !ends {
            reader.refuse(&spec.until.at, "is no hour in which a schedule can end", "an hour from 1 to 24");
        }
        begins && ends
    }

    /// The hours of a spec that was checked.
    pub(super) fn new(spec: &ScheduleSpec) -> Self {
        let days = spec.days.as_ref().map_or(ScheduleDays::EveryDay, |days| days.value);
        Window { days, from: spec.from.value as u8, until: spec.until.value as u8 }.schedule()
    }

    /// The window that it is, if it is one; of several, the one with the fewest days' names that begins first.
    #[must_use]
    pub fn window(&self) -> Option<Window> {
        Window::all().find(|window| window.schedule() == *self)
    }

    /// Whether an hour of the week, 0 to 167, belongs to it.
    #[inline]
    #[must_use]
    pub fn holds(&self, hour_of_week: u8) -> bool {
        self.bits[usize::from(hour_of_week) / 64 % 3] >> (hour_of_week % 64) & 1 == 1
    }

    /// How many of some hours of the horizon belong to it.
    ///
    /// # Panics
    ///
    /// When the horizon has no such hours.
    #[must_use]
    pub fn count(&self, hours: Range<usize>, horizon: &Horizon) -> usize {
        hours.filter(|&hour| self.holds(horizon.hour_of_week(hour))).count()
    }

    /// The set as numbers, for comparing.
    pub(super) fn bits(&self) -> [u64; 3] {
        self.bits
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.window() {
            Some(window) => window.fmt(f),
            None => f.pad("by schedule"),
        }
    }
}

/// Hours of some days of the week, as one says them: `weekdays 8-20`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The days on which it begins.
    pub days: ScheduleDays,
    /// The hour in which it begins, 0 to 23.
    pub from: u8,
    /// The hour before which it ends, 1 to 24; at or before `from` on the next day.
    pub until: u8,
}

impl Window {
    /// Every window that can be said, those of all days first.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        [ScheduleDays::EveryDay, ScheduleDays::Weekdays, ScheduleDays::Weekends].into_iter().flat_map(|days| {
            // From midnight to midnight before other ways to say the whole day.
            (0..24).flat_map(move |from| (1..=24).rev().map(move |until| Self { days, from, until }))
        })
    }

    /// Its hours of the week.
    #[must_use]
    pub fn schedule(self) -> Schedule {
        let mut schedule = Schedule { bits: [0; 3] };
        for hour in self.runs().flatten().map(|hour| hour % HOURS_PER_WEEK) {
            schedule.bits[hour / 64] |= 1 << (hour % 64);
        }
        schedule
    }

    /// Its hours day by day, from Monday 00:00: those of a Sunday may end on the Monday after.
    pub(super) fn runs(self) -> impl Iterator<Item = Range<usize>> {
        let days = match self.days {
            ScheduleDays::EveryDay => 0..7,
            ScheduleDays::Weekdays => 0..5,
            ScheduleDays::Weekends => 5..7,
        };
        let (from, until) = (usize::from(self.from), usize::from(self.until));
        let length = if until > from { until - from } else { until + 24 - from };
        days.map(move |day| 24 * day + from..24 * day + from + length)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}-{}", self.days, self.from, self.until))
    }
}

impl FromStr for Window {
    type Err = String;

    /// Reads `weekdays 8-20`, or `22-6` for every day.
    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "days and hours such as `weekdays 8-20`, `weekends 0-24` or `every day 22-6`";
        let text = text.trim();
        let (days, hours) = text.rsplit_once(' ').unwrap_or(("every day", text));
        let all = [ScheduleDays::EveryDay, ScheduleDays::Weekdays, ScheduleDays::Weekends];
        let days = all.into_iter().find(|known| known.to_string() == days.trim());
        let hour = |text: &str, first: u8| text.parse().ok().filter(|hour: &u8| (first..first + 24).contains(hour));
        let hours = hours.split_once('-').and_then(|(from, until)| Some((hour(from, 0)?, hour(until, 1)?)));
        match (days, hours) {
            (Some(_), Some((from, until))) if from == until => {
                Err(format!("`{text}` begins and ends at one hour; allowed: `0-24` for all day, or {FORM}"))
            }
            (Some(days), Some((from, until))) => Ok(Self { days, from, until }),
            _ => Err(format!("`{text}` is no window of the week; allowed: {FORM}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;
    use std::path::Path;

    fn schedule(text: &str) -> Option<Schedule> {
        let mut reader = Reader::new("a.toml", text, Path::new("."));
        let (node, at) = reader.parse(&[])?;
        let spec = ScheduleSpec::read(&node, &at, &mut reader)?;
        Schedule::check(&spec, &mut reader).then(|| Schedule::new(&spec))
    }

    #[test]
    fn a_week_of_hours() {
        let hours = |text| (0..168).filter(|&hour| schedule(text).unwrap().holds(hour)).collect::<Vec<u8>>();
        assert_eq!(hours("days = 'weekdays'\nfrom = 8\nuntil = 20").len(), 60);
        assert_eq!(hours("days = 'weekends'\nfrom = 22\nuntil = 24"), [142, 143, 166, 167]);
        // Into the next day, and from Sunday into Monday.
        assert_eq!(hours("days = 'weekends'\nfrom = 23\nuntil = 1"), [0, 143, 144, 167]);
        assert_eq!(hours("from = 6\nuntil = 6").len(), 168);
        let flat = Horizon::flat(2, 100).unwrap();
        // 100 hours from Monday 00:00: four days, and 68 hours to Sunday's end of the second month's first days.
        let weekdays = schedule("days = 'weekdays'\nfrom = 0\nuntil = 24").unwrap();
        assert_eq!([0, 1].map(|month| weekdays.count(flat.month_range(month), &flat)), [100, 20 + 32]);
    }

    #[test]
    fn a_window_is_said_as_it_is_read() {
        for (text, said, hours) in [
            ("weekdays 8-20", "weekdays 8-20", 60),
            ("every day 22-6", "every day 22-6", 56),
            ("0-24", "every day 0-24", 168),
            ("weekends 23-1", "weekends 23-1", 4),
        ] {
            let schedule = text.parse::<Window>().unwrap().schedule();
            assert_eq!(schedule.to_string(), said);
            assert_eq!((0..168).filter(|&hour| schedule.holds(hour)).count(), hours, "{text}");
        }
        for text in ["", "weekdays", "mondays 8-20", "8-25", "24-3", "8", "-1-3", "8-8", "weekdays 6-6"] {
            assert!(text.parse::<Window>().unwrap_err().contains("allowed"), "{text}");
        }
    }

    #[test]
    fn hours_that_are_none() {
        assert!(
            schedule("from = 24\nuntil = 6").is_none()
                && schedule("from = 0\nuntil = 0").is_none()
                && schedule("from = 0\nuntil = 25").is_none()
        );
    }
}
