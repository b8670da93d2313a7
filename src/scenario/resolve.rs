//! From the file as written to the scenario: defaults, ranges, and what one section must know of another.

use super::{HorizonSpec, Limits, LimitsSpec, Scenario, ScenarioSpec};
use crate::demand::{Demand, Workload};
use crate::horizon::{Horizon, HorizonError, time_zone};
use crate::spec::{At, Field, MAX_NAME, Reader, Resolved, nearest};
use crate::statistics::Sampling;
use crate::supply::policy::policies;
use crate::supply::{Candidates, Opening, Supply, WorkloadFacts, longest_term};
use crate::units::{ByClass, Currency};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;

/// Replications are numbered by 64 bits, but nobody waits for more than this.
const MOST_REPLICATIONS: u64 = 100_000_000;

/// Whoever lets more than this share of requests be throttled has more likely left out a per-cent sign.
const LOOSE_LIMIT: f64 = 0.05;

/// Workloads take memory for every hour, before a run's own need is known.
const MOST_WORKLOADS: usize = 1000;

/// Resolves the whole scenario; `None` after at least one error was told. The digest is filled in by the caller.
/// With candidates, what the plans buy is open.
pub(super) fn resolve(spec: &ScenarioSpec, at: &At, candidates: Option<&Candidates>, reader: &mut Reader) -> Option<Scenario> {
    let currency = or_assumed(spec.currency.as_ref(), "currency", Currency::USD, "the default", reader);
    let seed = or_assumed(spec.seed.as_ref(), "seed", 1, "the default, so that runs can be repeated", reader);
    let replications = replications(spec, reader);
    check_title(&spec.name, reader);
    let complete = !(spec.offer.is_empty() || spec.workload.is_empty() || spec.plan.is_empty());
    for (list, name) in [(spec.offer.is_empty(), "offer"), (spec.workload.is_empty(), "workload"), (spec.plan.is_empty(), "plan")] {
        if list {
            reader.missing(at, name, &format!("at least one [[{name}]]"));
        }
    }
    if let Some(first) = spec.workload.get(MOST_WORKLOADS) {
        reader.refuse(&first.at, "is one workload too many", format!("at most {MOST_WORKLOADS} workloads"));
        return None;
    }
    let longest = longest_term(&spec.plan, &spec.offer);
    let horizon = Arc::new(horizon(spec.horizon.as_ref(), longest, at, reader)?);
    let demand = Demand::resolve(&spec.workload, &spec.factor, &horizon, reader);
    let limits = limits(spec.limits.as_ref(), currency, reader);
    let peak_percentile = spec.report.as_ref().and_then(|report| report.peak_percentile.as_ref());
    let peak = or_assumed(peak_percentile, "report.peak_percentile", crate::units::Share(0.999), "the default", reader);
    if let Some(field) = peak_percentile
        && !(field.0 > 0.0 && field.0 < 1.0)
    {
        reader.refuse(&field.at, "leaves no share of minutes above it or below it", "more than 0% and less than 100%");
    }
    let Some(demand) = demand.filter(|_| complete) else {
        // Plans are judged against workloads and offers, so without one of them only the offers can be.
        Supply::check_offers(&spec.offer, currency, reader);
        return None;
    };
    let sampling = sampling(spec, &demand, reader);
    let facts: Vec<WorkloadFacts> = demand.workloads.iter().map(WorkloadFacts::from).collect();
    let opening = candidates.map(|candidates| Opening {
        candidates,
        busiest: busiest(&demand),
        profile: demand.mean_week(),
        limits_lateness: limits.missed_deadlines_share.is_some(),
        limits_throttling: limits.throttled_requests_share.is_some() || limits.throttled_hours.is_some(),
    });
    let supply = Supply::resolve(&spec.offer, &spec.plan, &facts, &horizon, currency, opening.as_ref(), reader)?;
    let supply = supply.with_peak_percentile(peak.0);
    lateness(spec, &supply, reader);
    let policies = policies(&spec.policy, &spec.plan, &supply, reader)?;
    let baseline = baseline(spec, &supply, reader)?;
    let levers = super::lever::resolve(&spec.lever, currency, reader)?;
    Some(Scenario {
        name: spec.name.value.clone(),
        currency,
        seed,
        replications,
        sampling,
        horizon,
        demand,
        supply,
        policies,
        limits,
        baseline,
        levers,
        longest_term: longest,
        digest: String::new(),
    })
}

/// Mean tokens of each workload's busiest hour, in the mix of its month.
fn busiest(demand: &Demand) -> Vec<ByClass> {
    let of_workload = |(index, workload): (usize, &Workload)| {
        let mean = workload.mean_tokens();
        let busiest = (0..mean.len()).max_by(|&a, &b| mean[a].total_cmp(&mean[b]).then(b.cmp(&a)));
        busiest.map_or(ByClass::ZERO, |hour| {
            let month = demand.expected_tokens(index, demand.horizon().month_of(hour));
            if month.total() > 0.0 { month * (mean[hour] / month.total()) } else { ByClass::ZERO }
        })
    };
    demand.workloads.iter().enumerate().map(of_workload).collect()
}

