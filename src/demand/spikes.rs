//! Spikes: sudden rises that start at random, last a geometric number of hours and have a random height.

use super::check::{LOG_SD, assumed, exclusive, is_log_sd, law, number};
use crate::random::law::Law;
use crate::random::normal::ln_unit;
use crate::random::stream::Stream;
use crate::spec::{At, Field, Reader};
use crate::units::{EventRate, Hours};
use crate::{spec_choice, spec_table, spec_words};
use std::ops::Range;

mod fit;
mod places;
mod tilted;

pub(super) use fit::Evidence;
pub(super) use places::Places;
pub(super) use tilted::Tilted;
pub use tilted::{SpikePath, SpikeTilt};

spec_table! {
    /// A lognormal height.
    pub struct LogNormalSizeSpec {
        /// Median of the height; either this or the mean.
        optional median: f64,
        /// Mean of the height; either this or the median.
        optional mean: f64,
        /// Standard deviation of the height's logarithm.
        required sigma: f64,
    }
}

spec_table! {
    /// A Pareto height; its tail needs a cap or an alpha above 2.
    pub struct ParetoSizeSpec {
        /// The smallest height; or the median, or the mean before the cap.
        optional scale: f64,
        /// The median height.
        optional median: f64,
        /// The mean height before the cap; needs an alpha above 1.
        optional mean: f64,
        /// Exponent of the tail.
        required alpha: f64,
        /// The largest height.
        optional cap: f64,
    }
}

spec_choice! {
    /// The height of a spike: demand is multiplied by 1 + height.
    pub enum SizeSpec by "law" {
        /// Lognormal.
        "lognormal" => LogNormal(LogNormalSizeSpec),
        /// Pareto.
        "pareto" => Pareto(ParetoSizeSpec),
    }
}

spec_words! {
    /// What spikes do to the mean.
    pub enum SpikeMean {
        /// They come on top.
        "added" => Added,
        /// The rest is lowered so that the mean stays.
        "kept" => Kept,
    }
}

spec_table! {
    /// Spikes of demand.
    pub struct SpikesSpec {
        /// How often one starts while none is on; either this or the probability.
        optional rate: EventRate,
        /// Chance that one starts in an hour in which none is on.
        optional probability: f64,
        /// Mean length, at least 1 h; lengths are geometric.
        required duration: Hours,
        /// The height.
        required size: SizeSpec,
        /// What they do to the mean: "added" or "kept".
        optional mean: SpikeMean,
    }
}

/// Spikes on a path: while one is on, demand is multiplied by 1 + its height.
///
/// The gaps between spikes are geometric: G idle hours have chance (1 − p)^G p, so after an end the next hour may start a new one, and p
/// is the chance of a start in every hour in which none is on. The first hour is drawn from the stationary law: on with chance
/// d / (d + (1 − p) / p). A gap takes one uniform, a length one uniform, a height one pair of normals or one uniform.
#[derive(Clone, Debug)]
pub(super) struct Spikes {
    pub(super) start: f64,
    pub(super) size: Law,
    /// Mean hours.
    length: f64,
    /// 1 / ln(1 − p) of the start in an idle hour and of the end in an hour that is not.
    pub(super) per_gap: f64,
    pub(super) per_length: f64,
    /// Share of the hours with a spike.
    pub(super) share: f64,
    /// 1, or the factor below it that keeps the mean.
    base: f64,
}

impl Spikes {
    /// Checks the spec.
    pub(super) fn resolve(spec: &Field<SpikesSpec>, reader: &mut Reader) -> Option<Self> {
        let alone = exclusive(spec.rate.as_ref(), spec.probability.as_ref(), "either the rate or the probability", reader);
        let start = match (&spec.rate, &spec.probability) {
            (_, Some(probability)) => number(probability, reader, "a probability from 0 to below 1", |x| (0.0..1.0).contains(&x)),
            // Poisson starts: the chance of at least one in an hour.
            (Some(rate), None) if rate.per_hour <= 10.0 => Some(-libm::expm1(-rate.per_hour)),
            (Some(rate), None) => {
                reader.refuse(&rate.at, "is out of range", "at most 10/h");
                None
            }
            (None, None) => {
                reader.missing(&spec.at, "rate", "`rate`, such as \"3/week\", or `probability` of a start in an idle hour");
                None
            }
        };
        let length = law(Law::geometric(spec.duration.0), &spec.duration.at, reader);
        let size = Self::size(&spec.size, reader);
        let kept = match &spec.mean {
            Some(mean) => mean.value,
            None => assumed(&spec.at, "mean", SpikeMean::Added, "spikes come on top of the stated level", reader),
        };
        let (start, length, size) = (start?, length?, size?);
        alone.then(|| Self::new(start, &length, size, kept == SpikeMean::Kept))
    }

