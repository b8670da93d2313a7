//! A demand of twelve hours, replayed from a file: the reservation table of a published post, to its digits.

use super::support::{flat, on_demand, plan, printed, simulate_in, sweep, swept};
use std::fmt::Write;
use tokentide::tally::Metric;

/// Capacity units an hour of a `DynamoDB` table.
const DEMAND: [u32; 12] = [17_400, 19_900, 19_000, 18_400, 18_900, 19_800, 23_900, 31_800, 39_700, 35_700, 29_600, 22_700];

/// Cost of the twelve hours by units reserved, as printed.
const TABLE: [(f64, &str); 12] = [
    (15_000.0, "154.28"),
    (17_000.0, "144.31"),
    (18_000.0, "139.78"),
    (19_000.0, "136.10"),
    (20_000.0, "134.43"),
    (21_000.0, "134.07"),
    (22_000.0, "133.72"),
    (23_000.0, "133.59"),
    (24_000.0, "134.08"),
    (25_000.0, "135.27"),
    (30_000.0, "141.51"),
    (35_000.0, "153.77"),
];

fn scenario(increment: &str, reserved: &[f64]) -> String {
    [
        flat(12),
        on_demand("0.000772 USD/token"),
        // (5.07991 + 3.825) / 25 000
        format!(
            "[[offer]]\nname = \"units\"\nkind = \"provisioned\"\ncapacity = \"1 tokens/h\"\nincrement = {increment}\n\
             terms = {{ \"1 month\" = \"0.0003561964 USD/unit-hour\" }}\n"
        ),
        "[[workload]]\nname = \"w\"\nclass = \"interactive\"\nreplay = \"demand.csv\"\nminute = \"off\"\n".to_owned(),
        plan("all on-demand", &["on-demand"]),
        sweep("reserved", &["units", "on-demand"], reserved),
    ]
    .concat()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut csv = "timestamp,input_tokens\n".to_owned();
    for (hour, units) in DEMAND.iter().enumerate() {
        let _ = writeln!(csv, "2022-06-01T{hour:02}:00:00Z,{units}");
    }
    std::fs::write(folder.path().join("demand.csv"), csv).unwrap();
    folder
}

#[test]
fn v1_reservation_table() {
    let folder = folder();
    let reserved: Vec<f64> = TABLE.iter().map(|(units, _)| *units).collect();
    for increment in ["1", "500", "\"any\""] {
        let ran = simulate_in(&scenario(increment, &reserved), folder.path(), 3, 1);
        printed(ran.only("all on-demand", Metric::CostTotal), "229.1296");
        for (units, cost) in TABLE {
            printed(ran.only(&swept("reserved", units), Metric::CostTotal), cost);
        }
        let best = swept("reserved", 23_000.0);
        printed(100.0 * ran.only(&best, Metric::SavingVsBaseline) / ran.only("all on-demand", Metric::CostTotal), "41.696");
    }
}

/// The optimum lies on an hour's demand, at 22 700: a fraction more or less costs more.
#[test]
fn v1_true_optimum() {
    let folder = folder();
    let reserved = [22_699.5, 22_700.0, 22_700.5, 0.0];
    let ran = simulate_in(&scenario("\"any\"", &reserved), folder.path(), 1, 1);
    let cost = |units: f64| ran.only(&swept("reserved", units), Metric::CostTotal);
    printed(cost(22_700.0), "133.466299");
    assert!(cost(22_699.5) > cost(22_700.0) && cost(22_700.5) > cost(22_700.0));
    printed(cost(0.0), "229.1296");
    // All whole units from end to end, with a step that meets the optimum.
    let reserved: Vec<f64> = (0..=400).map(|i| 100.0 * f64::from(i)).collect();
    let ran = simulate_in(&scenario("1", &reserved), folder.path(), 1, 1);
    let costs: Vec<f64> = reserved.iter().map(|&units| ran.only(&swept("reserved", units), Metric::CostTotal)).collect();
    let best = (0..costs.len()).min_by(|&a, &b| costs[a].total_cmp(&costs[b])).unwrap();
    assert_eq!(reserved[best].to_bits(), 22_700_f64.to_bits());
}
