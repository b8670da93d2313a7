//! Who in a pool gets what: sums by hand, the pool's own sums, and minutes with priorities drawn one by one.

use super::tests::{ON_DEMAND, hour, units};
use crate::horizon::Horizon;
use crate::random::law::draw_gamma;
use crate::random::stream::{Purpose, StreamKey};
use crate::supply::fixture::{dispatched, read, steady, supply, workload};
use crate::supply::{MAX_AXES, Margin, MemberTotals, Supply, SupplyTotals, WorkloadFacts, exact_overflow};
use crate::units::ByClass;

/// Workloads by priority (0 for none stated) and the CV of their minutes.
fn facts(workloads: &[(&str, u8, f64)]) -> Vec<WorkloadFacts> {
    let facts = |&(name, priority, cv): &(&str, u8, f64)| WorkloadFacts {
        priority: (priority > 0).then_some(priority),
        ..workload(name, Margin::Gamma, cv)
    };
    workloads.iter().map(facts).collect()
}

/// One chain for all: units, then a quota.
fn chain(names: &[&str], quota: f64, unit_counts: &str) -> String {
    let routes: Vec<String> = names.iter().map(|name| format!("{name} = ['u', 'od']")).collect();
    format!(
        "{ON_DEMAND}quota = {{ rate = '{quota} tokens/h' }}\n{}[[plan]]\nname = 'p'\nroute = {{ {} }}\nsweep = {{ units = {{ u = {unit_counts} }} }}\n",
        units("u", "1 tokens/h"),
        routes.join(", ")
    )
}

pub(super) fn members(supply: &Supply, totals: &SupplyTotals, case: usize) -> Vec<MemberTotals> {
    let first = supply.member_index(0, case, 0);
    totals.members[first..first + supply.members(0)].to_vec()
}

pub(super) fn near(given: f64, wanted: f64, tolerance: f64) {
    assert!((given - wanted).abs() <= tolerance, "{given} is not {wanted} ± {tolerance}");
}

/// Members' sums are the pool's in every case: tokens, money, unit-hours, and shares of idle units that sum to 1.
pub(super) fn add_up(supply: &Supply, totals: &SupplyTotals, requests_too: bool) {
    for (index, group) in supply.groups.iter().enumerate() {
        let (members, slots) = (supply.members(index), group.nodes.len() * MAX_AXES);
        assert_eq!(members, group.workloads.len());
        for month in 0..supply.horizon().months() {
            let asked = totals.demand[supply.demand_index(index, month)].tokens.total();
            for case in 0..group.cases.len() {
                let pool = &totals.services[supply.service_index(index, case, month)];
                let of = &totals.members[supply.member_index(index, case, month)..][..members];
                let sum = |f: fn(&MemberTotals) -> f64| of.iter().map(f).sum::<f64>();
                assert!(
                    of.iter().all(|m| [m.cost_on_demand, m.tokens_provisioned, m.tokens_throttled].into_iter().all(|x| x >= 0.0)),
                    "{of:?}"
                );
                near(sum(|m| m.tokens_throttled), pool.tokens_throttled, 1e-11 * asked);
                near(sum(|m| m.tokens_provisioned), pool.tokens_provisioned, 1e-11 * asked);
                near(sum(|m| m.cost_on_demand), pool.cost_on_demand, 1e-10 * asked);
                if requests_too {
                    near(sum(|m| m.requests_throttled), pool.requests_throttled, 1e-11 * asked);
                }
                let (first, own) = (supply.used_index(index, case, month), supply.member_used_index(index, case, month));
                for slot in 0..slots {
                    let sum: f64 = (0..members).map(|member| totals.members_used[own + member * slots + slot]).sum();
                    near(sum, totals.used[first + slot], 1e-10 * asked);
                }
            }
            let batch: f64 = totals.member_months[supply.member_month_index(index, month)..][..members].iter().map(|m| m.cost_batch).sum();
            near(batch, totals.services[supply.service_index(index, 0, month)].cost_batch, 1e-11 * asked);
            let idle = supply.member_idle_index(index, month);
            for (number, node) in group.nodes.iter().enumerate() {
                for axis in 0..MAX_AXES {
                    let shares = (0..members).map(|member| totals.members_idle[idle + member * slots + number * MAX_AXES + axis]);
                    let bought = node.provisioned && axis < node.axes;
                    assert!(shares.clone().all(|share| share >= 0.0));
                    near(shares.sum(), if bought { 1.0 } else { 0.0 }, 1e-12);
                }
            }
        }
    }
}

