//! Jobs against results by hand, and against the law of their duration.

use crate::horizon::Horizon;
use crate::random::law::Law;
use crate::supply::fixture::{dispatched, read, supply, workload};
use crate::supply::queue::tests::{close, offers, path, totals_of, waiting};
use crate::supply::{Margin, WorkloadFacts};

/// A batch offer at half a unit of money a token, with further lines.
fn batch(lines: &str) -> String {
    format!("[[offer]]\nname = 'batch'\nkind = 'batch'\nprice = {{ input = '0.5 USD/token', output = '1 USD/token' }}\n{lines}\n")
}

fn day() -> Horizon {
    Horizon::flat(1, 48).unwrap()
}

const ALONE: &str = "[[plan]]\nname = 'p'\nroute = { w = ['batch'] }\n";
const THEN: &str = "[[plan]]\nname = 'p'\nroute = { w = ['batch', 'od'] }\n";

/// One delivery at hour 3 is handed in as that hour begins; four hours of work when the last of them is over.
#[test]
fn a_job_is_handed_in_when_its_records_are_known() {
    let text = format!("{}{ALONE}", batch("completion = { mean = '4h' }"));
    let delivery: &[(usize, f64)] = &[(3, 100.0)];
    let four: &[(usize, f64)] = &[(1, 10.0), (2, 20.0), (3, 30.0), (4, 40.0)];
    // Done at 7, four hours after the delivery; at 9, so that the hours 1 to 4 are 8, 7, 6 and 5 hours old.
    for (job, deadline, late, more) in [
        (delivery, 4.0, 0.0, 0.0),
        (delivery, 3.5, 100.0, 0.0),
        (delivery, 2.5, 100.0, 100.0),
        (four, 8.0, 0.0, 0.0),
        (four, 6.0, 30.0, 10.0),
    ] {
        // Work that goes to a job that takes its time waits whether its workload says so or not.
        let facts = WorkloadFacts { queue: false, ..waiting("w", deadline) };
        let supply = supply(&text, &[facts], day());
        let (service, queue) = totals_of(&supply, &dispatched(&supply, &path(48, &[job])), "p", 0);
        close(service.tokens_late, late);
        close(service.tokens_batch, 100.0 - late);
        close(service.cost_batch, 50.0);
        close(queue.tokens_late_one_hour_more, more);
        close(queue.requests_late, late / 10.0);
        assert_eq!((queue.windows, queue.windows_missed), (1.0, f64::from(u8::from(late > 0.0))));
    }
}

/// Four jobs of 25 records, two at a time, three hours each: they end at 3, 3, 6 and 6. Two workloads share the two places.
#[test]
fn jobs_in_flight() {
    let text = format!("{}{ALONE}", batch("maximum_records = 25\njobs_in_flight = 2\ncompletion = { mean = '3h' }"));
    let with_expiry = |expiry: &str| text.replace("jobs_in", &format!("expiry = '{expiry}'\njobs_in"));
    for (text, deadline, late) in [(&text, 3.0, 500.0), (&text, 6.0, 0.0), (&with_expiry("3h"), 5.0, 500.0)] {
        let supply = supply(text, &[waiting("w", deadline)], day());
        let (service, _) = totals_of(&supply, &dispatched(&supply, &path(48, &[&[(0, 1000.0)]])), "p", 0);
        close(service.tokens_late, late);
        close(service.cost_batch, 500.0);
    }
    let both = text.replace("{ w = ['batch'] }", "{ v = ['batch'], w = ['batch'] }");
    let supply = supply(&both, &[waiting("v", 3.0), waiting("w", 3.0)], day());
    assert_eq!(supply.groups.len(), 1, "they compete for places");
    // v's two jobs come first, w's wait for them.
    let (service, queue) = totals_of(&supply, &dispatched(&supply, &path(48, &[&[(0, 500.0)], &[(0, 400.0)]])), "p", 0);
    close(service.tokens_batch, 500.0);
    close(service.tokens_late, 400.0);
    assert_eq!((queue.windows, queue.windows_missed), (2.0, 1.0));
}

