//! The command with bad input: exit code 2, the complaint on standard error, nothing on standard output, no file left behind.

use super::case::{BASE, edited};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder with the base scenario as `plan.toml`.
struct Place(tempfile::TempDir);

/// What a command left: its code, what it printed, what it complained.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Place {
    fn new(scenario: impl AsRef<[u8]>) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        std::fs::write(place.path("plan.toml"), scenario).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Every file and folder, from the top.
    fn files(&self) -> Vec<PathBuf> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, found);
                }
                found.push(path);
            }
        }
        let mut found = Vec::new();
        walk(self.0.path(), &mut found);
        found.sort();
        found
    }

    fn run(&self, args: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokentide"));
        let output = command.current_dir(self.0.path()).env_remove("CLICOLOR_FORCE").stdin(Stdio::null()).args(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The command must be refused with all of these parts in its complaint, and leave the folder as it was.
    fn refused(&self, args: &[&str], parts: &[&str]) {
        let before = self.files();
        let Ended { code, out, err } = self.run(args);
        assert_eq!(code, Some(2), "tokentide {args:?}\n{out}\n{err}");
        assert_eq!(out, "", "tokentide {args:?} printed what is no result");
        for part in parts {
            assert!(err.contains(part), "no {part:?} in what tokentide {args:?} complained:\n{err}");
        }
        assert!(!err.contains("panicked"), "{err}");
        assert_eq!(self.files(), before, "tokentide {args:?} left something behind");
    }
}

#[test]
fn every_command_that_reads_a_scenario_tells_what_is_wrong_with_it() {
    let text = edited(&edited(BASE, "seed = 1", "seed = -1"), "\"3.00 USD/1M tokens\"", "3.00");
    let place = Place::new(text);
    let parts = [
        "seed: is negative",
        "plan.toml:3:8",
        "given: -1",
        "allowed: a whole number of at least 0",
        "offer.on-demand.price.input: is a bare number",
        "plan.toml:25:19",
        "\"3.00 USD/1M tokens\"",
        "2 problems",
    ];
    place.refused(&["check", "plan.toml"], &parts);
    place.refused(&["run", "plan.toml", "--out", "results"], &parts);
    place.refused(&["run", "plan.toml", "--json"], &parts);
    place.refused(&["breakeven", "plan.toml"], &parts);
    place.refused(&["inspect", "plan.toml", "--replication", "0", "--plan", "all on-demand"], &parts);
    place.refused(&["explain", "plan.toml", "--plan", "all on-demand"], &parts);
}

#[test]
fn files_that_are_no_scenario() {
    let place = Place::new(BASE);
    place.refused(&["run", "plans.toml"], &["cannot read plans.toml", "No such file"]);
    place.refused(&["run", "."], &["cannot read .", "it is a folder; name the scenario file inside it"]);
    std::fs::write(place.path("latin.toml"), b"name = \"caf\xe9\"\n").unwrap();
    place.refused(&["check", "latin.toml"], &["cannot read latin.toml", "byte 11 is no UTF-8 text"]);
    std::fs::write(place.path("large.toml"), "# so much\n".repeat(1_700_000)).unwrap();
    place.refused(&["check", "large.toml"], &["cannot read large.toml", "larger than 16 MiB"]);
    std::fs::write(place.path("empty.toml"), "").unwrap();
    place.refused(&["check", "empty.toml"], &["name: is missing"]);
    std::fs::write(place.path("broken.toml"), "name = \"a\nseed = = 1\n[horizon\n").unwrap();
    place.refused(&["check", "broken.toml"], &["is no TOML", "broken.toml:1:", "broken.toml:2:", "broken.toml:3:"]);
    #[cfg(unix)]
    place.refused(&["check", "/dev/zero"], &["cannot read /dev/zero"]);
}

#[test]
fn flags_that_cannot_be() {
    let place = Place::new(BASE);
    for (args, part) in [
        (&["run", "plan.toml", "--seed", "-1"][..], "-1"),
        (&["run", "plan.toml", "--replications", "0"], "0 is not in 1..=100000000"),
        (&["run", "plan.toml", "--replications", "1e9"], "invalid digit"),
        (&["run", "plan.toml", "--replications", "1000000000"], "1000000000 is not in 1..=100000000"),
        (&["run", "plan.toml", "--threads", "0"], "--threads"),
        (&["run", "plan.toml", "--threads", "-4"], "-4"),
        (&["run", "plan.toml", "--engine", "gpu"], "reference"),
        (&["run", "plan.toml", "--samples"], "--out"),
        (&["run", "plan.toml", "--baseline", "all ondemand"], "is no plan of the scenario"),
        (&["run", "plan.toml", "--set", "seed"], "--set needs PATH=VALUE"),
        (&["run", "plan.toml", "--set", "=1"], "--set needs PATH=VALUE"),
        (&["run", "plan.toml", "--set", "seed=-1"], "seed: is negative"),
        (&["run", "plan.toml", "--set", "workload.copilt.level=+20%"], "did you mean `copilot`?"),
        (&["run", "plan.toml", "--max-throttled-requests-share", "5"], "a share from 0 to 1"),
        (&["run", "plan.toml", "--max-cost-p95", "nan"], "a number of at least 0"),
        (&["run", "plan.toml", "--relpications", "5"], "--replications"),
        (&["inspect", "plan.toml", "--replication", "0", "--plan", "all ondemand"], "all on-demand"),
        (&["inspect", "plan.toml", "--plan", "all on-demand"], "--replication"),
        (&["init", "../elsewhere"], "is no name for a scenario"),
        (&["breakeven", "--price", "5.00"], "has no denominator"),
        (&["rnu", "plan.toml"], "unrecognized subcommand"),
        (&[][..], "Usage"),
    ] {
        place.refused(args, &[part]);
    }
    let deep = format!("{}a=1", "a.".repeat(60_000));
    place.refused(&["run", "plan.toml", "--set", &deep], &["is no path of the scenario"]);
}

#[test]
fn what_cannot_be_compared_says_why() {
    let place = Place::new(BASE);
    let write = |name: &str, text: &str| std::fs::write(place.path(name), text).unwrap();
    for folder in ["empty", "torn", "other"] {
        std::fs::create_dir(place.path(folder)).unwrap();
    }
    write("torn/summary.json", "{\"schema\": \"tokentide/summary-1\", \"currency\": ");
    write("other/summary.json", "{\"schema\": \"tokentide/size-1\"}");
    write("bad.toml", &edited(BASE, "replications = 40", "replications = 0"));
    for (args, parts) in [
        (&["plan.toml"][..], &["B.toml"][..]),
        (&["plan.toml", "none.toml"], &["cannot read none.toml"]),
        (&["plan.toml", "bad.toml"], &["bad.toml:", "replications: is no sensible number of futures"]),
        (&["bad.toml", "plan.toml"], &["bad.toml:", "replications: is no sensible number of futures"]),
        (&["plan.toml", "plan.toml", "--plan", "all ondemand"], &["is no plan of plan.toml", "did you mean `all on-demand`?"]),
        (&["plan.toml", "plan.toml", "--set", "seed=-1"], &["seed: is negative"]),
        (&["plan.toml", "plan.toml", "--replications", "0"], &["--replications"]),
        (&["plan.toml", "empty"], &["empty is a folder and plan.toml is none", "two result folders"]),
        (&["empty", "plan.toml"], &["empty is a folder and plan.toml is none"]),
        (&["empty", "torn"], &["empty is no result folder: it holds no summary.json"]),
        (&["torn", "empty"], &["summary.json is no summary of a run: EOF while parsing"]),
        (&["other", "empty"], &["is of the schema \"tokentide/size-1\"; allowed: \"tokentide/summary-1\""]),
        (&["empty", "empty", "--set", "seed=3"], &["--set: result folders are compared as they are"]),
        (&["empty", "empty", "--replications", "3"], &["--replications: result folders"]),
        (&["plan.toml", "plan.toml", "--out", "plan.toml"], &["--out", "is a file"]),
    ] {
        place.refused(&[&["compare"], args].concat(), parts);
    }
}

#[test]
fn the_kernel_says_what_it_cannot_serve() {
    let place = Place::new(BASE);
    place.refused(&["run", "plan.toml", "--engine", "kernel", "--out", "out"], &["the kernel cannot serve this scenario", "--engine auto"]);
}

#[test]
fn output_folders_that_cannot_be_are_refused_before_the_work() {
    let place = Place::new(BASE);
    std::fs::write(place.path("file"), "mine").unwrap();
    // So many replications that the test would not end if the run came first.
    for out in ["file", "file/below", "file/below/further"] {
        place.refused(&["run", "plan.toml", "--replications", "1000000", "--out", out], &["--out", "is a file"]);
    }
    assert_eq!(std::fs::read_to_string(place.path("file")).unwrap(), "mine");
}

/// A folder without rights is the machine's fault: code 1, as for a full disk. Whoever may write everywhere cannot test it.
#[test]
#[cfg(unix)]
fn an_output_folder_without_rights_is_a_failure() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new(BASE);
    let locked = place.path("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(locked.join("probe"), "").is_ok() {
        return;
    }
    for out in ["locked", "locked/new"] {
        let Ended { code, out, err } = place.run(&["run", "plan.toml", "--replications", "1000000", "--out", out]);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
        assert!(err.contains("locked") && err.contains("Permission denied"), "{err}");
    }
}

/// More samples than any machine keeps: refused with the figure, and no folder is made for them.
#[test]
fn a_run_beyond_memory_is_refused_with_the_figure() {
    let swept = edited(
        BASE,
        "units = { reserved = { input = 100, output = 10 } }",
        "sweep = { units = { reserved = { input = \"100..=399\", output = \"10..=309\" } } }",
    );
    Place::new(swept).refused(
        &["run", "plan.toml", "--replications", "100000000"],
        &[
            "this run needs about",
            "MiB are available",
            "100000000 replications of 90011 plans over 2 months",
            "fewer replications, plans or months",
        ],
    );
}

/// A name with an escape sequence must not reach the terminal as one.
#[test]
fn escape_sequences_do_not_reach_the_terminal() {
    for (from, to) in [("name = \"Broken on purpose\"", "name = \"\\u001b[31mred\""), ("name = \"copilot\"", "name = \"\\u001b[31mred\"")] {
        let place = Place::new(edited(BASE, from, to));
        let Ended { code, err, .. } = place.run(&["check", "plan.toml"]);
        assert_eq!(code, Some(2));
        assert!(!err.contains('\u{1b}'), "{err:?}");
    }
}
