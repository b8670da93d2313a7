//! From a lane's sums of functions to the totals that every tally reads.

use super::layout::{CaseLayout, Passed};
use super::prepare::{KernelWorkload, TokenFacts, WorkFacts};
use crate::demand::{MonthTotals, WorkloadTotals};
use crate::random::lanes::Lanes;
use crate::scenario::Scenario;
use crate::supply::{DemandTotals, HourRates, MAX_AXES, Node, ServiceTotals, SupplyTotals};
use crate::units::ByClass;

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
        place: (usize, usize, usize),
        found: &Found,
        demand: &mut WorkloadTotals,
        supply: &mut SupplyTotals,
    ) {
        match &self.mixed {
            None => self.settle_kinds::<1>([self.mix.classes], scenario, place, found, demand, supply),
            Some(mixed) => self.settle_kinds::<2>(mixed.classes, scenario, place, found, demand, supply),
        }
    }

    /// The same for hours of so many kinds of tokens, made of these classes: tokens of one mix, or prompts and answers.
    fn settle_kinds<const KINDS: usize>(
        &self,
        classes: [ByClass; KINDS],
        scenario: &Scenario,
        (workload, month, lane): (usize, usize, usize),
        found: &Found,
        demand: &mut WorkloadTotals,
        supply: &mut SupplyTotals,
    ) {
        let tokens: [f64; KINDS] = std::array::from_fn(|kind| found.sums[kind][lane].max(0.0));
        let peak_hour = f64::from(found.largest[lane]);
        *demand.month_mut(workload, month) =
            MonthTotals { tokens: sum(classes, tokens), requests: tokens.iter().sum::<f64>() * self.mix.requests, peak_hour };
        let table = &self.tables[self.table_of[month]];
        for ((facts, layout), peaks) in self.works.iter().zip(&table.works).zip(&found.peaks) {
            let of_each = |of: fn(&TokenFacts) -> f64| -> f64 { (0..KINDS).map(|kind| of(&facts.each[kind]) * tokens[kind]).sum() };
            for (number, (group, cases)) in layout.groups.iter().enumerate() {
                let rates: [&[HourRates]; KINDS] = std::array::from_fn(|kind| facts.each[kind].rates[number].as_slice());
                supply.demand[scenario.supply.demand_index(*group, month)] = DemandTotals {
                    tokens: sum(std::array::from_fn(|kind| facts.each[kind].asked), tokens),
                    requests: of_each(|each| each.requests),
                    requests_at_once: of_each(|each| each.requests_at_once),
                    // Prompts and answers go the same ways.
                    peak_hour_tokens: facts.each[0].asked.total() * peak_hour,
                    peak_quota_tokens_per_minute: peaks[lane],
                    windows_below_minimum: 0.0,
                    requests_below_minimum: 0.0,
                };
                let last = scenario.supply.groups[*group].last_on_demand;
                let last: [f64; KINDS] = std::array::from_fn(|kind| last.map_or(0.0, |node| rates[kind][node].cost));
                let services = &mut supply.services[scenario.supply.service_index(*group, 0, month)..];
                let used = &mut supply.used[scenario.supply.used_index(*group, 0, month)..];
                let nodes = &scenario.supply.groups[*group].nodes;
                let used = used.chunks_exact_mut(nodes.len().max(1) * MAX_AXES);
                for ((case, service), used) in cases.iter().zip(services).zip(used) {
                    let pool = Pool { facts, nodes, rates, last };
                    *service = pool.serve(case, tokens, &found.sums, lane, used);
                }
            }
        }
    }
}

/// The sum of so much of each kind.
fn sum<const KINDS: usize>(each: [ByClass; KINDS], tokens: [f64; KINDS]) -> ByClass {
    let parts = each.iter().zip(tokens);
    parts.map(|(each, tokens)| *each * tokens).reduce(|a, b| a + b).unwrap_or(ByClass::ZERO)
}

/// What cases of a pool share.
struct Pool<'a, const KINDS: usize> {
    facts: &'a WorkFacts,
    nodes: &'a [Node],
    /// By kind and node.
    rates: [&'a [HourRates]; KINDS],
    /// What a token costs at the last on-demand offer.
    last: [f64; KINDS],
}

impl<const KINDS: usize> Pool<'_, KINDS> {
    /// One case in a month.
    fn serve(&self, case: &CaseLayout, tokens: [f64; KINDS], sums: &[Lanes<f64>], lane: usize, used: &mut [f64]) -> ServiceTotals {
        let facts = self.facts;
        let mut service = ServiceTotals::default();
        let mut reached = [0.0; KINDS];
        for (kind, tokens) in tokens.into_iter().enumerate() {
            let each = &facts.each[kind];
            service.tokens_batch += each.batch.0 * tokens;
            service.cost_batch += each.batch.1 * tokens;
            reached[kind] = each.entering * tokens;
        }
        let mut provisioned = [0.0; KINDS];
        for (number, ((passed, node), used)) in case.passed.iter().zip(self.nodes).zip(used.chunks_exact_mut(MAX_AXES)).enumerate() {
            used.fill(0.0);
            for kind in 0..KINDS {
                let beyond = match *passed {
                    Passed::All => reached[kind],
                    Passed::Nothing => 0.0,
                    // Rounding alone could bring it above what reached the offer.
                    Passed::Function(function) => sums[function + kind][lane].clamp(0.0, reached[kind]),
                };
                let served = reached[kind] - beyond;
                let rates = &self.rates[kind][number];
                if node.provisioned {
                    provisioned[kind] += served;
                    used.iter_mut().zip(rates.used).for_each(|(used, each)| *used += each * served);
                } else {
                    service.tokens_on_demand += served;
                    service.cost_on_demand += rates.cost * served;
                }
                reached[kind] = beyond;
            }
        }
        service.tokens_provisioned = provisioned.iter().sum();
        service.value_provisioned = provisioned.iter().zip(self.last).map(|(tokens, each)| tokens * each).sum();
        service.tokens_throttled = reached.iter().sum();
        service.requests_throttled = service.tokens_throttled * facts.requests_per_token;
        service.requests_refused = service.requests_throttled;
        if let Some(over) = case.over {
            service.throttled_minutes = sums[over][lane].max(0.0);
            service.throttled_hours = sums[over + 1][lane].max(0.0);
            service.log_clear = sums[over + 2][lane].min(0.0);
        }
        service
    }
}