/// 100 + 60 + 60 tokens in equal minutes against 120 of units and a quota of 50: the first has its 100, the other two share 20 and 50.
#[test]
fn without_minutes_the_first_is_served_first() {
    let supply = supply(&chain(&["a", "b", "c"], 50.0, "[120]"), &facts(&[("a", 1, 0.0), ("b", 7, 0.0), ("c", 7, 0.0)]), hour());
    let totals = dispatched(&supply, &steady(1, &[100.0, 60.0, 60.0]));
    let [a, b, c] = members(&supply, &totals, 0)[..] else { panic!() };
    for (got, provisioned, on_demand) in [(a, 100.0, 0.0), (b, 10.0, 25.0), (c, 10.0, 25.0)] {
        near(got.tokens_provisioned, provisioned, 1e-12);
        near(got.cost_on_demand, on_demand, 1e-12);
    }
    for (got, throttled) in [(a, 0.0), (b, 25.0), (c, 25.0)] {
        near(got.tokens_throttled, throttled, 1e-12);
        near(got.requests_throttled, throttled / 10.0, 1e-12);
    }
    add_up(&supply, &totals, true);
}

/// Input that counts once against output that counts fivefold: 300 weighted tokens are refused of the second, which are 60 tokens, where
/// in proportion they would have been 50 of each.
#[test]
fn whoever_is_refused_is_refused_in_his_own_tokens() {
    let text = "[[offer]]\nname = 'u'\nkind = 'provisioned'\ncapacity = '1 tokens/h'\nincrement = 'any'\nweights = { input = 1, output = 5 }\n\
                terms = { none = '0.6 USD/unit-hour' }\n[[plan]]\nname = 'p'\nroute = { a = ['u'], b = ['u'] }\nunits = { u = 300 }\n";
    let mut path = steady(1, &[100.0, 0.0]);
    path.workloads[1].tokens[0] = ByClass { output: 100.0, ..ByClass::ZERO };
    path.workloads[1].requests[0] = 5.0;
    let ranked = supply(text, &facts(&[("a", 1, 0.0), ("b", 2, 0.0)]), hour());
    let totals = dispatched(&ranked, &path);
    let [a, b] = members(&ranked, &totals, 0)[..] else { panic!() };
    near(a.tokens_throttled, 0.0, 1e-12);
    near(b.tokens_throttled, 60.0, 1e-9);
    near(b.requests_throttled, 3.0, 1e-9);
    add_up(&ranked, &totals, true);
    let alike = supply(text, &facts(&[("a", 0, 0.0), ("b", 0, 0.0)]), hour());
    let without = dispatched(&alike, &path);
    let shared = members(&alike, &without, 0);
    near(shared[0].tokens_throttled, 50.0, 1e-12);
    near(shared[1].tokens_throttled, 50.0, 1e-12);
    // Weighted, and in minutes, nothing changed.
    assert_eq!(totals.used.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), without.used.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
    assert_eq!(totals.services[0].throttled_minutes.to_bits(), without.services[0].throttled_minutes.to_bits());
}

/// The second offer weighs what comes to it, not what the pool would have brought: 100 output tokens of the second workload are passed
/// on, which the quota counts once each, and of which it serves 40.
#[test]
fn the_next_offer_weighs_what_comes_to_it() {
    let text = format!(
        "{ON_DEMAND}quota = {{ rate = '40 tokens/h' }}\n[[offer]]\nname = 'u'\nkind = 'provisioned'\ncapacity = '1 tokens/h'\nincrement = 'any'\n\
         weights = {{ input = 1, output = 5 }}\nterms = {{ none = '0.6 USD/unit-hour' }}\n\
         [[plan]]\nname = 'p'\nroute = {{ a = ['u', 'od'], b = ['u', 'od'] }}\nunits = {{ u = 100 }}\n"
    );
    let mut path = steady(1, &[100.0, 0.0]);
    path.workloads[1].tokens[0] = ByClass { output: 100.0, ..ByClass::ZERO };
    let supply = supply(&text, &facts(&[("a", 1, 0.0), ("b", 2, 0.0)]), hour());
    let totals = dispatched(&supply, &path);
    let [a, b] = members(&supply, &totals, 0)[..] else { panic!() };
    near(a.tokens_provisioned, 100.0, 1e-9);
    near(b.cost_on_demand, 5.0 * 40.0, 1e-9);
    near(b.tokens_throttled, 60.0, 1e-9);
    add_up(&supply, &totals, true);
}

