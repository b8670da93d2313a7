//! Workloads: levels, growth, shapes and laws.

use super::case::{BASE, check, edited, judged};

const LEVEL: &str =
    "{ mean = \"1.94M tokens/h\", p10 = \"1.6M tokens/h\", p90 = \"2.3M tokens/h\", walk = { scale = 0.2, df = 4, kappa = 0.9 } }";
const DAYTIME: &str = "{ kind = \"steady-daytime\", peak = 14, width = 4.0, night = 0.25, weekend = 0.6 }";
const LAW: &str = "{ law = \"gamma\", mean = \"1M tokens/h\", cv = 0.3 }";

#[test]
fn levels() {
    check(&[
        (
            "a bare level",
            LEVEL,
            "{ mean = «1940000» }",
            "workload.copilot.level.mean: is a bare number: its unit and denominator must be said; given: 1940000; allowed: tokens per time, such as \"1.94M tokens/h\" or \"20k tokens/min\"",
        ),
        (
            "a range that contradicts the mean",
            "p90 = \"2.3M tokens/h\"",
            "p90 = «\"4M tokens/h\"»",
            "workload.copilot.level.p90: contradicts the level: the middle of p10 and p90 is 2529822.128 tokens/h and the median of the stated level …; given: \"4M tokens/h\"; allowed: a range whose middle is within 5% of the median",
        ),
        (
            "a range upside down",
            "p10 = \"1.6M tokens/h\", p90 = \"2.3M tokens/h\"",
            "p10 = \"2.3M tokens/h\", p90 = «\"1.6M tokens/h\"»",
            "workload.copilot.level.p90: makes no range with p10; given: \"1.6M tokens/h\"; allowed: p90 from p10 to 2000 times p10, both above 0",
        ),
        (
            "half of a range",
            "p10 = \"1.6M tokens/h\", p90 = \"2.3M tokens/h\"",
            "p90 = «\"2.3M tokens/h\"»",
            "workload.copilot.level.p90: is half of a range; given: …; allowed: p10 and p90 together",
        ),
        (
            "a range and a sigma",
            "walk = { scale = 0.2, df = 4, kappa = 0.9 }",
            "sigma = «0.2»",
            "workload.copilot.level.sigma: cannot stand beside p10 and p90; given: 0.2; allowed: either sigma, or p10 and p90",
        ),
        (
            "both mean and median",
            "level = { mean = \"1.94M tokens/h\",",
            "level = { mean = \"1.94M tokens/h\", median = «\"1.94M tokens/h\"»,",
            "workload.copilot.level.median: cannot stand beside `mean`; given: …; allowed: either the mean or the median",
        ),
        (
            "neither mean nor median",
            LEVEL,
            "«»{ sigma = 0.2 }",
            "workload.copilot.level.mean: is missing; given: nothing; allowed: `mean` or `median`, tokens per time, such as \"1.94M tokens/h\"",
        ),
        (
            "a level of all the world",
            LEVEL,
            "{ mean = «\"1e16 tokens/h\"» }",
            "workload.copilot.level.mean: is out of range; given: \"1e16 tokens/h\"; allowed: at most 1e15 tokens/h",
        ),
        (
            "a negative sigma",
            LEVEL,
            "{ mean = \"1M tokens/h\", sigma = «-1» }",
            "workload.copilot.level.sigma: is out of range; given: -1; allowed: a standard deviation of the logarithm, from 0 to 3",
        ),
        (
            "a scale of nothing",
            LEVEL,
            "{ mean = \"1M tokens/h\", scale = «0» }",
            "workload.copilot.level.scale: is out of range; given: 0; allowed: a factor above 0, at most 1e6",
        ),
        (
            "a misspelt walk",
            "kappa = 0.9",
            "«kapa» = 0.9",
            "workload.copilot.level.walk.kapa: is no field of the scenario here; given: kapa; allowed: scale, df, kappa; did you mean `kappa`?",
        ),
        ("a walk away", "kappa = 0.9", "kappa = «1.1»", "workload.copilot.level.walk.kappa: is out of range; given: 1.1; allowed: 0 to 1"),
        (
            "a walk of endless variance",
            "df = 4",
            "df = «0.5»",
            "workload.copilot.level.walk.df: is out of range; given: 0.5; allowed: 1 to 1e6",
        ),
        (
            "a walk that is nearly off",
            "walk = { scale = 0.2, df = 4, kappa = 0.9 }",
            "walk = «\"of\"»",
            "workload.copilot.level.walk: is unknown; given: \"of\"; allowed: \"off\"; did you mean \"off\"?",
        ),
        (
            "growth beyond reason",
            "drift = \"3%/month\"",
            "drift = «\"300%/month\"»",
            "workload.copilot.growth.drift: is more than 200% a month; given: \"300%/month\"; allowed: a rate per month, such as \"3%/month\" or \"0.03/month\"",
        ),
        (
            "growth without a month",
            "drift = \"3%/month\"",
            "drift = «\"3%\"»",
            "workload.copilot.growth.drift: has no denominator; given: \"3%\"; allowed: …",
        ),
        (
            "a negative volatility",
            "volatility = \"2%/month\"",
            "volatility = «\"-2%/month\"»",
            "workload.copilot.growth.volatility: is out of range; given: \"-2%/month\"; allowed: 0%/month to 100%/month",
        ),
        (
            "a season of eleven",
            "season = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]",
            "season = [«1», 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]",
            "workload.copilot.season.1: begins a season of 11 factors; given: 1; allowed: twelve factors, January to December",
        ),
        (
            "a negative season",
            "season = [1, 1,",
            "season = [1, «-1»,",
            "workload.copilot.season.2: is out of range; given: -1; allowed: a factor from 0 to 1000",
        ),
        (
            "no source",
            "[[workload]]\nname = \"nightly\"\nclass = \"deferrable\"\nwindow = \"24h\"\ndeadline = \"24h\"\ndemand = { law = \"gamma\", mean = \"1M tokens/h\", cv = 0.3 }\n",
            "«»[[workload]]\nname = \"nightly\"\nclass = \"deferrable\"\n",
            "workload.nightly.level: is missing; given: nothing; allowed: a `level`, a `usage` file, a `replay` file or a `demand` law",
        ),
        (
            "two sources",
            "demand = {",
            "level = «{ mean = \"1M tokens/h\" }»\ndemand = {",
            "workload.nightly.level: cannot stand beside `demand`; …",
        ),
    ]);
}

