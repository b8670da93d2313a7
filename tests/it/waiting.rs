//! Work that waits, as the command tells of it: the table, the notes, the files and the hours.

use std::path::Path;
use std::process::Command;

/// Ten days: deliveries that one hour of quota does not hold, every other one too small for a batch job.
const SCENARIO: &str = r#"
name = "waiting"
[horizon]
flat = { months = 1, hours_per_month = 240 }
[limits]
missed_deadlines_share = "10%"
[[offer]]
name = "on-demand"
kind = "on-demand"
price = { input = "1 USD/1M tokens", output = "5 USD/1M tokens" }
quota = { rate = "50k tokens/h" }
[[offer]]
name = "batch"
kind = "batch"
price = { input = "0.5 USD/1M tokens", output = "2.5 USD/1M tokens" }
minimum_records = 100
completion = { mean = "3h" }
[[workload]]
name = "jobs"
class = "deferrable"
queue = true
deadline = "4h"
replay = "jobs.csv"
minute = "off"
[[plan]]
name = "queue"
route = { jobs = ["on-demand"] }
[[plan]]
name = "batch"
route = { jobs = ["batch", "on-demand"] }
"#;

fn run(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tokentide")).current_dir(folder).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The rows of a CSV file as lists of fields, the header first. No field here holds a comma.
fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split(',').collect()).collect()
}

/// Without what adding up leaves.
fn rounded(x: f64) -> f64 {
    (x * 1e6).round() / 1e6
}

#[test]
fn the_table_the_notes_and_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("a.toml"), SCENARIO).unwrap();
    // 250 000 tokens of 125 records at midnight, and 60 000 of 60 records on every other night.
    let hour = |hour: usize| {
        let work = match (hour % 24, hour / 24 % 2) {
            (0, 0) => "200000,50000,125",
            (0, 1) => "50000,10000,60",
            _ => "0,0,0",
        };
        format!("2026-06-{:02}T{:02}:00:00Z,{work}\n", 1 + hour / 24, hour % 24)
    };
    let csv: String = (0..240).map(hour).collect();
    std::fs::write(at("jobs.csv"), format!("timestamp,input_tokens,output_tokens,requests\n{csv}")).unwrap();
    let told = run(folder.path(), &["run", "a.toml", "--replications", "20", "--quiet", "--out", "out", "--samples"]);
    // Five hours of quota for the large ones, of which one is late; the small ones take an hour and a bit. A job takes three hours.
    assert!(told.contains("Use `batch`") && told.contains("jobs") && told.contains("late"), "{told}");
    assert!(
        told.contains("`batch`: 5 windows a month had too few records for a batch job; their 300 requests went to the next offer"),
        "{told}"
    );
    let horizon = std::fs::read_to_string(at("out/horizon.csv")).unwrap();
    let mean = |plan: &str, metric: &str| {
        let row = rows(&horizon).into_iter().find(|row| row[0] == plan && row[3] == "all" && row[4] == metric);
        row.unwrap_or_else(|| panic!("{metric}")).get(6).and_then(|mean| mean.parse::<f64>().ok()).map(rounded)
    };
    let (queue, batch) = (|metric| mean("queue", metric), |metric| mean("batch", metric));
    assert_eq!((queue("deadline_missed"), batch("deadline_missed")), (Some(0.5), Some(0.0)));
    assert_eq!((queue("tokens_late"), queue("tokens_late_one_hour_more")), (Some(250_000.0), Some(0.0)));
    assert_eq!((queue("requests_late"), queue("tokens_waiting")), (Some(125.0), Some(0.0)));
    assert_eq!(
        (batch("windows_below_minimum"), batch("requests_below_minimum"), queue("windows_below_minimum")),
        (Some(5.0), Some(300.0), None)
    );
    let plans = std::fs::read_to_string(at("out/plans.csv")).unwrap();
    let plans = rows(&plans);
    assert_eq!(plans[0].iter().rev().take(2).copied().collect::<Vec<_>>(), ["deadline_missed_mean", "tokens_late_mean"]);
    // What was never seen in 20 replications is not 0 but below 3/20.
    assert_eq!((plans[1].last(), plans[2].last()), (Some(&"0.5"), Some(&"0.15")));
    assert!(plans.iter().all(|row| row.len() == plans[0].len()));
    let samples = std::fs::read_to_string(at("out/samples.csv")).unwrap();
    assert!(rows(&samples).iter().all(|row| row.len() == rows(&samples)[0].len()) && samples.contains("tokens_late_one_hour_more"));
    // Hour by hour: a large delivery is served in five hours, the last of them late.
    let hours = run(folder.path(), &["inspect", "a.toml", "--replication", "0", "--plan", "queue"]);
    let hours = rows(&hours);
    let column = |name: &str| {
        let place = hours[0].iter().position(|field| *field == name).unwrap();
        hours[1..7].iter().map(|row| rounded(row[place].parse().unwrap())).collect::<Vec<f64>>()
    };
    assert_eq!(column("jobs.served.on-demand"), [50_000.0, 50_000.0, 50_000.0, 50_000.0, 50_000.0, 0.0]);
    assert_eq!(column("jobs.late"), [0.0, 0.0, 0.0, 0.0, 50_000.0, 0.0]);
    assert_eq!(column("jobs.waiting"), [200_000.0, 150_000.0, 100_000.0, 50_000.0, 0.0, 0.0]);
}
