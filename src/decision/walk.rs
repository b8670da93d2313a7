//! Moving a lever outwards until another plan wins.
//!
//! A first look at each step, in few replications, tells about where that is and which plans matter there. What is told rests on full points on
//! either side of the change: one at which the answer still stands, and the next step, at which it does not.

use super::flip::{Cause, FlipPoint};
use super::judgement::Leader;
use super::point::{Ground, Point};
use crate::error::Result;
use crate::simulation::Engine;
use std::collections::BTreeSet;

/// Halvings of a step in which a plan begins or ceases to keep the limits. The share of months that keep them does not change along a
/// straight line, as costs nearly do; an eighth of a step is about what the replications can tell apart.
const HALVINGS: usize = 3;

/// Moves a lever outwards until the answer about each of the run's leaders has changed, or to the last step.
pub(super) fn walk(ground: Ground<'_>, steps: &[f64], start: &Point) -> Result<Vec<Option<FlipPoint>>> {
    let ground = Ground { start: Some(start), ..ground };
    let full = steps.iter().map(|_| None).collect();
    let mut walk = Walk { ground, steps, start, looks: Vec::new(), full, halved: Vec::new() };
    ground.judgement.leaders.iter().enumerate().map(|leader| walk.flip(leader)).collect()
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
    /// Where the answer about one leader changes.
    fn flip(&mut self, leader: (usize, &Leader)) -> Result<Option<FlipPoint>> {
        let has_changed = |point: &Point| point.has_changed(leader.0, leader.1);
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
        for place in from..self.steps.len() {
            if self.look(place)?.has_changed(leader.0, leader.1) || self.can_lead(leader, place)?.len() > 1 {
                return Ok(place);
            }
        }
        Ok(self.steps.len())
    }

    /// A first look at a step. The fast path serves many replications of all plans as quickly as few.
    fn look(&mut self, place: usize) -> Result<&Point> {
        if self.start.engine == Engine::Kernel {
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
        let before = if place == 1 { Some(self.start) } else { self.full[place - 2].as_ref() };
        let (Some(before), Some(after)) = (before, self.full[place - 1].as_ref()) else { return Ok(None) };
        let mut found = self.ground.trade(before, after, leader);
        if let Some(point) = found.as_mut().filter(|point| point.because != Cause::Cheaper) {
            self.ground.narrow(point, (before, after), leader, &mut self.halved)?;
        }
        Ok(found)
    }
}

impl Ground<'_> {
    /// Halves the step in which keeping the limits made a plan win or lose.
    fn narrow(
        &self,
        found: &mut FlipPoint,
        (before, after): (&Point, &Point),
        leader: (usize, &Leader),
        halved: &mut Vec<Point>,
    ) -> Result<()> {
        let mut plans: BTreeSet<usize> = before.plans().intersection(&after.plans()).copied().collect();
        if found.because != Cause::LessBad {
            let new = after.leader(leader.0).map(|new| new.plan);
            let matter: BTreeSet<usize> = [before, after].into_iter().flat_map(|point| point.matter(leader.0)).collect();
            plans.retain(|&plan| plan == leader.1.plan || Some(plan) == new || matter.contains(&plan));
        }
        let mut inner: [Option<Point>; 2] = [None, None];
        let mut settled = found.between;
        for _ in 0..HALVINGS {
            let (low, high) = (inner[0].as_ref().unwrap_or(before), inner[1].as_ref().unwrap_or(after));
            let middle = self.middle(0.5 * (low.change + high.change), &plans, halved)?;
            let plan = found.plan.filter(|_| found.because != Cause::BreaksLimits).unwrap_or(leader.1.plan);
            let is_settled = found.because == Cause::LessBad || !middle.standing(plan).within_error;
            let earlier = self.trade(low, &middle, leader);
            let end = if earlier.is_some() { &mut settled.1 } else { &mut settled.0 };
            if is_settled {
                *end = middle.change;
            }
            let side = usize::from(earlier.is_some());
            let Some(point) = earlier.or_else(|| self.trade(&middle, high, leader)) else { break };
            *found = point;
            if found.because == Cause::Cheaper {
                return Ok(());
            }
            inner[side] = Some(middle);
        }
        found.between = settled;
        Ok(())
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

    /// Where between two points the answer about the leader of a group changes, if it does: another plan leads, the leader breaks the limits,
    /// or it begins to keep them where the run found that no plan does. Both points have seen who leads at the second.
    fn trade(&self, before: &Point, after: &Point, (index, leader): (usize, &Leader)) -> Option<FlipPoint> {
        let old = leader.plan;
        let new = after.leader(index)?.plan;
        let (low, high) = (before.change, after.change);
        let keeps = |point: &Point, plan: usize| point.standing(plan).keeps_limits;
        if !after.has_changed(index, leader) || !before.plans().contains(&new) {
            return None;
        }
        let excess = |point: &Point, plan: usize| point.standing(plan).excess;
        let span = high - low;
        let because = match (leader.qualified, keeps(after, old), keeps(after, new)) {
            (true, false, _) => Cause::BreaksLimits,
            (true, true, _) if keeps(before, new) => Cause::Cheaper,
            (false, _, false) => Cause::LessBad,
            _ => Cause::KeepsLimits,
        };
        let plan = Some(new).filter(|_| because == Cause::LessBad || keeps(after, new));
        let asked = self.scenario.limits.in_share_of_months;
        let at = match because {
            Cause::BreaksLimits => crossing(before.kept(old) - asked, after.kept(old) - asked),
            Cause::KeepsLimits => crossing(before.kept(new) - asked, after.kept(new) - asked),
            Cause::LessBad => crossing(excess(before, old) - excess(before, new), excess(after, old) - excess(after, new)),
            Cause::Cheaper => {
                let difference = |point: &Point, plan: usize| {
                    let mean = self.scenario.sampling.mean(&point.differences(plan, old));
                    (mean.point, mean.standard_error.unwrap_or(0.0))
                };
                // Who leads after the step need not be the first to pass on the way: a few units less come before many.
                let passes = |&plan: &usize| plan != old && keeps(before, plan) && keeps(after, plan) && difference(after, plan).0 < 0.0;
                let way = |plan: usize, z: f64| {
                    let ((before, error), (after, error_after)) = (difference(before, plan), difference(after, plan));
                    crossing(before + z * error, after + z * error_after)
                };
                let members = before.members(index).intersection(&after.members(index)).copied().filter(passes).collect::<Vec<_>>();
                let first = members.into_iter().min_by(|&a, &b| way(a, 0.0).total_cmp(&way(b, 0.0))).unwrap_or(new);
                let at = |z: f64| low + span * way(first, z);
                return Some(FlipPoint { at: at(0.0), between: (at(-1.96), at(1.96)), plan: Some(first), because });
            }
        };
        Some(FlipPoint { at: low + span * at, between: (low, high), plan, because })
    }
}

/// Share of the way from `before` to `after` at which a straight line between them is zero, within 0 to 1.
fn crossing(before: f64, after: f64) -> f64 {
    let share = before / (before - after);
    // Equal values have no crossing between them; the middle is as good a guess as any.
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 }
}
