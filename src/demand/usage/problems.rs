//! Problems of a usage file and the places where they stand.

use crate::error::Diagnostic;
use crate::spec::Reader;

/// Bad rows told in one go; a file that has more is of another kind altogether.
const MAX_PROBLEMS: usize = 20;

/// The first [`MAX_PROBLEMS`] problems of the file, and how many more there are.
pub(super) struct Problems {
    file: String,
    found: Vec<Diagnostic>,
    more: usize,
}

impl Problems {
    pub(super) fn new(file: String) -> Self {
        Self { file, found: Vec::new(), more: 0 }
    }

    /// Hands everything on. True when there was nothing.
    pub(super) fn hand_on(self, reader: &mut Reader) -> bool {
        let clean = self.found.is_empty();
        self.found.into_iter().for_each(|problem| reader.diagnostic(problem));
        reader.count_untold(self.more);
        clean
    }

    /// How many there are so far.
    pub(super) fn count(&self) -> usize {
        self.found.len() + self.more
    }

    pub(super) fn tell(&mut self, place: &Place, field: &str, message: &str, given: Option<String>, allowed: &str) {
        if self.found.len() >= MAX_PROBLEMS {
            self.more += 1;
            return;
        }
        self.found.push(Diagnostic {
            file: self.file.clone(),
            line: place.line,
            column: place.column,
            span: place.byte..place.byte + place.length,
            field: field.to_owned(),
            message: message.to_owned(),
            given: given.map(|given| if given.chars().count() > 80 { given.chars().take(80).chain(['…']).collect() } else { given }),
            allowed: Some(allowed.to_owned()),
            help: None,
        });
    }

    /// A remedy for what was told last.
    pub(super) fn help(&mut self, help: Option<String>) {
        if let Some(last) = self.found.last_mut().filter(|_| self.more == 0) {
            last.help = last.help.take().or(help);
        }
    }
}

/// A place in the text: line and column from 1, bytes from 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) byte: usize,
    pub(super) length: usize,
}

impl Place {
    pub(super) const START: Self = Self { line: 1, column: 1, byte: 0, length: 0 };

    pub(super) fn end_of(text: &str) -> Self {
        let start = text.rfind('\n').map_or(0, |at| at + 1);
        Self { line: 1 + text.matches('\n').count(), column: 1 + text[start..].chars().count(), byte: text.len(), length: 0 }
    }

    /// Where a record begins. The parser's own position stands before the empty lines that it skipped.
    pub(super) fn of(record: &csv::StringRecord, text: &str) -> Self {
        let (line, byte) = record.position().map_or((1, 0), |p| (p.line() as usize, p.byte() as usize));
        let skipped = text.as_bytes().get(byte..).unwrap_or(&[]).iter().take_while(|b| matches!(b, b'\r' | b'\n'));
        let (bytes, lines) = skipped.fold((0, 0), |(bytes, lines), b| (bytes + 1, lines + usize::from(*b == b'\n')));
        Self { line: line + lines, column: 1, byte: byte + bytes, length: 0 }
    }

    /// Where a cell of the record that begins here stands.
    pub(super) fn cell(&self, record: &csv::StringRecord, index: usize, text: &str) -> Self {
        let line = text.get(self.byte..).and_then(|rest| rest.lines().next()).unwrap_or("");
        let mut quoted = false;
        let mut commas = line.char_indices().filter(|(_, c)| {
            quoted ^= *c == '"';
            *c == ',' && !quoted
        });
        let start = if index == 0 { 0 } else { commas.nth(index - 1).map_or(0, |(at, _)| at + 1) };
        let length = record.get(index).map_or(0, str::len).min(line.len() - start);
        Self { line: self.line, column: 1 + line[..start].chars().count(), byte: self.byte + start, length }
    }
}
