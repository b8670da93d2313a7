//! Who bears the units that stood idle: each workload's share of what the pool asks for in its busiest hours.
//!
//! Units are bought for the busy hours and stand idle in the others, so their idle part is split by what each workload asks of the units
//! in the busiest twentieth of the month's hours, in the weights of the units. The need of any set of workloads, taken as the mean of its
//! own busiest twentieth (an expected shortfall of its load), is positively homogeneous and subadditive; the split is its gradient, which
//! is its Aumann–Shapley value: Denault (2001), "Coherent allocation of risk capital", J. Risk 4(1); Tasche (1999), "Risk contributions
//! and performance measurement". So it adds up to the whole; workloads that ask alike pay alike; one that asks for nothing pays nothing;
//! and no set of them is counted for more need than it would have alone. It is what electricity networks do who charge by the share in
//! the system's peak hours (coincident peak, NARUC Electric Utility Cost Allocation Manual, 1992) for the reason of Boiteux (1960),
//! "Peak-load pricing", J. Business 33(2). In a month in which nobody asks for anything, all bear the same part.

use super::offer::MAX_AXES;
use super::pool::PoolGroup;

/// One in so many hours is a busy one: the 36 busiest of 730.
const BUSIEST: usize = 20;

/// The hours of one month of one pool.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    /// The workload's place in the pool, by entry.
    places: Vec<usize>,
    /// Bought axes as node × 2 + axis, and for each the entries whose work can reach it.
    axes: Vec<(usize, Vec<bool>)>,
    /// By axis: hours × entries of weighted tokens.
    asked: Vec<Vec<f64>>,
    order: Vec<(f64, usize)>,
}

impl Need {
    pub(crate) fn new(group: &PoolGroup) -> Self {
        let place = |workload| group.workloads.iter().position(|&w| w == workload).unwrap_or(0);
        let reaches = |from: usize, to: usize| {
            let mut at = Some(from);
            while let Some(node) = at.filter(|&node| node != to) {
                at = group.nodes[node].next;
            }
            at.is_some()
        };
        let bought = group.nodes.iter().enumerate().filter(|(_, node)| node.provisioned);
        let axes: Vec<(usize, Vec<bool>)> = bought
            .flat_map(|(index, node)| (0..node.axes).map(move |axis| (index, index * MAX_AXES + axis)))
            .map(|(index, slot)| (slot, group.entries.iter().map(|entry| reaches(entry.node, index)).collect()))
            .collect();
        let places = group.entries.iter().map(|entry| place(entry.workload)).collect();
        Self { places, asked: vec![Vec::new(); axes.len()], axes, order: Vec::new() }
    }

    /// Goes to the first hour of a month.
    pub(crate) fn begin(&mut self) {
        self.asked.iter_mut().for_each(Vec::clear);
    }

    /// Adds an hour: `asked` gives an entry's weighted tokens on an axis, node × 2 + axis.
    pub(crate) fn add(&mut self, asked: impl Fn(usize, usize) -> f64) {
        for ((slot, reach), hours) in self.axes.iter().zip(&mut self.asked) {
            hours.extend(reach.iter().enumerate().map(|(entry, &reaches)| if reaches { asked(*slot, entry) } else { 0.0 }));
        }
    }

    /// Adds each workload's share at place × `slots` + node × 2 + axis, where zeros stand: at least 0, in all 1 for every bought axis.
    pub(crate) fn end(&mut self, slots: usize, shares: &mut [f64]) {
        let entries = self.places.len().max(1);
        for ((slot, reach), asked) in self.axes.iter().zip(&self.asked) {
            self.order.clear();
            self.order.extend(asked.chunks_exact(entries).enumerate().map(|(hour, asked)| (asked.iter().sum::<f64>(), hour)));
            let busiest = (self.order.len() / BUSIEST).max(1).min(self.order.len());
            if busiest < self.order.len() {
                // The earlier of two hours alike, so that the choice does not depend on the order of work.
                self.order.select_nth_unstable_by(busiest, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            }
            self.order.truncate(busiest);
            self.order.sort_unstable_by_key(|&(_, hour)| hour);
            let whole: f64 = self.order.iter().map(|(all, _)| all).sum();
            // Places of a pool's entries may repeat, where parts of one workload come in at different offers.
            let able = |place: usize| self.places.iter().zip(reach).any(|(&p, &reaches)| p == place && reaches);
            let places = shares.len() / slots.max(1);
            let count = (0..places).filter(|&place| able(place)).count();
            for (place, shares) in shares.chunks_exact_mut(slots.max(1)).enumerate() {
                if !(whole > 0.0) {
                    shares[*slot] = if able(place) { 1.0 / count as f64 } else { 0.0 };
                    continue;
                }
                for entry in (0..entries).filter(|&entry| self.places[entry] == place) {
                    shares[*slot] += self.order.iter().map(|(_, hour)| asked[hour * entries + entry]).sum::<f64>() / whole;
                }
            }
        }
    }
}
