//! What an hour of one case does for work that waits, once everything that must be served now is served.

use crate::supply::offer::MAX_AXES;
use crate::supply::pool::PoolGroup;
use crate::supply::queue::{QueueHour, Queues};

/// The hour of a case's queues, as a sink sees it.
#[derive(Default)]
pub(super) struct Queued {
    pub(super) hour: QueueHour,
    /// Tokens and cost of the batch jobs handed in.
    pub(super) batch: [f64; 2],
    pub(super) waiting: f64,
}

impl Queued {
    /// Serves the queues of a pool, if it has any, from the weighted tokens that each node and axis has left. `per_unit` are weighted tokens
    /// of one unit and hour, `price_factor` what is left of each node's prices.
    pub(super) fn serve(
        queues: Option<&mut Queues>,
        case: usize,
        group: &PoolGroup,
        per_unit: &[f64],
        price_factor: &[f64],
        left: impl Fn(usize, usize) -> f64,
    ) -> Self {
        let Some(queues) = queues else { return Self::default() };
        for (number, node) in group.nodes.iter().enumerate() {
            for axis in 0..node.axes {
                queues.free[number * MAX_AXES + axis] = left(number, axis);
            }
        }
        // Walks look at what is free even then.
        if queues.rests(case) {
            return Self::default();
        }
        Self { hour: queues.serve(case, group, per_unit, price_factor), ..Self::default() }
    }

    /// Adds the queues' part to what a sink is shown.
    pub(super) fn show(&mut self, queues: Option<&Queues>, case: usize, served: &mut [f64], used: &mut [f64]) {
        let Some(queues) = queues else { return };
        self.batch = queues.handed_in();
        self.waiting = queues.tokens_waiting(case);
        served.iter_mut().zip(&queues.served).for_each(|(sum, served)| *sum += served);
        used.iter_mut().zip(&queues.used).for_each(|(sum, used)| *sum += used);
    }
}

/// What an offer of a chain has left of a capacity when it serves so many of an hour's `total` tokens; `inverse` is one over the hour's
/// weighted tokens.
pub(super) fn left(capacity: f64, served: f64, total: f64, inverse: f64) -> f64 {
    if total > 0.0 { capacity - served / total / inverse } else { capacity }
}
