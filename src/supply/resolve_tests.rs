//! Offers and plans as read: names of sweeps, shared cases, and what each mistake is told as.

use super::fixture::{dispatched, read, steady, supply, workload};
use super::{Margin, Supply, SupplyTotals, WorkloadFacts};
use crate::horizon::Horizon;
use crate::units::ByClass;

const OFFERS: &str = "
[[offer]]
name = 'od'
kind = 'on-demand'
price = { input = '3.00 USD/1M tokens', output = '15.00 USD/1M tokens' }
quota = { rate = '2M tokens/min', weights = { input = 1, output = 5, cache_write = 1, cache_read = 0 } }
[[offer]]
name = 'a'
kind = 'provisioned'
capacity = '20k tokens/min'
[offer.terms]
'none' = '4.00 USD/unit-hour'
'6 months' = '3.00 USD/unit-hour'
[[offer]]
name = 'b'
kind = 'provisioned'
capacity = '20k tokens/min'
minimum = 4
increment = 2
[offer.terms]
'1 month' = '3.50 USD/unit-hour'
[[offer]]
name = 'batch'
kind = 'batch'
price = { input = '1 USD/1M tokens', output = '5 USD/1M tokens' }
";

fn both() -> [WorkloadFacts; 2] {
    [workload("v", Margin::Gamma, 0.5), workload("w", Margin::Gamma, 0.5)]
}

fn months(months: u32) -> Horizon {
    Horizon::flat(months, 730).unwrap()
}

fn names(plan: &str) -> Vec<String> {
    let supply = supply(&format!("{OFFERS}{plan}"), &both(), months(6));
    supply.plans.iter().map(|plan| plan.name.clone()).collect()
}

#[test]
fn sweeps_are_named_by_what_they_change() {
    let one = "[[plan]]\nname = 'c'\nroute = { v = ['a', 'od'], w = ['od'] }\nsweep = { units = { a = [0, 4] }, term = { a = ['none', '6 months'] } }\n";
    assert_eq!(names(one), ["c/units=0/term=none", "c/units=0/term=6 months", "c/units=4/term=none", "c/units=4/term=6 months"]);
    let route = "[[plan]]\nname = 'c'\nroute = { v = ['a', 'od'], w = ['b', 'od'] }\nterm = { a = 'none' }\n";
    let apart = format!("{route}sweep = {{ units = {{ a = '1..=2', b = [0, 6] }} }}\n");
    assert_eq!(names(&apart), ["c/units.a=1/units.b=0", "c/units.a=1/units.b=6", "c/units.a=2/units.b=0", "c/units.a=2/units.b=6"]);
    let linked = format!("{route}sweep = {{ units = {{ a = [4, 5], b = [4, 6] }}, linked = ['units'] }}\n");
    assert_eq!(names(&linked), ["c/units=4", "c/units.a=5/units.b=6"]);
    assert_eq!(names("[[plan]]\nname = 'od'\nroute = { v = ['od'], w = ['od'] }\n"), ["od"]);
}

#[test]
fn labels_are_empty_where_offers_differ() {
    let text = format!(
        "{OFFERS}[[plan]]\nname = 'c'\nroute = {{ v = ['a'], w = ['b'] }}\nunits = {{ a = 4 }}\nterm = {{ a = '6 months' }}\nsweep = {{ units = {{ b = [4, 6] }} }}\n"
    );
    let supply = supply(&text, &both(), months(6));
    assert_eq!(supply.plans[0].units.as_deref(), Some("4"));
    assert_eq!(supply.plans[1].units, None);
    assert_eq!(supply.plans[0].term, None);
}

