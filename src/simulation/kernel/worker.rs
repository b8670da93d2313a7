//! One worker of the fast path: sixty-four replications at a time, workload by workload, month by month.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use super::Scope;
use super::bins::Histogram;
use super::cells::Cells;
use super::isa::Wide;
use super::mixed::DrawMixed;
use super::peak::PeakScratch;
use super::prepare::{Kernel, KernelWorkload};
use super::settle::Found;
use super::sweep::Sweep;
use super::table::{Prober, Table};
use crate::demand::{LaneState, TILE, Tile, WorkloadTotals};
use crate::random::lanes::{GROUP, LANES, Lanes, greatest};
use crate::simulation::reference::Replicator;
use crate::supply::{BatchShare, OfferKind, SupplyTotals};
use crate::tally::Replication;

/// What single precision may put wrong in a window's records.
const ROUNDING: f64 = 1e-4;

/// Draws and serves replications in blocks. All it needs is allocated once.
#[derive(Debug)]
pub struct KernelWorker<'k, 's> {
    kernel: &'k Kernel<'s>,
    lanes: Vec<LaneState>,
    buffers: Buffers<'s>,
    /// By workload, then month.
    found: Vec<Vec<Found>>,
    demand: WorkloadTotals,
    service: SupplyTotals,
    /// For lanes that leave what the histogram covers; made when first needed.
    reference: Option<Box<Replicator<'s>>>,
}

/// What is used anew by each workload.
#[derive(Debug)]
pub(super) struct Buffers<'s> {
    /// Tokens of hours; of prompts, where those of answers are apart.
    pub(super) tile: Box<Tile>,
    pub(super) answers: Box<Tile>,
    pub(super) month: MonthAtWork<'s>,
    /// Tokens of all workloads together, by hour; empty where there is one workload, or nobody looks at their peak.
    pub(super) together: Vec<Lanes<f32>>,
    /// The largest of them, by month.
    pub(super) peaks: Vec<Lanes<f32>>,
    /// Tokens of the window at hand of each part that goes to batch.
    pub(super) windows: Vec<Lanes<f32>>,
}

/// The hours of a month as they are drawn, and what sums them up.
#[derive(Debug)]
pub(super) struct MonthAtWork<'s> {
    hours: Histogram,
    /// By axis of a workload whose mix varies; made when first needed.
    pub(super) cells: Vec<Cells>,
    pub(super) sweep: Sweep,
    pub(super) peak: PeakScratch,
    pub(super) prober: Prober<'s>,
    /// Lanes that must be served otherwise.
    pub(super) leaves: [bool; LANES],
}

impl<'k, 's> KernelWorker<'k, 's> {
    /// A worker of a kernel.
    #[must_use]
    pub fn new(kernel: &'k Kernel<'s>) -> Self {
        let scenario = kernel.scenario;
        let (months, hours) = (scenario.horizon.months(), scenario.horizon.hours());
        let several = kernel.workloads.len() > 1 && kernel.scope == Scope::All;
        let found = |workload: &KernelWorkload<'_>| {
            let empty = Found { sums: Vec::new(), largest: Lanes::of(0.0), peaks: vec![Lanes::of(f64::NAN); workload.works.len()] };
            vec![empty; months]
        };
        Self {
            kernel,
            lanes: kernel.workloads.iter().map(|_| LaneState::default()).collect(),
            buffers: Buffers {
                tile: Box::new([Lanes::of(0.0); TILE]),
                answers: Box::new([Lanes::of(0.0); TILE]),
                month: MonthAtWork {
                    hours: Histogram::new(),
                    cells: Vec::new(),
                    sweep: Sweep::default(),
                    peak: PeakScratch::default(),
                    prober: Prober::new(scenario, kernel.seed),
                    leaves: [false; LANES],
                },
                together: vec![Lanes::of(0.0); if several { hours } else { 0 }],
                peaks: vec![Lanes::of(0.0); months],
                windows: Vec::new(),
            },
            found: kernel.workloads.iter().map(found).collect(),
            demand: WorkloadTotals::new(kernel.workloads.len(), months),
            service: scenario.supply.totals(),
            reference: None,
        }
    }

    /// Serves the replications `first`, `first` + 1, … up to `first` + `count` − 1, at most [`LANES`] of them, and tells each in order.
    pub fn block(&mut self, first: u64, count: usize, mut tell: impl FnMut(&Replication<'_>)) {
        let kernel = self.kernel;
        self.buffers.month.leaves = [false; LANES];
        for (index, workload) in kernel.workloads.iter().enumerate() {
            let (lanes, buffers, found) = (&mut self.lanes[index], &mut self.buffers, &mut self.found[index]);
            match &workload.mixed {
                None => kernel.isa.run(Draw { kernel, first, index, lanes, buffers, found }),
                Some(mixed) => kernel.isa.run(DrawMixed { kernel, first, index, mixed, lanes, buffers, found }),
            }
        }
        for lane in 0..count.min(LANES) {
            let index = first + lane as u64;
            if self.buffers.month.leaves[lane] {
                let new = || Box::new(Replicator::new(kernel.scenario, kernel.seed));
                tell(&self.reference.get_or_insert_with(new).replicate(index, None));
                continue;
            }
            for (number, (workload, found)) in kernel.workloads.iter().zip(&self.found).enumerate() {
                for (month, found) in found.iter().enumerate() {
                    workload.settle(kernel.scenario, (number, month, lane), found, &mut self.demand, &mut self.service);
                }
            }
            for (month, peak) in self.demand.peak_hour.iter_mut().enumerate() {
                let peaks = if self.found.len() > 1 { &self.buffers.peaks[month] } else { &self.found[0][month].largest };
                *peak = f64::from(peaks[lane]);
            }
            tell(&Replication { index, scenario: kernel.scenario, demand: &self.demand, service: &self.service });
        }
    }
}

