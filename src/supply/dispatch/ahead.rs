//! The facts of some hours of a month, gathered before the first of them is served, and their rows of the minute law, found together.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use super::tile::List;
use super::work::{Hour, Work};
use crate::demand::DemandPath;
use crate::supply::Supply;
use crate::supply::minute::{MANY, ManyRows, MinuteLaw, MinuteRow};
use std::ops::Range;

/// Hours ahead, at most [`MANY`].
#[derive(Debug)]
pub(super) struct Ahead<'s> {
    start: usize,
    facts: Vec<Hour>,
    variances: List,
    rows: ManyRows<'s>,
    /// Whether the rows are those of the facts.
    found: bool,
}

impl Default for Ahead<'_> {
    fn default() -> Self {
        Self { start: 0, facts: Vec::new(), variances: [0.0; MANY], rows: ManyRows::default(), found: false }
    }
}

impl<'s> Ahead<'s> {
    /// Looks at hours of a work, and at their rows where they are `wanted`. Where batch takes windows, who enters changes from hour to hour:
    /// then each hour is looked at when it comes.
    #[inline(always)]
    pub(super) fn look(&mut self, work: &mut Work, supply: &'s Supply, path: &DemandPath, hours: Range<usize>, wanted: bool) {
        self.start = hours.start;
        self.facts.clear();
        self.found = false;
        let group = work.first(supply);
        if !group.chain || work.windows.any() {
            return;
        }
        self.facts.extend(hours.take(MANY).map(|hour| work.hour(supply, path, hour)));
        self.variances.iter_mut().zip(&self.facts).for_each(|(variance, facts)| *variance = facts.variance);
        if wanted && self.facts.iter().all(|facts| group.law.is_tabulated(facts.variance)) {
            self.rows.find(&group.law, &self.variances, self.facts.len());
            self.found = true;
        }
    }

    /// The facts of an hour.
    #[inline]
    pub(super) fn facts(&self, work: &mut Work, supply: &Supply, path: &DemandPath, hour: usize) -> Hour {
        self.facts.get(hour - self.start).copied().unwrap_or_else(|| work.hour(supply, path, hour))
    }

    /// The row of an hour of such facts.
    #[inline]
    pub(super) fn row(&self, law: &'s MinuteLaw, facts: &Hour) -> MinuteRow<'s> {
        let known = if self.found { self.rows.row(facts.hour - self.start) } else { None };
        known.unwrap_or_else(|| law.at(facts.variance))
    }
}
