//! What to buy: the best combination of units, terms and starts over all pools, how sure that is, what each unit does and what less
//! throttling costs.
//!
//! One run serves all choices of all pools. Spend of separate pools adds, so every plan that can be made of them is then known without being
//! simulated; [`search`] goes through them in order, the best first, and [`verdict`] tells whether the run can tell them apart.

mod by_hours;
mod contest;
mod least_bad;
mod lines;
mod nines;
mod parts;
mod refine;
mod search;
mod steps;
mod surface;
mod verdict;

pub use by_hours::ByHours;
pub use nines::Nine;
pub use refine::refined;
pub use steps::{PoolSteps, UnitStep};
pub use surface::{DISCOUNTS, Surface, TermSurface, UnitPrices, surface};
pub use verdict::{Missed, Verdict};

use super::criterion::Criterion;
use super::flip::Flip;
use super::judgement::{Judgement, Leader, MIXED_TERMS, judge};
use super::purchase::{IdleWay, idle_way, idle_ways};
use super::requirement::{Requirement, unsure};
use super::spreadsheet::spreadsheet_plan;
use super::stated::Stated;
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::{Run, RunSpec, run};
use crate::supply::{Candidates, Plan};
use crate::tally::{Columns, Outcome};
use crate::units::Term;
use contest::Field;
use parts::{Family, Part, bought, families};
use search::{Asked, Combination, Found, Search};
use std::collections::{BTreeSet, HashMap};

/// The best combinations that are compared with the best one, and how many of them are told of.
const COMPARED: usize = 32;
const TOLD: usize = 3;

/// Plans that nearly keep the limits and are judged in one go, and in all.
const JUDGED: usize = 8;
const MOST_JUDGED: usize = 64;

/// What is asked of the plan to buy, beside the scenario's limits.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// What may be bought of each offer, where that is said.
    pub candidates: &'a Candidates,
    /// What it should be the best at, and within which budget.
    pub criterion: Criterion,
}

/// What was found.
#[derive(Debug)]
pub struct Sizing {
    /// The scenario with the plans told of: the baseline, the spreadsheet's answer, what to buy, the next best, the best of each term.
    pub scenario: Scenario,
    /// The samples of the run, under these plans.
    pub outcome: Outcome,
    /// What plans were chosen by.
    pub criterion: Criterion,
    /// How these plans stand. Its leaders are the plans to buy.
    pub judgement: Judgement,
    /// The same plans, and behind them those near the plans to buy, among which flip points are looked for.
    near: Field,
    /// What would flip the answer, by leader; none before [`Sizing::with_flips`].
    pub flips: Vec<Vec<Flip>>,
    /// One for each leader.
    pub verdicts: Vec<Verdict>,
    /// What each further nine of throttling costs, by leader.
    pub nines: Vec<Vec<Nine>>,
    /// What each unit does, by leader, then pool and offer.
    pub steps: Vec<Vec<PoolSteps>>,
    /// Plans that can be made of the choices.
    pub combinations: f64,
    /// Choices of all pools together.
    pub choices: usize,
    /// Plans that were looked at, one by one.
    pub looked_at: usize,
    /// Whether the search stopped before it was sure.
    pub stopped: bool,
    /// What is told of units by the hour of the week; see [`Sizing::with_notes`].
    pub by_hours: Vec<ByHours>,
    /// Plans that are not in the file, in backticks, whose work that may wait goes to batch; likewise.
    pub via_batch: Vec<String>,
    /// What does not go to batch, and why; likewise.
    pub not_via_batch: Vec<String>,
}

/// Looks for the plan to buy. `scenario` has its choices [open](crate::scenario::load_open), or plans to choose from as they are written.
///
/// # Errors
/// As [`run`]: too little memory, or interrupted.
pub fn size(scenario: &Scenario, wish: Wish<'_>, spec: &RunSpec<'_>) -> Result<(Run<()>, Sizing)> {
    let ran = run(scenario, spec, &Columns)?;
    let outcome = &ran.summary;
    let families = families(scenario, outcome, wish);
    let asked = Asked::of(scenario, wish.criterion);
    let search = Search { scenario, outcome, families: &families, goal: wish.criterion.goal, asked, mixed: false, samples: HashMap::new() };
    let sizing = Shortlist { search, plans: vec![scenario.supply.plans[scenario.baseline].clone()], near: Vec::new() }.sizing();
    let about = Run { summary: (), replications: ran.replications, asked: ran.asked, seed: ran.seed, engine: ran.engine };
    Ok((about, sizing))
}

/// The plans that are told of, as they are found.
struct Shortlist<'a> {
    search: Search<'a>,
    plans: Vec<Plan>,
    /// Those near the leaders.
    near: Vec<Plan>,
}

