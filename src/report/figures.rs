//! Every metric of a plan, summarised for each row, month and the horizon.

use super::Report;
use crate::statistics::{Distribution, Summariser};
use crate::tally::{Metric, Row, Span};

/// One metric in one place.
#[derive(Clone, Debug)]
pub(super) enum Figure {
    /// The metric does not exist there: throttling of a pool's member, say.
    None,
    /// It exists and has no value: a share of nothing.
    Empty,
    /// Its distribution over the replications.
    Known(Box<Distribution>),
}

impl Figure {
    /// The distribution, if there is one.
    pub(super) fn known(&self) -> Option<&Distribution> {
        match self {
            Self::Known(distribution) => Some(distribution),
            Self::None | Self::Empty => None,
        }
    }
}

/// The metrics of a row and span, in the order of [`Metric::ALL`].
pub(super) type Figures = [Figure; Metric::ALL.len()];

/// One row of a plan.
#[derive(Debug)]
pub(super) struct RowFigures {
    pub(super) label: String,
    pub(super) months: Vec<Figures>,
    pub(super) horizon: Figures,
}

/// All of a plan.
#[derive(Debug)]
pub(super) struct PlanFigures {
    pub(super) plan: usize,
    pub(super) rows: Vec<RowFigures>,
}

impl PlanFigures {
    pub(super) fn new(report: &Report<'_>, plan: usize) -> Self {
        let mut summariser = Summariser::default();
        let months = report.scenario.horizon.months();
        let mut figures = |row, span| Metric::ALL.map(|metric| figure(report, plan, row, span, metric, &mut summariser));
        let rows = report.outcome.rows(report.scenario, plan).into_iter().map(|(row, label)| RowFigures {
            label,
            months: (0..months).map(|month| figures(row, Span::Month(month))).collect(),
            horizon: figures(row, Span::Horizon),
        });
        Self { plan, rows: rows.collect() }
    }
}

fn figure(report: &Report<'_>, plan: usize, row: Row, span: Span, metric: Metric, summariser: &mut Summariser) -> Figure {
    let inside_a_pool = matches!(row, Row::Member(_));
    let told = metric.is_told(&report.scenario.supply);
    if !told || (inside_a_pool && !metric.is_demand()) || (metric.is_horizon_only() && span != Span::Horizon) {
        return Figure::None;
    }
    let column = report.outcome.column(report.scenario, plan, row, span, metric);
    match column.and_then(|mut column| summariser.summarise_in_place(&mut column)) {
        Some(distribution) => Figure::Known(Box::new(distribution)),
        None => Figure::Empty,
    }
}
