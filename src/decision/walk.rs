//! Moving a lever outwards until another plan wins.
//!
//! A first look at each step, in few replications, tells about where that is and which plans matter there. What is told rests on full points on
//! either side of the change: one at which the answer still stands, and the next step, at which it does not.

use super::flip::{Cause, End, FlipPoint};
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

/// Moves a lever outwards until the answer about each of the run's leaders has changed, or to the last step.
pub(super) fn walk(ground: Ground<'_>, steps: &[f64], start: &Point) -> Result<Vec<End>> {
    let ground = Ground { start: Some(start), ..ground };
    let full = steps.iter().map(|_| None).collect();
    let mut walk = Walk { ground, steps, start, looks: Vec::new(), full, halved: Vec::new() };
    ground.judgement.leaders.iter().enumerate().map(|leader| walk.end(leader)).collect()
}

/// The points of a walk that are known. Place 0 is the stated value, place i the i-th step.
struct Walk<'a> {
    ground: Ground<'a>,
    steps: &'a [f64],
    start: &'a Point,
    looks: Vec<Point>,
    full: Vec<Option<Point>>,
    /// Within steps, where the halvings of one leader and of the next often meet.
    halved: Vec<Point>,
}

impl Walk<'_> {
    /// Where the answer about one leader changes, or may change already: where a plan becomes cheaper of which it cannot be told whether it keeps
    /// the limits.
    fn end(&mut self, leader: (usize, &Leader)) -> Result<End> {
        let flip = self.flip(leader)?;
        let at = flip.as_ref().map_or(f64::INFINITY, |flip| flip.at.abs());
        let doubtful = self.doubtful(leader, at)?.filter(|point| point.at.abs() < at);
        Ok(doubtful.or(flip).map_or_else(|| End::Stands { as_good: self.as_good(leader) }, End::Flips))
    }

    /// The first change, short of one of this size, at which a plan becomes cheaper than the leader that may keep what is asked then, within the error.
    fn doubtful(&mut self, (group, leader): (usize, &Leader), size: f64) -> Result<Option<FlipPoint>> {
        if !leader.qualified {
            return Ok(None);
        }
        let old = leader.plan;
        for place in (1..=self.steps.len()).filter(|&place| place == 1 || self.steps[place - 2].abs() < size) {
            let Some(after) = self.full[place - 1].as_ref().filter(|after| after.knows(old)) else { continue };
            let may_win = |&plan: &usize| plan != old && after.standing(plan).within_error && self.ground.dearer(after, plan, old).0 < 0.0;
            let cheaper: BTreeSet<usize> = after.members(group).into_iter().filter(may_win).collect();
            if cheaper.is_empty() {
                continue;
            }
            self.at(group, place - 1, &cheaper.iter().copied().chain([old]).collect())?;
            let [before, after] = [place - 1, place].map(|place| known(self.start, &self.full, place));
            let (Some(before), Some(after)) = (before, after) else { continue };
            let way = |&plan: &usize| {
                let [cost, later] = [before, after].map(|point| self.ground.dearer(point, plan, old).0);
                (cost >= 0.0).then(|| (plan, crossing(cost, later)))
            };
            if let Some((plan, _)) = cheaper.iter().filter_map(way).min_by(|a, b| a.1.total_cmp(&b.1)) {
                let unsure = after.unsure(plan);
                let (at, between) = self.ground.meets((before, after), (plan, old), &mut self.halved)?;
                return Ok(Some(FlipPoint { at, between, plan: Some(plan), because: Cause::Cheaper, unsure }));
            }
        }
        Ok(None)
    }

    /// A plan that keeps as much at the last step and costs no more than the leader there, as far as can be told, though it does at the stated
    /// value.
    fn as_good(&self, (group, leader): (usize, &Leader)) -> Option<usize> {
        let last = self.full.last()?.as_ref().filter(|last| last.knows(leader.plan))?;
        let dearer = |&plan: &usize| {
            let (mean, reach) = self.ground.dearer(last, plan, leader.plan);
            let is_dearer = || {
                let (stated, reach) = self.ground.dearer(self.start, plan, leader.plan);
                stated > reach
            };
            (self.ground.is_as_good(last, plan, leader) && mean <= reach && reach.is_finite() && is_dearer()).then_some((plan, mean))
        };
        last.members(group).iter().filter_map(dearer).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(plan, _)| plan)
    }

    /// Where the answer about one leader changes.
    fn flip(&mut self, leader: (usize, &Leader)) -> Result<Option<FlipPoint>> {
        let level = self.ground.stated.level(leader.1);
        let has_changed = |point: &Point| point.has_changed(leader.0, leader.1, level);
        let mut place = self.next(leader, 1)?;
        loop {
            let mut plans: BTreeSet<usize> = self.can_lead(leader, place - 1)?;
            plans.extend(self.can_lead(leader, place)?);
            let start = self.start;
            plans.extend(self.look(place)?.can_pass(leader, start));
            if !has_changed(self.at(leader.0, place, &plans)?) {
                if place == self.steps.len() {
                    return Ok(None);
                }
                place = self.next(leader, place + 1)?;
            } else if place > 1 && has_changed(self.at(leader.0, place - 1, &plans)?) {
                place -= 1;
            } else {
                plans.extend(self.at(leader.0, place, &plans)?.leader(leader.0).map(|new| new.plan));
                self.at(leader.0, place - 1, &plans)?;
                return self.between(place, leader);
            }
        }
    }

    /// The first step from a place on at which the answer may have changed, or the last.
    fn next(&mut self, leader: (usize, &Leader), from: usize) -> Result<usize> {
        let level = self.ground.stated.level(leader.1);
        for place in from..self.steps.len() {
            if self.look(place)?.has_changed(leader.0, leader.1, level) || self.can_lead(leader, place)?.len() > 1 {
                return Ok(place);
            }
        }
        Ok(self.steps.len())
    }

    /// A first look at a step. The fast path serves many replications of all plans as quickly as few, and prices take no simulation.
    fn look(&mut self, place: usize) -> Result<&Point> {
        if self.start.engine == Engine::Kernel || self.ground.lines.is_some() {
            return self.at(0, place, &self.ground.all());
        }
        while self.looks.len() < place {
            self.looks.push(self.ground.look(self.steps[self.looks.len()])?);
        }
        Ok(&self.looks[place - 1])
    }

    /// The plans that can lead at a place, and the run's leader.
    fn can_lead(&mut self, (group, leader): (usize, &Leader), place: usize) -> Result<BTreeSet<usize>> {
        let start = self.start;
        let mut plans = if place == 0 { start } else { self.look(place)? }.can_lead(group, start);
        plans.insert(leader.plan);
        Ok(plans)
    }

    /// All replications at a place, of these plans at least, or of all where those that can lead the group turn out not to be all that can.
    fn at(&mut self, group: usize, place: usize, plans: &BTreeSet<usize>) -> Result<&Point> {
        if place == 0 {
            return Ok(self.start);
        }
        let point = match self.full[place - 1].take() {
            Some(point) if plans.is_subset(&point.plans()) => point,
            known => {
                let (change, all) = (self.steps[place - 1], self.ground.all());
                let wanted: BTreeSet<usize> = plans.iter().copied().chain(known.iter().flat_map(Point::plans)).collect();
                let point = self.ground.point(change, &wanted)?;
                let right = wanted == all || self.looks.get(place - 1).is_none_or(|look| look.is_borne_out(group, &point));
                if right { point } else { self.ground.point(change, &all)? }
            }
        };
        Ok(self.full[place - 1].insert(point))
    }

    /// The change of the answer between a place and the one before, both of which are known.
    fn between(&mut self, place: usize, leader: (usize, &Leader)) -> Result<Option<FlipPoint>> {
        let [before, after] = [place - 1, place].map(|place| known(self.start, &self.full, place));
        let (Some(before), Some(after)) = (before, after) else { return Ok(None) };
        let Some(mut found) = self.ground.trade(before, after, leader) else { return Ok(None) };
        let ends = self.ground.narrow(&mut found, (before, after), leader, &mut self.halved)?;
        if !is_on_line(&found) {
            let decides = decides(&found, leader.1);
            let near = ends.0.unwrap_or_else(|| self.settled_before(place - 1, decides));
            let far = match ends.1 {
                Some(far) => far,
                None => self.settled_from(place, leader.0, decides)?,
            };
            found.between = (near, far);
        }
        Ok(Some(found))
    }

    /// The nearest change, of a place and those before it, at which it is settled how often a plan keeps the limits; none at all, if need be.
    fn settled_before(&self, place: usize, plan: usize) -> f64 {
        let settled = |point: &&Point| point.knows(plan) && !point.standing(plan).within_error;
        self.full[..place].iter().flatten().rev().find(settled).map_or(0.0, |point| point.change)
    }

    /// The nearest of a place and those after it; the last, if need be.
    fn settled_from(&mut self, place: usize, group: usize, plan: usize) -> Result<f64> {
        for place in place..self.steps.len() {
            if !self.at(group, place, &BTreeSet::from([plan]))?.standing(plan).within_error {
                return Ok(self.steps[place - 1]);
            }
        }
        Ok(self.steps.last().copied().unwrap_or(0.0))
    }
}

