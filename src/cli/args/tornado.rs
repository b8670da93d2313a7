//! `tornado` as it may be typed.

use super::ScenarioArgs;
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// `tornado`.
#[derive(Debug, Args)]
pub(crate) struct TornadoArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// Number of replications of each run; a thousand at most unless given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub(crate) replications: Option<u64>,
    /// Seed of all draws, instead of the scenario's
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(0..=i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
    /// Threads to work on; as many as the machine has unless said. Results do not depend on it
    #[arg(long, value_name = "T", value_parser = super::threads)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Which plan, once for each; the baseline unless said
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: Vec<String>,
    /// What is split, over the horizon
    #[arg(long, value_enum, value_name = "METRIC", default_value_t = MetricArg::Spend)]
    pub(crate) metric: MetricArg,
    /// Folder for tornado.csv; made if need be
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one document with everything instead of the tables
    #[arg(long)]
    pub(crate) json: bool,
    /// No spinner and no notes
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// What is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MetricArg {
    /// Spend
    Spend,
    /// Share of the requests that is throttled
    Throttled,
}
