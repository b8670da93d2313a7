//! Windows of units: one span of time, or one that shrinks as more units are bought.
//!
//! Vertex enforces the throughput of its GSUs over a window that depends on how many there are: 40 to 120 s up to 3 GSUs, down to 1 to 5 s
//! from 50 on (the provisioned-throughput page as read in 2026; its copy of 2025-05-12 has 30 s for all). The units that tell the window
//! of a plan are the most that it has of the offer in any month: plans with different windows are served as different pools.

use super::metering::seconds;
use crate::spec::{At, Field, Node, Reader, Spec, Value};
use crate::units::{Hours, Quantity};
use serde_json::json;

crate::spec_table! {
    /// A window from a number of units on.
    pub struct WindowStepSpec {
        /// The fewest units for which it holds; the first one holds below its own, too.
        required units: f64,
        /// The span of time over which their capacity holds.
        required window: Hours,
    }
}

/// The span of time over which a capacity holds: one for all, or by the number of units.
#[derive(Clone, Debug)]
pub enum WindowSpec {
    /// One for all.
    One(Hours),
    /// By the number of units.
    ByUnits(Vec<Field<WindowStepSpec>>),
}

impl Spec for WindowSpec {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::Array(_) => Vec::read(node, at, reader).map(Self::ByUnits),
            _ => Hours::read(node, at, reader).map(Self::One),
        }
    }

    fn schema() -> serde_json::Value {
        let steps = <Vec<Field<WindowStepSpec>> as Spec>::schema();
        json!({ "description": Hours::FORM, "anyOf": [Hours::schema(), steps] })
    }
}

/// A window from a number of units on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowStep {
    /// The fewest units for which it holds, >= 0.
    pub units: f64,
    /// The span of time `[s]`: a divisor of an hour, >= 1.
    pub window: u32,
}

/// The window that holds for so many units, of steps in rising order; the first holds below its own units, too.
pub(crate) fn window_of(steps: &[WindowStep], units: f64) -> Option<u32> {
    let reached = steps.iter().rev().find(|step| units >= step.units).or(steps.first());
    reached.map(|step| step.window)
}

/// Checks steps; `None` after at least one problem.
pub(super) fn steps(specs: &Field<Vec<Field<WindowStepSpec>>>, reader: &mut Reader) -> Option<Vec<WindowStep>> {
    let mut steps: Vec<WindowStep> = Vec::with_capacity(specs.len());
    let mut good = true;
    if specs.is_empty() {
        reader.refuse(&specs.at, "is empty", "a window, or at least one step such as { units = 1, window = \"30s\" }");
        good = false;
    }
    for spec in &specs.value {
        let window = seconds(&spec.window, reader);
        if !(spec.units.value >= 0.0) {
            reader.refuse(&spec.units.at, "is negative", "a number of units from 0");
            good = false;
        } else if steps.last().is_some_and(|before| before.units >= spec.units.value) {
            reader.refuse(&spec.units.at, "is not above the units of the step before it", "steps in rising order");
            good = false;
        }
        match window {
            Some(window) => steps.push(WindowStep { units: spec.units.value, window }),
            None => good = false,
        }
    }
    good.then_some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_hold_from_their_units_on() {
        let steps = [(1.0, 120), (4.0, 30), (50.0, 5)].map(|(units, window)| WindowStep { units, window });
        for (units, window) in [(0.0, 120), (1.0, 120), (3.9, 120), (4.0, 30), (49.0, 30), (50.0, 5), (1e6, 5)] {
            assert_eq!(window_of(&steps, units), Some(window), "{units}");
        }
        assert_eq!(window_of(&[], 3.0), None);
    }
}
