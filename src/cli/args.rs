//! The command line as it may be typed: parsed and range-checked here, given meaning elsewhere.

mod alternatives;
mod breakeven;
mod budget;
mod compare;
mod forecast;
mod levers;
mod quota;
mod schedule;
mod size;
mod surface;
mod tornado;

pub(crate) use alternatives::AlternativesArgs;
pub(crate) use breakeven::{BreakevenArgs, UnitArgs};
pub(crate) use budget::BudgetArgs;
pub(crate) use compare::CompareArgs;
pub(crate) use forecast::ForecastArgs;
pub(crate) use levers::LeversArgs;
pub(crate) use quota::QuotaArgs;
pub(crate) use schedule::ScheduleArgs;
pub(crate) use size::{GoalArg, SizeArgs};
pub(crate) use tornado::{MetricArg, TornadoArgs};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use tokentide::units::{Quantity, Share};

/// Monte Carlo planning of LLM inference capacity and spend: what to buy, what it costs, how likely throttling is.
#[derive(Debug, Parser)]
#[command(name = "tokentide", version, about, long_about = None, subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 bad usage or input, 3 incomplete, 4 a --max-… gate was missed, 130 interrupted.")]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One variant per command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Draw many possible futures, serve each under every plan, and say which plan they speak for
    Run(RunArgs),
    /// Validate a scenario and print every value with how it came to be: given, measured or assumed
    Check(ScenarioArgs),
    /// Write a commented starter scenario that runs
    Init(InitArgs),
    /// The utilisation at which bought units beat on-demand, per term, in closed form
    Breakeven(BreakevenArgs),
    /// One future under one plan, hour by hour, as CSV
    Inspect(InspectArgs),
    /// Why a plan throttles, and what would help
    Explain(ExplainArgs),
    /// What to buy: units, terms and starts of every pool, the cheapest that keeps the limits, and how sure that is
    Size(SizeArgs),
    /// How likely a plan's spend exceeds a budget, on which day it is used up, and the reserve that holds
    Budget(BudgetArgs),
    /// What changed between two scenarios, and what each change did to every headline
    Compare(CompareArgs),
    /// The figures that a vendor's form for a higher quota asks for, with the evidence
    Quota(QuotaArgs),
    /// Where the spread of a plan's spend comes from, source by source
    Tornado(TornadoArgs),
    /// What to buy when: ladders, waiting, and rules that look at the last weeks, simulated without looking ahead
    Schedule(ScheduleArgs),
    /// What could be done about the demand, and what each of it does to a plan's spend and throttling
    Levers(LeversArgs),
    /// The same demand on other files' offers and plans, side by side
    Alternatives(AlternativesArgs),
    /// Units needed by offer, month and quarter, for talks about capacity
    Forecast(ForecastArgs),
    /// Print the JSON Schema of the scenario file, for editors
    Schema,
}

/// A scenario file and changes to it.
#[derive(Clone, Debug, Args)]
pub(crate) struct ScenarioArgs {
    /// The scenario file
    #[arg(value_name = "SCENARIO.toml")]
    pub(crate) scenario: PathBuf,
    /// Change any field of the scenario, as in workload.copilot.level=+20%; may be given several times
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
}

