//! How late an event may come: a geometric number of whole weeks, or one delay with a probability.

use super::check::exclusive;
use crate::horizon::HOURS_PER_WEEK;
use crate::spec::{Field, Reader};
use crate::spec_table;
use crate::units::{Hours, Share};

spec_table! {
    /// How late an event may come: by a random number of whole weeks, or by a given time with a probability.
    pub struct SlipSpec {
        /// The mean delay. The delay is a geometric number of weeks of 168 hours, 0 the likeliest: each further week has the same chance.
        optional mean: Hours,
        /// How likely the event slips, by `length`.
        optional probability: Share,
        /// By how much it slips then, in whole hours.
        optional length: Hours,
    }
}

/// Longest delay, or mean of one: two years, beyond which a plan is no plan.
const LONGEST: f64 = 2.0 * 52.0 * 168.0;

/// The law of a delay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Slip {
    /// K weeks with P(K = k) = (1 − q) qᵏ; the mean of q / (1 − q) weeks gives q.
    Weeks {
        /// Chance of one week more, 0 to 1.
        q: f64,
    },
    /// So many hours with a probability, else none.
    Once {
        /// How likely.
        probability: f64,
        /// How long.
        hours: usize,
    },
}

impl Slip {
    /// An event that comes when it is said to.
    pub(super) const NEVER: Self = Self::Once { probability: 0.0, hours: 0 };

    /// Checks the spec.
    pub(super) fn resolve(spec: &Field<SlipSpec>, reader: &mut Reader) -> Option<Self> {
        let longest = |field: &Field<Hours>, reader: &mut Reader| {
            let good = field.0 <= LONGEST;
            if !good {
                reader.refuse(&field.at, "is longer than any plan", "at most 104 weeks");
            }
            good
        };
        let why = "either `mean`, or `probability` and `length`";
        let alone = exclusive(spec.mean.as_ref(), spec.probability.as_ref(), why, reader)
            & exclusive(spec.mean.as_ref(), spec.length.as_ref(), why, reader);
        match (&spec.mean, &spec.probability, &spec.length) {
            (Some(mean), ..) => {
                let weeks = mean.0 / HOURS_PER_WEEK as f64;
                (longest(mean, reader) && alone).then_some(Self::Weeks { q: weeks / (1.0 + weeks) })
            }
            (None, Some(probability), Some(length)) => {
                let whole = length.0.fract() == 0.0;
                if !whole {
                    reader.refuse(&length.at, "is no whole number of hours", "whole hours, such as \"6 weeks\"");
                }
                (longest(length, reader) && whole).then_some(Self::Once { probability: probability.0, hours: length.0 as usize })
            }
            (None, None, None) => {
                reader.missing(&spec.at, "mean", "`mean`, such as \"4 weeks\", or `probability` and `length`");
                None
            }
            (None, None, Some(_)) => {
                reader.missing(&spec.at, "probability", "how likely it slips by `length`, such as \"30%\"");
                None
            }
            (None, Some(_), None) => {
                reader.missing(&spec.at, "length", "by how much it slips, such as \"6 weeks\"");
                None
            }
        }
    }

    /// The delay in hours that a uniform number in (0, 1) stands for: P(K ≥ k) = qᵏ = P(u ≤ qᵏ).
    pub(super) fn hours(self, u: f64) -> usize {
        match self {
            Self::Weeks { q } => (libm::log(u) / libm::log(q)).floor() as usize * HOURS_PER_WEEK,
            Self::Once { probability, hours } if u < probability => hours,
            Self::Once { .. } => 0,
        }
    }

    /// Delays of less than `limit` hours with their probabilities.
    pub(super) fn delays(self, limit: usize) -> Vec<(usize, f64)> {
        match self {
            Self::Weeks { q } => {
                let mut left = 1.0;
                let mut of_week = |week: usize| {
                    let probability = (1.0 - q) * left;
                    left *= q;
                    (week * HOURS_PER_WEEK, probability)
                };
                (0..limit.div_ceil(HOURS_PER_WEEK)).map(&mut of_week).collect()
            }
            Self::Once { probability, hours } => {
                [(0, 1.0 - probability), (hours, probability)].into_iter().filter(|&(delay, p)| p > 0.0 && delay < limit).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demand::testing::read;

    fn resolve(text: &str) -> (Option<Slip>, String) {
        let (spec, mut reader) = read::<SlipSpec>(text);
        let slip = Slip::resolve(&spec, &mut reader);
        (slip, reader.finish().err().map_or(String::new(), |e| e.to_string()))
    }

    /// By hand: a mean of 4 weeks is q = 0.8, so a delay of 0 has 20 %, of 1 week 16 %, and so on.
    #[test]
    fn delays_and_draws_have_the_same_law() {
        let (Some(slip), _) = resolve("mean = '4 weeks'") else { panic!() };
        let delays = slip.delays(4 * 168 - 1);
        for ((delay, p), (hours, wanted)) in delays.iter().zip([(0, 0.2), (168, 0.16), (336, 0.128), (504, 0.1024)]) {
            assert!(*delay == hours && (p - wanted).abs() < 1e-12, "{delay}: {p}");
        }
        assert_eq!(delays.len(), 4);
        let mean: f64 = slip.delays(168 * 400).iter().map(|(delay, p)| *delay as f64 / 168.0 * p).sum();
        assert!((mean - 4.0).abs() < 1e-9, "{mean}");
        // The k-th week begins below qᵏ.
        let n = 100_000;
        let draws: Vec<usize> = (0..n).map(|i| slip.hours((f64::from(i) + 0.5) / f64::from(n))).collect();
        for (delay, p) in delays {
            let share = draws.iter().filter(|&&draw| draw == delay).count() as f64 / f64::from(n);
            assert!((share - p).abs() < 2e-5, "{delay}: {share} against {p}");
        }
        let (Some(once), _) = resolve("probability = '30%'\nlength = '6 weeks'") else { panic!() };
        assert_eq!((once.hours(0.29), once.hours(0.31)), (1008, 0));
        assert_eq!(once.delays(2000), [(0, 0.7), (1008, 0.3)]);
        assert_eq!((once.delays(1008), Slip::NEVER.delays(10)), (vec![(0, 0.7)], vec![(0, 1.0)]));
    }

    #[test]
    fn faults() {
        for (text, message) in [
            ("", "level.mean: is missing"),
            ("probability = 0.3", "level.length: is missing"),
            ("length = '1 week'", "level.probability: is missing"),
            ("mean = '1 week'\nprobability = 0.3", "cannot stand beside `mean`"),
            ("mean = '3 weeks'\nlength = '1 week'", "cannot stand beside `mean`"),
            ("mean = '105 weeks'", "at most 104 weeks"),
            ("probability = 0.3\nlength = '90 min'", "is no whole number of hours"),
        ] {
            let (slip, errors) = resolve(text);
            assert!(slip.is_none() && errors.contains(message), "{text}: {errors}");
        }
    }
}
