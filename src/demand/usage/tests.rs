//! Files that are read, hours that land on the local clock, and every way a file can be wrong.

use super::*;
use crate::spec::Origin;
use jiff::civil::date;
use std::fmt::Write as _;

const HEADER: &str =
    "timestamp,model,requests,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,throttled_requests,batch_tokens\n";

struct Outcome {
    usage: Option<Usage>,
    errors: Vec<String>,
    warnings: Vec<String>,
    measured: Vec<(String, String)>,
}

impl Outcome {
    fn measured(&self, name: &str) -> &str {
        let path = format!("workload.chat.usage.{name}");
        self.measured.iter().find(|(p, _)| *p == path).map_or("", |(_, value)| value)
    }
}

fn read_with(bytes: &[u8], options: &UsageOptions<'_>) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usage.csv");
    std::fs::write(&path, bytes).unwrap();
    read_path(&path, options, &format!("{}/", folder.path().display()))
}

fn read_path(path: &Path, options: &UsageOptions<'_>, prefix: &str) -> Outcome {
    let mut reader = Reader::new("a.toml", "usage = \"usage.csv\"", Path::new("."));
    let at = At { path: "workload.chat.usage".to_owned(), span: 8..19, origin: Origin::File };
    let usage = read_usage(path, &at, options, &mut reader);
    assert_eq!(usage.is_none(), !reader.is_clean(), "None exactly when a problem was told");
    let (measured, warnings, errors) = match reader.finish() {
        Ok((resolved, warnings)) => (resolved.into_iter().map(|r| (r.path, r.value)).collect(), warnings, Vec::new()),
        Err(error) => (Vec::new(), Vec::new(), error.diagnostics().iter().map(|d| d.to_string().replace(prefix, "")).collect()),
    };
    Outcome { usage, errors, warnings: warnings.iter().map(|w| w.replace(prefix, "")).collect(), measured }
}

fn read(text: &str) -> Outcome {
    read_with(text.as_bytes(), &UsageOptions::default())
}

/// Hourly rows from the start on, the value being the row's number.
fn hourly(header: &str, start: &str, hours: i64) -> String {
    let (start, _) = timestamp::parse(start).unwrap();
    let mut text = format!("{header}\n");
    (0..hours).for_each(|hour| writeln!(text, "{},{hour}", timestamp::print(start + hour * HOUR)).unwrap());
    text
}

#[test]
fn whole_days_are_kept_and_parts_of_days_dropped_with_a_word() {
    let outcome = read(&hourly("timestamp,input_tokens", "2026-11-01T20:00:00Z", 4 + 72 + 1));
    assert_eq!(outcome.errors, Vec::<String>::new());
    let usage = outcome.usage.as_ref().unwrap();
    assert_eq!(usage.days().iter().map(|day| day.date).collect::<Vec<_>>(), [date(2026, 11, 2), date(2026, 11, 3), date(2026, 11, 4)]);
    assert_eq!(usage.days()[0].hours.map(|hour| hour.tokens.input as usize), std::array::from_fn(|hour| 4 + hour));
    assert_eq!((usage.days()[0].weekday(), usage.tokens_known(), usage.requests_known()), (0, true, false));
    assert!((usage.mean().tokens.total() - 39.5).abs() < 1e-12);
    assert_eq!(
        outcome.warnings,
        [
            "workload.chat.usage: the first day is covered in part and was left out: usage.csv",
            "workload.chat.usage: the last day is covered in part and was left out: usage.csv"
        ]
    );
    assert_eq!((outcome.measured("rows"), outcome.measured("hours"), outcome.measured("gaps")), ("77", "72", "0"));
    assert_eq!((outcome.measured("first"), outcome.measured("last")), ("2026-11-01T20:00:00Z", "2026-11-05T00:00:00Z"));
    assert_eq!((outcome.measured("input_tokens"), outcome.measured("mean")), ("2926", "40 tokens/h"));
}

