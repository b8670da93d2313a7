//! What a request for a higher quota asks for, against rates known by hand and in closed form.

use crate::validation::support::{SEEDS, flat, flat_months, on_demand, plain, plan, resolve, units};
use std::path::Path;
use std::process::Command;
use tokentide::decision::{QuotaAnswer, QuotaFigures, QuotaWish, quota};
use tokentide::report::{quota_answer, quota_files};
use tokentide::simulation::{EngineChoice, RunSpec, run};
use tokentide::tally::{Columns, Metric, Row, Span};

const WISH: QuotaWish = QuotaWish { percentile: 0.99, growth: 0.0, long_prompt: 25_000.0, by_hour: false };

fn answer(text: &str, wish: QuotaWish, replications: u64, seed: u64) -> QuotaAnswer {
    let scenario = resolve(text, Path::new(""));
    let spec = RunSpec { replications: Some(replications), seed: Some(seed), ..RunSpec::default() };
    quota(&scenario, 0, wish, &spec).unwrap().summary
}

fn near(value: f64, want: f64) {
    assert!((value - want).abs() <= 2e-6 * want.abs(), "{value} for {want}");
}

/// Steady and peak of a month, as counted, of all classes, and as requests.
fn rates(quota: &QuotaFigures, month: usize) -> [[f64; 3]; 2] {
    let month = &quota.months[month];
    [month.steady.map(|figure| figure.known()), month.peak.map(|figure| figure.known())]
}

/// 100 tokens a minute; then with 20 % more; then behind units that take 40 a minute.
#[test]
fn a_constant_rate_is_told_to_the_token() {
    let law = plain("law = \"constant\", value = \"100 tokens/min\"", "\"off\"");
    let limited = on_demand("1 USD/token") + "quota = { rate = \"110 tokens/min\", others = \"20 tokens/min\" }\n";
    let text = [flat_months(2, 100), limited.clone(), law.clone(), plan("p", &["on-demand"])].concat();
    let found = answer(&text, WISH, 20, 1);
    assert_eq!(found.quotas.len(), 1);
    for month in 0..2 {
        rates(&found.quotas[0], month).as_flattened().iter().for_each(|&rate| near(rate, 100.0));
        // Others leave 90 of it.
        assert_eq!(found.quotas[0].months[month].over[0].unwrap().point, 1.0);
    }
    assert_eq!(found.quotas[0].exceeded[0].unwrap().estimate().point, 1.0);
    assert_eq!((found.quotas[0].now[0].unwrap().rate, found.quotas[0].most_seen(false)), (110.0, Some(120.0)));
    // Tokens alone: nobody knows how many requests they are.
    assert!(!found.quotas[0].has_requests && found.quotas[0].most_seen(true).is_none());
    let more = answer(&text, QuotaWish { growth: 0.2, ..WISH }, 20, 1);
    rates(&more.quotas[0], 1).as_flattened().iter().for_each(|&rate| near(rate, 120.0));
    let behind = [
        flat(100),
        limited,
        units("20 tokens/min", "1 USD/unit-hour"),
        law,
        plan("p", &["units", "on-demand"]) + "units = { units = 2 }\n",
    ]
    .concat();
    for (growth, want) in [(0.0, 60.0), (0.2, 80.0), (-0.6, 0.0)] {
        let found = answer(&behind, QuotaWish { growth, ..WISH }, 20, 1);
        rates(&found.quotas[0], 0).as_flattened().iter().for_each(|&rate| near(rate, want));
    }
    assert_eq!(answer(&behind, QuotaWish { growth: -0.6, ..WISH }, 20, 1).quotas[0].most_seen(false), None);
}

