//! What is random about a scenario, by what its draws are for, so that nothing is left out: a purpose of draws that is not named here does not
//! compile.

use crate::demand::Varies;
use crate::random::stream::Purpose;
use crate::scenario::Scenario;
use crate::supply::Doubt;

/// Something random about a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// About what is asked for.
    Demand(Varies),
    /// About what serves it, and what that costs.
    Supply(Doubt),
}

impl Source {
    /// All of them: first demand, then supply.
    #[must_use]
    pub fn all() -> Vec<Self> {
        Varies::ALL.into_iter().map(Self::Demand).chain(Doubt::ALL.into_iter().map(Self::Supply)).collect()
    }

    /// What draws of a purpose move; nothing for those that spread the futures evenly.
    #[must_use]
    pub fn drawn_by(purpose: Purpose) -> &'static [Self] {
        use Source::{Demand, Supply};
        match purpose {
            Purpose::Level => &[Demand(Varies::Level)],
            Purpose::Walk => &[Demand(Varies::Walk)],
            Purpose::Growth => &[Demand(Varies::Growth)],
            // The second number of each pair is that of the hour's requests.
            Purpose::Noise => &[Demand(Varies::NoiseFast), Demand(Varies::Requests)],
            Purpose::NoiseSlow => &[Demand(Varies::NoiseSlow), Demand(Varies::NoiseWhite)],
            Purpose::Marginal => &[Demand(Varies::NoiseFast)],
            Purpose::Sizes => &[Demand(Varies::Sizes), Demand(Varies::Requests)],
            Purpose::OnOff => &[Demand(Varies::OnOff)],
            Purpose::Spikes => &[Demand(Varies::Spikes)],
            Purpose::Requests => &[Demand(Varies::Requests)],
            Purpose::Days | Purpose::Plain => &[Demand(Varies::Hours)],
            Purpose::Capacity => &[Supply(Doubt::Capacity)],
            Purpose::Outages => &[Supply(Doubt::Outages), Supply(Doubt::Incidents)],
            Purpose::Factor => &[Demand(Varies::Factors)],
            Purpose::Events => &[Demand(Varies::Events)],
            Purpose::PriceCuts => &[Supply(Doubt::PriceCuts)],
            Purpose::Batch => &[Supply(Doubt::Jobs)],
            Purpose::Minutes => &[Supply(Doubt::Minutes)],
            Purpose::Scramble => &[],
        }
    }

    /// Whether a scenario has it.
    pub(super) fn is_in(self, scenario: &Scenario) -> bool {
        match self {
            Self::Demand(what) => scenario.demand.varies(what),
            Self::Supply(what) => scenario.supply.doubts(what),
        }
    }

    /// Whether it can be held at its mean.
    #[must_use]
    pub fn can_be_held(self) -> bool {
        match self {
            Self::Demand(_) => true,
            Self::Supply(what) => what.can_be_held(),
        }
    }

    /// A name, as a part of a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Demand(Varies::Level) => "level at the start",
            Self::Demand(Varies::Walk) => "level, week by week",
            Self::Demand(Varies::Growth) => "growth",
            Self::Demand(Varies::NoiseFast) => "noise of hours",
            Self::Demand(Varies::NoiseSlow) => "noise of days",
            Self::Demand(Varies::NoiseWhite) => "noise without memory",
            Self::Demand(Varies::Hours) => "law of the hours, or recorded days",
            Self::Demand(Varies::OnOff) => "on and off",
            Self::Demand(Varies::Spikes) => "spikes",
            Self::Demand(Varies::Events) => "events that may not come",
            Self::Demand(Varies::Factors) => "shared factors",
            Self::Demand(Varies::Requests) => "requests and their lengths",
            Self::Demand(Varies::Sizes) => "drift of token lengths",
            Self::Supply(Doubt::Capacity) => "what a unit serves",
            Self::Supply(Doubt::Outages) => "outages of units",
            Self::Supply(Doubt::Incidents) => "incidents on demand",
            Self::Supply(Doubt::PriceCuts) => "price cuts",
            Self::Supply(Doubt::Jobs) => "durations of batch jobs",
            Self::Supply(Doubt::Minutes) => "minutes that are walked",
        }
    }
}

/// A scenario with these held at their means.
pub(super) fn held(scenario: &Scenario, sources: &[Source]) -> Scenario {
    let demand: Vec<Varies> =
        sources.iter().filter_map(|source| if let Source::Demand(what) = source { Some(*what) } else { None }).collect();
    let supply: Vec<Doubt> =
        sources.iter().filter_map(|source| if let Source::Supply(what) = source { Some(*what) } else { None }).collect();
    scenario.with_demand(scenario.demand.still(&demand)).with_supply(scenario.supply.still(&supply))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_drawn_by_something_and_has_a_name_of_its_own() {
        use Purpose::{
            Batch, Capacity, Days, Events, Factor, Growth, Level, Marginal, Minutes, Noise, NoiseSlow, OnOff, Outages, Plain, PriceCuts,
            Requests, Scramble, Sizes, Spikes, Walk,
        };
        let purposes = [
            Level, Walk, Growth, Noise, NoiseSlow, Marginal, Sizes, OnOff, Spikes, Requests, Days, Capacity, Factor, Plain, Events, Batch,
            Minutes, Scramble, Outages, PriceCuts,
        ];
        let drawn: Vec<Source> = purposes.into_iter().flat_map(Source::drawn_by).copied().collect();
        let all = Source::all();
        assert!(all.iter().all(|source| drawn.contains(source)));
        let names: std::collections::BTreeSet<_> = all.iter().map(|source| source.name()).collect();
        assert_eq!(names.len(), all.len());
    }
}
