//! The reader: collects problems with their places and remembers where every value of the scenario comes from.

use super::node::{self, Node, Origin, Table, Value};
use super::overrides::Override;
use crate::error::{Diagnostic, Error, ErrorKind, Source};
use std::fmt;
use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};

/// Problems told in one go; a file with more is broken as a whole, and placing each of them takes time.
const MOST_PROBLEMS: usize = 100;

/// The place of a value: its field path and its span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// Dotted path from the root, list items by name where they have one.
    pub path: String,
    /// Byte range in the text of `origin`.
    pub span: Range<usize>,
    /// The text.
    pub origin: Origin,
}

impl At {
    /// The place of a child node.
    #[must_use]
    pub fn child(&self, name: &str, node: &Node) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { path, span: node.span.clone(), origin: node.origin }
    }

    /// The path of a key that is not in the file.
    #[must_use]
    pub fn key(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// A value read from the file, with its place.
#[derive(Clone, Debug)]
pub struct Field<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: At,
}

impl<T> Deref for Field<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// How the scenario came to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// It stands in the file or in an override.
    Given,
    /// It was computed from the user's own usage.
    Measured,
    /// Nobody said it: a default, with its reason.
    Assumed,
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Given => "given",
            Self::Measured => "measured",
            Self::Assumed => "assumed",
        })
    }
}

/// One resolved value of the scenario.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// Its path.
    pub path: String,
    /// The value as understood, printed back.
    pub value: String,
    /// Where it comes from.
    pub provenance: Provenance,
    /// The reason of an assumption, or the data of a measurement.
    pub note: String,
}

/// Collects what reading a scenario finds.
#[derive(Debug)]
pub struct Reader {
    sources: Vec<Source>,
    overrides: usize,
    folder: PathBuf,
    /// The folder of a second scenario file.
    other_folder: PathBuf,
    diagnostics: Vec<Diagnostic>,
    /// Problems beyond [`MOST_PROBLEMS`], which are counted only.
    more: usize,
    /// Where what is said about those goes.
    untold: Diagnostic,
    resolved: Vec<Resolved>,
    warnings: Vec<String>,
}