/// Terms shift only cost and pools are independent, so 9 × 5 × 2 plans are 9 + 5 cases; a start later in the horizon makes new ones.
#[test]
fn plans_share_the_cases_of_their_pools() {
    let plan = "[[plan]]\nname = 'c'\nroute = { v = ['a'], w = ['b'] }\nsweep = { units = { a = '0..=8', b = '0, 4..=10 step 2' }, term = { a = ['none', '6 months'] } }\n";
    let all = supply(&format!("{OFFERS}{plan}"), &both(), months(6));
    assert_eq!((all.plans.len(), all.groups.len()), (90, 2));
    assert_eq!(all.groups.iter().map(|group| group.cases.len()).collect::<Vec<_>>(), [9, 5]);
    let late = "[[plan]]\nname = 'late'\nroute = { v = ['a'], w = ['b'] }\nunits = { a = 3, b = 4 }\nterm = { a = 'none' }\nstart_month = { a = 3 }\n";
    let more = supply(&format!("{OFFERS}{plan}{late}"), &both(), months(6));
    assert_eq!(more.groups.iter().map(|group| group.cases.len()).collect::<Vec<_>>(), [10, 5]);
    let case = &more.groups[0].cases[more.plans[90].pools[0].case];
    assert_eq!(case.units, [0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 3.0, 0.0, 3.0, 0.0, 3.0, 0.0]);
}

#[test]
fn pools_are_the_workloads_that_share_an_offer() {
    let together = supply(
        &format!("{OFFERS}[[plan]]\nname = 'c'\nroute = {{ v = ['a', 'od'], w = ['od'] }}\nunits = {{ a = 1 }}\nterm = {{ a = 'none' }}\n"),
        &both(),
        months(1),
    );
    assert_eq!(together.groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["v+w"]);
    let mut facts = both();
    facts.iter_mut().for_each(|facts| facts.interactive = false);
    let batch = supply(&format!("{OFFERS}[[plan]]\nname = 'c'\nroute = {{ v = ['batch'], w = ['batch'] }}\n"), &facts, months(1));
    assert_eq!(batch.groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["v", "w"]);
}

