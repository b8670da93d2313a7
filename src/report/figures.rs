//! Every metric of a plan, summarised for each row, month and the horizon.

use super::Report;
use super::csv::MONTHLY;
use crate::statistics::{Controls, Distribution, Summariser};
use crate::tally::{Metric, Row, Span};

/// One metric in one place.
#[derive(Clone, Debug)]
pub(super) enum Figure {
    /// The metric does not exist there: the utilisation of a pool's member, say.
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
    /// Only the metrics of `quarterly.csv`.
    pub(super) quarters: Vec<Figures>,
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
        let mut summariser = Summariser::sampled(report.scenario.sampling);
        let months = report.scenario.horizon.months();
        let quarters = report.scenario.horizon.quarters();
        let controls = |span| report.outcome.controls(report.scenario, span);
        let of_months: Vec<Option<Controls>> = (0..months).map(|month| controls(Span::Month(month))).collect();
        let of_quarters: Vec<Option<Controls>> = (0..quarters.len()).map(|quarter| controls(Span::Quarter(quarter))).collect();
        let of_horizon = controls(Span::Horizon);
        let mut of = |row, span, metric| {
            let controls = match span {
                Span::Month(month) => &of_months[month],
                Span::Quarter(quarter) => &of_quarters[quarter],
                Span::Horizon => &of_horizon,
            };
            figure(report, plan, (row, span, metric), controls.as_ref(), &mut summariser)
        };
        let rows = report.outcome.rows(report.scenario, plan).into_iter().map(|(row, label)| {
            let months: Vec<Figures> = (0..months).map(|month| Metric::ALL.map(|metric| of(row, Span::Month(month), metric))).collect();
            let horizon = Metric::ALL.map(|metric| of(row, Span::Horizon, metric));
            let quarters = quarters.iter().enumerate().map(|(index, quarter)| {
                Metric::ALL.map(|metric| match metric {
                    _ if !MONTHLY.contains(&metric) => Figure::None,
                    _ if quarter.len() == 1 => figure_of(&months[quarter.start], metric).clone(),
                    _ => of(row, Span::Quarter(index), metric),
                })
            });
            RowFigures { label, quarters: quarters.collect(), months, horizon }
        });
        Self { plan, rows: rows.collect() }
    }
}

/// The metric among figures.
pub(super) fn figure_of(figures: &Figures, metric: Metric) -> &Figure {
    const ABSENT: Figure = Figure::None;
    let place = Metric::ALL.iter().position(|m| *m == metric);
    place.and_then(|place| figures.get(place)).unwrap_or(&ABSENT)
}

fn figure(
    report: &Report<'_>,
    plan: usize,
    (row, span, metric): (Row, Span, Metric),
    controls: Option<&Controls>,
    summariser: &mut Summariser,
) -> Figure {
    let inside_a_pool = matches!(row, Row::Member(_));
    let told = metric.is_told(&report.scenario.supply);
    if !told || (inside_a_pool && !metric.is_of_members()) || (metric.is_horizon_only() && span != Span::Horizon) {
        return Figure::None;
    }
    let column = report.outcome.column(report.scenario, plan, row, span, metric);
    match column.and_then(|column| summariser.summarise_by(&column, controls)) {
        Some(distribution) => Figure::Known(Box::new(distribution)),
        None => Figure::Empty,
    }
}
