//! One member that waits: what it may use, by when its work must be done, and in which window the work arrived.

use super::fate::Fate;
use crate::demand::DemandPath;
use crate::horizon::Horizon;
use crate::supply::Supply;
use crate::supply::pool::{Node, PoolGroup};
use crate::supply::route::{Member, label};
use crate::supply::schedule::Schedule;
use crate::units::ByClass;

/// An offer of a lane's route.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) node: usize,
    hours: Option<Schedule>,
    /// Whether it may be used in the hour at hand.
    pub(super) open: bool,
}

/// A member that waits.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    /// What the member is called; names the draws of its jobs.
    pub(super) name: String,
    pub(super) workload: usize,
    /// Its share of the workload.
    pub(super) share: f64,
    pub(super) steps: Vec<Step>,
    /// The batch offer that is tried first.
    pub(super) batch: Option<usize>,
    /// Hours from the start of the hour of arrival until work must be done.
    deadline: f64,
    /// The number of the window that each hour of the horizon belongs to, and the month of each window's first hour.
    window_of: Vec<usize>,
    month_of_window: Vec<usize>,
}

impl Lane {
    pub(super) fn new(member: &Member, group: &PoolGroup, supply: &Supply) -> Option<Self> {
        let waits = member.waits.as_ref()?;
        let facts = &supply.workloads[member.workload];
        let node_of = |offer: usize| group.nodes.iter().position(|node: &Node| node.offer == offer);
        let step = |(&offer, &hours): (&usize, &Option<Schedule>)| node_of(offer).map(|node| Step { node, hours, open: true });
        let (window_of, month_of_window) = windows(supply.horizon(), facts.window);
        Some(Self {
            name: label(member, &supply.workloads),
            workload: member.workload,
            share: PoolGroup::share(member, &supply.workloads),
            steps: member.route.iter().zip(&waits.hours).filter_map(step).collect(),
            batch: member.batch,
            deadline: facts.deadline,
            window_of,
            month_of_window,
        })
    }

    /// Opens and closes the offers for an hour of the week.
    pub(super) fn open(&mut self, hour_of_week: u8) {
        for step in &mut self.steps {
            step.open = step.hours.is_none_or(|hours| hours.holds(hour_of_week));
        }
    }

    /// All that arrives in an hour: tokens and requests.
    pub(super) fn arriving(&self, path: &DemandPath, hour: usize) -> (ByClass, f64) {
        let workload = &path.workloads[self.workload];
        (workload.tokens[hour] * self.share, workload.requests[hour] * self.share)
    }

    /// What becomes of work of an hour of arrival that is done at `done`, in hours from the start of the horizon.
    pub(super) fn fate(&self, arrival: usize, done: f64) -> Fate {
        let age = done - arrival as f64;
        if !(age > self.deadline) {
            Fate::InTime
        } else if age > self.deadline + 1.0 {
            Fate::Late
        } else {
            Fate::LateByAnHour
        }
    }

    /// Adds the windows in which something arrives to those of each month.
    pub(super) fn count_windows(&self, path: &DemandPath, by_month: &mut [f64]) {
        let mut last = None;
        for (hour, tokens) in path.workloads[self.workload].tokens.iter().enumerate() {
            let window = self.window_of[hour];
            if last != Some(window) && self.share * tokens.total() > 0.0 {
                by_month[self.month_of_window[window]] += 1.0;
                last = Some(window);
            }
        }
    }

    /// No window missed yet.
    pub(super) fn marks(&self) -> Marks {
        Marks(vec![0; self.month_of_window.len().div_ceil(64)])
    }

    /// Marks the window of an hour as missed.
    #[inline]
    pub(super) fn miss(&self, arrival: usize, marks: &mut Marks) {
        let window = self.window_of[arrival];
        marks.0[window / 64] |= 1 << (window % 64);
    }

    /// The month of every window that is marked.
    pub(super) fn missed<'m>(&'m self, marks: &'m Marks) -> impl Iterator<Item = usize> + 'm {
        self.month_of_window
            .iter()
            .enumerate()
            .filter(|(window, _)| marks.0[window / 64] >> (window % 64) & 1 == 1)
            .map(|(_, &month)| month)
    }
}

/// Numbers the windows of so many hours from the start of the horizon on.
fn windows(horizon: &Horizon, length: f64) -> (Vec<usize>, Vec<usize>) {
    let (mut window_of, mut months) = (Vec::with_capacity(horizon.hours()), Vec::new());
    let mut last = None;
    for hour in 0..horizon.hours() {
        let window = (hour as f64 / length).floor();
        // Whole numbers below 1e308: as bits they are equal where the windows are.
        if last != Some(window.to_bits()) {
            months.push(horizon.month_of(hour));
            last = Some(window.to_bits());
        }
        window_of.push(months.len() - 1);
    }
    (window_of, months)
}

/// One bit for each window of a lane.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks(Vec<u64>);

impl Marks {
    pub(super) fn clear(&mut self) {
        self.0.fill(0);
    }

    pub(super) fn copy_from(&mut self, other: &Self) {
        self.0.copy_from_slice(&other.0);
    }
}
