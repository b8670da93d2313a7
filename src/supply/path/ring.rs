//! Those who were refused and will come back: tokens by the tick in which they do, and by what is behind them.

use super::backoff::{Backoff, Part};

/// Tokens that come back together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Waiting {
    pub(super) tokens: f64,
    /// Tokens × seconds that they have waited so far.
    pub(super) waited: f64,
    /// Those of the tokens that waited already when the month began.
    pub(super) before: f64,
}

impl Waiting {
    /// A share of them.
    pub(super) fn share(&self, share: f64) -> Self {
        Self { tokens: share * self.tokens, waited: share * self.waited, before: share * self.before }
    }
}

/// A ring of ticks. In each, classes: for each policy those who were refused once, twice, ….
#[derive(Clone, Debug)]
pub(super) struct Ring {
    classes: usize,
    cells: Vec<Waiting>,
    ticks: usize,
    at: usize,
    /// All tokens in it.
    pending: f64,
}

/// Fewer tokens than this are none: what rounding leaves of those who came back.
const NOBODY: f64 = 1e-6;

impl Ring {
    pub(super) fn new(policies: &[Backoff]) -> Self {
        let classes = policies.iter().map(|policy| policy.parts.len()).sum();
        let ticks = policies.iter().map(Backoff::farthest).max().unwrap_or(0) + 1;
        Self { classes, cells: vec![Waiting::default(); classes * ticks], ticks, at: 0, pending: 0.0 }
    }

    /// Empties it.
    pub(super) fn clear(&mut self) {
        self.cells.fill(Waiting::default());
        self.at = 0;
        self.pending = 0.0;
    }

    /// Says that a month begins: who waits waited before it.
    pub(super) fn mark(&mut self) {
        self.cells.iter_mut().for_each(|cell| cell.before = cell.tokens);
    }

    /// Tokens of those who wait since an earlier month.
    pub(super) fn before(&self) -> f64 {
        self.cells.iter().map(|cell| cell.before).sum()
    }

    /// Tokens that will still come back.
    pub(super) fn pending(&self) -> f64 {
        self.pending
    }

    /// Whether nobody will come back.
    pub(super) fn is_empty(&self) -> bool {
        self.pending == 0.0
    }

    /// Tokens that come back in this tick.
    pub(super) fn due(&self) -> f64 {
        self.cells[self.at * self.classes..][..self.classes].iter().map(|cell| cell.tokens).sum()
    }

    /// Takes those of a class who come back in this tick.
    pub(super) fn take(&mut self, class: usize) -> Waiting {
        let cell = std::mem::take(&mut self.cells[self.at * self.classes + class]);
        self.pending -= cell.tokens;
        cell
    }

    /// Sends the refused on to a class, each part to its tick. Gives back those who come again in this tick.
    pub(super) fn put(&mut self, class: usize, refused: Waiting, parts: &[Part]) -> Waiting {
        let mut again = Waiting::default();
        for part in parts {
            let tokens = refused.tokens * part.share;
            let waited = part.share * (refused.waited + refused.tokens * part.wait);
            let before = refused.before * part.share;
            if part.ahead == 0 {
                again = Waiting { tokens, waited, before };
                continue;
            }
            let at = self.at + part.ahead;
            let at = if at >= self.ticks { at - self.ticks } else { at };
            let cell = &mut self.cells[at * self.classes + class];
            cell.tokens += tokens;
            cell.waited += waited;
            cell.before += before;
        }
        self.pending += refused.tokens - again.tokens;
        again
    }

    /// Goes on to the next tick; everybody of this one must have been taken.
    pub(super) fn advance(&mut self) {
        self.at = if self.at + 1 == self.ticks { 0 } else { self.at + 1 };
        if self.pending < NOBODY && self.pending != 0.0 {
            self.clear();
        }
    }
}
