//! A share of events: never printed as 0 or 1 when it was only sampled, and with an error that knows which observations hang together.

use std::fmt;

use super::estimate::Estimate;
use super::moments::Moments;
use super::normal::normal_quantile;
use super::replicated::ScrambleSums;
use super::sampling::Sampling;
use super::stream::Stream;

/// How many of `n` independent observations had an event.
///
/// # Display
///
/// The share with its standard error, as [`Estimate`] prints it. An event never seen prints as `< 3/n`, one always seen as `> 1 - 3/n`,
/// the bound that 95 % confidence allows (rule of three[^three]). With three observations or fewer even that says nothing, and the
/// count is printed: `0 of 2`.
///
/// [^three]: J. A. Hanley, A. Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249 (1983), 1743-1745,
///     doi:10.1001/jama.1983.03330370053031.
///
/// # Example
///
/// ```
/// use tokentide::statistics::Proportion;
///
/// assert_eq!(Proportion::of(0, 10_000).to_string(), "< 3/10000");
/// assert_eq!(Proportion::of(2_500, 10_000).to_string(), "0.250±0.004");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proportion {
    /// Number of events, in `[0, n]`; halves where ties count half.
    pub successes: f64,
    /// Number of observations.
    pub n: u64,
    /// By scramble, where observations hang together within one.
    pub(super) scrambles: Option<ScrambleSums>,
}

impl Proportion {
    /// `successes` whole events in `n` observations.
    pub fn of(successes: u64, n: u64) -> Self {
        Self::independent(successes as f64, n)
    }

    /// The same where ties count half.
    pub(super) fn independent(successes: f64, n: u64) -> Self {
        Self { successes, n, scrambles: None }
    }

    /// The share of the finite samples of a column, `term` of each being 1 where it is one, and 0 or ½ where not.
    pub fn sampled(samples: &[f64], sampling: Sampling, term: impl Fn(f64) -> f64) -> Self {
        // Halves add up exactly, in whatever order.
        let sums = ScrambleSums::of(samples, term);
        let (n, successes) = sums.totals();
        Self { successes, n: n as u64, scrambles: (sampling == Sampling::Sobol).then_some(sums) }
    }

    /// The share, in `[0, 1]`; NaN of no observations.
    pub fn share(&self) -> f64 {
        if self.n == 0 { f64::NAN } else { self.successes / self.n as f64 }
    }

    /// The share with its binomial standard error, which is unknown when the event was never or always seen.
    pub fn estimate(&self) -> Estimate {
        let share = self.share();
        let varies = share > 0.0 && share < 1.0;
        let standard_error = match &self.scrambles {
            _ if !varies || self.n < 2 => None,
            None => Some((share * (1.0 - share) / (self.n - 1) as f64).sqrt()),
            Some(scrambles) => scrambles.standard_error(),
        };
        Estimate { point: share, standard_error, n: self.n }
    }

    /// Wilson's score interval[^wilson], farther towards an end of `[0, 1]` where only three events or fewer were seen or missed, inside
    /// `[0, 1]` and of use also when the event was never seen; `None` of no observations or
    /// for a `confidence` outside (0, 1). Of scrambles, it is that of as many observations as would have the same error, with Student's
    /// multiplier.
    ///
    /// [^wilson]: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209-212,
    ///     doi:10.1080/01621459.1927.10502953.
    pub fn interval(&self, confidence: f64) -> Option<(f64, f64)> {
        match &self.scrambles {
            None => wilson(self.share(), self.n as f64, confidence, normal_multiplier(confidence)),
            Some(scrambles) => wilson_of_scrambles(self.share(), self.n as f64, scrambles, confidence),
        }
    }
}

impl fmt::Display for Proportion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&share_text(&self.estimate(), self.n))
    }
}

/// A share of observations that come in clusters, such as the months within replications: its error comes from the spread between
/// clusters, for observations of one cluster hang together and count for less than their number.
///
/// The point is the mean over clusters of each cluster's share. Prints as [`Proportion`] does, with the clusters as n.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ClusterProportion {
    shares: Moments,
    observations: u64,
    added: u64,
    scrambles: Option<ScrambleSums>,
}

impl ClusterProportion {
    /// Of clusters that are replications 0, 1, 2, …, sampled in this way.
    pub fn sampled(sampling: Sampling) -> Self {
        Self { scrambles: (sampling == Sampling::Sobol).then(ScrambleSums::default), ..Self::default() }
    }

