//! The command as a user meets it: exit codes, files, and the text of errors.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder of its own in which commands run.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn with(self, name: &str, text: &str) -> Self {
        std::fs::write(self.path(name), text).unwrap();
        self
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs a command line, split at spaces.
    fn run(&self, line: &str) -> Ended {
        self.run_args(&line.split_whitespace().collect::<Vec<_>>())
    }

    fn run_args(&self, args: &[&str]) -> Ended {
        Ended::of(command(self.0.path()).args(args).output().unwrap(), args.join(" "))
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokentide"));
    command.current_dir(folder).stdin(Stdio::null()).env_remove("CLICOLOR_FORCE");
    command
}

/// What a command left.
struct Ended {
    line: String,
    code: i32,
    out: String,
    err: String,
}

impl Ended {
    fn of(output: Output, line: String) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { line, code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "`tokentide {}`\n{}\n{}", self.line, self.out, self.err);
        self
    }

    fn out(self, part: &str) -> Self {
        assert!(self.out.contains(part), "no {part:?} in what `tokentide {}` printed:\n{}", self.line, self.out);
        self
    }

    fn err(self, part: &str) -> Self {
        assert!(self.err.contains(part), "no {part:?} in what `tokentide {}` complained:\n{}", self.line, self.err);
        self
    }

    fn silent(self) -> Self {
        assert_eq!(self.out, "", "`tokentide {}`", self.line);
        self
    }
}

#[test]
fn help_and_version_are_results() {
    Place::new().run("--help").code(0).out("breakeven").out("Exit codes");
    Place::new().run("--version").code(0).out(env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_command_line_that_cannot_be_is_code_2() {
    let place = Place::new();
    for line in
        ["", "rum", "run", "run a.toml --replications 0", "run a.toml --threads 0", "run a.toml --samples", "breakeven", "inspect a.toml"]
    {
        place.run(line).code(2).silent();
    }
    place.run("run a.toml --max-throttled-requests-share 3").code(2).err("a share from 0 to 1");
    place.run_args(&["breakeven", "--price", "5.00"]).code(2).err("has no denominator");
}

#[test]
fn what_is_not_built_yet_says_so() {
    let place = Place::new();
    for line in [
        "size a.toml --months 3",
        "compare a.toml b.toml",
        "explain a.toml --plan x",
        "run a.toml --engine kernel",
        "run a.toml --precision 1%",
    ] {
        place.run(line).code(2).silent().err("later version");
    }
}

#[test]
fn init_never_overwrites_and_never_leaves_the_folder() {
    let place = Place::new();
    place.run("init copilot").code(0).out("copilot.toml");
    assert!(place.read("copilot.toml").contains("name = \"copilot\""));
    let before = place.read("copilot.toml");
    place.run("init copilot").code(2).err("exists already");
    assert_eq!(place.read("copilot.toml"), before);
    place.run("init").code(0).out("scenario.toml");
    for name in ["../x", "a/b", "=x", "."] {
        place.run_args(&["init", name]).code(2).err("is no name for a scenario");
    }
}
