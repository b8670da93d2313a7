//! What to buy left open: plans in which numbers of units, terms and starts become lists, one pool at a time.
//!
//! Who asks how much to buy wants every number of units looked at, and pools apart from each other: their costs add, so each pool's choices
//! are a list of their own, and no product of lists is ever laid out. While one pool's lists are walked the other pools buy nothing.

use super::flags::Flags;
use super::{PlanSpec, SweepSpec, TwoListsSpec, TwoUnitsSpec, UnitsListSpec, UnitsSpec, UnitsSweepSpec};
use crate::spec::{At, Field, Map, Reader};
use crate::supply::offer::{Axis, MAX_AXES, Offer, OfferKind, Provisioned};
use crate::supply::route::Member;
use crate::supply::schedule::Window;
use crate::supply::{Commitment, WorkloadFacts};
use crate::units::{ByClass, Term};
use std::collections::{BTreeMap, BTreeSet};

/// Units are looked at up to what serves so many times the busiest hour: levels, spikes and minutes go above its mean, and more units than
/// that stand idle nearly always.
pub(super) const REACH: f64 = 1.6;
/// Numbers of units that are looked at on an axis, of an offer with one and with two, unless the file lists them.
const ONE_AXIS: f64 = 24.0;
const TWO_AXES: f64 = 12.0;

/// What is to be looked at of an offer, where the user says so.
#[derive(Clone, Debug, Default)]
pub struct OfferCandidates {
    /// Numbers of units.
    pub units: Option<UnitsSweepSpec>,
    /// Terms.
    pub terms: Option<Vec<Term>>,
    /// Months of the horizon, from 1, in which units start.
    pub starts: Option<Vec<u64>>,
    /// Windows of the week in which units without a term are looked at on top of others: these, or where none is listed those in which such
    /// units would pay in the mean week and, where throttling is limited, those that hold its busiest hours. `None` for no such units.
    pub hours: Option<Vec<Window>>,
    /// Whether the units are a finer list around an answer, rather than somebody's wish.
    pub refined: bool,
}

impl OfferCandidates {
    /// Whether so many units may be bought on a term from a month of the horizon, counted from 0.
    #[must_use]
    pub fn allow(&self, units: [f64; MAX_AXES], term: Term, start_month: usize) -> bool {
        let units = match &self.units {
            None => true,
            Some(UnitsSweepSpec::One(list)) => list.0.contains(&units[0]),
            Some(UnitsSweepSpec::Two(two)) => two.input.0.contains(&units[0]) && two.output.0.contains(&units[1]),
        };
        let term = self.terms.as_ref().is_none_or(|terms| terms.contains(&term));
        units && term && self.starts.as_ref().is_none_or(|starts| starts.contains(&(start_month as u64 + 1)))
    }
}

/// What is to be looked at, by the offer's name. What is left out comes from the sweeps of the file, or else from the demand: every term,
/// and units up to what serves 1.6 times the busiest hour.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// By offer.
    pub by_offer: BTreeMap<String, OfferCandidates>,
    /// Whether work that may wait is sent through batch offers too, beside the routes of the file.
    pub via_batch: bool,
}

impl Candidates {
    /// Whether this much of an offer may be bought; of an offer that nothing is said of, anything may.
    #[must_use]
    pub fn allow(&self, offer: &str, commitment: &Commitment) -> bool {
        let said = self.by_offer.get(offer);
        // Units in a window are on top of what the lists say.
        let by_hours = |said: &&OfferCandidates| said.hours.is_some() && commitment.schedule.is_some();
        said.is_none_or(|said| by_hours(&said) || said.allow(commitment.units, commitment.term, commitment.start_month))
    }
}

/// What lists are made from.
#[derive(Clone, Debug)]
pub struct Opening<'a> {
    /// What the user says.
    pub candidates: &'a Candidates,
    /// Mean tokens of each workload's busiest hour.
    pub busiest: Vec<ByClass>,
    /// Mean tokens by workload and hour of the week.
    pub profile: Vec<Vec<ByClass>>,
    /// Whether a limit says how often work may be late.
    pub limits_lateness: bool,
    /// Whether a limit says how much may be throttled.
    pub limits_throttling: bool,
}

/// A plan with open choices, and what its name adds to theirs.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) spec: Field<PlanSpec>,
    pub(crate) suffix: String,
}