    /// Adds a cluster with `successes` events in `size` observations, `successes` ≤ `size`.
    /// An empty cluster has no share and is left out.
    pub fn add(&mut self, successes: u64, size: u64) {
        debug_assert!(successes <= size);
        if size > 0 {
            let share = successes as f64 / size as f64;
            self.shares.add(share);
            self.observations += size;
            if let Some(scrambles) = &mut self.scrambles {
                scrambles.add(self.added, share);
            }
        }
        self.added += 1;
    }

    /// The proportion of clusters of `size` observations each, whose shares were streamed.
    pub fn of_shares(shares: &Stream, size: u64) -> Self {
        let moments = *shares.moments();
        Self { shares: moments, observations: moments.n() * size, added: moments.n(), scrambles: shares.scrambles().copied() }
    }

    /// The proportion of so many clusters of `size` observations each that all have the same share.
    pub fn constant(share: f64, clusters: u64, size: u64, sampling: Sampling) -> Self {
        let scrambles = (sampling == Sampling::Sobol).then(|| ScrambleSums::zeros(clusters));
        Self { shares: Moments::constant(share, clusters), observations: clusters * size, added: clusters, scrambles }
    }

    /// Adds all clusters of `other`, which come after these and are sampled in the same way.
    pub fn merge(&mut self, other: &Self) {
        self.shares.merge(&other.shares);
        self.observations += other.observations;
        if let (Some(scrambles), Some(others)) = (&mut self.scrambles, &other.scrambles) {
            scrambles.merge(others, self.added);
        }
        self.added += other.added;
    }

    /// Number of clusters that are not empty.
    pub fn clusters(&self) -> u64 {
        self.shares.n()
    }

    /// Number of observations in all clusters.
    pub fn observations(&self) -> u64 {
        self.observations
    }

    /// The mean share with the standard error from the spread of the clusters, which is unknown when they do not differ.
    pub fn estimate(&self) -> Estimate {
        let all = self.shares.estimate();
        let error = match &self.scrambles {
            None => all.standard_error,
            Some(scrambles) => all.standard_error.filter(|&error| error > 0.0).and_then(|_| scrambles.standard_error()),
        };
        Estimate { standard_error: error.filter(|&error| error > 0.0), ..all }
    }

    /// Wilson's interval for as many independent observations as would have the same standard error, at most the number observed, and
    /// the number of clusters where the error is unknown. `None` of no clusters or for a `confidence` outside (0, 1).
    pub fn interval(&self, confidence: f64) -> Option<(f64, f64)> {
        let estimate = self.estimate();
        let share = estimate.point.clamp(0.0, 1.0);
        // Equal shares have no error; their sums may seem to have one, by rounding.
        if let Some(scrambles) = self.scrambles.as_ref().filter(|_| estimate.standard_error.is_some()) {
            return wilson_of_scrambles(share, estimate.n as f64, scrambles, confidence);
        }
        let effective = match estimate.standard_error {
            Some(error) => (share * (1.0 - share) / (error * error)).min(self.observations as f64),
            None => estimate.n as f64,
        };
        wilson(share, effective, confidence, normal_multiplier(confidence))
    }
}

impl fmt::Display for ClusterProportion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&share_text(&self.estimate(), self.clusters()))
    }
}

fn share_text(estimate: &Estimate, n: u64) -> String {
    if estimate.point <= 0.0 {
        return if n > 3 { format!("< 3/{n}") } else { format!("0 of {n}") };
    }
    if estimate.point >= 1.0 {
        return if n > 3 { format!("> 1 - 3/{n}") } else { format!("{n} of {n}") };
    }
    estimate.to_string()
}

fn normal_multiplier(confidence: f64) -> f64 {
    normal_quantile(0.5 * (1.0 + confidence))
}

/// For as many observations as would have the error that the scrambles show, and `n` where they show none.
fn wilson_of_scrambles(share: f64, n: f64, scrambles: &ScrambleSums, confidence: f64) -> Option<(f64, f64)> {
    match scrambles.standard_error().filter(|&error| error > 0.0 && share > 0.0 && share < 1.0) {
        Some(error) => wilson(share, share * (1.0 - share) / (error * error), confidence, scrambles.multiplier(confidence)),
        None => wilson(share, n, confidence, normal_multiplier(confidence)),
    }
}

