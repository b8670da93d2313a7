//! Policies: purchases and rules.

use super::case::check;

const RESERVED: &str = "units = { reserved = { input = 100, output = 10 } }";

/// The last plan of the base, and a policy after it.
macro_rules! policy {
    ($text:literal) => {
        concat!("units = { reserved = { input = 100, output = 10 } }\n[[policy]]\nname = \"later\"\n", $text)
    };
}

/// The same with a plan.
macro_rules! rule {
    ($text:literal) => {
        concat!(
            "units = { reserved = { input = 100, output = 10 } }\n[[policy]]\nname = \"later\"\nplan = \"committed\"\n[[policy.rule]]\noffer = \"units\"\n",
            $text
        )
    };
}

#[test]
fn what_is_bought() {
    check(&[
        (
            "an unknown plan",
            RESERVED,
            policy!("plan = «\"comitted\"»\n"),
            "policy.later.plan: is no plan; given: comitted; allowed: all on-demand, committed, reserved; did you mean `committed`?",
        ),
        (
            "no plan, and no purchase that tells it",
            RESERVED,
            "units = { reserved = { input = 100, output = 10 } }\n«»[[policy]]\nname = \"later\"\n",
            "policy.later.plan: is missing; given: nothing; allowed: the plan whose routes serve the policy",
        ),
        (
            "an unknown offer",
            RESERVED,
            policy!("plan = \"committed\"\nstart = [{ offer = «\"unit\"», units = 2, term = \"1 month\" }]\n"),
            "policy.later.start.1.offer: is no offer; given: unit; allowed: units, reserved; did you mean `units`?",
        ),
        (
            "an unknown offer and no plan",
            RESERVED,
            policy!("start = [{ offer = «\"unit\"», units = 2, term = \"1 month\" }]\n"),
            "policy.later.start.1.offer: is no offer; given: unit; allowed: units, reserved; did you mean `units`?",
        ),
        (
            "a condition that never holds",
            RESERVED,
            policy!(
                "plan = \"committed\"\n[[policy.rule]]\noffer = \"units\"\nunits = 1\nterm = \"1 month\"\nwhen = «\"next used above 100%\"»\n"
            ),
            "policy.later.rule.1.when: never holds; given: …; allowed: …",
        ),
        (
            "an offer off the plan's routes",
            RESERVED,
            policy!("plan = \"committed\"\nstart = [{ offer = «\"reserved\"», units = { input = 100, output = 10 } }]\n"),
            "policy.later.start.1.offer: is bought, and no route of this plan uses it; given: reserved; allowed: units, reserved",
        ),
        (
            "units that are not sold",
            RESERVED,
            policy!("start = [{ offer = \"units\", units = «3», term = \"1 month\" }]\n"),
            "policy.later.start.1.units: holds 3, which cannot be bought; given: 3; allowed: 0, or 2 and steps of 2 above it",
        ),
        (
            "no units",
            RESERVED,
            policy!("start = [{ offer = \"units\", units = «0», term = \"1 month\" }]\n"),
            "policy.later.start.1.units: buys nothing; given: 0; allowed: units to buy",
        ),
        (
            "a term that is not sold",
            RESERVED,
            policy!("start = [{ offer = \"units\", units = 2, term = «\"6 months\"» }]\n"),
            "policy.later.start.1.term: is a term that the offer does not have; given: \"6 months\"; allowed: \"none\", \"1 month\"",
        ),
        (
            "no term",
            RESERVED,
            policy!("start = [«{ offer = \"units\", units = 2 }»]\n"),
            "policy.later.start.1: does not say for which of the offer's terms; given: { offer = \"units\", units = 2 }; allowed: \"none\", \"1 month\"",
        ),
        (
            "a bound term for some months",
            RESERVED,
            policy!("start = [{ offer = \"units\", units = 2, term = \"1 month\", for_months = «1» }]\n"),
            "policy.later.start.1.for_months: is for units that no term binds; given: 1; allowed: `term = \"none\"` beside it",
        ),
        (
            "for no month",
            RESERVED,
            policy!("start = [{ offer = \"units\", units = 2, term = \"none\", for_months = «0» }]\n"),
            "policy.later.start.1.for_months: keeps the units for no month; given: 0; allowed: a number of months from 1",
        ),
        (
            "a misspelt key",
            RESERVED,
            policy!("start = [{ offer = \"units\", units = 2, term = \"none\", «for_month» = 1 }]\n"),
            "policy.later.start.1.for_month: is no field of the scenario here; given: for_month; allowed: …; did you mean `for_months`?",
        ),
        (
            "a name of two",
            RESERVED,
            concat!(
                "units = { reserved = { input = 100, output = 10 } }\n[[policy]]\nname = \"later\"\nplan = \"committed\"\n",
                "[[policy]]\nname = «\"later\"»\nplan = \"committed\"\n"
            ),
            "policy.….name: is the name of a policy before it; given: \"later\"; allowed: every name once",
        ),
    ]);
}

