//! Limits: windows, refills, holds, requests, days and shared quotas.

use super::case::{BASE, Case, check, edited, judged, told};

const RATE: &str = "rate = \"2M tokens/min\"";
const QUOTA: &str = "quota = { rate = \"2M tokens/min\", weights = { input = 1, output = 5 } }";
const UNITS: &str = "minimum = 2\n";
const AXES: &str = "axes.input = {";
const WINDOWS: &str = "allowed: whole seconds that divide an hour, from 1 s to 1 h, such as 1, 10, 30, 60 or 120 s";

#[test]
fn windows_and_refills() {
    let windows = [
        ("a window of seven seconds", RATE, "rate = \"2M tokens/min\", window = «\"7s\"»", "offer.on-demand.quota.window", "\"7s\""),
        ("half a second", RATE, "rate = \"2M tokens/min\", window = «\"0.5 s\"»", "offer.on-demand.quota.window", "\"0.5 s\""),
        ("a day", UNITS, "minimum = 2\nwindow = «\"24h\"»\n", "offer.units.window", "\"24h\""),
    ];
    for (what, old, new, field, given) in windows {
        let told = format!("{field}: is no window; given: {given}; {WINDOWS}");
        judged(&edited(BASE, old, new), &[&told]).unwrap_or_else(|difference| panic!("{what}: {difference}"));
    }
    check(&[
        (
            "a bare window",
            RATE,
            "rate = \"2M tokens/min\", window = «60»",
            "offer.on-demand.quota.window: is a bare number: its unit and denominator must be said; given: 60; allowed: a span of time, …",
        ),
        (
            "a window of nothing",
            UNITS,
            "minimum = 2\nwindow = «\"0s\"»\n",
            "offer.units.window: is not above zero; given: \"0s\"; allowed: a span of time, …",
        ),
        (
            "a refill of another name",
            RATE,
            "rate = \"2M tokens/min\", refill = «\"steady\"»",
            "offer.on-demand.quota.refill: is unknown; given: \"steady\"; allowed: \"at once\", \"steadily\"; did you mean \"steadily\"?",
        ),
        (
            "windows by units of two kinds",
            AXES,
            "window = «[{ units = 1, window = \"30s\" }]»\naxes.input = {",
            "offer.reserved.window: depends on the units, of which there are two kinds; given: …; allowed: one window for both axes",
        ),
        (
            "no windows",
            UNITS,
            "minimum = 2\nwindow = «[]»\n",
            "offer.units.window: is empty; given: []; allowed: a window, or at least one step …",
        ),
        (
            "windows in falling order",
            UNITS,
            "minimum = 2\nwindow = [{ units = 4, window = \"30s\" }, { units = «4», window = \"1s\" }]\n",
            "offer.units.window.2.units: is not above the units of the step before it; given: 4; allowed: steps in rising order",
        ),
        (
            "windows of fewer than no units",
            UNITS,
            "minimum = 2\nwindow = [{ units = «-1», window = \"30s\" }]\n",
            "offer.units.window.1.units: is negative; given: -1; allowed: a number of units from 0",
        ),
        (
            "a step without its window",
            UNITS,
            "minimum = 2\nwindow = [«»{ units = 1 }]\n",
            "offer.units.window.1.window: is missing; given: nothing; allowed: a span of time, …",
        ),
        (
            "a step's window that is none",
            UNITS,
            "minimum = 2\nwindow = [{ units = 1, window = «\"55s\"» }]\n",
            "offer.units.window.1.window: is no window; given: \"55s\"; …",
        ),
    ]);
}

const HOLD: &str = "rate = \"2M tokens/min\", hold = { speed = \"60 tokens/s\"";

#[test]
fn holds() {
    for (more, wanted) in [
        ("max_tokens_weight = «-1»", "max_tokens_weight: is out of range; given: -1; allowed: a weight from 0 to 1000000"),
        ("unset_max_tokens = «0»", "unset_max_tokens: is out of range; given: 0; allowed: a number of tokens from 1 to 1e9"),
        ("settles = «\"at the start\"»", "settles: is unknown; given: \"at the start\"; allowed: \"at the end\", \"never\"…"),
        ("first_token = «\"1\"»", "first_token: has no unit of time; given: \"1\"; allowed: a span of time, …"),
    ] {
        let wanted = format!("offer.on-demand.quota.hold.{wanted}");
        judged(&edited(BASE, RATE, &format!("{HOLD}, {more} }}")), &[&wanted]).unwrap_or_else(|difference| panic!("{more}: {difference}"));
    }
    check(&[
        (
            "answers that never come",
            RATE,
            "rate = \"2M tokens/min\", hold = { speed = «\"0 tokens/s\"» }",
            "offer.on-demand.quota.hold.speed: is not above zero; given: \"0 tokens/s\"; allowed: output tokens per time, …",
        ),
        (
            "answers of any speed",
            RATE,
            "rate = \"2M tokens/min\", hold = «»{ first_token = \"1s\" }",
            "offer.on-demand.quota.hold.speed: is missing; given: nothing; allowed: output tokens that one request gets per time, …",
        ),
    ]);
    // Only one of both workloads states its max_tokens.
    let text = edited(BASE, RATE, &format!("{HOLD} }}"));
    let text = edited(
        &text,
        "{ copilot = [\"on-demand\"], nightly = [\"on-demand\"] }",
        "«{ copilot = [\"on-demand\"], nightly = [\"on-demand\"] }»",
    );
    let wanted = "plan.all on-demand.route: routes `nightly` to `on-demand`, which holds max_tokens, and the workload states none; …; \
                  allowed: `max_tokens` in the workload's `tokens`, or `unset_max_tokens` in the offer's `hold`";
    judged(&text, &[wanted]).unwrap_or_else(|difference| panic!("{difference}"));
}

