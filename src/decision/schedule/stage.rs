//! One plan's routes: the plans that can be bought at once on them, and the policies beside these.

use super::answer::{Answers, Simulated, StepUp, Waiting};
use super::choose::{Futures, LEAST, best};
use super::family::{Family, label};
use super::splice::{Course, Splice};
use super::walk::{Walks, walk};
use super::{PolicyKind, ScheduleWish};
use crate::decision::judgement::scope;
use crate::error::{Error, ErrorKind, Result};
use crate::scenario::Scenario;
use crate::simulation::{Engine, Run, RunSpec, run};
use crate::statistics::Estimate;
use crate::supply::{Commitment, MAX_AXES, OfferKind, Policy, Purchase};
use crate::tally::{Columns, Outcome};
use crate::units::Term;
use std::collections::BTreeSet;

/// What was found for one plan's routes, or for one pool of them.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The plan's name in the file.
    pub base: String,
    /// The pool, where policies were made up for each; the whole plan else.
    pub pool: Option<String>,
    /// The policies and the best plans: those that keep the limits first, cheapest first.
    pub policies: Vec<Simulated>,
    /// The place among them of the best plan that is known from the start.
    pub plan: usize,
    /// What the next best that differs costs more than the first, and its place; `None` where nothing else stands as it does.
    pub lead: Option<(usize, Estimate)>,
    /// What was best on one half of the futures, and what it costs on the other, beside what the plan that was best there costs more; `None`
    /// where there are too few futures.
    pub unseen: Option<(usize, Estimate, Estimate)>,
    /// The value of waiting, by months waited.
    pub waiting: Vec<Waiting>,
    /// At what use to buy more, by term.
    pub step_up: Vec<StepUp>,
    /// Plans that were looked at.
    pub plans: usize,
    /// Futures.
    pub futures: usize,
    /// The way through the simulation that its plans took.
    pub engine: Engine,
    /// What was not looked at.
    pub left_out: Vec<String>,
}

/// The routes of a plan, for a scenario whose choices are open.
pub(super) struct Ground<'a> {
    scenario: &'a Scenario,
    /// A plan with these routes.
    plan: usize,
    wish: ScheduleWish,
    spec: RunSpec<'a>,
}

/// Policies walked and served.
struct Served {
    scenario: Scenario,
    outcome: Run<Outcome>,
    walks: Walks,
}

impl<'a> Ground<'a> {
    pub(super) fn new(scenario: &'a Scenario, base: &str, wish: ScheduleWish, spec: &RunSpec<'a>) -> Result<Self> {
        let Some(plan) = scenario.supply.plans.iter().position(|plan| plan.base == base) else {
            return Err(Error::usage(format!("`{base}` is no plan of the scenario")));
        };
        for pool in &scenario.supply.plans[plan].pools {
            let group = &scenario.supply.groups[pool.group];
            if let Some(what) = group.carries() {
                return Err(Error::usage(format!(
                    "a schedule is put together from months that do not depend on each other, and pool `{}` of plan `{base}` carries {what} \
                     from one hour to the next; allowed: pools without",
                    group.name
                )));
            }
            for node in &group.nodes {
                let offer = &scenario.supply.offers[node.offer];
                if matches!(&offer.kind, OfferKind::Provisioned(provisioned) if !provisioned.windows.is_empty()) {
                    return Err(Error::usage(format!(
                        "a schedule changes the units of `{}`, and its window depends on them; allowed: offers with one `window`",
                        offer.name
                    )));
                }
            }
        }
        let spec = RunSpec { scope: scope(scenario), ..*spec };
        Ok(Self { scenario, plan, wish, spec })
    }

    fn pools(&self) -> usize {
        self.scenario.supply.plans[self.plan].pools.len()
    }

    fn in_pool(&self, pool: usize, commitment: &Commitment) -> bool {
        let group = self.scenario.supply.plans[self.plan].pools[pool].group;
        self.scenario.supply.groups[group].nodes.iter().any(|node| node.offer == commitment.offer)
    }

