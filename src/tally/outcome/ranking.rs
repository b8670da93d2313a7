//! What plans are judged by: spend with failed requests at their stated cost and what late starts owe, and the months that keep the limits.

use super::{Outcome, Row, Span, View};
use crate::scenario::{Limits, Scenario};
use crate::statistics::ClusterProportion;
use crate::tally::columns::ServiceColumn;
use crate::tally::{Metric, Recipe};

/// What is limited in every pool and month, and by how much: shares of requests and of jobs, hours.
#[must_use]
pub fn limited(limits: &Limits) -> Vec<(Metric, f64)> {
    let all = [
        (Metric::RequestsThrottledShare, limits.throttled_requests_share),
        (Metric::DeadlineMissed, limits.missed_deadlines_share),
        (Metric::ThrottledHours, limits.throttled_hours),
    ];
    all.into_iter().filter_map(|(metric, limit)| Some((metric, limit?))).collect()
}

impl Outcome {
    /// What plans are ranked by, a month: spend, plus failed requests at their stated cost, plus what terms that begin after the first month
    /// still bind to after the horizon.
    #[must_use]
    pub fn objective(&self, scenario: &Scenario, plan: usize) -> Recipe {
        self.objective_of(scenario, plan, Row::All)
    }

    /// What a plan owes after the horizon because its units start after the first month `[currency]`: it is ranked with that.
    #[must_use]
    pub fn owed_late(&self, scenario: &Scenario, plan: usize) -> f64 {
        View { outcome: self, scenario, plan, row: Row::All, months: self.months_of(Span::Horizon) }.owed_late()
    }

    /// The part of it that a row bears: those of a plan's pools add up to the plan's.
    #[must_use]
    pub fn objective_of(&self, scenario: &Scenario, plan: usize, row: Row) -> Recipe {
        let view = View { outcome: self, scenario, plan, row, months: self.months_of(Span::Horizon) };
        let late = view.owed_late();
        let cost = view.cost_total();
        let cost = if late > 0.0 { cost.plus(Recipe::constant(late)) } else { cost };
        let cost = match scenario.limits.cost_per_failed_request {
            Some(price) => cost.plus(view.service(ServiceColumn::RequestsThrottled).times(price)),
            None => cost,
        };
        self.known.spanning(cost.over(self.months as f64), &view.months)
    }

    /// What a row pays by use in a month, with failed requests at their stated cost: the objective without units.
    #[must_use]
    pub fn by_use(&self, scenario: &Scenario, plan: usize, row: Row, month: usize) -> Recipe {
        let view = View { outcome: self, scenario, plan, row, months: month..month + 1 };
        let cost = view.service(ServiceColumn::CostOnDemand).plus(view.service(ServiceColumn::CostBatch));
        match scenario.limits.cost_per_failed_request {
            Some(price) => cost.plus(view.service(ServiceColumn::RequestsThrottled).times(price)),
            None => cost,
        }
    }

    /// By month, by how much the worst pool is above the limits, as a share of requests or of jobs; 0 where all keep them. A month without
    /// requests throttles none, and one without jobs is never late.
    #[must_use]
    pub fn excess(&self, scenario: &Scenario, plan: usize) -> Vec<Recipe> {
        let rows: Vec<Row> = (0..scenario.supply.plans[plan].pools.len()).map(Row::Pool).collect();
        self.excess_of(scenario, plan, &rows)
    }

    /// The same of these rows alone.
    #[must_use]
    pub fn excess_of(&self, scenario: &Scenario, plan: usize, rows: &[Row]) -> Vec<Recipe> {
        let limits = limited(&scenario.limits);
        let of_month = |month: usize| {
            let all = rows.iter().flat_map(|row| limits.iter().map(move |limit| (*row, *limit)));
            // Hours as a share of the month's, so that the worst of several limits is told in one unit.
            let hours = scenario.horizon.month_range(month).len() as f64;
            let share = |(row, (metric, limit))| {
                let recipe = self.recipe(scenario, plan, row, Span::Month(month), metric)?;
                Some(if metric == Metric::ThrottledHours { (recipe.over(hours), limit / hours) } else { (recipe, limit) })
            };
            Recipe::worst(all.filter_map(share).collect())
        };
        (0..self.months).map(of_month).collect()
    }

    /// How often the limits are kept, by month of every replication, and the excess on average over all of these; `excess` is
    /// [`Self::excess`].
    #[must_use]
    pub fn months_kept(&self, excess: &[Recipe]) -> (ClusterProportion, f64) {
        let months = self.months as f64;
        if !self.keeps_all() {
            let (kept, above) = self.limits(excess);
            let (all, size) = (self.all() as u64, self.months as u64);
            let constant = || ClusterProportion::constant(self.moments(&kept).mean(), all, size, self.known.sampling);
            let streamed = self.streams.as_ref().and_then(|streams| streams.of(&kept, |shares| ClusterProportion::of_shares(shares, size)));
            return (streamed.unwrap_or_else(constant), self.moments(&above).mean() / months);
        }
        let mut kept = vec![0_u32; self.replications];
        let mut sum = 0.0;
        for of_month in excess {
            let of_month = self.make(of_month);
            kept.iter_mut().zip(&of_month).for_each(|(kept, &excess)| *kept += u32::from(excess == 0.0));
            sum += of_month.iter().sum::<f64>();
        }
        let mut months_kept = ClusterProportion::sampled(self.known.sampling);
        for &kept in &kept {
            months_kept.add(u64::from(kept), self.months as u64);
        }
        let all = (self.months * kept.len()) as f64;
        (months_kept, if all > 0.0 { sum / all } else { 0.0 })
    }

    /// The share of the months that keep the limits, and the excess summed over the months.
    pub(in crate::tally) fn limits(&self, excess: &[Recipe]) -> (Recipe, Recipe) {
        let sum = excess.iter().cloned().fold(Recipe::constant(0.0), Recipe::plus);
        (Recipe::zeros(excess).over(self.months as f64), sum)
    }
}

impl View<'_> {
    fn owed_late(&self) -> f64 {
        self.pools().map(|(pool, _, _)| self.outcome.provisioned[self.plan][pool].owed_late).sum()
    }
}
