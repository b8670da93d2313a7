//! What is changed on the way to a flip point: where a change could matter, by how much it is tried, and the scenario with it.

use super::criterion::Criterion;
use crate::scenario::Scenario;

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lever {
    /// Every workload's level.
    Traffic,
    /// Every on-demand price.
    OnDemandPrice,
    /// Every price of a unit-hour.
    UnitPrice,
    /// What a unit serves.
    UnitThroughput,
    /// The log-drift of demand a month, added to the stated growth.
    Growth,
    /// The part of every prompt that is read from the cache, in points: of each workload whose offers tell the difference, as far as it can
    /// have more or less.
    CacheShare,
}

impl Lever {
    /// All levers, in the order they are reported.
    pub const ALL: [Self; 6] = [Self::Traffic, Self::OnDemandPrice, Self::UnitPrice, Self::UnitThroughput, Self::Growth, Self::CacheShare];

    /// Whether a change is an amount that is added, rather than a part of what is stated.
    #[must_use]
    pub fn adds(self) -> bool {
        matches!(self, Self::Growth | Self::CacheShare)
    }

    /// Whether it is a price: those change no token's way.
    pub(super) fn is_price(self) -> bool {
        matches!(self, Self::OnDemandPrice | Self::UnitPrice)
    }

    /// Whether a change lets less be asked of what may be throttled, or more be served.
    pub(super) fn relieves(self, change: f64) -> bool {
        match self {
            Self::Traffic | Self::Growth => change < 0.0,
            Self::UnitThroughput | Self::CacheShare => change > 0.0,
            Self::OnDemandPrice | Self::UnitPrice => false,
        }
    }

    /// Whether moving it could change an answer: units that are bought, more than one plan, or limits or a budget that one can break.
    pub(super) fn plays(self, scenario: &Scenario, criterion: Criterion) -> bool {
        let plans = &scenario.supply.plans;
        let (several, bought) = (plans.len() > 1, plans.iter().any(|plan| !plan.buys_nothing()));
        let prices_could = several || criterion.budget.is_some();
        let could_change = prices_could || scenario.limits.any();
        match self {
            Self::OnDemandPrice => prices_could,
            Self::UnitPrice => prices_could && bought,
            Self::UnitThroughput => bought && could_change,
            Self::Traffic => could_change,
            Self::Growth => scenario.horizon.months() > 1 && could_change,
            Self::CacheShare => could_change && !caching(scenario).is_empty(),
        }
    }

    /// The changes that are tried, from small to large in one direction: relative ones, or additions. None where there is no room.
    pub(super) fn steps(self, scenario: &Scenario, upwards: bool) -> Vec<f64> {
        const GROWTH: [f64; 3] = [0.02, 0.05, 0.1];
        const POINTS: [f64; 3] = [0.1, 0.25, 0.5];
        match (self, upwards) {
            (Self::Growth, true) => GROWTH.to_vec(),
            (Self::Growth, false) => GROWTH.map(|step| -step).to_vec(),
            (Self::CacheShare, _) => {
                let most = room(scenario, upwards);
                let below = POINTS.into_iter().filter(|step| *step < most);
                let steps = below.chain(Some(most).filter(|most| *most > 0.0));
                steps.map(|step| if upwards { step } else { -step }).collect()
            }
            (_, true) => vec![0.1, 0.25, 0.5, 1.0],
            (_, false) => vec![-0.1, -0.2, -0.35, -0.5, -0.7],
        }
    }

    /// The scenario with the lever moved.
    pub(super) fn apply(self, scenario: &Scenario, change: f64) -> Scenario {
        match self {
            Self::Traffic => scenario.with_demand(scenario.demand.scaled(1.0 + change)),
            Self::Growth => scenario.with_demand(scenario.demand.with_growth(change)),
            Self::UnitThroughput => scenario.with_supply(scenario.supply.with_capacity_factor(1.0 + change)),
            Self::CacheShare => scenario.with_cached(change, &caching(scenario)),
            Self::OnDemandPrice | Self::UnitPrice => scenario.clone(),
        }
    }
}

/// Workloads of which it matters how much of their prompts is read from the cache, and whose share can change.
fn caching(scenario: &Scenario) -> Vec<usize> {
    let told = |&workload: &usize| scenario.demand.cache_room(workload).is_some() && scenario.supply.tells_cache(workload);
    (0..scenario.demand.workloads.len()).filter(told).collect()
}

/// By how much the cached share of any of them can rise or fall.
fn room(scenario: &Scenario, upwards: bool) -> f64 {
    let of = |workload| scenario.demand.cache_room(workload).map_or(0.0, |(down, up)| if upwards { up } else { down });
    caching(scenario).into_iter().map(of).fold(0.0, f64::max)
}
