//! The two macros that declare specs: tables with known keys, and choices by a `kind`.

/// Declares a table of the scenario file: the struct, its reader and its schema.
///
/// Each field is `required`, `optional` or `list` (an array that may be absent). Its doc comment is the schema's description.
/// Required fields become `Field<T>`, optional ones `Option<Field<T>>`, lists `Vec<Field<T>>`.
#[macro_export]
macro_rules! spec_table {
    (
        $(#[doc = $about:literal])+
        $vis:vis struct $name:ident {
            $( $(#[doc = $doc:literal])+ $need:ident $field:ident : $kind:ty ),* $(,)?
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug)]
        $vis struct $name {
            $( $(#[doc = $doc])+ pub $field: $crate::spec_table!(@type $need $kind), )*
        }

        impl $crate::spec::Spec for $name {
            fn read(node: &$crate::spec::Node, at: &$crate::spec::At, reader: &mut $crate::spec::Reader) -> Option<Self> {
                let table = reader.table(node, at)?;
                reader.unknown_fields(table, at, &[$($crate::spec::key(stringify!($field))),*]);
                // Every field is read before the first missing one ends it, so that all problems are told at once.
                $( let $field = $crate::spec_table!(@read $need $kind, table, at, reader, $crate::spec::key(stringify!($field))); )*
                Some(Self { $( $field: $field? ),* })
            }

            fn schema() -> serde_json::Value {
                #[allow(unused_mut)]
                let mut properties = serde_json::Map::new();
                #[allow(unused_mut)]
                let mut required: Vec<&str> = Vec::new();
                $(
                    let text = concat!($($doc),+).trim();
                    let property = $crate::spec_table!(@schema $need $kind);
                    properties.insert($crate::spec::key(stringify!($field)).to_owned(), $crate::spec::described(property, text));
                    $crate::spec_table!(@require $need required, $crate::spec::key(stringify!($field)));
                )*
                serde_json::json!({
                    "type": "object",
                    "description": concat!($($about),+).trim(),
                    "properties": properties,
                    "required": required,
                    "additionalProperties": false,
                })
            }
        }
    };
    (@type required $kind:ty) => { $crate::spec::Field<$kind> };
    (@type optional $kind:ty) => { Option<$crate::spec::Field<$kind>> };
    (@type list $kind:ty) => { Vec<$crate::spec::Field<$kind>> };
    (@read required $kind:ty, $table:expr, $at:expr, $reader:expr, $name:expr) => {
        $crate::spec::read_required::<$kind>($table, $at, $reader, $name)
    };
    (@read optional $kind:ty, $table:expr, $at:expr, $reader:expr, $name:expr) => {
        $crate::spec::read_optional::<$kind>($table, $at, $reader, $name)
    };
    (@read list $kind:ty, $table:expr, $at:expr, $reader:expr, $name:expr) => {
        $crate::spec::read_optional::<Vec<$crate::spec::Field<$kind>>>($table, $at, $reader, $name)
            .map(|list| list.map_or_else(Vec::new, |list| list.value))
    };
    (@schema list $kind:ty) => { <Vec<$crate::spec::Field<$kind>> as $crate::spec::Spec>::schema() };
    (@schema $need:ident $kind:ty) => { <$kind as $crate::spec::Spec>::schema() };
    (@require required $list:expr, $name:expr) => { $list.push($name) };
    (@require $need:ident $list:expr, $name:expr) => {};
}

/// Declares a table whose `kind` says which fields it takes; a bare text stands for the kind with its defaults.
///
/// `tag` names the key (`kind`, `law`). Each choice is a table declared with [`spec_table!`](crate::spec_table).
#[macro_export]
macro_rules! spec_choice {
    (
        $(#[doc = $about:literal])+
        $vis:vis enum $name:ident by $tag:literal {
            $( $(#[doc = $doc:literal])+ $text:literal => $variant:ident($kind:ty) ),* $(,)?
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug)]
        $vis enum $name {
            $( $(#[doc = $doc])+ $variant($kind), )*
        }

        impl $crate::spec::Spec for $name {
            fn read(node: &$crate::spec::Node, at: &$crate::spec::At, reader: &mut $crate::spec::Reader) -> Option<Self> {
                let (choice, rest) = $crate::spec::read_choice(node, at, reader, $tag, &[$($text),*])?;
                match choice.as_str() {
                    $( $text => <$kind as $crate::spec::Spec>::read(&rest, at, reader).map(Self::$variant), )*
                    _ => None,
                }
            }

            fn schema() -> serde_json::Value {
                let choices = vec![$( $crate::spec::choice_schema($tag, $text, <$kind as $crate::spec::Spec>::schema()) ),*];
                let names = [$($text),*];
                let mut any = vec![serde_json::json!({ "enum": names })];
                any.extend(choices);
                serde_json::json!({ "description": concat!($($about),+).trim(), "anyOf": any })
            }
        }
    };
}

use super::Spec;
use super::node::{Node, Table, Value};
use super::reader::{At, Field, Reader, nearest};

/// The key of a field: a Rust keyword such as `r#move` is written without its mark in the file.
#[must_use]
pub fn key(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}

/// Reads a field that must be there.
pub fn read_required<T: Spec>(table: &Table, at: &At, reader: &mut Reader, name: &str) -> Option<Field<T>> {
    let Some(node) = table.get(name) else {
        let schema = T::schema();
        reader.missing(at, name, schema.get("description").and_then(serde_json::Value::as_str).unwrap_or(""));
        return None;
    };
    let at = at.child(name, node);
    T::read(node, &at, reader).map(|value| Field { value, at })
}

/// Reads a field that may be absent: `Some(None)` when it is, `None` when it is wrong.
pub fn read_optional<T: Spec>(table: &Table, at: &At, reader: &mut Reader, name: &str) -> Option<Option<Field<T>>> {
    let Some(node) = table.get(name) else {
        return Some(None);
    };
    let at = at.child(name, node);
    T::read(node, &at, reader).map(|value| Some(Field { value, at }))
}

/// Finds which choice a node makes, and the node without its tag.
pub fn read_choice(node: &Node, at: &At, reader: &mut Reader, tag: &str, choices: &[&str]) -> Option<(String, Node)> {
    let allowed = || choices.iter().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ");
    let (given, place, rest) = match &node.value {
        Value::String(text) => (text, at.clone(), Table::default()),
        Value::Table(table) => {
            let Some(chosen) = table.get(tag) else {
                reader.missing(at, tag, &allowed());
                return None;
            };
            let place = at.child(tag, chosen);
            let Value::String(text) = &chosen.value else {
                reader.refuse(&place, format!("is {} where text is needed", chosen.value.kind()), allowed());
                return None;
            };
            (text, place, table.without(tag))
        }
        other => {
            reader.refuse(at, format!("is {} where a table with a `{tag}` is needed", other.kind()), allowed());
            return None;
        }
    };
    if choices.contains(&given.as_str()) {
        reader.given(&At { path: if place.path == at.path { at.path.clone() } else { place.path }, ..at.clone() }, given);
        return Some((given.clone(), Node { value: Value::Table(rest), ..node.clone() }));
    }
    let help = nearest(given, choices.iter().copied()).map(|name| format!("did you mean \"{name}\"?"));
    let diagnostic = reader.error(&place, "is unknown");
    diagnostic.given = Some(format!("\"{given}\""));
    diagnostic.allowed = Some(allowed());
    diagnostic.help = help;
    None
}

/// The schema of one choice: its table's schema with the tag as a constant.
#[must_use]
pub fn choice_schema(tag: &str, choice: &str, mut schema: serde_json::Value) -> serde_json::Value {
    if let Some(properties) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
        properties.insert(tag.to_owned(), serde_json::json!({ "const": choice }));
    }
    if let Some(required) = schema.get_mut("required").and_then(serde_json::Value::as_array_mut) {
        required.push(tag.into());
    }
    schema
}

/// A schema with the field's own description before the kind's.
#[must_use]
pub fn described(mut schema: serde_json::Value, text: &str) -> serde_json::Value {
    if let Some(object) = schema.as_object_mut() {
        let description = match object.get("description").and_then(serde_json::Value::as_str) {
            Some(kind) if !kind.is_empty() => format!("{text} ({kind})"),
            _ => text.to_owned(),
        };
        object.insert("description".to_owned(), description.into());
    }
    schema
}
