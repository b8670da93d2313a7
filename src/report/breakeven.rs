//! Where each plan's units begin to pay, in closed form, and how much of the demand's own distribution lies above that.

use super::document::{document, of_run, sampled};
use super::words;
use crate::cost::{BreakEven, break_even};
use crate::decision::on_demand_price;
use crate::error::Result;
use crate::scenario::Scenario;
use crate::simulation::Run;
use crate::statistics::{CONFIDENCE, ClusterProportion, Distribution};
use crate::supply::{Commitment, MAX_AXES, Plan, PoolChoice, PoolGroup};
use crate::tally::{Metric, Outcome, Replication, Row, Span, Tally};
use crate::units::{ByClass, Currency, Term};
use comfy_table::{CellAlignment, Table};
use serde_json::json;

/// Utilisations above which provisioned capacity is said to pay: 50 to 60 % by one source, 60 to 70 % by another.
pub const RULES_OF_THUMB: [f64; 3] = [0.5, 0.6, 0.7];

/// The tally of what an average request of each pool is made of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Requests;

impl Tally for Requests {
    /// Tokens by class and requests of each pool.
    type Partial = Vec<(ByClass, f64)>;
    /// Mean tokens by class of a request, for each pool; zero in a pool without requests.
    type Summary = Vec<ByClass>;

    fn partial(&self, scenario: &Scenario, _replications: usize) -> Self::Partial {
        vec![(ByClass::ZERO, 0.0); scenario.supply.groups.len()]
    }

    fn record(&self, partial: &mut Self::Partial, replication: &Replication<'_>) {
        let scenario = replication.scenario;
        for (group, (tokens, requests)) in partial.iter_mut().enumerate() {
            for month in 0..scenario.horizon.months() {
                let totals = &replication.service.demand[scenario.supply.demand_index(group, month)];
                *tokens += totals.tokens;
                *requests += totals.requests;
            }
        }
    }

    fn merge(&self, earlier: &mut Self::Partial, later: Self::Partial) {
        for ((tokens, requests), (more_tokens, more_requests)) in earlier.iter_mut().zip(later) {
            *tokens += more_tokens;
            *requests += more_requests;
        }
    }

    fn summarise(&self, _scenario: &Scenario, whole: Self::Partial) -> Self::Summary {
        whole.into_iter().map(|(tokens, requests)| if requests > 0.0 { tokens * (1.0 / requests) } else { ByClass::ZERO }).collect()
    }
}

/// Where the units of a plan begin to cost less than the same tokens on demand.
#[derive(Clone, Debug)]
pub struct PlanBreakEven {
    /// Index of the plan.
    pub plan: usize,
    /// The pool that the units serve.
    pub pool: String,
    /// Share of the bought capacity that must be used, the axes weighted by their cost; above 1 the units never pay.
    pub utilisation: f64,
    /// Tokens an hour at that utilisation.
    pub tokens_per_hour: f64,
    /// Requests a month at that utilisation, in months of the horizon's mean length.
    pub requests_per_month: f64,
    /// How much of the capacity each month of each future uses.
    pub used: Option<Distribution>,
    /// Share of the months of all futures that use more than the break-even.
    pub months_above: ClusterProportion,
    /// The same for each of [`RULES_OF_THUMB`].
    pub months_above_rules: [ClusterProportion; RULES_OF_THUMB.len()],
}

/// The break-even of every plan and pool that buys units of one offer. A pool that buys of several has no single one and is left out, as
/// is one that can be served on demand nowhere.
#[must_use]
pub fn break_evens(scenario: &Scenario, outcome: &Outcome, requests: &[ByClass]) -> Vec<PlanBreakEven> {
    let mut found = Vec::new();
    for (index, plan) in scenario.supply.plans.iter().enumerate() {
        for (place, pool) in plan.pools.iter().enumerate() {
            let group = &scenario.supply.groups[pool.group];
            let Some(request) = requests.get(pool.group) else { continue };
            let Some(mut point) = of_pool(scenario, plan, group, request) else { continue };
            point.plan = index;
            observe(&mut point, scenario, outcome, Row::Pool(place));
            found.push(point);
        }
    }
    found
}

