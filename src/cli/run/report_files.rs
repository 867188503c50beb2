//! The files a run writes besides its output: reports and captures for other programs.

use std::path::PathBuf;

use clap::Args;

use crate::report::{Html, Pcap, Reporters};

/// Files of a run for other programs.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct ReportFiles {
    /// Also write a report for a browser: one file that loads nothing, with each case, its calls and frames and its windows
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Also write what crossed the wire as a capture (pcapng) for Wireshark, each case as a TCP connection on port 7777
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,
}

impl ReportFiles {
    /// Adds a reporter for each file.
    pub(crate) fn add_to(&self, reporters: &mut Reporters) {
        if let Some(path) = &self.html {
            reporters.push(Html::new(path.clone()));
        }
        if let Some(path) = &self.pcap {
            reporters.push(Pcap::new(path.clone()));
        }
    }
}
