//! What a policy comes to: each month's totals are those of a plan that holds as many units all along, as nothing is carried from month to
//! month.

use super::walk::{Walk, Walks};
use crate::scenario::Scenario;
use crate::tally::{Outcome, Row};
use std::collections::HashMap;

/// What a policy came to in every future.
#[derive(Clone, Debug)]
pub(super) struct Course {
    /// What policies are ranked by, a month: spend, failed requests at their stated cost and, where it is charged, what is owed after the
    /// horizon.
    pub(super) ranked: Vec<f64>,
    /// The same without what is owed.
    pub(super) spend: Vec<f64>,
    /// Owed after the horizon.
    pub(super) owed: Vec<f64>,
    /// Months that keep the limits.
    pub(super) kept: Vec<u32>,
    /// By how much the worst pool is above the limits, the sum over the months.
    pub(super) excess: Vec<f64>,
}

/// A pool's month by future: paid by use, and by how much it is above the limits.
struct PoolMonth {
    by_use: Vec<f64>,
    excess: Vec<f64>,
}

/// What all holdings come to.
pub(super) struct Splice<'a> {
    scenario: &'a Scenario,
    outcome: &'a Outcome,
    charge_owed: bool,
    /// By pool and case, then month.
    months: HashMap<(usize, usize), Vec<PoolMonth>>,
}

impl<'a> Splice<'a> {
    /// `scenario` has a plan for each holding, in their order.
    pub(super) fn new(scenario: &'a Scenario, outcome: &'a Outcome, charge_owed: bool) -> Self {
        Self { scenario, outcome, charge_owed, months: HashMap::new() }
    }

    /// Makes what the policies of these pools need.
    pub(super) fn prepare(&mut self, walks: &Walks, pools: &[usize]) {
        for plan in 0..walks.holdings.len() {
            for &pool in pools {
                let choice = self.scenario.supply.plans[plan].pools[pool];
                let (scenario, outcome) = (self.scenario, self.outcome);
                self.months.entry((pool, choice.case)).or_insert_with(|| {
                    let row = Row::Pool(pool);
                    let excess = outcome.excess_of(scenario, plan, &[row]);
                    let of_month = |(month, excess)| PoolMonth {
                        by_use: outcome.make(&outcome.by_use(scenario, plan, row, month)),
                        excess: outcome.make(excess),
                    };
                    excess.iter().enumerate().map(of_month).collect()
                });
            }
        }
    }

    /// A policy's course over these pools. What was not prepared counts for nothing.
    pub(super) fn course(&self, walk: &Walk, pools: &[usize]) -> Course {
        let (months, futures) = (self.scenario.horizon.months(), self.outcome.replications());
        let each = months as f64;
        let mut course = Course { ranked: Vec::new(), spend: Vec::new(), owed: Vec::new(), kept: Vec::new(), excess: Vec::new() };
        // By plan and pool.
        let case = |plan: usize, pool: usize| self.scenario.supply.plans[plan].pools[pool].case;
        let plans = 0..self.scenario.supply.plans.len();
        let known: Vec<Vec<Option<&Vec<PoolMonth>>>> =
            plans.map(|plan| pools.iter().map(|&pool| self.months.get(&(pool, case(plan, pool)))).collect()).collect();
        for future in 0..futures {
            let (mut by_use, mut kept, mut above) = (0.0, 0, 0.0);
            let held = &walk.held[future * months..][..months];
            let mut worst = vec![0.0_f64; months];
            for pool in 0..pools.len() {
                let mut of_pool = 0.0;
                for (month, &plan) in held.iter().enumerate() {
                    let Some(known) = known[plan as usize][pool] else { continue };
                    of_pool += known[month].by_use[future];
                    worst[month] = worst[month].max(known[month].excess[future]);
                }
                by_use += of_pool;
            }
            for worst in worst {
                kept += u32::from(worst == 0.0);
                above += worst;
            }
            let (paid, owed) = (walk.paid[future], walk.owed[future]);
            let spend = by_use + paid;
            course.ranked.push((spend + if self.charge_owed { owed } else { 0.0 }) / each);
            course.spend.push(spend / each);
            course.owed.push(owed);
            course.kept.push(kept);
            course.excess.push(above);
        }
        course
    }
}
