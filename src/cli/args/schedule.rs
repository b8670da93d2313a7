//! The flags of `schedule`.

use super::{DrawArgs, ScenarioArgs, not_negative, share};
use clap::Args;
use std::path::PathBuf;
use tokentide::units::Share;

/// `schedule`.
#[derive(Debug, Args)]
pub(crate) struct ScheduleArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    #[command(flatten)]
    pub(crate) draws: DrawArgs,
    /// Leave out what terms bind to after the horizon, which is charged otherwise
    #[arg(long)]
    pub(crate) leave_out_owed: bool,
    /// Make up policies beside those of the file: waiting, ladders, stepping up, month by month
    #[arg(long)]
    pub(crate) made_up: bool,
    /// Largest share of a month's requests that may be throttled, such as 0.1%, instead of the scenario's limit
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) max_throttled_share: Option<Share>,
    /// Most hours of a month in which something may be throttled
    #[arg(long, value_name = "HOURS", value_parser = not_negative)]
    pub(crate) max_throttled_hours: Option<f64>,
    /// Share of the months that must keep the limits, such as 95%
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) confidence: Option<Share>,
    /// Folder for policies.csv, schedule.csv and schedule.json; made if need be
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print schedule.json instead of the tables
    #[arg(long)]
    pub(crate) json: bool,
}
