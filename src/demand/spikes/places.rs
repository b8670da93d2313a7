//! Where a spike of some length meets how much: classes of the hours in which it starts and of how long it lasts, as a short one at night hardly
//! makes trouble.

use super::Spikes;
use crate::random::normal::ln_unit;

/// Classes of hours.
pub(super) const PLACES: usize = 6;
/// Classes of lengths.
pub(super) const LENGTHS: usize = 5;

/// Hours of the horizon up to which each class reaches, those with the most demand after them first; as shares.
const UP_TO: [f64; PLACES] = [0.05, 0.1, 0.2, 0.35, 0.6, 1.0];
/// Hours up to which each class of lengths reaches, as shares of the mean; the last has no end.
const AS_LONG: [f64; LENGTHS - 1] = [0.5, 1.0, 2.0, 4.0];

/// The classes of a workload.
#[derive(Clone, Debug)]
pub(in crate::demand) struct Places {
    /// The class of every hour.
    class: Vec<u8>,
    /// All hours, class by class, and where each class begins and the last ends.
    order: Vec<u32>,
    begins: [usize; PLACES + 1],
    /// The longest spike of each class of lengths, and the chances that one is longer than the classes before each allow: 1, …, 0.
    longest: [f64; LENGTHS],
    beyond: [f64; LENGTHS + 1],
}

impl Places {
    /// `base` has what is expected of every hour.
    pub(in crate::demand) fn new(spikes: &Spikes, base: &[f64]) -> Self {
        let mut sums = vec![0.0; base.len() + 1];
        for (hour, tokens) in base.iter().enumerate() {
            sums[hour + 1] = sums[hour] + tokens;
        }
        let lasts = spikes.length.round().max(1.0) as usize;
        let met = |hour: u32| sums[(hour as usize + lasts).min(base.len())] - sums[hour as usize];
        let mut order: Vec<u32> = (0..base.len() as u32).collect();
        order.sort_by(|&a, &b| met(b).total_cmp(&met(a)));
        let mut begins = [0; PLACES + 1];
        let mut class = vec![0; base.len()];
        for place in 0..PLACES {
            begins[place + 1] = (UP_TO[place] * base.len() as f64).round() as usize;
            order[begins[place]..begins[place + 1]].iter().for_each(|&hour| class[hour as usize] = place as u8);
        }
        let longest: [f64; LENGTHS] =
            std::array::from_fn(|class| AS_LONG.get(class).map_or(f64::INFINITY, |share| (share * spikes.length).ceil()));
        let mut beyond = [1.0; LENGTHS + 1];
        for class in 0..LENGTHS {
            beyond[class + 1] = if longest[class] < f64::INFINITY { spikes.beyond(longest[class]) } else { 0.0 };
        }
        Self { class, order, begins, longest, beyond }
    }

    /// Hours of the horizon.
    pub(super) fn hours(&self) -> usize {
        self.class.len()
    }

    /// The class of an hour.
    pub(super) fn of_hour(&self, hour: usize) -> usize {
        usize::from(self.class[hour])
    }

    /// The class of a length.
    pub(super) fn of_length(&self, hours: f64) -> usize {
        self.longest.iter().position(|&longest| hours <= longest).unwrap_or(LENGTHS - 1)
    }

    /// Hours of a class.
    pub(super) fn size(&self, place: usize) -> f64 {
        (self.begins[place + 1] - self.begins[place]) as f64
    }

    /// The chance that a spike is of a class of lengths.
    pub(super) fn chance(&self, length: usize) -> f64 {
        self.beyond[length] - self.beyond[length + 1]
    }

    /// An hour of a class, by a uniform.
    pub(super) fn hour(&self, place: usize, uniform: f64) -> usize {
        let of_class = &self.order[self.begins[place]..self.begins[place + 1]];
        of_class[((uniform * of_class.len() as f64) as usize).min(of_class.len() - 1)] as usize
    }

    /// A length of a class, by a uniform.
    pub(super) fn length(&self, spikes: &Spikes, length: usize, uniform: f64) -> f64 {
        let shortest = if length == 0 { 1.0 } else { self.longest[length - 1] + 1.0 };
        let beyond = self.beyond[length + 1] + uniform * self.chance(length);
        (ln_unit(beyond) * spikes.per_length).ceil().max(shortest).min(self.longest[length])
    }
}

impl Spikes {
    /// The chance that a spike is longer.
    fn beyond(&self, hours: f64) -> f64 {
        libm::pow(1.0 - self.length.recip(), hours)
    }
}
