//! Plans as the file writes them: routes, units, terms and sweeps.

use super::{ReservationSpec, grammar};
use crate::spec::{At, Field, Map, Node, Reader, Spec, Value};
use crate::supply::offer::Renewal;
use crate::supply::schedule::ScheduleSpec;
use crate::units::Term;
use serde_json::json;

crate::spec_table! {
    /// Offers in the order they are tried, and what is bought of them.
    pub struct PlanSpec {
        /// The plan's name; a sweep adds to it.
        required name: String,
        /// For each workload (and "name.deferrable"), the offers in the order they are tried.
        required route: Map<Vec<Field<String>>>,
        /// Units of each provisioned offer.
        optional units: Map<UnitsSpec>,
        /// The term of each provisioned offer.
        optional term: Map<Term>,
        /// The month of the horizon, from 1, in which each offer's units start.
        optional start_month: Map<u64>,
        /// For each offer, the local hours in which work that waits may use it; every hour unless said.
        optional hours: Map<ScheduleSpec>,
        /// Further purchases, each with a term and a start of its own: a ladder. They serve beside the units above.
        list purchase: PurchaseSpec,
        /// Reservations: a lower price for units that are bought by the hour.
        list reservation: ReservationSpec,
        /// Many plans at once: the full product of these axes.
        optional sweep: SweepSpec,
    }
}

crate::spec_table! {
    /// One purchase of units, beside others of the same offer.
    pub struct PurchaseSpec {
        /// The provisioned offer.
        required offer: String,
        /// Units of it.
        required units: UnitsSpec,
        /// The term.
        optional term: Term,
        /// The month of the horizon, from 1, in which the units start.
        optional start_month: u64,
        /// What happens when the term ends; as the offer says unless given.
        optional renewal: Renewal,
        /// The hours in which the units exist, for the term "none" alone.
        optional schedule: ScheduleSpec,
    }
}

crate::spec_table! {
    /// The axes of a sweep.
    pub struct SweepSpec {
        /// Numbers of units of each provisioned offer.
        optional units: Map<UnitsSweepSpec>,
        /// Terms of each provisioned offer.
        optional term: Map<Vec<Field<Term>>>,
        /// Months of the horizon, from 1, in which each offer's units start.
        optional start_month: Map<Vec<Field<u64>>>,
        /// Axes whose lists walk together instead of in every combination.
        list linked: SweepAxis,
    }
}

crate::spec_words! {
    /// An axis of a sweep.
    pub enum SweepAxis {
        /// Numbers of units.
        "units" => Units,
        /// Terms.
        "term" => Term,
        /// Months in which units start.
        "start_month" => StartMonth,
    }
}

crate::spec_table! {
    /// Units of an offer with two axes.
    pub struct TwoUnitsSpec {
        /// Units of the input axis.
        required input: f64,
        /// Units of the output axis.
        required output: f64,
    }
}

crate::spec_table! {
    /// Numbers of units of an offer with two axes, swept apart.
    pub struct TwoListsSpec {
        /// Units of the input axis.
        required input: UnitsListSpec,
        /// Units of the output axis.
        required output: UnitsListSpec,
    }
}

/// Units of an offer: a number, or one for each axis.
#[derive(Clone, Debug)]
pub enum UnitsSpec {
    /// One axis.
    One(f64),
    /// Input and output.
    Two(TwoUnitsSpec),
}

impl Spec for UnitsSpec {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::Table(_) => TwoUnitsSpec::read(node, at, reader).map(Self::Two),
            _ => f64::read(node, at, reader).map(Self::One),
        }
    }

    fn schema() -> serde_json::Value {
        json!({ "anyOf": [{ "type": "number", "minimum": 0 }, TwoUnitsSpec::schema()] })
    }
}

/// Numbers of units to sweep: one list, or one for each axis.
#[derive(Clone, Debug)]
pub enum UnitsSweepSpec {
    /// One axis.
    One(UnitsListSpec),
    /// Input and output.
    Two(TwoListsSpec),
}

impl UnitsSweepSpec {
    /// Two lists that stand in no file.
    #[must_use]
    pub fn two(input: UnitsListSpec, output: UnitsListSpec) -> Self {
        let nowhere = |value| Field { value, at: At { path: String::new(), span: 0..0, origin: crate::spec::Origin::File } };
        Self::Two(TwoListsSpec { input: nowhere(input), output: nowhere(output) })
    }
}

impl Spec for UnitsSweepSpec {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::Table(_) => TwoListsSpec::read(node, at, reader).map(Self::Two),
            _ => UnitsListSpec::read(node, at, reader).map(Self::One),
        }
    }

    fn schema() -> serde_json::Value {
        json!({ "anyOf": [UnitsListSpec::schema(), TwoListsSpec::schema()] })
    }
}

/// A list of numbers of units, as text (`"0, 100..=400 step 50"`), a list or one number.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitsListSpec(pub Vec<f64>);

impl UnitsListSpec {
    /// What is allowed.
    pub const FORM: &'static str = "numbers from 0 and ranges, such as \"0..=8\", \"0, 100..=400 step 50\" or [0, 2, 4]";
}

impl std::str::FromStr for UnitsListSpec {
    type Err = String;

    /// Reads a list as the file would; an error is a clause that follows the list's name.
    fn from_str(text: &str) -> Result<Self, String> {
        grammar::list(text).and_then(grammar::checked).map(Self)
    }
}

impl Spec for UnitsListSpec {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        let list = match &node.value {
            Value::String(text) => grammar::list(text),
            Value::Integer(_) | Value::Float(_) => Ok(vec![f64::read(node, at, reader)?]),
            Value::Array(_) => Ok(<Vec<Field<f64>>>::read(node, at, reader)?.iter().map(|f| f.value).collect()),
            other => Err(format!("is {} where numbers of units are needed", other.kind())),
        };
        match list.and_then(grammar::checked) {
            Ok(list) => {
                if let Value::String(text) = &node.value {
                    reader.given(at, text);
                }
                Some(Self(list))
            }
            Err(problem) => {
                reader.refuse(at, problem, Self::FORM);
                None
            }
        }
    }

    fn schema() -> serde_json::Value {
        json!({
            "description": Self::FORM,
            "anyOf": [{ "type": "string" }, { "type": "number", "minimum": 0 }, { "type": "array", "items": { "type": "number", "minimum": 0 } }],
        })
    }
}
