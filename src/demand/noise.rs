//! Noise of the hours: fast and slow Ornstein–Uhlenbeck parts plus white noise in the logarithm, positive and of mean 1.
//!
//! One AR(1) is the special case of a fast part alone. Draws: the pair of [`Purpose::Noise`](crate::random::stream::Purpose) an hour is (fast
//! part, count and size noise of the hour), the pair of `NoiseSlow` is (slow part, white). Consumption never depends on what was drawn.

use super::check::{LOG_SD, assumed, exclusive, is_log_sd, number};
use super::marginal::{Marginal, MarginalSpec};
use crate::random::exponential::exp;
use crate::random::stream::Stream;
use crate::spec::{Field, Reader};
use crate::spec_table;
use crate::units::Hours;
use std::f64::consts::LN_2;

spec_table! {
    /// One part of the noise: an autoregression of the logarithm.
    pub struct PartSpec {
        /// Stationary standard deviation of the logarithm.
        required sd: f64,
        /// Time in which the autocorrelation halves; either this or the autocorrelation.
        optional half_life: Hours,
        /// Autocorrelation from one hour to the next, 0 to below 1.
        optional autocorrelation: f64,
    }
}

spec_table! {
    /// Noise without memory.
    pub struct WhiteSpec {
        /// Standard deviation of the logarithm.
        required sd: f64,
    }
}

spec_table! {
    /// Noise of the hours around the expected demand, of mean 1.
    pub struct NoiseSpec {
        /// The part that is forgotten within hours.
        optional fast: PartSpec,
        /// The part that lasts for days.
        optional slow: PartSpec,
        /// The part without memory.
        optional white: WhiteSpec,
        /// The law of an hour's noise: "lognormal", or a table of relative demand.
        optional marginal: MarginalSpec,
    }
}

/// An autoregression with its stationary standard deviation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Part {
    /// Stationary standard deviation of the logarithm.
    pub(super) sd: f64,
    /// Autocorrelation at one hour.
    pub(super) rho: f64,
}

impl Part {
    /// By half-life in hours: ρ = exp(−ln 2 / half-life).
    pub(super) fn by_half_life(sd: f64, hours: f64) -> Self {
        Self { sd, rho: libm::exp(-LN_2 / hours) }
    }

    pub(super) fn resolve(spec: &Field<PartSpec>, reader: &mut Reader) -> Option<Self> {
        let alone =
            exclusive(spec.half_life.as_ref(), spec.autocorrelation.as_ref(), "either the half-life or the autocorrelation", reader);
        let sd = number(&spec.sd, reader, LOG_SD, is_log_sd);
        let rho = match (&spec.half_life, &spec.autocorrelation) {
            (_, Some(rho)) => number(rho, reader, "0 to below 1", |x| (0.0..1.0).contains(&x)),
            (Some(half_life), None) => Some(Self::by_half_life(0.0, half_life.0).rho),
            (None, None) => {
                reader.missing(&spec.at, "half_life", "`half_life`, such as \"2h\", or `autocorrelation`, 0 to below 1");
                None
            }
        };
        let part = Self { sd: sd?, rho: rho? };
        alone.then_some(part)
    }

    /// The step of the recursion and its innovation's standard deviation.
    pub(super) fn innovation(self) -> f64 {
        self.sd * (1.0 - self.rho * self.rho).sqrt()
    }

    /// Turns normals into the path that they drive: the first hour is of the stationary law, the recursion's own weights come after it.
    #[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
    #[inline(always)]
    pub(super) fn follow(self, path: &mut [f64]) {
        let (mut x, mut step) = (0.0, self.sd);
        let innovation = self.innovation();
        for place in path {
            x = self.rho * x + step * *place;
            *place = x;
            step = innovation;
        }
    }
}

/// What [`follow`](Part::follow) makes of two paths, whose steps wait for one another each on its own.
#[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
#[inline(always)]
pub(super) fn follow_both(parts: [Part; 2], [first, second]: [&mut [f64]; 2]) {
    let (mut x, mut y, mut steps) = (0.0, 0.0, parts.map(|part| part.sd));
    let innovations = parts.map(Part::innovation);
    for (a, b) in first.iter_mut().zip(second) {
        x = parts[0].rho * x + steps[0] * *a;
        y = parts[1].rho * y + steps[1] * *b;
        (*a, *b) = (x, y);
        steps = innovations;
    }
}