/// Each mistake with a part of its message, the field it names among them.
#[test]
fn mistakes_are_told_with_a_remedy() {
    let plan = |rest: &str| format!("{OFFERS}[[plan]]\nname = 'c'\n{rest}\n");
    let ok = "route = { v = ['od'], w = ['od'] }";
    for (text, part) in [
        (plan("route = { v = ['od'] }"), "has no route for the workload `w`"),
        (plan("route = { v = ['od'], w = ['od'], x = ['od'] }"), "plan.c.route.x: is no workload"),
        (plan("route = { v = ['odd'], w = ['od'] }"), "did you mean \"od\"?"),
        (plan("route = { v = [], w = ['od'] }"), "plan.c.route.v: is empty"),
        (plan("route = { v = ['od', 'od'], w = ['od'] }"), "stands twice"),
        (plan("route = { v = ['batch'], w = ['od'] }"), "this work must be served now"),
        (plan("route = { v = ['od'], 'v.deferrable' = ['batch'], w = ['od'] }"), "the workload has none"),
        (plan("route = { v = ['a'], w = ['od'] }"), "says no number of its units"),
        (plan("route = { v = ['a'], w = ['od'] }\nunits = { a = 2 }"), "for which of its terms"),
        (plan("route = { v = ['a'], w = ['od'] }\nunits = { a = 2 }\nterm = { a = '1 month' }"), "allowed: \"none\", \"6 months\""),
        (plan("route = { v = ['a'], w = ['od'] }\nunits = { a = 2.5 }\nterm = { a = 'none' }"), "holds 2.5, which cannot be bought"),
        (plan("route = { v = ['a'], w = ['od'] }\nunits = { a = -1 }\nterm = { a = 'none' }"), "holds -1"),
        (plan("route = { v = ['b'], w = ['od'] }\nunits = { b = 5 }"), "0, or 4 and steps of 2 above it"),
        (plan("route = { v = ['b'], w = ['od'] }\nunits = { b = { input = 4, output = 4 } }"), "names two axes"),
        (plan("route = { v = ['b'], w = ['od'] }\nunits = { b = 4 }\nstart_month = { b = 7 }"), "a month from 1 to 6"),
        (plan("route = { v = ['b'], w = ['od'] }\nunits = { b = 4, a = 1 }\nterm = { a = 'none' }"), "no route of this plan uses it"),
        (plan(&format!("{ok}\nunits = {{ od = 4 }}")), "is paid by the token"),
        (plan(&format!("{ok}\nunits = {{ odd = 4 }}")), "is no offer"),
        (
            plan("route = { v = ['a', 'od'], w = ['a', 'b'] }\nunits = { a = 1, b = 4 }\nterm = { a = 'none' }"),
            "what overflows from a shared offer goes one way",
        ),
        (
            plan(
                "route = { v = ['a'], w = ['b'] }\nterm = { a = 'none' }\nsweep = { units = { a = '0..=9', b = '0, 4..=8 step 2' }, linked = ['units'] }",
            ),
            "different lengths: 10 of `units.a` and 4 of `units.b`",
        ),
        (
            plan("route = { v = ['a'], w = ['b'] }\nterm = { a = 'none' }\nsweep = { units = { a = '0..=999', b = '0, 4..=400 step 2' } }"),
            "makes too many plans",
        ),
        (plan("route = { v = ['b'], w = ['od'] }\nunits = { b = 4 }\nsweep = { units = { b = [0, 4] } }"), "either fixed or swept"),
        (plan("route = { v = ['b'], w = ['od'] }\nsweep = { units = { b = '8..=0' } }"), "ends before it begins"),
        (plan("route = { v = ['b'], w = ['od'] }\nsweep = { units = { b = [4] }, linked = ['price'] }"), "\"units\", \"term\""),
        (format!("{}{}", plan(ok), "[[plan]]\nname = 'c'\nroute = { v = ['od'], w = ['od'] }\n"), "is the name of a plan before it"),
        (OFFERS.to_owned(), "at least one [[plan]]"),
        (plan(ok).replace("3.00 USD/1M tokens", "3.00 EUR/1M tokens"), "is in EUR, and the scenario counts in USD"),
        (plan(ok).replace("2M tokens/min", "0 tokens/min"), "a quota above zero"),
        (plan(ok).replace("minimum = 4", "minimum = nan"), "is not finite"),
        (plan(ok).replace("minimum = 4", "minimum = -4"), "is negative"),
        (plan(ok).replace("increment = 2", "increment = 0"), "\"any\" for fractional units"),
        (plan(ok).replace("increment = 2", "increment = 'anny'"), "did you mean \"any\"?"),
        (plan(ok).replace("minimum = 4", "renewal = 'hourly'"), "a price for the term \"none\""),
        (plan(ok).replace("'1 month'", "'7 days'"), "terms are whole weeks, months or years"),
        (plan(ok).replace("output = 5, cache_write", "output = -5, cache_write"), "is no weight"),
        (plan(ok).replace("minimum = 4", "capacity_ = 4"), "did you mean `capacity`?"),
        (plan(ok).replace("minimum = 4", "start_month = 0"), "a month from 1 to 36"),
        (plan(ok).replace("kind = 'batch'", "kind = 'batch'\nwindow = '90 min'"), "whole number of hours"),
        (plan(ok).replace("kind = 'batch'", "kind = 'batch'\nminimum_records = 10\nmaximum_records = 5"), "at least the minimum, 10"),
        (plan(ok).replace("name = 'batch'", "name = 'od'"), "is the name of an offer before it"),
        (plan(ok).replace("name = 'batch'", "name = '=1'"), "formula"),
        (plan(ok).replace("capacity = '20k tokens/min'\n[", "["), "offer.a.capacity: is missing"),
    ] {
        let told = read(&text, &both(), months(6)).map(|_| ()).expect_err(part);
        assert!(told.iter().any(|message| message.contains(part)), "{part}: {told:#?}");
    }
}

