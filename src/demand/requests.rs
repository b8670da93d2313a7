//! Counts of requests in an hour.

use super::check::number;
use crate::random::law::{draw_negative_binomial, draw_poisson};
use crate::random::stream::Stream;
use crate::spec::{Field, Reader};
use crate::{spec_choice, spec_table};

spec_table! {
    /// Nothing more to say.
    pub struct PlainCountSpec {}
}

spec_table! {
    /// Counts that vary more than Poisson: their rate is gamma.
    pub struct NegativeBinomialSpec {
        /// Shape of the rate's gamma law: variance = mean + mean² / shape.
        required shape: f64,
    }
}

spec_choice! {
    /// The law of the requests in an hour, given what is expected of it.
    pub enum RequestsSpec by "law" {
        /// Poisson.
        "poisson" => Poisson(PlainCountSpec),
        /// Negative binomial.
        "negative-binomial" => NegativeBinomial(NegativeBinomialSpec),
        /// None: the hour has exactly the expected tokens.
        "none" => Exact(PlainCountSpec),
    }
}

/// The law of the requests in an hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Counts {
    /// No chance in counts or sizes.
    None,
    /// Poisson, as the limit of a negative binomial law of endless shape.
    Random {
        /// 1 / shape of the gamma rate, 0 for Poisson.
        overdispersion: f64,
    },
}

impl Counts {
    /// Poisson counts.
    pub(super) const POISSON: Self = Self::Random { overdispersion: 0.0 };

    /// Checks the spec.
    pub(super) fn resolve(spec: &Field<RequestsSpec>, reader: &mut Reader) -> Option<Self> {
        match &spec.value {
            RequestsSpec::Poisson(_) => Some(Self::POISSON),
            RequestsSpec::Exact(_) => Some(Self::None),
            RequestsSpec::NegativeBinomial(law) => number(&law.shape, reader, "a shape from 0.1 to 1e9", |x| (0.1..=1e9).contains(&x))
                .map(|shape| Self::Random { overdispersion: 1.0 / shape }),
        }
    }

    /// A count with this mean. From an hour's own stream: consumption varies.
    pub(super) fn sample(self, mean: f64, stream: &mut Stream) -> f64 {
        // Beyond 1e15 a count is no longer exact in f64, and its spread is below the rounding of the tokens.
        let mean = mean.min(1e15);
        match self {
            Self::None => mean,
            Self::Random { overdispersion } if overdispersion > 0.0 => draw_negative_binomial(mean, 1.0 / overdispersion, stream),
            Self::Random { .. } => draw_poisson(mean, stream),
        }
    }
}
