//! What the unit tests of the demand models share.

use super::{Demand, FactorSpec, WorkloadSpec};
use crate::horizon::Horizon;
use crate::spec::{Field, Reader, Spec};
use crate::spec_table;
use std::path::Path;
use std::sync::Arc;

/// Reads a spec from TOML at the path `level`, and the reader that will take its resolution.
pub(super) fn read<T: Spec>(text: &str) -> (Field<T>, Reader) {
    let mut reader = Reader::new("a.toml", text, Path::new("."));
    let (node, mut at) = reader.parse(&[]).expect("TOML");
    at.path = "level".to_owned();
    let value = T::read(&node, &at, &mut reader).unwrap_or_else(|| panic!("{text}"));
    (Field { value, at }, reader)
}

spec_table! {
    /// A scenario's demand.
    struct DemandSpec {
        /// Workloads.
        list workload: WorkloadSpec,
        /// Factors.
        list factor: FactorSpec,
    }
}

/// The demand of a text with workloads and factors.
pub(super) fn demand_of(text: &str, horizon: Horizon) -> Demand {
    let mut reader = Reader::new("a.toml", text, Path::new("."));
    let (node, at) = reader.parse(&[]).expect("TOML");
    let demand = DemandSpec::read(&node, &at, &mut reader)
        .and_then(|root| Demand::resolve(&root.workload, &root.factor, &Arc::new(horizon), &mut reader));
    demand.unwrap_or_else(|| panic!("{:?}\n{text}", reader.finish()))
}
