//! What a run found, as files, a table and a sentence. Numbers are rounded here, for people, and nowhere else.

mod alternatives;
mod answer;
mod breakeven;
mod budget;
mod compare;
mod compare_files;
mod csv;
mod document;
mod explain;
mod figures;
mod flips;
mod forecast;
mod headline;
mod hours;
mod json;
mod levers;
mod lines;
mod notes;
mod number;
mod past;
mod provenance;
mod quota;
mod quota_files;
mod samples;
mod schedule;
mod schedule_files;
mod schedule_headline;
mod size;
mod size_files;
mod surface;
mod surface_files;
mod table;
mod tornado;
mod words;

pub use alternatives::{alternatives_answer, alternatives_file, alternatives_json};
pub use answer::answer;
pub use breakeven::{PlanBreakEven, RULES_OF_THUMB, Requests, break_even_json, break_even_table, break_evens, unit_break_even_json};
pub use budget::{budget_answer, budget_file, budget_json};
pub use compare::comparison;
pub use compare_files::{COMPARISON_FILE, comparison_csv, comparison_json};
pub use explain::explanation;
pub use flips::{FLIPS_FILE, flip_lines, flips_file};
pub use forecast::{forecast_answer, forecast_file, forecast_json};
pub use headline::{Headline, Headlines};
pub use hours::write_hours;
pub use levers::{levers_answer, levers_file, levers_json};
pub use notes::{hours_walked, notes};
pub use past::{PastComparison, PastRun};
pub use provenance::{PriceDate, Provenance};
pub use quota::quota_answer;
pub use quota_files::{QUOTA_FILES, quota_files, quota_json};
pub use samples::SAMPLES_BEGIN;
pub use schedule::schedule_answer;
pub use schedule_files::{SCHEDULE_FILES, schedule_files};
pub use size::{nines_table, sizing_answer, steps_table};
pub use size_files::{SIZING_FILES, sizing_files};
pub use surface::{shown, surface_answer, surface_notes, surface_table, unit_prices_table};
pub use surface_files::{SURFACE_FILES, surface_files, surface_json};
pub use table::table;
pub use tornado::{TORNADO_FILE, tornado_answer, tornado_file, tornado_json};

use crate::decision::{Flip, Held, Judgement, Rare, objective_samples};
use crate::error::{Error, Result};
use crate::scenario::Scenario;
use crate::simulation::{beside, ordered_map};
use crate::statistics::{Best, Regret};
use crate::tally::{Outcome, Span};
use figures::Book;

/// Plans that are summarised at a time: enough for all threads, few enough that their text is small.
const PLANS_AT_A_TIME: usize = 32;

/// A file of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFile {
    /// One row per plan.
    Plans,
    /// One row per plan, workload and month, for a budget sheet.
    Monthly,
    /// The same by quarter. It is written whatever the horizon's length, so that no file of an earlier run is left to be taken for it.
    Quarterly,
    /// One row per plan, workload, month and metric.
    Percentiles,
    /// The same for the whole horizon.
    Horizon,
    /// One row per replication, plan and month.
    Samples,
    /// Everything with intervals, comparisons and provenance. Written last, so that its presence says that the others are complete.
    Summary,
}

impl ReportFile {
    /// The files of a run, in the order they are written.
    #[must_use]
    pub fn of_run(samples: bool) -> Vec<Self> {
        let all = [Self::Plans, Self::Monthly, Self::Quarterly, Self::Percentiles, Self::Horizon, Self::Samples, Self::Summary];
        all.into_iter().filter(|file| samples || *file != Self::Samples).collect()
    }

    /// The file's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plans => "plans.csv",
            Self::Monthly => "monthly.csv",
            Self::Quarterly => "quarterly.csv",
            Self::Percentiles => "percentiles.csv",
            Self::Horizon => "horizon.csv",
            Self::Samples => "samples.csv",
            Self::Summary => "summary.json",
        }
    }
}

/// Everything that a report is made of.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The samples and the metrics made of them.
    pub outcome: &'a Outcome,
    /// Which plans keep the limits and which of those is cheapest.
    pub judgement: &'a Judgement,
    /// What would flip the answer, by leader; empty where it was not asked.
    pub flips: &'a [Vec<Flip>],
    /// Of the plans a reader looks at first, what `max_tokens` does to their throttling; empty where it was not asked.
    pub held: &'a [Held],
    /// How likely a recommended plan breaks the limits where that was hardly seen; `None` where it was not asked.
    pub rare: Option<&'a Rare>,
    /// Where the numbers come from.
    pub provenance: &'a Provenance,
    /// Threads that summarise plans; as many as the machine has unless given.
    pub threads: Option<usize>,
    /// Where headlines are kept that were made; empty at first.
    pub headlines: &'a Headlines,
}

/// Pieces of text, and the file that each belongs to.
type Pieces = Vec<(ReportFile, String)>;

