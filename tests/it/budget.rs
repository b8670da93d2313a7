//! Spend in the language of budgets, against bills known by hand and in closed form.

use crate::validation::support::{agrees, flat, flat_months, on_demand, plain, plan, resolve, units};
use std::path::Path;
use std::process::Command;
use tokentide::decision::{BudgetAnswer, BudgetWish, budget};
use tokentide::report::{budget_answer, budget_file};
use tokentide::simulation::RunSpec;

fn answer(text: &str, wish: BudgetWish, replications: u64, seed: u64) -> BudgetAnswer {
    let scenario = resolve(text, Path::new(""));
    let spec = RunSpec { replications: Some(replications), seed: Some(seed), ..RunSpec::default() };
    budget(&scenario, 0, wish, &spec).unwrap().summary
}

/// C3: the bill is Gamma(2920, .25) USD, with its 95th percentile at 752.3619671 and a density there of .0059 (a normal's within a percent).
#[test]
fn c3_a_bill_of_known_law() {
    let law = plain("law = \"gamma\", mean = \"100 tokens/h\", cv = 0.5", "\"off\"");
    let text = [flat(730), on_demand("0.01 USD/token"), law, plan("p", &["on-demand"])].concat();
    for seed in [1, 2027, 0x5eed, 987_654_321] {
        let wish = BudgetWish { month: Some(721.0), whole: Some(752.361_967_1), reserve: 0.95, ..BudgetWish::default() };
        let found = answer(&text, wish, 8_000, seed);
        let whole = found.periods.last().unwrap();
        let exceeds = whole.exceeds.unwrap().1.estimate();
        // One in twenty, whose own error is 5 % of it: more than the usual hundredth.
        assert!((exceeds.point - 0.05).abs() < 4.0 * exceeds.standard_error.unwrap(), "{exceeds}");
        let sd = 13.509_256_09;
        let error = (0.05 * 0.95 / 8_000.0_f64).sqrt() / (0.103_135_6 / sd);
        assert!((whole.holds.point - 752.361_967_1).abs() < 4.0 * error, "{:?}", whole.holds);
        let (low, high) = whole.holds.interval.unwrap();
        assert!(low < whole.holds.point && whole.holds.point < high && high - low < 8.0 * error);
        assert!((found.reserve.point - (whole.holds.point - 752.361_967_1)).abs() < 1e-9);
        agrees("the mean", whole.mean, sd / 8_000.0_f64.sqrt(), 730.0);
        // The month is the whole, and the whole is used up as often as it is exceeded.
        assert_eq!(found.periods[0].mean, whole.mean);
        assert_eq!(found.used_up.unwrap().share.share(), exceeds.point);
    }
}

/// 24 USD a day by use and 2 units of 1 USD an hour from month 2 on: every day's spend is known. Months of 100 hours end within a day.
#[test]
fn the_day_is_known_where_nothing_is_random() {
    let law = plain("law = \"constant\", value = \"1 tokens/h\"", "\"off\"");
    let text = [
        flat_months(3, 100),
        on_demand("1 USD/token"),
        units("1 tokens/h", "1 USD/unit-hour"),
        law,
        "[[plan]]\nname = \"p\"\nroute = { w = [\"units\", \"on-demand\"] }\nunits = { units = 2 }\nstart_month = { units = 2 }\n"
            .to_owned(),
    ]
    .concat();
    for (whole, day) in [(95.0, Some(3.0)), (96.0, Some(4.0)), (100.0, Some(4.0)), (499.9, Some(12.0)), (500.0, None)] {
        let wish = BudgetWish { month: Some(150.0), whole: Some(whole), reserve: 0.9, ..BudgetWish::default() };
        let found = answer(&text, wish, 3, 1);
        assert_eq!(found.periods.iter().map(|period| period.mean).collect::<Vec<_>>(), [100.0, 200.0, 200.0, 500.0, 500.0]);
        let shares: Vec<f64> = found.periods.iter().filter_map(|period| Some(period.exceeds?.1.share())).collect();
        assert_eq!(shares[..3], [0.0, 1.0, 1.0]);
        let used_up = found.used_up.unwrap();
        assert_eq!(used_up.days.map(|(_, percentile)| percentile.map(|percentile| percentile.point)), [day; 3], "{whole}");
        assert_eq!(used_up.share.share(), f64::from(u8::from(day.is_some())));
        assert_eq!(found.reserve.point, 500.0 - whole);
    }
}

