//! `--set PATH=VALUE`: changes any field of the scenario before it is read.

use super::leaf::item_name;
use super::node::{self, Key, Node, Origin, Table, Value};
use super::reader::{At, Reader, nearest};
use crate::error::{Error, Result};
use crate::units::Decimal;

/// One change: a path, a new value or a relative change.
#[derive(Clone, Debug)]
pub struct Override {
    /// The text as given, `PATH=VALUE`.
    pub text: String,
}

/// Most steps of a path; the scenario itself has six levels.
const MOST_STEPS: usize = 16;

/// Keys that a relative change of a table scales: what says how large the quantity is.
const SIZES: [&str; 6] = ["mean", "median", "p10", "p90", "p95", "scale"];

impl Override {
    /// Takes `PATH=VALUE`.
    ///
    /// # Errors
    /// [`Error::usage`] without an equals sign or a path.
    pub fn new(text: &str) -> Result<Self> {
        match text.split_once('=') {
            Some((path, value)) if !path.trim().is_empty() && !value.trim().is_empty() => Ok(Self { text: text.to_owned() }),
            _ => Err(Error::usage(format!("--set needs PATH=VALUE, such as workload.copilot.level=+20%; given: `{text}`"))),
        }
    }
}

/// Applies one override to the tree. Problems go to `reader`.
pub fn apply(root: &mut Node, change: &Override, index: usize, reader: &mut Reader) {
    let origin = Origin::Override(index);
    let (path, text) = change.text.split_once('=').unwrap_or((change.text.as_str(), ""));
    let start = path.len() + 1;
    let at = At { path: path.trim().to_owned(), span: 0..change.text.len(), origin };
    let steps = split_path(path.trim());
    let Some((last, parents)) = steps.split_last() else { return };
    if steps.len() > MOST_STEPS || steps.iter().any(|step| step.trim().is_empty()) {
        let shown: String = path.chars().take(80).collect();
        let diagnostic = reader.error(&At { path: String::new(), ..at }, "is no path of the scenario");
        diagnostic.given = Some(shown);
        diagnostic.allowed = Some(format!("names with dots between them, at most {MOST_STEPS}, such as workload.copilot.level"));
        return;
    }
    let mut node = root;
    for step in parents {
        match descend(node, step, origin) {
            Ok(next) => node = next,
            Err(known) => return not_found(reader, &at, step, &known),
        }
    }
    let text = text.trim();
    if let Some(factor) = relative(text) {
        return match find(node, last) {
            Ok(target) => scale(target, factor, origin, &at, reader),
            Err(known) => not_found(reader, &at, last, &known),
        };
    }
    let mut value = node::parse_value(text, origin);
    value.span = start..change.text.len();
    set_origin(&mut value, origin, &(start..change.text.len()));
    match &mut node.value {
        Value::Table(table) => match table.get_mut(last) {
            Some(slot) => *slot = value,
            None => table.entries.push((Key { name: last.clone(), span: 0..path.len() }, value)),
        },
        Value::Array(_) => match find(node, last) {
            Ok(slot) => *slot = value,
            Err(known) => not_found(reader, &at, last, &known),
        },
        _ => {
            reader.error(&at, format!("`{last}` is below a value that is no table"));
        }
    }
}

/// Splits a path at its dots; quoted parts may hold dots.
fn split_path(path: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    let mut quoted = false;
    for c in path.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => steps.push(String::new()),
            _ => {
                if let Some(step) = steps.last_mut() {
                    step.push(c);
                }
            }
        }
    }
    steps
}

/// The child to go on into; a missing key of a table becomes an empty table, so that `--set` can add what the file left out.
fn descend<'n>(node: &'n mut Node, step: &str, origin: Origin) -> std::result::Result<&'n mut Node, Vec<String>> {
    if let Value::Table(table) = &mut node.value
        && table.get(step).is_none()
    {
        let span = 0..0;
        let child = Node { value: Value::Table(Table::default()), span: span.clone(), origin };
        table.entries.push((Key { name: step.to_owned(), span }, child));
    }
    find(node, step)
}

