//! What tokens cost: on demand, by batch, and read from the cache.

use crate::entry::Entry;
use crate::support::{Hour, Ran, flat};
use tokentide::supply::OfferKind;
use tokentide::tally::Metric;
use tokentide::units::{Quantity, TokenPrice};

/// An offer paid by the token, and a plan `name` that uses it alone. `price` is the inside of the table; `more` are further lines.
pub(crate) fn offer(name: &str, kind: &str, price: &str, more: &str) -> String {
    format!(
        "[[offer]]\nname = \"{name}\"\nkind = \"{kind}\"\nprice = {{ {price} }}\n{more}\
         [[plan]]\nname = \"{name}\"\nroute = {{ w = [\"{name}\"] }}\n"
    )
}

/// Prices for a million tokens in and out.
pub(crate) fn per_million([input, output]: [f64; 2]) -> String {
    format!("input = \"{input} USD/1M tokens\", output = \"{output} USD/1M tokens\"")
}

/// One hour of so many tokens in and out.
fn hour(input: f64, output: f64) -> Hour {
    Hour { requests: 1.0, tokens: [input, 0.0, 0.0, output] }
}

/// The bill of an hour on demand.
fn bill(demand: &Hour, price: &str) -> f64 {
    demand.serve(&flat(1), "interactive", &offer("on-demand", "on-demand", price, "")).only("on-demand", Metric::CostTotal)
}

/// What a plan's only offer charges for a token in and out, and for one read from the cache.
fn charged(ran: &Ran, plan: &str) -> [f64; 3] {
    let offer = ran.scenario.supply.offers.iter().find(|offer| offer.name == plan).unwrap();
    let price = match &offer.kind {
        OfferKind::OnDemand(offer) => offer.price.per_token,
        OfferKind::Batch(offer) => offer.price.per_token,
        OfferKind::Provisioned(_) => panic!("{plan} is paid by the hour"),
    };
    [price.input, price.output, price.cache_read]
}

pub(crate) fn on_demand_cost(entry: &Entry) {
    if entry.has("tickets") {
        // The page prices all tokens of a ticket as input.
        let tokens = entry.input("tickets") * entry.input("avg_tokens");
        entry.prints("total_usd_approx", bill(&hour(tokens, 0.0), &per_million(entry.prices_of_model())));
    } else if entry.has("session_hours") {
        session(entry);
    } else {
        let [input, output] = ["usd_per_1k_in", "usd_per_1k_out"].map(|price| entry.text(price));
        let price = format!("input = \"{input} USD/1K tokens\", output = \"{output} USD/1K tokens\"");
        entry.prints("total_usd_rounded", bill(&hour(entry.input("input_tokens"), entry.input("output_tokens")), &price));
    }
}

/// Tokens on demand beside a session that is paid by the hour, as one unit is that serves a workload of its own.
fn session(entry: &Entry) {
    let price = per_million(entry.prices_of_model());
    let (input, output, hours) = (entry.input("input"), entry.input("output"), entry.input("session_hours"));
    entry.exactly("input_usd", bill(&hour(input, 0.0), &price));
    entry.exactly("output_usd", bill(&hour(0.0, output), &price));
    assert!(hours >= 1.0 && hours.fract() == 0.0, "{hours}");
    let rest = format!(
        "[[offer]]\nname = \"on-demand\"\nkind = \"on-demand\"\nprice = {{ {price} }}\n\
         [[offer]]\nname = \"session\"\nkind = \"provisioned\"\ncapacity = \"1 tokens/h\"\nterms = {{ \"none\" = \"{} USD/unit-hour\" }}\n\
         [[workload]]\nname = \"session\"\nclass = \"interactive\"\nminute = \"off\"\n\
         demand = {{ law = \"constant\", value = \"1 tokens/h\" }}\n\
         [[plan]]\nname = \"both\"\nroute = {{ w = [\"on-demand\"], session = [\"session\"] }}\nunits = {{ session = 1 }}\n",
        entry.text("usd_per_session_hour")
    );
    // The hour is repeated, so each has its part of the tokens.
    let ran = hour(input / hours, output / hours).serve(&flat(hours as u32), "interactive", &rest);
    entry.exactly("session_usd", ran.only("both", Metric::CostProvisioned));
    entry.exactly("total_usd", ran.only("both", Metric::CostTotal));
}

