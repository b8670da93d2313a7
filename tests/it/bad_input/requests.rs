//! Workloads: sizes of requests, noise, minutes, spikes and shared factors.

use super::case::check;

const INPUT: &str = "input = { mean = 1500, p95 = 4000 }";
const SPIKES: &str = "{ law = \"lognormal\", median = 0.7, sigma = 0.5 }";

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
            "{ law = \"pareto\", scale = «0», alpha = 3 }",
            "workload.copilot.spikes.size.scale: gives a law whose scale is 0; given: 0; allowed: a finite number above 0",
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
