//! Vendors' own arithmetic, as bills and quotas of a scenario: every number is the vendor's, its source beside it.

use super::support::{Hour, SEEDS, cents, flat, flat_months, mean, simulate, sweep, swept};
use tokentide::tally::{Metric, Row, Span};

/// Cost of so many units for a month.
fn month_of_units(head: &str, units: u32, price: &str) -> f64 {
    let rest = [
        format!(
            "[[offer]]\nname = \"units\"\nkind = \"provisioned\"\ncapacity = \"1 tokens/h\"\nterms = {{ \"1 month\" = \"{price}\" }}\n"
        ),
        sweep("units", &["units"], &[f64::from(units)]),
    ]
    .concat();
    Hour::of(1.0, [1.0, 0.0, 0.0, 0.0]).serve(head, "interactive", &rest).only(&swept("units", units.into()), Metric::CostProvisioned)
}

#[test]
fn v3_unit_hours_of_a_month() {
    // Bedrock: 2 model units at 18.40 and 1 at 39.60 for 24 hours of 31 days.
    let january = "name = \"validation\"\n[horizon]\nstart = 2027-01-01\nmonths = 1\n";
    for head in [flat(744).as_str(), january] {
        cents(month_of_units(head, 2, "18.40 USD/unit-hour"), 27_379.20);
        cents(month_of_units(head, 1, "39.60 USD/unit-hour"), 29_462.40);
    }
    // The clock goes forward on the 14th, so this March is an hour short.
    let march = "name = \"validation\"\n[horizon]\nstart = 2027-03-01\nmonths = 1\ntime_zone = \"America/New_York\"\n";
    cents(month_of_units(march, 2, "18.40 USD/unit-hour"), 2.0 * 18.40 * 743.0);
    // Bedrock, 3 model units of Nova 2 Lite for 30 days; Vertex, one GSU for a month of 730 h on three terms.
    cents(month_of_units(&flat(720), 3, "60.50 USD/unit-hour"), 130_680.0);
    cents(month_of_units(&flat(730), 1, "3.698630137 USD/unit-hour"), 2_700.0);
    cents(month_of_units(&flat(730), 1, "2.739726027 USD/unit-hour"), 2_000.0);
    cents(month_of_units(&flat(168), 1, "7.14 USD/unit-hour"), 1_199.52);
    // OpenAI scale tier, gpt-4o: 30 days of one input and one output unit.
    cents(month_of_units(&flat(720), 1, "124.59 USD/unit-day"), 3_737.70);
    cents(month_of_units(&flat(720), 1, "39.34 USD/unit-day"), 1_180.20);
}

const XAI: &str = "[[offer]]\nname = \"units\"\nkind = \"provisioned\"\naxes.input = { capacity = \"31500 tokens/min\" }\n\
    axes.output = { capacity = \"12500 tokens/min\" }\nterms = { \"none\" = { input = \"10 USD/unit-day\", output = \"10 USD/unit-day\" } }\n\
    [[plan]]\nname = \"units\"\nroute = { w = [\"units\"] }\nsweep = { units = { units = { input = \"3..=5\", output = \"3..=5\" } } }\n";

/// xAI: 100 000 tokens in and 50 000 out a minute need 4 + 4 units, 80 USD a day.
#[test]
fn v3_two_axes_bought_apart() {
    let axes = XAI.replace("{ capacity = \"31500", "{ weights = { input = 1 }, capacity = \"31500");
    let axes = axes.replace("{ capacity = \"12500", "{ weights = { output = 1 }, capacity = \"12500");
    let ran = Hour::of(100.0, [1000.0, 0.0, 0.0, 500.0]).serve(&flat(24), "interactive", &axes);
    let name = |input: u32, output: u32| format!("units/units.input={input}/units.output={output}");
    cents(ran.only(&name(4, 4), Metric::CostTotal), 80.0);
    for (input, output, enough) in [(4, 4, true), (3, 4, false), (4, 3, false), (5, 3, false), (3, 5, false), (5, 4, true)] {
        let throttled = ran.only(&name(input, output), Metric::TokensThrottled);
        assert_eq!(throttled <= 1e-6, enough, "{input} + {output}: {throttled}");
    }
    // 3 × 31 500 of 100 000 in: 5.5 % of every request finds no room, on both axes.
    let share = ran.only(&name(3, 4), Metric::ThrottledShare);
    assert!((share - 0.055).abs() < 1e-12, "{share}");
}