    fn size(spec: &Field<SizeSpec>, reader: &mut Reader) -> Option<Law> {
        match &spec.value {
            SizeSpec::LogNormal(size) => {
                let alone = exclusive(size.median.as_ref(), size.mean.as_ref(), "either the median or the mean", reader);
                let sigma = number(&size.sigma, reader, LOG_SD, is_log_sd)?;
                let made = match (&size.median, &size.mean) {
                    (Some(median), _) => law(Law::lognormal_by_median(median.value, sigma), &median.at, reader),
                    (None, Some(mean)) => law(Law::lognormal_by_mean(mean.value, sigma), &mean.at, reader),
                    (None, None) => {
                        reader.missing(&spec.at, "median", "`median` or `mean`, a number above 0");
                        None
                    }
                };
                made.filter(|_| alone)
            }
            SizeSpec::Pareto(size) => Self::pareto(size, &spec.at, reader),
        }
    }

    fn pareto(size: &ParetoSizeSpec, at: &At, reader: &mut Reader) -> Option<Law> {
        let cap = size.cap.as_ref().map(|cap| cap.value);
        let alpha = size.alpha.value;
        // Of x = scale / u^(1/α) the median is scale × 2^(1/α) and the mean scale × α / (α − 1).
        let (stated, scale) = match (&size.scale, &size.median, &size.mean) {
            (Some(scale), None, None) => (scale, scale.value),
            (None, Some(median), None) => (median, median.value / libm::pow(2.0, 1.0 / alpha)),
            (None, None, Some(mean)) if alpha > 1.0 => (mean, mean.value * (alpha - 1.0) / alpha),
            (None, None, Some(mean)) => {
                reader.refuse(&mean.at, "does not exist: a Pareto law of so small an alpha has no mean", "an alpha above 1, or the median");
                return None;
            }
            _ => {
                reader.refuse(at, "must say how large a spike is, once", "exactly one of scale, median and mean");
                return None;
            }
        };
        let place = if cap.is_none() && stated.value > 0.0 { &size.alpha.at } else { &stated.at };
        law(Law::pareto(scale, alpha, cap), place, reader)
    }

    /// `start` in [0, 1), a geometric length, a height; with `kept` the mean stays 1.
    pub(super) fn new(start: f64, length: &Law, size: Law, kept: bool) -> Self {
        let hours = length.mean();
        let inverse = |p: f64| libm::log1p(-p).recip();
        let share = if start > 0.0 { hours / (hours + (1.0 - start) / start) } else { 0.0 };
        let (per_gap, per_length) = (inverse(start), inverse(hours.recip()));
        let mut spikes = Self { start, size, length: hours, per_gap, per_length, share, base: 1.0 };
        if kept {
            spikes.base = 1.0 / spikes.mean();
        }
        spikes
    }

    /// The mean factor of every hour.
    pub(super) fn mean(&self) -> f64 {
        self.base * (1.0 + self.share * self.size.mean())
    }

    /// The factor on every hour, spike or not: 1, or below it where spikes keep the mean.
    pub(super) fn base(&self) -> f64 {
        self.base
    }

    /// Multiplies `out` by one path.
    pub(super) fn apply(&self, stream: &mut Stream, out: &mut [f64]) {
        self.apply_base(out);
        self.each(stream, out.len(), |spike, factor| out[spike].iter_mut().for_each(|x| *x *= factor));
    }

    fn apply_base(&self, out: &mut [f64]) {
        if self.base < 1.0 {
            for x in &mut *out {
                *x *= self.base;
            }
        }
    }

