//! What a scenario's workloads and pools need for the fast path, and what of it does not depend on a replication.

use super::bins::{Bins, MOST_HOURS};
use super::even;
use super::layout::WorkLayout;
use super::mixed::Mixed;
use super::peak::PeakTable;
use super::table::{Prober, Table};
use super::{Isa, Scope};
use crate::demand::{DemandPath, LaneWorkload, SplitMix, SteadyMix};
use crate::scenario::Scenario;
use crate::supply::{BatchShare, Dispatcher, HourRates, HourService, HourSink, OfferKind, ProbedHour};
use crate::units::ByClass;

/// Bins are at most this share of the standard deviation of a minute, beside which every function of the tokens is smooth.
const WIDTH: f64 = 1.0 / 8.0;
/// Squared coefficient of variation of answers against prompts, request by request, below which nothing is left to tell cells of them by.
const LEAST_VARIATION: f64 = 1e-6;
/// Hours of the horizon below which cells of prompts and of answers do not keep the tolerance: with units on tight limits they were measured to
/// be off by 168 tolerances in 2 hours, 5.6 in 24, 1.05 in 168 and .9 in 730.
const FEWEST_HOURS_OF_SPLIT: usize = 500;
/// How many times a batch job's smallest number of records must be expected of every window: fewer, and too many replications would hold
/// a window that batch refuses.
const RECORDS: f64 = 2.0;

/// A scenario made ready for the fast path. Shared by all workers.
#[derive(Debug)]
pub struct Kernel<'s> {
    pub(super) scenario: &'s Scenario,
    pub(super) seed: u64,
    pub(super) scope: Scope,
    pub(super) isa: Isa,
    pub(super) workloads: Vec<KernelWorkload<'s>>,
}

/// One workload: how its lanes are drawn, and the pools that serve it.
#[derive(Debug)]
pub(super) struct KernelWorkload<'s> {
    pub(super) lanes: LaneWorkload<'s>,
    /// Of every hour, or the mean one.
    pub(super) mix: SteadyMix,
    /// Where the mix varies.
    pub(super) mixed: Option<Mixed>,
    pub(super) bins: Bins,
    pub(super) works: Vec<WorkFacts>,
    /// The parts of all works that go to batch.
    pub(super) batch: Vec<BatchShare>,
    pub(super) tables: Vec<Table>,
    /// The table of each month.
    pub(super) table_of: Vec<usize>,
}

/// What a work comes to, whatever serves it.
#[derive(Debug)]
pub(super) struct WorkFacts {
    /// The dispatcher's number of it, and its groups.
    pub(super) work: usize,
    pub(super) groups: Vec<usize>,
    /// `None` where nobody asks for the peak.
    pub(super) peak: Option<PeakTable>,
    pub(super) workload: usize,
    pub(super) mix: SteadyMix,
    pub(super) split: Option<SplitMix>,
    /// For each token of the one mix, or for each token of prompts and for each of answers.
    pub(super) each: [TokenFacts; 2],
    pub(super) requests_per_token: f64,
    pub(super) batch_shares: Vec<BatchShare>,
}

/// What an hour comes to for each of its tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct TokenFacts {
    pub(super) asked: ByClass,
    pub(super) requests: f64,
    pub(super) requests_at_once: f64,
    pub(super) entering: f64,
    /// Tokens and cost of batch.
    pub(super) batch: (f64, f64),
    /// By group and node.
    pub(super) rates: Vec<Vec<HourRates>>,
}

impl WorkFacts {
    /// Tokens by class and requests of an hour of the mean mix.
    pub(super) fn of_mean_mix(&self, tokens: f64) -> (ByClass, f64) {
        (self.mix.classes * tokens, tokens * self.mix.requests)
    }

    /// Tokens by class and requests of an hour with so many tokens of prompts and of answers.
    pub(super) fn of_prompts_and_answers(&self, [prompts, answers]: [f64; 2]) -> (ByClass, f64) {
        let classes = self.split.map_or([self.mix.classes; 2], |split| split.classes);
        (classes[0] * prompts + classes[1] * answers, (prompts + answers) * self.mix.requests)
    }

    /// Serves one hour of so many tokens by class and requests.
    pub(super) fn probe(&self, month: usize, hour: (ByClass, f64), prober: &mut Prober<'_>, sink: &mut dyn HourSink) -> ProbedHour {
        let path = &mut prober.hour.workloads[self.workload];
        (path.tokens[0], path.requests[0]) = hour;
        if prober.months[self.work] != Some(month) {
            prober.months[self.work] = Some(month);
            prober.dispatcher.probe_month(self.work, month);
        }
        prober.dispatcher.probe(self.work, &prober.hour, &mut prober.totals, sink)
    }
}

/// A sink that looks at nothing.
pub(super) struct Blind;

