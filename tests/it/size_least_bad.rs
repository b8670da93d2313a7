//! Where no plan keeps the limits, `size` tells the plan that `run` tells of all plans written out: the worst pool's excess decides, month by
//! month, and the price among those that tie.

use std::path::Path;
use tokentide::decision::{Criterion, Wish, judge, size};
use tokentide::scenario::{parse, parse_open};
use tokentide::simulation::{RunSpec, run};
use tokentide::supply::{Candidates, OfferCandidates, UnitsListSpec, UnitsSweepSpec};
use tokentide::tally::Columns;

/// Two or three pools with limits that none keeps; what is put in says by how much each is short.
fn scenario(quotas: [u32; 3], cvs: [f64; 3], pools: usize) -> String {
    let mut text = "name = \"short\"\nreplications = 60\nhorizon = { flat = { months = 2, hours_per_month = 48 } }\n\
                    limits = { throttled_requests_share = \"1%\", in_share_of_months = \"99%\" }\n"
        .to_owned();
    let mut routes = [String::new(), String::new()];
    for (place, (quota, cv)) in quotas.iter().zip(cvs).enumerate().take(pools) {
        text += &format!(
            "[[offer]]\nname = \"od-{place}\"\nkind = \"on-demand\"\nprice = {{ input = \"{} USD/1M tokens\" }}\n\
             quota = {{ rate = \"{quota}k tokens/h\", weights = {{ input = 1 }} }}\n\
             [[offer]]\nname = \"u-{place}\"\nkind = \"provisioned\"\ncapacity = \"100k tokens/h\"\n\
             terms = {{ none = \"1.2 USD/unit-hour\", \"1 month\" = \"0.9 USD/unit-hour\" }}\n\
             [[workload]]\nname = \"w{place}\"\ndemand = {{ law = \"gamma\", mean = \"600k tokens/h\", cv = {cv} }}\n\
             minute = {{ cv = 0.3, margin = \"gamma\" }}\n",
            5 + place
        );
        routes[0] += &format!("w{place} = [\"od-{place}\"], ");
        routes[1] += &format!("w{place} = [\"u-{place}\", \"od-{place}\"], ");
    }
    let plan = |name: &str, route: &str| format!("[[plan]]\nname = \"{name}\"\nroute = {{ {} }}\n", route.trim_end_matches(", "));
    text + &plan("od", &routes[0]) + &plan("both", &routes[1])
}

fn bought(plan: &tokentide::supply::Plan) -> Vec<(usize, f64, String)> {
    let held = plan.commitments.iter().filter(|commitment| commitment.units[0] > 0.0);
    held.map(|commitment| (commitment.offer, commitment.units[0], commitment.term.to_string())).collect()
}

#[test]
fn the_least_bad_is_that_of_every_plan_written_out() {
    for (quotas, cvs, pools) in [
        // The second pool is short whatever is bought, so the first may be as short for less.
        ([500, 100, 0], [0.4, 0.4, 0.0], 2),
        // Both are about as short, each in months of its own.
        ([300, 310, 0], [0.5, 0.6, 0.0], 2),
        ([300, 250, 320], [0.5, 0.3, 0.7], 3),
    ] {
        let text = scenario(quotas, cvs, pools);
        let list = |value: &str| (0..pools).map(|pool| format!("u-{pool} = {value}")).collect::<Vec<_>>().join(", ");
        let sweep = format!("sweep = {{ units = {{ {} }}, term = {{ {} }} }}\n", list("\"0..=2\""), list("[\"none\", \"1 month\"]"));
        let all = parse("all.toml", &format!("{text}{sweep}"), Path::new(""), &[]).unwrap().scenario;
        let outcome = run(&all, &RunSpec::default(), &Columns).unwrap().summary;
        let judged = judge(&all, &outcome);
        let leader = &judged.leaders[0];
        assert!(!leader.qualified && judged.leaders.len() == 1, "{text}");

        let units = || Some(UnitsSweepSpec::One("0..=2".parse::<UnitsListSpec>().unwrap()));
        let by_offer = (0..pools).map(|pool| (format!("u-{pool}"), OfferCandidates { units: units(), ..OfferCandidates::default() }));
        let candidates = Candidates { by_offer: by_offer.collect(), ..Candidates::default() };
        let open = parse_open("size.toml", &text, Path::new(""), &[], &candidates).unwrap().scenario;
        let (_, sizing) = size(&open, Wish { candidates: &candidates, criterion: Criterion::MEAN }, &RunSpec::default()).unwrap();
        let found = &sizing.judgement.leaders[0];
        let (mine, wanted) = (&sizing.judgement.standings[found.plan], &judged.standings[leader.plan]);
        assert_eq!(
            bought(&sizing.scenario.supply.plans[found.plan]),
            bought(&all.supply.plans[leader.plan]),
            "{quotas:?}: {mine:?}\n{wanted:?}"
        );
        assert!((mine.excess - wanted.excess).abs() <= 1e-12 && !found.qualified, "{mine:?}\n{wanted:?}");
    }
}
