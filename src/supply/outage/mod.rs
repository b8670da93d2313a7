//! What is bought and does not serve: units that are down, and incidents that take a share of an on-demand quota.
//!
//! Both are chains of two states in whole hours ([`TwoState`]) that begin in their stationary state, so every hour of the horizon has the
//! same chance of an outage. What is down serves nothing and is paid all the same: bought unit-hours stay the denominator of utilisation.
//!
//! **Units.** The units of an offer are numbered from 0 in every hour, and units that exist by schedule come last. `together` says how
//! many of them fail as one: units 0 to together − 1 are part 0, the next ones part 1, each part a chain of its own, and a fraction of a
//! unit or of a part is a part of that size. On two axes part i holds units of both. A part's states are drawn from its own stream (seed ×
//! offer × replication × part), so they are the same whatever number of units a plan buys, and a plan with more units never has fewer up.
//! Where units are bought one by one, each fails on its own unless the file says otherwise; where they are bought in steps or on two axes
//! (Azure PTUs, thousands of tokens a minute) they are shares of one service, all of which fails at once: the same mean as if each had
//! failed alone, and the largest spread.
//!
//! **Incidents.** An on-demand offer has one chain; while it is on, `takes` of the quota is gone, and `others` go on taking theirs. Without a
//! quota there is nothing to take a part of, and only the whole can go.
//!
//! Sources, read in 2026: AWS Bedrock Reserved tier, a target of 99.5 % uptime; `OpenAI` Scale Tier, 99.9 % uptime; Azure `OpenAI` standard
//! deployments, "effective TPM can be temporarily lowered under capacity pressure (typically resolves within a few hours)" (quota page
//! of 2026-05-06). A target is no measurement and says nothing of durations: mean times, and the share an incident takes, are the user's.

mod path;
mod spec;
#[cfg(test)]
mod tests;

pub(crate) use path::{Outages, refuse_too_many};
pub use spec::{AvailabilitySpec, IncidentsSpec, TogetherSpec};
pub(crate) use spec::{availability, incidents};

use crate::random::stream::Stream;
use std::ops::Range;

/// A chain of two states in whole hours, up and down, with geometric durations from 1 h.
///
/// The autocorrelation at lag k is (1 − fail − mend)ᵏ; with fail + mend = 1 hours are independent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoState {
    /// Chance that an hour that is up is followed by one that is down, 0 to 1.
    pub fail: f64,
    /// Chance that an hour that is down is followed by one that is up, above 0 to 1.
    pub mend: f64,
}

impl TwoState {
    /// By the mean times up and down in hours, each >= 1.
    #[must_use]
    pub fn of_times(up: f64, down: f64) -> Self {
        Self { fail: 1.0 / up, mend: 1.0 / down }
    }

    /// Hours that are up with this chance, above 0 to 1, independently of each other.
    #[must_use]
    pub fn of_share(share: f64) -> Self {
        Self { fail: 1.0 - share, mend: share }
    }

    /// Share of the hours that are up.
    #[must_use]
    pub fn share_up(&self) -> f64 {
        self.mend / (self.fail + self.mend)
    }

    /// Hands every run of hours that are down to `down`, in order, over so many hours. Takes one draw for the first state and one for each
    /// duration; durations forget how long they have lasted, so the first is drawn like the others.
    pub(crate) fn runs(&self, hours: usize, stream: &mut Stream, mut down: impl FnMut(Range<usize>)) {
        // By state: the chance that it stays, and what makes the logarithm of a uniform a duration.
        let [while_up, while_down] = [self.fail, self.mend].map(|end| (1.0 - end, 1.0 / libm::log1p(-end)));
        let mut is_up = stream.uniform() < self.share_up();
        let mut from = 0;
        while from < hours {
            let (stay, scale) = if is_up { while_up } else { while_down };
            let uniform = stream.uniform();
            // A geometric duration by inversion: 1 h where that much is plain without a logarithm, and no end where the state stays for
            // good, which the conversion takes for the largest number.
            let more = if uniform > stay { 0 } else { (libm::log(uniform) * scale) as usize };
            let until = if more < hours - from { from + more + 1 } else { hours };
            if !is_up {
                down(from..until);
            }
            is_up = !is_up;
            from = until;
        }
    }
}

/// How many units of an offer fail as one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Together {
    /// So many, at least 1.
    Units(f64),
    /// All that a plan buys.
    All,
}

/// When the units of a provisioned offer serve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Availability {
    /// The states of one part.
    pub states: TwoState,
    /// The units of one part.
    pub together: Together,
}

impl Availability {
    /// Parts that so many units are, the last one perhaps smaller than the others.
    #[must_use]
    pub fn parts(&self, units: f64) -> f64 {
        match self.together {
            Together::Units(size) => (units / size).ceil(),
            Together::All if units > 0.0 => 1.0,
            Together::All => 0.0,
        }
    }

    /// Units that do not serve, of so many, when these parts are down: in order, each once.
    #[must_use]
    pub fn lost(&self, units: f64, down: &[u32]) -> f64 {
        let Together::Units(size) = self.together else { return if down.is_empty() { 0.0 } else { units } };
        let whole = (units / size) as u32;
        let count = down.partition_point(|&part| part < whole);
        let rest = if down.get(count) == Some(&whole) { units - f64::from(whole) * size } else { 0.0 };
        (count as f64 * size + rest.max(0.0)).min(units)
    }
}

/// When an on-demand offer serves less than its quota.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Incidents {
    /// Down while there is one.
    pub states: TwoState,
    /// Share of what others leave of the quota that is then gone, above 0 to 1; 1 where there is no quota.
    pub takes: f64,
}
