//! What policies come to, told: costs with their errors, units by month, the value of waiting, and at what use to buy more.

use super::PolicyKind;
use super::choose::{Futures, LEAST, Standing, best};
use super::splice::Course;
use super::stage::Stage;
use super::walk::{Walk, Walks};
use crate::scenario::Scenario;
use crate::statistics::{Best, ClusterProportion, Estimate, Moments, Paired, Proportion, Regret, quantile_sorted, student_t_quantile};
use crate::supply::{MAX_AXES, Offer, OfferKind, Policy};
use crate::tally::{Outcome, Span};
use crate::units::Term;

/// A policy and what it comes to. Amounts are in currency a month, the mean over the horizon.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// What it is there for.
    pub kind: PolicyKind,
    /// The policy.
    pub policy: Policy,
    /// What it is ranked by: spend, failed requests at their stated cost and, where it is charged, what is owed after the horizon.
    pub ranked: Estimate,
    /// The 5th and 95th percentile of that.
    pub range: (f64, f64),
    /// Spend and failed requests alone.
    pub spend: Estimate,
    /// Owed after the horizon, in all `[currency]`.
    pub owed: f64,
    /// Share of the months of all futures that keep the limits.
    pub months_kept: ClusterProportion,
    /// Whether that share reaches what the scenario asks for.
    pub keeps_limits: bool,
    /// What it costs more than the best plan, future by future; `None` of that plan.
    pub against: Option<Paired>,
    /// What it costs more than the best of all that keep the limits, once that is known.
    pub regret: Option<Regret>,
    /// Units held, by month, offer and axis.
    pub units: Vec<UnitsOfMonth>,
    /// By purchase (at the start, then by rule) and month: in how many of the futures it is made.
    pub bought: Vec<Vec<Proportion>>,
    /// The place of one before it that costs the same in every future.
    pub same_as: Option<usize>,
}

/// Units held in a month, over the futures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitsOfMonth {
    /// The month, from 0.
    pub month: usize,
    /// Index of the offer.
    pub offer: usize,
    /// The axis, 0 or 1.
    pub axis: usize,
    /// The mean.
    pub mean: f64,
    /// The 5th, 50th and 95th percentile.
    pub percentiles: [f64; 3],
    /// In how many of the futures the policy buys of the offer in that month.
    pub buys: Proportion,
}

/// What it is worth to wait. All is told of futures by which nothing was chosen.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Months waited.
    pub months: usize,
    /// The plan that commits now, and the policy that waits, among those told of.
    pub places: (usize, usize),
    /// What committing now costs more than waiting. `[currency a month]`
    pub value: Estimate,
    /// The part of it that falls due after the horizon, below 0 where waiting owes more then; 0 where that is not charged. `[currency a month]`
    pub owed: Estimate,
    /// The 5th and 95th percentile of that.
    pub range: (f64, f64),
    /// In how many of the futures waiting is cheaper.
    pub pays: Proportion,
    /// The same of waiting to buy, without looking, what is bought now; `None` where nothing is.
    pub blindly: Option<Estimate>,
    /// Whether the policy that waits, and the plan that does not, keep the limits.
    pub keep_limits: (bool, bool),
}

/// At what use of the next units to buy them.
#[derive(Clone, Debug)]
pub struct StepUp {
    /// For which term.
    pub term: Term,
    /// Weeks looked at.
    pub weeks: usize,
    /// The policy that never buys more, among those told of.
    pub never: usize,
    /// The grid.
    pub thresholds: Vec<Threshold>,
    /// The best of it by the futures that choices are made by; `None` where never is best.
    pub best: Option<usize>,
}

/// One share of use.
#[derive(Clone, Copy, Debug)]
pub struct Threshold {
    /// The share of the next units that the last weeks must have used.
    pub above: f64,
    /// The policy, among those told of.
    pub place: usize,
    /// What it saves against never buying more, by futures by which nothing was chosen. `[currency a month]`
    pub saves: Estimate,
    /// Whether it may be as good as the best, as far as can be told.
    pub alike: bool,
    /// Whether it keeps the limits.
    pub keeps_limits: bool,
}

