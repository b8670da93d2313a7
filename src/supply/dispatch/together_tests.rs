//! Mechanisms that meet in one pool, by hand: priorities and queues, clients who come back and hours without demand, buckets and queues,
//! incidents and what else counts against a quota.

use super::tests::{ON_DEMAND, units};
use crate::demand::{DemandPath, Jitter, Retry};
use crate::horizon::Horizon;
use crate::supply::fixture::{dispatched, steady, supply, workload};
use crate::supply::{HourService, HourSink, MAX_AXES, Margin, ServiceTotals, Supply, SupplyTotals, WorkloadFacts};
use crate::units::ByClass;

fn flat(months: u32, hours: u32) -> Horizon {
    Horizon::flat(months, hours).unwrap()
}

fn close(given: f64, wanted: f64) {
    assert!((given - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{given} is not {wanted}");
}

/// A workload whose clients come back once, after an hour and no sooner.
fn back_in_an_hour(cv: f64) -> WorkloadFacts {
    let retry = Retry { attempts: 2, first: 3600.0, factor: 1.0, longest: 3600.0, jitter: Jitter::None };
    WorkloadFacts { retry: Some(retry), ..workload("w", Margin::Gamma, cv) }
}

fn first_month(supply: &Supply, totals: &SupplyTotals) -> ServiceTotals {
    totals.services[supply.service_index(0, 0, 0)]
}

/// Work that waits has the whole offer in hours in which none of the workloads with a priority asks for anything: 3 × 100 of its 350, and
/// the rest beside the 60 of the fourth hour.
#[test]
fn a_queue_has_the_hours_in_which_no_priority_asks() {
    let text =
        format!("{}[[plan]]\nname = 'p'\nroute = {{ a = ['u'], b = ['u'], q = ['u'] }}\nunits = {{ u = 100 }}\n", units("u", "1 tokens/h"));
    let ranked = |name, place| WorkloadFacts { priority: Some(place), ..workload(name, Margin::Gamma, 0.5) };
    let queue = WorkloadFacts { interactive: false, queue: true, ..workload("q", Margin::Gamma, 0.0) };
    let supply = supply(&text, &[ranked("a", 1), ranked("b", 2), queue], flat(1, 6));
    let mut path = DemandPath::new(3, 6);
    for (workload, hour, tokens) in [(0, 3, 0.4), (1, 3, 0.2), (2, 0, 350.0)] {
        path.workloads[workload].tokens[hour] = ByClass { input: tokens, ..ByClass::ZERO };
        path.workloads[workload].requests[hour] = tokens;
    }
    let totals = dispatched(&supply, &path);
    let service = first_month(&supply, &totals);
    close(service.tokens_provisioned + service.tokens_throttled, 350.6);
    close(totals.used[0], service.tokens_provisioned);
    assert!(service.tokens_throttled < 1e-6, "{service:?}");
}

/// Two tokens a minute of which one is served come back an hour later, when nobody else is there: they are served and paid like any, at the
/// quota. At half the quota, half of them fail.
#[test]
fn who_comes_back_into_an_hour_without_demand_is_paid_and_limited() {
    for (quota, served, failed) in [(60.0, 120.0, 0.0), (30.0, 60.0, 60.0)] {
        let text = format!("{ON_DEMAND}quota = {{ rate = '{quota} tokens/h' }}\n[[plan]]\nname = 'p'\nroute = {{ w = ['od'] }}\n");
        let supply = supply(&text, &[back_in_an_hour(0.0)], flat(1, 4));
        let mut path = steady(4, &[120.0]);
        path.workloads[0].tokens[1..].fill(ByClass::ZERO);
        path.workloads[0].requests[1..].fill(0.0);
        let service = first_month(&supply, &dispatched(&supply, &path));
        close(service.tokens_on_demand, served);
        close(service.cost_on_demand, served);
        close(service.tokens_throttled, failed);
        close(service.requests_throttled, 0.1 * failed);
        close(service.requests_refused, 0.1 * (120.0 - quota + failed));
    }
}

/// Where nothing is bought everybody fails, however the minutes were drawn; and units that are always full serve all they hold, no more and
/// no less, with what they leave on demand.
#[test]
fn what_is_drawn_never_changes_what_a_full_offer_serves() {
    let text = |route: &str| {
        format!(
            "{ON_DEMAND}{}[[plan]]\nname = 'p'\nroute = {{ w = [{route}] }}\nsweep = {{ units = {{ u = [0, 5] }} }}\n",
            units("u", "1 tokens/h")
        )
    };
    for (route, spills) in [("'u'", false), ("'u', 'od'", true)] {
        // A second limit, so that hours are walked.
        let text =
            if spills { text(route).replace("USD/token' }\n", "USD/token' }\nquota = { rate = '900 tokens/h' }\n") } else { text(route) };
        let supply = supply(&text, &[back_in_an_hour(0.3)], flat(2, 50));
        let path = steady(100, &[1000.0]);
        let mut totals = supply.totals();
        let mut dispatcher = supply.dispatcher(1);
        for replication in 0..5 {
            dispatcher.dispatch(replication, &path, &mut totals, None);
            for case in 0..2 {
                let sum = |f: fn(&ServiceTotals) -> f64| {
                    (0..2).map(|month| f(&totals.services[supply.service_index(0, case, month)])).sum::<f64>()
                };
                let units = [0.0, 5.0][case];
                close(sum(|s| s.tokens_provisioned), 100.0 * units);
                close(sum(|s| s.tokens_on_demand + s.tokens_provisioned + s.tokens_throttled), 100_000.0);
                if !spills {
                    close(sum(|s| s.requests_throttled), 10.0 * (1000.0 - units));
                }
                let used: f64 = (0..2).map(|month| totals.used[supply.used_index(0, case, month)]).sum();
                close(used, 100.0 * units);
                assert!(sum(|s| s.requests_refused) >= sum(|s| s.requests_throttled));
            }
        }
    }
}

/// A bucket that spills whole requests is met anew in every window, and nothing of one future is left for the next.
#[test]
fn a_bucket_of_whole_requests_has_no_past() {
    let text = format!(
        "{ON_DEMAND}{}overflow = 'request'\nrefill = 'steadily'\n[[plan]]\nname = 'p'\nroute = {{ w = ['u', 'od'] }}\nunits = {{ u = 90 }}\n",
        units("u", "1 tokens/h")
    );
    let supply = supply(&text, &[workload("w", Margin::Gamma, 0.0)], flat(1, 3));
    let path = steady(3, &[600.0]);
    let mut dispatcher = supply.dispatcher(1);
    let both = [0, 1].map(|replication| {
        let mut totals = supply.totals();
        dispatcher.dispatch(replication, &path, &mut totals, None);
        first_month(&supply, &totals)
    });
    // Half a request of 10 tokens would go along in each of the 180 windows, and 1.5 come in: what is served is what was in the bucket.
    assert!(both[0].tokens_provisioned < 1.5, "{:?}", both[0]);
    assert_eq!(both[0], both[1]);
}

/// Tokens served by hour.
struct Served(Vec<f64>);

impl HourSink for Served {
    fn hour(&mut self, _: usize, _: usize, _: usize, service: &HourService<'_>) {
        self.0.push(service.served.iter().sum());
    }
}

/// A bucket of ten minutes at 60 an hour holds 10. Interactive work of 75 in every other hour has 60 and the bucket's 10, and what waits has
/// 60 of the first hour; later, 50 and not the 10 that fill the bucket again.
#[test]
fn work_that_waits_leaves_the_bucket_to_others() {
    let text = format!(
        "{ON_DEMAND}quota = {{ rate = '60 tokens/h', window = '600s', refill = 'steadily' }}\n\
         [[plan]]\nname = 'p'\nroute = {{ w = ['od'], q = ['od'] }}\n"
    );
    let queue = WorkloadFacts { interactive: false, queue: true, deadline: 100.0, ..workload("q", Margin::Gamma, 0.0) };
    let supply = supply(&text, &[workload("w", Margin::Gamma, 0.0), queue], flat(1, 6));
    let mut path = DemandPath::new(2, 6);
    for (workload, hour, tokens) in [(0, 1, 75.0), (0, 3, 75.0), (0, 5, 75.0), (1, 0, 1000.0)] {
        path.workloads[workload].tokens[hour] = ByClass { input: tokens, ..ByClass::ZERO };
        path.workloads[workload].requests[hour] = tokens / 10.0;
    }
    let (mut totals, mut served) = (supply.totals(), Served(Vec::new()));
    supply.dispatcher(1).dispatch(0, &path, &mut totals, Some(&mut served));
    for (served, wanted) in served.0.iter().zip([60.0, 70.0, 50.0, 70.0, 50.0, 70.0]) {
        // To what a tick of 5 s serves.
        assert!((served - wanted).abs() < 0.11, "{served} is not {wanted}");
    }
    close(served.0.iter().sum::<f64>(), 370.0);
    close(first_month(&supply, &totals).cost_on_demand, 370.0);
}

/// In the second month all prices on demand are half: what classes of different mixes, and the work that waits beside them, pay in it is
/// half of the first month's, and units are worth half.
#[test]
fn a_price_cut_halves_what_classes_and_queues_pay() {
    let text = format!(
        "{ON_DEMAND}quota = {{ rate = '80 tokens/h' }}\nprice_cuts = [{{ month = 2, cut = '50%' }}]\n{}[[plan]]\nname = 'p'\n\
         route = {{ a = ['u', 'od'], b = ['u', 'od'], q = ['od'] }}\nunits = {{ u = 40 }}\n",
        units("u", "1 tokens/h")
    );
    let ranked = |name, place| WorkloadFacts { priority: Some(place), ..workload(name, Margin::Gamma, 0.5) };
    for waits in [false, true] {
        let queue = WorkloadFacts { interactive: false, queue: waits, deadline: 1.0, ..workload("q", Margin::Gamma, 0.0) };
        let supply = supply(
            &text.replace("q = ['od']", if waits { "q = ['od']" } else { "q = ['u', 'od']" }),
            &[ranked("a", 1), ranked("b", 2), queue],
            flat(2, 30),
        );
        let mut path = steady(60, &[50.0, 40.0, 5.0]);
        path.workloads[1].tokens.fill(ByClass { input: 10.0, output: 30.0, ..ByClass::ZERO });
        let totals = dispatched(&supply, &path);
        let [one, two] = [0, 1].map(|month| totals.services[supply.service_index(0, 0, month)]);
        assert!(one.cost_on_demand > 0.0 && one.value_provisioned > 0.0);
        close(two.cost_on_demand, 0.5 * one.cost_on_demand);
        close(two.value_provisioned, 0.5 * one.value_provisioned);
        close(two.tokens_on_demand, one.tokens_on_demand);
        if !waits {
            let paid = |month| totals.members[supply.member_index(0, 0, month)..][..3].iter().map(|m| m.cost_on_demand).sum::<f64>();
            close(paid(0), one.cost_on_demand);
            close(paid(1), two.cost_on_demand);
        }
    }
}

/// Of a quota of 100 others take 40, and an incident takes half: 10 are left of it.
#[test]
fn incidents_take_from_the_whole_quota() {
    let text = format!(
        "{ON_DEMAND}quota = {{ rate = '100 tokens/h', others = '40 tokens/h' }}\nincidents = {{ every = '2h', lasting = '2h', takes = '50%' }}\n\
         [[plan]]\nname = 'p'\nroute = {{ w = ['od'] }}\n"
    );
    let supply = supply(&text, &[workload("w", Margin::Gamma, 0.0)], flat(1, 200));
    let service = first_month(&supply, &dispatched(&supply, &steady(200, &[60.0])));
    assert!(service.throttled_hours > 20.0);
    close(service.tokens_throttled, 50.0 * service.throttled_hours);
}

/// An offer without a quota is gone in an incident. Who comes back every hour is served once it is over, but for those whom the end of the
/// horizon finds in one.
#[test]
fn clients_outlast_an_incident_without_a_quota() {
    let text = format!(
        "{ON_DEMAND}incidents = {{ every = '20h', lasting = '3h', takes = '100%' }}\n[[plan]]\nname = 'p'\nroute = {{ w = ['od'] }}\n"
    );
    let mut patient = back_in_an_hour(0.0);
    let alone = workload("w", Margin::Gamma, 0.0);
    patient.retry = patient.retry.map(|retry| Retry { attempts: 20, ..retry });
    let [back, gone] = [patient, alone].map(|facts| {
        let supply = supply(&text, &[facts], flat(1, 400));
        first_month(&supply, &dispatched(&supply, &steady(400, &[60.0])))
    });
    let down = gone.throttled_hours;
    assert!(down > 20.0 && gone.refined_hours == 0.0);
    close(gone.tokens_throttled, 60.0 * down);
    assert!(back.tokens_throttled <= 60.0 * 19.0 && back.tokens_throttled < 0.5 * gone.tokens_throttled, "{back:?}");
    assert!(back.requests_refused >= 6.0 * down * (1.0 - 1e-9) && back.throttled_hours <= down);
    close(back.tokens_on_demand + back.tokens_throttled, 24_000.0);
    close(back.cost_on_demand, back.tokens_on_demand);
}

/// Requests of 10 tokens that hold 10 more until they end fit into a quota of 200 ten times; in an incident that takes half of it, five do.
#[test]
fn incidents_leave_less_to_hold() {
    let text = format!(
        "{ON_DEMAND}quota = {{ rate = '200 tokens/h', hold = {{ settles = 'never', unset_max_tokens = 10 }} }}\n\
         incidents = {{ every = '2h', lasting = '2h', takes = '50%' }}\n[[plan]]\nname = 'p'\nroute = {{ w = ['od'] }}\n"
    );
    let supply = supply(&text, &[workload("w", Margin::Gamma, 0.0)], flat(1, 200));
    let service = first_month(&supply, &dispatched(&supply, &steady(200, &[100.0])));
    assert!(service.throttled_hours > 20.0);
    close(service.tokens_throttled, 50.0 * service.throttled_hours);
    close(service.cost_on_demand, 20_000.0 - 50.0 * service.throttled_hours);
}

/// A week of 60 units in two months of 100 hours: of 100 an hour, 30 go on demand, and whoever is refused comes back to full offers.
#[test]
fn a_week_of_units_in_a_pool_that_is_walked() {
    let text = format!(
        "{ON_DEMAND}quota = {{ rate = '30 tokens/h' }}\n{}renewal = 'end'\n[[plan]]\nname = 'p'\nroute = {{ w = ['u', 'od'] }}\nunits = {{ u = 60 }}\n",
        units("u", "1 tokens/h").replace("none", "'1 week'")
    );
    let supply = supply(&text, &[back_in_an_hour(0.0)], flat(2, 100));
    let totals = dispatched(&supply, &steady(200, &[100.0]));
    let [one, two] = [0, 1].map(|month| totals.services[supply.service_index(0, 0, month)]);
    let used = [0, 1].map(|month| totals.used[supply.used_index(0, 0, month)]);
    assert_eq!(MAX_AXES, 2);
    close(used[0], 6000.0);
    close(used[1], 60.0 * 68.0);
    close(one.tokens_on_demand + two.tokens_on_demand, 200.0 * 30.0);
    close(one.tokens_throttled + two.tokens_throttled, 168.0 * 10.0 + 32.0 * 70.0);
    assert!(one.requests_refused > one.requests_throttled && two.requests_refused > two.requests_throttled);
}

/// 120 tokens in the last hour of a month and 60 served an hour: half of each minute is refused and comes back in the first hour of the
/// next month, in the second half of its minute. All are served where nobody else asks. Where 60 more do, the second half of a minute has
/// room for a third of those in it. Who waited counts in the month in which they asked, and what they cost where they are served.
#[test]
fn who_waits_at_a_months_end_counts_where_they_asked() {
    for (next, served) in [(0.0, 60.0), (60.0, 20.0)] {
        let text = format!("{ON_DEMAND}quota = {{ rate = '60 tokens/h' }}\n[[plan]]\nname = 'p'\nroute = {{ w = ['od'] }}\n");
        let supply = supply(&text, &[back_in_an_hour(0.0)], flat(2, 3));
        let mut path = DemandPath::new(1, 6);
        for (hour, tokens) in [(2, 120.0), (3, next)] {
            path.workloads[0].tokens[hour] = ByClass { input: tokens, ..ByClass::ZERO };
            path.workloads[0].requests[hour] = 0.1 * tokens;
        }
        let totals = dispatched(&supply, &path);
        let [first, second] = [0, 1].map(|month| totals.services[supply.service_index(0, 0, month)]);
        close(first.tokens_on_demand, 60.0 + served);
        close(first.tokens_throttled, 60.0 - served);
        close(first.requests_throttled, 0.1 * (60.0 - served));
        close(first.cost_on_demand, 60.0);
        // Who asks in the second month and is refused comes back an hour later.
        close(second.tokens_on_demand, next);
        close(second.tokens_throttled, 0.0);
        close(second.cost_on_demand, next + served);
    }
}

/// Requests that wait make no attempts: of 12 that come at once half are refused and come back, whatever waits beside them.
#[test]
fn requests_at_once_are_those_that_do_not_wait() {
    let text = format!("{ON_DEMAND}quota = {{ rate = '60 tokens/h' }}\n[[plan]]\nname = 'p'\nroute = {{ w = ['od'], q = ['od'] }}\n");
    let queue = WorkloadFacts { interactive: false, queue: true, ..workload("q", Margin::Gamma, 0.0) };
    let supply = supply(&text, &[back_in_an_hour(0.0), queue], flat(1, 4));
    let mut path = steady(4, &[120.0, 40.0]);
    path.workloads[0].requests[1..].fill(0.0);
    path.workloads[0].tokens[1..].fill(ByClass::ZERO);
    let totals = dispatched(&supply, &path);
    close(totals.demand[0].requests_at_once, path.workloads[0].requests[0]);
    close(totals.demand[0].requests, path.workloads.iter().flat_map(|workload| &workload.requests).sum());
}
