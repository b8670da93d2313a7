//! Control variates of a run: what each workload asked for, whose mean is known before the first draw.

use super::{DemandColumn, Outcome, Row, Span, View};
use crate::scenario::Scenario;
use crate::statistics::{Controls, Sampling};

impl Outcome {
    /// The controls of a span, the same for all plans and rows, so that adjusted means add up: tokens that each workload asks for, where
    /// their mean is known exactly. `None` of plain samples, and where too little is known or seen.
    #[must_use]
    pub fn controls(&self, scenario: &Scenario, span: Span) -> Option<Controls> {
        if scenario.sampling == Sampling::Plain {
            return None;
        }
        let months = self.months_of(span);
        let (mut columns, mut means) = (Vec::new(), Vec::new());
        for workload in 0..scenario.demand.workloads.len() {
            if let Some(mean) = scenario.demand.known_tokens(workload, months.clone()) {
                let view = View { outcome: self, scenario, plan: 0, row: Row::Member(workload), months: months.clone() };
                columns.push(view.demand(DemandColumn::Tokens));
                means.push(mean);
            }
        }
        Controls::new(columns, &means)
    }
}
