//! What every program ends with: means, percentiles and tails of each plan's cost and throttled tokens, and a line of JSON.

use serde_json::json;
use std::time::Duration;

const QUANTILES: [f64; 9] = [0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99];
/// Where 0.95 stands in `QUANTILES`.
const P95: usize = 7;

/// The summary of one column.
#[derive(Debug)]
pub struct Summary {
    pub mean: f64,
    pub mean_se: f64,
    pub quantiles: [f64; 9],
    /// The error of P95's rank, √(n p (1 − p)), times the spacing of the order statistics two such errors to either side.
    pub p95_se: f64,
    pub cvar95: f64,
}

impl Summary {
    /// Sorts the samples.
    pub fn new(samples: &mut [f64]) -> Self {
        samples.sort_unstable_by(f64::total_cmp);
        let n = samples.len();
        let (size, last) = (n as f64, n - 1);
        let mean = samples.iter().sum::<f64>() / size;
        let squares: f64 = samples.iter().map(|x| (x - mean) * (x - mean)).sum();
        let quantile = |p: f64| {
            let place = p * last as f64;
            let (below, above) = (place as usize, (place as usize + 1).min(last));
            samples[below] + place.fract() * (samples[above] - samples[below])
        };
        let rank_error = (size * 0.95 * 0.05).sqrt();
        let low = (0.95 * size - 2.0 * rank_error).max(0.0) as usize;
        let high = ((0.95 * size + 2.0 * rank_error) as usize).min(last);
        let tail = &samples[n - (n / 20).max(1)..];
        Self {
            mean,
            mean_se: (squares / (size - 1.0) / size).sqrt(),
            quantiles: QUANTILES.map(quantile),
            p95_se: rank_error * (samples[high] - samples[low]) / (high - low) as f64,
            cvar95: tail.iter().sum::<f64>() / tail.len() as f64,
        }
    }
}

/// Prints the line that `run.py` reads.
pub fn print(program: &str, form: &str, replications: u64, workload_hours: u64, took: Duration, costs: &[Summary], throttled: &[Summary]) {
    let list = |of: &[Summary], what: fn(&Summary) -> f64| of.iter().map(what).collect::<Vec<f64>>();
    let line = json!({
        "program": program,
        "form": form,
        "replications": replications,
        "seconds": took.as_secs_f64(),
        "ns_per_workload_hour": took.as_secs_f64() * 1e9 / (replications * workload_hours) as f64,
        "mean": list(costs, |s| s.mean),
        "mean_se": list(costs, |s| s.mean_se),
        "p95": list(costs, |s| s.quantiles[P95]),
        "p95_se": list(costs, |s| s.p95_se),
        "cvar95": list(costs, |s| s.cvar95),
        "throttled_mean": list(throttled, |s| s.mean),
        "throttled_se": list(throttled, |s| s.mean_se),
    });
    println!("{line}");
}
