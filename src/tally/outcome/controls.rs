//! How errors are told: by how the replications were sampled, and by control variates, of which the mean is known before the first draw.

use super::{DemandColumn, Outcome, Span};
use crate::scenario::Scenario;
use crate::statistics::{Controls, Method, Sampling};
use crate::tally::Recipe;
use std::ops::Range;
use std::sync::OnceLock;

/// How the replications were sampled, and what is known of them.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) sampling: Sampling,
    /// Every span that figures are told of; none under plain sampling.
    spans: Vec<KnownSpan>,
}

#[derive(Debug)]
struct KnownSpan {
    months: Range<usize>,
    /// Workloads whose mean tokens are known exactly, with these.
    means: Vec<(usize, f64)>,
    /// Made when first asked for: the same for all plans and rows.
    controls: OnceLock<Option<Controls>>,
}

impl Known {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let mut known = Self { sampling: scenario.sampling, spans: Vec::new() };
        if scenario.sampling == Sampling::Plain {
            return known;
        }
        let months = scenario.horizon.months();
        let spans = (0..months).map(|month| month..month + 1).chain(scenario.horizon.quarters()).chain(std::iter::once(0..months));
        for months in spans {
            if known.span(&months).is_none() {
                let mean = |workload| Some((workload, scenario.demand.known_tokens(workload, months.clone())?));
                let means = (0..scenario.demand.workloads.len()).filter_map(mean).collect();
                known.spans.push(KnownSpan { months, means, controls: OnceLock::new() });
            }
        }
        known
    }

    /// The recipe, told of these months where something may be known of them.
    pub(super) fn spanning(&self, recipe: Recipe, months: &Range<usize>) -> Recipe {
        if self.sampling == Sampling::Plain { recipe } else { recipe.over_months(months) }
    }

    fn span(&self, months: &Range<usize>) -> Option<&KnownSpan> {
        self.spans.iter().find(|span| span.months == *months)
    }
}

impl Outcome {
    /// The controls of a span, the same for all plans and rows, so that adjusted means add up: tokens that each workload asks for, where
    /// their mean is known exactly. `None` of plain samples, where too little is known or seen, and where not all samples are kept.
    #[must_use]
    pub fn controls(&self, span: Span) -> Option<&Controls> {
        self.controls_of(&self.months_of(span))
    }

    /// How columns of a span tell their means.
    #[must_use]
    pub fn method(&self, span: Span) -> Method<'_> {
        Method { sampling: self.known.sampling, controls: self.controls(span) }
    }

    /// How the column of a recipe tells its mean.
    pub(super) fn method_of(&self, recipe: &Recipe) -> Method<'_> {
        let controls = recipe.months().and_then(|months| self.controls_of(&months));
        Method { sampling: self.known.sampling, controls }
    }

    fn controls_of(&self, months: &Range<usize>) -> Option<&Controls> {
        let span = self.known.span(months).filter(|_| self.keeps_all())?;
        let made = span.controls.get_or_init(|| {
            let column = |workload| self.sum(months.clone().map(|month| self.layout.demand(workload, month, DemandColumn::Tokens)));
            let columns = span.means.iter().map(|&(workload, _)| self.make(&column(workload))).collect();
            let means: Vec<f64> = span.means.iter().map(|&(_, mean)| mean).collect();
            Controls::new(columns, &means)
        });
        made.as_ref()
    }
}
