//! `KeptReport`: JSON reports that a run writes to files, besides its output on stdout.

use std::path::PathBuf;

use clap::Args;

use crate::cli::run::portion::{keeps_reports, last_report};
use crate::report::{JsonFile, Reporters};

// Not a doc comment: clap would use it as the help of the command that has these arguments.
#[derive(Args, Clone, Debug, Default)]
pub struct KeptReport {
    /// Also write the report of --format json to a file, for `report merge`, --rerun and `compare`
    #[arg(long = "json", value_name = "FILE", help_heading = "Output")]
    pub json: Option<PathBuf>,
}

impl KeptReport {
    /// Adds the reporters for the files. The folder for the last report must be made by the user.
    pub(crate) fn push_to(&self, reporters: &mut Reporters) {
        let last = keeps_reports().then(last_report);
        for path in self.json.clone().into_iter().chain(last) {
            reporters.push(JsonFile::new(path));
        }
    }
}
