//! How well simulated weeks foretold the one that came.

use std::collections::BTreeMap;
use std::fmt;

/// Central intervals whose coverage is told.
const INTERVALS: [f64; 3] = [0.5, 0.9, 0.98];

/// One series and origin. PIT is the probability integral transform: the share of simulated values below the one that came.
pub(crate) struct Score {
    pub(crate) family: String,
    pub(crate) intermittent: bool,
    pub(crate) total: f64,
    pub(crate) largest: f64,
    pub(crate) hours: Vec<f64>,
    /// Log-ratio of the 95th to the 5th percentile of the total.
    pub(crate) width: f64,
    /// Continuous ranked probability score of the log total.
    pub(crate) crps: f64,
}

/// Randomised PIT: the share of simulated values below `came`, and of those equal to it the part that `uniform` says.
pub(crate) fn pit(simulated: &[f64], came: f64, uniform: f64) -> f64 {
    let below = simulated.iter().filter(|&&x| x < came).count() as f64;
    let equal = simulated.iter().filter(|x| x.total_cmp(&came).is_eq()).count() as f64;
    (below + uniform * (equal + 1.0)) / (simulated.len() as f64 + 1.0)
}

/// Type-7 quantile of sorted values.
pub(crate) fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * (sorted.len() - 1) as f64;
    let index = place.floor() as usize;
    let next = sorted[(index + 1).min(sorted.len() - 1)];
    sorted[index] + (place - place.floor()) * (next - sorted[index])
}

/// E|X − came| − ½ E|X − X'| of sorted values.
pub(crate) fn crps(sorted: &[f64], came: f64) -> f64 {
    let n = sorted.len() as f64;
    let distance = sorted.iter().map(|x| (x - came).abs()).sum::<f64>() / n;
    // Σ over pairs of |x_i − x_j| = 2 Σ (2i − n + 1) x_i for sorted values, i from 0.
    let spread = sorted.iter().enumerate().map(|(i, x)| (2.0 * i as f64 - n + 1.0) * x).sum::<f64>() / (n * n);
    distance - spread
}

/// Coverage of the central intervals and the share above the simulated 99th percentile.
#[derive(Clone, Copy, Default)]
pub(crate) struct Coverage {
    pub(crate) coverage: [f64; 3],
    pub(crate) above_p99: f64,
}

impl Coverage {
    fn of(pits: &[f64]) -> Self {
        let share = |of: &dyn Fn(f64) -> bool| pits.iter().filter(|&&pit| of(pit)).count() as f64 / pits.len() as f64;
        Self { coverage: INTERVALS.map(|width| share(&|pit| (pit - 0.5).abs() <= width / 2.0)), above_p99: share(&|pit| pit > 0.99) }
    }

    fn mean(parts: &[Self]) -> Self {
        let mean = |of: &dyn Fn(&Self) -> f64| parts.iter().map(of).sum::<f64>() / parts.len() as f64;
        Self { coverage: std::array::from_fn(|i| mean(&|part| part.coverage[i])), above_p99: mean(&|part| part.above_p99) }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [narrow, middle, wide] = self.coverage.map(|share| 100.0 * share);
        write!(f, "{narrow:5.0}/{middle:3.0}/{wide:3.0} {:5.1}", 100.0 * self.above_p99)
    }
}

/// Scores of one kind of client: by family and averaged over families.
pub(crate) struct Table {
    title: &'static str,
    families: Vec<(String, Row)>,
    mean: Row,
    /// Coverage of all series alike, for a test whose error is known.
    pub(crate) total: Coverage,
    /// Series and origins.
    pub(crate) series: usize,
}

#[derive(Clone, Copy)]
struct Row {
    series: usize,
    total: Coverage,
    hours: Coverage,
    largest: Coverage,
    width: f64,
    crps: f64,
}

impl Table {
    pub(crate) fn of(title: &'static str, scores: &[Score], which: impl Fn(&Score) -> bool) -> Self {
        let mut by_family: BTreeMap<&str, Vec<&Score>> = BTreeMap::new();
        for score in scores.iter().filter(|score| which(score)) {
            by_family.entry(&score.family).or_default().push(score);
        }
        let families: Vec<(String, Row)> = by_family.iter().map(|(family, scores)| ((*family).to_owned(), Row::of(scores))).collect();
        let rows: Vec<Row> = families.iter().map(|(_, row)| *row).collect();
        let pits: Vec<f64> = by_family.values().flatten().map(|score| score.total).collect();
        Self { title, families, mean: Row::mean(&rows), total: Coverage::of(&pits), series: pits.len() }
    }
}

impl Row {
    fn of(scores: &[&Score]) -> Self {
        let n = scores.len() as f64;
        let hours: Vec<Coverage> = scores.iter().map(|score| Coverage::of(&score.hours)).collect();
        let pits = |of: fn(&Score) -> f64| Coverage::of(&scores.iter().map(|score| of(score)).collect::<Vec<_>>());
        Self {
            series: scores.len(),
            total: pits(|score| score.total),
            hours: Coverage::mean(&hours),
            largest: pits(|score| score.largest),
            width: scores.iter().map(|score| score.width).sum::<f64>() / n,
            crps: scores.iter().map(|score| score.crps).sum::<f64>() / n,
        }
    }

    fn mean(rows: &[Self]) -> Self {
        let n = rows.len() as f64;
        let part = |of: fn(&Self) -> Coverage| Coverage::mean(&rows.iter().map(of).collect::<Vec<_>>());
        Self {
            series: rows.iter().map(|row| row.series).sum(),
            total: part(|row| row.total),
            hours: part(|row| row.hours),
            largest: part(|row| row.largest),
            width: rows.iter().map(|row| row.width).sum::<f64>() / n,
            crps: rows.iter().map(|row| row.crps).sum::<f64>() / n,
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (title, head) = (self.title, "50/ 90/ 98 >p99");
        writeln!(f, "{title:<18} series   total {head}   hours {head} largest {head}  width  crps")?;
        let all = self.families.iter().map(|(name, row)| (name.as_str(), row)).chain([("mean of families", &self.mean)]);
        for (name, Row { series, total, hours, largest, width, crps }) in all {
            writeln!(f, "{name:<18} {series:>6}   {total:>21}   {hours:>21} {largest:>23}  {width:5.2} {crps:5.2}")?;
        }
        write!(f, "{:<18} {:>6}   {:>21}", "all series alike", self.series, self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pit_spreads_ties() {
        assert!((pit(&[0.0, 0.0, 1.0], 0.0, 0.5) - 1.5 / 4.0).abs() < 1e-12);
        assert!((pit(&[1.0, 2.0, 3.0], 4.0, 0.5) - 3.5 / 4.0).abs() < 1e-12);
    }

    #[test]
    fn the_crps_is_the_distance_less_half_the_spread() {
        let x = [1.0, 2.0, 4.0];
        let pairs: f64 = x.iter().flat_map(|a| x.iter().map(move |b| f64::abs(a - b))).sum::<f64>() / 9.0;
        assert!((crps(&x, 3.0) - (4.0 / 3.0 - 0.5 * pairs)).abs() < 1e-12);
        assert!((crps(&[2.0], 5.0) - 3.0).abs() < 1e-12);
    }
}
