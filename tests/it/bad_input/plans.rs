//! Plans: routes, units, terms and sweeps.

use super::case::check;

const ROUTE: &str = "route = { copilot = [\"units\", \"on-demand\"], \"copilot.deferrable\" = [\"batch\"], nightly = [\"batch\"] }";
const UNITS: &str = "units = { units = \"0..=8 step 2\" }";
const TERM: &str = "term = { units = [\"none\", \"1 month\"] }";
const RESERVED: &str = "units = { reserved = { input = 100, output = 10 } }";

#[test]
fn routes() {
    check(&[
        (
            "an unknown offer",
            "[\"units\", \"on-demand\"]",
            "[\"units\", «\"ondemand\"»]",
            "plan.committed.route.copilot.2: is no offer; given: \"ondemand\"; allowed: on-demand, units, reserved, batch; did you mean \"on-demand\"?",
        ),
        (
            "an unknown workload",
            ROUTE,
            "route = { copilot = [\"units\"], «nightli» = [\"batch\"], nightly = [\"batch\"] }",
            "plan.committed.route.nightli: …; given: …; allowed: …; did you mean `nightly`?",
        ),
        (
            "a workload without a route",
            ROUTE,
            "route = «{ copilot = [\"units\"] }»",
            "plan.committed.route: has no route for the workload `nightly`; …allowed: a route for every workload",
        ),
        (
            "an empty route",
            "copilot = [\"on-demand\"]",
            "copilot = «[]»",
            "plan.all on-demand.route.copilot: is empty; given: []; allowed: at least one offer",
        ),
        (
            "no route at all",
            "[[plan]]\nname = \"all on-demand\"\nroute = { copilot = [\"on-demand\"], nightly = [\"on-demand\"] }",
            "«»[[plan]]\nname = \"all on-demand\"",
            "plan.all on-demand.route: is missing; given: nothing…",
        ),
        (
            "a route that is no list",
            "copilot = [\"on-demand\"]",
            "copilot = «\"on-demand\"»",
            "plan.all on-demand.route.copilot: is text where a list is needed; given: \"on-demand\"; allowed: a list",
        ),
        (
            "an offer twice",
            "[\"units\", \"on-demand\"]",
            "[\"units\", «\"units\"»]",
            "plan.committed.route.copilot.2: stands twice in one route; given: \"units\"; allowed: every offer once",
        ),
        (
            "work of now in a batch",
            "copilot = [\"on-demand\"]",
            "copilot = [«\"batch\"»]",
            "plan.all on-demand.route.copilot.1: is a batch offer, and this work must be served now; given: \"batch\"; allowed: an on-demand or provisioned offer, or `class = \"deferrable\"`",
        ),
        (
            "a batch after something",
            "nightly = [\"on-demand\"] }",
            "nightly = [\"on-demand\", «\"batch\"»] }",
            "plan.all on-demand.route.nightly.2: is a batch offer after another one; it takes whole windows of work; given: \"batch\"; allowed: a batch offer first",
        ),
        (
            "a part that waits where none does",
            "nightly = [\"on-demand\"] }",
            "nightly = [\"on-demand\"], «\"nightly.deferrable\"» = [\"batch\"] }",
            "plan.all on-demand.route.nightly.deferrable: …",
        ),
        (
            "one name twice",
            "name = \"reserved\"\nroute",
            "name = «\"committed\"»\nroute",
            "plan.committed.name: is the name of a plan before it; given: \"committed\"; allowed: every name once",
        ),
        (
            "one offer twice",
            "name = \"reserved\"\nkind",
            "name = «\"units\"»\nkind",
            "offer.units.name: is the name of an offer before it; given: \"units\"; allowed: every name once",
        ),
        (
            "routes that part after they met",
            "nightly = [\"batch\"] }\nunits = {",
            "nightly = «[\"reserved\"]» }\nunits = {",
            "plan.reserved.route.nightly: meets the route of `copilot` at `reserved` and ends where that one goes on to `on-demand`: what overflows from a shared offer goes one way; given: [\"reserved\"]; allowed: routes that go on alike after an offer they share",
        ),
    ]);
}

