//! Work that waits: queues, the hours in which they are served, jobs that take their time, limits on lateness.

use super::case::{BASE, check, edited, judged};

#[test]
fn a_queue_of_what_cannot_wait() {
    let text = edited(BASE, "deferrable_share = \"10%\"", "queue = «true»");
    let text = edited(&text, "\"copilot.deferrable\" = [\"batch\"], ", "");
    let told = "workload.copilot.queue: is about work that can wait, and all of this is served now; given: true; allowed: `class = \"deferrable\"`, …";
    judged(&text, &[told]).unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn queues() {
    check(&[
        (
            "a queue in words",
            "class = \"deferrable\"\nwindow = \"24h\"",
            "class = \"deferrable\"\nqueue = «\"yes\"»\nwindow = \"24h\"",
            "workload.nightly.queue: …; given: \"yes\"…",
        ),
        (
            "hours without anything that waits",
            "name = \"all on-demand\"\n",
            "name = \"all on-demand\"\nhours = { «on-demand» = { from = 22, until = 6 } }\n",
            "plan.all on-demand.hours.on-demand: limits the hours of work that waits, and none of this plan's goes there; given: …; allowed: an on-demand or provisioned offer on the route of a workload with `queue = true`",
        ),
        (
            "hours of no offer",
            "name = \"all on-demand\"\n",
            "name = \"all on-demand\"\nhours = { «on-demnd» = { from = 22, until = 6 } }\n",
            "plan.all on-demand.hours.on-demnd: is no offer; given: on-demnd; allowed: on-demand, units, reserved, batch; did you mean `on-demand`?",
        ),
        (
            "a limit of what is never late",
            "throttled_requests_share = \"0.1%\"",
            "missed_deadlines_share = «\"5%\"»",
            "limits.missed_deadlines_share: limits what is late, and no work of any plan waits; given: \"5%\"; allowed: a deferrable workload with `queue = true`, or …",
        ),
        (
            "a limit above all",
            "throttled_requests_share = \"0.1%\"",
            "missed_deadlines_share = «3»",
            "limits.missed_deadlines_share: is out of range; given: 3; allowed: a share from 0 to 1, …",
        ),
    ]);
}

#[test]
fn jobs() {
    let batch = "minimum_records = 100";
    check(&[
        (
            "an expiry of nothing",
            batch,
            "expiry = «\"24h\"»",
            "offer.batch.expiry: says when jobs end and not how long they take; given: \"24h\"; allowed: `completion = { mean = …, p95 = … }` beside it",
        ),
        (
            "places for jobs of unknown length",
            batch,
            "jobs_in_flight = «10»",
            "offer.batch.jobs_in_flight: says when jobs end and not how long they take; given: 10; allowed: …",
        ),
        (
            "no place",
            batch,
            "completion = { mean = \"3h\" }\njobs_in_flight = «0»",
            "offer.batch.jobs_in_flight: lets no job run; given: 0; allowed: at least 1",
        ),
        (
            "a law without a mean",
            batch,
            "completion = «»{ p95 = \"8h\" }",
            "offer.batch.completion.mean: is missing; given: nothing; allowed: a span of time, …",
        ),
        (
            "a tail that no lognormal law has",
            batch,
            "completion = { mean = \"3h\", p95 = «\"12h\"» }",
            "offer.batch.completion.p95: is 4.000 times the mean, which no lognormal law has; given: \"12h\"; allowed: from 1 to 3.868 times the mean",
        ),
        (
            "a bare number of hours",
            batch,
            "completion = { mean = «3» }",
            "offer.batch.completion.mean: is a bare number: its unit and denominator must be said; given: 3; allowed: …",
        ),
    ]);
}