/// A job of 30 hours that is given up after 24: four fifths are done and paid at hour 24, the rest goes on demand or is late.
#[test]
fn what_expires_goes_on() {
    let lines = "completion = { mean = '30h' }";
    let then = format!("{}{}{THEN}", offers(&[("od", 15.0)]), batch(lines));
    let alone = format!("{}{ALONE}", batch(lines));
    let job = path(48, &[&[(0, 100.0)]]);
    for (text, deadline, in_batch, on_demand) in
        [(&then, 24.0, 80.0, 0.0), (&then, 25.0, 80.0, 15.0), (&then, 26.0, 80.0, 20.0), (&alone, 40.0, 80.0, 0.0)]
    {
        let supply = supply(text, &[waiting("w", deadline)], day());
        let (service, queue) = totals_of(&supply, &dispatched(&supply, &job), "p", 0);
        close(service.tokens_batch, in_batch);
        close(service.tokens_on_demand, on_demand);
        close(service.tokens_late, 20.0 - on_demand);
        close(service.cost_batch, 40.0);
        close(service.cost_on_demand, if text == &then { 20.0 } else { 0.0 });
        assert_eq!(queue.tokens_waiting, 0.0);
    }
}

/// Windows too small for a job are told, and go on when their records are known: on demand, or, where there is nothing else, to nobody.
#[test]
fn small_windows_go_on() {
    let lines = "minimum_records = 50\ncompletion = { mean = '1h' }";
    let job = path(48, &[&[(0, 100.0), (2, 300.0), (26, 900.0)]]);
    let text = format!("{}{}{THEN}", offers(&[("od", 1000.0)]), batch(lines));
    let supply_then = supply(&text, &[waiting("w", 3.0)], day());
    let totals = dispatched(&supply_then, &job);
    let (service, _) = totals_of(&supply_then, &totals, "p", 0);
    // Known at hour 3 and done by 4: four hours after the first 100.
    assert_eq!((service.tokens_late, service.tokens_on_demand, service.tokens_batch), (100.0, 300.0, 900.0));
    assert_eq!((totals.demand[0].windows_below_minimum, totals.demand[0].requests_below_minimum), (1.0, 40.0));
    let text = format!("{}{ALONE}", batch(lines));
    let supply_alone = supply(&text, &[waiting("w", 3.0)], day());
    let (service, queue) = totals_of(&supply_alone, &dispatched(&supply_alone, &job), "p", 0);
    assert_eq!((service.tokens_throttled, service.tokens_batch, service.tokens_late), (400.0, 900.0, 0.0));
    assert_eq!((queue.windows, queue.windows_missed), (2.0, 1.0));
    // Without a completion nothing is known of the end: in time, and the small window is on its way as it arrives.
    let text = format!("{}{}{THEN}", offers(&[("od", 1000.0)]), batch("minimum_records = 50"));
    let supply_fixed = supply(&text, &[waiting("w", 1.0)], day());
    let (service, _) = totals_of(&supply_fixed, &dispatched(&supply_fixed, &job), "p", 0);
    assert_eq!((service.tokens_late, service.tokens_on_demand, service.tokens_batch), (0.0, 400.0, 900.0));
}

/// A job is followed beyond the horizon's end; what it leaves to others then is late or told as waiting.
#[test]
fn jobs_beyond_the_end() {
    let text = format!("{}{}{THEN}", offers(&[("od", 1000.0)]), batch("expiry = '4h'\ncompletion = { mean = '8h' }"));
    let job = path(48, &[&[(46, 100.0), (47, 100.0)]]);
    for (deadline, waits) in [(7.0, 100.0), (6.0, 50.0), (5.0, 0.0)] {
        let supply = supply(&text, &[waiting("w", deadline)], day());
        let (service, queue) = totals_of(&supply, &dispatched(&supply, &job), "p", 0);
        // Handed in at 48 and given up at 52, half done: six and five hours after the arrivals. On demand it would be done by 53.
        let in_time = if deadline < 6.0 { 50.0 } else { 100.0 };
        close(service.tokens_batch, in_time);
        close(queue.tokens_waiting, waits);
        close(service.tokens_late, 200.0 - in_time - waits);
        close(service.cost_batch, 50.0);
    }
}