/// How many futures, which ones, and on how many threads.
#[derive(Clone, Debug, Args)]
pub(crate) struct DrawArgs {
    /// Number of replications, instead of the scenario's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub(crate) replications: Option<u64>,
    /// Seed of all draws, instead of the scenario's
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(0..=i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
    /// How futures are sampled, instead of the scenario's way; unless it says, sobol where that pays (`check` shows it)
    #[arg(long, value_enum, value_name = "WAY")]
    pub(crate) sampling: Option<SamplingArg>,
    /// Threads to work on; as many as the machine has unless said. Results do not depend on it
    #[arg(long, value_name = "T", value_parser = threads)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// No progress bar and no notes
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// How futures are sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SamplingArg {
    /// Independently of each other
    Plain,
    /// Spread evenly over what matters most, so that fewer do
    Sobol,
}

impl SamplingArg {
    /// The change of the scenario that it stands for.
    pub(crate) fn change(self) -> String {
        let word = match self {
            Self::Plain => "plain",
            Self::Sobol => "sobol",
        };
        format!("sampling=\"{word}\"")
    }
}

/// `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    #[command(flatten)]
    pub(crate) draws: DrawArgs,
    /// The way through the simulation
    #[arg(long, value_enum, value_name = "ENGINE", default_value_t = Engine::Auto)]
    pub(crate) engine: Engine,
    /// Draw 1024 futures, then as many, doubled, as these tell that it takes, until half the interval of the figure is at most this share
    /// of it, such as 0.5%; at most --replications, or a million. Exit code 3 when it is not reached
    #[arg(long, value_name = "P", value_parser = size::some_share)]
    pub(crate) precision: Option<Share>,
    /// The figure that is to be precise
    #[arg(long, value_enum, value_name = "FIGURE", default_value_t = Figure::P95, requires = "precision")]
    pub(crate) precision_of: Figure,
    /// Plan that the others are compared with, instead of the scenario's
    #[arg(long, value_name = "PLAN")]
    pub(crate) baseline: Option<String>,
    /// Folder for the result files; made if need be
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Also write samples.csv: one row per replication, plan and month
    #[arg(long, requires = "out")]
    pub(crate) samples: bool,
    /// Do not look further for how seldom the recommended plan breaks its limits where the run hardly saw it
    #[arg(long)]
    pub(crate) no_rare: bool,
    /// Print summary.json instead of the table
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) gates: GateArgs,
}

/// What the recommended plan must keep for exit code 0.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Gates (exit code 4 when missed)")]
pub(crate) struct GateArgs {
    /// Largest P95 of the recommended plan's cost a month, mean over the horizon, in the scenario's currency
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    pub(crate) max_cost_p95: Option<f64>,
    /// Largest mean share of the recommended plan's requests that is throttled, such as 0.1%
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) max_throttled_requests_share: Option<Share>,
}

/// The figure that is to be precise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Figure {
    /// P95 of the best plan's spend
    P95,
    /// Mean difference between the best plan and the next
    Difference,
}

/// The way through the simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// The fastest that can do it
    Auto,
    /// The fast path; an error where it cannot serve the scenario
    Kernel,
    /// The plain path, which can do everything
    Reference,
}

/// `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Name of the scenario; the file becomes NAME.toml in the current folder
    #[arg(value_name = "NAME", default_value = "scenario")]
    pub(crate) name: String,
}

/// `inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// Which future, from 0
    #[arg(long, value_name = "R")]
    pub(crate) replication: u64,
    /// Which plan
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: String,
    /// Seed of all draws, instead of the scenario's
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(0..=i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
    /// How futures are sampled, instead of the scenario's way
    #[arg(long, value_enum, value_name = "WAY")]
    pub(crate) sampling: Option<SamplingArg>,
}

/// `explain`: a plan of a scenario.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// Which plan
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: String,
    #[command(flatten)]
    pub(crate) draws: DrawArgs,
}

fn quantity<Q: Quantity>(text: &str) -> Result<Q, String> {
    Q::parse(text).map_err(|error| format!("{error}; allowed: {}", Q::FORM))
}

/// Threads: more than any machine gains by only take its memory.
fn threads(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().ok().filter(|threads: &NonZeroUsize| threads.get() <= 512).ok_or_else(|| "allowed: 1 to 512".to_owned())
}

fn share(text: &str) -> Result<Share, String> {
    quantity(text)
}

/// A share that is neither none nor all.
fn inner_share(text: &str) -> Result<Share, String> {
    let share = share(text)?;
    if share.0 > 0.0 && share.0 < 1.0 { Ok(share) } else { Err("allowed: more than 0% and less than 100%".to_owned()) }
}

fn amount(text: &str) -> Result<f64, String> {
    not_negative(text).map_err(|_| "is no amount; allowed: a number of at least 0 in the scenario's currency, such as 6000".to_owned())
}

/// What may be spent: nothing, or more than anybody has, tells nothing.
fn budget(text: &str) -> Result<f64, String> {
    const MOST: f64 = 1e15;
    match above_zero(text) {
        Ok(budget) if budget <= MOST => Ok(budget),
        _ => Err("is no budget; allowed: a number above 0, up to 1e15, in the scenario's currency, such as 6000".to_owned()),
    }
}

fn not_negative(text: &str) -> Result<f64, String> {
    match text.replace('_', "").parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("allowed: a number of at least 0".to_owned()),
    }
}

fn above_zero(text: &str) -> Result<f64, String> {
    match not_negative(text) {
        Ok(number) if number > 0.0 => Ok(number),
        _ => Err("allowed: a number above 0".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
