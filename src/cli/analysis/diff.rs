//! `yamux-conform diff`: compare two traces.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::shell::output::{self};
use crate::cli::{Color, ExitCode};
use crate::runner::Refused;
use crate::runner::golden::{self, Golden, GoldenBody};
use crate::system::input;
use crate::system::sink::{Line, path_name};
use crate::trace::{diff_exact, diff_meaning};

/// Compare two traces
///
/// Compares what they mean: order within a stream and direction counts; times, ping values, and how data and credit
/// were cut up do not. Exit code 1 if they differ.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct DiffArgs {
    /// The trace to compare with
    #[arg(value_name = "EXPECTED")]
    pub expected: PathBuf,

    /// The trace to compare
    #[arg(value_name = "OBSERVED")]
    pub observed: PathBuf,

    /// Compare frame by frame, with times
    #[arg(long)]
    pub exact: bool,
}

impl DiffArgs {
    /// Compares, prints the difference, and returns the exit code.
    pub(crate) fn execute(&self, color: Color) -> Result<ExitCode, Refused> {
        let (expected, observed) = match (read(&self.expected), read(&self.observed)) {
            (Ok(expected), Ok(observed)) => (expected, observed),
            (expected, observed) => {
                return Err(Refused::bad_input(expected.err().into_iter().chain(observed.err())));
            }
        };
        let diff = match (&expected.body, &observed.body, self.exact) {
            (GoldenBody::Exact(expected), GoldenBody::Exact(observed), true) => {
                diff_exact(expected, observed)
            }
            (_, _, true) => {
                let message =
                    "--exact needs two exact traces; one of these is canonical".to_owned();
                return Err(Refused::bad_input([message]));
            }
            _ => diff_meaning(&expected.meaning(), &observed.meaning()),
        };
        let Some(diff) = diff else { return Ok(ExitCode::Success) };
        let names = (path_name(&self.expected), path_name(&self.observed));
        let rows = diff.side_by_side(WIDTH, (&names.0, &names.1));
        output::print_in(color.into(), |out| {
            out.line(diff.sentence.as_str())?;
            rows.into_iter().try_for_each(|(style, row)| out.line(Line::styled(style, row)))
        })?;
        Ok(ExitCode::Negative)
    }
}

fn read(path: &Path) -> Result<Golden, String> {
    let text = input::text(path).map_err(|error| match error.place {
        Some((line, column)) => format!("{}:{line}:{column}: {error}", path_name(path)),
        None => format!("{}: {error}", path_name(path)),
    })?;
    golden::read(&text)
        .map_err(|error| format!("{}:{}: {}", path_name(path), error.line, error.message))
}

const WIDTH: usize = 120;

const EXAMPLES: &str = "\
Examples:
  yamux-conform diff golden/built-in/ping/burst.client.trace after.trace
  yamux-conform diff --exact before.trace after.trace";
