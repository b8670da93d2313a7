//! A history of whole local days, with every hour filled.

use super::MIN_DAYS;
use crate::units::ByClass;
use jiff::civil::{Date, Weekday};
use std::ops::{Add, Mul};

/// Demand of one hour.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct UsageHour {
    /// Requests, >= 0.
    pub requests: f64,
    /// Tokens by class, each >= 0.
    pub tokens: ByClass,
}

impl Add for UsageHour {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { requests: self.requests + other.requests, tokens: self.tokens + other.tokens }
    }
}

impl Mul<f64> for UsageHour {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self { requests: self.requests * factor, tokens: self.tokens * factor }
    }
}

/// One local day as recorded; `None` is an hour that nobody knows.
#[derive(Debug, Clone, PartialEq)]
pub struct DayRecord {
    /// The local date.
    pub date: Date,
    /// The hours of the day, from local midnight.
    pub hours: [Option<UsageHour>; 24],
}

/// One local day with all its hours.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryDay {
    /// The local date.
    pub date: Date,
    /// The hours of the day, from local midnight.
    pub hours: [UsageHour; 24],
}

impl HistoryDay {
    /// The day of the week, 0 (Monday) to 6.
    pub fn weekday(&self) -> u8 {
        self.date.weekday().since(Weekday::Monday) as u8
    }

    /// The sum of the hours.
    pub fn total(&self) -> UsageHour {
        self.hours.iter().fold(UsageHour::ZERO, |sum, hour| sum + *hour)
    }
}

/// A history: at least [`MIN_DAYS`] whole local days in order, with demand in some hour.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    days: Vec<HistoryDay>,
    tokens_known: bool,
    requests_known: bool,
}

impl Usage {
    /// A history from recorded days; `tokens_known` and `requests_known` say which of the two was recorded at all.
    ///
    /// A day of which less than half is known is left out. An hour that is not known takes the values that the nearest day (the earlier
    /// of two) has at that hour, so that the spread of single hours stays what it is; a mean would narrow it.
    ///
    /// `None` when fewer than [`MIN_DAYS`] days remain, or none of them has any demand in what was recorded.
    pub fn from_days(mut days: Vec<DayRecord>, tokens_known: bool, requests_known: bool) -> Option<Self> {
        days.sort_by_key(|day| day.date);
        days.retain(|day| day.hours.iter().filter(|hour| hour.is_some()).count() >= 12);
        if days.len() < MIN_DAYS {
            return None;
        }
        let filled = (0..days.len()).map(|index| HistoryDay { date: days[index].date, hours: fill(&days, index) }).collect();
        let usage = Self { days: filled, tokens_known, requests_known };
        let total = usage.volume(&usage.mean());
        (total > 0.0 && total.is_finite()).then_some(usage)
    }

    /// The days, in order.
    pub fn days(&self) -> &[HistoryDay] {
        &self.days
    }

    /// Whether tokens were recorded. If not, the workload must state tokens per request.
    pub fn tokens_known(&self) -> bool {
        self.tokens_known
    }

    /// Whether requests were recorded. If not, they follow from tokens and a stated size.
    pub fn requests_known(&self) -> bool {
        self.requests_known
    }

    /// Mean of an hour over all days: tokens and requests per hour.
    pub fn mean(&self) -> UsageHour {
        let sum = self.days.iter().fold(UsageHour::ZERO, |sum, day| sum + day.total());
        sum * (24.0 * self.days.len() as f64).recip()
    }

    /// Mean tokens per request by class, where both were recorded and any request was made.
    pub fn mean_tokens_per_request(&self) -> Option<ByClass> {
        let mean = self.mean();
        (self.tokens_known && self.requests_known && mean.requests > 0.0).then(|| mean.tokens * mean.requests.recip())
    }

    /// What measures demand here: tokens of all classes, or requests where only those were recorded.
    pub fn volume(&self, hour: &UsageHour) -> f64 {
        if self.tokens_known { hour.tokens.total() } else { hour.requests }
    }

    /// Share of the hours without any demand.
    pub fn idle_share(&self) -> f64 {
        let idle = self.days.iter().flat_map(|day| &day.hours).filter(|hour| self.volume(hour) <= 0.0).count();
        idle as f64 / (24 * self.days.len()) as f64
    }

    /// Whether the client is intermittent (on/off): more than a third of the hours have no demand.
    ///
    /// TRAFFIC's intermittent clients are off about two hours of three at the median (on-runs 5 h, off-runs 10 h), steady ones nearly
    /// never; a third lies in the thin middle.
    pub fn is_intermittent(&self) -> bool {
        self.idle_share() > INTERMITTENT
    }
}

/// Share of hours without demand above which a client is intermittent.
const INTERMITTENT: f64 = 1.0 / 3.0;

/// The hours of a day; those not known from the nearest day that knows them, else as the mean of the day's own.
fn fill(days: &[DayRecord], index: usize) -> [UsageHour; 24] {
    let day = &days[index];
    let known: Vec<UsageHour> = day.hours.iter().flatten().copied().collect();
    let mean = known.iter().fold(UsageHour::ZERO, |sum, hour| sum + *hour) * (known.len().max(1) as f64).recip();
    let mut hours = [mean; 24];
    for (hour, slot) in hours.iter_mut().enumerate() {
        let nearest = (1..days.len()).find_map(|distance| {
            let at = |other: Option<usize>| other.and_then(|i| days.get(i)).and_then(|d| d.hours[hour]);
            at(index.checked_sub(distance)).or_else(|| at(index.checked_add(distance)))
        });
        *slot = day.hours[hour].or(nearest).unwrap_or(mean);
    }
    hours
}