/// Requests of 100 in, a fifth of it cached, and 20 out, under weights of 1, 0 and 5: 180 of 120 tokens.
#[test]
fn it_counts_as_the_quota_does() {
    let workload = "[[workload]]\nname = \"w\"\nclass = \"interactive\"\nlevel = { mean = \"1200 tokens/min\", sigma = 0, walk = \"off\" }\n\
                    requests = { law = \"none\" }\nminute = \"off\"\n\
                    tokens = { input = { mean = 100, cv = 0 }, output = { mean = 20, cv = 0 }, cached_share = \"20%\" }\nshape = { kind = \"flat\" }\n";
    let offer = "[[offer]]\nname = \"on-demand\"\nkind = \"on-demand\"\n\
                 price = { input = \"1 USD/token\", cache_read = \"1 USD/token\", output = \"1 USD/token\" }\n\
                 quota = { rate = \"1M tokens/min\", requests = \"8 requests/min\", weights = { input = 1, cache_read = 0, output = 5 } }\n";
    let text = [&flat(50), offer, workload, &plan("p", &["on-demand"])].concat();
    let found = answer(&text, QuotaWish { long_prompt: 99.0, ..WISH }, 3, 1);
    let quota = &found.quotas[0];
    for of in rates(quota, 0) {
        of.into_iter().zip([1800.0, 1200.0, 10.0]).for_each(|(rate, want)| near(rate, want));
    }
    quota.per_request.iter().zip([100.0, 20.0, 20.0]).for_each(|(mean, want)| near(mean.point, want));
    assert_eq!((quota.long, quota.months[0].over[1].unwrap().point), (Some(1.0), 1.0));
    assert_eq!((quota.most_seen(false), quota.most_seen(true)), (Some(1800.0), Some(10.0)));
}

/// A level of log-sd 0.3 and nothing else: the P95 of a month's peak is m exp(0.3 z − 0.045); an order statistic's error is
/// √(p (1 − p) / n) over the density there.
#[test]
fn a_lognormal_level_has_its_own_percentile() {
    let workload = "[[workload]]\nname = \"w\"\nclass = \"interactive\"\nlevel = { mean = \"100 tokens/min\", sigma = 0.3, walk = \"off\" }\n\
                    requests = { law = \"none\" }\nminute = \"off\"\ntokens = { mean = 10, cv = 0, output_share = \"0%\" }\nshape = { kind = \"flat\" }\n";
    let text = [&flat(24), &on_demand("1 USD/token"), workload, &plan("p", &["on-demand"])].concat();
    let z = 1.644_853_626_951_472_2_f64;
    let want = 100.0 * (0.3 * z - 0.045).exp();
    let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt() / (0.3 * want);
    let replications = 4_000_u32;
    let error = (0.95 * 0.05 / f64::from(replications)).sqrt() / density;
    for seed in SEEDS {
        let found = answer(&text, QuotaWish { percentile: 0.95, ..WISH }, replications.into(), seed);
        let peak = found.quotas[0].months[0].peak[0].held().unwrap();
        assert!((peak.point - want).abs() < 4.0 * error, "{peak:?} for {want}, seed {seed}");
        let (low, high) = peak.interval.unwrap();
        assert!(low < peak.point && peak.point < high && high - low < 8.0 * error);
        assert_eq!(found.quotas[0].now, [None; 2]);
    }
}

/// The 95 % intervals of a P99 hold it in 95 of 100 runs, less four errors of that share, of independent futures and of steered ones.
#[test]
fn intervals_of_a_far_percentile_cover() {
    let workload = "[[workload]]\nname = \"w\"\nclass = \"interactive\"\nlevel = { mean = \"100 tokens/min\", sigma = 0.3, walk = \"off\" }\n\
                    requests = { law = \"none\" }\nminute = \"off\"\ntokens = { mean = 10, cv = 0, output_share = \"0%\" }\nshape = { kind = \"flat\" }\n";
    let want = 100.0 * (0.3 * 2.326_347_874_040_841_f64 - 0.045).exp();
    for sampling in ["plain", "sobol"] {
        let head = format!("sampling = \"{sampling}\"\n{}", flat(1));
        let text = [&head, &on_demand("1 USD/token"), workload, &plan("p", &["on-demand"])].concat();
        let holds = |seed: &u64| {
            let found = answer(&text, WISH, 1_000, *seed);
            let (low, high) = found.quotas[0].months[0].peak[0].held().unwrap().interval.unwrap();
            low <= want && want <= high
        };
        let covered = (1..=100).filter(holds).count();
        assert!(covered >= 86, "{sampling}: {covered} of 100");
    }
}

