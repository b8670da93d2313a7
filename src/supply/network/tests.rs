//! What is left out where streams meet would have come to nothing.

use super::rows::Rows;
use super::*;
use crate::horizon::Horizon;
use crate::supply::fixture::{supply, workload};
use crate::supply::{MAX_AXES, Margin, MinuteLaw};
use proptest::prelude::*;

/// Two or three workloads with units of their own, the last of them without, which meet at one quota.
fn nodes(workloads: usize) -> Vec<Node> {
    let offer = |name: &str, kind: &str| format!("[[offer]]\nname = '{name}'\nkind = '{kind}'\n");
    let mut text =
        offer("od", "on-demand") + "price = { input = '1 USD/token', output = '1 USD/token' }\nquota = { rate = '9 tokens/h' }\n";
    let mut routes = Vec::new();
    for i in 0..workloads {
        text += &(offer(&format!("u{i}"), "provisioned") + "capacity = '1 tokens/h'\nterms = { none = '1 USD/unit-hour' }\n");
        routes.push(format!("w{i} = ['u{i}', 'od']"));
    }
    text += &format!("[[plan]]\nname = 'p'\nroute = {{ {}, last = ['od'] }}\n", routes.join(", "));
    text += &format!("units = {{ {} }}\n", (0..workloads).map(|i| format!("u{i} = 1")).collect::<Vec<_>>().join(", "));
    let names = (0..workloads).map(|i| format!("w{i}")).chain(["last".to_owned()]);
    let facts: Vec<_> = names.map(|name| workload(&name, Margin::Gamma, 0.5)).collect();
    supply(&text, &facts, Horizon::flat(1, 1).unwrap()).groups[0].nodes.clone()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_122), failure_persistence: None, ..ProptestConfig::default() })]

    /// Hours in which bounds tell that nothing overflows, served all the same.
    #[test]
    fn calm_hours_overflow_nothing(
        loads in proptest::collection::vec(0.1..3.0_f64, 1..3),
        last in prop_oneof![Just(0.0), 0.01..1.0_f64],
        spread in -4.0..0.5_f64,
        quota in -0.5..1.5_f64,
        burstiness in prop_oneof![Just(0.0), Just(0.5)],
    ) {
        let nodes = nodes(loads.len());
        let law = MinuteLaw::new(Margin::Gamma, burstiness);
        let mut network = Network::new(&nodes);
        let end = nodes.len() - 1;
        prop_assert!(nodes[end].next.is_none() && nodes[..end].iter().all(|node| node.next == Some(end)));
        let variance = |i: usize| libm::exp10(spread) * (1.0 + i as f64);
        for (i, load) in loads.iter().chain([&last]).enumerate().filter(|(_, load)| **load > 0.0) {
            network.entering[i].enter(ByClass { input: *load, ..ByClass::ZERO }, variance(i), 10.0 * load, 1.0, Some(i));
        }
        // Of each, units for some of what comes, quite enough, and none.
        let cases = [0.7, 2.5, 0.0];
        let capacities: Vec<f64> =
            cases.iter().flat_map(|units| (0..nodes.len()).flat_map(move |n| [if n < end { *units } else { libm::exp10(quota) }; MAX_AXES])).collect();
        network.serve(&nodes, &capacities, &law);
        let calm: Vec<usize> = (0..cases.len()).filter(|&case| network.variants(end)[network.variant(end, case)].calm).collect();
        for case in calm {
            let whole: f64 = loads.iter().sum::<f64>() + last;
            let (before, rest) = network.places.split_at_mut(end);
            let (place, entering) = (&rest[0], &mut network.entering[end]);
            entering.wanted = true;
            before.iter_mut().flat_map(|place| &mut place.variants).for_each(|variant| variant.out.wanted = true);
            let mut rows = Rows::new(&law);
            place.move_wanted(entering, before, &mut rows);
            let streams: Vec<&Stream> = sources(entering, before, &place.upstream, case).collect();
            let (mut pooled, mut out) = (Stream::default(), Stream::default());
            place.meeting.pool(&mut pooled, &streams);
            let variant = &place.variants[place.of_case[case]];
            Overflow::of(&mut out, &pooled, &streams, &nodes[end], &capacities[variant.capacities.clone()], &mut rows);
            prop_assert!(out.arrived.total() <= 1e-16 * whole, "{} of {whole}", out.arrived.total());
            prop_assert!((variant.served - (pooled.arrived - out.arrived)).total().abs() <= 1e-16 * whole);
        }
    }
}
