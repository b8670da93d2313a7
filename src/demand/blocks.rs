//! Whole days of the user's own hours, resampled in blocks.
//!
//! A stationary bootstrap (Politis and Romano 1994, JASA 89:1303): blocks of consecutive days, geometric with mean 2.5, so that daily
//! profile, bursts, idle hours and the persistence of good and bad days come with the data and need no parameter. Within a kind of day
//! the chain of days is a shift or a uniform jump, so every day of that kind is equally likely and the mean of the history is kept.

mod walk;

pub use walk::WalkDefaults;

use super::WorkloadPath;
use super::usage::{Usage, UsageHour};
use crate::horizon::Horizon;
use crate::random::stream::Stream;
use std::fmt;
use std::ops::Range;

/// Mean length of a block in days (TRAFFIC.md, "From usage").
pub const MEAN_BLOCK_DAYS: f64 = 2.5;

/// Days of history from which weekdays and weekends are told apart: two of each weekday.
const DAYS_FOR_KINDS: usize = 14;

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

crate::spec_words! {
    /// Which days of the history may stand for a day of the horizon.
    pub enum DayMatch {
        /// Any day.
        "any" => Any,
        /// Monday to Friday for Monday to Friday, Saturday and Sunday for Saturday and Sunday.
        "day-kind" => DayKind,
        /// The same day of the week.
        "weekday" => Weekday,
    }
}

impl DayMatch {
    /// Kinds by their day in order, 0 is Monday.
    fn kinds(self) -> [u8; 7] {
        match self {
            Self::Any => [0; 7],
            Self::DayKind => [0, 0, 0, 0, 0, 1, 1],
            Self::Weekday => [0, 1, 2, 3, 4, 5, 6],
        }
    }

    /// The kind of day where nothing is said: weekdays and weekends apart from two weeks of history on.
    fn default_for(usage: &Usage) -> Self {
        if usage.days().len() >= DAYS_FOR_KINDS { Self::DayKind } else { Self::Any }
    }
}

/// The history has no day that may stand for this day of the week, 0 (Monday) to 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSuchDay(pub u8);

impl fmt::Display for NoSuchDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = WEEKDAYS.get(usize::from(self.0)).copied().unwrap_or("day of that kind");
        write!(f, "the history has no day that may stand for a {day}")
    }
}

impl std::error::Error for NoSuchDay {}

/// Resamples a history by whole days.
#[derive(Debug, Clone)]
pub struct DayBlocks {
    matching: DayMatch,
    /// The history, turned so that its first and its last day are of different kinds where it has several.
    days: Vec<Day>,
    /// Days of each kind, in order.
    by_kind: Vec<Vec<u32>>,
    walk: WalkDefaults,
}

#[derive(Debug, Clone)]
struct Day {
    hours: [UsageHour; 24],
    kind: u8,
    /// Position among the days of its kind.
    position: u32,
    /// For each kind: the positions of the first run of that kind after this day's own run.
    following: Vec<Range<u32>>,
}

impl DayBlocks {
    /// Prepares a history for resampling. Where `matching` is not stated, weekdays and weekends are told apart from 14 days of history on.
    ///
    /// Blocks end early where the kind of day changes: a week of five and two days makes the mean block 1.5 days long.
    ///
    /// # Errors
    /// When the history lacks a kind of day that the week has.
    pub fn new(usage: &Usage, matching: Option<DayMatch>) -> Result<Self, NoSuchDay> {
        let matching = matching.unwrap_or_else(|| DayMatch::default_for(usage));
        let kinds = matching.kinds();
        let kind_of = |weekday: u8| kinds.get(usize::from(weekday)).copied().unwrap_or(0);
        let mut order: Vec<(u8, &[UsageHour; 24])> = usage.days().iter().map(|day| (kind_of(day.weekday()), &day.hours)).collect();
        let seam = order.windows(2).position(|pair| pair[0].0 != pair[1].0).map_or(0, |index| index + 1);
        let walk = WalkDefaults::of(usage, &order.iter().map(|(kind, _)| *kind).collect::<Vec<_>>());
        order.rotate_left(seam);

        let mut by_kind: Vec<Vec<u32>> = vec![Vec::new(); usize::from(kinds.iter().copied().max().unwrap_or(0)) + 1];
        let mut days: Vec<Day> = Vec::with_capacity(order.len());
        for (index, (kind, hours)) in order.iter().enumerate() {
            let own = &mut by_kind[usize::from(*kind)];
            days.push(Day { hours: **hours, kind: *kind, position: own.len() as u32, following: Vec::new() });
            own.push(index as u32);
        }
        if let Some(weekday) = (0..7).find(|&weekday| by_kind[usize::from(kind_of(weekday))].is_empty()) {
            return Err(NoSuchDay(weekday));
        }
        let following = followers(&days, by_kind.len());
        for (day, following) in days.iter_mut().zip(following) {
            day.following = following;
        }
        Ok(Self { matching, days, by_kind, walk })
    }

