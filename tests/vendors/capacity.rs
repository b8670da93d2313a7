//! What requests take of quotas and units: the weighted tokens of a request, and the fewest units that throttle nothing.

use crate::entry::Entry;
use crate::support::{Hour, cents, flat, sweep, swept};
use tokentide::scenario;
use tokentide::supply::{Axis, OfferKind};
use tokentide::tally::{Metric, Row, Span};

/// A share below it is the rounding of a rate, not a token.
const NOTHING: f64 = 1e-12;

/// The quota peak is solved to a relative 1e-6.
const PEAK_ERROR: f64 = 1e-6;

/// Weights by class, in the order of an hour's tokens.
fn weights([input, read, write, output]: [f64; 4]) -> String {
    format!("{{ input = {input}, cache_read = {read}, cache_write = {write}, output = {output} }}")
}

/// An on-demand offer at 1 USD for every token with a quota in tokens a minute, and a plan that uses it alone.
fn quota(name: &str, rate: f64, counts: [f64; 4]) -> String {
    let weights = weights(counts);
    format!(
        "[[offer]]\nname = \"{name}\"\nkind = \"on-demand\"\n\
         price = {{ input = \"1 USD/token\", output = \"1 USD/token\", cache_read = \"1 USD/token\", cache_write = \"1 USD/token\" }}\n\
         quota = {{ rate = \"{rate} tokens/min\", weights = {weights} }}\n\
         [[plan]]\nname = \"{name}\"\nroute = {{ w = [\"{name}\"] }}\n"
    )
}

/// Weighted tokens a minute, as the engine finds them where nothing is throttled.
fn weighted(demand: &Hour, counts: [f64; 4]) -> f64 {
    let ran = demand.serve(&flat(1), "interactive", &quota("wide", 1e12, counts));
    let metric = Metric::PeakQuotaTokensPerMinute;
    ran.outcome.column(&ran.scenario, ran.plan("wide"), Row::Pool(0), Span::Horizon, metric).unwrap()[0]
}

pub(crate) fn is_peak(what: &str, peak: f64, wanted: f64) {
    assert!((peak / wanted - 1.0).abs() <= PEAK_ERROR, "{what}: {peak} is not {wanted}");
}

/// Units as a vendor sells them.
struct Units {
    /// What one serves, `4750 tokens/min`.
    capacity: String,
    counts: [f64; 4],
    minimum: f64,
    increment: f64,
}

impl Units {
    fn offer(&self) -> String {
        let Self { capacity, counts, minimum, increment } = self;
        let weights = weights(*counts);
        format!(
            "[[offer]]\nname = \"units\"\nkind = \"provisioned\"\ncapacity = \"{capacity}\"\nweights = {weights}\n\
             minimum = {minimum}\nincrement = {increment}\nterms = {{ \"none\" = \"1 USD/unit-hour\" }}\n"
        )
    }

    /// The axis that the scenario makes of them.
    fn axis(&self) -> Axis {
        let workload = "[[workload]]\nname = \"w\"\ndemand = { law = \"constant\", value = \"1 tokens/h\" }\nclass = \"interactive\"\n";
        let text = [&flat(1), workload, &self.offer(), &sweep("units", &["units"], &[0.0])].concat();
        let loaded = scenario::parse("scenario.toml", &text, std::path::Path::new(""), &[]).unwrap_or_else(|error| panic!("{error}"));
        match &loaded.scenario.supply.offers[0].kind {
            OfferKind::Provisioned(provisioned) => provisioned.axes[0],
            other => panic!("{other:?} is not provisioned"),
        }
    }

    /// The fewest units on sale that throttle nothing of a demand, and how many of them it uses.
    fn enough(&self, demand: &Hour) -> (f64, f64) {
        let axis = self.axis();
        let on_sale: Vec<f64> = (1..=1000).map(f64::from).filter(|&units| axis.allows(units)).collect();
        let ran = demand.serve(&flat(1), "interactive", &(self.offer() + &sweep("units", &["units"], &on_sale)));
        let throttles = |units: f64| ran.only(&swept("units", units), Metric::ThrottledShare) >= NOTHING;
        let fewest = on_sale.iter().position(|&units| !throttles(units)).unwrap_or_else(|| panic!("1000 units are not enough"));
        assert!(on_sale[fewest..].iter().all(|&units| !throttles(units)), "more than {} throttle again", on_sale[fewest]);
        let enough = on_sale[fewest];
        (enough, enough * ran.only(&swept("units", enough), Metric::Utilisation))
    }
}

