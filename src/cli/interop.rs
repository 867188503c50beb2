//! `yamux-conform interop`: every implementation with every other, over real sockets.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use glob::Pattern;

use crate::cli::ExitCode;
use crate::cli::output::{complain, note, print};
use crate::cli::run::{default_jobs, dialect, timeout_scale};
use crate::cli::selection::{Selected, Selection, clock, glob, side};
use crate::cli::signals::Signals;
use crate::frame::Side;
use crate::interop::{Conditions, Interop, json, markdown, meet, text};
use crate::runner::{Named, Options, Refused, Wanted, pairs};
use crate::scenario::{Dialect, PeerKind, Scenario, StepKind};
use crate::sink::{is_stderr_terminal, json_line};
use crate::target::Target;
use crate::verdict::Clock;

/// Run implementations against each other, every one with every other as client and as server
///
/// Each scenario in which an application stands at both ends runs on each pair. The harness stands between the two on the
/// wire, and judges both: whose frame breaks a rule, or whose call does not end as it must, is named. Pairs that can share
/// a virtual clock do; all others run over TCP.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct InteropArgs {
    /// What takes part, as for run --target [default: built-in and each bundled library whose toolchain is there]
    #[arg(value_name = "TARGET")]
    pub targets: Vec<Target>,

    /// Scenario files, and folders that are searched for them. May be given several times
    #[arg(long, value_name = "PATH", default_value = "scenarios", help_heading = SELECTION)]
    pub scenarios: Vec<PathBuf>,

    /// Only scenarios whose id matches; * matches / too. May be given several times
    #[arg(short = 'i', long = "id", value_name = "GLOB", value_parser = glob, help_heading = SELECTION)]
    pub ids: Vec<Pattern>,

    /// No scenarios whose id matches. May be given several times
    #[arg(long, value_name = "GLOB", value_parser = glob, help_heading = SELECTION)]
    pub skip: Vec<Pattern>,

    /// Only scenarios with this tag. May be given several times
    #[arg(long = "tag", value_name = "TAG", help_heading = SELECTION)]
    pub tags: Vec<String>,

    /// Only scenarios of this area, the first part of their id. May be given several times
    #[arg(long = "area", value_name = "AREA", help_heading = SELECTION)]
    pub areas: Vec<String>,

    /// Only cases in which the subject plays this side
    #[arg(long, value_parser = side(), help_heading = SELECTION)]
    pub side: Option<Side>,

    /// Also scenarios with wire faults: transports that are stalled, slow, small or cut
    #[arg(long, help_heading = SELECTION)]
    pub wire_faults: bool,

    /// What to judge a target by, as for run. May be given several times
    #[arg(long = "dialect", value_name = "[TARGET=]DIALECT", value_parser = dialect)]
    pub dialects: Vec<(Option<String>, Dialect)>,

    /// Only this clock [default: the virtual one where a pair can share it, else the live one]
    #[arg(long, value_parser = clock())]
    pub clock: Option<Clock>,

    /// How many cases run at a time [default: 48 for each processor, at most 96]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,

    /// Multiply the slack of the live clock, and the 30 s that a shim has to start, for slow machines
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = timeout_scale)]
    pub timeout_scale: f64,

    /// What everything random comes from
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,

    /// What to write to stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: InteropFormat,

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
    /// Runs all pairs, reports, and says how the program ends.
    pub(super) fn execute(&self, signals: &Signals) -> ExitCode {
        self.interop(signals).unwrap_or_else(|Refused(code, messages)| complain(code, &messages))
    }

    fn interop(&self, signals: &Signals) -> Result<ExitCode, Refused> {
        let mut selected = self.selection().load()?;
        self.leave_out(&mut selected)?;
        if let Some(lack) = selected.lacks_clauses() {
            note(&lack);
        }
        let wanted = Wanted {
            names: &self.targets,
            peer: None,
            clock: self.clock,
            required: &[],
            known: &[],
            known_root: None,
            scope: selected.scope(),
            start: &selected.library_root(),
            timeout_scale: self.timeout_scale,
            dialects: &self.dialects,
        };
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
        Ok(self.tell(&interop))
    }

    fn tell(&self, interop: &Interop) -> ExitCode {
        let printed = print(|out| match self.format {
            InteropFormat::Text => out.text(&text(interop, self.verbose)),
            InteropFormat::Markdown => out.text(&markdown(interop)),
            InteropFormat::Json => out.line(json_line(&json(interop))?),
        });
        match interop.exit() {
            ExitCode::Success => printed,
            exit => exit,
        }
    }

    fn selection(&self) -> Selection {
        Selection {
            ids: self.ids.clone(),
            skip: self.skip.clone(),
            tags: self.tags.clone(),
            areas: self.areas.clone(),
            side: self.side,
            ..Selection::of_paths(self.scenarios.clone())
        }
    }

    /// Keeps the scenarios that have an application at both ends, and no wire faults unless they were asked for.
    fn leave_out(&self, selected: &mut Selected) -> Result<(), Refused> {
        let all = selected.scenarios.len();
        let is_meant = |one: &Arc<Scenario>| {
            one.peer == PeerKind::App && (self.wire_faults || !has_wire_faults(one))
        };
        selected.scenarios.retain(is_meant);
        let left = selected.scenarios.len();
        if left == 0 {
            let message = "in none of these scenarios an application stands at both ends of a sound wire; see: yamux-conform interop --help".to_owned();
            return Err(Refused(ExitCode::NothingSelected, vec![message]));
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
        Options {
            jobs: self.jobs.map_or_else(|| 2 * default_jobs(), NonZeroUsize::get),
            timeout_scale: self.timeout_scale,
            seed: self.seed,
            golden: None,
            named: Named { dialects: self.dialects.clone(), ..Named::default() },
            compares_all: false,
            fail_fast: false,
        }
    }
}

fn has_wire_faults(scenario: &Scenario) -> bool {
    !scenario.wire.is_empty()
        || scenario.steps.iter().any(|step| matches!(step.kind, StepKind::Wire(_)))
}

/// So many pairs between two words about them.
const PROGRESS: usize = 6;

const SELECTION: &str = "Selection";

const EXAMPLES: &str = "\
Examples:
  yamux-conform interop
  yamux-conform interop go-hashicorp rust-yamux -v
  yamux-conform interop go-hashicorp go-hashicorp@v0.1.1 -i 'half-close/*'
  yamux-conform interop built-in 'mine=shim:./my-shim' --clock live
  yamux-conform interop --format json > interop.json";
