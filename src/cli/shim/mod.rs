//! `yamux-conform shim`: serve the built-in yamux as a shim, check another shim, or start one.

pub(crate) mod init;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::ExitCode;
use crate::cli::shim::init::ShimInitArgs;
use crate::runner::Refused;
use crate::shim::check::{self, CheckFormat, Conclusion};
use crate::shim::serve;
use crate::system::sink::plain_stdout;

/// Serve the built-in yamux as a shim, check another shim, or begin one
///
/// Without a subcommand: speaks the shim protocol on stdin and stdout and drives the built-in yamux, as a shim for any
/// other implementation would.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ShimArgs {
    /// What else to do than serve.
    #[command(subcommand)]
    pub command: Option<ShimCommand>,
}

/// What else to do with a shim than serve.
#[derive(Clone, Debug, Subcommand)]
pub enum ShimCommand {
    Check(ShimCheckArgs),
    Init(ShimInitArgs),
}

/// Check whether a command keeps the shim protocol
///
/// Starts it, asks it what every shim must answer, and says where it does not. Its yamux is not judged: where that is what
/// stands in the way, the result is `library`, and the shim is right.
#[derive(Args, Clone, Debug)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct ShimCheckArgs {
    /// What to write to stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: ShimCheckFormat,

    /// The command that starts the shim, and its arguments, behind --
    #[arg(value_name = "COMMAND", last = true, required = true)]
    pub command: Vec<String>,
}

/// What `shim check` writes to stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ShimCheckFormat {
    /// A line for each check, more where it is not ok, and a last line with the counts
    #[default]
    Human,
    /// One JSON object for each check and line; see `yamux-conform schema shim-check`
    Json,
}

impl From<ShimCheckFormat> for CheckFormat {
    fn from(format: ShimCheckFormat) -> Self {
        match format {
            ShimCheckFormat::Human => Self::Human,
            ShimCheckFormat::Json => Self::Json,
        }
    }
}

impl ShimArgs {
    /// Serves, checks or creates one, and returns the exit code.
    pub(crate) fn execute(&self) -> Result<ExitCode, Refused> {
        match &self.command {
            Some(ShimCommand::Check(args)) => args.execute(),
            Some(ShimCommand::Init(args)) => args.execute(),
            None => serve(),
        }
    }
}

/// Serves the built-in yamux as a shim.
pub(super) fn serve() -> Result<ExitCode, Refused> {
    match serve::serve() {
        Ok(()) => Ok(ExitCode::Success),
        Err(error) => Err(Refused::unusable([format!("cannot serve: {error}")])),
    }
}

impl ShimCheckArgs {
    fn execute(&self) -> Result<ExitCode, Refused> {
        match check::check(&self.command, self.format.into(), &mut plain_stdout()) {
            Ok(Conclusion::Keeps) => Ok(ExitCode::Success),
            Ok(Conclusion::Breaks) => Ok(ExitCode::Negative),
            Ok(Conclusion::CannotStart(error)) => {
                let command = self.command.join(" ");
                let next = "is it there, and may it be executed?";
                Err(Refused::unusable([format!("cannot start {command}: {error}; {next}")]))
            }
            // A closed pipe ends the check early, which is no success.
            Err(error) => Err(Refused::unusable([format!("cannot write to stdout: {error}")])),
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform run --target 'mine=shim:yamux-conform shim'
  yamux-conform shim init --lang python my-shim
  yamux-conform shim check -- ./my-shim --verbose";

const CHECK_EXAMPLES: &str = "\
Examples:
  yamux-conform shim check -- ./my-shim --verbose
  yamux-conform shim check --format json -- yamux-conform shim";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Command;
    use crate::cli::tests::{assert_usage_error, parse};

    #[test]
    fn without_a_subcommand_it_serves() {
        let command = parse("yamux-conform shim").unwrap();
        assert!(matches!(command, Command::Shim(ShimArgs { command: None })));
    }

    #[test]
    fn the_command_behind_the_dashes_keeps_its_options() {
        let command = parse("yamux-conform shim check -- ./my-shim --help -v").unwrap();
        let Command::Shim(ShimArgs { command: Some(ShimCommand::Check(args)) }) = command else {
            panic!("{command:?}");
        };
        assert_eq!(args.command, ["./my-shim", "--help", "-v"]);
        assert_eq!(args.format, ShimCheckFormat::Human);
        assert_usage_error("yamux-conform shim check", "<COMMAND>...");
    }
}
