//! `yamux-conform trace`: traces in other formats.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::cli::ExitCode;
use crate::report::capture::{Capture, Conversation};
use crate::runner::Refused;
use crate::runner::golden::{self, GoldenBody};
use crate::system::input;
use crate::system::sink::{path_name, write_file_with};
use crate::trace::{Meta, Trace};
use crate::yamux::frame::Side;

/// Write traces in other formats
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub struct TraceArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: TraceCommand,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum TraceCommand {
    Export(TraceExportArgs),
}

/// Write exact traces as a capture (pcapng) for Wireshark
///
/// Each trace is a TCP connection of its own, on port 7777. Payload is the harness's pattern where the checksum in the trace shows
/// that it was, else zeros. Canonical traces hold no frames, and cannot be written.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct TraceExportArgs {
    /// Trace files, and folders that are searched for them: golden traces, and those of run --trace-dir
    #[arg(value_name = "TRACE", required = true)]
    pub traces: Vec<PathBuf>,

    /// Where to write them
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,

    /// The seed of the run that they are from
    #[arg(long, value_name = "SEED", default_value = "0")]
    pub seed: u64,
}

impl TraceArgs {
    /// Does it, and returns the exit code.
    pub(crate) fn execute(&self) -> Result<ExitCode, Refused> {
        let TraceCommand::Export(args) = &self.command;
        args.execute()
    }
}

impl TraceExportArgs {
    fn execute(&self) -> Result<ExitCode, Refused> {
        let traces = self.read().map_err(Refused::bad_input)?;
        if traces.is_empty() {
            return Err(Refused::nothing_selected(["expected traces, found none"]));
        }
        self.write(&traces)
    }

    /// All traces, or the problem of each.
    fn read(&self) -> Result<Vec<(Meta, Side, Trace)>, Vec<String>> {
        let (mut files, mut wrong) = (Vec::new(), Vec::new());
        for path in &self.traces {
            if let Err(error) = search(path, &mut files) {
                wrong.push(error);
            }
        }
        let mut traces = Vec::new();
        for file in &files {
            match read(file) {
                Ok(trace) => traces.push(trace),
                Err(error) => wrong.push(error),
            }
        }
        if wrong.is_empty() { Ok(traces) } else { Err(wrong) }
    }

    fn write(&self, traces: &[(Meta, Side, Trace)]) -> Result<ExitCode, Refused> {
        let seed = (self.seed ^ (self.seed >> 32)) as u32;
        let written = write_file_with(&self.output, &mut |out| {
            let mut capture = Capture::new(out, &format!("{} traces", traces.len()))?;
            for (meta, subject, trace) in traces {
                let about = [format!("{} ({}, {} clock)", meta.case, meta.target, meta.clock)];
                capture.add(&Conversation {
                    about: &about,
                    subject: *subject,
                    seed,
                    trace,
                    remarks: &[],
                    verdict: None,
                })?;
            }
            Ok(())
        });
        match written {
            Ok(()) => Ok(ExitCode::Success),
            Err(error) => Err(Refused::unusable([format!("{}: {error}", path_name(&self.output))])),
        }
    }
}

/// The file, or every trace below the folder, in the order of their names.
fn search(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let wrong = |error: std::io::Error| format!("{}: {error}", path_name(path));
    let entries = fs::read_dir(path).map_err(wrong)?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(wrong)?;
    paths.sort();
    for path in paths {
        // A link might lead back to its own folder.
        let is_folder = path.is_dir() && !path.is_symlink();
        if is_folder || path.extension().is_some_and(|extension| extension == "trace") {
            search(&path, files)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<(Meta, Side, Trace), String> {
    let name = path_name(path);
    let text = input::text(path).map_err(|error| format!("{name}: {error}"))?;
    let golden =
        golden::read(&text).map_err(|error| format!("{name}:{}: {}", error.line, error.message))?;
    let GoldenBody::Exact(trace) = golden.body else {
        return Err(format!(
            "{name}: expected an exact trace, found a canonical one, which holds no frames"
        ));
    };
    let side = match golden.meta.case.rsplit_once('.') {
        Some((_, "server")) => Side::Server,
        Some((_, "client")) => Side::Client,
        _ => {
            let case = &golden.meta.case;
            return Err(format!(
                "{name}: expected a case that ends with .client or .server, found {case:?}"
            ));
        }
    };
    Ok((golden.meta, side, trace))
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform trace export golden/built-in/ping/burst.client.trace -o burst.pcapng
  yamux-conform trace export target/traces/go-hashicorp -o all.pcapng";
