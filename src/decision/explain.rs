//! Why a plan throttles, and what would help: the same futures served with one thing changed at a time.
//!
//! **Why.** Each cause that the plan has (holds, bursts within the hour, other traffic on the quota, outages of units, incidents, clients
//! that come back) can be taken away. What is throttled with every subset of them gives each cause its Shapley value: the mean, over all orders in which causes could
//! come in, of what it adds (Shapley 1953, "A value for n-person games"). The values add up to what is throttled, less what remains with
//! no cause at all: hours whose very mean is above the limit, which is the quota's or the units' own doing. It is the one split that adds
//! up, treats alike what acts alike, and gives nothing to what changes nothing. A cause that takes throttling away (coming back) is
//! negative.
//!
//! **What would help.** Changes are tried from small to large until one takes away nine tenths of what is throttled.

use crate::demand::{Jitter, Retry};
use crate::error::{ErrorKind, Result};
use crate::scenario::Scenario;
use crate::simulation::{RunSpec, ordered_map, run};
use crate::statistics::{Estimate, Moments, Sampling};
use crate::supply::Change;
use crate::tally::{Columns, Metric, Outcome, Row, Span};

/// Replications of each change unless the caller says how many: paired differences need few.
const REPLICATIONS: u64 = 256;

/// Replications of what a run tells beside its answer.
const FEW_REPLICATIONS: u64 = 128;

/// What is enough: the share of what is throttled that a remedy need take away.
const ENOUGH: f64 = 0.9;

/// Something that makes a plan throttle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// What requests hold beside what they use.
    Holds,
    /// Requests that do not come evenly within the hour.
    Bursts,
    /// Other traffic of the account on the same quotas.
    Others,
    /// Units that are down.
    Outages,
    /// Incidents of on-demand offers.
    Incidents,
    /// Clients that come back.
    Retries,
    /// Hours whose mean is above the quota.
    Quota,
    /// Hours whose mean is above what the units serve.
    Units,
}

impl Reason {
    /// Those that can be taken away, with what takes them away.
    const REMOVABLE: [(Self, Change); 6] = [
        (Self::Holds, Change::NoHolds),
        (Self::Bursts, Change::NoBursts),
        (Self::Others, Change::NoOthers),
        (Self::Outages, Change::NoOutages),
        (Self::Incidents, Change::NoIncidents),
        (Self::Retries, Change::NoRetries),
    ];
}

/// What one change does.
#[derive(Clone, Debug)]
pub struct Remedy {
    /// The change.
    pub change: Change,
    /// Share of the requests that is throttled with it.
    pub throttled_share: Option<Estimate>,
    /// What it takes away, as a share of the tokens that are throttled; negative where it adds.
    pub removed: Estimate,
}

/// Why one plan throttles and what would help. Tokens are a month's, billed tokens of all classes.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Futures that were served with each change.
    pub replications: u64,
    /// Share of the requests that is throttled for good.
    pub throttled_share: Option<Estimate>,
    /// Tokens throttled for good.
    pub throttled: Estimate,
    /// Hours with throttling.
    pub hours: Estimate,
    /// Attempts for each request, where clients come back.
    pub attempts: Option<Estimate>,
    /// Each reason's part of the tokens; they add up. The largest first.
    pub reasons: Vec<(Reason, Estimate)>,
    /// Of the reasons that can be taken away, the share of the tokens that would be served without that one alone. Where two reasons are
    /// needed together each may have all of it, so these do not add up.
    pub alone: Vec<(Reason, Estimate)>,
    /// Share of the jobs of work that waits of which something is late; `None` where nothing waits. Not explained.
    pub late: Option<Estimate>,
    /// Changes by what they take away, most first, those in the user's hands before the others; of each kind the one that is enough, or the
    /// largest tried.
    pub remedies: Vec<Remedy>,
}

