//! Workloads and factors: levels, shapes, sizes, noise, spikes, events.

use super::case::{BASE, check, edited, judged};

const LEVEL: &str =
    "{ mean = \"1.94M tokens/h\", p10 = \"1.6M tokens/h\", p90 = \"2.3M tokens/h\", walk = { scale = 0.2, df = 4, kappa = 0.9 } }";
const DAYTIME: &str = "{ kind = \"steady-daytime\", peak = 14, width = 4.0, night = 0.25, weekend = 0.6 }";
const SPIKES: &str = "{ law = \"lognormal\", median = 0.7, sigma = 0.5 }";
const EVENT: &str = "{ at = 2027-02-15, factor = 2.5, ramp = \"14 days\" }";
const INPUT: &str = "input = { mean = 1500, p95 = 4000 }";
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

#[test]
fn sizes_and_minutes() {
    check(&[
        (
            "a P95 that no lognormal law has",
            INPUT,
            "input = { mean = 1500, p95 = «6000» }",
            "workload.copilot.tokens.input.p95: is 4.000 times the mean, which no lognormal law has; given: 6000; allowed: from 1 to 3.868 times the mean",
        ),
        (
            "a P95 below the mean",
            INPUT,
            "input = { mean = 1500, p95 = «1000» }",
            "workload.copilot.tokens.input.p95: is 0.667 times the mean, which no lognormal law has; given: 1000; allowed: …",
        ),
        (
            "requests of nothing",
            INPUT,
            "input = { mean = «0», p95 = 4000 }",
            "workload.copilot.tokens.input.mean: is out of range; given: 0; allowed: tokens a request, above 0, at most 1e9",
        ),
        (
            "requests of minus something",
            INPUT,
            "input = { mean = «-1500», p95 = 4000 }",
            "workload.copilot.tokens.input.mean: is out of range; given: -1500; allowed: …",
        ),
        (
            "a size with a unit",
            INPUT,
            "input = { mean = «\"1500 tokens\"», p95 = 4000 }",
            "workload.copilot.tokens.input.mean: is text where a number is needed; given: \"1500 tokens\"; allowed: a finite number",
        ),
        (
            "the spread twice",
            INPUT,
            "input = { mean = 1500, p95 = 4000, cv = «1.5» }",
            "workload.copilot.tokens.input.cv: says the spread a second time; given: 1.5; allowed: one of p95, cv, sigma",
        ),
        (
            "sizes of no mean",
            INPUT,
            "input = «»{ p95 = 4000 }",
            "workload.copilot.tokens.input.mean: is missing; given: nothing; allowed: mean tokens a request, a number above 0",
        ),
        (
            "a table of unequal length",
            INPUT,
            "input = «{ probabilities = [0, 1], values = [1, 2, 3] }»",
            "workload.copilot.tokens.input: has no table of sizes; given: …; allowed: as many `probabilities` as `values`, values of at least 0",
        ),
        (
            "input alone",
            "tokens = { input = { mean = 1500, p95 = 4000 }, output = { mean = 400, p95 = 900 }",
            "tokens = «»{ input = { mean = 1500 }",
            "workload.copilot.tokens.output: is missing; given: nothing; allowed: tokens a request, such as { mean = 400, p95 = 900 }",
        ),
        (
            "a cap of nothing",
            "max_tokens = 1024",
            "max_tokens = «0»",
            "workload.copilot.tokens.max_tokens: is out of range; given: 0; allowed: at least 1, at most 1e9",
        ),
        (
            "a full correlation",
            "max_tokens = 1024",
            "correlation = «1»",
            "workload.copilot.tokens.correlation: is out of range; given: 1; allowed: above -1 and below 1",
        ),
        (
            "more cached than there is",
            "cached_share = 0.0",
            "cached_share = 0.7, cache_write_share = «0.7»",
            "workload.copilot.tokens.cache_write_share: is too much beside cached_share; given: 0.7; allowed: shares that sum to at most 1",
        ),
        (
            "a total beside its parts",
            "max_tokens = 1024",
            "output_share = «0.1»",
            "workload.copilot.tokens.output_share: is about a total; given: 0.1; allowed: either `input` and `output`, or a total",
        ),
        (
            "a cap on a total",
            "output_share = 0.1",
            "output_share = 0.1, max_tokens = «100»",
            "workload.nightly.tokens.max_tokens: needs input and output apart; given: 100; allowed: `input` and `output` beside it",
        ),
        (
            "no noise to speak of",
            "fast = { sd = 0.2, ",
            "fast = { sd = «-0.2», ",
            "workload.copilot.noise.fast.sd: is out of range; given: -0.2; allowed: a standard deviation of the logarithm, from 0 to 3",
        ),
        (
            "noise of no memory",
            "fast = { sd = 0.2, half_life = \"2h\" }",
            "fast = «»{ sd = 0.2 }",
            "workload.copilot.noise.fast.half_life: is missing; given: nothing; allowed: `half_life`, such as \"2h\", or `autocorrelation`, 0 to below 1",
        ),
        (
            "a half-life without a unit",
            "half_life = \"2h\"",
            "half_life = «\"2\"»",
            "workload.copilot.noise.fast.half_life: has no unit of time; given: \"2\"; allowed: a span of time, such as \"2h\", \"30 min\" or \"14 days\"",
        ),
        (
            "a bare half-life",
            "half_life = \"2h\"",
            "half_life = «2»",
            "workload.copilot.noise.fast.half_life: is a bare number: its unit and denominator must be said; given: 2; allowed: a span of time, …",
        ),
        (
            "a negative variation of minutes",
            "minute = { floor = 3, c = 0.05, burstiness_sd = 0.5 }",
            "minute = { cv = «-0.3» }",
            "workload.copilot.minute.cv: is out of range; given: -0.3; allowed: a coefficient of variation from 0 to 10",
        ),
        (
            "minutes said twice",
            "minute = { floor = 3,",
            "minute = { cv = 0.3, floor = «3» } #",
            "workload.copilot.minute.floor: cannot stand beside `cv`; given: 3; allowed: either the total cv or its parts",
        ),
        (
            "fewer than Poisson",
            "floor = 3",
            "floor = «0.5»",
            "workload.copilot.minute.floor: is out of range; given: 0.5; allowed: at least 1, at most 1e6",
        ),
    ]);
}

