//! Plans that hold the same units all along: what a month comes to under them is what it comes to under any schedule that holds as many then.

use super::{Plan, PoolChoice};
use crate::supply::Supply;
use crate::supply::commitment::Commitment;
use crate::supply::offer::{MAX_AXES, Renewal};
use crate::supply::pool::PoolGroup;
use crate::units::Term;

/// Units of an offer, by axis.
pub type Held = (usize, [f64; MAX_AXES]);

impl Supply {
    /// The supply with a plan for each of these holdings instead, on the routes of `base`: the units are there from the first hour to the
    /// last, and nothing is told of their price.
    #[must_use]
    pub fn with_holdings(&self, base: &Plan, holdings: &[Vec<Held>]) -> Self {
        // Only the pools of the base are left, in its order.
        let group = |choice: &PoolChoice| PoolGroup { cases: Vec::new(), ..self.groups[choice.group].clone() };
        let mut groups: Vec<PoolGroup> = base.pools.iter().map(group).collect();
        let plan = |(number, held): (usize, &Vec<Held>)| {
            let commitments: Vec<Commitment> = held.iter().map(|&(offer, units)| all_along(offer, units)).collect();
            let pools = groups.iter_mut().enumerate().map(|(index, group)| {
                let case = group.case(&commitments, &self.horizon);
                let place = group.cases.iter().position(|known| *known == case).unwrap_or_else(|| {
                    group.cases.push(case);
                    group.cases.len() - 1
                });
                PoolChoice { group: index, case: place }
            });
            let (pools, name) = (pools.collect(), format!("{}/held={number}", base.base));
            Plan { name, base: base.base.clone(), units: None, term: None, commitments, reservations: Vec::new(), pools }
        };
        let plans = holdings.iter().enumerate().map(plan).collect();
        Self { groups, plans, ..self.clone() }
    }
}

fn all_along(offer: usize, units: [f64; MAX_AXES]) -> Commitment {
    Commitment {
        offer,
        units,
        term: Term::NONE,
        price: [0.0; MAX_AXES],
        hourly_price: [0.0; MAX_AXES],
        start_month: 0,
        renewal: Renewal::Renew,
        schedule: None,
        billed_in: 1,
    }
}

impl PoolGroup {
    /// What is carried from hour to hour in this pool, so that what a month comes to depends on what was bought before; `None` where nothing
    /// is.
    #[must_use]
    pub fn carries(&self) -> Option<&'static str> {
        if self.path.is_some() {
            Some("clients that come back, a quota that fills steadily, or windows of different lengths")
        } else if self.waits() {
            Some("work that waits in a queue or in batch jobs that take their time")
        } else if !self.days.is_empty() {
            Some("a quota of a day")
        } else {
            None
        }
    }
}
