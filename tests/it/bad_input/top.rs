//! The head of a scenario: name, currency, seed, replications, horizon, limits; and text that is no TOML at all.

use super::case::{BASE, check, edited, judged, read, told};

#[test]
fn head_and_horizon() {
    check(&[
        ("a negative seed", "seed = 1", "seed = «-1»", "seed: is negative; given: -1; allowed: a whole number of at least 0"),
        (
            "a seed of many digits",
            "seed = 1",
            "seed = «99999999999999999999»",
            "seed: is too large; given: 99999999999999999999; allowed: …",
        ),
        ("half a seed", "seed = 1", "seed = «1.5»", "seed: is a number where a whole number is needed; given: 1.5; allowed: …"),
        ("a seed of 64 bits", "seed = 1", "seed = «9223372036854775808»", "seed: …; given: 9223372036854775808; allowed: …"),
        (
            "a misspelt field",
            "seed = 1",
            "«sede» = 1",
            "sede: is no field of the scenario here; given: sede; allowed: name, currency, seed, …; did you mean `seed`?",
        ),
        (
            "a misspelt section",
            "[limits]",
            "[«limit»]",
            "limit: is no field of the scenario here; given: limit; allowed: …; did you mean `limits`?",
        ),
        (
            "a name that is a number",
            "name = \"Broken on purpose\"",
            "name = «7»",
            "name: is a whole number where text is needed; given: 7; allowed: text in quotes",
        ),
        ("no name", "name = \"Broken on purpose\"\n", "«»", "name: is missing; given: nothing…"),
        (
            "a control character",
            "\"Broken on purpose\"",
            "«\"a\\u001b[31mb\"»",
            "name: holds a control character; given: \"a\\u001b[31mb\"; allowed: a title of 1 to 128 characters without control characters",
        ),
        (
            "an empty name",
            "\"Broken on purpose\"",
            "«\"\"»",
            "name: is empty; given: \"\"; allowed: a title of 1 to 128 characters without control characters",
        ),
        (
            "a currency in small letters",
            "currency = \"USD\"",
            "currency = «\"usd\"»",
            "currency: is no currency code; given: \"usd\"; allowed: a currency's code of three capital letters, such as \"USD\"",
        ),
        (
            "no replications",
            "replications = 40",
            "replications = «0»",
            "replications: is no sensible number of futures; given: 0; allowed: 1 to 100000000",
        ),
        (
            "too many replications",
            "replications = 40",
            "replications = «1_000_000_000»",
            "replications: is no sensible number of futures; given: 1_000_000_000; allowed: 1 to 100000000",
        ),
        (
            "replications in quotes",
            "replications = 40",
            "replications = «\"40\"»",
            "replications: is text where a whole number is needed; given: \"40\"; allowed: …",
        ),
        (
            "a way of sampling of another name",
            "replications = 40",
            "replications = 40\nsampling = «\"sobolev\"»",
            "sampling: is unknown; given: \"sobolev\"; allowed: \"plain\", \"sobol\"; did you mean \"sobol\"?",
        ),
        (
            "a way of sampling by number",
            "replications = 40",
            "replications = 40\nsampling = «16»",
            "sampling: is a whole number where…; given: 16; allowed: …",
        ),
        ("no month", "months = 2", "months = «0»", "horizon.months: is no length of a horizon; given: 0; allowed: 1 to 36 months"),
        (
            "months of a millennium",
            "months = 2",
            "months = «9999»",
            "horizon.months: is no length of a horizon; given: 9999; allowed: 1 to 36 months",
        ),
        (
            "months beyond 32 bits",
            "months = 2",
            "months = «99999999999»",
            "horizon.months: is no length of a horizon; given: 99999999999; allowed: 1 to 36 months",
        ),
        (
            "the 30th of February",
            "start = 2027-01-01",
            "start = «\"2027-02-30\"»",
            "horizon.start: is no date of the calendar; given: \"2027-02-30\"; allowed: a date such as 2027-01-01",
        ),
        (
            "a date with a time",
            "start = 2027-01-01",
            "start = «2027-01-01T00:00:00»",
            "horizon.start: is a date…; given: 2027-01-01T00:00:00; allowed: a date such as 2027-01-01",
        ),
        (
            "a date in another order",
            "start = 2027-01-01",
            "start = «\"01.01.2027\"»",
            "horizon.start: is no date of the calendar; given: \"01.01.2027\"; allowed: …",
        ),
        (
            "a year long gone",
            "start = 2027-01-01",
            "start = «0202-01-01»",
            "horizon.start: is no day to start at; given: 0202-01-01; allowed: a date in the years 1970 to 2200",
        ),
        (
            "a misspelt time zone",
            "\"America/New_York\"",
            "«\"America/New_Yrok\"»",
            "horizon.time_zone: is no time zone; given: \"America/New_Yrok\"; allowed: a name of the time zone database, such as \"America/New_York\" or \"UTC\"",
        ),
        (
            "months said twice",
            "start = 2027-01-01\nmonths = 2\ntime_zone = \"America/New_York\"",
            "months = «3»\nflat = { months = 2 }",
            "horizon.months: says the months a second time; given: 3; allowed: either `months` or `flat.months`",
        ),
        (
            "a zone beside no start",
            "start = 2027-01-01\nmonths = 2\ntime_zone = \"America/New_York\"",
            "months = 2\ntime_zone = «\"UTC\"»",
            "horizon.time_zone: has no calendar to apply to; given: \"UTC\"; allowed: a `start` beside it",
        ),
        (
            "flat and a start",
            "start = 2027-01-01\nmonths = 2\ntime_zone = \"America/New_York\"",
            "start = «2027-01-01»\nflat = { months = 2 }",
            "horizon.start: says a `start` where flat months have none; given: 2027-01-01; allowed: either `flat` or a calendar's `start`",
        ),
        (
            "flat months of 1024 hours",
            "start = 2027-01-01\nmonths = 2\ntime_zone = \"America/New_York\"",
            "flat = { months = 2, hours_per_month = «1024» }",
            "horizon.flat.hours_per_month: is no length of a month; given: 1024; allowed: 1 to 1023 hours",
        ),
        (
            "flat months of no hours",
            "start = 2027-01-01\nmonths = 2\ntime_zone = \"America/New_York\"",
            "flat = { months = 2, hours_per_month = «0» }",
            "horizon.flat.hours_per_month: is no length of a month; given: 0; allowed: 1 to 1023 hours",
        ),
        (
            "a horizon that is a number",
            "[horizon]\nstart = 2027-01-01\nmonths = 2\ntime_zone = \"America/New_York\"",
            "horizon = «6»",
            "horizon: is a whole number where a table is needed; given: 6; allowed: a table of keys and values",
        ),
    ]);
}