#[test]
fn units_and_terms() {
    check(&[
        (
            "below the minimum",
            UNITS,
            "units = { units = «\"0, 1, 2\"» }",
            "plan.committed.sweep.units.units: holds 1, which cannot be bought; given: \"0, 1, 2\"; allowed: 0, or 2 and steps of 2 above it",
        ),
        (
            "off the increment",
            UNITS,
            "units = { units = «[0, 2, 3]» }",
            "plan.committed.sweep.units.units: holds 3, which cannot be bought; given: [0, 2, 3]; allowed: 0, or 2 and steps of 2 above it",
        ),
        (
            "below the minimum of an axis",
            RESERVED,
            "units = { reserved = { input = «50», output = 10 } }",
            "plan.reserved.units.reserved.input: holds 50, which cannot be bought; given: 50; allowed: 0, or 100 and steps of 1 above it",
        ),
        (
            "one number for two axes",
            RESERVED,
            "units = { reserved = «100» }",
            "plan.reserved.units.reserved: is one number for an offer with two axes; given: 100; allowed: { input = …, output = … }",
        ),
        (
            "two axes of one",
            UNITS,
            "units = { units = «{ input = 2, output = 2 }» }",
            "plan.committed.sweep.units.units: names two axes of an offer that has one; given: …; allowed: one number of units",
        ),
        (
            "negative units",
            RESERVED,
            "units = { reserved = { input = «-100», output = 10 } }",
            "plan.reserved.units.reserved.input: holds -100, which cannot be bought; given: -100; …",
        ),
        (
            "endless units",
            RESERVED,
            "units = { reserved = { input = «inf», output = 10 } }",
            "plan.reserved.units.reserved.input: is not finite; given: inf; allowed: a finite number",
        ),
        (
            "units beyond counting",
            RESERVED,
            "units = { reserved = { input = «1e300», output = 10 } }",
            "plan.reserved.units.reserved.input: holds more units than any vendor has; given: 1e300; allowed: at most 1000000000 units",
        ),
        (
            "units of an unknown offer",
            UNITS,
            "units = { «unit» = \"0..=8 step 2\", units = \"0..=8 step 2\" }",
            "plan.committed.sweep.units.unit: is no offer; given: unit; allowed: units, reserved; did you mean `units`?",
        ),
        (
            "units of what is paid by the token",
            UNITS,
            "units = { «on-demand» = \"0..=8\", units = \"0..=8 step 2\" }",
            "plan.committed.sweep.units.on-demand: is paid by the token: no units of it can be bought; given: on-demand; allowed: units, reserved",
        ),
        (
            "units that no route uses",
            RESERVED,
            "units = { reserved = { input = 100, output = 10 }, «units» = 2 }",
            "plan.reserved.units.units: is bought, and no route of this plan uses it; given: units; …",
        ),
        (
            "no number of units",
            "route = { copilot = [\"reserved\", \"on-demand\"], nightly = [\"batch\"] }\nunits = { reserved = { input = 100, output = 10 } }",
            "route = «{ copilot = [\"reserved\", \"on-demand\"], nightly = [\"batch\"] }»",
            "plan.reserved.route: routes work to `reserved` and says no number of its units; given: …; allowed: `units = { reserved = … }` in the plan, in its sweep, or a `[[plan.purchase]]`",
        ),
        (
            "a term the offer does not have",
            TERM,
            "term = { units = [\"none\", «\"6 months\"»] }",
            "plan.committed.sweep.term.units.2: is a term that the offer does not have; given: \"6 months\"; allowed: \"none\", \"1 month\"",
        ),
        (
            "a term of a fortnight",
            TERM,
            "term = { units = [\"none\", «\"14 days\"»] }",
            "plan.committed.sweep.term.units.2: is a term of days, and terms are whole weeks, months or years; given: \"14 days\"; …",
        ),
        (
            "no term of two",
            "name = \"committed\"\nroute = { copilot = [\"units\", \"on-demand\"], \"copilot.deferrable\" = [\"batch\"], nightly = [\"batch\"] }\n[plan.sweep]\nunits = { units = \"0..=8 step 2\" }\nterm = { units = [\"none\", \"1 month\"] }",
            "name = «\"committed\"»\nroute = { copilot = [\"units\", \"on-demand\"], nightly = [\"batch\"] }\nunits = { units = 2 }",
            "plan.committed.name: buys `units` and does not say for which of its terms; given: \"committed\"; allowed: `term = { units = … }` with one of \"none\", \"1 month\"",
        ),
        (
            "a start after the end",
            RESERVED,
            "units = { reserved = { input = 100, output = 10 } }\nstart_month = { reserved = «3» }",
            "plan.reserved.start_month.reserved: is no month of the horizon; given: 3; allowed: a month from 1 to 2",
        ),
    ]);
}