/// SHA-256 over path, value and provenance of every resolved value, in order.
pub(super) fn digest(resolved: &[Resolved]) -> String {
    let mut hash = Sha256::new();
    for value in resolved {
        hash.update(format!("{}\u{1f}{}\u{1f}{}\u{1e}", value.path, value.value, value.provenance));
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The field's value, or a default that is noted as assumed.
fn or_assumed<T: Copy + std::fmt::Display>(field: Option<&Field<T>>, path: &str, default: T, why: &str, reader: &mut Reader) -> T {
    field.map_or_else(
        || {
            reader.assumed(path, default, why);
            default
        },
        |field| field.value,
    )
}

fn replications(spec: &ScenarioSpec, reader: &mut Reader) -> u64 {
    let number = or_assumed(spec.replications.as_ref(), "replications", 10_000, "the default", reader);
    if let Some(field) = &spec.replications
        && !(1..=MOST_REPLICATIONS).contains(&number)
    {
        reader.refuse(&field.at, "is no sensible number of futures", format!("1 to {MOST_REPLICATIONS}"));
    }
    number
}

/// Unless said, even points lead what they can. How many replications are drawn plays no part: a replication must not depend on that.
fn sampling(spec: &ScenarioSpec, demand: &Demand, reader: &mut Reader) -> Sampling {
    let (default, why) = if demand.is_steerable() {
        (Sampling::Sobol, "uncertain levels that stay, or noise, move spend most: spread evenly, fewer futures know it as well")
    } else {
        (Sampling::Plain, "what moves spend most is not what could be spread evenly: levels that stay, or the means of noise")
    };
    or_assumed(spec.sampling.as_ref(), "sampling", default, why, reader)
}

/// The scenario's name is a title: it may hold dots and commas, unlike the names of workloads, offers and plans.
fn check_title(name: &Field<String>, reader: &mut Reader) {
    let problem = if name.trim().is_empty() {
        "is empty"
    } else if name.chars().any(char::is_control) {
        "holds a control character"
    } else if name.chars().count() > MAX_NAME {
        "is too long"
    } else {
        return;
    };
    reader.refuse(&name.at, problem, format!("a title of 1 to {MAX_NAME} characters without control characters"));
}

fn horizon(spec: Option<&Field<HorizonSpec>>, longest: u32, root: &At, reader: &mut Reader) -> Option<Horizon> {
    let default_months = u64::from(longest.max(1));
    let why = if longest > 1 { "the longest term of the plans" } else { "one month" };
    let Some(spec) = spec else {
        reader.assumed("horizon.flat", format!("{default_months} months of 730 h"), format!("no horizon given: {why}"));
        return built(Horizon::flat(default_months as u32, 730), [root; 3], reader);
    };
    let at_or_here = |at: Option<&At>| at.unwrap_or(&spec.at).clone();
    if let Some(flat) = &spec.flat {
        let mut alone = true;
        for (field, name) in [(spec.start.as_ref().map(|f| &f.at), "start"), (spec.time_zone.as_ref().map(|f| &f.at), "time_zone")] {
            if let Some(at) = field {
                reader.refuse(at, format!("says a `{name}` where flat months have none"), "either `flat` or a calendar's `start`");
                alone = false;
            }
        }
        if let (Some(_), Some(second)) = (&flat.months, &spec.months) {
            reader.refuse(&second.at, "says the months a second time", "either `months` or `flat.months`");
            alone = false;
        }
        let said = flat.months.as_ref().or(spec.months.as_ref());
        let months = or_assumed(said, "horizon.flat.months", default_months, why, reader);
        let hours = or_assumed(flat.hours_per_month.as_ref(), "horizon.flat.hours_per_month", 730, "the vendors' own month", reader);
        let places = [at_or_here(said.map(|f| &f.at)), at_or_here(flat.hours_per_month.as_ref().map(|f| &f.at)), spec.at.clone()];
        return built(Horizon::flat(small(months), small(hours)), places.each_ref(), reader).filter(|_| alone);
    }
    let months = or_assumed(spec.months.as_ref(), "horizon.months", default_months, why, reader);
    let months_at = at_or_here(spec.months.as_ref().map(|f| &f.at));
    let Some(start) = &spec.start else {
        if let Some(zone) = &spec.time_zone {
            reader.refuse(&zone.at, "has no calendar to apply to", "a `start` beside it");
            return None;
        }
        reader.assumed("horizon.flat.hours_per_month", 730, "no start given: flat months of the vendors' own length");
        return built(Horizon::flat(small(months), 730), [&months_at, &spec.at, &spec.at], reader);
    };
    let name = spec.time_zone.as_ref().map_or("UTC", |zone| zone.value.as_str());
    if spec.time_zone.is_none() {
        reader.assumed("horizon.time_zone", "UTC", "the default");
    }
    let Ok(zone) = time_zone(name) else {
        let at = at_or_here(spec.time_zone.as_ref().map(|zone| &zone.at));
        reader.refuse(&at, "is no time zone", "a name of the time zone database, such as \"America/New_York\" or \"UTC\"");
        return None;
    };
    built(Horizon::calendar(start.value, small(months), zone), [&months_at, &spec.at, &start.at], reader)
}

/// Counts beyond 32 bits are out of every range the horizon allows, so saturating keeps the error.
fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The horizon, or what is wrong with it at the place of its months, of the hours of a month, or of its start.
fn built(horizon: Result<Horizon, HorizonError>, [months, hours, start]: [&At; 3], reader: &mut Reader) -> Option<Horizon> {
    let (at, message, allowed) = match horizon {
        Ok(horizon) => return Some(horizon),
        Err(HorizonError::Months { .. }) => (months, "is no length of a horizon", "1 to 36 months"),
        Err(HorizonError::HoursPerMonth { .. }) => (hours, "is no length of a month", "1 to 1023 hours"),
        Err(HorizonError::Start { .. } | HorizonError::TimeZone { .. }) => {
            (start, "is no day to start at", "a date in the years 1970 to 2200")
        }
    };
    reader.refuse(at, message, allowed);
    None
}

fn limits(spec: Option<&Field<LimitsSpec>>, currency: Currency, reader: &mut Reader) -> Limits {
    let mut limits = Limits {
        throttled_requests_share: None,
        missed_deadlines_share: None,
        throttled_hours: None,
        in_share_of_months: 0.95,
        cost_per_failed_request: None,
    };
    let Some(spec) = spec else {
        reader.assumed("limits", "none", "no limit given: plans are ranked by spend alone, however much they throttle");
        reader.warn("no [limits] are set: a plan that throttles more looks cheaper, and nothing here stops it from being recommended");
        return limits;
    };
    limits.throttled_requests_share = spec.throttled_requests_share.as_ref().map(|share| share.0);
    limits.missed_deadlines_share = spec.missed_deadlines_share.as_ref().map(|share| share.0);
    limits.throttled_hours = spec.throttled_hours.as_ref().map(|hours| hours.value);
    if let Some(hours) = spec.throttled_hours.as_ref().filter(|hours| !(0.0..=1023.0).contains(&hours.value)) {
        reader.refuse(&hours.at, "is no number of hours of a month", "0 to 1023");
    }
    if let Some(share) = spec.throttled_requests_share.as_ref().filter(|share| share.0 > LOOSE_LIMIT) {
        let percent = crate::supply::short(share.0);
        reader.warn(format!(
            "{}: lets {} of the requests be throttled, which is a lot; if {percent}% was meant, write \"{percent}%\"",
            share.at.path, share.value
        ));
    }
    let share = crate::units::Share(0.95);
    limits.in_share_of_months = or_assumed(spec.in_share_of_months.as_ref(), "limits.in_share_of_months", share, "the default", reader).0;
    if let Some(price) = &spec.cost_per_failed_request {
        if price.currency != currency {
            reader.refuse(&price.at, "is in another currency", format!("prices in {currency}, the scenario's currency"));
        }
        limits.cost_per_failed_request = Some(price.per_request);
    }
    limits
}

/// What waits is never throttled, so a limit on throttling alone says nothing about it; and a limit on lateness needs something that waits.
fn lateness(spec: &ScenarioSpec, supply: &Supply, reader: &mut Reader) {
    let limits = spec.limits.as_ref();
    match limits.and_then(|limits| limits.missed_deadlines_share.as_ref()) {
        Some(share) if !supply.waits() => {
            let allowed = "a deferrable workload with `queue = true`, or a batch offer with a `completion` on its route";
            reader.refuse(&share.at, "limits what is late, and no work of any plan waits", allowed);
        }
        None if supply.waits() && limits.is_some() => {
            reader.warn("work waits and no limit says how often it may be late: set `missed_deadlines_share` in [limits]");
        }
        _ => {}
    }
}

/// The plan the others are compared with: the named one, else the first whose offers are all on-demand, else the first.
fn baseline(spec: &ScenarioSpec, supply: &Supply, reader: &mut Reader) -> Option<usize> {
    if let Some(name) = &spec.baseline {
        let found = supply.plans.iter().position(|plan| plan.name == name.value);
        if found.is_none() {
            let help = nearest(name, supply.plans.iter().map(|plan| plan.name.as_str())).map(|near| format!("did you mean `{near}`?"));
            let diagnostic = reader.error(&name.at, "is no plan of the scenario");
            diagnostic.given = Some(format!("\"{}\"", name.value));
            diagnostic.allowed = Some(plan_names(supply));
            diagnostic.help = help;
        }
        return found;
    }
    let index = supply.plans.iter().position(crate::supply::Plan::buys_nothing);
    let (index, why) = index.map_or((0, "the first plan: none is all on-demand"), |index| (index, "the first plan that buys no units"));
    let plan = supply.plans.get(index)?;
    reader.assumed("baseline", &plan.name, why);
    Some(index)
}

/// The first plans' names, for messages.
fn plan_names(supply: &Supply) -> String {
    const SHOWN: usize = 12;
    let mut names: Vec<&str> = supply.plans.iter().take(SHOWN).map(|plan| plan.name.as_str()).collect();
    if supply.plans.len() > SHOWN {
        names.push("…");
    }
    names.join(", ")
}
