//! `yamux-conform interop`: every implementation with every other, over real sockets.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCompleter;

use crate::analysis::interop::{Conditions, Interop, html, json, markdown, meet, text};
use crate::cli::ExitCode;
use crate::cli::run::conduct::ConductArgs;
use crate::cli::selection::filters::Filters;
use crate::cli::selection::{SUITE_HELP, Selected, Selection};
use crate::cli::shell::complete;
use crate::cli::shell::output::{note, print};
use crate::cli::shell::signals::Signals;
use crate::runner::{Options, Refused, pairs};
use crate::scenario::{PeerKind, Scenario, StepKind};
use crate::shim::target::Target;
use crate::system::sink::{is_stderr_terminal, json_line, path_name, write_file};

/// Run implementations against each other, every one with every other as client and as server
///
/// Each scenario in which an application stands at both ends runs on each pair. The harness stands between the two on the
/// wire, and judges both: whose frame breaks a rule, or whose call does not end as it must, is named. Pairs that can share
/// a virtual clock do; all others run over TCP.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct InteropArgs {
    /// What takes part, as for run --target [default: built-in and each bundled library whose toolchain is there]
    #[arg(value_name = "TARGET", add = ArgValueCompleter::new(complete::targets))]
    pub targets: Vec<Target>,

    /// Scenario files, and folders that are searched for them. May be given several times [default: the whole suite]
    #[arg(long, value_name = "PATH", help_heading = SELECTION)]
    pub scenarios: Vec<PathBuf>,

    /// The suite.
    #[arg(long, help = SUITE_HELP, value_name = "DIR", help_heading = SELECTION)]
    pub suite: Option<PathBuf>,

    /// Which of them.
    #[command(flatten)]
    pub filters: Filters,

    /// Also scenarios with wire faults: transports that are stalled, slow, small or cut
    #[arg(long, help_heading = SELECTION)]
    pub wire_faults: bool,

    /// How to run and judge them.
    #[command(flatten)]
    pub conduct: ConductArgs,

    /// What to write to stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: InteropFormat,

    /// Also write a report for a browser: one file that loads nothing, with the matrix and each case
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Each failure with its calls and frames; each case that differs or is skipped, and why
    #[arg(short, long)]
    pub verbose: bool,
}

/// What to write to stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum InteropFormat {
    /// A matrix of client and server, each failure, and the answers to what scenarios ask
    #[default]
    Text,
    /// The same as a document
    Markdown,
    /// One JSON object; see `yamux-conform schema interop`
    Json,
}

impl InteropArgs {
    /// Runs all pairs, reports, and returns the exit code.
    pub(crate) fn execute(&self, signals: &Signals) -> Result<ExitCode, Refused> {
        let (paths, suite) = (self.scenarios.clone(), self.suite.clone());
        let mut selected = Selection::new(paths, suite, self.filters.clone()).load()?;
        self.leave_out(&mut selected)?;
        if let Some(lack) = selected.lacks_clauses() {
            note(&lack);
        }
        let root = selected.library_root();
        let wanted = self.conduct.wanted(&self.targets, &selected, &root);
        let interrupt = signals.in_order();
        let pairs = pairs(&wanted, &mut note);
        if let Some(signal) = interrupt.signal() {
            return Ok(ExitCode::Signalled(signal));
        }
        let options = self.options();
        let conditions = Conditions {
            scenarios: &selected.scenarios,
            filter: &selected.filter,
            clauses: &selected.clauses,
            options: &options,
        };
        let say = |done: usize, of: usize| {
            if is_stderr_terminal() && (done.is_multiple_of(PROGRESS) || done == of) {
                note(&format!("{done} of {of} pairs have met"));
            }
        };
        let interop = meet(pairs?, &conditions, &interrupt, &say);
        self.tell(&interop)
    }

    fn tell(&self, interop: &Interop) -> Result<ExitCode, Refused> {
        let printed = print(|out| match self.format {
            InteropFormat::Text => out.text(&text(interop, self.verbose)),
            InteropFormat::Markdown => out.text(&markdown(interop)),
            InteropFormat::Json => out.line(json_line(&json(interop))?),
        });
        let written = self.write_html(interop);
        match interop.exit() {
            ExitCode::Success => printed.map(|_| written),
            exit => Ok(exit),
        }
    }

    /// A report that could not be written is a failure.
    fn write_html(&self, interop: &Interop) -> ExitCode {
        let Some(path) = &self.html else { return ExitCode::Success };
        match html(interop).and_then(|page| write_file(path, page.as_bytes())) {
            Ok(()) => ExitCode::Success,
            Err(error) => {
                let file = path_name(path);
                note(&format!("a report could not be written: {file}: {error}"));
                ExitCode::Negative
            }
        }
    }

    /// Keeps the scenarios that have an application at both ends, and wire faults only if they were asked for.
    fn leave_out(&self, selected: &mut Selected) -> Result<(), Refused> {
        let all = selected.scenarios.len();
        let is_meant = |one: &Arc<Scenario>| {
            one.peer == PeerKind::App && (self.wire_faults || !has_wire_faults(one))
        };
        selected.scenarios.retain(is_meant);
        let left = selected.scenarios.len();
        if left == 0 {
            let message = "in none of these scenarios an application stands at both ends of a sound wire; see: yamux-conform interop --help".to_owned();
            return Err(Refused::nothing_selected([message]));
        }
        if left < all {
            let faults = if self.wire_faults { "" } else { ", or the wire has faults" };
            note(&format!(
                "{} of {all} scenarios are left out: their peer writes frames itself{faults}",
                all - left
            ));
        }
        Ok(())
    }

    fn options(&self) -> Options {
        let options = self.conduct.options();
        match self.conduct.jobs {
            Some(_) => options,
            // If both ends are other processes, the harness has little to do.
            None => Options { jobs: 2 * options.jobs, ..options },
        }
    }
}

fn has_wire_faults(scenario: &Scenario) -> bool {
    !scenario.wire.is_empty()
        || scenario.steps.iter().any(|step| matches!(step.kind, StepKind::Wire(_)))
}

/// The number of pairs between two progress messages.
const PROGRESS: usize = 6;

const SELECTION: &str = "Selection";

const EXAMPLES: &str = "\
Examples:
  yamux-conform interop
  yamux-conform interop go-hashicorp rust-yamux -v
  yamux-conform interop go-hashicorp go-hashicorp@v0.1.1 -i 'half-close/*'
  yamux-conform interop built-in 'mine=shim:./my-shim' --clock live
  yamux-conform interop --format json > interop.json";
