//! Availability of units and incidents on demand.

use super::case::{BASE, check, edited, judged, told};

/// Where a field of the on-demand offer, of the units and of the units on two axes can stand.
const ON_DEMAND: &str = "source = \"a price page\"";
const UNITS: &str = "minimum = 2\n";
const AXES: &str = "axes.input = {";

#[test]
fn availability() {
    check(&[
        (
            "nothing said",
            UNITS,
            "minimum = 2\navailability = «»{}\n",
            "offer.units.availability.up: is missing; given: nothing; allowed: `up` and `down`, mean times such as \"720h\" and \"2h\", or `share`",
        ),
        (
            "up alone",
            UNITS,
            "minimum = 2\navailability = { up = «\"720h\"» }\n",
            "offer.units.availability.up: stands without `down`; given: \"720h\"; allowed: `up` and `down`, …",
        ),
        (
            "down alone",
            UNITS,
            "minimum = 2\navailability = { down = «\"2h\"» }\n",
            "offer.units.availability.down: stands without `up`; given: \"2h\"; allowed: `up` and `down`, …",
        ),
        (
            "a share beside a time",
            UNITS,
            "minimum = 2\navailability = { share = «\"99%\"», down = \"2h\" }\n",
            "offer.units.availability.share: stands beside mean times; given: \"99%\"; allowed: either `share`, or `up` and `down`",
        ),
        (
            "never up",
            UNITS,
            "minimum = 2\navailability = { share = «\"0%\"» }\n",
            "offer.units.availability.share: lets no unit ever serve; given: \"0%\"; allowed: a share above 0, up to 100%",
        ),
        (
            "more than always",
            UNITS,
            "minimum = 2\navailability = { share = «99.5» }\n",
            "offer.units.availability.share: is out of range; given: 99.5; allowed: a share from 0 to 1, …",
        ),
        (
            "minutes of outage",
            UNITS,
            "minimum = 2\navailability = { up = \"720h\", down = «\"20 min\"» }\n",
            "offer.units.availability.down: is out of range; given: \"20 min\"; allowed: a mean time from 1 h to 1000000 h",
        ),
        (
            "a bare time",
            UNITS,
            "minimum = 2\navailability = { up = «720», down = \"2h\" }\n",
            "offer.units.availability.up: is a bare number: its unit and denominator must be said; given: 720; allowed: a span of time, …",
        ),
        ("a bare share", UNITS, "minimum = 2\navailability = «\"99%\"»\n", "offer.units.availability: …; given: \"99%\"; allowed: …"),
        (
            "nothing fails together",
            AXES,
            "availability = { share = \"99%\", together = «0» }\naxes.input = {",
            "offer.reserved.availability.together: lets no unit fail; given: 0; allowed: a whole number of units from 1, or \"all\"",
        ),
        (
            "half a unit",
            AXES,
            "availability = { share = \"99%\", together = «0.5» }\naxes.input = {",
            "offer.reserved.availability.together: is …; given: 0.5; allowed: a whole number of at least 0",
        ),
        (
            "a word that is none",
            AXES,
            "availability = { share = \"99%\", together = «\"al\"» }\naxes.input = {",
            "offer.reserved.availability.together: is unknown; given: \"al\"; allowed: \"all\"…",
        ),
        (
            "another offer's",
            ON_DEMAND,
            "source = \"a price page\"\n«availability» = { share = \"99%\" }",
            "offer.on-demand.availability: is no field of the scenario here; …",
        ),
    ]);
}

#[test]
fn incidents() {
    check(&[
        (
            "half of no quota",
            "quota = { rate = \"2M tokens/min\", weights = { input = 1, output = 5 } }",
            "incidents = { every = \"720h\", lasting = \"3h\", takes = «\"50%\"» }",
            "offer.on-demand.incidents.takes: is a share of a quota, and the offer has none; given: \"50%\"; allowed: a `quota` beside it, or \"100%\"",
        ),
        (
            "nothing taken",
            ON_DEMAND,
            "incidents = { every = \"720h\", lasting = \"3h\", takes = «0» }",
            "offer.on-demand.incidents.takes: takes nothing; given: 0; allowed: a share above 0, up to 100%",
        ),
        (
            "more than all",
            ON_DEMAND,
            "incidents = { every = \"720h\", lasting = \"3h\", takes = «\"150%\"» }",
            "offer.on-demand.incidents.takes: …; given: \"150%\"; allowed: a share from 0 to 1, …",
        ),
        (
            "too often",
            ON_DEMAND,
            "incidents = { every = «\"30 min\"», lasting = \"3h\", takes = \"50%\" }",
            "offer.on-demand.incidents.every: is out of range; given: \"30 min\"; allowed: a mean time from 1 h to 1000000 h",
        ),
        (
            "too long",
            ON_DEMAND,
            "incidents = { every = \"720h\", lasting = «\"1e9 h\"», takes = \"50%\" }",
            "offer.on-demand.incidents.lasting: is out of range; given: …; allowed: …",
        ),
        (
            "no length",
            ON_DEMAND,
            "incidents = «»{ every = \"720h\", takes = \"50%\" }",
            "offer.on-demand.incidents.lasting: is missing; given: nothing; allowed: a span of time, …",
        ),
        (
            "of units",
            UNITS,
            "minimum = 2\n«incidents» = { every = \"720h\", lasting = \"3h\", takes = \"50%\" }\n",
            "offer.units.incidents: is no field of the scenario here; …",
        ),
    ]);
}

/// Both problems of a table, and an offer without a quota that loses everything.
#[test]
fn all_is_told_and_all_can_go() {
    let both = edited(BASE, ON_DEMAND, "incidents = { every = «\"1 min\"», lasting = «\"2 min\"», takes = \"100%\" }");
    let wanted = ["every", "lasting"].map(|key| format!("offer.on-demand.incidents.{key}: is out of range; …"));
    judged(&both, &[&wanted[0], &wanted[1]]).unwrap_or_else(|difference| panic!("{difference}"));
    let quota = "quota = { rate = \"2M tokens/min\", weights = { input = 1, output = 5 } }";
    let all = edited(BASE, quota, "incidents = { every = \"720h\", lasting = \"3h\", takes = \"100%\" }");
    assert_eq!(told(&all, &[]), []);
}

/// Thousands of small units that would each be drawn.
#[test]
fn too_many_parts() {
    let units = edited(BASE, "input = 100, output = 10 }", "input = 20_000, output = 10 }");
    let of = |availability: &str| edited(&units, AXES, &format!("availability = {availability}\naxes.input = {{"));
    let wanted = "offer.reserved.availability: lets 20000 parts fail on their own, which is 141600 part-hours down in 1416 hours; given: …; \
                  allowed: at most 10000 parts and 5000000 part-hours down; a larger `together` makes fewer";
    judged(&of("«{ share = \"99.5%\", together = 1 }»"), &[wanted]).unwrap_or_else(|difference| panic!("{difference}"));
    let wanted = "offer.reserved.availability: lets 10000 parts fail on their own, which is 7080000 part-hours down in 1416 hours; …";
    judged(&of("«{ share = \"50%\", together = 2 }»"), &[wanted]).unwrap_or_else(|difference| panic!("{difference}"));
    for good in ["{ share = \"99.5%\", together = 100 }", "{ share = \"50%\", together = \"all\" }", "{ share = \"50%\" }"] {
        assert_eq!(told(&of(good), &[]), []);
    }
}
