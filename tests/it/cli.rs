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

/// Units by the hour whose reservation pays for all of them break even where the same units on its term do.
#[test]
fn breakeven_of_a_reservation_is_that_of_its_term() {
    let place = Place::new();
    let text = STARVED.replace("quota = { rate = \"10k tokens/min\" }", "").replace(
        "[[workload]]",
        "[[offer]]\nname = \"u\"\nkind = \"provisioned\"\ncapacity = \"10k tokens/min\"\nterms = { none = \"9 USD/unit-hour\", \"1 month\" = \"3 USD/unit-hour\" }\n[[workload]]",
    ) + "[[plan]]\nname = \"term\"\nroute = { bot = [\"u\", \"on-demand\"] }\nunits = { u = 2 }\nterm = { u = \"1 month\" }\n\
         [[plan]]\nname = \"reserved\"\nroute = { bot = [\"u\", \"on-demand\"] }\nunits = { u = 2 }\nterm = { u = \"none\" }\n\
         reservation = [{ offer = \"u\", units = 2, term = \"1 month\" }]\n";
    std::fs::write(place.path("b.toml"), text).unwrap();
    let told = place.run("breakeven b.toml --quiet").code(0).out;
    let of = |plan: &str| {
        let line = told.lines().find(|line| line.trim_start().starts_with(plan)).unwrap_or_else(|| panic!("no {plan} in\n{told}"));
        line.split_whitespace().skip(2).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of("reserved"), of("term"));
}

/// 20 000 tokens a minute, all alike, on a quota of half of them.
const STARVED: &str = r#"
name = "Starved"
replications = 10
[limits]
throttled_requests_share = "1%"
[horizon]
flat = { months = 1, hours_per_month = 48 }
[[offer]]
name = "on-demand"
kind = "on-demand"
price = { input = "3 USD/1M tokens", output = "15 USD/1M tokens" }
quota = { rate = "10k tokens/min" }
[[workload]]
name = "bot"
level = { mean = "1.2M tokens/h", walk = "off" }
tokens = { input = { mean = 1000, cv = 0 }, output = { mean = 200, cv = 0 }, drift = "off" }
requests = "none"
minute = "off"
[[plan]]
name = "on-demand"
route = { bot = ["on-demand"] }
"#;

#[test]
fn explain_tells_why_a_plan_throttles() {
    let place = Place::new();
    std::fs::write(place.path("a.toml"), STARVED).unwrap();
    let told = place.run("explain a.toml --plan on-demand --replications 3 --threads 1").code(0).out;
    for words in ["`on-demand`: 50% of the requests are throttled", "quota: the hour's mean is above it", "2 times the quota", "100%"] {
        assert!(told.contains(words), "{words} is not in\n{told}");
    }
    assert_eq!(place.run("explain a.toml --plan on-demand --replications 3 --threads 2 --quiet").code(0).out, told);
    let plenty = place
        .run_args(&["explain", "a.toml", "--plan", "on-demand", "--set", "offer.on-demand.quota.rate=40k tokens/min", "--quiet"])
        .code(0);
    assert!(plenty.out.contains("throttles nothing"), "{}", plenty.out);
    // 20 000 tokens a minute and 16.7 × 5 096 × 5 / 60 = 7 078 held: more than 23 000, which are enough at a `max_tokens` of 1 024.
    let held = STARVED
        .replace("\"10k tokens/min\"", "\"23k tokens/min\", hold = { first_token = \"1s\", speed = \"50 tokens/s\" }")
        .replace("cv = 0 }, drift", "cv = 0 }, max_tokens = 4096, drift");
    std::fs::write(place.path("held.toml"), held).unwrap();
    place.run("run held.toml --quiet").code(0).out("`on-demand`: 100% of the tokens throttled would be served if requests did not hold `max_tokens` from their start; `max_tokens` of 1024 instead of 4096 would do so for 100%.");
    place.run("explain a.toml --plan ondemand").code(2).silent().err("did you mean `on-demand`?");
    place.run("explain a.toml").code(2).silent().err("--plan");
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

/// A scenario that runs in a moment: five plans and two flat months of two days.
const SMALL: &str = r#"
name = "Small"
replications = 60
[horizon]
flat = { months = 2, hours_per_month = 48 }
[limits]
throttled_requests_share = "5%"
[[offer]]
name = "on-demand"
kind = "on-demand"
price = { input = "3.00 USD/1M tokens", output = "15.00 USD/1M tokens" }
quota = { rate = "150k tokens/min", weights = { input = 1, output = 5 } }
[[offer]]
name = "units"
kind = "provisioned"
capacity = "20k tokens/min"
weights = { input = 1, output = 5 }
terms = { "none" = "3.00 USD/unit-hour", "1 month" = "2.40 USD/unit-hour" }
[[workload]]
name = "chat"
kind = "chat"
level = { mean = "2M tokens/h", walk = "off" }
tokens = { input = { mean = 1500, p95 = 4000 }, output = { mean = 400, p95 = 900 } }
[[plan]]
name = "all on-demand"
route = { chat = ["on-demand"] }
[[plan]]
name = "committed"
route = { chat = ["units", "on-demand"] }
sweep = { units = { units = "1..=2" }, term = { units = ["none", "1 month"] } }
"#;

fn small() -> Place {
    Place::new().with("a.toml", SMALL)
}

/// The lines of a CSV text, by the names of its first line.
fn records(text: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|record| record.unwrap()).collect()
}

