//! The rules of the source tree that a reader relies on, held by a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules from left to right: a module may use those before it and those in its own group.
const GROUPS: [&[&str]; 12] = [
    &["error", "units", "spec", "statistics"],
    &["horizon", "random"],
    &["demand"],
    &["supply"],
    &["cost"],
    &["scenario"],
    &["tally"],
    &["simulation"],
    &["decision"],
    &["report"],
    &["cli"],
    &["main", "lib"],
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources() -> Vec<(PathBuf, String)> {
    fn visit(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                visit(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    visit(&root(), &mut found);
    assert!(found.len() > 30, "only {} source files found", found.len());
    found
}

/// Whether a file holds tests only: those may look to the right and draw as they like.
fn is_test(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy();
    matches!(&*name, "tests.rs" | "testing.rs" | "fixture.rs") || path.components().any(|part| part.as_os_str() == "tests")
}

fn group(module: &str) -> Option<usize> {
    GROUPS.iter().position(|group| group.contains(&module))
}

/// The top-level module a file belongs to.
fn module(path: &Path) -> String {
    let relative = path.strip_prefix(root()).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The top-level modules a line of code names.
fn named(line: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for prefix in ["crate::", "tokentide::"] {
        let mut rest = line;
        while let Some(start) = rest.find(prefix) {
            rest = &rest[start + prefix.len()..];
            let list = rest.strip_prefix('{').map_or(rest, |list| list.split('}').next().unwrap_or(""));
            let braces = rest.starts_with('{');
            for item in if braces { list.split(',').collect::<Vec<_>>() } else { vec![list] } {
                let name: String = item.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if name.chars().next().is_some_and(char::is_lowercase) {
                    names.insert(name);
                }
            }
        }
    }
    names
}

#[test]
fn modules_use_only_what_is_to_their_left() {
    let mut wrong = Vec::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| !is_test(path)) {
        let own = module(&path);
        let own_group = group(&own).unwrap_or_else(|| panic!("{own} is in no group: add it to GROUPS"));
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for name in named(line) {
                if let Some(other) = group(&name)
                    && other > own_group
                {
                    wrong.push(format!("{}:{}: {own} uses {name}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut lines: Vec<usize> = Vec::new();
    for (path, text) in sources() {
        let count = text.lines().count();
        assert!(count <= 400, "{} has {count} lines; 400 are allowed", path.display());
        assert!(text.starts_with("//!"), "{} does not begin with a //! line", path.display());
        lines.push(count);
    }
    lines.sort_unstable();
    let median = lines[lines.len() / 2];
    assert!(median <= 200, "the median file has {median} lines");
}

#[test]
fn threads_generators_and_clocks_have_one_place_each() {
    for (path, text) in sources().into_iter().filter(|(path, _)| !is_test(path)) {
        let place = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        if place != "simulation/runner.rs" {
            assert!(!code.contains("rayon::"), "{place} uses rayon, which belongs to simulation/runner.rs");
        }
        if place != "random/stream.rs" {
            for generator in ["Xoshiro", "StdRng", "SmallRng", "ChaCha"] {
                assert!(!code.contains(generator), "{place} names the generator {generator}, which belongs to random/stream.rs");
            }
        }
        if !place.starts_with("cli/") {
            for clock in ["SystemTime", "Instant::now", "Zoned::now", "Timestamp::now"] {
                assert!(!code.contains(clock), "{place} reads the clock ({clock})");
            }
        }
        assert!(!code.contains("rand::rng()") && !code.contains("thread_rng"), "{place} uses a global generator");
    }
}
