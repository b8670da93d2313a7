//! Price cuts that may come: dated, with a probability, drawn once in each replication.
//!
//! What is paid by the token gets cheaper, what was committed to does not: that is how a cut strands a commitment. Vendors announce cuts
//! without notice (list prices of comparable models fell several times between 2024 and 2026), so when and how likely are the user's.

use super::Supply;
use super::offer::OfferSpec;
use crate::horizon::Horizon;
use crate::random::stream::{Purpose, StreamKey};
use crate::spec::{Field, Reader};
use crate::units::Share;
use jiff::civil::Date;

crate::spec_table! {
    /// A price cut that may come: from an hour on, every token price of the offer is lower. Several multiply.
    pub struct PriceCutSpec {
        /// The day it begins, on a calendar.
        optional date: Date,
        /// The month it begins, 1 for the first.
        optional month: u64,
        /// How likely it comes; sure unless given. One draw in each future.
        optional probability: Share,
        /// What it takes off.
        required cut: Share,
    }
}

/// A price cut of an offer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PriceCut {
    /// The first hour of the horizon with the lower price.
    pub hour: usize,
    /// How likely it comes, 0 to 1.
    pub probability: f64,
    /// What is left of each price, 0 to 1.
    pub factor: f64,
    /// Its number among the offer's, from 0, which keys its draw.
    number: u32,
}

/// The cuts of each offer that may begin within the horizon, in the order of the file; those that begin later are told as warnings.
pub(super) fn resolve(offers: &[Field<OfferSpec>], horizon: &Horizon, reader: &mut Reader) -> Option<Vec<Vec<PriceCut>>> {
    let mut good = true;
    let mut all = Vec::with_capacity(offers.len());
    for offer in offers {
        let specs = if let OfferSpec::OnDemand(spec) = &offer.value { spec.price_cuts.as_slice() } else { &[] };
        let mut cuts = Vec::new();
        for (number, spec) in (0..).zip(specs) {
            let Some(hour) = begins(spec, horizon, reader) else {
                good = false;
                continue;
            };
            if hour == horizon.hours() {
                reader.warn(format!("{}: the price cut begins after the horizon and plays no part", spec.at.path));
                continue;
            }
            let probability = spec.probability.as_ref().map_or(1.0, |share| share.0);
            cuts.push(PriceCut { hour, probability, factor: 1.0 - spec.cut.0, number });
        }
        all.push(cuts);
    }
    good.then_some(all)
}

/// The hour in which a cut begins; the horizon's length for one after its end.
fn begins(spec: &Field<PriceCutSpec>, horizon: &Horizon, reader: &mut Reader) -> Option<usize> {
    match (&spec.date, &spec.month) {
        (Some(_), Some(month)) => {
            reader.refuse(&month.at, "cannot stand beside `date`", "either `date` or `month`");
            None
        }
        (None, None) => {
            reader.missing(&spec.at, "date", "`date`, or `month` (1 is the first)");
            None
        }
        (None, Some(month)) => match (month.value as usize).checked_sub(1) {
            None => {
                reader.refuse(&month.at, "is no month", "1 for the first month, and up");
                None
            }
            Some(month) if month < horizon.months() => Some(horizon.month_range(month).start),
            Some(_) => Some(horizon.hours()),
        },
        (Some(date), None) => {
            let Some(start) = horizon.start_date() else {
                reader.refuse(&date.at, "is a date, and flat months have none", "`month` (1 is the first)");
                return None;
            };
            if date.value < start {
                reader.refuse(&date.at, "lies before the horizon", format!("a date from {start}"));
                return None;
            }
            Some(horizon.hour_at(date.value).unwrap_or(horizon.hours()))
        }
    }
}

/// The cuts that come in the replication at hand.
#[derive(Clone, Debug)]
pub(super) struct Prices {
    /// By offer, of those that may have cuts.
    offers: Vec<(usize, StreamKey, Vec<PriceCut>)>,
    /// Offer, first hour and factor of each cut that comes.
    come: Vec<(usize, usize, f64)>,
}

impl Prices {
    /// Under one seed; `names` are those of the offers.
    pub(super) fn new<'a>(cuts: &[Vec<PriceCut>], names: impl Iterator<Item = &'a str>, seed: u64) -> Self {
        let with_cuts = cuts.iter().zip(names).enumerate().filter(|(_, (cuts, _))| !cuts.is_empty());
        let offers = with_cuts.map(|(index, (cuts, name))| (index, StreamKey::new(seed, Purpose::PriceCuts, name), cuts.clone()));
        Self { offers: offers.collect(), come: Vec::with_capacity(cuts.iter().map(Vec::len).sum()) }
    }

    /// Draws which cuts come in a replication.
    pub(super) fn draw(&mut self, replication: u64) {
        self.come.clear();
        for (offer, key, cuts) in &self.offers {
            let comes = |cut: &&PriceCut| key.hour(replication, cut.number).uniform() < cut.probability;
            self.come.extend(cuts.iter().filter(comes).map(|cut| (*offer, cut.hour, cut.factor)));
        }
    }

    /// Whether any offer may have cuts.
    pub(super) fn any(&self) -> bool {
        !self.offers.is_empty()
    }

    /// What is left of an offer's prices in an hour; exactly 1 before any cut.
    #[inline]
    pub(super) fn factor(&self, offer: usize, hour: usize) -> f64 {
        self.come.iter().filter(|cut| cut.0 == offer && cut.1 <= hour).map(|cut| cut.2).product()
    }
}

impl Supply {
    /// What token prices come to in each of so many replications under a seed, over those stated: the mean over the horizon, `weights` being an
    /// offer's index and, by hour, what is paid to it at its stated prices. `None` where no cut is uncertain that such an hour would see.
    #[must_use]
    pub fn price_levels(&self, seed: u64, replications: u64, weights: &[(usize, Vec<f64>)]) -> Option<Vec<f64>> {
        let cuts = |offer: usize| self.price_cuts.get(offer).map_or(&[][..], Vec::as_slice);
        let doubted = |cut: &PriceCut| cut.probability > 0.0 && cut.probability < 1.0 && cut.factor < 1.0;
        let seen = |hour: usize, weights: &[f64]| weights[hour.min(weights.len())..].iter().any(|&weight| weight > 0.0);
        if !weights.iter().any(|(offer, weights)| cuts(*offer).iter().any(|cut| doubted(cut) && seen(cut.hour, weights))) {
            return None;
        }
        // Between two cuts prices stay: an offer, an hour and the weight from there to the next cut.
        let spans = weights.iter().flat_map(|(offer, weights)| {
            let mut edges: Vec<usize> = cuts(*offer).iter().map(|cut| cut.hour).chain([0, weights.len()]).collect();
            edges.sort_unstable();
            edges.dedup();
            let span = |edges: &[usize]| (*offer, edges[0], weights[edges[0]..edges[1]].iter().sum::<f64>());
            edges.windows(2).map(span).collect::<Vec<_>>()
        });
        let spans: Vec<(usize, usize, f64)> = spans.collect();
        let all: f64 = spans.iter().map(|span| span.2).sum();
        let mut prices = Prices::new(&self.price_cuts, self.offers.iter().map(|offer| offer.name.as_str()), seed);
        let level = |replication| {
            prices.draw(replication);
            spans.iter().map(|&(offer, hour, weight)| weight * prices.factor(offer, hour)).sum::<f64>() / all
        };
        Some((0..replications).map(level).collect())
    }
}

#[cfg(test)]
mod tests;
