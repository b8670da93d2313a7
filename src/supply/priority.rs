//! Priorities: who in a pool is served first, and where the answer is known.
//!
//! In a full minute, an offer serves the workloads of the highest priority first, then the next, and so on: pre-emptive within the
//! minute, and nothing is carried into the next one. The first k classes then do not notice the others, so what they overflow is what a
//! pool of them alone would: beyond offers of capacity C in all, E\[(Y₁ + … + Y_k − C)+\], by the law of their own sum, with its own mean
//! and variance. Class k's part is the difference of two neighbours. All this needs every workload to meet the offers in the same order;
//! where workloads of different priority meet at a full offer in any other way, or spill whole requests there, the scenario is refused.
//!
//! Workloads of the same priority share in proportion to what each asks for in the hour. That is exact where their minutes are gamma with
//! the same scale (the sum then says nothing about the shares: Lukacs, 1955, Ann. Math. Statist. 26), and an assumption elsewhere: a
//! burstier one would be throttled somewhat more.

use super::Offer;
use super::facts::WorkloadFacts;
use super::offer::OverflowRule;
use super::plan::PlanSpec;
use super::pool::PoolGroup;
use crate::spec::{Field, Reader};
use std::collections::BTreeSet;

/// Priorities that can be told apart.
pub(crate) const MAX_CLASSES: usize = 9;

/// The priority of a workload that states none, in a pool where others do: the middle.
const UNSTATED: u8 = 5;

fn place(facts: &WorkloadFacts) -> u8 {
    facts.priority.unwrap_or(UNSTATED)
}

/// The class of each workload, counted from 0 in the order they are served.
pub(super) fn classes<'a>(workloads: impl Iterator<Item = &'a WorkloadFacts> + Clone) -> Vec<usize> {
    let places: BTreeSet<u8> = workloads.clone().map(place).collect();
    workloads.map(|facts| places.iter().position(|&p| p == place(facts)).unwrap_or(0)).collect()
}

impl PoolGroup {
    /// How many classes of priority its entries make: 1 where all are alike.
    pub(crate) fn ranks(&self) -> usize {
        self.classes.iter().max().map_or(1, |last| last + 1)
    }
}

/// Refuses a plan's pool whose priorities could not be kept, and notes what is assumed of the others.
pub(super) fn check(group: &PoolGroup, offers: &[Offer], facts: &[WorkloadFacts], spec: &Field<PlanSpec>, reader: &mut Reader) -> bool {
    for member in group.members.iter().filter(|member| member.waits.is_some() && facts[member.workload].priority.is_some()) {
        let name = &facts[member.workload].name;
        reader.warn(format!("workload.{name}.priority: plays no part for work that waits, which comes after all that is served at once"));
    }
    if group.workloads.len() < 2 {
        return true;
    }
    if group.ranks() == 1 {
        let reason = "workloads of one priority share what is served in proportion to what they ask for in the hour";
        reader.assumed(spec.at.key(&format!("route.{}", group.name)), "alike", reason);
        return true;
    }
    for &index in group.workloads.iter().filter(|&&index| facts[index].priority.is_none()) {
        reader.assumed(format!("workload.{}.priority", facts[index].name), UNSTATED, "the middle, as others of its pool have a priority");
    }
    if group.path.is_some() || group.holds() || group.counts_requests || !group.days.is_empty() {
        let message = format!(
            "has workloads of different priority in pool `{}`, where requests come back, hold their `max_tokens`, wait for a bucket, or are \
             limited in number or by the day; who is served first there is not known",
            group.name
        );
        let allowed = "one priority for the workloads of this pool, or none of `retry`, `hold`, `refill`, `requests` and `per_day` in it";
        reader.refuse(&spec.route.at, message, allowed);
        return false;
    }
    // The classes that can reach each node; those before it come first.
    let mut reach: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); group.nodes.len()];
    for (entry, &class) in group.entries.iter().zip(&group.classes) {
        reach[entry.node].insert(class);
    }
    for (index, node) in group.nodes.iter().enumerate() {
        let here = reach[index].clone();
        if let Some(next) = node.next {
            reach[next].extend(here.iter().copied());
        }
        let limited = node.per_unit[..node.axes].iter().any(|(low, _)| low.is_finite());
        if here.len() < 2 || !limited {
            continue;
        }
        let name = &offers[node.offer].name;
        let problem = if !group.chain {
            (
                format!(
                    "lets workloads of different priority meet at `{name}` after different ways; who is served first there is not known"
                ),
                "routes that are alike for the workloads of this pool, or one priority for them",
            )
        } else if node.overflow == OverflowRule::Request {
            (
                format!("lets workloads of different priority meet at `{name}`, which spills whole requests"),
                "`overflow = \"minute\"` in the offer, or one priority for the workloads",
            )
        } else {
            continue;
        };
        reader.refuse(&spec.route.at, problem.0, problem.1);
        return false;
    }
    true
}
