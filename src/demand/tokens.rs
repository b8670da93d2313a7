//! Tokens of a request by class: the spec, its checks, and how prompt and output become classes.

use super::check::{LOG_SD, assumed, exclusive, is_log_sd, number, number_or};
use super::kind::{self, Kind};
use super::noise::Part;
use super::size::{RequestSizeSpec, Size};
use crate::random::law::Law;
use crate::spec::{At, Field, OffOr, Reader};
use crate::spec_table;
use crate::units::{ByClass, Hours, Share};

spec_table! {
    /// A slow drift of the mean tokens a request; the means over all futures stay.
    pub struct DriftSpec {
        /// Standard deviation of the logarithm of the mean input (of the mean total, where only totals are given).
        optional input_sd: f64,
        /// Standard deviation of the logarithm of the mean output.
        optional output_sd: f64,
        /// Time in which its autocorrelation halves.
        optional half_life: Hours,
    }
}

spec_table! {
    /// Tokens of a request: input and output apart, or their total with a share of output.
    pub struct TokensSpec {
        /// Prompt tokens a request, cached ones included.
        optional input: RequestSizeSpec,
        /// Output tokens a request, before max_tokens cuts them.
        optional output: RequestSizeSpec,
        /// Correlation of the ranks (normal scores) of a request's input and output, above -1 and below 1.
        optional correlation: f64,
        /// The largest output a request may have.
        optional max_tokens: f64,
        /// Mean tokens a request in total, instead of input and output.
        optional mean: f64,
        /// Coefficient of variation of the total.
        optional cv: f64,
        /// 95th percentile of the total, for the lognormal law.
        optional p95: f64,
        /// The law of the total.
        optional law: super::size::SizeLaw,
        /// Share of the total that is output.
        optional output_share: Share,
        /// Share of the prompt tokens that are read from the cache.
        optional cached_share: Share,
        /// Share of the prompt tokens that are written to the cache.
        optional cache_write_share: Share,
        /// A drift of the mean sizes, or "off".
        optional drift: OffOr<DriftSpec>,
    }
}

/// How a request's tokens are drawn.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// One size, a fixed share of which is output.
    Total {
        /// All tokens of a request.
        size: Size,
        /// Share of output.
        output: f64,
    },
    /// Input and output apart.
    Split {
        /// Prompt tokens.
        input: Size,
        /// Output tokens after the cap.
        output: Size,
        /// Correlation of their normal ranks.
        correlation: f64,
        /// E\[XY\] / (E X E Y).
        joint: f64,
    },
}

/// The sizes of a workload's requests.
#[derive(Clone, Debug)]
pub(super) struct Sizes {
    pub(super) form: Form,
    /// Autocorrelation of the drift at one hour; `None` where the means stay.
    pub(super) drift: Option<f64>,
    cached: f64,
    written: f64,
}

impl Sizes {
    /// An output that few requests exceed `[tokens]`.
    pub(super) fn long_output(&self) -> f64 {
        match &self.form {
            Form::Total { size, output } => output * size.long(),
            Form::Split { output, .. } => output.long(),
        }
    }

    /// Which token classes can occur, in the order of [`crate::units::CLASSES`].
    pub(super) fn possible(&self) -> [bool; 4] {
        let output = match &self.form {
            Form::Total { output, .. } => *output,
            Form::Split { .. } => 0.5,
        };
        self.classes(1.0 - output, output).to_array().map(|tokens| tokens > 0.0)
    }

    /// One input token a request: for demand that comes as tokens without requests.
    pub(super) fn tokens_alone() -> Option<Self> {
        let size = Size::new(Law::constant(1.0).ok()?, f64::INFINITY, 0.0);
        Some(Self { form: Form::Total { size, output: 0.0 }, drift: None, cached: 0.0, written: 0.0 })
    }

    /// Whether a request is one token, always.
    pub(super) fn is_tokens_alone(&self) -> bool {
        matches!(&self.form, Form::Total { size, .. } if size.mean.to_bits() == 1.0_f64.to_bits() && size.cv2 == 0.0)
    }

    /// Has so much more of each prompt read from the cache, in place of fresh tokens, or less: as far as there are such.
    pub(super) fn cache_more(&mut self, share: f64) {
        let (down, up) = self.cache_room();
        self.cached += share.clamp(-down, up);
    }

