//! An event that may not come, or come late: one draw in each replication, keyed by the workload's name and the event's number.

use super::events::Span;
use super::slip::Slip;
use crate::random::stream::StreamKey;
use crate::units::Share;

/// Whether and when an event acts in a replication.
///
/// Two uniform numbers a replication, whatever they decide: the first says whether it comes, the second how late. The whole event is late,
/// its end too where that lies within the horizon; of an event that is in force from the horizon's first hour only the end is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chance {
    /// When it acts if it comes in time.
    span: Span,
    /// Number of the event in its workload, from 0.
    number: u32,
    probability: f64,
    slip: Slip,
    /// Hours of the horizon.
    horizon: usize,
    /// The mean part of its full effect, by hour.
    mean: Vec<f64>,
    /// Whether it acts by that mean in every replication.
    still: bool,
}

impl Chance {
    /// An event of this number that acts in `span`, if it comes and is not late. `None` where it is sure to come in time.
    pub(super) fn new(span: &Span, number: usize, probability: Option<Share>, slip: Slip, horizon: usize) -> Option<Self> {
        let probability = probability.map_or(1.0, |share| share.0);
        let late = slip != Slip::NEVER;
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let mut chance = Self { span: span.clone(), number, probability, slip, horizon, mean: vec![0.0; horizon], still: false };
        for (delay, p) in slip.delays(horizon) {
            let span = chance.late(delay);
            for hour in span.hours.clone() {
                chance.mean[hour] += probability * p * span.weight(hour);
            }
        }
        (late || probability < 1.0).then_some(chance)
    }

    /// When it acts in a replication; `None` when it does not come. `key` is that of the workload's events.
    pub(super) fn draw(&self, key: &StreamKey, replication: u64) -> Option<Span> {
        let mut stream = key.hour(replication, self.number);
        let (comes, late) = (stream.uniform(), stream.uniform());
        (comes < self.probability).then(|| self.late(self.slip.hours(late)))
    }

    /// Makes it act by its mean in every replication.
    pub(super) fn hold(&mut self) {
        self.still = true;
    }

    /// Whether it does.
    pub(super) fn is_still(&self) -> bool {
        self.still
    }

    /// The mean part of its full effect, by hour of the horizon.
    pub(super) fn mean(&self) -> &[f64] {
        &self.mean
    }

    fn late(&self, delay: usize) -> Span {
        let Span { hours, ramp } = &self.span;
        let start = if hours.start == 0 { 0 } else { hours.start.saturating_add(delay).min(self.horizon) };
        let end = hours.end.saturating_add(delay).min(self.horizon);
        Span { hours: start..end, ramp: *ramp }
    }
}