/// Noise in the logarithm. All parts 0 is no noise.
#[derive(Clone, Debug, Default)]
pub(super) struct Noise {
    pub(super) fast: Part,
    pub(super) slow: Part,
    /// Standard deviation of the white part.
    pub(super) white: f64,
    pub(super) marginal: Option<Marginal>,
}

impl Noise {
    /// Checks the spec; a part left out is none.
    pub(super) fn resolve(spec: &Field<NoiseSpec>, reader: &mut Reader) -> Option<Self> {
        let mut part = |field: &Option<Field<PartSpec>>| field.as_ref().map_or(Some(Part::default()), |field| Part::resolve(field, reader));
        let (fast, slow) = (part(&spec.fast), part(&spec.slow));
        let white = spec.white.as_ref().map_or(Some(0.0), |white| number(&white.sd, reader, LOG_SD, is_log_sd));
        let marginal = if let Some(marginal) = &spec.marginal {
            Marginal::resolve(marginal, reader)
        } else {
            assumed(&spec.at, "marginal", "lognormal", "the parts add in the logarithm", reader);
            Some(None)
        };
        let noise = Self { fast: fast?, slow: slow?, white: white?, marginal: marginal? };
        let sd = noise.variance().sqrt();
        if noise.marginal.is_some() && !(sd > 0.0) {
            reader.refuse(&spec.at, "has a table but no part that varies", "`fast`, `slow` or `white` with an sd above 0");
            return None;
        }
        if sd > 3.0 {
            reader.refuse(&spec.at, format!("has parts with a joint sd of {sd:.2}"), "at most 3");
            return None;
        }
        Some(noise)
    }

    /// Variance of the logarithm.
    pub(super) fn variance(&self) -> f64 {
        self.fast.sd * self.fast.sd + self.slow.sd * self.slow.sd + self.white * self.white
    }

    /// Whether the fast part needs the pair of the hour.
    pub(super) fn has_fast(&self) -> bool {
        self.fast.sd > 0.0
    }

    /// Whether the slow pair is needed.
    pub(super) fn has_slow(&self) -> bool {
        self.slow.sd > 0.0 || self.white > 0.0
    }

    /// Draws one path of the fast part, of the slow one and of the white one, and the hours' count and size normals, each of `counts` hours.
    ///
    /// `first` and `second` are the streams of the two pairs, absent where nothing needs them: their parts are then 0.
    #[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
    #[inline(always)]
    pub(super) fn draw(&self, (first, second): (Option<Stream>, Option<Stream>), paths: &mut [Vec<f64>; 3], counts: &mut [f64]) {
        for path in &mut *paths {
            path.clear();
            path.resize(counts.len(), 0.0);
        }
        let [fast, slow, white] = paths;
        let (has_first, has_second) = (first.is_some(), second.is_some());
        if let Some(mut stream) = first {
            stream.fill_normals(fast, counts);
        }
        if let Some(mut stream) = second {
            stream.fill_normals(slow, white);
        }
        if has_first && has_second {
            follow_both([self.fast, self.slow], [fast, slow]);
        } else if has_first {
            self.fast.follow(fast);
        } else if has_second {
            self.slow.follow(slow);
        }
        if has_second {
            white.iter_mut().for_each(|white| *white *= self.white);
        }
    }