    /// By how much of each prompt the part that is read from the cache can fall, and rise.
    pub(super) fn cache_room(&self) -> (f64, f64) {
        (self.cached, (1.0 - self.cached - self.written).max(0.0))
    }

    /// Checks the spec.
    pub(super) fn resolve(spec: &Field<TokensSpec>, kind: Option<Kind>, reader: &mut Reader) -> Option<Self> {
        let at = &spec.at;
        let split = spec.input.is_some() || spec.output.is_some();
        let drift = Drift::resolve(spec.drift.as_ref(), kind, split, at, reader);
        let share = |field: &Option<Field<Share>>| field.as_ref().map_or(0.0, |share| share.0);
        let (cached, written) = (share(&spec.cached_share), share(&spec.cache_write_share));
        for (field, key) in [(&spec.cached_share, "cached_share"), (&spec.cache_write_share, "cache_write_share")] {
            if field.is_none() {
                assumed(at, key, Share(0.0), "not given: all prompt tokens are fresh", reader);
            }
        }
        if let Some(field) = spec.cache_write_share.as_ref().filter(|_| cached + written > 1.0) {
            reader.refuse(&field.at, "is too much beside cached_share", "shares that sum to at most 1");
            return None;
        }
        let form = if split { Self::split(spec, kind, drift, reader) } else { Self::total(spec, kind, drift, reader) };
        Some(Self { form: form?, drift: drift?.rho(), cached, written })
    }

    fn split(spec: &Field<TokensSpec>, kind: Option<Kind>, drift: Option<Drift>, reader: &mut Reader) -> Option<Form> {
        for field in [&spec.mean, &spec.cv, &spec.p95].into_iter().flatten() {
            reader.refuse(&field.at, "is about a total", "either `input` and `output`, or a total");
        }
        if let Some(field) = &spec.output_share {
            reader.refuse(&field.at, "is about a total", "either `input` and `output`, or a total");
        }
        let mut size = |field: &Option<Field<RequestSizeSpec>>, key: &str| {
            if let Some(field) = field {
                return Size::resolve(field, &field.at, kind, reader);
            }
            reader.missing(&spec.at, key, "tokens a request, such as { mean = 400, p95 = 900 }");
            None
        };
        let (input, output) = (size(&spec.input, "input"), size(&spec.output, "output"));
        let correlation = number_or(
            spec.correlation.as_ref(),
            (&spec.at, "correlation"),
            (0.0, "measured on public traces: from -.4 to .34 without a common sign"),
            reader,
            "above -1 and below 1",
            |x| x > -1.0 && x < 1.0,
        );
        let cap = match &spec.max_tokens {
            Some(cap) => number(cap, reader, "at least 1, at most 1e9", |x| (1.0..=1e9).contains(&x)),
            None => Some(f64::INFINITY),
        };
        let (input, output, cap, correlation, drift) = (input?, output?, cap?, correlation?, drift?);
        let input = Size::new(input, f64::INFINITY, drift.input);
        let output = Size::new(output, cap, drift.output);
        let joint = input.joint(&output, correlation);
        Some(Form::Split { input, output, correlation, joint })
    }

    fn total(spec: &Field<TokensSpec>, kind: Option<Kind>, drift: Option<Drift>, reader: &mut Reader) -> Option<Form> {
        for field in [&spec.correlation, &spec.max_tokens].into_iter().flatten() {
            reader.refuse(&field.at, "needs input and output apart", "`input` and `output` beside it");
        }
        let (mean, cv, p95, family) = (spec.mean.clone(), spec.cv.clone(), spec.p95.clone(), spec.law.clone());
        let whole = RequestSizeSpec { mean, p95, cv, sigma: None, law: family, probabilities: Vec::new(), values: Vec::new() };
        let law = Size::resolve(&whole, &spec.at, kind, reader);
        let Some(output) = &spec.output_share else {
            reader.missing(&spec.at, "output_share", "the share of output, such as \"25%\", or `input` and `output` apart");
            return None;
        };
        Some(Form::Total { size: Size::new(law?, f64::INFINITY, drift?.input), output: output.0 })
    }

