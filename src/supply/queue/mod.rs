//! Work that waits: hour by hour it takes what the work that must be served now leaves free.
//!
//! - The work of an hour is there when the hour begins. What an hour serves is done when it ends, so that a deadline of six hours is kept
//!   by what the hour of arrival and the five after it serve.
//! - An offer leaves, in expectation over the hour's minutes, its capacity less what it serves of the work that does not wait. Work that
//!   waits fills the rest of every minute, so nothing of it is ever throttled. What it is, it takes on all axes of an offer alike.
//! - Oldest first: by the hour of arrival, and in the order of the workloads where two arrived together. It goes to the first open offer of
//!   its route with room left, then to the next; what finds none waits. Work whose deadline has passed keeps its place and is served late.
//! - Late work ends in the bucket `late` whoever serves it, and is paid. What waits when the horizon ends is late if its deadline has passed,
//!   else it is told as waiting. Tokens count in the month in which they arrived, so that each month's buckets sum to its demand; money and
//!   used units count in the month of the service.
//!
//! Whether something is late is settled by the path and the expectation over its minutes: in one replication a deadline is kept or missed.

mod fate;
mod jobs;
mod lane;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use super::Supply;
use super::offer::MAX_AXES;
use super::pool::PoolGroup;
use super::totals::SupplyTotals;
use crate::demand::DemandPath;
use crate::units::ByClass;
use fate::{By, Fate, Sums};
use jobs::Jobs;
use lane::{Lane, Marks};
use std::collections::VecDeque;

/// A share of an hour's work that is no work any more: what rounding leaves of it.
const DUST: f64 = 1e-12;

/// Work of one hour that is not done yet.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    arrival: usize,
    /// The share of it that is left, 0 to 1.
    left: f64,
    /// All tokens and requests of the hour.
    tokens: ByClass,
    requests: f64,
}

/// What an hour of one case did for work that waits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct QueueHour {
    /// Paid on demand.
    pub(crate) cost_on_demand: f64,
    /// Tokens served after their deadline.
    pub(crate) late: f64,
}

/// The work of one pool that waits, under every case. Buffers are allocated once.
#[derive(Clone, Debug)]
pub(crate) struct Queues {
    lanes: Vec<Lane>,
    jobs: Jobs,
    /// The next of the jobs' releases.
    next: usize,
    /// What joins the queues in the hour at hand, by lane.
    joining: Vec<(usize, Waiting)>,
    /// case × lanes + lane, oldest first.
    waiting: Vec<VecDeque<Waiting>>,
    /// case × lanes + lane.
    missed: Vec<Marks>,
    /// month × cases + case.
    sums: Vec<Sums>,
    /// (month × cases + case) × slots: unit-hours.
    used_of_month: Vec<f64>,
    windows: Vec<f64>,
    cases: usize,
    month: usize,
    months: Vec<usize>,
    hour: usize,
    /// By lane: nothing of its route has room in the hour at hand.
    full: Vec<bool>,
    /// node × 2 + axis: weighted tokens that the hour leaves; set by the caller.
    pub(crate) free: Vec<f64>,
    /// Tokens served by each node in the hour, on time or not.
    pub(crate) served: Vec<f64>,
    /// node × 2 + axis: unit-hours used in the hour.
    pub(crate) used: Vec<f64>,
}

impl Queues {
    /// The queues of a pool; `None` where nothing waits. `seed` is the scenario's.
    pub(crate) fn new(group: &PoolGroup, supply: &Supply, seed: u64) -> Option<Self> {
        let lanes: Vec<Lane> = group.members.iter().filter_map(|member| Lane::new(member, group, supply)).collect();
        if lanes.is_empty() {
            return None;
        }
        let (cases, slots, horizon) = (group.cases.len(), group.nodes.len() * MAX_AXES, supply.horizon());
        let months = horizon.months();
        Some(Self {
            jobs: Jobs::new(&lanes, supply, seed),
            next: 0,
            joining: Vec::new(),
            waiting: vec![VecDeque::new(); cases * lanes.len()],
            missed: (0..cases).flat_map(|_| lanes.iter().map(Lane::marks)).collect(),
            sums: vec![Sums::default(); months * cases],
            used_of_month: vec![0.0; months * cases * slots],
            windows: vec![0.0; months],
            cases,
            month: 0,
            months: (0..horizon.hours()).map(|hour| horizon.month_of(hour)).collect(),
            hour: 0,
            full: vec![false; lanes.len()],
            free: vec![0.0; slots],
            served: vec![0.0; group.nodes.len()],
            used: vec![0.0; slots],
            lanes,
        })
    }

