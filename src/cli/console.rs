//! The three streams of the process: results, notes, and nothing that panics when one of them is closed.

use std::io::{self, BufWriter, Write};
use tokentide::error::{Error, Result};

/// Writes a result to standard output. A reader that has seen enough (`| head`) is success.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = BufWriter::new(anstream::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Error::io("standard output", "write", error)),
        Ok(()) => Ok(()),
    }
}

/// Writes a note to standard error; when nobody can read it, there is nobody to tell.
pub(crate) fn note(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}