#[test]
fn limits_and_report() {
    check(&[
        (
            "a share above all",
            "share = \"0.1%\"",
            "share = «\"101%\"»",
            "limits.throttled_requests_share: is no share of a whole; given: \"101%\"; allowed: a share from 0 to 1, written \"15%\" or 0.15",
        ),
        (
            "per cent as a number",
            "share = \"0.1%\"",
            "share = «5»",
            "limits.throttled_requests_share: is out of range; given: 5; allowed: a share from 0 to 1, …",
        ),
        (
            "a negative share",
            "share = \"0.1%\"",
            "share = «-0.1»",
            "limits.throttled_requests_share: is out of range; given: -0.1; allowed: …",
        ),
        (
            "a share that is no number",
            "share = \"0.1%\"",
            "share = «nan»",
            "limits.throttled_requests_share: is out of range; given: nan; allowed: …",
        ),
        (
            "a share per mille",
            "share = \"0.1%\"",
            "share = «\"1‰\"»",
            "limits.throttled_requests_share: has the unit `‰`, where only % can stand; given: \"1‰\"; …",
        ),
        (
            "a misspelt limit",
            "in_share_of_months = \"95%\"",
            "«in_share_of_month» = \"95%\"",
            "limits.in_share_of_month: is no field of the scenario here; …; did you mean `in_share_of_months`?",
        ),
        (
            "a cost in another currency",
            "[[factor]]",
            "cost_per_failed_request = «\"0.05 EUR/request\"»\n[[factor]]",
            "limits.cost_per_failed_request: …; given: \"0.05 EUR/request\"; allowed: …USD…",
        ),
        (
            "a cost as a number",
            "[[factor]]",
            "cost_per_failed_request = «0.05»\n[[factor]]",
            "limits.cost_per_failed_request: is a bare number: its unit and denominator must be said; given: 0.05; allowed: a price per request, such as \"0.05 USD/request\"…",
        ),
        (
            "all minutes",
            "[[factor]]",
            "[report]\npeak_percentile = «\"100%\"»\n[[factor]]",
            "report.peak_percentile: leaves no share of minutes above it or below it; given: \"100%\"; allowed: more than 0% and less than 100%",
        ),
        (
            "a baseline that is no plan",
            "seed = 1",
            "seed = 1\nbaseline = «\"all on demand\"»",
            "baseline: is no plan of the scenario; given: \"all on demand\"; allowed: all on-demand, committed/units=0/term=none, …; did you mean `all on-demand`?",
        ),
    ]);
}

#[test]
fn sections_that_are_missing() {
    let without = |section: &str| {
        let mut kept = String::new();
        let mut keep = true;
        for line in BASE.split_inclusive('\n') {
            if line.starts_with("[[") || line.starts_with("[horizon") {
                keep = !line.starts_with(&format!("[[{section}]]"));
            }
            if keep {
                kept.push_str(line);
            }
        }
        kept
    };
    for section in ["offer", "workload", "plan"] {
        let shown: Vec<String> = told(&without(section), &[]).iter().map(ToString::to_string).collect();
        let wanted = format!("plan.toml:1:1: {section}: is missing; given: nothing; allowed: at least one [[{section}]]");
        assert_eq!(shown, [wanted], "without {section}");
    }
    let shown: Vec<String> = told("", &[]).iter().map(ToString::to_string).collect();
    assert!(shown[0].starts_with("plan.toml:1:1: name: is missing"), "{shown:?}");
    let shown: Vec<String> = told("name = \"x\"", &[]).iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), 3, "offer, workload and plan are all told: {shown:?}");
}

