//! Reads the rows of a usage or trace file, and tells every problem at its line and column.

use super::problems::{Place, Problems};
use super::timestamp;
use crate::spec::{At, Field, Reader, nearest};
use crate::units::ByClass;
use std::collections::BTreeMap;
use std::path::Path;

/// The columns of a usage file, in their usual order. Only `timestamp` and one of requests or tokens must be there.
pub const COLUMNS: [&str; 9] = [
    "timestamp",
    "model",
    "requests",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "throttled_requests",
    "batch_tokens",
];

const TIMESTAMP: usize = 0;
const MODEL: usize = 1;
const REQUESTS: usize = 2;
const TOKENS: std::ops::RangeInclusive<usize> = 3..=6;
const NUMBERS: usize = 7;
const NUMBER: &str = "a number from 0 to 1e15";
const LARGEST: f64 = 1e15;
/// What helps where a number has marks between its thousands.
const PLAIN: &str = "numbers are written without marks between thousands: 90500";
const MAX_BYTES: u64 = 64 << 20;
const MAX_SECONDS: i64 = 10 * 366 * 86_400;

crate::spec_words! {
    /// What an hour without a row, or an empty cell, means.
    pub enum Missing {
        /// Nothing was asked for: CloudWatch and its like write no datapoint for zero.
        "zero" => Zero,
        /// Nobody knows: the hour is left out.
        "gap" => Gap,
    }
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(in crate::demand) struct Row {
    /// Seconds since 1970-01-01 UTC.
    pub second: i64,
    pub requests: f64,
    pub tokens: ByClass,
    pub throttled: f64,
    pub batch_tokens: f64,
    /// No cell of the row is empty.
    pub complete: bool,
    /// No cell of requests or tokens is empty.
    pub counted: bool,
    /// The time was written with its offset.
    pub zoned: bool,
}

/// The rows of one model, in the order of time, no two at the same second. Never empty.
#[derive(Debug)]
pub(in crate::demand) struct Records {
    pub rows: Vec<Row>,
    /// The smallest distance of two rows `[s]`, `None` of one row.
    pub nearest: Option<i64>,
    /// The most common distance of two rows `[s]`, the smaller of two; `None` of one row.
    pub step: Option<i64>,
    pub has_requests: bool,
    pub has_tokens: bool,
}

/// Reads the file at `path` that the field at `at` names. `None` only after a problem was told.
pub(in crate::demand) fn read(path: &Path, at: &At, model: Option<&Field<String>>, reader: &mut Reader) -> Option<Records> {
    let name = path.display().to_string();
    let bytes = match load(path) {
        Ok(bytes) => bytes,
        Err((message, allowed)) => {
            let diagnostic = reader.error(at, message);
            diagnostic.given = Some(if name.is_empty() { "nothing".to_owned() } else { name });
            diagnostic.allowed = Some(allowed.to_owned());
            return None;
        }
    };
    let body = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut problems = Problems::new(name);
    let records = match std::str::from_utf8(body) {
        Ok(text) => parse(text, at, model, &mut problems, reader),
        Err(error) => {
            let valid = std::str::from_utf8(&body[..error.valid_up_to()]).unwrap_or("");
            let place = Place::end_of(valid);
            problems.tell(&place, "", "is not UTF-8 text", None, "text in UTF-8, as a plain CSV export");
            None
        }
    };
    let clean = problems.hand_on(reader);
    records.filter(|_| clean)
}

fn load(path: &Path) -> Result<Vec<u8>, (String, &'static str)> {
    const ALLOWED: &str = "a CSV file that can be read, its path relative to the scenario's folder";
    let unreadable = |error: std::io::Error| (format!("cannot be read: {error}"), ALLOWED);
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err((if metadata.is_dir() { "is a folder" } else { "is no regular file" }.to_owned(), ALLOWED));
    }
    if metadata.len() > MAX_BYTES {
        return Err((format!("has {} MiB", metadata.len() >> 20), "a file of at most 64 MiB"));
    }
    std::fs::read(path).map_err(unreadable)
}