#[test]
fn spikes_and_factors() {
    check(&[
        (
            "Pareto without a cap",
            SPIKES,
            "{ law = \"pareto\", scale = 0.5, alpha = «1.5» }",
            "workload.copilot.spikes.size.alpha: gives a law whose …; given: 1.5; allowed: …cap…",
        ),
        (
            "Pareto of no scale",
            SPIKES,
            "«{ law = \"pareto\", scale = 0, alpha = 3 }»",
            "workload.copilot.spikes.size: gives a law whose scale is 0; given: …; allowed: a finite number above 0",
        ),
        (
            "a height of unknown law",
            SPIKES,
            "{ law = «\"lognornal\"», median = 0.7, sigma = 0.5 }",
            "workload.copilot.spikes.size.law: is unknown; given: \"lognornal\"; allowed: \"lognormal\", \"pareto\"; did you mean \"lognormal\"?",
        ),
        (
            "a height by mean and median",
            SPIKES,
            "{ law = \"lognormal\", median = 0.7, mean = «0.7», sigma = 0.5 }",
            "workload.copilot.spikes.size.mean: cannot stand beside `median`; …",
        ),
        (
            "a height by neither",
            SPIKES,
            "«»{ law = \"lognormal\", sigma = 0.5 }",
            "workload.copilot.spikes.size.median: is missing; given: nothing; allowed: `median` or `mean`, a number above 0",
        ),
        (
            "a negative height",
            SPIKES,
            "{ law = \"lognormal\", median = «-0.7», sigma = 0.5 }",
            "workload.copilot.spikes.size.median: gives a law whose median is -0.7; given: -0.7; allowed: a finite number above 0",
        ),
        (
            "spikes of half an hour",
            "duration = \"3h\"",
            "duration = «\"30 min\"»",
            "workload.copilot.spikes.duration: …; given: \"30 min\"; allowed: …",
        ),
        (
            "spikes without a rate",
            "spikes = { rate = \"2/week\", duration",
            "spikes = «»{ duration",
            "workload.copilot.spikes.rate: is missing; given: nothing; allowed: `rate`, such as \"3/week\", or `probability` of a start in an idle hour",
        ),
        (
            "a bare rate",
            "rate = \"2/week\"",
            "rate = «2»",
            "workload.copilot.spikes.rate: is a bare number: its unit and denominator must be said; given: 2; allowed: a number per time, such as \"3/week\"",
        ),
        (
            "a thousand spikes an hour",
            "rate = \"2/week\"",
            "rate = «\"1000/h\"»",
            "workload.copilot.spikes.rate: is out of range; given: \"1000/h\"; allowed: at most 10/h",
        ),
        (
            "a sure spike",
            "rate = \"2/week\"",
            "probability = «1»",
            "workload.copilot.spikes.probability: is out of range; given: 1; allowed: a probability from 0 to below 1",
        ),
        (
            "an unknown factor",
            "factors = { popularity = 1.0 }",
            "factors = { «popularty» = 1.0 }",
            "workload.copilot.factors.popularty: …; allowed: popularity; did you mean `popularity`?",
        ),
        (
            "a loading too large",
            "factors = { popularity = 1.0 }",
            "factors = { popularity = «99» }",
            "workload.copilot.factors.popularity: is out of range; given: 99; allowed: a loading from -10 to 10",
        ),
        (
            "a factor of no memory",
            "[[factor]]\nname = \"popularity\"\nsd = 0.2\nhalf_life = \"48h\"",
            "«»[[factor]]\nname = \"popularity\"\nsd = 0.2",
            "factor.popularity.half_life: is missing; …",
        ),
        (
            "a negative factor",
            "sd = 0.2\nhalf",
            "sd = «-0.2»\nhalf",
            "factor.popularity.sd: is out of range; given: -0.2; allowed: a standard deviation of the logarithm, from 0 to 3",
        ),
        (
            "a second factor of the name",
            "[[offer]]\nname = \"on-demand\"",
            "[[factor]]\nname = «\"popularity\"»\nsd = 0.1\nconstant = true\n[[offer]]\nname = \"on-demand\"",
            "factor.popularity.name: is the name of another factor already; given: \"popularity\"; allowed: a name of its own",
        ),
    ]);
}

