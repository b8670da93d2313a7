//! Offers as the file writes them: prices, quotas, capacities, terms, windows and discounts.

use super::CompletionSpec;
use super::metering::{HoldSpec, Refill};
use super::window::WindowSpec;
use crate::spec::{At, Field, Map, Node, Reader, Spec, Value};
use crate::supply::outage::{AvailabilitySpec, IncidentsSpec};
use crate::supply::price_cut::PriceCutSpec;
use crate::units::{Hours, Quantity, RequestRate, Share, TokenPrice, TokenRate, UnitPrice};
use jiff::civil::Date;
use serde_json::json;

crate::spec_choice! {
    /// One way to be served.
    pub enum OfferSpec by "kind" {
        /// Paid by the token, within a quota.
        "on-demand" => OnDemand(OnDemandSpec),
        /// Units paid by the hour, used or not.
        "provisioned" => Provisioned(ProvisionedSpec),
        /// Paid by the token at a lower price, for work that can wait.
        "batch" => Batch(BatchSpec),
    }
}

crate::spec_table! {
    /// An offer paid by the token, within a quota.
    pub struct OnDemandSpec {
        /// The name that routes use.
        required name: String,
        /// Where the numbers come from.
        optional source: String,
        /// The day the numbers were read.
        optional date: Date,
        /// Price by token class.
        required price: PriceSpec,
        /// Weighted tokens that a minute may take; without it nothing is throttled here, but by incidents.
        optional quota: QuotaSpec,
        /// Times in which a share of the quota is gone.
        optional incidents: IncidentsSpec,
        /// What is taken off the prices.
        optional discount: DiscountSpec,
        /// Price cuts that may come.
        list price_cuts: PriceCutSpec,
    }
}

crate::spec_table! {
    /// Units paid by the hour, used or not.
    pub struct ProvisionedSpec {
        /// The name that routes use.
        required name: String,
        /// Where the numbers come from.
        optional source: String,
        /// The day the numbers were read.
        optional date: Date,
        /// Weighted tokens that one unit serves per time, or the range it lies in.
        optional capacity: CapacitySpec,
        /// How much a token of each class counts against the capacity; 1 where nothing is said.
        optional weights: WeightsSpec,
        /// The fewest units that can be bought; none at all is always allowed.
        optional minimum: f64,
        /// The step between numbers of units, or "any" for fractional units.
        optional increment: IncrementSpec,
        /// Input and output bought apart, instead of `capacity`.
        optional axes: AxesSpec,
        /// What spills over when a minute is full: its excess, or the whole request that crosses the limit.
        optional overflow: OverflowRule,
        /// The span of time over which the capacity holds, or a list of spans by units; a minute unless given.
        optional window: WindowSpec,
        /// How the capacity of a window comes back: "at once" (unless given) or "steadily".
        optional refill: Refill,
        /// What requests hold of it from their start until their output is known.
        optional hold: HoldSpec,
        /// Price of a unit-hour by term.
        required terms: Map<TermPriceSpec>,
        /// What happens when a term ends.
        optional renewal: Renewal,
        /// The month of the horizon, from 1, in which the units start.
        optional start_month: u64,
        /// Units that exist by schedule are paid in multiples of so many whole hours, from 1 h (unless given) to a week, each run rounded up.
        optional billed_in: Hours,
        /// When units serve; always unless given.
        optional availability: AvailabilitySpec,
        /// What is taken off the prices.
        optional discount: DiscountSpec,
    }
}

crate::spec_table! {
    /// An offer for work that can wait.
    pub struct BatchSpec {
        /// The name that routes use.
        required name: String,
        /// Where the numbers come from.
        optional source: String,
        /// The day the numbers were read.
        optional date: Date,
        /// Price by token class; cache classes without a price cost as much as input.
        required price: PriceSpec,
        /// A job holds the records of so long a span of time.
        optional window: Hours,
        /// The fewest records a job may have.
        optional minimum_records: u64,
        /// The most records a job may have.
        optional maximum_records: u64,
        /// The time within which a job is done.
        optional deadline: Hours,
        /// How long a job takes from the moment it is handed in; without it, a job counts as done in time.
        optional completion: CompletionSpec,
        /// After so long a job is given up: what it has not done by then is not billed and goes on. 24 h unless said; needs a `completion`.
        optional expiry: Hours,
        /// Jobs that may be in progress at the same time; further ones wait for one to end. Needs a `completion`.
        optional jobs_in_flight: u64,
        /// What is taken off the prices.
        optional discount: DiscountSpec,
    }
}

crate::spec_table! {
    /// A price for each token class that can occur.
    pub struct PriceSpec {
        /// Fresh prompt tokens.
        optional input: TokenPrice,
        /// Generated tokens.
        optional output: TokenPrice,
        /// Prompt tokens read from the cache.
        optional cache_read: TokenPrice,
        /// Prompt tokens written to the cache.
        optional cache_write: TokenPrice,
    }
}

crate::spec_table! {
    /// How much a token of each class counts.
    pub struct WeightsSpec {
        /// Fresh prompt tokens.
        optional input: f64,
        /// Generated tokens.
        optional output: f64,
        /// Prompt tokens read from the cache.
        optional cache_read: f64,
        /// Prompt tokens written to the cache.
        optional cache_write: f64,
    }
}