impl Opening<'_> {
    /// The plan with its choices open: one for each pool that buys units of its own.
    pub(crate) fn open(
        &self,
        spec: &Field<PlanSpec>,
        pools: &[Vec<Member>],
        (offers, facts): (&[Offer], &[WorkloadFacts]),
        reader: &mut Reader,
    ) -> Vec<Opened> {
        let of_pool = |pool: &Vec<Member>| -> BTreeSet<usize> {
            let routed = pool.iter().flat_map(|member| member.route.iter().copied());
            routed.filter(|&offer| is_open(spec, &offers[offer])).collect()
        };
        let open: Vec<BTreeSet<usize>> = pools.iter().map(of_pool).collect();
        let all: BTreeSet<usize> = open.iter().flatten().copied().collect();
        for (pool, mine) in pools.iter().zip(&open) {
            for offer in mine.iter().map(|&index| &offers[index]).filter(|offer| !self.lists_units(spec, offer)) {
                if let OfferKind::Provisioned(provisioned) = &offer.kind {
                    let units = self.units(spec, offer, provisioned, pool);
                    reader.assumed(spec.at.key(&made_up(&offer.name)), text(&units), "up to what serves 1.6 times the busiest hour");
                }
            }
        }
        for &index in &all {
            reader.assumed(spec.at.key(&left_open(&offers[index].name)), "units, terms and starts", "what to buy is looked for");
        }
        let flags: BTreeMap<usize, Flags> = all.iter().map(|&index| (index, self.flags(&offers[index], reader))).collect();
        let mut opened = Vec::new();
        for (pool, mine) in pools.iter().zip(&open).filter(|(_, mine)| !mine.is_empty()) {
            let lists = self.of_pool(spec, pool, mine, &flags, offers);
            let by_hours: Vec<Opened> =
                mine.iter().flat_map(|&offer| self.by_hours(&lists, pool, offer, (offers, facts), reader)).collect();
            opened.push(Opened { spec: lists, suffix: String::new() });
            opened.extend(by_hours);
        }
        opened
    }

    /// Whether some plan leaves open what it buys of every offer that the user says something of; tells the others.
    pub(crate) fn is_left_open(&self, plans: &[Field<PlanSpec>], offers: &[Offer], reader: &mut Reader) -> bool {
        let uses =
            |plan: &PlanSpec, offer: &Offer| plan.route.entries.iter().any(|(_, route)| route.iter().any(|name| name.value == offer.name));
        let sold = |offer: &&Offer| matches!(offer.kind, OfferKind::Provisioned(_));
        let open = |offer: &Offer| plans.iter().any(|plan| uses(plan, offer) && is_open(plan, offer));
        let mut good = true;
        for offer in offers.iter().filter(sold).filter(|offer| !open(offer)) {
            for at in self.flags(offer, reader).all() {
                let message = "is bought as the plans write it (`purchase`, `reservation`) or not at all, which leaves nothing to look for";
                reader.refuse(&at, message, "an offer whose units a plan of the file leaves open");
                good = false;
            }
        }
        good
    }

    /// The places of what flags say of an offer.
    fn flags(&self, offer: &Offer, reader: &mut Reader) -> Flags {
        self.candidates.by_offer.get(&offer.name).map_or_else(Flags::default, |said| Flags::new(&offer.name, said, reader))
    }

    /// Whether the user or the file lists numbers of units.
    fn lists_units(&self, spec: &PlanSpec, offer: &Offer) -> bool {
        let said = self.candidates.by_offer.get(&offer.name).is_some_and(|said| said.units.is_some());
        said || spec.sweep.as_ref().and_then(|sweep| sweep.units.as_ref()).is_some_and(|map| map.get(&offer.name).is_some())
    }

    fn of_pool(
        &self,
        spec: &Field<PlanSpec>,
        pool: &[Member],
        mine: &BTreeSet<usize>,
        all: &BTreeMap<usize, Flags>,
        offers: &[Offer],
    ) -> Field<PlanSpec> {
        let mut plan = spec.value.clone();
        let at = &spec.at;
        let sweep = plan.sweep.get_or_insert_with(|| Field {
            value: SweepSpec { units: None, term: None, start_month: None, linked: Vec::new() },
            at: at.clone(),
        });
        let fixed = (plan.units.get_or_insert_with(|| empty(at)), plan.term.get_or_insert_with(|| empty(at)));
        let starts = plan.start_month.get_or_insert_with(|| empty(at));
        let sweep = &mut sweep.value;
        // Lists of different pools, which walked together, are now walked apart.
        sweep.linked.clear();
        let swept = (sweep.units.get_or_insert_with(|| empty(at)), sweep.term.get_or_insert_with(|| empty(at)));
        let swept_starts = sweep.start_month.get_or_insert_with(|| empty(at));
        for (&index, flags) in all {
            let offer = &offers[index];
            let OfferKind::Provisioned(provisioned) = &offer.kind else { continue };
            let name = &offer.name;
            let (units, terms, months) = self.lists(spec, offer, provisioned, pool);
            remove(&mut fixed.0.value, name);
            remove(&mut fixed.1.value, name);
            remove(&mut starts.value, name);
            remove(&mut swept.0.value, name);
            remove(&mut swept.1.value, name);
            remove(&mut swept_starts.value, name);
            let place = |flag: &Option<At>, path: &str| {
                let of_plan = || At { path: at.key(&format!("{path}.{name}")), ..at.clone() };
                flag.clone().unwrap_or_else(of_plan)
            };
            if mine.contains(&index) {
                let at = place(&flags.units, "sweep.units");
                put(&mut swept.0.value, name, with_places(units, &at), &at);
                // One value alone is no axis of a sweep, and no part of a name.
                let at = place(&flags.terms, if terms.len() == 1 { "term" } else { "sweep.term" });
                match terms.as_slice() {
                    [term] => put(&mut fixed.1.value, name, *term, &at),
                    _ => put(&mut swept.1.value, name, fields(terms, &at), &at),
                }
                let at = place(&flags.starts, if months.len() == 1 { "start_month" } else { "sweep.start_month" });
                match months.as_slice() {
                    [month] => put(&mut starts.value, name, *month, &at),
                    _ => put(&mut swept_starts.value, name, fields(months, &at), &at),
                }
            } else {
                put(&mut fixed.0.value, name, none_of(provisioned.axes.len(), at), &place(&None, "units"));
                if let Some(&term) = terms.first() {
                    put(&mut fixed.1.value, name, term, &place(&flags.terms, "term"));
                }
            }
        }
        Field { value: plan, at: at.clone() }
    }

    /// Units, terms and starts of an offer that are looked at.
    fn lists(&self, spec: &PlanSpec, offer: &Offer, provisioned: &Provisioned, pool: &[Member]) -> (UnitsSweepSpec, Vec<Term>, Vec<u64>) {
        let said = self.candidates.by_offer.get(&offer.name).cloned().unwrap_or_default();
        let sweep = spec.sweep.as_ref();
        let swept_units = || sweep?.units.as_ref()?.get(&offer.name).map(|list| list.value.clone());
        let units = said.units.or_else(swept_units).unwrap_or_else(|| self.units(spec, offer, provisioned, pool));
        let swept_terms = || Some(sweep?.term.as_ref()?.get(&offer.name)?.iter().map(|term| term.value).collect());
        let terms = said.terms.or_else(swept_terms).unwrap_or_else(|| provisioned.terms.iter().map(|(term, _)| *term).collect());
        let swept_starts = || Some(sweep?.start_month.as_ref()?.get(&offer.name)?.iter().map(|month| month.value).collect());
        let own = || spec.start_month.as_ref().and_then(|map| map.get(&offer.name)).map(|month| month.value);
        let starts = said.starts.or_else(swept_starts).unwrap_or_else(|| vec![own().unwrap_or(provisioned.start_month as u64 + 1)]);
        (units, terms, starts)
    }

    /// Units from none to more than the busiest hours need, and the number that the plan fixes.
    fn units(&self, spec: &PlanSpec, offer: &Offer, provisioned: &Provisioned, pool: &[Member]) -> UnitsSweepSpec {
        let workloads: BTreeSet<usize> = pool.iter().map(|member| member.workload).collect();
        let busiest = workloads.iter().filter_map(|&workload| self.busiest.get(workload)).fold(ByClass::ZERO, |sum, &tokens| sum + tokens);
        let fixed = spec.units.as_ref().and_then(|map| map.get(&offer.name)).map(|units| &units.value);
        let most = if provisioned.axes.len() > 1 { TWO_AXES } else { ONE_AXIS };
        let list = |axis: usize, own: Option<f64>| {
            let mut list = provisioned.axes.get(axis).map_or_else(Vec::new, |axis| spread(axis, busiest, most));
            list.extend(own.filter(|own| !list.contains(own)));
            list.sort_by(f64::total_cmp);
            UnitsListSpec(list)
        };
        if provisioned.axes.len() < 2 {
            let own = fixed.and_then(|units| if let UnitsSpec::One(units) = units { Some(*units) } else { None });
            return UnitsSweepSpec::One(list(0, own));
        }
        let own = |axis: usize| match fixed {
            Some(UnitsSpec::Two(two)) => Some(if axis == 0 { two.input.value } else { two.output.value }),
            _ => None,
        };
        let at = &spec.name.at;
        let [input, output] = [0, 1].map(|axis| Field { value: list(axis, own(axis)), at: at.clone() });
        UnitsSweepSpec::Two(TwoListsSpec { input, output })
    }
}

