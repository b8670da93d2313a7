//! Chains against theory, and outages in a dispatch: hour by hour what is up serves, along a chain and in a network.

use super::*;
use crate::demand::DemandPath;
use crate::horizon::Horizon;
use crate::random::stream::{Purpose, StreamKey};
use crate::supply::fixture::{dispatched, read, steady, supply, workload};
use crate::supply::{HourService, HourSink, MAX_AXES, Margin, Supply, WorkloadFacts};
use proptest::prelude::*;
use std::fmt::Write;

/// The states of one part, true for up.
fn path(states: TwoState, hours: usize, number: u64) -> Vec<bool> {
    let mut up = vec![true; hours];
    let mut stream = StreamKey::new(5, Purpose::Outages, "theory").replication(number);
    states.runs(hours, &mut stream, |run| up[run].fill(false));
    up
}

fn within(what: &str, given: f64, wanted: f64, se: f64) {
    assert!((given - wanted).abs() < 4.0 * se, "{what}: {given} is {:.2} standard errors from {wanted}", (given - wanted) / se);
}

const CHAINS: [TwoState; 4] = [
    TwoState { fail: 1.0 / 40.0, mend: 1.0 / 3.0 },
    TwoState { fail: 1.0 / 99.0, mend: 1.0 },
    TwoState { fail: 0.1, mend: 0.9 },
    TwoState { fail: 1.0 / 2.5, mend: 1.0 / 20.0 },
];

/// Means of complete runs of a long path, whose lengths are independent of each other.
#[test]
fn mean_durations() {
    for (number, states) in CHAINS.into_iter().enumerate() {
        let up = path(states, 2_000_000, number as u64);
        let runs: Vec<(bool, f64)> = up.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as f64)).collect();
        for (state, end) in [(true, states.fail), (false, states.mend)] {
            let of_state = || runs[1..runs.len() - 1].iter().filter(|run| run.0 == state).map(|run| run.1);
            let n = of_state().count() as f64;
            let (mean, sd) = (1.0 / end, (1.0 - end).sqrt() / end);
            // Where the end is sure, every run has one hour.
            within("duration", of_state().sum::<f64>() / n, mean, sd / n.sqrt() + 1e-12);
        }
    }
}

/// Share up in the first hour and in a late one, and the autocorrelation, over paths that are independent of each other.
#[test]
fn stationary_from_the_first_hour_with_geometric_correlation() {
    let n = 60_000;
    for states in CHAINS {
        let share = states.share_up();
        let mut sums = [0.0; 2];
        let mut products = [0.0; 3];
        for number in 0..n {
            let up = path(states, 120, number);
            for (sum, hour) in sums.iter_mut().zip([0, 110]) {
                *sum += f64::from(up[hour]) - share;
            }
            for (product, lag) in products.iter_mut().zip([1, 2, 7]) {
                *product += (f64::from(up[100]) - share) * (f64::from(up[100 + lag]) - share);
            }
        }
        let (n, variance) = (n as f64, share * (1.0 - share));
        sums.iter().for_each(|sum| within("share up", sum / n, 0.0, (variance / n).sqrt()));
        for (product, lag) in products.into_iter().zip([1, 2, 7]) {
            let wanted = variance * (1.0 - states.fail - states.mend).powi(lag);
            // Second moment of a product of two such: E[x²y²] by the joint law of both.
            let [high, low] = [1.0 - share, -share];
            let both = share * share + wanted;
            let joint = [(both, high, high), (share - both, high, low), (share - both, low, high), (1.0 - 2.0 * share + both, low, low)];
            let second: f64 = joint.iter().map(|&(p, x, y)| p * (x * y) * (x * y)).sum();
            within("covariance", product / n, wanted, ((second - wanted * wanted) / n).sqrt());
        }
    }
}

