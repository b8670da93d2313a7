//! The two output streams of the process: results and notes. Nothing panics when one of them is closed.

use std::io::{self, BufWriter, Write};
use tokentide::error::{Error, ErrorKind, Result};

/// Writes a result to standard output. A reader that has seen enough (`| head`) is success.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = BufWriter::new(anstream::stdout().lock());
    forgive(write(&mut out).and_then(|()| out.flush()).map_err(failed))
}

/// Writes a document to standard output.
pub(crate) fn print_document(document: &str) -> Result<()> {
    print(|out| out.write_all(document.as_bytes()))
}

/// [`print`] for a result that comes in pieces: `write` hands each of them to what it is given.
pub(crate) fn print_pieces(write: impl FnOnce(&mut dyn FnMut(&str) -> Result<()>) -> Result<()>) -> Result<()> {
    let mut out = BufWriter::new(anstream::stdout().lock());
    let written = write(&mut |piece| out.write_all(piece.as_bytes()).map_err(failed));
    forgive(written.and_then(|()| out.flush().map_err(failed)))
}

/// Writes a note to standard error; when nobody can read it, there is nobody to tell.
pub(crate) fn note(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

fn failed(source: io::Error) -> Error {
    Error::io("standard output", "write", source)
}

/// Takes a closed pipe for success.
fn forgive(written: Result<()>) -> Result<()> {
    match written {
        Err(error) if matches!(error.kind(), ErrorKind::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe) => Ok(()),
        written => written,
    }
}