#[test]
fn what_is_no_toml_is_told_at_its_place() {
    for (text, told) in [
        ("seed = «»", "is no TOML: …"),
        ("name = \"a\"\nseed «1»\n", "is no TOML: …"),
        ("name = \"a\"\n«name» = \"b\"\n", "is no TOML: duplicate key"),
        ("name = \"a«»\n", "is no TOML: …"),
        ("start = «2027-13-01»\n", "is no TOML: …"),
        ("= 1", "is no TOML: …"),
        ("a = [1, 2", "is no TOML: …"),
        ("\u{0}", "is no TOML: …"),
    ] {
        let (plain, ranges) = super::case::unmarked(text);
        let shown = super::case::told(&plain, &[]);
        assert!(!shown.is_empty(), "{text:?}");
        assert!(super::case::fits(&shown[0].message, told), "{text:?}: {shown:?}");
        let lines = plain.matches('\n').count() + 1;
        assert!(shown.iter().all(|problem| (1..=lines).contains(&problem.line)), "{shown:?}");
        if let Some(range) = ranges.first() {
            let line = plain[..range.start].matches('\n').count() + 1;
            assert_eq!(shown[0].line, line, "{text:?}: {shown:?}");
        }
    }
}

#[test]
fn depth_and_length_are_bounded() {
    for text in [
        format!("a = {}", "[".repeat(500_000)),
        format!("{}a = 1", "a.".repeat(500_000)),
        format!("a = {}", "{a=".repeat(300_000)),
        format!("[{}a]", "a.".repeat(500_000)),
    ] {
        assert!(!told(&text, &[]).is_empty());
    }
    let many: String = (0..80_000).map(|i| format!("k{i} = 1\n")).collect();
    let shown = told(&many, &[]);
    assert_eq!(shown.len(), 101);
    assert!(shown[100].message.contains("more problems are not shown"), "{}", shown[100]);
}

#[test]
fn changes_from_the_command_line_are_judged_like_the_file() {
    for (set, wanted) in [
        ("seed=-1", "--set:1:6: seed: is negative; given: -1; allowed: a whole number of at least 0"),
        (
            "workload.copilt.level=+20%",
            "--set:1:1: workload.copilt.level: is not in the scenario; given: copilt; allowed: copilot, nightly; did you mean `copilot`?",
        ),
        (
            "workload.copilot.levle=+20%",
            "--set:1:1: workload.copilot.levle: is not in the scenario; given: levle; allowed: …; did you mean `level`?",
        ),
        (
            "workload.copilot.levle=1",
            "--set:1:1: workload.copilot.levle: is no field of the scenario here; given: levle; …; did you mean `level`?",
        ),
        ("workload.copilot.level=-100%", "--set:1:1: workload.copilot.level: takes away all of it; …allowed: a change above -100%"),
        ("workload.copilot.name=+20%", "--set:1:1: workload.copilot.name: cannot be changed by a percentage…"),
        ("seed.deep.er=1", "--set:1:1: seed.deep.er: …"),
        ("horizon.months=nan", "--set:1:16: horizon.months: is a number where a whole number is needed; given: nan; …"),
        ("workload..level=1", "--set:1:1: is no path of the scenario; given: workload..level; allowed: names with dots between them, …"),
        (
            "offer.units.capacity=20k",
            "--set:1:22: offer.units.capacity: has no denominator; given: 20k; allowed: tokens per time, such as \"1.94M tokens/h\" or \"20k tokens/min\"",
        ),
    ] {
        let shown: Vec<String> = told(BASE, &[set]).iter().map(ToString::to_string).collect();
        assert!(shown.len() == 1 && super::case::fits(&shown[0], wanted), "{set}:\n  wanted {wanted}\n  told {shown:#?}");
    }
    let deep = format!("{}a=1", "a.".repeat(60_000));
    assert_eq!(told(BASE, &[&deep]).len(), 1);
    assert_eq!(told(BASE, &["seed=-1", "horizon.months=99", "name=3"]).len(), 2, "what does not read is told at once");
}

#[test]
fn what_is_unusual_but_good_is_taken() {
    for text in
        [format!("\u{feff}{BASE}"), BASE.replace('\n', "\r\n"), BASE.trim_end().to_owned(), edited(BASE, "2027-01-01", "\"2027-01-01\"")]
    {
        assert!(read(&text, &[]).is_ok(), "{:?}", told(&text, &[]));
    }
    assert!(judged(BASE, &[]).is_ok());
}
