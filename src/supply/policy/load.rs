//! What a policy sees of the demand: weighted tokens of each hour that want an offer.

use crate::demand::DemandPath;
use crate::random::stream::{Purpose, StreamKey};
use crate::supply::offer::{MAX_AXES, OfferKind};
use crate::supply::pool::PoolGroup;
use crate::supply::{PoolChoice, Supply};
use crate::units::ByClass;

/// Whose demand wants an offer, and what one unit of it serves.
#[derive(Clone, Debug)]
pub struct OfferLoad {
    /// Workloads and the share of each, without what tries batch first or waits.
    members: Vec<(usize, f64)>,
    /// By axis.
    weights: Vec<ByClass>,
    /// By axis: weighted tokens an hour that one unit serves, lowest and highest.
    capacity: Vec<(f64, f64)>,
    /// Draws what is not known of it, as a dispatch does.
    draw: Option<StreamKey>,
}

impl Supply {
    /// The load of a provisioned offer in the pools of a plan; `None` for another offer. `seed` is that of the run.
    ///
    /// # Panics
    /// When there is no such offer or pool.
    #[must_use]
    pub fn load(&self, pools: &[PoolChoice], offer: usize, seed: u64) -> Option<OfferLoad> {
        let OfferKind::Provisioned(provisioned) = &self.offers[offer].kind else { return None };
        let routed = pools.iter().flat_map(|pool| &self.groups[pool.group].members);
        let at_once = routed.filter(|member| member.route.contains(&offer) && member.batch.is_none() && member.waits.is_none());
        let unknown = provisioned.axes.iter().any(|axis| axis.capacity.0 < axis.capacity.1);
        let factor = self.capacity_factor;
        Some(OfferLoad {
            members: at_once.map(|member| (member.workload, PoolGroup::share(member, &self.workloads))).collect(),
            weights: provisioned.axes.iter().map(|axis| axis.weights).collect(),
            capacity: provisioned.axes.iter().map(|axis| (factor * axis.capacity.0, factor * axis.capacity.1)).collect(),
            draw: unknown.then(|| StreamKey::new(seed, Purpose::Capacity, &self.offers[offer].name)),
        })
    }
}

impl OfferLoad {
    /// Number of axes.
    #[must_use]
    pub fn axes(&self) -> usize {
        self.weights.len()
    }

    /// Writes the weighted tokens of every hour of a path, by axis.
    pub fn fill(&self, path: &DemandPath, out: &mut [Vec<f64>; MAX_AXES]) {
        let hours = path.workloads.first().map_or(0, |workload| workload.tokens.len());
        for (weights, out) in self.weights.iter().zip(out) {
            out.clear();
            out.resize(hours, 0.0);
            for &(workload, share) in &self.members {
                let tokens = &path.workloads[workload].tokens;
                out.iter_mut().zip(tokens).for_each(|(sum, tokens)| *sum += share * tokens.dot(weights));
            }
        }
    }

    /// Weighted tokens an hour that one unit serves in a replication, by axis.
    #[must_use]
    pub fn per_unit(&self, replication: u64) -> [f64; MAX_AXES] {
        let draw = self.draw.as_ref().map_or(0.0, |key| key.replication(replication).uniform());
        std::array::from_fn(|axis| {
            let (low, high) = self.capacity.get(axis).copied().unwrap_or((0.0, 0.0));
            if low < high { low + draw * (high - low) } else { low }
        })
    }
}
