//! The step in which the answer changes, looked at more closely: which plan is the first to win or lose, where, and how well that is known.

use super::flip::{Cause, FlipPoint};
use super::judgement::{Leader, Level};
use super::point::{Ground, Point};
use super::requirement::{Kept, Requirement};
use crate::error::Result;
use crate::simulation::Engine;
use std::collections::BTreeSet;

/// Plans of which it is looked closer who is the first to become cheaper.
const FIRST: usize = 4;

/// Halvings of a step in which a plan begins or ceases to keep the limits. The share of months that keep them does not change along a
/// straight line, as costs nearly do; an eighth of a step is about what the replications can tell apart.
const HALVINGS: usize = 3;

/// The ends between which a change lies, as far as it is settled on either side.
type Settled = (Option<f64>, Option<f64>);

impl Ground<'_> {
    /// Narrows the step in which the answer changes: by halves where keeping what is asked makes a plan win or lose, by the point that is told
    /// where costs do, as these run along a curve that is nearly straight. Tells the ends between which limits are settled, where they are, and
    /// the plan that would win instead if it kept what is asked, of which that cannot be told.
    pub(super) fn narrow(
        &self,
        found: &mut FlipPoint,
        (before, after): (&Point, &Point),
        leader: (usize, &Leader),
        halved: &mut Vec<Point>,
    ) -> Result<(Settled, Option<(usize, Requirement)>)> {
        let mut plans: BTreeSet<usize> = before.plans().intersection(&after.plans()).copied().collect();
        if found.because != Cause::LessBad {
            let new = after.leader(leader.0).map(|new| new.plan);
            let matter: BTreeSet<usize> =
                [before, after].into_iter().flat_map(|point| point.matter(leader.0, |a, b| self.dearer_here(point, a, b))).collect();
            let mut first: Vec<usize> = self.passing(before, after, leader).into_iter().take(FIRST).map(|(plan, _)| plan).collect();
            first.extend(self.beginning(before, after, leader));
            plans.retain(|&plan| plan == leader.1.plan || Some(plan) == new || matter.contains(&plan) || first.contains(&plan));
        }
        let is_settled =
            |point: &Point, found: &FlipPoint| found.because == Cause::LessBad || !point.standing(decides(found, leader.1)).within_error;
        let mut inner: [Option<Point>; 2] = [None, None];
        let mut settled =
            (Some(before.change).filter(|_| is_settled(before, found)), Some(after.change).filter(|_| is_settled(after, found)));
        for _ in 0..HALVINGS {
            let (low, high) = (inner[0].as_ref().unwrap_or(before), inner[1].as_ref().unwrap_or(after));
            let span = high.change - low.change;
            let share = if is_on_line(found) { ((found.at - low.change) / span).clamp(0.05, 0.95) } else { 0.5 };
            let middle = self.middle(low.change + share * span, &plans, halved)?;
            let earlier = self.trade(low, &middle, leader).filter(|earlier| !self.may_lead_already(&middle, earlier, found, leader.1));
            let is_earlier = earlier.is_some();
            let Some(point) = earlier.or_else(|| self.trade(&middle, high, leader)) else { break };
            let end = if is_earlier { &mut settled.1 } else { &mut settled.0 };
            if is_settled(&middle, found) {
                *end = Some(middle.change);
            }
            *found = point;
            inner[usize::from(is_earlier)] = Some(middle);
        }
        let rival = self.rival(inner[1].as_ref().unwrap_or(after), found, leader);
        Ok((settled, rival))
    }

    /// The cheapest plan at a point that costs less than the one that wins there, and of which it cannot be told whether it keeps what is asked.
    fn rival(&self, point: &Point, found: &FlipPoint, (index, leader): (usize, &Leader)) -> Option<(usize, Requirement)> {
        let winner = found.plan.filter(|_| self.keeps_limits(leader) && !matches!(found.because, Cause::Breaks(_)))?;
        let cheaper = |&plan: &usize| {
            let of = point.unsure(plan)?;
            let less = self.dearer(point, plan, winner).0;
            (plan != winner && less < 0.0).then_some((plan, of, less))
        };
        point.members(index).iter().filter_map(cheaper).min_by(|a, b| a.2.total_cmp(&b.2)).map(|(plan, of, _)| (plan, of))
    }

    /// Whether the run's leader, which begins to keep what is asked within a step, may do so already where another plan is found to lead: it
    /// would win, and it is within the error that it keeps it. Who is the first of two to keep it is then not known, and one that leads for a
    /// hair's breadth until the leader is back is no answer.
    fn may_lead_already(&self, middle: &Point, earlier: &FlipPoint, at_end: &FlipPoint, leader: &Leader) -> bool {
        let is_back = at_end.plan == Some(leader.plan) && matches!(at_end.because, Cause::Keeps(_));
        let other = earlier.plan.filter(|&plan| plan != leader.plan && is_back);
        other.is_some_and(|plan| middle.unsure(leader.plan).is_some() && self.dearer(middle, plan, leader.plan).0 > 0.0)
    }

    /// Some plans at a change within a step: those of a point that is known there, if it has them all.
    fn middle(&self, change: f64, plans: &BTreeSet<usize>, known: &mut Vec<Point>) -> Result<Point> {
        let is_there = |point: &&Point| point.change.to_bits() == change.to_bits() && plans.is_subset(&point.plans());
        if let Some(point) = known.iter().find(is_there) {
            return Ok(self.only(point, plans));
        }
        let point = self.point(change, &self.served_alike(plans))?;
        let own = self.only(&point, plans);
        known.push(point);
        Ok(own)
    }

    /// Where between two points the answer about the leader of a group changes, if it does: another plan leads, the leader breaks what is asked,
    /// or it begins to keep it where the run found that no plan does. Both points have seen who leads at the second.
    pub(super) fn trade(&self, before: &Point, after: &Point, (index, leader): (usize, &Leader)) -> Option<FlipPoint> {
        let (old, level) = (leader.plan, self.stated.level(leader));
        let new = after.leader(index)?.plan;
        let (low, high) = (before.change, after.change);
        if !after.has_changed(index, leader, level) || !before.plans().contains(&new) {
            return None;
        }
        let of = |point: &Point, plan: usize| point.standing(plan).level();
        let excess = |point: &Point, plan: usize| point.standing(plan).excess;
        let ties = || [before, after].iter().all(|point| excess(point, old).total_cmp(&excess(point, new)).is_eq());
        let plan = Some(new).filter(|_| of(after, new) <= level);
        let both_break = level == Level::BreaksLimits && of(after, new) == level;
        if of(after, old) > level {
            return Some(FlipPoint { plan, ..turn((before, after), old, false) });
        }
        if both_break && !ties() {
            let share = crossing(excess(before, old) - excess(before, new), excess(after, old) - excess(after, new));
            let (at, between) = (low + (high - low) * share, (low, high));
            return Some(FlipPoint { at, between, plan, because: Cause::LessBad, unsure: None });
        }
        if both_break || of(after, new) == level && of(before, new) <= level {
            let first = self.passing(before, after, (index, leader)).first().map_or(new, |(first, _)| *first);
            let (at, between) = self.meeting((before, after), (first, old));
            let unsure = after.unsure(first).filter(|_| self.keeps_limits(leader));
            return Some(FlipPoint { at, between, plan: Some(first), because: Cause::Cheaper, unsure });
        }
        Some(FlipPoint { plan, ..turn((before, after), new, true) })
    }

    /// Whether a leader keeps the limits in the run, so that only what keeps them can win.
    pub(super) fn keeps_limits(&self, leader: &Leader) -> bool {
        self.stated.level(leader) < Level::BreaksLimits
    }

    /// Whether a plan keeps as much as the leader of a group does in the run, the limits at least.
    pub(super) fn is_as_good(&self, point: &Point, plan: usize, leader: &Leader) -> bool {
        point.standing(plan).level() <= self.stated.level(leader).min(Level::OverBudget)
    }
}