#[test]
fn a_class_that_can_occur_needs_a_price() {
    let plan = format!("{OFFERS}[[plan]]\nname = 'c'\nroute = {{ v = ['od'], w = ['od'] }}\n");
    let mut facts = both();
    facts[1].classes[1] = true;
    let told = read(&plan, &facts, months(1)).map(|_| ()).unwrap_err();
    assert!(told.len() == 1 && told[0].contains("no price for cache_read tokens, and `w` has some"), "{told:?}");
    let (_, warnings) = read(&plan, &both(), months(1)).unwrap();
    assert!(warnings.iter().any(|warning| warning == "no plan uses the offer `batch`"), "{warnings:?}");
}

#[test]
fn discounts_come_off_their_lines() {
    let plan = format!("{OFFERS}[[plan]]\nname = 'c'\nroute = {{ v = ['b'], w = ['od'] }}\nunits = {{ b = 4 }}\n");
    let text = plan
        .replace("kind = 'on-demand'", "kind = 'on-demand'\ndiscount = { input = '5%', all = '10%' }")
        .replace("minimum = 4", "minimum = 4\ndiscount = '12%'");
    let supply = supply(&text, &both(), months(1));
    let price = supply.groups.iter().flat_map(|group| &group.nodes).find(|node| !node.provisioned).unwrap().price;
    assert!((price.input - 2.85e-6).abs() < 1e-18 && (price.output - 13.5e-6).abs() < 1e-18, "{price:?}");
    assert!((supply.plans[0].commitments[0].price[0] - 3.08).abs() < 1e-12);
}

/// What others take of a quota is gone for everyone: a quota of 2 million a minute less 30 million an hour.
#[test]
fn others_take_their_part_of_a_quota() {
    let plan = format!("{OFFERS}[[plan]]\nname = 'c'\nroute = {{ v = ['od'], w = ['od'] }}\n");
    let rate = |text: &str| supply(text, &both(), months(1)).groups[0].nodes[0].per_unit[0];
    assert_eq!(rate(&plan), (120e6, 120e6));
    assert_eq!(rate(&plan.replace("rate = '2M tokens/min'", "rate = '2M tokens/min', others = '30M tokens/h'")), (90e6, 90e6));
}

/// Weighted tokens of the vendors' worked examples: aws-quota-01, -12, -13, -15, -23 and azure-ptu-01, -03, -04, with the numbers there.
#[test]
fn quota_weights_of_the_vendors() {
    let bedrock = |input: f64, write: f64, read: f64, output: f64, burndown: f64| {
        let tokens = ByClass { input, cache_read: read, cache_write: write, output };
        tokens.dot(&ByClass { input: 1.0, cache_read: 0.0, cache_write: 1.0, output: burndown })
    };
    assert_eq!(bedrock(1000.0, 200.0, 0.0, 100.0, 5.0), 1700.0);
    assert_eq!(bedrock(1000.0, 200.0, 700.0, 100.0, 5.0), 1700.0);
    assert_eq!(bedrock(1000.0, 0.0, 0.0, 100.0, 5.0), 1500.0);
    assert_eq!(bedrock(0.0, 0.0, 0.0, 20_000.0, 5.0), 100_000.0);
    assert_eq!(bedrock(10.0, 0.0, 0.0, 750.0, 5.0), 3760.0);
    assert_eq!(bedrock(6.0, 0.0, 0.0, 12.0, 5.0), 66.0);
    assert_eq!(bedrock(1000.0, 0.0, 0.0, 1000.0, 10.0), 11_000.0);
    let units = |per_minute: f64, input: f64, output: f64, cached: f64, weight: f64, per_unit: f64, minimum: f64, step: f64| {
        let tokens = ByClass { input: input * (1.0 - cached), cache_read: input * cached, output, ..ByClass::ZERO } * per_minute;
        let raw = tokens.dot(&ByClass { input: 1.0, cache_read: 0.0, cache_write: 1.0, output: weight }) / per_unit;
        let axis = super::Axis { capacity: (per_unit, per_unit), weights: ByClass::ONE, minimum, increment: Some(step) };
        let bought = (0..10_000).map(|k| minimum + f64::from(k) * step).find(|&units| units >= raw).unwrap();
        assert!(axis.allows(bought) && axis.allows(0.0) && !axis.allows(bought + 0.5 * step) && !axis.allows(minimum - 1.0));
        (raw, bought)
    };
    for (got, raw, bought) in [
        (units(1000.0, 200.0, 20.0, 0.0, 8.0, 3400.0, 15.0, 5.0), 105.88, 110.0),
        (units(1000.0, 200.0, 20.0, 0.0, 8.0, 3400.0, 50.0, 50.0), 105.88, 150.0),
        (units(1000.0, 200.0, 20.0, 0.5, 8.0, 3400.0, 50.0, 50.0), 76.47, 100.0),
        (units(200.0, 2000.0, 400.0, 0.5, 8.0, 4750.0, 15.0, 5.0), 176.84, 180.0),
        (units(100.0, 1000.0, 500.0, 0.0, 4.0, 3000.0, 15.0, 5.0), 100.0, 100.0),
    ] {
        assert!((got.0 - raw).abs() <= 0.005 && got.1 == bought, "{got:?}");
    }
}

