//! The condition of a rule: `used above 80%`, `next used below 30%`, `demand above 3M tokens/h`.

use crate::spec::{At, Node, Reader, Spec, Value};
use crate::units::{Quantity, Share, TokenRate};
use serde_json::json;
use std::fmt;

/// What a condition looks at, of the last weeks hour by hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// The share of the units held that the hours' demand would have filled, 0 to 1.
    Used,
    /// The same of the units that the rule buys, after those held.
    NextUsed,
    /// Weighted tokens asked for `[1/h]`, the mean.
    Demand,
}

/// Whether something lies above or below a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// What is looked at.
    pub measure: Measure,
    /// Whether it must lie above the number rather than below it; equal is neither.
    pub above: bool,
    /// The number: a share, or tokens an hour.
    pub than: f64,
}

impl Condition {
    /// What is allowed.
    pub const FORM: &'static str =
        "\"used above 80%\" (of the units held), \"next used above 60%\" (of those to be bought) or \"demand above 3M tokens/h\", or below";

    /// Whether it holds; what is not a number lies on no side.
    #[must_use]
    pub fn holds(&self, seen: f64) -> bool {
        if self.above { seen > self.than } else { seen < self.than }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let Some(side) = words.iter().position(|word| matches!(*word, "above" | "below")) else {
            return Err("says neither `above` nor `below`".to_owned());
        };
        let measure = match &words[..side] {
            [] | ["used"] => Measure::Used,
            ["next", "used"] => Measure::NextUsed,
            ["demand"] => Measure::Demand,
            other => return Err(format!("looks at `{}`, which is nothing that a rule sees", other.join(" "))),
        };
        let number = words[side + 1..].join(" ");
        let than = if measure == Measure::Demand {
            TokenRate::parse(&number).map_err(|error| format!("has a number of tokens that {}", error.0))?.per_hour
        } else {
            let Share(share) = Share::parse(&number).map_err(|error| format!("has a share that {}", error.0))?;
            share
        };
        let condition = Self { measure, above: words[side] == "above", than };
        let most = if measure == Measure::Demand { f64::INFINITY } else { 1.0 };
        if (condition.above && than >= most) || (!condition.above && than <= 0.0) {
            return Err("never holds".to_owned());
        }
        Ok(condition)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.above { "above" } else { "below" };
        match self.measure {
            Measure::Used => write!(f, "used {side} {}", Share(self.than)),
            Measure::NextUsed => write!(f, "next used {side} {}", Share(self.than)),
            Measure::Demand => write!(f, "demand {side} {}", TokenRate { per_hour: self.than }),
        }
    }
}

impl Spec for Condition {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        let Value::String(text) = &node.value else {
            reader.refuse(at, format!("is {} where a condition is needed", node.value.kind()), Self::FORM);
            return None;
        };
        match Self::parse(text) {
            Ok(condition) => {
                reader.given(at, condition);
                Some(condition)
            }
            Err(problem) => {
                reader.refuse(at, problem, Self::FORM);
                None
            }
        }
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "string", "description": Self::FORM })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_and_shown() {
        for (text, measure, above, than, shown) in [
            ("used above 80%", Measure::Used, true, 0.8, "used above 80%"),
            ("above 80%", Measure::Used, true, 0.8, "used above 80%"),
            ("next used  below 0.3", Measure::NextUsed, false, 0.3, "next used below 30%"),
            ("demand above 50k tokens/min", Measure::Demand, true, 3e6, "demand above 3000000 tokens/h"),
        ] {
            let condition = Condition::parse(text).unwrap();
            assert_eq!((condition.measure, condition.above), (measure, above), "{text}");
            assert!((condition.than - than).abs() <= 1e-12 * than && condition.to_string() == shown, "{condition}");
        }
        for text in ["", "80%", "used over 80%", "use above 80%", "used above 180%", "used above", "demand above 3", "demand above 80%"]
            .into_iter()
            .chain(["used above 100%", "next used below 0%", "demand below 0 tokens/h"])
        {
            assert!(Condition::parse(text).is_err(), "{text}");
        }
        let above = Condition::parse("used above 80%").unwrap();
        assert!(above.holds(0.81) && !above.holds(0.8) && !above.holds(f64::NAN));
    }
}