fn parse(text: &str, at: &At, model: Option<&Field<String>>, problems: &mut Problems, reader: &mut Reader) -> Option<Records> {
    let mut csv = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    if !next(&mut csv, &mut record, problems) {
        problems.tell(
            &Place::START,
            "",
            "is empty",
            Some("nothing".to_owned()),
            &format!("a header and rows; columns: {}", COLUMNS.join(",")),
        );
        return None;
    }
    let columns = Columns::read(&record, text, problems)?;
    let mut read: Vec<(usize, Place, Row)> = Vec::new();
    let mut models: Vec<String> = Vec::new();
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    while next(&mut csv, &mut record, problems) {
        let place = Place::of(&record, text);
        let row = columns.row(&record, &place, text, problems);
        let name = columns.at[MODEL].and_then(|i| record.get(i)).unwrap_or("").trim();
        let which = numbers.get(name).copied().unwrap_or(models.len());
        if which == models.len() {
            models.push(name.to_owned());
            numbers.insert(name.to_owned(), which);
        }
        if let Some(row) = row {
            read.push((which, place, row));
        }
    }
    if models.is_empty() {
        problems.tell(&Place::end_of(text), "", "holds no rows", Some("a header alone".to_owned()), "at least one row under the header");
        return None;
    }
    let chosen = choose(&models, columns.at[MODEL].is_some(), at, model, reader)?;
    read.retain(|(which, ..)| *which == chosen);
    read.sort_by_key(|(_, place, row)| (row.second, place.line));
    for pair in read.windows(2) {
        if let [(_, first, a), (_, second, b)] = pair
            && a.second == b.second
        {
            let message = format!("stands in line {} already", first.line);
            let given = timestamp::print(b.second);
            problems.tell(second, COLUMNS[TIMESTAMP], &message, Some(given), "one row for each timestamp and model");
        }
    }
    let rows: Vec<Row> = read.into_iter().map(|(_, _, row)| row).collect();
    let (first, last) = (rows.first()?.second, rows.last()?.second);
    if last - first > MAX_SECONDS {
        let given = format!("{} to {}", timestamp::print(first), timestamp::print(last));
        problems.tell(&Place::START, COLUMNS[TIMESTAMP], "cover more than ten years", Some(given), "at most 10 years");
        return None;
    }
    let mut distances: Vec<i64> = rows.windows(2).map(|pair| pair[1].second - pair[0].second).collect();
    distances.sort_unstable();
    let runs = distances.chunk_by(|a, b| a == b);
    let step = runs.max_by_key(|run| (run.len(), std::cmp::Reverse(run[0]))).map(|run| run[0]);
    Some(Records {
        nearest: distances.first().copied(),
        rows,
        step,
        has_requests: columns.at[REQUESTS].is_some(),
        has_tokens: columns.has_tokens(),
    })
}

/// Reads the next record; `false` at the end, or after telling why there is none.
fn next(csv: &mut csv::Reader<&[u8]>, record: &mut csv::StringRecord, problems: &mut Problems) -> bool {
    csv.read_record(record).unwrap_or_else(|error| {
        let line = error.position().map_or(1, |position| position.line() as usize);
        problems.tell(&Place { line, ..Place::START }, "", &format!("is no CSV: {error}"), None, "comma-separated cells");
        false
    })
}

/// The model whose rows are meant.
fn choose(models: &[String], column: bool, at: &At, wanted: Option<&Field<String>>, reader: &mut Reader) -> Option<usize> {
    let names = || models.iter().take(30).map(|m| format!("\"{m}\"")).collect::<Vec<_>>().join(", ");
    match wanted {
        None if models.len() == 1 => Some(0),
        None => {
            let diagnostic = reader.error(at, "holds several models and the workload does not say which");
            diagnostic.given = Some(names());
            diagnostic.allowed = Some("usage_model = one of them".to_owned());
            None
        }
        Some(name) => {
            let found = models.iter().position(|m| *m == name.value).filter(|_| column);
            if found.is_none() {
                let help = nearest(&name.value, models.iter().map(String::as_str)).map(|m| format!("did you mean \"{m}\"?"));
                let allowed = if column { names() } else { "no usage_model: the usage file has no column `model`".to_owned() };
                let diagnostic = reader.error(&name.at, "is no model of the usage file");
                diagnostic.given = Some(format!("\"{}\"", name.value));
                diagnostic.allowed = Some(allowed);
                diagnostic.help = help.filter(|_| column);
            }
            found
        }
    }
}

/// Where each known column stands in the file.
struct Columns {
    at: [Option<usize>; COLUMNS.len()],
    count: usize,
}

impl Columns {
    fn read(header: &csv::StringRecord, text: &str, problems: &mut Problems) -> Option<Self> {
        let place = Place::of(header, text);
        let mut columns = Self { at: [None; COLUMNS.len()], count: header.len() };
        for (index, name) in header.iter().enumerate().map(|(index, name)| (index, name.trim())) {
            let place = place.cell(header, index, text);
            let Some(known) = COLUMNS.iter().position(|column| *column == name) else {
                let help = if header.len() == 1 && name.contains([';', '\t']) {
                    Some("cells are separated by commas".to_owned())
                } else if is_total(name) {
                    Some("classes of tokens differ in price, so give `input_tokens` and `output_tokens` apart".to_owned())
                } else {
                    meant(name).or_else(|| nearest(name, COLUMNS)).map(|column| format!("did you mean `{column}`?"))
                };
                problems.tell(&place, name, "is no column of a usage file", Some(name.to_owned()), &COLUMNS.join(", "));
                problems.help(help);
                continue;
            };
            if columns.at[known].replace(index).is_some() {
                problems.tell(&place, name, "is there twice", Some(name.to_owned()), "each column once");
            }
        }
        if columns.at[TIMESTAMP].is_none() {
            problems.tell(&place, COLUMNS[TIMESTAMP], "is missing", Some("no such column".to_owned()), "a column of timestamps");
        }
        if columns.at[REQUESTS].is_none() && !columns.has_tokens() {
            let allowed = COLUMNS[REQUESTS..=*TOKENS.end()].join(", ");
            problems.tell(&place, "", "has no column of demand", Some(header.iter().collect::<Vec<_>>().join(",")), &allowed);
        }
        (problems.count() == 0).then_some(columns)
    }

