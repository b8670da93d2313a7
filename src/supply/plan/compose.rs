//! Plans made of parts of others: pools are bought for apart, so any choice for one goes with any choice for another.

use super::{Plan, PoolChoice};
use crate::supply::commitment::Commitment;
use crate::supply::offer::{MAX_AXES, OfferKind};
use crate::supply::pool::PoolGroup;
use crate::supply::{Supply, short};
use std::collections::{BTreeMap, BTreeSet};

/// Which pools and cases of a supply a narrower one has, in its order: the pool, and its cases.
#[derive(Clone, Debug)]
pub struct Kept {
    /// By pool of the narrower supply.
    pub groups: Vec<(usize, Vec<usize>)>,
}

impl Supply {
    /// The plan that serves each pool as another plan does: `parts` are plan and pool, in the order of the pools of plans with these routes.
    ///
    /// # Panics
    /// When there is no such plan or pool, or no part.
    #[must_use]
    pub fn compose(&self, parts: &[(usize, usize)]) -> Plan {
        let base = &self.plans[parts[0].0].base;
        let of_parts = |list: fn(&Plan) -> &Vec<Commitment>| -> Vec<Commitment> {
            let of_part = |&(plan, pool): &(usize, usize)| {
                let plan = &self.plans[plan];
                let nodes = &self.groups[plan.pools[pool].group].nodes;
                let mine = |commitment: &&Commitment| nodes.iter().any(|node| node.offer == commitment.offer);
                list(plan).iter().filter(mine).filter(|commitment| commitment.units.iter().any(|&units| units > 0.0))
            };
            let mut all: Vec<Commitment> = parts.iter().flat_map(of_part).cloned().collect();
            all.sort_by_key(|commitment| commitment.offer);
            all
        };
        let commitments = of_parts(|plan| &plan.commitments);
        let reservations = of_parts(|plan| &plan.reservations);
        let pools: Vec<PoolChoice> = parts.iter().map(|&(plan, pool)| self.plans[plan].pools[pool]).collect();
        // One that the file has keeps its name.
        let stands = |plan: &&Plan| {
            let bought = plan.commitments.iter().filter(|commitment| commitment.units.iter().any(|&units| units > 0.0));
            plan.base == *base && plan.pools == pools && plan.reservations == reservations && bought.eq(commitments.iter())
        };
        if let Some(plan) = self.plans.iter().find(stands) {
            return plan.clone();
        }
        let ladders = commitments.chunk_by(|a, b| a.offer == b.offer).map(|ladder| self.units_label(ladder));
        let unreserved = commitments.iter().filter(|c| !reservations.iter().any(|reservation| reservation.offer == c.offer));
        Plan {
            name: self.name(base, &commitments),
            base: base.clone(),
            units: common(ladders),
            term: common(terms(unreserved.chain(&reservations))),
            commitments,
            reservations,
            pools,
        }
    }

    /// The base, how many units of which offer, and for how long: `fleet/5 units-chat, 3 units-agent/6 months`.
    fn name(&self, base: &str, commitments: &[Commitment]) -> String {
        if commitments.is_empty() {
            return format!("{base}/units=0");
        }
        let term = |commitment: &Commitment| {
            let term = commitment.schedule.map_or_else(|| commitment.term.to_string(), |schedule| schedule.to_string());
            if commitment.start_month == 0 { term } else { format!("{term} from month {}", commitment.start_month + 1) }
        };
        let shared = common(commitments.iter().map(term));
        let ladder = |ladder: &[Commitment]| {
            let bought = format!("{} {}", self.units_label(ladder), self.offers[ladder[0].offer].name);
            if shared.is_some() { bought } else { format!("{bought} ({})", ladder.iter().map(term).collect::<Vec<_>>().join(", ")) }
        };
        let all: Vec<String> = commitments.chunk_by(|a, b| a.offer == b.offer).map(ladder).collect();
        let shared = shared.map_or_else(String::new, |term| format!("/{term}"));
        format!("{base}/{}{shared}", all.join(", "))
    }

    /// Units of all purchases of one offer.
    fn units_label(&self, ladder: &[Commitment]) -> String {
        let two = matches!(&self.offers[ladder[0].offer].kind, OfferKind::Provisioned(offer) if offer.axes.len() > 1);
        units_label(ladder, two)
    }

    /// The supply with these of its plans alone, in this order.
    #[must_use]
    pub fn with_plans(&self, plans: &[usize]) -> Self {
        Self { plans: plans.iter().map(|&plan| self.plans[plan].clone()).collect(), ..self.clone() }
    }

    /// The same with no pool or case that none of them needs.
    ///
    /// # Panics
    /// When there is no such plan.
    #[must_use]
    pub(crate) fn keep(&self, plans: &[usize]) -> Self {
        self.of_plans(plans.iter().map(|&plan| self.plans[plan].clone()).collect()).0
    }

    /// The supply with these plans instead, which are made of its pools and cases, and with those alone that they need; and which those are.
    #[must_use]
    pub fn of_plans(&self, plans: Vec<Plan>) -> (Self, Kept) {
        let mut needed: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for choice in plans.iter().flat_map(|plan| &plan.pools) {
            needed.entry(choice.group).or_default().insert(choice.case);
        }
        let needed: Vec<(usize, Vec<usize>)> = needed.into_iter().map(|(group, cases)| (group, cases.into_iter().collect())).collect();
        let with_cases = |(group, cases): &(usize, Vec<usize>)| {
            let group = &self.groups[*group];
            PoolGroup { cases: cases.iter().map(|&case| group.cases[case].clone()).collect(), ..group.clone() }
        };
        let place = |choice: &PoolChoice| {
            let group = needed.partition_point(|(group, _)| *group < choice.group);
            PoolChoice { group, case: needed[group].1.partition_point(|case| *case < choice.case) }
        };
        let placed = |plan: Plan| Plan { pools: plan.pools.iter().map(place).collect(), ..plan };
        let plans = plans.into_iter().map(placed).collect();
        (Self { groups: needed.iter().map(with_cases).collect(), plans, ..self.clone() }, Kept { groups: needed })
    }
}

/// Units of all purchases of one offer with one axis or two.
pub(crate) fn units_label(ladder: &[Commitment], two: bool) -> String {
    let units = |commitment: &Commitment| -> [f64; MAX_AXES] { commitment.units };
    let label = |commitment: &Commitment| if two { units(commitment).map(short).join("+") } else { short(units(commitment)[0]) };
    ladder.iter().map(label).collect::<Vec<_>>().join(", ")
}

/// The terms of purchases. Beside others, units by the hour of the week do not count, as they bind to nothing, nor does a purchase of none.
pub(crate) fn terms<'a>(bought: impl Iterator<Item = &'a Commitment> + Clone) -> impl Iterator<Item = String> {
    let holds = |commitment: &Commitment| commitment.units.iter().any(|&units| units > 0.0);
    let is_all_week = move |commitment: &Commitment| commitment.schedule.is_none() && holds(commitment);
    let (some, beside) = (bought.clone().any(holds), bought.clone().any(is_all_week));
    let counts = move |commitment: &&Commitment| if beside { is_all_week(commitment) } else { !some || holds(commitment) };
    bought.filter(counts).map(|commitment| commitment.term.to_string())
}

/// The label that all have, if all have the same.
pub(crate) fn common(mut labels: impl Iterator<Item = String>) -> Option<String> {
    let first = labels.next()?;
    labels.all(|label| label == first).then_some(first)
}
