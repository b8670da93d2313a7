//! A lever moved to one place: who leads there, from few replications of the plans that can.
//!
//! Few replications tell what a change does to the same futures much better than where a plan stands. What two plans differ by is told with what
//! they differ by at the stated value as its control variate, whose mean is the run's; of the months that keep the limits in the run they tell what
//! part still does. Where nothing is changed, the answer is the run's.

use super::judgement::{Judgement, KeptBefore, Leader, PlanStanding, belongs, is_enough, leader, objective_samples, scope, standing};
use super::lever::Lever;
use super::run_errors::{RunErrors, half};
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::{Engine, RunSpec, run};
use crate::statistics::{Controls, Estimate, Moments};
use crate::tally::Columns;
use std::collections::{BTreeMap, BTreeSet};

/// Replications of each change that is told: paired differences need few, and all changes together should cost less than the run.
pub(super) const REPLICATIONS: u64 = 128;

/// The same where limits may decide and the kernel serves: how many months keep them is told by whole futures, and takes more of these.
pub(super) const WITH_LIMITS: u64 = 512;

/// Replications of a first look at a change, which tells where to look and which plans can lead there.
const FEW: u64 = 16;

/// Standard errors by which a plan is dearer than another at a first look where it counts as dearer in all replications that are told.
const SURE: f64 = 5.0;

/// The confidence with which a plan breaks the limits at a first look where it counts as breaking them in all replications that are told.
const SURELY: f64 = 0.9999;

/// How a plan stands at a point.
#[derive(Clone)]
struct Stand {
    /// As these replications see it, on their own.
    seen: PlanStanding,
    /// From where it stands in the run.
    told: PlanStanding,
    /// Share of the months that keep the limits, likewise.
    kept: f64,
    /// What it is ranked by: the mean in the run, and in each of these replications at the stated value and here.
    run: f64,
    stated: Vec<f64>,
    samples: Vec<f64>,
}

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
    pub(super) errors: &'a RunErrors<'a>,
    pub(super) spec: &'a RunSpec<'a>,
    /// All plans at the stated value; `None` while that is being made.
    pub(super) start: Option<&'a Point>,
    /// The most replications of a point.
    pub(super) most: u64,
}

impl Ground<'_> {
    /// A first look at all plans.
    pub(super) fn look(&self, change: f64) -> Result<Point> {
        self.simulate(change, &self.all(), self.replications().min(FEW))
    }

    /// Some plans in as many replications as are told.
    pub(super) fn point(&self, change: f64, plans: &BTreeSet<usize>) -> Result<Point> {
        self.simulate(change, plans, self.replications())
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

    /// One changed run: on one thread, as the walks go side by side, but for the one that they all start from.
    fn simulate(&self, change: f64, plans: &BTreeSet<usize>, replications: u64) -> Result<Point> {
        // What a unit serves is nothing to plans without any.
        let stays = |plan: usize| self.lever == Lever::UnitThroughput && self.scenario.supply.plans[plan].buys_nothing();
        let known = self.start.into_iter().flat_map(|start| &start.plans).filter(|(plan, _)| plans.contains(*plan) && stays(**plan));
        let mut found: BTreeMap<usize, _> = known.map(|(&plan, known)| (plan, known.clone())).collect();
        let rest: Vec<usize> = plans.iter().copied().filter(|plan| !found.contains_key(plan)).collect();
        let mut engine = self.start.map_or(Engine::Kernel, |start| start.engine.clone());
        if !rest.is_empty() {
            let changed = self.lever.apply(self.scenario, change);
            let supply = changed.supply.keep(&rest).without_peak().without_members();
            let changed = Scenario { baseline: 0, ..changed.with_supply(supply) };
            let scope = scope(self.scenario);
            let threads = if self.start.is_some() { Some(1) } else { self.spec.threads };
            let spec = RunSpec { replications: Some(replications), threads, scope, progress: None, ..*self.spec };
            let run = run(&changed, &spec, &Columns)?;
            let mut kept = KeptBefore::new();
            for (place, plan) in rest.into_iter().enumerate() {
                let seen = standing(&changed, &run.summary, place, &mut kept);
                found.insert(plan, self.stand(change, plan, seen, objective_samples(&changed, &run.summary, place)));
            }
            engine = run.engine;
        }
        Ok(self.ranked(change, engine, found))
    }

    /// Where a plan stands at a change, of which few replications have seen this.
    fn stand(&self, change: f64, plan: usize, seen: PlanStanding, samples: Vec<f64>) -> Stand {
        let run = &self.judgement.standings[plan];
        let objective = run.objective.point;
        let Some(start) = self.start.map(|start| &start.plans[&plan]) else {
            let (told, kept, stated) = (run.clone(), run.share(), samples.clone());
            return Stand { seen, told, kept, run: objective, stated, samples };
        };
        let stated = start.samples[..samples.len().min(start.samples.len())].to_vec();
        if samples.len() < start.samples.len() {
            // Of so few months it is not known how many keep the limits at the stated value.
            let (told, kept) = (seen.clone(), seen.share());
            return Stand { seen, told, kept, run: objective, stated, samples };
        }
        let of_run = run.months_kept.estimate();
        let of_run = (of_run.point, of_run.standard_error.unwrap_or(0.0));
        let (kept, error) = kept_there(of_run, (start.seen.share(), seen.share()), samples.len());
        // What few see as no change may be some excess less than the run knows of, so it may come below none: only which has less matters.
        let excess = run.excess + (seen.excess - start.seen.excess);
        let limited = self.scenario.limits.any();
        // Where every month must keep them, few can tell no better than that they see none that does not.
        let all = seen.asked >= 1.0 && seen.share() >= 1.0 && self.lever.relieves(change);
        let keeps_limits = !limited || is_enough(kept, seen.asked) || all;
        let within_error = limited && (all || (seen.asked - kept).abs() <= 1.96 * error);
        let told = PlanStanding { excess, keeps_limits, within_error, ..seen.clone() };
        Stand { seen, told, kept, run: objective, stated, samples }
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
        (mean.point, half(&mean).hypot(moves * self.errors.reach(plan, other)))
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
        let (here, stated) = (less(&plan.samples, &other.samples), less(&plan.stated, &other.stated));
        let run = plan.run - other.run;
        let [of_here, of_stated] = [&here, &stated].map(|samples| Moments::from_slice(samples));
        let moves = of_here.sd().unwrap_or(0.0) / of_stated.sd().filter(|sd| *sd > 0.0).unwrap_or(f64::INFINITY);
        let is_all = self.start.is_none_or(|start| start.plans.values().all(|stand| stand.samples.len() <= here.len()));
        let controls = if is_all { Controls::new(vec![stated], &[run]) } else { None };
        let adjusted = controls.and_then(|controls| controls.mean(&here, self.scenario.sampling)).map(|mean| (mean, moves));
        adjusted.unwrap_or_else(|| {
            let mean = self.scenario.sampling.mean(&here);
            (Estimate { point: mean.point + run - of_stated.mean(), ..mean }, 1.0)
        })
    }
}

