//! The steady rate at which work that waits for a quota would be done in time, had it that rate to itself.
//!
//! The work of an hour is there when the hour begins and is done when the hour that serves it ends, in the order in which it came (see
//! `supply/queue`). So at R tokens an hour all of it is in time where no stretch of hours brings more than R serves from the first of them
//! until the last one's work is due: in e − s + D hours for a stretch from s to e and a deadline of D whole hours. The least such rate is the
//! largest of those quotients. Of several workloads the rates are added, which is enough for all and may be more than it takes.

use crate::demand::WorkloadPath;
use crate::scenario::Scenario;
use crate::supply::{Metered, PoolGroup, Quota};
use crate::units::ByClass;

/// What waits for one quota from its arrival on.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    lanes: Vec<Lane>,
}

#[derive(Clone, Copy, Debug)]
struct Lane {
    workload: usize,
    /// What the quota counts of a token of each class, times the share of the workload that waits.
    weights: ByClass,
    /// Whole hours.
    deadline: f64,
}

impl Waiting {
    /// `None` where nothing waits for the quota, or where what waits is not its own: some of it is served before by units or in batch, is let
    /// in at some hours of the week alone, or is held against the quota for longer than it takes.
    pub(super) fn of(scenario: &Scenario, metered: &Metered, quota: Option<&Quota>) -> Option<Self> {
        let supply = &scenario.supply;
        let waiting =
            || supply.groups[metered.group].members.iter().filter(|member| member.waits.is_some() && member.route.contains(&metered.offer));
        let quota = quota.filter(|quota| quota.metering.hold.is_none())?;
        let own = waiting().all(|member| {
            let always = member.waits.as_ref().is_some_and(|waits| waits.hours.first().is_some_and(Option::is_none));
            member.batch.is_none() && member.route.first() == Some(&metered.offer) && always
        });
        let lane = |workload: usize, share: f64| {
            let deadline = supply.workloads[workload].deadline.floor();
            Lane { workload, weights: quota.weights * share, deadline }
        };
        let lanes: Vec<Lane> = waiting().map(|member| lane(member.workload, PoolGroup::share(member, &supply.workloads))).collect();
        (own && !lanes.is_empty() && lanes.iter().all(|lane| lane.deadline >= 1.0)).then_some(Self { lanes })
    }

    /// By month of arrival, the rate per minute that one future takes.
    pub(super) fn rates(&self, scenario: &Scenario, paths: &[WorkloadPath]) -> Vec<f64> {
        let horizon = &scenario.horizon;
        let mut rates = vec![0.0; horizon.months()];
        for lane in &self.lanes {
            let work = paths[lane.workload].tokens.iter().map(|tokens| tokens.dot(&lane.weights));
            let mut of_lane = vec![0.0_f64; rates.len()];
            for (hour, rate) in least_rates(work, lane.deadline).enumerate() {
                let month = &mut of_lane[horizon.month_of(hour)];
                *month = month.max(rate / 60.0);
            }
            rates.iter_mut().zip(of_lane).for_each(|(sum, rate)| *sum += rate);
        }
        rates
    }
}

/// By hour, the least rate per hour at which the work that came up to it is in time: the steepest line from what had come before an hour to what
/// has come by this one when it is due. Of the former only the lower hull can be met by it.
fn least_rates(work: impl Iterator<Item = f64>, deadline: f64) -> impl Iterator<Item = f64> {
    let slope = |a: (f64, f64), b: (f64, f64)| (b.1 - a.1) / (b.0 - a.0);
    let mut hull: Vec<(f64, f64)> = Vec::new();
    let mut sum = 0.0;
    work.enumerate().map(move |(hour, work)| {
        let before = (hour as f64, sum);
        while let [.., a, b] = hull.as_slice()
            && slope(*b, before) <= slope(*a, *b)
        {
            hull.pop();
        }
        hull.push(before);
        sum += work;
        let due = (hour as f64 + deadline, sum);
        let steeper = |pair: &[(f64, f64)]| slope(pair[0], pair[1]) < slope(pair[0], due);
        let (mut low, mut high) = (0, hull.len() - 1);
        while low < high {
            let middle = usize::midpoint(low, high);
            if steeper(&hull[middle..middle + 2]) { low = middle + 1 } else { high = middle }
        }
        slope(hull[low], due)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against all stretches, one by one, and against serving in order at that rate and just below it.
    #[test]
    fn the_least_rate_is_that_of_the_worst_stretch() {
        for seed in 0_u32..20 {
            let work: Vec<f64> = (0..60_u32)
                .map(|hour| f64::from((hour * 7919 + seed * 104_729) % 97) * f64::from(u8::from(hour % (seed % 5 + 1) == 0)))
                .collect();
            let deadline = 1 + (seed % 7) as usize;
            let found = least_rates(work.iter().copied(), deadline as f64).fold(0.0, f64::max);
            let stretch = |s: usize, e: usize| work[s..=e].iter().sum::<f64>() / (e - s + deadline) as f64;
            let wanted = (0..60).flat_map(|e| (0..=e).map(move |s| (s, e))).map(|(s, e)| stretch(s, e)).fold(0.0, f64::max);
            assert!((found - wanted).abs() <= 1e-9 * wanted, "{seed}: {found} and {wanted}");
            let late = |rate: f64| {
                let mut waiting: std::collections::VecDeque<(usize, f64)> = std::collections::VecDeque::new();
                (0..60 + deadline).any(|hour| {
                    waiting.extend(work.get(hour).map(|work| (hour, *work)));
                    let mut room = rate;
                    while let Some((_, left)) = waiting.front_mut() {
                        let served = room.min(*left);
                        (*left, room) = (*left - served, room - served);
                        if *left > 1e-9 {
                            break;
                        }
                        waiting.pop_front();
                    }
                    waiting.front().is_some_and(|(came, _)| hour + 1 - came >= deadline)
                })
            };
            assert!(!late(found * (1.0 + 1e-9)) && late(found * 0.999), "{seed}");
        }
    }
}
