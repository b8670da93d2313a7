//! Policies: purchases over time that look only at what has passed.
//!
//! At the start of each month a policy sees the hours before it and what it holds, and buys. What it sees is the demand of the pool, hour by
//! hour in the weights of the offer: a dashboard of tokens by the hour shows as much. How full the units were is told by it too, as the part
//! of each hour's demand that they would have taken had it been spread evenly over the hour; on two axes, each by itself and weighted by what
//! its units cost. So what is decided depends on the demand alone, and not on what served it.

mod condition;
mod load;
mod resolve;
mod spec;

pub use condition::{Condition, Measure};
pub use load::OfferLoad;
pub(crate) use resolve::policies;
pub use spec::{PolicySpec, RuleSpec, StartSpec};

use super::commitment::Commitment;
use super::plan::Plan;
use crate::units::Term;
use std::ops::Range;

/// Units that a policy buys at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Purchase {
    /// What is bought; its start is the month of the purchase.
    pub commitment: Commitment,
    /// Months after which units of the term "none" are given up.
    pub for_months: Option<usize>,
}

/// A purchase at the start of a month.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What is bought each time.
    pub purchase: Purchase,
    /// The condition; `None` buys in any case.
    pub when: Option<Condition>,
    /// Whole weeks that the condition looks at, >= 1.
    pub weeks: usize,
    /// The months of the horizon, from 0, in which it is asked.
    pub months: Range<usize>,
    /// How often it buys at most.
    pub times: u64,
    /// How often it buys at most in one month.
    pub times_a_month: u64,
    /// Whether as many units of the term "none" are given up as it buys.
    pub replaces_hourly: bool,
}

/// A schedule of purchases.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// The name in the file of the plan whose routes serve it.
    pub base: String,
    /// What is bought in the first month.
    pub start: Vec<Purchase>,
    /// What is bought later, in the order in which it is asked.
    pub rules: Vec<Rule>,
}

impl Policy {
    /// The policy that buys what a plan does, whatever happens; `None` where units exist in some hours only or a reservation changes their
    /// price, which no policy knows.
    #[must_use]
    pub fn of_plan(plan: &Plan) -> Option<Self> {
        let bought = || plan.commitments.iter().filter(|commitment| commitment.units.iter().any(|&units| units > 0.0));
        if !plan.reservations.is_empty() || bought().any(|commitment| commitment.schedule.is_some() || commitment.ends_within_a_month()) {
            return None;
        }
        let mut policy = Self { name: plan.name.clone(), base: plan.base.clone(), start: Vec::new(), rules: Vec::new() };
        for commitment in bought() {
            let purchase = Purchase { commitment: commitment.clone(), for_months: None };
            match commitment.start_month {
                0 => policy.start.push(purchase),
                month => policy.rules.push(Rule::in_month(purchase, month)),
            }
        }
        Some(policy)
    }

    /// Everything it may buy: at the start, then by rule.
    pub fn purchases(&self) -> impl Iterator<Item = &Purchase> {
        self.start.iter().chain(self.rules.iter().map(|rule| &rule.purchase))
    }

    /// Whether what it buys depends on what was seen.
    #[must_use]
    pub fn looks(&self) -> bool {
        self.rules.iter().any(|rule| rule.when.is_some())
    }
}

impl Rule {
    /// A purchase in one month of the horizon, from 0, whatever was seen.
    #[must_use]
    pub fn in_month(purchase: Purchase, month: usize) -> Self {
        Self { purchase, when: None, weeks: 1, months: month..month + 1, times: 1, times_a_month: 1, replaces_hourly: false }
    }
}

impl Commitment {
    /// Whether its units are gone, without another purchase, before a month of the horizon is over: a term of weeks that is not renewed.
    #[must_use]
    pub fn ends_within_a_month(&self) -> bool {
        self.term.weeks > 0 && self.renewal == super::Renewal::End && self.term != Term::NONE
    }
}
