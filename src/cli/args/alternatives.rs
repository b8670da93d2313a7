//! The flags of `alternatives`.

use super::{DrawArgs, ScenarioArgs};
use clap::Args;
use std::path::PathBuf;

/// `alternatives`: the same demand on other files' offers.
#[derive(Debug, Args)]
#[command(after_help = "Unless --replications says: the scenario's, and at most 1024 with the kernel or 128 with the reference.")]
pub(crate) struct AlternativesArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// A scenario file whose offers and plans are looked at for this demand; may be given several times
    #[arg(long, value_name = "OTHER.toml", required = true)]
    pub(crate) with: Vec<PathBuf>,
    /// Which workload of another file stands for one of this: its routes serve it. Those of one name stand for each other, and so does the
    /// only one of each file; may be given several times
    #[arg(long, value_name = "HERE=THERE", value_parser = names)]
    pub(crate) map: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) draws: DrawArgs,
    /// Folder for alternatives.csv; made if need be
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one document with the figures instead of the tables
    #[arg(long)]
    pub(crate) json: bool,
}

fn names(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((here, there)) if !here.trim().is_empty() && !there.trim().is_empty() => Ok((here.trim().to_owned(), there.trim().to_owned())),
        _ => Err("allowed: two workloads with an equals sign between them, such as chat=assistant".to_owned()),
    }
}
