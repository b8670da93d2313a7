//! Why a figure moved from one scenario to the next: every headline of a plan in both, and the part that each change of the inputs has in it.
//!
//! Each change is grafted into the first file's tree, so that the scenarios between the two are read as files of their own would be. All are
//! served with the same streams: replication r of one is paired with replication r of the others, and differences are far more certain
//! than the figures themselves. How the difference is split: [`Way`].

mod measure;
mod mixtures;
mod scheme;

pub use measure::Measure;
pub use scheme::Way;

use super::REPLICATIONS;
use super::judgement::{judge, scope};
use crate::error::{Error, ErrorKind, Result};
use crate::scenario::{InputChange, Pair, Part, Scenario, ValueChange};
use crate::simulation::{Engine, EngineChoice, RunSpec, Scope, ordered_map, run};
use crate::statistics::Estimate;
use crate::tally::Columns;
use measure::{Served, sum};
use mixtures::{Followed, Mixture, Mixtures, taken};
use std::collections::BTreeSet;

/// The plan that a scenario speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Favourite {
    /// The term its plans are bought on, where plans are ranked within terms.
    pub term: Option<String>,
    /// Its name.
    pub plan: String,
    /// Whether it keeps the limits; the least bad where it does not.
    pub keeps_limits: bool,
}

/// A headline in both scenarios.
#[derive(Clone, Debug)]
pub struct MeasureChange {
    /// Which one.
    pub measure: Measure,
    /// In the first scenario; `None` where it says nothing about the plan.
    pub before: Option<Estimate>,
    /// In the second.
    pub after: Option<Estimate>,
    /// The second's less the first's, on paired replications.
    pub difference: Option<Estimate>,
}

/// The part of some changes in the difference.
#[derive(Clone, Debug)]
pub struct Attribution {
    /// Indices of the changes: several where one is no scenario without the others.
    pub changes: Vec<usize>,
    /// By [`Measure::ALL`], what they add; all of these add up to the difference. `None` where a scenario on the way has no such measure.
    pub parts: Vec<Option<Estimate>>,
}

/// What changed between two scenarios and what that did.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What each scenario recommends, as these replications see it.
    pub favourites: [Vec<Favourite>; 2],
    /// The plan that is followed, by its name in each.
    pub followed: [String; 2],
    /// Whether that is the baseline for want of a recommended plan that both have.
    pub fell_back: bool,
    /// Futures of each scenario.
    pub replications: u64,
    /// Their seed.
    pub seed: u64,
    /// What differs so that the futures of both are not the same ones, in words.
    pub unpaired: Vec<String>,
    /// Everything that was changed, in the order of the files.
    pub changes: Vec<InputChange>,
    /// Values that differ and are none of these changes' alone.
    pub further: Vec<ValueChange>,
    /// Changes that do not touch the plan that is followed, nor the baseline.
    pub apart: Vec<usize>,
    /// The headlines, as [`Measure::ALL`] has them.
    pub measures: Vec<MeasureChange>,
    /// Whose doing the differences are, in the order of the files.
    pub attributions: Vec<Attribution>,
    /// How they were split.
    pub way: Way,
    /// Scenarios that were served for it, both ends among them.
    pub scenarios: usize,
}

