//! An empirical law of an hour's noise: a table of relative demand with a Pareto tail beyond its largest value.

use super::check::number;
use crate::random::special::{normal_cdf, normal_sf};
use crate::spec::{At, Field, Node, Reader, Spec, Value, read_word};
use crate::spec_table;

spec_table! {
    /// Relative demand by its quantiles.
    pub struct TableMarginalSpec {
        /// Values in rising order, value i of n at probability (i − ½) / n, as sorted observations are; any scale.
        list quantiles: f64,
        /// Exponent of the Pareto tail beyond the largest value, at least 1.6.
        optional tail_alpha: f64,
        /// Largest multiple of the largest value that the tail reaches, at most 10.
        optional cap: f64,
    }
}

/// The law of an hour's noise.
#[derive(Clone, Debug)]
pub enum MarginalSpec {
    /// The parts add in the logarithm.
    LogNormal,
    /// A table of relative demand, driven by the same parts as ranks.
    Table(TableMarginalSpec),
}

impl Spec for MarginalSpec {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::String(_) => read_word(node, at, reader, &["lognormal"]).map(|_| Self::LogNormal),
            _ => TableMarginalSpec::read(node, at, reader).map(Self::Table),
        }
    }

    fn schema() -> serde_json::Value {
        serde_json::json!({ "anyOf": [{ "const": "lognormal" }, TableMarginalSpec::schema()] })
    }
}

/// Quantiles of relative demand, mean 1: flat below the first value, linear between values, Pareto beyond the last up to a cap.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Marginal {
    values: Vec<f64>,
    alpha: f64,
    cap: f64,
}

impl Marginal {
    /// Checks the spec; `Some(None)` is the lognormal law.
    pub(super) fn resolve(spec: &Field<MarginalSpec>, reader: &mut Reader) -> Option<Option<Self>> {
        let MarginalSpec::Table(table) = &spec.value else { return Some(None) };
        let reason = "measured on public traces: tails of residuals have exponents from 1.6 up and end within 10 times the largest";
        let alpha =
            super::check::number_or(table.tail_alpha.as_ref(), (&spec.at, "tail_alpha"), (1.6, reason), reader, "1.6 to 100", |x| {
                (1.6..=100.0).contains(&x)
            });
        let cap = super::check::number_or(table.cap.as_ref(), (&spec.at, "cap"), (10.0, reason), reader, "1 to 10", |x| {
            (1.0..=10.0).contains(&x)
        });
        let mut good = true;
        let mut last = 0.0;
        for value in &table.quantiles {
            let from = last;
            good &= number(value, reader, "a number of at least 0, not below the one before it, at most 1e12", |x| x >= from && x <= 1e12)
                .is_some();
            last = f64::max(last, value.value);
        }
        if good && (table.quantiles.len() < 2 || !(last > 0.0)) {
            reader.refuse(&spec.at, format!("has {} quantiles", table.quantiles.len()), "at least two `quantiles`, the last above 0");
            good = false;
        }
        let (alpha, cap) = (alpha?, cap?);
        good.then(|| Some(Self::new(table.quantiles.iter().map(|q| q.value).collect(), alpha, cap)))
    }

    /// At least two values, not falling, the last above 0; alpha above 1, cap at least 1.
    pub(super) fn new(values: Vec<f64>, alpha: f64, cap: f64) -> Self {
        let mut marginal = Self { values, alpha, cap };
        let mean = marginal.mean();
        for value in &mut marginal.values {
            *value /= mean;
        }
        marginal
    }

    /// The value whose probability is that of the standard normal `z`.
    pub(super) fn at(&self, z: f64) -> f64 {
        let n = self.values.len() as f64;
        let last = self.values.last().copied().unwrap_or(1.0);
        let above = normal_sf(z) * n;
        if above < 0.5 {
            return last * libm::pow(0.5 / above, 1.0 / self.alpha).min(self.cap);
        }
        let place = (normal_cdf(z) * n - 0.5).max(0.0);
        let low = (place as usize).min(self.values.len() - 1);
        let (a, b) = (self.values[low], self.values.get(low + 1).copied().unwrap_or(last));
        a + (b - a) * (place - low as f64)
    }

    /// Half a step at the first value, trapezoids between, and the tail's ½/n × E[min(Pareto, cap)].
    fn mean(&self) -> f64 {
        let n = self.values.len() as f64;
        let (first, last) = (self.values.first().copied().unwrap_or(1.0), self.values.last().copied().unwrap_or(1.0));
        let inner: f64 = self.values.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])).sum();
        // E[min(X, c)] of a Pareto law from 1: (α − c^(1 − α)) / (α − 1).
        let tail = (self.alpha - libm::pow(self.cap, 1.0 - self.alpha)) / (self.alpha - 1.0);
        (0.5 * first + inner + 0.5 * last * tail) / n
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests {
    use super::*;
    use crate::random::special::normal_quantile;

    /// The mean of the values at evenly spread probabilities is 1 (midpoint rule; its error at the tail's end is bounded by the cap / n).
    #[test]
    fn the_table_has_mean_one() {
        let marginal = Marginal::new(vec![0.0, 0.3, 0.9, 1.4, 3.0], 1.6, 10.0);
        let n = 400_000;
        let mean = (0..n).map(|i| marginal.at(normal_quantile((f64::from(i) + 0.5) / f64::from(n)))).sum::<f64>() / f64::from(n);
        assert!((mean - 1.0).abs() < 1e-4, "{mean}");
        assert!(marginal.at(-9.0) == 0.0);
        let largest = marginal.values[4];
        assert!((marginal.at(9.0) - 10.0 * largest).abs() < 1e-9);
        assert!((marginal.at(normal_quantile(0.9)) - largest).abs() < 1e-9);
        assert!((marginal.at(0.0) - marginal.values[2]).abs() < 1e-9);
    }
}
