//! Real months, days of 23 and 25 hours, and what is refused.

use jiff::civil::{Date, date};

use super::{Horizon, HorizonError, time_zone};

fn calendar(start: Date, months: u32, zone: &str) -> Horizon {
    Horizon::calendar(start, months, time_zone(zone).unwrap()).unwrap()
}

fn lengths(horizon: &Horizon) -> Vec<usize> {
    (0..horizon.months()).map(|month| horizon.month_range(month).len()).collect()
}

fn labels(horizon: &Horizon) -> Vec<String> {
    (0..horizon.months()).map(|month| horizon.month_label(month)).collect()
}

/// Hours with their hour of the day on the local day that `day` names.
fn clock(horizon: &Horizon, day: Date) -> Vec<u8> {
    let index = horizon.day_of(horizon.hour_at(day).unwrap());
    (0..horizon.hours()).filter(|&hour| horizon.day_of(hour) == index).map(|hour| horizon.hour_of_day(hour)).collect()
}

#[test]
fn half_a_year_in_new_york_has_the_hours_of_its_days_less_the_hour_of_march() {
    let horizon = calendar(date(2027, 1, 1), 6, "America/New_York");
    assert_eq!(lengths(&horizon), [744, 672, 743, 720, 744, 720]);
    assert_eq!(horizon.hours(), 181 * 24 - 1);
    assert_eq!((horizon.days(), horizon.weeks()), (181, 26));
    assert_eq!(labels(&horizon), ["2027-01", "2027-02", "2027-03", "2027-04", "2027-05", "2027-06"]);
    assert_eq!((0..6).map(|month| horizon.month_of_year(month)).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(horizon.start_date(), Some(date(2027, 1, 1)));
    assert_eq!(horizon.time_zone_name(), Some("America/New_York"));
}

#[test]
fn autumn_gives_the_hour_back() {
    assert_eq!(lengths(&calendar(date(2027, 10, 1), 2, "Europe/Berlin")), [745, 720]);
    assert_eq!(lengths(&calendar(date(2027, 10, 1), 2, "America/New_York")), [744, 721]);
    assert_eq!(lengths(&calendar(date(2027, 3, 1), 1, "Europe/Berlin")), [743]);
    assert_eq!(calendar(date(2027, 1, 1), 12, "Europe/Berlin").hours(), 8760);
    assert_eq!(calendar(date(2028, 1, 1), 36, "UTC").hours(), 1096 * 24);
}

#[test]
fn february_of_a_leap_year_has_29_days() {
    assert_eq!(lengths(&calendar(date(2028, 2, 1), 1, "Europe/Berlin")), [29 * 24]);
    assert_eq!(lengths(&calendar(date(2027, 2, 1), 1, "Europe/Berlin")), [28 * 24]);
}

#[test]
fn the_first_of_january_2027_is_a_friday() {
    let horizon = calendar(date(2027, 1, 1), 1, "America/New_York");
    assert_eq!((horizon.weekday(0), horizon.hour_of_week(0), horizon.hour_of_day(0)), (4, 96, 0));
    let monday = 3 * 24;
    assert_eq!((horizon.weekday(monday - 1), horizon.hour_of_week(monday - 1)), (6, 167));
    assert_eq!((horizon.weekday(monday), horizon.hour_of_week(monday)), (0, 0));
    assert_eq!(horizon.hours_of_week().len(), horizon.hours());
}

#[test]
fn a_day_without_two_o_clock_has_23_hours() {
    let horizon = calendar(date(2027, 3, 1), 1, "America/New_York");
    let expected: Vec<u8> = (0..24).filter(|&hour| hour != 2).collect();
    assert_eq!(clock(&horizon, date(2027, 3, 14)), expected);
    let start = horizon.hour_at(date(2027, 3, 14)).unwrap();
    assert_eq!((start..start + 4).map(|hour| horizon.hour_of_week(hour)).collect::<Vec<_>>(), [144, 145, 147, 148]);
    assert_eq!(horizon.hour_of_week(start + 23), 0, "the next day is a Monday and starts at midnight");
    assert_eq!(horizon.hour_at(date(2027, 3, 14).at(2, 30, 0, 0)), Some(start + 2), "a skipped time is moved on");
    assert_eq!(clock(&horizon, date(2027, 3, 15)).len(), 24);
}

#[test]
fn a_day_with_two_o_clock_twice_has_25_hours() {
    let horizon = calendar(date(2027, 10, 1), 1, "Europe/Berlin");
    let mut expected: Vec<u8> = (0..24).collect();
    expected.insert(3, 2);
    assert_eq!(clock(&horizon, date(2027, 10, 31)), expected);
    let start = horizon.hour_at(date(2027, 10, 31)).unwrap();
    assert_eq!(horizon.hour_at(date(2027, 10, 31).at(2, 30, 0, 0)), Some(start + 2), "the first of the two is meant");
    assert_eq!(horizon.hour_at(date(2027, 10, 31).at(3, 0, 0, 0)), Some(start + 4));
}

#[test]
fn days_begin_where_the_clock_does_when_midnight_is_skipped() {
    // Cairo's clocks go from 24:00 on the last Thursday of April to 01:00 on Friday, the 30th in 2027.
    let horizon = calendar(date(2027, 4, 30), 1, "Africa/Cairo");
    assert_eq!((horizon.hour_of_day(0), horizon.day_of(22), horizon.day_of(23)), (1, 0, 1));
    assert_eq!(horizon.hours(), 30 * 24 - 1);
}

#[test]
fn clocks_that_move_by_half_an_hour_leave_no_hour_out() {
    // Lord Howe Island goes back by 30 minutes on 4 April 2027, so from then on every simulated hour starts at half past.
    let horizon = calendar(date(2027, 4, 1), 2, "Australia/Lord_Howe");
    assert_eq!(lengths(&horizon), [721, 744]);
    assert_eq!(horizon.month_of(720), 0);
    assert_eq!(horizon.start_of(720).unwrap().datetime(), date(2027, 4, 30).at(23, 30, 0, 0));
    assert_eq!(horizon.start_of(721).unwrap().datetime(), date(2027, 5, 1).at(0, 30, 0, 0));
}

#[test]
fn months_from_any_day_end_where_the_next_begins() {
    let horizon = calendar(date(2027, 1, 31), 3, "UTC");
    assert_eq!(labels(&horizon), ["2027-01-31", "2027-02-28", "2027-03-31"]);
    assert_eq!(lengths(&horizon), [28 * 24, 31 * 24, 30 * 24]);
    assert_eq!((0..3).map(|month| horizon.month_of_year(month)).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(calendar(date(2027, 1, 10), 1, "UTC").month_of_year(0), 0);
}

#[test]
fn months_after_the_end_have_their_real_hours() {
    let horizon = calendar(date(2027, 1, 1), 1, "America/New_York");
    let after: Vec<u32> = (0..12).map(|k| horizon.hours_in_month_after_end(k)).collect();
    assert_eq!(after, [672, 743, 720, 744, 720, 744, 744, 720, 744, 721, 744, 744]);
    assert_eq!(horizon.hours_in_month_after_end(1_000_000), 720, "April 85360, as any April");
    assert_eq!(Horizon::flat(2, 730).unwrap().hours_in_month_after_end(99), 730);
}

#[test]
fn flat_months_are_equal_and_the_week_runs_on() {
    let horizon = Horizon::flat(3, 730).unwrap();
    assert_eq!(lengths(&horizon), [730, 730, 730]);
    assert_eq!(labels(&horizon), ["1", "2", "3"]);
    assert_eq!((horizon.month_of(729), horizon.month_of(730), horizon.week_of(729), horizon.week_of(2189)), (0, 1, 4, 13));
    assert_eq!((horizon.hour_of_week(730), horizon.weekday(730), horizon.hour_of_day(730), horizon.day_of(730)), (58, 2, 10, 30));
    assert_eq!((horizon.weeks(), horizon.days()), (14, 92));
    assert_eq!((horizon.start_date(), horizon.time_zone_name(), horizon.start_of(0)), (None, None, None));
    assert_eq!(horizon.hour_at(date(2027, 1, 1)), None);
    assert_eq!(Horizon::flat(13, 1).unwrap().month_of_year(12), 0);
    assert_eq!(Horizon::flat(36, 1023).unwrap().day_of(36 * 1023 - 1), 36 * 1023 / 24);
}

#[test]
fn an_hour_is_found_only_inside_the_horizon() {
    let horizon = calendar(date(2027, 1, 1), 2, "America/New_York");
    assert_eq!(horizon.hour_at(date(2027, 1, 1)), Some(0));
    assert_eq!(horizon.hour_at(date(2027, 2, 15)), Some(45 * 24));
    assert_eq!(horizon.hour_at(date(2027, 2, 28).at(23, 59, 0, 0)), Some(horizon.hours() - 1));
    assert_eq!(horizon.hour_at(date(2027, 3, 1)), None);
    assert_eq!(horizon.hour_at(date(2026, 12, 31).at(23, 59, 59, 0)), None);
    assert_eq!(horizon.start_of(horizon.hours()), None);
}

#[test]
fn what_is_outside_the_range_is_refused_with_what_was_given() {
    let said = |result: Result<Horizon, HorizonError>| result.unwrap_err().to_string();
    assert_eq!(said(Horizon::flat(0, 730)), "a horizon has 1 to 36 months, got 0");
    assert_eq!(said(Horizon::flat(37, 730)), "a horizon has 1 to 36 months, got 37");
    assert_eq!(said(Horizon::flat(1, 0)), "a flat month has 1 to 1023 hours, got 0");
    assert_eq!(said(Horizon::flat(1, 1024)), "a flat month has 1 to 1023 hours, got 1024");
    let utc = time_zone("UTC").unwrap();
    assert_eq!(said(Horizon::calendar(date(202, 1, 1), 1, utc.clone())), "a calendar starts in the years 1970 to 2200, got 0202-01-01");
    assert_eq!(said(Horizon::calendar(date(2027, 1, 1), 40, utc)), "a horizon has 1 to 36 months, got 40");
}

#[test]
fn time_zones_come_from_the_program_itself() {
    assert_eq!(time_zone("europe/berlin").unwrap().iana_name(), Some("Europe/Berlin"));
    assert_eq!(
        time_zone("Europe/Berln").unwrap_err().to_string(),
        "unknown time zone \"Europe/Berln\": use a name of the IANA database, such as \"America/New_York\" or \"UTC\""
    );
}
