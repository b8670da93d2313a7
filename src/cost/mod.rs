//! Cost: what units bought and tokens served come to, in lines that sum to their total.

mod bill;
mod closed_form;
mod commitment;
mod ledger;

pub use bill::OfferBill;
pub use closed_form::{BreakEven, DemandLaw, break_even, newsvendor_fractile, reservation_cost, two_plan_hours};
pub use ledger::Ledger;
