//! Ladders: several purchases of one offer, by the month, against sums by hand.

mod reservations;
mod weeks;

use crate::cost::Ledger;
use crate::horizon::Horizon;
use crate::supply::fixture::{dispatched, read, steady, supply, workload};
use crate::supply::{Margin, Renewal};

/// Two units for six months from the start, and one for a month in month 3.
const LADDER: &str = "[[offer]]\nname = 'u'\nkind = 'provisioned'\ncapacity = '100 tokens/h'\nrenewal = 'end'\n\
     terms = { none = '4 USD/unit-hour', '1 month' = '3 USD/unit-hour', '6 months' = '2 USD/unit-hour' }\n\
     [[plan]]\nname = 'p'\nroute = { w = ['u'] }\nunits = { u = 2 }\nterm = { u = '6 months' }\n\
     [[plan.purchase]]\noffer = 'u'\nunits = 1\nterm = '1 month'\nstart_month = 3\n";

#[test]
fn units_and_costs_of_a_ladder_add_up_by_month() {
    let supply = supply(LADDER, &[workload("w", Margin::Gamma, 0.0)], Horizon::flat(4, 10).unwrap());
    let plan = &supply.plans[0];
    assert_eq!((plan.units.as_deref(), plan.term.as_deref()), (Some("2, 1"), None));
    let totals = dispatched(&supply, &steady(40, &[250.0]));
    for (month, units, cost) in [(0, 2.0, 40.0), (1, 2.0, 40.0), (2, 3.0, 70.0), (3, 2.0, 40.0)] {
        let service = totals.services[supply.service_index(0, 0, month)];
        let served = f64::min(250.0, 100.0 * units) * 10.0;
        assert!((service.tokens_provisioned - served).abs() < 1e-9 && (service.tokens_throttled - (2500.0 - served)).abs() < 1e-9);
        let ledger = Ledger::of_plan(plan, &supply, &totals, month);
        assert!((ledger.provisioned() - cost).abs() < 1e-9, "month {month}: {ledger:?}");
        // What is idle is so at the mean price of all units.
        assert!((ledger.provisioned_idle - cost * (1.0 - served / (1000.0 * units))).abs() < 1e-9, "month {month}: {ledger:?}");
    }
    // Six months bind for two more after the horizon; the month is over.
    let owed: f64 = plan.commitments.iter().map(|commitment| commitment.committed_after_horizon(supply.horizon())).sum();
    assert!((owed - 2.0 * 2.0 * 20.0).abs() < 1e-9, "{owed}");
}

/// A ladder alone needs no `units`, and each step may end in its own way.
#[test]
fn a_ladder_alone() {
    let text = LADDER.replace("units = { u = 2 }\nterm = { u = '6 months' }\n", "")
        + "renewal = 'hourly'\n[[plan.purchase]]\noffer = 'u'\nunits = 5\nterm = 'none'\n";
    let supply = supply(&text, &[workload("w", Margin::Gamma, 0.0)], Horizon::flat(4, 10).unwrap());
    let [step, last] = &supply.plans[0].commitments[..] else { panic!("{:?}", supply.plans[0]) };
    assert_eq!((step.renewal, step.start_month, last.renewal, last.start_month), (Renewal::Hourly, 2, Renewal::End, 0));
    let units: Vec<f64> = supply.groups[0].cases[0].units.chunks(2).map(|units| units[0]).collect();
    assert_eq!(units, [5.0, 5.0, 6.0, 6.0]);
    // After its month the step is paid by the hour.
    let paid: Vec<f64> = (0..4).map(|month| step.cost(month, supply.horizon())).collect();
    assert_eq!(paid, [0.0, 0.0, 30.0, 40.0]);
}

#[test]
fn what_cannot_be_bought_is_told() {
    for (from, to, part) in [
        ("offer = 'u'\nunits = 1", "offer = 'v'\nunits = 1", "plan.p.purchase.1.offer: is no offer"),
        ("units = 1\nterm", "units = { input = 1, output = 1 }\nterm", "plan.p.purchase.1.units: names two axes"),
        ("units = 1\nterm = '1 month'", "units = 1\nterm = '2 months'", "is a term that the offer does not have"),
        ("units = 1\nterm = '1 month'\n", "units = 1\n", "does not say for which of the offer's terms"),
        ("start_month = 3", "start_month = 9", "purchase.1.start_month: is no month of the horizon"),
        ("none = '4 USD/unit-hour', ", "", "needs a price by the hour"),
    ] {
        let text = LADDER.replace(from, to) + "renewal = 'hourly'\n";
        let told = read(&text, &[workload("w", Margin::Gamma, 0.0)], Horizon::flat(4, 10).unwrap()).map(|_| ()).unwrap_err();
        assert!(told.iter().any(|line| line.contains(part)), "{part}: {told:?}");
    }
}

/// Units of weekday office hours: they serve and cost in those alone, beside one that is always there.
#[test]
fn scheduled_units_serve_and_cost_in_their_hours() {
    let text = "[[offer]]\nname = 'u'\nkind = 'provisioned'\ncapacity = '100 tokens/h'\nterms = { none = '4 USD/unit-hour' }\n\
         [[plan]]\nname = 'p'\nroute = { w = ['u'] }\nunits = { u = 1 }\n\
         [[plan.purchase]]\noffer = 'u'\nunits = 2\nstart_month = 2\nschedule = { days = 'weekdays', from = 8, until = 20 }\n";
    let supply = supply(text, &[workload("w", Margin::Gamma, 0.0)], Horizon::flat(2, 168).unwrap());
    let totals = dispatched(&supply, &steady(336, &[250.0]));
    for (month, served, unit_hours) in [(0, 16_800.0, 168.0), (1, 16_800.0 + 60.0 * 150.0, 168.0 + 120.0)] {
        let service = totals.services[supply.service_index(0, 0, month)];
        assert!((service.tokens_provisioned - served).abs() < 1e-9 && (service.tokens_throttled - (42_000.0 - served)).abs() < 1e-9);
        let ledger = Ledger::of_plan(&supply.plans[0], &supply, &totals, month);
        assert!((ledger.provisioned() - 4.0 * unit_hours).abs() < 1e-9, "{ledger:?}");
        assert!((ledger.provisioned_used - 4.0 * served / 100.0).abs() < 1e-9, "{ledger:?}");
        let commitments = &supply.plans[0].commitments;
        let by_hour = supply.horizon().month_range(month).flat_map(|hour| commitments.iter().map(move |c| (c, hour)));
        let sum: f64 = by_hour.map(|(commitment, hour)| commitment.cost_of_hour(hour, supply.horizon())).sum();
        assert!((sum - 4.0 * unit_hours).abs() < 1e-9, "{sum}");
    }
}

#[test]
fn a_schedule_is_for_units_without_a_term() {
    for (to, part) in [
        ("schedule = { from = 8, until = 20 }\n", "purchase.1.schedule: is for units that are bound by no term"),
        ("schedule = { from = 24, until = 20 }\n", "schedule.from: is no hour in which a schedule can begin"),
        ("schedule = { from = 8, until = 0 }\n", "schedule.until: is no hour in which a schedule can end"),
        ("schedule = { days = 'mondays', from = 8, until = 9 }\n", "schedule.days"),
    ] {
        let told = read(&format!("{LADDER}{to}"), &[workload("w", Margin::Gamma, 0.0)], Horizon::flat(4, 10).unwrap());
        let told = told.map(|_| ()).unwrap_err();
        assert!(told.iter().any(|line| line.contains(part)), "{part}: {told:?}");
    }
}
