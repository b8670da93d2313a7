//! A pool's mean week: in which hours units would pay, and what ways of buying come to if every week were the mean one.
//!
//! What units are worth in an hour of the week is what their share of its mean tokens costs at the on-demand offer that comes after them.
//! Minutes, futures, quotas and limits are left out, so this tells where to look and never what to buy.

use crate::horizon::HOURS_PER_WEEK;
use crate::supply::offer::{Offer, OfferKind, Provisioned};
use crate::supply::pool::PoolGroup;
use crate::supply::route::Member;
use crate::supply::schedule::Window;
use crate::supply::{Supply, WorkloadFacts};
use crate::units::{ByClass, Term};

/// Windows that are derived at most.
const WINDOWS: usize = 3;
/// Numbers of units up to the busiest hour's that are told apart where any number is sold, or very many.
const STEPS: f64 = 24.0;

/// The mean week of what reaches one offer of a pool.
#[derive(Clone, Debug)]
pub(crate) struct Week {
    /// Weighted tokens of each hour from Monday 00:00, in units: what so many of them would serve.
    units: Vec<f64>,
    /// What one unit's tokens of that hour cost on demand. `[currency]`
    worth: Vec<f64>,
    /// Price of a unit-hour without a term, and the least of all terms. `[currency]`
    hourly: f64,
    least: f64,
}

impl Week {
    /// `None` where the offer sells no units without a term, has two axes, or is followed by no on-demand offer. `profile` are mean tokens by
    /// workload and hour of the week.
    pub(crate) fn new(
        members: &[Member],
        offer: usize,
        offers: &[Offer],
        facts: &[WorkloadFacts],
        profile: &[Vec<ByClass>],
    ) -> Option<Self> {
        let OfferKind::Provisioned(provisioned) = &offers[offer].kind else { return None };
        let (hourly, least) = prices(provisioned)?;
        let [axis] = provisioned.axes.as_slice() else { return None };
        let capacity = f64::midpoint(axis.capacity.0, axis.capacity.1);
        let (mut units, mut worth) = (vec![0.0; HOURS_PER_WEEK], vec![0.0; HOURS_PER_WEEK]);
        for member in members {
            let Some(place) = member.route.iter().position(|&other| other == offer) else { continue };
            let after = member.route[place..].iter().find_map(|&next| match &offers[next].kind {
                OfferKind::OnDemand(next) => Some(next.price.per_token),
                _ => None,
            });
            let (share, price) = (PoolGroup::share(member, facts), after?);
            // What batch takes does not come here.
            let hours = profile.get(member.workload).filter(|_| member.batch.is_none());
            for (hour, tokens) in hours.into_iter().flatten().enumerate() {
                units[hour] += share * tokens.dot(&axis.weights) / capacity;
                worth[hour] += share * tokens.dot(&price);
            }
        }
        worth.iter_mut().zip(&units).for_each(|(worth, units)| *worth = if *units > 0.0 { *worth / units } else { 0.0 });
        Some(Self { units, worth, hourly, least })
    }

    /// What the busiest hour would fill. `[units]`
    pub(super) fn busiest(&self) -> f64 {
        self.units.iter().copied().fold(0.0, f64::max)
    }

    /// What the units above `from` up to `to` are worth in each hour.
    fn worth(&self, from: f64, to: f64) -> impl Iterator<Item = f64> + '_ {
        self.units.iter().zip(&self.worth).map(move |(units, worth)| worth * (units - from).clamp(0.0, to - from))
    }

    /// The window in which the units above `from` up to `to` save the most, and how much more that is a week than what they save all week long
    /// on the cheapest term, or than nothing. `None` where it is not more. `[currency a week]`
    fn best_window(&self, from: f64, to: f64) -> Option<(Window, f64)> {
        let gain: Vec<f64> = self.worth(from, to).map(|worth| worth - (to - from) * self.hourly).collect();
        let always: f64 = self.worth(from, to).sum::<f64>() - (to - from) * self.least * HOURS_PER_WEEK as f64;
        // A window that begins on Sunday ends on Monday, at the latest a day later.
        let mut sums = vec![0.0];
        for hour in 0..HOURS_PER_WEEK + 24 {
            sums.push(sums[hour] + gain[hour % HOURS_PER_WEEK]);
        }
        let of_window = |window: &Window| -> f64 { window.runs().map(|hours| sums[hours.end] - sums[hours.start]).sum() };
        // Of windows that save the same the first, which is the longest that begins then.
        let best = windows().map(|window| (window, of_window(&window)));
        let best = best.reduce(|best, other| if other.1 > best.1 * (1.0 + 1e-12) { other } else { best })?;
        let more = best.1 - always.max(0.0);
        (more > 1e-9 * (to - from) * self.least * HOURS_PER_WEEK as f64).then_some((best.0, more))
    }

    /// The windows in which some of these numbers of units save more than on any term or on demand, the most first, with what that is a week;
    /// each number adds to the one before. `[currency a week]`
    pub(crate) fn windows(&self, units: &[f64]) -> Vec<(Window, f64)> {
        let mut found: Vec<(Window, f64)> = Vec::new();
        for pair in units.windows(2) {
            let Some((window, more)) = self.best_window(pair[0], pair[1]) else { continue };
            match found.iter_mut().find(|(known, _)| *known == window) {
                Some(known) => known.1 += more,
                None => found.push((window, more)),
            }
        }
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found.truncate(WINDOWS);
        found
    }

    /// What a week comes to with so many units all week long on the cheapest term and so many more in a window. `[currency]`
    pub(crate) fn cost(&self, always: f64, more: f64, window: Window) -> f64 {
        let schedule = window.schedule();
        let hours = (0..).zip(self.units.iter().zip(&self.worth));
        let of_hour = |(hour, (units, worth)): (u8, (&f64, &f64))| {
            let there = if schedule.holds(hour) { more } else { 0.0 };
            worth * (units - always - there).max(0.0) + always * self.least + there * self.hourly
        };
        hours.map(of_hour).sum()
    }
}

