//! Queues against results by hand.

use crate::demand::DemandPath;
use crate::horizon::Horizon;
use crate::supply::fixture::{dispatched, supply, workload};
use crate::supply::{Margin, QueueTotals, ServiceTotals, Supply, SupplyTotals, WorkloadFacts};
use crate::units::ByClass;

/// Work that waits, with this deadline in hours; its windows are days.
pub(super) fn waiting(name: &str, deadline: f64) -> WorkloadFacts {
    WorkloadFacts { interactive: false, queue: true, deadline, ..workload(name, Margin::Gamma, 0.0) }
}

/// Input tokens by hour for each workload, a request for each 10.
pub(super) fn path(hours: usize, tokens: &[&[(usize, f64)]]) -> DemandPath {
    let mut path = DemandPath::new(tokens.len(), hours);
    for (workload, tokens) in path.workloads.iter_mut().zip(tokens) {
        for &(hour, tokens) in *tokens {
            workload.tokens[hour] = ByClass { input: tokens, ..ByClass::ZERO };
            workload.requests[hour] = tokens / 10.0;
        }
    }
    path
}

/// The same tokens in every hour.
fn steady(hours: usize, tokens: f64) -> Vec<(usize, f64)> {
    (0..hours).map(|hour| (hour, tokens)).collect()
}

/// On-demand offers of a token at 1, with these quotas in tokens an hour.
pub(super) fn offers(quotas: &[(&str, f64)]) -> String {
    let offer = |(name, quota): &(&str, f64)| {
        format!(
            "[[offer]]\nname = '{name}'\nkind = 'on-demand'\nprice = {{ input = '1 USD/token', output = '5 USD/token' }}\n\
             quota = {{ rate = '{quota} tokens/h' }}\n"
        )
    };
    quotas.iter().map(offer).collect()
}

pub(super) fn units(capacity: &str) -> String {
    format!(
        "[[offer]]\nname = 'u'\nkind = 'provisioned'\ncapacity = '{capacity}'\nminimum = 0\nincrement = 'any'\nterms = {{ 'none' = '1 USD/unit-hour' }}\n"
    )
}

pub(super) fn flat(months: u32, hours: u32) -> Horizon {
    Horizon::flat(months, hours).unwrap()
}

/// Totals of a plan's first pool in a month.
pub(super) fn totals_of(supply: &Supply, totals: &SupplyTotals, plan: &str, month: usize) -> (ServiceTotals, QueueTotals) {
    let plan = supply.plans.iter().find(|known| known.name == plan).unwrap();
    let index = supply.service_index(plan.pools[0].group, plan.pools[0].case, month);
    (totals.services[index], totals.queues[index])
}

