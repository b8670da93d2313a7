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

    /// Rules that ask what is used of the units held, by their places, where none can be held in any month in which they ask.
    #[must_use]
    pub fn idle_rules(&self) -> Vec<usize> {
        let of_held = |rule: &Rule| rule.when.is_some_and(|when| when.measure == Measure::Used);
        let mut buys: Vec<bool> = self.rules.iter().map(|rule| !of_held(rule)).collect();
        loop {
            let awake = |place: usize| {
                let rule = &self.rules[place];
                let same = |purchase: &Purchase| purchase.commitment.offer == rule.purchase.commitment.offer;
                let holds = |purchase: &Purchase, mut bought: Range<usize>, earlier: usize| {
                    let until = |month: usize| purchase.held_for().map_or(usize::MAX, |kept| month.saturating_add(kept));
                    let asked = |month: usize| rule.months.clone().any(|asked| month + earlier <= asked && asked < until(month));
                    same(purchase) && bought.any(asked)
                };
                // Rules are asked in their order, so that those after it buy for the next month.
                let by_rule =
                    |(other, from): (usize, &Rule)| buys[other] && holds(&from.purchase, from.months.clone(), usize::from(other >= place));
                self.start.iter().any(|start| holds(start, 0..1, 0)) || self.rules.iter().enumerate().any(by_rule)
            };
            let waking: Vec<usize> = (0..buys.len()).filter(|&place| !buys[place] && awake(place)).collect();
            if waking.is_empty() {
                return (0..buys.len()).filter(|&place| !buys[place]).collect();
            }
            waking.into_iter().for_each(|place| buys[place] = true);
        }
    }

    /// Whether what it buys depends on what was seen.
    #[must_use]
    pub fn looks(&self) -> bool {
        self.rules.iter().any(|rule| rule.when.is_some())
    }
}

impl Purchase {
    /// Months for which it is held; `None` to the end of the horizon.
    #[must_use]
    pub fn held_for(&self) -> Option<usize> {
        let ends = self.commitment.renewal == super::Renewal::End && self.commitment.term != Term::NONE;
        if ends { Some(self.commitment.term.months as usize) } else { self.for_months }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supply::Renewal;

    fn purchase(offer: usize, for_months: Option<usize>) -> Purchase {
        let commitment = Commitment {
            offer,
            units: [1.0, 0.0],
            term: Term::NONE,
            price: [1.0, 0.0],
            hourly_price: [1.0, 0.0],
            start_month: 0,
            renewal: Renewal::Renew,
            schedule: None,
            billed_in: 1,
        };
        Purchase { commitment, for_months }
    }

    fn rule(offer: usize, measure: Option<Measure>, months: Range<usize>) -> Rule {
        let when = measure.map(|measure| Condition { measure, above: true, than: 0.5 });
        Rule { when, months, ..Rule::in_month(purchase(offer, None), 0) }
    }

    /// What rules must hold to ask of it: units of the start, of rules before them, or of rules that wake by others.
    #[test]
    fn rules_ask_of_units_that_can_be_held() {
        let used = |offer, months| rule(offer, Some(Measure::Used), months);
        let policy = |start: &[Purchase], rules: &[Rule]| Policy {
            name: String::new(),
            base: String::new(),
            start: start.to_vec(),
            rules: rules.to_vec(),
        };
        let idle = |start: &[Purchase], rules: &[Rule]| policy(start, rules).idle_rules();
        assert_eq!(idle(&[], &[used(0, 1..6)]), [0]);
        assert_eq!(idle(&[purchase(1, None)], &[used(0, 1..6)]), [0], "units of another offer");
        assert!(idle(&[purchase(0, None)], &[used(0, 1..6)]).is_empty());
        assert_eq!(idle(&[purchase(0, Some(2))], &[used(0, 2..6)]), [0], "gone by then");
        assert!(idle(&[purchase(0, Some(3))], &[used(0, 2..6)]).is_empty());
        // Rules buy in their order: one after another is asked of in the next month.
        let buys = |months| rule(0, Some(Measure::NextUsed), months);
        assert!(idle(&[], &[buys(3..4), used(0, 3..4)]).is_empty());
        assert_eq!(idle(&[], &[used(0, 3..4), buys(3..4)]), [0]);
        assert!(idle(&[], &[used(0, 3..5), buys(3..4)]).is_empty());
        assert_eq!(idle(&[], &[used(0, 1..3), rule(0, None, 5..6)]), [0]);
        // The second wakes by the third, and the first by the second.
        assert!(idle(&[], &[used(0, 1..6), used(0, 1..6), rule(0, None, 1..2)]).is_empty());
    }
}