    /// The plans with these routes as policies, for one pool; and how many there are that no policy stands for.
    fn plans(&self, pool: usize) -> (Vec<(PolicyKind, Policy)>, usize) {
        let base = &self.scenario.supply.plans[self.plan].base;
        let mut all: Vec<(PolicyKind, Policy)> = Vec::new();
        let mut unlike = 0;
        for plan in self.scenario.supply.plans.iter().filter(|plan| plan.base == *base) {
            let Some(mut policy) = Policy::of_plan(plan) else {
                unlike += 1;
                continue;
            };
            policy.start.retain(|purchase| self.in_pool(pool, &purchase.commitment));
            policy.rules.retain(|rule| self.in_pool(pool, &rule.purchase.commitment));
            if self.pools() > 1 {
                policy.name = self.bought(&policy);
            }
            let mut terms: Vec<Term> = policy.purchases().map(|purchase| purchase.commitment.term).collect();
            terms.dedup();
            let kind = PolicyKind::Plan { term: if terms.len() == 1 { terms.pop() } else { None } };
            let known = |other: &(PolicyKind, Policy)| other.1.start == policy.start && other.1.rules == policy.rules;
            if !all.iter().any(known) {
                all.push((kind, policy));
            }
        }
        // A sweep may begin at one unit, and buying none is a plan too.
        if all.iter().all(|(_, policy)| policy.purchases().next().is_some()) {
            let policy = Policy { name: format!("{base} without units"), base: base.clone(), start: Vec::new(), rules: Vec::new() };
            all.push((PolicyKind::Plan { term: None }, policy));
        }
        (all, unlike)
    }

    /// What a policy of a plan buys, as its name.
    fn bought(&self, policy: &Policy) -> String {
        let of = |purchase: &Purchase, month: usize| {
            let commitment = &purchase.commitment;
            let offer = &self.scenario.supply.offers[commitment.offer];
            let OfferKind::Provisioned(provisioned) = &offer.kind else { return String::new() };
            let from = if month > 0 { format!(" from month {}", month + 1) } else { String::new() };
            format!("{} {} ({}{from})", label(provisioned, commitment.units), offer.name, commitment.term)
        };
        let start = policy.start.iter().map(|purchase| of(purchase, 0));
        let later = policy.rules.iter().map(|rule| of(&rule.purchase, rule.months.start));
        let all: Vec<String> = start.chain(later).collect();
        if all.is_empty() { "no units".to_owned() } else { all.join(", ") }
    }

    fn serve(&self, policies: &[(PolicyKind, Policy)]) -> Result<Served> {
        let walked: Vec<Policy> = policies.iter().map(|(_, policy)| policy.clone()).collect();
        let walks = walk(self.scenario, self.plan, &walked, &self.spec)?;
        let base = &self.scenario.supply.plans[self.plan];
        let supply = self.scenario.supply.with_holdings(base, &walks.holdings).without_peak().without_members();
        let scenario = Scenario { baseline: 0, ..self.scenario.with_supply(supply) };
        let outcome = run(&scenario, &self.spec, &Columns)?;
        if outcome.replications < outcome.asked {
            return Err(ErrorKind::Interrupted.into());
        }
        Ok(Served { scenario, outcome, walks })
    }

    fn courses(&self, served: &Served, walks: impl Iterator<Item = usize>, pools: &[usize]) -> Vec<Course> {
        let mut splice = Splice::new(&served.scenario, &served.outcome.summary, self.wish.charge_owed);
        splice.prepare(&served.walks, pools);
        walks.map(|number| splice.course(&served.walks.of[number], pools)).collect()
    }

    fn best(&self, courses: &[Course], among: impl Iterator<Item = usize>, futures: Futures) -> Option<usize> {
        // Halves of few futures tell nothing.
        let futures = if courses.first().is_some_and(|course| course.ranked.len() < LEAST) { Futures::All } else { futures };
        best(courses, among, futures, self.scenario.horizon.months(), &self.scenario.limits)
    }

