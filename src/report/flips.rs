//! What would flip the answer, in words and as a file.

use super::lines::Lines;
use super::{Report, words};
use crate::decision::{Cause, Flip, FlipPoint, Leader, Lever, Likelihood, Requirement};
use crate::error::Result;
use crate::statistics::CONFIDENCE;

/// One line per flip point, one for those of which nobody knows how likely they are, and one for the changes that flip nothing. Empty when
/// flip points were not asked for.
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
        let certain = Lever::ALL.into_iter().filter(|&lever| flips.iter().any(|flip| flip.lever == lever && is_certain(flip)));
        let certain: Vec<&str> = certain.map(noun).collect();
        if !certain.is_empty() {
            lines.push(format!("{prefix}The scenario holds {} certain, so how likely that is cannot be told.", words::listed(&certain)));
        }
        let steady: Vec<String> = flips.iter().filter(|flip| flip.point.is_none()).map(tried).collect();
        if !steady.is_empty() {
            lines.push(format!("{prefix}No other plan wins with {}.", steady.join(", ")));
        }
        let name = |plan: usize| report.scenario.supply.plans.get(plan).map_or("", |plan| plan.name.as_str());
        let as_good = flips.iter().filter_map(|flip| flip.as_good.map(|as_good| (moved(flip, "of", as_good.at), name(as_good.plan))));
        lines.extend(as_good.map(|(moved, name)| format!("{prefix}With {moved} `{name}` costs no more, as far as can be told.")));
    }
    lines
}

fn line(report: &Report<'_>, leader: &Leader, flip: &Flip, point: &FlipPoint) -> String {
    let name = |plan: usize| report.scenario.supply.plans.get(plan).map_or("", |plan| plan.name.as_str());
    let (old, new) = (name(leader.plan), point.plan.map_or("", name));
    let doubt = point.unsure.map(|what| format!("; whether it keeps {} then, the futures looked at there cannot tell", asked(what)));
    let change = change(flip, point) + &likelihood(flip).unwrap_or_default() + &doubt.unwrap_or_default();
    match (point.because, point.plan) {
        (Cause::Breaks(what), Some(_)) => format!("`{old}` no longer keeps {} if {change}.", asked(what)),
        (Cause::Breaks(what), None) => {
            format!("`{old}` no longer keeps {}, and no other plan keeps what is asked, if {change}.", asked(what))
        }
        (Cause::Cheaper, _) if point.unsure.is_some() => format!("`{new}` costs less if {change}."),
        (Cause::Cheaper, _) if leader.qualified => format!("`{new}` wins if {change}."),
        (Cause::Cheaper | Cause::LessBad, _) => format!("`{new}` is the least bad if {change}."),
        (Cause::Keeps(what), Some(plan)) if plan == leader.plan => format!("`{old}` keeps {} if {change}.", asked(what)),
        (Cause::Keeps(what), _) => format!("`{new}` wins, because it then keeps {}, if {change}.", asked(what)),
    }
}

fn asked(what: Requirement) -> &'static str {
    match what {
        Requirement::Limits => "the limits",
        Requirement::Budget => "the budget",
    }
}

/// Whether the answer flips at a change of which the scenario does not tell how likely it is.
fn is_certain(flip: &Flip) -> bool {
    flip.likelihood == Some(Likelihood::Certain)
}

/// `; 3±1% of the futures have that much`, `; 12% (3 to 40) of the futures` where it is not well known how much that is.
fn likelihood(flip: &Flip) -> Option<String> {
    let Some(Likelihood::Futures { share, between: (low, high) }) = &flip.likelihood else { return None };
    let own = share.interval(CONFIDENCE).map_or(1.0, |(low, high)| high - low);
    // That nobody knows the share better than the change.
    let share = if share.share() > 0.0 && high - low > 2.0 * own {
        format!("{:.0}% ({:.0} to {:.0})", 100.0 * share.share(), 100.0 * low, 100.0 * high)
    } else if high - low > 2.0 * own {
        format!("<{:.0}%", (100.0 * high).ceil())
    } else {
        words::frequency(share)
    };
    Some(match (flip.lever, flip.upwards) {
        (Lever::Growth, _) => format!("; in {share} of the futures it does"),
        (Lever::OnDemandPrice | Lever::UnitPrice, true) => format!("; in {share} of the futures they are that high"),
        (Lever::OnDemandPrice | Lever::UnitPrice, false) => format!("; in {share} of the futures they are that low"),
        (_, true) => format!("; {share} of the futures have that much"),
        (_, false) => format!("; {share} of the futures have that little"),
    })
}

