//! One case of one pool, tick by tick: what each offer takes, who is refused, and who comes back when.

use super::backoff::halvings;
use super::ring::{Ring, Waiting};
use super::{Backoff, PathModel};

/// What one offer lets through in an hour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    /// Tokens, of the hour's mix, that a window may take; infinite without a limit.
    pub(crate) quota: f64,
    /// Length of a window `[s]`.
    pub(crate) window: u32,
    /// Whether the quota comes back steadily.
    pub(crate) steady: bool,
    /// The same of a limit of requests over a window of its own; infinite without one.
    pub(crate) requests: f64,
    /// Length of such a window `[s]`.
    pub(crate) request_window: u32,
    /// Tokens that a request takes along when it spills as a whole; 0 where only the excess spills.
    pub(crate) along: f64,
}

/// What came of an hour; tokens are of the hour's mix, all classes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flow {
    /// Tokens served by each offer, those of retries among them.
    pub(crate) served: Vec<f64>,
    /// Tokens whose last attempt was refused.
    pub(crate) failed: f64,
    /// Of those who waited when the month began: tokens that failed, and tokens served.
    pub(crate) failed_before: f64,
    pub(crate) served_before: f64,
    /// Tokens refused, once for each attempt.
    pub(crate) refused: f64,
    /// Tokens × seconds that those who were served had waited.
    pub(crate) waited: f64,
    /// Minutes of the windows in which somebody was refused.
    pub(crate) minutes_over: f64,
}

impl Flow {
    pub(crate) fn clear(&mut self, offers: usize) {
        self.served.clear();
        self.served.resize(offers, 0.0);
        (self.failed, self.refused, self.waited, self.minutes_over) = (0.0, 0.0, 0.0, 0.0);
        (self.failed_before, self.served_before) = (0.0, 0.0);
    }
}

/// An hour of demand as a walk sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// Tokens of the hour, of all classes.
    pub(crate) tokens: f64,
    /// Requests per token.
    pub(crate) requests_per_token: f64,
    /// Share of each retry policy in the tokens; the rest does not come back.
    pub(crate) shares: &'a [f64],
    /// Each window's demand in multiples of the hour's mean.
    pub(crate) factors: &'a [f64],
}

/// The state of one case: who waits, and what is left of each offer's window.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    ring: Ring,
    /// By offer: what is left of its window as a share of it, and of its window of requests.
    left: Vec<f64>,
    requests_left: Vec<f64>,
    /// By offer: whether its window has been full.
    full: Vec<bool>,
    /// Requests served after a wait, by seconds of waiting.
    waits: Vec<f64>,
}

impl Walk {
    pub(crate) fn new(model: &PathModel, offers: usize) -> Self {
        let bins = model.policies.iter().map(Backoff::longest_wait).fold(0.0, f64::max) as usize + 2;
        let (full, waits) = (vec![1.0; offers], vec![0.0; bins]);
        Self { ring: Ring::new(&model.policies), left: full.clone(), requests_left: full, full: vec![false; offers], waits }
    }

    /// Goes to the start of a horizon.
    pub(crate) fn begin(&mut self) {
        self.ring.clear();
        self.left.fill(1.0);
        self.requests_left.fill(1.0);
        self.full.fill(false);
        self.waits.fill(0.0);
    }