impl HourSink for Blind {
    fn hour(&mut self, _: usize, _: usize, _: usize, _: &HourService<'_>) {}
}

impl<'s> Prober<'s> {
    pub(super) fn new(scenario: &'s Scenario, seed: u64) -> Self {
        let dispatcher = scenario.supply.dispatcher(seed);
        Self {
            months: vec![None; dispatcher.works().count()],
            dispatcher,
            hour: DemandPath::new(scenario.demand.workloads.len(), 1),
            totals: scenario.supply.totals(),
        }
    }
}

impl<'s> Kernel<'s> {
    /// Makes a scenario ready, with the metrics of the scope and the processor's widest instructions.
    ///
    /// # Errors
    /// Why the reference engine must serve it.
    pub fn new(scenario: &'s Scenario, seed: u64, scope: Scope) -> Result<Self, String> {
        let horizon = &scenario.horizon;
        if (0..horizon.months()).any(|month| horizon.month_range(month).len() > MOST_HOURS) {
            return Err(format!("a month has more than {MOST_HOURS} hours"));
        }
        let mut prober = Prober::new(scenario, seed);
        let works: Vec<Vec<usize>> = prober.dispatcher.works().map(<[usize]>::to_vec).collect();
        let mut of_workload: Vec<Vec<usize>> = vec![Vec::new(); scenario.demand.workloads.len()];
        for (work, groups) in works.iter().enumerate() {
            let name = || scenario.supply.groups[groups[0]].name.clone();
            let workload = prober.dispatcher.closed(work).map_err(|why| format!("pool `{}`: {why}", name()))?;
            of_workload[workload].push(work);
        }
        let workloads = of_workload.into_iter().enumerate().map(|(workload, mine)| {
            KernelWorkload::new(scenario, seed, scope, workload, &mine, &works, &mut prober)
                .map_err(|why| format!("workload `{}`: {why}", scenario.demand.workloads[workload].name))
        });
        Ok(Self { scenario, seed, scope, isa: Isa::widest(), workloads: workloads.collect::<Result<_, _>>()? })
    }

    /// The same under another seed: what pools come to does not depend on it.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        for (index, workload) in self.workloads.iter_mut().enumerate() {
            if let Some(lanes) = LaneWorkload::new(&self.scenario.demand, index, seed, self.scenario.sampling) {
                workload.lanes = lanes;
            }
        }
        self
    }

    /// The seed of its draws.
    pub(in crate::simulation) fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether it is of this scenario, the very same one in memory.
    pub(in crate::simulation) fn is_of(&self, scenario: &Scenario) -> bool {
        std::ptr::eq(self.scenario, scenario)
    }

    /// The same with other instructions: for tests and benchmarks, as results do not depend on them.
    #[must_use]
    pub fn with_isa(self, isa: Isa) -> Self {
        Self { isa, ..self }
    }
}

impl<'s> KernelWorkload<'s> {
    fn new(
        scenario: &'s Scenario,
        seed: u64,
        scope: Scope,
        workload: usize,
        mine: &[usize],
        works: &[Vec<usize>],
        prober: &mut Prober<'s>,
    ) -> Result<Self, &'static str> {
        let model = &scenario.demand.workloads[workload];
        let split = if model.steady_mix().is_none() { model.split_mix() } else { None };
        if split.is_some_and(|split| !(split.variation > LEAST_VARIATION)) {
            return Err("prompts and answers are drawn apart, and hardly vary against each other");
        }
        if split.is_some() && scenario.horizon.hours() < FEWEST_HOURS_OF_SPLIT {
            return Err("prompts and answers vary apart, and so few hours do not even out what cells of them round");
        }
        let mix = model
            .steady_mix()
            .or_else(|| split.map(|split| split.mean()))
            .ok_or("the mean mix of token classes changes from hour to hour, or an hour holds few requests")?;
        let lanes = LaneWorkload::new(&scenario.demand, workload, seed, scenario.sampling)
            .ok_or("it is recorded, straight from a law, on and off, moved between workloads, shares a factor or has uncertain events")?;
        let largest = (0..scenario.horizon.hours()).map(|hour| scenario.demand.workloads[workload].mean_tokens()[hour]).fold(0.0, f64::max);
        if !(largest > 0.0) {
            return Err("it asks for nothing");
        }
        let mut minute = f64::INFINITY;
        let mut facts = Vec::new();
        for &work in mine {
            let mut fact = WorkFacts::new(work, works[work].clone(), workload, (mix, split), prober.dispatcher.batch_shares(work));
            let probed = fact.probe(0, fact.of_mean_mix(4.0 * largest), prober, &mut Blind);
            minute = minute.min(probed.variance.sqrt());
            fact.learn(&probed, 4.0 * largest, prober);
            if !fact.fills_batch(scenario) {
                return Err("windows of batch work are often too small for a job");
            }
            facts.push(fact);
        }
        let usual = Bins::new((WIDTH * minute).min(1.0 / 32.0), largest).ok_or("its minutes are too even")?;
        // Polynomials of second degree are close enough in every single hour.
        let bins = if split.is_some() { usual } else { even::narrowed(usual, minute, model, largest)? };
        if scope == Scope::All {
            facts.iter_mut().for_each(|fact| fact.peak = PeakTable::new(&scenario.supply, fact.groups[0], &bins));
        }
        let hours = scenario.demand.workloads[workload].mean_tokens();
        let mixed = split.map(|split| Mixed::new(&split, scenario, &mut facts, bins, hours, minute)).transpose()?;
        let (mut tables, table_of) = tables(scenario, scope, &facts, works, mixed.as_ref());
        if bins != usual {
            tables = tables.into_iter().map(Table::of_few_hours).collect();
        }
        let batch = facts.iter().flat_map(|fact| &fact.batch_shares).copied().collect();
        let ready = Self { lanes, mix, mixed, bins, works: facts, batch, tables, table_of };
        ready.check_below(model, prober)?;
        ready.check_served(minute, model, prober)?;
        Ok(ready)
    }
}

