//! Tests of the whole demand: means, streams, moves, pinned draws and the messages of bad scenarios.

mod late;
mod steered;

use super::*;
use crate::spec::Spec;
use crate::spec_table;
use std::fmt::Write;
use std::path::Path;

spec_table! {
    /// A scenario's demand.
    struct RootSpec {
        /// Workloads.
        list workload: WorkloadSpec,
        /// Factors.
        list factor: FactorSpec,
    }
}

/// The demand, or the errors; and the warnings and assumed values as text.
fn resolve(text: &str, horizon: Horizon) -> (Option<Demand>, String) {
    let mut reader = Reader::new("a.toml", text, Path::new("."));
    let (node, at) = reader.parse(&[]).expect("TOML");
    let demand = RootSpec::read(&node, &at, &mut reader)
        .and_then(|root| Demand::resolve(&root.workload, &root.factor, &Arc::new(horizon), &mut reader));
    let notes = match reader.finish() {
        Ok((resolved, warnings)) => {
            let notes: Vec<String> = resolved.iter().map(|r| format!("{} = {} ({}) {}", r.path, r.value, r.provenance, r.note)).collect();
            format!("{}\n{}", notes.join("\n"), warnings.join("\n"))
        }
        Err(error) => {
            assert!(demand.is_none(), "{error}");
            error.to_string()
        }
    };
    (demand, notes)
}

fn demand(text: &str, horizon: Horizon) -> Demand {
    let (demand, notes) = resolve(text, horizon);
    demand.unwrap_or_else(|| panic!("{notes}"))
}

/// Everything on, in two workloads with a factor and a move.
const RICH: &str = r#"
[[factor]]
name = "market"
sd = 0.15
half_life = "24h"