impl Reader {
    /// A reader of the text of `name`, whose relative paths start at `folder`.
    #[must_use]
    pub fn new(name: &str, text: &str, folder: &Path) -> Self {
        Self {
            sources: vec![Source { name: name.to_owned(), text: text.to_owned() }],
            overrides: 0,
            folder: folder.to_owned(),
            other_folder: folder.to_owned(),
            diagnostics: Vec::new(),
            more: 0,
            untold: Diagnostic::at_start(name),
            resolved: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// A reader of trees that are made of two files, each a name, a text and a folder, after the overrides were applied to both.
    #[must_use]
    pub fn of_two((name, text, folder): (&str, &str, &Path), other: (&str, &str, &Path), overrides: &[Override]) -> Self {
        let mut reader = Self { other_folder: other.2.to_owned(), ..Self::new(name, text, folder) };
        reader.take_overrides(overrides);
        reader.sources.push(Source { name: other.0.to_owned(), text: other.1.to_owned() });
        reader
    }

    fn take_overrides(&mut self, overrides: &[Override]) {
        self.overrides = overrides.len();
        self.sources.extend(overrides.iter().map(|o| Source { name: "--set".to_owned(), text: o.text.clone() }));
    }

    /// Index of the text that a value comes from.
    fn source(&self, origin: Origin) -> usize {
        match origin {
            Origin::File => 0,
            Origin::Override(index) | Origin::Other(Some(index)) => 1 + index,
            Origin::Other(None) => 1 + self.overrides,
            Origin::Flag(index) => index,
        }
    }

    /// The place of a value that flags of the command line give, as if they said `name=value`: several commands have flags of the same meaning.
    #[must_use]
    pub fn flag(&mut self, name: &str, value: &str) -> At {
        let source = Source { name: "command line".to_owned(), text: format!("{name}={value}") };
        let known = self.sources.iter().position(|known| *known == source);
        let index = known.unwrap_or(self.sources.len());
        let span = name.len() + 1..source.text.len();
        if known.is_none() {
            self.sources.push(source);
        }
        At { path: name.to_owned(), span, origin: Origin::Flag(index) }
    }

    /// Parses the text and applies the overrides. `None` when either has an error.
    pub fn parse(&mut self, overrides: &[Override]) -> Option<(Node, At)> {
        let text = self.sources[0].text.clone();
        let mut root = match node::parse(&text, Origin::File) {
            Ok(root) => root,
            Err(errors) => {
                for error in errors {
                    let at = At { path: String::new(), span: error.span, origin: Origin::File };
                    self.error(&at, format!("is no TOML: {}", error.message));
                }
                return None;
            }
        };
        self.take_overrides(overrides);
        let before = self.diagnostics.len();
        for (index, change) in overrides.iter().enumerate() {
            super::overrides::apply(&mut root, change, index, self);
        }
        let at = At { path: String::new(), span: root.span.clone(), origin: Origin::File };
        (self.diagnostics.len() == before).then_some((root, at))
    }

    /// The path that a field names, relative to the folder of the file that it stands in.
    #[must_use]
    pub fn path(&self, field: &Field<String>) -> PathBuf {
        let folder = if matches!(field.at.origin, Origin::Other(_)) { &self.other_folder } else { &self.folder };
        folder.join(&field.value)
    }

    /// Tells a problem at a place. Beyond the first hundred, problems are only counted.
    pub fn error(&mut self, at: &At, message: impl Into<String>) -> &mut Diagnostic {
        if self.diagnostics.len() >= MOST_PROBLEMS {
            self.more += 1;
            return &mut self.untold;
        }
        let source = self.source(at.origin);
        let (name, text) = self.sources.get(source).map_or(("", ""), |s| (s.name.as_str(), s.text.as_str()));
        let start = at.span.start.min(text.len());
        let before = text.get(..start).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        self.diagnostics.push(Diagnostic {
            file: name.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            span: at.span.clone(),
            field: at.path.clone(),
            message: message.into(),
            given: None,
            allowed: None,
            help: None,
        });
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }

    /// Tells that a value is out of its range: what was given, as it stands in the text, and what is allowed.
    pub fn refuse(&mut self, at: &At, message: impl Into<String>, allowed: impl Into<String>) {
        let given = self.snippet(at);
        let diagnostic = self.error(at, message);
        diagnostic.given = given;
        diagnostic.allowed = Some(allowed.into());
    }

    /// Adds a problem found in another file, such as a trace.
    pub fn diagnostic(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Counts problems of another file that are too many to be told.
    pub fn count_untold(&mut self, problems: usize) {
        self.more += problems;
    }

    /// Whether nothing was told so far.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// Something legal that the user will want to know.
    pub fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    /// Notes a value that stands in the file.
    pub fn given(&mut self, at: &At, value: impl fmt::Display) {
        let note = match at.origin {
            Origin::File | Origin::Other(None) => String::new(),
            Origin::Override(_) | Origin::Other(Some(_)) | Origin::Flag(_) => {
                self.sources.get(self.source(at.origin)).map_or_else(String::new, |source| source.name.clone())
            }
        };
        self.resolved.push(Resolved { path: at.path.clone(), value: value.to_string(), provenance: Provenance::Given, note });
    }

    /// Notes a default and why it is what it is.
    pub fn assumed(&mut self, path: impl Into<String>, value: impl fmt::Display, reason: impl Into<String>) {
        self.resolved.push(Resolved { path: path.into(), value: value.to_string(), provenance: Provenance::Assumed, note: reason.into() });
    }

    /// Notes a value computed from the user's usage.
    pub fn measured(&mut self, path: impl Into<String>, value: impl fmt::Display, data: impl Into<String>) {
        self.resolved.push(Resolved { path: path.into(), value: value.to_string(), provenance: Provenance::Measured, note: data.into() });
    }

    /// The node as a table, or an error.
    pub fn table<'n>(&mut self, node: &'n Node, at: &At) -> Option<&'n Table> {
        if let Value::Table(table) = &node.value {
            return Some(table);
        }
        self.refuse(at, format!("is {} where a table is needed", node.value.kind()), "a table of keys and values");
        None
    }

    /// Tells every key of `table` that is not among `known`, each with the nearest known one.
    pub fn unknown_fields(&mut self, table: &Table, at: &At, known: &[&str]) {
        for (key, node) in &table.entries {
            if known.contains(&key.name.as_str()) {
                continue;
            }
            let place = At { path: at.key(&key.name), span: key.span.clone(), origin: node.origin };
            let help = nearest(&key.name, known.iter().copied()).map(|name| format!("did you mean `{name}`?"));
            let diagnostic = self.error(&place, "is no field of the scenario here");
            diagnostic.given = Some(key.name.clone());
            diagnostic.allowed = Some(known.join(", "));
            diagnostic.help = help;
        }
    }

    /// Tells that a field is missing from the table at `at`.
    pub fn missing(&mut self, at: &At, name: &str, form: &str) {
        let place = At { path: at.key(name), span: at.span.start..at.span.start, origin: at.origin };
        let diagnostic = self.error(&place, "is missing");
        diagnostic.given = Some("nothing".to_owned());
        diagnostic.allowed = (!form.is_empty()).then(|| form.to_owned());
    }

    /// What is known after reading: the values with their provenance and the warnings, or every error.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when any problem was told.
    pub fn finish(self) -> Result<(Vec<Resolved>, Vec<String>), Error> {
        if self.diagnostics.is_empty() {
            return Ok((self.resolved, self.warnings));
        }
        let mut diagnostics = self.diagnostics;
        let first = self.sources.first().map_or(String::new(), |s| s.name.clone());
        // The order of the file; problems of other files (overrides, traces) follow.
        diagnostics.sort_by_key(|d| (d.file != first, if d.file == first { d.span.start } else { 0 }));
        diagnostics.dedup();
        if let Some(last) = diagnostics.last().filter(|_| self.more > 0) {
            let (message, field) = (format!("{} more problems are not shown", self.more), String::new());
            diagnostics.push(Diagnostic { message, field, given: None, allowed: None, help: None, ..last.clone() });
        }
        Err(ErrorKind::Input { diagnostics, sources: self.sources, untold: self.more }.into())
    }

    /// The text of the value at a place, on one line and not too long.
    fn snippet(&self, at: &At) -> Option<String> {
        let text = self.sources.get(self.source(at.origin))?.text.get(at.span.clone())?;
        let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = line.chars().take(80).collect();
        Some(if short.len() < line.len() { format!("{short}…") } else { short })
    }
}

/// The candidate that looks most like `name`, when any looks like it at all.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
