//! Quotas that several offers of a route draw on.
//!
//! Whoever reaches a later offer was refused by the ones before it, so those have taken all that they can in that window: the later one
//! has what they leave of the quota. That is nothing, unless their own incidents kept them from taking it all.

use super::state::GroupState;
use crate::supply::offer::MAX_AXES;
use crate::supply::pool::PoolGroup;

impl GroupState {
    /// Takes off the capacities what offers before them on the same quota have, once all are set.
    pub(super) fn share_quotas(&mut self, group: &PoolGroup) {
        for (node, before) in &group.shared {
            for capacities in self.capacities.chunks_exact_mut(self.slots.max(1)) {
                for axis in 0..MAX_AXES {
                    let taken: f64 = before.iter().map(|other| capacities[other * MAX_AXES + axis]).sum();
                    let slot = node * MAX_AXES + axis;
                    capacities[slot] = capacities[slot].min((self.per_unit[slot] - taken).max(0.0));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::horizon::Horizon;
    use crate::supply::fixture::{dispatched, read, steady, supply, workload};
    use crate::supply::{HourService, HourSink, Margin, ServiceTotals, Supply};

    const PRIORITY: &str = "quota = { shared_with = 'standard' }";

    /// Standard at 1 and priority at 1.75, with these lines of theirs, after units of 40 tokens an hour.
    fn text(standard: &str, priority: &str, route: &str) -> String {
        let offer = |name: &str, price: f64, more: &str| {
            format!(
                "[[offer]]\nname = '{name}'\nkind = 'on-demand'\nprice = {{ input = '{price} USD/token', output = '{price} USD/token' }}\n{more}\n"
            )
        };
        format!(
            "{}{}[[offer]]\nname = 'u'\nkind = 'provisioned'\ncapacity = '40 tokens/h'\nterms = {{ none = '1 USD/unit-hour' }}\n\
             [[plan]]\nname = 'p'\nroute = {{ w = {route} }}\n{}",
            offer("standard", 1.0, standard),
            offer("priority", 1.75, priority),
            if route.contains("'u'") { "units = { u = 1 }\n" } else { "" }
        )
    }

    fn hours(hours: u32) -> Horizon {
        Horizon::flat(1, hours).unwrap()
    }

    fn one(supply: &Supply, tokens: f64) -> ServiceTotals {
        dispatched(supply, &steady(supply.horizon().hours(), &[tokens])).services[0]
    }

    /// 150 tokens in an hour of which the quota takes 100: with a quota of its own priority takes the rest at its price, on the same quota
    /// nothing; alone it has all of the quota.
    #[test]
    fn the_same_quota_gives_nothing_twice() {
        let off = || [workload("w", Margin::Gamma, 0.0)];
        let quota = "quota = { rate = '100 tokens/h' }";
        for (priority, route, cost, throttled) in [
            (quota, "['standard', 'priority']", 100.0 + 1.75 * 50.0, 0.0),
            (PRIORITY, "['standard', 'priority']", 100.0, 50.0),
            (PRIORITY, "['priority', 'standard']", 175.0, 50.0),
            (PRIORITY, "['priority']", 175.0, 50.0),
            (PRIORITY, "['standard', 'u', 'priority']", 100.0, 10.0),
        ] {
            let supply = supply(&text(quota, priority, route), &off(), hours(1));
            let service = one(&supply, 150.0);
            assert!((service.cost_on_demand - cost).abs() < 1e-9, "{priority} {route}: {}", service.cost_on_demand);
            assert!((service.tokens_throttled - throttled).abs() < 1e-9, "{priority} {route}: {}", service.tokens_throttled);
        }
    }

    /// With bursts: priority on the same quota changes nothing at all.
    #[test]
    fn overflow_on_the_same_quota_is_throttled() {
        let facts = || [workload("w", Margin::LogNormal, 0.7)];
        let quota = "quota = { rate = '100 tokens/h' }";
        let with = supply(&text(quota, PRIORITY, "['u', 'standard', 'priority']"), &facts(), hours(3));
        let without = supply(&text(quota, PRIORITY, "['u', 'standard']"), &facts(), hours(3));
        let (with, without) = (one(&with, 120.0), one(&without, 120.0));
        assert!(with.tokens_throttled > 1.0);
        for (a, b) in [
            (with.tokens_throttled, without.tokens_throttled),
            (with.cost_on_demand, without.cost_on_demand),
            (with.throttled_hours, without.throttled_hours),
        ] {
            assert!((a - b).abs() < 1e-9 * b, "{a} is not {b}");
        }
    }

    struct Served(Vec<Vec<f64>>);

    impl HourSink for Served {
        fn hour(&mut self, _: usize, _: usize, _: usize, service: &HourService<'_>) {
            self.0.push(service.served.to_vec());
        }
    }

    /// While an incident takes 60 of standard's 100, priority has these.
    #[test]
    fn what_an_incident_keeps_from_one_is_left_to_the_other() {
        let quota = "quota = { rate = '100 tokens/h' }\nincidents = { every = '5h', lasting = '5h', takes = '60%' }";
        let supply = supply(&text(quota, PRIORITY, "['standard', 'priority']"), &[workload("w", Margin::Gamma, 0.0)], hours(400));
        let mut served = Served(Vec::new());
        supply.dispatcher(1).dispatch(0, &steady(400, &[150.0]), &mut supply.totals(), Some(&mut served));
        let down = served.0.iter().filter(|served| served[0] < 50.0).count();
        assert!(down > 20 && down < 380, "{down}");
        for served in &served.0 {
            assert!((served[0] + served[1] - 100.0).abs() < 1e-9, "{served:?}");
            assert!((served[1] - if served[0] < 50.0 { 60.0 } else { 0.0 }).abs() < 1e-9, "{served:?}");
        }
    }

    #[test]
    fn what_cannot_be_reached_or_told_apart() {
        let quota = "quota = { rate = '100 tokens/h' }";
        let facts = || [workload("w", Margin::Gamma, 0.0), workload("x", Margin::Gamma, 0.0)];
        let (_, warnings) =
            read(&text(quota, PRIORITY, "['standard', 'priority'], x = ['standard', 'priority']"), &facts(), hours(1)).unwrap();
        assert!(warnings.iter().any(|warning| warning.contains("nothing ever reaches `priority`")), "{warnings:?}");
        for route in ["['standard'], x = ['priority']", "['standard', 'priority'], x = ['priority']"] {
            let errors = read(&text(quota, PRIORITY, route), &facts(), hours(1)).unwrap_err();
            assert!(errors.len() == 1 && errors[0].contains("quota"), "{route}: {errors:?}");
        }
    }
}