    /// How days are matched.
    pub fn matching(&self) -> DayMatch {
        self.matching
    }

    /// What the history says about the weekly walk of the level.
    pub fn walk_defaults(&self) -> WalkDefaults {
        self.walk
    }

    /// Writes tokens and requests of every hour of the horizon, before level, growth and events. Takes two uniforms from `stream` for each
    /// local day. What the history does not record (tokens or requests) stays zero.
    ///
    /// A local day of 23 or 25 hours leaves out or repeats the hour that its clock does.
    pub fn generate(&self, stream: &mut Stream, horizon: &Horizon, out: &mut WorkloadPath) {
        let mut current: Option<&Day> = None;
        let mut number = None;
        let slots = out.tokens.iter_mut().zip(&mut out.requests).take(horizon.hours());
        for (hour, (tokens, requests)) in slots.enumerate() {
            let day = horizon.day_of(hour);
            if number != Some(day) {
                number = Some(day);
                current = self.step(current, horizon.weekday(hour), stream);
            }
            let value = current.map_or(UsageHour::ZERO, |day| day.hours[usize::from(horizon.hour_of_day(hour))]);
            (*tokens, *requests) = (value.tokens, value.requests);
        }
    }

    /// The next day: where the block goes on, the day after the current one, as far as its kind allows, else any day of the kind.
    ///
    /// Within a kind "after" is the next day of that kind; across kinds it is some day of the next run of that kind, each as likely. Both
    /// keep the days of a kind equally likely (the second one exactly so when the history has whole weeks).
    fn step(&self, current: Option<&Day>, weekday: u8, stream: &mut Stream) -> Option<&Day> {
        let (goes_on, choice) = (stream.uniform() > MEAN_BLOCK_DAYS.recip(), stream.uniform());
        let kind = self.matching.kinds().get(usize::from(weekday)).copied().unwrap_or(0);
        let of_kind = self.by_kind.get(usize::from(kind))?;
        let count = of_kind.len() as u32;
        let position = match current.filter(|_| goes_on) {
            Some(day) if day.kind == kind => (day.position + 1) % count,
            Some(day) => pick(day.following.get(usize::from(kind)).cloned().unwrap_or(0..count), choice),
            None => pick(0..count, choice),
        };
        self.days.get(*of_kind.get(position as usize)? as usize)
    }
}

/// The element of a range at a uniform on (0, 1).
fn pick(range: Range<u32>, uniform: f64) -> u32 {
    range.start + ((uniform * range.len() as f64) as u32).min((range.len() as u32).saturating_sub(1))
}

/// For every day and kind, the positions (among the days of that kind) of the first run of the kind after the day's own run, cyclically.
fn followers(days: &[Day], kinds: usize) -> Vec<Vec<Range<u32>>> {
    let runs: Vec<&[Day]> = days.chunk_by(|a, b| a.kind == b.kind).collect();
    let span = |run: &[Day]| run.first().map_or(0..0, |day| day.position..day.position + run.len() as u32);
    let mut all = Vec::with_capacity(days.len());
    for (index, run) in runs.iter().enumerate() {
        let later = || (1..=runs.len()).filter_map(|ahead| runs.get((index + ahead) % runs.len()));
        let following: Vec<Range<u32>> = (0..kinds)
            .map(|kind| later().find(|run| run.first().is_some_and(|day| usize::from(day.kind) == kind)).map_or(0..0, |run| span(run)))
            .collect();
        all.extend(std::iter::repeat_n(following, run.len()));
    }
    all
}

#[cfg(test)]
mod tests;