/// Explains one plan, in as many replications as `spec` says, or in a few hundred.
///
/// # Errors
/// As [`run`]: too little memory; interrupted when it is stopped.
///
/// # Panics
/// When the scenario has no such plan.
pub fn explain(scenario: &Scenario, plan: usize, spec: &RunSpec<'_>) -> Result<Explanation> {
    let replications = spec.replications.unwrap_or(scenario.replications.min(REPLICATIONS));
    let spec = RunSpec { replications: Some(replications), progress: None, ..*spec };
    let sampling = scenario.sampling;
    let alone = alone(scenario, plan);
    let present: Vec<(Reason, Change)> = Reason::REMOVABLE.into_iter().filter(|(_, change)| alone.supply.has(*change)).collect();
    // Subset s keeps the causes whose bit is set.
    let subsets: Vec<Vec<Change>> = (0..1_usize << present.len())
        .map(|kept| present.iter().enumerate().filter(|(bit, _)| kept >> bit & 1 == 0).map(|(_, (_, change))| *change).collect())
        .collect();
    let served: Vec<Served> = all(&alone, &subsets, &spec)?;
    let Some(whole) = served.last() else { return Err(ErrorKind::Interrupted.into()) };
    let mut reasons: Vec<(Reason, Estimate)> =
        present.iter().enumerate().map(|(bit, (reason, _))| (*reason, estimate(&shapley(&served, bit), sampling))).collect();
    let last_is_units = alone.supply.groups.iter().all(|group| group.nodes.last().is_some_and(|node| node.provisioned));
    reasons.push((if last_is_units { Reason::Units } else { Reason::Quota }, estimate(&served[0].throttled, sampling)));
    reasons.sort_by(|a, b| b.1.point.total_cmp(&a.1.point));
    let everything = served.len() - 1;
    let without = |bit: usize| removed(whole, &served[everything & !(1 << bit)], sampling);
    let throttles = Moments::from_slice(&whole.throttled).mean() > 0.0;
    let alone_of = |(bit, (reason, _)): (usize, &(Reason, Change))| (*reason, without(bit));
    let gone = if throttles { present.iter().enumerate().map(alone_of).collect() } else { Vec::new() };
    let mut remedies = Vec::new();
    if throttles {
        for ladder in ladders(&alone) {
            remedies.extend(remedy(&alone, &ladder, whole, &spec)?);
        }
        let wish = |remedy: &Remedy| matches!(remedy.change, Change::NoBursts | Change::NoOthers);
        remedies.sort_by(|a, b| wish(a).cmp(&wish(b)).then(b.removed.point.total_cmp(&a.removed.point)));
    }
    Ok(Explanation {
        replications,
        throttled_share: share(whole, sampling),
        throttled: estimate(&whole.throttled, sampling),
        hours: estimate(&whole.hours, sampling),
        attempts: whole.attempts.as_deref().and_then(|attempts| numbers(attempts, sampling)),
        reasons,
        alone: gone,
        late: whole.late.as_deref().map(|late| estimate(late, sampling)),
        remedies,
    })
}

/// How much of what a plan throttles it throttles because requests hold `max_tokens` from their start.
#[derive(Clone, Debug)]
pub struct Held {
    /// The plan.
    pub plan: usize,
    /// The share of the tokens throttled that would be served if nothing were held beside what is used.
    pub removed: Estimate,
    /// The lower `max_tokens` that is enough, or the lowest that cuts nearly no output; `None` where none is lower.
    pub remedy: Option<Remedy>,
}

/// Tells it of those of some plans that hold `max_tokens` and throttle, in few replications.
///
/// # Errors
/// As [`explain`].
pub fn held(scenario: &Scenario, plans: &[usize], spec: &RunSpec<'_>) -> Result<Vec<Held>> {
    let replications = spec.replications.unwrap_or(scenario.replications).min(FEW_REPLICATIONS);
    let spec = RunSpec { replications: Some(replications), progress: None, ..*spec };
    let mut told = Vec::new();
    for &plan in plans {
        let alone = alone(scenario, plan);
        if !alone.supply.has(Change::NoHolds) {
            continue;
        }
        let served = all(&alone, &[Vec::new(), vec![Change::NoHolds]], &spec)?;
        let [whole, without] = served.as_slice() else { return Err(ErrorKind::Interrupted.into()) };
        if Moments::from_slice(&whole.throttled).mean() > 0.0 {
            let remedy = remedy(&alone, &lower_max_tokens(&alone), whole, &spec)?;
            told.push(Held { plan, removed: removed(whole, without, scenario.sampling), remedy });
        }
    }
    Ok(told)
}