/// Bedrock Reserved tier: 100 × 1K input and 10 × 1K output tokens a minute for 730 h.
#[test]
fn v3_reserved_tier() {
    for (input, output, total) in [("0.06", "0.30", 6_570.0), ("0.18", "0.90", 19_710.0)] {
        let rest = format!(
            "[[offer]]\nname = \"units\"\nkind = \"provisioned\"\n\
             axes.input = {{ capacity = \"1k tokens/min\", weights = {{ input = 1, cache_write = 1, cache_read = 0 }}, minimum = 100 }}\n\
             axes.output = {{ capacity = \"1k tokens/min\", weights = {{ output = 1 }}, minimum = 10 }}\n\
             terms = {{ \"1 month\" = {{ input = \"{input} USD/unit-hour\", output = \"{output} USD/unit-hour\" }} }}\n\
             [[plan]]\nname = \"units\"\nroute = {{ w = [\"units\"] }}\nunits = {{ units = {{ input = 100, output = 10 }} }}\n"
        );
        let ran = Hour::of(50.0, [1000.0, 0.0, 0.0, 100.0]).serve(&flat(730), "interactive", &rest);
        cents(ran.only("units", Metric::CostTotal), total);
        // Half of each axis is used, so half of the money is.
        cents(ran.only("units", Metric::CostProvisionedIdle), 0.5 * total);
    }
}

/// The fewest units of a sweep that throttle nothing.
fn enough(demand: &Hour, capacity: &str, weights: &str, step: u32, around: u32) -> u32 {
    let counts: Vec<u32> = (0..5).map(|i| around - 2 * step + i * step).collect();
    let rest = [
        format!(
            "[[offer]]\nname = \"units\"\nkind = \"provisioned\"\ncapacity = \"{capacity}\"\nweights = {{ {weights} }}\nincrement = {step}\n\
             terms = {{ \"none\" = \"1 USD/unit-hour\" }}\n"
        ),
        sweep("units", &["units"], &counts.iter().map(|&units| units.into()).collect::<Vec<f64>>()),
    ]
    .concat();
    let ran = demand.serve(&flat(1), "interactive", &rest);
    // A share below 1e-12 is the rounding of a rate, not a token.
    counts.into_iter().find(|&units| ran.only(&swept("units", units.into()), Metric::ThrottledShare) < 1e-12).unwrap()
}

#[test]
fn v3_sizing() {
    // Azure PTU. gpt-5.1: 200 requests a minute of 2000 in and 400 out, half of the input cached; gpt-4.1; gpt-5.2 in two deployments.
    let ptu = |output: u32| format!("input = 1, cache_read = 0, output = {output}");
    assert_eq!(enough(&Hour::of(200.0, [1000.0, 1000.0, 0.0, 400.0]), "4750 tokens/min", &ptu(8), 5, 180), 180);
    assert_eq!(enough(&Hour::of(100.0, [1000.0, 0.0, 0.0, 500.0]), "3000 tokens/min", &ptu(4), 5, 100), 100);
    assert_eq!(enough(&Hour::of(1000.0, [200.0, 0.0, 0.0, 20.0]), "3400 tokens/min", &ptu(8), 5, 110), 110);
    assert_eq!(enough(&Hour::of(1000.0, [200.0, 0.0, 0.0, 20.0]), "3400 tokens/min", &ptu(8), 50, 150), 150);
    assert_eq!(enough(&Hour::of(1000.0, [100.0, 100.0, 0.0, 20.0]), "3400 tokens/min", &ptu(8), 50, 100), 100);
    // Vertex GSU, Gemini 3.6 Flash: 10 requests a second of 1500 in and 300 out.
    assert_eq!(enough(&Hour::of(600.0, [1500.0, 0.0, 0.0, 300.0]), "675 tokens/s", "input = 1, output = 5", 1, 45), 45);
}