impl Shortlist<'_> {
    fn sizing(mut self) -> Sizing {
        let scenario = self.search.scenario;
        let terms: BTreeSet<Term> = parts_of(self.search.families).flat_map(|part| part.terms.iter().copied()).collect();
        let within_terms = (scenario.longest_term as usize) > scenario.horizon.months() && terms.len() > 1;
        let mut totals = Found::default();
        let (mut leaders, mut nines, mut steps, mut best_per_term) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut verdicts: Vec<Verdict> = Vec::new();
        if !within_terms {
            let any = |_: &Part| true;
            if let Some((leader, verdict, best)) = self.leader(None, &any, &mut totals) {
                nines.push(nines::nines(&mut self.search, &any));
                steps.push(steps::steps(&self.search, &best));
                leaders.push(leader);
                verdicts.push(verdict);
            }
        }
        // Within terms, what mixes them is a group of its own, as it is where plans are judged.
        let mixed = within_terms.then_some(None);
        for term in terms.iter().filter(|_| terms.len() > 1).map(Some).chain(mixed) {
            let usable = |part: &Part| term.is_none_or(|term| part.terms.iter().all(|other| other == term));
            let mut of_term = Found::default();
            self.search.mixed = term.is_none();
            let name = term.map_or_else(|| MIXED_TERMS.to_owned(), Term::to_string);
            let Some((leader, verdict, best)) = self.leader(Some(name), &usable, &mut of_term) else { continue };
            if within_terms {
                totals.looked_at += of_term.looked_at;
                totals.stopped |= of_term.stopped;
                // What mixes terms is cheap where the longest alone is cheaper still, so a curve of its own would mean nothing.
                nines.push(if self.search.mixed { Vec::new() } else { nines::nines(&mut self.search, &usable) });
                steps.push(steps::steps(&self.search, &best));
                leaders.push(leader.clone());
                verdicts.push(verdict);
            }
            best_per_term.push(leader);
        }
        // Last, so that terms come up among the plans in the order of the leaders.
        if let Some(plan) = self.spreadsheet() {
            self.place(plan);
        }
        let told = Field::of_plans(scenario, self.search.outcome, self.plans.clone());
        let standings = judge(&told.scenario, &told.outcome).standings;
        if best_per_term.is_empty() {
            best_per_term.clone_from(&leaders);
        }
        let mut near = self.plans;
        for plan in self.near {
            if near.iter().all(|other| other.name != plan.name) {
                near.push(plan);
            }
        }
        Sizing {
            judgement: Judgement { standings, leaders, within_terms, best_per_term },
            scenario: told.scenario,
            outcome: told.outcome,
            criterion: Criterion { goal: self.search.goal, budget: self.search.asked.budget },
            near: Field::of_plans(scenario, self.search.outcome, near),
            flips: Vec::new(),
            verdicts,
            nines,
            steps,
            combinations: self.search.families.iter().map(Family::combinations).sum(),
            choices: parts_of(self.search.families).count(),
            looked_at: totals.looked_at,
            stopped: totals.stopped,
            by_hours: Vec::new(),
            via_batch: Vec::new(),
            not_via_batch: Vec::new(),
        }
    }

    /// The best plan of those whose parts are usable, with what can be said of it; `None` where no plan is made of these.
    fn leader(
        &mut self,
        term: Option<String>,
        usable: &dyn Fn(&Part) -> bool,
        totals: &mut Found,
    ) -> Option<(Leader, Verdict, Combination)> {
        let mut found = self.search.best(COMPARED, usable);
        let affordable = !found.best.is_empty() || self.search.asked.budget.is_none();
        totals.looked_at += found.looked_at;
        totals.stopped |= found.stopped;
        if !affordable {
            // Whoever cannot have both wants to know what the limits cost.
            let budget = self.search.asked.budget.take();
            found = self.search.best(COMPARED, usable);
            self.search.asked.budget = budget;
        }
        let qualified = !found.best.is_empty();
        let least_bad = || (!self.search.mixed).then(|| self.search.least_bad(usable)).flatten();
        let best = found.best.first().cloned().or_else(least_bad)?;
        let plan = self.told(&best);
        // Two ways to buy nothing are one where work goes the same way.
        let mut seen = vec![self.idle_ways(&best)];
        let mut is_new = |rival: &&Combination| {
            let ways = self.idle_ways(rival);
            let is_new = ways.is_none() || !seen.contains(&ways);
            seen.push(ways);
            is_new
        };
        let rivals: Vec<&Combination> = found.best.iter().skip(1).filter(&mut is_new).collect();
        let told: Vec<usize> = rivals.iter().take(TOLD).map(|rival| self.told(rival)).collect();
        let choices = parts_of(self.search.families).filter(|part| usable(part)).count();
        let near = if qualified { found.near.as_slice() } else { &[] };
        let missed = self.within_error(near).map(|(near, of)| (near.clone(), of));
        let own = std::slice::from_ref(&best);
        let unsure = missed.as_ref().map(|(_, of)| *of).or_else(|| self.within_error(own).filter(|_| qualified).map(|(_, of)| of));
        let verdict = verdict::verdict(&mut self.search, &best, (&rivals, missed.as_ref().map(|(near, _)| near)), choices);
        let missed = missed.map(|(near, of)| {
            let share = if of == Requirement::Limits { near.kept } else { near.within };
            Missed { plan: self.told(&near), of, share }
        });
        let runner_up = told.first().copied();
        self.near.extend(contest::near(&mut self.search, &best, &found.best, usable));
        Some((Leader { term, plan, runner_up, qualified }, Verdict { plan, unsure, affordable, missed, ..verdict }, best))
    }

    /// The first of some combinations of which the run does not tell whether it keeps what is asked, and what of it.
    fn within_error<'c>(&self, all: &'c [Combination]) -> Option<(&'c Combination, Requirement)> {
        let Search { scenario, outcome, families, goal, asked, .. } = &self.search;
        let criterion = Criterion { goal: *goal, budget: asked.budget };
        // A few at a time, as mostly one of the first is.
        all.chunks(JUDGED).take(MOST_JUDGED / JUDGED).find_map(|some| {
            let plans = some.iter().map(|combination| scenario.supply.compose(&carriers(families, combination)));
            let field = Field::of_plans(scenario, outcome, plans.collect());
            let stated = Stated::new(&field.scenario, &field.outcome, &judge(&field.scenario, &field.outcome), criterion);
            some.iter().enumerate().find_map(|(plan, combination)| Some((combination, unsure(&stated.kept(plan))?)))
        })
    }

    /// Where the work of a combination that buys nothing goes: to batch, or else along offers paid by the token. `None` where units are bought.
    fn idle_ways(&self, combination: &Combination) -> Option<Vec<Vec<IdleWay>>> {
        let supply = &self.search.scenario.supply;
        let of_pool = |(parts, &part): (&Vec<Part>, &usize)| -> Option<Vec<IdleWay>> {
            let part = parts[part].terms.is_empty().then_some(&parts[part])?;
            Some(idle_way(supply, supply.plans[part.plan].pools[part.pool].group))
        };
        self.search.families[combination.family].pools.iter().zip(&combination.parts).map(of_pool).collect()
    }

    /// The spreadsheet's answer, pool by pool: of plans that buy for one pool alone.
    fn spreadsheet(&self) -> Option<Plan> {
        let scenario = self.search.scenario;
        let supply = &scenario.supply;
        let answer = |plans: Vec<usize>| {
            // The baseline is asked what tokens cost on demand.
            let all: Vec<usize> = std::iter::once(scenario.baseline).chain(plans).collect();
            let found = spreadsheet_plan(&Scenario { baseline: 0, ..scenario.with_supply(supply.with_plans(&all)) })?;
            Some(all[found])
        };
        let whole = answer((0..supply.plans.len()).collect())?;
        let pools = supply.plans[whole].pools.len();
        if pools == 1 {
            return Some(supply.plans[whole].clone());
        }
        let base = &supply.plans[whole].base;
        let of_pool = |pool: usize| {
            let alone =
                |plan: &Plan| plan.base == *base && (0..pools).all(|other| other == pool || bought(scenario, plan, other).next().is_none());
            let plans: Vec<usize> = (0..supply.plans.len()).filter(|&plan| alone(&supply.plans[plan])).collect();
            Some((answer(plans)?, pool))
        };
        (0..pools).map(of_pool).collect::<Option<Vec<_>>>().map(|parts| supply.compose(&parts))
    }

    /// The place of a combination among the plans told of; of ways to buy nothing that are one, the baseline is the one to tell of.
    fn told(&mut self, combination: &Combination) -> usize {
        let supply = &self.search.scenario.supply;
        let ways = self.idle_ways(combination);
        if ways.is_some() && ways == idle_ways(supply, &supply.plans[self.search.scenario.baseline]) {
            return 0;
        }
        let parts: Vec<(usize, usize)> = carriers(self.search.families, combination);
        let plan = self.search.scenario.supply.compose(&parts);
        self.place(plan)
    }

    fn place(&mut self, plan: Plan) -> usize {
        self.plans.iter().position(|other| other.name == plan.name).unwrap_or_else(|| {
            self.plans.push(plan);
            self.plans.len() - 1
        })
    }
}

fn parts_of(families: &[Family]) -> impl Iterator<Item = &Part> {
    families.iter().flat_map(|family| family.pools.iter().flatten())
}

/// The plans and pools that have the parts of a combination.
fn carriers(families: &[Family], combination: &Combination) -> Vec<(usize, usize)> {
    let pools = families[combination.family].pools.iter().zip(&combination.parts);
    pools.map(|(parts, &part)| (parts[part].plan, parts[part].pool)).collect()
}
