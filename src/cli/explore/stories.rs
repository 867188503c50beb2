//! `StoryArgs`: which implementations play stories, by what they are judged, and where surprises go.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use clap_complete::ArgValueCompleter;

use crate::analysis::explore::{
    Account, Desk, StoryFinding, StoryOrigin, StoryRun, Surprise, told,
};
use crate::cli::ExitCode;
use crate::cli::analysis::profile::best_clocks;
use crate::cli::run::conduct::{clock, dialect};
use crate::cli::selection::filters::Filters;
use crate::cli::selection::{SUITE_HELP, Selected, Selection};
use crate::cli::shell::complete;
use crate::cli::shell::output::{note, print};
use crate::cli::shell::signals::Signals;
use crate::report::{Json, JsonFile, Portion, Reporter, Reporters};
use crate::runner::verdict::Clock;
use crate::runner::{InterruptHandle, PlannedTarget, Refused, Wanted, prepare};
use crate::scenario::Dialect;
use crate::shim::target::Target;
use crate::system::sink::plain_stdout;

// Not a doc comment: clap would use it as the help of the command that has these arguments.
#[derive(Args, Clone, Debug)]
pub struct StoryArgs {
    /// What to play on, as for run --target [default: built-in]
    #[arg(value_name = "TARGET", add = ArgValueCompleter::new(complete::targets))]
    pub targets: Vec<Target>,

    /// The same; may be given several times
    #[arg(long = "target", value_name = "TARGET", add = ArgValueCompleter::new(complete::targets))]
    pub more_targets: Vec<Target>,

    /// The suite, whose clauses and ledgers count.
    #[arg(long, help = SUITE_HELP, value_name = "DIR")]
    pub suite: Option<PathBuf>,

    /// What to judge targets by beyond what every yamux must do, as for run --dialect
    #[arg(long = "dialect", value_name = "[TARGET=]DIALECT", value_parser = dialect)]
    pub dialects: Vec<(Option<String>, Dialect)>,

    /// Only this clock [default: the virtual one where the target has it, else the live one]
    #[arg(long, value_parser = clock())]
    pub clock: Option<Clock>,

    /// Keep each surprise in this folder, as a scenario called CLAUSE-WHAT.json; no file is replaced by another one
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub save: Option<PathBuf>,

    /// Also write the report of --format json to a file, for `report merge` and `compare`
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub json: Option<PathBuf>,

    /// List the clauses that the implementation had occasion to break, too
    #[arg(short, long, help_heading = "Output")]
    pub verbose: bool,
}

/// What stories are played with.
pub(crate) struct Troupe {
    pub(crate) selected: Selected,
    pub(crate) targets: Vec<PlannedTarget>,
    pub(crate) beside: Option<PlannedTarget>,
}

/// What a command plays.
pub(crate) struct Programme<'a> {
    /// The command.
    pub(crate) command: &'static str,
    /// The options with which the command plays the same stories again, but its targets.
    pub(crate) options: String,
    /// What the stories are drawn from.
    pub(crate) seed: u64,
    /// Which stories.
    pub(crate) portion: Portion,
    /// The implementation that each is compared with.
    pub(crate) beside: Option<&'a Target>,
    /// Whether stdout gets text; else it gets the events of a run.
    pub(crate) is_text: bool,
}

