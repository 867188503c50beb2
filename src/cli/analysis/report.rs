//! `yamux-conform report`: commands on the JSON reports of runs.

use std::io::ErrorKind;
use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand};

use crate::analysis::compare::Merged;
use crate::cli::analysis::release::read_recorded;
use crate::cli::run::{Format, reporter_on_stdout};
use crate::cli::shell::output::note;
use crate::cli::{Color, ExitCode};
use crate::report::{Junit, Reporter, Reporters, Verbosity};
use crate::runner::Refused;

/// Work with the JSON reports of runs
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ReportArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ReportCommand,
}

/// What to do with reports.
#[derive(Clone, Debug, Subcommand)]
pub enum ReportCommand {
    Merge(ReportMergeArgs),
}

/// Join the reports of all shards to the report of the whole run
///
/// The counts, the negative verdicts and the exit code are those of the whole. An entry of a ledger that no case of any shard
/// answered to is a problem, as it would be in one run. Reports that are not of the same version, suite, seed and targets
/// are refused, and so are overlapping or missing shards.
#[derive(Args, Clone, Debug)]
#[command(after_help = MERGE_EXAMPLES)]
pub struct ReportMergeArgs {
    /// The reports, as `run` or `fuzz` with --shard K/N and --json FILE or --format json wrote them
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// What to write to stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,

    /// Also write a JUnit report
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,

    /// A row for each scenario, every negative verdict in full, and why cases are skipped or known; twice: a row for each
    /// side, with times, and every such case
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,

    /// Only negative verdicts and the last line
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
}

impl ReportArgs {
    /// Does it, and returns the exit code.
    pub(crate) fn execute(&self, color: Color) -> Result<ExitCode, Refused> {
        let ReportCommand::Merge(merge) = &self.command;
        merge.execute(color)
    }
}

impl ReportMergeArgs {
    fn execute(&self, color: Color) -> Result<ExitCode, Refused> {
        let merged = self.merged()?;
        let verbosity = Verbosity::of(self.quiet, self.verbose);
        let mut reporters = reporter_on_stdout(self.format, verbosity, color);
        if let Some(path) = &self.junit {
            reporters.push(Junit::new(path.clone()));
        }
        Ok(tell(&merged, &mut reporters))
    }

    fn merged(&self) -> Result<Merged, Refused> {
        let reports = self.files.iter().map(|path| read_recorded(path));
        let reports = reports.collect::<Result<Vec<_>, Refused>>()?;
        Merged::of(reports).map_err(Refused::bad_input)
    }
}

fn tell(merged: &Merged, reporters: &mut Reporters) -> ExitCode {
    let mut lost = None;
    merged.tell(&mut |event| match reporters.report(event) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => lost = Some(error),
        // A reader that closes the pipe has seen enough.
        Ok(()) | Err(_) => {}
    });
    let Some(error) = lost else { return merged.exit() };
    note(&format!("a report could not be written: {error}"));
    match merged.exit() {
        ExitCode::Success => ExitCode::Negative,
        exit => exit,
    }
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform report merge shard-1.jsonl shard-2.jsonl";

const MERGE_EXAMPLES: &str = "\
Examples:
  yamux-conform report merge shard-1.jsonl shard-2.jsonl
  yamux-conform report merge target/shard-*.jsonl --format markdown --junit target/report.xml
  yamux-conform report merge target/shard-*.jsonl --format json > report.jsonl";
