//! Suggestions for a word that clap does not know. Clap compares how words begin, so that `--fliter` would become `--list`;
//! this compares transposed letters, and knows the names that other programs use.

use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::scenario::nearest;

/// `error`, about these words of `command`, with a better suggestion.
pub(crate) fn guessed(mut error: Error, command: &mut Command, words: &[OsString]) -> Error {
    let words: Vec<_> = words.iter().skip(1).map(|word| word.to_string_lossy()).collect();
    command.build();
    let mut command = command;
    for word in &words {
        if command.find_subcommand(&**word).is_none() {
            continue;
        }
        command = command.find_subcommand_mut(&**word).expect("it was found just now");
    }
    match error.kind() {
        ErrorKind::UnknownArgument => guess_argument(&mut error, command),
        ErrorKind::InvalidSubcommand => guess_subcommand(&mut error, command),
        _ => {}
    }
    error
}

fn guess_argument(error: &mut Error, command: &mut Command) {
    let Some(ContextValue::String(found)) = error.get(ContextKind::InvalidArg) else { return };
    let Some(found) = found.strip_prefix("--") else { return };
    let name = found.split('=').next().unwrap_or(found).to_owned();
    let longs: Vec<String> = command
        .get_arguments()
        .filter_map(|argument| argument.get_long().map(str::to_owned))
        .collect();
    let has = |name: &str| longs.iter().any(|long| long == name);
    let guesses = ELSEWHERE.iter().filter(|(_, here)| has(here)).map(|(there, _)| *there);
    let near = nearest(&name, longs.iter().map(String::as_str).chain(guesses));
    let near = near.map(|near| {
        let here = ELSEWHERE.iter().find(|(there, here)| *there == near && has(here));
        here.map_or(near, |(_, here)| *here)
    });
    // Clap's hints to pass it as a value, or on other options, help nobody.
    error.remove(ContextKind::Suggested);
    error.remove(ContextKind::SuggestedArg);
    error.insert(ContextKind::Usage, ContextValue::StyledStr(command.render_usage()));
    if let Some(near) = near {
        error.insert(ContextKind::SuggestedArg, ContextValue::String(format!("--{near}")));
    }
}

fn guess_subcommand(error: &mut Error, command: &Command) {
    let Some(ContextValue::String(found)) = error.get(ContextKind::InvalidSubcommand) else {
        return;
    };
    let found = found.clone();
    error.remove(ContextKind::SuggestedSubcommand);
    let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    let known = ELSEWHERE_COMMANDS.iter().map(|(there, _)| *there);
    if let Some(near) = nearest(&found, names.iter().copied().chain(known)) {
        let here =
            ELSEWHERE_COMMANDS.iter().find(|(there, here)| *there == near && names.contains(here));
        let near = here.map_or(near, |(_, here)| *here);
        if names.contains(&near) {
            let near = ContextValue::Strings(vec![near.to_owned()]);
            error.insert(ContextKind::SuggestedSubcommand, near);
        }
    }
}

/// Other programs' names for our options.
const ELSEWHERE: [(&str, &str); 9] = [
    ("filter", "id"),
    ("only", "id"),
    ("name", "id"),
    ("exclude", "skip"),
    ("output", "format"),
    ("reporter", "format"),
    ("threads", "jobs"),
    ("implementation", "target"),
    ("timeout", "timeout-scale"),
];

/// Their names for our commands.
const ELSEWHERE_COMMANDS: [(&str, &str); 4] =
    [("test", "run"), ("show", "explain"), ("lint", "check"), ("validate", "check")];

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::Cli;

    #[track_caller]
    fn told(words: &str) -> String {
        let words: Vec<OsString> = words.split(' ').map(OsString::from).collect();
        let error = Cli::try_parse_from(&words).unwrap_err();
        guessed(error, &mut Cli::command(), &words).to_string()
    }

    #[test]
    fn an_option_gets_the_guess_that_was_meant() {
        for (words, tip) in [
            ("x run --fliter a", "'--id'"),
            ("x run --targets a", "'--target'"),
            ("x run --fail_fast", "'--fail-fast'"),
            ("x list --exclude a", "'--skip'"),
            ("x run --verbos", "'--verbose'"),
        ] {
            let text = told(words);
            assert!(text.contains(&format!("similar argument exists: {tip}")), "{text}");
        }
        let text = told("x list --rule FLOW-30");
        assert!(!text.contains("tip"), "{text}");
        assert!(text.contains("Usage: yamux-conform list [OPTIONS]"), "{text}");
    }

    #[test]
    fn a_command_gets_the_guess_that_was_meant() {
        for (words, tip) in [("x rnu", "'run'"), ("x shim chek", "'check'"), ("x test", "'run'")] {
            let text = told(words);
            assert!(text.contains(&format!("similar subcommand exists: {tip}")), "{text}");
        }
        assert!(!told("x elephant").contains("similar"));
    }
}
