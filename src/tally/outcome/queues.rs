//! What became of work that waits, and of windows too small for a batch job.

use super::View;
use crate::tally::Recipe;
use crate::tally::columns::{PoolColumn, QueueColumn};

impl View<'_> {
    /// Of the row's pools whose work waits; `None` where none does.
    pub(super) fn queue(&self, column: QueueColumn) -> Option<Recipe> {
        let layout = &self.outcome.layout;
        let months = self.months.clone();
        let columns: Vec<usize> = self
            .pools()
            .flat_map(|(_, group, case)| months.clone().filter_map(move |month| layout.queue(group, case, month, column)))
            .collect();
        (!columns.is_empty()).then(|| self.outcome.sum(columns.into_iter()))
    }

    /// Of the row's pools that try batch; `None` where none does.
    pub(super) fn below_minimum(&self, column: PoolColumn) -> Option<Recipe> {
        let layout = &self.outcome.layout;
        let months = self.months.clone();
        let pools = self.pools().filter(|(_, group, _)| self.group(*group).tries_batch());
        let columns: Vec<usize> =
            pools.flat_map(|(_, group, _)| months.clone().map(move |month| layout.pool(group, month, column))).collect();
        (!columns.is_empty()).then(|| self.outcome.sum(columns.into_iter()))
    }
}