fn of_pool(scenario: &Scenario, plan: &Plan, group: &PoolGroup, request: &ByClass) -> Option<PlanBreakEven> {
    let buys = |commitment: &&Commitment| {
        commitment.units.iter().any(|&units| units > 0.0) && group.nodes.iter().any(|node| node.offer == commitment.offer)
    };
    let mut bought = plan.commitments.iter().filter(buys);
    let (commitment, None) = (bought.next()?, bought.next()) else { return None };
    let price = if plan.is_reserved(commitment.offer) { mean_price(scenario, plan, commitment.offer) } else { commitment.price };
    let node = group.nodes.iter().find(|node| node.offer == commitment.offer)?;
    let prices = on_demand_price(scenario, group, node.next)?;
    let (mut utilisation, mut tokens_per_hour, mut requests_per_hour) = (0.0, 0.0, 0.0);
    for (axis, &price) in price.iter().enumerate().take(node.axes) {
        let (low, high) = node.per_unit[axis];
        // With two axes, each one's share of the cost falls due at its own use, so the shares add.
        let one = break_even(price, f64::midpoint(low, high), request, &prices, &node.weights[axis])?;
        utilisation += one.utilisation;
        tokens_per_hour += commitment.units[axis] * one.tokens_per_hour;
        requests_per_hour += commitment.units[axis] * one.requests_per_hour;
    }
    let hours_per_month = scenario.horizon.hours() as f64 / scenario.horizon.months() as f64;
    Some(PlanBreakEven {
        plan: 0,
        pool: group.name.clone(),
        utilisation,
        tokens_per_hour,
        requests_per_month: requests_per_hour * hours_per_month,
        used: None,
        months_above: ClusterProportion::sampled(scenario.sampling),
        months_above_rules: [ClusterProportion::sampled(scenario.sampling); RULES_OF_THUMB.len()],
    })
}

/// What a unit-hour that serves costs on each axis over the horizon, reservations and what is lost of them included `[currency]`.
fn mean_price(scenario: &Scenario, plan: &Plan, offer: usize) -> [f64; MAX_AXES] {
    let (mut cost, mut hours) = ([0.0; MAX_AXES], [0.0; MAX_AXES]);
    for month in 0..scenario.horizon.months() {
        let bill = plan.bill(offer, month, &scenario.horizon);
        for axis in 0..MAX_AXES {
            cost[axis] += bill.cost[axis];
            hours[axis] += bill.unit_hours[axis];
        }
    }
    std::array::from_fn(|axis| if hours[axis] > 0.0 { cost[axis] / hours[axis] } else { 0.0 })
}

/// The break-even of a plan's units at the mean mix of the demand, which no simulation need tell: above 1 the units never pay, however
/// full. `None` where the plan buys none, or nothing to compare with; the lowest where it buys for several pools.
pub(super) fn expected_utilisation(scenario: &Scenario, plan: usize) -> Option<f64> {
    let plan = scenario.supply.plans.get(plan)?;
    let of_pool = |pool: &PoolChoice| {
        let group = &scenario.supply.groups[pool.group];
        let months = 0..scenario.horizon.months();
        let places = months.flat_map(|month| group.workloads.iter().map(move |&workload| (workload, month)));
        let mix = places.fold(ByClass::ZERO, |sum, (workload, month)| sum + scenario.demand.expected_tokens(workload, month));
        of_pool(scenario, plan, group, &mix).map(|point| point.utilisation)
    };
    plan.pools.iter().filter_map(of_pool).min_by(f64::total_cmp)
}

