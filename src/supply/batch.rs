//! Which windows of work a batch offer takes.

use super::offer::{Batch, OfferKind};
use super::pool::PoolGroup;
use super::{Supply, WorkloadFacts};
use crate::demand::DemandPath;

/// For each member of a group that tries batch first, which windows it takes; reused from replication to replication.
#[derive(Clone, Debug, Default)]
pub(crate) struct Windows {
    /// Member's index, its batch offer's index, hours of a window, and whether each window is taken.
    members: Vec<(usize, usize, usize, Vec<bool>)>,
    /// By month of their first hour: windows with too few records for a job, and those records.
    refused: Vec<[f64; 2]>,
}

impl Windows {
    pub(crate) fn new(group: &PoolGroup, supply: &Supply) -> Self {
        let hours = supply.horizon().hours();
        let members = group.members.iter().enumerate().filter_map(|(index, member)| {
            let offer = member.batch?;
            let batch = batch(supply, offer)?;
            Some((index, offer, batch.window, vec![false; hours.div_ceil(batch.window)]))
        });
        Self { members: members.collect(), refused: vec![[0.0; 2]; supply.horizon().months()] }
    }

    /// Decides every window of one path. A window is a job (or several equal ones) of the requests that arrive in it; the last one is cut
    /// short by the end of the horizon and judged by what is in it.
    pub(crate) fn decide(&mut self, group: &PoolGroup, supply: &Supply, path: &DemandPath) {
        self.refused.fill([0.0; 2]);
        for (member, offer, window, taken) in &mut self.members {
            let Some(batch) = batch(supply, *offer) else { continue };
            let member = &group.members[*member];
            let share = PoolGroup::share(member, &supply.workloads);
            for (number, (records, taken)) in path.workloads[member.workload].requests.chunks(*window).zip(taken).enumerate() {
                let records = share * records.iter().sum::<f64>();
                *taken = batch.takes(records);
                if !*taken && records > 0.0 {
                    let refused = &mut self.refused[supply.horizon().month_of(number * *window)];
                    refused[0] += 1.0;
                    refused[1] += records;
                }
            }
        }
    }

    /// Lets batch take every window, whatever is in it.
    pub(crate) fn take_all(&mut self) {
        self.refused.fill([0.0; 2]);
        self.members.iter_mut().for_each(|(.., taken)| taken.fill(true));
    }

    /// Members that try batch first: the member's index, its offer's, and the hours of a window.
    pub(crate) fn members(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        self.members.iter().map(|&(member, offer, window, _)| (member, offer, window))
    }

    /// The batch offer that takes a member's work in an hour, if one does.
    #[inline]
    pub(crate) fn taken_by(&self, member: usize, hour: usize) -> Option<usize> {
        self.members
            .iter()
            .find(|(index, ..)| *index == member)
            .and_then(|(_, offer, window, taken)| taken[hour / window].then_some(*offer))
    }

    /// Windows with too few records for a job and their records, of a month.
    pub(crate) fn refused(&self, month: usize) -> [f64; 2] {
        self.refused[month]
    }

    /// Whether any member tries batch.
    #[inline]
    pub(crate) fn any(&self) -> bool {
        !self.members.is_empty()
    }
}

fn batch(supply: &Supply, offer: usize) -> Option<&Batch> {
    match &supply.offers[offer].kind {
        OfferKind::Batch(batch) => Some(batch),
        _ => None,
    }
}

/// What is known of shares: kept beside the windows because both say who enters the network in an hour.
pub(crate) fn shares(group: &PoolGroup, workloads: &[WorkloadFacts]) -> Vec<f64> {
    group.members.iter().map(|member| PoolGroup::share(member, workloads)).collect()
}
