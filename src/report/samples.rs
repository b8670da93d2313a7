//! `samples.csv`: one line per replication, plan and month, for those who want to compute with the samples themselves.

use super::Report;
use super::lines::Lines;
use crate::error::Result;
use crate::scenario::Scenario;
use crate::supply::Supply;
use crate::tally::{Metric, Row, Span};

/// Lines gathered before they are handed on.
const LINES_AT_A_TIME: usize = 4096;

/// How the file begins, whatever metrics follow: by this it is told from another file of the same name.
pub const SAMPLES_BEGIN: &str = "replication,plan,month,weight,";

/// The columns before the metrics.
const COLUMNS: [&str; 4] = ["replication", "plan", "month", "weight"];

fn metrics(supply: &Supply) -> impl Iterator<Item = Metric> {
    Metric::ALL.into_iter().filter(|metric| !metric.is_horizon_only() && metric.is_told(supply))
}

/// The first line.
pub(super) fn header(scenario: &Scenario) -> Result<String> {
    let mut lines = Lines::new();
    lines.texts(COLUMNS);
    for metric in metrics(&scenario.supply) {
        lines.text(&metric.name(scenario.currency.code()));
    }
    lines.end()?;
    lines.finish()
}

/// The plan's lines, month by month, so that the columns of one month are all that is held.
pub(super) fn write(report: &Report<'_>, plan: usize, put: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
    let name = &report.scenario.supply.plans[plan].name;
    for month in 0..report.scenario.horizon.months() {
        let label = report.scenario.horizon.month_label(month);
        let column = |metric| report.outcome.column(report.scenario, plan, Row::All, Span::Month(month), metric);
        let columns: Vec<Option<Vec<f64>>> = metrics(&report.scenario.supply).map(column).collect();
        let replications: Vec<usize> = (0..report.outcome.replications()).collect();
        for chunk in replications.chunks(LINES_AT_A_TIME) {
            let mut lines = Lines::new();
            for &replication in chunk {
                // Every replication counts the same until there is importance sampling.
                lines.text(&replication.to_string()).text(name).text(&label).number(1.0);
                lines.numbers(columns.iter().map(|column| column.as_ref().and_then(|column| column.get(replication)).copied()));
                lines.end()?;
            }
            put(&lines.finish()?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_begins_as_is_said() {
        assert_eq!(SAMPLES_BEGIN, COLUMNS.join(",") + ",");
    }
}