const LIMITS: [Case; 9] = [
    (
        "tokens for requests",
        RATE,
        "rate = \"2M tokens/min\", requests = «\"600 tokens/min\"»",
        "offer.on-demand.quota.requests: counts `tokens` instead of requests; given: \"600 tokens/min\"; allowed: requests per time, …",
    ),
    (
        "a bare number of requests",
        RATE,
        "rate = \"2M tokens/min\", requests = «600»",
        "offer.on-demand.quota.requests: is a bare number: its unit and denominator must be said; given: 600; …",
    ),
    (
        "no requests",
        RATE,
        "rate = \"2M tokens/min\", requests = «\"0 requests/min\"»",
        "offer.on-demand.quota.requests: is not above zero; given: \"0 requests/min\"; allowed: a number of requests above zero",
    ),
    (
        "a window of what is not limited",
        RATE,
        "rate = \"2M tokens/min\", request_window = «\"1s\"»",
        "offer.on-demand.quota.request_window: is the window of requests that have no limit; given: \"1s\"; allowed: `requests` beside it",
    ),
    (
        "requests by eleven seconds",
        RATE,
        "rate = \"2M tokens/min\", requests = \"600 requests/min\", request_window = «\"11s\"»",
        "offer.on-demand.quota.request_window: is no window; given: \"11s\"; …",
    ),
    (
        "requests of units",
        UNITS,
        "minimum = 2\n«requests» = \"600 requests/min\"\n",
        "offer.units.requests: is no field of the scenario here; given: requests; …",
    ),
    (
        "a day of nothing",
        RATE,
        "rate = \"2M tokens/min\", per_day = «\"0 tokens/day\"»",
        "offer.on-demand.quota.per_day: is not above zero; given: \"0 tokens/day\"; allowed: a day's quota above zero",
    ),
    (
        "a day that is all others'",
        RATE,
        "rate = \"2M tokens/min\", others = \"1M tokens/min\", per_day = «\"1440M tokens/day\"»",
        "offer.on-demand.quota.per_day: is all taken by `others`; given: \"1440M tokens/day\"; allowed: more than what other traffic takes in a day",
    ),
    (
        "a day without a day",
        RATE,
        "rate = \"2M tokens/min\", per_day = «\"1440M tokens\"»",
        "offer.on-demand.quota.per_day: has no denominator; given: \"1440M tokens\"; allowed: tokens per time, …",
    ),
];

#[test]
fn requests_and_days() {
    check(&LIMITS);
}

/// A second on-demand offer that draws on the first one's quota.
fn sharing(quota: &str) -> String {
    let offer = format!(
        "\n[[offer]]\nname = \"flex\"\nkind = \"on-demand\"\nprice = {{ input = \"1 USD/1M tokens\", output = \"7 USD/1M tokens\" }}\n{quota}\n"
    );
    edited(BASE, "\n[[offer]]\nname = \"units\"", &format!("{offer}\n[[offer]]\nname = \"units\""))
}

