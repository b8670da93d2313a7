//! The metrics of the output files: their names, units, and how months make a horizon.

use crate::supply::{PoolGroup, Supply};

/// A metric of the output files, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// All spend.
    CostTotal,
    /// Spend on demand.
    CostOnDemand,
    /// Spend on units, used or not.
    CostProvisioned,
    /// The part of it that was not used.
    CostProvisionedIdle,
    /// Spend on batch.
    CostBatch,
    /// The baseline's spend minus this plan's, on the same futures.
    SavingVsBaseline,
    /// Spend per million tokens served.
    CostPerMillionTokens,
    /// Tokens asked for.
    TokensDemand,
    /// Tokens throttled for good.
    TokensThrottled,
    /// Tokens that missed their deadline.
    TokensLate,
    /// Requests that missed their deadline.
    RequestsLate,
    /// Share of the windows (jobs) of which something missed its deadline: its mean is the chance that one does.
    DeadlineMissed,
    /// Tokens that would have been late with a deadline one hour longer, everything else alike.
    TokensLateOneHourMore,
    /// Tokens that still waited when the horizon ended and were not late by then.
    TokensWaiting,
    /// Windows with too few records for a batch job: their work went to the next offer.
    WindowsBelowMinimum,
    /// Their requests.
    RequestsBelowMinimum,
    /// Share of requests throttled.
    RequestsThrottledShare,
    /// Share of tokens throttled.
    ThrottledShare,
    /// Expected minutes with throttling.
    ThrottledMinutes,
    /// Expected hours with at least one such minute.
    ThrottledHours,
    /// Chance that any minute of the month (of the horizon) throttles.
    ThrottlingProbability,
    /// Answers 429: requests refused, once for each attempt. Where clients come back, or a bucket or windows of two lengths need walks.
    RequestsRefused,
    /// Attempts for each request that neither waits nor goes to batch; 1 when nobody comes back.
    AttemptsPerRequest,
    /// Mean seconds that such requests waited between their first attempt and the one that was served.
    AddedWaitMean,
    /// Seconds that one served request in twenty waited longer than; over several months or pools, the largest.
    AddedWaitP95,
    /// Hours that were simulated window by window, rather than as an expectation.
    RefinedHours,
    /// Used share of the bought capacity, in weighted tokens.
    Utilisation,
    /// Share of the tokens asked for that bought capacity served.
    Coverage,
    /// Tokens of the largest hour ÷ 60.
    PeakTokensPerMinute,
    /// Weighted tokens per minute that minutes exceed with the share that `[report] peak_percentile` leaves.
    PeakQuotaTokensPerMinute,
    /// What is still owed on commitments when the horizon ends.
    CommittedAfterHorizon,
    /// Spend that terms and reservations bind to, less what the tokens that units served would have cost on the pool's last on-demand
    /// offer at the price then in force: what a price cut, a migration or a late launch strands. By month and pool, 0 where units were
    /// worth their price, and a sum over both.
    Stranded,
}

impl Metric {
    /// All metrics, in the order of the files.
    pub const ALL: [Self; 32] = [
        Self::CostTotal,
        Self::CostOnDemand,
        Self::CostProvisioned,
        Self::CostProvisionedIdle,
        Self::CostBatch,
        Self::SavingVsBaseline,
        Self::CostPerMillionTokens,
        Self::TokensDemand,
        Self::TokensThrottled,
        Self::TokensLate,
        Self::RequestsLate,
        Self::DeadlineMissed,
        Self::TokensLateOneHourMore,
        Self::TokensWaiting,
        Self::WindowsBelowMinimum,
        Self::RequestsBelowMinimum,
        Self::RequestsThrottledShare,
        Self::ThrottledShare,
        Self::ThrottledMinutes,
        Self::ThrottledHours,
        Self::ThrottlingProbability,
        Self::RequestsRefused,
        Self::AttemptsPerRequest,
        Self::AddedWaitMean,
        Self::AddedWaitP95,
        Self::RefinedHours,
        Self::Utilisation,
        Self::Coverage,
        Self::PeakTokensPerMinute,
        Self::PeakQuotaTokensPerMinute,
        Self::CommittedAfterHorizon,
        Self::Stranded,
    ];

    /// The metrics of `monthly.csv` and `quarterly.csv`, in their order.
    pub const MONTHLY: [Self; 6] =
        [Self::CostTotal, Self::CostOnDemand, Self::CostProvisioned, Self::CostBatch, Self::TokensDemand, Self::RequestsThrottledShare];

