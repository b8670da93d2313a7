//! Routes: which offers each workload tries in turn, and which workloads thereby share capacity.

use super::facts::WorkloadFacts;
use super::offer::{Offer, OfferKind};
use super::plan::{PlanSpec, waiting_hours};
use super::schedule::Schedule;
use crate::spec::{At, Field, Reader, nearest};
use crate::units::CLASSES;
use std::collections::{BTreeMap, BTreeSet};

/// A workload, or the part of it that can wait, and where it goes. Part of the identity of a pool, hence compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Index of the workload.
    pub workload: usize,
    /// Which part of it.
    pub part: Part,
    /// The batch offer that is tried first, by window.
    pub batch: Option<usize>,
    /// Offers with a capacity, in the order they are tried.
    pub route: Vec<usize>,
    /// How it waits for them; `None` when it is served in the hour it arrives.
    pub waits: Option<Waits>,
}

/// How a member waits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waits {
    /// For each offer of the route, the hours of the week in which it may be used; `None` for all.
    pub hours: Vec<Option<Schedule>>,
}

impl Member {
    /// What can wait does so where its workload says so, and where it goes to batch jobs that take their time.
    fn new(workload: usize, part: Part, (batch, route): Follow, offers: &[Offer], workloads: &[WorkloadFacts]) -> Self {
        let facts = &workloads[workload];
        let can = match part {
            Part::Whole => !facts.interactive,
            Part::Interactive => false,
            Part::Deferrable => true,
        };
        let timed = batch.is_some_and(|batch| matches!(&offers[batch].kind, OfferKind::Batch(batch) if batch.completion.is_some()));
        let waits = (can && (facts.queue || timed)).then(|| Waits { hours: vec![None; route.len()] });
        Self { workload, part, batch, route, waits }
    }
}

/// Which part of a workload a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// All of it.
    Whole,
    /// What must be served now, where another part can wait.
    Interactive,
    /// What can wait.
    Deferrable,
}

/// The routes of one plan: a member for each part of each workload, in the order of the workloads. `None` after at least one problem.
pub(crate) fn members(spec: &PlanSpec, offers: &[Offer], workloads: &[WorkloadFacts], reader: &mut Reader) -> Option<Vec<Member>> {
    let mut good = known_keys(spec, workloads, reader);
    let mut members = Vec::new();
    let mut places = Vec::new();
    for (index, workload) in workloads.iter().enumerate() {
        let Some(route) = spec.route.get(&workload.name) else {
            let diagnostic = reader.error(&spec.route.at, format!("has no route for the workload `{}`", workload.name));
            diagnostic.allowed = Some("a route for every workload".to_owned());
            good = false;
            continue;
        };
        let splits = workload.interactive && workload.deferrable_share > 0.0;
        let part = if splits { Part::Interactive } else { Part::Whole };
        let waits = !workload.interactive;
        match follow(route, waits, offers, reader) {
            Some(follow) => members.push(Member::new(index, part, follow, offers, workloads)),
            None => good = false,
        }
        places.push(&route.at);
        if splits {
            let name = format!("{}.deferrable", workload.name);
            let own = spec.route.get(&name);
            if own.is_none() {
                reader.assumed(
                    spec.route.at.key(&name),
                    format!("as `{}`", workload.name),
                    "the part that can wait has no route of its own",
                );
            }
            let route = own.unwrap_or(route);
            match follow(route, own.is_some(), offers, reader) {
                Some(follow) => members.push(Member::new(index, Part::Deferrable, follow, offers, workloads)),
                None => good = false,
            }
            places.push(&route.at);
        }
    }
    if !good {
        return None;
    }
    good &= go_on_alike(&members, &places, offers, workloads, reader);
    good &= priced(&members, &places, offers, workloads, reader);
    good &= waiting_hours(spec, offers, &mut members, reader);
    good.then_some(members)
}

fn known_keys(spec: &PlanSpec, workloads: &[WorkloadFacts], reader: &mut Reader) -> bool {
    let mut good = true;
    for (key, _) in &spec.route.entries {
        let (name, deferrable) = key.value.strip_suffix(".deferrable").map_or((key.value.as_str(), false), |name| (name, true));
        match workloads.iter().find(|workload| workload.name == name) {
            Some(workload) if deferrable && !(workload.interactive && workload.deferrable_share > 0.0) => {
                reader.refuse(&key.at, "routes a part that can wait, and the workload has none", "`deferrable_share` in the workload");
                good = false;
            }
            Some(_) => {}
            None => {
                let names = || workloads.iter().map(|workload| workload.name.as_str());
                let diagnostic = reader.error(&key.at, "is no workload");
                diagnostic.given = Some(key.value.clone());
                diagnostic.allowed = Some(names().collect::<Vec<_>>().join(", "));
                diagnostic.help = nearest(name, names()).map(|name| format!("did you mean `{name}`?"));
                good = false;
            }
        }
    }
    good
}

/// A batch offer that comes first, and the offers with a capacity after it.
type Follow = (Option<usize>, Vec<usize>);

