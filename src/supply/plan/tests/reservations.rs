//! Reservations beside deployed units, against the vendors' worked examples and sums by hand.

use crate::cost::Ledger;
use crate::horizon::Horizon;
use crate::supply::fixture::{dispatched, read, steady, supply, workload};
use crate::supply::{MAX_AXES, Margin, Supply};

/// Units at 1 USD an hour, or 260 USD a month and 2 652 a year of 12 × 730 hours when reserved.
const AZURE: &str = "[[offer]]\nname = 'ptu'\nkind = 'provisioned'\ncapacity = '100 tokens/h'\nrenewal = 'end'\n\
     terms = { none = '1 USD/unit-hour', '1 month' = '260 USD/unit-month', '1 year' = '221 USD/unit-month' }\n\
     [[plan]]\nname = 'p'\nroute = { w = ['ptu'] }\nunits = { ptu = 300 }\nterm = { ptu = 'none' }\n";

const MONTH: &str = "[[plan.reservation]]\noffer = 'ptu'\nunits = 500\nterm = '1 month'\n";

fn of(text: &str, months: u32, hours: u32) -> Supply {
    supply(text, &[workload("w", Margin::Gamma, 0.0)], Horizon::flat(months, hours).unwrap())
}

fn close(given: f64, wanted: f64) {
    assert!((given - wanted).abs() <= 1e-9 * wanted.abs(), "{given} is not {wanted}");
}

/// Entries azure-res-01 and -02 (300 deployed, then 200 or 300 more, 500 reserved), azure-bill-02 (300 units at the hourly rate) and
/// fireworks-01 (12 reserved, 16 running).
#[test]
fn vendors_overage() {
    let price = 260.0 / 730.0;
    let bill = |text: &str| of(text, 1, 730).plans[0].bill(0, 0, of(text, 1, 730).horizon());
    let more = |units: u32| format!("{AZURE}[[plan.purchase]]\noffer = 'ptu'\nunits = {units}\nterm = 'none'\n{MONTH}");
    close(bill(&more(200)).cost[0], 730.0 * 500.0 * price);
    close(bill(&more(300)).cost[0], 730.0 * (500.0 * price + 100.0));
    close(bill(AZURE).cost[0], 730.0 * 300.0);
    let gpus = AZURE.replace("ptu = 300", "ptu = 16") + &MONTH.replace("500", "12");
    close(bill(&gpus).cost[0], 730.0 * (12.0 * price + 4.0));
    assert_eq!(bill(&more(300)).lost, [0.0; MAX_AXES]);
    assert_eq!(bill(&more(300)).unit_hours[0], 730.0 * 600.0);
}

/// Entries azure-rate-01 and -02: a month is 64.4 % off the hourly price and a year 69.7 %, at 0.356 USD an hour and 221 USD a month.
#[test]
fn vendors_discounts() {
    for (term, months, hourly, discount) in [("1 month", 1, 0.356, 64.4), ("1 year", 12, 221.0 / 730.0, 69.7)] {
        let text = AZURE.replace("ptu = 300", "ptu = 1") + &MONTH.replace("500", "1").replace("1 month", term);
        let supply = of(&text, months, 730);
        let paid: f64 = (0..months as usize).map(|month| supply.plans[0].bill(0, month, supply.horizon()).cost[0]).sum();
        let by_the_hour = 730.0 * f64::from(months);
        assert!((paid / by_the_hour - hourly).abs() < 5e-4, "{term}: {paid}");
        assert!((100.0 * (1.0 - paid / by_the_hour) - discount).abs() < 0.05, "{term}: {paid}");
        assert_eq!(supply.plans[0].term.as_deref(), Some(term));
    }
    // 2 652 a year is 221 a month.
    close(2652.0 / 12.0, 221.0);
}

