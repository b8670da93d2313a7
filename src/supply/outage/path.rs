//! The outages of one replication: drawn part by part, kept hour by hour.

use super::{Availability, TwoState};
use crate::random::stream::{Purpose, StreamKey};
use crate::spec::{Field, Reader};
use crate::supply::Supply;
use crate::supply::offer::{MAX_AXES, Offer, OfferKind, OfferSpec};
use crate::supply::pool::PoolGroup;

/// Parts of one offer that may fail on their own.
const MAX_PARTS: f64 = 10_000.0;

/// Mean number of part-hours of one offer that are down in a replication: what is kept of it, in four bytes each.
const MAX_DOWN: f64 = 5e6;

/// What is down in each hour of a replication, for every offer that ever is; nothing is allocated once the buffers have grown.
#[derive(Clone, Debug)]
pub(crate) struct Outages {
    sources: Vec<Source>,
    hours: usize,
}

/// What goes missing of an offer.
#[derive(Clone, Copy, Debug)]
enum Loss {
    Units(Availability),
    /// A share of the quota.
    Quota(f64),
}

/// The outages of one offer.
#[derive(Clone, Debug)]
struct Source {
    offer: usize,
    loss: Loss,
    states: TwoState,
    key: StreamKey,
    parts: u32,
    /// Part, first hour down, first hour up again.
    runs: Vec<(u32, usize, usize)>,
    /// The parts that are down in hour t, in order, stand at `starts[t]..starts[t + 1]`.
    starts: Vec<usize>,
    down: Vec<u32>,
}

impl Outages {
    /// Those of a supply; none are drawn yet.
    pub(crate) fn new(supply: &Supply, seed: u64) -> Self {
        let hours = supply.horizon().hours();
        let source = |(offer, known): (usize, &Offer)| {
            let (loss, states, parts) = match &known.kind {
                OfferKind::Provisioned(provisioned) => {
                    let availability = provisioned.availability?;
                    (Loss::Units(availability), availability.states, availability.parts(most_units(&supply.groups, offer)))
                }
                OfferKind::OnDemand(on_demand) => {
                    let used = supply.groups.iter().any(|group| group.nodes.iter().any(|node| node.offer == offer));
                    let takes = on_demand.incident_takes();
                    on_demand.incidents.map(|incidents| (Loss::Quota(takes), incidents.states, f64::from(u8::from(used))))?
                }
                OfferKind::Batch(_) => return None,
            };
            let key = StreamKey::new(seed, Purpose::Outages, &known.name);
            let (runs, down) = (Vec::new(), Vec::new());
            Some(Source { offer, loss, states, key, parts: parts as u32, runs, starts: vec![0; hours + 2], down })
        };
        Self { sources: supply.offers.iter().enumerate().filter_map(source).collect(), hours }
    }

    /// The outages of an offer, as a number for the other methods.
    pub(crate) fn of(&self, offer: usize) -> Option<usize> {
        self.sources.iter().position(|source| source.offer == offer)
    }

    /// Draws a replication.
    pub(crate) fn draw(&mut self, replication: u64) {
        self.sources.iter_mut().for_each(|source| source.draw(replication, self.hours));
    }

    /// The parts that are down in an hour, in order.
    #[inline]
    pub(crate) fn down(&self, source: usize, hour: usize) -> &[u32] {
        let source = &self.sources[source];
        &source.down[source.starts[hour]..source.starts[hour + 1]]
    }

    /// What does not serve in an hour, of so many units; an on-demand offer is one unit of its quota.
    #[inline]
    pub(crate) fn lost(&self, source: usize, units: f64, hour: usize) -> f64 {
        let down = self.down(source, hour);
        match self.sources[source].loss {
            Loss::Units(availability) => availability.lost(units, down),
            Loss::Quota(takes) => units * if down.is_empty() { 0.0 } else { takes },
        }
    }
}

impl Source {
    fn draw(&mut self, replication: u64, hours: usize) {
        let Self { states, key, parts, runs, starts, down, .. } = self;
        runs.clear();
        starts.fill(0);
        // A counting sort by hour; parts come in order, and stay so within an hour.
        for part in 0..*parts {
            states.runs(hours, &mut key.hour(replication, part), |run| {
                starts[run.start + 2..run.end + 2].iter_mut().for_each(|count| *count += 1);
                runs.push((part, run.start, run.end));
            });
        }
        for hour in 2..starts.len() {
            starts[hour] += starts[hour - 1];
        }
        down.resize(starts[hours + 1], 0);
        for &(part, from, until) in &*runs {
            for place in &mut starts[from + 1..=until] {
                down[*place] = part;
                *place += 1;
            }
        }
    }
}

/// The most units of an offer that any plan has at once, on either axis.
fn most_units(groups: &[PoolGroup], offer: usize) -> f64 {
    let mut most: f64 = 0.0;
    for group in groups {
        let Some(node) = group.nodes.iter().position(|node| node.offer == offer) else { continue };
        for case in &group.cases {
            let scheduled = case.scheduled.iter().filter(|part| part.node == node);
            let by_schedule = scheduled.fold([0.0; MAX_AXES], |sum, part| std::array::from_fn(|axis| sum[axis] + part.units[axis]));
            for units in case.units.chunks_exact(group.nodes.len() * MAX_AXES) {
                for (axis, by_schedule) in by_schedule.into_iter().enumerate() {
                    most = most.max(units[node * MAX_AXES + axis] + by_schedule);
                }
            }
        }
    }
    most
}

/// Tells every offer that has more parts than can be drawn. True when there is one.
pub(crate) fn refuse_too_many(
    specs: &[Field<OfferSpec>],
    offers: &[Offer],
    groups: &[PoolGroup],
    hours: usize,
    reader: &mut Reader,
) -> bool {
    let mut any = false;
    for (index, (spec, offer)) in specs.iter().zip(offers).enumerate() {
        let (OfferSpec::Provisioned(spec), OfferKind::Provisioned(provisioned)) = (&spec.value, &offer.kind) else { continue };
        let (Some(field), Some(availability)) = (&spec.availability, &provisioned.availability) else { continue };
        let parts = availability.parts(most_units(groups, index));
        let down = parts * hours as f64 * (1.0 - availability.states.share_up());
        if parts > MAX_PARTS || down > MAX_DOWN {
            let problem = format!("lets {parts} parts fail on their own, which is {down:.0} part-hours down in {hours} hours");
            let allowed = format!("at most {MAX_PARTS} parts and {MAX_DOWN} part-hours down; a larger `together` makes fewer");
            reader.refuse(&field.at, problem, allowed);
            any = true;
        }
    }
    any
}
