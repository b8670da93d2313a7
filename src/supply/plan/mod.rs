//! Plans: offers in the order they are tried for each workload, and what is bought of them.

mod by_hours;
mod by_need;
pub(crate) mod check;
pub(crate) mod compose;
mod flags;
mod grammar;
mod holdings;
mod hours;
pub(crate) mod open;
mod reservation;
mod spec;
pub(crate) mod sweep;
pub(crate) mod via_batch;
mod ways;
pub(crate) mod week;

pub use compose::Kept;
pub use holdings::Held;
pub use open::{Candidates, OfferCandidates};
pub use reservation::ReservationSpec;
pub use spec::{PlanSpec, PurchaseSpec, SweepAxis, SweepSpec, TwoListsSpec, TwoUnitsSpec, UnitsListSpec, UnitsSpec, UnitsSweepSpec};

pub(crate) use hours::waiting_hours;

use super::commitment::Commitment;
use crate::spec::Field;
use crate::supply::OfferSpec;
use crate::units::{Quantity, Term};

/// Plans a scenario may have, sweeps counted out.
pub const MAX_PLANS: usize = 100_000;

/// One plan: what is bought, and which case of which pool serves it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Unique name: the one in the file, and what the sweep adds.
    pub name: String,
    /// The name in the file.
    pub base: String,
    /// Units of each provisioned offer (`4`, or `100+10` for two axes; `4, 2` for two purchases) where all offers have the same; `None`
    /// where they differ or nothing is bought.
    pub units: Option<String>,
    /// The term, where all offers have the same; of a reserved offer, that of its reservations.
    pub term: Option<String>,
    /// What is bought, in the order of the offers; several of one offer are a ladder.
    pub commitments: Vec<Commitment>,
    /// What is reserved: a price for units of an offer whose units are all bought for the term "none". It serves nothing.
    pub reservations: Vec<Commitment>,
    /// For each pool of the plan, the group and which of its cases.
    pub pools: Vec<PoolChoice>,
}

impl Plan {
    /// Whether no unit of anything is bought or reserved.
    #[must_use]
    pub fn buys_nothing(&self) -> bool {
        self.commitments.iter().chain(&self.reservations).all(|commitment| commitment.units.iter().all(|&units| units <= 0.0))
    }

    /// Whether it buys nothing and is one of a sweep, of which others do.
    #[must_use]
    pub fn is_idle_of_a_sweep(&self) -> bool {
        self.buys_nothing() && self.name != self.base
    }

    /// What is bought of one offer.
    pub fn commitments_of(&self, offer: usize) -> impl Iterator<Item = &Commitment> {
        self.commitments.iter().filter(move |commitment| commitment.offer == offer)
    }

    /// What is reserved of one offer.
    pub fn reservations_of(&self, offer: usize) -> impl Iterator<Item = &Commitment> {
        self.reservations.iter().filter(move |reservation| reservation.offer == offer)
    }

    /// Whether any of an offer is reserved.
    #[must_use]
    pub fn is_reserved(&self, offer: usize) -> bool {
        self.reservations_of(offer).next().is_some()
    }
}

/// Which case of a group serves a pool of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolChoice {
    /// Index into the supply's groups.
    pub group: usize,
    /// Index into the group's cases.
    pub case: usize,
}

/// The longest term that any plan names or, where it names none, any offer it buys has; at least 1 month.
///
/// It is the horizon's length when the file gives none, so that every commitment is seen to its end.
#[must_use]
pub fn longest_term(plans: &[Field<PlanSpec>], offers: &[Field<OfferSpec>]) -> u32 {
    let named = plans.iter().flat_map(|plan| {
        let fixed = plan.term.iter().flat_map(|map| map.entries.iter().map(|(_, term)| term.value.months_to_hold()));
        let swept = plan.sweep.iter().filter_map(|sweep| sweep.term.as_ref());
        let swept = swept.flat_map(|map| map.entries.iter().flat_map(|(_, list)| list.iter().map(|term| term.value.months_to_hold())));
        let purchased = plan.purchase.iter().filter_map(|purchase| purchase.term.as_ref()).map(|term| term.value.months_to_hold());
        let reserved = plan.reservation.iter().map(|reservation| reservation.term.value.months_to_hold());
        fixed.chain(swept).chain(purchased).chain(reserved).collect::<Vec<_>>()
    });
    // An offer with one term needs no `term` in the plan.
    let only = offers.iter().filter_map(|offer| match &offer.value {
        OfferSpec::Provisioned(spec) if spec.terms.entries.len() == 1 => {
            let bought =
                plans.iter().any(|plan| plan.route.entries.iter().any(|(_, route)| route.iter().any(|name| name.value == spec.name.value)));
            bought.then(|| Term::parse(&spec.terms.entries[0].0.value).map_or(0, Term::months_to_hold))
        }
        _ => None,
    });
    named.chain(only).max().unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests;
