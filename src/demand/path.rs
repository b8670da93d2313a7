//! The demand path: one realisation of every workload, hour by hour.

use crate::units::ByClass;

/// What one workload asks for, hour by hour. All slices have one entry per hour of the horizon.
#[derive(Clone, Debug, Default)]
pub struct WorkloadPath {
    /// Tokens of the hour by class, each >= 0.
    pub tokens: Vec<ByClass>,
    /// Requests of the hour, >= 0; whole numbers only where the workload draws them exactly.
    pub requests: Vec<f64>,
}

impl WorkloadPath {
    /// Gives every slice so many hours; does nothing where they have them.
    pub(super) fn resize(&mut self, hours: usize) {
        self.tokens.resize(hours, ByClass::ZERO);
        self.requests.resize(hours, 0.0);
    }
}

/// One realisation of the whole scenario's demand. Allocated once per worker and overwritten by each replication.
#[derive(Clone, Debug, Default)]
pub struct DemandPath {
    /// One path per workload, in the order of the scenario.
    pub workloads: Vec<WorkloadPath>,
}

impl DemandPath {
    /// An empty path for so many workloads and hours.
    #[must_use]
    pub fn new(workloads: usize, hours: usize) -> Self {
        let mut path = Self { workloads: vec![WorkloadPath::default(); workloads] };
        for workload in &mut path.workloads {
            workload.resize(hours);
        }
        path
    }
}
