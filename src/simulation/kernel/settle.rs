//! From a lane's sums of functions to the totals that every tally reads.

use super::layout::{CaseLayout, OVER, Passed};
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
                let pool = Pool { facts, nodes, rates, last };
                for ((case, service), used) in cases.iter().zip(services).zip(used) {
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
    /// One case in a month. Inlined, as its totals are written where they belong and not copied there.
    #[inline]
    fn serve(&self, case: &CaseLayout, tokens: [f64; KINDS], sums: &[Lanes<f64>], lane: usize, used: &mut [f64]) -> ServiceTotals {
        let facts = self.facts;
        let mut reached: [f64; KINDS] = std::array::from_fn(|kind| facts.each[kind].entering * tokens[kind]);
        let (mut provisioned, mut tokens_on_demand, mut cost_on_demand) = ([0.0; KINDS], 0.0, 0.0);
        for (number, ((passed, node), used)) in case.passed.iter().zip(self.nodes).zip(used.as_chunks_mut::<MAX_AXES>().0).enumerate() {
            *used = [0.0; MAX_AXES];
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
                    tokens_on_demand += served;
                    cost_on_demand += rates.cost * served;
                }
                reached[kind] = beyond;
            }
        }
        let of_batch = |of: fn((f64, f64)) -> f64| -> f64 { (0..KINDS).map(|kind| of(facts.each[kind].batch) * tokens[kind]).sum() };
        let tokens_throttled: f64 = reached.iter().sum();
        let requests_throttled = tokens_throttled * facts.requests_per_token;
        let [minutes, hours, clear] = case.over.map_or([0.0; OVER], |over| std::array::from_fn(|which| sums[over + which][lane]));
        ServiceTotals {
            cost_on_demand,
            cost_batch: of_batch(|batch| batch.1),
            tokens_on_demand,
            tokens_provisioned: provisioned.iter().sum(),
            value_provisioned: provisioned.iter().zip(self.last).map(|(tokens, each)| tokens * each).sum(),
            tokens_batch: of_batch(|batch| batch.0),
            tokens_throttled,
            requests_throttled,
            throttled_minutes: minutes.max(0.0),
            throttled_hours: hours.max(0.0),
            requests_refused: requests_throttled,
            log_clear: clear.min(0.0),
            ..ServiceTotals::default()
        }
    }
}
