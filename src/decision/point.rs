//! A lever moved to one place: who leads there, from few replications of the plans that can.
//!
//! Few replications tell what a change does to the same futures much better than where a plan stands. What two plans differ by is told with what
//! they differ by at the stated value as its control variate, whose mean is the run's; of the months that keep the limits in the run they tell what
//! part still does. Where nothing is changed, the answer is the run's.

use super::goal::Goal;
use super::judgement::{Judgement, KeptBefore, Leader, Level, PlanStanding, belongs, leader, objective_samples, scope, standing};
use super::lever::Lever;
use super::price::Line;
use super::requirement::{Kept, Requirement, unsure};
use super::stated::{Stated, half};
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::{Engine, RunSpec, run};
use crate::statistics::{Controls, Estimate, Moments};
use crate::tally::Columns;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Replications of a first look at a change, which tells where to look and which plans can lead there; and where plans are chosen by a tail.
const FEW: u64 = 16;
const FEW_OF_TAIL: u64 = 32;

/// What plans that are one may differ by, as a share of what they cost.
pub(super) const ROUNDING: f64 = 1e-12;

/// Standard errors by which a plan is dearer than another at a first look where it counts as dearer in all replications that are told.
const SURE: f64 = 5.0;

/// How a plan stands at a point.
#[derive(Clone)]
struct Stand {
    /// As these replications see it, on their own.
    seen: PlanStanding,
    /// From where it stands in the run.
    told: PlanStanding,
    /// How it keeps what is asked, likewise.
    kept: Vec<Kept>,
    /// What it is ranked by: its value in the run, and numbers for these replications whose mean it is in them, at the stated value and here.
    run: f64,
    stated: Arc<[f64]>,
    samples: Arc<[f64]>,
    /// Spend and failed requests of each of these replications here.
    spent: Arc<[f64]>,
    /// Numbers for these replications whose mean is by how much the budget is exceeded; empty without one.
    over: Arc<[f64]>,
}

/// A plan, how these replications see it, and what it spends in each.
type SeenPlan = (usize, PlanStanding, Vec<f64>);

/// A lever moved, and how some plans stand then.
pub(super) struct Point {
    pub(super) change: f64,
    pub(super) engine: Engine,
    plans: BTreeMap<usize, Stand>,
    /// By leader of the run: the plans it is compared with, of those looked at, and who leads them now.
    groups: Vec<(Vec<usize>, Option<Leader>)>,
}

/// What all points of a walk have in common.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) lever: Lever,
    /// The run's.
    pub(super) judgement: &'a Judgement,
    pub(super) stated: &'a Stated<'a>,
    pub(super) spec: &'a RunSpec<'a>,
    /// All plans at the stated value; `None` while that is being made.
    pub(super) start: Option<&'a Point>,
    /// The most replications of a point.
    pub(super) most: u64,
    /// Spend of each plan by the price that is moved; `None` for levers that are simulated.
    pub(super) lines: Option<&'a [Line]>,
}