#[test]
fn a_whole_file_has_no_warning_and_order_does_not_matter() {
    let text = hourly("timestamp,requests", "2026-11-02T00:00:00Z", 72);
    let (header, rows) = text.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.reverse();
    let turned = format!("\u{feff}{header}\r\n{}\r\n", rows.join("\r\n\r\n"));
    let (straight, turned) = (read(&text), read(&turned));
    assert!(straight.warnings.is_empty());
    assert_eq!(straight.usage, turned.usage);
    let usage = straight.usage.unwrap();
    assert_eq!((usage.tokens_known(), usage.requests_known()), (false, true));
    assert_eq!(usage.mean_tokens_per_request(), None);
}

#[test]
fn finer_rows_are_added_up_and_missing_hours_are_zero() {
    let mut text = HEADER.to_owned();
    for bin in 0..(3 * 144) {
        if (bin / 6) % 24 != 5 {
            writeln!(text, "{},m,2,10,20,30,40,1,5", bin * 600).unwrap();
        }
    }
    let outcome = read(&text);
    assert_eq!(outcome.errors, Vec::<String>::new());
    let usage = outcome.usage.as_ref().unwrap();
    let hour = UsageHour { requests: 12.0, tokens: ByClass { input: 60.0, cache_read: 120.0, cache_write: 180.0, output: 240.0 } };
    assert_eq!((usage.days()[1].hours[4], usage.days()[1].hours[5]), (hour, UsageHour::ZERO));
    assert_eq!(usage.mean_tokens_per_request(), Some(ByClass { input: 5.0, cache_read: 10.0, cache_write: 15.0, output: 20.0 }));
    assert_eq!((outcome.measured("gaps"), outcome.measured("throttled_requests"), outcome.measured("batch_tokens")), ("3", "414", "2070"));
    assert!((usage.idle_share() - 1.0 / 24.0).abs() < 1e-12 && !usage.is_intermittent());
}

#[test]
fn gaps_take_the_same_hour_of_the_nearest_day() {
    let mut text = "timestamp,requests\n".to_owned();
    for hour in 0..96_i64 {
        // Hour 7 of the second day has no row, hour 8 of the third an empty cell, and the last day is known by less than half.
        match hour {
            31 | 73..84 => {}
            56 => writeln!(text, "{},", hour * HOUR).unwrap(),
            _ => writeln!(text, "{},{hour}", hour * HOUR).unwrap(),
        }
    }
    let gap = UsageOptions { missing: Some(Missing::Gap), ..UsageOptions::default() };
    let days = read_with(text.as_bytes(), &gap).usage.unwrap().days().to_vec();
    assert_eq!(days.len(), 4);
    assert_eq!((days[1].hours[7].requests, days[2].hours[8].requests, days[3].hours[1].requests), (7.0, 32.0, 49.0));
    let outcome = read_with(text.as_bytes(), &UsageOptions::default());
    assert_eq!(outcome.measured("gaps"), "12");
    let days = outcome.usage.unwrap().days().to_vec();
    assert_eq!((days[1].hours[7].requests, days[2].hours[8].requests, days[3].hours[1].requests), (0.0, 0.0, 0.0));
}

#[test]
fn days_of_23_and_25_local_hours_have_24() {
    let zone = crate::horizon::time_zone("America/New_York").unwrap();
    let options = UsageOptions { time_zone: zone, ..UsageOptions::default() };
    // Clocks go back on 1 November 2026 at 02:00, so 01:00 comes twice: at 05:00Z and at 06:00Z.
    let outcome = read_with(hourly("timestamp,requests", "2026-10-31T04:00:00Z", 24 + 25 + 24).as_bytes(), &options);
    assert_eq!((outcome.warnings.len(), outcome.measured("gaps")), (0, "0"));
    let days = outcome.usage.unwrap().days().to_vec();
    let requests = |day: usize| days[day].hours.map(|hour| hour.requests);
    assert_eq!(days.len(), 3);
    assert_eq!(requests(1)[..4], [24.0, 25.5, 27.0, 28.0]);
    assert_eq!((requests(2)[0], requests(2)[23]), (49.0, 72.0));
    // Clocks go forward on 14 March 2027 at 02:00, which therefore repeats 01:00.
    let outcome = read_with(hourly("timestamp,requests", "2027-03-13T05:00:00Z", 24 + 23 + 24).as_bytes(), &options);
    assert_eq!((outcome.warnings.len(), outcome.measured("gaps")), (0, "0"));
    let days = outcome.usage.unwrap().days().to_vec();
    assert_eq!(days[1].hours.map(|hour| hour.requests)[..4], [24.0, 25.0, 25.0, 26.0]);
}

