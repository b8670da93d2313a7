//! The shape of a week: relative demand by local hour of the week, with mean 1 over the 168 hours.

use super::check::{number, number_or};
use crate::horizon::HOURS_PER_WEEK;
use crate::spec::{At, Field, Reader};
use crate::{spec_choice, spec_table};

/// Weekend over weekday where nobody says: the inverse of the ratio 2.7.
pub(super) const WEEKEND: (f64, &str) =
    (0.37, "measured on public traces: weekdays of chat and code traffic carry 2.7 times a weekend day");

spec_table! {
    /// People at work: a bell around a peak hour, over a night level.
    pub struct SteadyDaytimeSpec {
        /// Local hour of the peak, 0 to below 24.
        optional peak: f64,
        /// Width of the bell in hours (its standard deviation).
        optional width: f64,
        /// Level far from the peak, relative to the peak: 0 to 1.
        optional night: f64,
        /// Factor on Saturday and Sunday.
        optional weekend: f64,
        /// Factor on Saturday, instead of weekend.
        optional saturday: f64,
        /// Factor on Sunday, instead of weekend.
        optional sunday: f64,
    }
}

spec_table! {
    /// Narrow bursts at some hours of the day, over a quiet level.
    pub struct SpikyShapeSpec {
        /// Local hours of the bursts.
        list peaks: f64,
        /// Width of each burst in hours (its standard deviation).
        optional width: f64,
        /// Level between the bursts, relative to their top: 0 to 1.
        optional quiet: f64,
        /// Factor on Saturday and Sunday.
        optional weekend: f64,
    }
}

spec_table! {
    /// A job that runs a few hours a night and is quiet otherwise.
    pub struct NightlyBatchSpec {
        /// Local hour at which it starts, 0 to 23.
        optional start: u64,
        /// Hours it runs, 1 to 24.
        optional hours: u64,
        /// Level in the other hours, relative to the job's: 0 to 1.
        optional rest: f64,
    }
}

spec_table! {
    /// The same in every hour.
    pub struct FlatSpec {}
}

spec_table! {
    /// Relative demand by hour and day of the week.
    pub struct TableSpec {
        /// Seven lists, Monday first, of 24 numbers each.
        list values: Vec<Field<f64>>,
    }
}

spec_choice! {
    /// The shape of the week.
    pub enum ShapeSpec by "kind" {
        /// People at work.
        "steady-daytime" => SteadyDaytime(SteadyDaytimeSpec),
        /// Narrow bursts.
        "spiky" => Spiky(SpikyShapeSpec),
        /// A few hours a night.
        "nightly-batch" => NightlyBatch(NightlyBatchSpec),
        /// Always the same.
        "flat" => Flat(FlatSpec),
        /// A table of the week.
        "table" => Table(TableSpec),
    }
}

/// Relative demand by hour of the week, Monday 00:00 first; mean 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape(Vec<f64>);

/// What a bell of the day is made of; days are Monday first.
struct Bells<'a> {
    peaks: &'a [f64],
    width: f64,
    night: f64,
    saturday: f64,
    sunday: f64,
}

impl Shape {
    /// The same in every hour.
    pub(super) fn flat() -> Self {
        Self(vec![1.0; HOURS_PER_WEEK])
    }

    /// Daytime at the defaults: peak at 14 h, width 4 h, night at a quarter, weekends as measured.
    pub(super) fn daytime() -> Self {
        Self::bells(&Bells { peaks: &[14.0], width: 4.0, night: 0.25, saturday: WEEKEND.0, sunday: WEEKEND.0 })
    }

    /// Four hours from 1 h at night.
    pub(super) fn nightly() -> Self {
        Self::job(1, 4, 0.0)
    }

    /// The factor of an hour of the week.
    #[inline]
    pub(super) fn at(&self, hour_of_week: u8) -> f64 {
        self.0.get(usize::from(hour_of_week)).copied().unwrap_or(1.0)
    }

    /// Checks the spec.
    pub(super) fn resolve(spec: &Field<ShapeSpec>, reader: &mut Reader) -> Option<Self> {
        match &spec.value {
            ShapeSpec::Flat(_) => Some(Self::flat()),
            ShapeSpec::SteadyDaytime(daytime) => Self::steady_daytime(daytime, &spec.at, reader),
            ShapeSpec::Spiky(spiky) => Self::spiky(spiky, &spec.at, reader),
            ShapeSpec::NightlyBatch(nightly) => Self::nightly_batch(nightly, &spec.at, reader),
            ShapeSpec::Table(table) => Self::table(table, &spec.at, reader),
        }
    }

