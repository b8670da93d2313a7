//! Workloads: events, classes and names.

use super::case::{BASE, check, edited, judged};

const EVENT: &str = "{ at = 2027-02-15, factor = 2.5, ramp = \"14 days\" }";

#[test]
fn events() {
    check(&[
        (
            "a date before the horizon",
            EVENT,
            "{ at = «2026-12-31», factor = 2 }",
            "workload.copilot.events.1.at: lies before the horizon; given: 2026-12-31; allowed: a date from 2027-01-01",
        ),
        (
            "an event without a time",
            EVENT,
            "«»{ factor = 2 }",
            "workload.copilot.events.1.at: is missing; given: nothing; allowed: `at` with a date, `at_month` (1 is the first) or `at_hour` (0 is the first)",
        ),
        (
            "an event at two times",
            EVENT,
            "«{ at = 2027-01-02, at_hour = 3, factor = 2 }»",
            "workload.copilot.events.1: says `at` in two ways…; allowed: one of at, at_month, at_hour",
        ),
        (
            "an event of no effect",
            EVENT,
            "«»{ at = 2027-01-02 }",
            "workload.copilot.events.1.factor: is missing; given: nothing; allowed: a `factor`, or `move` and `to`",
        ),
        (
            "an event that ends first",
            EVENT,
            "«{ at = 2027-01-09, until = 2027-01-02, factor = 2 }»",
            "workload.copilot.events.1: is over before it begins; given: …; allowed: an end after the beginning",
        ),
        (
            "a move to nowhere",
            EVENT,
            "{ at = 2027-01-09, move = \"40%\", to = «\"nightlyy\"» }",
            "workload.copilot.events.1.to: is no other workload; given: \"nightlyy\"; allowed: nightly; did you mean \"nightly\"?",
        ),
        (
            "a move to itself",
            EVENT,
            "{ at = 2027-01-09, move = \"40%\", to = «\"copilot\"» }",
            "workload.copilot.events.1.to: is no other workload; given: \"copilot\"; allowed: nightly",
        ),
        (
            "a move without where to",
            EVENT,
            "«»{ at = 2027-01-09, move = \"40%\" }",
            "workload.copilot.events.1.to: is missing; given: nothing; allowed: the name of the workload the share moves to",
        ),
        (
            "a move of more than all",
            EVENT,
            "{ at = 2027-01-09, move = «\"140%\"», to = \"nightly\" }",
            "workload.copilot.events.1.move: is no share of a whole; given: \"140%\"; allowed: …",
        ),
        (
            "a negative factor",
            EVENT,
            "{ at = 2027-01-09, factor = «-2» }",
            "workload.copilot.events.1.factor: is out of range; given: -2; allowed: a factor from 0 to 1e6",
        ),
        (
            "month 0",
            EVENT,
            "{ at_month = «0», factor = 2 }",
            "workload.copilot.events.1.at_month: is no month; given: 0; allowed: 1 for the first month, and up",
        ),
        (
            "a ramp without a unit",
            "ramp = \"14 days\"",
            "ramp = «14»",
            "workload.copilot.events.1.ramp: is a bare number: its unit and denominator must be said; given: 14; …",
        ),
        (
            "a probability above 1",
            EVENT,
            "{ at = 2027-01-09, factor = 2, probability = «\"140%\"» }",
            "workload.copilot.events.1.probability: is no share of a whole; given: \"140%\"; allowed: …",
        ),
        (
            "a slip of nothing",
            EVENT,
            "{ at = 2027-01-09, factor = 2, slip = «»{} }",
            "workload.copilot.events.1.slip.mean: is missing; given: nothing; allowed: `mean`, such as \"4 weeks\", or `probability` and `length`",
        ),
        (
            "a slip by two laws",
            EVENT,
            "{ at = 2027-01-09, factor = 2, slip = { mean = \"4 weeks\", probability = «0.3» } }",
            "workload.copilot.events.1.slip.probability: cannot stand beside `mean`; given: 0.3; allowed: either `mean`, or `probability` and `length`",
        ),
        (
            "a slip without its length",
            EVENT,
            "{ at = 2027-01-09, factor = 2, slip = «»{ probability = 0.3 } }",
            "workload.copilot.events.1.slip.length: is missing; given: nothing; allowed: by how much it slips, such as \"6 weeks\"",
        ),
        (
            "a slip without its chance",
            EVENT,
            "{ at = 2027-01-09, factor = 2, slip = «»{ length = \"2 weeks\" } }",
            "workload.copilot.events.1.slip.probability: is missing; given: nothing; allowed: how likely it slips by `length`, such as \"30%\"",
        ),
        (
            "a slip of part of an hour",
            EVENT,
            "{ at = 2027-01-09, factor = 2, slip = { probability = 0.3, length = «\"90 min\"» } }",
            "workload.copilot.events.1.slip.length: is no whole number of hours; given: \"90 min\"; allowed: whole hours, such as \"6 weeks\"",
        ),
        (
            "a slip of years",
            EVENT,
            "{ at = 2027-01-09, factor = 2, slip = { mean = «\"200 weeks\"» } }",
            "workload.copilot.events.1.slip.mean: is longer than any plan; given: \"200 weeks\"; allowed: at most 104 weeks",
        ),
        (
            "a slip without a unit",
            EVENT,
            "{ at = 2027-01-09, factor = 2, slip = { mean = «4» } }",
            "workload.copilot.events.1.slip.mean: is a bare number: its unit and denominator must be said; given: 4; …",
        ),
        (
            "a slip of what is always there",
            EVENT,
            "{ at = 2027-01-01, factor = 2, slip = «{ mean = \"4 weeks\" }» }",
            "workload.copilot.events.1.slip: is of an event that lasts from the first hour to the last; given: …; allowed: a later beginning, or an end",
        ),
        (
            "a misspelt end",
            EVENT,
            "{ at = 2027-01-09, «untill» = 2027-01-12, factor = 2 }",
            "workload.copilot.events.1.untill: is no field of the scenario here; given: untill; …; did you mean `until`?",
        ),
    ]);
}

