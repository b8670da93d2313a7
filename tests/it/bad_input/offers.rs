//! Offers: prices, quotas, capacities, terms, minima.

use super::case::{BASE, check, edited, fits, judged, told};

const INPUT: &str = "\"3.00 USD/1M tokens\"";

#[test]
fn prices() {
    check(&[
        (
            "a bare price",
            INPUT,
            "«3.00»",
            "offer.on-demand.price.input: is a bare number: its unit and denominator must be said; given: 3.00; allowed: a price per tokens, such as \"3.00 USD/1M tokens\" …",
        ),
        ("no denominator", INPUT, "«\"3.00 USD\"»", "offer.on-demand.price.input: has no denominator; given: \"3.00 USD\"; allowed: …"),
        (
            "no currency",
            INPUT,
            "«\"3.00/1M tokens\"»",
            "offer.on-demand.price.input: has no currency code between the number and the slash (``); given: …; allowed: …",
        ),
        (
            "a sign of money",
            INPUT,
            "«\"$3.00/1M tokens\"»",
            "offer.on-demand.price.input: does not begin with a number; given: …; allowed: …",
        ),
        (
            "another currency",
            INPUT,
            "«\"3.00 EUR/1M tokens\"»",
            "offer.on-demand.price.input: is in EUR, and the scenario counts in USD; given: \"3.00 EUR/1M tokens\"; allowed: USD, the scenario's currency",
        ),
        (
            "a negative price",
            INPUT,
            "«\"-3.00 USD/1M tokens\"»",
            "offer.on-demand.price.input: is negative; given: \"-3.00 USD/1M tokens\"; allowed: …",
        ),
        (
            "a price per hour",
            INPUT,
            "«\"3.00 USD/hour\"»",
            "offer.on-demand.price.input: is per `hour`, which is no number of tokens; given: …; allowed: …",
        ),
        ("a price beyond numbers", INPUT, "«\"1e999 USD/1M tokens\"»", "offer.on-demand.price.input: …out of range; given: …"),
        ("a price beyond money", INPUT, "«\"1e200 USD/1M tokens\"»", "offer.on-demand.price.input: is out of range; given: …"),
        ("a decimal comma", INPUT, "«\"3,00 USD/1M tokens\"»", "offer.on-demand.price.input: …; given: \"3,00 USD/1M tokens\"; allowed: …"),
        (
            "no price at all",
            "{ input = \"3.00 USD/1M tokens\", output = \"15.00 USD/1M tokens\" }",
            "«{}»",
            "offer.on-demand.price: has no price; given: {}; allowed: a price for each token class that can occur",
        ),
        (
            "a misspelt class",
            "output = \"15.00 USD/1M tokens\" }",
            "output = \"15.00 USD/1M tokens\", «cache_reed» = \"1 USD/1M tokens\" }",
            "offer.on-demand.price.cache_reed: is no field of the scenario here; given: cache_reed; allowed: input, output, cache_read, cache_write; did you mean `cache_read`?",
        ),
        (
            "a discount above all",
            "source = \"a price page\"",
            "discount = «1.5»",
            "offer.on-demand.discount: is out of range; given: 1.5; allowed: a share from 0 to 1, …",
        ),
        (
            "a date that is none",
            "date = 2026-09-22",
            "date = «\"yesterday\"»",
            "offer.on-demand.date: is no date of the calendar; given: \"yesterday\"; allowed: a date such as 2027-01-01",
        ),
    ]);
}

