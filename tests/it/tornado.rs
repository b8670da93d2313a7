//! Where the spread comes from, against laws whose parts are known in closed form.

use crate::validation::support::{SEEDS, flat, flat_months, on_demand, plain, plan, resolve, units};
use std::path::Path;
use std::process::Command;
use tokentide::decision::{Source, SourceEffect, Swing, Tornado, tornado};
use tokentide::demand::Varies;
use tokentide::scenario::{self, Scenario};
use tokentide::simulation::RunSpec;
use tokentide::statistics::Estimate;
use tokentide::supply::Doubt;
use tokentide::tally::Metric;

fn split(scenario: &Scenario, replications: u64, seed: u64) -> Tornado {
    let spec = RunSpec { replications: Some(replications), seed: Some(seed), ..RunSpec::default() };
    tornado(scenario, 0, Metric::CostTotal, &spec).unwrap()
}

fn effect(found: &Tornado, source: Source) -> SourceEffect {
    *found.sources.iter().find(|effect| effect.source == source).unwrap()
}

/// Within 4.5 of what its own sections tell as the error: with 15 degrees of freedom that is passed once in 2 400.
fn agrees(what: &str, estimate: &Estimate, want: f64) {
    let error = estimate.standard_error.unwrap();
    assert!(error > 0.0 && (estimate.point - want).abs() < 4.5 * error, "{what}: {estimate} for {want}");
}

/// P95 − P50 of a lognormal law by its mean and the standard deviation of its logarithm.
fn lognormal(mean: f64, sd: f64) -> f64 {
    mean * (-0.5 * sd * sd).exp() * ((1.644_853_626_951_472_2 * sd).exp() - 1.0)
}

fn modelled(level: &str, more: &str) -> String {
    format!(
        "[[workload]]\nname = \"w\"\nclass = \"interactive\"\nlevel = {{ mean = \"100k tokens/h\", walk = \"off\"{level} }}\n\
         requests = {{ law = \"none\" }}\nminute = \"off\"\ntokens = {{ mean = 10, cv = 0, output_share = \"0%\" }}\nshape = {{ kind = \"flat\" }}\n{more}"
    )
}

fn bill(workload: &str) -> Scenario {
    resolve(&[&flat(100), &on_demand("1 USD/1M tokens"), workload, &plan("p", &["on-demand"])].concat(), Path::new(""))
}

/// A bill of 10 USD whose level alone is random: the level is all of the spread, and nothing is left over.
#[test]
fn a_level_alone_is_all_of_it() {
    let scenario = bill(&modelled(", sigma = 0.3", ""));
    for seed in SEEDS {
        let found = split(&scenario, 3_200, seed);
        let level = effect(&found, Source::Demand(Varies::Level));
        assert_eq!(found.sources.len(), 1);
        assert_eq!(found.absent.len() + 1, Source::all().len());
        agrees("the spread", &found.spread, lognormal(10.0, 0.3));
        for same in [level.removed.unwrap(), level.alone] {
            assert!((same.point - found.spread.point).abs() < 1e-9, "{level:?}");
        }
        assert!(level.without.unwrap().point.abs() < 1e-9 && found.remainder.point.abs() < 1e-9, "{found:?}");
        let prices = found.swings.iter().find(|swing| swing.swing == Swing::OnDemandPrice).unwrap();
        assert!((prices.middle.point - 0.1 * found.middle.point).abs() < 1e-9);
        assert!((prices.spread.point - 0.1 * found.spread.point).abs() < 1e-9);
    }
}

/// A level and a month's growth, both lognormal: the bill's log-sd is the root of .3² + .2²; without one it is the other's.
#[test]
fn two_independent_sources() {
    let scenario = bill(&modelled(", sigma = 0.3", "growth = { drift = \"0%/month\", volatility = \"20%/month\" }\n"));
    for seed in SEEDS {
        let found = split(&scenario, 6_400, seed);
        let (level, growth) = (effect(&found, Source::Demand(Varies::Level)), effect(&found, Source::Demand(Varies::Growth)));
        assert_eq!(found.sources.iter().map(|effect| effect.source).collect::<Vec<_>>(), [level.source, growth.source], "by size");
        let (both, of_level, of_growth) = (lognormal(10.0, 0.13_f64.sqrt()), lognormal(10.0, 0.3), lognormal(10.0, 0.2));
        agrees("both", &found.spread, both);
        agrees("without the level", &level.without.unwrap(), of_growth);
        agrees("the level alone", &level.alone, of_level);
        agrees("without growth", &growth.without.unwrap(), of_level);
        agrees("what the level takes away", &level.removed.unwrap(), both - of_growth);
        agrees("what growth takes away", &growth.removed.unwrap(), both - of_level);
        agrees("what is left over", &found.remainder, of_level + of_growth - both);
        // The mean stays.
        for effect in [level, growth] {
            agrees("the mean", &effect.mean_shift.unwrap(), 0.0);
        }
    }
}

