//! Workloads whose mix of prompts and answers varies from hour to hour: what they need besides, and how their hours are drawn.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use super::axis::Axis;
use super::bins::Bins;
use super::cells::Cells;
use super::isa::Wide;
use super::prepare::{Kernel, KernelWorkload, WorkFacts};
use super::settle::Found;
use super::worker::{Buffers, MonthAtWork, add_to, end_windows, leave_below};
use crate::demand::{LaneState, SplitMix, TILE};
use crate::random::lanes::{LANES, Lanes, greatest};
use crate::scenario::Scenario;
use crate::supply::Node;
use crate::units::ByClass;

/// How the hours of a workload are put into cells.
#[derive(Debug)]
pub(super) struct Mixed {
    /// What a token of prompts and one of answers are made of.
    pub(super) classes: [ByClass; 2],
    /// Those of the functions, and any other weights that a peak is asked for in.
    pub(super) axes: Vec<Axis>,
}

impl Mixed {
    /// Axes for the works of a workload with these mean tokens an hour, whose minutes have at least this standard deviation; tells each peak
    /// its own.
    pub(super) fn new(
        mix: &SplitMix,
        scenario: &Scenario,
        works: &mut [WorkFacts],
        bins: Bins,
        hours: &[f64],
        minute: f64,
    ) -> Result<Self, &'static str> {
        let groups = &scenario.supply.groups;
        let nodes = || works.iter().flat_map(|work| &work.groups).flat_map(|&group| &groups[group].nodes);
        if nodes().any(|node| node.axes > 1) {
            return Err("an offer limits two things, and which of them binds changes with the mix of token classes");
        }
        let weights = |node: &Node| mix.classes.map(|classes| classes.dot(&node.weights[0]));
        let limits: Vec<[f64; 2]> = nodes().filter(|node| node.is_limited()).map(weights).collect();
        let range = hours.iter().filter(|&&tokens| tokens > 0.0);
        let range = range.fold((f64::INFINITY, 0.0_f64), |(low, high), &tokens| (low.min(tokens), high.max(tokens)));
        let axis = |weights, limits: &[[f64; 2]]| {
            Axis::new(mix, weights, bins, range, limits, minute).ok_or("its mix of token classes varies too much")
        };
        let of_peak = |work: &WorkFacts| {
            let group = &groups[work.groups[0]];
            group.last_on_demand.map(|node| weights(&group.nodes[node]))
        };
        let counted = |weights: &[f64; 2]| weights[0] > 0.0 && weights[1] > 0.0;
        let mut candidates = works.iter().filter_map(of_peak).chain(limits.iter().copied());
        let first = candidates.find(counted).unwrap_or([1.0; 2]);
        drop(candidates);
        let mut axes = vec![axis(first, &limits)?];
        for work in works {
            let Some(weights) = of_peak(work) else { continue };
            let Some(peak) = &mut work.peak else { continue };
            peak.axis = match axes.iter().position(|axis| axis.counts_like(weights)) {
                Some(known) => known,
                None => {
                    axes.push(axis(weights, &[])?);
                    axes.len() - 1
                }
            };
        }
        Ok(Self { classes: mix.classes, axes })
    }
}

/// All hours of a workload whose mix varies: drawn, put into cells, and summed up at the end of each month.
pub(super) struct DrawMixed<'a, 'k, 's> {
    pub(super) kernel: &'k Kernel<'s>,
    /// The first replication.
    pub(super) first: u64,
    pub(super) index: usize,
    pub(super) mixed: &'k Mixed,
    pub(super) lanes: &'a mut LaneState,
    pub(super) buffers: &'a mut Buffers<'s>,
    pub(super) found: &'a mut [Found],
}

impl Wide for DrawMixed<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { kernel, first, index, mixed, lanes, buffers, found } = self;
        let Buffers { tile: prompts, answers, month: at_work, together, peaks, windows } = buffers;
        let workload = &kernel.workloads[index];
        let horizon = &kernel.scenario.horizon;
        workload.lanes.begin(first, lanes);
        windows.clear();
        windows.resize(workload.batch.len(), Lanes::of(0.0));
        peaks.fill(Lanes::of(0.0));
        at_work.cells.resize_with(at_work.cells.len().max(mixed.axes.len()), Cells::new);
        for (axis, cells) in mixed.axes.iter().zip(&mut at_work.cells) {
            cells.begin(axis);
        }
        let mut largest = Lanes::of(0.0_f32);
        let (mut month, mut end) = (0, horizon.month_range(0).end);
        for number in 0..horizon.hours().div_ceil(TILE) {
            let drawn = workload.lanes.tiles(number, lanes, prompts, answers);
            for (hour, (prompts, answers)) in (number * TILE..).zip(prompts[..drawn].iter().zip(&answers[..drawn])) {
                for (axis, cells) in mixed.axes.iter().zip(&mut at_work.cells) {
                    cells.add(axis, prompts, answers);
                }
                let mut tokens = Lanes::of(0.0);
                for i in 0..LANES {
                    tokens[i] = prompts[i] + answers[i];
                    largest[i] = greatest(tokens[i], largest[i]);
                }
                if let Some(together) = together.get_mut(hour) {
                    add_to(together, &mut peaks[month], &tokens, index == 0);
                }
                end_windows(kernel, workload, (hour, std::slice::from_ref(&tokens)), windows, &mut at_work.leaves);
                if hour + 1 == end {
                    found[month].largest = largest;
                    largest = Lanes::of(0.0);
                    at_work.finish_mixed(kernel, workload, mixed, month, &mut found[month]);
                    month += 1;
                    end = if month < horizon.months() { horizon.month_range(month).end } else { 0 };
                }
            }
        }
    }
}

impl MonthAtWork<'_> {
    /// Sums up a month and begins the next one.
    #[inline(always)]
    fn finish_mixed(&mut self, kernel: &Kernel<'_>, workload: &KernelWorkload<'_>, mixed: &Mixed, month: usize, found: &mut Found) {
        let Self { cells, sweep, peak: scratch, prober, leaves, .. } = self;
        let table = &workload.tables[workload.table_of[month]];
        sweep.add_up_cells(&cells[0], &mixed.axes[0], table, &workload.works, prober);
        std::mem::swap(&mut found.sums, &mut sweep.sums);
        let length = kernel.scenario.horizon.month_range(month).len();
        for (facts, peaks) in workload.works.iter().zip(&mut found.peaks) {
            if let Some(table) = &facts.peak {
                let axis = &mixed.axes[table.axis];
                table.gather_cells(&cells[table.axis], axis, scratch);
                table.solve((&axis.bins, Some(axis), length), facts, (&kernel.scenario.supply, prober), scratch, peaks);
            }
        }
        leave_below(kernel, workload, (table, &found.peaks), &cells[0].below()[0], prober, leaves);
        for (axis, cells) in mixed.axes.iter().zip(cells) {
            for (lane, leaves) in leaves.iter_mut().enumerate() {
                *leaves |= cells.is_beyond(lane);
            }
            cells.clear(axis);
        }
    }
}