#[test]
fn shapes_and_laws() {
    check(&[
        (
            "a negative night",
            "night = 0.25",
            "night = «-0.25»",
            "workload.copilot.shape.night: is out of range; given: -0.25; allowed: …0 to 1…",
        ),
        (
            "a negative weekend",
            "weekend = 0.6",
            "weekend = «-0.6»",
            "workload.copilot.shape.weekend: is out of range; given: -0.6; allowed: …",
        ),
        ("a peak at 24", "peak = 14", "peak = «24»", "workload.copilot.shape.peak: is out of range; given: 24; allowed: …"),
        ("a bell without width", "width = 4.0", "width = «0»", "workload.copilot.shape.width: is out of range; given: 0; allowed: …"),
        (
            "a shape that is not known",
            "\"steady-daytime\"",
            "«\"steady_daytime\"»",
            "workload.copilot.shape.kind: is unknown; given: \"steady_daytime\"; allowed: \"steady-daytime\", \"spiky\", \"nightly-batch\", \"flat\", \"table\"; did you mean \"steady-daytime\"?",
        ),
        (
            "a table of no days",
            DAYTIME,
            "«{ kind = \"table\", values = [] }»",
            "workload.copilot.shape: has 0 days; given: …; allowed: `values` with seven lists, Monday first",
        ),
        ("a job of 25 hours", "hours = 4", "hours = «25»", "workload.nightly.shape.hours: is out of range; given: 25; allowed: 1 to 24"),
        (
            "a job that starts at 24",
            "start = 1,",
            "start = «24»,",
            "workload.nightly.shape.start: is out of range; given: 24; allowed: 0 to 23",
        ),
        (
            "a law that is not known",
            "law = \"gamma\", mean = \"1M tokens/h\"",
            "law = «\"weibull\"», mean = \"1M tokens/h\"",
            "workload.nightly.demand.law: is unknown; given: \"weibull\"; allowed: \"constant\", \"uniform\", …",
        ),
        (
            "a uniform law upside down",
            LAW,
            "«{ law = \"uniform\", low = \"2M tokens/h\", high = \"1M tokens/h\" }»",
            "workload.nightly.demand: gives a law whose high - low is -1000000; given: …; allowed: a finite number above 0",
        ),
        (
            "a gamma law of no spread",
            LAW,
            "«{ law = \"gamma\", mean = \"1M tokens/h\", cv = 0 }»",
            "workload.nightly.demand: gives a law whose …",
        ),
        (
            "a gamma law without spread",
            "demand = { law = \"gamma\", mean = \"1M tokens/h\", cv = 0.3",
            "demand = «»{ law = \"gamma\", mean = \"1M tokens/h\"",
            "workload.nightly.demand.cv: is missing; given: nothing; allowed: `cv` or `shape`, a number above 0",
        ),
        (
            "a full correlation",
            "cv = 0.3",
            "cv = 0.3, autocorrelation = «1»",
            "workload.nightly.demand.autocorrelation: is out of range; given: 1; allowed: above -1 and below 1",
        ),
        (
            "noise beside a law",
            "demand = { law",
            "noise = «{ white = { sd = 0.1 } }»\ndemand = { law",
            "workload.nightly.noise: cannot stand beside `demand`; given: { white = { sd = 0.1 } }; allowed: nothing: the law is the noise",
        ),
    ]);
}