#[test]
fn zones_with_half_hours_keep_their_days() {
    let zone = crate::horizon::time_zone("Asia/Kolkata").unwrap();
    let options = UsageOptions { time_zone: zone, ..UsageOptions::default() };
    let mut text = "timestamp,requests\n".to_owned();
    (0..72_i64).for_each(|h| writeln!(text, "2026-11-{:02} {:02}:00:00+05:30,{h}", 2 + h / 24, h % 24).unwrap());
    let outcome = read_with(text.as_bytes(), &options);
    assert_eq!((outcome.errors.len(), outcome.warnings.len()), (0, 0));
    assert_eq!(outcome.usage.unwrap().days()[0].hours[23].requests.to_bits(), 23.0_f64.to_bits());
}

#[test]
fn several_models_need_a_choice() {
    let mut text = "model,timestamp,requests\n".to_owned();
    (0..72).for_each(|h| writeln!(text, "big,{},{h}\nsmall,{},1", h * HOUR, h * HOUR).unwrap());
    let outcome = read(&text);
    let told = "a.toml:1:9: workload.chat.usage: holds several models and the workload does not say which; given: \"big\", \"small\"; \
                allowed: usage_model = one of them";
    assert_eq!(outcome.errors, [told]);
    let field = |name: &str| Field {
        value: name.to_owned(),
        at: At { path: "workload.chat.usage_model".to_owned(), span: 0..0, origin: Origin::File },
    };
    let (small, smal) = (field("small"), field("smal"));
    let options = |model| UsageOptions { model: Some(model), ..UsageOptions::default() };
    let usage = read_with(text.as_bytes(), &options(&small)).usage.unwrap();
    assert_eq!(usage.mean().requests.to_bits(), 1.0_f64.to_bits());
    let told = "a.toml:1:1: workload.chat.usage_model: is no model of the usage file; given: \"smal\"; allowed: \"big\", \"small\"; \
                did you mean \"small\"?";
    assert_eq!(read_with(text.as_bytes(), &options(&smal)).errors, [told]);
    let plain = hourly("timestamp,requests", "2026-11-02T00:00:00Z", 72);
    assert!(read_with(plain.as_bytes(), &options(&small)).errors[0].contains("the usage file has no column `model`"));
}

#[test]
fn every_bad_cell_is_told_with_its_line_and_column() {
    let text = "timestamp,model,requests,input_tokens\n\
        2026-11-01T00:00:00Z,\"a,b\",1,-5\n\
        \n\
        yesterday,m,nan,x\n\
        2026-11-01T02:00:00Z,m,1\n\
        2026-11-01T03:00:00Z,m,inf,1e16\n";
    assert_eq!(
        read(text).errors,
        [
            "a.toml:1:9: workload.chat.usage: holds several models and the workload does not say which; given: \"a,b\", \"m\"; \
             allowed: usage_model = one of them",
            "usage.csv:2:30: input_tokens: is negative; given: -5; allowed: a number from 0 to 1e15",
            "usage.csv:4:13: requests: is not finite; given: nan; allowed: a number from 0 to 1e15",
            "usage.csv:4:17: input_tokens: is no number; given: x; allowed: a number from 0 to 1e15",
            "usage.csv:4:1: timestamp: is no timestamp; given: yesterday; allowed: \"2026-11-01T14:00:00Z\", \"…+02:00\", \
             \"2026-11-01 14:00:00\" (UTC) or seconds since 1970, within the years 1970 to 2200",
            "usage.csv:5:1: has not as many cells as the header; given: 3 cells; allowed: 4 cells",
            "usage.csv:6:24: requests: is not finite; given: inf; allowed: a number from 0 to 1e15",
            "usage.csv:6:28: input_tokens: is out of range; given: 1e16; allowed: a number from 0 to 1e15",
        ]
    );
}

