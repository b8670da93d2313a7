//! Scenarios as text, run through the whole engine, and the rules by which an estimate agrees with a truth.

use std::fmt::Write;
use std::path::Path;
use tokentide::scenario::{self, Scenario};
use tokentide::simulation::{RunSpec, run};
use tokentide::statistics::{Distribution, Moments, quantile_by_selection};
use tokentide::tally::{Columns, Metric, Outcome, Row, Span};

/// The fixed seed and three others.
pub(crate) const SEEDS: [u64; 4] = [1, 2027, 0x5eed, 987_654_321];

/// Standard errors that an estimate may lie off.
const ERRORS: f64 = 4.0;

/// Largest standard error, as a share of the truth.
const RELATIVE: f64 = 0.01;

/// A scenario with what its run found.
pub(crate) struct Ran {
    pub(crate) scenario: Scenario,
    pub(crate) outcome: Outcome,
}

/// Resolves a scenario; the test fails with all of the file's problems.
pub(crate) fn resolve(text: &str, folder: &Path) -> Scenario {
    match scenario::parse("scenario.toml", text, folder, &[]) {
        Ok(loaded) => loaded.scenario,
        Err(error) => panic!("{error}\n{text}"),
    }
}

/// Runs a scenario.
pub(crate) fn simulate(text: &str, replications: u64, seed: u64) -> Ran {
    simulate_in(text, Path::new(""), replications, seed)
}

/// Runs a scenario whose files are in `folder`.
pub(crate) fn simulate_in(text: &str, folder: &Path, replications: u64, seed: u64) -> Ran {
    let scenario = resolve(text, folder);
    let spec = RunSpec { replications: Some(replications), seed: Some(seed), ..RunSpec::default() };
    let outcome = run(&scenario, &spec, &Columns).unwrap().summary;
    Ran { scenario, outcome }
}

impl Ran {
    /// Index of a plan.
    pub(crate) fn plan(&self, name: &str) -> usize {
        let plans = &self.scenario.supply.plans;
        plans.iter().position(|plan| plan.name == name).unwrap_or_else(|| {
            let names: Vec<&str> = plans.iter().map(|plan| plan.name.as_str()).collect();
            panic!("no plan {name} among {names:?}")
        })
    }

    /// One value per replication for the whole plan and horizon.
    pub(crate) fn column(&self, plan: &str, metric: Metric) -> Vec<f64> {
        self.outcome.column(&self.scenario, self.plan(plan), Row::All, Span::Horizon, metric).unwrap()
    }

    /// The same for one month.
    pub(crate) fn month(&self, plan: &str, month: usize, metric: Metric) -> Vec<f64> {
        self.outcome.column(&self.scenario, self.plan(plan), Row::All, Span::Month(month), metric).unwrap()
    }

    /// The value of what is the same in every replication.
    pub(crate) fn only(&self, plan: &str, metric: Metric) -> f64 {
        let column = self.column(plan, metric);
        assert!(column.iter().all(|x| x.to_bits() == column[0].to_bits()), "{plan}: {metric:?} varies: {column:?}");
        column[0]
    }
}

/// One hour of demand with exact tokens by class: input, cache read, cache write, output.
pub(crate) struct Hour {
    pub(crate) requests: f64,
    pub(crate) tokens: [f64; 4],
}

impl Hour {
    /// So many requests a minute of so many tokens each.
    pub(crate) fn of(per_minute: f64, request: [f64; 4]) -> Self {
        let requests = 60.0 * per_minute;
        Self { requests, tokens: request.map(|tokens| requests * tokens) }
    }

    /// Serves the hour, repeated over `head`'s horizon, under the offers and plans of `rest`.
    pub(crate) fn serve(&self, head: &str, class: &str, rest: &str) -> Ran {
        let folder = tempfile::tempdir().unwrap();
        let mut csv = "timestamp,requests,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens\n".to_owned();
        let [input, read, write, output] = self.tokens;
        for second in [0, 3600] {
            let _ = writeln!(csv, "{second},{},{input},{read},{write},{output}", self.requests);
        }
        std::fs::write(folder.path().join("hour.csv"), csv).unwrap();
        let workload = format!("[[workload]]\nname = \"w\"\nclass = \"{class}\"\nreplay = \"hour.csv\"\nrepeat = true\nminute = \"off\"\n");
        simulate_in(&[head, &workload, rest].concat(), folder.path(), 1, 1)
    }
}

/// The head of a scenario: a name and one flat month.
pub(crate) fn flat(hours: u32) -> String {
    flat_months(1, hours)
}

/// The head of a scenario: a name and flat months.
pub(crate) fn flat_months(months: u32, hours: u32) -> String {
    format!("name = \"validation\"\n[horizon]\nflat = {{ months = {months}, hours_per_month = {hours} }}\n")
}

