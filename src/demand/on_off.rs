//! On and off periods of intermittent clients: a two-state chain by the hour with geometric runs, of mean 1.

use super::check::{LOG_SD, is_log_sd, number_or};
use crate::random::law::Law;
use crate::random::stream::Stream;
use crate::spec::{Field, Reader};
use crate::spec_table;
use crate::units::Hours;

spec_table! {
    /// A client that is on for some hours and off for others. The mean stays: while on, demand is higher.
    pub struct OnOffSpec {
        /// Mean length of the on-periods, at least 1 h.
        required on: Hours,
        /// Mean length of the off-periods, at least 1 h.
        required off: Hours,
        /// Standard deviation of the logarithm of an on-period's own level.
        optional sd: f64,
    }
}

/// Alternating runs of whole hours, each geometric from 1 h; the state of the first hour is drawn from the stationary law.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OnOff {
    on: Law,
    off: Law,
    /// Share of the hours that are on.
    share: f64,
    sd: f64,
}

impl OnOff {
    /// Checks the spec.
    pub(super) fn resolve(spec: &Field<OnOffSpec>, reader: &mut Reader) -> Option<Self> {
        let sd = number_or(spec.sd.as_ref(), (&spec.at, "sd"), (0.0, "every on-period at the same level"), reader, LOG_SD, is_log_sd);
        let mut run = |field: &Field<Hours>| {
            if (1.0..=1e4).contains(&field.0) {
                return true;
            }
            reader.refuse(&field.at, "is out of range", "a mean length from 1 h to 10000 h");
            false
        };
        let (on, off) = (run(&spec.on), run(&spec.off));
        if on && off { Self::new(spec.on.0, spec.off.0, sd?) } else { None }
    }

    /// By mean lengths in hours, each at least 1.
    pub(super) fn new(on: f64, off: f64, sd: f64) -> Option<Self> {
        Some(Self { on: Law::geometric(on).ok()?, off: Law::geometric(off).ok()?, share: on / (on + off), sd })
    }

    /// Multiplies `out` by one path: 0 while off, (1 / share on) × a lognormal level of mean 1 while on.
    pub(super) fn apply(&self, stream: &mut Stream, out: &mut [f64]) {
        let mut on = stream.uniform() < self.share;
        let mut rest = out;
        while !rest.is_empty() {
            // Geometric runs forget how long they have lasted, so the first is drawn like the others.
            let length = if on { &self.on } else { &self.off }.sample(stream);
            let (run, after) = rest.split_at_mut((length as usize).min(rest.len()));
            if on {
                let level = libm::exp(self.sd * stream.normals().0 - 0.5 * self.sd * self.sd) / self.share;
                for x in &mut *run {
                    *x *= level;
                }
            } else {
                run.fill(0.0);
            }
            on = !on;
            rest = after;
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests {
    use super::*;
    use crate::random::stream::{Purpose, StreamKey};

    /// Mean 1 and share 1/3 in the first, second and a late hour; chance to stay on 1 − 1/on.
    #[test]
    fn stationary_with_mean_one() {
        let model = OnOff::new(5.0, 10.0, 0.8).unwrap();
        let key = StreamKey::new(2, Purpose::OnOff, "a");
        let n = 40_000_u64;
        let mut sums = [0.0; 3];
        let mut on = [0.0; 3];
        let mut stays = 0.0;
        for r in 0..n {
            let mut x = [1.0; 60];
            model.apply(&mut key.replication(r), &mut x);
            for (i, t) in [0, 1, 59].into_iter().enumerate() {
                sums[i] += x[t];
                on[i] += f64::from(x[t] > 0.0);
            }
            stays += f64::from(x[30] > 0.0 && x[31] > 0.0);
        }
        let count = n as f64;
        // E[x²] = 3 exp(sd²).
        let se = ((3.0 * libm::exp(0.64) - 1.0) / count).sqrt();
        for i in 0..3 {
            assert!((sums[i] / count - 1.0).abs() < 4.0 * se, "{sums:?}");
            assert!((on[i] / count - 1.0 / 3.0).abs() < 4.0 * (2.0 / 9.0 / count).sqrt(), "{on:?}");
        }
        let want = 0.8 / 3.0;
        assert!((stays / count - want).abs() < 4.0 * (want * (1.0 - want) / count).sqrt(), "{stays}");
    }
}
