//! What could be done about the demand, and what each of it would do to the spend and the throttling of a plan.
//!
//! A lever is a set of changes of the scenario. The scenario with them is served on the same futures: streams are keyed by names, which levers
//! do not change, so replication r is paired with replication r and the difference is far more certain than either figure.
//! A lever keeps the requests: where it changes the mean tokens of a request, the level changes with it.

mod defaults;

pub use defaults::LeftOut;

use super::judgement::{judge, objective_samples, scope};
use super::{FEW, REPLICATIONS};
use crate::error::{Error, ErrorKind, Result};
use crate::scenario::{Lever, Loaded, Scenario};
use crate::simulation::{Engine, EngineChoice, Run, RunSpec, run};
use crate::statistics::{Estimate, Paired, Proportion};
use crate::tally::{Columns, Metric, Outcome, Row, Span};
use defaults::{change_of, defaults, given, moved_changes};
use std::collections::BTreeSet;

/// What reads the scenario with changes, in the grammar of `--set`.
pub type Read<'a> = &'a dyn Fn(&[String]) -> Result<Loaded>;

/// What is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct LeverWish<'a> {
    /// The plan; the recommended one unless said, and the baseline where there is not one alone.
    pub plan: Option<&'a str>,
    /// Levers beside those of the file.
    pub further: &'a [Lever],
    /// Whether the levers that every scenario has are looked at too.
    pub defaults: bool,
}

/// What one lever does.
#[derive(Clone, Debug)]
pub struct LeverEffect {
    /// The lever.
    pub name: String,
    /// Its changes, and those of levels that follow.
    pub changes: Vec<String>,
    /// What it adds to the spend, its own cost included. `[currency a month]`
    pub spend: Estimate,
    /// The 5th and the 95th percentile of that over the futures.
    pub range: (f64, f64),
    /// Share of the futures in which it makes the plan cheaper.
    pub cheaper: Proportion,
    /// What it adds to the share of the requests that is throttled.
    pub throttled: Option<Estimate>,
    /// The plan that is the best with it.
    pub best: BestPlan,
    /// The way that all plans took with it, and for its sake without it.
    pub engine: Engine,
}

/// The plan that a scenario speaks for.
#[derive(Clone, Debug, PartialEq)]
pub struct BestPlan {
    /// Its name; several where plans are ranked within terms.
    pub name: String,
    /// Whether it keeps the limits; the least bad where it does not.
    pub keeps_limits: bool,
    /// What it costs less than the plan that was the best without the lever, where both keep the limits. `[currency a month]`
    pub lead: Option<Estimate>,
}

/// What all levers do.
#[derive(Clone, Debug)]
pub struct Levers {
    /// The plan that is followed.
    pub plan: String,
    /// Its spend without any. `[currency a month]`
    pub spend: Estimate,
    /// Share of its requests that is throttled without any.
    pub throttled: Option<Estimate>,
    /// The best plan without any.
    pub best: BestPlan,
    /// In the order: those that every scenario has, the file's, further ones.
    pub effects: Vec<LeverEffect>,
    /// What does not apply, and why.
    pub left_out: Vec<LeftOut>,
}

