//! The general way: workloads that enter at different offers, or leave them for different ones.

use super::parts::Parts;
use super::queued::Queued;
use super::state::GroupState;
use super::work::Hour;
use super::{HourSink, Outcome};
use crate::supply::network::Network;
use crate::supply::offer::MAX_AXES;
use crate::supply::pool::PoolGroup;
use crate::supply::totals::SupplyTotals;

impl GroupState {
    /// Serves an hour under every case.
    pub(super) fn serve_network(
        &mut self,
        group: &PoolGroup,
        facts: &Hour,
        parts: &Parts,
        network: &mut Network,
        totals: &mut SupplyTotals,
        sink: &mut Option<&mut dyn HourSink>,
    ) {
        for case in 0..self.clear.len() {
            network.serve(&group.nodes, &self.capacities[case * self.slots..][..self.slots], &group.law);
            self.split_network(group, case, parts, |node| network.flow(node), totals);
            let service = &mut totals.services[self.services.clone()][case];
            let used = &mut totals.used[self.used_slots.clone()][case * self.slots..][..self.slots];
            let mut outcome = Outcome {
                throttled: network.throttled.total() + facts.unrouted,
                minute_over: network.exceedance,
                hour_over: network.hour_exceedance,
                tokens_on_demand: 0.0,
                tokens_provisioned: 0.0,
                value_provisioned: 0.0,
                cost_on_demand: 0.0,
            };
            if facts.unrouted > 0.0 {
                (outcome.minute_over, outcome.hour_over) = (1.0, 1.0);
            } else if !(outcome.throttled > 0.0) {
                // An offer that is down is over its limit even where nothing comes to it.
                (outcome.minute_over, outcome.hour_over) = (0.0, 0.0);
            }
            for (number, (node, served)) in group.nodes.iter().zip(&network.served).enumerate() {
                self.served[number] = served.total();
                if node.provisioned {
                    outcome.tokens_provisioned += served.total();
                    if let Some(last) = group.last_on_demand {
                        outcome.value_provisioned += served.dot(&group.nodes[last].price) * self.price_factor[last];
                    }
                } else {
                    outcome.tokens_on_demand += served.total();
                    outcome.cost_on_demand += served.dot(&node.price) * self.price_factor[number];
                }
                for axis in 0..MAX_AXES {
                    let slot = number * MAX_AXES + axis;
                    let used_here =
                        if node.provisioned && axis < node.axes { served.dot(&node.weights[axis]) / self.per_unit[slot] } else { 0.0 };
                    self.used[slot] = used_here;
                    used[slot] += used_here;
                }
            }
            let requests = facts.requests_of(outcome.throttled);
            outcome.add_to(service, &mut self.clear[case], requests);
            let capacities = &self.capacities[case * self.slots..][..self.slots];
            let mut queued = Queued::serve(self.queues.as_mut(), case, group, &self.per_unit, &self.price_factor, |number, axis| {
                capacities[number * MAX_AXES + axis] - network.served[number].dot(&group.nodes[number].weights[axis])
            });
            if let Some(sink) = sink {
                queued.show(self.queues.as_ref(), case, &mut self.served, &mut self.used);
                sink.hour(facts.hour, self.index, case, &outcome.shown(facts, requests, &self.served, &self.used, &queued));
            }
        }
    }
}