    fn steady_daytime(spec: &SteadyDaytimeSpec, at: &At, reader: &mut Reader) -> Option<Self> {
        const REASON: &str = "a working day as an illustration";
        let peak = number_or(spec.peak.as_ref(), (at, "peak"), (14.0, REASON), reader, HOUR, is_hour);
        let width = number_or(spec.width.as_ref(), (at, "width"), (4.0, REASON), reader, WIDTH, is_width);
        let night = number_or(spec.night.as_ref(), (at, "night"), (0.25, REASON), reader, SHARE, is_share);
        let weekend = match (&spec.weekend, &spec.saturday, &spec.sunday) {
            (None, Some(_), Some(_)) => Some(WEEKEND.0),
            (weekend, _, _) => number_or(weekend.as_ref(), (at, "weekend"), WEEKEND, reader, FACTOR, is_factor),
        };
        let mut day = |field: &Option<Field<f64>>| match field {
            Some(field) => number(field, reader, FACTOR, is_factor),
            None => weekend,
        };
        let (saturday, sunday) = (day(&spec.saturday), day(&spec.sunday));
        Some(Self::bells(&Bells { peaks: &[peak?], width: width?, night: night?, saturday: saturday?, sunday: sunday? }))
    }

    fn spiky(spec: &SpikyShapeSpec, at: &At, reader: &mut Reader) -> Option<Self> {
        const REASON: &str = "two short bursts a day as an illustration";
        let mut peaks: Vec<f64> = Vec::new();
        let mut good = true;
        for peak in &spec.peaks {
            match number(peak, reader, HOUR, is_hour) {
                Some(peak) => peaks.push(peak),
                None => good = false,
            }
        }
        if spec.peaks.is_empty() {
            reader.assumed(at.key("peaks"), "[10, 15]", REASON);
            peaks = vec![10.0, 15.0];
        }
        let width = number_or(spec.width.as_ref(), (at, "width"), (1.0, REASON), reader, WIDTH, is_width);
        let quiet = number_or(spec.quiet.as_ref(), (at, "quiet"), (0.1, REASON), reader, SHARE, is_share);
        let weekend = number_or(spec.weekend.as_ref(), (at, "weekend"), WEEKEND, reader, FACTOR, is_factor);
        let (width, night, weekend) = (width?, quiet?, weekend?);
        good.then(|| Self::bells(&Bells { peaks: &peaks, width, night, saturday: weekend, sunday: weekend }))
    }

    fn nightly_batch(spec: &NightlyBatchSpec, at: &At, reader: &mut Reader) -> Option<Self> {
        const REASON: &str = "a job in the small hours as an illustration";
        let mut whole = |field: &Option<Field<u64>>, key: &str, default: u64, range: std::ops::RangeInclusive<u64>| match field {
            None => Some(super::check::assumed(at, key, default, REASON, reader)),
            Some(field) if range.contains(&field.value) => Some(field.value),
            Some(field) => {
                reader.refuse(&field.at, "is out of range", format!("{} to {}", range.start(), range.end()));
                None
            }
        };
        let start = whole(&spec.start, "start", 1, 0..=23);
        let hours = whole(&spec.hours, "hours", 4, 1..=24);
        let rest = number_or(spec.rest.as_ref(), (at, "rest"), (0.0, REASON), reader, SHARE, is_share);
        Some(Self::job(start? as usize, hours? as usize, rest?))
    }

    fn table(spec: &TableSpec, at: &At, reader: &mut Reader) -> Option<Self> {
        let mut values = Vec::with_capacity(HOURS_PER_WEEK);
        let mut good = true;
        for day in &spec.values {
            if day.len() != 24 {
                reader.refuse(&day.at, format!("has {} numbers", day.len()), "24 numbers, one per hour of the day");
                good = false;
            }
            for value in &day.value {
                good &= number(value, reader, "a number of at least 0, at most 1e9", |x| (0.0..=1e9).contains(&x)).is_some();
                values.push(value.value);
            }
        }
        if spec.values.len() != 7 {
            reader.refuse(at, format!("has {} days", spec.values.len()), "`values` with seven lists, Monday first");
            return None;
        }
        if good && !(values.iter().sum::<f64>() > 0.0) {
            reader.refuse(at, "is zero in every hour", "at least one hour above 0");
            return None;
        }
        good.then(|| Self::normalised(values))
    }

