//! Output: the only way by which text and report files leave this program.
//!
//! Much of it is untrusted: a shim's answers and stderr, scenarios, ledgers, file names. None of it can move the cursor,
//! set a colour, end a line, or give a command to the CI server that reads the log.

mod escape;
mod file;
mod json;
mod terminal;
pub(crate) mod workflow;
mod wrap;

use std::borrow::Cow;
use std::io::{self, IsTerminal};
use std::path::Path;

pub(crate) use anstream::{AutoStream, ColorChoice};
pub(crate) use escape::{escape, is_harmless};
pub(crate) use file::{append_file, path_below, room_behind, write_file, write_file_with};
pub(crate) use json::json_line;
pub(crate) use terminal::{Line, MAX_PADDING, Terminal};
pub(crate) use wrap::{columns_of, stdout_width, wrapped};

/// A path in messages: one word of one line, whatever its files are called.
pub(crate) fn path_name(path: impl AsRef<Path>) -> String {
    escape(&path.as_ref().display().to_string()).into_owned()
}

/// `text` as part of another line.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    match escape(text) {
        Cow::Borrowed(text) => workflow::defuse(text),
        Cow::Owned(text) => Cow::Owned(workflow::defuse(&text).into_owned()),
    }
}

/// A terminal on the standard output.
pub(crate) type Stdout = Terminal<AutoStream<io::Stdout>>;

/// The standard output, for people. With `ColorChoice::Auto`, `NO_COLOR`, `CLICOLOR_FORCE` and the terminal decide.
pub(crate) fn stdout(color: ColorChoice) -> Stdout {
    Terminal::new(AutoStream::new(io::stdout(), color))
}

/// The standard error, for people.
pub(crate) fn stderr() -> Terminal<AutoStream<io::Stderr>> {
    Terminal::new(AutoStream::auto(io::stderr()))
}

/// The standard output as it is: for JSON lines, workflow commands, and documents of our own.
pub(crate) fn plain_stdout() -> io::Stdout {
    io::stdout()
}

/// Whether the standard output is a terminal.
pub(crate) fn is_stdout_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether the standard error is a terminal.
pub(crate) fn is_stderr_terminal() -> bool {
    io::stderr().is_terminal()
}
