//! Terms of weeks, which end within a month: served, billed and owed by exact hours, against sums by hand.

use crate::cost::Ledger;
use crate::horizon::{Horizon, time_zone};
use crate::supply::fixture::{dispatched, steady, supply, workload};
use crate::supply::{Margin, Supply, SupplyTotals};

/// Two units of 100 tokens an hour for one week, where 250 are asked for, in two months of 200 hours.
const WEEK: &str = "[[offer]]\nname = 'u'\nkind = 'provisioned'\ncapacity = '100 tokens/h'\nrenewal = 'end'\n\
     terms = { none = '4 USD/unit-hour', '1 week' = '3 USD/unit-hour', '2 weeks' = '2 USD/unit-hour' }\n\
     [[plan]]\nname = 'p'\nroute = { w = ['u'] }\nunits = { u = 2 }\nterm = { u = '1 week' }\n";

fn served(text: &str) -> (Supply, SupplyTotals) {
    let supply = supply(text, &[workload("w", Margin::Gamma, 0.0)], Horizon::flat(2, 200).unwrap());
    let totals = dispatched(&supply, &steady(400, &[250.0]));
    (supply, totals)
}

/// Tokens served by units and cost of units in each month, and what is owed after them.
fn check(text: &str, wanted: [(f64, f64); 2], owed: f64) {
    let (supply, totals) = served(text);
    let plan = &supply.plans[0];
    let horizon = supply.horizon();
    for (month, (tokens, cost)) in wanted.into_iter().enumerate() {
        let service = totals.services[supply.service_index(0, plan.pools[0].case, month)];
        assert!((service.tokens_provisioned - tokens).abs() < 1e-6, "{text}: month {month}: {service:?}");
        assert!((service.tokens_throttled - (50_000.0 - tokens)).abs() < 1e-6, "{text}: month {month}: {service:?}");
        let ledger = Ledger::of_plan(plan, &supply, &totals, month);
        assert!((ledger.provisioned() - cost).abs() < 1e-9, "{text}: month {month}: {ledger:?}");
        let by_hour: f64 =
            horizon.month_range(month).flat_map(|hour| plan.commitments.iter().map(move |c| c.cost_of_hour(hour, horizon))).sum();
        assert!((by_hour - cost).abs() < 1e-9, "{text}: month {month}: {by_hour}");
    }
    let after: f64 = plan.commitments.iter().map(|commitment| commitment.committed_after_horizon(horizon)).sum();
    assert!((after - owed).abs() < 1e-9, "{text}: {after}");
}

#[test]
fn a_week_ends_within_its_month() {
    check(WEEK, [(168.0 * 200.0, 168.0 * 6.0), (0.0, 0.0)], 0.0);
    // 4 + 2 weeks would be 1008 hours; the second week of the second term ends at hour 672, 272 after the horizon.
    let two = WEEK.replace("u = '1 week' }", "u = '2 weeks' }");
    check(&two, [(40_000.0, 200.0 * 4.0), (136.0 * 200.0, 136.0 * 4.0)], 0.0);
    check(&two.replace("'end'", "'renew'"), [(40_000.0, 800.0), (40_000.0, 800.0)], 272.0 * 4.0);
}

#[test]
fn a_week_renews_or_goes_on_by_the_hour() {
    // The third week ends at hour 504.
    check(&WEEK.replace("'end'", "'renew'"), [(40_000.0, 1200.0), (40_000.0, 1200.0)], 104.0 * 6.0);
    check(&WEEK.replace("'end'", "'hourly'"), [(40_000.0, 168.0 * 6.0 + 32.0 * 8.0), (40_000.0, 1600.0)], 0.0);
    // Begun in month 2, two weeks bind for 136 hours after the horizon.
    let late = format!("{WEEK}start_month = {{ u = 2 }}\n").replace("u = '1 week' }", "u = '2 weeks' }");
    check(&late, [(0.0, 0.0), (40_000.0, 800.0)], 136.0 * 4.0);
}

/// A week, then one unit by the month beside it and another week of one: each hour has the units of those that are in force.
#[test]
fn weeks_overlap_with_other_steps() {
    let ladder = WEEK.replace("terms = {", "terms = { '1 month' = '1 USD/unit-hour',")
        + "[[plan.purchase]]\noffer = 'u'\nunits = 1\nterm = '1 month'\n[[plan.purchase]]\noffer = 'u'\nunits = 1\nterm = '1 week'\nstart_month = 2\n";
    // Three units where 250 are asked for: all of it in the first week, 100 in the rest of the month.
    check(&ladder, [(168.0 * 250.0 + 32.0 * 100.0, 168.0 * 6.0 + 200.0), (168.0 * 100.0, 168.0 * 3.0)], 0.0);
    let (supply, _) = served(&ladder);
    assert_eq!((supply.plans[0].term.as_deref(), supply.plans[0].units.as_deref()), (None, Some("2, 1, 1")));
}

/// A sweep over terms shares the case of those that are always there, and the week has one of its own.
#[test]
fn a_sweep_over_terms_knows_weeks() {
    let sweep = WEEK.replace("term = { u = '1 week' }\n", "sweep = { term = { u = ['none', '2 weeks', '1 week'] } }\n");
    let (supply, totals) = served(&sweep);
    let shown: Vec<_> = supply.plans.iter().map(|plan| (plan.name.as_str(), plan.term.as_deref(), plan.pools[0].case)).collect();
    let wanted = [("p/term=none", Some("none"), 0), ("p/term=2 weeks", Some("2 weeks"), 1), ("p/term=1 week", Some("1 week"), 2)];
    assert_eq!(shown, wanted);
    let tokens = |case, month| totals.services[supply.service_index(0, case, month)].tokens_provisioned;
    for (case, by_month) in [(0, [40_000.0, 40_000.0]), (1, [40_000.0, 27_200.0]), (2, [33_600.0, 0.0])] {
        assert!((0..2).all(|month| (tokens(case, month) - by_month[month]).abs() < 1e-6), "case {case}");
    }
}

/// Entry vertex-price-01 of the vendors' worked examples: 7.14 USD a unit-hour is 1 199.52 a week, listed as 1 200. A week of 168 hours
/// ends an hour later by the local clock when that goes forward.
#[test]
fn a_week_of_a_vendor() {
    let text = WEEK.replace("'3 USD/unit-hour'", "'7.14 USD/unit-hour'");
    let march = Horizon::calendar(jiff::civil::date(2027, 3, 10), 1, time_zone("America/New_York").unwrap()).unwrap();
    let supply = supply(&text, &[workload("w", Margin::Gamma, 0.0)], march);
    let horizon = supply.horizon();
    let bought = &supply.plans[0].commitments[0];
    assert!((bought.cost(0, horizon) - 2.0 * 1199.52).abs() < 1e-9);
    assert_eq!(horizon.start_of(bought.hours(horizon).end).unwrap().datetime(), jiff::civil::date(2027, 3, 17).at(1, 0, 0, 0));
}