#[test]
fn events() {
    check(&[
        (
            "a date before the horizon",
            EVENT,
            "{ at = «2026-12-31», factor = 2 }",
            "workload.copilot.events.1.at: lies before the horizon; given: 2026-12-31; allowed: a date from 2027-01-01",
        ),
        (
            "an event without a time",
            EVENT,
            "«»{ factor = 2 }",
            "workload.copilot.events.1.at: is missing; given: nothing; allowed: `at` with a date, `at_month` (1 is the first) or `at_hour` (0 is the first)",
        ),
        (
            "an event at two times",
            EVENT,
            "«{ at = 2027-01-02, at_hour = 3, factor = 2 }»",
            "workload.copilot.events.1: says `at` in two ways…; allowed: one of at, at_month, at_hour",
        ),
        (
            "an event of no effect",
            EVENT,
            "«»{ at = 2027-01-02 }",
            "workload.copilot.events.1.factor: is missing; given: nothing; allowed: a `factor`, or `move` and `to`",
        ),
        (
            "an event that ends first",
            EVENT,
            "«{ at = 2027-01-09, until = 2027-01-02, factor = 2 }»",
            "workload.copilot.events.1: is over before it begins; given: …; allowed: an end after the beginning",
        ),
        (
            "a move to nowhere",
            EVENT,
            "{ at = 2027-01-09, move = \"40%\", to = «\"nightlyy\"» }",
            "workload.copilot.events.1.to: is no other workload; given: \"nightlyy\"; allowed: nightly; did you mean \"nightly\"?",
        ),
        (
            "a move to itself",
            EVENT,
            "{ at = 2027-01-09, move = \"40%\", to = «\"copilot\"» }",
            "workload.copilot.events.1.to: is no other workload; given: \"copilot\"; allowed: nightly",
        ),
        (
            "a move without where to",
            EVENT,
            "«»{ at = 2027-01-09, move = \"40%\" }",
            "workload.copilot.events.1.to: is missing; given: nothing; allowed: the name of the workload the share moves to",
        ),
        (
            "a move of more than all",
            EVENT,
            "{ at = 2027-01-09, move = «\"140%\"», to = \"nightly\" }",
            "workload.copilot.events.1.move: is no share of a whole; given: \"140%\"; allowed: …",
        ),
        (
            "a negative factor",
            EVENT,
            "{ at = 2027-01-09, factor = «-2» }",
            "workload.copilot.events.1.factor: is out of range; given: -2; allowed: a factor from 0 to 1e6",
        ),
        (
            "month 0",
            EVENT,
            "{ at_month = «0», factor = 2 }",
            "workload.copilot.events.1.at_month: is no month; given: 0; allowed: 1 for the first month, and up",
        ),
        (
            "a ramp without a unit",
            "ramp = \"14 days\"",
            "ramp = «14»",
            "workload.copilot.events.1.ramp: is a bare number: its unit and denominator must be said; given: 14; …",
        ),
        (
            "a misspelt end",
            EVENT,
            "{ at = 2027-01-09, «untill» = 2027-01-12, factor = 2 }",
            "workload.copilot.events.1.untill: is no field of the scenario here; given: untill; …; did you mean `until`?",
        ),
    ]);
}

