//! The same demand on the offers and plans of other files, side by side: what an alternative costs and how often it throttles.
//!
//! The futures are the first file's, drawn by the names of its workloads, so replication r of one is paired with replication r of the others.

use super::judgement::{Judgement, judge, objective_samples, scope};
use super::{FEW, REPLICATIONS};
use crate::error::{Error, ErrorKind, Result};
use crate::scenario::{Pair, Scenario};
use crate::simulation::{Engine, EngineChoice, Run, RunSpec, run};
use crate::statistics::{Distribution, Estimate, Paired, Proportion};
use crate::tally::{Columns, Metric, Outcome, Row, Span};
use std::collections::BTreeMap;

/// The best plan of one file's offers for the first file's demand.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// The file's name.
    pub file: String,
    /// The best plan; where plans are ranked within terms, the best of these.
    pub plan: String,
    /// Whether it buys nothing, though its name is one of a sweep over units.
    pub idle: bool,
    /// Plans it was chosen from.
    pub plans: usize,
    /// Whether it keeps the limits; the least bad where it does not.
    pub keeps_limits: bool,
    /// Spend a month, failed requests at their stated cost and what late starts owe counted in. `[currency]`
    pub spend: Option<Distribution>,
    /// Share of the requests that is throttled.
    pub throttled: Option<Distribution>,
    /// What is still owed when the horizon ends. `[currency]`
    pub owed: f64,
    /// What it costs more a month than the best plan of the first file, on the same futures, and how often it costs less; `None` for that
    /// one. `[currency]`
    pub difference: Option<(Estimate, Proportion)>,
    /// The 5th and the 95th percentile of that difference.
    pub range: Option<(f64, f64)>,
}

/// Which workload of another file stands for each of the first: of `map`, of the same name, or the only one of each.
///
/// # Errors
/// When a workload has none, or the map names one that is not there.
pub fn counterparts(pair: &Pair, map: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let names = |which: usize| -> Vec<String> {
        pair.loaded[which].scenario.demand.workloads.iter().map(|workload| workload.name.clone()).collect()
    };
    let (here, there) = (names(0), names(1));
    let [first, second] = pair.names();
    if let Some(unknown) = map.keys().find(|name| !here.contains(name)) {
        return Err(Error::usage(format!("--map: `{unknown}` is no workload of {first}; allowed: {}", here.join(", "))));
    }
    let mut found = BTreeMap::new();
    for name in &here {
        let only = (here.len() == 1 && there.len() == 1).then(|| there[0].clone());
        let same = there.contains(name).then(|| name.clone());
        // What a map says of another file's workloads is no business of this one.
        let mapped = map.get(name).filter(|other| there.contains(other)).cloned();
        let Some(other) = mapped.or(same).or(only) else {
            let text = format!(
                "{second} has no workload `{name}` whose routes could serve that of {first}; allowed: --map {name}=WORKLOAD with one of {}",
                there.join(", ")
            );
            return Err(Error::usage(text));
        };
        found.insert(name.clone(), other);
    }
    Ok(found)
}

