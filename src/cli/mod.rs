//! The command line: parses, calls the library, prints. Results go to standard output, everything else to standard error.

mod alternatives;
mod args;
mod breakeven;
mod budget;
mod check;
mod compare;
mod console;
mod explain;
mod files;
mod forecast;
mod gates;
mod init;
mod inspect;
mod interrupt;
mod levers;
mod prices;
mod progress;
mod quota;
mod render;
mod run;
mod scenario;
mod schedule;
mod schema;
mod size;
mod surface;
mod tornado;

use args::{Cli, Command};
use clap::{Arg, CommandFactory, FromArgMatches};
use std::process::ExitCode;
use tokentide::error::{Error, ErrorKind, Result};

/// How a command ended, as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Everything was done.
    Done = 0,
    /// The machine's fault: a full disk, a lack of rights.
    Failed = 1,
    /// The command line or an input file is at fault.
    Usage = 2,
    /// The precision that was asked for was not reached.
    Incomplete = 3,
    /// A gate set by the user was missed.
    Gate = 4,
    /// Stopped by Ctrl-C; what is reported is complete up to there.
    Interrupted = 130,
}

/// Runs the command line of this process.
pub(crate) fn main() -> ExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(message) => {
            // Help and version are results and go to standard output; a closed pipe there is no failure.
            let _ = message.print();
            return ExitCode::from(if message.use_stderr() { Exit::Usage } else { Exit::Done } as u8);
        }
    };
    let exit = dispatch(&cli.command).unwrap_or_else(|error| {
        render::error(&error);
        exit_of(&error)
    });
    ExitCode::from(exit as u8)
}

/// The command line, or what to print in its place.
fn parse() -> std::result::Result<Cli, clap::Error> {
    // A number below 0 is refused as a value, with what is allowed, and not taken for a flag that nobody knows.
    let taking = |arg: Arg| if arg.get_action().takes_values() { arg.allow_negative_numbers(true) } else { arg };
    let command = Cli::command().mut_subcommands(|command| command.mut_args(taking));
    Cli::from_arg_matches(&command.try_get_matches()?)
}

fn dispatch(command: &Command) -> Result<Exit> {
    match command {
        Command::Run(args) => run::run(args),
        Command::Check(args) => check::check(args),
        Command::Init(args) => init::init(&args.name),
        Command::Breakeven(args) => breakeven::breakeven(args),
        Command::Inspect(args) => inspect::inspect(args),
        Command::Schema => schema::schema(),
        Command::Explain(args) => explain::explain(args),
        Command::Size(args) => size::size(args),
        Command::Budget(args) => budget::budget(args),
        Command::Compare(args) => compare::compare(args),
        Command::Quota(args) => quota::quota(args),
        Command::Tornado(args) => tornado::tornado(args),
        Command::Schedule(args) => schedule::schedule(args),
        Command::Levers(args) => levers::levers(args),
        Command::Alternatives(args) => alternatives::alternatives(args),
        Command::Forecast(args) => forecast::forecast(args),
    }
}

/// The exit code of an error. What cannot be read was named by the user, so that is bad input, unlike what cannot be written.
fn exit_of(error: &Error) -> Exit {
    match error.kind() {
        ErrorKind::Interrupted => Exit::Interrupted,
        ErrorKind::Io { action: "read", .. } => Exit::Usage,
        _ if error.is_input() => Exit::Usage,
        _ => Exit::Failed,
    }
}