fn bits(totals: &SupplyTotals) -> Vec<u64> {
    let of = |s: &crate::supply::ServiceTotals| {
        [
            s.cost_on_demand,
            s.tokens_on_demand,
            s.tokens_provisioned,
            s.tokens_throttled,
            s.requests_throttled,
            s.throttled_minutes,
            s.throttled_hours,
            s.log_clear,
        ]
    };
    totals.services.iter().flat_map(of).chain(totals.used.iter().copied()).map(f64::to_bits).collect()
}

/// Priorities do not change a pool whose workloads ask alike, to the last bit; they change who gets what.
#[test]
fn a_pool_keeps_its_totals() {
    let names = ["a", "b", "c"];
    for (quota, cvs) in [(60.0, [0.5, 0.5, 0.5]), (150.0, [0.2, 1.0, 0.6]), (1e9, [1.0, 0.1, 2.0])] {
        let text = chain(&names, quota, "'0..=400 step 25'");
        let with = |priorities: [u8; 3]| -> Vec<WorkloadFacts> {
            facts(&names.iter().zip(priorities).zip(cvs).map(|((name, p), cv)| (*name, p, cv)).collect::<Vec<_>>())
        };
        let mut path = steady(5, &[100.0, 50.0, 80.0]);
        for workload in &mut path.workloads {
            for (hour, (tokens, requests)) in workload.tokens.iter_mut().zip(&mut workload.requests).enumerate() {
                *tokens = *tokens * (0.3 * hour as f64);
                *requests *= 0.3 * hour as f64;
            }
        }
        let horizon = || Horizon::flat(1, 5).unwrap();
        let (alike, ranked) = (supply(&text, &with([0; 3]), horizon()), supply(&text, &with([3, 1, 0]), horizon()));
        assert!(ranked.groups[0].ranks() == 3 && alike.groups[0].ranks() == 1);
        let (alike_totals, ranked_totals) = (dispatched(&alike, &path), dispatched(&ranked, &path));
        assert_eq!(bits(&alike_totals), bits(&ranked_totals));
        assert_ne!(alike_totals.members, ranked_totals.members);
        // Those who look at pools alone see the same.
        let pools_alone = dispatched(&ranked.clone().without_members(), &path);
        assert_eq!(bits(&pools_alone), bits(&ranked_totals));
        assert!(pools_alone.members.is_empty() && pools_alone.members_idle.is_empty());
        add_up(&alike, &alike_totals, true);
        add_up(&ranked, &ranked_totals, true);
    }
}

/// Minutes drawn of each case.
const MINUTES: u32 = 100_000;

/// What each of some workloads loses and has served on demand, per minute drawn; and the standard errors.
fn drawn(means: &[f64], variances: &[f64], order: &[usize], units: f64, quota: f64, seed: u64) -> Vec<[(f64, f64); 2]> {
    let mut stream = StreamKey::new(11, Purpose::Minutes, "priorities").replication(seed);
    let n = MINUTES;
    let mut sums = vec![[(0.0, 0.0); 2]; means.len()];
    for _ in 0..n {
        let asked: Vec<f64> = means.iter().zip(variances).map(|(mean, v)| mean * draw_gamma(1.0 / v, *v, &mut stream)).collect();
        let (mut units, mut quota) = (units, quota);
        for &who in order {
            let by_units = asked[who].min(units);
            units -= by_units;
            let on_demand = (asked[who] - by_units).min(quota);
            quota -= on_demand;
            for (sum, x) in sums[who].iter_mut().zip([asked[who] - by_units - on_demand, on_demand]) {
                *sum = (sum.0 + x, sum.1 + x * x);
            }
        }
    }
    let n = f64::from(n);
    let estimate = |(sum, squares): (f64, f64)| (sum / n, ((squares / n - (sum / n) * (sum / n)).max(0.0) / n).sqrt());
    sums.into_iter().map(|sums| sums.map(estimate)).collect()
}