impl Ground<'_> {
    /// Narrows the step in which the answer changes: by halves where keeping what is asked makes a plan win or lose, by the point that is told
    /// where costs do, as these run along a curve that is nearly straight. Tells the ends between which limits are settled, where they are.
    fn narrow(
        &self,
        found: &mut FlipPoint,
        (before, after): (&Point, &Point),
        leader: (usize, &Leader),
        halved: &mut Vec<Point>,
    ) -> Result<(Option<f64>, Option<f64>)> {
        let mut plans: BTreeSet<usize> = before.plans().intersection(&after.plans()).copied().collect();
        if found.because != Cause::LessBad {
            let new = after.leader(leader.0).map(|new| new.plan);
            let matter: BTreeSet<usize> =
                [before, after].into_iter().flat_map(|point| point.matter(leader.0, |a, b| self.dearer_here(point, a, b))).collect();
            let first: Vec<usize> = self.passing(before, after, leader).into_iter().take(FIRST).map(|(plan, _)| plan).collect();
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
            let earlier = self.trade(low, &middle, leader);
            let is_earlier = earlier.is_some();
            let Some(point) = earlier.or_else(|| self.trade(&middle, high, leader)) else { break };
            let end = if is_earlier { &mut settled.1 } else { &mut settled.0 };
            if is_settled(&middle, found) {
                *end = Some(middle.change);
            }
            *found = point;
            inner[usize::from(is_earlier)] = Some(middle);
        }
        Ok(settled)
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
    fn trade(&self, before: &Point, after: &Point, (index, leader): (usize, &Leader)) -> Option<FlipPoint> {
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
            let unsure = after.unsure(first).filter(|_| leader.qualified);
            return Some(FlipPoint { at, between, plan: Some(first), because: Cause::Cheaper, unsure });
        }
        Some(FlipPoint { plan, ..turn((before, after), new, true) })
    }

    /// Whether a plan keeps as much as the leader of a group does in the run, the limits at least.
    fn is_as_good(&self, point: &Point, plan: usize, leader: &Leader) -> bool {
        point.standing(plan).level() <= self.stated.level(leader).min(Level::OverBudget)
    }
}