#[test]
fn quotas_and_capacities() {
    check(&[
        (
            "a bare rate",
            "rate = \"2M tokens/min\"",
            "rate = «2000000»",
            "offer.on-demand.quota.rate: is a bare number: its unit and denominator must be said; given: 2000000; allowed: tokens per time, …",
        ),
        (
            "requests for tokens",
            "rate = \"2M tokens/min\"",
            "rate = «\"2M requests/min\"»",
            "offer.on-demand.quota.rate: counts `requests` instead of tokens; given: …; allowed: …",
        ),
        (
            "no quota to speak of",
            "rate = \"2M tokens/min\"",
            "rate = «\"0 tokens/min\"»",
            "offer.on-demand.quota.rate: is not above zero; given: \"0 tokens/min\"; allowed: a quota above zero",
        ),
        (
            "others who take all",
            "rate = \"2M tokens/min\"",
            "rate = \"2M tokens/min\", others = «\"120M tokens/h\"»",
            "offer.on-demand.quota.others: leaves nothing of the quota; given: \"120M tokens/h\"; allowed: a rate below the quota's own",
        ),
        (
            "a rate per fortnight",
            "rate = \"2M tokens/min\"",
            "rate = «\"2M tokens/fortnight\"»",
            "offer.on-demand.quota.rate: is per `fortnight`, which is no time; given: …; allowed: …",
        ),
        (
            "a negative rate",
            "rate = \"2M tokens/min\"",
            "rate = «\"-2M tokens/min\"»",
            "offer.on-demand.quota.rate: is negative; given: …; allowed: …",
        ),
        (
            "no rate",
            "quota = { rate = \"2M tokens/min\", ",
            "quota = «»{ ",
            "offer.on-demand.quota.rate: is missing; given: nothing; allowed: tokens per time, …",
        ),
        (
            "a unit that serves nothing",
            "capacity = \"20k tokens/min\"",
            "capacity = «\"0 tokens/min\"»",
            "offer.units.capacity: is not above zero; given: …; allowed: a throughput above zero",
        ),
        (
            "no capacity",
            "[[offer]]\nname = \"units\"\nkind = \"provisioned\"\ncapacity = \"20k tokens/min\"",
            "«»[[offer]]\nname = \"units\"\nkind = \"provisioned\"",
            "offer.units.capacity: is missing; …",
        ),
        (
            "a range upside down",
            "capacity = \"20k tokens/min\"",
            "capacity = { low = \"20k tokens/min\", high = «\"10k tokens/min\"» }",
            "offer.units.capacity.high: is below `low`; given: …; allowed: a rate that is not below `low`",
        ),
        (
            "capacity beside axes",
            "axes.input = {",
            "capacity = \"1k tokens/min\"\n«axes».input = {",
            "offer.reserved.axes: stands beside `capacity`; …",
        ),
        (
            "weights beside axes",
            "name = \"reserved\"\nkind = \"provisioned\"\n",
            "name = \"reserved\"\nkind = \"provisioned\"\nweights = «{ input = 1 }»\n",
            "offer.reserved.weights: stands beside `axes`; given: { input = 1 }; allowed: `weights` inside axes.input and axes.output",
        ),
        (
            "a negative weight",
            "weights = { input = 1, output = 5 } }",
            "weights = { input = 1, output = «-5» } }",
            "offer.on-demand.quota.weights.output: is no weight; given: -5; allowed: a number from 0 to 1000000",
        ),
        (
            "an endless weight",
            "weights = { input = 1, output = 5 } }",
            "weights = { input = 1, output = «inf» } }",
            "offer.on-demand.quota.weights.output: is not finite; given: inf; allowed: a finite number",
        ),
        (
            "weights of nothing",
            "weights = { input = 1, output = 5 } }",
            "weights = «{ input = 0, output = 0, cache_read = 0, cache_write = 0 }» }",
            "offer.on-demand.quota.weights: lets no token count; given: …; allowed: at least one weight above 0",
        ),
        (
            "a negative minimum",
            "minimum = 2\n",
            "minimum = «-2»\n",
            "offer.units.minimum: is negative; given: -2; allowed: a number from 0",
        ),
        (
            "no step",
            "increment = 2\n",
            "increment = «0»\n",
            "offer.units.increment: is not above zero; given: 0; allowed: a step above zero, or \"any\" for fractional units",
        ),
        (
            "some step",
            "increment = 2\n",
            "increment = «\"some\"»\n",
            "offer.units.increment: is unknown; given: \"some\"; allowed: \"any\"…",
        ),
        (
            "a third overflow",
            "overflow = \"minute\"",
            "overflow = «\"minutes\"»",
            "offer.units.overflow: is unknown; given: \"minutes\"; allowed: \"minute\", \"request\"; did you mean \"minute\"?",
        ),
    ]);
}

