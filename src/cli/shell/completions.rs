//! `yamux-conform completions`: the script with which a shell completes our command lines, ids and targets included.

use std::{env, io};

use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory};
use clap_complete::CompleteEnv;
use clap_complete::env::Shells;

use crate::cli::Cli;

/// Print what makes a shell complete our command lines
///
/// The shell asks this program for what may come next, so that scenarios, areas, tags, clauses and targets are completed as
/// well as options. Have it read anew when the shell starts, or write it again after an upgrade.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_parser = shell())]
    pub shell: String,
}

impl CompletionsArgs {
    /// Writes the script to `out`.
    pub fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let shells = Shells::builtins();
        let shell =
            shells.completer(&self.shell).ok_or_else(|| io::Error::other("no such shell"))?;
        let program = "yamux-conform";
        // By name, so that the script stays valid wherever on PATH the program is moved to.
        shell.write_registration(VARIABLE, program, program, program, out)
    }
}

/// If a shell asks for completions, prints them and ends the program.
pub(crate) fn complete_if_asked() {
    if env::var_os(VARIABLE).is_some() {
        CompleteEnv::with_factory(Cli::command).var(VARIABLE).complete();
    }
}

fn shell() -> PossibleValuesParser {
    Shells::builtins().names().map(str::to_owned).collect::<Vec<_>>().into()
}

/// The variable that a shell sets to ask.
const VARIABLE: &str = "YAMUX_CONFORM_COMPLETE";

const EXAMPLES: &str = "\
Examples:
  yamux-conform completions bash > ~/.local/share/bash-completion/completions/yamux-conform
  yamux-conform completions fish > ~/.config/fish/completions/yamux-conform.fish";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::tests::assert_usage_error;

    #[test]
    fn every_shell_gets_a_script_that_asks_us() {
        for shell in Shells::builtins().names() {
            let mut out = Vec::new();
            CompletionsArgs { shell: shell.to_owned() }.write(&mut out).unwrap();
            let script = String::from_utf8(out).unwrap();
            assert!(script.contains(VARIABLE) && script.contains("yamux-conform"), "{shell}");
        }
        assert_usage_error("yamux-conform completions csh", "[possible values: bash, elvish, fish");
    }

    #[test]
    fn a_pipe_that_was_closed_is_an_error_and_no_panic() {
        let mut full: [u8; 4] = [0; 4];
        let args = CompletionsArgs { shell: "bash".to_owned() };
        assert!(args.write(&mut full.as_mut_slice()).is_err());
    }
}
