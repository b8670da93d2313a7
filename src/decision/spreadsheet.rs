//! The answer of a spreadsheet of averages: mean volume divided by what a unit serves. Shown beside the best plan, never recommended.

use crate::scenario::Scenario;
use crate::supply::{Part, Plan};

/// The plan whose units come nearest to average volume ÷ unit throughput, rounded up; among equals the first with the term of `like`.
/// `None` when no plan buys units.
#[must_use]
pub fn spreadsheet_plan(scenario: &Scenario, like: usize) -> Option<usize> {
    let supply = &scenario.supply;
    let term = supply.plans.get(like)?.term.as_ref();
    let plans = supply.plans.iter().enumerate().filter(|(_, plan)| !plan.buys_nothing());
    plans
        .map(|(index, plan)| (distance(scenario, plan), plan.term.as_ref() != term, index))
        .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)))
        .map(|(_, _, index)| index)
}

/// How far a plan's units are from what the averages ask for. Too few units do not serve the average, so they count as far away.
fn distance(scenario: &Scenario, plan: &Plan) -> f64 {
    const TOO_FEW: f64 = 1e9;
    plan.commitments
        .chunk_by(|a, b| a.offer == b.offer)
        .flat_map(|ladder| {
            let bought = |axis| ladder.iter().map(|commitment| commitment.units[axis]).sum::<f64>();
            needed_units(scenario, plan, ladder[0].offer).into_iter().enumerate().map(move |(axis, needed)| (bought(axis), needed))
        })
        .map(|(units, needed): (f64, f64)| if units < needed { TOO_FEW + needed - units } else { units - needed })
        .sum()
}

/// Units, rounded up, that the mean demand of the workloads which try an offer first would fill; one number per axis.
fn needed_units(scenario: &Scenario, plan: &Plan, offer: usize) -> Vec<f64> {
    let groups = plan.pools.iter().map(|pool| &scenario.supply.groups[pool.group]);
    for group in groups {
        let Some(node) = group.nodes.iter().find(|node| node.offer == offer) else { continue };
        return (0..node.axes)
            .map(|axis| {
                let first = group.members.iter().filter(|member| member.route.first() == Some(&offer));
                let weighted: f64 = first
                    .map(|member| {
                        let share = match member.part {
                            Part::Whole => 1.0,
                            Part::Interactive => 1.0 - scenario.demand.workloads[member.workload].deferrable_share,
                            Part::Deferrable => scenario.demand.workloads[member.workload].deferrable_share,
                        };
                        let months = 0..scenario.horizon.months();
                        share * months.map(|m| scenario.demand.expected_tokens(member.workload, m).dot(&node.weights[axis])).sum::<f64>()
                    })
                    .sum();
                let (low, high) = node.per_unit[axis];
                (weighted / scenario.horizon.hours() as f64 / (0.5 * (low + high))).ceil()
            })
            .collect();
    }
    Vec::new()
}
