//! `Upgrade`: everything that changed from one release to the other.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::compare::clauses::clause_changes;
use crate::analysis::compare::pairing::{Paired, pair};
use crate::analysis::compare::{CaseKey, ChangeKind, ClauseChange, Grade, Recorded, Sighting};
use crate::report::{ClauseRecord, TargetRecord};
use crate::runner::verdict::ExitCode;
use crate::trace::TraceDiff;

/// A case and how it changed. At least one of both runs is there.
#[derive(Clone, Debug)]
pub(crate) struct CaseChange {
    /// The case.
    pub key: CaseKey,
    /// How it changed.
    pub kind: ChangeKind,
    /// The run before that shows it.
    pub before: Option<Sighting>,
    /// The run after that shows it.
    pub after: Option<Sighting>,
    /// How many runs there were before and after.
    pub runs: (usize, usize),
    /// Where the traces differ, if that is what changed.
    pub diff: Option<TraceDiff>,
}

impl CaseChange {
    /// The run that is shown: the later one if there is one.
    pub(super) fn shown(&self) -> Option<&Sighting> {
        self.after.as_ref().or(self.before.as_ref())
    }

    /// Whether only its traces are unsteady.
    pub(super) fn is_race_in_traces(&self) -> bool {
        let runs = self.before.as_ref().zip(self.after.as_ref());
        self.kind == ChangeKind::Unsteady && runs.is_some_and(|(old, new)| old.is_like(new))
    }

    /// Whether the run with this number, from 2, may show that the change was chance. A death or a missing verdict was seen
    /// twice already, and whether a case can be asked is not a matter of chance.
    fn is_doubtful(&self, run: u32) -> bool {
        let is_certain = |run: &Sighting| {
            run.grade().is_death() || matches!(run.grade(), Grade::Broken | Grade::Skip)
        };
        let mut runs = self.before.iter().chain(&self.after);
        run <= self.kind.runs() && !runs.any(is_certain)
    }
}

/// How many cases there are of each kind.
pub(crate) type Counts = BTreeMap<ChangeKind, usize>;

/// Two releases, and what changed from the first to the second.
#[derive(Clone, Debug)]
pub(crate) struct Upgrade {
    /// The names of both on the command line.
    pub asked: (String, String),
    /// What ran before, and after.
    pub targets: (Vec<TargetRecord>, Vec<TargetRecord>),
    /// The cases that are not the same, by kind, then by name.
    pub changes: Vec<CaseChange>,
    /// How many cases there are of each kind, the same ones too.
    pub counts: Counts,
    /// The clauses of which a case failed only before, or only after.
    pub clauses: Vec<ClauseChange>,
    /// The statements of the broken clauses, as far as they are known.
    pub statements: BTreeMap<String, ClauseRecord>,
    /// Whether both have traces, so that those of passed cases were compared.
    pub has_traces: bool,
    /// Other notes.
    pub notes: Vec<String>,
    /// How many cases were carried out on both.
    ran: usize,
}

impl Upgrade {
    /// Compares. `register` holds clauses beyond those the cases quote. The error says why they have nothing in common.
    pub(crate) fn of(
        before: &Recorded,
        after: &Recorded,
        register: &[ClauseRecord],
    ) -> Result<Self, String> {
        let (paired, notes) = pair(before, after)?;
        let mut upgrade = Self {
            asked: (before.asked.clone(), after.asked.clone()),
            targets: (before.targets.clone(), after.targets.clone()),
            changes: Vec::new(),
            counts: Counts::new(),
            clauses: clause_changes(&paired),
            statements: BTreeMap::new(),
            has_traces: !before.is_report && !after.is_report,
            notes,
            ran: 0,
        };
        let mut cut = 0;
        for (key, (old, new)) in &paired {
            let asks = |runs: &[&Sighting]| runs.iter().any(|run| run.grade() != Grade::Skip);
            upgrade.ran += usize::from(asks(old) && asks(new));
            let is_lost = old.is_empty() && before.is_cut || new.is_empty() && after.is_cut;
            cut += usize::from(is_lost);
            if !is_lost {
                upgrade.add(key, old, new);
            }
        }
        upgrade.changes.sort_by(|a, b| (a.kind, &a.key).cmp(&(b.kind, &b.key)));
        if before.is_cut || after.is_cut {
            upgrade.notes.push(format!(
                "a run was stopped before its end; cases that only the other has are left out: {cut}"
            ));
        }
        if before.is_report != after.is_report {
            upgrade.notes.push(
                "in a report a weak pass may be what a ledger says of a race, so that weak passes are not told from passes".to_owned(),
            );
        }
        upgrade.quote(&paired, register);
        Ok(upgrade)
    }