/// A date means nothing where there is no calendar, and the complaint says what to write.
#[test]
fn an_event_with_a_date_on_flat_months() {
    let flat = edited(BASE, "start = 2027-01-01\nmonths = 2\ntime_zone = \"America/New_York\"", "flat = { months = 2 }");
    let text = edited(&flat, "at = 2027-02-15", "at = «2027-02-15»");
    let wanted = "workload.copilot.events.1.at: is a date, and flat months have none; given: 2027-02-15; allowed: `at_month` (1 is the first) or `at_hour`";
    judged(&text, &[wanted]).unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn a_window_on_work_that_cannot_wait() {
    let text = edited(BASE, "deferrable_share = \"10%\"", "window = «\"24h\"»\ndeadline = «\"24h\"»");
    let text = edited(&text, ", \"copilot.deferrable\" = [\"batch\"]", "");
    let wanted = ["window", "deadline"].map(|field| {
        format!("workload.copilot.{field}: is about work that can wait, and all of this is served now; given: \"24h\"; allowed: `class = \"deferrable\"`, or a `deferrable_share`, beside it")
    });
    judged(&text, &[&wanted[0], &wanted[1]]).unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn classes_and_names() {
    check(&[
        (
            "a class of another name",
            "class = \"interactive\"",
            "class = «\"realtime\"»",
            "workload.copilot.class: is unknown; given: \"realtime\"; allowed: \"interactive\", \"deferrable\"",
        ),
        (
            "a kind of another name",
            "class = \"interactive\"",
            "kind = «\"chats\"»",
            "workload.copilot.kind: is unknown; given: \"chats\"; allowed: \"chat\", \"api\", \"agents\", \"batch\"; did you mean \"chat\"?",
        ),
        (
            "a part that waits of what waits",
            "class = \"deferrable\"",
            "class = \"deferrable\"\ndeferrable_share = «\"10%\"»",
            "workload.nightly.deferrable_share: belongs to an interactive workload: all of this one can wait; given: \"10%\"; allowed: class = \"interactive\" beside it",
        ),
        (
            "a window of nothing",
            "window = \"24h\"\ndeadline",
            "window = «\"0h\"»\ndeadline",
            "workload.nightly.window: is not above zero; given: \"0h\"; allowed: a span of time, …",
        ),
        (
            "a bare deadline",
            "deadline = \"24h\"",
            "deadline = «24»",
            "workload.nightly.deadline: is a bare number: its unit and denominator must be said; given: 24; allowed: a span of time, …",
        ),
        (
            "one name twice",
            "name = \"nightly\"",
            "name = «\"copilot\"»",
            "workload.copilot.name: is the name of another workload already; given: \"copilot\"; allowed: a name of its own",
        ),
        ("a name that is missing", "[[workload]]\nname = \"nightly\"", "«»[[workload]]", "workload.2.name: is missing; given: nothing…"),
        (
            "a list that is a table",
            "events = [{ at = 2027-02-15, factor = 2.5, ramp = \"14 days\" }]",
            "events = «{ at = 2027-02-15, factor = 2.5 }»",
            "workload.copilot.events: is a table where a list is needed; …; allowed: a list",
        ),
        (
            "repeat without a replay",
            "class = \"interactive\"",
            "repeat = «true»",
            "workload.copilot.repeat: says how to read a file, and there is no `replay`; given: true; allowed: `replay` beside it",
        ),
    ]);
}