    /// Goes to the start of a replication's path.
    pub(crate) fn begin(&mut self, supply: &Supply, path: &DemandPath, replication: u64) {
        self.jobs.run(&self.lanes, supply, path, replication);
        self.next = 0;
        self.waiting.iter_mut().for_each(VecDeque::clear);
        for missed in self.missed.chunks_exact_mut(self.lanes.len()) {
            missed.iter_mut().zip(&self.jobs.missed).for_each(|(missed, of_jobs)| missed.copy_from(of_jobs));
        }
        self.sums.fill(Sums::default());
        self.used_of_month.fill(0.0);
        self.windows.fill(0.0);
        for lane in &self.lanes {
            lane.count_windows(path, &mut self.windows);
        }
    }

    /// Goes to an hour: what joins the queues, and which offers are open.
    pub(crate) fn hour(&mut self, supply: &Supply, path: &DemandPath, hour: usize) {
        (self.hour, self.month) = (hour, self.months[hour]);
        self.joining.clear();
        let hour_of_week = supply.horizon().hour_of_week(hour);
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            lane.open(hour_of_week);
            if lane.batch.is_none() {
                let (tokens, requests) = lane.arriving(path, hour);
                if tokens.total() > 0.0 {
                    self.joining.push((index, Waiting { arrival: hour, left: 1.0, tokens, requests }));
                }
            }
        }
        while let Some(release) = self.jobs.releases.get(self.next).filter(|release| release.hour <= hour) {
            let (tokens, requests) = self.lanes[release.lane].arriving(path, release.arrival);
            self.joining.push((release.lane, Waiting { arrival: release.arrival, left: release.share, tokens, requests }));
            self.next += 1;
        }
    }

    /// Whether a case has nothing to do in the hour at hand, which is all of it then.
    pub(crate) fn rests(&mut self, case: usize) -> bool {
        let lanes = self.lanes.len();
        let rests = self.joining.is_empty() && self.waiting[case * lanes..][..lanes].iter().all(VecDeque::is_empty);
        if rests {
            self.served.fill(0.0);
            self.used.fill(0.0);
        }
        rests
    }

    /// Serves one case in the hour at hand from what is [`free`](Self::free). `per_unit` are weighted tokens of one unit and hour,
    /// `price_factor` what is left of each node's prices.
    pub(crate) fn serve(&mut self, case: usize, group: &PoolGroup, per_unit: &[f64], price_factor: &[f64]) -> QueueHour {
        let nodes = &group.nodes;
        let lanes = self.lanes.len();
        let waiting = &mut self.waiting[case * lanes..][..lanes];
        for (lane, work) in &self.joining {
            join(&mut waiting[*lane], *work);
        }
        self.served.fill(0.0);
        self.used.fill(0.0);
        self.full.fill(false);
        let mut done = QueueHour::default();
        let mut value = 0.0;
        // The oldest of all lanes that may still find room.
        while let Some((_, index)) = waiting
            .iter()
            .enumerate()
            .filter(|(index, _)| !self.full[*index])
            .filter_map(|(index, queue)| Some((queue.front()?.arrival, index)))
            .min()
        {
            let Some(work) = waiting[index].front_mut() else { break };
            let lane = &self.lanes[index];
            let fate = lane.fate(work.arrival, (self.hour + 1) as f64);
            let total = work.tokens.total();
            let before = work.left;
            let sums = &mut self.sums[self.months[work.arrival] * self.cases + case];
            for step in lane.steps.iter().filter(|step| step.open) {
                let node = &nodes[step.node];
                let slots = step.node * MAX_AXES..step.node * MAX_AXES + node.axes;
                let weighted: [f64; MAX_AXES] = std::array::from_fn(|axis| work.tokens.dot(&node.weights[axis]));
                let room = self.free[slots.clone()].iter().zip(weighted).filter(|(_, weighted)| *weighted > 0.0);
                let mut share = room.map(|(free, weighted)| free / weighted).fold(work.left, f64::min).max(0.0);
                if work.left - share <= DUST {
                    share = work.left;
                }
                if !(share > 0.0) {
                    continue;
                }
                for (slot, weighted) in slots.zip(weighted) {
                    self.free[slot] = (self.free[slot] - share * weighted).max(0.0);
                    if node.provisioned && weighted > 0.0 {
                        self.used[slot] += share * weighted / per_unit[slot];
                    }
                }
                let price = |number: usize| work.tokens.dot(&nodes[number].price) * price_factor[number];
                if node.provisioned {
                    value += share * group.last_on_demand.map_or(0.0, price);
                } else {
                    done.cost_on_demand += share * price(step.node);
                }
                sums.served(fate, if node.provisioned { By::Units } else { By::OnDemand }, share * total);
                self.served[step.node] += share * total;
                work.left -= share;
                if work.left == 0.0 {
                    break;
                }
            }
            let share = before - work.left;
            sums.missed(fate, share * total, share * work.requests);
            if fate != Fate::InTime && share > 0.0 {
                lane.miss(work.arrival, &mut self.missed[case * lanes + index]);
                done.late += share * total;
            }
            if work.left > 0.0 {
                self.full[index] = true;
            } else {
                waiting[index].pop_front();
            }
        }
        let place = self.month * self.cases + case;
        self.sums[place].cost_on_demand += done.cost_on_demand;
        self.sums[place].value_provisioned += value;
        let slots = self.used.len();
        self.used_of_month[place * slots..][..slots].iter_mut().zip(&self.used).for_each(|(sum, used)| *sum += used);
        done
    }

    /// Tokens that wait in a case, jobs left aside.
    pub(crate) fn tokens_waiting(&self, case: usize) -> f64 {
        let lanes = self.lanes.len();
        self.waiting[case * lanes..][..lanes].iter().flatten().map(|work| work.left * work.tokens.total()).sum()
    }

    /// Tokens and cost of the batch jobs handed in in the hour at hand.
    pub(crate) fn handed_in(&self) -> [f64; 2] {
        self.jobs.by_hour.get(self.hour).copied().unwrap_or_default()
    }

    /// Ends the replication: what still waits is late or told as waiting, and everything is added to the totals of the group.
    pub(crate) fn finish(&mut self, group: usize, supply: &Supply, path: &DemandPath, totals: &mut SupplyTotals) {
        let (lanes, end) = (self.lanes.len(), supply.horizon().hours());
        for case in 0..self.cases {
            let queues = self.waiting[case * lanes..][..lanes].iter().enumerate();
            let queued = queues.flat_map(|(lane, queue)| queue.iter().map(move |work| (lane, end, *work)));
            let released = self.jobs.releases[self.next..].iter().map(|release| {
                let (tokens, requests) = self.lanes[release.lane].arriving(path, release.arrival);
                (release.lane, release.hour, Waiting { arrival: release.arrival, left: release.share, tokens, requests })
            });
            for (index, hour, work) in queued.chain(released) {
                // Done at the end of the next hour at the earliest.
                let fate = self.lanes[index].fate(work.arrival, (hour + 1) as f64);
                let sums = &mut self.sums[self.months[work.arrival] * self.cases + case];
                sums.left(fate, work.left * work.tokens.total(), work.left * work.requests);
                if fate != Fate::InTime {
                    self.lanes[index].miss(work.arrival, &mut self.missed[case * lanes + index]);
                }
            }
        }
        let slots = self.used.len();
        for (month, windows) in self.windows.iter().enumerate() {
            for case in 0..self.cases {
                let (place, service) = (month * self.cases + case, supply.service_index(group, case, month));
                let mut sums = self.sums[place];
                sums += self.jobs.sums[month];
                sums.add_to(&mut totals.services[service], &mut totals.queues[service]);
                totals.queues[service].windows += windows;
                let used = &mut totals.used[supply.used_index(group, case, month)..][..slots];
                used.iter_mut().zip(&self.used_of_month[place * slots..]).for_each(|(sum, used)| *sum += used);
            }
        }
        for (index, missed) in self.missed.iter().enumerate() {
            for month in self.lanes[index % lanes].missed(missed) {
                totals.queues[supply.service_index(group, index / lanes, month)].windows_missed += 1.0;
            }
        }
    }
}

/// Puts work into its place by age; what arrived together is one.
fn join(queue: &mut VecDeque<Waiting>, work: Waiting) {
    let place = queue.partition_point(|other| other.arrival < work.arrival);
    match queue.get_mut(place) {
        Some(same) if same.arrival == work.arrival => same.left += work.left,
        _ => queue.insert(place, work),
    }
}
