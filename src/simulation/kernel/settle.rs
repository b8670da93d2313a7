//! From a lane's sums of functions to the totals that every tally reads.

use super::layout::{CaseLayout, Passed};
use super::prepare::{KernelWorkload, WorkFacts};
use crate::demand::{MonthTotals, WorkloadTotals};
use crate::random::lanes::Lanes;
use crate::scenario::Scenario;
use crate::supply::{DemandTotals, HourRates, MAX_AXES, ServiceTotals, SupplyTotals};

/// What a worker found of a workload in a month.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// By function.
    pub(super) sums: Vec<Lanes<f64>>,
    /// Tokens of the largest hour.
    pub(super) largest: Lanes<f32>,
    /// By work: the rate that all but few minutes stay below.
    pub(super) peaks: Vec<Lanes<f64>>,
}

impl KernelWorkload<'_> {
    /// Writes one lane of a month.
    pub(super) fn settle(
        &self,
        scenario: &Scenario,
        (workload, month, lane): (usize, usize, usize),
        found: &Found,
        demand: &mut WorkloadTotals,
        supply: &mut SupplyTotals,
    ) {
        let tokens = found.sums[0][lane];
        let peak_hour = f64::from(found.largest[lane]);
        *demand.month_mut(workload, month) =
            MonthTotals { tokens: self.mix.classes * tokens, requests: tokens * self.mix.requests, peak_hour };
        let table = &self.tables[self.table_of[month]];
        for ((facts, layout), peaks) in self.works.iter().zip(&table.works).zip(&found.peaks) {
            for ((group, cases), rates) in layout.groups.iter().zip(&facts.rates) {
                supply.demand[scenario.supply.demand_index(*group, month)] = DemandTotals {
                    tokens: facts.asked * tokens,
                    requests: facts.requests * tokens,
                    requests_at_once: facts.requests_at_once * tokens,
                    peak_hour_tokens: facts.asked.total() * peak_hour,
                    peak_quota_tokens_per_minute: peaks[lane],
                    windows_below_minimum: 0.0,
                    requests_below_minimum: 0.0,
                };
                let last = scenario.supply.groups[*group].last_on_demand.map_or(0.0, |node| rates[node].cost);
                let services = &mut supply.services[scenario.supply.service_index(*group, 0, month)..];
                let used = &mut supply.used[scenario.supply.used_index(*group, 0, month)..];
                let used = used.chunks_exact_mut(rates.len().max(1) * MAX_AXES);
                for ((case, service), used) in cases.iter().zip(services).zip(used) {
                    let nodes = &scenario.supply.groups[*group].nodes;
                    let provisioned = nodes.iter().map(|node| node.provisioned);
                    *service = of_case(case, facts, tokens, &found.sums, lane, rates.iter().zip(provisioned), used);
                    service.value_provisioned = service.tokens_provisioned * last;
                }
            }
        }
    }
}

/// One case of a pool in a month.
fn of_case<'a>(
    case: &CaseLayout,
    facts: &WorkFacts,
    tokens: f64,
    sums: &[Lanes<f64>],
    lane: usize,
    nodes: impl Iterator<Item = (&'a HourRates, bool)>,
    used: &mut [f64],
) -> ServiceTotals {
    let mut service =
        ServiceTotals { tokens_batch: facts.batch.0 * tokens, cost_batch: facts.batch.1 * tokens, ..ServiceTotals::default() };
    let mut reached = facts.entering * tokens;
    for ((passed, (rates, provisioned)), used) in case.passed.iter().zip(nodes).zip(used.chunks_exact_mut(MAX_AXES)) {
        let beyond = match *passed {
            Passed::All => reached,
            Passed::Nothing => 0.0,
            // Rounding alone could bring it above what reached the offer.
            Passed::Function(function) => sums[function][lane].clamp(0.0, reached),
        };
        let served = reached - beyond;
        if provisioned {
            service.tokens_provisioned += served;
            used.iter_mut().zip(rates.used).for_each(|(used, each)| *used = each * served);
        } else {
            service.tokens_on_demand += served;
            service.cost_on_demand += rates.cost * served;
            used.fill(0.0);
        }
        reached = beyond;
    }
    service.tokens_throttled = reached;
    service.requests_throttled = reached * facts.requests_per_token;
    service.requests_refused = service.requests_throttled;
    if let Some(over) = case.over {
        service.throttled_minutes = sums[over][lane].max(0.0);
        service.throttled_hours = sums[over + 1][lane].max(0.0);
        service.log_clear = sums[over + 2][lane].min(0.0);
    }
    service
}
