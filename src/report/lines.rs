//! Lines of a CSV file, field by field.

use super::number;
use crate::error::{Error, Result};

/// Lines being written.
pub(super) struct Lines {
    writer: ::csv::Writer<Vec<u8>>,
    line: Vec<String>,
}

impl Lines {
    pub(super) fn new() -> Self {
        // A line of another length than the first would be an error.
        Self { writer: ::csv::Writer::from_writer(Vec::new()), line: Vec::new() }
    }

    /// Adds a text field to the line.
    pub(super) fn text(&mut self, field: &str) -> &mut Self {
        self.line.push(number::text(field).into_owned());
        self
    }

    /// Adds text fields.
    pub(super) fn texts<'t>(&mut self, fields: impl IntoIterator<Item = &'t str>) -> &mut Self {
        fields.into_iter().fold(self, Self::text)
    }

    /// Adds a number; empty when it is none.
    pub(super) fn number(&mut self, value: f64) -> &mut Self {
        self.line.push(number::number(value));
        self
    }

    /// Adds numbers that may be unknown.
    pub(super) fn numbers(&mut self, values: impl IntoIterator<Item = Option<f64>>) -> &mut Self {
        self.line.extend(values.into_iter().map(number::optional));
        self
    }

    /// Ends the line.
    pub(super) fn end(&mut self) -> Result<()> {
        let written = self.writer.write_record(&self.line);
        self.line.clear();
        written.map_err(failed)
    }

    /// The fields of the line begun, without an end: further ones may follow.
    pub(super) fn fields(mut self) -> Result<String> {
        self.end()?;
        let mut text = self.finish()?;
        text.truncate(text.trim_end_matches('\n').len());
        Ok(text)
    }

    /// The lines so far.
    pub(super) fn finish(self) -> Result<String> {
        let bytes = self.writer.into_inner().map_err(|error| failed(error.into_error().into()))?;
        String::from_utf8(bytes).map_err(|error| failed(::csv::Error::from(std::io::Error::other(error))))
    }
}

fn failed(error: ::csv::Error) -> Error {
    Error::io("the report", "write", error.into())
}
