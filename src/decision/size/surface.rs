//! At which price units pay, in which share of the futures: the break-even of utilisation and price by term, with the demand laid over it.
//!
//! What a further unit saves is a straight line in its price, in every future of one run: at the price p its term saves s + h (P − p), where
//! s is what it saves at the price P of the file and h the unit-hours that are paid at that price. So a unit comes out even at P + s / h, and
//! pays in a share of the futures up to the quantile of that price at one less the share. Nothing is simulated again for another price.
//! What throttling the unit avoids is in s only where the scenario states what a failed request costs; else it has no price here.

use super::lines::{Line, lines as size_lines, unit_hours};
use super::parts::{Family, Part, families};
use super::search::{Asked, Combination, Search};
use super::{Wish, idle_way, parts_of};
use crate::cost::break_even;
use crate::decision::{Percentile, on_demand_price};
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::{Run, RunSpec, run};
use crate::statistics::{Estimate, Proportion};
use crate::supply::{Commitment, MAX_AXES, PoolGroup};
use crate::tally::{Columns, Metric, Row, Span};
use crate::units::{ByClass, Term};
use std::collections::{BTreeSet, HashMap};

/// The discounts off a unit's price that are looked at.
pub const DISCOUNTS: [f64; 6] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5];

/// What both axes of an offer are called.
const BOTH: &str = "input and output";

/// The prices at which units pay.
#[derive(Clone, Debug)]
pub struct Surface {
    /// By plan, then term, pool, offer and axis.
    pub lines: Vec<TermSurface>,
    /// The share of the futures in which units should pay, in (0, 1).
    pub share: f64,
    /// Whether any plan keeps the limits. Where none does, the best is the cheapest of those that keep them in the most months.
    pub any_keeps_limits: bool,
    /// Provisioned offers of which nothing can be told: those whose purchases stand as they are written.
    pub left_out: Vec<String>,
}

/// Units of one offer in one pool on one term, all else as in the best plan of that term.
#[derive(Clone, Debug)]
pub struct TermSurface {
    /// The plan of the file, without what it buys.
    pub plan: String,
    /// The pool's workloads.
    pub pool: String,
    /// The offer.
    pub offer: String,
    /// On which axis, where there are two: `input`, `output` or both.
    pub axis: Option<&'static str>,
    /// The term.
    pub term: Term,
    /// Price of a unit-hour. `[currency]`
    pub price: f64,
    /// Hours that a unit is paid at that price, a month, mean over the horizon.
    pub hours: f64,
    /// What on-demand charges for all that a unit can serve in an hour, at the mean mix of tokens. `[currency]` `None` where there is no
    /// such price, and of an axis that serves nothing without another.
    pub full: Option<f64>,
    /// Units in the best plan of this term.
    pub bought: f64,
    /// Whether that plan is the best of all terms, and buys some.
    pub best: bool,
    /// Each further unit (or as few as can be bought).
    pub steps: Vec<UnitPrices>,
    /// All units up to so many, from as few as were looked at.
    pub whole: Vec<UnitPrices>,
}

impl TermSurface {
    /// Whether this tells of both axes of an offer that has two.
    #[must_use]
    pub fn is_of_both(&self) -> bool {
        self.axis == Some(BOTH)
    }

    /// The share of a unit's capacity that must be used at a discount for it to pay, at the mean mix of tokens.
    #[must_use]
    pub fn break_even(&self, discount: f64) -> Option<f64> {
        Some(self.price * (1.0 - discount) / self.full?)
    }

    /// What a unit saves a month where this share of its capacity is used, at a discount. `[currency]`
    #[must_use]
    pub fn saving(&self, utilisation: f64, discount: f64) -> Option<f64> {
        Some(self.hours * (utilisation * self.full? - self.price * (1.0 - discount)))
    }
}

/// From one number of units to another: how they are used, and the prices at which they pay.
#[derive(Clone, Debug)]
pub struct UnitPrices {
    /// Units before and after.
    pub units: (f64, f64),
    /// What each of them saves a month at the price of the file. `[currency]`
    pub saving: Estimate,
    /// Share of their capacity that is used over the horizon: the 5th, 50th and 95th percentile over the futures. `None` where the pool buys
    /// something else besides.
    pub used: Option<[Percentile; 3]>,
    /// Share of the futures in which they pay, at each of [`DISCOUNTS`].
    pub pays: Vec<Proportion>,
    /// The price of a unit-hour up to which they pay in the share of the futures that was asked. `[currency]`
    pub price: Percentile,
    /// The same as a discount off the price of the file, below 0 where they pay at higher prices too.
    pub discount: Percentile,
}

