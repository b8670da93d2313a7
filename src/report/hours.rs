//! One future under one plan, hour by hour: what was asked for, who served it, what was throttled and what it cost.

use super::lines::Lines;
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::Replicator;
use crate::supply::{HourService, HourSink, Plan, PoolGroup};
use crate::units::CLASSES;

/// Hours that are gathered before they are handed on.
const HOURS_AT_A_TIME: usize = 512;

/// Writes one replication under one plan as CSV, piece by piece. Tokens are billed tokens, costs in the scenario's currency; `p_over` is
/// the chance that a minute of the hour is throttled. Where work waits, what served it includes what it served `late`, and `waiting` is what
/// still waits when the hour ends; batch jobs stand in the hour in which they are handed in.
///
/// # Errors
/// What `put` returns.
///
/// # Panics
/// When the scenario has no such plan.
pub fn write_hours(scenario: &Scenario, seed: u64, replication: u64, plan: usize, put: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
    let plan = &scenario.supply.plans[plan];
    let mut pools = Pools::new(scenario, plan);
    let mut replicator = Replicator::new(scenario, seed);
    replicator.replicate(replication, Some(&mut pools));
    put(&header(scenario, plan)?)?;
    let horizon = &scenario.horizon;
    let hours: Vec<usize> = (0..horizon.hours()).collect();
    for chunk in hours.chunks(HOURS_AT_A_TIME) {
        let mut lines = Lines::new();
        for &hour in chunk {
            let month = horizon.month_of(hour);
            lines.text(&hour.to_string());
            lines.text(&horizon.start_of(hour).map_or_else(String::new, |start| start.strftime("%Y-%m-%dT%H:%M%:z").to_string()));
            lines.text(&horizon.month_label(month));
            for workload in &replicator.path().workloads {
                lines.numbers(workload.tokens[hour].to_array().map(Some)).number(workload.requests[hour]);
            }
            let mut cost = [0.0; 2];
            for pool in &pools.pools {
                let row = &pool.hours[hour * pool.width..][..pool.width];
                let (shown, costs) = row.split_at(pool.width - 2);
                lines.numbers(shown.iter().map(|&value| Some(value)));
                cost.iter_mut().zip(costs).for_each(|(sum, cost)| *sum += cost);
            }
            let [on_demand, batch] = cost;
            let provisioned = pools.provisioned[hour];
            lines.number(on_demand).number(provisioned).number(batch).number(on_demand + provisioned + batch);
            lines.end()?;
        }
        put(&lines.finish()?)?;
    }
    Ok(())
}

fn header(scenario: &Scenario, plan: &Plan) -> Result<String> {
    let mut lines = Lines::new();
    lines.texts(["hour", "local_time", "month"]);
    for workload in &scenario.demand.workloads {
        for class in CLASSES {
            lines.text(&format!("{}.{class}", workload.name));
        }
        lines.text(&format!("{}.requests", workload.name));
    }
    for pool in &plan.pools {
        let group = &scenario.supply.groups[pool.group];
        for node in &group.nodes {
            lines.text(&format!("{}.served.{}", group.name, scenario.supply.offers[node.offer].name));
        }
        for what in ["batch", "throttled", "requests_throttled", "p_over"] {
            lines.text(&format!("{}.{what}", group.name));
        }
        for what in ["late", "waiting"].into_iter().filter(|_| group.waits()) {
            lines.text(&format!("{}.{what}", group.name));
        }
    }
    lines.texts(["cost_on_demand", "cost_provisioned", "cost_batch", "cost_total"]);
    lines.end()?;
    lines.finish()
}

/// The hours of the pools of one plan.
struct Pools {
    pools: Vec<Pool>,
    /// Cost of the plan's units in each hour.
    provisioned: Vec<f64>,
}

/// The hours of one pool: served by each node, batch, throttled, requests throttled, p_over, late and waiting where some of its work
/// waits, cost on demand, cost of batch.
struct Pool {
    group: usize,
    case: usize,
    width: usize,
    waits: bool,
    hours: Vec<f64>,
}

impl Pools {
    fn new(scenario: &Scenario, plan: &Plan) -> Self {
        let horizon = &scenario.horizon;
        let pool = |choice: &crate::supply::PoolChoice| {
            let group: &PoolGroup = &scenario.supply.groups[choice.group];
            let width = group.nodes.len() + if group.waits() { 8 } else { 6 };
            Pool { group: choice.group, case: choice.case, width, waits: group.waits(), hours: vec![0.0; horizon.hours() * width] }
        };
        let provisioned = |hour: usize| plan.cost_of_hour(hour, horizon);
        Self { pools: plan.pools.iter().map(pool).collect(), provisioned: (0..horizon.hours()).map(provisioned).collect() }
    }
}

impl HourSink for Pools {
    fn hour(&mut self, hour: usize, group: usize, case: usize, service: &HourService<'_>) {
        let Some(pool) = self.pools.iter_mut().find(|pool| (pool.group, pool.case) == (group, case)) else { return };
        let row = &mut pool.hours[hour * pool.width..][..pool.width];
        let rest = [service.batch, service.throttled, service.requests_throttled, service.minute_over];
        let queue = [service.late, service.waiting].into_iter().filter(|_| pool.waits);
        let shown = service.served.iter().copied().chain(rest).chain(queue).chain([service.cost_on_demand, service.cost_batch]);
        row.iter_mut().zip(shown).for_each(|(slot, value)| *slot = value);
    }
}