impl Supply {
    /// The windows in which units of an offer without a term would save more in a pool's mean week than on any term or on demand, the most
    /// first, with what that is a week; none where no unit is sold without a term. `profile` is the demand's
    /// [mean week](crate::demand::Demand::mean_week). `[currency a week]`
    #[must_use]
    pub fn hours_that_pay(&self, group: &PoolGroup, offer: usize, profile: &[Vec<ByClass>]) -> Vec<(Window, f64)> {
        let Some(week) = Week::new(&group.members, offer, &self.offers, &self.workloads, profile) else { return Vec::new() };
        let OfferKind::Provisioned(Provisioned { axes, .. }) = &self.offers[offer].kind else { return Vec::new() };
        let most = week.busiest();
        if !(most > 0.0) {
            return Vec::new();
        }
        let (minimum, step) = (axes[0].minimum, axes[0].increment.unwrap_or(most / STEPS).max(most / STEPS));
        let above = (0..).map(|i| minimum + f64::from(i) * step).filter(|&units| units > 0.0);
        let numbers: Vec<f64> = std::iter::once(0.0).chain(above.take_while(|&units| units < most + step)).collect();
        week.windows(&numbers)
    }

    /// Number of axes of an offer: 1, or 2 where units of input and output are sold apart.
    #[must_use]
    pub fn axes_of(&self, offer: usize) -> usize {
        if let OfferKind::Provisioned(offer) = &self.offers[offer].kind { offer.axes.len() } else { 1 }
    }
}

/// Windows that are looked at: each set of hours once.
fn windows() -> impl Iterator<Item = Window> {
    Window::all().filter(|window| window.from == 0 || window.from != window.until % 24)
}

/// The price of a unit-hour without a term, and the least of all terms; `None` where no unit is sold without.
pub(crate) fn prices(offer: &Provisioned) -> Option<(f64, f64)> {
    let hourly = offer.terms.iter().find(|(term, _)| *term == Term::NONE)?.1[0];
    Some((hourly, offer.terms.iter().map(|(_, price)| price[0]).fold(hourly, f64::min)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supply::schedule::ScheduleDays;

    /// Two units' work on weekdays from 9 to 17, half a unit's at other times, worth 10 an hour.
    fn week(hourly: f64, least: f64) -> Week {
        let busy = "weekdays 9-17".parse::<Window>().unwrap().schedule();
        let units = (0..168).map(|hour| if busy.holds(hour) { 2.0 } else { 0.5 }).collect();
        Week { units, worth: vec![10.0; 168], hourly, least }
    }

    #[test]
    fn windows_are_the_hours_that_pay() {
        let busy = Window { days: ScheduleDays::Weekdays, from: 9, until: 17 };
        // The first unit is worth 5 at least, more than the 4 of a term; the second 10 in the 40 busy hours, less 6.
        assert_eq!(week(6.0, 4.0).windows(&[0.0, 1.0, 2.0, 3.0]), [(busy, 160.0)]);
        // Without a cheaper term the first is bought for the busy hours too, 40 × (10 − 6): all week long would save 128 less, as 5 does not pay for 6.
        assert_eq!(week(6.0, 6.0).windows(&[0.0, 1.0, 2.0]), [(busy, 128.0 + 160.0)]);
        // Too dear at any hour, and too cheap all week.
        assert!(week(11.0, 9.0).windows(&[0.0, 1.0, 2.0]).is_empty());
        assert!(week(6.0, 1.0).windows(&[0.0, 1.0, 2.0]).is_empty());
    }

    #[test]
    fn a_week_comes_to_what_is_bought_and_what_is_left() {
        let busy = "weekdays 9-17".parse().unwrap();
        let week = week(6.0, 4.0);
        // One all week, one more in the busy hours: nothing is left.
        assert!((week.cost(1.0, 1.0, busy) - (168.0 * 4.0 + 40.0 * 6.0)).abs() < 1e-9);
        assert!((week.cost(0.0, 1.0, busy) - (128.0 * 5.0 + 40.0 * (10.0 + 6.0))).abs() < 1e-9);
    }
}
