//! Every token ends in one bucket, and money adds up, with all mechanisms at work together: VALIDATION's C9 over random scenarios.

mod checks;
mod explained;
mod limits;
mod parts;
mod random;
mod watch;

use random::{Random, random};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use tokentide::scenario::{self, Scenario};
use tokentide::simulation::{BATCH, Replicator, RunSpec, ordered_map, run};
use tokentide::tally::{Columns, Metric, Span, Tally};
use watch::{Seen, watched};

/// Random scenarios, and futures of each.
const SCENARIOS: u64 = 100;
const REPLICATIONS: u64 = 2;

const SEED: u64 = 20_261_121;

/// The problems of one scenario; `Err` with what the scenario is refused for.
fn problems(random: &Random) -> Result<Vec<String>, String> {
    let loaded = scenario::parse("scenario.toml", &random.text, Path::new(""), &[]).map_err(|error| error.to_string())?;
    let scenario: Scenario = loaded.scenario;
    let mut problems = Vec::new();
    let mut watching = Replicator::new(&scenario, SEED);
    let mut store = Columns.partial(&scenario, REPLICATIONS as usize);
    let seen: Vec<Seen> = (0..REPLICATIONS).map(|r| watched(&scenario, SEED, &mut watching, r, &mut store)).collect();
    seen.iter().for_each(|seen| checks::replication(&scenario, seen, &mut problems));
    checks::rows(&scenario, &Columns.summarise(&scenario, store), &mut problems);
    // The same by itself, and when nobody looks on.
    let mut alone = Replicator::new(&scenario, SEED);
    let last = alone.replicate(REPLICATIONS - 1, None).service;
    if format!("{last:?}") != format!("{:?}", seen[seen.len() - 1].totals) {
        problems.push("a replication by itself differs".to_owned());
    }
    // Every cause is taken away in every order: one scenario in a few.
    if random.number.is_multiple_of(4) {
        explained::adds_up(&scenario, &mut problems);
    }
    Ok(problems)
}

#[test]
fn everything_at_once_conserves_tokens_and_money() {
    let numbers: Vec<u64> = (0..SCENARIOS).collect();
    let results = ordered_map(None, &numbers, |&number| {
        let random = random(SEED, number);
        let found = problems(&random);
        (random, found)
    });
    let (mut accepted, mut refused) = (0, Vec::new());
    let mut has: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut told = String::new();
    for (number, (random, found)) in results.unwrap().into_iter().enumerate() {
        for mechanism in &random.has {
            let counts = has.entry(mechanism).or_default();
            counts.0 += usize::from(found.is_ok());
            counts.1 += 1;
        }
        match found {
            Ok(problems) => {
                accepted += 1;
                if let Some(first) = problems.first() {
                    let _ = writeln!(told, "{} problems of scenario {number}, the first: {first}\n{}", problems.len(), random.text);
                }
            }
            Err(message) => refused.push(message),
        }
    }
    assert!(told.is_empty(), "{told}");
    assert!(2 * accepted > numbers.len(), "{accepted} of {} accepted: {refused:#?}", numbers.len());
    assert!(refused.iter().all(|message| message.contains("allowed: ")), "{refused:#?}");
    assert!(has.len() >= 32, "{has:?}");
    for (mechanism, (accepted, drawn)) in has {
        assert!(accepted >= 3, "{mechanism}: {accepted} of {drawn} accepted");
    }
}

/// Two pools in small: one that is walked, with a bucket, a queue, jobs and a week of units; one of priorities, outages and reservations.
const TWO_POOLS: &str = r#"
name = "two pools"
[horizon]
flat = { months = 2, hours_per_month = 20 }
[[offer]]
name = "u"
kind = "provisioned"
capacity = "2k tokens/min"
availability = { up = "9h", down = "2h" }
terms = { "none" = "1 USD/unit-hour", "1 week" = "0.8 USD/unit-hour" }
[[offer]]
name = "od"
kind = "on-demand"
price = { input = "3 USD/1M tokens", output = "15 USD/1M tokens" }
quota = { rate = "1M tokens/h", refill = "steadily" }
incidents = { every = "9h", lasting = "2h", takes = "60%" }
price_cuts = [{ month = 2, cut = "20%", probability = "50%" }]
[[offer]]
name = "v"
kind = "provisioned"
capacity = { low = "2k tokens/min", high = "4k tokens/min" }
availability = { share = "90%", together = "all" }
terms = { "none" = "1 USD/unit-hour", "1 month" = "0.8 USD/unit-hour" }
[[offer]]
name = "batch"
kind = "batch"
price = { input = "1.5 USD/1M tokens", output = "7.5 USD/1M tokens" }
window = "6h"
minimum_records = 300
completion = { mean = "3h", p95 = "8h" }
expiry = "6h"
[[workload]]
name = "chat"
class = "interactive"
level = { mean = "900k tokens/h", sigma = 0.3, walk = "off" }
tokens = { input = { mean = 1500, p95 = 4000 }, output = { mean = 300, p95 = 600 }, cached_share = 0.0 }
minute = { floor = 3, c = 0.2, burstiness_sd = 0.3 }
deferrable_share = "30%"
queue = true
deadline = "5h"
retry = { attempts = 3, first = "4 min", longest = "1h" }
[[workload]]
name = "a"
class = "interactive"
demand = { law = "exponential", mean = "200k tokens/h" }
minute = { cv = 0.5 }
priority = 1
[[workload]]
name = "b"
class = "interactive"
demand = { law = "exponential", mean = "300k tokens/h" }
minute = { cv = 0.5 }
priority = 2
[[plan]]
name = "p"
route = { chat = ["u", "od"], "chat.deferrable" = ["batch", "od"], a = ["v"], b = ["v"] }
units = { u = 3, v = 2 }
term = { u = "1 week", v = "none" }
[[plan.reservation]]
offer = "v"
units = 3
term = "1 month"
"#;

/// Nothing of one replication is left for the next on the same thread: one, two and seven threads give the same bits.
#[test]
fn everything_at_once_does_not_depend_on_threads() {
    let scenario = scenario::parse("scenario.toml", TWO_POOLS, Path::new(""), &[]).unwrap().scenario;
    let outcomes = [1, 2, 7].map(|threads| {
        let spec = RunSpec { replications: Some(3 * BATCH / 2), threads: Some(threads), ..RunSpec::default() };
        let outcome = run(&scenario, &spec, &Columns).unwrap().summary;
        let rows = outcome.rows(&scenario, 0);
        let columns = rows.iter().flat_map(|(row, _)| Metric::ALL.map(|metric| outcome.column(&scenario, 0, *row, Span::Horizon, metric)));
        columns.flatten().flatten().map(f64::to_bits).collect::<Vec<u64>>()
    });
    assert!(outcomes[0].len() > 50 * BATCH as usize && outcomes[0] == outcomes[1] && outcomes[0] == outcomes[2]);
}