/// The scenario with one plan, without what nobody asks of it here.
fn alone(scenario: &Scenario, plan: usize) -> Scenario {
    scenario.only(plan).lean()
}

/// What one run tells, by replication; tokens and hours a month.
struct Served {
    throttled: Vec<f64>,
    share: Vec<f64>,
    hours: Vec<f64>,
    attempts: Option<Vec<f64>>,
    late: Option<Vec<f64>>,
}

/// One run for each list of changes, side by side.
fn all(scenario: &Scenario, changes: &[Vec<Change>], spec: &RunSpec<'_>) -> Result<Vec<Served>> {
    let one = RunSpec { threads: Some(1), ..*spec };
    ordered_map(spec.threads, changes, |changes| serve(scenario, changes, &one))?.into_iter().collect()
}

fn serve(scenario: &Scenario, changes: &[Change], spec: &RunSpec<'_>) -> Result<Served> {
    let changed = scenario.with_supply(scenario.supply.changed(changes));
    let run = run(&changed, spec, &Columns)?;
    if run.replications < run.asked {
        return Err(ErrorKind::Interrupted.into());
    }
    let outcome: Outcome = run.summary;
    let months = changed.horizon.months() as f64;
    let column = |metric: Metric| outcome.column(&changed, 0, Row::All, Span::Horizon, metric);
    let a_month = |metric: Metric| column(metric).map(|column| column.into_iter().map(|value| value / months).collect());
    Ok(Served {
        throttled: a_month(Metric::TokensThrottled).unwrap_or_default(),
        share: column(Metric::RequestsThrottledShare).unwrap_or_default(),
        hours: a_month(Metric::ThrottledHours).unwrap_or_default(),
        attempts: column(Metric::AttemptsPerRequest),
        late: column(Metric::DeadlineMissed),
    })
}

fn estimate(values: &[f64], sampling: Sampling) -> Estimate {
    sampling.mean(values)
}

/// The share of what is throttled before that is not after.
fn removed(before: &Served, after: &Served, sampling: Sampling) -> Estimate {
    let removed: Vec<f64> = before.throttled.iter().zip(&after.throttled).map(|(before, after)| before - after).collect();
    ratio(&removed, &before.throttled, sampling)
}

/// The mean of `parts` over the mean of `wholes`, which is above 0, with its error by the delta method: both move together.
fn ratio(parts: &[f64], wholes: &[f64], sampling: Sampling) -> Estimate {
    let mean = Moments::from_slice(wholes).mean();
    let point = Moments::from_slice(parts).mean() / mean;
    let rest: Vec<f64> = parts.iter().zip(wholes).map(|(part, whole)| (part - point * whole) / mean).collect();
    Estimate { point, ..estimate(&rest, sampling) }
}

/// Mean over the replications that asked for anything.
fn share(served: &Served, sampling: Sampling) -> Option<Estimate> {
    numbers(&served.share, sampling)
}

/// Mean over those that are numbers; what is a share of nothing is none.
fn numbers(values: &[f64], sampling: Sampling) -> Option<Estimate> {
    values.iter().any(|value| !value.is_nan()).then(|| estimate(values, sampling))
}