/// `traffic falls 18% (16 to 20)`.
fn change(flip: &Flip, point: &FlipPoint) -> String {
    // An interval that reaches to the other side of none begins at none.
    let size = |change: f64| (if flip.upwards { change } else { -change } * 100.0).max(0.0);
    let (a, b) = (size(point.between.0), size(point.between.1));
    let (low, high) = if a <= b { (a, b) } else { (b, a) };
    // One decimal where whole per cents would hide the difference.
    let decimals = usize::from(high - low < 2.0);
    let range = if point.between.0.is_nan() {
        " (so few futures do not tell how well that is known)".to_owned()
    } else if high - low < 0.05 {
        String::new()
    } else {
        format!(" ({low:.decimals$} to {high:.decimals$})")
    };
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
        Lever::CacheShare if near => {
            format!("the cached share {} slightly (by up to {high:.decimals$} points)", verb(flip.lever, flip.upwards))
        }
        Lever::CacheShare => {
            let at = format!("{at:.decimals$}");
            let points = if at == "1" { "point" } else { "points" };
            format!("the cached share {} {at} {points}{range}", verb(flip.lever, flip.upwards))
        }
        lever if near => format!("{} {} slightly (by up to {high:.decimals$}%)", noun(lever), verb(lever, flip.upwards)),
        lever => format!("{} {} {at:.decimals$}%{range}", noun(lever), verb(lever, flip.upwards)),
    }
}

/// `traffic up to +100%`.
fn tried(flip: &Flip) -> String {
    moved(flip, "up to", flip.tried)
}

fn moved(flip: &Flip, how_far: &str, change: f64) -> String {
    let sign = if flip.upwards { "+" } else { "−" };
    let size = (change * 100.0).abs();
    match flip.lever {
        Lever::Growth => format!("growth {how_far} {sign}{size:.0} points a month"),
        Lever::CacheShare => format!("the cached share {how_far} {sign}{size:.0} points"),
        lever => format!("{} {how_far} {sign}{size:.0}%", noun(lever)),
    }
}

fn noun(lever: Lever) -> &'static str {
    match lever {
        Lever::Traffic => "traffic",
        Lever::OnDemandPrice => "on-demand prices",
        Lever::UnitPrice => "unit prices",
        Lever::UnitThroughput => "what a unit serves",
        Lever::Growth => "growth",
        Lever::CacheShare => "the cached share",
    }
}

/// What a lever is called in files.
pub(super) fn label(lever: Lever) -> &'static str {
    match lever {
        Lever::Traffic => "traffic",
        Lever::OnDemandPrice => "on_demand_price",
        Lever::UnitPrice => "unit_price",
        Lever::UnitThroughput => "unit_throughput",
        Lever::Growth => "growth_per_month",
        Lever::CacheShare => "cached_share_points",
    }
}

/// What a cause is called in files.
pub(super) fn cause(because: Cause) -> &'static str {
    match because {
        Cause::Cheaper => "cheaper",
        Cause::Breaks(Requirement::Limits) => "breaks limits",
        Cause::Breaks(Requirement::Budget) => "breaks the budget",
        Cause::Keeps(Requirement::Limits) => "keeps limits",
        Cause::Keeps(Requirement::Budget) => "keeps the budget",
        Cause::LessBad => "misses the limits by less",
    }
}

/// The name of the file of flip points.
pub const FLIPS_FILE: &str = "flips.csv";

