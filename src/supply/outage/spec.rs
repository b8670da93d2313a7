//! Availability and incidents as the file writes them, and their checks.

use super::{Availability, Incidents, Together, TwoState};
use crate::spec::{At, Field, Node, Reader, Spec, Value, read_word};
use crate::spec_table;
use crate::supply::offer::Axis;
use crate::units::{Hours, Share};
use serde_json::json;

spec_table! {
    /// When units serve: mean times up and down, or a share of the hours.
    pub struct AvailabilitySpec {
        /// Mean time between the end of an outage and the start of the next, at least 1 h.
        optional up: Hours,
        /// Mean length of an outage, at least 1 h.
        optional down: Hours,
        /// Share of the hours that are up, independently of each other, instead of `up` and `down`.
        optional share: Share,
        /// How many units fail as one, or "all" that are bought.
        optional together: TogetherSpec,
    }
}

spec_table! {
    /// Times in which a share of the quota is gone.
    pub struct IncidentsSpec {
        /// Mean time between the end of one and the start of the next, at least 1 h.
        required every: Hours,
        /// Mean length, at least 1 h.
        required lasting: Hours,
        /// Share of the quota that is gone meanwhile.
        required takes: Share,
    }
}

/// How many units fail as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TogetherSpec {
    /// So many, at least 1 once checked.
    Units(u64),
    /// All that are bought.
    All,
}

impl Spec for TogetherSpec {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::String(_) => read_word(node, at, reader, &["all"]).map(|_| Self::All),
            _ => u64::read(node, at, reader).map(Self::Units),
        }
    }

    fn schema() -> serde_json::Value {
        json!({ "anyOf": [{ "type": "integer", "minimum": 1 }, { "const": "all" }] })
    }
}

/// Checks an offer's availability: `Some(None)` where the file says nothing. `axes` are the offer's, where they are well.
#[allow(clippy::option_option, reason = "as in the resolver: the outer one is None after a problem was told")]
pub(crate) fn availability(
    spec: Option<&Field<AvailabilitySpec>>,
    axes: Option<&[Axis]>,
    reader: &mut Reader,
) -> Option<Option<Availability>> {
    let Some(spec) = spec else { return Some(None) };
    let states = states(spec, reader);
    let together = match &spec.together {
        Some(field) => match field.value {
            TogetherSpec::Units(0) => {
                reader.refuse(&field.at, "lets no unit fail", "a whole number of units from 1, or \"all\"");
                None
            }
            TogetherSpec::Units(units) => Some(Together::Units(units as f64)),
            TogetherSpec::All => Some(Together::All),
        },
        None => Some(assumed_together(spec, axes?, reader)),
    };
    Some(Some(Availability { states: states?, together: together? }))
}

fn assumed_together(spec: &Field<AvailabilitySpec>, axes: &[Axis], reader: &mut Reader) -> Together {
    let path = spec.at.key("together");
    let one_by_one = |axis: &Axis| axis.increment.is_none_or(|step| step <= 1.0);
    if axes.len() == 1 && axes.iter().all(one_by_one) {
        reader.assumed(path, 1, "units that are bought one by one fail one by one");
        return Together::Units(1.0);
    }
    reader.assumed(path, "all", "units that are bought in steps or on two axes are shares of one service");
    Together::All
}

fn states(spec: &Field<AvailabilitySpec>, reader: &mut Reader) -> Option<TwoState> {
    match (&spec.share, &spec.up, &spec.down) {
        (Some(share), None, None) if share.0 > 0.0 => Some(TwoState::of_share(share.0)),
        (Some(share), None, None) => {
            reader.refuse(&share.at, "lets no unit ever serve", "a share above 0, up to 100%");
            None
        }
        (None, Some(up), Some(down)) => {
            let (up, down) = (mean_time(up, reader), mean_time(down, reader));
            Some(TwoState::of_times(up?, down?))
        }
        (Some(share), ..) => {
            reader.refuse(&share.at, "stands beside mean times", "either `share`, or `up` and `down`");
            None
        }
        (None, Some(up), None) => {
            reader.refuse(&up.at, "stands without `down`", "`up` and `down`, both mean times such as \"720h\" and \"2h\"");
            None
        }
        (None, None, Some(down)) => {
            reader.refuse(&down.at, "stands without `up`", "`up` and `down`, both mean times such as \"720h\" and \"2h\"");
            None
        }
        (None, None, None) => {
            reader.missing(&spec.at, "up", "`up` and `down`, mean times such as \"720h\" and \"2h\", or `share`");
            None
        }
    }
}

/// Checks an offer's incidents: `Some(None)` where the file says nothing.
#[allow(clippy::option_option, reason = "as in the resolver: the outer one is None after a problem was told")]
pub(crate) fn incidents(spec: Option<&Field<IncidentsSpec>>, has_quota: bool, reader: &mut Reader) -> Option<Option<Incidents>> {
    let Some(spec) = spec else { return Some(None) };
    let (every, lasting) = (mean_time(&spec.every, reader), mean_time(&spec.lasting, reader));
    let takes = spec.takes.0;
    if !(takes > 0.0) {
        reader.refuse(&spec.takes.at, "takes nothing", "a share above 0, up to 100%");
        return None;
    }
    if takes < 1.0 && !has_quota {
        reader.refuse(&spec.takes.at, "is a share of a quota, and the offer has none", "a `quota` beside it, or \"100%\"");
        return None;
    }
    Some(Some(Incidents { states: TwoState::of_times(every?, lasting?), takes }))
}

fn mean_time(field: &Field<Hours>, reader: &mut Reader) -> Option<f64> {
    if (1.0..=1e6).contains(&field.0) {
        return Some(field.0);
    }
    reader.refuse(&field.at, "is out of range", "a mean time from 1 h to 1000000 h");
    None
}
