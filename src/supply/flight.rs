//! Requests in flight: how much of an hour a quota refuses whose requests hold a part of it while they run.
//!
//! At the time τ of a window, u(τ) is settled and each of N requests in flight holds h; one more is let in while u + h (N + 1) ≤ Q. Requests
//! come at a rate λ, run for S on average and settle to t.
//!
//! **Without chance** N stays λ S until u + h N meets Q. From then on a request that ends gives back h − t, of which (1 − t / h) of another
//! is let in, so that N falls as exp(−k τ) with k = t / (h S), and the window starts anew with u = 0.
//!
//! **With it**, N is that of a loss system: Erlang's formula B(c, λ S), c = (Q − u) / h − ½ (half a request does not fit), continued to fractions
//! (Jagerman 1974, "Some properties of the Erlang loss function", BSTJ 53), with Hayward's correction for arrivals and holds that spread more
//! than a Poisson count (Fredericks 1980, "Congestion in blocking systems", BSTJ 59). What has settled varies slowly beside that and
//! is averaged over five points of a normal. Against requests let in one by one this is right within a tenth where requests run for a
//! tenth of a window or less and hold far more than they use; within a factor of two elsewhere, mostly too much where they run for as long as a window.

use crate::random::special::{gamma_prefactor, gamma_q};

/// An hour of requests against one quota.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flight {
    /// Requests a second.
    pub(crate) rate: f64,
    /// How long one runs `[s]`.
    pub(crate) lasts: f64,
    /// Weighted tokens that one settles to, and those that it holds until then.
    pub(crate) settled: f64,
    pub(crate) held: f64,
    /// Variance over the mean of counts of requests, weighed with what they settle to, and with what they hold: 1 for Poisson counts of
    /// requests of one size.
    pub(crate) spread_settled: f64,
    pub(crate) spread_held: f64,
    /// Squared coefficient of variation that all of a window has in common.
    pub(crate) common: f64,
    /// Standard deviation of the logarithm of the factor on all three, whose mean is 1.
    pub(crate) burstiness_sd: f64,
}

/// Points and weights of Gauss and Hermite for a standard normal.
const FIVE: [(f64, f64); 5] = [
    (-2.856_970_013_872_806, 0.011_257_411_327_720_69),
    (-1.355_626_179_974_266, 0.222_075_922_005_612_65),
    (0.0, 0.533_333_333_333_333_3),
    (1.355_626_179_974_266, 0.222_075_922_005_612_65),
    (2.856_970_013_872_806, 0.011_257_411_327_720_69),
];
const THREE: [(f64, f64); 3] = [(-1.732_050_807_568_877_2, 1.0 / 6.0), (0.0, 2.0 / 3.0), (1.732_050_807_568_877_2, 1.0 / 6.0)];

/// Steps from the moment at which the quota may first be met to the end of the window.
const STEPS: u32 = 16;
/// As many standard deviations away, nothing is refused.
const FAR: f64 = 8.0;

impl Flight {
    /// The share of the requests that a quota of so many weighted tokens a window refuses, 0 to 1.
    ///
    /// A bucket that fills steadily has no window: what settles is refilled meanwhile, and what does not fit in the long run is refused.
    pub(crate) fn refused(&self, quota: f64, window: f64, steady: bool) -> f64 {
        let asked = self.rate * self.settled * window;
        if !(self.rate > 0.0) || quota == f64::INFINITY {
            return 0.0;
        }
        if !(quota > 0.0) {
            return 1.0;
        }
        if self.spread_settled + self.spread_held + self.common == 0.0 {
            return if steady {
                (1.0 - quota / asked).max(1.0 - quota / (self.running() * self.held)).max(0.0)
            } else {
                self.still(quota, window)
            };
        }
        let of_burst = |burst: f64| {
            let at = |&(x, weight): &(f64, f64)| {
                weight * if steady { self.in_bucket(quota, asked, burst, x) } else { self.in_window(quota, window, burst, x) }
            };
            FIVE.iter().map(at).sum::<f64>()
        };
        if self.burstiness_sd == 0.0 {
            return of_burst(1.0);
        }
        let sd = self.burstiness_sd;
        THREE.iter().map(|(x, weight)| weight * of_burst(libm::exp(sd * (x - 0.5 * sd)))).sum()
    }

