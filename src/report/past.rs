//! Result folders of two runs, compared by what their summaries tell: the figures and where they come from, but not the inputs.

use super::compare::measures;
use super::compare_files::{SCHEMA, begun, headlines, rows};
use super::document::document;
use super::table::STYLE;
use super::{ReportFile, words};
use crate::decision::{Measure, MeasureChange};
use crate::error::{Error, Result};
use crate::statistics::{Estimate, SCRAMBLES, normal_quantile};
use comfy_table::{CellAlignment, Table};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::io::BufReader;
use std::path::Path;

/// The schema that is understood.
const SUMMARY: &str = "tokentide/summary-1";

/// Plans of the table; all of them are in the file.
const ROWS: usize = 8;

/// What the summary of a run tells of itself.
#[derive(Debug)]
pub struct PastRun {
    folder: String,
    summary: Summary,
}

#[derive(Debug, Deserialize)]
struct Summary {
    currency: String,
    provenance: About,
    baseline: Option<String>,
    answer: Answer,
    plans: Vec<PastPlan>,
}

#[derive(Debug, Deserialize)]
struct About {
    version: String,
    stream_version: u32,
    seed: u64,
    replications: u64,
    scenario_sha256: String,
    sampling: String,
    engine: String,
    prices: Vec<Price>,
}

#[derive(Debug, Deserialize)]
struct Price {
    offer: String,
    source: Option<String>,
    date: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    leaders: Vec<Leader>,
}

#[derive(Debug, Deserialize)]
struct Leader {
    plan: Option<String>,
}

#[derive(Debug, Deserialize)]
struct PastPlan {
    plan: String,
    months_keeping_limits: Frequency,
    a_month: AMonth,
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Frequency {
    share: Option<f64>,
    interval: Option<[f64; 2]>,
}

#[derive(Debug, Deserialize)]
struct AMonth {
    cost_total: Option<Known>,
    cost_provisioned_idle: Option<Known>,
    saving_vs_baseline: Option<Known>,
}

#[derive(Debug, Deserialize)]
struct Row {
    workload: String,
    horizon: Horizon,
}

#[derive(Debug, Deserialize)]
struct Horizon {
    requests_throttled_share: Option<Known>,
    utilisation: Option<Known>,
}

#[derive(Debug, Deserialize)]
struct Known {
    mean: Option<f64>,
    mean_se: Option<f64>,
    p50: Option<f64>,
    p95: Option<f64>,
    p50_interval: Option<[f64; 2]>,
    p95_interval: Option<[f64; 2]>,
}

impl PastRun {
    /// Reads the summary in a result folder of `run --out`.
    ///
    /// # Errors
    /// When the folder holds no `summary.json`, or one that is none of this kind.
    pub fn read(folder: &Path) -> Result<Self> {
        const ALLOWED: &str = "a folder that `tokentide run --out` wrote";
        let path = folder.join(ReportFile::Summary.name());
        let shown = path.display();
        let file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let folder = folder.display();
                return Err(Error::usage(format!("{folder} is no result folder: it holds no summary.json; allowed: {ALLOWED}")));
            }
            Err(error) => return Err(Error::io(&path, "read", error)),
        };
        let document: serde_json::Value = serde_json::from_reader(BufReader::new(file))
            .map_err(|error| Error::usage(format!("{shown} is no summary of a run: {error}; allowed: {ALLOWED}")))?;
        let schema = document.get("schema").and_then(serde_json::Value::as_str).unwrap_or_default();
        if schema != SUMMARY {
            let schema = schema.escape_debug();
            return Err(Error::usage(format!("{shown} is of the schema \"{schema}\"; allowed: \"{SUMMARY}\"")));
        }
        let summary = serde_json::from_value(document)
            .map_err(|error| Error::usage(format!("{shown} is no whole summary of a run: {error}; allowed: {ALLOWED}")))?;
        Ok(Self { folder: folder.display().to_string(), summary })
    }

    fn plan(&self, name: &str) -> Option<&PastPlan> {
        self.summary.plans.iter().find(|plan| plan.plan == name)
    }

    /// Values that errors come from: scrambles where replications hang together.
    fn n(&self) -> u64 {
        if self.summary.provenance.sampling == "sobol" { SCRAMBLES as u64 } else { self.summary.provenance.replications }
    }

    fn estimate(&self, plan: &PastPlan, measure: Measure) -> Option<Estimate> {
        let all = plan.rows.iter().find(|row| row.workload == "all").map(|row| &row.horizon);
        let known = match measure {
            Measure::Spend | Measure::SpendP50 | Measure::SpendP95 => plan.a_month.cost_total.as_ref()?,
            Measure::Saving => plan.a_month.saving_vs_baseline.as_ref()?,
            Measure::Idle => plan.a_month.cost_provisioned_idle.as_ref()?,
            Measure::Throttled => all?.requests_throttled_share.as_ref()?,
            Measure::Utilisation => all?.utilisation.as_ref()?,
            Measure::MonthsKept => {
                let kept = &plan.months_keeping_limits;
                // A share that was never seen has no point of its own.
                return Some(Estimate { point: kept.share.unwrap_or(0.0), standard_error: spread(kept.interval), n: self.n() });
            }
        };
        let (point, standard_error) = match measure {
            Measure::SpendP50 => (known.p50?, spread(known.p50_interval)),
            Measure::SpendP95 => (known.p95?, spread(known.p95_interval)),
            _ => (known.mean?, known.mean_se),
        };
        Some(Estimate { point, standard_error, n: self.n() })
    }
}

