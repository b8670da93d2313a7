//! The answer of a spreadsheet of averages: mean volume divided by what a unit serves. Shown beside the best plan, never recommended.
//!
//! It takes every hour for the average one. Units are then as many as the mean demand fills, rounded up, on the term with the lowest price;
//! and where these cost more than the mean demand does on demand, none. What it cannot see is throttling, spill and idle hours.

use crate::scenario::Scenario;
use crate::supply::{Commitment, Node, Part, Plan, PoolGroup};
use crate::units::ByClass;

/// The plan whose units come nearest to average volume ÷ unit throughput, rounded up, all week long if there is one; among equals the one with the lowest price an hour,
/// then the first. Where its units cost more than on demand the average volume that they serve does, the plan that buys none: the baseline,
/// or else the first. `None` when no plan buys units.
#[must_use]
pub fn spreadsheet_plan(scenario: &Scenario) -> Option<usize> {
    let plans = &scenario.supply.plans;
    // Averages know no hours of the week.
    let by_hours = |plan: &Plan| plan.commitments.iter().any(|commitment| commitment.schedule.is_some());
    let rank = |(index, plan): (usize, &Plan)| (by_hours(plan), distance(scenario, plan), price_an_hour(scenario, plan), index);
    let order = |a: &(bool, f64, f64, usize), b: &(bool, f64, f64, usize)| {
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2)).then(a.3.cmp(&b.3))
    };
    let buying = plans.iter().enumerate().filter(|(_, plan)| !plan.buys_nothing());
    let (_, _, price, buys) = buying.map(rank).min_by(order)?;
    let none = || plans.get(scenario.baseline).filter(|plan| plan.buys_nothing()).map(|_| scenario.baseline);
    let none = || none().or_else(|| plans.iter().position(Plan::buys_nothing));
    let saves = served_on_demand(scenario, &plans[buys]).is_none_or(|cost| price <= cost);
    if saves { Some(buys) } else { none().or(Some(buys)) }
}

/// What the tokens of a pool would cost on demand: at the offer that the units overflow to, else where the baseline serves the same
/// workloads. `next` is the node that the units overflow to. `[currency per token]`
#[must_use]
pub fn on_demand_price(scenario: &Scenario, group: &PoolGroup, mut next: Option<usize>) -> Option<ByClass> {
    while let Some(node) = next.and_then(|index| group.nodes.get(index)) {
        if !node.provisioned {
            return Some(node.price);
        }
        next = node.next;
    }
    let baseline = scenario.supply.plans.get(scenario.baseline)?;
    let groups = baseline.pools.iter().map(|pool| &scenario.supply.groups[pool.group]);
    let same = groups.into_iter().find(|other| group.workloads.iter().all(|workload| other.workloads.contains(workload)))?;
    same.nodes.iter().find(|node| !node.provisioned).map(|node| node.price)
}

/// What a plan's units cost in an hour, each purchase in its first month: later ones may be of another length or price.
fn price_an_hour(scenario: &Scenario, plan: &Plan) -> f64 {
    let horizon = &scenario.horizon;
    let price = |commitment: &Commitment| {
        let month = commitment.start_month.min(horizon.months() - 1);
        commitment.cost(month, horizon) / horizon.month_range(month).len() as f64
    };
    plan.commitments.iter().map(price).sum()
}

/// What an average hour's demand costs on demand, as far as a plan's units can serve it; `None` where nothing on demand could.
fn served_on_demand(scenario: &Scenario, plan: &Plan) -> Option<f64> {
    let mut cost = 0.0;
    for ladder in plan.commitments.chunk_by(|a, b| a.offer == b.offer) {
        let Some((group, node)) = entry(scenario, plan, ladder[0].offer) else { continue };
        let price = on_demand_price(scenario, group, node.next)?;
        let tokens = first_tried(scenario, group, node.offer);
        let filled = |(axis, needed): (usize, f64)| bought(ladder, axis) / needed;
        let share = needed_units(scenario, group, node).into_iter().enumerate().filter(|(_, needed)| *needed > 0.0).map(filled);
        cost += share.fold(1.0, f64::min) * tokens.dot(&price);
    }
    Some(cost)
}

/// How far a plan's units are from what the averages ask for. Too few units do not serve the average, so they count as far away.
fn distance(scenario: &Scenario, plan: &Plan) -> f64 {
    const TOO_FEW: f64 = 1e9;
    let mut distance = 0.0;
    for ladder in plan.commitments.chunk_by(|a, b| a.offer == b.offer) {
        let Some((group, node)) = entry(scenario, plan, ladder[0].offer) else { continue };
        for (axis, needed) in needed_units(scenario, group, node).into_iter().enumerate() {
            let (units, needed) = (bought(ladder, axis), needed.ceil());
            distance += if units < needed { TOO_FEW + needed - units } else { units - needed };
        }
    }
    distance
}

/// Units on an axis of all purchases of one offer.
fn bought(ladder: &[Commitment], axis: usize) -> f64 {
    ladder.iter().map(|commitment| commitment.units[axis]).sum()
}

