//! A sweep: every combination of units, terms and starts that a plan stands for, with its name.

use super::{MAX_PLANS, PlanSpec, SweepAxis, UnitsSpec, UnitsSweepSpec};
use crate::spec::{Field, Map, Reader};
use crate::supply::short;
use crate::units::Term;
use std::collections::BTreeMap;

/// One plan of a sweep: what is bought, and what its name adds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Choice {
    /// What follows the plan's name, with its leading slash; empty without a sweep.
    pub suffix: String,
    /// Units by offer; one number, or input and output.
    pub units: BTreeMap<String, Vec<f64>>,
    /// Terms by offer.
    pub terms: BTreeMap<String, Term>,
    /// Months of the horizon, from 1, in which units start, by offer.
    pub starts: BTreeMap<String, u64>,
}

/// One list that is swept.
struct List {
    /// What the name calls it: `units`, `units.a`, `units.a.input`.
    label: String,
    /// The axis it belongs to.
    axis: SweepAxis,
    offer: String,
    /// Which axis of the offer, for units.
    slot: usize,
    values: Values,
}

enum Values {
    Units(Vec<f64>),
    Terms(Vec<Term>),
    Starts(Vec<u64>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Units(units) => units.len(),
            Self::Terms(terms) => terms.len(),
            Self::Starts(starts) => starts.len(),
        }
    }

    fn text(&self, index: usize) -> String {
        match self {
            Self::Units(units) => short(units[index]),
            Self::Terms(terms) => terms[index].to_string(),
            Self::Starts(starts) => starts[index].to_string(),
        }
    }
}

/// Every plan that `spec` stands for, in the order of the sweep: the first list changes slowest.
///
/// `left` is how many plans may still be built; more are refused before any is.
pub(crate) fn choices(spec: &PlanSpec, left: usize, reader: &mut Reader) -> Option<Vec<Choice>> {
    let fixed = fixed(spec);
    let lists = lists(spec, reader)?;
    let linked = spec.sweep.as_ref().map_or(&[][..], |sweep| &sweep.linked);
    let walks = walks(&lists, linked, reader)?;
    let count = walks.iter().try_fold(1_usize, |product, walk| product.checked_mul(lists[walk[0]].values.len()));
    let Some(count) = count.filter(|&count| count <= left) else {
        let at = spec.sweep.as_ref().map_or(&spec.name.at, |sweep| &sweep.at);
        reader.refuse(at, "makes too many plans", format!("at most {MAX_PLANS} plans in all"));
        return None;
    };
    let mut choices = Vec::with_capacity(count);
    for number in 0..count {
        let mut choice = fixed.clone();
        let mut rest = number;
        let mut place = count;
        for walk in &walks {
            place /= lists[walk[0]].values.len();
            let index = rest / place;
            rest %= place;
            choice.suffix.push_str(&suffix(walk, &lists, index));
            for &list in walk {
                lists[list].apply(index, &mut choice);
            }
        }
        choices.push(choice);
    }
    Some(choices)
}

/// How many plans a sweep stands for.
pub(crate) fn count(spec: &PlanSpec) -> usize {
    let Some(sweep) = &spec.sweep else { return 1 };
    let units = sweep.units.iter().flat_map(|map| &map.entries).map(|(_, list)| match &list.value {
        UnitsSweepSpec::One(one) => one.0.len(),
        UnitsSweepSpec::Two(two) => two.input.0.len().saturating_mul(two.output.0.len()),
    });
    let terms = sweep.term.iter().flat_map(|map| &map.entries).map(|(_, list)| list.len());
    let starts = sweep.start_month.iter().flat_map(|map| &map.entries).map(|(_, list)| list.len());
    let axes =
        [(SweepAxis::Units, units.collect::<Vec<_>>()), (SweepAxis::Term, terms.collect()), (SweepAxis::StartMonth, starts.collect())];
    axes.iter().fold(1, |count: usize, (axis, lengths)| {
        let linked = sweep.linked.iter().any(|link| link.value == *axis);
        let walked = if linked {
            lengths.first().copied().unwrap_or(1)
        } else {
            lengths.iter().fold(1, |product: usize, &n| product.saturating_mul(n))
        };
        count.saturating_mul(walked)
    })
}

/// What the plan says without its sweep.
fn fixed(spec: &PlanSpec) -> Choice {
    let mut choice = Choice::default();
    for (offer, units) in spec.units.iter().flat_map(|map| &map.entries) {
        let units = match &units.value {
            UnitsSpec::One(units) => vec![*units],
            UnitsSpec::Two(two) => vec![two.input.value, two.output.value],
        };
        choice.units.insert(offer.value.clone(), units);
    }
    for (offer, term) in spec.term.iter().flat_map(|map| &map.entries) {
        choice.terms.insert(offer.value.clone(), term.value);
    }
    for (offer, start) in spec.start_month.iter().flat_map(|map| &map.entries) {
        choice.starts.insert(offer.value.clone(), start.value);
    }
    choice
}

