//! Where the spread comes from: how far P95 of a plan lies above P50, what is left of that when one source of randomness is held at its mean,
//! and what that source makes alone.
//!
//! All runs see the same draws, so differences are paired. The parts need not add up: percentiles are not variances, and sources multiply one
//! another; what is missing is told as the remainder. Percentiles are [smoothed](smooth_quantile), so that small parts can be told, and their
//! errors come from leaving out sections of the replications. Each run takes the engine that serves it; engines agree within 1e-5 of a
//! replication's spend.
//!
//! What is certain in a scenario has no part in its spread, however little is known about it. Prices, the share that is read from the cache,
//! what a unit serves, quotas and the way minutes and clients behave are therefore changed one at a time, and told apart as swings (D. G.
//! Eschenbach, "Spiderplots versus tornado diagrams for sensitivity analysis", Interfaces 22 (1992), 40-46, doi:10.1287/inte.22.6.40).

mod source;

use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::{RunSpec, ordered_map, run};
use crate::statistics::{Estimate, by_sorted, smooth_quantile};
use crate::supply::Change;
use crate::tally::{Columns, Metric, Outcome, Row, Span};
pub use source::Source;
use source::held;

/// Replications of each run unless the caller says how many: paired differences need few.
const REPLICATIONS: u64 = 1_000;

/// A change of something that is certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swing {
    /// Every price on demand a tenth higher.
    OnDemandPrice,
    /// Every price of a unit-hour a tenth higher.
    UnitPrice,
    /// A tenth of each prompt more is read from the cache.
    Cache,
    /// Every unit serves a tenth more.
    UnitThroughput,
    /// Every quota a tenth higher.
    Quota,
    /// Requests come evenly within the hour.
    Even,
    /// Nobody comes back.
    NoRetries,
}

impl Swing {
    const ALL: [Self; 7] =
        [Self::OnDemandPrice, Self::UnitPrice, Self::Cache, Self::UnitThroughput, Self::Quota, Self::Even, Self::NoRetries];

    /// What is changed, as a part of a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OnDemandPrice => "on-demand prices 10% higher",
            Self::UnitPrice => "unit prices 10% higher",
            Self::Cache => "10% more of each prompt read from the cache",
            Self::UnitThroughput => "units serve 10% more",
            Self::Quota => "quotas 10% higher",
            Self::Even => "minutes alike within the hour",
            Self::NoRetries => "clients that do not come back",
        }
    }

    /// The scenario with it; `None` where it changes nothing, or no token's way.
    fn apply(self, scenario: &Scenario) -> Option<Scenario> {
        let supply = |change: Change| scenario.supply.has(change).then(|| scenario.with_supply(scenario.supply.changed(&[change])));
        match self {
            Self::OnDemandPrice | Self::UnitPrice => None,
            Self::Cache if !scenario.supply.prices_cache() => None,
            Self::Cache => {
                let told = |&workload: &usize| scenario.demand.cache_room(workload).is_some();
                let workloads: Vec<usize> = (0..scenario.demand.workloads.len()).filter(told).collect();
                (!workloads.is_empty()).then(|| scenario.with_cached(0.1, &workloads))
            }
            Self::UnitThroughput => supply(Change::Units(1.1)),
            Self::Quota => supply(Change::Quota(1.1)),
            Self::Even => supply(Change::NoBursts),
            Self::NoRetries => supply(Change::NoRetries),
        }
    }

    /// What of the spend it makes a tenth dearer.
    fn priced(self) -> Option<Metric> {
        match self {
            Self::OnDemandPrice => Some(Metric::CostOnDemand),
            Self::UnitPrice => Some(Metric::CostProvisioned),
            _ => None,
        }
    }
}

/// One source's part.
#[derive(Clone, Copy, Debug)]
pub struct SourceEffect {
    /// The source.
    pub source: Source,
    /// What P95 − P50 is when it is held at its mean; `None` where it cannot be.
    pub without: Option<Estimate>,
    /// What that takes away.
    pub removed: Option<Estimate>,
    /// What P95 − P50 is when all others are.
    pub alone: Estimate,
    /// What holding it does to the mean: not 0 where what is asked is no straight line in it.
    pub mean_shift: Option<Estimate>,
}

/// What one change of something certain does.
#[derive(Clone, Copy, Debug)]
pub struct SwingEffect {
    /// The change.
    pub swing: Swing,
    /// What it adds to P50.
    pub middle: Estimate,
    /// What it adds to P95 − P50.
    pub spread: Estimate,
}

/// Where the spread of one plan comes from.
#[derive(Clone, Debug)]
pub struct Tornado {
    /// The plan, as an index.
    pub plan: usize,
    /// What is looked at, over the horizon.
    pub metric: Metric,
    /// P50, P95 and P95 − P50.
    pub middle: Estimate,
    /// See above.
    pub high: Estimate,
    /// See above.
    pub spread: Estimate,
    /// Sources that the plan meets, by what they take away; those that cannot be held come last.
    pub sources: Vec<SourceEffect>,
    /// P95 − P50 less all that sources take away one by one.
    pub remainder: Estimate,
    /// Sources that are certain, or not there, in this scenario.
    pub absent: Vec<Source>,
    /// What is certain, changed one at a time.
    pub swings: Vec<SwingEffect>,
    /// Whether some offer has no price for what is read from the cache, so that more of that is not tried.
    pub unpriced_cache: bool,
    /// Futures behind each figure.
    pub replications: u64,
}

