//! `yamux-conform man`: the manual pages.

use std::io;
use std::path::PathBuf;

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;

use crate::cli::shell::output;
use crate::cli::{Cli, ExitCode};
use crate::runner::Refused;
use crate::system::sink::{path_name, write_file};

/// Print the manual page, or write one for each command
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ManArgs {
    /// The folder for yamux-conform.1, yamux-conform-run.1 and so on; without, the first one is printed
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

impl ManArgs {
    /// Writes them, and returns the exit code.
    pub(crate) fn execute(&self) -> Result<ExitCode, Refused> {
        let mut command = Cli::command().disable_help_subcommand(true);
        command.build();
        let Some(folder) = &self.folder else {
            return output::print_own(|out| Man::new(command).render(out));
        };
        for (name, page) in pages(&command) {
            let path = folder.join(format!("{name}.1"));
            if let Err(error) = page.and_then(|page| write_file(&path, &page)) {
                let message = format!("{}: {error}", path_name(path));
                return Err(Refused::unusable([message]));
            }
        }
        Ok(ExitCode::Success)
    }
}

/// The page of a command and of those below it, each with its name.
fn pages(command: &Command) -> Vec<(String, io::Result<Vec<u8>>)> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let mut page = Vec::new();
    let rendered = Man::new(command.clone().disable_help_subcommand(true)).render(&mut page);
    let mut all = vec![(name, rendered.map(|()| page))];
    all.extend(command.get_subcommands().flat_map(pages));
    all
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform man > yamux-conform.1
  yamux-conform man ~/.local/share/man/man1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_options() {
        let mut command = Cli::command().disable_help_subcommand(true);
        command.build();
        let pages = pages(&command);
        let text = |name: &str| {
            let (_, page) = pages.iter().find(|(other, _)| other == name).expect(name);
            String::from_utf8(page.as_ref().unwrap().clone()).unwrap()
        };
        assert!(text("yamux-conform-run").contains(r"timeout\-scale"));
        assert!(text("yamux-conform-report-merge").contains("junit"));
        assert!(text("yamux-conform").contains("yamux\\-conform\\-explain(1)"));
    }
}