#[test]
fn at_most_twenty_problems_are_told() {
    let text = "timestamp,requests\n".to_owned() + &"x,1\n".repeat(30);
    let errors = read(&text).errors;
    assert_eq!(errors.len(), 21);
    assert!(errors[19].starts_with("usage.csv:21:1: timestamp") && errors[20].ends_with("10 more problems are not shown"), "{errors:?}");
}

#[test]
fn headers_that_cannot_be_used_are_refused() {
    let has = |text: &str, words: &[&str]| {
        let errors = read(text).errors.join("\n");
        assert!(words.iter().all(|word| errors.contains(word)), "{words:?}: {errors}");
    };
    has("timestamp,input_token\n1,1\n", &["usage.csv:1:11: input_token: is no column of a usage file", "did you mean `input_tokens`?"]);
    has("timestamp;requests\n1;1\n", &["cells are separated by commas", "timestamp: is missing"]);
    has("timestamp,requests,requests\n1,1,1\n", &["usage.csv:1:20: requests: is there twice"]);
    has("timestamp,model\n1,m\n", &["usage.csv:1:1: has no column of demand", "allowed: requests, input_tokens"]);
    has("requests\n1\n", &["timestamp: is missing"]);
    has("", &["usage.csv:1:1: is empty"]);
    has("\n\n", &["usage.csv:1:1: is empty"]);
    has("timestamp,requests\n", &["usage.csv:2:1: holds no rows"]);
}

#[test]
fn files_that_are_no_history_are_refused() {
    let has = |outcome: &Outcome, words: &[&str]| {
        let errors = outcome.errors.join("\n");
        assert!(words.iter().all(|word| errors.contains(word)), "{words:?}: {errors}");
    };
    let none = UsageOptions::default();
    has(&read_with(b"timestamp,requests\n1,1\n2,\xff\n", &none), &["usage.csv:3:3: is not UTF-8 text"]);
    has(
        &read("timestamp,requests\n3600,1\n7200,1\n3600,1\n"),
        &["usage.csv:4:1: timestamp: stands in line 2 already; given: 1970-01-01T01:00:00Z"],
    );
    has(&read(&hourly("timestamp,requests", "2026-11-02T00:00:00Z", 71)), &["given: 2 whole days of local time", "at least 3 whole days"]);
    has(&read(&hourly("timestamp,requests", "2026-11-02T00:00:00Z", 1)), &["given: 0 whole days"]);
    let zeros = (0..72).fold("timestamp,requests\n".to_owned(), |text, h| format!("{text}{},0\n", h * HOUR));
    has(&read(&zeros), &["is too short or empty to be a history"]);
    let spaced =
        |step: i64| (0..40).fold("timestamp,requests,input_tokens\n".to_owned(), |text, row| format!("{text}{},5,2400\n", row * step));
    let said = UsageOptions { missing: Some(Missing::Zero), ..none.clone() };
    has(
        &read(&spaced(6 * HOUR)),
        &["a.toml:1:9: workload.chat.usage: has no two rows an hour or less apart", "rows at least 6.0 h apart", "missing = \"zero\""],
    );
    let told = read_with(spaced(6 * HOUR).as_bytes(), &said);
    assert_eq!(told.usage.unwrap().days()[0].hours.map(|h| h.requests as i64).iter().sum::<i64>(), 20);
    assert!(told.warnings.iter().any(|warning| warning.contains("6.0 h apart, and each counts as the demand of one hour")));
    // A day's sum is no hour's, whatever is said of the hours without a row.
    for options in [&none, &said] {
        let daily = &["rows at least 24.0 h apart", "of one hour, not of a day", "export hours", "level = { mean = \"100 tokens/h\" }"];
        has(&read_with(spaced(DAY).as_bytes(), options), daily);
    }
    // A job of one hour a night tells by a row of zeros that its rows are hours.
    let job = read_with((spaced(DAY) + "18000,0,0\n").as_bytes(), &said);
    assert_eq!(job.usage.unwrap().days()[3].hours.map(|h| h.requests as i64).iter().sum::<i64>(), 5);
    has(&read("timestamp,requests\n0,1\n3600,1\n400000000,1\n"), &["cover more than ten years"]);
    let folder = tempfile::tempdir().unwrap();
    has(&read_path(folder.path(), &none, ""), &["a.toml:1:9: workload.chat.usage: is a folder"]);
    has(&read_path(&folder.path().join("none.csv"), &none, ""), &["workload.chat.usage: cannot be read: ", "none.csv"]);
}