fn number(record: &std::collections::BTreeMap<String, String>, field: &str) -> f64 {
    record[field].parse().unwrap_or_else(|_| panic!("{field} is {:?}", record[field]))
}

/// Every line that is commented out in the starter can be used as it stands, but for `usage`, whose file is the user's.
#[test]
fn what_the_starter_leaves_out_can_be_put_in() {
    let place = Place::new();
    place.run("init").code(0);
    let text = place.read("scenario.toml");
    let is_key = |line: &str| line.strip_prefix("# ").and_then(|rest| rest.split_once(" = ")).is_some_and(|(key, _)| !key.contains(' '));
    let lines: Vec<&str> = text.lines().filter(|line| is_key(line) || line.starts_with("# [")).collect();
    assert!(lines.len() > 15, "{lines:?}");
    let put_in = |line: &str| if is_key(line) || line.starts_with("# [") { line[2..].to_owned() } else { line.to_owned() };
    let all: Vec<String> = text.lines().map(|line| if line.contains("usage.csv") { line.to_owned() } else { put_in(line) }).collect();
    let place = place.with("all.toml", &all.join("\n"));
    place.run("check all.toml").code(0).out("3%/month");
}

#[test]
fn the_starter_checks_and_runs() {
    let place = Place::new();
    place.run("init").code(0);
    place.run("check scenario.toml").code(0).out("limits.throttled_requests_share").out("given").out("assumed");
    place.run("run scenario.toml --replications 20 --quiet").code(0).out("USD a month").out("baseline");
}

#[test]
fn a_run_writes_all_files_and_says_the_same_everywhere() {
    // Plain, because steered means are adjusted and so not quite those of the samples.
    let place = Place::new().with("a.toml", &format!("sampling = \"plain\"\n{SMALL}"));
    let ended = place.run("run a.toml --out deep/out --samples --quiet").code(0).out("5 plans, 60 replications, seed 1");
    assert_eq!(ended.err, "", "quiet and not a terminal");
    let plans = records(&place.read("deep/out/plans.csv"));
    let names: Vec<&str> = plans.iter().map(|plan| plan["plan"].as_str()).collect();
    assert_eq!(names[0], "all on-demand");
    assert_eq!(names[1..].iter().filter(|name| name.starts_with("committed/units=")).count(), 4);
    let summary: serde_json::Value = serde_json::from_str(&place.read("deep/out/summary.json")).unwrap();
    assert_eq!(summary["provenance"]["replications"], 60);
    let samples = records(&place.read("deep/out/samples.csv"));
    assert_eq!(samples.len(), 60 * 5 * 2);
    for (index, plan) in plans.iter().enumerate() {
        let costs = samples.iter().filter(|sample| sample["plan"] == plan["plan"]).map(|sample| number(sample, "cost_total"));
        let mean = costs.sum::<f64>() / 120.0;
        let told = number(plan, "cost_total_mean");
        assert!((mean - told).abs() <= 1e-9 * told, "{mean} against {told}");
        assert_eq!(summary["plans"][index]["a_month"]["cost_total"]["mean"].as_f64(), Some(told));
    }
    // Nothing waits and nothing tries batch: the files say nothing of either.
    let supply = &tokentide::scenario::load(&place.path("a.toml"), &[]).unwrap().scenario.supply;
    let metrics = tokentide::tally::Metric::ALL.iter().filter(|metric| metric.is_told(supply)).count();
    let of_months = metrics - 1;
    let files = [
        ("monthly.csv", 5 * 2 * 2),
        ("quarterly.csv", 5 * 2),
        ("percentiles.csv", 5 * 2 * 2 * of_months),
        ("horizon.csv", 5 * 2 * metrics),
    ];
    for (name, lines) in files {
        assert_eq!(records(&place.read(&format!("deep/out/{name}"))).len(), lines, "{name}");
    }
    let printed = place.run("run a.toml --json --quiet").code(0);
    assert_eq!(printed.out, place.read("deep/out/summary.json"));
}

