//! The reference engine: one replication at a time, every feature, any single replication on its own.

use super::kernel::{Isa, Wide};
use crate::demand::{DemandGenerator, DemandPath, DemandScratch, WorkloadTotals};
use crate::scenario::Scenario;
use crate::supply::{Dispatcher, HourSink, SupplyTotals};
use crate::tally::Replication;

/// Draws and serves replications. Everything it needs is allocated once and overwritten by each.
#[derive(Debug)]
pub struct Replicator<'s> {
    scenario: &'s Scenario,
    generator: DemandGenerator<'s>,
    dispatcher: Dispatcher<'s>,
    path: DemandPath,
    scratch: DemandScratch,
    demand: WorkloadTotals,
    service: SupplyTotals,
}

impl<'s> Replicator<'s> {
    /// An engine for one scenario under one seed.
    #[must_use]
    pub fn new(scenario: &'s Scenario, seed: u64) -> Self {
        let workloads = scenario.demand.workloads.len();
        let horizon = &scenario.horizon;
        Self {
            scenario,
            generator: scenario.demand.sampled(seed, scenario.sampling),
            dispatcher: scenario.supply.dispatcher(seed),
            path: DemandPath::new(workloads, horizon.hours()),
            scratch: DemandScratch::default(),
            demand: WorkloadTotals::new(workloads, horizon.months()),
            service: scenario.supply.totals(),
        }
    }

    /// Draws replication `index` and serves it under every plan. `hours` sees every hour when given.
    pub fn replicate(&mut self, index: u64, hours: Option<&mut dyn HourSink>) -> Replication<'_> {
        draw(&self.generator, index, &mut self.path, &mut self.scratch);
        self.demand.add_up(&self.path, &self.scenario.horizon);
        let Self { dispatcher, path, service, .. } = self;
        Isa::widest().run(Dispatch { dispatcher, index, path, service, hours });
        Replication { index, scenario: self.scenario, demand: &self.demand, service: &self.service }
    }

    /// The demand path of the replication drawn last.
    #[must_use]
    pub fn path(&self) -> &DemandPath {
        &self.path
    }
}

/// Draws the path of a replication with the widest instructions that the processor has, which change no bit.
pub fn draw(generator: &DemandGenerator<'_>, index: u64, path: &mut DemandPath, scratch: &mut DemandScratch) {
    Isa::widest().run(Draw { generator, index, path, scratch });
}

struct Draw<'w, 's> {
    generator: &'w DemandGenerator<'s>,
    index: u64,
    path: &'w mut DemandPath,
    scratch: &'w mut DemandScratch,
}

impl Wide for Draw<'_, '_> {
    type Output = ();

    #[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
    #[inline(always)]
    fn run(self) {
        self.generator.generate(self.index, self.path, self.scratch);
    }
}

struct Dispatch<'w, 's, 'h> {
    dispatcher: &'w mut Dispatcher<'s>,
    index: u64,
    path: &'w DemandPath,
    service: &'w mut SupplyTotals,
    hours: Option<&'h mut (dyn HourSink + 'h)>,
}

impl Wide for Dispatch<'_, '_, '_> {
    type Output = ();

    #[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
    #[inline(always)]
    fn run(self) {
        self.dispatcher.dispatch(self.index, self.path, self.service, self.hours);
    }
}
