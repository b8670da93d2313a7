//! What a run will take, told before it starts.

use crate::error::{ErrorKind, Result};
use crate::scenario::Scenario;
use crate::tally::Tally;

/// Share of the available memory that a run may plan to use: the estimate leaves out what the system and the report take.
const USABLE: f64 = 0.8;

/// Bytes that a demand path and the generator's scratch take per workload and hour: six doubles of the path and about as many of
/// scratch.
const BYTES_PER_WORKLOAD_HOUR: u64 = 96;

/// Refuses a run that needs more memory than the machine has.
///
/// # Errors
/// [`ErrorKind::Memory`] with the figures.
pub(super) fn check<T: Tally>(scenario: &Scenario, tallies: &T, replications: u64, threads: usize) -> Result<()> {
    let samples = tallies.bytes(scenario, replications);
    let hours = scenario.horizon.hours() as u64;
    let paths = (scenario.demand.workloads.len() as u64)
        .saturating_mul(hours)
        .saturating_mul(BYTES_PER_WORKLOAD_HOUR)
        .saturating_mul(threads as u64);
    let needed = samples.saturating_add(paths);
    let available = available();
    if needed as f64 <= available as f64 * USABLE {
        return Ok(());
    }
    let explanation = format!(
        "{} MiB of samples ({replications} replications of {} plans over {} months) and {} MiB of demand paths; \
         fewer replications, plans or months need less",
        samples >> 20,
        scenario.supply.plans.len(),
        scenario.horizon.months(),
        paths >> 20,
    );
    Err(ErrorKind::Memory { needed, available, explanation }.into())
}

/// Bytes that can be had now: the machine's, or the control group's where that is less.
fn available() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let machine = system.available_memory();
    system.cgroup_limits().map_or(machine, |group| machine.min(group.free_memory))
}