/// Splits the spread of a plan's spend (or of another metric) over the horizon.
///
/// # Errors
/// As [`run`]: too little memory, or interrupted.
///
/// # Panics
/// When there is no such plan.
pub fn tornado(scenario: &Scenario, plan: usize, metric: Metric, spec: &RunSpec<'_>) -> Result<Tornado> {
    let replications = spec.replications.unwrap_or(scenario.replications.min(REPLICATIONS));
    let alone = scenario.only(plan).lean();
    let (present, absent): (Vec<Source>, Vec<Source>) = Source::all().into_iter().partition(|source| source.is_in(&alone));
    let others = |source: Source| present.iter().copied().filter(|other| *other != source).collect::<Vec<_>>();
    let changed: Vec<(Swing, Scenario)> = Swing::ALL.into_iter().filter_map(|swing| Some((swing, swing.apply(&alone)?))).collect();
    let mut runs = vec![alone.clone()];
    runs.extend(present.iter().map(|source| held(&alone, &[*source])));
    runs.extend(changed.iter().map(|(_, scenario)| scenario.clone()));
    // Last, as the least is drawn for these.
    runs.extend(present.iter().map(|source| held(&alone, &others(*source))));
    let one = RunSpec { replications: Some(replications), threads: Some(1), progress: None, ..*spec };
    let served = ordered_map(spec.threads, &runs, |scenario| -> Result<Served> {
        let outcome = run(scenario, &one, &Columns)?;
        Ok(Served { column: column(scenario, &outcome.summary, metric), priced: priced(scenario, &outcome.summary, metric) })
    })?;
    let served = served.into_iter().collect::<Result<Vec<_>>>()?;
    // A run that was stopped is shorter than the others: what is told rests on what all have seen.
    let rows = served.iter().map(|served| served.column.len()).min().unwrap_or(0);
    let columns: Vec<&[f64]> = served.iter().map(|served| &served.column[..rows]).collect();
    let (whole, rest) = (columns[0], &columns[1..]);
    let (without, rest) = rest.split_at(present.len());
    let (swung, single) = rest.split_at(changed.len());
    let difference = |of: fn(&[f64]) -> f64, a: &[f64], b: &[f64]| by_sorted(&[a, b], |columns| of(&columns[0]) - of(&columns[1]));
    let effect = |(number, &source): (usize, &Source)| {
        let held = source.can_be_held().then(|| without[number]);
        SourceEffect {
            source,
            without: held.map(|column| by_sorted(&[column], |columns| spread(&columns[0]))),
            removed: held.map(|column| difference(spread, whole, column)),
            alone: by_sorted(&[single[number]], |columns| spread(&columns[0])),
            mean_shift: held.map(|column| {
                let differences: Vec<f64> = column.iter().zip(whole).map(|(held, whole)| held - whole).collect();
                alone.sampling.mean(&differences)
            }),
        }
    };
    let mut sources: Vec<SourceEffect> = present.iter().enumerate().map(effect).collect();
    let size = |effect: &SourceEffect| effect.removed.map_or(f64::NEG_INFINITY, |removed| removed.point);
    sources.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let heldable: Vec<&[f64]> = present.iter().zip(without).filter(|(source, _)| source.can_be_held()).map(|(_, column)| *column).collect();
    let all: Vec<&[f64]> = std::iter::once(whole).chain(heldable).collect();
    let remainder = by_sorted(&all, |columns| {
        let spreads: Vec<f64> = columns.iter().map(|column| spread(column)).collect();
        spreads[0] - spreads[1..].iter().map(|without| spreads[0] - without).sum::<f64>()
    });
    let dearer = Swing::ALL.into_iter().filter_map(|swing| {
        let part = served[0].priced.iter().find(|(of, _)| *of == swing).map(|(_, part)| &part[..rows])?;
        let column: Vec<f64> = whole.iter().zip(part).map(|(spend, part)| spend + 0.1 * part).collect();
        Some((swing, column))
    });
    let moved = changed.iter().zip(swung).map(|((swing, _), column)| (*swing, column.to_vec()));
    let swings = dearer.chain(moved).map(|(swing, column)| SwingEffect {
        swing,
        middle: difference(middle, &column, whole),
        spread: difference(spread, &column, whole),
    });
    Ok(Tornado {
        plan,
        metric,
        middle: by_sorted(&[whole], |columns| middle(&columns[0])),
        high: by_sorted(&[whole], |columns| high(&columns[0])),
        spread: by_sorted(&[whole], |columns| spread(&columns[0])),
        swings: swings.collect(),
        sources,
        remainder,
        absent,
        unpriced_cache: !alone.supply.prices_cache(),
        replications: rows as u64,
    })
}

/// What a run is kept for.
struct Served {
    column: Vec<f64>,
    /// What prices are paid for, where spend is looked at.
    priced: Vec<(Swing, Vec<f64>)>,
}

fn column(scenario: &Scenario, outcome: &Outcome, metric: Metric) -> Vec<f64> {
    outcome.column(scenario, 0, Row::All, Span::Horizon, metric).unwrap_or_default()
}

fn priced(scenario: &Scenario, outcome: &Outcome, metric: Metric) -> Vec<(Swing, Vec<f64>)> {
    let part = |swing: Swing| swing.priced().map(|of| (swing, column(scenario, outcome, of)));
    let parts = Swing::ALL.into_iter().filter(|_| metric == Metric::CostTotal).filter_map(part);
    parts.filter(|(_, part)| part.iter().any(|spend| *spend > 0.0)).collect()
}

fn middle(column: &[f64]) -> f64 {
    smooth_quantile(column, 0.5)
}

fn high(column: &[f64]) -> f64 {
    smooth_quantile(column, 0.95)
}

fn spread(column: &[f64]) -> f64 {
    high(column) - middle(column)
}
