//! Columns compared replication by replication: on the same draws the difference of two plans is known far better than either.

use super::control::Method;
use super::estimate::Estimate;
use super::proportion::Proportion;
use super::quantile::quantiles_by_counting;
use super::sampling::Sampling;

/// Column a against column b, sample by sample: entry r of both belongs to replication r.
///
/// # Example
///
/// ```
/// use tokentide::statistics::Paired;
///
/// let paired = Paired::of(&[1.0, 2.0, 3.0, 4.0], &[2.0, 2.0, 5.0, 1.0]).unwrap();
/// assert_eq!(paired.mean_difference.point, 0.0);
/// assert_eq!(paired.probability_less.share(), 0.625);
/// assert_eq!(paired.ties, 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paired {
    /// Number of pairs in which both samples are finite; the others are left out.
    pub n: u64,
    /// Mean of a − b.
    pub mean_difference: Estimate,
    /// 5th percentile of a − b.
    pub p05: f64,
    /// 95th percentile of a − b.
    pub p95: f64,
    /// Share of pairs with a < b, a tie counting half.
    pub probability_less: Proportion,
    /// Share of pairs with a < b, a tie counting nothing.
    pub probability_strictly_less: Proportion,
    /// Number of pairs with a = b.
    pub ties: u64,
}

impl Paired {
    /// Compares two columns of independent replications; `None` when their lengths differ or no pair is finite.
    pub fn of(a: &[f64], b: &[f64]) -> Option<Self> {
        Self::by(a, b, Sampling::Plain.into())
    }

    /// The same of replications 0, 1, 2, …, by this method.
    pub fn by(a: &[f64], b: &[f64], method: Method<'_>) -> Option<Self> {
        if a.len() != b.len() {
            return None;
        }
        let difference = |(&a, &b): (&f64, &f64)| if a.is_finite() && b.is_finite() { apart(a, b) } else { f64::NAN };
        let mut differences: Vec<f64> = a.iter().zip(b).map(difference).collect();
        let mean_difference = method.mean(&differences);
        let less = |ties: f64| {
            let term = move |difference| f64::from(u8::from(difference < 0.0)) + if difference == 0.0 { ties } else { 0.0 };
            Proportion::sampled(&differences, method.sampling, term)
        };
        let (probability_less, probability_strictly_less) = (less(0.5), less(0.0));
        let ties = differences.iter().filter(|&&difference| difference == 0.0).count();
        differences.retain(|difference| difference.is_finite());
        if differences.is_empty() {
            return None;
        }
        let [p05, p95] = quantiles_by_counting(&mut differences, [0.05, 0.95]);
        Some(Self {
            n: differences.len() as u64,
            mean_difference,
            p05,
            p95,
            probability_less,
            probability_strictly_less,
            ties: ties as u64,
        })
    }
}

/// a − b, where numbers that differ by a few roundings alone are one: what is the same may have been added up in different ways.
fn apart(a: f64, b: f64) -> f64 {
    const ROUNDINGS: f64 = 64.0 * f64::EPSILON;
    let difference = a - b;
    if difference.abs() <= ROUNDINGS * a.abs().max(b.abs()) { 0.0 } else { difference }
}

/// What it costs to have chosen one column, once it is known which would have been the cheapest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regret {
    /// Mean over the replications of own value − smallest value of all columns, ≥ 0.
    pub expected: Estimate,
    /// 95th percentile of the same.
    pub p95: f64,
}

/// The cheapest of several columns, replication by replication: what each would have to be to leave nothing to regret.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Best(Vec<f64>);

impl Best {
    /// Of columns of equal length. A replication in which one of them is not finite counts for none. `None` when there is no column, their
    /// lengths differ, or no replication is left.
    pub fn of<C: AsRef<[f64]>>(columns: impl IntoIterator<Item = C>) -> Option<Self> {
        let mut columns = columns.into_iter();
        let first = columns.next()?;
        let mut best: Vec<f64> = first.as_ref().iter().map(|&x| if x.is_finite() { x } else { f64::NAN }).collect();
        for column in columns {
            let column = column.as_ref();
            if column.len() != best.len() {
                return None;
            }
            for (best, &x) in best.iter_mut().zip(column) {
                // NaN fails the comparison and stays.
                *best = if !x.is_finite() {
                    f64::NAN
                } else if x < *best {
                    x
                } else {
                    *best
                };
            }
        }
        best.iter().any(|x| x.is_finite()).then_some(Self(best))
    }