/// Independent gamma minutes of one scale, whose sums are gamma: exact, over a grid of load and burst.
#[test]
fn priorities_are_minutes_drawn_one_by_one() {
    let mut seed = 0;
    for load in [0.6, 0.9, 1.2] {
        for scale in [10.0, 60.0] {
            for means in [[100.0, 60.0, 40.0], [20.0, 20.0, 160.0]] {
                seed += 1;
                let variances = means.map(|mean| scale / mean);
                let workloads: Vec<(&str, u8, f64)> =
                    ["a", "b", "c"].into_iter().zip([2, 1, 3]).zip(variances).map(|((n, p), v)| (n, p, f64::sqrt(v))).collect();
                let (bought, quota) = (0.6 * 200.0 / load, 0.4 * 200.0 / load);
                let supply = supply(&chain(&["a", "b", "c"], quota, &format!("[{bought}]")), &facts(&workloads), hour());
                let totals = dispatched(&supply, &steady(1, &means));
                add_up(&supply, &totals, true);
                let wanted = drawn(&means, &variances, &[1, 0, 2], bought, quota, seed);
                for (who, (got, wanted)) in members(&supply, &totals, 0).iter().zip(&wanted).enumerate() {
                    for (what, (got, (mean, error))) in [got.tokens_throttled, got.cost_on_demand].into_iter().zip(wanted).enumerate() {
                        // The law's rows are good to 1e-4, the difference of two neighbours as well as they are. What was hardly ever
                        // seen has no standard error: it is below 4 / n, and about a scale where it is.
                        let tolerance = 4.0 * error + 2e-4 * mean + 4.0 * scale / f64::from(MINUTES);
                        assert!(
                            (got - mean).abs() <= tolerance,
                            "{load} {scale} {means:?} {who} {what}: {got} is not {mean} ± {tolerance}"
                        );
                    }
                }
            }
        }
    }
}

/// Workloads of very different burst, whose sum is no gamma: what each loses is within 4 % of minutes drawn one by one where variances
/// differ up to 25-fold, and within 30 % where they differ 200-fold, of which the pool's own total is the cause.
#[test]
fn unlike_bursts_stay_near_minutes_drawn_one_by_one() {
    for (number, (means, variances, bought, quota, slack)) in [
        ([100.0, 100.0], [0.04, 1.0], 150.0, 100.0, 0.04),
        ([100.0, 100.0], [1.0, 0.04], 150.0, 100.0, 0.04),
        ([150.0, 50.0], [0.25, 2.0], 120.0, 120.0, 0.04),
        ([30.0, 170.0], [4.0, 0.02], 180.0, 30.0, 0.3),
        ([100.0, 100.0], [0.0004, 0.25], 100.0, 120.0, 0.04),
    ]
    .into_iter()
    .enumerate()
    {
        let workloads = [("a", 1, f64::sqrt(variances[0])), ("b", 2, f64::sqrt(variances[1]))];
        let supply = supply(&chain(&["a", "b"], quota, &format!("[{bought}]")), &facts(&workloads), hour());
        let totals = dispatched(&supply, &steady(1, &means));
        add_up(&supply, &totals, true);
        let wanted = drawn(&means, &variances, &[0, 1], bought, quota, 100 + number as u64);
        for (who, (got, [(mean, error), _])) in members(&supply, &totals, 0).iter().zip(&wanted).enumerate() {
            let (got, tolerance) = (got.tokens_throttled, 4.0 * error + slack * mean + 1e-5);
            assert!((got - mean).abs() < tolerance, "case {number}, {who}: {got} is not {mean} ± {tolerance}");
        }
    }
}