/// Plays on one implementation. Returns what its stories came to, and what could not be written.
type Play<'a> =
    dyn Fn(&Troupe, &PlannedTarget, &InterruptHandle, Intake<'_>) -> (Account, Vec<String>) + 'a;

impl StoryArgs {
    /// Plays on each implementation, reports, and returns the exit code.
    pub(crate) fn perform(
        &self,
        programme: Programme<'_>,
        signals: &Signals,
        play: &Play<'_>,
    ) -> Result<ExitCode, Refused> {
        let interrupt = signals.in_order();
        let troupe = self.troupe(programme.beside);
        if let Some(signal) = interrupt.signal() {
            return Ok(ExitCode::Signalled(signal));
        }
        let troupe = troupe?;
        let clauses = &troupe.selected.clauses;
        let began = Instant::now();
        let (mut accounts, mut problems) = (Vec::new(), Vec::new());
        for target in &troupe.targets {
            if interrupt.has_come() {
                break;
            }
            let intake = Intake::new(self.desk(&troupe, target, &interrupt), programme.is_text);
            let (account, wrong) = play(&troupe, target, &interrupt, intake);
            if programme.is_text {
                let text = told::account(&account, &target.info, self.verbose.then_some(clauses));
                print(|out| out.text(&(text + &told::next(&account, &target.info))))?;
            }
            accounts.push((target, account));
            problems.extend(wrong);
        }
        let run = StoryRun {
            command: programme.command,
            options: programme.options + &self.options(),
            seed: programme.seed,
            portion: programme.portion,
            accounts,
            clauses,
            problems,
            elapsed: began.elapsed(),
            signal: interrupt.signal(),
        };
        Ok(self.conclude(&run, !programme.is_text))
    }

    /// Those that decide how stories are played.
    fn options(&self) -> String {
        self.clock.map_or_else(String::new, |clock| format!(" --clock {clock}"))
    }

    /// Finds, builds and asks what is to play.
    fn troupe(&self, beside: Option<&Target>) -> Result<Troupe, Refused> {
        let selected = Selection::new(Vec::new(), self.suite.clone(), Filters::default()).load()?;
        let root = selected.library_root();
        let mut names: Vec<Target> = [&*self.targets, &*self.more_targets].concat();
        if names.is_empty() {
            names.push(Target::BuiltIn);
        }
        let targets = self.prepared(&names, &selected, &root)?;
        let beside = match beside {
            Some(name) => {
                self.prepared(std::slice::from_ref(name), &selected, &root)?.into_iter().next()
            }
            None => None,
        };
        Ok(Troupe { selected, targets, beside })
    }

    fn prepared(
        &self,
        names: &[Target],
        selected: &Selected,
        root: &Path,
    ) -> Result<Vec<PlannedTarget>, Refused> {
        let wanted = Wanted {
            known_root: selected.beside("known"),
            scope: selected.scope(),
            dialects: &self.dialects,
            clock: self.clock,
            ..Wanted::of(names, root)
        };
        let targets = best_clocks(prepare(&wanted, &mut note)?);
        if targets.is_empty() {
            return Err(Refused::nothing_selected(["none of the targets runs here"]));
        }
        Ok(targets)
    }

    /// What takes in the surprises of a target.
    fn desk<'a>(
        &'a self,
        troupe: &'a Troupe,
        target: &'a PlannedTarget,
        interrupt: &'a InterruptHandle,
    ) -> Desk<'a> {
        Desk {
            target,
            beside: troupe.beside.as_ref().map(|beside| &*beside.info.name),
            clauses: &troupe.selected.clauses,
            scenarios: &troupe.selected.scenarios,
            folder: self.save.as_deref(),
            interrupt,
            names: Vec::new(),
        }
    }

    /// Emits the events, and returns the exit code.
    fn conclude(&self, run: &StoryRun<'_>, is_json: bool) -> ExitCode {
        let mut reporters = Reporters::default();
        if is_json {
            reporters.push(Json::new(plain_stdout()));
        }
        if let Some(path) = &self.json {
            reporters.push(JsonFile::new(path.clone()));
        }
        let mut lost = None;
        let exit = run.tell(&mut |event| match reporters.report(event) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => lost = Some(error),
            // A reader that closes the pipe has seen enough.
            Ok(()) | Err(_) => {}
        });
        run.problems.iter().for_each(|problem| note(problem));
        let Some(error) = lost else { return exit };
        note(&format!("a report could not be written: {error}"));
        if exit == ExitCode::Success { ExitCode::Negative } else { exit }
    }
}

/// Surprises of one target as they come in.
pub(crate) struct Intake<'a> {
    pub(crate) desk: Desk<'a>,
    pub(crate) is_text: bool,
    pub(crate) began: Instant,
    pub(crate) findings: Vec<StoryFinding>,
    pub(crate) problems: Vec<String>,
}

impl<'a> Intake<'a> {
    fn new(desk: Desk<'a>, is_text: bool) -> Self {
        let (findings, problems) = (Vec::new(), Vec::new());
        Self { desk, is_text, began: Instant::now(), findings, problems }
    }

    /// Takes in a surprise, which as many other stories have shown, and prints it.
    pub(crate) fn take(&mut self, surprise: Surprise, origin: StoryOrigin, more: u64) {
        let (finding, kept) = self.desk.settle(surprise, origin);
        let finding = StoryFinding { more, ..finding };
        if let Err(problem) = kept {
            self.problems.push(format!("a scenario could not be written: {problem}"));
        }
        if self.is_text {
            // A reader that closes the pipe has seen enough; the last line tells whether anything is wrong with it.
            let _ =
                print(|out| out.text(&(told::surprise(&finding, &self.desk.target.info) + "\n")));
        }
        self.findings.push(finding);
    }
}
