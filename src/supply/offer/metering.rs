//! How an offer counts what is asked of it: over which window, how the window fills again, and what a request holds while it runs.
//!
//! **Windows.** Limits are rates, and a vendor looks at them over a span of time: a minute (Bedrock's tokens per minute, OpenAI), a second or
//! ten (Azure's requests per minute), 30 s or from 120 s down to 1 s with more units (Vertex, "the window shrinks with GSU"). A window that
//! fills *at once* begins with its whole quota (Azure: "counter reset each minute"); one that fills *steadily* is a bucket that holds a
//! window's worth at most (Anthropic's token bucket; Azure PTU's leaky bucket, seen from the other side). Bedrock documents neither.
//!
//! **Holds.** Bedrock deducts input + cache write + `max_tokens` when a request starts and settles to input + cache write + output ×
//! burndown when it ends ("Quota token burndown", AWS; `max_tokens` without the burndown, though one third party says with it: the weight is
//! a key). Azure PTU and Vertex GSU estimate at the start and correct at the end; Azure standard and OpenAI count prompt + `max_tokens` and
//! never correct. While it runs a request holds h = prompt + weight × `max_tokens`, so at any time
//!
//! settled in this window + h × requests running ≤ quota of the window.
//!
//! Requests that come at a steady rate λ and run for S seconds keep λ S running, and at the end of a window of w seconds the left side is
//! λ (w × settled + S h). So on average a request counts as **settled + h S / w** tokens, which is what [`Hold::extra`] adds to the settled
//! ones: that is what units count and what the peak shows. How many requests a quota refuses depends on how many are in flight by chance, and
//! on how they end: `supply/flight.rs`. With S ≥ w the hold alone bounds how many run at a time: 200 000 tokens a minute let 2 requests of
//! 80 000 held tokens run.

use crate::spec::{At, Field, Reader};
use crate::units::{ByClass, Hours, TokenRate};
use crate::{spec_table, spec_words};

spec_words! {
    /// How a window's quota comes back.
    pub enum Refill {
        /// All at once, at the start of each window.
        "at once" => AtOnce,
        /// Steadily: a bucket that holds a window's worth at most.
        "steadily" => Steadily,
    }
}

spec_words! {
    /// When what a request holds becomes what it used.
    pub enum Settles {
        /// When it ends.
        "at the end" => AtTheEnd,
        /// Never: what was estimated at the start is what counts.
        "never" => Never,
    }
}

spec_table! {
    /// What a request counts for from its start until its output is known.
    pub struct HoldSpec {
        /// How much a token of max_tokens counts at the start; some vendors multiply it by the output's weight, most do not.
        optional max_tokens_weight: f64,
        /// The max_tokens of requests whose workload names none: the model's own maximum.
        optional unset_max_tokens: f64,
        /// Time until the first token of an answer.
        optional first_token: Hours,
        /// Output tokens that one request gets per time.
        optional speed: TokenRate,
        /// When what is held becomes what was used: "at the end" of a request, or "never".
        optional settles: Settles,
    }
}

/// How an offer counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metering {
    /// The span of time `[s]` over which its limit holds: a divisor of an hour, >= 1.
    pub window: u32,
    /// Whether the quota comes back steadily, rather than all at once at the start of a window.
    pub steady: bool,
    /// What requests hold while they run.
    pub hold: Option<Hold>,
}

/// What a request counts for from its start until its output is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hold {
    /// How much a token of `max_tokens` counts at the start, >= 0.
    pub max_tokens_weight: f64,
    /// The `max_tokens` of requests whose workload names none.
    pub unset_max_tokens: Option<f64>,
    /// Time until the first token `[s]`, >= 0.
    pub first_token: f64,
    /// Output tokens per second of one request, > 0; unused where nothing settles.
    pub speed: f64,
    /// Whether the hold becomes what was used when the request ends.
    pub settles: bool,
}

impl Metering {
    /// Windows of a minute that fill at once, and no holds.
    pub const MINUTE: Self = Self { window: 60, steady: false, hold: None };

