//! Clients that come back, reservations, and price cuts that may come.

use super::case::{BASE, check, edited, judged};

const CLASS: &str = "class = \"interactive\"";
const PRICED: &str = "source = \"a price page\"";
const PLAN: &str = "units = { reserved = { input = 100, output = 10 } }";

#[test]
fn retries() {
    check(&[
        (
            "one attempt",
            CLASS,
            "class = \"interactive\"\nretry = { attempts = «1» }",
            "workload.copilot.retry.attempts: is no number of attempts; given: 1; allowed: 2 to 20, the first one included",
        ),
        (
            "attempts without end",
            CLASS,
            "class = \"interactive\"\nretry = { attempts = «21» }",
            "workload.copilot.retry.attempts: is no number of attempts; given: 21; allowed: 2 to 20, the first one included",
        ),
        (
            "any number of attempts",
            CLASS,
            "class = \"interactive\"\nretry = «»{ first = \"1s\" }",
            "workload.copilot.retry.attempts: is missing; given: nothing",
        ),
        (
            "half an attempt",
            CLASS,
            "class = \"interactive\"\nretry = { attempts = «2.5» }",
            "workload.copilot.retry.attempts: …; given: 2.5; allowed: a whole number of at least 0",
        ),
        (
            "a delay of hours",
            CLASS,
            "class = \"interactive\"\nretry = { attempts = 3, longest = «\"2h\"» }",
            "workload.copilot.retry.longest: is out of range; given: \"2h\"; allowed: a delay from 0.1 s to 1 h",
        ),
        (
            "a bare delay",
            CLASS,
            "class = \"interactive\"\nretry = { attempts = 3, first = «1» }",
            "workload.copilot.retry.first: is a bare number: its unit and denominator must be said; given: 1; allowed: a span of time, …",
        ),
        (
            "ever shorter delays",
            CLASS,
            "class = \"interactive\"\nretry = { attempts = 3, factor = «0.5» }",
            "workload.copilot.retry.factor: is out of range; given: 0.5; allowed: 1 to 10",
        ),
        (
            "a jitter of another name",
            CLASS,
            "class = \"interactive\"\nretry = { attempts = 3, jitter = «\"ful\"» }",
            "workload.copilot.retry.jitter: is unknown; given: \"ful\"; allowed: \"full\", \"half\", \"none\"; did you mean \"full\"?",
        ),
    ]);
}

#[test]
fn price_cuts() {
    check(&[
        (
            "a cut of more than all",
            PRICED,
            "price_cuts = [{ month = 2, cut = «\"120%\"» }]",
            "offer.on-demand.price_cuts.1.cut: …; given: \"120%\"; allowed: a share from 0 to 1, …",
        ),
        (
            "a rise",
            PRICED,
            "price_cuts = [{ month = 2, cut = «-0.1» }]",
            "offer.on-demand.price_cuts.1.cut: is out of range; given: -0.1; allowed: a share from 0 to 1, …",
        ),
        (
            "no cut",
            PRICED,
            "price_cuts = [«»{ month = 2 }]",
            "offer.on-demand.price_cuts.1.cut: is missing; given: nothing; allowed: a share from 0 to 1, …",
        ),
        (
            "at no time",
            PRICED,
            "price_cuts = [«»{ cut = \"20%\" }]",
            "offer.on-demand.price_cuts.1.date: is missing; given: nothing; allowed: `date`, or `month` (1 is the first)",
        ),
        (
            "at two times",
            PRICED,
            "price_cuts = [{ date = 2027-01-15, month = «2», cut = \"20%\" }]",
            "offer.on-demand.price_cuts.1.month: cannot stand beside `date`; given: 2; allowed: either `date` or `month`",
        ),
        (
            "before the horizon",
            PRICED,
            "price_cuts = [{ date = «2026-12-31», cut = \"20%\" }]",
            "offer.on-demand.price_cuts.1.date: lies before the horizon; given: 2026-12-31; allowed: a date from 2027-01-01",
        ),
        (
            "in month 0",
            PRICED,
            "price_cuts = [{ month = «0», cut = \"20%\" }]",
            "offer.on-demand.price_cuts.1.month: is no month; given: 0; allowed: 1 for the first month, and up",
        ),
        (
            "likelier than sure",
            PRICED,
            "price_cuts = [{ month = 2, cut = \"20%\", probability = «\"101%\"» }]",
            "offer.on-demand.price_cuts.1.probability: …; given: \"101%\"; allowed: a share from 0 to 1, …",
        ),
        (
            "of units",
            "minimum = 2\n",
            "minimum = 2\n«price_cuts» = [{ month = 2, cut = \"20%\" }]\n",
            "offer.units.price_cuts: is no field of the scenario here; …",
        ),
    ]);
}

#[test]
fn reservations() {
    let base = edited(
        BASE,
        "name = \"reserved\"\nroute = { copilot = [\"reserved\", \"on-demand\"]",
        "name = \"reserved\"\nroute = { copilot = [\"reserved\", \"units\", \"on-demand\"]",
    );
    let deployed = "units = { reserved = { input = 100, output = 10 }, units = 2 }\nterm = { units = \"none\" }\nreservation = ";
    for (given, wanted) in [
        ("[{ offer = «\"unit\"», units = 2, term = \"1 month\" }]", "offer: is no offer…; given: …unit…"),
        ("[{ offer = «\"on-demand\"», units = 2, term = \"1 month\" }]", "offer: …; given: …"),
        (
            "[{ offer = \"units\", units = «-2», term = \"1 month\" }]",
            "units: is no number of units; given: -2; allowed: a number from 0 to 1000000000",
        ),
        ("[{ offer = \"units\", units = 2, term = «\"none\"» }]", "term: is no term to reserve for; given: \"none\"; allowed: \"1 month\""),
        (
            "[{ offer = \"units\", units = 2, term = «\"1 year\"» }]",
            "term: is a term that the offer does not have; given: \"1 year\"; allowed: …",
        ),
        ("[«»{ offer = \"units\", units = 2 }]", "term: is missing; given: nothing; allowed: …"),
        (
            "[{ offer = \"units\", units = 2, term = \"1 month\", start_month = «3» }]",
            "start_month: is no month of the horizon; given: 3; allowed: a month from 1 to 2",
        ),
        (
            "[{ offer = \"units\", units = 2, term = \"1 month\", renewal = «\"hourly\"» }]",
            "renewal: says nothing of a reservation: what is not reserved is paid by the hour; given: \"hourly\"; allowed: \"renew\", \"end\"",
        ),
        (
            "[{ offer = «\"reserved\"», units = { input = 1, output = 1 }, term = \"1 month\" }]",
            "offer: has no price by the hour; given: \"reserved\"; allowed: an offer with the term \"none\", whose price units above the reservation pay",
        ),
    ] {
        let text = edited(&base, PLAN, &format!("{deployed}{given}"));
        let wanted = format!("plan.reserved.reservation.1.{wanted}");
        judged(&text, &[&wanted]).unwrap_or_else(|difference| panic!("{given}: {difference}"));
    }
    let text = edited(
        &base,
        PLAN,
        &format!("{deployed}[{{ offer = «\"units\"», units = 2, term = \"1 month\" }}]").replace("\"none\" }", "\"1 month\" }"),
    );
    let wanted = "plan.reserved.reservation.1.offer: is bought for the term \"1 month\" in this plan, and a reservation is for units that are bought \
                  by the hour; given: \"units\"; allowed: units of it for the term \"none\" alone";
    judged(&text, &[wanted]).unwrap_or_else(|difference| panic!("{difference}"));
}
