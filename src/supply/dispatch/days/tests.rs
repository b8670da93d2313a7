//! Quotas of a day, by hand.

use crate::demand::MinuteModel;
use crate::horizon::Horizon;
use crate::supply::fixture::{dispatched, read, steady, supply, workload};
use crate::supply::{HourService, HourSink, Margin, Supply, WorkloadFacts};

fn offer(name: &str, price: f64, more: &str) -> String {
    format!(
        "[[offer]]\nname = '{name}'\nkind = 'on-demand'\nprice = {{ input = '{price} USD/token', output = '{price} USD/token' }}\n{more}\n"
    )
}

const UNITS: &str =
    "[[offer]]\nname = 'u'\nkind = 'provisioned'\ncapacity = '1 tokens/h'\nincrement = 'any'\nterms = { none = '1 USD/unit-hour' }\n";

fn plan(route: &str, units: f64) -> String {
    let units = if route.contains("'u'") { format!("units = {{ u = {units} }}\n") } else { String::new() };
    format!("[[plan]]\nname = 'p'\nroute = {{ w = {route} }}\n{units}")
}

/// What each offer serves in every hour, and what is throttled there, with how likely a minute and the hour are over.
#[derive(Default)]
struct Served(Vec<(Vec<f64>, f64, f64, f64)>);

impl HourSink for Served {
    fn hour(&mut self, _: usize, _: usize, _: usize, service: &HourService<'_>) {
        self.0.push((service.served.to_vec(), service.throttled, service.minute_over, service.hour_over));
    }
}

fn served(supply: &Supply, tokens: f64) -> Served {
    let mut served = Served::default();
    supply.dispatcher(1).dispatch(0, &steady(supply.horizon().hours(), &[tokens]), &mut supply.totals(), Some(&mut served));
    served
}

fn flat(hours: u32) -> Horizon {
    Horizon::flat(1, hours).unwrap()
}

fn off() -> [WorkloadFacts; 1] {
    [workload("w", Margin::Gamma, 0.0)]
}

/// 100 tokens an hour of a day's 1 050: ten hours, half of the eleventh, nothing until midnight; and again the next day.
#[test]
fn a_day_runs_out_and_begins_anew() {
    let text = offer("od", 1.0, "quota = { rate = '200 tokens/h', per_day = '1050 tokens/day' }") + &plan("['od']", 0.0);
    let supply = supply(&text, &off(), flat(60));
    for (hour, (served, throttled, minute, over)) in served(&supply, 100.0).0.iter().enumerate() {
        let want = match hour % 24 {
            0..10 => 100.0,
            10 => 50.0,
            _ => 0.0,
        };
        assert!((served[0] - want).abs() < 1e-9 && (throttled - (100.0 - want)).abs() < 1e-9, "{hour}: {served:?} {throttled}");
        assert!((minute - throttled / 100.0).abs() < 1e-9 && (over - f64::from(u8::from(want < 100.0))).abs() < 1e-9, "{hour}");
    }
    let service = dispatched(&supply, &steady(60, &[100.0])).services[0];
    // Two whole days and the first half of the third.
    assert!((service.tokens_on_demand - (1050.0 + 1050.0 + 1050.0)).abs() < 1e-6, "{}", service.tokens_on_demand);
    assert!((service.throttled_hours - (14.0 + 14.0 + 2.0)).abs() < 1e-9, "{}", service.throttled_hours);
}

/// Others take their part of a day, weights count, and days are local: the horizon begins at midnight in Berlin and has one of 23 hours.
#[test]
fn days_are_local_and_weighted() {
    let quota =
        "quota = { rate = '2k tokens/h', weights = { input = 2, output = 1 }, others = '10 tokens/h', per_day = '2240 tokens/day' }";
    let zone = crate::horizon::time_zone("Europe/Berlin").unwrap();
    let horizon = Horizon::calendar(jiff::civil::date(2027, 3, 27), 1, zone).unwrap();
    let supply = supply(&(offer("od", 1.0, quota) + &plan("['od']", 0.0)), &off(), horizon);
    let served = served(&supply, 100.0);
    // 2 240 less 240 are 1 000 tokens that count twice: ten hours a day, the third of which begins after 24 + 23 hours.
    for (hour, (served, ..)) in served.0.iter().enumerate().take(80) {
        let midnight = [0, 24, 47, 71].into_iter().rfind(|&midnight| midnight <= hour).unwrap();
        let want = if hour - midnight < 10 { 100.0 } else { 0.0 };
        assert!((served[0] - want).abs() < 1e-9, "{hour}: {served:?}");
    }
}

