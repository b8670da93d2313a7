//! Hours of the week in which units exist: created and deleted by schedule.

use crate::horizon::{HOURS_PER_WEEK, Horizon};
use crate::spec::Reader;
use crate::{spec_table, spec_words};
use std::ops::Range;

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
        let days = match spec.days.as_ref().map_or(ScheduleDays::EveryDay, |days| days.value) {
            ScheduleDays::EveryDay => 0..7,
            ScheduleDays::Weekdays => 0..5,
            ScheduleDays::Weekends => 5..7,
        };
        let (from, until) = (spec.from.value as usize, spec.until.value as usize);
        let length = if until > from { until - from } else { until + 24 - from };
        let mut schedule = Self { bits: [0; 3] };
        for hour in days.flat_map(|day| (0..length).map(move |k| (24 * day + from + k) % HOURS_PER_WEEK)) {
            schedule.bits[hour / 64] |= 1 << (hour % 64);
        }
        schedule
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
    fn hours_that_are_none() {
        assert!(
            schedule("from = 24\nuntil = 6").is_none()
                && schedule("from = 0\nuntil = 0").is_none()
                && schedule("from = 0\nuntil = 25").is_none()
        );
    }
}