/// An on-demand offer `on-demand` that takes everything at a price for every token.
pub(crate) fn on_demand(price: &str) -> String {
    format!("[[offer]]\nname = \"on-demand\"\nkind = \"on-demand\"\nprice = {{ input = \"{price}\" }}\n")
}

/// An offer `units` of fractional units.
pub(crate) fn units(capacity: &str, price: &str) -> String {
    format!(
        "[[offer]]\nname = \"units\"\nkind = \"provisioned\"\ncapacity = \"{capacity}\"\nincrement = \"any\"\n\
         terms = {{ \"none\" = \"{price}\" }}\n"
    )
}

/// A workload `w` whose hours come straight from a law: `law = "normal", mean = …`. `minute` is `"off"` with quotes, or a table.
pub(crate) fn plain(law: &str, minute: &str) -> String {
    format!("[[workload]]\nname = \"w\"\nclass = \"interactive\"\ndemand = {{ {law} }}\nminute = {minute}\n")
}

/// A plan for the workload `w`.
pub(crate) fn plan(name: &str, route: &[&str]) -> String {
    format!("[[plan]]\nname = \"{name}\"\nroute = {{ w = {route:?} }}\n")
}

/// A plan that buys so many `units` in turn; its plans are named `NAME/units=N`.
pub(crate) fn sweep(name: &str, route: &[&str], units: &[f64]) -> String {
    let mut text = plan(name, route);
    let _ = writeln!(text, "sweep = {{ units = {{ units = {units:?} }} }}");
    text
}

/// The name of a swept plan.
pub(crate) fn swept(name: &str, units: f64) -> String {
    format!("{name}/units={units}")
}

/// A number as a document prints it: within half of its last digit.
pub(crate) fn printed(given: f64, wanted: &str) {
    let places = wanted.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let number: f64 = wanted.parse().unwrap();
    // The slack lets an exact half of the last digit round either way.
    let half = 0.5 * 10_f64.powi(-i32::try_from(places).unwrap());
    assert!((given - number).abs() <= half * (1.0 + 1e-6), "{given} is not {wanted}");
}

/// An amount of money: to the cent.
pub(crate) fn cents(given: f64, wanted: f64) {
    assert!((given - wanted).abs() < 0.005, "{given} is not {wanted}");
}

/// Within four standard errors, which are at most 1 % of the truth.
pub(crate) fn agrees(what: &str, estimate: f64, error: f64, truth: f64) {
    assert!(error > 0.0 && error <= RELATIVE * truth.abs(), "{what}: the standard error {error} is no use for {truth}");
    let off = (estimate - truth) / error;
    assert!(off.abs() <= ERRORS, "{what}: {estimate} is {off:.2} standard errors from {truth}");
}

/// The mean of a column.
pub(crate) fn mean(what: &str, samples: &[f64], truth: f64) {
    let moments = Moments::from_slice(samples);
    agrees(&format!("mean of {what}"), moments.mean(), moments.standard_error().unwrap(), truth);
}

/// The standard deviation of a column. The variance of a sample variance is (m4 − s⁴) / n, and d√v = dv / 2√v.
pub(crate) fn sd(what: &str, samples: &[f64], truth: f64) {
    let moments = Moments::from_slice(samples);
    let n = samples.len() as f64;
    let fourth = samples.iter().map(|x| (x - moments.mean()).powi(4)).sum::<f64>() / n;
    let sd = moments.sd().unwrap();
    let error = ((fourth - sd.powi(4)) / n).sqrt() / (2.0 * sd);
    agrees(&format!("SD of {what}"), sd, error, truth);
}

/// A percentile of a column whose law has this density at the truth: the standard error is √(p (1 − p) / n) / density.
pub(crate) fn percentile(what: &str, samples: &[f64], p: f64, truth: f64, density: f64) {
    let error = (p * (1.0 - p) / samples.len() as f64).sqrt() / density;
    agrees(&format!("P{} of {what}", 100.0 * p), quantile_by_selection(&mut samples.to_vec(), p), error, truth);
}

/// The mean of the worst 5 % of a column.
pub(crate) fn cvar95(what: &str, samples: &[f64], truth: f64) {
    let summary = Distribution::from_samples(&mut samples.to_vec()).unwrap();
    agrees(&format!("CVaR95 of {what}"), summary.cvar95, summary.cvar95_se.unwrap(), truth);
}

/// How often something happens.
pub(crate) fn probability(what: &str, events: impl Iterator<Item = bool>, truth: f64) {
    let events: Vec<f64> = events.map(|event| f64::from(u8::from(event))).collect();
    mean(&format!("how often {what}"), &events, truth);
}
