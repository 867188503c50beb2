//! The JSON report as a file, beside whatever goes to stdout: written in one piece at the end of the run, as JUnit is.

use std::io;
use std::path::PathBuf;

use crate::report::{Json, Reporter, RunEvent};
use crate::sink::{path_name, write_file};

/// Keeps the lines of `Json`, and writes the file at the end of the run or not at all.
#[derive(Debug)]
pub struct JsonFile {
    path: PathBuf,
    lines: Json<Vec<u8>>,
}

impl JsonFile {
    /// A reporter that writes `path`, in whose folder it needs to create a file.
    pub const fn new(path: PathBuf) -> Self {
        Self { path, lines: Json::new(Vec::new()) }
    }
}

impl Reporter for JsonFile {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        self.lines.report(event)?;
        if matches!(event, RunEvent::RunFinished(_)) {
            write_file(&self.path, &self.lines.out)
                .map_err(|error| io::Error::other(format!("{}: {error}", path_name(&self.path))))?;
        }
        Ok(())
    }
}
