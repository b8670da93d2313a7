//! Several mistakes in one file are all told in one go, in the order of the file.

use super::case::{BASE, edited, judged};

/// The base with several edits, each of which must fit once.
fn with(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(BASE.to_owned(), |text, (from, to)| edited(&text, from, to))
}

#[test]
fn what_cannot_be_read_is_told_all_over_the_file() {
    let text = with(&[
        ("seed = 1", "seed = «-1»"),
        ("replications = 40", "«replication» = 40"),
        ("months = 2", "months = «\"two\"»"),
        ("in_share_of_months = \"95%\"", "in_share_of_months = «95»"),
        ("\"3.00 USD/1M tokens\"", "«3.00»"),
        ("rate = \"2M tokens/min\"", "rate = «\"2M tokens\"»"),
        ("\"4.00 USD/unit-hour\"", "«\"4.00 USD\"»"),
        ("mean = \"1.94M tokens/h\"", "mean = «\"1.94M\"»"),
        ("\"steady-daytime\"", "«\"steady\"»"),
        ("p95 = 4000", "«p59» = 4000"),
        ("half_life = \"2h\"", "half_life = «2»"),
        ("units = \"0..=8 step 2\"", "units = «\"0..8\"»"),
        ("term = { units = [\"none\"", "term = { units = [«\"no\"»"),
    ]);
    judged(
        &text,
        &[
            "seed: is negative; …",
            "replication: is no field of the scenario here; …; did you mean `replications`?",
            "horizon.months: is text where a whole number is needed; …",
            "limits.in_share_of_months: is out of range; …",
            "offer.on-demand.price.input: is a bare number: its unit and denominator must be said; …",
            "offer.on-demand.quota.rate: has no denominator; …",
            "offer.units.terms.none: has no denominator; …",
            "workload.copilot.level.mean: has no denominator; …",
            "workload.copilot.shape.kind: is unknown; …",
            "workload.copilot.tokens.input.p59: is no field of the scenario here; …; did you mean `p95`?",
            "workload.copilot.noise.fast.half_life: is a bare number: its unit and denominator must be said; …",
            "plan.committed.sweep.units.units: has the range `0..8`, …",
            "plan.committed.sweep.term.units.1: …; given: \"no\"; allowed: \"none\", or weeks, months …",
        ],
    )
    .unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn what_reads_but_cannot_be_is_told_for_all_of_the_demand() {
    let text = with(&[
        ("replications = 40", "replications = «0»"),
        ("throttled_requests_share = \"0.1%\"", "cost_per_failed_request = «\"1 EUR/request\"»"),
        ("sd = 0.2\nhalf_life = \"48h\"", "sd = «-0.2»\nhalf_life = \"48h\""),
        ("\"3.00 USD/1M tokens\"", "«\"3.00 EUR/1M tokens\"»"),
        ("minimum = 2\n", "minimum = «-2»\n"),
        ("p90 = \"2.3M tokens/h\"", "p90 = «\"9M tokens/h\"»"),
        ("width = 4.0", "width = «-4»"),
        ("p95 = 4000", "p95 = «40000»"),
        ("floor = 3", "floor = «0»"),
        ("popularity = 1.0", "popularity = «99»"),
        ("hours = 4", "hours = «40»"),
    ]);
    judged(
        &text,
        &[
            "replications: …; given: 0; …",
            "limits.cost_per_failed_request: …; given: \"1 EUR/request\"; …",
            "factor.popularity.sd: is out of range; …",
            "offer.on-demand.price.input: is in EUR, and the scenario counts in USD; …",
            "offer.units.minimum: is negative; …",
            "workload.copilot.level.p90: contradicts the level: …",
            "workload.copilot.shape.width: is out of range; …",
            "workload.copilot.tokens.input.p95: is 26.667 times the mean, …",
            "workload.copilot.minute.floor: is out of range; …",
            "workload.copilot.factors.popularity: is out of range; …",
            "workload.nightly.shape.hours: is out of range; …",
        ],
    )
    .unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn all_plans_are_judged() {
    let text = with(&[
        (
            "route = { copilot = [\"on-demand\"], nightly = [\"on-demand\"] }",
            "route = { copilot = [«\"batch\"»], nightly = [«\"demand\"»] }",
        ),
        ("units = { units = \"0..=8 step 2\" }", "units = { units = «\"0..=8\"» }"),
        ("\"none\", \"1 month\"]", "\"none\", «\"3 months\"»]"),
        ("name = \"reserved\"\nroute", "name = «\"committed\"»\nroute"),
        ("{ input = 100, output = 10 }", "{ input = «10», output = «1» }"),
    ]);
    judged(
        &text,
        &[
            "plan.all on-demand.route.copilot.1: is a batch offer, …",
            "plan.all on-demand.route.nightly.1: is no offer; …; did you mean \"on-demand\"?",
            "plan.committed.sweep.units.units: holds 1, which cannot be bought; …",
            "plan.committed.sweep.term.units.2: is a term that the offer does not have; …",
            "plan.committed.name: is the name of a plan before it; …",
            "plan.committed.units.reserved.input: holds 10, which cannot be bought; …",
            "plan.committed.units.reserved.output: holds 1, which cannot be bought; …",
        ],
    )
    .unwrap_or_else(|difference| panic!("{difference}"));
}

/// A misspelt offer in a route is one mistake, however often the plan names the offer rightly elsewhere.
#[test]
fn one_misspelt_offer_is_told_once() {
    let text = with(&[("copilot = [\"units\", \"on-demand\"]", "copilot = [«\"unit\"», \"on-demand\"]")]);
    judged(&text, &["plan.committed.route.copilot.1: is no offer; given: \"unit\"; …; did you mean \"units\"?"])
        .unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn every_syntax_error_is_told() {
    let text = "name = \"a\nseed = = 1\n[horizon\nmonths = 2\nmonths = 3\n";
    let told = super::case::told(text, &[]);
    assert!(told.len() >= 3 && told.iter().all(|problem| problem.message.starts_with("is no TOML: ")), "{told:#?}");
    for line in [1, 2, 3] {
        assert!(told.iter().any(|problem| problem.line == line), "line {line}: {told:#?}");
    }
}
