//! The engine: draws the replications of a scenario and shows each to the tallies.
//!
//! ```text
//! seed, replication ─► DemandPath ─► Dispatcher ─► SupplyTotals ─► tallies
//! ```
//!
//! The reference engine serves one replication at a time in double precision, with every feature. The kernel serves sixty-four at a time
//! from histograms, where the scenario allows, and agrees with it replication by replication. The runner spreads batches of 256
//! replications over threads and folds their partials in order, so results do not depend on how many threads there were.

mod engine;
mod fold;
mod kernel;
mod memory;
mod reference;
mod runner;

pub use engine::{Engine, EngineChoice};
pub use kernel::{Isa, Kernel, KernelWorker, Scope};
pub use reference::{Replicator, draw};
pub use runner::{BATCH, Run, RunSpec, beside, ordered_map, run};
