//! The bill of a plan's units: what each offer's cost in a month, with what reservations take off and what of them is lost.

use crate::horizon::Horizon;
use crate::supply::{Commitment, MAX_AXES, Plan};

/// What the units of one offer cost in one month, by axis.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OfferBill {
    /// All that is paid `[currency]`.
    pub cost: [f64; MAX_AXES],
    /// Unit-hours that serve.
    pub unit_hours: [f64; MAX_AXES],
    /// Paid for hours in which nothing was deployed `[currency]`, part of `cost`: reserved, or rounded up.
    pub lost: [f64; MAX_AXES],
}

impl OfferBill {
    /// What a unit-hour that serves costs on an axis, the mean over all of them; 0 without any.
    #[must_use]
    pub fn price(&self, axis: usize) -> f64 {
        let (paid, hours) = (self.cost[axis] - self.lost[axis], self.unit_hours[axis]);
        if hours > 0.0 { paid / hours } else { 0.0 }
    }
}

impl Plan {
    /// The bill of an offer in a month.
    ///
    /// Without a reservation it is the sum over what is bought. With reservations, deployed units up to the reserved number cost nothing more
    /// than the reservations do, those above cost the hourly price, and reserved units that are not deployed in an hour are lost, in
    /// proportion where several reservations are in force.
    ///
    /// # Panics
    ///
    /// When the horizon has no such month.
    #[must_use]
    pub fn bill(&self, offer: usize, month: usize, horizon: &Horizon) -> OfferBill {
        let mut bill = OfferBill::default();
        for commitment in self.commitments_of(offer) {
            let (cost, hours) = (commitment.cost_by_axis(month, horizon), commitment.unit_hours(month, horizon));
            let rounding = commitment.cost_of_rounding(month, horizon);
            for axis in 0..MAX_AXES {
                bill.cost[axis] += cost[axis];
                bill.lost[axis] += rounding[axis];
                bill.unit_hours[axis] += hours[axis];
            }
        }
        if self.is_reserved(offer) {
            bill.lost = [0.0; MAX_AXES];
            let mut above = [0.0; MAX_AXES];
            for hour in horizon.month_range(month) {
                let reserved = self.reserved(offer, hour, horizon);
                above.iter_mut().zip(reserved.above).for_each(|(sum, units)| *sum += units);
                bill.lost.iter_mut().zip(reserved.lost).for_each(|(sum, lost)| *sum += lost);
            }
            let hourly = self.hourly_price(offer);
            for axis in 0..MAX_AXES {
                let reservations = self.reservations_of(offer).map(|reservation| reservation.cost_by_axis(month, horizon)[axis]);
                bill.cost[axis] = reservations.sum::<f64>() + hourly[axis] * above[axis];
            }
        }
        bill
    }

    /// What terms and reservations bind the plan to pay for the units of an offer in a month `[currency]`.
    ///
    /// # Panics
    ///
    /// When the horizon has no such month.
    #[must_use]
    pub fn bound_cost(&self, offer: usize, month: usize, horizon: &Horizon) -> f64 {
        let bound = self.commitments_of(offer).chain(self.reservations_of(offer)).map(|commitment| {
            let hours = commitment.bound_unit_hours(month, horizon);
            hours.iter().zip(commitment.price).map(|(hours, price)| hours * price).sum::<f64>()
        });
        bound.sum()
    }

    /// Cost of all units in one hour of the horizon `[currency]`; the hours of a month sum to the bills of its offers.
    ///
    /// # Panics
    ///
    /// When the horizon has no such hour.
    #[must_use]
    pub fn cost_of_hour(&self, hour: usize, horizon: &Horizon) -> f64 {
        let unreserved = self.commitments.iter().filter(|commitment| !self.is_reserved(commitment.offer));
        let bought: f64 = unreserved.chain(&self.reservations).map(|commitment| commitment.cost_of_hour(hour, horizon)).sum();
        let mut offers: Vec<usize> = self.reservations.iter().map(|reservation| reservation.offer).collect();
        offers.dedup();
        let above = offers.into_iter().map(|offer| {
            let (above, hourly) = (self.reserved(offer, hour, horizon).above, self.hourly_price(offer));
            above.iter().zip(hourly).map(|(units, price)| units * price).sum::<f64>()
        });
        bought + above.sum::<f64>()
    }

    /// The price of a deployed unit-hour of a reserved offer, all of which are bought for the term "none".
    fn hourly_price(&self, offer: usize) -> [f64; MAX_AXES] {
        self.commitments_of(offer).next().map_or([0.0; MAX_AXES], |commitment| commitment.price)
    }

    /// An hour of a reserved offer.
    fn reserved(&self, offer: usize, hour: usize, horizon: &Horizon) -> Reserved {
        let mut deployed = [0.0; MAX_AXES];
        let paid = |commitment: &&Commitment| commitment.exists(hour, horizon) || commitment.rounds_up(hour, horizon);
        for commitment in self.commitments_of(offer).filter(paid) {
            deployed.iter_mut().zip(commitment.units).for_each(|(sum, units)| *sum += units);
        }
        let (mut units, mut paid) = ([0.0; MAX_AXES], [0.0; MAX_AXES]);
        for reservation in self.reservations_of(offer).filter(|reservation| reservation.exists(hour, horizon)) {
            for axis in 0..MAX_AXES {
                units[axis] += reservation.units[axis];
                paid[axis] += reservation.units[axis] * reservation.price[axis];
            }
        }
        let lost = |axis: usize| {
            let idle: f64 = units[axis] - deployed[axis];
            if idle > 0.0 { paid[axis] * (idle / units[axis]) } else { 0.0 }
        };
        Reserved { above: std::array::from_fn(|axis| (deployed[axis] - units[axis]).max(0.0)), lost: std::array::from_fn(lost) }
    }
}

/// An hour of a reserved offer, by axis: units above the reservations, and what is paid for reserved units that are not deployed.
struct Reserved {
    above: [f64; MAX_AXES],
    lost: [f64; MAX_AXES],
}
