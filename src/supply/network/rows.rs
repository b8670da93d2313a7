//! Rows of the minute law that one hour asks for again and again.

use crate::supply::minute::{MinuteLaw, MinuteRow};

/// Rows that are kept: an hour of a network has one for each of its streams and one for each place where they meet.
const KEPT: usize = 8;

/// The law at the variances of one hour, found once each.
#[derive(Debug)]
pub(super) struct Rows<'l> {
    law: &'l MinuteLaw,
    known: [Option<(u64, MinuteRow<'l>)>; KEPT],
    /// The place that the next one takes.
    next: usize,
}

impl<'l> Rows<'l> {
    pub(super) fn new(law: &'l MinuteLaw) -> Self {
        Self { law, known: [None; KEPT], next: 0 }
    }

    /// Windows of an hour.
    pub(super) fn windows(&self) -> u32 {
        self.law.windows()
    }

    /// The law at a variance.
    #[inline]
    pub(super) fn at(&mut self, variance: f64) -> &MinuteRow<'l> {
        let is = |known: &Option<(u64, MinuteRow<'l>)>| known.as_ref().is_some_and(|(bits, _)| *bits == variance.to_bits());
        let place = self.known.iter().position(is).unwrap_or_else(|| {
            let place = self.next;
            self.next = (place + 1) % KEPT;
            self.known[place] = None;
            place
        });
        let law = self.law;
        &self.known[place].get_or_insert_with(|| (variance.to_bits(), law.at(variance))).1
    }
}
