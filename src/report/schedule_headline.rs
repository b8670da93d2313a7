//! Which schedule to follow, in words: against the best plan known from the start, or that none keeps the limits.

use super::schedule::signed;
use super::words;
use crate::decision::{ScheduleWish, Simulated, Stage};
use crate::scenario::Scenario;
use crate::statistics::Estimate;
use crate::supply::short;
use crate::units::Share;

/// The paragraph that a stage begins with.
pub(super) fn headline(scenario: &Scenario, stage: &Stage, wish: ScheduleWish) -> String {
    let currency = scenario.currency.code();
    let (first, plan) = (&stage.policies[0], &stage.policies[stage.plan]);
    let place = stage.pool.as_ref().map_or_else(String::new, |pool| format!("Pool `{pool}` of `{}`: ", stage.base));
    let cost = words::amount(&first.ranked);
    if scenario.limits.any() && !first.keeps_limits {
        return format!("{place}{}", none_keeps(scenario, stage, wish));
    }
    let mut text = match &first.against {
        None => format!(
            "{place}No schedule that was simulated is cheaper than the plan `{}`, which is known from the start: {cost} {currency} a month.",
            first.policy.name
        ),
        Some(against)
            if !against.mean_difference.interval(0.95).is_some_and(|(_, high)| high < 0.0) && plan.keeps_limits == first.keeps_limits =>
        {
            let less = Estimate { point: -against.mean_difference.point, ..against.mean_difference };
            format!(
                "{place}Nothing that was simulated can be told from the best plan known from the start, `{}`: {} {currency} a month. `{}` costs {} \
                 in this run, which is too close to call.",
                plan.policy.name,
                words::amount(&plan.ranked),
                first.policy.name,
                signed(&less, "less", "more"),
            )
        }
        Some(against) => {
            let less = Estimate { point: -against.mean_difference.point, ..against.mean_difference };
            let (low, high) = (-against.p95, -against.p05);
            let cheaper = if first.keeps_limits && !plan.keeps_limits { "which misses the limits, " } else { "" };
            format!(
                "{place}Follow `{}`: {cost} {currency} a month, {} than the best plan known from the start, `{}`, {cheaper}with {} in \
                 nine futures of ten, and cheaper in {} of them.",
                first.policy.name,
                signed(&less, "less", "more"),
                plan.policy.name,
                words::between(low, high, ["less", "more"]),
                words::frequency(&against.probability_strictly_less),
            )
        }
    };
    if scenario.limits.any() {
        let kept = words::frequency_of_months(&first.months_kept);
        text += &format!(" {kept} of its months keep the limits.");
    }
    // What is too close to call against the best plan was said.
    if let Some((other, lead)) = stage.lead.as_ref().filter(|(other, _)| *other != stage.plan) {
        let name = &stage.policies[*other].policy.name;
        let compared = stage.policies.len();
        let (by, settled) = (words::amount(lead), lead.interval(0.95).is_some_and(|(low, _)| low > 0.0));
        text += &match (lead.standard_error, settled) {
            (None, _) => format!(" Of the {compared} compared the next best, `{name}`, costs {by} more."),
            (_, true) => format!(" Of the {compared} compared the next best, `{name}`, costs {by} {currency} a month more."),
            (Some(error), false) => {
                let factor = 1.96 * error / lead.point;
                let needed = rounded_up(stage.futures as f64 * (factor * factor).max(1.0));
                format!(
                    " Too close to call against `{name}`: {by} {currency} a month lie between them; about {needed} replications would tell."
                )
            }
        };
    }
    if let Some((chosen, cost, less)) = &stage.unseen {
        let chosen = &stage.policies[*chosen].policy.name;
        let (cost, less) = (words::amount(cost), signed(less, "less", "more"));
        text += &format!(
            " The best of {} looks better than it is: chosen by one half of the futures, `{chosen}` costs {cost} on the other, {less} than the \
             plan chosen so.",
            stage.policies.len()
        );
    }
    text + owed_is_charged(stage, wish)
}

fn owed_is_charged(stage: &Stage, wish: ScheduleWish) -> &'static str {
    let charged = wish.charge_owed && stage.policies.iter().any(|policy| policy.owed > 0.0);
    if charged { " What a term binds to after the horizon is part of the cost." } else { "" }
}

/// Where all miss the limits: what exceeds them least, and what that costs.
fn none_keeps(scenario: &Scenario, stage: &Stage, wish: ScheduleWish) -> String {
    let currency = scenario.currency.code();
    let (first, plan) = (&stage.policies[0], &stage.policies[stage.plan]);
    let kept = |policy: &Simulated| words::frequency_of_months(&policy.months_kept);
    let than_plan = match &first.against {
        None => "; it is a plan known from the start".to_owned(),
        Some(against) => format!(
            ", {} than the best plan known from the start, `{}`, which keeps them in {} of its months",
            signed(&against.mean_difference, "more", "less"),
            plan.policy.name,
            kept(plan)
        ),
    };
    format!(
        "None of the {} schedules that were simulated keeps the limits, which {} of the months must. `{}` exceeds them least: {} of its months \
         keep them. It costs {} {currency} a month{than_plan}.{}",
        stage.policies.len(),
        Share(scenario.limits.in_share_of_months),
        first.policy.name,
        kept(first),
        words::amount(&first.ranked),
        owed_is_charged(stage, wish),
    )
}

/// Two digits, up.
fn rounded_up(number: f64) -> String {
    let place = libm::pow(10.0, (libm::log10(number.max(1.0)).floor() - 1.0).max(0.0));
    short((number / place).ceil() * place)
}