/// Looks at which prices units pay in this `share` of the futures. `scenario` has its choices [open](crate::scenario::load_open).
///
/// # Errors
/// As [`run`]: too little memory, or interrupted.
pub fn surface(scenario: &Scenario, wish: Wish<'_>, share: f64, spec: &RunSpec<'_>) -> Result<Run<Surface>> {
    let ran = run(scenario, spec, &Columns)?;
    let families = families(scenario, &ran.summary, wish);
    let asked = Asked::of(scenario, wish.criterion);
    let searching = |families| Search {
        scenario,
        outcome: &ran.summary,
        families,
        goal: wish.criterion.goal,
        asked,
        mixed: false,
        samples: HashMap::new(),
    };
    let mut all = searching(&families);
    let first = all.best(1, &|_| true).best.into_iter().next().or_else(|| all.least_bad(&|_| true));
    let terms: BTreeSet<Term> = parts_of(&families).flat_map(|part| part.terms.iter().copied()).collect();
    let mut lines: Vec<TermSurface> = Vec::new();
    // Each way to route by itself: the best of all may be one without units.
    for (family, term) in families.chunks(1).flat_map(|family| terms.iter().map(move |term| (family, *term))) {
        let mut search = searching(family);
        let usable = |part: &Part| part.terms.iter().all(|other| *other == term);
        let Some(best) = search.best(1, &usable).best.into_iter().next().or_else(|| search.least_bad(&usable)) else { continue };
        let as_good = |first: &Combination| {
            let as_little = || search.excess(&best) <= all.excess(first);
            best.qualified == first.qualified && best.value <= first.value && (first.qualified || as_little())
        };
        let is_best = first.as_ref().is_some_and(as_good);
        for line in size_lines(&search, &best, &usable).into_iter().filter(|line| line.like.term == term) {
            let ground = Ground { search: &search, families: &families, share };
            let told = ground.of_both(&line).into_iter().chain(ground.of_line(&line));
            lines.extend(told.map(|told| TermSurface { best: is_best && told.bought > 0.0, ..told }));
        }
    }
    let provisioned = scenario.supply.groups.iter().flat_map(|group| group.nodes.iter().filter(|node| node.provisioned));
    let names: BTreeSet<&str> = provisioned.map(|node| scenario.supply.offers[node.offer].name.as_str()).collect();
    let left_out = names.into_iter().filter(|name| lines.iter().all(|line| line.offer != *name)).map(str::to_owned).collect();
    let any_keeps_limits = first.is_some_and(|first| first.qualified);
    let surface = Surface { lines, share, any_keeps_limits, left_out };
    Ok(Run { summary: surface, replications: ran.replications, asked: ran.asked, seed: ran.seed, engine: ran.engine })
}

/// What surfaces are made of.
struct Ground<'a> {
    /// Of one way to route.
    search: &'a Search<'a>,
    /// All ways to route.
    families: &'a [Family],
    share: f64,
}

impl Ground<'_> {
    fn of_line(&self, line: &Line<'_>) -> Option<TermSurface> {
        let (search, scenario) = (self.search, self.search.scenario);
        let group = &scenario.supply.groups[line.group];
        let node = &group.nodes[line.node];
        let price = line.like.price[line.axis];
        let paid = hours_at_price(scenario, &line.like, line.axis);
        let reserved = line.parts.iter().any(|(_, part)| scenario.supply.plans[part.plan].is_reserved(node.offer));
        if !(price > 0.0 && paid > 0.0) || reserved {
            return None;
        }
        let mut parts = line.parts.clone();
        // Lists may leave out that nothing is bought, which another plan may say.
        if node.axes == 1 && parts.first().is_some_and(|(units, _)| *units > 0.0) {
            parts.splice(0..0, self.nothing(line.group).map(|part| (0.0, part)));
        }
        let between = |from: &(f64, &Part), to: &(f64, &Part)| {
            let bill = (to.0 - from.0) * paid * price;
            prices(search, line.alone, (price, bill), from, to, self.share)
        };
        let first = parts.first()?;
        let capacity = f64::midpoint(node.per_unit[line.axis].0, node.per_unit[line.axis].1);
        let full = (node.axes == 1).then(|| {
            let prices = on_demand_price(scenario, group, node.next)?;
            Some(price / break_even(price, capacity, &mean_mix(scenario, group), &prices, &node.weights[line.axis])?.utilisation)
        });
        let steps: Vec<UnitPrices> = parts.windows(2).filter_map(|pair| between(&pair[0], &pair[1])).collect();
        (!steps.is_empty()).then(|| TermSurface {
            plan: line.parts.first().map_or_else(String::new, |(_, part)| scenario.supply.plans[part.plan].base.clone()),
            pool: group.name.clone(),
            offer: scenario.supply.offers[node.offer].name.clone(),
            axis: (node.axes > 1).then_some(["input", "output"][line.axis]),
            term: line.like.term,
            price,
            hours: paid / scenario.horizon.months() as f64,
            full: full.flatten(),
            bought: line.bought,
            best: false,
            steps,
            whole: parts.iter().skip(1).filter_map(|part| between(first, part)).collect(),
        })
    }

    /// Both axes of an offer that has two, as the best plan buys them, against nothing: one serves nothing without the other. The price is the
    /// mean one of its units.
    fn of_both(&self, line: &Line<'_>) -> Option<TermSurface> {
        let (search, scenario) = (self.search, self.search.scenario);
        let group = &scenario.supply.groups[line.group];
        let node = &group.nodes[line.node];
        let (_, own) = line.parts.iter().find(|(units, _)| units.to_bits() == line.bought.to_bits())?;
        let units: f64 = line.like.units.iter().sum();
        if line.axis > 0 || node.axes < 2 || !(line.bought > 0.0) || scenario.supply.plans[own.plan].is_reserved(node.offer) {
            return None;
        }
        let hours = |axis: usize| line.like.units[axis] * hours_at_price(scenario, &line.like, axis);
        let bill: f64 = (0..node.axes).map(|axis| hours(axis) * line.like.price[axis]).sum();
        let paid: f64 = (0..node.axes).map(hours).sum();
        let price = bill / paid;
        let found = prices(search, false, (price, bill), &(0.0, self.nothing(line.group)?), &(units, own), self.share)?;
        (price > 0.0).then(|| TermSurface {
            plan: line.parts.first().map_or_else(String::new, |(_, part)| scenario.supply.plans[part.plan].base.clone()),
            pool: group.name.clone(),
            offer: scenario.supply.offers[node.offer].name.clone(),
            axis: Some(BOTH),
            term: line.like.term,
            price,
            hours: paid / units / scenario.horizon.months() as f64,
            full: None,
            bought: units,
            best: false,
            steps: vec![found.clone()],
            whole: vec![found],
        })
    }

    /// The cheapest part that buys nothing for a pool whose work goes the same way but for the units: what another way saves is nothing that
    /// units do.
    fn nothing(&self, group: usize) -> Option<&Part> {
        let supply = &self.search.scenario.supply;
        let way = idle_way(supply, group);
        let same = |part: &&Part| idle_way(supply, supply.plans[part.plan].pools[part.pool].group) == way;
        parts_of(self.families).filter(|part| part.terms.is_empty()).filter(same).min_by(|a, b| a.mean.total_cmp(&b.mean))
    }
}

