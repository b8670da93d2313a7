//! What units cost by the hour, the day, the month and the year, on their terms.

use crate::entry::Entry;
use crate::support::{Hour, Ran, cents, flat, flat_months};
use tokentide::tally::Metric;

/// A month of one request a minute beside units that serve it, on a term.
fn units(head: &str, units: f64, term: &str, price: &str) -> Ran {
    let rest = format!(
        "[[offer]]\nname = \"units\"\nkind = \"provisioned\"\ncapacity = \"1 tokens/min\"\nterms = {{ \"{term}\" = \"{price}\" }}\n\
         [[plan]]\nname = \"units\"\nroute = {{ w = [\"units\"] }}\nunits = {{ units = {units} }}\n"
    );
    Hour::of(1.0, [1.0, 0.0, 0.0, 0.0]).serve(head, "interactive", &rest)
}

/// The cost of so many units for so many hours.
fn cost(hours: f64, number: f64, term: &str, price: &str) -> f64 {
    let ran = units(&flat(hours as u32), number, term, price);
    let cost = ran.only("units", Metric::CostProvisioned);
    assert_eq!(cost.to_bits(), ran.only("units", Metric::CostTotal).to_bits());
    cost
}

/// `300*r` an hour, for some rates.
pub(crate) fn provisioned_hourly(entry: &Entry) {
    let formula = entry.expected_text("charge_per_hour");
    let (number, rate) = formula.split_once('*').unwrap();
    assert_eq!(rate, entry.text("hourly_rate"));
    let number: f64 = number.parse().unwrap();
    for rate in [1.0, 0.35, 2.0] {
        cents(cost(1.0, entry.input("ptu"), "none", &format!("{rate} USD/unit-hour")), number * rate);
    }
}

pub(crate) fn provisioned_cost(entry: &Entry) {
    let price = format!("{} USD/unit-hour", entry.text("usd_per_mu_hour"));
    let number = entry.input("model_units");
    cents(cost(1.0, number, "none", &price), entry.expected("usd_per_hour"));
    cents(cost(entry.input("hours"), number, "none", &price), entry.expected("usd"));
}

/// A reservation's price against the hourly one.
pub(crate) fn price_ratio(entry: &Entry) {
    let (term, months, price) = if entry.has("month_reservation") {
        ("1 month", 1, format!("{} USD/unit-month", entry.text("month_reservation")))
    } else {
        ("1 year", 12, format!("{} USD/unit-year", entry.text("year_reservation")))
    };
    let hours = if months == 1 { entry.input("hours_per_month") } else { entry.input("hours_per_year") };
    let head = ["baseline = \"none\"\n", &flat_months(months, hours as u32 / months)].concat();
    let offer = format!(
        "[[offer]]\nname = \"units\"\nkind = \"provisioned\"\ncapacity = \"1 tokens/min\"\n\
         terms = {{ \"none\" = \"{} USD/unit-hour\", \"{term}\" = \"{price}\" }}\n",
        entry.input("hourly")
    );
    let plan = |term: &str| {
        format!("[[plan]]\nname = \"{term}\"\nroute = {{ w = [\"units\"] }}\nunits = {{ units = 1 }}\nterm = {{ units = \"{term}\" }}\n")
    };
    let ran = Hour::of(1.0, [1.0, 0.0, 0.0, 0.0]).serve(&head, "interactive", &[offer, plan("none"), plan(term)].concat());
    let total = |plan: &str| ran.only(plan, Metric::CostTotal);
    cents(total("none"), entry.input("hourly") * hours);
    entry.prints("discount_pct", 100.0 * ran.only(term, Metric::SavingVsBaseline) / total("none"));
    if months == 1 {
        cents(total(term), entry.input("month_reservation"));
        entry.prints("effective_hourly", total(term) / hours);
    } else {
        cents(total(term), entry.input("year_reservation"));
        for month in 0..12 {
            cents(ran.month(term, month, Metric::CostTotal)[0], entry.expected("monthly_equivalent"));
        }
    }
}

