//! Policies as the file writes them.

use super::Condition;
use crate::supply::offer::Renewal;
use crate::supply::plan::UnitsSpec;
use crate::units::Term;

crate::spec_table! {
    /// A schedule of purchases: what is bought at the start, and what later, each month looking only at what has passed. `tokentide schedule`
    /// simulates it.
    pub struct PolicySpec {
        /// The policy's name.
        required name: String,
        /// The plan whose routes serve it, whatever that buys; the only plan with a route to all that the policy buys unless said.
        optional plan: String,
        /// What is bought in month 1.
        list start: StartSpec,
        /// What is bought later. In each month the rules are asked in this order.
        list rule: RuleSpec,
    }
}

crate::spec_table! {
    /// What a policy buys in month 1.
    pub struct StartSpec {
        /// The provisioned offer.
        required offer: String,
        /// Units of it.
        required units: UnitsSpec,
        /// The term.
        optional term: Term,
        /// What happens when the term ends: "renew", "end" or "hourly"; as the offer says unless given.
        optional renewal: Renewal,
        /// Months for which units of the term "none" are kept; to the end of the horizon unless said.
        optional for_months: u64,
    }
}

crate::spec_table! {
    /// What a policy buys at the start of a month, on a condition or on none.
    pub struct RuleSpec {
        /// The provisioned offer.
        required offer: String,
        /// Units of it that are bought each time.
        required units: UnitsSpec,
        /// The term.
        optional term: Term,
        /// What happens when the term ends: "renew", "end" or "hourly"; as the offer says unless given.
        optional renewal: Renewal,
        /// Months for which units of the term "none" are kept; to the end of the horizon unless said.
        optional for_months: u64,
        /// The condition; without one it buys in any case.
        optional when: Condition,
        /// Whole weeks before the month that the condition looks at; 4 unless said. It is not asked before so many have passed.
        optional weeks: u64,
        /// The first month of the horizon, from 1, in which it is asked; 2 unless said. Needed without a condition.
        optional from_month: u64,
        /// The last month in which it is asked; the last of the horizon unless said.
        optional until_month: u64,
        /// How often it buys at most; once unless said.
        optional times: u64,
        /// How often it buys at most at the start of one month, asked anew after each purchase; once unless said.
        optional times_a_month: u64,
        /// Whether as many units of the term "none" are given up as it buys, as far as there are any: committing to what was bought by the
        /// hour. No unless said.
        optional replaces_hourly: bool,
    }
}
