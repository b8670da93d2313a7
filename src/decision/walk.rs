//! Moving a lever outwards until another plan wins.
//!
//! A first look at each step, in few replications, tells about where that is and which plans matter there. What is told rests on full points on
//! either side of the change: one at which the answer still stands, and the next step, at which it does not.

use super::flip::{AsGood, Cause, End, FlipPoint};
use super::judgement::Leader;
use super::point::{Ground, Point};
use super::step::{crossing, decides, is_on_line};
use crate::error::Result;
use crate::simulation::Engine;
use std::collections::BTreeSet;

/// Moves a lever outwards until the answer about each of the run's leaders has changed, or to the last step.
pub(super) fn walk(ground: Ground<'_>, steps: &[f64], start: &Point) -> Result<Vec<End>> {
    let ground = Ground { start: Some(start), ..ground };
    let full = steps.iter().map(|_| None).collect();
    let mut walk = Walk { ground, steps, start, looks: Vec::new(), full, halved: Vec::new() };
    ground.judgement.leaders.iter().enumerate().map(|leader| walk.end(leader)).collect()
}

/// A change of the answer, and the same of a plan that is cheaper than the one that wins there and may keep what is asked.
type Found = (FlipPoint, Option<FlipPoint>);

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
        let (flip, rival) = self.flip(leader)?.map_or((None, None), |(flip, rival)| (Some(flip), rival));
        let at = flip.as_ref().map_or(f64::INFINITY, |flip| flip.at.abs());
        let doubtful = self.doubtful(leader, at)?.filter(|point| point.at.abs() < at).or(rival);
        let as_good = match doubtful.as_ref().or(flip.as_ref()) {
            // What costs are not told apart is in the interval of where they meet.
            Some(point) if point.because == Cause::Cheaper || point.because == Cause::LessBad => None,
            Some(point) => self.as_good_before(leader, point),
            None => self.full.last().and_then(Option::as_ref).and_then(|last| self.as_good(leader, last)),
        };
        Ok(End { points: doubtful.into_iter().chain(flip).collect(), as_good })
    }

    /// The first change, short of one of this size, at which a plan becomes cheaper than the leader that may keep what is asked then, within the error.
    fn doubtful(&mut self, (group, leader): (usize, &Leader), size: f64) -> Result<Option<FlipPoint>> {
        if !self.ground.keeps_limits(leader) {
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

    /// The same at the first step short of where a plan begins or ceases to keep what is asked, of another plan than wins then.
    fn as_good_before(&self, leader: (usize, &Leader), point: &FlipPoint) -> Option<AsGood> {
        let steps = self.full.iter().flatten().filter(|step| step.change.abs() < point.at.abs());
        steps.filter_map(|step| self.as_good(leader, step)).find(|as_good| Some(as_good.plan) != point.plan)
    }

    /// A plan that keeps as much at a step and costs no more than the leader there, as far as can be told, though at the stated value it costs more
    /// or keeps less.
    fn as_good(&self, (group, leader): (usize, &Leader), step: &Point) -> Option<AsGood> {
        if !step.knows(leader.plan) {
            return None;
        }
        let dearer = |&plan: &usize| {
            let (mean, reach) = self.ground.dearer(step, plan, leader.plan);
            let was_worse = || {
                let (stated, reach) = self.ground.dearer(self.start, plan, leader.plan);
                stated > reach || !self.ground.is_as_good(self.start, plan, leader)
            };
            let is_as_good = plan != leader.plan && self.ground.is_as_good(step, plan, leader) && mean <= reach && reach.is_finite();
            (is_as_good && was_worse()).then_some((plan, mean))
        };
        let best = step.members(group).iter().filter_map(dearer).min_by(|a, b| a.1.total_cmp(&b.1));
        best.map(|(plan, _)| AsGood { plan, at: step.change })
    }

    /// Where the answer about one leader changes, and what may be the answer there instead.
    fn flip(&mut self, leader: (usize, &Leader)) -> Result<Option<Found>> {
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
    fn between(&mut self, place: usize, leader: (usize, &Leader)) -> Result<Option<Found>> {
        let [before, after] = [place - 1, place].map(|place| known(self.start, &self.full, place));
        let (Some(before), Some(after)) = (before, after) else { return Ok(None) };
        let Some(mut found) = self.ground.trade(before, after, leader) else { return Ok(None) };
        let (ends, rival) = self.ground.narrow(&mut found, (before, after), leader, &mut self.halved)?;
        if !is_on_line(&found) {
            let decides = decides(&found, leader.1);
            let near = ends.0.unwrap_or_else(|| self.settled_before(place - 1, decides));
            let far = match ends.1 {
                Some(far) => far,
                None => self.settled_from(place, leader.0, decides)?,
            };
            found.between = (near, far);
        }
        let told = |(plan, of)| FlipPoint { plan: Some(plan), because: Cause::Cheaper, unsure: Some(of), ..found.clone() };
        let rival = rival.map(told);
        Ok(Some((found, rival)))
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

/// A place in all replications, if it is known.
fn known<'a>(start: &'a Point, full: &'a [Option<Point>], place: usize) -> Option<&'a Point> {
    if place == 0 { Some(start) } else { full[place - 1].as_ref() }
}
