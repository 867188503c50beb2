//! What a run writes beside its output: reports and captures for other programs.

use std::path::PathBuf;

use clap::Args;

use crate::report::{Html, Reporters};

/// Files of a run for other programs.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct Exports {
    /// Also write a report for a browser: one file that loads nothing, with each case, its calls and frames and its windows
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

impl Exports {
    /// Adds a reporter for each file.
    pub(super) fn add_to(&self, reporters: &mut Reporters) {
        if let Some(path) = &self.html {
            reporters.push(Html::new(path.clone()));
        }
    }
}