#[test]
fn priorities_that_cannot_be_kept_are_refused() {
    let two = facts(&[("a", 1, 0.5), ("b", 2, 0.5)]);
    let text = |quota: &str, rule: &str, route: &str| {
        format!(
            "{ON_DEMAND}{quota}{}overflow = '{rule}'\n[[plan]]\nname = 'p'\nroute = {route}\nunits = {{ u = 5 }}\n",
            units("u", "1 tokens/h")
        )
    };
    let quota = "quota = { rate = '50 tokens/h' }\n";
    let apart = "{ a = ['u', 'od'], b = ['od'] }";
    let errors = read(&text(quota, "minute", apart), &two, hour()).unwrap_err();
    assert!(errors.len() == 1 && errors[0].contains("meet at `od` after different ways"), "{errors:?}");
    let errors = read(&text(quota, "request", "{ a = ['u', 'od'], b = ['u', 'od'] }"), &two, hour()).unwrap_err();
    assert!(errors.len() == 1 && errors[0].contains("which spills whole requests"), "{errors:?}");
    // Nobody has to wait for an offer without a limit, and alike is always possible.
    assert!(read(&text("", "request", apart), &two, hour()).is_ok());
    assert!(read(&text(quota, "request", apart), &facts(&[("a", 4, 0.5), ("b", 4, 0.5)]), hour()).is_ok());
    // Stated by one alone, the other is in the middle.
    let (supply, _) =
        read(&text(quota, "minute", "{ a = ['u', 'od'], b = ['u', 'od'] }"), &facts(&[("a", 9, 0.5), ("b", 0, 0.5)]), hour()).unwrap();
    assert_eq!(supply.groups[0].classes, [1, 0]);
}

/// Two independent workloads alike, apart and together: half of the capacity each throttles what G says of one, both together less.
#[test]
fn a_pool_needs_less_than_its_workloads_apart() {
    let offers = format!("{ON_DEMAND}{}{}{}", units("ua", "1 tokens/h"), units("ub", "1 tokens/h"), units("u", "1 tokens/h"));
    let text = format!(
        "{offers}[[plan]]\nname = 'apart'\nroute = {{ a = ['ua'], b = ['ub'] }}\nunits = {{ ua = 150, ub = 150 }}\n\
         [[plan]]\nname = 'pool'\nroute = {{ a = ['u'], b = ['u'] }}\nsweep = {{ units = {{ u = [244.4, 300] }} }}\n"
    );
    let supply = supply(&text, &facts(&[("a", 0, 0.6), ("b", 0, 0.6)]), hour());
    let totals = dispatched(&supply, &steady(1, &[100.0, 100.0]));
    let throttled = |plan: usize| -> f64 {
        supply.plans[plan].pools.iter().map(|p| totals.services[supply.service_index(p.group, p.case, 0)].tokens_throttled).sum()
    };
    let apart = 200.0 * exact_overflow(Margin::Gamma, 0.36, 1.5);
    near(throttled(0), apart, 1e-4 * apart);
    // Half the variance, relative to twice the mean.
    let pool = 200.0 * exact_overflow(Margin::Gamma, 0.18, 1.5);
    near(throttled(2), pool, 1e-4 * pool);
    assert!(pool < 0.45 * apart, "{pool} {apart}");
    // What the pool needs for as much throttling as the two apart: by bisection on G, 18.5 % less.
    let (mut low, mut high) = (1.0, 1.5);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if 200.0 * exact_overflow(Margin::Gamma, 0.18, middle) > apart { low = middle } else { high = middle }
    }
    near(200.0 * low, 244.4, 0.05);
    near(throttled(1), apart, 2e-3 * apart);
}

/// The busiest twentieth of forty hours: hours 38 and 39, where one asks for 30 and 50 of 100 and 150.
#[test]
fn idle_units_are_borne_by_the_busiest_hours() {
    let names = ["a", "b", "c"];
    let supply =
        supply(&chain(&names, 1e6, "[10, 500]"), &facts(&[("a", 0, 0.3), ("b", 0, 0.3), ("c", 0, 0.3)]), Horizon::flat(2, 40).unwrap());
    let mut path = steady(80, &[40.0, 20.0, 0.0]);
    for (hour, [a, b]) in [(38, [30.0, 70.0]), (39, [50.0, 100.0])] {
        path.workloads[0].tokens[hour].input = a;
        path.workloads[1].tokens[hour].input = b;
    }
    for workload in &mut path.workloads {
        workload.tokens[40..].fill(ByClass::ZERO);
    }
    let totals = dispatched(&supply, &path);
    add_up(&supply, &totals, true);
    let slots = supply.groups[0].nodes.len() * MAX_AXES;
    let share = |month: usize, member: usize| totals.members_idle[supply.member_idle_index(0, month) + member * slots];
    near(share(0, 0), 80.0 / 250.0, 1e-14);
    near(share(0, 1), 170.0 / 250.0, 1e-14);
    assert_eq!(share(0, 2), 0.0);
    // Nobody asks for anything in the second month.
    (0..3).for_each(|member| near(share(1, member), 1.0 / 3.0, 1e-15));
}
