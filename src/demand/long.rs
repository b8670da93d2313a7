//! How many requests are long.

use super::source::Source;
use super::tokens::Form;
use super::{Demand, Workload};

impl Demand {
    /// The share of some workloads' requests whose prompt, cached tokens included, is longer than so many tokens: over all futures and the
    /// whole horizon, by the laws of the requests' sizes. `None` where some have no requests or none whose size is known.
    ///
    /// # Panics
    /// When there is no such workload.
    #[must_use]
    pub fn prompts_longer(&self, workloads: &[usize], tokens: f64) -> Option<f64> {
        let (mut requests, mut long) = (0.0, 0.0);
        for workload in workloads.iter().map(|&index| &self.workloads[index]) {
            let share = workload.prompts_longer(tokens)?;
            let count = workload.mean.iter().sum::<f64>() / workload.sizes.mean();
            requests += count;
            long += share * count;
        }
        (requests > 0.0).then(|| long / requests)
    }
}

impl Workload {
    fn prompts_longer(&self, tokens: f64) -> Option<f64> {
        if matches!(self.source, Source::Recorded(_)) || !self.has_requests() {
            return None;
        }
        Some(match &self.sizes.form {
            Form::Total { size, output } if *output < 1.0 => size.above(tokens / (1.0 - output)),
            Form::Total { .. } => 0.0,
            Form::Split { input, .. } => input.above(tokens),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::demand::size::Size;
    use crate::random::law::Law;
    use crate::random::special::normal_sf;

    /// A lognormal size under a lognormal drift is lognormal with both variances; a cap ends it.
    #[test]
    fn a_tail_under_a_drift() {
        let law = Law::lognormal_by_mean(1000.0, 0.6).unwrap();
        for drift in [0.0, 0.3] {
            let size = Size::new(law.clone(), f64::INFINITY, drift);
            let variance: f64 = 0.36 + drift * drift;
            let want = normal_sf((libm::log(2.5) + 0.5 * variance) / variance.sqrt());
            assert!((size.above(2500.0) / want - 1.0).abs() < 1e-6, "{} {want}", size.above(2500.0));
        }
        assert!(Size::new(law, 2500.0, 0.3).above(2500.0).abs() < 1e-300);
    }
}
