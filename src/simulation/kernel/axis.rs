//! Where an hour of so many prompt and answer tokens belongs: by its weighted tokens and by the share of answers in them.
//!
//! Weighted tokens are those of an offer, as its limit sees nothing else of the mix; all that is left to the second coordinate is what
//! depends on the mix at the same load: prices, requests, and what other offers count. At the same load, prompts and answers are linear in
//! the answers' share of it, and so is all that is paid for them.

use super::bins::Bins;
use crate::demand::SplitMix;

/// Columns have at most this range of the load that another offer sees, in standard deviations of a minute; and of the hour's requests.
const COLUMN: f64 = 0.3;
const COLUMN_REQUESTS: f64 = 0.12;
/// Minutes of a larger standard deviation lie so unevenly that what exceeds a limit is no smoother than with this one.
const SMOOTH: f64 = 0.25;
/// Columns reach so many standard deviations of the share to both sides, in an hour with half the requests of the emptiest.
const REACH: f64 = 4.0;
/// The most columns.
const MOST: f64 = 16.0;
/// Octaves below the largest mean hour that are told apart: what is less than a thousandth of it counts as in proportion.
const OCTAVES: u32 = 10;

/// Rows of weighted tokens and columns of the answers' share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    /// Weights of a token of prompts and of one of answers; a token of the mean mix weighs 1.
    pub(super) weights: [f64; 2],
    pub(super) bins: Bins,
    /// The first row that is kept.
    pub(super) first_row: usize,
    pub(super) columns: usize,
    /// Answers in a weighted token where the first column begins, and those of a column.
    start: f64,
    step: f64,
    /// The same of the mean mix.
    mean: f64,
    /// Standard deviation of it where one weighted token is expected: over the root of what is.
    spread: f64,
}

impl Axis {
    /// In these weights, for hours from `smallest` to `largest` tokens on average. `others` are the weights of all that limits, `minute` the
    /// smallest standard deviation of a minute. `None` where the mix varies too much.
    pub(super) fn new(
        mix: &SplitMix,
        weights: [f64; 2],
        bins: Bins,
        (smallest, largest): (f64, f64),
        others: &[[f64; 2]],
        minute: f64,
    ) -> Option<Self> {
        let all = mix.means[0] + mix.means[1];
        let each = weights[0] * mix.means[0] + weights[1] * mix.means[1];
        if !(weights[0] > 0.0 && weights[1] > 0.0 && mix.means[0] > 0.0 && mix.means[1] > 0.0) {
            return None;
        }
        let weights = weights.map(|weight| weight * all / each);
        let mean = mix.means[1] / all;
        let spread = mean * (1.0 - weights[1] * mean) * (mix.variation * all).sqrt();
        let reach = REACH * spread / (0.5 * smallest).sqrt();
        let (low, high) = ((mean - reach).max(0.0), (mean + reach).min(1.0 / weights[1]));
        // How much of itself what other weights count changes with the share, at the same load.
        let change = |[prompt, answer]: [f64; 2]| {
            let load = prompt * mix.means[0] + answer * mix.means[1];
            (answer - prompt * weights[1] / weights[0]).abs() * all / load
        };
        let limits =
            others.iter().filter(|weights| weights[0] + weights[1] > 0.0).map(|&weights| change(weights) / (COLUMN * minute.min(SMOOTH)));
        let per_share = limits.fold(change([1.0, 1.0]) / COLUMN_REQUESTS, f64::max);
        let columns = ((high - low) * per_share).ceil().max(1.0);
        let first_row = bins.row(largest as f32).saturating_sub((OCTAVES << bins.per_octave()) as usize);
        (columns <= MOST).then(|| Self {
            weights,
            bins,
            first_row,
            columns: columns as usize,
            start: low,
            step: ((high - low) / columns).max(1e-12),
            mean,
            spread,
        })
    }

    /// Whether these weights count in the same proportion.
    pub(super) fn counts_like(&self, weights: [f64; 2]) -> bool {
        let [a, b] = self.weights;
        (a * weights[1] - b * weights[0]).abs() <= 1e-12 * (a * weights[1])
    }

    /// Prompts and answers of so many weighted tokens, with so many answers in each.
    fn amounts(&self, tokens: f64, share: f64) -> [f64; 2] {
        let answers = tokens * share;
        [((tokens - self.weights[1] * answers) / self.weights[0]).max(0.0), answers]
    }

    /// Prompts and answers at a place of a cell, both coordinates from −½ to ½.
    pub(super) fn at(&self, (row, column): (usize, usize), (x, y): (f64, f64)) -> [f64; 2] {
        let (low, high) = (self.bins.edge(row), self.bins.edge(row + 1));
        self.amounts(low + (high - low) * (x + 0.5), self.start + self.step * (column as f64 + y + 0.5))
    }

    /// Prompts and answers of so many weighted tokens whose share of answers is the mean and so many standard deviations.
    pub(super) fn at_deviation(&self, tokens: f64, deviations: f64) -> [f64; 2] {
        let share = self.mean + deviations * self.spread / tokens.sqrt();
        self.amounts(tokens, share.clamp(0.0, 1.0 / self.weights[1]))
    }

    /// The standard deviation of the share in an hour of so many weighted tokens, in columns.
    pub(super) fn deviation(&self, tokens: f64) -> f64 {
        self.spread / tokens.sqrt() / self.step
    }

    /// The widest deviation whose nodes stay among the shares that there are, in columns.
    pub(super) fn widest(&self) -> f64 {
        0.5 * self.mean.min(1.0 / self.weights[1] - self.mean) / self.step
    }

    /// The mean share, in columns from the middle of a column.
    pub(super) fn mean_from(&self, column: usize) -> f64 {
        (self.mean - self.start) / self.step - (column as f64 + 0.5)
    }

    /// Where columns begin, and how many there are to a unit of the share.
    pub(super) fn columns_at(&self) -> (f32, f32) {
        (self.start as f32, (1.0 / self.step) as f32)
    }
}