/// Azure: cached prompt tokens do not count, an output token counts as many times as the model's ratio says.
pub(crate) fn ptu_sizing(entry: &Entry) {
    let (prompt, response) = (entry.input("prompt_tokens"), entry.input("response_tokens"));
    let (cached, ratio) = (entry.input("cache_rate") * prompt, entry.input("output_to_input_ratio"));
    let demand = Hour::of(entry.input("peak_rpm"), [prompt - cached, cached, 0.0, response]);
    let units = Units {
        capacity: format!("{} tokens/min", entry.input("input_tpm_per_ptu")),
        counts: [1.0, 0.0, 1.0, ratio],
        minimum: entry.input("min_ptu"),
        increment: entry.input("scale_increment"),
    };
    is_peak("normalised", weighted(&demand, units.counts), entry.expected("normalized_tpm"));
    for (result, counts) in [("input_tpm", [1.0, 1.0, 1.0, 0.0]), ("output_tpm", [0.0, 0.0, 0.0, 1.0])] {
        if entry.expects(result) {
            is_peak(result, weighted(&demand, counts), entry.expected(result));
        }
    }
    let (enough, used) = units.enough(&demand);
    entry.exactly("ptu_deploy", enough);
    entry.prints("ptu_raw", used);
    // No fewer whole units that would do are on sale.
    assert!(used.ceil() >= enough || !units.axis().allows(used.ceil()), "{used}");
}

/// Vertex: prompt tokens of text and audio, which are one class here and may not weigh differently.
pub(crate) fn gsu_sizing(entry: &Entry) {
    let weight = |class: &str| entry.part("weights", class);
    assert_eq!(weight("input_text").to_bits(), weight("input_audio").to_bits(), "the engine has one class of fresh prompt tokens");
    let query = [entry.input("input_text") + entry.input("input_audio"), 0.0, 0.0, entry.input("output_text")];
    let (input, output) = (weight("input_text"), weight("output_text"));
    let one_a_minute = Hour::of(1.0, query);
    for (result, counts) in
        [("in_adj", [input, 0.0, 0.0, 0.0]), ("out_adj", [0.0, 0.0, 0.0, output]), ("per_query", [input, 0.0, 0.0, output])]
    {
        is_peak(result, weighted(&one_a_minute, counts), entry.expected(result));
    }
    let demand = Hour::of(60.0 * entry.input("qps"), query);
    let units = Units {
        capacity: format!("{} tokens/s", entry.input("tokens_per_sec_per_gsu")),
        counts: [input, 0.0, 0.0, output],
        minimum: entry.input("increment"),
        increment: entry.input("increment"),
    };
    is_peak("tokens_per_sec", weighted(&demand, units.counts) / 60.0, entry.expected("tokens_per_sec"));
    let (enough, used) = units.enough(&demand);
    entry.exactly("gsu", enough);
    entry.prints("gsu_raw", used);
}

/// Cached prompt tokens of one request a minute, in units that serve one token a minute each; uncached ones burn as many as they are.
pub(crate) fn burndown(entry: &Entry) {
    let tokens = entry.input("cached_input_tokens");
    let units = Units { capacity: "1 tokens/min".to_owned(), counts: [1.0, entry.input("weight"), 1.0, 1.0], minimum: 1.0, increment: 1.0 };
    let (enough, used) = units.enough(&Hour::of(1.0, [0.0, tokens, 0.0, 0.0]));
    entry.exactly("burndown_tokens", enough);
    entry.exactly("burndown_tokens", used);
    let (uncached, _) = units.enough(&Hour::of(1.0, [tokens, 0.0, 0.0, 0.0]));
    assert_eq!(uncached.to_bits(), tokens.to_bits());
}

/// With one request a minute a quota of exactly `wanted` tokens a minute throttles nothing, one of a token less does, and the peak is
/// that number. Returns what a request is billed at 1 USD a token.
fn takes(request: [f64; 4], counts: [f64; 4], wanted: f64) -> f64 {
    let demand = Hour::of(1.0, request);
    let plans = quota("enough", wanted, counts) + &quota("short", wanted - 1.0, counts);
    let ran = demand.serve(&flat(1), "interactive", &plans);
    assert!(ran.only("enough", Metric::ThrottledShare) < NOTHING);
    for metric in [Metric::ThrottledShare, Metric::RequestsThrottledShare] {
        let short = ran.only("short", metric);
        assert!((short - 1.0 / wanted).abs() < 1e-9, "{metric:?}: {short} of {wanted}");
    }
    is_peak("quota", weighted(&demand, counts), wanted);
    ran.only("enough", Metric::CostTotal) / 60.0
}

/// Bedrock, once a request has settled: cache reads do not count, output tokens count as many times as the burndown says.
pub(crate) fn quota_final(entry: &Entry) {
    let request = [entry.input("input"), entry.input_or_0("cache_read"), entry.input_or_0("cache_write"), entry.input("output")];
    let billed = takes(request, [1.0, 0.0, 1.0, entry.input("burndown")], entry.expected("quota_tokens"));
    cents(billed, request.iter().sum());
    if entry.expects("billed_tokens") {
        cents(billed, entry.expected("billed_tokens"));
    }
}

/// Anthropic's limit of input tokens: cache reads are billed and not counted.
pub(crate) fn token_accounting(entry: &Entry) {
    let request = [entry.input("input_tokens"), entry.input("cache_read"), entry.input("cache_creation"), 0.0];
    cents(takes(request, [1.0, 0.0, 1.0, 0.0], entry.expected("itpm_counted")), entry.expected("total_input"));
}