/// Six days of 24 hours, a day of 23, a negative hour, a week of nothing.
#[test]
fn tables_of_the_week() {
    let day = |hours: usize, value: &str| format!("[{}]", vec![value; hours].join(", "));
    let week = |days: Vec<String>| format!("{{ kind = \"table\", values = [{}] }}", days.join(", "));
    let short = |mark: &str| [vec![day(24, "1"); 6], vec![mark.to_owned()]].concat();
    for (table, wanted) in [
        (
            format!("«{}»", week(vec![day(24, "1"); 6])),
            "workload.copilot.shape: has 6 days; given: …; allowed: `values` with seven lists, Monday first",
        ),
        (
            week(short(&format!("«{}»", day(23, "1")))),
            "workload.copilot.shape.values.7: has 23 numbers; given: …; allowed: 24 numbers, one per hour of the day",
        ),
        (
            week(short(&format!("[«-1», {}]", vec!["1"; 23].join(", ")))),
            "workload.copilot.shape.values.7.1: is out of range; given: -1; allowed: a number of at least 0, at most 1e9",
        ),
        (
            format!("«{}»", week(vec![day(24, "0"); 7])),
            "workload.copilot.shape: is zero in every hour; given: …; allowed: at least one hour above 0",
        ),
    ] {
        judged(&edited(BASE, DAYTIME, &table), &[wanted]).unwrap_or_else(|difference| panic!("{difference}"));
    }
}

#[test]
fn growth_that_runs_away() {
    let text = edited(BASE, "growth = { drift = \"3%/month\", volatility = \"2%/month\" }", "growth = «{ drift = \"200%/month\" }»");
    let text = edited(&text, "months = 2", "months = 36");
    let wanted =
        "workload.copilot.growth: brings an hour's mean above 1e15 tokens; given: …; allowed: growth, season and events that stay below it";
    judged(&text, &[wanted]).unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn priorities() {
    const CLASS: &str = "class = \"interactive\"";
    const TOLD: &str = "allowed: a whole number from 1, served first, to 9";
    let is_none = |given: &str| format!("workload.copilot.priority: is no priority; given: {given}; {TOLD}");
    for (given, wanted) in [
        ("«0»", is_none("0")),
        ("«10»", is_none("10")),
        ("«4294967297»", is_none("4294967297")),
        ("«-1»", "workload.copilot.priority: is negative; given: -1; allowed: a whole number of at least 0".to_owned()),
        ("«1.5»", "workload.copilot.priority: is a number where a whole number is needed; given: 1.5; allowed: …".to_owned()),
        ("«\"first\"»", "workload.copilot.priority: is text where a whole number is needed; given: \"first\"; allowed: …".to_owned()),
    ] {
        let text = edited(BASE, CLASS, &format!("{CLASS}\npriority = {given}"));
        judged(&text, &[&wanted]).unwrap_or_else(|difference| panic!("{difference}"));
    }
}

/// Routes and offers at which priorities could not be kept.
#[test]
fn priorities_that_cannot_be_kept() {
    const CLASS: &str = "class = \"interactive\"";
    let text = edited(BASE, CLASS, &format!("{CLASS}\npriority = 2"));
    let route = "{ copilot = [\"units\", \"on-demand\"], \"copilot.deferrable\" = [\"batch\"], nightly = [\"batch\"] }";
    let apart = "«{ copilot = [\"units\", \"on-demand\"], nightly = [\"on-demand\"] }»";
    judged(
        &edited(&text, route, apart),
        &["plan.committed.route: lets workloads of different priority meet at `on-demand` after different ways; who is served first there is not known; given: …; allowed: routes that are alike for the workloads of this pool, or one priority for them"],
    )
    .unwrap_or_else(|difference| panic!("{difference}"));
    let whole = edited(&text, "overflow = \"minute\"", "overflow = \"request\"");
    let together = "«{ copilot = [\"units\", \"on-demand\"], nightly = [\"units\", \"on-demand\"] }»";
    judged(
        &edited(&whole, route, together),
        &["plan.committed.route: lets workloads of different priority meet at `units`, which spills whole requests; given: …; allowed: `overflow = \"minute\"` in the offer, or one priority for the workloads"],
    )
    .unwrap_or_else(|difference| panic!("{difference}"));
}
