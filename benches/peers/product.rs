//! The product on the same work: a run with a tally that keeps each plan's cost and throttled tokens, or all that a run reports.

use super::summary::Summary;
use std::path::Path;
use std::sync::Mutex;
use tokentide::scenario::{self, Scenario};
use tokentide::simulation::{Kernel, RunSpec, Scope, run};
use tokentide::statistics::{Distribution, Sampling, Summariser};
use tokentide::supply::PoolChoice;
use tokentide::tally::{Columns, Metric, Outcome, Recipe, Replication, Row, Span, Tally};

/// Replications and seed of the run that makes the tables: those of a table are made when an hour first needs them.
const WARM_REPLICATIONS: u64 = 2_560;
const WARM_SEED: u64 = 0;

/// A scenario and the plans of it that are summarised.
#[derive(Debug)]
pub struct Product {
    pub scenario: &'static Scenario,
    /// The fast path, its tables made before the clock starts; `None` where the scenario needs the reference.
    kernel: Mutex<Option<Kernel<'static>>>,
    /// What the kernel looks at.
    scope: Scope,
    /// The plans that are summarised.
    chosen: Vec<usize>,
    /// Where each plan's totals are, by pool and month.
    plans: Vec<Vec<usize>>,
    /// What each plan's units cost over the horizon, which is the same in every replication.
    units_cost: Vec<f64>,
}

impl Product {
    /// Loads a scenario; of its plans those of one term, or all. For costs and throttled tokens, which the peers work out too, or for every
    /// metric.
    pub fn load(path: &Path, term: Option<&str>, sampling: Sampling, every_metric: bool) -> Self {
        let mut scenario = scenario::load(path, &[]).unwrap_or_else(|error| panic!("{}: {error}", path.display())).scenario;
        scenario.sampling = sampling;
        // It lives as long as the program.
        let scenario: &'static Scenario = Box::leak(Box::new(scenario));
        let chosen = |index: &usize| term.is_none() || scenario.supply.plans[*index].term.as_deref() == term;
        let chosen: Vec<usize> = (0..scenario.supply.plans.len()).filter(chosen).collect();
        let spec = RunSpec { replications: Some(1), threads: Some(1), ..RunSpec::default() };
        let one = run(scenario, &spec, &Columns).expect("one replication fits").summary;
        let units = |&plan: &usize| one.column(scenario, plan, Row::All, Span::Horizon, Metric::CostProvisioned);
        let units_cost = chosen.iter().map(|plan| units(plan).expect("every plan has a cost")[0]).collect();
        let (supply, months) = (&scenario.supply, scenario.horizon.months());
        let places = |&plan: &usize| -> Vec<usize> {
            let of_pool =
                |PoolChoice { group, case, .. }: PoolChoice| (0..months).map(move |month| supply.service_index(group, case, month));
            supply.plans[plan].pools.iter().copied().flat_map(of_pool).collect()
        };
        let plans = chosen.iter().map(places).collect();
        let scope = if every_metric { Scope::All } else { Scope::Spend };
        let kernel = Kernel::new(scenario, WARM_SEED, scope).ok();
        let product = Self { scenario, kernel: Mutex::new(kernel), scope, chosen, plans, units_cost };
        product.run(WARM_REPLICATIONS, WARM_SEED, 1);
        product
    }

    /// Workload-hours of a replication.
    pub fn workload_hours(&self) -> u64 {
        (self.scenario.demand.workloads.len() * self.scenario.horizon.hours()) as u64
    }

    /// Costs and throttled tokens, by plan.
    pub fn run(&self, replications: u64, seed: u64, threads: usize) -> (Vec<Summary>, Vec<Summary>) {
        let mut kernel = self.kernel.lock().expect("nobody panics with it");
        *kernel = kernel.take().map(|kernel| kernel.with_seed(seed));
        let spec = RunSpec {
            replications: Some(replications),
            seed: Some(seed),
            threads: Some(threads),
            scope: self.scope,
            kernel: kernel.as_ref(),
            ..RunSpec::default()
        };
        match self.scope {
            Scope::Spend => run(self.scenario, &spec, self).expect("the samples fit").summary,
            Scope::All => self.of_every_metric(&run(self.scenario, &spec, &Columns).expect("the samples fit").summary),
        }
    }