pub(super) fn close(given: f64, wanted: f64) {
    assert!((given - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{given} is not {wanted}");
}

/// VALIDATION V8, its lateness: 3.6 million tokens/h over the day arrive in four hours of 21.6 million. Two units of 180 000 tokens/min serve
/// 21.6 million an hour, so nothing is late; one serves half of it, so hour k of the four is done in the hours 2k and 2k + 1, which makes
/// it late by 54 million at a deadline of two hours, 32.4 at three, 10.8 at four and nothing at five.
#[test]
fn lateness_of_a_nightly_job() {
    let text =
        format!("{}[[plan]]\nname = 'p'\nroute = {{ w = ['u'] }}\nsweep = {{ units = {{ u = [0.5, 1, 2] }} }}\n", units("180k tokens/min"));
    let job = path(24, &[&[(1, 21.6e6), (2, 21.6e6), (3, 21.6e6), (4, 21.6e6)]]);
    for (deadline, late) in [(2.0, 54e6), (3.0, 32.4e6), (4.0, 10.8e6), (5.0, 0.0)] {
        let supply = supply(&text, &[waiting("w", deadline)], flat(1, 24));
        let totals = dispatched(&supply, &job);
        let (service, queue) = totals_of(&supply, &totals, "p/units=1", 0);
        close(service.tokens_late, late);
        close(service.tokens_provisioned, 86.4e6 - late);
        close(queue.requests_late, late / 10.0);
        assert_eq!((queue.windows, queue.windows_missed), (1.0, f64::from(u8::from(late > 0.0))));
        assert_eq!((queue.tokens_waiting, service.tokens_throttled), (0.0, 0.0));
        // What one more hour is worth is what the next deadline says.
        close(
            queue.tokens_late_one_hour_more,
            if deadline < 3.0 {
                32.4e6
            } else if deadline < 4.0 {
                10.8e6
            } else {
                0.0
            },
        );
        let (two, queue) = totals_of(&supply, &totals, "p/units=2", 0);
        close(two.tokens_provisioned, 86.4e6);
        assert_eq!((two.tokens_late, queue.windows_missed), (0.0, 0.0));
        // Half a unit serves 5.4 million an hour: of the 23 hours left it needs 16, and all units are used in each.
        let half = supply.used_index(0, 0, 0);
        close(totals.used[half], 8.0);
    }
}

/// A queue is done when its tokens have been through what is free: 100 an hour less 60 that must be served now, with even minutes and with
/// minutes of an exponential law, of which E[min(Y, C)] = μ (1 − exp(−C / μ)).
#[test]
fn what_interactive_work_leaves() {
    let text = format!("{}[[plan]]\nname = 'p'\nroute = {{ chat = ['od'], w = ['od'] }}\n", offers(&[("od", 100.0)]));
    for cv in [0.0, 1.0] {
        let chat = workload("chat", Margin::Gamma, cv);
        let supply = supply(&text, &[chat, waiting("w", 3.0)], flat(1, 24));
        let totals = dispatched(&supply, &path(24, &[&steady(24, 60.0), &[(5, 200.0)]]));
        let (service, queue) = totals_of(&supply, &totals, "p", 0);
        let beyond = if cv > 0.0 { 60.0 * libm::exp(-100.0 / 60.0) } else { 0.0 };
        let late = 200.0 - 3.0 * (40.0 + beyond);
        let tolerance = 1e-6 * 1440.0;
        assert!((service.tokens_late - late).abs() < tolerance, "{} is not {late}", service.tokens_late);
        assert!((queue.tokens_late_one_hour_more - (late - 40.0 - beyond).max(0.0)).abs() < tolerance);
        assert!((service.tokens_throttled - 24.0 * beyond).abs() < tolerance);
        close(service.tokens_on_demand + service.tokens_late + service.tokens_throttled, 1640.0);
        // Late work is paid like any other.
        close(service.cost_on_demand, service.tokens_on_demand + service.tokens_late);
    }
}

/// Two workloads at one quota of 100 an hour: the older work first, the earlier workload where both arrived together. A late one keeps its
/// place. a: 150 at hour 0 and 100 at hour 1; b: 100 at hour 0. Served: a₀ 100; a₀ 50, b₀ 50; b₀ 50, a₁ 50; a₁ 50.
#[test]
fn the_oldest_first() {
    let text = format!("{}[[plan]]\nname = 'p'\nroute = {{ a = ['od'], b = ['od'] }}\n", offers(&[("od", 100.0)]));
    let job = path(8, &[&[(0, 150.0), (1, 100.0)], &[(0, 100.0)]]);
    for (deadline, late) in [(1.0, 50.0 + 100.0 + 100.0), (2.0, 50.0 + 50.0), (3.0, 0.0)] {
        let supply = supply(&text, &[waiting("a", deadline), waiting("b", deadline)], flat(1, 8));
        let totals = dispatched(&supply, &job);
        let (service, queue) = totals_of(&supply, &totals, "p", 0);
        close(service.tokens_late, late);
        close(service.cost_on_demand, 350.0);
        assert_eq!(queue.windows, 2.0);
    }
}

/// Idle units first, on demand at night only, by the local hours of the plan: 30 an hour of units, and what is left at 22:00 goes on demand.
#[test]
fn on_demand_at_night() {
    let text = format!(
        "{}{}[[plan]]\nname = 'p'\nroute = {{ w = ['u', 'od'] }}\nunits = {{ u = 1 }}\nhours = {{ od = {{ from = 22, until = 6 }} }}\n",
        units("30 tokens/h"),
        offers(&[("od", 1000.0)])
    );
    let supply = supply(&text, &[waiting("w", 24.0)], flat(1, 48));
    let totals = dispatched(&supply, &path(48, &[&[(18, 200.0), (28, 50.0)]]));
    let (service, _) = totals_of(&supply, &totals, "p", 0);
    // Hours 18 to 21 and 22 on units: 150; hour 22 on demand: 50. Hour 28 is 04:00 of the next day: 30 on units, 20 on demand.
    close(service.tokens_provisioned, 180.0);
    close(service.cost_on_demand, 70.0);
    assert_eq!(service.tokens_late, 0.0);
}

/// Months of six hours: tokens count in the month in which they arrived, money in the one in which they are served, and the end leaves some
/// work late and some waiting.
#[test]
fn months_and_the_end() {
    let text = format!("{}[[plan]]\nname = 'p'\nroute = {{ w = ['od'] }}\n", offers(&[("od", 10.0)]));
    let facts = WorkloadFacts { window: 1.0, ..waiting("w", 3.0) };
    let supply = supply(&text, &[facts], flat(2, 6));
    // 45 at hour 5: 10 in month 1, 35 in month 2, of which 15 late. 100 at hour 8: served from half an hour of hour 9 on, 25 by the end, of
    // which hours 9 and 10 are in time. At hour 12 it is 4 hours old. 20 at hour 10 wait behind it and could still be served by hour 13.
    let totals = dispatched(&supply, &path(12, &[&[(5, 45.0), (8, 100.0), (10, 20.0)]]));
    let (first, queue) = totals_of(&supply, &totals, "p", 0);
    close(first.tokens_on_demand, 30.0);
    close(first.tokens_late, 15.0);
    close(first.cost_on_demand, 10.0);
    close(queue.tokens_late_one_hour_more, 5.0);
    assert_eq!((queue.windows, queue.windows_missed, queue.tokens_waiting), (1.0, 1.0, 0.0));
    let (second, queue) = totals_of(&supply, &totals, "p", 1);
    close(second.cost_on_demand, 60.0);
    close(second.tokens_on_demand, 15.0);
    close(second.tokens_late, 85.0);
    // The last hour serves 10 in its fourth hour; the 75 left would be done in their fifth.
    close(queue.tokens_late_one_hour_more, 75.0);
    close(queue.requests_late, 8.5);
    close(queue.tokens_waiting, 20.0);
    assert_eq!((queue.windows, queue.windows_missed), (2.0, 1.0));
}

/// Two axes that differ in what they count: the scarcer one limits, and each is used as far as its own weights say.
#[test]
fn two_axes_and_weights() {
    let text = "[[offer]]\nname = 'r'\nkind = 'provisioned'\nterms = { '1 month' = { input = '1 USD/unit-hour', output = '1 USD/unit-hour' } }\n\
                axes.input = { capacity = '10 tokens/h', weights = { input = 1 } }\naxes.output = { capacity = '10 tokens/h', weights = { output = 1 } }\n\
                [[plan]]\nname = 'p'\nroute = { w = ['r'] }\nunits = { r = { input = 10, output = 1 } }\n";
    let supply = supply(text, &[waiting("w", 2.0)], flat(1, 6));
    let mut job = path(6, &[&[(0, 100.0)]]);
    job.workloads[0].tokens[0].output = 30.0;
    let totals = dispatched(&supply, &job);
    let (service, _) = totals_of(&supply, &totals, "p", 0);
    close(service.tokens_late, 130.0 / 3.0);
    let used = supply.used_index(0, 0, 0);
    close(totals.used[used], 10.0);
    close(totals.used[used + 1], 3.0);
}

/// The part of an interactive workload that can wait waits, and the part that cannot is throttled as ever.
#[test]
fn a_part_that_waits() {
    let text = format!("{}[[plan]]\nname = 'p'\nroute = {{ w = ['od'] }}\n", offers(&[("od", 50.0)]));
    let facts = WorkloadFacts { interactive: true, deferrable_share: 0.4, ..waiting("w", 2.0) };
    let supply = supply(&text, &[facts], flat(1, 10));
    let totals = dispatched(&supply, &path(10, &[&[(0, 100.0), (3, 50.0)]]));
    let (service, queue) = totals_of(&supply, &totals, "p", 0);
    // 60 now, of which 10 are throttled; 40 wait for hour 1. Then 30 now and 20 with them.
    close(service.tokens_throttled, 10.0);
    close(service.tokens_on_demand, 140.0);
    assert_eq!((service.tokens_late, queue.windows), (0.0, 1.0));
    assert!(totals.demand[0].peak_quota_tokens_per_minute <= 1.0 + 1e-9, "what waits sets no peak");
}