/// Fifty futures do not know what 999 of 1000 stay within: no figure claims that, and what is known is the largest of them. What they ask for by
/// the largest is too little more often than not.
#[test]
fn futures_too_few_for_the_percentile_say_so() {
    let workload = "[[workload]]\nname = \"w\"\nclass = \"interactive\"\nlevel = { mean = \"100 tokens/min\", sigma = 0.3, walk = \"off\" }\n\
                    requests = { law = \"none\" }\nminute = \"off\"\ntokens = { mean = 10, cv = 0, output_share = \"0%\" }\nshape = { kind = \"flat\" }\n";
    for (sampling, needed) in [("plain", 3688), ("sobol", 5264)] {
        let head = format!("sampling = \"{sampling}\"\n{}", flat(1));
        let text = [&head, &on_demand("1 USD/token"), workload, &plan("p", &["on-demand"])].concat();
        let wish = QuotaWish { percentile: 0.999, ..WISH };
        let found = answer(&text, wish, 50, 1);
        let peak = found.quotas[0].months[0].peak[0];
        assert_eq!((peak.held(), peak.known(), found.quotas[0].ask(false)), (None, peak.largest, None));
        assert_eq!(found.replications_needed.map(|needed| needed / 10), Some(needed / 10), "{sampling}");
        let scenario = resolve(&text, Path::new(""));
        let told = quota_answer(&scenario, 0, wish, &found);
        assert!(told.starts_with("50 futures cannot tell what 99.9% of all futures stay within, which takes at least "), "{told}");
        assert!(
            told.contains(" In the largest of them all but") && told.contains("largest of 50") && !told.contains("99.9% stay within"),
            "{told}"
        );
        let [form, _] = quota_files(wish, &found).unwrap();
        assert!(form.contains(",99.9%,,,\n") && form.contains(",largest,") && form.contains("replications_needed"), "{form}");
        assert!(!form.contains("ask_for"), "{form}");
        let enough = answer(&text, wish, 20_000, 1);
        assert!(enough.quotas[0].ask(false).is_some() && enough.replications_needed.is_none());
    }
}

#[test]
fn a_plan_without_an_offer_on_demand_has_no_quota() {
    let law = plain("law = \"constant\", value = \"100 tokens/min\"", "\"off\"");
    let text = [flat(50), units("20 tokens/min", "1 USD/unit-hour"), law, plan("p", &["units"]) + "units = { units = 2 }\n"].concat();
    assert!(answer(&text, WISH, 3, 1).quotas.is_empty());
}

/// One workload spills what 40 a minute leave of its 100 onto the quota that another asks for 50 of: routes of different lengths.
#[test]
fn work_that_goes_different_ways_meets_at_the_quota() {
    let law = |name: &str, rate: u32| {
        plain(&format!("law = \"constant\", value = \"{rate} tokens/min\""), "\"off\"").replace("\"w\"", &format!("\"{name}\""))
    };
    let routes = "[[plan]]\nname = \"p\"\nroute = { a = [\"units\", \"on-demand\"], b = [\"on-demand\"] }\nunits = { units = 2 }\n";
    let offers = on_demand("1 USD/token") + &units("20 tokens/min", "1 USD/unit-hour");
    let text = [&flat(50), &offers, &law("a", 100), &law("b", 50), routes].concat();
    let found = answer(&text, WISH, 3, 1);
    assert_eq!((found.quotas.len(), found.quotas[0].pool.as_str()), (1, "a+b"));
    rates(&found.quotas[0], 0).as_flattened().iter().for_each(|&rate| near(rate, 110.0));
}

