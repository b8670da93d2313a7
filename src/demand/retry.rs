//! How clients come back after a throttled request: exponential backoff with jitter, up to a number of attempts.
//!
//! The defaults are those of the AWS SDKs' standard mode: 3 attempts, the i-th of them after a delay uniform between 0 and
//! min(2^(i − 1) s, 20 s) (botocore 1.43.11, `retries/standard.py`). Its legacy mode is 5 attempts with the same delays and no longest one.
//! Azure's and Anthropic's SDKs come back twice unless told otherwise.

use super::check::{assumed, number_or};
use crate::spec::{Field, Reader};
use crate::units::Hours;
use crate::{spec_table, spec_words};

spec_words! {
    /// Which part of a delay is left to chance.
    pub enum Jitter {
        /// All of it: uniform from 0 to the delay.
        "full" => Full,
        /// Half of it: uniform from half the delay to the delay.
        "half" => Half,
        /// None of it.
        "none" => None,
    }
}

spec_table! {
    /// How a client comes back after a throttled request.
    pub struct RetrySpec {
        /// How often a request is sent at most, the first time included: 2 to 20.
        required attempts: u64,
        /// The longest delay before the second attempt.
        optional first: Hours,
        /// What each further delay is a multiple of the one before by, 1 to 10.
        optional factor: f64,
        /// No delay is longer.
        optional longest: Hours,
        /// Which part of a delay is left to chance: "full", "half" or "none".
        optional jitter: Jitter,
    }
}

/// How a client comes back after a throttled request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retry {
    /// How often a request is sent at most, >= 2.
    pub attempts: usize,
    /// The longest delay before the second attempt `[s]`.
    pub first: f64,
    /// What each further delay is a multiple of the one before by, >= 1.
    pub factor: f64,
    /// No delay is longer `[s]`.
    pub longest: f64,
    /// Which part of a delay is left to chance.
    pub jitter: Jitter,
}

/// The longest delay that is taken: minutes are simulated with those who wait kept in a ring of seconds.
const LONGEST: f64 = 3600.0;

impl Retry {
    /// Checks the spec.
    pub(super) fn resolve(spec: &Field<RetrySpec>, reader: &mut Reader) -> Option<Self> {
        let at = &spec.at;
        let attempts = &spec.attempts;
        let good = (2..=20).contains(&attempts.value);
        if !good {
            reader.refuse(&attempts.at, "is no number of attempts", "2 to 20, the first one included");
        }
        let mut seconds = |field: &Option<Field<Hours>>, key: &str, default: f64| match field {
            None => Some(3600.0 * assumed(at, key, Hours(default / 3600.0), "as the AWS SDKs' standard mode", reader).0),
            Some(span) if (0.1..=LONGEST).contains(&(3600.0 * span.0)) => Some(3600.0 * span.0),
            Some(span) => {
                reader.refuse(&span.at, "is out of range", "a delay from 0.1 s to 1 h");
                None
            }
        };
        let (first, longest) = (seconds(&spec.first, "first", 1.0), seconds(&spec.longest, "longest", 20.0));
        let sdk = (2.0, "as the AWS SDKs' standard mode");
        let factor = number_or(spec.factor.as_ref(), (at, "factor"), sdk, reader, "1 to 10", |x| (1.0..=10.0).contains(&x));
        let jitter = match &spec.jitter {
            Some(jitter) => jitter.value,
            None => assumed(at, "jitter", Jitter::Full, "as the AWS SDKs' standard mode", reader),
        };
        good.then_some(Self { attempts: attempts.value as usize, first: first?, factor: factor?, longest: longest?, jitter })
    }

    /// The shortest and the longest delay `[s]` after attempt `attempt`, from 1: it is uniform between them.
    #[must_use]
    pub fn delay(&self, attempt: usize) -> (f64, f64) {
        let most = (self.first * libm::pow(self.factor, attempt as f64 - 1.0)).min(self.longest);
        match self.jitter {
            Jitter::Full => (0.0, most),
            Jitter::Half => (0.5 * most, most),
            Jitter::None => (most, most),
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests {
    use super::*;
    use crate::demand::testing::read;

    fn retry(text: &str) -> Option<Retry> {
        let (spec, mut reader) = read::<RetrySpec>(text);
        Retry::resolve(&spec, &mut reader)
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        let sdk = retry("attempts = 8").unwrap();
        let longest: Vec<f64> = (1..8).map(|attempt| sdk.delay(attempt).1).collect();
        assert_eq!(longest, [1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]);
        assert_eq!(sdk.delay(3).0, 0.0);
        let half = retry("attempts = 2\nfirst = '30s'\nlongest = '1 min'\njitter = 'half'").unwrap();
        assert_eq!(half.delay(1), (15.0, 30.0));
        assert_eq!(retry("attempts = 2\nfirst = '30s'\njitter = 'none'").unwrap().delay(1), (20.0, 20.0));
    }

    #[test]
    fn what_is_no_policy() {
        for text in
            ["attempts = 1", "attempts = 21", "attempts = 3\nfirst = '2h'", "attempts = 3\nfactor = 0.5", "attempts = 3\nlongest = '10ms'"]
        {
            assert!(std::panic::catch_unwind(|| retry(text)).map_or(true, |retry| retry.is_none()), "{text}");
        }
    }
}