/// The standard error that an interval of 95 % stands for.
fn spread(interval: Option<[f64; 2]>) -> Option<f64> {
    interval.map(|[low, high]| (high - low) / (2.0 * normal_quantile(0.975)))
}

/// Two runs by their summaries.
#[derive(Debug)]
pub struct PastComparison {
    runs: [PastRun; 2],
    followed: String,
}

impl PastComparison {
    /// Compares the plan of this name in both, else the one that the first recommends where the second has it, else the baseline, else the
    /// first that both have.
    ///
    /// # Errors
    /// When the currencies differ, or no plan of one is in the other.
    pub fn new(runs: [PastRun; 2], plan: Option<&str>) -> Result<Self> {
        let [first, second] = &runs;
        if first.summary.currency != second.summary.currency {
            let [a, b] = [&first.summary.currency, &second.summary.currency];
            let (a, b) = (a.escape_debug(), b.escape_debug());
            return Err(Error::usage(format!(
                "{} is in {a} and {} in {b}; allowed: two results in one currency",
                first.folder, second.folder
            )));
        }
        let both = |name: &&str| first.plan(name).is_some() && second.plan(name).is_some();
        if let Some(plan) = plan.filter(|plan| !both(plan)) {
            let lacks = if first.plan(plan).is_none() { first } else { second };
            return Err(Error::usage(format!("--plan: `{}` is no plan of {}", plan.escape_debug(), lacks.folder)));
        }
        let recommended = match first.summary.answer.leaders.as_slice() {
            [only] => only.plan.as_deref(),
            _ => None,
        };
        let names = first.summary.plans.iter().map(|plan| plan.plan.as_str());
        let wished = plan.into_iter().chain(recommended).chain(first.summary.baseline.as_deref()).chain(names);
        let followed = wished.into_iter().find(both).map(str::to_owned);
        let followed = followed.ok_or_else(|| Error::usage(format!("{} and {} have no plan in common", first.folder, second.folder)))?;
        Ok(Self { runs, followed })
    }

    /// Headlines of one plan in both; errors as of independent runs.
    fn measures(&self, plan: &str) -> Vec<MeasureChange> {
        let [first, second] = &self.runs;
        let change = |&measure: &Measure| {
            let before = first.plan(plan).and_then(|plan| first.estimate(plan, measure));
            let after = second.plan(plan).and_then(|plan| second.estimate(plan, measure));
            let difference = before.zip(after).map(|(before, after)| {
                let squares = before.standard_error.zip(after.standard_error).map(|(a, b)| a * a + b * b);
                Estimate { point: after.point - before.point, standard_error: squares.map(f64::sqrt), n: before.n.min(after.n) }
            });
            MeasureChange { measure, before, after, difference }
        };
        Measure::ALL.iter().map(change).collect()
    }

    /// Plans that both have, in the order of the first.
    fn common(&self) -> impl Iterator<Item = &str> {
        let [first, second] = &self.runs;
        first.summary.plans.iter().map(|plan| plan.plan.as_str()).filter(|name| second.plan(name).is_some())
    }

