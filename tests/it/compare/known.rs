//! Cases with known answers, told by the difference of two files: what a change is said to do is the difference of two closed forms.

use crate::validation::support::{SEEDS, flat, on_demand, plain, plan, units};
use std::fs;
use std::path::Path;
use tokentide::decision::{Comparison, Measure, MeasureChange, compare};
use tokentide::scenario::Pair;
use tokentide::simulation::RunSpec;

/// Two files that differ in these parts of their text; the plan `reserve` is followed.
fn between(folder: &Path, texts: [&str; 2], replications: u64, seed: u64) -> Comparison {
    let pair = Pair::parse([("a.toml", texts[0]), ("b.toml", texts[1])], folder, &[]).unwrap_or_else(|error| panic!("{error}"));
    let spec = RunSpec { replications: Some(replications), seed: Some(seed), ..RunSpec::default() };
    compare(&pair, Some("reserve"), &spec).unwrap()
}

fn of(found: &Comparison, measure: Measure) -> &MeasureChange {
    found.measures.iter().find(|change| change.measure == measure).unwrap()
}

/// The one change, of which all of a difference is.
fn only_change(found: &Comparison, words: &str, measure: Measure) {
    assert_eq!(found.attributions.len(), 1);
    assert_eq!(found.changes[found.attributions[0].changes[0]].words, words);
    let index = Measure::ALL.iter().position(|other| *other == measure).unwrap();
    let part = found.attributions[0].parts[index].unwrap().point;
    let whole = of(found, measure).difference.unwrap().point;
    assert!((part - whole).abs() <= 1e-9 * whole.abs().max(1.0), "{part} of {whole}");
}

fn reserve(units: f64) -> String {
    format!("[[plan]]\nname = \"reserve\"\nroute = {{ w = [\"units\", \"on-demand\"] }}\nunits = {{ units = {units:?} }}\n")
}

/// V1: from nothing reserved to the optimum, and on to the last row of the published table.
#[test]
fn v1_what_a_reservation_saves() {
    let folder = tempfile::tempdir().unwrap();
    let demand = [17_400, 19_900, 19_000, 18_400, 18_900, 19_800, 23_900, 31_800, 39_700, 35_700, 29_600, 22_700];
    let rows: String = demand.iter().enumerate().map(|(hour, tokens)| format!("{},{tokens}\n", hour * 3600)).collect();
    fs::write(folder.path().join("demand.csv"), format!("timestamp,input_tokens\n{rows}")).unwrap();
    let text = |reserved: f64| {
        [
            flat(12),
            on_demand("0.000772 USD/token"),
            units("1 tokens/h", "0.0003561964 USD/unit-hour"),
            "[[workload]]\nname = \"w\"\nclass = \"interactive\"\nreplay = \"demand.csv\"\nminute = \"off\"\n".to_owned(),
            plan("all on-demand", &["on-demand"]),
            reserve(reserved),
        ]
        .concat()
    };
    for (reserved, cost, digits) in [(22_700.0, 133.466_299, 5e-7), (15_000.0, 154.28, 5e-3), (35_000.0, 153.77, 5e-3)] {
        let found = between(folder.path(), [&text(0.0), &text(reserved)], 1, 1);
        let spend = of(&found, Measure::Spend);
        assert!((spend.before.unwrap().point - 229.1296).abs() < 1e-9, "{:?}", spend.before);
        assert!((spend.after.unwrap().point - cost).abs() < digits, "{:?}", spend.after);
        assert!((spend.difference.unwrap().point - (cost - 229.1296)).abs() < digits);
        only_change(&found, "plan `reserve`", Measure::Spend);
    }
}