    /// Works out the distribution of every metric of every plan over the whole horizon; returns costs and throttled tokens, by plan.
    fn of_every_metric(&self, outcome: &Outcome) -> (Vec<Summary>, Vec<Summary>) {
        let mut summariser = Summariser::default();
        let mut all = (Vec::new(), Vec::new());
        let of_metric = |(&plan, metric): (&usize, Metric)| {
            let recipe = outcome.recipe(self.scenario, plan, Row::All, Span::Horizon, metric)?;
            Some((recipe, metric))
        };
        let each = self.chosen.iter().flat_map(|plan| Metric::ALL.into_iter().map(move |metric| (plan, metric)));
        let (recipes, metrics): (Vec<Recipe>, Vec<Metric>) = each.filter_map(of_metric).unzip();
        let mut found: Vec<Option<Distribution>> = vec![None; recipes.len()];
        for group in Outcome::by_root(&recipes) {
            let of_group: Vec<&Recipe> = group.iter().map(|&index| &recipes[index]).collect();
            for (index, distribution) in group.into_iter().zip(outcome.distributions(&of_group, &mut summariser)) {
                found[index] = distribution;
            }
        }
        for (metric, distribution) in metrics.into_iter().zip(found) {
            match (metric, distribution) {
                (Metric::CostTotal, Some(cost)) => all.0.push(told(&cost)),
                (Metric::TokensThrottled, Some(throttled)) => all.1.push(told(&throttled)),
                _ => {}
            }
        }
        all
    }
}

impl Tally for Product {
    /// By plan: cost, then throttled tokens, a sample per replication.
    type Partial = Vec<Vec<f64>>;
    type Summary = (Vec<Summary>, Vec<Summary>);

    fn partial(&self, _scenario: &Scenario, replications: usize) -> Self::Partial {
        vec![Vec::with_capacity(replications); 2 * self.plans.len()]
    }

    fn record(&self, partial: &mut Self::Partial, replication: &Replication<'_>) {
        for ((columns, places), units) in partial.chunks_exact_mut(2).zip(&self.plans).zip(&self.units_cost) {
            let (mut cost, mut throttled) = (*units, 0.0);
            for &place in places {
                let service = &replication.service.services[place];
                cost += service.cost_on_demand + service.cost_batch;
                throttled += service.tokens_throttled;
            }
            columns[0].push(cost);
            columns[1].push(throttled);
        }
    }

    fn merge(&self, earlier: &mut Self::Partial, later: Self::Partial) {
        for (earlier, later) in earlier.iter_mut().zip(later) {
            earlier.extend(later);
        }
    }

    fn summarise(&self, _scenario: &Scenario, mut whole: Self::Partial) -> Self::Summary {
        let mut summariser = Summariser::default();
        let mut summaries = whole.iter_mut().map(|column| told(&summariser.summarise_in_place(column).expect("samples are finite")));
        let mut all = (Vec::new(), Vec::new());
        while let (Some(cost), Some(throttled)) = (summaries.next(), summaries.next()) {
            all.0.push(cost);
            all.1.push(throttled);
        }
        all
    }

    fn bytes(&self, _scenario: &Scenario, replications: u64) -> u64 {
        replications * 16 * self.plans.len() as u64
    }
}

/// The product's own summary in the words of the others. P95's error is that of its interval at 95 %, which needs 72 samples.
fn told(distribution: &Distribution) -> Summary {
    let d = distribution;
    Summary {
        mean: d.mean,
        mean_se: d.mean_se.unwrap_or(f64::NAN),
        quantiles: [d.p01, d.p05, d.p10, d.p25, d.p50, d.p75, d.p90, d.p95, d.p99],
        p95_se: d.p95_interval.map_or(f64::NAN, |(low, high)| (high - low) / (2.0 * 1.959_963_985)),
        cvar95: d.cvar95,
    }
}