/// Tells what each lever does to a plan.
///
/// # Errors
/// When there is no such plan; when a lever of the file or a further one cannot be made; as [`run`]; interrupted when it is stopped.
pub fn levers(read: Read<'_>, wish: LeverWish<'_>, spec: &RunSpec<'_>) -> Result<Run<Levers>> {
    let loaded = read(&[])?;
    let first = loaded.scenario.lean();
    let asked = spec.replications;
    let mut spec = RunSpec { progress: None, replications: Some(asked.unwrap_or(FEW.min(first.replications))), ..*spec };
    let mut base = Served::of(first.clone(), &spec, EngineChoice::Auto)?;
    if asked.is_none() && base.engine == Engine::Kernel {
        spec.replications = Some(REPLICATIONS.min(first.replications));
        base = Served::of(first.clone(), &spec, EngineChoice::Auto)?;
    }
    let before = base.best(None);
    let plan = match wish.plan {
        Some(name) => loaded.scenario.plan(name).ok_or_else(|| Error::usage(format!("levers: `{}` is no plan", name.escape_debug())))?,
        None => base.recommended().unwrap_or(loaded.scenario.baseline),
    };
    let name = loaded.scenario.supply.plans[plan].name.clone();
    let (mut all, mut left_out) = if wish.defaults { defaults(&loaded, plan) } else { (Vec::new(), Vec::new()) };
    let own = all.len();
    all.extend(loaded.scenario.levers.iter().chain(wish.further).cloned());
    let mut names = BTreeSet::new();
    if let Some(second) = all.iter().find(|lever| !names.insert(lever.name.as_str())) {
        return Err(Error::usage(format!("two levers are named `{}`; allowed: every name once", second.name)));
    }
    let mut effects = Vec::new();
    let mut slow: Option<Served> = None;
    for (index, lever) in all.iter().enumerate() {
        let made = with_requests_kept(&loaded, lever, read).and_then(|(loaded, changes)| {
            let missing = || Error::usage(format!("the plan `{name}` is not among its plans"));
            let plan = loaded.scenario.plan(&name).ok_or_else(missing)?;
            Ok((loaded, changes, plan))
        });
        let (changed, changes, there) = match made {
            Ok(made) => made,
            Err(error) if index < own => {
                left_out.push(LeftOut { lever: lever.name.clone(), workload: None, reason: reason(&error) });
                continue;
            }
            Err(error) => return Err(Error::usage(format!("lever `{}`: {}", lever.name, reason(&error)))),
        };
        let mut after = Served::of(changed.scenario.lean(), &spec, EngineChoice::Auto)?;
        // No difference is to be one of engines.
        let mut like = &base;
        if (after.engine == Engine::Kernel) != (base.engine == Engine::Kernel) {
            after = Served::of(after.scenario, &spec, EngineChoice::Reference)?;
            if base.engine == Engine::Kernel {
                if slow.is_none() {
                    slow = Some(Served::of(first.clone(), &spec, EngineChoice::Reference)?);
                }
                like = slow.as_ref().unwrap_or(&base);
            }
        }
        effects.push(effect(lever, changes, (like, plan), (&after, there), &before)?);
    }
    let spend = base.spend(plan);
    let method = base.outcome.method(Span::Horizon);
    let summary = Levers {
        plan: name,
        spend: method.mean(&spend),
        throttled: base.throttled(plan).map(|column| method.mean(&column)).filter(|throttled| throttled.point.is_finite()),
        best: before,
        effects,
        left_out,
    };
    let replications = base.outcome.replications() as u64;
    Ok(Run { summary, replications, asked: replications, seed: spec.seed.unwrap_or(loaded.scenario.seed), engine: base.engine })
}

fn effect(lever: &Lever, changes: Vec<String>, before: (&Served, usize), after: (&Served, usize), best: &BestPlan) -> Result<LeverEffect> {
    let method = before.0.outcome.method(Span::Horizon);
    let spend: Vec<f64> = after.0.spend(after.1).into_iter().map(|spend| spend + lever.cost).collect();
    let paired = Paired::by(&spend, &before.0.spend(before.1), method);
    let paired = paired.ok_or_else(|| Error::usage(format!("lever `{}`: no future tells what it does", lever.name)))?;
    let throttled = before.0.throttled(before.1).zip(after.0.throttled(after.1));
    let throttled = throttled.map(|(before, after)| {
        let difference: Vec<f64> = after.iter().zip(&before).map(|(after, before)| after - before).collect();
        method.mean(&difference)
    });
    Ok(LeverEffect {
        name: lever.name.clone(),
        changes,
        spend: paired.mean_difference,
        range: (paired.p05, paired.p95),
        cheaper: paired.probability_strictly_less,
        throttled: throttled.filter(|throttled| throttled.point.is_finite()),
        best: after.0.best(Some(best)),
        engine: after.0.engine.clone(),
    })
}