/// What a request takes of a Bedrock or Anthropic quota once it has settled: with one request a minute the quota of exactly that many
/// tokens a minute throttles nothing, one token less does, and the peak is that number.
#[test]
fn v3_quota_tokens() {
    let claude = |burndown: u32| format!("input = 1, cache_read = 0, cache_write = 1, output = {burndown}");
    for (request, burndown, quota) in [
        ([1000.0, 0.0, 0.0, 100.0], 5, 1_500.0),
        ([1000.0, 0.0, 200.0, 100.0], 5, 1_700.0),
        ([0.0, 0.0, 0.0, 20_000.0], 5, 100_000.0),
        ([10.0, 0.0, 0.0, 750.0], 5, 3_760.0),
        ([6.0, 0.0, 0.0, 12.0], 5, 66.0),
        ([1000.0, 0.0, 0.0, 1000.0], 10, 11_000.0),
        ([50.0, 200_000.0, 0.0, 0.0], 5, 50.0),
    ] {
        let offer = |name: &str, quota: f64| {
            let weights = claude(burndown);
            format!(
                "[[offer]]\nname = \"{name}\"\nkind = \"on-demand\"\n\
                 price = {{ input = \"1 USD/token\", output = \"1 USD/token\", cache_read = \"1 USD/token\", cache_write = \"1 USD/token\" }}\n\
                 quota = {{ rate = \"{quota} tokens/min\", weights = {{ {weights} }} }}\n\
                 [[plan]]\nname = \"{name}\"\nroute = {{ w = [\"{name}\"] }}\n"
            )
        };
        let rest = offer("enough", quota) + &offer("short", quota - 1.0);
        let ran = Hour::of(1.0, request).serve(&flat(1), "interactive", &rest);
        assert!(ran.only("enough", Metric::ThrottledShare) < 1e-12);
        let short = ran.only("short", Metric::ThrottledShare);
        assert!((short - 1.0 / quota).abs() < 1e-9, "{short} of {quota}");
        let requests = ran.only("short", Metric::RequestsThrottledShare);
        assert!((requests - 1.0 / quota).abs() < 1e-9, "{requests} of {quota}");
        let peak = |plan: &str| {
            let plan = ran.plan(plan);
            ran.outcome.column(&ran.scenario, plan, Row::Pool(0), Span::Horizon, Metric::PeakQuotaTokensPerMinute).unwrap()[0]
        };
        // The peak is solved to a relative 1e-6.
        assert!((peak("enough") / quota - 1.0).abs() <= 1e-6, "{} of {quota}", peak("enough"));
        // Billed are the tokens, unweighted.
        cents(ran.only("enough", Metric::CostTotal), 60.0 * request.iter().sum::<f64>());
    }
}

#[test]
fn v3_token_prices() {
    let bill = |tokens: [f64; 4], price: &str| {
        let rest = format!(
            "[[offer]]\nname = \"on-demand\"\nkind = \"on-demand\"\nprice = {{ {price} }}\n\
             [[plan]]\nname = \"on-demand\"\nroute = {{ w = [\"on-demand\"] }}\n"
        );
        Hour { requests: 1.0, tokens }.serve(&flat(1), "interactive", &rest).only("on-demand", Metric::CostTotal)
    };
    let exactly = |given: f64, wanted: f64| assert!((given - wanted).abs() < 1e-12, "{given} is not {wanted}");
    // Claude v2.1 on Bedrock; Claude Opus at 5 and 25; tickets of 3700 tokens on Haiku.
    exactly(bill([11_000.0, 0.0, 0.0, 4_000.0], "input = \"0.01102 USD/1K tokens\", output = \"0.03268 USD/1K tokens\""), 0.251_94);
    exactly(bill([50_000.0, 0.0, 0.0, 15_000.0], "input = \"5 USD/1M tokens\", output = \"25 USD/1M tokens\""), 0.625);
    exactly(bill([3.7e7, 0.0, 0.0, 0.0], "input = \"1 USD/1M tokens\""), 37.0);
    // Cache reads at .05 of 4 USD and writes at 1.25.
    let cached = "input = \"4 USD/1M tokens\", cache_read = \"0.20 USD/1M tokens\", cache_write = \"5 USD/1M tokens\", output = \"20 USD/1M tokens\"";
    exactly(bill([1e6, 1e6, 1e6, 1e6], cached), 29.2);
}