impl Report<'_> {
    /// Writes files, piece by piece and in order: `put` gets the file that a piece of text belongs to.
    ///
    /// # Errors
    /// What `put` returns, threads that cannot be started, or samples that are wanted and were not kept.
    pub fn write(&self, files: &[ReportFile], put: &mut dyn FnMut(ReportFile, &str) -> Result<()>) -> Result<()> {
        if files.contains(&ReportFile::Samples) && !self.outcome.keeps_all() {
            return Err(Error::usage("samples.csv: the samples of so many replications are not kept"));
        }
        let plans: Vec<usize> = (0..self.scenario.supply.plans.len()).collect();
        let mut chunks = plans.chunks(PLANS_AT_A_TIME);
        let first = chunks.next().unwrap_or_default();
        let (mut ready, mut pieces) = (first, self.pieces(first, files)?);
        // After the first plans were summarised: what is told of these need not be found again.
        self.heads(files, put)?;
        for chunk in chunks {
            let mut next = Ok(Vec::new());
            // What is ready is handed on while the next plans are summarised.
            beside(self.threads, || next = self.pieces(chunk, files), || self.hand_on(ready, &pieces, files, put))??;
            (ready, pieces) = (chunk, next?);
        }
        self.hand_on(ready, &pieces, files, put)?;
        if files.contains(&ReportFile::Summary) { put(ReportFile::Summary, &json::tail(self)?) } else { Ok(()) }
    }

    /// What each file begins with.
    fn heads(&self, files: &[ReportFile], put: &mut dyn FnMut(ReportFile, &str) -> Result<()>) -> Result<()> {
        for &file in files {
            match file {
                ReportFile::Summary => put(file, &json::head(self)?)?,
                ReportFile::Samples => put(file, &samples::header(self.scenario)?)?,
                _ => put(file, &csv::header(file, self.scenario)?)?,
            }
        }
        Ok(())
    }

    /// What the files say of some plans.
    fn pieces(&self, plans: &[usize], files: &[ReportFile]) -> Result<Vec<Pieces>> {
        let book = Book::new(self, plans)?;
        let places: Vec<usize> = (0..plans.len()).collect();
        let cheapest = self.cheapest();
        ordered_map(self.threads, &places, |&place| self.plan_pieces(&book, place, cheapest, files))?.into_iter().collect()
    }

    /// Hands on the pieces of some plans, and their samples.
    fn hand_on(
        &self,
        plans: &[usize],
        pieces: &[Pieces],
        files: &[ReportFile],
        put: &mut dyn FnMut(ReportFile, &str) -> Result<()>,
    ) -> Result<()> {
        for (file, text) in pieces.iter().flatten() {
            put(*file, text)?;
        }
        if files.contains(&ReportFile::Samples) {
            for &plan in plans {
                samples::write(self, plan, &mut |text| put(ReportFile::Samples, text))?;
            }
        }
        Ok(())
    }

    /// The plan that the others are compared with beside the baseline: the cheapest of those that keep the limits, else of all.
    #[must_use]
    pub fn cheapest(&self) -> usize {
        let standings = &self.judgement.standings;
        let rank = |plan: &usize| (!standings[*plan].keeps_limits, standings[*plan].objective.point);
        let order = |a: &usize, b: &usize| {
            let ((a_fails, a_cost), (b_fails, b_cost)) = (rank(a), rank(b));
            a_fails.cmp(&b_fails).then(a_cost.total_cmp(&b_cost))
        };
        (0..standings.len()).min_by(order).unwrap_or(self.scenario.baseline)
    }

    /// The least that any plan which keeps the limits comes to in each future (of all, where none does): what regret is measured from.
    fn best(&self) -> Option<&Best> {
        self.headlines.best(|| {
            let standings = &self.judgement.standings;
            let any = standings.iter().any(|standing| standing.keeps_limits);
            let plans = (0..standings.len()).filter(|&plan| !any || standings[plan].keeps_limits);
            Best::of(plans.map(|plan| objective_samples(self.scenario, self.outcome, plan)))
        })
    }

    /// What a plan comes to above that.
    fn regret(&self, plan: usize) -> Option<Regret> {
        let samples = || objective_samples(self.scenario, self.outcome, plan);
        self.best().map(|best| best.regret(&samples(), self.outcome.method(Span::Horizon)))
    }

    /// The text of the plan that stands at `place` in the book, by file.
    fn plan_pieces(&self, book: &Book, place: usize, cheapest: usize, files: &[ReportFile]) -> Result<Pieces> {
        let figures = book.plan(place);
        let headline = book.headline(self, place, cheapest);
        let regret = self.regret(headline.plan);
        let regret = regret.as_ref();
        let piece = |&file: &ReportFile| {
            let text = match file {
                ReportFile::Plans => csv::plan(self, &headline, regret)?,
                ReportFile::Monthly | ReportFile::Quarterly => csv::periods(self, &figures, file)?,
                ReportFile::Percentiles => csv::percentiles(self, &figures)?,
                ReportFile::Horizon => csv::horizon(self, &figures)?,
                ReportFile::Summary => json::plan(self, &headline, &figures, regret)?,
                ReportFile::Samples => String::new(),
            };
            Ok((file, text))
        };
        files.iter().map(piece).collect()
    }
}
