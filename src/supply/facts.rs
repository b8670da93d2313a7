//! What supply must know of a workload.

use crate::demand::{Class, MinuteModel, Retry, SizeSpread, Workload};

/// What supply must know of a workload, whatever draws its demand.
#[derive(Clone, Debug)]
pub struct WorkloadFacts {
    /// The name that routes use.
    pub name: String,
    /// Whether it must be served now.
    pub interactive: bool,
    /// The share of an interactive workload that can wait, 0 to 1.
    pub deferrable_share: f64,
    /// Whether what can wait is queued until an offer has room for it.
    pub queue: bool,
    /// Hours whose deferrable work makes one job, > 0: a deadline is kept or missed by job.
    pub window: f64,
    /// Hours from the start of the hour in which deferrable work arrives until it must be done, > 0.
    pub deadline: f64,
    /// Which token classes can occur, in the order of [`crate::units::CLASSES`].
    pub classes: [bool; 4],
    /// Who is served first in a pool, 1 to 9 with 1 before 2, where it is said.
    pub priority: Option<u8>,
    /// How far a request's tokens spread.
    pub size_spread: SizeSpread,
    /// How minutes spread within an hour.
    pub minute: MinuteModel,
    /// The largest output a request may have, where it is stated.
    pub max_tokens: Option<f64>,
    /// Whether its requests are known; otherwise each token counts as one.
    pub has_requests: bool,
    /// How its clients come back after a throttled request; `None` when they do not.
    pub retry: Option<Retry>,
}

impl From<&Workload> for WorkloadFacts {
    fn from(workload: &Workload) -> Self {
        Self {
            name: workload.name.clone(),
            interactive: workload.class == Class::Interactive,
            deferrable_share: workload.deferrable_share,
            queue: workload.queue,
            window: workload.window,
            deadline: workload.deadline,
            classes: workload.classes(),
            priority: workload.priority,
            size_spread: workload.size_spread,
            minute: workload.minute.clone(),
            max_tokens: workload.max_tokens,
            has_requests: workload.has_requests(),
            retry: workload.retry,
        }
    }
}
