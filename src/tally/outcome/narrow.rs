//! The same samples under other plans, made of the pools and cases that were run.

use super::{Alike, Known, Layout, Outcome, bills};
use crate::scenario::Scenario;
use crate::supply::Kept;
use crate::tally::columns::ColumnStore;

impl Outcome {
    /// The outcome of `scenario`, whose supply was narrowed to `kept` of the one that was run: the columns of its pools and cases.
    #[must_use]
    pub fn narrowed(&self, scenario: &Scenario, kept: &Kept) -> Self {
        let workloads = scenario.demand.workloads.len();
        let layout = Layout::new(&scenario.supply, workloads, self.months);
        let columns = self.layout.places(&layout, kept);
        let store = ColumnStore::of_columns(columns.into_iter().map(|column| self.store.column(column).to_vec()).collect());
        Self {
            alike: Alike::of(&store, &layout),
            store,
            layout,
            months: self.months,
            quarters: self.quarters.clone(),
            replications: self.replications,
            provisioned: scenario.supply.plans.iter().map(|plan| bills(scenario, plan, self.months)).collect(),
            streams: None,
            known: Known::new(scenario),
        }
    }
}
