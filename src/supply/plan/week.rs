//! A pool's mean week: in which hours units would pay, and what ways of buying come to if every week were the mean one.
//!
//! What units are worth in an hour of the week is what their share of its mean tokens costs at the on-demand offer that comes after them.
//! Where input and output are bought apart, an hour is served as the dispatch serves it: up to the share that the scarcer axis has room for,
//! so that units of one axis alone serve nothing. Minutes, futures, quotas and limits are left out, and so is that the mix of an hour varies
//! around its mean; so this tells where to look and never what to buy.

use crate::horizon::HOURS_PER_WEEK;
use crate::supply::offer::{Axis, MAX_AXES, Offer, OfferKind, Provisioned};
use crate::supply::pool::PoolGroup;
use crate::supply::route::Member;
use crate::supply::schedule::Window;
use crate::supply::{Supply, WorkloadFacts};
use crate::units::{ByClass, Term};

/// Windows that are derived at most.
const WINDOWS: usize = 3;
/// Numbers of units up to the busiest hour's that are told apart where any number is sold, or very many.
const STEPS: f64 = 24.0;

/// Units by axis; 0 on an axis that is not there.
pub(super) type Units = [f64; MAX_AXES];

/// The mean week of what reaches one offer of a pool.
#[derive(Clone, Debug)]
pub(crate) struct Week {
    /// By axis of the offer.
    axes: Vec<Load>,
    /// Price of a unit-hour without a term, and on each term that all-week units may be bought on, by axis. `[currency]`
    hourly: Units,
    terms: Vec<Units>,
}

/// What an axis of units is asked for.
#[derive(Clone, Debug)]
struct Load {
    /// Weighted tokens of each hour from Monday 00:00, in units: what so many of them would serve.
    units: Vec<f64>,
    /// What one unit's share of that hour costs on demand, where this axis is the scarcer one. `[currency]`
    worth: Vec<f64>,
}

