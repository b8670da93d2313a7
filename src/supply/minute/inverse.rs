//! The capacity that a given share of the demand overflows: G solved for R.

use super::MinuteRow;

/// How far ln G may be from what is wanted for Newton's next step to be the last: that leaves about half its square, less than the single
/// precision of rows on the grid can tell.
const CLOSE: f64 = 1e-4;

impl MinuteRow<'_> {
    /// The capacity R above which `wanted` is expected: G(R) = `wanted`, in (0, 1), for a variance above 0. `start` > 0 is a first guess.
    ///
    /// Newton's method on ln G, whose slope is −P / G, kept within a bracket; G of what it finds is within a relative 1e-8 of `wanted`.
    pub(crate) fn capacity_with_overflow(&self, wanted: f64, start: f64) -> f64 {
        let (mut low, mut high) = (0.0, f64::INFINITY);
        let mut at = start;
        for _ in 0..100 {
            let [beyond, chance, _] = self.all(at);
            if beyond > wanted {
                low = at;
            } else {
                high = at;
            }
            let far = if beyond > 0.0 && chance > 0.0 { libm::log(beyond / wanted) } else { f64::NAN };
            let next = at + far * beyond / chance;
            // Outside the bracket (or nowhere), halve it; without an upper end, double.
            let next = if next > low && next < high {
                if far.abs() <= CLOSE {
                    return next;
                }
                next
            } else if high.is_finite() {
                0.5 * (low + high)
            } else {
                2.0 * at + 1.0
            };
            if (next - at).abs() <= 1e-12 * at.max(1e-6) {
                return next;
            }
            at = next;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use crate::supply::{Margin, MinuteLaw};

    #[test]
    fn it_undoes_overflow() {
        for (law, variance) in [(MinuteLaw::constant(Margin::Gamma, 0.0, 0.3), 0.3), (MinuteLaw::new(Margin::LogNormal, 0.5), 0.05)] {
            let row = law.at(variance);
            for capacity in [0.1, 0.7, 1.0, 1.3, 2.0] {
                for start in [0.5, 1.0, 3.0] {
                    let found = row.capacity_with_overflow(row.overflow(capacity), start);
                    assert!((found - capacity).abs() < 1e-5, "{variance} {capacity} {start}: {found}");
                }
            }
        }
    }
}
