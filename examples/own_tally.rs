//! A tally of your own: in how many hours of a month would the bought units have been full?
//!
//! A tally is three types: the description (`FullHours`), what one batch of replications gathers (`Vec<f64>`, one value per replication),
//! and the summary (an `Estimate`). It needs hours, because totals by month do not say which hours were full, and it runs beside the
//! built-in tally as a tuple.
//!
//! ```text
//! cargo run --release --example own_tally
//! ```

use std::path::Path;
use tokentide::error::Result;
use tokentide::scenario::{self, Scenario};
use tokentide::simulation::{RunSpec, run};
use tokentide::statistics::{Estimate, Moments};
use tokentide::tally::{Columns, Hour, Metric, Needs, Replication, Row, Span, Tally};

/// Expected hours per month in which more tokens arrived than the units of one plan serve in an hour.
struct FullHours {
    /// Index of the plan.
    plan: usize,
}

/// What a batch gathers: the hours of the replication at hand, and the finished replications.
#[derive(Default)]
struct Gathered {
    current: f64,
    finished: Vec<f64>,
}

impl Tally for FullHours {
    type Partial = Gathered;
    type Summary = Estimate;

    fn needs(&self) -> Needs {
        Needs::Hours
    }

    fn partial(&self, _scenario: &Scenario, _replications: usize) -> Gathered {
        Gathered::default()
    }

    fn hour(&self, scenario: &Scenario, partial: &mut Gathered, hour: &Hour<'_>) {
        let pool = &scenario.supply.plans[self.plan].pools[0];
        if (hour.group, hour.case) != (pool.group, pool.case) {
            return;
        }
        // Unit-hours used come near the units bought only when the whole hour was full.
        let bought: f64 = scenario.supply.plans[self.plan].commitments.iter().flat_map(|c| c.units).sum();
        let used: f64 = hour.service.used.iter().take(2).sum();
        partial.current += f64::from(u8::from(used > 0.999 * bought));
    }

    fn record(&self, partial: &mut Gathered, replication: &Replication<'_>) {
        let months = replication.scenario.horizon.months() as f64;
        partial.finished.push(partial.current / months);
        partial.current = 0.0;
    }

    fn merge(&self, earlier: &mut Gathered, later: Gathered) {
        earlier.finished.extend(later.finished);
    }

    fn summarise(&self, _scenario: &Scenario, whole: Gathered) -> Estimate {
        Moments::from_slice(&whole.finished).estimate()
    }
}

fn main() -> Result<()> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/support-copilot.toml");
    let scenario = scenario::load(&file, &[])?.scenario;
    let name = "committed/units=2/term=6 months";
    let plan = scenario.plan(name).unwrap_or(scenario.baseline);
    let spec = RunSpec { replications: Some(512), ..RunSpec::default() };
    let (outcome, full) = run(&scenario, &spec, &(Columns, FullHours { plan }))?.summary;
    let costs = outcome.column(&scenario, plan, Row::All, Span::Month(0), Metric::CostTotal).unwrap_or_default();
    println!("{name}: {} {} in the first month", Moments::from_slice(&costs).estimate(), scenario.currency);
    println!("hours a month in which the units are full: {full}");
    Ok(())
}