/// Serves the demand of the first file under its own plans and under those of the others: each pair is the first file and another.
///
/// # Errors
/// When a demand finds no routes in another file, or another horizon; as [`run`]; interrupted when it is stopped.
pub fn alternatives(pairs: &[Pair], map: &BTreeMap<String, String>, spec: &RunSpec<'_>) -> Result<Run<Vec<Alternative>>> {
    let Some(first) = pairs.first() else { return Err(Error::usage("alternatives needs another file: --with OTHER.toml")) };
    let is_there = |name: &String| pairs.iter().any(|pair| pair.loaded[1].scenario.demand.workloads.iter().any(|w| w.name == *name));
    if let Some(unknown) = map.values().find(|name| !is_there(name)) {
        return Err(Error::usage(format!("--map: `{unknown}` is a workload of no other file")));
    }
    let own = &first.loaded[0].scenario;
    let mut scenarios = vec![(first.names()[0].to_owned(), own.lean())];
    for pair in pairs {
        let served = pair.served_by_second(&counterparts(pair, map)?)?.scenario;
        let file = pair.names()[1].to_owned();
        let months =
            |scenario: &Scenario| (0..scenario.horizon.months()).map(|month| scenario.horizon.month_range(month)).collect::<Vec<_>>();
        if months(&served) != months(own) {
            let text = "the plans have other terms, and the horizon is as long as the longest unless it is stated";
            return Err(Error::usage(format!("{file}: {text}; allowed: `months` in the horizon of {}", first.names()[0])));
        }
        scenarios.push((file, served.lean()));
    }
    let asked = spec.replications;
    let spec = RunSpec { progress: None, ..*spec };
    let all = |engine: EngineChoice, replications: u64| -> Result<Vec<(Outcome, Engine)>> {
        let spec = RunSpec { replications: Some(replications), ..spec };
        let one = |(_, scenario): &(String, Scenario)| {
            let ran = run(scenario, &RunSpec { engine, scope: scope(scenario), ..spec }, &Columns)?;
            if ran.replications < ran.asked { Err(ErrorKind::Interrupted.into()) } else { Ok((ran.summary, ran.engine)) }
        };
        scenarios.iter().map(one).collect()
    };
    let few = asked.unwrap_or(FEW.min(own.replications));
    let mut served = all(spec.engine, few)?;
    let fast = served.iter().filter(|(_, engine)| *engine == Engine::Kernel).count();
    if asked.is_none() && fast == served.len() {
        served = all(spec.engine, REPLICATIONS.min(own.replications))?;
    } else if fast > 0 && fast < served.len() {
        // No difference is to be one of engines.
        served = all(EngineChoice::Reference, few)?;
    }
    let mut found: Vec<Alternative> = Vec::new();
    let mut base: Vec<f64> = Vec::new();
    for (index, ((file, scenario), (outcome, _))) in scenarios.iter().zip(&served).enumerate() {
        let judgement = judge(scenario, outcome).without_doubles(scenario);
        let Some(plan) = best(&judgement) else { return Err(Error::usage(format!("{file}: no plan"))) };
        let spend = objective_samples(scenario, outcome, plan);
        if index == 0 {
            base.clone_from(&spend);
        }
        let paired = (index > 0).then(|| Paired::by(&spend, &base, served[0].0.method(Span::Horizon))).flatten();
        let column = |metric| outcome.column(scenario, plan, Row::All, Span::Horizon, metric);
        found.push(Alternative {
            file: file.clone(),
            plan: scenario.supply.plans[plan].name.clone(),
            idle: scenario.supply.plans[plan].is_idle_of_a_sweep(),
            plans: scenario.supply.plans.len(),
            keeps_limits: judgement.standings[plan].keeps_limits,
            spend: Distribution::from_samples(&mut spend.clone()),
            throttled: column(Metric::RequestsThrottledShare).and_then(|mut column| Distribution::from_samples(&mut column)),
            owed: column(Metric::CommittedAfterHorizon).and_then(|column| column.first().copied()).unwrap_or(0.0),
            difference: paired.map(|paired| (paired.mean_difference, paired.probability_strictly_less)),
            range: paired.map(|paired| (paired.p05, paired.p95)),
        });
    }
    let replications = base.len() as u64;
    let engine = served[0].1.clone();
    Ok(Run { summary: found, replications, asked: replications, seed: spec.seed.unwrap_or(own.seed), engine })
}

/// The leader that keeps the limits for the least, over all terms.
fn best(judgement: &Judgement) -> Option<usize> {
    let rank = |plan: usize| judgement.standings[plan].objective.point;
    let order = |a: &&super::Leader, b: &&super::Leader| b.qualified.cmp(&a.qualified).then(rank(a.plan).total_cmp(&rank(b.plan)));
    judgement.leaders.iter().min_by(order).map(|leader| leader.plan)
}
