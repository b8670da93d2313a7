//! Control variates: means made more certain by columns that move with them and whose true means are known.
//!
//! With controls x of true mean μ, the mean of y − β'(x − μ) is that of y whatever β is, and its error is that of what the controls do not
//! explain. β comes from least squares over the same samples, so the adjusted mean is a weighted mean of y whose weights depend on the
//! controls alone: adjusted means of columns that add up add up too. Estimating β makes a bias of order 1/n and a little more error, both
//! negligible from [`SAMPLES_PER_CONTROL`] samples for each control (S. S. Lavenberg, P. D. Welch, "A perspective on the use of control
//! variables to increase the efficiency of Monte Carlo simulations", Management Science 27 (1981), 322-335, doi:10.1287/mnsc.27.3.322).

use super::estimate::Estimate;
use super::moments::{Moments, lane_sum};
use super::replicated::ScrambleSums;
use super::sampling::Sampling;

/// Samples that each control needs.
pub const SAMPLES_PER_CONTROL: usize = 50;

/// A control that the others explain up to this share of its own length adds nothing but rounding.
const LEAST_LENGTH: f64 = 1e-6;

/// The controls of one span of time, made orthonormal.
#[derive(Debug, Clone, PartialEq)]
pub struct Controls {
    /// By control and replication: mean 0, squares summing to 1, orthogonal.
    basis: Vec<Vec<f64>>,
    /// Their sums by scramble.
    sums: Vec<ScrambleSums>,
    /// How far the controls' sample means lie from the true ones, in the same basis.
    offset: Vec<f64>,
}

impl Controls {
    /// Of columns of finite samples (control × replication) with these true means. `None` where there is none, where no control varies, or
    /// where the samples are too few.
    pub fn new(columns: Vec<Vec<f64>>, means: &[f64]) -> Option<Self> {
        let samples = columns.first()?.len();
        if samples < SAMPLES_PER_CONTROL * columns.len() || columns.iter().any(|column| column.len() != samples) {
            return None;
        }
        let mut controls = Self { basis: Vec::new(), sums: Vec::new(), offset: Vec::new() };
        for (mut column, &truth) in columns.into_iter().zip(means) {
            let mean = Moments::from_slice(&column).mean();
            let mut offset = mean - truth;
            column.iter_mut().for_each(|x| *x -= mean);
            let whole = lane_sum(&column, |x| x * x).sqrt();
            // Twice is enough: the second pass takes out what rounding left in the first (Giraud, Langou and Rozložník 2005).
            for _ in 0..2 {
                for (other, other_offset) in controls.basis.iter().zip(&controls.offset) {
                    let along = dot(&column, 0.0, other);
                    column.iter_mut().zip(other).for_each(|(x, y)| *x -= along * y);
                    offset -= along * other_offset;
                }
            }
            let length = lane_sum(&column, |x| x * x).sqrt();
            if length > LEAST_LENGTH * whole && offset.is_finite() {
                column.iter_mut().for_each(|x| *x /= length);
                controls.sums.push(ScrambleSums::of(&column, |x| x));
                controls.basis.push(column);
                controls.offset.push(offset / length);
            }
        }
        (!controls.basis.is_empty()).then_some(controls)
    }

    /// The adjusted mean of a column of the same replications; `None` where a sample is not finite, or where the adjusted mean leaves the range
    /// of the samples (rare events that the controls do not tell of).
    pub fn mean(&self, samples: &[f64], sampling: Sampling) -> Option<Estimate> {
        self.mean_within(samples, finite_range(samples)?, sampling)
    }