impl Ground<'_> {
    /// A first look at all plans.
    pub(super) fn look(&self, change: f64) -> Result<Point> {
        let few = if self.stated.criterion.goal == Goal::Mean { FEW } else { FEW_OF_TAIL };
        self.moved(change, &self.all(), self.replications().min(few))
    }

    /// Some plans in as many replications as are told.
    pub(super) fn point(&self, change: f64, plans: &BTreeSet<usize>) -> Result<Point> {
        self.moved(change, plans, self.replications())
    }

    /// Every plan.
    pub(super) fn all(&self) -> BTreeSet<usize> {
        (0..self.scenario.supply.plans.len()).collect()
    }

    /// These plans, and those that buy the same units on other terms: one way of serving an hour tells of all of them.
    pub(super) fn served_alike(&self, plans: &BTreeSet<usize>) -> BTreeSet<usize> {
        let all = &self.scenario.supply.plans;
        let cases = |plan: usize| all[plan].pools.iter().map(|pool| (pool.group, pool.case)).collect::<Vec<_>>();
        let served: BTreeSet<Vec<(usize, usize)>> = plans.iter().map(|&plan| cases(plan)).collect();
        (0..all.len()).filter(|&plan| served.contains(&cases(plan))).collect()
    }

    /// A point as if only these of its plans had been looked at.
    pub(super) fn only(&self, point: &Point, plans: &BTreeSet<usize>) -> Point {
        let own = point.plans.iter().filter(|(plan, _)| plans.contains(*plan));
        self.ranked(point.change, point.engine.clone(), own.map(|(&plan, known)| (plan, known.clone())).collect())
    }

    fn replications(&self) -> u64 {
        self.spec.replications.unwrap_or(self.scenario.replications).min(self.most)
    }

    /// These plans with the lever moved.
    fn moved(&self, change: f64, plans: &BTreeSet<usize>, replications: u64) -> Result<Point> {
        // What a unit serves is nothing to plans without any.
        let stays = |plan: usize| self.lever == Lever::UnitThroughput && self.scenario.supply.plans[plan].buys_nothing();
        let known = self.start.into_iter().flat_map(|start| &start.plans).filter(|(plan, _)| plans.contains(*plan) && stays(**plan));
        let mut found: BTreeMap<usize, _> = known.map(|(&plan, known)| (plan, self.first(known, replications))).collect();
        let rest: Vec<usize> = plans.iter().copied().filter(|plan| !found.contains_key(plan)).collect();
        let mut engine = self.start.map_or(Engine::Kernel, |start| start.engine.clone());
        let seen: Vec<SeenPlan> = if let Some(lines) = self.lines {
            let priced = |plan: usize| (plan, self.stated.plans[plan].standing.clone(), lines[plan].at(change, replications));
            rest.into_iter().map(priced).collect()
        } else if rest.is_empty() {
            Vec::new()
        } else {
            let (seen, by) = self.simulate(change, &rest, replications)?;
            engine = by;
            seen
        };
        found.extend(seen.into_iter().map(|(plan, seen, spent)| (plan, self.stand(change, plan, seen, spent))));
        Ok(self.ranked(change, engine, found))
    }

    /// One changed run: on one thread, as the walks go side by side, but for the one that they all start from.
    fn simulate(&self, change: f64, plans: &[usize], replications: u64) -> Result<(Vec<SeenPlan>, Engine)> {
        let changed = self.lever.apply(self.scenario, change);
        let supply = changed.supply.keep(plans).without_peak().without_members();
        let changed = Scenario { baseline: 0, ..changed.with_supply(supply) };
        let scope = scope(self.scenario);
        let threads = if self.start.is_some() { Some(1) } else { self.spec.threads };
        let spec = RunSpec { replications: Some(replications), threads, scope, progress: None, ..*self.spec };
        let run = run(&changed, &spec, &Columns)?;
        let mut before = KeptBefore::new();
        let of = |(place, &plan): (usize, &usize)| {
            (plan, standing(&changed, &run.summary, place, &mut before), objective_samples(&changed, &run.summary, place))
        };
        Ok((plans.iter().enumerate().map(of).collect(), run.engine))
    }

    /// A plan that no change moves, in the first so many of its replications.
    fn first(&self, known: &Stand, replications: u64) -> Stand {
        let count = known.spent.len().min(usize::try_from(replications).unwrap_or(usize::MAX));
        if count == known.spent.len() {
            return known.clone();
        }
        let spent = &known.spent[..count];
        let criterion = self.stated.criterion;
        let samples: Arc<[f64]> = criterion.goal.influences(spent.to_vec()).into();
        Stand { stated: Arc::clone(&samples), samples, spent: spent.into(), over: criterion.excess(spent).into(), ..known.clone() }
    }

    /// Where a plan stands at a change, of which few replications have seen this.
    fn stand(&self, change: f64, plan: usize, seen: PlanStanding, spent: Vec<f64>) -> Stand {
        let of_run = &self.stated.plans[plan];
        let (criterion, run) = (self.stated.criterion, of_run.value);
        let over: Arc<[f64]> = criterion.excess(&spent).into();
        let samples: Arc<[f64]> = criterion.goal.influences(spent.clone()).into();
        let spent: Arc<[f64]> = spent.into();
        let Some(start) = self.start.map(|start| &start.plans[&plan]) else {
            let (told, kept) = (of_run.standing.clone(), self.stated.kept(plan));
            return Stand { seen, told, kept, run, stated: Arc::clone(&samples), samples, spent, over };
        };
        let limited = self.scenario.limits.any();
        let is_first = spent.len() < start.spent.len();
        let (stated, over_before): (Arc<[f64]>, Arc<[f64]>) = if is_first {
            let before = &start.spent[..spent.len()];
            (criterion.goal.influences(before.to_vec()).into(), criterion.excess(before).into())
        } else {
            (Arc::clone(&start.samples), Arc::clone(&start.over))
        };
        // Of so few months it is not known how many keep the limits at the stated value; no price changes how many do.
        let of_limits = limited.then(|| {
            let there = || Kept::limits_there(&of_run.standing, (&start.seen, &seen), spent.len(), self.lever.relieves(change));
            if is_first || self.lines.is_some() { Kept::limits(&seen) } else { there() }
        });
        let of_budget = of_run.over.as_ref().map(|known| {
            let (mean, moves) = self.told(&over, &over_before, known.mean);
            let reach = half(&mean).hypot(moves * known.reach);
            Kept::budget(mean.point, reach, 0.5 * SURE * reach.max(half(&self.scenario.sampling.mean(&over))))
        });
        // What few see as no change may be some excess less than the run knows of, so it may come below none: only which has less matters.
        let excess = if is_first { seen.excess } else { of_run.standing.excess + (seen.excess - start.seen.excess) };
        let kept: Vec<Kept> = of_limits.into_iter().chain(of_budget).collect();
        let keeps = |of: Option<Kept>| of.is_none_or(|kept| kept.holds);
        let within_error = unsure(&kept).is_some();
        let told = PlanStanding { excess, keeps_limits: keeps(of_limits), affordable: keeps(of_budget), within_error, ..seen.clone() };
        Stand { seen, told, kept, run, stated, samples, spent, over }
    }

    /// A point of plans that are known there.
    fn ranked(&self, change: f64, engine: Engine, plans: BTreeMap<usize, Stand>) -> Point {
        let group = |old: &Leader| {
            let own = |&plan: &usize| old.term.as_ref().is_none_or(|term| belongs(self.scenario, plan, Some(term)));
            let mut members: Vec<usize> = plans.keys().copied().filter(own).collect();
            // Of plans that cost the same it stays the old one.
            members.sort_by_key(|&plan| plan != old.plan);
            let beside = |&plan: &usize| -> (usize, PlanStanding) {
                let told = plans[&plan].told.clone();
                let point = plans.get(&old.plan).map_or(told.objective.point, |old| self.difference(&plans[&plan], old).0.point);
                (plan, PlanStanding { objective: Estimate { point, ..told.objective }, ..told })
            };
            let told: BTreeMap<usize, PlanStanding> = members.iter().map(beside).collect();
            let best = leader(|plan| &told[&plan], &members, old.term.clone());
            (members, best)
        };
        let groups = self.judgement.leaders.iter().map(group).collect();
        Point { change, engine, plans, groups }
    }

    /// What a plan costs more than another at a point, and half the 95 % interval of that; endless where the error is unknown.
    pub(super) fn dearer(&self, point: &Point, plan: usize, other: usize) -> (f64, f64) {
        let (mean, moves) = self.difference(&point.plans[&plan], &point.plans[&other]);
        (mean.point, half(&mean).hypot(moves * self.stated.reach(plan, other)))
    }

    /// The same as if the run were sure of what they differ by at the stated value.
    pub(super) fn dearer_here(&self, point: &Point, plan: usize, other: usize) -> (f64, f64) {
        let (mean, _) = self.difference(&point.plans[&plan], &point.plans[&other]);
        (mean.point, half(&mean))
    }

    /// What a plan costs more than another, as these replications tell it, and by how much at most that moves with what the run says of the two.
    ///
    /// What they differ by at the stated value is known from the run, and is a control variate of what they differ by here, in all replications; in
    /// few of them its coefficient is not known and taken as one.
    fn difference(&self, plan: &Stand, other: &Stand) -> (Estimate, f64) {
        let less = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
        let (mean, moves) = self.told(&less(&plan.samples, &other.samples), &less(&plan.stated, &other.stated), plan.run - other.run);
        // Plans that are one may differ by what is rounded on their ways.
        let is_rounding = mean.point.abs() <= ROUNDING * plan.run.abs().max(other.run.abs());
        (if is_rounding { Estimate { point: 0.0, ..mean } } else { mean }, moves)
    }

    /// A mean that is `run` in the run, in all its replications here, of which there are these `here`, and `stated` at the stated value; and by how
    /// much at most it moves with what the run says.
    fn told(&self, here: &[f64], stated: &[f64], run: f64) -> (Estimate, f64) {
        let [of_here, of_stated] = [here, stated].map(Moments::from_slice);
        let moves = of_here.sd().unwrap_or(0.0) / of_stated.sd().filter(|sd| *sd > 0.0).unwrap_or(f64::INFINITY);
        let is_all = self.start.is_none_or(|start| start.plans.values().all(|stand| stand.samples.len() <= here.len()));
        let controls = if is_all { Controls::new(vec![stated.to_vec()], &[run]) } else { None };
        let adjusted = controls.and_then(|controls| controls.mean(here, self.scenario.sampling)).map(|mean| (mean, moves));
        adjusted.unwrap_or_else(|| {
            let mean = self.scenario.sampling.mean(here);
            (Estimate { point: mean.point + run - of_stated.mean(), ..mean }, 1.0)
        })
    }
}

