//! Drawing until an answer is as precise as asked.

use std::path::Path;
use std::process::{Command, Output};
use tokentide::decision::{PreciseOf, Precision, draw_until};
use tokentide::scenario::{self, Scenario};
use tokentide::simulation::{RunSpec, run};
use tokentide::tally::{BoundedColumns, Metric, Row, Span};

fn fleet() -> Scenario {
    scenario::load(Path::new("workloads/assistant-fleet.toml"), &[]).unwrap().scenario
}

fn p95(share: f64) -> Precision {
    Precision { share, of: PreciseOf::P95 }
}

#[test]
fn a_run_ends_at_a_look_that_is_precise_enough() {
    let scenario = fleet();
    let at = |share, most| draw_until(&scenario, &RunSpec::default(), p95(share), most).unwrap();
    let (wide, _, coarse) = at(0.03, 1 << 14);
    let (narrow, judgement, fine) = at(0.004, 1 << 14);
    assert!(coarse.met && fine.met && coarse.needed.is_none());
    assert!(wide.replications < narrow.replications && narrow.replications <= 1 << 14, "{} {}", wide.replications, narrow.replications);
    assert!(narrow.replications.is_power_of_two() && wide.replications >= 1024);
    assert!(fine.share.unwrap() <= 0.004);
    // A quarter of as many could not have done, and the run is that of so many replications.
    assert!(!at(0.004, narrow.replications / 4).2.met);
    let plain =
        run(&scenario, &RunSpec { replications: Some(narrow.replications), ..RunSpec::default() }, &BoundedColumns::default()).unwrap();
    let cost = |outcome: &tokentide::tally::Outcome| {
        outcome.column(&scenario, judgement.leaders[0].plan, Row::All, Span::Horizon, Metric::CostTotal).unwrap()
    };
    assert_eq!(cost(&plain.summary), cost(&narrow.summary));
}

#[test]
fn what_is_not_reached_says_what_it_would_take() {
    let scenario = fleet();
    let (run, _, precise) = draw_until(&scenario, &RunSpec::default(), p95(0.001), 2048).unwrap();
    let (needed, share) = (precise.needed.unwrap(), precise.share.unwrap());
    assert_eq!((run.replications, precise.met), (2048, false));
    // Half an interval falls with the root: so many would do, but for the noise of this interval's own width. The look after this second one
    // has a wider interval: Student's t of 15 degrees of freedom, of which 1 % and 3 % lie beyond ±2.9467 and ±2.3970.
    let wider = 2.946_712_883_5_f64 / 2.397_005_037_8;
    assert!((needed / (2048.0 * (wider * share / 0.001).powi(2)) - 1.0).abs() < 1e-6, "{needed}");
    assert!((10_000.0..200_000.0).contains(&needed), "{needed}");
    let difference = Precision { share: 0.05, of: PreciseOf::Difference };
    let (_, _, precise) = draw_until(&scenario, &RunSpec::default(), difference, 1 << 13).unwrap();
    assert!(precise.share.is_some());
}

#[test]
fn threads_do_not_decide_when_to_stop() {
    let scenario = fleet();
    let of = |threads| {
        let spec = RunSpec { threads: Some(threads), ..RunSpec::default() };
        let (run, _, precise) = draw_until(&scenario, &spec, p95(0.01), 1 << 13).unwrap();
        (run.replications, precise.share.map(f64::to_bits))
    };
    assert!(of(1) == of(2) && of(1) == of(7));
}

fn command(line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tokentide")).args(line.split(' ')).output().unwrap()
}

#[test]
fn the_command_tells_how_precise_it_is() {
    let fleet = "run workloads/assistant-fleet.toml --quiet";
    let met = command(&format!("{fleet} --precision 2%"));
    let text = String::from_utf8(met.stdout).unwrap();
    assert!(
        met.status.code() == Some(0) && text.contains("P95 of the best plan's spend is known to ±") && text.contains("as asked"),
        "{text}"
    );
    let missed = command(&format!("{fleet} --precision 0.1% --replications 1024"));
    let text = String::from_utf8(missed.stdout).unwrap();
    assert!(missed.status.code() == Some(3) && text.contains("would take about"), "{text}");
    let json = command(&format!("{fleet} --precision 2% --json"));
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["provenance"]["precision"]["met"], true);
    for (line, said) in [("--precision 1% --replications 1000", "looks at 1024"), ("--precision-of difference", "--precision")] {
        let refused = command(&format!("{fleet} {line}"));
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8(refused.stderr).unwrap().contains(said), "{line}");
    }
}
