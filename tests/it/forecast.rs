//! Units needed over time: against numbers known by hand and a quantile known in closed form.

use crate::validation::support::{flat_months, on_demand, plain, plan, units};
use std::path::Path;
use std::process::Command;
use tokentide::decision::{Enough, Need, forecast};
use tokentide::report::{forecast_answer, forecast_file};
use tokentide::scenario::{Scenario, parse_open};
use tokentide::simulation::RunSpec;
use tokentide::supply::{Candidates, OfferCandidates, UnitsListSpec, UnitsSweepSpec};

fn found(text: &str, list: &str, enough: Enough, replications: u64, seed: u64) -> Vec<Need> {
    let mut candidates = Candidates::default();
    let units = Some(UnitsSweepSpec::One(list.parse::<UnitsListSpec>().unwrap()));
    candidates.by_offer.insert("units".to_owned(), OfferCandidates { units, ..OfferCandidates::default() });
    let scenario = opened(text, &candidates);
    let spec = RunSpec { replications: Some(replications), seed: Some(seed), ..RunSpec::default() };
    forecast(&scenario, &candidates, enough, &spec).unwrap().summary
}

fn opened(text: &str, candidates: &Candidates) -> Scenario {
    parse_open("forecast.toml", text, Path::new(""), &[], candidates).unwrap_or_else(|error| panic!("{error}")).scenario
}

fn told(text: &str, need: &[Need]) -> String {
    forecast_answer(need, Enough::Throttled(0.0), &opened(text, &Candidates::default()), 2)
}

fn scenario(months: u32, hours: u32, law: &str, route: &[&str], more: &str) -> String {
    let workload = plain(law, "\"off\"").replace("minute =", &format!("{more}minute ="));
    [flat_months(months, hours), on_demand("1 USD/token"), units("1 tokens/h", "0.6 USD/unit-hour"), workload, plan("p", route)].concat()
}

/// 2.5 tokens an hour: 2 units serve 80 % of them, and 3 all.
#[test]
fn needs_are_known_where_nothing_is_random() {
    let law = "law = \"constant\", value = \"2.5 tokens/h\"";
    let alone = scenario(4, 100, law, &["units"], "");
    let beside = scenario(4, 100, law, &["units", "on-demand"], "");
    for (text, enough, needed) in [
        (&alone, Enough::Throttled(0.0), 3.0),
        (&alone, Enough::Throttled(0.25), 2.0),
        (&alone, Enough::Covered(0.79), 2.0),
        (&alone, Enough::Covered(0.81), 3.0),
        (&beside, Enough::Throttled(0.0), 0.0),
        (&beside, Enough::Covered(0.81), 3.0),
    ] {
        let [need] = &found(text, "0..=5", enough, 2, 1)[..] else { panic!() };
        assert_eq!(need.periods.len(), 4 + 2, "{need:?}");
        assert!(
            need.periods.iter().all(|period| period.needed.iter().all(|percentile| percentile.point == needed)),
            "{enough:?}: {need:?}"
        );
    }
    let [need] = &found(&alone, "0..=2", Enough::Throttled(0.0), 2, 1)[..] else { panic!() };
    assert!(need.periods.iter().all(|period| period.beyond == 1.0 && period.needed[0].point.is_infinite()), "{need:?}");
}

/// Six tokens come at midnight and must be ready three hours later, that of their coming included; a token an hour is served on demand. With one unit
/// all six are served in time, with none half of them are late, though nothing is ever throttled.
#[test]
fn units_are_needed_where_work_would_be_late() {
    let text = |limit: &str| {
        format!(
            "name = \"late\"\n[horizon]\nflat = {{ months = 1, hours_per_month = 72 }}\n[limits]\nthrottled_requests_share = \"0%\"\n{limit}\
             [[offer]]\nname = \"on-demand\"\nkind = \"on-demand\"\nprice = {{ input = \"1 USD/token\" }}\nquota = {{ rate = \"1 tokens/h\" }}\n{}\
             [[workload]]\nname = \"w\"\nclass = \"deferrable\"\nqueue = true\nwindow = \"24h\"\ndeadline = \"3h\"\nlevel = {{ mean = \"0.25 tokens/h\", \
             sigma = 0, walk = \"off\" }}\nshape = {{ kind = \"nightly-batch\", start = 0, hours = 1 }}\nrequests = \"none\"\n\
             tokens = {{ mean = 1, output_share = \"0%\" }}\nminute = \"off\"\n{}",
            units("1 tokens/h", "0.6 USD/unit-hour"),
            plan("p", &["units", "on-demand"])
        )
    };
    let needed = |limit: &str| {
        let [need] = &found(&text(limit), "0..=4", Enough::Throttled(0.0), 2, 1)[..] else { panic!() };
        need.periods[0].needed.map(|percentile| percentile.point)
    };
    assert_eq!(needed(""), [0.0; 4]);
    assert_eq!(needed("missed_deadlines_share = \"10%\"\n"), [1.0; 4]);
}