#[test]
fn states_at_the_edges() {
    assert!(path(TwoState::of_share(1.0), 1000, 1).iter().all(|&up| up));
    let alternating = path(TwoState::of_times(1.0, 1.0), 1000, 2);
    assert!(alternating.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(path(TwoState::of_share(1e-12), 1000, 3).iter().all(|&up| !up));
    assert!(path(TwoState::of_share(0.5), 0, 4).is_empty());
    assert!((TwoState::of_times(99.0, 1.0).share_up() - 0.99).abs() < 1e-15);
}

#[test]
fn parts_of_units() {
    let of = |together| Availability { states: TwoState::of_share(0.9), together };
    let one = of(Together::Units(1.0));
    assert_eq!([one.parts(0.0), one.parts(3.0), one.parts(3.25)].map(f64::to_bits), [0.0_f64, 3.0, 4.0].map(f64::to_bits));
    let lost = |a: Availability, units: f64, down: &[u32], wanted: f64| {
        assert_eq!(a.lost(units, down).to_bits(), wanted.to_bits(), "{units} {down:?}");
    };
    lost(one, 3.0, &[], 0.0);
    lost(one, 3.0, &[1, 2, 3, 9], 2.0);
    lost(one, 3.25, &[0, 3], 1.25);
    lost(one, 3.25, &[4], 0.0);
    let fifty = of(Together::Units(50.0));
    assert_eq!(fifty.parts(120.0).to_bits(), 3.0_f64.to_bits());
    lost(fifty, 120.0, &[0, 1], 100.0);
    lost(fifty, 120.0, &[2], 20.0);
    lost(fifty, 20.0, &[0], 20.0);
    lost(fifty, 20.0, &[1], 0.0);
    let all = of(Together::All);
    assert_eq!([all.parts(0.0), all.parts(7.5)].map(f64::to_bits), [0.0_f64, 1.0].map(f64::to_bits));
    lost(all, 7.5, &[0], 7.5);
    lost(all, 7.5, &[], 0.0);
}

/// What an hour of a case lost, and how much of its units was used.
#[derive(Default)]
struct Seen(Vec<(usize, usize, f64, Vec<f64>)>);

impl HourSink for Seen {
    fn hour(&mut self, hour: usize, _: usize, case: usize, service: &HourService<'_>) {
        self.0.push((hour, case, service.throttled, service.used.to_vec()));
    }
}

fn seen(supply: &Supply, path: &DemandPath, replication: u64) -> Vec<(usize, usize, f64, Vec<f64>)> {
    let mut seen = Seen::default();
    supply.dispatcher(1).dispatch(replication, path, &mut supply.totals(), Some(&mut seen));
    seen.0
}

fn off(name: &str) -> WorkloadFacts {
    workload(name, Margin::Gamma, 0.0)
}

const UNITS: &str =
    "[[offer]]\nname = 'u'\nkind = 'provisioned'\ncapacity = '10 tokens/h'\nincrement = 'any'\nterms = { none = '1 USD/unit-hour' }\n";
const ON_DEMAND: &str = "[[offer]]\nname = 'od'\nkind = 'on-demand'\nprice = { input = '1 USD/token', output = '1 USD/token' }\n";

/// With the minutes off an hour is arithmetic: what is asked for, less units that are up, less what an incident leaves of the quota. The
/// chain has one workload; in the network, half of it has no units and the quota takes that too.
#[test]
fn every_hour_serves_with_what_is_up() {
    let hours = 300;
    let offers = format!(
        "{UNITS}availability = {{ up = '9h', down = '4h' }}\n{ON_DEMAND}quota = {{ rate = '25 tokens/h' }}\nincidents = {{ every = '20h', lasting = '6h', takes = '40%' }}\n"
    );
    let plan = |route: &str| {
        format!(
            "{offers}[[plan]]\nname = 'p'\nroute = {route}\nsweep = {{ units = {{ u = [0, 2, 3.5, 6] }} }}\n\
             [[plan]]\nname = 's'\nroute = {route}\nunits = {{ u = 2 }}\n\
             purchase = [{{ offer = 'u', units = 3, schedule = {{ from = 8, until = 20 }} }}]\n"
        )
    };
    let chain = supply(&plan("{ w = ['u', 'od'] }"), &[off("w")], Horizon::flat(3, 100).unwrap());
    let network = supply(&plan("{ a = ['u', 'od'], b = ['od'] }"), &[off("a"), off("b")], Horizon::flat(3, 100).unwrap());
    assert!(chain.groups[0].chain && !network.groups[0].chain);
    for (supply, asked) in [(&chain, [70.0, 0.0]), (&network, [50.0, 20.0])] {
        for replication in 0..3 {
            let mut outages = Outages::new(supply, 1);
            outages.draw(replication);
            let [units, quota] = [0, 1].map(|offer| outages.of(offer).unwrap());
            let path = steady(hours, &asked[..supply.workloads.len()]);
            let hours_seen = seen(supply, &path, replication);
            assert_eq!(hours_seen.len(), hours * 5);
            let mut fewer = [0; 2];
            for (hour, case, throttled, used) in hours_seen {
                let scheduled = if (8..20).contains(&(hour % 24)) { 5.0 } else { 2.0 };
                let bought = [0.0, 2.0, 3.5, 6.0, scheduled][case];
                let up = (0..7)
                    .filter(|part| !outages.down(units, hour).contains(part))
                    .map(|part| (bought - f64::from(part)).clamp(0.0, 1.0))
                    .sum::<f64>();
                let left = if outages.down(quota, hour).is_empty() { 25.0 } else { 15.0 };
                fewer[0] += i32::from(up < bought);
                fewer[1] += i32::from(left < 25.0);
                let served = (10.0 * up).min(asked[0]);
                let wanted = (asked[0] - served + asked[1] - left).max(0.0);
                assert!((throttled - wanted).abs() < 1e-9, "hour {hour}, {bought} units: {throttled} is not {wanted}");
                assert!((used[0] - served / 10.0).abs() < 1e-9, "hour {hour}, {bought} units: {used:?} used of {up}");
            }
            assert!(fewer.iter().all(|&hours| hours > 20), "{fewer:?}");
        }
    }
}

/// On two axes a part holds units of both, and the scarcer axis says what is served; unless said otherwise all fail as one.
#[test]
fn two_axes_fail_together() {
    let text = |together: &str| {
        let axis = |class: &str| format!("{{ capacity = '10 tokens/h', weights = {{ {class} = 1 }}, minimum = 1, increment = 1 }}");
        format!(
            "[[offer]]\nname = 'u'\nkind = 'provisioned'\naxes.input = {}\naxes.output = {}\navailability = {{ share = '70%'{together} }}\n\
             terms = {{ none = {{ input = '1 USD/unit-hour', output = '2 USD/unit-hour' }} }}\n\
             [[plan]]\nname = 'p'\nroute = {{ w = ['u'] }}\nunits = {{ u = {{ input = 4, output = 3 }} }}\n",
            axis("input"),
            axis("output")
        )
    };
    let mut path = steady(200, &[35.0]);
    path.workloads[0].tokens.iter_mut().for_each(|tokens| tokens.output = 25.0);
    // Sizes of the parts on both axes: two by two, or all.
    for (together, parts) in [(", together = 2", &[[2.0, 2.0], [2.0, 1.0]][..]), ("", &[[4.0, 3.0]]), (", together = 9", &[[4.0, 3.0]])] {
        let supply = supply(&text(together), &[off("w")], Horizon::flat(1, 200).unwrap());
        let mut outages = Outages::new(&supply, 1);
        outages.draw(4);
        let mut states = std::collections::BTreeSet::new();
        for (hour, _, throttled, used) in seen(&supply, &path, 4) {
            let down = outages.down(0, hour);
            states.insert(down.to_vec());
            let up = |axis: usize| (0..).zip(parts).filter(|(part, _)| !down.contains(part)).map(|(_, size)| size[axis]).sum::<f64>();
            let share = (10.0 * up(0) / 35.0).min(10.0 * up(1) / 25.0).min(1.0);
            assert!((throttled - 60.0 * (1.0 - share)).abs() < 1e-9, "hour {hour}: {throttled}, {down:?} down");
            assert!((used[0] - 3.5 * share).abs() < 1e-9 && (used[1] - 2.5 * share).abs() < 1e-9, "{used:?}");
        }
        assert_eq!(states.len(), 1 << parts.len());
    }
}

/// A unit's states do not depend on how many are bought, by whom, and of what other offers there are.
#[test]
fn the_states_of_a_unit_are_its_own() {
    let text = |units: &str, more: &str| {
        format!(
            "{more}{UNITS}availability = {{ share = '80%' }}\n{ON_DEMAND}[[plan]]\nname = 'p'\nroute = {{ w = ['u', 'od'] }}\nsweep = {{ units = {{ u = {units} }} }}\n"
        )
    };
    let other = UNITS.replace("'u'", "'other'") + "availability = { share = '50%' }\n";
    let horizon = || Horizon::flat(1, 200).unwrap();
    let few = supply(&text("[3]", ""), &[off("w")], horizon());
    let many = supply(&text("[0, 40, 3, 7.5]", &other), &[off("w")], horizon());
    let path = steady(200, &[100.0]);
    let bits = |supply: &Supply, replication, wanted: usize| -> Vec<u64> {
        let of_case = seen(supply, &path, replication).into_iter().filter(|(_, case, ..)| *case == wanted);
        of_case.map(|(_, _, throttled, used)| throttled.to_bits() ^ used[0].to_bits()).collect()
    };
    for replication in [0, 1, 77] {
        assert_eq!(bits(&few, replication, 0), bits(&many, replication, 2));
    }
    assert_ne!(bits(&few, 0, 0), bits(&few, 1, 0));
}

#[test]
fn units_that_are_always_up_are_units_without_availability() {
    let text = |availability: &str, incidents: &str| {
        format!(
            "{UNITS}{availability}{ON_DEMAND}quota = {{ rate = '25 tokens/h' }}\n{incidents}\
             [[plan]]\nname = 'p'\nroute = {{ w = ['u', 'od'] }}\nsweep = {{ units = {{ u = [1, 2.3, 5] }} }}\n"
        )
    };
    let facts = [workload("w", Margin::LogNormal, 0.7)];
    let horizon = || Horizon::flat(2, 50).unwrap();
    let path = steady(100, &[40.0]);
    let plain = dispatched(&supply(&text("", ""), &facts, horizon()), &path);
    let up = text("availability = { share = '100%' }\n", "incidents = { every = '1000000h', lasting = '1h', takes = '1%' }\n");
    let with = dispatched(&supply(&up, &facts, horizon()), &path);
    assert_eq!((plain.services, plain.used), (with.services, with.used));
}

/// An offer without a quota passes on everything while an incident has taken it, and nothing else.
#[test]
fn what_an_incident_takes_goes_to_the_next_offer() {
    let plan = |incidents: &str| {
        let spare = ON_DEMAND.replace("'od'", "'spare'");
        format!("{ON_DEMAND}{incidents}{spare}[[plan]]\nname = 'p'\nroute = {{ w = ['od', 'spare'] }}\n")
    };
    let incidents = "incidents = { every = '5h', lasting = '3h', takes = '100%' }\n";
    let horizon = || Horizon::flat(1, 100).unwrap();
    let facts = [workload("w", Margin::Gamma, 1.0)];
    let warned = |incidents: &str| read(&plan(incidents), &facts, horizon()).unwrap().1;
    assert_eq!(warned("").len(), 1);
    assert_eq!(warned(incidents), Vec::<String>::new());
    let supply = supply(&plan(incidents), &facts, horizon());
    let mut outages = Outages::new(&supply, 1);
    outages.draw(0);
    let hours = (0..100).filter(|&hour| !outages.down(0, hour).is_empty()).count() as f64;
    let mut by_node = ByNode::default();
    supply.dispatcher(1).dispatch(0, &steady(100, &[10.0]), &mut supply.totals(), Some(&mut by_node));
    assert!((10.0..90.0).contains(&hours), "{hours}");
    assert_eq!(by_node.0, [1000.0 - 10.0 * hours, 10.0 * hours]);
}

/// Tokens served by each of two nodes.
#[derive(Default)]
struct ByNode([f64; 2]);

impl HourSink for ByNode {
    fn hour(&mut self, _: usize, _: usize, _: usize, service: &HourService<'_>) {
        self.0.iter_mut().zip(service.served).for_each(|(sum, served)| *sum += served);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_121), failure_persistence: None, ..ProptestConfig::default() })]

    /// On the same draws no hour throttles more with more units, nor uses more units than are bought; tokens are conserved.
    #[test]
    fn more_units_never_throttle_more(
        share in 0.05_f64..1.0,
        together in prop_oneof![Just("'all'".to_owned()), (1_u32..5).prop_map(|n| n.to_string())],
        mean in 1.0_f64..200.0,
        cv in prop_oneof![Just(0.0), 0.1_f64..1.5],
        network in any::<bool>(),
        takes in 0.05_f64..1.0,
        mut counts in proptest::collection::vec(0.0_f64..12.0, 5),
    ) {
        counts.sort_by(f64::total_cmp);
        let mut text = format!("{UNITS}availability = {{ share = {share}, together = {together} }}\n{ON_DEMAND}quota = {{ rate = '30 tokens/h' }}\n");
        let _ = writeln!(text, "incidents = {{ every = '6h', lasting = '3h', takes = {takes} }}");
        let route = if network { "{ a = ['u', 'od'], b = ['od'] }" } else { "{ a = ['u', 'od'] }" };
        let _ = writeln!(text, "[[plan]]\nname = 'p'\nroute = {route}\nsweep = {{ units = {{ u = {counts:?} }} }}");
        let facts = if network { vec![workload("a", Margin::Gamma, cv), workload("b", Margin::Gamma, cv)] } else { vec![workload("a", Margin::Gamma, cv)] };
        let supply = supply(&text, &facts, Horizon::flat(1, 40).unwrap());
        let path = steady(40, &[mean, 20.0][..facts.len()]);
        let hours = seen(&supply, &path, 3);
        let cases = supply.groups[0].cases.len();
        for of_hour in hours.chunks(cases) {
            for pair in of_hour.windows(2) {
                prop_assert!(pair[1].2 <= pair[0].2 + 2e-6 * (mean + 20.0), "hour {}: {} becomes {}", pair[0].0, pair[0].2, pair[1].2);
            }
            for (_, case, _, used) in of_hour {
                prop_assert!(used[0] <= supply.groups[0].cases[*case].units[0] * (1.0 + 1e-6) + 1e-9, "{used:?}");
            }
        }
        let totals = dispatched(&supply, &path);
        let asked: f64 = path.workloads.iter().flat_map(|workload| &workload.tokens).map(crate::units::ByClass::total).sum();
        for service in &totals.services {
            let sum = service.tokens_on_demand + service.tokens_provisioned + service.tokens_throttled;
            prop_assert!((sum - asked).abs() <= 1e-9 * asked, "{sum} of {asked}");
        }
        prop_assert_eq!(totals.used.len(), cases * supply.groups[0].nodes.len() * MAX_AXES);
    }
}
