//! Plans that buy nothing and send all work the same way are one purchase under several names: a sweep that begins at no units has one for each
//! term. Who is told of them is told of one, the baseline where it is among them, and never of one as a rival of another.

use super::judgement::{Judgement, Leader, belongs, leader};
use crate::scenario::Scenario;
use crate::supply::{Member, OfferKind, Part, Plan, Supply};

/// A workload, which part of it, and the offers paid by the token that it goes to.
pub(super) type IdleWay = (usize, Part, Vec<usize>);

/// What sums are rounded by, as a share of them.
const ROUNDING: f64 = 1e-9;

/// Where the work of a pool goes, member by member, but for units: to batch, or else along offers paid by the token.
pub(super) fn idle_way(supply: &Supply, group: usize) -> Vec<IdleWay> {
    let by_token = |&offer: &usize| !matches!(supply.offers[offer].kind, OfferKind::Provisioned(_));
    let way = |member: &Member| {
        let route = member.route.iter().copied().filter(by_token);
        (member.workload, member.part, member.batch.map_or_else(|| route.collect(), |batch| vec![batch]))
    };
    supply.groups[group].members.iter().map(way).collect()
}

/// Where the work of a plan goes that buys nothing, pool by pool; `None` where it buys something.
pub(super) fn idle_ways(supply: &Supply, plan: &Plan) -> Option<Vec<Vec<IdleWay>>> {
    plan.buys_nothing().then(|| plan.pools.iter().map(|pool| idle_way(supply, pool.group)).collect())
}

impl Judgement {
    /// The same, with the leaders and next best of plans that differ: of those that are one purchase the baseline, or else the first.
    #[must_use]
    pub fn without_doubles(self, scenario: &Scenario) -> Self {
        let supply = &scenario.supply;
        let ways = |plan: usize| Some((plan, idle_ways(supply, &supply.plans[plan])?));
        let first = std::iter::once(scenario.baseline);
        let idle: Vec<_> = first.chain((0..supply.plans.len()).filter(|&plan| plan != scenario.baseline)).filter_map(ways).collect();
        let alike = |a: usize, b: usize| {
            let (a, b) = (&self.standings[a], &self.standings[b]);
            let near = |a: f64, b: f64| (a - b).abs() <= ROUNDING * a.abs().max(1.0);
            near(a.objective.point, b.objective.point) && near(a.excess, b.excess) && a.keeps_limits == b.keeps_limits
        };
        let mut is_double = vec![false; supply.plans.len()];
        for (place, (plan, way)) in idle.iter().enumerate() {
            is_double[*plan] = idle[..place].iter().any(|(before, other)| way == other && alike(*before, *plan));
        }
        let again = |of: &Leader| {
            let belongs = |&plan: &usize| !is_double[plan] && of.term.as_ref().is_none_or(|term| belongs(scenario, plan, Some(term)));
            let members: Vec<usize> = (0..supply.plans.len()).filter(belongs).collect();
            leader(|plan| &self.standings[plan], &members, of.term.clone()).unwrap_or_else(|| of.clone())
        };
        let [leaders, best_per_term] = [&self.leaders, &self.best_per_term].map(|leaders| leaders.iter().map(again).collect());
        Self { leaders, best_per_term, ..self }
    }
}