impl Week {
    /// `None` where the offer sells no units without a term, or is followed by no on-demand offer. Units that are there all week long are bought
    /// on one of `terms`. `profile` are mean tokens by workload and hour of the week.
    pub(crate) fn new(
        members: &[Member],
        (offer, terms): (usize, &[Term]),
        (offers, facts): (&[Offer], &[WorkloadFacts]),
        profile: &[Vec<ByClass>],
    ) -> Option<Self> {
        let OfferKind::Provisioned(provisioned) = &offers[offer].kind else { return None };
        let hourly = provisioned.terms.iter().find(|(term, _)| *term == Term::NONE)?.1;
        let mut axes = vec![Load { units: vec![0.0; HOURS_PER_WEEK], worth: Vec::new() }; provisioned.axes.len()];
        let mut bill = vec![0.0; HOURS_PER_WEEK];
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
                for (load, axis) in axes.iter_mut().zip(&provisioned.axes) {
                    load.units[hour] += share * tokens.dot(&axis.weights) / f64::midpoint(axis.capacity.0, axis.capacity.1);
                }
                bill[hour] += share * tokens.dot(&price);
            }
        }
        for Load { units, worth } in &mut axes {
            *worth = bill.iter().zip(units).map(|(bill, units)| if *units > 0.0 { bill / *units } else { 0.0 }).collect();
        }
        let terms = provisioned.terms.iter().filter(|(term, _)| terms.contains(term)).map(|(_, price)| *price).collect();
        Some(Self { axes, hourly, terms })
    }

    /// What the busiest hour of each axis would fill. `[units]`
    pub(super) fn busiest(&self) -> Units {
        by_axis(self.axes.iter().map(|load| load.units.iter().copied().fold(0.0, f64::max)))
    }

    /// Whether so many units serve as much as others do in every hour, whatever its level.
    pub(super) fn serves_as_much(&self, units: Units, as_others: Units) -> bool {
        let asked = |hour: usize| self.axes.iter().map(move |load| load.units[hour]).enumerate().filter(|(_, asked)| *asked > 0.0);
        let share = |hour: usize, units: Units| asked(hour).map(|(axis, asked)| units[axis] / asked).fold(f64::INFINITY, f64::min);
        (0..HOURS_PER_WEEK).all(|hour| share(hour, units) >= share(hour, as_others) * (1.0 - 1e-9))
    }

    /// What an hour costs on demand beside units that are always there and more of them. `[currency]`
    pub(super) fn left(&self, hour: usize, always: Units, more: Units) -> f64 {
        self.left_of(1.0, hour, always, more)
    }

    /// The same of an hour that is so many times as busy.
    fn left_of(&self, times: f64, hour: usize, always: Units, more: Units) -> f64 {
        let short = |(axis, load): (usize, &Load)| load.worth[hour] * (times * load.units[hour] - always[axis] - more[axis]).max(0.0);
        self.axes.iter().enumerate().map(short).fold(0.0, f64::max)
    }

    /// What the units above `from` up to `to` are worth in each hour.
    fn worth(&self, from: Units, to: Units) -> impl Iterator<Item = f64> + '_ {
        (0..HOURS_PER_WEEK).map(move |hour| match self.axes.as_slice() {
            [load] => load.worth[hour] * (load.units[hour] - from[0]).clamp(0.0, to[0] - from[0]),
            _ => self.left(hour, from, NONE) - self.left(hour, to, NONE),
        })
    }

    /// The least that an hour of so many units comes to on any term. `[currency]`
    fn least(&self, units: Units) -> f64 {
        self.terms.iter().map(|price| sum(units, *price)).fold(f64::INFINITY, f64::min)
    }

    /// The window in which the units above `from` up to `to` save the most, and how much more that is a week than what they save all week long
    /// on the cheapest term, or than nothing. `None` where it is not more. `[currency a week]`
    fn best_window(&self, from: Units, to: Units) -> Option<(Window, f64)> {
        let step = by_axis(from.into_iter().zip(to).map(|(from, to)| to - from));
        let (hourly, least) = (sum(step, self.hourly), self.least(step));
        let gain: Vec<f64> = self.worth(from, to).map(|worth| worth - hourly).collect();
        let always: f64 = self.worth(from, to).sum::<f64>() - least * HOURS_PER_WEEK as f64;
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
        (more > 1e-9 * least * HOURS_PER_WEEK as f64).then_some((best.0, more))
    }

    /// The windows in which some of these numbers of units, by axis, save more than on any term or on demand, the most first, with what that
    /// is a week; each number adds to the one before. On two axes the numbers of one are walked, beside as many of the other as serve the
    /// same share of its busiest hour: along the axis on which that saves more. `[currency a week]`
    pub(crate) fn windows(&self, numbers: &[Vec<f64>]) -> Vec<(Window, f64)> {
        let [input, output] = match numbers {
            [one] => return self.windows_along(&one.iter().map(|&units| [units, 0.0]).collect::<Vec<_>>()),
            [input, output] => [0, 1].map(|along| self.windows_along(&self.pairs([input, output], along))),
            _ => return Vec::new(),
        };
        let saved = |found: &[(Window, f64)]| found.iter().map(|(_, more)| more).sum::<f64>();
        if saved(&output) > saved(&input) { output } else { input }
    }

    /// Each number of one axis with as many of the other as serve the same share of its busiest hour.
    fn pairs(&self, numbers: [&[f64]; MAX_AXES], along: usize) -> Vec<Units> {
        let (busiest, other) = (self.busiest(), numbers[1 - along]);
        if !(busiest[along] > 0.0) {
            return Vec::new();
        }
        let pair = |&units: &f64| {
            let needed = (units / busiest[along]).min(1.0) * busiest[1 - along];
            let beside = other.iter().copied().find(|&beside| beside >= needed * (1.0 - 1e-9)).or(other.last().copied()).unwrap_or(0.0);
            if along == 0 { [units, beside] } else { [beside, units] }
        };
        numbers[along].iter().map(pair).collect()
    }

    fn windows_along(&self, units: &[Units]) -> Vec<(Window, f64)> {
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
    pub(crate) fn cost(&self, always: Units, more: Units, window: Window) -> f64 {
        let (schedule, all_week) = (window.schedule(), self.least(always));
        let of_hour = |hour: u8| {
            let there = if schedule.holds(hour) { more } else { NONE };
            self.left(usize::from(hour), always, there) + all_week + sum(there, self.hourly)
        };
        (0..HOURS_PER_WEEK as u8).map(of_hour).sum()
    }

    /// The most that an hour of a week so many times as busy then costs on demand. `[currency]`
    pub(super) fn most_left(&self, times: f64, always: Units, more: Units, window: Window) -> f64 {
        let schedule = window.schedule();
        let there = |hour: u8| if schedule.holds(hour) { more } else { NONE };
        (0..HOURS_PER_WEEK as u8).map(|hour| self.left_of(times, usize::from(hour), always, there(hour))).fold(0.0, f64::max)
    }
}

