//! Pools of several workloads: what each gets and bears, who is throttled first, and what sharing saves.

use super::support::{Ran, simulate};
use tokentide::supply::{Margin, exact_overflow};
use tokentide::tally::{Metric, Row, Span};

/// Offers of one token an hour: units shared, or one's own, each with a spill to an on-demand offer without a quota.
const APART: &str = r#"
name = "pools"
baseline = "apart"
[horizon]
flat = { months = 1, hours_per_month = 10 }
[[offer]]
name = "od"
kind = "on-demand"
price = { input = "1 USD/token" }
[[offer]]
name = "od-a"
kind = "on-demand"
price = { input = "1 USD/token" }
[[offer]]
name = "od-b"
kind = "on-demand"
price = { input = "1 USD/token" }
"#;

fn units(name: &str) -> String {
    format!(
        "[[offer]]\nname = \"{name}\"\nkind = \"provisioned\"\ncapacity = \"1 tokens/h\"\nincrement = \"any\"\n[offer.terms]\nnone = \"0.2 USD/unit-hour\"\n"
    )
}

fn column(ran: &Ran, plan: &str, row: Row, metric: Metric) -> Vec<f64> {
    ran.outcome.column(&ran.scenario, ran.plan(plan), row, Span::Horizon, metric).unwrap()
}

fn near(given: f64, wanted: f64, tolerance: f64) {
    assert!((given - wanted).abs() <= tolerance, "{given} is not {wanted} ± {tolerance}");
}

/// Two workloads alike and independent: in units for both, minutes of half the variance spill less, so that sharing saves, and each its
/// half. Closed form by G; the cheapest pool is smaller than the two cheapest purchases apart.
#[test]
fn sharing_saves_what_the_law_of_the_sum_says() {
    let workload = |name: &str| {
        format!(
            "[[workload]]\nname = \"{name}\"\ndemand = {{ law = \"constant\", value = \"100 tokens/h\" }}\nminute = {{ cv = 0.6 }}\n\
             tokens = {{ mean = 10, output_share = 0 }}\n"
        )
    };
    let text = [
        APART.to_owned(),
        units("u"),
        units("ua"),
        units("ub"),
        workload("a"),
        workload("b"),
        "[[plan]]\nname = \"apart\"\nroute = { a = [\"ua\", \"od-a\"], b = [\"ub\", \"od-b\"] }\nunits = { ua = 150, ub = 150 }\n".to_owned(),
        "[[plan]]\nname = \"pool\"\nroute = { a = [\"u\", \"od\"], b = [\"u\", \"od\"] }\nsweep = { units = { u = \"240..=320 step 10\" } }\n".to_owned(),
    ]
    .concat();
    let ran = simulate(&text, 2, 1);
    let apart = 10.0 * (0.2 * 300.0 + 200.0 * exact_overflow(Margin::Gamma, 0.36, 1.5));
    near(ran.column("apart", Metric::CostTotal)[0], apart, 1e-4 * apart);
    let mut cheapest = (f64::INFINITY, 0);
    for bought in (240..=320).step_by(10) {
        let plan = format!("pool/units={bought}");
        let pool = 10.0 * (0.2 * f64::from(bought) + 200.0 * exact_overflow(Margin::Gamma, 0.18, f64::from(bought) / 200.0));
        near(ran.column(&plan, Metric::CostTotal)[0], pool, 1e-4 * pool);
        cheapest = if pool < cheapest.0 { (pool, bought) } else { cheapest };
        // The pool's saving against the two pools apart, and each workload's half of it.
        near(column(&ran, &plan, Row::Pool(0), Metric::SavingVsBaseline)[0], apart - pool, 1e-4 * apart);
        for workload in [0, 1] {
            near(column(&ran, &plan, Row::Member(workload), Metric::SavingVsBaseline)[0], 0.5 * (apart - pool), 1e-4 * apart);
        }
    }
    let one = |bought: f64| 0.2 * bought + 100.0 * exact_overflow(Margin::Gamma, 0.36, bought / 100.0);
    let best_apart = (120..=160).map(f64::from).min_by(|a, b| one(*a).total_cmp(&one(*b))).unwrap();
    assert!(f64::from(cheapest.1) < 2.0 * best_apart - 10.0, "{cheapest:?} {best_apart}");
    assert!(cheapest.0 < 0.95 * 20.0 * one(best_apart), "{cheapest:?} {}", 20.0 * one(best_apart));
}

