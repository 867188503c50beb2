//! `yamux-conform completions`: what a shell needs to complete our command lines.

use std::io;

use clap::{Args, CommandFactory};
use clap_complete::{Generator, Shell};

use crate::cli::Cli;

/// Print the completions of a shell
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// Which shell
    pub shell: Shell,
}

impl CompletionsArgs {
    /// Writes the script to `out`.
    pub fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let mut command = Cli::command();
        command.set_bin_name("yamux-conform");
        command.build();
        self.shell.try_generate(&command, out)
    }
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform completions bash > ~/.local/share/bash-completion/completions/yamux-conform
  yamux-conform completions fish > ~/.config/fish/completions/yamux-conform.fish";

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_shell_gets_a_script_that_knows_our_options() {
        for shell in Shell::value_variants() {
            let mut out = Vec::new();
            CompletionsArgs { shell: *shell }.write(&mut out).unwrap();
            let script = String::from_utf8(out).unwrap();
            assert!(
                script.contains("timeout-scale") && script.contains("yamux-conform"),
                "{shell}"
            );
        }
    }

    #[test]
    fn a_pipe_that_was_closed_is_an_error_and_no_panic() {
        let mut full: [u8; 4] = [0; 4];
        assert!(CompletionsArgs { shell: Shell::Bash }.write(&mut full.as_mut_slice()).is_err());
    }
}
