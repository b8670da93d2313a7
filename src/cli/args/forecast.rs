//! The flags of `forecast`.

use super::size::units_list;
use super::{DrawArgs, ScenarioArgs, inner_share, share};
use clap::Args;
use std::path::PathBuf;
use tokentide::supply::UnitsSweepSpec;
use tokentide::units::Share;

/// `forecast`: units needed by month and quarter.
#[derive(Debug, Args)]
pub(crate) struct ForecastArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    #[command(flatten)]
    pub(crate) draws: DrawArgs,
    /// Units are enough where at most this share of a month's requests is throttled, such as 0.1%; the scenario's limit unless said
    #[arg(long, value_name = "SHARE", value_parser = share, conflicts_with = "units_serve")]
    pub(crate) max_throttled_share: Option<Share>,
    /// Units are enough where they serve this share of a month's tokens themselves, such as 95%
    #[arg(long, value_name = "SHARE", value_parser = inner_share)]
    pub(crate) units_serve: Option<Share>,
    /// Numbers of units to look at, as in units=0..=40; once per offer
    #[arg(long, value_name = "OFFER=LIST", value_parser = units_list)]
    pub(crate) units: Vec<(String, UnitsSweepSpec)>,
    /// Folder for forecast.csv; made if need be
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one document with the figures instead of the tables
    #[arg(long)]
    pub(crate) json: bool,
}
