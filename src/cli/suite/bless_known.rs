//! `yamux-conform bless --known`: propose ledger entries for failures that are not known yet.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::ExitCode;
use crate::cli::selection::Selected;
use crate::cli::shell::output::{self, note};
use crate::cli::shell::signals::Signals;
use crate::cli::suite::bless::BlessArgs;
use crate::report::{ProgressLine, Reporter, RunEvent, Summary};
use crate::runner::known::{
    Deviation, FailedStep, Proposal, Sightings, UnknownFailure, WrittenEntry, WrittenLedger,
};
use crate::runner::verdict::{Against, RunId, Verdict};
use crate::runner::{Audience, How, Plan, PlannedTarget, Refused, run};
use crate::shim::target::{Edition, LedgerFile, Target};
use crate::system::sink::{path_name, write_file};

/// Records the verdict of each case.
struct VerdictListener {
    progress: ProgressLine,
    heard: Vec<(RunId, Verdict)>,
}

impl Reporter for VerdictListener {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        if let RunEvent::CaseFinished(report) = event {
            self.heard.push((report.run.clone(), report.verdict.clone()));
        }
        self.progress.report(event)
    }
}

/// One ledger, and the notes about it.
struct ChangedLedger {
    path: PathBuf,
    ledger: WrittenLedger,
    proposals: Vec<Proposal>,
}

impl BlessArgs {
    /// Runs, adds entries to the ledgers, and returns the exit code. Removes nothing from a ledger.
    pub(crate) fn propose(
        &self,
        files: &[LedgerFile],
        selected: &Selected,
        signals: &Signals,
    ) -> Result<ExitCode, Refused> {
        let interrupt = signals.in_order();
        // A missing ledger is an empty one.
        let there: Vec<LedgerFile> =
            files.iter().filter(|file| file.path.exists()).cloned().collect();
        self.checkouts_have_ledgers(files)?;
        let plan = self.plan(selected, &there)?;
        let options = self.options();
        let mut listener =
            VerdictListener { progress: ProgressLine::stderr(true), heard: Vec::new() };
        let mut keep = |_: &_, _: &_, _: &_| Ok(());
        let audience = Audience { reporter: &mut listener, keep: &mut keep };
        let summary = run(&plan, &options, &interrupt, audience);
        if let Some(signal) = interrupt.signal() {
            note(&format!("{signal}: nothing is written"));
            return Ok(ExitCode::Signalled(signal));
        }
        if summary.exit == ExitCode::Unusable {
            return Err(Refused::unusable(summary.problems));
        }
        let changed = changed(&plan, &listener.heard, selected, files)?;
        let written = self.write_ledgers(&changed);
        Refused::unless_none(stale(&listener.heard, &summary), written)
    }

    /// Refuses checkouts: they say nothing about the versions of the bundled ledger.
    fn checkouts_have_ledgers(&self, files: &[LedgerFile]) -> Result<(), Refused> {
        let lacks = self.targets.iter().find(|target| {
            matches!(target, Target::Bundled { edition: Edition::Checkout(_), .. })
                && !files.iter().any(|file| Some(&*file.target) == target.name())
        });
        match lacks {
            Some(target) => {
                let name = target.name().unwrap_or_default();
                let message = format!(
                    "{target}: a checkout is no version; name a ledger of its own: --known={name}=FILE"
                );
                Err(Refused::usage([message]))
            }
            None => Ok(()),
        }
    }

    fn write_ledgers(&self, changed: &[ChangedLedger]) -> Result<ExitCode, Refused> {
        let mut lines = Vec::new();
        let mut problems = Vec::new();
        let (mut new, mut extended) = (0, 0);
        for ChangedLedger { path, ledger, proposals } in
            changed.iter().filter(|one| !one.proposals.is_empty())
        {
            for proposal in proposals {
                let (word, entry) = match proposal {
                    Proposal::New(place) => {
                        new += 1;
                        ("new    ", &ledger.entries[*place])
                    }
                    Proposal::Extended(place) => {
                        extended += 1;
                        ("version", &ledger.entries[*place])
                    }
                };
                lines.push(format!("{word}  {}: {}", path_name(path), described(entry)));
            }
            if !self.dry_run
                && let Err(error) = write_file(path, ledger.text().as_bytes())
            {
                problems.push(format!("{}: {error}", path_name(path)));
            }
        }
        let (verb, next) = match (self.dry_run, new) {
            (true, _) => ("would be ", ""),
            (false, 0) => ("", ""),
            (false, _) => ("", "; write the reason of each new one, which check and run ask for"),
        };
        lines.push(format!("{new} {verb}new, {extended} {verb}true for one version more{next}"));
        let printed =
            output::print(|out| lines.iter().try_for_each(|line| out.line(line.as_str())));
        if problems.is_empty() { printed } else { Err(Refused::bad_input(problems)) }
    }
}