impl Point {
    /// Who leads in the group of a leader of the run.
    pub(super) fn leader(&self, group: usize) -> Option<&Leader> {
        self.groups.get(group)?.1.as_ref()
    }

    /// The plans that were looked at.
    pub(super) fn plans(&self) -> BTreeSet<usize> {
        self.plans.keys().copied().collect()
    }

    /// Whether a plan was looked at.
    pub(super) fn knows(&self, plan: usize) -> bool {
        self.plans.contains_key(&plan)
    }

    /// How a plan stands that was looked at.
    pub(super) fn standing(&self, plan: usize) -> &PlanStanding {
        &self.plans[&plan].told
    }

    /// How a plan keeps what is asked.
    pub(super) fn kept(&self, plan: usize) -> &[Kept] {
        &self.plans[&plan].kept
    }

    /// What leaves open whether a plan keeps what is asked.
    pub(super) fn unsure(&self, plan: usize) -> Option<Requirement> {
        unsure(self.kept(plan))
    }

    /// What `a` costs more than `b` in each future, moved by what the run knows of the difference at the stated value.
    fn differences(&self, a: usize, b: usize) -> Vec<f64> {
        let shift = |plan: usize| self.plans[&plan].run - Moments::from_slice(&self.plans[&plan].stated).mean();
        let shift = shift(a) - shift(b);
        self.seen(a, b).map(|difference| difference + shift).collect()
    }

