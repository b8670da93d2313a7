//! What units cost: every hour of every active month, used or not, and what is still owed when the horizon ends.

use crate::horizon::Horizon;
use crate::supply::{Commitment, MAX_AXES, overlap};
use crate::units::Term;
use std::ops::Range;

impl Commitment {
    /// Cost of a month on each axis `[currency]`: units × price × the month's real hours, at the term's price while it binds and at the
    /// hourly one else, with what [rounding up](Self::rounds_up) adds; 0 in a month without units.
    ///
    /// # Panics
    ///
    /// When the horizon has no such month.
    #[must_use]
    pub fn cost_by_axis(&self, month: usize, horizon: &Horizon) -> [f64; MAX_AXES] {
        let (bound, hours) = (self.bound_unit_hours(month, horizon), self.unit_hours(month, horizon));
        let (by_the_hour, rounding) = (self.price_unbound(), self.cost_of_rounding(month, horizon));
        std::array::from_fn(|axis| self.price[axis] * bound[axis] + by_the_hour[axis] * (hours[axis] - bound[axis]) + rounding[axis])
    }

    /// The part of it for hours in which the units do not exist: runs of scheduled hours that are rounded up.
    ///
    /// # Panics
    ///
    /// When the horizon has no such month.
    #[must_use]
    pub fn cost_of_rounding(&self, month: usize, horizon: &Horizon) -> [f64; MAX_AXES] {
        if self.billed_in <= 1 || self.schedule.is_none() {
            return [0.0; MAX_AXES];
        }
        let hours = horizon.month_range(month).filter(|&hour| self.rounds_up(hour, horizon)).count() as f64;
        let price = self.price_unbound();
        std::array::from_fn(|axis| self.units[axis] * price[axis] * hours)
    }

    /// Price of a unit-hour on each axis `[currency]` in hours that no term binds.
    fn price_unbound(&self) -> [f64; MAX_AXES] {
        if self.term == Term::NONE { self.price } else { self.hourly_price }
    }

    /// Unit-hours bought on each axis in a month: units × the month's real hours (of those, the schedule's), 0 in a month without units.
    ///
    /// # Panics
    ///
    /// When the horizon has no such month.
    #[must_use]
    pub fn unit_hours(&self, month: usize, horizon: &Horizon) -> [f64; MAX_AXES] {
        self.unit_hours_within(&self.hours(horizon), month, horizon)
    }

    /// Those of them that a term binds.
    ///
    /// # Panics
    ///
    /// When the horizon has no such month.
    #[must_use]
    pub fn bound_unit_hours(&self, month: usize, horizon: &Horizon) -> [f64; MAX_AXES] {
        self.unit_hours_within(&self.bound_hours(horizon), month, horizon)
    }

    fn unit_hours_within(&self, hours: &Range<usize>, month: usize, horizon: &Horizon) -> [f64; MAX_AXES] {
        let hours = overlap(hours, &horizon.month_range(month));
        let hours = self.schedule.as_ref().map_or(hours.len(), |schedule| schedule.count(hours, horizon)) as f64;
        self.units.map(|units| units * hours)
    }

    /// Cost of a month `[currency]`: see [`Commitment::cost_by_axis`].
    #[must_use]
    pub fn cost(&self, month: usize, horizon: &Horizon) -> f64 {
        self.cost_by_axis(month, horizon).iter().sum()
    }

    /// Cost of one hour of the horizon `[currency]`; the hours of a month sum to its [`cost`](Self::cost).
    ///
    /// # Panics
    ///
    /// When the horizon has no such hour.
    #[must_use]
    pub fn cost_of_hour(&self, hour: usize, horizon: &Horizon) -> f64 {
        let price = if self.bound_hours(horizon).contains(&hour) { self.price } else { self.price_unbound() };
        let paid = self.exists(hour, horizon) || self.rounds_up(hour, horizon);
        if paid { self.units.iter().zip(price).map(|(units, price)| units * price).sum() } else { 0.0 }
    }

    /// What is still owed when the horizon ends `[currency]`: the hours that the current term still binds; 0 without a term.
    #[must_use]
    pub fn committed_after_horizon(&self, horizon: &Horizon) -> f64 {
        let per_hour: f64 = self.units.iter().zip(self.price).map(|(units, price)| units * price).sum();
        per_hour * self.bound_after(horizon)
    }

