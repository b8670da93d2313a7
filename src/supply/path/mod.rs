//! The path simulator: a pool's windows drawn one by one and served with the state that retries and buckets need.
//!
//! Without state an hour's throttling is a conditional expectation and nothing is simulated. With it the order of things within the hour
//! matters: who is refused comes back (`[[workload]] retry`), a bucket that was emptied fills steadily (`refill = "steadily"`), and offers
//! of one route look at different windows. Such pools are walked in ticks. A window's demand is the hour's mean times one factor, drawn
//! from the very law of the conditional expectation, even within the window; what each offer takes is min(asked, left of its window), and
//! what the last one refuses comes back as its clients' policy says, mixed with those who come for the first time: they are refused alike.
//!
//! **Refinement.** An hour in which some limit is met at all with a probability below [`NEGLIGIBLE`], nobody waits and every bucket is full
//! keeps its conditional expectation: nearly all hours of a month. What that neglects, those who would have come back in these
//! hours, is at most the expected overflow that is then counted as failed. A case counts how many hours it refined.
//!
//! **What is kept.** Factors are independent, so an hour's windows do not add up to the hour. What fails is as drawn; what is served is
//! scaled, once a month, to what was asked less what failed or still waits, so that every token is in one place.
//!
//! Limits: time is resolved to a tick ([`PathModel::tick`], 5 s, for buckets down to 1 s where clients come back soon), so against requests
//! sent one by one, delays of a second make the added wait up to a fifth too short and what fails up to a tenth too much. Buckets of
//! a few seconds are resolved to a second and refuse somewhat too little. Requests flow: it is the mean over requests that is followed, not
//! each of them, so whether a large one fits where a small one does is not asked.

mod backoff;
mod ring;
#[cfg(test)]
mod tests;
mod walk;

use super::pool::Node;
use super::{WorkloadFacts, route::Member};
pub(crate) use backoff::Backoff;
pub(crate) use walk::{Asked, Flow, Limit, Walk};

/// Offers that a route can have at most where the path simulator walks it.
pub(crate) const MOST_OFFERS: usize = 16;

/// An hour in which a limit is met at all with less than this probability is not refined: of a thousand such hours less than one would have
/// refused somebody, and what is expected of them counts as failed.
pub(crate) const NEGLIGIBLE: f64 = 1e-3;

/// The longest tick `[s]`.
const LONGEST_TICK: u32 = 5;

/// What the walks of a pool's cases share.
#[derive(Clone, Debug)]
pub(crate) struct PathModel {
    /// Seconds of a tick: it divides all windows.
    pub(crate) tick: u32,
    /// Seconds of the windows whose demand is drawn: a minute, or less where windows ask for it.
    pub(crate) window: u32,
    /// The distinct ways of coming back.
    pub(crate) policies: Vec<Backoff>,
    /// By member of the pool: its policy.
    pub(crate) of_member: Vec<Option<usize>>,
    /// Whether some limited offer is a bucket.
    pub(crate) steady: bool,
    /// Whether all limited offers begin anew with each window.
    pub(crate) plain: bool,
}

impl PathModel {
    /// The model of a pool; `None` where nothing has a state, and conditional expectations say it all.
    pub(crate) fn new(members: &[Member], nodes: &[Node], workloads: &[WorkloadFacts]) -> Option<Self> {
        let limited = || nodes.iter().filter(|node| node.is_limited());
        // What waits is never refused.
        let retry = |member: &Member| workloads[member.workload].retry.filter(|_| member.waits.is_none());
        let retries: Vec<_> = members.iter().map(retry).collect();
        let steady = limited().any(|node| node.metering.steady);
        let windows = || limited().flat_map(Node::windows);
        let first = windows().next();
        let alike = windows().all(|window| Some(window) == first);
        // A bucket of less than a minute feels how demand spreads within it.
        let parts = |node: &Node| if node.metering.steady && node.metering.window < 60 { (node.metering.window / 10).max(1) } else { 60 };
        let window = limited().map(parts).fold(windows().fold(60, gcd), gcd);
        let refuses = first.is_some() || nodes.iter().any(|node| node.fails);
        if alike && !steady && (retries.iter().all(Option::is_none) || !refuses) {
            return None;
        }
        let soonest = retries.iter().flatten().map(|retry| retry.delay(1).1).fold(f64::INFINITY, f64::min);
        // A window that is full is so until it ends, so it matters only who comes back after that; a bucket fills all the time.
        let most = if steady { (0.5 * soonest).clamp(1.0, f64::from(LONGEST_TICK)) as u32 } else { LONGEST_TICK };
        let tick = (1..=most).rev().find(|tick| window.is_multiple_of(*tick)).unwrap_or(1);
        let mut distinct = Vec::new();
        for retry in retries.iter().flatten() {
            if !distinct.contains(retry) {
                distinct.push(*retry);
            }
        }
        let of_member = retries.iter().map(|retry| retry.and_then(|retry| distinct.iter().position(|known| *known == retry))).collect();
        // Who comes back to a bucket within the tick shares what has come in meanwhile.
        let least = usize::from(steady);
        let policies = distinct.into_iter().map(|retry| Backoff::new(retry, f64::from(tick), least)).collect();
        Some(Self { tick, window, policies, of_member, steady, plain: alike && !steady && first == Some(window) })
    }

    /// Windows of an hour whose demand is drawn.
    pub(crate) fn windows(&self) -> usize {
        (3600 / self.window) as usize
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}
