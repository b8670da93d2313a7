//! The functions of an hour's tokens, as straight lines over each bin, made when an hour first falls into it.
//!
//! A line has the function's mean over the bin (by Simpson's rule) and the slope of its chord, so that what it is off cancels within the bin.
//! The values are those of the one dispatch that serves all hours, probed at the bin's edges and middle.

use super::axis::Axis;
use super::bins::{Bins, PLACES, ROWS};
use super::curves::CellCurves;
use super::layout::{OVER, Passed, WorkLayout};
use super::prepare::WorkFacts;
use crate::demand::DemandPath;
use crate::supply::{Dispatcher, HourService, HourSink, SupplyTotals};
use std::sync::OnceLock;

/// Logarithms of chances are kept above this: e⁻⁶⁰ is as good as never.
const NEVER: f64 = -60.0;

/// The same where one hour may be all that counts. The minute law tells chances in single precision, so that next to 1 the logarithm of
/// what is left jumps about below −16, and what is drawn through such a jump could lie close to 0.
const HARDLY: f64 = -16.0;

/// A line over a bin: the value at its lower edge, and the rise for each place.
pub(super) type Line = [f32; 2];

/// One bin's lines.
#[derive(Debug)]
pub(super) struct BinLines {
    /// By function.
    pub(super) lines: Box<[Line]>,
    /// From here on all are 0: of cases with more units than such an hour could fill.
    pub(super) live: usize,
}

/// The functions of a workload's hours in months with the same units.
#[derive(Debug)]
pub(super) struct Table {
    /// One of its months.
    pub(super) month: usize,
    /// By work.
    pub(super) works: Vec<WorkLayout>,
    /// Number of functions; the first is the tokens themselves, or the first two are prompts and answers.
    pub(super) functions: usize,
    /// The least logarithm of a chance.
    least: f64,
    /// Of hours with one mix.
    rows: Vec<OnceLock<BinLines>>,
    /// The functions at the bins' lower edges, which two bins ask for.
    edges: Vec<OnceLock<Box<[f64]>>>,
    /// Of hours whose mix varies: by row from the axis's first on, and column.
    pub(super) cells: Vec<OnceLock<CellCurves>>,
    /// Whether hours below the first bin come to what is in proportion to their tokens.
    pub(super) straight_below: OnceLock<bool>,
}

/// What a probe needs besides the table: of one worker.
#[derive(Debug)]
pub(super) struct Prober<'s> {
    pub(super) dispatcher: Dispatcher<'s>,
    pub(super) hour: DemandPath,
    pub(super) totals: SupplyTotals,
    /// The month whose units each work's probes meet.
    pub(super) months: Vec<Option<usize>>,
}

impl Table {
    pub(super) fn new(month: usize, works: Vec<WorkLayout>, functions: usize) -> Self {
        let rows = (0..ROWS).map(|_| OnceLock::new()).collect();
        Self {
            month,
            works,
            functions,
            least: NEVER,
            rows,
            edges: (0..=ROWS).map(|_| OnceLock::new()).collect(),
            cells: Vec::new(),
            straight_below: OnceLock::new(),
        }
    }

    /// The same for hours whose mix varies, over the cells of an axis.
    pub(super) fn of_cells(month: usize, works: Vec<WorkLayout>, functions: usize, axis: &Axis) -> Self {
        let cells = (0..(ROWS - axis.first_row) * axis.columns).map(|_| OnceLock::new()).collect();
        Self { month, works, functions, least: HARDLY, rows: Vec::new(), edges: Vec::new(), cells, straight_below: OnceLock::new() }
    }

    /// The same where bins are narrow because hours are few or alike.
    pub(super) fn of_few_hours(self) -> Self {
        Self { least: HARDLY, ..self }
    }