    /// Checks the three keys that quotas and units have alike.
    pub(super) fn resolve(
        window: Option<&Field<Hours>>,
        refill: Option<&Field<Refill>>,
        hold: Option<&Field<HoldSpec>>,
        reader: &mut Reader,
    ) -> Option<Self> {
        let window = window.map_or(Some(60), |window| seconds(window, reader));
        let hold = hold.map_or(Some(None), |hold| Hold::resolve(hold, reader).map(Some));
        Some(Self { window: window?, steady: refill.is_some_and(|refill| refill.value == Refill::Steadily), hold: hold? })
    }
}

/// A window in whole seconds that divides an hour, so that windows begin with the hours.
pub(super) fn seconds(window: &Field<Hours>, reader: &mut Reader) -> Option<u32> {
    let seconds = 3600.0 * window.0;
    let whole = seconds.round();
    if (seconds - whole).abs() < 1e-6 && (1.0..=3600.0).contains(&whole) && 3600 % whole as u32 == 0 {
        return Some(whole as u32);
    }
    reader.refuse(&window.at, "is no window", "whole seconds that divide an hour, from 1 s to 1 h, such as 1, 10, 30, 60 or 120 s");
    None
}

impl Hold {
    fn resolve(spec: &Field<HoldSpec>, reader: &mut Reader) -> Option<Self> {
        let at = &spec.at;
        let weight = match &spec.max_tokens_weight {
            None => {
                reader.assumed(at.key("max_tokens_weight"), 1, "AWS's own sample and documents hold plain max_tokens");
                Some(1.0)
            }
            Some(weight) => within(weight, (0.0, 1e6), "a weight from 0 to 1000000", reader),
        };
        let unset = match &spec.unset_max_tokens {
            None => Some(None),
            Some(most) => within(most, (1.0, 1e9), "a number of tokens from 1 to 1e9", reader).map(Some),
        };
        let settles = match &spec.settles {
            Some(settles) => settles.value == Settles::AtTheEnd,
            None => {
                reader.assumed(at.key("settles"), Settles::AtTheEnd, "what is held comes back when the answer is known");
                true
            }
        };
        let speed = match &spec.speed {
            Some(speed) if speed.per_hour > 0.0 => Some(speed.per_hour / 3600.0),
            Some(speed) => {
                reader.refuse(&speed.at, "is not above zero", "output tokens per time, such as \"60 tokens/s\"");
                None
            }
            None if settles => {
                reader.missing(at, "speed", "output tokens that one request gets per time, such as \"60 tokens/s\": holds last as long");
                None
            }
            None => Some(f64::INFINITY),
        };
        let first_token = match &spec.first_token {
            Some(first) => Some(3600.0 * first.0),
            None if settles => {
                reader.assumed(at.key("first_token"), "0 s", "nothing said: a hold lasts as long as the output");
                Some(0.0)
            }
            None => Some(0.0),
        };
        Some(Self { max_tokens_weight: weight?, unset_max_tokens: unset?, first_token: first_token?, speed: speed?, settles })
    }

    /// The `max_tokens` that count for a workload's requests.
    #[must_use]
    pub fn max_tokens(&self, stated: Option<f64>) -> Option<f64> {
        stated.or(self.unset_max_tokens)
    }

    /// Weighted tokens that one request of these mean tokens holds while it runs.
    #[must_use]
    pub fn held(&self, tokens: &ByClass, weights: &ByClass, max_tokens: f64) -> f64 {
        ByClass { output: 0.0, ..*tokens }.dot(weights) + self.max_tokens_weight * max_tokens
    }

    /// Seconds that a request of so many output tokens runs.
    #[must_use]
    pub fn runs(&self, output: f64) -> f64 {
        self.first_token + output / self.speed
    }