fn lists(spec: &PlanSpec, reader: &mut Reader) -> Option<Vec<List>> {
    let mut lists = Vec::new();
    let Some(sweep) = &spec.sweep else { return Some(lists) };
    let mut good = true;
    let units = sweep.units.as_ref().map_or(&[][..], |map| &map.entries);
    let terms = sweep.term.as_ref().map_or(&[][..], |map| &map.entries);
    for (offer, list) in units {
        if spec.units.as_ref().is_some_and(|fixed| fixed.get(&offer.value).is_some()) {
            reader.refuse(&offer.at, "is also fixed in the plan's `units`", "an offer's units either fixed or swept");
            good = false;
        }
        let name = if units.len() == 1 { "units".to_owned() } else { format!("units.{}", offer.value) };
        let mut add = |label: String, slot: usize, values: &[f64]| {
            let values = Values::Units(values.to_vec());
            lists.push(List { label, axis: SweepAxis::Units, offer: offer.value.clone(), slot, values });
        };
        match &list.value {
            UnitsSweepSpec::One(one) => add(name, 0, &one.0),
            UnitsSweepSpec::Two(two) => {
                add(format!("{name}.input"), 0, &two.input.0);
                add(format!("{name}.output"), 1, &two.output.0);
            }
        }
    }
    good &= single(terms, spec.term.as_ref(), SweepAxis::Term, Values::Terms, &mut lists, reader);
    let starts = sweep.start_month.as_ref().map_or(&[][..], |map| &map.entries);
    good &= single(starts, spec.start_month.as_ref(), SweepAxis::StartMonth, Values::Starts, &mut lists, reader);
    good.then_some(lists)
}

/// A list for each offer.
type Lists<T> = [(Field<String>, Field<Vec<Field<T>>>)];

/// Adds the lists of an axis that has one for each offer. False after a problem.
fn single<T: Copy + PartialEq>(
    swept: &Lists<T>,
    fixed: Option<&Field<Map<T>>>,
    axis: SweepAxis,
    values: fn(Vec<T>) -> Values,
    lists: &mut Vec<List>,
    reader: &mut Reader,
) -> bool {
    let (key, what) = if axis == SweepAxis::Term { ("term", "term") } else { ("start_month", "month") };
    let mut good = true;
    for (offer, list) in swept {
        if fixed.is_some_and(|fixed| fixed.get(&offer.value).is_some()) {
            let allowed = format!("an offer's {what} either fixed or swept");
            reader.refuse(&offer.at, format!("is also fixed in the plan's `{key}`"), allowed);
            good = false;
        }
        good &= none_twice(list, what, reader);
        let label = if swept.len() == 1 { key.to_owned() } else { format!("{key}.{}", offer.value) };
        let values = values(list.iter().map(|value| value.value).collect());
        lists.push(List { label, axis, offer: offer.value.clone(), slot: 0, values });
    }
    good
}

fn none_twice<T: PartialEq>(list: &Field<Vec<Field<T>>>, what: &str, reader: &mut Reader) -> bool {
    if list.is_empty() {
        reader.refuse(&list.at, "is empty", format!("at least one {what}"));
        return false;
    }
    let mut good = true;
    for (index, value) in list.iter().enumerate() {
        if list[..index].iter().any(|before| before.value == value.value) {
            reader.refuse(&value.at, "is swept twice", format!("every {what} once"));
            good = false;
        }
    }
    good
}

/// Groups of lists that walk together; every other list walks alone.
fn walks(lists: &[List], linked: &[Field<SweepAxis>], reader: &mut Reader) -> Option<Vec<Vec<usize>>> {
    let mut walks: Vec<Vec<usize>> = Vec::new();
    let mut good = true;
    for (index, list) in lists.iter().enumerate() {
        let Some(link) = linked.iter().find(|link| link.value == list.axis) else {
            walks.push(vec![index]);
            continue;
        };
        match walks.iter_mut().find(|walk| lists[walk[0]].axis == list.axis) {
            None => walks.push(vec![index]),
            Some(walk) if lists[walk[0]].values.len() == list.values.len() => walk.push(index),
            Some(walk) => {
                let first = &lists[walk[0]];
                let message = format!(
                    "links lists of different lengths: {} of `{}` and {} of `{}`",
                    first.values.len(),
                    first.label,
                    list.values.len(),
                    list.label
                );
                reader.refuse(&link.at, message, "lists of one length");
                good = false;
            }
        }
    }
    for link in linked {
        if !lists.iter().any(|list| list.axis == link.value) {
            reader.refuse(&link.at, "is an axis that is not swept", "an axis of the sweep");
            good = false;
        }
    }
    good.then_some(walks)
}

impl List {
    fn apply(&self, index: usize, choice: &mut Choice) {
        match &self.values {
            Values::Units(units) => {
                let slots = choice.units.entry(self.offer.clone()).or_default();
                slots.resize(slots.len().max(self.slot + 1), 0.0);
                slots[self.slot] = units[index];
            }
            Values::Terms(terms) => {
                choice.terms.insert(self.offer.clone(), terms[index]);
            }
            Values::Starts(starts) => {
                choice.starts.insert(self.offer.clone(), starts[index]);
            }
        }
    }
}

/// What a walk adds to the name: one part when all its lists say the same there and belong to several offers, else one part for each.
fn suffix(walk: &[usize], lists: &[List], index: usize) -> String {
    let first = &lists[walk[0]];
    let text = first.values.text(index);
    let axis = first.axis;
    if walk.len() > 1 && walk.iter().all(|&list| lists[list].values.text(index) == text) {
        return format!("/{axis}={text}");
    }
    walk.iter().map(|&list| format!("/{}={}", lists[list].label, lists[list].values.text(index))).collect()
}
