//! Errors of what is no mean, such as a difference of percentiles: from sections of the replications, each of which tells it by itself
//! (S. Asmussen, P. W. Glynn, "Stochastic Simulation", Springer 2007, section III.5).
//!
//! Section s has the replications r with r mod 16 = s, which under steered sampling are its scrambles and so independent of each other.

use super::moments::Moments;
use super::sampling::SCRAMBLES;

/// Samples that a section needs to tell a percentile or a tail.
pub(super) const PER_SECTION: usize = 20;

/// The samples of one section, from 0, of a column.
pub fn section(column: &[f64], section: usize) -> Vec<f64> {
    column.iter().skip(section).step_by(SCRAMBLES).copied().collect()
}

/// The standard error of what columns of so many rows come to, where `value` tells what their sections of this number come to; `None` where
/// sections have fewer than twenty rows. It has one degree of freedom less than there are [`SCRAMBLES`].
pub fn section_error(rows: usize, value: impl FnMut(usize) -> f64) -> Option<f64> {
    if rows < PER_SECTION * SCRAMBLES {
        return None;
    }
    let sections: Vec<f64> = (0..SCRAMBLES).map(value).collect();
    // Not centred on the value of all rows: a bias that all sections share is no spread.
    Moments::from_slice(&sections).standard_error()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::quantile_by_selection;
    use crate::statistics::testing::Draws;

    /// The standard error of a median of n normals is √(π / 2 n); that of its estimate from 16 sections about a fifth of it, so the root of
    /// the mean of 100 squares lies within 4 × 2 % of it.
    #[test]
    fn the_error_of_a_median_is_that_of_theory() {
        let n = 1_600;
        let mut draws = Draws::new(31);
        let mut squares = 0.0;
        for _ in 0..100 {
            let column: Vec<f64> = (0..n).map(|_| draws.normal()).collect();
            let error = section_error(n, |s| quantile_by_selection(&mut section(&column, s), 0.5)).unwrap();
            squares += error * error / 100.0;
        }
        let theory = (std::f64::consts::PI / (2.0 * n as f64)).sqrt();
        assert!((squares.sqrt() / theory - 1.0).abs() < 0.08, "{} against {theory}", squares.sqrt());
        assert_eq!(section_error(319, |_| 1.0), None);
    }
}