#[test]
fn a_file_of_more_than_64_mib_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usage.csv");
    std::fs::File::create(&path).unwrap().set_len((64 << 20) + 1).unwrap();
    let outcome = read_path(&path, &UsageOptions::default(), "");
    assert!(outcome.errors[0].contains("has 64 MiB") && outcome.errors[0].contains("at most 64 MiB"), "{:?}", outcome.errors);
}

/// What is more often a slip than meant is warned of, and what is plainly said is not.
#[test]
fn doubtful_rows_are_warned_of() {
    let rows = |cell: &str, time: &dyn Fn(i64) -> String| {
        (0..120).fold("timestamp,requests,input_tokens\n".to_owned(), |text, hour| {
            let cells = if hour == 30 { cell } else { "5,2400" };
            format!("{text}{},{cells}\n", time(hour * HOUR))
        })
    };
    let zoned = |second: i64| timestamp::print(second);
    let bare = |second: i64| timestamp::print(second).replace('T', " ").replace('Z', "");
    let gap = UsageOptions { missing: Some(Missing::Gap), ..UsageOptions::default() };
    let warnings = |text: &str, options: &UsageOptions<'_>| read_with(text.as_bytes(), options).warnings;
    let told = |text: &str, part: &str| {
        let found = warnings(text, &UsageOptions::default());
        assert!(found.len() == 1 && found[0].contains(part), "{part}: {found:?}");
    };
    assert_eq!(warnings(&rows("5,2400", &bare), &UsageOptions::default()), Vec::<String>::new());
    told(&rows("5,", &zoned), "1 row of the file with empty cells, which count as 0");
    assert_eq!(warnings(&rows("5,", &zoned), &gap), Vec::<String>::new());
    told(&rows("0,2400", &zoned), "1 row of the file with tokens and no requests");
    let berlin = UsageOptions { time_zone: TimeZone::get("Europe/Berlin").unwrap(), ..UsageOptions::default() };
    assert!(warnings(&rows("5,2400", &bare), &berlin).iter().any(|warning| warning.contains("read as UTC, not as Europe/Berlin")));
    assert!(!warnings(&rows("5,2400", &zoned), &berlin).iter().any(|warning| warning.contains("read as UTC")));
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 300, failure_persistence: None, ..Default::default() })]

    /// Whatever a file holds, reading it ends in a history or in problems (`read_path` asserts that), never in a panic.
    #[test]
    fn no_file_makes_reading_panic(pieces in proptest::collection::vec(0..PIECES.len(), 0..40), header in proptest::bool::ANY) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        read(&(if header { "timestamp,model,requests\n".to_owned() } else { String::new() } + &text));
    }
}

const PIECES: [&str; 14] =
    ["timestamp", "requests", ",", "\n", "\r\n", "\"", "0", "3600", "1e15", "2026-11-01T00:00:00Z", "é…", "0,m,1\n", "3600,m,\n", "\0"];
