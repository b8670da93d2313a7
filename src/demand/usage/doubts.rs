//! What is legal in a usage file and yet worth a warning, because it is more often a slip than meant.

use super::{Records, Row, UsageOptions};
use crate::spec::{At, Reader};
use std::path::Path;

/// Warns of empty cells, of tokens without a request and of times without an offset where the horizon's clock is not UTC.
pub(super) fn warn(records: &Records, path: &Path, at: &At, options: &UsageOptions<'_>, reader: &mut Reader) {
    let (rows, file) = (&records.rows, path.display());
    let count = |is: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| is(row)).count();
    let mut tell = |rows: usize, what: &str| {
        if rows > 0 {
            let plural = if rows == 1 { "row" } else { "rows" };
            reader.warn(format!("{}: {rows} {plural} of the file {what}: {file}", at.path));
        }
    };
    if options.missing.is_none() {
        tell(count(&|row| !row.counted), "with empty cells, which count as 0; `missing = \"gap\"` leaves such hours out");
    }
    if records.has_requests && records.has_tokens {
        let lost = |row: &Row| row.requests <= 0.0 && row.tokens.total() > 0.0;
        tell(count(&lost), "with tokens and no requests: what is throttled there is no request");
    }
    if let Some(zone) = options.time_zone.iana_name().filter(|&zone| zone != "UTC") {
        tell(count(&|row| !row.zoned), &format!("with a time without an offset, which is read as UTC, not as {zone}"));
    }
}

impl Records {
    /// Tokens an hour over the time that the rows cover, each as long as the nearest two are apart; `None` without tokens.
    pub(super) fn mean_tokens_per_hour(&self) -> Option<f64> {
        let (first, last, nearest) = (self.rows.first()?, self.rows.last()?, self.nearest?);
        let hours = (last.second - first.second + nearest) as f64 / super::HOUR as f64;
        let tokens: f64 = self.rows.iter().map(|row| row.tokens.total()).sum();
        self.has_tokens.then_some(tokens / hours)
    }
}
