//! What the tests of supply share: supplies read from text, and demand made by hand.

use super::{Margin, OfferSpec, PlanSpec, Supply, SupplyTotals, WorkloadFacts};
use crate::demand::{DemandPath, MinuteModel, SizeSpread};
use crate::horizon::Horizon;
use crate::spec::{Reader, Spec};
use crate::units::{ByClass, Currency};
use std::path::Path;
use std::sync::Arc;

crate::spec_table! {
    /// Offers and plans alone.
    pub(crate) struct RootSpec {
        /// Offers.
        list offer: OfferSpec,
        /// Plans.
        list plan: PlanSpec,
    }
}

/// A workload whose minutes are lognormal or gamma with this CV.
pub(crate) fn workload(name: &str, margin: Margin, cv: f64) -> WorkloadFacts {
    WorkloadFacts {
        name: name.to_owned(),
        interactive: true,
        deferrable_share: 0.0,
        queue: false,
        window: 24.0,
        deadline: 24.0,
        classes: [true, false, false, true],
        priority: None,
        size_spread: SizeSpread::together(0.0),
        minute: MinuteModel { margin, constant: Some(cv * cv), ..MinuteModel::OFF },
        max_tokens: None,
        has_requests: true,
        retry: None,
    }
}

/// The supply of a text, or every error; and the warnings.
pub(crate) fn read(text: &str, workloads: &[WorkloadFacts], horizon: Horizon) -> Result<(Supply, Vec<String>), Vec<String>> {
    let mut reader = Reader::new("a.toml", text, Path::new("."));
    let spec = reader.parse(&[]).and_then(|(node, at)| RootSpec::read(&node, &at, &mut reader));
    let supply =
        spec.and_then(|spec| Supply::resolve(&spec.offer, &spec.plan, workloads, &Arc::new(horizon), Currency::USD, None, &mut reader));
    match reader.finish() {
        Ok((_, warnings)) => Ok((supply.expect("no problem was told"), warnings)),
        Err(error) => Err(error.diagnostics().iter().map(ToString::to_string).collect()),
    }
}

/// The supply of a text that is well.
pub(crate) fn supply(text: &str, workloads: &[WorkloadFacts], horizon: Horizon) -> Supply {
    match read(text, workloads, horizon) {
        Ok((supply, _)) => supply,
        Err(errors) => panic!("{errors:#?}"),
    }
}

/// The same input tokens in every hour for each workload, one request for each 10.
pub(crate) fn steady(hours: usize, tokens: &[f64]) -> DemandPath {
    let mut path = DemandPath::new(tokens.len(), hours);
    for (workload, &tokens) in path.workloads.iter_mut().zip(tokens) {
        workload.tokens.fill(ByClass { input: tokens, ..ByClass::ZERO });
        workload.requests.fill(tokens / 10.0);
    }
    path
}

/// Totals of one dispatch.
pub(crate) fn dispatched(supply: &Supply, path: &DemandPath) -> SupplyTotals {
    let mut totals = supply.totals();
    supply.dispatcher(1).dispatch(0, path, &mut totals, None);
    totals
}