/// `z` is the multiplier of the confidence.
fn wilson(share: f64, n: f64, confidence: f64, z: f64) -> Option<(f64, f64)> {
    if !(n > 0.0 && share >= 0.0 && confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let shrink = z * z / n;
    let centre = share + 0.5 * shrink;
    let reach = z * (share * (1.0 - share) / n + 0.25 * shrink / n).sqrt();
    // At a share of 0 or 1 the near end is exactly there; rounding must not move it.
    let few = |share: f64| few_events(share * n, confidence).map_or(1.0, |least| least / n);
    let low = if share <= 0.0 { 0.0 } else { ((centre - reach) / (1.0 + shrink)).clamp(0.0, few(share).max(0.0)) };
    let high = if share >= 1.0 { 1.0 } else { ((centre + reach) / (1.0 + shrink)).clamp(1.0 - few(1.0 - share), 1.0) };
    Some((low, high))
}

/// The fewest events that may be expected where one, two or three were seen: with fewer, as many as that are seen at most as often as the
/// confidence leaves, by the Poisson law. Wilson's interval covers too little there (L. D. Brown, T. T. Cai and A. DasGupta, "Interval estimation
/// for a binomial proportion", Statistical Science 16 (2001), 101-133, section 4.1.1, whose remedy this is). `None` of more events.
fn few_events(seen: f64, confidence: f64) -> Option<f64> {
    let seen = seen.round();
    if !(1.0..=3.0).contains(&seen) {
        return None;
    }
    let fewer = |expected: f64| libm::exp(-expected) * [1.0, expected, 0.5 * expected * expected][..seen as usize].iter().sum::<f64>();
    let (mut low, mut high) = (0.0, seen);
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if fewer(middle) > confidence { low = middle } else { high = middle }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::testing::Draws;

    #[test]
    fn prints_what_was_seen() {
        assert_eq!(Proportion::of(0, 10_000).to_string(), "< 3/10000");
        assert_eq!(Proportion::of(10_000, 10_000).to_string(), "> 1 - 3/10000");
        assert_eq!(Proportion::of(1, 10_000).to_string(), "0.0001±0.0001");
        assert_eq!(Proportion::of(0, 3).to_string(), "0 of 3");
        assert_eq!(Proportion::of(2, 2).to_string(), "2 of 2");
        assert_eq!(Proportion::of(0, 0).to_string(), "n/a");
        assert_eq!(format!("{:>10}|", Proportion::of(0, 100)), "   < 3/100|");
    }

    #[test]
    fn wilsons_interval_by_hand() {
        // Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I, method 3; but for the lower end where
        // one was seen, 0.0061 there and here −ln 0.95 of 29.
        for (successes, n, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0018, 0.1718)]
        {
            let ends = Proportion::of(successes, n).interval(0.95).unwrap();
            assert!((ends.0 - low).abs() < 5.1e-5 && (ends.1 - high).abs() < 5.1e-5, "{successes}/{n}: {ends:?}");
        }
        let (all, none) = (Proportion::of(50, 50).interval(0.95).unwrap(), Proportion::of(0, 50).interval(0.95).unwrap());
        assert_eq!((all.1, none.0), (1.0, 0.0));
        assert!((1.0 - all.0 - none.1).abs() < 1e-15);
        assert_eq!(Proportion::of(0, 0).interval(0.95), None);
        assert_eq!(Proportion::of(1, 2).interval(1.0), None);
    }

    /// The coverage, summed over the binomial law, of shares at which Wilson's interval alone covers as little as 84 %.
    #[test]
    fn intervals_of_what_is_seldom_cover() {
        for (n, expected) in [(200, 0.06), (400, 0.12), (400, 0.17), (1000, 0.3), (50, 0.2), (400, 0.7)] {
            let p = expected / f64::from(n);
            let mut chance = libm::pow(1.0 - p, f64::from(n));
            let (mut covered, mut mirrored) = (0.0, 0.0);
            for seen in 0..=n {
                let ends = |seen: i32| Proportion::of(seen as u64, n as u64).interval(0.95).unwrap();
                let holds = |(low, high): (f64, f64), share: f64| if low <= share && share <= high { chance } else { 0.0 };
                covered += holds(ends(seen), p);
                mirrored += holds(ends(n - seen), 1.0 - p);
                chance *= f64::from(n - seen) / f64::from(seen + 1) * p / (1.0 - p);
            }
            assert!(covered > 0.94 && (covered - mirrored).abs() < 1e-9, "{n} × {p}: {covered} {mirrored}");
        }
    }

    #[test]
    fn a_share_never_seen_has_no_error() {
        for proportion in [Proportion::of(0, 9), Proportion::of(9, 9), Proportion::of(1, 1)] {
            assert_eq!(proportion.estimate().standard_error, None);
        }
    }

    #[test]
    fn clusters_that_hang_together_count_once() {
        // All twelve months of a replication alike: as good as one observation each.
        let mut together = ClusterProportion::default();
        let mut apart = Proportion::of(0, 200);
        for replication in 0..200 {
            let hit = u64::from(replication % 4 == 0);
            together.add(12 * hit, 12);
            apart.successes += hit as f64;
        }
        assert_eq!((together.clusters(), together.observations()), (200, 2_400));
        let (mine, theirs) = (together.estimate(), apart.estimate());
        assert!((mine.point - theirs.point).abs() < 1e-14);
        assert!((mine.standard_error.unwrap() / theirs.standard_error.unwrap() - 1.0).abs() < 1e-12);
        let (ends, reference) = (together.interval(0.95).unwrap(), Proportion::independent(0.25 * 199.0, 199).interval(0.95).unwrap());
        assert!((ends.0 - reference.0).abs() < 1e-12 && (ends.1 - reference.1).abs() < 1e-12);
    }

    #[test]
    fn clusters_never_hit_print_the_rule_of_three_and_empty_ones_do_not_count() {
        let mut none = ClusterProportion::default();
        assert_eq!((none.to_string(), none.interval(0.95)), ("n/a".to_owned(), None));
        for _ in 0..50 {
            none.add(0, 12);
            none.add(0, 0);
        }
        assert_eq!(none.to_string(), "< 3/50");
        assert_eq!(none.interval(0.95), Proportion::of(0, 50).interval(0.95));
        let mut half = none;
        half.merge(&none);
        assert_eq!(half.to_string(), "< 3/100");
    }

    /// Streamed, added one by one, or all the same: one share.
    #[test]
    fn shares_of_scrambles_are_the_same_however_they_came() {
        let kept = |r: u64| if r % 16 < 5 { 12 } else { 9 + r % 4 };
        let of = |kept: &dyn Fn(u64) -> u64| {
            let mut share = ClusterProportion::sampled(Sampling::Sobol);
            let mut stream = Stream::sampled(Sampling::Sobol);
            (0..1_003).for_each(|r| share.add(kept(r), 12));
            stream.add(&(0..1_003).map(|r| kept(r) as f64 / 12.0).collect::<Vec<_>>());
            (share, ClusterProportion::of_shares(&stream, 12))
        };
        let near = |a: &ClusterProportion, b: &ClusterProportion| {
            let ((low, high), (from, to)) = (a.interval(0.95).unwrap(), b.interval(0.95).unwrap());
            assert_eq!((a.clusters(), a.observations()), (b.clusters(), b.observations()));
            assert!((low - from).abs() + (high - to).abs() < 1e-12, "{a:?} {b:?}");
        };
        let (added, streamed) = of(&kept);
        near(&added, &streamed);
        let (added, streamed) = of(&|_| 11);
        near(&added, &streamed);
        near(&added, &ClusterProportion::constant(11.0 / 12.0, 1_003, 12, Sampling::Sobol));
        assert!(added.interval(0.95).is_some_and(|(low, high)| high - low > 0.02));
    }

    #[test]
    fn cluster_intervals_cover() {
        const REPEATS: u32 = 4_000;
        let mut draws = Draws::new(6);
        let mut covered = 0;
        for _ in 0..REPEATS {
            let mut share = ClusterProportion::default();
            for _ in 0..300 {
                // A cluster's own rate, uniform on [0, 0.2]: mean 0.1.
                let rate = 0.2 * draws.uniform();
                share.add((0..12).map(|_| u64::from(draws.uniform() < rate)).sum(), 12);
            }
            let (low, high) = share.interval(0.95).unwrap();
            covered += u32::from(low <= 0.1 && 0.1 <= high);
        }
        let seen = f64::from(covered) / f64::from(REPEATS);
        // The interval is approximate: allow four standard errors of .0034 around 95 %.
        assert!((seen - 0.95).abs() < 4.0 * 0.0035, "{seen}");
    }
}
