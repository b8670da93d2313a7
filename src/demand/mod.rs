//! Token demand: what the workloads ask for, hour by hour, in one possible future.

mod path;

pub use path::{DemandPath, WorkloadPath};
