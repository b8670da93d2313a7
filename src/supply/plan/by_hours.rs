//! Units by the hour of the week as further choices: some of an offer's units all week long, more of them without a term in a window of it.
//!
//! Windows are those that the user lists, or else those in which units pay in the pool's mean [week](super::week). Every number of the list in
//! a window goes on top of every other one, none included, up to the most of the list; where those are many, of each number of units at once
//! the ways that cost the least in the mean week. Of a long list, few numbers take part, as their pairs grow with its square.
//!
//! Where input and output are bought apart, a number is a pair of them. Of many, only those take part of which neither could be fewer for the
//! same work: what an hour asks of one axis and of the other goes together, whatever its level. Ways grow with the fourth power of the lists,
//! so fewer numbers of each take part until no more plans are made than a run serves in seconds.
//!
//! Where throttling is limited and the user lists no windows, those that [hold the busiest hours](super::by_need) are looked at too.

use super::by_need::{AT_MOST, by_need};
use super::open::{Opened, Opening, empty, none_of, put, remove};
use super::ways::{LookedAt, WAYS, Way, looked_at};
use super::week::{NONE, Units, Week};
use super::{PlanSpec, PurchaseSpec, TwoListsSpec, TwoUnitsSpec, UnitsListSpec, UnitsSpec, UnitsSweepSpec, sweep};
use crate::spec::{At, Field, Reader};
use crate::supply::offer::{MAX_AXES, Offer};
use crate::supply::route::Member;
use crate::supply::schedule::{ScheduleSpec, Window};
use crate::supply::{WorkloadFacts, short};
use crate::units::Term;
use std::collections::BTreeMap;

impl Opening<'_> {
    /// The choices of a pool whose lists are open, with units of an offer by the hour of the week on top; none where nobody asked for them.
    pub(super) fn by_hours(
        &self,
        spec: &Field<PlanSpec>,
        pool: &[Member],
        offer: usize,
        (offers, facts): (&[Offer], &[WorkloadFacts]),
        reader: &mut Reader,
    ) -> Vec<Opened> {
        let name = &offers[offer].name;
        let wish = self.candidates.by_offer.get(name).and_then(|said| said.hours.as_ref());
        let Some(listed) = wish else { return Vec::new() };
        let place = spec.at.key(&told(name, pool, facts));
        let Some(week) = Week::new(pool, (offer, &terms(spec, name)), (offers, facts), &self.profile) else {
            reader.assumed(
                place,
                "no hours",
                "units are sold on terms alone, or no on-demand offer that comes after them tells their worth",
            );
            return Vec::new();
        };
        let swept = spec.sweep.as_ref().and_then(|sweep| sweep.units.as_ref()).and_then(|map| map.get(name));
        let Some(swept) = swept.map(|list| lists(&list.value)) else { return Vec::new() };
        let all: Vec<Vec<f64>> = swept.iter().map(|list| with_none(list)).collect();
        let beside = sweep::count(spec) / swept.iter().map(|list| list.0.len()).product::<usize>().max(1);
        let mut found = looked_at(&all, listed, &week, beside);
        let mut note = note(&found, &all);
        let said = if found.windows.is_empty() { "no hours".to_owned() } else { names(found.windows.iter()) };
        if listed.is_empty() && self.limits_throttling {
            let (more, windows) = by_need(&all, (&found.ways, &found.windows), &week, beside);
            let mut places: Vec<usize> = more.iter().map(|way| way.window).collect();
            places.sort_unstable();
            places.dedup();
            if !more.is_empty() {
                let used = names(places.iter().map(|&place| &windows[place]));
                note += &format!(
                    "; as throttling is limited, also {} on {used}: {} up to {AT_MOST} that leave less of any hour of a busy week to \
                     other offers than all that cost less",
                    if more.len() == 1 { "1 way".to_owned() } else { format!("{} ways", more.len()) },
                    each(all.len())
                );
            }
            found.ways.extend(more);
            found.windows = windows;
        }
        reader.assumed(place, said, note);
        let opened = |Sweep { always, more, window }: Sweep| swept_with(spec, name, &always, more, found.windows[window]);
        sweeps(&found.ways, all.len()).into_iter().map(opened).collect()
    }
}

/// The terms on which a plan whose lists are open buys an offer.
fn terms(spec: &PlanSpec, offer: &str) -> Vec<Term> {
    let swept = spec.sweep.as_ref().and_then(|sweep| sweep.term.as_ref()).and_then(|map| map.get(offer));
    let fixed = spec.term.as_ref().and_then(|map| map.get(offer));
    swept.into_iter().flat_map(|terms| terms.iter()).chain(fixed).map(|term| term.value).collect()
}

fn names<'w>(windows: impl Iterator<Item = &'w Window>) -> String {
    windows.map(Window::to_string).collect::<Vec<_>>().join(", ")
}

/// How many ways, and what was left out.
fn note(found: &LookedAt, all_numbers: &[Vec<f64>]) -> String {
    let LookedAt { numbers, windows, ways, all } = found;
    let of_all = of_all(numbers, all_numbers);
    if windows.is_empty() {
        "in the mean week, no units without a term save more in a window than on a term or on demand".to_owned()
    } else if ways.len() < *all {
        let each = each(numbers.len());
        format!("{} of {all} ways{of_all}: {each} the {WAYS} that cost the least in the mean week", ways.len())
    } else {
        format!("all {all} ways{of_all}")
    }
}

