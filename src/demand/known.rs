//! Which workloads' mean tokens are known exactly, so that they may serve as control variates.

use super::requests::Counts;
use super::source::Source;
use super::tokens::Form;
use super::{Demand, Workload, totals};
use std::ops::Range;

/// Largest relative error of a mean that counts as known. A control's error goes into the adjusted mean in full, so it must stay far below the
/// standard error of any run: with a relative standard deviation of 5 % and controls that explain 99 % of the variance, a million
/// replications have one of 5e-6.
const KNOWN: f64 = 1e-6;

impl Demand {
    /// Mean tokens of a workload over months, where they are known to 1e-6; `None` where they are known only nearly, as of recorded days,
    /// which are drawn by blocks, or of sums of so few or so varying requests that their matched law has another mean.
    ///
    /// # Panics
    /// When there is no such workload or month.
    #[must_use]
    pub fn known_tokens(&self, workload: usize, months: Range<usize>) -> Option<f64> {
        // Tokens that move bring the doubt about their mean along.
        let known = if self.moves.is_empty() { self.workloads[workload].is_known() } else { self.workloads.iter().all(Workload::is_known) };
        known.then(|| months.map(|month| self.expected_tokens(workload, month).total()).sum())
    }
}

impl Workload {
    /// Whether its draws have the stated mean. The matched law of an hour's tokens misses it by v³ of their mean, where v is a ninth of their
    /// squared coefficient of variation (see `totals`); for the noise of the hour's requests, twice that is allowed for.
    fn is_known(&self) -> bool {
        if matches!(self.source, Source::Recorded(_)) {
            return false;
        }
        let Counts::Random { overdispersion } = self.counts else { return true };
        let (tabulated, cv2) = match &self.sizes.form {
            Form::Total { size, .. } => (size.is_tabulated(), size.cv2),
            Form::Split { input, output, .. } => (input.is_tabulated() || output.is_tabulated(), input.cv2.max(output.cv2)),
        };
        let (mut missed, mut all) = (0.0, 0.0);
        for &tokens in self.mean.iter().filter(|&&tokens| tokens > 0.0) {
            let requests = tokens / self.sizes.mean();
            if !totals::is_matched(requests, self.sizes.cv2()) {
                return false;
            }
            let v = ((1.0 + cv2) / requests + overdispersion) / 9.0;
            missed += tokens * v * v * v;
            all += tokens;
        }
        !tabulated && 2.0 * missed <= KNOWN * all
    }
}