    /// Whether nothing of the hours before is left: nobody waits and every bucket is full.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.ring.is_empty() && self.left.iter().chain(&self.requests_left).all(|&left| left > 1.0 - 1e-9)
    }

    /// By offer: what is left of its window as a share of it; 1 where windows fill at once.
    pub(crate) fn left(&self) -> &[f64] {
        &self.left
    }

    /// Tokens of those who will still come back.
    pub(crate) fn pending(&self) -> f64 {
        self.ring.pending()
    }

    /// Says that a month begins.
    pub(crate) fn begin_month(&mut self) {
        self.ring.mark();
    }

    /// Forgets those who wait: the horizon is over. Their tokens, and those of whoever waited when the last month began.
    pub(crate) fn give_up(&mut self) -> (f64, f64) {
        let pending = (self.ring.pending(), self.ring.before());
        self.ring.clear();
        pending
    }

    /// The added wait `[s]` that one in twenty of so many served requests exceeds since the last call; 0 when fewer waited at all.
    pub(crate) fn take_p95(&mut self, served: f64) -> f64 {
        let allowed = 0.05 * served.max(0.0);
        let mut beyond = 0.0;
        let mut wait = 0.0;
        for (bin, &requests) in self.waits.iter().enumerate().rev() {
            beyond += requests;
            if beyond > allowed {
                // As if they were spread evenly over the bin.
                wait = bin as f64 + (beyond - allowed) / requests;
                break;
            }
        }
        self.waits.fill(0.0);
        wait
    }

    /// Serves an hour. What is asked of the offers is in their order, each passing on what it cannot take.
    pub(crate) fn hour(&mut self, model: &PathModel, asked: &Asked<'_>, limits: &[Limit], flow: &mut Flow) {
        flow.clear(limits.len());
        let mut left: [f64; super::MOST_OFFERS] = [0.0; super::MOST_OFFERS];
        for ((left, share), limit) in left.iter_mut().zip(&self.left).zip(limits) {
            *left = if limit.quota > 0.0 { share * limit.quota } else { 0.0 };
        }
        let mut requests_left = [f64::INFINITY; super::MOST_OFFERS];
        for ((left, share), limit) in requests_left.iter_mut().zip(&self.requests_left).zip(limits) {
            *left = if limit.requests.is_finite() { share * limit.requests } else { f64::INFINITY };
        }
        let windows = asked.factors.len();
        let all: f64 = limits.iter().map(|limit| limit.quota).sum();
        for (number, factor) in asked.factors.iter().enumerate() {
            let amount = asked.tokens * factor / windows as f64;
            if model.plain && self.ring.is_empty() && (amount <= all || model.policies.is_empty()) {
                let over = fill(amount, limits, &mut left, &mut self.full, flow);
                if over > 0.0 {
                    flow.refused += over;
                    flow.failed += over;
                    flow.minutes_over += f64::from(model.window) / 60.0;
                }
                continue;
            }
            let before = flow.refused;
            let ticks = model.window / model.tick;
            // Nobody is refused and nobody comes back before the first full tick.
            let calm = if model.plain && self.ring.is_empty() { ((all / amount) * f64::from(ticks)) as u32 } else { 0 };
            if calm > 0 {
                fill(amount * f64::from(calm) / f64::from(ticks), limits, &mut left, &mut self.full, flow);
            }
            let fresh = amount / f64::from(ticks);
            let mut spent = false;
            for tick in calm..ticks {
                if spent {
                    self.refuse_all(fresh, model, asked, flow);
                    continue;
                }
                let second = number as u32 * model.window + tick * model.tick;
                self.tick(second, fresh, model, asked, limits, (&mut left, &mut requests_left), flow);
                spent = model.plain && left[..limits.len()].iter().all(|&left| left == 0.0);
            }
            if flow.refused > before {
                flow.minutes_over += f64::from(model.window) / 60.0;
            }
        }
        for ((share, left), limit) in self.left.iter_mut().zip(left).zip(limits) {
            // Windows that fill at once begin anew with the hour.
            *share = if limit.steady && limit.quota > 0.0 && limit.quota.is_finite() { left / limit.quota } else { 1.0 };
        }
        for ((share, left), limit) in self.requests_left.iter_mut().zip(requests_left).zip(limits) {
            *share = if limit.steady && limit.requests > 0.0 && limit.requests.is_finite() { left / limit.requests } else { 1.0 };
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the innermost step, of the parts of one hour")]
    fn tick(
        &mut self,
        second: u32,
        fresh: f64,
        model: &PathModel,
        asked: &Asked<'_>,
        limits: &[Limit],
        (left, requests_left): (&mut [f64], &mut [f64]),
        flow: &mut Flow,
    ) {
        let waiting = !self.ring.is_empty();
        let all = fresh + if waiting { self.ring.due() } else { 0.0 };
        let mut rest = all;
        for (offer, limit) in limits.iter().enumerate() {
            let left = &mut left[offer];
            if second.is_multiple_of(limit.window) {
                self.full[offer] = false;
            }
            if limit.steady {
                // What comes in and what goes out do so together: the bucket overflows with what is left of both.
                *left += limit.quota * f64::from(model.tick) / f64::from(limit.window);
            } else if second.is_multiple_of(limit.window) {
                *left = limit.quota;
            }
            let mut taken = rest.min(*left);
            if limit.requests < f64::INFINITY {
                taken = within_requests(taken, limit, &mut requests_left[offer], second, model.tick);
            }
            *left -= taken;
            if limit.steady {
                *left = left.min(limit.quota);
            }
            flow.served[offer] += taken;
            rest -= taken;
            if rest > 0.0 && limit.along > 0.0 && !self.full[offer] {
                self.full[offer] = true;
                let along = limit.along.min(limit.quota);
                flow.served[offer] -= along;
                rest += along;
            }
        }
        if !waiting && rest == 0.0 {
            return;
        }
        if !(rest < all) {
            self.refuse_all(fresh, model, asked, flow);
            return;
        }
        let refused = (rest / all).min(1.0);
        flow.refused += refused * all;
        // A window that fills within the tick refuses who comes after that; a bucket that is empty lets a share of all in.
        let late = if model.steady || refused == 0.0 { 0 } else { halvings(refused) };
        self.come_back(refused, late, model, asked, flow);
        if refused > 0.0 {
            self.refuse(refused * fresh, late, model, asked, flow);
        }
        self.ring.advance();
    }

    /// A tick in which nobody is served: most of those in which anything happens, because a window that is spent is so until it ends.
    fn refuse_all(&mut self, fresh: f64, model: &PathModel, asked: &Asked<'_>, flow: &mut Flow) {
        flow.refused += fresh;
        let mut class = 0;
        for policy in &model.policies {
            for refusal in 0..policy.parts.len() {
                let back = self.ring.take(class + refusal);
                flow.refused += back.tokens;
                self.send_on(class, back, policy, (refusal + 1, 0), flow);
            }
            class += policy.parts.len();
        }
        self.refuse(fresh, 0, model, asked, flow);
        self.ring.advance();
    }

    /// Serves those who come back in this tick but for a share, which goes on waiting or gives up.
    fn come_back(&mut self, refused: f64, late: usize, model: &PathModel, asked: &Asked<'_>, flow: &mut Flow) {
        if self.ring.is_empty() {
            return;
        }
        let mut class = 0;
        for policy in &model.policies {
            for refusal in 0..policy.parts.len() {
                let back = self.ring.take(class + refusal);
                if back.tokens > 0.0 {
                    flow.waited += (1.0 - refused) * back.waited;
                    let bin = (back.waited / back.tokens) as usize;
                    let last = self.waits.len() - 1;
                    self.waits[bin.min(last)] += (1.0 - refused) * back.tokens * asked.requests_per_token;
                    flow.served_before += (1.0 - refused) * back.before;
                    self.send_on(class, back.share(refused), policy, (refusal + 1, late), flow);
                }
            }
            class += policy.parts.len();
        }
    }

    /// Those who were refused once more, after `refusals` others, wait or give up. What is full stays full for the rest of a tick, so who
    /// comes again within it is refused again. They were refused in the last part of it, which `late` halvings leave.
    fn send_on(&mut self, class: usize, mut refused: Waiting, policy: &Backoff, (refusals, late): (usize, usize), flow: &mut Flow) {
        for refusal in refusals..policy.parts.len() {
            if refused.tokens == 0.0 {
                return;
            }
            refused = self.ring.put(class + refusal, refused, policy.after(refusal, late));
            flow.refused += refused.tokens;
        }
        flow.failed += refused.tokens;
        flow.failed_before += refused.before;
    }

    /// Sends away those who were refused for the first time.
    fn refuse(&mut self, tokens: f64, late: usize, model: &PathModel, asked: &Asked<'_>, flow: &mut Flow) {
        let mut gone = 1.0;
        let mut class = 0;
        for (policy, share) in model.policies.iter().zip(asked.shares) {
            self.send_on(class, Waiting { tokens: tokens * share, ..Waiting::default() }, policy, (0, late), flow);
            gone -= share;
            class += policy.parts.len();
        }
        flow.failed += tokens * gone.max(0.0);
    }
}

/// What of so many tokens an offer's requests let through in a tick. Apart from the innermost step, which mostly does without.
#[inline(never)]
fn within_requests(taken: f64, limit: &Limit, left: &mut f64, second: u32, tick: u32) -> f64 {
    if limit.steady {
        *left += limit.requests * f64::from(tick) / f64::from(limit.request_window);
    } else if second.is_multiple_of(limit.request_window) {
        *left = limit.requests;
    }
    let taken = taken.min(*left);
    *left = (*left - taken).min(limit.requests);
    taken
}

/// Fills offers that begin anew, from the first on. What is left of each is told, and what none of them takes is given back.
fn fill(amount: f64, limits: &[Limit], left: &mut [f64], full: &mut [bool], flow: &mut Flow) -> f64 {
    let mut rest = amount;
    for (offer, limit) in limits.iter().enumerate() {
        full[offer] = rest > limit.quota;
        let along = if full[offer] { limit.along.min(limit.quota) } else { 0.0 };
        let taken = rest.min(limit.quota);
        left[offer] = limit.quota - taken;
        flow.served[offer] += taken - along;
        rest -= taken - along;
    }
    rest
}
