//! The flags of `breakeven` that ask at which price units pay.

use super::inner_share;
use super::size::units_list;
use clap::Args;
use std::path::PathBuf;
use tokentide::supply::UnitsSweepSpec;
use tokentide::units::Share;

/// At which price units pay.
#[derive(Debug, Args)]
#[command(next_help_heading = "Use and price, with a scenario")]
pub(crate) struct SurfaceArgs {
    /// Instead of the plans' break-even: at which price each further unit pays in this share of the futures, such as 80%
    #[arg(long, value_name = "SHARE", value_parser = inner_share, requires = "scenario")]
    pub(crate) pays_in: Option<Share>,
    /// Numbers of units to look at, as in units=0..=8; once per offer
    #[arg(long = "buy", value_name = "OFFER=LIST", value_parser = units_list, requires = "pays_in")]
    pub(crate) buy: Vec<(String, UnitsSweepSpec)>,
    /// Folder for surface.csv and surface_units.csv; made if need be
    #[arg(long, value_name = "DIR", requires = "pays_in")]
    pub(crate) out: Option<PathBuf>,
}
