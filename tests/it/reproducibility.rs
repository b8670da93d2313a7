//! Same scenario, seed and replications give the same bits, whatever the threads, the length of the run and what else is in the file.

use crate::validation::support::resolve;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use tokentide::scenario::Scenario;
use tokentide::simulation::{BATCH, Run, RunSpec, run};
use tokentide::tally::{Columns, Metric, Outcome, Row, Span};

/// Two workloads that draw in every way there is, a shared factor, units of unknown throughput, and a pool.
const SCENARIO: &str = r#"
name = "reproducible"
[horizon]
flat = { months = 2, hours_per_month = 60 }
[limits]
throttled_requests_share = "1%"

[[factor]]
name = "market"
sd = 0.2
half_life = "24h"

[[offer]]
name = "on-demand"
kind = "on-demand"
price = { input = "3 USD/1M tokens", output = "15 USD/1M tokens", cache_read = "0.3 USD/1M tokens", cache_write = "3.75 USD/1M tokens" }
quota = { rate = "60k tokens/min", weights = { input = 1, output = 5, cache_read = 0, cache_write = 1 } }

[[offer]]
name = "units"
kind = "provisioned"
capacity = { low = "20k tokens/min", high = "30k tokens/min" }
weights = { input = 1, output = 5, cache_read = 0.1, cache_write = 1.25 }
terms = { "none" = "4 USD/unit-hour", "1 month" = "3 USD/unit-hour" }

[[offer]]
name = "batch"
kind = "batch"
price = { input = "1.5 USD/1M tokens", output = "7.5 USD/1M tokens" }
window = "24h"
minimum_records = 100

[[workload]]
name = "chat"
kind = "chat"
level = { mean = "1M tokens/h", p10 = "0.8M tokens/h", p90 = "1.25M tokens/h" }
growth = { drift = "3%/month", volatility = "5%/month" }
spikes = { rate = "2/week", duration = "3h", size = { law = "pareto", scale = 0.5, alpha = 2.2, cap = 6.0 } }
tokens = { input = { mean = 1500, p95 = 4000 }, output = { mean = 400, p95 = 900 }, cached_share = 0.2 }
factors = { market = 1.0 }

[[workload]]
name = "agents"
kind = "agents"
level = { mean = "600k tokens/h", p10 = "0.4M tokens/h", p90 = "0.85M tokens/h" }
requests = { law = "negative-binomial", shape = 40 }
tokens = { mean = 6000, cv = 1.5, law = "gamma", output_share = 0.15 }
factors = { market = 0.5 }

[[workload]]
name = "nightly"
class = "deferrable"
kind = "batch"
level = { mean = "400k tokens/h" }
tokens = { mean = 3000, output_share = 0.1 }

[[plan]]
name = "all on-demand"
route = { chat = ["on-demand"], agents = ["on-demand"], nightly = ["batch", "on-demand"] }

[[plan]]
name = "committed"
route = { chat = ["units", "on-demand"], agents = ["units", "on-demand"], nightly = ["batch", "on-demand"] }
sweep = { units = { units = "0..=3" }, term = { units = ["none", "1 month"] } }
"#;

/// One workload whose columns are few, for long runs.
const SMALL: &str = r#"
name = "small"
[horizon]
flat = { months = 1, hours_per_month = 12 }
[[offer]]
name = "on-demand"
kind = "on-demand"
price = { input = "3 USD/1M tokens", output = "15 USD/1M tokens" }
[[workload]]
name = "chat"
kind = "chat"
level = { mean = "1M tokens/h", p10 = "0.8M tokens/h", p90 = "1.25M tokens/h" }
tokens = { mean = 2000, output_share = 0.2 }
[[plan]]
name = "all on-demand"
route = { chat = ["on-demand"] }
"#;

fn scenario(text: &str) -> Scenario {
    resolve(text, Path::new(""))
}

fn runs(scenario: &Scenario, spec: RunSpec<'_>) -> Run<Outcome> {
    run(scenario, &spec, &Columns).unwrap()
}

fn with(replications: u64, threads: usize) -> RunSpec<'static> {
    RunSpec { replications: Some(replications), threads: Some(threads), ..RunSpec::default() }
}

/// A column by plan, row, month (`None` for the horizon) and metric, as bits.
type Column = (String, String, Option<usize>, Metric, Vec<u64>);

