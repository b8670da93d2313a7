//! How long batch jobs take, when they are given up, and how many run at a time.
//!
//! Vendors promise a day and usually need less: Anthropic ends most jobs within an hour and expires what is left at 24 h, unbilled;
//! `OpenAI` cancels the rest at 24 h and bills what was done; Bedrock's jobs have a timeout of 24 to 168 h and a quota of jobs in progress
//! and submitted (the vendors' pages as of 2026). None publishes a law of the duration, so it is the user's to give.

use super::BatchSpec;
use crate::random::law::{Law, P95_OVER_MEAN_LIMIT};
use crate::random::stream::Stream;
use crate::spec::{At, Reader};
use crate::units::Hours;

crate::spec_table! {
    /// The law of a job's duration: lognormal by its mean and 95th percentile, or always the mean.
    pub struct CompletionSpec {
        /// The mean duration.
        required mean: Hours,
        /// The duration that 95 % of the jobs stay within; without it, every job takes the mean.
        optional p95: Hours,
    }
}

/// How jobs end.
#[derive(Clone, Debug)]
pub struct Completion {
    duration: Law,
    /// Hours after which a job is given up, > 0.
    pub expiry: f64,
    /// Jobs that may be in progress at a time, >= 1; `None` for any number.
    pub in_flight: Option<u64>,
}

impl Completion {
    /// The duration of one job in hours, as if it never expired. Takes one pair of normals, whatever the law.
    pub(crate) fn draw(&self, stream: &mut Stream) -> f64 {
        let z = stream.normals().0;
        self.duration.at_normal(z).unwrap_or_else(|| self.duration.mean())
    }

    /// Makes every job take the mean of all.
    pub(crate) fn hold(&mut self) {
        if let Ok(law) = Law::constant(self.duration.mean()) {
            self.duration = law;
        }
    }

    /// The law of a job's duration in hours, as if it never expired.
    #[must_use]
    pub fn duration(&self) -> &Law {
        &self.duration
    }
}

/// Checks the fields of a batch offer that speak of jobs' ends. The outer `None` only after a problem was told.
#[allow(clippy::option_option, reason = "an offer may say nothing of its jobs' ends, and may say something wrong")]
pub(super) fn resolve(spec: &BatchSpec, at: &At, reader: &mut Reader) -> Option<Option<Completion>> {
    let mut good = true;
    if let Some(jobs) = spec.jobs_in_flight.as_ref().filter(|jobs| jobs.value == 0) {
        reader.refuse(&jobs.at, "lets no job run", "at least 1");
        good = false;
    }
    let Some(completion) = &spec.completion else {
        let alone = [spec.expiry.as_ref().map(|field| &field.at), spec.jobs_in_flight.as_ref().map(|field| &field.at)];
        for place in alone.into_iter().flatten() {
            reader.refuse(place, "says when jobs end and not how long they take", "`completion = { mean = …, p95 = … }` beside it");
            good = false;
        }
        return good.then_some(None);
    };
    let mean = completion.mean.0;
    let duration = match &completion.p95 {
        None => Law::constant(mean),
        Some(p95) if !(1.0..=P95_OVER_MEAN_LIMIT).contains(&(p95.0 / mean)) => {
            let message = format!("is {:.3} times the mean, which no lognormal law has", p95.0 / mean);
            reader.refuse(&p95.at, message, "from 1 to 3.868 times the mean");
            return None;
        }
        Some(p95) => Law::lognormal_by_mean_p95(mean, p95.0),
    };
    let Ok(duration) = duration else {
        reader.refuse(&completion.at, "is no law of durations", "a mean and a 95th percentile in hours");
        return None;
    };
    let expiry = spec.expiry.as_ref().map_or_else(
        || {
            reader.assumed(at.key("expiry"), "24 h", "vendors give up a job after a day");
            24.0
        },
        |expiry| expiry.0,
    );
    good.then_some(Some(Completion { duration, expiry, in_flight: spec.jobs_in_flight.as_ref().map(|jobs| jobs.value) }))
}
