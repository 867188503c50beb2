//! Results go to stdout, everything for people to stderr.

use std::io::{self, Write};

use crate::cli::ExitCode;

/// Writes a result. A reader that has gone (`| head`) is no error.
pub(super) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> ExitCode {
    let mut out = io::stdout().lock();
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::Success,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::Success,
        Err(error) => complain(ExitCode::Unusable, &[format!("cannot write to stdout: {error}")]),
    }
}

/// Tells what is wrong.
pub(super) fn complain(code: ExitCode, messages: &[String]) -> ExitCode {
    for message in messages {
        note_as("error", message);
    }
    code
}

/// Tells something that is good to know.
pub(super) fn note(text: &str) {
    note_as("note", text);
}

fn note_as(kind: &str, text: &str) {
    // Whoever closed stderr does not want to know.
    let _ = writeln!(anstream::stderr(), "{kind}: {text}");
}