/// The list that is asked for stands instead of the plan's own, and what no list goes below is at most needed.
#[test]
fn lists_stand_instead_of_the_plans_own() {
    let law = "law = \"constant\", value = \"2.5 tokens/h\"";
    let text = scenario(3, 100, law, &["units"], "") + "sweep = { units = { units = \"1..=4\" } }\n";
    for (list, looked_at, needed) in [("0..=1", vec![0.0, 1.0], f64::INFINITY), ("3..=9", vec![3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], 3.0)] {
        let [need] = &found(&text, list, Enough::Throttled(0.0), 2, 1)[..] else { panic!() };
        // That nothing is bought is looked at where the list says so.
        assert!(need.units == looked_at && need.periods[0].needed[0].point == needed, "{need:?}");
    }
    let need = found(&text, "3..=9", Enough::Throttled(0.0), 2, 1);
    let (answer, file) = (told(&text, &need), forecast_file(&need, Enough::Throttled(0.0)).unwrap());
    assert!(answer.contains("2 futures cannot tell what 50% of all futures stay within"), "{answer}");
    assert!(answer.contains(": at most 3 in quarter") && answer.contains("are enough in half") && answer.contains("≤3"), "{answer}");
    assert!(file.contains(",3,9,3,,"), "{file}");
    let need = found(&text, "0..=1", Enough::Throttled(0.0), 2, 1);
    let answer = told(&text, &need);
    assert!(answer.contains("more than the 1 looked at in quarter") && answer.contains("are needed for half"), "{answer}");
}

/// One hour of an exponential demand of mean 10: units serve it all up to −10 ln(1 − p), rounded up. A quarter of three such months needs
/// the largest of three.
#[test]
fn percentiles_are_those_of_the_demand() {
    let text = scenario(3, 1, "law = \"exponential\", mean = \"10 tokens/h\"", &["units"], "");
    let [need] = &found(&text, "0..=80", Enough::Throttled(0.0), 4_000, 1)[..] else { panic!() };
    for period in &need.periods {
        for (percentile, p) in period.needed.iter().zip([0.5_f64, 0.8, 0.9, 0.95]) {
            let below = if period.kind == "quarter" { p.cbrt() } else { p };
            let truth = -10.0 * libm::log(1.0 - below);
            let (low, high) = percentile.interval.unwrap();
            // An interval of 95 % around whole units, widened by half of itself: five standard errors.
            let slack = 1.0 + 1.5 * (high - low);
            assert!(
                (percentile.point - truth).abs() <= slack && percentile.point.fract() == 0.0,
                "{} {truth}: {percentile:?}",
                period.label
            );
        }
        assert!(period.needed.windows(2).all(|pair| pair[0].point <= pair[1].point));
    }
}

#[test]
fn by_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/assistant-fleet.toml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokentide"));
        let ended = command.arg("forecast").arg(file).args(arguments).current_dir(folder.path()).output().unwrap();
        (ended.status.code(), String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap())
    };
    let asked = ["--replications=64", "--quiet", "--units-serve=90%", "--out=found"];
    let (code, told, _) = run(&asked);
    assert!(code == Some(0) && told.starts_with("Units of `units-chat` for chat (fleet): ") && told.contains("serve 90%"), "{told}");
    assert_eq!(run(&[&asked[..], &["--threads=1"]].concat()).1, told, "results depend on the threads");
    let file = std::fs::read_to_string(folder.path().join("found/forecast.csv")).unwrap();
    assert_eq!(file.lines().count(), 1 + 3 * 2, "{file}");
    for (arguments, part) in [
        (&["--units-serve=90%", "--max-throttled-share=1%"][..], "cannot be used with"),
        (&["--units-serve=100%"], "less than 100%"),
        (&["--units=unit-chat=0..=3"], "did you mean `units-chat`?"),
    ] {
        let (code, _, told) = run(arguments);
        assert!(code == Some(2) && told.contains(part), "{told}");
    }
}
