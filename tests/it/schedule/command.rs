//! The command: its files do not depend on the number of threads, and what it cannot serve it refuses.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn workload(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads").join(name)
}

fn tokentide(folder: &Path, arguments: &[&str], file: &Path) -> (Option<i32>, String, String) {
    let ended = Command::new(env!("CARGO_BIN_EXE_tokentide"))
        .arg(arguments[0])
        .arg(file)
        .args(&arguments[1..])
        .current_dir(folder)
        .output()
        .unwrap();
    (ended.status.code(), String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap())
}

#[test]
fn files_are_the_same_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let told: Vec<String> = ["1", "2"]
        .iter()
        .map(|threads| {
            let arguments = ["schedule", "--replications=40", "--quiet", "--threads", threads, "--out", threads];
            let (code, told, error) = tokentide(folder.path(), &arguments, &workload("support-copilot.toml"));
            assert_eq!(code, Some(0), "{error}");
            told
        })
        .collect();
    assert!(told[0].starts_with("Pool `copilot` of `committed`: ") && told[0].contains("Calendar of `"), "{}", told[0]);
    for name in ["policies.csv", "schedule.csv", "schedule.json"] {
        let [one, two] = ["1", "2"].map(|threads| fs::read_to_string(folder.path().join(threads).join(name)).unwrap());
        assert!(one == two && !one.is_empty(), "{name}");
    }
    let policies = fs::read_to_string(folder.path().join("1/policies.csv")).unwrap();
    let months = fs::read_to_string(folder.path().join("1/schedule.csv")).unwrap();
    // Six months of each policy that buys anything.
    let buying = months.lines().count() - 1;
    assert!(policies.lines().count() > 100 && buying.is_multiple_of(6) && buying / 6 < policies.lines().count(), "{buying}");
    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string(folder.path().join("1/schedule.json")).unwrap()).unwrap();
    assert_eq!((&document["schema"], document["stages"].as_array().unwrap().len()), (&"tokentide/schedule-1".into(), 1));
}

#[test]
fn what_is_carried_over_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (set, told) in [
        ("workload.copilot.retry={ attempts = 3 }", "carries clients that come back"),
        ("offer.on-demand.quota.refill=\"steadily\"", "carries clients that come back, a quota that fills steadily"),
        ("offer.on-demand.quota.per_day=\"100M tokens/day\"", "carries a quota of a day"),
    ] {
        let (code, _, error) = tokentide(folder.path(), &["schedule", "--quiet", "--set", set], &workload("support-copilot.toml"));
        assert!(code == Some(2) && error.contains(told) && error.contains("pool `copilot` of plan `committed`"), "{set}: {error}");
    }
    let (code, _, error) = tokentide(folder.path(), &["schedule", "--quiet"], &workload("nightly-documents.toml"));
    assert!(code == Some(2) && error.contains("nothing to schedule"), "{error}");
}

#[test]
fn a_share_of_months_needs_limits_to_be_about() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(workload("support-copilot.toml")).unwrap();
    let begin = text.find("[limits]").unwrap();
    let end = begin + text[begin..].find("\n\n").unwrap();
    let file = folder.path().join("without.toml");
    fs::write(&file, [&text[..begin], &text[end..]].concat()).unwrap();
    for (arguments, told) in
        [(&["--confidence=95%"][..], "no [limits]"), (&["--confidence=0%", "--max-throttled-share=1%"], "more than 0%")]
    {
        let arguments = [&["schedule", "--quiet"], arguments].concat();
        let (code, _, error) = tokentide(folder.path(), &arguments, &file);
        assert!(code == Some(2) && error.contains(told), "{code:?} {error}");
    }
}

#[test]
fn a_run_says_that_policies_are_no_plans() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(workload("support-copilot.toml")).unwrap();
    let file = folder.path().join("with.toml");
    let rule = "[[policy.rule]]\noffer = \"units\"\nunits = 2\nterm = \"6 months\"\nwhen = \"next used above 30%\"\n";
    fs::write(&file, format!("{text}\n[[policy]]\nname = \"later\"\n{rule}")).unwrap();
    let (code, told, error) = tokentide(folder.path(), &["run", "--replications=40", "--quiet"], &file);
    assert!(
        code == Some(0) && told.contains("The policy `later` is no part of this run: `tokentide schedule` simulates it."),
        "{told}{error}"
    );
    let (code, told, error) = tokentide(folder.path(), &["schedule", "--replications=40", "--quiet"], &file);
    assert!(code == Some(0) && told.contains(" later ") && told.contains("Calendar of `later`:"), "{told}{error}");
}
