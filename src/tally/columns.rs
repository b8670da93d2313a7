//! The samples behind every figure of the report: a column of base quantities per workload, pool and case, by month.
//!
//! What is kept are the quantities that terms and plans share: a pool is served once per distinct set of units, and the plans only
//! point at those. Metrics are made of these columns, plan by plan, in [`Outcome`].

use super::members::MemberLayout;
use super::{Outcome, Replication, Tally};
use crate::scenario::Scenario;
use crate::supply::{Kept, MAX_AXES, PoolGroup, Supply};

/// The tally of everything that the report shows. Its summary is an [`Outcome`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Columns;

/// Growing columns of equal length, one value per replication.
#[derive(Clone, Debug, Default)]
pub struct ColumnStore {
    columns: Vec<Vec<f64>>,
    /// Further rows, one after the other, not seen in the columns until they are [turned](Self::turn) or appended to others: writing a row in
    /// one go is several times as fast as reaching for every column.
    rows: Vec<f64>,
}

impl ColumnStore {
    /// So many empty columns with room for `capacity` values each.
    #[must_use]
    pub fn new(columns: usize, capacity: usize) -> Self {
        Self { columns: (0..columns).map(|_| Vec::with_capacity(capacity)).collect(), rows: Vec::new() }
    }

    /// A store of whole columns of equal length.
    pub(super) fn of_columns(columns: Vec<Vec<f64>>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// So many columns of rows that come one by one: room for `capacity` of them, not yet turned into columns.
    fn of_rows(columns: usize, capacity: usize) -> Self {
        Self { columns: vec![Vec::new(); columns], rows: Vec::with_capacity(columns * capacity) }
    }

    /// Appends one value to every column, in order.
    pub fn push(&mut self, row: impl IntoIterator<Item = f64>) {
        self.rows.extend(row);
        self.turn();
    }

    /// Turns rows into columns.
    fn turn(&mut self) {
        turn(&self.rows, &mut self.columns);
        self.rows.clear();
    }

    /// The values of a column, by replication.
    #[must_use]
    pub fn column(&self, column: usize) -> &[f64] {
        &self.columns[column]
    }

    /// Appends the rows of a later store with the same columns.
    pub fn append(&mut self, later: &Self) {
        self.append_first(later, usize::MAX);
    }

    /// Appends the first rows of a later store with the same columns.
    pub(super) fn append_first(&mut self, later: &Self, rows: usize) {
        self.turn();
        for (mine, theirs) in self.columns.iter_mut().zip(&later.columns) {
            mine.extend_from_slice(theirs.get(..rows).unwrap_or(theirs));
        }
        let rest = rows.saturating_sub(later.columns.first().map_or(0, Vec::len)).saturating_mul(self.columns.len());
        turn(later.rows.get(..rest).unwrap_or(&later.rows), &mut self.columns);
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len) + self.rows.len() / self.columns.len().max(1)
    }

    /// Takes all rows out and keeps their room.
    pub(super) fn clear(&mut self) {
        self.columns.iter_mut().for_each(Vec::clear);
        self.rows.clear();
    }
}

/// Rows that are kept as such, at most: as many replications as a batch of the runner has.
const BATCH: usize = 256;

/// Columns that are turned at a time: a cache line of each row.
const TURNED: usize = 8;

/// Appends whole rows to columns.
fn turn(rows: &[f64], columns: &mut [Vec<f64>]) {
    let width = columns.len().max(1);
    if rows.len() == width {
        return columns.iter_mut().zip(rows).for_each(|(column, &value)| column.push(value));
    }
    // By way of memory that is at hand: pushes to columns that are far apart take several times as long.
    let mut turned = [[0.0; BATCH]; TURNED];
    for rows in rows.chunks(width * BATCH) {
        for (block, columns) in columns.chunks_mut(TURNED).enumerate() {
            for (index, row) in rows.chunks_exact(width).enumerate() {
                turned.iter_mut().zip(&row[block * TURNED..]).for_each(|(turned, &value)| turned[index] = value);
            }
            columns.iter_mut().zip(&turned).for_each(|(column, turned)| column.extend_from_slice(&turned[..rows.len() / width]));
        }
    }
}

/// Base quantities of a workload in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DemandColumn {
    Tokens,
    Requests,
    PeakHour,
}

const DEMAND_COLUMNS: usize = 3;

/// Base quantities of a pool in a month, whatever the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PoolColumn {
    PeakHour,
    PeakQuota,
    RequestsAtOnce,
    WindowsBelowMinimum,
    RequestsBelowMinimum,
}

const POOL_COLUMNS: usize = 5;

/// Base quantities of a case of a pool in a month. Used unit-hours of each bought axis follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServiceColumn {
    CostOnDemand,
    CostBatch,
    TokensProvisioned,
    ValueProvisioned,
    TokensThrottled,
    TokensLate,
    RequestsThrottled,
    ThrottledMinutes,
    ThrottledHours,
    LogClear,
}