/// Rows of a price page: per token with their batch price, or Scale Tier units by the day.
pub(crate) fn price_row(entry: &Entry) {
    if entry.has("input_tpm_unit") {
        return crate::unit_hours::scale_tier(entry);
    }
    let unit = entry.text("unit").replace(" per ", "/");
    assert_eq!(unit, "USD/1K tokens", "the digits below are shifted by three places");
    let row = |result: &str| {
        let digits = entry.expected_text(result);
        let text = format!("{digits} {unit}");
        let parsed = TokenPrice::parse(&text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(parsed.per_token.to_bits(), format!("{digits}e-3").parse::<f64>().unwrap().to_bits(), "{text}");
        (text, parsed.per_token)
    };
    let [input, output, batch_input, batch_output] = ["input", "output", "batch_input", "batch_output"].map(row);
    let ratio = entry.expected("batch_ratio");
    let price = |input: &str, output: &str| format!("input = \"{input}\", output = \"{output}\"");
    let rest = offer("on-demand", "on-demand", &price(&input.0, &output.0), "")
        + &offer("batch", "batch", &price(&batch_input.0, &batch_output.0), "")
        + &offer("discounted", "batch", &price(&input.0, &output.0), &format!("discount = {}\n", 1.0 - ratio));
    let ran = hour(3e6, 1e6).serve(&flat(24), "deferrable", &rest);
    let cost = |plan: &str| ran.only(plan, Metric::CostTotal);
    for plan in ["batch", "discounted"] {
        assert!((cost(plan) / (ratio * cost("on-demand")) - 1.0).abs() < 1e-12, "{plan}");
        for (given, wanted) in charged(&ran, plan).iter().zip([batch_input.1, batch_output.1]) {
            assert!((given / wanted - 1.0).abs() < 1e-12, "{plan}: {given} is not {wanted}");
        }
    }
}

/// A discount of batch, as a bill for a million tokens of either kind and as prices.
pub(crate) fn batch_price(entry: &Entry) {
    let price = per_million(["usd_per_mtok_in", "usd_per_mtok_out"].map(|price| entry.input(price)));
    let rest = offer("batch", "batch", &price, &format!("discount = {}\n", entry.input("discount")));
    for (input, output, result) in [(1e6, 0.0, "batch_in"), (0.0, 1e6, "batch_out")] {
        let ran = hour(input, output).serve(&flat(1), "deferrable", &rest);
        entry.exactly(result, ran.only("batch", Metric::CostBatch));
        let [charged_input, charged_output, _] = charged(&ran, "batch");
        entry.exactly(result, input * charged_input + output * charged_output);
    }
}

/// Cache reads at a share of the price of input: as a discount on that line, and as the price that the page prints.
pub(crate) fn cache_read_price(entry: &Entry) {
    let (input, result) = (entry.text("usd_per_mtok_in"), "usd_per_mtok_cache_read");
    let price = |read: &str| format!("input = \"{input} USD/1M tokens\", cache_read = \"{read} USD/1M tokens\"");
    let discount = format!("discount = {{ cache_read = {} }}\n", 1.0 - entry.input("multiplier"));
    let rest = offer("discounted", "on-demand", &price(&input), &discount)
        + &offer("printed", "on-demand", &price(&entry.expected_text(result)), "");
    let ran = Hour { requests: 1.0, tokens: [0.0, 1e6, 0.0, 0.0] }.serve(&flat(1), "interactive", &rest);
    for plan in ["discounted", "printed"] {
        entry.exactly(result, ran.only(plan, Metric::CostTotal));
        entry.exactly(result, 1e6 * charged(&ran, plan)[2]);
    }
}

/// How often a cached prompt must be read again until writing it was cheaper than sending it every time.
pub(crate) fn cache_break_even(entry: &Entry) {
    let price = format!(
        "input = \"1 USD/1M tokens\", cache_write = \"{} USD/1M tokens\", cache_read = \"{} USD/1M tokens\"",
        entry.input("write_multiplier"),
        entry.input("read_multiplier")
    );
    let saves = |reads: f64| {
        let cached = bill(&Hour { requests: 1.0, tokens: [0.0, reads * 1e6, 1e6, 0.0] }, &price);
        cached < bill(&hour((1.0 + reads) * 1e6, 0.0), &price)
    };
    let needed = (0..100).map(f64::from).find(|&reads| saves(reads)).unwrap();
    entry.exactly("reads_needed", needed);
}