    /// Mean number of requests in flight when none is refused.
    fn running(&self) -> f64 {
        self.rate * self.lasts
    }

    /// The share of a request that comes in when one ends in a full window.
    fn returned(&self) -> f64 {
        (1.0 - self.settled / self.held).max(0.0)
    }

    /// Without chance.
    fn still(&self, quota: f64, window: f64) -> f64 {
        let full = self.running() * self.held;
        let k = self.settled / (self.held * self.lasts);
        if !(self.held * self.lasts > 0.0) {
            return (1.0 - quota / (self.rate * self.settled * window)).max(0.0);
        }
        if full >= quota {
            let admitted = if k > 0.0 { quota / self.settled * -libm::expm1(-k * window) } else { quota / self.held * window / self.lasts };
            return (1.0 - admitted / (self.rate * window)).clamp(0.0, 1.0);
        }
        if !(self.settled > 0.0) {
            return 0.0;
        }
        let left = (window - (quota - full) / (self.rate * self.settled)).max(0.0);
        let admitted = if self.returned() > 0.0 { self.returned() * -libm::expm1(-k * left) / k } else { 0.0 };
        ((left - admitted) / window).clamp(0.0, 1.0)
    }

    /// A window whose settled tokens lie `x` standard deviations above their mean.
    fn in_window(&self, quota: f64, window: f64, burst: f64, x: f64) -> f64 {
        let running = self.running();
        let z = (burst * self.spread_held).max(1e-9);
        // What settled until a time has this much more than its mean.
        let more = |time: f64| {
            let settled = self.rate * time * self.settled;
            let all = settled + running * self.held;
            x * (burst * (settled * self.settled * self.spread_settled + self.common * all * all)).sqrt()
        };
        let reach = self.held * (running + FAR * (running * z).sqrt() + 1.0) + more(window).max(0.0);
        let start = if self.settled > 0.0 { ((quota - reach) / (self.rate * self.settled)).clamp(0.0, window) } else { 0.0 };
        let step = (window - start) / f64::from(STEPS);
        let (mut ended, mut running_now, mut refused) = (self.rate * start, running, 0.0);
        for number in 0..STEPS {
            let middle = start + (f64::from(number) + 0.5) * step;
            let settled = (self.settled * (ended + running_now / self.lasts * 0.5 * step) + more(middle)).max(0.0);
            let fit = (quota - settled) / self.held;
            let mut share = erlang((fit - 0.5) / z, running / z);
            if running_now >= fit {
                share = share.max(1.0 - fit.max(0.0) / self.lasts * self.returned() / self.rate);
            }
            refused += share * step;
            ended += running_now / self.lasts * step;
            let rest = libm::exp(-step / self.lasts);
            running_now = running_now * rest + self.rate * (1.0 - share) * self.lasts * (1.0 - rest);
        }
        (refused / window).clamp(0.0, 1.0)
    }

    /// The same of a bucket.
    fn in_bucket(&self, quota: f64, asked: f64, burst: f64, x: f64) -> f64 {
        let running = self.running();
        let z = (burst * self.spread_held).max(1e-9);
        let more = x * (burst * self.common).sqrt();
        let fit = quota / self.held - more * running;
        erlang((fit - 0.5) / z, running / z).max(1.0 - quota / (asked * (1.0 + more).max(1e-9))).clamp(0.0, 1.0)
    }
}

/// Erlang's loss formula for `load` > 0 and so many places, which need not be a whole number.
fn erlang(places: f64, load: f64) -> f64 {
    if places <= 0.0 {
        return 1.0;
    }
    let sd = load.sqrt();
    if places < load - 12.0 * sd {
        return 1.0 - places / load;
    }
    if places > load + 40.0 * sd + 40.0 {
        return 0.0;
    }
    (gamma_prefactor(places, load) / gamma_q(places + 1.0, load)).min(1.0)
}

#[cfg(test)]
mod tests;
