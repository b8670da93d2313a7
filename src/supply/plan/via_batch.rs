//! Plans whose work that may wait goes through a batch offer first, beside those of the file.
//!
//! A workload may wait where its class is deferrable, or for its deferrable share. Its route through batch is the plan's own behind the batch
//! offer: what batch does not take goes on as before, but for units that nobody else of the plan uses, which would stand idle. Work goes to
//! batch only where its deadline is kept: where jobs count as done in time, the offer's own deadline must be within the workload's; where they
//! take their time, lateness is simulated, and a limit must say how often it may be. Each set of such workloads is a way of its own.

use super::PlanSpec;
use crate::spec::{At, Field, Map};
use crate::supply::WorkloadFacts;
use crate::supply::offer::{Batch, Offer, OfferKind};
use std::collections::BTreeMap;

/// Workloads of which every set is looked at; of more, each alone and all together.
const MOST: usize = 3;

/// A further plan, or one that is left out and why.
pub(crate) enum ViaBatch {
    /// A plan that is not in the file.
    Plan(Field<PlanSpec>),
    /// A workload and a batch offer that are not tried together, and why.
    LeftOut(String),
}

/// A part of a workload that may wait, as routes name it.
struct MayWait<'a> {
    key: String,
    facts: &'a WorkloadFacts,
}

impl<'a> MayWait<'a> {
    fn of(facts: &'a WorkloadFacts) -> Option<Self> {
        let whole = (!facts.interactive).then(|| facts.name.clone());
        let key = whole.or_else(|| (facts.deferrable_share > 0.0).then(|| format!("{}.deferrable", facts.name)));
        key.map(|key| Self { key, facts })
    }
}

/// The further plans of these, in their order. `limited` says whether a limit tells how often work may be late.
pub(crate) fn via_batch(plans: &[Field<PlanSpec>], offers: &[Offer], workloads: &[WorkloadFacts], limited: bool) -> Vec<ViaBatch> {
    let mut made = Vec::new();
    let mut known: Vec<Routes> = plans.iter().map(|plan| routes(plan)).collect();
    let mut left_out: Vec<String> = Vec::new();
    let waiting: Vec<MayWait<'_>> = workloads.iter().filter_map(MayWait::of).collect();
    for plan in plans {
        for (index, offer) in offers.iter().enumerate() {
            let OfferKind::Batch(batch) = &offer.kind else { continue };
            let mut may: Vec<&MayWait<'_>> = Vec::new();
            for part in waiting.iter().filter(|part| route(plan, part).is_some_and(|route| !tries_batch(route, offers))) {
                match in_time(part, offer, batch, limited) {
                    Ok(()) => may.push(part),
                    Err(why) if !left_out.contains(&why) => left_out.push(why),
                    Err(_) => {}
                }
            }
            for set in sets(may.len()) {
                let parts: Vec<&MayWait<'_>> = set.into_iter().map(|place| may[place]).collect();
                let way = rerouted(plan, &parts, waiting.len() > 1, index, offers);
                let routes = routes(&way);
                let stands_alone = way.purchase.is_empty() && way.reservation.is_empty();
                if !known.contains(&routes) {
                    // Plans that differ in purchases that stand as written are different, whatever their routes.
                    known.extend(stands_alone.then_some(routes));
                    made.push(ViaBatch::Plan(way));
                }
            }
        }
    }
    made.extend(left_out.into_iter().map(ViaBatch::LeftOut));
    made
}

/// Why a part cannot go to a batch offer, if it would be late.
fn in_time(part: &MayWait<'_>, offer: &Offer, batch: &Batch, limited: bool) -> Result<(), String> {
    let (key, name, deadline) = (&part.key, &offer.name, part.facts.deadline);
    if batch.completion.is_some() {
        let why = || format!("`{key}` through `{name}`, as no `missed_deadlines_share` says how often it may be late");
        return if limited { Ok(()) } else { Err(why()) };
    }
    let why = || {
        let [done, due] = [batch.deadline, deadline].map(crate::supply::short);
        format!("`{key}` through `{name}`, whose jobs are done within {done} h, and it must be within {due} h")
    };
    if batch.deadline <= deadline { Ok(()) } else { Err(why()) }
}

/// Sets of so many things, by their places.
fn sets(count: usize) -> Vec<Vec<usize>> {
    if count <= MOST {
        return (1..1_usize << count).map(|set| (0..count).filter(|place| set >> place & 1 == 1).collect()).collect();
    }
    (0..count).map(|place| vec![place]).chain([(0..count).collect()]).collect()
}