    fn add(&mut self, key: &CaseKey, old: &[&Sighting], new: &[&Sighting]) {
        let (kind, before, after) = match (old.first(), new.first()) {
            (Some(_), Some(_)) => {
                let (kind, before, after) = ChangeKind::over(old, new);
                (kind, Some(before), Some(after))
            }
            (Some(before), None) => (ChangeKind::Vanished, Some(*before), None),
            (None, after) => (ChangeKind::New, None, after.copied()),
        };
        *self.counts.entry(kind).or_default() += 1;
        if kind == ChangeKind::Same {
            return;
        }
        let is_trace = kind == ChangeKind::TraceChanged;
        let diff = before.zip(after).filter(|_| is_trace);
        self.changes.push(CaseChange {
            key: key.clone(),
            kind,
            before: before.cloned(),
            after: after.cloned(),
            runs: (old.len(), new.len()),
            diff: diff.and_then(|(before, after)| before.trace_diff(after)),
        });
    }

    /// Looks up the statements of clauses: in the cases about them, else in the register.
    fn quote(&mut self, paired: &Paired<'_>, register: &[ClauseRecord]) {
        let quoted = paired.values().flat_map(|(old, new)| new.iter().chain(old));
        let quoted = quoted.flat_map(|run| &run.case.clauses).chain(register);
        for clause in quoted.filter(|clause| !clause.statement.is_empty()) {
            self.statements.entry(clause.id.clone()).or_insert_with(|| clause.clone());
        }
    }

    /// Whether the second release is worse.
    pub(crate) fn is_worse(&self) -> bool {
        self.counts.keys().any(|kind| kind.is_worse())
    }

    /// How many cases of that kind there are.
    pub(crate) fn count(&self, kind: ChangeKind) -> usize {
        self.counts.get(&kind).copied().unwrap_or(0)
    }

    /// The cases of that kind.
    pub(crate) fn of_kind(&self, kind: ChangeKind) -> impl Iterator<Item = &CaseChange> {
        self.changes.iter().filter(move |change| change.kind == kind)
    }

    /// The cases whose change may be chance, so that both releases should run them for the `run`th time, from the second on.
    pub(crate) fn doubtful(&self, run: u32) -> BTreeSet<CaseKey> {
        let doubtful = self.changes.iter().filter(|change| change.is_doubtful(run));
        doubtful.map(|change| change.key.clone()).collect()
    }

