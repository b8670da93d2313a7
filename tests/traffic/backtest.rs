//! Fits the first weeks of a series, simulates the next one, and scores what came.

use crate::data::Series;
use crate::scores::{Score, crps, pit, quantile};
use tokentide::demand::{DayBlocks, DemandPath, UsageHour, Walk, WalkDefaults};
use tokentide::horizon::Horizon;
use tokentide::random::stream::{Purpose, StreamKey};

const SEED: u64 = 20_260_901;
const WEEK: usize = 168;

/// What the mean of the history stands for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Centre {
    /// The middle of the coming week.
    Median,
    /// The mean of the coming week.
    Mean,
}

/// The score of week `weeks` (from 0) after that many weeks of history; `None` where the history has no demand to resample.
pub(crate) fn score(series: &Series, weeks: usize, paths: u64, centre: Centre) -> Option<Score> {
    let usage = series.history(weeks)?;
    let came: Vec<Option<f64>> =
        series.hours[weeks * WEEK..][..WEEK].iter().map(|hour| hour.map(|hour: UsageHour| usage.volume(&hour))).collect();
    let known: Vec<usize> = (0..WEEK).filter(|&hour| came[hour].is_some()).collect();

    let horizon = Horizon::calendar(series.day(7 * weeks), 1, jiff::tz::TimeZone::UTC).unwrap();
    let blocks = DayBlocks::new(&usage, None).unwrap();
    let key = |purpose| StreamKey::new(SEED, purpose, &format!("{} {weeks}", series.name));
    let (days, level) = (key(Purpose::Days), Level::new(blocks.walk_defaults(), centre, key(Purpose::Level), key(Purpose::Walk)));
    let mut path = DemandPath::new(1, horizon.hours());
    let mut by_hour: Vec<Vec<f64>> = vec![Vec::new(); known.len()];
    let (mut totals, mut largest) = (Vec::new(), Vec::new());
    for replication in 0..paths {
        let out = &mut path.workloads[0];
        blocks.generate(&mut days.replication(replication), &horizon, out);
        let factor = level.draw(replication);
        let (mut total, mut most) = (0.0, 0.0_f64);
        for (column, &hour) in by_hour.iter_mut().zip(&known) {
            let volume = factor * usage.volume(&UsageHour { requests: out.requests[hour], tokens: out.tokens[hour] });
            total += volume;
            most = most.max(volume);
            column.push(volume);
        }
        totals.push(total);
        largest.push(most);
    }

    // Uniforms that spread ties, such as the many zeros, evenly.
    let mut ties = key(Purpose::Plain).replication(0);
    let outcome: Vec<f64> = came.iter().flatten().copied().collect();
    let total: f64 = outcome.iter().sum();
    let hours = by_hour.iter().zip(&outcome).map(|(column, &came)| pit(column, came, ties.uniform())).collect();
    totals.sort_by(f64::total_cmp);
    // A hundredth of a mean week: keeps logs finite where a week may have no demand at all.
    let floor = 0.01 * usage.volume(&usage.mean()) * WEEK as f64;
    let log = |x: f64| libm::log(x + floor);
    Some(Score {
        family: series.family.clone(),
        intermittent: usage.is_intermittent(),
        total: pit(&totals, total, ties.uniform()),
        largest: pit(&largest, outcome.iter().copied().fold(0.0, f64::max), ties.uniform()),
        hours,
        width: log(quantile(&totals, 0.95)) - log(quantile(&totals, 0.05)),
        crps: crps(&totals.iter().map(|&x| log(x)).collect::<Vec<_>>(), log(total)),
    })
}

/// The level of the first week after a history: its own uncertainty, of mean 1, and one step of the engine's walk.
struct Level {
    sd: f64,
    walk: Walk,
    centre: f64,
    normals: StreamKey,
    steps: StreamKey,
}

impl Level {
    fn new(defaults: WalkDefaults, centre: Centre, normals: StreamKey, steps: StreamKey) -> Self {
        // With one week to come it does not matter how much of a step the next one keeps.
        let walk = Walk::new(defaults.scale, defaults.df, 1.0, 1, true);
        let centre = if centre == Centre::Median { walk.mean_of_step() } else { 1.0 };
        Self { sd: defaults.level_sd, walk, centre, normals, steps }
    }

    fn draw(&self, replication: u64) -> f64 {
        let normal = self.normals.replication(replication).normals().0;
        let mut week = [libm::exp(self.sd * normal - 0.5 * self.sd * self.sd) * self.centre];
        self.walk.apply(&mut self.steps.replication(replication), &mut week);
        week[0]
    }
}
