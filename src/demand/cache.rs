//! Demand with another share of its prompts read from the cache.

use super::source::Source;
use super::spread::SizeSpread;
use super::{Demand, Workload};

impl Demand {
    /// By how much of each of a workload's prompts the part that is read from the cache can fall, and rise; `None` where hours are recorded
    /// or come without requests, which do not tell what their prompts are made of.
    #[must_use]
    pub fn cache_room(&self, workload: usize) -> Option<(f64, f64)> {
        let workload = &self.workloads[workload];
        let told = !matches!(workload.source, Source::Recorded(_)) && workload.has_requests();
        told.then(|| workload.sizes.cache_room())
    }

    /// The same demand with so much more of each of these workloads' prompts read from the cache (less, if below 0), in place of fresh
    /// tokens and as far as there is [room](Self::cache_room), on the same draws.
    pub(crate) fn with_cached(&self, share: f64, workloads: &[usize]) -> Self {
        let mut demand = self.clone();
        for &index in workloads {
            let workload: &mut Workload = &mut demand.workloads[index];
            workload.sizes.cache_more(share);
            workload.size_spread = SizeSpread::of(&workload.sizes);
        }
        demand
    }
}
