//! Price cuts in dispatch, against sums by hand, and what is told of those that cannot be.

use crate::cost::Ledger;
use crate::horizon::{Horizon, time_zone};
use crate::supply::fixture::{dispatched, read, steady, supply, workload};
use crate::supply::{Margin, Supply, SupplyTotals};
use jiff::civil::date;

/// One unit of 100 tokens an hour before on-demand at 2 USD a million, whose cuts take 25 % from month 2 and 50 % from month 3.
const CUTS: &str = "[[offer]]\nname = 'od'\nkind = 'on-demand'\nprice = { input = '2 USD/1M tokens', output = '2 USD/1M tokens' }\n\
     price_cuts = [{ month = 2, cut = '25%' }, { month = 3, cut = '50%' }]\n\
     [[offer]]\nname = 'u'\nkind = 'provisioned'\ncapacity = '100 tokens/h'\nterms = { none = '4 USD/unit-hour' }\n\
     [[plan]]\nname = 'p'\nroute = { w = ['u', 'od'] }\nunits = { u = 1 }\n";

const FACTORS: [f64; 3] = [1.0, 0.75, 0.375];

fn flat() -> Horizon {
    Horizon::flat(3, 10).unwrap()
}

fn check(supply: &Supply, totals: &SupplyTotals, on_demand: f64, by_units: f64) {
    for (month, factor) in FACTORS.into_iter().enumerate() {
        let service = &totals.services[supply.service_index(0, 0, month)];
        let price = 2e-6 * factor;
        assert!((service.cost_on_demand - 10.0 * on_demand * price).abs() < 1e-12, "month {month}: {service:?}");
        assert!((service.value_provisioned - 10.0 * by_units * price).abs() < 1e-12, "month {month}: {service:?}");
        let ledger = Ledger::of_plan(&supply.plans[0], supply, totals, month);
        assert!((ledger.provisioned() - 40.0).abs() < 1e-12, "units keep their price: {ledger:?}");
    }
}

/// 250 tokens an hour in a chain; 250 and 50 that enter at different offers, and so take the way of networks.
#[test]
fn cuts_multiply_and_units_keep_their_price() {
    let chain = supply(CUTS, &[workload("w", Margin::Gamma, 0.0)], flat());
    check(&chain, &dispatched(&chain, &steady(30, &[250.0])), 150.0, 100.0);
    let network = CUTS.replace("route = {", "route = { v = ['od'],");
    let network = supply(&network, &["v", "w"].map(|name| workload(name, Margin::Gamma, 0.0)), flat());
    assert!(!network.groups[0].chain);
    check(&network, &dispatched(&network, &steady(30, &[50.0, 250.0])), 200.0, 100.0);
}

/// Each cut is drawn by itself, as often as said: within 4.5 standard errors of 10 000 futures. Another cut changes no draw.
#[test]
fn cuts_come_as_often_as_said() {
    let text = CUTS
        .replace("month = 2, cut", "month = 2, probability = '30%', cut")
        .replace("month = 3, cut", "month = 3, probability = 0.6, cut");
    let factors = |text: &str| -> Vec<[f64; 2]> {
        let supply = supply(text, &[workload("w", Margin::Gamma, 0.0)], flat());
        let (path, mut totals) = (steady(30, &[250.0]), supply.totals());
        let mut dispatcher = supply.dispatcher(7);
        let factor = |totals: &SupplyTotals, month| totals.services[supply.service_index(0, 0, month)].cost_on_demand / (1500.0 * 2e-6);
        let mut one = |replication| {
            dispatcher.dispatch(replication, &path, &mut totals, None);
            [1, 2].map(|month| factor(&totals, month))
        };
        (0..10_000).map(&mut one).collect()
    };
    let drawn = factors(&text);
    for (wanted, p) in [([1.0, 1.0], 0.28), ([0.75, 0.75], 0.12), ([1.0, 0.5], 0.42), ([0.75, 0.375], 0.18)] {
        let same = |drawn: &&[f64; 2]| drawn.iter().zip(wanted).all(|(a, b): (&f64, f64)| (a - b).abs() < 1e-9);
        let share = drawn.iter().filter(same).count() as f64 / 1e4;
        assert!((share - p).abs() < 4.5 * (p * (1.0 - p) / 1e4_f64).sqrt(), "{wanted:?}: {share} against {p}");
    }
    let first = factors(&text.replace(", { month = 3, probability = 0.6, cut = '50%' }", ""));
    assert!(first.iter().zip(&drawn).all(|(first, both)| (first[0] - both[0]).abs() < 1e-12));
}

/// A cut on a date holds from that local midnight on: 14 and a half days of March, less the hour that the clocks skip, before it.
#[test]
fn a_cut_begins_on_its_day() {
    let text = CUTS.replace(
        "{ month = 2, cut = '25%' }, { month = 3, cut = '50%' }",
        "{ date = 2027-03-16, cut = '25%' }, { date = 2027-04-01, cut = 1 }",
    );
    let march = Horizon::calendar(date(2027, 3, 1), 1, time_zone("America/New_York").unwrap()).unwrap();
    let (supply, warnings) = read(&text, &[workload("w", Margin::Gamma, 0.0)], march).unwrap();
    assert!(warnings.iter().any(|w| w.contains("offer.od.price_cuts.2: the price cut begins after the horizon")), "{warnings:?}");
    let totals = dispatched(&supply, &steady(743, &[250.0]));
    let cost = totals.services[0].cost_on_demand / (150.0 * 2e-6);
    assert!((cost - (359.0 + 384.0 * 0.75)).abs() < 1e-6, "{cost}");
}

#[test]
fn what_is_no_cut_is_told() {
    let cut = "{ month = 2, cut = '25%' }";
    for (to, part) in [
        ("{ cut = '25%' }", "offer.od.price_cuts.1.date: is missing"),
        ("{ month = 2 }", "offer.od.price_cuts.1.cut: is missing"),
        ("{ month = 0, cut = '25%' }", "offer.od.price_cuts.1.month: is no month"),
        ("{ date = 2027-06-01, cut = '25%' }", "offer.od.price_cuts.1.date: is a date, and flat months have none"),
        ("{ date = 2027-06-01, month = 2, cut = '25%' }", "offer.od.price_cuts.1.month: cannot stand beside `date`"),
        ("{ month = 2, cut = '125%' }", "offer.od.price_cuts.1.cut: is no share of a whole"),
        ("{ month = 2, cut = '25%', probability = -1 }", "offer.od.price_cuts.1.probability: is out of range"),
        ("{ month = 2, cuts = '25%' }", "did you mean `cut`?"),
    ] {
        let told = read(&CUTS.replace(cut, to), &[workload("w", Margin::Gamma, 0.0)], flat()).map(|_| ()).expect_err(part);
        assert!(told.iter().any(|line| line.contains(part)), "{part}: {told:?}");
    }
    let calendar = Horizon::calendar(date(2027, 7, 1), 1, time_zone("UTC").unwrap()).unwrap();
    let early = CUTS.replace(cut, "{ date = 2027-06-30, cut = '25%' }");
    let told = read(&early, &[workload("w", Margin::Gamma, 0.0)], calendar).map(|_| ()).unwrap_err();
    assert!(told[0].contains("price_cuts.1.date: lies before the horizon"), "{told:?}");
}