/// Everything that answers are made of.
pub(super) struct Answers<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) outcome: &'a Outcome,
    pub(super) walks: &'a Walks,
    /// The first of these policies among the walks.
    pub(super) first: usize,
    pub(super) policies: Vec<(PolicyKind, Policy)>,
    pub(super) courses: Vec<Course>,
}

impl Answers<'_> {
    /// Fills in a stage.
    pub(super) fn stage(mut self, mut stage: Stage) -> Stage {
        let order = self.ranked();
        let walks: Vec<&Walk> = order.iter().map(|&place| &self.walks.of[self.first + place]).collect();
        let ranked = std::mem::take(&mut self.policies);
        self.policies = order.iter().map(|&place| ranked[place].clone()).collect();
        let ranked = std::mem::take(&mut self.courses);
        self.courses = order.iter().map(|&place| ranked[place].clone()).collect();
        let standings: Vec<Standing> = (0..self.courses.len()).map(|place| self.standing(place, Futures::All)).collect();
        let is_plan = |place: &usize| matches!(self.policies[*place].0, PolicyKind::Plan { .. });
        let all = || 0..self.policies.len();
        stage.plan = all().find(is_plan).unwrap_or(0);
        let any = standings.iter().any(|standing| standing.keeps);
        let least = Best::of(all().filter(|&place| !any || standings[place].keeps).map(|place| &self.courses[place].ranked));
        stage.policies = all().map(|place| self.simulated(place, walks[place], stage.plan, least.as_ref(), &standings)).collect();
        let same = |a: usize, b: usize| self.courses[a].ranked == self.courses[b].ranked;
        let alike = |place: &usize| standings[*place].keeps == standings[0].keeps && !same(*place, 0);
        stage.lead = (1..standings.len()).find(alike).map(|place| (place, self.difference(place, 0)));
        if self.outcome.replications() >= LEAST {
            stage.unseen = self.unseen(is_plan);
            stage.waiting = self.waiting();
            stage.step_up = self.step_up();
        }
        stage
    }

    fn standing(&self, place: usize, futures: Futures) -> Standing {
        Standing::of(&self.courses[place], futures, self.scenario.horizon.months(), &self.scenario.limits)
    }

    /// Places in the order of the answer.
    fn ranked(&self) -> Vec<usize> {
        let standings: Vec<Standing> = (0..self.courses.len()).map(|place| self.standing(place, Futures::All)).collect();
        let mut order: Vec<usize> = (0..standings.len()).collect();
        order.sort_by(|&a, &b| standings[a].order(&standings[b]));
        order
    }

    fn best(&self, among: impl Iterator<Item = usize>) -> Option<usize> {
        best(&self.courses, among, Futures::Choosing, self.scenario.horizon.months(), &self.scenario.limits)
    }

    fn simulated(&self, place: usize, walk: &Walk, plan: usize, least: Option<&Best>, standings: &[Standing]) -> Simulated {
        let (course, (kind, policy)) = (&self.courses[place], &self.policies[place]);
        let method = self.outcome.method(Span::Horizon);
        let mut sorted = course.ranked.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let mut months_kept = ClusterProportion::sampled(self.scenario.sampling);
        let months = self.scenario.horizon.months();
        course.kept.iter().for_each(|&kept| months_kept.add(u64::from(kept), months as u64));
        let futures = course.ranked.len() as u64;
        let bought =
            walk.bought.chunks(months.max(1)).map(|months| months.iter().map(|&n| Proportion::of(u64::from(n), futures)).collect());
        Simulated {
            kind: *kind,
            policy: policy.clone(),
            ranked: method.mean(&course.ranked),
            range: (quantile_sorted(&sorted, 0.05), quantile_sorted(&sorted, 0.95)),
            spend: method.mean(&course.spend),
            owed: Moments::from_slice(&course.owed).mean(),
            months_kept,
            keeps_limits: standings[place].keeps,
            against: Paired::by(&course.ranked, &self.courses[plan].ranked, method).filter(|_| place != plan),
            regret: least.map(|least| least.regret(&course.ranked, method)),
            units: self.units(policy, walk),
            bought: bought.collect(),
            same_as: (0..place).find(|&before| self.courses[before].ranked == course.ranked),
        }
    }

    fn units(&self, policy: &Policy, walk: &Walk) -> Vec<UnitsOfMonth> {
        let months = self.scenario.horizon.months();
        let mut offers: Vec<usize> = policy.purchases().map(|purchase| purchase.commitment.offer).collect();
        offers.sort_unstable();
        offers.dedup();
        let mut all = Vec::new();
        for month in 0..months {
            for &offer in &offers {
                let known = self.walks.holdings.first().and_then(|held| held.iter().position(|(known, _)| *known == offer));
                let futures = known.and_then(|known| walk.any.get(known * months + month)).copied().unwrap_or(0);
                let buys = Proportion::of(u64::from(futures), (walk.held.len() / months.max(1)) as u64);
                for axis in 0..axes(&self.scenario.supply.offers[offer]) {
                    let held = walk.held.iter().skip(month).step_by(months).map(|&holding| {
                        let held = self.walks.holdings[holding as usize].iter().find(|(known, _)| *known == offer);
                        held.map_or(0.0, |(_, units)| units[axis])
                    });
                    let mut units: Vec<f64> = held.collect();
                    let mean = Moments::from_slice(&units).mean();
                    units.sort_unstable_by(f64::total_cmp);
                    let percentiles = [0.05, 0.5, 0.95].map(|p| quantile_sorted(&units, p));
                    all.push(UnitsOfMonth { month, offer, axis, mean, percentiles, buys });
                }
            }
        }
        all
    }

    /// What one costs more than another.
    fn difference(&self, place: usize, than: usize) -> Estimate {
        self.outcome.method(Span::Horizon).mean(&self.column(place, than))
    }

    fn column(&self, place: usize, than: usize) -> Vec<f64> {
        self.courses[place].ranked.iter().zip(&self.courses[than].ranked).map(|(a, b)| a - b).collect()
    }

    /// The same by the futures that tell.
    fn told(&self, place: usize, than: usize) -> Estimate {
        Futures::told(&self.column(place, than), self.scenario.sampling)
    }

    fn unseen(&self, is_plan: impl Fn(&usize) -> bool) -> Option<(usize, Estimate, Estimate)> {
        let chosen = self.best(0..self.courses.len())?;
        let plan = self.best((0..self.courses.len()).filter(is_plan))?;
        Some((chosen, Futures::told(&self.courses[chosen].ranked, self.scenario.sampling), self.told(plan, chosen)))
    }

    /// Policies of which this holds.
    fn of(&self, holds: impl Fn(&PolicyKind) -> bool) -> impl Iterator<Item = usize> {
        let places: Vec<usize> = (0..self.policies.len()).filter(|&place| holds(&self.policies[place].0)).collect();
        places.into_iter()
    }

    /// The plan that commits to the longest term in the first month.
    fn now(&self) -> Option<usize> {
        let terms = |place: usize| self.policies[place].1.start.iter().map(|purchase| purchase.commitment.term);
        let plans = || self.of(|kind| matches!(kind, PolicyKind::Plan { .. })).filter(|&place| self.policies[place].1.rules.is_empty());
        let long = self.policies.iter().flat_map(|(_, policy)| policy.purchases()).map(|purchase| purchase.commitment.term).max()?;
        self.best(plans().filter(|&place| terms(place).all(|term| term == long)))
    }

    fn waiting(&self) -> Vec<Waiting> {
        let Some(now) = self.now() else { return Vec::new() };
        let months = self.scenario.horizon.months();
        let of = |waited: usize| {
            let wait = self.best(self.of(|kind| matches!(kind, PolicyKind::Wait { months, .. } if *months == waited)))?;
            let blind = self.best(self.of(|kind| matches!(kind, PolicyKind::Wait { months, by_use: false } if *months == waited)));
            let column = self.column(now, wait);
            // Nothing, where what is owed is not charged.
            let owed_of = |place: usize| {
                let Course { ranked, spend, owed, .. } = &self.courses[place];
                ranked.iter().zip(spend).zip(owed).map(|((ranked, spend), owed)| if ranked > spend { owed / months as f64 } else { 0.0 })
            };
            let owed: Vec<f64> = owed_of(now).zip(owed_of(wait)).map(|(now, wait)| now - wait).collect();
            let mut told = Futures::Telling.of(&column);
            told.sort_unstable_by(f64::total_cmp);
            Some(Waiting {
                months: waited,
                places: (now, wait),
                value: Futures::told(&column, self.scenario.sampling),
                owed: Futures::told(&owed, self.scenario.sampling),
                range: (quantile_sorted(&told, 0.05), quantile_sorted(&told, 0.95)),
                pays: Futures::above_0(&column),
                blindly: blind.map(|blind| self.told(now, blind)),
                keep_limits: (self.standing(wait, Futures::All).keeps, self.standing(now, Futures::All).keeps),
            })
        };
        (1..months).filter_map(of).collect()
    }

    fn step_up(&self) -> Vec<StepUp> {
        /// What is looked at where a grid has several.
        const WEEKS: usize = 4;
        let steps = |kind: &PolicyKind| match *kind {
            PolicyKind::StepUp { term, weeks, above } if weeks == WEEKS => Some((term, above)),
            _ => None,
        };
        let mut terms: Vec<Term> = self.policies.iter().filter_map(|(kind, _)| steps(kind)).map(|(term, _)| term).collect();
        terms.sort();
        terms.dedup();
        let of_term = |term: Term| self.step_up_for(term, WEEKS, |kind| steps(kind).filter(|of| of.0 == term).map(|of| of.1));
        terms.into_iter().filter_map(of_term).collect()
    }

    /// The grid that begins with what the best of the term does.
    fn step_up_for(&self, term: Term, weeks: usize, above: impl Fn(&PolicyKind) -> Option<f64>) -> Option<StepUp> {
        let best = self.best(self.of(|kind| above(kind).is_some()))?;
        let start = &self.policies[best].1.start;
        let alike = self.of(|kind| above(kind).is_some()).filter(|&place| self.policies[place].1.start == *start);
        let mut grid: Vec<(f64, usize)> = alike.filter_map(|place| Some((above(&self.policies[place].0)?, place))).collect();
        grid.sort_by(|a, b| a.0.total_cmp(&b.0));
        let without = |place: &usize| self.policies[*place].1.rules.is_empty() && self.policies[*place].1.start == *start;
        let never = self.of(|kind| matches!(kind, PolicyKind::Plan { .. })).find(without)?;
        // Never comes first, so that of those that tie it is the one.
        let best = self.best(std::iter::once(never).chain(grid.iter().map(|(_, place)| *place)))?;
        let comparisons = grid.len() as f64;
        let threshold = |&(above, place): &(f64, usize)| {
            let more = self.told(place, best);
            // A 95 % interval for all of the grid together.
            let reach =
                more.standard_error.map(|error| error * student_t_quantile(1.0 - 0.025 / comparisons, more.n.saturating_sub(1).max(1)));
            Threshold {
                above,
                place,
                saves: self.told(never, place),
                alike: reach.is_none_or(|reach| more.point <= reach),
                keeps_limits: self.standing(place, Futures::All).keeps,
            }
        };
        let thresholds: Vec<Threshold> = grid.iter().map(threshold).collect();
        let best = grid.iter().position(|(_, place)| *place == best);
        Some(StepUp { term, weeks, never, thresholds, best })
    }
}

/// Number of axes that an offer's units have.
fn axes(offer: &Offer) -> usize {
    if let OfferKind::Provisioned(provisioned) = &offer.kind { provisioned.axes.len().min(MAX_AXES) } else { 0 }
}