/// At most so many numbers of units that can be bought, evenly from none to what [`REACH`] asks for.
fn spread(axis: &Axis, busiest: ByClass, most: f64) -> Vec<f64> {
    let needed = REACH * busiest.dot(&axis.weights) / axis.capacity.0;
    let above = (needed - axis.minimum).max(0.0);
    let step = match axis.increment {
        Some(step) => step * (above / step / most).ceil().max(1.0),
        // Two digits, so that steps of fractional units can be read.
        None => format!("{:.1e}", (above / most).max(1e-9)).parse().unwrap_or(1.0),
    };
    let steps = (above / step - 1e-9).ceil().clamp(0.0, most) as usize;
    let rounded = |units: f64| format!("{units:.9e}").parse().unwrap_or(units);
    let mut list = vec![0.0];
    list.extend((0..=steps).map(|i| rounded(axis.minimum + i as f64 * step)).filter(|&units| units > 0.0));
    list
}

/// The path, within a plan, of a list of units that nobody gave.
pub(crate) fn made_up(offer: &str) -> String {
    format!("sweep.units.{offer}")
}

/// The path, within a plan, of what it leaves open.
pub(crate) fn left_open(offer: &str) -> String {
    format!("open.{offer}")
}

/// Numbers of units as the command line takes them.
pub(super) fn text(units: &UnitsSweepSpec) -> String {
    let list = |list: &UnitsListSpec| list.0.iter().map(|&units| crate::supply::short(units)).collect::<Vec<_>>().join(", ");
    match units {
        UnitsSweepSpec::One(one) => list(one),
        UnitsSweepSpec::Two(two) => format!("{} + {}", list(&two.input), list(&two.output)),
    }
}