type Route = Vec<Field<String>>;
type Routes = BTreeMap<String, Vec<String>>;

fn routes(plan: &PlanSpec) -> Routes {
    let names = |route: &Route| route.iter().map(|name| name.value.clone()).collect();
    plan.route.entries.iter().map(|(key, route)| (key.value.clone(), names(&route.value))).collect()
}

/// The route of a part: its own, or that of its workload.
fn route<'p>(plan: &'p PlanSpec, part: &MayWait<'_>) -> Option<&'p Route> {
    let of = |key: &str| plan.route.get(key).map(|route| &route.value);
    of(&part.key).or_else(|| of(&part.facts.name))
}

fn tries_batch(route: &Route, offers: &[Offer]) -> bool {
    let is_batch = |name: &Field<String>| offers.iter().any(|o| o.name == name.value && matches!(o.kind, OfferKind::Batch(_)));
    route.iter().any(is_batch)
}

/// The plan with these parts going through a batch offer first.
fn rerouted(plan: &Field<PlanSpec>, parts: &[&MayWait<'_>], several: bool, batch: usize, offers: &[Offer]) -> Field<PlanSpec> {
    let at = &plan.at;
    let mut way = plan.clone();
    for part in parts {
        let mut through = vec![field(offers[batch].name.clone(), at)];
        through.extend(route(plan, part).into_iter().flatten().cloned());
        let entries = &mut way.value.route.value.entries;
        entries.retain(|(key, _)| key.value != part.key);
        entries.push((field(part.key.clone(), at), field(through, at)));
    }
    let keys: Vec<&str> = parts.iter().map(|part| part.key.as_str()).collect();
    let who = if several { format!(" with {}", keys.join(" and ")) } else { String::new() };
    way.value.name.value = format!("{}{who} via {}", plan.name.value, offers[batch].name);
    let units = offers.iter().filter(|offer| matches!(offer.kind, OfferKind::Provisioned(_)));
    for offer in units {
        drop_if_idle(&mut way.value, &offer.name, &keys);
    }
    way
}

/// Leaves out an offer's units that stand behind batch alone.
fn drop_if_idle(plan: &mut PlanSpec, offer: &str, keys: &[&str]) {
    let has = |route: &Route| route.iter().any(|name| name.value == offer);
    let behind = |key: &str| keys.contains(&key);
    let entries = &mut plan.route.value.entries;
    let used = entries.iter().any(|(key, route)| !behind(&key.value) && has(&route.value));
    let stands = plan.purchase.iter().any(|purchase| purchase.offer.value == offer)
        || plan.reservation.iter().any(|reservation| reservation.offer.value == offer);
    if used || stands || !entries.iter().any(|(_, route)| has(&route.value)) {
        return;
    }
    entries.iter_mut().for_each(|(_, route)| route.value.retain(|name| name.value != offer));
    forget(plan.units.as_mut(), offer);
    forget(plan.term.as_mut(), offer);
    forget(plan.start_month.as_mut(), offer);
    forget(plan.hours.as_mut(), offer);
    if let Some(sweep) = &mut plan.sweep {
        forget(sweep.value.units.as_mut(), offer);
        forget(sweep.value.term.as_mut(), offer);
        forget(sweep.value.start_month.as_mut(), offer);
        let is_empty = |count: Option<usize>| count.is_none_or(|count| count == 0);
        let spec = &sweep.value;
        let counts = [
            spec.units.as_ref().map(|map| map.entries.len()),
            spec.term.as_ref().map(|map| map.entries.len()),
            spec.start_month.as_ref().map(|map| map.entries.len()),
        ];
        if counts.into_iter().all(is_empty) {
            plan.sweep = None;
        }
    }
}

fn forget<T>(map: Option<&mut Field<Map<T>>>, name: &str) {
    if let Some(map) = map {
        map.value.entries.retain(|(key, _)| key.value != name);
    }
}

fn field<T>(value: T, at: &At) -> Field<T> {
    Field { value, at: at.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_of_a_few_and_of_many_each_alone_and_all() {
        assert_eq!(sets(2), [vec![0], vec![1], vec![0, 1]]);
        assert_eq!(sets(3).len(), 7);
        assert_eq!(sets(4), [vec![0], vec![1], vec![2], vec![3], vec![0, 1, 2, 3]]);
        assert!(sets(0).is_empty());
    }
}