/// The scenario with a lever, and all changes made: levels follow the mean tokens of a request, unless the lever sets them itself.
fn with_requests_kept(base: &Loaded, lever: &Lever, read: Read<'_>) -> Result<(Loaded, Vec<String>)> {
    let mut changes = lever.changes.clone();
    if let Some(moved) = &lever.moves {
        changes.extend(moved_changes(&base.scenario, moved).map_err(Error::usage)?);
    }
    let changed = read(&changes)?;
    let mut following = Vec::new();
    for workload in &base.scenario.demand.workloads {
        let after = changed.scenario.demand.workloads.iter().find(|other| other.name == workload.name);
        let (Some(before), Some(after)) = (workload.mean_request(), after.and_then(crate::demand::Workload::mean_request)) else {
            continue;
        };
        let path = |key: &str| format!("workload.{}.{key}", workload.name);
        let keys = ["level", "demand"];
        let set = keys.iter().any(|key| changes.iter().any(|change| change.trim_start().starts_with(&path(key))));
        if set || (after / before - 1.0).abs() < 1e-12 {
            continue;
        }
        let key = keys.iter().find(|key| given(base, &path(key)));
        let key = key.ok_or_else(|| Error::usage(format!("no level of `{}` is stated that could follow its sizes", workload.name)))?;
        following.push(format!("{}={}", path(key), change_of(after / before)));
    }
    if following.is_empty() {
        return Ok((changed, changes));
    }
    changes.extend(following);
    Ok((read(&changes)?, changes))
}

/// The first problem, without the place in a text that nobody wrote.
fn reason(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Input { diagnostics, .. } => diagnostics.first().map_or_else(
            || error.to_string(),
            |first| {
                let allowed = first.allowed.as_ref().map_or_else(String::new, |allowed| format!("; allowed: {allowed}"));
                format!("`{}` {}{allowed}", first.field, first.message)
            },
        ),
        ErrorKind::Usage(text) => text.clone(),
        _ => error.to_string(),
    }
}

/// A scenario with its samples.
#[derive(Debug)]
struct Served {
    scenario: Scenario,
    outcome: Outcome,
    engine: Engine,
}

impl Served {
    fn of(scenario: Scenario, spec: &RunSpec<'_>, engine: EngineChoice) -> Result<Self> {
        let ran = run(&scenario, &RunSpec { engine, scope: scope(&scenario), ..*spec }, &Columns)?;
        if ran.replications < ran.asked {
            return Err(ErrorKind::Interrupted.into());
        }
        Ok(Self { scenario, outcome: ran.summary, engine: ran.engine })
    }

    /// Spend a month, by replication.
    fn spend(&self, plan: usize) -> Vec<f64> {
        let months = self.scenario.horizon.months() as f64;
        let column = self.outcome.column(&self.scenario, plan, Row::All, Span::Horizon, Metric::CostTotal);
        column.unwrap_or_default().into_iter().map(|cost| cost / months).collect()
    }

    fn throttled(&self, plan: usize) -> Option<Vec<f64>> {
        self.outcome.column(&self.scenario, plan, Row::All, Span::Horizon, Metric::RequestsThrottledShare)
    }

    fn recommended(&self) -> Option<usize> {
        judge(&self.scenario, &self.outcome).without_doubles(&self.scenario).recommended().map(|leader| leader.plan)
    }

    /// The best plan, and its lead over the one that was the best before.
    fn best(&self, before: Option<&BestPlan>) -> BestPlan {
        let scenario = &self.scenario;
        let judgement = judge(scenario, &self.outcome).without_doubles(scenario);
        let name = |plan: usize| scenario.supply.plans[plan].name.as_str();
        let names: Vec<&str> = judgement.leaders.iter().map(|leader| name(leader.plan)).collect();
        let lead = before.zip(judgement.recommended()).and_then(|(before, leader)| {
            let old = scenario.plan(&before.name).filter(|old| *old != leader.plan)?;
            let both = leader.qualified && judgement.standings[old].keeps_limits;
            let (own, other) = (objective_samples(scenario, &self.outcome, leader.plan), objective_samples(scenario, &self.outcome, old));
            let difference: Vec<f64> = other.iter().zip(&own).map(|(other, own)| other - own).collect();
            both.then(|| self.outcome.method(Span::Horizon).mean(&difference))
        });
        BestPlan { name: names.join(", "), keeps_limits: judgement.leaders.iter().all(|leader| leader.qualified), lead }
    }
}