/// A pool with a bit of everything: a quota, batch with a part that nothing takes, two axes, priorities or none.
fn everything(priorities: [&str; 3]) -> String {
    let [chat, agents, nightly] = priorities;
    format!(
        r#"
name = "everything"
baseline = "all on-demand"
[horizon]
flat = {{ months = 2, hours_per_month = 72 }}
[[offer]]
name = "on-demand"
kind = "on-demand"
price = {{ input = "3 USD/1M tokens", output = "15 USD/1M tokens" }}
quota = {{ rate = "40k tokens/min", weights = {{ input = 1, output = 5 }} }}
[[offer]]
name = "reserved"
kind = "provisioned"
axes.input = {{ capacity = "1k tokens/min", weights = {{ input = 1 }} }}
axes.output = {{ capacity = "1k tokens/min", weights = {{ output = 1 }} }}
[offer.terms]
"1 month" = {{ input = "0.18 USD/unit-hour", output = "0.90 USD/unit-hour" }}
[[offer]]
name = "batch"
kind = "batch"
price = {{ input = "1.5 USD/1M tokens", output = "7.5 USD/1M tokens" }}
window = "24h"
minimum_records = 100
[[workload]]
name = "chat"
kind = "chat"
{chat}
level = {{ mean = "1M tokens/h", p10 = "0.8M tokens/h", p90 = "1.25M tokens/h" }}
tokens = {{ mean = 2000, output_share = 0.2 }}
deferrable_share = "20%"
[[workload]]
name = "agents"
kind = "agents"
{agents}
level = {{ mean = "2M tokens/h" }}
tokens = {{ input = {{ mean = 4000, p95 = 9000 }}, output = {{ mean = 300, p95 = 900 }} }}
[[workload]]
name = "nightly"
class = "deferrable"
kind = "batch"
{nightly}
level = {{ mean = "200k tokens/h" }}
tokens = {{ mean = 3000, output_share = 0.1 }}
[[plan]]
name = "all on-demand"
route = {{ chat = ["on-demand"], agents = ["on-demand"], nightly = ["batch", "on-demand"] }}
[[plan]]
name = "reserved"
route = {{ chat = ["reserved", "on-demand"], "chat.deferrable" = ["batch"], agents = ["reserved", "on-demand"], nightly = ["reserved", "on-demand"] }}
sweep = {{ units = {{ reserved = {{ input = [0, 20, 60], output = [0, 2, 6] }} }} }}
"#
    )
}

/// In every replication, plan and month, the workloads' lines are the pool's; and who comes first loses less than who comes last.
#[test]
fn lines_of_the_members_are_the_pools() {
    for (ranked, priorities) in [(false, ["", "", ""]), (true, ["priority = 1", "priority = 3", ""])] {
        let ran = simulate(&everything(priorities), 300, 1);
        let mut throttled = 0;
        for (index, plan) in ran.scenario.supply.plans.iter().enumerate() {
            let of = |row, span, metric| ran.outcome.column(&ran.scenario, index, row, span, metric);
            let rows = ran.outcome.rows(&ran.scenario, index);
            assert_eq!(rows.iter().filter(|(row, _)| matches!(row, Row::Member(_))).count(), 3);
            for span in [Span::Month(0), Span::Month(1), Span::Horizon] {
                for metric in [
                    Metric::CostTotal,
                    Metric::CostOnDemand,
                    Metric::CostProvisioned,
                    Metric::CostProvisionedIdle,
                    Metric::CostBatch,
                    Metric::SavingVsBaseline,
                    Metric::TokensDemand,
                    Metric::TokensThrottled,
                ] {
                    let pool = of(Row::Pool(0), span, metric).unwrap();
                    let parts: Vec<Vec<f64>> = (0..3).map(|w| of(Row::Member(w), span, metric).unwrap()).collect();
                    for (replication, pool) in pool.iter().enumerate() {
                        let parts: Vec<f64> = parts.iter().map(|part| part[replication]).collect();
                        let scale = parts.iter().map(|x| x.abs()).fold(pool.abs(), f64::max);
                        assert!(
                            (parts.iter().sum::<f64>() - pool).abs() <= 1e-9 * scale.max(1.0),
                            "{} {metric:?}: {parts:?} {pool}",
                            plan.name
                        );
                        assert!(metric == Metric::SavingVsBaseline || parts.iter().all(|&x| x >= -1e-9), "{metric:?} {parts:?}");
                    }
                }
                // Weighed by what each asked for, the shares are the pool's too.
                for metric in [Metric::ThrottledShare, Metric::Coverage] {
                    let (pool, whole) = (of(Row::Pool(0), span, metric).unwrap(), of(Row::Pool(0), span, Metric::TokensDemand).unwrap());
                    let mut sum = vec![0.0; pool.len()];
                    for workload in 0..3 {
                        let (share, asked) = (
                            of(Row::Member(workload), span, metric).unwrap(),
                            of(Row::Member(workload), span, Metric::TokensDemand).unwrap(),
                        );
                        sum.iter_mut().zip(share.iter().zip(&asked)).for_each(|(sum, (share, asked))| *sum += share * asked);
                    }
                    sum.iter().zip(pool.iter().zip(&whole)).for_each(|(sum, (pool, whole))| near(*sum, pool * whole, 1e-9 * whole));
                }
                let shares: Vec<Vec<f64>> = (0..3).map(|w| of(Row::Member(w), span, Metric::RequestsThrottledShare).unwrap()).collect();
                assert!(shares.iter().flatten().all(|share| (0.0..=1.0 + 1e-12).contains(share)));
                // Where something is throttled at all; batch's refusals are not the network's, so the two that never wait are compared.
                let lost = |w: usize| of(Row::Member(w), span, Metric::TokensThrottled).unwrap().iter().sum::<f64>();
                let asked = |w: usize| of(Row::Member(w), span, Metric::TokensDemand).unwrap().iter().sum::<f64>();
                if lost(0) + lost(1) > 0.0 {
                    throttled += 1;
                    assert!(!ranked || lost(0) / asked(0) < lost(1) / asked(1), "{}", plan.name);
                }
            }
        }
        assert!(throttled > 10, "{throttled}");
    }
}
