//! Token demand: what the workloads ask for, hour by hour, in one possible future.

mod blocks;
mod path;
mod trace;
mod usage;

pub use blocks::{DayBlocks, DayMatch, MEAN_BLOCK_DAYS, NoSuchDay, WalkDefaults};
pub use path::{DemandPath, WorkloadPath};
pub use trace::{Trace, TraceOptions, read_trace};
pub use usage::{COLUMNS, DayRecord, HistoryDay, MIN_DAYS, Missing, Usage, UsageHour, UsageOptions, read_usage};