    /// What differs in where the figures come from: what, before, after.
    fn origins(&self) -> Vec<[String; 3]> {
        let facts = |run: &PastRun| {
            let about = &run.summary.provenance;
            let mut facts: Vec<(String, String)> = vec![
                ("version".to_owned(), about.version.clone()),
                ("stream version".to_owned(), about.stream_version.to_string()),
                ("seed".to_owned(), about.seed.to_string()),
                ("replications".to_owned(), about.replications.to_string()),
                ("sampling".to_owned(), about.sampling.clone()),
                ("engine".to_owned(), about.engine.clone()),
                ("scenario (SHA-256)".to_owned(), about.scenario_sha256.clone()),
                ("recommended".to_owned(), run.recommended()),
            ];
            for price in &about.prices {
                let [source, date] = [&price.source, &price.date].map(|text| text.as_deref().unwrap_or("not said"));
                facts.push((format!("prices of `{}`", price.offer), format!("{date}, {source}")));
            }
            facts
        };
        let [before, after] = [facts(&self.runs[0]), facts(&self.runs[1])];
        let later: BTreeMap<&str, &str> = after.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let earlier: BTreeMap<&str, &str> = before.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let came = after.iter().filter(|(name, _)| !earlier.contains_key(name.as_str()));
        let all = before.iter().chain(came).map(|(name, _)| name.as_str());
        let differ = all.filter(|name| earlier.get(name) != later.get(name));
        let told = |fact: Option<&&str>| {
            let text = fact.copied().unwrap_or("nothing");
            text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>()
        };
        differ.map(|name| [name.to_owned(), told(earlier.get(name)), told(later.get(name))]).collect()
    }

    /// The comparison in words and tables.
    #[must_use]
    pub fn text(&self) -> String {
        let [first, second] = &self.runs;
        let files = [first.folder.as_str(), second.folder.as_str()];
        let currency = first.summary.currency.as_str();
        let mut origins = vec!["Where the figures come from".to_owned()];
        origins.extend(self.origins().into_iter().map(|[what, from, to]| format!("  {what}: {from} → {to}")));
        if origins.len() == 1 {
            origins.push("  the same scenario, program, seed and replications".to_owned());
        }
        let replications = [first, second].map(|run| run.summary.provenance.replications);
        let same_draws = first.draws() == second.draws();
        let errors = if same_draws {
            "Intervals are those of independent runs; these two share their seed, so differences may be more certain than told."
        } else {
            "Intervals are those of independent runs."
        };
        let parts = [
            origins.join("\n"),
            format!("`{}`\n{}", self.followed, measures(files, &self.measures(&self.followed), currency, replications).trim_fmt()),
            self.plans(files, currency).trim_fmt(),
            format!("A result folder does not hold its inputs, so no change is blamed: compare the scenario files for that. {errors}"),
        ];
        parts.join("\n\n")
    }

    fn plans(&self, files: [&str; 2], currency: &str) -> Table {
        let mut table = Table::new();
        table.load_style(STYLE);
        let headers = [format!("{currency} a month"), files[0].to_owned(), files[1].to_owned(), "difference".to_owned()];
        table.set_header(headers);
        for plan in self.common().take(ROWS) {
            let Some(spend) = self.measures(plan).into_iter().next() else { continue };
            let text = |estimate: Option<Estimate>| estimate.as_ref().map_or_else(words::dash, words::amount);
            table.add_row([plan.to_owned(), text(spend.before), text(spend.after), text(spend.difference)]);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }

    /// `compare.csv`: the headlines of every plan that both have.
    ///
    /// # Errors
    /// When a line cannot be written, which no input makes happen.
    pub fn csv(&self) -> Result<String> {
        let mut lines = begun()?;
        for plan in self.common() {
            rows(&mut lines, plan, &self.measures(plan), &self.runs[0].summary.currency)?;
        }
        lines.finish()
    }

    /// The document of `--json`.
    ///
    /// # Errors
    /// When it cannot be written, which no input makes happen.
    pub fn json(&self) -> Result<String> {
        let origin = |[what, from, to]: [String; 3]| json!({ "what": what, "from": from, "to": to });
        let plan = |plan: &str| json!({ "plan": plan, "headlines": headlines(&self.measures(plan)) });
        document(&json!({
            "schema": SCHEMA,
            "folders": [self.runs[0].folder, self.runs[1].folder],
            "currency": self.runs[0].summary.currency,
            "plan": [self.followed, self.followed],
            "provenance": self.origins().into_iter().map(origin).collect::<Vec<_>>(),
            "plans": self.common().map(plan).collect::<Vec<_>>(),
            "attribution": null,
        }))
    }
}

impl PastRun {
    fn recommended(&self) -> String {
        let plans: Vec<&str> = self.summary.answer.leaders.iter().filter_map(|leader| leader.plan.as_deref()).collect();
        plans.join(", ")
    }

    /// What makes draws the same.
    fn draws(&self) -> (u64, u32, &str) {
        let about = &self.summary.provenance;
        (about.seed, about.stream_version, &about.sampling)
    }
}
