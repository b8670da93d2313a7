//! Units by the hour of the week as further choices: some of an offer's units all week long, more of them without a term in a window of it.
//!
//! Windows are those that the user lists, or else those in which units pay in the pool's mean [week](super::week). Every number of the list in
//! a window goes on top of every other one, none included, up to the most of the list; where those are many, of each number of units at once
//! the ways that cost the least in the mean week. Of a long list, few numbers take part, as their pairs grow with its square.

use super::open::{Opened, Opening};
use super::week::Week;
use super::{PlanSpec, PurchaseSpec, UnitsListSpec, UnitsSpec, UnitsSweepSpec};
use crate::spec::{At, Field, Reader};
use crate::supply::offer::Offer;
use crate::supply::route::Member;
use crate::supply::schedule::{ScheduleSpec, Window};
use crate::supply::{WorkloadFacts, short};
use crate::units::Term;
use std::collections::BTreeMap;

/// Numbers of units that take part where the list has more.
const NUMBERS: usize = 32;
/// Ways to buy for one pool of which all are looked at.
const ALL: usize = 48;
/// Of more, how many for each number of units at once.
const WAYS: usize = 2;

/// So many units all week long and so many in a window.
struct Way {
    always: f64,
    more: f64,
    window: usize,
    /// What the mean week comes to. `[currency]`
    cost: f64,
}

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
        let (Some(listed), Some(week)) = (wish, Week::new(pool, offer, offers, facts, &self.profile)) else { return Vec::new() };
        let swept = spec.sweep.as_ref().and_then(|sweep| sweep.units.as_ref()).and_then(|map| map.get(name));
        let Some(UnitsSweepSpec::One(UnitsListSpec(units))) = swept.map(|list| &list.value) else { return Vec::new() };
        let mut units = units.clone();
        units.push(0.0);
        units.sort_by(f64::total_cmp);
        units.dedup();
        let listed_units = units.len();
        let units = taking_part(units, 2.0 * week.busiest());
        let of_all = match units.len() {
            part if part < listed_units => format!(" of {part} of {listed_units} numbers of units"),
            _ => String::new(),
        };
        let windows: Vec<Window> =
            if listed.is_empty() { week.windows(&units).into_iter().map(|(window, _)| window).collect() } else { listed.clone() };
        let (ways, all) = ways(&units, &windows, &week);
        let place = spec.at.key(&told(name, pool, facts));
        let said = windows.iter().map(Window::to_string).collect::<Vec<_>>().join(", ");
        if windows.is_empty() {
            reader.assumed(
                place,
                "no hours",
                "in the mean week, no units without a term save more in a window than on a term or on demand",
            );
        } else if ways.len() < all {
            let reason = format!(
                "{} of {all} ways{of_all}: for each number of units at once the {WAYS} that cost the least in the mean week",
                ways.len()
            );
            reader.assumed(place, said, reason);
        } else {
            reader.assumed(place, said, format!("all {all} ways{of_all}"));
        }
        // Ways that differ in what is bought all week long are one sweep.
        let mut sweeps: BTreeMap<(usize, u64), Vec<f64>> = BTreeMap::new();
        for way in &ways {
            sweeps.entry((way.window, way.more.to_bits())).or_default().push(way.always);
        }
        let sweep = |((window, more), mut always): ((usize, u64), Vec<f64>)| {
            always.sort_by(f64::total_cmp);
            swept_with(spec, name, &always, f64::from_bits(more), windows[window])
        };
        sweeps.into_iter().map(sweep).collect()
    }
}

/// The path, within a plan, of what was looked at by the hour of the week.
pub(crate) fn told(offer: &str, pool: &[Member], facts: &[WorkloadFacts]) -> String {
    let workload = pool.first().map_or("", |member| facts[member.workload].name.as_str());
    format!("by_hours.{offer}.{workload}")
}

/// The numbers of a sorted list that take part: all of a short one; of a long one [`NUMBERS`], spread evenly over those up to `most`, and the
/// last, which bounds what is bought at once.
fn taking_part(units: Vec<f64>, most: f64) -> Vec<f64> {
    if units.len() <= NUMBERS {
        return units;
    }
    let within = units.partition_point(|&number| number <= most).max(NUMBERS - 1);
    let mut part: Vec<f64> = (0..NUMBERS - 1).map(|i| units[i * (within - 1) / (NUMBERS - 2)]).collect();
    part.extend(units.last());
    part.dedup();
    part
}

/// The ways that are looked at, and how many there are.
fn ways(units: &[f64], windows: &[Window], week: &Week) -> (Vec<Way>, usize) {
    let most = units.last().copied().unwrap_or(0.0);
    let mut ways: Vec<Way> = Vec::new();
    for (number, &window) in windows.iter().enumerate() {
        for &more in units.iter().filter(|more| **more > 0.0) {
            let fits = units.iter().filter(|always| **always + more <= most * (1.0 + 1e-9));
            ways.extend(fits.map(|&always| Way { always, more, window: number, cost: week.cost(always, more, window) }));
        }
    }
    let all = ways.len();
    if all > ALL {
        let at_once = |way: &Way| way.always + way.more;
        ways.sort_by(|a, b| at_once(a).total_cmp(&at_once(b)).then(a.cost.total_cmp(&b.cost)));
        let same = |a: &Way, b: &Way| (at_once(a) - at_once(b)).abs() <= 1e-9 * at_once(b);
        ways = ways.chunk_by(same).flat_map(|alike| alike.iter().take(WAYS)).map(|way| Way { ..*way }).collect();
    }
    (ways, all)
}

/// A plan with these numbers of units all week long, and more in a window.
fn swept_with(spec: &Field<PlanSpec>, offer: &str, always: &[f64], more: f64, window: Window) -> Opened {
    let mut plan = spec.value.clone();
    let at = &spec.at;
    if let Some(units) = plan.sweep.as_mut().and_then(|sweep| sweep.value.units.as_mut()) {
        let mine = units.value.entries.iter_mut().filter(|(name, _)| name.value == offer);
        mine.for_each(|(_, list)| list.value = UnitsSweepSpec::One(UnitsListSpec(always.to_vec())));
    }
    let schedule = ScheduleSpec {
        days: Some(field(window.days, at)),
        from: field(u64::from(window.from), at),
        until: field(u64::from(window.until), at),
    };
    let purchase = PurchaseSpec {
        offer: field(offer.to_owned(), at),
        units: field(UnitsSpec::One(more), at),
        term: Some(field(Term::NONE, at)),
        start_month: None,
        renewal: None,
        schedule: Some(field(schedule, at)),
    };
    plan.purchase.push(field(purchase, at));
    Opened { spec: field(plan, at), suffix: format!("/+{} {offer} {window}", short(more)) }
}

fn field<T>(value: T, at: &At) -> Field<T> {
    Field { value, at: at.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_numbers_of_a_long_list_take_part() {
        let short: Vec<f64> = (0..32).map(f64::from).collect();
        assert_eq!(taking_part(short.clone(), 4.0), short);
        let long = |last: u32| (0..=last).map(f64::from).collect::<Vec<f64>>();
        let part = taking_part(long(9000), 60.0);
        assert_eq!((part.len(), part[0], part[30], part[31]), (32, 0.0, 60.0, 9000.0));
        assert!(part.windows(2).take(30).all(|pair| pair[1] - pair[0] == 2.0));
        // Where hardly any of the list is needed, its first numbers.
        assert_eq!(taking_part(long(9000), 1.0)[..31], long(30)[..]);
        assert_eq!(taking_part(long(9000), 1e9)[30..], [9000.0]);
    }
}
