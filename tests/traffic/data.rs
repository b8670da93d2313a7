//! Series of hours read from the public aggregates.

use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use tokentide::demand::{DayRecord, Usage, UsageHour};
use tokentide::units::ByClass;

/// One client or service, hour by hour from midnight on.
pub(crate) struct Series {
    /// Series of one origin and kind, which are averaged before families are.
    pub(crate) family: String,
    pub(crate) name: String,
    pub(crate) first: Date,
    /// `None` is a gap of the platform.
    pub(crate) hours: Vec<Option<UsageHour>>,
    pub(crate) tokens_known: bool,
}

impl Series {
    /// Whole weeks.
    pub(crate) fn weeks(&self) -> usize {
        self.hours.len() / 168
    }

    /// The first weeks as a history.
    pub(crate) fn history(&self, weeks: usize) -> Option<Usage> {
        let days = self.hours[..weeks * 168].chunks_exact(24).enumerate();
        let records = days.map(|(day, hours)| DayRecord { date: self.day(day), hours: std::array::from_fn(|hour| hours[hour]) });
        Usage::from_days(records.collect(), self.tokens_known, true)
    }

    /// A local day, from 0.
    pub(crate) fn day(&self, day: usize) -> Date {
        self.first.saturating_add(jiff::Span::new().days(i64::try_from(day).unwrap()))
    }
}

/// The rows of a CSV file, each a map from column to cell.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

/// Two weeks of production API clients (ServeGen), one family for each model. No row is no request; an hour with a gap of the platform
/// is unknown. A client's volume is tokens where all its rows have them, else requests.
pub(crate) fn servegen(folder: &Path) -> Vec<Series> {
    const BINS: usize = 14 * 144;
    type Bins = Vec<Option<UsageHour>>;
    let mut clients: BTreeMap<(String, String), (Bins, bool)> = BTreeMap::new();
    for row in rows(&folder.join("servegen_clients_odd_10min.csv.gz")) {
        let key = (row["model"].clone(), row["client"].clone());
        let (bins, tokens_known) = clients.entry(key).or_insert_with(|| (vec![Some(UsageHour::default()); BINS], true));
        let tokens = |column: &str| row[column].parse::<f64>().ok().filter(|tokens| *tokens >= 0.0);
        let bin = &mut bins[row["t_seconds"].parse::<usize>().unwrap() / 600];
        if row["missing"] == "1" {
            *bin = None;
            continue;
        }
        let (input, output) = (tokens("input_tokens"), tokens("output_tokens"));
        *tokens_known &= input.is_some() && output.is_some();
        let tokens = ByClass { input: input.unwrap_or(0.0), output: output.unwrap_or(0.0), ..ByClass::ZERO };
        *bin = Some(UsageHour { requests: row["requests"].parse().unwrap(), tokens });
    }
    let sum = |bins: &[Option<UsageHour>]| bins.iter().try_fold(UsageHour::default(), |sum, bin| Some(sum + (*bin)?));
    let series = clients.into_iter().map(|((model, client), (bins, tokens_known))| Series {
        name: format!("{model} {client}"),
        family: format!("ServeGen {model}"),
        // The clock is relative and one week of history knows no weekends, so the date does not matter.
        first: date(1970, 1, 1),
        hours: bins.chunks_exact(6).map(sum).collect(),
        tokens_known,
    });
    series.collect()
}

/// A month of BurstGPT, requests of its two services. Days 3 and 4 of each seven are the weekend.
pub(crate) fn burstgpt(folder: &Path) -> Vec<Series> {
    let rows = rows(&folder.join("burstgpt_hourly_d00_30.csv"));
    let series = ["conversation_requests", "api_requests"].map(|column| Series {
        family: "BurstGPT".to_owned(),
        name: format!("BurstGPT {column}"),
        first: date(1970, 1, 7), // a Wednesday
        hours: rows.iter().map(|row| Some(UsageHour { requests: row[column].parse().unwrap(), tokens: ByClass::ZERO })).collect(),
        tokens_known: false,
    });
    series.into()
}
