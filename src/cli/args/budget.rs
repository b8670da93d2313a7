//! `budget` as it may be typed.

use super::{DrawArgs, ScenarioArgs, budget, inner_share};
use clap::Args;
use std::path::PathBuf;
use tokentide::units::Share;

/// `budget`: a plan of a scenario and amounts in its currency.
#[derive(Debug, Args)]
pub(crate) struct BudgetArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    #[command(flatten)]
    pub(crate) draws: DrawArgs,
    /// Which plan; the baseline unless said
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: Option<String>,
    /// Budget of each month
    #[arg(long, value_name = "AMOUNT", value_parser = budget)]
    pub(crate) month: Option<f64>,
    /// Budget of each quarter
    #[arg(long, value_name = "AMOUNT", value_parser = budget)]
    pub(crate) quarter: Option<f64>,
    /// Budget of the whole horizon: of a year, where that has twelve months
    #[arg(long, value_name = "AMOUNT", value_parser = budget)]
    pub(crate) whole: Option<f64>,
    /// Share of the futures in which a reserve should hold
    #[arg(long, value_name = "SHARE", value_parser = inner_share, default_value = "90%")]
    pub(crate) reserve: Share,
    /// Folder for budget.csv; made if need be
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one document with the figures instead of the tables
    #[arg(long)]
    pub(crate) json: bool,
}
