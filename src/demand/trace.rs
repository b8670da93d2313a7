//! One future, replayed from a file.

use super::WorkloadPath;
use super::usage::{HOUR, Missing, UsageHour, read_records, settle_missing};
use crate::horizon::Horizon;
use crate::spec::{At, Field, Reader};
use std::path::Path;

/// What the scenario says about a trace.
#[derive(Debug, Clone, Copy, Default)]
pub struct TraceOptions<'a> {
    /// The model whose rows are meant; needed where the file holds several.
    pub model: Option<&'a Field<String>>,
    /// What hours without a row mean. Unsaid they are zero; a trace cannot have gaps.
    pub missing: Option<Missing>,
    /// Start over at the end of the trace instead of refusing a horizon that is longer.
    pub repeat: bool,
}

/// Demand hour by hour, the same in every replication.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    hours: Vec<UsageHour>,
    tokens_known: bool,
    requests_known: bool,
}

/// Reads a trace, which has the columns of a usage file; `path` is where it is, `at` the field that names it.
///
/// Its first row falls into the first hour of the horizon whatever its clock says, and rows within the same hour from there on are added
/// up. `None` only after at least one problem was told, such as a trace that ends before the horizon does.
pub fn read_trace(path: &Path, at: &At, options: &TraceOptions<'_>, horizon: &Horizon, reader: &mut Reader) -> Option<Trace> {
    let records = read_records(path, at, options.model, reader)?;
    let missing = settle_missing(&records, options.missing, at, reader)?;
    let start = records.rows.first()?.second;
    let hour_of = |second: i64| usize::try_from((second - start) / HOUR).unwrap_or(0);
    let length = hour_of(records.rows.last()?.second) + 1;
    let mut hours = vec![UsageHour::ZERO; length];
    // Whether every row of the hour is complete, `None` of an hour without rows.
    let mut complete: Vec<Option<bool>> = vec![None; length];
    for row in &records.rows {
        let index = hour_of(row.second);
        if let (Some(hour), Some(complete)) = (hours.get_mut(index), complete.get_mut(index)) {
            *hour = *hour + UsageHour { requests: row.requests, tokens: row.tokens };
            *complete = Some(row.complete && complete.unwrap_or(true));
        }
    }
    let known = |hour: &&Option<bool>| **hour == Some(true) || (missing == Missing::Zero && hour.is_some());
    let gaps = length - complete.iter().filter(known).count();
    if missing == Missing::Gap && gaps > 0 {
        let diagnostic = reader.error(at, "is a trace with hours that nobody knows");
        diagnostic.given = Some(format!("{gaps} of {length} hours without a complete row in {}", path.display()));
        diagnostic.allowed = Some("a row for every hour, or missing = \"zero\"".to_owned());
        return None;
    }
    if length < horizon.hours() && !options.repeat {
        let diagnostic = reader.error(at, format!("is {} hours shorter than the horizon", horizon.hours() - length));
        diagnostic.given = Some(format!("{length} hours in {}", path.display()));
        diagnostic.allowed = Some(format!("at least {} hours, or a trace that repeats", horizon.hours()));
        return None;
    }
    reader.measured(at.key("rows"), records.rows.len(), "rows of the model");
    reader.measured(at.key("hours"), length, "hours of the trace, counted from its first row");
    reader.measured(at.key("gaps"), gaps, "hours without a row, taken as zero");
    Some(Trace { hours, tokens_known: records.has_tokens, requests_known: records.has_requests })
}

impl Trace {
    /// The hours of the trace, at least one.
    pub fn hours(&self) -> &[UsageHour] {
        &self.hours
    }

    /// Whether the file has tokens. If not, the workload must state tokens per request.
    pub fn tokens_known(&self) -> bool {
        self.tokens_known
    }

    /// Whether the file has requests. If not, they follow from tokens and a stated size.
    pub fn requests_known(&self) -> bool {
        self.requests_known
    }

    /// Writes tokens and requests of every hour of the horizon, from the trace's first hour on and over again from its start at its end.
    pub fn fill(&self, horizon: &Horizon, out: &mut WorkloadPath) {
        let slots = out.tokens.iter_mut().zip(&mut out.requests).take(horizon.hours());
        for ((tokens, requests), hour) in slots.zip(self.hours.iter().cycle()) {
            (*tokens, *requests) = (hour.tokens, hour.requests);
        }
    }
}

#[cfg(test)]
mod tests;
