//! When commitments pay: parity with prices by the token, break-even, and a commitment under an uncertain level.

use crate::entry::Entry;
use crate::prices::{offer, per_million};
use crate::support::{Hour, SEEDS, flat, mean, on_demand, plan, printed, simulate, sweep, swept, units};
use tokentide::cost::{self, DemandLaw};
use tokentide::tally::Metric;
use tokentide::units::ByClass;

/// Full units against the same tokens on demand, for a flat month of `hours`: the costs of both.
fn full_units(request: [f64; 4], prices: &str, capacity: &str, unit_price: &str, hours: u32) -> [f64; 2] {
    let units = format!(
        "[[offer]]\nname = \"units\"\nkind = \"provisioned\"\ncapacity = \"{capacity}\"\nterms = {{ \"1 month\" = \"{unit_price}\" }}\n\
         [[plan]]\nname = \"units\"\nroute = {{ w = [\"units\"] }}\nunits = {{ units = 1 }}\n"
    );
    let rest = offer("on-demand", "on-demand", prices, "") + &units;
    let ran = Hour::of(1.0, request).serve(&flat(hours), "interactive", &rest);
    assert!(ran.only("units", Metric::ThrottledShare) < 1e-12);
    ["units", "on-demand"].map(|plan| ran.only(plan, Metric::CostTotal))
}

fn same(given: f64, wanted: f64) {
    assert!((given / wanted - 1.0).abs() < 1e-12, "{given} is not {wanted}");
}

/// Bedrock's Reserved tier: an hour of a full unit, a thousand tokens a minute, costs what its tokens cost on demand.
pub(crate) fn parity(entry: &Entry) {
    let by_million = ["usd_per_mtok_in", "usd_per_mtok_out"].map(|price| entry.input(price));
    let (prices, ratio) = (per_million(by_million), entry.expected("three_month_ratio"));
    let unit = ["usd_per_ktpm_hour_in", "usd_per_ktpm_hour_out"];
    for (axis, result) in unit.into_iter().enumerate() {
        let request = if axis == 0 { [1000.0, 0.0, 0.0, 0.0] } else { [0.0, 0.0, 0.0, 1000.0] };
        let per_hour = entry.expected(result);
        let [reserved, on_demand] = full_units(request, &prices, "1k tokens/min", &format!("{per_hour} USD/unit-hour"), 1);
        entry.exactly(result, reserved);
        entry.exactly(result, on_demand);
        // At the three months' price a unit pays from that share of its capacity on.
        let per_token = ByClass { input: by_million[0] * 1e-6, output: by_million[1] * 1e-6, ..ByClass::ZERO };
        for (price, share) in [(per_hour, 1.0), (ratio * per_hour, ratio)] {
            let found = cost::break_even(price, 60_000.0, &ByClass::from_array(request), &per_token, &ByClass::ONE).unwrap();
            same(found.utilisation, share);
        }
    }
}

/// Vertex: the tokens of a full unit on demand, and the share of them that pays for it, in closed form and as two equal bills.
pub(crate) fn break_even(entry: &Entry) {
    let month = entry.input("gsu_month_usd");
    let hours = entry.input("seconds_per_month") / 3600.0;
    assert!(hours.fract() == 0.0, "a flat month has whole hours, not {hours}");
    let hours = hours as u32;
    let capacity = format!("{} tokens/s", entry.text("tokens_per_sec_per_gsu"));
    let price = entry.input("usd_per_mtok_input_equiv");
    let bills = |tokens_per_hour: f64| {
        let request = [tokens_per_hour / 60.0, 0.0, 0.0, 0.0];
        let unit_price = format!("{} USD/unit-hour", month / f64::from(hours));
        full_units(request, &per_million([price, price]), &capacity, &unit_price, hours)
    };
    let full = entry.input("tokens_per_sec_per_gsu") * 3600.0;
    let [unit, on_demand] = bills(full);
    same(unit, month);
    entry.exactly("payg_value_full", on_demand);
    let per_token = ByClass { input: price * 1e-6, ..ByClass::ZERO };
    let request = ByClass { input: 1.0, ..ByClass::ZERO };
    let found = cost::break_even(month / f64::from(hours), full, &request, &per_token, &ByClass::ONE).unwrap();
    entry.prints("break_even_utilisation_pct", 100.0 * found.utilisation);
    let [unit, on_demand] = bills(found.tokens_per_hour);
    same(unit, on_demand);
}

/// The number after a word, as in `median 1, sigma 0.35`.
fn after(text: &str, word: &str) -> f64 {
    let rest = text.split_once(word).unwrap_or_else(|| panic!("no {word} in {text}")).1.trim_start();
    rest.split([' ', ',', '/', ')']).next().unwrap().parse().unwrap()
}

/// A commitment under a lognormal level, what exceeds it at the same discount: in closed form and by simulation at several seeds.
pub(crate) fn expected_cost_lognormal(entry: &Entry) {
    let law = entry.text("demand");
    assert!(law.starts_with("lognormal"), "{law}");
    assert_eq!(entry.text("rule"), "cost=(1-d)*max(commit,demand)");
    // The formula is E[max(C, D)] (1 - d), which a commitment with overflow at its own price is.
    assert_eq!(entry.expected_text("exact_formula"), "(1-d)*(C*Phi(lnC/s)+exp(s^2/2)*Phi(s-lnC/s))");
    let (median, sigma) = (after(&law, "median"), after(&law, "sigma"));
    let (commit, price) = (entry.input("commit"), 1.0 - entry.input("discount"));

    let variance = sigma * sigma;
    let closed = DemandLaw::LogNormal { mean: median * libm::exp(0.5 * variance), cv: libm::expm1(variance).sqrt() };
    entry.prints("expected_cost", closed.expected_cost(commit, price, price));
    entry.prints("exact_at_sigma_0_35", closed.expected_cost(commit, price, price));
    for (word, share) in [("P10", 0.1), ("P90", 0.9)] {
        printed(closed.quantity(share), &format!("{:.2}", after(&law, word)));
    }

    let text = [
        flat(1),
        on_demand(&format!("{price} USD/token")),
        units("1 tokens/h", &format!("{price} USD/unit-hour")),
        format!(
            "[[workload]]\nname = \"w\"\nclass = \"interactive\"\nminute = \"off\"\nrequests = \"none\"\nshape = {{ kind = \"flat\" }}\n\
             level = {{ median = \"{median} tokens/h\", sigma = {sigma}, walk = \"off\" }}\n\
             tokens = {{ mean = 1000, cv = 1, output_share = \"0%\" }}\n"
        ),
        plan("none", &["on-demand"]),
        sweep("commit", &["units", "on-demand"], &[commit]),
    ]
    .concat();
    for seed in SEEDS {
        let cost = simulate(&text, 50_000, seed).column(&swept("commit", commit), Metric::CostTotal);
        mean(entry.id(), &cost, entry.expected("exact_at_sigma_0_35"));
    }
}