    /// The regret of having chosen one of these columns; smaller is better. Below 0 where a column that is none of them is better than all.
    pub fn regret(&self, column: &[f64], method: Method<'_>) -> Regret {
        let mut own: Vec<f64> = column.iter().zip(&self.0).map(|(&x, &best)| apart(x, best)).collect();
        let expected = method.mean(&own);
        own.retain(|x| x.is_finite());
        let [p95] = quantiles_by_counting(&mut own, [0.95]);
        Regret { expected, p95 }
    }
}

/// The [`Regret`] of each of `columns` (column × replication, smaller is better), in their order. `None` as [`Best::of`].
pub fn regret(columns: &[&[f64]]) -> Option<Vec<Regret>> {
    let best = Best::of(columns)?;
    Some(columns.iter().map(|column| best.regret(column, Sampling::Plain.into())).collect())
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results compared are exact")]
mod tests {
    use super::*;
    use crate::statistics::testing::Draws;

    #[test]
    fn a_pair_by_hand() {
        let a = [1.0, 2.0, 3.0, f64::NAN, 4.0, 0.0];
        let b = [2.0, 2.0, 5.0, 1.0, 1.0, f64::INFINITY];
        let paired = Paired::of(&a, &b).unwrap();
        assert_eq!((paired.n, paired.ties), (4, 1));
        assert_eq!(paired.mean_difference.point, 0.0);
        // Differences -2, -1, 0, 3: variance 14 / 3.
        assert!((paired.mean_difference.standard_error.unwrap() - (14.0_f64 / 12.0).sqrt()).abs() < 1e-15);
        assert!((paired.p05 + 1.85).abs() < 1e-12 && (paired.p95 - 2.55).abs() < 1e-12);
        assert_eq!(paired.probability_less, Proportion::independent(2.5, 4));
        assert!(Paired::of(&a, &b[1..]).is_none());
        assert!(Paired::of(&[], &[]).is_none() && Paired::of(&[f64::NAN], &[1.0]).is_none());
    }

    #[test]
    fn pairing_keeps_what_the_columns_share_out_of_the_error() {
        let mut draws = Draws::new(7);
        let common: Vec<f64> = (0..1_000).map(|_| 1e6 * draws.normal()).collect();
        let shifted: Vec<f64> = common.iter().map(|x| x + 5.0).collect();
        let paired = Paired::of(&shifted, &common).unwrap();
        assert!((paired.mean_difference.point - 5.0).abs() < 1e-9);
        assert!(paired.mean_difference.standard_error.unwrap() < 1e-9);
        assert_eq!(paired.probability_less.to_string(), "< 3/1000");
    }

    #[test]
    fn regret_by_hand() {
        let columns: [&[f64]; 3] = [&[1.0, 5.0, 9.0, f64::NAN], &[2.0, 4.0, 9.0, 0.0], &[4.0, 4.0, 3.0, 0.0]];
        let regrets = regret(&columns).unwrap();
        for (regret, (mean, p95)) in regrets.iter().zip([(7.0 / 3.0, 5.5), (7.0 / 3.0, 5.5), (1.0, 2.7)]) {
            assert!((regret.expected.point - mean).abs() < 1e-15 && (regret.p95 - p95).abs() < 1e-12, "{regret:?}");
            assert_eq!(regret.expected.n, 3);
        }
        assert!(regret(&[]).is_none() && regret(&[&[]]).is_none() && regret(&[&[f64::NAN]]).is_none());
        assert!(regret(&[&[1.0, 2.0], &[1.0]]).is_none());
    }

    #[test]
    fn a_flat_price_against_a_lognormal_one_has_its_closed_form() {
        // 800 USD flat, 730 USD x lognormal with median 1 and sigma 0.3 on demand.
        const N: usize = 200_000;
        let mut draws = Draws::new(8);
        let on_demand: Vec<f64> = (0..N).map(|_| 730.0 * libm::exp(0.3 * draws.normal())).collect();
        let flat = vec![800.0; N];
        let near = |estimate: Estimate, truth: f64| {
            let error = estimate.standard_error.unwrap();
            assert!((estimate.point - truth).abs() < 4.0 * error, "{estimate:?} against {truth}");
        };
        let paired = Paired::of(&flat, &on_demand).unwrap();
        near(paired.probability_less.estimate(), 0.380_097_785_5);
        near(paired.mean_difference, 800.0 - 763.600_337_7);
        let regrets = regret(&[&flat, &on_demand]).unwrap();
        near(regrets[0].expected, 112.530_216_5);
        near(regrets[1].expected, 76.130_554_3);
    }
}