fn follow(route: &Field<Vec<Field<String>>>, waits: bool, offers: &[Offer], reader: &mut Reader) -> Option<Follow> {
    let mut good = true;
    let mut batch = None;
    let mut rest = Vec::with_capacity(route.len());
    if route.is_empty() {
        reader.refuse(&route.at, "is empty", "at least one offer");
        return None;
    }
    for (place, name) in route.iter().enumerate() {
        let Some(index) = offers.iter().position(|offer| offer.name == name.value) else {
            let names = || offers.iter().map(|offer| offer.name.as_str());
            let diagnostic = reader.error(&name.at, "is no offer");
            diagnostic.given = Some(format!("\"{}\"", name.value));
            diagnostic.allowed = Some(names().collect::<Vec<_>>().join(", "));
            diagnostic.help = nearest(&name.value, names()).map(|name| format!("did you mean \"{name}\"?"));
            good = false;
            continue;
        };
        let again = rest.contains(&index) || batch == Some(index);
        let problem = match (&offers[index].kind, place) {
            _ if again => Some(("stands twice in one route", "every offer once")),
            (OfferKind::Batch(_), _) if !waits => Some((
                "is a batch offer, and this work must be served now",
                "an on-demand or provisioned offer, or `class = \"deferrable\"`",
            )),
            (OfferKind::Batch(_), 1..) => {
                Some(("is a batch offer after another one; it takes whole windows of work", "a batch offer first"))
            }
            _ => None,
        };
        if let Some((message, allowed)) = problem {
            reader.refuse(&name.at, message, allowed);
            good = false;
        } else if matches!(offers[index].kind, OfferKind::Batch(_)) {
            batch = Some(index);
        } else {
            if let Some(&before) = rest.last()
                && let OfferKind::OnDemand(on_demand) = &offers[before].kind
                && on_demand.quota.is_none()
                && on_demand.incidents.is_none()
            {
                let before = &offers[before].name;
                reader.warn(format!("{}: nothing ever reaches `{}`, because `{before}` before it has no quota", name.at.path, name.value));
            }
            let same_quota = |&&before: &&usize| match (&offers[before].kind, &offers[index].kind) {
                (OfferKind::OnDemand(a), OfferKind::OnDemand(b)) => {
                    a.quota.is_some() && a.incidents.is_none() && a.shares.unwrap_or(before) == b.shares.unwrap_or(index)
                }
                _ => false,
            };
            if let Some(&before) = rest.iter().find(same_quota) {
                let before = &offers[before].name;
                reader.warn(format!(
                    "{}: nothing ever reaches `{}`, which shares its quota with `{before}` before it",
                    name.at.path, name.value
                ));
            }
            rest.push(index);
        }
    }
    good.then_some((batch, rest))
}

/// Routes that meet at an offer must go on alike after it, because what overflows there no longer knows where it came from.
fn go_on_alike(members: &[Member], places: &[&At], offers: &[Offer], workloads: &[WorkloadFacts], reader: &mut Reader) -> bool {
    let mut next: BTreeMap<usize, (Option<usize>, usize)> = BTreeMap::new();
    let mut good = true;
    for (index, member) in members.iter().enumerate() {
        for (place, &offer) in member.route.iter().enumerate() {
            let after = member.route.get(place + 1).copied();
            let (other, first) = *next.entry(offer).or_insert((after, index));
            if other == after {
                continue;
            }
            let say = |after: Option<usize>| after.map_or("ends".to_owned(), |after| format!("goes on to `{}`", offers[after].name));
            let message = format!(
                "meets the route of `{}` at `{}` and {} where that one {}: what overflows from a shared offer goes one way",
                label(&members[first], workloads),
                offers[offer].name,
                say(after),
                say(other)
            );
            reader.refuse(places[index], message, "routes that go on alike after an offer they share");
            good = false;
            break;
        }
    }
    good
}

/// Every class that can occur has a price wherever it can be served.
fn priced(members: &[Member], places: &[&At], offers: &[Offer], workloads: &[WorkloadFacts], reader: &mut Reader) -> bool {
    let mut told = BTreeSet::new();
    for (member, place) in members.iter().zip(places) {
        let workload = &workloads[member.workload];
        for &index in member.batch.iter().chain(&member.route) {
            let price = match &offers[index].kind {
                OfferKind::OnDemand(offer) => &offer.price,
                OfferKind::Batch(offer) => &offer.price,
                OfferKind::Provisioned(_) => continue,
            };
            for (class, name) in CLASSES.iter().enumerate() {
                if price.missing[class] && workload.classes[class] && told.insert((index, class)) {
                    let message =
                        format!("goes to `{}`, which has no price for {name} tokens, and `{}` has some", offers[index].name, workload.name);
                    reader.refuse(place, message, format!("`{name} = …` in the offer's price"));
                }
            }
        }
    }
    told.is_empty()
}

/// What a member is called in messages.
pub(crate) fn label(member: &Member, workloads: &[WorkloadFacts]) -> String {
    let name = &workloads[member.workload].name;
    if member.part == Part::Deferrable { format!("{name}.deferrable") } else { name.clone() }
}

/// The members of each pool: workloads connected by shared offers with a capacity, or by batch offers that run so many jobs at a time, each
/// with all its parts; in the order of workloads.
pub(crate) fn pools(members: &[Member], offers: &[Offer]) -> Vec<Vec<Member>> {
    let limited = |batch: usize| matches!(&offers[batch].kind, OfferKind::Batch(batch) if batch.completion.as_ref().is_some_and(|c| c.in_flight.is_some()));
    let mut pools: Vec<Vec<Member>> = Vec::new();
    for member in members {
        // Everything it touches becomes one pool with it.
        let (mut joined, apart): (Vec<_>, Vec<_>) = pools.drain(..).partition(|pool: &Vec<Member>| {
            pool.iter().any(|other| {
                other.workload == member.workload
                    || other.route.iter().any(|offer| member.route.contains(offer))
                    || (other.batch == member.batch && member.batch.is_some_and(limited))
            })
        });
        let mut pool: Vec<Member> = joined.drain(..).flatten().collect();
        pool.push(member.clone());
        pools = apart;
        pools.push(pool);
    }
    for pool in &mut pools {
        pool.sort();
    }
    pools.sort();
    pools
}