/// Batch at half of the price: Nova Micro, Nova Pro, Llama 3.3, Claude Haiku and Opus.
#[test]
fn v3_batch_prices() {
    for (input, output, batch_input, batch_output) in
        [(0.035, 0.14, 0.0175, 0.07), (0.8, 3.2, 0.4, 1.6), (0.72, 0.72, 0.36, 0.36), (1.0, 5.0, 0.5, 2.5), (15.0, 75.0, 7.5, 37.5)]
    {
        let offer = |name: &str, kind: &str, input: f64, output: f64, rest: &str| {
            format!(
                "[[offer]]\nname = \"{name}\"\nkind = \"{kind}\"\n{rest}\
                 price = {{ input = \"{input} USD/1M tokens\", output = \"{output} USD/1M tokens\" }}\n\
                 [[plan]]\nname = \"{name}\"\nroute = {{ w = [\"{name}\"] }}\n"
            )
        };
        let rest = offer("on-demand", "on-demand", input, output, "")
            + &offer("batch", "batch", batch_input, batch_output, "window = \"24h\"\n")
            + &offer("half", "batch", input, output, "window = \"24h\"\ndiscount = \"50%\"\n");
        let ran = Hour { requests: 1000.0, tokens: [3e6, 0.0, 0.0, 1e6] }.serve(&flat(24), "deferrable", &rest);
        let cost = |plan: &str| ran.only(plan, Metric::CostTotal);
        cents(cost("on-demand"), 24.0 * (3.0 * input + output));
        cents(cost("batch"), 0.5 * cost("on-demand"));
        cents(cost("half"), 0.5 * cost("on-demand"));
        cents(ran.only("batch", Metric::CostBatch), cost("batch"));
    }
}

/// Fireworks: 10 USD a minute are reserved. A minute worth 12 has 2 USD of overage, one worth 10 none.
#[test]
fn v3_overage_of_a_reservation() {
    for (worth, overage) in [(12.0, 2.0), (10.0, 0.0), (8.0, 0.0)] {
        let rest = "[[offer]]\nname = \"on-demand\"\nkind = \"on-demand\"\nprice = { input = \"1 USD/token\" }\n\
            [[offer]]\nname = \"units\"\nkind = \"provisioned\"\ncapacity = \"10 tokens/min\"\nterms = { \"none\" = \"10 USD/unit-minute\" }\n\
            [[plan]]\nname = \"reserved\"\nroute = { w = [\"units\", \"on-demand\"] }\nunits = { units = 1 }\n";
        let ran = Hour::of(worth, [1.0, 0.0, 0.0, 0.0]).serve(&flat(1), "interactive", rest);
        cents(ran.only("reserved", Metric::CostOnDemand) / 60.0, overage);
        cents(ran.only("reserved", Metric::CostTotal) / 60.0, 10.0 + overage);
    }
}

/// A commitment of C against lognormal demand, all at a discount d: (1 − d) E[max(C, D)], median 1 and sigma .35.
#[test]
fn v3_commitments_under_a_lognormal_level() {
    for (commit, discount, truth) in [(0.8, 0.1, 0.990_695), (1.2, 0.2, 1.038_389), (1.5, 0.25, 1.153_225)] {
        let price = 1.0 - discount;
        let text = [
            flat_months(1, 1),
            super::support::on_demand(&format!("{price} USD/token")),
            super::support::units("1 tokens/h", &format!("{price} USD/unit-hour")),
            super::support::plain("law = \"lognormal\", median = \"1 tokens/h\", sigma = 0.35", "\"off\""),
            sweep("commit", &["units", "on-demand"], &[commit]),
        ]
        .concat();
        for seed in SEEDS {
            mean(&format!("cost of {commit}"), &simulate(&text, 50_000, seed).column(&swept("commit", commit), Metric::CostTotal), truth);
        }
    }
}