/// Hours of the horizon that a unit is paid at the price of its term, rounding included: after the term the price may be another. What a late start
/// owes after the horizon counts too, as it does where plans are ranked.
fn hours_at_price(scenario: &Scenario, like: &Commitment, axis: usize) -> f64 {
    let cost = |price: f64| -> f64 {
        let units = std::array::from_fn(|other| f64::from(u8::from(other == axis)));
        let one = Commitment { units, price: [price; MAX_AXES], ..like.clone() };
        let months = (0..scenario.horizon.months()).map(|month| one.cost_by_axis(month, &scenario.horizon)[axis]);
        months.sum::<f64>() + one.owed_late(&scenario.horizon)
    };
    cost(1.0) - cost(0.0)
}

/// Mean tokens of a pool, as far as they can be told without a simulation.
fn mean_mix(scenario: &Scenario, group: &PoolGroup) -> ByClass {
    let places = (0..scenario.horizon.months()).flat_map(|month| group.workloads.iter().map(move |&workload| (workload, month)));
    places.fold(ByClass::ZERO, |sum, (workload, month)| sum + scenario.demand.expected_tokens(workload, month))
}

/// `price` is that of a unit-hour, `bill` what the added units are paid at that price over the horizon.
fn prices(
    search: &Search<'_>,
    alone: bool,
    (price, bill): (f64, f64),
    (few, before): &(f64, &Part),
    (many, after): &(f64, &Part),
    share: f64,
) -> Option<UnitPrices> {
    let (scenario, outcome) = (search.scenario, search.outcome);
    let units = many - few;
    let months = scenario.horizon.months() as f64;
    let saved: Vec<f64> =
        outcome.make(&before.objective).iter().zip(outcome.make(&after.objective)).map(|(a, b)| (a - b) / units).collect();
    let even: Vec<f64> = saved.iter().map(|saved| price * (1.0 + saved * units * months / bill)).collect();
    let used = |part: &Part| -> Vec<f64> {
        let recipe = outcome.recipe(scenario, part.plan, Row::Pool(part.pool), Span::Horizon, Metric::Utilisation);
        let hours = unit_hours(search, part);
        recipe.map_or_else(|| vec![0.0; even.len()], |recipe| outcome.make(&recipe).into_iter().map(|used| used * hours).collect())
    };
    let used = alone.then(|| {
        let added = unit_hours(search, after) - unit_hours(search, before);
        let shares: Vec<f64> = used(after).iter().zip(used(before)).map(|(after, before)| (after - before) / added).collect();
        [0.05, 0.5, 0.95].map(|p| Percentile::of(&shares, p, scenario.sampling))
    });
    let at = Percentile::of(&even, 1.0 - share, scenario.sampling);
    Some(UnitPrices {
        units: (*few, *many),
        saving: outcome.method(Span::Horizon).mean(&saved),
        used: used.filter(|used| used.iter().all(|percentile| percentile.point.is_finite())),
        pays: DISCOUNTS
            .iter()
            .map(|discount| {
                let price = price * (1.0 - discount);
                Proportion::sampled(&even, scenario.sampling, |even| f64::from(u8::from(even > price)))
            })
            .collect(),
        price: at,
        discount: Percentile {
            point: 1.0 - at.point / price,
            interval: at.interval.map(|(low, high)| (1.0 - high / price, 1.0 - low / price)),
        },
    })
    .filter(|found| found.price.point.is_finite())
}
