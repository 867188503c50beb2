//! `StoryArgs`: which implementations play stories, what they are judged by, and where surprises are written.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use clap_complete::ArgValueCompleter;

use crate::analysis::explore::{
    StoryFinding, StoryOrigin, StoryRun, Surprise, Totals, Triage, text,
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
    /// What to play stories on, as for run --target [default: built-in]
    #[arg(value_name = "TARGET", add = ArgValueCompleter::new(complete::targets))]
    pub targets: Vec<Target>,

    /// The same; may be given several times
    #[arg(long = "target", value_name = "TARGET", add = ArgValueCompleter::new(complete::targets))]
    pub more_targets: Vec<Target>,

    /// The suite with the clauses and ledgers that decide.
    #[arg(long, help = SUITE_HELP, value_name = "DIR")]
    pub suite: Option<PathBuf>,

    /// What to judge targets by beyond what every yamux must do, as for run --dialect
    #[arg(long = "dialect", value_name = "[TARGET=]DIALECT", value_parser = dialect)]
    pub dialects: Vec<(Option<String>, Dialect)>,

    /// Only this clock [default: the virtual one if the target has it, else the live one]
    #[arg(long, value_parser = clock())]
    pub clock: Option<Clock>,

    /// Save each surprise in this folder as a scenario CLAUSE-WHAT.json; no file is ever replaced
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub save: Option<PathBuf>,

    /// Also write the report of --format json to a file, for `report merge` and `compare`
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub json: Option<PathBuf>,

    /// Also list the clauses that the stories put to the test
    #[arg(short, long, help_heading = "Output")]
    pub verbose: bool,
}

/// The implementations that play stories, and the suite that they are judged by.
pub(crate) struct StoryTargets {
    pub(crate) selected: Selected,
    pub(crate) targets: Vec<PlannedTarget>,
    /// The implementation that each target is compared with.
    pub(crate) beside: Option<PlannedTarget>,
}

/// A command that plays stories: `explore` or `fuzz`.
pub(crate) struct StoryCommand<'a> {
    /// Its name.
    pub(crate) name: &'static str,
    /// The options that make it play the same stories again, without its targets.
    pub(crate) options: String,
    /// What the stories are drawn from.
    pub(crate) seed: u64,
    /// Which stories are played.
    pub(crate) portion: Portion,
    /// The implementation that each target is compared with.
    pub(crate) beside: Option<&'a Target>,
    /// Whether stdout gets text; else it gets the events of a run.
    pub(crate) is_text: bool,
}

/// Plays stories on one implementation. Returns their totals, and which files could not be written.
type Play<'a> = dyn Fn(&StoryTargets, &PlannedTarget, &InterruptHandle, Findings<'_>) -> (Totals, Vec<String>)
    + 'a;

impl StoryArgs {
    /// Plays stories on each implementation, reports, and returns the exit code.
    pub(crate) fn run(
        &self,
        command: StoryCommand<'_>,
        signals: &Signals,
        play: &Play<'_>,
    ) -> Result<ExitCode, Refused> {
        let interrupt = signals.in_order();
        let prepared = self.prepare(command.beside);
        if let Some(signal) = interrupt.signal() {
            return Ok(ExitCode::Signalled(signal));
        }
        let prepared = prepared?;
        let clauses = &prepared.selected.clauses;
        let began = Instant::now();
        let (mut results, mut problems) = (Vec::new(), Vec::new());
        for target in &prepared.targets {
            if interrupt.has_come() {
                break;
            }
            let triage = self.triage(&prepared, target, &interrupt);
            let findings = Findings::new(triage, command.is_text);
            let (totals, unwritten) = play(&prepared, target, &interrupt, findings);
            if command.is_text {
                let text = text::totals(&totals, &target.info, self.verbose.then_some(clauses));
                print(|out| out.text(&(text + &text::next(&totals, &target.info))))?;
            }
            results.push((target, totals));
            problems.extend(unwritten);
        }
        let run = StoryRun {
            command: command.name,
            options: command.options + &self.options(),
            seed: command.seed,
            portion: command.portion,
            results,
            clauses,
            problems,
            elapsed: began.elapsed(),
            signal: interrupt.signal(),
        };
        Ok(self.report(&run, !command.is_text))
    }

    /// The options that decide how stories are played.
    fn options(&self) -> String {
        self.clock.map_or_else(String::new, |clock| format!(" --clock {clock}"))
    }

    /// Loads the suite, builds the targets and asks what they can do.
    fn prepare(&self, beside: Option<&Target>) -> Result<StoryTargets, Refused> {
        let selected = Selection::new(Vec::new(), self.suite.clone(), Filters::default()).load()?;
        let root = selected.library_root();
        let mut names: Vec<Target> = [&*self.targets, &*self.more_targets].concat();
        if names.is_empty() {
            names.push(Target::BuiltIn);
        }
        let targets = self.plan(&names, &selected, &root)?;
        let beside = match beside {
            Some(name) => {
                self.plan(std::slice::from_ref(name), &selected, &root)?.into_iter().next()
            }
            None => None,
        };
        Ok(StoryTargets { selected, targets, beside })
    }

    fn plan(
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

    /// What turns surprises of a target into findings.
    fn triage<'a>(
        &'a self,
        prepared: &'a StoryTargets,
        target: &'a PlannedTarget,
        interrupt: &'a InterruptHandle,
    ) -> Triage<'a> {
        Triage {
            target,
            beside: prepared.beside.as_ref().map(|beside| &*beside.info.name),
            clauses: &prepared.selected.clauses,
            scenarios: &prepared.selected.scenarios,
            folder: self.save.as_deref(),
            interrupt,
            names: Vec::new(),
        }
    }

    /// Writes the events of the run, and returns the exit code.
    fn report(&self, run: &StoryRun<'_>, is_json: bool) -> ExitCode {
        let mut reporters = Reporters::default();
        if is_json {
            reporters.push(Json::new(plain_stdout()));
        }
        if let Some(path) = &self.json {
            reporters.push(JsonFile::new(path.clone()));
        }
        let mut lost = None;
        let exit = run.emit(&mut |event| match reporters.report(event) {
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

/// The surprises of one target so far.
pub(crate) struct Findings<'a> {
    triage: Triage<'a>,
    is_text: bool,
    pub(crate) began: Instant,
    pub(crate) all: Vec<StoryFinding>,
    /// Which files could not be written.
    pub(crate) problems: Vec<String>,
}

impl<'a> Findings<'a> {
    fn new(triage: Triage<'a>, is_text: bool) -> Self {
        let (all, problems) = (Vec::new(), Vec::new());
        Self { triage, is_text, began: Instant::now(), all, problems }
    }

    /// Adds a surprise, which `more` other stories have shown too, and prints it.
    pub(crate) fn add(&mut self, surprise: Surprise, origin: StoryOrigin, more: u64) {
        let (finding, saved) = self.triage.finding(surprise, origin);
        let finding = StoryFinding { more, ..finding };
        if let Err(problem) = saved {
            self.problems.push(format!("a scenario could not be written: {problem}"));
        }
        if self.is_text {
            // A reader that closes the pipe has seen enough; any other error shows when the totals are printed.
            let _ =
                print(|out| out.text(&(text::surprise(&finding, &self.triage.target.info) + "\n")));
        }
        self.all.push(finding);
    }
}