impl WorkFacts {
    fn new(
        work: usize,
        groups: Vec<usize>,
        workload: usize,
        (mix, split): (SteadyMix, Option<SplitMix>),
        batch_shares: Vec<BatchShare>,
    ) -> Self {
        Self { work, groups, peak: None, workload, mix, split, each: Default::default(), requests_per_token: 0.0, batch_shares }
    }

    /// Takes what is proportional to tokens from one probed hour with so many of them, or from one hour of prompts and one of answers.
    fn learn(&mut self, probed: &ProbedHour, tokens: f64, prober: &mut Prober<'_>) {
        self.requests_per_token = probed.requests_per_token;
        if self.split.is_none() {
            self.each[0] = self.of_each(probed, tokens, &prober.dispatcher);
            return;
        }
        self.each = [[tokens, 0.0], [0.0, tokens]].map(|amounts| {
            let probed = self.probe(0, self.of_prompts_and_answers(amounts), prober, &mut Blind);
            self.of_each(&probed, tokens, &prober.dispatcher)
        });
    }

    fn of_each(&self, probed: &ProbedHour, tokens: f64, dispatcher: &Dispatcher<'_>) -> TokenFacts {
        let each = tokens.recip();
        TokenFacts {
            asked: probed.asked * each,
            requests: probed.requests * each,
            requests_at_once: probed.requests_at_once * each,
            entering: probed.entering * each,
            batch: (probed.batch.0 * each, probed.batch.1 * each),
            rates: self.groups.iter().map(|&group| dispatcher.rates(group, probed.entering)).collect(),
        }
    }

    /// Whether every window can be expected to fill batch jobs.
    fn fills_batch(&self, scenario: &Scenario) -> bool {
        let hours = scenario.horizon.hours();
        self.batch_shares.iter().all(|part| {
            let OfferKind::Batch(batch) = &scenario.supply.offers[part.offer].kind else { return false };
            let records = |start: usize| -> f64 {
                let tokens =
                    (start..(start + part.window).min(hours)).map(|hour| scenario.demand.workloads[self.workload].mean_tokens()[hour]);
                tokens.sum::<f64>() * part.share * self.mix.requests
            };
            (0..hours).step_by(part.window).all(|start| records(start) >= RECORDS * batch.minimum_records as f64)
        })
    }
}

/// A table for each set of months with the same units, and which one each month has.
fn tables(scenario: &Scenario, scope: Scope, facts: &[WorkFacts], works: &[Vec<usize>], mixed: Option<&Mixed>) -> (Vec<Table>, Vec<usize>) {
    let kinds = 1 + usize::from(mixed.is_some());
    let groups = &scenario.supply.groups;
    let mine = || facts.iter().flat_map(|fact| works[fact.work].iter().map(|&index| &groups[index]));
    let units = |month: usize| -> Vec<u64> {
        let of_group = |group: &'_ crate::supply::PoolGroup| -> Vec<u64> {
            let width = group.nodes.len() * crate::supply::MAX_AXES;
            group.cases.iter().flat_map(|case| case.units[month * width..][..width].iter().map(|units| units.to_bits())).collect()
        };
        mine().flat_map(of_group).collect()
    };
    let mut known: Vec<Vec<u64>> = Vec::new();
    let mut tables = Vec::new();
    let table_of = (0..scenario.horizon.months()).map(|month| {
        let units = units(month);
        known.iter().position(|other| *other == units).unwrap_or_else(|| {
            known.push(units);
            let mut functions = kinds;
            let layouts = facts.iter().map(|fact| {
                let of_work = works[fact.work].iter().map(|&index| (index, &groups[index]));
                WorkLayout::new(of_work, (month, kinds), scope, &mut functions)
            });
            let layouts = layouts.collect();
            tables.push(match mixed {
                Some(mixed) => Table::of_cells(month, layouts, functions, &mixed.axes[0]),
                None => Table::new(month, layouts, functions),
            });
            tables.len() - 1
        })
    });
    let table_of = table_of.collect();
    (tables, table_of)
}