/// All hours of a workload: drawn, put into bins, and summed up at the end of each month.
struct Draw<'a, 'k, 's> {
    kernel: &'k Kernel<'s>,
    /// The first replication.
    first: u64,
    index: usize,
    lanes: &'a mut LaneState,
    buffers: &'a mut Buffers<'s>,
    found: &'a mut [Found],
}

impl Wide for Draw<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { kernel, first, index, lanes, buffers, found } = self;
        let Buffers { tile, month: at_work, together, peaks, windows, .. } = buffers;
        let workload = &kernel.workloads[index];
        let horizon = &kernel.scenario.horizon;
        workload.lanes.begin(first, lanes);
        windows.clear();
        windows.resize(workload.batch.len(), Lanes::of(0.0));
        peaks.fill(Lanes::of(0.0));
        let (mut month, mut end) = (0, horizon.month_range(0).end);
        for number in 0..horizon.hours().div_ceil(TILE) {
            let drawn = workload.lanes.tile(number, lanes, tile);
            let (mut start, mut rest) = (number * TILE, &tile[..drawn]);
            while !rest.is_empty() {
                let (hours, later) = rest.split_at(rest.len().min(end - start));
                at_work.hours.add(&workload.bins, hours);
                for (together, tokens) in together.iter_mut().skip(start).zip(hours) {
                    add_to(together, &mut peaks[month], tokens, index == 0);
                }
                end_windows(kernel, workload, (start, hours), windows, &mut at_work.leaves);
                (start, rest) = (start + hours.len(), later);
                if start == end {
                    at_work.finish(kernel, workload, month, &mut found[month]);
                    month += 1;
                    end = if month < horizon.months() { horizon.month_range(month).end } else { horizon.hours() };
                }
            }
        }
    }
}

/// Adds an hour of one workload to that of those before it, and keeps the largest.
#[inline(always)]
pub(super) fn add_to(together: &mut Lanes<f32>, peak: &mut Lanes<f32>, tokens: &Lanes<f32>, is_first: bool) {
    for i in 0..LANES {
        let sum = if is_first { tokens[i] } else { together[i] + tokens[i] };
        together[i] = sum;
        peak[i] = greatest(sum, peak[i]);
    }
}

/// Adds the hours from a first one on to the windows of what goes to batch, and ends those that end among them.
#[inline(always)]
pub(super) fn end_windows(
    kernel: &Kernel<'_>,
    workload: &KernelWorkload<'_>,
    (first, hours): (usize, &[Lanes<f32>]),
    windows: &mut [Lanes<f32>],
    leaves: &mut [bool; LANES],
) {
    for (part, window) in workload.batch.iter().zip(windows) {
        let (mut start, mut rest) = (first, hours);
        while !rest.is_empty() {
            let end = ((start / part.window + 1) * part.window).min(kernel.scenario.horizon.hours());
            let (own, later) = rest.split_at(rest.len().min(end - start));
            add_up(window, own);
            (start, rest) = (start + own.len(), later);
            if start == end {
                refuse(kernel, workload, part, window, leaves);
            }
        }
    }
}

