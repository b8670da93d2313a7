//! The scenario file as written: the sections, each declared by the module that models it.

use super::lever::LeverSpec;
use crate::demand::{FactorSpec, WorkloadSpec};
use crate::statistics::Sampling;
use crate::supply::{OfferSpec, PlanSpec, PolicySpec};
use crate::units::{Currency, RequestPrice, Share};

crate::spec_table! {
    /// A tokentide scenario: demand, offers and plans, and what the plans are judged by.
    pub struct ScenarioSpec {
        /// What the scenario is called in reports.
        required name: String,
        /// The currency of every price; USD unless said.
        optional currency: Currency,
        /// Seed of all draws; 1 unless said.
        optional seed: u64,
        /// How many possible futures are drawn; 10 000 unless said.
        optional replications: u64,
        /// How those futures are sampled: "plain" or "sobol"; unless said, "sobol" where levels that stay, or noise, move spend most.
        optional sampling: Sampling,
        /// Name of the plan that the others are compared with; the first plan that is all on-demand unless said.
        optional baseline: String,
        /// The simulated calendar.
        optional horizon: HorizonSpec,
        /// What a plan must keep to be recommended.
        optional limits: LimitsSpec,
        /// How results are reported.
        optional report: ReportSpec,
        /// Random factors that several workloads share.
        list factor: FactorSpec,
        /// Ways to be served.
        list offer: OfferSpec,
        /// Streams of requests.
        list workload: WorkloadSpec,
        /// Which offers serve which workload, in which order, and how much is bought.
        list plan: PlanSpec,
        /// Schedules of purchases that `tokentide schedule` simulates.
        list policy: PolicySpec,
        /// What could be done about the demand, for `tokentide levers`; nothing else looks at it.
        list lever: LeverSpec,
    }
}

crate::spec_table! {
    /// The simulated calendar: `start` and `time_zone`, or `flat` months.
    pub struct HorizonSpec {
        /// First day of a real calendar.
        optional start: jiff::civil::Date,
        /// Length in months, 1 to 36; the longest term of the plans unless said.
        optional months: u64,
        /// Name in the time zone database, such as "America/New_York"; UTC unless said.
        optional time_zone: String,
        /// Months of equal length instead of a calendar.
        optional flat: FlatSpec,
    }
}

crate::spec_table! {
    /// Flat months: no calendar, starting on a Monday at 00:00.
    pub struct FlatSpec {
        /// Number of months, 1 to 36; the longest term of the plans unless said.
        optional months: u64,
        /// Hours in each month, 1 to 1023; 730 unless said.
        optional hours_per_month: u64,
    }
}

crate::spec_table! {
    /// What a plan must keep to be recommended. Limits hold per workload or pool.
    pub struct LimitsSpec {
        /// Largest share of a month's requests that may be throttled.
        optional throttled_requests_share: Share,
        /// Largest share of a month's windows (jobs) of work that waits of which something may miss its deadline.
        optional missed_deadlines_share: Share,
        /// Most hours of a month in some minute of which requests may be throttled.
        optional throttled_hours: f64,
        /// Share of the months in which the limits must hold; 95% unless said.
        optional in_share_of_months: Share,
        /// What a failed request costs: plans are then ranked by spend plus this, with or without a limit.
        optional cost_per_failed_request: RequestPrice,
    }
}

crate::spec_table! {
    /// How results are reported.
    pub struct ReportSpec {
        /// Share of the minutes that the quota peak leaves uncovered is one minus this; 99.9% unless said.
        optional peak_percentile: Share,
    }
}
