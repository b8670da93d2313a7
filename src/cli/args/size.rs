//! The flags of `size`.

use super::{DrawArgs, ScenarioArgs, budget, not_negative, quantity, share};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use tokentide::supply::{UnitsListSpec, UnitsSweepSpec, Window};
use tokentide::units::{Share, Term};

/// `size`.
#[derive(Debug, Args)]
pub(crate) struct SizeArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    #[command(flatten)]
    pub(crate) draws: DrawArgs,
    /// What the plan should be the best at, over the futures, of the spend a month
    #[arg(long, value_enum, value_name = "GOAL", default_value_t = GoalArg::Mean)]
    pub(crate) by: GoalArg,
    /// Largest share of a month's requests that may be throttled, such as 0.1%, instead of the scenario's limit
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) max_throttled_share: Option<Share>,
    /// Most hours of a month in which something may be throttled
    #[arg(long, value_name = "HOURS", value_parser = not_negative)]
    pub(crate) max_throttled_hours: Option<f64>,
    /// Largest share of a month's jobs that may be late
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) max_late_share: Option<Share>,
    /// Share of the months that must keep the limits, such as 95%
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) confidence: Option<Share>,
    /// Most that may be spent a month, mean over the horizon, in the scenario's currency
    #[arg(long, value_name = "AMOUNT", value_parser = budget)]
    pub(crate) budget: Option<f64>,
    /// Share of the futures that must stay within the budget
    #[arg(long, value_name = "SHARE", value_parser = some_share, default_value = "90%", requires = "budget")]
    pub(crate) budget_confidence: Share,
    /// Numbers of units to look at, as in units=0..=8 or reserved=100..=400 step 50+0..=40 step 5 for two axes; once per offer
    #[arg(long, value_name = "OFFER=LIST", value_parser = units_list)]
    pub(crate) units: Vec<(String, UnitsSweepSpec)>,
    /// Terms to look at, as in "units=none, 6 months"; once per offer
    #[arg(long, value_name = "OFFER=TERMS", value_parser = terms_list)]
    pub(crate) terms: Vec<(String, Vec<Term>)>,
    /// Months of the horizon in which units may start, as in units=1..=3; once per offer
    #[arg(long, value_name = "OFFER=MONTHS", value_parser = months_list)]
    pub(crate) starts: Vec<(String, Vec<u64>)>,
    /// Look at units without a term that are there in some hours of the week only, on top of others, as in "units=weekdays 8-20, 6-22"; without a
    /// list, in the hours in which the mean week says that they pay and, where throttling is limited, in its busiest; once per offer
    #[arg(long, value_name = "OFFER[=HOURS]", value_parser = hours_list)]
    pub(crate) hours: Vec<(String, Vec<Window>)>,
    /// Plan that the others are compared with, instead of the scenario's
    #[arg(long, value_name = "PLAN")]
    pub(crate) baseline: Option<String>,
    /// Folder for the result files; made if need be
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print size.json instead of the tables
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a plan should be the best at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GoalArg {
    /// The mean
    Mean,
    /// The 95th percentile
    P95,
    /// The mean of the worst twentieth
    Cvar,
}

/// What stands before and after the first equals sign.
fn of_offer(text: &str) -> Result<(String, &str), String> {
    let (offer, list) = text.split_once('=').ok_or("allowed: the offer's name, an equals sign and a list")?;
    Ok((offer.trim().to_owned(), list))
}

pub(super) fn units_list(text: &str) -> Result<(String, UnitsSweepSpec), String> {
    let (offer, list) = of_offer(text)?;
    let one = |list: &str| list.parse::<UnitsListSpec>().map_err(|problem| format!("the list {problem}; allowed: {}", UnitsListSpec::FORM));
    let units = match list.split_once('+') {
        None => UnitsSweepSpec::One(one(list)?),
        Some((input, output)) => UnitsSweepSpec::two(one(input)?, one(output)?),
    };
    Ok((offer, units))
}

fn terms_list(text: &str) -> Result<(String, Vec<Term>), String> {
    let (offer, list) = of_offer(text)?;
    Ok((offer, list.split(',').map(|term| quantity(term.trim())).collect::<Result<_, _>>()?))
}

fn months_list(text: &str) -> Result<(String, Vec<u64>), String> {
    let (offer, list) = of_offer(text)?;
    let months = list.parse::<UnitsListSpec>().map_err(|problem| format!("the list {problem}; allowed: months such as 1..=3"))?;
    let month = |month: &f64| if month.fract() == 0.0 && (1.0..=36.0).contains(month) { Some(*month as u64) } else { None };
    let months: Option<Vec<u64>> = months.0.iter().map(month).collect();
    Ok((offer, months.ok_or("allowed: whole months from 1 to 36, such as 1..=3")?))
}

fn hours_list(text: &str) -> Result<(String, Vec<Window>), String> {
    let Some((offer, list)) = text.split_once('=') else { return Ok((text.trim().to_owned(), Vec::new())) };
    let windows = list.split(',').map(str::parse).collect::<Result<Vec<Window>, _>>()?;
    Ok((offer.trim().to_owned(), windows))
}

/// A share that is not none.
pub(super) fn some_share(text: &str) -> Result<Share, String> {
    share(text).and_then(|share| if share.0 > 0.0 { Ok(share) } else { Err("allowed: more than 0%".to_owned()) })
}
