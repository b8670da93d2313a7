//! The binomial law as a table of its probabilities, exact enough that ranks read from it are right.

/// Probabilities of the number of successes in n attempts, kept where they matter.
///
/// The table starts at the mode and walks outwards by the ratio of neighbours until a probability is below 1e-30 of the largest, then
/// divides by the sum: O(√n) steps, and no factorial whose logarithm would cost digits.
#[derive(Debug, Clone)]
pub(super) struct Binomial {
    /// The number of successes that `probabilities[0]` belongs to.
    first: usize,
    probabilities: Vec<f64>,
}

impl Binomial {
    /// `None` unless `n` ≥ 1 and 0 < `p` < 1.
    pub(super) fn new(n: usize, p: f64) -> Option<Self> {
        const NEGLIGIBLE: f64 = 1e-30;
        if n == 0 || !(p > 0.0 && p < 1.0) {
            return None;
        }
        let odds = p / (1.0 - p);
        let mode = (((n + 1) as f64 * p) as usize).min(n);
        let mut probabilities = Vec::new();
        let mut weight = 1.0;
        let mut first = mode;
        while first > 0 {
            weight *= first as f64 / ((n - first + 1) as f64 * odds);
            if weight <= NEGLIGIBLE {
                break;
            }
            first -= 1;
            probabilities.push(weight);
        }
        probabilities.reverse();
        probabilities.push(1.0);
        weight = 1.0;
        for k in mode..n {
            weight *= (n - k) as f64 * odds / (k + 1) as f64;
            if weight <= NEGLIGIBLE {
                break;
            }
            probabilities.push(weight);
        }
        let total: f64 = probabilities.iter().sum();
        for probability in &mut probabilities {
            *probability /= total;
        }
        Some(Self { first, probabilities })
    }

    /// The smallest k with P(X ≤ k) ≥ `tail`, for a small `tail`: summed from below.
    pub(super) fn lower_quantile(&self, tail: f64) -> usize {
        let mut below = 0.0;
        let mut k = self.first;
        for probability in &self.probabilities {
            below += probability;
            if below >= tail {
                break;
            }
            k += 1;
        }
        k
    }

    /// The smallest k with P(X > k) ≤ `tail`, for a small `tail`: summed from above.
    pub(super) fn upper_quantile(&self, tail: f64) -> usize {
        let mut above = 0.0;
        let mut k = self.first + self.probabilities.len() - 1;
        for probability in self.probabilities.iter().rev() {
            above += probability;
            if above > tail || k == self.first {
                break;
            }
            k -= 1;
        }
        k
    }

    /// P(`low` ≤ X ≤ `high`); 0 when `low` > `high`.
    pub(super) fn between(&self, low: usize, high: usize) -> f64 {
        let inside = |&(k, _): &(usize, &f64)| k >= low && k <= high;
        (self.first..).zip(&self.probabilities).filter(inside).map(|(_, probability)| probability).sum()
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results compared are exact")]
mod tests {
    use statrs::distribution::{self, Discrete, DiscreteCDF};

    use super::*;

    #[test]
    fn agrees_with_an_independent_implementation() {
        for (n, p) in [(1, 0.5), (7, 0.01), (50, 0.95), (1_000, 0.5), (1_000, 0.05), (20_000, 0.99), (1_000_000, 0.95)] {
            let (ours, reference) = (Binomial::new(n, p).unwrap(), distribution::Binomial::new(p, n as u64).unwrap());
            for tail in [0.005, 0.025, 0.2] {
                let (low, high) = (ours.lower_quantile(tail), ours.upper_quantile(tail));
                // statrs evaluates an incomplete beta function: good to about 1e-9 at a million attempts.
                assert!(reference.cdf(low as u64) >= tail - 1e-8, "n {n} p {p} tail {tail}: {low}");
                assert!(low == 0 || reference.cdf(low as u64 - 1) < tail + 1e-8, "n {n} p {p} tail {tail}: {low}");
                assert!(reference.sf(high as u64) <= tail + 1e-8, "n {n} p {p} tail {tail}: {high}");
                assert!(high == 0 || reference.sf(high as u64 - 1) > tail - 1e-8, "n {n} p {p} tail {tail}: {high}");
                let expected = reference.cdf(high as u64) - reference.cdf(low as u64) + reference.pmf(low as u64);
                assert!((ours.between(low, high) - expected).abs() < 1e-7);
            }
        }
    }

    #[test]
    fn small_cases_are_exact() {
        let coins = Binomial::new(4, 0.5).unwrap();
        for (k, sixteenths) in [1.0, 4.0, 6.0, 4.0, 1.0].into_iter().enumerate() {
            assert!((coins.between(k, k) - sixteenths / 16.0).abs() < 1e-16);
        }
        assert_eq!((coins.lower_quantile(0.05), coins.lower_quantile(0.07)), (0, 1));
        assert_eq!((coins.upper_quantile(0.05), coins.upper_quantile(0.07)), (4, 3));
        assert_eq!(coins.between(3, 2), 0.0);
    }

    #[test]
    fn impossible_laws_are_refused() {
        assert!(Binomial::new(0, 0.5).is_none());
        for p in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(Binomial::new(5, p).is_none());
        }
    }
}
