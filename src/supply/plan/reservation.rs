//! Reservations: a discount on units that are bought by the hour, apart from the capacity itself.
//!
//! Azure sells its throughput so: deployed units are billed by the hour, and a reservation for a month or a year pays a lower price for a
//! number of them in every hour, deployed or not. "PTUs above the quantity are billed at the hourly rate; unused reserved PTUs are lost"
//! (github.com/MicrosoftDocs/azure-ai-docs, concepts/provisioned-throughput-billing.md, 2026-05-22). Fireworks bills GPUs above a
//! reservation at the on-demand rate (docs.fireworks.ai/deployments/reservations.md). A reservation adds no capacity.

use super::check::Check;
use super::{PlanSpec, UnitsSpec};
use crate::spec::Field;
use crate::supply::offer::{Provisioned, Renewal};
use crate::units::Term;

crate::spec_table! {
    /// A lower price for a number of an offer's units in every hour, deployed or not. The plan buys the units for the term "none".
    pub struct ReservationSpec {
        /// The provisioned offer.
        required offer: String,
        /// Units reserved; any number, whatever the steps in which units are deployed.
        required units: UnitsSpec,
        /// The term of the offer whose price is paid for them.
        required term: Term,
        /// The month of the horizon, from 1, in which the reservation starts.
        optional start_month: u64,
        /// What happens when the term ends: "renew" or "end"; as the offer says unless given.
        optional renewal: Renewal,
    }
}

/// Checks the reservations of a plan.
pub(super) fn check(spec: &PlanSpec, months: usize, check: &mut Check<'_>) {
    for reservation in &spec.reservation {
        let Some(offer) = check.bought(&reservation.offer) else { continue };
        check.reserved(&reservation.units, offer);
        if reservation.term.value == Term::NONE {
            check.refuse(&reservation.term.at, "is no term to reserve for", &reserving_terms(offer));
        } else {
            check.term(&reservation.term, offer);
        }
        if !offer.terms.iter().any(|(term, _)| *term == Term::NONE) {
            let allowed = "an offer with the term \"none\", whose price units above the reservation pay";
            check.refuse(&reservation.offer.at, "has no price by the hour", allowed);
        } else if let Some(term) = other_term(spec, &reservation.offer.value, offer) {
            let message =
                format!("is bought for the term \"{term}\" in this plan, and a reservation is for units that are bought by the hour");
            check.refuse(&reservation.offer.at, &message, "units of it for the term \"none\" alone");
        }
        check.month(reservation.start_month.as_ref(), months);
        if let Some(renewal) = reservation.renewal.as_ref().filter(|renewal| renewal.value == Renewal::Hourly) {
            check.refuse(&renewal.at, "says nothing of a reservation: what is not reserved is paid by the hour", "\"renew\", \"end\"");
        }
    }
}

/// The terms that can be reserved for, for a message.
fn reserving_terms(offer: &Provisioned) -> String {
    let terms = offer.terms.iter().filter(|(term, _)| *term != Term::NONE);
    terms.map(|(term, _)| format!("\"{term}\"")).collect::<Vec<_>>().join(", ")
}

/// A term other than "none" for which the plan buys units of an offer, in some plan of its sweep at least.
fn other_term(spec: &PlanSpec, name: &str, offer: &Provisioned) -> Option<Term> {
    let only = || offer.terms.first().map(|(term, _)| *term);
    let swept = spec.sweep.as_ref().and_then(|sweep| sweep.term.as_ref()).and_then(|map| map.get(name));
    let fixed = spec.term.as_ref().and_then(|map| map.get(name));
    let units_swept = spec.sweep.as_ref().and_then(|sweep| sweep.units.as_ref()).is_some_and(|map| map.get(name).is_some());
    let has_units = units_swept || spec.units.as_ref().is_some_and(|map| map.get(name).is_some());
    let of_units = match (swept, fixed) {
        (Some(list), _) => list.iter().map(|term| term.value).collect(),
        (None, Some(term)) => vec![term.value],
        (None, None) => only().filter(|_| has_units).into_iter().collect(),
    };
    let purchases = spec.purchase.iter().filter(|purchase| purchase.offer.value == name);
    let of_purchases = purchases.filter_map(|purchase| purchase.term.as_ref().map(|term: &Field<Term>| term.value).or_else(only));
    of_units.into_iter().chain(of_purchases).find(|term| *term != Term::NONE)
}