    /// night + (1 − night) exp(−½ (d / width)²), d the circular distance from the nearest peak to the hour's start, times the day's factor.
    fn bells(bells: &Bells<'_>) -> Self {
        let hour = |t: usize| {
            let start = (t % 24) as f64;
            let distance = |peak: &f64| {
                let d = (start - peak).abs();
                d.min(24.0 - d)
            };
            let nearest = bells.peaks.iter().map(distance).fold(24.0, f64::min);
            let bell = libm::exp(-0.5 * (nearest / bells.width) * (nearest / bells.width));
            let day = match t / 24 {
                5 => bells.saturday,
                6 => bells.sunday,
                _ => 1.0,
            };
            (bells.night + (1.0 - bells.night) * bell) * day
        };
        Self::normalised((0..HOURS_PER_WEEK).map(hour).collect())
    }

    fn job(start: usize, hours: usize, rest: f64) -> Self {
        let busy = |t: usize| if (t % 24 + 24 - start) % 24 < hours { 1.0 } else { rest };
        Self::normalised((0..HOURS_PER_WEEK).map(busy).collect())
    }

    /// The callers' values are not all zero.
    fn normalised(mut values: Vec<f64>) -> Self {
        let mean = values.iter().sum::<f64>() / HOURS_PER_WEEK as f64;
        for value in &mut values {
            *value /= mean;
        }
        Self(values)
    }
}

const HOUR: &str = "a local hour from 0 to below 24";
const WIDTH: &str = "hours from 0.25 to 100";
const SHARE: &str = "a share of the peak from 0 to 1";
const FACTOR: &str = "a factor from 0 to 100";

fn is_hour(x: f64) -> bool {
    (0.0..24.0).contains(&x)
}

fn is_width(x: f64) -> bool {
    (0.25..=100.0).contains(&x)
}

fn is_share(x: f64) -> bool {
    (0.0..=1.0).contains(&x)
}

fn is_factor(x: f64) -> bool {
    (0.0..=100.0).contains(&x)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests {
    use super::*;
    use crate::demand::testing::read;

    fn shape(text: &str) -> Shape {
        let (spec, mut reader) = read::<ShapeSpec>(text);
        Shape::resolve(&spec, &mut reader).unwrap_or_else(|| panic!("{:?}", reader.finish()))
    }

    #[test]
    fn every_shape_has_mean_one() {
        for text in ["kind = \"flat\"", "kind = \"steady-daytime\"", "kind = \"spiky\"\npeaks = [9, 23]", "kind = \"nightly-batch\""] {
            let shape = shape(text);
            assert!((shape.0.iter().sum::<f64>() - 168.0).abs() < 1e-9, "{text}");
        }
        assert_eq!(shape("kind = \"steady-daytime\"").0, Shape::daytime().0);
        assert_eq!(shape("kind = \"nightly-batch\"").0, Shape::nightly().0);
    }

    /// The formula at a few hours, relative to the peak: the distance is circular and counted to the hour's start.
    #[test]
    fn steady_daytime_is_a_bell_over_a_night() {
        let shape = shape("kind = \"steady-daytime\"\npeak = 14\nwidth = 4\nnight = 0.25\nsaturday = 0.6\nsunday = 0.57");
        let relative = |hour: u8| shape.at(hour) / shape.at(14);
        assert!((relative(18) - (0.25 + 0.75 * libm::exp(-0.5))).abs() < 1e-12);
        assert!((relative(2) - (0.25 + 0.75 * libm::exp(-4.5))).abs() < 1e-12);
        assert!((relative(0) - (0.25 + 0.75 * libm::exp(-0.5 * 6.25))).abs() < 1e-12);
        assert!((relative(5 * 24 + 14) - 0.6).abs() < 1e-12 && (relative(6 * 24 + 14) - 0.57).abs() < 1e-12);
    }

    #[test]
    fn a_nightly_job_wraps_midnight() {
        let shape = shape("kind = \"nightly-batch\"\nstart = 22\nhours = 4");
        let busy: Vec<usize> = (0..24).filter(|&h| shape.0[h] > 0.0).collect();
        assert_eq!(busy, [0, 1, 22, 23]);
        assert!((shape.0[22] - 6.0).abs() < 1e-12);
    }

    #[test]
    fn faults_are_told_together() {
        let errors = |text: &str| {
            let (spec, mut reader) = read::<ShapeSpec>(text);
            assert!(Shape::resolve(&spec, &mut reader).is_none());
            reader.finish().unwrap_err().diagnostics().len()
        };
        assert_eq!(errors("kind = \"steady-daytime\"\npeak = 24\nwidth = 0\nnight = 2\nweekend = -1"), 4);
        assert_eq!(errors("kind = \"nightly-batch\"\nstart = 24\nhours = 0"), 2);
        assert_eq!(errors("kind = \"table\"\nvalues = [[1, 2]]"), 2);
        let day = format!("[{}]", ["0"; 24].join(","));
        assert_eq!(errors(&format!("kind = \"table\"\nvalues = [{}]", [day.as_str(); 7].join(","))), 1);
    }
}
