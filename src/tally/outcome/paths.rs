//! What only walks window by window tell: refusals, attempts, waits, and how many hours were walked.

use super::View;
use crate::tally::Recipe;
use crate::tally::columns::{PathColumn, PoolColumn, ServiceColumn};

impl View<'_> {
    /// Whether some pool of the row is walked.
    fn is_walked(&self) -> bool {
        self.pools().any(|(_, group, _)| self.group(group).path.is_some())
    }

    /// A quantity of the pools that are walked, by month.
    fn walked(&self, column: PathColumn) -> impl Iterator<Item = usize> {
        let (layout, months) = (&self.outcome.layout, self.months.clone());
        let walked = self.pools().filter(|(_, group, _)| self.group(*group).path.is_some());
        walked.flat_map(move |(_, group, case)| months.clone().map(move |month| layout.path(group, case, month, column)))
    }

    /// Requests refused, once for each attempt: in pools that are not walked nobody comes back, so each is one that was throttled.
    pub(super) fn refused(&self) -> Option<Recipe> {
        let (layout, months) = (&self.outcome.layout, self.months.clone());
        let others = self.pools().filter(|(_, group, _)| self.group(*group).path.is_none());
        let others = others
            .flat_map(|(_, group, case)| months.clone().map(move |m| layout.service(group, case, m, ServiceColumn::RequestsThrottled)));
        self.is_walked().then(|| self.outcome.sum(self.walked(PathColumn::Refused).chain(others)))
    }

    /// Requests that are served or refused at once: what waits or goes to batch makes no attempts.
    fn at_once(&self) -> Recipe {
        let (layout, months) = (&self.outcome.layout, self.months.clone());
        let columns =
            self.pools().flat_map(|(_, group, _)| months.clone().map(move |month| layout.pool(group, month, PoolColumn::RequestsAtOnce)));
        self.outcome.sum(columns)
    }

    /// Attempts for each request: 1, and one more for each refusal after which a request came back.
    pub(super) fn attempts(&self) -> Option<Recipe> {
        let again = self.refused()?.above(self.service(ServiceColumn::RequestsThrottled));
        Some(Recipe::constant(1.0).plus(again.ratio(self.at_once())))
    }

    /// Mean wait `[s]` of the requests that were served.
    pub(super) fn wait_mean(&self) -> Option<Recipe> {
        let waited = self.is_walked().then(|| self.outcome.sum(self.walked(PathColumn::SecondsWaited)))?;
        let served = self.at_once().minus(self.service(ServiceColumn::RequestsThrottled));
        Some(waited.ratio(served))
    }

    /// The wait `[s]` that one served request in twenty exceeds: the largest of the row's pools and months.
    pub(super) fn wait_p95(&self) -> Option<Recipe> {
        self.is_walked().then(|| Recipe::largest(0.0, self.walked(PathColumn::WaitP95).collect()))
    }

    /// Hours that were walked.
    pub(super) fn refined_hours(&self) -> Option<Recipe> {
        self.is_walked().then(|| self.outcome.sum(self.walked(PathColumn::RefinedHours)))
    }
}