fn observe(point: &mut PlanBreakEven, scenario: &Scenario, outcome: &Outcome, row: Row) {
    let column = |month| outcome.column(scenario, point.plan, row, Span::Month(month), Metric::Utilisation);
    // A month without the units (before their start, say) has no utilisation.
    let months: Vec<Vec<f64>> = (0..scenario.horizon.months()).filter_map(column).collect();
    for replication in 0..outcome.replications() {
        let used = || months.iter().filter_map(|month| month.get(replication)).filter(|used| used.is_finite());
        let size = used().count() as u64;
        let above = |threshold: f64| used().filter(|&&used| used > threshold).count() as u64;
        point.months_above.add(above(point.utilisation), size);
        for (proportion, threshold) in point.months_above_rules.iter_mut().zip(RULES_OF_THUMB) {
            proportion.add(above(threshold), size);
        }
    }
    let mut all: Vec<f64> = months.into_iter().flatten().collect();
    point.used = Distribution::from_samples(&mut all);
}

/// The break-evens as a table.
#[must_use]
pub fn break_even_table(scenario: &Scenario, points: &[PlanBreakEven]) -> String {
    let mut table = Table::new();
    table.load_style(super::table::STYLE);
    let mut header: Vec<String> =
        ["plan", "pool", "break-even\nutilisation", "tokens/h", "requests\na month", "used\nP5–P95", "months above\nbreak-even"]
            .map(str::to_owned)
            .to_vec();
    header.extend(RULES_OF_THUMB.map(|rule| format!("above\n{:.0}%", rule * 100.0)));
    table.set_header(header);
    for point in points {
        let Some(plan) = scenario.supply.plans.get(point.plan) else { continue };
        let mut row = vec![plan.name.clone(), point.pool.clone(), format!("{:.2}%", point.utilisation * 100.0)];
        row.extend([format!("{:.0}", point.tokens_per_hour), format!("{:.0}", point.requests_per_month)]);
        row.push(point.used.as_ref().map_or_else(words::dash, |d| format!("{:.0}–{:.0}%", d.p05 * 100.0, d.p95 * 100.0)));
        let never = point.utilisation > 1.0;
        row.push(if never { "never".to_owned() } else { words::frequency_of_months(&point.months_above) });
        row.extend(point.months_above_rules.iter().map(words::frequency_of_months));
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// The document of `--json` for the plans of a scenario.
///
/// # Errors
/// When it cannot be written, which no input makes happen.
pub fn break_even_json<S>(scenario: &Scenario, points: &[PlanBreakEven], ran: &Run<S>) -> Result<String> {
    let months = |share: &ClusterProportion| sampled(share.estimate().point, share.clusters(), share.interval(CONFIDENCE));
    let told = |point: &PlanBreakEven| {
        let rules = RULES_OF_THUMB.iter().zip(&point.months_above_rules);
        json!({
            "plan": scenario.supply.plans.get(point.plan).map(|plan| plan.name.as_str()),
            "pool": point.pool,
            "break_even_utilisation": point.utilisation,
            "tokens_per_hour": point.tokens_per_hour,
            "requests_per_month": point.requests_per_month,
            "used_p05": point.used.as_ref().map(|used| used.p05),
            "used_p50": point.used.as_ref().map(|used| used.p50),
            "used_p95": point.used.as_ref().map(|used| used.p95),
            "months_above": months(&point.months_above),
            "months_above_rules_of_thumb": rules.map(|(rule, above)| json!({ "rule": rule, "months_above": months(above) })).collect::<Vec<_>>(),
        })
    };
    let whole = json!({
        "break_evens": points.iter().map(told).collect::<Vec<_>>(),
    });
    of_run("tokentide/breakeven-1", scenario, ran, whole)
}

/// The same for a unit without a scenario, by term; a month has so many hours.
///
/// # Errors
/// When it cannot be written, which no input makes happen.
pub fn unit_break_even_json(currency: Currency, points: &[(Term, BreakEven)], hours_per_month: f64) -> Result<String> {
    let told = |(term, point): &(Term, BreakEven)| {
        json!({
            "term": term.to_string(),
            "break_even_utilisation": point.utilisation,
            "tokens_per_hour": point.tokens_per_hour,
            "requests_per_month": point.requests_per_hour * hours_per_month,
        })
    };
    document(&json!({
        "schema": "tokentide/unit-breakeven-1",
        "currency": currency.code(),
        "hours_per_month": hours_per_month,
        "break_evens": points.iter().map(told).collect::<Vec<_>>(),
    }))
}