#[test]
fn threads_do_not_change_a_byte() {
    let place = small();
    for threads in ["1", "2", "7"] {
        place.run(&format!("run a.toml --replications 520 --samples --quiet --out {threads} --threads {threads}")).code(0);
    }
    for file in ["flips.csv", "plans.csv", "monthly.csv", "quarterly.csv", "percentiles.csv", "horizon.csv", "samples.csv", "summary.json"]
    {
        let [one, two, seven] = ["1", "2", "7"].map(|threads| place.read(&format!("{threads}/{file}")));
        assert!(one == two && one == seven, "{file} differs");
    }
}

#[test]
fn one_future_hour_by_hour_is_the_one_of_the_run() {
    let place = small();
    place.run("run a.toml --out out --samples --quiet").code(0);
    let samples = records(&place.read("out/samples.csv"));
    let plan = "committed/units=2/term=1 month";
    let hours = records(&place.run_args(&["inspect", "a.toml", "--replication", "7", "--plan", plan]).code(0).out);
    assert_eq!(hours.len(), 96);
    for month in ["1", "2"] {
        let sample = samples.iter().find(|s| s["plan"] == plan && s["replication"] == "7" && s["month"] == month).unwrap();
        let sum = |field: &str| hours.iter().filter(|hour| hour["month"] == month).map(|hour| number(hour, field)).sum::<f64>();
        for (hourly, monthly) in
            [("cost_total", "cost_total"), ("cost_provisioned", "cost_provisioned"), ("chat.throttled", "tokens_throttled")]
        {
            let (sum, told) = (sum(hourly), number(sample, monthly));
            assert!((sum - told).abs() <= 1e-9 * told.abs().max(1.0), "{hourly}: {sum} against {told}");
        }
    }
    place.run_args(&["inspect", "a.toml", "--replication", "7", "--plan", "commited/units=2/term=1 month"]).code(2).err("did you mean");
}

#[test]
fn set_changes_fields_and_flags_win() {
    let place = small();
    let mean = |line: &str| {
        place.run(line).code(0);
        number(&records(&place.read("out/plans.csv"))[0], "cost_total_mean")
    };
    let before = mean("run a.toml --out out --quiet");
    let scaled = mean("run a.toml --out out --quiet --set workload.chat.level=+20%");
    assert!(scaled > 1.1 * before, "{scaled} against {before}");
    place.run("run a.toml --quiet --set seed=9 --seed 5 --replications 10").code(0).out("10 replications, seed 5");
    place.run("run a.toml --set workload.chat.levle=+20%").code(2).err("did you mean `level`?").err("--set:1:");
    place.run("run a.toml --set workload").code(2).err("PATH=VALUE");
    place.run("run a.toml --baseline comitted").code(2).err("is no plan of the scenario");
}

/// Even samples are told, and the means of what is paid add up.
#[test]
fn sampling_is_told_and_its_means_add_up() {
    let place = small();
    let summary = |line: &str| -> serde_json::Value { serde_json::from_str(&place.run(line).code(0).out).unwrap() };
    let plain = summary("run a.toml --json --quiet --sampling plain");
    assert_eq!(summary("run a.toml --json --quiet")["provenance"]["sampling"], "sobol");
    let even = summary("run a.toml --json --quiet --sampling sobol");
    assert_eq!((&plain["provenance"]["sampling"], &even["provenance"]["sampling"]), (&"plain".into(), &"sobol".into()));
    assert_eq!(even, summary("run a.toml --json --quiet --set sampling=\"sobol\""));
    for plan in even["plans"].as_array().unwrap() {
        let month = &plan["a_month"];
        let mean = |what: &str| month[what]["mean"].as_f64().unwrap();
        let parts = mean("cost_on_demand") + mean("cost_provisioned") + mean("cost_batch");
        assert!((parts / mean("cost_total") - 1.0).abs() < 1e-9, "{month}");
        assert_eq!(month["cost_total"]["n"], even["provenance"]["replications"]);
    }
    assert_ne!(plain["plans"][0]["a_month"], even["plans"][0]["a_month"]);
    place.run("run a.toml --sampling halton").code(2).err("plain, sobol");
}

#[test]
fn a_missed_gate_is_code_4_and_says_by_how_much() {
    let place = small();
    place.run("run a.toml --quiet --max-cost-p95 1e9 --max-throttled-requests-share 100%").code(0);
    place.run("run a.toml --quiet --max-cost-p95 1").code(4).out("USD a month").err("--max-cost-p95").err("above the 1.00 USD allowed");
}

#[test]
fn samples_of_a_run_too_long_to_keep_are_refused_before_the_work() {
    small().run("run a.toml --replications 32769 --samples --out out").code(2).err("--samples").err("up to 32768");
}