    /// The exit code, if nothing else went wrong.
    pub(crate) fn exit(&self) -> ExitCode {
        match () {
            () if self.is_worse() => ExitCode::Negative,
            () if self.ran == 0 => ExitCode::NothingSelected,
            () => ExitCode::Success,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::compare::ClauseTurn;
    use crate::analysis::compare::sample::{
        breaks, called, clause, crashed, differs, failed, passed, recorded, skipped, target, weak,
    };
    use crate::report::CaseFinished;
    use crate::runner::verdict::Clock;
    use crate::trace::{Canonical, canonical, samples};
    use crate::yamux::frame::Flags;

    fn upgrade(before: Vec<Sighting>, after: Vec<Sighting>) -> Upgrade {
        Upgrade::of(&recorded("a", before), &recorded("b", after), &[]).unwrap()
    }

    #[track_caller]
    fn assert_only(upgrade: &Upgrade, kind: ChangeKind, exit: ExitCode) {
        let kinds: Vec<_> = upgrade.counts.iter().map(|(kind, count)| (*kind, *count)).collect();
        assert_eq!(kinds, [(kind, 1)]);
        assert_eq!(upgrade.changes.len(), usize::from(kind != ChangeKind::Same));
        assert_eq!(upgrade.exit(), exit);
    }

    #[test]
    fn each_kind_of_change_has_its_exit_code() {
        use ExitCode::{Negative, NothingSelected, Success};
        let one = |before, after| upgrade(vec![before], vec![after]);
        assert_only(&one(passed(), passed()), ChangeKind::Same, Success);
        assert_only(&one(failed("a"), failed("a")), ChangeKind::Same, Success);
        assert_only(&one(passed(), failed("a")), ChangeKind::NewFailure, Negative);
        assert_only(&one(differs(), failed("a")), ChangeKind::NewFailure, Negative);
        assert_only(&one(failed("a"), crashed()), ChangeKind::Worse, Negative);
        assert_only(&one(failed("a"), failed("b")), ChangeKind::FailsOtherwise, Success);
        assert_only(&one(crashed(), failed("b")), ChangeKind::FailsOtherwise, Success);
        assert_only(&one(crashed(), passed()), ChangeKind::Fixed, Success);
        assert_only(&one(passed(), differs()), ChangeKind::Difference, Success);
        assert_only(&one(passed(), skipped()), ChangeKind::Difference, NothingSelected);
        assert_only(&upgrade(vec![passed()], Vec::new()), ChangeKind::Vanished, NothingSelected);
        assert_only(&upgrade(Vec::new(), vec![failed("a")]), ChangeKind::New, NothingSelected);
    }

    #[test]
    fn a_trace_that_means_something_else_is_told_where_both_passed() {
        let traced = |trace: Canonical, run: Sighting| Sighting { trace: Some(trace), ..run };
        let some = || {
            let builder = samples::Builder::default();
            canonical(&builder.window(samples::TO_PEER, Flags::SYN, 1, 0).build())
        };
        let none = || canonical(&samples::Builder::default().build());
        let changed = upgrade(vec![traced(some(), passed())], vec![traced(none(), passed())]);
        assert_only(&changed, ChangeKind::TraceChanged, ExitCode::Success);
        assert!(changed.changes[0].diff.is_some());
        let same = upgrade(vec![traced(some(), passed())], vec![traced(some(), passed())]);
        assert_only(&same, ChangeKind::Same, ExitCode::Success);
        let alone = upgrade(vec![traced(some(), passed())], vec![passed()]);
        assert_only(&alone, ChangeKind::Same, ExitCode::Success);
    }

    #[test]
    fn what_is_doubtful_runs_again_and_what_is_certain_does_not() {
        let doubtful = |before, after, run| upgrade(vec![before], vec![after]).doubtful(run).len();
        assert_eq!(doubtful(passed(), failed("a"), 2), 1);
        assert_eq!(doubtful(passed(), failed("a"), 3), 0);
        assert_eq!(doubtful(passed(), differs(), 5), 1);
        assert_eq!(doubtful(passed(), differs(), 6), 0);
        for (before, after) in [
            (passed(), passed()),
            (passed(), crashed()),
            (crashed(), passed()),
            (skipped(), passed()),
        ] {
            assert_eq!(doubtful(before, after, 2), 0);
        }
    }

    #[test]
    fn a_clause_is_newly_broken_or_repaired_only_if_no_other_case_breaks_it() {
        let broken = |id, clause| called(id, breaks(clause, failed("no-pong")));
        let before = vec![
            broken("a", "FLOW-01"),
            broken("b", "FLOW-02"),
            called("c", passed()),
            called("d", passed()),
            broken("e", "FLOW-05"),
        ];
        let after = vec![
            called("a", passed()),
            called("b", passed()),
            broken("c", "FLOW-02"),
            broken("d", "FLOW-04"),
            called("e", skipped()),
        ];
        let change = |id: &str, turn| ClauseChange { id: id.to_owned(), turn };
        let changes =
            [change("FLOW-04", ClauseTurn::NewlyBroken), change("FLOW-01", ClauseTurn::Repaired)];
        assert_eq!(upgrade(before, after).clauses, changes);
    }

    #[test]
    fn what_a_clause_says_is_taken_from_the_cases_or_from_the_register() {
        let upgrade = Upgrade::of(
            &recorded("a", vec![passed()]),
            &recorded("b", vec![passed()]),
            &[clause("FLOW-01")],
        );
        let ids: Vec<String> = upgrade.unwrap().statements.into_keys().collect();
        assert_eq!(ids, ["FLOW-01", "PING-01"]);
    }

    #[test]
    fn a_run_that_was_stopped_makes_no_case_new_or_vanished() {
        let whole = recorded("a", vec![called("a", passed()), called("b", passed())]);
        let mut cut = recorded("b", vec![called("a", passed())]);
        cut.is_cut = true;
        for (before, after) in [(&whole, &cut), (&cut, &whole)] {
            let upgrade = Upgrade::of(before, after, &[]).unwrap();
            assert_only(&upgrade, ChangeKind::Same, ExitCode::Success);
            assert!(upgrade.notes[0].ends_with("are left out: 1"), "{:?}", upgrade.notes);
        }
    }

    /// The run on another target and clock.
    fn on(target: &str, clock: Clock, run: Sighting) -> Sighting {
        let case = CaseFinished { target: target.to_owned(), clock, ..run.case };
        Sighting { case, ..run }
    }

    #[test]
    fn a_weak_pass_of_a_report_is_not_told_from_a_pass_of_a_run() {
        let mut report = recorded("a.json", vec![Sighting { is_told: true, ..weak() }]);
        report.is_report = true;
        let run = recorded("b", vec![passed()]);
        let upgrade = Upgrade::of(&report, &run, &[]).unwrap();
        assert_only(&upgrade, ChangeKind::Same, ExitCode::Success);
        assert!(upgrade.notes[0].contains("weak passes are not told from passes"));
        let fails = recorded("c", vec![failed("a")]);
        let upgrade = Upgrade::of(&report, &fails, &[]).unwrap();
        assert_only(&upgrade, ChangeKind::NewFailure, ExitCode::Negative);
    }

    #[test]
    fn several_targets_are_compared_by_their_names() {
        let both = |asked, other: Sighting| {
            let mut both = recorded(asked, vec![passed(), on("other", Clock::Live, other)]);
            both.targets.push(target("other", Clock::Live));
            both
        };
        let (before, after) = (both("a", passed()), both("b", failed("a")));
        let upgrade = Upgrade::of(&before, &after, &[]).unwrap();
        assert_eq!((upgrade.changes.len(), upgrade.count(ChangeKind::Same)), (1, 1));
        assert_eq!(upgrade.changes[0].key.target.as_deref(), Some("other"));
        let one = recorded("c", vec![passed()]);
        let error = Upgrade::of(&before, &one, &[]).unwrap_err();
        assert!(error.contains("found lib, other in a and lib in c; pick one"), "{error}");
    }

    #[test]
    fn only_the_clocks_that_both_have_are_compared() {
        let timeless = |asked| {
            let run = on("lib", Clock::Virtual, passed());
            let mut recorded = recorded(asked, vec![run]);
            recorded.targets = vec![target("lib", Clock::Virtual)];
            recorded
        };
        let mut both = timeless("a");
        both.targets.push(target("lib", Clock::Live));
        both.sightings.push(failed("a"));
        let upgrade = Upgrade::of(&both, &timeless("b"), &[]).unwrap();
        assert_only(&upgrade, ChangeKind::Same, ExitCode::Success);
        assert_eq!(upgrade.notes, ["the live clock, which only before has, is left out"]);
        let live = recorded("c", vec![passed()]);
        let error = Upgrade::of(&timeless("a"), &live, &[]).unwrap_err();
        assert!(error.contains("a and c have no clock in common"), "{error}");
    }
}