/// The share of jobs that miss their deadline is the chance that their duration exceeds it, within four standard errors, and plans share the
/// luck: a second offer of the same law sees the same jobs late.
#[test]
fn as_late_as_the_law_says() {
    let lines = "window = '24h'\nexpiry = '400h'\ncompletion = { mean = '4h', p95 = '12h' }";
    let text = format!(
        "{}{ALONE}{}[[plan]]\nname = 'q'\nroute = {{ w = ['other', 'od'] }}\n",
        batch(lines),
        batch(lines).replace("'batch'\nkind", "'other'\nkind")
    );
    let text = format!("{}{text}", offers(&[("od", 1.0)]));
    let supply = supply(&text, &[waiting("w", 6.0)], Horizon::flat(1, 720).unwrap());
    let nights: Vec<(usize, f64)> = (0..30).map(|night| (24 * night, 10.0)).collect();
    let path = path(720, &[&nights]);
    let mut dispatcher = supply.dispatcher(5);
    let mut totals = supply.totals();
    let (mut missed, n) = ([0.0; 2], 400);
    for replication in 0..n {
        dispatcher.dispatch(replication, &path, &mut totals, None);
        let [p, q] = ["p", "q"].map(|plan| totals_of(&supply, &totals, plan, 0));
        assert_eq!((p.0.tokens_late.to_bits(), p.1), (q.0.tokens_late.to_bits(), q.1));
        close(p.0.tokens_late, 10.0 * p.1.windows_missed);
        missed[0] += p.1.windows_missed;
        missed[1] += p.1.tokens_late_one_hour_more / 10.0;
    }
    let law = Law::lognormal_by_mean_p95(4.0, 12.0).unwrap();
    for (missed, deadline) in missed.into_iter().zip([6.0, 7.0]) {
        let (jobs, chance) = (30.0 * n as f64, 1.0 - law.cdf(deadline));
        let error = (chance * (1.0 - chance) / jobs).sqrt();
        assert!((missed / jobs - chance).abs() < 4.0 * error, "{} is not {chance} ± {error}", missed / jobs);
    }
}

/// What the new keys are refused for.
#[test]
fn bad_jobs() {
    let told = |lines: &str| read(&format!("{}{ALONE}", batch(lines)), &[waiting("w", 6.0)], day()).unwrap_err();
    for (lines, wanted) in [
        ("expiry = '24h'", "expiry: says when jobs end and not how long they take"),
        ("jobs_in_flight = 3", "jobs_in_flight: says when jobs end and not how long they take"),
        ("jobs_in_flight = 0\ncompletion = { mean = '4h' }", "jobs_in_flight: lets no job run; given: 0; allowed: at least 1"),
        ("completion = { mean = '4h', p95 = '16h' }", "completion.p95: is 4.000 times the mean, which no lognormal law has"),
        ("completion = { mean = '4h', p95 = '3h' }", "completion.p95: is 0.750 times the mean"),
        ("completion = { p95 = '3h' }", "completion.mean: is missing"),
    ] {
        let errors = told(lines);
        assert!(errors.len() == 1 && errors[0].contains(wanted), "{lines}: {errors:?}");
    }
    let hours = |hours: &str, facts: &WorkloadFacts| {
        let text = format!("{}{THEN}{hours}\n", batch("") + &offers(&[("od", 1.0)]));
        read(&text, std::slice::from_ref(facts), day()).unwrap_err()
    };
    let waits = waiting("w", 6.0);
    let served_now = WorkloadFacts { queue: false, ..waits.clone() };
    for (text, facts, wanted) in [
        (
            "hours = { odd = { from = 22, until = 6 } }",
            &waits,
            "hours.odd: is no offer; given: odd; allowed: batch, od; did you mean `od`?",
        ),
        ("hours = { od = { from = 24, until = 6 } }", &waits, "from: is no hour in which a schedule can begin"),
        ("hours = { batch = { from = 22, until = 6 } }", &waits, "hours.batch: limits the hours of work that waits, and none"),
        ("hours = { od = { from = 22, until = 6 } }", &served_now, "hours.od: limits the hours of work that waits, and none"),
    ] {
        let errors = hours(text, facts);
        assert!(errors.len() == 1 && errors[0].contains(wanted), "{text}: {errors:?}");
    }
    let interactive = workload("w", Margin::Gamma, 0.0);
    assert!(hours("", &interactive)[0].contains("is a batch offer, and this work must be served now"));
}