/// Peaks are those of the metric that runs report, and minutes above a quota at the end of a route those that they throttle: before and
/// behind units.
#[test]
fn peaks_and_minutes_over_are_those_of_a_run() {
    let scenario = resolve(include_str!("../../workloads/assistant-fleet.toml"), Path::new(""));
    let spec = RunSpec { replications: Some(32), engine: EngineChoice::Reference, ..RunSpec::default() };
    for name in ["fleet/units=0/term=none", "fleet/units=4/term=none"] {
        let plan = scenario.plan(name).unwrap();
        let alone = scenario.only(plan);
        let outcome = run(&alone, &spec, &Columns).unwrap().summary;
        let mean = |pool: usize, metric: Metric| {
            let column = outcome.column(&alone, 0, Row::Pool(pool), Span::Month(0), metric).unwrap();
            column.iter().sum::<f64>() / column.len() as f64
        };
        let found = quota(&scenario, plan, WISH, &spec).unwrap().summary;
        for (pool, quota) in found.quotas.iter().filter(|quota| quota.offer.is_some()).enumerate() {
            let month = &quota.months[0];
            let throttled = mean(pool, Metric::ThrottledMinutes);
            let over = month.over[0].unwrap().point * 730.0 * 60.0;
            // Hours of about the same mean stand together, and the law is joined from rows.
            assert!((over - throttled).abs() < 2e-3 * throttled + 1e-6, "{name}, {}: {over} minutes, {throttled}", quota.pool);
            if name.contains("units=0") {
                let peak = mean(pool, Metric::PeakQuotaTokensPerMinute);
                assert!((month.peak[0].mean.point / peak - 1.0).abs() < 1e-5, "{}: {} {peak}", quota.pool, month.peak[0].mean.point);
            }
        }
    }
}

/// All together is the sum of the parts, and batch and waiting work is told as left out.
#[test]
fn several_quotas_are_added_and_what_is_aside_is_told() {
    let scenario = resolve(include_str!("../../workloads/assistant-fleet.toml"), Path::new(""));
    let spec = RunSpec { replications: Some(40), ..RunSpec::default() };
    let found = quota(&scenario, 0, WISH, &spec).unwrap().summary;
    assert_eq!((found.quotas.len(), found.aside), (4, [false, false, true]));
    let (all, parts) = found.quotas.split_last().unwrap();
    for way in [1, 2] {
        let sum: f64 = parts.iter().map(|quota| quota.months[0].peak[way].mean.point).sum();
        near(all.months[0].peak[way].mean.point, sum);
    }
    assert!(all.offer.is_none() && all.ask(false).is_none_or(|ask| ask > 0.0));
}

/// 250 000 tokens every other midnight, due in four hours: 62 500 an hour do, beside what does not wait, and a run says so too.
#[test]
fn work_that_waits_is_told_the_rate_that_has_it_done_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let hour = |hour: usize| {
        let work = ["0,0,0", "250000,0,125"][usize::from(matches!(hour % 48, 0))];
        format!("2026-06-{:02}T{:02}:00:00Z,{work}\n", 1 + hour / 24, hour % 24)
    };
    let csv: String = (0..240).map(hour).collect();
    std::fs::write(folder.path().join("jobs.csv"), format!("timestamp,input_tokens,output_tokens,requests\n{csv}")).unwrap();
    let text = |rate: &str, route: &str| {
        let bought = if route.contains("units") { "units = { units = 1 }\n" } else { "" };
        let jobs = "[[workload]]\nname = \"jobs\"\nclass = \"deferrable\"\nqueue = true\ndeadline = \"4h\"\nreplay = \"jobs.csv\"\nminute = \"off\"\n";
        let quota = format!("quota = {{ rate = \"{rate}\" }}\n");
        let routes = format!("[[plan]]\nname = \"p\"\nroute = {{ jobs = [{route}] }}\n{bought}");
        [&flat_months(2, 120), &on_demand("1 USD/token"), quota.as_str(), &units("1 tokens/h", "1 USD/unit-hour"), jobs, &routes].concat()
    };
    let told = |rate: &str, route: &str| {
        let scenario = resolve(&text(rate, route), folder.path());
        let spec = RunSpec { replications: Some(20), ..RunSpec::default() };
        let found = quota(&scenario, 0, WISH, &spec).unwrap().summary;
        let answer = quota_answer(&scenario, 0, WISH, &found);
        (found, answer, quota_files(WISH, &quota(&scenario, 0, WISH, &spec).unwrap().summary).unwrap()[0].clone())
    };
    let (found, text_of, form) = told("50k tokens/h", "\"on-demand\"");
    for month in &found.quotas[0].months {
        let waiting = month.waiting.unwrap();
        near(waiting.mean.point, 62_500.0 / 60.0);
        near(waiting.largest, 62_500.0 / 60.0);
    }
    assert!(text_of.contains("A steady 1100 tokens a minute beside all else would have it done in time in all futures seen"), "{text_of}");
    assert!(form.contains("waiting_tokens_per_minute"), "{form}");
    let missed = |rate: &str| {
        let scenario = resolve(&text(rate, "\"on-demand\""), folder.path());
        let outcome = run(&scenario, &RunSpec { replications: Some(2), ..RunSpec::default() }, &Columns).unwrap().summary;
        let column = outcome.column(&scenario, 0, Row::All, Span::Horizon, Metric::DeadlineMissed).unwrap();
        column.iter().sum::<f64>()
    };
    assert_eq!(missed("62.5k tokens/h"), 0.0);
    assert!(missed("62k tokens/h") > 0.0);
    // What units serve first is not the quota's alone, so that no rate is told.
    let (found, text_of, _) = told("50k tokens/h", "\"units\", \"on-demand\"");
    assert!(
        found.quotas[0].months.iter().all(|month| month.waiting.is_none()) && text_of.contains("No figure here counts it"),
        "{text_of}"
    );
}