[[workload]]
name = "chat"
level = { mean = "1.5M tokens/h", sigma = 0.2, walk = { scale = 0.1 } }
shape = { kind = "steady-daytime", peak = 14, width = 4, night = 0.25, weekend = 0.6 }
growth = { drift = "3%/month", volatility = "5%/month" }
season = [1.1, 0.9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
noise = { fast = { sd = 0.2, half_life = "2h" }, slow = { sd = 0.2, half_life = "48h" }, white = { sd = 0.05 } }
on_off = { on = "30h", off = "3h", sd = 0.1 }
spikes = { rate = "3/week", duration = "3h", size = { law = "lognormal", median = 0.8, sigma = 0.6 } }
requests = { law = "negative-binomial", shape = 40 }
tokens = { input = { mean = 1500, p95 = 4000 }, output = { mean = 400, cv = 1, law = "gamma" }, correlation = 0.2, max_tokens = 1024, cached_share = 0.2, cache_write_share = 0.1, drift = {} }
minute = { floor = 2.5, c = 0.05, burstiness_sd = 0.5 }
factors = { market = 1 }
events = [{ at_month = 2, factor = 1.5, ramp = "48h" }, { at_hour = 300, move = "40%", to = "small", tokens_factor = 1.3 }]

[[workload]]
name = "small"
level = { median = "20k tokens/h", sigma = 0.3 }
tokens = { mean = 3000, cv = 2, output_share = "25%" }
factors = { market = -0.5 }
"#;

struct Draws {
    path: DemandPath,
    scratch: DemandScratch,
}

impl Draws {
    fn new() -> Self {
        Self { path: DemandPath::default(), scratch: DemandScratch::default() }
    }

    fn draw(&mut self, generator: &DemandGenerator<'_>, replication: u64) -> &DemandPath {
        generator.generate(replication, &mut self.path, &mut self.scratch);
        &self.path
    }
}

/// The mean of every month and class against [`Demand::expected_tokens`], within 4 standard errors, with everything on.
#[test]
fn expected_tokens_are_the_mean() {
    let demand = demand(RICH, Horizon::flat(2, 200).unwrap());
    let generator = demand.generator(3);
    let n = 5000;
    let mut sums = vec![[(0.0, 0.0); 4]; 4];
    let mut draws = Draws::new();
    for replication in 0..n {
        let path = draws.draw(&generator, replication);
        for (cell, sums) in sums.iter_mut().enumerate() {
            let month = path.workloads[cell / 2].tokens[demand.horizon().month_range(cell % 2)].iter();
            let tokens = month.fold(ByClass::ZERO, |sum, tokens| sum + *tokens).to_array();
            for (sum, x) in sums.iter_mut().zip(tokens) {
                *sum = (sum.0 + x, sum.1 + x * x);
            }
        }
    }
    for (cell, sums) in sums.iter().enumerate() {
        let want = demand.expected_tokens(cell / 2, cell % 2).to_array();
        for ((sum, squares), want) in sums.iter().zip(want) {
            let mean = sum / n as f64;
            let se = ((squares / n as f64 - mean * mean) / n as f64).sqrt();
            assert!((mean - want).abs() <= 4.0 * se, "cell {cell}: {mean} against {want} ± {se}");
            assert!(se <= 0.01 * want, "cell {cell}: {se} of {want}");
        }
    }
    let total = |demand: &Demand| demand.expected_tokens(0, 1).total();
    assert!((total(&demand.scaled(0.8)) / total(&demand) - 0.8).abs() < 1e-12);
    assert!((total(&demand.with_growth(0.1)) / total(&demand) - libm::exp(0.2)).abs() < 1e-12);
}

/// One whole replication, pinned: a change of these values is a value-breaking change.
#[test]
fn a_replication_is_pinned() {
    let demand = demand(RICH, Horizon::flat(2, 400).unwrap());
    let mut draws = Draws::new();
    let path = draws.draw(&demand.generator(1), 7).clone();
    let pin = |workload: usize| {
        let path = &path.workloads[workload];
        let sum = path.tokens.iter().fold(ByClass::ZERO, |sum, tokens| sum + *tokens);
        [sum.input, sum.cache_read, sum.cache_write, sum.output, path.requests.iter().sum(), path.tokens[450].output]
    };
    let want = PINS;
    for (workload, want) in want.iter().enumerate() {
        for (got, want) in pin(workload).iter().zip(want) {
            assert!((got - want).abs() <= 1e-12 * want, "{:?}", [pin(0), pin(1)]);
        }
    }
}

const PINS: [[f64; 6]; 2] = [
    [
        669_226_461.801_710_4,
        191_207_560.514_774_5,
        95_603_780.257_387_25,
        219_948_529.646_573_4,
        656_593.704_903_720_2,
        283_112.109_991_480_2,
    ],
    [435_132_147.511_897_4, 0.0, 0.0, 145_044_049.170_632_8, 193_250.297_687_740_94, 424_946.761_903_793_2],
];

fn bits(path: &WorkloadPath) -> Vec<u64> {
    let tokens = path.tokens.iter().flat_map(ByClass::to_array);
    tokens.chain(path.requests.iter().copied()).map(f64::to_bits).collect()
}

/// Neither another workload, nor the order of replications, nor used memory changes a draw.
#[test]
fn draws_do_not_depend_on_company() {
    let without_moves = RICH.replace(", { at_hour = 300, move = \"40%\", to = \"small\", tokens_factor = 1.3 }", "");
    let three = format!(
        "[[workload]]\nname = \"other\"\nkind = \"agents\"\nlevel = {{ mean = \"1M tokens/h\" }}\ntokens = {{ mean = 100, output_share = 0.5 }}\n{without_moves}"
    );
    let horizon = || Horizon::flat(1, 200).unwrap();
    let (two, three) = (demand(&without_moves, horizon()), demand(&three, horizon()));
    let (mut a, mut b) = (Draws::new(), Draws::new());
    b.draw(&three.generator(5), 9);
    let alone = a.draw(&two.generator(5), 4).clone();
    let among = b.draw(&three.generator(5), 4);
    assert_eq!(bits(&alone.workloads[0]), bits(&among.workloads[1]));
    assert_eq!(bits(&alone.workloads[1]), bits(&among.workloads[2]));
    assert_ne!(bits(&alone.workloads[0]), bits(&a.draw(&two.generator(6), 4).workloads[0]));
}

/// A share that moves takes its tokens away here and adds them there, times the stated factor, hour by hour.
#[test]
fn a_move_conserves_tokens_but_for_its_factor() {
    let text = r#"
[[workload]]
name = "a"
demand = { law = "constant", value = "1000 tokens/h" }
events = [{ at_hour = 10, until_hour = 20, move = "40%", to = "b", tokens_factor = 1.3, ramp = "4h" }]
[[workload]]
name = "b"
demand = { law = "constant", value = "500 tokens/h" }
events = [{ at_hour = 10, factor = 2 }]
"#;
    let demand = demand(text, Horizon::flat(1, 30).unwrap());
    let mut draws = Draws::new();
    let path = draws.draw(&demand.generator(1), 0);
    let at = |workload: usize, hour: usize| path.workloads[workload].tokens[hour].input;
    assert_eq!([at(0, 9), at(1, 9)], [1000.0, 500.0]);
    assert!((at(0, 10) - (1000.0 - 50.0)).abs() < 1e-9 && (at(1, 10) - (1000.0 + 65.0)).abs() < 1e-9);
    assert!((at(0, 19) - 600.0).abs() < 1e-9 && (at(1, 19) - 1520.0).abs() < 1e-9);
    assert_eq!([at(0, 20), at(1, 20)], [1000.0, 1000.0]);
    assert!((demand.expected_tokens(0, 0).total() - path.workloads[0].tokens.iter().map(ByClass::total).sum::<f64>()).abs() < 1e-6);
}

/// VALIDATION C5: a level of median 1 and sigma .3 on flat demand: mean and sd of the month.
#[test]
fn level_risk() {
    let text = r#"
[[workload]]
name = "a"
level = { median = "1k tokens/h", sigma = 0.3, walk = "off" }
requests = "none"
tokens = { mean = 10, cv = 1, output_share = 0 }
minute = "off"
"#;
    let demand = demand(text, Horizon::flat(1, 730).unwrap());
    let generator = demand.generator(1);
    let mut draws = Draws::new();
    let n = 20_000;
    let months: Vec<f64> =
        (0..n).map(|r| draws.draw(&generator, r).workloads[0].tokens.iter().map(ByClass::total).sum::<f64>() / 1000.0).collect();
    let mean = months.iter().sum::<f64>() / n as f64;
    assert!((mean - 763.600_337_7).abs() < 4.0 * 234.332_364_4 / (n as f64).sqrt(), "{mean}");
    assert!((demand.expected_tokens(0, 0).total() / 763_600.337_7 - 1.0).abs() < 1e-9);
}

#[test]
fn kinds_fill_what_is_not_given_and_say_so() {
    let text = |kind: &str| {
        format!(
            "[[workload]]\nname = \"a\"\nkind = \"{kind}\"\nlevel = {{ mean = \"1M tokens/h\" }}\ntokens = {{ mean = 2000, output_share = 0.2 }}"
        )
    };
    for kind in ["chat", "api", "agents", "batch"] {
        let (demand, notes) = resolve(&text(kind), Horizon::flat(1, 336).unwrap());
        let demand = demand.unwrap_or_else(|| panic!("{notes}"));
        for key in ["shape", "noise", "level.walk", "minute", "tokens.cv", "tokens.drift", "class"] {
            assert!(notes.contains(&format!("workload.a.{key} = ")), "{kind}: {key}\n{notes}");
        }
        assert!(notes.contains("measured on public traces"));
        assert_eq!(demand.workloads[0].class == Class::Deferrable, kind == "batch");
        let mut draws = Draws::new();
        let path = draws.draw(&demand.generator(1), 0);
        assert!(path.workloads[0].tokens.iter().all(|tokens| tokens.total().is_finite() && tokens.total() >= 0.0));
    }
    let (_, notes) = resolve(&text("chat").replace("kind = \"chat\"\n", ""), Horizon::flat(1, 336).unwrap());
    assert!(notes.contains("treated as known"), "{notes}");
}

#[test]
fn every_fault_is_told() {
    let base = |rest: &str| {
        format!("[[workload]]\nname = \"a\"\nlevel = {{ mean = \"1M tokens/h\" }}\ntokens = {{ mean = 2000, output_share = 0.2 }}\n{rest}")
    };
    for (text, messages) in [
        ("[[workload]]\nname = \"=cmd|'/C calc'!A0\"\ndemand = { law = \"constant\", value = \"1 tokens/h\" }".to_owned(), vec!["formula"]),
        ("[[workload]]\nname = \"a\"".to_owned(), vec!["workload.a.level: is missing"]),
        (base("demand = { law = \"constant\", value = \"1 tokens/h\" }"), vec!["cannot stand beside"]),
        (base("noise = { fast = { sd = 9, half_life = \"2h\" } }\nseason = [1, 2]\nfactors = { x = 1 }"), vec!["from 0 to 3", "twelve", "no factor"]),
        (base("deferrable_share = 2"), vec!["deferrable_share: is out of range"]),
        (base("class = \"deferrable\"\ndeferrable_share = 0.5"), vec!["all of this one can wait"]),
        (base("minute = { cv = 0.3, floor = 2 }"), vec!["cannot stand beside `cv`"]),
        (base("usage_model = \"x\""), vec!["there is no `usage`"]),
        (base("kind = \"chatt\""), vec!["did you mean \"chat\"?"]),
        (format!("{}\n{}", base(""), base("")), vec!["another workload"]),
        ("[[workload]]\nname = \"a\"\nreplay = \"no-such.csv\"".to_owned(), vec!["no-such.csv"]),
        (
            "[[workload]]\nname = \"a\"\nlevel = { mean = \"1 tokens/h\" }\ntokens = { input = { mean = 10, p95 = 40 }, output = { mean = 0 } }".to_owned(),
            vec!["4.000 times the mean", "above 0"],
        ),
    ] {
        let (demand, notes) = resolve(&text, Horizon::flat(1, 730).unwrap());
        assert!(demand.is_none(), "{text}");
        for message in messages {
            assert!(notes.contains(message), "{text}\n{notes}");
        }
    }
}

/// Ten days of usage with a level of its own: means by hour of the day, the measured notes, and requests that follow the tokens.
#[test]
fn usage_keeps_its_means() {
    let folder = tempfile::tempdir().unwrap();
    let mut csv = "timestamp,requests,input_tokens,output_tokens\n".to_owned();
    for hour in 0..240_u32 {
        let busy = 10 + hour % 24 + 5 * (hour / 24 % 3);
        let (day, hour, input, output) = (1 + hour / 24, hour % 24, 100 * busy, 20 * busy);
        writeln!(csv, "2026-09-{day:02}T{hour:02}:00:00Z,{busy},{input},{output}").unwrap();
    }
    std::fs::write(folder.path().join("usage.csv"), csv).unwrap();
    let text = "[[workload]]\nname = \"a\"\nusage = \"usage.csv\"\nlevel = { scale = 2, sigma = 0.1, walk = { scale = 0.1, df = 5 } }\n";
    let mut reader = Reader::new("a.toml", text, folder.path());
    let (node, at) = reader.parse(&[]).unwrap();
    let root = RootSpec::read(&node, &at, &mut reader).unwrap();
    let horizon = Arc::new(Horizon::flat(1, 200).unwrap());
    let demand = Demand::resolve(&root.workload, &root.factor, &horizon, &mut reader).unwrap_or_else(|| panic!("{:?}", reader.finish()));
    let generator = demand.generator(2);
    let mut draws = Draws::new();
    let n = 8000;
    let (mut sum, mut squares) = (0.0, 0.0);
    for replication in 0..n {
        let path = &draws.draw(&generator, replication).workloads[0];
        let total: f64 = path.tokens.iter().map(ByClass::total).sum();
        let requests: f64 = path.requests.iter().sum();
        assert!((total / requests - 120.0).abs() < 1e-6);
        sum += total;
        squares += total * total;
    }
    let mean = sum / n as f64;
    let se = ((squares / n as f64 - mean * mean) / n as f64).sqrt();
    let want = demand.expected_tokens(0, 0);
    assert!((mean - want.total()).abs() < 4.0 * se && se < 0.01 * mean, "{mean} against {} ± {se}", want.total());
    assert!((want.output / want.total() - 1.0 / 6.0).abs() < 1e-12);
}