/// The pool of a plan that an offer serves, and the offer there.
fn entry<'s>(scenario: &'s Scenario, plan: &Plan, offer: usize) -> Option<(&'s PoolGroup, &'s Node)> {
    let mut groups = plan.pools.iter().map(|pool| &scenario.supply.groups[pool.group]);
    groups.find_map(|group| Some((group, group.nodes.iter().find(|node| node.offer == offer)?)))
}

/// Units that the mean demand of the workloads which try an offer first would fill; one number per axis.
fn needed_units(scenario: &Scenario, group: &PoolGroup, node: &Node) -> Vec<f64> {
    let tokens = first_tried(scenario, group, node.offer);
    let needed = |axis: usize| {
        let (low, high) = node.per_unit[axis];
        tokens.dot(&node.weights[axis]) / f64::midpoint(low, high)
    };
    (0..node.axes).map(needed).collect()
}

/// Mean tokens an hour of the workloads of a pool that try an offer first.
fn first_tried(scenario: &Scenario, group: &PoolGroup, offer: usize) -> ByClass {
    let first = group.members.iter().filter(|member| member.route.first() == Some(&offer));
    let tokens = first.fold(ByClass::ZERO, |sum, member| {
        let deferrable = scenario.demand.workloads[member.workload].deferrable_share;
        let share = match member.part {
            Part::Whole => 1.0,
            Part::Interactive => 1.0 - deferrable,
            Part::Deferrable => deferrable,
        };
        let months = 0..scenario.horizon.months();
        months.fold(sum, |sum, month| sum + scenario.demand.expected_tokens(member.workload, month) * share)
    });
    tokens * (scenario.horizon.hours() as f64).recip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse;
    use std::path::Path;

    /// A million tokens an hour for 1 USD on demand; a unit serves 300 000 of them, so four are needed.
    fn answer(terms: &str, sweep: &str, level: &str) -> String {
        let text = format!(
            r#"
name = "averages"
horizon = {{ flat = {{ months = 2 }} }}
[[offer]]
name = "od"
kind = "on-demand"
price = {{ input = "1 USD/1M tokens" }}
[[offer]]
name = "u"
kind = "provisioned"
capacity = "300k tokens/h"
terms = {terms}
[[workload]]
name = "w"
demand = {{ law = "constant", value = "{level}" }}
[[plan]]
name = "none"
route = {{ w = ["od"] }}
[[plan]]
name = "some"
route = {{ w = ["u", "od"] }}
sweep = {sweep}
"#
        );
        let scenario = parse("averages.toml", &text, Path::new(""), &[]).unwrap_or_else(|error| panic!("{error}")).scenario;
        scenario.supply.plans[spreadsheet_plan(&scenario).unwrap()].name.clone()
    }

    const TERMS: &str = r#"{ none = "0.30 USD/unit-hour", "1 month" = "0.26 USD/unit-hour", "6 months" = "0.20 USD/unit-hour" }"#;

    #[test]
    fn the_cheapest_term_is_taken_in_whatever_order_the_file_has_them() {
        for terms in [r#"["none", "1 month", "6 months"]"#, r#"["6 months", "1 month", "none"]"#] {
            let sweep = format!("{{ units = {{ u = \"1..=9\" }}, term = {{ u = {terms} }} }}");
            assert_eq!(answer(TERMS, &sweep, "1M tokens/h"), "some/units=4/term=6 months");
            // Every hour as the average one: what is left of the fourth unit is paid and still saves, of the first it does not.
            assert_eq!(answer(TERMS, &sweep, "150k tokens/h"), "none");
        }
    }

    #[test]
    fn averages_know_no_hours_of_the_week() {
        // Four units in a window would be as near to what the average asks for, and cost less than four all week long.
        let window = "schedule = { days = \"weekdays\", from = 9, until = 17 }";
        let more = format!(
            "{{ units = {{ u = [4] }} }}\n[[plan]]\nname = \"by hours\"\nroute = {{ w = [\"u\", \"od\"] }}\npurchase = [{{ offer = \"u\", units = 4, term = \"none\", {window} }}]"
        );
        let cheap = r#"{ none = "0.20 USD/unit-hour" }"#;
        assert_eq!(answer(cheap, &more, "1M tokens/h"), "some/units=4");
        let alone = more.replace("{ units = { u = [4] } }\n[[plan]]\nname = \"by hours\"\nroute = { w = [\"u\", \"od\"] }\n", "{}\n");
        assert_eq!(answer(cheap, &alone, "1M tokens/h"), "some");
    }

    #[test]
    fn units_that_cost_more_than_on_demand_are_not_bought() {
        let only = |terms: &str| format!("{{ units = {{ u = \"1..=9\" }}, term = {{ u = {terms} }} }}");
        // Four units cost 1.04 USD on the 1-month term, and the hour costs 1 USD on demand.
        assert_eq!(answer(TERMS, &only(r#"["none", "1 month"]"#), "1M tokens/h"), "none");
        // Too few units are judged by what they can serve: 0.6 million tokens for 0.40 USD.
        let few = r#"{ units = { u = "1..=2" }, term = { u = ["6 months"] } }"#;
        assert_eq!(answer(TERMS, few, "1M tokens/h"), "some/units=2/term=6 months");
    }
}