    /// What `a` costs more than `b` in each future, as it is seen.
    fn seen(&self, a: usize, b: usize) -> impl Iterator<Item = f64> {
        let of = |plan: usize| &self.plans[&plan].samples;
        of(a).iter().zip(of(b).iter()).map(|(a, b)| a - b)
    }

    /// Whether the answer about a leader of the run has changed: another plan leads, the leader breaks what is asked, or it begins to keep it
    /// where the run found that no plan does.
    pub(super) fn has_changed(&self, group: usize, old: &Leader, level: Level) -> bool {
        self.leader(group).is_some_and(|new| new.plan != old.plan || self.standing(old.plan).level() != level)
    }

    /// The plans of a group that can lead it here in as many replications as are told. Where a plan keeps the limits, those that surely break
    /// them cannot, nor those that are surely dearer than it.
    pub(super) fn can_lead(&self, group: usize, start: &Self) -> BTreeSet<usize> {
        let Some((members, Some(best))) = self.groups.get(group) else { return BTreeSet::new() };
        let can = |plan: usize| plan == best.plan || !best.qualified || !(self.breaks(plan) || self.is_dearer(plan, best.plan, start));
        members.iter().copied().filter(|&plan| can(plan)).collect()
    }

    /// The plans of a leader's group that may be cheaper than it here, and so pass it on the way.
    pub(super) fn can_pass(&self, (group, leader): (usize, &Leader), start: &Self) -> BTreeSet<usize> {
        let own = self.plans.contains_key(&leader.plan);
        self.members(group).into_iter().filter(|&plan| !own || !self.is_dearer(plan, leader.plan, start)).collect()
    }