#[test]
fn rules() {
    check(&[
        (
            "no side",
            RESERVED,
            rule!("units = 2\nterm = \"1 month\"\nwhen = «\"over 80%\"»\n"),
            "policy.later.rule.1.when: says neither `above` nor `below`; given: \"over 80%\"; allowed: \"used above 80%\" …",
        ),
        (
            "a use of units that are never held",
            RESERVED,
            rule!("units = 2\nterm = \"1 month\"\nwhen = «\"used above 80%\"»\ntimes = 3\n"),
            "policy.later.rule.1.when: asks what is used of the units held, and the policy holds none when it asks; given: \"used above 80%\"; allowed: \
             units of the offer at the `start`, …",
        ),
        (
            "a use of units that are gone by then",
            RESERVED,
            concat!(
                "units = { reserved = { input = 100, output = 10 } }\n[[policy]]\nname = \"later\"\nplan = \"committed\"\n",
                "start = [{ offer = \"units\", units = 2, term = \"none\", for_months = 1 }]\n",
                "[[policy.rule]]\noffer = \"units\"\nunits = 2\nterm = \"1 month\"\nwhen = «\"above 80%\"»\n"
            ),
            "policy.later.rule.1.when: asks what is used of the units held, and the policy holds none when it asks; given: …; allowed: …",
        ),
        (
            "more weeks than will have passed",
            RESERVED,
            rule!("units = 2\nterm = \"1 month\"\nwhen = \"next used above 80%\"\nweeks = «150»\n"),
            "policy.later.rule.1.weeks: looks back 150 weeks, and … have passed when the rule is asked for the last time; given: 150; allowed: \
             `weeks` from 1 to …",
        ),
        (
            "something that a rule does not see",
            RESERVED,
            rule!("units = 2\nterm = \"1 month\"\nwhen = «\"spend above 80%\"»\n"),
            "policy.later.rule.1.when: looks at `spend`, which is nothing that a rule sees; given: …; allowed: …",
        ),
        (
            "demand without a unit",
            RESERVED,
            rule!("units = 2\nterm = \"1 month\"\nwhen = «\"demand above 80%\"»\n"),
            "policy.later.rule.1.when: has a number of tokens that …; given: …; allowed: …",
        ),
        (
            "a condition that is no text",
            RESERVED,
            rule!("units = 2\nterm = \"1 month\"\nwhen = «0.8»\n"),
            "policy.later.rule.1.when: is … where a condition is needed; given: 0.8; allowed: …",
        ),
        (
            "neither a condition nor a month",
            RESERVED,
            concat!(
                "units = { reserved = { input = 100, output = 10 } }\n[[policy]]\nname = \"later\"\nplan = \"committed\"\n",
                "rule = [«»{ offer = \"units\", units = 2, term = \"1 month\" }]\n"
            ),
            "policy.later.rule.1.from_month: is missing; given: nothing; allowed: `from_month`, or a condition as `when`",
        ),
        (
            "a condition in month 1",
            RESERVED,
            rule!("units = 2\nterm = \"1 month\"\nwhen = \"used above 80%\"\nfrom_month = «1»\n"),
            "policy.later.rule.1.from_month: asks \"used above 80%\" before anything has passed; given: 1; allowed: a month from 2, or a purchase at the `start`",
        ),
        (
            "a month after the horizon",
            RESERVED,
            rule!("units = 2\nterm = \"1 month\"\nfrom_month = «3»\n"),
            "policy.later.rule.1.from_month: is no month of the horizon; given: 3; allowed: a month from 1 to 2",
        ),
        (
            "an end before the beginning",
            RESERVED,
            rule!("units = 2\nterm = \"1 month\"\nfrom_month = 2\nuntil_month = «1»\n"),
            "policy.later.rule.1.until_month: ends before the rule is first asked; given: 1; allowed: a month from 2",
        ),
        (
            "weeks without a condition",
            RESERVED,
            rule!("units = 2\nterm = \"1 month\"\nfrom_month = 2\nweeks = «4»\n"),
            "policy.later.rule.1.weeks: is for a condition, and there is none; given: 4; allowed: `when` beside it",
        ),
        (
            "no weeks",
            RESERVED,
            rule!("units = 2\nterm = \"1 month\"\nwhen = \"used above 80%\"\nweeks = «0»\n"),
            "policy.later.rule.1.weeks: is no number of weeks to look back; given: 0; allowed: 1 to 156",
        ),
        (
            "no times",
            RESERVED,
            rule!("units = 2\nterm = \"1 month\"\nwhen = \"used above 80%\"\ntimes = «0»\n"),
            "policy.later.rule.1.times: is no number of purchases; given: 0; allowed: 1 to 1000",
        ),
        (
            "hourly units that replace hourly ones",
            RESERVED,
            rule!("units = 2\nterm = \"none\"\nwhen = \"used above 80%\"\nreplaces_hourly = «true»\n"),
            "policy.later.rule.1.replaces_hourly: replaces units of the term \"none\" by such; given: true; allowed: a purchase on a term that binds",
        ),
        (
            "demand of two axes",
            RESERVED,
            concat!(
                "units = { reserved = { input = 100, output = 10 } }\n[[policy]]\nname = \"later\"\n[[policy.rule]]\noffer = \"reserved\"\n",
                "units = { input = 100, output = 10 }\nwhen = «\"demand above 3M tokens/h\"»\n"
            ),
            "policy.later.rule.1.when: is one number for an offer with two axes; given: …; allowed: a condition on what is `used`, or `next used`",
        ),
        (
            "what an offer before it leaves",
            "[[plan]]\nname = \"reserved\"\nroute = { copilot = [\"reserved\", \"on-demand\"], nightly = [\"batch\"] }\nunits = { reserved = { input = 100, output = 10 } }",
            concat!(
                "[[plan]]\nname = \"reserved\"\nroute = { copilot = [\"reserved\", \"units\", \"on-demand\"], nightly = [\"batch\"] }\n",
                "units = { reserved = { input = 100, output = 10 }, units = 2 }\nterm = { units = \"none\" }\n",
                "[[policy]]\nname = \"later\"\nplan = \"reserved\"\n[[policy.rule]]\noffer = \"units\"\nunits = 2\nterm = \"none\"\nwhen = «\"used above 80%\"»\n"
            ),
            "policy.later.rule.1.when: asks what of `units` was used, and `reserved` takes its part before it; given: \"used above 80%\"; allowed: a condition on the `demand`",
        ),
    ]);
}