crate::spec_table! {
    /// The most that an account may ask for, enforced per minute: `rate`, or `shared_with` alone.
    pub struct QuotaSpec {
        /// Weighted tokens per time.
        optional rate: TokenRate,
        /// What other traffic of the same account takes of it, weighted tokens per time, at every minute alike.
        optional others: TokenRate,
        /// How much a token of each class counts; 1 where nothing is said.
        optional weights: WeightsSpec,
        /// The span of time over which the rate holds; a minute unless given.
        optional window: Hours,
        /// How the quota of a window comes back: "at once" (unless given) or "steadily".
        optional refill: Refill,
        /// What requests hold of it from their start until their output is known.
        optional hold: HoldSpec,
        /// Requests per time that may be sent, whatever their tokens; the smaller of both limits holds.
        optional requests: RequestRate,
        /// The span of time over which `requests` holds; the window of `rate` unless given.
        optional request_window: Hours,
        /// Weighted tokens that a day may take, as "500M tokens/day"; then nothing is served until the local midnight.
        optional per_day: TokenRate,
        /// The on-demand offer whose quota this one draws on, instead of a quota of its own.
        optional shared_with: String,
    }
}

crate::spec_table! {
    /// Two axes that are bought apart.
    pub struct AxesSpec {
        /// Units for what goes in.
        required input: AxisSpec,
        /// Units for what comes out.
        required output: AxisSpec,
    }
}

crate::spec_table! {
    /// One axis of an offer that is bought apart.
    pub struct AxisSpec {
        /// Weighted tokens that one unit serves per time, or the range it lies in.
        required capacity: CapacitySpec,
        /// How much a token of each class counts on this axis; classes left out do not count.
        optional weights: WeightsSpec,
        /// The fewest units that can be bought; none at all is always allowed.
        optional minimum: f64,
        /// The step between numbers of units, or "any" for fractional units.
        optional increment: IncrementSpec,
    }
}

crate::spec_table! {
    /// A range of rates.
    pub struct RateRangeSpec {
        /// The lowest it can be.
        required low: TokenRate,
        /// The highest it can be.
        required high: TokenRate,
    }
}

crate::spec_table! {
    /// A price of a unit-hour on each axis.
    pub struct AxisPriceSpec {
        /// Units of the input axis.
        required input: UnitPrice,
        /// Units of the output axis.
        required output: UnitPrice,
    }
}

crate::spec_table! {
    /// What is taken off each line; `all` stands for those that are not named.
    pub struct DiscountLinesSpec {
        /// Off every line that is not named.
        optional all: Share,
        /// Off fresh prompt tokens.
        optional input: Share,
        /// Off generated tokens.
        optional output: Share,
        /// Off prompt tokens read from the cache.
        optional cache_read: Share,
        /// Off prompt tokens written to the cache.
        optional cache_write: Share,
        /// Off unit-hours.
        optional units: Share,
    }
}

crate::spec_words! {
    /// What spills over when a minute is full.
    pub enum OverflowRule {
        /// The minute's excess alone.
        "minute" => Minute,
        /// The whole request that crosses the limit.
        "request" => Request,
    }
}

crate::spec_words! {
    /// What happens when a term ends.
    pub enum Renewal {
        /// It begins again at the same price.
        "renew" => Renew,
        /// The units are gone.
        "end" => End,
        /// The units go on by the hour, at the price of the term "none".
        "hourly" => Hourly,
    }
}

/// What one unit serves: known, or somewhere in a range.
#[derive(Clone, Debug)]
pub enum CapacitySpec {
    /// Known.
    Rate(TokenRate),
    /// Unknown: uniform in the range, one draw per replication.
    Range(RateRangeSpec),
}

impl Spec for CapacitySpec {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::Table(_) => RateRangeSpec::read(node, at, reader).map(Self::Range),
            _ => TokenRate::read(node, at, reader).map(Self::Rate),
        }
    }

    fn schema() -> serde_json::Value {
        json!({ "description": TokenRate::FORM, "anyOf": [TokenRate::schema(), RateRangeSpec::schema()] })
    }
}

/// The step between numbers of units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum IncrementSpec {
    /// A step, > 0 once checked.
    Step(f64),
    /// Fractions of a unit can be bought.
    Any,
}

impl Spec for IncrementSpec {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::String(_) => crate::spec::read_word(node, at, reader, &["any"]).map(|_| Self::Any),
            _ => f64::read(node, at, reader).map(Self::Step),
        }
    }

    fn schema() -> serde_json::Value {
        json!({ "anyOf": [{ "type": "number", "exclusiveMinimum": 0 }, { "const": "any" }] })
    }
}

/// Price of a unit-hour, on one axis or on two.
#[derive(Clone, Debug)]
pub enum TermPriceSpec {
    /// One axis.
    One(UnitPrice),
    /// Two axes.
    Two(AxisPriceSpec),
}

impl Spec for TermPriceSpec {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::Table(_) => AxisPriceSpec::read(node, at, reader).map(Self::Two),
            _ => UnitPrice::read(node, at, reader).map(Self::One),
        }
    }

    fn schema() -> serde_json::Value {
        json!({ "description": UnitPrice::FORM, "anyOf": [UnitPrice::schema(), AxisPriceSpec::schema()] })
    }
}

/// What is taken off prices: one share for every line, or one by line.
#[derive(Clone, Debug)]
pub enum DiscountSpec {
    /// Off every line.
    All(Share),
    /// By line.
    Lines(DiscountLinesSpec),
}

impl Spec for DiscountSpec {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::Table(_) => DiscountLinesSpec::read(node, at, reader).map(Self::Lines),
            _ => Share::read(node, at, reader).map(Self::All),
        }
    }

    fn schema() -> serde_json::Value {
        json!({ "description": Share::FORM, "anyOf": [Share::schema(), DiscountLinesSpec::schema()] })
    }
}

impl OfferSpec {
    /// The offer's name, with its place.
    #[must_use]
    pub fn name(&self) -> &Field<String> {
        match self {
            Self::OnDemand(spec) => &spec.name,
            Self::Provisioned(spec) => &spec.name,
            Self::Batch(spec) => &spec.name,
        }
    }
}