    /// The policies of the file beside the best plan, which is made of the best of each pool.
    pub(super) fn of_file(&self, policies: &[Policy]) -> Result<Run<Stage>> {
        let (mut lists, mut unlike) = (Vec::new(), 0);
        for pool in 0..self.pools() {
            let (plans, others) = self.plans(pool);
            unlike = others;
            lists.push(plans);
        }
        let parts: Vec<(PolicyKind, Policy)> = lists.concat();
        let served = self.serve(&parts)?;
        let mut first = 0;
        // The best by all futures, and by those that choices are made by.
        let mut found = [Futures::All, Futures::Choosing].map(|_| Policy {
            name: String::new(),
            base: policies[0].base.clone(),
            start: Vec::new(),
            rules: Vec::new(),
        });
        for (pool, list) in lists.iter().enumerate() {
            let courses = self.courses(&served, first..first + list.len(), &[pool]);
            for (whole, futures) in found.iter_mut().zip([Futures::All, Futures::Choosing]) {
                let Some(part) = self.best(&courses, 0..list.len(), futures) else { continue };
                let part = &list[part].1;
                whole.start.extend(part.start.iter().cloned());
                whole.rules.extend(part.rules.iter().cloned());
                if self.pools() == 1 {
                    whole.name.clone_from(&part.name);
                }
            }
            first += list.len();
        }
        for whole in found.iter_mut().filter(|_| self.pools() > 1) {
            whole.name = self.bought(whole);
        }
        // Plans come first, so that of a plan and a policy that cost the same the plan is told.
        let mut all: Vec<(PolicyKind, Policy)> = Vec::new();
        for plan in found {
            if !all.iter().any(|(_, known)| *known == plan) {
                all.push((PolicyKind::Plan { term: None }, plan));
            }
        }
        all.extend(policies.iter().map(|policy| (PolicyKind::File, policy.clone())));
        let served = self.serve(&all)?;
        let pools: Vec<usize> = (0..self.pools()).collect();
        let stage = self.stage(&served, all, 0, &pools, (parts.len(), unlike), Vec::new());
        Ok(about(&served.outcome, stage))
    }

    /// The family that is made up, for each pool that buys units of one offer.
    pub(super) fn made_up(&self) -> Result<Run<Vec<Stage>>> {
        let lists: Vec<(Vec<(PolicyKind, Policy)>, usize)> = (0..self.pools()).map(|pool| self.plans(pool)).collect();
        let parts: Vec<(PolicyKind, Policy)> = lists.iter().flat_map(|(list, _)| list.clone()).collect();
        let served = self.serve(&parts)?;
        let mut first = 0;
        let mut families = Vec::new();
        for (pool, (list, unlike)) in lists.iter().enumerate() {
            let courses = self.courses(&served, first..first + list.len(), &[pool]);
            first += list.len();
            let mut offers: Vec<usize> = list.iter().flat_map(|(_, policy)| policy.purchases()).map(|p| p.commitment.offer).collect();
            offers.sort_unstable();
            offers.dedup();
            let mut all = self.best_plans(list, &courses);
            let mut left_out = Vec::new();
            match offers.as_slice() {
                [] => continue,
                [offer] => {
                    let best = self.best_by_term(list, &courses);
                    let (offers, horizon) = (&self.scenario.supply.offers, &self.scenario.horizon);
                    let base = &self.scenario.supply.plans[self.plan].base;
                    let (made, without) = Family { base, offer: *offer, offers, horizon, best }.policies();
                    // The plans among them may be there already.
                    for (kind, policy) in made {
                        let known = |other: &(PolicyKind, Policy)| other.1.start == policy.start && other.1.rules == policy.rules;
                        if !all.iter().any(known) {
                            all.push((kind, policy));
                        }
                    }
                    left_out.extend(without);
                }
                _ => left_out.push("policies for a pool that buys units of several offers; a `[[policy]]` says what to look at".to_owned()),
            }
            families.push((pool, all, (list.len(), *unlike), left_out));
        }
        let everything: Vec<(PolicyKind, Policy)> = families.iter().flat_map(|(_, all, ..)| all.clone()).collect();
        let served = self.serve(&everything)?;
        let mut first = 0;
        let mut stages = Vec::new();
        for (pool, all, plans, left_out) in families {
            let number = all.len();
            let mut stage = self.stage(&served, all, first, &[pool], plans, left_out);
            let group = self.scenario.supply.plans[self.plan].pools[pool].group;
            stage.pool = Some(self.scenario.supply.groups[group].name.clone());
            stages.push(stage);
            first += number;
        }
        Ok(about(&served.outcome, stages))
    }

    /// The best plan by all futures, by those that choices are made by, and the latter of each term bought in the first month.
    fn best_plans(&self, list: &[(PolicyKind, Policy)], courses: &[Course]) -> Vec<(PolicyKind, Policy)> {
        let mut places: Vec<usize> = Vec::new();
        places.extend(self.best(courses, 0..list.len(), Futures::All));
        places.extend(self.best(courses, 0..list.len(), Futures::Choosing));
        for term in terms(list) {
            places.extend(self.best(courses, at_once(list, term), Futures::Choosing));
        }
        // Buying nothing is what every step up is measured from.
        places.extend(list.iter().position(|(_, policy)| policy.purchases().next().is_none()));
        let mut told: Vec<usize> = Vec::new();
        places.into_iter().for_each(|place| {
            if !told.contains(&place) {
                told.push(place);
            }
        });
        told.into_iter().map(|place| list[place].clone()).collect()
    }

