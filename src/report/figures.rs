//! Every metric of some plans, summarised for each row, month and the horizon: first where each figure stands, then what it is. A figure
//! that stands in many places is made once.

use super::csv::statistics_text;
use super::headline::{self, HEADLINE};
use super::json::distribution_text;
use super::{Headline, Report};
use crate::error::Result;
use crate::simulation::ordered_map;
use crate::statistics::{Distribution, Summariser};
use crate::tally::{Metric, Outcome, Recipe, Row, Span};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Groups of figures that a thread takes at a time.
const GROUPS_AT_A_TIME: usize = 8;

/// One metric in one place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Figure<'b> {
    /// The metric does not exist there: the utilisation of a pool's member, say.
    None,
    /// It exists and has no value: a share of nothing.
    Empty,
    /// Its distribution over the replications.
    Known(&'b Known),
}

impl<'b> Figure<'b> {
    /// The distribution, if there is one.
    pub(super) fn known(self) -> Option<&'b Distribution> {
        match self {
            Self::Known(known) => Some(&known.distribution),
            Self::None | Self::Empty => None,
        }
    }
}

/// A distribution, with its texts once they were asked for.
#[derive(Debug)]
pub(super) struct Known {
    distribution: Distribution,
    /// Without the tail's mean, and with it.
    csv: [OnceLock<String>; 2],
    json: [OnceLock<String>; 2],
}

impl Known {
    fn new(distribution: Distribution) -> Self {
        Self { distribution, csv: Default::default(), json: Default::default() }
    }

    /// Its fields in a CSV file of the long form.
    pub(super) fn csv(&self, has_tail: bool) -> &str {
        self.csv[usize::from(has_tail)].get_or_init(|| statistics_text(Some(&self.distribution), has_tail))
    }

    /// Its object in the summary.
    pub(super) fn json(&self, has_tail: bool) -> &str {
        self.json[usize::from(has_tail)].get_or_init(|| distribution_text(&self.distribution, has_tail))
    }
}

/// Something of each metric of a row and span, in the order of [`Metric::ALL`].
type OfMetrics<T> = [T; Metric::ALL.len()];

/// The metrics of a row and span.
pub(super) type Figures<'b> = OfMetrics<Figure<'b>>;

/// One row of a plan.
#[derive(Debug)]
pub(super) struct RowOf<T> {
    pub(super) label: String,
    pub(super) months: Vec<OfMetrics<T>>,
    /// Only the metrics of `quarterly.csv`.
    pub(super) quarters: Vec<OfMetrics<T>>,
    pub(super) horizon: OfMetrics<T>,
}

impl<T: Copy> RowOf<T> {
    fn map<U>(&self, f: impl Fn(T) -> U) -> RowOf<U> {
        let all = |spans: &[OfMetrics<T>]| spans.iter().map(|metrics| metrics.map(&f)).collect();
        RowOf { label: self.label.clone(), months: all(&self.months), quarters: all(&self.quarters), horizon: self.horizon.map(&f) }
    }
}

/// All of a plan.
#[derive(Debug)]
pub(super) struct PlanFigures<'b> {
    pub(super) plan: usize,
    pub(super) rows: Vec<RowOf<Figure<'b>>>,
}

/// Where a figure stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    None,
    Empty,
    /// Index of its recipe.
    At(usize),
}

/// Where the figures of a plan stand.
#[derive(Debug)]
struct PlanPlaces {
    plan: usize,
    rows: Vec<RowOf<Place>>,
    headline: [Place; HEADLINE.len()],
    /// The recipes that the places are indices into, each once.
    recipes: Vec<Recipe>,
}

/// The figures of some plans.
#[derive(Debug)]
pub(super) struct Book {
    plans: Vec<PlanPlaces>,
    /// By plan and the plan's recipe: index into `figures`.
    shared: Vec<Vec<usize>>,
    figures: Vec<Option<Known>>,
}