/// Whether what decides runs along a curve that is nearly straight: costs do, and the share of the months that keep the limits does not.
pub(super) fn is_on_line(found: &FlipPoint) -> bool {
    matches!(found.because, Cause::Cheaper | Cause::Keeps(Requirement::Budget) | Cause::Breaks(Requirement::Budget))
}

/// The plan that decides by whether it keeps what is asked.
pub(super) fn decides(found: &FlipPoint, leader: &Leader) -> usize {
    found.plan.filter(|_| !matches!(found.because, Cause::Breaks(_))).unwrap_or(leader.plan)
}

/// Where a plan begins or ceases to keep something between two points: the last of what it begins to keep, the first of what it ceases to.
fn turn((before, after): (&Point, &Point), plan: usize, keeps: bool) -> FlipPoint {
    let of = |(before, after): (&'_ Kept, &'_ Kept)| {
        let turns = before.holds != after.holds && after.holds == keeps;
        (turns, crossing(before.room, after.room), *before, *after)
    };
    let mut all: Vec<(bool, f64, Kept, Kept)> = before.kept(plan).iter().zip(after.kept(plan)).map(of).collect();
    // What turns comes before what does not, where rounding leaves nothing that does.
    all.sort_by(|a, b| b.0.cmp(&a.0).then(if keeps { b.1.total_cmp(&a.1) } else { a.1.total_cmp(&b.1) }));
    let (low, high) = (before.change, after.change);
    let told = |of: Requirement, at: f64, between: (f64, f64)| {
        let because = if keeps { Cause::Keeps(of) } else { Cause::Breaks(of) };
        FlipPoint { at, between, plan: None, because, unsure: None }
    };
    match all.first() {
        Some((_, _, now, then)) if then.of == Requirement::Budget => {
            let (at, between) = on_line((low, high), (now.room, now.reach), (then.room, then.reach));
            told(then.of, at, between)
        }
        Some((_, share, _, then)) => told(then.of, low + (high - low) * share, (low, high)),
        None => told(Requirement::Limits, 0.5 * (low + high), (low, high)),
    }
}

