//! `yamux-conform export`: the suite inside this program as files.

use std::path::PathBuf;

use clap::Args;

use crate::cli::ExitCode;
use crate::cli::shell::output;
use crate::runner::Refused;
use crate::system::sink::path_name;
use crate::system::suite::export;

/// Write the suite inside this program into a folder
///
/// The scenarios with their clauses, the golden traces, the ledgers of known deviations, the JSON schemas, and the shims of
/// the bundled libraries. Run in that folder, yamux-conform takes it for the suite; elsewhere, `--suite DIR` names it.
///
/// A run without an exported suite unpacks it into the user's cache folder, or into the one that YAMUX_CONFORM_CACHE names,
/// and builds shims there.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ExportArgs {
    /// Where to: a folder that is empty, or not there yet
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

impl ExportArgs {
    /// Writes it, and returns the exit code.
    pub(crate) fn execute(&self) -> Result<ExitCode, Refused> {
        let dir = path_name(&self.dir);
        let files =
            export(&self.dir).map_err(|error| Refused::bad_input([format!("{dir}: {error}")]))?;
        output::print(|out| {
            out.line(format!("{files} files; run them: yamux-conform run --suite {dir}"))
        })
    }
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform export my-suite
  yamux-conform run --suite my-suite";