/// Four units by the hour in the first 84 hours of a week, and one always; three reserved for one month of 168 hours, one for a year.
#[test]
fn a_schedule_loses_what_is_reserved_and_not_deployed() {
    let text = AZURE
        .replace("ptu = 300", "ptu = 1")
        .replace("260 USD/unit-month", "0.5 USD/unit-hour")
        .replace("221 USD/unit-month", "0.25 USD/unit-hour")
        + "[[plan.purchase]]\noffer = 'ptu'\nunits = 4\nterm = 'none'\nschedule = { from = 0, until = 12 }\n"
        + &MONTH.replace("500", "2")
        + &MONTH.replace("500", "1").replace("1 month", "1 year");
    let supply = of(&text, 2, 168);
    let (plan, horizon) = (&supply.plans[0], supply.horizon());
    assert_eq!((plan.units.as_deref(), plan.term.as_deref()), (Some("1, 4"), None));
    // Month 1: three reserved at 1.25 USD an hour together, two above them in half the hours; two of three lost in the other half.
    let first = plan.bill(0, 0, horizon);
    close(first.cost[0], 168.0 * 1.25 + 84.0 * 2.0);
    close(first.lost[0], 84.0 * 1.25 * 2.0 / 3.0);
    close(first.unit_hours[0], 168.0 + 84.0 * 4.0);
    // Month 2: the month's term is over; the year's unit is always deployed.
    let second = plan.bill(0, 1, horizon);
    close(second.cost[0], 168.0 * 0.25 + 84.0 * 4.0);
    close(second.lost[0], 0.0);
    // 250 tokens an hour use 2.5 units where five are, and the one that is there else.
    let totals = dispatched(&supply, &steady(336, &[250.0]));
    for (month, bill) in [(0, first), (1, second)] {
        let ledger = Ledger::of_plan(plan, &supply, &totals, month);
        close(ledger.provisioned(), bill.cost[0]);
        let price = (bill.cost[0] - bill.lost[0]) / bill.unit_hours[0];
        close(ledger.provisioned_used, (84.0 * 2.5 + 84.0) * price);
        let by_hour: f64 = horizon.month_range(month).map(|hour| plan.cost_of_hour(hour, horizon)).sum();
        close(by_hour, bill.cost[0]);
    }
    // Ten months of the year are left, at 168 hours each.
    let owed: f64 = plan.reservations.iter().map(|reservation| reservation.committed_after_horizon(horizon)).sum();
    close(owed, 10.0 * 168.0 * 0.25);
    close(plan.bound_cost(0, 0, horizon), 168.0 * 1.25);
    close(plan.bound_cost(0, 1, horizon), 168.0 * 0.25);
}

/// One that is never deployed is paid and lost; one that renews goes on, and it serves nothing.
#[test]
fn a_reservation_alone() {
    let text = AZURE.replace("ptu = 300", "ptu = 0").replace("260 USD/unit-month", "0.5 USD/unit-hour")
        + &MONTH.replace("500", "2")
        + "start_month = 2\nrenewal = 'renew'\n";
    let supply = of(&text, 3, 10);
    let plan = &supply.plans[0];
    assert!(!plan.buys_nothing());
    let totals = dispatched(&supply, &steady(30, &[250.0]));
    for (month, cost) in [(0, 0.0), (1, 10.0), (2, 10.0)] {
        let ledger = Ledger::of_plan(plan, &supply, &totals, month);
        assert!((ledger.provisioned_idle - cost).abs() < 1e-12 && ledger.provisioned_used == 0.0, "{ledger:?}");
        assert!(totals.services[supply.service_index(0, plan.pools[0].case, month)].tokens_provisioned == 0.0);
    }
    // Without a word of its own, what the offer goes on with by the hour ends for a reservation.
    let hourly = AZURE.replace("renewal = 'end'", "renewal = 'hourly'") + MONTH;
    let supply = of(&hourly, 2, 10);
    close(supply.plans[0].bill(0, 1, supply.horizon()).cost[0], 3000.0);
}

#[test]
fn what_cannot_be_reserved_is_told() {
    let reserved = format!("{AZURE}{MONTH}");
    for (from, to, part) in [
        ("[[plan.reservation]]\noffer = 'ptu'", "[[plan.reservation]]\noffer = 'ptus'", "plan.p.reservation.1.offer: is no offer"),
        ("units = 500", "units = -1", "plan.p.reservation.1.units: is no number of units"),
        ("units = 500", "units = nan", "plan.p.reservation.1.units: is not finite"),
        ("units = 500", "units = { input = 1, output = 1 }", "reservation.1.units: names two axes"),
        (
            "units = 500\nterm = '1 month'",
            "units = 500\nterm = 'none'",
            "is no term to reserve for; given: 'none'; allowed: \"1 month\", \"1 year\"",
        ),
        ("units = 500\nterm = '1 month'", "units = 500\nterm = '2 months'", "is a term that the offer does not have"),
        ("units = 500\nterm = '1 month'\n", "units = 500\n", "reservation.1.term: is missing"),
        ("none = '1 USD/unit-hour', ", "", "reservation.1.offer: has no price by the hour"),
        ("term = { ptu = 'none' }", "term = { ptu = '1 year' }", "is bought for the term \"1 year\" in this plan"),
        ("term = { ptu = 'none' }", "sweep = { term = { ptu = ['none', '1 year'] } }", "is bought for the term \"1 year\" in this plan"),
        ("term = '1 month'\n", "term = '1 month'\nstart_month = 3\n", "reservation.1.start_month: is no month of the horizon"),
        ("term = '1 month'\n", "term = '1 month'\nrenewal = 'hourly'\n", "says nothing of a reservation"),
    ] {
        let text = reserved.replace(from, to);
        assert_ne!(text, reserved, "{from}");
        let told = read(&text, &[workload("w", Margin::Gamma, 0.0)], Horizon::flat(2, 10).unwrap()).map(|_| ()).expect_err(part);
        assert!(told.iter().any(|line| line.contains(part)), "{part}: {told:?}");
    }
}
