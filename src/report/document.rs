//! What documents of JSON are made of, whatever they tell. Unknown is null, and so is a figure without end.

use crate::decision::Percentile;
use crate::error::{Error, Result};
use crate::scenario::Scenario;
use crate::simulation::Run;
use crate::statistics::{CONFIDENCE, Estimate, Proportion};
use serde_json::{Value, json};

/// A document as text.
pub(super) fn document(value: &Value) -> Result<String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Error::io("the document", "write", error.into()))?;
    Ok(text + "\n")
}

/// What a run tells, as a document: behind what every document says of its run.
pub(super) fn of_run<S>(schema: &str, scenario: &Scenario, ran: &Run<S>, told: Value) -> Result<String> {
    let mut whole = json!({
        "schema": schema,
        "scenario": scenario.name,
        "currency": scenario.currency.code(),
        "confidence": CONFIDENCE,
        "replications": ran.replications,
        "replications_asked": ran.asked,
        "seed": ran.seed,
        "engine": ran.engine.to_string(),
    });
    if let (Some(whole), Value::Object(told)) = (whole.as_object_mut(), told) {
        whole.extend(told);
    }
    document(&whole)
}

/// A figure with its error and its interval, or null.
pub(super) fn estimate(estimate: Option<&Estimate>) -> Value {
    estimate.map_or(Value::Null, |e| json!({ "point": e.point, "se": e.standard_error, "interval": interval(e.interval(CONFIDENCE)) }))
}

/// A percentile with its interval.
pub(super) fn percentile(percentile: &Percentile) -> Value {
    json!({ "point": percentile.point, "interval": interval(percentile.interval) })
}

/// The ends of an interval, or null.
pub(super) fn interval(interval: Option<(f64, f64)>) -> Value {
    interval.map_or(Value::Null, |(low, high)| json!([low, high]))
}

/// A share that was only sampled: below its interval's end where it was never seen, so the point is null then, never 0.
pub(super) fn sampled(share: f64, n: u64, bounds: Option<(f64, f64)>) -> Value {
    json!({ "share": (share > 0.0).then_some(share), "interval": interval(bounds), "n": n })
}

/// The same of futures that were counted.
pub(super) fn frequency(proportion: &Proportion) -> Value {
    sampled(proportion.share(), proportion.n, proportion.interval(CONFIDENCE))
}
