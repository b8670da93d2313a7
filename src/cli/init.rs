//! `init`: a commented starter scenario that runs.

use super::{Exit, console};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use tokentide::error::{Error, Result};

const STARTER: &str = include_str!("starter.toml");

/// The name that the starter carries until it gets its own.
const PLACEHOLDER: &str = "name = \"My workload\"";

/// Longest name, so that it fits any file system with its ending.
const LONGEST: usize = 64;

/// Writes `{name}.toml` in the current folder; never over a file that is there.
pub(crate) fn init(name: &str) -> Result<Exit> {
    let name = name.strip_suffix(".toml").unwrap_or(name);
    check_name(name)?;
    let file = format!("{name}.toml");
    let path = Path::new(&file);
    let text = starter(name);
    let written = OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut out| {
        // A file cut short would look like a starter, so it does not stay.
        out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).inspect_err(|_| drop(std::fs::remove_file(path)))
    });
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Error::usage(format!("{file} exists already and stays as it is; give another name, as in `tokentide init NAME`")));
        }
        Err(error) => return Err(Error::io(path, "write", error)),
    }
    console::print(|out| writeln!(out, "Wrote {file}. Next:\n    tokentide check {file}\n    tokentide run {file}"))?;
    Ok(Exit::Done)
}

/// The starter under its name.
fn starter(name: &str) -> String {
    STARTER.replacen(PLACEHOLDER, &format!("name = \"{name}\""), 1)
}

/// A name that is safe as a file's and needs no escaping in the scenario or in a shell.
fn check_name(name: &str) -> Result<()> {
    let starts_well = name.starts_with(|c: char| c.is_alphanumeric());
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    if starts_well && plain && name.chars().count() <= LONGEST {
        return Ok(());
    }
    Err(Error::usage(format!(
        "`{}` is no name for a scenario; allowed: up to {LONGEST} letters, digits, `-` and `_`, beginning with a letter or digit; it is \
         written to the current folder",
        name.escape_debug()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_takes_its_name_and_stays_short() {
        let text = starter("copilot");
        assert!(text.contains("name = \"copilot\"") && !text.contains(PLACEHOLDER));
        let live = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).count();
        assert!(live <= 30, "{live} live lines");
    }

    #[test]
    fn names_that_mean_something_else_are_refused() {
        for name in ["", ".", "..", "a/b", "../a", "-x", "a b", "=cmd", "a\n", "a\"", "C:x", &"x".repeat(65)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        for name in ["copilot", "größe_2", "2027-plan", &"x".repeat(64)] {
            assert!(check_name(name).is_ok(), "{name:?}");
        }
    }
}
