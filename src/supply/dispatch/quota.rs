//! What a month's minutes ask of the last on-demand offer's quota.

use super::state::GroupState;
use super::work::Work;
use crate::demand::DemandPath;
use crate::supply::Supply;
use crate::supply::offer::MAX_AXES;
use crate::supply::peak::Peak;
use crate::supply::pool::PoolGroup;

/// Mean weighted tokens of an hour's minutes on the last on-demand offer of a work, and their squared coefficient of variation; `None` where
/// there is no such offer, or nobody asks for the peak.
pub(super) fn quota_minute(supply: &Supply, work: &Work, groups: &mut [GroupState], path: &DemandPath, hour: usize) -> Option<(f64, f64)> {
    supply.peak_share?;
    let first = work.first(supply);
    let node = first.last_on_demand?;
    let weights = &first.nodes[node].weights[0];
    let (mean, variance) = work.weighted(&first.entries, supply, path, (hour, 60.0), weights, |entry| entry.quota_size_cv2);
    let mut held = 0.0;
    if first.holds() {
        let state = &mut groups[work.groups[0]];
        work.held(first, supply, path, hour, &mut state.held);
        held = state.held[node * MAX_AXES];
    }
    Some(((mean + held) / 60.0, variance))
}

/// The rate that all but the scenario's share of a month's minutes stay below; not a number where nobody asks or no offer counts.
pub(super) fn quota_peak<'a>(supply: &Supply, first: &'a PoolGroup, peak: &mut Peak<'a>, hours: usize) -> f64 {
    let share = supply.peak_share.filter(|_| first.last_on_demand.is_some());
    share.map_or(f64::NAN, |share| peak.solve(share * hours as f64, &first.law))
}