#[test]
fn terms_and_kinds() {
    check(&[
        (
            "a bare unit price",
            "\"4.00 USD/unit-hour\"",
            "«4.00»",
            "offer.units.terms.none: is a bare number: its unit and denominator must be said; given: 4.00; allowed: a price per unit-hour, …",
        ),
        (
            "a price per hour of what",
            "\"4.00 USD/unit-hour\"",
            "«\"4.00 USD/hour\"»",
            "offer.units.terms.none: is per `hour`, which is no unit-hour; given: …; allowed: …",
        ),
        (
            "a term of days",
            "\"1 month\" = \"3.50",
            "«\"7 days\"» = \"3.50",
            "offer.units.terms.7 days: is a term of days, and terms are whole weeks, months or years; given: \"7 days\"; allowed: \"none\", or weeks, months or years up to 3 years, …",
        ),
        (
            "half a month",
            "\"1 month\" = \"3.50",
            "«\"0.5 months\"» = \"3.50",
            "offer.units.terms.0.5 months: is no whole number of months from 1 to 36; given: \"0.5 months\"; allowed: …",
        ),
        (
            "a term in words",
            "\"1 month\" = \"3.50",
            "«\"long\"» = \"3.50",
            "offer.units.terms.long: …; given: \"long\"; allowed: \"none\", or weeks…",
        ),
        (
            "one term twice",
            "\"1 month\" = \"3.50 USD/unit-hour\"",
            "\"1 month\" = \"3.50 USD/unit-hour\"\n«\"1 months\"» = \"3.00 USD/unit-hour\"",
            "offer.units.terms.1 months: is the same term as one before it; …",
        ),
        (
            "no terms",
            "[offer.terms]\n\"none\" = \"4.00 USD/unit-hour\"\n\"1 month\" = \"3.50 USD/unit-hour\"\n",
            "terms = «{}»\n",
            "offer.units.terms: is empty; given: {}; allowed: at least one term with its price, …",
        ),
        (
            "one price for two axes",
            "{ input = \"0.18 USD/unit-hour\", output = \"0.90 USD/unit-hour\" }",
            "«\"0.18 USD/unit-hour\"»",
            "offer.reserved.terms.1 month: is one price for an offer with two axes; given: …; allowed: { input = …, output = … }",
        ),
        (
            "two prices for one axis",
            "\"4.00 USD/unit-hour\"",
            "«{ input = \"1 USD/unit-hour\", output = \"1 USD/unit-hour\" }»",
            "offer.units.terms.none: is two prices for an offer with one axis; …",
        ),
        (
            "units in another currency",
            "\"4.00 USD/unit-hour\"",
            "«\"4.00 EUR/unit-hour\"»",
            "offer.units.terms.none: is in EUR, and the scenario counts in USD; …",
        ),
        (
            "a kind of another name",
            "kind = \"on-demand\"",
            "kind = «\"ondemand\"»",
            "offer.on-demand.kind: is unknown; given: \"ondemand\"; allowed: \"on-demand\", \"provisioned\", \"batch\"; did you mean \"on-demand\"?",
        ),
        (
            "no kind",
            "[[offer]]\nname = \"on-demand\"\nkind = \"on-demand\"",
            "«»[[offer]]\nname = \"on-demand\"",
            "offer.on-demand.kind: is missing; given: nothing; allowed: \"on-demand\", \"provisioned\", \"batch\"",
        ),
        (
            "a field of another kind",
            "minimum_records = 100",
            "minimum_records = 100\n«minimum» = 3",
            "offer.batch.minimum: is no field of the scenario here; …",
        ),
        (
            "most below fewest",
            "minimum_records = 100",
            "minimum_records = 100\nmaximum_records = «10»",
            "offer.batch.maximum_records: is less than the fewest records; given: 10; allowed: at least the minimum, 100",
        ),
        (
            "a window of minutes",
            "minimum_records = 100",
            "deadline = «\"0h\"»",
            "offer.batch.deadline: is not above zero; given: \"0h\"; allowed: a span of time, …",
        ),
        (
            "renewal by the hour without a price",
            "axes.input = {",
            "renewal = «\"hourly\"»\naxes.input = {",
            "offer.reserved.renewal: goes on by the hour after a term, and `terms` has no price for that; given: \"hourly\"; allowed: a price for the term \"none\"",
        ),
        (
            "month 37",
            "axes.input = {",
            "start_month = «37»\naxes.input = {",
            "offer.reserved.start_month: is no month of a horizon; given: 37; allowed: a month from 1 to 36",
        ),
        (
            "billed in halves of an hour",
            "axes.input = {",
            "billed_in = «\"90 min\"»\naxes.input = {",
            "offer.reserved.billed_in: is no span of whole hours; given: \"90 min\"; allowed: 1h to 168h",
        ),
    ]);
}

