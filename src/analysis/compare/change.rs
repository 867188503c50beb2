//! `ChangeKind`: how a case changed from one release to the other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analysis::compare::{Grade, Sighting};

/// How a case changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Lawful before, negative now.
    NewFailure,
    /// Negative before, and worse now: it failed, and now crashes or gets stuck.
    Worse,
    /// Negative before and now, in another way.
    FailsOtherwise,
    /// Negative before, lawful now.
    Fixed,
    /// Not judged before or not now, or lawful in another way.
    Difference,
    /// Passed both times, with traces of different meaning.
    TraceChanged,
    /// The runs of one of the releases differ among themselves, so the change cannot be judged.
    Unsteady,
    /// Only the second report has it.
    New,
    /// Only the first report has it.
    Vanished,
    /// Unchanged.
    Same,
}

impl ChangeKind {
    /// Every kind that is reported, in the order of reports.
    pub const TOLD: [Self; 9] = [
        Self::NewFailure,
        Self::Worse,
        Self::FailsOtherwise,
        Self::Fixed,
        Self::Difference,
        Self::TraceChanged,
        Self::Unsteady,
        Self::New,
        Self::Vanished,
    ];

    /// Whether it alone makes the second release worse.
    pub const fn is_worse(self) -> bool {
        matches!(self, Self::NewFailure | Self::Worse)
    }

    /// How many runs of both releases it takes before it counts. A race inside an implementation can cause some kinds, which
    /// take more.
    pub const fn runs(self) -> u32 {
        match self {
            Self::NewFailure | Self::Worse | Self::Fixed => 2,
            Self::FailsOtherwise => 3,
            Self::Difference | Self::TraceChanged => 5,
            Self::Unsteady | Self::New | Self::Vanished | Self::Same => 0,
        }
    }

    /// The kind between one run before and one after.
    pub fn between(before: &Sighting, after: &Sighting) -> Self {
        let (old, new) = (before.grade(), after.grade());
        match (old.is_negative(), new.is_negative()) {
            (false, true) => Self::NewFailure,
            (true, true) if new.badness() > old.badness() => Self::Worse,
            (true, true) if !before.is_like(after) => Self::FailsOtherwise,
            // A check that is no longer made is not repaired, and what could not be judged was not broken.
            (true, false)
                if old == Grade::Broken || matches!(new, Grade::Skip | Grade::NotReached) =>
            {
                Self::Difference
            }
            (true, false) => Self::Fixed,
            (false, false) if !before.is_like(after) => Self::Difference,
            (false, false) if before.trace_diff(after).is_some() => Self::TraceChanged,
            _ => Self::Same,
        }
    }

    /// The kind over all runs, which must not be empty, and the two runs that show it.
    pub(super) fn over<'a>(
        before: &[&'a Sighting],
        after: &[&'a Sighting],
    ) -> (Self, &'a Sighting, &'a Sighting) {
        let (before, after) = (distinct(before), distinct(after));
        let dies = |runs: &[&'a Sighting]| runs.iter().copied().find(|run| run.grade().is_death());
        // An implementation that dies once may die again, whatever it did in another run.
        if let (None, Some(death)) = (dies(&before), dies(&after)) {
            let was_negative = before.iter().all(|run| run.grade().is_negative());
            let kind = if was_negative { Self::Worse } else { Self::NewFailure };
            return (kind, before[0], death);
        }
        let pairs = || before.iter().flat_map(|old| after.iter().map(move |new| (*old, *new)));
        let first = Self::between(before[0], after[0]);
        let is_steady = before.len() == 1 && after.len() == 1;
        let is_clear = matches!(first, Self::NewFailure | Self::Worse | Self::Fixed);
        if pairs().all(|(old, new)| Self::between(old, new) == first) && (is_steady || is_clear) {
            return (first, before[0], after[0]);
        }
        let apart = pairs().find(|(old, new)| !old.is_like(new));
        let (old, new) = apart.unwrap_or((before[0], after[0]));
        (Self::Unsteady, old, new)
    }
}

/// The runs without those that repeat an earlier one.
fn distinct<'a>(runs: &[&'a Sighting]) -> Vec<&'a Sighting> {
    let mut kept: Vec<&Sighting> = Vec::new();
    for run in runs {
        if !kept.iter().any(|other| ChangeKind::between(other, run) == ChangeKind::Same) {
            kept.push(run);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::compare::sample::{
        broken, crashed, differs, failed, not_reached, passed, skipped, stuck, weak,
    };

    #[track_caller]
    fn assert_kind(before: &[Sighting], after: &[Sighting], kind: ChangeKind) {
        let (before, after): (Vec<_>, Vec<_>) = (before.iter().collect(), after.iter().collect());
        assert_eq!(ChangeKind::over(&before, &after).0, kind);
    }

    /// How a case with one run before and one after changes, as a letter.
    fn letter(before: &Sighting, after: &Sighting) -> char {
        match ChangeKind::over(&[before], &[after]).0 {
            ChangeKind::NewFailure => 'N',
            ChangeKind::Worse => 'W',
            ChangeKind::FailsOtherwise => 'o',
            ChangeKind::Fixed => 'f',
            ChangeKind::Difference => 'd',
            ChangeKind::Same => '=',
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_way_from_one_grade_to_another() {
        let lawful = [passed(), weak(), differs(), not_reached(), skipped()];
        let grades: Vec<_> =
            lawful.into_iter().chain([failed("a"), broken(), stuck(), crashed()]).collect();
        let table = [
            "=dddd NNNN",
            "d=ddd NNNN",
            "dd=dd NNNN",
            "ddd=d NNNN",
            "dddd= NNNN",
            "fffdd =oWW",
            "ddddd o=WW",
            "fffdd oo=o",
            "fffdd ooo=",
        ];
        for (old, row) in grades.iter().zip(table) {
            let found: String = grades.iter().map(|new| letter(old, new)).collect();
            assert_eq!(found, row.replace(' ', ""), "from {}", old.grade().label());
        }
    }

    #[test]
    fn a_failure_of_the_same_case_is_another_by_its_fingerprint() {
        assert_kind(&[failed("a")], &[failed("b")], ChangeKind::FailsOtherwise);
    }

    #[test]
    fn what_happens_in_one_of_two_runs_is_no_change() {
        let fails_once = [failed("a"), passed()];
        assert_kind(&[passed(), passed()], &fails_once, ChangeKind::Unsteady);
        assert_kind(&fails_once, &[passed(), passed()], ChangeKind::Unsteady);
        assert_kind(&[passed(), weak()], &[weak(), weak()], ChangeKind::Unsteady);
        assert_kind(&[failed("a"), failed("b")], &[failed("c"), failed("c")], ChangeKind::Unsteady);
        assert_kind(&fails_once, &fails_once, ChangeKind::Unsteady);
    }

    #[test]
    fn a_failure_in_every_run_counts_in_whatever_way_it_fails() {
        let otherwise = [failed("a"), failed("b")];
        assert_kind(&[passed(), weak()], &otherwise, ChangeKind::NewFailure);
        assert_kind(&otherwise, &[passed(), passed()], ChangeKind::Fixed);
    }

    #[test]
    fn a_death_in_one_run_counts() {
        assert_kind(&[passed(), passed()], &[passed(), crashed()], ChangeKind::NewFailure);
        assert_kind(&[failed("a"), failed("a")], &[failed("a"), stuck()], ChangeKind::Worse);
        assert_kind(&[passed(), crashed()], &[passed(), crashed()], ChangeKind::Unsteady);
    }
}