/// Of what each, by the number of axes.
fn each(axes: usize) -> &'static str {
    match axes {
        1 => "for each number of units at once",
        _ => "for each pair of units at once, of which neither could be fewer for the same work,",
    }
}

/// By axis.
fn lists(units: &UnitsSweepSpec) -> Vec<&UnitsListSpec> {
    match units {
        UnitsSweepSpec::One(list) => vec![list],
        UnitsSweepSpec::Two(two) => vec![&two.input.value, &two.output.value],
    }
}

/// The numbers of a list, none among them, in order.
fn with_none(list: &UnitsListSpec) -> Vec<f64> {
    let mut units = list.0.clone();
    units.push(0.0);
    units.sort_by(f64::total_cmp);
    units.dedup();
    units
}

/// How many of the numbers of each axis take part, where not all do.
fn of_all(part: &[Vec<f64>], all: &[Vec<f64>]) -> String {
    if part.iter().zip(all).all(|(part, all)| part.len() == all.len()) {
        return String::new();
    }
    let of_axis = |(part, all): (&Vec<f64>, &Vec<f64>)| format!("{} of {}", part.len(), all.len());
    let axes: Vec<String> = part.iter().zip(all).map(of_axis).collect();
    format!(" of {} numbers of units", axes.join(" and "))
}

/// Ways that differ in what is bought all week long on one axis alone.
struct Sweep {
    /// By axis; of two, one number of the first. Nothing stands alone, as it has no term.
    always: Vec<Vec<f64>>,
    more: Units,
    window: usize,
}

fn sweeps(ways: &[Way], axes: usize) -> Vec<Sweep> {
    type Key = (usize, [u64; MAX_AXES], Option<u64>, bool);
    let mut sweeps: BTreeMap<Key, Vec<f64>> = BTreeMap::new();
    for way in ways {
        let first = (axes > 1).then(|| way.always[0].to_bits());
        sweeps.entry((way.window, way.more.map(f64::to_bits), first, way.always > NONE)).or_default().push(way.always[axes - 1]);
    }
    let sweep = |((window, more, first, _), mut last): (Key, Vec<f64>)| {
        last.sort_by(f64::total_cmp);
        let always = first.map(|units| vec![f64::from_bits(units)]).into_iter().chain([last]).collect();
        Sweep { always, more: more.map(f64::from_bits), window }
    };
    sweeps.into_iter().map(sweep).collect()
}

/// The path, within a plan, of what was looked at by the hour of the week.
pub(crate) fn told(offer: &str, pool: &[Member], facts: &[WorkloadFacts]) -> String {
    let workload = pool.first().map_or("", |member| facts[member.workload].name.as_str());
    format!("by_hours.{offer}.{workload}")
}

/// A plan with these numbers of units all week long, by axis, and more in a window.
fn swept_with(spec: &Field<PlanSpec>, offer: &str, always: &[Vec<f64>], more: Units, window: Window) -> Opened {
    let mut plan = spec.value.clone();
    let at = &spec.at;
    let (lists, units) = match always {
        [input, output] => {
            let [input, output] = [input, output].map(|list| field(UnitsListSpec(list.clone()), at));
            let more = TwoUnitsSpec { input: field(more[0], at), output: field(more[1], at) };
            (UnitsSweepSpec::Two(TwoListsSpec { input, output }), UnitsSpec::Two(more))
        }
        one => (UnitsSweepSpec::One(UnitsListSpec(one.concat())), UnitsSpec::One(more[0])),
    };
    if let Some(sweep) = plan.sweep.as_mut().map(|sweep| &mut sweep.value) {
        if always.iter().flatten().any(|&units| units > 0.0) {
            let mine = sweep.units.iter_mut().flat_map(|map| &mut map.value.entries).filter(|(name, _)| name.value == offer);
            mine.for_each(|(_, list)| list.value = lists.clone());
        } else {
            // Nothing has neither a term nor a start to choose.
            sweep.units.iter_mut().for_each(|map| remove(&mut map.value, offer));
            sweep.term.iter_mut().for_each(|map| remove(&mut map.value, offer));
            sweep.start_month.iter_mut().for_each(|map| remove(&mut map.value, offer));
            plan.term.iter_mut().for_each(|map| remove(&mut map.value, offer));
            put(&mut plan.units.get_or_insert_with(|| empty(at)).value, offer, none_of(always.len(), at), at);
            put(&mut plan.term.get_or_insert_with(|| empty(at)).value, offer, Term::NONE, at);
        }
    }
    let schedule = ScheduleSpec {
        days: Some(field(window.days, at)),
        from: field(u64::from(window.from), at),
        until: field(u64::from(window.until), at),
    };
    let purchase = PurchaseSpec {
        offer: field(offer.to_owned(), at),
        units: field(units, at),
        term: Some(field(Term::NONE, at)),
        start_month: None,
        renewal: None,
        schedule: Some(field(schedule, at)),
    };
    plan.purchase.push(field(purchase, at));
    let units = more.map(short)[..always.len()].join("+");
    Opened { spec: field(plan, at), suffix: format!("/+{units} {offer} {window}") }
}

fn field<T>(value: T, at: &At) -> Field<T> {
    Field { value, at: at.clone() }
}
