//! From a file to a scenario, or to every error in it.

use super::{Scenario, ScenarioSpec};
use crate::error::{Error, Result};
use crate::spec::{At, Node, Override, Reader, Resolved, Spec};
use crate::supply::Candidates;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// A file larger than this is no scenario.
const LARGEST: u64 = 16 << 20;

/// A scenario and what reading it told.
#[derive(Debug)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// Every value, with how the scenario came to it.
    pub resolved: Vec<Resolved>,
    /// What is legal, but worth knowing.
    pub warnings: Vec<String>,
}

/// Reads a scenario file and applies overrides.
///
/// # Errors
/// When the file cannot be read, or with every problem found in it.
pub fn load(path: &Path, overrides: &[Override]) -> Result<Loaded> {
    loaded(path, overrides, None)
}

/// Reads a scenario file with what its plans buy left open: numbers of units, terms and starts are lists, pool by pool.
///
/// # Errors
/// As [`load`].
pub fn load_open(path: &Path, overrides: &[Override], candidates: &Candidates) -> Result<Loaded> {
    loaded(path, overrides, Some(candidates))
}

fn loaded(path: &Path, overrides: &[Override], candidates: Option<&Candidates>) -> Result<Loaded> {
    let text = read(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    parsed(&path.display().to_string(), &text, folder, overrides, candidates)
}

/// Reads a scenario from text; relative paths in it start at `folder`.
///
/// # Errors
/// Every problem found in the text.
pub fn parse(name: &str, text: &str, folder: &Path, overrides: &[Override]) -> Result<Loaded> {
    parsed(name, text, folder, overrides, None)
}

/// Reads a scenario from text with what its plans buy left open, as [`load_open`] does.
///
/// # Errors
/// Every problem found in the text.
pub fn parse_open(name: &str, text: &str, folder: &Path, overrides: &[Override], candidates: &Candidates) -> Result<Loaded> {
    parsed(name, text, folder, overrides, Some(candidates))
}

fn parsed(name: &str, text: &str, folder: &Path, overrides: &[Override], candidates: Option<&Candidates>) -> Result<Loaded> {
    let mut reader = Reader::new(name, text, folder);
    let tree = reader.parse(overrides);
    of_tree(name, tree, candidates, reader)
}

/// Reads a scenario from the tree that `reader` parsed, if it is one.
pub(super) fn of_tree(name: &str, tree: Option<(Node, At)>, candidates: Option<&Candidates>, mut reader: Reader) -> Result<Loaded> {
    let scenario = tree
        .and_then(|(node, at)| ScenarioSpec::read(&node, &at, &mut reader).map(|spec| (spec, at)))
        .and_then(|(spec, at)| super::resolve::resolve(&spec, &at, candidates, &mut reader));
    let (resolved, warnings) = reader.finish()?;
    match scenario {
        Some(mut scenario) => {
            scenario.digest = super::resolve::digest(&resolved);
            Ok(Loaded { scenario, resolved, warnings })
        }
        // A reader gives nothing only after it told why, and then `finish` has failed above.
        None => Err(Error::usage(format!("{name}: the scenario could not be resolved"))),
    }
}

/// The text of a scenario file.
pub(super) fn read(path: &Path) -> Result<String> {
    let fail = |source| Error::io(path, "read", source);
    let file = fs::File::open(path).map_err(fail)?;
    if file.metadata().map_err(fail)?.is_dir() {
        return Err(fail(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder; name the scenario file inside it")));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > LARGEST {
        return Err(fail(io::Error::new(io::ErrorKind::InvalidData, "it is larger than 16 MiB, which no scenario is")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        fail(io::Error::new(io::ErrorKind::InvalidData, format!("byte {at} is no UTF-8 text")))
    })?;
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}
