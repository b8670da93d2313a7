//! Two scenario files and every mixture of them: the first one's tree with parts of the second's in their places.

use super::load::{self, Loaded, of_tree};
use super::parts::{InputChange, changes};
use crate::demand::Class;
use crate::error::{Error, Result};
use crate::spec::{At, Key, Node, Origin, Override, Place, Reader, Resolved, Table, Value, graft, replace};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Two scenario files, the earlier and the later, each valid by itself.
#[derive(Debug)]
pub struct Pair {
    /// Both as they are.
    pub loaded: [Loaded; 2],
    files: [File; 2],
    overrides: Vec<Override>,
    trees: [Node; 2],
}

/// A scenario file as read.
#[derive(Clone, Debug)]
struct File {
    name: String,
    text: String,
    folder: PathBuf,
}

impl File {
    fn parts(&self) -> (&str, &str, &Path) {
        (&self.name, &self.text, &self.folder)
    }
}

/// What became of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueChange {
    /// Its path.
    pub path: String,
    /// The value as understood; `None` where there was none.
    pub from: Option<String>,
    /// What it is now; `None` where there is none any more.
    pub to: Option<String>,
}

impl Pair {
    /// Reads two scenario files and applies the overrides to both.
    ///
    /// # Errors
    /// As [`load`](super::load()), of the first file that has one; when the currencies differ.
    pub fn load(paths: [&Path; 2], overrides: &[Override]) -> Result<Self> {
        let file = |path: &Path| -> Result<File> {
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            Ok(File { name: path.display().to_string(), text: load::read(path)?, folder })
        };
        Self::of_files([file(paths[0])?, file(paths[1])?], [overrides, overrides])
    }

