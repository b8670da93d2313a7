//! Offers: the ways to be served, checked and with their discounts taken off.

mod completion;
mod metering;
mod quota;
mod resolve;
mod spec;
mod window;

pub use completion::{Completion, CompletionSpec};
pub(crate) use metering::refuse_without_max_tokens;
pub use metering::{Hold, HoldSpec, Metering, Refill, Settles};
pub(crate) use quota::share;
pub use quota::{Quota, RequestLimit};
pub(crate) use resolve::offer;
pub use spec::{
    AxesSpec, AxisPriceSpec, AxisSpec, BatchSpec, CapacitySpec, DiscountLinesSpec, DiscountSpec, IncrementSpec, OfferSpec, OnDemandSpec,
    OverflowRule, PriceSpec, ProvisionedSpec, QuotaSpec, RateRangeSpec, Renewal, TermPriceSpec, WeightsSpec,
};
pub(crate) use window::window_of;
pub use window::{WindowSpec, WindowStep, WindowStepSpec};

use super::outage::{Availability, Incidents};
use crate::units::{ByClass, Term};
use jiff::civil::Date;

/// Axes an offer can have at most: input and output.
pub const MAX_AXES: usize = 2;

/// One way to be served.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Unique among the offers.
    pub name: String,
    /// Where the numbers come from, as the file says.
    pub source: Option<String>,
    /// The day the numbers were read.
    pub date: Option<Date>,
    /// How it serves and what it costs.
    pub kind: OfferKind,
}

/// How an offer serves and what it costs.
#[derive(Clone, Debug)]
pub enum OfferKind {
    /// Paid by the token.
    OnDemand(OnDemand),
    /// Paid by the unit-hour.
    Provisioned(Provisioned),
    /// Paid by the token, in jobs.
    Batch(Batch),
}

/// Price per token by class, discounts taken off; currency of the scenario.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenPrices {
    /// Currency per token, >= 0; 0 where `missing`.
    pub per_token: ByClass,
    /// Classes that have no price, in the order of [`crate::units::CLASSES`].
    pub missing: [bool; 4],
}

/// An offer paid by the token.
#[derive(Clone, Debug)]
pub struct OnDemand {
    /// What a token costs.
    pub price: TokenPrices,
    /// What a minute may take; unlimited without.
    pub quota: Option<Quota>,
    /// The offer whose quota that is, as an index; its own without.
    pub shares: Option<usize>,
    /// When a share of the quota is gone; never without.
    pub incidents: Option<Incidents>,
}

impl OnDemand {
    /// The share of what others leave of the quota that an incident takes, 0 to 1: it takes from the whole, and others go on taking theirs.
    pub(crate) fn incident_takes(&self) -> f64 {
        let whole = self.quota.map_or(1.0, |quota| (quota.per_hour + quota.others) / quota.per_hour);
        self.incidents.map_or(0.0, |incidents| (incidents.takes * whole).min(1.0))
    }
}

/// Units paid by the hour, used or not.
#[derive(Clone, Debug)]
pub struct Provisioned {
    /// One axis, or input and output.
    pub axes: Vec<Axis>,
    /// What spills over when a minute is full.
    pub overflow: OverflowRule,
    /// How the capacity is counted.
    pub metering: Metering,
    /// Its windows by units, in rising order, where they depend on them; the metering then has the first.
    pub windows: Vec<WindowStep>,
    /// Terms in the order of the file, with the price of a unit-hour on each axis (0 on an axis that is not there).
    pub terms: Vec<(Term, [f64; MAX_AXES])>,
    /// What happens when a term ends.
    pub renewal: Renewal,
    /// Month of the horizon, from 0, in which the units start unless a plan says otherwise.
    pub start_month: usize,
    /// Hours in whose multiples a run of scheduled hours is paid, >= 1.
    pub billed_in: usize,
    /// When units serve; always without.
    pub availability: Option<Availability>,
}

/// What is bought on one axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// Weighted tokens per hour that one unit serves, > 0: lowest and highest, equal when known.
    pub capacity: (f64, f64),
    /// How much a token of each class counts, >= 0, not all 0.
    pub weights: ByClass,
    /// The fewest units that can be bought, other than none.
    pub minimum: f64,
    /// The step above the minimum; `None` for fractional units.
    pub increment: Option<f64>,
}

impl Axis {
    /// Whether so many units can be bought: none, or the minimum and any number of steps above it.
    #[must_use]
    pub fn allows(&self, units: f64) -> bool {
        if !(units >= 0.0 && units.is_finite()) {
            return false;
        }
        let above = units - self.minimum;
        match self.increment {
            _ if units == 0.0 => true,
            None => above >= 0.0,
            Some(step) => above >= -1e-9 * step && (above / step - (above / step).round()).abs() <= 1e-9 * (above / step).abs().max(1.0),
        }
    }

    /// What [`Axis::allows`], in words.
    #[must_use]
    pub fn allowed(&self) -> String {
        let minimum = crate::supply::short(self.minimum);
        match self.increment {
            Some(step) => format!("0, or {minimum} and steps of {} above it", crate::supply::short(step)),
            None if self.minimum > 0.0 => format!("0, or any number from {minimum}"),
            None => "any number from 0".to_owned(),
        }
    }
}

/// An offer paid by the token, for jobs that can wait.
#[derive(Clone, Debug)]
pub struct Batch {
    /// What a token costs.
    pub price: TokenPrices,
    /// Hours of work that make a job, >= 1; windows are counted from the start of the horizon.
    pub window: usize,
    /// The fewest records (requests) a job may have.
    pub minimum_records: u64,
    /// The most records a job may have, at least the minimum.
    pub maximum_records: Option<u64>,
    /// Hours within which a job is done.
    pub deadline: f64,
    /// How long jobs take; `None` where they count as done in time.
    pub completion: Option<Completion>,
}

impl Batch {
    /// The number of equal jobs that so many records make, at least 1.
    #[must_use]
    pub fn jobs(&self, records: f64) -> u64 {
        self.maximum_records.map_or(1, |most| ((records / most as f64).ceil() as u64).max(1))
    }

    /// Records from which on and up to which every number of them can be handed in.
    #[must_use]
    pub(crate) fn surely_takes(&self) -> (f64, f64) {
        let least = self.minimum_records as f64;
        // j jobs of at most m records hold more than m (j − 1) / j each, at least half of m.
        let most = self.maximum_records.map(|most| most as f64).filter(|&most| most < 2.0 * least);
        (least, most.unwrap_or(f64::INFINITY))
    }

    /// Whether a window's records can be handed in: as one job, or as equal jobs when there are too many for one.
    #[must_use]
    pub fn takes(&self, records: f64) -> bool {
        if !(records > 0.0) {
            return false;
        }
        let jobs = self.maximum_records.map_or(1.0, |most| (records / most as f64).ceil().max(1.0));
        records / jobs >= self.minimum_records as f64
    }
}
