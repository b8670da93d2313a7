//! Hours too small for any bin: what they come to is in proportion to their tokens, or else they are not for the fast path.
//!
//! Far below every limit nothing is throttled, and what passes is nothing or all. Where a limit is as small as such hours, what they come to
//! bends below the first bin, and a straight line from nothing to its edge is wrong. The dispatch is asked whether it does.

use super::even::TOLERANCE;
use super::layout::OVER;
use super::prepare::KernelWorkload;
use super::table::{Prober, Table};
use crate::demand::Workload;

/// How far down is looked, as halvings of the first bin's edge: what is left below is less than any tolerance.
const HALVINGS: i32 = 16;
/// What is off from proportion may take half of what a replication may be off.
const PART: f64 = 0.5;
/// Of hours: the expected number of minutes, and of hours, over a limit; and of a month's chance to have none, for each of its hours.
const OVER_OFF: [f64; OVER] = [PART * 60.0 * TOLERANCE, PART * 60.0 * TOLERANCE, PART * 5e-6];
/// Standard deviations of noise that the emptiest hours are expected to have.
const DEVIATIONS: f64 = 3.0;

impl KernelWorkload<'_> {
    /// The tokens at which the first bin begins.
    pub(super) fn first_edge(&self) -> f64 {
        self.mixed.as_ref().map_or_else(|| self.bins.edge(0), |mixed| mixed.axes[0].bins.edge(mixed.axes[0].first_row))
    }

    /// The functions of a table at so many tokens of the mean mix.
    pub(super) fn values(&self, table: &Table, tokens: f64, prober: &mut Prober<'_>) -> Vec<f64> {
        match &self.mixed {
            None => table.values(tokens, &self.works, prober).into_vec(),
            Some(mixed) => table.values_at(mixed.axes[0].at_deviation(tokens, 0.0), &self.works, prober),
        }
    }

    /// Kinds of tokens that hours have: of one mix, or prompts and answers.
    pub(super) fn kinds(&self) -> usize {
        1 + usize::from(self.mixed.is_some())
    }

    /// Whether hours below the first bin come to what is in proportion to their tokens, under the units of a table.
    pub(super) fn is_straight_below(&self, table: &Table, model: &Workload, prober: &mut Prober<'_>) -> bool {
        *table.straight_below.get_or_init(|| {
            let hours = model.mean_tokens();
            let mean = hours.iter().sum::<f64>() / hours.len().max(1) as f64;
            let edge = self.first_edge();
            let at_edge = self.values(table, edge, prober);
            let allowed = table.allowed_off(PART * TOLERANCE * mean);
            let shares = (0..HALVINGS).flat_map(|halvings| [0.75, 0.5].map(|share| libm::ldexp(share, -halvings)));
            shares.into_iter().all(|share| {
                let here = self.values(table, share * edge, prober);
                let off = here.iter().zip(&at_edge).map(|(here, at_edge)| (here - share * at_edge).abs());
                // Between two places that were asked for a curve can be off by twice as much.
                off.zip(&allowed).all(|(off, allowed)| 2.0 * off <= *allowed)
            })
        })
    }

    /// Refuses a workload with hours of which most replications would have some below the first bin, not in proportion.
    pub(super) fn check_below(&self, model: &Workload, prober: &mut Prober<'_>) -> Result<(), &'static str> {
        let least = model.mean_tokens().iter().copied().filter(|&tokens| tokens > 0.0).fold(f64::INFINITY, f64::min);
        let least = least * libm::exp(-DEVIATIONS * model.hour_variance().all.sqrt());
        let straight = least >= self.first_edge() || self.tables.iter().all(|table| self.is_straight_below(table, model, prober));
        if straight { Ok(()) } else { Err("its emptiest hours are a tiny part of its busiest, and meet a limit all the same") }
    }
}

impl Table {
    /// What each function may be off in an hour; those of tokens this much.
    fn allowed_off(&self, tokens: f64) -> Vec<f64> {
        let mut allowed = vec![tokens; self.functions];
        let cases = self.works.iter().flat_map(|work| &work.groups).flat_map(|(_, cases)| cases);
        for over in cases.filter_map(|case| case.over) {
            allowed[over..over + OVER].copy_from_slice(&OVER_OFF);
        }
        allowed
    }
}
