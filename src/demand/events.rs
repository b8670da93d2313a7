//! Dated events: a launch, a step, a part of one workload that moves to another.

use super::chance::Chance;
use super::check::{exclusive, number};
use super::slip::{Slip, SlipSpec};
use crate::horizon::Horizon;
use crate::spec::{At, Field, Reader, nearest};
use crate::spec_table;
use crate::units::{Hours, Share};
use jiff::civil::Date;
use std::ops::Range;

spec_table! {
    /// Something dated that changes demand: a factor on it, or a share of it that moves to another workload.
    pub struct EventSpec {
        /// What it is, for the reader of the file.
        optional name: String,
        /// The day it begins, on a calendar.
        optional at: Date,
        /// The month it begins, 1 for the first.
        optional at_month: u64,
        /// The hour it begins, 0 for the first.
        optional at_hour: u64,
        /// The day it is over.
        optional until: Date,
        /// The month before which it is over.
        optional until_month: u64,
        /// The hour before which it is over.
        optional until_hour: u64,
        /// Demand is multiplied by this.
        optional factor: f64,
        /// Time from the beginning to the full effect.
        optional ramp: Hours,
        /// The share that moves to another workload.
        optional r#move: Share,
        /// The workload it moves to.
        optional to: String,
        /// Tokens there per token here.
        optional tokens_factor: f64,
        /// How likely it comes at all; sure unless given. One draw in each future.
        optional probability: Share,
        /// How late it may come; in time unless given. Its end slips with it.
        optional slip: SlipSpec,
    }
}

/// When an event acts, and how far it has come.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    /// Hours in which it acts.
    pub(super) hours: Range<usize>,
    pub(super) ramp: f64,
}

impl Span {
    /// The part of the full effect in an hour of the span: rises linearly over the ramp, by the hour's middle.
    #[inline]
    pub(super) fn weight(&self, hour: usize) -> f64 {
        if self.ramp > 0.0 { ((hour - self.hours.start) as f64 + 0.5).min(self.ramp) / self.ramp } else { 1.0 }
    }
}

/// A share that leaves a workload for another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Move {
    /// When.
    pub(super) span: Span,
    /// Index of the workload it leaves.
    pub(super) from: usize,
    /// Index of the workload it goes to.
    pub(super) to: usize,
    /// The share in full effect.
    pub(super) share: f64,
    /// Tokens there per token here.
    pub(super) tokens_factor: f64,
    /// Where it may not come or come late.
    pub(super) chance: Option<Chance>,
}

/// What an event does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Event {
    /// Multiplies the workload's demand.
    Factor(Span, f64),
    /// The same where it may not come or come late.
    Uncertain(Chance, f64),
    /// Moves a share.
    Move(Move),
}

impl Event {
    /// Checks the `number`-th event, from 0, of workload `from`. `Some(None)` for one that begins after the horizon, which is told as a warning.
    pub(super) fn resolve(
        spec: &Field<EventSpec>,
        (from, number): (usize, usize),
        names: &[&str],
        horizon: &Horizon,
        reader: &mut Reader,
    ) -> Option<Option<Self>> {
        let start = place(
            [spec.value.at.as_ref().map(When::Date), month(spec.at_month.as_ref()), hour(spec.at_hour.as_ref())],
            &spec.at,
            "at",
            horizon,
            reader,
        );
        let end = match (&spec.until, &spec.until_month, &spec.until_hour) {
            (None, None, None) => Some(horizon.hours()),
            (date, m, h) => place([date.as_ref().map(When::Date), month(m.as_ref()), hour(h.as_ref())], &spec.at, "until", horizon, reader),
        };
        let effect = Self::effect(spec, names, from, reader);
        let slip = spec.slip.as_ref().map_or(Some(Slip::NEVER), |slip| Slip::resolve(slip, reader));
        let (start, end, (factor, moved), slip) = (start?, end?, effect?, slip?);
        if end <= start && start < horizon.hours() {
            reader.refuse(&spec.at, "is over before it begins", "an end after the beginning");
            return None;
        }
        if start >= horizon.hours() {
            reader.warn(format!("{}: the event begins after the horizon and plays no part", spec.at.path));
            return Some(None);
        }
        let span = Span { hours: start..end.min(horizon.hours()), ramp: spec.ramp.as_ref().map_or(0.0, |ramp| ramp.0) };
        if let Some(slip) = spec.slip.as_ref().filter(|_| start == 0 && span.hours.end == horizon.hours()) {
            reader.refuse(&slip.at, "is of an event that lasts from the first hour to the last", "a later beginning, or an end");
            return None;
        }
        let chance = Chance::new(&span, number, spec.probability.as_ref().map(|field| field.value), slip, horizon.hours());
        Some(Some(match (moved, chance) {
            (Some((to, share, tokens_factor)), chance) => Self::Move(Move { span, from, to, share, tokens_factor, chance }),
            (None, Some(chance)) => Self::Uncertain(chance, factor),
            (None, None) => Self::Factor(span, factor),
        }))
    }