    /// By term, the units that are best from the first month on.
    fn best_by_term(&self, list: &[(PolicyKind, Policy)], courses: &[Course]) -> Vec<(Term, [f64; MAX_AXES])> {
        let units = |policy: &Policy| {
            let all = policy.start.iter().map(|purchase| purchase.commitment.units);
            all.fold([0.0; MAX_AXES], |sum, units| std::array::from_fn(|axis| sum[axis] + units[axis]))
        };
        let of_term = |term: Term| Some((term, units(&list[self.best(courses, at_once(list, term), Futures::Choosing)?].1)));
        terms(list).into_iter().filter_map(of_term).collect()
    }

    fn stage(
        &self,
        served: &Served,
        mut policies: Vec<(PolicyKind, Policy)>,
        first: usize,
        pools: &[usize],
        (plans, unlike): (usize, usize),
        mut left_out: Vec<String>,
    ) -> Stage {
        let courses = self.courses(served, first..first + policies.len(), pools);
        tell_apart(&mut policies);
        let base = self.scenario.supply.plans[self.plan].base.clone();
        if unlike > 0 {
            left_out.push(format!("{unlike} plans with reservations, schedules or terms of weeks, which no policy can follow"));
        }
        let answers =
            Answers { scenario: &served.scenario, outcome: &served.outcome.summary, walks: &served.walks, first, policies, courses };
        answers.stage(Stage {
            base,
            pool: None,
            policies: Vec::new(),
            plan: 0,
            lead: None,
            unseen: None,
            waiting: Vec::new(),
            step_up: Vec::new(),
            plans,
            futures: served.outcome.summary.replications(),
            engine: served.outcome.engine.clone(),
            left_out,
        })
    }
}

/// Gives what is not of the file a name of its own, where a policy of the file, or one before it, has its name.
fn tell_apart(policies: &mut [(PolicyKind, Policy)]) {
    let of_file = |kind: &PolicyKind| *kind == PolicyKind::File;
    let mut taken: BTreeSet<String> = policies.iter().filter(|(kind, _)| of_file(kind)).map(|(_, policy)| policy.name.clone()).collect();
    for (kind, policy) in policies.iter_mut().filter(|(kind, _)| !of_file(kind)) {
        let what = if matches!(kind, PolicyKind::Plan { .. }) { "plan" } else { "policy" };
        let mut name = policy.name.clone();
        for number in 1.. {
            if taken.insert(name.clone()) {
                break;
            }
            name = if number == 1 { format!("{} ({what})", policy.name) } else { format!("{} ({what} {number})", policy.name) };
        }
        policy.name = name;
    }
}

/// Terms bought on in the first month.
fn terms(list: &[(PolicyKind, Policy)]) -> Vec<Term> {
    let mut terms: Vec<Term> = list.iter().flat_map(|(_, policy)| policy.start.iter().map(|purchase| purchase.commitment.term)).collect();
    terms.sort();
    terms.dedup();
    terms
}

/// What was found by a run.
fn about<S>(run: &Run<Outcome>, summary: S) -> Run<S> {
    Run { summary, replications: run.replications, asked: run.asked, seed: run.seed, engine: run.engine.clone() }
}

/// The plans that buy on one term in the first month and nothing later, or nothing at all.
fn at_once(list: &[(PolicyKind, Policy)], term: Term) -> impl Iterator<Item = usize> + '_ {
    let only = move |(_, policy): &&(PolicyKind, Policy)| policy.rules.is_empty() && policy.start.iter().all(|p| p.commitment.term == term);
    list.iter().enumerate().filter(move |(_, plan)| only(plan)).map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_policies_apart() {
        let policy = |kind, name: &str| (kind, Policy { name: name.to_owned(), base: String::new(), start: Vec::new(), rules: Vec::new() });
        let plan = PolicyKind::Plan { term: None };
        let mut all = vec![
            policy(plan, "a"),
            policy(plan, "a"),
            policy(PolicyKind::Ladder, "b"),
            policy(PolicyKind::Ladder, "b"),
            policy(PolicyKind::File, "a"),
        ];
        tell_apart(&mut all);
        let names: Vec<&str> = all.iter().map(|(_, policy)| policy.name.as_str()).collect();
        assert_eq!(names, ["a (plan)", "a (plan 2)", "b", "b (policy)", "a"]);
    }
}
