//! Units bought: which offer, how many, from when and for how long.
//!
//! A term of months ends where a month of the horizon does; one of weeks ends 168 hours a week after it began, within a month as a rule.

use super::offer::{MAX_AXES, Renewal};
use super::schedule::Schedule;
use crate::horizon::Horizon;
use crate::units::Term;
use std::ops::Range;

/// Units of one offer that a plan buys. What they cost is told by the methods that [`cost`](crate::cost) adds.
#[derive(Clone, Debug, PartialEq)]
pub struct Commitment {
    /// Index of the offer.
    pub offer: usize,
    /// Units on each axis, >= 0; 0 on an axis that is not there.
    pub units: [f64; MAX_AXES],
    /// How long the purchase binds.
    pub term: Term,
    /// Currency per unit and hour on each axis, >= 0, discount taken off.
    pub price: [f64; MAX_AXES],
    /// The same by the hour, for units that go on after the term under [`Renewal::Hourly`]; else equal to `price`.
    pub hourly_price: [f64; MAX_AXES],
    /// Month of the horizon, from 0, in which the units start.
    pub start_month: usize,
    /// What happens when the term ends.
    pub renewal: Renewal,
    /// The hours of the week in which the units exist and are paid; `None` when they always do.
    pub schedule: Option<Schedule>,
    /// Hours in whose multiples a run of scheduled hours is paid, >= 1.
    pub billed_in: usize,
}

impl Commitment {
    /// The hours of the horizon in which the units exist and are paid, of which a schedule takes some; empty when they start after it.
    #[must_use]
    pub fn hours(&self, horizon: &Horizon) -> Range<usize> {
        let start = self.start(horizon);
        if self.renewal == Renewal::End && self.term != Term::NONE { start..self.first_end(horizon) } else { start..horizon.hours() }
    }

    /// The hours of the horizon in which a term binds, rather than those after it under [`Renewal::Hourly`]; empty without a term.
    #[must_use]
    pub fn bound_hours(&self, horizon: &Horizon) -> Range<usize> {
        let start = self.start(horizon);
        match self.renewal {
            _ if self.term == Term::NONE => start..start,
            Renewal::Renew => start..horizon.hours(),
            Renewal::End | Renewal::Hourly => start..self.first_end(horizon),
        }
    }

    /// Whether the units exist in an hour of the horizon.
    #[must_use]
    pub fn exists(&self, hour: usize, horizon: &Horizon) -> bool {
        self.hours(horizon).contains(&hour) && self.schedule.as_ref().is_none_or(|schedule| schedule.holds(horizon.hour_of_week(hour)))
    }

    /// Whether the units do not exist in an hour and are paid in it all the same: the run of hours before it is paid in multiples of
    /// [`billed_in`](Self::billed_in). What would be paid of a run that begins meanwhile is not paid twice.
    #[must_use]
    pub fn rounds_up(&self, hour: usize, horizon: &Horizon) -> bool {
        if self.billed_in <= 1 || self.schedule.is_none() || self.exists(hour, horizon) {
            return false;
        }
        let exists = |hour: &usize| self.exists(*hour, horizon);
        let Some(last) = (hour.saturating_sub(self.billed_in)..hour).rev().find(exists) else { return false };
        let first = (0..=last).rev().take_while(exists).last().unwrap_or(last);
        hour < first + (last + 1 - first).next_multiple_of(self.billed_in)
    }

    /// Hours `[h]` after the horizon that the term in force at its end still binds; 0 when none is or nothing is bought.
    ///
    /// A term that renews has just begun again when it ended before the horizon did; one that ends with the horizon binds no more.
    #[must_use]
    pub fn bound_after(&self, horizon: &Horizon) -> f64 {
        let (start, months) = (self.start(horizon), horizon.months());
        if start == horizon.hours() || self.term == Term::NONE || self.units.iter().all(|&units| units == 0.0) {
            return 0.0;
        }
        let terms = |passed: usize, length: usize| if self.renewal == Renewal::Renew { passed.div_ceil(length) } else { 1 };
        if self.term.weeks > 0 {
            let length = self.term.hours_of_weeks();
            let end = start + length * terms(horizon.hours() - start, length);
            return end.saturating_sub(horizon.hours()) as f64;
        }
        let length = self.term.months as usize;
        let end = self.start_month + length * terms(months - self.start_month, length);
        (0..end.saturating_sub(months)).map(|k| f64::from(horizon.hours_in_month_after_end(k))).sum()
    }

    /// The first hour of the start month; the horizon's end when that comes after it.
    fn start(&self, horizon: &Horizon) -> usize {
        if self.start_month < horizon.months() { horizon.month_range(self.start_month).start } else { horizon.hours() }
    }

    /// Where the first term ends, the horizon's end at the latest.
    fn first_end(&self, horizon: &Horizon) -> usize {
        let after = self.start_month + self.term.months as usize;
        let end = match (self.term.weeks, after < horizon.months()) {
            (0, true) => horizon.month_range(after).start,
            (0, false) => horizon.hours(),
            _ => self.start(horizon) + self.term.hours_of_weeks(),
        };
        end.min(horizon.hours())
    }
}

/// The part of one range of hours that lies in another; empty where they do not meet.
pub(crate) fn overlap(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    let start = a.start.max(b.start);
    start..a.end.min(b.end).max(start)
}