/// Compares two scenarios under one plan: `plan` of both, or the one that the first recommends where the second has it too, else the
/// baseline. `spec` says how many replications if it should not be a thousand at most.
///
/// # Errors
/// When one of the scenarios has no such plan; as [`run`]; interrupted when it is stopped.
pub fn compare(pair: &Pair, plan: Option<&str>, spec: &RunSpec<'_>) -> Result<Comparison> {
    let [first, second] = [&pair.loaded[0].scenario, &pair.loaded[1].scenario];
    let replications = spec.replications.unwrap_or(REPLICATIONS.min(first.replications).min(second.replications));
    let seed = spec.seed.unwrap_or(first.seed);
    let spec = RunSpec { replications: Some(replications), seed: Some(seed), progress: None, ..*spec };
    let favourites = [favourites(first, first, &spec)?, favourites(second, first, &spec)?];
    let recommended = match favourites[0].as_slice() {
        [only] if second.plan(&only.plan).is_some() => Some(only.plan.clone()),
        _ => None,
    };
    let fell_back = plan.is_none() && recommended.is_none();
    let followed = plan.map(str::to_owned).or(recommended).map_or(Followed::Baseline, Followed::Plan);
    let name = |which: usize| -> Result<String> {
        let scenario = &pair.loaded[which].scenario;
        let missing =
            || Error::usage(format!("compare: {} has no plan `{}`", pair.names()[which], plan.unwrap_or_default().escape_debug()));
        Ok(scenario.supply.plans[followed.plan_in(scenario).ok_or_else(missing)?].name.clone())
    };
    let names = [name(0)?, name(1)?];

    // Other plans are left out, so that changes are not joined for the sake of what nobody looks at.
    let bases = |scenario: &Scenario| {
        let base = |plan: usize| scenario.supply.plans[plan].base.clone();
        followed.plan_in(scenario).into_iter().chain([scenario.baseline]).map(base).collect::<Vec<_>>()
    };
    let kept: BTreeSet<String> = bases(first).into_iter().chain(bases(second)).collect();
    let narrowed = pair.with_plans(&kept);
    let narrow = narrowed.as_ref().unwrap_or(pair);

    let changes = pair.changes();
    let touches = |change: &InputChange| match change.part {
        Part::Setting | Part::Report | Part::Policy => false,
        Part::Plan => narrowed.is_none() || kept.contains(&change.name),
        Part::Offer => narrow.uses_offer(&change.name),
        Part::Horizon | Part::Limits | Part::Baseline | Part::Factor | Part::Workload => true,
    };
    let (touching, apart): (Vec<usize>, Vec<usize>) = (0..changes.len()).partition(|&change| touches(&changes[change]));
    let mut mixtures = Mixtures::new(narrow, &changes, &followed);
    let (bundles, scheme) = mixtures.bundles(&touching);
    let ends = [mixtures.end(&narrow.loaded[0]), mixtures.end(&narrow.loaded[1])];
    let last = scheme.sets.len() - 1;
    let of_set = |(index, set): (usize, &Vec<usize>)| match index {
        0 => ends[0].as_ref(),
        index if index == last => ends[1].as_ref(),
        _ => mixtures.get(&taken(&bundles, set)),
    };
    let scenarios: Option<Vec<&Mixture>> = scheme.sets.iter().enumerate().map(of_set).collect();
    // The files have the plan, and what has it not was joined away.
    let scenarios = scenarios.ok_or_else(|| Error::usage("compare: a scenario between the two has not the plan"))?;
    let served = serve(&scenarios, &spec)?;

    let sampling = first.sampling;
    let measure = |&measure: &Measure| {
        let (before, after) = (&served[0], &served[last]);
        MeasureChange {
            measure,
            before: sum(measure, &[(before, 1.0)], sampling),
            after: sum(measure, &[(after, 1.0)], sampling),
            difference: sum(measure, &[(after, 1.0), (before, -1.0)], sampling),
        }
    };
    let attribution = |(changes, weights): (&Vec<usize>, &Vec<(usize, f64)>)| {
        let terms: Vec<(&Served, f64)> = weights.iter().map(|&(set, weight)| (&served[set], weight)).collect();
        Attribution { changes: changes.clone(), parts: Measure::ALL.iter().map(|&measure| sum(measure, &terms, sampling)).collect() }
    };
    let told: BTreeSet<&str> = changes.iter().flat_map(|change| &change.values).map(|value| value.path.as_str()).collect();
    let further = pair.values().into_iter().filter(|value| !told.contains(value.path.as_str())).collect();
    Ok(Comparison {
        favourites,
        followed: names,
        fell_back,
        replications,
        seed,
        unpaired: unpaired(first, second),
        measures: Measure::ALL.iter().map(measure).collect(),
        attributions: bundles.iter().zip(&scheme.weights).map(attribution).collect(),
        way: scheme.way,
        scenarios: served.len(),
        further,
        apart,
        changes,
    })
}

/// The plans that a scenario speaks for, drawn as `like` is.
fn favourites(scenario: &Scenario, like: &Scenario, spec: &RunSpec<'_>) -> Result<Vec<Favourite>> {
    let scenario = Scenario { sampling: like.sampling, ..scenario.lean() };
    let ran = run(&scenario, &RunSpec { scope: scope(&scenario), ..*spec }, &Columns)?;
    if ran.replications < ran.asked {
        return Err(ErrorKind::Interrupted.into());
    }
    let name = |plan: usize| scenario.supply.plans[plan].name.clone();
    let leaders = judge(&scenario, &ran.summary).without_doubles(&scenario).leaders;
    Ok(leaders.into_iter().map(|l| Favourite { plan: name(l.plan), term: l.term, keeps_limits: l.qualified }).collect())
}

/// Serves all mixtures on the same futures, side by side and all on the same engine, so that no difference is one of engines.
fn serve(mixtures: &[&Mixture], spec: &RunSpec<'_>) -> Result<Vec<Served>> {
    // Mixtures of files of which one limits hours.
    let scope = mixtures.iter().map(|mixture| scope(&mixture.scenario)).find(|scope| *scope == Scope::All).unwrap_or(Scope::Spend);
    let one = |mixture: &Mixture, engine: EngineChoice| -> Result<(Served, bool)> {
        let spec = RunSpec { threads: Some(1), engine, scope, ..*spec };
        let ran = run(&mixture.scenario, &spec, &Columns)?;
        if ran.replications < ran.asked {
            return Err(ErrorKind::Interrupted.into());
        }
        Ok((Served::of(&mixture.scenario, &ran.summary, mixture.plan), ran.engine == Engine::Kernel))
    };
    let all = |engine: EngineChoice| -> Result<Vec<(Served, bool)>> {
        ordered_map(spec.threads, mixtures, |mixture| one(mixture, engine))?.into_iter().collect()
    };
    let mut served = all(spec.engine)?;
    if served.iter().any(|(_, kernel)| *kernel != served[0].1) {
        served = all(EngineChoice::Reference)?;
    }
    Ok(served.into_iter().map(|(served, _)| served).collect())
}

/// What makes the futures of two scenarios others, so that pairing them takes little of the error away.
fn unpaired(first: &Scenario, second: &Scenario) -> Vec<String> {
    let mut why = Vec::new();
    let labels = |scenario: &Scenario| {
        let months = 0..scenario.horizon.months();
        months.map(|month| (scenario.horizon.month_label(month), scenario.horizon.month_range(month))).collect::<Vec<_>>()
    };
    if labels(first) != labels(second) {
        why.push("the horizons differ".to_owned());
    }
    let names = |scenario: &Scenario| scenario.demand.workloads.iter().map(|workload| workload.name.clone()).collect::<BTreeSet<_>>();
    let (before, after) = (names(first), names(second));
    for (some, others, file) in [(&before, &after, "first"), (&after, &before, "second")] {
        let alone: Vec<String> = some.difference(others).map(|name| format!("`{name}`")).collect();
        if !alone.is_empty() {
            why.push(format!("only the {file} has {}", alone.join(", ")));
        }
    }
    why
}