    /// Tells the spikes of one path of so many hours: the hours of each, none of them empty, and its factor.
    pub(super) fn each(&self, stream: &mut Stream, hours: usize, mut tell: impl FnMut(Range<usize>, f64)) {
        if !(self.start > 0.0) {
            return;
        }
        // Where the first hour is idle, its gap has that hour and then as many more as any other gap.
        let mut gap = if stream.uniform() < self.share { 0.0 } else { 1.0 + self.gap(stream) };
        let mut at = 0;
        loop {
            let start = at + (gap as usize).min(hours - at);
            if start == hours {
                return;
            }
            // A geometric length: that of the law, whose own quantile would take the logarithm of its mean each time.
            let length = (ln_unit(1.0 - stream.uniform()) * self.per_length).ceil().max(1.0) as usize;
            let factor = 1.0 + self.size.sample(stream);
            at = start + length.min(hours - start);
            tell(start..at, factor);
            gap = self.gap(stream);
        }
    }

    /// Idle hours after a spike: 0, 1, 2, … with chance (1 − p)^G p.
    fn gap(&self, stream: &mut Stream) -> f64 {
        (ln_unit(stream.uniform()) * self.per_gap).floor()
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests {
    use super::*;
    use crate::demand::testing::read;
    use crate::random::stream::{Purpose, StreamKey};

    /// Share of hours with a spike and the mean factor, in the first and a late hour, against their closed forms.
    #[test]
    fn stationary_with_the_stated_mean() {
        for kept in [false, true] {
            let spikes = Spikes::new(0.03, &Law::geometric(4.0).unwrap(), Law::lognormal_by_median(0.8, 0.6).unwrap(), kept);
            let key = StreamKey::new(3, Purpose::Spikes, "a");
            let n = 40_000_u64;
            let mut sums = [0.0; 2];
            let mut on = [0.0; 2];
            for r in 0..n {
                let mut x = [1.0; 50];
                spikes.apply(&mut key.replication(r), &mut x);
                for (i, t) in [0, 49].into_iter().enumerate() {
                    sums[i] += x[t];
                    on[i] += f64::from(x[t] > 1.0);
                }
            }
            let share = 4.0 / (4.0 + 0.97 / 0.03);
            let mean_size = 0.8 * libm::exp(0.18);
            let want = if kept { 1.0 } else { 1.0 + share * mean_size };
            assert!((spikes.mean() - want).abs() < 1e-12);
            let second = 0.64 * libm::exp(0.72);
            let se = (share * second / n as f64).sqrt();
            for i in 0..2 {
                assert!((sums[i] / n as f64 - want).abs() < 4.0 * se, "{sums:?}");
                if !kept {
                    assert!((on[i] / n as f64 - share).abs() < 4.0 * (share * (1.0 - share) / n as f64).sqrt());
                }
            }
        }
    }

    /// In an hour after an idle one, a spike starts with the stated probability.
    #[test]
    fn starts_have_the_stated_probability() {
        let spikes = Spikes::new(0.2, &Law::geometric(3.0).unwrap(), Law::constant(1.0).unwrap(), false);
        let mut x = vec![1.0; 400_000];
        spikes.apply(&mut StreamKey::new(3, Purpose::Spikes, "b").replication(0), &mut x);
        let idle = x.windows(2).filter(|w| w[0] == 1.0).count() as f64;
        let starts = x.windows(2).filter(|w| w[0] == 1.0 && w[1] > 1.0).count() as f64;
        assert!((starts / idle - 0.2).abs() < 4.0 * (0.16 / idle).sqrt(), "{}", starts / idle);
    }

    #[test]
    fn heavy_tails_need_a_cap() {
        let errors = |text: &str| {
            let (spec, mut reader) = read::<SpikesSpec>(text);
            assert!(Spikes::resolve(&spec, &mut reader).is_none(), "{text}");
            reader.finish().unwrap_err().to_string()
        };
        let pareto = |rest: &str| format!("rate = \"3/week\"\nduration = \"2h\"\nsize = {{ law = \"pareto\", scale = 1, {rest} }}");
        assert!(errors(&pareto("alpha = 1.5")).contains("above 2 unless there is a cap"));
        assert!(errors("duration = \"30 min\"\nsize = { law = \"lognormal\", sigma = 0.5 }").matches("level.").count() == 3);
        let (spec, mut reader) = read::<SpikesSpec>(&pareto("alpha = 1.5, cap = 10"));
        assert!(Spikes::resolve(&spec, &mut reader).is_some());
    }
}