/// Windows that shrink with units: plans with one window are one pool, each served as with that window alone, and what is bought later
/// or by another purchase counts.
#[test]
fn windows_by_units() {
    let text = |window: &str, plan: &str| {
        format!(
            "[[offer]]\nname = 'u'\nkind = 'provisioned'\ncapacity = '10 tokens/min'\nwindow = {window}\nterms = {{ none = '1 USD/unit-hour' }}\n\
             [[plan]]\nname = 'p'\nroute = {{ w = ['u'] }}\n{plan}"
        )
    };
    let ladder = "[{ units = 1, window = '120s' }, { units = 4, window = '30s' }, { units = 50, window = '5s' }]";
    let minute = crate::demand::MinuteModel { floor: 1.0, constant: None, ..crate::demand::MinuteModel::OFF };
    let facts = WorkloadFacts { minute, ..workload("w", Margin::Gamma, 0.0) };
    let horizon = || months(2);
    let sweep = "sweep = { units = { u = [0, 2, 3, 4, 49, 50] } }\n";
    let by_units = supply(&text(ladder, sweep), std::slice::from_ref(&facts), horizon());
    assert_eq!(by_units.groups.iter().map(|group| group.window).collect::<Vec<_>>(), [120.0, 30.0, 5.0]);
    let groups: Vec<usize> = by_units.plans.iter().map(|plan| plan.pools[0].group).collect();
    assert_eq!(groups, [0, 0, 0, 1, 1, 2]);
    let path = steady(by_units.horizon().hours(), &[1700.0]);
    let totals = dispatched(&by_units, &path);
    for (place, window) in ["'120s'", "'120s'", "'120s'", "'30s'", "'30s'", "'5s'"].into_iter().enumerate() {
        let alone = supply(&text(window, sweep), std::slice::from_ref(&facts), horizon());
        let alone_totals = dispatched(&alone, &path);
        let service = |supply: &Supply, totals: &SupplyTotals| {
            let choice = supply.plans[place].pools[0];
            totals.services[supply.service_index(choice.group, choice.case, 1)]
        };
        assert_eq!(service(&by_units, &totals), service(&alone, &alone_totals), "{place}");
    }
    let later = "units = { u = 2 }\npurchase = [{ offer = 'u', units = 2, start_month = 2 }]\n";
    assert_eq!(supply(&text(ladder, later), &[facts], horizon()).groups[0].window, 30.0);
}
