//! Results go to stdout, messages for people to stderr.

use std::borrow::Cow;
use std::io::{self, ErrorKind, Write};

use crate::cli::ExitCode;
use crate::runner::Refused;
use crate::system::sink::{ColorChoice, Stdout, plain_stdout, stderr, stdout};

/// Writes a result. A closed pipe (`| head`) is no error.
pub(crate) fn print(
    write: impl FnOnce(&mut Stdout) -> io::Result<()>,
) -> Result<ExitCode, Refused> {
    print_in(ColorChoice::Never, write)
}

/// Writes a result with colours.
pub(crate) fn print_in(
    color: ColorChoice,
    write: impl FnOnce(&mut Stdout) -> io::Result<()>,
) -> Result<ExitCode, Refused> {
    let mut out = stdout(color);
    written(write(&mut out).and_then(|()| out.flush()))
}

/// Writes a document of our own as it is: it must not contain untrusted text.
pub(crate) fn print_own(
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<ExitCode, Refused> {
    let mut out = plain_stdout();
    written(write(&mut out).and_then(|()| out.flush()))
}

fn written(result: io::Result<()>) -> Result<ExitCode, Refused> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Refused::unusable([format!("cannot write to stdout: {error}")]))
        }
        Ok(()) | Err(_) => Ok(ExitCode::Success),
    }
}

/// Prints why a command cannot continue. Returns its exit code.
pub(crate) fn complain(refused: &Refused) -> ExitCode {
    refused.messages().iter().for_each(|message| note_as("error", message));
    refused.exit_code()
}

/// Prints a note.
pub(crate) fn note(text: &str) {
    note_as("note", text);
}

fn note_as(kind: &str, text: &str) {
    // Nobody reads a closed stderr.
    let _ = stderr().paragraph(format!("{kind}: ").into(), &shortened(text));
}

/// A message with the middle of its quotations cut out if it is too long to read: it begins with the place and ends with what
/// to do.
fn shortened(text: &str) -> Cow<'_, str> {
    let length = text.chars().count();
    if length <= 2 * LONGEST_PART {
        return text.into();
    }
    let begin: String = text.chars().take(LONGEST_PART).collect();
    let end: String = text.chars().skip(length - LONGEST_PART).collect();
    format!("{begin} ... ({} characters left out) ... {end}", length - 2 * LONGEST_PART).into()
}

/// In characters.
const LONGEST_PART: usize = 1000;