/// What a plan needs a price for is told once per offer and class of each plan.
#[test]
fn no_price_for_cached_tokens() {
    let text = edited(BASE, "cached_share = 0.0", "cached_share = 0.5");
    let plain = text
        .replace("copilot = [\"on-demand\"]", "copilot = «[\"on-demand\"]»")
        .replace("[\"units\", \"on-demand\"]", "«[\"units\", \"on-demand\"]»");
    let marked = plain.replace("[\"reserved\", \"on-demand\"]", "«[\"reserved\", \"on-demand\"]»");
    let wanted = ["all on-demand", "committed", "reserved"].map(|plan| {
        format!("plan.{plan}.route.copilot: goes to `on-demand`, which has no price for cache_read tokens, and `copilot` has some; given: …; allowed: `cache_read = …` in the offer's price")
    });
    judged(&marked, &[&wanted[0], &wanted[1], &wanted[2]]).unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn names() {
    let allowed =
        "…; given: …; allowed: a…'s name: 1 to 128 characters without dot, slash, comma or control characters, not beginning with = + - @";
    let long = "x".repeat(129);
    for (name, wanted) in [
        ("\"=cmd|'/C calc'!A0\"", "begins with `=`, which a spreadsheet that opens the results would run as a formula"),
        ("\"+1\"", "begins with `+`"),
        ("\"-1\"", "begins with `-`"),
        ("\"@x\"", "begins with `@`"),
        ("\"a.b\"", "holds `.`"),
        ("\"a/b\"", "holds `/`"),
        ("\"a,b\"", "holds `,`"),
        ("\"a\\tb\"", "holds a control character"),
        ("\"a\\u0000b\"", "holds a control character"),
        ("\"\"", "is empty"),
        ("\" a\"", "begins or ends with a space"),
        ("\"all\"", "is `all`, which names the sum over everything"),
        (long.as_str(), "has more than 128 characters"),
    ] {
        let quoted = if name.starts_with('"') { name.to_owned() } else { format!("\"{name}\"") };
        for section in
            ["name = \"reserved\"\nkind", "name = \"nightly\"\nclass", "name = \"popularity\"\nsd", "name = \"all on-demand\"\nroute"]
        {
            let (old, next) = section.split_once('\n').unwrap_or_default();
            let text = edited(BASE, &format!("{old}\n{next}"), &format!("name = {quoted}\n{next}"));
            let shown: Vec<String> = told(&text, &[]).iter().map(ToString::to_string).collect();
            let right = |text: &String| text.contains(wanted) && fits(text, allowed);
            assert!(shown.iter().any(right), "{section} {name}: {wanted}\n{shown:#?}");
        }
    }
}