/// What a day's quota refuses goes on to the next offer, at its price; both have one here, and units come first.
#[test]
fn the_rest_of_the_day_spills() {
    let text = offer("a", 1.0, "quota = { rate = '100 tokens/h', per_day = '480 tokens/day' }")
        + &offer("b", 3.0, "quota = { rate = '100 tokens/h', per_day = '90 tokens/day' }")
        + UNITS
        + &plan("['u', 'a', 'b']", 40.0);
    let supply = supply(&text, &off(), flat(24));
    let got = served(&supply, 100.0);
    // 60 an hour for eight hours, then 60 for an hour and a half.
    for (hour, (served, throttled, ..)) in got.0.iter().enumerate() {
        let want = match hour {
            0..8 => [40.0, 60.0, 0.0],
            8 => [40.0, 0.0, 60.0],
            9 => [40.0, 0.0, 30.0],
            _ => [40.0, 0.0, 0.0],
        };
        assert!(served.iter().zip(want).all(|(served, want)| (served - want).abs() < 1e-9), "{hour}: {served:?}");
        assert!((served.iter().sum::<f64>() + throttled - 100.0).abs() < 1e-9);
    }
    let service = dispatched(&supply, &steady(24, &[100.0])).services[0];
    assert!((service.cost_on_demand - (480.0 + 270.0)).abs() < 1e-9);
    assert!((service.tokens_provisioned - 960.0).abs() < 1e-9);
}

/// With bursts and a day's quota that never runs out, everything is as without one.
#[test]
fn a_day_of_plenty_changes_nothing() {
    for overflow in ["minute", "request"] {
        let text = |per_day: &str| {
            UNITS.replace("increment", &format!("overflow = '{overflow}'\nincrement"))
                + &offer("od", 2.0, &format!("quota = {{ rate = '60k tokens/h'{per_day} }}"))
                + &plan("['u', 'od']", 50_000.0)
        };
        let minute = MinuteModel { margin: Margin::LogNormal, burstiness_sd: 0.5, constant: Some(0.3), ..MinuteModel::OFF };
        let facts = [WorkloadFacts { minute, ..workload("w", Margin::LogNormal, 0.5) }];
        let [with, without] = [", per_day = '1G tokens/day'", ""].map(|per_day| {
            let supply = supply(&text(per_day), &facts, flat(30));
            dispatched(&supply, &steady(30, &[100_000.0])).services[0]
        });
        for (a, b) in [
            (with.tokens_throttled, without.tokens_throttled),
            (with.tokens_on_demand, without.tokens_on_demand),
            (with.cost_on_demand, without.cost_on_demand),
            (with.tokens_provisioned, without.tokens_provisioned),
            (with.throttled_minutes, without.throttled_minutes),
            (with.throttled_hours, without.throttled_hours),
            (with.log_clear, without.log_clear),
        ] {
            assert!(b != 0.0 && (a / b - 1.0).abs() < 1e-9, "{overflow}: {a} is not {b}");
        }
    }
}

/// Offers that share a quota share its day: nothing is left for the second when the first has used it up.
#[test]
fn a_shared_day() {
    let text = offer("a", 1.0, "quota = { rate = '100 tokens/h', per_day = '500 tokens/day' }")
        + &offer("b", 2.0, "quota = { shared_with = 'a' }")
        + &plan("['a', 'b']", 0.0);
    let service = dispatched(&supply(&text, &off(), flat(24)), &steady(24, &[100.0])).services[0];
    assert!((service.cost_on_demand - 500.0).abs() < 1e-9 && (service.tokens_throttled - 1900.0).abs() < 1e-9);
}

#[test]
fn what_is_not_served() {
    let text = offer("a", 1.0, "quota = { rate = '100 tokens/h', refill = 'steadily', per_day = '500 tokens/day' }") + &plan("['a']", 0.0);
    let errors = read(&text, &off(), flat(24)).unwrap_err();
    assert!(errors.len() == 1 && errors[0].contains("quota of a day"), "{errors:?}");
}
