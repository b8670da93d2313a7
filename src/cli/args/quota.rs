//! `quota` as it may be typed.

use super::{DrawArgs, ScenarioArgs, above_zero, inner_share, share};
use clap::Args;
use std::path::PathBuf;
use tokentide::units::Share;

/// `quota`.
#[derive(Debug, Args)]
pub(crate) struct QuotaArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    #[command(flatten)]
    pub(crate) draws: DrawArgs,
    /// Which plan; the baseline unless said. What its units serve does not reach a quota
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: Option<String>,
    /// Share of the futures in which a month's figures should hold
    #[arg(long, value_name = "SHARE", value_parser = inner_share, default_value = "99%")]
    pub(crate) percentile: Share,
    /// Traffic beyond what the scenario says, as a share of it; its own growth is counted anyway
    #[arg(long, value_name = "SHARE", value_parser = growth, default_value = "0%", allow_hyphen_values = true)]
    pub(crate) growth: f64,
    /// Input tokens for which the share of longer requests is told
    #[arg(long, value_name = "TOKENS", value_parser = above_zero, default_value = "25000")]
    pub(crate) long_input: f64,
    /// Folder for quota.csv and quota_evidence.csv; made if need be
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one document with the figures instead of the tables
    #[arg(long)]
    pub(crate) json: bool,
}

/// A share of any size, less too.
fn growth(text: &str) -> Result<f64, String> {
    const FORM: &str = "allowed: above -100%, up to 100000%, such as 20%";
    let (sign, size) = match text.strip_prefix('-') {
        Some(size) => (-1.0, size),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let share = match size.strip_suffix('%').map(|size| size.trim().parse::<f64>()) {
        Some(Ok(percent)) => percent / 100.0,
        _ => share(size).map_err(|_| FORM.to_owned())?.0,
    };
    let growth = sign * share;
    if growth > -1.0 && growth <= 1000.0 && size.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        Ok(growth)
    } else {
        Err(FORM.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_cmp, reason = "exact values")]
    fn growth_may_be_large_or_negative() {
        for (text, value) in [("20%", 0.2), ("+250%", 2.5), ("-50%", -0.5), ("0.3", 0.3), ("0%", 0.0)] {
            assert_eq!(growth(text), Ok(value), "{text}");
        }
        for text in ["-100%", "--5%", "much", "", "nan%", "inf%", "1e9%"] {
            assert!(growth(text).is_err(), "{text}");
        }
    }
}
