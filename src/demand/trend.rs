//! By how much a future grows faster than stated.
//!
//! The level's path alone: the level, its walk and its growth by month as they are drawn, with noise, spikes, on- and off-periods, shared
//! factors, events and requests at their means. With x_m the tokens of month m that this path asks for over all workloads, divided by those of
//! the stated mean, a future's growth above the stated one is the slope of log x_m over m by least squares: the mean has season, drift and
//! events in it, so none of them counts, and a demand with d points a month more of drift has exactly d more.

use super::{Demand, DemandGenerator};

/// What slopes are made of: mean tokens of each workload by month and week.
#[derive(Clone, Debug)]
pub struct Trend {
    /// By workload, then month: the weeks that touch the month and their part of its mean tokens.
    cells: Vec<Vec<Vec<(usize, f64)>>>,
    weeks: Vec<f64>,
    months: Vec<f64>,
}

impl Demand {
    /// What tells by how much futures grow faster than stated; `None` where no level moves after it was drawn, so that all grow as stated,
    /// and of a single month.
    #[must_use]
    pub fn trend(&self) -> Option<Trend> {
        let moves = |workload: &super::Workload| workload.growth.volatility > 0.0 || workload.walk.as_ref().is_some_and(super::Walk::moves);
        let asks = |workload: &super::Workload| workload.mean.iter().any(|&mean| mean > 0.0);
        let months = self.horizon.months();
        if months < 2 || !self.workloads.iter().any(|workload| moves(workload) && asks(workload)) {
            return None;
        }
        let of_month = |workload: &super::Workload, month: usize| {
            let mut weeks: Vec<(usize, f64)> = Vec::new();
            for hour in self.horizon.month_range(month) {
                let (week, tokens) = (self.horizon.week_of(hour), workload.mean_before_moves(hour));
                match weeks.last_mut() {
                    Some(last) if last.0 == week => last.1 += tokens,
                    _ => weeks.push((week, tokens)),
                }
            }
            weeks
        };
        let of_workload = |workload| (0..months).map(|month| of_month(workload, month)).collect();
        Some(Trend { cells: self.workloads.iter().map(of_workload).collect(), weeks: Vec::new(), months: Vec::new() })
    }
}

impl DemandGenerator<'_> {
    /// By how much a replication grows faster than stated: points of the logarithm a month. NaN where a month's path asks for nothing.
    #[must_use]
    pub fn growth_above_stated(&self, trend: &mut Trend, replication: u64) -> f64 {
        let Trend { cells, weeks, months } = trend;
        let count = cells.first().map_or(0, Vec::len);
        // Tokens of the path and of the mean, by month.
        let mut tokens = vec![(0.0, 0.0); count];
        for (workload, cells) in cells.iter().enumerate() {
            self.levels(workload, replication, weeks, months);
            for ((cells, growth), (path, mean)) in cells.iter().zip(months.iter()).zip(&mut tokens) {
                for &(week, tokens) in cells {
                    *path += tokens * weeks[week] * growth;
                    *mean += tokens;
                }
            }
        }
        // Months that the mean leaves empty are none to compare with.
        let points = tokens.iter().enumerate().filter(|(_, (_, mean))| *mean > 0.0);
        let points: Vec<(f64, f64)> = points.map(|(month, (path, mean))| (month as f64, libm::log(path / mean))).collect();
        slope(&points)
    }
}

/// The slope of the straight line through points by least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0 / n, sum.1 + point.1 / n));
    let (xy, xx) = points.iter().fold((0.0, 0.0), |sum, point| {
        let d = point.0 - x;
        (sum.0 + d * (point.1 - y), sum.1 + d * d)
    });
    xy / xx
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demand::testing::demand_of;
    use crate::demand::{DemandPath, DemandScratch};
    use crate::horizon::Horizon;
    use crate::statistics::Sampling;

    fn slopes(text: &str, count: u64) -> Option<Vec<f64>> {
        let demand = demand_of(text, Horizon::flat(3, 336).unwrap());
        let mut trend = demand.trend()?;
        let generator = demand.sampled(7, Sampling::Sobol);
        Some((0..count).map(|replication| generator.growth_above_stated(&mut trend, replication)).collect())
    }

    const GROWING: &str = "[[workload]]\nname = \"w\"\nlevel = { mean = \"1M tokens/h\", sigma = 0.4, walk = \"off\" }\n\
                           growth = { drift = \"4%/month\", volatility = \"10%/month\" }\nseason = [0.5, 2.0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n\
                           events = [{ at_hour = 400, factor = 3 }]\nrequests = \"none\"\ntokens = { mean = 1, output_share = \"0%\" }\n";

    /// With three months the slope is half the logarithm's way from the first to the last: two steps of −σ²/2 + σ z, so its mean is −σ²/2 and
    /// its variance σ²/2, whatever level, season, drift and events are. Within 4.5 standard errors.
    #[test]
    fn the_slope_is_that_of_the_drawn_growth_alone() {
        let slopes = slopes(GROWING, 20_000).unwrap();
        let n = slopes.len() as f64;
        let mean = slopes.iter().sum::<f64>() / n;
        let variance = slopes.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        assert!((mean + 0.005).abs() < 4.5 * (0.005 / n).sqrt(), "{mean}");
        assert!((variance / 0.005 - 1.0).abs() < 4.5 * (2.0 / n).sqrt(), "{variance}");
    }

    /// Levels that stay grow as stated.
    #[test]
    fn who_is_certain_of_the_growth_has_no_trend() {
        assert!(slopes(&GROWING.replace(", volatility = \"10%/month\"", ""), 1).is_none());
        let walking = GROWING.replace("walk = \"off\"", "walk = { scale = 0.2 }");
        assert!(slopes(&walking, 1).is_some());
    }

    /// A line is its own slope.
    #[test]
    fn of_a_line() {
        assert!((slope(&[(0.0, 1.0), (1.0, 0.5), (2.0, 0.0)]) + 0.5).abs() < 1e-15);
        assert!(slope(&[(1.0, 2.0)]).is_nan());
    }

    /// Without noise and events the path is all that is asked for.
    #[test]
    fn the_slope_is_that_of_the_tokens_that_are_asked_for() {
        let text = GROWING.replace("walk = \"off\"", "walk = { scale = 0.2 }");
        let demand = demand_of(&text, Horizon::flat(3, 336).unwrap());
        let (mut trend, generator) = (demand.trend().unwrap(), demand.sampled(3, Sampling::Plain));
        let (mut path, mut scratch) = (DemandPath::default(), DemandScratch::default());
        for replication in 0..20 {
            generator.generate(replication, &mut path, &mut scratch);
            let asked = |month: usize| demand.horizon.month_range(month).map(|hour| path.workloads[0].tokens[hour].total()).sum::<f64>();
            let log = |month: usize| libm::log(asked(month) / demand.expected_tokens(0, month).total());
            let slope = generator.growth_above_stated(&mut trend, replication);
            assert!((slope - 0.5 * (log(2) - log(0))).abs() < 1e-12, "{replication}: {slope}");
        }
    }
}