/// `flips.csv`: a row for each leader, lever and direction.
///
/// # Errors
/// When a line cannot be written, which no input makes happen.
pub fn flips_file(report: &Report<'_>) -> Result<String> {
    let mut lines = Lines::new();
    let name = |plan: usize| report.scenario.supply.plans.get(plan).map_or("", |plan| plan.name.as_str());
    lines.texts(["term", "recommended", "lever", "tried", "at", "at_lo", "at_hi", "because", "plan"]);
    lines
        .texts([
            "futures_share",
            "futures_share_lo",
            "futures_share_hi",
            "held_certain",
            "limits_unsure",
            "as_good",
            "budget_unsure",
            "as_good_at",
        ])
        .end()?;
    for (leader, flips) in report.judgement.leaders.iter().zip(report.flips) {
        for flip in flips {
            let point = flip.point.as_ref();
            lines.texts([leader.term.as_deref().unwrap_or(""), name(leader.plan), label(flip.lever)]).number(flip.tried);
            let (low, high) = point.map_or((None, None), |point| {
                let (a, b) = point.between;
                (Some(a.min(b)), Some(a.max(b)))
            });
            lines.numbers([point.map(|point| point.at), low, high]);
            lines.texts([point.map_or("", |point| cause(point.because)), point.and_then(|point| point.plan).map_or("", name)]);
            let (share, interval) = match &flip.likelihood {
                Some(Likelihood::Futures { share, between }) => (Some(share.share()), Some(*between)),
                _ => (None, None),
            };
            lines.numbers([share, interval.map(|ends| ends.0), interval.map(|ends| ends.1)]);
            let told = |is: bool| if is { "true" } else { "false" };
            let unsure = |what: Requirement| point.map_or("", |point| told(point.unsure == Some(what)));
            lines.text(point.map_or("", |_| told(is_certain(flip)))).text(unsure(Requirement::Limits));
            lines.text(flip.as_good.map_or("", |as_good| name(as_good.plan))).text(unsure(Requirement::Budget));
            lines.numbers([flip.as_good.map(|as_good| as_good.at)]).end()?;
        }
    }
    lines.finish()
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

    /// Plans that all break the limits are ranked by how much they miss them by, not by how often.
    #[test]
    fn the_least_bad_misses_the_limits_by_less() {
        assert_eq!(cause(Cause::LessBad), "misses the limits by less");
    }

    #[test]
    fn a_change_too_small_to_print_is_no_change_of_nought() {
        let told = |lever, at, between| {
            let flip = Flip { lever, upwards: true, tried: 1.0, point: None, as_good: None, likelihood: None };
            change(&flip, &FlipPoint { at, between, plan: None, because: Cause::Breaks(Requirement::Limits), unsure: None })
        };
        assert_eq!(told(Lever::Traffic, 0.18, (0.16, 0.2)), "traffic rises 18% (16 to 20)");
        assert_eq!(told(Lever::Traffic, 0.0, (0.0, 0.1)), "traffic rises slightly (by up to 10%)");
        assert_eq!(told(Lever::Traffic, 0.004, (0.0, 0.01)), "traffic rises 0.4% (0.0 to 1.0)");
        assert_eq!(told(Lever::UnitPrice, 0.0004, (0.0, 0.01)), "unit prices rise slightly (by up to 1.0%)");
        assert_eq!(told(Lever::CacheShare, 0.004, (0.0, 0.05)), "the cached share rises slightly (by up to 5 points)");
        assert_eq!(told(Lever::UnitPrice, 0.001, (-0.002, 0.004)), "unit prices rise 0.1% (0.0 to 0.4)");
        assert_eq!(told(Lever::CacheShare, 0.01, (0.0, 0.1)), "the cached share rises 1 point (0 to 10)");
        assert_eq!(told(Lever::CacheShare, 0.12, (0.1, 0.14)), "the cached share rises 12 points (10 to 14)");
        assert_eq!(told(Lever::Growth, 0.0, (0.0, 0.02)), "demand grows slightly more than stated (by up to 2.0 points a month)");
    }
}