/// V4: between 19.21 and 19.22 % of use the recommendation changes, and the saving changes its sign.
#[test]
fn v4_the_recommendation_changes_at_the_break_even() {
    let text = |used: f64| {
        [
            flat(730),
            on_demand("0.041 USD/token"),
            // 69 USD a year by the hour.
            units("1 tokens/h", "0.007876712328767123 USD/unit-hour"),
            plain(&format!("law = \"constant\", value = \"{used} tokens/h\""), "\"off\""),
            plan("all on-demand", &["on-demand"]),
            reserve(1.0),
        ]
        .concat()
    };
    let found = between(Path::new(""), [&text(0.1921), &text(0.1922)], 2, 1);
    // Its one term is the hour's, so one leader speaks for all plans that buy, or none does.
    let names = found.favourites.each_ref().map(|all| all.iter().map(|one| one.plan.as_str()).collect::<Vec<_>>());
    let saving = of(&found, Measure::Saving);
    let (before, after) = (saving.before.unwrap().point, saving.after.unwrap().point);
    let truth = |used: f64| 730.0 * 0.041 * used - 730.0 * 69.0 / 8760.0;
    assert!((before - truth(0.1921)).abs() < 1e-9 && (after - truth(0.1922)).abs() < 1e-9, "{before} {after}");
    assert!(before < 0.0 && after > 0.0 && names[0] != names[1], "{names:?}");
    only_change(&found, "level of `w`", Measure::Saving);
}

/// V5, C1 and C2: what more or fewer units cost is their price and the change of what overflows.
#[test]
fn units_change_spend_by_their_price_and_the_overflow() {
    let normal = "law = \"normal\", mean = \"100 tokens/h\", sd = \"20 tokens/h\"";
    let lognormal = "law = \"lognormal\", mean = \"100 tokens/h\", cv = 0.5";
    let exponential = "law = \"exponential\", mean = \"100 tokens/h\"";
    // From units to units, with the published overflow of each.
    let cases = [
        (normal, (80.0, 21.666_309_41), (120.0, 1.666_309_412)),
        (normal, (110.0, 3.955_931_148), (94.933_057_94, 10.767_015_91)),
        (lognormal, (50.0, 51.033_229_56), (150.0, 6.162_991_102)),
        (exponential, (0.0, 100.0), (51.082_562_38, 60.0)),
    ];
    for (law, before, after) in cases {
        let text = |units_bought: f64| {
            let offers = [on_demand("1 USD/token"), units("1 tokens/h", "0.6 USD/unit-hour")].concat();
            [flat(730), offers, plain(law, "\"off\""), plan("all on-demand", &["on-demand"]), reserve(units_bought)].concat()
        };
        for seed in SEEDS {
            let found = between(Path::new(""), [&text(before.0), &text(after.0)], 200, seed);
            let spend = of(&found, Measure::Spend).difference.unwrap();
            let truth = 730.0 * (0.6 * (after.0 - before.0) + after.1 - before.1);
            let error = spend.standard_error.unwrap();
            // Units bought are read to the digits that are given, the overflow is printed to ten.
            assert!((spend.point - truth).abs() <= 4.0 * error + 1e-4, "{law}: {spend} against {truth}");
            assert!(error < 0.03 * truth.abs(), "{law}: {spend}");
        }
    }
}

/// C5: from on demand to a flat price the mean rises and the tail falls, each to its closed form.
#[test]
fn c5_a_flat_price_for_a_risky_one() {
    let text = |units_bought: f64| {
        [
            flat(730),
            on_demand("1 USD/token"),
            units("100 tokens/h", "1.0958904109589041 USD/unit-hour"),
            "[[workload]]\nname = \"w\"\nclass = \"interactive\"\nlevel = { median = \"1 tokens/h\", sigma = 0.3, walk = \"off\" }\n\
             shape = \"flat\"\nrequests = \"none\"\ntokens = { mean = 1, output_share = \"0%\" }\nminute = \"off\"\n"
                .to_owned(),
            plan("all on-demand", &["on-demand"]),
            reserve(units_bought),
        ]
        .concat()
    };
    for seed in SEEDS {
        let found = between(Path::new(""), [&text(0.0), &text(1.0)], 4_000, seed);
        for (measure, on_demand) in [(Measure::Spend, 763.600_337_7), (Measure::SpendP95, 1_195.716_208)] {
            let change = of(&found, measure);
            let difference = change.difference.unwrap();
            let error = difference.standard_error.unwrap();
            // Student's t of 15 degrees of freedom is beyond 5 errors in two of ten thousand. The truth is printed to ten digits.
            assert!((difference.point - (800.0 - on_demand)).abs() <= 5.0 * error + 1e-6, "{measure:?}: {difference}");
            assert!((change.after.unwrap().point - 800.0).abs() < 1e-9);
        }
        only_change(&found, "plan `reserve`", Measure::SpendP95);
    }
}