    /// The lines of a bin.
    #[inline]
    pub(super) fn lines(&self, row: usize, bins: &Bins, facts: &[WorkFacts], prober: &mut Prober<'_>) -> &BinLines {
        self.rows[row].get_or_init(|| self.draw(row, bins, facts, prober))
    }

    #[cold]
    #[inline(never)]
    fn draw(&self, row: usize, bins: &Bins, facts: &[WorkFacts], prober: &mut Prober<'_>) -> BinLines {
        let middle = self.values(0.5 * (bins.edge(row) + bins.edge(row + 1)), facts, prober);
        let mut edge = |row: usize| -> &[f64] { self.edges[row].get_or_init(|| self.values(bins.edge(row), facts, prober)) };
        let (low, high) = (edge(row), edge(row + 1));
        let line = |function: usize| {
            let (a, m, b) = (low[function], middle[function], high[function]);
            let mean = (a + 4.0 * m + b) / 6.0;
            let rise = b - a;
            // A function that is never negative has no line that is.
            let (start, rise) = if a >= 0.0 && mean < 0.5 * rise { (0.0, 2.0 * mean) } else { (mean - 0.5 * rise, rise) };
            [start as f32, (rise / PLACES) as f32]
        };
        let lines: Box<[Line]> = (0..self.functions).map(line).collect();
        let live = lines.iter().rposition(|line| line[0] != 0.0 || line[1] != 0.0).map_or(0, |last| last + 1);
        BinLines { lines, live }
    }

    /// The functions at so many tokens.
    pub(super) fn values(&self, tokens: f64, facts: &[WorkFacts], prober: &mut Prober<'_>) -> Box<[f64]> {
        let mut values = vec![0.0; self.functions];
        values[0] = tokens;
        for (work, layout) in facts.iter().zip(&self.works) {
            work.probe(
                self.month,
                work.of_mean_mix(tokens),
                prober,
                &mut Values { layout, least: self.least, shares: &[1.0], of_functions: &mut values },
            );
        }
        values.into()
    }

    /// The functions at so many tokens of prompts and of answers.
    pub(super) fn values_at(&self, amounts: [f64; 2], facts: &[WorkFacts], prober: &mut Prober<'_>) -> Vec<f64> {
        let mut values = vec![0.0; self.functions];
        values[..2].copy_from_slice(&amounts);
        let all = amounts[0] + amounts[1];
        if !(all > 0.0) {
            return values;
        }
        let shares = amounts.map(|tokens| tokens / all);
        for (work, layout) in facts.iter().zip(&self.works) {
            work.probe(
                self.month,
                work.of_prompts_and_answers(amounts),
                prober,
                &mut Values { layout, least: self.least, shares: &shares, of_functions: &mut values },
            );
        }
        values
    }
}

/// Takes the functions' values from a probed hour.
struct Values<'a> {
    layout: &'a WorkLayout,
    least: f64,
    /// Of prompts and of answers in the hour, and so in what passes: a chain sees one mix throughout.
    shares: &'a [f64],
    of_functions: &'a mut [f64],
}

impl HourSink for Values<'_> {
    fn hour(&mut self, _hour: usize, group: usize, case: usize, service: &HourService<'_>) {
        let Some((_, cases)) = self.layout.groups.iter().find(|(index, _)| *index == group) else { return };
        let Some(layout) = cases.get(case) else { return };
        // From the last offer back, so that a small overflow is not the difference of two large sums.
        let mut beyond = service.throttled;
        for (passed, served) in layout.passed.iter().zip(service.served).rev() {
            if let Passed::Function(function) = *passed {
                for (value, share) in self.of_functions[function..].iter_mut().zip(self.shares) {
                    *value = beyond * share;
                }
            }
            beyond += served;
        }
        if let Some(over) = layout.over {
            let clear = libm::log1p(-service.hour_over).max(self.least);
            let counts = [60.0 * service.minute_over, service.hour_over, clear];
            self.of_functions[over..over + OVER].copy_from_slice(&counts);
        }
    }
}