/// The share of the months that keep the limits at a change, and its standard error, where so many replications see it go from one share to
/// another. A change that relieves leaves a part of the months that broke the limits as they were, and one that burdens a part of those that kept
/// them: that part is theirs to tell, and the run's is what it is a part of. Two months that stay and two that do not are added for the error,
/// as Agresti and Coull do, for few may have been seen, or none.
fn kept_there((run, error): (f64, f64), (before, now): (f64, f64), replications: usize) -> (f64, f64) {
    let relieved = now >= before;
    let whole = |share: f64| if relieved { 1.0 - share } else { share };
    let (of_run, before, now) = (whole(run), whole(before), whole(now));
    let stays = if before > 0.0 { now / before } else { 1.0 };
    let seen = replications as f64 * before + 4.0;
    let about = (replications as f64 * now + 2.0) / seen;
    (whole(of_run * stays), (of_run * (about * (1.0 - about) / seen).sqrt()).hypot(about * error))
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

    /// In what share of the months a plan keeps the limits.
    pub(super) fn kept(&self, plan: usize) -> f64 {
        self.plans[&plan].kept
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
        of(a).iter().zip(of(b)).map(|(a, b)| a - b)
    }

    /// Whether the answer about a leader of the run has changed: another plan leads, the leader breaks the limits, or it begins to keep them
    /// where the run found that no plan does.
    pub(super) fn has_changed(&self, group: usize, old: &Leader) -> bool {
        self.leader(group).is_some_and(|new| new.plan != old.plan || self.standing(old.plan).keeps_limits != old.qualified)
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

    /// Whether leaving out what cannot lead was right: who leads at this first look keeps the limits in all replications.
    pub(super) fn is_borne_out(&self, group: usize, by: &Self) -> bool {
        self.leader(group).is_none_or(|best| !best.qualified || by.plans.get(&best.plan).is_some_and(|stand| stand.told.keeps_limits))
    }

    /// Whether a plan surely breaks the limits.
    fn breaks(&self, plan: usize) -> bool {
        let stand = &self.plans[&plan];
        let below = |(_, high): (f64, f64)| high - stand.seen.share() + stand.kept < stand.told.asked;
        !stand.told.keeps_limits && stand.seen.months_kept.interval(SURELY).is_some_and(below)
    }

    /// Whether a plan is surely dearer than another in all replications, of which these are the first.
    ///
    /// Told by the mean of these few, or by all those at the stated value and what the change adds in the few: that spreads less. Few may
    /// spread less than many, so neither is taken to spread less than it would if the few differed here as the many do at the stated value.
    fn is_dearer(&self, plan: usize, other: usize, start: &Self) -> bool {
        let (here, stated) = (self.differences(plan, other), start.differences(plan, other));
        let added: Vec<f64> = self.seen(plan, other).zip(start.seen(plan, other)).map(|(here, stated)| here - stated).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a tenth that broke the limits in the run, what few see of a seventh is what stays.
    #[test]
    fn what_few_see_is_a_part_of_what_the_run_knows() {
        let run = (0.9, 0.01);
        let (kept, error) = kept_there(run, (0.85, 1.0), 128);
        assert!((kept - 1.0).abs() < 1e-12 && error < 0.0075, "none breaks them any more: {kept} {error}");
        let (kept, error) = kept_there(run, (0.85, 0.925), 128);
        // Half of 19 months stay, give or take 2.4 of 23; and half of the run's own error.
        assert!((kept - 0.95).abs() < 1e-12 && (error - (0.1 * 0.104_f64).hypot(0.005)).abs() < 5e-4, "{kept} {error}");
        let (kept, error) = kept_there(run, (0.98, 0.49), 128);
        assert!((kept - 0.45).abs() < 1e-12 && (error - (0.9 * 0.044_f64).hypot(0.005)).abs() < 5e-4, "{kept} {error}");
        // Where few saw none break them, they cannot tell how many of those still do.
        let (kept, error) = kept_there(run, (1.0, 1.0), 128);
        assert!((kept - 0.9).abs() < 1e-12 && error > 0.02, "{kept} {error}");
        assert_eq!(kept_there((1.0, 0.0), (1.0, 1.0), 128), (1.0, 0.0));
    }
}
