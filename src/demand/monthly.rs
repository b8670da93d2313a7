//! What a demand path adds up to, by workload and month.

use super::DemandPath;
use crate::horizon::Horizon;
use crate::units::ByClass;

/// One workload in one month of one replication.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MonthTotals {
    /// Tokens by class.
    pub tokens: ByClass,
    /// Requests.
    pub requests: f64,
    /// Tokens of the largest hour, all classes together.
    pub peak_hour: f64,
}

/// The totals of one replication. Overwritten by each.
#[derive(Clone, Debug, Default)]
pub struct WorkloadTotals {
    months: usize,
    /// Workload × month, row-major.
    by_workload: Vec<MonthTotals>,
    /// Tokens of the largest hour of all workloads together, by month.
    pub peak_hour: Vec<f64>,
}

impl WorkloadTotals {
    /// Room for so many workloads and months.
    #[must_use]
    pub fn new(workloads: usize, months: usize) -> Self {
        Self { months, by_workload: vec![MonthTotals::default(); workloads * months], peak_hour: vec![0.0; months] }
    }

    /// The totals of one workload in one month.
    #[must_use]
    pub fn month(&self, workload: usize, month: usize) -> &MonthTotals {
        &self.by_workload[workload * self.months + month]
    }

    /// The same, to be written.
    pub(crate) fn month_mut(&mut self, workload: usize, month: usize) -> &mut MonthTotals {
        &mut self.by_workload[workload * self.months + month]
    }

    /// Adds up a path.
    pub fn add_up(&mut self, path: &DemandPath, horizon: &Horizon) {
        for (workload, path) in path.workloads.iter().enumerate() {
            for month in 0..self.months {
                let hours = horizon.month_range(month);
                let mut totals = MonthTotals::default();
                for (tokens, requests) in path.tokens[hours.clone()].iter().zip(&path.requests[hours]) {
                    totals.tokens += *tokens;
                    totals.requests += requests;
                    totals.peak_hour = totals.peak_hour.max(tokens.total());
                }
                self.by_workload[workload * self.months + month] = totals;
            }
        }
        for month in 0..self.months {
            let sum = |hour: usize| path.workloads.iter().map(|w| w.tokens[hour].total()).sum::<f64>();
            self.peak_hour[month] = match path.workloads.len() {
                1 => self.by_workload[month].peak_hour,
                _ => horizon.month_range(month).map(sum).fold(0.0, f64::max),
            };
        }
    }
}
