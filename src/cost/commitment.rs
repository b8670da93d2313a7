//! What units cost: every hour of every active month, used or not, and what is still owed when the horizon ends.

use crate::horizon::Horizon;
use crate::supply::{Commitment, MAX_AXES};

impl Commitment {
    /// Cost of a month on each axis `[currency]`: units × price × the month's real hours, 0 in a month without units.
    ///
    /// # Panics
    ///
    /// When the horizon has no such month.
    #[must_use]
    pub fn cost_by_axis(&self, month: usize, horizon: &Horizon) -> [f64; MAX_AXES] {
        let (price, hours) = (self.price_in(month), self.unit_hours(month, horizon));
        std::array::from_fn(|axis| price[axis] * hours[axis])
    }

    /// Price of a unit-hour on each axis in a month `[currency]`: the term's, or the hourly one after it.
    #[must_use]
    pub fn price_in(&self, month: usize) -> [f64; MAX_AXES] {
        if self.bound(month) || self.term.months == 0 { self.price } else { self.hourly_price }
    }

    /// Unit-hours bought on each axis in a month: units × the month's real hours (of those, the schedule's), 0 in a month without units.
    ///
    /// # Panics
    ///
    /// When the horizon has no such month.
    #[must_use]
    pub fn unit_hours(&self, month: usize, horizon: &Horizon) -> [f64; MAX_AXES] {
        let hours = match &self.schedule {
            _ if !self.active(month) => 0.0,
            Some(schedule) => schedule.hours(month, horizon) as f64,
            None => horizon.month_range(month).len() as f64,
        };
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
        let month = horizon.month_of(hour);
        let exists = self.active(month) && self.schedule.as_ref().is_none_or(|schedule| schedule.holds(horizon.hour_of_week(hour)));
        if exists { self.units.iter().zip(self.price_in(month)).map(|(units, price)| units * price).sum() } else { 0.0 }
    }

    /// What is still owed when the horizon ends `[currency]`: the months that the current term still binds, by their real hours; 0
    /// without a term.
    ///
    /// A term that renews has just begun again when it ended before the horizon did; one that ends with the horizon owes nothing.
    #[must_use]
    pub fn committed_after_horizon(&self, horizon: &Horizon) -> f64 {
        let Some(end) = self.bound_until(horizon.months()) else { return 0.0 };
        let per_hour: f64 = self.units.iter().zip(self.price).map(|(units, price)| units * price).sum();
        let months = end.saturating_sub(horizon.months());
        per_hour * (0..months).map(|k| f64::from(horizon.hours_in_month_after_end(k))).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::horizon::time_zone;
    use crate::supply::Renewal;
    use crate::units::Term;
    use jiff::civil::date;

    fn units(units: f64, price: f64, months: u32) -> Commitment {
        Commitment {
            offer: 0,
            units: [units, 0.0],
            term: Term { months },
            price: [price, 0.0],
            hourly_price: [price, 0.0],
            start_month: 0,
            renewal: Renewal::Renew,
            schedule: None,
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
        assert_eq!((0..4).map(|month| ended.active(month)).collect::<Vec<_>>(), [false, true, false, false]);
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