    /// The factor, or where which share goes with which factor on its tokens.
    fn effect(spec: &Field<EventSpec>, names: &[&str], from: usize, reader: &mut Reader) -> Option<(f64, Option<Target>)> {
        let alone = exclusive(spec.factor.as_ref(), spec.r#move.as_ref(), "an event has a factor or moves a share", reader);
        let allowed = "a factor from 0 to 1e6";
        let factor = spec.factor.as_ref().map_or(Some(1.0), |factor| number(factor, reader, allowed, |x| (0.0..=1e6).contains(&x)));
        let tokens_factor = match &spec.tokens_factor {
            Some(factor) => number(factor, reader, "a factor above 0, at most 1000", |x| x > 0.0 && x <= 1e3),
            None => Some(1.0),
        };
        let moved = match (&spec.r#move, &spec.to) {
            (None, None) => None,
            (Some(share), Some(to)) => {
                let known = names.iter().position(|name| *name == to.value).filter(|&index| index != from);
                if known.is_none() {
                    let others = || names.iter().enumerate().filter(|(index, _)| *index != from).map(|(_, name)| *name);
                    let diagnostic = reader.error(&to.at, "is no other workload");
                    diagnostic.given = Some(format!("\"{}\"", to.value));
                    diagnostic.allowed = Some(others().collect::<Vec<_>>().join(", "));
                    diagnostic.help = nearest(&to.value, others()).map(|name| format!("did you mean \"{name}\"?"));
                }
                Some((known?, share.0, tokens_factor?))
            }
            (Some(_), None) => {
                reader.missing(&spec.at, "to", "the name of the workload the share moves to");
                return None;
            }
            (None, Some(to)) => {
                reader.refuse(&to.at, "says where to but not how much", "`move`, such as \"40%\", beside `to`");
                return None;
            }
        };
        if moved.is_none() {
            if spec.factor.is_none() {
                reader.missing(&spec.at, "factor", "a `factor`, or `move` and `to`");
                return None;
            }
            if let Some(field) = &spec.tokens_factor {
                reader.refuse(&field.at, "belongs to a share that moves", "`move` and `to` beside it");
                return None;
            }
        }
        alone.then_some((factor?, moved))
    }
}

/// Where a share goes: the workload, the share, tokens there per token here.
type Target = (usize, f64, f64);

/// One of the three ways to say when.
enum When<'a> {
    Date(&'a Field<Date>),
    Month(&'a Field<u64>),
    Hour(&'a Field<u64>),
}

fn month(field: Option<&Field<u64>>) -> Option<When<'_>> {
    field.map(When::Month)
}

fn hour(field: Option<&Field<u64>>) -> Option<When<'_>> {
    field.map(When::Hour)
}

/// The hour of a time; the horizon's length for anything after its end.
fn place(ways: [Option<When<'_>>; 3], at: &At, key: &str, horizon: &Horizon, reader: &mut Reader) -> Option<usize> {
    let mut given = ways.into_iter().flatten();
    let (first, second) = (given.next(), given.next());
    match (first, second) {
        (None, _) => {
            reader.missing(at, key, &format!("`{key}` with a date, `{key}_month` (1 is the first) or `{key}_hour` (0 is the first)"));
            None
        }
        (Some(When::Date(date)), None) => date_place(date, key, horizon, reader),
        (Some(When::Month(month)), None) => match usize::try_from(month.value).ok().and_then(|m| m.checked_sub(1)) {
            None => {
                reader.refuse(&month.at, "is no month", "1 for the first month, and up");
                None
            }
            Some(m) if m < horizon.months() => Some(horizon.month_range(m).start),
            Some(_) => Some(horizon.hours()),
        },
        (Some(When::Hour(hour)), None) => Some(usize::try_from(hour.value).unwrap_or(usize::MAX).min(horizon.hours())),
        (Some(_), Some(_)) => {
            reader.error(at, format!("says `{key}` in two ways")).allowed = Some(format!("one of {key}, {key}_month, {key}_hour"));
            None
        }
    }
}

fn date_place(date: &Field<Date>, key: &str, horizon: &Horizon, reader: &mut Reader) -> Option<usize> {
    let Some(start) = horizon.start_date() else {
        reader.refuse(&date.at, "is a date, and flat months have none", format!("`{key}_month` (1 is the first) or `{key}_hour`"));
        return None;
    };
    if date.value < start {
        reader.refuse(&date.at, "lies before the horizon", format!("a date from {start}"));
        return None;
    }
    Some(horizon.hour_at(date.value).unwrap_or(horizon.hours()))
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests {
    use super::*;
    use crate::demand::testing::read;

    fn resolve(text: &str, horizon: &Horizon) -> (Option<Option<Event>>, String) {
        let (spec, mut reader) = read::<EventSpec>(text);
        let event = Event::resolve(&spec, (0, 0), &["a", "b"], horizon, &mut reader);
        (event, reader.finish().err().map_or(String::new(), |e| e.to_string()))
    }

    #[test]
    fn times_and_ramps() {
        let flat = Horizon::flat(3, 730).unwrap();
        let (event, _) = resolve("at_month = 2\nuntil_hour = 800\nfactor = 3\nramp = \"4h\"", &flat);
        let Some(Some(Event::Factor(span, factor))) = event else { panic!("{event:?}") };
        assert_eq!((span.hours.clone(), factor), (730..800, 3.0));
        assert_eq!([0, 1, 3, 4, 60].map(|h| span.weight(730 + h)), [0.125, 0.375, 0.875, 1.0, 1.0]);
        let calendar = Horizon::calendar(jiff::civil::date(2027, 3, 1), 2, crate::horizon::time_zone("America/New_York").unwrap()).unwrap();
        let (event, _) = resolve("at = 2027-03-15\nmove = \"40%\"\nto = \"b\"\ntokens_factor = 1.3", &calendar);
        let Some(Some(Event::Move(moved))) = event else { panic!("{event:?}") };
        assert_eq!(moved.span.hours.start, 14 * 24 - 1, "the clocks went forward the day before");
        assert_eq!((moved.to, moved.share, moved.tokens_factor), (1, 0.4, 1.3));
        assert_eq!(resolve("at_month = 4\nfactor = 2", &flat).0, Some(None));
    }

    #[test]
    fn faults() {
        let flat = Horizon::flat(1, 730).unwrap();
        for (text, message) in [
            ("at = 2027-01-01\nfactor = 2", "flat months have none"),
            ("factor = 2", "at: is missing"),
            ("at_hour = 1", "factor: is missing"),
            ("at_month = 0\nfactor = 1", "is no month"),
            ("at_hour = 1\nat_month = 1\nfactor = 1", "two ways"),
            ("at_hour = 9\nuntil_hour = 9\nfactor = 1", "over before it begins"),
            ("at_hour = 9\nmove = 0.5", "to: is missing"),
            ("at_hour = 9\nmove = 0.5\nto = \"a\"", "is no other workload"),
            ("at_hour = 9\nfactor = -1", "0 to 1e6"),
            ("at_hour = 9\nfactor = 1\ntokens_factor = 2", "belongs to a share"),
            ("at_hour = 9\nfactor = 1\nslip = {}", "level.slip.mean: is missing"),
            ("at_hour = 0\nfactor = 2\nslip = { mean = '1 week' }", "lasts from the first hour to the last"),
        ] {
            let (event, errors) = resolve(text, &flat);
            assert!(event.is_none() && errors.contains(message), "{text}: {errors}");
        }
    }
}
