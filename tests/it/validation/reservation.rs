//! How much to reserve when hours follow a law: overflow, chance of overflow and cost against their closed forms, and a sweep whose
//! optimum is the newsvendor's quantile.
//!
//! On demand a token costs 1, a reserved unit-hour 0.6 and serves one token; a month has 730 hours.

use super::support::{SEEDS, flat, mean, on_demand, plain, simulate, sweep, swept, units};
use tokentide::tally::Metric;

const HOURS: f64 = 730.0;

/// A law, the best quantity with its overflow and cost an hour, and (quantity, overflow, chance that an hour overflows).
struct Case {
    law: &'static str,
    best: [f64; 3],
    table: &'static [(f64, f64, Option<f64>)],
}

const CASES: [Case; 4] = [
    Case {
        law: "law = \"normal\", mean = \"100 tokens/h\", sd = \"20 tokens/h\"",
        best: [94.933_057_94, 10.767_015_91, 67.726_850_67],
        table: &[
            (80.0, 21.666_309_41, Some(0.841_344_75)),
            (90.0, 13.955_931_15, Some(0.691_462_46)),
            (100.0, 7.978_845_608, Some(0.5)),
            (110.0, 3.955_931_148, Some(0.308_537_54)),
            (120.0, 1.666_309_412, Some(0.158_655_25)),
        ],
    },
    Case {
        law: "law = \"lognormal\", mean = \"100 tokens/h\", cv = 0.5",
        best: [79.354_259_19, 28.987_162_62, 76.599_718_14],
        table: &[(50.0, 51.033_229_56, None), (100.0, 18.671_504_32, None), (150.0, 6.162_991_102, None), (200.0, 2.066_459_119, None)],
    },
    Case { law: "law = \"exponential\", mean = \"100 tokens/h\"", best: [51.082_562_38, 60.0, 90.649_537_43], table: &[] },
    Case { law: "law = \"uniform\", low = \"0 tokens/h\", high = \"200 tokens/h\"", best: [80.0, 36.0, 84.0], table: &[] },
];

fn scenario(law: &str, quantities: &[f64]) -> String {
    [
        flat(730),
        on_demand("1 USD/token"),
        units("1 tokens/h", "0.6 USD/unit-hour"),
        plain(law, "\"off\""),
        sweep("spill", &["units", "on-demand"], quantities),
    ]
    .concat()
}

/// C1 and C2, as spill to on-demand (cost) and as throttling (tokens, and hours as chances).
#[test]
fn c1_c2_overflow_and_cost_of_a_reservation() {
    for case in &CASES {
        let quantities: Vec<f64> = std::iter::once(case.best[0]).chain(case.table.iter().map(|row| row.0)).collect();
        let text = scenario(case.law, &quantities) + &sweep("throttle", &["units"], &quantities);
        for seed in SEEDS {
            let ran = simulate(&text, 800, seed);
            let an_hour = |plan: &str, metric| ran.column(plan, metric).iter().map(|x| x / HOURS).collect::<Vec<f64>>();
            let row = |quantity: f64, overflow: f64, over: Option<f64>| {
                let (spill, throttle) = (swept("spill", quantity), swept("throttle", quantity));
                let what = format!("{} at {quantity}", case.law);
                mean(&format!("overflow, {what}"), &an_hour(&spill, Metric::CostOnDemand), overflow);
                mean(&format!("throttled, {what}"), &an_hour(&throttle, Metric::TokensThrottled), overflow);
                mean(&format!("cost, {what}"), &an_hour(&spill, Metric::CostTotal), 0.6 * quantity + overflow);
                if let Some(over) = over {
                    mean(&format!("hours over, {what}"), &an_hour(&throttle, Metric::ThrottledHours), over);
                    mean(&format!("minutes over, {what}"), &an_hour(&throttle, Metric::ThrottledMinutes), 60.0 * over);
                }
            };
            case.table.iter().for_each(|&(quantity, overflow, over)| row(quantity, overflow, over));
            let [quantity, overflow, cost] = case.best;
            row(quantity, overflow, Some(0.6));
            mean(&format!("best cost, {}", case.law), &an_hour(&swept("spill", quantity), Metric::CostTotal), cost);
        }
    }
}

/// On the same draws the cheapest quantity of a sweep is the 40 % quantile of all hours drawn, rounded to the grid. That quantile lies
/// within 4 √(p (1 − p) / n) / density of the true one.
#[test]
fn c2_the_optimum_of_a_sweep_is_the_newsvendor_quantile() {
    // Densities at the best quantity: φ(z) / sd; φ(z) / (σ q); e^(−q / mean) / mean; 1 / 200, with z the normal's 40 % quantile.
    let phi = 0.386_342_533_7_f64;
    let sigma = libm::log(1.25).sqrt();
    let densities = [phi / 20.0, phi / (sigma * CASES[1].best[0]), 0.6 / 100.0, 1.0 / 200.0];
    let replications = 300;
    for (case, density) in CASES.iter().zip(densities) {
        let step = 0.5;
        let first = (case.best[0] - 5.0).round();
        let quantities: Vec<f64> = (0..=20).map(|i| first + step * f64::from(i)).collect();
        for seed in SEEDS {
            let ran = simulate(&scenario(case.law, &quantities), replications, seed);
            let cost = |quantity: f64| ran.column(&swept("spill", quantity), Metric::CostTotal).iter().sum::<f64>();
            let costs: Vec<f64> = quantities.iter().map(|&quantity| cost(quantity)).collect();
            let best = (0..costs.len()).min_by(|&a, &b| costs[a].total_cmp(&costs[b])).unwrap();
            let error = (0.4 * 0.6 / (replications as f64 * HOURS)).sqrt() / density;
            let off = (quantities[best] - case.best[0]).abs();
            assert!(off <= 4.0 * error + step, "{}: {} against {}", case.law, quantities[best], case.best[0]);
            assert!(best > 0 && best < costs.len() - 1, "the sweep ends at its optimum");
        }
    }
}