/// Whether a plan's purchase of an offer may be changed: ladders and reservations stand as they are written.
fn is_open(spec: &PlanSpec, offer: &Offer) -> bool {
    matches!(offer.kind, OfferKind::Provisioned(_))
        && !spec.purchase.iter().any(|purchase| purchase.offer.value == offer.name)
        && !spec.reservation.iter().any(|reservation| reservation.offer.value == offer.name)
}

/// Whether a plan says all that it needs, so that it can stand as it is.
pub(crate) fn is_whole(spec: &PlanSpec, routed: &[usize], offers: &[Offer]) -> bool {
    let sweep = spec.sweep.as_ref();
    routed.iter().all(|&index| {
        let (offer, name) = (&offers[index], &offers[index].name);
        let OfferKind::Provisioned(provisioned) = &offer.kind else { return true };
        let units = spec.units.as_ref().is_some_and(|map| map.get(name).is_some())
            || sweep.and_then(|sweep| sweep.units.as_ref()).is_some_and(|map| map.get(name).is_some());
        let term = provisioned.terms.len() < 2
            || spec.term.as_ref().is_some_and(|map| map.get(name).is_some())
            || sweep.and_then(|sweep| sweep.term.as_ref()).is_some_and(|map| map.get(name).is_some());
        (units && term) || spec.purchase.iter().any(|purchase| purchase.offer.value == *name)
    })
}

pub(super) fn empty<T>(at: &At) -> Field<Map<T>> {
    Field { value: Map::default(), at: at.clone() }
}

pub(super) fn remove<T>(map: &mut Map<T>, name: &str) {
    map.entries.retain(|(key, _)| key.value != name);
}

pub(super) fn put<T>(map: &mut Map<T>, name: &str, value: T, at: &At) {
    map.entries.push((Field { value: name.to_owned(), at: at.clone() }, Field { value, at: at.clone() }));
}

fn fields<T>(values: Vec<T>, at: &At) -> Vec<Field<T>> {
    values.into_iter().map(|value| Field { value, at: at.clone() }).collect()
}

/// No units on any of so many axes.
pub(super) fn none_of(axes: usize, at: &At) -> UnitsSpec {
    let zero = || Field { value: 0.0, at: at.clone() };
    if axes > 1 { UnitsSpec::Two(TwoUnitsSpec { input: zero(), output: zero() }) } else { UnitsSpec::One(0.0) }
}

/// Lists of two axes are told by the place of the whole.
fn with_places(units: UnitsSweepSpec, at: &At) -> UnitsSweepSpec {
    match units {
        UnitsSweepSpec::One(_) => units,
        UnitsSweepSpec::Two(two) => {
            let placed = |list: Field<UnitsListSpec>| Field { at: at.clone(), ..list };
            UnitsSweepSpec::Two(TwoListsSpec { input: placed(two.input), output: placed(two.output) })
        }
    }
}
