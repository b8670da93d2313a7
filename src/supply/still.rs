//! Supply with some of what is random about it held at its mean, for the question what the spread of a bill comes from.
//!
//! A throughput that is known within a range is taken as the range's middle; units that are down at times as units that serve so much less
//! all the time, and incidents as a quota that is smaller all the time (of an offer without a quota they are left out); a price cut that may
//! come as one that surely takes off its mean; a batch job as one that takes the mean of all.

use super::Supply;
use super::offer::{Axis, Batch, OfferKind, OnDemand, Provisioned};
use super::pool::PoolGroup;

/// Something random about supply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// What a unit serves, where that is known within a range.
    Capacity,
    /// Units that are down at times.
    Outages,
    /// Incidents of on-demand offers.
    Incidents,
    /// Price cuts that may come.
    PriceCuts,
    /// How long batch jobs take.
    Jobs,
    /// Minutes within the hour where their order matters, so that they are drawn: elsewhere they are expectations.
    Minutes,
}

impl Doubt {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Capacity, Self::Outages, Self::Incidents, Self::PriceCuts, Self::Jobs, Self::Minutes];

    /// Whether it can be held at its mean: what drawn minutes come to has none that could be put in their place.
    #[must_use]
    pub fn can_be_held(self) -> bool {
        self != Self::Minutes
    }
}

impl Supply {
    /// Whether any plan meets this randomness.
    #[must_use]
    pub fn doubts(&self, what: Doubt) -> bool {
        if what == Doubt::Minutes {
            return self.groups.iter().any(PoolGroup::is_walked);
        }
        (0..self.offers.len()).any(|offer| self.is_tried(offer) && self.offer_doubts(offer, what))
    }

    /// Whether any work is sent to an offer.
    pub(super) fn is_tried(&self, offer: usize) -> bool {
        let by = |group: &PoolGroup| {
            group.nodes.iter().any(|node| node.offer == offer) || group.members.iter().any(|member| member.batch == Some(offer))
        };
        self.groups.iter().any(by)
    }

    fn offer_doubts(&self, offer: usize, what: Doubt) -> bool {
        // Every field is named, so that a new one is thought of here.
        match &self.offers[offer].kind {
            OfferKind::OnDemand(OnDemand { price: _, quota: _, shares: _, incidents }) => match what {
                Doubt::Incidents => incidents.is_some(),
                Doubt::PriceCuts => {
                    let cuts = self.price_cuts.get(offer).map_or(&[][..], Vec::as_slice);
                    cuts.iter().any(|cut| cut.probability > 0.0 && cut.probability < 1.0 && cut.factor < 1.0)
                }
                _ => false,
            },
            OfferKind::Provisioned(Provisioned {
                axes,
                overflow: _,
                metering: _,
                windows: _,
                terms: _,
                renewal: _,
                start_month: _,
                billed_in: _,
                availability,
            }) => match what {
                Doubt::Capacity => axes.iter().any(|axis| axis.capacity.0 < axis.capacity.1),
                Doubt::Outages => availability.is_some_and(|availability| availability.states.share_up() < 1.0),
                _ => false,
            },
            OfferKind::Batch(Batch { completion, price: _, window: _, minimum_records: _, maximum_records: _, deadline: _ }) => {
                what == Doubt::Jobs && completion.as_ref().is_some_and(|completion| completion.duration().variance() > 0.0)
            }
        }
    }

    /// The same supply with these held at their means, but for those that cannot be; all other draws stay.
    #[must_use]
    pub fn still(&self, what: &[Doubt]) -> Self {
        let mut supply = self.clone();
        what.iter().for_each(|&what| supply.hold(what));
        supply
    }

    fn hold(&mut self, what: Doubt) {
        let Self { offers, groups, price_cuts, .. } = self;
        let mut nodes = |offer: usize, change: &dyn Fn((f64, f64)) -> (f64, f64)| {
            for node in groups.iter_mut().flat_map(|group| &mut group.nodes).filter(|node| node.offer == offer) {
                node.per_unit = node.per_unit.map(change);
                node.fails = false;
            }
        };
        match what {
            Doubt::Capacity => {
                let middle = |(low, high): (f64, f64)| if low < high { (0.5 * (low + high), 0.5 * (low + high)) } else { (low, high) };
                for (index, offer) in offers.iter_mut().enumerate() {
                    if let OfferKind::Provisioned(offer) = &mut offer.kind {
                        offer.axes.iter_mut().for_each(|Axis { capacity, .. }| *capacity = middle(*capacity));
                        nodes(index, &middle);
                    }
                }
            }
            Doubt::Outages => {
                for (index, offer) in offers.iter_mut().enumerate() {
                    if let OfferKind::Provisioned(offer) = &mut offer.kind
                        && let Some(availability) = offer.availability.take()
                    {
                        let up = availability.states.share_up();
                        nodes(index, &|(low, high)| (low * up, high * up));
                    }
                }
            }
            Doubt::Incidents => {
                for (index, offer) in offers.iter_mut().enumerate() {
                    if let OfferKind::OnDemand(offer) = &mut offer.kind {
                        let left =
                            1.0 - offer.incident_takes() * offer.incidents.map_or(0.0, |incidents| 1.0 - incidents.states.share_up());
                        if offer.incidents.take().is_some() {
                            nodes(index, &|(low, high)| if high < f64::INFINITY { (low * left, high * left) } else { (low, high) });
                        }
                    }
                }
            }
            Doubt::PriceCuts => {
                for cut in price_cuts.iter_mut().flatten() {
                    (cut.factor, cut.probability) = (1.0 - cut.probability * (1.0 - cut.factor), 1.0);
                }
            }
            Doubt::Jobs => {
                for offer in offers {
                    if let OfferKind::Batch(Batch { completion: Some(completion), .. }) = &mut offer.kind {
                        completion.hold();
                    }
                }
            }
            Doubt::Minutes => {}
        }
    }
}