    /// The same of samples that are known to be finite, with this smallest and largest.
    pub(super) fn mean_within(&self, samples: &[f64], (low, high): (f64, f64), sampling: Sampling) -> Option<Estimate> {
        let &first = samples.first()?;
        if self.basis.iter().any(|control| control.len() != samples.len()) {
            return None;
        }
        // Distances from one sample, so that a column that does not vary is left to the last bit.
        let along: Vec<f64> = self.basis.iter().map(|control| dot(samples, first, control)).collect();
        let shift = first - along.iter().zip(&self.offset).map(|(along, offset)| along * offset).sum::<f64>();
        let estimate = match sampling {
            Sampling::Plain => {
                let mut rest: Vec<f64> = samples.iter().map(|x| x - first).collect();
                for (control, along) in self.basis.iter().zip(along) {
                    rest.iter_mut().zip(control).for_each(|(x, control)| *x -= along * control);
                }
                rest.iter_mut().for_each(|x| *x += shift);
                sampling.mean(&rest)
            }
            // What is left by replication is not needed: its sums are sums less multiples of the controls' sums.
            Sampling::Sobol => {
                let mut rest = ScrambleSums::of_finite(samples, |x| x - first);
                along.iter().zip(&self.sums).for_each(|(&along, sums)| rest.take(along, sums));
                Estimate { point: shift + rest.mean(), standard_error: rest.standard_error(), n: rest.scrambles() }
            }
        };
        (low <= estimate.point && estimate.point <= high).then_some(estimate)
    }
}

/// How the mean of a column is estimated: how its replications were sampled, and what is known of them.
#[derive(Debug, Clone, Copy)]
pub struct Method<'a> {
    /// How the replications were sampled.
    pub sampling: Sampling,
    /// Their controls, if there are any.
    pub controls: Option<&'a Controls>,
}

impl Method<'_> {
    /// The mean of the finite samples with its standard error.
    pub fn mean(self, samples: &[f64]) -> Estimate {
        let adjusted = self.controls.and_then(|controls| controls.mean(samples, self.sampling));
        adjusted.unwrap_or_else(|| self.sampling.mean(samples))
    }
}

impl From<Sampling> for Method<'_> {
    /// Without controls.
    fn from(sampling: Sampling) -> Self {
        Self { sampling, controls: None }
    }
}

/// Inner product of a − `from` and b in eight fixed lanes, as [`lane_sum`] has.
fn dot(a: &[f64], from: f64, b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += (a - from) * b;
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += (a - from) * b;
    }
    lanes.iter().sum()
}

/// The smallest and the largest sample; `None` where one is not finite, or there is none.
pub(super) fn finite_range(samples: &[f64]) -> Option<(f64, f64)> {
    // Zero times what is not finite is not a number, and stays so.
    let is_finite = lane_sum(samples, |x| x * 0.0) == 0.0;
    (is_finite && !samples.is_empty()).then(|| range(samples))
}

