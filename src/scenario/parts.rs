//! The parts of a scenario that a person would name: what a change of them is called, and where they stand in the file.

use super::pair::{Pair, ValueChange, value_changes};
use crate::spec::{Node, Place};
use std::collections::BTreeSet;

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What draws futures or only names things: the title, the seed, the replications, the sampling, sources and dates of prices. Both sides
    /// are drawn alike, so it changes no figure.
    Setting,
    /// The calendar.
    Horizon,
    /// What plans are judged by.
    Limits,
    /// The plan that the others are compared with, where the file names it.
    Baseline,
    /// How results are reported.
    Report,
    /// A random factor that several workloads share.
    Factor,
    /// An offer or something of it.
    Offer,
    /// A workload or something of it.
    Workload,
    /// A plan.
    Plan,
    /// A schedule of purchases, which serves in no run.
    Policy,
}

/// Something that a person changed.
#[derive(Clone, Debug)]
pub struct InputChange {
    /// What it is about.
    pub part: Part,
    /// Name of the factor, offer, workload or plan; empty of what there is once.
    pub name: String,
    /// What it is called, such as "level of `copilot`".
    pub words: String,
    /// Where it stands in the files.
    pub places: Vec<Place>,
    /// What became of the values, taken by itself.
    pub values: Vec<ValueChange>,
}

/// Keys of the root that stand for one part each.
const SINGLE: [(&str, Part, &str); 9] = [
    ("name", Part::Setting, "title"),
    ("seed", Part::Setting, "seed"),
    ("replications", Part::Setting, "replications"),
    ("sampling", Part::Setting, "sampling"),
    ("baseline", Part::Baseline, "baseline"),
    ("horizon", Part::Horizon, "horizon"),
    ("limits", Part::Limits, "limits"),
    ("report", Part::Report, "report"),
    ("lever", Part::Setting, "levers"),
];

/// Lists of named items.
const LISTS: [(&str, Part); 5] =
    [("factor", Part::Factor), ("offer", Part::Offer), ("workload", Part::Workload), ("plan", Part::Plan), ("policy", Part::Policy)];

/// Keys of an offer that belong together, and what they are called.
const OFFER: [(&str, &[&str]); 6] = [
    ("prices", &["price", "terms"]),
    ("source of the prices", &["source", "date"]),
    ("discount", &["discount"]),
    ("price cuts", &["price_cuts"]),
    ("quota", &["quota"]),
    ("capacity", &["capacity", "weights", "axes", "overflow", "window", "refill", "hold"]),
];

/// Keys of a workload that belong together.
const WORKLOAD: [(&str, &[&str]); 5] = [
    ("level", &["level", "usage", "usage_model", "missing", "match_days", "replay", "repeat", "demand"]),
    ("sizes", &["tokens"]),
    ("noise", &["noise", "on_off"]),
    ("minutes", &["minute"]),
    ("waiting", &["class", "window", "deadline", "queue", "deferrable_share"]),
];

/// What is called so of an offer only names where prices come from.
const SOURCE: &str = OFFER[1].0;

/// Everything that was changed from the first file to the second.
pub(super) fn changes(pair: &Pair) -> Vec<InputChange> {
    let [before, after] = pair.trees();
    let mut changes = Vec::new();
    for key in all_names(Some(before), Some(after)) {
        if let Some((_, part, words)) = SINGLE.iter().find(|(single, _, _)| *single == key) {
            changes.extend(change(pair, *part, "", (*words).to_owned(), vec![vec![key]]));
        } else if let Some((_, part)) = LISTS.iter().find(|(list, _)| *list == key) {
            let of = |tree: &'_ Node| tree.part(std::slice::from_ref(&key)).cloned();
            let (old, new) = (of(before), of(after));
            for name in all_names(old.as_ref(), new.as_ref()) {
                item(pair, *part, (&key, &name), &mut changes);
            }
        }
    }
    changes
}

/// The changes of one item of a list: that it came or went, or what differs in it.
fn item(pair: &Pair, part: Part, (list, name): (&str, &str), changes: &mut Vec<InputChange>) {
    let place = vec![list.to_owned(), name.to_owned()];
    let [before, after] = pair.trees().map(|tree| tree.part(&place));
    let whole = |words: String| change(pair, part, name, words, vec![place.clone()]);
    let (Some(old), Some(new)) = (before, after) else {
        let became = if before.is_none() { "new" } else { "gone" };
        return changes.extend(whole(format!("{list} `{name}` is {became}")));
    };
    let facets: &[(&str, &[&str])] = match part {
        Part::Offer => &OFFER,
        Part::Workload => &WORKLOAD,
        _ => return changes.extend(whole(format!("{list} `{name}`"))),
    };
    let kind = |node: &Node| node.part(&["kind".to_owned()]).cloned();
    if part == Part::Offer && !kind(old).zip(kind(new)).is_some_and(|(old, new)| old.says(&new)) {
        return changes.extend(whole(format!("kind of `{name}`")));
    }
    let mut told = BTreeSet::new();
    for key in all_names(Some(old), Some(new)) {
        let facet = facets.iter().find(|(_, keys)| keys.contains(&key.as_str()));
        let words = facet.map_or_else(|| key.replace('_', " "), |(words, _)| (*words).to_owned());
        if told.insert(words.clone()) {
            let keys: Vec<String> = facet.map_or_else(|| vec![key], |(_, keys)| keys.iter().map(|key| (*key).to_owned()).collect());
            let places = keys.into_iter().map(|key| vec![list.to_owned(), name.to_owned(), key]).collect();
            let part = if words == SOURCE { Part::Setting } else { part };
            changes.extend(change(pair, part, name, format!("{words} of `{name}`"), places));
        }
    }
}

/// A change of the parts at these places; `None` where the files say the same there, in whatever words.
fn change(pair: &Pair, part: Part, name: &str, words: String, places: Vec<Place>) -> Option<InputChange> {
    let [before, after] = pair.trees();
    let contents: Vec<ValueChange> = places.iter().filter_map(|place| pair.other_contents(place)).collect();
    let says = |place: &Place| match (before.part(place), after.part(place)) {
        (Some(old), Some(new)) => old.says(new),
        (old, new) => old.is_none() && new.is_none(),
    };
    if contents.is_empty() && places.iter().all(says) {
        return None;
    }
    let mut values = match pair.mixed(&places) {
        Ok(mixed) => value_changes(&pair.loaded[0].resolved, &mixed.resolved),
        // It needs others, so what is told are the values that stand at its places in both files.
        Err(_) => {
            let below = |value: &ValueChange| places.iter().any(|place| is_below(&value.path, &place.join(".")));
            pair.values().into_iter().filter(below).collect()
        }
    };
    values.retain(|value| contents.iter().all(|other| other.path != value.path));
    values.splice(0..0, contents);
    (!values.is_empty()).then(|| InputChange { part, name: name.to_owned(), words, places, values })
}

/// Whether a path is this one, or leads on from it.
fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The names of the children of both, each once: those of the first in their order, then those that came.
fn all_names(before: Option<&Node>, after: Option<&Node>) -> Vec<String> {
    let mut told = BTreeSet::new();
    let names = before.into_iter().chain(after).flat_map(Node::names);
    names.filter(|name| told.insert(name.clone())).collect()
}
