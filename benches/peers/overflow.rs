//! What of an hour overflows a capacity, the hour's minutes being gamma: a table of it, as is common, with straight lines between its nodes.

use super::fleet::{PLANS, Workload};
use statrs::function::gamma::gamma_ur;

/// Nodes of a table.
const NODES: usize = 4096;
/// Bins per unit of the histogram.
const BINS_PER_UNIT: usize = 8;
/// Units that the histogram reaches to.
const LARGEST: usize = 64;

/// E\[(m − r)+\], m gamma of mean 1, by the capacity r in multiples of the hour's tokens.
#[derive(Debug)]
pub struct Overflow {
    shape: f64,
    nodes: Vec<f64>,
    per_ratio: f64,
    /// Beyond, less than 1e-9 overflows.
    end: f64,
}

impl Overflow {
    pub fn new(workload: &Workload) -> Self {
        let shape = workload.minute_cv.powi(-2);
        let mut table = Self { shape, nodes: Vec::new(), per_ratio: 1.0, end: 1.0 };
        while table.exact(table.end) > 1e-9 {
            table.end += 0.25;
        }
        table.per_ratio = (NODES - 1) as f64 / table.end;
        table.nodes = (0..NODES).map(|i| table.exact(i as f64 / table.per_ratio)).collect();
        table
    }

    fn exact(&self, ratio: f64) -> f64 {
        if ratio <= 0.0 {
            return 1.0;
        }
        gamma_ur(self.shape + 1.0, self.shape * ratio) - ratio * gamma_ur(self.shape, self.shape * ratio)
    }

    #[inline]
    fn at(&self, ratio: f64) -> f64 {
        let place = ratio * self.per_ratio;
        let i = place as usize;
        match self.nodes.get(i..i + 2) {
            Some(&[low, high]) => low + (place - i as f64) * (high - low),
            _ => 0.0,
        }
    }
}

/// Tokens of a month, by plan: beyond the units, and beyond units and quota.
#[derive(Debug, Default)]
pub struct Sums {
    pub passed: [f64; PLANS],
    pub refused: [f64; PLANS],
}

/// Adds a month's hours up: a look-up for every plan and hour.
pub fn by_look_up(workload: &Workload, table: &Overflow, hours: &[f64]) -> Sums {
    let mut sums = Sums::default();
    for &tokens in hours.iter().filter(|&&tokens| tokens > 0.0) {
        let (step, quota) = (workload.unit / tokens, workload.quota / tokens);
        for (start, sums) in [(0.0, &mut sums.passed), (quota, &mut sums.refused)] {
            for (units, sum) in sums.iter_mut().enumerate() {
                let ratio = start + units as f64 * step;
                // More units let nothing through either.
                if ratio >= table.end {
                    break;
                }
                *sum += tokens * table.at(ratio);
            }
        }
    }
    sums
}

/// What the histogram of a month is multiplied by, its hours each divided between the two nodes beside it.
#[derive(Debug)]
pub struct Histogram {
    /// What an hour at each node adds, beyond the units and beyond units and quota.
    rows: Vec<[f64; 2 * PLANS]>,
    per_token: f64,
}

impl Histogram {
    pub fn new(workload: &Workload, table: &Overflow) -> Self {
        let per_token = BINS_PER_UNIT as f64 / workload.unit;
        let row = |node: usize| {
            let tokens = node as f64 / per_token;
            let beyond = |capacity: f64| if tokens > 0.0 { tokens * table.exact(capacity / tokens) } else { 0.0 };
            std::array::from_fn(|i| {
                let units = (i % PLANS) as f64 * workload.unit;
                beyond(if i < PLANS { units } else { units + workload.quota })
            })
        };
        let nodes = BINS_PER_UNIT * LARGEST + 1;
        Self { rows: (0..nodes).map(row).collect(), per_token }
    }

    /// Adds a month's hours up: hours beyond the histogram, which are few, by look-up. `weights` is memory to work in.
    pub fn add_up(&self, workload: &Workload, table: &Overflow, hours: &[f64], weights: &mut Vec<f64>) -> Sums {
        let mut sums = Sums::default();
        weights.clear();
        weights.resize(self.rows.len(), 0.0);
        let mut last = 0;
        for &tokens in hours {
            let place = tokens * self.per_token;
            let node = place as usize;
            let share = place - node as f64;
            if let Some([low, high]) = weights.get_mut(node..node + 2) {
                *low += 1.0 - share;
                *high += share;
                last = last.max(node + 1);
            } else {
                let far = by_look_up(workload, table, &[tokens]);
                add(&mut sums.passed, &far.passed, 1.0);
                add(&mut sums.refused, &far.refused, 1.0);
            }
        }
        for (row, &weight) in self.rows.iter().zip(&weights[..=last]).filter(|(_, weight)| **weight > 0.0) {
            add(&mut sums.passed, &row[..PLANS], weight);
            add(&mut sums.refused, &row[PLANS..], weight);
        }
        sums
    }
}

fn add(sums: &mut [f64; PLANS], more: &[f64], weight: f64) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum += weight * more;
    }
}