/// Adds hours to a sum, few lanes at a time, so that these stay in registers.
#[inline(always)]
fn add_up(sum: &mut Lanes<f32>, hours: &[Lanes<f32>]) {
    for (group, kept) in sum.as_chunks_mut::<GROUP>().0.iter_mut().enumerate() {
        let mut sum = *kept;
        for hour in hours {
            let hour = &hour.as_chunks::<GROUP>().0[group];
            for i in 0..GROUP {
                sum[i] += hour[i];
            }
        }
        *kept = sum;
    }
}

/// Marks the lanes whose window of work batch refuses, or may refuse by rounding, and begins the next one.
#[inline(never)]
fn refuse(kernel: &Kernel<'_>, workload: &KernelWorkload<'_>, part: &BatchShare, window: &mut Lanes<f32>, leaves: &mut [bool; LANES]) {
    let OfferKind::Batch(batch) = &kernel.scenario.supply.offers[part.offer].kind else { return };
    let each = part.share * workload.mix.requests;
    let (least, most) = batch.surely_takes();
    let (least, most) = ((least / each * (1.0 + ROUNDING)) as f32, (most / each * (1.0 - ROUNDING)) as f32);
    let mut sure = true;
    for i in 0..LANES {
        sure &= least <= window[i] && window[i] <= most;
    }
    if !sure {
        for (leaves, window) in leaves.iter_mut().zip(window.iter()) {
            let records = f64::from(*window) * each;
            // A window without work is refused by nobody.
            let taken = [1.0 - ROUNDING, 1.0, 1.0 + ROUNDING].iter().all(|factor| batch.takes(records * factor));
            *leaves |= !taken && records > 0.0;
        }
    }
    *window = Lanes::of(0.0);
}

/// Marks the lanes that have tokens below the first bin, where hours so small are not in proportion to them, or are all that a peak could be
/// found in.
#[inline(always)]
pub(super) fn leave_below(
    kernel: &Kernel<'_>,
    workload: &KernelWorkload<'_>,
    (table, peaks): (&Table, &[Lanes<f64>]),
    below: &Lanes<f32>,
    prober: &mut Prober<'_>,
    leaves: &mut [bool; LANES],
) {
    let Some(facts) = workload.works.first() else { return };
    let model = &kernel.scenario.demand.workloads[facts.workload];
    if below.iter().any(|&tokens| tokens > 0.0) {
        let straight = workload.is_straight_below(table, model, prober);
        for (lane, (leaves, &tokens)) in leaves.iter_mut().zip(below.iter()).enumerate() {
            *leaves |= tokens > 0.0 && (!straight || peaks.iter().any(|peaks| peaks[lane] == 0.0));
        }
    }
}

impl MonthAtWork<'_> {
    /// Sums up a month and begins the next one.
    #[inline(always)]
    fn finish(&mut self, kernel: &Kernel<'_>, workload: &KernelWorkload<'_>, month: usize, found: &mut Found) {
        let Self { hours, sweep, peak: scratch, prober, leaves, .. } = self;
        let table = &workload.tables[workload.table_of[month]];
        sweep.add_up(hours, &workload.bins, table, &workload.works, prober);
        std::mem::swap(&mut found.sums, &mut sweep.sums);
        found.largest = hours.largest;
        for (lane, leaves) in leaves.iter_mut().enumerate() {
            *leaves |= hours.is_beyond(&workload.bins, lane);
        }
        let rows = hours.rows(&workload.bins);
        let length = kernel.scenario.horizon.month_range(month).len();
        for (facts, peaks) in workload.works.iter().zip(&mut found.peaks) {
            if let Some(table) = &facts.peak {
                table.gather(hours, &workload.bins, scratch);
                table.solve((&workload.bins, None, length), facts, (&kernel.scenario.supply, prober), scratch, peaks);
            }
        }
        leave_below(kernel, workload, (table, &found.peaks), &hours.below, prober, leaves);
        hours.clear(rows);
    }
}
