//! One error type: what was wrong, where it stands, what was given and what is allowed.
//!
//! Errors are plain data; the command line renders them. Everything a user can get wrong becomes a list of [`Diagnostic`]s, so that all
//! mistakes of a file are told in one go.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

/// Result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong. One word wide, so that results stay small.
#[derive(Debug)]
pub struct Error(Box<ErrorKind>);

/// The kinds of failure a caller may want to tell apart.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The scenario, a trace or an override is not acceptable. Never empty.
    Input {
        /// Every problem found, in the order of the file.
        diagnostics: Vec<Diagnostic>,
        /// The texts that the diagnostics' spans point into.
        sources: Vec<Source>,
        /// Problems beyond those, too many to be told; the last diagnostic then says how many.
        untold: usize,
    },
    /// The command line asks for something that cannot be.
    Usage(String),
    /// Reading or writing a file failed.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done, as in "cannot {action} {path}".
        action: &'static str,
        /// The system's own reason.
        source: std::io::Error,
    },
    /// The run would need more memory than the machine can give.
    Memory {
        /// Bytes that the samples of the run take.
        needed: u64,
        /// Bytes available now.
        available: u64,
        /// What the figure is made of and what would make it smaller.
        explanation: String,
    },
    /// Interrupted before the first batch was complete, so there is nothing to report.
    Interrupted,
}

/// A text that diagnostics point into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name shown to the user: the path as given.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// One problem in the user's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Name of the file, or `--set` for an override.
    pub file: String,
    /// Line, from 1; 0 where the problem has no line (an empty file, say).
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Byte range in the file's text.
    pub span: Range<usize>,
    /// The field's path, such as `workload.copilot.level.mean`; empty for the file as a whole.
    pub field: String,
    /// What is wrong, in one clause without the field's name.
    pub message: String,
    /// The value as it stands in the file.
    pub given: Option<String>,
    /// What would be accepted.
    pub allowed: Option<String>,
    /// A remedy: the nearest name, what to write instead.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Nothing yet, at the start of a file.
    pub(crate) fn at_start(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            line: 1,
            column: 1,
            span: 0..0,
            field: String::new(),
            message: String::new(),
            given: None,
            allowed: None,
            help: None,
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)?;
        if let Some(given) = &self.given {
            write!(f, "; given: {given}")?;
        }
        if let Some(allowed) = &self.allowed {
            write!(f, "; allowed: {allowed}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        Ok(())
    }
}

impl Error {
    /// The kind, for those who want to react to it.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// A command line that asks for something that cannot be.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        ErrorKind::Usage(message.into()).into()
    }

    /// A file that could not be read, written or made: "cannot {action} {path}".
    #[must_use]
    pub fn io(path: impl Into<PathBuf>, action: &'static str, source: std::io::Error) -> Self {
        ErrorKind::Io { path: path.into(), action, source }.into()
    }

    /// Whether the user's input or command line is at fault, rather than the machine.
    #[must_use]
    pub fn is_input(&self) -> bool {
        matches!(*self.0, ErrorKind::Input { .. } | ErrorKind::Usage(_) | ErrorKind::Memory { .. })
    }

    /// The problems found in the input, empty for other kinds.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match &*self.0 {
            ErrorKind::Input { diagnostics, .. } => diagnostics,
            _ => &[],
        }
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            ErrorKind::Input { diagnostics, .. } => {
                for (i, diagnostic) in diagnostics.iter().enumerate() {
                    if i > 0 {
                        f.write_str("\n")?;
                    }
                    write!(f, "{diagnostic}")?;
                }
                Ok(())
            }
            ErrorKind::Usage(message) => f.write_str(message),
            ErrorKind::Io { path, action, source } => write!(f, "cannot {action} {}: {source}", path.display()),
            ErrorKind::Memory { needed, available, explanation } => write!(
                f,
                "this run needs about {} MiB of memory and {} MiB are available: {explanation}",
                needed.div_ceil(1 << 20),
                available >> 20
            ),
            ErrorKind::Interrupted => f.write_str("interrupted before the first batch of replications was complete"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            ErrorKind::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
