//! The scenarios between two, and which changes must go together for all of them to be scenarios.

use super::scheme::Scheme;
use crate::scenario::{InputChange, Loaded, Pair, Scenario};
use crate::statistics::Sampling;
use std::collections::BTreeMap;

/// The plan that is followed through all mixtures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Followed {
    /// The plan of this name.
    Plan(String),
    /// The plan that the others are compared with, whatever its name.
    Baseline,
}

impl Followed {
    /// Its index among the plans of a scenario.
    pub(super) fn plan_in(&self, scenario: &Scenario) -> Option<usize> {
        match self {
            Self::Plan(name) => scenario.plan(name),
            Self::Baseline => Some(scenario.baseline),
        }
    }
}

/// A scenario with the baseline and the followed plan alone, and where the latter stands.
#[derive(Debug)]
pub(super) struct Mixture {
    pub(super) scenario: Scenario,
    pub(super) plan: usize,
}

impl Mixture {
    fn of(scenario: &Scenario, followed: &Followed, sampling: Sampling) -> Option<Self> {
        let plan = followed.plan_in(scenario)?;
        let alone = plan == scenario.baseline;
        let indices = std::iter::once(scenario.baseline).chain((!alone).then_some(plan));
        let (supply, _) = scenario.supply.of_plans(indices.map(|index| scenario.supply.plans[index].clone()).collect());
        let supply = supply.without_peak().without_members();
        Some(Self { scenario: Scenario { baseline: 0, sampling, ..scenario.with_supply(supply) }, plan: usize::from(!alone) })
    }
}

/// All mixtures of two files, made when first asked for.
pub(super) struct Mixtures<'a> {
    pair: &'a Pair,
    changes: &'a [InputChange],
    followed: &'a Followed,
    /// By the changes that are taken over; `None` where they make no scenario with the followed plan.
    made: BTreeMap<Vec<usize>, Option<Mixture>>,
}

impl<'a> Mixtures<'a> {
    /// The mixtures that take over some of these changes.
    pub(super) fn new(pair: &'a Pair, changes: &'a [InputChange], followed: &'a Followed) -> Self {
        Self { pair, changes, followed, made: BTreeMap::new() }
    }

    /// One of the two files as it is.
    pub(super) fn end(&self, which: &Loaded) -> Option<Mixture> {
        Mixture::of(&which.scenario, self.followed, self.sampling())
    }

    /// The mixture of changes, ascending, that [`bundles`](Self::bundles) made before.
    pub(super) fn get(&self, taken: &[usize]) -> Option<&Mixture> {
        self.made.get(taken)?.as_ref()
    }

    fn sampling(&self) -> Sampling {
        self.pair.loaded[0].scenario.sampling
    }

    fn is_scenario(&mut self, taken: &[usize]) -> bool {
        if !self.made.contains_key(taken) {
            let places = taken.iter().flat_map(|&change| &self.changes[change].places);
            let mixed = self.pair.mixed(places).ok();
            let mixture = mixed.and_then(|loaded| Mixture::of(&loaded.scenario, self.followed, self.sampling()));
            self.made.insert(taken.to_vec(), mixture);
        }
        self.get(taken).is_some()
    }

    /// Joins changes until every mixture that their scheme needs is a scenario. Each list is ascending, and they are in the order of their
    /// first change.
    pub(super) fn bundles(&mut self, changes: &[usize]) -> (Vec<Vec<usize>>, Scheme) {
        let mut bundles: Vec<Vec<usize>> = changes.iter().map(|&change| vec![change]).collect();
        loop {
            let scheme = Scheme::of(bundles.len());
            // Both ends are the files themselves.
            let mut inner = scheme.sets.iter().filter(|set| !set.is_empty() && set.len() < bundles.len());
            let Some(broken) = inner.find(|set| !self.is_scenario(&taken(&bundles, set))) else { return (bundles, scheme) };
            bundles = self.join(bundles, broken.clone());
        }
    }

    /// Joins those of a mixture that is no scenario with those they need.
    fn join(&mut self, bundles: Vec<Vec<usize>>, broken: Vec<usize>) -> Vec<Vec<usize>> {
        // The fewest that break it: whatever can be left out while it stays broken is not to blame.
        let mut blamed = broken;
        for bundle in blamed.clone() {
            let fewer: Vec<usize> = blamed.iter().copied().filter(|&other| other != bundle).collect();
            if !fewer.is_empty() && !self.is_scenario(&taken(&bundles, &fewer)) {
                blamed = fewer;
            }
        }
        // The fewest beside them that mend it, starting from all.
        let mut joined: Vec<usize> = (0..bundles.len()).collect();
        for bundle in (0..bundles.len()).filter(|bundle| !blamed.contains(bundle)) {
            let fewer: Vec<usize> = joined.iter().copied().filter(|&other| other != bundle).collect();
            if self.is_scenario(&taken(&bundles, &fewer)) {
                joined = fewer;
            }
        }
        let (together, mut apart): (Vec<_>, Vec<_>) = bundles.into_iter().enumerate().partition(|(index, _)| joined.contains(index));
        let mut together: Vec<usize> = together.into_iter().flat_map(|(_, changes)| changes).collect();
        together.sort_unstable();
        apart.push((0, together));
        let mut bundles: Vec<Vec<usize>> = apart.into_iter().map(|(_, changes)| changes).collect();
        bundles.sort();
        bundles
    }
}

/// The changes of some bundles, ascending.
pub(super) fn taken(bundles: &[Vec<usize>], set: &[usize]) -> Vec<usize> {
    let mut taken: Vec<usize> = set.iter().flat_map(|&bundle| &bundles[bundle]).copied().collect();
    taken.sort_unstable();
    taken
}