fn command(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/support-copilot.toml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokentide"));
    let ended = command.arg("quota").arg(file).args(arguments).current_dir(folder).output().unwrap();
    (ended.status.code(), String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap())
}

#[test]
fn by_the_command_with_the_same_bytes_on_any_threads() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let run = |threads: &str, out: &str| {
        command(folder.path(), &["--replications=40", "--quiet", "--percentile=90%", "--growth=20%", threads, &format!("--out={out}")])
    };
    let (code, told, _) = run("--threads=1", "one");
    assert_eq!(code, Some(0));
    assert!(told.starts_with("40 futures cannot tell what 90% of ") && told.contains("with 20% more traffic"), "{told}");
    assert_eq!(run("--threads=2", "two").0, Some(0));
    for name in ["quota.csv", "quota_evidence.csv"] {
        assert_eq!(read(&format!("one/{name}")), read(&format!("two/{name}")), "{name}");
    }
    let evidence = read("one/quota_evidence.csv");
    // Hours of the week as counted and as requests; months steady and peak in three ways.
    assert_eq!(evidence.lines().count(), 1 + 168 * 2 + 6 * 6, "{evidence}");
    // Forty futures are too few.
    let form = read("one/quota.csv");
    assert!(form.contains("replications_needed") && form.contains(",largest,") && !form.contains("ask_for_tokens_per_minute"), "{form}");
}

#[test]
fn as_a_document() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--replications=200", "--quiet", "--json", "--percentile=90%", "--plan=committed/units=2/term=none"];
    let (code, told, _) = command(folder.path(), &arguments);
    let document: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &document["schema"], &document["held_in"]), (Some(0), &"tokentide/quota-1".into(), &0.9.into()));
    let quota = &document["quotas"][0];
    assert!(quota["ask_for_per_minute"]["tokens"].as_f64().unwrap() > 0.0 && document["replications_needed"].is_null());
    assert_eq!((quota["months"].as_array().unwrap().len(), &quota["now"]["tokens"]["per_minute"]), (6, &120_000.0.into()));
}

#[test]
fn bad_flags_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (flag, told) in [
        ("--percentile=100%", "less than 100%"),
        ("--growth=-100%", "above -100%"),
        ("--growth=much", "growth"),
        ("--plan=none", "none"),
        ("--long-input=0", "above 0"),
        ("--replications=1000000", "are not kept"),
    ] {
        let (code, _, error) = command(folder.path(), &["--quiet", flag]);
        assert!(code == Some(2) && error.contains(told), "{flag}: {error}");
    }
}