    /// Multiplies `out` by the noise of such paths.
    #[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
    #[inline(always)]
    pub(super) fn apply(&self, [fast, slow, white]: &mut [Vec<f64>; 3], out: &mut [f64]) {
        let variance = self.variance();
        if !(variance > 0.0) {
            return;
        }
        for (log, (slow, white)) in fast.iter_mut().zip(slow.iter().zip(&*white)) {
            *log += slow + white;
        }
        match &self.marginal {
            None => {
                let offset = -0.5 * variance;
                for (out, log) in out.iter_mut().zip(fast) {
                    *out *= exp(*log + offset);
                }
            }
            Some(marginal) => {
                let scale = variance.sqrt().recip();
                out.iter_mut().zip(fast).for_each(|(out, log)| *out *= marginal.at(*log * scale));
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests {
    use super::*;
    use crate::demand::testing::read;
    use crate::random::stream::{Purpose, StreamKey};

    fn path(noise: &Noise, replication: u64, hours: usize) -> Vec<f64> {
        let mut out = vec![1.0; hours];
        let first = StreamKey::new(5, Purpose::Noise, "a").replication(replication);
        let second = StreamKey::new(5, Purpose::NoiseSlow, "a").replication(replication);
        let mut paths = Default::default();
        noise.draw((Some(first), Some(second)), &mut paths, &mut vec![0.0; hours]);
        noise.apply(&mut paths, &mut out);
        out
    }

    /// Autocorrelation of the log at lags 1, 6, 24 and 72 against Σ sdᵢ² ρᵢ^lag / Σ sd². Each replication gives the mean over hours of the
    /// centred products (the true mean of the log is known), so the standard error over independent replications is exact.
    #[test]
    fn two_scales_reproduce_their_autocorrelation() {
        let noise = Noise { fast: Part::by_half_life(0.45, 2.0), slow: Part::by_half_life(0.47, 48.0), white: 0.15, marginal: None };
        let (hours, n) = (400, 1500);
        let paths: Vec<Vec<f64>> =
            (0..n).map(|r| path(&noise, r, hours).into_iter().map(|x| libm::log(x) + 0.5 * noise.variance()).collect()).collect();
        for lag in [0, 1, 6, 24, 72] {
            let part = |part: Part| part.sd * part.sd * libm::pow(part.rho, lag as f64);
            let want = part(noise.fast) + part(noise.slow) + if lag == 0 { 0.15 * 0.15 } else { 0.0 };
            let each: Vec<f64> =
                paths.iter().map(|x| x.iter().zip(&x[lag..]).map(|(a, b)| a * b).sum::<f64>() / (hours - lag) as f64).collect();
            let mean = each.iter().sum::<f64>() / n as f64;
            let variance = each.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1) as f64;
            let se = (variance / n as f64).sqrt();
            assert!((mean - want).abs() < 5.0 * se, "lag {lag}: {mean} against {want} ± {se}");
            assert!(se < 0.02 * noise.variance(), "lag {lag}: too wide to see a fault");
        }
    }

    /// Mean 1 in the first and in a later hour: the path starts stationary.
    #[test]
    fn every_hour_has_mean_one() {
        let noise = Noise { fast: Part { sd: 0.4, rho: 0.95 }, ..Noise::default() };
        let n = 40_000;
        let mut sums = [0.0; 3];
        for r in 0..n {
            let x = path(&noise, r, 30);
            sums.iter_mut().zip([x[0], x[1], x[29]]).for_each(|(sum, x)| *sum += x);
        }
        let se = (libm::expm1(0.16) / n as f64).sqrt();
        for sum in sums {
            assert!((sum / n as f64 - 1.0).abs() < 4.0 * se, "{sums:?}");
        }
    }

    #[test]
    fn parts_are_checked() {
        let errors = |text: &str| {
            let (spec, mut reader) = read::<NoiseSpec>(text);
            assert!(Noise::resolve(&spec, &mut reader).is_none(), "{text}");
            reader.finish().unwrap_err().diagnostics().len()
        };
        assert_eq!(errors("fast = { sd = 0.2 }"), 1);
        assert_eq!(errors("fast = { sd = -0.2, autocorrelation = 1 }\nslow = { sd = 4, half_life = \"2h\" }"), 3);
        assert_eq!(errors("fast = { sd = 0.2, half_life = \"2h\", autocorrelation = 0.9 }"), 1);
        assert_eq!(errors("marginal = { quantiles = [1, 2] }"), 1);
        let (spec, mut reader) = read::<NoiseSpec>("fast = { sd = 0.2, half_life = \"2h\" }");
        assert!((Noise::resolve(&spec, &mut reader).unwrap().fast.rho - 0.5_f64.sqrt()).abs() < 1e-15);
    }
}
