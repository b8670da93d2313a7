//! The `tokentide` command.
mod cli;

fn main() {}
