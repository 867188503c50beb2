//! `yamux-conform bless`: accept today's traces as the golden ones.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::ExitCode;
use crate::cli::selection::{Selected, Selection};
use crate::cli::shell::output::{self, note};
use crate::cli::shell::signals::Signals;
use crate::cli::suite::belongings;
use crate::engine::Outcome;
use crate::report::{ProgressLine, Reporters};
use crate::runner::golden::{self, Change, Closeness, Golden, GoldenKey, SKIPPED, Skipped};
use crate::runner::known::Deviation;
use crate::runner::verdict::Clock;
use crate::runner::{
    Audience, Case, CaseRun, InterruptHandle, Options, Plan, PlannedTarget, Refused, Wanted, cases,
    prepare, run,
};
use crate::shim::target::{LedgerFile, Target};
use crate::system::sink::path_name;
use crate::trace::{Form, Trace};

/// Accept today's traces as the golden ones, or today's failures as known
///
/// Runs the selected cases and writes the traces of those that did what they had to do; with --known, entries of ledgers
/// for those that did not. Shows each change; look at it before you commit it.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct BlessArgs {
    /// Which scenarios.
    #[command(flatten)]
    pub selection: Selection,

    /// Whose: built-in, go-hashicorp or NAME=shim:COMMAND. May be given several times [default: as for run]
    #[arg(long = "target", value_name = "TARGET")]
    pub targets: Vec<Target>,

    /// Where the golden traces are [default: `golden` of the suite]
    #[arg(long, value_name = "DIR")]
    pub golden: Option<PathBuf>,

    /// Propose entries of the ledgers of known deviations instead: for what fails and is not known yet, everything but the
    /// reason. With FILE, in that ledger, which is named after its target or given as TARGET=FILE. May be given several times
    /// [default: TARGET.json in `known` of the suite]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, conflicts_with = "golden")]
    pub known: Option<Vec<LedgerFile>>,

    /// Show what would change, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// A trace to bless.
struct Kept {
    clock: Clock,
    form: Form,
    closeness: Closeness,
    trace: Trace,
}

/// The traces of cases that passed, and the names of those that did not.
#[derive(Default)]
struct Harvest {
    traces: BTreeMap<GoldenKey, Kept>,
    refused: BTreeSet<GoldenKey>,
    /// The cases skipped on some clock, and why.
    skipped: BTreeMap<GoldenKey, String>,
}

impl Harvest {
    /// The cases skipped on every clock.
    fn unasked(&self) -> impl Iterator<Item = (&GoldenKey, &String)> {
        self.skipped
            .iter()
            .filter(|(key, _)| !self.traces.contains_key(*key) && !self.refused.contains(*key))
    }

    /// The lists of skipped cases by target, updated with the results of this run.
    fn lists(&self, root: &Path) -> Result<BTreeMap<String, Skipped>, String> {
        let mut lists = BTreeMap::new();
        let asked = self.traces.keys().chain(&self.refused);
        for key in asked.chain(self.skipped.keys()) {
            let list = match lists.entry(key.target.clone()) {
                Entry::Vacant(place) => {
                    let found = golden::skipped(root, &key.target);
                    place.insert(found.map_err(|error| error.to_string())?)
                }
                Entry::Occupied(place) => place.into_mut(),
            };
            list.remove(&key.case());
        }
        // An older Go may skip a case whose golden is from a newer one.
        for (key, why) in self.unasked().filter(|(key, _)| !key.path(root).exists()) {
            lists.entry(key.target.clone()).or_default().insert(key.case(), why.clone());
        }
        Ok(lists)
    }
}

impl BlessArgs {
    /// Runs, writes what changed, and returns the exit code.
    pub(crate) fn execute(&self, signals: &Signals) -> Result<ExitCode, Refused> {
        let selected = self.selection.load()?;
        if let Some(files) = &self.known {
            return self.propose(files, &selected, signals);
        }
        let own =
            || selected.to_write("golden", "golden traces are; say where theirs are: --golden DIR");
        let root = self.golden.clone().map_or_else(own, Ok)?;
        if let Some(lack) = selected.lacks_clauses() {
            note(&lack);
        }
        let interrupt = signals.in_order();
        let harvest = self.harvest(&selected, &interrupt);
        if let Some(signal) = interrupt.signal() {
            note(&format!("{signal}: nothing is written"));
            return Ok(ExitCode::Signalled(signal));
        }
        let harvest = harvest?;
        let written = self.write(&root, &harvest);
        // A case that passes on one of two clocks has a trace.
        let refused = harvest.refused.iter().filter(|key| !harvest.traces.contains_key(*key));
        let count = refused.clone().count();
        for key in refused.take(MAX_NAMED) {
            let (case, target) = (key.case(), &key.target);
            note(&format!("{case} on {target} did not pass and keeps the golden trace it has"));
        }
        if count > MAX_NAMED {
            note(&format!("… and {} more did not pass", count - MAX_NAMED));
        }
        if selected.is_whole() {
            let orphans = belongings::orphans(&root, &selected);
            return Refused::unless_none(orphans, written);
        }
        written
    }