/// Four months are a quarter and a part of one, which no budget of a quarter speaks of; so are months on a calendar that begin in its middle.
#[test]
fn a_part_of_a_quarter_is_not_held_against_the_budget_of_a_whole_one() {
    let law = plain("law = \"constant\", value = \"1 tokens/h\"", "\"off\"");
    let winter = "name = \"winter\"\nhorizon = { start = 2027-02-01, months = 5, time_zone = \"UTC\" }\n".to_owned();
    for (head, parts) in
        [(flat_months(4, 100), [None, Some("quarter 2 (1 of 3 months)")]), (winter, [Some("quarter 2027-Q1 (2 of 3 months)"), None])]
    {
        let text = [head, on_demand("1 USD/token"), law.clone(), plan("p", &["on-demand"])].concat();
        let scenario = resolve(&text, Path::new(""));
        let wish = BudgetWish { quarter: Some(150.0), reserve: 0.9, ..BudgetWish::default() };
        let found = answer(&text, wish, 3, 1);
        let quarters: Vec<_> = found.periods.iter().filter(|period| period.kind == "quarter").collect();
        let told = budget_answer(&scenario, 0, wish, &found);
        let file = budget_file(&found).unwrap();
        assert_eq!(quarters.len(), 2);
        for (quarter, part) in quarters.into_iter().zip(parts) {
            assert_eq!((quarter.exceeds.is_none(), quarter.is_part()), (part.is_some(), part.is_some()), "{quarter:?}");
            assert!(part.is_none_or(|part| told.contains(part)), "{told}");
            assert!(part.is_none() || file.contains(&format!(",,,{}\n", quarter.months)), "{file}");
        }
        assert!(told.contains("a part only"), "{told}");
        // Three futures know nothing of nine in ten.
        assert!(told.contains("3 futures cannot tell what 90% of all futures stay within, which takes at least "), "{told}");
    }
}

#[test]
fn by_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/sonnet-reserved.toml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokentide"));
        let ended = command.arg("budget").arg(file).args(arguments).current_dir(folder.path()).output().unwrap();
        (ended.status.code(), String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap())
    };
    let (code, told, _) = run(&["--replications=60", "--quiet", "--whole=290000", "--out=found"]);
    assert_eq!(code, Some(0));
    assert!(
        told.starts_with("`all on-demand`, the baseline, exceeds 290000 USD over the 6 months") && told.contains("used up by 2027-0"),
        "{told}"
    );
    let file = std::fs::read_to_string(folder.path().join("found/budget.csv")).unwrap();
    assert_eq!(file.lines().count(), 1 + 6 + 2 + 1, "{file}");
    assert!(file.starts_with("kind,period,spend_mean,") && file.contains("\nquarter,2027-Q1,"), "{file}");
    let (code, _, told) = run(&["--plan=none", "--quiet"]);
    assert!(code == Some(2) && told.contains("none"), "{told}");
    let (code, _, told) = run(&["--reserve=100%", "--quiet"]);
    assert!(code == Some(2) && told.contains("less than 100%"), "{told}");
}

#[test]
fn budgets_that_tell_nothing_are_refused() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/support-copilot.toml");
    for flag in ["--month=0", "--quarter=0", "--whole=1e300", "--whole=0", "--month=-1", "--whole=nan"] {
        let ended = Command::new(env!("CARGO_BIN_EXE_tokentide")).arg("budget").arg(&file).arg(flag).output().unwrap();
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.code() == Some(2) && told.contains("allowed: a number above 0, up to 1e15"), "{flag}: {told}");
    }
}