    /// The name in the files; `currency` is the scenario's code, which names the cost per million tokens.
    #[must_use]
    pub fn name(self, currency: &str) -> String {
        match self {
            Self::CostTotal => "cost_total",
            Self::CostOnDemand => "cost_on_demand",
            Self::CostProvisioned => "cost_provisioned",
            Self::CostProvisionedIdle => "cost_provisioned_idle",
            Self::CostBatch => "cost_batch",
            Self::SavingVsBaseline => "saving_vs_baseline",
            Self::CostPerMillionTokens => return format!("{}_per_million_tokens", currency.to_ascii_lowercase()),
            Self::TokensDemand => "tokens_demand",
            Self::TokensThrottled => "tokens_throttled",
            Self::TokensLate => "tokens_late",
            Self::RequestsLate => "requests_late",
            Self::DeadlineMissed => "deadline_missed",
            Self::TokensLateOneHourMore => "tokens_late_one_hour_more",
            Self::TokensWaiting => "tokens_waiting",
            Self::WindowsBelowMinimum => "windows_below_minimum",
            Self::RequestsBelowMinimum => "requests_below_minimum",
            Self::RequestsThrottledShare => "requests_throttled_share",
            Self::ThrottledShare => "throttled_share",
            Self::ThrottledMinutes => "throttled_minutes",
            Self::ThrottledHours => "throttled_hours",
            Self::ThrottlingProbability => "throttling_probability",
            Self::RequestsRefused => "requests_refused",
            Self::AttemptsPerRequest => "attempts_per_request",
            Self::AddedWaitMean => "added_wait_mean",
            Self::AddedWaitP95 => "added_wait_p95",
            Self::RefinedHours => "refined_hours",
            Self::Utilisation => "utilisation",
            Self::Coverage => "coverage",
            Self::PeakTokensPerMinute => "peak_tokens_per_minute",
            Self::PeakQuotaTokensPerMinute => "peak_quota_tokens_per_minute",
            Self::CommittedAfterHorizon => "committed_after_horizon",
            Self::Stranded => "stranded",
        }
        .to_owned()
    }

    /// The unit in the files.
    #[must_use]
    pub fn unit(self, currency: &str) -> String {
        match self {
            Self::CostTotal
            | Self::CostOnDemand
            | Self::CostProvisioned
            | Self::CostProvisionedIdle
            | Self::CostBatch
            | Self::SavingVsBaseline
            | Self::CommittedAfterHorizon
            | Self::Stranded => currency.to_owned(),
            Self::CostPerMillionTokens => format!("{currency}/1M tokens"),
            Self::TokensDemand | Self::TokensThrottled | Self::TokensLate | Self::TokensLateOneHourMore | Self::TokensWaiting => {
                "tokens".to_owned()
            }
            Self::RequestsLate | Self::RequestsBelowMinimum | Self::RequestsRefused => "requests".to_owned(),
            Self::WindowsBelowMinimum => "windows".to_owned(),
            Self::RequestsThrottledShare
            | Self::ThrottledShare
            | Self::ThrottlingProbability
            | Self::DeadlineMissed
            | Self::Utilisation
            | Self::Coverage => "share".to_owned(),
            Self::ThrottledMinutes => "minutes".to_owned(),
            Self::ThrottledHours | Self::RefinedHours => "hours".to_owned(),
            Self::AttemptsPerRequest => "attempts".to_owned(),
            Self::AddedWaitMean | Self::AddedWaitP95 => "s".to_owned(),
            Self::PeakTokensPerMinute => "tokens/min".to_owned(),
            Self::PeakQuotaTokensPerMinute => "weighted tokens/min".to_owned(),
        }
    }

    /// Whether the tail's mean (CVaR) is given: for what hurts when it is large, costs, throttling and lateness.
    #[must_use]
    pub fn has_tail(self) -> bool {
        !matches!(
            self,
            Self::SavingVsBaseline
                | Self::TokensDemand
                | Self::RefinedHours
                | Self::TokensWaiting
                | Self::WindowsBelowMinimum
                | Self::RequestsBelowMinimum
                | Self::Utilisation
                | Self::Coverage
                | Self::PeakTokensPerMinute
                | Self::PeakQuotaTokensPerMinute
                | Self::CommittedAfterHorizon
        )
    }

    /// Whether it is a fact of the demand, whatever serves it.
    #[must_use]
    pub fn is_demand(self) -> bool {
        matches!(self, Self::TokensDemand | Self::PeakTokensPerMinute)
    }

    /// Whether the members of a pool have it too: what they ask for, what they get, what they are throttled and what they bear.
    #[must_use]
    pub fn is_of_members(self) -> bool {
        self.is_demand()
            || matches!(
                self,
                Self::CostTotal
                    | Self::CostOnDemand
                    | Self::CostProvisioned
                    | Self::CostProvisionedIdle
                    | Self::CostBatch
                    | Self::SavingVsBaseline
                    | Self::CostPerMillionTokens
                    | Self::TokensThrottled
                    | Self::RequestsThrottledShare
                    | Self::ThrottledShare
                    | Self::Coverage
            )
    }

    /// Whether the files tell of it: of lateness where some work waits, of small jobs where some goes to batch.
    #[must_use]
    pub fn is_told(self, supply: &Supply) -> bool {
        match self {
            Self::RequestsLate | Self::DeadlineMissed | Self::TokensLateOneHourMore | Self::TokensWaiting => supply.waits(),
            Self::WindowsBelowMinimum | Self::RequestsBelowMinimum => supply.groups.iter().any(PoolGroup::tries_batch),
            _ => true,
        }
    }

    /// Whether it is known for the whole horizon only.
    #[must_use]
    pub fn is_horizon_only(self) -> bool {
        self == Self::CommittedAfterHorizon
    }
}