    /// The same with the overrides applied to the first file alone.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_beside(paths: [&Path; 2], overrides: &[Override]) -> Result<Self> {
        let file = |path: &Path| -> Result<File> {
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            Ok(File { name: path.display().to_string(), text: load::read(path)?, folder })
        };
        Self::of_files([file(paths[0])?, file(paths[1])?], [overrides, &[]])
    }

    /// The same of two names and texts; relative paths in them start at `folder`.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn parse(texts: [(&str, &str); 2], folder: &Path, overrides: &[Override]) -> Result<Self> {
        let file = |(name, text): (&str, &str)| File { name: name.to_owned(), text: text.to_owned(), folder: folder.to_owned() };
        Self::of_files(texts.map(file), [overrides, overrides])
    }

    fn of_files(files: [File; 2], [overrides, of_second]: [&[Override]; 2]) -> Result<Self> {
        let read = |file: &File, overrides: &[Override]| -> Result<(Loaded, Node)> {
            let loaded = load::parse(&file.name, &file.text, &file.folder, overrides)?;
            let tree = Reader::new(&file.name, &file.text, &file.folder).parse(overrides);
            let (tree, _) = tree.ok_or_else(|| Error::usage(format!("{}: the scenario could not be read again", file.name)))?;
            Ok((loaded, tree))
        };
        let (first, tree) = read(&files[0], overrides)?;
        let (second, other) = read(&files[1], of_second)?;
        let [a, b] = [first.scenario.currency, second.scenario.currency];
        if a != b {
            let (first, second) = (&files[0].name, &files[1].name);
            return Err(Error::usage(format!("{first} is in {a} and {second} in {b}; allowed: two scenarios in one currency")));
        }
        Ok(Self { loaded: [first, second], trees: [tree, other.into_other()], files, overrides: overrides.to_vec() })
    }

    /// The names of the files, as they were given.
    #[must_use]
    pub fn names(&self) -> [&str; 2] {
        [&self.files[0].name, &self.files[1].name]
    }

    /// The trees of both.
    pub(super) fn trees(&self) -> [&Node; 2] {
        [&self.trees[0], &self.trees[1]]
    }

    /// The first scenario with the parts at these places as the second has them.
    ///
    /// # Errors
    /// Every problem of the mixture: parts may need others that are not among them.
    pub fn mixed<'p>(&self, places: impl IntoIterator<Item = &'p Place>) -> Result<Loaded> {
        let mut tree = self.trees[0].clone();
        places.into_iter().for_each(|place| graft(&mut tree, &self.trees[1], place));
        let reader = Reader::of_two(self.files[0].parts(), self.files[1].parts(), &self.overrides);
        let at = At { path: String::new(), span: tree.span.clone(), origin: Origin::File };
        of_tree(&self.files[0].name, Some((tree, at)), None, reader)
    }

    /// The first scenario's demand, calendar and limits with the offers and plans of the second, whose routes are those of the workloads that
    /// `counterparts` names: of each workload of the first, the one of the second.
    ///
    /// # Errors
    /// Every problem of the mixture.
    pub fn served_by_second(&self, counterparts: &BTreeMap<String, String>) -> Result<Loaded> {
        let mut tree = self.trees[0].clone();
        for key in ["offer", "plan", "baseline"] {
            graft(&mut tree, &self.trees[1], &[key.to_owned()]);
        }
        let waits = |name: &str| {
            let workloads = &self.loaded[0].scenario.demand.workloads;
            workloads
                .iter()
                .any(|workload| workload.name == name && workload.class == Class::Interactive && workload.deferrable_share > 0.0)
        };
        for plan in tree.part(&["plan".to_owned()]).map(Node::names).unwrap_or_default() {
            let place = ["plan".to_owned(), plan.clone(), "route".to_owned()];
            let mut routes = Node { value: Value::Table(Table::default()), span: 0..0, origin: Origin::Other(None) };
            let Some(old) = self.trees[1].part(&place) else { continue };
            let mut put = |key: String, name: &str| {
                if let (Some(part), Value::Table(table)) = (old.part(&[name.to_owned()]), &mut routes.value) {
                    table.entries.push((Key { name: key, span: part.span.clone() }, part.clone()));
                }
            };
            for (here, there) in counterparts {
                put(here.clone(), there);
                if waits(here) {
                    put(format!("{here}.deferrable"), &format!("{there}.deferrable"));
                }
            }
            routes.span = old.span.clone();
            // What was bought for workloads that are not here is not bought.
            for part in [&["units"][..], &["term"], &["start_month"], &["sweep", "units"], &["sweep", "term"], &["sweep", "start_month"]] {
                let bought: Place = ["plan", &plan].iter().chain(part).map(|step| (*step).to_owned()).collect();
                let Some(Node { value: Value::Table(table), span, origin }) = tree.part(&bought).cloned() else { continue };
                let entries = table.entries.into_iter().filter(|(offer, _)| routes.mentions(&offer.name)).collect();
                replace(&mut tree, &bought, Node { value: Value::Table(Table { entries }), span, origin });
            }
            replace(&mut tree, &place, routes);
        }
        let reader = Reader::of_two(self.files[0].parts(), self.files[1].parts(), &self.overrides);
        let at = At { path: String::new(), span: tree.span.clone(), origin: Origin::File };
        of_tree(&self.files[1].name, Some((tree, at)), None, reader)
    }

    /// What somebody changed from the first to the second, part by part, in the order of the files. What is only written another way is no
    /// change.
    #[must_use]
    pub fn changes(&self) -> Vec<InputChange> {
        changes(self)
    }

    /// Every value that differs, as understood, whatever the change behind it.
    #[must_use]
    pub fn values(&self) -> Vec<ValueChange> {
        value_changes(&self.loaded[0].resolved, &self.loaded[1].resolved)
    }

    /// The same files with these plans alone; `None` where something else in one of them needs the others.
    #[must_use]
    pub fn with_plans(&self, names: &BTreeSet<String>) -> Option<Self> {
        let keep = |tree: &Node| {
            let nothing = Node { value: Value::Table(Table::default()), span: 0..0, origin: tree.origin };
            let plans = tree.part(&["plan".to_owned()]).map(Node::names).unwrap_or_default();
            let mut kept = tree.clone();
            for name in plans.into_iter().filter(|name| !names.contains(name)) {
                graft(&mut kept, &nothing, &["plan".to_owned(), name]);
            }
            // Policies serve in no run, and may need the other plans.
            for name in tree.part(&["policy".to_owned()]).map(Node::names).unwrap_or_default() {
                graft(&mut kept, &nothing, &["policy".to_owned(), name]);
            }
            kept
        };
        let trees = [keep(&self.trees[0]), keep(&self.trees[1])];
        let of_tree = |tree: &Node| {
            let reader = Reader::of_two(self.files[0].parts(), self.files[1].parts(), &self.overrides);
            let at = At { path: String::new(), span: tree.span.clone(), origin: tree.origin };
            of_tree(&self.files[0].name, Some((tree.clone(), at)), None, reader).ok()
        };
        let loaded = [of_tree(&trees[0])?, of_tree(&trees[1])?];
        let hours = |loaded: &[Loaded; 2]| [0, 1].map(|which| loaded[which].scenario.horizon.hours());
        // A horizon that is not given is as long as the longest term of the plans.
        (hours(&loaded) == hours(&self.loaded)).then(|| Self {
            loaded,
            files: self.files.clone(),
            overrides: self.overrides.clone(),
            trees,
        })
    }

    /// Whether a plan of one of the files, or an offer that one uses, names this offer.
    #[must_use]
    pub fn uses_offer(&self, offer: &str) -> bool {
        let mut used: BTreeSet<String> = BTreeSet::new();
        for tree in &self.trees {
            let [plans, offers] = ["plan", "offer"].map(|list| tree.part(&[list.to_owned()]));
            let names = offers.map(Node::names).unwrap_or_default();
            let mut next: Vec<&String> = names.iter().filter(|name| plans.is_some_and(|plans| plans.mentions(name))).collect();
            // Offers share quotas, so what one uses leads on to others.
            while let Some(name) = next.pop() {
                if used.insert(name.clone()) {
                    let own = tree.part(&["offer".to_owned(), name.clone()]);
                    next.extend(names.iter().filter(|other| *other != name && own.is_some_and(|own| own.mentions(other))));
                }
            }
        }
        used.contains(offer)
    }

    /// Where a file that both name at this place holds something else in the folder of the second.
    pub(super) fn other_contents(&self, place: &[String]) -> Option<ValueChange> {
        let text = |which: usize| match &self.trees[which].part(place)?.value {
            Value::String(text) => Some(text.clone()),
            _ => None,
        };
        let (from, to) = (text(0)?, text(1)?);
        let [first, second] = [(0, &from), (1, &to)].map(|(which, text)| self.files[which].folder.join(text));
        if from != to || first == second || fs::read(first).ok()? == fs::read(second).ok()? {
            return None;
        }
        Some(ValueChange {
            path: place.join("."),
            from: Some(from),
            to: Some(format!("{to} of the other folder, which holds something else")),
        })
    }
}

/// What differs between two lists of resolved values: values that changed or went in the order of the first, then those that came. How a value
/// came to be does not matter, and neither does the order of the lists.
#[must_use]
pub fn value_changes(before: &[Resolved], after: &[Resolved]) -> Vec<ValueChange> {
    let joined = |resolved: &[Resolved]| {
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        for value in resolved {
            let all = values.entry(value.path.clone()).or_default();
            *all = if all.is_empty() { value.value.clone() } else { format!("{all}, {}", value.value) };
        }
        values
    };
    let (old, new) = (joined(before), joined(after));
    let mut told = BTreeSet::new();
    let paths = before.iter().chain(after).map(|value| &value.path).filter(|path| told.insert((*path).clone()));
    let change = |path: &String| {
        let (from, to) = (old.get(path), new.get(path));
        (from != to).then(|| ValueChange { path: path.clone(), from: from.cloned(), to: to.cloned() })
    };
    paths.filter_map(change).collect()
}