/// Where a straight line from one height to another crosses zero between two changes, and the 95 % interval of that, given half the intervals of the
/// heights; not a number where these are unknown.
fn on_line((low, high): (f64, f64), (before, reach): (f64, f64), (after, reach_after): (f64, f64)) -> (f64, (f64, f64)) {
    let share = crossing(before, after);
    // By how far the line would cross elsewhere if it lay an error higher, there.
    let reach = (high - low) * (reach + share * (reach_after - reach)) / (before - after);
    let at = low + (high - low) * share;
    (at, if reach.is_finite() { (at - reach, at + reach) } else { (f64::NAN, f64::NAN) })
}

impl Ground<'_> {
    /// Where on a straight line between two points a plan comes to cost as much as another, and the 95 % interval of that; not a number where
    /// the error is unknown.
    fn meeting(&self, (before, after): (&Point, &Point), (plan, other): (usize, usize)) -> (f64, (f64, f64)) {
        on_line((before.change, after.change), self.dearer(before, plan, other), self.dearer(after, plan, other))
    }

    /// The same on the curve along which costs run, by a few points nearer to where they meet.
    pub(super) fn meets(
        &self,
        (before, after): (&Point, &Point),
        (plan, other): (usize, usize),
        halved: &mut Vec<Point>,
    ) -> Result<(f64, (f64, f64))> {
        let plans = BTreeSet::from([plan, other]);
        let mut inner: [Option<Point>; 2] = [None, None];
        let ends = |inner: &[Option<Point>; 2]| {
            self.meeting((inner[0].as_ref().unwrap_or(before), inner[1].as_ref().unwrap_or(after)), (plan, other))
        };
        for _ in 0..HALVINGS {
            let (low, high) =
                (inner[0].as_ref().map_or(before.change, |low| low.change), inner[1].as_ref().map_or(after.change, |high| high.change));
            let share = ((ends(&inner).0 - low) / (high - low)).clamp(0.05, 0.95);
            let middle = self.middle(low + share * (high - low), &plans, halved)?;
            let is_cheaper = self.dearer(&middle, plan, other).0 < 0.0;
            inner[usize::from(is_cheaper)] = Some(middle);
        }
        Ok(ends(&inner))
    }

    /// The plans that keep as much as a leader at both points and become cheaper than it between them, the first to do so first, with the share of
    /// the way. Who leads in the end need not be the first to pass: a few units less come before many.
    fn passing(&self, before: &Point, after: &Point, (index, leader): (usize, &Leader)) -> Vec<(usize, f64)> {
        let keeps = |plan: usize| [before, after].iter().all(|point| self.is_as_good(point, plan, leader));
        let way = |&plan: &usize| {
            let (cost, later) = (self.dearer(before, plan, leader.plan).0, self.dearer(after, plan, leader.plan).0);
            (plan != leader.plan && keeps(plan) && later < 0.0).then(|| (plan, crossing(cost, later)))
        };
        let mut passing: Vec<(usize, f64)> = before.members(index).intersection(&after.members(index)).filter_map(way).collect();
        passing.sort_by(|a, b| a.1.total_cmp(&b.1));
        passing
    }

    /// The plans that keep as much as a leader after, and not before, and are cheaper than it then: each may lead for a part of the way. Those that cost
    /// nearly as much as the leader begin to keep it before those that cost less, as a rule; where each takes its time, the rest is left out.
    fn beginning(&self, before: &Point, after: &Point, (index, leader): (usize, &Leader)) -> Vec<usize> {
        let begins = |&plan: &usize| {
            let later = self.dearer(after, plan, leader.plan).0;
            let is_new = !self.is_as_good(before, plan, leader) && self.is_as_good(after, plan, leader);
            (plan != leader.plan && is_new && later < 0.0).then_some((plan, later))
        };
        let mut plans: Vec<(usize, f64)> = before.members(index).intersection(&after.members(index)).filter_map(begins).collect();
        plans.sort_by(|a, b| b.1.total_cmp(&a.1));
        let is_fast = self.lines.is_some() || after.engine == Engine::Kernel;
        plans.into_iter().take(if is_fast { usize::MAX } else { FIRST }).map(|(plan, _)| plan).collect()
    }
}

/// Share of the way from `before` to `after` at which a straight line between them is zero, within 0 to 1.
pub(super) fn crossing(before: f64, after: f64) -> f64 {
    let share = before / (before - after);
    // Equal values have no crossing between them; the middle is as good a guess as any.
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 }
}
