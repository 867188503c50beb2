//! `yamux-conform compare`: what changed from one release to another, and whether that is safe.

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCompleter;

use crate::analysis::compare::{Detail, Upgrade, comparison_markdown, comparison_text, record};
use crate::cli::ExitCode;
use crate::cli::analysis::release::{Release, ReleaseName, plan};
use crate::cli::run::conduct::ConductArgs;
use crate::cli::selection::{Selected, Selection};
use crate::cli::shell::complete;
use crate::cli::shell::output::{note, print};
use crate::cli::shell::signals::Signals;
use crate::report::ClauseRecord;
use crate::runner::{InterruptHandle, Plan, Refused};
use crate::scenario::Clauses;
use crate::shim::target::Target;
use crate::system::sink::json_line;

/// Compare two releases case by case: is the upgrade safe?
///
/// Each is a target, which runs on every clock that it has, or a report that `run --format json` wrote. Ledgers and golden
/// traces have no say: what counts is what each does. What changed runs again on both before it counts. Traces are
/// compared in meaning where both passed. Exit code 1 if the second is worse: a case fails, crashes or gets stuck that did
/// not, or crashes or gets stuck and only failed before.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CompareArgs {
    /// The release before: a target as for `run --target`, or a report; with :TARGET behind it, one target of a report
    #[arg(value_name = "BEFORE", add = ArgValueCompleter::new(complete::targets))]
    pub before: String,

    /// The release after, likewise
    #[arg(value_name = "AFTER", add = ArgValueCompleter::new(complete::targets))]
    pub after: String,

    /// Which scenarios.
    #[command(flatten)]
    pub selection: Selection,

    /// How to run and judge them.
    #[command(flatten)]
    pub conduct: ConductArgs,

    /// What to write to stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: CompareFormat,

    /// Whole lists, and each new failure with its ladder
    #[arg(short, long, visible_alias = "ladders")]
    pub verbose: bool,
}

/// How to tell a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CompareFormat {
    /// The counts, then a list for each kind of change
    #[default]
    Text,
    /// A comment on a pull request
    Markdown,
    /// One JSON object; see `yamux-conform schema compare`
    Json,
}

impl CompareArgs {
    /// Compares, prints the changes, and returns the exit code.
    pub(crate) fn execute(&self, signals: &Signals) -> Result<ExitCode, Refused> {
        let (before, after) = (ReleaseName::read(&self.before)?, ReleaseName::read(&self.after)?);
        let runs = |name: &ReleaseName| matches!(name, ReleaseName::Target(_));
        let is_run = runs(&before) || runs(&after);
        let selected = match is_run || !self.selection.is_default() {
            true => Some(self.selection.load()?),
            false => None,
        };
        if let Some(lack) = selected.as_ref().and_then(Selected::lacks_clauses) {
            note(&lack);
        }
        // A report is of an earlier day, and some of its cases may be gone.
        let narrow = selected.as_ref().filter(|_| !self.selection.is_default());
        let interrupt = signals.in_order();
        let mut releases = Vec::new();
        for name in [before, after] {
            let found = name.find(narrow, |target| self.plan(target, selected.as_ref()));
            if let Some(signal) = interrupt.signal() {
                // Nothing ran yet, and what was being built was stopped.
                return Ok(ExitCode::Signalled(signal));
            }
            releases.push(found?);
        }
        let register = register(selected.as_ref(), &releases);
        self.compare(&mut releases, &register, &interrupt)
    }

    fn plan(&self, target: &Target, selected: Option<&Selected>) -> Result<Plan, Refused> {
        let selected = selected.expect("scenarios are loaded where a target runs");
        let root = selected.library_root();
        let wanted = self.conduct.wanted(std::slice::from_ref(target), selected, &root);
        plan(&wanted, selected)
    }

    fn compare(
        &self,
        releases: &mut [Release],
        register: &[ClauseRecord],
        interrupt: &InterruptHandle,
    ) -> Result<ExitCode, Refused> {
        if let Some(clock) = self.conduct.clock {
            for Release { recorded, .. } in &mut *releases {
                recorded.targets.retain(|target| target.clock == clock);
            }
        }
        // Releases that cannot be compared need not run.
        compared(releases, register)?;
        let options = self.conduct.options();
        let mut ends = Vec::new();
        for release in &mut *releases {
            if interrupt.signal().is_none() {
                ends.push(release.run(&options, interrupt));
            } else {
                release.recorded.is_cut |= release.plan.is_some();
            }
        }
        let mut upgrade = compared(releases, register)?;
        let is_run = releases.iter().any(|release| release.plan.is_some());
        for time in 2..=MOST_RUNS {
            let doubtful = upgrade.doubtful(time);
            if !is_run || doubtful.is_empty() || interrupt.signal().is_some() {
                break;
            }
            for release in &mut *releases {
                ends.push(release.run_again(&doubtful, time, (&options, interrupt)));
            }
            upgrade = compared(releases, register)?;
        }
        let code = match interrupt.signal() {
            _ if ends.contains(&ExitCode::Unusable) => ExitCode::Unusable,
            Some(signal) => ExitCode::Signalled(signal),
            None => upgrade.exit(),
        };
        self.print(&upgrade, code)?;
        Ok(code)
    }

    fn print(&self, upgrade: &Upgrade, code: ExitCode) -> Result<ExitCode, Refused> {
        let detail = if self.verbose { Detail::Full } else { Detail::Short };
        print(|out| match self.format {
            CompareFormat::Text => out.text(&comparison_text(upgrade, detail)),
            CompareFormat::Markdown => out.text(&comparison_markdown(upgrade)),
            CompareFormat::Json => out.line(json_line(&record(upgrade, code))?),
        })
    }
}

fn compared(releases: &[Release], register: &[ClauseRecord]) -> Result<Upgrade, Refused> {
    let [before, after] = releases else { unreachable!("two were named") };
    Upgrade::of(&before.recorded, &after.recorded, register)
        .map_err(|message| Refused::usage([message]))
}

/// The statement of every clause, as it binds the later release.
fn register(selected: Option<&Selected>, releases: &[Release]) -> Vec<ClauseRecord> {
    let plans = releases.iter().rev().filter_map(|release| release.plan.as_ref());
    let targets = plans.flat_map(|plan| &plan.targets);
    let dialect = targets.map(|target| target.dialect).next().unwrap_or_default();
    let quote = |clauses: &Clauses| {
        let quoted = clauses.iter().map(|clause| {
            let (level, provenance) = clause.binding(dialect);
            ClauseRecord {
                id: clause.id.clone(),
                statement: clause.statement.clone(),
                level: format!("{level}; {provenance}"),
            }
        });
        quoted.collect()
    };
    selected.map_or_else(Vec::new, |selected| quote(&selected.clauses))
}

/// The most often that a case runs.
const MOST_RUNS: u32 = 5;

const EXAMPLES: &str = "\
Examples:
  yamux-conform compare rust-yamux@0.13.9 rust-yamux@0.14.1
  yamux-conform compare go-hashicorp go-hashicorp=../yamux --format markdown
  yamux-conform compare before.json after.json -i 'half-close/*' --verbose
  yamux-conform compare before.json:go-hashicorp go-hashicorp --clock live";
