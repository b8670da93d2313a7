//! Units by the hour of the week as further choices: some of an offer's units all week long, more of them without a term in a window of it.
//!
//! Windows are those that the user lists, or else those in which units pay in the pool's mean [week](super::week). Every number of the list in
//! a window goes on top of every other one, none included, up to the most of the list; where those are many, of each number of units at once
//! the ways that cost the least in the mean week. Of a long list, few numbers take part, as their pairs grow with its square.
//!
//! Where input and output are bought apart, a number is a pair of them. Of many, only those take part of which neither could be fewer for the
//! same work: what an hour asks of one axis and of the other goes together, whatever its level. Ways grow with the fourth power of the lists,
//! so fewer numbers of each take part until no more plans are made than a run serves in seconds.

use super::open::{Opened, Opening};
use super::week::{Units, Week};
use super::{PlanSpec, PurchaseSpec, TwoListsSpec, TwoUnitsSpec, UnitsListSpec, UnitsSpec, UnitsSweepSpec, sweep};
use crate::spec::{At, Field, Reader};
use crate::supply::offer::{MAX_AXES, Offer};
use crate::supply::route::Member;
use crate::supply::schedule::{ScheduleSpec, Window};
use crate::supply::{WorkloadFacts, short};
use crate::units::Term;
use std::collections::BTreeMap;

/// Numbers of units that take part where the list has more: of an offer with one axis, and of each axis of two, the first at which ways are
/// few enough.
const NUMBERS: [&[usize]; MAX_AXES] = [&[32], &[16, 14, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3]];
/// Ways to buy for one pool of which all are looked at, of an offer with one axis and with two.
const ALL: [usize; MAX_AXES] = [48, 200];
/// Of more, how many for each number of units at once.
const WAYS: usize = 2;
/// Of an offer with two axes, what its ways make at most together with what else is swept, unless that alone is many.
const MOST_PLANS: usize = 4_000;

/// So many units all week long and so many in a window.
#[derive(Clone, Copy)]
struct Way {
    always: Units,
    more: Units,
    /// Both together, to ten digits, so that 0.1 + 0.2 is 0.3.
    at_once: Units,
    window: usize,
    /// What the mean week comes to. `[currency]`
    cost: f64,
}

impl Way {
    /// Whether as many units are there at once.
    fn buys_as_many(&self, other: &Self) -> bool {
        self.at_once.map(f64::to_bits) == other.at_once.map(f64::to_bits)
    }
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
        let Some(all_numbers) = swept.map(|list| numbers(&list.value)) else { return Vec::new() };
        let beside = sweep::count(spec) / all_numbers.iter().map(Vec::len).product::<usize>().max(1);
        let LookedAt { numbers, windows, ways, all } = looked_at(&all_numbers, listed, &week, beside);
        let of_all = of_all(&numbers, &all_numbers);
        let place = spec.at.key(&told(name, pool, facts));
        let said = windows.iter().map(Window::to_string).collect::<Vec<_>>().join(", ");
        if windows.is_empty() {
            reader.assumed(
                place,
                "no hours",
                "in the mean week, no units without a term save more in a window than on a term or on demand",
            );
        } else if ways.len() < all {
            let each = match numbers.len() {
                1 => "for each number of units at once",
                _ => "for each pair of units at once, of which neither could be fewer for the same work,",
            };
            let reason = format!("{} of {all} ways{of_all}: {each} the {WAYS} that cost the least in the mean week", ways.len());
            reader.assumed(place, said, reason);
        } else {
            reader.assumed(place, said, format!("all {all} ways{of_all}"));
        }
        let opened = |Sweep { always, more, window }: Sweep| swept_with(spec, name, &always, more, windows[window]);
        sweeps(&ways, numbers.len()).into_iter().map(opened).collect()
    }
}

/// The numbers of each axis, none among them, in order.
fn numbers(lists: &UnitsSweepSpec) -> Vec<Vec<f64>> {
    let lists = match lists {
        UnitsSweepSpec::One(list) => vec![list],
        UnitsSweepSpec::Two(two) => vec![&two.input.value, &two.output.value],
    };
    let sorted = |list: &UnitsListSpec| {
        let mut units = list.0.clone();
        units.push(0.0);
        units.sort_by(f64::total_cmp);
        units.dedup();
        units
    };
    lists.into_iter().map(sorted).collect()
}

