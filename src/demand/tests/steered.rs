//! Steered demand: the same law, months that vary less from scramble to scramble, and nobody else's draws touched.

use super::*;
use crate::statistics::SCRAMBLES;

/// One workload with both autoregressions and white noise, and one of each that is left alone.
const STEERED: &str = r#"
[[workload]]
name = "a"
level = { mean = "1M tokens/h", sigma = 0.2, walk = "off" }
shape = { kind = "steady-daytime", peak = 14, width = 4, night = 0.25, weekend = 0.6 }
noise = { fast = { sd = 0.3, half_life = "6h" }, slow = { sd = 0.2, half_life = "48h" }, white = { sd = 0.1 } }
requests = { law = "negative-binomial", shape = 40 }
tokens = { mean = 1500, cv = 1.2, output_share = 0.25 }

[[workload]]
name = "table"
level = { mean = "1M tokens/h", sigma = 0.2, walk = "off" }
noise = { fast = { sd = 0.3, half_life = "6h" }, marginal = { quantiles = [0.5, 1, 2] } }
tokens = { mean = 1500, cv = 1.2, output_share = 0.25 }

[[workload]]
name = "law"
demand = { law = "gamma", mean = "1M tokens/h", cv = 0.5, autocorrelation = 0.5 }
"#;

fn steered() -> Demand {
    demand(STEERED, Horizon::flat(1, 240).unwrap())
}

/// Tokens of a workload's month, by replication.
fn months(demand: &Demand, workload: usize, sampling: Sampling, n: u64) -> Vec<f64> {
    let generator = demand.sampled(3, sampling);
    let mut draws = Draws::new();
    (0..n).map(|r| draws.draw(&generator, r).workloads[workload].tokens.iter().map(ByClass::total).sum()).collect()
}

/// Mean and variance of the means of interleaved groups, the replications of a scramble each.
fn spread(samples: &[f64]) -> (f64, f64) {
    let mut sums = [0.0; SCRAMBLES];
    samples.iter().enumerate().for_each(|(r, x)| sums[r % SCRAMBLES] += x);
    let n = SCRAMBLES as f64;
    let means = sums.map(|sum| sum * n / samples.len() as f64);
    let mean = means.iter().sum::<f64>() / n;
    (mean, means.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0) / n)
}

/// The mean of a month is the stated one, its standard deviation that of plain draws, and the spread of the mean far below theirs.
#[test]
fn a_month_keeps_its_law_and_its_mean_is_known_better() {
    let demand = steered();
    let n = 4096;
    let (even, plain) = (months(&demand, 0, Sampling::Sobol, n), months(&demand, 0, Sampling::Plain, n));
    let (mean, variance) = spread(&even);
    let truth = demand.expected_tokens(0, 0).total();
    assert!((mean - truth).abs() < 4.0 * 1.3 * variance.sqrt(), "{mean} against {truth}, {}", variance.sqrt());
    let sd = |samples: &[f64]| {
        let mean = samples.iter().sum::<f64>() / n as f64;
        (samples.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n as f64).sqrt()
    };
    // The error of a standard deviation is about sd / √(2n), larger for the lognormal's tails.
    let ratio = sd(&even) / sd(&plain);
    assert!((ratio - 1.0).abs() < 4.0 * 1.5 / (n as f64).sqrt(), "{ratio}");
    // F(15, 4095) is below 2.6 in all but one case of a thousand; at a gain of 20 nothing near 8 can come of chance.
    let gain = sd(&plain) * sd(&plain) / n as f64 / variance;
    assert!(gain > 8.0, "{gain}");
}

/// Every hour alone has the law of plain draws: mean and second moment of the first, a middle and the last hour.
#[test]
fn an_hour_keeps_its_law() {
    let demand = steered();
    let generator = demand.sampled(8, Sampling::Sobol);
    let mut draws = Draws::new();
    let n = 8192;
    let mut sums = [[0.0; 2]; 3];
    let mean = &demand.workloads[0].mean;
    for r in 0..n {
        let path = draws.draw(&generator, r);
        for (sum, hour) in sums.iter_mut().zip([0, 111, 239]) {
            let x = path.workloads[0].tokens[hour].total() / mean[hour];
            sum[0] += x;
            sum[1] += x * x;
        }
    }
    // ln x: .04 of the level, .09 + .04 + .01 of the noise; counts add 1/40 + (1 + cv²) / λ, and more than a few per cent only at night.
    let second = libm::exp(0.18);
    let error = ((second - 1.0) / n as f64).sqrt();
    for sum in sums {
        assert!((sum[0] / n as f64 - 1.0).abs() < 4.0 * error, "{sums:?}");
        assert!((sum[1] / n as f64 / second - 1.03).abs() < 0.12, "{sums:?}");
    }
}

