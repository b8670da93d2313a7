//! What supply must know of a workload.

use super::minute::Margin;
use crate::demand::{Class, Workload};

/// What supply must know of a workload, whatever draws its demand.
#[derive(Clone, Debug)]
pub struct WorkloadFacts {
    /// The name that routes use.
    pub name: String,
    /// Whether it must be served now.
    pub interactive: bool,
    /// The share of an interactive workload that can wait, 0 to 1.
    pub deferrable_share: f64,
    /// Which token classes can occur, in the order of [`crate::units::CLASSES`].
    pub classes: [bool; 4],
    /// Coefficient of variation of a request's tokens, >= 0; 0 where it is not known.
    pub size_cv: f64,
    /// The law of its minutes.
    pub margin: Margin,
    /// Standard deviation of the log of the hour's burstiness, >= 0.
    pub burstiness_sd: f64,
    /// The squared coefficient of variation of every minute, where it does not change from hour to hour.
    pub constant_variance: Option<f64>,
}

impl From<&Workload> for WorkloadFacts {
    fn from(workload: &Workload) -> Self {
        Self {
            name: workload.name.clone(),
            interactive: workload.class == Class::Interactive,
            deferrable_share: workload.deferrable_share,
            classes: workload.classes(),
            size_cv: workload.size_cv(),
            margin: workload.minute.margin,
            burstiness_sd: workload.minute.burstiness_sd,
            constant_variance: workload.minute.constant,
        }
    }
}
