//! The scenario: everything fixed before the first random number.
//!
//! [`ScenarioSpec`] is the file as written, [`Scenario`] its validated, immutable form. Resolution happens once, here; after it no
//! input error is possible.

mod lever;
mod load;
mod pair;
mod parts;
mod resolve;
mod spec;

pub use lever::{Lever, LeverSpec, Move, MoveSpec, OTHER_FUTURES, draws_other_futures};
pub use load::{Loaded, load, load_open, parse, parse_open};
pub use pair::{Pair, ValueChange, value_changes};
pub use parts::{InputChange, Part};
pub use spec::{FlatSpec, HorizonSpec, LimitsSpec, ReportSpec, ScenarioSpec};

use crate::demand::Demand;
use crate::horizon::Horizon;
use crate::statistics::Sampling;
use crate::supply::{Policy, Supply};
use crate::units::Currency;
use std::sync::Arc;

/// A validated scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is called in reports.
    pub name: String,
    /// The currency of every amount.
    pub currency: Currency,
    /// Seed of all draws.
    pub seed: u64,
    /// How many futures to draw unless the run says otherwise.
    pub replications: u64,
    /// How those futures are sampled.
    pub sampling: Sampling,
    /// The simulated calendar.
    pub horizon: Arc<Horizon>,
    /// The workloads.
    pub demand: Demand,
    /// The offers, pools and plans.
    pub supply: Supply,
    /// Schedules of purchases, in the order of the file. They serve in no run: `schedule` simulates them.
    pub policies: Vec<Policy>,
    /// What plans are judged by.
    pub limits: Limits,
    /// Index of the plan the others are compared with.
    pub baseline: usize,
    /// What could be done about the demand.
    pub levers: Vec<Lever>,
    /// Longest term among the plans, in months; 0 without commitments.
    pub longest_term: u32,
    /// SHA-256 of the resolved values, in hexadecimal: equal scenarios have equal digests.
    pub digest: String,
}

impl Scenario {
    /// The same scenario with another demand.
    #[must_use]
    pub fn with_demand(&self, demand: Demand) -> Self {
        Self { demand, ..self.clone() }
    }

    /// The same scenario with another supply.
    #[must_use]
    pub fn with_supply(&self, supply: Supply) -> Self {
        Self { supply, ..self.clone() }
    }

    /// The same scenario with so much more of each of these workloads' prompts read from the cache (less, if below 0), as far as there is
    /// [room](Demand::cache_room).
    #[must_use]
    pub fn with_cached(&self, share: f64, workloads: &[usize]) -> Self {
        let demand = self.demand.with_cached(share, workloads);
        Self { supply: self.supply.with_spreads_of(&demand), demand, ..self.clone() }
    }

    /// The same scenario without what only the files of a run tell: peaks, and what each member of a pool gets. All else is the same.
    #[must_use]
    pub fn lean(&self) -> Self {
        self.with_supply(self.supply.clone().without_peak().without_members())
    }

    /// The same scenario with one plan alone, which is its own baseline.
    ///
    /// # Panics
    /// When there is no such plan.
    #[must_use]
    pub fn only(&self, plan: usize) -> Self {
        Self { baseline: 0, ..self.with_supply(self.supply.only(plan)) }
    }

    /// The plan of a name.
    #[must_use]
    pub fn plan(&self, name: &str) -> Option<usize> {
        self.supply.plans.iter().position(|plan| plan.name == name)
    }
}

/// What a plan must keep to be recommended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Largest share of a month's requests that may be throttled, per workload or pool; `None` when nothing is limited.
    pub throttled_requests_share: Option<f64>,
    /// Largest share of a month's windows of work that waits of which something is late, per pool; `None` when nothing is limited.
    pub missed_deadlines_share: Option<f64>,
    /// Most hours of a month with a throttled minute, as an expectation, per pool; `None` when nothing is limited.
    pub throttled_hours: Option<f64>,
    /// Share of the months in which the limits must hold.
    pub in_share_of_months: f64,
    /// Currency per failed request, added to the spend that plans are ranked by.
    pub cost_per_failed_request: Option<f64>,
}

impl Limits {
    /// Whether anything is limited.
    #[must_use]
    pub fn any(&self) -> bool {
        self.throttled_requests_share.is_some() || self.missed_deadlines_share.is_some() || self.throttled_hours.is_some()
    }
}
