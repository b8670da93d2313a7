//! What the tokens of a workload's hours are made of, where a number or two of an hour tell it.

use crate::demand::noise::Part;
use crate::demand::requests::Counts;
use crate::demand::source::Source;
use crate::demand::tokens::Form;
use crate::demand::{Workload, totals};
use crate::units::ByClass;

/// What one token of a workload is made of, where every hour has the same mix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SteadyMix {
    /// Share of each class.
    pub classes: ByClass,
    /// Requests for each token.
    pub requests: f64,
}

/// What tokens of a workload are made of, where an hour has so many of prompts and so many of answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SplitMix {
    /// Shares of the classes in a token of prompts and in one of answers.
    pub classes: [ByClass; 2],
    /// Mean tokens of a request: its prompt and its answer.
    pub means: [f64; 2],
    /// Times the requests that are expected of an hour: variance of the difference of its prompts and its answers, each relative to its
    /// mean.
    pub variation: f64,
}

/// Variances of the logarithm of an hour's tokens within a replication.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct HourVariance {
    /// Given the hours before.
    pub(crate) step: f64,
    /// In all.
    pub(crate) all: f64,
}

impl SplitMix {
    /// The mean mix.
    #[must_use]
    pub fn mean(&self) -> SteadyMix {
        let requests = (self.means[0] + self.means[1]).recip();
        let classes = self.classes[0] * (self.means[0] * requests) + self.classes[1] * (self.means[1] * requests);
        SteadyMix { classes, requests }
    }
}

impl Workload {
    /// The mix of every hour, where all have the same and requests are their tokens over the mean size; `None` elsewhere.
    #[must_use]
    pub fn steady_mix(&self) -> Option<SteadyMix> {
        let sizes = &self.sizes;
        let steady = match self.counts {
            Counts::None => true,
            Counts::Random { .. } => matches!(sizes.form, Form::Total { .. }) && self.is_matched(),
        };
        let steady = steady && !matches!(self.source, Source::Recorded(_)) && sizes.drift.is_none();
        steady.then(|| SteadyMix { classes: sizes.mix(), requests: sizes.mean().recip() })
    }

    /// What prompts and answers are made of, where an hour is a number of each and requests are their sum over the mean size; `None`
    /// elsewhere, and where the mix is steady.
    #[must_use]
    pub fn split_mix(&self) -> Option<SplitMix> {
        let sizes = &self.sizes;
        let Form::Split { input, output, joint, .. } = &sizes.form else { return None };
        let random = matches!(self.counts, Counts::Random { .. }) && !matches!(self.source, Source::Recorded(_));
        (random && sizes.drift.is_none() && self.is_matched()).then(|| SplitMix {
            classes: [sizes.classes(1.0, 0.0), sizes.classes(0.0, 1.0)],
            means: [input.mean, output.mean],
            variation: (input.cv2 + output.cv2 - 2.0 * (joint - 1.0)).max(0.0),
        })
    }

    /// How its hours vary around their means within a replication, where counts and sizes are those of the largest hour.
    pub(crate) fn hour_variance(&self) -> HourVariance {
        let noise = &self.noise;
        let largest = self.mean.iter().copied().fold(0.0, f64::max);
        let counts = match self.counts {
            Counts::Random { overdispersion } if largest > 0.0 => (1.0 + self.sizes.cv2()) * self.sizes.mean() / largest + overdispersion,
            _ => 0.0,
        };
        let step = |part: Part| part.innovation() * part.innovation();
        let step = step(noise.fast) + step(noise.slow) + noise.white * noise.white + counts;
        HourVariance { step, all: noise.variance() + counts }
    }

    /// Whether every hour holds so many requests that its tokens are moment-matched.
    fn is_matched(&self) -> bool {
        let sizes = &self.sizes;
        self.mean.iter().all(|&mean| !(mean > 0.0) || totals::is_matched(mean / sizes.mean(), sizes.cv2()))
    }
}
