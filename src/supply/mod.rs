//! Supply: offers, plans and pools, and the dispatch of a demand path over them.
//!
//! Capacity holds per minute, so an hour's mean says little about what overflows: everything here is a conditional expectation given the
//! hour, from the law of its minutes ([`MinuteLaw`]).

mod batch;
mod cache;
mod change;
mod commitment;
mod dispatch;
mod facts;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod flight;
mod gauge;
mod members;
pub mod minute;
mod need;
mod network;
mod offer;
mod outage;
mod path;
mod peak;
mod plan;
pub(crate) mod policy;
mod pool;
mod price_cut;
mod priority;
mod queue;
mod resolve;
#[cfg(test)]
mod resolve_tests;
mod route;
mod schedule;
mod still;
mod throughput;
mod totals;

pub use change::Change;
pub use commitment::Commitment;
pub(crate) use commitment::overlap;
pub(crate) use dispatch::{BatchShare, HourRates, ProbedHour};
pub use dispatch::{Dispatcher, Flow, HourService, HourSink, Metered, Reach};
pub use facts::WorkloadFacts;
pub use gauge::Gauge;
pub use members::{MemberMonth, MemberTotals};
pub use minute::{Margin, MinuteLaw, MinuteRow, exact_exceedance, exact_overflow};
pub use offer::{
    AxesSpec, Axis, AxisPriceSpec, AxisSpec, Batch, BatchSpec, CapacitySpec, Completion, CompletionSpec, DiscountLinesSpec, DiscountSpec,
    Hold, HoldSpec, IncrementSpec, MAX_AXES, Metering, Offer, OfferKind, OfferSpec, OnDemand, OnDemandSpec, OverflowRule, PriceSpec,
    Provisioned, ProvisionedSpec, Quota, QuotaSpec, RateRangeSpec, Refill, Renewal, RequestLimit, Settles, TermPriceSpec, TokenPrices,
    WeightsSpec, WindowSpec, WindowStep, WindowStepSpec,
};
pub use outage::{Availability, AvailabilitySpec, Incidents, IncidentsSpec, Together, TogetherSpec, TwoState};
pub use plan::open::Opening;
pub use plan::{
    Candidates, Held, Kept, MAX_PLANS, OfferCandidates, Plan, PlanSpec, PoolChoice, PurchaseSpec, ReservationSpec, SweepAxis, SweepSpec,
    TwoListsSpec, TwoUnitsSpec, UnitsListSpec, UnitsSpec, UnitsSweepSpec, longest_term,
};
pub use policy::{Condition, Measure, OfferLoad, Policy, PolicySpec, Purchase, Rule, RuleSpec, StartSpec};
pub use pool::{Case, Node, PoolGroup, Scheduled};
pub use price_cut::{PriceCut, PriceCutSpec};
pub use route::{Member, Part, Waits};
pub use schedule::{Schedule, ScheduleDays, ScheduleSpec, Window};
pub use still::Doubt;
pub use totals::{DemandTotals, QueueTotals, ServiceTotals, SupplyTotals};

use crate::horizon::Horizon;
use std::sync::Arc;

/// Everything that can be bought and every plan that buys it; immutable.
#[derive(Clone, Debug)]
pub struct Supply {
    /// Offers in the order of the file.
    pub offers: Vec<Offer>,
    /// The pools of all plans; plans with the same routes share them.
    pub groups: Vec<PoolGroup>,
    /// Plans in the order of the file, sweeps counted out.
    pub plans: Vec<Plan>,
    /// What supply knows of the workloads, in the order of the demand path.
    pub workloads: Vec<WorkloadFacts>,
    /// Price cuts that may come, by offer.
    pub price_cuts: Vec<Vec<PriceCut>>,
    horizon: Arc<Horizon>,
    capacity_factor: f64,
    /// The share of minutes above the quota peak; `None` when nobody asks for the peak.
    peak_share: Option<f64>,
    /// Whether pools are split among their workloads.
    split: bool,
}

impl Supply {
    /// The share of minutes that may exceed `peak_quota_tokens_per_minute` unless the scenario says otherwise: a percentile of 99.9 %.
    const PEAK_SHARE: f64 = 0.001;

    fn new(offers: Vec<Offer>, workloads: Vec<WorkloadFacts>, groups: Vec<PoolGroup>, plans: Vec<Plan>, horizon: Arc<Horizon>) -> Self {
        let peak_share = Some(Self::PEAK_SHARE);
        Self { offers, groups, plans, workloads, price_cuts: Vec::new(), horizon, capacity_factor: 1.0, peak_share, split: true }
    }

    /// The same supply with price cuts, by offer.
    fn with_price_cuts(self, price_cuts: Vec<Vec<PriceCut>>) -> Self {
        Self { price_cuts, ..self }
    }

    /// The same supply, every unit serving `factor` times as much (> 0); quotas stay. For flip points.
    #[must_use]
    pub fn with_capacity_factor(&self, factor: f64) -> Self {
        Self { capacity_factor: self.capacity_factor * factor, ..self.clone() }
    }

    /// The same supply with another percentile, in (0, 1), for `peak_quota_tokens_per_minute`: `0.999` leaves a minute in a thousand.
    #[must_use]
    pub fn with_peak_percentile(self, percentile: f64) -> Self {
        Self { peak_share: Some(1.0 - percentile), ..self }
    }

    /// The share of minutes that may exceed `peak_quota_tokens_per_minute`; `None` when nobody asks for it.
    pub(crate) fn peak_share(&self) -> Option<f64> {
        self.peak_share
    }

    /// The same supply without `peak_quota_tokens_per_minute`, which takes a tenth of a dispatch, for those who do not look at it.
    #[must_use]
    pub fn without_peak(self) -> Self {
        Self { peak_share: None, ..self }
    }

    /// The same supply without what each workload of a pool gets, which takes a fifth of a dispatch where there are pools of several, for
    /// those who look at pools alone.
    #[must_use]
    pub fn without_members(self) -> Self {
        Self { split: false, ..self }
    }

    /// The horizon that the units' months refer to.
    #[must_use]
    pub fn horizon(&self) -> &Horizon {
        &self.horizon
    }

    /// Something that serves demand paths; one for each worker. `seed` is the scenario's.
    #[must_use]
    pub fn dispatcher(&self, seed: u64) -> Dispatcher<'_> {
        Dispatcher::new(self, seed)
    }
}

/// A number in at most ten significant digits, so that 15.000000000000002 reads 15.
pub(crate) fn short(number: f64) -> String {
    let rounded: f64 = format!("{number:.9e}").parse().unwrap_or(number);
    rounded.to_string()
}