impl Book {
    /// Makes every figure of these plans.
    pub(super) fn new(report: &Report<'_>, plans: &[usize]) -> Result<Self> {
        let mut plans = ordered_map(report.threads, plans, |&plan| PlanPlaces::new(report, plan))?;
        let (mut places, mut recipes) = (HashMap::new(), Vec::new());
        let mut place = |recipe: Recipe| {
            *places.entry(recipe).or_insert_with_key(|recipe| {
                recipes.push(recipe.clone());
                recipes.len() - 1
            })
        };
        let shared = plans.iter_mut().map(|plan| std::mem::take(&mut plan.recipes).into_iter().map(&mut place).collect()).collect();
        let groups = Outcome::by_root(&recipes);
        let chunks: Vec<&[Vec<usize>]> = groups.chunks(GROUPS_AT_A_TIME).collect();
        let made = ordered_map(report.threads, &chunks, |groups| {
            let mut summariser = Summariser::default();
            let of_group = |group: &Vec<usize>| {
                let wanted: Vec<&Recipe> = group.iter().filter_map(|&index| recipes.get(index)).collect();
                report.outcome.distributions(&wanted, &mut summariser)
            };
            groups.iter().flat_map(of_group).collect::<Vec<_>>()
        })?;
        let mut figures: Vec<Option<Known>> = recipes.iter().map(|_| None).collect();
        for (&index, distribution) in groups.iter().flatten().zip(made.into_iter().flatten()) {
            figures[index] = distribution.map(Known::new);
        }
        Ok(Self { plans, shared, figures })
    }

    /// The figures of the plan at `index` among those of the book.
    pub(super) fn plan(&self, index: usize) -> PlanFigures<'_> {
        let places = &self.plans[index];
        PlanFigures { plan: places.plan, rows: places.rows.iter().map(|row| row.map(|place| self.figure(index, place))).collect() }
    }

    /// The headline of the plan at `index`.
    pub(super) fn headline(&self, report: &Report<'_>, index: usize, cheapest: usize) -> Headline {
        let places = &self.plans[index];
        Headline::of(report, places.plan, cheapest, &places.headline.map(|place| self.figure(index, place).known().copied()))
    }

    fn figure(&self, index: usize, place: Place) -> Figure<'_> {
        match place {
            Place::None => Figure::None,
            Place::Empty => Figure::Empty,
            Place::At(own) => self.figures[self.shared[index][own]].as_ref().map_or(Figure::Empty, Figure::Known),
        }
    }
}

impl PlanPlaces {
    fn new(report: &Report<'_>, plan: usize) -> Self {
        let horizon = &report.scenario.horizon;
        let (months, quarters) = (horizon.months(), horizon.quarters());
        let (mut places, mut recipes) = (HashMap::new(), Vec::new());
        let mut place = |recipe: Option<Recipe>| match recipe {
            None => Place::Empty,
            Some(recipe) => Place::At(*places.entry(recipe).or_insert_with_key(|recipe| {
                recipes.push(recipe.clone());
                recipes.len() - 1
            })),
        };
        let headline = headline::recipes(report, plan).map(&mut place);
        let mut of = |row: Row, span: Span, metric: Metric| {
            let inside_a_pool = matches!(row, Row::Member(_));
            let told = metric.is_told(&report.scenario.supply);
            if !told || (inside_a_pool && !metric.is_of_members()) || (metric.is_horizon_only() && span != Span::Horizon) {
                return Place::None;
            }
            place(report.outcome.recipe(report.scenario, plan, row, span, metric))
        };
        let rows = report.outcome.rows(report.scenario, plan).into_iter().map(|(row, label)| {
            let months: Vec<OfMetrics<Place>> =
                (0..months).map(|month| Metric::ALL.map(|metric| of(row, Span::Month(month), metric))).collect();
            let horizon = Metric::ALL.map(|metric| match months.as_slice() {
                // A horizon of one month is that month.
                [month] if !metric.is_horizon_only() => *place_of(month, metric).unwrap_or(&Place::None),
                _ => of(row, Span::Horizon, metric),
            });
            let quarters = quarters.iter().enumerate().map(|(index, quarter)| {
                Metric::ALL.map(|metric| match metric {
                    _ if !Metric::MONTHLY.contains(&metric) => Place::None,
                    _ if quarter.len() == 1 => *place_of(&months[quarter.start], metric).unwrap_or(&Place::None),
                    _ => of(row, Span::Quarter(index), metric),
                })
            });
            RowOf { label, quarters: quarters.collect(), months, horizon }
        });
        Self { plan, rows: rows.collect(), headline, recipes }
    }
}

/// The metric's among those of all metrics.
fn place_of<T>(metrics: &OfMetrics<T>, metric: Metric) -> Option<&T> {
    Metric::ALL.iter().position(|m| *m == metric).and_then(|place| metrics.get(place))
}

/// The metric among figures.
pub(super) fn figure_of<'b>(figures: &Figures<'b>, metric: Metric) -> Figure<'b> {
    place_of(figures, metric).copied().unwrap_or(Figure::None)
}
