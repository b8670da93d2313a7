//! `compare` as it may be typed.

use clap::Args;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// `compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The scenario file before, or the result folder of a run
    #[arg(value_name = "A.toml")]
    pub(crate) before: PathBuf,
    /// The scenario file after, or another result folder
    #[arg(value_name = "B.toml")]
    pub(crate) after: PathBuf,
    /// Change any field of both scenarios, as in horizon.flat.months=3; may be given several times
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Number of replications of each scenario; a thousand at most unless given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub(crate) replications: Option<u64>,
    /// Seed of all draws, instead of the first scenario's
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(0..=i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
    /// Threads to work on; as many as the machine has unless said. Results do not depend on it
    #[arg(long, value_name = "T", value_parser = super::threads)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// The plan that is followed from one to the other; the first one's recommendation unless said, else the baseline
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: Option<String>,
    /// Folder for compare.csv; made if need be
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one document with everything instead of the tables
    #[arg(long)]
    pub(crate) json: bool,
    /// No spinner and no notes
    #[arg(long)]
    pub(crate) quiet: bool,
}