const SERVICE_COLUMNS: usize = 10;

/// Base quantities of a case of a pool whose hours are walked, in a month. They stand last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathColumn {
    Refused,
    SecondsWaited,
    WaitP95,
    RefinedHours,
}

const PATH_COLUMNS: usize = 4;

/// Further ones of a case of a pool whose work waits; they stand after the used unit-hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueueColumn {
    RequestsLate,
    LateOneHourMore,
    Waiting,
    Windows,
    WindowsMissed,
}

const QUEUE_COLUMNS: usize = 5;

/// The bought axes of a pool: node and axis, in order.
pub(super) fn bought_axes(group: &PoolGroup) -> impl Iterator<Item = (usize, usize)> + '_ {
    let bought = group.nodes.iter().enumerate().filter(|(_, node)| node.provisioned);
    bought.flat_map(|(index, node)| (0..node.axes).map(move |axis| (index, axis)))
}

/// Where each column stands. Months are the innermost but one index, quantities the innermost.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    months: usize,
    workloads: usize,
    /// First column of each pool.
    pools: Vec<usize>,
    /// First column of each pool's first case, columns per case and month.
    cases: Vec<(usize, usize)>,
    /// The columns of each pool's members.
    members: Vec<MemberLayout>,
    /// Of each pool, where a case's queue columns stand among its own; `None` where nothing waits.
    queues: Vec<Option<usize>>,
    /// Where the columns of cases follow each other, pool by pool.
    blocks: Vec<CaseColumns>,
    total: usize,
}

/// Columns of the cases of a pool, or of their members: as many for each, in the same order.
#[derive(Clone, Copy, Debug)]
pub(super) struct CaseColumns {
    pub(super) first: usize,
    /// Columns of a case.
    pub(super) width: usize,
    pub(super) number: usize,
}

impl Layout {
    pub(super) fn new(supply: &Supply, workloads: usize, months: usize) -> Self {
        let mut next = (workloads * DEMAND_COLUMNS + 1) * months;
        let mut pools = Vec::with_capacity(supply.groups.len());
        let mut cases = Vec::with_capacity(supply.groups.len());
        let mut members = Vec::with_capacity(supply.groups.len());
        let mut queues = Vec::with_capacity(supply.groups.len());
        let mut blocks = Vec::new();
        for (index, group) in supply.groups.iter().enumerate() {
            pools.push(next);
            next += POOL_COLUMNS * months;
            let queue = SERVICE_COLUMNS + bought_axes(group).count();
            queues.push(group.waits().then_some(queue));
            let more = [(group.waits(), QUEUE_COLUMNS), (group.path.is_some(), PATH_COLUMNS)];
            let width = queue + more.iter().filter(|(has, _)| *has).map(|(_, columns)| columns).sum::<usize>();
            cases.push((next, width));
            let number = group.cases.len();
            blocks.push(CaseColumns { first: next, width: months * width, number });
            next += number * months * width;
            let layout = MemberLayout::new(supply, index, months, next);
            blocks.push(layout.cases(number));
            next = layout.end();
            members.push(layout);
        }
        Self { months, workloads, pools, cases, members, queues, blocks, total: next }
    }

    /// Number of columns.
    pub(super) fn columns(&self) -> usize {
        self.total
    }

    /// For each column of a layout that keeps some of the pools and cases of this one, where it stands here.
    pub(super) fn places(&self, narrower: &Self, kept: &Kept) -> Vec<usize> {
        let first = self.pools.first().copied().unwrap_or(self.total);
        let mut places: Vec<usize> = (0..first).collect();
        for (group, cases) in &kept.groups {
            let [of_pool, of_members] = [self.blocks[2 * group], self.blocks[2 * group + 1]];
            let blocks =
                |block: CaseColumns| cases.iter().map(move |case| block.first + case * block.width..block.first + (case + 1) * block.width);
            places.extend(self.pools[*group]..of_pool.first);
            places.extend(blocks(of_pool).flatten());
            // What members have whatever the case stands between the two.
            places.extend(of_pool.first + of_pool.width * of_pool.number..of_members.first);
            places.extend(blocks(of_members).flatten());
        }
        debug_assert_eq!(places.len(), narrower.total);
        places
    }

    /// Where columns of cases stand.
    pub(super) fn cases(&self) -> &[CaseColumns] {
        &self.blocks
    }

    pub(super) fn demand(&self, workload: usize, month: usize, column: DemandColumn) -> usize {
        (workload * self.months + month) * DEMAND_COLUMNS + column as usize
    }

    /// The largest hour of all workloads together.
    pub(super) fn peak_of_all(&self, month: usize) -> usize {
        self.workloads * self.months * DEMAND_COLUMNS + month
    }

    pub(super) fn pool(&self, group: usize, month: usize, column: PoolColumn) -> usize {
        self.pools[group] + month * POOL_COLUMNS + column as usize
    }