    /// The plans of a group that were looked at.
    pub(super) fn members(&self, group: usize) -> BTreeSet<usize> {
        self.groups.get(group).into_iter().flat_map(|(members, _)| members).copied().collect()
    }

    /// The plans of a group that may matter near here: of those that keep the limits, or nearly, the ones that are not much dearer than the
    /// cheapest, given what each costs more than another and half the interval of that.
    pub(super) fn matter(&self, group: usize, dearer: impl Fn(usize, usize) -> (f64, f64)) -> BTreeSet<usize> {
        let Some((members, Some(best))) = self.groups.get(group) else { return BTreeSet::new() };
        let near = |plan: usize| {
            let (mean, reach) = dearer(plan, best.plan);
            plan == best.plan || !(best.qualified && mean > 0.5 * SURE * reach || self.breaks(plan))
        };
        members.iter().copied().filter(|&plan| near(plan)).collect()
    }

    /// Whether leaving out what cannot lead was right: who leads at this first look keeps what is asked in all replications.
    pub(super) fn is_borne_out(&self, group: usize, by: &Self) -> bool {
        self.leader(group)
            .is_none_or(|best| !best.qualified || by.plans.get(&best.plan).is_some_and(|stand| stand.told.level() == Level::KeepsAll))
    }

    /// Whether a plan surely breaks what is asked.
    fn breaks(&self, plan: usize) -> bool {
        self.kept(plan).iter().any(|kept| kept.is_broken)
    }

    /// Whether a plan is surely dearer than another in all replications, of which these are the first.
    ///
    /// Told by the mean of these few, or by all those at the stated value and what the change adds in the few: that spreads less. Few may
    /// spread less than many, so neither is taken to spread less than it would if the few differed here as the many do at the stated value.
    fn is_dearer(&self, plan: usize, other: usize, start: &Self) -> bool {
        let (here, stated) = (self.differences(plan, other), start.differences(plan, other));
        let stated_here = |plan: usize| &self.plans[&plan].stated;
        let stated_there = stated_here(plan).iter().zip(stated_here(other).iter()).map(|(a, b)| a - b);
        let added: Vec<f64> = self.seen(plan, other).zip(stated_there).map(|(here, stated)| here - stated).collect();
        let [few, first, added] = [&here, &stated[..here.len().min(stated.len())], &added].map(Moments::from_slice);
        let all = Moments::from_slice(&stated);
        let spread = |moments: &Moments| moments.sd().unwrap_or(f64::INFINITY);
        let error = |spread: f64| SURE * spread / (few.n() as f64).sqrt();
        let calm = if spread(&first) > 0.0 {
            (spread(&all) / spread(&first)).max(1.0)
        } else if spread(&all) > 0.0 {
            f64::INFINITY
        } else {
            1.0
        };
        few.mean() > error(spread(&few).max(spread(&all))) || all.mean() + added.mean() > error(spread(&added) * calm)
    }
}
