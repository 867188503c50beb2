//! The end of a run: entries and filters that matched nothing, and the summary.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::report::{OpenEntry, RunEvent, Summary};
use crate::runner::judge::Reference;
use crate::runner::known::{Deviation, KnownEntry};
use crate::runner::plan::PlannedTarget;
use crate::runner::run::Run;
use crate::runner::verdict::{Clock, ExitCode};
use crate::scenario::{Position, Problem};
use crate::yamux::frame::Side;

impl Run<'_> {
    pub(super) fn finish(mut self) -> Summary {
        let panels = std::mem::take(&mut self.panels);
        let mut held: Vec<_> = panels.into_values().flat_map(|panel| panel.held).collect();
        held.sort_by_key(|(number, _)| *number);
        for (number, run) in held {
            self.report(
                number,
                &run,
                &Reference::None("the reference did not get to it".to_owned()),
            );
        }
        self.missing_goldens();
        self.unkept_traces();
        self.summary.signal = self.interrupt.signal();
        self.summary.is_timed_out = self.interrupt.is_timed_out();
        if self.interrupt.has_come() {
            self.summary.not_run = self.plan.cases.len().saturating_sub(self.reported);
        } else {
            self.stale_entries();
            self.summary.open_entries = self.open_entries();
        }
        self.summary.elapsed = self.started.elapsed();
        self.summary.exit = match (self.summary.exit, self.summary.judge()) {
            _ if !self.bad_goldens.is_empty() => ExitCode::BadInput,
            (ExitCode::Unusable, _) => ExitCode::Unusable,
            (_, judged) => judged,
        };
        let summary = std::mem::take(&mut self.summary);
        self.say(&RunEvent::RunFinished(&summary));
        let late = self.summary.problems.iter().filter(|late| !summary.problems.contains(late));
        let problems: Vec<String> = summary.problems.iter().chain(late).cloned().collect();
        let exit = match summary.exit {
            // Too late for the report: a report that could not be written is a failure.
            ExitCode::Success if !problems.is_empty() => ExitCode::Negative,
            exit => exit,
        };
        Summary { problems, exit, ..summary }
    }

    /// Reports entries of the ledgers that no case matched, on any clock of their target.
    fn stale_entries(&mut self) {
        let targets = &self.plan.targets;
        let unused: Vec<Vec<&KnownEntry>> =
            (0..targets.len()).map(|index| self.unused_entries(index)).collect();
        // The places of the entries of each target that a case matched.
        let used: Vec<HashSet<Position>> = targets
            .iter()
            .zip(&unused)
            .map(|(target, unused)| {
                let unused: HashSet<Position> = unused.iter().map(|entry| entry.position).collect();
                let places = target.known.entries().map(|entry| entry.position);
                places.filter(|place| !unused.contains(place)).collect()
            })
            .collect();
        let mut problems = BTreeSet::new();
        for (index, target) in targets.iter().enumerate() {
            for entry in &unused[index] {
                let is_used_elsewhere = targets.iter().zip(&used).any(|(twin, used)| {
                    twin.info.name == target.info.name && used.contains(&entry.position)
                });
                if self.looks_for(entry, target) && !is_used_elsewhere {
                    problems.insert(stale(target, entry));
                }
            }
        }
        problems.extend(targets.iter().flat_map(|target| target.known.dead()));
        self.summary.problems.extend(problems.iter().map(Problem::to_string));
    }

    /// Whether the run looks for what this entry of that target says.
    fn looks_for(&self, entry: &KnownEntry, target: &PlannedTarget) -> bool {
        let is_other = |target: &PlannedTarget| target.info.ran && !target.is_reference;
        // What the reference's ledger says about traces is about others.
        let has_others = || self.plan.targets.iter().any(is_other);
        entry.what != Deviation::Trace
            || self.peer().is_none() && (!target.is_reference || has_others())
    }

    /// The entries of one target that no case matched, though a case that they name was carried out.
    fn unused_entries(&self, index: usize) -> Vec<&KnownEntry> {
        let target = &self.plan.targets[index];
        if !target.info.ran {
            return Vec::new();
        }
        target.known.unused(self.carried_out(index))
    }

    /// Entries that name cases of other shards too, and that no case of this one matched, on any clock of their target.
    fn open_entries(&self) -> Vec<OpenEntry> {
        let targets = &self.plan.targets;
        let mut open: BTreeMap<String, bool> = BTreeMap::new();
        for (index, target) in targets.iter().enumerate().filter(|(_, target)| target.info.ran) {
            let twins = || targets.iter().filter(|twin| twin.info.name == target.info.name);
            for (entry, was_asked) in target.known.open(self.carried_out(index)) {
                let is_answered = twins().any(|twin| twin.known.is_answered(entry.position));
                if self.looks_for(entry, target) && !is_answered {
                    *open.entry(stale(target, entry).to_string()).or_default() |= was_asked;
                }
            }
        }
        let open = open.into_iter();
        open.map(|(problem, was_asked)| OpenEntry { problem, was_asked }).collect()
    }

    /// The cases of a target that were carried out. What is skipped on both clocks never will be.
    fn carried_out(&self, index: usize) -> impl Iterator<Item = (&str, Side)> {
        let name = &self.plan.targets[index].info.name;
        let is_on = |clock: Clock| {
            let mut twins = self.plan.targets.iter().filter(|twin| twin.info.name == *name);
            twins.any(|twin| twin.info.ran && twin.info.clock == clock)
        };
        let is_everywhere = is_on(Clock::Virtual) && is_on(Clock::Live);
        let cases = self.plan.cases.iter().enumerate();
        cases
            .filter(move |(number, case)| {
                case.target == index && (is_everywhere || !self.skipped.contains(number))
            })
            .map(|(_, case)| (&**case.scenario.plain_id(), case.side))
    }
}

/// The problem that an entry is no longer true.
fn stale(target: &PlannedTarget, entry: &KnownEntry) -> Problem {
    let KnownEntry { case, reason, .. } = entry;
    let message = format!("{case} deviates so no more ({reason}): delete the entry");
    target.known.problem(entry, message)
}
