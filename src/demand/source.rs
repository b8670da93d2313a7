//! Where a workload's demand comes from: a model, a law, days of the user's own usage, or one recorded future.

use super::plain::Plain;
use super::tokens::Sizes;
use super::{DayBlocks, DayMatch, Trace, Usage, UsageHour, WorkloadPath};
use crate::horizon::Horizon;
use crate::random::stream::Stream;
use crate::units::ByClass;
use std::sync::Arc;

/// Where the hours come from, before level, growth, season and events.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The level itself, shaped by the models.
    Modelled,
    /// Tokens an hour straight from a law.
    Plain(Plain),
    /// Recorded hours; shared, because copies of a demand differ in their factors alone.
    Recorded(Arc<Recorded>),
}

/// How recorded hours are played back.
#[derive(Clone, Debug)]
pub(super) enum Play {
    /// Whole days, resampled.
    Blocks(DayBlocks),
    /// The one future there is.
    Trace(Trace),
    /// The mean of each hour.
    Mean,
}

/// Recorded demand and what is known about it.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    play: Play,
    tokens_known: bool,
    requests_known: bool,
    /// Mean tokens by class of every hour of the horizon.
    pub(super) mean: Vec<ByClass>,
    /// Mean mix of one token over the classes.
    mix: ByClass,
    /// Mean tokens of a request.
    size: f64,
}

impl Recorded {
    /// Days of usage, resampled; `sizes` gives what the file does not record.
    pub(super) fn usage(usage: &Usage, blocks: DayBlocks, sizes: &Sizes, horizon: &Horizon) -> Self {
        let matching = blocks.matching();
        let kind = |weekday: u8| match matching {
            DayMatch::Any => 0,
            DayMatch::DayKind => u8::from(weekday >= 5),
            DayMatch::Weekday => weekday,
        };
        // All days of a kind are equally likely, so an hour's mean is the mean of that hour over the days of its kind.
        let mut sums = vec![(UsageHour::ZERO, 0.0_f64); 168];
        for (slot, sum) in sums.iter_mut().enumerate() {
            for day in usage.days().iter().filter(|day| kind(day.weekday()) == kind((slot / 24) as u8)) {
                *sum = (sum.0 + day.hours[slot % 24], sum.1 + 1.0);
            }
        }
        let at = |how: u8| sums.get(usize::from(how)).map_or(UsageHour::ZERO, |(sum, days)| *sum * days.max(1.0).recip());
        let hours: Vec<UsageHour> = horizon.hours_of_week().iter().map(|&how| at(how)).collect();
        Self::new(Play::Blocks(blocks), (usage.tokens_known(), usage.requests_known()), &hours, usage.mean(), sizes)
    }

    /// One recorded future.
    pub(super) fn trace(trace: Trace, sizes: &Sizes, horizon: &Horizon) -> Self {
        let mut path = WorkloadPath::default();
        path.resize(horizon.hours());
        trace.fill(horizon, &mut path);
        let hours: Vec<UsageHour> =
            path.tokens.iter().zip(&path.requests).map(|(&tokens, &requests)| UsageHour { requests, tokens }).collect();
        let sum = hours.iter().fold(UsageHour::ZERO, |sum, hour| sum + *hour);
        let known = (trace.tokens_known(), trace.requests_known());
        Self::new(Play::Trace(trace), known, &hours, sum, sizes)
    }

    fn new(play: Play, (tokens_known, requests_known): (bool, bool), hours: &[UsageHour], mean: UsageHour, sizes: &Sizes) -> Self {
        let per_request = sizes.mix() * sizes.mean();
        let tokens = |hour: &UsageHour| if tokens_known { hour.tokens } else { per_request * hour.requests };
        let total = tokens(&mean);
        let mix = if total.total() > 0.0 { total * total.total().recip() } else { sizes.mix() };
        let size = if tokens_known && requests_known && mean.requests > 0.0 && total.total() > 0.0 {
            total.total() / mean.requests
        } else {
            sizes.mean()
        };
        Self { play, tokens_known, requests_known, mean: hours.iter().map(tokens).collect(), mix, size }
    }

    /// Whether requests were recorded, and are not made of tokens.
    pub(super) fn requests_known(&self) -> bool {
        self.requests_known
    }

    /// Writes one path of recorded hours to `path`, and its total tokens multiplied into `out`.
    pub(super) fn apply(&self, stream: Option<&mut Stream>, horizon: &Horizon, path: &mut WorkloadPath, out: &mut [f64]) {
        match (&self.play, stream) {
            (Play::Blocks(blocks), Some(stream)) => blocks.generate(stream, horizon, path),
            (Play::Trace(trace), _) => trace.fill(horizon, path),
            (Play::Mean, _) => {
                for ((tokens, requests), mean) in path.tokens.iter_mut().zip(&mut path.requests).zip(&self.mean) {
                    (*tokens, *requests) = (*mean, mean.total() / self.size);
                }
            }
            // Blocks always come with their stream.
            (Play::Blocks(_), None) => {}
        }
        for ((tokens, requests), out) in path.tokens.iter_mut().zip(&mut path.requests).zip(out) {
            if !self.tokens_known {
                *tokens = self.mix * (self.size * *requests);
            } else if !self.requests_known {
                *requests = tokens.total() / self.size;
            }
            *out *= tokens.total();
        }
    }

    /// The mean mix of one token of an hour over the classes.
    pub(super) fn mean_mix(&self, hour: usize) -> ByClass {
        self.mean.get(hour).filter(|mean| mean.total() > 0.0).map_or(self.mix, |mean| *mean * mean.total().recip())
    }

    /// The same with every hour its mean.
    pub(super) fn still(&self) -> Self {
        // Its tokens are the mean ones whichever of the two was recorded.
        Self { play: Play::Mean, tokens_known: true, requests_known: true, mean: self.mean.clone(), mix: self.mix, size: self.size }
    }

    /// Whether a stream is needed.
    pub(super) fn is_random(&self) -> bool {
        matches!(self.play, Play::Blocks(_))
    }

    /// The hour's requests and tokens once its total is known; the mix and size of the hour as recorded, or the mean ones where nothing was.
    #[inline]
    pub(super) fn rescaled(&self, requests: f64, tokens: ByClass, total: f64) -> (f64, ByClass) {
        let recorded = tokens.total();
        if recorded > 0.0 {
            let ratio = total / recorded;
            return (requests * ratio, tokens * ratio);
        }
        (total / self.size, self.mix * total)
    }
}