/// Whether what decides runs along a curve that is nearly straight: costs do, and the share of the months that keep the limits does not.
fn is_on_line(found: &FlipPoint) -> bool {
    matches!(found.because, Cause::Cheaper | Cause::Keeps(Requirement::Budget) | Cause::Breaks(Requirement::Budget))
}

/// The plan that decides by whether it keeps what is asked.
fn decides(found: &FlipPoint, leader: &Leader) -> usize {
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
/// heights; the changes where these are unknown.
fn on_line((low, high): (f64, f64), (before, reach): (f64, f64), (after, reach_after): (f64, f64)) -> (f64, (f64, f64)) {
    let share = crossing(before, after);
    // By how far the line would cross elsewhere if it lay an error higher, there.
    let reach = (high - low) * (reach + share * (reach_after - reach)) / (before - after);
    let at = low + (high - low) * share;
    (at, if reach.is_finite() { (at - reach, at + reach) } else { (low, high) })
}

impl Ground<'_> {
    /// Where on a straight line between two points a plan comes to cost as much as another, and the 95 % interval of that; the step where the error
    /// is unknown.
    fn meeting(&self, (before, after): (&Point, &Point), (plan, other): (usize, usize)) -> (f64, (f64, f64)) {
        on_line((before.change, after.change), self.dearer(before, plan, other), self.dearer(after, plan, other))
    }

    /// The same on the curve along which costs run, by a few points nearer to where they meet.
    fn meets(
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
}

/// A place in all replications, if it is known.
fn known<'a>(start: &'a Point, full: &'a [Option<Point>], place: usize) -> Option<&'a Point> {
    if place == 0 { Some(start) } else { full[place - 1].as_ref() }
}

/// Share of the way from `before` to `after` at which a straight line between them is zero, within 0 to 1.
fn crossing(before: f64, after: f64) -> f64 {
    let share = before / (before - after);
    // Equal values have no crossing between them; the middle is as good a guess as any.
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 }
}
