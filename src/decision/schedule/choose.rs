//! Choosing without flattering the choice: what is best on one half of the futures is told by what it costs on the other.
//!
//! The least of many sample means lies below its own true mean, the more so the more there are. So whatever is chosen from a grid is chosen
//! by the futures r with r mod 16 < 8, and its figures are those of the others, which the choice has not seen. Under steered sampling those
//! are eight scrambles each, which are independent of each other.

use super::splice::Course;
use crate::scenario::Limits;
use crate::statistics::{Estimate, Method, Moments, Proportion, SCRAMBLES, Sampling, section};
use std::cmp::Ordering;

/// Futures below which halves tell nothing.
pub(super) const LEAST: usize = 2 * SCRAMBLES;

/// Which of the futures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Futures {
    /// Every one.
    All,
    /// Those that choices are made by.
    Choosing,
    /// Those that tell what was chosen.
    Telling,
}

impl Futures {
    fn holds(self, future: usize) -> bool {
        let first = future % SCRAMBLES < SCRAMBLES / 2;
        match self {
            Self::All => true,
            Self::Choosing => first,
            Self::Telling => !first,
        }
    }

    /// These of a column.
    pub(super) fn of(self, column: &[f64]) -> Vec<f64> {
        column.iter().enumerate().filter(|(future, _)| self.holds(*future)).map(|(_, &x)| x).collect()
    }

    /// The mean of a column over the half that tells.
    pub(super) fn told(column: &[f64], sampling: Sampling) -> Estimate {
        match sampling {
            Sampling::Plain => Method::from(Sampling::Plain).mean(&Self::Telling.of(column)),
            Sampling::Sobol => {
                let scramble = |number: usize| Moments::from_slice(&section(column, number)).mean();
                let means: Vec<f64> = (SCRAMBLES / 2..SCRAMBLES).map(scramble).collect();
                Method::from(Sampling::Plain).mean(&means)
            }
        }
    }

    /// How often a column of the half that tells is above 0.
    pub(super) fn above_0(column: &[f64]) -> Proportion {
        let told = Self::Telling.of(column);
        Proportion::of(told.iter().filter(|&&x| x > 0.0).count() as u64, told.len() as u64)
    }
}

/// How a course stands on some of the futures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) mean: f64,
    pub(super) keeps: bool,
    excess: f64,
}

impl Standing {
    pub(super) fn of(course: &Course, futures: Futures, months: usize, limits: &Limits) -> Self {
        let mean = |column: &[f64]| Moments::from_slice(&futures.of(column)).mean();
        let kept = course.kept.iter().enumerate().filter(|(future, _)| futures.holds(*future));
        let (kept, all) = kept.fold((0_u64, 0_u64), |(kept, all), (_, &months)| (kept + u64::from(months), all + 1));
        let share = kept as f64 / (all * months as u64).max(1) as f64;
        Self { mean: mean(&course.ranked), keeps: !limits.any() || share >= limits.in_share_of_months, excess: mean(&course.excess) }
    }

    /// The cheapest that keeps the limits first; of those that miss them, the one that does by the least.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let missed = |standing: &Self| if standing.keeps { 0.0 } else { standing.excess };
        other.keeps.cmp(&self.keeps).then(missed(self).total_cmp(&missed(other))).then(self.mean.total_cmp(&other.mean))
    }
}

/// The best of some courses by these futures; the first of several alike.
pub(super) fn best(
    courses: &[Course],
    among: impl Iterator<Item = usize>,
    futures: Futures,
    months: usize,
    limits: &Limits,
) -> Option<usize> {
    let standing = |place: usize| (place, Standing::of(&courses[place], futures, months, limits));
    among.map(standing).min_by(|a, b| a.1.order(&b.1)).map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream::{Purpose, StreamKey};

    /// Forty policies that all cost 100 on average: the best of them seems cheaper by the futures that it was chosen by, and by no others.
    #[test]
    fn what_was_chosen_is_not_flattered() {
        let (futures, policies) = (512, 40);
        let limits = Limits {
            throttled_requests_share: None,
            missed_deadlines_share: None,
            throttled_hours: None,
            in_share_of_months: 0.95,
            cost_per_failed_request: None,
        };
        let (mut flattered, mut told) = (Moments::default(), Moments::default());
        for repeat in 0..100 {
            let mut stream = StreamKey::new(repeat, Purpose::Level, "choose").replication(0);
            let course = |_: usize| {
                // Uniform from 90 to 110.
                let ranked: Vec<f64> = (0..futures).map(|_| 90.0 + 20.0 * stream.uniform()).collect();
                let (spend, owed, excess) = (ranked.clone(), vec![0.0; futures], vec![0.0; futures]);
                Course { ranked, spend, owed, kept: vec![1; futures], excess }
            };
            let courses: Vec<Course> = (0..policies).map(course).collect();
            let chosen = &courses[best(&courses, 0..policies, Futures::Choosing, 1, &limits).unwrap()].ranked;
            flattered.add(Moments::from_slice(&Futures::Choosing.of(chosen)).mean());
            told.add(Futures::told(chosen, Sampling::Plain).point);
        }
        let error = 20.0 / (12.0_f64 * (futures / 2) as f64 * 100.0).sqrt();
        assert!((told.mean() - 100.0).abs() < 4.5 * error, "{}", told.mean());
        // The least of forty means lies two of their errors below the truth.
        assert!(flattered.mean() < 100.0 - 15.0 * error, "{}", flattered.mean());
    }
}
