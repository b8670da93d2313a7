//! Units bought: which offer, how many, from when and for how long.

use super::offer::{MAX_AXES, Renewal};
use super::schedule::Schedule;
use crate::units::Term;

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
}

impl Commitment {
    /// Whether the units serve (and are paid) in a month of the horizon, from 0.
    #[must_use]
    pub fn active(&self, month: usize) -> bool {
        month >= self.start_month && self.ends().is_none_or(|end| month < end)
    }

    /// Whether a month lies within a term, rather than after it under [`Renewal::Hourly`] or in a purchase without a term.
    #[must_use]
    pub fn bound(&self, month: usize) -> bool {
        let months = self.term.months as usize;
        self.active(month) && months > 0 && (self.renewal != Renewal::Hourly || month < self.start_month + months)
    }

    /// The month, from 0, before which everything has ended; `None` when it goes on.
    #[must_use]
    pub fn ends(&self) -> Option<usize> {
        let months = self.term.months as usize;
        (self.renewal == Renewal::End && months > 0).then(|| self.start_month + months)
    }

    /// The month, from 0, in which the term that binds in the last of `months` months ends; `None` when none does.
    #[must_use]
    pub fn bound_until(&self, months: usize) -> Option<usize> {
        let term = self.term.months as usize;
        if term == 0 || months <= self.start_month || self.units.iter().all(|&units| units == 0.0) {
            return None;
        }
        let terms = if self.renewal == Renewal::Renew { (months - self.start_month).div_ceil(term) } else { 1 };
        Some(self.start_month + term * terms)
    }
}
