//! The noise in the middle hours of tilted spikes, exchanged in every lane as [`SpikePath::exchange`] does it.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use super::LaneLift;
use crate::demand::noise::Part;
use crate::demand::spikes::SpikePath;
use crate::random::lanes::{LANES, Lanes};
use std::f64::consts::LOG2_E;

/// The middle hours of all lanes' spikes. Filled anew for each block.
#[derive(Clone, Debug, Default)]
pub(super) struct Middles {
    /// By hour.
    all: Vec<Middle>,
    /// The next that fast and slow noise come to.
    next: [usize; 2],
}

/// The middle of one spike; of fast and slow noise in logarithms to base 2.
#[derive(Clone, Copy, Debug)]
struct Middle {
    hour: usize,
    lane: usize,
    /// What the noise is to be, and what it is.
    wanted: [f64; 2],
    own: [f32; 2],
}

impl Middles {
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.next = [0; 2];
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Adds those of a lane.
    pub(super) fn add(&mut self, lane: usize, path: &SpikePath, parts: [Part; 2]) {
        self.all.extend(path.spikes().iter().map(|spike| {
            let (hour, [fast, slow]) = spike.middle();
            Middle { hour, lane, wanted: [parts[0].sd * fast * LOG2_E, parts[1].sd * slow * LOG2_E], own: [0.0; 2] }
        }));
    }

    /// Puts them in order: after the last lane.
    pub(super) fn sort(&mut self) {
        self.all.sort_unstable_by_key(|middle| (middle.hour, middle.lane));
    }

    /// Sees the fast (0) or slow (1) noise of an hour, all hours in order.
    #[inline(always)]
    pub(super) fn see(&mut self, part: usize, hour: usize, path: &Lanes<f32>) {
        while let Some(middle) = self.all.get_mut(self.next[part]).filter(|middle| middle.hour == hour) {
            middle.own[part] = path[middle.lane];
            self.next[part] += 1;
        }
    }

    /// Exchanges a part's noise in `logs`, whose mean is raised by as much times the lift's pull.
    #[inline(always)]
    pub(super) fn exchange(&self, which: usize, rho: f64, lift: &LaneLift, raised: &Lanes<f32>, logs: &mut [Lanes<f32>]) {
        // How much each changes its hour by, those before it in its lane considered.
        let mut before = [(0, 0.0_f64); LANES];
        let change = |middle: &Middle| {
            let (hour, sum) = &mut before[middle.lane];
            *sum *= libm::pow(rho, (middle.hour - *hour) as f64);
            *hour = middle.hour;
            let own = f64::from(middle.own[which]) + f64::from(lift.pull[middle.hour]) * f64::from(raised[middle.lane]) + *sum;
            let change = middle.wanted[which] - own;
            *sum += change;
            change as f32
        };
        let changes: Vec<f32> = self.all.iter().map(change).collect();
        let rho = rho as f32;
        let mut sums = Lanes::of(0.0_f32);
        let mut coming = self.all.iter().zip(&changes).peekable();
        for (hour, log) in logs.iter_mut().enumerate() {
            sums.iter_mut().for_each(|sum| *sum *= rho);
            while let Some((middle, change)) = coming.next_if(|(middle, _)| middle.hour == hour) {
                sums[middle.lane] += change;
            }
            log.iter_mut().zip(sums.iter()).for_each(|(log, sum)| *log += sum);
        }
        sums = Lanes::of(0.0);
        let mut coming = self.all.iter().zip(&changes).rev().peekable();
        for (hour, log) in logs.iter_mut().enumerate().rev() {
            log.iter_mut().zip(sums.iter()).for_each(|(log, sum)| *log += sum);
            while let Some((middle, change)) = coming.next_if(|(middle, _)| middle.hour == hour) {
                sums[middle.lane] += change;
            }
            sums.iter_mut().for_each(|sum| *sum *= rho);
        }
    }
}
