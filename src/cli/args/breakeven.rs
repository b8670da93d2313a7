//! `breakeven` as it may be typed.

use super::surface::SurfaceArgs;
use super::{DrawArgs, above_zero, not_negative, quantity};
use clap::Args;
use std::path::PathBuf;
use tokentide::units::{Term, TokenPrice, TokenRate, UnitPrice};

/// `breakeven`: a scenario, or one unit described by flags.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(false).args(["scenario", "price"])))]
pub(crate) struct BreakevenArgs {
    /// The scenario file; its demand is set beside the break-even
    #[arg(value_name = "SCENARIO.toml")]
    pub(crate) scenario: Option<PathBuf>,
    /// Change any field of the scenario; may be given several times
    #[arg(long = "set", value_name = "PATH=VALUE", requires = "scenario")]
    pub(crate) set: Vec<String>,
    #[command(flatten)]
    pub(crate) draws: DrawArgs,
    /// Print one document with the figures instead of the tables
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) surface: SurfaceArgs,
    #[command(flatten)]
    pub(crate) unit: UnitArgs,
}

/// A unit, the requests it serves and what they cost on demand.
#[derive(Debug, Args)]
#[command(next_help_heading = "Without a scenario")]
pub(crate) struct UnitArgs {
    /// Number of units bought
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = above_zero, conflicts_with = "scenario")]
    pub(crate) units: f64,
    /// Price of a unit, as in "5.00 USD/unit-hour" or "6 months=3.0137 USD/unit-hour"; once per term
    #[arg(long, value_name = "[TERM=]PRICE", value_parser = term_price, requires_all = ["throughput", "input", "output", "input_price", "output_price"])]
    pub(crate) price: Vec<TermPrice>,
    /// What a unit serves, in weighted tokens, as in "300k tokens/min"
    #[arg(long, value_name = "RATE", value_parser = quantity::<TokenRate>, requires = "price")]
    pub(crate) throughput: Option<TokenRate>,
    /// Mean input tokens of a request
    #[arg(long, value_name = "TOKENS", value_parser = not_negative, requires = "price")]
    pub(crate) input: Option<f64>,
    /// Mean output tokens of a request
    #[arg(long, value_name = "TOKENS", value_parser = not_negative, requires = "price")]
    pub(crate) output: Option<f64>,
    /// On-demand price of input, as in "0.00025 USD/1K tokens"
    #[arg(long, value_name = "PRICE", value_parser = quantity::<TokenPrice>, requires = "price")]
    pub(crate) input_price: Option<TokenPrice>,
    /// On-demand price of output
    #[arg(long, value_name = "PRICE", value_parser = quantity::<TokenPrice>, requires = "price")]
    pub(crate) output_price: Option<TokenPrice>,
    /// What an output token takes of a unit's throughput, an input token taking 1
    #[arg(long, value_name = "WEIGHT", default_value_t = 1.0, value_parser = above_zero, conflicts_with = "scenario")]
    pub(crate) output_weight: f64,
}

/// A unit's price under one term.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TermPrice {
    /// The term.
    pub(crate) term: Term,
    /// The price.
    pub(crate) price: UnitPrice,
}

fn term_price(text: &str) -> Result<TermPrice, String> {
    let (term, price) = match text.split_once('=') {
        Some((term, price)) => (quantity(term.trim())?, price.trim()),
        None => (Term::NONE, text),
    };
    Ok(TermPrice { term, price: quantity(price)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, Command};
    use clap::Parser;

    fn breakeven(flags: &[&str]) -> Result<BreakevenArgs, clap::Error> {
        let cli = Cli::try_parse_from(["tokentide", "breakeven"].iter().chain(flags))?;
        match cli.command {
            Command::Breakeven(args) => Ok(args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn breakeven_takes_a_scenario_or_a_whole_unit() {
        let unit = [
            "--price=5.00 USD/unit-hour",
            "--price=6 months=3.0137 USD/unit-hour",
            "--throughput=300k tokens/min",
            "--input=1000",
            "--output=500",
            "--input-price=0.00025 USD/1K tokens",
            "--output-price=0.00125 USD/1K tokens",
        ];
        let args = breakeven(&unit).unwrap();
        assert_eq!(args.unit.price.iter().map(|p| p.term.months).collect::<Vec<_>>(), [0, 6]);
        assert!(breakeven(&["a.toml"]).is_ok());
        assert!(breakeven(&[]).is_err());
        assert!(breakeven(&unit[..4]).is_err(), "a unit needs the whole description");
        assert!(breakeven(&[&["a.toml"], &unit[..]].concat()).is_err(), "one or the other");
        assert!(breakeven(&["--price=5.00"]).unwrap_err().to_string().contains("per unit-hour"));
    }
}
