//! The file as a tree: values with their byte spans, in the order of the file.

use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The scenario file.
    File,
    /// The override with this index (`--set`).
    Override(usize),
    /// Another flag of the command line: the index of its text among all texts.
    Flag(usize),
    /// A second scenario file, of which parts stand in the place of the first one's; or the override of it with this index.
    Other(Option<usize>),
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Byte range in the text of its origin.
    pub span: Range<usize>,
    /// The text it comes from.
    pub origin: Origin,
}

/// A TOML value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text.
    String(String),
    /// A whole number.
    Integer(i64),
    /// A floating-point number, possibly not finite.
    Float(f64),
    /// true or false.
    Boolean(bool),
    /// A date, a time or both.
    Datetime(toml::value::Datetime),
    /// A list.
    Array(Vec<Node>),
    /// A table.
    Table(Table),
}

impl Value {
    /// What it is, in words for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "text",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::Datetime(_) => "a date",
            Self::Array(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// A key and where it stands.
#[derive(Clone, Debug)]
pub struct Key {
    /// The key's text.
    pub name: String,
    /// Byte range in the text of its origin.
    pub span: Range<usize>,
}

/// Keys and values in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The entries; keys are unique.
    pub entries: Vec<(Key, Node)>,
}

impl Table {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }

    /// The value of a key, to change it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }

    /// The same table without one key.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        Self { entries: self.entries.iter().filter(|(key, _)| key.name != name).cloned().collect() }
    }
}

/// A place where the text is no TOML.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub(super) message: String,
    pub(super) span: Range<usize>,
}

/// Parses a whole document; all syntax errors are told.
pub(super) fn parse(text: &str, origin: Origin) -> Result<Node, Vec<SyntaxError>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let span = root.span();
        return Ok(Node { value: Value::Table(table(root.get_ref(), origin)), span, origin });
    }
    let end = text.len();
    Err(errors
        .iter()
        .map(|error| SyntaxError { message: error.message().replace('\n', ", "), span: error.span().unwrap_or(end..end) })
        .collect())
}

/// Parses the right-hand side of an override: a TOML value, or plain text where it is none.
pub(super) fn parse_value(text: &str, origin: Origin) -> Node {
    let (value, errors) = DeValue::parse_recoverable(text);
    if errors.is_empty() { node(&value, origin) } else { Node { value: Value::String(text.to_owned()), span: 0..text.len(), origin } }
}

fn table(table: &DeTable<'_>, origin: Origin) -> Table {
    let mut entries: Vec<(Key, Node)> = table
        .iter()
        .map(|(key, value)| (Key { name: key.get_ref().clone().into_owned(), span: key.span() }, node(value, origin)))
        .collect();
    entries.sort_by_key(|(key, _)| key.span.start);
    Table { entries }
}

fn node(value: &Spanned<DeValue<'_>>, origin: Origin) -> Node {
    let converted = match value.get_ref() {
        DeValue::String(text) => Value::String(text.clone().into_owned()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(integer) => Value::Integer(integer),
            Err(_) => Value::Float(number.as_str().parse().unwrap_or(f64::INFINITY)),
        },
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(boolean) => Value::Boolean(*boolean),
        DeValue::Datetime(datetime) => Value::Datetime(*datetime),
        DeValue::Array(array) => Value::Array(array.iter().map(|item| node(item, origin)).collect()),
        DeValue::Table(inner) => Value::Table(table(inner, origin)),
    };
    Node { value: converted, span: value.span(), origin }
}
