//! What several plans, rows and spans share is summarised once, and no figure can tell.

use crate::validation::support::simulate;
use tokentide::statistics::{Distribution, Summariser};
use tokentide::tally::{Metric, Outcome, Recipe, Row, Span};

/// Two pools, one of two workloads; terms, cases that differ in nothing (no batch, throttled nowhere), idle units, shares of nothing.
const SCENARIO: &str = r#"
name = "shared figures"
horizon = { flat = { months = 4, hours_per_month = 24 } }
[[offer]]
name = "od"
kind = "on-demand"
price = { input = "3 USD/1M tokens", output = "15 USD/1M tokens" }
quota = { rate = "40k tokens/min", weights = { input = 1, output = 1 } }
[[offer]]
name = "u"
kind = "provisioned"
capacity = "20k tokens/min"
weights = { input = 1, output = 1 }
terms = { "none" = "4 USD/unit-hour", "1 month" = "3 USD/unit-hour" }
[[workload]]
name = "chat"
kind = "chat"
level = { mean = "1M tokens/h", p10 = "0.8M tokens/h", p90 = "1.25M tokens/h" }
tokens = { mean = 2000, output_share = 0.2 }
[[workload]]
name = "agents"
kind = "agents"
level = { mean = "0.6M tokens/h", p10 = "0.4M tokens/h", p90 = "0.85M tokens/h" }
tokens = { mean = 6000, output_share = 0.15 }
[[workload]]
name = "rare"
demand = { law = "poisson", mean = "0.02 tokens/h" }
[[plan]]
name = "all on-demand"
route = { chat = ["od"], agents = ["od"], rare = ["od"] }
[[plan]]
name = "committed"
route = { chat = ["u", "od"], agents = ["u", "od"], rare = ["od"] }
sweep = { units = { u = "0..=4" }, term = { u = ["none", "1 month"] } }
"#;

#[test]
fn shared_figures_are_those_of_each_column_on_its_own() {
    let ran = simulate(SCENARIO, 3_000, 5);
    let (scenario, outcome) = (&ran.scenario, &ran.outcome);
    let mut recipes: Vec<Recipe> = Vec::new();
    let mut places = 0;
    for plan in 0..scenario.supply.plans.len() {
        for (row, _) in outcome.rows(scenario, plan) {
            for span in [Span::Month(0), Span::Month(3), Span::Quarter(0), Span::Quarter(1), Span::Horizon] {
                for recipe in Metric::ALL.iter().filter_map(|&metric| outcome.recipe(scenario, plan, row, span, metric)) {
                    places += 1;
                    for recipe in [recipe.clone(), recipe.over(4.0)] {
                        if !recipes.contains(&recipe) {
                            recipes.push(recipe);
                        }
                    }
                }
            }
        }
    }
    let groups = Outcome::by_root(&recipes);
    assert!(recipes.len() < places && groups.len() * 2 < recipes.len(), "{places} {} {}", recipes.len(), groups.len());
    let mut summariser = Summariser::default();
    let (mut constant, mut empty) = (0, 0);
    for group in &groups {
        let together: Vec<&Recipe> = group.iter().map(|&index| &recipes[index]).collect();
        for (recipe, shared) in together.iter().zip(outcome.distributions(&together, &mut summariser)) {
            let alone = Distribution::from_samples(&mut outcome.make(recipe));
            assert_eq!(shared, alone, "{recipe:?}");
            constant += usize::from(recipe.as_constant().is_some());
            empty += usize::from(shared.is_none_or(|d| d.n < 3_000));
        }
    }
    assert!(constant > 0 && empty > 0, "{constant} {empty}");
}

#[test]
fn plans_that_differ_in_the_term_share_what_the_term_does_not_change() {
    let ran = simulate(SCENARIO, 300, 5);
    let (scenario, outcome) = (&ran.scenario, &ran.outcome);
    let terms = [ran.plan("committed/units=2/term=none"), ran.plan("committed/units=2/term=1 month")];
    let of = |metric| terms.map(|plan| outcome.recipe(scenario, plan, Row::All, Span::Horizon, metric).unwrap());
    let [one, other] = of(Metric::TokensThrottled);
    assert_eq!(one, other);
    let [one, other] = of(Metric::CostTotal);
    assert!(one != other && one.root() == other.root());
}