/// Every column of an outcome.
fn columns(scenario: &Scenario, outcome: &Outcome) -> Vec<Column> {
    let mut columns = Vec::new();
    for (index, plan) in scenario.supply.plans.iter().enumerate() {
        for (row, label) in outcome.rows(scenario, index) {
            let months = (0..scenario.horizon.months()).map(Some).chain([None]);
            for month in months {
                for metric in Metric::ALL {
                    let span = month.map_or(Span::Horizon, Span::Month);
                    if let Some(column) = outcome.column(scenario, index, row, span, metric) {
                        let label = match row {
                            Row::All => label.clone(),
                            Row::Pool(_) => format!("pool {label}"),
                            Row::Member(_) => format!("member {label}"),
                        };
                        columns.push((plan.name.clone(), label, month, metric, column.iter().map(|x| x.to_bits()).collect()));
                    }
                }
            }
        }
    }
    columns
}

/// The same columns, cut to their first replications.
fn first(columns: &[Column], replications: usize) -> Vec<Column> {
    let cut = |c: &Column| (c.0.clone(), c.1.clone(), c.2, c.3, c.4[..replications].to_vec());
    columns.iter().map(cut).collect()
}

fn assert_same(a: &[Column], b: &[Column]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!(a == b, "{} / {} / {:?} / {:?} differs", a.0, a.1, a.2, a.3);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let scenario = scenario(SCENARIO);
    let one = columns(&scenario, &runs(&scenario, with(700, 1)).summary);
    assert!(one.len() > 1000, "{}", one.len());
    let varies = one.iter().filter(|column| column.4.windows(2).any(|pair| pair[0] != pair[1])).count();
    assert!(varies * 3 > one.len(), "only {varies} of {} columns vary", one.len());
    for threads in [2, 7] {
        assert_same(&one, &columns(&scenario, &runs(&scenario, with(700, threads)).summary));
    }
    let other = columns(&scenario, &runs(&scenario, RunSpec { seed: Some(2), ..with(700, 2) }).summary);
    assert!(one != other, "another seed draws other futures");
}

/// The same of evenly sampled futures, which are other ones. Another workload beside them changes none of theirs.
#[test]
fn even_samples_are_the_same_whatever_the_threads_and_the_length() {
    let text = format!("sampling = \"sobol\"{SCENARIO}");
    let sobol = scenario(&text);
    let one = columns(&sobol, &runs(&sobol, with(300, 1)).summary);
    for threads in [2, 7] {
        assert_same(&one, &columns(&sobol, &runs(&sobol, with(300, threads)).summary));
    }
    assert_same(&first(&one, 100), &columns(&sobol, &runs(&sobol, with(100, 2)).summary));
    let plain = scenario(SCENARIO);
    assert!(one != columns(&plain, &runs(&plain, with(300, 2)).summary));
    let told = scenario(&format!("sampling = \"plain\"{SCENARIO}"));
    assert_same(&columns(&plain, &runs(&plain, with(100, 2)).summary), &columns(&told, &runs(&told, with(100, 2)).summary));
}

#[test]
fn any_number_of_threads_gives_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("reproducible.toml");
    // Short, because the command also looks for what would flip its answer.
    let short = SCENARIO.replace("hours_per_month = 60", "hours_per_month = 12").replace("0..=3", "0..=1");
    std::fs::write(&file, short).unwrap();
    let files = |threads: &str| -> Vec<(String, Vec<u8>)> {
        let out = folder.path().join(format!("out-{threads}"));
        let output = Command::new(env!("CARGO_BIN_EXE_tokentide"))
            .args(["run", "--replications", "600", "--seed", "3", "--samples", "--quiet", "--threads", threads, "--out"])
            .arg(&out)
            .arg(&file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let entries = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<(String, Vec<u8>)> =
            entries.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap())).collect();
        files.sort();
        files
    };
    let one = files("1");
    let names: Vec<&str> = one.iter().map(|file| file.0.as_str()).collect();
    assert_eq!(
        names,
        ["flips.csv", "horizon.csv", "monthly.csv", "percentiles.csv", "plans.csv", "quarterly.csv", "samples.csv", "summary.json"]
    );
    for threads in ["2", "7"] {
        for (a, b) in one.iter().zip(files(threads)) {
            assert!(a == &b, "{} differs at {threads} threads", a.0);
        }
    }
}