#[test]
fn sweeps() {
    check(&[
        (
            "a range without its end",
            UNITS,
            "units = { units = «\"0..8\"» }",
            "plan.committed.sweep.units.units: has the range `0..8`, whose end must be said to belong to it: `..=`; given: \"0..8\"; allowed: numbers from 0 and ranges, such as \"0..=8\", \"0, 100..=400 step 50\" or [0, 2, 4]",
        ),
        (
            "a range of a billion",
            UNITS,
            "units = { units = «\"0..=1e9\"» }",
            "plan.committed.sweep.units.units: has the range `0..=1e9`, which holds more than 100000 numbers; given: …; allowed: …",
        ),
        (
            "a range of endless steps",
            UNITS,
            "units = { units = «\"0..=1e300 step 1e-300\"» }",
            "plan.committed.sweep.units.units: has the range `0..=1e300 step 1e-300`, which holds more than 100000 numbers; …",
        ),
        (
            "a range upside down",
            UNITS,
            "units = { units = «\"8..=0\"» }",
            "plan.committed.sweep.units.units: has the range `8..=0`, which ends before it begins; …",
        ),
        (
            "a step of nothing",
            UNITS,
            "units = { units = «\"0..=8 step 0\"» }",
            "plan.committed.sweep.units.units: has the range `0..=8 step 0`, whose step is not above zero; …",
        ),
        ("a number twice", UNITS, "units = { units = «\"2, 0..=4 step 2\"» }", "plan.committed.sweep.units.units: holds 2 twice; …"),
        ("a number left out", UNITS, "units = { units = «\"0,,2\"» }", "plan.committed.sweep.units.units: has an empty item; …"),
        (
            "words for numbers",
            UNITS,
            "units = { units = «\"two\"» }",
            "plan.committed.sweep.units.units: holds `two`, which is no number; …",
        ),
        ("no numbers", UNITS, "units = { units = «[]» }", "plan.committed.sweep.units.units: is empty; given: []; allowed: …"),
        (
            "a number of no number",
            UNITS,
            "units = { units = [«nan»] }",
            "plan.committed.sweep.units.units.1: is not finite; given: nan; allowed: a finite number",
        ),
        (
            "a negative number",
            UNITS,
            "units = { units = «[-2]» }",
            "plan.committed.sweep.units.units: holds -2, which is no number of units; …",
        ),
        (
            "lists of unequal length",
            RESERVED,
            "sweep = { linked = [«\"units\"»], units = { reserved = { input = [100, 150], output = [10, 20, 30] } } }",
            "plan.reserved.sweep.linked.1: links lists of different lengths: 2 of `units.input` and 3 of `units.output`; given: \"units\"; allowed: lists of one length",
        ),
        (
            "a link of nothing known",
            UNITS,
            "linked = [«\"unit\"»]\nunits = { units = \"0..=8 step 2\" }",
            "plan.committed.sweep.linked.1: is unknown; given: \"unit\"; allowed: \"units\", \"term\", \"start_month\"; did you mean \"units\"?",
        ),
        (
            "a misspelt axis",
            TERM,
            "term = { units = [\"none\"] }\n«terms» = { units = [\"none\"] }",
            "plan.committed.sweep.terms: is no field of the scenario here; given: terms; allowed: units, term, start_month, linked; did you mean `term`?",
        ),
        (
            "an empty list of terms",
            TERM,
            "term = { units = «[]» }",
            "plan.committed.sweep.term.units: is empty; given: []; allowed: at least one term",
        ),
    ]);
}
