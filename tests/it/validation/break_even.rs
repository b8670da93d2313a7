//! Answers in closed form: two plans, the newsvendor, and the break-even of units, by the library and by the command.

use super::support::printed;
use std::process::Command;
use tokentide::cost::{DemandLaw, break_even, newsvendor_fractile, two_plan_hours};
use tokentide::units::ByClass;

/// V4: two EC2 plans with a fee against the price per hour.
#[test]
fn v4_two_plans() {
    for (fee, price, other) in [(69.0, 0.039, 0.08), (138.0, 0.078, 0.16)] {
        let hours = two_plan_hours(fee, price, 0.0, other).unwrap();
        printed(hours, "1682.9268");
        printed(100.0 * hours / 8760.0, "19.21149");
    }
}

/// V5: buy at 10, sell at 15, salvage 3, demand Normal(10 000, 2 000).
#[test]
fn v5_newsvendor() {
    let fractile = newsvendor_fractile(10.0, 15.0, 3.0).unwrap();
    assert!((fractile - 5.0 / 12.0).abs() < 1e-15);
    printed(DemandLaw::Normal { mean: 10_000.0, sd: 2_000.0 }.quantity(fractile), "9579.1432");
}

/// V6: input and output tokens of a request, tokens a minute of a unit, and the break-even as printed.
const V6: [(u32, u32, u32, &str); 3] = [(1000, 500, 300_000, "47.62"), (3000, 300, 300_000, "81.48"), (1000, 500, 100_000, "142.86")];

#[test]
fn v6_break_even() {
    let prices = ByClass { input: 0.25e-6, output: 1.25e-6, ..ByClass::ZERO };
    for (input, output, throughput, percent) in V6 {
        let request = ByClass { input: input.into(), output: output.into(), ..ByClass::ZERO };
        let found = break_even(5.0, 60.0 * f64::from(throughput), &request, &prices, &ByClass::ONE).unwrap();
        printed(100.0 * found.utilisation, percent);
    }
    // Vertex GSU for Claude Opus 5: 210 tokens a second at 5 USD a million, 2 700 or 2 000 USD a month of 2 628 000 s.
    let request = ByClass { input: 1.0, ..ByClass::ZERO };
    let prices = ByClass { input: 5e-6, ..ByClass::ZERO };
    for (month, percent) in [(2_700.0, "97.8"), (2_000.0, "72.5")] {
        printed(100.0 * break_even(month / 730.0, 210.0 * 3600.0, &request, &prices, &ByClass::ONE).unwrap().utilisation, percent);
    }
}

fn command(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tokentide"))
        .arg("breakeven")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn v6_by_the_command() {
    for (input, output, throughput, percent) in V6 {
        let [input, output] = [format!("--input={input}"), format!("--output={output}")];
        let throughput = format!("--throughput={throughput} tokens/min");
        let prices = ["--price=5.00 USD/unit-hour", "--input-price=0.00025 USD/1K tokens", "--output-price=0.00125 USD/1K tokens"];
        for units in ["--units=1", "--units=3"] {
            let printed = command(&[&[units, &throughput, &input, &output], &prices[..]].concat());
            assert!(printed.contains(&format!("{percent}%")), "{printed}");
            assert_eq!(printed.contains("never"), percent == "142.86", "{printed}");
        }
    }
}

/// V9: the rules of thumb say 50 to 70 %. The table says where the break-even lies, and how many of the months lie above it and above the
/// rules. A copilot's request costs .0105 USD and weighs 3 500 tokens, so two units could serve 27 USD an hour: 22.32 % of that pays for
/// them. Enrichment breaks even at 81.85 %, beyond every rule.
#[test]
fn v9_where_the_break_even_lies() {
    for (workload, percent, above) in [("support-copilot", "22.32%", true), ("nightly-enrichment", "81.85%", false)] {
        let file = format!("workloads/{workload}.toml");
        let sweep = ["--set=plan.committed.sweep.units.units=2", "--set=plan.committed.sweep.term.units=[\"6 months\"]"];
        let table = command(&[&[file.as_str(), "--replications=50", "--quiet"], &sweep[..]].concat());
        for heading in ["break-even", "used", "months above", "50%", "60%", "70%"] {
            assert!(table.contains(heading), "{heading}: {table}");
        }
        let row = table.lines().find(|line| line.contains("units=2")).unwrap();
        assert!(row.contains(percent), "{row}");
        // The last four columns are shares of months: above the break-even, and above 50, 60 and 70 %.
        let cells: Vec<&str> = row.split_whitespace().collect();
        let [mine, rules @ ..] = &cells[cells.len() - 4..] else { panic!("{row}") };
        assert_eq!(!mine.starts_with('<'), above, "{row}");
        assert!(rules.iter().all(|share| share.starts_with('<')), "{row}");
    }
}
