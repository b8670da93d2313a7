//! Where tokens that waited end, and what that adds up to.

use crate::supply::totals::{QueueTotals, ServiceTotals};
use std::ops::AddAssign;

/// What becomes of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Done by its deadline.
    InTime,
    /// Late, and with a deadline one hour longer it would not have been.
    LateByAnHour,
    /// Late either way.
    Late,
}

/// Who served it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    OnDemand,
    Units,
    Batch,
}

/// Sums of one month: tokens and requests of what arrived in it, money of what was served in it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sums {
    on_demand: f64,
    units: f64,
    batch: f64,
    late: f64,
    requests_late: f64,
    late_one_hour_more: f64,
    waiting: f64,
    /// What the units' work would have cost on demand.
    pub(super) value_provisioned: f64,
    pub(super) cost_on_demand: f64,
    pub(super) cost_batch: f64,
}

impl Sums {
    /// Counts work that was served.
    #[inline]
    pub(super) fn served(&mut self, fate: Fate, by: By, tokens: f64) {
        match (fate, by) {
            (Fate::InTime, By::OnDemand) => self.on_demand += tokens,
            (Fate::InTime, By::Units) => self.units += tokens,
            (Fate::InTime, By::Batch) => self.batch += tokens,
            (Fate::LateByAnHour | Fate::Late, _) => {}
        }
    }

    /// Counts work that missed its deadline, served or not; nothing when it did not.
    #[inline]
    pub(super) fn missed(&mut self, fate: Fate, tokens: f64, requests: f64) {
        if fate != Fate::InTime {
            self.late += tokens;
            self.requests_late += requests;
        }
        if fate == Fate::Late {
            self.late_one_hour_more += tokens;
        }
    }

    /// Counts work that the end of the horizon leaves waiting: late when whatever came next would be, which `fate` says.
    pub(super) fn left(&mut self, fate: Fate, tokens: f64, requests: f64) {
        self.missed(fate, tokens, requests);
        if fate == Fate::InTime {
            self.waiting += tokens;
        }
    }

    /// Adds itself to the totals.
    pub(super) fn add_to(&self, service: &mut ServiceTotals, queue: &mut QueueTotals) {
        service.tokens_on_demand += self.on_demand;
        service.tokens_provisioned += self.units;
        service.tokens_batch += self.batch;
        service.tokens_late += self.late;
        service.value_provisioned += self.value_provisioned;
        service.cost_on_demand += self.cost_on_demand;
        service.cost_batch += self.cost_batch;
        *queue += QueueTotals {
            requests_late: self.requests_late,
            tokens_late_one_hour_more: self.late_one_hour_more,
            tokens_waiting: self.waiting,
            windows: 0.0,
            windows_missed: 0.0,
        };
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.on_demand += other.on_demand;
        self.units += other.units;
        self.batch += other.batch;
        self.late += other.late;
        self.requests_late += other.requests_late;
        self.late_one_hour_more += other.late_one_hour_more;
        self.waiting += other.waiting;
        self.value_provisioned += other.value_provisioned;
        self.cost_on_demand += other.cost_on_demand;
        self.cost_batch += other.cost_batch;
    }
}