    fn has_tokens(&self) -> bool {
        self.at[TOKENS].iter().any(Option::is_some)
    }

    fn row(&self, record: &csv::StringRecord, place: &Place, text: &str, problems: &mut Problems) -> Option<Row> {
        if record.len() != self.count {
            let given = format!("{} cells", record.len());
            problems.tell(place, "", "has not as many cells as the header", Some(given), &format!("{} cells", self.count));
            problems.help((record.len() > self.count).then(|| PLAIN.to_owned()));
            return None;
        }
        let before = problems.count();
        let (mut complete, mut counted) = (true, true);
        let mut numbers = [0.0; NUMBERS];
        for (column, number) in (REQUESTS..).zip(&mut numbers) {
            let Some((index, cell)) = self.at[column].and_then(|index| Some((index, record.get(index)?.trim()))) else { continue };
            if cell.is_empty() {
                complete = false;
                counted &= !(REQUESTS..=*TOKENS.end()).contains(&column);
                continue;
            }
            match cell.parse::<f64>() {
                Ok(value) if (0.0..=LARGEST).contains(&value) => *number = value,
                parsed => {
                    let message = match parsed {
                        Ok(value) if value < 0.0 => "is negative",
                        Ok(value) if value.is_finite() => "is out of range",
                        Ok(_) => "is not finite",
                        Err(_) => "is no number",
                    };
                    problems.tell(&place.cell(record, index, text), COLUMNS[column], message, Some(cell.to_owned()), NUMBER);
                    problems.help(separated(cell).then(|| PLAIN.to_owned()));
                }
            }
        }
        let index = self.at[TIMESTAMP]?;
        let cell = record.get(index)?.trim();
        let time = timestamp::parse(cell);
        if time.is_none() {
            let given = if cell.is_empty() { "nothing" } else { cell };
            problems.tell(&place.cell(record, index, text), COLUMNS[TIMESTAMP], "is no timestamp", Some(given.to_owned()), timestamp::FORM);
            problems.help(timestamp::is_milliseconds(cell).then(|| "these are milliseconds since 1970: give seconds".to_owned()));
        }
        let [requests, input, cache_read, cache_write, output, throttled, batch_tokens] = numbers;
        let tokens = ByClass { input, cache_read, cache_write, output };
        let (second, zoned) = time.filter(|_| problems.count() == before)?;
        Some(Row { second, requests, tokens, throttled, batch_tokens, complete, counted, zoned })
    }
}

/// Whether a cell would be a number without the marks between its thousands.
fn separated(cell: &str) -> bool {
    let marks = [',', '\'', '_', ' ', '\u{a0}', '\u{202f}', '\u{2019}'];
    cell.contains(marks) && cell.replace(marks, "").parse::<f64>().is_ok()
}

/// Whether a column holds tokens of all classes in one.
fn is_total(name: &str) -> bool {
    let name = name.to_lowercase().replace([' ', '-'], "_");
    matches!(name.as_str(), "tokens" | "total_tokens" | "token_count" | "total_token_count" | "tokens_total")
}

/// The column that goes by another name in vendors' exports and clients' logs.
fn meant(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase().replace([' ', '-'], "_");
    Some(match name.as_str() {
        "date" | "time" | "datetime" | "hour" | "ts" | "usage_start" => "timestamp",
        "calls" | "count" | "invocations" | "request_count" | "num_requests" => "requests",
        "prompt_tokens" | "inputtokencount" | "input_token_count" => "input_tokens",
        "completion_tokens" | "outputtokencount" | "output_token_count" | "generated_tokens" => "output_tokens",
        "cached_tokens" | "cache_read_input_tokens" | "cached_input_tokens" => "cache_read_tokens",
        "cache_creation_input_tokens" | "cache_write_input_tokens" => "cache_write_tokens",
        "throttles" | "invocation_throttles" | "http_429" => "throttled_requests",
        _ => return None,
    })
}
