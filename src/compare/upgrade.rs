//! `Upgrade`: everything that changed from one release to the other.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::clauses::{ClauseChange, clause_changes};
use crate::compare::{ChangeKind, Grade, Recorded, Sighting};
use crate::frame::Side;
use crate::report::{ClauseRecord, TargetRecord};
use crate::trace::TraceDiff;
use crate::verdict::{Clock, ExitCode};

/// What a case is called on both releases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseKey {
    /// The scenario's id.
    pub id: String,
    /// The side the subject plays.
    pub side: Side,
    /// The clock.
    pub clock: Clock,
    /// The target by its name before, where several are compared.
    pub target: Option<String>,
}

/// A case and what became of it. At least one of both runs is there.
#[derive(Clone, Debug)]
pub struct CaseChange {
    /// The case.
    pub key: CaseKey,
    /// What became of it.
    pub kind: ChangeKind,
    /// The run before that shows it.
    pub before: Option<Sighting>,
    /// The run after that shows it.
    pub after: Option<Sighting>,
    /// How many runs there were before and after.
    pub runs: (usize, usize),
    /// Where the traces part, if that is what changed.
    pub diff: Option<TraceDiff>,
}

impl CaseChange {
    /// What is shown of it: the later run where there is one.
    pub(super) fn shown(&self) -> Option<&Sighting> {
        self.after.as_ref().or(self.before.as_ref())
    }

    /// Whether a run of that number, from 2, may show that it was chance. That it died, or could not be judged, was seen
    /// twice already, and what cannot be asked is no matter of chance.
    fn is_doubtful(&self, run: u32) -> bool {
        let is_certain = |run: &Sighting| {
            run.grade().is_death() || matches!(run.grade(), Grade::Broken | Grade::Skip)
        };
        let mut runs = self.before.iter().chain(&self.after);
        run <= self.kind.runs() && !runs.any(is_certain)
    }
}

/// How many cases there are of each kind.
pub type Counts = BTreeMap<ChangeKind, usize>;

/// Two releases, and what changed from the first to the second.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// The names that the command line gives both.
    pub asked: (String, String),
    /// What ran before, and after.
    pub targets: (Vec<TargetRecord>, Vec<TargetRecord>),
    /// The cases that are not the same, by kind, then by name.
    pub changes: Vec<CaseChange>,
    /// How many cases there are of each kind, the same ones too.
    pub counts: Counts,
    /// The clauses of which a case failed only before, or only after.
    pub clauses: Vec<ClauseChange>,
    /// What the clauses that were broken say, as far as that is known.
    pub statements: BTreeMap<String, ClauseRecord>,
    /// Whether both have traces, so that those of passed cases were compared.
    pub has_traces: bool,
    /// What else should be known.
    pub notes: Vec<String>,
    /// How many cases were carried out on both.
    ran: usize,
}

impl Upgrade {
    /// Compares. `register` is what is known of clauses beyond what the cases quote. The error says why they have nothing
    /// in common.
    pub fn of(
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
            let what = "a run was stopped before its end";
            upgrade
                .notes
                .push(format!("{what}: {cut} cases that only one of both has are left out"));
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

    /// Looks up what the clauses say: in the cases that are about them, else in the register.
    fn quote(&mut self, paired: &Paired<'_>, register: &[ClauseRecord]) {
        let quoted = paired.values().flat_map(|(old, new)| new.iter().chain(old));
        let quoted = quoted.flat_map(|run| &run.case.clauses).chain(register);
        for clause in quoted.filter(|clause| !clause.statement.is_empty()) {
            self.statements.entry(clause.id.clone()).or_insert_with(|| clause.clone());
        }
    }

    /// Whether the second release is worse.
    pub fn is_worse(&self) -> bool {
        self.counts.keys().any(|kind| kind.is_worse())
    }

    /// How many cases of that kind there are.
    pub fn count(&self, kind: ChangeKind) -> usize {
        self.counts.get(&kind).copied().unwrap_or(0)
    }

    /// The cases of that kind.
    pub fn of_kind(&self, kind: ChangeKind) -> impl Iterator<Item = &CaseChange> {
        self.changes.iter().filter(move |change| change.kind == kind)
    }

    /// The cases whose change may be chance, so that both should run for that time, which is the second or a later one.
    pub fn doubtful(&self, run: u32) -> BTreeSet<CaseKey> {
        let doubtful = self.changes.iter().filter(|change| change.is_doubtful(run));
        doubtful.map(|change| change.key.clone()).collect()
    }

    /// How the program ends, if nothing else has come between.
    pub fn exit(&self) -> ExitCode {
        match () {
            () if self.is_worse() => ExitCode::Negative,
            () if self.ran == 0 => ExitCode::NothingSelected,
            () => ExitCode::Success,
        }
    }
}

/// The runs of each case, before and after.
pub(super) type Paired<'a> = BTreeMap<CaseKey, (Vec<&'a Sighting>, Vec<&'a Sighting>)>;

/// Brings the cases of both together, on the clocks that both have, and says what is left out.
fn pair<'a>(
    before: &'a Recorded,
    after: &'a Recorded,
) -> Result<(Paired<'a>, Vec<String>), String> {
    let (mut paired, mut notes) = (Paired::new(), Vec::new());
    let pairs = before.pairs(after)?;
    let is_one = pairs.len() == 1;
    for (old, new) in pairs {
        let clocks = (before.clocks(old), after.clocks(new));
        let common: BTreeSet<Clock> = clocks.0.intersection(&clocks.1).copied().collect();
        if common.is_empty() {
            return Err(format!(
                "{} and {} have no clock in common: {old} ran on the {} clock, {new} on the {} one; try --clock live",
                before.asked,
                after.asked,
                words(&clocks.0),
                words(&clocks.1)
            ));
        }
        for (only, side) in [(&clocks.0, "before"), (&clocks.1, "after")] {
            let left: BTreeSet<Clock> = only.difference(&common).copied().collect();
            if !left.is_empty() {
                notes.push(format!(
                    "the {} clock, which only {side} has, is left out",
                    words(&left)
                ));
            }
        }
        let target = (!is_one).then(|| old.to_owned());
        let key = |run: &Sighting| CaseKey {
            id: run.case.id.clone(),
            side: run.case.side,
            clock: run.case.clock,
            target: target.clone(),
        };
        let own = |recorded: &'a Recorded, name: &'a str| {
            let all = recorded.sightings.iter();
            let common = common.clone();
            all.filter(move |run| run.case.target == name && common.contains(&run.case.clock))
        };
        own(before, old).for_each(|run| paired.entry(key(run)).or_default().0.push(run));
        own(after, new).for_each(|run| paired.entry(key(run)).or_default().1.push(run));
    }
    Ok((paired, notes))
}

fn words(clocks: &BTreeSet<Clock>) -> String {
    clocks.iter().map(Clock::to_string).collect::<Vec<_>>().join(" + ")
}