    fn harvest(
        &self,
        selected: &Selected,
        interrupt: &InterruptHandle,
    ) -> Result<Harvest, Refused> {
        let plan = self.plan(selected, &[])?;
        let options = self.options();
        let mut harvest = Harvest::default();
        let mut keep = |case: &Case, target: &PlannedTarget, run: &CaseRun| {
            let key = case.golden_key(&target.implementation);
            match &run.outcome {
                Outcome::Passed | Outcome::PassedWeaker { .. } => {
                    // A target on both clocks has one golden: the exact one.
                    let other = harvest.traces.get(&key);
                    if other.is_none_or(|kept| kept.clock == Clock::Live) {
                        let form = form_of(case, target);
                        let kept = Kept {
                            clock: target.info.clock,
                            form,
                            closeness: target.how.closeness(),
                            trace: run.trace.clone(),
                        };
                        harvest.traces.insert(key, kept);
                    }
                }
                Outcome::Skipped { reason } => {
                    harvest.skipped.entry(key).or_insert_with(|| reason.clone());
                }
                Outcome::Failed(_) | Outcome::Died(..) | Outcome::Broken { .. } => {
                    harvest.refused.insert(key);
                }
            }
            Ok(())
        };
        let mut reporters = Reporters::default();
        reporters.push(ProgressLine::stderr(true));
        let audience = Audience { reporter: &mut reporters, keep: &mut keep };
        let summary = run(&plan, &options, interrupt, audience);
        match summary.exit {
            ExitCode::Unusable => Err(Refused::unusable(summary.problems)),
            _ => Ok(harvest),
        }
    }

    /// The plan of everything selected on the targets, with these ledgers or their own.
    pub(crate) fn plan(&self, selected: &Selected, known: &[LedgerFile]) -> Result<Plan, Refused> {
        let root = selected.library_root();
        let wanted = Wanted {
            known,
            known_root: selected.beside("known"),
            scope: selected.scope(),
            ..Wanted::of(&self.targets, &root)
        };
        let targets = prepare(&wanted, &mut note)?;
        let cases = cases(&selected.scenarios, &selected.filter, &targets, 1);
        Ok(Plan { targets, cases, clauses: selected.clauses.clone(), suite: None })
    }

    /// How it runs: without golden traces.
    pub(crate) fn options(&self) -> Options {
        let usual = Options::default();
        Options { jobs: if self.known.is_some() { usual.jobs } else { JOBS }, ..usual }
    }

    fn write(&self, root: &Path, harvest: &Harvest) -> Result<ExitCode, Refused> {
        let mut problems = Vec::new();
        let mut lines = Vec::new();
        let mut unchanged = 0;
        for (key, kept) in &harvest.traces {
            match self.write_one(root, key, kept) {
                Ok((Change::Unchanged, _)) => unchanged += 1,
                Ok((Change::Created, _)) => {
                    lines.push(format!("new      {}", path_name(key.path(root))));
                }
                Ok((Change::Changed, how)) => {
                    lines.push(format!("changed  {}{how}", path_name(key.path(root))));
                }
                Err(problem) => problems.push(problem),
            }
        }
        match self.write_lists(root, harvest) {
            Ok(changed) => lines.extend(changed),
            Err(problem) => problems.push(problem),
        }
        let verb = if self.dry_run { "would be written" } else { "written" };
        lines.push(format!("{} {verb}, {unchanged} unchanged", lines.len()));
        let printed =
            output::print(|out| lines.iter().try_for_each(|line| out.line(line.as_str())));
        if problems.is_empty() { printed } else { Err(Refused::bad_input(problems)) }
    }

    fn write_lists(&self, root: &Path, harvest: &Harvest) -> Result<Vec<String>, String> {
        let mut lines = Vec::new();
        for (target, list) in harvest.lists(root)? {
            let before = golden::skipped(root, &target).map_err(|error| error.to_string())?;
            if before != list {
                lines.push(format!("changed  {}", path_name(root.join(&target).join(SKIPPED))));
            }
            if !self.dry_run {
                golden::write_skipped(root, &target, &list).map_err(|error| error.to_string())?;
            }
        }
        Ok(lines)
    }

    fn write_one(
        &self,
        root: &Path,
        key: &GoldenKey,
        kept: &Kept,
    ) -> Result<(Change, String), String> {
        let Kept { clock, form, closeness, trace } = kept;
        // A golden that cannot be read is replaced: that is the purpose of blessing.
        let before = golden::load(root, key).ok().flatten();
        let how = before
            .as_ref()
            .and_then(|golden| golden::compare(golden, trace, *clock, *closeness))
            .map_or_else(String::new, |diff| format!(": {}", diff.sentence));
        if self.dry_run {
            let change = match (&before, how.is_empty()) {
                (None, _) => Change::Created,
                (Some(_), true) => Change::Unchanged,
                (Some(_), false) => Change::Changed,
            };
            return Ok((change, how));
        }
        let is_same_kind =
            |golden: &Golden| (golden.meta.clock, golden.meta.form) == (*clock, *form);
        if *closeness == Closeness::Lanes
            && how.is_empty()
            && before.as_ref().is_some_and(is_same_kind)
        {
            return Ok((Change::Unchanged, how));
        }
        let change =
            golden::bless(root, key, *clock, trace, *form).map_err(|error| error.to_string())?;
        Ok((change, how))
    }
}

/// Known deviations do not pass either: more names than this only hide the first ones.
const MAX_NAMED: usize = 5;

/// The content of this case's golden: every frame with its time, if two runs give the same.
fn form_of(case: &Case, target: &PlannedTarget) -> Form {
    let race = target.known.entry_for(Deviation::Race, &case.scenario.id, case.side);
    match target.info.clock {
        Clock::Virtual if race.is_none() => Form::Exact,
        Clock::Virtual | Clock::Live => Form::Canonical,
    }
}

/// Few enough that nothing is late on a busy machine: a golden is written once and read often.
const JOBS: usize = 4;

const EXAMPLES: &str = "\
Examples:
  yamux-conform bless --dry-run
  yamux-conform bless ping/burst --target built-in
  yamux-conform bless -i 'half-close/*' --target go-hashicorp
  yamux-conform bless --known --target rust-yamux --dry-run";
