//! Every distinct column that the report shows, as far as it can be told before a run.

use super::{Metric, Outcome, Recipe, Row, Span};
use crate::scenario::Scenario;
use std::collections::HashSet;

/// Metrics that are also shown as a mean over the months.
const A_MONTH: [Metric; 9] = [
    Metric::CostTotal,
    Metric::CostOnDemand,
    Metric::CostProvisioned,
    Metric::CostProvisionedIdle,
    Metric::CostBatch,
    Metric::SavingVsBaseline,
    Metric::TokensLate,
    Metric::WindowsBelowMinimum,
    Metric::RequestsBelowMinimum,
];

/// The recipes of all figures that are not the same in every replication, each once.
pub(super) fn shown(scenario: &Scenario, outcome: &Outcome) -> Vec<Recipe> {
    let mut seen = HashSet::new();
    let mut recipes = Vec::new();
    let mut show = |recipe: Recipe| {
        if recipe.as_constant().is_none() && seen.insert(recipe.clone()) {
            recipes.push(recipe);
        }
    };
    let months = scenario.horizon.months();
    let quarters = scenario.horizon.quarters();
    for plan in 0..scenario.supply.plans.len() {
        let of = |row, span, metric: Metric| {
            let told = metric.is_told(&scenario.supply);
            if told { outcome.recipe(scenario, plan, row, span, metric) } else { None }
        };
        show(outcome.objective(scenario, plan));
        let (kept, excess) = outcome.limits(&outcome.excess(scenario, plan));
        show(kept);
        show(excess);
        for (row, _) in outcome.rows(scenario, plan) {
            for metric in Metric::ALL {
                (0..months).filter_map(|month| of(row, Span::Month(month), metric)).for_each(&mut show);
                let Some(whole) = of(row, Span::Horizon, metric) else { continue };
                if A_MONTH.contains(&metric) && !matches!(row, Row::Member(_)) {
                    show(whole.clone().over(months as f64));
                }
                show(whole);
            }
            for quarter in (0..quarters.len()).filter(|&quarter| quarters[quarter].len() > 1) {
                Metric::MONTHLY.iter().filter_map(|&metric| of(row, Span::Quarter(quarter), metric)).for_each(&mut show);
            }
        }
    }
    recipes
}