#[test]
fn where_nothing_is_random_nothing_is_spread() {
    let found = split(&bill(&modelled("", "")), 400, 1);
    assert_eq!((found.spread.point, found.sources.len(), found.absent), (0.0, 0, Source::all()));
}

/// Price cuts, unknown throughput and outages: held at their means where they are straight lines in the bill, and the rest is certain.
#[test]
fn what_supply_makes_random() {
    let offer = |more: &str| on_demand("1 USD/token") + more;
    let constant = plain("law = \"constant\", value = \"10 tokens/h\"", "\"off\"");
    let cut = offer("price_cuts = [{ month = 2, probability = \"50%\", cut = \"40%\" }]\n");
    let text = [flat_months(2, 100), cut, constant.clone(), plan("p", &["on-demand"])].concat();
    let found = split(&resolve(&text, Path::new("")), 800, 1);
    let cuts = effect(&found, Source::Supply(Doubt::PriceCuts));
    // 2 000 USD, or 400 less.
    assert_eq!((found.sources.len(), cuts.without.unwrap().point), (1, 0.0));
    agrees("the mean", &cuts.mean_shift.unwrap(), 0.0);
    // Units that serve 4 to 6 of 10, the rest on demand.
    let range = units("1 tokens/h", "0 USD/unit-hour").replace("\"1 tokens/h\"", "{ low = \"4 tokens/h\", high = \"6 tokens/h\" }");
    let buys = |name: &str| plan(name, &["units", "on-demand"]) + "units = { units = 1 }\n";
    let text = [flat(100), offer(""), range, constant.clone(), buys("p")].concat();
    let found = split(&resolve(&text, Path::new("")), 3_200, 1);
    let capacity = effect(&found, Source::Supply(Doubt::Capacity));
    assert_eq!((found.sources.len(), capacity.without.unwrap().point), (1, 0.0));
    // Uniform from 400 to 600 USD.
    agrees("uniform", &found.spread, 0.45 * 200.0);
    agrees("the mean", &capacity.mean_shift.unwrap(), 0.0);
    let down = units("5 tokens/h", "0 USD/unit-hour") + "availability = { up = \"20h\", down = \"5h\" }\n";
    let text = [flat(100), offer(""), down, constant, buys("p")].concat();
    let found = split(&resolve(&text, Path::new("")), 1_600, 1);
    let outages = effect(&found, Source::Supply(Doubt::Outages));
    assert_eq!((found.sources.len(), outages.without.unwrap().point), (1, 0.0));
    agrees("the mean", &outages.mean_shift.unwrap(), 0.0);
    assert!(found.swings.iter().any(|swing| swing.swing == Swing::UnitThroughput));
}

/// Every shipped workload, in few futures: what is random in it is named, and no part is nothing.
#[test]
fn every_shipped_workload() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let loaded = scenario::load(&path, &[]).unwrap();
            let found = split(&loaded.scenario, 4, 1);
            assert!(!found.sources.is_empty() && found.spread.point > 0.0, "{}", path.display());
            assert!(found.sources.iter().all(|effect| effect.alone.point > 0.0), "{}: {:?}", path.display(), found.sources);
            seen += 1;
        }
    }
    assert!(seen >= 7, "{seen}");
}

#[test]
fn by_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/assistant-fleet.toml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokentide"));
        let ended = command.arg("tornado").arg(file).args(arguments).current_dir(folder.path()).output().unwrap();
        (ended.status.code(), String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap())
    };
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let (code, told, _) = run(&["--replications=320", "--quiet", "--threads=1", "--out=one"]);
    assert_eq!(code, Some(0));
    assert!(told.contains("Most of that is level at the start") && told.contains("###") && told.contains("None of it"), "{told}");
    let (code, again, _) = run(&["--replications=320", "--quiet", "--threads=2", "--out=two"]);
    assert_eq!((code, told), (Some(0), again));
    assert_eq!(read("one/tornado.csv"), read("two/tornado.csv"));
    assert!(read("one/tornado.csv").starts_with("plan,metric,kind,source,figure,unit,value,lo,hi\n"));
    let (code, told, _) =
        run(&["--replications=20", "--quiet", "--metric=throttled", "--plan=fleet/units=0/term=none", "--plan=fleet/units=4/term=none"]);
    assert!(code == Some(0) && told.contains("units=4") && told.contains("too few"), "{told}");
    let (_, told, _) = run(&["--replications=20", "--quiet", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&document["schema"], &document["plans"][0]["sources"][0]["source"]),
        (&"tokentide/tornado-1".into(), &"level at the start".into())
    );
    for (flag, told) in [("--plan=none", "none"), ("--replications=1000000", "are not kept"), ("--metric=x", "metric")] {
        let (code, _, error) = run(&["--quiet", flag]);
        assert!(code == Some(2) && error.contains(told), "{flag}: {error}");
    }
}
