//! Limits so small that most is thrown away are not for the fast path.
//!
//! What is served is the difference of what reached an offer and what passed it. Both are off by some part of what is asked for; money is for
//! what is served, and may be off by that part of what it is. Sums in single precision are off by 1.5e-7, so that a fiftieth must be served
//! in any case; and bins by what they are reckoned to be, where hours are few or alike by as much as tokens may be.

use super::even;
use super::layout::Passed;
use super::prepare::KernelWorkload;
use super::table::{Prober, Table};
use crate::demand::Workload;

/// The least share of a mean hour that one case at least must serve, with half as much again to be sure.
const LEAST: f64 = 0.03;

impl KernelWorkload<'_> {
    /// Refuses a workload of which no case serves more than next to nothing.
    pub(super) fn check_served(&self, minute: f64, model: &Workload, prober: &mut Prober<'_>) -> Result<(), &'static str> {
        let hours = model.mean_tokens();
        let mean = hours.iter().sum::<f64>() / hours.len().max(1) as f64;
        let off = if self.mixed.is_some() { 0.0 } else { even::parts(&self.bins, minute, model)[0] };
        let most = 1.0 - off.max(LEAST);
        let serves = |table: &Table, prober: &mut Prober<'_>| {
            let values = self.values(table, mean, prober);
            let cases = || table.works.iter().flat_map(|work| &work.groups).flat_map(|(_, cases)| cases);
            // Without a limit at the end everything is served.
            let passed = |passed: &Passed| match *passed {
                Passed::Nothing => 0.0,
                Passed::All => mean,
                Passed::Function(first) => values[first..first + self.kinds()].iter().sum(),
            };
            cases().next().is_none() || cases().any(|case| case.passed.last().is_none_or(|last| passed(last) <= most * mean))
        };
        let served = self.tables.iter().all(|table| serves(table, prober));
        if served { Ok(()) } else { Err("its limits are so small that little of it is served") }
    }
}