#[test]
fn only_what_has_a_mean_to_steer_is_steered() {
    let demand = steered();
    let generator = demand.sampled(3, Sampling::Sobol);
    let steering = generator.steering().unwrap();
    let lifts = |workload: usize| (steering.of(workload).fast.is_some(), steering.of(workload).slow.is_some());
    assert_eq!((lifts(0), lifts(1), lifts(2)), ((true, true), (false, false), (false, false)));
    assert!(demand.generator(3).steering().is_none());
    let normals = steering.of(0).normals(5);
    let again = demand.sampled(3, Sampling::Sobol).steering().unwrap().of(0).normals(5);
    assert!((normals.level, normals.fast, normals.slow) == (again.level, again.fast, again.slow));
    // The law's own hours have nothing that is steered.
    assert!(months(&demand, 2, Sampling::Sobol, 3) == months(&demand, 2, Sampling::Plain, 3));
    assert!(months(&demand, 1, Sampling::Sobol, 3) != months(&demand, 1, Sampling::Plain, 3));
}

#[test]
fn points_do_not_depend_on_company() {
    let alone = demand(STEERED.split("[[workload]]\nname = \"table\"").next().unwrap(), Horizon::flat(1, 240).unwrap());
    assert_eq!(months(&alone, 0, Sampling::Sobol, 20), months(&steered(), 0, Sampling::Sobol, 20));
}

/// Means are known of laws that have them: not of few requests, of counts that vary much, nor of what receives tokens of such.
#[test]
fn means_are_known_where_the_laws_have_them() {
    const SIZES: &str = "tokens = { mean = 1000, cv = 1, output_share = 0.2 }\n";
    let known = |rest: &str| {
        let text = format!("[[workload]]\nname = \"a\"\nlevel = {{ mean = \"1M tokens/h\", sigma = 0.2 }}\n{rest}");
        demand(&text, Horizon::flat(2, 100).unwrap()).known_tokens(0, 0..2)
    };
    assert!((known(SIZES).unwrap() / 200e6 - 1.0).abs() < 1e-9);
    assert!(known(&format!("{SIZES}requests = {{ law = \"negative-binomial\", shape = 40 }}")).is_some());
    assert_eq!(known(&format!("{SIZES}requests = {{ law = \"negative-binomial\", shape = 5 }}")), None);
    let few = SIZES.replace("1000", "100000");
    assert_eq!(known(&few), None);
    assert!(known(&format!("{few}requests = \"none\"")).is_some());
    let receives = format!("{SIZES}[[workload]]\nname = \"b\"\nlevel = {{ mean = \"1M tokens/h\" }}\n{few}");
    assert!(known(&receives).is_some());
    assert_eq!(known(&format!("{receives}events = [{{ at_hour = 10, move = \"40%\", to = \"a\", tokens_factor = 1 }}]")), None);
}

/// Steering is the default where most tokens vary by what it leads, whatever the horizon's other workloads do.
#[test]
fn demand_is_steerable_where_most_tokens_are_led() {
    let tokens = "tokens = { mean = 1500, cv = 1.2, output_share = 0.25 }\n";
    let workload = |name: &str, level: &str, more: &str| {
        let level = format!("level = {{ mean = \"{level} tokens/h\", sigma = 0.2, walk = \"off\" }}\n");
        format!("[[workload]]\nname = \"{name}\"\n{}{more}\n{tokens}", if more.contains("level =") { "" } else { &level })
    };
    let is = |texts: &[String]| demand(&texts.concat(), Horizon::flat(1, 48).unwrap()).is_steerable();
    assert!(is(&[workload("a", "1M", "")]));
    assert!(is(&[workload(
        "a",
        "1M",
        "level = { mean = \"1M tokens/h\", walk = \"off\" }\nnoise = { slow = { sd = 0.2, half_life = \"9h\" } }"
    )]));
    for other in [
        "level = { mean = \"1M tokens/h\", walk = \"off\" }",
        "level = { mean = \"1M tokens/h\", sigma = 0.2, walk = { scale = 0.1 } }",
        "growth = { volatility = \"5%/month\" }",
        "on_off = { on = \"5h\", off = \"9h\", sd = 0.4 }",
        "noise = { fast = { sd = 0.3, half_life = \"6h\" }, marginal = { quantiles = [0.5, 1, 2] } }",
    ] {
        assert!(!is(&[workload("b", "1M", other)]), "{other}");
        assert!(is(&[workload("a", "2M", ""), workload("b", "1M", other)]), "{other}");
        assert!(!is(&[workload("a", "0.5M", ""), workload("b", "1M", other)]), "{other}");
    }
    let law = "[[workload]]\nname = \"law\"\ndemand = { law = \"gamma\", mean = \"1M tokens/h\", cv = 0.5, autocorrelation = 0.5 }\n";
    assert!(!is(&[law.to_owned()]));
}
