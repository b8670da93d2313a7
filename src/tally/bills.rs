//! What the units of a plan's pools cost, by month: the same in every replication.

use super::columns::bought_axes;
use crate::cost::OfferBill;
use crate::scenario::Scenario;
use crate::supply::{Commitment, Plan};

/// What a pool's commitments cost.
#[derive(Clone, Debug)]
pub(super) struct PoolBill {
    /// By month: all that is paid `[currency]`.
    pub(super) cost: Vec<f64>,
    /// By bought axis and month.
    pub(super) axes: Vec<Vec<AxisBill>>,
    /// What terms still bind to after the horizon `[currency]`.
    pub(super) owed: f64,
    /// The part of it that is owed because units start after the first month `[currency]`.
    pub(super) owed_late: f64,
    /// By month: what terms and reservations bind to `[currency]`.
    pub(super) bound: Vec<f64>,
}

/// One axis of an offer in a month.
#[derive(Clone, Copy, Debug)]
pub(super) struct AxisBill {
    /// Price of a unit-hour, the mean over what is bought `[currency]`.
    pub(super) price: f64,
    /// Unit-hours bought.
    pub(super) hours: f64,
    /// Paid for reserved unit-hours in which nothing was deployed `[currency]`.
    pub(super) lost: f64,
}

/// The bills of a plan's pools.
pub(super) fn bills(scenario: &Scenario, plan: &Plan, months: usize) -> Vec<PoolBill> {
    let horizon = &scenario.horizon;
    let of_pool = |group: usize| {
        let group = &scenario.supply.groups[group];
        let in_pool = |c: &&Commitment| group.nodes.iter().any(|node| node.offer == c.offer);
        let of_pool = || plan.commitments.iter().filter(in_pool);
        let reserved = || plan.reservations.iter().filter(in_pool);
        // By node and month.
        let bills: Vec<Vec<OfferBill>> =
            group.nodes.iter().map(|node| (0..months).map(|month| plan.bill(node.offer, month, horizon)).collect()).collect();
        let of_axis = |(node, axis): (usize, usize)| {
            let of_month = |bill: &OfferBill| AxisBill { price: bill.price(axis), hours: bill.unit_hours[axis], lost: bill.lost[axis] };
            bills[node].iter().map(of_month).collect()
        };
        let cost = |month: usize| {
            let bought: f64 = of_pool().filter(|c| !plan.is_reserved(c.offer)).map(|c| c.cost(month, horizon)).sum();
            let nodes = group.nodes.iter().zip(&bills).filter(|(node, _)| plan.is_reserved(node.offer));
            nodes.fold(bought, |sum, (_, bills)| sum + bills[month].cost.iter().sum::<f64>())
        };
        PoolBill {
            cost: (0..months).map(cost).collect(),
            axes: bought_axes(group).map(of_axis).collect(),
            bound: (0..months).map(|month| group.nodes.iter().map(|node| plan.bound_cost(node.offer, month, horizon)).sum()).collect(),
            owed_late: of_pool().map(|c| c.owed_late(horizon)).sum(),
            owed: of_pool().chain(reserved()).map(|c| c.committed_after_horizon(horizon)).sum(),
        }
    };
    plan.pools.iter().map(|pool| of_pool(pool.group)).collect()
}