#[test]
fn a_longer_run_begins_like_a_shorter_one() {
    let small = scenario(SMALL);
    let long = columns(&small, &runs(&small, with(10_000, 2)).summary);
    let short = columns(&small, &runs(&small, with(1_000, 2)).summary);
    assert_same(&first(&long, 1_000), &short);
    let rich = scenario(SCENARIO);
    let long = columns(&rich, &runs(&rich, with(600, 2)).summary);
    for replications in [1, 255, 257] {
        assert_same(&first(&long, replications), &columns(&rich, &runs(&rich, with(replications as u64, 2)).summary));
    }
}

/// A further workload and a further plan, both before the others so that every index shifts.
#[test]
fn company_does_not_change_a_column() {
    let pools = |columns: Vec<Column>| columns.into_iter().filter(|c| c.1 != "all").collect::<Vec<_>>();
    let further_workload = "[[workload]]\nname = \"another\"\nkind = \"api\"\nlevel = { mean = \"1M tokens/h\" }\n\
        tokens = { mean = 2000, output_share = 0.2 }\n\n[[workload]]\nname = \"chat\"";
    let further_plan = "[[plan]]\nname = \"units alone\"\n\
        route = { chat = [\"units\"], agents = [\"on-demand\"], nightly = [\"on-demand\"] }\nterm = { units = \"none\" }\n\
        units = { units = 5 }\n\n[[plan]]\nname = \"all on-demand\"";
    let own_offer = "[[offer]]\nname = \"elsewhere\"\nkind = \"on-demand\"\nprice = { input = \"1 USD/1M tokens\", output = \"2 USD/1M tokens\" }\n\n\
        [[offer]]\nname = \"batch\"";
    let base = scenario(SCENARIO);
    let without = columns(&base, &runs(&base, with(300, 2)).summary);

    let plan = scenario(&SCENARIO.replace("[[plan]]\nname = \"all on-demand\"", further_plan).replacen(
        "name =",
        "baseline = \"all on-demand\"\nname =",
        1,
    ));
    let with_plan: Vec<Column> = columns(&plan, &runs(&plan, with(300, 2)).summary).into_iter().filter(|c| c.0 != "units alone").collect();
    assert_same(&without, &with_plan);

    let text = SCENARIO
        .replace("[[workload]]\nname = \"chat\"", further_workload)
        .replace("[[offer]]\nname = \"batch\"", own_offer)
        .replace("route = { chat", "route = { another = [\"elsewhere\"], chat");
    let more = scenario(&text);
    let with_workload: Vec<Column> =
        columns(&more, &runs(&more, with(300, 2)).summary).into_iter().filter(|c| !c.1.contains("another")).collect();
    assert_same(&pools(without), &pools(with_workload));
}

/// A run that is stopped after some batches is the shorter run.
#[test]
fn a_stopped_run_is_a_shorter_run() {
    let scenario = scenario(SMALL);
    for threads in [1, 2, 7] {
        let stop = AtomicBool::new(false);
        let progress = |done: u64| {
            if done >= 3 * BATCH {
                stop.store(true, Ordering::Relaxed);
            }
        };
        let spec = RunSpec { progress: Some(&progress), stop: Some(&stop), ..with(100 * BATCH, threads) };
        let stopped = runs(&scenario, spec);
        assert_eq!(stopped.asked, 100 * BATCH);
        assert!(stopped.replications < stopped.asked && stopped.replications >= BATCH, "{}", stopped.replications);
        assert_eq!(stopped.replications % BATCH, 0);
        if threads == 1 {
            assert_eq!(stopped.replications, 3 * BATCH);
        }
        assert_eq!(stopped.summary.replications() as u64, stopped.replications);
        let shorter = runs(&scenario, with(stopped.replications, 2));
        assert_same(&columns(&scenario, &stopped.summary), &columns(&scenario, &shorter.summary));
    }
    // Stopped before the first batch, nothing can be told.
    let stop = AtomicBool::new(true);
    let nothing = run(&scenario, &RunSpec { stop: Some(&stop), ..with(1000, 2) }, &Columns);
    assert!(matches!(nothing.unwrap_err().kind(), tokentide::error::ErrorKind::Interrupted));
}