#[test]
fn shared_quotas() {
    for (quota, wanted) in [
        (
            "quota = { shared_with = «\"on-demnd\"» }",
            "offer.flex.quota.shared_with: is no offer; given: \"on-demnd\"; allowed: \"on-demand\"; did you mean `on-demand`?",
        ),
        (
            "quota = { shared_with = «\"units\"» }",
            "offer.flex.quota.shared_with: has no quota of its own to share; given: \"units\"; allowed: \"on-demand\"",
        ),
        (
            "quota = { shared_with = «\"flex\"» }",
            "offer.flex.quota.shared_with: has no quota of its own to share; given: \"flex\"; allowed: \"on-demand\"",
        ),
        (
            "quota = { shared_with = \"on-demand\", rate = «\"1M tokens/min\"» }",
            "offer.flex.quota.rate: stands beside `shared_with`; given: \"1M tokens/min\"; allowed: `rate` in the quota that is shared",
        ),
        (
            "quota = { shared_with = \"on-demand\", per_day = «\"1M tokens/day\"» }",
            "offer.flex.quota.per_day: stands beside `shared_with`; given: \"1M tokens/day\"; allowed: `per_day` in the quota that is shared",
        ),
        ("quota = «»{ requests = \"1 requests/s\" }", "offer.flex.quota.rate: is missing; given: nothing; allowed: tokens per time, …"),
    ] {
        judged(&sharing(quota), &[wanted]).unwrap_or_else(|difference| panic!("{quota}: {difference}"));
    }
    let shared = sharing("quota = { shared_with = \"on-demand\" }");
    assert_eq!(told(&shared, &[]), []);
    let route = "{ copilot = [\"on-demand\"], nightly = [\"on-demand\"] }";
    let apart = edited(&shared, route, "«{ copilot = [\"on-demand\"], nightly = [\"flex\"] }»");
    let wanted = "plan.all on-demand.route: lets two pools draw on the quota of `on-demand`, by `on-demand` and by `flex`, and neither knows what \
                  the other takes; …; allowed: a quota for each, with what the other pool takes of it as `others`";
    judged(&apart, &[wanted]).unwrap_or_else(|difference| panic!("{difference}"));
    let ways = edited(&shared, route, "«{ copilot = [\"on-demand\", \"flex\"], nightly = [\"flex\"] }»");
    let wanted = "plan.all on-demand.route: lets the workloads of pool `copilot+nightly` go different ways, and offers that share a quota are served \
                  along one route; …";
    judged(&ways, &[wanted]).unwrap_or_else(|difference| panic!("{difference}"));
    let both = edited(&shared, route, "{ copilot = [\"on-demand\", \"flex\"], nightly = [\"on-demand\", \"flex\"] }");
    assert_eq!(told(&both, &[]), []);
}

/// What is served along one route alone, and what cannot stand beside a quota of a day.
#[test]
fn combinations() {
    let ways = |quota: &str| {
        let text = edited(BASE, QUOTA, quota);
        edited(
            &text,
            "{ copilot = [\"on-demand\"], nightly = [\"on-demand\"] }",
            "«{ copilot = [\"units\", \"on-demand\"], nightly = [\"on-demand\"] }»\nunits = { units = 2 }\nterm = { units = \"none\" }",
        )
    };
    for (quota, what) in [
        ("quota = { rate = \"2M tokens/min\", requests = \"600 requests/min\" }", "quotas of requests"),
        ("quota = { rate = \"2M tokens/min\", per_day = \"1G tokens/day\" }", "quotas of a day"),
        ("quota = { rate = \"2M tokens/min\", window = \"1s\" }", "retries, buckets and windows of different lengths"),
        ("quota = { rate = \"2M tokens/min\", hold = { settles = \"never\", unset_max_tokens = 1000 } }", "holds"),
    ] {
        let wanted = format!(
            "plan.all on-demand.route: lets the workloads of pool `copilot+nightly` go different ways, and {what} are served along one route; …; \
             allowed: one route of at most 16 offers for all workloads of the pool"
        );
        judged(&ways(quota), &[&wanted]).unwrap_or_else(|difference| panic!("{what}: {difference}"));
    }
    let marked = |text: &str| {
        edited(
            text,
            "{ copilot = [\"on-demand\"], nightly = [\"on-demand\"] }",
            "«{ copilot = [\"on-demand\"], nightly = [\"on-demand\"] }»",
        )
    };
    let marked = |text: &str| {
        let text = edited(
            &marked(text),
            "{ copilot = [\"units\", \"on-demand\"], \"copilot.deferrable\" = [\"batch\"], nightly = [\"batch\"] }",
            "«{ copilot = [\"units\", \"on-demand\"], \"copilot.deferrable\" = [\"batch\"], nightly = [\"batch\"] }»",
        );
        edited(
            &text,
            "{ copilot = [\"reserved\", \"on-demand\"], nightly = [\"batch\"] }",
            "«{ copilot = [\"reserved\", \"on-demand\"], nightly = [\"batch\"] }»",
        )
    };
    let text = edited(BASE, RATE, "rate = \"2M tokens/min\", per_day = \"1G tokens/day\", refill = \"steadily\"");
    let wanted = ["all on-demand", "committed", "reserved"].map(|plan| {
        format!("plan.{plan}.route: walks pool `…` window by window, and its quota of a day is kept by the hour; …; allowed: `per_day` without retries, …")
    });
    judged(&marked(&text), &[&wanted[0], &wanted[1], &wanted[2]]).unwrap_or_else(|difference| panic!("{difference}"));
    // Each token of this demand would count as a request.
    let text = edited(BASE, RATE, "rate = \"2M tokens/min\", requests = \"600 requests/min\"");
    let text = edited(&text, "tokens = { mean = 3000, cv = 0.8, law = \"gamma\", output_share = 0.1 }\n", "");
    let text = edited(
        &text,
        "{ copilot = [\"on-demand\"], nightly = [\"on-demand\"] }",
        "«{ copilot = [\"on-demand\"], nightly = [\"on-demand\"] }»",
    );
    let wanted = "plan.all on-demand.route: routes `nightly` to `on-demand`, which limits requests, and the workload tells tokens alone; …";
    judged(&text, &[wanted]).unwrap_or_else(|difference| panic!("{difference}"));
}
