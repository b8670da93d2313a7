//! How single values are read: quantities, numbers, text, dates, lists and free maps.

use super::node::{Node, Value};
use super::reader::{At, Field, Reader};
use super::{Key, Spec};
use crate::units::Quantity;
use serde_json::json;

/// Implements [`Spec`] for quantities written as text (and as bare numbers where the kind allows it).
macro_rules! quantity_spec {
    ($($kind:ty),* $(,)?) => {$(
        impl Spec for $kind {
            fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
                read_quantity(node, at, reader)
            }

            fn schema() -> serde_json::Value {
                quantity_schema::<$kind>()
            }
        }
    )*};
}

quantity_spec!(
    crate::units::Currency,
    crate::units::EventRate,
    crate::units::Hours,
    crate::units::MonthlyPrice,
    crate::units::MonthlyRate,
    crate::units::RequestPrice,
    crate::units::RequestRate,
    crate::units::Share,
    crate::units::Term,
    crate::units::TokenPrice,
    crate::units::TokenRate,
    crate::units::UnitPrice,
);

fn read_quantity<Q: Quantity>(node: &Node, at: &At, reader: &mut Reader) -> Option<Q> {
    let problem = match &node.value {
        Value::String(text) => match Q::parse(text) {
            Ok(quantity) => {
                reader.given(at, &quantity);
                return Some(quantity);
            }
            Err(error) => error.0,
        },
        Value::Integer(_) | Value::Float(_) => {
            let number = number_of(&node.value).unwrap_or(f64::NAN);
            if let Some(quantity) = Q::from_number(number) {
                reader.given(at, &quantity);
                return Some(quantity);
            }
            if number.is_finite() && Q::from_number(0.0).is_none() {
                "is a bare number: its unit and denominator must be said".to_owned()
            } else {
                "is out of range".to_owned()
            }
        }
        other => format!("is {} where a quantity is needed", other.kind()),
    };
    reader.refuse(at, problem, Q::FORM);
    None
}

fn quantity_schema<Q: Quantity>() -> serde_json::Value {
    if Q::from_number(0.0).is_some() {
        json!({ "type": ["string", "number"], "description": Q::FORM })
    } else {
        json!({ "type": "string", "description": Q::FORM })
    }
}

fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(integer) => Some(*integer as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

impl Spec for f64 {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        match number_of(&node.value) {
            Some(number) if number.is_finite() => {
                reader.given(at, number);
                Some(number)
            }
            Some(_) => {
                reader.refuse(at, "is not finite", "a finite number");
                None
            }
            None => {
                reader.refuse(at, format!("is {} where a number is needed", node.value.kind()), "a finite number");
                None
            }
        }
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "number" })
    }
}

impl Spec for u64 {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        const ALLOWED: &str = "a whole number of at least 0";
        match &node.value {
            Value::Integer(integer) => {
                if let Ok(number) = Self::try_from(*integer) {
                    reader.given(at, number);
                    return Some(number);
                }
                reader.refuse(at, "is negative", ALLOWED);
            }
            // The text's own reader takes what does not fit into 64 bits for a number with a fraction.
            Value::Float(float) if float.abs() >= 2_f64.powi(63) => {
                reader.refuse(at, "is too large", "a whole number of at least 0 and below 2^63");
            }
            other => reader.refuse(at, format!("is {} where a whole number is needed", other.kind()), ALLOWED),
        }
        None
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "integer", "minimum": 0 })
    }
}

impl Spec for bool {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        if let Value::Boolean(boolean) = node.value {
            reader.given(at, boolean);
            return Some(boolean);
        }
        reader.refuse(at, format!("is {} where true or false is needed", node.value.kind()), "true or false");
        None
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "boolean" })
    }
}

impl Spec for String {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        if let Value::String(text) = &node.value {
            reader.given(at, text);
            return Some(text.clone());
        }
        reader.refuse(at, format!("is {} where text is needed", node.value.kind()), "text in quotes");
        None
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "string" })
    }
}

impl Spec for jiff::civil::Date {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        const ALLOWED: &str = "a date such as 2027-01-01";
        let text = match &node.value {
            Value::Datetime(datetime) if datetime.time.is_none() => datetime.to_string(),
            Value::String(text) => text.clone(),
            other => {
                reader.refuse(at, format!("is {} where a date is needed", other.kind()), ALLOWED);
                return None;
            }
        };
        match text.parse::<Self>() {
            Ok(date) => {
                reader.given(at, date);
                Some(date)
            }
            Err(_) => {
                reader.refuse(at, "is no date of the calendar", ALLOWED);
                None
            }
        }
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "string", "format": "date", "description": "a date such as 2027-01-01" })
    }
}

impl<T: Spec> Spec for Vec<Field<T>> {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        let Value::Array(items) = &node.value else {
            reader.refuse(at, format!("is {} where a list is needed", node.value.kind()), "a list");
            return None;
        };
        let read: Vec<Option<Field<T>>> = items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let at = At { path: format!("{}.{}", at.path, item_name(item, index)), span: item.span.clone(), origin: item.origin };
                T::read(item, &at, reader).map(|value| Field { value, at })
            })
            .collect();
        read.into_iter().collect()
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "array", "items": T::schema() })
    }
}

/// List items are named by their `name` where they have one, else counted from 1.
pub(super) fn item_name(item: &Node, index: usize) -> String {
    if let Value::Table(table) = &item.value
        && let Some(Value::String(name)) = table.get("name").map(|n| &n.value)
        && !name.is_empty()
        && !name.contains('.')
    {
        return name.clone();
    }
    (index + 1).to_string()
}

/// A table with free keys, such as routes by workload; in the order of the file.
#[derive(Clone, Debug)]
pub struct Map<T> {
    /// Key and value.
    pub entries: Vec<(Field<String>, Field<T>)>,
}

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<T> Map<T> {
    /// The value of a key.
    pub fn get(&self, name: &str) -> Option<&Field<T>> {
        self.entries.iter().find(|(key, _)| key.value == name).map(|(_, value)| value)
    }
}

impl<T: Spec> Spec for Map<T> {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        let table = reader.table(node, at)?;
        let read: Vec<Option<(Field<String>, Field<T>)>> = table
            .entries
            .iter()
            .map(|(Key { name, span }, node)| {
                let at = at.child(name, node);
                let key = Field { value: name.clone(), at: At { span: span.clone(), ..at.clone() } };
                T::read(node, &at, reader).map(|value| (key, Field { value, at }))
            })
            .collect();
        Some(Self { entries: read.into_iter().collect::<Option<_>>()? })
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "object", "additionalProperties": T::schema() })
    }
}
