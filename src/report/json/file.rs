//! `JsonFile`: the JSON report as a file, written in one piece at the end of the run.

use std::io;
use std::path::PathBuf;

use crate::report::{Json, Reporter, RunEvent};
use crate::system::sink::{path_name, write_file};

/// Keeps the lines, and writes the file at the end of the run or not at all.
#[derive(Debug)]
pub(crate) struct JsonFile {
    path: PathBuf,
    lines: Vec<u8>,
}

impl JsonFile {
    /// A reporter that writes `path`, in whose folder it needs to create a file.
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path, lines: Vec::new() }
    }
}

impl Reporter for JsonFile {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        Json::new(&mut self.lines).report(event)?;
        if !matches!(event, RunEvent::RunFinished(_)) {
            return Ok(());
        }
        // Of any kind: a file that could not be written is an error even where a closed pipe is none.
        write_file(&self.path, &self.lines)
            .map_err(|error| io::Error::other(format!("{}: {error}", path_name(&self.path))))
    }
}
