//! Reads the command line. Error messages repeat it, and so leave out everything that a terminal or a CI server would obey.

use std::ffi::OsString;

use clap::error::Error;
use clap::{CommandFactory, Parser};

use crate::cli::shell::slips;
use crate::cli::{Cli, ExitCode};
use crate::system::sink::{harmless, stderr};

/// Reads these words, the first of which is the program's name. If it returns an exit code, the message is printed already.
pub(crate) fn read(words: Vec<OsString>) -> Result<Cli, ExitCode> {
    Cli::try_parse_from(&words).map_err(|error| {
        let code = if error.use_stderr() { ExitCode::Usage } else { ExitCode::Success };
        // Nobody reads a closed stream.
        let _ = match harmless_error(&words, error) {
            Ok(error) => slips::guessed(error, &mut Cli::command(), &words).print(),
            Err(text) => stderr().text(&text),
        };
        code
    })
}

/// Clap's message on the same command line in harmless words, with its colours; if those words would be valid, its original
/// message as text.
fn harmless_error(words: &[OsString], error: Error) -> Result<Error, String> {
    let written: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let harmless: Vec<_> = written.iter().map(|word| harmless(word)).collect();
    if written == harmless {
        return Ok(error);
    }
    Cli::try_parse_from(harmless.iter().map(|word| &**word)).err().ok_or_else(|| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(words: &[&str]) -> String {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let error = Cli::try_parse_from(&words).unwrap_err();
        harmless_error(&words, error).unwrap().to_string()
    }

    #[test]
    fn what_is_wrong_is_told_in_harmless_words() {
        let text = told(&["yamux-conform", "run", "--\u{1b}[2Jx\n::error::y\u{9b}##[z]"]);
        assert!(text.contains(r"'--\u{1b}[2Jx\n::error::y\u{9b}##\[z]'"), "{text}");
        let text = told(&["yamux-conform", "run", "--target", "a\u{202e}\r"]);
        assert!(text.contains(r"did you mean shim:a\u{202e}\r?"), "{text}");
    }

    #[test]
    fn ordinary_words_are_repeated_as_they_are() {
        assert!(told(&["yamux-conform", "run", "--grün"]).contains("'--grün'"));
    }
}
