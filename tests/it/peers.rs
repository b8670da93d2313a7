//! The plain program of `benches/peers` still computes what the product does on the scenario that both read.
#![allow(dead_code, unreachable_pub, reason = "modules of a benchmark")]
#![allow(clippy::disallowed_methods, reason = "the standard library's functions are what a practitioner uses")]

#[path = "../../benches/peers/demand.rs"]
mod demand;
#[path = "../../benches/peers/fleet.rs"]
mod fleet;
#[path = "../../benches/peers/months.rs"]
mod months;
#[path = "../../benches/peers/overflow.rs"]
mod overflow;
#[path = "../../benches/peers/product.rs"]
mod product;
#[path = "../../benches/peers/summary.rs"]
mod summary;

use demand::Form;
use fleet::{Fleet, PLANS, TERM};
use months::{Served, simulate, summarise};
use product::Product;
use std::path::Path;
use summary::Summary;
use tokentide::statistics::Sampling;

/// Means of cost and of throttled tokens agree for every number of units within five standard errors, which is less than three per cent of
/// a cost. `run.py` compares with far more replications.
#[test]
fn a_plain_program_agrees_with_the_product() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/assistant-fleet.toml");
    let fleet = Fleet::load(&file);
    let served: Vec<Served<'_>> = fleet.workloads.iter().map(|workload| Served::new(workload, Form::Collapsed, true)).collect();
    let plain = summarise(&simulate(&fleet, &served, 8192, 1));
    let product = Product::load(&file, Some(TERM), Sampling::Plain, false).run(512, 2, 2);
    assert_eq!((plain.0.len(), product.0.len()), (PLANS, PLANS));
    let check = |what: &str, plain: &[Summary], product: &[Summary], widest: f64| {
        for (units, (a, b)) in plain.iter().zip(product).enumerate() {
            let se = a.mean_se.hypot(b.mean_se);
            assert!((a.mean - b.mean).abs() < 5.0 * se, "{what}, {units} units: {} and {} ± {se}", a.mean, b.mean);
            assert!(5.0 * se < widest * b.mean, "{what}, {units} units: ± {se} of {}", b.mean);
        }
    };
    check("cost", &plain.0, &product.0, 0.03);
    check("throttled", &plain.1, &product.1, 1.0);
    // With every metric beside them, costs and throttled tokens are the same; a metric is a sum of columns, so not to the last digit.
    let every = Product::load(&file, Some(TERM), Sampling::Plain, true).run(512, 2, 2);
    for (own, every) in [(&product.0, &every.0), (&product.1, &every.1)] {
        assert_eq!(own.len(), every.len());
        for (own, every) in own.iter().zip(every) {
            assert!((own.mean - every.mean).abs() <= 1e-12 * own.mean, "{} and {}", own.mean, every.mean);
        }
    }
}