pub(super) const NONE: Units = [0.0; MAX_AXES];

fn by_axis(units: impl Iterator<Item = f64>) -> Units {
    let mut all = NONE;
    all.iter_mut().zip(units).for_each(|(slot, units)| *slot = units);
    all
}

/// Units at these prices.
fn sum(units: Units, price: Units) -> f64 {
    units.into_iter().zip(price).map(|(units, price)| units * price).sum()
}

/// Numbers of units of an axis that are told apart, from none to more than `most`.
fn numbers(axis: &Axis, most: f64) -> Vec<f64> {
    if !(most > 0.0) {
        return vec![0.0];
    }
    let (minimum, step) = (axis.minimum, axis.increment.unwrap_or(most / STEPS).max(most / STEPS));
    let above = (0..).map(|i| minimum + f64::from(i) * step).filter(|&units| units > 0.0);
    std::iter::once(0.0).chain(above.take_while(|&units| units < most + step)).collect()
}

impl Supply {
    /// The windows in which units of an offer without a term would save more in a pool's mean week than on any term on which a plan buys the
    /// offer, or on demand, the most first, with what that is a week; none where no unit is sold without a term. `profile` is the demand's
    /// [mean week](crate::demand::Demand::mean_week). `[currency a week]`
    #[must_use]
    pub fn hours_that_pay(&self, group: &PoolGroup, offer: usize, profile: &[Vec<ByClass>]) -> Vec<(Window, f64)> {
        let bought = self.plans.iter().flat_map(|plan| &plan.commitments);
        let terms: Vec<Term> = bought.filter(|bought| bought.offer == offer).map(|bought| bought.term).collect();
        let facts = (self.offers.as_slice(), self.workloads.as_slice());
        let Some(week) = Week::new(&group.members, (offer, &terms), facts, profile) else { return Vec::new() };
        let OfferKind::Provisioned(Provisioned { axes, .. }) = &self.offers[offer].kind else { return Vec::new() };
        let numbers: Vec<Vec<f64>> = axes.iter().zip(week.busiest()).map(|(axis, most)| numbers(axis, most)).collect();
        week.windows(&numbers)
    }

    /// Number of axes of an offer: 1, or 2 where units of input and output are sold apart.
    #[must_use]
    pub fn axes_of(&self, offer: usize) -> usize {
        if let OfferKind::Provisioned(offer) = &self.offers[offer].kind { offer.axes.len() } else { 1 }
    }
}