    /// What counts beside the settled tokens, in weighted tokens, of `requests` that ask for `tokens` in all: see the module.
    ///
    /// `covariance` is that of prompt and output over the product of their means: long prompts with long outputs are held for longer.
    /// Below 0 where nothing settles and `max_tokens` counts less than the output would.
    #[must_use]
    pub fn extra(&self, requests: f64, tokens: &ByClass, weights: &ByClass, max_tokens: f64, covariance: f64, window: f64) -> f64 {
        if !(requests > 0.0) {
            return 0.0;
        }
        // An axis that does not count output does not hold it either.
        let most = if weights.output > 0.0 { requests * self.max_tokens_weight * max_tokens } else { 0.0 };
        if !self.settles {
            return most - tokens.output * weights.output;
        }
        let prompt = ByClass { output: 0.0, ..*tokens }.dot(weights);
        let output = tokens.output / requests;
        (most * self.runs(output) + prompt * self.runs(output * (1.0 + covariance))) / window
    }
}

fn within(field: &Field<f64>, (low, high): (f64, f64), allowed: &str, reader: &mut Reader) -> Option<f64> {
    if (low..=high).contains(&field.value) {
        return Some(field.value);
    }
    reader.refuse(&field.at, "is out of range", allowed);
    None
}

/// Where a hold needs a `max_tokens` that nobody states.
pub(crate) fn refuse_without_max_tokens(at: &At, workload: &str, offer: &str, reader: &mut Reader) {
    let message = format!("routes `{workload}` to `{offer}`, which holds max_tokens, and the workload states none");
    reader.refuse(at, message, "`max_tokens` in the workload's `tokens`, or `unset_max_tokens` in the offer's `hold`");
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: ByClass = ByClass { input: 1.0, cache_read: 0.0, cache_write: 1.0, output: 5.0 };

    fn hold(first_token: f64, speed: f64) -> Hold {
        Hold { max_tokens_weight: 1.0, unset_max_tokens: None, first_token, speed, settles: true }
    }

    /// AWS's sample (aws-quota-21): 1 000 in and `max_tokens` of 64 000 hold 65 000, of which 100 out settle to 1 500.
    #[test]
    fn what_a_request_holds() {
        let tokens = ByClass { input: 1000.0, output: 100.0, ..ByClass::ZERO };
        let hold = hold(0.0, 50.0);
        assert!((hold.held(&tokens, &WEIGHTS, 64_000.0) - 65_000.0).abs() < 1e-9);
        assert!((tokens.dot(&WEIGHTS) - 1500.0).abs() < 1e-9);
        // Two seconds of a minute: 65 000 / 30 beside the 1 500.
        let extra = hold.extra(1.0, &tokens, &WEIGHTS, 64_000.0, 0.0, 60.0);
        assert!((extra - 65_000.0 / 30.0).abs() < 1e-9, "{extra}");
    }

    /// Requests in flight (aws-quota-24): 48 000 in and 32 000 of `max_tokens` against 200 000 a minute leave room for two and a half, that is two.
    #[test]
    fn holds_bound_what_runs_at_a_time() {
        let tokens = ByClass { input: 48_000.0, output: 1.0, ..ByClass::ZERO };
        // Requests that run for far longer than a minute: what settles in it does not matter.
        let hold = hold(1e7, 1e9);
        let rate = 200_000.0 / hold.extra(1.0, &tokens, &WEIGHTS, 32_000.0, 0.0, 60.0);
        let running = rate * hold.runs(1.0) / 60.0;
        assert!((running - 2.5).abs() < 1e-6 && (hold.held(&tokens, &WEIGHTS, 32_000.0) - 80_000.0).abs() < 1e-9, "{running}");
    }

    /// Azure standard counts prompt + `max_tokens` and leaves it at that.
    #[test]
    fn what_never_settles() {
        let hold = Hold { settles: false, ..hold(0.0, f64::INFINITY) };
        let tokens = ByClass { input: 30_000.0, output: 4000.0, ..ByClass::ZERO };
        let extra = hold.extra(10.0, &tokens, &ByClass::ONE, 1024.0, 0.0, 60.0);
        assert!((tokens.total() + extra - (30_000.0 + 10_240.0)).abs() < 1e-9);
        assert!(hold.extra(0.0, &ByClass::ZERO, &ByClass::ONE, 1024.0, 0.0, 60.0) == 0.0);
    }
}