    pub(super) fn service(&self, group: usize, case: usize, month: usize, column: ServiceColumn) -> usize {
        let (first, width) = self.cases[group];
        first + (case * self.months + month) * width + column as usize
    }

    /// A quantity of a pool whose hours are walked: the last columns of a case and month.
    pub(super) fn path(&self, group: usize, case: usize, month: usize, column: PathColumn) -> usize {
        let (first, width) = self.cases[group];
        first + (case * self.months + month + 1) * width - PATH_COLUMNS + column as usize
    }

    pub(super) fn members(&self, group: usize) -> MemberLayout {
        self.members[group]
    }

    /// Of a pool whose work waits; `None` elsewhere.
    pub(super) fn queue(&self, group: usize, case: usize, month: usize, column: QueueColumn) -> Option<usize> {
        let (first, width) = self.cases[group];
        Some(first + (case * self.months + month) * width + self.queues[group]? + column as usize)
    }

    /// Used unit-hours of the `axis`-th bought axis of the pool.
    pub(super) fn used(&self, group: usize, case: usize, month: usize, axis: usize) -> usize {
        let (first, width) = self.cases[group];
        first + (case * self.months + month) * width + SERVICE_COLUMNS + axis
    }
}

impl Tally for Columns {
    type Partial = ColumnStore;
    type Summary = Outcome;

    fn partial(&self, scenario: &Scenario, replications: usize) -> ColumnStore {
        let columns = Self::number(scenario);
        // A batch comes row by row; a whole run batch by batch.
        if replications <= BATCH { ColumnStore::of_rows(columns, replications) } else { ColumnStore::new(columns, replications) }
    }

    fn record(&self, partial: &mut ColumnStore, replication: &Replication<'_>) {
        let Replication { scenario, demand, service, .. } = replication;
        let (supply, months) = (&scenario.supply, scenario.horizon.months());
        let by_month = |number: usize| (0..number).flat_map(move |index| (0..months).map(move |month| (index, month)));
        // Array by array: a chain of iterators that gives one value at a time takes several times as long.
        let row = &mut partial.rows;
        for (w, m) in by_month(scenario.demand.workloads.len()) {
            let totals = demand.month(w, m);
            row.extend::<[f64; DEMAND_COLUMNS]>([totals.tokens.total(), totals.requests, totals.peak_hour]);
        }
        row.extend_from_slice(&demand.peak_hour);
        for (g, group) in supply.groups.iter().enumerate() {
            for m in 0..months {
                let totals = &service.demand[supply.demand_index(g, m)];
                row.extend::<[f64; POOL_COLUMNS]>([
                    totals.peak_hour_tokens,
                    totals.peak_quota_tokens_per_minute,
                    totals.requests_at_once,
                    totals.windows_below_minimum,
                    totals.requests_below_minimum,
                ]);
            }
            for (c, m) in by_month(group.cases.len()) {
                let totals = &service.services[supply.service_index(g, c, m)];
                row.extend::<[f64; SERVICE_COLUMNS]>([
                    totals.cost_on_demand,
                    totals.cost_batch,
                    totals.tokens_provisioned,
                    totals.value_provisioned,
                    totals.tokens_throttled,
                    totals.tokens_late,
                    totals.requests_throttled,
                    totals.throttled_minutes,
                    totals.throttled_hours,
                    totals.log_clear,
                ]);
                let used = supply.used_index(g, c, m);
                row.extend(bought_axes(group).map(|(node, axis)| service.used[used + node * MAX_AXES + axis]));
                if group.waits() {
                    let queue = &service.queues[supply.service_index(g, c, m)];
                    row.extend::<[f64; QUEUE_COLUMNS]>([
                        queue.requests_late,
                        queue.tokens_late_one_hour_more,
                        queue.tokens_waiting,
                        queue.windows,
                        queue.windows_missed,
                    ]);
                }
                if group.path.is_some() {
                    let path = [totals.requests_refused, totals.seconds_waited, totals.wait_p95, totals.refined_hours];
                    row.extend::<[f64; PATH_COLUMNS]>(path);
                }
            }
            row.extend(Self::of_members(replication, g, group));
        }
    }

    fn merge(&self, earlier: &mut ColumnStore, later: ColumnStore) {
        earlier.append(&later);
    }

    fn summarise(&self, scenario: &Scenario, mut whole: ColumnStore) -> Outcome {
        whole.turn();
        Outcome::new(scenario, whole)
    }

    fn bytes(&self, scenario: &Scenario, replications: u64) -> u64 {
        // The whole has its room from the start; batches that wait to be folded are few.
        replications.saturating_mul(Self::number(scenario) as u64).saturating_mul(size_of::<f64>() as u64)
    }
}

impl Columns {
    /// Number of columns.
    fn number(scenario: &Scenario) -> usize {
        Layout::new(&scenario.supply, scenario.demand.workloads.len(), scenario.horizon.months()).columns()
    }
}
