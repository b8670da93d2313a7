//! The age of the prices: told when a run starts and kept out of its files, whose bytes must not change with the day.

use super::{console, render};
use jiff::civil::Date;
use tokentide::supply::Offer;

/// Prices older than this are worth a warning: vendors changed theirs several times a year in 2025 and 2026.
const STALE_DAYS: i32 = 90;

/// Tells the age of every dated price on standard error.
pub(crate) fn tell_ages(offers: &[Offer]) {
    let today = jiff::Zoned::now().date();
    for offer in offers {
        match offer.date.and_then(|date| age(&offer.name, date, today)) {
            Some(Age::Fresh(text)) => console::note(&text),
            Some(Age::Doubtful(text)) => render::warning(&text),
            None => {}
        }
    }
}

/// What there is to say of a date.
#[derive(Debug, PartialEq, Eq)]
enum Age {
    Fresh(String),
    Doubtful(String),
}

fn age(name: &str, date: Date, today: Date) -> Option<Age> {
    let days = today.since(date).ok()?.get_days();
    let plural = if days == 1 { "" } else { "s" };
    let text = format!("the prices of `{name}` are {days} day{plural} old ({date})");
    Some(match days {
        ..0 => Age::Doubtful(format!("the prices of `{name}` are dated {date}, which is in the future")),
        0..=STALE_DAYS => Age::Fresh(text),
        _ => Age::Doubtful(format!("{text}; check them")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn old_and_future_prices_are_told() {
        let today = date(2026, 11, 20);
        let told = |date| format!("{:?}", age("units", date, today).unwrap());
        assert_eq!(told(date(2026, 9, 22)), "Fresh(\"the prices of `units` are 59 days old (2026-09-22)\")");
        assert!(told(date(2026, 11, 19)).contains("are 1 day old"));
        assert!(told(date(2026, 1, 1)).starts_with("Doubtful(\"the prices of `units` are 323 days old"));
        assert!(told(date(2027, 1, 1)).contains("future"));
    }
}
