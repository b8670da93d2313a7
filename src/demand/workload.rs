//! Workloads: the table of the scenario file, and the immutable model it becomes.

use super::chance::Chance;
use super::events::EventSpec;
use super::growth::{Growth, GrowthSpec};
use super::kind::Kind;
use super::level::LevelSpec;
use super::minute::{MinuteModel, MinuteSpec};
use super::noise::{Noise, NoiseSpec};
use super::on_off::{OnOff, OnOffSpec};
use super::plain::PlainSpec;
use super::requests::{Counts, RequestsSpec};
use super::retry::{Retry, RetrySpec};
use super::shape::ShapeSpec;
use super::source::Source;
use super::spikes::{Spikes, SpikesSpec};
use super::spread::SizeSpread;
use super::tokens::{Sizes, TokensSpec};
use super::walk::Walk;
use super::{DayMatch, Missing};
use crate::spec::{Map, OffOr};
use crate::units::{ByClass, Hours, Share};
use crate::{spec_table, spec_words};

spec_words! {
    /// How soon a workload must be served.
    pub enum Class {
        /// Now.
        "interactive" => Interactive,
        /// Within its window and deadline.
        "deferrable" => Deferrable,
    }
}

spec_table! {
    /// One named stream of requests to one model.
    pub struct WorkloadSpec {
        /// Its name, used in routes and results.
        required name: String,
        /// "interactive" (served now) or "deferrable" (may wait).
        optional class: Class,
        /// Deferrable work that arrives within one window is one job.
        optional window: Hours,
        /// Deferrable work must be done this long after it arrived.
        optional deadline: Hours,
        /// Deferrable work waits until an offer has room for it, instead of being throttled in the hour it arrives.
        optional queue: bool,
        /// The kind of client; fills what is not given from measurements of public traces.
        optional kind: Kind,
        /// Tokens of all classes an hour, and how well that is known.
        optional level: LevelSpec,
        /// A CSV file of your own hours, resampled by whole days.
        optional usage: String,
        /// The model whose rows of the file are meant.
        optional usage_model: String,
        /// What hours without a row mean: "zero" or "gap".
        optional missing: Missing,
        /// Which days of the usage may stand for a day: "any", "day-kind" or "weekday".
        optional match_days: DayMatch,
        /// A CSV file that is replayed as the one future.
        optional replay: String,
        /// Whether the replay starts over at its end.
        optional repeat: bool,
        /// Tokens an hour straight from a law.
        optional demand: PlainSpec,
        /// The shape of the week.
        optional shape: ShapeSpec,
        /// Growth by month.
        optional growth: GrowthSpec,
        /// Twelve factors, January to December.
        list season: f64,
        /// Noise of the hours.
        optional noise: NoiseSpec,
        /// On- and off-periods.
        optional on_off: OnOffSpec,
        /// Spikes.
        optional spikes: SpikesSpec,
        /// Dated events.
        list events: EventSpec,
        /// The law of the requests in an hour: "poisson", "negative-binomial" with its shape, or "none".
        optional requests: RequestsSpec,
        /// Tokens of a request by class.
        optional tokens: TokensSpec,
        /// How minutes spread within the hour, or "off".
        optional minute: OffOr<MinuteSpec>,
        /// The share of an interactive workload that can wait.
        optional deferrable_share: Share,
        /// How clients come back after a throttled request; they do not unless this is given.
        optional retry: RetrySpec,
        /// Who is served first in a pool: 1 to 9, and 1 is before 2; all alike unless said.
        optional priority: u64,
        /// Loadings on shared factors, by the factor's name.
        optional factors: Map<f64>,
    }
}

