//! Quotas that requests hold while they run, put into the law of the tokens: see [`Flight`].
//!
//! As with quotas of requests, the limit of an on-demand offer is put where that law refuses as much. Units keep the mean of what is held
//! beside what settles, [`Hold::extra`](crate::supply::Hold::extra): their number differs from case to case, and they settle soon.

use super::requests::equivalent;
use super::state::GroupState;
use super::work::{Hour, Work};
use crate::demand::DemandPath;
use crate::supply::Supply;
use crate::supply::flight::Flight;
use crate::supply::minute::MinuteRow;
use crate::supply::offer::MAX_AXES;
use crate::supply::pool::{Node, PoolGroup};

impl GroupState {
    /// Puts quotas that are held into the law of the tokens, after [`scale`](Self::scale). `row` is that law's in the hour at hand.
    pub(super) fn scale_holds(
        &mut self,
        group: &PoolGroup,
        supply: &Supply,
        work: &Work,
        path: &DemandPath,
        facts: &Hour,
        row: &MinuteRow<'_>,
    ) {
        for (number, node) in group.nodes.iter().enumerate().filter(|(_, node)| !node.provisioned) {
            let slot = number * MAX_AXES;
            // Quotas are the same in all cases: nothing of them is bought.
            let capacity = self.capacities[slot];
            if !(capacity > 0.0 && capacity < f64::INFINITY) {
                continue;
            }
            let Some(flight) = work.in_flight(group, supply, path, facts.hour, node) else { continue };
            let window = f64::from(node.metering.window);
            let wanted = flight.refused(capacity * window / 3600.0, window, node.metering.steady);
            let same = window.to_bits() == group.window.to_bits();
            let variance = match () {
                () if group.law.is_still() => 0.0,
                () if same => facts.variance,
                () => work.variance(group, supply, path, facts.hour, window),
            };
            let row = if same { *row } else { group.law.at(variance) };
            let guess = capacity * self.inverse[slot];
            // What is held never leaves more than there is without it.
            let settled = facts.entering.dot(&node.weights[0]);
            let most = if settled > 0.0 { 1.0 / settled } else { f64::INFINITY };
            self.inverse[slot] = (equivalent(wanted, guess, variance, &row) / capacity).min(most);
        }
    }
}

impl Work {
    /// The requests that hold a node's quota in an hour; `None` where none do, or where what is held never settles.
    fn in_flight(&self, group: &PoolGroup, supply: &Supply, path: &DemandPath, hour: usize, node: &Node) -> Option<Flight> {
        let hold = node.metering.hold.filter(|hold| hold.settles)?;
        let weights = &node.weights[0];
        let mut sum = Flight::default();
        // Sums over requests: of what they settle to and of its spread, of what those in flight hold and of its spread, and of the minute's own.
        let (mut settled, mut settled_spread, mut held, mut held_spread, mut common) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for entry in &group.entries {
            let facts = &supply.workloads[entry.workload];
            let share = self.present_share(entry);
            let requests = path.workloads[entry.workload].requests[hour] * share;
            let Some(most) = hold.max_tokens(facts.max_tokens).filter(|_| requests > 0.0) else { continue };
            let each = path.workloads[entry.workload].tokens[hour] * (share / requests);
            let (rate, lasts) = (requests / 3600.0, hold.runs(each.output));
            let (own_settled, own_held) = (each.dot(weights), hold.held(&each, weights, most));
            let prompt = own_held - hold.max_tokens_weight * most;
            let of_prompt = if own_held > 0.0 { prompt * prompt * facts.size_spread.prompt_cv2 / (own_held * own_held) } else { 0.0 };
            // Of what settles, of what is held, and of what a minute has in common.
            let [of_settled, of_held, own_common] = match facts.minute.constant {
                _ if group.law.is_still() || facts.minute.is_off() => [0.0; 3],
                // A stated variance is all of a minute's; those in flight are counted beside it.
                Some(stated) => [0.0, 1.0 + of_prompt, stated],
                None => {
                    let floor = facts.minute.floor;
                    [floor + facts.size_spread.cv2(weights), floor + of_prompt, facts.minute.c_squared]
                }
            };
            sum.rate += rate;
            sum.lasts += rate * lasts;
            settled += rate * own_settled;
            settled_spread += rate * own_settled * own_settled * of_settled;
            held += rate * lasts * own_held;
            held_spread += rate * lasts * own_held * own_held * of_held;
            common += rate * rate * own_settled * own_settled * own_common;
        }
        if !(sum.lasts > 0.0 && held > 0.0) {
            return None;
        }
        let running = sum.lasts;
        sum.lasts /= sum.rate;
        (sum.settled, sum.held) = (settled / sum.rate, held / running);
        let over = |spread: f64, count: f64, mean: f64| if mean > 0.0 { spread / (count * mean * mean) } else { 0.0 };
        sum.spread_settled = over(settled_spread, sum.rate, sum.settled);
        sum.spread_held = over(held_spread, running, sum.held);
        sum.common = if settled > 0.0 { common / (settled * settled) } else { 0.0 };
        sum.burstiness_sd = group.law.shape().1;
        Some(sum)
    }
}