#[test]
fn places_that_cannot_be_written_are_told_before_the_work() {
    let place = small().with("file", "");
    // So many replications that the run could not be over in the time of a test.
    for out in ["file", "file/below"] {
        place.run(&format!("run a.toml --replications 1000000 --out {out}")).code(2).silent().err("file is a file");
    }
    std::fs::create_dir_all(place.path("out/plans.csv")).unwrap();
    place.run("run a.toml --replications 1000000 --out out").code(2).silent().err("a folder of that name is in the way");
}

/// What the run was judged by stands in its answer.
#[test]
fn the_answer_says_the_limits_and_what_is_odd_about_them() {
    let place = small();
    let ended = place.run("run a.toml --set limits.throttled_requests_share=0.001 --replications 20").code(0);
    let ended = ended.out("No plan keeps the limits (at most 0.1% throttled in 95% of the months); the least bad is `committed/units=2/");
    ended.out("No plan of its sweep buys more units; more may keep the limits.").out("least bad of term");
    let ended = place.run("run a.toml --set limits.throttled_requests_share=0.2 --replications 20").code(0);
    ended.out("of its months keep the limits (at most 20% throttled in 95% of the months).").err("if 0.2% was meant, write \"0.2%\"");
    let quiet = place.run("run a.toml --replications 20").code(0);
    assert!(!quiet.err.contains("was meant"), "{}", quiet.err);
}

#[test]
fn units_that_never_pay_are_told() {
    // 1500 and 400 tokens cost 0.0105 on demand and weigh 3500: a unit of 1.2M weighted tokens is worth 3.60 an hour.
    let dear = SMALL.replace("2.40 USD/unit-hour", "4.50 USD/unit-hour").replace("3.00 USD/unit-hour", "5.40 USD/unit-hour");
    let place = small().with("dear.toml", &dear);
    let line = |file: &str| format!("run {file} --set limits.throttled_requests_share=0.001 --replications 20 --quiet");
    place.run(&line("dear.toml")).code(0).out("even full they cost 125% of the same tokens on demand").out("baseline, spreadsheet");
    assert!(!place.run(&line("a.toml")).code(0).out.contains("never pay"));
}

#[test]
fn samples_of_an_earlier_run_do_not_stay_beside_another() {
    let place = small();
    place.run("run a.toml --out out --samples --quiet").code(0);
    assert!(place.path("out/samples.csv").exists());
    place.run("run a.toml --out out --quiet --replications 50").code(0);
    assert!(!place.path("out/samples.csv").exists());
}

#[test]
fn check_prints_every_value_whole() {
    let shape = "shape = { kind = \"steady-daytime\", peak = 14.25, width = 4.125, night = 0.25, weekend = 0.625 }";
    let place = Place::new().with("a.toml", &SMALL.replace("[[plan]]\nname = \"all", &format!("{shape}\n[[plan]]\nname = \"all")));
    let ended = place.run("check a.toml").code(0).out("4.125").out("0.625");
    assert!(!ended.out.contains('…'), "{}", ended.out);
}

#[test]
fn a_wrong_scenario_is_shown_with_its_place() {
    let place = Place::new().with("a.toml", &SMALL.replace("capacity = \"20k tokens/min\"", "capasity = \"20k\""));
    let ended = place.run("run a.toml").code(2).silent();
    ended.err("--> a.toml:16:1").err("offer.units.capasity").err("did you mean `capacity`?").err("capasity = \"20k\"\n");
    place.run("run missing.toml").code(2).err("cannot read missing.toml");
    place.run("run .").code(2).err("folder");
}

#[test]
fn breakeven_of_a_unit_is_the_closed_form() {
    let place = Place::new();
    let unit = |throughput: &str, input: &str, output: &str| {
        let prices = ["--input-price", "0.00025 USD/1K tokens", "--output-price", "0.00125 USD/1K tokens"];
        let args = ["breakeven", "--price", "5.00 USD/unit-hour", "--throughput", throughput, "--input", input, "--output", output];
        place.run_args(&[&args[..], &prices].concat()).code(0)
    };
    unit("300k tokens/min", "1000", "500").out("47.62%");
    unit("300k tokens/min", "3000", "300").out("81.48%");
    unit("100k tokens/min", "1000", "500").out("142.86% utilisation, which is never");
}

#[test]
fn breakeven_of_a_scenario_shows_the_demand_beside_it() {
    // 1500 and 400 tokens cost 0.0105 on demand and weigh 3500: a unit of 1.2M weighted tokens is worth 3.60 an hour.
    small().run("breakeven a.toml --quiet").code(0).out("83.33%").out("66.67%").out("months above");
}

#[test]
fn the_schema_is_a_document_of_its_own() {
    let ended = Place::new().run("schema").code(0);
    let schema: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for name in ["offer", "workload", "plan", "horizon"] {
        assert!(schema["properties"][name].is_object(), "{name}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let place = small();
    let mut child = command(place.0.path())
        .args(["inspect", "a.toml", "--replication", "0", "--plan", "all on-demand"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}