    /// Mean tokens of a request in total.
    pub(super) fn mean(&self) -> f64 {
        match &self.form {
            Form::Total { size, .. } => size.mean,
            Form::Split { input, output, .. } => input.mean + output.mean,
        }
    }

    /// Squared coefficient of variation of a request's total tokens, without drift.
    pub(super) fn cv2(&self) -> f64 {
        match &self.form {
            Form::Total { size, .. } => size.cv2,
            Form::Split { input, output, joint, .. } => {
                let (x, y) = (input.mean, output.mean);
                let variance = x * x * input.cv2 + y * y * output.cv2 + 2.0 * x * y * (joint - 1.0);
                (variance / ((x + y) * (x + y))).max(0.0)
            }
        }
    }

    /// Mean and squared coefficient of variation of input and output (of the total and of nothing, where they are not apart) in hours whose
    /// drifts' normals are given.
    #[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
    #[inline(always)]
    pub(super) fn at_drifts(&self, [first, second]: [&[f64]; 2], [input, output]: &mut [Vec<(f64, f64)>; 2]) {
        match &self.form {
            Form::Total { size, .. } => {
                size.at_drifts(first, input);
                output.clear();
                output.resize(second.len(), (0.0, 0.0));
            }
            Form::Split { input: prompt, output: answer, .. } => {
                prompt.at_drifts(first, input);
                answer.at_drifts(second, output);
            }
        }
    }

    /// So many prompt and output tokens by class.
    #[inline]
    pub(super) fn classes(&self, prompt: f64, output: f64) -> ByClass {
        let (cache_read, cache_write) = (prompt * self.cached, prompt * self.written);
        ByClass { input: (prompt - cache_read - cache_write).max(0.0), cache_read, cache_write, output }
    }

    /// The mean mix of one token over the classes.
    pub(super) fn mix(&self) -> ByClass {
        match &self.form {
            Form::Total { output, .. } => self.classes(1.0 - output, *output),
            Form::Split { input, output, .. } => {
                let all = input.mean + output.mean;
                self.classes(input.mean / all, output.mean / all)
            }
        }
    }
}

/// The drift of the mean sizes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Drift {
    input: f64,
    output: f64,
    rho: f64,
}

impl Drift {
    fn resolve(spec: Option<&Field<OffOr<DriftSpec>>>, kind: Option<Kind>, split: bool, at: &At, reader: &mut Reader) -> Option<Self> {
        let (input, output, half_life) = kind::DRIFT;
        let spec = match spec {
            None if kind.is_none() => {
                assumed(at, "drift", "off", "no kind of client was said: mean sizes stay", reader);
                return Some(Self::default());
            }
            None => {
                assumed(at, "drift", format!("input_sd {input}, output_sd {output}, half_life {half_life} h"), kind::DRIFT_REASON, reader);
                let output = if split { output } else { 0.0 };
                return Some(Self { input, output, rho: Part::by_half_life(0.0, half_life).rho });
            }
            Some(Field { value: OffOr::Off, .. }) => return Some(Self::default()),
            Some(Field { value: OffOr::On(spec), at }) => (spec, at),
        };
        let (spec, at) = spec;
        let input = number_or(spec.input_sd.as_ref(), (at, "input_sd"), (input, kind::DRIFT_REASON), reader, LOG_SD, is_log_sd);
        let output = if split {
            number_or(spec.output_sd.as_ref(), (at, "output_sd"), (output, kind::DRIFT_REASON), reader, LOG_SD, is_log_sd)
        } else {
            exclusive(
                Some(&Field { value: (), at: at.clone() }),
                spec.output_sd.as_ref(),
                "`input_sd` alone: a total has one drift",
                reader,
            )
            .then_some(0.0)
        };
        let half_life = match &spec.half_life {
            Some(half_life) => half_life.0,
            None => assumed(at, "half_life", Hours(half_life), kind::DRIFT_REASON, reader).0,
        };
        Some(Self { input: input?, output: output?, rho: Part::by_half_life(0.0, half_life).rho })
    }

    fn rho(self) -> Option<f64> {
        (self.input > 0.0 || self.output > 0.0).then_some(self.rho)
    }
}