/// The Shapley value of one cause in each replication: over the subsets s without it, |s|! (n − |s| − 1)! / n! times what it adds.
fn shapley(served: &[Served], bit: usize) -> Vec<f64> {
    let n = served.len().trailing_zeros();
    let factorial = |k: u32| (1..=k).map(f64::from).product::<f64>();
    let mut value = vec![0.0; served[0].throttled.len()];
    for subset in (0..served.len()).filter(|subset| subset >> bit & 1 == 0) {
        let size = (subset as u64).count_ones();
        let weight = factorial(size) * factorial(n - size - 1) / factorial(n);
        let (without, with) = (&served[subset].throttled, &served[subset | 1 << bit].throttled);
        value.iter_mut().zip(without.iter().zip(with)).for_each(|(value, (without, with))| *value += weight * (with - without));
    }
    value
}

/// Changes that could help, each kind from small to large.
fn ladders(scenario: &Scenario) -> Vec<Vec<Change>> {
    let supply = &scenario.supply;
    let mut ladders = Vec::new();
    if supply.has(Change::NoHolds) {
        ladders.push(lower_max_tokens(scenario));
    }
    ladders.push([1.25, 1.5, 2.0, 3.0, 5.0].map(Change::Quota).to_vec());
    ladders.push(more_units(scenario));
    ladders.push(vec![Change::NoBursts]);
    ladders.push(vec![Change::NoOthers]);
    if !supply.has(Change::NoRetries) {
        // As the AWS SDKs' standard mode, and one that waits for the next minutes.
        let sdk = Retry { attempts: 3, first: 1.0, factor: 2.0, longest: 20.0, jitter: Jitter::Full };
        ladders.push(vec![Change::Retries(sdk), Change::Retries(Retry { attempts: 6, first: 10.0, longest: 120.0, ..sdk })]);
    }
    ladders.into_iter().map(|ladder| ladder.into_iter().filter(|change| supply.has(*change)).collect()).collect()
}

/// Halves of the largest `max_tokens` that is held, as long as nearly no output of those who hold it is longer.
fn lower_max_tokens(scenario: &Scenario) -> Vec<Change> {
    let supply = &scenario.supply;
    let (mut most, mut longest) = (0.0_f64, 1.0_f64);
    for group in &supply.groups {
        for hold in group.nodes.iter().filter_map(|node| node.metering.hold) {
            for &workload in &group.workloads {
                // Where outputs are not known, nobody can say which `max_tokens` would not cut them.
                let Some(long) = scenario.demand.workloads[workload].long_output() else { return Vec::new() };
                most = most.max(hold.max_tokens(supply.workloads[workload].max_tokens).unwrap_or(0.0));
                longest = longest.max(long);
            }
        }
    }
    std::iter::successors(Some(0.5 * most), |most| Some(0.5 * most)).take_while(|&most| most >= longest).map(Change::MaxTokens).collect()
}

/// One step of units more, two, four and eight, where a plan buys one kind of units.
fn more_units(scenario: &Scenario) -> Vec<Change> {
    let supply = &scenario.supply;
    let plan = &supply.plans[0];
    let [first, rest @ ..] = plan.commitments.as_slice() else { return Vec::new() };
    if rest.iter().any(|other| other.offer != first.offer) {
        return Vec::new();
    }
    let bought: f64 = plan.commitments.iter().map(|commitment| commitment.units[0]).sum();
    let step = supply.step_of(first.offer);
    if bought > 0.0 { [1.0, 2.0, 4.0, 8.0].map(|steps| Change::Units((bought + steps * step) / bought)).to_vec() } else { Vec::new() }
}

/// The first change of a ladder that is enough, or the last.
fn remedy(scenario: &Scenario, ladder: &[Change], whole: &Served, spec: &RunSpec<'_>) -> Result<Option<Remedy>> {
    let changes: Vec<Vec<Change>> = ladder.iter().map(|change| vec![*change]).collect();
    let mut last = None;
    for (change, served) in ladder.iter().zip(all(scenario, &changes, spec)?) {
        let removed = removed(whole, &served, scenario.sampling);
        let enough = removed.point >= ENOUGH;
        last = Some(Remedy { change: *change, throttled_share: share(&served, scenario.sampling), removed });
        if enough {
            break;
        }
    }
    Ok(last)
}
