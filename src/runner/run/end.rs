//! The end of a run: entries and filters that matched nothing, and the summary.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::report::{OpenEntry, RunEvent, Summary};
use crate::runner::judge::Reference;
use crate::runner::known::{KnownEntry, RanCases};
use crate::runner::plan::PlannedTarget;
use crate::runner::run::Run;
use crate::runner::verdict::{Clock, ExitCode};
use crate::scenario::{Position, Problem};
use crate::shim::target::Target;
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
                if !is_used_elsewhere {
                    problems.insert(stale(target, entry));
                }
            }
        }
        problems.extend(targets.iter().flat_map(|target| target.known.dead()));
        self.summary.problems.extend(problems.iter().map(Problem::to_string));
    }

    /// The entries of one target that no case matched, though a case that they name was seen.
    fn unused_entries(&self, index: usize) -> Vec<&KnownEntry> {
        let target = &self.plan.targets[index];
        if !target.info.ran {
            return Vec::new();
        }
        target.known.unused(&self.seen(index))
    }

    /// Entries that name cases of other shards too, and that no case of this one matched, on any clock of their target.
    fn open_entries(&self) -> Vec<OpenEntry> {
        let targets = &self.plan.targets;
        let mut open: BTreeMap<String, bool> = BTreeMap::new();
        for (index, target) in targets.iter().enumerate().filter(|(_, target)| target.info.ran) {
            let twins = || targets.iter().filter(|twin| twin.info.name == target.info.name);
            for (entry, was_asked) in target.known.open(&self.seen(index)) {
                let is_answered = twins().any(|twin| twin.known.is_answered(entry.position));
                if !is_answered {
                    *open.entry(stale(target, entry).to_string()).or_default() |= was_asked;
                }
            }
        }
        let open = open.into_iter();
        open.map(|(problem, was_asked)| OpenEntry { problem, was_asked }).collect()
    }

    /// The cases that can show whether an entry of this target is still true.
    fn seen(&self, index: usize) -> RanCases<'_> {
        RanCases::new(self.carried_out(index), self.compared(index))
    }

    /// The cases whose comparison the entries of a target are about. Those of the reference are about the built-in
    /// implementation: another one may lawfully do as the reference does.
    fn compared(&self, index: usize) -> impl Iterator<Item = (&str, Side)> {
        let target = &self.plan.targets[index];
        let is_release = target.is_release_of(self.plan.reference());
        let compared = self.compared.iter().filter(|(_, clock)| **clock == target.info.clock);
        let cases = compared.map(|(number, _)| &self.plan.cases[*number]);
        cases
            .filter(move |case| {
                if is_release {
                    let other = &self.plan.targets[case.target];
                    return target.is_reference && other.implementation == Target::BUILT_IN;
                }
                case.target == index
            })
            .map(|case| (&**case.scenario.plain_id(), case.side))
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

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;
    use std::sync::Arc;

    use pretty_assertions::assert_eq;

    use crate::report::{Reporter, RunEvent, Summary, TargetInfo};
    use crate::runner::known::Known;
    use crate::runner::plan::{Case, How, Plan, PlannedTarget};
    use crate::runner::run::{Audience, run};
    use crate::runner::verdict::{Clock, ExitCode};
    use crate::runner::{InterruptHandle, Options};
    use crate::scenario::{Clauses, Dialect, load_text};
    use crate::yamux::frame::Side;

    const REFERENCE: &str = "go-hashicorp";

    /// The built-in implementation under another name; the reference and its releases have a ledger.
    fn target(name: &str, dialect: Dialect) -> PlannedTarget {
        let implementation = name.split('@').next().unwrap_or(name);
        let ledger =
            r#"{ "entries": [ { "case": "ping/echo", "what": "trace", "reason": "merged" } ] }"#;
        let known = match implementation {
            REFERENCE => Known::read(Path::new("known.json"), ledger).unwrap(),
            _ => Known::default(),
        };
        PlannedTarget {
            info: TargetInfo {
                name: name.to_owned(),
                asked: name.to_owned(),
                clock: Clock::Virtual,
                description: name.to_owned(),
                ran: true,
                note: None,
            },
            implementation: implementation.to_owned(),
            dialect,
            is_reference: name == REFERENCE,
            how: How::InProcess,
            able: None,
            peer: None,
            known,
        }
    }

    struct Deaf;

    impl Reporter for Deaf {
        fn report(&mut self, _: &RunEvent<'_>) -> io::Result<()> {
            Ok(())
        }
    }

    fn summary(targets: Vec<PlannedTarget>) -> Summary {
        let text = r#"{ "title": "t", "clauses": ["PING-01"], "peer": "wire", "steps": [
            { "peer": { "send": { "ping": 7 } } }, { "peer": { "expect": { "pong": 7 } } } ] }"#;
        let scenario = Arc::new(load_text("ping/echo", text).unwrap());
        let case = |target| Case {
            scenario: Arc::clone(&scenario),
            side: Side::Client,
            target,
            repeat: 1,
        };
        let cases = (0..targets.len()).map(case).collect();
        let plan = Plan { targets, cases, clauses: Clauses::default(), suite: None };
        let audience = Audience { reporter: &mut Deaf, keep: &mut |_, _, _| Ok(()) };
        run(&plan, &Options::default(), &InterruptHandle::new(), audience)
    }

    /// The reference's ledger says how its traces differ from those of the built-in implementation.
    #[test]
    fn an_entry_about_traces_is_stale_only_where_they_were_compared() {
        for (other, dialect, expected) in [
            ("built-in", Dialect::Hashicorp, Some("ping/echo deviates so no more (merged)")),
            ("built-in", Dialect::Spec, None),
            ("mine", Dialect::Hashicorp, None),
            ("mine", Dialect::Spec, None),
            ("go-hashicorp@v0.1.1", Dialect::Hashicorp, None),
        ] {
            let summary =
                summary(vec![target(REFERENCE, Dialect::Hashicorp), target(other, dialect)]);
            match (expected, &summary.problems[..]) {
                (Some(expected), [problem]) => assert!(problem.contains(expected), "{problem}"),
                (_, problems) => assert_eq!(problems, [""; 0], "{other}, {dialect:?}"),
            }
            let exit = if expected.is_some() { ExitCode::Negative } else { ExitCode::Success };
            assert_eq!(summary.exit, exit, "{other}, {dialect:?}");
        }
    }
}