/// Windows that are looked at: each set of hours once.
pub(super) fn windows() -> impl Iterator<Item = Window> {
    Window::all().filter(|window| window.from == 0 || window.from != window.until % 24)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::supply::schedule::ScheduleDays;

    /// A week of so many units by hour of the week, worth 10 an hour each, at these prices by the hour and on a term.
    pub(in crate::supply::plan) fn week_of(units: impl Fn(u8) -> f64, hourly: f64, least: f64) -> Week {
        let terms = vec![[hourly, 0.0], [least, 0.0]];
        Week { axes: vec![Load { units: (0..168).map(units).collect(), worth: vec![10.0; 168] }], hourly: terms[0], terms }
    }

    /// Two units' work on weekdays from 9 to 17, half a unit's at other times, worth 10 an hour.
    fn week(hourly: f64, least: f64) -> Week {
        week_of(busy(2.0, 0.5), hourly, least)
    }

    /// So many units on weekdays from 9 to 17 and so many else.
    fn busy(busy: f64, quiet: f64) -> impl Fn(u8) -> f64 {
        let hours = BUSY.schedule();
        move |hour| if hours.holds(hour) { busy } else { quiet }
    }

    /// So many units on weekdays from 9 to 17 and so many else, a unit's share worth so much an hour.
    fn load(busy: f64, quiet: f64, worth: f64) -> Load {
        Load { units: (0..168).map(self::busy(busy, quiet)).collect(), worth: vec![worth; 168] }
    }

    /// Two units of input and four of output on weekdays from 9 to 17, a quarter of that at other times: 20 an hour on demand, or 5.
    fn two_axes(hourly: Units, least: Units) -> Week {
        Week { axes: vec![load(2.0, 0.5, 10.0), load(4.0, 1.0, 5.0)], hourly, terms: vec![hourly, least] }
    }

    const BUSY: Window = Window { days: ScheduleDays::Weekdays, from: 9, until: 17 };

    #[test]
    fn windows_are_the_hours_that_pay() {
        let windows = |hourly, least, units: &[f64]| week(hourly, least).windows(&[units.to_vec()]);
        // The first unit is worth 5 at least, more than the 4 of a term; the second 10 in the 40 busy hours, less 6.
        assert_eq!(windows(6.0, 4.0, &[0.0, 1.0, 2.0, 3.0]), [(BUSY, 160.0)]);
        // Without a cheaper term the first is bought for the busy hours too, 40 × (10 − 6): all week long would save 128 less, as 5 does not pay for 6.
        assert_eq!(windows(6.0, 6.0, &[0.0, 1.0, 2.0]), [(BUSY, 128.0 + 160.0)]);
        // Too dear at any hour, and too cheap all week.
        assert!(windows(11.0, 9.0, &[0.0, 1.0, 2.0]).is_empty());
        assert!(windows(6.0, 1.0, &[0.0, 1.0, 2.0]).is_empty());
    }

    #[test]
    fn windows_of_two_axes_are_those_in_which_pairs_pay() {
        let (input, output) = (vec![0.0, 1.0, 2.0, 3.0], vec![0.0, 2.0, 4.0]);
        let lists = [input.clone(), output.clone()];
        // One of input and two of output serve half of a busy hour, 10, and all of a quiet one, 5; they cost 3 + 2 × 1.5 = 6 by the hour and
        // 4 on a term. So the first pair is had on the term and the second in the 40 busy hours, at 4 an hour saved; a third serves nothing.
        assert_eq!(two_axes([3.0, 1.5], [2.0, 1.0]).windows(&lists), [(BUSY, 160.0)]);
        // At the price by the hour alone both are had in the busy hours: all week long the first would save 128 less, as 5 does not pay for 6.
        assert_eq!(two_axes([3.0, 1.5], [3.0, 1.5]).windows(&lists), [(BUSY, 128.0 + 160.0)]);
        // Output that is sold in fours alone: the first of input comes with all of it, for 9 of 10, and the second for 3 of 10.
        assert_eq!(two_axes([3.0, 1.5], [3.0, 1.5]).windows(&[input, vec![0.0, 4.0]]), [(BUSY, 40.0 * 1.0 + 40.0 * 7.0)]);
        // Input that is sold in twos alone: walked along the output, the first of which does not pay for it, and each other saves 5 − 1.5.
        let one_by_one = vec![0.0, 1.0, 2.0, 3.0, 4.0];
        assert_eq!(two_axes([3.0, 1.5], [3.0, 1.5]).windows(&[vec![0.0, 2.0], one_by_one]), [(BUSY, 40.0 * 3.0 * 3.5)]);
        // Units of one axis serve nothing, and an axis that nothing counts on is not needed.
        assert!(two_axes([3.0, 1.5], [3.0, 1.5]).windows(&[output.clone(), vec![0.0]]).is_empty());
        let mut unasked = two_axes([3.0, 1.5], [3.0, 1.5]);
        unasked.axes[0] = Load { units: vec![0.0; 168], worth: vec![0.0; 168] };
        // Two of output for 3 are worth 10 in a busy hour, and 5 in a quiet one, which pays all week; the next two for 3 only when busy.
        assert_eq!(unasked.windows(&[vec![0.0], output]), [(BUSY, 40.0 * 7.0)]);
    }

    #[test]
    fn more_of_the_other_axis_serves_no_more() {
        let week = two_axes([3.0, 1.5], [2.0, 1.0]);
        assert!(week.serves_as_much([1.0, 2.0], [1.0, 3.0]) && week.serves_as_much([1.0, 2.0], [2.0, 2.0]));
        assert!(!week.serves_as_much([1.0, 2.0], [1.5, 3.0]));
        // Beyond the mean week's busiest hour too, as others are busier.
        assert!(week.serves_as_much([3.0, 6.0], [3.0, 8.0]) && !week.serves_as_much([3.0, 6.0], [4.0, 8.0]));
    }

    #[test]
    fn a_week_comes_to_what_is_bought_and_what_is_left() {
        let week = week(6.0, 4.0);
        let cost = |always, more| week.cost([always, 0.0], [more, 0.0], BUSY);
        // One all week, one more in the busy hours: nothing is left.
        assert!((cost(1.0, 1.0) - (168.0 * 4.0 + 40.0 * 6.0)).abs() < 1e-9);
        assert!((cost(0.0, 1.0) - (128.0 * 5.0 + 40.0 * (10.0 + 6.0))).abs() < 1e-9);
    }

    #[test]
    fn of_two_axes_the_scarcer_one_serves() {
        let week = Week { terms: vec![[3.0, 1.5], [2.0, 1.4], [2.9, 0.9]], ..two_axes([3.0, 1.5], [0.0; 2]) };
        let close = |always, more, wanted: f64| {
            let cost = week.cost(always, more, BUSY);
            assert!((cost - wanted).abs() < 1e-9, "{cost} is not {wanted}");
        };
        // 1 + 2 all week on the term on which that costs the least, 2.9 + 2 × 0.9, and as many by the hour when it is busy: all is served.
        close([1.0, 2.0], [1.0, 2.0], 168.0 * 4.7 + 40.0 * 6.0);
        // More of one axis serves no more: half of a busy hour is left.
        close([1.0, 2.0], [1.0, 0.0], 168.0 * 4.7 + 40.0 * (3.0 + 10.0));
        // Units of output alone, all week long, wait for those of input in the busy hours; a quiet hour is left whole. 4 × 0.9 a hour.
        close([0.0, 4.0], [1.0, 0.0], 168.0 * 3.6 + 40.0 * (3.0 + 10.0) + 128.0 * 5.0);
        // A quarter of the output: of a busy hour three quarters are left, 15, of a quiet one nothing.
        close([2.0, 1.0], [0.0, 1.0], 168.0 * 5.4 + 40.0 * (1.5 + 10.0));
        close([2.0, 1.0], [0.0, 0.0], 168.0 * 5.4 + 40.0 * 15.0);
    }
}