/// A workload's immutable model.
///
/// The expected tokens of hour t are level(r, week) × growth(r, month) × shape(hour of week) × season(month of the year) × noise × spikes ×
/// on/off × events × shared factors, of all classes together. Shares that events move to other workloads are taken from and added to
/// these; then requests, sizes and classes follow.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its name.
    pub name: String,
    /// How soon it must be served.
    pub class: Class,
    /// Hours whose deferrable work makes one job, > 0.
    pub window: f64,
    /// Hours from arrival until deferrable work must be done, > 0.
    pub deadline: f64,
    /// Whether deferrable work waits until an offer has room for it. Otherwise it is served in the hour it arrives, or throttled.
    pub queue: bool,
    /// The share of an interactive workload that can wait, 0 to 1; the supply side splits it off.
    pub deferrable_share: f64,
    /// Who is served first in a pool, 1 to 9 with 1 before 2; `None` where the file does not say.
    pub priority: Option<u8>,
    /// How minutes spread within an hour.
    pub minute: MinuteModel,
    /// The largest output a request may have, where it is stated.
    pub max_tokens: Option<f64>,
    /// How clients come back after a throttled request; `None` when they do not.
    pub retry: Option<Retry>,
    pub(super) source: Source,
    /// Standard deviation of the level's logarithm.
    pub(super) level_sd: f64,
    pub(super) walk: Option<Walk>,
    pub(super) growth: Growth,
    pub(super) noise: Noise,
    pub(super) on_off: Option<OnOff>,
    pub(super) spikes: Option<Spikes>,
    /// Index of a shared factor and the loading on it.
    pub(super) loadings: Vec<(usize, f64)>,
    pub(super) counts: Counts,
    pub(super) sizes: Sizes,
    /// How far a request's tokens spread, for the minutes.
    pub size_spread: SizeSpread,
    /// Events that may not come or come late, with the factor of their full effect.
    pub(super) uncertain: Vec<(Chance, f64)>,
    /// Level × shape × season × drift × factors of events that are sure to come in time, by hour.
    pub(super) base: Vec<f64>,
    /// Mean tokens of every hour over all replications, after moves.
    pub(super) mean: Vec<f64>,
}

impl Workload {
    /// Which token classes can occur, in the order of [`crate::units::CLASSES`].
    #[must_use]
    pub fn classes(&self) -> [bool; 4] {
        match &self.source {
            Source::Recorded(recorded) => {
                let tokens = recorded.mean.iter().fold(ByClass::ZERO, |sum, &tokens| sum + tokens);
                tokens.to_array().map(|tokens| tokens > 0.0)
            }
            Source::Modelled | Source::Plain(_) => self.sizes.possible(),
        }
    }

    /// An output that few of its requests exceed `[tokens]`; `None` where hours are recorded, which do not tell.
    #[must_use]
    pub fn long_output(&self) -> Option<f64> {
        (!matches!(self.source, Source::Recorded(_))).then(|| self.sizes.long_output())
    }

    /// Whether its requests are known: recorded, or made of tokens by a stated size. Otherwise each token counts as one.
    #[must_use]
    pub fn has_requests(&self) -> bool {
        match &self.source {
            Source::Recorded(recorded) if recorded.requests_known() => true,
            _ => !self.sizes.is_tokens_alone(),
        }
    }

    /// Mean tokens of a request, after `max_tokens` cuts its output; `None` where hours are recorded or each token counts as a request.
    #[must_use]
    pub fn mean_request(&self) -> Option<f64> {
        let known = !matches!(self.source, Source::Recorded(_)) && !self.sizes.is_tokens_alone();
        known.then(|| self.sizes.mean())
    }

    /// Mean tokens of every hour over all replications, moves included.
    #[must_use]
    pub fn mean_tokens(&self) -> &[f64] {
        &self.mean
    }

    /// Whether some of its events may not come, or come late.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        !self.uncertain.is_empty()
    }

    /// Mean of the factors on an hour that do not have mean 1.
    pub(super) fn mean_factor(&self) -> f64 {
        self.spikes.as_ref().map_or(1.0, Spikes::mean)
    }

    /// Mean tokens of an hour before moves.
    pub(super) fn mean_before_moves(&self, hour: usize) -> f64 {
        let source = match &self.source {
            Source::Modelled => 1.0,
            Source::Plain(plain) => plain.mean(),
            Source::Recorded(recorded) => recorded.mean.get(hour).map_or(0.0, crate::units::ByClass::total),
        };
        let of_event = |(chance, factor): &(Chance, f64)| 1.0 + (factor - 1.0) * chance.mean().get(hour).copied().unwrap_or(0.0);
        let events: f64 = self.uncertain.iter().map(of_event).product();
        self.base.get(hour).copied().unwrap_or(0.0) * source * self.mean_factor() * events
    }

    /// Whether the pair of the hour (fast noise, counts and sizes) is needed.
    pub(super) fn needs_noise(&self) -> bool {
        self.noise.has_fast() || (self.counts != Counts::None && !matches!(self.source, Source::Recorded(_)))
    }
}