    /// The same where the units start after the first month, and 0 where they do not `[currency]`: plans are ranked with it, or the later a term
    /// begins, the more of it would be nobody's cost.
    #[must_use]
    pub fn owed_late(&self, horizon: &Horizon) -> f64 {
        if self.start_month > 0 { self.committed_after_horizon(horizon) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::horizon::time_zone;
    use crate::supply::Renewal;
    use jiff::civil::date;

    fn units(units: f64, price: f64, months: u32) -> Commitment {
        Commitment {
            offer: 0,
            units: [units, 0.0],
            term: Term::of_months(months),
            price: [price, 0.0],
            hourly_price: [price, 0.0],
            start_month: 0,
            renewal: Renewal::Renew,
            schedule: None,
            billed_in: 1,
        }
    }

    fn close(given: f64, wanted: f64) {
        assert!((given - wanted).abs() <= 1e-9 * wanted.abs(), "{given} is not {wanted}");
    }

    /// VALIDATION V3, and the entries aws-pt-01 and aws-rsv-01, -02 of the vendors' worked examples.
    #[test]
    fn vendors_worked_examples() {
        let january = Horizon::calendar(date(2027, 1, 1), 1, time_zone("UTC").unwrap()).unwrap();
        close(units(2.0, 18.40, 0).cost(0, &january), 27_379.20);
        close(units(1.0, 39.60, 0).cost(0, &january), 29_462.40);
        close(units(3.0, 60.50, 0).cost(0, &Horizon::flat(1, 720).unwrap()), 130_680.00);
        let flat = Horizon::flat(1, 730).unwrap();
        for (price, by_axis) in [([0.06, 0.30], [4380.0, 2190.0]), ([0.18, 0.90], [13_140.0, 6570.0])] {
            let reserved = Commitment { units: [100.0, 10.0], price, ..units(0.0, 0.0, 1) };
            close(reserved.cost_by_axis(0, &flat)[0], by_axis[0]);
            close(reserved.cost_by_axis(0, &flat)[1], by_axis[1]);
            close(reserved.cost(0, &flat), by_axis[0] + by_axis[1]);
        }
        // 100 000 in and 50 000 out a minute at 31 500 and 12 500 a unit: 4 + 4 units of 10 USD a day.
        let day = Horizon::flat(1, 24).unwrap();
        let both = Commitment { units: [4.0, 4.0], price: [10.0 / 24.0, 10.0 / 24.0], ..units(0.0, 0.0, 0) };
        close(both.cost(0, &day), 80.0);
    }

    #[test]
    fn months_are_paid_by_their_real_hours() {
        let horizon = Horizon::calendar(date(2027, 1, 1), 4, time_zone("America/New_York").unwrap()).unwrap();
        let bought = Commitment { start_month: 1, ..units(2.0, 3.0, 1) };
        let paid: Vec<f64> = (0..4).map(|month| bought.cost(month, &horizon)).collect();
        // January has none; clocks go forward in March.
        assert_eq!(paid, [0.0, 6.0 * 672.0, 6.0 * 743.0, 6.0 * 720.0]);
        let ended = Commitment { renewal: Renewal::End, ..bought };
        assert_eq!((ended.hours(&horizon), ended.bound_hours(&horizon)), (744..1416, 744..1416));
        let hourly = Commitment { renewal: Renewal::Hourly, hourly_price: [4.0, 0.0], ..ended };
        close(hourly.cost(1, &horizon), 6.0 * 672.0);
        close(hourly.cost(2, &horizon), 8.0 * 743.0);
        close(hourly.committed_after_horizon(&horizon), 0.0);
    }

    #[test]
    fn what_is_owed_after_the_horizon() {
        let horizon = Horizon::calendar(date(2027, 1, 1), 1, time_zone("UTC").unwrap()).unwrap();
        // February 28, March 31, April 30, May 31, June 30 days.
        let owed = |commitment: &Commitment| commitment.committed_after_horizon(&horizon);
        close(owed(&units(2.0, 3.0, 6)), 6.0 * 24.0 * 150.0);
        close(owed(&units(2.0, 3.0, 2)), 6.0 * 24.0 * 28.0);
        for nothing in [units(2.0, 3.0, 1), units(2.0, 3.0, 0), units(0.0, 3.0, 6), Commitment { start_month: 1, ..units(2.0, 3.0, 6) }] {
            assert!(owed(&nothing) == 0.0, "{nothing:?}");
        }
        // Seven months of a six-month term: the second term has five to go, in months of 744 h.
        let flat = Horizon::flat(7, 744).unwrap();
        close(units(1.0, 1.0, 6).committed_after_horizon(&flat), 5.0 * 744.0);
        close(Commitment { renewal: Renewal::End, ..units(1.0, 1.0, 6) }.committed_after_horizon(&flat), 0.0);
        close(units(1.0, 1.0, 7).committed_after_horizon(&flat), 0.0);
        close(Commitment { start_month: 2, renewal: Renewal::End, ..units(1.0, 1.0, 6) }.committed_after_horizon(&flat), 744.0);
    }
}
