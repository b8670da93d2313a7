//! Events that may not come or come late: their means by hand, their draws, and whose draws they leave alone.

use super::*;

/// A launch that may not come and slips by weeks, and a migration that may not come and slips once.
const LATE: &str = r#"
[[workload]]
name = "a"
demand = { law = "constant", value = "1k tokens/h" }
events = [{ at_hour = 100, factor = 3, probability = "40%", slip = { mean = "1 week" } }]

[[workload]]
name = "c"
demand = { law = "constant", value = "1k tokens/h" }
events = [{ at_hour = 500, move = "50%", to = "d", tokens_factor = 1.5, probability = "25%", slip = { probability = "40%", length = "100h" } }]

[[workload]]
name = "d"
demand = { law = "constant", value = "1k tokens/h" }
"#;

fn horizon() -> Horizon {
    Horizon::flat(2, 400).unwrap()
}

/// A mean of one week is q = 1/2: delays of 0, 168, 336, 504, 672 h have 1/2, 1/4, 1/8, 1/16, 1/32.
#[test]
fn means_by_hand() {
    let demand = demand(LATE, horizon());
    let first = 400e3 + 2e3 * 0.4 * (300.0 / 2.0 + 132.0 / 4.0);
    let second = 400e3 + 2e3 * 0.4 * (400.0 / 2.0 + 400.0 / 4.0 + 364.0 / 8.0 + 196.0 / 16.0 + 28.0 / 32.0);
    let moved = 1e3 * 0.5 * 0.25 * (0.6 * 300.0 + 0.4 * 200.0);
    for (workload, month, wanted) in [(0, 0, first), (0, 1, second), (1, 0, 400e3), (1, 1, 400e3 - moved), (2, 1, 400e3 + 1.5 * moved)] {
        let given = demand.expected_tokens(workload, month).total();
        assert!((given - wanted).abs() < 1e-6, "workload {workload}, month {month}: {given} is not {wanted}");
    }
}

/// Every future is one of those that can be, as often as said, and the means are those told. Chances within 4.5 standard errors.
#[test]
fn draws_have_the_means_and_the_chances() {
    let demand = demand(LATE, horizon());
    let generator = demand.generator(11);
    let mut draws = Draws::new();
    let n = 20_000_u32;
    let mut begun: Vec<(Option<usize>, u32)> = Vec::new();
    let mut migrated = [0_u32; 3];
    for replication in 0..u64::from(n) {
        let path = draws.draw(&generator, replication);
        let totals = |workload: usize| path.workloads[workload].tokens.iter().map(ByClass::total).collect::<Vec<f64>>();
        let [a, c, d] = [totals(0), totals(1), totals(2)];
        let start = a.iter().position(|&x| x == 3e3);
        assert!(a.iter().enumerate().all(|(hour, &x)| x == if start.is_some_and(|start| hour >= start) { 3e3 } else { 1e3 }));
        assert!(start.is_none_or(|start| start % 168 == 100), "{start:?}");
        match begun.iter_mut().find(|(known, _)| *known == start) {
            Some((_, count)) => *count += 1,
            None => begun.push((start, 1)),
        }
        let left = c.iter().position(|&x| x == 500.0);
        assert!(c.iter().zip(&d).all(|(c, d)| (d - 1e3 - 1.5 * (1e3 - c)).abs() < 1e-9));
        migrated[match left {
            None => 0,
            Some(500) => 1,
            Some(600) => 2,
            other => panic!("{other:?}"),
        }] += 1;
    }
    let check = |what: &str, count: u32, p: f64| {
        let (share, error) = (f64::from(count) / f64::from(n), (p * (1.0 - p) / f64::from(n)).sqrt());
        assert!((share - p).abs() < 4.5 * error, "{what}: {share} against {p} within {error}");
    };
    for (start, p) in [(100, 0.2), (268, 0.1), (436, 0.05), (604, 0.025), (772, 0.0125)] {
        check(&format!("a launch at {start}"), begun.iter().find(|(known, _)| *known == Some(start)).map_or(0, |b| b.1), p);
    }
    check("no launch", begun.iter().find(|(known, _)| known.is_none()).map_or(0, |b| b.1), 0.6 + 0.0125);
    for (count, p) in migrated.into_iter().zip([0.75, 0.15, 0.1]) {
        check("a migration", count, p);
    }
}

/// Events of other workloads and later events of the same one change no draw, and two events of one workload are drawn apart.
#[test]
fn draws_are_keyed_by_workload_and_number() {
    let starts = |text: &str, workload: usize| -> Vec<Option<usize>> {
        let demand = demand(text, horizon());
        let generator = demand.generator(5);
        let mut draws = Draws::new();
        let start = |path: &DemandPath| path.workloads[workload].tokens.iter().position(|tokens| tokens.total() > 1e3);
        (0..400).map(|replication| start(draws.draw(&generator, replication))).collect()
    };
    let alone = LATE.split("[[workload]]").nth(1).map(|a| format!("[[workload]]{a}")).unwrap();
    let more = LATE.replace("\"1 week\" } }]", "\"1 week\" } }, { at_hour = 799, factor = 9, probability = \"50%\" }]");
    assert_eq!(starts(&alone, 0), starts(LATE, 0));
    let (first, both) = (starts(LATE, 0), starts(&more, 0));
    assert!(first.iter().zip(&both).all(|(first, both)| first == both || (first.is_none() && *both == Some(799))));
    // Of 240 futures without a launch, about 120 have the second event: 4.5 standard errors of 7.7 either way.
    let (none, second) = (first.iter().filter(|s| s.is_none()).count(), both.iter().filter(|s| **s == Some(799)).count());
    assert!((second as f64 - 0.5 * none as f64).abs() < 35.0, "{second} of {none}");
}

/// What has begun at the horizon's first hour can only end late; a span slips as a whole, to the horizon's end at most.
#[test]
fn ends_slip_with_beginnings() {
    let hours = |event: &str| -> Vec<usize> {
        let text = format!("[[workload]]\nname = \"a\"\ndemand = {{ law = \"constant\", value = \"1k tokens/h\" }}\nevents = [{event}]\n");
        let demand = demand(&text, horizon());
        let mut draws = Draws::new();
        let path = draws.draw(&demand.generator(1), 0);
        let changed: Vec<usize> = (0..800).filter(|&hour| path.workloads[0].tokens[hour].total() != 1e3).collect();
        assert!((0..2).all(|month| {
            let drawn: f64 = path.workloads[0].tokens[demand.horizon().month_range(month)].iter().map(ByClass::total).sum();
            (drawn - demand.expected_tokens(0, month).total()).abs() < 1e-6
        }));
        changed
    };
    let slip = "slip = { probability = 1, length = \"50h\" }";
    assert_eq!(hours(&format!("{{ at_hour = 0, until_hour = 100, factor = 0, {slip} }}")), (0..150).collect::<Vec<_>>());
    assert_eq!(hours(&format!("{{ at_hour = 100, until_hour = 200, factor = 2, {slip} }}")), (150..250).collect::<Vec<_>>());
    assert_eq!(hours(&format!("{{ at_hour = 770, until_hour = 790, factor = 2, {slip} }}")), Vec::<usize>::new());
    assert_eq!(hours("{ at_hour = 700, factor = 2, probability = 0 }"), Vec::<usize>::new());
}