/// The smallest and the largest of finite samples.
pub(super) fn range(samples: &[f64]) -> (f64, f64) {
    let (mut low, mut high) = ([f64::INFINITY; 8], [f64::NEG_INFINITY; 8]);
    let (rows, rest) = samples.as_chunks::<8>();
    for row in rows {
        for ((low, high), &x) in low.iter_mut().zip(&mut high).zip(row) {
            *low = if x < *low { x } else { *low };
            *high = if x > *high { x } else { *high };
        }
    }
    low.iter_mut().zip(rest).for_each(|(low, &x)| *low = low.min(x));
    high.iter_mut().zip(rest).for_each(|(high, &x)| *high = high.max(x));
    (low.into_iter().fold(f64::INFINITY, f64::min), high.into_iter().fold(f64::NEG_INFINITY, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::testing::{Draws, four_standard_errors};

    /// One control alone, beside its double, beside a constant: the textbook's β = cov / var and z = y − β (x − μ).
    #[test]
    fn one_control_by_the_textbook() {
        let mut draws = Draws::new(21);
        let x: Vec<f64> = (0..200).map(|_| 5.0 + draws.normal()).collect();
        let y: Vec<f64> = x.iter().map(|x| 3.0 * x + draws.normal()).collect();
        let (mx, my) = (Moments::from_slice(&x), Moments::from_slice(&y));
        let covariance = x.iter().zip(&y).map(|(x, y)| (x - mx.mean()) * (y - my.mean())).sum::<f64>() / 199.0;
        let beta = covariance / mx.variance().unwrap();
        let rest: Vec<f64> = x.iter().zip(&y).map(|(x, y)| y - beta * (x - 5.0)).collect();
        let wanted = Moments::from_slice(&rest);
        let double: Vec<f64> = x.iter().map(|x| 2.0 * x).collect();
        for (columns, means) in
            [(vec![x.clone()], vec![5.0]), (vec![x.clone(), double], vec![5.0, 10.0]), (vec![vec![7.0; 200], x.clone()], vec![7.0, 5.0])]
        {
            let estimate = Controls::new(columns, &means).unwrap().mean(&y, Sampling::Plain).unwrap();
            assert!((estimate.point - wanted.mean()).abs() < 1e-12, "{estimate:?}");
            assert!((estimate.standard_error.unwrap() / wanted.standard_error().unwrap() - 1.0).abs() < 1e-10);
        }
    }

    #[test]
    fn adjusted_means_add_up_and_what_is_exact_stays() {
        let mut draws = Draws::new(22);
        let x: Vec<Vec<f64>> = (0..3).map(|_| (0..400).map(|_| draws.exponential()).collect()).collect();
        let a: Vec<f64> = (0..400).map(|r| x[0][r] * x[0][r] + x[1][r] + draws.normal()).collect();
        let b: Vec<f64> = (0..400).map(|r| 1e3 - x[2][r] + 0.1 * draws.normal()).collect();
        let sum: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        let controls = Controls::new(x.clone(), &[1.0; 3]).unwrap();
        for sampling in [Sampling::Plain, Sampling::Sobol] {
            let mean = |column: &[f64]| controls.mean(column, sampling).unwrap();
            assert!((mean(&a).point + mean(&b).point - mean(&sum).point).abs() < 1e-9);
            assert!((mean(&x[1]).point - 1.0).abs() < 1e-12 && mean(&x[1]).standard_error.unwrap() < 1e-12);
            assert_eq!((mean(&[0.1; 400]).point, mean(&[0.1; 400]).standard_error), (0.1, Some(0.0)));
        }
    }

    #[test]
    fn too_little_is_no_control() {
        let x: Vec<f64> = (0..100).map(f64::from).collect();
        assert!(Controls::new(vec![x.clone(); 2], &[49.5; 2]).is_some());
        assert!(Controls::new(vec![x.clone(); 3], &[49.5; 3]).is_none(), "33 samples for each");
        assert!(Controls::new(Vec::new(), &[]).is_none() && Controls::new(vec![vec![3.0; 100]], &[3.0]).is_none());
        let controls = Controls::new(vec![x.clone()], &[20.0]).unwrap();
        let mut y = x.clone();
        y[7] = f64::NAN;
        assert_eq!(controls.mean(&y, Sampling::Plain), None);
        assert_eq!(controls.mean(&x[1..], Sampling::Plain), None);
        // One event at the very end, and controls far above their mean: the adjusted mean would be below 0.
        y.fill(0.0);
        y[99] = 1.0;
        assert_eq!(controls.mean(&y, Sampling::Plain), None);
        let fallback = Method { sampling: Sampling::Plain, controls: Some(&controls) }.mean(&y);
        assert_eq!(fallback, Sampling::Plain.mean(&y));
    }

    /// Skewed columns that the controls explain in part: the interval covers as it claims and is narrower than without.
    #[test]
    fn intervals_cover() {
        const REPEATS: u32 = 3000;
        for (sampling, n) in [(Sampling::Plain, 200), (Sampling::Sobol, 400)] {
            let mut draws = Draws::new(23);
            let (mut covered, mut width) = (0, 0.0);
            for _ in 0..REPEATS {
                let x: Vec<Vec<f64>> = (0..2).map(|_| (0..n).map(|_| libm::exp(0.3 * draws.normal() - 0.045)).collect()).collect();
                // Mean 2 + E[x²] = 2 + exp(.09).
                let y: Vec<f64> = (0..n).map(|r| 2.0 * x[1][r] + x[0][r] * x[0][r] + 0.2 * draws.normal()).collect();
                let controls = Controls::new(x, &[1.0; 2]).unwrap();
                let (low, high) = controls.mean(&y, sampling).unwrap().interval(0.95).unwrap();
                let truth = 2.0 + libm::exp(0.09);
                covered += u32::from(low <= truth && truth <= high);
                let plain = sampling.mean(&y).interval(0.95).unwrap();
                width += (high - low) / (plain.1 - plain.0) / f64::from(REPEATS);
            }
            let share = f64::from(covered) / f64::from(REPEATS);
            assert!((share - 0.95).abs() < four_standard_errors(0.95, REPEATS), "{sampling}: {share}");
            assert!(width < 0.5, "{width}");
        }
    }
}
