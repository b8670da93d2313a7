//! What would flip the answer, in words.

use super::{Report, words};
use crate::decision::{Cause, Flip, FlipPoint, Leader, Lever};
use crate::statistics::{Moments, Proportion};
use crate::tally::{Metric, Row, Span};

/// One line per flip point, and one for the changes that flip nothing. Empty when flip points were not asked for.
#[must_use]
pub fn flip_lines(report: &Report<'_>) -> Vec<String> {
    let leaders = &report.judgement.leaders;
    let mut lines = Vec::new();
    for (leader, flips) in leaders.iter().zip(report.flips) {
        let prefix = match &leader.term {
            Some(term) if leaders.len() > 1 => format!("Term {term}: "),
            _ => String::new(),
        };
        let mut found: Vec<(&Flip, &FlipPoint)> = flips.iter().filter_map(|flip| Some((flip, flip.point.as_ref()?))).collect();
        found.sort_by(|a, b| a.1.at.abs().total_cmp(&b.1.at.abs()));
        lines.extend(found.into_iter().map(|(flip, point)| format!("{prefix}{}", line(report, leader, flip, point))));
        let steady: Vec<String> = flips.iter().filter(|flip| flip.point.is_none()).map(tried).collect();
        if !steady.is_empty() {
            lines.push(format!("{prefix}No other plan wins with {}.", steady.join(", ")));
        }
    }
    lines
}

fn line(report: &Report<'_>, leader: &Leader, flip: &Flip, point: &FlipPoint) -> String {
    let name = |plan: usize| report.scenario.supply.plans.get(plan).map_or("", |plan| plan.name.as_str());
    let (old, new) = (name(leader.plan), point.plan.map_or("", name));
    let change = change(flip, point) + &likelihood(report, flip, point).unwrap_or_default();
    match (point.because, point.plan) {
        (Cause::BreaksLimits, Some(_)) => format!("`{old}` no longer keeps the limits if {change}."),
        (Cause::BreaksLimits, None) => format!("`{old}` no longer keeps the limits, and no other plan does, if {change}."),
        (Cause::Cheaper, _) => format!("`{new}` wins if {change}."),
        (Cause::LessBad, _) => format!("`{new}` is the least bad if {change}."),
        (Cause::KeepsLimits, Some(plan)) if plan == leader.plan => format!("`{old}` keeps the limits if {change}."),
        (Cause::KeepsLimits, _) => format!("`{new}` wins, because it then keeps the limits, if {change}."),
    }
}

/// `; 3±1% of the futures have that much`: how often the traffic of a future, over the horizon, lies as far from the mean of all. Nothing is
/// known of how likely the other changes are, as prices, throughput and growth are what the scenario says.
fn likelihood(report: &Report<'_>, flip: &Flip, point: &FlipPoint) -> Option<String> {
    if flip.lever != Lever::Traffic {
        return None;
    }
    let scenario = report.scenario;
    let tokens = report.outcome.column(scenario, scenario.baseline, Row::All, Span::Horizon, Metric::TokensDemand)?;
    let edge = (1.0 + point.at) * Moments::from_slice(&tokens).mean();
    let lies_there = |tokens: f64| f64::from(u8::from(if flip.upwards { tokens >= edge } else { tokens <= edge }));
    let varies = tokens.windows(2).any(|two| two[0].total_cmp(&two[1]).is_ne());
    let share = Proportion::sampled(&tokens, scenario.sampling, lies_there);
    varies.then(|| format!("; {} of the futures have that {}", words::frequency(&share), if flip.upwards { "much" } else { "little" }))
}

/// `traffic falls 18% (16 to 20)`.
fn change(flip: &Flip, point: &FlipPoint) -> String {
    let size = |change: f64| (change * 100.0).abs();
    let (a, b) = (size(point.between.0), size(point.between.1));
    let (low, high) = if a <= b { (a, b) } else { (b, a) };
    // One decimal where whole per cents would hide the difference.
    let decimals = usize::from(high - low < 2.0);
    let range = if high - low < 0.05 { String::new() } else { format!(" ({low:.decimals$} to {high:.decimals$})") };
    let at = size(point.at);
    // What would read "rises 0%" lies too near to be told from none.
    let near = at < 0.5 * libm::pow(10.0, -(decimals as f64));
    match flip.lever {
        Lever::Growth => {
            let word = if flip.upwards { "more" } else { "less" };
            if at < 0.05 {
                return format!("demand grows slightly {word} than stated (by up to {high:.1} points a month)");
            }
            format!("demand grows {at:.1} points a month {word} than stated{range}")
        }
        lever if near => format!("{} {} slightly (by up to {high:.decimals$}%)", noun(lever), verb(lever, flip.upwards)),
        lever => format!("{} {} {at:.decimals$}%{range}", noun(lever), verb(lever, flip.upwards)),
    }
}

/// `traffic up to +100%`.
fn tried(flip: &Flip) -> String {
    let sign = if flip.upwards { "+" } else { "−" };
    let size = (flip.tried * 100.0).abs();
    match flip.lever {
        Lever::Growth => format!("growth up to {sign}{size:.0} points a month"),
        lever => format!("{} up to {sign}{size:.0}%", noun(lever)),
    }
}

fn noun(lever: Lever) -> &'static str {
    match lever {
        Lever::Traffic => "traffic",
        Lever::OnDemandPrice => "on-demand prices",
        Lever::UnitPrice => "unit prices",
        Lever::UnitThroughput => "what a unit serves",
        Lever::Growth => "growth",
    }
}

/// Agrees with the noun's number.
fn verb(lever: Lever, upwards: bool) -> &'static str {
    match (matches!(lever, Lever::OnDemandPrice | Lever::UnitPrice), upwards) {
        (true, true) => "rise",
        (true, false) => "fall",
        (false, true) => "rises",
        (false, false) => "falls",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_too_small_to_print_is_no_change_of_nought() {
        let told = |lever, at, between| {
            let flip = Flip { lever, upwards: true, tried: 1.0, point: None };
            change(&flip, &FlipPoint { at, between, plan: None, because: Cause::BreaksLimits })
        };
        assert_eq!(told(Lever::Traffic, 0.18, (0.16, 0.2)), "traffic rises 18% (16 to 20)");
        assert_eq!(told(Lever::Traffic, 0.0, (0.0, 0.1)), "traffic rises slightly (by up to 10%)");
        assert_eq!(told(Lever::Traffic, 0.004, (0.0, 0.01)), "traffic rises 0.4% (0.0 to 1.0)");
        assert_eq!(told(Lever::UnitPrice, 0.0004, (0.0, 0.01)), "unit prices rise slightly (by up to 1.0%)");
        assert_eq!(told(Lever::Growth, 0.0, (0.0, 0.02)), "demand grows slightly more than stated (by up to 2.0 points a month)");
    }
}
