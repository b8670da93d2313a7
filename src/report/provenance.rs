//! Where the numbers of a report come from: what somebody needs to make the same ones again.

use crate::decision::Precise;
use crate::scenario::Scenario;
use crate::simulation::Run;
use crate::statistics::Sampling;
use jiff::civil::Date;

/// What a run was. Holds nothing that changes from day to day, so that equal runs give equal bytes.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// Version of this program.
    pub version: &'static str,
    /// Version of the random streams: equal versions, scenarios and seeds give equal draws.
    pub stream_version: u32,
    /// The way through the simulation that all plans took: "kernel" or "reference".
    pub engine: String,
    /// The seed.
    pub seed: u64,
    /// Replications that the figures are made of.
    pub replications: u64,
    /// Replications that were asked for; more than were made when the run was interrupted.
    pub replications_asked: u64,
    /// How precise the run is, where a precision was asked for.
    pub precision: Option<Precise>,
    /// How they were sampled.
    pub sampling: Sampling,
    /// SHA-256 of the resolved scenario.
    pub scenario_digest: String,
    /// Source and date of each offer's prices, as the scenario states them.
    pub prices: Vec<PriceDate>,
}

/// Where an offer's numbers come from.
#[derive(Clone, Debug)]
pub struct PriceDate {
    /// Name of the offer.
    pub offer: String,
    /// The source, in the user's words.
    pub source: Option<String>,
    /// The day they were read.
    pub date: Option<Date>,
}

impl Provenance {
    /// The provenance of a run of `scenario`.
    #[must_use]
    pub fn new<S>(scenario: &Scenario, run: &Run<S>) -> Self {
        let price = |offer: &crate::supply::Offer| PriceDate { offer: offer.name.clone(), source: offer.source.clone(), date: offer.date };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            stream_version: crate::random::stream::STREAM_VERSION,
            engine: run.engine.to_string(),
            seed: run.seed,
            replications: run.replications,
            replications_asked: run.asked,
            precision: None,
            sampling: scenario.sampling,
            scenario_digest: scenario.digest.clone(),
            prices: scenario.supply.offers.iter().map(price).collect(),
        }
    }

    /// The same of a run that was drawn until it was precise.
    #[must_use]
    pub fn with_precision(self, precision: Option<Precise>) -> Self {
        Self { precision, ..self }
    }

    /// Whether every replication that was asked for was made.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.replications == self.replications_asked
    }
}
