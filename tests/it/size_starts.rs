//! Units that start later: what they owe after the horizon counts where plans are ranked, or the last month would be the best to start in.

use crate::size::open;
use tokentide::decision::{Criterion, Lever, Wish, flips, judge, size, surface};
use tokentide::simulation::{RunSpec, run};
use tokentide::supply::{Candidates, OfferCandidates};
use tokentide::tally::{Columns, Metric, Row, Span};

/// Demand that grows e-fold every month: a unit, which serves a million tokens an hour, is full from the fourth month on, and costs less than tokens
/// do as long as what it owes does not count.
const GROWING: &str = r#"
name = "growing"
sampling = "plain"
horizon = { flat = { months = 6, hours_per_month = 730 } }
[[offer]]
name = "od"
kind = "on-demand"
price = { input = "1 USD/1M tokens", output = "1 USD/1M tokens" }
[[offer]]
name = "u"
kind = "provisioned"
capacity = "1M tokens/h"
terms = { "6 months" = "0.9 USD/unit-hour" }
[[workload]]
name = "w"
level = { mean = "0.032M tokens/h", sigma = 0, walk = "off" }
growth = { drift = "100%/month" }
requests = "none"
minute = "off"
tokens = { input = { mean = 900, cv = 0 }, output = { mean = 100, cv = 0 }, drift = "off" }
[[plan]]
name = "on demand"
route = { w = ["od"] }
[[plan]]
name = "units"
route = { w = ["u", "od"] }
units = { u = 1 }
"#;

#[test]
fn a_late_start_is_ranked_with_what_it_owes() {
    let starts = OfferCandidates { starts: Some((1..=6).collect()), ..OfferCandidates::default() };
    let candidates = Candidates { by_offer: [("u".to_owned(), starts)].into(), ..Candidates::default() };
    let scenario = open(GROWING, &candidates);
    let spec = RunSpec { replications: Some(64), seed: Some(1), ..RunSpec::default() };
    let (_, sizing) = size(&scenario, Wish { candidates: &candidates, criterion: Criterion::MEAN }, &spec).unwrap();
    assert_eq!(sizing.scenario.supply.plans[sizing.judgement.leaders[0].plan].name, "on demand");

    let outcome = run(&scenario, &spec, &Columns).unwrap().summary;
    let judgement = judge(&scenario, &outcome);
    let mean = |plan: usize, metric: Metric| outcome.column(&scenario, plan, Row::All, Span::Horizon, metric).unwrap()[0];
    for (plan, bought) in scenario.supply.plans.iter().enumerate() {
        let owed = mean(plan, Metric::CommittedAfterHorizon);
        let late: f64 = bought.commitments.iter().map(|commitment| commitment.units[0] * commitment.start_month as f64).sum();
        // A flat horizon goes on in months of its own length.
        assert!((owed - late * 730.0 * 0.9).abs() < 1e-6, "{}: {owed}", bought.name);
        let ranked = (mean(plan, Metric::CostTotal) + owed) / 6.0;
        assert!((judgement.standings[plan].objective.point - ranked).abs() < 1e-9 * ranked, "{}", bought.name);
    }
    // The same counts where unit prices fall.
    let found = flips(&scenario, &outcome, &judgement, Criterion::MEAN, &spec).unwrap();
    let fall = found[0].iter().find(|flip| flip.lever == Lever::UnitPrice && !flip.upwards).unwrap();
    let point = fall.point.as_ref().unwrap();
    let at = |plan: usize| judgement.standings[plan].objective.point;
    let (best, other) = (judgement.leaders[0].plan, point.plan.unwrap());
    let paid = (mean(other, Metric::CostProvisioned) + mean(other, Metric::CommittedAfterHorizon)) / 6.0;
    assert!((point.at - (at(best) - at(other)) / paid).abs() < 1e-9, "{point:?}");
}

/// In the last month a unit spares 730 USD, and is paid for that month and five more.
#[test]
fn a_late_start_pays_at_a_price_that_counts_what_it_owes() {
    let candidates = Candidates::default();
    let scenario = open(&format!("{GROWING}start_month = {{ u = 6 }}\n"), &candidates);
    let spec = RunSpec { replications: Some(64), seed: Some(1), ..RunSpec::default() };
    let found = surface(&scenario, Wish { candidates: &candidates, criterion: Criterion::MEAN }, 0.8, &spec).unwrap().summary;
    let price = found.lines[0].steps[0].price.point;
    assert!((price - 1.0 / 6.0).abs() < 1e-9, "{price}");
}