/// What is looked at, of which numbers of units by axis.
struct LookedAt {
    numbers: Vec<Vec<f64>>,
    windows: Vec<Window>,
    ways: Vec<Way>,
    /// How many ways there are.
    all: usize,
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

/// The windows and ways of these numbers of units; `beside` is how many plans each way makes together with what else is swept.
fn looked_at(all_numbers: &[Vec<f64>], listed: &[Window], week: &Week, beside: usize) -> LookedAt {
    let part = |most: usize| -> Vec<Vec<f64>> {
        all_numbers.iter().zip(week.busiest()).map(|(list, busiest)| taking_part(list, 2.0 * busiest, most)).collect()
    };
    let tried = NUMBERS[all_numbers.len() - 1];
    let windows: Vec<Window> = match listed {
        [] => week.windows(&part(tried[0])).into_iter().map(|(window, _)| window).collect(),
        _ => listed.to_vec(),
    };
    let most = ALL[1].min(MOST_PLANS / beside.max(1));
    let mut found = LookedAt { numbers: Vec::new(), windows, ways: Vec::new(), all: 0 };
    for &numbers in tried {
        found.numbers = part(numbers);
        (found.ways, found.all) = ways(&found.numbers, &found.windows, week);
        if found.ways.len() <= most {
            break;
        }
    }
    found
}

/// Ways that differ in what is bought all week long on one axis alone.
struct Sweep {
    /// By axis; of two, one number of the first.
    always: Vec<Vec<f64>>,
    more: Units,
    window: usize,
}

fn sweeps(ways: &[Way], axes: usize) -> Vec<Sweep> {
    let mut sweeps: BTreeMap<(usize, [u64; MAX_AXES], Option<u64>), Vec<f64>> = BTreeMap::new();
    for way in ways {
        let first = (axes > 1).then(|| way.always[0].to_bits());
        sweeps.entry((way.window, way.more.map(f64::to_bits), first)).or_default().push(way.always[axes - 1]);
    }
    let sweep = |((window, more, first), mut last): ((usize, [u64; MAX_AXES], Option<u64>), Vec<f64>)| {
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

/// The numbers of a sorted list that take part: all of a short one; of a long one so `many`, spread evenly over those up to `most`, and the
/// last, which bounds what is bought at once.
fn taking_part(units: &[f64], most: f64, many: usize) -> Vec<f64> {
    if units.len() <= many {
        return units.to_vec();
    }
    let within = units.partition_point(|&number| number <= most).max(many - 1);
    let mut part: Vec<f64> = (0..many - 1).map(|i| units[i * (within - 1) / (many - 2)]).collect();
    part.extend(units.last());
    part.dedup();
    part
}

/// The ways that are looked at, and how many there are.
fn ways(numbers: &[Vec<f64>], windows: &[Window], week: &Week) -> (Vec<Way>, usize) {
    let units = combined(numbers);
    let most = units.last().copied().unwrap_or_default();
    let mut ways: Vec<Way> = Vec::new();
    for (window, &hours) in windows.iter().enumerate() {
        for &more in units.iter().filter(|more| more.iter().any(|&units| units > 0.0)) {
            for &always in &units {
                let at_once: Units = std::array::from_fn(|axis| rounded(always[axis] + more[axis]));
                let fits = (0..MAX_AXES).all(|axis| at_once[axis] <= most[axis] * (1.0 + 1e-9));
                if fits {
                    ways.push(Way { always, more, at_once, window, cost: week.cost(always, more, hours) });
                }
            }
        }
    }
    let all = ways.len();
    if all > ALL[numbers.len() - 1] {
        let order = |a: &Units, b: &Units| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]));
        ways.sort_by(|a, b| order(&a.at_once, &b.at_once).then(a.cost.total_cmp(&b.cost)));
        ways = {
            let takes_part = none_idle(&ways, numbers.len(), week);
            let alike = ways.chunk_by(Way::buys_as_many).filter(|alike| takes_part(alike[0].at_once));
            alike.flat_map(|alike| alike.iter().take(WAYS).copied()).collect()
        };
    }
    (ways, all)
}

/// Whether of the units at once of these ways neither could be fewer for the same work, where there are two.
fn none_idle(ways: &[Way], axes: usize, week: &Week) -> impl Fn(Units) -> bool {
    let sums = (0..axes).map(|axis| {
        let mut sums: Vec<f64> = ways.iter().map(|way| way.at_once[axis]).collect();
        sums.sort_by(f64::total_cmp);
        sums.dedup();
        sums
    });
    let sums: Vec<Vec<f64>> = sums.collect();
    let idle = move |units: Units, axis: usize, sums: &[f64]| {
        let mut fewer = units;
        let below = sums.partition_point(|&sum| sum < units[axis]);
        below > 0 && {
            fewer[axis] = sums[below - 1];
            week.serves_as_much(fewer, units)
        }
    };
    move |units| axes < 2 || !sums.iter().enumerate().any(|(axis, sums)| idle(units, axis, sums))
}

fn rounded(units: f64) -> f64 {
    format!("{units:.9e}").parse().unwrap_or(units)
}

/// Each number of one axis with each of the other, the most of each last.
fn combined(numbers: &[Vec<f64>]) -> Vec<Units> {
    match numbers {
        [one] => one.iter().map(|&units| [units, 0.0]).collect(),
        [input, output] => input.iter().flat_map(|&input| output.iter().map(move |&output| [input, output])).collect(),
        _ => Vec::new(),
    }
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
    if let Some(units) = plan.sweep.as_mut().and_then(|sweep| sweep.value.units.as_mut()) {
        let mine = units.value.entries.iter_mut().filter(|(name, _)| name.value == offer);
        mine.for_each(|(_, list)| list.value = lists.clone());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_numbers_of_a_long_list_take_part() {
        let part_of = |list: &[f64], most| taking_part(list, most, 32);
        let short: Vec<f64> = (0..32).map(f64::from).collect();
        assert_eq!(part_of(&short, 4.0), short);
        let long = |last: u32| (0..=last).map(f64::from).collect::<Vec<f64>>();
        let part = part_of(&long(9000), 60.0);
        assert_eq!((part.len(), part[0], part[30], part[31]), (32, 0.0, 60.0, 9000.0));
        assert!(part.windows(2).take(30).all(|pair| pair[1] - pair[0] == 2.0));
        // Where hardly any of the list is needed, its first numbers.
        assert_eq!(part_of(&long(9000), 1.0)[..31], long(30)[..]);
        assert_eq!(part_of(&long(9000), 1e9)[30..], [9000.0]);
    }
}