/// The ledgers of the plan's targets that lack entries, with their new content.
fn changed(
    plan: &Plan,
    heard: &[(RunId, Verdict)],
    selected: &Selected,
    files: &[LedgerFile],
) -> Result<Vec<ChangedLedger>, Refused> {
    let mut ledgers: BTreeMap<&str, ChangedLedger> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for target in plan.targets.iter().filter(|target| names.insert(&*target.info.name)) {
        for what in [Deviation::Verdict, Deviation::Trace] {
            let owner = owner(plan, target, what);
            let seen = HeardOf { plan, target, what, heard };
            let sightings = seen.sightings(owner.known.version(), selected);
            if sightings.found.is_empty() {
                continue;
            }
            let changed = match ledgers.entry(&*owner.implementation) {
                Entry::Occupied(place) => place.into_mut(),
                Entry::Vacant(place) => {
                    let changed = ChangedLedger::open(place.key(), selected, files)?;
                    place.insert(changed)
                }
            };
            changed.proposals.extend(sightings.propose(&mut changed.ledger));
        }
    }
    Ok(ledgers.into_values().collect())
}

/// The target whose ledger gets the entry. If frames differ between the built-in yamux and the reference, that is the
/// reference's deviation.
fn owner<'a>(plan: &'a Plan, target: &'a PlannedTarget, what: Deviation) -> &'a PlannedTarget {
    let mut others = plan.targets.iter().filter(|other| other.is_reference);
    match what {
        Deviation::Trace if target.how == How::InProcess => others.next().unwrap_or(target),
        _ => target,
    }
}

/// The verdicts of one implementation that are of this kind.
struct HeardOf<'a> {
    plan: &'a Plan,
    target: &'a PlannedTarget,
    what: Deviation,
    heard: &'a [(RunId, Verdict)],
}

impl<'a> HeardOf<'a> {
    fn sightings(&self, version: Option<&'a str>, selected: &'a Selected) -> Sightings<'a> {
        let name = &*self.target.info.name;
        let heard = || self.heard.iter().filter(|(run, _)| run.target == name);
        let mut cases: BTreeSet<_> = heard()
            .filter(|(_, verdict)| verdict.is_ran())
            .map(|(run, _)| (&*run.case.scenario, run.case.side, run.clock))
            .collect();
        // Nothing is known about the sides that did not run.
        let twins = || self.plan.targets.iter().filter(|target| target.info.name == name);
        for scenario in &selected.scenarios {
            let sides = selected.filter.sides(scenario);
            let others = scenario.sides.iter().filter(|side| !sides.contains(side));
            let on_clocks =
                others.flat_map(|side| twins().map(|twin| (&*scenario.id, *side, twin.info.clock)));
            cases.extend(on_clocks);
        }
        let found = heard().filter_map(|(run, verdict)| self.sighting(run, verdict)).collect();
        Sightings { version, cases, found }
    }

    fn sighting(&self, run: &'a RunId, verdict: &'a Verdict) -> Option<UnknownFailure<'a>> {
        let (step, fingerprint) = match (self.what, verdict) {
            (Deviation::Verdict, Verdict::Fail(failure) | Verdict::Died(_, failure)) => {
                let name = failure.name.as_deref();
                let step = FailedStep { number: failure.step, name, clause: failure.rule() };
                (step, failure.fingerprint())
            }
            // The first line says it; the others show it.
            (Deviation::Trace, Verdict::TraceChanged { diff, against: Against::Reference, .. }) => {
                (FailedStep::default(), diff.lines().next()?.to_owned())
            }
            _ => return None,
        };
        let (id, side) = (&*run.case.scenario, run.case.side);
        Some(UnknownFailure { id, side, clock: run.clock, what: self.what, step, fingerprint })
    }
}

impl ChangedLedger {
    /// The current ledger of the target of this name.
    fn open(name: &str, selected: &Selected, files: &[LedgerFile]) -> Result<Self, Refused> {
        let given = files.iter().find(|file| file.target == name).map(|file| file.path.clone());
        let own = || {
            let next = format!("ledgers are; say where this one is: --known={name}=FILE");
            Ok(selected.to_write("known", &next)?.join(format!("{name}.json")))
        };
        let path = given.map_or_else(own, Ok)?;
        let ledger = WrittenLedger::load(&path).map_err(Refused::bad_input)?;
        let ledger = ledger
            .unwrap_or_else(|| WrittenLedger { schema: schema_of(&path), entries: Vec::new() });
        Ok(Self { path, ledger, proposals: Vec::new() })
    }
}

/// The path of the schema for a new ledger, if it is in the folder beside.
fn schema_of(ledger: &Path) -> Option<String> {
    let beside = "../schema/known.schema.json";
    ledger.parent()?.join(beside).is_file().then(|| beside.to_owned())
}

/// Entries that are no longer true: they are reported, and the author of the ledger decides.
fn stale(heard: &[(RunId, Verdict)], summary: &Summary) -> Vec<String> {
    let passes = heard.iter().filter_map(|(run, verdict)| match verdict {
        Verdict::UnexpectedPass { entry } => Some(format!(
            "{run} passes, but not by {entry}: narrow the entry, delete it, or make it a race"
        )),
        _ => None,
    });
    passes.chain(summary.problems.iter().cloned()).collect()
}

/// `data/a, client, live clock, step 5: fin/s | no-fin`, with versions if that says more.
fn described(entry: &WrittenEntry) -> String {
    let mut text = entry.case.clone();
    text.extend(entry.side.map(|side| format!(", {side}")));
    text.extend(entry.clock.map(|clock| format!(", {clock} clock")));
    text.extend(entry.step.as_ref().map(|step| format!(", step {step}")));
    text.extend(entry.fingerprint.as_ref().map(|fingerprint| format!(": {fingerprint}")));
    text.extend(entry.versions.as_ref().map(|versions| format!(" ({})", versions.join(" or "))));
    text
}