/// An existing child: a table's key, a list's item by name or number; else the names there are.
fn find<'n>(node: &'n mut Node, step: &str) -> std::result::Result<&'n mut Node, Vec<String>> {
    let names: Vec<String> = match &node.value {
        Value::Table(table) => table.entries.iter().map(|(key, _)| key.name.clone()).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, item)| item_name(item, i)).collect(),
        _ => Vec::new(),
    };
    let Some(index) = names.iter().position(|name| name == step) else { return Err(names) };
    match &mut node.value {
        Value::Table(table) => table.entries.get_mut(index).map(|(_, node)| node),
        Value::Array(items) => items.get_mut(index),
        _ => None,
    }
    .ok_or(names)
}

fn not_found(reader: &mut Reader, at: &At, step: &str, known: &[String]) {
    let help = nearest(step, known.iter().map(String::as_str)).map(|name| format!("did you mean `{name}`?"));
    let diagnostic = reader.error(at, "is not in the scenario");
    diagnostic.given = Some(step.to_owned());
    diagnostic.allowed = Some(if known.is_empty() { "nothing: there is no such table".to_owned() } else { known.join(", ") });
    diagnostic.help = help;
}

/// The factor of a relative change such as `+20%` or `-5%`.
fn relative(text: &str) -> Option<f64> {
    if !text.starts_with(['+', '-']) || !text.ends_with('%') {
        return None;
    }
    let (number, rest) = Decimal::split(text).ok()?;
    (rest == "%").then(|| 1.0 + number.value(-2))
}

/// Multiplies the number in a value; of a table, the fields that say its size.
fn scale(node: &mut Node, factor: f64, origin: Origin, at: &At, reader: &mut Reader) {
    if !(factor > 0.0) {
        reader.error(at, "takes away all of it").allowed = Some("a change above -100%".to_owned());
        return;
    }
    let scaled = match &node.value {
        Value::Integer(integer) => Some(Value::Float(*integer as f64 * factor)),
        Value::Float(float) => Some(Value::Float(float * factor)),
        Value::String(text) => scale_text(text, factor),
        Value::Table(_) => {
            return scale_table(node, factor, origin, at, reader);
        }
        _ => None,
    };
    match scaled {
        Some(value) => *node = Node { value, span: at.span.clone(), origin },
        None => {
            reader.error(at, format!("cannot be changed by a percentage: it is {}", node.value.kind()));
        }
    }
}

fn scale_table(node: &mut Node, factor: f64, origin: Origin, at: &At, reader: &mut Reader) {
    let Value::Table(table) = &mut node.value else { return };
    let mut any = false;
    // A factor that is stated scales the rest, so it alone is changed.
    let sizes: &[&str] = if table.get("scale").is_some() { &["scale"] } else { &SIZES };
    for (key, child) in &mut table.entries {
        if sizes.contains(&key.name.as_str()) {
            scale(child, factor, origin, at, reader);
            any = true;
        }
    }
    if !any {
        reader.error(at, "cannot be changed by a percentage: it has none of the fields that say its size").allowed = Some(SIZES.join(", "));
    }
}

/// `1.94M tokens/h` × 1.2 → `2328000 tokens/h`: the unit stays, a share's per cent too.
fn scale_text(text: &str, factor: f64) -> Option<Value> {
    let (number, rest) = Decimal::split(text).ok()?;
    let value = number.value(0) * factor;
    Some(Value::String(format!("{value} {rest}")))
}

fn set_origin(node: &mut Node, origin: Origin, span: &std::ops::Range<usize>) {
    node.origin = origin;
    node.span = span.clone();
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(|item| set_origin(item, origin, span)),
        Value::Table(table) => table.entries.iter_mut().for_each(|(key, item)| {
            key.span = span.clone();
            set_origin(item, origin, span);
        }),
        _ => {}
    }
}