/// One unit for a month of a term, at its price by the hour; the price by the month is the same. A week is listed at a price by the hour
/// that is rounded to a cent, so a week of them may be 168 halves of a cent off.
pub(crate) fn gsu_price(entry: &Entry) {
    let (term, hours, month) = (entry.text("term").replace('_', " "), entry.input("hours"), entry.expected("usd_per_gsu"));
    let by_hour = cost(hours, 1.0, &term, &format!("{} USD/unit-hour", entry.text("usd_per_gsu_hour")));
    if term.ends_with("week") {
        cents(by_hour, entry.input("usd_per_gsu_hour") * hours);
        assert!((by_hour - month).abs() <= 0.005 * hours, "{by_hour} is not {month}");
        return cents(cost(hours, 1.0, &term, &format!("{month} USD/unit-week")), month);
    }
    cents(by_hour, month);
    cents(cost(hours, 1.0, &term, &format!("{month} USD/unit-month")), month);
}

/// Units of input and output, bought apart and full. Returns what each axis costs, and the run.
fn two_axes(number: [f64; 2], capacity: [f64; 2], term: &str, price: &[String; 2], hours: f64) -> ([f64; 2], Ran) {
    let rest = format!(
        "[[offer]]\nname = \"units\"\nkind = \"provisioned\"\n\
         axes.input = {{ capacity = \"{} tokens/min\", weights = {{ input = 1, cache_write = 1, cache_read = 0 }}, minimum = {} }}\n\
         axes.output = {{ capacity = \"{} tokens/min\", weights = {{ output = 1 }}, minimum = {} }}\n\
         terms = {{ \"{term}\" = {{ input = \"{}\", output = \"{}\" }} }}\n\
         [[plan]]\nname = \"units\"\nroute = {{ w = [\"units\"] }}\nunits = {{ units = {{ input = {}, output = {} }} }}\n",
        capacity[0], number[0], capacity[1], number[1], price[0], price[1], number[0], number[1]
    );
    let request = [number[0] * capacity[0], 0.0, 0.0, number[1] * capacity[1]];
    let ran = Hour::of(1.0, request).serve(&flat(hours as u32), "interactive", &rest);
    assert!(ran.only("units", Metric::ThrottledShare) < 1e-12);
    assert!((ran.only("units", Metric::Utilisation) - 1.0).abs() < 1e-12);
    let supply = &ran.scenario.supply;
    let by_axis = supply.plans[ran.plan("units")].commitments[0].cost_by_axis(0, supply.horizon());
    cents(ran.only("units", Metric::CostTotal), by_axis.iter().sum());
    (by_axis, ran)
}

/// Bedrock's Reserved tier: units of a thousand tokens a minute.
pub(crate) fn reserved_tier_month(entry: &Entry) {
    let number = ["input_ktpm", "output_ktpm"].map(|axis| entry.input(axis));
    let price = ["usd_per_ktpm_hour_in", "usd_per_ktpm_hour_out"].map(|price| format!("{} USD/unit-hour", entry.text(price)));
    let term = entry.text("term").replace('_', " ");
    let ([input, output], ran) = two_axes(number, [1000.0; 2], &term, &price, entry.input("hours"));
    cents(input, entry.expected("input_usd"));
    cents(output, entry.expected("output_usd"));
    cents(ran.only("units", Metric::CostTotal), entry.expected("total_usd"));
}

/// OpenAI's Scale Tier: units by the day, for a least number of days.
pub(crate) fn scale_tier(entry: &Entry) {
    let capacity = ["input_tpm_unit", "output_tpm_unit"].map(|axis| entry.input(axis));
    let price = ["usd_per_input_unit_day", "usd_per_output_unit_day"].map(|price| format!("{} USD/unit-day", entry.expected_text(price)));
    let ([input, output], _) = two_axes([1.0; 2], capacity, "none", &price, 24.0 * entry.expected("min_days"));
    cents(input, entry.expected("min_commit_input_usd"));
    cents(output, entry.expected("min_commit_output_usd"));
}