/// A date means nothing where there is no calendar, and the complaint says what to write.
#[test]
fn an_event_with_a_date_on_flat_months() {
    let flat = edited(BASE, "start = 2027-01-01\nmonths = 2\ntime_zone = \"America/New_York\"", "flat = { months = 2 }");
    let text = edited(&flat, "at = 2027-02-15", "at = «2027-02-15»");
    let wanted = "workload.copilot.events.1.at: is a date, and flat months have none; given: 2027-02-15; allowed: `at_month` (1 is the first) or `at_hour`";
    judged(&text, &[wanted]).unwrap_or_else(|difference| panic!("{difference}"));
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
fn a_window_on_work_that_cannot_wait() {
    let text = edited(BASE, "deferrable_share = \"10%\"", "window = «\"24h\"»\ndeadline = «\"24h\"»");
    let text = edited(&text, ", \"copilot.deferrable\" = [\"batch\"]", "");
    let wanted = ["window", "deadline"].map(|field| {
        format!("workload.copilot.{field}: is about work that can wait, and all of this is served now; given: \"24h\"; allowed: `class = \"deferrable\"`, or a `deferrable_share`, beside it")
    });
    judged(&text, &[&wanted[0], &wanted[1]]).unwrap_or_else(|difference| panic!("{difference}"));
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
fn classes_and_names() {
    check(&[
        (
            "a class of another name",
            "class = \"interactive\"",
            "class = «\"realtime\"»",
            "workload.copilot.class: is unknown; given: \"realtime\"; allowed: \"interactive\", \"deferrable\"",
        ),
        (
            "a kind of another name",
            "class = \"interactive\"",
            "kind = «\"chats\"»",
            "workload.copilot.kind: is unknown; given: \"chats\"; allowed: \"chat\", \"api\", \"agents\", \"batch\"; did you mean \"chat\"?",
        ),
        (
            "a part that waits of what waits",
            "class = \"deferrable\"",
            "class = \"deferrable\"\ndeferrable_share = «\"10%\"»",
            "workload.nightly.deferrable_share: belongs to an interactive workload: all of this one can wait; given: \"10%\"; allowed: class = \"interactive\" beside it",
        ),
        (
            "a window of nothing",
            "window = \"24h\"\ndeadline",
            "window = «\"0h\"»\ndeadline",
            "workload.nightly.window: is not above zero; given: \"0h\"; allowed: a span of time, …",
        ),
        (
            "a bare deadline",
            "deadline = \"24h\"",
            "deadline = «24»",
            "workload.nightly.deadline: is a bare number: its unit and denominator must be said; given: 24; allowed: a span of time, …",
        ),
        (
            "one name twice",
            "name = \"nightly\"",
            "name = «\"copilot\"»",
            "workload.copilot.name: is the name of another workload already; given: \"copilot\"; allowed: a name of its own",
        ),
        ("a name that is missing", "[[workload]]\nname = \"nightly\"", "«»[[workload]]", "workload.2.name: is missing; given: nothing…"),
        (
            "a list that is a table",
            "events = [{ at = 2027-02-15, factor = 2.5, ramp = \"14 days\" }]",
            "events = «{ at = 2027-02-15, factor = 2.5 }»",
            "workload.copilot.events: is a table where a list is needed; …; allowed: a list",
        ),
        (
            "repeat without a replay",
            "class = \"interactive\"",
            "repeat = «true»",
            "workload.copilot.repeat: says how to read a file, and there is no `replay`; given: true; allowed: `replay` beside it",
        ),
    ]);
}
