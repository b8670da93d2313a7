//! Who comes back when: the delays of a retry policy as shares of those who were refused, tick by tick.

use crate::demand::Retry;

/// A part of those who were refused in one tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Part {
    /// Ticks until they come back; 0 within the tick.
    pub(super) ahead: usize,
    /// Which share of them it is.
    pub(super) share: f64,
    /// How long they wait on average `[s]`.
    pub(super) wait: f64,
}

/// A retry policy in ticks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Backoff {
    pub(super) retry: Retry,
    /// For the first refusal, the second, …: when its parts come back. One fewer than attempts.
    pub(super) parts: Vec<Vec<Part>>,
    /// The same of those who are refused in the last half of a tick, in the last quarter, ….
    late: Vec<Vec<Vec<Part>>>,
}

/// So often is a tick halved in which a window fills: who is refused came after that.
const HALVINGS: i32 = 8;

/// How often a tick must be halved to leave a share of it, above 0 to 1; the nearest.
pub(super) fn halvings(share: f64) -> usize {
    let (mantissa, exponent) = libm::frexp(share);
    // share = mantissa × 2^exponent with a mantissa from ½ to 1: by its logarithm it lies nearer the lower end up to 1 / √2.
    let halvings = i32::from(mantissa <= std::f64::consts::FRAC_1_SQRT_2) - exponent;
    halvings.clamp(0, HALVINGS) as usize
}

/// Points of the midpoint rule in each of the moment of the refusal and the delay.
const POINTS: usize = 64;

impl Backoff {
    /// The policy in ticks of so many seconds.
    ///
    /// A refusal falls anywhere within its tick (or its last part), and its delay is uniform. Who comes back fewer than `least` ticks later
    /// does so then.
    pub(super) fn new(retry: Retry, tick: f64, least: usize) -> Self {
        let of = |halvings: i32| {
            let from = 1.0 - libm::ldexp(1.0, -halvings);
            (1..retry.attempts).map(|attempt| parts(retry.delay(attempt), tick, least, from)).collect::<Vec<_>>()
        };
        Self { retry, parts: of(0), late: (1..=HALVINGS).map(of).collect() }
    }

    /// When those come back who are refused in the last part of a tick that so many halvings leave of it, after `refusals` others.
    pub(super) fn after(&self, refusals: usize, halvings: usize) -> &[Part] {
        let parts = if halvings == 0 { &self.parts } else { &self.late[halvings.min(self.late.len()) - 1] };
        &parts[refusals]
    }

    /// The longest way ahead, in ticks.
    pub(super) fn farthest(&self) -> usize {
        self.parts.iter().flatten().map(|part| part.ahead).max().unwrap_or(1)
    }

    /// The longest that a request can wait in all `[s]`.
    pub(super) fn longest_wait(&self) -> f64 {
        (1..self.retry.attempts).map(|attempt| self.retry.delay(attempt).1).sum()
    }
}

fn parts((low, high): (f64, f64), tick: f64, least: usize, from: f64) -> Vec<Part> {
    let last = (high / tick) as usize + 2;
    let mut sums = vec![(0.0, 0.0); last + 1];
    let middle = |i: usize| (i as f64 + 0.5) / POINTS as f64;
    let moment = |i: usize| from + (1.0 - from) * middle(i);
    for (moment, delay) in (0..POINTS).flat_map(|i| (0..POINTS).map(move |j| (moment(i), low + (high - low) * middle(j)))) {
        let ahead = ((moment + delay / tick) as usize).clamp(least, last);
        sums[ahead].0 += 1.0;
        sums[ahead].1 += delay;
    }
    let all = (POINTS * POINTS) as f64;
    let part = |(ahead, (count, wait)): (usize, (f64, f64))| Part { ahead, share: count / all, wait: wait / count };
    sums.into_iter().enumerate().filter(|(_, (count, _))| *count > 0.0).map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demand::Jitter;

    fn retry(jitter: Jitter) -> Retry {
        Retry { attempts: 4, first: 10.0, factor: 2.0, longest: 30.0, jitter }
    }

    #[test]
    fn shares_are_halved() {
        let shares = [(1.0, 0), (0.72, 0), (0.7, 1), (0.5, 1), (0.36, 1), (0.35, 2), (0.25, 2), (0.01, 7), (1e-9, 8)];
        shares.iter().for_each(|&(share, want)| assert_eq!(halvings(share), want, "{share}"));
        // Of those in the last quarter of a tick, who comes back at once or within a quarter does so in this one or the next.
        let backoff = Backoff::new(Retry { first: 1.25, ..retry(Jitter::Full) }, 5.0, 0);
        let parts: Vec<(usize, f64)> = backoff.after(0, 2).iter().map(|part| (part.ahead, part.share)).collect();
        assert!(parts.len() == 2 && parts.iter().all(|(ahead, share)| *ahead < 2 && (share - 0.5).abs() < 0.02), "{parts:?}");
    }

    #[test]
    fn parts_are_a_whole_with_the_delays_mean() {
        for (jitter, mean) in [(Jitter::Full, [5.0, 10.0, 15.0]), (Jitter::Half, [7.5, 15.0, 22.5]), (Jitter::None, [10.0, 20.0, 30.0])] {
            let backoff = Backoff::new(retry(jitter), 5.0, 0);
            for (parts, mean) in backoff.parts.iter().zip(mean) {
                let (share, wait) =
                    parts.iter().fold((0.0, 0.0), |(share, wait), part| (share + part.share, wait + part.share * part.wait));
                assert!((share - 1.0).abs() < 1e-12 && (wait - mean).abs() < 1e-9, "{jitter}: {share} {wait}");
            }
            assert_eq!(backoff.parts.len(), 3);
            assert!((backoff.longest_wait() - 60.0).abs() < 1e-12);
        }
    }

    /// From anywhere in a tick of 5 s: a delay of 10 s leads into the second tick after it; of one uniform over 10 s, the sum with the moment
    /// is below 5 s in a quarter of all cases, and beyond 10 s in another.
    #[test]
    fn parts_follow_the_sum_of_moment_and_delay() {
        let exact = Backoff::new(retry(Jitter::None), 5.0, 1);
        assert_eq!(exact.parts[0].iter().map(|part| (part.ahead, part.share)).collect::<Vec<_>>(), [(2, 1.0)]);
        for (least, want) in [(0, vec![(0, 0.25), (1, 0.5), (2, 0.25)]), (1, vec![(1, 0.75), (2, 0.25)])] {
            let full = Backoff::new(retry(Jitter::Full), 5.0, least);
            for (part, (ahead, share)) in full.parts[0].iter().zip(want) {
                assert!(part.ahead == ahead && (part.share - share).abs() < 0.01, "{part:?}");
            }
            assert_eq!(full.farthest(), 6);
        }
    }
}
