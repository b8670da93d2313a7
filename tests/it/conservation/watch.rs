//! What a replication is remembered by: its totals, what was asked, and sums of the hours that a sink is shown.

use tokentide::demand::{DemandPath, DemandScratch};
use tokentide::scenario::Scenario;
use tokentide::simulation::Replicator;
use tokentide::supply::{HourService, HourSink, MAX_AXES, PoolGroup, SupplyTotals};
use tokentide::tally::{ColumnStore, Columns, Tally};

/// Sums over the hours of a month of one case.
#[derive(Clone, Debug, Default)]
pub(super) struct Hours {
    /// Tokens served by anything but batch jobs, and those of jobs.
    pub(super) served: f64,
    pub(super) throttled: f64,
    pub(super) requests_throttled: f64,
    pub(super) cost_on_demand: f64,
    pub(super) cost_batch: f64,
    pub(super) minute_over: f64,
    pub(super) hour_over: f64,
    pub(super) used: Vec<f64>,
    /// Waiting when the month ends.
    pub(super) waiting: f64,
}

/// One replication.
pub(super) struct Seen {
    pub(super) totals: SupplyTotals,
    /// Tokens and requests by workload and month.
    pub(super) asked: Vec<Vec<(f64, f64)>>,
    /// By group, case and month.
    pub(super) hours: Vec<Vec<Vec<Hours>>>,
    /// By group, case and hour: tokens served by each node.
    pub(super) served: Vec<Vec<Vec<Vec<f64>>>>,
    pub(super) path: DemandPath,
}

impl Seen {
    /// Whether the pool's demand of a month comes as requests.
    pub(super) fn has_requests(&self, group: &PoolGroup, month: usize) -> bool {
        group.workloads.iter().all(|&workload| self.asked[workload][month].1 > 0.0)
    }
}

struct Sink<'s> {
    scenario: &'s Scenario,
    hours: Vec<Vec<Vec<Hours>>>,
    served: Vec<Vec<Vec<Vec<f64>>>>,
}

impl HourSink for Sink<'_> {
    fn hour(&mut self, hour: usize, group: usize, case: usize, service: &HourService<'_>) {
        let sums = &mut self.hours[group][case][self.scenario.horizon.month_of(hour)];
        sums.served += service.served.iter().sum::<f64>() + service.batch;
        sums.throttled += service.throttled;
        sums.requests_throttled += service.requests_throttled;
        sums.cost_on_demand += service.cost_on_demand;
        sums.cost_batch += service.cost_batch;
        sums.minute_over += service.minute_over;
        sums.hour_over += service.hour_over;
        sums.waiting = service.waiting;
        self.served[group][case].push(service.served.to_vec());
        sums.used.iter_mut().zip(service.used).for_each(|(sum, used)| *sum += used);
    }
}

/// Serves a replication, looks at every hour of it and records it.
pub(super) fn watched(scenario: &Scenario, seed: u64, replicator: &mut Replicator<'_>, replication: u64, store: &mut ColumnStore) -> Seen {
    let months = scenario.horizon.months();
    let of_group = |group: &PoolGroup| {
        let none = Hours { used: vec![0.0; group.nodes.len() * MAX_AXES], ..Hours::default() };
        vec![vec![none; months]; group.cases.len()]
    };
    let mut path = DemandPath::new(scenario.demand.workloads.len(), scenario.horizon.hours());
    scenario.demand.sampled(seed, scenario.sampling).generate(replication, &mut path, &mut DemandScratch::default());
    let served = scenario.supply.groups.iter().map(|group| vec![Vec::new(); group.cases.len()]).collect();
    let mut sink = Sink { scenario, hours: scenario.supply.groups.iter().map(of_group).collect(), served };
    let seen = replicator.replicate(replication, Some(&mut sink));
    Columns.record(store, &seen);
    let of_month = |workload, month| {
        let totals = seen.demand.month(workload, month);
        (totals.tokens.total(), totals.requests)
    };
    let asked = (0..scenario.demand.workloads.len()).map(|w| (0..months).map(|m| of_month(w, m)).collect()).collect();
    Seen { totals: seen.service.clone(), asked, hours: sink.hours, served: sink.served, path }
}
